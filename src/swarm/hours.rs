//! Simulated hours, counted so that the number cannot be inflated (faults.md §4.2): an hour counts
//! only if a thousand events reached the core in it, something was open for half of it, and three
//! kinds of fault were active. All of it is read off the journal.

use std::collections::{BTreeMap, BTreeSet};

use crate::journal::{Body, Record};
use crate::market::{Decision, DeskId, InstrumentId, OrderId, Qty, Span, Timestamp};

/// An hour.
pub const HOUR: Span = Span::from_hours(1);
/// Least events of an hour that counts.
const EVENTS_MIN: u64 = 1_000;
/// Least kinds of fault of an hour that counts.
const KINDS_MIN: usize = 3;

/// What the hours of a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Hours {
    /// Hours that count.
    pub counted: u64,
    /// Hours that were simulated.
    pub all: u64,
    /// Events that reached the core.
    pub events: u64,
}

#[derive(Clone, Copy, Default)]
struct Hour {
    events: u64,
    open: Span,
}

/// Counts the hours of a journal from `start` until `end`; `kinds` says how many kinds of fault were
/// active in the hour that begins at an instant.
#[must_use]
pub fn count(records: &[Record], start: Timestamp, end: Timestamp, kinds: impl Fn(Timestamp) -> usize) -> Hours {
    let whole = usize::try_from(end.since(start).0 / HOUR.0).unwrap_or(0);
    let mut hours = vec![Hour::default(); whole];
    let mut open = Open::default();
    let (mut last, mut cursor, mut events) = (start, 0, 0);
    for record in records {
        if open.any() {
            spread(&mut hours, start, last, record.now);
        }
        let heard = record.cursor - cursor + u64::from(matches!(record.body, Body::Event(_)));
        let place = usize::try_from(record.now.since(start).0 / HOUR.0).unwrap_or(0);
        if let Some(hour) = hours.get_mut(place) {
            // Deliveries that left no record are counted where the next record stands.
            hour.events += heard;
        }
        events += heard;
        (last, cursor) = (record.now, record.cursor);
        open.learn(&record.body);
    }
    let counts = |(place, hour): (usize, &Hour)| {
        let begins = start.after(HOUR.times(i64::try_from(place).expect("a run has few hours")));
        hour.events >= EVENTS_MIN && hour.open.0 * 2 >= HOUR.0 && kinds(begins) >= KINDS_MIN
    };
    let counted = hours.iter().enumerate().filter(|hour| counts(*hour)).count();
    Hours { counted: counted as u64, all: whole as u64, events }
}

/// Adds a stretch of time to the hours it lies in.
fn spread(hours: &mut [Hour], start: Timestamp, from: Timestamp, to: Timestamp) {
    let mut at = from;
    while at < to {
        let place = at.since(start).0 / HOUR.0;
        let next = start.after(HOUR.times(place + 1)).min(to);
        if let Some(hour) = usize::try_from(place).ok().and_then(|place| hours.get_mut(place)) {
            hour.open = Span(hour.open.0 + next.since(at).0);
        }
        at = next;
    }
}

/// What is open by the journal's word.
#[derive(Default)]
struct Open {
    orders: BTreeSet<OrderId>,
    owners: BTreeMap<OrderId, (DeskId, InstrumentId)>,
    positions: BTreeMap<(DeskId, InstrumentId), Qty>,
}

impl Open {
    fn any(&self) -> bool {
        !self.orders.is_empty() || !self.positions.is_empty()
    }

    fn learn(&mut self, body: &Body) {
        let Body::Decision(decision) = body else { return };
        if let Decision::Intended { order, desk, .. } = decision {
            self.orders.insert(order.id);
            self.owners.insert(order.id, (*desk, order.instrument));
        } else if let Decision::Moved { order, to, .. } = decision {
            if to.is_terminal() {
                self.orders.remove(order);
            } else {
                self.orders.insert(*order);
            }
        } else if let Decision::Booked { order, position, .. } = decision {
            // Other hands trade in the first instrument, or nearly always do; only hours are counted by it.
            let key = self.owners.get(order).copied().unwrap_or((DeskId::EXTERNAL, InstrumentId(0)));
            if position.is_zero() {
                self.positions.remove(&key);
            } else {
                self.positions.insert(key, *position);
            }
        }
    }
}
