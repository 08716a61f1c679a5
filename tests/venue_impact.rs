//! Impact and persistent consumption: what we took works against us, by hand and as laws.
//!
//! Repeat with `cargo test --test venue_impact`.
#![cfg(feature = "simulator")]

#[allow(dead_code, reason = "shared with other tests")]
mod trial;
mod venue_desk;

use std::sync::Arc;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use seatrial::journal::Journal;
use seatrial::market::Contract::Linear;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{Price, Side, Span};
use seatrial::sim;
use seatrial::venue::{Consumption, ImpactModel, ImpactRule, Push, VenueConfig};
use venue_desk::{Desk, config, limit, market, money};

const SECOND: Span = Span::from_secs(1);

fn root(temporary_milli: u32, permanent_milli: u32) -> ImpactModel {
    ImpactModel::SquareRoot { temporary_milli, permanent_milli, volatility_ppm: 1_000_000, decay: SECOND }
}

fn with(impact: ImpactModel) -> Desk {
    let mut terms = VenueConfig { impact, ..config(Linear) };
    terms.balances[1].total = money("1000000000");
    let mut desk = Desk::with(terms);
    desk.show(&[(9_990, 1_000)], &[(10_000, 1_000), (10_500, 1_000)]);
    // A minute in which 1440 print is a day of 2 073 600.
    desk.print(Some(Buy), 10_000, 1_440);
    desk
}

fn says(said: &str, expected: &Expect) {
    expected.assert_eq(said);
}

/// Worked by hand: 36 of 2 073 600 a day, and its root is 1/240; a volatility of the whole price makes 41.67 of
/// 10 000, rounded up. Half of the 37 is left after a second, rounded up to 19: 1/330.4 of 10 000 is 30.3.
#[test]
fn what_we_took_makes_the_next_dearer() {
    let mut desk = with(root(1_000, 0));
    says(&desk.send(market(Buy, 36)), &expect!["#1 accepted; #1 bought 36 @ 10000 taker"]);
    says(&desk.send(market(Buy, 1)), &expect!["#2 accepted; #2 bought 1 @ 10042 taker"]);
    // The other side gets nothing of it, and pays nothing for it.
    says(&desk.send(market(Sell, 1)), &expect!["#3 accepted; #3 sold 1 @ 9990 taker"]);
    desk.now = desk.now.after(SECOND);
    says(&desk.send(market(Buy, 1)), &expect!["#4 accepted; #4 bought 1 @ 10031 taker"]);
    desk.now = desk.now.after(Span::from_secs(40));
    says(&desk.send(market(Buy, 1)), &expect!["#5 accepted; #5 bought 1 @ 10007 taker"]);
}

#[test]
fn what_is_permanent_stays_and_a_limit_is_not_passed() {
    let mut desk = with(root(0, 1_000));
    desk.send(market(Buy, 36));
    desk.now = desk.now.after(Span::from_secs(40));
    says(&desk.send(market(Buy, 108)), &expect!["#2 accepted; #2 bought 108 @ 10042 taker"]);
    // Four times as much was taken: twice as far, but not past its limit. A maker trades at its own price.
    says(&desk.send(market(Buy, 1)), &expect!["#3 accepted; #3 bought 1 @ 10084 taker"]);
    says(&desk.send(limit(Buy, 10_050, 1)), &expect!["#4 accepted; #4 bought 1 @ 10050 taker"]);
    desk.send(limit(Buy, 9_995, 1));
    says(&desk.print(Some(Sell), 9_994, 5), &expect!["#5 bought 1 @ 9995 maker"]);
}

/// Without persistence the level is believed whole; with it what we took is missing until the level is gone.
#[test]
fn what_we_took_is_missing_as_long_as_the_level_stands() {
    let desk = |consumption| {
        let mut desk = Desk::with(VenueConfig { consumption, ..config(Linear) });
        desk.show(&[(98, 10)], &[(101, 10)]);
        desk.send(market(Buy, 6));
        desk
    };
    let mut whole = desk(Consumption::Refresh);
    whole.show(&[], &[(101, 12)]);
    says(&whole.send(market(Buy, 20)), &expect!["#2 accepted; #2 bought 12 @ 101 taker; #2 cancelled: Remainder"]);
    let mut missing = desk(Consumption::Persistent);
    missing.show(&[], &[(101, 12)]);
    says(&missing.send(market(Buy, 4)), &expect!["#2 accepted; #2 bought 4 @ 101 taker"]);
    // Ten are ours; of a level of three no more than three are, and two come in.
    missing.show(&[], &[(101, 3)]);
    missing.show(&[], &[(101, 5)]);
    says(&missing.send(market(Buy, 20)), &expect!["#3 accepted; #3 bought 2 @ 101 taker; #3 cancelled: Remainder"]);
    missing.show(&[], &[(101, 0)]);
    missing.show(&[], &[(101, 5)]);
    says(&missing.send(market(Buy, 20)), &expect!["#4 accepted; #4 bought 5 @ 101 taker; #4 cancelled: Remainder"]);
}

#[test]
fn of_a_touch_it_is_missing_as_long_as_it_stays() {
    let mut desk = Desk::with(VenueConfig { consumption: Consumption::Persistent, ..config(Linear) });
    desk.quote((98, 10), (101, 10));
    desk.send(market(Buy, 6));
    desk.quote((98, 10), (101, 9));
    says(&desk.send(market(Buy, 20)), &expect!["#2 accepted; #2 bought 3 @ 101 taker; #2 cancelled: Remainder"]);
    desk.quote((98, 10), (102, 9));
    desk.quote((98, 10), (101, 9));
    says(&desk.send(market(Buy, 20)), &expect!["#3 accepted; #3 bought 9 @ 101 taker; #3 cancelled: Remainder"]);
}

/// One tick for everything that was ever taken, and a gift where that is odd.
#[derive(Debug)]
struct Tick;

impl ImpactRule for Tick {
    fn describe(&self) -> String {
        "a tick each v1".to_owned()
    }

    fn half_life(&self) -> Span {
        SECOND
    }

    fn worse_by(&self, push: &Push) -> i64 {
        if push.total.0 % 2 == 1 { -1_000 } else { push.total.0 * push.take.tick.0 }
    }
}

#[test]
fn a_rule_of_ones_own_is_never_in_our_favour() {
    let mut desk = with(ImpactModel::Own(Arc::new(Tick)));
    desk.send(market(Buy, 2));
    says(&desk.send(market(Buy, 1)), &expect!["#2 accepted; #2 bought 1 @ 10002 taker"]);
    says(&desk.send(market(Buy, 1)), &expect!["#3 accepted; #3 bought 1 @ 10000 taker"]);
    assert_eq!(ImpactModel::Own(Arc::new(Tick)).to_string(), "a tick each v1");
    let said = "square_root v1, temporary 1 halved every 1 s, permanent 0.25, volatility 100% a day";
    assert_eq!(root(1_000, 250).to_string(), said);
}

/// What takers paid, over a string of orders.
fn paid(impact: ImpactModel, orders: &[(Side, i64, i64)]) -> Vec<(Side, i64)> {
    let mut desk = with(impact);
    let mut prices = Vec::new();
    for (side, qty, wait) in orders {
        desk.now = desk.now.after(Span(wait * 100_000_000));
        let said = desk.send(market(*side, *qty));
        let price = said.split(" @ ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a fill");
        prices.push((*side, price.parse().expect("a price")));
    }
    prices
}

proptest! {
    /// Never better than without, monotone in the factors and in what was taken, and nothing where they are zero.
    #[test]
    fn impact_is_against_us_and_grows(
        orders in prop::collection::vec((prop_oneof![Just(Buy), Just(Sell)], 1_i64..40, 0_i64..30), 1..12),
        temporary in 0_u32..3_000,
        permanent in 0_u32..3_000,
    ) {
        let without = paid(ImpactModel::None, &orders);
        prop_assert_eq!(&without, &paid(root(0, 0), &orders));
        let own = paid(root(temporary, permanent), &orders);
        let harder = paid(root(temporary + 500, permanent + 500), &orders);
        let larger: Vec<_> = orders.iter().map(|(side, qty, wait)| (*side, qty * 2, *wait)).collect();
        let larger = paid(root(temporary, permanent), &larger);
        let no_better = |worse: &[(Side, i64)], than: &[(Side, i64)]| {
            worse.iter().zip(than).all(|((side, a), (_, b))| !side.better(Price(*a), Price(*b)))
        };
        prop_assert!(no_better(&own, &without) && no_better(&harder, &own) && no_better(&larger, &own));
    }
}

/// Zero parameters are the run without, to the last record; others are not.
#[test]
fn without_parameters_nothing_changes() {
    let digest = |impact, consumption| {
        let mut setup = trial::setup(trial::bar_tape(5), Linear, "ema_flip");
        (setup.venue.impact, setup.venue.consumption) = (impact, consumption);
        sim::run(&setup, Journal::recording()).expect("it runs").digest
    };
    let without = digest(ImpactModel::None, Consumption::Refresh);
    assert_eq!(without, digest(root(0, 0), Consumption::Refresh));
    assert_ne!(without, digest(root(1_000, 1_000), Consumption::Refresh));
}
