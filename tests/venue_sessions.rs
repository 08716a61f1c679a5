//! Sessions: every command and every kind of fill in every state.
//!
//! Repeat with `cargo test --test venue_sessions`.
#![cfg(feature = "simulator")]

mod venue_desk;

use std::fmt::Write as _;

use expect_test::expect;
use seatrial::market::Contract::Spot;
use seatrial::market::PathPoint::{Close, FirstExtreme, Open as BarOpen, SecondExtreme};
use seatrial::market::SessionState::{CancelOnly, Halted, Maintenance, Open, PostOnly};
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Amend, Command, InstrumentId, MarketEvent, NewOrder, OrderId, OrderKind, Price, Qty, Query, SessionState, Span,
    TimeInForce, Timestamp,
};
use seatrial::venue::VenueConfig;
use venue_desk::{Desk, bar, config, limit, market, order, stop, text};

const ALL: [SessionState; 5] = [Open, PostOnly, CancelOnly, Maintenance, Halted];

fn session(desk: &mut Desk, state: SessionState) -> String {
    desk.market(MarketEvent::Session(InstrumentId(0), state))
}

/// Bids 99 and 98, asks 101 and 102, ten each; order 1 bids 98, order 2 is a stop at 90.
fn desk() -> Desk {
    let mut desk = Desk::new(Spot);
    desk.show(&[(99, 10), (98, 10)], &[(101, 10), (102, 10)]);
    desk.print(None, 100, 1);
    desk.limit(Buy, 98, 5);
    desk.send(stop(Sell, 90, 5));
    desk
}

fn amend(id: u64, qty: i64, kind: OrderKind) -> Command {
    Command::Amend(Amend { id: OrderId(id), qty: Qty(qty), kind })
}

/// Every command in a state, each at a desk of its own, one line each.
fn commands(state: SessionState) -> String {
    let bid = |price| OrderKind::Limit { limit: Price(price) };
    let new = |order: NewOrder| Command::New(NewOrder { id: OrderId(3), ..order });
    let ioc = NewOrder { tif: TimeInForce::Ioc, ..limit(Buy, 97, 1) };
    let target = order(Sell, OrderKind::TargetLimit { trigger: Price(110), limit: Price(90) }, 1);
    let rows = [
        ("new that rests", new(limit(Buy, 97, 1))),
        ("new that takes", new(limit(Buy, 101, 1))),
        ("new post-only", new(NewOrder { post_only: true, ..limit(Buy, 100, 1) })),
        ("new at market", new(market(Buy, 1))),
        ("new at once", new(ioc)),
        ("new stop", new(stop(Buy, 105, 1))),
        ("new target", new(target)),
        ("amend that rests", amend(1, 6, bid(97))),
        ("amend that takes", amend(1, 5, bid(101))),
        ("amend of a stop", amend(2, 5, OrderKind::StopMarket { trigger: Price(91) })),
        ("cancel", Command::Cancel(OrderId(1))),
        ("cancel unknown", Command::Cancel(OrderId(9))),
        ("cancel all", Command::CancelAll(None)),
        ("query", Command::Query(Query::Order(OrderId(2)))),
    ];
    let mut said = String::new();
    for (name, command) in rows {
        let mut desk = desk();
        session(&mut desk, state);
        writeln!(said, "{name}: {}", desk.command(command)).expect("a string grows");
    }
    said
}

#[test]
fn a_change_is_told() {
    let mut desk = desk();
    for state in ALL {
        let told = format!("Session {{ instrument: InstrumentId(0), state: {state:?} }}");
        assert_eq!(session(&mut desk, state), told);
        assert_eq!(session(&mut desk, state), told);
    }
    assert_eq!(desk.market(MarketEvent::Session(InstrumentId(7), Halted)), "", "not listed here");
}

#[test]
fn open_takes_everything() {
    expect![[r"
        new that rests: #3 accepted
        new that takes: #3 accepted; #3 bought 1 @ 101 taker
        new post-only: #3 accepted
        new at market: #3 accepted; #3 bought 1 @ 101 taker
        new at once: #3 accepted; #3 cancelled: Remainder
        new stop: #3 accepted
        new target: #3 accepted
        amend that rests: #1 amended: 6 Limit { limit: Price(97) }
        amend that takes: #1 amended: 5 Limit { limit: Price(101) }; #1 bought 5 @ 101 taker
        amend of a stop: #2 amended: 5 StopMarket { trigger: Price(91) }
        cancel: #1 cancelled: Requested
        cancel unknown: #9 CancelRejected(NotOpen)
        cancel all: #1 cancelled: Requested; #2 cancelled: Requested
        query: #2 Status(Open { qty: Qty(5), kind: StopMarket { trigger: Price(90) } })
    "]]
    .assert_eq(&commands(Open));
}

#[test]
fn post_only_takes_what_rests() {
    expect![[r"
        new that rests: #3 accepted
        new that takes: #3 rejected: Session
        new post-only: #3 accepted
        new at market: #3 rejected: Session
        new at once: #3 rejected: Session
        new stop: #3 accepted
        new target: #3 accepted
        amend that rests: #1 amended: 6 Limit { limit: Price(97) }
        amend that takes: #1 AmendRejected(StillOpen(Session))
        amend of a stop: #2 amended: 5 StopMarket { trigger: Price(91) }
        cancel: #1 cancelled: Requested
        cancel unknown: #9 CancelRejected(NotOpen)
        cancel all: #1 cancelled: Requested; #2 cancelled: Requested
        query: #2 Status(Open { qty: Qty(5), kind: StopMarket { trigger: Price(90) } })
    "]]
    .assert_eq(&commands(PostOnly));
}

#[test]
fn cancel_only_takes_cancels() {
    expect![[r"
        new that rests: #3 rejected: Session
        new that takes: #3 rejected: Session
        new post-only: #3 rejected: Session
        new at market: #3 rejected: Session
        new at once: #3 rejected: Session
        new stop: #3 rejected: Session
        new target: #3 rejected: Session
        amend that rests: #1 AmendRejected(StillOpen(Session))
        amend that takes: #1 AmendRejected(StillOpen(Session))
        amend of a stop: #2 AmendRejected(StillOpen(Session))
        cancel: #1 cancelled: Requested
        cancel unknown: #9 CancelRejected(NotOpen)
        cancel all: #1 cancelled: Requested; #2 cancelled: Requested
        query: #2 Status(Open { qty: Qty(5), kind: StopMarket { trigger: Price(90) } })
    "]]
    .assert_eq(&commands(CancelOnly));
}

#[test]
fn a_halt_takes_cancels() {
    assert_eq!(commands(Halted), commands(CancelOnly));
}

#[test]
fn maintenance_hears_nothing() {
    expect![[r"
        new that rests: #3 rejected: Session
        new that takes: #3 rejected: Session
        new post-only: #3 rejected: Session
        new at market: #3 rejected: Session
        new at once: #3 rejected: Session
        new stop: #3 rejected: Session
        new target: #3 rejected: Session
        amend that rests: #1 AmendRejected(StillOpen(Session))
        amend that takes: #1 AmendRejected(StillOpen(Session))
        amend of a stop: #2 AmendRejected(StillOpen(Session))
        cancel: #1 CancelRejected(StillOpen(Session))
        cancel unknown: #9 CancelRejected(NotOpen)
        cancel all: #1 CancelRejected(StillOpen(Session)); #2 CancelRejected(StillOpen(Session))
        query: #2 Status(Open { qty: Qty(5), kind: StopMarket { trigger: Price(90) } })
    "]]
    .assert_eq(&commands(Maintenance));
}

/// What the market does to our orders in each state, and on the change to open after it.
#[test]
fn what_matches_and_what_fires() {
    let mut said = String::new();
    for state in ALL {
        let mut by_print = desk();
        session(&mut by_print, state);
        let print = by_print.print(Some(Sell), 97, 2);
        let mut by_depth = desk();
        session(&mut by_depth, state);
        let depth = by_depth.show(&[], &[(98, 2)]);
        let depth_open = session(&mut by_depth, Open);
        let mut by_stop = desk();
        by_stop.command(Command::Cancel(OrderId(1)));
        session(&mut by_stop, state);
        let stop = by_stop.print(Some(Sell), 90, 2);
        let stop_open = session(&mut by_stop, Open);
        let opened = |text: String| text.replace("Session { instrument: InstrumentId(0), state: Open }", "opened");
        writeln!(said, "{state:?}\n  print: {print}\n  depth: {depth} | {}", opened(depth_open))
            .expect("a string grows");
        writeln!(said, "  stop: {stop} | {}", opened(stop_open)).expect("a string grows");
    }
    expect![[r"
        Open
          print: #1 bought 2 @ 98 maker
          depth: #1 bought 2 @ 98 maker | opened
          stop: #2 sold 5 @ 99 taker | opened
        PostOnly
          print: #1 bought 2 @ 98 maker
          depth: #1 bought 2 @ 98 maker | opened
          stop:  | opened; #2 sold 5 @ 99 taker
        CancelOnly
          print: #1 bought 2 @ 98 maker
          depth: #1 bought 2 @ 98 maker | opened
          stop:  | opened; #2 sold 5 @ 99 taker
        Maintenance
          print: 
          depth:  | opened; #1 bought 2 @ 98 maker
          stop:  | opened; #2 sold 5 @ 99 taker
        Halted
          print: 
          depth:  | opened; #1 bought 2 @ 98 maker
          stop:  | opened; #2 sold 5 @ 99 taker
    "]]
    .assert_eq(&said);
}

#[test]
fn a_trigger_touched_and_left_while_closed_goes_on_waiting() {
    let mut desk = desk();
    session(&mut desk, Halted);
    desk.print(None, 80, 1);
    desk.print(None, 100, 1);
    expect!["Session { instrument: InstrumentId(0), state: Open }"].assert_eq(&session(&mut desk, Open));
    expect!["#2 sold 5 @ 99 taker; #1 bought 1 @ 98 maker"].assert_eq(&desk.print(None, 90, 1));
}

#[test]
fn a_halt_moves_no_queue_by_prints() {
    let mut desk = desk();
    session(&mut desk, Halted);
    // Ten were before us: this print would have left one.
    desk.print(Some(Sell), 98, 9);
    session(&mut desk, Open);
    expect!["#1 bought 2 @ 98 maker"].assert_eq(&desk.print(Some(Sell), 98, 12));
}

#[test]
fn bars_match_and_fire_as_depth_does() {
    let mut said = String::new();
    for state in ALL {
        let mut desk = Desk::with(VenueConfig { half_spread_ticks: vec![1], ..config(Spot) });
        desk.path(BarOpen, bar(100, 100, 100, 100, 400));
        desk.limit(Buy, 97, 5);
        desk.send(stop(Sell, 95, 5));
        session(&mut desk, state);
        let falls = bar(100, 101, 90, 90, 400);
        let points = [BarOpen, FirstExtreme, SecondExtreme, Close].map(|point| desk.path(point, falls));
        let opened = session(&mut desk, Open).replace("Session { instrument: InstrumentId(0), state: Open }", "opened");
        writeln!(said, "{state:?}: {} | {opened}", points.concat()).expect("a string grows");
    }
    expect![[r"
        Open: #1 bought 5 @ 97 maker; #2 sold 5 @ 94 taker | opened
        PostOnly: #1 bought 5 @ 97 maker | opened; #2 sold 5 @ 89 taker
        CancelOnly: #1 bought 5 @ 97 maker | opened; #2 sold 5 @ 89 taker
        Maintenance:  | opened; #2 sold 5 @ 89 taker; #1 bought 5 @ 97 maker
        Halted:  | opened; #2 sold 5 @ 89 taker; #1 bought 5 @ 97 maker
    "]]
    .assert_eq(&said);
}

#[test]
fn time_runs_on_in_every_session() {
    for state in ALL {
        let mut desk = desk();
        desk.send(NewOrder { tif: TimeInForce::Gtd(Timestamp(50)), ..limit(Buy, 97, 1) });
        session(&mut desk, state);
        desk.command(Command::CancelAllAfter(Span(100)));
        let mut said = Vec::new();
        desk.venue.on_time(Timestamp(200), &mut said);
        assert_eq!(text(&said), "#3 expired; #1 cancelled: DeadMansSwitch; #2 cancelled: DeadMansSwitch", "{state:?}");
    }
}

/// Another instrument's session is its own.
#[test]
fn a_session_is_of_one_instrument() {
    let mut terms = config(Spot);
    let other = venue_desk::instrument(Spot);
    terms.instruments.push(seatrial::market::Instrument { id: InstrumentId(1), ..other });
    let mut desk = Desk::with(terms);
    session(&mut desk, Open);
    let of = |instrument| NewOrder { instrument: InstrumentId(instrument), ..limit(Buy, 98, 5) };
    desk.send(of(0));
    desk.send(of(1));
    session(&mut desk, Maintenance);
    expect!["#3 rejected: Session"].assert_eq(&desk.send(of(0)));
    expect!["#4 accepted"].assert_eq(&desk.send(of(1)));
    expect!["#1 CancelRejected(StillOpen(Session)); #2 cancelled: Requested; #4 cancelled: Requested"]
        .assert_eq(&desk.command(Command::CancelAll(None)));
}
