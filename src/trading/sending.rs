//! How an order or a cancel leaves: a token of its lane, the record, then the command
//! (production-rules §2.7).
//!
//! Entries never queue: without a token they were denied. Exits and cancels wait for the safety
//! lane, exits first, oldest first. An exit that waited longer than [`EXIT_MAX_AGE`] is void, not
//! fired as it was (EC-6).

use super::core::{Core, alert};
use super::orders::Moved;
use super::transitions::{Effect, Input, Next};
use crate::market::{Action, Command, Decision, OrderId, OrderState, Purpose, Severity, Span, Timestamp};

/// Age at which a wish to exit is no longer what was wished (`exit.max_age`).
const EXIT_MAX_AGE: Span = Span::from_secs(5);

/// What waits for the safety lane; the order of the variants is the order of service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Errand {
    /// Release an exit.
    Exit,
    /// Send a cancel.
    Cancel,
}

/// Something that waits for a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Waiting {
    errand: Errand,
    since: Timestamp,
    order: OrderId,
}

impl Core {
    /// Applies an input to an order, records the move, and carries out what concerns orders alone.
    pub(crate) fn apply(&mut self, now: Timestamp, id: OrderId, input: Input, actions: &mut Vec<Action>) -> Moved {
        let moved = self.orders.apply(id, input);
        if !moved.cell.is_idle() {
            let (from, to) = (moved.from, moved.to);
            actions.push(Action::Record(Decision::Moved { order: id, row: input.row(), from, to }));
        }
        for pending in super::orders::pending_effects(moved.cell) {
            actions.push(Action::Record(Decision::Pending(id, pending)));
        }
        self.speak(id, input, moved, actions);
        if let Some(order) = self.orders.get(id) {
            self.touch((order.desk, order.terms.instrument));
        }
        if moved.cell.has(Effect::Cancel) {
            self.errand(now, Errand::Cancel, id, actions);
        }
        let became_live = moved.cell.next == Next::To(OrderState::Live);
        let order = self.orders.get_mut(id).filter(|order| became_live && order.cancel_wanted);
        if let Some(order) = order {
            // The wish is served once; a refused cancel has its own retry.
            order.cancel_wanted = false;
            self.apply(now, id, Input::CancelWanted, actions);
        }
        moved
    }

    /// The alerts and the reduce-only flag of a cell.
    fn speak(&mut self, id: OrderId, input: Input, moved: Moved, actions: &mut Vec<Action>) {
        let order = self.orders.get(id).expect("the order was just moved");
        let instrument = order.terms.instrument;
        let what = format!("order {} met {input:?} (TR-{:02}) in {:?}", id.0, input.row(), moved.from);
        if moved.cell.has(Effect::Anomaly) {
            super::core::anomaly(Some(id), what.clone(), actions);
        }
        if moved.cell.has(Effect::Critical) {
            alert(Severity::Critical, Some(instrument), Some(id), what.clone(), actions);
        } else if moved.cell.has(Effect::Warn) {
            alert(Severity::Warning, Some(instrument), Some(id), what.clone(), actions);
        }
        if moved.cell.has(Effect::ReduceOnly) {
            self.restrict(instrument, what, actions);
        }
    }

    /// Makes an instrument reduce-only, once.
    pub(crate) fn restrict(&mut self, instrument: crate::market::InstrumentId, why: String, actions: &mut Vec<Action>) {
        if let std::collections::btree_map::Entry::Vacant(free) = self.reduce_only.entry(instrument) {
            free.insert(why.clone());
            actions.push(Action::Record(Decision::ReduceOnly { instrument, why }));
        }
    }

    /// Sends an approved order: an entry at once, an exit as the safety lane allows.
    pub(crate) fn dispatch(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let purpose = self.orders.get(id).expect("the order was just inserted").purpose;
        match purpose {
            Purpose::Entry => {
                assert!(self.entry_lane.take(now), "CK-32 saw a token for order {id:?}");
                self.release(now, id, actions);
            }
            Purpose::Exit | Purpose::Stop | Purpose::Target => self.errand(now, Errand::Exit, id, actions),
        }
    }

    /// A desk wants its order cancelled: from the entry lane if it has a token, else the safety lane.
    pub(crate) fn cancel_for_desk(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let moved = self.orders.apply(id, Input::CancelWanted);
        if moved.cell.is_idle() {
            return;
        }
        let (from, to) = (moved.from, moved.to);
        actions.push(Action::Record(Decision::Moved { order: id, row: Input::CancelWanted.row(), from, to }));
        if moved.cell.has(Effect::Cancel) {
            if self.entry_lane.take(now) {
                self.send_cancel(now, id, actions);
            } else {
                self.errand(now, Errand::Cancel, id, actions);
            }
        }
    }

    /// Runs an errand if the safety lane has a token and nothing waits before it; else it waits.
    fn errand(&mut self, now: Timestamp, errand: Errand, order: OrderId, actions: &mut Vec<Action>) {
        self.waiting.push(Waiting { errand, since: now, order });
        self.flush(now, actions);
    }

    /// Serves what waits, as far as tokens go, and asks to be woken for the rest.
    pub(crate) fn flush(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.waiting.is_empty() {
            return;
        }
        self.waiting.sort_unstable();
        while let Some(next) = self.waiting.first().copied() {
            if self.is_stale(next, now) {
                self.waiting.remove(0);
                self.apply(now, next.order, Input::CancelWanted, actions);
                continue;
            }
            if self.is_moot(next) {
                self.waiting.remove(0);
                continue;
            }
            if !self.safety_lane.take(now) {
                let token = self.safety_lane.next_token(now);
                self.wake_at(token, actions);
                return;
            }
            self.waiting.remove(0);
            match next.errand {
                Errand::Exit => self.release(now, next.order, actions),
                Errand::Cancel => self.send_cancel(now, next.order, actions),
            }
        }
    }

    fn is_stale(&self, waiting: Waiting, now: Timestamp) -> bool {
        let still_intent = self.orders.get(waiting.order).is_some_and(|order| order.state == OrderState::Intent);
        waiting.errand == Errand::Exit && still_intent && now.since(waiting.since) > EXIT_MAX_AGE
    }

    /// Whether what waits has nothing left to do: its order ended meanwhile. It takes no token.
    fn is_moot(&self, waiting: Waiting) -> bool {
        let state = self.orders.get(waiting.order).map(|order| order.state);
        match waiting.errand {
            Errand::Exit => state != Some(OrderState::Intent),
            Errand::Cancel => state.is_none_or(OrderState::is_terminal),
        }
    }

    /// Releases an intent to the wire. Its deadline counts from here, not from when it was approved.
    fn release(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let Some(order) = self.orders.get_mut(id).filter(|order| order.state == OrderState::Intent) else { return };
        order.terms.deadline = now.after(self.config.orders.deadline);
        let new = order.terms;
        let due = now.after(self.config.orders.ack_timeout);
        self.orders.release(id, due);
        let moved = Decision::Moved { order: id, row: 0, from: OrderState::Intent, to: OrderState::Sent };
        actions.push(Action::Record(moved));
        actions.push(Action::Send(Command::New(new)));
        self.wake_at(due, actions);
    }

    /// Sends a cancel, unless the order ended while it waited.
    fn send_cancel(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let due = now.after(self.config.orders.cancel_timeout);
        let Some(order) = self.orders.get_mut(id).filter(|order| !order.state.is_terminal()) else { return };
        // An order that came back to life stays live while its cancel is out: silence says nothing of it.
        let awaited = order.state != OrderState::Live;
        if awaited {
            order.reply_due = Some(due);
        }
        actions.push(Action::Send(Command::Cancel(id)));
        if awaited {
            self.wake_at(due, actions);
        }
    }

    /// TR-21: orders whose reply is overdue become unknown; asks to be woken for the next one.
    pub(crate) fn reply_timers(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let overdue: Vec<OrderId> = self
            .orders
            .open()
            .filter(|order| order.reply_due.is_some_and(|due| due <= now))
            .map(|order| order.terms.id)
            .collect();
        for id in overdue {
            self.orders.get_mut(id).expect("just found").reply_due = None;
            self.apply(now, id, Input::ReplyTimer, actions);
        }
        if let Some(next) = self.orders.open().filter_map(|order| order.reply_due).min() {
            self.wake_at(next, actions);
        }
    }
}
