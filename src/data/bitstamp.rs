//! Bitstamp's order feed as a table: id, local time, exchange time, price, volume left, action,
//! direction.
//!
//! The exchange time of the feed is the order's, to the second, so the local time stands for when
//! something happened. An order that stands on the other side's best price or beyond when it comes
//! is a taker: what goes from it then is told as a change, and only what goes from a resting order
//! is a trade. The recording begins in the middle of a day.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{Cell, ImportOptions, Times, read_number};
use super::fault::{BACKWARDS, Complaints, FRAME, NUMBER, ORDER_OVER, SIDE};
use super::number::Number;
use super::orders::{At, OrderFlow};
use super::recording::Recording;
use super::source::Lines;
use super::table::{Column, Header, TableRow, each_row};
use super::tape::Provenance;
use super::time::{Clock, TimeUnit, shown};
use crate::bad_input::{BadInput, quoted};
use crate::market::{Side, Timestamp};

const ID: usize = 0;
const TIME: usize = 1;
const PRICE: usize = 3;
const VOLUME: usize = 4;
const ACTION: usize = 5;
const DIRECTION: usize = 6;

/// Volumes are whole satoshis.
const VOLUME_DECIMALS: u32 = 8;

pub(crate) const COLUMNS: [Column; 7] = [
    Column { name: "id", known_as: &["id"], needed: true },
    Column { name: "timestamp", known_as: &["timestamp"], needed: true },
    Column { name: "exchange time", known_as: &["exchange.timestamp"], needed: true },
    Column { name: "price", known_as: &["price"], needed: true },
    Column { name: "volume", known_as: &["volume"], needed: true },
    Column { name: "action", known_as: &["action"], needed: true },
    Column { name: "direction", known_as: &["direction"], needed: true },
];

struct Reading {
    flow: OrderFlow,
    clock: Clock,
    last: Option<Timestamp>,
    /// How many orders rest at each price, per side: bids, asks.
    prices: [BTreeMap<i128, u32>; 2],
    takers: BTreeSet<u64>,
}

/// What a row says.
struct Event<'a> {
    id: u64,
    side: Side,
    price: Cell<'a>,
    /// What is left.
    left: Cell<'a>,
}

/// Reads such a table.
pub(crate) fn read(
    lines: &mut Lines,
    header: &Header,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<Recording, BadInput> {
    let mut reading = Reading {
        flow: OrderFlow::new(options, lines.name())?,
        clock: Clock::new(TimeUnit::promised_by(header.name(TIME))),
        last: None,
        prices: [BTreeMap::new(), BTreeMap::new()],
        takers: BTreeSet::new(),
    };
    each_row(lines, header, complaints, |row, complaints| reading.take(&row, complaints))?;
    reading.flow.builder.finish(options.symbol.clone().unwrap_or_default(), options, provenance)
}

impl Reading {
    fn take(&mut self, row: &TableRow<'_>, complaints: &mut Complaints) -> Result<(), BadInput> {
        let line = row.line;
        let (text, field) = row.needed(TIME);
        let time = self.clock.read(line, text, field)?;
        if let Some(last) = self.last.filter(|last| *last > time) {
            let allowed = format!("a time not before {}", shown(last));
            return Err(line.complain(BACKWARDS, text, quoted(text), &allowed).field(field));
        }
        self.last = Some(time);
        let at = At { line, times: Times { exchange: time, local: time }, last: true };
        let event = event(row)?;
        match row.needed(ACTION) {
            ("created", _) => self.created(at, &event),
            ("changed", _) => self.changed(at, &event, false, complaints),
            ("deleted", _) => self.changed(at, &event, true, complaints),
            (text, field) => Err(line.complain(FRAME, text, quoted(text), "created, changed, deleted").field(field)),
        }
    }

    fn created(&mut self, at: At<'_>, event: &Event<'_>) -> Result<(), BadInput> {
        let key = key(event.price.number);
        let crosses = match event.side {
            Side::Buy => self.prices[1].first_key_value().is_some_and(|(ask, _)| *ask <= key),
            Side::Sell => self.prices[0].last_key_value().is_some_and(|(bid, _)| *bid >= key),
        };
        self.flow.add(at, event.id, event.side, event.price, event.left)?;
        if crosses {
            self.takers.insert(event.id);
        }
        *self.prices[usize::from(event.side == Side::Sell)].entry(key).or_default() += 1;
        Ok(())
    }

    /// Something went from an order: all of it, or as much as is no longer left. An order that is
    /// deleted with something left was cancelled.
    fn changed(
        &mut self,
        at: At<'_>,
        event: &Event<'_>,
        deleted: bool,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        let Event { id, side, price, left } = *event;
        let cancelled = deleted && left.number.mantissa > 0;
        let Some(resting) = self.flow.resting(id) else {
            // What it had before is not known.
            return self.flow.reduce(at, id, side, [price, left], false, complaints);
        };
        let gone = if cancelled { Some(resting.qty) } else { resting.qty.minus(left.number) };
        let Some(gone) = gone else {
            let allowed = format!("at most the {} that was left", resting.qty);
            return Err(at.line.complain(ORDER_OVER, left.text, quoted(left.text), &allowed).field(left.field));
        };
        if deleted {
            self.leaves(id, resting.side, resting.price);
        }
        if gone.mantissa == 0 {
            return Ok(());
        }
        let traded = !cancelled && !self.takers.contains(&id);
        let price = Cell { number: resting.price, ..price };
        self.flow.reduce(at, id, resting.side, [price, Cell { number: gone, ..left }], traded, complaints)
    }

    fn leaves(&mut self, id: u64, side: Side, price: Number) {
        self.takers.remove(&id);
        let prices = &mut self.prices[usize::from(side == Side::Sell)];
        let key = key(price);
        if let Some(count) = prices.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                prices.remove(&key);
            }
        }
    }
}

fn event<'a>(row: &TableRow<'a>) -> Result<Event<'a>, BadInput> {
    let line = row.line;
    let (id_text, id_field) = row.needed(ID);
    let id = id_text
        .parse()
        .map_err(|_| line.complain(NUMBER, id_text, quoted(id_text), "a whole number").field(id_field))?;
    let side = match row.needed(DIRECTION) {
        ("bid", _) => Side::Buy,
        ("ask", _) => Side::Sell,
        (text, field) => return Err(line.complain(SIDE, text, quoted(text), "bid, ask").field(field)),
    };
    let (text, field) = row.needed(PRICE);
    let price = Cell { number: read_number(line, text, field, false)?, text, field };
    let (text, field) = row.needed(VOLUME);
    let satoshis = read_number(line, text, field, true)?;
    let Some(whole) = satoshis.at(0) else {
        return Err(line.complain(NUMBER, text, quoted(text), "whole satoshis").field(field));
    };
    let left = Cell { number: Number::of_units(whole, VOLUME_DECIMALS), text, field };
    Ok(Event { id, side, price, left })
}

/// A price in units that every price is a multiple of.
fn key(price: Number) -> i128 {
    i128::from(price.mantissa) * 10_i128.pow(18 - price.decimals)
}
