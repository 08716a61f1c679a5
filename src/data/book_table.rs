//! Level changes as a table: Tardis' `incremental_book_L2`.
//!
//! Rows of equal times are one message. The first of rows marked as a snapshot starts the book
//! again: what the snapshot leaves out is removed. Quantity zero removes a level.

use std::collections::BTreeMap;

use super::builder::{Cell, ImportOptions, RowBuilder, Times, Units, read_number};
use super::fault::{CROSSED, Complaints, FRAME, NO_SNAPSHOT, SIDE};
use super::number::Number;
use super::recording::Recording;
use super::row::{Row, RowKind};
use super::source::{Line, Lines};
use super::symbol::SymbolColumn;
use super::table::{Column, Header, TableRow, each_row};
use super::tape::Provenance;
use super::time::{Clock, TimeUnit};
use crate::bad_input::{BadInput, quoted};
use crate::market::Side;

const SYMBOL: usize = 1;
const TIME: usize = 2;
const LOCAL: usize = 3;
const SNAPSHOT: usize = 4;
const SIDE_OF: usize = 5;
const PRICE: usize = 6;
const AMOUNT: usize = 7;

pub(crate) const COLUMNS: [Column; 8] = [
    Column { name: "ignored", known_as: &["exchange"], needed: false },
    Column { name: "symbol", known_as: &["symbol"], needed: true },
    Column { name: "time", known_as: &["timestamp"], needed: true },
    Column { name: "local", known_as: &["local_timestamp"], needed: true },
    Column { name: "is_snapshot", known_as: &["is_snapshot"], needed: true },
    Column { name: "side", known_as: &["side"], needed: true },
    Column { name: "price", known_as: &["price"], needed: true },
    Column { name: "amount", known_as: &["amount"], needed: true },
];

/// Prices in units that every price is a multiple of, bids and asks.
type Sides = [BTreeMap<i128, (Number, Number)>; 2];

struct Reading {
    builder: RowBuilder,
    clocks: [Clock; 2],
    symbol: SymbolColumn,
    book: Sides,
    /// The message under way: its times, the line it began in, and whether it is a snapshot.
    message: Option<(Times, u64, bool)>,
    changes: Vec<(Side, Number, Number)>,
    started: bool,
    in_snapshot: bool,
    skipped: u64,
}

/// Reads such a table.
pub(crate) fn read(
    lines: &mut Lines,
    header: &Header,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<Recording, BadInput> {
    let clock = |column| Clock::new(TimeUnit::promised_by(header.name(column)));
    let mut reading = Reading {
        builder: RowBuilder::new(Units::new(options, lines.name(), Row::QTY_MAX)?, options),
        clocks: [clock(TIME), clock(LOCAL)],
        symbol: SymbolColumn::new(options),
        book: [BTreeMap::new(), BTreeMap::new()],
        message: None,
        changes: Vec::new(),
        started: false,
        in_snapshot: false,
        skipped: 0,
    };
    let file = lines.name().to_owned();
    each_row(lines, header, complaints, |row, complaints| reading.take(&row, &file, complaints))?;
    reading.end_message(&file, complaints)?;
    let provenance = Provenance { skipped: reading.skipped, ..provenance };
    reading.builder.finish(reading.symbol.only(lines.name())?, options, provenance)
}

impl Reading {
    fn take(&mut self, row: &TableRow<'_>, file: &str, complaints: &mut Complaints) -> Result<(), BadInput> {
        let line = row.line;
        if !self.symbol.wants(row.cell(SYMBOL)) {
            self.skipped += 1;
            return Ok(());
        }
        let mut time = |at: usize, column: usize| {
            let (text, field) = row.needed(column);
            self.clocks[at].read(line, text, field)
        };
        let times = Times { exchange: time(0, TIME)?, local: time(1, LOCAL)? };
        let snapshot = match row.needed(SNAPSHOT) {
            ("true", _) => true,
            ("false", _) => false,
            (text, field) => return Err(line.complain(FRAME, text, quoted(text), "true, false").field(field)),
        };
        let side = match row.needed(SIDE_OF) {
            ("bid", _) => Side::Buy,
            ("ask", _) => Side::Sell,
            (text, field) => return Err(line.complain(SIDE, text, quoted(text), "bid, ask").field(field)),
        };
        let cell = |column: usize| {
            let (text, field) = row.needed(column);
            Ok::<_, BadInput>(Cell { number: read_number(line, text, field, column == AMOUNT)?, text, field })
        };
        let (price, amount) = (cell(PRICE)?, cell(AMOUNT)?);
        let same = self.message.is_some_and(|(before, _, was)| {
            (before.exchange, before.local, was) == (times.exchange, times.local, snapshot)
        });
        if !same {
            self.end_message(file, complaints)?;
            self.message = Some((times, line.number, snapshot));
        }
        if !snapshot && !self.started {
            let found = "changes and no snapshot before".to_owned();
            return Err(line.complain(NO_SNAPSHOT, line.text, found, "a snapshot first").field("is_snapshot"));
        }
        self.started = true;
        self.builder.admit(line, price, amount)?;
        self.changes.push((side, price.number, amount.number));
        Ok(())
    }

    /// Applies the message under way.
    fn end_message(&mut self, file: &str, complaints: &mut Complaints) -> Result<(), BadInput> {
        let Some((times, number, snapshot)) = self.message.take() else { return Ok(()) };
        let changes = std::mem::take(&mut self.changes);
        let mut rows = Vec::new();
        if snapshot && !self.in_snapshot {
            for (at, side) in [Side::Buy, Side::Sell].into_iter().enumerate() {
                let gone = std::mem::take(&mut self.book[at]).into_values();
                let stays = |price: Number| changes.iter().any(|change| (change.0, change.1) == (side, price));
                rows.extend(gone.filter(|level| !stays(level.0)).map(|level| (side, level.0, Number::default())));
            }
        }
        self.in_snapshot = snapshot;
        for (side, price, qty) in &changes {
            let levels = &mut self.book[usize::from(*side == Side::Sell)];
            let key = i128::from(price.mantissa) * 10_i128.pow(18 - price.decimals);
            if qty.mantissa == 0 {
                levels.remove(&key);
            } else {
                levels.insert(key, (*price, *qty));
            }
        }
        rows.extend(changes);
        for (at, (side, price, qty)) in rows.iter().enumerate() {
            let (price, qty) = (self.builder.price(*price), self.builder.qty(*qty));
            self.builder.push(times, price, qty, RowKind::level(*side), at + 1 == rows.len());
        }
        if let (Some(bid), Some(ask)) = (self.book[0].last_key_value(), self.book[1].first_key_value())
            && bid.0 >= ask.0
        {
            let found = format!("bid {} and ask {}", bid.1.0, ask.1.0);
            let line = Line { file, number, text: "" };
            let bad = line.complain(CROSSED, "", found, "a bid below the ask after a whole message");
            complaints.take(bad.field("price"))?;
        }
        Ok(())
    }
}
