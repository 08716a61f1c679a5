//! Corrections counted again: a fee the venue revised, an execution it took back (production-rules §5.2).
//!
//! A fee in base comes back as a rebate at the price of its fill and under the rules of the moment it comes
//! back in, and the new one is paid there too. An execution that was the last thing to touch its position
//! leaves it as it was before; any other leaves as an opposite trade at its price.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::position::Position;
use super::rows::{Correction, Holding, OrderRow, Undone};
use crate::journal::{Exact, InstrumentCard, TooLarge};
use crate::market::{Contract, DeskId, Fee, FeeAsset, Fill, InstrumentId, OrderId, Price, Side, Timestamp, VenueRef};

impl Facts {
    /// What postings undid or charged anew.
    pub(super) fn correct(&mut self, seq: u64, correction: Correction) -> Result<(), TooLarge> {
        let (execution, charged) = match correction {
            Correction::Charged(execution, fee) => (execution, fee),
            Correction::Reversed(execution, slot) => {
                self.unsettle(execution)?;
                if slot != 2 {
                    return self.undo(seq, execution);
                }
                (execution, None)
            }
        };
        let row = self.executions.entry(execution).or_default();
        let before = std::mem::replace(&mut row.charged, charged);
        let (Some(key), Some(heard)) = (row.booked, row.heard) else { return Ok(()) };
        let restored = row.undone == Some(Undone::Restored);
        if let Correction::Reversed(..) = correction {
            let holding = self.holdings.entry(key).or_default();
            (holding.stale, holding.reversed) = (true, true);
            self.take_opening_back(key, execution);
        }
        let back = before.map(|fee| Fee { amount: -fee.amount, ..fee });
        let (now, price) = (Timestamp(self.now()), heard.fill.price);
        let Some(card) = self.header.card(key.1) else { return Ok(()) };
        let holding = self.holdings.entry(key).or_default();
        holding.last = None;
        for fee in [back, charged].into_iter().flatten() {
            holding.pay(fee, card, price)?;
            if !restored {
                holding.charge(card, fee, price, now)?;
            }
        }
        holding.claimed = [holding.position.qty, holding.position.cost];
        // What the venue took as a fee later than what was there was sold, or had left to be, it sold short.
        self.count_under_way(key, seq);
        self.step.touched.push(key);
        Ok(())
    }

    /// What the venue settled for an execution that it took back is taken back as well, once.
    fn unsettle(&mut self, execution: VenueRef) -> Result<(), TooLarge> {
        let row = self.executions.entry(execution).or_default();
        match row.booked {
            Some((_, instrument)) if row.bust == [true, false] => {
                row.bust[1] = true;
                self.settled_there(instrument, execution, true)
            }
            _ => Ok(()),
        }
    }

    /// A trade or its settlement is reversed: the execution leaves its position.
    fn undo(&mut self, seq: u64, execution: VenueRef) -> Result<(), TooLarge> {
        let row = self.executions.entry(execution).or_default();
        let (Some(key), Some(heard), None) = (row.booked, row.heard, row.undone) else { return Ok(()) };
        let Some(card) = self.header.card(key.1) else { return Ok(()) };
        let holding = self.holdings.entry(key).or_default();
        (holding.stale, holding.reversed) = (true, true);
        row.undone = Some(holding.take_out(card, execution, &heard.fill)?);
        holding.traded -= i128::from(heard.fill.side.sign()) * i128::from(heard.fill.qty.0);
        holding.claimed = [holding.position.qty, holding.position.cost];
        // What was sold, or had left to be, before it was heard that the venue took back what it was bought by, the
        // venue sold short.
        self.count_under_way(key, seq);
        self.step.touched.push(key);
        Ok(())
    }

    /// What is under way to sell more than is there, by what the venue says only now, it sells short.
    pub(super) fn count_under_way(&mut self, key: (DeskId, InstrumentId), seq: u64) {
        let (under_way, now) = (self.closing(key, seq), self.now());
        let holding = self.holdings.entry(key).or_default();
        let short = holding.short_by(under_way);
        if short > holding.oversold {
            (holding.oversold, holding.oversold_at) = (short, now);
        }
    }

    /// What sells to close a position and had left by then, with the lots its fee takes; of orders that ended
    /// before, what the venue's log says they sold and is not booked yet.
    pub(super) fn closing(&self, key: (DeskId, InstrumentId), by: u64) -> i128 {
        let later = |id: OrderId| self.step.sent.iter().any(|(seq, sent, _)| *sent == id && *seq > by);
        let closes = |id: OrderId, row: &OrderRow| {
            let sells = row.sent.is_some_and(|order| order.side == Side::Sell);
            row.key() == Some(key) && !row.is_entry() && sells && !later(id)
        };
        // Where the venue's own log is not at hand, one that ended in this step may have sold all it could.
        let ended: BTreeSet<OrderId> = self.step.ended.iter().copied().filter(|_| !self.has_truth).collect();
        let may_trade = self.open.union(&ended).filter_map(|id| self.order(*id).filter(|row| closes(*id, row)));
        let mut all: i128 = may_trade.map(OrderRow::leaves).sum();
        for made in self.venue.unbooked.keys().filter_map(|name| self.executions.get(name)?.truth) {
            let id = made.report.order;
            if !self.open.contains(&id) && self.order(id).is_some_and(|row| closes(id, row)) {
                all += i128::from(made.fill.qty.0);
            }
        }
        all + self.card(key.1).map_or(0, |card| self.fee_in_lots(card, all))
    }

    /// At most so much of what is held does the fee of a sale take, where it is taken in base: whole lots, and one
    /// for what is left of a lot.
    fn fee_in_lots(&self, card: &InstrumentCard, sold: i128) -> i128 {
        let rules = card.rules(Timestamp(self.now()));
        let taker = rules.fees.taker.decimal();
        if rules.fees.asset.on(Side::Sell) != FeeAsset::Base || sold == 0 || taker.is_sign_negative() {
            return 0;
        }
        let lot = i128::from(rules.lot.0.max(1));
        (sold * taker.mantissa() / 10_i128.pow(taker.scale()) / lot + 2) * lot
    }

    /// Where a fill of margin that only opened is taken back, only its fee is reversed, and the journal says
    /// how the position changed: what it was before is kept for that.
    fn take_opening_back(&mut self, key: (DeskId, InstrumentId), execution: VenueRef) {
        let row = self.executions.entry(execution).or_default();
        let margin = self.header.card(key.1).is_some_and(|card| card.contract.is_margin());
        if margin && row.bust[0] && row.undone.is_none() {
            row.undone = Some(Undone::Traded);
            let holding = self.holdings.entry(key).or_default();
            holding.before = holding.last.take().filter(|(last, _)| *last == execution).map(|(_, before)| before);
        }
    }
}

impl Holding {
    /// How far below zero the position is, or will be once what is under way sells.
    pub(super) fn short_by(&self, under_way: i128) -> i128 {
        (under_way - self.position.qty).max(0)
    }

    /// Takes an execution out of the position.
    fn take_out(&mut self, card: &InstrumentCard, execution: VenueRef, fill: &Fill) -> Result<Undone, TooLarge> {
        if let Some((_, before)) = self.last.take().filter(|(last, _)| *last == execution) {
            self.position = before;
            return Ok(Undone::Restored);
        }
        let signed = i128::from(fill.side.sign()) * i128::from(fill.qty.0);
        self.position.trade(card, -signed, fill.price.0.into())?;
        Ok(Undone::Traded)
    }

    /// Counts a fee among what was paid, or one that came back.
    pub(super) fn pay(&mut self, fee: Fee, card: &InstrumentCard, price: Price) -> Result<(), TooLarge> {
        let amount = Exact::from(fee.amount);
        if fee.asset == card.settles_in().0 {
            self.quote_fees = self.quote_fees.plus(amount)?;
        } else if fee.asset == card.base {
            self.base_fees = self.base_fees.plus(amount)?;
            self.base_fee_value = self.base_fee_value.plus(amount.times(card.price(price)?)?)?;
        } else {
            self.foreign_fee = true;
        }
        Ok(())
    }

    /// A fee in base leaves the position, or comes back to it.
    fn charge(&mut self, card: &InstrumentCard, fee: Fee, price: Price, now: Timestamp) -> Result<(), TooLarge> {
        if card.contract == Contract::Spot && fee.asset == card.base {
            let position: &mut Position = &mut self.position;
            position.pay_in_base(card, fee.amount.into(), price, now)?;
            position.return_lots(card, now)?;
        }
        Ok(())
    }
}
