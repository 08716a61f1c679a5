//! Limits that change while they are in force (production-rules OP-5).

use seatrial::market::{Action, ControlAct};
use seatrial::trading::Config;
use seatrial::trading::config::Tighter;

use crate::bench::{Ask, Bench};

/// An operator's change, and the value in force after it.
fn change(bench: &mut Bench, key: &str, value: &str, confirmed: bool) -> String {
    bench.control(ControlAct::ChangeLimit { key: key.into(), value: value.into(), confirmed });
    bench.trader.core().config().text(key).unwrap_or_default()
}

/// What the operator was told.
fn told(bench: &Bench) -> String {
    let text = |action: &Action| match action {
        Action::Alert(alert) => Some(alert.text.clone()),
        _ => None,
    };
    bench.actions.iter().find_map(text).expect("a change is answered")
}

#[test]
fn limits_tighten_at_once_and_loosen_by_confirmation() {
    let mut bench = Bench::spot(&[]);
    assert_eq!(change(&mut bench, "risk.trade_max", "100", false), "100");
    let denied = bench.answer(&Ask::v01().notional("150"));
    assert!(denied.starts_with("CK-12"), "in force from the next event: {denied}");
    assert_eq!(change(&mut bench, "risk.trade_max", "200", false), "100", "looser and not confirmed");
    assert_eq!(change(&mut bench, "risk.trade_max", "200", true), "200");
    assert_eq!(change(&mut bench, "risk.trade_max", "50001", true), "200", "beyond the ceiling");
    assert_eq!(change(&mut bench, "risk.trade", "1", true), "", "no such key");
}

/// Each of these is clearly tighter one way and looser the other.
#[test]
fn a_key_knows_which_way_is_tighter() {
    let rows = [
        ("orders.entry_collar", "0.4%", "0.6%"),
        ("orders.limit_expiry", "1h", "0"),
        ("orders.limit_expiry", "1h", "25h"),
        ("orders.retry_delay", "6s", "4s"),
        ("reference.max_age", "4s", "6s"),
        ("risk.correlation.BTC/USDT.XRP/USDT", "0.8", "0.7"),
        ("stop.symbol_max.BTC/USDT", "2%", "4%"),
        ("stop.min", "1%", "0.4%"),
        ("confidence.strictness", "very_strict", "relaxed"),
        ("confidence.after_losses.3", "0.15", "0.05"),
        ("regime.choppy.confidence", "0.8", "0.7"),
        ("regime.choppy.size", "0.1", "0.5"),
        ("regime.ranging.leverage", "1", "3"),
        ("tier.85.size", "0.9", ""),
        ("tier.75.leverage", "3", "5"),
        ("drawdown_leverage.5", "2", "4"),
        ("loss_leverage.3", "1", "3"),
        ("breaker.daily_warn", "2%", "4%"),
        ("breaker.near", "80%", "95%"),
        ("breaker.weekly_reduce", "60%", "40%"),
        ("cooldown.loss", "11min", "9min"),
        ("volatility.spike", "2", "4"),
        ("volatility.size_factor", "0.2", "0.7"),
        ("budget.venue_counter_share", "50%", "80%"),
        ("clock.max_offset", "100ms", ""),
        ("holding.max", "47h", "0"),
        ("holding.action", "", "alert"),
        ("protection.naked_max", "2s", "6s"),
        ("protection.place_within", "400ms", "600ms"),
        ("exit.collars", "0.5%, 1%", "0.5%, 1%, 2%, 6%"),
        ("exit.collars", "0.4%, 1%, 2%, 5%", "0.4%, 1.1%, 2%, 5%"),
        ("fills.dedupe_window", "91d", "89d"),
        ("alerts.stop_near", "0.6%", "0.4%"),
        ("alerts.exposure", "60%", "80%"),
        ("risk.allow_flip", "", "true"),
        ("risk.project_losses", "", "false"),
    ];
    for (key, tighter, looser) in rows {
        let mut bench = Bench::spot(&[]);
        let before = bench.trader.core().config().text(key);
        if !looser.is_empty() {
            let unchanged = Some(change(&mut bench, key, looser, false));
            assert_eq!(unchanged, before, "{key} = {looser}");
            assert!(told(&bench).ends_with(" is looser and not confirmed"), "{key} = {looser}: {}", told(&bench));
            change(&mut bench, key, looser, true);
            assert!(told(&bench).contains("from the next event on"), "{key} = {looser}: {}", told(&bench));
        }
        if !tighter.is_empty() {
            assert_eq!(change(&mut bench, key, tighter, false), tighter, "{key}: {}", told(&bench));
        }
    }
}

/// Every key there is, to both ends of its range and unconfirmed: what its declaration says, happens.
#[test]
fn every_key_has_a_direction_and_keeps_to_it() {
    let mut bench = Bench::spot(&[]);
    let standard = bench.trader.core().config().clone();
    let mut seen = 0;
    for key in Config::keys() {
        assert_eq!(Config::tighter(key.name), Some(key.tighter), "{}", key.name);
        for (value, taken) in [(key.low, Tighter::Less), (key.high, Tighter::More)] {
            let mut wanted = standard.clone();
            wanted.set(key.name, value).expect("an end of its range");
            let same = wanted == standard;
            if same || !wanted.conflicts().is_empty() || key.tighter == Tighter::LessButZero {
                continue;
            }
            seen += 1;
            change(&mut bench, key.name, value, false);
            let words = match key.tighter {
                direction if direction == taken => "from the next event on",
                Tighter::Neither => "is neither tighter nor looser and not confirmed",
                Tighter::Fixed => "does not change while it runs",
                _ => "is looser and not confirmed",
            };
            assert!(told(&bench).contains(words), "{} = {value}: {}", key.name, told(&bench));
            change(&mut bench, key.name, key.default, true);
        }
    }
    assert!(seen > 180, "only {seen} ends were tried");
}

/// What the tables in memory were built with does not change, whoever confirms it; a new policy is confirmed;
/// what is said of instruments is said of ours.
#[test]
fn some_keys_are_fixed_and_some_are_always_confirmed() {
    let mut bench = Bench::spot(&[]);
    let rows = [
        ("budget.entry", "1/min 1", true, "does not change while it runs"),
        ("ceilings", "research", true, "does not change while it runs"),
        ("instrument.BTC/USDT.min_qty", "1", true, "does not change while it runs"),
        ("instrument.expect.BTC/USDT.tick_size", "1", true, "does not change while it runs"),
        ("instrument.expect.BTC/USDT.max_qty", "1", true, "there is no key"),
        ("instrument.BTC/USDT.lacks", "amend", false, "is neither tighter nor looser and not confirmed"),
        ("instrument.BTC/USDT.lacks", "amend", true, "from the next event on"),
        ("dms.policy", "off", false, "is neither tighter nor looser and not confirmed"),
        ("dms.policy", "off", true, "from the next event on"),
        ("stop.symbol_max.ETH/USDT", "2%", true, "ETH/USDT is not one of ours"),
        ("risk.trade", "1", true, "there is no key risk.trade"),
    ];
    for (key, value, confirmed, words) in rows {
        change(&mut bench, key, value, confirmed);
        assert!(told(&bench).contains(words), "{key} = {value}: {}", told(&bench));
    }
}
