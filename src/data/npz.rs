//! Out to hftbacktest: a tape of levels and trades as its array of events in an `.npz`.
//!
//! Events are those that its documentation names: changes of depth and trades, each marked with its side and with
//! where it is to be processed, at the exchange, at the recorder, or both. Both orders of time must ascend, so an
//! event that another overtook on its way to the recorder stands twice, once for each. A trade whose taker nobody
//! knows has no side. Sessions, marks and index prices have no place there and are left out; prices and
//! quantities become the nearest floats, for it counts in them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rust_decimal::Decimal;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::fault::UNWRITABLE;
use super::row::{Row, RowKind};
use super::tape::Tape;
use crate::bad_input::BadInput;
use crate::market::exact_product;

const DEPTH: u64 = 1;
const TRADE: u64 = 2;
const AT_EXCHANGE: u64 = 1 << 31;
const AT_LOCAL: u64 = 1 << 30;
const BUY: u64 = 1 << 29;
const SELL: u64 = 1 << 28;

/// The fields of an event: 64 bytes, little-endian.
const FIELDS: &str = "[('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), \
                      ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')]";

/// Writes a tape's events to a new file; says how many.
///
/// # Errors
/// A tape of bars, a file that is there already or cannot be written.
pub fn write_npz(tape: Tape, out: &Path) -> Result<u64, BadInput> {
    let bad = |found: String, allowed: &str| BadInput::new(UNWRITABLE, &out.display().to_string(), found, allowed);
    let tape = tape.levels()?;
    let rows = tape.held()?;
    if rows.is_empty() {
        return Err(bad("bars, or nothing".to_owned(), "a tape of levels and trades"));
    }
    let events = in_both_orders(rows);
    let write = || -> io::Result<()> {
        let mut archive = ZipWriter::new(BufWriter::new(File::create_new(out)?));
        archive.start_file("data.npy", SimpleFileOptions::default().large_file(true))?;
        write_array(&tape, &events, &mut archive)?;
        archive.finish()?.flush()
    };
    write().map_err(|error| bad(error.to_string(), "a new file that can be written"))?;
    Ok(u64::try_from(events.len()).expect("a count fits 64 bits"))
}

/// Every event by its place, with its flags, such that both times ascend.
fn in_both_orders(rows: &[Row]) -> Vec<(usize, u64)> {
    let told = |place: &usize| flags(rows[*place].kind()).is_some();
    let by_exchange: Vec<usize> = (0..rows.len()).filter(told).collect();
    let mut by_local = by_exchange.clone();
    by_local.sort_by_key(|place| rows[*place].local);
    let times = |place: usize| (rows[place].exchange, rows[place].local);
    let mut events = Vec::with_capacity(by_exchange.len());
    let (mut there, mut here) = (by_exchange.into_iter().peekable(), by_local.into_iter().peekable());
    loop {
        let (place, wheres) = match (there.peek().copied(), here.peek().copied()) {
            (Some(one), Some(other)) if one == other => (one, AT_EXCHANGE | AT_LOCAL),
            (Some(one), Some(other)) if times(one) <= times(other) => (one, AT_EXCHANGE),
            (_, Some(other)) => (other, AT_LOCAL),
            (Some(one), None) => (one, AT_EXCHANGE),
            (None, None) => return events,
        };
        if wheres & AT_EXCHANGE != 0 {
            there.next();
        }
        if wheres & AT_LOCAL != 0 {
            here.next();
        }
        events.push((place, wheres | flags(rows[place].kind()).unwrap_or_default()));
    }
}

/// What an event is; none where there is no word for it.
const fn flags(kind: RowKind) -> Option<u64> {
    match kind {
        RowKind::Bid => Some(DEPTH | BUY),
        RowKind::Ask => Some(DEPTH | SELL),
        RowKind::TradeBuy => Some(TRADE | BUY),
        RowKind::TradeSell => Some(TRADE | SELL),
        RowKind::TradeUnknown => Some(TRADE),
        RowKind::Session(_) | RowKind::Mark | RowKind::Index => None,
    }
}

fn write_array(tape: &Tape, events: &[(usize, u64)], out: &mut impl Write) -> io::Result<()> {
    let header = format!("{{'descr': {FIELDS}, 'fortran_order': False, 'shape': ({},), }}", events.len());
    // Magic, version and length are 10 bytes; the array begins at a multiple of 64.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&u16::try_from(length).expect("a short header").to_le_bytes())?;
    out.write_all(format!("{header:<width$}\n", width = length - 1).as_bytes())?;
    for (place, event) in events {
        let row = &tape.rows()[*place];
        let mut bytes = [0; 64];
        let (price, qty) = (nearest(row.price.0, tape.price_unit), nearest(row.qty().0, tape.qty_unit));
        let cells = [
            event.to_le_bytes(),
            row.exchange.0.to_le_bytes(),
            row.local.0.to_le_bytes(),
            price.to_le_bytes(),
            qty.to_le_bytes(),
        ];
        for (to, cell) in bytes.chunks_exact_mut(8).zip(cells) {
            to.copy_from_slice(&cell);
        }
        out.write_all(&bytes)?;
    }
    Ok(())
}

/// The float nearest to so many units.
fn nearest(units: i64, unit: Decimal) -> f64 {
    exact_product(Decimal::from(units), unit).to_string().parse().expect("a decimal is a float")
}
