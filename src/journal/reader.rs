//! Reads a journal and believes nothing: every length, checksum, link, number and the closing
//! record are verified before the first record is handed out.
//!
//! A journal without its closing record is refused unless the caller asks for a torn one, and even
//! then only a torn **tail** is accepted: damage before the last written byte is never skipped.

use std::fs;
use std::path::Path;

use super::digest::Digest;
use super::error::{Complaint, JournalError, Place};
use super::frame::{self, ChainHash, FILE_HEAD, FORMAT, Frame, LONGEST_FILE, MAGIC, NoFrame, hex};
use super::header::Header;
use super::record::{Body, Closing, Record};

/// Where a torn journal was cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// The last record that is whole.
    pub last_good: u64,
    /// Where the good part ends.
    pub byte: u64,
    /// How many bytes after it were given up.
    pub bytes: u64,
}

/// A journal that was read and found to be what was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalFile {
    /// What it is called.
    pub name: String,
    /// Its first record.
    pub header: Header,
    /// All records, header and closing included.
    pub records: Vec<Record>,
    /// Its last record; none if it was torn.
    pub closing: Option<Closing>,
    /// Where it was cut, if it was torn.
    pub cut: Option<Cut>,
    /// The digest of its records.
    pub digest: u64,
    /// The chain up to its last record.
    pub chain: ChainHash,
}

/// Reads and verifies a journal. With `torn`, one without a closing record is cut after its last
/// whole record instead of refused.
pub fn open(path: &Path, torn: bool) -> Result<JournalFile, JournalError> {
    let name = path.display().to_string();
    let place = Place { file: &name, record: 0, byte: 0 };
    let unreadable = |found: String, allowed: &str| JournalError::Unreadable(place.complain("file", found, allowed));
    let meta = fs::metadata(path).map_err(|error| unreadable(error.to_string(), "a journal that can be read"))?;
    if !meta.is_file() {
        return Err(unreadable("something that is not a file".to_owned(), "a regular file"));
    }
    if meta.len() > LONGEST_FILE {
        return Err(unreadable(format!("{} bytes", meta.len()), &format!("at most {LONGEST_FILE}")));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(error.to_string(), "a journal that can be read"))?;
    parse(&name, &bytes, torn)
}

/// Reads and verifies a journal from its bytes; [`open`] without the file.
pub fn parse(name: &str, bytes: &[u8], torn: bool) -> Result<JournalFile, JournalError> {
    check_head(name, bytes)?;
    let mut reading = Reading::new(name, bytes);
    while reading.closing.is_none() && reading.step()? {}
    reading.finish(torn)
}

fn check_head(name: &str, bytes: &[u8]) -> Result<(), JournalError> {
    let place = Place { file: name, record: 0, byte: 0 };
    let head = |found: String| Err(JournalError::Head(place.complain("head", found, "a journal: seatrial-jrn")));
    let start = &bytes[..bytes.len().min(MAGIC.len())];
    if bytes.is_empty() {
        return head("an empty file".to_owned());
    }
    if !MAGIC.starts_with(start) {
        return head(format!("bytes {}", hex(start)));
    }
    let Some(version) = bytes.get(MAGIC.len()..FILE_HEAD) else {
        return head(format!("only {} of {FILE_HEAD} bytes", bytes.len()));
    };
    let version = u32::from_le_bytes(version.try_into().expect("four bytes"));
    if version != FORMAT {
        let place = Place { byte: MAGIC.len() as u64, ..place };
        let hint = if version > FORMAT { " (written by a newer build)" } else { "" };
        let complaint = place.complain("version", format!("{version}{hint}"), format!("{FORMAT}"));
        return Err(JournalError::Version(complaint));
    }
    Ok(())
}

/// A journal half read.
struct Reading<'a> {
    name: &'a str,
    bytes: &'a [u8],
    at: usize,
    records: Vec<Record>,
    digest: Digest,
    chain: ChainHash,
    closing: Option<Closing>,
}

impl<'a> Reading<'a> {
    fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        let (records, digest, chain) = (Vec::new(), Digest::new(), ChainHash::genesis());
        Self { name, bytes, at: FILE_HEAD, records, digest, chain, closing: None }
    }

    fn place(&self) -> Place<'a> {
        Place { file: self.name, record: self.records.len() as u64, byte: self.at as u64 }
    }

    fn complain(&self, field: &str, found: impl Into<String>, allowed: impl Into<String>) -> Complaint {
        self.place().complain(field, found, allowed)
    }

    /// Reads one record; false where the file stops.
    fn step(&mut self) -> Result<bool, JournalError> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Ok(false);
        }
        let frame = match frame::get(rest) {
            Ok(frame) => frame,
            Err(NoFrame::Torn) => return Ok(false),
            Err(NoFrame::Length(found, allowed)) => {
                return Err(JournalError::Length(self.complain("length", found, allowed)));
            }
            Err(NoFrame::Crc(found, written)) => {
                let complaint = self.complain("crc", format!("{found:08x}"), format!("{written:08x} as written"));
                return Err(JournalError::Crc(complaint));
            }
        };
        self.take(frame)?;
        Ok(true)
    }

    fn take(&mut self, frame: Frame<'_>) -> Result<(), JournalError> {
        let seq = self.records.len() as u64;
        let undecodable = |why: &str| JournalError::Body(self.complain("body", why, "a record of this format"));
        let (found, digested) =
            postcard::take_from_bytes::<u64>(frame.payload).map_err(|_| undecodable("no sequence number"))?;
        if found != seq {
            return Err(JournalError::Sequence(self.complain("seq", found.to_string(), seq.to_string())));
        }
        let chain = self.chain.extended(frame.payload);
        if chain.link() != frame.link {
            let complaint =
                self.complain("chain", hex(&frame.link), format!("{} after the records before", hex(&chain.link())));
            return Err(JournalError::Chain(complaint));
        }
        let (record, left) =
            postcard::take_from_bytes::<Record>(frame.payload).map_err(|_| undecodable("bytes that say nothing"))?;
        if !left.is_empty() {
            return Err(undecodable(&format!("{} bytes after the record", left.len())));
        }
        self.check(&record)?;
        if let Body::Header(header) = &record.body {
            self.digest.fold(&header.digested());
        } else if record.body.is_of_the_run() {
            self.digest.fold(digested);
        }
        self.chain = chain;
        self.at += frame::FRAME_HEAD + frame.payload.len();
        self.records.push(record);
        Ok(())
    }

    fn check(&mut self, record: &Record) -> Result<(), JournalError> {
        let wrong = |field: &str, found: &str, allowed: &str| {
            JournalError::Header(self.complain(field, found.to_owned(), allowed.to_owned()))
        };
        match (&record.body, record.seq) {
            (Body::Header(header), 0) => {
                header.check().map_err(|[field, found, allowed]| wrong(&field, &found, &allowed))?;
            }
            (Body::Header(_), _) => return Err(wrong("header", "a second header", "one, as record 0")),
            (_, 0) => return Err(wrong("header", "another record", "the header as record 0")),
            (Body::Close(closing), _) => {
                self.check_closing(closing)?;
                self.closing = Some(closing.clone());
            }
            _ => {}
        }
        Ok(())
    }

    fn check_closing(&self, closing: &Closing) -> Result<(), JournalError> {
        let wrong = |field: &str, found: String, allowed: String| {
            Err(JournalError::Closing(self.complain(field, found, allowed)))
        };
        let records = self.records.len() as u64;
        if closing.records != records {
            return wrong("closing.records", closing.records.to_string(), records.to_string());
        }
        if closing.digest != self.digest.value() {
            let (found, allowed) = (closing.digest, self.digest.value());
            return wrong("closing.digest", format!("{found:016x}"), format!("{allowed:016x}"));
        }
        if closing.chain != Some(self.chain) {
            let found = closing.chain.map_or_else(|| "none".to_owned(), |chain| chain.to_string());
            return wrong("closing.chain", found, self.chain.to_string());
        }
        Ok(())
    }

    fn finish(mut self, torn: bool) -> Result<JournalFile, JournalError> {
        let left = (self.bytes.len() - self.at) as u64;
        if self.closing.is_some() && left > 0 {
            let complaint = self.complain("end", format!("{left} bytes after the closing record"), "end of file");
            return Err(JournalError::Trailing(complaint));
        }
        let Some(Record { body: Body::Header(header), seq: 0, .. }) = self.records.first() else {
            let found = format!("{left} bytes, less than a record");
            return Err(JournalError::Header(self.complain("header", found, "the header as record 0")));
        };
        let header = (**header).clone();
        let last_good = self.records.len() as u64 - 1;
        let cut = Cut { last_good, byte: self.at as u64, bytes: left };
        if self.closing.is_none() && !torn {
            let found = format!("the end after record {last_good}, the last good one, and a cut of {left} bytes");
            return Err(JournalError::Torn(self.complain("closing", found, "a closing record, or --torn")));
        }
        Ok(JournalFile {
            name: self.name.to_owned(),
            header,
            cut: self.closing.is_none().then_some(cut),
            closing: self.closing.take(),
            digest: self.digest.value(),
            chain: self.chain,
            records: self.records,
        })
    }
}
