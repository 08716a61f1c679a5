//! The quoter through a real trader: what it quotes, how inventory moves it, what it never does.
//!
//! To repeat a failure: `cargo test --test strategies_quoter`; the failing stream is printed, and
//! kept in `proptest-regressions` beside the test.
#![cfg(feature = "simulator")]

#[path = "strategies_stage/mod.rs"]
mod stage;

use proptest::prelude::*;
use seatrial::market::*;
use seatrial::trading::Config;
use stage::{OFTEN, SECOND, Stage, config, quote, quotes};

/// Prices far enough from each other to be told apart: 10 ticks half spread, 4 ticks requote.
const TERMS: &[(&str, &str)] = &[("half_spread", "10 ticks"), ("requote", "4 ticks"), ("skew", "40 ticks")];

fn quoter(contract: Contract, config: Config) -> Stage {
    Stage::new(contract, "quoter", TERMS, config, Span::ZERO)
}

/// What was sent, in short: seconds, side, price, lots, and `!` for a reduction.
fn sent(stage: &Stage) -> Vec<String> {
    let limit = |order: &NewOrder| order.kind.limit().expect("every order has a limit").0;
    let words = |(at, order): (i64, NewOrder)| {
        let mark = if order.reduce_only { " !" } else { "" };
        format!("{:.1} {:?} {} × {}{mark}", at / 100_000_000, order.side, limit(&order), order.qty.0)
    };
    stage.orders().into_iter().map(words).collect()
}

#[test]
fn both_sides_are_quoted_around_the_mid() {
    let mut stage = quoter(Contract::Linear, config(OFTEN));
    stage.play(&[(SECOND, quote(600_000, 2))]);
    expect_test::expect![[r#"
        [
            "10 Buy 599991 × 416",
            "10 Sell 600011 × 416",
        ]
    "#]]
    .assert_debug_eq(&sent(&stage));
    let stops: Vec<_> = stage.proposals().iter().map(|proposal| proposal.stop.map(|stop| stop.to_string())).collect();
    assert_eq!(stops, [Some("59399.1".to_owned()), Some("60601.2".to_owned())], "1 %, away from the market");
    assert!(stage.orders().iter().all(|(_, order)| order.post_only && matches!(order.tif, TimeInForce::Gtd(_))));
    stage.check_manners();
}

#[test]
fn spot_offers_only_what_is_held() {
    let mut stage = quoter(Contract::Spot, config(OFTEN));
    stage.play(&[(SECOND, quote(600_000, 2)), (3 * SECOND, quote(599_950, 2)), (5 * SECOND, quote(599_950, 2))]);
    expect_test::expect![[r#"
        [
            "10 Buy 599991 × 416",
            "30 Buy 599931 × 416",
            "30 Sell 599952 × 416 !",
        ]
    "#]]
    .assert_debug_eq(&sent(&stage));
    stage.check_manners();
}

/// A filled bid turns the offer into a reduction and lowers both prices, by a quarter of the skew
/// for a quarter of the inventory; a filled offer mirrors it.
#[test]
fn inventory_skews_prices_and_turns_the_other_side_into_a_reduction() {
    let mut long = quoter(Contract::Linear, config(OFTEN));
    long.play(&[(SECOND, quote(600_000, 2)), (3 * SECOND, quote(599_980, 2)), (5 * SECOND, quote(599_980, 2))]);
    let mut short = quoter(Contract::Linear, config(OFTEN));
    short.play(&[(SECOND, quote(600_000, 2)), (3 * SECOND, quote(600_020, 2)), (5 * SECOND, quote(600_020, 2))]);
    assert_eq!((long.held(), short.held()), (416, -416));
    expect_test::expect![[r#"
        [
            "10 Buy 599991 × 416",
            "10 Sell 600011 × 416",
            "30 Sell 599982 × 416 !",
            "30 Buy 599961 × 416",
        ]
    "#]]
    .assert_debug_eq(&sent(&long));
    expect_test::expect![[r#"
        [
            "10 Buy 599991 × 416",
            "10 Sell 600011 × 416",
            "30 Buy 600020 × 416 !",
            "30 Sell 600041 × 416",
        ]
    "#]]
    .assert_debug_eq(&sent(&short));
    long.check_manners();
    short.check_manners();
}

/// However young it is and however right its price: the offer of a flat quoter is an entry, and
/// would open a short position beside the long one.
#[test]
fn an_order_on_the_wrong_footing_is_cancelled_at_once() {
    let terms = [("half_spread", "10 ticks"), ("requote", "100 ticks"), ("skew", "0 ticks"), ("refresh", "10s")];
    let mut stage = Stage::new(Contract::Linear, "quoter", &terms, config(OFTEN), Span::ZERO);
    stage.play(&[(SECOND, quote(600_000, 2)), (3 * SECOND, quote(599_980, 2)), (20 * SECOND, quote(599_990, 2))]);
    let cancel = |(at, action): &(Timestamp, Action)| match action {
        Action::Send(Command::Cancel(id)) => Some(((at.0 - stage::START) / SECOND, id.0)),
        _ => None,
    };
    assert_eq!(stage.log.iter().filter_map(cancel).collect::<Vec<_>>(), [(3, 2)]);
    expect_test::expect![[r#"
        [
            "10 Buy 599991 × 416",
            "10 Sell 600011 × 416",
            "200 Buy 599981 × 416",
            "200 Sell 600001 × 416 !",
        ]
    "#]]
    .assert_debug_eq(&sent(&stage));
}

#[test]
fn a_small_move_is_not_followed_and_a_large_one_once_a_refresh() {
    let mut stage = quoter(Contract::Linear, config(OFTEN));
    stage.play(&[(SECOND, quote(600_000, 2)), (SECOND * 3, quote(600_003, 2)), (SECOND * 5, quote(599_997, 2))]);
    assert_eq!(stage.orders().len(), 2, "three ticks are less than four");
    let moves: Vec<_> = (0..40).map(|n| (6 * SECOND + n * SECOND / 20, quote(600_006 + 5 * (n % 2), 2))).collect();
    stage.play(&moves);
    assert!((4..=8).contains(&stage.orders().len()), "two seconds of moves: {:?}", sent(&stage));
    stage.check_manners();
}

/// The mid leaves the average price by more than 1 %: orders are cancelled, the position is closed
/// by a market-like order, and quoting goes on from flat.
#[test]
fn a_position_beyond_its_stop_is_given_up() {
    let mut stage = quoter(Contract::Linear, config(OFTEN));
    stage.play(&[(SECOND, quote(600_000, 2)), (3 * SECOND, quote(599_980, 2))]);
    assert_eq!(stage.held(), 416);
    stage.play(&[(4 * SECOND, quote(593_992, 2))]);
    assert!(stage.held() > 0, "a tick above the stop");
    let before = stage.orders().len();
    stage.play(&[(8 * SECOND, quote(593_900, 2)), (9 * SECOND, quote(593_900, 2)), (12 * SECOND, quote(593_900, 2))]);
    let after: Vec<_> = stage.orders()[before..].iter().map(|(_, order)| (order.tif, order.reduce_only)).collect();
    assert!(after.contains(&(TimeInForce::Ioc, true)), "{after:?}");
    assert!(after.iter().any(|order| matches!(order, (TimeInForce::Gtd(_), false))), "{after:?}");
    assert!(stage.positions().contains(&0));
    stage.check_manners();
}

/// A flat walk up and down through the quotes, so that both sides fill all the time.
fn swing(seconds: i64) -> Vec<(i64, MarketEvent)> {
    let mid = |n: i64| 600_000 + ((n % 40) - 20).abs() * 4;
    (0..seconds * 4).map(|n| (n * SECOND / 4, quote(mid(n), 2))).collect()
}

/// The issue's words: it trades through the whole sample, not the first minute alone, even where
/// the throttle is tight or cooldowns are long, and it never trips the throttle.
#[test]
fn it_trades_to_the_end_whatever_the_throttle() {
    let tight = &OFTEN[OFTEN.len() - 4..];
    assert!(tight.iter().all(|(key, _)| key.starts_with("cooldown.")));
    for (keys, minutes, fills) in [(OFTEN, 5, 100), (tight, 5, 10), (&[][..], 11, 4)] {
        let mut stage = quoter(Contract::Linear, config(keys));
        stage.play(&swing(minutes * 60));
        stage.check_manners();
        let last = stage.orders().last().map(|(at, _)| at / (60 * SECOND));
        assert_eq!(last, Some(minutes - 1), "{keys:?}");
        assert!(stage.positions().len() >= fills, "{} fills", stage.positions().len());
    }
}

#[test]
fn a_cooldown_and_a_full_count_of_entries_leave_only_reductions() {
    let mut stage = quoter(Contract::Linear, Config::default());
    stage.play(&swing(120));
    let denied = stage.denials();
    let expected = |text: &String| text.contains("CK-06") || text.contains("CK-09") || text.contains("CK-24");
    assert!(!denied.iter().any(|(_, text)| expected(text)), "{denied:?}");
}

#[test]
fn inventory_stays_within_its_limit() {
    let fall: Vec<_> = (0..200).map(|n| (n * SECOND / 4, quote(600_000 - 16 * n, 2))).collect();
    let mut keys = OFTEN.to_vec();
    keys.extend([("ceilings", "research"), ("risk.max_entries_per_instrument", "100"), ("risk.max_entries", "100")]);
    keys.rotate_right(3);
    let mut stage = quoter(Contract::Linear, config(&keys));
    stage.play(&fall);
    let most = stage.positions().into_iter().max().expect("a fall fills bids");
    assert!((1_600..=1_680).contains(&most), "1 000 USDT are 1 666 lots of 60 000: {most}");
    stage.check_manners();
}

/// Denied for want of tokens, it waits ever longer instead of asking with every quote.
#[test]
fn denials_are_waited_out() {
    let mut keys = OFTEN.to_vec();
    keys.push(("budget.entry", "1/h 1"));
    let mut stage = quoter(Contract::Linear, config(&keys));
    stage.fills = false;
    stage.play(&swing(300));
    let denied = stage.denials();
    assert!(denied.iter().all(|(_, text)| text.contains("CK-32")), "{denied:?}");
    assert!((2..=24).contains(&denied.len()), "{denied:?}");
}

#[test]
fn a_feed_that_fell_silent_is_not_traded_on() {
    let mut stage = quoter(Contract::Linear, config(OFTEN));
    stage.play(&[(SECOND, quote(600_000, 2)), (2 * SECOND, quote(599_980, 2)), (600 * SECOND, quote(599_980, 2))]);
    assert!(stage.denials().is_empty(), "{:?}", stage.denials());
    let silent = |at: &i64| (8 * SECOND..600 * SECOND).contains(at);
    // Only the account is looked at, and the venue's timer is kept alive.
    let trades = |action: &Action| {
        matches!(action, Action::Send(Command::New(_) | Command::Amend(_) | Command::Cancel(_) | Command::CancelAll(_)))
    };
    let done = stage.log.iter().filter(|(at, _)| silent(&(at.0 - stage::START)));
    assert_eq!(done.filter(|(_, action)| trades(action)).count(), 0, "nothing is done in silence");
}

fn both(contract: Contract, keys: &[(&str, &str)], events: &[(i64, MarketEvent)]) -> [Stage; 2] {
    let mut stages = [quoter(contract, config(keys)), quoter(contract, config(keys)).unguarded()];
    for stage in &mut stages {
        stage.play(events);
    }
    stages
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    /// The law of `wants`: the events it does not want change nothing. And its manners.
    #[test]
    fn unwanted_events_change_nothing(events in quotes(250), spot in any::<bool>(), often in any::<bool>()) {
        let contract = if spot { Contract::Spot } else { Contract::Linear };
        let [guarded, whole] = both(contract, if often { OFTEN } else { &[] }, &events);
        prop_assert_eq!(&guarded.log, &whole.log);
        guarded.check_manners();
    }
}

#[test]
fn most_quotes_are_not_wanted() {
    let mut stage = quoter(Contract::Linear, config(OFTEN));
    stage.play(&[(SECOND, quote(600_000, 2)), (SECOND * 2, quote(600_000, 2))]);
    let wanted = |bid| stage.trader.wants(Timestamp(0), &quote(bid, 2));
    assert_eq!([599_996, 599_997, 600_000, 600_003, 600_004].map(wanted), [true, false, false, false, true]);
    let trade = Trade { instrument: stage::ID, price: Price(1), qty: Qty(1), taker: None };
    assert!(!stage.trader.wants(Timestamp(0), &MarketEvent::Trade(trade)));
}
