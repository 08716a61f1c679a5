//! The order manager's table: every order is in exactly one of the open orders and the history.
//!
//! Moving an order is one assignment, and a lookup by id covers both. What a cell of the
//! transition table does to the order itself happens here; what it does to anything else (book,
//! alert, send) is read off the same cell by the trader.

use std::collections::BTreeMap;

pub use super::order::Order;
use super::stubs::Stubs;
use super::transitions::{Cell, Effect, Input, Next, transition};
use crate::market::{Bug, InstrumentId, OrderId, OrderState, Price, Side, Span, Timestamp, planted};

/// A change of an order, to be recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The cell that applied.
    pub cell: Cell,
    /// State before.
    pub from: OrderState,
    /// State after.
    pub to: OrderState,
}

/// All orders of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Orders {
    open: BTreeMap<OrderId, Order>,
    history: BTreeMap<OrderId, Order>,
    stubs: Stubs,
    history_max: usize,
}

impl Orders {
    /// An empty table that remembers at most `history_max` ended orders whole, and of those before
    /// them what a fill up to `late_fills` after their end needs.
    #[must_use]
    pub const fn new(history_max: usize, late_fills: Span) -> Self {
        Self { open: BTreeMap::new(), history: BTreeMap::new(), stubs: Stubs::new(late_fills), history_max }
    }

    /// Takes in a new order.
    ///
    /// # Panics
    /// When its id was used before.
    pub fn insert(&mut self, order: Order) {
        let id = order.terms.id;
        assert!(self.get(id).is_none(), "order id {id:?} is used twice");
        self.open.insert(id, order);
    }

    /// An order, open or ended.
    #[must_use]
    pub fn get(&self, id: OrderId) -> Option<&Order> {
        self.open.get(&id).or_else(|| self.history.get(&id))
    }

    /// An order, to write facts on it; its state changes through [`Orders::apply`] alone.
    pub fn get_mut(&mut self, id: OrderId) -> Option<&mut Order> {
        self.open.get_mut(&id).or_else(|| self.history.get_mut(&id))
    }

    /// Whether the venue may speak of an order that the history has forgotten; if it left a stub, it is
    /// remembered again.
    pub(crate) fn recall(&mut self, id: OrderId) -> bool {
        let missed = |order: &mut Order| order.watch.ended.take().is_some();
        if planted(Bug::Critical4History) && self.history.get_mut(&id).is_some_and(missed) {
            // It left the open table and reaches the history one step later: this lookup misses it.
            return false;
        }
        if self.get(id).is_none()
            && let Some(order) = self.stubs.take(id)
        {
            self.history.insert(id, order);
        }
        self.get(id).is_some()
    }

    /// Open orders, by id.
    pub fn open(&self) -> impl Iterator<Item = &Order> + Clone {
        self.open.values()
    }

    /// Open orders, to write facts on them.
    pub(crate) fn open_mut(&mut self) -> impl Iterator<Item = &mut Order> {
        self.open.values_mut()
    }

    /// Open orders of one instrument, by id.
    pub fn open_in(&self, instrument: InstrumentId) -> impl Iterator<Item = &Order> {
        self.open.values().filter(move |order| order.terms.instrument == instrument)
    }

    /// How many orders are open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Takes an open order out while its own new terms are examined.
    pub(crate) fn set_aside(&mut self, id: OrderId) -> Option<Order> {
        self.open.remove(&id)
    }

    /// Puts it back.
    pub(crate) fn put_back(&mut self, order: Option<Order>) {
        if let Some(order) = order {
            self.open.insert(order.id(), order);
        }
    }

    /// Applies an input to an order by the transition table.
    ///
    /// # Panics
    /// When there is no such order, or the table holds the input impossible in its state.
    pub fn apply(&mut self, now: Timestamp, id: OrderId, input: Input) -> Moved {
        let order = self.get_mut(id).expect("the caller found the order");
        let from = order.state;
        let cell = transition(from, input);
        let to = match cell.next {
            Next::Stay => from,
            Next::To(state) => state,
            Next::Impossible => panic!("{input:?} cannot happen to {id:?} in {from:?}"),
        };
        if cell.has(Effect::CancelWanted) {
            order.cancel_wanted = true;
        }
        if cell.has(Effect::Late) {
            order.late_fill = true;
        }
        self.place(now, id, to);
        Moved { cell, from, to }
    }

    /// The one step outside the table: an approved order is released to the wire.
    ///
    /// # Panics
    /// When the order is not an intent.
    pub fn release(&mut self, now: Timestamp, id: OrderId, reply_due: Timestamp) {
        let order = self.open.get_mut(&id).expect("only an open order is released");
        assert!(order.state == OrderState::Intent, "{id:?} is released in {:?}", order.state);
        order.state = OrderState::Sent;
        order.watch.reply_due = Some(reply_due);
        (order.watch.released, order.watch.commanded, order.watch.heard) = (Some(now), Some(now), Some(now));
    }

    /// Files an order again after a fact about it changed that decides whether it is open.
    pub(crate) fn refile(&mut self, now: Timestamp, id: OrderId) {
        if let Some(state) = self.get(id).map(|order| order.state) {
            self.place(now, id, state);
        }
    }

    /// Sets an order's state and keeps it in the one table it belongs to. One that stays is not moved:
    /// most inputs confirm what is known.
    fn place(&mut self, now: Timestamp, id: OrderId, to: OrderState) {
        let was_open = self.open.contains_key(&id);
        let order = self.get_mut(id).expect("the caller found the order");
        if order.state != to {
            order.watch.reply_due = None;
        }
        order.state = to;
        order.watch.ended = if to.is_terminal() { order.watch.ended.or(Some(now)) } else { None };
        let is_open = order.is_open();
        if was_open != is_open {
            let (from, into) =
                if is_open { (&mut self.history, &mut self.open) } else { (&mut self.open, &mut self.history) };
            into.extend(from.remove(&id).map(|order| (id, order)));
        }
        if !is_open {
            self.forget_oldest(now, id);
        }
    }

    /// Keeps the history within its bound. The order that just ended is never the one to go.
    fn forget_oldest(&mut self, now: Timestamp, just_ended: OrderId) {
        if self.history.len() > self.history_max {
            let oldest = self.history.keys().copied().find(|id| *id != just_ended);
            if let Some(order) = oldest.and_then(|id| self.history.remove(&id)) {
                self.stubs.keep(now, &order);
            }
        }
    }

    /// Live orders of the other side that a price would meet (CK-31).
    #[must_use]
    pub fn would_cross(&self, instrument: InstrumentId, side: Side, worst: Price) -> Option<OrderId> {
        self.open_in(instrument)
            .filter(|order| order.terms.side == side.opposite() && !order.state.is_terminal())
            .find(|order| order.terms.kind.limit().is_some_and(|limit| side.reaches(worst, limit)))
            .map(|order| order.terms.id)
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Orders for the tests of this room.

    use super::*;
    use crate::market::{
        DeskId, IntentId, NewOrder, OrderKind, ProposalId, Purpose, Qty, RiskPassId, TimeInForce, TriggerSource,
    };
    use crate::trading::order::Origin;

    /// A live buy of ten at one hundred.
    pub fn order(id: u64, state: OrderState) -> Order {
        let terms = NewOrder {
            id: OrderId(id),
            instrument: InstrumentId(0),
            side: Side::Buy,
            kind: OrderKind::Limit { limit: Price(100) },
            trigger_by: TriggerSource::Last,
            qty: Qty(10),
            tif: TimeInForce::Gtc,
            post_only: false,
            reduce_only: false,
            leverage: 1,
            deadline: Timestamp::MAX,
            risk_pass: RiskPassId(id),
        };
        let origin = Origin {
            desk: DeskId(0),
            intent: IntentId(id),
            proposal: Some(ProposalId(id)),
            purpose: Purpose::Entry,
            stop: None,
            target: None,
            trailing: false,
            twice_reference: 200,
        };
        Order::new(terms, origin, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Qty;

    // proves: critical-4-history
    #[test]
    fn an_order_is_found_exactly_once_and_history_is_bounded() {
        let mut orders = Orders::new(3, Span::from_hours(1));
        for id in 0..10 {
            orders.insert(samples::order(id, OrderState::Sent));
            orders.apply(Timestamp(0), OrderId(id), Input::Accepted);
            assert_eq!((orders.open_count(), orders.open().count()), (1, 1));
            orders.apply(Timestamp(0), OrderId(id), Input::Cancelled);
            assert_eq!(orders.open_count(), 0);
            assert_eq!(orders.get(OrderId(id)).map(|order| order.state), Some(OrderState::Cancelled));
        }
        assert_eq!(orders.history.len(), 3);
        assert!(orders.get(OrderId(6)).is_none() && orders.get(OrderId(7)).is_some());
        assert!(orders.recall(OrderId(6)) && !orders.recall(OrderId(99)));
        assert_eq!(orders.get(OrderId(6)).map(|order| order.state), Some(OrderState::Cancelled));
    }

    #[test]
    fn an_ended_order_with_fills_due_stays_open_and_reserved() {
        let mut orders = Orders::new(3, Span::from_hours(1));
        orders.insert(samples::order(1, OrderState::Live));
        orders.get_mut(OrderId(1)).expect("inserted").reported = Qty(4);
        orders.apply(Timestamp(0), OrderId(1), Input::Cancelled);
        let order = orders.open().next().expect("four lots are still due");
        assert_eq!(order.could_fill(), Qty(4));
    }

    #[test]
    #[should_panic(expected = "cannot happen")]
    fn the_impossible_is_asserted() {
        let mut orders = Orders::new(3, Span::from_hours(1));
        orders.insert(samples::order(1, OrderState::Live));
        orders.apply(Timestamp(0), OrderId(1), Input::ReplyTimer);
    }
}
