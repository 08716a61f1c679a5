//! Records in the order of their source, sorted by exchange time when they are read back, in
//! bounded memory.
//!
//! Without a folder to spill to, everything stays in memory. With one, what exceeds a run (2^17
//! records) is sorted and written to a file there, which has no name once it is open and so leaves
//! nothing behind; the runs are merged when they are read. Memory is then one run and a small
//! buffer per run. Records of equal time keep the order in which they came, in memory or not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::fault::UNWRITABLE;
use crate::bad_input::BadInput;
use crate::market::Timestamp;

/// Records kept in memory before they are spilled.
const RUN: usize = 1 << 17;
/// Records of one run read back at a time.
const BUFFERED: usize = 1 << 9;
/// How many names are tried for the file.
const NAMES_MAX: u32 = 1_000;

/// What can be kept: a fixed number of bytes and a time.
pub(crate) trait Kept: Copy {
    /// Length in a file.
    const BYTES: usize;
    /// What it is sorted by.
    fn time(&self) -> Timestamp;
    /// Appends its bytes.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads its bytes.
    fn get(bytes: &[u8]) -> Self;
    /// The same in finer units: prices and quantities multiplied.
    fn finer(self, price: i64, qty: i64) -> Self;
}

/// Sorted records in the file.
#[derive(Debug)]
struct Run {
    offset: u64,
    count: usize,
    first: Timestamp,
    last: Timestamp,
    /// What its prices and quantities must be multiplied by.
    finer: (i64, i64),
}

/// Records, in memory or partly on disk.
#[derive(Debug)]
pub(crate) struct Spool<R> {
    folder: Option<PathBuf>,
    recent: Vec<R>,
    runs: Vec<Run>,
    file: Option<File>,
    end: u64,
    /// The first thing that went wrong with the file; told when the records are asked for.
    failed: Option<BadInput>,
    count: u64,
}

impl<R: Kept> Spool<R> {
    /// An empty one; without a folder everything stays in memory.
    pub(crate) const fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, recent: Vec::new(), runs: Vec::new(), file: None, end: 0, failed: None, count: 0 }
    }

    /// Records of a tape in memory.
    pub(crate) fn of(records: Vec<R>) -> Self {
        let count = u64::try_from(records.len()).expect("a count fits 64 bits");
        Self { recent: records, count, ..Self::new(None) }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> u64 {
        self.count
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, record: R) {
        self.recent.push(record);
        self.count += 1;
        if self.recent.len() >= RUN && self.folder.is_some() && self.failed.is_none() {
            self.failed = self.spill().err();
        }
    }

    /// Makes what is held finer.
    pub(crate) fn rescale(&mut self, price: i64, qty: i64) {
        for record in &mut self.recent {
            *record = record.finer(price, qty);
        }
        for run in &mut self.runs {
            run.finer = (run.finer.0 * price, run.finer.1 * qty);
        }
    }

    fn spill(&mut self) -> Result<(), BadInput> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let refuse = |_| {
            let found = "a folder that takes no more of what memory does not hold";
            BadInput::new(UNWRITABLE, &folder.display().to_string(), found, "a place to write files")
        };
        self.recent.sort_by_key(Kept::time);
        let (Some(first), Some(last)) = (self.recent.first(), self.recent.last()) else { return Ok(()) };
        let (first, last) = (first.time(), last.time());
        let mut bytes = Vec::with_capacity(self.recent.len() * R::BYTES);
        for record in &self.recent {
            record.put(&mut bytes);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(nameless(&folder).map_err(refuse)?),
        };
        file.seek(SeekFrom::Start(self.end)).and_then(|_| file.write_all(&bytes)).map_err(refuse)?;
        self.runs.push(Run { offset: self.end, count: self.recent.len(), first, last, finer: (1, 1) });
        self.end += u64::try_from(bytes.len()).expect("a length fits 64 bits");
        self.recent.clear();
        Ok(())
    }

    /// Calls `visit` with every record in order of time.
    pub(crate) fn each(&mut self, mut visit: impl FnMut(R) -> Result<(), BadInput>) -> Result<(), BadInput> {
        if self.failed.is_none() && !self.runs.is_empty() && !self.recent.is_empty() {
            self.failed = self.spill().err();
        }
        if let Some(bad) = &self.failed {
            return Err(bad.clone());
        }
        if self.runs.is_empty() {
            self.sort();
            return self.recent.iter().try_for_each(|record| visit(*record));
        }
        self.merge(visit)
    }

    fn merge(&mut self, mut visit: impl FnMut(R) -> Result<(), BadInput>) -> Result<(), BadInput> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let lost = |_| BadInput::new(UNWRITABLE, "spilled records", "a disk that lost them", "a disk that keeps them");
        let ascending = self.runs.windows(2).all(|pair| pair[0].last <= pair[1].first);
        let mut cursors: Vec<Cursor<R>> = Vec::with_capacity(self.runs.len());
        if ascending {
            for run in &self.runs {
                let mut cursor = Cursor::new(run);
                while let Some(record) = cursor.next(file).map_err(lost)? {
                    visit(record)?;
                }
            }
            return Ok(());
        }
        let mut heads = BinaryHeap::new();
        for (at, run) in self.runs.iter().enumerate() {
            heads.push(Reverse((run.first, at)));
            cursors.push(Cursor::new(run));
        }
        while let Some(Reverse((_, at))) = heads.pop() {
            if let Some(record) = cursors[at].next(file).map_err(lost)? {
                visit(record)?;
            }
            if let Some(next) = cursors[at].peek(file).map_err(lost)? {
                heads.push(Reverse((next.time(), at)));
            }
        }
        Ok(())
    }

    fn sort(&mut self) {
        if !self.recent.is_sorted_by_key(Kept::time) {
            self.recent.sort_by_key(Kept::time);
        }
    }

    /// All records in order of time, in memory.
    pub(crate) fn into_vec(mut self) -> Result<Vec<R>, BadInput> {
        if self.runs.is_empty() && self.failed.is_none() {
            self.sort();
            return Ok(self.recent);
        }
        let mut all = Vec::with_capacity(usize::try_from(self.count).unwrap_or(0));
        self.each(|record| {
            all.push(record);
            Ok(())
        })?;
        Ok(all)
    }
}

/// Where a run is being read.
struct Cursor<R> {
    offset: u64,
    left: usize,
    finer: (i64, i64),
    buffer: Vec<R>,
    at: usize,
}

impl<R: Kept> Cursor<R> {
    const fn new(run: &Run) -> Self {
        Self { offset: run.offset, left: run.count, finer: run.finer, buffer: Vec::new(), at: 0 }
    }

    fn peek(&mut self, file: &mut File) -> io::Result<Option<R>> {
        if self.at == self.buffer.len() && self.left > 0 {
            let count = self.left.min(BUFFERED);
            let mut bytes = vec![0; count * R::BYTES];
            file.seek(SeekFrom::Start(self.offset))?;
            file.read_exact(&mut bytes)?;
            self.buffer.clear();
            self.buffer
                .extend(bytes.chunks_exact(R::BYTES).map(|bytes| R::get(bytes).finer(self.finer.0, self.finer.1)));
            self.at = 0;
            self.left -= count;
            self.offset += u64::try_from(bytes.len()).expect("a length fits 64 bits");
        }
        Ok(self.buffer.get(self.at).copied())
    }

    fn next(&mut self, file: &mut File) -> io::Result<Option<R>> {
        let record = self.peek(file)?;
        self.at += usize::from(record.is_some());
        Ok(record)
    }
}

/// A file in `folder` that has no name any more where the system allows that.
pub(super) fn nameless(folder: &Path) -> io::Result<File> {
    for attempt in 0..NAMES_MAX {
        let path = folder.join(format!(".seatrial-spill.{attempt}.tmp"));
        match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
