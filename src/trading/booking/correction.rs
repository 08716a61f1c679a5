//! Corrections: fees the venue revises and fills it takes back (production-rules §5.2).
//!
//! History is never edited: the ledger keeps the wrong transactions and gets their full reversals,
//! linked, and then the right ones. If a busted fill was the last thing that happened to its
//! position, the position is again exactly what it was. If other fills came after it, its quantity
//! leaves at the price it came at, as an opposite trade would: quantity, cash and equity at any
//! mark are those of a history without it, while the average price of what is open, and with it
//! the moment at which profit counts as realised, may not be; the identity holds either way.

use super::{Applied, BookError, Booked, Books, Charge, Effect, Execution, Moment, postings};
use crate::market::{
    Account, AssetId, Bug, Cause, Fee, Fill, Instrument, Money, TickLots, Timestamp, Transaction, VenueRef, planted,
};
use crate::trading::position::Split;

impl Books {
    /// Replaces the fee of a booked execution by what the venue now says it was: the old fee
    /// transaction is reversed in full and the right one posted.
    ///
    /// # Errors
    /// When the execution is unknown or the fee cannot be valued; nothing has changed then.
    pub fn correct_fee(&mut self, now: Timestamp, execution: &Execution<'_>, fee: Fee) -> Result<Booked, BookError> {
        let id = execution.fill.execution;
        let known = *self
            .applied
            .get(&id)
            .filter(|known| known.instrument == execution.instrument.id && !known.busted)
            .ok_or(BookError::Unknown { execution: id })?;
        let fill = Fill { fee: Some(fee), ..known.fill };
        let corrected = Execution { desk: known.desk, at: known.at, fill: &fill, ..*execution };
        let charge = Charge::of(&corrected)?;
        let mut holding = self.holding(known.desk, known.instrument);
        let moment = Moment { at: now, life: self.lives + 1, new_entry: false };
        let charges = (&known.charge, &charge);
        let effect = holding.recharge(&corrected, &known.split, charges, (moment, known.life))?;
        let reversal = postings::reversed(&postings::fee(&known.charge));
        let desk = Some(known.desk);
        let transactions = vec![
            self.post(now, desk, Cause::Reversal(known.fee_transaction), reversal),
            self.post(now, desk, Cause::Fee(id), postings::fee(&charge)),
        ];
        let tally = self.tallies.entry(execution.instrument.settles_in()).or_default();
        tally.fees -= known.charge.value;
        self.move_fee(&corrected, &Charge { amount: -known.charge.amount, value: -known.charge.value, ..known.charge });
        let fee_transaction = transactions[1].id;
        self.applied.insert(id, Applied { fill, charge, fee_transaction, ..known });
        self.settle(&corrected, &charge, &holding, &effect);
        let split = Split::default();
        let Effect { gross, lots_gross, net, .. } = effect;
        Ok(Booked { position: holding.position, split, charge, gross, lots_gross, net, closed: None, transactions })
    }

    /// Takes a booked fill back, which the venue undid at `undone`. Its id stays known; a second bust of it
    /// changes nothing.
    ///
    /// # Errors
    /// When the execution was never booked for this instrument; nothing has changed then.
    pub fn bust(
        &mut self,
        (now, undone): (Timestamp, Timestamp),
        instrument: &Instrument,
        execution: VenueRef,
    ) -> Result<Option<Booked>, BookError> {
        let known = self.applied.get(&execution).filter(|known| known.instrument == instrument.id).copied();
        let known = known.ok_or(BookError::Unknown { execution })?;
        if known.busted {
            return Ok(None);
        }
        let charge = Charge { amount: -known.charge.amount, value: -known.charge.value, ..known.charge };
        let fill = Fill { side: known.fill.side.opposite(), ..known.fill };
        let Applied { desk, at, .. } = known;
        let opposite = Execution { desk, instrument, at, fill: &fill, fee_rate: None, new_entry: false };
        let key = (desk, instrument.id);
        let latest = self.latest.get(&key).filter(|latest| latest.execution == execution);
        let (holding, effect) = if let Some(latest) = latest {
            let split = Split { gross: -known.split.gross, ..Split::default() };
            let (gross, lots_gross, net) = (-latest.gross, -latest.lots_gross, -latest.net);
            let effect = Effect { split, gross, lots_gross, net, ..Effect::default() };
            (latest.before, effect)
        } else {
            let mut holding = self.holding(desk, instrument.id);
            let moment = Moment { at: now, life: self.lives + 1, new_entry: false };
            let effect = holding.apply(&opposite, &charge, moment)?;
            (holding, effect)
        };
        let reversals = self.reverse(now, instrument, &known, effect.split.gross);
        let settled = |transaction: &Transaction| match transaction.cause {
            Cause::Reversal(of) if Some(of) == known.trade_transaction => cash_of(transaction, instrument.settles_in()),
            Cause::Settlement(_) => cash_of(transaction, instrument.settles_in()),
            _ => Money::ZERO,
        };
        self.net_bust(undone, instrument, &known, reversals.iter().map(settled).sum());
        let transactions = if planted(Bug::LedgerBust) { Vec::new() } else { reversals };
        self.settle(&opposite, &charge, &holding, &effect);
        self.applied.insert(execution, Applied { busted: true, ..known });
        Ok(Some(Booked {
            position: holding.position,
            split: effect.split,
            charge,
            gross: effect.gross,
            lots_gross: effect.lots_gross,
            net: effect.net,
            closed: None,
            transactions,
        }))
    }

    /// Reverses a fill's transactions. On margin the position may have realised another profit on
    /// the way out than on the way in: that difference is settled anew.
    fn reverse(
        &mut self,
        now: Timestamp,
        instrument: &Instrument,
        known: &Applied,
        gross: TickLots,
    ) -> Vec<Transaction> {
        let (desk, fill) = (Some(known.desk), known.fill);
        let mut reversals = Vec::with_capacity(3);
        let at_once = postings::settles_at_once(instrument.contract);
        if let Some(trade) = known.trade_transaction {
            let entries = if at_once {
                postings::spot_trade(instrument, fill.side, fill.price, fill.qty)
            } else {
                postings::settlement(instrument, known.split.gross)
            };
            reversals.push(self.post(now, desk, Cause::Reversal(trade), postings::reversed(&entries)));
        }
        let left = known.split.gross + gross;
        if !at_once && left != TickLots::ZERO {
            let settlement = postings::settlement(instrument, left);
            reversals.push(self.post(now, desk, Cause::Settlement(fill.execution), settlement));
        }
        let fee = postings::reversed(&postings::fee(&known.charge));
        reversals.push(self.post(now, desk, Cause::Reversal(known.fee_transaction), fee));
        reversals
    }
}

/// The cash a transaction moves of an asset.
fn cash_of(transaction: &Transaction, asset: AssetId) -> Money {
    let cash = transaction.postings.iter().filter(|posting| posting.account == Account::Cash && posting.asset == asset);
    cash.map(|posting| posting.amount).sum()
}
