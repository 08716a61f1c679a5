//! Every key at its default, its lowest and its highest value, and what is beyond them.

use super::*;
use crate::market::Rate;

#[test]
fn every_key_takes_its_default_and_both_ends_of_its_range() {
    for key in Config::keys() {
        let mut config = Config::default();
        let default = config.text(key.name).unwrap_or_else(|| panic!("{} has no text", key.name));
        for text in [key.low, key.high, key.default, &default] {
            config.set(key.name, text).unwrap_or_else(|error| panic!("{} = {text}: {error}", key.name));
            let written = config.text(key.name).expect("every key has a text");
            let mut again = config.clone();
            again.set(key.name, &written).unwrap_or_else(|error| panic!("{} = {written}: {error}", key.name));
            assert_eq!(again, config, "{} reads what it writes", key.name);
        }
        assert_eq!(config, Config::default(), "{}", key.name);
    }
}

#[test]
fn keys_are_named_once() {
    let mut names: Vec<&str> = Config::keys().map(|key| key.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert_eq!(Config::default().conflicts(), []);
}

/// One step beyond each end of each range that has numbers.
#[test]
fn nothing_beyond_its_range_is_taken() {
    let beyond = |text: &str, by: &str| match text.find(|c: char| !c.is_ascii_digit() && c != '.') {
        Some(end) if end > 0 => format!("{}{by}{}", &text[..end], &text[end..]),
        _ => String::new(),
    };
    let mut tested = 0;
    for key in Config::keys().filter(|key| key.high.contains(['%', 's', 'h', 'd', 'm']) && !key.high.contains('/')) {
        let higher = beyond(key.high, if key.high.contains('.') { "1" } else { ".000001" });
        if key.high.starts_with(|c: char| c.is_ascii_digit()) {
            let refused = Config::default().set(key.name, &higher);
            assert_eq!(refused, Err(KeyError::Range { low: key.low, high: key.high }), "{} = {higher}", key.name);
            tested += 1;
        }
    }
    for key in Config::keys().filter(|key| key.high.bytes().all(|byte| byte.is_ascii_digit())) {
        let higher = (key.high.parse::<u64>().expect("digits") + 1).to_string();
        let refused = Config::default().set(key.name, &higher);
        assert_eq!(refused, Err(KeyError::Range { low: key.low, high: key.high }), "{} = {higher}", key.name);
        tested += 1;
    }
    assert!(tested > 110, "only {tested} keys have an end to go beyond");
}

#[test]
fn a_value_beyond_its_ceiling_needs_research() {
    let mut config = Config::default();
    let refused = config.set("risk.position_share", "30%");
    assert_eq!(refused, Err(KeyError::Range { low: "0.1%", high: "25%" }));
    assert_eq!(config.set("stop.required", "false"), Err(KeyError::Range { low: "true", high: "true" }));
    assert!(config.set("exit.collars", "1%, 10.1%").is_err(), "each step is held against the range");
    assert!(config.set("budget.entry", "30/min 1001").is_err() && config.set("budget.entry", "101/s 5").is_err());
    config.set("ceilings", "research").expect("a known word");
    config.set("risk.position_share", "30%").expect("research has room");
    config.set("stop.required", "false").expect("research has room");
    assert_eq!(config.stamp().as_deref(), Some("research"));
}

#[test]
fn unknown_keys_and_other_forms_are_refused() {
    let mut config = Config::default();
    for name in ["orders.entry_color", "orders", "entry_collar", "instrument.BTC/USDT", "instrument.BTC/USDT.tick", ""]
    {
        assert_eq!(config.set(name, "1%"), Err(KeyError::Unknown), "{name}");
    }
    assert_eq!(config.set("instrument.expect.BTC/USDT.max_qty", "1"), Err(KeyError::Unknown));
    assert!(matches!(config.set("orders.entry_collar", "0.005"), Err(KeyError::Form { .. })));
    assert!(matches!(config.set("cooldown.close", "5"), Err(KeyError::Form { .. })));
    assert!(matches!(config.set("exit.collars", "2%, 1%"), Err(KeyError::Form { .. })));
}

#[test]
fn values_that_do_not_go_together_are_named() {
    let rows = [
        ("breaker.daily", "2%", "breaker.daily_warn", "3%", "breaker.daily", "below breaker.daily = 2%"),
        ("stop.symbol_max.XRP/USDT", "6%", "stop.symbol_max.XRP/USDT", "6%", "stop.max", "at most stop.max = 5%"),
        (
            "clock.max_offset",
            "1001ms",
            "clock.max_offset",
            "1001ms",
            "orders.skew_margin",
            "at most half of orders.skew_margin = 2s",
        ),
        (
            "throttle.max_per_day",
            "4",
            "throttle.max_entries",
            "5",
            "throttle.max_per_day",
            "at most throttle.max_per_day = 4",
        ),
    ];
    for (key, value, wrong, found, other, allowed) in rows {
        let mut config = Config::default();
        config.set(key, value).expect("within its own range");
        let expected = Conflict { key: wrong.into(), found: found.into(), other, allowed: allowed.into() };
        assert_eq!(config.conflicts(), [expected], "{key}");
        config.ceilings = Ceilings::Research;
        assert_eq!(config.conflicts(), []);
    }
}

/// §6: the sum of what is sent must fit the venue; what is equal fits.
#[test]
fn a_budget_must_fit_the_venue() {
    let mut config = Config::default();
    let venue = |text: &str| Flow::read(text).expect("a flow");
    for (text, overdraws) in [("1/s 15", false), ("75/min 15", false), ("50/min 15", true), ("1/s 14", true)] {
        assert_eq!(config.overdraws(venue(text)), overdraws, "30/min 5 and 30/min 10 against {text}");
    }
    config.ceilings = Ceilings::Research;
    assert!(!config.overdraws(venue("1/s 14")));
}

#[test]
fn instruments_have_their_own_keys() {
    let mut config = Config::default();
    let percent = |n: i64| Rate::from_bps(n * 100);
    assert_eq!((config.stop_max("BTC/USDT"), config.stop_max("ETH/USDT")), (percent(3), percent(5)));
    let rho = |config: &Config, a, b| config.beliefs.correlation(a, b).to_string();
    assert_eq!(rho(&config, "XRP/USDT", "BTC/USDT"), "0.75");
    assert_eq!(rho(&config, "ETH/USDT", "BTC/USDT"), "0.50");
    config.set("risk.correlation.ETH/USDT.BTC/USDT", "0.9").expect("a pair");
    config.set("stop.symbol_max.ETH/USDT", "2%").expect("a symbol");
    config.set("instrument.BTC/USDT.fees.taker", "-0.1%").expect("a rebate");
    config.set("instrument.BTC/USDT.reserves_exits", "no").expect("a word");
    config.set("instrument.expect.BTC/USDT.tick_size", "0.01").expect("a price");
    assert_eq!(rho(&config, "BTC/USDT", "ETH/USDT"), "0.9");
    assert_eq!(config.stop_max("ETH/USDT"), percent(2));
    assert_eq!(config.beliefs.of("BTC/USDT").taker, Some(Rate::from_bps(-10)));
    let expected = config.beliefs.expected("BTC/USDT");
    assert_eq!(expected.min_qty.map(|least| least.0.normalize().to_string()).as_deref(), Some("0.0001"));
    for (name, text) in [
        ("instrument.BTC/USDT.fees.taker", "-0.1%"),
        ("instrument.expect.BTC/USDT.tick_size", "0.01"),
        ("risk.correlation.BTC/USDT.ETH/USDT", "0.9"),
        ("stop.symbol_max.ETH/USDT", "2%"),
    ] {
        assert_eq!(config.text(name).as_deref(), Some(text), "{name}");
    }
    assert!(config.set("instrument.BTC/USDT.fees.taker", "1.01%").is_err());
    assert!(config.set("instrument.BTC/USDT.min_qty", "0").is_err());
}
