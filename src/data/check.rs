//! Reads a file to the end, whatever is wrong with it, and counts what is.
//!
//! The first twenty findings stand in full, the rest by code. `E-` findings would stop an import
//! or a run; `W-` findings are things to know: missing bars and trades, prices a power of ten off
//! their neighbours, clocks that went backwards, a book that differs from the exchange's own best
//! quotes. Damage that leaves nothing to read on ends the check where it stands.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::binance::QuoteComparison;
use super::builder::ImportOptions;
use super::capture::Checksums;
use super::fault::{CROSSED, CROSSED_THERE, Complaints, GAP, SHIFTED};
use super::format::Format;
use super::import::{Imported, read};
use super::info::Info;
use super::lobster::PublishedRows;
use super::recording::{Record, Recording};
use super::row::{Row, RowKind};
use super::source::Source;
use super::time::shown;
use crate::bad_input::BadInput;
use crate::market::{Book, Side, Timestamp};

/// What is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckReport {
    /// The file as it was named.
    pub file: String,
    /// Whether it can be imported and run.
    pub usable: bool,
    /// What it holds, as far as it could be read; of several instruments, the first.
    pub info: Option<Info>,
    /// What it holds of its other instruments.
    pub others: Vec<Info>,
    /// The first twenty findings.
    pub findings: Vec<BadInput>,
    /// How many findings there were of each code.
    pub counts: BTreeMap<&'static str, u64>,
    /// How a capture's book compared with the exchange's best quotes.
    pub best_quotes: Option<QuoteComparison>,
    /// How a capture's books compared with the checksums of the exchange.
    pub checksums: Option<Checksums>,
    /// How messages compared with the books that lie beside them.
    pub published_rows: Option<PublishedRows>,
}

/// Reads a file to the end and counts what is wrong with it.
#[must_use]
pub fn check(path: &Path, options: &ImportOptions) -> CheckReport {
    let file = path.display().to_string();
    let mut complaints = Complaints::collect();
    let result = Source::open(path, &file)
        .and_then(|source| read(source, options, &mut complaints))
        .and_then(|mut imported| check_records(&file, &mut imported, &mut complaints).map(|()| imported))
        .and_then(|mut imported| imported.infos(&file).map(|infos| (infos, imported)));
    let (infos, imported) = match result {
        Ok((infos, imported)) => (infos, Some(imported)),
        Err(bad) => {
            complaints.take(bad).expect("a collector keeps everything");
            (Vec::new(), None)
        }
    };
    let (findings, counts) = complaints.into_parts();
    let mut infos = VecDeque::from(infos);
    CheckReport {
        usable: counts.keys().all(|code| code.starts_with('W')),
        info: infos.pop_front(),
        others: infos.into(),
        best_quotes: imported.as_ref().and_then(|imported| imported.quotes),
        checksums: imported.as_ref().and_then(|imported| imported.checksums),
        published_rows: imported.and_then(|imported| imported.published),
        file,
        findings,
        counts,
    }
}

fn check_records(file: &str, imported: &mut Imported, complaints: &mut Complaints) -> Result<(), BadInput> {
    for recording in &mut imported.recordings {
        if imported.format == Format::Parquet {
            check_parquet(file, recording, complaints)?;
        } else if recording.provenance.shift_ns > 0 {
            let found = format!("local times up to {} ns before exchange times", recording.provenance.shift_ns);
            let bad = BadInput::new(SHIFTED, file, found, "a recorder's clock that is not behind");
            complaints.take(bad.field("local"))?;
        }
    }
    Ok(())
}

/// A Parquet tape's book after every message, and its missing bars. Readers of text check theirs as
/// they read.
fn check_parquet(file: &str, recording: &mut Recording, complaints: &mut Complaints) -> Result<(), BadInput> {
    let (mut book, mut last, mut number) = (Book::new(), None, 0);
    let cadence = recording.cadence;
    // Whoever read the source let a crossed book pass where the source is one that crosses.
    let code = if recording.provenance.source_sha256.is_empty() { CROSSED } else { CROSSED_THERE };
    recording.each(|record| {
        let result = match record {
            Record::Row(row) => check_book((file, code), &mut book, number, &row, complaints),
            Record::Order(_) => Ok(()),
            Record::Bar(bar) => {
                let missing =
                    last.replace(bar.opened).map_or(0, |last| bar.opened.since(last).0 / cadence.0.max(1) - 1);
                check_gap(file, number, missing, bar.opened, complaints)
            }
        };
        number += 1;
        result
    })
}

fn check_book(
    (file, code): (&str, &'static str),
    book: &mut Book,
    record: u64,
    row: &Row,
    complaints: &mut Complaints,
) -> Result<(), BadInput> {
    let side = match row.kind() {
        RowKind::Bid => Side::Buy,
        RowKind::Ask => Side::Sell,
        RowKind::TradeBuy
        | RowKind::TradeSell
        | RowKind::TradeUnknown
        | RowKind::Session(_)
        | RowKind::Mark
        | RowKind::Index => return Ok(()),
    };
    book.set(side, row.price, row.qty());
    if let (true, Some((bid, _)), Some((ask, _))) = (row.last(), book.best(Side::Buy), book.best(Side::Sell))
        && bid >= ask
    {
        let found = format!("bid {} and ask {} in price units", bid.0, ask.0);
        let bad = BadInput::new(code, file, found, "a bid below the ask after a whole message");
        complaints.take(bad.at_record(record, 0).field("price"))?;
    }
    Ok(())
}

fn check_gap(
    file: &str,
    record: u64,
    missing: i64,
    before: Timestamp,
    complaints: &mut Complaints,
) -> Result<(), BadInput> {
    if missing <= 0 {
        return Ok(());
    }
    let found = format!("{missing} bars missing before {}", shown(before));
    complaints.take(BadInput::new(GAP, file, found, "a bar for every step").at_record(record, 0).field("opened_ns"))
}

impl CheckReport {
    /// How many findings there were in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.info {
            Some(info) => writeln!(f, "{info}")?,
            None => writeln!(f, "{}", self.file)?,
        }
        for info in &self.others {
            writeln!(f, "{info}")?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        if !self.counts.is_empty() {
            let counts: Vec<String> = self.counts.iter().map(|(code, count)| format!("{code} {count}")).collect();
            writeln!(f, "findings: {}", counts.join(", "))?;
        }
        if let Some(QuoteComparison { comparable, equal }) = self.best_quotes {
            writeln!(f, "best quotes: {equal} of {comparable} comparable depth updates equal")?;
        }
        if let Some(Checksums { compared, equal }) = self.checksums {
            writeln!(f, "checksums: {equal} of {compared} equal")?;
        }
        if let Some(rows) = self.published_rows {
            let PublishedRows { compared, equal, chain_differs, revealed } = rows;
            writeln!(f, "published books: {equal} of {compared} transitions equal")?;
            writeln!(f, "as a chain: {chain_differs} rows differ, {revealed} revealed levels taken over")?;
        }
        f.write_str(if self.usable { "usable" } else { "not usable" })
    }
}
