//! A file as lines of text, read once, front to back, in bounded memory.
//!
//! Gzip, zstd and zip are recognised by their first bytes, whatever the name. A line knows its
//! number, and every complaint its column. Refused are: text that is not UTF-8 without byte-order
//! mark and control characters, mixed line ends, and lines above the cap.
//!
//! It knows nothing of what a line means.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::fault::{EMPTY, ENCODING, LINE_ENDS, LONG_LINE, UNREADABLE};
use super::packed::Packing;
use super::tape::TapeHash;
use crate::bad_input::{BadInput, quoted_bytes};

/// The longest line of a table, in bytes.
pub(crate) const TABLE_LINE_MAX: usize = 64 << 10;
/// The longest frame of a capture, in bytes: a snapshot of 5,000 levels a side fits.
pub(crate) const FRAME_MAX: usize = 1 << 20;
/// The first bytes of a Parquet file.
pub(crate) const PARQUET_MAGIC: &[u8] = b"PAR1";

/// An open file that has been looked at.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name complaints use.
    pub(crate) name: String,
    /// SHA-256 of its bytes on disk, in hex.
    pub(crate) sha256: String,
    /// Its first bytes.
    pub(crate) magic: [u8; 4],
    /// Where it is.
    pub(crate) path: PathBuf,
    file: File,
}

impl Source {
    /// Opens and hashes a regular file.
    pub(crate) fn open(path: &Path, name: &str) -> Result<Self, BadInput> {
        let refuse = |found: &str| BadInput::new(UNREADABLE, name, found, "a regular file that can be read");
        // Looked at before it is opened, too: opening a pipe would wait for its writer.
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(refuse("something that is not a regular file"));
        }
        let mut file = File::open(path).map_err(|error| {
            refuse(if error.kind() == ErrorKind::NotFound { "no such file" } else { "a file that cannot be opened" })
        })?;
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(refuse("something that is not a regular file"));
        }
        let (sha256, magic) = digest(&mut file).map_err(|_| refuse("a file that cannot be read"))?;
        file.rewind().map_err(|_| refuse("a file that cannot be read twice"))?;
        Ok(Self { name: name.to_owned(), sha256, magic, path: path.to_owned(), file })
    }

    /// The file itself, for readers of binary formats.
    #[cfg(feature = "batch")]
    pub(crate) fn into_file(self) -> File {
        self.file
    }

    /// Its lines, unpacked if it is packed; of an archive, those of `member`, or of the only one.
    pub(crate) fn lines(self, member: Option<&str>) -> Result<Lines, BadInput> {
        let name = self.name;
        let input: Box<dyn Read> = match Packing::of(&self.magic) {
            Some(packing) => packing.open(&name, self.file, member)?,
            None => Box::new(self.file),
        };
        let input = Box::new(BufReader::with_capacity(1 << 16, input));
        Ok(Lines {
            name,
            input,
            number: 0,
            line_max: TABLE_LINE_MAX,
            carriage_returns: None,
            bytes: Vec::new(),
            again: false,
        })
    }
}

/// SHA-256 of a file's bytes, hexadecimal.
pub fn sha256_of(path: &Path) -> std::io::Result<String> {
    digest(&mut File::open(path)?).map(|(hash, _)| hash)
}

fn digest(file: &mut File) -> std::io::Result<(String, [u8; 4])> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 16];
    let mut magic = Vec::new();
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        magic.extend(block[..read].iter().take(4 - magic.len().min(4)));
        hasher.update(&block[..read]);
    }
    magic.resize(4, 0);
    let digest: [u8; 32] = hasher.finalize().into();
    Ok((TapeHash(digest).to_string(), [magic[0], magic[1], magic[2], magic[3]]))
}

/// A line and its number, from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) file: &'a str,
    pub(crate) number: u64,
    pub(crate) text: &'a str,
}

impl Line<'_> {
    /// A complaint of the part of this line that `part` is a slice of.
    pub(crate) fn complain(&self, code: &'static str, part: &str, found: String, allowed: &str) -> BadInput {
        BadInput::new(code, self.file, found, allowed).at_line(self.number, self.column(part))
    }

    /// The column, from 1, at which `part`, a slice of this line, begins.
    pub(crate) fn column(&self, part: &str) -> u64 {
        let offset = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        u64::try_from(offset).expect("a line fits memory") + 1
    }
}

/// The lines of a file.
pub(crate) struct Lines {
    name: String,
    input: Box<dyn BufRead>,
    number: u64,
    line_max: usize,
    carriage_returns: Option<bool>,
    bytes: Vec<u8>,
    again: bool,
}

impl Lines {
    /// The name complaints use.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Allows lines up to `bytes` long.
    pub(crate) const fn allow_lines(&mut self, bytes: usize) {
        self.line_max = bytes;
    }

    /// Makes the line read last the next one again.
    pub(crate) const fn again(&mut self) {
        self.again = true;
    }

    /// What is inside, as bytes from the front, for readers of binary formats.
    pub(crate) fn into_input(self) -> Box<dyn BufRead> {
        self.input
    }

    /// The first bytes of the text, without reading past them.
    pub(crate) fn peek(&mut self) -> Result<&[u8], BadInput> {
        if self.input.fill_buf().map_err(|error| complaint(&self.name, error))?.is_empty() {
            return Err(BadInput::new(EMPTY, &self.name, "nothing", "at least one record"));
        }
        self.input.fill_buf().map_err(|error| complaint(&self.name, error))
    }

    /// The next line, without its end.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line<'_>>, BadInput> {
        if std::mem::take(&mut self.again) {
            return self.plain().map(Some);
        }
        self.bytes.clear();
        let room = u64::try_from(self.line_max).expect("a cap fits 64 bits") + 2;
        let read = (&mut self.input)
            .take(room)
            .read_until(b'\n', &mut self.bytes)
            .map_err(|error| complaint(&self.name, error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.strip_end()?;
        if self.bytes.len() > self.line_max {
            let found = format!("more than {} bytes", self.line_max);
            return Err(BadInput::new(LONG_LINE, &self.name, found, "shorter lines").at_line(self.number, 1));
        }
        self.plain().map(Some)
    }

    fn strip_end(&mut self) -> Result<(), BadInput> {
        if self.bytes.pop_if(|byte| *byte == b'\n').is_none() {
            return Ok(());
        }
        let carriage_return = self.bytes.pop_if(|byte| *byte == b'\r').is_some();
        if *self.carriage_returns.get_or_insert(carriage_return) != carriage_return {
            let column = u64::try_from(self.bytes.len()).expect("a line fits memory") + 1;
            let found =
                if carriage_return { "CR LF after lines ending in LF" } else { "LF after lines ending in CR LF" };
            let bad = BadInput::new(LINE_ENDS, &self.name, found, "one kind of line end");
            return Err(bad.at_line(self.number, column));
        }
        Ok(())
    }

    /// The line as text, if it is plain.
    fn plain(&self) -> Result<Line<'_>, BadInput> {
        let bytes = &self.bytes[..];
        let valid = match std::str::from_utf8(bytes) {
            Ok(_) => bytes.len(),
            Err(error) => error.valid_up_to(),
        };
        let control = bytes.iter().position(|byte| *byte < b' ' && *byte != b'\t' || *byte == 0x7f);
        let mark = (self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf")).then_some(0);
        let worst = [Some(valid).filter(|valid| *valid < bytes.len()), control, mark].into_iter().flatten().min();
        if let Some(at) = worst {
            let shown = &bytes[at..(at + 16).min(bytes.len())];
            let column = u64::try_from(at).expect("a line fits memory") + 1;
            let bad =
                BadInput::new(ENCODING, &self.name, quoted_bytes(shown), "plain UTF-8 text without byte-order mark");
            return Err(bad.at_line(self.number, column).hint(encoding_hint(bytes)));
        }
        let text = std::str::from_utf8(bytes).expect("the bytes were found valid just now");
        Ok(Line { file: &self.name, number: self.number, text })
    }
}

fn encoding_hint(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file looks like UTF-16; save it as UTF-8",
        [0xef, 0xbb, 0xbf, ..] => "save the file without a byte-order mark",
        [b'7', b'z', ..] => "the file is a 7z archive; unpack it first",
        _ if bytes.contains(&b'\r') => "lines end in CR alone; end them with LF",
        _ => "save the file as plain UTF-8",
    }
}

/// An I/O error as a complaint: the one the unpacker put in it, or that the file cannot be read.
fn complaint(name: &str, error: std::io::Error) -> BadInput {
    match error.downcast::<BadInput>() {
        Ok(bad) => bad,
        Err(_) => {
            BadInput::new(UNREADABLE, name, "a file that stopped being readable", "a regular file that can be read")
        }
    }
}
