//! What a fee in the base asset does to a spot position: production-rules §4.2, in whole numbers.
//!
//! The least whole lots that cover the fee leave at the fill price, and what they are more than
//! the fee goes to the residue at that price; a rebate goes there entirely. Where the position has
//! fewer lots than that and the residue makes up for it, all of them leave and the residue gives
//! the rest, at its share of the residue's cost. A position that is not short takes all whole lots
//! of the residue back, at their share of the cost in whole price × quantity units. Shares are
//! truncated toward zero; what that leaves stays with the residue. Like the rest of the audit it
//! shares nothing with what it checks.

use super::position::Position;
use crate::journal::{Exact, InstrumentCard, TooLarge};
use crate::market::{Price, TickLots, Timestamp};

impl Position {
    /// Pays a fee in base, or takes a rebate: the gross that whole lots realised.
    pub(super) fn pay_in_base(
        &mut self,
        card: &InstrumentCard,
        fee: Exact,
        price: Price,
        at: Timestamp,
    ) -> Result<i128, TooLarge> {
        let (step, lot) = (card.qty_step(), i128::from(card.rules(at).lot.0));
        let lots = if fee.is_negative() { 0 } else { fee.units_up(Exact::whole(lot).times(step)?)? };
        let due = lots.checked_mul(lot).ok_or(TooLarge)?;
        let held = self.qty.max(0);
        let has = Exact::whole(held).times(step)?.plus(self.residue)?;
        let leaving = if has.compare(fee)?.is_ge() { due.min(held) } else { due };
        let (gross, _) = self.trade(card, -leaving, price.0.into())?;
        let rest = Exact::whole(leaving).times(step)?.minus(fee)?;
        let worth = rest.times(card.price(price)?)?;
        let mut cost = worth;
        if rest.is_negative() {
            cost = self.cost_of(card, rest.negated()?)?.negated()?;
            self.residue_gross = self.residue_gross.plus(cost)?.minus(worth)?;
        }
        self.residue = self.residue.plus(rest)?;
        self.residue_cost = self.residue_cost.plus(cost)?;
        Ok(gross)
    }

    /// Takes whole lots of the residue back, if there are any and nothing is short.
    pub(super) fn return_lots(&mut self, card: &InstrumentCard, at: Timestamp) -> Result<(), TooLarge> {
        let (step, lot) = (card.qty_step(), i128::from(card.rules(at).lot.0));
        let whole = self.residue.divided(Exact::whole(lot).times(step)?, 0)?;
        if self.qty < 0 || whole.is_zero() {
            return Ok(());
        }
        let amount = whole.times(Exact::whole(lot))?.times(step)?;
        let unit = card.value(TickLots(1))?;
        let carried = self.cost_of(card, amount)?.divided(unit, 0)?;
        self.residue = self.residue.minus(amount)?;
        self.residue_cost = self.residue_cost.minus(carried.times(unit)?)?;
        self.qty = self.qty.checked_add(amount.units_up(step)?).ok_or(TooLarge)?;
        self.cost = self.cost.checked_add(carried.units_up(Exact::whole(1))?).ok_or(TooLarge)?;
        Ok(())
    }

    /// The share of the residue's cost that `amount` of it carries, toward zero to the price unit
    /// of the finest base amount there is.
    fn cost_of(&self, card: &InstrumentCard, amount: Exact) -> Result<Exact, TooLarge> {
        let finest = Exact::unit(card.base_scale.max(card.qty_step().scale()));
        let unit = finest.times(card.price(Price(1))?)?;
        let [cost, of] = [self.residue_cost.units_up(unit)?, self.residue.units_up(finest)?];
        let part = amount.units_up(finest)?;
        let times = |a: i128, b: i128| a.checked_mul(b).ok_or(TooLarge);
        let each = times(cost.checked_div(of).ok_or(TooLarge)?, part)?;
        let share = each.checked_add(times(cost % of, part)? / of).ok_or(TooLarge)?;
        Exact::whole(share).times(unit)
    }
}
