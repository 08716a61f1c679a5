//! What a trader may do, as data: every configuration key with its default and its range.
//!
//! The tables in `handling` (what is done with orders) and `limits` (what is allowed) are
//! production-rules §6; `beliefs` holds the keys that name an instrument. A key that is in none of
//! them does not exist. The range is compiled in and is the ceiling of any change. Where
//! `ceilings = "research"`, a value need only be readable, and a duration be more than nothing unless its range begins there.

use super::setting::{Flow, Setting, Written};
use super::words::Ceilings;

/// Why a key or its value is refused. The file and the place are known to the caller.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// No key of this name.
    #[error("no such key")]
    Unknown,
    /// The value has another form.
    #[error("{allowed}")]
    Form {
        /// What is allowed.
        allowed: String,
    },
    /// The value is outside the key's range.
    #[error("{low} to {high}")]
    Range {
        /// Least value.
        low: &'static str,
        /// Greatest value.
        high: &'static str,
    },
}

/// A key of the tables: its name, default and range as they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// Dotted name, e.g. `orders.entry_collar`.
    pub name: &'static str,
    /// Value where a scenario says nothing.
    pub default: &'static str,
    /// Least value under production ceilings.
    pub low: &'static str,
    /// Greatest value under production ceilings.
    pub high: &'static str,
    /// Which of two values allows less; no key is declared without it.
    pub tighter: Tighter,
}

/// Two values that do not go together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The key that is wrong.
    pub key: String,
    /// Its value.
    pub found: String,
    /// The key it does not go with.
    pub other: &'static str,
    /// What that one allows.
    pub allowed: String,
}

fn read<S: Setting>(text: &str) -> Result<S, KeyError> {
    S::read(text).ok_or_else(|| KeyError::Form { allowed: S::FORM.to_owned() })
}

fn within<S: Setting>(text: &str, low: &'static str, high: &'static str, ceilings: Ceilings) -> Result<S, KeyError> {
    let value: S = read(text)?;
    let bound = |text| S::read(text).expect("the table's ranges are readable; a test reads them all");
    let inside = value.within(&bound(low), &bound(high));
    let lifted = ceilings == Ceilings::Research && value.may_be_lifted();
    if inside || lifted { Ok(value) } else { Err(KeyError::Range { low, high }) }
}

/// The word of a key within its group: the field's name, unless another is written.
macro_rules! word {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $word:literal) => {
        $word
    };
}

/// Groups of keys: each a type with one field per key.
macro_rules! keys {
    ($($(#[$group_doc:meta])* $group:ident: $type:ident {
        $($(#[$doc:meta])* $field:ident $($word:literal)?: $kind:ty = $default:literal
            in $low:literal, $high:literal, $tighter:ident;)*
    })*) => {$(
        $(#[$group_doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct $type { $($(#[$doc])* pub $field: $kind,)* }

        impl $type {
            /// The keys of the group.
            pub const KEYS: &'static [Key] = &[$(Key {
                name: concat!(stringify!($group), ".", word!($field $($word)?)),
                default: $default, low: $low, high: $high, tighter: Tighter::$tighter,
            },)*];

            pub(super) fn standard() -> Self {
                Self { $($field: <$kind>::read($default).expect("the table's defaults are readable; a test reads them all"),)* }
            }

            /// Sets a key of the group from text, within its range.
            pub(super) fn set(&mut self, name: &str, text: &str, ceilings: Ceilings) -> Result<(), KeyError> {
                match name {
                    $(concat!(stringify!($group), ".", word!($field $($word)?)) => {
                        self.$field = within::<$kind>(text, $low, $high, ceilings)?;
                    })*
                    _ => return Err(KeyError::Unknown),
                }
                Ok(())
            }

            /// The value of a key of the group, as it is written.
            pub(super) fn text(&self, name: &str) -> Option<String> {
                match name {
                    $(concat!(stringify!($group), ".", word!($field $($word)?)) => Some(self.$field.write()),)*
                    _ => None,
                }
            }

            /// Whether a key of the group allows no more here than in `before`.
            pub(super) fn is_tighter(&self, before: &Self, name: &str) -> bool {
                match name {
                    $(concat!(stringify!($group), ".", word!($field $($word)?)) => {
                        Tighter::$tighter.holds(&before.$field, &self.$field)
                    })*
                    _ => false,
                }
            }
        }
    )*};
}

mod beliefs;
mod handling;
mod limits;
mod tighter;

pub use beliefs::{Belief, Beliefs};
pub use handling::{
    BreakEven, Budget, Clock, Dms, Exit, External, Fills, Holding, Kill, Mark, Orders, Positions, Protection,
    Reconcile, Reference, Resolve, Trailing,
};
pub use limits::{
    Alerts, Breakers, Confidence, Cooldown, DrawdownLeverage, LossLeverage, Regimes, Risk, Sanity, Stop, Throttle,
    Tier, Volatility,
};
pub use tighter::Tighter;

macro_rules! configuration {
    ($($(#[$doc:meta])* $group:ident: $type:ident;)*) => {
        /// Everything a trader may be told.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Config {
            /// Whether the ranges bind.
            pub ceilings: Ceilings,
            /// What is said of single instruments.
            pub beliefs: Beliefs,
            $($(#[$doc])* pub $group: $type,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Self { ceilings: Ceilings::Production, beliefs: Beliefs::default(), $($group: $type::standard(),)* }
            }
        }

        impl Config {
            /// The keys of every group.
            pub const GROUPS: &'static [&'static [Key]] = &[$($type::KEYS,)*];

            fn set_listed(&mut self, name: &str, text: &str) -> Result<(), KeyError> {
                match name.split_once('.').map_or(name, |(group, _)| group) {
                    $(stringify!($group) => self.$group.set(name, text, self.ceilings),)*
                    _ => Err(KeyError::Unknown),
                }
            }

            fn text_listed(&self, name: &str) -> Option<String> {
                match name.split_once('.').map_or(name, |(group, _)| group) {
                    $(stringify!($group) => self.$group.text(name),)*
                    _ => None,
                }
            }

            fn is_tighter_listed(&self, before: &Self, name: &str) -> bool {
                match name.split_once('.').map_or(name, |(group, _)| group) {
                    $(stringify!($group) => self.$group.is_tighter(&before.$group, name),)*
                    _ => false,
                }
            }
        }
    };
}

configuration! {
    /// Order handling.
    orders: Orders;
    /// The resolution ladder.
    resolve: Resolve;
    /// Token buckets.
    budget: Budget;
    /// When the book may be decided on.
    reference: Reference;
    /// When a position may be valued.
    mark: Mark;
    /// Size and exposure.
    risk: Risk;
    /// Requests nobody meant.
    sanity: Sanity;
    /// The repeated-execution throttle.
    throttle: Throttle;
    /// Where an entry would be given up.
    stop: Stop;
    /// How sure a desk must be.
    confidence: Confidence;
    /// What a regime allows.
    regime: Regimes;
    /// What a confidence allows.
    tier: Tier;
    /// What a drawdown allows.
    drawdown_leverage: DrawdownLeverage;
    /// What a run of losses allows.
    loss_leverage: LossLeverage;
    /// Breakers.
    breaker: Breakers;
    /// Pauses between entries.
    cooldown: Cooldown;
    /// Volatility spikes.
    volatility: Volatility;
    /// Stops and targets.
    protection: Protection;
    /// The exit ladder.
    exit: Exit;
    /// The trailing stop.
    trailing: Trailing;
    /// The break-even rule.
    break_even: BreakEven;
    /// How long a position may be held.
    holding: Holding;
    /// Fills at the boundary.
    fills: Fills;
    /// What is remembered of positions.
    positions: Positions;
    /// Reconciliation with the venue.
    reconcile: Reconcile;
    /// What is not ours.
    external: External;
    /// The kill.
    kill: Kill;
    /// The venue's dead-man timer.
    dms: Dms;
    /// Our clock.
    clock: Clock;
    /// Alerts by threshold.
    alerts: Alerts;
}

impl Config {
    /// Every key of the tables.
    pub fn keys() -> impl Iterator<Item = &'static Key> {
        Self::GROUPS.iter().copied().flatten()
    }

    /// Sets one key from text. `ceilings` must be set before the keys it frees.
    ///
    /// # Errors
    /// When there is no such key, or the value has another form or is outside the key's range.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), KeyError> {
        if name == "ceilings" {
            self.ceilings = read(text)?;
            return Ok(());
        }
        match self.beliefs.set(name, text, self.ceilings) {
            Err(KeyError::Unknown) => self.set_listed(name, text),
            done => done,
        }
    }

    /// The value of a key as it is written, where it has one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        if name == "ceilings" {
            Some(self.ceilings.write())
        } else {
            self.beliefs.text(name).or_else(|| self.text_listed(name))
        }
    }

    /// Which way a key becomes tighter; none where there is no such key.
    #[must_use]
    pub fn tighter(name: &str) -> Option<Tighter> {
        let listed = Self::keys().find(|key| key.name == name).map(|key| key.tighter);
        if name == "ceilings" { Some(Tighter::Fixed) } else { listed.or_else(|| Beliefs::tighter(name)) }
    }

    /// Whether a key allows no more here than in `before` (OP-5).
    pub(super) fn is_tighter(&self, before: &Self, name: &str) -> bool {
        self.beliefs.is_tighter(before, name).unwrap_or_else(|| self.is_tighter_listed(before, name))
    }

    /// Values that do not go together; research may hold them all the same.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        if self.ceilings == Ceilings::Research {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut hold = |sound: bool, key: &str, words: &str, other: &'static str| {
            if !sound {
                let text = |key: &str| self.text(key).unwrap_or_default();
                let allowed = format!("{words} {other} = {}", text(other));
                found.push(Conflict { key: key.to_owned(), found: text(key), other, allowed });
            }
        };
        hold(self.breaker.daily_warn < self.breaker.daily, "breaker.daily_warn", "below", "breaker.daily");
        hold(self.stop.min <= self.stop.max, "stop.min", "at most", "stop.max");
        for (symbol, distance) in self.beliefs.symbol_stops() {
            hold(distance <= self.stop.max, &format!("stop.symbol_max.{symbol}"), "at most", "stop.max");
        }
        let half = self.clock.max_offset.times(2) <= self.orders.skew_margin;
        hold(half, "clock.max_offset", "at most half of", "orders.skew_margin");
        let daily = self.throttle.max_entries <= self.throttle.max_per_day;
        hold(daily, "throttle.max_entries", "at most", "throttle.max_per_day");
        let stricter = self.confidence.after_losses5 >= self.confidence.after_losses3;
        hold(stricter, "confidence.after_losses.5", "at least", "confidence.after_losses.3");
        found
    }

    /// Whether entries and safety together may send more than a venue lets through; queries it does not
    /// count. Research may.
    #[must_use]
    pub fn overdraws(&self, venue: Flow) -> bool {
        let (entry, safety) = (self.budget.entry, self.budget.safety);
        let [e, s, v] = [entry, safety, venue].map(|flow| i128::from(flow.interval.0));
        let too_many = entry.capacity.saturating_add(safety.capacity) > venue.capacity;
        // 1/e + 1/s above 1/v.
        let too_fast = (e + s) * v > e * s;
        self.ceilings != Ceilings::Research && (too_many || too_fast)
    }

    /// What a result must be stamped with, if anything.
    #[must_use]
    pub fn stamp(&self) -> Option<String> {
        (self.ceilings == Ceilings::Research).then(|| self.ceilings.write())
    }
}

#[cfg(test)]
mod tests;
