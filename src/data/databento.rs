//! Databento's binary files (DBN), decoded by the vendor's own crate: order by order (`mbo`), ten
//! levels or one (`mbp-10`, `mbp-1`, `tbbo`) and trades, of one or many instruments.
//!
//! Order by order, the records up to one that ends its event are one message, at the latest times
//! among them. A trade is printed once, from the record that names who took; fills are passed over,
//! and what goes from a book comes with the cancels that follow. Once a book was cleared or sent as
//! a snapshot it is whole. Prices are in 10^-9. A file that ends within a record is refused.

use std::cell::Cell as Shared;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use dbn::decode::dbn::Decoder;
use dbn::decode::{DbnMetadata as _, DecodeRecordRef as _};
use dbn::{BidAskPair, MboMsg, Mbp1Msg, Mbp10Msg, Record as _, RecordRef, TradeMsg, VersionUpgradePolicy};

use super::builder::{Cell, ImportOptions, RowBuilder, Times, Units};
use super::fault::{Complaints, DBN, NOT_POSITIVE, SIDE, TIME_RANGE};
use super::number::Number;
use super::orders::{At, OrderFlow};
use super::recording::Recording;
use super::row::{Row, RowKind};
use super::source::{Line, Lines};
use super::tape::Provenance;
use super::time::in_range;
use crate::bad_input::{BadInput, Place};
use crate::market::{Side, Timestamp};

const MAGIC: &[u8] = b"DBN";
const PRICE_DECIMALS: u32 = 9;
/// The most records one event may have.
const EVENT_MAX: usize = 1 << 20;

/// Whether bytes begin like a DBN file.
pub(crate) fn looks_like_one(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// Bytes on their way to the decoder, counted.
struct Counted {
    input: Box<dyn BufRead>,
    read: Rc<Shared<u64>>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        self.read.set(self.read.get() + u64::try_from(read).expect("a length fits 64 bits"));
        Ok(read)
    }
}

/// One instrument.
struct Instrument {
    orders: OrderFlow,
    rows: RowBuilder,
    /// Records of the event under way.
    event: Vec<(u64, MboMsg)>,
    /// The levels as they were: side, price, size.
    shown: Vec<(Side, i64, u32)>,
}

struct Reading<'a> {
    file: String,
    options: &'a ImportOptions,
    instruments: BTreeMap<u32, Instrument>,
    symbols: BTreeMap<u32, String>,
    skipped: u64,
}

/// Reads a file.
pub(crate) fn read(
    lines: Lines,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: &Provenance,
) -> Result<Vec<Recording>, BadInput> {
    let file = lines.name().to_owned();
    let read = Rc::new(Shared::new(0));
    let mut input = lines.into_input();
    let head = input.fill_buf().ok().and_then(|head| head.get(4..8)?.try_into().ok()).map_or(0, u32::from_le_bytes);
    // The magic, the version and this length stand before the metadata.
    let mut offset = 8 + u64::from(head);
    let counted = Counted { input, read: Rc::clone(&read) };
    let mut decoder = Decoder::with_upgrade_policy(counted, VersionUpgradePolicy::AsIs)
        .map_err(|error| damaged(&file, 0, 0, &error))?;
    let mut reading =
        Reading { file, options, instruments: BTreeMap::new(), symbols: symbols(decoder.metadata()), skipped: 0 };
    let mut number = 0;
    loop {
        match decoder.decode_record_ref() {
            Ok(Some(record)) => {
                let place = Place::Record { record: number, byte: offset };
                offset += u64::try_from(record.record_size()).expect("a length fits 64 bits");
                if let Err(bad) = reading.take(number, record, complaints) {
                    complaints.take(bad.at(place))?;
                }
                number += 1;
            }
            Ok(None) => break,
            Err(error) => return Err(damaged(&reading.file, number, offset, &error)),
        }
    }
    if read.get() != offset {
        let found = format!("{} bytes", read.get());
        let allowed = format!("{offset} bytes, the end of the last whole record");
        return Err(BadInput::new(DBN, &reading.file, found, allowed).at_record(number, offset));
    }
    reading.finish(complaints, provenance)
}

fn symbols(metadata: &dbn::Metadata) -> BTreeMap<u32, String> {
    let intervals = metadata.mappings.iter().flat_map(|mapping| {
        mapping.intervals.iter().map(|interval| (interval.symbol.parse::<u32>().ok(), &mapping.raw_symbol))
    });
    intervals.filter_map(|(id, symbol)| Some((id?, symbol.clone()))).collect()
}

/// What the decoder complains of: what the unpacker said, or damage.
fn damaged(file: &str, record: u64, byte: u64, error: &dbn::Error) -> BadInput {
    if let dbn::Error::Io { source, .. } = error
        && let Some(bad) = source.get_ref().and_then(|inner| inner.downcast_ref::<BadInput>())
    {
        return bad.clone();
    }
    BadInput::new(DBN, file, "a damaged Databento file", "whole records of a DBN version that is known")
        .at_record(record, byte)
}

impl Reading<'_> {
    fn take(&mut self, number: u64, record: RecordRef<'_>, complaints: &mut Complaints) -> Result<(), BadInput> {
        let id = record.header().instrument_id;
        let symbol = self.symbols.get(&id).cloned().unwrap_or_else(|| id.to_string());
        if self.options.symbol.as_ref().is_some_and(|chosen| *chosen != symbol) {
            self.skipped += 1;
            return Ok(());
        }
        if !self.instruments.contains_key(&id) {
            let rows = RowBuilder::new(Units::new(self.options, &self.file, Row::QTY_MAX)?, self.options);
            let orders = OrderFlow::new(self.options, &self.file)?;
            self.instruments.insert(id, Instrument { orders, rows, event: Vec::new(), shown: Vec::new() });
        }
        let Some(instrument) = self.instruments.get_mut(&id) else { return Ok(()) };
        let line = Line { file: &self.file, number, text: "" };
        if let Some(message) = record.get::<MboMsg>() {
            instrument.event.push((number, message.clone()));
            if message.flags.is_last() || instrument.event.len() >= EVENT_MAX {
                self.skipped += instrument.end_event(line, complaints)?;
            }
            return Ok(());
        }
        if let Some(trade) = record.get::<TradeMsg>() {
            let times = times(line, trade.hd.ts_event, trade.ts_recv)?;
            return instrument.trade(line, times, (trade.price, trade.size), trade.side, true);
        }
        let (levels, head) = if let Some(message) = record.get::<Mbp10Msg>() {
            (&message.levels[..], (message.hd.ts_event, message.ts_recv, message.action, message.side))
        } else if let Some(message) = record.get::<Mbp1Msg>() {
            (&message.levels[..], (message.hd.ts_event, message.ts_recv, message.action, message.side))
        } else {
            self.skipped += 1;
            return Ok(());
        };
        let times = times(line, head.0, head.1)?;
        let changes = instrument.changes(levels);
        if letter(head.2) == b'T' {
            let traded = record.get::<Mbp10Msg>().map(|message| (message.price, message.size));
            let traded = traded.or_else(|| record.get::<Mbp1Msg>().map(|message| (message.price, message.size)));
            if let Some(traded) = traded {
                instrument.trade(line, times, traded, head.3, changes.is_empty())?;
            }
        }
        instrument.levels(line, times, &changes)
    }

    fn finish(mut self, complaints: &mut Complaints, provenance: &Provenance) -> Result<Vec<Recording>, BadInput> {
        let mut recordings = Vec::new();
        for (id, mut instrument) in std::mem::take(&mut self.instruments) {
            let line = Line { file: &self.file, number: 0, text: "" };
            if let Err(bad) = instrument.end_event(line, complaints) {
                complaints.take(bad)?;
            }
            let provenance = Provenance { skipped: self.skipped, ..provenance.clone() };
            let symbol = self.symbols.get(&id).cloned().unwrap_or_else(|| id.to_string());
            if instrument.orders.builder.len() > 0 {
                recordings.push(instrument.orders.builder.finish(symbol, self.options, provenance)?);
            } else if instrument.rows.len() > 0 {
                recordings.push(instrument.rows.finish(symbol, self.options, provenance)?);
            }
        }
        recordings.sort_by(|one, other| one.symbol.cmp(&other.symbol));
        Ok(recordings)
    }
}

impl Instrument {
    /// The records of an event as one message; says how many were passed over.
    fn end_event(&mut self, line: Line<'_>, complaints: &mut Complaints) -> Result<u64, BadInput> {
        let event = std::mem::take(&mut self.event);
        let (mut exchange, mut local) = (0, 0);
        for (_, message) in &event {
            // A snapshot's orders have the times they came at; it was taken when it was sent.
            let at = if message.flags.is_snapshot() { message.ts_recv } else { message.hd.ts_event };
            exchange = exchange.max(at);
            local = local.max(message.ts_recv);
        }
        let told = |message: &MboMsg| matches!(letter(message.action), b'A' | b'C' | b'M' | b'R' | b'T');
        let Some(last) = event.iter().rposition(|(_, message)| told(message)) else {
            return Ok(u64::try_from(event.len()).expect("a count fits"));
        };
        let times = times(line, exchange, local)?;
        let mut skipped = 0;
        for (at, (number, message)) in event.iter().enumerate() {
            if !told(message) {
                skipped += 1;
                continue;
            }
            let at = At { line: Line { number: *number, ..line }, times, last: at == last };
            if let Err(bad) = self.order(at, message, complaints) {
                complaints.take(bad.at_record(*number, 0))?;
            }
        }
        Ok(skipped)
    }

    fn order(&mut self, at: At<'_>, message: &MboMsg, complaints: &mut Complaints) -> Result<(), BadInput> {
        let id = message.order_id;
        if letter(message.action) == b'R' {
            self.orders.clear(at);
            return Ok(());
        }
        let [price, qty] = cells(at.line, message.price, message.size)?;
        let side = || {
            let found = char::from(letter(message.side)).to_string();
            side_of(message.side).ok_or_else(|| at.line.complain(SIDE, "", found, "A, B").field("side"))
        };
        match letter(message.action) {
            b'A' => self.orders.add(at, id, side()?, price, qty),
            b'C' => self.orders.reduce(at, id, side()?, [price, qty], false, complaints),
            b'M' => self.orders.modify(at, id, side()?, price, qty, complaints),
            // Its side is who took.
            _ => self.orders.print(at, side_of(message.side).map(Side::opposite), price, qty),
        }
    }

    fn trade(
        &mut self,
        line: Line<'_>,
        times: Times,
        (price, size): (i64, u32),
        side: std::ffi::c_char,
        last: bool,
    ) -> Result<(), BadInput> {
        let [price, qty] = cells(line, price, size)?;
        self.rows.admit(line, price, qty)?;
        let (price, qty) = (self.rows.price(price.number), self.rows.qty(qty.number));
        self.rows.push(times, price, qty, RowKind::trade(side_of(side)), last);
        Ok(())
    }

    /// Which levels differ from those shown before.
    fn changes(&mut self, levels: &[BidAskPair]) -> Vec<(Side, i64, u32)> {
        let bids = levels.iter().map(|level| (Side::Buy, level.bid_px, level.bid_sz));
        let asks = levels.iter().map(|level| (Side::Sell, level.ask_px, level.ask_sz));
        let there = |(_, price, size): &(Side, i64, u32)| *price != dbn::UNDEF_PRICE && *size > 0;
        let now: Vec<(Side, i64, u32)> = bids.chain(asks).filter(there).collect();
        let same = |one: &(Side, i64, u32), other: &(Side, i64, u32)| (one.0, one.1) == (other.0, other.1);
        let gone = self.shown.iter().filter(|old| !now.iter().any(|new| same(old, new)));
        let gone: Vec<_> = gone.map(|(side, price, _)| (*side, *price, 0)).collect();
        let fresh: Vec<_> = now.iter().filter(|level| !self.shown.contains(level)).copied().collect();
        self.shown = now;
        gone.into_iter().chain(fresh).collect()
    }

    fn levels(&mut self, line: Line<'_>, times: Times, changes: &[(Side, i64, u32)]) -> Result<(), BadInput> {
        for (at, (side, price, size)) in changes.iter().enumerate() {
            let [price, qty] = cells(line, *price, *size)?;
            self.rows.admit(line, price, qty)?;
            let (price, qty) = (self.rows.price(price.number), self.rows.qty(qty.number));
            self.rows.push(times, price, qty, RowKind::level(*side), at + 1 == changes.len());
        }
        Ok(())
    }
}

fn letter(word: std::ffi::c_char) -> u8 {
    u8::try_from(i32::from(word)).unwrap_or(b'?')
}

fn side_of(word: std::ffi::c_char) -> Option<Side> {
    match letter(word) {
        b'B' => Some(Side::Buy),
        b'A' => Some(Side::Sell),
        _ => None,
    }
}

fn times(line: Line<'_>, exchange: u64, local: u64) -> Result<Times, BadInput> {
    let time = |nanos: u64, field: &str| -> Result<Timestamp, BadInput> {
        let allowed = "a time from 2000-01-01 to 2100-01-01 UTC";
        let time = i64::try_from(nanos).ok().and_then(in_range);
        time.ok_or_else(|| line.complain(TIME_RANGE, "", nanos.to_string(), allowed).field(field))
    };
    Ok(Times { exchange: time(exchange, "ts_event")?, local: time(local, "ts_recv")? })
}

/// A price and a size as cells.
fn cells(line: Line<'_>, price: i64, size: u32) -> Result<[Cell<'static>; 2], BadInput> {
    if price <= 0 || price == dbn::UNDEF_PRICE {
        return Err(line.complain(NOT_POSITIVE, "", price.to_string(), "a price above zero").field("price"));
    }
    let price = Cell { number: Number::of_units(price, PRICE_DECIMALS), text: "", field: "price" };
    let size = Number { mantissa: i64::from(size), decimals: 0 };
    Ok([price, Cell { number: size, text: "", field: "size" }])
}
