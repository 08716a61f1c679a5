//! What the quoter sees when it decides: a copy of the few facts its rules need, and what they
//! make of them.

use super::super::holding::{closable, side_of, worth};
use super::super::params::Distance;
use super::super::working::Working;
use super::prices::Centre;
use super::terms::Terms;
use crate::market::{
    Contract, Instrument, Intention, OrderId, Price, Purpose, Qty, Rules, SessionState, Side, TickLots, Timestamp,
    TraderState,
};
use crate::trading::position::Position;
use crate::trading::view::Reference;
use crate::trading::{Config, Desk};

/// An order the quoter would like to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) purpose: Purpose,
}

impl Wanted {
    pub(super) const fn intention(&self, side: Side) -> Intention {
        match (self.purpose, side) {
            (Purpose::Exit | Purpose::Stop | Purpose::Target, _) => Intention::Reduce(self.qty),
            (Purpose::Entry, Side::Buy) => Intention::OpenLong,
            (Purpose::Entry, Side::Sell) => Intention::OpenShort,
        }
    }
}

/// The facts of one decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Scene {
    pub(super) now: Timestamp,
    pub(super) centre: Centre,
    /// Signed inventory.
    pub(super) held: Qty,
    /// What of it one order could close; zero for dust.
    closable: Qty,
    /// Its value at the mid, without sign.
    worth: TickLots,
    /// Twice the mid at which the position is given up, if one is held.
    pub(super) twice_stop: Option<i64>,
    pub(super) working: Vec<Working>,
    /// Until when a cooldown runs.
    pub(super) cooldown: Option<Timestamp>,
    /// Whether exits are allowed.
    pub(super) may_exit: bool,
    /// Whether state, session and cover allow entries.
    pub(super) may_enter: bool,
    /// Entries that CK-24 has room for.
    entries_left: usize,
    contract: Contract,
    rules: Rules,
}

impl Scene {
    pub(super) fn of(terms: &Terms, desk: &Desk<'_>, reference: Reference) -> Self {
        let (now, id, limits) = (desk.now(), terms.instrument, desk.limits());
        let instrument = desk.instrument(id);
        let rules = instrument.rules(now).clone();
        let position = desk.position(id);
        let twice_mid = reference.twice_mid;
        let worth = worth(instrument.contract, position.qty, twice_mid);
        let state = desk.state();
        Self {
            now,
            centre: centre(terms, reference, rules.tick, position.qty, worth),
            held: position.qty,
            closable: closable(instrument, position.qty, twice_mid, now),
            worth,
            twice_stop: twice_stop(terms, limits, instrument, &position),
            working: desk.orders().filter(|order| order.terms.instrument == id).map(Working::of).collect(),
            cooldown: desk.cooldown(id),
            may_exit: state != TraderState::Halted && state != TraderState::Reconciling,
            may_enter: state == TraderState::Armed
                && desk.market(id).session == SessionState::Open
                && !desk.is_naked(id),
            entries_left: desk.entries_left(id),
            contract: instrument.contract,
            rules,
        }
    }

    /// The side of the inventory; none when flat.
    pub(super) const fn held_side(&self) -> Option<Side> {
        side_of(self.held)
    }

    /// Whether the inventory is too small for any order.
    pub(super) const fn is_dust(&self) -> bool {
        self.closable.is_zero()
    }

    /// Whether the mid is at or beyond the position's stop.
    pub(super) fn is_beyond_stop(&self) -> bool {
        let Some((side, stop)) = self.held_side().zip(self.twice_stop) else { return false };
        side.sign() * (self.centre.twice_mid - stop) <= 0
    }

    /// The oldest own order of a side.
    pub(super) fn working_on(&self, side: Side) -> Option<Working> {
        self.working.iter().copied().find(|order| order.side == side)
    }

    /// Learns of an order that just left.
    pub(super) fn sent(&mut self, id: OrderId, side: Side, wanted: Wanted) {
        let Wanted { price, qty, purpose } = wanted;
        self.entries_left -= usize::from(purpose == Purpose::Entry);
        self.working.push(Working::sent(id, side, price, qty, purpose));
    }

    /// Whether the entry counts of CK-24 leave room for one more order.
    pub(super) fn has_entry_room(&self) -> bool {
        self.entries_left > 0
    }

    /// What is wanted on a side, if anything.
    pub(super) fn wanted(&self, terms: &Terms, side: Side) -> Option<Wanted> {
        let own_opposite = self.working_on(side.opposite()).map(|order| order.price);
        let price = Some(self.centre.price(side, own_opposite)).filter(|price| price.0 > 0)?;
        if self.held_side() == Some(side.opposite()) {
            let qty = self.closable;
            return (!self.is_dust()).then_some(Wanted { price, qty, purpose: Purpose::Exit });
        }
        if (self.contract == Contract::Spot && side == Side::Sell) || self.worth >= terms.reduce_only_at {
            return None;
        }
        let room = terms.size.0.min(terms.max_inventory.0 - self.worth.0);
        let each = match self.contract {
            Contract::Spot | Contract::Linear => price.0.into(),
            Contract::Inverse => 1,
        };
        let lots = i64::try_from(room / each).unwrap_or(i64::MAX).min(self.rules.max_qty.0);
        let qty = Qty(lots / self.rules.lot.0 * self.rules.lot.0);
        (qty >= self.rules.min_qty && qty > Qty::ZERO).then_some(Wanted { price, qty, purpose: Purpose::Entry })
    }
}

fn centre(terms: &Terms, reference: Reference, tick: Price, held: Qty, worth: TickLots) -> Centre {
    let twice_mid = reference.twice_mid;
    let units = |distance: Distance| distance.units(twice_mid, tick);
    let most = terms.max_inventory.0.max(1);
    let shift = 2 * i128::from(units(terms.skew)) * worth.0.min(most) / most;
    let shift = i64::try_from(shift).expect("no more than twice the skew, which is 64 bits by far");
    Centre {
        twice_mid,
        twice_shift: held.0.signum() * shift,
        half_spread: units(terms.half_spread),
        tick: tick.0,
        requote: -(-units(terms.requote).max(1)).div_euclid(tick.0) * tick.0,
        bid: reference.bid,
        ask: reference.ask,
    }
}

/// Twice the mid at which a position is given up: the stop distance below (long) or above (short)
/// the average price. Twice the average is truncated to a price unit; this is our own trigger, no
/// order price.
fn twice_stop(terms: &Terms, limits: &Config, instrument: &Instrument, held: &Position) -> Option<i64> {
    let (above, below) = held.average(instrument)?;
    let average = above.checked_mul(2)? / below;
    let distance = terms.stop.within(limits.stop.min, limits.stop_max(&instrument.symbol)).of(average);
    i64::try_from(average - i128::from(held.qty.0.signum()) * distance).ok()
}
