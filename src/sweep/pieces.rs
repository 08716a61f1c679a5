//! Stored runs, piece by piece: what is written while a sweep runs, and how pieces become one file.
//!
//! A piece is a Parquet file of consecutive runs. Whatever pieces there are, the file they become is the same: its row
//! groups are counted from the first run on.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, KeyValueMetadata, ParquetReader, ParquetWriter, PolarsResult, SerReader};

use crate::bad_input::BadInput;
use crate::data::place;

/// Runs in a row group.
const GROUP: usize = 4_096;

/// Key-value metadata.
pub(super) type Keys = Vec<(String, String)>;

/// Writes a frame as a file of its own, whole or not at all.
pub(super) fn write(path: &Path, frame: &DataFrame, keys: &Keys) -> Result<(), BadInput> {
    place(path, |file| {
        let writer =
            ParquetWriter::new(file).with_key_value_metadata(Some(KeyValueMetadata::from_static(keys.clone())));
        let mut writer = writer.set_parallel(false).batched(frame.schema())?;
        writer.write_batch(frame)?;
        writer.finish().map(|_| ())
    })
}

/// Reads some columns of a piece, or all.
pub(super) fn read(path: &Path, columns: Option<&[&str]>) -> Result<DataFrame, BadInput> {
    let wanted = columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let file = File::open(path).map_err(|_| damaged(path))?;
    let read = || ParquetReader::new(file).with_columns(wanted).finish();
    // The decoder trusts its input more than we do.
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    read.ok().and_then(PolarsResult::ok).ok_or_else(|| damaged(path))
}

/// The names of a file's columns.
pub(super) fn columns(path: &Path) -> Result<Vec<String>, BadInput> {
    let file = File::open(path).map_err(|_| damaged(path))?;
    let schema = ParquetReader::new(file).schema().map_err(|_| damaged(path))?;
    Ok(schema.iter_names().map(ToString::to_string).collect())
}

/// What a file says of itself.
pub(super) fn keys(path: &Path) -> Result<Keys, BadInput> {
    let file = File::open(path).map_err(|_| damaged(path))?;
    let mut reader = ParquetReader::new(file);
    let metadata = reader.get_metadata().map_err(|_| damaged(path))?.clone();
    let pairs = metadata.key_value_metadata().iter().flatten();
    Ok(pairs.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect())
}

pub(super) fn damaged(path: &Path) -> BadInput {
    BadInput::new(
        "E-SW-002",
        &path.display().to_string(),
        "no such file, or damaged Parquet",
        "runs as a sweep stores them",
    )
}

/// Makes one file of pieces, each read once; they are in order and without gaps.
pub(super) fn join(pieces: &[PathBuf], path: &Path, keys: &Keys) -> Result<(), BadInput> {
    let first = pieces.first().map(|piece| read(piece, None)).transpose()?.unwrap_or_default();
    let mut failed = None;
    let placed = place(path, |file| {
        let keys = KeyValueMetadata::from_static(keys.clone());
        let writer = ParquetWriter::new(file).with_key_value_metadata(Some(keys)).set_parallel(false);
        let mut writer = writer.batched(first.schema())?;
        let mut pending = first.clone();
        for piece in pieces.iter().skip(1) {
            match read(piece, None) {
                Ok(frame) => pending.vstack_mut(&frame).map(|_| ())?,
                Err(bad) => {
                    failed = Some(bad);
                    return Err(polars::prelude::PolarsError::NoData("a damaged piece".into()));
                }
            }
            while pending.height() >= GROUP {
                group(&mut writer, pending.slice(0, GROUP))?;
                pending = pending.slice(i64::try_from(GROUP).expect("it is small"), usize::MAX);
            }
        }
        while pending.height() > 0 {
            group(&mut writer, pending.slice(0, GROUP))?;
            pending = pending.slice(i64::try_from(GROUP).expect("it is small"), usize::MAX);
        }
        writer.finish().map(|_| ())
    });
    match failed {
        Some(bad) => Err(bad),
        None => placed,
    }
}

fn group(writer: &mut polars::io::parquet::write::BatchedWriter<&File>, mut frame: DataFrame) -> PolarsResult<()> {
    frame.rechunk_mut();
    writer.write_batch(&frame)
}
