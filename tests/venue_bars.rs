//! The venue's assumptions on bars, one test for each paragraph of its module comment.
//!
//! Repeat with `cargo test --test venue_bars`.
#![cfg(feature = "simulator")]

mod venue_desk;

use expect_test::expect;
use seatrial::market::Contract::{Linear, Spot};
use seatrial::market::PathPoint::{Close, FirstExtreme, Open, SecondExtreme};
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{Contract, InstrumentId, MarketEvent, NewOrder};
use seatrial::venue::{FillProfile, VenueConfig};
use venue_desk::{Desk, bar, config, limit, market, stop};

/// A spread of two ticks; a point displays a quarter of the volume.
fn desk(contract: Contract) -> Desk {
    Desk::with(VenueConfig { half_spread_ticks: vec![1], ..config(contract) })
}

#[test]
fn the_quote_is_the_price_and_half_a_spread() {
    let mut desk = desk(Spot);
    desk.path(Open, bar(100, 110, 95, 105, 400));
    let touch = desk.venue.touch(InstrumentId(0));
    assert_eq!((touch.bid.0, touch.ask.0, touch.bid_qty.0, touch.ask_qty.0), (99, 101, 100, 100));
    let closed = bar(100, 110, 95, 105, 400);
    for point in [FirstExtreme, SecondExtreme, Close] {
        desk.path(point, closed);
    }
    desk.market(MarketEvent::Bar(closed));
    let touch = desk.venue.touch(InstrumentId(0));
    assert_eq!((touch.bid.0, touch.ask.0), (104, 106));
}

#[test]
fn an_order_decided_on_a_close_meets_the_next_open() {
    let mut desk = desk(Spot);
    desk.bar(bar(100, 100, 100, 100, 400));
    // The venue takes the next open before it hears of the order.
    desk.path(Open, bar(120, 120, 120, 120, 400));
    expect!["#1 accepted; #1 bought 3 @ 121 taker"].assert_eq(&desk.send(market(Buy, 3)));
}

#[test]
fn a_point_displays_a_share_of_the_volume() {
    let mut desk = desk(Spot);
    let calm = bar(100, 100, 100, 100, 43);
    desk.path(Open, calm);
    expect!["#1 accepted; #1 bought 8 @ 101 taker"].assert_eq(&desk.limit(Buy, 101, 8));
    expect!["#2 accepted; #2 bought 2 @ 101 taker"].assert_eq(&desk.limit(Buy, 101, 30));
    // Each leg fills the rest from what its point displays.
    expect![[r"
        #2 bought 10 @ 101 maker
        #2 bought 10 @ 101 maker
        #2 bought 8 @ 101 maker"]]
    .assert_eq(&[FirstExtreme, SecondExtreme, Close].map(|point| desk.path(point, calm)).join("\n"));
    // What the leg took is not there for a taker; and there is always a lot.
    expect!["#3 accepted; #3 bought 2 @ 101 taker; #3 cancelled: Remainder"].assert_eq(&desk.send(market(Buy, 5)));
    desk.path(Open, bar(100, 100, 100, 100, 0));
    expect!["#4 accepted; #4 bought 1 @ 101 taker; #4 cancelled: Remainder"].assert_eq(&desk.send(market(Buy, 5)));
}

#[test]
fn a_limit_needs_the_opposite_quote_to_reach_it() {
    let mut desk = desk(Spot);
    desk.path(Open, bar(100, 100, 100, 100, 400));
    desk.limit(Buy, 95, 5);
    assert_eq!(desk.bar(bar(100, 101, 95, 100, 400)), "\n\n\n");
    // The high is nearer the open: the low is the third point.
    expect![[r"


        #1 bought 5 @ 95 maker
    "]]
    .assert_eq(&desk.bar(bar(100, 101, 94, 100, 400)));
}

#[test]
fn a_bar_is_a_path() {
    // The low is nearer the open: both orders fill in the order the path reaches them.
    let mut desk = desk(Spot);
    desk.path(Open, bar(100, 100, 100, 100, 400));
    desk.limit(Sell, 104, 5);
    desk.limit(Buy, 96, 5);
    desk.limit(Buy, 97, 5);
    expect![[r"

        #3 bought 5 @ 97 maker; #2 bought 5 @ 96 maker
        #1 sold 5 @ 104 maker
    "]]
    .assert_eq(&desk.bar(bar(100, 110, 95, 105, 400)));
    // The high is nearer the open now.
    desk.path(Open, bar(100, 100, 100, 100, 400));
    desk.limit(Sell, 104, 5);
    desk.limit(Buy, 96, 5);
    expect![[r"

        #4 sold 5 @ 104 maker
        #5 bought 5 @ 96 maker
    "]]
    .assert_eq(&desk.bar(bar(100, 105, 90, 95, 400)));
}

#[test]
fn the_first_extreme_is_the_one_that_touches_a_stop_of_ours() {
    let both = |trigger: i64| {
        let mut desk = desk(Linear);
        desk.path(Open, bar(100, 100, 100, 100, 400));
        desk.send(market(Buy, 5));
        let reduce = |order: NewOrder| NewOrder { reduce_only: true, ..order };
        desk.send(reduce(limit(Sell, 104, 5)));
        desk.send(reduce(stop(Sell, trigger, 5)));
        desk.bar(bar(100, 105, 90, 95, 400))
    };
    // The high is nearer the open, but the stop is touched on the way to the low.
    expect![[r"

        #3 sold 5 @ 91 taker; #2 cancelled: ReduceOnly

    "]]
    .assert_eq(&both(92));
    // A stop the bar does not touch leaves the path alone.
    expect![[r"

        #2 sold 5 @ 104 maker; #3 cancelled: ReduceOnly

    "]]
    .assert_eq(&both(89));
}

#[test]
fn of_two_stops_the_nearer_decides() {
    let path = |buy: i64, sell: i64| {
        let mut desk = desk(Linear);
        desk.path(Open, bar(100, 100, 100, 100, 400));
        desk.send(stop(Buy, buy, 1));
        desk.send(stop(Sell, sell, 1));
        desk.bar(bar(100, 110, 90, 100, 400))
    };
    expect![[r"

        #1 bought 1 @ 104 taker
        #2 sold 1 @ 94 taker
    "]]
    .assert_eq(&path(103, 95));
    expect![[r"

        #2 sold 1 @ 94 taker
        #1 bought 1 @ 107 taker
    "]]
    .assert_eq(&path(106, 95));
}

#[test]
fn a_gap_through_a_stop_fills_at_the_open() {
    let mut desk = desk(Spot);
    desk.bar(bar(100, 100, 100, 100, 400));
    desk.send(stop(Sell, 95, 5));
    desk.limit(Buy, 97, 5);
    expect!["#1 sold 5 @ 89 taker; #2 bought 5 @ 97 maker"].assert_eq(&desk.path(Open, bar(90, 99, 88, 95, 400)));
}

#[test]
fn within_a_bar_a_stop_fills_at_its_trigger() {
    let mut desk = desk(Spot);
    desk.path(Open, bar(100, 100, 100, 100, 400));
    desk.send(stop(Sell, 95, 5));
    expect![[r"

        #1 sold 5 @ 94 taker

    "]]
    .assert_eq(&desk.bar(bar(100, 101, 80, 90, 400)));
}

#[test]
fn one_leg_shares_its_display_among_our_orders() {
    let mut desk = desk(Spot);
    desk.path(Open, bar(100, 100, 100, 100, 40));
    desk.send(stop(Sell, 97, 8));
    desk.send(stop(Sell, 95, 8));
    // Ten lots at the low: two are left for the second stop.
    expect![[r"

        #1 sold 8 @ 96 taker; #2 sold 2 @ 94 taker; #2 cancelled: Remainder

    "]]
    .assert_eq(&desk.bar(bar(100, 101, 90, 95, 40)));
}

#[test]
fn parity_full_displays_without_end() {
    let terms = VenueConfig { profile: FillProfile::ParityFull, half_spread_ticks: vec![1], ..config(Spot) };
    let mut desk = Desk::with(terms);
    desk.path(Open, bar(100, 100, 100, 100, 4));
    expect!["#1 accepted; #1 bought 900 @ 101 taker"].assert_eq(&desk.send(market(Buy, 900)));
}
