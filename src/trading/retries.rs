//! What follows when the venue says no, and what is tried again (production-rules §3.6).
//!
//! A retry is a new order of the same intent. It exists only after a definitive no that may be tried
//! again, or after proof that the earlier order never was; it passes all checks again with a fresh
//! reference. Nothing is ever sent twice under one id.

use std::collections::BTreeMap;

use super::checks::{Approved, examine_again};
use super::core::Core;
use super::names::refusal;
use super::order::Origin;
use super::orders::Moved;
use super::transitions::Input;
use crate::market::{
    Action, Bug, Decision, IntentId, NewOrder, OrderId, OrderState, Proposal, Purpose, RejectReason, Span, TimeInForce,
    Timestamp, planted,
};

/// Delays after which an exit is tried again; the last one repeats.
const EXIT_DELAYS: [Span; 4] = [Span::from_millis(250), Span::from_millis(500), Span::from_secs(1), Span::from_secs(2)];

/// How a refusal is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// A rule of the market: never again by itself.
    Rule,
    /// Busy: again after a delay.
    Busy,
    /// The nonce was refused: once more at once, then as busy.
    Nonce,
    /// The session does not take it: never; a later session event lets desks propose anew.
    Session,
    /// Key, permission or lockout: everything stops.
    StopEverything,
    /// Evidence that an earlier order of this id was taken.
    EarlierYes,
}

/// The class of a reason.
pub(crate) fn class_of(reason: RejectReason) -> Class {
    use RejectReason as R;
    match reason {
        R::UnknownInstrument
        | R::Tick
        | R::Lot
        | R::MinQty
        | R::MaxQty
        | R::MinNotional
        | R::PriceBand
        | R::InsufficientBalance
        | R::PostOnlyWouldCross
        | R::ReduceOnly
        | R::Unsupported
        | R::WouldTriggerAtOnce
        | R::NoMarket
        | R::TooManyOrders => Class::Rule,
        R::DeadlineElapsed | R::RateLimited | R::Busy => Class::Busy,
        R::Nonce => Class::Nonce,
        R::Session if planted(Bug::VenueSessions) => Class::Busy,
        R::Session => Class::Session,
        R::Permission | R::Lockout => Class::StopEverything,
        R::DuplicateId => Class::EarlierYes,
    }
}

/// The delay before an exit or a protective order is tried for the `attempt`th time again, from 1.
pub(crate) fn exit_delay(attempt: u32) -> Span {
    let place = usize::try_from(attempt.max(1) - 1).expect("a count of attempts").min(EXIT_DELAYS.len() - 1);
    EXIT_DELAYS[place]
}

/// A desk's wish whose order is not known to the venue yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wish {
    proposal: Proposal,
    decided: Timestamp,
    tries: u32,
    fresh_nonce: bool,
    due: Option<Timestamp>,
    /// The attempt before.
    last: OrderId,
}

/// The wishes of all intents that could be tried again.
pub(crate) type Wishes = BTreeMap<IntentId, Wish>;

impl Core {
    /// Sends what a desk's proposal was approved as, under a new intent or as a further attempt of one.
    pub(crate) fn send_approved(
        &mut self,
        now: Timestamp,
        proposal: &Proposal,
        approved: Approved,
        intent: IntentId,
        actions: &mut Vec<Action>,
    ) -> OrderId {
        let Approved { mut order, stop, target, twice_reference, measures, trims, .. } = approved;
        let entry = super::plan::entry_side(proposal.intention).is_some();
        let purpose = if entry { Purpose::Entry } else { Purpose::Exit };
        let decided = self.wishes.get(&intent).map_or(now, |wish| wish.decided);
        self.let_expire(&mut order, purpose, decided);
        actions.push(Action::Record(Decision::Checked(proposal.id, measures)));
        actions.extend(trims.into_iter().map(Action::Record));
        let origin = Origin {
            desk: proposal.desk,
            intent,
            proposal: Some(proposal.id),
            purpose,
            stop,
            target,
            trailing: proposal.trailing,
            twice_reference,
        };
        let id = self.intend(now, order, origin, actions);
        let fresh = Wish { proposal: proposal.clone(), decided, tries: 0, fresh_nonce: false, due: None, last: id };
        self.wishes.entry(intent).or_insert(fresh).last = id;
        id
    }

    /// §3.4: a resting entry ends by itself `orders.limit_expiry` after its decision.
    fn let_expire(&self, order: &mut NewOrder, purpose: Purpose, decided: Timestamp) {
        let expiry = self.config.orders.limit_expiry;
        if purpose == Purpose::Entry && order.tif == TimeInForce::Gtc && expiry > Span::ZERO {
            order.tif = TimeInForce::Gtd(decided.after(expiry));
        }
    }

    /// What a move of an order means for its intent: it lives, it is over, or it is tried again.
    pub(super) fn follow_up(
        &mut self,
        now: Timestamp,
        id: OrderId,
        input: Input,
        moved: Moved,
        actions: &mut Vec<Action>,
    ) {
        if moved.from == moved.to {
            return;
        }
        let order = self.orders.get(id).expect("the order was just moved");
        let (intent, instrument, refused) = (order.intent, order.terms.instrument, order.refused);
        match moved.to {
            OrderState::Rejected => match refused.map_or(Class::Rule, class_of) {
                // Its absence was proven before: it is tried again already.
                Class::Busy | Class::Nonce if moved.from.is_terminal() => {}
                Class::Busy => self.again(now, id, actions),
                Class::Nonce => self.again_with_nonce(now, id, actions),
                Class::StopEverything => {
                    self.wishes.remove(&intent);
                    let text =
                        format!("the venue refused order {}: {}", id.0, refused.map_or("no reason given", refusal));
                    self.stop_everything(now, &text, actions);
                }
                Class::Rule | Class::Session | Class::EarlierYes => {
                    self.wishes.remove(&intent);
                    if refused != Some(RejectReason::PostOnlyWouldCross) {
                        let text =
                            format!("order {} was rejected: {}", id.0, refused.map_or("no reason given", refusal));
                        self.execution_error(now, instrument, &text, actions);
                    }
                }
            },
            OrderState::Void if matches!(input, Input::AbsenceProven | Input::NotSent) => {
                self.again(now, id, actions);
            }
            OrderState::Live | OrderState::Filled | OrderState::Cancelled | OrderState::Expired => {
                self.wishes.remove(&intent);
                if matches!(moved.from, OrderState::Sent | OrderState::UnknownSubmit) {
                    self.execution_fine(instrument);
                }
            }
            OrderState::Void => {
                self.wishes.remove(&intent);
            }
            OrderState::Intent
            | OrderState::Sent
            | OrderState::UnknownSubmit
            | OrderState::CancelPending
            | OrderState::UnknownCancel
            | OrderState::AmendPending
            | OrderState::UnknownAmend => {}
        }
        if refused == Some(RejectReason::DeadlineElapsed) && moved.to == OrderState::Rejected {
            // It is verified once that the engine really never had it.
            self.inquire(now, id, actions);
        }
    }

    /// A refused nonce was never accepted: once more at once, then as busy.
    fn again_with_nonce(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let intent = self.orders.get(id).expect("the order was just moved").intent;
        match self.wishes.get_mut(&intent).filter(|wish| !wish.fresh_nonce) {
            Some(wish) => {
                (wish.fresh_nonce, wish.due) = (true, Some(now));
                let attempt = wish.tries + 1;
                actions.push(Action::Record(Decision::Retrying { intent, attempt, at: now }));
                self.stirred = true;
            }
            None => self.again(now, id, actions),
        }
    }

    /// Tries an intent again after its delay, if it has attempts left; else it has ended in an error.
    fn again(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let order = self.orders.get(id).expect("the order was just moved");
        let (intent, purpose, instrument, state) = (order.intent, order.purpose, order.terms.instrument, order.state);
        let config = &self.config.orders;
        let Some(wish) = self.wishes.get_mut(&intent) else { return };
        let attempt = wish.tries + 1;
        if purpose == Purpose::Entry && attempt > config.max_retries {
            self.wishes.remove(&intent);
            let text = format!("order {} is {state:?} and its intent has no retry left", id.0);
            return self.execution_error(now, instrument, &text, actions);
        }
        let delay = match purpose {
            Purpose::Entry => config.retry_delay.times(1 << wish.tries.min(16)),
            Purpose::Exit | Purpose::Stop | Purpose::Target => exit_delay(attempt),
        };
        let at = now.after(delay);
        (wish.tries, wish.due) = (attempt, Some(at));
        actions.push(Action::Record(Decision::Retrying { intent, attempt, at }));
        self.wake_at(at, actions);
    }

    /// Sends the retries that are due, each after all checks with a fresh reference.
    pub(super) fn retry_due(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let due = |wish: &Wish| wish.due.is_some_and(|due| due <= now);
        let intents: Vec<IntentId> =
            self.wishes.iter().filter(|(_, wish)| due(wish)).map(|(intent, _)| *intent).collect();
        for intent in intents {
            self.retry(now, intent, actions);
        }
        if let Some(next) = self.wishes.values().filter_map(|wish| wish.due).min() {
            self.wake_at(next, actions);
        }
    }

    fn retry(&mut self, now: Timestamp, intent: IntentId, actions: &mut Vec<Action>) {
        let wish = self.wishes.get_mut(&intent).expect("the caller found it");
        let last = self.orders.get(wish.last);
        if last.is_some_and(|order| order.watch.ask_again.is_some() || order.doubted.is_some()) {
            // The no of the attempt before is still being verified.
            wish.due = Some(now.after(Span::from_secs(1)));
            return;
        }
        wish.due = None;
        let (proposal, decided) = (wish.proposal.clone(), wish.decided);
        let entry = super::plan::entry_side(proposal.intention).is_some();
        if entry && now.since(decided) > self.config.orders.intent_max_age {
            self.wishes.remove(&intent);
            return;
        }
        match examine_again(self, now, &proposal) {
            Ok(approved) => {
                self.send_approved(now, &proposal, approved, intent, actions);
            }
            Err(denied) => {
                self.wishes.remove(&intent);
                actions.push(Action::Record(Decision::Denied(denied)));
            }
        }
    }
}
