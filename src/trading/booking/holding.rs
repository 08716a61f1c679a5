//! A position together with its residue, and what a fill with its fee does to both.
//!
//! A fee of the opening part stays attached to what is open, a fee of the closing part counts at
//! once; a base-asset fee on spot leaves from the position as a disposal at the fill price
//! (production-rules §4.2, §4.3). No cash moves here and nothing is posted.

use super::charge::{Charge, is_disposal};
use super::{BookError, Execution};
use crate::market::{Bug, Instrument, Money, Price, Side, TickLots, Timestamp, planted};
use crate::trading::position::{Position, Split};
use crate::trading::residue::{Grain, Residue};
use crate::trading::share::money_share;

/// What a desk holds of an instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Holding {
    pub position: Position,
    pub residue: Residue,
}

/// What a fill and its fee did to a holding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Effect {
    pub split: Split,
    /// The part of the fee that closing lots bore, in quote.
    pub exit_fee: Money,
    /// Gross realised, lots a base fee took included.
    pub gross: Money,
    /// The same of whole lots alone: what a residue gave stands only in `gross`.
    pub lots_gross: TickLots,
    /// Realised net of everything released and of the exit fee.
    pub net: Money,
    /// Net realised of the closing part alone.
    pub closed_net: Money,
}

/// When something happens to a holding, and what the next life would be called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub at: Timestamp,
    pub life: u64,
    pub new_entry: bool,
}

impl Holding {
    /// Applies a fill and its fee.
    pub(super) fn apply(
        &mut self,
        execution: &Execution<'_>,
        charge: &Charge,
        moment: Moment,
    ) -> Result<Effect, BookError> {
        let Execution { instrument, fill, .. } = execution;
        let split = self.position.apply(fill.side, fill.price, fill.qty, instrument);
        if split.fresh {
            self.begin(moment);
        } else if moment.new_entry && !split.opened.is_zero() {
            self.position.entries += 1;
        }
        let opening_fee = opening_part(charge.value, &split, instrument.settle_scale());
        let gross = instrument.value(split.gross);
        let exit_fee = charge.value - opening_fee;
        let borne = if planted(Bug::Critical6Fees) { Money::ZERO } else { exit_fee };
        let closed_net = gross - split.entry_fees - split.carry - borne;
        let mut effect = Effect { split, exit_fee, gross, lots_gross: split.gross, net: closed_net, closed_net };
        self.charge(instrument, fill.price, charge, moment, &mut effect)?;
        self.bear(opening_fee, true, &mut effect);
        Ok(effect)
    }

    /// Replaces the fee of an earlier fill: the old one comes back, the new one goes. What the
    /// opening part bears goes to what is still open of the same life, else it counts at once.
    pub(super) fn recharge(
        &mut self,
        execution: &Execution<'_>,
        split: &Split,
        (old, new): (&Charge, &Charge),
        (moment, life): (Moment, u64),
    ) -> Result<Effect, BookError> {
        let Execution { instrument, fill, .. } = execution;
        let mut effect = Effect::default();
        let part = |charge: &Charge| opening_part(charge.value, split, instrument.settle_scale());
        let (before, after) = (part(old), part(new));
        effect.exit_fee = new.value - after - (old.value - before);
        effect.net -= effect.exit_fee;
        let open = self.position.life == life;
        self.bear(-before, open, &mut effect);
        self.charge(instrument, fill.price, &Charge { amount: -old.amount, ..*old }, moment, &mut effect)?;
        self.charge(instrument, fill.price, new, moment, &mut effect)?;
        self.bear(after, open && self.position.life == life, &mut effect);
        Ok(effect)
    }

    /// Attaches an entry fee to what is open; with nothing open it counts at once.
    fn bear(&mut self, fee: Money, open: bool, effect: &mut Effect) {
        if open && !self.position.is_flat() {
            self.position.entry_fees += fee;
        } else {
            effect.net -= fee;
        }
    }

    fn begin(&mut self, moment: Moment) {
        self.position.opened_at = moment.at;
        self.position.life = moment.life;
        self.position.entries = 1;
    }

    /// Takes a base-asset fee out of the holding, or puts a rebate in. Others leave cash alone.
    fn charge(
        &mut self,
        instrument: &Instrument,
        price: Price,
        charge: &Charge,
        moment: Moment,
        effect: &mut Effect,
    ) -> Result<(), BookError> {
        if !is_disposal(instrument, charge.asset) {
            return Ok(());
        }
        let grain = Grain::of(instrument);
        let too_large = BookError::TooLarge { price, qty: self.position.qty };
        let amount = grain.amount(charge.amount).ok_or(too_large)?;
        let (split, product) = self.dispose(instrument, &grain, price, amount, moment.at).ok_or(too_large)?;
        let gross = grain.value(product).ok_or(too_large)?;
        effect.gross += gross;
        effect.lots_gross += split.gross;
        effect.net += gross - split.entry_fees - split.carry;
        self.collect(instrument, &grain, moment);
        Ok(())
    }

    /// Whole lots that cover `amount` leave at `price`, what they are too much goes to the
    /// residue; where the lots run out the residue itself gives. Returns the gross realised in
    /// price units × finest units.
    fn dispose(
        &mut self,
        instrument: &Instrument,
        grain: &Grain,
        price: Price,
        amount: i128,
        at: Timestamp,
    ) -> Option<(Split, i128)> {
        let needed = grain.lots_above(amount.max(0), instrument.rules(at).lot)?;
        let held = self.position.qty.max(crate::market::Qty::ZERO);
        let covered = grain.of_qty(held) + self.residue.holds() >= amount;
        let leaving = if covered { needed.min(held) } else { needed };
        let split = self.position.apply(Side::Sell, price, leaving, instrument);
        let mut product = grain.of_qty(crate::market::Qty(1)).checked_mul(split.gross.0)?;
        let surplus = grain.of_qty(leaving) - amount;
        if surplus < 0 {
            product += -surplus * i128::from(price.0) - self.residue.give(-surplus);
        } else {
            self.residue.take(surplus, price);
        }
        Some((split, product))
    }

    /// Whole lots of the residue go back to a position that is not short.
    fn collect(&mut self, instrument: &Instrument, grain: &Grain, moment: Moment) {
        if self.position.qty.0 < 0 {
            return;
        }
        let (lots, cost) = self.residue.whole_lots(grain, instrument.rules(moment.at).lot);
        if self.position.is_flat() && !lots.is_zero() {
            self.begin(moment);
        }
        self.position.qty += lots;
        self.position.cost += cost;
    }
}

/// The share of a fee that the opening part of a fill bears, truncated toward zero to the fee
/// unit; the remainder is the closing part's (production-rules §4.2).
fn opening_part(fee: Money, split: &Split, scale: u32) -> Money {
    let whole = split.closed + split.opened;
    if split.opened.is_zero() { Money::ZERO } else { money_share(fee, split.opened.0, whole.0, scale) }
}
