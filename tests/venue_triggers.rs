//! Stops and targets, market and limit: what sets them off and what they become.
//!
//! Repeat with `cargo test --test venue_triggers`.
#![cfg(feature = "simulator")]

mod venue_desk;

use expect_test::expect;
use seatrial::market::Contract::{Linear, Spot};
use seatrial::market::PathPoint::Open;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{Amend, Command, NewOrder, OrderId, OrderKind, Price, Qty, Query, Rate, Side, TimeInForce};
use seatrial::venue::VenueConfig;
use venue_desk::{BASE, Desk, QUOTE, bar, config, limit, market, money, order, stop};

fn stop_limit(side: Side, trigger: i64, limit: i64, qty: i64) -> NewOrder {
    order(side, OrderKind::StopLimit { trigger: Price(trigger), limit: Price(limit) }, qty)
}

fn target(side: Side, trigger: i64, qty: i64) -> NewOrder {
    order(side, OrderKind::TargetMarket { trigger: Price(trigger) }, qty)
}

fn target_limit(side: Side, trigger: i64, limit: i64, qty: i64) -> NewOrder {
    order(side, OrderKind::TargetLimit { trigger: Price(trigger), limit: Price(limit) }, qty)
}

/// Bids 99 and 98, asks 101 and 102, ten each; the last trade at 100.
fn desk() -> Desk {
    let mut desk = Desk::new(Spot);
    desk.show(&[(99, 10), (98, 10)], &[(101, 10), (102, 10)]);
    desk.print(None, 100, 1);
    desk
}

/// A spread of two ticks and a hundred lots at every point, standing at 100.
fn bars() -> Desk {
    let mut desk = Desk::with(VenueConfig { half_spread_ticks: vec![1], ..config(Linear) });
    desk.path(Open, bar(100, 100, 100, 100, 400));
    desk
}

/// Each kind and side at the tick before its trigger, at it, and beyond it by a gap.
#[test]
fn a_trigger_is_touched_at_its_price_or_beyond() {
    let orders = [
        stop(Buy, 105, 1),
        stop_limit(Buy, 105, 110, 1),
        target(Sell, 105, 1),
        target_limit(Sell, 105, 90, 1),
        stop(Sell, 95, 1),
        stop_limit(Sell, 95, 90, 1),
        target(Buy, 95, 1),
        target_limit(Buy, 95, 110, 1),
    ];
    for (place, order) in orders.into_iter().enumerate() {
        let up = if place < 4 { 1 } else { -1 };
        let fires_at = |away: i64| {
            let mut desk = desk();
            assert_eq!(desk.send(order), "#1 accepted");
            !desk.print(None, 100 + up * away, 1).is_empty()
        };
        assert_eq!([4, 5, 6, 20].map(fires_at), [false, true, true, true], "{order:?}");
        // The other way never touches it.
        assert_eq!([-5, -20].map(fires_at), [false, false], "{order:?}");
        // Where the price stands there already, the order is refused.
        let mut desk = desk();
        desk.print(None, 100 + up * 5, 1);
        assert_eq!(desk.send(order), "#1 rejected: WouldTriggerAtOnce", "{order:?}");
    }
}

#[test]
fn before_the_first_trade_a_target_looks_at_the_price_it_would_trade_at() {
    let mut desk = Desk::new(Spot);
    desk.show(&[(99, 10)], &[(101, 10)]);
    expect!["#1 rejected: WouldTriggerAtOnce"].assert_eq(&desk.send(target(Sell, 99, 1)));
    expect!["#2 accepted"].assert_eq(&desk.send(target(Sell, 100, 1)));
    expect!["#3 accepted"].assert_eq(&desk.send(target_limit(Buy, 100, 100, 3)));
    expect!["#2 sold 1 @ 100 taker"].assert_eq(&desk.show(&[(100, 2)], &[]));
    expect!["#3 bought 2 @ 100 taker"].assert_eq(&desk.show(&[(100, 0)], &[(100, 2)]));
}

#[test]
fn a_stop_limit_and_a_target_limit_become_limit_orders() {
    let mut desk = desk();
    desk.send(stop_limit(Buy, 101, 101, 14));
    // It takes the ten at its limit and waits behind the bids of its price, here none.
    expect!["#1 bought 10 @ 101 taker"].assert_eq(&desk.print(Some(Buy), 101, 1));
    expect!["#1 bought 1 @ 101 maker"].assert_eq(&desk.print(Some(Sell), 101, 1));
    // Its trigger plays no more part.
    expect![""].assert_eq(&desk.print(None, 103, 1));
    desk.send(target_limit(Sell, 104, 99, 12));
    expect!["#1 bought 3 @ 101 maker"].assert_eq(&desk.print(Some(Sell), 100, 9));
    expect!["#2 sold 10 @ 99 taker"].assert_eq(&desk.print(Some(Buy), 104, 1));
    expect!["#2 sold 2 @ 99 maker"].assert_eq(&desk.print(Some(Buy), 99, 7));
}

#[test]
fn the_print_that_touches_a_trigger_does_not_fill_what_rests_of_it() {
    let mut desk = Desk::new(Spot);
    desk.show(&[(95, 10)], &[(105, 10)]);
    desk.print(None, 100, 1);
    desk.send(stop_limit(Sell, 98, 98, 5));
    desk.send(target_limit(Buy, 97, 98, 5));
    // A sale at 97 sets both off; it would have filled a bid of 98 that was there before it.
    expect![""].assert_eq(&desk.print(Some(Sell), 97, 20));
    expect!["#2 bought 5 @ 98 maker"].assert_eq(&desk.print(Some(Sell), 97, 20));
    expect!["#1 sold 5 @ 98 maker"].assert_eq(&desk.print(Some(Buy), 99, 20));
}

#[test]
fn a_target_market_takes_and_its_remainder_ends() {
    let mut desk = desk();
    desk.send(target(Sell, 103, 25));
    expect!["#1 sold 10 @ 99 taker; #1 sold 10 @ 98 taker; #1 cancelled: Remainder"].assert_eq(&desk.print(
        Some(Buy),
        103,
        1,
    ));
    assert_eq!((desk.held(BASE), desk.venue.open_orders().len()), (money("0"), 0));
}

#[test]
fn a_stop_comes_before_a_target_that_the_same_print_touches() {
    let mut desk = desk();
    desk.send(target(Buy, 97, 10));
    desk.send(stop(Sell, 97, 3));
    desk.send(target(Sell, 103, 8));
    desk.send(stop(Buy, 103, 4));
    desk.send(stop_limit(Buy, 102, 102, 4));
    expect!["#2 sold 3 @ 99 taker; #1 bought 10 @ 101 taker"].assert_eq(&desk.print(None, 97, 1));
    expect!["#5 bought 4 @ 102 taker; #4 bought 4 @ 102 taker; #3 sold 7 @ 99 taker; #3 sold 1 @ 98 taker"]
        .assert_eq(&desk.print(None, 103, 1));
}

#[test]
fn of_stop_and_target_that_only_reduce_one_trades() {
    let mut desk = bars();
    desk.send(market(Buy, 5));
    let reduce = |order: NewOrder| NewOrder { reduce_only: true, ..order };
    desk.send(reduce(target(Sell, 104, 5)));
    desk.send(reduce(stop_limit(Sell, 95, 90, 5)));
    // The bar holds both; its high is nearer, but the stop decides the path.
    expect![[r"

        #3 sold 5 @ 94 taker; #2 cancelled: ReduceOnly

    "]]
    .assert_eq(&desk.bar(bar(100, 105, 93, 100, 400)));
}

#[test]
fn the_path_serves_triggers_in_the_order_it_reaches_them() {
    let mut desk = bars();
    desk.send(target(Sell, 104, 1));
    desk.send(stop_limit(Buy, 103, 110, 2));
    desk.send(stop(Buy, 104, 3));
    desk.send(limit(Sell, 105, 4));
    expect![[r"

        #2 bought 2 @ 104 taker; #3 bought 3 @ 105 taker; #1 sold 1 @ 103 taker; #4 sold 4 @ 105 maker

    "]]
    .assert_eq(&desk.bar(bar(100, 110, 99, 105, 400)));
}

#[test]
fn on_the_path_a_fired_limit_waits_until_the_price_comes_to_it() {
    let mut desk = bars();
    // At 95 the ask is 96; on the same leg, at 92, it is 93.
    desk.send(target_limit(Buy, 95, 93, 5));
    desk.send(limit(Buy, 94, 1));
    desk.send(limit(Buy, 92, 1));
    // A stop-limit whose price the leg leaves behind waits for the way back.
    desk.send(stop_limit(Sell, 97, 98, 5));
    expect![[r"

        #2 bought 1 @ 94 maker; #1 bought 5 @ 93 maker; #3 bought 1 @ 92 maker
        #4 sold 5 @ 98 maker
    "]]
    .assert_eq(&desk.bar(bar(100, 105, 90, 100, 400)));
    // Over a gap it does not trade worse than its limit.
    desk.send(stop_limit(Sell, 97, 96, 5));
    expect![[r"


        #5 sold 5 @ 96 maker
    "]]
    .assert_eq(&desk.bar(bar(90, 97, 89, 90, 400)));
}

#[test]
fn both_prices_pass_the_grid_and_the_limit_passes_the_band() {
    let mut terms = config(Spot);
    terms.instruments[0].timeline[0].tick = Price(5);
    terms.instruments[0].timeline[0].band = Some(Rate::from_bps(1_000));
    terms.instruments[0].timeline[0].min_notional = money("500");
    let mut desk = Desk::with(terms);
    desk.show(&[(95, 10)], &[(105, 10)]);
    let said = [
        stop_limit(Buy, 106, 110, 10),
        stop_limit(Buy, 110, 111, 10),
        target_limit(Buy, 90, 0, 10),
        target(Sell, 0, 10),
        stop_limit(Buy, 110, 115, 10),
        target_limit(Buy, 95, 85, 10),
        // It counts at its limit.
        stop_limit(Sell, 90, 90, 5),
        NewOrder { tif: TimeInForce::Fok, ..target(Sell, 110, 10) },
        NewOrder { post_only: true, ..target_limit(Sell, 110, 110, 10) },
        stop_limit(Buy, 110, 110, 10),
    ]
    .map(|order| desk.send(order));
    expect![[r"
        #1 rejected: Tick
        #2 rejected: Tick
        #3 rejected: Tick
        #4 rejected: Tick
        #5 rejected: PriceBand
        #6 rejected: PriceBand
        #7 rejected: MinNotional
        #8 rejected: Unsupported
        #9 rejected: Unsupported
        #10 accepted"]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn a_trigger_holds_what_it_would_cost() {
    let mut desk = desk();
    let mut held = |order| {
        desk.send(order);
        let held = (desk.held(BASE), desk.held(QUOTE));
        desk.command(Command::CancelAll(None));
        held
    };
    // At the limit, or at the trigger where there is none; 20 basis points on top, to the cent above.
    assert_eq!(held(stop_limit(Buy, 105, 110, 10)), (money("0"), money("1102.2")));
    assert_eq!(held(target_limit(Buy, 95, 90, 10)), (money("0"), money("901.8")));
    assert_eq!(held(target(Buy, 95, 10)), (money("0"), money("951.9")));
    assert_eq!(held(stop_limit(Sell, 95, 90, 10)), (money("10"), money("0")));
    assert_eq!(held(target(Sell, 105, 10)), (money("10"), money("0")));
    assert_eq!((desk.held(BASE), desk.held(QUOTE)), (money("0"), money("0")));
}

#[test]
fn a_trigger_is_amended_until_it_is_touched() {
    let mut desk = desk();
    desk.send(stop_limit(Buy, 105, 105, 5));
    let amend = |desk: &mut Desk, trigger, limit| {
        let kind = OrderKind::StopLimit { trigger: Price(trigger), limit: Price(limit) };
        desk.command(Command::Amend(Amend { id: OrderId(1), qty: Qty(5), kind }))
    };
    expect!["#1 AmendRejected(StillOpen(WouldTriggerAtOnce))"].assert_eq(&amend(&mut desk, 100, 105));
    expect!["#1 amended: 5 StopLimit { trigger: Price(103), limit: Price(100) }"]
        .assert_eq(&amend(&mut desk, 103, 100));
    assert_eq!(desk.held(QUOTE), money("501"));
    expect![""].assert_eq(&desk.print(None, 102, 1));
    expect![""].assert_eq(&desk.print(None, 103, 1));
    expect!["#1 Status(Open { qty: Qty(5), kind: StopLimit { trigger: Price(103), limit: Price(100) } })"]
        .assert_eq(&desk.command(Command::Query(Query::Order(OrderId(1)))));
    // Touched: its trigger stands, its limit may move.
    expect!["#1 AmendRejected(StillOpen(WouldTriggerAtOnce))"].assert_eq(&amend(&mut desk, 110, 101));
    expect!["#1 amended: 5 StopLimit { trigger: Price(103), limit: Price(101) }; #1 bought 5 @ 101 taker"]
        .assert_eq(&amend(&mut desk, 103, 101));
}

/// A price that triggers look at, and how it moves alone.
type Move = (seatrial::market::TriggerSource, fn(&mut Desk) -> String);

/// **A trigger looks at the price it names.** One stop of each source; each price moves alone.
#[test]
fn a_trigger_looks_at_the_price_it_names() {
    use seatrial::market::{InstrumentId, MarketEvent, TriggerSource};
    let sources = [TriggerSource::Last, TriggerSource::Mark, TriggerSource::Index, TriggerSource::Touch];
    let at = InstrumentId(0);
    let moves: [Move; 4] = [
        (TriggerSource::Last, |desk| desk.print(None, 95, 1)),
        (TriggerSource::Mark, |desk| desk.market(MarketEvent::Mark(InstrumentId(0), Price(95)))),
        (TriggerSource::Index, |desk| desk.market(MarketEvent::Index(InstrumentId(0), Price(95)))),
        (TriggerSource::Touch, |desk| desk.show(&[(99, 0), (98, 0), (95, 10)], &[])),
    ];
    for source in sources {
        for (moved, go) in moves {
            let mut desk = desk();
            desk.market(MarketEvent::Mark(at, Price(100)));
            desk.market(MarketEvent::Index(at, Price(100)));
            assert_eq!(desk.send(NewOrder { trigger_by: source, ..stop(Sell, 95, 1) }), "#1 accepted");
            let said = go(&mut desk);
            assert_eq!(!said.is_empty(), source == moved, "{source:?} when {moved:?} moves: {said}");
        }
        // Touched already by the price it names, it is refused, whatever the others say.
        let mut desk = desk();
        for (moved, go) in moves {
            if moved == source {
                go(&mut desk);
            }
        }
        let refused = desk.send(NewOrder { trigger_by: source, ..stop(Sell, 95, 1) });
        assert_eq!(refused, "#1 rejected: WouldTriggerAtOnce", "{source:?}");
    }
}

/// A mark or an index that was never published falls back to the last trade, until it is published.
#[test]
fn a_mark_or_index_that_is_not_there_is_the_last_trade() {
    use seatrial::market::{InstrumentId, MarketEvent, TriggerSource};
    for (source, say) in [
        (TriggerSource::Mark, MarketEvent::Mark as fn(InstrumentId, Price) -> MarketEvent),
        (TriggerSource::Index, MarketEvent::Index),
    ] {
        let mut desk = desk();
        desk.send(NewOrder { trigger_by: source, ..stop(Sell, 95, 1) });
        desk.send(NewOrder { trigger_by: source, ..stop(Sell, 90, 1) });
        assert!(!desk.print(None, 95, 1).is_empty(), "{source:?} falls back");
        desk.market(say(InstrumentId(0), Price(100)));
        assert_eq!(desk.print(None, 90, 1), "", "{source:?} is there now");
        assert!(!desk.market(say(InstrumentId(0), Price(90))).is_empty());
    }
    // A fault puts the mark off although nobody published one, and takes it back.
    let mut desk = desk();
    desk.send(NewOrder { trigger_by: TriggerSource::Mark, ..stop(Sell, 95, 1) });
    let mut said = Vec::new();
    desk.venue.act(desk.now, &seatrial::venue::Act::MarkOff(-50_000), &mut said);
    assert_eq!(venue_desk::text(&said), "#1 sold 1 @ 99 taker");
    desk.venue.act(desk.now, &seatrial::venue::Act::MarkOff(0), &mut said);
    assert_eq!(desk.venue.reference(InstrumentId(0), TriggerSource::Mark), Some(Price(100)));
}

/// By the touch, a bar's path sets a trigger off half a spread before its own price gets there.
#[test]
fn on_a_path_the_touch_is_half_a_spread_away() {
    use seatrial::market::TriggerSource;
    let fired = |source, low| {
        let mut desk = bars();
        desk.send(NewOrder { trigger_by: source, ..stop(Sell, 95, 1) });
        !desk.bar(bar(100, 100, low, 100, 400)).trim().is_empty()
    };
    assert!(!fired(TriggerSource::Last, 96) && fired(TriggerSource::Last, 95));
    assert!(!fired(TriggerSource::Touch, 97) && fired(TriggerSource::Touch, 96));
}

/// **Trigger and limit must agree**, where the terms say so: the two swapped are refused.
// proves: critical-5-price-fields
#[test]
fn swapped_prices_are_refused_where_the_terms_say_so() {
    for strict in [false, true] {
        let mut desk = Desk::with(VenueConfig { strict_triggers: strict, ..config(Spot) });
        desk.show(&[(99, 10)], &[(101, 10)]);
        desk.print(None, 100, 1);
        let swapped = [stop_limit(Sell, 90, 95, 1), stop_limit(Buy, 110, 105, 1), target_limit(Sell, 105, 110, 1)];
        for order in swapped {
            assert_eq!(desk.send(order).contains("rejected: PriceBand"), strict);
        }
        for order in [stop_limit(Sell, 95, 90, 1), stop_limit(Buy, 105, 110, 1), target_limit(Sell, 110, 110, 1)] {
            assert!(desk.send(order).ends_with("accepted"));
        }
    }
}

/// **A resting trigger holds what it would cost**, unless the terms say that it holds nothing.
#[test]
fn a_trigger_holds_or_not_as_the_terms_say() {
    let placed = |triggers_hold| {
        let mut desk = Desk::with(VenueConfig { triggers_hold, ..config(Spot) });
        desk.show(&[(99, 10_000)], &[(101, 10_000)]);
        desk.print(None, 100, 1);
        let stops = [desk.send(stop(Sell, 95, 1_000)), desk.send(stop(Sell, 95, 1_000))];
        let exit = desk.send(limit(Sell, 105, 1_000));
        let fired = desk.print(None, 95, 1);
        (stops, exit, fired)
    };
    let (stops, exit, fired) = placed(true);
    assert_eq!(stops, ["#1 accepted", "#2 rejected: InsufficientBalance"]);
    assert_eq!(exit, "#3 rejected: InsufficientBalance");
    assert_eq!(fired, "#1 sold 1000 @ 99 taker");
    let (stops, exit, fired) = placed(false);
    assert_eq!((stops, exit.as_str()), (["#1 accepted".to_owned(), "#2 accepted".to_owned()], "#3 accepted"));
    assert_eq!(fired, "#1 cancelled: Venue; #2 cancelled: Venue", "what the limit holds is not theirs to sell");
}
