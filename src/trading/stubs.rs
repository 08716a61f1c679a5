//! What remains of orders that left the history: enough to book a late fill to its desk
//! (production-rules §4.9, CRITICAL-4).
//!
//! A stub is kept for `orders.late_fill_window` after it was made and then dropped; the journal
//! keeps the order whole.

use std::collections::{BTreeMap, VecDeque};

use super::order::{Order, Origin};
use crate::market::{NewOrder, OrderId, OrderState, Qty, Span, Timestamp, VenueRef};

/// One forgotten order.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stub {
    terms: NewOrder,
    origin: Origin,
    state: OrderState,
    filled: Qty,
    venue_id: Option<VenueRef>,
}

/// All of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Stubs {
    window: Span,
    kept: BTreeMap<OrderId, Stub>,
    by_age: VecDeque<(Timestamp, OrderId)>,
}

impl Stubs {
    /// None yet; each will be kept for `window`.
    pub(super) const fn new(window: Span) -> Self {
        Self { window, kept: BTreeMap::new(), by_age: VecDeque::new() }
    }

    /// Keeps what a late fill needs of an order that leaves the history.
    pub(super) fn keep(&mut self, now: Timestamp, order: &Order) {
        let Order { desk, intent, proposal, purpose, stop, twice_reference, .. } = *order;
        let origin = Origin { desk, intent, proposal, purpose, stop, target: None, trailing: false, twice_reference };
        let stub =
            Stub { terms: order.terms, origin, state: order.state, filled: order.filled, venue_id: order.venue_id };
        self.kept.insert(order.id(), stub);
        self.by_age.push_back((now, order.id()));
        while self.by_age.front().is_some_and(|(kept, _)| now.since(*kept) > self.window) {
            self.by_age.pop_front().map(|(_, id)| self.kept.remove(&id));
        }
    }

    /// The order a stub stands for, which is remembered by somebody else from here on.
    pub(super) fn take(&mut self, id: OrderId) -> Option<Order> {
        let Stub { terms, origin, state, filled, venue_id } = self.kept.remove(&id)?;
        self.by_age.retain(|(_, kept)| *kept != id);
        let mut order = Order::new(terms, origin, state);
        (order.filled, order.reported, order.venue_id) = (filled, filled, venue_id);
        Some(order)
    }
}
