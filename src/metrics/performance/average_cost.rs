//! A position at average cost, counted by itself for the attribution.
//!
//! Growing adds what it costs; closing releases a share of the cost by quantity, cut at 12 decimals, and what is cut
//! stays in the cost of what is open. What is too much opens the other way. It shares nothing with the trader's books.

use super::attribution::Traded;
use crate::journal::{Exact, InstrumentCard, TooLarge};
use crate::market::Contract;

/// Decimals of a released cost, at least; toward zero.
const COST_DECIMALS: u32 = 12;

/// A position at average cost: of spot with what fees in base left of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holding {
    pub qty: Exact,
    pub cost: Exact,
    /// A fill of it was taken back since the trader last said what it holds.
    pub recalled: bool,
    /// The last fill, with quantity and cost before it and what it realised, while nothing else touched the position.
    pub latest: Option<(Traded, Exact, Exact, Exact)>,
}

impl Holding {
    /// Trades a signed quantity that is worth so much, signed as well; what it realises.
    pub fn trade(&mut self, grain: Exact, signed: Exact, value: Exact) -> Result<Exact, TooLarge> {
        let (held, by) = (self.qty.units_up(grain)?, signed.units_up(grain)?);
        self.qty = self.qty.plus(signed)?;
        if held.signum() * by.signum() >= 0 {
            self.cost = self.cost.plus(value)?;
            return Ok(Exact::ZERO);
        }
        let closed = held.abs().min(by.abs());
        let part = |amount: Exact, of: i128| {
            if closed == of { Ok(amount) } else { amount.share(closed, of, amount.scale().max(COST_DECIMALS)) }
        };
        let (released, paid) = (part(self.cost, held.abs())?, part(value, by.abs())?);
        self.cost = self.cost.minus(released)?.plus(value.minus(paid)?)?;
        paid.plus(released)?.negated()
    }
}

/// The finest quantity there is.
pub(super) fn grain(card: &InstrumentCard) -> Exact {
    let step = card.qty_step();
    match card.contract {
        Contract::Spot => Exact::unit(card.base_scale.max(step.scale())),
        Contract::Linear | Contract::Inverse => step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three of 10, two sold at 12, and three more: one closes and two are short; cost and realised sum to what was paid.
    #[test]
    fn a_close_releases_its_share_and_what_is_too_much_opens() {
        let whole = Exact::whole;
        let mut holding = Holding::default();
        let mut trade = |signed: i128, price: i128| {
            let realised = holding.trade(whole(1), whole(signed), whole(signed * price)).expect("small");
            [realised, holding.qty, holding.cost].map(|amount| amount.to_string())
        };
        assert_eq!(trade(3, 10), ["0", "3", "30"]);
        assert_eq!(trade(-2, 12), ["4", "1", "10"]);
        assert_eq!(trade(-3, 13), ["3", "-2", "-26"]);
        assert_eq!(trade(2, 13), ["0", "0", "0"]);
    }

    #[test]
    fn what_a_cut_leaves_stays_in_the_cost() {
        let whole = Exact::whole;
        let mut holding = Holding::default();
        holding.trade(whole(1), whole(3), whole(100)).expect("small");
        let realised = holding.trade(whole(1), whole(-1), whole(-40)).expect("small");
        assert_eq!(realised.plus(whole(60)), Ok(holding.cost), "40 received of 100 paid");
        assert_eq!(realised.to_string(), "6.666666666667");
    }
}
