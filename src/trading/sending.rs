//! How an order, an amend or a cancel leaves: a token of its lane, the record, then the command
//! (production-rules §2.7).
//!
//! Entries never queue: without a token they were denied. Everything else waits for the safety lane
//! in the order kill > exit > protection > cancel, oldest first, and is served when something new
//! comes to wait or a token has grown. A kill may overdraw the lane. An exit that waited longer than
//! `exit.max_age` is void, not fired as it was (EC-6).

use super::core::Core;
use super::order::Origin;
use super::orders::Order;
use super::transitions::Input;
use super::words::Ability;
use crate::market::{
    Action, Amend, Bug, Command, Contract, Decision, DeskId, InstrumentId, IntentId, Link, NewOrder, OrderId,
    OrderKind, OrderState, Price, Purpose, Qty, Side, TimeInForce, Timestamp, TriggerSource, planted,
};

/// Who is served first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Rank {
    /// A kill's cancel; it overdraws the lane.
    Kill,
    /// An exit.
    Exit,
    /// A stop or a target.
    Protection,
    /// Any other cancel.
    Cancel,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Errand {
    /// Release an intent.
    Release,
    /// Send the new terms.
    Amend,
    /// Send a cancel.
    Cancel,
}

/// Something that waits for a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Waiting {
    rank: Rank,
    since: Timestamp,
    order: OrderId,
    errand: Errand,
}

/// An order of the core's own: an exit or protection, already examined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Draft {
    /// For which desk.
    pub(crate) desk: DeskId,
    /// What to trade.
    pub(crate) instrument: InstrumentId,
    /// Exit, stop or target.
    pub(crate) purpose: Purpose,
    /// Buy or sell.
    pub(crate) side: Side,
    /// Kind and prices.
    pub(crate) kind: OrderKind,
    /// What sets off its trigger.
    pub(crate) trigger_by: TriggerSource,
    /// How much.
    pub(crate) qty: Qty,
    /// How long it works.
    pub(crate) tif: TimeInForce,
    /// May only shrink a position.
    pub(crate) reduce_only: bool,
    /// The position's leverage.
    pub(crate) leverage: u8,
    /// Where the position would be given up.
    pub(crate) stop: Option<Price>,
    /// Twice the mid it was priced from.
    pub(crate) twice_reference: i64,
}

impl Core {
    /// Sends an order of the core's own on the safety lane and returns its id.
    pub(crate) fn send_order(&mut self, now: Timestamp, draft: Draft, actions: &mut Vec<Action>) -> OrderId {
        let Draft { desk, purpose, stop, twice_reference, .. } = draft;
        let terms = NewOrder {
            id: OrderId(0),
            instrument: draft.instrument,
            side: draft.side,
            kind: draft.kind,
            trigger_by: draft.trigger_by,
            qty: draft.qty,
            tif: draft.tif,
            post_only: false,
            reduce_only: draft.reduce_only,
            leverage: draft.leverage,
            deadline: self.deadline_of(draft.instrument, now),
            risk_pass: crate::market::RiskPassId(0),
        };
        let intent = self.numbers.intent();
        self.intend(
            now,
            terms,
            Origin { desk, intent, proposal: None, purpose, stop, target: None, trailing: false, twice_reference },
            actions,
        )
    }

    /// Gives an examined order its id and its risk pass, records the intent and lets it leave.
    pub(crate) fn intend(
        &mut self,
        now: Timestamp,
        mut terms: NewOrder,
        origin: Origin,
        actions: &mut Vec<Action>,
    ) -> OrderId {
        (terms.id, terms.risk_pass) = (self.numbers.order(), self.numbers.pass());
        // Of what was sold beyond what was held on spot no flag buys back: the venue knows no short there.
        let spot = self.instrument(terms.instrument).contract == Contract::Spot;
        terms.reduce_only &= !spot || terms.side == Side::Sell;
        let Origin { desk, intent, proposal, purpose, twice_reference, .. } = origin;
        actions.push(Action::Record(Decision::Intended {
            intent,
            proposal,
            purpose,
            desk,
            pass: terms.risk_pass,
            order: terms,
            twice_reference,
        }));
        self.assert_alone(intent);
        let mut order = Order::new(terms, origin, OrderState::Intent);
        if let TimeInForce::Gtd(until) = terms.tif {
            order.watch.expires = Some(until);
        }
        self.orders.insert(order);
        self.touch((desk, terms.instrument));
        match purpose {
            Purpose::Entry => {
                assert!(self.entry_lane.take(now), "CK-32 saw a token for order {:?}", terms.id);
                self.release(now, terms.id, actions);
            }
            Purpose::Exit | Purpose::Stop | Purpose::Target => {
                self.wait(now, rank_of(purpose), Errand::Release, terms.id);
            }
        }
        terms.id
    }

    /// O7: one intent has at most one order that could be live.
    fn assert_alone(&self, intent: IntentId) {
        let other = self.orders.open().find(|order| order.intent == intent && !order.state.is_terminal());
        assert!(other.is_none(), "{intent:?} would have a second order beside {:?}", other.map(Order::id));
    }

    /// Wants an order cancelled; protection's own way and the operator's.
    pub(crate) fn cancel_order(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        if self.orders.get(id).is_some_and(|order| !order.state.is_terminal()) {
            self.apply(now, id, Input::CancelWanted, actions);
        }
    }

    /// A desk wants its order cancelled: from the entry lane if it has a token, else the safety lane.
    pub(crate) fn cancel_for_desk(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        self.apply(now, id, Input::CancelWanted, actions);
        let own = |waiting: &Waiting| waiting.order == id && waiting.errand == Errand::Cancel;
        if let Some(place) = self.waiting.iter().position(own)
            && self.entry_lane.take(now)
        {
            self.waiting.remove(place);
            self.send_cancel(now, id, actions);
        }
        self.flush(now, actions);
    }

    /// Lets something wait for the safety lane, once.
    pub(crate) fn wait(&mut self, now: Timestamp, rank: Rank, errand: Errand, order: OrderId) {
        let same = |waiting: &&mut Waiting| waiting.order == order && waiting.errand == errand;
        match self.waiting.iter_mut().find(same) {
            Some(waiting) => waiting.rank = waiting.rank.min(rank),
            None => self.waiting.push(Waiting { rank, since: now, order, errand }),
        }
        self.stirred = true;
    }

    /// Serves what waits, as far as tokens go, and asks to be woken for the rest. Between two wakes
    /// only something new to wait for stirs it, so that an event nobody wants changes nothing.
    pub(crate) fn flush(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if !std::mem::take(&mut self.stirred) {
            return;
        }
        self.retry_due(now, actions);
        self.serve_safety(now, actions);
        self.serve_queries(now, actions);
        self.stirred = false;
    }

    fn serve_safety(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.is_down(Link::Orders) {
            // What waits leaves, or turns out to be moot, when the link is back.
            return;
        }
        while let Some(next) = self.waiting.iter().filter(|waiting| self.may_go(**waiting, now)).min().copied() {
            let place = self.waiting.iter().position(|waiting| *waiting == next).expect("just found");
            if self.is_stale(next, now) {
                self.waiting.remove(place);
                self.apply(now, next.order, Input::CancelWanted, actions);
                continue;
            }
            if self.is_moot(next) {
                self.waiting.remove(place);
                continue;
            }
            if next.rank == Rank::Kill {
                self.safety_lane.overdraw(now);
            } else if !self.safety_lane.take(now) {
                let token = self.safety_lane.next_token(now);
                return self.wake_at(token, actions);
            }
            self.waiting.remove(place);
            match next.errand {
                Errand::Release => self.release(now, next.order, actions),
                Errand::Amend => self.send_amend(now, next.order, actions),
                Errand::Cancel => self.send_cancel(now, next.order, actions),
            }
        }
    }

    /// Whether something may be served now: an exit waits until the lots it sells are free (PR-6), but
    /// no longer than a wish lasts.
    fn may_go(&self, waiting: Waiting, now: Timestamp) -> bool {
        waiting.errand != Errand::Release || self.is_stale(waiting, now) || !self.awaits_lots(now, waiting.order)
    }

    fn is_stale(&self, waiting: Waiting, now: Timestamp) -> bool {
        let still_intent = self.orders.get(waiting.order).is_some_and(|order| order.state == OrderState::Intent);
        let exit = waiting.rank == Rank::Exit && waiting.errand == Errand::Release;
        exit && still_intent && !planted(Bug::ExitNotStale) && now.since(waiting.since) > self.config.exit.max_age
    }

    /// Whether what waits has nothing left to do: its order ended meanwhile. It takes no token.
    fn is_moot(&self, waiting: Waiting) -> bool {
        let state = self.orders.get(waiting.order).map(|order| order.state);
        match waiting.errand {
            Errand::Release => state != Some(OrderState::Intent),
            Errand::Amend => state != Some(OrderState::AmendPending),
            Errand::Cancel => state.is_none_or(OrderState::is_terminal),
        }
    }

    /// The deadline of an order released now: none where the venue keeps none (LD-6).
    pub(crate) fn deadline_of(&self, instrument: InstrumentId, now: Timestamp) -> Timestamp {
        if self.keeps_deadlines(instrument) { now.after(self.config.orders.deadline) } else { Timestamp::MAX }
    }

    /// Whether the venue refuses what arrives after its deadline.
    pub(crate) fn keeps_deadlines(&self, instrument: InstrumentId) -> bool {
        !self.config.beliefs.lacks(&self.instrument(instrument).symbol, Ability::Deadline)
    }

    /// Releases an intent to the wire. Its deadline counts from here, not from when it was approved.
    fn release(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let Some(order) = self.orders.get(id).filter(|order| order.state == OrderState::Intent) else { return };
        let deadline = self.deadline_of(order.terms.instrument, now);
        let order = self.orders.get_mut(id).expect("it was just read");
        order.terms.deadline = deadline;
        let new = order.terms;
        let due = now.after(self.config.orders.ack_timeout);
        self.orders.release(now, id, due);
        let moved = Decision::Moved { order: id, row: 0, from: OrderState::Intent, to: OrderState::Sent };
        actions.push(Action::Record(moved));
        actions.push(Action::Send(Command::New(new)));
        self.wake_at(due, actions);
    }

    /// Sends a cancel, unless the order ended while it waited.
    pub(super) fn send_cancel(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let due = now.after(self.config.orders.cancel_timeout);
        let Some(order) = self.orders.get_mut(id).filter(|order| !order.state.is_terminal()) else { return };
        order.watch.cancelled = Some(now);
        // Only of a cancel in flight does silence say anything: an order that came back to life, or
        // whose submission is open, has other clocks.
        if order.state == OrderState::CancelPending {
            (order.watch.reply_due, order.watch.commanded) = (Some(due), Some(now));
            self.wake_at(due, actions);
        }
        actions.push(Action::Send(Command::Cancel(id)));
    }

    /// Sends the terms an amend asks for.
    pub(super) fn send_amend(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let due = now.after(self.config.orders.amend_timeout);
        let Some(order) = self.orders.get_mut(id).filter(|order| order.state == OrderState::AmendPending) else {
            return;
        };
        let Some(terms) = order.amending else { return };
        (order.watch.reply_due, order.watch.commanded) = (Some(due), Some(now));
        actions.push(Action::Send(Command::Amend(Amend { id, qty: terms.qty, kind: terms.kind })));
        self.wake_at(due, actions);
    }
}

/// Who an order's purpose is served with.
pub(super) const fn rank_of(purpose: Purpose) -> Rank {
    match purpose {
        Purpose::Exit => Rank::Exit,
        Purpose::Stop | Purpose::Target => Rank::Protection,
        Purpose::Entry => Rank::Cancel,
    }
}

#[cfg(test)]
#[path = "../../tests/vectors/lanes.rs"]
mod lanes;
