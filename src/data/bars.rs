//! Bars from text: Binance klines, Kraken OHLCVT and tables with a header.
//!
//! A bar's time is the start of its bar. The cadence is the smallest distance between two bars
//! and must be a usual one; every bar stands on it. Missing bars are reported as gaps and never
//! made up. Refused are bars out of order, twice, or at odds with themselves.
//!
//! Prices are exact. A volume is a measure, not a quantity anybody trades, and files carry the
//! noise of their makers' floats in it: it is kept to 8 decimals, or fewer if the greatest would
//! not fit, and cut toward zero. Where a lot is given it must be a multiple of it.

use super::builder::{ImportOptions, UNITS_MAX, Units, admit, read_number};
use super::fault::{
    BACKWARDS, BAR_TWICE, CADENCE, CLOSES_FIRST, Complaints, GAP, HIGH_BELOW_LOW, JUMP, OUTSIDE_RANGE, VOLUME_CUT,
};
use super::number::{Admitted, Number};
use super::source::{Line, Lines};
use super::table::{Column, Header, TableRow, each_row};
use super::tape::{Provenance, Records, Tape};
use super::time::{Clock, TimeUnit, shown};
use crate::bad_input::{BadInput, quoted};
use crate::market::{Bar, InstrumentId, Price, Qty, Span, Timestamp};

const TIME: usize = 0;
const OPEN: usize = 1;
const HIGH: usize = 2;
const LOW: usize = 3;
const CLOSE: usize = 4;
const VOLUME: usize = 5;
const CLOSED: usize = 6;
const IGNORED: usize = 7;

pub(crate) const COLUMNS: [Column; 8] = [
    Column {
        name: "time",
        known_as: &["open_time", "open_time_", "timestamp", "timestamp_", "time", "time_", "date", "datetime"],
        needed: true,
    },
    Column { name: "open", known_as: &["open"], needed: true },
    Column { name: "high", known_as: &["high"], needed: true },
    Column { name: "low", known_as: &["low"], needed: true },
    Column { name: "close", known_as: &["close"], needed: true },
    Column { name: "volume", known_as: &["volume", "volume_"], needed: true },
    Column { name: "close_time", known_as: &["close_time", "close_time_"], needed: false },
    Column {
        name: "ignored",
        known_as: &[
            "quote_volume",
            "quote_asset_volume",
            "count",
            "trades",
            "number_of_trades",
            "taker_buy_volume",
            "taker_buy_quote_volume",
            "taker_buy_base_asset_volume",
            "taker_buy_quote_asset_volume",
            "vwap",
            "ignore",
        ],
        needed: false,
    },
];

/// Binance's klines without header: twelve cells.
pub(crate) const BINANCE: [usize; 12] =
    [TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, CLOSED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED];
/// Kraken's OHLCVT: seven cells, the last the number of trades.
pub(crate) const KRAKEN: [usize; 7] = [TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, IGNORED];

const PRICES: [usize; 4] = [OPEN, HIGH, LOW, CLOSE];
/// The distances bars may have, in seconds.
const CADENCES: [i64; 15] = [1, 5, 15, 30, 60, 180, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];

/// The most decimals a volume is kept to.
const VOLUME_DECIMALS_MAX: u32 = 8;

/// The bars read so far; their volumes have no unit before all are known.
struct Reading {
    units: Units,
    /// Whether the volumes must be multiples of a lot.
    lots: bool,
    clock: Clock,
    close_clock: Clock,
    bars: Vec<Bar>,
    volumes: Vec<Number>,
    lines: Vec<u64>,
}

/// Reads the rows of a table of bars.
pub(crate) fn read(
    lines: &mut Lines,
    header: &Header,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<Tape, BadInput> {
    let mut reading = Reading {
        units: Units::new(options, lines.name(), UNITS_MAX)?,
        clock: Clock::new(TimeUnit::promised_by(header.name(TIME))),
        close_clock: Clock::new(TimeUnit::promised_by(header.name(CLOSED))),
        lots: options.lot.is_some(),
        bars: Vec::new(),
        volumes: Vec::new(),
        lines: Vec::new(),
    };
    each_row(lines, header, complaints, |row, complaints| reading.take(&row, complaints))?;
    let qty_decimals = reading.set_volumes(lines.name(), complaints)?;
    let Reading { units, bars, lines: numbers, .. } = reading;
    let (bars, cadence) = on_cadence(bars, &numbers, lines.name(), complaints)?;
    let symbol = options.symbol.clone().unwrap_or_default();
    Ok(Tape::new(symbol, (units.price.decimals(), qty_decimals), cadence, Records::Bars(bars), provenance))
}

impl Reading {
    fn take(&mut self, row: &TableRow<'_>, complaints: &mut Complaints) -> Result<(), BadInput> {
        let line = row.line;
        let (time_text, time_field) = row.needed(TIME);
        let opened = self.clock.read(line, time_text, time_field)?;
        self.in_order(row, opened)?;
        let mut numbers = [Number::default(); 5];
        for (number, column) in numbers.iter_mut().zip([OPEN, HIGH, LOW, CLOSE, VOLUME]) {
            let (text, field) = row.needed(column);
            *number = read_number(line, text, field, column == VOLUME)?;
            self.admit(line, *number, (text, field), column)?;
        }
        let [open, high, low, close, volume] = numbers;
        let [open, high, low, close] = [open, high, low, close].map(|price| Price(self.units.price.units(price)));
        // Volumes and lengths are known when all bars are.
        let (read_volume, volume, length) = (volume, Qty::ZERO, Span::ZERO);
        let bar = Bar { instrument: InstrumentId(0), opened, length, open, high, low, close, volume };
        at_odds(row, &bar)?;
        self.closes_later(row, opened)?;
        if complaints.collects() {
            self.compare_with_last(row, &bar, complaints)?;
        }
        self.bars.push(bar);
        self.volumes.push(read_volume);
        self.lines.push(line.number);
        Ok(())
    }

    fn admit(&mut self, line: Line<'_>, number: Number, cell: (&str, &str), column: usize) -> Result<(), BadInput> {
        if column == VOLUME {
            if self.lots {
                admit(&mut self.units.qty, number, line, cell.0, cell.1)?;
            }
            return Ok(());
        }
        let Admitted::Finer(factor) = admit(&mut self.units.price, number, line, cell.0, cell.1)? else {
            return Ok(());
        };
        for bar in &mut self.bars {
            for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
                price.0 *= factor;
            }
        }
        Ok(())
    }

    /// Gives every bar its volume, in the finest unit that all fit, and says its decimals.
    fn set_volumes(&mut self, file: &str, complaints: &mut Complaints) -> Result<u32, BadInput> {
        let finest = self.volumes.iter().map(|volume| volume.decimals).max().unwrap_or(0);
        let most = if self.lots { self.units.qty.decimals() } else { finest.min(VOLUME_DECIMALS_MAX) };
        let fits = |decimals: &u32| {
            let units = |volume: &Number| volume.cut(*decimals).filter(|(units, _)| *units <= UNITS_MAX);
            self.volumes.iter().all(|volume| units(volume).is_some())
        };
        let decimals = (0..=most).rev().find(fits).unwrap_or(0);
        for ((bar, volume), line) in self.bars.iter_mut().zip(&self.volumes).zip(&self.lines) {
            let (units, exact) = volume.cut(decimals).expect("a number fits at its own decimals or fewer");
            bar.volume = Qty(units);
            if !exact {
                let found = format!("a volume of {} decimals", volume.decimals);
                let bad = BadInput::new(VOLUME_CUT, file, found, format!("{decimals} decimals; the rest is cut"));
                complaints.take(bad.at_line(*line, 1).field("volume"))?;
            }
        }
        Ok(decimals)
    }

    fn in_order(&self, row: &TableRow<'_>, opened: Timestamp) -> Result<(), BadInput> {
        let Some(last) = self.bars.last().filter(|last| last.opened >= opened) else { return Ok(()) };
        let (text, field) = row.needed(TIME);
        let code = if last.opened == opened { BAR_TWICE } else { BACKWARDS };
        let allowed = format!("a time after {}", shown(last.opened));
        Err(row.line.complain(code, text, quoted(text), &allowed).field(field))
    }

    fn closes_later(&mut self, row: &TableRow<'_>, opened: Timestamp) -> Result<(), BadInput> {
        let Some((text, field)) = row.cell(CLOSED) else { return Ok(()) };
        if self.close_clock.read(row.line, text, field)? > opened {
            return Ok(());
        }
        let allowed = format!("a time after {}", shown(opened));
        Err(row.line.complain(CLOSES_FIRST, text, quoted(text), &allowed).field(field))
    }

    /// Warns of prices about a power of ten off the bar before.
    fn compare_with_last(&self, row: &TableRow<'_>, bar: &Bar, complaints: &mut Complaints) -> Result<(), BadInput> {
        let Some(last) = self.bars.last() else { return Ok(()) };
        if !far_apart(last.close, bar.open) {
            return Ok(());
        }
        let (text, field) = row.needed(OPEN);
        let allowed = "a price within five times the one before";
        complaints.take(row.line.complain(JUMP, text, quoted(text), allowed).field(field))
    }
}

/// Whether two neighbouring prices differ so much that one of them may be in another unit.
pub(crate) const fn far_apart(a: Price, b: Price) -> bool {
    a.0 as i128 > b.0 as i128 * 5 || b.0 as i128 > a.0 as i128 * 5
}

fn at_odds(row: &TableRow<'_>, bar: &Bar) -> Result<(), BadInput> {
    if bar.high < bar.low {
        let (text, field) = row.needed(HIGH);
        let allowed = format!("at least the low {}", row.needed(LOW).0);
        return Err(row.line.complain(HIGH_BELOW_LOW, text, quoted(text), &allowed).field(field));
    }
    let outside = PRICES.into_iter().zip([bar.open, bar.high, bar.low, bar.close]);
    let Some((column, _)) = outside.into_iter().find(|(_, price)| *price > bar.high || *price < bar.low) else {
        return Ok(());
    };
    let (text, field) = row.needed(column);
    let allowed = format!("from the low {} to the high {}", row.needed(LOW).0, row.needed(HIGH).0);
    Err(row.line.complain(OUTSIDE_RANGE, text, quoted(text), &allowed).field(field))
}

/// The bars with their length set, and the cadence they stand on.
fn on_cadence(
    mut bars: Vec<Bar>,
    lines: &[u64],
    file: &str,
    complaints: &mut Complaints,
) -> Result<(Vec<Bar>, Span), BadInput> {
    let nearest = (1..bars.len()).min_by_key(|at| bars[*at].opened.since(bars[*at - 1].opened));
    let cadence = nearest.map_or(Span::from_mins(1), |at| bars[at].opened.since(bars[at - 1].opened));
    let usual = CADENCES.map(Span::from_secs).contains(&cadence);
    let complain = |code, at: usize, found: String, allowed: String| {
        BadInput::new(code, file, found, allowed).at_line(lines[at], 1).field("time")
    };
    if let Some(at) = nearest.filter(|_| !usual) {
        let found = format!("a bar {} ns after the one before", cadence.0);
        complaints.take(complain(CADENCE, at, found, "bars 1, 5, 15 or 30 s, 1 m to 12 h, or 1 d apart".to_owned()))?;
    }
    let step = if usual { cadence } else { Span::from_mins(1) };
    for at in 0..bars.len() {
        if bars[at].opened.0 % step.0 != 0 {
            let found = format!("{} off its cadence", shown(bars[at].opened));
            let allowed = format!("bars every {} s", step.0 / 1_000_000_000);
            complaints.take(complain(CADENCE, at, found, allowed))?;
        }
        let missing = if at == 0 { 0 } else { bars[at].opened.since(bars[at - 1].opened).0 / step.0 - 1 };
        if missing > 0 {
            let found = format!("{missing} bars missing before {}", shown(bars[at].opened));
            complaints.take(complain(GAP, at, found, "a bar for every step".to_owned()))?;
        }
        bars[at].length = step;
    }
    Ok((bars, step))
}
