//! Amendment in place (§3.5): what it reserves, what it must pass, and how it fails.

use rust_decimal::Decimal;
use seatrial::market::{
    Amend, Command, Event, LinkEvent, OrderId, OrderKind, OrderState, OrderStatus, Price, Qty, Query, RawPrice,
    RefusedBecause, RejectReason, ReportKind, Severity,
};

use crate::bench::{Ask, Bench, SECOND, USDT, decimal};
use crate::{AT, LOTS, loudest, sent, state};

fn live() -> (Bench, OrderId) {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    (bench, order)
}

fn amend(bench: &mut Bench, order: OrderId, qty: i64, limit: &str) -> String {
    let limit = RawPrice::new(decimal(limit));
    let done = bench.with_desk(move |desk| desk.amend(order, Qty(qty), limit));
    done.map_or_else(|denied| denied.text, |()| "sent".to_owned())
}

fn reserved(bench: &Bench) -> Decimal {
    bench.trader.core().reserved(USDT, bench.now).normalize()
}

fn terms(bench: &Bench, order: OrderId) -> (Qty, Option<Price>) {
    let terms = bench.trader.core().orders().get(order).expect("ours").terms;
    (terms.qty, terms.kind.limit())
}

/// Old and new terms are both reserved until the answer, then the answer's alone.
#[test]
fn both_terms_are_reserved_until_the_answer() {
    let (mut bench, order) = live();
    assert_eq!(reserved(&bench), decimal("451.8"));
    assert_eq!(amend(&mut bench, order, LOTS.0 * 2, "44900"), "sent");
    let kind = OrderKind::Limit { limit: Price(4_490_000) };
    assert_eq!(bench.commands(), [Command::Amend(Amend { id: order, qty: Qty(LOTS.0 * 2), kind })]);
    assert_eq!((state(&bench, order), reserved(&bench)), (OrderState::AmendPending, decimal("903.6")));
    bench.tell(bench.report(order, None, ReportKind::Amended { qty: Qty(LOTS.0 * 2), kind }));
    assert_eq!((state(&bench, order), reserved(&bench)), (OrderState::Live, decimal("901.592")));
    assert_eq!(terms(&bench, order), (Qty(LOTS.0 * 2), Some(Price(4_490_000))));
}

/// A refused amend, and one that never left, leave the old order live and reported.
// proves: gap-modification
#[test]
fn a_refused_amend_leaves_the_old_terms() {
    for never_left in [false, true] {
        let (mut bench, order) = live();
        amend(&mut bench, order, LOTS.0 * 2, "44900");
        if never_left {
            bench.step(&Event::Link(LinkEvent::NotSent(order)));
        } else {
            let because = RefusedBecause::StillOpen(RejectReason::InsufficientBalance);
            bench.tell(bench.report(order, None, ReportKind::AmendRejected(because)));
            assert_eq!(loudest(&bench), Some(Severity::Warning));
        }
        assert_eq!((state(&bench, order), reserved(&bench)), (OrderState::Live, decimal("451.8")));
        assert_eq!(terms(&bench, order), (LOTS, Some(AT)));
    }
}

/// A lost amend: unknown after its time-out, both terms reserved, the venue's terms adopted.
// proves: gap-modification
#[test]
fn a_lost_amend_is_asked_about_and_adopted() {
    let (mut bench, order) = live();
    amend(&mut bench, order, LOTS.0 * 2, "44900");
    bench.pass(3 * SECOND, &mut |_, _| Vec::new());
    assert_eq!((state(&bench, order), reserved(&bench)), (OrderState::UnknownAmend, decimal("903.6")));
    let kind = OrderKind::Limit { limit: Price(4_490_000) };
    let open = OrderStatus::Open { qty: Qty(LOTS.0 * 2), kind };
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Status(open)));
    assert_eq!((state(&bench, order), terms(&bench, order).1), (OrderState::Live, Some(Price(4_490_000))));
    assert_eq!(reserved(&bench), decimal("901.592"));
}

/// Footnote 2: while an amend is open, a fill that reaches only the smaller quantity ends nothing.
#[test]
fn a_fill_of_the_smaller_terms_ends_nothing() {
    let (mut bench, order) = live();
    amend(&mut bench, order, LOTS.0 * 2, "45000");
    bench.fill(order, LOTS, AT);
    assert_eq!(state(&bench, order), OrderState::AmendPending);
    assert!(bench.commands().contains(&Command::Query(Query::Order(order))), "it is asked about");
    bench.fill(order, LOTS, AT);
    assert_eq!(state(&bench, order), OrderState::Filled);
}

/// What must be denied, with what denies it.
#[test]
fn new_terms_pass_the_checks_of_an_entry() {
    let (mut bench, order) = live();
    bench.fill(order, Qty(400_000), AT);
    for (qty, limit, denied) in [
        (400_000, "45000", "EC-2 "),
        (1_000_000, "46000", "CK-13 "),
        (1_000_000, "44100", "CK-14 "),
        (1_000_000, "44200", "CK-15 "),
        (40_000_000, "45000", "CK-22 "),
        (7_000_000, "45000", "CK-23 "),
    ] {
        let text = amend(&mut bench, order, qty, limit);
        assert!(text.starts_with(denied), "{qty} at {limit}: {text}");
        assert_eq!((state(&bench, order), bench.commands()), (OrderState::Live, vec![]));
    }
    assert_eq!(amend(&mut bench, order, 500_000, "45000"), "sent", "terms that only shrink risk");
    let text = amend(&mut bench, order, 450_000, "45000");
    assert!(text.contains("AmendPending"), "one amend at a time: {text}");
}

/// CK-16 knows the order's target: a worse entry must still pay for its risk.
#[test]
fn new_terms_must_still_pay_for_their_risk() {
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().quantity(LOTS.0).target("46350"));
    bench.accept(order);
    let text = amend(&mut bench, order, LOTS.0, "45000.01");
    assert!(text.starts_with("CK-16 "), "{text}");
    assert_eq!(amend(&mut bench, order, LOTS.0, "44999.99"), "sent");
}

/// An amend takes a token of the entry lane; without one it is denied.
#[test]
fn an_amend_needs_a_token() {
    let (mut bench, order) = sent(&[("budget.entry", "30/min 1")]);
    bench.accept(order);
    assert!(amend(&mut bench, order, 900_000, "45000").starts_with("CK-32 "));
    bench.after(2 * SECOND);
    assert_eq!(amend(&mut bench, order, 900_000, "45000"), "sent");
}

/// Footnote 4: a report that names a superseded venue id never ends the order.
#[test]
fn the_end_of_a_superseded_id_ends_nothing() {
    use seatrial::market::{CancelledBecause, ExecutionReport, VenueRef};
    let (mut bench, order) = live();
    amend(&mut bench, order, 900_000, "45000");
    let kind = OrderKind::Limit { limit: AT };
    let amended = bench.report(order, Some(Qty::ZERO), ReportKind::Amended { qty: Qty(900_000), kind });
    bench.tell(ExecutionReport { venue_id: Some(VenueRef::numbered('W', 1)), ..amended });
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Cancelled(CancelledBecause::Venue)));
    assert_eq!(state(&bench, order), OrderState::Live);
    let new = bench.report(order, Some(Qty::ZERO), ReportKind::Cancelled(CancelledBecause::Venue));
    bench.tell(ExecutionReport { venue_id: Some(VenueRef::numbered('W', 1)), ..new });
    assert_eq!(state(&bench, order), OrderState::Cancelled);
}

/// The answer to an earlier amend, known by its venue time, comes late: it answers no later one.
#[test]
fn the_late_answer_to_an_earlier_amend_answers_no_later_one() {
    let (mut bench, order) = live();
    amend(&mut bench, order, 900_000, "45000");
    let kind = OrderKind::Limit { limit: AT };
    let late = bench.report(order, None, ReportKind::Amended { qty: Qty(900_000), kind });
    bench.pass(3 * SECOND, &mut |_, _| Vec::new());
    let open = OrderStatus::Open { qty: Qty(900_000), kind };
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Status(open)));
    assert_eq!((state(&bench, order), terms(&bench, order).0), (OrderState::Live, Qty(900_000)));
    assert_eq!(amend(&mut bench, order, 700_000, "45000"), "sent");
    bench.tell(late);
    assert_eq!((state(&bench, order), terms(&bench, order).0), (OrderState::AmendPending, Qty(900_000)));
    bench.tell(bench.report(order, None, ReportKind::Amended { qty: Qty(700_000), kind }));
    assert_eq!((state(&bench, order), terms(&bench, order).0), (OrderState::Live, Qty(700_000)));
    bench.tell(late);
    assert_eq!(terms(&bench, order).0, Qty(700_000), "nor does it bring back terms that are over");
}

/// An amend that was taken for lost arrives after all: what the venue says it holds is what it holds.
#[test]
fn terms_the_venue_states_later_are_the_orders() {
    let (mut bench, order) = live();
    amend(&mut bench, order, 900_000, "45000");
    bench.pass(3 * SECOND, &mut |_, _| Vec::new());
    let kind = OrderKind::Limit { limit: AT };
    let before = OrderStatus::Open { qty: LOTS, kind };
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Status(before)));
    assert_eq!((state(&bench, order), terms(&bench, order).0), (OrderState::Live, LOTS));
    bench.after(SECOND);
    let after = OrderStatus::Open { qty: Qty(900_000), kind };
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Status(after)));
    assert_eq!((state(&bench, order), terms(&bench, order).0), (OrderState::Live, Qty(900_000)));
}

/// TR-24, TR-25: what has ended is neither cancelled nor amended, and the row that denies it is named; no
/// check on exits has anything to do with it.
#[test]
fn commands_on_what_ended_are_denied_by_their_row() {
    let (mut bench, order) = live();
    bench.fill_whole(order);
    let denied = bench.with_desk(move |desk| desk.cancel(order)).expect_err("it is filled");
    assert_eq!(denied.text, "TR-24 BTC/USDT: order 1 is Filled against an open order of this desk");
    assert_eq!(denied.check.to_string(), "TR-24");
    let text = amend(&mut bench, order, LOTS.0 * 2, "44900");
    assert_eq!(text, "TR-25 BTC/USDT: order 1 is Filled against an open order of this desk");
    assert_eq!(
        amend(&mut bench, OrderId(9), LOTS.0 * 2, "44900"),
        "TR-25 order 9 is unknown against an open order of this desk"
    );
}
