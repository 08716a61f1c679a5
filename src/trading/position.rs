//! A position: signed quantity, what it cost, and the fees still attached to it
//! (production-rules §4.2, §4.3).
//!
//! Quantity and cost are whole numbers, so growing, closing and crossing zero are exact: what a
//! close releases and what it realises always add up to what the position was worth at the fill
//! price. The average price is the fraction cost / quantity and is never stored. Leverage appears
//! nowhere: it changes margin, never profit.
//!
//! It knows one desk's quantity in one instrument and nothing of orders, cash or other positions.

use rust_decimal::Decimal;

use super::share::{half_even, money_share, whole_share};
use crate::market::{Contract, Instrument, Money, Price, Qty, RawPrice, Side, TickLots, Timestamp};

/// What one desk holds of one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    /// Signed quantity: above zero long, below zero short.
    pub qty: Qty,
    /// Signed cost, of the same sign as the quantity; of an inverse contract of the other.
    pub cost: TickLots,
    /// Fees paid for what is open, in quote; a rebate counts against them.
    pub entry_fees: Money,
    /// Funding and interest paid for what is open, in quote.
    pub carry: Money,
    /// Entries since it was flat; a partial close frees none.
    pub entries: u32,
    /// When it was opened from flat.
    pub opened_at: Timestamp,
    /// Which life of the position this is: a new one begins at every opening from flat.
    pub life: u64,
}

/// What a fill did to a position: a closing part, an opening part, or first one and then the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Split {
    /// Quantity that closed, without sign.
    pub closed: Qty,
    /// Quantity that opened or grew the position, without sign.
    pub opened: Qty,
    /// Cost the closing part released, signed as the position was.
    pub released: TickLots,
    /// Gross realised profit of the closing part.
    pub gross: TickLots,
    /// Entry fees the closing part released.
    pub entry_fees: Money,
    /// Funding and interest the closing part released.
    pub carry: Money,
    /// Whether the opening part started from flat.
    pub fresh: bool,
}

impl Position {
    /// Whether nothing is held.
    #[must_use]
    pub const fn is_flat(&self) -> bool {
        self.qty.is_zero()
    }

    /// Applies a trade of `qty` (above zero) at `price`. The part that closes comes first; the
    /// rest opens at the fill price. Released fees are truncated to the unit it settles in, the
    /// last close takes all.
    pub fn apply(&mut self, side: Side, price: Price, qty: Qty, instrument: &Instrument) -> Split {
        let against = self.qty.0.signum() == -side.sign();
        let closing = if against { Qty(qty.0.min(self.qty.abs().0)) } else { Qty::ZERO };
        let mut split = self.close(side, price, closing, instrument);
        split.opened = qty - closing;
        split.fresh = self.is_flat() && !split.opened.is_zero();
        self.qty += side.signed(split.opened);
        // The fill is worth what it is worth whole: where its two parts were rounded apart, the rest opens.
        self.cost += instrument.worth(side.signed(qty), price) - instrument.worth(side.signed(closing), price);
        split
    }

    fn close(&mut self, side: Side, price: Price, qty: Qty, instrument: &Instrument) -> Split {
        if qty.is_zero() {
            return Split::default();
        }
        let (whole, fee_scale) = (self.qty.abs(), instrument.settle_scale());
        let released = TickLots(whole_share(self.cost.0, qty.0.into(), whole.0.into()));
        let entry_fees = money_share(self.entry_fees, qty.0, whole.0, fee_scale);
        let carry = money_share(self.carry, qty.0, whole.0, fee_scale);
        self.qty += side.signed(qty);
        self.cost -= released;
        self.entry_fees -= entry_fees;
        self.carry -= carry;
        if self.is_flat() {
            self.entries = 0;
        }
        let gross = -instrument.worth(side.signed(qty), price) - released;
        Split { closed: qty, released, gross, entry_fees, carry, ..Split::default() }
    }

    /// The average price in price units as an exact fraction, numerator and denominator without sign: cost / quantity;
    /// of an inverse contract quantity × size / cost. None when flat, or where an inverse contract cost nothing.
    #[must_use]
    pub fn average(&self, instrument: &Instrument) -> Option<(i128, i128)> {
        let (cost, qty) = (self.cost.0.abs(), i128::from(self.qty.0.abs()));
        let (above, below) = match instrument.contract {
            Contract::Spot | Contract::Linear => (cost, qty),
            Contract::Inverse => {
                let (size, tick) = (instrument.qty_unit.normalize(), instrument.price_unit.normalize());
                let power = |exponent| 10_i128.checked_pow(exponent);
                let above =
                    qty.checked_mul(size.mantissa())?.checked_mul(power(instrument.base_scale + tick.scale())?)?;
                (above, cost.checked_mul(tick.mantissa())?.checked_mul(power(size.scale())?)?)
            }
        };
        (below != 0).then_some((above, below))
    }

    /// The average price rounded half-even to 8 decimals, for showing only; none when flat.
    #[must_use]
    pub fn average_shown(&self, instrument: &Instrument) -> Option<Decimal> {
        let of_qty = |unit: Decimal| i128::from(self.qty.0).checked_mul(unit.mantissa());
        let power = |exponent| 10_i128.checked_pow(exponent);
        if instrument.contract == Contract::Inverse {
            let size = instrument.qty_unit;
            let coins = (-self.cost.0).checked_mul(power(size.scale())?)?;
            return half_even(of_qty(size)?.checked_mul(power(instrument.base_scale)?)?, coins, 8);
        }
        let unit = instrument.price_unit;
        let numerator = self.cost.0.checked_mul(unit.mantissa())?;
        half_even(numerator, of_qty(Decimal::ONE)?.checked_mul(power(unit.scale())?)?, 8)
    }

    /// Gross unrealised profit at `mark`: what it is worth there less what it cost.
    #[must_use]
    pub fn unrealised(&self, instrument: &Instrument, mark: RawPrice) -> Money {
        Money::new(instrument.worth_at(self.qty, mark.decimal())) - instrument.value(self.cost)
    }

    /// Gross unrealised profit less open entry fees and the estimated fee of leaving: the taker
    /// rate on the mark, rounded up to the unit (production-rules §4.3). For showing only.
    #[must_use]
    pub fn net_unrealised(&self, instrument: &Instrument, mark: RawPrice, now: Timestamp) -> Money {
        let worth = Money::new(instrument.worth_at(self.qty, mark.decimal())).abs();
        let exit = worth.times(instrument.rules(now).fees.taker.decimal()).up(instrument.settle_scale());
        self.unrealised(instrument, mark) - self.entry_fees - exit
    }
}

/// Net profit in percent of the entry notional, half-even, 4 decimals, for showing only.
#[must_use]
pub fn percent(net: Money, notional: Money) -> Option<Decimal> {
    on_margin(net, notional, 1)
}

/// Net profit in percent of the margin (entry notional / leverage), half-even, 4 decimals, for
/// showing only and always labelled "on margin".
#[must_use]
pub fn on_margin(net: Money, notional: Money, leverage: u8) -> Option<Decimal> {
    let (net, notional) = (net.decimal().normalize(), notional.decimal().abs().normalize());
    let scale = net.scale().max(notional.scale());
    let whole = |number: Decimal| number.mantissa().checked_mul(10_i128.checked_pow(scale - number.scale())?);
    half_even(whole(net)?.checked_mul(100 * i128::from(leverage))?, whole(notional)?, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fills(position: &mut Position, fills: &[(i64, i64)]) -> Vec<(i128, i128)> {
        let apply = |&(qty, price): &(i64, i64)| {
            let side = if qty > 0 { Side::Buy } else { Side::Sell };
            let split = position.apply(side, Price(price), Qty(qty.abs()), &crate::market::samples::b());
            (split.released.0, split.gross.0)
        };
        fills.iter().map(apply).collect()
    }

    #[test]
    fn a_fill_beyond_zero_closes_first_and_opens_at_its_price() {
        let mut position = Position::default();
        assert_eq!(fills(&mut position, &[(2, 100), (-5, 110)]), [(0, 0), (200, 20)]);
        assert_eq!((position.qty, position.cost), (Qty(-3), TickLots(-330)));
    }

    #[test]
    fn the_last_lot_releases_all_of_the_cost() {
        let mut position = Position::default();
        let results = fills(&mut position, &[(7, 100), (-1, 101), (-1, 101), (-5, 101)]);
        assert_eq!(results.iter().map(|(_, gross)| gross).sum::<i128>(), 7);
        assert_eq!(position.cost, TickLots::ZERO);
        assert!(position.is_flat());
    }
}
