//! Positions counted again, from fills alone: production-rules §4.2 and §4.3 in whole numbers.
//!
//! A growing fill adds to quantity and cost; a closing one releases cost × closed ÷ quantity,
//! truncated toward zero, and the last lot releases the rest. A fill beyond zero closes first and
//! opens with what is left. What a fee in the base asset does is in `base_fee`. This is a second
//! implementation on purpose: it shares nothing with the one it checks.

use crate::journal::{Exact, InstrumentCard, TooLarge};
use crate::market::{Contract, Fee, FeeAsset, Fill, TickLots, Timestamp};

/// One desk's position in one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Position {
    /// Signed quantity units.
    pub qty: i128,
    /// What it was worth when it was opened: price × quantity units, or base units of an inverse contract.
    pub cost: i128,
    /// Base that fees left over below a lot.
    pub residue: Exact,
    /// What the residue cost, in quote.
    pub residue_cost: Exact,
    /// Gross realised so far by what fees took of the residue, in quote.
    pub residue_gross: Exact,
    /// Entry fees of what is open, in quote.
    pub open_fees: Exact,
    /// Funding paid for what is open, in quote.
    pub carry: Exact,
}

/// What a fill did to a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Effect {
    /// Gross realised, in price × quantity units.
    pub gross: i128,
    /// Quantity closed.
    pub closed: i128,
    /// Net realised in quote; none where a fee's value or its share is not defined.
    pub net: Option<Exact>,
}

impl Position {
    /// Books a fill and its fee.
    pub fn book(
        &mut self,
        card: &InstrumentCard,
        fill: &Fill,
        fee: Option<Fee>,
        at: Timestamp,
    ) -> Result<Effect, TooLarge> {
        let (qty, price) = (i128::from(fill.qty.0), i128::from(fill.price.0));
        let before = self.qty;
        let (gross, closed) = self.trade(card, i128::from(fill.side.sign()) * qty, price)?;
        let mut effect = Effect { gross, closed, ..Effect::default() };
        match fee {
            Some(fee) if card.contract == Contract::Spot && fee.asset == card.base && !fee.amount.is_zero() => {
                if card.rules(at).fees.asset == FeeAsset::Received {
                    effect.net = Some(self.book_in_base(card, fill, (fee, at), [before, closed], &mut effect.gross)?);
                } else {
                    // What such a fee is worth is not counted here: net realised is not judged then.
                    let paid = self.pay_in_base(card, fee.amount.into(), fill.price, at)?;
                    effect.gross = effect.gross.checked_add(paid).ok_or(TooLarge)?;
                    self.return_lots(card, at)?;
                }
            }
            Some(fee) if fee.asset != card.settles_in().0 => {}
            fee => {
                let fee = fee.map_or(Exact::ZERO, |fee| fee.amount.into());
                let gross = card.value(TickLots(effect.gross))?;
                effect.net = Some(self.net(gross, fee, [before, closed, qty], card.settles_in().1)?);
            }
        }
        Ok(effect)
    }

    /// Trades a signed quantity at a price: gross realised, and the quantity closed.
    pub(super) fn trade(&mut self, card: &InstrumentCard, signed: i128, price: i128) -> Result<(i128, i128), TooLarge> {
        let opposite = (self.qty > 0 && signed < 0) || (self.qty < 0 && signed > 0);
        let closed = if opposite { signed.abs().min(self.qty.abs()) } else { 0 };
        let (mut gross, mut paid) = (0, 0);
        if closed > 0 {
            let released = self.cost.checked_mul(closed).ok_or(TooLarge)? / self.qty.abs();
            let closing = closed * signed.signum();
            paid = card.worth(closing, price)?;
            gross = paid.checked_add(released).and_then(i128::checked_neg).ok_or(TooLarge)?;
            self.cost = self.cost.checked_sub(released).ok_or(TooLarge)?;
            self.qty += closing;
        }
        // What the fill is worth whole and its closing part is not, opens.
        let cost = card.worth(signed, price)?.checked_sub(paid).ok_or(TooLarge)?;
        self.cost = self.cost.checked_add(cost).ok_or(TooLarge)?;
        self.qty += signed - closed * signed.signum();
        Ok((gross, closed))
    }

    /// What a fee in base leaves: its value is borne as that of any fee, and the lots that pay it release their share
    /// of what was borne before. Net realised; the gross of those lots is added.
    fn book_in_base(
        &mut self,
        card: &InstrumentCard,
        fill: &Fill,
        (fee, at): (Fee, Timestamp),
        [before, closed]: [i128; 2],
        gross: &mut i128,
    ) -> Result<Exact, TooLarge> {
        let (amount, scale, qty) = (Exact::from(fee.amount), card.quote_scale, i128::from(fill.qty.0));
        let value = amount.times(card.price(fill.price)?)?;
        let opening = opening(value, closed, qty, scale)?;
        let mut costs = self.release(before, closed, scale)?.plus(value.minus(opening)?)?;
        let (held, of_residue) = (self.qty, self.residue_gross);
        let paid = self.pay_in_base(card, amount, fill.price, at)?;
        *gross = gross.checked_add(paid).ok_or(TooLarge)?;
        let left = (held - self.qty).min(held.max(0));
        costs = costs.plus(self.release(held, left, scale)?)?;
        self.return_lots(card, at)?;
        if self.qty == 0 {
            costs = costs.plus(opening)?;
        } else {
            self.open_fees = self.open_fees.plus(opening)?;
        }
        card.value(TickLots(*gross))?.plus(self.residue_gross.minus(of_residue)?)?.minus(costs)
    }

    /// Takes the share of entry fees and funding that closed lots had borne.
    fn release(&mut self, before: i128, closed: i128, scale: u32) -> Result<Exact, TooLarge> {
        if closed == 0 {
            return Ok(Exact::ZERO);
        }
        let whole = closed == before.abs();
        let part = |of: Exact| if whole { Ok(of) } else { of.share(closed, before.abs(), scale) };
        let (fees, carried) = (part(self.open_fees)?, part(self.carry)?);
        self.open_fees = self.open_fees.minus(fees)?;
        self.carry = self.carry.minus(carried)?;
        fees.plus(carried)
    }

    /// Net realised: gross, less the released shares of entry fees and funding and this fill's closing fee.
    pub(super) fn net(&mut self, gross: Exact, fee: Exact, fill: [i128; 3], scale: u32) -> Result<Exact, TooLarge> {
        let [before, closed, qty] = fill;
        let released = self.release(before, closed, scale)?;
        let opening = opening(fee, closed, qty, scale)?;
        self.open_fees = self.open_fees.plus(opening)?;
        gross.minus(released)?.minus(fee.minus(opening)?)
    }
}

/// What the opening part of a fill bears of its fee.
fn opening(fee: Exact, closed: i128, qty: i128, scale: u32) -> Result<Exact, TooLarge> {
    match closed {
        0 => Ok(fee),
        closed if closed == qty => Ok(Exact::ZERO),
        closed => fee.share(qty - closed, qty, scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples::{b, z};
    use crate::market::{AssetId, Instrument, Liquidity, Money, Price, Qty, Side, VenueRef};

    fn fill(side: Side, price: i64, qty: i64) -> Fill {
        let execution = VenueRef::numbered('E', 1);
        Fill { execution, side, price: Price(price), qty: Qty(qty), liquidity: Liquidity::Taker, fee: None }
    }

    /// Signed fills at prices, and after each: gross, position, cost.
    fn check(instrument: &Instrument, steps: &[(i64, i64, [i128; 3])]) {
        let card = InstrumentCard::of(instrument);
        let mut position = Position::default();
        for &(signed, price, expected) in steps {
            let side = if signed > 0 { Side::Buy } else { Side::Sell };
            let effect = position.book(&card, &fill(side, price, signed.abs()), None, Timestamp(0));
            let gross = effect.expect("small numbers").gross;
            assert_eq!([gross, position.qty, position.cost], expected, "after {signed} at {price}");
        }
    }

    /// V-72 to V-75.
    #[test]
    fn partial_closes_match_the_golden_vectors() {
        check(&z(), &[(1, 100, [0, 1, 100]), (2, 101, [0, 3, 302]), (-1, 105, [5, 2, 202]), (-2, 105, [8, 0, 0])]);
        let short = [(-1, 100, [0, -1, -100]), (-2, 101, [0, -3, -302]), (1, 95, [5, -2, -202])];
        check(&z(), &short);
        check(&z(), &[(7, 100, [0, 7, 700]), (3, 103, [0, 10, 1009]), (-4, 110, [37, 6, 606]), (-6, 90, [-66, 0, 0])]);
        check(&z(), &[(2, 100, [0, 2, 200]), (-5, 110, [20, -3, -330]), (3, 104, [18, 0, 0])]);
    }

    /// V-76: entry fee 18 on 0.1 at 45 000, exit fee 7.36 on 0.04 at 46 000: net 25.44.
    #[test]
    fn net_takes_its_share_of_the_entry_fee() {
        let card = InstrumentCard::of(&b());
        let fee = |text: &str| Some(Fee { asset: AssetId(1), amount: Money::new(text.parse().expect("a decimal")) });
        let mut position = Position::default();
        let open = position.book(&card, &fill(Side::Buy, 4_500_000, 10_000_000), fee("18"), Timestamp(0));
        assert_eq!(open.map(|effect| effect.net), Ok(Some(Exact::ZERO)));
        let close = position.book(&card, &fill(Side::Sell, 4_600_000, 4_000_000), fee("7.36"), Timestamp(0));
        assert_eq!(close.map(|effect| effect.net), Ok(Some(Exact::new(2544, 2))));
    }

    /// V-61: a fee of 0.400005 thousandths of a bitcoin takes 40 001 lots and leaves a residue.
    #[test]
    fn a_base_fee_leaves_in_whole_lots() {
        let card = InstrumentCard::of(&b());
        let fee = Fee { asset: AssetId(0), amount: Money::new("0.000400005".parse().expect("a decimal")) };
        let mut position = Position::default();
        let effect = position.book(&card, &fill(Side::Buy, 4_500_000, 10_000_000), Some(fee), Timestamp(0));
        assert_eq!(effect.map(|effect| effect.gross), Ok(0));
        assert_eq!(position.qty, 9_959_999);
        assert_eq!(position.residue, Exact::new(5, 9));
        assert_eq!(position.residue_cost, Exact::new(225, 6));
    }
}
