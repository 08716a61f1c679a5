//! A pass of reconciliation, answer by answer: what it believes, how far it reads, what it adds to each
//! order of ours, and when it is clean (production-rules §4.10).

use seatrial::market::{
    Action, Balance, CancelledBecause, Decision, Event, ExecutionReport, FillPage, Link, OpenOrder, OrderId, OrderKind,
    OrderState, Price, Qty, Query, ReportKind, Severity, Snapshot, Timestamp, TraderState, VenueMessage, VenuePosition,
};

use crate::bench::{Ask, B, BTC, Bench, SECOND, USDT, X, decimal, money};
use crate::{balances, down, listed, missed, positions, queries, recorded, resting, state, up};

/// The answers to a pass, each to be given on its own.
struct Answers {
    open: Vec<OpenOrder>,
    closed: Vec<ExecutionReport>,
    balances: Vec<Balance>,
    positions: Vec<VenuePosition>,
}

impl Answers {
    fn of(bench: &Bench, open: Vec<OpenOrder>) -> Self {
        Self { open, closed: Vec::new(), balances: balances(bench, &[]), positions: positions(bench) }
    }

    /// Open orders, closed orders, an empty history, positions, balances; as of so long ago.
    fn give(&self, bench: &mut Bench, which: usize, ago: i64) {
        let at = Timestamp(bench.now.0 - ago);
        bench.account(match which {
            0 => VenueMessage::OpenOrders(Snapshot { at, items: self.open.clone() }),
            1 => VenueMessage::ClosedOrders(Snapshot { at, items: self.closed.clone() }),
            2 => VenueMessage::Fills(FillPage { at, page: 0, fills: Vec::new(), more: false }),
            3 => VenueMessage::Positions(Snapshot { at, items: self.positions.clone() }),
            _ => VenueMessage::Balances(Snapshot { at, items: self.balances.clone() }),
        });
    }
}

fn begins(bench: &mut Bench) {
    down(bench, Link::Reports);
    up(bench, Link::Reports);
    assert!(queries(bench).contains(&Query::OpenOrders), "a pass begins: {:?}", bench.actions);
}

fn concluded(bench: &Bench) -> Vec<bool> {
    let clean = |decision: &Decision| match decision {
        Decision::Reconciled { clean, .. } => Some(*clean),
        _ => None,
    };
    bench.decisions().filter_map(clean).collect()
}

/// What was true before the pass was asked for is not believed, whichever answer it is: the pass waits for
/// one that is.
#[test]
fn an_answer_older_than_its_question_is_not_believed() {
    for stale in 0..5 {
        let mut bench = Bench::margin(&[]);
        let order = resting(&mut bench, B, 1_000_000);
        bench.after(10 * SECOND);
        begins(&mut bench);
        let answers = Answers::of(&bench, vec![listed(&bench, order, Qty::ZERO)]);
        for which in 0..5 {
            let ago = if which == stale { 10 * SECOND } else { 0 };
            answers.give(&mut bench, which, ago);
            assert_eq!(concluded(&bench), [] as [bool; 0], "answer {stale} is from before");
        }
        assert_eq!(state(&bench), TraderState::Reconciling);
        answers.give(&mut bench, stale, 0);
        assert_eq!(concluded(&bench), [true], "answer {stale}");
        assert_eq!(state(&bench), TraderState::Armed);
    }
}

/// Missing fills are read page by page until a page holds one that the last clean pass accounted for; a full
/// page without it, whatever it says of more, is not the end. What is read whole is booked at once.
#[test]
fn the_history_is_read_until_it_overlaps() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.after(SECOND);
    let known = missed(&mut bench, order, Qty(100_000), Qty(100_000));
    bench.tell(known);
    bench.after(30 * SECOND);
    bench.step(&Event::Wake);
    bench.agree();
    assert_eq!(bench.trader.core().state(), TraderState::Armed);
    bench.after(SECOND);
    let lost: Vec<_> = (2..5)
        .map(|n| {
            bench.after(SECOND);
            missed(&mut bench, order, Qty(100_000), Qty(n * 100_000))
        })
        .collect();
    begins(&mut bench);
    let page = |bench: &mut Bench, page: u32, fills: &[ExecutionReport], more: bool| {
        let fills = fills.to_vec();
        bench.account(VenueMessage::Fills(FillPage { at: bench.now, page, fills, more }));
        let next = |query: &Query| match query {
            Query::Fills { page, .. } => Some(*page),
            _ => None,
        };
        queries(bench).iter().find_map(next)
    };
    assert_eq!(page(&mut bench, 0, &lost[2..], true), Some(1), "nothing known in it");
    assert_eq!(bench.position(B), Qty(100_000), "older ones are missing: nothing is booked yet");
    assert_eq!(page(&mut bench, 1, &[known, lost[0], lost[1]], true), None, "it overlaps");
    assert_eq!(bench.position(B), Qty(400_000), "oldest first, each once");
    assert_eq!(bench.trader.core().orders().get(order).expect("ours").filled, Qty(400_000));
    // An execution that was told in between is known, and accounted for by no pass yet: it ends no reading.
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.after(SECOND);
    let lost = missed(&mut bench, order, Qty(100_000), Qty(100_000));
    bench.after(SECOND);
    let told = missed(&mut bench, order, Qty(100_000), Qty(200_000));
    bench.tell(told);
    bench.after(SECOND);
    begins(&mut bench);
    assert_eq!(page(&mut bench, 0, &[told], true), Some(1), "known, and no proof of what is before it");
    assert_eq!(page(&mut bench, 1, &[lost], true), Some(2), "only an empty page is the end of it");
    assert_eq!(page(&mut bench, 2, &[], false), None);
    assert_eq!(bench.position(B), Qty(200_000));
}

/// (3): what the list says of an order of ours is the venue's word: other terms are adopted, an order whose
/// answer was lost is known to live.
#[test]
fn the_list_of_open_orders_says_what_ours_are() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.after(10 * SECOND);
    begins(&mut bench);
    let kind = OrderKind::Limit { limit: Price(4_490_000) };
    let line = OpenOrder { qty: Qty(800_000), kind, ..listed(&bench, order, Qty::ZERO) };
    let answers = Answers::of(&bench, vec![line]);
    for which in [0, 1, 2, 4] {
        answers.give(&mut bench, which, 0);
    }
    let terms = bench.trader.core().orders().get(order).expect("ours").terms;
    assert_eq!((terms.qty, terms.kind), (Qty(800_000), kind));

    let mut bench = Bench::spot(&[]);
    let sent = bench.open(&Ask::v01().quantity(1_000_000));
    begins(&mut bench);
    let answers = Answers::of(&bench, vec![listed(&bench, sent, Qty::ZERO)]);
    bench.after(1);
    for which in [0, 1, 2, 4] {
        answers.give(&mut bench, which, 0);
    }
    assert_eq!(bench.trader.core().orders().get(sent).expect("ours").state, OrderState::Live);
}

/// An order of ours in neither list is asked for by its id and stays what it is; one that is listed, or that
/// the other list ended, is not.
#[test]
fn what_no_list_holds_is_asked_for() {
    let mut bench = Bench::spot(&[]);
    let here = resting(&mut bench, B, 1_000_000);
    let gone = resting(&mut bench, X, 100);
    let ended = resting(&mut bench, X, 110);
    bench.after(10 * SECOND);
    begins(&mut bench);
    let mut answers = Answers::of(&bench, vec![listed(&bench, here, Qty::ZERO)]);
    bench.after(1);
    let end = ReportKind::Cancelled(CancelledBecause::Venue);
    answers.closed = vec![bench.report(ended, Some(Qty::ZERO), end)];
    for which in [0, 1, 2, 4] {
        answers.give(&mut bench, which, 0);
    }
    let asked: Vec<OrderId> = queries(&bench)
        .iter()
        .filter_map(|query| match query {
            Query::Order(id) => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [gone]);
    let orders = bench.trader.core().orders();
    let states = [here, gone, ended].map(|id| orders.get(id).expect("ours").state);
    assert_eq!(states, [OrderState::Live, OrderState::Live, OrderState::Cancelled]);
}

/// A list says nothing of an order that was heard of after it: it is not asked for.
#[test]
fn a_list_says_nothing_of_what_came_after_it() {
    let mut bench = Bench::spot(&[]);
    let here = resting(&mut bench, B, 1_000_000);
    bench.after(10 * SECOND);
    begins(&mut bench);
    bench.after(SECOND);
    bench.accept(here);
    let answers = Answers::of(&bench, Vec::new());
    for (which, ago) in [(0, SECOND), (1, 0), (2, 0), (4, 0)] {
        answers.give(&mut bench, which, ago);
    }
    assert!(!queries(&bench).contains(&Query::Order(here)), "{:?}", bench.actions);
}

/// (5): a pass is not clean while the fate of an order is open, and is run again when it is known; what the
/// ladder gave up on stops its instrument alone.
#[test]
fn a_pass_waits_for_the_fate_of_an_order_until_it_is_given_up() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.after(20 * SECOND);
    bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
    bench.lose(order);
    begins(&mut bench);
    let answers = Answers::of(&bench, Vec::new());
    for which in [0, 1, 2, 4] {
        answers.give(&mut bench, which, 0);
    }
    assert_eq!((concluded(&bench), state(&bench)), (vec![false], TraderState::Reconciling));
    bench.after(4 * SECOND);
    bench.cancelled(order);
    assert!(queries(&bench).contains(&Query::OpenOrders), "run again in this very step: {:?}", bench.actions);

    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.with_desk(move |desk| desk.cancel(order)).expect("it is open");
    bench.pass(70 * SECOND, &mut |_, _| Vec::new());
    assert_eq!(bench.trader.core().orders().get(order).expect("ours").state, OrderState::UnknownCancel);
    bench.after(11 * SECOND);
    begins(&mut bench);
    let answers = Answers::of(&bench, Vec::new());
    for which in [0, 1, 2, 4] {
        answers.give(&mut bench, which, 0);
    }
    assert_eq!(recorded(&bench, |d| matches!(d, Decision::Reconciled { clean: true, .. })), 1, "{:?}", bench.actions);
    assert_eq!(state(&bench), TraderState::Armed);
}

/// What an end announced and neither a whole history nor the account has was taken back unseen: a clean pass
/// ends the wait for it, and a person is told.
#[test]
fn what_the_whole_history_does_not_have_is_not_waited_for() {
    let mut bench = Bench::spot(&[]);
    bench.after(SECOND);
    let order = resting(&mut bench, B, 1_000_000);
    let end = ReportKind::Cancelled(CancelledBecause::Venue);
    bench.tell(bench.report(order, Some(Qty(300_000)), end));
    assert!(bench.trader.core().reserved(USDT, bench.now) > decimal("0"), "its fills are due");
    bench.after(20 * SECOND);
    begins(&mut bench);
    let answers = Answers::of(&bench, Vec::new());
    for which in [0, 1, 2, 4] {
        answers.give(&mut bench, which, 0);
    }
    assert_eq!(concluded(&bench), [true]);
    let warned = bench.actions.iter().filter(|a| matches!(a, Action::Alert(a) if a.severity == Severity::Warning));
    assert_eq!(warned.count(), 1, "{:?}", bench.actions);
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), decimal("0"));
}

/// §4.10: an account reset is all of it together: first balances beside a history that knows executions are a
/// difference, and no more.
#[test]
fn first_balances_with_a_history_are_no_reset() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.after(SECOND);
    let fill = missed(&mut bench, order, Qty(400_000), Qty(400_000));
    bench.tell(fill);
    bench.after(SECOND);
    begins(&mut bench);
    let first = vec![Balance { asset: USDT, total: money("10000") }, Balance { asset: BTC, total: money("0") }];
    bench.say(Vec::new(), vec![fill], first, Vec::new());
    assert!(!bench.trader.core().why_not_armed().iter().any(|why| why.contains("reset")));
    assert_eq!(concluded(&bench), [false]);
}

/// §1.6: the fate of an unknown order does not wait for a pass that lacks an answer: found open, found ended
/// or twice found nowhere, it is known by what the pass has already heard.
#[test]
fn an_unknown_order_does_not_wait_for_the_pass() {
    let unknown = || {
        let mut bench = Bench::margin(&[]);
        let order = bench.open(&Ask::v01().quantity(1_000_000));
        bench.step(&Event::Host(seatrial::market::HostEvent::Restarted));
        assert!(queries(&bench).contains(&Query::OpenOrders), "a pass begins: {:?}", bench.actions);
        (bench, order)
    };
    let state_of = |bench: &Bench, id| bench.trader.core().orders().get(id).expect("ours").state;
    let (mut bench, order) = unknown();
    let answers = Answers::of(&bench, vec![listed(&bench, order, Qty(0))]);
    answers.give(&mut bench, 0, 0);
    assert_eq!((state_of(&bench, order), state(&bench)), (OrderState::Live, TraderState::Reconciling));

    let (mut bench, order) = unknown();
    let ended = bench.report(order, Some(Qty(0)), ReportKind::Cancelled(CancelledBecause::Venue));
    let answers = Answers { closed: vec![ended], ..Answers::of(&bench, Vec::new()) };
    answers.give(&mut bench, 1, 0);
    assert_eq!((state_of(&bench, order), state(&bench)), (OrderState::Cancelled, TraderState::Reconciling));

    // The deadline and the margin for clocks, then five seconds between two looks.
    let (mut bench, order) = unknown();
    for (wait, then) in [(7, OrderState::UnknownSubmit), (5, OrderState::Void)] {
        bench.after(wait * SECOND);
        bench.step(&Event::Wake);
        let answers = Answers::of(&bench, Vec::new());
        for which in [0, 1, 2] {
            answers.give(&mut bench, which, 0);
        }
        assert_eq!(state_of(&bench, order), then, "{wait} s later: {:?}", bench.actions);
        assert_eq!(state(&bench), TraderState::Reconciling, "balances never came");
    }
}

/// What a pass keeps is heard twice, and counts once: no snapshot is two proofs of absence.
#[test]
fn a_kept_answer_is_one_proof() {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.step(&Event::Host(seatrial::market::HostEvent::Restarted));
    bench.after(7 * SECOND);
    bench.step(&Event::Wake);
    let answers = Answers::of(&bench, Vec::new());
    for which in 0..5 {
        answers.give(&mut bench, which, 0);
    }
    assert_eq!(concluded(&bench), [false]);
    assert_eq!(bench.trader.core().orders().get(order).expect("ours").state, OrderState::UnknownSubmit);
}
