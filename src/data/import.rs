//! Reads a file of any known format into tapes, one for every instrument in it.

use std::path::Path;

use super::binance::{self, QuoteComparison};
use super::builder::ImportOptions;
use super::capture::{self, Captured, Checksums};
use super::fault::{Complaints, EMPTY, INSTRUMENTS, OPTION};
use super::format::{Format, Table, Text, tell};
use super::lobster::{self, PublishedRows};
use super::packed::Packing;
use super::recording::Recording;
use super::source::{Lines, PARQUET_MAGIC, Source};
use super::table::Header;
use super::tape::{Provenance, Tape};
use super::{bars, bitstamp, book_table, databento, equity, quotes, sse, trades};
use crate::bad_input::{BadInput, quoted};

/// How many symbols a complaint names.
const NAMED_MAX: usize = 50;

/// Written into every tape and into the names of cached ones; raised with any change that makes
/// a tape differ.
pub const IMPORTER_VERSION: u32 = 1;

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Imported {
    /// One for every instrument, by symbol; never none.
    pub(crate) recordings: Vec<Recording>,
    pub(crate) format: Format,
    /// For Binance captures, and only when complaints are collected.
    pub(crate) quotes: Option<QuoteComparison>,
    /// For captures whose venue sends checksums.
    pub(crate) checksums: Option<Checksums>,
    /// For messages that lie beside the books they make.
    pub(crate) published: Option<PublishedRows>,
}

impl Imported {
    fn of(format: Format, recordings: Vec<Recording>) -> Self {
        Self { recordings, format, quotes: None, checksums: None, published: None }
    }

    /// The only recording; refuses a file of several.
    pub(crate) fn only(mut self, file: &str) -> Result<Recording, BadInput> {
        if self.recordings.len() == 1 {
            return Ok(self.recordings.swap_remove(0));
        }
        let mut names: Vec<String> = self.recordings.iter().take(NAMED_MAX).map(|one| quoted(&one.symbol)).collect();
        if self.recordings.len() > NAMED_MAX {
            names.push(format!("and {} more", self.recordings.len() - NAMED_MAX));
        }
        let found = format!("{} instruments and no choice", self.recordings.len());
        let bad = BadInput::new(INSTRUMENTS, file, found, names.join(", ")).field("symbol");
        Err(bad.hint("choose one with --symbol SYMBOL"))
    }
}

/// Reads a file of any known format into a tape in memory. The first thing wrong with it is the
/// error, and so is a file of several instruments of which none was chosen.
pub fn import(path: &Path, options: &ImportOptions) -> Result<Tape, BadInput> {
    let file = path.display().to_string();
    read(Source::open(path, &file)?, options, &mut Complaints::refuse())?.only(&file)?.into_tape()
}

/// Reads an open file.
pub(crate) fn read(source: Source, options: &ImportOptions, complaints: &mut Complaints) -> Result<Imported, BadInput> {
    if source.magic == PARQUET_MAGIC {
        let recording = read_tape(source, options, 0)?;
        return Ok(Imported::of(Format::Parquet, vec![recording]));
    }
    let name = source.name.clone();
    Packing::check_name(&name, &source.magic)?;
    let provenance = Provenance {
        source: Path::new(&name).file_name().map_or_else(|| name.clone(), |file| file.display().to_string()),
        source_sha256: source.sha256.clone(),
        importer: String::new(),
        importer_version: IMPORTER_VERSION,
        shift_ns: 0,
        rows: 0,
        skipped: 0,
    };
    let path = source.path.clone();
    let lines = source.lines(options.member.as_deref())?;
    let imported = read_text(lines, &path, options, complaints, &provenance)?;
    if imported.recordings.iter().all(Recording::is_empty) {
        // Where complaints are kept, they say why nothing is left.
        let found = options
            .symbol
            .as_ref()
            .map_or_else(|| "no market data".to_owned(), |symbol| format!("no market data of {}", quoted(symbol)));
        complaints.take(BadInput::new(EMPTY, &name, found, "at least one record"))?;
    }
    Ok(imported)
}

/// Reads an open Parquet file; one of no more than `most` records stays in memory.
pub(crate) fn read_tape(source: Source, options: &ImportOptions, most: u64) -> Result<Recording, BadInput> {
    if let Some(option) = options.first_given() {
        let found = "an option for what a Parquet tape says itself";
        let bad = BadInput::new(OPTION, &source.name, found, "none: symbol and grids stand in the tape");
        return Err(bad.field(option));
    }
    read_parquet(source, options, most)
}

fn read_text(
    mut lines: Lines,
    path: &Path,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: &Provenance,
) -> Result<Imported, BadInput> {
    let of = |format: Format| Provenance { importer: format.name().to_owned(), ..provenance.clone() };
    let one = |format: Format, recording| Ok(Imported::of(format, vec![recording]));
    match tell(&mut lines, options)? {
        Text::Binance => {
            let format = Format::BinanceCapture;
            let (recording, quotes) = binance::read(&mut lines, options, complaints, of(format))?;
            let quotes = complaints.collects().then_some(quotes);
            Ok(Imported { quotes, ..Imported::of(format, vec![recording]) })
        }
        Text::Capture => {
            let Captured { recordings, format, sums } = capture::read(&mut lines, options, complaints, of)?;
            Ok(Imported { checksums: Some(sums), ..Imported::of(format, recordings) })
        }
        Text::Databento => {
            let recordings = databento::read(lines, options, complaints, &of(Format::Databento))?;
            Ok(Imported::of(Format::Databento, recordings))
        }
        Text::Lobster => {
            let of = of(Format::Lobster);
            let (recording, published) = lobster::read(&mut lines, path, options, complaints, of)?;
            Ok(Imported { published, ..Imported::of(Format::Lobster, vec![recording]) })
        }
        Text::Table(kind, header) => {
            let format = kind.format();
            one(format, kind.read(&mut lines, &header, options, complaints, of(format))?)
        }
        Text::Shanghai => one(Format::Shanghai, sse::read(&mut lines, options, complaints, of(Format::Shanghai))?),
    }
}

impl Table {
    const fn format(self) -> Format {
        match self {
            Self::Bitstamp => Format::BitstampOrders,
            Self::TardisBook => Format::TardisBook,
            Self::TardisQuotes => Format::TardisQuotes,
            Self::EquityTrades => Format::EquityTrades,
            Self::EquityQuotes => Format::EquityQuotes,
            Self::Bars => Format::Bars,
            Self::Trades => Format::Trades,
        }
    }

    fn read(
        self,
        lines: &mut Lines,
        header: &Header,
        options: &ImportOptions,
        complaints: &mut Complaints,
        provenance: Provenance,
    ) -> Result<Recording, BadInput> {
        match self {
            Self::Bitstamp => bitstamp::read(lines, header, options, complaints, provenance),
            Self::TardisBook => book_table::read(lines, header, options, complaints, provenance),
            Self::TardisQuotes => quotes::read(lines, header, false, options, complaints, provenance),
            Self::EquityTrades => equity::read(lines, header, options, complaints, provenance),
            Self::EquityQuotes => quotes::read(lines, header, true, options, complaints, provenance),
            Self::Bars => bars::read(lines, header, options, complaints, provenance),
            Self::Trades => trades::read(lines, header, options, complaints, provenance),
        }
    }
}

#[cfg(feature = "batch")]
fn read_parquet(source: Source, options: &ImportOptions, most: u64) -> Result<Recording, BadInput> {
    super::parquet::read(source, options.spill.as_deref(), most)
}

#[cfg(not(feature = "batch"))]
#[expect(clippy::needless_pass_by_value, reason = "its twin with Parquet consumes the file")]
fn read_parquet(source: Source, _options: &ImportOptions, _most: u64) -> Result<Recording, BadInput> {
    Err(BadInput::new(super::fault::NO_PARQUET, &source.name, "a Parquet file", "text: this build reads no Parquet")
        .hint("build with the feature `batch`"))
}
