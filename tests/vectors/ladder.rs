//! The resolution ladder of §1.6, with its times, and what counts as evidence.

use seatrial::market::{
    Action, Command, Decision, Event, ExecutionReport, FillPage, InstrumentId, OpenOrder, OrderId, OrderKind,
    OrderState, OrderStatus, Price, Qty, Query, RefusedBecause, ReportKind, Severity, Side, Snapshot, Span, Timestamp,
    VenueMessage, VenueRef,
};

use crate::bench::{Ask, B, Bench, SECOND, USDT};
use crate::{AT, LOTS, sent, state};

/// A venue that knows no order, as of an instant before now.
pub fn knows_nothing(late: Span) -> impl FnMut(Timestamp, &Command) -> Vec<Event> {
    move |now, command| {
        let at = Timestamp(now.0 - late.0);
        match command {
            Command::Query(query) => vec![nothing(at, *query)],
            _ => Vec::new(),
        }
    }
}

fn nothing(at: Timestamp, query: Query) -> Event {
    Event::Account(match query {
        Query::Order(order) => VenueMessage::Report(ExecutionReport {
            order,
            venue_id: None,
            instrument: InstrumentId(0),
            at,
            cumulative: None,
            kind: ReportKind::Status(OrderStatus::NotFound { complete: true }),
        }),
        Query::OpenOrders => VenueMessage::OpenOrders(Snapshot { at, items: Vec::new() }),
        Query::ClosedOrders(_) => VenueMessage::ClosedOrders(Snapshot { at, items: Vec::new() }),
        Query::Fills { page, .. } => VenueMessage::Fills(FillPage { at, page, fills: Vec::new(), more: false }),
        Query::Account => VenueMessage::Positions(Snapshot { at, items: Vec::new() }),
    })
}

/// Moves and ladder steps of an order, as `ms: what`.
fn told(log: &[(i64, Action)], order: OrderId) -> Vec<String> {
    let line = |(at, action): &(i64, Action)| match action {
        Action::Record(Decision::Moved { order: id, from, to, .. }) if *id == order && from != to => {
            Some(format!("{at}: {to:?}"))
        }
        Action::Record(Decision::Resolving { order: id, step, .. }) if *id == order => Some(format!("{at}: LD-{step}")),
        _ => None,
    };
    log.iter().filter_map(line).collect()
}

fn loud(log: &[(i64, Action)]) -> Vec<i64> {
    let critical = |(at, action): &(i64, Action)| match action {
        Action::Alert(alert) if alert.severity == Severity::Critical => Some(*at),
        _ => None,
    };
    log.iter().filter_map(critical).collect()
}

/// No retry, so that the ladder stands alone.
const ALONE: &[(&str, &str)] = &[("orders.max_retries", "0")];

/// V-97: a submission never answered, queries negative and complete.
// proves: order-ambiguous-submit
#[test]
pub fn a_submission_never_answered_is_void_at_twelve_seconds() {
    let (mut bench, order) = sent(ALONE);
    let mut venue = knows_nothing(Span::ZERO);
    let mut log = bench.pass(12 * SECOND - 1, &mut venue);
    assert_eq!(state(&bench, order), OrderState::UnknownSubmit);
    assert!(bench.trader.core().reserved(USDT, bench.now) > rust_decimal::Decimal::from(450), "reserved until then");
    let rest = bench.pass(1, &mut venue);
    log.extend(rest.into_iter().map(|(_, action)| (12_000, action)));
    expect_test::expect![[r#"
        [
            "2000: UnknownSubmit",
            "2000: LD-1",
            "2000: LD-2",
            "3000: LD-2",
            "5000: LD-2",
            "7000: LD-3",
            "7000: LD-3",
            "12000: LD-4",
            "12000: LD-4",
            "12000: Void",
        ]
    "#]]
    .assert_debug_eq(&told(&log, order));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), rust_decimal::Decimal::ZERO);
    let resent = log.iter().any(|(_, action)| matches!(action, Action::Send(Command::New(_))));
    assert!(!resent, "nothing is ever sent again under its id");
    let asked: Vec<i64> = log
        .iter()
        .filter(|(_, action)| matches!(action, Action::Send(Command::Query(Query::OpenOrders))))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(asked, [7_000, 12_000], "full queries");
}

/// Snapshots from before the order's deadline are no evidence, however many there are; after
/// `resolve.give_up` the instrument may only shrink and the reservation stays.
#[test]
pub fn stale_snapshots_prove_nothing() {
    let (mut bench, order) = sent(ALONE);
    let sent_at = bench.now;
    let mut venue = |now: Timestamp, command: &Command| {
        let Command::Query(query) = command else { return Vec::new() };
        let _ = now;
        vec![nothing(sent_at.after(Span::from_secs(4)), *query)]
    };
    let log = bench.pass(63 * SECOND, &mut venue);
    assert_eq!(state(&bench, order), OrderState::UnknownSubmit);
    assert_eq!(loud(&log), [62_000], "LD-5 at give_up after it became unknown");
    assert!(bench.trader.core().reserved(USDT, bench.now) > rust_decimal::Decimal::ZERO);
    bench.quotes();
    assert!(bench.answer(&Ask::v01().at("44999").quantity(100_000)).starts_with("CK-07 "));
}

/// One stale answer served twice is one answer: the second negative needs a newer snapshot.
#[test]
pub fn the_same_snapshot_twice_is_one_negative() {
    let (mut bench, order) = sent(ALONE);
    let frozen = bench.now.after(Span::from_secs(6));
    let mut venue = |now: Timestamp, command: &Command| {
        let Command::Query(query) = command else { return Vec::new() };
        vec![nothing(now.min(frozen), *query)]
    };
    bench.pass(40 * SECOND, &mut venue);
    assert_eq!(state(&bench, order), OrderState::UnknownSubmit);
}

/// `safety-3-watch-failure`: queries fail for an hour; the order is tracked and reserved, a person was
/// told, entries stopped, and the venue is still asked.
// proves: safety-3-watch-failure
#[test]
pub fn an_hour_without_answers_forgets_nothing() {
    let (mut bench, order) = sent(&[]);
    let mut silent = |_: Timestamp, _: &Command| Vec::new();
    let log = bench.pass(3_600 * SECOND, &mut silent);
    assert_eq!((state(&bench, order), loud(&log)), (OrderState::UnknownSubmit, vec![62_000]));
    assert!(bench.trader.core().reserved(USDT, bench.now) > rust_decimal::Decimal::ZERO);
    let late = |(at, action): &&(i64, Action)| *at > 3_500_000 && matches!(action, Action::Send(Command::Query(_)));
    assert!(log.iter().find(late).is_some(), "asked every resolve.retry_every");
    bench.fill_whole(order);
    assert_eq!((state(&bench, order), bench.position(B)), (OrderState::Filled, LOTS));
}

fn listed(bench: &Bench, order: OrderId, filled: Qty) -> OpenOrder {
    OpenOrder {
        order,
        venue_id: VenueRef::numbered('V', order.0),
        instrument: B,
        side: Side::Buy,
        qty: bench.trader.core().orders().get(order).expect("ours").terms.qty,
        filled,
        kind: OrderKind::Limit { limit: AT },
        reduce_only: false,
    }
}

/// Every kind of positive evidence ends the ladder and adopts the order.
#[test]
pub fn any_positive_answer_ends_the_ladder() {
    for kind in 0..5 {
        let (mut bench, order) = sent(&[]);
        bench.pass(3 * SECOND, &mut |_, _| Vec::new());
        assert_eq!(state(&bench, order), OrderState::UnknownSubmit);
        let fill = bench.fill_of(order, LOTS, AT);
        let fill = bench.report(order, Some(LOTS), ReportKind::Filled(fill));
        let status = |status| bench.report(order, Some(Qty::ZERO), ReportKind::Status(status));
        let open = OrderStatus::Open { qty: LOTS, kind: OrderKind::Limit { limit: AT } };
        let (said, expected) = match kind {
            0 => (VenueMessage::Report(status(open)), OrderState::Live),
            1 => {
                let items = vec![listed(&bench, order, Qty::ZERO)];
                (VenueMessage::OpenOrders(Snapshot { at: bench.now, items }), OrderState::Live)
            }
            2 => {
                let items = vec![status(OrderStatus::Expired)];
                (VenueMessage::ClosedOrders(Snapshot { at: bench.now, items }), OrderState::Expired)
            }
            3 => {
                let page = FillPage { at: bench.now, page: 0, fills: vec![fill], more: false };
                (VenueMessage::Fills(page), OrderState::Filled)
            }
            _ => (VenueMessage::Report(bench.report(order, Some(Qty::ZERO), ReportKind::Accepted)), OrderState::Live),
        };
        bench.account(said);
        assert_eq!(state(&bench, order), expected, "{kind}");
        let log = bench.pass(50 * SECOND, &mut |_, _| Vec::new());
        assert!(told(&log, order).iter().all(|line| !line.contains("LD-")), "{kind}: {log:?}");
    }
}

/// `order-void-then-fill`: a fill after Void is booked, the order cancelled, and it is critical.
// proves: order-void-then-fill
#[test]
pub fn a_fill_after_void_is_booked_and_the_rest_cancelled() {
    let (mut bench, order) = sent(ALONE);
    bench.pass(12 * SECOND, &mut knows_nothing(Span::ZERO));
    assert_eq!(state(&bench, order), OrderState::Void);
    bench.fill(order, Qty(400_000), AT);
    assert_eq!((state(&bench, order), bench.position(B)), (OrderState::Live, Qty(400_000)));
    assert_eq!((bench.cancels(), crate::loudest(&bench)), (vec![order], Some(Severity::Critical)));
    let log = bench.pass(3 * SECOND, &mut |_, _| Vec::new());
    let again = log.iter().any(|(_, action)| *action == Action::Send(Command::Cancel(order)));
    assert!(again, "the cancel of an order that came back is kept up");
}

/// LD-5 for a cancel: two complete negatives end nothing, for the order was accepted (C5).
// proves: order-absent
#[test]
pub fn absence_never_ends_an_accepted_order() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
    let log = bench.pass(120 * SECOND, &mut knows_nothing(Span::ZERO));
    assert_eq!((state(&bench, order), loud(&log).len()), (OrderState::UnknownCancel, 2), "{:?}", told(&log, order));
    assert!(bench.trader.core().reserved(USDT, bench.now) > rust_decimal::Decimal::ZERO);
}

/// TR-17: an order that is known to be open and is twice not found stops the instrument, and stays.
// proves: order-absent
#[test]
pub fn a_live_order_that_is_not_found_stays() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let log = bench.pass(200 * SECOND, &mut knows_nothing(Span::ZERO));
    assert_eq!((state(&bench, order), loud(&log).len()), (OrderState::Live, 1));
    let stopped =
        |(_, action): &(i64, Action)| matches!(action, Action::Record(Decision::ReduceOnly { instrument: B, .. }));
    assert!(log.iter().any(stopped));
}

/// TR-15: an order that had ended and is said to be open is reserved again, asked about, and on a
/// second agreeing answer live and cancelled; the same answer twice is one answer.
#[test]
pub fn an_ended_order_that_is_said_to_be_open_comes_back_on_the_second_word() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    bench.cancelled(order);
    bench.after(SECOND);
    let open = OrderStatus::Open { qty: LOTS, kind: OrderKind::Limit { limit: Price(4_500_000) } };
    let said = bench.report(order, Some(Qty::ZERO), ReportKind::Status(open));
    bench.tell(said);
    assert_eq!(bench.commands(), [Command::Query(Query::Order(order))]);
    bench.tell(said);
    assert_eq!(state(&bench, order), OrderState::Cancelled);
    assert!(bench.trader.core().reserved(USDT, bench.now) > rust_decimal::Decimal::ZERO, "reserved again");
    bench.after(SECOND);
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Status(open)));
    assert_eq!((state(&bench, order), bench.cancels()), (OrderState::Live, vec![order]));
    bench.cancelled(order);
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), rust_decimal::Decimal::ZERO);
}

/// `order-absent`: an old status after newer fills changes nothing; cumulative never falls.
// proves: order-absent
#[test]
pub fn an_old_status_changes_nothing() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let old = bench.now;
    bench.after(SECOND);
    bench.fill(order, Qty(400_000), AT);
    let reserved = bench.trader.core().reserved(USDT, bench.now);
    for status in [
        OrderStatus::Open { qty: Qty(100), kind: OrderKind::Limit { limit: Price(1) } },
        OrderStatus::Cancelled,
        OrderStatus::Rejected(seatrial::market::RejectReason::Tick),
        OrderStatus::NotFound { complete: true },
    ] {
        let report = bench.report(order, Some(Qty::ZERO), ReportKind::Status(status));
        bench.tell(ExecutionReport { at: old, ..report });
        let found = bench.trader.core().orders().get(order).expect("ours");
        assert_eq!((found.state, found.filled, found.terms.qty), (OrderState::Live, Qty(400_000), LOTS), "{status:?}");
        assert_eq!(bench.trader.core().reserved(USDT, bench.now), reserved, "{status:?}");
    }
}

/// `order-cancel-overtakes`: "unknown order" is no cancel; it is sent again when the order is live.
// proves: order-cancel-overtakes
#[test]
pub fn a_cancel_that_overtook_its_order_is_sent_again() {
    let (mut bench, order) = sent(&[]);
    bench.control(seatrial::market::ControlAct::Halt);
    assert_eq!(bench.cancels(), [order], "a kill sends it at once");
    bench.tell(bench.report(order, None, ReportKind::CancelRejected(RefusedBecause::NotOpen)));
    assert_eq!(state(&bench, order), OrderState::Sent);
    bench.accept(order);
    assert_eq!((state(&bench, order), bench.cancels()), (OrderState::CancelPending, vec![order]));
    bench.cancelled(order);
    assert_eq!(state(&bench, order), OrderState::Cancelled);
}
