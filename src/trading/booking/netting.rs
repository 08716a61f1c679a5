//! What a venue that nets positions holds, where we keep them apart by desk.
//!
//! A margin venue knows one position per instrument with one average cost: a fill of one desk, or
//! of external hands, may close there what another desk opened, and settle a profit that our desks
//! have not realised. It settles in the order things happened, each time rounded to the unit, while
//! we may hear of them in another. Every execution is therefore applied a second time, to the one
//! position the venue keeps, in the venue's order, and what it settled more than we is remembered:
//! our cash and that together are the venue's cash, to the unit, whoever traded and whatever came
//! late. With one desk and every report in its turn the two are the same.

use super::holding::Holding;
use super::{Applied, Books, postings};
use crate::market::{
    Account, AssetId, Cause, DeskId, Fill, Instrument, Money, Price, Qty, Side, TickLots, Timestamp, Transaction,
    VenueRef,
};
use crate::trading::position::{Position, Split};

/// Something that changed the venue's one position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    /// An execution: signed quantity and price.
    Traded(VenueRef, Qty, Price),
    /// The venue took an execution back: what it had done to quantity and cost, and settled.
    Undone(Qty, TickLots, TickLots),
    /// The venue says so.
    Stated(Qty, Price),
}

/// The venue's one position of an instrument.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Netted {
    /// As it stood before the changes below.
    base: Position,
    /// In the venue's order: late ones find their place.
    changes: Vec<(Timestamp, Change)>,
    /// What the changes before and since come to in settled cash, and what we settled.
    before: Money,
    settled: Money,
    ours: Money,
    /// As it stands.
    position: Position,
}

impl Netted {
    fn owed(&self) -> Money {
        self.before + self.settled - self.ours
    }

    /// Takes a change in at its time; what came before it in the venue's order is found again.
    fn insert(&mut self, instrument: &Instrument, at: Timestamp, change: Change) {
        let name = |change: &Change| match change {
            Change::Traded(execution, ..) => Some(*execution),
            Change::Undone(..) | Change::Stated(..) => None,
        };
        // What is no execution comes after those of its instant.
        let key = |at: Timestamp, change: &Change| (at, name(change).is_none(), name(change));
        let place = self.changes.partition_point(|(when, other)| key(*when, other) <= key(at, &change));
        self.changes.insert(place, (at, change));
        if place + 1 == self.changes.len() {
            self.settled += apply(&mut self.position, instrument, change);
        } else {
            self.position = self.base;
            self.settled = Money::ZERO;
            for (_, change) in &self.changes {
                self.settled += apply(&mut self.position, instrument, *change);
            }
        }
    }

    /// What an execution did when its turn came, if it is among the changes.
    fn effect_of(&self, instrument: &Instrument, wanted: VenueRef) -> Option<(TickLots, TickLots)> {
        let mut position = self.base;
        for (_, change) in &self.changes {
            let cost = position.cost;
            let (name, gross) = match *change {
                Change::Traded(execution, qty, price) => {
                    (Some(execution), trade(&mut position, instrument, qty, price))
                }
                other => {
                    apply(&mut position, instrument, other);
                    (None, TickLots::ZERO)
                }
            };
            if name == Some(wanted) {
                return Some((position.cost - cost, gross));
            }
        }
        None
    }

    /// What happened up to an instant is known whole: its order is settled. What each execution did in it.
    fn fold(&mut self, instrument: &Instrument, until: Timestamp) -> Vec<(VenueRef, (TickLots, TickLots))> {
        let end = self.changes.partition_point(|(at, _)| *at <= until);
        let mut effects = Vec::new();
        for (_, change) in self.changes.drain(..end) {
            let cost = self.base.cost;
            match change {
                Change::Traded(execution, qty, price) => {
                    let gross = trade(&mut self.base, instrument, qty, price);
                    self.before += instrument.cash(gross);
                    effects.push((execution, (self.base.cost - cost, gross)));
                }
                Change::Undone(..) | Change::Stated(..) => self.before += apply(&mut self.base, instrument, change),
            }
        }
        self.position = self.base;
        self.settled = Money::ZERO;
        for (_, change) in &self.changes {
            self.settled += apply(&mut self.position, instrument, *change);
        }
        effects
    }
}

/// Trades a signed quantity; the gross realised.
fn trade(position: &mut Position, instrument: &Instrument, qty: Qty, price: Price) -> TickLots {
    let side = if qty.0 > 0 { Side::Buy } else { Side::Sell };
    position.apply(side, price, qty.abs(), instrument).gross
}

/// Applies a change; the cash it settles.
fn apply(position: &mut Position, instrument: &Instrument, change: Change) -> Money {
    match change {
        Change::Traded(_, qty, price) => instrument.cash(trade(position, instrument, qty, price)),
        Change::Undone(qty, cost, gross) => {
            position.qty -= qty;
            position.cost -= cost;
            -instrument.cash(gross)
        }
        Change::Stated(qty, price) => {
            trade(position, instrument, qty, price);
            Money::ZERO
        }
    }
}

impl Books {
    /// What the venue's cash of an asset is by everything we know.
    #[must_use]
    pub fn venue_cash(&self, asset: AssetId) -> Money {
        let owed = self.netted.values().filter(|(quote, _)| *quote == asset).map(|(_, netted)| netted.owed());
        self.ledger.balance(Account::Cash, asset) + owed.sum()
    }

    /// An execution reaches the venue's one position; `gross` is what it realised with us.
    pub(super) fn net(&mut self, instrument: &Instrument, (at, fill): (Timestamp, &Fill), gross: TickLots) {
        if instrument.contract.is_margin() {
            let (_, netted) = self.netted.entry(instrument.id).or_insert((instrument.settles_in(), Netted::default()));
            netted.ours += instrument.cash(gross);
            let change = Change::Traded(fill.execution, fill.side.signed(fill.qty), fill.price);
            netted.insert(instrument, at, change);
        }
    }

    /// The venue took an execution back at `at`: with it goes what it had done there. With us
    /// `settled` is what that settled.
    pub(super) fn net_bust(&mut self, at: Timestamp, instrument: &Instrument, known: &Applied, settled: Money) {
        let Some((_, netted)) = self.netted.get_mut(&instrument.id) else { return };
        let signed = known.fill.side.signed(known.fill.qty);
        // One whose turn is not among the changes is remembered with what it did.
        let effect = known.at_venue.or_else(|| netted.effect_of(instrument, known.fill.execution));
        let Some((cost, gross)) = effect else { return };
        netted.ours += settled;
        netted.insert(instrument, at, Change::Undone(signed, cost, gross));
    }

    /// Every execution up to an instant is booked: their order is what it is.
    pub(crate) fn fold_netted(&mut self, instruments: &[Instrument], until: Timestamp) {
        for (id, (_, netted)) in &mut self.netted {
            for (execution, effect) in netted.fold(&instruments[usize::from(id.0)], until) {
                if let Some(applied) = self.applied.get_mut(&execution) {
                    applied.at_venue = Some(effect);
                }
            }
        }
    }

    /// A position changes without an execution we know of: the venue says it did (`at_venue`), or
    /// it passes from one desk to another. What it closes is realised at `price`.
    pub(crate) fn adjust(
        &mut self,
        now: Timestamp,
        (desk, instrument): (DeskId, &Instrument),
        (by, price): (Qty, Price),
        at_venue: bool,
    ) -> (Position, Option<Transaction>) {
        let mut holding: Holding = self.holding(desk, instrument.id);
        let side = if by.0 > 0 { Side::Buy } else { Side::Sell };
        let split = holding.position.apply(side, price, by.abs(), instrument);
        if split.fresh {
            holding.position.opened_at = now;
            holding.position.life = self.lives + 1;
            holding.position.entries = 1;
        }
        let gross = instrument.value(split.gross);
        let tally = self.tallies.entry(instrument.settles_in()).or_default();
        tally.gross += gross;
        tally.net += gross - split.entry_fees - split.carry;
        self.keep((desk, instrument.id), &holding);
        if instrument.contract.is_margin() {
            let (_, netted) = self.netted.entry(instrument.id).or_insert((instrument.settles_in(), Netted::default()));
            netted.ours += instrument.cash(split.gross);
            if at_venue {
                netted.insert(instrument, now, Change::Stated(by, price));
            }
        }
        (holding.position, self.settle_adjustment(now, desk, instrument, &split))
    }

    fn settle_adjustment(
        &mut self,
        now: Timestamp,
        desk: DeskId,
        instrument: &Instrument,
        split: &Split,
    ) -> Option<Transaction> {
        if postings::settles_at_once(instrument.contract) || split.gross == TickLots::ZERO {
            return None;
        }
        let entries = postings::settlement(instrument, split.gross);
        Some(self.post(now, Some(desk), Cause::Difference, entries))
    }
}
