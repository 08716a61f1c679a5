//! US equity trades in LEAN's layout, without header: milliseconds since midnight in New York,
//! price in 1/10,000 USD, size, exchange, condition, suspicious.
//!
//! Who took is not said. Trades marked suspicious are passed over.

use super::builder::{Cell, ImportOptions, RowBuilder, Times, Units, read_number};
use super::day::{Day, Zone};
use super::fault::{BACKWARDS, Complaints, FRAME};
use super::number::Number;
use super::quotes::EQUITY_DECIMALS;
use super::recording::Recording;
use super::row::{Row, RowKind};
use super::source::Lines;
use super::table::{Column, Header, TableRow, each_row};
use super::tape::Provenance;
use super::time::shown;
use crate::bad_input::{BadInput, quoted};
use crate::market::Timestamp;

const TIME: usize = 0;
const PRICE: usize = 1;
const SIZE: usize = 2;
const SUSPICIOUS: usize = 3;
const IGNORED: usize = 4;

pub(crate) const ROW: [usize; 6] = [TIME, PRICE, SIZE, IGNORED, IGNORED, SUSPICIOUS];
pub(crate) const COLUMNS: [Column; 5] = [
    Column { name: "time", known_as: &[], needed: true },
    Column { name: "price", known_as: &[], needed: true },
    Column { name: "size", known_as: &[], needed: true },
    Column { name: "suspicious", known_as: &[], needed: true },
    Column { name: "ignored", known_as: &[], needed: false },
];

/// Whether a row without header looks like a trade, or like a quote.
pub(crate) fn looks_like_one(cells: &[&str]) -> bool {
    let whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exchange = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    match cells {
        [time, price, size, venue, _, flag] => {
            [time, price, size].into_iter().all(|text| whole(text)) && exchange(venue) && matches!(*flag, "0" | "1")
        }
        [time, bid, bid_size, ask, ask_size, venue, _, flag] => {
            let numbers = [time, bid, bid_size, ask, ask_size];
            numbers.into_iter().all(|text| whole(text)) && exchange(venue) && matches!(*flag, "0" | "1")
        }
        _ => false,
    }
}

/// Reads a file of trades.
pub(crate) fn read(
    lines: &mut Lines,
    header: &Header,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<Recording, BadInput> {
    let day = Day::of(lines.name(), options, Zone::NewYork)?;
    let mut rows = RowBuilder::new(Units::new(options, lines.name(), Row::QTY_MAX)?, options);
    let (mut last, mut skipped) = (None, 0);
    each_row(lines, header, complaints, |row, _| {
        skipped += u64::from(!take(&row, &day, &mut last, &mut rows)?);
        Ok(())
    })?;
    rows.finish(options.symbol.clone().unwrap_or_default(), options, Provenance { skipped, ..provenance })
}

/// Takes a row; false if it is passed over.
fn take(row: &TableRow<'_>, day: &Day, last: &mut Option<Timestamp>, rows: &mut RowBuilder) -> Result<bool, BadInput> {
    let line = row.line;
    let (text, field) = row.needed(TIME);
    let time = day.read(line, text, field, 3)?;
    if let Some(last) = last.filter(|last| *last > time) {
        let allowed = format!("a time not before {}", shown(last));
        return Err(line.complain(BACKWARDS, text, quoted(text), &allowed).field(field));
    }
    *last = Some(time);
    match row.needed(SUSPICIOUS) {
        ("0", _) => {}
        ("1", _) => return Ok(false),
        (text, field) => return Err(line.complain(FRAME, text, quoted(text), "0, 1").field(field)),
    }
    let cell = |column: usize| {
        let (text, field) = row.needed(column);
        Ok::<_, BadInput>(Cell { number: read_number(line, text, field, false)?, text, field })
    };
    let (mut price, size) = (cell(PRICE)?, cell(SIZE)?);
    price.number = Number::of_units(price.number.at(0).unwrap_or(price.number.mantissa), EQUITY_DECIMALS);
    rows.admit(line, price, size)?;
    let (price, size) = (rows.price(price.number), rows.qty(size.number));
    rows.push(Times { exchange: time, local: time }, price, size, RowKind::TradeUnknown, true);
    Ok(true)
}
