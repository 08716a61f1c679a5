//! Queue models: what they assume, one test by the name of each paragraph, and the laws that hold for all.
//!
//! Repeat with `cargo test --test venue_queue`; a failed law prints its seed.
#![cfg(feature = "simulator")]

mod venue_desk;

use std::sync::Arc;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use seatrial::market::Contract::Spot;
use seatrial::market::Qty;
use seatrial::market::Side::{Buy, Sell};
use seatrial::venue::{QueueModel, QueueRule, Shrunk, VenueConfig};
use venue_desk::{Desk, config};

#[track_caller]
fn says(said: &str, expected: &Expect) {
    expected.assert_eq(said);
}

const fn power(exponent_milli: u32) -> QueueModel {
    QueueModel::Power { exponent_milli }
}

fn with(queue: QueueModel) -> Desk {
    Desk::with(VenueConfig { queue, ..config(Spot) })
}

/// Bids 30 at 99, ours of 5 behind them, and 10 more behind us; asks at 101.
fn desk(queue: QueueModel) -> Desk {
    let mut desk = with(queue);
    desk.show(&[(99, 30)], &[(101, 10)]);
    desk.limit(Buy, 99, 5);
    desk.show(&[(99, 40)], &[]);
    desk
}

#[test]
fn a_queue_model_guesses_who_cancelled() {
    // Of eight that cancel, six stood before us: 24 are left, and a print of 26 reaches us with two.
    let mut desk = desk(power(1_000));
    says(&desk.show(&[(99, 32)], &[]), &expect![""]);
    says(&desk.print(Some(Sell), 99, 26), &expect!["#1 bought 2 @ 99 maker"]);
}

#[test]
fn the_default_never_guesses() {
    let mut desk = desk(QueueModel::default());
    desk.show(&[(99, 32)], &[]);
    says(&desk.print(Some(Sell), 99, 30), &expect![""]);
    says(&desk.print(Some(Sell), 99, 1), &expect!["#1 bought 1 @ 99 maker"]);
}

#[test]
fn what_printed_is_not_counted_as_a_cancel_again() {
    // Ten print, and the level shows it: nobody cancelled, 20 are before us.
    let mut printed = desk(power(1_000));
    printed.print(Some(Sell), 99, 10);
    printed.show(&[(99, 30)], &[]);
    says(&printed.print(Some(Sell), 99, 20), &expect![""]);
    says(&printed.print(Some(Sell), 99, 1), &expect!["#1 bought 1 @ 99 maker"]);
    // The same where the print came before our order, and where it does not say who bought.
    let mut early = with(power(1_000));
    early.show(&[(99, 30)], &[(101, 10)]);
    early.print(None, 99, 10);
    early.limit(Buy, 99, 5);
    early.show(&[(99, 20)], &[]);
    says(&early.print(Some(Sell), 99, 20), &expect![""]);
    says(&early.print(Some(Sell), 99, 1), &expect!["#1 bought 1 @ 99 maker"]);
}

#[test]
fn of_two_orders_at_one_price_the_older_stays_before_the_younger() {
    // A steep power gives the longer side all of a cancel: the younger would pass the older.
    let mut desk = with(power(16_000));
    desk.show(&[(99, 40)], &[(101, 10)]);
    desk.limit(Buy, 99, 5);
    desk.show(&[(99, 60)], &[]);
    desk.limit(Buy, 99, 5);
    desk.show(&[(99, 100)], &[]);
    desk.show(&[(99, 10)], &[]);
    says(&desk.print(Some(Sell), 99, 12), &expect!["#1 bought 2 @ 99 maker"]);
    says(&desk.print(Some(Sell), 99, 8), &expect!["#1 bought 3 @ 99 maker; #2 bought 5 @ 99 maker"]);
}

#[test]
fn where_only_the_touch_is_shown_a_level_is_known_as_long_as_it_is_the_touch() {
    let mut desk = with(power(1_000));
    desk.quote((99, 30), (101, 10));
    desk.limit(Buy, 99, 5);
    desk.quote((99, 40), (101, 10));
    desk.quote((99, 32), (101, 10));
    says(&desk.print(Some(Sell), 99, 26), &expect!["#1 bought 2 @ 99 maker"]);
    // The touch leaves and comes back: what it had displayed in between nobody knows.
    desk.quote((100, 3), (101, 10));
    desk.limit(Buy, 99, 5);
    desk.quote((99, 20), (101, 10));
    says(&desk.print(Some(Sell), 99, 23), &expect!["#1 bought 3 @ 99 maker"]);
    says(&desk.print(Some(Sell), 99, 20), &expect!["#2 bought 5 @ 99 maker"]);
}

/// A rule that answers whatever it likes.
#[derive(Debug)]
struct Wild(i64);

impl QueueRule for Wild {
    fn describe(&self) -> String {
        format!("wild v1, {}", self.0)
    }

    fn cancelled_before(&self, _: &Shrunk) -> Qty {
        Qty(self.0)
    }
}

#[test]
fn a_rule_of_ones_own_is_held_to_what_can_be() {
    let own = |answer| QueueModel::Own(Arc::new(Wild(answer)));
    assert_eq!(desk(own(3)).venue.queue().to_string(), "wild v1, 3");
    for (answer, before) in [(3, 27), (8, 22), (i64::MAX, 22), (-5, 30), (i64::MIN, 30)] {
        let mut desk = desk(own(answer));
        desk.show(&[(99, 32)], &[]);
        says(&desk.print(Some(Sell), 99, before), &expect![""]);
        says(&desk.print(Some(Sell), 99, 1), &expect!["#1 bought 1 @ 99 maker"]);
    }
}

/// What the market does at our price.
#[derive(Clone, Copy, Debug)]
enum Step {
    Show(i64),
    Print(i64),
    Join,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_i64..60).prop_map(Step::Show),
        3 => (1_i64..12).prop_map(Step::Print),
        1 => Just(Step::Join),
    ];
    prop::collection::vec(step, 1..60)
}

fn model() -> impl Strategy<Value = QueueModel> {
    prop_oneof![
        3 => (1_u32..16_000).prop_map(power),
        1 => Just(QueueModel::Log),
        2 => (-5_i64..60).prop_map(|answer| QueueModel::Own(Arc::new(Wild(answer)))),
    ]
}

const ORDER: i64 = 7;

/// Fills of every order so far, oldest first, after each step.
fn filled(queue: QueueModel, steps: &[Step]) -> Vec<Vec<i64>> {
    let mut desk = with(queue);
    desk.show(&[(99, 30)], &[(101, 10)]);
    desk.limit(Buy, 99, ORDER);
    let mut filled = vec![0];
    let done = |step: &Step| {
        let said = match step {
            Step::Show(qty) => desk.show(&[(99, *qty)], &[]),
            Step::Print(qty) => desk.print(Some(Sell), 99, *qty),
            Step::Join => {
                filled.push(0);
                desk.limit(Buy, 99, ORDER)
            }
        };
        for line in said.split("; ").filter(|line| line.contains("bought")) {
            let words: Vec<&str> = line.split(' ').collect();
            let order: usize = words[0][1..].parse().expect("a number");
            filled[order - 1] += words[2].parse::<i64>().expect("a quantity");
        }
        filled.clone()
    };
    steps.iter().map(done).collect()
}

proptest! {
    /// An order alone gets no less than by the default, and no more than printed and cancelled beyond what
    /// stood before it.
    #[test]
    fn never_further_back_than_the_default_and_never_ahead_of_what_printed(model in model(), steps in steps()) {
        let alone: Vec<Step> = steps.into_iter().filter(|step| !matches!(step, Step::Join)).collect();
        let (ours, least) = (filled(model, &alone), filled(QueueModel::Conservative, &alone));
        let (mut shown, mut unshown, mut printed, mut gone) = (30, 0, 0, 0);
        for (at, step) in alone.iter().enumerate() {
            match *step {
                Step::Show(qty) => {
                    gone += (shown - unshown - qty).max(0);
                    (shown, unshown) = (qty, 0);
                }
                Step::Print(qty) => {
                    unshown += qty;
                    printed += qty;
                }
                Step::Join => {}
            }
            prop_assert!(ours[at][0] >= least[at][0], "step {}", at);
            prop_assert!(ours[at][0] <= printed, "step {}", at);
            // 30 stood before it: all of them printed or cancelled first, or more was shown away.
            prop_assert!(ours[at][0] == 0 || printed + gone >= 30, "step {}", at);
        }
    }

    /// What an older order waits for, a younger one waits for too.
    #[test]
    fn the_older_fills_first(model in model(), steps in steps()) {
        for (at, fills) in filled(model, &steps).iter().enumerate() {
            for pair in fills.windows(2) {
                prop_assert!(pair[1] == 0 || pair[0] == ORDER, "step {}: {:?}", at, fills);
            }
        }
    }
}
