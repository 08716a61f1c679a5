//! The order manager's table: every order is in exactly one of the open orders and the history.
//!
//! Moving an order is one assignment, and a lookup by id covers both. What a cell of the
//! transition table does to the order itself happens here; what it does to anything else (book,
//! alert, send) is read off the same cell by the trader.

use std::collections::BTreeMap;

use super::transitions::{Cell, Effect, Input, Next, transition};
use crate::market::{
    DeskId, InstrumentId, IntentId, NewOrder, OrderId, OrderState, PendingEffect, Price, ProposalId, Purpose, Qty,
    Side, Timestamp, VenueRef,
};

/// One attempt to execute an intent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its terms, as amended.
    pub terms: NewOrder,
    /// For which desk.
    pub desk: DeskId,
    /// The wish it serves.
    pub intent: IntentId,
    /// The proposal it came from; none where the core acts by itself.
    pub proposal: Option<ProposalId>,
    /// What it is for.
    pub purpose: Purpose,
    /// Where the position would be given up.
    pub stop: Option<Price>,
    /// Twice the mid it was priced from.
    pub twice_reference: i64,
    /// Where it stands.
    pub state: OrderState,
    /// Sum of its booked fills; never decreases.
    pub filled: Qty,
    /// The greatest cumulative quantity the venue reported; what exceeds `filled` is still due.
    pub reported: Qty,
    /// The venue's id.
    pub venue_id: Option<VenueRef>,
    /// Whether it is to be cancelled as soon as it is live.
    pub cancel_wanted: bool,
    /// Whether a fill came after its end.
    pub late_fill: bool,
    /// When silence makes the outcome of the last command unknown.
    pub reply_due: Option<Timestamp>,
}

impl Order {
    /// What could still fill by our knowledge: the quantity less what filled while it may be open,
    /// and the fills due afterwards.
    #[must_use]
    pub fn could_fill(&self) -> Qty {
        let due = Qty((self.reported - self.filled).0.max(0));
        if self.state.is_terminal() { due } else { Qty((self.terms.qty - self.filled).0.max(due.0)) }
    }

    /// Whether it rests with a limit, rather than taking at once.
    #[must_use]
    pub const fn is_market_like(&self) -> bool {
        matches!(self.terms.tif, crate::market::TimeInForce::Ioc | crate::market::TimeInForce::Fok)
    }

    /// Which case of a fill an execution of `qty` is.
    #[must_use]
    pub fn fill_case(&self, qty: Qty) -> Input {
        let cumulative = self.filled + qty;
        let ended = matches!(self.state, OrderState::Filled | OrderState::Cancelled | OrderState::Expired);
        if ended && cumulative <= self.reported.min(self.terms.qty) {
            return Input::FilledDue;
        }
        match cumulative.cmp(&self.terms.qty) {
            std::cmp::Ordering::Less => Input::FilledInPart,
            std::cmp::Ordering::Equal => Input::FilledWhole,
            std::cmp::Ordering::Greater => Input::Overfilled,
        }
    }
}

/// The effects of a cell that this part of the house records instead of carrying them out.
pub fn pending_effects(cell: Cell) -> impl Iterator<Item = PendingEffect> {
    [
        (Effect::Protect, PendingEffect::Protect),
        (Effect::Query, PendingEffect::Resolve),
        (Effect::Ladder, PendingEffect::Resolve),
        (Effect::FillsDue, PendingEffect::FindFills),
        (Effect::Reverse, PendingEffect::Reverse),
        (Effect::Retry, PendingEffect::Retry),
    ]
    .into_iter()
    .filter(move |(effect, _)| cell.has(*effect))
    .map(|(_, pending)| pending)
}

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
    history_max: usize,
}

impl Orders {
    /// An empty table that remembers at most `history_max` ended orders.
    #[must_use]
    pub const fn new(history_max: usize) -> Self {
        Self { open: BTreeMap::new(), history: BTreeMap::new(), history_max }
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

    /// Open orders, by id.
    pub fn open(&self) -> impl Iterator<Item = &Order> {
        self.open.values()
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

    /// Applies an input to an order by the transition table.
    ///
    /// # Panics
    /// When there is no such order, or the table holds the input impossible in its state.
    pub fn apply(&mut self, id: OrderId, input: Input) -> Moved {
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
        self.place(id, to);
        Moved { cell, from, to }
    }

    /// The one step outside the table: an approved order is released to the wire.
    ///
    /// # Panics
    /// When the order is not an intent.
    pub fn release(&mut self, id: OrderId, reply_due: Timestamp) {
        let order = self.open.get_mut(&id).expect("only an open order is released");
        assert!(order.state == OrderState::Intent, "{id:?} is released in {:?}", order.state);
        order.state = OrderState::Sent;
        order.reply_due = Some(reply_due);
    }

    /// Sets an order's state and keeps it in the one table it belongs to.
    fn place(&mut self, id: OrderId, to: OrderState) {
        let order = self.open.remove(&id).or_else(|| self.history.remove(&id));
        let mut order = order.expect("the caller found the order");
        if order.state != to {
            order.reply_due = None;
        }
        order.state = to;
        let due = order.reported > order.filled;
        if to.is_terminal() && !due {
            self.history.insert(id, order);
            self.forget_oldest(id);
        } else {
            self.open.insert(id, order);
        }
    }

    /// Keeps the history within its bound. The order that just ended is never the one to go.
    fn forget_oldest(&mut self, just_ended: OrderId) {
        if self.history.len() > self.history_max {
            let oldest = self.history.keys().copied().find(|id| *id != just_ended);
            oldest.map(|id| self.history.remove(&id));
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
    use crate::market::{OrderKind, RiskPassId, TimeInForce, TriggerSource};

    /// A live buy of ten at one hundred.
    pub fn order(id: u64, state: OrderState) -> Order {
        Order {
            terms: NewOrder {
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
            },
            desk: DeskId(0),
            intent: IntentId(id),
            proposal: Some(ProposalId(id)),
            purpose: Purpose::Entry,
            stop: None,
            twice_reference: 200,
            state,
            filled: Qty::ZERO,
            reported: Qty::ZERO,
            venue_id: None,
            cancel_wanted: false,
            late_fill: false,
            reply_due: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_found_exactly_once_and_history_is_bounded() {
        let mut orders = Orders::new(3);
        for id in 0..10 {
            orders.insert(samples::order(id, OrderState::Sent));
            orders.apply(OrderId(id), Input::Accepted);
            assert_eq!((orders.open_count(), orders.open().count()), (1, 1));
            orders.apply(OrderId(id), Input::Cancelled);
            assert_eq!(orders.open_count(), 0);
            assert_eq!(orders.get(OrderId(id)).map(|order| order.state), Some(OrderState::Cancelled));
        }
        assert_eq!(orders.history.len(), 3);
        assert!(orders.get(OrderId(6)).is_none() && orders.get(OrderId(7)).is_some());
    }

    #[test]
    fn an_ended_order_with_fills_due_stays_open_and_reserved() {
        let mut orders = Orders::new(3);
        orders.insert(samples::order(1, OrderState::Live));
        orders.get_mut(OrderId(1)).expect("inserted").reported = Qty(4);
        orders.apply(OrderId(1), Input::Cancelled);
        let order = orders.open().next().expect("four lots are still due");
        assert_eq!(order.could_fill(), Qty(4));
    }

    #[test]
    #[should_panic(expected = "cannot happen")]
    fn the_impossible_is_asserted() {
        let mut orders = Orders::new(3);
        orders.insert(samples::order(1, OrderState::Live));
        orders.apply(OrderId(1), Input::ReplyTimer);
    }
}
