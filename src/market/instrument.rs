//! Assets and instruments: what is traded, and the rules it trades under **as of a time**.
//!
//! An instrument's price and quantity units never change, so an integer price keeps its meaning
//! for life. Tick, lot, minima, band and fees may change at any instant; ask for [`Rules`] with
//! [`Instrument::rules`].

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::money::{Money, Rate, exact_product};
use super::units::{Price, Qty, Side, Timestamp};

/// An asset by its place in the run's asset table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AssetId(pub u16);

/// An instrument by its place in the run's instrument table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct InstrumentId(pub u16);

/// A currency or coin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Asset {
    /// Its code as the venue writes it, e.g. `USDT`.
    pub name: String,
    /// Decimals of its smallest unit: 8 means 0.00000001.
    pub scale: u32,
}

/// How a contract settles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Contract {
    /// Base is exchanged for quote at the fill; there are no short positions.
    Spot,
    /// A linear margin contract in the quote asset; profit is settled when closed.
    Linear,
    /// An inverse margin contract: so much of the quote asset each, settled in the base asset when closed.
    Inverse,
}

impl Contract {
    /// Whether it is held as a position on margin, rather than as coins.
    #[must_use]
    pub const fn is_margin(self) -> bool {
        match self {
            Self::Spot => false,
            Self::Linear | Self::Inverse => true,
        }
    }
}

/// The asset a fee is charged in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FeeAsset {
    /// The quote asset; of an inverse contract the base, in which it settles.
    Quote,
    /// The base asset (spot only): the fee is taken from what was bought, or added to what was sold.
    Base,
    /// A third asset, at `price` quote per unit, its smallest unit being `scale` decimals.
    Third {
        /// Which asset.
        asset: AssetId,
        /// Decimals of its smallest unit.
        scale: u32,
        /// Quote per unit of the asset at which the venue converts.
        price: Money,
    },
    /// What an execution brings in (spot only): the base asset of a buy, the quote asset of a sale.
    Received,
}

impl FeeAsset {
    /// What an order of this side is charged in, which is never `Received`.
    #[must_use]
    pub const fn on(self, side: Side) -> Self {
        match (self, side) {
            (Self::Received, Side::Buy) => Self::Base,
            (Self::Received, Side::Sell) => Self::Quote,
            (named, _) => named,
        }
    }
}

/// What the venue charges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeSchedule {
    /// Rate on notional when our order rested; negative is a rebate.
    pub maker: Rate,
    /// Rate on notional when our order took.
    pub taker: Rate,
    /// What it is charged in.
    pub asset: FeeAsset,
}

/// Maker or taker.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Liquidity {
    /// The order rested and was hit.
    Maker,
    /// The order removed displayed liquidity.
    Taker,
}

impl FeeSchedule {
    /// The rate for one kind of fill.
    #[must_use]
    pub const fn rate(&self, liquidity: Liquidity) -> Rate {
        match liquidity {
            Liquidity::Maker => self.maker,
            Liquidity::Taker => self.taker,
        }
    }
}

/// An instrument's rules from one instant on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rules {
    /// First instant at which they hold.
    pub from: Timestamp,
    /// Price grid, in price units.
    pub tick: Price,
    /// Quantity grid, in quantity units.
    pub lot: Qty,
    /// Least order quantity.
    pub min_qty: Qty,
    /// Greatest order quantity.
    pub max_qty: Qty,
    /// Least order notional, in quote.
    pub min_notional: Money,
    /// Greatest distance of an order price from the venue's reference, as a fraction; none is no band.
    pub band: Option<Rate>,
    /// Fees.
    pub fees: FeeSchedule,
}

impl Rules {
    /// Rules that refuse nothing, from the beginning of time: grids of one unit, no bounds and no band.
    #[must_use]
    pub const fn unbounded(fees: FeeSchedule) -> Self {
        Self {
            from: Timestamp::MIN,
            tick: Price(1),
            lot: Qty(1),
            min_qty: Qty(1),
            max_qty: Qty(i64::MAX),
            min_notional: Money::ZERO,
            band: None,
            fees,
        }
    }
}

/// What is traded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instrument {
    /// Its place in the table.
    pub id: InstrumentId,
    /// Canonical symbol, `BASE/QUOTE`.
    pub symbol: String,
    /// Base asset.
    pub base: AssetId,
    /// Quote asset, in which prices are counted, and P&L unless it settles in base.
    pub quote: AssetId,
    /// Decimals of the base asset's smallest unit.
    pub base_scale: u32,
    /// Decimals of the quote asset's smallest unit.
    pub quote_scale: u32,
    /// How it settles.
    pub contract: Contract,
    /// Quote per base of one price unit: the finest tick the instrument ever has.
    pub price_unit: Decimal,
    /// Base of one quantity unit: the finest lot the instrument ever has. Of an inverse contract it is
    /// quote: what a contract is worth.
    pub qty_unit: Decimal,
    /// Rules by the instant from which they hold, ascending; never empty.
    pub timeline: Vec<Rules>,
}

impl Instrument {
    /// The rules in force at `now`; before the first, the first.
    #[must_use]
    pub fn rules(&self, now: Timestamp) -> &Rules {
        let next = self.timeline.partition_point(|rules| rules.from <= now);
        &self.timeline[next.saturating_sub(1)]
    }

    /// A price as quote per base.
    #[must_use]
    pub fn price(&self, price: Price) -> Decimal {
        exact_product(Decimal::from(price.0), self.price_unit)
    }

    /// A quantity in base; of an inverse contract in quote.
    #[must_use]
    pub fn qty(&self, qty: Qty) -> Decimal {
        exact_product(Decimal::from(qty.0), self.qty_unit)
    }

    /// The nearest price on the grid at or below `price` in force at `now`.
    #[must_use]
    pub fn price_down(&self, price: Decimal, now: Timestamp) -> Option<Price> {
        let tick = self.rules(now).tick.0;
        whole_units(price, self.price_unit, false).map(|units| Price(units.div_euclid(tick) * tick))
    }

    /// The nearest price on the grid at or above `price` in force at `now`.
    #[must_use]
    pub fn price_up(&self, price: Decimal, now: Timestamp) -> Option<Price> {
        let tick = self.rules(now).tick.0;
        whole_units(price, self.price_unit, true).map(|units| Price(-(-units).div_euclid(tick) * tick))
    }

    /// An order price rounded away from trading: a buy down, a sell up (production-rules §2.1).
    #[must_use]
    pub fn limit_price(&self, side: Side, price: Decimal, now: Timestamp) -> Option<Price> {
        match side {
            Side::Buy => self.price_down(price, now),
            Side::Sell => self.price_up(price, now),
        }
    }

    /// The greatest quantity on the lot grid at or below `qty` base in force at `now`.
    #[must_use]
    pub fn qty_down(&self, qty: Decimal, now: Timestamp) -> Option<Qty> {
        let lot = self.rules(now).lot.0;
        whole_units(qty, self.qty_unit, false).map(|units| Qty(units.div_euclid(lot) * lot))
    }

    /// A price written as a decimal, if it is a whole number of price units.
    #[must_use]
    pub fn exact_price(&self, price: Decimal) -> Option<Price> {
        exact_units(price, self.price_unit).map(Price)
    }

    /// A quantity written as a decimal, if it is a whole number of quantity units.
    #[must_use]
    pub fn exact_qty(&self, qty: Decimal) -> Option<Qty> {
        exact_units(qty, self.qty_unit).map(Qty)
    }

    /// Whether `price` stands on the grid in force at `now`.
    #[must_use]
    pub fn on_tick(&self, price: Price, now: Timestamp) -> bool {
        price.0 % self.rules(now).tick.0 == 0
    }

    /// Whether `qty` stands on the lot grid in force at `now`.
    #[must_use]
    pub fn on_lot(&self, qty: Qty, now: Timestamp) -> bool {
        qty.0 % self.rules(now).lot.0 == 0
    }
}

/// How many whole `unit`s fit `amount`: the floor, or the ceiling. `None` beyond `i64`.
pub(super) fn whole_units(amount: Decimal, unit: Decimal, ceiling: bool) -> Option<i64> {
    // A remainder is exact where a quotient may not be: take the whole part from it.
    let remainder = amount.checked_rem(unit)?;
    let whole = (amount - remainder).checked_div(unit)?.round();
    let whole = i64::try_from(whole.mantissa() / 10_i128.pow(whole.scale())).ok()?;
    let step = if remainder.is_zero() {
        0
    } else if ceiling && remainder.is_sign_positive() {
        1
    } else if !ceiling && remainder.is_sign_negative() {
        -1
    } else {
        0
    };
    whole.checked_add(step)
}

fn exact_units(amount: Decimal, unit: Decimal) -> Option<i64> {
    amount.checked_rem(unit)?.is_zero().then(|| whole_units(amount, unit, false))?
}

#[cfg(test)]
pub(crate) mod samples {
    //! The test instruments of production-rules §7.1.

    use super::*;

    /// Assets of the test instruments: 0 BTC, 1 USDT, 2 XRP, 3 a third fee asset.
    pub fn instrument(id: u16, symbol: &str, tick: &str, lot: &str, min_qty: i64, min_notional: &str) -> Instrument {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a decimal in a test");
        let asset = |name: &str| {
            AssetId(
                (0..).zip(["BTC", "USDT", "XRP"]).find(|(_, n)| *n == name).map(|(id, _)| id).expect("a known asset"),
            )
        };
        let (base, quote) = symbol.split_once('/').expect("BASE/QUOTE");
        Instrument {
            id: InstrumentId(id),
            symbol: symbol.to_owned(),
            base: asset(base),
            quote: asset(quote),
            base_scale: if tick == "1" { 0 } else { 9 },
            quote_scale: 8,
            contract: Contract::Spot,
            price_unit: decimal(tick),
            qty_unit: decimal(lot),
            timeline: vec![Rules {
                from: Timestamp::MIN,
                tick: Price(1),
                lot: Qty(1),
                min_qty: Qty(min_qty),
                max_qty: Qty(i64::MAX),
                min_notional: Money::new(decimal(min_notional)),
                band: None,
                fees: FeeSchedule { maker: Rate::from_bps(25), taker: Rate::from_bps(40), asset: FeeAsset::Quote },
            }],
        }
    }

    /// BTC/USDT: tick 0.01, lot 0.00000001, minimum 0.0001 and 5 USDT.
    pub fn b() -> Instrument {
        instrument(0, "BTC/USDT", "0.01", "0.00000001", 10_000, "5")
    }

    /// XRP/USDT: tick 0.00001, lot 1, minimum 10 and 5 USDT.
    pub fn x() -> Instrument {
        instrument(1, "XRP/USDT", "0.00001", "1", 10, "5")
    }

    /// XRP/BTC: tick 0.00000001, lot 1, minimum 10 and 0.0001 BTC.
    pub fn y() -> Instrument {
        instrument(2, "XRP/BTC", "0.00000001", "1", 10, "0.0001")
    }

    /// Tick 1, lot 1, no minimum.
    #[cfg(feature = "simulator")]
    pub fn z() -> Instrument {
        instrument(3, "BTC/USDT", "1", "1", 1, "0")
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{b, x, y};
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal in a test")
    }

    /// V-41, V-42, V-44, V-45: (price, down, up) on each test instrument.
    #[test]
    fn prices_round_to_the_grid_with_a_named_direction() {
        let check = |instrument: &Instrument, price: &str, down: &str, up: &str| {
            let price = decimal(price);
            let to_text = |p: Option<Price>| instrument.price(p.expect("in range")).normalize();
            assert_eq!(to_text(instrument.price_down(price, Timestamp(0))), decimal(down).normalize());
            assert_eq!(to_text(instrument.price_up(price, Timestamp(0))), decimal(up).normalize());
        };
        check(&b(), "45348.98685", "45348.98", "45348.99");
        check(&b(), "44897.75315", "44897.75", "44897.76");
        check(&b(), "45225.005025", "45225", "45225.01");
        check(&b(), "44100.004", "44100", "44100.01");
        check(&b(), "45000", "45000", "45000");
        check(&x(), "0.60307035", "0.60307", "0.60308");
        check(&y(), "0.0000134067", "0.0000134", "0.00001341");
    }

    #[test]
    fn rules_change_at_their_instant() {
        let mut instrument = b();
        let mut coarser = instrument.timeline[0].clone();
        coarser.from = Timestamp(100);
        coarser.tick = Price(50);
        instrument.timeline.push(coarser);
        assert!(instrument.on_tick(Price(101), Timestamp(99)));
        assert!(!instrument.on_tick(Price(101), Timestamp(100)));
        assert_eq!(instrument.price_down(decimal("1.74"), Timestamp(100)), Some(Price(150)));
        assert_eq!(instrument.price_up(decimal("1.51"), Timestamp(100)), Some(Price(200)));
    }
}
