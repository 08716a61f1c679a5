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
use super::number::{Admitted, DECIMALS_MAX, Number};
use super::recording::{Keeping, Recording};
use super::source::{Line, Lines};
use super::spool::{Kept, Spool};
use super::table::{Column, Header, TableRow, each_row};
use super::tape::Provenance;
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
        known_as: &["open_time", "open_time_", "timestamp", "timestamp_", "time", "time_", "date", "datetime", ""],
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
/// LEAN's bars without header: time, open, high, low, close, volume.
pub(crate) const LEAN: [usize; 6] = [TIME, OPEN, HIGH, LOW, CLOSE, VOLUME];
/// Kraken's OHLCVT: seven cells, the last the number of trades.
pub(crate) const KRAKEN: [usize; 7] = [TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, IGNORED];

const PRICES: [usize; 4] = [OPEN, HIGH, LOW, CLOSE];
/// The distances bars may have, in seconds.
pub(crate) const CADENCES: [i64; 15] =
    [1, 5, 15, 30, 60, 180, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];

/// The most decimals a volume is kept to.
const VOLUME_DECIMALS_MAX: u32 = 8;

/// A bar whose volume has no unit yet, and the line it stood in.
#[derive(Clone, Copy, Debug)]
struct ReadBar {
    bar: Bar,
    volume: Number,
    line: u64,
}

/// The bars read so far; their volumes have no unit before all are known.
struct Reading {
    units: Units,
    /// Whether the volumes must be multiples of a lot.
    lots: bool,
    clock: Clock,
    close_clock: Clock,
    bars: Spool<ReadBar>,
    last: Option<Bar>,
    /// The least distance between two bars, and the line of the later one.
    nearest: Option<(Span, u64)>,
    /// The greatest volume written with each number of decimals.
    volumes: [Option<i64>; DECIMALS_MAX + 1],
}

/// Reads the rows of a table of bars.
pub(crate) fn read(
    lines: &mut Lines,
    header: &Header,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<Recording, BadInput> {
    let mut reading = Reading {
        units: Units::new(options, lines.name(), UNITS_MAX)?,
        clock: Clock::new(TimeUnit::promised_by(header.name(TIME))),
        close_clock: Clock::new(TimeUnit::promised_by(header.name(CLOSED))),
        lots: options.lot.is_some(),
        bars: Spool::new(options.spill.clone()),
        last: None,
        nearest: None,
        volumes: [None; DECIMALS_MAX + 1],
    };
    each_row(lines, header, complaints, |row, complaints| reading.take(&row, complaints))?;
    let step = reading.step(lines.name(), complaints)?;
    let (price_decimals, qty_decimals) = (reading.units.price.decimals(), reading.volume_decimals());
    let mut bars = Spool::new(options.spill.clone());
    let mut last = None;
    reading.bars.each(|read| {
        let bar = with_volume(&read, qty_decimals, lines.name(), complaints)?;
        on_cadence(&read, last.replace(bar.opened), step, lines.name(), complaints)?;
        bars.push(bar);
        Ok(())
    })?;
    let symbol = options.symbol.clone().unwrap_or_default();
    Ok(Recording::new(symbol, (price_decimals, qty_decimals), step, Keeping::Bars(bars), provenance))
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
        if let Some(last) = &self.last {
            let distance = opened.since(last.opened);
            self.nearest = self.nearest.filter(|(least, _)| *least <= distance).or(Some((distance, line.number)));
        }
        let greatest = &mut self.volumes[usize::try_from(read_volume.decimals).expect("at most eighteen decimals")];
        *greatest = (*greatest).max(Some(read_volume.mantissa));
        self.bars.push(ReadBar { bar, volume: read_volume, line: line.number });
        self.last = Some(bar);
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
        self.bars.rescale(factor, 1);
        if let Some(last) = &mut self.last {
            *last = last.finer(factor, 1);
        }
        Ok(())
    }

    /// The decimals of the finest unit that all volumes fit.
    fn volume_decimals(&self) -> u32 {
        let written = || (0_u32..).zip(self.volumes).filter_map(|(decimals, most)| Some((decimals, most?)));
        let finest = written().map(|(decimals, _)| decimals).max().unwrap_or(0);
        let most = if self.lots { self.units.qty.decimals() } else { finest.min(VOLUME_DECIMALS_MAX) };
        let fits = |decimals: &u32| {
            written().all(|(written, mantissa)| {
                let units = Number { mantissa, decimals: written }.cut(*decimals);
                units.is_some_and(|(units, _)| units <= UNITS_MAX)
            })
        };
        (0..=most).rev().find(fits).unwrap_or(0)
    }

    /// The cadence the bars stand on.
    fn step(&self, file: &str, complaints: &mut Complaints) -> Result<Span, BadInput> {
        let Some((cadence, line)) = self.nearest else { return Ok(Span::from_mins(1)) };
        if CADENCES.map(Span::from_secs).contains(&cadence) {
            return Ok(cadence);
        }
        let found = format!("a bar {} ns after the one before", cadence.0);
        let bad = BadInput::new(CADENCE, file, found, "bars 1, 5, 15 or 30 s, 1 m to 12 h, or 1 d apart");
        complaints.take(bad.at_line(line, 1).field("time"))?;
        Ok(Span::from_mins(1))
    }

    fn in_order(&self, row: &TableRow<'_>, opened: Timestamp) -> Result<(), BadInput> {
        let Some(last) = self.last.filter(|last| last.opened >= opened) else { return Ok(()) };
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
        let Some(last) = self.last else { return Ok(()) };
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

/// A bar with its volume in units.
fn with_volume(read: &ReadBar, decimals: u32, file: &str, complaints: &mut Complaints) -> Result<Bar, BadInput> {
    let (units, exact) = read.volume.cut(decimals).expect("a number fits at its own decimals or fewer");
    if !exact {
        let found = format!("a volume of {} decimals", read.volume.decimals);
        let bad = BadInput::new(VOLUME_CUT, file, found, format!("{decimals} decimals; the rest is cut"));
        complaints.take(bad.at_line(read.line, 1).field("volume"))?;
    }
    Ok(Bar { volume: Qty(units), ..read.bar })
}

/// Complains of a bar that does not stand on its cadence, or after a gap.
fn on_cadence(
    read: &ReadBar,
    last: Option<Timestamp>,
    step: Span,
    file: &str,
    complaints: &mut Complaints,
) -> Result<(), BadInput> {
    let opened = read.bar.opened;
    let complain = |code, found: String, allowed: String| {
        BadInput::new(code, file, found, allowed).at_line(read.line, 1).field("time")
    };
    if opened.0 % step.0 != 0 {
        let found = format!("{} off its cadence", shown(opened));
        complaints.take(complain(CADENCE, found, format!("bars every {} s", step.0 / 1_000_000_000)))?;
    }
    let missing = last.map_or(0, |last| opened.since(last).0 / step.0 - 1);
    if missing > 0 {
        let found = format!("{missing} bars missing before {}", shown(opened));
        complaints.take(complain(GAP, found, "a bar for every step".to_owned()))?;
    }
    Ok(())
}

impl Kept for ReadBar {
    const BYTES: usize = Bar::BYTES + 20;

    fn time(&self) -> Timestamp {
        self.bar.opened
    }

    fn put(&self, out: &mut Vec<u8>) {
        self.bar.put(out);
        out.extend(self.volume.mantissa.to_le_bytes());
        out.extend(self.volume.decimals.to_le_bytes());
        out.extend(self.line.to_le_bytes());
    }

    fn get(bytes: &[u8]) -> Self {
        let (bar, rest) = bytes.split_at(Bar::BYTES);
        let part = |from: usize| rest[from..from + 8].try_into().expect("eight bytes");
        let mantissa = i64::from_le_bytes(part(0));
        let decimals = u32::from_le_bytes(rest[8..12].try_into().expect("four bytes"));
        Self { bar: Bar::get(bar), volume: Number { mantissa, decimals }, line: u64::from_le_bytes(part(12)) }
    }

    /// The volume keeps the decimals it was written with.
    fn finer(self, price: i64, _qty: i64) -> Self {
        Self { bar: self.bar.finer(price, 1), ..self }
    }
}
