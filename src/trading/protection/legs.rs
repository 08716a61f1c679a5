//! The protective orders of a position as they stand, and what is made of one that ends
//! (production-rules PR-5, PR-8).

use super::amounts::with_fee;
use super::shape::price_of;
use super::{Key, Shield};
use crate::market::{
    Action, Bug, ExitCause, OrderId, OrderKind, OrderState, Price, Purpose, Qty, RejectReason, Severity, Timestamp,
    planted,
};
use crate::trading::core::{Core, alert};
use crate::trading::order::{Order, Terms};
use crate::trading::retries::{Class, class_of, exit_delay};

/// How often a venue may end stops of one position without our wish before it is exited.
const LOST_MAX: u32 = 3;

/// After so many refusals the venue is asked for a stop rarely.
const REFUSED_MAX: u32 = 6;

/// What is remembered of a protective order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Memory {
    /// It was told to end.
    parting: bool,
    /// The terms last asked for.
    asked: Option<Terms>,
    /// It refused new terms: it is replaced instead of amended.
    stubborn: bool,
}

/// What was refused or lost of a position's stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Trouble {
    /// Stops refused for what they are.
    pub(super) refused: u32,
    /// Stops refused because the venue was busy, in a row.
    pub(super) busy: u32,
    /// Stops ended without our wish.
    pub(super) lost: u32,
    /// Nothing is placed before this.
    pub(super) not_before: Option<Timestamp>,
}

/// What was refused of a position's targets. A target is no cover: nothing is exited for want of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct TargetTrouble {
    /// Targets refused that may be tried again, in a row.
    busy: u32,
    /// None is placed before this.
    not_before: Option<Timestamp>,
    /// A rule of the market refuses one at this price: never again by itself (§3.6).
    unwanted: Option<Price>,
}

impl TargetTrouble {
    /// Whether a target may be placed at a price; if time alone is missing, when.
    pub(super) fn lets(&self, now: Timestamp, price: Price) -> Result<bool, Timestamp> {
        match self.not_before.filter(|free| now < *free) {
            Some(free) => Err(free),
            None => Ok(self.unwanted != Some(price)),
        }
    }
}

/// A protective order as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Leg {
    pub(super) id: OrderId,
    pub(super) state: OrderState,
    pub(super) kind: OrderKind,
    pub(super) filled: Qty,
    /// Its leaves by the terms that are known to hold.
    pub(super) leaves: Qty,
    /// It is on its way out.
    pub(super) parting: bool,
    pub(super) stubborn: bool,
}

/// What became of a protective order.
enum End {
    /// It filled, ended as we wished, or the venue never had it.
    Fine,
    /// The venue ended it by itself.
    Lost,
    /// The venue refused it.
    Refused(Option<RejectReason>),
}

impl Leg {
    fn of(order: &Order, memory: Memory) -> Self {
        let parting = memory.parting
            || order.cancel_wanted
            || matches!(order.state, OrderState::CancelPending | OrderState::UnknownCancel);
        Self {
            id: order.terms.id,
            state: order.state,
            kind: order.terms.kind,
            filled: order.filled,
            leaves: Qty((order.terms.qty - order.filled).0.max(0)),
            parting,
            stubborn: memory.stubborn,
        }
    }

    /// Whether the venue is known to hold it.
    pub(super) const fn is_confirmed(&self) -> bool {
        matches!(
            self.state,
            OrderState::Live | OrderState::AmendPending | OrderState::UnknownAmend | OrderState::CancelPending
        )
    }
}

impl Core {
    /// A position's open orders of one purpose, oldest first.
    pub(super) fn own_orders(&self, key: Key, purpose: Purpose) -> impl Iterator<Item = &Order> {
        let mine = move |order: &&Order| {
            let ours = order.desk == key.0 && order.terms.id < OrderId::FIRST_EXTERNAL;
            ours && order.purpose == purpose && !order.state.is_terminal()
        };
        self.orders.open_in(key.1).filter(mine)
    }

    /// What ended orders of a position closed of it by the venue's word, and is not booked yet, fees included: lots
    /// that are gone where they back one order only.
    pub(super) fn owed(&self, now: Timestamp, key: Key) -> Qty {
        if !self.ties_lots(key.1) {
            return Qty::ZERO;
        }
        let held = self.books.position(key.0, key.1).map_or(Qty::ZERO, |held| held.qty);
        let closes = |order: &&Order| {
            let against = order.terms.side.sign() * held.0.signum() < 0;
            order.desk == key.0 && order.purpose != Purpose::Entry && order.state.is_terminal() && against
        };
        let gone = self.orders.open_in(key.1).filter(closes).map(Order::could_fill).sum();
        with_fee(self.instrument(key.1), gone, now)
    }

    /// The legs of one purpose.
    pub(super) fn legs(&self, key: Key, purpose: Purpose, shield: &Shield) -> Vec<Leg> {
        self.legs_of(key, purpose, shield).collect()
    }

    /// The same, one after another.
    pub(super) fn legs_of(&self, key: Key, purpose: Purpose, shield: &Shield) -> impl Iterator<Item = Leg> {
        let memory = |order: &Order| shield.legs.get(&order.terms.id).copied().unwrap_or_default();
        self.own_orders(key, purpose).map(move |order| Leg::of(order, memory(order)))
    }

    /// Whether anything of a position's protection or exits is open.
    pub(super) fn has_own_orders(&self, key: Key) -> bool {
        [Purpose::Stop, Purpose::Target, Purpose::Exit]
            .iter()
            .any(|purpose| self.own_orders(key, *purpose).next().is_some())
    }

    /// Whether a target may be placed: not while a venue that refused one is given time, and not at a price
    /// it refuses.
    pub(super) fn may_aim(now: Timestamp, price: Price, shield: &mut Shield) -> bool {
        shield.targets.lets(now, price).unwrap_or_else(|free| {
            shield.look_at(free);
            false
        })
    }

    /// Whether a stop may be placed: not while a busy venue is given time, and not after two refusals,
    /// unless no exit can be sent instead (PR-5, EC-5).
    pub(super) fn may_place(now: Timestamp, shield: &mut Shield) -> bool {
        if let Some(free) = shield.trouble.not_before.filter(|free| now < *free) {
            shield.look_at(free);
            return false;
        }
        let exiting = shield.ladder.as_ref().is_some_and(|ladder| !ladder.waits_for_reference());
        shield.trouble.refused < 2 || !exiting
    }

    /// Learns what became of the legs since the last visit.
    pub(super) fn settle_legs(&mut self, now: Timestamp, key: Key, shield: &mut Shield, actions: &mut Vec<Action>) {
        for purpose in [Purpose::Stop, Purpose::Target] {
            for order in self.own_orders(key, purpose) {
                let memory = shield.legs.entry(order.terms.id).or_default();
                if order.state == OrderState::Live {
                    let asked = memory.asked.take();
                    let held = Terms { qty: order.terms.qty, kind: order.terms.kind };
                    memory.stubborn |= asked.is_some_and(|asked| asked != held);
                    match purpose {
                        Purpose::Stop => shield.trouble.busy = 0,
                        _ => shield.targets = TargetTrouble::default(),
                    }
                }
            }
        }
        let ended = |id: &OrderId| self.orders.get(*id).is_none_or(|order| order.state.is_terminal());
        let known: Vec<OrderId> =
            if shield.legs.keys().any(ended) { shield.legs.keys().copied().collect() } else { Vec::new() };
        for id in known {
            let order = self.orders.get(id);
            if order.is_some_and(|order| !order.state.is_terminal()) {
                continue;
            }
            let memory = shield.legs.remove(&id).expect("just listed");
            let stop = order.filter(|order| order.purpose == Purpose::Stop);
            if let Some(end) = stop.map(|order| end_of(order, memory)) {
                self.stop_ended(now, key, id, &end, shield, actions);
            }
            let target = self.orders.get(id).filter(|order| order.purpose == Purpose::Target);
            if let Some(reason) = target.filter(|order| order.state == OrderState::Rejected).map(|order| order.refused)
            {
                self.target_refused(now, key, id, reason, shield, actions);
            }
        }
        let orders = &self.orders;
        shield.parting.retain(|id| orders.get(*id).is_some_and(|order| !order.state.is_terminal()));
    }

    /// PR-5 and PR-8: a stop that is gone against our wish is replaced at once, by the other kind
    /// where it was refused for what it is; then the position is exited.
    fn stop_ended(
        &mut self,
        now: Timestamp,
        key: Key,
        id: OrderId,
        end: &End,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        let open = self.books.position(key.0, key.1).is_some_and(|held| !held.is_flat());
        if !open || planted(Bug::ProtectStopRefused) {
            return;
        }
        let critical = |text: String, actions: &mut Vec<Action>| {
            alert(Severity::Critical, Some(key.1), Some(id), text, actions);
        };
        match end {
            End::Fine => {}
            End::Lost => {
                shield.trouble.lost += 1;
                let text = format!("stop {} ended without our wish; it is replaced", id.0);
                alert(Severity::Warning, Some(key.1), Some(id), text, actions);
                if shield.trouble.lost >= LOST_MAX {
                    critical(format!("{LOST_MAX} stops ended without our wish; the position is exited"), actions);
                    self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::Unprotected), actions);
                }
            }
            End::Refused(Some(RejectReason::WouldTriggerAtOnce)) => {
                // No other kind would do better.
                shield.trouble.refused = (shield.trouble.refused + 1).max(2);
                self.ask_later(now, shield);
                self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::BeyondStop), actions);
            }
            // There may be nothing to reduce any more, or the session may have changed: the word of it is on its way.
            End::Refused(Some(RejectReason::ReduceOnly | RejectReason::Session)) => Self::give_time(now, shield),
            End::Refused(Some(reason)) if matches!(class_of(*reason), Class::Busy | Class::Nonce) => {
                Self::give_time(now, shield);
            }
            End::Refused(Some(reason)) if class_of(*reason) == Class::StopEverything => {
                shield.trouble.not_before = Some(now.after(self.config.resolve.retry_every));
            }
            End::Refused(_) => {
                shield.trouble.refused += 1;
                if shield.trouble.refused == 2 {
                    critical(format!("stop {} is the second refused; the position is exited", id.0), actions);
                }
                if shield.trouble.refused >= 2 {
                    self.ask_later(now, shield);
                    self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::Unprotected), actions);
                }
            }
        }
    }

    /// §3.6: a busy venue is asked for the target again after a while, and one that has seen more of the
    /// position than we have; a rule of the market is not argued with.
    fn target_refused(
        &mut self,
        now: Timestamp,
        key: Key,
        id: OrderId,
        reason: Option<RejectReason>,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        let trouble = &mut shield.targets;
        match reason.map(|reason| (reason, class_of(reason))) {
            Some((RejectReason::ReduceOnly, _) | (_, Class::Busy | Class::Nonce | Class::Session)) => {
                trouble.busy += 1;
                trouble.not_before = Some(now.after(exit_delay(trouble.busy)));
            }
            Some((_, Class::StopEverything)) => {
                trouble.not_before = Some(now.after(self.config.resolve.retry_every));
            }
            Some(_) | None => {
                trouble.unwanted = self.orders.get(id).and_then(|order| price_of(order.terms.kind));
                let text = format!("target {} was refused; none is placed at this price again", id.0);
                alert(Severity::Warning, Some(key.1), Some(id), text, actions);
            }
        }
    }

    /// A venue that is busy is given time (§3.6).
    fn give_time(now: Timestamp, shield: &mut Shield) {
        shield.trouble.busy += 1;
        shield.trouble.not_before = Some(now.after(exit_delay(shield.trouble.busy)));
    }

    /// A venue that refuses stops for what they are is asked again now and then, where no exit can leave instead.
    fn ask_later(&self, now: Timestamp, shield: &mut Shield) {
        let rarely = shield.trouble.refused > REFUSED_MAX;
        let wait = if rarely { self.config.resolve.retry_every } else { exit_delay(shield.trouble.refused) };
        shield.trouble.not_before = Some(now.after(wait));
    }

    /// Tells a leg to end, once.
    pub(super) fn part(&mut self, now: Timestamp, id: OrderId, shield: &mut Shield, actions: &mut Vec<Action>) {
        let memory = shield.legs.entry(id).or_default();
        if !std::mem::replace(&mut memory.parting, true) {
            self.cancel_order(now, id, actions);
        }
    }

    /// Asks for new terms of a leg; false if it cannot be asked now.
    pub(super) fn reshape(
        &mut self,
        now: Timestamp,
        id: OrderId,
        terms: Terms,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) -> bool {
        let asked = self.amend_order(now, id, terms.qty, terms.kind, actions);
        if asked {
            shield.legs.entry(id).or_default().asked = Some(terms);
        }
        asked
    }

    /// Flat: every protective and exit order is cancelled and watched until that is confirmed,
    /// whoever closed the position (PR-11).
    pub(super) fn stand_down(&mut self, now: Timestamp, key: Key, shield: &mut Shield, actions: &mut Vec<Action>) {
        let closed_by_us = shield.ladder.is_some();
        let (life, legs, parting) =
            (shield.life, std::mem::take(&mut shield.legs), std::mem::take(&mut shield.parting));
        self.no_longer_naked(now, key, shield, actions);
        // A position of which nothing is there for now keeps its plan: what tightened it is not forgotten.
        let same = |life_held: u64| life_held == life || self.goes_on(key, shield);
        let stands = self.books.position(key.0, key.1).is_some_and(|held| same(held.life));
        let (cover, adopted) =
            if stands { (shield.cover.take(), std::mem::take(&mut shield.adopted)) } else { Default::default() };
        *shield = Shield { life, cover, adopted, legs, parting, ..Shield::default() };
        if planted(Bug::ProtectOrphan) && !closed_by_us {
            return;
        }
        for purpose in [Purpose::Stop, Purpose::Target] {
            if planted(Bug::ProtectSibling) {
                continue;
            }
            let open: Vec<OrderId> = self.own_orders(key, purpose).map(|order| order.terms.id).collect();
            for id in open {
                self.part(now, id, shield, actions);
            }
        }
        let exits: Vec<OrderId> = self.own_orders(key, Purpose::Exit).map(|order| order.terms.id).collect();
        for id in exits {
            self.part_exit(now, id, shield, actions);
        }
    }

    /// Tells an exit to end, once.
    pub(super) fn part_exit(&mut self, now: Timestamp, id: OrderId, shield: &mut Shield, actions: &mut Vec<Action>) {
        if shield.parting.insert(id) {
            self.cancel_order(now, id, actions);
        }
    }
}

/// What became of a leg that is no longer open.
fn end_of(order: &Order, memory: Memory) -> End {
    match order.state {
        OrderState::Rejected => End::Refused(order.refused),
        OrderState::Cancelled | OrderState::Expired if !memory.parting => End::Lost,
        _ => End::Fine,
    }
}
