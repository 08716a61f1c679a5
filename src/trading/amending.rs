//! Amendment in place (production-rules §3.5, DESIGN-3).
//!
//! Old and new terms are both reserved until the answer; a refused amend leaves the old terms. One
//! amend is in flight per order: whoever wants more keeps the newest wish and asks again when the
//! order is live.

use super::core::Core;
use super::order::Terms;
use super::sending::{Errand, rank_of};
use super::transitions::{Input, Next, transition};
use crate::market::{Action, OrderId, OrderKind, OrderState, Purpose, Qty, Timestamp};

impl Core {
    /// Amends an order of the core's own on the safety lane; false if it cannot be amended now.
    pub(crate) fn amend_order(
        &mut self,
        now: Timestamp,
        id: OrderId,
        qty: Qty,
        kind: OrderKind,
        actions: &mut Vec<Action>,
    ) -> bool {
        let Some(purpose) = self.begin_amend(now, id, Terms { qty, kind }, actions) else { return false };
        self.wait(now, rank_of(purpose), Errand::Amend, id);
        true
    }

    /// Amends a desk's order: an entry from the entry lane, whose token the checks saw, an exit from
    /// the safety lane.
    pub(crate) fn amend_for_desk(
        &mut self,
        now: Timestamp,
        id: OrderId,
        terms: Terms,
        actions: &mut Vec<Action>,
    ) -> bool {
        let Some(purpose) = self.begin_amend(now, id, terms, actions) else { return false };
        if purpose == Purpose::Entry {
            assert!(self.entry_lane.take(now), "CK-32 saw a token for the new terms of {id:?}");
            self.send_amend(now, id, actions);
        } else {
            self.wait(now, rank_of(purpose), Errand::Amend, id);
            self.flush(now, actions);
        }
        true
    }

    /// Moves an order to `AmendPending` with both terms reserved, if the table lets it; its purpose.
    pub(super) fn begin_amend(
        &mut self,
        now: Timestamp,
        id: OrderId,
        terms: Terms,
        actions: &mut Vec<Action>,
    ) -> Option<Purpose> {
        let order = self.orders.get(id)?;
        let (purpose, filled) = (order.purpose, order.filled);
        let free = transition(order.state, Input::AmendWanted).next == Next::To(OrderState::AmendPending);
        if !free || terms.qty <= filled {
            return None;
        }
        self.apply(now, id, Input::AmendWanted, actions);
        self.orders.get_mut(id).expect("just found").amending = Some(terms);
        Some(purpose)
    }
}
