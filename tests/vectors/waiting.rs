//! What waits for the safety lane, and when an order's silence counts.

use seatrial::market::{Event, Intention, OrderId, OrderState, Qty, RefusedBecause, RejectReason, ReportKind, Span};

use crate::bench::{Ask, B, Bench, SECOND};
use crate::{LOTS, sent, state};

/// Holds 0.01 of B on margin; the safety lane has one token per six seconds, and its stop took it.
fn without_tokens() -> Bench {
    let mut bench = Bench::margin(&[("budget.safety", "10/min 1")]);
    let entry = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill_whole(entry);
    let stop = bench.sent()[0].id;
    bench.accept(stop);
    bench
}

fn wait_for_exit(bench: &mut Bench) -> OrderId {
    let exit = bench.open(&Ask::exit(B, Intention::Reduce(Qty(100_000))));
    assert_eq!((state(bench, exit), bench.sent().len()), (OrderState::Intent, 0));
    exit
}

/// The engine's deadline counts from the release.
#[test]
fn an_exit_that_waited_has_its_whole_deadline() {
    let mut bench = without_tokens();
    bench.after(2 * SECOND);
    let exit = wait_for_exit(&mut bench);
    bench.after(4 * SECOND);
    bench.step(&Event::Wake);
    assert_eq!(bench.sent().iter().map(|order| order.id).collect::<Vec<_>>(), [exit]);
    assert_eq!(bench.sent()[0].deadline, bench.now.after(Span::from_secs(5)));
}

/// EC-6: a wish older than five seconds is not fired as it was.
#[test]
fn an_old_wish_to_exit_is_void() {
    for (wait, expected) in [(5 * SECOND, OrderState::Sent), (5 * SECOND + 1, OrderState::Void)] {
        let mut bench = without_tokens();
        bench.after(SECOND);
        let exit = wait_for_exit(&mut bench);
        bench.after(wait);
        bench.step(&Event::Wake);
        assert_eq!(state(&bench, exit), expected);
    }
}

/// An errand whose order ended takes no token from the one behind it.
#[test]
fn what_ended_while_it_waited_takes_no_token() {
    let mut bench = without_tokens();
    bench.after(3 * SECOND);
    let first = wait_for_exit(&mut bench);
    let cancelled = bench.with_desk(move |desk| desk.cancel(first));
    assert!(cancelled.is_ok());
    assert_eq!(state(&bench, first), OrderState::Void);
    let second = wait_for_exit(&mut bench);
    bench.after(3 * SECOND);
    bench.step(&Event::Wake);
    assert_eq!(bench.sent().iter().map(|order| order.id).collect::<Vec<_>>(), [second]);
}

/// Cancel wanted before the acknowledgement: sent once, the moment the order is live; a refusal
/// is not answered at once.
#[test]
fn a_wanted_cancel_is_sent_once() {
    let (mut bench, order) = sent(&[]);
    bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
    assert_eq!((state(&bench, order), bench.cancels()), (OrderState::Sent, vec![]));
    bench.accept(order);
    assert_eq!((state(&bench, order), bench.cancels()), (OrderState::CancelPending, vec![order]));
    let refused = ReportKind::CancelRejected(RefusedBecause::StillOpen(RejectReason::Busy));
    bench.tell(bench.report(order, None, refused));
    assert_eq!((state(&bench, order), bench.cancels()), (OrderState::Live, vec![]));
}

/// Silence makes a submission and a cancel unknown; the reservation stays.
// proves: order-ambiguous-submit
#[test]
fn silence_makes_the_outcome_unknown() {
    let (mut bench, order) = sent(&[]);
    bench.after(2 * SECOND - 1);
    bench.step(&Event::Wake);
    assert_eq!(state(&bench, order), OrderState::Sent);
    bench.after(1);
    bench.step(&Event::Wake);
    assert_eq!(state(&bench, order), OrderState::UnknownSubmit);
    bench.accept(order);
    bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
    bench.after(2 * SECOND);
    bench.step(&Event::Wake);
    assert_eq!(state(&bench, order), OrderState::UnknownCancel);
    let worst = bench.trader.core().worst_case(bench.instrument(B)).expect("a mark");
    assert_eq!(worst.long, bench.instrument(B).qty(LOTS) * rust_decimal::Decimal::from(45_000));
}
