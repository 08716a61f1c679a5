//! Orders that rest for long, expire, end with fills due, or are forgotten before a late fill
//! (§3.4, §4.1, §4.9).

use seatrial::market::{
    Action, CancelledBecause, Command, Event, ExecutionReport, FillPage, OrderId, OrderKind, OrderState, OrderStatus,
    Price, Qty, Query, ReportKind, Severity, TimeInForce, Timestamp, VenueMessage, VenueRef,
};

use crate::bench::{Ask, B, Bench, SECOND, USDT, decimal};
use crate::{AT, LOTS, anomalies, loudest, sent, state};

const DAY: i64 = 86_400 * SECOND;

/// A venue that answers queries about orders as open, stamped now.
fn open(bench: &Bench, order: OrderId) -> impl FnMut(Timestamp, &Command) -> Vec<Event> + use<> {
    let status = OrderStatus::Open { qty: LOTS, kind: OrderKind::Limit { limit: AT } };
    let report = bench.report(order, Some(Qty::ZERO), ReportKind::Status(status));
    move |now, command| match command {
        Command::Query(Query::Order(id)) if *id == order => vec![Event::Report(ExecutionReport { at: now, ..report })],
        _ => Vec::new(),
    }
}

fn asked(log: &[(i64, Action)], order: OrderId) -> Vec<i64> {
    let query =
        |(at, action): &(i64, Action)| (*action == Action::Send(Command::Query(Query::Order(order)))).then_some(*at);
    log.iter().filter_map(query).collect()
}

fn cancels(log: &[(i64, Action)], order: OrderId) -> Vec<i64> {
    let cancel = |(at, action): &(i64, Action)| (*action == Action::Send(Command::Cancel(order))).then_some(*at);
    log.iter().filter_map(cancel).collect()
}

/// `design-2-long-rest`: an order that rests three hours is asked about every minute, and is still
/// there, open and reserved.
// proves: design-2-long-rest
#[test]
pub fn an_order_that_rests_is_asked_about_and_never_forgotten() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let mut venue = open(&bench, order);
    let log = bench.pass(3 * 3_600 * SECOND, &mut venue);
    assert_eq!(state(&bench, order), OrderState::Live);
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("451.8"));
    assert_eq!(&asked(&log, order)[..3], [60_000, 120_000, 180_000]);
    assert_eq!(cancels(&log, order), [] as [i64; 0]);
}

/// A resting entry carries the end of its day; a strategy's own end is kept, an IOC has none.
#[test]
pub fn a_resting_entry_carries_its_expiry() {
    let (bench, _) = sent(&[]);
    let end = Timestamp(bench.now.0 + DAY);
    assert_eq!(bench.sent()[0].tif, TimeInForce::Gtd(end));
    let (bench, _) = sent(&[("orders.limit_expiry", "0")]);
    assert_eq!(bench.sent()[0].tif, TimeInForce::Gtc);
}

/// `gap-expiry`: after its expiry and a grace an order is asked about, and cancelled if the venue
/// still holds it; only the venue ends it.
// proves: gap-expiry
#[test]
pub fn an_expired_order_is_asked_about_and_then_cancelled() {
    let (mut bench, order) = sent(&[("orders.limit_expiry", "90s")]);
    bench.accept(order);
    let mut venue = open(&bench, order);
    let log = bench.pass(95 * SECOND - 1, &mut venue);
    assert_eq!((state(&bench, order), cancels(&log, order)), (OrderState::Live, vec![]));
    let log = bench.pass(SECOND, &mut venue);
    assert_eq!((state(&bench, order), cancels(&log, order)), (OrderState::CancelPending, vec![0]));
    bench.cancelled(order);
    assert_eq!((state(&bench, order), loudest(&bench)), (OrderState::Cancelled, None), "it was asked for");
}

/// An order the venue says expired is expired, whatever our clock says; a fill that raced it is booked.
// proves: gap-expiry
#[test]
pub fn the_venue_decides_what_expired() {
    let (mut bench, order) = sent(&[("orders.limit_expiry", "90s")]);
    bench.accept(order);
    bench.pass(80 * SECOND, &mut |_, _| Vec::new());
    bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Expired));
    assert_eq!(state(&bench, order), OrderState::Expired);
    bench.fill(order, Qty(400_000), AT);
    let found = bench.trader.core().orders().get(order).expect("ours");
    assert_eq!((found.state, found.late_fill, bench.position(B)), (OrderState::Expired, false, Qty(400_000)));
}

/// **f**: fills an end announced are looked for in the history, page by page, again while they do not
/// come, and reserved until they are booked.
#[test]
pub fn announced_fills_are_found_page_by_page() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let fills: Vec<_> = (0..3).map(|_| bench.fill_of(order, Qty(100_000), AT)).collect();
    let reports: Vec<_> = (1..)
        .zip(&fills)
        .map(|(n, fill)| bench.report(order, Some(Qty(n * 100_000)), ReportKind::Filled(*fill)))
        .collect();
    let end = ReportKind::Cancelled(CancelledBecause::Requested);
    bench.tell(bench.report(order, Some(Qty(300_000)), end));
    let history = |command: &Command| match command {
        Command::Query(Query::Fills { page, .. }) => Some(*page),
        _ => None,
    };
    assert_eq!(bench.commands().iter().filter_map(history).collect::<Vec<_>>(), [0]);
    let log = bench.pass(6 * SECOND, &mut |_, _| Vec::new());
    let again = log.iter().any(|(_, action)| matches!(action, Action::Send(command) if history(command) == Some(0)));
    assert!(again, "the page is overdue");
    let newest = FillPage { at: bench.now, page: 0, fills: reports[1..].to_vec(), more: true };
    bench.account(VenueMessage::Fills(newest));
    assert_eq!(bench.commands().iter().filter_map(history).collect::<Vec<_>>(), [1], "something is still missing");
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("45.18"));
    let oldest = FillPage { at: bench.now, page: 1, fills: reports[..1].to_vec(), more: false };
    bench.account(VenueMessage::Fills(oldest));
    assert_eq!(bench.position(B), Qty(300_000));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("0"));
}

/// `critical-4-history`: 1 001 orders, and then a fill for the first: booked to its desk, once, marked.
// proves: critical-4-history
#[test]
pub fn a_fill_for_an_order_that_left_the_history_is_booked_to_its_desk() {
    let keys = [("throttle.max_per_day", "50000"), ("budget.entry", "100/s 1000"), ("orders.history_max", "1000")];
    let (mut bench, first) = sent(&keys);
    bench.accept(first);
    bench.cancelled(first);
    for _ in 0..1_001 {
        bench.after(60 * SECOND);
        bench.quotes();
        let young = bench.open(&Ask::v01().at("44999").quantity(100_000));
        bench.cancelled(young);
    }
    assert!(bench.trader.core().orders().get(first).is_none(), "the history is bounded");
    let instrument = B;
    bench.executions += 1;
    let fill = seatrial::market::Fill {
        execution: VenueRef::numbered('E', bench.executions),
        side: seatrial::market::Side::Buy,
        price: AT,
        qty: Qty(400_000),
        liquidity: seatrial::market::Liquidity::Maker,
        fee: None,
    };
    let report = ExecutionReport {
        order: first,
        venue_id: Some(VenueRef::numbered('V', first.0)),
        instrument,
        at: bench.now,
        cumulative: Some(Qty(400_000)),
        kind: ReportKind::Filled(fill),
    };
    bench.tell(report);
    let found = bench.trader.core().orders().get(first).expect("a stub was left");
    assert_eq!((found.state, found.filled, found.late_fill), (OrderState::Cancelled, Qty(400_000), true));
    assert_eq!(bench.with_desk(|desk| desk.position(B)).qty, Qty(400_000));
    bench.tell(report);
    assert_eq!((bench.position(B), bench.actions.len()), (Qty(400_000), 0));
}

/// FB-1: one execution under two names is one; two of the same price, quantity and time are two where
/// the venue's cumulative has room for both.
// proves: order-conflict
#[test]
pub fn an_execution_under_two_names_is_booked_once() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let first = bench.fill_of(order, Qty(400_000), AT);
    let again = bench.fill_of(order, Qty(400_000), AT);
    bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Filled(first)));
    bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Filled(again)));
    assert_eq!((bench.position(B), anomalies(&bench)), (Qty(400_000), 1));
    bench.tell(bench.report(order, None, ReportKind::Filled(again)));
    assert_eq!(bench.position(B), Qty(400_000));
    bench.tell(bench.report(order, Some(Qty(800_000)), ReportKind::Filled(again)));
    assert_eq!(bench.position(B), Qty(800_000));
}

/// FB-3: an execution older than ids are remembered is not booked; FB-7: one far from its order's
/// reference is, and somebody is told.
#[test]
pub fn an_ancient_fill_is_left_to_an_operator() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let fill = bench.fill_of(order, Qty(400_000), AT);
    let report = bench.report(order, None, ReportKind::Filled(fill));
    bench.tell(ExecutionReport { at: Timestamp(bench.now.0 - 90 * DAY - 1), ..report });
    assert_eq!((bench.position(B), loudest(&bench)), (Qty(0), Some(Severity::Critical)));
    for (price, alarm) in [(4_050_000, None), (4_049_999, Some(Severity::Warning))] {
        let (mut bench, order) = sent(&[]);
        bench.fill(order, Qty(100_000), Price(price));
        assert_eq!((bench.position(B), loudest(&bench)), (Qty(100_000), alarm));
    }
}

/// A cancel nobody asked for is told, unless it is the remainder of an IOC.
#[test]
pub fn an_unsolicited_cancel_is_told() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Cancelled(CancelledBecause::Venue)));
    assert_eq!(loudest(&bench), Some(Severity::Warning));
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().at_market().quantity(LOTS.0));
    bench.accept(order);
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Cancelled(CancelledBecause::Remainder)));
    assert_eq!((state(&bench, order), loudest(&bench)), (OrderState::Cancelled, None));
}

/// `order-partial-cancel`: a partly filled order can be cancelled; the remainder ends, the fill stays.
// proves: order-partial-cancel
#[test]
pub fn a_partly_filled_order_can_be_cancelled() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    bench.fill(order, Qty(400_000), AT);
    bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
    assert_eq!((state(&bench, order), bench.cancels()), (OrderState::CancelPending, vec![order]));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("271.08"), "the leaves");
    bench.cancelled(order);
    assert_eq!((state(&bench, order), bench.position(B)), (OrderState::Cancelled, Qty(400_000)));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("0"));
}

/// A bust that overtakes its fill undoes it all the same; of a fill that never came, the whole history
/// without it is the end of the search.
#[test]
pub fn a_bust_may_overtake_its_fill() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let fill = bench.fill_of(order, Qty(400_000), AT);
    let bust = bench.report(order, None, ReportKind::Busted(fill.execution));
    bench.tell(bust);
    assert_eq!(loudest(&bench), Some(Severity::Critical), "it is asked about");
    bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Filled(fill)));
    assert_eq!((bench.position(B), bench.cash(USDT)), (Qty(0), decimal("10000")));
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let end = ReportKind::Cancelled(CancelledBecause::Requested);
    bench.tell(bench.report(order, Some(Qty(400_000)), end));
    let bust = bench.report(order, None, ReportKind::Busted(VenueRef::numbered('E', 9)));
    bench.tell(bust);
    let page = FillPage { at: bench.now, page: 0, fills: Vec::new(), more: false };
    bench.account(VenueMessage::Fills(page));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("0"));
    bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Status(OrderStatus::Cancelled)));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("0"), "the same word again changes nothing");
}

/// A fee revised by the venue is corrected once; a late copy of the first report does not undo that,
/// and the history has the last word.
// proves: critical-6-fees, ledger-bust
#[test]
pub fn a_revised_fee_is_corrected() {
    use seatrial::market::{Account, Fee, Fill};
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let fee = |amount| Some(Fee { asset: USDT, amount: crate::bench::money(amount) });
    let first = Fill { fee: fee("0.5"), ..bench.fill_of(order, Qty(400_000), AT) };
    let paid = |bench: &Bench| bench.trader.core().books().ledger().balance(Account::Fees, USDT).decimal().normalize();
    let first = bench.report(order, Some(Qty(400_000)), ReportKind::Filled(first));
    let ReportKind::Filled(fill) = first.kind else { unreachable!("just made") };
    bench.tell(first);
    bench.tell(ExecutionReport { kind: ReportKind::Filled(Fill { fee: fee("0.7"), ..fill }), ..first });
    assert_eq!(
        (paid(&bench), bench.position(B), loudest(&bench)),
        (decimal("0.7"), Qty(400_000), Some(Severity::Warning))
    );
    bench.tell(first);
    assert_eq!(paid(&bench), decimal("0.7"));
    let page = FillPage { at: bench.now, page: 0, fills: vec![first], more: false };
    bench.account(VenueMessage::Fills(page));
    assert_eq!(paid(&bench), decimal("0.5"));
}
