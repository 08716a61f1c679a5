//! What base-asset fees leave below one lot, with its own cost (production-rules §4.2).
//!
//! Amounts are whole numbers of the finest unit the base asset and the lot share, costs are those
//! times price units, so both are exact. Position × lot + residue is our base cash, always. A
//! residue that reaches a whole lot gives it back at its carried cost; what a truncation leaves of
//! the cost stays with the rest.

use rust_decimal::Decimal;

use super::share::whole_share;
use crate::market::{Instrument, Money, Price, Qty, TickLots, exact_product};

/// A base amount below one lot and what it cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Residue {
    amount: i128,
    cost: i128,
}

/// How an instrument's base amounts turn into whole numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grain {
    scale: u32,
    /// Finest units of one quantity unit.
    per_unit: i128,
    price_unit: Decimal,
}

impl Grain {
    pub(super) fn of(instrument: &Instrument) -> Self {
        let unit = instrument.qty_unit.normalize();
        let scale = instrument.base_scale.max(unit.scale());
        let per_unit = unit.mantissa() * 10_i128.pow(scale - unit.scale());
        Self { scale, per_unit, price_unit: instrument.price_unit }
    }

    /// A base amount in finest units, if it is a whole number of them.
    pub(super) fn amount(&self, amount: Money) -> Option<i128> {
        let amount = amount.decimal().normalize();
        let factor = 10_i128.checked_pow(self.scale.checked_sub(amount.scale())?)?;
        amount.mantissa().checked_mul(factor)
    }

    /// The least whole number of `lot`s, in quantity units, that covers `amount` ≥ 0.
    pub(super) fn lots_above(&self, amount: i128, lot: Qty) -> Option<Qty> {
        let per_lot = self.per_unit.checked_mul(lot.0.into())?;
        let lots = amount / per_lot + i128::from(amount % per_lot != 0);
        i64::try_from(lots).ok()?.checked_mul(lot.0).map(Qty)
    }

    /// A quantity in finest units.
    pub(super) fn of_qty(&self, qty: Qty) -> i128 {
        self.per_unit * i128::from(qty.0)
    }

    /// Price units × finest units as quote money.
    pub(super) fn value(&self, product: i128) -> Option<Money> {
        let scale = self.scale + self.price_unit.scale();
        let product = product.checked_mul(self.price_unit.mantissa())?;
        Decimal::try_from_i128_with_scale(product, scale).ok().map(Money::new)
    }

    fn base(&self, amount: i128) -> Decimal {
        Decimal::from_i128_with_scale(amount, self.scale)
    }
}

impl Residue {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.amount == 0 && self.cost == 0
    }

    /// How much of the base asset.
    #[must_use]
    pub fn amount(&self, instrument: &Instrument) -> Money {
        Money::new(Grain::of(instrument).base(self.amount))
    }

    /// What it cost, in quote.
    #[must_use]
    pub fn cost(&self, instrument: &Instrument) -> Money {
        Grain::of(instrument).value(self.cost).expect("less than a lot fits where a lot fits")
    }

    /// Gross unrealised profit at `mark`.
    #[must_use]
    pub fn unrealised(&self, instrument: &Instrument, mark: Decimal) -> Money {
        Money::new(exact_product(self.amount(instrument).decimal(), mark)) - self.cost(instrument)
    }

    pub(super) const fn holds(&self) -> i128 {
        self.amount
    }

    /// Takes in `amount` at `price`.
    pub(super) fn take(&mut self, amount: i128, price: Price) {
        self.amount += amount;
        self.cost += amount * i128::from(price.0);
    }

    /// Gives up `amount` (at most all of it); returns the cost released, truncated toward zero.
    pub(super) fn give(&mut self, amount: i128) -> i128 {
        let released = whole_share(self.cost, amount, self.amount);
        self.amount -= amount;
        self.cost -= released;
        released
    }

    /// Gives its whole lots back, with the cost they carry in whole tick-lots.
    pub(super) fn whole_lots(&mut self, grain: &Grain, lot: Qty) -> (Qty, TickLots) {
        let per_lot = grain.of_qty(lot);
        let lots = self.amount / per_lot;
        if lots == 0 {
            return (Qty::ZERO, TickLots::ZERO);
        }
        let leaving = lots * per_lot;
        let cost = whole_share(self.cost, leaving, self.amount) / grain.per_unit;
        self.amount -= leaving;
        self.cost -= cost * grain.per_unit;
        (Qty(i64::try_from(lots).expect("a few lots") * lot.0), TickLots(cost))
    }
}
