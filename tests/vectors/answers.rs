//! Second answers, partial answers and answers that repeat: what they add, and what they must not
//! (production-rules §1.5, §1.6, §2.7, §4.1).

use seatrial::market::{
    Action, Balance, CancelledBecause, Command, Decision, Event, ExecutionReport, Fee, Fill, FillPage, OrderId,
    OrderKind, OrderState, OrderStatus, Price, Purpose, Qty, Query, RawPrice, RejectReason, ReportKind, Severity, Side,
    Snapshot, Span, Timestamp, VenueMessage, VenueRef,
};

use crate::bench::{Ask, B, Bench, SECOND, USDT, X, config, decimal, instruments, money};
use crate::ladder::knows_nothing;
use crate::{AT, LOTS, anomalies, loudest, sent, state};

const DAY: i64 = 86_400 * SECOND;

fn pages(bench: &Bench) -> Vec<u32> {
    let page = |command: Command| match command {
        Command::Query(Query::Fills { page, .. }) => Some(page),
        _ => None,
    };
    bench.commands().into_iter().filter_map(page).collect()
}

fn postings(bench: &Bench) -> usize {
    bench.decisions().filter(|decision| matches!(decision, Decision::Posted(_))).count()
}

fn page(bench: &mut Bench, page: u32, fills: Vec<ExecutionReport>, more: bool) {
    bench.account(VenueMessage::Fills(FillPage { at: bench.now, page, fills, more }));
}

/// An order that ended by an end that announced fills nobody told: its history is being read.
fn owed(bench: &mut Bench, cumulative: i64) -> OrderId {
    let order = bench.open(&Ask::v01().quantity(LOTS.0));
    bench.accept(order);
    let end = ReportKind::Cancelled(CancelledBecause::Requested);
    bench.tell(bench.report(order, Some(Qty(cumulative)), end));
    assert_eq!(pages(bench), [0]);
    order
}

/// TR-06 and TR-07 hold for what the history says as for what is told: what is known changes nothing, what
/// contradicts it is asked about and changes nothing either; only the fee is the history's to say.
#[test]
fn a_page_that_repeats_what_is_known_changes_nothing() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let fee = Some(Fee { asset: USDT, amount: money("0.5") });
    let fill = Fill { fee, ..bench.fill_of(order, Qty(400_000), AT) };
    let report = bench.report(order, Some(Qty(400_000)), ReportKind::Filled(fill));
    bench.tell(report);
    let (cash, held) = (bench.cash(USDT), bench.position(B));
    page(&mut bench, 0, vec![report], false);
    assert_eq!((postings(&bench), anomalies(&bench)), (0, 0), "{:?}", bench.actions);
    let other = Fill { qty: Qty(300_000), ..fill };
    page(&mut bench, 0, vec![ExecutionReport { kind: ReportKind::Filled(other), ..report }], false);
    assert_eq!((bench.cash(USDT), bench.position(B), postings(&bench)), (cash, held, 0));
    assert_eq!((anomalies(&bench), loudest(&bench)), (1, Some(Severity::Warning)), "{:?}", bench.actions);
    assert!(bench.commands().contains(&Command::Query(Query::Order(order))));
}

/// §4.10: the history is read until a page overlaps with what is known and nothing is missing.
#[test]
fn the_history_is_read_as_far_as_it_must_be() {
    for (known, missing, asks) in [(true, false, false), (true, true, true), (false, true, true)] {
        let mut bench = Bench::spot(&[]);
        let resting = bench.open(&Ask::long(X, "0.60", "0.588").quantity(100));
        bench.accept(resting);
        let ended = owed(&mut bench, 300_000);
        let first = bench.fill_of(ended, Qty(100_000), AT);
        let first = bench.report(ended, Some(Qty(100_000)), ReportKind::Filled(first));
        let second = bench.fill_of(ended, Qty(200_000), AT);
        let second = bench.report(ended, Some(Qty(300_000)), ReportKind::Filled(second));
        if known {
            bench.tell(first);
        }
        let told = if missing { first } else { second };
        page(&mut bench, 0, if known && !missing { vec![first, told] } else { vec![told] }, true);
        assert_eq!(pages(&bench) == [1], asks, "known {known}, missing {missing}: {:?}", bench.actions);
    }
}

/// **f** is about fills that are due: an order that owes none starts no reading of its own.
#[test]
fn an_order_that_owes_nothing_asks_for_no_history() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let log = bench.pass(100 * SECOND, &mut |_, _| Vec::new());
    let asked = |wanted: fn(&Query) -> bool| {
        let query =
            |(_, action): &&(i64, Action)| matches!(action, Action::Send(Command::Query(query)) if wanted(query));
        log.iter().filter(query).count()
    };
    let fills = asked(|query| matches!(query, Query::Fills { .. }));
    let closed = asked(|query| matches!(query, Query::ClosedOrders(_)));
    assert_eq!(fills, closed, "both are a pass's, and no other's");
}

/// A bust of an execution that is not the order's explains nothing of what the order owes: a history without
/// its fills is no proof that they were undone.
#[test]
fn the_bust_of_another_orders_execution_explains_nothing() {
    let (mut bench, filled) = sent(&[]);
    bench.fill(filled, LOTS, AT);
    let ended = bench.open(&Ask::v01().at("44999").quantity(LOTS.0));
    bench.accept(ended);
    let end = ReportKind::Cancelled(CancelledBecause::Requested);
    bench.tell(bench.report(ended, Some(Qty(300_000)), end));
    let due = bench.trader.core().reserved(USDT, bench.now);
    assert!(due > decimal("0"));
    bench.tell(bench.report(ended, None, ReportKind::Busted(VenueRef::numbered('E', 1))));
    assert_eq!((anomalies(&bench), bench.position(B)), (1, LOTS));
    page(&mut bench, 0, Vec::new(), false);
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), due, "it stays reserved");
}

/// FB-3: an execution is remembered for `fills.dedupe_window` and no longer.
#[test]
fn executions_are_remembered_for_as_long_as_the_rule_says() {
    let (mut bench, order) = sent(&[("fills.dedupe_window", "30d")]);
    bench.fill_whole(order);
    let known = |bench: &Bench| bench.trader.core().books().applied(&VenueRef::numbered('E', 1)).is_some();
    for (days, remembered) in [(1, true), (29, true), (31, false)] {
        let (mut bench, order) = sent(&[("fills.dedupe_window", "30d")]);
        bench.fill_whole(order);
        for _ in 0..days {
            bench.after(DAY + 1);
            bench.step(&Event::Wake);
        }
        assert_eq!(known(&bench), remembered, "after {days} days");
    }
    assert!(known(&bench));
}

/// §4.4: one unit of price is a price, and the last lots of an order are on the grid it was placed on.
#[test]
fn a_fill_at_the_edge_of_what_can_be_is_booked() {
    let (mut bench, order) = sent(&[]);
    bench.fill(order, LOTS, Price(1));
    assert_eq!(bench.position(B), LOTS);

    let mut all = instruments(seatrial::market::Contract::Spot);
    let mut coarse = all[0].timeline[0].clone();
    (coarse.from, coarse.lot) = (Timestamp(crate::bench::NOON.0 + SECOND), Qty(1_000));
    all[0].timeline.push(coarse);
    let mut bench = Bench::holding(all, config(&[]), &[(USDT, "10000")]);
    bench.reference(B, "45000");
    let order = bench.open(&Ask::v01().quantity(LOTS.0 + 500));
    bench.accept(order);
    bench.after(2 * SECOND);
    for (qty, booked) in [(500, 0), (LOTS.0, LOTS.0), (500, LOTS.0 + 500)] {
        bench.fill(order, Qty(qty), AT);
        assert_eq!(bench.position(B), Qty(booked), "{qty}");
    }
    assert_eq!(state(&bench, order), OrderState::Filled);
}

/// TR-28 for an order that left the history: its fill is taken back from the desk that held it.
#[test]
fn a_bust_of_an_order_that_left_the_history_is_booked() {
    let keys = [("throttle.max_per_day", "50000"), ("budget.entry", "100/s 1000"), ("orders.history_max", "100")];
    let (mut bench, first) = sent(&keys);
    let cash = bench.cash(USDT);
    bench.fill_whole(first);
    for _ in 0..101 {
        bench.after(60 * SECOND);
        bench.quotes();
        let young = bench.open(&Ask::long(X, "0.60", "0.588").quantity(100));
        bench.cancelled(young);
    }
    assert!(bench.trader.core().orders().get(first).is_none(), "the history is bounded");
    let bust = ExecutionReport {
        order: first,
        venue_id: Some(VenueRef::numbered('V', first.0)),
        instrument: B,
        at: bench.now,
        cumulative: None,
        kind: ReportKind::Busted(VenueRef::numbered('E', 1)),
    };
    bench.tell(bust);
    assert_eq!((bench.position(B), bench.cash(USDT)), (Qty::ZERO, cash));
    bench.tell(bust);
    assert_eq!((bench.position(B), bench.cash(USDT)), (Qty::ZERO, cash), "once");
}

/// §4.14: a refusal is a warning, once: the same word again says nothing new.
#[test]
fn a_refusal_is_told_once() {
    let (mut bench, order) = sent(&[]);
    let refusal = bench.report(order, Some(Qty::ZERO), ReportKind::Rejected(RejectReason::Tick));
    bench.tell(refusal);
    assert_eq!((state(&bench, order), loudest(&bench)), (OrderState::Rejected, Some(Severity::Warning)));
    bench.tell(refusal);
    assert_eq!((state(&bench, order), loudest(&bench)), (OrderState::Rejected, None), "{:?}", bench.actions);
}

/// TR-15, footnote 5: an order that is said to be open after its cancel is cancelled again only if that is
/// true later than the cancel by `orders.cancel_timeout`.
#[test]
fn an_open_order_is_cancelled_again_when_the_cancel_had_its_time() {
    for (later, again) in [(2 * SECOND - 1, false), (2 * SECOND, true)] {
        let (mut bench, order) = sent(&[]);
        bench.accept(order);
        bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
        bench.after(later);
        let open = OrderStatus::Open { qty: LOTS, kind: OrderKind::Limit { limit: AT } };
        bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Status(open)));
        let expected = if again { vec![order] } else { vec![] };
        assert_eq!((state(&bench, order), bench.cancels()), (OrderState::CancelPending, expected), "{later}");
    }
}

/// TR-17: the second absence stops the instrument, once: a third, and the second told again, are no news.
#[test]
fn an_absence_that_is_proven_is_told_once() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let absent = ReportKind::Status(OrderStatus::NotFound { complete: true });
    let told = |bench: &mut Bench, later: i64| {
        bench.after(later);
        bench.tell(bench.report(order, None, absent));
        loudest(bench)
    };
    told(&mut bench, 1);
    assert_eq!(told(&mut bench, 1), Some(Severity::Critical));
    assert_eq!([told(&mut bench, 0), told(&mut bench, 1)], [None, None], "{:?}", bench.actions);
}

/// Ended orders as the venue lists them: one that says more than we booked makes fills due, one that says
/// the same is no news, and a void order that had been taken after all is what the venue says it is.
#[test]
fn a_list_of_ended_orders_adds_what_was_not_known() {
    let listed = |bench: &mut Bench, order: OrderId, cumulative: i64| {
        bench.after(SECOND);
        let report = bench.report(order, Some(Qty(cumulative)), ReportKind::Status(OrderStatus::Cancelled));
        bench.account(VenueMessage::ClosedOrders(Snapshot { at: bench.now, items: vec![report] }));
    };
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    bench.cancelled(order);
    listed(&mut bench, order, 0);
    assert_eq!(bench.actions.len(), 0, "{:?}", bench.actions);
    listed(&mut bench, order, 400_000);
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("180.72"), "0.004 are due");
    assert_eq!(pages(&bench), [0]);

    let (mut bench, order) = sent(&[("orders.max_retries", "0")]);
    bench.pass(12 * SECOND, &mut knows_nothing(Span::ZERO));
    assert_eq!(state(&bench, order), OrderState::Void);
    listed(&mut bench, order, 0);
    assert_eq!((state(&bench, order), loudest(&bench)), (OrderState::Cancelled, Some(Severity::Critical)));
}

/// LD-5 is no verdict: a submission that was given up is still proven void by two complete negatives.
#[test]
fn a_submission_that_was_given_up_is_still_resolved() {
    let (mut bench, order) = sent(&[("orders.max_retries", "0")]);
    bench.pass(70 * SECOND, &mut |_, _| Vec::new());
    assert_eq!(state(&bench, order), OrderState::UnknownSubmit);
    let mut venue = knows_nothing(Span::ZERO);
    bench.pass(120 * SECOND, &mut |at, command| match command {
        Command::Query(Query::Account) => {
            let items = vec![Balance { asset: USDT, total: money("10000") }];
            vec![Event::Account(VenueMessage::Balances(Snapshot { at, items }))]
        }
        command => venue(at, command),
    });
    assert_eq!(state(&bench, order), OrderState::Void);
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("0"));
}

/// §3.6: a deadline that elapsed is verified by one query before anything is sent again.
#[test]
fn a_retry_waits_for_its_no_to_be_verified() {
    let (mut bench, order) = sent(&[]);
    bench.tell(bench.report(order, Some(Qty::ZERO), ReportKind::Rejected(RejectReason::DeadlineElapsed)));
    let sends = |log: &[(i64, Action)]| {
        log.iter().filter(|(_, action)| matches!(action, Action::Send(Command::New(_)))).count()
    };
    let mut log = Vec::new();
    for _ in 0..20 {
        bench.quotes_quietly();
        log.extend(bench.pass(SECOND, &mut |_, _| Vec::new()));
    }
    assert_eq!(sends(&log), 0, "its no is not verified");
    bench.quotes_quietly();
    let no = ReportKind::Status(OrderStatus::Rejected(RejectReason::DeadlineElapsed));
    bench.tell(bench.report(order, Some(Qty::ZERO), no));
    bench.quotes_quietly();
    let log = bench.pass(2 * SECOND, &mut |_, _| Vec::new());
    assert_eq!(sends(&log), 1, "{log:?}");
}

/// §2.7: a desk's own cancels, and the new terms of its entries, leave from the entry lane; what shrinks a
/// position leaves from the safety lane, also as a desk's new terms, and whether entries have tokens or not.
#[test]
fn each_errand_leaves_from_its_own_lane() {
    let mut bench = Bench::margin(&[("budget.safety", "10/min 1"), ("risk.max_entries_per_instrument", "5")]);
    let orders: Vec<OrderId> = ["44990", "44980", "44970"]
        .into_iter()
        .map(|at| {
            let order = bench.open(&Ask { price: Some(at), ..Ask::v01().quantity(100_000) });
            bench.accept(order);
            bench.after(11 * SECOND);
            bench.quotes_quietly();
            order
        })
        .collect();
    for order in &orders[..2] {
        let order = *order;
        bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
        assert_eq!(bench.cancels(), [order], "the safety lane has one token for both");
    }
    let last = orders[2];
    let limit = RawPrice::new(decimal("44960"));
    bench.with_desk(move |desk| desk.amend(last, Qty(100_000), limit)).expect("it is live");
    assert!(matches!(bench.commands()[..], [Command::Amend(_)]), "{:?}", bench.actions);

    let mut bench = Bench::margin(&[("budget.entry", "1/min 1")]);
    let entry = bench.open(&Ask::v01().quantity(LOTS.0));
    bench.fill_whole(entry);
    let exit =
        bench.open(&Ask { price: Some("45500"), ..Ask::exit(B, seatrial::market::Intention::Reduce(Qty(400_000))) });
    bench.accept(exit);
    let limit = RawPrice::new(decimal("45600"));
    bench.with_desk(move |desk| desk.amend(exit, Qty(400_000), limit)).expect("no entry's token is asked for");
    assert!(matches!(bench.commands()[..], [Command::Amend(_)]), "{:?}", bench.actions);
}

/// EC-6 is about wishes to exit: a stop that waits for a token waits as long as it must.
#[test]
fn a_stop_does_not_grow_stale() {
    let keys = [("budget.safety", "5/min 1"), ("ceilings", "research"), ("protection.naked_max", "60s")];
    let mut bench = Bench::margin(&keys);
    let first = bench.open(&Ask::long(X, "0.60", "0.588").quantity(100));
    bench.fill_whole(first);
    let second = bench.open(&Ask::v01().quantity(LOTS.0));
    bench.fill_whole(second);
    let waiting = bench.trader.core().orders().open_in(B).find(|order| order.purpose == Purpose::Stop);
    let stop = waiting.filter(|order| order.state == OrderState::Intent).expect("the lane is empty").terms.id;
    let mut sent = Vec::new();
    for _ in 0..13 {
        bench.quotes_quietly();
        bench.after(SECOND);
        bench.step(&Event::Wake);
        sent.extend(bench.sent().iter().map(|order| order.id));
    }
    assert_eq!(sent, [stop]);
}

/// §3.5: while new terms are examined the old ones are not counted beside them: what would pass as an entry
/// passes as an amend.
#[test]
fn new_terms_are_not_counted_beside_the_old() {
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().notional("1900"));
    bench.accept(order);
    let qty = bench.trader.core().orders().get(order).expect("ours").terms.qty;
    let limit = RawPrice::new(decimal("44999"));
    let done = bench.with_desk(move |desk| desk.amend(order, qty, limit));
    assert_eq!(done.map_err(|denied| denied.text), Ok(()));
}

/// §2.4: the sides of an instrument are counted apart: what is held on its own side, with what could still
/// grow it.
#[test]
fn what_is_held_counts_on_its_own_side() {
    for side in [Side::Buy, Side::Sell] {
        let mut bench = Bench::margin(&[]);
        let ask = if side == Side::Buy { Ask::v01() } else { Ask::short(B, "45000", "45900") };
        let entry = bench.open(&ask.clone().quantity(LOTS.0));
        bench.fill_whole(entry);
        let stop = bench.open_of(Purpose::Stop);
        assert_eq!(stop.len(), 1);
        let price = if side == Side::Buy { "44990" } else { "45010" };
        bench.open(&ask.at(price).quantity(400_000));
        let worst = bench.trader.core().worst_case(bench.instrument(B)).expect("a mark");
        let both = decimal("450") + decimal("0.004") * decimal(price);
        let (grows, other) = if side == Side::Buy { (worst.long, worst.short) } else { (worst.short, worst.long) };
        assert_eq!((grows, other), (both, decimal("0")), "{side:?}");
    }
}
