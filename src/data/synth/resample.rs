//! Months made of recorded days: blocks of whole days, drawn with replacement and joined.
//!
//! A day is a UTC day that a recording of bars covers from its first instant to its last; a block is so many
//! of them in a row of one recording. Each block's prices are its own times the last close over its first
//! open, rounded to the nearest tick, half up, and never below one: returns are kept to the tick, and so is
//! the order of open, high, low and close, since rounding keeps order. Volumes are divided by the same, cut to
//! whole units, so that the quote turned over is kept. Gaps within a day are kept; one at its beginning or end
//! is too. Whole numbers only.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::chance::Chance;
use super::{bad_option, in_reach, provenance, within};
use crate::bad_input::BadInput;
use crate::data::tape::{Drawn, Records, Tape};
use crate::data::time::shown;
use crate::market::{Bar, Price, Qty, Span, Timestamp};

/// The stream of chance of a resampled month.
const STREAM: u64 = 5;
/// Longest month: a year and a day.
const DAYS_MAX: u32 = 367;
const DAY: Span = Span::from_hours(24);
/// No price is scaled beyond this.
const PRICE_MAX: i128 = 1_000_000_000_000_000;

/// What to draw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResampleOptions {
    /// Everything random follows from it, the run and the part.
    pub seed: u64,
    /// Which month of the seed.
    pub run: u64,
    /// Which market of the run.
    pub part: u32,
    /// How many days.
    pub days: u32,
    /// Days in a row to a block.
    pub block: u32,
    /// Written into the tape.
    pub symbol: String,
    /// When the first day begins; rounded down to a day.
    pub start: Timestamp,
    /// Where the price starts; where the first day's does, if nothing is said.
    pub price: Option<Decimal>,
    /// The price grid.
    pub tick: Decimal,
}

/// A day of a recording.
#[derive(Clone, Copy)]
struct Day<'t> {
    tape: usize,
    /// Since the epoch.
    number: i64,
    bars: &'t [Bar],
}

/// Draws a month of the days of these tapes of bars, which have one length and the same units.
pub fn resample(tapes: &[Arc<Tape>], options: &ResampleOptions) -> Result<Tape, BadInput> {
    let days = within("days", options.days, DAYS_MAX)?;
    let block = within("block", options.block, days)?;
    let first = Timestamp(options.start.0.div_euclid(DAY.0) * DAY.0);
    in_reach(first, first.after(DAY.times(i64::from(days))))?;
    let like = alike(tapes)?;
    let (tick, start) = (units("tick", options.tick, like)?, options.price);
    let start = start.map(|price| units("price", price, like)).transpose()?;
    let recorded: Vec<Day<'_>> = tapes.iter().enumerate().flat_map(|(at, tape)| whole_days(at, tape)).collect();
    let begins = begins(&recorded, usize::try_from(block).expect("about a year at most"));
    if begins.is_empty() {
        let allowed = format!("recordings with {block} whole UTC days in a row");
        return Err(bad_option("block", &block.to_string(), &allowed));
    }
    let mut chance = Chance::of_run(options.seed, options.run, options.part, STREAM);
    let mut month = Month { tick, last: start, bars: Vec::new(), days: Vec::new(), first };
    while month.days.len() < usize::try_from(days).expect("about a year at most") {
        let drawn = chance.below(begins.len() as u64);
        let from = begins[usize::try_from(drawn).expect("below their count")];
        let left = usize::try_from(days).expect("about a year at most") - month.days.len();
        let to = from + usize::try_from(block).expect("about a year at most").min(left);
        month.join(&recorded[from..to])?;
    }
    let Month { bars, days: drawn, .. } = month;
    let names: Vec<String> = drawn.iter().map(|day| named(day, tapes.len())).collect();
    let source = format!(
        "resampled --seed {} --run {} --part {} --days {days} --block {block} of {}: {}",
        options.seed,
        options.run,
        options.part,
        tapes.iter().map(|tape| tape.provenance.source.as_str()).collect::<Vec<_>>().join(" "),
        names.join(" ")
    );
    let decimals = (like.price_unit.scale(), like.qty_unit.scale());
    let provenance = provenance("resampled", source);
    let tape = Tape::new(options.symbol.clone(), decimals, like.cadence, Records::Bars(bars), provenance);
    let from = tapes.iter().map(|tape| tape.hash.to_string()).collect();
    Ok(Tape { drawn: Some(Drawn { from, days: names }), ..tape })
}

/// The first of tapes that go together.
fn alike(tapes: &[Arc<Tape>]) -> Result<&Tape, BadInput> {
    let first = tapes.first().ok_or_else(|| bad_option("files", "nothing", "recorded bars"))?;
    let of_bars = |tape: &Tape| matches!(tape.records, Records::Bars(_)) && tape.cadence <= DAY;
    let same = |tape: &Tape| {
        (tape.cadence, tape.price_unit, tape.qty_unit) == (first.cadence, first.price_unit, first.qty_unit)
    };
    match tapes.iter().find(|tape| !of_bars(tape) || !same(tape)) {
        Some(odd) => Err(bad_option("files", &odd.provenance.source, "bars of one length, within a day")),
        None => Ok(first),
    }
}

/// A decimal in price units of a tape.
fn units(field: &str, value: Decimal, tape: &Tape) -> Result<i128, BadInput> {
    let units = value.checked_div(tape.price_unit).filter(|units| units.is_integer() && *units > Decimal::ZERO);
    let units = units.and_then(|units| i128::try_from(units).ok()).filter(|units| *units <= PRICE_MAX);
    units.ok_or_else(|| bad_option(field, &value.to_string(), "a whole number of the tape's price units above 0"))
}

/// The days a tape covers whole.
fn whole_days(at: usize, tape: &Tape) -> Vec<Day<'_>> {
    let Some((first, last)) = tape.range() else { return Vec::new() };
    let number = |bar: &Bar| bar.opened.0.div_euclid(DAY.0);
    let days = tape.bars().chunk_by(|a, b| number(a) == number(b));
    let whole = |day: &Day<'_>| first.0 <= day.number * DAY.0 && last.0 >= (day.number + 1) * DAY.0;
    days.map(|bars| Day { tape: at, number: number(&bars[0]), bars }).filter(whole).collect()
}

/// The places of days at which so many days in a row begin.
fn begins(days: &[Day<'_>], block: usize) -> Vec<usize> {
    let last = i64::try_from(block).expect("about a year at most") - 1;
    let in_a_row = |at: &usize| {
        let (first, end) = (days[*at], days.get(*at + block - 1));
        end.is_some_and(|end| end.tape == first.tape && end.number - first.number == last)
    };
    (0..days.len()).filter(in_a_row).collect()
}

/// A day's name, with the number of its tape where there are several.
fn named(day: &(usize, i64), tapes: usize) -> String {
    let date = shown(Timestamp(day.1 * DAY.0));
    let date = date.split('T').next().unwrap_or_default();
    if tapes > 1 { format!("{}:{date}", day.0 + 1) } else { date.to_owned() }
}

/// A month on its way.
struct Month {
    /// Price units in a tick.
    tick: i128,
    /// Where the price is; nothing before the first bar, unless it starts somewhere.
    last: Option<i128>,
    bars: Vec<Bar>,
    /// Tapes and numbers of the days so far.
    days: Vec<(usize, i64)>,
    first: Timestamp,
}

impl Month {
    fn join(&mut self, block: &[Day<'_>]) -> Result<(), BadInput> {
        let opens = i128::from(block[0].bars[0].open.0);
        let last = self.last.unwrap_or(opens);
        for day in block {
            let begins = self.first.after(DAY.times(i64::try_from(self.days.len()).expect("a year of days")));
            for bar in day.bars {
                let scaled = |price: Price| scaled(price, last, opens, self.tick);
                let volume = i128::from(bar.volume.0) * opens / last;
                let bar = Bar {
                    opened: begins.after(bar.opened.since(Timestamp(day.number * DAY.0))),
                    open: scaled(bar.open)?,
                    high: scaled(bar.high)?,
                    low: scaled(bar.low)?,
                    close: scaled(bar.close)?,
                    volume: Qty(i64::try_from(volume.min(PRICE_MAX)).expect("at most 10^15")),
                    ..*bar
                };
                self.last = Some(i128::from(bar.close.0));
                self.bars.push(bar);
            }
            self.days.push((day.tape, day.number));
        }
        Ok(())
    }
}

/// A price times `to` over `from`, to the nearest tick, half up, at least one.
fn scaled(price: Price, to: i128, from: i128, tick: i128) -> Result<Price, BadInput> {
    // Below 10^15 each, but for what a recording holds, which is below 2^63.
    let (above, below) = (i128::from(price.0) * to, from * tick);
    let ticks = (2 * above + below).div_euclid(2 * below).max(1);
    let units = ticks * tick;
    if units > PRICE_MAX {
        return Err(bad_option("price", &units.to_string(), "a month whose price stays below 10^15 units"));
    }
    Ok(Price(i64::try_from(units).expect("at most 10^15")))
}
