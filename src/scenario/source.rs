//! A scenario's text, and places in it.
//!
//! Only a regular file of at most 1 MiB of UTF-8 becomes a [`Source`]; whatever else is refused
//! before a line of it is parsed, so that a device, a huge file or another encoding cannot hang or
//! confuse what follows. It knows nothing of TOML.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::path::Path;

use crate::bad_input::{BadInput, quoted, quoted_bytes};

/// The largest scenario, in bytes.
pub const SIZE_MAX: u64 = 1 << 20;

/// A text that was read, under the name it was given by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The file as it was named to us.
    pub file: String,
    /// What it contains.
    pub text: String,
}

impl Source {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, BadInput> {
        let file = path.to_string_lossy().into_owned();
        let bytes = bytes_of(path, &file)?;
        Self::from_bytes(&file, bytes)
    }

    /// Takes bytes for the text of a file of this name.
    pub fn from_bytes(file: &str, bytes: Vec<u8>) -> Result<Self, BadInput> {
        let encoding = [(&b"\xef\xbb\xbf"[..], "UTF-8"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")];
        if let Some((_, name)) = encoding.iter().find(|(mark, _)| bytes.starts_with(mark)) {
            let found = format!("a byte-order mark of {name}");
            return Err(BadInput::new("E-SC-003", file, found, "UTF-8 text without a byte-order mark").at_line(1, 1));
        }
        String::from_utf8(bytes).map(|text| Self { file: file.to_owned(), text }).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let (line, column) = place(&bytes[..good]);
            let bad = error.utf8_error().error_len().unwrap_or(bytes.len() - good);
            let found = quoted_bytes(&bytes[good..good + bad]);
            BadInput::new("E-SC-003", file, found, "UTF-8 text").at_line(line, column)
        })
    }

    /// What stands at a span, for an error; the rest of the line where the span is empty.
    #[must_use]
    pub fn found(&self, span: Range<usize>) -> String {
        let rest = self.text.get(span.start..).unwrap_or_default();
        let text = self.text.get(span).filter(|text| !text.is_empty());
        match text.or_else(|| rest.lines().next()).unwrap_or_default() {
            "" => "the end of the line".to_owned(),
            text => quoted(text),
        }
    }

    /// The byte at which a line of a string begins, counted from 0, where the string's value begins at
    /// byte `at`. A line that was written with escapes is told of at the string's last one.
    #[must_use]
    pub fn line_of(&self, at: usize, line: usize) -> usize {
        let raw = self.text.get(at..).unwrap_or_default();
        let whole = ["\"\"\"", "'''"].into_iter().find(|mark| raw.starts_with(mark));
        let mut begins = at + whole.map_or(1, str::len);
        if whole.is_some() {
            let body = &self.text[begins..];
            begins += body.len() - body.strip_prefix('\r').unwrap_or(body).strip_prefix('\n').unwrap_or(body).len();
        }
        for _ in 0..line {
            let Some(end) = self.text[begins..].find('\n') else { break };
            begins += end + 1;
        }
        begins
    }

    /// Line and column of a byte, both from 1; the column counts bytes.
    #[must_use]
    pub fn place(&self, offset: usize) -> (u64, u64) {
        place(&self.text.as_bytes()[..offset.min(self.text.len())])
    }
}

fn bytes_of(path: &Path, file: &str) -> Result<Vec<u8>, BadInput> {
    let allowed = "a readable scenario file";
    let unreadable = |error: std::io::Error| BadInput::new("E-SC-001", file, reason(error.kind()), allowed);
    // Asked before it is opened: opening a pipe would wait for its writer.
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        let found = if about.is_dir() { "a directory" } else { "a device or pipe" };
        return Err(BadInput::new("E-SC-001", file, found, allowed));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(SIZE_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > SIZE_MAX {
        let found = format!("more than {SIZE_MAX} bytes");
        return Err(BadInput::new("E-SC-002", file, found, "a scenario of at most 1 MiB"));
    }
    Ok(bytes)
}

/// Why a file could not be read, in our words.
pub(super) fn reason(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "no such file",
        ErrorKind::PermissionDenied => "a file we may not read",
        ErrorKind::NotADirectory => "a path that goes through a file",
        ErrorKind::InvalidFilename | ErrorKind::InvalidInput => "a name no file can have",
        _ => "a file that cannot be read",
    }
}

/// Line and column after these bytes.
fn place(before: &[u8]) -> (u64, u64) {
    // The last piece is the line we are on.
    let (count, last) = before.split(|byte| *byte == b'\n').fold((0, 0), |(count, _), line| (count + 1, line.len()));
    (count, last as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        Source::from_bytes("s.toml", bytes.to_vec()).expect_err("must be refused").to_string()
    }

    #[test]
    fn places_count_lines_and_bytes_from_one() {
        let source = Source::from_bytes("s.toml", b"a = 1\r\nb = 2\n".to_vec()).expect("UTF-8");
        assert_eq!(source.place(0), (1, 1));
        assert_eq!(source.place(7), (2, 1));
        assert_eq!(source.place(11), (2, 5));
        assert_eq!(source.place(999), (3, 1), "beyond the end is the end");
    }

    #[test]
    fn other_encodings_are_refused_where_they_begin() {
        assert_eq!(
            refusal(b"\xef\xbb\xbfschema = 1"),
            "E-SC-003 s.toml:1:1: found a byte-order mark of UTF-8 allowed UTF-8 text without a byte-order mark"
        );
        assert_eq!(
            refusal(b"\xff\xfes\0"),
            "E-SC-003 s.toml:1:1: found a byte-order mark of UTF-16 allowed UTF-8 text without a byte-order mark"
        );
        assert_eq!(
            refusal(b"schema = 1\nname = \"caf\xe9\""),
            "E-SC-003 s.toml:2:12: found \"\\xe9\" allowed UTF-8 text"
        );
    }
}
