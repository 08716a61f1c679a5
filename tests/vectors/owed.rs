//! What the venue owes us an answer or a fill for: how long it is asked, what ends the asking, and what a
//! session that keeps no deadlines comes to (production-rules §1.5 effect **f**, §1.6, FB-1, FB-3).

use seatrial::market::{
    Action, CancelledBecause, Command, Event, FillPage, Intention, OrderKind, OrderState, OrderStatus, Qty, Query,
    RejectReason, ReportKind, Snapshot, Timestamp, VenueMessage,
};

use crate::bench::{Ask, Bench, SECOND, USDT, X, decimal};
use crate::{AT, LOTS, anomalies, loudest, sent, state};

const DAY: i64 = 86_400 * SECOND;

fn times(log: &[(i64, Action)], wanted: impl Fn(&Command) -> bool) -> Vec<i64> {
    let sent = |(at, action): &(i64, Action)| match action {
        Action::Send(command) if wanted(command) => Some(*at),
        _ => None,
    };
    log.iter().filter_map(sent).collect()
}

/// **f**: the history is asked from the release of the order, less the margin of the clocks, and again when
/// its page is overdue.
#[test]
fn the_history_is_asked_from_the_orders_release() {
    let mut bench = Bench::spot(&[]);
    bench.after(3_600 * SECOND);
    bench.quotes();
    let released = bench.now;
    let order = bench.open(&Ask::v01().quantity(LOTS.0));
    bench.accept(order);
    bench.after(10 * SECOND);
    let end = ReportKind::Cancelled(CancelledBecause::Requested);
    bench.tell(bench.report(order, Some(Qty(300_000)), end));
    let since = Timestamp(released.0 - 2 * SECOND);
    assert!(bench.commands().contains(&Command::Query(Query::Fills { since, page: 0 })), "{:?}", bench.actions);
    let log = bench.pass(9 * SECOND, &mut |_, _| Vec::new());
    let asked =
        times(&log, |command| matches!(command, Command::Query(Query::Fills { since: of, .. }) if *of == since));
    assert_eq!(asked, [5_000]);
}

/// A history that was read and does not hold what is due is read again, `resolve.retry_every` later.
#[test]
fn a_history_without_what_is_due_is_read_again() {
    let mut bench = Bench::spot(&[("reconcile.every", "300s")]);
    let order = bench.open(&Ask::v01().quantity(LOTS.0));
    bench.accept(order);
    let end = ReportKind::Cancelled(CancelledBecause::Requested);
    bench.tell(bench.report(order, Some(Qty(300_000)), end));
    let page = |at| FillPage { at, page: 0, fills: Vec::new(), more: false };
    bench.account(VenueMessage::Fills(page(bench.now)));
    let log = bench.pass(61 * SECOND, &mut |at, command| match command {
        Command::Query(Query::Fills { .. }) => vec![Event::Account(VenueMessage::Fills(page(at)))],
        _ => Vec::new(),
    });
    assert_eq!(times(&log, |command| matches!(command, Command::Query(Query::Fills { .. }))), [30_000, 60_000]);
}

/// An exit that closes what is held, and no more, alarms nobody.
#[test]
fn a_close_to_the_lot_is_no_excess() {
    let mut bench = Bench::margin(&[]);
    let entry = bench.open(&Ask::v01().quantity(LOTS.0));
    bench.fill_whole(entry);
    let exit = bench.open(&Ask::exit(crate::bench::B, Intention::Close));
    bench.fill(exit, Qty(400_000), AT);
    assert_eq!(loudest(&bench), None, "{:?}", bench.actions);
    bench.fill(exit, Qty(600_000), AT);
    assert_eq!((loudest(&bench), bench.position(crate::bench::B)), (None, Qty(0)), "{:?}", bench.actions);
}

/// A no that is to be verified is asked about until it is: an order that ended is not forgotten for that.
#[test]
fn a_no_is_asked_about_until_it_is_verified() {
    let (mut bench, order) = sent(&[]);
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Rejected(RejectReason::DeadlineElapsed)));
    assert_eq!(state(&bench, order), OrderState::Rejected);
    let query = |command: &Command| *command == Command::Query(Query::Order(order));
    let log = bench.pass(61 * SECOND, &mut |_, _| Vec::new());
    assert_eq!(times(&log, query), [30_000, 60_000]);
    let no = ReportKind::Status(OrderStatus::Rejected(RejectReason::DeadlineElapsed));
    bench.tell(bench.report(order, Some(Qty::ZERO), no));
    let log = bench.pass(61 * SECOND, &mut |_, _| Vec::new());
    assert_eq!(times(&log, query), [] as [i64; 0]);
}

/// FB-1: two executions alike in all but their name are two as long as the venue's total has room for both,
/// to the last lot.
#[test]
fn the_venues_total_has_room_for_both_or_not() {
    for (total, booked) in [(799_999, 400_000), (800_000, 800_000)] {
        let (mut bench, order) = sent(&[]);
        bench.accept(order);
        let open = OrderStatus::Open { qty: LOTS, kind: OrderKind::Limit { limit: AT } };
        bench.tell(bench.report(order, Some(Qty(total)), ReportKind::Status(open)));
        for _ in 0..2 {
            let fill = bench.fill_of(order, Qty(400_000), AT);
            bench.tell(bench.report(order, None, ReportKind::Filled(fill)));
        }
        assert_eq!(bench.position(crate::bench::B), Qty(booked), "a total of {total}");
    }
}

/// FB-3: an execution as old as ids are remembered is still told from one we have forgotten.
#[test]
fn an_execution_of_the_last_remembered_instant_is_booked() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let fill = bench.fill_of(order, Qty(400_000), AT);
    let report = bench.report(order, None, ReportKind::Filled(fill));
    bench.tell(seatrial::market::ExecutionReport { at: Timestamp(bench.now.0 - 90 * DAY), ..report });
    assert_eq!(bench.position(crate::bench::B), Qty(400_000));
}

/// A list of ended orders speaks of strangers as well, who are nobody's business.
#[test]
fn strangers_that_ended_are_no_news() {
    let (mut bench, order) = sent(&[]);
    let report = bench.report(order, Some(Qty::ZERO), ReportKind::Expired);
    let strange = seatrial::market::ExecutionReport { order: seatrial::market::OrderId(900), ..report };
    bench.account(VenueMessage::ClosedOrders(Snapshot { at: bench.now, items: vec![strange] }));
    assert_eq!((anomalies(&bench), loudest(&bench)), (0, None), "{:?}", bench.actions);
}

/// LD-5 is left when the order is known: the instrument is free again.
#[test]
fn an_order_that_is_found_frees_its_instrument() {
    let (mut bench, order) = sent(&[("orders.max_retries", "0")]);
    bench.pass(70 * SECOND, &mut |_, _| Vec::new());
    bench.quotes();
    let ask = Ask::v01().at("44990").quantity(100_000);
    assert!(bench.answer(&ask).starts_with("CK-07"));
    bench.accept(order);
    assert_eq!(state(&bench, order), OrderState::Live);
    bench.quotes();
    let answer = bench.answer(&ask);
    assert!(!answer.starts_with("CK-07"), "{answer}");
}

/// LD-6: where the venue keeps no deadlines the session is torn down, once for all that left on it; what leaves
/// afterwards leaves on the next one, and a lost cancel tears down nothing.
#[test]
fn a_session_is_torn_down_once() {
    let keys = [("instrument.BTC/USDT.lacks", "deadline"), ("instrument.XRP/USDT.lacks", "deadline")];
    let torn = |command: &Command| matches!(command, Command::Reconnect);
    let (mut bench, first) = sent(&keys);
    let second = bench.open(&Ask::long(X, "0.60", "0.588").quantity(100));
    assert!(bench.sent().iter().all(|order| order.deadline == Timestamp::MAX));
    let log = bench.pass(3 * SECOND, &mut |_, _| Vec::new());
    assert_eq!(times(&log, torn), [2_000], "both are unknown: {:?}", (state(&bench, first), state(&bench, second)));
    bench.accept(first);
    bench.accept(second);
    bench.with_desk(move |desk| desk.cancel(second)).expect("it is open");
    let log = bench.pass(10 * SECOND, &mut |_, _| Vec::new());
    assert_eq!((state(&bench, second), times(&log, torn)), (OrderState::UnknownCancel, vec![]));
    bench.cancelled(second);
    bench.quotes();
    let third = bench.open(&Ask::long(X, "0.60", "0.588").quantity(110));
    let log = bench.pass(3 * SECOND, &mut |_, _| Vec::new());
    assert_eq!((state(&bench, third), times(&log, torn)), (OrderState::UnknownSubmit, vec![2_000]));
}

/// §2.4: on margin an entry holds back its notional by its leverage, and its whole fee.
#[test]
fn an_entry_on_margin_holds_back_by_its_leverage() {
    for (leverage, reserved) in [(1_u8, "451.8"), (2, "226.8"), (3, "151.8")] {
        let mut bench = Bench::margin(&[]);
        let ask = Ask::v01().quantity(LOTS.0);
        let ask = match leverage {
            1 => ask,
            2 => ask.but(|proposal| proposal.leverage = 2),
            _ => ask.but(|proposal| proposal.leverage = 3),
        };
        bench.open(&ask);
        assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal(reserved), "{leverage}");
    }
}
