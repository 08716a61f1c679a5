//! What a file holds, in a few lines for people or as JSON.

use std::fmt;
use std::path::Path;

use rust_decimal::Decimal;
use serde::Serialize;

use super::builder::ImportOptions;
use super::fault::Complaints;
use super::format::Format;
use super::import::{Imported, read};
use super::latencies::Latencies;
use super::order_row::OrderRow;
use super::recording::{Record, Recording};
use super::row::Row;
use super::source::Source;
use super::tape::{Provenance, Records, Tape, TapeHash};
use super::time::shown;
use crate::bad_input::BadInput;
use crate::market::{Span, Timestamp};

/// What a file holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Info {
    /// The file as it was named.
    pub file: String,
    /// What the file is.
    pub format: Format,
    /// The symbol as the source writes it; empty if it does not say.
    pub symbol: String,
    /// Rows or bars.
    pub records: u64,
    /// Messages the rows came in; bars are one each.
    pub messages: u64,
    /// Of the rows, the trades.
    pub trades: u64,
    /// Exchange time of the first record.
    pub first: String,
    /// Exchange time of the last record, a bar's close.
    pub last: String,
    /// Quote per base of one price unit.
    pub price_unit: String,
    /// Base of one quantity unit.
    pub qty_unit: String,
    /// The length of a bar in seconds; zero for rows.
    pub bar_seconds: i64,
    /// Whether the rows are of single orders.
    pub orders: bool,
    /// Feed latency over messages, after the shift; none for bars.
    pub latency: Option<Latency>,
    /// SHA-256 of the content, the same for a raw file and its Parquet.
    pub hash: TapeHash,
    /// Where it came from, and the shift of its local times.
    pub provenance: Provenance,
}

/// How long messages took to the recorder, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Latency {
    /// The shortest.
    pub min_ns: i64,
    /// Half took no longer.
    pub median_ns: i64,
    /// 99 of 100 took no longer.
    pub p99_ns: i64,
    /// The longest.
    pub max_ns: i64,
}

impl Latency {
    fn of(latencies: impl Iterator<Item = Span>) -> Option<Self> {
        Self::exactly(latencies.map(|latency| latency.0).collect())
    }

    /// Over all of them; none if there are none.
    pub(crate) fn exactly(mut all: Vec<i64>) -> Option<Self> {
        all.sort_unstable();
        // The nearest rank: the least value that this share of all does not exceed.
        let rank = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { min_ns: *all.first()?, median_ns: rank(50)?, p99_ns: rank(99)?, max_ns: *all.last()? })
    }
}

/// Reads a file and says what it holds, instrument by instrument.
pub fn info(path: &Path, options: &ImportOptions) -> Result<Vec<Info>, BadInput> {
    let file = path.display().to_string();
    read(Source::open(path, &file)?, options, &mut Complaints::refuse())?.infos(&file)
}

impl Imported {
    /// What it holds, instrument by instrument.
    pub(crate) fn infos(&mut self, file: &str) -> Result<Vec<Info>, BadInput> {
        let format = self.format;
        self.recordings.iter_mut().map(|recording| Info::of_recording(file.to_owned(), format, recording)).collect()
    }
}

impl Info {
    /// Says what a tape holds.
    #[must_use]
    pub fn of(file: String, format: Format, tape: &Tape) -> Self {
        let mut totals = Totals::default();
        match &tape.records {
            Records::Rows(rows) => rows.iter().map(|row| Record::Row(*row)).for_each(|record| totals.add(&record)),
            Records::Streamed(rows) => rows.iter().map(Record::Row).for_each(|record| totals.add(&record)),
            Records::Orders(rows) => rows.iter().map(|row| Record::Order(*row)).for_each(|record| totals.add(&record)),
            Records::Bars(bars) => bars.iter().map(|bar| Record::Bar(*bar)).for_each(|record| totals.add(&record)),
        }
        let (price_unit, qty_unit) = (tape.price_unit.to_string(), tape.qty_unit.to_string());
        let latency = match &tape.records {
            Records::Rows(rows) => Latency::of(rows.iter().filter(|row| row.last()).map(Row::latency)),
            Records::Streamed(rows) => Latency::of(rows.iter().filter(Row::last).map(|row| row.latency())),
            Records::Orders(rows) => Latency::of(rows.iter().filter(|row| row.last()).map(OrderRow::latency)),
            Records::Bars(_) => None,
        };
        let base = Self { price_unit, qty_unit, hash: tape.hash, ..Self::empty(file, format) };
        let base = Self { symbol: tape.symbol.clone(), provenance: tape.provenance.clone(), latency, ..base };
        base.with(&totals, tape.cadence)
    }

    /// Says what a recording holds, without holding it.
    pub(crate) fn of_recording(file: String, format: Format, recording: &mut Recording) -> Result<Self, BadInput> {
        let mut totals = Totals::default();
        recording.each(|record| {
            totals.add(&record);
            Ok(())
        })?;
        let unit = |decimals| Decimal::new(1, decimals).to_string();
        let (price_unit, qty_unit) = (unit(recording.decimals.0), unit(recording.decimals.1));
        let latency = totals.latencies.summed_up(recording)?;
        let base = Self { price_unit, qty_unit, hash: recording.hash()?, ..Self::empty(file, format) };
        let (symbol, provenance) = (recording.symbol.clone(), recording.provenance.clone());
        Ok(Self { symbol, latency, provenance, ..base }.with(&totals, recording.cadence))
    }

    fn empty(file: String, format: Format) -> Self {
        Self {
            file,
            format,
            symbol: String::new(),
            records: 0,
            messages: 0,
            trades: 0,
            first: String::new(),
            last: String::new(),
            price_unit: String::new(),
            qty_unit: String::new(),
            bar_seconds: 0,
            orders: false,
            latency: None,
            hash: TapeHash([0; 32]),
            provenance: Provenance::default(),
        }
    }

    fn with(self, totals: &Totals, cadence: Span) -> Self {
        let (first, last) = totals.range.map(|(first, last)| (shown(first), shown(last))).unwrap_or_default();
        Self {
            records: self.provenance.rows,
            messages: totals.messages,
            trades: totals.trades,
            orders: totals.orders,
            first,
            last,
            bar_seconds: cadence.0 / 1_000_000_000,
            ..self
        }
    }
}

/// What one pass over records adds up to.
#[derive(Default)]
struct Totals {
    messages: u64,
    trades: u64,
    orders: bool,
    range: Option<(Timestamp, Timestamp)>,
    latencies: Latencies,
}

impl Totals {
    fn add(&mut self, record: &Record) {
        let (at, end, last, latency, trade) = match record {
            Record::Row(row) => (row.exchange, row.exchange, row.last(), Some(row.latency()), row.kind().is_trade()),
            Record::Order(row) => {
                self.orders = true;
                (row.exchange, row.exchange, row.last(), Some(row.latency()), row.kind().is_trade())
            }
            Record::Bar(bar) => (bar.opened, bar.opened.after(bar.length), true, None, false),
        };
        self.range = Some((self.range.map_or(at, |range| range.0), end));
        self.messages += u64::from(last);
        self.trades += u64::from(trade);
        if let Some(latency) = latency.filter(|_| last) {
            self.latencies.add(latency.0);
        }
    }
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.file, self.format.name())?;
        let symbol = if self.symbol.is_empty() { "not said" } else { &self.symbol };
        writeln!(f, "  symbol      {symbol}")?;
        if self.bar_seconds > 0 {
            writeln!(f, "  bars        {} of {} s", self.records, self.bar_seconds)?;
        } else {
            let rows = if self.orders { "order rows " } else { "rows       " };
            writeln!(f, "  {rows} {} in {} messages, {} trades", self.records, self.messages, self.trades)?;
        }
        writeln!(f, "  from        {}", self.first)?;
        writeln!(f, "  to          {}", self.last)?;
        writeln!(f, "  units       price {}, quantity {}", self.price_unit, self.qty_unit)?;
        if let Some(latency) = self.latency {
            let [min, median, p99] = [latency.min_ns, latency.median_ns, latency.p99_ns].map(|ns| ns / 1_000);
            writeln!(f, "  latency     min {min} µs, median {median} µs, p99 {p99} µs")?;
        }
        writeln!(f, "  shift       {} ns added to local times", self.provenance.shift_ns)?;
        writeln!(f, "  hash        {}", self.hash)?;
        let Provenance { source, importer, importer_version, skipped, .. } = &self.provenance;
        write!(f, "  made by     {importer} {importer_version} from {source}, {skipped} records passed over")
    }
}
