//! What a venue may say, in any order and however wrong: it is booked once, answered or recorded,
//! and never ends the program. And what waits for a token leaves as it should, or not at all.
//!
//! To repeat: `cargo test --no-default-features --test trading_reports`.

#[path = "vectors/amends.rs"]
mod amends;
#[path = "vectors/answers.rs"]
mod answers;
#[path = "vectors/bench.rs"]
mod bench;
#[path = "vectors/busts.rs"]
mod busts;
#[path = "vectors/ladder.rs"]
mod ladder;
#[path = "vectors/owed.rs"]
mod owed;
#[path = "vectors/retries.rs"]
mod retries;
#[path = "vectors/seen.rs"]
mod seen;
#[path = "vectors/waiting.rs"]
mod waiting;
#[path = "vectors/watching.rs"]
mod watching;

use bench::{Ask, B, BTC, Bench, OTHER, SECOND, USDT, Y, config, decimal, instruments, money};
use seatrial::market::{
    Account, Action, CancelledBecause, Contract, Decision, DeskId, Event, Fee, InstrumentId, LinkEvent, OrderId,
    OrderKind, OrderState, OrderStatus, Price, Qty, ReportKind, Severity, VenueMessage, VenueRef,
};

const LOTS: Qty = Qty(1_000_000);
const AT: Price = Price(4_500_000);

/// An entry of 0.01 of B at 45 000, sent.
fn sent(keys: &[(&str, &str)]) -> (Bench, OrderId) {
    let mut bench = Bench::spot(keys);
    let order = bench.open(&Ask::v01().quantity(LOTS.0));
    (bench, order)
}

fn state(bench: &Bench, order: OrderId) -> OrderState {
    bench.trader.core().orders().get(order).expect("ours").state
}

fn loudest(bench: &Bench) -> Option<Severity> {
    let severity = |action: &Action| match action {
        Action::Alert(alert) => Some(alert.severity),
        _ => None,
    };
    bench.actions.iter().filter_map(severity).max()
}

fn anomalies(bench: &Bench) -> usize {
    bench.decisions().filter(|decision| matches!(decision, Decision::Anomaly { .. })).count()
}

/// Footnote 1 of §1.5: a fill announced by the end's own cumulative is not late and raises nothing.
#[test]
fn an_announced_fill_is_not_late() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let fill = bench.fill_of(order, Qty(400_000), AT);
    bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Cancelled(CancelledBecause::Requested)));
    let reserved = bench.trader.core().reserved(USDT, bench.now);
    assert_eq!(reserved, decimal("180.72"), "0.004 × 45 000 and its fee are still due");
    bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Filled(fill)));
    let found = bench.trader.core().orders().get(order).expect("ours");
    assert_eq!((found.state, found.filled, found.late_fill), (OrderState::Cancelled, Qty(400_000), false));
    assert_eq!((loudest(&bench), bench.position(B)), (None, Qty(400_000)));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("0"));
}

/// One nobody announced is late, is booked all the same, once, and somebody is told.
// proves: order-late-fill
#[test]
fn a_late_fill_is_booked_once() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    bench.cancelled(order);
    let fill = bench.fill_of(order, Qty(400_000), AT);
    let report = bench.report(order, Some(Qty(400_000)), ReportKind::Filled(fill));
    bench.tell(report);
    let found = bench.trader.core().orders().get(order).expect("ours");
    assert_eq!((found.state, found.filled, found.late_fill), (OrderState::Cancelled, Qty(400_000), true));
    assert_eq!(loudest(&bench), Some(Severity::Warning));
    let cash = bench.cash(USDT);
    bench.tell(report);
    assert_eq!((bench.position(B), bench.cash(USDT), bench.actions.len()), (Qty(400_000), cash, 0));
}

/// TR-07, TR-08: what contradicts what is booked, or cannot be, changes nothing.
// proves: order-conflict
#[test]
fn impossible_fills_change_nothing() {
    let (mut bench, order) = sent(&[]);
    bench.fill(order, Qty(400_000), AT);
    let good = bench.fill_of(order, Qty(100), AT);
    let known = VenueRef::numbered('E', 1);
    let wrong = [
        seatrial::market::Fill { execution: known, ..good },
        seatrial::market::Fill { qty: Qty(0), ..good },
        seatrial::market::Fill { qty: Qty(-5), ..good },
        seatrial::market::Fill { price: Price(0), ..good },
        seatrial::market::Fill { side: seatrial::market::Side::Sell, ..good },
        seatrial::market::Fill { fee: Some(Fee { asset: OTHER, amount: money("1") }), ..good },
    ];
    for fill in wrong {
        let before = (bench.position(B), bench.cash(USDT), bench.cash(BTC));
        bench.tell(bench.report(order, None, ReportKind::Filled(fill)));
        assert_eq!((bench.position(B), bench.cash(USDT), bench.cash(BTC)), before, "{fill:?}");
        assert!(anomalies(&bench) > 0 && loudest(&bench) >= Some(Severity::Warning), "{fill:?}");
    }
    let elsewhere = seatrial::market::ExecutionReport {
        instrument: InstrumentId(1),
        ..bench.report(order, None, ReportKind::Filled(good))
    };
    bench.tell(elsewhere);
    assert_eq!(bench.position(B), Qty(400_000));
}

/// A fill off the grid in force at its time is malformed.
#[test]
fn fills_stand_on_the_grid_of_their_time() {
    let mut all = instruments(Contract::Spot);
    (all[0].timeline[0].tick, all[0].timeline[0].lot) = (Price(100), Qty(1_000));
    let mut bench = Bench::holding(all, config(&[]), &[(USDT, "10000")]);
    bench.reference(B, "45000");
    let order = bench.open(&Ask::v01().quantity(LOTS.0));
    for (qty, price, booked) in [(1_000, 4_499_950, 0), (1_500, 4_500_000, 0), (1_000, 4_499_900, 1_000)] {
        bench.fill(order, Qty(qty), Price(price));
        assert_eq!(bench.position(B), Qty(booked));
    }
}

/// A fill worse than the limit, and one beyond the quantity, are booked and stop the instrument.
// proves: order-overfill
#[test]
fn fills_that_must_not_happen_are_booked_and_stop_entries() {
    for (qty, price) in [(LOTS, Price(4_500_001)), (Qty(LOTS.0 + 1), AT)] {
        let (mut bench, order) = sent(&[]);
        bench.fill(order, qty, price);
        assert_eq!((bench.position(B), loudest(&bench)), (qty, Some(Severity::Critical)));
        assert!(bench.answer(&Ask::v01().at("44999").quantity(100_000)).starts_with("CK-07 "));
    }
}

/// A bust that names another order's execution is a question, whatever state the order is in.
#[test]
fn a_bust_of_a_stranger_is_an_anomaly() {
    let (mut bench, filled) = sent(&[]);
    bench.fill_whole(filled);
    let other = bench.open(&Ask::v01().at("44999").quantity(100_000));
    let bust = ReportKind::Busted(VenueRef::numbered('E', 1));
    bench.tell(bench.report(other, None, bust));
    assert_eq!((state(&bench, other), anomalies(&bench)), (OrderState::Sent, 1));
    bench.tell(bench.report(filled, None, bust));
    assert_eq!((bench.position(B), bench.cash(USDT)), (Qty(0), decimal("10000")), "it is as if it had never been");
    let found = bench.trader.core().orders().get(filled).expect("ours");
    assert_eq!((found.filled, found.busted, loudest(&bench)), (LOTS, LOTS, Some(Severity::Warning)));
    bench.tell(bench.report(filled, None, bust));
    assert_eq!((bench.cash(USDT), bench.actions.len()), (decimal("10000"), 0), "once");
}

/// TR-10: terms are adopted where the table says so, and only if they can be true.
#[test]
fn new_terms_are_adopted_while_the_order_is_open() {
    let terms = |qty, limit| ReportKind::Amended { qty: Qty(qty), kind: OrderKind::Limit { limit: Price(limit) } };
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    bench.tell(bench.report(order, None, terms(500_000, 4_400_000)));
    let adopted = bench.trader.core().orders().get(order).expect("ours").terms;
    assert_eq!((adopted.qty, adopted.kind.limit()), (Qty(500_000), Some(Price(4_400_000))));
    bench.tell(bench.report(order, None, terms(0, 4_400_000)));
    bench.tell(bench.report(order, None, terms(500_000, -1)));
    assert_eq!(bench.trader.core().orders().get(order).expect("ours").terms, adopted);
    assert_eq!(anomalies(&bench), 1);
    bench.cancelled(order);
    bench.tell(bench.report(order, None, terms(900_000, 4_500_000)));
    assert_eq!(bench.trader.core().orders().get(order).expect("ours").terms, adopted);
}

/// TR-09, TR-16: an end without a cumulative releases nothing; a status of filled says all of it.
#[test]
fn an_end_without_a_cumulative_is_a_question() {
    for kind in [
        ReportKind::Cancelled(CancelledBecause::Venue),
        ReportKind::Expired,
        ReportKind::Status(OrderStatus::Cancelled),
        ReportKind::Status(OrderStatus::Expired),
    ] {
        let (mut bench, order) = sent(&[]);
        bench.accept(order);
        let reserved = bench.trader.core().reserved(USDT, bench.now);
        bench.tell(bench.report(order, None, kind));
        assert_eq!((state(&bench, order), anomalies(&bench)), (OrderState::Live, 1), "{kind:?}");
        assert_eq!(bench.trader.core().reserved(USDT, bench.now), reserved, "{kind:?}");
    }
    let (mut bench, order) = sent(&[]);
    bench.tell(bench.report(order, None, ReportKind::Status(OrderStatus::Filled)));
    assert_eq!(state(&bench, order), OrderState::Filled);
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("451.8"), "its fills are due");
    bench.fill_whole(order);
    assert_eq!((bench.position(B), loudest(&bench)), (LOTS, None));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("0"));
}

/// A fee in a third asset is worth its rate in the quote asset, not in account currency.
#[test]
fn a_third_fee_asset_is_valued_in_quote() {
    let mut bench = Bench::holding(instruments(Contract::Linear), config(&[]), &[(USDT, "10000"), (OTHER, "10")]);
    bench.reference(B, "50000");
    bench.reference(Y, "0.00001334");
    bench.rate(OTHER, "500");
    let order = bench.open(&Ask::long(Y, "0.00001334", "0.00001314").quantity(1_000));
    let fee = Some(Fee { asset: OTHER, amount: money("0.003") });
    let fill = bench.fill_of(order, Qty(1_000), Price(1_334));
    let fill = seatrial::market::Fill { fee, ..fill };
    bench.tell(bench.report(order, Some(Qty(1_000)), ReportKind::Filled(fill)));
    let position = bench.with_desk(|desk| desk.position(Y));
    assert_eq!(position.entry_fees, money("0.00003"), "0.003 × 500 USDT, at 50 000 USDT per BTC");
    let paid = bench.trader.core().books().ledger().balance(Account::Fees, OTHER);
    assert_eq!(paid, money("0.003"));
}

/// A void order that turns out to live is cancelled; the silence after that cancel is no input.
#[test]
fn a_revived_order_is_cancelled_without_a_timer_it_cannot_have() {
    let (mut bench, order) = sent(&[]);
    bench.step(&Event::Link(LinkEvent::NotSent(order)));
    assert_eq!(state(&bench, order), OrderState::Void);
    bench.accept(order);
    assert_eq!((state(&bench, order), bench.cancels()), (OrderState::Live, vec![order]));
    bench.after(10 * SECOND);
    bench.step(&Event::Wake);
    bench.cancelled(order);
    assert_eq!(state(&bench, order), OrderState::Cancelled);
}

/// The history is bounded, and an order that outlived all others still ends in peace.
#[test]
fn an_old_order_ends_after_many_young_ones() {
    let keys = [("orders.history_max", "100"), ("throttle.max_per_day", "50000"), ("budget.entry", "100/s 1000")];
    let (mut bench, old) = sent(&keys);
    bench.accept(old);
    for _ in 0..101 {
        bench.after(60 * SECOND);
        bench.quotes();
        let young = bench.open(&Ask::v01().at("44999").quantity(100_000));
        bench.cancelled(young);
    }
    bench.fill_whole(old);
    assert_eq!((state(&bench, old), bench.position(B)), (OrderState::Filled, LOTS));
}

/// A duplicate acknowledgement without a venue id names no other id.
#[test]
fn an_acknowledgement_without_a_venue_id_is_no_contradiction() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let report = bench.report(order, Some(Qty::ZERO), ReportKind::Accepted);
    bench.tell(seatrial::market::ExecutionReport { venue_id: None, ..report });
    assert_eq!((anomalies(&bench), loudest(&bench)), (0, None));
    bench.tell(seatrial::market::ExecutionReport { venue_id: Some(VenueRef::numbered('V', 99)), ..report });
    assert_eq!((anomalies(&bench), loudest(&bench)), (1, Some(Severity::Critical)));
}

/// Strangers: an order, an instrument and a desk that are not ours.
#[test]
fn strangers_are_recorded() {
    let (mut bench, order) = sent(&[]);
    let report = bench.report(order, None, ReportKind::Accepted);
    bench.tell(seatrial::market::ExecutionReport { order: OrderId(77), ..report });
    assert_eq!(anomalies(&bench), 1);
    let nowhere = InstrumentId(9);
    bench.account(VenueMessage::Funding { instrument: nowhere, at: bench.now, paid: money("1") });
    assert_eq!((anomalies(&bench), bench.cash(USDT)), (1, decimal("10000")));
    let other = bench.open(&Ask::v01().at("44999").quantity(100_000).but(|p| p.desk = DeskId(7)));
    let found = bench.trader.core().orders().get(other).expect("ours");
    assert_eq!(found.desk, DeskId(0), "a desk proposes for itself alone");
}

/// The tests of this file can fail: each of these bugs breaks the one written beside it.
#[cfg(feature = "planted")]
#[test]
fn planted_bugs_break_their_tests() {
    use seatrial::market::{Bug, planted::plant};
    let tests: [(Bug, fn()); 15] = [
        (Bug::OrderAmbiguousSubmit, ladder::a_submission_never_answered_is_void_at_twelve_seconds),
        (Bug::OrderVoidThenFill, ladder::a_fill_after_void_is_booked_and_the_rest_cancelled),
        (Bug::OrderCancelOvertakes, ladder::a_cancel_that_overtook_its_order_is_sent_again),
        (Bug::OrderLateFill, a_late_fill_is_booked_once),
        (Bug::OrderOverfill, fills_that_must_not_happen_are_booked_and_stop_entries),
        (Bug::OrderConflict, impossible_fills_change_nothing),
        (Bug::OrderPartialCancel, watching::a_partly_filled_order_can_be_cancelled),
        (Bug::OrderAbsent, ladder::a_live_order_that_is_not_found_stays),
        (Bug::OrderAbsent2, ladder::an_old_status_changes_nothing),
        (Bug::Critical4History, a_late_fill_is_booked_once),
        (Bug::Safety3WatchFailure, ladder::an_hour_without_answers_forgets_nothing),
        (Bug::GapExpiry, watching::an_expired_order_is_asked_about_and_then_cancelled),
        (Bug::Design2LongRest, watching::an_order_that_rests_is_asked_about_and_never_forgotten),
        (Bug::VenueSessions, retries::a_closed_session_queues_nothing),
        (Bug::ExitDeadButton, retries::an_exit_that_times_out_stays_the_only_one),
    ];
    for (bug, test) in tests {
        plant(Some(bug));
        let ended = std::panic::catch_unwind(test);
        plant(None);
        assert!(ended.is_err(), "{bug:?} changes nothing");
    }
}
