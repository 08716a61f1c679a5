//! Tapes that several runs share: each is read once, and kept as long as there is room. Recorded rows for which there
//! can be no room are streamed instead.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bad_input::BadInput;
use crate::data::{Records, Tape};

/// Tapes by what they were made from.
#[derive(Debug)]
pub struct Library {
    /// The most bytes of tapes that nobody may be using; a tape in use is never taken away.
    room: u64,
    /// Whether a tape for which there is no room is streamed.
    streams: bool,
    shelves: Mutex<Shelves>,
}

#[derive(Debug, Default)]
struct Shelves {
    /// The one used last is the last.
    tapes: Vec<(String, Arc<Shelf>)>,
    /// The most bytes that were kept at once.
    peak: u64,
    /// Those that are streamed, by their source, and how many bytes they would take.
    streamed: BTreeMap<String, u64>,
}

/// A tape, once it was made; who comes while it is made waits.
type Shelf = Mutex<Option<Arc<Tape>>>;

impl Library {
    /// A library with room for so many bytes of tapes. The tapes of one run together take no more, but for what their
    /// windows take: recorded rows that would are streamed.
    #[must_use]
    pub fn with_room(bytes: u64) -> Self {
        Self { room: bytes, streams: true, shelves: Mutex::default() }
    }

    /// One that keeps nothing and streams nothing: for a single run.
    #[must_use]
    pub fn none() -> Self {
        Self { room: 0, streams: false, shelves: Mutex::default() }
    }

    /// The most bytes that the tapes of one run may take.
    pub(super) const fn most(&self) -> u64 {
        if self.streams { self.room } else { u64::MAX }
    }

    /// The tapes that are streamed, by their source, and how many bytes each would take.
    #[must_use]
    pub fn streamed(&self) -> Vec<(String, u64)> {
        let shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.streamed.iter().map(|(source, bytes)| (source.clone(), *bytes)).collect()
    }

    /// The most bytes that were kept at once.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner).peak
    }

    /// The tape made from what `key` names; made now, if it is not there.
    pub(super) fn tape(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<Tape, Vec<BadInput>>,
    ) -> Result<Arc<Tape>, Vec<BadInput>> {
        let shelf = self.shelf(key);
        let mut place = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tape) = &*place {
            return Ok(Arc::clone(tape));
        }
        let tape = Arc::new(make()?);
        if self.streams {
            tape.gist_within(self.room);
        }
        *place = Some(Arc::clone(&tape));
        drop(place);
        if let Records::Streamed(rows) = &tape.records {
            let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
            shelves.streamed.insert(tape.provenance.source.clone(), rows.decoded());
        }
        self.tidy();
        Ok(tape)
    }

    fn shelf(&self, key: &str) -> Arc<Shelf> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shelves.tapes.iter().position(|(name, _)| name == key);
        let entry = known.map_or_else(|| (key.to_owned(), Arc::default()), |at| shelves.tapes.remove(at));
        let shelf = Arc::clone(&entry.1);
        shelves.tapes.push(entry);
        shelf
    }

    /// Takes away what was not used for longest, until what is left fits.
    fn tidy(&self) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is being made has no size yet.
        let size = |shelf: &Shelf| shelf.try_lock().map_or(0, |place| place.as_ref().map_or(0, |tape| tape.bytes()));
        let mut kept: u64 = shelves.tapes.iter().map(|(_, shelf)| size(shelf)).sum();
        let mut at = 0;
        while kept > self.room && at < shelves.tapes.len() {
            let bytes = size(&shelves.tapes[at].1);
            if bytes > 0 {
                shelves.tapes.remove(at);
                kept -= bytes;
            } else {
                at += 1;
            }
        }
        shelves.peak = shelves.peak.max(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Provenance, Records, Row, RowKind, Shows};
    use crate::market::{Bar, InstrumentId, Price, Qty, Span, Timestamp};

    fn tape(bars: i64) -> Tape {
        let bar = |at| Bar {
            instrument: InstrumentId(0),
            opened: Timestamp(at),
            length: Span(1),
            open: Price(1),
            high: Price(1),
            low: Price(1),
            close: Price(1),
            volume: Qty(1),
        };
        let records = Records::Bars((0..bars).map(bar).collect());
        Tape::new("X".to_owned(), (0, 0), Span(1), records, Provenance::default())
    }

    #[test]
    fn a_tape_is_made_once_and_kept_while_there_is_room() {
        let library = Library::with_room(2 * tape(100).bytes());
        let made = std::cell::Cell::new(0);
        let get = |key: &str| {
            let make = || {
                made.set(made.get() + 1);
                Ok(tape(100))
            };
            library.tape(key, make).expect("it can be made")
        };
        let first = get("a");
        assert!(Arc::ptr_eq(&first, &get("a")));
        let _ = (get("b"), get("a"), get("c"), get("a"));
        assert_eq!(made.get(), 3, "b was used before a, and went");
        let _ = get("b");
        assert_eq!(made.get(), 4);
        assert_eq!(library.peak(), 2 * tape(100).bytes());
    }

    /// What runs share of a tape's messages takes room too: without room for it they go without.
    #[test]
    fn the_gist_of_a_tape_takes_room() {
        let deep = || {
            let level = |at: i64| {
                let kind = if at % 2 == 0 { RowKind::Bid } else { RowKind::Ask };
                Row::new(Timestamp(at / 4), Timestamp(at / 4), Price(100 + at % 2), Qty(1), kind, at % 4 == 3)
            };
            let rows = (0..400).map(level).collect();
            let records = Records::Rows(rows);
            let tape = Tape::new("X".to_owned(), (0, 0), Span::ZERO, records, Provenance::default());
            tape.showing(Shows::Depth)
        };
        let alone = deep().bytes();
        for (room, has) in [(alone, false), (100 * alone, true)] {
            let library = Library::with_room(room);
            let tape = library.tape("a", || Ok(deep())).expect("it can be made");
            assert_eq!(tape.gist().is_some(), has, "in {room}");
            assert_eq!(library.peak() > alone, has, "in {room}");
        }
    }

    #[test]
    fn what_cannot_be_made_is_tried_again() {
        let library = Library::none();
        assert!(library.tape("a", || Err(Vec::new())).is_err());
        assert!(library.tape("a", || Ok(tape(1))).is_ok());
    }
}
