//! What a venue that nets positions holds, where we keep them apart by desk.
//!
//! A margin venue knows one position per instrument with one average cost: a fill of one desk, or
//! of external hands, may close there what another desk opened, and settle a profit that our desks
//! have not realised. Every execution is therefore applied a second time, to the one position the
//! venue keeps, and what it settled more than we is remembered: our cash and that together are
//! the venue's cash, to the unit, whoever traded. With one desk the two are the same.

use super::holding::Holding;
use super::{Books, postings};
use crate::market::{Account, Timestamp};
use crate::market::{
    AssetId, Cause, Contract, DeskId, Fill, Instrument, Money, Price, Qty, Side, TickLots, Transaction,
};
use crate::trading::position::{Position, Split};

impl Books {
    /// What the venue's cash of an asset is by everything we know.
    #[must_use]
    pub fn venue_cash(&self, asset: AssetId) -> Money {
        self.ledger.balance(Account::Cash, asset) + self.owed.get(&asset).copied().unwrap_or_default()
    }

    /// An execution reaches the venue's one position; `settled` is what it settled with us.
    pub(super) fn net(&mut self, instrument: &Instrument, fill: &Fill, settled: TickLots) {
        match instrument.contract {
            Contract::Spot => {}
            Contract::Linear => {
                let netted = self.netted.entry(instrument.id).or_default();
                let split = netted.apply(fill.side, fill.price, fill.qty, instrument.quote_scale);
                self.owe(instrument, instrument.cash(split.gross) - instrument.cash(settled));
            }
        }
    }

    /// A busted execution leaves the venue's one position: where it is the position of one desk, it
    /// follows that desk's.
    pub(super) fn net_bust(&mut self, instrument: &Instrument, fill: &Fill, (before, after): (&Position, &Position)) {
        let Some(netted) = self.netted.get_mut(&instrument.id) else { return };
        if (netted.qty, netted.cost) == (before.qty, before.cost) {
            (netted.qty, netted.cost) = (after.qty, after.cost);
        } else {
            let opposite = Fill { side: fill.side.opposite(), ..*fill };
            self.net(instrument, &opposite, TickLots::ZERO);
        }
    }

    fn owe(&mut self, instrument: &Instrument, more: Money) {
        if !more.is_zero() {
            *self.owed.entry(instrument.quote).or_default() += more;
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
        let split = holding.position.apply(side, price, by.abs(), instrument.quote_scale);
        if split.fresh {
            holding.position.opened_at = now;
            holding.position.life = self.lives + 1;
            holding.position.entries = 1;
        }
        let gross = instrument.value(split.gross);
        let tally = self.tallies.entry(instrument.quote).or_default();
        tally.gross += gross;
        tally.net += gross - split.entry_fees - split.carry;
        self.keep((desk, instrument.id), &holding);
        if at_venue {
            if let Some(netted) = self.netted.get_mut(&instrument.id) {
                netted.apply(side, price, by.abs(), instrument.quote_scale);
            } else {
                self.netted.insert(instrument.id, Position { qty: by, cost: by.at(price), ..Position::default() });
            }
        }
        (holding.position, self.settle_adjustment(now, desk, instrument, &split, at_venue))
    }

    fn settle_adjustment(
        &mut self,
        now: Timestamp,
        desk: DeskId,
        instrument: &Instrument,
        split: &Split,
        at_venue: bool,
    ) -> Option<Transaction> {
        if postings::settles_at_once(instrument.contract) || split.gross == TickLots::ZERO {
            return None;
        }
        if !at_venue {
            self.owe(instrument, -instrument.cash(split.gross));
        }
        let entries = postings::settlement(instrument, split.gross);
        Some(self.post(now, Some(desk), Cause::Difference, entries))
    }
}
