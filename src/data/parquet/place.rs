//! Says whether a tape may be written to a path: where nothing stands, or another tape.
//!
//! It promises that nothing is opened that could wait (a pipe), and that nothing is changed. It
//! does not say that the write will succeed: a folder may still take no file.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use crate::bad_input::BadInput;
use crate::data::fault::TAKEN;
use crate::data::source::PARQUET_MAGIC;

/// Refuses a path that holds anything but a tape, or the very file that `source` is.
pub fn may_write(path: &Path, source: Option<&Path>) -> Result<(), BadInput> {
    let refuse = |found: &str, allowed: &str| Err(BadInput::new(TAKEN, &path.display().to_string(), found, allowed));
    let other = "a new name, or a tape to replace";
    // Looked at itself first: a link to nothing stands there, too.
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return refuse("something that is not a regular file", other);
    }
    if source.is_some_and(|source| same(source, path)) {
        return refuse("the file that is imported", "another file than the source");
    }
    if !begins_like_a_tape(path) {
        return refuse("a file that is not a Parquet tape", other);
    }
    Ok(())
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// A file that cannot be read is not known to be a tape.
fn begins_like_a_tape(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(PARQUET_MAGIC.len() as u64).read_to_end(&mut start));
    read.is_ok() && start == PARQUET_MAGIC
}
