//! Commands and their answers: rejections, time in force, cancel, amend, time, queries.
//!
//! Repeat with `cargo test --test venue_orders`.
#![cfg(feature = "simulator")]

mod venue_desk;

use expect_test::expect;
use seatrial::market::Contract::{Linear, Spot};
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Amend, Command, FeeAsset, InstrumentId, Money, NewOrder, OrderId, OrderKind, Price, Qty, Query, Rate, Span,
    TimeInForce, Timestamp, VenueMessage,
};
use seatrial::venue::VenueConfig;
use venue_desk::{BASE, Desk, QUOTE, config, limit, market, money, order, stop, text};

/// Bids 99 and 98, asks 101 and 102, ten each.
fn desk() -> Desk {
    desk_with(config(Spot))
}

fn desk_with(terms: VenueConfig) -> Desk {
    let mut desk = Desk::with(terms);
    desk.show(&[(99, 10), (98, 10)], &[(101, 10), (102, 10)]);
    desk
}

fn amend(id: u64, qty: i64, limit: i64) -> Command {
    Command::Amend(Amend { id: OrderId(id), qty: Qty(qty), kind: OrderKind::Limit { limit: Price(limit) } })
}

/// Every reason a new order is refused for, one line each.
#[test]
fn rejections() {
    let mut terms = config(Spot);
    let rules = &mut terms.instruments[0].timeline[0];
    rules.tick = Price(5);
    rules.lot = Qty(2);
    rules.min_qty = Qty(4);
    rules.max_qty = Qty(2_000);
    rules.min_notional = Money::new(500.into());
    rules.band = Some(Rate::from_bps(1_000));
    terms.max_open_orders = 1;
    let mut desk = Desk::with(terms);
    desk.show(&[(95, 10)], &[(105, 10)]);
    let ok = limit(Buy, 95, 10);
    let kind = |kind| NewOrder { kind, ..ok };
    let limit_at = |price| kind(OrderKind::Limit { limit: Price(price) });
    let cases = [
        NewOrder { instrument: InstrumentId(7), ..ok },
        NewOrder { deadline: Timestamp(0), ..ok },
        NewOrder { tif: TimeInForce::Gtd(Timestamp(1)), ..ok },
        NewOrder { tif: TimeInForce::Ioc, ..kind(OrderKind::StopLimit { trigger: Price(110), limit: Price(110) }) },
        NewOrder { post_only: true, ..kind(OrderKind::TargetMarket { trigger: Price(90) }) },
        NewOrder { leverage: 2, ..ok },
        NewOrder { post_only: true, tif: TimeInForce::Ioc, ..ok },
        NewOrder { qty: Qty(11), ..ok },
        NewOrder { qty: Qty(0), ..ok },
        NewOrder { qty: Qty(-2), ..ok },
        NewOrder { qty: Qty(2), ..ok },
        NewOrder { qty: Qty(2_002), ..ok },
        limit_at(96),
        limit_at(0),
        limit_at(115),
        limit_at(85),
        NewOrder { qty: Qty(4), ..ok },
        NewOrder { post_only: true, ..limit_at(105) },
        NewOrder { reduce_only: true, ..ok },
        NewOrder { side: Sell, qty: Qty(1_002), ..ok },
        ok,
        ok,
    ];
    let said: Vec<String> = cases.into_iter().map(|case| desk.send(case)).collect();
    expect![[r"
        #1 rejected: UnknownInstrument
        #2 rejected: DeadlineElapsed
        #3 rejected: DeadlineElapsed
        #4 rejected: Unsupported
        #5 rejected: Unsupported
        #6 rejected: Unsupported
        #7 rejected: Unsupported
        #8 rejected: Lot
        #9 rejected: Lot
        #10 rejected: Lot
        #11 rejected: MinQty
        #12 rejected: MaxQty
        #13 rejected: Tick
        #14 rejected: Tick
        #15 rejected: PriceBand
        #16 rejected: PriceBand
        #17 rejected: MinNotional
        #18 rejected: PostOnlyWouldCross
        #19 rejected: ReduceOnly
        #20 rejected: InsufficientBalance
        #21 accepted
        #22 rejected: TooManyOrders"]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn a_market_order_needs_a_market() {
    let mut desk = Desk::new(Spot);
    expect!["#1 rejected: NoMarket"].assert_eq(&desk.send(market(Buy, 1)));
    desk.show(&[], &[(101, 2)]);
    expect!["#2 rejected: NoMarket"].assert_eq(&desk.send(market(Sell, 1)));
    expect!["#3 accepted; #3 bought 2 @ 101 taker; #3 cancelled: Remainder"].assert_eq(&desk.send(market(Buy, 3)));
    expect!["#4 rejected: NoMarket"].assert_eq(&desk.send(market(Buy, 1)));
}

#[test]
fn an_id_is_used_once_for_ever() {
    let mut desk = desk();
    let with_id = |id| NewOrder { id: OrderId(id), ..limit(Buy, 98, 1) };
    desk.send(with_id(5));
    expect!["#5 rejected: DuplicateId"].assert_eq(&desk.send(with_id(5)));
    expect!["#3 accepted"].assert_eq(&desk.send(with_id(3)));
    desk.command(Command::CancelAll(None));
    expect!["#5 rejected: DuplicateId"].assert_eq(&desk.send(with_id(5)));
    assert_eq!(desk.venue.open_orders().len(), 0);
}

#[test]
fn ioc_never_rests_and_fok_never_fills_in_part() {
    let mut desk = desk();
    let with = |tif, qty| NewOrder { tif, ..limit(Buy, 102, qty) };
    expect!["#1 accepted; #1 cancelled: FillOrKill"].assert_eq(&desk.send(with(TimeInForce::Fok, 21)));
    expect!["#2 accepted; #2 bought 10 @ 101 taker; #2 bought 5 @ 102 taker"]
        .assert_eq(&desk.send(with(TimeInForce::Fok, 15)));
    expect!["#3 accepted; #3 bought 5 @ 102 taker; #3 cancelled: Remainder"]
        .assert_eq(&desk.send(with(TimeInForce::Ioc, 15)));
    assert!(desk.venue.open_orders().is_empty());
}

#[test]
fn post_only_looks_at_what_it_could_take() {
    let mut desk = desk();
    let post = |price| NewOrder { post_only: true, ..limit(Buy, price, 1) };
    expect!["#1 rejected: PostOnlyWouldCross"].assert_eq(&desk.send(post(101)));
    desk.limit(Buy, 101, 10);
    expect!["#3 accepted"].assert_eq(&desk.send(post(101)));
    expect!["#4 rejected: PostOnlyWouldCross"].assert_eq(&desk.send(post(102)));
}

#[test]
fn a_cancel_is_done_or_too_late() {
    let mut desk = desk();
    desk.limit(Buy, 98, 5);
    expect!["#1 cancelled: Requested"].assert_eq(&desk.command(Command::Cancel(OrderId(1))));
    expect!["#1 CancelRejected(NotOpen)"].assert_eq(&desk.command(Command::Cancel(OrderId(1))));
    expect!["#9 CancelRejected(NotOpen)"].assert_eq(&desk.command(Command::Cancel(OrderId(9))));
    desk.limit(Buy, 97, 5);
    desk.limit(Sell, 103, 5);
    expect![""].assert_eq(&desk.command(Command::CancelAll(Some(InstrumentId(1)))));
    expect!["#2 cancelled: Requested; #3 cancelled: Requested"].assert_eq(&desk.command(Command::CancelAll(None)));
    assert_eq!((desk.held(QUOTE), desk.held(BASE)), (money("0"), money("0")));
}

#[test]
fn an_order_expires_at_its_instant_and_not_before() {
    let mut desk = desk();
    desk.send(NewOrder { tif: TimeInForce::Gtd(Timestamp(50)), ..limit(Buy, 98, 5) });
    desk.send(NewOrder { tif: TimeInForce::Gtd(Timestamp(40)), ..limit(Buy, 97, 5) });
    assert_eq!(desk.venue.next_wake(), Some(Timestamp(40)));
    let mut said = Vec::new();
    desk.venue.on_time(Timestamp(39), &mut said);
    assert!(said.is_empty());
    desk.venue.on_time(Timestamp(40), &mut said);
    expect!["#2 expired"].assert_eq(&text(&said));
    assert_eq!(desk.venue.next_wake(), Some(Timestamp(50)));
    // At the instant itself the market comes first; after it nothing fills, woken or not.
    desk.now = Timestamp(49);
    expect!["#1 bought 2 @ 98 maker"].assert_eq(&desk.print(Some(Sell), 97, 2));
    expect!["#1 expired"].assert_eq(&desk.print(Some(Sell), 97, 20));
    assert_eq!(desk.venue.next_wake(), None);
}

#[test]
fn the_dead_mans_switch_cancels_everything_unless_repeated() {
    let mut desk = desk();
    desk.limit(Buy, 98, 5);
    desk.send(stop(Sell, 90, 5));
    desk.command(Command::CancelAllAfter(Span(100)));
    desk.now = Timestamp(60);
    desk.command(Command::CancelAllAfter(Span(100)));
    assert_eq!(desk.venue.next_wake(), Some(Timestamp(160)));
    let mut said = Vec::new();
    desk.venue.on_time(Timestamp(160), &mut said);
    expect!["#1 cancelled: DeadMansSwitch; #2 cancelled: DeadMansSwitch"].assert_eq(&text(&said));
    desk.command(Command::CancelAllAfter(Span(100)));
    desk.command(Command::CancelAllAfter(Span(0)));
    assert_eq!(desk.venue.next_wake(), None);
}

#[test]
fn a_smaller_amend_keeps_its_place_and_any_other_goes_to_the_back() {
    let mut desk = desk();
    desk.limit(Buy, 98, 6);
    desk.show(&[(98, 4)], &[]);
    desk.show(&[(98, 30)], &[]);
    expect!["#1 amended: 5 Limit { limit: Price(98) }"].assert_eq(&desk.command(amend(1, 5, 98)));
    expect!["#1 bought 1 @ 98 maker"].assert_eq(&desk.print(Some(Sell), 98, 5));
    expect!["#1 amended: 6 Limit { limit: Price(98) }"].assert_eq(&desk.command(amend(1, 6, 98)));
    expect![""].assert_eq(&desk.print(Some(Sell), 98, 30));
    expect!["#1 amended: 6 Limit { limit: Price(101) }; #1 bought 5 @ 101 taker"]
        .assert_eq(&desk.command(amend(1, 6, 101)));
}

#[test]
fn an_amend_passes_the_same_rules_or_changes_nothing() {
    let mut terms = config(Spot);
    terms.balances[1].total = money("1000");
    let mut desk = desk_with(terms);
    desk.send(NewOrder { post_only: true, ..limit(Buy, 98, 5) });
    desk.send(stop(Sell, 90, 5));
    expect!["#1 AmendRejected(StillOpen(Lot))"].assert_eq(&desk.command(amend(1, 0, 98)));
    expect!["#1 AmendRejected(StillOpen(PostOnlyWouldCross))"].assert_eq(&desk.command(amend(1, 5, 101)));
    expect!["#1 AmendRejected(StillOpen(InsufficientBalance))"].assert_eq(&desk.command(amend(1, 11, 98)));
    expect!["#1 amended: 10 Limit { limit: Price(98) }"].assert_eq(&desk.command(amend(1, 10, 98)));
    expect!["#2 AmendRejected(StillOpen(Unsupported))"].assert_eq(&desk.command(amend(2, 5, 98)));
    let trigger =
        |trigger| Amend { id: OrderId(2), qty: Qty(5), kind: OrderKind::StopMarket { trigger: Price(trigger) } };
    expect!["#2 AmendRejected(StillOpen(WouldTriggerAtOnce))"].assert_eq(&desk.command(Command::Amend(trigger(99))));
    expect!["#2 amended: 5 StopMarket { trigger: Price(95) }"].assert_eq(&desk.command(Command::Amend(trigger(95))));
    expect!["#2 sold 5 @ 99 taker; #1 bought 1 @ 98 maker"].assert_eq(&desk.print(Some(Sell), 94, 1));
    // Nothing is left of it under the new terms.
    expect!["#1 cancelled: Venue"].assert_eq(&desk.command(amend(1, 1, 98)));
    expect!["#1 AmendRejected(NotOpen)"].assert_eq(&desk.command(amend(1, 5, 98)));
}

#[test]
fn open_orders_hold_what_they_would_cost() {
    let mut desk = desk();
    desk.limit(Buy, 98, 10);
    // 980 and 20 basis points of it, to the cent above.
    assert_eq!(desk.held(QUOTE), money("981.96"));
    desk.print(Some(Sell), 97, 4);
    assert_eq!(desk.held(QUOTE), money("589.18"));
    desk.limit(Sell, 103, 7);
    assert_eq!(desk.held(BASE), money("7"));
    let mut terms = config(Linear);
    terms.instruments[0].timeline[0].fees.asset = FeeAsset::Quote;
    let mut desk = desk_with(terms);
    desk.send(NewOrder { leverage: 3, ..limit(Buy, 98, 10) });
    assert_eq!(desk.held(QUOTE), money("328.63"), "a third of 980 rounded up, and 1.96");
}

#[test]
fn a_fee_in_base_comes_out_of_what_was_bought() {
    let mut terms = config(Spot);
    terms.instruments[0].timeline[0].fees.asset = FeeAsset::Base;
    let mut desk = desk_with(terms);
    desk.limit(Buy, 101, 10);
    assert_eq!((desk.cash(BASE), desk.cash(QUOTE)), (money("1009.98"), money("998990")));
    desk.limit(Sell, 99, 10);
    assert_eq!((desk.cash(BASE), desk.cash(QUOTE)), (money("999.96"), money("999980")));
    expect!["#3 rejected: InsufficientBalance"].assert_eq(&desk.limit(Sell, 105, 999));
}

/// A buy pays in base, a sale in quote, and an order holds no more than it gives: all that is held can be sold.
#[test]
fn a_fee_in_what_is_received_comes_out_of_it() {
    let mut terms = config(Spot);
    terms.instruments[0].timeline[0].fees.asset = FeeAsset::Received;
    let mut desk = desk_with(terms);
    desk.limit(Buy, 98, 10);
    assert_eq!(desk.held(QUOTE), money("980"));
    desk.limit(Buy, 101, 10);
    assert_eq!((desk.cash(BASE), desk.cash(QUOTE)), (money("1009.98"), money("998990")));
    desk.limit(Sell, 99, 10);
    assert_eq!((desk.cash(BASE), desk.cash(QUOTE)), (money("999.98"), money("999978.02")));
    desk.limit(Sell, 105, 999);
    assert_eq!(desk.held(BASE), money("999"));
}

#[test]
fn queries_are_answered_from_what_happened() {
    let mut desk = desk();
    desk.limit(Buy, 101, 4);
    desk.print(None, 100, 1);
    desk.limit(Buy, 98, 5);
    desk.limit(Sell, 0, 5);
    desk.limit(Buy, 97, 5);
    desk.command(Command::Cancel(OrderId(4)));
    let ask = |desk: &mut Desk, query| desk.command(Command::Query(query));
    let states: Vec<String> = (1..=5).map(|id| ask(&mut desk, Query::Order(OrderId(id)))).collect();
    expect![[r"
        #1 Status(Filled)
        #2 Status(Open { qty: Qty(5), kind: Limit { limit: Price(98) } })
        #3 Status(Rejected(Tick))
        #4 Status(Cancelled)
        #5 Status(NotFound { complete: true })"]]
    .assert_eq(&states.join("\n"));
    let mut out = Vec::new();
    for query in [Query::OpenOrders, Query::ClosedOrders(Timestamp(2)), Query::Fills { since: Timestamp(0), page: 0 }] {
        desk.venue.on_command(desk.now, &Command::Query(query), &mut out);
    }
    let [VenueMessage::OpenOrders(open), VenueMessage::ClosedOrders(closed), VenueMessage::Fills(page)] = &out[..]
    else {
        panic!("{out:?}")
    };
    assert_eq!(open.items.iter().map(|order| order.order.0).collect::<Vec<_>>(), [2]);
    assert_eq!(closed.items.iter().map(|report| report.order.0).collect::<Vec<_>>(), [3, 4], "the fill came before");
    assert_eq!((page.fills.len(), page.more), (1, false));
    expect!["Balances(Snapshot { at: Timestamp(2), items: [Balance { asset: AssetId(0), total: 1004 }, Balance { asset: AssetId(1), total: 999595.19 }] }); Positions(Snapshot { at: Timestamp(2), items: [] })"]
        .assert_eq(&ask(&mut desk, Query::Account));
    let kind = OrderKind::Limit { limit: Price(98) };
    assert_eq!(desk.venue.open_orders()[0].kind, order(Buy, kind, 5).kind);
}

/// **The account's message rate is limited**, where the terms say so; cancels and queries never are.
#[test]
fn messages_beyond_the_rate_limit_are_refused() {
    use seatrial::market::Span;
    use seatrial::venue::RateLimit;
    let rate_limit = Some(RateLimit { most: 10, decay: Span::from_secs(1) });
    let mut desk = Desk::with(VenueConfig { rate_limit, ..config(Spot) });
    desk.limit(Buy, 90, 1);
    desk.limit(Buy, 90, 1);
    assert_eq!(desk.command(Command::Cancel(OrderId(1))), "#1 cancelled: Requested");
    // One and one and eight: the counter is full.
    assert_eq!(desk.limit(Buy, 90, 1), "#3 rejected: RateLimited");
    let amend = Command::Amend(Amend { id: OrderId(2), qty: Qty(2), kind: OrderKind::Limit { limit: Price(90) } });
    assert_eq!(desk.command(amend), "#2 AmendRejected(StillOpen(RateLimited))");
    assert_eq!(desk.command(Command::Cancel(OrderId(2))), "#2 cancelled: Requested");
    // Eighteen, and nine seconds until one fits again.
    desk.now = desk.now.after(Span::from_secs(8));
    assert_eq!(desk.limit(Buy, 90, 1), "#4 rejected: RateLimited");
    desk.now = desk.now.after(Span::from_secs(1));
    assert_eq!(desk.limit(Buy, 90, 1), "#5 accepted");
}

/// **A reduce-only order only shrinks a position**: a stop and a target of the same position end
/// together once it is flat, and neither turns it.
#[test]
fn reduce_only_orders_end_with_their_position() {
    let mut desk = Desk::new(Linear);
    desk.show(&[(99, 10)], &[(101, 10)]);
    desk.print(None, 100, 1);
    desk.send(market(Buy, 5));
    let reduce = |order: NewOrder| NewOrder { reduce_only: true, ..order };
    desk.send(reduce(stop(Sell, 95, 5)));
    desk.send(reduce(limit(Sell, 110, 5)));
    desk.send(reduce(limit(Sell, 111, 9)));
    assert_eq!(desk.print(Some(Buy), 110, 3), "#3 sold 3 @ 110 maker");
    assert_eq!(
        desk.print(Some(Buy), 111, 9),
        "#3 sold 2 @ 110 maker; #4 cancelled: ReduceOnly; #2 cancelled: ReduceOnly"
    );
    assert_eq!(desk.venue.positions()[0].qty, Qty(0));
}
