//! What is tried again, when, and what never is (§3.6).

use rust_decimal::Decimal;
use seatrial::market::{
    Action, Command, Decision, Event, Intention, LinkEvent, NewOrder, OrderId, OrderState, OrderStatus, Qty,
    RefusedBecause, RejectReason, ReportKind, SessionState, Severity, Timestamp, VenueMessage,
};

use crate::bench::{Ask, B, Bench, SECOND, USDT};
use crate::{LOTS, loudest, sent, state};

/// A venue that refuses every new order, and is asked about none.
fn refuses(reason: RejectReason) -> impl FnMut(Timestamp, &Command) -> Vec<Event> {
    move |now, command| {
        let (order, kind) = match command {
            Command::New(order) => (order.id, ReportKind::Rejected(reason)),
            Command::Query(seatrial::market::Query::Order(id)) => {
                (*id, ReportKind::Status(OrderStatus::Rejected(reason)))
            }
            _ => return Vec::new(),
        };
        vec![Event::Report(seatrial::market::ExecutionReport {
            order,
            venue_id: None,
            instrument: B,
            at: now,
            cumulative: Some(Qty::ZERO),
            kind,
        })]
    }
}

fn sends(log: &[(i64, Action)]) -> Vec<(i64, NewOrder)> {
    let new = |(at, action): &(i64, Action)| match action {
        Action::Send(Command::New(order)) => Some((*at, *order)),
        _ => None,
    };
    log.iter().filter_map(new).collect()
}

/// Sends an order, has it refused, and lets time pass with the quotes kept fresh.
fn refused(bench: &mut Bench, order: OrderId, reason: RejectReason, seconds: i64) -> Vec<(i64, Action)> {
    let mut log = Vec::new();
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Rejected(reason)));
    loop {
        log.extend(bench.actions.iter().map(|action| (0, action.clone())));
        let said: Vec<Event> =
            bench.commands().iter().flat_map(|command| refuses(reason)(bench.now, command)).collect();
        let [said] = &said[..] else { break };
        bench.step(said);
    }
    for second in 0..seconds {
        bench.quotes_quietly();
        let passed = bench.pass(SECOND, &mut refuses(reason));
        log.extend(passed.into_iter().map(|(at, action)| (second * 1_000 + at, action)));
    }
    log
}

/// V-96: an entry answered "busy" four times: sends at 0, 5, 15 and 35 s, no fifth; each under its own
/// id, of one intent, with a fresh deadline.
// proves: order-codes
#[test]
pub fn a_busy_venue_is_asked_three_times_more() {
    for reason in [RejectReason::Busy, RejectReason::RateLimited, RejectReason::DeadlineElapsed] {
        let (mut bench, order) = sent(&[]);
        let log = refused(&mut bench, order, reason, 120);
        let again = sends(&log);
        let times: Vec<i64> = again.iter().map(|(at, _)| *at).collect();
        assert_eq!(times, [5_000, 15_000, 35_000], "{reason:?}");
        let ids: Vec<u64> = again.iter().map(|(_, order)| order.id.0).collect();
        assert_eq!(ids, [2, 3, 4]);
        let intents = log.iter().filter_map(|(_, action)| match action {
            Action::Record(Decision::Intended { intent, .. }) => Some(*intent),
            _ => None,
        });
        let first = bench.trader.core().orders().get(order).expect("ours").intent;
        assert!(intents.into_iter().all(|intent| intent == first));
        assert_eq!(bench.trader.core().reserved(USDT, bench.now), Decimal::ZERO);
    }
}

/// Every reason: a rule of the market, a session and a lockout are never answered with the same order.
// proves: order-codes
#[test]
pub fn a_definitive_no_is_final() {
    use RejectReason as R;
    for reason in [
        R::UnknownInstrument,
        R::Tick,
        R::Lot,
        R::MinQty,
        R::MaxQty,
        R::MinNotional,
        R::PriceBand,
        R::InsufficientBalance,
        R::PostOnlyWouldCross,
        R::ReduceOnly,
        R::Unsupported,
        R::WouldTriggerAtOnce,
        R::NoMarket,
        R::TooManyOrders,
        R::Session,
        R::Permission,
        R::Lockout,
    ] {
        let (mut bench, order) = sent(&[]);
        bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Rejected(reason)));
        let warned = loudest(&bench) >= Some(Severity::Warning);
        assert_eq!((state(&bench, order), warned), (OrderState::Rejected, reason != R::PostOnlyWouldCross));
        let log = refused(&mut bench, order, reason, 60);
        assert_eq!(sends(&log), [], "{reason:?}");
    }
}

/// A refused nonce is tried once at once, then as busy.
#[test]
pub fn a_refused_nonce_is_tried_at_once_and_then_as_busy() {
    let (mut bench, order) = sent(&[]);
    let log = refused(&mut bench, order, RejectReason::Nonce, 60);
    let times: Vec<i64> = sends(&log).iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 5_000, 15_000, 35_000]);
}

/// A duplicate client id is evidence of an earlier yes: unknown, asked about, adopted; never resent.
// proves: order-ambiguous-submit
#[test]
pub fn a_duplicate_id_is_a_yes() {
    for link in [false, true] {
        let (mut bench, order) = sent(&[]);
        if link {
            bench.step(&Event::Link(LinkEvent::DuplicateId(order)));
        } else {
            bench.tell(bench.report(order, None, ReportKind::Rejected(RejectReason::DuplicateId)));
        }
        assert_eq!(state(&bench, order), OrderState::UnknownSubmit);
        assert_eq!(bench.commands(), [Command::Query(seatrial::market::Query::Order(order))]);
        let limit = bench.trader.core().orders().get(order).expect("ours").terms.kind;
        let open = OrderStatus::Open { qty: LOTS, kind: limit };
        bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Status(open)));
        assert_eq!(state(&bench, order), OrderState::Live);
    }
}

/// Checks are passed again with what holds then: without a reference the intent is dropped, with a new
/// one the order has another price.
#[test]
pub fn a_retry_passes_all_checks_again() {
    let (mut bench, order) = sent(&[]);
    bench.tell(bench.report(order, None, ReportKind::Rejected(RejectReason::Busy)));
    bench.after(5 * SECOND + 1);
    bench.step(&Event::Wake);
    let denied =
        |decision: &Decision| matches!(decision, Decision::Denied(denied) if denied.text.starts_with("CK-11 "));
    assert!(bench.sent().is_empty() && bench.decisions().any(denied), "{:?}", bench.actions);
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().at_market().quantity(LOTS.0));
    let before = bench.sent()[0].kind.limit();
    bench.tell(bench.report(order, None, ReportKind::Rejected(RejectReason::Busy)));
    bench.after(5 * SECOND);
    bench.reference(B, "44900");
    bench.step(&Event::Wake);
    assert!(bench.sent()[0].kind.limit() < before, "the collar of the fresh reference");
}

/// Age: an intent older than `orders.intent_max_age` is not tried again.
#[test]
pub fn an_old_intent_is_dropped() {
    let (mut bench, order) = sent(&[("orders.retry_delay", "30s"), ("orders.intent_max_age", "29s")]);
    let log = refused(&mut bench, order, RejectReason::Busy, 120);
    assert_eq!(sends(&log), []);
}

/// A desk's exit: 0.25, 0.5, 1, 2 s and then every 2 s, for as long as it is refused as busy.
#[test]
pub fn an_exit_is_tried_until_it_is_taken() {
    // On margin, where no exit waits for lots.
    let mut bench = Bench::margin(&[("budget.safety", "100/s 100")]);
    let entry = bench.open(&Ask::v01());
    bench.fill_whole(entry);
    let exit = bench.open(&Ask::exit(B, Intention::Close));
    let log = refused(&mut bench, exit, RejectReason::Busy, 10);
    let times: Vec<i64> = sends(&log)
        .iter()
        .filter(|(_, order)| {
            order.reduce_only && order.side == seatrial::market::Side::Sell && order.kind.limit().is_some()
        })
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(times, [250, 750, 1_750, 3_750, 5_750, 7_750, 9_750]);
}

/// A refused cancel: after 1, 2, 4 and then every 4 s while it is wanted.
#[test]
pub fn a_refused_cancel_is_sent_again() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
    let busy = ReportKind::CancelRejected(RefusedBecause::StillOpen(RejectReason::Busy));
    bench.tell(bench.report(order, None, busy));
    assert_eq!(loudest(&bench), Some(Severity::Warning));
    let refusal = bench.report(order, None, busy);
    let log = bench.pass(16 * SECOND, &mut |now, command| match command {
        Command::Cancel(_) => vec![Event::Report(seatrial::market::ExecutionReport { at: now, ..refusal })],
        _ => Vec::new(),
    });
    let times: Vec<i64> =
        log.iter().filter(|(_, action)| *action == Action::Send(Command::Cancel(order))).map(|(at, _)| *at).collect();
    assert_eq!(times, [1_000, 3_000, 7_000, 11_000, 15_000]);
    bench.cancelled(order);
    let log = bench.pass(10 * SECOND, &mut |_, _| Vec::new());
    assert!(log.iter().all(|(_, action)| *action != Action::Send(Command::Cancel(order))), "not once it ended");
}

/// `venue-sessions`: what a closed session refused is not queued for later.
// proves: venue-sessions
#[test]
pub fn a_closed_session_queues_nothing() {
    let (mut bench, order) = sent(&[]);
    bench.account(VenueMessage::Session { instrument: B, state: SessionState::Maintenance });
    bench.tell(bench.report(order, None, ReportKind::Rejected(RejectReason::Session)));
    bench.account(VenueMessage::Session { instrument: B, state: SessionState::Open });
    bench.quotes();
    let log = bench.pass(120 * SECOND, &mut |_, _| Vec::new());
    assert_eq!(sends(&log), []);
    bench.quotes();
    bench.open(&Ask::v01().at("44999").quantity(100_000));
}

/// Proof that no byte left voids the order at once and lets the intent be tried again.
#[test]
pub fn what_never_left_is_void_and_tried_again() {
    let (mut bench, order) = sent(&[]);
    bench.step(&Event::Link(LinkEvent::NotSent(order)));
    assert_eq!(state(&bench, order), OrderState::Void);
    bench.after(5 * SECOND);
    bench.quotes_quietly();
    bench.step(&Event::Wake);
    assert_eq!(bench.sent().len(), 1);
}

/// `exit-dead-button`: an exit that is never answered stays the only one, however often the desk asks.
// proves: exit-dead-button
#[test]
pub fn an_exit_that_times_out_stays_the_only_one() {
    // On margin the exit leaves at once; on spot it would wait for the lots of the stop and never time out.
    let mut bench = Bench::margin(&[("budget.safety", "100/s 100")]);
    let entry = bench.open(&Ask::v01());
    bench.fill_whole(entry);
    bench.open(&Ask::exit(B, Intention::Close));
    for _ in 0..70 {
        bench.pass(SECOND, &mut |_, _| Vec::new());
        bench.quotes_quietly();
        let answer = bench.answer(&Ask::exit(B, Intention::Close));
        assert!(answer.starts_with("EC-"), "{answer}");
        let open = |order: &&seatrial::trading::orders::Order| {
            order.purpose == seatrial::market::Purpose::Exit && !order.state.is_terminal()
        };
        assert_eq!(bench.trader.core().orders().open().filter(open).count(), 1);
    }
}
