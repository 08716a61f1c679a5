//! What a quantity is worth at a price, exactly, for every kind of contract.
//!
//! [`Instrument::worth`] turns a signed quantity and a price into a whole number, such that profit is what the
//! position is worth at the exit less what it was worth at the entry: then cost is a sum of worths, and positions,
//! ledger and audit need not know the kind. For spot and linear contracts that is price × quantity. An inverse
//! contract pays quantity × size × (1 / entry − 1 / exit) of the base asset: its worth is minus quantity × size /
//! price, rounded half-even to the base asset's smallest unit **once, at the fill**; everything after adds whole units.

use rust_decimal::Decimal;

use super::instrument::{AssetId, Contract, FeeAsset, FeeSchedule, Instrument, Liquidity, whole_units};
use super::money::{Money, exact_product};
use super::units::{Price, Qty, Side, TickLots, Timestamp};

/// Decimals of an amount of quote that comes from a quotient: far below any contract.
const AMOUNT_DECIMALS: u32 = 12;

impl Instrument {
    /// The asset that profit is settled in.
    #[must_use]
    pub const fn settles_in(&self) -> AssetId {
        match self.contract {
            Contract::Spot | Contract::Linear => self.quote,
            Contract::Inverse => self.base,
        }
    }

    /// Decimals of that asset's smallest unit.
    #[must_use]
    pub const fn settle_scale(&self) -> u32 {
        match self.contract {
            Contract::Spot | Contract::Linear => self.quote_scale,
            Contract::Inverse => self.base_scale,
        }
    }

    /// What a signed quantity is worth at a price, in the units that [`Instrument::value`] counts in. Of an inverse
    /// contract its sign is not the quantity's, and without a price above zero it is worth nothing.
    ///
    /// # Panics
    /// When an inverse contract's units are too fine for its sizes.
    #[must_use]
    pub fn worth(&self, qty: Qty, price: Price) -> TickLots {
        self.checked_worth(qty, price).expect("an inverse contract's value fits 38 digits; its units are too fine")
    }

    /// The same; none where an inverse contract's units are too fine for its sizes.
    #[must_use]
    pub fn checked_worth(&self, qty: Qty, price: Price) -> Option<TickLots> {
        match self.contract {
            Contract::Spot | Contract::Linear => Some(qty.at(price)),
            Contract::Inverse => inverse(self, qty, price),
        }
    }

    /// What a signed quantity is worth at a price between the ticks, exactly; of an inverse contract rounded half-even
    /// to the unit it settles in, as a fill would be.
    #[must_use]
    pub fn worth_at(&self, qty: Qty, price: Decimal) -> Decimal {
        match self.contract {
            Contract::Spot | Contract::Linear => exact_product(self.qty(qty), price),
            Contract::Inverse => {
                let coins = self.qty(qty).checked_div(price).unwrap_or_default();
                -Money::new(coins).half_even(self.base_scale).decimal()
            }
        }
    }

    /// The exact value of a worth in the asset it settles in; no rounding.
    ///
    /// # Panics
    /// When the value does not fit 28 significant digits.
    #[must_use]
    pub fn value(&self, product: TickLots) -> Money {
        let units = product.0;
        let product = || Decimal::try_from_i128_with_scale(units, 0).expect("price × quantity fits 96 bits");
        Money::new(match self.contract {
            Contract::Spot | Contract::Linear => self
                .scaled(units)
                .unwrap_or_else(|| exact_product(exact_product(product(), self.price_unit), self.qty_unit)),
            Contract::Inverse => exact_product(product(), Decimal::new(1, self.base_scale)),
        })
    }

    /// Price × quantity where both units are powers of ten, as nearly everywhere: nothing is multiplied then.
    fn scaled(&self, product: i128) -> Option<Decimal> {
        let (price, qty) = (self.price_unit, self.qty_unit);
        let scale = price.scale() + qty.scale();
        let plain = price.mantissa() == 1 && qty.mantissa() == 1 && scale <= Decimal::MAX_SCALE;
        if plain { Decimal::try_from_i128_with_scale(product, scale).ok() } else { None }
    }

    /// What a quantity comes to at a price in the asset it settles in, without its sign.
    #[must_use]
    pub fn size(&self, qty: Qty, price: Price) -> Money {
        self.value(self.worth(qty, price)).abs()
    }

    /// What a quantity comes to at a price in quote, without its sign.
    #[must_use]
    pub fn notional(&self, qty: Qty, price: Price) -> Money {
        match self.contract {
            Contract::Spot | Contract::Linear => self.size(qty, price),
            Contract::Inverse => Money::new(self.qty(qty.abs())),
        }
    }

    /// What a quantity without sign comes to at a price between the ticks in the asset it settles in. Of an inverse
    /// contract it is not rounded to a unit: it is only compared, never booked.
    ///
    /// # Panics
    /// When it does not fit 96 bits.
    #[must_use]
    pub fn size_at(&self, qty: Qty, price: Decimal) -> Decimal {
        self.checked_size_at(qty, price).expect("a value of 96 bits")
    }

    /// The same; none where it does not fit 96 bits.
    #[must_use]
    pub fn checked_size_at(&self, qty: Qty, price: Decimal) -> Option<Decimal> {
        match self.contract {
            Contract::Spot | Contract::Linear => price.checked_mul(self.qty(qty)),
            Contract::Inverse => Some(self.settled(self.qty(qty), price)),
        }
    }

    /// What an amount of quote is at a price in the asset it settles in; nothing without a price.
    #[must_use]
    pub fn settled(&self, quote: Decimal, price: Decimal) -> Decimal {
        match self.contract {
            Contract::Spot | Contract::Linear => quote,
            Contract::Inverse => quote.checked_div(price).unwrap_or_default(),
        }
    }

    /// What an amount that quantities are counted in comes to at a price between the ticks in quote; none where that
    /// does not fit 96 bits.
    #[must_use]
    pub fn notional_of(&self, amount: Decimal, price: Decimal) -> Option<Decimal> {
        match self.contract {
            Contract::Spot | Contract::Linear => amount.checked_mul(price),
            Contract::Inverse => Some(amount),
        }
    }

    /// What a signed quantity gains from one price to another in the asset it settles in, exactly; of an inverse
    /// contract between the two values that fills there would have.
    #[must_use]
    pub fn gain(&self, qty: Qty, from: Decimal, to: Decimal) -> Decimal {
        match self.contract {
            Contract::Spot | Contract::Linear => (to - from) * self.qty(qty),
            Contract::Inverse => self.worth_at(qty, to) - self.worth_at(qty, from),
        }
    }

    /// The price at which an order counts while the market stands at `mark`: its limit where no fill can come to more,
    /// else whichever of the two makes it worth more. A sell fills at its limit or above, a buy at its limit or below;
    /// an inverse contract is worth more the lower.
    #[must_use]
    pub fn counted_at(&self, side: Side, limit: Option<Decimal>, mark: Option<Decimal>) -> Option<Decimal> {
        match (self.contract, side) {
            (Contract::Spot | Contract::Linear, Side::Buy) | (Contract::Inverse, Side::Sell) => limit.or(mark),
            (Contract::Spot | Contract::Linear, Side::Sell) => limit.max(mark),
            (Contract::Inverse, Side::Buy) => limit.into_iter().chain(mark).min(),
        }
    }

    /// The amount that comes to `value` at `price`, where a unit of what it settles in is worth `rate`; not on any grid.
    /// Of an inverse contract to `AMOUNT_DECIMALS`, so that what was divided by a price is found again.
    #[must_use]
    pub fn amount_for(&self, value: Decimal, price: Decimal, rate: Decimal) -> Option<Decimal> {
        match self.contract {
            Contract::Spot | Contract::Linear => value.checked_div(price.checked_mul(rate)?),
            Contract::Inverse => Some(value.checked_div(rate)?.checked_mul(price)?.round_dp(AMOUNT_DECIMALS)),
        }
    }

    /// The greatest quantity on the lot grid in force at `now` that comes to at most `value` at `price`, where a unit
    /// of what it settles in is worth `rate`. `None` beyond `i64`, or without a price.
    #[must_use]
    pub fn qty_for(&self, value: Decimal, price: Decimal, rate: Decimal, now: Timestamp) -> Option<Qty> {
        match self.contract {
            Contract::Spot | Contract::Linear => {
                let lot = self.rules(now).lot.0;
                let unit = price.checked_mul(rate)?.checked_mul(self.qty_unit).filter(|unit| *unit > Decimal::ZERO)?;
                whole_units(value, unit, false).map(|units| Qty(units.div_euclid(lot) * lot))
            }
            Contract::Inverse => self.qty_down(self.amount_for(value, price, rate)?, now),
        }
    }

    /// The cash posted for a value: half-even to the unit it settles in (production-rules §4.3).
    #[must_use]
    pub fn cash(&self, product: TickLots) -> Money {
        self.value(product).half_even(self.settle_scale())
    }

    /// The fee predicted for a fill in the schedule's fee asset: away from zero to the unit, a
    /// rebate toward zero (production-rules §4.3). A fee in a third asset divides by its price
    /// first, with 12 decimals more than its unit, toward zero.
    #[must_use]
    pub fn fee(
        &self,
        fees: &FeeSchedule,
        side: Side,
        liquidity: Liquidity,
        price: Price,
        qty: Qty,
    ) -> (AssetId, Money) {
        let rate = fees.rate(liquidity).decimal();
        match fees.asset.on(side) {
            FeeAsset::Quote | FeeAsset::Received => {
                (self.settles_in(), self.size(qty, price).times(rate).up(self.settle_scale()))
            }
            FeeAsset::Base => (self.base, Money::new(self.qty(qty)).times(rate).up(self.base_scale)),
            FeeAsset::Third { asset, scale, price: conversion } => {
                let in_quote = self.notional(qty, price).times(rate).decimal();
                let units = in_quote.checked_div(conversion.decimal()).expect("a fee asset's price is above zero");
                (asset, Money::new(units).toward_zero((scale + 12).min(Decimal::MAX_SCALE)).up(scale))
            }
        }
    }
}

/// Minus quantity × size / price in the base asset's smallest unit, half-even.
fn inverse(of: &Instrument, qty: Qty, price: Price) -> Option<TickLots> {
    let (size, tick) = (of.qty_unit.normalize(), of.price_unit.normalize());
    let shift = i64::from(of.base_scale) + i64::from(tick.scale()) - i64::from(size.scale());
    let power = |exponent: i64| 10_i128.checked_pow(u32::try_from(exponent.max(0)).unwrap_or(u32::MAX));
    let of_all =
        |a: i64, unit: Decimal, exponent| i128::from(a).checked_mul(unit.mantissa())?.checked_mul(power(exponent)?);
    if price.0 <= 0 {
        return Some(TickLots::ZERO);
    }
    let (above, below) = (of_all(qty.0, size, shift)?, of_all(price.0, tick, -shift)?);
    Some(TickLots(-half_even(above, below)))
}

/// A quotient rounded to the nearest whole number, halves to the even one. The divisor is above zero.
fn half_even(above: i128, below: i128) -> i128 {
    let (whole, rest) = (above.div_euclid(below), above.rem_euclid(below));
    let up = match rest.cmp(&(below - rest)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    whole + i128::from(up)
}

#[cfg(test)]
mod tests {
    use super::super::instrument::samples::{b, x, y};
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal in a test")
    }

    /// Contracts of 100 USD on BTC, ticks of 0.1, settled to the satoshi.
    fn hundred() -> Instrument {
        Instrument {
            contract: Contract::Inverse,
            base_scale: 8,
            price_unit: decimal("0.1"),
            qty_unit: decimal("100"),
            ..b()
        }
    }

    /// 10 contracts of 100 USD at 60 000 are 1/60 BTC = 0.016 666 666… → 0.01666667; at 48 000 exactly 1/48 =
    /// 0.02083333…; 3 at 40 000 are 0.0075 exactly. A short is the mirror image, halves go to the even unit.
    #[test]
    fn an_inverse_contract_is_worth_less_base_the_dearer_it_gets() {
        let of = hundred();
        let worth = |qty, price: i64| of.value(of.worth(Qty(qty), Price(price * 10)));
        let is = |text| Money::new(decimal(text));
        assert_eq!(worth(10, 60_000), is("-0.01666667"));
        assert_eq!(worth(-10, 60_000), is("0.01666667"));
        assert_eq!(worth(3, 40_000), is("-0.0075"));
        assert_eq!((of.settles_in(), of.settle_scale()), (of.base, 8));
        assert_eq!((of.size(Qty(-3), Price(400_000)), of.notional(Qty(-3), Price(1))), (is("0.0075"), is("300")));
        // Long 10 from 48 000 to 60 000: 1000 × (1/48000 − 1/60000) = 0.020 833 33 − 0.016 666 67 = 0.004 166 66.
        assert_eq!(worth(10, 60_000) - worth(10, 48_000), is("0.00416666"));
        assert_eq!([half_even(5, 2), half_even(7, 2), half_even(-5, 2), half_even(-7, 2)], [2, 4, -2, -4]);
        assert_eq!(of.worth(Qty(1), Price(0)), TickLots::ZERO);
    }

    /// 10 contracts of 100 USD bought at 50 000 and sold at 40 000: 1000 × (1/50000 − 1/40000) = −0.005; a short of them
    /// gains as much. What they come to is asked in coins, and in quote it is 1000 at any price.
    #[test]
    fn what_is_compared_is_counted_in_coins() {
        let (of, at) = (hundred(), |text| decimal(text));
        assert_eq!(of.gain(Qty(10), at("50000"), at("40000")), at("-0.005"));
        assert_eq!(of.gain(Qty(-10), at("50000"), at("40000")), at("0.005"));
        assert_eq!(of.size_at(Qty(10), at("40000")), at("0.025"));
        assert_eq!(
            (of.settled(at("1000"), at("40000")), of.notional_of(at("1000"), at("7"))),
            (at("0.025"), Some(at("1000")))
        );
        // A buy fills below its limit, where it is worth more coins; a sell at most at its limit.
        let (limit, mark) = (Some(at("50000")), Some(at("49000")));
        assert_eq!([Side::Buy, Side::Sell].map(|side| of.counted_at(side, limit, mark)), [mark, limit]);
        assert_eq!([Side::Buy, Side::Sell].map(|side| b().counted_at(side, limit, mark)), [limit, limit]);
        assert_eq!(of.counted_at(Side::Buy, limit, None), limit);
    }

    /// A quantity that became a value in another currency is found again, whatever the quotients left of digits; a
    /// value that is a little less than a contract is none.
    #[test]
    fn a_value_in_coins_is_whole_contracts() {
        let of = hundred();
        let found = |value: Decimal, price, rate| of.qty_for(value, price, rate, Timestamp(0));
        for qty in [1, 3, 7, 20, 999, 123_457] {
            for price in ["3", "7", "60000", "59999.9", "0.3"].map(decimal) {
                for rate in ["1", "3", "61234.5", "0.000017"].map(decimal) {
                    let value = of.size_at(Qty(qty), price) * rate;
                    assert_eq!(found(value, price, rate), Some(Qty(qty)), "{qty} at {price} and {rate}");
                }
            }
        }
        assert_eq!(found(decimal("0.03333"), decimal("60000"), Decimal::ONE), Some(Qty(19)));
        assert_eq!(found(Decimal::ONE, decimal("60000"), Decimal::ZERO), None);
    }

    /// 0.05 % of 0.01666667 is 0.000008333…, away from zero to the satoshi.
    #[test]
    fn an_inverse_fee_is_charged_in_what_it_settles_in() {
        let of = hundred();
        let fees = FeeSchedule { taker: super::super::money::Rate::from_bps(5), ..of.rules(Timestamp(0)).fees };
        let fee = of.fee(&fees, Side::Buy, Liquidity::Taker, Price(600_000), Qty(10));
        assert_eq!(fee, (of.base, Money::new(decimal("0.00000834"))));
    }

    /// V-56, V-57: exact value, posted cash, and fee.
    #[test]
    fn cash_and_fees_match_the_golden_vectors() {
        let check = |instrument: &Instrument, price: &str, qty: &str, value: &str, cash: &str, kind, fee: &str| {
            let price = instrument.exact_price(decimal(price)).expect("on the grid");
            let qty = instrument.exact_qty(decimal(qty)).expect("on the grid");
            let fees = instrument.rules(Timestamp(0)).fees;
            assert_eq!(instrument.value(instrument.worth(qty, price)), Money::new(decimal(value)));
            assert_eq!(instrument.cash(instrument.worth(qty, price)), Money::new(decimal(cash)));
            assert_eq!(
                instrument.fee(&fees, Side::Buy, kind, price, qty),
                (instrument.quote, Money::new(decimal(fee)))
            );
        };
        check(&b(), "45123.37", "0.00222222", "100.2740552814", "100.27405528", Liquidity::Taker, "0.40109623");
        check(&x(), "0.60007", "333", "199.82331", "199.82331", Liquidity::Maker, "0.49955828");
        check(&y(), "0.00001334", "100", "0.001334", "0.001334", Liquidity::Taker, "0.00000534");
    }

    #[test]
    fn a_third_fee_asset_is_converted_and_rounded_up() {
        let mut instrument = b();
        let asset = FeeAsset::Third { asset: AssetId(3), scale: 8, price: Money::new(decimal("600")) };
        instrument.timeline[0].fees.asset = asset;
        let fees = instrument.timeline[0].fees;
        // 45 000 × 0.1 × 0.4 % = 18 USDT = 0.03 of an asset at 600 (V-63).
        let (asset, fee) = instrument.fee(&fees, Side::Sell, Liquidity::Taker, Price(4_500_000), Qty(10_000_000));
        assert_eq!((asset, fee), (AssetId(3), Money::new(decimal("0.03"))));
    }
}
