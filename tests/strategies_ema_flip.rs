//! The average follower through a real trader: when it flips, when it waits, where it gives up.
//!
//! To repeat a failure: `cargo test --test strategies_ema_flip`; the failing stream is printed, and
//! kept in `proptest-regressions` beside the test.
#![cfg(feature = "simulator")]

#[path = "strategies_stage/mod.rs"]
mod stage;

use proptest::prelude::*;
use seatrial::market::*;
use seatrial::trading::Config;
use stage::{OFTEN, SECOND, Stage, bar, config, quote};

const MINUTE: i64 = 60 * SECOND;

fn follower(contract: Contract, keys: &[(&str, &str)]) -> Stage {
    Stage::new(contract, "ema_flip", &[("warmup", "0")], config(keys), Span::from_mins(1))
}

/// A minute bar around each close, 30 on either side, and the quote of its close before it.
fn market(closes: impl IntoIterator<Item = i64>) -> Vec<(i64, MarketEvent)> {
    let closed = |(minute, close): (usize, i64)| {
        let (at, bar) = bar(i64::try_from(minute).expect("few"), close - 30, close + 30, close);
        [(at, quote(close - 1, 2)), (at, bar)]
    };
    closes.into_iter().enumerate().flat_map(closed).collect()
}

/// Rises, falls and rises again, by 100 a minute, `leg` minutes each.
fn tent(leg: i64) -> Vec<(i64, MarketEvent)> {
    let close = |minute: i64| if minute / leg % 2 == 0 { minute % leg } else { leg - minute % leg };
    market((0..3 * leg).map(|minute| 600_000 + 100 * close(minute)))
}

/// What was sent, in short: minute, side, lots, and `!` for a close.
fn sent(stage: &Stage) -> Vec<String> {
    let words = |(at, order): (i64, NewOrder)| {
        let mark = if order.reduce_only { " !" } else { "" };
        format!("{} {:?} {}{mark}", at / MINUTE, order.side, order.qty.0)
    };
    stage.orders().into_iter().map(words).collect()
}

/// Fourteen bars until both indicators have a value; a flip once a whole bar is on the other side:
/// first the close, then the entry.
#[test]
fn a_flip_is_a_close_and_then_an_entry() {
    let mut stage = follower(Contract::Linear, OFTEN);
    stage.play(&tent(25));
    expect_test::expect![[r"
        14 Buy 3309
        30 Sell 3309 !
        30 Sell 3321
        55 Buy 3321 !
        55 Buy 3315"]]
    .assert_eq(&sent(&stage).join("\n"));
    let stated: Vec<_> = stage.proposals().iter().map(|p| (p.intention, p.regime, p.stop.is_some())).collect();
    assert_eq!(stated[0], (Intention::OpenLong, Regime::TrendingBull, true));
    assert_eq!(stated[1], (Intention::Close, Regime::Unknown, false));
    assert_eq!(stated[2], (Intention::OpenShort, Regime::TrendingBear, true));
    assert!(stage.denials().is_empty(), "{:?}", stage.denials());
    stage.check_manners();
}

#[test]
fn spot_is_flat_where_a_margin_contract_is_short() {
    let mut stage = follower(Contract::Spot, OFTEN);
    stage.play(&tent(25));
    expect_test::expect![[r"
        14 Buy 3309
        30 Sell 3309 !
        55 Buy 3314"]]
    .assert_eq(&sent(&stage).join("\n"));
    stage.check_manners();
}

/// The flip closes; with the default cooldown the entry leaves at its end, not before,
/// and nothing is denied meanwhile.
#[test]
fn an_entry_waits_for_the_end_of_the_cooldown() {
    let mut stage = follower(Contract::Linear, &[]);
    stage.play(&tent(25));
    assert!(stage.denials().is_empty(), "{:?}", stage.denials());
    let orders = stage.orders();
    let flip = orders.iter().position(|(_, order)| order.reduce_only).expect("the fall closes the long");
    let (closed, entered) = (orders[flip].0, orders[flip + 1].0);
    let waited = entered - closed;
    assert_eq!(waited, 5 * MINUTE + 2 * stage::DELAY, "from the fill on: {:?}", sent(&stage));
    stage.check_manners();
}

/// A wick does not touch the stop; a close beyond it does, and the position is not reopened by the
/// same signal. The stop stands two ranges of 60 to 100 below, or half a percent, which is more.
#[test]
fn a_bar_that_closes_beyond_the_stop_ends_the_position() {
    let mut stage = follower(Contract::Linear, OFTEN);
    let rise: Vec<i64> = (0..20).map(|minute| 600_000 + 100 * minute).collect();
    stage.play(&market(rise.clone()));
    let held = stage.held();
    assert!(held > 0);
    let stop = stage.proposals()[0].stop.expect("an entry names a stop");
    assert_eq!(stop.to_string(), "59829.3", "0.5 % below a mid of 60 130");
    // A bar across the average, so that only the stop speaks: its high is far above.
    let across = |minute: i64, close: i64| {
        let (at, event) = bar(minute, close - 10_000, 610_000, close);
        [(at, quote(close - 1, 2)), (at, event)]
    };
    let wick = across(20, 598_294);
    stage.play(&wick);
    assert_eq!(stage.held(), held, "one above the stop");
    stage.play(&across(21, 598_293));
    assert_eq!(stage.held(), 0, "at the stop");
    stage.play(&across(22, 598_400));
    assert_eq!(stage.held(), 0, "no whole bar since");
    stage.check_manners();
}

/// Without a fill it asks once a bar; the throttle of five a minute is far.
#[test]
fn an_entry_that_does_not_fill_is_tried_again_with_the_next_bar() {
    let mut stage = follower(Contract::Linear, OFTEN);
    stage.fills = false;
    stage.play(&tent(25));
    let minutes: Vec<i64> = stage.orders().iter().map(|(at, _)| at / MINUTE).collect();
    assert!(minutes.len() > 20 && minutes.windows(2).all(|pair| pair[0] < pair[1]), "{minutes:?}");
    stage.check_manners();
}

/// Through days, two flips a wave of forty minutes; and no more entries a day than the throttle lets
/// pass, without running into it: twenty, twenty, and one as the third day begins.
#[test]
fn it_trades_to_the_end_of_the_sample() {
    let wave = |minute: i64| 600_000 + 50 * ((minute % 40) - 20).abs();
    let events = market((0..2 * 1_440).map(wave));
    let mut cooled: Vec<_> = OFTEN.to_vec();
    cooled.push(("throttle.max_per_day", "20"));
    for (keys, least, most) in [(OFTEN, 140, 150), (&cooled, 41, 41)] {
        let mut stage = follower(Contract::Linear, keys);
        stage.play(&events);
        stage.check_manners();
        assert!(stage.denials().is_empty(), "{:?}", stage.denials().first());
        let entries: Vec<_> = stage.orders().into_iter().filter(|(_, order)| !order.reduce_only).collect();
        assert!((least..=most).contains(&entries.len()), "{} entries", entries.len());
        assert!(entries.iter().any(|(at, _)| *at > 1_440 * MINUTE), "entries on the second day");
    }
}

/// Random bars with quotes and trades between them.
fn bars(most: usize) -> impl proptest::strategy::Strategy<Value = Vec<(i64, MarketEvent)>> {
    prop::collection::vec((-400_i64..=400, 0_i64..200, 0_i64..200, 1_i64..3_000), 20..most).prop_map(|steps| {
        let mut close = 600_000;
        let minute = |(minute, (step, up, down, spread)): (usize, (i64, i64, i64, i64))| {
            let before = close;
            close += step;
            let (low, high) = (before.min(close) - down, before.max(close) + up);
            let minute = i64::try_from(minute).expect("few");
            let (at, closed) = bar(minute, low, high, close);
            let trade = Trade { instrument: stage::ID, price: Price(close), qty: Qty(1), taker: None };
            let print = (minute * MINUTE + MINUTE / 3, MarketEvent::Trade(trade));
            [(minute * MINUTE, quote(before, spread)), print, (at, quote(close - 1, 2)), (at, closed)]
        };
        steps.into_iter().enumerate().flat_map(minute).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    /// The law of `wants`, and what never happens: a short on spot, an entry in a cooldown or with
    /// a position open, an exit that opens.
    #[test]
    fn unwanted_events_change_nothing(events in bars(300), spot in any::<bool>(), often in any::<bool>()) {
        let contract = if spot { Contract::Spot } else { Contract::Linear };
        let keys = if often { OFTEN } else { &[] };
        let mut guarded = follower(contract, keys);
        let mut whole = follower(contract, keys).unguarded();
        prop_assert_eq!(&guarded.play(&events).log, &whole.play(&events).log);
        guarded.check_manners();
        let early = ["CK-06", "CK-08", "CK-09"];
        let denied = guarded.denials();
        prop_assert!(!denied.iter().any(|(_, text)| early.iter().any(|check| text.contains(check))), "{:?}", denied);
    }
}

#[test]
fn bars_alone_are_wanted() {
    let stage = follower(Contract::Linear, OFTEN);
    let (_, closed) = bar(0, 1, 2, 1);
    assert!(stage.trader.wants(Timestamp(0), &closed));
    assert!(!stage.trader.wants(Timestamp(0), &quote(600_000, 2)));
}

/// A run of losses asks for more confidence; the strategies' defaults have it.
#[test]
fn the_default_confidence_passes_any_run_of_losses() {
    let stated = seatrial::strategies::catalogue().iter().flat_map(|entry| entry.params);
    let stated = stated.filter(|param| param.key == "confidence").map(|param| param.default);
    let config = Config::default();
    let regimes =
        [Regime::TrendingBull, Regime::TrendingBear, Regime::Ranging].map(|regime| config.regime.rule(regime));
    let most =
        regimes.into_iter().map(|rule| rule.confidence).max().expect("three") + config.confidence.after_losses(9);
    for text in stated {
        assert!(text.parse::<rust_decimal::Decimal>().expect("a fraction") >= most, "{text} against {most}");
    }
}
