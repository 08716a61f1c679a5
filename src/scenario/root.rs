//! The data root: files named in a scenario are found below it and nowhere else.
//!
//! A name is refused by its looks (absolute, a drive, `..`, control characters) before a file is
//! touched, and by where it really leads (symbolic links) before one is opened.

use std::path::Path;

use super::source::reason;

/// What a file's name may be.
pub const ALLOWED: &str = "a path relative to the data root, with /, that stays inside it";

/// Whether a name stays below the root by its looks.
pub fn stays_inside(name: &str) -> bool {
    let sound = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.split('/').all(sound) && !name.contains(|c: char| c == '\\' || c == ':' || c.is_control())
}

/// Why a name leads to no file of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// It leads out of the root.
    Outside,
    /// The root cannot be read.
    Root(&'static str),
    /// The file cannot be read.
    File(&'static str),
}

/// Whether a name leads to a file below the root.
pub fn find(root: &Path, name: &str) -> Result<(), Lost> {
    if !stays_inside(name) {
        return Err(Lost::Outside);
    }
    let real_root = root.canonicalize().map_err(|error| Lost::Root(reason(error.kind())))?;
    let real = real_root.join(name).canonicalize().map_err(|error| Lost::File(reason(error.kind())))?;
    if !real.starts_with(&real_root) {
        return Err(Lost::Outside);
    }
    match std::fs::metadata(&real) {
        Ok(about) if about.is_file() => Ok(()),
        Ok(about) if about.is_dir() => Err(Lost::File("a directory")),
        Ok(_) => Err(Lost::File("a device or pipe")),
        Err(error) => Err(Lost::File(reason(error.kind()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_are_seen() {
        for inside in ["a.parquet", "binance-l2/usdm.gz", "a b/c..d/e"] {
            assert!(stays_inside(inside), "{inside}");
        }
        for outside in ["", "/etc/passwd", "..", "a/../b", "a//b", "./a", "C:a", "C:\\a", "a\\b", "a\0b", "a\nb", "a/"]
        {
            assert!(!stays_inside(outside), "{outside:?}");
        }
    }

    #[test]
    fn a_link_that_leaves_the_root_is_not_followed() {
        let dir = std::env::temp_dir().join(format!("seatrial-root-{}", std::process::id()));
        let root = dir.join("root");
        std::fs::create_dir_all(&root).expect("a directory for the test");
        std::fs::write(dir.join("secret"), "x").expect("a file for the test");
        std::fs::write(root.join("plain"), "x").expect("a file for the test");
        assert!(find(&root, "plain").is_ok());
        assert_eq!(find(&root, "missing"), Err(Lost::File("no such file")));
        assert_eq!(find(&dir, "root"), Err(Lost::File("a directory")));
        assert_eq!(find(&dir.join("nowhere"), "plain"), Err(Lost::Root("no such file")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret", root.join("link")).expect("a link for the test");
            std::os::unix::fs::symlink("plain", root.join("good")).expect("a link for the test");
            assert_eq!(find(&root, "link"), Err(Lost::Outside));
            assert!(find(&root, "good").is_ok());
        }
        std::fs::remove_dir_all(&dir).expect("the test's own directory");
    }
}
