//! Slippage and partial fills: what the models assume, and the laws that hold for all of them.
//!
//! Repeat with `cargo test --test venue_slippage`.
#![cfg(feature = "simulator")]

mod venue_desk;

use std::sync::Arc;

use expect_test::{Expect, expect};
use seatrial::market::Contract::Spot;
use seatrial::market::PathPoint::Open;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{NewOrder, Qty, Span, TimeInForce};
use seatrial::sim::rng::VenueChance;
use seatrial::venue::{Part, PartialModel, PartialRule, SlippageModel, SlippageRule, Take, Venue, VenueConfig};
use venue_desk::{Desk, bar, config, limit, market, stop};

#[track_caller]
fn says(said: &str, expected: &Expect) {
    expected.assert_eq(said);
}

fn terms() -> VenueConfig {
    VenueConfig { chance: Some(Arc::new(VenueChance { seed: 1, run: 0 })), ..config(Spot) }
}

fn slipping(slippage: SlippageModel) -> Desk {
    let mut desk = Desk::with(VenueConfig { slippage, ..terms() });
    desk.quote((990, 10), (1_010, 10));
    desk
}

fn parting(partial: PartialModel) -> Desk {
    let mut desk = Desk::with(VenueConfig { partial, ..terms() });
    desk.quote((990, 20), (1_010, 20));
    desk
}

#[test]
fn a_slippage_model_is_named_and_adverse() {
    let fixed = || SlippageModel::FixedRate { ppm: 2_500 };
    // 25 bps of 1010 are 2.525, and the tick is one.
    says(&slipping(fixed()).send(market(Buy, 4)), &expect!["#1 accepted; #1 bought 4 @ 1013 taker"]);
    says(&slipping(fixed()).send(market(Sell, 4)), &expect!["#1 accepted; #1 sold 4 @ 987 taker"]);
    // Not past the limit.
    says(&slipping(fixed()).limit(Buy, 1_011, 4), &expect!["#1 accepted; #1 bought 4 @ 1011 taker"]);
    says(&slipping(fixed()).limit(Sell, 989, 4), &expect!["#1 accepted; #1 sold 4 @ 989 taker"]);
    let ticks = || SlippageModel::FixedTicks { ticks: 3 };
    says(&slipping(ticks()).send(market(Buy, 4)), &expect!["#1 accepted; #1 bought 4 @ 1013 taker"]);
    // A maker trades at its own price.
    let mut desk = slipping(ticks());
    desk.limit(Buy, 990, 4);
    says(&desk.print(Some(Sell), 989, 4), &expect!["#1 bought 4 @ 990 maker"]);
    // A stop that fires takes.
    says(&desk.send(stop(Sell, 985, 2)), &expect!["#2 accepted"]);
    desk.quote((984, 10), (1_010, 10));
    says(&desk.print(Some(Sell), 984, 1), &expect!["#2 sold 2 @ 981 taker"]);
}

#[test]
fn the_default_adds_nothing_to_the_walk() {
    says(&slipping(SlippageModel::default()).send(market(Buy, 4)), &expect!["#1 accepted; #1 bought 4 @ 1010 taker"]);
}

#[test]
fn without_slippage_everything_trades_at_the_best() {
    let mut desk = Desk::with(VenueConfig { slippage: SlippageModel::None, ..terms() });
    assert!(VenueConfig { slippage: SlippageModel::None, ..terms() }.is_optimistic());
    desk.show(&[(99, 10)], &[(101, 10), (105, 10)]);
    says(&desk.send(market(Buy, 15)), &expect!["#1 accepted; #1 bought 10 @ 101 taker; #1 bought 5 @ 101 taker"]);
}

#[test]
fn at_the_mid_a_round_trip_pays_no_spread() {
    let mut desk = Desk::with(VenueConfig { slippage: SlippageModel::Mid, ..terms() });
    assert!(VenueConfig { slippage: SlippageModel::Mid, ..terms() }.is_optimistic());
    desk.show(&[(98, 10)], &[(101, 10), (105, 10)]);
    says(&desk.send(market(Buy, 15)), &expect!["#1 accepted; #1 bought 10 @ 99 taker; #1 bought 5 @ 99 taker"]);
    says(&desk.send(market(Sell, 10)), &expect!["#2 accepted; #2 sold 10 @ 99 taker"]);
}

/// The mid of a crossed book is worse than what is displayed, for both sides.
#[test]
fn of_a_crossed_book_the_touch_is_taken() {
    let mut desk = Desk::with(VenueConfig { slippage: SlippageModel::Mid, ..terms() });
    desk.show(&[(110, 10)], &[(101, 10)]);
    says(&desk.send(market(Buy, 5)), &expect!["#1 accepted; #1 bought 5 @ 101 taker"]);
    says(&desk.send(market(Sell, 5)), &expect!["#2 accepted; #2 sold 5 @ 110 taker"]);
}

#[test]
fn an_order_is_measured_against_what_printed_in_the_last_minute() {
    let share = SlippageModel::VolumeShare { impact_ppm: 1_000_000, share_max_ppm: 100_000 };
    let mut desk = slipping(share);
    // Nothing printed: the greatest share, a tenth; its square of the price is 10.1.
    says(&desk.send(market(Buy, 1)), &expect!["#1 accepted; #1 bought 1 @ 1021 taker"]);
    desk.print(Some(Buy), 1_010, 100);
    // Four of a hundred: 0.0016 of the price is 1.6.
    says(&desk.send(market(Buy, 4)), &expect!["#2 accepted; #2 bought 4 @ 1012 taker"]);
    desk.now = desk.now.after(Span::from_secs(61));
    says(&desk.send(market(Buy, 1)), &expect!["#3 accepted; #3 bought 1 @ 1021 taker"]);
}

#[test]
fn of_a_bar_an_order_is_measured_against_its_volume() {
    let root = SlippageModel::SquareRoot { factor_milli: 1_000, volatility_ppm: 100_000 };
    let mut desk = Desk::with(VenueConfig { slippage: root, ..terms() });
    desk.path(Open, bar(1_000, 1_010, 990, 1_000, 100));
    // A quarter of a minute's volume: 10 % × √(25 ⁄ (100 × 1440)) of 1000 is 1.3.
    says(&desk.send(market(Buy, 25)), &expect!["#1 accepted; #1 bought 25 @ 1002 taker"]);
}

#[test]
fn a_seeded_slippage_stays_within_its_bounds_and_is_the_same_again() {
    let draws = |seed| {
        let chance = Some(Arc::new(VenueChance { seed, run: 0 }) as Arc<dyn seatrial::venue::Chance>);
        let mut desk =
            Desk::with(VenueConfig { slippage: SlippageModel::Adverse { ticks_max: 3 }, chance, ..config(Spot) });
        let mut prices = Vec::new();
        for _ in 0..40 {
            desk.quote((990, 10), (1_010, 10));
            let said = desk.send(market(Buy, 1));
            let price: i64 = said.split(' ').nth(6).expect("a price").parse().expect("a price");
            prices.push(price - 1_010);
            desk.quote((990, 10), (1_010, 11));
        }
        prices
    };
    assert_eq!(draws(1), draws(1));
    assert_ne!(draws(1), draws(2));
    let mut seen = draws(1);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [0, 1, 2, 3]);
}

#[test]
#[should_panic(expected = "a seeded model needs a source of chance")]
fn a_seeded_model_without_chance_is_refused() {
    let _ = Venue::new(VenueConfig { slippage: SlippageModel::Adverse { ticks_max: 3 }, ..config(Spot) });
}

#[test]
fn a_partial_fill_model_only_takes_away() {
    let mut desk = parting(PartialModel::Participation { share_ppm: 100_000 });
    // Nothing printed: nothing may trade.
    says(&desk.send(market(Buy, 5)), &expect!["#1 accepted; #1 cancelled: Remainder"]);
    desk.print(Some(Buy), 1_010, 30);
    says(&desk.send(market(Buy, 5)), &expect!["#2 accepted; #2 bought 3 @ 1010 taker; #2 cancelled: Remainder"]);
    // That was all of our share until more prints or a minute goes by.
    says(&desk.send(market(Buy, 5)), &expect!["#3 accepted; #3 cancelled: Remainder"]);
    let fok = NewOrder { tif: TimeInForce::Fok, ..limit(Buy, 1_010, 5) };
    says(&desk.send(fok), &expect!["#4 accepted; #4 cancelled: FillOrKill"]);
    // A print that goes through us fills us with its tenth.
    desk.limit(Buy, 990, 9);
    says(&desk.print(Some(Sell), 989, 40), &expect!["#5 bought 4 @ 990 maker"]);
    // A resting order that the market reaches gets its share as the market prints.
    desk.quote((900, 20), (990, 3));
    says(&desk.print(Some(Buy), 995, 60), &expect![""]);
    says(&desk.quote((900, 20), (990, 4)), &expect!["#5 bought 4 @ 990 maker"]);
}

#[test]
fn a_seeded_part_is_within_its_bounds() {
    let mut desk = parting(PartialModel::Seeded { least_ppm: 500_000 });
    let mut parts = Vec::new();
    for round in 0..60 {
        desk.quote((990, 20), (1_010, 20 + round % 2));
        let said = desk.send(market(Buy, 10));
        let part: i64 = said.split(' ').nth(4).expect("a quantity").parse().expect("a quantity");
        parts.push(part);
    }
    parts.sort_unstable();
    parts.dedup();
    assert!(
        parts.first().is_some_and(|least| *least >= 5) && parts.last() <= Some(&10) && parts.len() > 3,
        "{parts:?}"
    );
    // All or nothing stays all or nothing, and the least part of a lot is a lot.
    desk.quote((990, 20), (1_010, 20));
    let fok = NewOrder { tif: TimeInForce::Fok, ..limit(Buy, 1_010, 20) };
    says(&desk.send(fok), &expect!["#61 accepted; #61 bought 20 @ 1010 taker"]);
    desk.quote((990, 20), (1_010, 21));
    says(&desk.limit(Buy, 1_010, 1), &expect!["#62 accepted; #62 bought 1 @ 1010 taker"]);
}

/// Answers whatever it likes.
#[derive(Debug)]
struct Wild(i64);

impl SlippageRule for Wild {
    fn describe(&self) -> String {
        "wild v1".to_owned()
    }

    fn worse_by(&self, _: &Take) -> i64 {
        self.0
    }
}

impl PartialRule for Wild {
    fn describe(&self) -> String {
        "wild v1".to_owned()
    }

    fn most(&self, _: &Part) -> Qty {
        Qty(self.0)
    }
}

#[test]
fn a_rule_of_ones_own_is_held_to_what_can_be() {
    let slip = |by| slipping(SlippageModel::Own(Arc::new(Wild(by)))).limit(Sell, 980, 4);
    says(&slip(-50), &expect!["#1 accepted; #1 sold 4 @ 990 taker"]);
    says(&slip(7), &expect!["#1 accepted; #1 sold 4 @ 983 taker"]);
    says(&slip(i64::MAX), &expect!["#1 accepted; #1 sold 4 @ 980 taker"]);
    let part = |most| parting(PartialModel::Own(Arc::new(Wild(most)))).send(market(Buy, 4));
    says(&part(3), &expect!["#1 accepted; #1 bought 3 @ 1010 taker; #1 cancelled: Remainder"]);
    says(&part(-3), &expect!["#1 accepted; #1 cancelled: Remainder"]);
    says(&part(i64::MAX), &expect!["#1 accepted; #1 bought 4 @ 1010 taker"]);
}
