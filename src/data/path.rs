//! Data paths: relative to the data root, and never out of it.
//!
//! A path from a scenario is plain parts joined with `/`. Absolute paths, `..`, drive letters,
//! backslashes, NUL and symbolic links that leave the root are refused. The check is made on the
//! path that is then opened; a root that another process rearranges meanwhile is not guarded.

use std::path::{Component, Path, PathBuf};

use super::fault::{OUTSIDE_ROOT, UNREADABLE};
use crate::bad_input::{BadInput, quoted};

const ALLOWED: &str = "a path below the data root, parts joined with `/`, without `..`";

/// The file that `path` names below `root`.
pub fn below_root(root: &Path, path: &str) -> Result<PathBuf, BadInput> {
    let refuse = |found: String| BadInput::new(OUTSIDE_ROOT, path, found, ALLOWED);
    if path.is_empty() || path.contains(['\0', '\\', ':']) {
        return Err(refuse(quoted(path)));
    }
    if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(refuse(quoted(path)));
    }
    let real_root = root
        .canonicalize()
        .map_err(|_| BadInput::new(UNREADABLE, &root.display().to_string(), "no such folder", "the data root"))?;
    let real = real_root
        .join(path)
        .canonicalize()
        .map_err(|_| BadInput::new(UNREADABLE, path, "no such file", "a file below the data root"))?;
    if real.starts_with(&real_root) { Ok(real) } else { Err(refuse("a symbolic link that leaves the root".to_owned())) }
}
