//! What is said of single instruments: what the trader believes of their rules, what it expects
//! of them, how far their stops may stand, and how they move together.
//!
//! Nothing said means: as the venue says, and as production-rules §6 has it by default.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Config, KeyError, Tighter, within};
use crate::market::{Money, Rate};
use crate::trading::setting::{Number, Written};
use crate::trading::words::{Ability, Ceilings, CostRounding, Lacks, ReservesExits};

/// Greatest stop distance by symbol where nothing is said, in percent.
const STOPS: [(&str, i64); 3] = [("BTC/USDT", 3), ("XRP/USDT", 5), ("XRP/BTC", 5)];
/// Least order quantity expected where nothing is said, in units of the fourth decimal.
const MIN_QTYS: [(&str, i64); 3] = [("BTC/USDT", 1), ("XRP/USDT", 100_000), ("XRP/BTC", 100_000)];
/// How two instruments move together where nothing is said, in hundredths.
const CORRELATIONS: [(&str, &str, i64); 3] =
    [("BTC/USDT", "XRP/USDT", 75), ("BTC/USDT", "XRP/BTC", 60), ("XRP/USDT", "XRP/BTC", 85)];
/// The same of pairs on no list.
const UNLISTED: Decimal = Decimal::from_parts(50, 0, 0, false, 2);

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident $name:literal: $kind:ty = $low:literal, $high:literal, $tighter:ident;)*) => {
        /// What is said of one instrument; none is the venue's word.
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct Belief { $($(#[$doc])* pub $field: Option<$kind>,)* }

        impl Belief {
            /// The names of the keys.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];
            /// Those of them that can be expected.
            pub const EXPECTED: [&'static str; 3] = ["tick_size", "lot_size", "min_qty"];

            fn set(&mut self, name: &str, text: &str, ceilings: Ceilings) -> Result<(), KeyError> {
                match name {
                    $($name => self.$field = Some(within::<$kind>(text, $low, $high, ceilings)?),)*
                    _ => return Err(KeyError::Unknown),
                }
                Ok(())
            }

            fn text(&self, name: &str) -> Option<String> {
                match name {
                    $($name => self.$field.as_ref().map(Written::write),)*
                    _ => None,
                }
            }

            fn tighter(name: &str) -> Option<Tighter> {
                match name {
                    $($name => Some(Tighter::$tighter),)*
                    _ => None,
                }
            }
        }
    };
}

fields! {
    /// Price grid.
    tick_size "tick_size": Number = "0.000000000001", "1000000000", Fixed;
    /// Quantity grid.
    lot_size "lot_size": Number = "0.000000000001", "1000000000", Fixed;
    /// Least order quantity.
    min_qty "min_qty": Number = "0.000000000001", "1000000000000", Fixed;
    /// Greatest order quantity.
    max_qty "max_qty": Number = "0.000000000001", "1000000000000", Fixed;
    /// Least order notional.
    min_notional "min_notional": Money = "0.000000000001", "1000000000", Fixed;
    /// Maker fee.
    maker "fees.maker": Rate = "-0.1%", "1%", Fixed;
    /// Taker fee.
    taker "fees.taker": Rate = "-0.1%", "1%", Fixed;
    /// Whether a resting exit ties up lots.
    reserves_exits "reserves_exits": ReservesExits = "unknown", "no", Neither;
    /// Order kinds, times in force and flags the venue lacks: its capability table (§3.1).
    lacks "lacks": Lacks = "nothing", "nothing", Neither;
    /// How posted cash is rounded.
    cost_rounding "cost_rounding": CostRounding = "half_even", "half_even", Fixed;
}

/// What is said of instruments, by symbol.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Beliefs {
    believed: BTreeMap<String, Belief>,
    expected: BTreeMap<String, Belief>,
    stops: BTreeMap<String, Rate>,
    correlations: BTreeMap<(String, String), Number>,
}

fn pair(a: &str, b: &str) -> (String, String) {
    if a <= b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}

/// Where a key that names an instrument belongs.
enum Place<'n> {
    Believed(&'n str, &'n str),
    Expected(&'n str, &'n str),
    Stop(&'n str),
    Correlation(&'n str, &'n str),
}

/// Takes a name apart: symbols hold a `/` and no dot.
fn place(name: &str) -> Option<Place<'_>> {
    if let Some(rest) = name.strip_prefix("instrument.expect.") {
        return rest.split_once('.').map(|(symbol, key)| Place::Expected(symbol, key));
    }
    if let Some(rest) = name.strip_prefix("instrument.") {
        return rest.split_once('.').map(|(symbol, key)| Place::Believed(symbol, key));
    }
    if let Some(symbol) = name.strip_prefix("stop.symbol_max.") {
        return Some(Place::Stop(symbol));
    }
    let rest = name.strip_prefix("risk.correlation.")?;
    rest.split_once('.').map(|(one, other)| Place::Correlation(one, other))
}

impl Beliefs {
    /// The symbols a name speaks of, if it is the name of such a key.
    #[must_use]
    pub fn symbols_of(name: &str) -> Vec<&str> {
        match place(name) {
            Some(Place::Believed(symbol, _) | Place::Expected(symbol, _) | Place::Stop(symbol)) => vec![symbol],
            Some(Place::Correlation(one, other)) => vec![one, other],
            None => Vec::new(),
        }
    }

    pub(super) fn set(&mut self, name: &str, text: &str, ceilings: Ceilings) -> Result<(), KeyError> {
        match place(name).ok_or(KeyError::Unknown)? {
            Place::Believed(symbol, key) => {
                self.believed.entry(symbol.to_owned()).or_default().set(key, text, ceilings)
            }
            Place::Expected(symbol, key) if Belief::EXPECTED.contains(&key) => {
                self.expected.entry(symbol.to_owned()).or_default().set(key, text, ceilings)
            }
            Place::Expected(..) => Err(KeyError::Unknown),
            Place::Stop(symbol) => {
                self.stops.insert(symbol.to_owned(), within(text, "0.1%", "10%", ceilings)?);
                Ok(())
            }
            Place::Correlation(one, other) => {
                self.correlations.insert(pair(one, other), within(text, "0", "1", ceilings)?);
                Ok(())
            }
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        match place(name)? {
            Place::Believed(symbol, key) => self.believed.get(symbol)?.text(key),
            Place::Expected(symbol, key) => self.expected.get(symbol)?.text(key),
            Place::Stop(symbol) => self.stop(symbol).map(|distance| distance.write()),
            Place::Correlation(one, other) => Some(Number(self.correlation(one, other)).write()),
        }
    }

    /// Which way a key that names an instrument becomes tighter; none where there is no such key.
    pub(super) fn tighter(name: &str) -> Option<Tighter> {
        match place(name)? {
            Place::Believed(_, key) => Belief::tighter(key),
            Place::Expected(_, key) => Belief::tighter(key).filter(|_| Belief::EXPECTED.contains(&key)),
            Place::Stop(_) => Some(Tighter::Less),
            Place::Correlation(..) => Some(Tighter::More),
        }
    }

    /// Whether a key that names an instrument allows no more here than in `before`; none where the
    /// name is no such key's.
    pub(super) fn is_tighter(&self, before: &Config, name: &str) -> Option<bool> {
        let tighter = Self::tighter(name)?;
        Some(match place(name)? {
            // A symbol without a distance of its own has everybody's.
            Place::Stop(symbol) => {
                let distance = self.stop(symbol).unwrap_or(before.stop.max);
                tighter.holds(&before.beliefs.stop(symbol).unwrap_or(before.stop.max), &distance)
            }
            Place::Correlation(one, other) => {
                let [from, to] = [&before.beliefs, self].map(|said| Number(said.correlation(one, other)));
                tighter.holds(&from, &to)
            }
            Place::Believed(..) | Place::Expected(..) => self.text(name) == before.beliefs.text(name),
        })
    }

    /// What the trader believes of an instrument.
    #[must_use]
    pub fn of(&self, symbol: &str) -> Belief {
        self.believed.get(symbol).cloned().unwrap_or_default()
    }

    /// What it expects of an instrument: the larger minimum holds, another grid refuses to arm.
    #[must_use]
    pub fn expected(&self, symbol: &str) -> Belief {
        let mut belief = self.expected.get(symbol).cloned().unwrap_or_default();
        let usual = MIN_QTYS.iter().find(|(known, _)| *known == symbol);
        belief.min_qty = belief.min_qty.or(usual.map(|(_, least)| Number(Decimal::new(*least, 4))));
        belief
    }

    /// Whether the venue is believed to lack something for an instrument.
    #[must_use]
    pub fn lacks(&self, symbol: &str, ability: Ability) -> bool {
        let lacks = self.believed.get(symbol).and_then(|belief| belief.lacks.as_ref());
        lacks.is_some_and(|lacks| lacks.0.contains(&ability))
    }

    /// Whether resting exits tie up lots; where nothing is known, they do.
    #[must_use]
    pub fn reserves_exits(&self, symbol: &str) -> ReservesExits {
        self.believed.get(symbol).and_then(|belief| belief.reserves_exits).unwrap_or(ReservesExits::Unknown)
    }

    /// The greatest stop distance of an instrument, where it has one of its own.
    #[must_use]
    pub fn stop(&self, symbol: &str) -> Option<Rate> {
        let usual = STOPS.iter().find(|(known, _)| *known == symbol);
        self.stops.get(symbol).copied().or(usual.map(|(_, most)| Rate::new(Decimal::new(*most, 2))))
    }

    /// Stop distances that were written, by symbol.
    pub(super) fn symbol_stops(&self) -> impl Iterator<Item = (&str, Rate)> {
        self.stops.iter().map(|(symbol, most)| (symbol.as_str(), *most))
    }

    /// How two instruments move together: the same is 1, a pair on no list 0.5.
    #[must_use]
    pub fn correlation(&self, one: &str, other: &str) -> Decimal {
        if one == other {
            return Decimal::ONE;
        }
        let key = pair(one, other);
        let usual = CORRELATIONS.iter().find(|(a, b, _)| pair(a, b) == key);
        let said = self.correlations.get(&key).map(|said| said.0);
        said.unwrap_or_else(|| usual.map_or(UNLISTED, |(.., hundredths)| Decimal::new(*hundredths, 2)))
    }
}

impl Config {
    /// The greatest stop distance of an instrument.
    #[must_use]
    pub fn stop_max(&self, symbol: &str) -> Rate {
        self.beliefs.stop(symbol).map_or(self.stop.max, |most| self.stop.max.min(most))
    }
}
