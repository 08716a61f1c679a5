//! Reads a file of any known format into tapes, one for every instrument in it.

use std::path::Path;

use super::binance::{self, QuoteComparison};
use super::builder::ImportOptions;
use super::capture::{self, Captured, Checksums};
use super::fault::{Complaints, EMPTY, INSTRUMENTS, OPTION};
use super::format::{Format, Text, tell};
use super::packed::Packing;
use super::recording::Recording;
use super::source::{Lines, PARQUET_MAGIC, Source};
use super::tape::{Provenance, Tape};
use super::{bars, trades};
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
}

impl Imported {
    fn of(format: Format, recordings: Vec<Recording>) -> Self {
        Self { recordings, format, quotes: None, checksums: None }
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
        if let Some(option) = options.first_given() {
            let found = "an option for what a Parquet tape says itself";
            let bad = BadInput::new(OPTION, &source.name, found, "none: symbol and grids stand in the tape");
            return Err(bad.field(option));
        }
        let recording = read_parquet(source, options)?;
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
    let imported = read_text(source.lines(options.member.as_deref())?, options, complaints, &provenance)?;
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

fn read_text(
    mut lines: Lines,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: &Provenance,
) -> Result<Imported, BadInput> {
    let of = |format: Format| Provenance { importer: format.name().to_owned(), ..provenance.clone() };
    match tell(&mut lines)? {
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
        Text::Bars(header) => {
            let bars = bars::read(&mut lines, &header, options, complaints, of(Format::Bars))?;
            Ok(Imported::of(Format::Bars, vec![bars]))
        }
        Text::Trades(header) => {
            let trades = trades::read(&mut lines, &header, options, complaints, of(Format::Trades))?;
            Ok(Imported::of(Format::Trades, vec![trades]))
        }
    }
}

#[cfg(feature = "batch")]
fn read_parquet(source: Source, options: &ImportOptions) -> Result<Recording, BadInput> {
    super::parquet::read(source, options.spill.as_deref())
}

#[cfg(not(feature = "batch"))]
#[expect(clippy::needless_pass_by_value, reason = "its twin with Parquet consumes the file")]
fn read_parquet(source: Source, _options: &ImportOptions) -> Result<Recording, BadInput> {
    Err(BadInput::new(super::fault::NO_PARQUET, &source.name, "a Parquet file", "text: this build reads no Parquet")
        .hint("build with the feature `batch`"))
}
