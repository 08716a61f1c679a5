//! Tapes as Parquet, schema version 1: readable by polars, pandas and `DuckDB`.
//!
//! Rows: `exchange_ns`, `local_ns`, `price`, `qty` (whole units), `kind` (see the key
//! `seatrial.kinds`), `last`. Order rows have `order` and `side` besides. Bars: `opened_ns`, `open`, `high`, `low`, `close`, `volume`. Units,
//! symbol, cadence, hash and provenance stand in the file's key-value metadata under `seatrial.`.
//! A file is written beside its place and renamed into it, so it is whole or not there.
//!
//! What is read back is checked as if a stranger had written it: schema, ranges, order, latency,
//! whole messages, and the hash.

mod assembler;
mod columns;
mod keys;
mod place;

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use polars::prelude::{ParallelStrategy, ParquetReader, PolarsError, PolarsResult, SerReader};

use self::assembler::Assembler;
use self::columns::Writer;
use self::keys::Keys;
pub use self::place::may_write;
use super::builder::ImportOptions;
use super::fault::{Complaints, HASH, PARQUET, PARQUET_COLUMN, UNWRITABLE};
use super::format::Format;
use super::info::Info;
use super::recording::{Record, Recording};
use super::source::Source;
use super::tape::{Records, Tape};
use crate::bad_input::BadInput;

/// Records decoded at a time.
const SLICE: usize = 1 << 18;
/// Records in a row group.
const GROUP: usize = 1 << 18;
/// How many names are tried for the file that is written before it is renamed.
const NAMES_MAX: u32 = 100;

/// Writes a tape to `path`, whole or not at all. A tape that is there is replaced, anything else
/// is left alone and refused.
pub fn write(tape: &Tape, path: &Path) -> Result<(), BadInput> {
    may_write(path, None)?;
    place(path, |file| {
        let mut writer = Writer::new(file, &Keys::of_tape(tape))?;
        match &tape.records {
            Records::Rows(rows) => rows.chunks(GROUP).try_for_each(|rows| writer.rows(rows))?,
            Records::Streamed(rows) => {
                let mut group = Vec::new();
                rows.iter().try_for_each(|row| gather(&mut group, row, |rows| writer.rows(rows)))?;
                writer.rows(&group)?;
                if let Some(lost) = rows.lost() {
                    return Err(PolarsError::ComputeError(lost.to_string().into()));
                }
            }
            Records::Orders(rows) => rows.chunks(GROUP).try_for_each(|rows| writer.orders(rows))?,
            Records::Bars(bars) => bars.chunks(GROUP).try_for_each(|bars| writer.bars(bars))?,
        }
        writer.finish()
    })
}

/// Reads a file and writes its tape to `path`, whole or not at all, in bounded memory: what does
/// not fit is spilled beside `path`. Says what the tape holds.
pub fn import_into(source: &Path, options: &ImportOptions, path: &Path) -> Result<Info, BadInput> {
    may_write(path, Some(source))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let options = ImportOptions { spill: Some(folder.to_owned()), ..options.clone() };
    let file = source.display().to_string();
    let imported = super::import::read(Source::open(source, &file)?, &options, &mut Complaints::refuse())?;
    let mut recording = imported.only(&file)?;
    replace(&mut recording, path)?;
    Info::of_recording(path.display().to_string(), Format::Parquet, &mut recording)
}

/// Writes a recording over whatever file is there: for the cache, where a damaged tape is made again.
pub(crate) fn replace(recording: &mut Recording, path: &Path) -> Result<(), BadInput> {
    let hash = recording.hash()?;
    let keys = Keys::of_recording(recording, hash);
    place(path, |file| stream(recording, Writer::new(file, &keys)?))
}

/// Writes a recording group by group.
fn stream(recording: &mut Recording, mut writer: Writer<'_>) -> PolarsResult<()> {
    let (mut rows, mut orders, mut bars) = (Vec::new(), Vec::new(), Vec::new());
    let mut failed = None;
    let told = recording.each(|record| {
        let written = match record {
            Record::Row(row) => gather(&mut rows, row, |rows| writer.rows(rows)),
            Record::Order(row) => gather(&mut orders, row, |rows| writer.orders(rows)),
            Record::Bar(bar) => gather(&mut bars, bar, |bars| writer.bars(bars)),
        };
        written.map_err(|error| {
            failed = Some(error);
            BadInput::new(UNWRITABLE, "", "a disk that takes no more", "a place to write a file")
        })
    });
    match (failed, told) {
        (Some(error), _) => return Err(error),
        (None, Err(bad)) => return Err(PolarsError::ComputeError(bad.to_string().into())),
        (None, Ok(())) => {}
    }
    writer.rows(&rows)?;
    writer.orders(&orders)?;
    writer.bars(&bars)?;
    writer.finish()
}

/// Adds a record to those of the next group, and writes them if they are enough.
fn gather<R>(group: &mut Vec<R>, record: R, mut write: impl FnMut(&[R]) -> PolarsResult<()>) -> PolarsResult<()> {
    group.push(record);
    if group.len() >= GROUP {
        write(group)?;
        group.clear();
    }
    Ok(())
}

/// Writes a file beside its place and renames it into it.
pub(crate) fn place(path: &Path, write: impl FnOnce(&File) -> PolarsResult<()>) -> Result<(), BadInput> {
    let refuse = |found: &str| BadInput::new(UNWRITABLE, &path.display().to_string(), found, "a place to write a file");
    let (file, beside) = create_beside(path).map_err(|_| refuse("a folder that takes no file"))?;
    let result = write(&file)
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

/// Reads a tape; what does not fit memory is spilled to a folder, if one is given and there are more than `most` records.
pub(crate) fn read(source: Source, spill: Option<&Path>, most: u64) -> Result<Recording, BadInput> {
    let name = source.name.clone();
    let file = source.into_file();
    // The decoder trusts its input more than we do: a panic in it is damage to the file.
    catch_unwind(AssertUnwindSafe(|| decode(&name, &file, spill, most))).unwrap_or_else(|_| Err(damaged(&name)))
}

fn damaged(name: &str) -> BadInput {
    BadInput::new(PARQUET, name, "damaged Parquet", "a Parquet file as `seatrial data import` writes it")
}

fn decode(name: &str, file: &File, spill: Option<&Path>, most: u64) -> Result<Recording, BadInput> {
    let reader = || file.try_clone().map(ParquetReader::new).map_err(|_| damaged(name));
    let metadata = reader()?.get_metadata().map_err(|_| damaged(name))?.clone();
    let pairs = metadata.key_value_metadata().iter().flatten();
    let keys = Keys::read(name, pairs.map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap_or(""))))?;
    let spill = spill.filter(|_| metadata.num_rows as u64 > most);
    let mut assembler = Assembler::new(name, &keys, metadata.num_rows, spill)?;
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
    let mut recording = Recording::new(keys.symbol, keys.decimals, keys.cadence, assembler.finish()?, keys.provenance);
    let hash = recording.hash()?;
    if hash.to_string() == keys.hash {
        return Ok(recording);
    }
    Err(BadInput::new(HASH, name, format!("content with hash {hash}"), format!("hash {}", keys.hash)))
}
