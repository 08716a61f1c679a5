//! The venue's assumptions on recorded depth and quotes, one test for each paragraph of its module
//! comment.
//!
//! Repeat with `cargo test --test venue_depth`.
#![cfg(feature = "simulator")]

mod venue_desk;

use expect_test::{Expect, expect};
use seatrial::market::Contract::{Linear, Spot};
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{NewOrder, TimeInForce};
use seatrial::venue::FillProfile;
use venue_desk::{BASE, Desk, QUOTE, config, limit, market, money, stop};

#[track_caller]
fn says(said: &str, expected: &Expect) {
    expected.assert_eq(said);
}

/// Bids 99 and 98, asks 101 and 102, ten each.
fn desk() -> Desk {
    let mut desk = Desk::new(Spot);
    desk.show(&[(99, 10), (98, 10)], &[(101, 10), (102, 10)]);
    desk
}

#[test]
fn takers_walk_displayed_depth() {
    says(&desk().limit(Buy, 102, 15), &expect!["#1 accepted; #1 bought 10 @ 101 taker; #1 bought 5 @ 102 taker"]);
    says(&desk().limit(Buy, 101, 15), &expect!["#1 accepted; #1 bought 10 @ 101 taker"]);
    says(
        &desk().send(market(Sell, 25)),
        &expect!["#1 accepted; #1 sold 10 @ 99 taker; #1 sold 10 @ 98 taker; #1 cancelled: Remainder"],
    );
}

#[test]
fn what_we_took_stays_taken() {
    let mut desk = desk();
    says(&desk.limit(Buy, 101, 6), &expect!["#1 accepted; #1 bought 6 @ 101 taker"]);
    let ioc = NewOrder { tif: TimeInForce::Ioc, ..limit(Buy, 101, 6) };
    says(&desk.send(ioc), &expect!["#2 accepted; #2 bought 4 @ 101 taker; #2 cancelled: Remainder"]);
    desk.show(&[(97, 5)], &[]);
    says(&desk.send(ioc), &expect!["#3 accepted; #3 cancelled: Remainder"]);
    desk.show(&[], &[(101, 3)]);
    says(&desk.send(ioc), &expect!["#4 accepted; #4 bought 3 @ 101 taker; #4 cancelled: Remainder"]);
}

#[test]
fn we_join_behind_everything_displayed() {
    let mut desk = desk();
    desk.limit(Buy, 99, 5);
    says(&desk.print(Some(Sell), 99, 10), &expect![""]);
    says(&desk.print(Some(Sell), 99, 3), &expect!["#1 bought 3 @ 99 maker"]);
}

#[test]
fn only_prints_and_shrinkage_advance_us() {
    let mut desk = desk();
    desk.limit(Buy, 99, 5);
    desk.show(&[(99, 30)], &[]);
    says(&desk.print(Some(Buy), 99, 50), &expect![""]);
    desk.show(&[(99, 12)], &[]);
    desk.show(&[(99, 4)], &[]);
    desk.show(&[(99, 20)], &[]);
    says(&desk.print(Some(Sell), 99, 5), &expect!["#1 bought 1 @ 99 maker"]);
    says(&desk.print(Some(Sell), 99, 50), &expect!["#1 bought 4 @ 99 maker"]);
}

#[test]
fn a_print_beyond_our_price_fills_up_to_what_printed() {
    let mut desk = desk();
    desk.limit(Buy, 99, 5);
    says(&desk.print(Some(Sell), 98, 2), &expect!["#1 bought 2 @ 99 maker"]);
    says(&desk.print(Some(Sell), 97, 20), &expect!["#1 bought 3 @ 99 maker"]);
}

#[test]
fn the_opposite_best_reaching_us_fills_up_to_what_it_displays() {
    let mut desk = desk();
    desk.limit(Buy, 99, 9);
    says(&desk.show(&[(99, 0)], &[(99, 2), (98, 3)]), &expect!["#1 bought 5 @ 99 maker"]);
    says(&desk.show(&[(97, 1)], &[]), &expect![""]);
    says(&desk.show(&[], &[(98, 1)]), &expect!["#1 bought 1 @ 99 maker"]);
    // Only a whole message counts: this one passes 99 and takes it back.
    says(&desk.show(&[], &[(97, 5), (99, 0), (98, 0), (97, 0)]), &expect![""]);
}

#[test]
fn one_print_is_shared() {
    let mut desk = desk();
    desk.limit(Buy, 98, 4);
    desk.limit(Buy, 100, 3);
    desk.limit(Buy, 98, 4);
    // 3 go to the better price; of the other 13, ten were before us at 98.
    says(&desk.print(Some(Sell), 98, 16), &expect!["#2 bought 3 @ 100 maker; #1 bought 3 @ 98 maker"]);
    says(&desk.print(Some(Sell), 98, 2), &expect!["#1 bought 1 @ 98 maker; #3 bought 1 @ 98 maker"]);
}

#[test]
fn a_maker_trades_at_its_own_price() {
    let mut desk = desk();
    desk.limit(Sell, 101, 2);
    says(&desk.print(Some(Buy), 105, 9), &expect!["#1 sold 2 @ 101 maker"]);
    // 10 basis points of 202.
    assert_eq!((desk.cash(QUOTE), desk.cash(BASE)), (money("1000201.79"), money("998")));
}

#[test]
fn a_print_of_unknown_side_is_judged_by_the_touch() {
    let mut desk = desk();
    desk.limit(Buy, 100, 5);
    says(&desk.print(None, 100, 9), &expect![""]);
    says(&desk.print(None, 101, 9), &expect![""]);
    says(&desk.print(None, 99, 3), &expect!["#1 bought 3 @ 100 maker"]);
}

#[test]
fn our_orders_never_trade_with_each_other() {
    let mut desk = desk();
    desk.limit(Buy, 100, 5);
    says(&desk.limit(Sell, 100, 5), &expect!["#2 accepted"]);
    says(&desk.limit(Sell, 99, 5), &expect!["#3 accepted; #3 sold 5 @ 99 taker"]);
}

#[test]
fn a_stop_fires_on_the_last_trade() {
    let mut desk = desk();
    desk.print(Some(Buy), 101, 1);
    says(&desk.send(stop(Sell, 97, 12)), &expect!["#1 accepted"]);
    says(&desk.send(stop(Sell, 101, 1)), &expect!["#2 rejected: WouldTriggerAtOnce"]);
    says(&desk.send(stop(Buy, 103, 1)), &expect!["#3 accepted"]);
    // The book falls through the trigger; nothing has traded there yet.
    says(&desk.show(&[(99, 0), (98, 0), (96, 5), (95, 4)], &[(97, 1)]), &expect![""]);
    says(
        &desk.print(Some(Sell), 97, 1),
        &expect!["#1 sold 5 @ 96 taker; #1 sold 4 @ 95 taker; #1 cancelled: Remainder"],
    );
}

#[test]
fn before_the_first_trade_a_stop_looks_at_the_price_it_would_trade_at() {
    let mut desk = desk();
    says(&desk.send(stop(Sell, 99, 1)), &expect!["#1 rejected: WouldTriggerAtOnce"]);
    says(&desk.send(stop(Sell, 98, 3)), &expect!["#2 accepted"]);
    says(&desk.show(&[(99, 0)], &[]), &expect!["#2 sold 3 @ 98 taker"]);
}

#[test]
fn behind_the_touch_the_queue_is_unknown() {
    let mut desk = Desk::new(Spot);
    desk.quote((99, 10), (101, 10));
    desk.limit(Buy, 97, 5);
    says(&desk.print(Some(Sell), 97, 1_000), &expect![""]);
    desk.quote((97, 8), (101, 10));
    says(&desk.print(Some(Sell), 97, 9), &expect!["#1 bought 1 @ 97 maker"]);
    // The best falls below our price: whoever was before us is gone.
    desk.quote((96, 8), (101, 10));
    says(&desk.print(Some(Sell), 97, 1), &expect!["#1 bought 1 @ 97 maker"]);
    says(&desk.quote((95, 8), (97, 2)), &expect!["#1 bought 2 @ 97 maker"]);
    // An empty side has nobody before us, whatever price it carries.
    desk.quote((95, 8), (101, 2));
    desk.limit(Buy, 94, 5);
    desk.quote((99, 0), (101, 2));
    says(&desk.print(Some(Sell), 94, 2), &expect!["#1 bought 1 @ 97 maker; #2 bought 1 @ 94 maker"]);
}

#[test]
fn where_depth_is_recorded_a_quote_says_nothing_new() {
    let mut desk = desk();
    desk.quote((100, 1), (101, 1));
    says(&desk.limit(Buy, 102, 15), &expect!["#1 accepted; #1 bought 10 @ 101 taker; #1 bought 5 @ 102 taker"]);
}

#[test]
fn parity_full_is_optimistic() {
    let mut desk = Desk::with(seatrial::venue::VenueConfig { profile: FillProfile::ParityFull, ..config(Spot) });
    desk.show(&[(99, 10)], &[(101, 10)]);
    assert!(desk.venue.profile().is_optimistic());
    assert_eq!(desk.venue.profile().name(), "parity_full");
    says(&desk.limit(Buy, 101, 500), &expect!["#1 accepted; #1 bought 500 @ 101 taker"]);
    desk.limit(Buy, 99, 500);
    says(&desk.print(Some(Sell), 99, 11), &expect!["#2 bought 500 @ 99 maker"]);
}

#[test]
fn the_account_pays_or_the_order_ends() {
    let mut terms = config(Spot);
    terms.balances[1].total = money("1015");
    let mut desk = Desk::with(terms);
    desk.show(&[(99, 10)], &[(101, 10), (110, 10)]);
    // Ten at a trigger of 101 need 1012.02 with the fee; ten at 110 cost more than there is.
    says(&desk.send(stop(Buy, 101, 10)), &expect!["#1 rejected: WouldTriggerAtOnce"]);
    desk.print(Some(Sell), 99, 1);
    says(&desk.send(stop(Buy, 101, 10)), &expect!["#2 accepted"]);
    assert_eq!(desk.held(QUOTE), money("1012.02"));
    desk.show(&[], &[(101, 0)]);
    says(&desk.print(Some(Buy), 110, 1), &expect!["#2 cancelled: Venue"]);
    assert_eq!((desk.held(QUOTE), desk.cash(QUOTE)), (money("0"), money("1015")));
}

#[test]
fn reduce_only_never_turns_a_position() {
    let mut desk = Desk::new(Linear);
    desk.show(&[(99, 50)], &[(101, 50)]);
    let reduce = |order: NewOrder| NewOrder { reduce_only: true, ..order };
    says(&desk.send(reduce(limit(Sell, 99, 5))), &expect!["#1 rejected: ReduceOnly"]);
    says(&desk.limit(Buy, 101, 7), &expect!["#2 accepted; #2 bought 7 @ 101 taker"]);
    says(&desk.send(reduce(limit(Sell, 105, 7))), &expect!["#3 accepted"]);
    let whole = NewOrder { tif: TimeInForce::Fok, ..reduce(limit(Sell, 99, 9)) };
    says(&desk.send(whole), &expect!["#4 accepted; #4 cancelled: FillOrKill"]);
    says(
        &desk.send(reduce(limit(Sell, 99, 9))),
        &expect!["#5 accepted; #5 sold 7 @ 99 taker; #5 cancelled: ReduceOnly; #3 cancelled: ReduceOnly"],
    );
    says(&desk.print(Some(Buy), 106, 50), &expect![""]);
    assert_eq!(desk.venue.positions()[0].qty.0, 0);
    // Bought at 101, sold at 99; fees 1.414 and 1.386, each up to the cent.
    assert_eq!(desk.cash(QUOTE), money("999983.19"));
}

#[test]
fn a_position_keeps_the_leverage_it_was_opened_with() {
    let mut terms = config(Linear);
    terms.balances[1].total = money("1000");
    let mut desk = Desk::with(terms);
    desk.show(&[(99, 50)], &[(101, 50)]);
    // 40 at 101 are 4040: a fifth of it, and 8.08 of fee.
    desk.send(NewOrder { leverage: 5, ..limit(Buy, 101, 40) });
    says(&desk.limit(Sell, 99, 1), &expect!["#2 accepted; #2 sold 1 @ 99 taker"]);
    // 39 of them tie up 787.80; 989.71 less that is free.
    let more = |qty| NewOrder { leverage: 5, ..limit(Buy, 97, qty) };
    says(&desk.send(more(11)), &expect!["#3 rejected: InsufficientBalance"]);
    says(&desk.send(more(10)), &expect!["#4 accepted"]);
}
