//! Bands: between which marks of an instrument nothing can happen to the account.
//!
//! Whatever is watched — a loss limit, the peak, a threshold — is a difference that must not change
//! its sign, and moves no faster with a mark than what is held or could still be sold of it. So each
//! difference allows each mark to move by its size over that speed, shared among the instruments
//! that move it; the smallest allowance of all is the band. It is narrower than it could be, never
//! wider. Where two marks multiply, or a contract is worth the inverse of its mark, no move is allowed.

use rust_decimal::Decimal;

use super::account::Loss;
use super::thresholds::{Measured, Watch};
use crate::market::{Account, Contract, Instrument, Purpose, Side};
use crate::trading::core::Core;

/// As far as a band ever reaches.
const FARTHEST: i64 = i64::MAX / 4;

/// Twice the marks, in price units, within which nothing can happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Band {
    low: i64,
    high: i64,
}

impl Band {
    /// Any mark at all is news.
    const NOTHING: Self = Self { low: i64::MAX, high: i64::MIN };

    /// Whether a mark lies within.
    pub(super) const fn holds(self, twice_mark: i64) -> bool {
        self.low <= twice_mark && twice_mark <= self.high
    }
}

/// How much equity and exposure at most change per unit of a mark, in base.
#[derive(Clone, Copy, Debug, Default)]
struct Speed {
    equity: Decimal,
    exposure: Decimal,
    /// Whether it multiplies with another mark.
    crossed: bool,
}

impl Speed {
    fn matters(self) -> bool {
        self.crossed || !self.equity.is_zero() || !self.exposure.is_zero()
    }
}

impl Core {
    /// Draws the bands anew around the present marks.
    pub(super) fn draw_bands(&mut self, measures: &[Measured], losses: Option<[Loss; 3]>) {
        let speeds: Vec<Speed> = self.instruments.iter().map(|instrument| self.speed(instrument)).collect();
        let moving = Decimal::from(speeds.iter().filter(|speed| speed.matters()).count() as u64);
        let watches = self.watches(measures, losses);
        let band = |(instrument, speed): (&Instrument, Speed)| {
            if !speed.matters() {
                return None;
            }
            let Some(mark) = self.view.of(instrument.id).twice_mark() else { return Some(Band::NOTHING) };
            let half = if speed.crossed { 0 } else { half_width(instrument, speed, moving, &watches) };
            Some(Band { low: mark.saturating_sub(half), high: mark.saturating_add(half) })
        };
        self.guards.bands = self.instruments.iter().zip(speeds).map(band).collect();
    }

    /// While a mark is missing, the first one of an instrument that has none is news.
    pub(super) fn await_marks(&mut self) {
        let missing = |instrument: &Instrument| self.view.of(instrument.id).twice_mark().is_none();
        let band = |instrument| missing(instrument).then_some(Band::NOTHING);
        self.guards.bands = self.instruments.iter().map(band).collect();
    }

    fn speed(&self, instrument: &Instrument) -> Speed {
        let mut speed = Speed::default();
        let converts = instrument.quote == self.currency;
        if self.values_base(instrument) {
            speed.equity += self.books.ledger().balance(Account::Cash, instrument.base).decimal().abs();
            // Whatever is counted in another asset may move with it and with a mark of its own.
            let counted_elsewhere = |other: &Instrument| other.settles_in() != self.currency && self.is_held(other);
            speed.crossed = self.instruments.iter().any(counted_elsewhere);
        }
        let held = instrument.qty(self.position(instrument.id).abs());
        if instrument.contract.is_margin() {
            speed.equity += held;
        }
        let sells = self.orders.open_in(instrument.id);
        let sells = sells.filter(|order| order.purpose == Purpose::Entry && order.terms.side == Side::Sell);
        let selling: Decimal = sells.map(|order| instrument.qty(order.could_fill())).sum();
        let beyond = self.beyond(instrument, self.position(instrument.id));
        let beyond: Decimal = beyond.into_iter().map(|(_, qty)| instrument.qty(qty)).sum();
        speed.exposure = held + selling + beyond;
        speed.crossed |= !converts && speed.matters();
        // What is worth so much of the quote asset is worth its inverse: no speed holds for all marks.
        speed.crossed |= instrument.contract == Contract::Inverse && self.is_open(instrument);
        speed
    }

    /// Whether anything is held or pending in an instrument, or held of the base that its mark values.
    fn is_held(&self, instrument: &Instrument) -> bool {
        let cash = || self.books.ledger().balance(Account::Cash, instrument.base);
        self.is_open(instrument) || self.values_base(instrument) && !cash().is_zero()
    }

    /// Whether anything is held or pending in an instrument.
    fn is_open(&self, instrument: &Instrument) -> bool {
        !self.position(instrument.id).is_zero() || self.orders.open_in(instrument.id).next().is_some()
    }
}

/// How far twice a mark may move either way without anything happening, rounded down.
fn half_width(instrument: &Instrument, speed: Speed, moving: Decimal, watches: &[Watch]) -> i64 {
    let step = moving * instrument.price_unit;
    let allowed = |watch: &Watch| {
        let unit = (part(speed.exposure, watch.exposure) + part(speed.equity, watch.equity)) * step;
        if unit.is_zero() { None } else { whole_times(watch.gap.abs(), unit) }
    };
    let least = watches.iter().filter_map(allowed).min();
    // One unit less than the quotient, which may have been rounded up.
    least.map_or(FARTHEST, |least| least.saturating_sub(1).clamp(0, FARTHEST))
}

/// A product with a factor that is nearly always all or nothing.
fn part(of: Decimal, factor: Decimal) -> Decimal {
    if factor.is_zero() {
        Decimal::ZERO
    } else if factor == Decimal::ONE {
        of
    } else {
        of * factor
    }
}

/// How many whole times `unit` goes into twice `amount`, in integers where they fit: a band is drawn often.
fn whole_times(amount: Decimal, unit: Decimal) -> Option<i64> {
    let scale = amount.scale().max(unit.scale());
    let short = |value: Decimal| {
        let mantissa = i64::try_from(value.mantissa()).ok()?;
        mantissa.checked_mul(10_i64.checked_pow(scale - value.scale())?)
    };
    if let Some((amount, unit)) = short(amount).and_then(|amount| amount.checked_mul(2)).zip(short(unit)) {
        return Some(amount / unit);
    }
    let amount = amount.checked_mul(Decimal::TWO)?;
    let scale = amount.scale().max(unit.scale());
    let long = |value: Decimal| value.mantissa().checked_mul(10_i128.checked_pow(scale - value.scale())?);
    let whole = match long(amount).zip(long(unit)) {
        Some((amount, unit)) => amount / unit,
        None => amount.checked_div(unit)?.trunc().mantissa(),
    };
    Some(i64::try_from(whole).unwrap_or(FARTHEST))
}

#[cfg(test)]
mod tests {
    use crate::market::{
        AssetId, Instrument, InstrumentId, MarketEvent, Money, Price, Qty, Span, Timestamp, Trade, samples,
    };
    use crate::trading::config::Config;
    use crate::trading::core::{Core, Setup};

    const NOW: Timestamp = Timestamp(0);

    fn print(id: u16, price: i64) -> MarketEvent {
        MarketEvent::Trade(Trade { instrument: InstrumentId(id), price: Price(price), qty: Qty(1), taker: None })
    }

    /// What is held in ETH is worth its price in BTC times that of BTC: either mark is news.
    #[test]
    fn where_two_marks_multiply_both_are_news() {
        let pair = |id, base, quote| Instrument {
            id: InstrumentId(id),
            base: AssetId(base),
            quote: AssetId(quote),
            ..samples::b()
        };
        let setup = Setup {
            config: Config::default(),
            instruments: vec![pair(0, 0, 1), pair(1, 2, 0)],
            cadences: vec![Span::ZERO; 2],
            currency: AssetId(1),
            first_id: 1,
        };
        for (held, news) in [(2, true), (1, false)] {
            let mut core = Core::new(setup.clone());
            drop(core.books.opening(NOW, &[(AssetId(held), Money::new(5.into()))]));
            for (id, price) in [(0, 6_000_000), (1, 5)] {
                core.view.learn(NOW, &print(id, price));
            }
            let measures = core.measures();
            core.draw_bands(&measures, core.losses());
            let heeds = [(0, 6_000_001), (1, 6)].map(|(id, price)| core.breakers_heed(NOW, &print(id, price)));
            assert_eq!(heeds, [news, news], "held is asset {held}");
        }
    }
}
