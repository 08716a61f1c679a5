//! Other hands in the account: their orders, fills and transfers are counted and left alone.

use seatrial::market::{
    Account, Action, Balance, Command, ControlAct, Decision, DeskId, ExecutionReport, Fee, Fill, InstrumentId,
    Intention, Link, Liquidity, OpenOrder, OrderId, OrderKind, OrderState, Price, Qty, ReportKind, Side, TraderState,
    VenueMessage, VenueRef,
};

use crate::bench::{Ask, B, BTC, Bench, SECOND, USDT, X, decimal, money};
use crate::{balances, critical, down, listed, positions, recorded, resting, state, up};

const THEIRS: OrderId = OrderId(OrderId::FIRST_EXTERNAL.0 + 3);

fn theirs(side: Side, qty: i64) -> OpenOrder {
    OpenOrder {
        order: THEIRS,
        venue_id: VenueRef::numbered('H', 3),
        instrument: B,
        side,
        qty: Qty(qty),
        filled: Qty::ZERO,
        kind: OrderKind::Limit { limit: Price(4_490_000) },
        reduce_only: false,
    }
}

pub fn their_fill(bench: &mut Bench, instrument: InstrumentId, side: Side, qty: i64, price: i64) -> ExecutionReport {
    // What executed up to the opening balances is in them.
    bench.after(1);
    bench.executions += 1;
    let execution = VenueRef::numbered('E', bench.executions);
    let fee = Some(Fee { asset: USDT, amount: money("0") });
    let fill = Fill { execution, side, price: Price(price), qty: Qty(qty), liquidity: Liquidity::Taker, fee };
    let venue_id = Some(VenueRef::numbered('H', 3));
    let kind = ReportKind::Filled(fill);
    ExecutionReport { order: THEIRS, venue_id, instrument, at: bench.now, cumulative: Some(Qty(qty)), kind }
}

pub fn ours(bench: &mut Bench, id: InstrumentId) -> Qty {
    bench.with_desk(move |desk| desk.position(id).qty)
}

fn looks_again(bench: &mut Bench) {
    down(bench, Link::Reports);
    up(bench, Link::Reports);
}

/// An order of other hands is adopted, counted as exposure, and never cancelled: not by the pass, not by
/// a kill.
// proves: reconcile-external
#[test]
fn an_order_of_other_hands_is_left_alone() {
    let mut bench = Bench::margin(&[]);
    let mine = resting(&mut bench, B, 1_000_000);
    let worst = |bench: &Bench| bench.trader.core().worst_case(bench.instrument(B)).expect("a mark").long;
    let before = worst(&bench);
    looks_again(&mut bench);
    let (said, held) = (balances(&bench, &[]), positions(&bench));
    let open = vec![listed(&bench, mine, Qty::ZERO), theirs(Side::Buy, 2_000_000)];
    bench.say(open, Vec::new(), said, held);
    assert_eq!(state(&bench), TraderState::Armed, "{:?}", bench.actions);
    assert_eq!(recorded(&bench, |d| matches!(d, Decision::Adopted { order: Some(id), .. } if *id == THEIRS)), 1);
    let adopted = bench.trader.core().orders().get(THEIRS).expect("adopted");
    assert_eq!((adopted.desk, adopted.state), (DeskId::EXTERNAL, OrderState::Live));
    assert_eq!(worst(&bench) - before, decimal("0.02") * decimal("44900"), "it counts as exposure");
    assert_eq!(bench.cancels(), []);
    assert_eq!(bench.with_desk(|desk| desk.orders().count()), 1, "a strategy sees its own alone");
    bench.control(ControlAct::Halt);
    assert_eq!(bench.cancels(), [mine]);
    let all = bench.actions.iter().any(|action| matches!(action, Action::Send(Command::CancelAll(_))));
    assert!(!all, "it would take theirs along");
}

/// A deposit and a withdrawal are transfers, and nobody's profit.
// proves: reconcile-external
#[test]
fn a_deposit_is_no_profit() {
    let mut bench = Bench::spot(&[]);
    for (amount, cash) in [("500", "10500"), ("-300", "10200")] {
        bench.account(VenueMessage::Transfer(Balance { asset: USDT, total: money(amount) }));
        assert_eq!(bench.cash(USDT), decimal(cash));
    }
    let ledger = bench.trader.core().books().ledger();
    assert_eq!(ledger.balance(Account::External, USDT), money("-10200"));
    assert_eq!(ledger.balance(Account::Unexplained, USDT), money("0"));
    assert_eq!(bench.trader.core().books().verify(bench.trader.core().instruments()), Ok(()));
}

/// Spot coins that are not ours are fenced: no exit of ours is larger than our lots.
// proves: reconcile-external
#[test]
fn foreign_coins_are_fenced() {
    let mut bench = Bench::spot(&[]);
    let entry = resting(&mut bench, B, 1_000_000);
    bench.fill_whole(entry);
    bench.account(VenueMessage::Transfer(Balance { asset: BTC, total: money("5") }));
    let external = their_fill(&mut bench, B, Side::Buy, 3_000_000, 4_500_000);
    bench.tell(external);
    assert_eq!(ours(&mut bench, B), Qty(1_000_000), "a strategy's position is its own");
    assert_eq!(bench.trader.core().backed(DeskId(0), B), Qty(1_000_000));
    bench.reference(B, "45000");
    let too_much = bench.answer(&Ask::exit(B, Intention::Reduce(Qty(1_000_001))));
    assert!(too_much.starts_with("EC-2"), "{too_much}");
    assert_eq!(state(&bench), TraderState::Armed, "their coins are no reason to stop");
}

/// Coins that leave by other hands are gone: what is left is all we may sell, and an operator looks.
#[test]
fn coins_that_left_are_not_there_to_be_sold() {
    let mut bench = Bench::spot(&[]);
    let entry = resting(&mut bench, B, 1_000_000);
    bench.fill_whole(entry);
    let sold = their_fill(&mut bench, B, Side::Sell, 400_000, 4_510_000);
    bench.tell(sold);
    assert_eq!(critical(&bench), 1, "{:?}", bench.actions);
    assert_eq!(ours(&mut bench, B), Qty(600_000), "closed, whoever closed it");
    assert_eq!(bench.trader.core().books().position(DeskId::EXTERNAL, B), None);
    assert_eq!(bench.trader.core().backed(DeskId(0), B), Qty(600_000));
    let denied = bench.answer(&Ask::v01().quantity(100_000));
    assert!(denied.starts_with("CK-07"), "{denied}");
    bench.control(ControlAct::SettleExternal(B));
    assert_eq!(ours(&mut bench, B), Qty(600_000));
    assert_eq!(bench.trader.core().books().position(DeskId::EXTERNAL, B), None);
    assert_eq!(bench.trader.core().backed(DeskId(0), B), Qty(600_000));
    assert_eq!(bench.trader.core().books().verify(bench.trader.core().instruments()), Ok(()));
    bench.after(600 * SECOND);
    bench.quotes();
    let after = bench.answer(&Ask::v01().quantity(100_000));
    assert!(!after.starts_with("CK-07"), "{after}");
}

/// A human closes our margin position by hand: the venue nets it and pays its profit at once, and so do
/// we, to the unit; the instrument waits for an operator.
#[test]
fn a_close_by_hand_is_adopted_to_the_unit() {
    for (held, closed, price) in [(1_000_000, 1_000_000, 4_510_007), (1_000_003, 400_001, 4_489_999)] {
        let mut bench = Bench::margin(&[]);
        let entry = bench.open(&Ask::v01().quantity(held));
        bench.accept(entry);
        bench.fill(entry, Qty(held / 3), Price(4_499_998));
        bench.fill(entry, Qty(held - held / 3), Price(4_500_000));
        let cash = bench.cash(USDT);
        let close = their_fill(&mut bench, B, Side::Sell, closed, price);
        bench.tell(close);
        assert_eq!((bench.position(B), critical(&bench)), (Qty(held - closed), 1));
        assert_eq!(bench.trader.core().backed(DeskId(0), B), Qty(held - closed));
        // The venue's own arithmetic: one netted position, cost released by share, cut toward zero.
        let cost = i128::from(held / 3) * 4_499_998 + i128::from(held - held / 3) * 4_500_000;
        let released = cost * i128::from(closed) / i128::from(held);
        let gross = i128::from(closed) * i128::from(price) - released;
        let paid = bench.instrument(B).cash(seatrial::market::TickLots(gross));
        assert_eq!(bench.cash(USDT), cash + paid.decimal());
        assert_eq!(bench.trader.core().books().venue_cash(USDT).decimal(), cash + paid.decimal());
        assert_eq!(ours(&mut bench, B), Qty(held - closed));
        let denied = bench.answer(&Ask::v01().quantity(100_000));
        assert!(denied.starts_with("CK-07"), "{denied}");
        bench.control(ControlAct::SettleExternal(B));
        assert_eq!(ours(&mut bench, B), Qty(held - closed));
        assert_eq!(bench.trader.core().books().position(DeskId::EXTERNAL, B), None);
        assert_eq!(bench.trader.core().books().verify(bench.trader.core().instruments()), Ok(()));
        let freed = bench.answer(&Ask::v01().quantity(100_000));
        assert!(!freed.starts_with("CK-07"), "{freed}");
    }
}

/// An execution of other hands is booked once, by whatever way it comes.
#[test]
fn a_fill_of_other_hands_is_booked_once() {
    let mut bench = Bench::margin(&[]);
    let fill = their_fill(&mut bench, X, Side::Buy, 100, 60_000);
    bench.tell(fill);
    assert_eq!(bench.position(X), Qty(100));
    bench.tell(fill);
    assert_eq!((bench.position(X), bench.actions.len()), (Qty(100), 0), "{:?}", bench.actions);
    assert_eq!(ours(&mut bench, X), Qty::ZERO);
    let said = balances(&bench, &[]);
    looks_again(&mut bench);
    let held = positions(&bench);
    bench.say(Vec::new(), vec![fill], said, held);
    assert_eq!(bench.position(X), Qty(100));
    assert_eq!(state(&bench), TraderState::Armed, "{:?}", bench.actions);
}

/// FB-1: the same execution under another name is the same execution, whoever's order it is of; one that the
/// venue's total has room for is another.
#[test]
fn a_fill_of_other_hands_under_another_name_is_booked_once() {
    let mut bench = Bench::margin(&[]);
    let first = their_fill(&mut bench, X, Side::Buy, 100, 60_000);
    bench.tell(first);
    let held = |bench: &Bench| {
        let books = bench.trader.core().books();
        books.position(DeskId::EXTERNAL, X).map_or(Qty::ZERO, |held| held.qty)
    };
    let booked = held(&bench);
    assert!(booked > Qty::ZERO);
    let ReportKind::Filled(fill) = first.kind else { unreachable!("a fill was made") };
    let renamed = Fill { execution: VenueRef::numbered('R', 1), ..fill };
    bench.tell(ExecutionReport { kind: ReportKind::Filled(renamed), ..first });
    assert_eq!(held(&bench), booked);
    let more = Fill { execution: VenueRef::numbered('R', 2), ..fill };
    let cumulative = first.cumulative.map(|total| total + total);
    bench.tell(ExecutionReport { kind: ReportKind::Filled(more), cumulative, ..first });
    assert_eq!(held(&bench), booked + booked);
}

/// An order in our own numbers that our journal does not know: an older journal than the account's.
#[test]
fn a_number_of_ours_that_we_never_gave_out_stops_entries() {
    let mut bench = Bench::spot(&[]);
    resting(&mut bench, B, 1_000_000);
    looks_again(&mut bench);
    let unknown = OpenOrder { order: OrderId(77), ..theirs(Side::Buy, 100_000) };
    let (said, held) = (balances(&bench, &[]), positions(&bench));
    let mine = listed(&bench, OrderId(1), Qty::ZERO);
    bench.say(vec![mine, unknown], Vec::new(), said, held);
    assert_eq!((state(&bench), critical(&bench)), (TraderState::ReduceOnly, 1));
    bench.rearm();
    bench.after(600 * SECOND);
    bench.quotes();
    let next = bench.open(&Ask::long(X, "0.60", "0.588").quantity(100));
    assert!(next > OrderId(77), "no number is used twice: {next:?}");
}

/// Under `adopt_and_exit` an order of other hands is cancelled, and what they hold is taken down on the
/// ladder, reduce-only, while ours stays as it is.
#[test]
fn under_adopt_and_exit_what_is_not_ours_is_taken_down() {
    let mut bench = Bench::margin(&[("external.policy", "adopt_and_exit")]);
    let mine = resting(&mut bench, B, 1_000_000);
    looks_again(&mut bench);
    let (said, held) = (balances(&bench, &[]), positions(&bench));
    let open = vec![listed(&bench, mine, Qty::ZERO), theirs(Side::Buy, 2_000_000)];
    bench.say(open, Vec::new(), said, held);
    assert_eq!(recorded(&bench, |d| matches!(d, Decision::Adopted { order: Some(id), .. } if *id == THEIRS)), 1);
    assert_eq!(bench.cancels(), [THEIRS]);
    assert_eq!(bench.trader.core().orders().get(mine).map(|order| order.state), Some(OrderState::Live));
    bench.quotes();
    let fill = their_fill(&mut bench, X, Side::Buy, 100, 60_000);
    bench.tell(ExecutionReport { order: OrderId(THEIRS.0 + 1), ..fill });
    let exits = bench.sent();
    let told: Vec<_> = exits.iter().map(|exit| (exit.instrument, exit.side, exit.qty, exit.reduce_only)).collect();
    assert_eq!(told, [(X, Side::Sell, Qty(100), true)], "{:?}", bench.actions);
    assert_eq!(ours(&mut bench, X), Qty::ZERO);
    // The same hands under `adopt` are left alone.
    let mut bench = Bench::margin(&[]);
    let fill = their_fill(&mut bench, X, Side::Buy, 100, 60_000);
    bench.tell(fill);
    assert_eq!(bench.sent(), []);
}
