//! The matching engine's rules, one test per paragraph of `venue::matching`'s first page.
//!
//! A case is a script, a command a line; what the engine says follows each command, and the expected text
//! sits in the test. To repeat: `cargo test --no-default-features --features simulator --test matching_rules`.
//!
//! ```text
//! 7 buy 10 @ 100 peak=3 owner=1     limit; also: market | stop 105 | stop 105 @ 106 | target 95 | target 95 @ 94
//! amend 7 5 @ 101                   total quantity and prices
//! cancel 7 · cancel-all · phase call · uncross · uncross 100 · band 90 110 · position 1 -5 · time 9
//! ```

#![cfg(feature = "simulator")]
#![allow(clippy::needless_raw_string_hashes, reason = "the expected texts are written by expect-test")]

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use seatrial::market::{OrderId, OrderKind, Price, Qty, Side, Timestamp};
use seatrial::venue::matching::{
    Arrival, Band, Display, Engine, Input, Output, Owner, Phase, SelfTrade, Stay, Terms, Tie,
};

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

fn price(text: &str) -> Price {
    Price(number(text))
}

/// The kind that `market`, `@ 100`, `stop 105 @ 106` and so on name; and how many words that took.
fn kind(words: &[&str]) -> (OrderKind, usize) {
    match words {
        ["market", ..] => (OrderKind::Market, 1),
        ["stop", trigger, "@", limit, ..] => (OrderKind::StopLimit { trigger: price(trigger), limit: price(limit) }, 4),
        ["stop", trigger, ..] => (OrderKind::StopMarket { trigger: price(trigger) }, 2),
        ["target", trigger, "@", limit, ..] => {
            (OrderKind::TargetLimit { trigger: price(trigger), limit: price(limit) }, 4)
        }
        ["target", trigger, ..] => (OrderKind::TargetMarket { trigger: price(trigger) }, 2),
        ["@", limit, ..] => (OrderKind::Limit { limit: price(limit) }, 2),
        _ => panic!("{words:?} name no kind of order"),
    }
}

fn order(id: &str, side: Side, words: &[&str]) -> Arrival {
    let (kind, used) = kind(&words[1..]);
    let mut order = Arrival { kind, ..Arrival::limit(OrderId(number(id)), side, Price(0), Qty(number(words[0]))) };
    for word in &words[1 + used..] {
        match word.split_once('=').unwrap_or((*word, "")) {
            ("ioc", _) => order.stay = Stay::Ioc,
            ("fok", _) => order.stay = Stay::Fok,
            ("day", _) => order.stay = Stay::Day,
            ("gtd", until) => order.stay = Stay::Gtd(Timestamp(number(until))),
            ("post", _) => order.post_only = true,
            ("reduce", _) => order.reduce_only = true,
            ("hidden", _) => order.display = Display::Hidden,
            ("peak", peak) => order.display = Display::Peak(Qty(number(peak))),
            ("owner", owner) => order.owner = Owner(number(owner)),
            ("newest", _) => order.self_trade = SelfTrade::CancelNewest,
            ("oldest", _) => order.self_trade = SelfTrade::CancelOldest,
            ("both", _) => order.self_trade = SelfTrade::CancelBoth,
            ("decrement", _) => order.self_trade = SelfTrade::Decrement,
            _ => panic!("`{word}` is no term of an order"),
        }
    }
    order
}

fn input(line: &str) -> Input {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["cancel", id] => Input::Cancel(OrderId(number(id))),
        ["cancel-all"] => Input::CancelAll(None),
        ["amend", id, qty, rest @ ..] => {
            Input::Amend { id: OrderId(number(id)), qty: Qty(number(qty)), kind: kind(rest).0 }
        }
        ["phase", "call"] => Input::Phase(Phase::Call),
        ["phase", "continuous"] => Input::Phase(Phase::Continuous),
        ["phase", "halted"] => Input::Phase(Phase::Halted),
        ["phase", "closed"] => Input::Phase(Phase::Closed),
        ["uncross"] => Input::Uncross(None),
        ["uncross", reference] => Input::Uncross(Some(price(reference))),
        ["band", "none"] => Input::Band(None),
        ["band", low, high] => Input::Band(Some(Band { low: price(low), high: price(high) })),
        ["position", owner, qty] => Input::Position(Owner(number(owner)), Qty(number(qty))),
        [id, "buy", rest @ ..] => Input::New(order(id, Side::Buy, rest)),
        [id, "sell", rest @ ..] => Input::New(order(id, Side::Sell, rest)),
        _ => panic!("nobody understands `{line}`"),
    }
}

fn told(output: &Output) -> String {
    match *output {
        Output::Accepted(id) => format!("{} accepted", id.0),
        Output::Rejected(id, why) => format!("{} rejected: {why:?}", id.0),
        Output::Traded(trade) => {
            let (buyer, seller) = (trade.buyer.0, trade.seller.0);
            format!("{buyer} buys {} at {} from {seller}", trade.qty.0, trade.price.0)
        }
        Output::Rested { id, price, shown, .. } => format!("{} rests at {} showing {}", id.0, price.0, shown.0),
        Output::Refilled(id, shown) => format!("{} shows {} more", id.0, shown.0),
        Output::Triggered(id) => format!("{} touched", id.0),
        Output::Amended { id, open, kept } => {
            format!("{} amended to {} open, {}", id.0, open.0, if kept { "in its place" } else { "anew" })
        }
        Output::AmendRejected(id, why) => format!("{} not amended: {why:?}", id.0),
        Output::CancelRejected(id) => format!("{} not cancelled", id.0),
        Output::Decremented(id, left) => format!("{} decremented to {}", id.0, left.0),
        Output::Cancelled(id, open, why) => format!("{} ends with {} open: {why:?}", id.0, open.0),
        Output::Uncrossed(price, qty) => format!("uncrossed {} at {}", qty.0, price.0),
    }
}

fn check_on(terms: Terms, script: &str, expected: &Expect) {
    let (mut engine, mut now, mut out, mut text) = (Engine::new(terms), Timestamp(0), Vec::new(), String::new());
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(at) = line.strip_prefix("time ") {
            now = Timestamp(number(at));
            engine.on_time(now, &mut out);
        } else {
            engine.step(now, &input(line), &mut out);
        }
        let said: Vec<String> =
            out.drain(..).filter(|output| !matches!(output, Output::Accepted(_))).map(|o| told(&o)).collect();
        writeln!(text, "{line}{}{}", if said.is_empty() { "" } else { "  →  " }, said.join("; ")).expect("a string");
    }
    expected.assert_eq(&text);
}

fn check(script: &str, expected: &Expect) {
    check_on(Terms::default(), script, expected);
}

#[test]
fn the_best_price_trades_first_then_the_first_to_come() {
    check(
        "1 sell 5 @ 101
         2 sell 5 @ 100
         3 sell 5 @ 100
         4 buy 12 @ 105",
        &expect![[r#"
            1 sell 5 @ 101  →  1 rests at 101 showing 5
            2 sell 5 @ 100  →  2 rests at 100 showing 5
            3 sell 5 @ 100  →  3 rests at 100 showing 5
            4 buy 12 @ 105  →  4 buys 5 at 100 from 2; 4 buys 5 at 100 from 3; 4 buys 2 at 101 from 1
        "#]],
    );
}

#[test]
fn an_amend_down_in_quantity_keeps_its_place_an_amend_up_or_of_a_price_loses_it() {
    check(
        "1 buy 5 @ 100
         2 buy 5 @ 100
         amend 1 3 @ 100
         3 sell 4 @ 100
         4 buy 5 @ 100
         amend 2 6 @ 100
         5 sell 1 @ 100
         6 sell 9 @ 103
         amend 4 5 @ 103
         amend 2 1 @ 100
         7 buy 10 @ 99 peak=2
         amend 7 5 @ 99
         amend 7 1 @ 99",
        &expect![[r#"
            1 buy 5 @ 100  →  1 rests at 100 showing 5
            2 buy 5 @ 100  →  2 rests at 100 showing 5
            amend 1 3 @ 100  →  1 amended to 3 open, in its place
            3 sell 4 @ 100  →  1 buys 3 at 100 from 3; 2 buys 1 at 100 from 3
            4 buy 5 @ 100  →  4 rests at 100 showing 5
            amend 2 6 @ 100  →  2 amended to 5 open, anew; 2 rests at 100 showing 5
            5 sell 1 @ 100  →  4 buys 1 at 100 from 5
            6 sell 9 @ 103  →  6 rests at 103 showing 9
            amend 4 5 @ 103  →  4 amended to 4 open, anew; 4 buys 4 at 103 from 6
            amend 2 1 @ 100  →  2 ends with 5 open: Amended
            7 buy 10 @ 99 peak=2  →  7 rests at 99 showing 2
            amend 7 5 @ 99  →  7 amended to 5 open, in its place
            amend 7 1 @ 99  →  7 amended to 1 open, in its place
        "#]],
    );
}

#[test]
fn an_icebergs_refill_joins_the_back() {
    check(
        "1 sell 7 @ 100 peak=3
         2 sell 4 @ 100
         3 buy 4 @ 100
         4 buy 4 @ 100
         5 buy 9 @ 100 peak=2",
        &expect![[r#"
            1 sell 7 @ 100 peak=3  →  1 rests at 100 showing 3
            2 sell 4 @ 100  →  2 rests at 100 showing 4
            3 buy 4 @ 100  →  3 buys 3 at 100 from 1; 1 shows 3 more; 3 buys 1 at 100 from 2
            4 buy 4 @ 100  →  4 buys 3 at 100 from 2; 4 buys 1 at 100 from 1
            5 buy 9 @ 100 peak=2  →  5 buys 2 at 100 from 1; 1 shows 1 more; 5 buys 1 at 100 from 1; 5 rests at 100 showing 2
        "#]],
    );
}

#[test]
fn hidden_orders_rank_behind_displayed_ones_at_the_same_price() {
    check(
        "1 sell 4 @ 100 hidden
         2 sell 4 @ 100 peak=2
         3 sell 4 @ 99 hidden
         4 buy 9 @ 100",
        &expect![[r#"
            1 sell 4 @ 100 hidden  →  1 rests at 100 showing 0
            2 sell 4 @ 100 peak=2  →  2 rests at 100 showing 2
            3 sell 4 @ 99 hidden  →  3 rests at 99 showing 0
            4 buy 9 @ 100  →  4 buys 4 at 99 from 3; 4 buys 2 at 100 from 2; 2 shows 2 more; 4 buys 2 at 100 from 2; 4 buys 1 at 100 from 1
        "#]],
    );
}

#[test]
fn the_least_quantity_is_asked_of_new_orders_peaks_and_amends() {
    let terms = Terms { least: Qty(5), lot: Qty(5), tick: Price(2), most: Qty(100), ..Terms::default() };
    check_on(
        terms,
        "1 buy 4 @ 100
         2 buy 0 @ 100
         3 buy 105 @ 100
         4 buy 10 @ 101
         5 buy 10 @ 100 peak=15
         6 buy 10 @ 100
         amend 6 3 @ 100
         7 sell 5 @ 100",
        &expect![[r#"
            1 buy 4 @ 100  →  1 rejected: Lot
            2 buy 0 @ 100  →  2 rejected: Lot
            3 buy 105 @ 100  →  3 rejected: Size
            4 buy 10 @ 101  →  4 rejected: Tick
            5 buy 10 @ 100 peak=15  →  5 rejected: Size
            6 buy 10 @ 100  →  6 rests at 100 showing 10
            amend 6 3 @ 100  →  6 not amended: Lot
            7 sell 5 @ 100  →  6 buys 5 at 100 from 7
        "#]],
    );
}

#[test]
fn an_ioc_takes_what_it_finds_and_its_rest_ends() {
    check(
        "1 sell 3 @ 100
         2 buy 5 @ 100 ioc
         3 buy 5 market
         4 sell 3 @ 100
         5 buy 5 market
         6 buy 5 market post",
        &expect![[r#"
            1 sell 3 @ 100  →  1 rests at 100 showing 3
            2 buy 5 @ 100 ioc  →  2 buys 3 at 100 from 1; 2 ends with 2 open: Remainder
            3 buy 5 market  →  3 ends with 5 open: Remainder
            4 sell 3 @ 100  →  4 rests at 100 showing 3
            5 buy 5 market  →  5 buys 3 at 100 from 4; 5 ends with 2 open: Remainder
            6 buy 5 market post  →  6 rejected: Contradiction
        "#]],
    );
}

#[test]
fn fill_or_kill_counts_hidden_liquidity() {
    check(
        "1 sell 3 @ 100 hidden
         2 sell 4 @ 101 peak=1
         3 buy 8 @ 101 fok
         4 buy 7 @ 101 fok
         5 sell 5 @ 100
         6 sell 5 @ 100 owner=1
         7 sell 5 @ 100
         8 buy 6 @ 100 fok owner=1 newest
         9 buy 10 @ 100 fok owner=1 oldest",
        &expect![[r#"
            1 sell 3 @ 100 hidden  →  1 rests at 100 showing 0
            2 sell 4 @ 101 peak=1  →  2 rests at 101 showing 1
            3 buy 8 @ 101 fok  →  3 ends with 8 open: FillOrKill
            4 buy 7 @ 101 fok  →  4 buys 3 at 100 from 1; 4 buys 1 at 101 from 2; 2 shows 1 more; 4 buys 1 at 101 from 2; 2 shows 1 more; 4 buys 1 at 101 from 2; 2 shows 1 more; 4 buys 1 at 101 from 2
            5 sell 5 @ 100  →  5 rests at 100 showing 5
            6 sell 5 @ 100 owner=1  →  6 rests at 100 showing 5
            7 sell 5 @ 100  →  7 rests at 100 showing 5
            8 buy 6 @ 100 fok owner=1 newest  →  8 ends with 6 open: FillOrKill
            9 buy 10 @ 100 fok owner=1 oldest  →  9 buys 5 at 100 from 5; 6 ends with 5 open: SelfTrade; 9 buys 5 at 100 from 7
        "#]],
    );
}

#[test]
fn a_post_only_order_that_would_take_is_refused() {
    check(
        "1 sell 3 @ 100 hidden
         2 buy 1 @ 100 post
         3 buy 1 @ 99 post
         amend 3 1 @ 100
         4 sell 1 @ 99",
        &expect![[r#"
            1 sell 3 @ 100 hidden  →  1 rests at 100 showing 0
            2 buy 1 @ 100 post  →  2 rejected: WouldTake
            3 buy 1 @ 99 post  →  3 rests at 99 showing 1
            amend 3 1 @ 100  →  3 not amended: WouldTake
            4 sell 1 @ 99  →  3 buys 1 at 99 from 4
        "#]],
    );
}

#[test]
fn a_stop_fires_on_the_last_trade() {
    check(
        "1 sell 1 @ 100
         2 sell 2 @ 102
         3 sell 9 @ 105
         11 buy 2 stop 102
         12 buy 1 stop 101 @ 103
         13 buy 1 stop 105
         14 sell 1 target 105 @ 90
         15 sell 1 stop 100
         4 buy 2 @ 102
         5 buy 1 stop 99",
        &expect![[r#"
            1 sell 1 @ 100  →  1 rests at 100 showing 1
            2 sell 2 @ 102  →  2 rests at 102 showing 2
            3 sell 9 @ 105  →  3 rests at 105 showing 9
            11 buy 2 stop 102
            12 buy 1 stop 101 @ 103
            13 buy 1 stop 105
            14 sell 1 target 105 @ 90
            15 sell 1 stop 100
            4 buy 2 @ 102  →  4 buys 1 at 100 from 1; 4 buys 1 at 102 from 2; 11 touched; 11 buys 1 at 102 from 2; 11 buys 1 at 105 from 3; 12 touched; 12 rests at 103 showing 1; 15 touched; 12 buys 1 at 103 from 15; 13 touched; 13 buys 1 at 105 from 3; 14 touched; 14 rests at 90 showing 1
            5 buy 1 stop 99  →  5 rejected: Touched
        "#]],
    );
}

#[test]
fn the_price_band_refuses_limits_outside_it_and_stops_market_orders_at_it() {
    check(
        "1 sell 1 @ 104
         2 sell 1 @ 108
         3 buy 1 @ 103
         11 buy 9 stop 104 @ 105
         12 buy 9 stop 104
         band 95 105
         4 sell 1 @ 106
         5 buy 9 stop 110
         6 buy 9 market
         amend 3 1 @ 94
         band 95 102
         7 buy 2 market
         8 sell 1 @ 102
         band 95 110
         9 buy 2 market",
        &expect![[r#"
            1 sell 1 @ 104  →  1 rests at 104 showing 1
            2 sell 1 @ 108  →  2 rests at 108 showing 1
            3 buy 1 @ 103  →  3 rests at 103 showing 1
            11 buy 9 stop 104 @ 105
            12 buy 9 stop 104
            band 95 105
            4 sell 1 @ 106  →  4 rejected: Band
            5 buy 9 stop 110
            6 buy 9 market  →  6 buys 1 at 104 from 1; 6 ends with 8 open: Band; 11 touched; 11 rests at 105 showing 9; 12 touched; 12 ends with 9 open: Band
            amend 3 1 @ 94  →  3 not amended: Band
            band 95 102  →  3 ends with 1 open: Band; 11 ends with 9 open: Band
            7 buy 2 market  →  7 ends with 2 open: Band
            8 sell 1 @ 102  →  8 rests at 102 showing 1
            band 95 110
            9 buy 2 market  →  9 buys 1 at 102 from 8; 9 buys 1 at 108 from 2
        "#]],
    );
    check(
        "1 sell 1 @ 104
         2 buy 1 stop 104 @ 105
         3 sell 1 @ 104
         4 buy 1 @ 99
         band 90 104
         5 buy 1 @ 104
         phase call
         6 buy 2 market
         7 sell 1 @ 104
         band 90 103
         8 sell 1 @ 103
         uncross",
        &expect![[r#"
            1 sell 1 @ 104  →  1 rests at 104 showing 1
            2 buy 1 stop 104 @ 105
            3 sell 1 @ 104  →  3 rests at 104 showing 1
            4 buy 1 @ 99  →  4 rests at 99 showing 1
            band 90 104
            5 buy 1 @ 104  →  5 buys 1 at 104 from 1; 2 touched; 2 ends with 1 open: Band
            phase call
            6 buy 2 market  →  6 rests at 9223372036854775807 showing 0
            7 sell 1 @ 104  →  7 rests at 104 showing 1
            band 90 103
            8 sell 1 @ 103  →  8 rests at 103 showing 1
            uncross  →  uncrossed 1 at 103; 6 buys 1 at 103 from 8; 6 ends with 1 open: Auction
        "#]],
    );
}

fn call(orders: &str) -> String {
    format!("phase call\n{orders}")
}

#[test]
fn an_auction_trades_at_the_price_of_the_greatest_volume() {
    // Volume, then surplus: at 101 ten trade and two are left over, at 102 ten and none.
    check(
        &call("1 buy 10 @ 102\n2 buy 2 @ 101\n3 sell 10 @ 101\nuncross"),
        &expect![[r#"
        phase call
        1 buy 10 @ 102  →  1 rests at 102 showing 10
        2 buy 2 @ 101  →  2 rests at 101 showing 2
        3 sell 10 @ 101  →  3 rests at 101 showing 10
        uncross  →  uncrossed 10 at 102; 1 buys 10 at 102 from 3
    "#]],
    );
    // Buyers are left over at every such price.
    check(
        &call("1 buy 12 @ 105\n2 sell 10 @ 101\nuncross"),
        &expect![[r#"
        phase call
        1 buy 12 @ 105  →  1 rests at 105 showing 12
        2 sell 10 @ 101  →  2 rests at 101 showing 10
        uncross  →  uncrossed 10 at 105; 1 buys 10 at 105 from 2
    "#]],
    );
    // Sellers are.
    check(
        &call("1 buy 10 @ 105\n2 sell 12 @ 101\nuncross"),
        &expect![[r#"
        phase call
        1 buy 10 @ 105  →  1 rests at 105 showing 10
        2 sell 12 @ 101  →  2 rests at 101 showing 12
        uncross  →  uncrossed 10 at 101; 1 buys 10 at 101 from 2
    "#]],
    );
}

#[test]
fn an_auction_between_equal_prices_looks_at_the_reference() {
    // Nobody is: the nearest to the reference, or the middle.
    check(
        &call("1 buy 10 @ 105\n2 sell 10 @ 101\nuncross 103"),
        &expect![[r#"
        phase call
        1 buy 10 @ 105  →  1 rests at 105 showing 10
        2 sell 10 @ 101  →  2 rests at 101 showing 10
        uncross 103  →  uncrossed 10 at 103; 1 buys 10 at 103 from 2
    "#]],
    );
    check(
        &call("1 buy 10 @ 105\n2 sell 10 @ 101\nuncross 110"),
        &expect![[r#"
        phase call
        1 buy 10 @ 105  →  1 rests at 105 showing 10
        2 sell 10 @ 101  →  2 rests at 101 showing 10
        uncross 110  →  uncrossed 10 at 105; 1 buys 10 at 105 from 2
    "#]],
    );
    check(
        &call("1 buy 10 @ 105\n2 sell 10 @ 102\nuncross"),
        &expect![[r#"
        phase call
        1 buy 10 @ 105  →  1 rests at 105 showing 10
        2 sell 10 @ 102  →  2 rests at 102 showing 10
        uncross  →  uncrossed 10 at 104; 1 buys 10 at 104 from 2
    "#]],
    );
    // Nothing crosses.
    check(
        &call("1 buy 10 @ 100\n2 sell 10 @ 102\nuncross"),
        &expect![[r#"
        phase call
        1 buy 10 @ 100  →  1 rests at 100 showing 10
        2 sell 10 @ 102  →  2 rests at 102 showing 10
        uncross
    "#]],
    );
}

#[test]
fn an_auction_by_shanghais_rule_takes_the_middle_where_all_better_limits_trade_in_full() {
    // Shanghai: whoever bids more trades in full, so the surplus must not be above.
    let middle = Terms { tie: Tie::Middle, ..Terms::default() };
    check_on(
        middle,
        &call("1 buy 12 @ 108\n2 sell 10 @ 101\nuncross"),
        &expect![[r#"
        phase call
        1 buy 12 @ 108  →  1 rests at 108 showing 12
        2 sell 10 @ 101  →  2 rests at 101 showing 10
        uncross  →  uncrossed 10 at 108; 1 buys 10 at 108 from 2
    "#]],
    );
    check_on(
        middle,
        &call("1 buy 10 @ 108\n2 sell 10 @ 101\nuncross"),
        &expect![[r#"
        phase call
        1 buy 10 @ 108  →  1 rests at 108 showing 10
        2 sell 10 @ 101  →  2 rests at 101 showing 10
        uncross  →  uncrossed 10 at 105; 1 buys 10 at 105 from 2
    "#]],
    );
}

#[test]
fn an_auction_fills_by_price_then_time() {
    check(
        "phase call
         1 buy 5 @ 100 owner=1
         2 buy 5 @ 101
         3 buy 5 @ 100
         4 sell 4 @ 99 peak=1 owner=1 newest
         5 sell 4 @ 98 hidden
         6 sell 1 @ 99
         uncross",
        &expect![[r#"
            phase call
            1 buy 5 @ 100 owner=1  →  1 rests at 100 showing 5
            2 buy 5 @ 101  →  2 rests at 101 showing 5
            3 buy 5 @ 100  →  3 rests at 100 showing 5
            4 sell 4 @ 99 peak=1 owner=1 newest  →  4 rests at 99 showing 1
            5 sell 4 @ 98 hidden  →  5 rests at 98 showing 0
            6 sell 1 @ 99  →  6 rests at 99 showing 1
            uncross  →  uncrossed 9 at 100; 2 buys 4 at 100 from 5; 2 buys 1 at 100 from 4; 4 shows 1 more; 1 buys 1 at 100 from 6; 1 buys 1 at 100 from 4; 4 shows 1 more; 1 buys 1 at 100 from 4; 4 shows 1 more; 1 buys 1 at 100 from 4
        "#]],
    );
}

#[test]
fn in_a_call_orders_rest_without_trading() {
    check(
        "position 1 9
         1 sell 2 @ 105 owner=1 reduce
         2 buy 1 stop 101
         phase call
         3 buy 5 @ 101 ioc
         4 sell 2 @ 105 owner=1 reduce
         5 buy 5 @ 101 post
         6 sell 2 @ 101 post
         7 sell 8 market
         8 buy 1 market
         phase continuous",
        &expect![[r#"
            position 1 9
            1 sell 2 @ 105 owner=1 reduce  →  1 rests at 105 showing 2
            2 buy 1 stop 101
            phase call  →  1 ends with 2 open: Auction
            3 buy 5 @ 101 ioc  →  3 rejected: Phase
            4 sell 2 @ 105 owner=1 reduce  →  4 rejected: Phase
            5 buy 5 @ 101 post  →  5 rests at 101 showing 5
            6 sell 2 @ 101 post  →  6 rests at 101 showing 2
            7 sell 8 market  →  7 rests at -9223372036854775808 showing 0
            8 buy 1 market  →  8 rests at 9223372036854775807 showing 0
            phase continuous  →  uncrossed 6 at 101; 8 buys 1 at 101 from 7; 5 buys 5 at 101 from 7; 7 ends with 2 open: Auction; 2 touched; 2 buys 1 at 101 from 6
        "#]],
    );
}

#[test]
fn a_halt_takes_cancels_and_nothing_else() {
    check(
        "1 buy 1 @ 100 gtd=5
         2 buy 1 @ 100
         3 buy 1 @ 100 day
         phase halted
         4 sell 1 @ 100
         amend 2 1 @ 99
         cancel 2
         time 5
         phase closed
         phase continuous
         5 sell 1 @ 100",
        &expect![[r#"
            1 buy 1 @ 100 gtd=5  →  1 rests at 100 showing 1
            2 buy 1 @ 100  →  2 rests at 100 showing 1
            3 buy 1 @ 100 day  →  3 rests at 100 showing 1
            phase halted
            4 sell 1 @ 100  →  4 rejected: Phase
            amend 2 1 @ 99  →  2 not amended: Phase
            cancel 2  →  2 ends with 1 open: Requested
            time 5  →  1 ends with 1 open: Expired
            phase closed  →  3 ends with 1 open: Expired
            phase continuous
            5 sell 1 @ 100  →  5 rests at 100 showing 1
        "#]],
    );
}

#[test]
fn self_trade_prevention_is_the_takers_wish() {
    for (mode, expected) in [
        (
            "",
            expect![[r#"
            1 sell 2 @ 100  →  1 rests at 100 showing 2
            2 sell 3 @ 100 owner=1  →  2 rests at 100 showing 3
            3 sell 2 @ 100  →  3 rests at 100 showing 2
            4 buy 6 @ 100 owner=1  →  4 buys 2 at 100 from 1; 4 buys 3 at 100 from 2; 4 buys 1 at 100 from 3
        "#]],
        ),
        (
            "newest",
            expect![[r#"
            1 sell 2 @ 100  →  1 rests at 100 showing 2
            2 sell 3 @ 100 owner=1  →  2 rests at 100 showing 3
            3 sell 2 @ 100  →  3 rests at 100 showing 2
            4 buy 6 @ 100 owner=1 newest  →  4 buys 2 at 100 from 1; 4 ends with 4 open: SelfTrade
        "#]],
        ),
        (
            "oldest",
            expect![[r#"
            1 sell 2 @ 100  →  1 rests at 100 showing 2
            2 sell 3 @ 100 owner=1  →  2 rests at 100 showing 3
            3 sell 2 @ 100  →  3 rests at 100 showing 2
            4 buy 6 @ 100 owner=1 oldest  →  4 buys 2 at 100 from 1; 2 ends with 3 open: SelfTrade; 4 buys 2 at 100 from 3; 4 rests at 100 showing 2
        "#]],
        ),
        (
            "both",
            expect![[r#"
            1 sell 2 @ 100  →  1 rests at 100 showing 2
            2 sell 3 @ 100 owner=1  →  2 rests at 100 showing 3
            3 sell 2 @ 100  →  3 rests at 100 showing 2
            4 buy 6 @ 100 owner=1 both  →  4 buys 2 at 100 from 1; 2 ends with 3 open: SelfTrade; 4 ends with 4 open: SelfTrade
        "#]],
        ),
        (
            "decrement",
            expect![[r#"
            1 sell 2 @ 100  →  1 rests at 100 showing 2
            2 sell 3 @ 100 owner=1  →  2 rests at 100 showing 3
            3 sell 2 @ 100  →  3 rests at 100 showing 2
            4 buy 6 @ 100 owner=1 decrement  →  4 buys 2 at 100 from 1; 2 ends with 3 open: SelfTrade; 4 decremented to 1; 4 buys 1 at 100 from 3
        "#]],
        ),
    ] {
        check(
            &format!("1 sell 2 @ 100\n2 sell 3 @ 100 owner=1\n3 sell 2 @ 100\n4 buy 6 @ 100 owner=1 {mode}"),
            &expected,
        );
    }
    // The larger one rests: it loses from its reserve first, and keeps its place.
    check(
        "1 sell 9 @ 100 owner=1 peak=2\n2 buy 4 @ 100 owner=1 decrement\n3 buy 5 @ 100",
        &expect![[r#"
        1 sell 9 @ 100 owner=1 peak=2  →  1 rests at 100 showing 2
        2 buy 4 @ 100 owner=1 decrement  →  1 decremented to 5; 2 ends with 4 open: SelfTrade
        3 buy 5 @ 100  →  3 buys 2 at 100 from 1; 1 shows 2 more; 3 buys 2 at 100 from 1; 1 shows 1 more; 3 buys 1 at 100 from 1
    "#]],
    );
}

#[test]
fn a_reduce_only_order_trades_no_more_than_is_left_to_reduce() {
    check(
        "position 1 5
         1 buy 1 @ 99 owner=1 reduce
         2 sell 9 @ 101 owner=1 reduce
         3 sell 4 stop 95 owner=1 reduce
         4 buy 3 @ 101
         5 buy 1 @ 100
         6 sell 3 market owner=1 reduce
         7 buy 9 @ 101
         8 sell 1 @ 101 owner=1 reduce",
        &expect![[r#"
            position 1 5
            1 buy 1 @ 99 owner=1 reduce  →  1 rejected: NothingToReduce
            2 sell 9 @ 101 owner=1 reduce  →  2 rests at 101 showing 9
            3 sell 4 stop 95 owner=1 reduce
            4 buy 3 @ 101  →  4 buys 3 at 101 from 2
            5 buy 1 @ 100  →  5 rests at 100 showing 1
            6 sell 3 market owner=1 reduce  →  5 buys 1 at 100 from 6; 6 ends with 2 open: Remainder
            7 buy 9 @ 101  →  7 buys 1 at 101 from 2; 2 ends with 5 open: NothingToReduce; 7 rests at 101 showing 8; 3 ends with 4 open: NothingToReduce
            8 sell 1 @ 101 owner=1 reduce  →  8 rejected: NothingToReduce
        "#]],
    );
}

#[test]
fn a_good_till_date_order_ends_at_its_instant() {
    check(
        "1 sell 1 @ 100 gtd=5
         2 sell 1 @ 101 gtd=3
         time 3
         3 buy 1 @ 99 gtd=3
         time 4
         time 5
         4 buy 1 @ 100",
        &expect![[r#"
            1 sell 1 @ 100 gtd=5  →  1 rests at 100 showing 1
            2 sell 1 @ 101 gtd=3  →  2 rests at 101 showing 1
            time 3  →  2 ends with 1 open: Expired
            3 buy 1 @ 99 gtd=3  →  3 rejected: Contradiction
            time 4
            time 5  →  1 ends with 1 open: Expired
            4 buy 1 @ 100  →  4 rests at 100 showing 1
        "#]],
    );
}
