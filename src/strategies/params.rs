//! How a strategy's parameters are written, read against its table, and turned into whole numbers.
//!
//! A key that is not in the table, a text of another form, and a value outside its range are
//! errors that say what is allowed. Nothing is rounded in reading.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Entry, Param, ParamError};
use crate::market::{Instrument, Money, Price, Rate, Regime, Span, TickLots};
use crate::trading::setting::{Number, Setting};

/// A row of a strategy's table.
pub(super) const fn param(
    key: &'static str,
    default: &'static str,
    form: &'static str,
    (low, high): (&'static str, &'static str),
    meaning: &'static str,
) -> Param {
    Param { key, default, form, low, high, meaning }
}

/// What a strategy of one instrument trades.
pub(super) const INSTRUMENT: Param = param(
    "instrument",
    "first",
    "first, each, or a symbol of the run",
    ("", ""),
    "What it trades; with `each`, a copy of it on every instrument.",
);

/// Size of an entry that may follow the risk rules.
pub(super) const ENTRY_SIZE: Param = param(
    "size",
    "risk",
    "risk, or an amount of quote",
    ("risk", "50000"),
    "Notional of an entry, or as large as the risk rules allow.",
);

/// How sure a strategy says it is.
pub(super) const CONFIDENCE: Param =
    param("confidence", "0.85", "a fraction", ("0", "1"), "Confidence it states; 0.80 passes any run of losses.");

/// The regime of a strategy that trades within a range.
pub(super) const REGIME: Param =
    param("regime", "ranging", "a regime of production-rules §2.5", ("", ""), "Regime it states.");

/// The whole, in the parts a [`Share`] counts.
const WHOLE: i64 = 100_000_000;

/// A share of something, in parts of 100 000 000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Share(i64);

impl Share {
    /// The share as an exact fraction.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.0, 8)
    }

    /// This share, or the bound it is beyond; the upper one where they contradict each other.
    #[must_use]
    pub fn within(self, low: Rate, high: Rate) -> Self {
        let parts = |rate: Rate| rate.decimal().checked_mul(Decimal::from(WHOLE)).and_then(|parts| parts.to_i64());
        Self(self.0.max(parts(low).unwrap_or(0)).min(parts(high).unwrap_or(WHOLE)))
    }

    /// This share of an amount, rounded toward −∞.
    #[must_use]
    pub fn of(self, amount: i128) -> i128 {
        let (whole, parts) = (i128::from(WHOLE), i128::from(self.0));
        amount.div_euclid(whole) * parts + (amount.rem_euclid(whole) * parts).div_euclid(whole)
    }
}

impl Setting for Share {
    const FORM: &'static str = "a percentage such as \"0.5%\"";

    fn read(text: &str) -> Option<Self> {
        let parts = Rate::read(text)?.decimal().checked_mul(Decimal::from(WHOLE))?;
        parts.fract().is_zero().then(|| parts.to_i64().map(Self))?
    }
}

/// A number of times, in the parts a [`Share`] counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Times(Share);

impl Times {
    /// As many times an amount, rounded toward −∞.
    #[must_use]
    pub fn of(self, amount: i128) -> i128 {
        self.0.of(amount)
    }
}

impl Setting for Times {
    const FORM: &'static str = "a number with at most 8 decimals such as \"2.5\"";

    fn read(text: &str) -> Option<Self> {
        let parts = Number::read(text)?.0.checked_mul(Decimal::from(WHOLE))?;
        parts.fract().is_zero().then(|| parts.to_i64().map(|parts| Self(Share(parts))))?
    }
}

/// How a strategy looks at a market: at the close of every bar, or at the mid at fixed times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sampling {
    /// Every closed bar.
    Bars,
    /// The mid at every multiple of this span since 1970.
    Every(Span),
}

impl Setting for Sampling {
    const FORM: &'static str = "bar, or a duration of at least 100ms";

    fn read(text: &str) -> Option<Self> {
        match text {
            "bar" => Some(Self::Bars),
            _ => Span::read(text).filter(|span| *span >= Span::from_millis(100)).map(Self::Every),
        }
    }
}

/// How an entry is priced.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EntryKind {
    /// Resting at or inside the own touch.
    Limit,
    /// At once, within the collar.
    Market,
}

impl Setting for EntryKind {
    const FORM: &'static str = "limit or market";

    fn read(text: &str) -> Option<Self> {
        match text {
            "limit" => Some(Self::Limit),
            "market" => Some(Self::Market),
            _ => None,
        }
    }
}

/// A distance between prices: so many ticks, or a share of the mid.
///
/// Ticks and shares have no order between them; for the check of a range every number of ticks is
/// less than every share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Distance {
    /// Whole ticks.
    Ticks(u32),
    /// Of the mid.
    Share(Share),
}

impl Distance {
    /// The distance in price units, a share of the mid rounded toward −∞.
    #[must_use]
    pub fn units(self, twice_mid: i64, tick: Price) -> i64 {
        match self {
            Self::Ticks(ticks) => i64::from(ticks).saturating_mul(tick.0),
            Self::Share(share) => i64::try_from(share.of(twice_mid.into()) / 2).unwrap_or(i64::MAX),
        }
    }
}

impl Setting for Distance {
    const FORM: &'static str = "a distance such as \"5 ticks\" or \"0.02%\"";

    fn read(text: &str) -> Option<Self> {
        let ticks = text.strip_suffix("ticks").or_else(|| text.strip_suffix("tick"));
        match ticks {
            Some(ticks) => u32::read(ticks.trim_end()).map(Self::Ticks),
            None => Share::read(text).filter(|share| share.0 >= 0).map(Self::Share),
        }
    }
}

/// How large an entry is asked to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EntrySize {
    /// As large as the risk rules allow.
    Risk,
    /// This much quote.
    Notional(Money),
}

impl Setting for EntrySize {
    const FORM: &'static str = "risk, or an amount of quote above zero";

    fn read(text: &str) -> Option<Self> {
        if text == "risk" {
            return Some(Self::Risk);
        }
        Money::read(text).filter(|amount| *amount > Money::ZERO).map(Self::Notional)
    }
}

/// Which instrument of the run is traded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Symbol {
    /// The first of the run; a scenario's instruments stand in the order of their symbols.
    First,
    /// The one of this symbol.
    Named(String),
}

impl Setting for Symbol {
    const FORM: &'static str = "first, each, or a symbol of the run such as BTC/USDT";

    fn read(text: &str) -> Option<Self> {
        match text {
            "first" => Some(Self::First),
            _ => text.contains('/').then(|| Self::Named(text.to_owned())),
        }
    }
}

impl Setting for Regime {
    const FORM: &'static str = "trending_bull, trending_bear, ranging, breakout_potential, volatile_bull, \
                                volatile_bear, choppy or unknown";

    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "trending_bull" => Self::TrendingBull,
            "trending_bear" => Self::TrendingBear,
            "ranging" => Self::Ranging,
            "breakout_potential" => Self::BreakoutPotential,
            "volatile_bull" => Self::VolatileBull,
            "volatile_bear" => Self::VolatileBear,
            "choppy" => Self::Choppy,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

/// Reads the parameters of one strategy.
pub(super) struct Reader<'a> {
    entry: &'static Entry,
    given: &'a BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    /// A reader of parameters that are all in the strategy's table.
    pub(super) fn new(entry: &'static Entry, given: &'a BTreeMap<String, String>) -> Result<Self, ParamError> {
        let known = |key: &str| entry.params.iter().any(|param| param.key == key);
        match given.iter().find(|(key, _)| !known(key)) {
            None => Ok(Self { entry, given }),
            Some((key, found)) => {
                let keys: Vec<&str> = entry.params.iter().map(|param| param.key).collect();
                let allowed = format!("one of {}", keys.join(", "));
                Err(ParamError { key: key.clone(), found: found.clone(), allowed })
            }
        }
    }

    /// A parameter's value, or its default.
    pub(super) fn get<S: Setting>(&self, key: &str) -> Result<S, ParamError> {
        let param = self.entry.params.iter().find(|param| param.key == key);
        let param = param.expect("a strategy asks for keys of its own table; a test builds them all");
        let text = self.given.get(key).map_or(param.default, String::as_str);
        within(text, param).ok_or_else(|| ParamError {
            key: key.to_owned(),
            found: text.to_owned(),
            allowed: if param.low.is_empty() {
                S::FORM.to_owned()
            } else {
                format!("{}, {} to {}", S::FORM, param.low, param.high)
            },
        })
    }

    /// A parameter that its strategy reads by itself, as it was written.
    pub(super) fn text(&self, key: &str) -> &'a str {
        self.given.get(key).map_or("", String::as_str)
    }

    /// The instrument it is to trade.
    pub(super) fn instrument<'i>(&self, instruments: &'i [Instrument]) -> Result<&'i Instrument, ParamError> {
        let found = match self.get("instrument")? {
            Symbol::First => instruments.first(),
            Symbol::Named(symbol) => instruments.iter().find(|instrument| instrument.symbol == symbol),
        };
        found.ok_or_else(|| {
            let symbols: Vec<&str> = instruments.iter().map(|instrument| instrument.symbol.as_str()).collect();
            let found = self.given.get("instrument").map_or("first", String::as_str);
            let allowed = format!("first, each, or {}", symbols.join(", "));
            ParamError { key: "instrument".to_owned(), found: found.to_owned(), allowed }
        })
    }
}

fn within<S: Setting>(text: &str, param: &Param) -> Option<S> {
    let bound = |text| S::read(text).expect("the table's ranges are readable; a test reads them all");
    S::read(text).filter(|value| param.low.is_empty() || (bound(param.low) <= *value && *value <= bound(param.high)))
}

/// An amount of quote in its [`unit`](super::holding::unit)s, rounded toward zero.
pub(super) fn tick_lots(instrument: &Instrument, amount: Money) -> TickLots {
    let unit = super::holding::unit(instrument);
    let whole = amount.decimal() - amount.decimal() % unit;
    TickLots((whole / unit).round().to_i128().unwrap_or(i128::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples;

    #[test]
    fn distances_are_ticks_or_shares() {
        let units = |text: &str| Distance::read(text).map(|distance| distance.units(9_000_001, Price(10)));
        assert_eq!(units("5 ticks"), Some(50));
        assert_eq!(units("1 tick"), Some(10));
        assert_eq!(units("0.02%"), Some(900));
        assert_eq!(units("0%"), Some(0));
        for wrong in ["5", "-1 ticks", "-1%", "0.0000001%", "5ticks of", "ticks"] {
            assert_eq!(units(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_exact_or_refused() {
        assert_eq!(Times::read("2.5").map(|times| times.of(-3)), Some(-8), "toward −∞");
        assert_eq!(Times::read("0.000000001"), None);
        assert_eq!(Sampling::read("10s"), Some(Sampling::Every(Span::from_secs(10))));
        assert_eq!(["99ms", "bars", "10"].map(Sampling::read), [None; 3]);
    }

    #[test]
    fn shares_round_down_even_where_the_product_would_not_fit() {
        let third = Share(33_333_333);
        assert_eq!(third.of(300), 99);
        assert_eq!(third.of(-300), -100);
        assert_eq!(Share(WHOLE).of(i128::MAX), i128::MAX);
    }

    #[test]
    fn amounts_become_whole_products() {
        let instrument = samples::b();
        let amount = |text: &str| Money::read(text).expect("an amount in a test");
        let product = tick_lots(&instrument, amount("250.00000000005"));
        assert_eq!(instrument.value(product), amount("250"));
        assert_eq!(instrument.value(tick_lots(&instrument, amount("50000"))), amount("50000"));
    }
}
