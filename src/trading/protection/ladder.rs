//! The exit ladder: exits the core demands by itself (production-rules §3.3, EC-3, EC-5, EC-6).
//!
//! A demand names what is to remain, not what to sell: demands merge into the smaller remainder and
//! each step works out its quantity and price anew. A step is a reduce-only IOC limit at a fresh
//! reference ± its collar; the next one begins when it has ended and some time has passed. Nothing
//! leaves without a usable reference, and at most one market-like exit is possibly live.

use super::amounts::{closable, payable};
use super::plan::side_of;
use super::{Key, Shield};
use crate::market::{
    Action, Bug, Decision, DeskId, ExitCause, InstrumentId, Intention, OrderId, OrderKind, OrderState, Price, Pricing,
    Proposal, Purpose, Qty, SessionState, Severity, Side, TimeInForce, Timestamp, planted,
};
use crate::trading::core::{Core, alert};
use crate::trading::order::Order;
use crate::trading::position::Position;
use crate::trading::sending::Draft;
use crate::trading::view::Reference;

/// An exit under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Ladder {
    /// What is to remain, signed.
    remaining: Qty,
    cause: ExitCause,
    /// Steps sent so far.
    step: u8,
    /// When the last step was sent.
    sent: Option<Timestamp>,
    /// Whether the want of a reference was told, and holds.
    blind: bool,
    /// Whether its end was told.
    end_told: bool,
}

impl Ladder {
    /// Whether it can send nothing for want of a price.
    pub(super) const fn waits_for_reference(&self) -> bool {
        self.blind
    }

    /// Whether it is to leave nothing of the position.
    pub(super) const fn leaves_nothing(&self) -> bool {
        self.remaining.is_zero()
    }

    /// Whether it is tried once: a touched target that does not fill puts the stop back (PR-6), and a
    /// desk's own wish is not chased.
    const fn is_single(&self) -> bool {
        matches!(self.cause, ExitCause::Target | ExitCause::Merged)
    }
}

/// What is still to be closed of `held` so that `remaining` is left; nothing if it is less already.
fn excess(held: Qty, remaining: Qty) -> Qty {
    let kept = if remaining.0.signum() == held.0.signum() { remaining.0.abs().min(held.0.abs()) } else { 0 };
    Qty(held.0.abs() - kept)
}

impl Core {
    /// Demands that a position shrinks to `remaining` (signed, zero to close it) on the exit ladder.
    /// A wish while another runs merges into the smaller remainder. Of a position that is closed
    /// already nothing is demanded.
    pub(crate) fn demand_exit(
        &mut self,
        _now: Timestamp,
        key: (DeskId, InstrumentId),
        remaining: Qty,
        cause: ExitCause,
        actions: &mut Vec<Action>,
    ) {
        let open = self.backed_position(key.0, key.1);
        if open.is_none() {
            return;
        }
        let fresh = || Box::new(Shield { life: open.map_or(0, |held| held.life), ..Shield::default() });
        let mut shield = self.protection.shields.remove(&key).unwrap_or_else(fresh);
        let is_dust = shield.dust.is_some() && shield.dust == open.map(|held| held.qty);
        if !is_dust {
            self.begin_ladder(key, &mut shield, (remaining, cause), actions);
        }
        self.protection.shields.insert(key, shield);
    }

    /// A desk's wish to trade at once that came while an exit is in flight is not sent beside it: with
    /// it, it is one target quantity, worked out anew when that one has ended (EC-3, EC-6).
    pub(crate) fn merge_wish(&mut self, now: Timestamp, proposal: &Proposal, actions: &mut Vec<Action>) {
        let key = (proposal.desk, proposal.instrument);
        let resting = matches!(proposal.tif, Some(TimeInForce::Gtc | TimeInForce::Gtd(_)));
        let takes = proposal.pricing == Pricing::Market || (proposal.tif.is_some() && !resting);
        let Some(held) = self.backed_position(key.0, key.1).filter(|_| takes) else { return };
        let exits = self.own_orders(key, Purpose::Exit).filter(|order| order.is_market_like());
        let flying: Qty = exits.map(Order::could_fill).sum();
        let wish = match proposal.intention {
            Intention::Reduce(qty) => qty,
            Intention::Close | Intention::OpenLong | Intention::OpenShort => held.qty.abs(),
        };
        let left = held.qty.0.abs().saturating_sub(flying.0).saturating_sub(wish.0).max(0);
        if wish > Qty::ZERO {
            self.demand_exit(now, key, side_of(held.qty).signed(Qty(left)), ExitCause::Merged, actions);
        }
    }

    /// The same for a shield in hand.
    pub(super) fn begin_ladder(
        &mut self,
        key: Key,
        shield: &mut Shield,
        (remaining, cause): (Qty, ExitCause),
        actions: &mut Vec<Action>,
    ) {
        let (desk, instrument) = key;
        let ladder = match shield.ladder.take() {
            // A demand that goes no further changes nothing, unless it must be chased and the other not.
            Some(ladder)
                if ladder.remaining.abs() <= remaining.abs() && (!ladder.is_single() || cause == ladder.cause) =>
            {
                shield.ladder = Some(ladder);
                return;
            }
            Some(ladder) => {
                let smaller = if ladder.remaining.abs() < remaining.abs() { ladder.remaining } else { remaining };
                let chased = if matches!(cause, ExitCause::Target | ExitCause::Merged) { ladder.cause } else { cause };
                Ladder { remaining: smaller, cause: chased, ..ladder }
            }
            None => Ladder { remaining, cause, step: 0, sent: None, blind: false, end_told: false },
        };
        let (remaining, cause, step) = (ladder.remaining, ladder.cause, ladder.step.max(1));
        actions.push(Action::Record(Decision::Exiting { desk, instrument, remaining, cause, step }));
        shield.ladder = Some(ladder);
        self.touch(key);
    }

    /// Takes the next step of the ladder, if it is time and anything lets it.
    pub(super) fn pursue(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        let Some(ladder) = shield.ladder.clone() else { return };
        let held = side_of(held.qty).signed(held.qty.abs() - self.owed(now, key));
        let wanted = excess(held, ladder.remaining);
        if wanted.is_zero() {
            return self.end_ladder(key, shield);
        }
        if self.exit_in_flight(key).is_some() {
            return;
        }
        if ladder.is_single() && ladder.step > 0 {
            return self.end_ladder(key, shield);
        }
        if let Some(due) = self.next_step(&ladder).filter(|due| now < *due) {
            return shield.look_at(due);
        }
        // A session begins with an event that is always heeded.
        if !self.picture_complete() || self.view.of(key.1).session != SessionState::Open {
            return;
        }
        let reference = self.view.of(key.1).reference(now, &self.config.reference);
        let Ok(reference) = reference else { return Self::go_blind(key, shield, actions) };
        self.take_step(now, key, (held, wanted), reference, shield, actions);
    }

    /// A market-like exit that is possibly live (EC-3).
    pub(crate) fn exit_in_flight(&self, key: Key) -> Option<OrderId> {
        let forgotten = |order: &Order| planted(Bug::ExitDeadButton) && order.state.is_unknown();
        let flying = |order: &&Order| (order.is_market_like() || order.state.is_unknown()) && !forgotten(order);
        let found = self.own_orders(key, Purpose::Exit).find(flying).map(|order| order.terms.id);
        found.filter(|_| !planted(Bug::PositionDoubleClose))
    }

    /// When the next step may be taken (EX-2, EX-3).
    fn next_step(&self, ladder: &Ladder) -> Option<Timestamp> {
        let exit = &self.config.exit;
        let last = usize::from(ladder.step) >= exit.collars.0.len();
        ladder.sent.map(|sent| sent.after(if last { exit.repeat_every } else { exit.step_every }))
    }

    /// EC-5: without a usable reference nothing is sent; live stops stay.
    fn go_blind(key: Key, shield: &mut Shield, actions: &mut Vec<Action>) {
        let Some(ladder) = shield.ladder.as_mut().filter(|ladder| !ladder.blind) else { return };
        ladder.blind = true;
        let text = format!("an exit ({:?}) waits: there is no usable reference; live stops stay", ladder.cause);
        alert(Severity::Critical, Some(key.1), None, text, actions);
    }

    fn take_step(
        &mut self,
        now: Timestamp,
        key: Key,
        (held, wanted): (Qty, Qty),
        reference: Reference,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        let Some(ladder) = shield.ladder.clone() else { return };
        let side = side_of(held).opposite();
        let Some(price) = self.step_price(key, side, ladder.step, reference, now) else { return };
        let qty = self.step_qty(key, held.abs(), wanted, (price, reference), now);
        if qty.is_zero() {
            // Dust can be sold by nobody; it joins the next exit or entry.
            shield.dust = self.backed_position(key.0, key.1).map(|held| held.qty);
            return self.end_ladder(key, shield);
        }
        if self.make_way(now, key, held.abs() - qty, shield, actions) {
            return;
        }
        let step = ladder.step.saturating_add(1);
        let steps = self.config.exit.collars.0.len();
        let (desk, instrument) = key;
        if step > 1 {
            let Ladder { remaining, cause, .. } = ladder;
            actions.push(Action::Record(Decision::Exiting { desk, instrument, remaining, cause, step }));
        }
        let at_end = usize::from(step) > steps && !ladder.end_told;
        if at_end {
            let text = format!("the exit ladder is at its end with {} left; its last step is repeated", wanted.0);
            alert(Severity::Critical, Some(instrument), None, text, actions);
        }
        let draft = Draft {
            desk,
            instrument,
            purpose: Purpose::Exit,
            side,
            kind: OrderKind::Limit { limit: price },
            trigger_by: self.config.protection.trigger_source,
            qty,
            tif: TimeInForce::Ioc,
            reduce_only: true,
            leverage: self.leverage_of(desk, instrument),
            stop: None,
            twice_reference: reference.twice_mid,
        };
        self.send_order(now, draft, actions);
        shield.ladder =
            Some(Ladder { step, sent: Some(now), blind: false, end_told: ladder.end_told || at_end, ..ladder });
    }

    /// EX-1: the step's collar at the reference, no farther than the venue's own band.
    fn step_price(&self, key: Key, side: Side, taken: u8, reference: Reference, now: Timestamp) -> Option<Price> {
        let instrument = self.instrument(key.1);
        let collars = &self.config.exit.collars.0;
        let collar = collars[usize::from(taken).min(collars.len() - 1)];
        let collar = instrument.rules(now).band.map_or(collar, |band| collar.min(band));
        reference.collar(instrument, side, collar.decimal(), now).filter(|price| price.0 > 0)
    }

    /// EC-2, EC-4: what one order can take; what would leave dust takes the whole position.
    fn step_qty(
        &self,
        key: Key,
        held: Qty,
        wanted: Qty,
        (price, reference): (Price, Reference),
        now: Timestamp,
    ) -> Qty {
        let instrument = self.instrument(key.1);
        let counted = price.min(Price(reference.twice_mid / 2));
        let leaves_dust = closable(instrument, held - wanted, counted, now).is_zero();
        let wanted = if leaves_dust { held } else { wanted };
        closable(instrument, wanted, counted, now).min(instrument.rules(now).max_qty)
    }

    /// Where lots back one order only, resting exits that hold more than `spare` end first. True
    /// while they do.
    fn make_way(
        &mut self,
        now: Timestamp,
        key: Key,
        spare: Qty,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) -> bool {
        if !self.ties_lots(key.1) {
            return false;
        }
        self.end_exits_over(now, (key, spare), |_| true, shield, actions)
    }

    /// Ends the exits of a kind that together hold more than `spare`; whether they do.
    fn end_exits_over(
        &mut self,
        now: Timestamp,
        (key, spare): (Key, Qty),
        which: impl Fn(&Order) -> bool,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) -> bool {
        let exits = self.own_orders(key, Purpose::Exit).filter(|order| which(order));
        let exits: Vec<(OrderId, Qty)> = exits.map(|order| (order.terms.id, order.could_fill())).collect();
        let over = exits.iter().map(|(_, qty)| *qty).sum::<Qty>() > spare;
        if over {
            for (id, _) in exits {
                self.part_exit(now, id, shield, actions);
            }
        }
        over
    }

    /// EC-2, EC-6: an exit that has waited for its lots while the position shrank is worked out anew: what
    /// never left is void, and the ladder takes its step again. One that rests over more than is left ends.
    pub(super) fn drop_outgrown(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        if !self.ties_lots(key.1) {
            return;
        }
        let left = held.qty.abs() - self.owed(now, key);
        let free = payable(self.instrument(key.1), left, now);
        let outgrown = |order: &&Order| order.state == OrderState::Intent && order.terms.qty > free;
        let waiting: Vec<(OrderId, bool)> = self
            .own_orders(key, Purpose::Exit)
            .filter(outgrown)
            .map(|order| (order.terms.id, order.proposal.is_none()))
            .collect();
        // What rests and is more than what is left would sell what is not held. Whether its fee can be paid it was
        // asked when it was sent: what its own fills cost since, in parts of a lot, ends it not.
        let rests = |order: &Order| order.state != OrderState::Intent && !order.is_market_like();
        self.end_exits_over(now, (key, left), rests, shield, actions);
        for (id, of_ladder) in waiting {
            self.part_exit(now, id, shield, actions);
            if let Some(ladder) = shield.ladder.as_mut().filter(|_| of_ladder) {
                (ladder.step, ladder.sent) = (ladder.step.saturating_sub(1), None);
            }
        }
    }

    /// The ladder is done; whatever covers what is left is looked at again.
    fn end_ladder(&mut self, key: Key, shield: &mut Shield) {
        shield.ladder = None;
        self.touch(key);
    }

    /// Whether an exit must wait for lots that other orders hold (PR-6): it is released once they are
    /// known to be free.
    pub(crate) fn awaits_lots(&self, now: Timestamp, id: OrderId) -> bool {
        let Some(order) = self.orders.get(id) else { return false };
        let key = (order.desk, order.terms.instrument);
        if order.purpose != Purpose::Exit || !self.ties_lots(key.1) || planted(Bug::ProtectReservingVenue) {
            return false;
        }
        let held = self.backed(key.0, key.1).abs();
        // A stop or a target that waits for a token will leave; of exits the older one does first.
        let out = |order: &&Order| order.state != OrderState::Intent || order.purpose != Purpose::Exit;
        let legs = [Purpose::Stop, Purpose::Target, Purpose::Exit];
        let taken: Qty =
            legs.iter().flat_map(|purpose| self.own_orders(key, *purpose).filter(out)).map(Order::could_fill).sum();
        let taken = taken + self.owed(now, key);
        taken + order.terms.qty > held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demand_names_what_remains() {
        for (held, remaining, closes) in [(10, 0, 10), (10, 4, 6), (-10, -4, 6), (10, -4, 10), (3, 4, 0), (0, 0, 0)] {
            assert_eq!(excess(Qty(held), Qty(remaining)), Qty(closes), "{held} to {remaining}");
        }
    }
}
