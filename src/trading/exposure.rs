//! Funds, exposure and equity (production-rules §2.4): what is held, what could still fill, and
//! what is free.
//!
//! Everything is computed from the book, the orders and the view when asked; nothing is cached, so
//! nothing can be out of date. Amounts are decimals of account currency unless said otherwise; a
//! `None` means that a price or rate is missing, and missing knowledge denies.

use rust_decimal::Decimal;

use super::core::Core;
use super::orders::Order;
use crate::market::{
    Account, AssetId, Bug, Contract, DeskId, Instrument, InstrumentId, Purpose, Qty, Side, Timestamp, planted,
};

/// Correlation below which instruments do not count together.
const LEAST_CORRELATION: Decimal = Decimal::from_parts(5, 0, 0, false, 1);

/// Long and short side of what an instrument could come to, in the asset it settles in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WorstCase {
    /// Long position and every buy that could still fill.
    pub long: Decimal,
    /// Short position and every sell that could still fill.
    pub short: Decimal,
}

impl WorstCase {
    /// The larger side; the sides are not netted.
    #[must_use]
    pub fn larger(self) -> Decimal {
        self.long.max(self.short)
    }

    /// With one more order of `notional`.
    #[must_use]
    pub fn with(self, side: Side, notional: Decimal) -> Self {
        match side {
            Side::Buy => Self { long: self.long + notional, ..self },
            Side::Sell => Self { short: self.short + notional, ..self },
        }
    }
}

impl Core {
    /// An amount of an asset in account currency, at its last known rate: the mark of a pair against the
    /// account currency, or a rate that was stated; where there is neither, the mark of a pair against an asset
    /// of which one of these is known.
    #[must_use]
    pub fn in_account(&self, asset: AssetId, amount: Decimal) -> Option<Decimal> {
        if amount.is_zero() || asset == self.currency {
            return Some(amount);
        }
        let crossed = || {
            let pair = self.valued_by(asset).filter(|pair| pair.quote != self.currency)?;
            self.mark(pair)?.checked_mul(self.direct_rate(pair.quote)?)
        };
        amount.checked_mul(self.direct_rate(asset).or_else(crossed)?)
    }

    /// What one of an asset is worth by itself.
    fn direct_rate(&self, asset: AssetId) -> Option<Decimal> {
        let traded = self.instruments.iter().find(|i| i.base == asset && i.quote == self.currency);
        let mark = traded.and_then(|instrument| self.mark(instrument));
        mark.or_else(|| self.rates.get(&asset).map(|rate| rate.price.decimal()))
    }

    /// The instrument whose mark says what an asset is worth, if one does.
    pub(crate) fn valued_by(&self, asset: AssetId) -> Option<&Instrument> {
        let mut pairs = self.instruments.iter().filter(|pair| pair.base == asset);
        let direct = pairs.clone().find(|pair| pair.quote == self.currency);
        direct.or_else(|| pairs.next().filter(|_| !self.rates.contains_key(&asset)))
    }

    /// Whether what is held of an instrument's base is worth what its mark says.
    pub(crate) fn values_base(&self, instrument: &Instrument) -> bool {
        let valued_by = self.valued_by(instrument.base).map(|by| by.id);
        instrument.base != self.currency && valued_by == Some(instrument.id)
    }

    /// What a position in an instrument is valued at, quote per base.
    #[must_use]
    pub fn mark(&self, instrument: &Instrument) -> Option<Decimal> {
        let (twice, unit) = (self.view.of(instrument.id).twice_mark()?, instrument.price_unit);
        // Half of so many units, where a unit is a power of ten: tenths of it, five times over.
        let plain = unit.mantissa() == 1 && unit.scale() < Decimal::MAX_SCALE;
        let tenths = twice.checked_mul(5).filter(|_| plain).map(|tenths| Decimal::new(tenths, unit.scale() + 1));
        Some(tenths.unwrap_or_else(|| Decimal::from(twice) * Decimal::new(5, 1) * unit))
    }

    /// What a signed quantity is worth at the mark in the asset it settles in.
    pub(crate) fn worth_at_mark(&self, instrument: &Instrument, qty: Qty) -> Option<Decimal> {
        let mark = self.mark(instrument)?;
        Some(match instrument.contract {
            Contract::Spot | Contract::Linear => mark * instrument.qty(qty),
            Contract::Inverse => instrument.worth_at(qty, mark),
        })
    }

    /// Equity: cash of every asset at its mark, and what open margin positions have gained.
    #[must_use]
    pub fn equity(&self) -> Option<Decimal> {
        let mut equity = Decimal::ZERO;
        for asset in self.books.ledger().assets() {
            equity += self.in_account(asset, self.books.ledger().balance(Account::Cash, asset).decimal())?;
        }
        for (_, instrument, position) in self.books.positions() {
            let instrument = self.instrument(instrument);
            if instrument.contract.is_margin() {
                let gained = self.worth_at_mark(instrument, position.qty)? - instrument.value(position.cost).decimal();
                equity += self.in_account(instrument.settles_in(), gained)?;
            }
        }
        Some(equity)
    }

    /// The signed position of all desks in an instrument.
    #[must_use]
    pub fn position(&self, instrument: InstrumentId) -> Qty {
        self.books.positions().filter(|(_, id, _)| *id == instrument).map(|(_, _, position)| position.qty).sum()
    }

    /// The worst case of an instrument, in the asset it settles in: positions at mark, buys at their
    /// limit, sells at the larger of limit and mark (of inverse contracts sells at their limit, buys at the
    /// smaller); reduce-only sells count only beyond the position.
    #[must_use]
    pub fn worst_case(&self, instrument: &Instrument) -> Option<WorstCase> {
        let position = self.position(instrument.id);
        let mut worst = WorstCase::default();
        if !position.is_zero() {
            let held = instrument.size_at(position.abs(), self.mark(instrument)?);
            worst = worst.with(if position > Qty::ZERO { Side::Buy } else { Side::Sell }, held);
        }
        let pending = self.orders.open_in(instrument.id).filter(|order| order.purpose == Purpose::Entry);
        for order in pending.filter(|_| !planted(Bug::RiskPendingCounts)) {
            let (side, limit) = (order.terms.side, dearest_limit(instrument, order));
            let price = instrument.counted_at(side, limit, self.mark(instrument))?;
            worst = worst.with(side, instrument.size_at(order.could_fill(), price));
        }
        for (side, qty) in self.beyond(instrument, position) {
            worst = worst.with(side, instrument.size_at(qty, self.mark(instrument)?));
        }
        Some(worst)
    }

    /// What reduce-only orders could still fill beyond the position they shrink, at most one of them
    /// per side: the others could not fill then either. On spot nothing is sold that is not held.
    pub(crate) fn beyond(&self, instrument: &Instrument, position: Qty) -> Vec<(Side, Qty)> {
        if instrument.contract == Contract::Spot {
            return Vec::new();
        }
        let most = |side: Side| {
            let shrinks = Qty((-side.sign() * position.0).max(0));
            let orders = self.orders.open_in(instrument.id);
            let orders = orders.filter(|order| order.purpose != Purpose::Entry && order.terms.side == side);
            let beyond = orders.map(|order| order.could_fill() - shrinks).max().filter(|qty| *qty > Qty::ZERO)?;
            Some((side, beyond))
        };
        [Side::Buy, Side::Sell].into_iter().filter_map(most).collect()
    }

    /// The worst case of every instrument, by id, in account currency.
    #[must_use]
    pub fn worst_cases(&self) -> Option<Vec<Decimal>> {
        self.instruments.iter().map(|instrument| self.worst_in_account(instrument)).collect()
    }

    /// The worst case of an instrument in account currency.
    pub(crate) fn worst_in_account(&self, instrument: &Instrument) -> Option<Decimal> {
        self.in_account(instrument.settles_in(), self.worst_case(instrument)?.larger())
    }

    /// The worst case of every instrument together, in account currency.
    #[must_use]
    pub fn total_worst_case(&self) -> Option<Decimal> {
        self.worst_cases().map(|worst| worst.into_iter().sum())
    }

    /// The worst case of every instrument weighted by how it moves together with one of them; what
    /// moves together by less than a half does not count (CK-26). Instruments that count come with
    /// their part.
    #[must_use]
    pub fn correlated_with(&self, with: &Instrument) -> Option<Vec<(InstrumentId, Decimal)>> {
        let mut parts = Vec::new();
        for other in &self.instruments {
            let rho = self.config.beliefs.correlation(&with.symbol, &other.symbol);
            if rho >= LEAST_CORRELATION {
                let worst = self.worst_in_account(other)?;
                if !worst.is_zero() {
                    parts.push((other.id, worst * rho));
                }
            }
        }
        Some(parts)
    }

    /// The greatest correlated exposure of any instrument that is held or pending, of these worst cases.
    pub(crate) fn most_correlated(&self, worst: &[Decimal]) -> Decimal {
        let pending = || self.instruments.iter().zip(worst).filter(|(_, worst)| !worst.is_zero());
        let exposed = |with: &Instrument| {
            let rho = |other: &Instrument| self.config.beliefs.correlation(&with.symbol, &other.symbol);
            let parts = pending().map(|(other, worst)| (rho(other), worst));
            parts.filter(|(rho, _)| *rho >= LEAST_CORRELATION).map(|(rho, worst)| worst * rho).sum()
        };
        pending().map(|(with, _)| exposed(with)).max().unwrap_or_default()
    }

    /// What an order that opens comes to at a price and the taker fee on it, both rounded up to the unit of
    /// what it settles in: what a spot buy ties up.
    #[must_use]
    pub fn opening_cost(instrument: &Instrument, price: Decimal, qty: Qty, now: Timestamp) -> (Decimal, Decimal) {
        let (exact, scale) = (crate::market::Money::new(instrument.size_at(qty, price)), instrument.settle_scale());
        // A quotient has too many digits to be multiplied exactly.
        let size = match instrument.contract {
            Contract::Spot | Contract::Linear => exact,
            Contract::Inverse => exact.up(scale),
        };
        let fee = size.times(instrument.rules(now).fees.taker.decimal().max(Decimal::ZERO));
        (size.up(scale).decimal(), fee.up(scale).decimal())
    }

    /// What an open entry holds back of the asset it settles in.
    fn reserved_by(&self, order: &Order, now: Timestamp) -> Decimal {
        let instrument = self.instrument(order.terms.instrument);
        let price = dearest_limit(instrument, order).unwrap_or_default();
        let (notional, fee) = Self::opening_cost(instrument, price, order.could_fill(), now);
        let fee = if planted(Bug::Safety1Preflight2) { Decimal::ZERO } else { fee };
        match instrument.contract {
            Contract::Spot if order.terms.side == Side::Sell => Decimal::ZERO,
            Contract::Spot => notional + fee,
            Contract::Linear | Contract::Inverse => notional / Decimal::from(order.terms.leverage.max(1)) + fee,
        }
    }

    /// What open entries hold back of an asset.
    #[must_use]
    pub fn reserved(&self, asset: AssetId, now: Timestamp) -> Decimal {
        let entries = self.orders.open().filter(|order| order.purpose == Purpose::Entry);
        entries
            .filter(|order| self.instrument(order.terms.instrument).settles_in() == asset)
            .map(|order| self.reserved_by(order, now))
            .sum()
    }

    /// Margin tied up by open positions, in account currency.
    #[must_use]
    pub fn used_margin(&self) -> Option<Decimal> {
        let mut used = Decimal::ZERO;
        for (desk, id, position) in self.books.positions() {
            let instrument = self.instrument(id);
            if instrument.contract.is_margin() {
                let size = instrument.size_at(position.qty.abs(), self.mark(instrument)?);
                let leverage = Decimal::from(self.leverage_of(desk, id).max(1));
                used += self.in_account(instrument.settles_in(), size / leverage)?;
            }
        }
        Some(used)
    }

    /// The leverage a position was last grown with; 1 without margin.
    #[must_use]
    pub fn leverage_of(&self, desk: DeskId, instrument: InstrumentId) -> u8 {
        self.leverages.get(&(desk, instrument)).copied().unwrap_or(1)
    }
}

/// The limit of an order at which it comes to most, while an amend is out.
fn dearest_limit(instrument: &Instrument, order: &Order) -> Option<Decimal> {
    let limit = match instrument.contract {
        Contract::Spot | Contract::Linear => order.highest_limit(),
        Contract::Inverse => order.lowest_limit(),
    };
    limit.map(|limit| instrument.price(limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{MarketEvent, Money, Price, ReferenceEvent, Span, Trade, samples};
    use crate::trading::config::Config;
    use crate::trading::core::Setup;

    const NOW: Timestamp = Timestamp(0);

    /// BTC/USDT, and ETH/BTC in the same units, in an account that counts in USDT.
    fn core() -> Core {
        let pair = |id, symbol: &str, base, quote| Instrument {
            id: InstrumentId(id),
            symbol: symbol.to_owned(),
            base: AssetId(base),
            quote: AssetId(quote),
            ..samples::b()
        };
        Core::new(Setup {
            config: Config::default(),
            instruments: vec![pair(0, "BTC/USDT", 0, 1), pair(1, "ETH/BTC", 2, 0)],
            cadences: vec![Span::ZERO; 2],
            currency: AssetId(1),
            first_id: 1,
        })
    }

    fn printed(core: &mut Core, id: u16, price: i64) {
        let trade = Trade { instrument: InstrumentId(id), price: Price(price), qty: Qty(1), taker: None };
        core.view.learn(NOW, &MarketEvent::Trade(trade));
    }

    #[test]
    fn an_asset_is_worth_its_mark_a_stated_rate_or_a_mark_in_another() {
        let mut core = core();
        let of = |core: &Core, asset| core.in_account(AssetId(asset), Decimal::TWO);
        printed(&mut core, 1, 5);
        assert_eq!((of(&core, 0), of(&core, 2), of(&core, 1)), (None, None, Some(Decimal::TWO)));
        printed(&mut core, 0, 6_000_000);
        let (btc, cross) = (Decimal::from(60_000), Decimal::new(5, 2));
        assert_eq!(of(&core, 0), Some(Decimal::TWO * btc));
        assert_eq!(of(&core, 2), Some(Decimal::TWO * btc * cross), "0.05 BTC of 60,000 each");
        let values = |core: &Core| [0, 1].map(|at| core.values_base(&core.instruments[at]));
        assert_eq!(values(&core), [true, true]);
        core.on_reference(NOW, ReferenceEvent::Rate { asset: AssetId(2), price: Money::new(2_900.into()) });
        assert_eq!(of(&core, 2), Some(Decimal::from(5_800)), "what was stated is not guessed");
        assert_eq!(values(&core), [true, false]);
    }
}
