//! What a trader may do, as data: every configuration key with its default and its range.
//!
//! The table below is production-rules §6, as far as this room carries it out; a key that is not
//! in it does not exist. The range is compiled in and is the ceiling of any change. Where
//! `ceilings = "research"`, a value need only be readable.

use std::collections::BTreeMap;
use std::fmt::Display;

use rust_decimal::Decimal;

use super::setting::{Ceilings, DefaultTif, Flow, Number, Setting, Strictness};
use crate::market::{Money, Rate, Span};

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

/// A key of the table: its name, default and range as they are written.
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
}

fn within<S: Setting>(text: &str, low: &'static str, high: &'static str, ceilings: Ceilings) -> Result<S, KeyError> {
    let value = S::read(text).ok_or_else(|| KeyError::Form { allowed: S::FORM.to_owned() })?;
    let bound = |text| S::read(text).expect("the table's ranges are readable; a test reads them all");
    let inside = bound(low) <= value && value <= bound(high);
    if inside || ceilings == Ceilings::Research { Ok(value) } else { Err(KeyError::Range { low, high }) }
}

macro_rules! configuration {
    ($($(#[$group_doc:meta])* $group:ident: $type:ident {
        $($(#[$doc:meta])* $field:ident: $kind:ty = $default:literal in $low:literal, $high:literal;)*
    })*) => {
        $(
            $(#[$group_doc])*
            #[derive(Clone, PartialEq, Eq, Debug)]
            pub struct $type { $($(#[$doc])* pub $field: $kind,)* }

            impl $type {
                fn standard() -> Self {
                    Self { $($field: <$kind>::read($default).expect("the table's defaults are readable; a test reads them all"),)* }
                }
            }
        )*

        /// Everything a trader may be told.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Config {
            /// Whether the ranges bind.
            pub ceilings: Ceilings,
            $($(#[$group_doc])* pub $group: $type,)*
            /// `stop.symbol_max.{symbol}`: greatest stop distance of one instrument.
            pub symbol_stop_max: BTreeMap<String, Rate>,
        }

        impl Default for Config {
            fn default() -> Self {
                let percent = |n: i64| Rate::new(Decimal::new(n, 2));
                Self {
                    ceilings: Ceilings::Production,
                    $($group: $type::standard(),)*
                    symbol_stop_max: [("BTC/USDT", 3), ("XRP/USDT", 5), ("XRP/BTC", 5)]
                        .map(|(symbol, n)| (symbol.to_owned(), percent(n)))
                        .into(),
                }
            }
        }

        impl Config {
            /// Every key of the table.
            pub const KEYS: &'static [Key] = &[$($(Key {
                name: concat!(stringify!($group), ".", stringify!($field)),
                default: $default, low: $low, high: $high,
            },)*)*];

            /// Sets a key of the table from text, within its range.
            fn set_listed(&mut self, name: &str, text: &str) -> Result<(), KeyError> {
                match name {
                    $($(concat!(stringify!($group), ".", stringify!($field)) => {
                        self.$group.$field = within::<$kind>(text, $low, $high, self.ceilings)?;
                    })*)*
                    _ => return Err(KeyError::Unknown),
                }
                Ok(())
            }
        }
    };
}

configuration! {
    /// Order handling.
    orders: Orders {
        /// Time in force where a proposal names none.
        default_tif: DefaultTif = "gtc" in "gtc", "fok";
        /// How far from the reference a market-like order may trade.
        entry_collar: Rate = "0.5%" in "0.05%", "2%";
        /// How far behind the reference a limit may rest.
        limit_max_distance: Rate = "10%" in "1%", "50%";
        /// The engine refuses an order that arrives later than this after its release.
        deadline: Span = "5s" in "0.5s", "60s";
        /// Silence after a submission that makes its outcome unknown.
        ack_timeout: Span = "2s" in "0.2s", "30s";
        /// Silence after a cancel that makes its outcome unknown.
        cancel_timeout: Span = "2s" in "0.2s", "30s";
        /// Silence after an amend that makes its outcome unknown.
        amend_timeout: Span = "2s" in "0.2s", "30s";
        /// Most orders per instrument that may be live or unknown.
        max_open: u32 = "60" in "2", "225";
        /// Slots of them kept free for each position's stops.
        stop_slots: u32 = "2" in "2", "4";
        /// Most ended orders kept in memory.
        history_max: u32 = "1000" in "100", "100000";
    }
    /// Token buckets.
    budget: Budget {
        /// Entries, their amends and a desk's own cancels.
        entry: Flow = "30/min 5" in "100/s 1", "1/h 1000";
        /// Exits and cancels.
        safety: Flow = "30/min 10" in "100/s 1", "1/h 1000";
    }
    /// When the book may be decided on.
    reference: Reference {
        /// Greatest age of the last word of the feed.
        max_age: Span = "5s" in "0.1s", "60s";
        /// Greatest spread as a share of the mid.
        max_spread: Rate = "1%" in "0.01%", "5%";
        /// Greatest move against the last good mid.
        band: Rate = "10%" in "1%", "25%";
    }
    /// Size and exposure.
    risk: Risk {
        /// Greatest leverage.
        max_leverage: u32 = "5" in "1", "5";
        /// Greatest share of equity in one instrument.
        position_share: Rate = "20%" in "0.1%", "25%";
        /// Share of equity lost if an entry's stop is hit.
        risk_per_trade: Rate = "2%" in "0.05%", "2%";
        /// Greatest share of equity in all instruments.
        total_exposure: Rate = "80%" in "1%", "100%";
        /// Greatest share of equity tied up as margin.
        margin_utilisation: Rate = "50%" in "1%", "80%";
        /// Most entries open or pending in one instrument.
        max_entries_per_instrument: u32 = "2" in "1", "5";
        /// Most entries open or pending in all.
        max_entries: u32 = "5" in "1", "20";
        /// Greatest notional of one order.
        trade_max: Money = "50000" in "0.00000001", "50000";
        /// Greatest worst-case notional of one instrument.
        position_max: Money = "10000" in "0.00000001", "50000";
        /// Whether an entry may stand against the open position.
        allow_flip: bool = "false" in "false", "true";
        /// How long an identical intent is denied.
        duplicate_window: Span = "10s" in "1s", "600s";
    }
    /// Requests nobody meant.
    sanity: Sanity {
        /// Greatest request as a multiple of equity.
        equity_multiple: Number = "1" in "0.1", "1";
        /// Greatest request as a multiple of the desk's median entry.
        median_multiple: Number = "10" in "2", "20";
        /// Size denials within a minute that trip the throttle.
        trip_after: u32 = "3" in "1", "10";
    }
    /// The repeated-execution throttle.
    throttle: Throttle {
        /// Most entries in the window.
        max_entries: u32 = "5" in "1", "50";
        /// The window.
        window: Span = "60s" in "1s", "600s";
        /// Most entries in a day.
        max_per_day: u32 = "50" in "1", "50000";
    }
    /// Where an entry would be given up.
    stop: Stop {
        /// Whether an entry must name a stop.
        required: bool = "true" in "true", "true";
        /// Least distance.
        min: Rate = "0.5%" in "0.1%", "5%";
        /// Greatest distance.
        max: Rate = "5%" in "0.5%", "10%";
        /// Least reward to risk, where a target is named.
        min_reward_risk: Number = "1.5" in "1", "10";
    }
    /// How sure a desk must be.
    confidence: Confidence {
        /// Least confidence whatever the regime.
        floor: Number = "0.60" in "0.5", "1";
        /// More or less than the regime's minimum.
        strictness: Strictness = "normal" in "relaxed", "very_strict";
    }
    /// Pauses between entries.
    cooldown: Cooldown {
        /// After any close.
        close: Span = "5min" in "0", "24h";
        /// After a loss.
        loss: Span = "10min" in "0", "24h";
        /// After the third loss in a row.
        losses3: Span = "30min" in "0", "24h";
        /// After the fifth loss in a row.
        losses5: Span = "60min" in "0", "24h";
    }
}

impl Config {
    /// Sets one key from text. `ceilings` must be set before the keys it frees.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), KeyError> {
        if name == "ceilings" {
            let form = || KeyError::Form { allowed: Ceilings::FORM.to_owned() };
            self.ceilings = Ceilings::read(text).ok_or_else(form)?;
            return Ok(());
        }
        if let Some(symbol) = name.strip_prefix("stop.symbol_max.") {
            let most = within::<Rate>(text, "0.1%", "10%", self.ceilings)?;
            self.symbol_stop_max.insert(symbol.to_owned(), most);
            return Ok(());
        }
        self.set_listed(name, text)
    }

    /// The greatest stop distance of an instrument.
    #[must_use]
    pub fn stop_max(&self, symbol: &str) -> Rate {
        self.symbol_stop_max.get(symbol).map_or(self.stop.max, |most| self.stop.max.min(*most))
    }

    /// What a result must be stamped with, if anything.
    #[must_use]
    pub fn stamp(&self) -> Option<String> {
        (self.ceilings == Ceilings::Research).then(|| display(self.ceilings))
    }
}

fn display(value: impl Display) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_takes_its_default_and_both_ends_of_its_range() {
        for key in Config::KEYS {
            let mut config = Config::default();
            for text in [key.low, key.high, key.default] {
                config.set(key.name, text).unwrap_or_else(|error| panic!("{} = {text}: {error}", key.name));
            }
            assert_eq!(config, Config::default(), "{}", key.name);
        }
    }

    #[test]
    fn a_value_beyond_its_ceiling_needs_research() {
        let mut config = Config::default();
        let refused = config.set("risk.position_share", "30%");
        assert_eq!(refused, Err(KeyError::Range { low: "0.1%", high: "25%" }));
        assert_eq!(config.set("stop.required", "false"), Err(KeyError::Range { low: "true", high: "true" }));
        config.set("ceilings", "research").expect("a known word");
        config.set("risk.position_share", "30%").expect("research has room");
        config.set("stop.required", "false").expect("research has room");
        assert_eq!(config.stamp().as_deref(), Some("research"));
    }

    #[test]
    fn unknown_keys_and_other_forms_are_refused() {
        let mut config = Config::default();
        assert_eq!(config.set("orders.entry_color", "1%"), Err(KeyError::Unknown));
        assert!(matches!(config.set("orders.entry_collar", "0.005"), Err(KeyError::Form { .. })));
        assert!(matches!(config.set("cooldown.close", "5"), Err(KeyError::Form { .. })));
    }
}
