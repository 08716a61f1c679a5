//! The reverter through a real trader: when it enters, what its bracket is, when it gives up.
//!
//! To repeat a failure: `cargo test --test strategies_mean_reversion`; the failing stream is printed, and
//! kept in `proptest-regressions` beside the test.
#![cfg(feature = "simulator")]

#[path = "strategies_stage/mod.rs"]
mod stage;

use proptest::prelude::*;
use seatrial::market::*;
use stage::{OFTEN, SECOND, Stage, bar, config, quote, quotes};

const MINUTE: i64 = 60 * SECOND;

/// A short window, and a stop as near as production allows.
const TERMS: &[(&str, &str)] = &[("window", "4"), ("width", "1.5"), ("size", "600"), ("timeout", "10min")];

fn reverter(contract: Contract, terms: &[(&str, &str)]) -> Stage {
    let keys =
        [OFTEN, &[("stop.min", "0.1%"), ("stop.min_reward_risk", "1"), ("orders.entry_collar", "0.05%")]].concat();
    Stage::new(contract, "mean_reversion", &[TERMS, terms].concat(), config(&keys), Span::from_mins(1))
}

/// A minute bar at each close, and the quote of its close before it.
fn market(closes: &[i64]) -> Vec<(i64, MarketEvent)> {
    let closed = |(minute, close): (usize, &i64)| {
        let (at, bar) = bar(i64::try_from(minute).expect("few"), close - 30, close + 30, *close);
        [(at, quote(close - 1, 2)), (at, bar)]
    };
    closes.iter().enumerate().flat_map(closed).collect()
}

/// What was sent, in short: minute, side, limit, lots, how long it works, and `!` for a close.
fn sent(stage: &Stage) -> Vec<String> {
    let words = |(at, order): (i64, NewOrder)| {
        let limit = order.kind.limit().expect("every order has a limit").0;
        let tif = match order.tif {
            TimeInForce::Gtd(until) => format!("for {} s", (until.0 - stage::START - at) / SECOND),
            tif => format!("{tif:?}"),
        };
        let mark = if order.reduce_only { " !" } else { "" };
        format!("{} {:?} {limit} × {} {tif}{mark}", at / MINUTE, order.side, order.qty.0)
    };
    stage.orders().into_iter().map(words).collect()
}

/// Four closes of mean 600 000 − 1 000 and deviation √3 × 1 000: the last is √3 deviations below. The stop
/// stands a deviation away (1 733 units, rounded up), the target at the mean.
#[test]
fn an_entry_below_the_band_is_a_bracket_with_its_target_at_the_mean() {
    let mut stage = reverter(Contract::Linear, &[]);
    stage.play(&market(&[600_000, 600_000, 600_000, 596_000]));
    expect_test::expect!["4 Buy 595999 × 1006 for 60 s"].assert_eq(&sent(&stage).join("\n"));
    let bracket = &stage.proposals()[0];
    let prices = [bracket.stop, bracket.target].map(|price| price.expect("both legs").to_string());
    assert_eq!((bracket.intention, prices.each_ref().map(String::as_str)), (Intention::OpenLong, ["59426.6", "59900"]));
    assert!(stage.denials().is_empty(), "{:?}", stage.denials());
    // The touch comes down to it, and the price returns to the mean: the trader's own legs rest, and the target fills.
    stage.play(&[(4 * MINUTE + SECOND, quote(595_990, 2))]);
    assert_eq!(stage.held(), 1_006);
    let legs = |kind: &OrderKind| matches!(kind, OrderKind::StopMarket { .. } | OrderKind::Limit { .. });
    let protects = |(_, action): &(Timestamp, Action)| match action {
        Action::Send(Command::New(order)) if order.reduce_only => legs(&order.kind).then_some(order.kind),
        _ => None,
    };
    let protection: Vec<_> = stage.log.iter().filter_map(protects).collect();
    assert!(protection.contains(&OrderKind::StopMarket { trigger: Price(594_266) }), "{protection:?}");
    assert!(protection.contains(&OrderKind::Limit { limit: Price(599_000) }), "{protection:?}");
    stage.play(&[(4 * MINUTE + 10 * SECOND, quote(599_100, 2))]);
    assert_eq!(stage.held(), 0);
    stage.check_manners();
}

#[test]
fn above_the_band_a_margin_contract_is_sold_and_spot_is_not() {
    let above = [600_000, 600_000, 600_000, 604_000];
    let mut short = reverter(Contract::Linear, &[("entry", "market"), ("stop_factor", "0")]);
    short.play(&market(&above));
    assert!(short.held() < 0, "{:?} {:?}", sent(&short), short.denials());
    assert!(short.orders().iter().all(|(_, order)| order.tif == TimeInForce::Ioc));
    short.check_manners();
    let mut spot = reverter(Contract::Spot, &[]);
    spot.play(&market(&above));
    assert_eq!((sent(&spot).len(), spot.denials().len()), (0, 0));
}

/// The band is left by less than its width, or is nothing; and a target that pays too little is not tried.
#[test]
fn inside_the_band_and_for_too_little_nothing_is_tried() {
    for (closes, terms) in [
        (&[600_000, 600_000, 600_000, 596_000][..], &[("width", "1.8")][..]),
        (&[600_000; 8], &[("width", "0")]),
        (&[600_000, 600_000, 596_000], &[]),
        (&[600_000, 600_000, 600_000, 599_300], &[]),
        (&[600_000, 600_000, 600_000, 596_000], &[("stop_factor", "5")]),
    ] {
        let mut stage = reverter(Contract::Linear, terms);
        stage.play(&market(closes));
        assert_eq!((sent(&stage).len(), stage.proposals().len()), (0, 0), "{closes:?} {terms:?}");
    }
}

#[test]
fn an_old_position_is_closed_and_nothing_is_added_to_it() {
    let mut stage = reverter(Contract::Linear, &[("inside", "1 tick"), ("expiry", "1h")]);
    // Down and down: every sample is below its band, one entry is made.
    let falling: Vec<i64> = [600_000; 3].into_iter().chain((1..8).map(|n| 600_000 - 3_900 - 40 * n)).collect();
    stage.play(&market(&falling));
    assert!(stage.held() > 0);
    assert_eq!(stage.orders().len(), 1, "{:?}", sent(&stage));
    let opened = stage.orders()[0].0;
    let quiet: Vec<_> = (1..30).map(|n| (10 * MINUTE + n * 30 * SECOND, quote(595_700, 2))).collect();
    stage.play(&quiet);
    assert_eq!(stage.held(), 0, "{:?}", sent(&stage));
    let closed = stage.orders()[1];
    assert!(closed.1.reduce_only && closed.1.tif == TimeInForce::Ioc);
    assert!((10 * MINUTE..11 * MINUTE + SECOND).contains(&(closed.0 - opened)), "{:?}", sent(&stage));
    stage.check_manners();
}

/// Mids are sampled on the clock, whatever quotes come between.
#[test]
fn mids_are_sampled_at_multiples_of_the_period() {
    let mut stage = reverter(Contract::Linear, &[("period", "10s")]);
    let quoted = |(at, bid): (i64, i64)| (at * SECOND, quote(bid, 2));
    let ticks =
        [(9, 600_000), (11, 590_000), (19, 600_000), (29, 600_000), (31, 610_000), (39, 596_000), (41, 596_000)];
    stage.play(&ticks.map(quoted));
    let at: Vec<i64> = stage.orders().iter().map(|(at, _)| at / SECOND).collect();
    assert_eq!(at, [40], "{:?} {:?}", sent(&stage), stage.denials());
    assert_eq!(stage.proposals()[0].target.map(|price| price.to_string()).as_deref(), Some("59900.1"));
}

fn bars(most: usize) -> impl proptest::strategy::Strategy<Value = Vec<(i64, MarketEvent)>> {
    let step = prop_oneof![5 => -400_i64..=400, 1 => -4_000_i64..=4_000];
    prop::collection::vec(step, 20..most).prop_map(|steps| {
        let walk = steps.into_iter().scan(600_000, |close, step| {
            *close += step;
            Some(*close)
        });
        market(&walk.collect::<Vec<_>>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    /// The law of `wants`; and never more than its size, never without both legs, never early.
    #[test]
    fn unwanted_events_change_nothing_and_every_entry_is_a_bracket(
        (on_bars, on_mids) in (bars(200), quotes(250)),
        samples_bars in any::<bool>(),
        spot in any::<bool>(),
        market_like in any::<bool>(),
    ) {
        let contract = if spot { Contract::Spot } else { Contract::Linear };
        let period = if samples_bars { "bar" } else { "1s" };
        let terms = [("period", period), ("entry", if market_like { "market" } else { "limit" }), ("width", "1")];
        let events = if samples_bars { on_bars } else { on_mids };
        let mut guarded = reverter(contract, &terms);
        let mut whole = reverter(contract, &terms).unguarded();
        prop_assert_eq!(&guarded.play(&events).log, &whole.play(&events).log);
        guarded.check_manners();
        let early = ["CK-06", "CK-08", "CK-09", "CK-14", "CK-16", "CK-24"];
        let denied = guarded.denials();
        prop_assert!(!denied.iter().any(|(_, text)| early.iter().any(|check| text.contains(check))), "{:?}", denied);
        for proposal in guarded.proposals().iter().filter(|proposal| proposal.intention != Intention::Close) {
            let (stop, target) = (proposal.stop.expect("a stop"), proposal.target.expect("a target"));
            prop_assert_eq!(stop < target, proposal.intention == Intention::OpenLong);
            prop_assert_eq!(proposal.size, Size::Notional(Money::new(600.into())));
        }
        for position in guarded.positions() {
            prop_assert!(position.abs() <= 1_300, "600 USDT at 46 000 or more: {position}");
        }
    }
}
