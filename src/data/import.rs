//! Reads a file of any known format into tapes, one for every instrument in it.

use std::path::Path;

use super::binance::{self, QuoteComparison};
use super::builder::ImportOptions;
use super::capture::{self, Captured, Checksums};
use super::fault::{Complaints, EMPTY, INSTRUMENTS, OPTION};
use super::format::{Format, Text, tell};
use super::packed::Packing;
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
    pub(crate) tapes: Vec<Tape>,
    pub(crate) format: Format,
    /// For Binance captures, and only when complaints are collected.
    pub(crate) quotes: Option<QuoteComparison>,
    /// For captures whose venue sends checksums.
    pub(crate) checksums: Option<Checksums>,
}

impl Imported {
    fn of(format: Format, tapes: Vec<Tape>) -> Self {
        Self { tapes, format, quotes: None, checksums: None }
    }

    /// The only tape; refuses a file of several.
    pub(crate) fn only(mut self, file: &str) -> Result<Tape, BadInput> {
        if self.tapes.len() == 1 {
            return Ok(self.tapes.swap_remove(0));
        }
        let mut names: Vec<String> = self.tapes.iter().take(NAMED_MAX).map(|tape| quoted(&tape.symbol)).collect();
        if self.tapes.len() > NAMED_MAX {
            names.push(format!("and {} more", self.tapes.len() - NAMED_MAX));
        }
        let found = format!("{} instruments and no choice", self.tapes.len());
        let bad = BadInput::new(INSTRUMENTS, file, found, names.join(", ")).field("symbol");
        Err(bad.hint("choose one with --symbol SYMBOL"))
    }
}

/// Reads a file of any known format into a tape. The first thing wrong with it is the error.
pub fn import(path: &Path, options: &ImportOptions) -> Result<Tape, BadInput> {
    let file = path.display().to_string();
    read(Source::open(path, &file)?, options, &mut Complaints::refuse())?.only(&file)
}

/// Reads an open file.
pub(crate) fn read(source: Source, options: &ImportOptions, complaints: &mut Complaints) -> Result<Imported, BadInput> {
    if source.magic == PARQUET_MAGIC {
        if let Some(option) = options.first_given() {
            let found = "an option for what a Parquet tape says itself";
            let bad = BadInput::new(OPTION, &source.name, found, "none: symbol and grids stand in the tape");
            return Err(bad.field(option));
        }
        let tape = read_parquet(source)?;
        return Ok(Imported::of(Format::Parquet, vec![tape]));
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
    if imported.tapes.iter().all(|tape| tape.records.is_empty()) {
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
            let (tape, quotes) = binance::read(&mut lines, options, complaints, of(format))?;
            let quotes = complaints.collects().then_some(quotes);
            Ok(Imported { quotes, ..Imported::of(format, vec![tape]) })
        }
        Text::Capture => {
            let Captured { tapes, format, sums } = capture::read(&mut lines, options, complaints, of)?;
            Ok(Imported { checksums: Some(sums), ..Imported::of(format, tapes) })
        }
        Text::Bars(header) => {
            let tape = bars::read(&mut lines, &header, options, complaints, of(Format::Bars))?;
            Ok(Imported::of(Format::Bars, vec![tape]))
        }
        Text::Trades(header) => {
            let tape = trades::read(&mut lines, &header, options, complaints, of(Format::Trades))?;
            Ok(Imported::of(Format::Trades, vec![tape]))
        }
    }
}

#[cfg(feature = "batch")]
fn read_parquet(source: Source) -> Result<Tape, BadInput> {
    super::parquet::read(source)
}

#[cfg(not(feature = "batch"))]
#[expect(clippy::needless_pass_by_value, reason = "its twin with Parquet consumes the file")]
fn read_parquet(source: Source) -> Result<Tape, BadInput> {
    Err(BadInput::new(super::fault::NO_PARQUET, &source.name, "a Parquet file", "text: this build reads no Parquet")
        .hint("build with the feature `batch`"))
}
