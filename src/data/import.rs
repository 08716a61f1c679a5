//! Tells what a file is by looking into it, and reads it into a tape.

use std::path::Path;

use super::binance::{self, QuoteComparison};
use super::builder::{ImportOptions, read_number};
use super::fault::{Complaints, EMPTY, GZIP, OPTION, UNKNOWN_FORMAT};
use super::inflate::GZIP_MAGIC;
use super::source::{Line, Lines, PARQUET_MAGIC, Source};
use super::table::{Header, cells};
use super::tape::{Provenance, Tape};
use super::{bars, trades};
use crate::bad_input::{BadInput, quoted};

/// Written into every tape and into the names of cached ones; raised with any change that makes
/// a tape differ.
pub const IMPORTER_VERSION: u32 = 1;

/// What a file turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Our own Parquet.
    Parquet,
    /// A raw Binance capture.
    BinanceCapture,
    /// Bars in text.
    Bars,
    /// Trade ticks in text.
    Trades,
}

impl Format {
    /// Its name in provenance.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::BinanceCapture => "binance-capture",
            Self::Bars => "bars-text",
            Self::Trades => "trades-text",
        }
    }
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) tape: Tape,
    pub(crate) format: Format,
    /// For captures, and only when complaints are collected.
    pub(crate) quotes: Option<QuoteComparison>,
}

/// Reads a file of any known format into a tape. The first thing wrong with it is the error.
pub fn import(path: &Path, options: &ImportOptions) -> Result<Tape, BadInput> {
    let source = Source::open(path, &path.display().to_string())?;
    read(source, options, &mut Complaints::refuse()).map(|imported| imported.tape)
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
        return Ok(Imported { tape, format: Format::Parquet, quotes: None });
    }
    let name = source.name.clone();
    if name.to_ascii_lowercase().ends_with(".gz") && !source.magic.starts_with(&GZIP_MAGIC) {
        return Err(BadInput::new(GZIP, &name, "a name in .gz and content that is no gzip", "gzip, or another name"));
    }
    let provenance = Provenance {
        source: Path::new(&name).file_name().map_or_else(|| name.clone(), |file| file.display().to_string()),
        source_sha256: source.sha256.clone(),
        importer: String::new(),
        importer_version: IMPORTER_VERSION,
        shift_ns: 0,
        rows: 0,
        skipped: 0,
    };
    let imported = read_text(source.lines(), options, complaints, &provenance)?;
    if imported.tape.records.is_empty() {
        // Where complaints are kept, they say why nothing is left.
        complaints.take(BadInput::new(EMPTY, &name, "no market data", "at least one record"))?;
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
    if binance::looks_like_one(lines.peek()?) {
        let format = Format::BinanceCapture;
        let (tape, quotes) = binance::read(&mut lines, options, complaints, of(format))?;
        return Ok(Imported { tape, format, quotes: complaints.collects().then_some(quotes) });
    }
    let (format, header, has_header) = table(&mut lines)?;
    if !has_header {
        lines.again();
    }
    let tape = match format {
        Format::Bars => bars::read(&mut lines, &header, options, complaints, of(format))?,
        Format::Trades | Format::Parquet | Format::BinanceCapture => {
            trades::read(&mut lines, &header, options, complaints, of(format))?
        }
    };
    Ok(Imported { tape, format, quotes: None })
}

/// What kind of table the first line begins, its header, and whether that stood in the file.
fn table(lines: &mut Lines) -> Result<(Format, Header, bool), BadInput> {
    let empty = BadInput::new(EMPTY, lines.name(), "nothing", "at least one record");
    let line = lines.next_line()?.ok_or(empty)?;
    let cells = cells(line)?;
    if read_number(line, cells[0], "", true).is_ok() {
        return match cells.len() {
            3 => Ok((Format::Trades, Header::fixed(&trades::COLUMNS, &trades::KRAKEN), false)),
            7 => Ok((Format::Bars, Header::fixed(&bars::COLUMNS, &bars::KRAKEN), false)),
            12 => Ok((Format::Bars, Header::fixed(&bars::COLUMNS, &bars::BINANCE), false)),
            _ => Err(unknown(line)),
        };
    }
    let has = |name: &str| cells.iter().any(|cell| cell.trim().to_ascii_lowercase().starts_with(name));
    if ["open", "high", "low", "close"].into_iter().filter(|name| has(name)).count() >= 2 {
        return Ok((Format::Bars, Header::read(line, &bars::COLUMNS)?, true));
    }
    if has("price") || has("time") && has("volume") {
        return Ok((Format::Trades, Header::read(line, &trades::COLUMNS)?, true));
    }
    Err(unknown(line))
}

fn unknown(line: Line<'_>) -> BadInput {
    let allowed =
        "a Parquet tape, a Binance capture, bars or trades with a header, Kraken OHLCVT or trades, Binance klines";
    let bad = line.complain(UNKNOWN_FORMAT, line.text, quoted(line.text), allowed);
    if line.text.contains(';') { bad.hint("cells are separated by ','") } else { bad }
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
