//! The benchmarks through a real trader: what holds holds, and what enters at random does so by its seed alone.
//!
//! To repeat a failure: `cargo test --test strategies_benchmarks`.
#![cfg(feature = "simulator")]

#[path = "strategies_stage/mod.rs"]
mod stage;

use proptest::prelude::*;
use seatrial::market::*;
use stage::{OFTEN, SECOND, Stage, bar, config, quote, quotes};

const MINUTE: i64 = 60 * SECOND;

fn holder(contract: Contract, terms: &[(&str, &str)]) -> Stage {
    Stage::new(contract, "hold", &[&[("size", "600")], terms].concat(), config(OFTEN), Span::from_mins(1))
}

fn random(contract: Contract, terms: &[(&str, &str)]) -> Stage {
    let base = [("warmup", "0"), ("atr", "2"), ("size", "600")];
    Stage::new(contract, "random_entries", &[&base, terms].concat(), config(OFTEN), Span::from_mins(1))
}

/// A minute bar around each close, 30 on either side, and the quote of its close before it.
fn market(closes: impl IntoIterator<Item = i64>) -> Vec<(i64, MarketEvent)> {
    let closed = |(minute, close): (usize, i64)| {
        let (at, bar) = bar(i64::try_from(minute).expect("few"), close - 30, close + 30, close);
        [(at, quote(close - 1, 2)), (at, bar)]
    };
    closes.into_iter().enumerate().flat_map(closed).collect()
}

/// What the strategy sent: minute, side, lots, and `!` for a close.
fn sent(stage: &Stage) -> Vec<String> {
    let words = |(at, order): (i64, NewOrder)| {
        let mark = if order.reduce_only { " !" } else { "" };
        format!("{} {:?} {}{mark}", at / MINUTE, order.side, order.qty.0)
    };
    stage.orders().into_iter().map(words).collect()
}

/// It buys with the first usable quote and never again, whatever the price does short of its stop a tenth below.
#[test]
fn hold_buys_once_and_holds() {
    for contract in [Contract::Spot, Contract::Linear] {
        let mut stage = holder(contract, &[]);
        let wave = (0..240).map(|minute| 600_000 + 100 * (60 - (minute % 120 - 60_i64).abs()));
        stage.play(&market(wave));
        assert_eq!(sent(&stage), ["1 Buy 995"], "{:?}", stage.denials());
        assert_eq!(stage.held(), 995, "600 USDT at the worst price there may be");
        let entry = &stage.proposals()[0];
        assert_eq!((entry.intention, entry.size), (Intention::OpenLong, Size::Notional(Money::new(600.into()))));
        assert!(stage.denials().is_empty(), "{:?}", stage.denials());
        stage.check_manners();
    }
}

/// The trader's greatest time to hold ends the position; it is bought again, unless it is not to be.
#[test]
fn what_the_trader_ends_is_bought_again_or_not() {
    for (again, buys) in [("true", 2), ("false", 1)] {
        let (terms, keys) = ([("size", "600"), ("again", again)], [OFTEN, &[("holding.max", "1h")]].concat());
        let mut stage = Stage::new(Contract::Linear, "hold", &terms, config(&keys), Span::from_mins(1));
        stage.play(&market([600_000; 100]));
        let bought = stage.orders().iter().filter(|(_, order)| order.side == Side::Buy).count();
        assert_eq!(bought, buys, "{again}: {:?} {:?}", sent(&stage), stage.denials());
        assert_eq!(stage.held() > 0, again == "true");
        stage.check_manners();
    }
}

/// Nothing is filled: it asks again ever later, and never trips a throttle.
#[test]
fn hold_waits_where_nothing_fills() {
    let mut stage = holder(Contract::Linear, &[]);
    stage.fills = false;
    let still: Vec<_> = (1..600).map(|second| (second * SECOND, quote(600_000, 2))).collect();
    stage.play(&still);
    let tried = stage.orders().len();
    assert!((8..20).contains(&tried), "{tried}: {:?}", sent(&stage));
    assert!(stage.denials().is_empty(), "{:?}", stage.denials());
}

/// One seed is one list of entries; another is another; on spot all of them are long.
#[test]
fn random_entries_follow_from_their_seed() {
    let played = |contract, terms: &[(&str, &str)]| {
        let mut stage = random(contract, terms);
        stage.play(&market((0..400).map(|minute| 600_000 + 40 * (minute * minute % 7))));
        assert!(stage.denials().is_empty(), "{:?}", stage.denials());
        stage.check_manners();
        sent(&stage)
    };
    let often = [("chance", "200"), ("leave", "300")];
    let first = played(Contract::Linear, &often);
    assert_eq!(first, played(Contract::Linear, &often));
    assert_ne!(first, played(Contract::Linear, &[&often[..], &[("seed", "2")]].concat()));
    let entries =
        |all: &[String], side: &str| all.iter().filter(|words| words.contains(side) && !words.ends_with('!')).count();
    let (long, short) = (entries(&first, "Buy"), entries(&first, "Sell"));
    assert!(long > 5 && short > 5, "{first:?}");
    let spot = played(Contract::Spot, &often);
    assert_eq!((entries(&spot, "Buy") > 10, entries(&spot, "Sell")), (true, 0), "{spot:?}");
    assert!(played(Contract::Linear, &[("chance", "0")]).is_empty());
}

/// The bracket: a stop two ranges of 60 away is nearer than half a percent, which counts; the target is twice as far
/// from the worst price. The trader takes both legs.
#[test]
fn a_random_entry_is_a_bracket_of_the_traders() {
    let mut stage = random(Contract::Linear, &[("chance", "1000")]);
    stage.play(&market([600_000; 4]));
    let entry = stage.proposals()[0].clone();
    let [stop, target] = [entry.stop, entry.target].map(|price| price.expect("both legs").decimal());
    let long = entry.intention == Intention::OpenLong;
    assert_eq!(stop < target, long);
    let mid = rust_decimal::Decimal::from(60_000);
    let (risk, reward) = ((mid - stop).abs(), (target - mid).abs());
    assert!(risk >= rust_decimal::Decimal::from(300) && reward > risk * rust_decimal::Decimal::from(2), "{entry:?}");
    let beyond = if long { 600_000 + 24_000 } else { 600_000 - 24_000 };
    stage.play(&[(5 * MINUTE, quote(beyond, 2)), (5 * MINUTE + SECOND, quote(beyond, 2))]);
    assert_eq!(stage.held(), 0, "its target was reached: {:?}", sent(&stage));
    let mut bare = random(Contract::Linear, &[("chance", "1000"), ("target", "0")]);
    bare.play(&market([600_000; 4]));
    assert_eq!(bare.proposals()[0].target, None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    /// The law of `wants`: with and without the market events they do not want, both do the same.
    #[test]
    fn unwanted_events_change_nothing(
        on_mids in quotes(250),
        steps in prop::collection::vec(-900_i64..=900, 20..150),
        spot in any::<bool>(),
        holds in any::<bool>(),
    ) {
        let contract = if spot { Contract::Spot } else { Contract::Linear };
        let walk = steps.into_iter().scan(600_000, |close, step| {
            *close += step;
            Some(*close)
        });
        let events = if holds { on_mids } else { market(walk.collect::<Vec<_>>()) };
        let made = || if holds { holder(contract, &[]) } else { random(contract, &[("chance", "300"), ("leave", "100")]) };
        let (mut guarded, mut whole) = (made(), made().unguarded());
        prop_assert_eq!(&guarded.play(&events).log, &whole.play(&events).log);
        guarded.check_manners();
        prop_assert!(guarded.denials().iter().all(|(_, text)| !text.contains("CK-09")), "{:?}", guarded.denials());
    }
}
