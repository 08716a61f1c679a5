//! Best bids and asks out of tables, as the two levels next to the touch: Tardis' quotes, and US
//! equity quotes of many exchanges in LEAN's layout.
//!
//! A change of the best price removes the level that was best. Of equity quotes the best of all
//! exchanges counts, with the sum of what they show there; a side of zeros was not updated. Where
//! exchanges cross each other the tape shows it, and a check says so.

use std::collections::BTreeMap;

use super::builder::{Cell, ImportOptions, RowBuilder, Times, Units, read_number};
use super::day::{Day, Zone};
use super::fault::{BACKWARDS, CROSSED_THERE, Complaints};
use super::number::Number;
use super::recording::Recording;
use super::row::{Row, RowKind};
use super::source::{Line, Lines};
use super::symbol::SymbolColumn;
use super::table::{Column, Header, TableRow, each_row};
use super::tape::Provenance;
use super::time::{Clock, TimeUnit, shown};
use crate::bad_input::{BadInput, quoted};
use crate::market::{Side, Timestamp};

const SYMBOL: usize = 1;
const TIME: usize = 2;
const LOCAL: usize = 3;
const SIDES: [[usize; 2]; 2] = [[6, 7], [5, 4]];
const IGNORED: usize = 0;

/// Tardis' quotes.
pub(crate) const COLUMNS: [Column; 8] = [
    Column { name: "ignored", known_as: &["exchange"], needed: false },
    Column { name: "symbol", known_as: &["symbol"], needed: true },
    Column { name: "time", known_as: &["timestamp"], needed: true },
    Column { name: "local", known_as: &["local_timestamp"], needed: true },
    Column { name: "ask size", known_as: &["ask_amount"], needed: true },
    Column { name: "ask", known_as: &["ask_price"], needed: true },
    Column { name: "bid", known_as: &["bid_price"], needed: true },
    Column { name: "bid size", known_as: &["bid_amount"], needed: true },
];

const EQUITY_EXCHANGE: usize = 1;
/// LEAN's equity quotes: time, bid, bid size, ask, ask size, exchange, condition, suspicious.
pub(crate) const EQUITY: [Column; 8] = [
    Column { name: "ignored", known_as: &[], needed: false },
    Column { name: "exchange", known_as: &[], needed: true },
    Column { name: "time", known_as: &[], needed: true },
    Column { name: "local", known_as: &[], needed: false },
    Column { name: "ask size", known_as: &[], needed: true },
    Column { name: "ask", known_as: &[], needed: true },
    Column { name: "bid", known_as: &[], needed: true },
    Column { name: "bid size", known_as: &[], needed: true },
];
pub(crate) const EQUITY_ROW: [usize; 8] = [TIME, 6, 7, 5, 4, EQUITY_EXCHANGE, IGNORED, IGNORED];
/// LEAN's equity prices are whole ten-thousandths.
pub(crate) const EQUITY_DECIMALS: u32 = 4;

/// Price and size of a side.
type Shown = Option<(Number, Number)>;

struct Reading {
    builder: RowBuilder,
    clock: Clock,
    local: Clock,
    /// The day of equity quotes, whose rows say only the time of day.
    day: Option<Day>,
    symbol: SymbolColumn,
    last: Option<Timestamp>,
    /// What every exchange shows: bid and ask.
    exchanges: BTreeMap<String, [Shown; 2]>,
    touch: [Shown; 2],
    skipped: u64,
}

/// Reads a table of quotes; `equity` of LEAN's, otherwise of Tardis'.
pub(crate) fn read(
    lines: &mut Lines,
    header: &Header,
    equity: bool,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<Recording, BadInput> {
    let day = equity.then(|| Day::of(lines.name(), options, Zone::NewYork)).transpose()?;
    let mut reading = Reading {
        builder: RowBuilder::new(Units::new(options, lines.name(), Row::QTY_MAX)?, options),
        clock: Clock::new(TimeUnit::promised_by(header.name(TIME))),
        local: Clock::new(TimeUnit::promised_by(header.name(LOCAL))),
        day,
        symbol: SymbolColumn::new(options),
        last: None,
        exchanges: BTreeMap::new(),
        touch: [None, None],
        skipped: 0,
    };
    each_row(lines, header, complaints, |row, complaints| reading.take(&row, complaints))?;
    let provenance = Provenance { skipped: reading.skipped, ..provenance };
    let symbol = if equity { options.symbol.clone().unwrap_or_default() } else { reading.symbol.only(lines.name())? };
    reading.builder.finish(symbol, options, provenance)
}

impl Reading {
    fn take(&mut self, row: &TableRow<'_>, complaints: &mut Complaints) -> Result<(), BadInput> {
        let line = row.line;
        if self.day.is_none() && !self.symbol.wants(row.cell(SYMBOL)) {
            self.skipped += 1;
            return Ok(());
        }
        let (text, field) = row.needed(TIME);
        let exchange = match &self.day {
            Some(day) => day.read(line, text, field, 3)?,
            None => self.clock.read(line, text, field)?,
        };
        if let Some(last) = self.last.filter(|last| *last > exchange) {
            let allowed = format!("a time not before {}", shown(last));
            return Err(line.complain(BACKWARDS, text, quoted(text), &allowed).field(field));
        }
        self.last = Some(exchange);
        let local = match (&self.day, row.cell(LOCAL)) {
            (None, Some((text, field))) => self.local.read(line, text, field)?,
            _ => exchange,
        };
        let quote = [self.side(row, SIDES[0])?, self.side(row, SIDES[1])?];
        let touch = self.best(row, quote);
        self.show(line, Times { exchange, local }, touch, complaints)
    }

    fn side(&mut self, row: &TableRow<'_>, [price, size]: [usize; 2]) -> Result<Shown, BadInput> {
        let line = row.line;
        let cell = |column: usize| {
            let (text, field) = row.needed(column);
            // Tardis leaves a side that is not there empty.
            let number = if text.is_empty() { Number::default() } else { read_number(line, text, field, true)? };
            Ok::<_, BadInput>(Cell { number, text, field })
        };
        let (mut price, size) = (cell(price)?, cell(size)?);
        if price.number.mantissa == 0 || size.number.mantissa == 0 {
            return Ok(None);
        }
        if self.day.is_some() {
            price.number = Number::of_units(price.number.at(0).unwrap_or(price.number.mantissa), EQUITY_DECIMALS);
        }
        self.builder.admit(line, price, size)?;
        Ok(Some((price.number, size.number)))
    }

    /// The best of all exchanges; a table that names none is one exchange's.
    fn best(&mut self, row: &TableRow<'_>, quote: [Shown; 2]) -> [Shown; 2] {
        if self.day.is_none() {
            return quote;
        }
        let name = row.needed(EQUITY_EXCHANGE).0.to_owned();
        let shown = self.exchanges.entry(name).or_default();
        for (mine, new) in shown.iter_mut().zip(quote) {
            *mine = new.or(*mine);
        }
        let mut touch: [Shown; 2] = [None, None];
        for (at, side) in [Side::Buy, Side::Sell].into_iter().enumerate() {
            for (price, size) in self.exchanges.values().filter_map(|shown| shown[at]) {
                let better = |(best, _): &(Number, Number)| {
                    side.sign() * (self.builder.price(price).0 - self.builder.price(*best).0)
                };
                touch[at] = match touch[at] {
                    Some(best) if better(&best) < 0 => Some(best),
                    Some(best) if better(&best) == 0 => Some((price, plus(best.1, size))),
                    _ => Some((price, size)),
                };
            }
        }
        touch
    }

    fn show(
        &mut self,
        line: Line<'_>,
        times: Times,
        touch: [Shown; 2],
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        let before = std::mem::replace(&mut self.touch, touch);
        let mut changes = Vec::new();
        for ((side, old), new) in [Side::Buy, Side::Sell].into_iter().zip(before).zip(touch) {
            if old == new {
                continue;
            }
            let gone = old.filter(|old| new.is_none_or(|new| new.0 != old.0));
            changes.extend(gone.map(|(price, _)| (side, price, Number::default())));
            changes.extend(new.map(|(price, size)| (side, price, size)));
        }
        for (at, (side, price, size)) in changes.iter().enumerate() {
            let (price, size) = (self.builder.price(*price), self.builder.qty(*size));
            self.builder.push(times, price, size, RowKind::level(*side), at + 1 == changes.len());
        }
        if let [Some((bid, _)), Some((ask, _))] = touch
            && self.builder.price(bid) >= self.builder.price(ask)
            && !changes.is_empty()
        {
            let found = format!("bid {bid} and ask {ask}");
            complaints.take(line.complain(CROSSED_THERE, line.text, found, "a bid below the ask").field("quote"))?;
        }
        Ok(())
    }
}

/// A sum that was small enough to be two sizes of a tape.
fn plus(one: Number, other: Number) -> Number {
    let decimals = one.decimals.max(other.decimals);
    let sum = one.at(decimals).zip(other.at(decimals)).and_then(|(one, other)| one.checked_add(other));
    sum.filter(|sum| *sum <= Row::QTY_MAX).map_or(one, |sum| Number::of_units(sum, decimals))
}
