//! For how long positions were held, and for how long a stop covered them.
//!
//! A position is covered while a stop of ours lives for it and the trader does not say that it is naked: what the trader
//! says alone is not enough, since a position that nobody wants stopped is not naked either.

use std::collections::{BTreeMap, BTreeSet};

use super::Key;
use crate::market::{DeskId, OrderId, OrderState, Timestamp};

#[derive(Clone, Debug, Default)]
struct Row {
    held: bool,
    naked: bool,
    stops: BTreeSet<OrderId>,
    since: Option<Timestamp>,
}

/// The cover of a run under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Cover {
    rows: BTreeMap<Key, Row>,
    stops: BTreeMap<OrderId, Key>,
    held_ns: i64,
    covered_ns: i64,
}

impl Cover {
    /// A stop is approved.
    pub fn intend(&mut self, id: OrderId, key: Key) {
        self.stops.insert(id, key);
    }

    /// An order met an input.
    pub fn moved(&mut self, now: Timestamp, id: OrderId, to: OrderState) {
        use OrderState::{AmendPending, CancelPending, Live, UnknownAmend};
        let Some(key) = self.stops.get(&id).copied() else { return };
        let lives = matches!(to, Live | AmendPending | UnknownAmend | CancelPending);
        self.change(now, key, |row| {
            if lives {
                row.stops.insert(id);
            } else {
                row.stops.remove(&id);
            }
        });
    }

    /// A position is held, or not any more.
    pub fn hold(&mut self, now: Timestamp, key: Key, held: bool) {
        self.change(now, key, |row| row.held = held);
    }

    /// The trader says that a position is naked, or not any more.
    pub fn naked(&mut self, now: Timestamp, key: Key, naked: bool) {
        self.change(now, key, |row| row.naked = naked);
    }

    fn change(&mut self, now: Timestamp, key: Key, how: impl FnOnce(&mut Row)) {
        if key.0 == DeskId::EXTERNAL {
            return;
        }
        let row = self.rows.entry(key).or_default();
        let (held, covered) = passed(row, now);
        self.held_ns = self.held_ns.saturating_add(held);
        self.covered_ns = self.covered_ns.saturating_add(covered);
        row.since = Some(now);
        how(row);
    }

    /// For how long positions were held until then, each on its own, and for how long of that a stop covered them.
    pub fn finish(&self, until: Timestamp) -> (i64, i64) {
        let open = self.rows.values().map(|row| passed(row, until));
        open.fold((self.held_ns, self.covered_ns), |sum, open| {
            (sum.0.saturating_add(open.0), sum.1.saturating_add(open.1))
        })
    }
}

/// For how long a row stands as it is, if it is held, and if it is covered.
fn passed(row: &Row, now: Timestamp) -> (i64, i64) {
    let held = if row.held { row.since.map_or(0, |since| now.since(since).0.max(0)) } else { 0 };
    (held, if row.naked || row.stops.is_empty() { 0 } else { held })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::InstrumentId;

    /// Held from 10 to 60; a stop lives from 15 to 50; the trader calls it naked from 10 to 20: 30 of 50 covered.
    #[test]
    fn a_position_is_covered_while_a_stop_lives_and_it_is_not_naked() {
        let (key, stop) = ((DeskId(0), InstrumentId(0)), OrderId(7));
        let mut cover = Cover::default();
        cover.hold(Timestamp(10), key, true);
        cover.naked(Timestamp(10), key, true);
        cover.intend(stop, key);
        cover.moved(Timestamp(15), stop, OrderState::Live);
        cover.naked(Timestamp(20), key, false);
        cover.moved(Timestamp(40), stop, OrderState::AmendPending);
        cover.moved(Timestamp(50), stop, OrderState::Filled);
        assert_eq!(cover.finish(Timestamp(55)), (45, 30));
        cover.hold(Timestamp(60), key, false);
        assert_eq!(cover.finish(Timestamp(100)), (50, 30));
    }
}
