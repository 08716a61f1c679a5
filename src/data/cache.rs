//! Opens a recorded file for a run: Parquet as it is, raw data by way of a cache.
//!
//! Raw data is imported once into the cache folder, under a name made of the SHA-256 of its bytes,
//! the importer's version and the options, so a changed file or importer never meets an old
//! tape. The cache never stands beside the source. A cached tape that cannot be read is made
//! again. Without the feature `batch` raw data is imported every time.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::builder::ImportOptions;
use super::fault::Complaints;
use super::import::{IMPORTER_VERSION, read};
use super::path::below_root;
use super::source::{PARQUET_MAGIC, Source};
use super::tape::{Tape, TapeHash};
use crate::bad_input::BadInput;

/// Opens `path`, which is relative to `root` and stays below it.
pub fn open(path: &str, root: &Path, cache_dir: &Path, options: &ImportOptions) -> Result<Tape, BadInput> {
    let real = below_root(root, path)?;
    let source = Source::open(&real, path)?;
    if source.magic == PARQUET_MAGIC {
        return read(source, options, &mut Complaints::refuse())?.only(path)?.into_tape();
    }
    let cached = cache_dir.join(cache_name(&source.sha256, options));
    if let Some(tape) = read_cached(&cached, &source.sha256) {
        return Ok(tape);
    }
    let tape = read(source, options, &mut Complaints::refuse())?.only(path)?.into_tape()?;
    keep(&tape, &cached)?;
    Ok(tape)
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
fn read_cached(cached: &Path, source_sha256: &str) -> Option<Tape> {
    let source = Source::open(cached, &cached.display().to_string()).ok()?;
    let tape = super::parquet::read(source, None).ok()?.into_tape().ok()?;
    (tape.provenance.source_sha256 == source_sha256).then_some(tape)
}

#[cfg(feature = "batch")]
fn keep(tape: &Tape, cached: &Path) -> Result<(), BadInput> {
    let folder = cached.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|_| {
        let found = "a cache folder that cannot be made";
        BadInput::new(super::fault::UNWRITABLE, &folder.display().to_string(), found, "a place to write files")
    })?;
    super::parquet::replace(tape, cached)
}

#[cfg(not(feature = "batch"))]
fn read_cached(_cached: &Path, _source_sha256: &str) -> Option<Tape> {
    None
}

#[cfg(not(feature = "batch"))]
#[expect(clippy::unnecessary_wraps, reason = "its twin with Parquet can fail")]
fn keep(_tape: &Tape, _cached: &Path) -> Result<(), BadInput> {
    Ok(())
}
