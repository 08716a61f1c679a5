//! Opens a recorded file for a run: Parquet as it is, raw data by way of a cache.
//!
//! Raw data is imported once into the cache folder, under a name made of the SHA-256 of its bytes,
//! the importer's version and the options, so a changed file or importer never meets an old
//! tape. The cache never stands beside the source. A cached tape that cannot be read is made
//! again. A tape that may not be held in memory is spilled and streamed from a nameless file in that folder. Without the feature `batch` raw data is imported every time.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::builder::ImportOptions;
use super::fault::Complaints;
use super::import::{IMPORTER_VERSION, read, read_tape};
use super::path::below_root;
use super::recording::Recording;
use super::row::Row;
use super::source::{PARQUET_MAGIC, Source};
use super::tape::{Tape, TapeHash};
use crate::bad_input::BadInput;

/// Opens `path`, which is relative to `root` and stays below it.
pub fn open(path: &str, root: &Path, cache_dir: &Path, options: &ImportOptions) -> Result<Tape, BadInput> {
    open_within(path, root, cache_dir, options, u64::MAX)
}

/// The same; rows that would take more bytes than `most` are left on the disk, and streamed.
pub fn open_within(
    path: &str,
    root: &Path,
    cache_dir: &Path,
    options: &ImportOptions,
    most: u64,
) -> Result<Tape, BadInput> {
    let real = below_root(root, path)?;
    let source = Source::open(&real, path)?;
    let options = &ImportOptions { spill: (most < u64::MAX).then(|| cache_dir.to_owned()), ..options.clone() };
    if options.spill.is_some() {
        // Where it cannot be made, whoever needs it says so.
        drop(std::fs::create_dir_all(cache_dir));
    }
    if source.magic == PARQUET_MAGIC {
        return read_tape(source, options, rows_within(most))?.into_tape_within(most, cache_dir);
    }
    let cached = cache_dir.join(cache_name(&source.sha256, options));
    if let Some(recording) = read_cached(&cached, &source.sha256, options, most) {
        return recording.into_tape_within(most, cache_dir);
    }
    let mut recording = read(source, options, &mut Complaints::refuse())?.only(path)?;
    keep(&mut recording, &cached)?;
    recording.into_tape_within(most, cache_dir)
}

/// How many rows take no more bytes.
const fn rows_within(bytes: u64) -> u64 {
    bytes / size_of::<Row>() as u64
}

/// The name under which a raw file's tape is cached.
fn cache_name(source_sha256: &str, options: &ImportOptions) -> String {
    // Where it is spilled says nothing of what it becomes.
    let options = ImportOptions { spill: None, ..options.clone() };
    if options == ImportOptions::default() {
        return format!("{source_sha256}-v{IMPORTER_VERSION}.parquet");
    }
    let digest: [u8; 32] = Sha256::digest(format!("{options:?}")).into();
    let short = &TapeHash(digest).to_string()[..12];
    format!("{source_sha256}-v{IMPORTER_VERSION}-{short}.parquet")
}

#[cfg(feature = "batch")]
fn read_cached(cached: &Path, source_sha256: &str, options: &ImportOptions, most: u64) -> Option<Recording> {
    let source = Source::open(cached, &cached.display().to_string()).ok()?;
    let recording = super::parquet::read(source, options.spill.as_deref(), rows_within(most)).ok()?;
    (recording.provenance.source_sha256 == source_sha256).then_some(recording)
}

#[cfg(feature = "batch")]
fn keep(recording: &mut Recording, cached: &Path) -> Result<(), BadInput> {
    let folder = cached.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|_| {
        let found = "a cache folder that cannot be made";
        BadInput::new(super::fault::UNWRITABLE, &folder.display().to_string(), found, "a place to write files")
    })?;
    super::parquet::replace(recording, cached)
}

#[cfg(not(feature = "batch"))]
fn read_cached(_cached: &Path, _source_sha256: &str, _options: &ImportOptions, _most: u64) -> Option<Recording> {
    None
}

#[cfg(not(feature = "batch"))]
#[expect(clippy::unnecessary_wraps, reason = "its twin with Parquet can fail")]
fn keep(_recording: &mut Recording, _cached: &Path) -> Result<(), BadInput> {
    Ok(())
}
