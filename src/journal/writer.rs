//! Writes a journal: counts and digests always, keeps what it is asked to keep.
//!
//! It promises that a record is either refused with an error or part of the count, the digest and
//! the chain; that after one failed write every later one fails too, so whoever writes can stop
//! trading in the same step; and that whatever a crash leaves on disk, [`Journal::reopen`] finds
//! every record that was completely written and continues after the last of them.
//!
//! It does not decide when bytes must be durable: [`Journal::sync`] is called by whoever is about
//! to act on a record.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::mem;
use std::path::Path;

use super::digest::Digest;
use super::encoding::encode;
use super::error::{JournalError, Place};
use super::frame::{self, ChainHash, FILE_HEAD, LONGEST_FILE, LONGEST_PAYLOAD, MAGIC};
use super::reader;
use super::record::{Body, Closing, Record};
use crate::market::Timestamp;

/// Bytes gathered before they are handed to the file.
const BUFFER: usize = 64 << 10;
/// Bytes kept for the record that closes a journal.
const CLOSING: u64 = 4 << 10;
/// More than the frame of a record takes.
const FRAME: u64 = 64;

/// Where a journal's bytes go.
pub trait Disk: Write + Send {
    /// Returns once everything written is durable.
    fn sync(&mut self) -> io::Result<()>;
}

impl Disk for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// What a finished journal amounts to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Records, without the closing one.
    pub records: u64,
    /// Their digest.
    pub digest: u64,
    /// Their chain, if they are on disk.
    pub chain: Option<ChainHash>,
}

/// A journal being written.
pub struct Journal {
    name: String,
    records: u64,
    digest: Digest,
    last: (Timestamp, u64),
    scratch: Vec<u8>,
    keep: Keep,
    ended: Option<&'static str>,
}

enum Keep {
    Nothing,
    Memory(Vec<Record>),
    Told(Listener),
    Disk(Log),
}

/// Who is told of every record as it is made.
pub type Listener = Box<dyn FnMut(&Record)>;

struct Log {
    disk: Box<dyn Disk>,
    buffer: Vec<u8>,
    chain: ChainHash,
    /// Bytes of the file, the buffer included.
    length: u64,
}

impl Drop for Log {
    /// A journal given up without being finished still shows how far it came, if the disk lets it.
    fn drop(&mut self) {
        let _ = self.disk.write_all(&self.buffer).and_then(|()| self.disk.flush());
    }
}

impl Journal {
    /// A journal that keeps only its count and digest.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new("(memory)", Keep::Nothing)
    }

    /// A journal that keeps its records in memory.
    #[must_use]
    pub fn recording() -> Self {
        Self::new("(memory)", Keep::Memory(Vec::new()))
    }

    /// A journal that keeps nothing, and tells somebody of every record as it is made.
    #[must_use]
    pub fn told(listener: Listener) -> Self {
        Self::new("(told)", Keep::Told(listener))
    }

    /// A journal in a file, which is created, or overwritten if it is a journal.
    pub fn to_file(path: &Path) -> Result<Self, JournalError> {
        let name = path.display().to_string();
        // Looked at before it is opened: reading a pipe would wait for its writer.
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(write_error(&name, 0, 0, "something that is not a regular file"));
        }
        let mut file = lock(&name, OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path))?;
        let refuse = |error: io::Error| write_error(&name, 0, 0, &error.to_string());
        let mut start = Vec::new();
        (&mut file).take(MAGIC.len() as u64).read_to_end(&mut start).map_err(refuse)?;
        if !MAGIC.starts_with(&start) {
            return Err(write_error(&name, 0, 0, "a file that is not a journal"));
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(refuse)?;
        Ok(Self::to_disk(&name, Box::new(file)))
    }

    /// A journal on any disk; `name` stands in its errors.
    #[must_use]
    pub fn to_disk(name: &str, disk: Box<dyn Disk>) -> Self {
        let buffer = frame::file_head().to_vec();
        let log = Log { disk, buffer, chain: ChainHash::genesis(), length: FILE_HEAD as u64 };
        Self::new(name, Keep::Disk(log))
    }

    /// Continues a journal that was not finished: cuts a torn tail off, says so in a record, and
    /// goes on after the last whole record. Damage before the tail is an error and changes nothing.
    pub fn reopen(path: &Path) -> Result<Self, JournalError> {
        let name = path.display().to_string();
        let mut file = lock(&name, OpenOptions::new().read(true).write(true).open(path))?;
        let found = reader::open(path, true)?;
        let records = found.records.len() as u64;
        let last = found.records.last().map_or((Timestamp::MIN, 0), |record| (record.now, record.cursor));
        let Some(cut) = found.cut else {
            let place = Place { file: &name, record: records - 1, byte: 0 };
            return Err(JournalError::Ended(place.complain(
                "closing",
                "a finished journal",
                "one without its closing record",
            )));
        };
        let refuse = |error: io::Error| write_error(&name, records, cut.byte, &error.to_string());
        file.set_len(cut.byte).and_then(|()| file.seek(SeekFrom::End(0)).map(drop)).map_err(refuse)?;
        let log = Log { disk: Box::new(file), buffer: Vec::new(), chain: found.chain, length: cut.byte };
        let digest = Digest::resumed(found.digest);
        let mut journal = Self { records, digest, last, ..Self::new(&name, Keep::Disk(log)) };
        if cut.bytes > 0 {
            journal.append(last.0, last.1, &Body::Cut { bytes: cut.bytes })?;
        }
        Ok(journal)
    }

    fn new(name: &str, keep: Keep) -> Self {
        let (digest, last) = (Digest::new(), (Timestamp::MIN, 0));
        Self { name: name.to_owned(), records: 0, digest, last, scratch: Vec::new(), keep, ended: None }
    }

    /// Adds a record and returns its number. `cursor` is how many market deliveries the trader had
    /// before it.
    ///
    /// # Panics
    /// When the first record is not a header, a later one is, or the caller closes the journal by
    /// hand: defects of the program.
    pub fn append(&mut self, now: Timestamp, cursor: u64, body: &Body) -> Result<u64, JournalError> {
        let seq = self.add(now, cursor, body)?;
        if matches!(self.keep, Keep::Memory(_) | Keep::Told(_)) {
            self.hold(Record { seq, now, cursor, body: body.clone() });
        }
        Ok(seq)
    }

    /// The same of a record that its maker has no more use for: one that is kept is not copied.
    ///
    /// # Panics
    /// As [`Journal::append`] does.
    pub fn take(&mut self, now: Timestamp, cursor: u64, body: Body) -> Result<u64, JournalError> {
        let seq = self.add(now, cursor, &body)?;
        self.hold(Record { seq, now, cursor, body });
        Ok(seq)
    }

    fn add(&mut self, now: Timestamp, cursor: u64, body: &Body) -> Result<u64, JournalError> {
        assert_eq!(matches!(body, Body::Header(_)), self.records == 0, "a journal begins with its only header");
        assert!(!matches!(body, Body::Close(_)), "`finish` closes a journal");
        self.push(now, cursor, body)
    }

    /// Keeps a record, or tells of it, where that is asked for.
    fn hold(&mut self, record: Record) {
        match &mut self.keep {
            Keep::Nothing | Keep::Disk(_) => {}
            Keep::Memory(records) => records.push(record),
            Keep::Told(listener) => listener(&record),
        }
    }

    /// Hands everything gathered so far to the disk, which may still lose it.
    pub fn flush(&mut self) -> Result<(), JournalError> {
        self.hand_over(|_| Ok(()))
    }

    /// Returns once everything so far is durable.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.hand_over(|disk| disk.sync())
    }

    /// Writes the closing record and makes all of it durable. Nothing can be added afterwards.
    pub fn finish(&mut self) -> Result<Summary, JournalError> {
        let (records, digest) = (self.records, self.digest.value());
        let chain = match &self.keep {
            Keep::Nothing | Keep::Memory(_) | Keep::Told(_) => None,
            Keep::Disk(log) => Some(log.chain),
        };
        let (now, cursor) = self.last;
        let body = Body::Close(Closing { records, digest, chain });
        let seq = self.push(now, cursor, &body)?;
        self.hold(Record { seq, now, cursor, body });
        self.sync()?;
        self.ended = Some("a finished journal");
        Ok(Summary { records, digest, chain })
    }

    /// The digest so far.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.digest.value()
    }

    /// How many records there are, the header included.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.records
    }

    /// Whether there is no record yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// The records of a journal that keeps them in memory; otherwise none.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        match &self.keep {
            Keep::Memory(records) => records,
            Keep::Nothing | Keep::Told(_) | Keep::Disk(_) => &[],
        }
    }

    /// Takes the records out of a journal that keeps them in memory.
    #[must_use]
    pub fn into_records(self) -> Vec<Record> {
        match self.keep {
            Keep::Memory(records) => records,
            Keep::Nothing | Keep::Told(_) | Keep::Disk(_) => Vec::new(),
        }
    }

    fn push(&mut self, now: Timestamp, cursor: u64, body: &Body) -> Result<u64, JournalError> {
        self.refuse_if_ended()?;
        let seq = self.records;
        let start = encode(seq, now, cursor, body, &mut self.scratch);
        if matches!(self.keep, Keep::Disk(_)) {
            self.store(if matches!(body, Body::Close(_)) { 0 } else { CLOSING })?;
        }
        if let Body::Header(header) = body {
            self.digest.fold(&header.digested());
        } else if body.is_of_the_run() {
            self.digest.fold(&self.scratch[start..]);
        }
        self.last = (now, cursor);
        self.records += 1;
        Ok(seq)
    }

    fn store(&mut self, left: u64) -> Result<(), JournalError> {
        let Keep::Disk(log) = &mut self.keep else { return Ok(()) };
        if self.scratch.len() > LONGEST_PAYLOAD as usize {
            return Err(write_error(&self.name, self.records, log.length, "a record longer than 16 MiB"));
        }
        // What cannot be read back is not written; what is left is for the record that closes.
        if log.length + self.scratch.len() as u64 + FRAME + left > LONGEST_FILE {
            self.ended = Some("a journal that is full");
            return Err(write_error(&self.name, self.records, log.length, "a journal longer than 8 GiB"));
        }
        let before = log.buffer.len();
        log.chain = frame::put(&self.scratch, log.chain, &mut log.buffer);
        log.length += (log.buffer.len() - before) as u64;
        if log.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn hand_over(&mut self, then: impl FnOnce(&mut dyn Disk) -> io::Result<()>) -> Result<(), JournalError> {
        self.refuse_if_ended()?;
        let Keep::Disk(log) = &mut self.keep else { return Ok(()) };
        let buffer = mem::take(&mut log.buffer);
        let written =
            log.disk.write_all(&buffer).and_then(|()| log.disk.flush()).and_then(|()| then(log.disk.as_mut()));
        log.buffer = buffer;
        log.buffer.clear();
        if let Err(error) = written {
            self.ended = Some("a journal that failed before");
            return Err(write_error(&self.name, self.records, log.length, &error.to_string()));
        }
        Ok(())
    }

    fn refuse_if_ended(&self) -> Result<(), JournalError> {
        let Some(why) = self.ended else { return Ok(()) };
        let place = Place { file: &self.name, record: self.records, byte: 0 };
        Err(JournalError::Ended(place.complain("write", why, "a journal that takes records")))
    }
}

/// The file, locked: one journal has one writer.
fn lock(name: &str, file: io::Result<File>) -> Result<File, JournalError> {
    let file = file.map_err(|error| write_error(name, 0, 0, &error.to_string()))?;
    file.try_lock().map_err(|error| write_error(name, 0, 0, &format!("{error} (another writer)")))?;
    Ok(file)
}

fn write_error(name: &str, record: u64, byte: u64, found: &str) -> JournalError {
    JournalError::Write(Place { file: name, record, byte }.complain("write", found, "a journal that can be written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A journal that nobody could read is not written: it ends, and is closed no more.
    #[test]
    fn a_journal_ends_before_it_is_too_long_to_be_read() {
        let path = std::env::temp_dir().join(format!("seatrial-full-{}.journal", std::process::id()));
        let mut journal = Journal::to_file(&path).expect("a file for the test");
        let wake = Body::Wake(Timestamp(1));
        // As if its header were written.
        journal.records = 1;
        let Keep::Disk(log) = &mut journal.keep else { panic!("a journal on disk") };
        log.length = LONGEST_FILE - CLOSING - FRAME - 40;
        journal.append(Timestamp(1), 0, &wake).expect("there is room for one");
        let refused = (0..3).find_map(|_| journal.append(Timestamp(1), 0, &wake).err()).expect("and then none");
        assert!(refused.to_string().contains("longer than 8 GiB"), "{refused}");
        assert!(journal.append(Timestamp(1), 0, &wake).is_err() && journal.finish().is_err());
        std::fs::remove_file(&path).expect("the test's own file");
    }
}
