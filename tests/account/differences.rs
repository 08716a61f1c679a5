//! Amounts compared to the smallest unit: lag is tolerated, what stays unexplained is posted, told
//! and latched, and an account that was reset is no loss.

use seatrial::market::{
    Account, Balance, Contract, ControlAct, Decision, DeskId, Event, Fee, Fill, Intention, Link, Money, Price, Qty,
    ReportKind, TickLots, TraderState, VenuePosition,
};

use crate::bench::{Ask, B, BTC, Bench, SECOND, USDT, X, decimal, money};
use crate::{all_of, balances, critical, down, listed, missed, positions, recorded, resting, state, up};

/// A pass over an account in which the venue holds more, or less, of an asset.
fn pass_with(bench: &mut Bench, more: &str) {
    bench.step(&Event::Wake);
    let said = balances(bench, &[(USDT, more)]);
    let held = positions(bench);
    let open: Vec<_> = bench.trader.core().orders().open().map(|order| (order.terms.id, order.filled)).collect();
    let open = open.into_iter().map(|(id, filled)| listed(bench, id, filled)).collect();
    bench.say(open, Vec::new(), said, held);
}

fn unexplained(bench: &Bench) -> Money {
    bench.trader.core().books().ledger().balance(Account::Unexplained, USDT)
}

/// Three seconds of lag are no difference: nothing is posted, nothing is stopped.
// proves: reconcile-mismatch
#[test]
fn lag_is_tolerated() {
    let mut bench = Bench::spot(&[]);
    resting(&mut bench, B, 1_000_000);
    bench.after(30 * SECOND);
    pass_with(&mut bench, "-0.00000001");
    assert_eq!(recorded(&bench, |d| matches!(d, Decision::Reconciled { clean: false, .. })), 1);
    assert_eq!(state(&bench), TraderState::Armed);
    bench.after(5 * SECOND);
    pass_with(&mut bench, "0");
    assert_eq!(recorded(&bench, |d| matches!(d, Decision::Reconciled { clean: true, .. })), 1, "{:?}", bench.actions);
    assert_eq!((unexplained(&bench), critical(&bench)), (money("0"), 0));
    // A new difference begins its own minute.
    bench.after(58 * SECOND);
    pass_with(&mut bench, "0.00000001");
    assert_eq!(unexplained(&bench), money("0"));
}

/// One unit, one minute: posted to `unexplained`, entries stop, somebody is told; afterwards the venue
/// and we agree, and a further pass changes nothing.
// proves: reconcile-mismatch
#[test]
fn a_difference_of_one_unit_is_posted_after_a_minute() {
    for more in ["0.00000001", "-0.00000001", "12.5"] {
        let mut bench = Bench::spot(&[]);
        resting(&mut bench, B, 1_000_000);
        bench.after(30 * SECOND);
        for _ in 0..12 {
            pass_with(&mut bench, more);
            assert_eq!(state(&bench), TraderState::Armed, "{more}");
            bench.after(5 * SECOND);
        }
        pass_with(&mut bench, more);
        assert_eq!(unexplained(&bench), -money(more));
        assert_eq!((state(&bench), critical(&bench)), (TraderState::ReduceOnly, 1), "{more}");
        assert_eq!(bench.cash(USDT), decimal("10000") + decimal(more));
        bench.after(5 * SECOND);
        pass_with(&mut bench, "0");
        assert_eq!((unexplained(&bench), critical(&bench)), (-money(more), 0));
        assert_eq!(state(&bench), TraderState::ReduceOnly, "latched");
        bench.rearm();
        assert_eq!(state(&bench), TraderState::ReduceOnly, "not while it is unexplained");
        // An operator finds the reason: it was a deposit.
        let act = ControlAct::PostCorrection { asset: USDT, amount: -money(more), to: Account::External };
        bench.control(act.clone());
        assert_eq!(unexplained(&bench), money("0"), "{more}: {:?}", bench.actions);
        bench.control(act);
        assert_eq!(unexplained(&bench), money("0"), "there is no more of it");
        bench.rearm();
        assert_eq!(state(&bench), TraderState::Armed);
        let verified = bench.trader.core().books().verify(bench.trader.core().instruments());
        assert_eq!(verified, Ok(()), "{more}");
    }
}

/// What a correction may not be: to cash or the market's account, of another sign, of more than there is.
#[test]
fn a_correction_that_breaks_a_rule_is_refused_whole() {
    let mut bench = Bench::spot(&[]);
    resting(&mut bench, B, 1_000_000);
    bench.after(30 * SECOND);
    for _ in 0..13 {
        pass_with(&mut bench, "5");
        bench.after(5 * SECOND);
    }
    assert_eq!(unexplained(&bench), money("-5"));
    for (amount, to) in [
        ("5", Account::External),
        ("-5.00000001", Account::External),
        ("0", Account::External),
        ("-5", Account::Cash),
        ("-5", Account::Market),
        ("-5", Account::Unexplained),
    ] {
        bench.control(ControlAct::PostCorrection { asset: USDT, amount: money(amount), to });
        assert_eq!(unexplained(&bench), money("-5"), "{amount} to {to:?}");
        assert_eq!(recorded(&bench, |d| matches!(d, Decision::Anomaly { .. })), 1);
    }
}

/// A margin position the venue holds and we cannot explain goes to external hands at the mark, and
/// into nobody's result.
#[test]
fn an_unexplained_position_is_external() {
    let mut bench = Bench::margin(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.fill_whole(order);
    bench.after(30 * SECOND);
    let net = |bench: &mut Bench| bench.with_desk(|desk| desk.position(B).qty);
    for _ in 0..13 {
        bench.step(&Event::Wake);
        bench.quotes_quietly();
        let (said, mut held) = (balances(&bench, &[]), positions(&bench));
        held[0] = VenuePosition { instrument: B, qty: Qty(1_000_000 + 7) };
        bench.say(Vec::new(), Vec::new(), said, held);
        bench.after(5 * SECOND);
    }
    assert_eq!((bench.position(B), net(&mut bench)), (Qty(1_000_007), Qty(1_000_000)));
    let external = bench.trader.core().books().position(DeskId::EXTERNAL, B).expect("taken as external");
    assert_eq!(external.qty, Qty(7));
    assert_eq!(state(&bench), TraderState::ReduceOnly);
    assert_eq!(bench.trader.core().books().verify(bench.trader.core().instruments()), Ok(()));
}

/// Fills that come in another order than they were made release another share of the cost, and settle
/// another unit, with us than at the venue: that is no difference, before a clean pass and after it.
#[test]
fn another_order_of_arrival_is_no_difference() {
    let mut moved = 0;
    for odd in 0..40_i64 {
        let mut bench = Bench::margin(&[]);
        let entry = bench.open(&Ask::long(X, "0.60", "0.588").quantity(1_001));
        bench.accept(entry);
        bench.fill(entry, Qty(333), Price(59_987));
        bench.fill(entry, Qty(668), Price(59_999));
        bench.after(SECOND);
        let exit = bench.open(&Ask::exit(X, Intention::Reduce(Qty(700))));
        let cash = bench.cash(USDT);
        let mut told = Vec::new();
        let mut cost = 333_i128 * 59_987 + 668_i128 * 59_999;
        let (mut held, mut filled, mut settled) = (1_001_i128, 0, decimal("0"));
        for (qty, price) in [(123 + odd, 59_763_i64), (323 - 2 * odd, 59_871), (254 + odd, 59_999)] {
            bench.after(1_000);
            filled += qty;
            let fill = bench.fill_of(exit, Qty(qty), Price(price));
            let fill = Fill { fee: Some(Fee { asset: USDT, amount: money("0") }), ..fill };
            told.push(bench.report(exit, Some(Qty(filled)), ReportKind::Filled(fill)));
            // What the venue settles, in its own order and by its own arithmetic.
            let released = cost * i128::from(qty) / held;
            (cost, held) = (cost - released, held - i128::from(qty));
            let gross = TickLots(i128::from(qty) * i128::from(price) - released);
            settled += bench.instrument(X).cash(gross).decimal();
        }
        told.rotate_right(1 + usize::from(odd % 2 == 0));
        for report in told {
            bench.tell(report);
        }
        let said = |bench: &Bench| bench.trader.core().books().venue_cash(USDT).decimal();
        assert_eq!(said(&bench), cash + settled, "odd {odd}");
        moved += usize::from(bench.cash(USDT) != cash + settled);
        bench.after(30 * SECOND);
        bench.quotes_quietly();
        bench.step(&Event::Wake);
        bench.agree();
        assert_eq!(recorded(&bench, |d| matches!(d, Decision::Reconciled { clean: true, .. })), 1);
        assert_eq!(said(&bench), cash + settled, "odd {odd}");
    }
    assert!(moved > 2, "the order matters in {moved} cases alone");
}

/// The venue forgot everything and shows the first day's balances: the run is interrupted, nothing is
/// booked as a loss, and no order of ours ends by absence.
#[test]
fn an_account_reset_is_no_loss() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    let fill = missed(&mut bench, order, Qty(400_000), Qty(400_000));
    bench.tell(fill);
    bench.after(SECOND);
    down(&mut bench, Link::Reports);
    up(&mut bench, Link::Reports);
    let books = bench.trader.core().books().clone();
    let first = vec![Balance { asset: USDT, total: money("10000") }, Balance { asset: BTC, total: money("0") }];
    bench.say(Vec::new(), Vec::new(), first.clone(), Vec::new());
    assert_eq!(critical(&bench), 1, "{:?}", bench.actions);
    assert!(bench.trader.core().why_not_armed().iter().any(|why| why.contains("reset")));
    for _ in 0..20 {
        bench.after(10 * SECOND);
        bench.step(&Event::Wake);
        bench.say(Vec::new(), Vec::new(), first.clone(), Vec::new());
    }
    assert_eq!(bench.trader.core().books(), &books, "nothing is booked");
    assert!(!bench.trader.core().orders().get(order).expect("ours").state.is_terminal());
    assert!(bench.submit(&crate::Ask::v01().quantity(100_000)).is_err());
}

/// A clean pass over an account that agrees leaves everything but its own times as it was.
#[test]
fn a_second_pass_changes_nothing() {
    for contract in [Contract::Spot, Contract::Linear] {
        let mut bench = if contract == Contract::Spot { Bench::spot(&[]) } else { Bench::margin(&[]) };
        let order = resting(&mut bench, B, 1_000_000);
        bench.fill(order, Qty(400_000), bench.price(B, "45000"));
        let seen = |bench: &Bench| {
            let core = bench.trader.core();
            let orders: Vec<String> =
                core.orders().open().map(|o| format!("{:?} {:?} {:?}", o.terms.id, o.state, o.filled)).collect();
            let books = core.books();
            let held: Vec<String> = books.positions().map(|held| format!("{held:?}")).collect();
            (orders, held, format!("{:?}", books.ledger()), books.venue_cash(USDT), core.state())
        };
        let before = seen(&bench);
        for _ in 0..3 {
            bench.after(30 * SECOND);
            bench.quotes_quietly();
            bench.step(&Event::Wake);
            bench.agree();
            assert_eq!(recorded(&bench, |d| matches!(d, Decision::Reconciled { clean: true, .. })), 1);
            assert_eq!(seen(&bench), before, "{contract:?}");
        }
        assert!(!all_of(&bench).is_empty());
    }
}
