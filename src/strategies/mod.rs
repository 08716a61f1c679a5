//! The shipped strategies, by name: what they do, what they are told, and how they are made.
//!
//! A strategy works through its [`Desk`](crate::trading::Desk) only. It states regime, confidence
//! and stop with every entry, keeps whole numbers or exact decimals and no binary float, and keeps
//! to the limits its desk shows instead of running into them. With and without the market events
//! it does not want, it does the same.
//!
//! Nothing here knows a venue, a file or a clock; parameters come as text and are read exactly.

mod deck;
mod each;
mod ema_flip;
mod grid;
mod hold;
mod holding;
pub mod indicators;
mod mean_reversion;
mod own;
mod pace;
mod params;
mod quoter;
mod quoting;
mod random_entries;
pub mod script;
mod stops;
mod working;
mod workload;

use std::collections::BTreeMap;

pub use ema_flip::EmaFlip;
pub use grid::Grid;
pub use hold::Hold;
pub use mean_reversion::MeanReversion;
pub use own::Own;
pub use params::{Distance, EntryKind, EntrySize, Sampling, Share, Symbol, Times};
pub use quoter::Quoter;
pub use random_entries::RandomEntries;
pub use script::Script;
pub use workload::Workload;

use crate::market::Instrument;
use crate::trading::Strategy;
use each::{EACH, Each, KEY};
use params::Reader;

/// A parameter of a strategy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Param {
    /// Its name.
    pub key: &'static str,
    /// Value where a scenario says nothing.
    pub default: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// Least value; empty where values have no order.
    pub low: &'static str,
    /// Greatest value; empty where values have no order.
    pub high: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// A shipped strategy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// How it trades, rule by rule; a word between backticks is a parameter.
    pub rules: &'static [&'static str],
    /// What it may be told.
    pub params: &'static [Param],
}

/// A strategy or parameter that is not there, or a value that is not allowed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{key}: found `{found}`, allowed is {allowed}")]
pub struct ParamError {
    /// The parameter, or `name` for the strategy itself.
    pub key: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// Every shipped strategy.
#[must_use]
pub const fn catalogue() -> &'static [Entry] {
    &[
        ema_flip::ENTRY,
        grid::ENTRY,
        hold::ENTRY,
        mean_reversion::ENTRY,
        quoter::ENTRY,
        random_entries::ENTRY,
        script::ENTRY,
        workload::ENTRY,
    ]
}

/// Makes a strategy from its name and parameters; those not named have their defaults.
///
/// # Errors
/// An unknown name or parameter, or a value outside its form and range.
pub fn build(
    name: &str,
    params: &BTreeMap<String, String>,
    instruments: &[Instrument],
) -> Result<Box<dyn Strategy>, ParamError> {
    let Some(entry) = catalogue().iter().find(|entry| entry.name == name) else {
        let names: Vec<&str> = catalogue().iter().map(|entry| entry.name).collect();
        return Err(ParamError { key: "name".to_owned(), found: name.to_owned(), allowed: names.join(" or ") });
    };
    if params.get(KEY).is_none_or(|value| value != EACH) || !entry.params.iter().any(|param| param.key == KEY) {
        return one(entry, params, instruments);
    }
    let of = |instrument: &Instrument| {
        let mut params = params.clone();
        params.insert(KEY.to_owned(), instrument.symbol.clone());
        one(entry, &params, instruments)
    };
    Ok(Box::new(Each(instruments.iter().map(of).collect::<Result<_, _>>()?)))
}

/// Makes a strategy that trades one instrument, or those it names itself.
fn one(
    entry: &'static Entry,
    params: &BTreeMap<String, String>,
    instruments: &[Instrument],
) -> Result<Box<dyn Strategy>, ParamError> {
    let reader = Reader::new(entry, params)?;
    match entry.name {
        "script" => Ok(Box::new(Script::read(&reader, instruments)?)),
        "quoter" => Ok(Box::new(Quoter::read(&reader, instruments)?)),
        "grid" => Ok(Box::new(Grid::read(&reader, instruments)?)),
        "mean_reversion" => Ok(Box::new(MeanReversion::read(&reader, instruments)?)),
        "hold" => Ok(Box::new(Hold::read(&reader, instruments)?)),
        "random_entries" => Ok(Box::new(RandomEntries::read(&reader, instruments)?)),
        "workload" => Ok(Box::new(Workload::read(&reader, instruments)?)),
        _ => Ok(Box::new(EmaFlip::read(&reader, instruments)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples;

    fn told(name: &str, pairs: &[(&str, &str)]) -> Result<(), ParamError> {
        let params = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        build(name, &params, &[samples::b()]).map(drop)
    }

    #[test]
    fn every_parameter_takes_its_default_and_both_ends_of_its_range() {
        for entry in catalogue() {
            assert_eq!(told(entry.name, &[]), Ok(()), "{}", entry.name);
            for param in entry.params {
                for text in [param.default, param.low, param.high].into_iter().filter(|text| !text.is_empty()) {
                    assert_eq!(told(entry.name, &[(param.key, text)]), Ok(()), "{}", param.key);
                }
            }
        }
    }

    /// A rule that names a parameter names one there is, and every one there is does something.
    #[test]
    fn rules_name_parameters() {
        let words = |text: &'static str| text.split('`').skip(1).step_by(2);
        for entry in catalogue().iter().filter(|entry| entry.name != "script") {
            let named: Vec<&str> = entry.rules.iter().flat_map(|rule| words(rule)).collect();
            let stated = ["instrument", "size", "confidence", "regime", "trailing"];
            for param in entry.params.iter().filter(|param| !stated.contains(&param.key)) {
                assert!(named.contains(&param.key), "{}: no rule says what {} does", entry.name, param.key);
            }
            assert!(!entry.summary.contains('\n') && entry.summary.len() <= 110, "{}", entry.name);
        }
    }

    /// A copy for every instrument, where a strategy trades one; whoever names its own has no such key.
    #[test]
    fn a_strategy_may_trade_each_instrument() {
        for entry in catalogue() {
            let refused = told(entry.name, &[("instrument", "each")]).err().map(|error| error.key);
            let takes = entry.params.iter().any(|param| param.key == KEY);
            assert_eq!(refused.as_deref(), (!takes).then_some(KEY), "{}", entry.name);
            let wrong = told(entry.name, &[("instrument", "each"), ("colour", "red")]);
            assert!(wrong.is_err(), "{}: the copies are read as one is", entry.name);
        }
    }

    #[test]
    fn what_is_not_allowed_is_refused_with_what_is() {
        let refused = |name: &str, key: &str, value: &str| told(name, &[(key, value)]).expect_err(value).to_string();
        expect_test::expect![[r#"
            name: found `momentum`, allowed is ema_flip or grid or hold or mean_reversion or quoter or random_entries or script or workload
            half_spred: found `1%`, allowed is one of instrument, half_spread, requote, size, max_inventory, reduce_only_at, skew, refresh, stop, confidence, regime
            half_spread: found `6%`, allowed is a distance such as "5 ticks" or "0.02%", 0 ticks to 5%
            half_spread: found `-1%`, allowed is a distance such as "5 ticks" or "0.02%", 0 ticks to 5%
            regime: found `sunny`, allowed is trending_bull, trending_bear, ranging, breakout_potential, volatile_bull, volatile_bear, choppy or unknown
            instrument: found `DOGE/USDT`, allowed is first, each, or BTC/USDT
            size: found `0`, allowed is risk, or an amount of quote above zero, risk to 50000
            ema: found `1`, allowed is a whole number, 2 to 1000
            window: found `1`, allowed is a whole number, 2 to 1000
            width: found `-1`, allowed is a number with at most 8 decimals such as "2.5", 0 to 100
            period: found `50ms`, allowed is bar, or a duration of at least 100ms, bar to 1d
            entry: found `stop`, allowed is limit or market
            levels: found `51`, allowed is a whole number, 1 to 50
            stop: found `0`, allowed is a percentage such as "0.5%", 0.1% to 10%
            again: found `maybe`, allowed is true or false
            chance: found `1001`, allowed is a whole number, 0 to 1000
            seed: found `-1`, allowed is a whole number, 0 to 4294967295"#]]
        .assert_eq(
            &[
                refused("momentum", "", ""),
                refused("quoter", "half_spred", "1%"),
                refused("quoter", "half_spread", "6%"),
                refused("quoter", "half_spread", "-1%"),
                refused("quoter", "regime", "sunny"),
                refused("quoter", "instrument", "DOGE/USDT"),
                refused("ema_flip", "size", "0"),
                refused("ema_flip", "ema", "1"),
                refused("mean_reversion", "window", "1"),
                refused("mean_reversion", "width", "-1"),
                refused("mean_reversion", "period", "50ms"),
                refused("mean_reversion", "entry", "stop"),
                refused("grid", "levels", "51"),
                refused("grid", "stop", "0"),
                refused("hold", "again", "maybe"),
                refused("random_entries", "chance", "1001"),
                refused("random_entries", "seed", "-1"),
            ]
            .join("\n"),
        );
    }
}
