//! How orders end by themselves: cancels, expiry, the end of the day, a band that moves, and
//! reduce-only orders without anything to reduce.
//!
//! Where several end at once, they end in the order they came.

use std::cmp::Reverse;

use crate::market::{OrderId, Qty, Side, Timestamp};

use super::queue::{Order, Place};
use super::{Arrival, Band, Ended, Engine, Output, Owner, Phase, STILL, Stay};

impl Engine {
    #[inline]
    pub(super) fn on_cancel(&mut self, id: OrderId, out: &mut Vec<Output>) {
        match self.book.find(id) {
            Some(place) => self.end(place, Ended::Requested, out),
            None => out.push(Output::CancelRejected(id)),
        }
    }

    pub(super) fn on_cancel_all(&mut self, owner: Option<Owner>, out: &mut Vec<Output>) {
        self.end_all(Ended::Requested, out, |order, _| owner.is_none_or(|owner| order.owner == owner));
    }

    pub(super) fn on_phase(&mut self, phase: Phase, out: &mut Vec<Output>) {
        let before = std::mem::replace(&mut self.phase, phase);
        if phase == before {
            return;
        }
        match phase {
            Phase::Continuous => {
                // Whatever a call left crossed is uncrossed as one; stops look at the last trade there is.
                self.phase = Phase::Call;
                self.uncross(None, out);
                self.phase = Phase::Continuous;
                self.swing = self.last.map_or(STILL, |last| (last, last));
            }
            Phase::Call => self.end_all(Ended::Auction, out, |order, _| order.reduce_only && order.shelf.rests()),
            Phase::Halted => {}
            Phase::Closed => self.end_all(Ended::Expired, out, |_, asked| asked.stay == Stay::Day),
        }
    }

    pub(super) fn on_band(&mut self, band: Option<Band>, out: &mut Vec<Output>) {
        self.band = band;
        let Some(band) = band else { return };
        // Whoever would have traded outside it; beyond its far end one may wait for it to come back.
        self.end_all(Ended::Band, out, |order, asked| {
            let limit = asked.kind.limit().filter(|_| order.shelf.rests());
            limit.is_some_and(|limit| match order.side {
                Side::Buy => limit > band.high,
                Side::Sell => limit < band.low,
            })
        });
    }

    pub(super) fn on_position(&mut self, owner: Owner, qty: Qty) {
        if owner == Owner::ANYBODY || owner > Owner::KEPT_MAX {
            return;
        }
        let place = owner.0 as usize;
        if place >= self.positions.len() {
            self.positions.resize(place + 1, None);
        }
        self.positions[place] = Some(qty);
        self.turned = !self.reducers.is_empty();
    }

    /// An order ends.
    #[inline]
    pub(super) fn end(&mut self, place: Place, why: Ended, out: &mut Vec<Output>) {
        let Order { id, open, .. } = *self.book.order(place);
        self.book.remove(place);
        out.push(Output::Cancelled(id, open, why));
    }

    /// Every order of which `which` is true ends.
    pub(super) fn end_all(&mut self, why: Ended, out: &mut Vec<Output>, which: impl Fn(&Order, &Arrival) -> bool) {
        let mut ending = std::mem::take(&mut self.scratch);
        for (index, asked) in self.asked.iter().enumerate().skip(1) {
            let place = Place::try_from(index).expect("fewer orders than places");
            let order = self.book.order(place);
            if order.arrived > 0 && which(order, asked) {
                ending.push((order.arrived, place));
            }
        }
        ending.sort_unstable();
        for (_, place) in ending.drain(..) {
            self.end(place, why, out);
        }
        self.scratch = ending;
    }

    /// So much of an owner's position an order of this side could reduce.
    #[inline]
    pub(super) fn reducible(&self, owner: Owner, side: Side) -> Qty {
        let position = self.position(owner).unwrap_or_default();
        Qty((-side.signed(position).0).max(0))
    }

    /// A position that is kept moves with a trade.
    #[inline]
    pub(super) fn moved(&mut self, owner: Owner, side: Side, qty: Qty) {
        if owner != Owner::ANYBODY
            && let Some(Some(position)) = self.positions.get_mut(owner.0 as usize)
        {
            *position += side.signed(qty);
            self.turned = !self.reducers.is_empty();
        }
    }

    #[inline(never)]
    pub(super) fn note_reducer(&mut self, place: Place) {
        if self.reducers.len() == self.reducers.capacity() {
            self.reducers.retain(|(arrived, place)| self.book.order(*place).arrived == *arrived);
        }
        self.reducers.push((self.book.order(place).arrived, place));
        // What it took on its way here may have been the last there was.
        self.turned = true;
    }

    /// Reduce-only orders that have nothing left to reduce end, waiting or not.
    #[cold]
    pub(super) fn end_reducers(&mut self, out: &mut Vec<Output>) {
        self.turned = false;
        let mut reducers = std::mem::take(&mut self.reducers);
        reducers.retain(|(arrived, place)| {
            let order = self.book.order(*place);
            if order.arrived != *arrived {
                return false;
            }
            let goes_on = !self.reducible(order.owner, order.side).is_zero();
            if !goes_on {
                self.end(*place, Ended::NothingToReduce, out);
            }
            goes_on
        });
        self.reducers = reducers;
    }

    #[inline(never)]
    pub(super) fn note_due(&mut self, until: Timestamp, place: Place) {
        if self.due.len() == self.due.capacity() {
            self.due.retain(|Reverse((_, arrived, place))| self.book.order(*place).arrived == *arrived);
        }
        self.due.push(Reverse((until, self.book.order(place).arrived, place)));
        self.next_due = self.next_due.min(until);
    }

    #[cold]
    pub(super) fn expire(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        while let Some(Reverse((at, arrived, place))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            if self.book.order(place).arrived == arrived {
                self.end(place, Ended::Expired, out);
            }
        }
        self.next_due = self.due.peek().map_or(Timestamp::MAX, |Reverse((at, ..))| *at);
    }
}
