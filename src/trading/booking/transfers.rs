//! Money that moves without a fill: opening balances, deposits and withdrawals, adopted holdings,
//! funding, and differences found by reconciliation (production-rules §4.11, §5.2).
//!
//! None of these is profit or loss but funding, which stays attached to the positions that paid
//! it until they close.

use super::Books;
use super::postings::paid;
use crate::market::{
    Account, AssetId, Cause, DeskId, Instrument, Money, Posting, Price, Qty, Side, Timestamp, Transaction,
};
use crate::trading::share::money_share;

impl Books {
    /// The balance the account begins with, one transaction per asset.
    pub fn opening(&mut self, now: Timestamp, balances: &[(AssetId, Money)]) -> Vec<Transaction> {
        let post = |&(asset, amount): &(AssetId, Money)| {
            self.post(now, None, Cause::Opening, paid(Account::External, asset, -amount))
        };
        balances.iter().map(post).collect()
    }

    /// A deposit (above zero) or a withdrawal.
    pub fn transfer(&mut self, now: Timestamp, asset: AssetId, amount: Money) -> Transaction {
        self.post(now, None, Cause::Transfer, paid(Account::External, asset, -amount))
    }

    /// Spot holdings that were there before us become a desk's position, at the price given: they
    /// may then be sold like what was bought (production-rules §4.11).
    pub fn adopt(
        &mut self,
        now: Timestamp,
        desk: DeskId,
        instrument: &Instrument,
        (qty, price): (Qty, Price),
    ) -> Transaction {
        let mut holding = self.holding(desk, instrument.id);
        let split = holding.position.apply(Side::Buy, price, qty, instrument);
        if split.fresh {
            holding.position.opened_at = now;
            holding.position.life = self.lives + 1;
            holding.position.entries = 1;
        }
        let amount = Money::new(instrument.qty(qty));
        self.tallies.entry(instrument.base).or_default().moved_holdings -= amount;
        let quote = self.tallies.entry(instrument.settles_in()).or_default();
        quote.moved_holdings += instrument.value(instrument.worth(qty, price));
        quote.gross += instrument.value(split.gross);
        quote.net += instrument.value(split.gross) - split.entry_fees - split.carry;
        self.keep((desk, instrument.id), &holding);
        self.post(now, Some(desk), Cause::Transfer, paid(Account::External, instrument.base, -amount))
    }

    /// Funding paid (above zero) or received on an instrument, once per funding time: a known time
    /// changes nothing. It is attached to the open positions by their share of the net quantity,
    /// the remainder to the last; without a net position it counts at once.
    pub fn funding(
        &mut self,
        now: Timestamp,
        instrument: &Instrument,
        at: Timestamp,
        amount: Money,
    ) -> Option<Transaction> {
        let fresh = self.funded.insert((instrument.id, at));
        fresh.then(|| self.carry(now, instrument, (Cause::Funding(instrument.id, at), Account::Funding), amount))
    }

    /// Interest or rollover paid on an instrument, once per time it was due; attached as funding is.
    pub fn interest(
        &mut self,
        now: Timestamp,
        instrument: &Instrument,
        at: Timestamp,
        amount: Money,
    ) -> Option<Transaction> {
        let fresh = self.accrued.insert((instrument.id, at));
        fresh.then(|| self.carry(now, instrument, (Cause::Interest(instrument.id, at), Account::Interest), amount))
    }

    fn carry(
        &mut self,
        now: Timestamp,
        instrument: &Instrument,
        (cause, account): (Cause, Account),
        amount: Money,
    ) -> Transaction {
        self.attach_funding(instrument, amount);
        self.tallies.entry(instrument.settles_in()).or_default().funding += amount;
        self.post(now, None, cause, paid(account, instrument.settles_in(), amount))
    }

    /// A difference found by reconciliation: the venue holds this much more than we thought.
    pub fn difference(&mut self, now: Timestamp, asset: AssetId, amount: Money) -> Transaction {
        let postings = vec![
            Posting { account: Account::Cash, asset, amount },
            Posting { account: Account::Unexplained, asset, amount: -amount },
        ];
        self.post(now, None, Cause::Difference, postings)
    }

    /// Moves an unexplained amount to the account it belongs to: so much leaves `unexplained`.
    pub(crate) fn explain(&mut self, now: Timestamp, asset: AssetId, amount: Money, to: Account) -> Transaction {
        let postings = vec![
            Posting { account: Account::Unexplained, asset, amount: -amount },
            Posting { account: to, asset, amount },
        ];
        self.post(now, None, Cause::Difference, postings)
    }

    fn attach_funding(&mut self, instrument: &Instrument, amount: Money) {
        let net: i64 = self.of(instrument).map(|position| position.qty.0).sum();
        let mut left = amount;
        if net != 0 {
            // Desks on the net side pay; where desks stand against each other the net desks'
            // quantity is larger than the net and shares are of their own sum.
            let side = net.signum();
            let whole: i64 = self.of(instrument).map(|position| position.qty.0 * side).filter(|qty| *qty > 0).sum();
            let mut rest = whole;
            for (key, position) in &mut self.positions {
                let qty = position.qty.0 * side;
                if key.1 == instrument.id && qty > 0 {
                    self.latest.remove(key);
                    rest -= qty;
                    let share =
                        if rest == 0 { left } else { money_share(amount, qty, whole, instrument.settle_scale()) };
                    position.carry += share;
                    left -= share;
                }
            }
        }
        self.tallies.entry(instrument.settles_in()).or_default().net -= left;
    }

    fn of<'a>(&'a self, instrument: &'a Instrument) -> impl Iterator<Item = &'a crate::trading::position::Position> {
        self.positions.iter().filter(|((_, id), _)| *id == instrument.id).map(|(_, position)| position)
    }
}
