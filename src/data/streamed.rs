//! Rows of a tape that does not fit: in a file without a name, read back a window at a time.
//!
//! The file holds 32 bytes a row, in the order of the tape. Of every window the first exchange time is kept, so that an
//! instant is found with one read. What was lost once is lost for good: whoever reads then comes to an end, and
//! [`Streamed::lost`] says so to whoever has to tell an end from an error.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::fault::UNWRITABLE;
use super::row::Row;
use super::spool::{Kept, nameless};
use crate::bad_input::BadInput;
use crate::market::{Price, Span, Timestamp};

/// Rows of a window.
const WINDOW: usize = 1 << 13;

/// The rows of a tape in a file.
#[derive(Debug)]
pub struct Streamed {
    file: File,
    folder: PathBuf,
    source: String,
    count: usize,
    /// Exchange time of the first row of every window.
    firsts: Vec<Timestamp>,
    last: Timestamp,
    lowest: Price,
    highest: Price,
    overtaker: Option<(usize, Span)>,
    lost: OnceLock<BadInput>,
}

/// Two are equal if they are one.
impl PartialEq for Streamed {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Streamed {}

impl Streamed {
    /// Rows in a file of `folder`, in the order in which `each` hands them over.
    pub(super) fn gathered(
        folder: &Path,
        source: &str,
        each: impl FnOnce(&mut dyn FnMut(Row) -> Result<(), BadInput>) -> Result<(), BadInput>,
    ) -> Result<Arc<Self>, BadInput> {
        let full = |error: io::Error| {
            let found = format!("a folder that takes no tape to stream: {error}");
            BadInput::new(UNWRITABLE, &folder.display().to_string(), found, "a place to write files")
        };
        let mut made = Self {
            file: nameless(folder).map_err(full)?,
            folder: folder.to_owned(),
            source: source.to_owned(),
            count: 0,
            firsts: Vec::new(),
            last: Timestamp::MIN,
            lowest: Price(i64::MAX),
            highest: Price::default(),
            overtaker: None,
            lost: OnceLock::new(),
        };
        let mut bytes = Vec::with_capacity(WINDOW * Row::BYTES);
        each(&mut |row| made.push(&row, &mut bytes).map_err(full))?;
        made.file.write_all(&bytes).map_err(full)?;
        Ok(Arc::new(made))
    }

    fn push(&mut self, row: &Row, bytes: &mut Vec<u8>) -> io::Result<()> {
        if self.count.is_multiple_of(WINDOW) {
            self.firsts.push(row.exchange);
            self.file.write_all(bytes)?;
            bytes.clear();
        }
        row.put(bytes);
        if row.price.0 > 0 {
            self.lowest = self.lowest.min(row.price);
        }
        self.highest = self.highest.max(row.price);
        if self.overtaker.is_none() && row.latency() < Span::ZERO {
            self.overtaker = Some((self.count, row.latency()));
        }
        (self.count, self.last) = (self.count + 1, row.exchange);
        Ok(())
    }

    /// The folder of its file.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes that the rows would take in memory.
    #[must_use]
    pub const fn decoded(&self) -> u64 {
        (self.count * size_of::<Row>()) as u64
    }

    /// Bytes that it takes in memory itself, and a window with it.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        (size_of::<Self>() + size_of_val(self.firsts.as_slice()) + WINDOW * (size_of::<Row>() + Row::BYTES)) as u64
    }

    /// The first thing that could not be read back.
    #[must_use]
    pub fn lost(&self) -> Option<&BadInput> {
        self.lost.get()
    }

    /// The lowest price above zero, and the highest.
    pub(super) const fn extremes(&self) -> (Price, Price) {
        (self.lowest, self.highest)
    }

    /// The first row that would reach the trader before it happened, and its latency.
    pub(super) const fn overtaker(&self) -> Option<(usize, Span)> {
        self.overtaker
    }

    /// Exchange time of a row; of the first and the last without a read.
    pub(super) fn time(self: &Arc<Self>, at: usize) -> Option<Timestamp> {
        if at + 1 == self.count {
            return Some(self.last);
        }
        if at.is_multiple_of(WINDOW) {
            return self.firsts.get(at / WINDOW).copied();
        }
        let mut window = Window::new(Arc::clone(self));
        window.reach(at).then(|| window.row(at).exchange)
    }

    /// How many rows come before an instant.
    pub(super) fn before(self: &Arc<Self>, limit: Timestamp) -> usize {
        let windows = self.firsts.partition_point(|first| *first < limit);
        let Some(first) = windows.checked_sub(1).map(|window| window * WINDOW) else { return 0 };
        let mut window = Window::new(Arc::clone(self));
        window.reach(first);
        first + window.rows.partition_point(|row| row.exchange < limit)
    }

    /// Every row, up to what is lost.
    pub(super) fn iter(self: &Arc<Self>) -> impl Iterator<Item = Row> + use<> {
        let mut window = Window::new(Arc::clone(self));
        (0..self.count).map_while(move |at| window.reach(at).then(|| *window.row(at)))
    }
}

/// A window on rows in a file: the next that are wanted.
#[derive(Debug)]
pub(crate) struct Window {
    of: Arc<Streamed>,
    first: usize,
    rows: Vec<Row>,
    bytes: Vec<u8>,
}

impl Window {
    /// One that shows nothing yet.
    pub(crate) const fn new(of: Arc<Streamed>) -> Self {
        Self { of, first: 0, rows: Vec::new(), bytes: Vec::new() }
    }

    /// Shows a row, and those after it if it had to be read. False if it is lost, or there is none.
    #[inline]
    pub(crate) fn reach(&mut self, at: usize) -> bool {
        at.wrapping_sub(self.first) < self.rows.len() || self.read(at)
    }

    /// A row that it shows.
    ///
    /// # Panics
    /// When it does not.
    #[inline]
    pub(crate) fn row(&self, at: usize) -> &Row {
        &self.rows[at - self.first]
    }

    #[cold]
    fn read(&mut self, at: usize) -> bool {
        let count = self.of.count.saturating_sub(at).min(WINDOW);
        self.rows.clear();
        if count == 0 || self.of.lost().is_some() {
            return false;
        }
        self.bytes.resize(count * Row::BYTES, 0);
        let offset = u64::try_from(at * Row::BYTES).expect("a place in a file fits 64 bits");
        if let Err(error) = read_at(&self.of.file, &mut self.bytes, offset) {
            let found = format!("a row that the disk of {} lost: {error}", self.of.folder.display());
            let bad =
                BadInput::new(UNWRITABLE, &self.of.source, found, "a disk that keeps a tape while it is streamed");
            let record = u64::try_from(at).expect("a record number fits 64 bits");
            self.of.lost.get_or_init(|| bad.at_record(record, offset));
            return false;
        }
        self.rows.extend(self.bytes.chunks_exact(Row::BYTES).map(Row::get));
        self.first = at;
        true
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

/// A file has one place at which it is read; runs take turns.
#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read as _, Seek as _};
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    file.seek(io::SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::RowKind;
    use crate::market::Qty;

    const COUNT: usize = 3 * WINDOW + 77;

    /// Three rows to an instant, so that an instant goes over the edge of a window.
    fn row(at: usize) -> Row {
        let number = i64::try_from(at).expect("small");
        let (exchange, price) = (Timestamp(10 * (number / 3)), Price(1_000 + number % 97));
        Row::new(exchange, exchange, price, Qty(1 + number), RowKind::Bid, number % 3 == 2)
    }

    fn streamed() -> Arc<Streamed> {
        let each = |push: &mut dyn FnMut(Row) -> Result<(), BadInput>| (0..COUNT).map(row).try_for_each(push);
        Streamed::gathered(&std::env::temp_dir(), "a test", each).expect("a place for it")
    }

    #[test]
    fn rows_come_back_a_window_at_a_time() {
        let rows = streamed();
        assert!(rows.iter().eq((0..COUNT).map(row)));
        let mut window = Window::new(Arc::clone(&rows));
        for at in (0..COUNT).chain([5, COUNT - 1, WINDOW, 0]) {
            assert!(window.reach(at) && *window.row(at) == row(at), "row {at}");
            assert!(window.rows.len() <= WINDOW && window.bytes.len() <= WINDOW * Row::BYTES);
        }
        assert!(!window.reach(COUNT));
        assert!(rows.bytes() * 5 / 4 < rows.decoded() && rows.lost().is_none());
        assert_eq!((rows.len(), rows.extremes()), (COUNT, (Price(1_000), Price(1_096))));
    }

    #[test]
    fn instants_are_found_at_the_edges_of_windows_too() {
        let rows = streamed();
        let last = 10 * i64::try_from(COUNT / 3).expect("small");
        let edge = row(WINDOW).exchange.0;
        for limit in (-10..40).chain(edge - 25..edge + 25).chain(last - 25..last + 25) {
            let expected = (0..COUNT).filter(|at| row(*at).exchange.0 < limit).count();
            assert_eq!(rows.before(Timestamp(limit)), expected, "before {limit}");
            assert_eq!(rows.time(expected), (expected < COUNT).then(|| row(expected).exchange));
        }
    }

    #[test]
    fn what_is_lost_is_lost_for_good() {
        let rows = streamed();
        rows.file.set_len(u64::try_from((WINDOW + 5) * Row::BYTES).expect("small")).expect("it can be cut");
        assert_eq!(rows.iter().count(), WINDOW, "the second window is torn");
        let lost = rows.lost().expect("it says so").to_string();
        assert!(lost.starts_with(&format!("E-MD-079 a test:{WINDOW}:")), "{lost}");
        assert_eq!(rows.iter().count(), 0, "nothing of it is trusted any more");
    }
}
