//! What other hands take, give back and are undone of, and what the books and ours are left with
//! (production-rules §4.11, FB-1, FB-4, TR-28).

use seatrial::market::{
    Account, Action, Balance, Contract, Decision, DeskId, Event, ExecutionReport, Fee, Fill, InstrumentId, OrderKind,
    OrderStatus, Price, Purpose, Qty, Query, ReportKind, Severity, Side, TickLots, VenueMessage, VenuePosition,
};

use crate::bench::{Ask, B, BTC, Bench, SECOND, USDT, X, decimal, money};
use crate::external::{ours, their_fill};
use crate::{balances, critical, positions, queries, recorded, resting};

fn theirs(bench: &Bench, id: InstrumentId) -> Qty {
    bench.trader.core().books().position(DeskId::EXTERNAL, id).map_or(Qty::ZERO, |held| held.qty)
}

fn with_fee(report: ExecutionReport, fee: Option<&str>) -> ExecutionReport {
    let ReportKind::Filled(fill) = report.kind else { unreachable!("a fill was made") };
    let fee = fee.map(|amount| Fee { asset: USDT, amount: money(amount) });
    ExecutionReport { kind: ReportKind::Filled(Fill { fee, ..fill }), ..report }
}

fn warnings(bench: &Bench) -> usize {
    let warning = |action: &&Action| matches!(action, Action::Alert(alert) if alert.severity == Severity::Warning);
    bench.actions.iter().filter(warning).count()
}

/// The stops of ours in an instrument: what they could still fill.
fn covered(bench: &Bench, id: InstrumentId) -> Vec<Qty> {
    let stops = bench.trader.core().orders().open_in(id).filter(|order| order.purpose == Purpose::Stop);
    stops.filter(|order| !order.state.is_terminal()).map(seatrial::trading::order::Order::could_fill).collect()
}

/// Whether an entry is denied because of what other hands did.
fn waits(bench: &mut Bench, id: InstrumentId) -> bool {
    let ask = if id == B { Ask::v01().quantity(100_000) } else { Ask::long(X, "0.60", "0.588").quantity(100) };
    bench.answer(&ask).starts_with("CK-07")
}

/// TR-28 for other hands: what the venue undid of theirs is theirs no more, fee and all, and a person is
/// told; once.
#[test]
fn a_fill_of_other_hands_is_undone() {
    for contract in [Contract::Spot, Contract::Linear] {
        let mut bench = if contract == Contract::Spot { Bench::spot(&[]) } else { Bench::margin(&[]) };
        let cash = bench.cash(USDT);
        let fill = with_fee(their_fill(&mut bench, X, Side::Buy, 100, 60_000), Some("0.24"));
        bench.tell(fill);
        assert_eq!(theirs(&bench, X), Qty(100));
        assert_ne!(bench.cash(USDT), cash);
        let ReportKind::Filled(known) = fill.kind else { unreachable!("a fill was made") };
        let bust = ExecutionReport { kind: ReportKind::Busted(known.execution), ..fill };
        bench.tell(bust);
        assert_eq!((theirs(&bench, X), bench.cash(USDT), critical(&bench)), (Qty::ZERO, cash, 1), "{contract:?}");
        bench.tell(bust);
        assert_eq!((theirs(&bench, X), bench.cash(USDT)), (Qty::ZERO, cash), "{contract:?}: once");
        assert_eq!(bench.trader.core().books().verify(bench.trader.core().instruments()), Ok(()));
    }
}

/// FB-4 asks for it of every fill: a fee that was predicted is corrected by the one that is told later;
/// the same fill without one says nothing new.
#[test]
fn a_fee_of_other_hands_is_corrected_when_it_is_told() {
    let mut bench = Bench::margin(&[]);
    let paid = |bench: &Bench| bench.trader.core().books().ledger().balance(Account::Fees, USDT).decimal();
    let fill = their_fill(&mut bench, X, Side::Buy, 100, 60_000);
    bench.tell(with_fee(fill, None));
    assert_eq!(paid(&bench), decimal("0.24"), "at the schedule's rate");
    bench.tell(with_fee(fill, Some("0.2")));
    assert_eq!((paid(&bench), theirs(&bench, X)), (decimal("0.2"), Qty(100)));
    assert_eq!(recorded(&bench, |d| matches!(d, Decision::Posted(_))), 2, "a reversal and the right one");
    for again in [None, Some("0.2")] {
        bench.tell(with_fee(fill, again));
        assert_eq!((paid(&bench), bench.actions.len()), (decimal("0.2"), 0), "{:?}", bench.actions);
    }
}

/// The record of a step posts exactly what a fill of other hands moved.
#[test]
fn every_movement_by_other_hands_is_on_record() {
    let mut bench = Bench::spot(&[]);
    let accounts = [(Account::Cash, USDT), (Account::Fees, USDT)];
    let held = |bench: &Bench| {
        accounts.map(|(account, asset)| bench.trader.core().books().ledger().balance(account, asset).decimal())
    };
    let before = held(&bench);
    let fill = with_fee(their_fill(&mut bench, X, Side::Buy, 100, 60_000), Some("0.24"));
    bench.tell(fill);
    let posted = accounts.map(|(account, asset)| {
        let postings = bench.decisions().filter_map(|decision| match decision {
            Decision::Posted(transaction) => Some(&transaction.postings),
            _ => None,
        });
        let of = postings.flatten().filter(|posting| posting.account == account && posting.asset == asset);
        of.map(|posting| posting.amount.decimal()).sum::<rust_decimal::Decimal>()
    });
    let moved: Vec<_> = held(&bench).into_iter().zip(before).map(|(after, before)| after - before).collect();
    assert_eq!(posted.to_vec(), moved);
    assert_eq!(moved, [decimal("-60.24"), decimal("0.24")]);
}

/// §4.11, §4.14: other hands that trade beside us are a warning; on spot our instrument goes on, on margin
/// it waits, and what we hold is backed whole while they stand on our side.
#[test]
fn other_hands_on_our_side_take_nothing() {
    for contract in [Contract::Spot, Contract::Linear] {
        let mut bench = if contract == Contract::Spot { Bench::spot(&[]) } else { Bench::margin(&[]) };
        let entry = resting(&mut bench, B, 1_000_000);
        bench.fill_whole(entry);
        let external = their_fill(&mut bench, B, Side::Buy, 300_000, 4_500_000);
        bench.tell(external);
        assert_eq!((critical(&bench), warnings(&bench)), (0, 1), "{contract:?}: {:?}", bench.actions);
        assert_eq!(bench.trader.core().backed(DeskId(0), B), Qty(1_000_000), "{contract:?}");
        assert_eq!(bench.trader.core().backed(DeskId::EXTERNAL, B), Qty(300_000), "{contract:?}");
        assert_eq!((ours(&mut bench, B), covered(&bench, B)), (Qty(1_000_000), vec![Qty(1_000_000)]));
        bench.quotes();
        assert_eq!(waits(&mut bench, B), contract == Contract::Linear, "{contract:?}");
    }
}

/// What they take of one instrument is taken of nothing else.
#[test]
fn what_is_taken_of_one_instrument_leaves_the_others_alone() {
    for contract in [Contract::Spot, Contract::Linear] {
        let mut bench = if contract == Contract::Spot { Bench::spot(&[]) } else { Bench::margin(&[]) };
        for (id, qty) in [(B, 1_000_000), (X, 100)] {
            let entry = resting(&mut bench, id, qty);
            bench.fill_whole(entry);
        }
        let sold = their_fill(&mut bench, B, Side::Sell, 400_000, 4_510_000);
        bench.tell(sold);
        assert_eq!((ours(&mut bench, B), ours(&mut bench, X)), (Qty(600_000), Qty(100)), "{contract:?}");
        assert_eq!((theirs(&bench, B), theirs(&bench, X)), (Qty::ZERO, Qty::ZERO), "{contract:?}");
        bench.quotes();
        assert!(!waits(&mut bench, X), "{contract:?}");
    }
}

/// Fenced: coins that are withdrawn from under a position leave so much to be sold and covered, and the
/// instrument waits; what is left of other instruments, and a transfer of other assets, is no such thing.
#[test]
fn withdrawn_coins_are_fenced() {
    let mut bench = Bench::spot(&[]);
    for (id, qty) in [(B, 1_000_000), (X, 100)] {
        let entry = resting(&mut bench, id, qty);
        bench.fill_whole(entry);
    }
    bench.account(VenueMessage::Transfer(Balance { asset: USDT, total: money("-100") }));
    assert_eq!(critical(&bench), 0, "{:?}", bench.actions);
    bench.account(VenueMessage::Transfer(Balance { asset: BTC, total: money("-0.004") }));
    assert_eq!(critical(&bench), 1, "{:?}", bench.actions);
    assert_eq!(bench.trader.core().backed(DeskId(0), B), Qty(600_000));
    assert_eq!(bench.trader.core().backed(DeskId(0), X), Qty(100));
    // The stop gives way: what is not there cannot be sold.
    let stop = bench.trader.core().orders().open_in(B).find(|order| order.purpose == Purpose::Stop).expect("a stop");
    let (id, kind) = (stop.terms.id, stop.terms.kind);
    bench.tell(bench.report(id, None, ReportKind::Amended { qty: Qty(600_000), kind }));
    assert_eq!(covered(&bench, B), [Qty(600_000)]);
    bench.quotes();
    assert_eq!((waits(&mut bench, B), waits(&mut bench, X)), (true, false));
    bench.account(VenueMessage::Transfer(Balance { asset: BTC, total: money("-0.001") }));
    assert_eq!((critical(&bench), bench.trader.core().backed(DeskId(0), B)), (0, Qty(500_000)), "told once");
}

/// A position nobody explains is taken at the mark: its cost is what it is worth then.
#[test]
fn what_is_taken_as_external_is_taken_at_the_mark() {
    let mut bench = Bench::margin(&[]);
    resting(&mut bench, X, 100);
    bench.after(30 * SECOND);
    for _ in 0..13 {
        bench.quotes_quietly();
        bench.step(&Event::Wake);
        let (said, mut held) = (balances(&bench, &[]), positions(&bench));
        held[0] = VenuePosition { instrument: B, qty: Qty(7) };
        let open = bench.trader.core().orders().open().map(|order| order.terms.id).collect::<Vec<_>>();
        let open = open.into_iter().map(|id| crate::listed(&bench, id, Qty::ZERO)).collect();
        bench.say(open, Vec::new(), said, held);
        bench.after(5 * SECOND);
    }
    let held = bench.trader.core().books().position(DeskId::EXTERNAL, B).expect("taken as external");
    assert_eq!((held.qty, held.cost), (Qty(7), TickLots(7 * 4_500_000)));
}

/// A report of an order that is not ours names one that exists: its terms are asked for. One of an end asks
/// for nothing.
#[test]
fn a_strange_order_that_lives_is_looked_for() {
    let open = OrderStatus::Open { qty: Qty(100), kind: OrderKind::Limit { limit: Price(60_000) } };
    for (kind, asks) in [
        (ReportKind::Accepted, true),
        (ReportKind::Status(open), true),
        (ReportKind::Status(OrderStatus::Cancelled), false),
        (ReportKind::Expired, false),
    ] {
        let mut bench = Bench::margin(&[]);
        let strange = ExecutionReport { kind, ..their_fill(&mut bench, X, Side::Buy, 100, 60_000) };
        bench.tell(strange);
        assert_eq!(queries(&bench).contains(&Query::OpenOrders), asks, "{kind:?}");
        assert_eq!(warnings(&bench), 1, "{kind:?}");
    }
}

/// Under `adopt_and_exit` theirs is taken down and ours is left: what ends with their position is theirs alone.
#[test]
fn what_protects_ours_outlives_what_was_theirs() {
    let mut bench = Bench::margin(&[("external.policy", "adopt_and_exit")]);
    let entry = resting(&mut bench, X, 100);
    bench.fill_whole(entry);
    assert_eq!(covered(&bench, X), [Qty(100)]);
    bench.quotes();
    let fill = their_fill(&mut bench, X, Side::Buy, 50, 60_000);
    bench.tell(fill);
    let [exit] = bench.sent()[..] else { panic!("one exit: {:?}", bench.actions) };
    assert_eq!((exit.side, exit.qty, exit.reduce_only), (Side::Sell, Qty(50), true));
    bench.fill(exit.id, Qty(50), Price(60_000));
    assert_eq!((theirs(&bench, X), ours(&mut bench, X)), (Qty::ZERO, Qty(100)));
    assert_eq!((bench.cancels(), covered(&bench, X)), (vec![], vec![Qty(100)]));
}
