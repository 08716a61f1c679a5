//! What a file holds, in a few lines for people or as JSON.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::builder::ImportOptions;
use super::fault::Complaints;
use super::format::Format;
use super::import::{Imported, read};
use super::source::Source;
use super::tape::{Provenance, Records, Row, Tape, TapeHash};
use super::time::shown;
use crate::bad_input::BadInput;

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
    /// Over the messages of a tape; none if it has no rows.
    pub(crate) fn of(rows: &[Row]) -> Option<Self> {
        let mut all: Vec<i64> = rows.iter().filter(|row| row.last()).map(|row| row.latency().0).collect();
        all.sort_unstable();
        // The nearest rank: the least value that this share of all does not exceed.
        let rank = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { min_ns: *all.first()?, median_ns: rank(50)?, p99_ns: rank(99)?, max_ns: *all.last()? })
    }
}

/// Reads a file and says what it holds, instrument by instrument.
pub fn info(path: &Path, options: &ImportOptions) -> Result<Vec<Info>, BadInput> {
    let file = path.display().to_string();
    let imported = read(Source::open(path, &file)?, options, &mut Complaints::refuse())?;
    Ok(imported.infos(&file).collect())
}

impl Imported {
    /// What it holds, instrument by instrument.
    pub(crate) fn infos(&self, file: &str) -> impl Iterator<Item = Info> {
        self.tapes.iter().map(|tape| Info::of(file.to_owned(), self.format, tape))
    }
}

impl Info {
    /// Says what a tape holds.
    #[must_use]
    pub fn of(file: String, format: Format, tape: &Tape) -> Self {
        let (first, last) = tape.range().map(|(first, last)| (shown(first), shown(last))).unwrap_or_default();
        Self {
            file,
            format,
            symbol: tape.symbol.clone(),
            records: tape.provenance.rows,
            messages: messages(tape),
            trades: count(tape.rows().iter().filter(|row| row.kind().is_trade()).count()),
            first,
            last,
            price_unit: tape.price_unit.to_string(),
            qty_unit: tape.qty_unit.to_string(),
            bar_seconds: tape.cadence.0 / 1_000_000_000,
            latency: Latency::of(tape.rows()),
            hash: tape.hash,
            provenance: tape.provenance.clone(),
        }
    }
}

/// How many messages a tape's records came in.
pub(crate) fn messages(tape: &Tape) -> u64 {
    match &tape.records {
        Records::Rows(rows) => count(rows.iter().filter(|row| row.last()).count()),
        Records::Bars(bars) => count(bars.len()),
    }
}

fn count(records: usize) -> u64 {
    u64::try_from(records).expect("a count fits 64 bits")
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.file, self.format.name())?;
        let symbol = if self.symbol.is_empty() { "not said" } else { &self.symbol };
        writeln!(f, "  symbol      {symbol}")?;
        if self.bar_seconds > 0 {
            writeln!(f, "  bars        {} of {} s", self.records, self.bar_seconds)?;
        } else {
            writeln!(f, "  rows        {} in {} messages, {} trades", self.records, self.messages, self.trades)?;
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
