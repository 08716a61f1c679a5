//! What a cell of the transition table does besides moving the order: it is recorded, told, asked
//! about, cancelled, tried again (production-rules §1.5).
//!
//! Booking a fill, reversing it and adopting terms need the report and happen in `reports` and
//! `fills`; everything else a cell names happens here, in one place.

use super::arming::InstrumentCause;
use super::core::{Core, alert};
use super::orders::Moved;
use super::sending::{Errand, Rank};
use super::transitions::{Effect, Input, Next};
use crate::market::{Action, Bug, Command, Decision, DeskId, OrderId, OrderState, Severity, Span, Timestamp, planted};

/// Delays after which a refused cancel is sent again; the last one repeats.
const CANCEL_DELAYS: [Span; 3] = [Span::from_secs(1), Span::from_secs(2), Span::from_secs(4)];

impl Core {
    /// Applies an input to an order, records the move, and carries out what it means.
    pub(crate) fn apply(&mut self, now: Timestamp, id: OrderId, input: Input, actions: &mut Vec<Action>) -> Moved {
        let moved = self.orders.apply(now, id, input);
        let (from, to) = (moved.from, moved.to);
        if !moved.cell.is_idle() {
            actions.push(Action::Record(Decision::Moved { order: id, row: input.row(), from, to }));
            let order = self.orders.get(id).expect("the order was just moved");
            let (desk, instrument) = (order.desk, order.terms.instrument);
            if desk == DeskId::EXTERNAL {
                // It may tie up what others hold, or set it free.
                self.look_at_positions_in(instrument);
            }
            self.touch((desk, instrument));
        }
        self.speak(id, input, moved, actions);
        self.settle_facts(now, id, input, moved, actions);
        if moved.cell.has(Effect::Cancel) {
            let rank = if input == Input::Killed { Rank::Kill } else { Rank::Cancel };
            self.wait(now, rank, Errand::Cancel, id);
        }
        if moved.cell.has(Effect::FillsDue) {
            self.find_fills(now, id, actions);
        }
        if to == OrderState::UnknownSubmit && from != to && planted(Bug::OrderAmbiguousSubmit) {
            let terms = self.orders.get(id).expect("the order was just moved").terms;
            actions.push(Action::Send(Command::New(terms)));
        }
        if to.is_unknown() {
            self.start_ladder(now, id, actions);
        } else if moved.cell.has(Effect::Query) {
            self.inquire(now, id, actions);
        }
        if moved.cell.has(Effect::Ladder) {
            self.climb(now, id, actions);
        }
        self.follow_up(now, id, input, moved, actions);
        let order = self.orders.get_mut(id).filter(|order| order.state == OrderState::Live && order.cancel_wanted);
        if let Some(order) = order.filter(|_| moved.cell.next == Next::To(OrderState::Live)) {
            // The wish is served once; a refused cancel has its own retry.
            order.cancel_wanted = false;
            self.apply(now, id, Input::CancelWanted, actions);
        }
        moved
    }

    /// Facts of an order that follow from where it now stands.
    fn settle_facts(&mut self, now: Timestamp, id: OrderId, input: Input, moved: Moved, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(id).expect("the order was just moved");
        if !moved.to.is_unknown() {
            order.watch.ladder = None;
        }
        if moved.cell.has(Effect::OldTerms) || moved.to == OrderState::Live || moved.to.is_terminal() {
            order.amending = None;
        }
        if moved.to.is_terminal() && moved.from != moved.to {
            (order.watch.cancel_again, order.watch.ask_again) = (None, None);
        }
        if moved.cell.has(Effect::Cancel) && moved.to == OrderState::Live {
            // It came back to life and its cancel may be lost: the wish is kept.
            order.watch.cancel_again = Some(now.after(self.config.orders.cancel_timeout));
        }
        if moved.cell.has(Effect::Retry) && input.row() != 14 {
            let step = usize::try_from(order.watch.cancels_refused).expect("a count").min(CANCEL_DELAYS.len() - 1);
            let again = now.after(CANCEL_DELAYS[step]);
            order.watch.cancels_refused += 1;
            order.watch.cancel_again = Some(again);
        }
        if moved.from == OrderState::Live && moved.to == OrderState::CancelPending {
            order.watch.cancel_again = None;
        }
        let again = order.watch.cancel_again;
        if let Some(again) = again {
            self.wake_at(again, actions);
        }
        self.orders.refile(now, id);
    }

    /// The alerts and the reduce-only flag of a cell.
    fn speak(&mut self, id: OrderId, input: Input, moved: Moved, actions: &mut Vec<Action>) {
        let told = [Effect::Anomaly, Effect::Critical, Effect::Warn, Effect::ReduceOnly];
        if !told.into_iter().any(|effect| moved.cell.has(effect)) {
            return;
        }
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
            // Row 17 is LD-5: over once the order's fate is known.
            let unresolved = input.row() == 17;
            let cause = if unresolved { InstrumentCause::Unresolved(id) } else { InstrumentCause::Execution };
            self.restrict_for(instrument, cause, what, actions);
        }
    }
}
