//! Tapes as Parquet, schema version 1: readable by polars, pandas and `DuckDB`.
//!
//! Rows: `exchange_ns`, `local_ns`, `price`, `qty` (whole units), `kind` (see the key
//! `seatrial.kinds`), `last`. Bars: `opened_ns`, `open`, `high`, `low`, `close`, `volume`. Units,
//! symbol, cadence, hash and provenance stand in the file's key-value metadata under `seatrial.`.
//! A file is written beside its place and renamed into it, so it is whole or not there.
//!
//! What is read back is checked as if a stranger had written it: schema, ranges, order, latency,
//! whole messages, and the hash.

mod columns;
mod keys;
mod place;

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use polars::prelude::{KeyValueMetadata, ParallelStrategy, ParquetReader, ParquetWriter, PolarsResult, SerReader};

use self::columns::Assembler;
use self::keys::Keys;
pub use self::place::may_write;
use super::fault::{HASH, PARQUET, PARQUET_COLUMN, UNWRITABLE};
use super::source::Source;
use super::tape::Tape;
use crate::bad_input::BadInput;

/// Records decoded at a time.
const SLICE: usize = 1 << 20;
/// How many names are tried for the file that is written before it is renamed.
const NAMES_MAX: u32 = 100;

/// Writes a tape to `path`, whole or not at all. A tape that is there is replaced, anything else
/// is left alone and refused.
pub fn write(tape: &Tape, path: &Path) -> Result<(), BadInput> {
    may_write(path, None)?;
    replace(tape, path)
}

/// Writes a tape over whatever file is there: for the cache, where a damaged tape is made again.
pub(crate) fn replace(tape: &Tape, path: &Path) -> Result<(), BadInput> {
    let refuse = |found: &str| BadInput::new(UNWRITABLE, &path.display().to_string(), found, "a place to write a file");
    let (file, beside) = create_beside(path).map_err(|_| refuse("a folder that takes no file"))?;
    let result = write_to(tape, &file)
        .map_err(|_| refuse("a disk that takes no more"))
        .and_then(|()| file.sync_all().map_err(|_| refuse("a disk that takes no more")))
        .and_then(|()| fs::rename(&beside, path).map_err(|_| refuse("a name that cannot be replaced")));
    if result.is_err() {
        // The complaint matters; a leftover beside the place does not.
        drop(fs::remove_file(&beside));
    }
    result
}

fn create_beside(path: &Path) -> std::io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
    for attempt in 0..NAMES_MAX {
        let beside = path.with_file_name(format!(".{name}.{attempt}.tmp"));
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (file, beside)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn write_to(tape: &Tape, file: &File) -> PolarsResult<()> {
    let mut frame = columns::frame(&tape.records)?;
    let keys = KeyValueMetadata::from_static(keys::of(tape));
    ParquetWriter::new(file).with_key_value_metadata(Some(keys)).set_parallel(false).finish(&mut frame)?;
    Ok(())
}

/// Reads a tape.
pub(crate) fn read(source: Source) -> Result<Tape, BadInput> {
    let name = source.name.clone();
    let file = source.into_file();
    // The decoder trusts its input more than we do: a panic in it is damage to the file.
    catch_unwind(AssertUnwindSafe(|| decode(&name, &file))).unwrap_or_else(|_| Err(damaged(&name)))
}

fn damaged(name: &str) -> BadInput {
    BadInput::new(PARQUET, name, "damaged Parquet", "a Parquet file as `seatrial data import` writes it")
}

fn decode(name: &str, file: &File) -> Result<Tape, BadInput> {
    let reader = || file.try_clone().map(ParquetReader::new).map_err(|_| damaged(name));
    let metadata = reader()?.get_metadata().map_err(|_| damaged(name))?.clone();
    let pairs = metadata.key_value_metadata().iter().flatten();
    let keys = Keys::read(name, pairs.map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap_or(""))))?;
    let mut assembler = Assembler::new(name, &keys, metadata.num_rows)?;
    let wanted: Vec<String> = assembler.names().iter().map(|name| (*name).to_owned()).collect();
    let schema = reader()?.schema().map_err(|_| damaged(name))?;
    if let Some(missing) = wanted.iter().find(|column| !schema.contains(column)) {
        let bad = BadInput::new(PARQUET_COLUMN, name, "no such column", wanted.join(", "));
        return Err(bad.field(missing.as_str()));
    }
    let mut offset = 0;
    while offset < metadata.num_rows {
        let mut reader = reader()?
            .with_columns(Some(wanted.clone()))
            .with_slice(Some((offset, SLICE)))
            .read_parallel(ParallelStrategy::None);
        reader.set_metadata(metadata.clone());
        let frame = reader.finish().map_err(|_| damaged(name))?;
        if frame.height() == 0 {
            return Err(damaged(name));
        }
        offset += frame.height();
        assembler.take(&frame)?;
    }
    let tape =
        Tape::new(keys.symbol.clone(), keys.decimals, keys.cadence, assembler.finish()?, keys.provenance.clone());
    if tape.hash.to_string() == keys.hash && tape.provenance == keys.provenance {
        return Ok(tape);
    }
    Err(BadInput::new(HASH, name, format!("content with hash {}", tape.hash), format!("hash {}", keys.hash)))
}
