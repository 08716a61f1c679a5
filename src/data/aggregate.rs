//! Trades into bars, and bars into longer ones.
//!
//! A bar begins at a whole multiple of its length since 1970 UTC and holds the trades from then
//! until the next would begin; its first and last trade, in tape order, are its open and close. A
//! span without trades has no bar. Prices and volume are exact. Nothing but trades is looked at.
//! A longer bar opens as the first of its shorter ones does, closes as the last, and reaches as high and as low
//! as any; which of the two it reached first it does not say, as a recorded one does not.

use super::bars::CADENCES;
use super::builder::{ImportOptions, UNITS_MAX};
use super::fault::{EMPTY, OPTION, TOO_LARGE};
use super::recording::{Keeping, Recording};
use super::row::Row;
use super::spool::Spool;
use super::tape::{Provenance, Records, Tape};
use crate::bad_input::{BadInput, quoted};
use crate::market::{Bar, InstrumentId, Qty, Span, Timestamp};

/// The bars of a tape's trades.
///
/// # Errors
/// When the length is none that bars have, or the tape has no trades or is streamed.
pub fn bars_of(tape: &Tape, length: Span) -> Result<Tape, BadInput> {
    let decimals = (tape.price_unit.normalize().scale(), tape.qty_unit.normalize().scale());
    let options = ImportOptions::default();
    let rows = Spool::of(tape.held()?.to_vec());
    // The rows of a tape are shifted already, and bars carry no local time.
    let (symbol, provenance) = (tape.symbol.clone(), Provenance { shift_ns: 0, ..tape.provenance.clone() });
    let bars = trades_to_bars(rows, length, symbol, decimals, &options, provenance)?.into_tape()?;
    Ok(Tape { price_unit: tape.price_unit, qty_unit: tape.qty_unit, ..bars })
}

/// The bars of a tape of bars, gathered into longer ones; the tape itself where they have this length already.
///
/// # Errors
/// When the length is no multiple of theirs, or the tape has no bars.
pub fn longer_bars(tape: Tape, length: Span) -> Result<Tape, BadInput> {
    if tape.cadence == length {
        return Ok(tape);
    }
    let file = &tape.provenance.source;
    let multiple = tape.cadence > Span::ZERO && length > tape.cadence && length.0 % tape.cadence.0 == 0;
    if !multiple || !CADENCES.map(Span::from_secs).contains(&length) {
        let found = format!("bars of {} s", length.0 / Span::from_secs(1).0);
        let allowed = format!("a length that bars have, a multiple of {} s", tape.cadence.0 / Span::from_secs(1).0);
        return Err(BadInput::new(OPTION, file, found, allowed).field("length"));
    }
    let mut bars: Vec<Bar> = Vec::new();
    for bar in tape.bars() {
        let opened = Timestamp(bar.opened.0 - bar.opened.0.rem_euclid(length.0));
        match bars.last_mut().filter(|last| last.opened == opened) {
            Some(last) => join(last, bar, file)?,
            None => bars.push(Bar { opened, length, ..*bar }),
        }
    }
    // A tape may be kept, and is counted by what is in it.
    bars.shrink_to_fit();
    let decimals = (tape.price_unit.scale(), tape.qty_unit.scale());
    let source = format!("{file} in bars of {} m", length.0 / Span::from_mins(1).0);
    let provenance = Provenance { source, ..tape.provenance };
    let made = Tape::new(tape.symbol, decimals, length, Records::Bars(bars), provenance);
    Ok(Tape { drawn: tape.drawn, ..made })
}

/// Makes a longer bar of one and the next.
fn join(bar: &mut Bar, next: &Bar, file: &str) -> Result<(), BadInput> {
    bar.high = bar.high.max(next.high);
    bar.low = bar.low.min(next.low);
    bar.close = next.close;
    bar.volume = sum(bar.volume, next.volume, file)?;
    Ok(())
}

/// The bars of a recording's trades.
pub(crate) fn trades_to_bars(
    mut rows: Spool<Row>,
    length: Span,
    symbol: String,
    decimals: (u32, u32),
    options: &ImportOptions,
    provenance: Provenance,
) -> Result<Recording, BadInput> {
    let file = &provenance.source;
    if !CADENCES.map(Span::from_secs).contains(&length) {
        let found = format!("bars of {} ns", length.0);
        let allowed = "bars of 1, 5, 15 or 30 s, 1 m to 12 h, or 1 d";
        return Err(BadInput::new(OPTION, file, found, allowed).field("bars"));
    }
    let mut bars = Spool::new(options.spill.clone());
    let mut open: Option<Bar> = None;
    rows.each(|row| {
        if !row.kind().is_trade() {
            return Ok(());
        }
        let opened = Timestamp(row.exchange.0 - row.exchange.0.rem_euclid(length.0));
        match &mut open {
            Some(bar) if bar.opened == opened => grow(bar, &row, file),
            other => {
                if let Some(done) = other.replace(begin(opened, length, &row)) {
                    bars.push(done);
                }
                Ok(())
            }
        }
    })?;
    if let Some(last) = open {
        bars.push(last);
    }
    if bars.len() == 0 {
        return Err(BadInput::new(EMPTY, file, format!("no trades of {}", quoted(&symbol)), "trades to make bars of"));
    }
    Ok(Recording::new(symbol, decimals, length, Keeping::Bars(bars), provenance))
}

const fn begin(opened: Timestamp, length: Span, row: &Row) -> Bar {
    let (open, high, low, close) = (row.price, row.price, row.price, row.price);
    Bar { instrument: InstrumentId(0), opened, length, open, high, low, close, volume: row.qty() }
}

fn grow(bar: &mut Bar, row: &Row, file: &str) -> Result<(), BadInput> {
    bar.high = bar.high.max(row.price);
    bar.low = bar.low.min(row.price);
    bar.close = row.price;
    bar.volume = sum(bar.volume, row.qty(), file)?;
    Ok(())
}

/// Two volumes together.
fn sum(one: Qty, other: Qty, file: &str) -> Result<Qty, BadInput> {
    let units = one.0.checked_add(other.0).filter(|units| *units <= UNITS_MAX);
    let too_large =
        || BadInput::new(TOO_LARGE, file, "a bar's volume above 2^61 units", "a sum that fits").field("volume");
    units.map(Qty).ok_or_else(too_large)
}
