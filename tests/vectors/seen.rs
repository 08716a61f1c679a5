//! What a desk sees of itself and its account, and what it may still do when the market is not seen.

use seatrial::market::{ControlAct, DeskId, OrderState, OrderStatus, Qty, RawPrice, ReportKind, Scope, Severity};

use crate::bench::{Ask, B, Bench, SECOND, USDT, X, decimal, money};
use crate::{AT, LOTS, loudest, sent, state};

/// Orders that protect or shrink a position are being cleared until they ended; entries are not.
#[test]
fn a_desk_sees_what_is_still_to_end() {
    let clearing = |bench: &mut Bench| bench.with_desk(|desk| (desk.is_clearing(B), desk.is_clearing(X)));
    let (mut bench, order) = sent(&[]);
    assert_eq!(clearing(&mut bench), (false, false), "an entry is no such order");
    bench.fill_whole(order);
    assert_eq!(clearing(&mut bench), (true, false), "its stop is");
    let exit = bench.open(&Ask::exit(B, seatrial::market::Intention::Close));
    bench.fill(exit, LOTS, AT);
    for id in bench.open_of(seatrial::market::Purpose::Stop) {
        bench.cancelled(id);
    }
    assert_eq!(clearing(&mut bench), (false, false));
}

/// Time, equity and whether it is covered, as they are.
#[test]
fn a_desk_sees_the_account_as_it_is() {
    let (mut bench, order) = sent(&[]);
    let now = bench.now;
    let seen = bench.with_desk(|desk| (desk.now(), desk.equity(), desk.is_naked(B)));
    assert_eq!(seen, (now, Some(money("10000")), false));
    let known = bench.with_desk(move |desk| (desk.order(order).map(|order| order.terms.id), desk.cash(USDT)));
    assert_eq!(known, (Some(order), money("10000")));
    bench.fill_whole(order);
    let equity = bench.trader.core().equity().expect("a mark");
    assert_eq!(bench.with_desk(|desk| desk.equity().expect("a mark").decimal()), equity);
    assert!(equity < decimal("10000"), "less the fee");
}

/// An order that shrinks at its price takes on nothing: it needs no fresh book. Any other change does.
#[test]
fn an_entry_may_shrink_whatever_the_book_is() {
    for (qty, limit, passes) in
        [(LOTS.0 / 2, "45000", true), (LOTS.0 / 2, "44999", false), (LOTS.0 * 2, "45000", false)]
    {
        let (mut bench, order) = sent(&[]);
        bench.accept(order);
        bench.after(60 * SECOND);
        let limit = RawPrice::new(decimal(limit));
        let done = bench.with_desk(move |desk| desk.amend(order, Qty(qty), limit));
        assert_eq!(done.is_ok(), passes, "{qty} at {limit:?}: {done:?}");
        let expected = if passes { OrderState::AmendPending } else { OrderState::Live };
        assert_eq!(state(&bench, order), expected);
    }
}

/// The same absence told twice is one absence: only a later word is another.
#[test]
fn an_absence_counts_once() {
    let (mut bench, order) = sent(&[]);
    bench.accept(order);
    let absent = ReportKind::Status(OrderStatus::NotFound { complete: false });
    let told = |bench: &mut Bench, later: i64| {
        bench.after(later);
        bench.tell(bench.report(order, None, absent));
        loudest(bench)
    };
    let first = told(&mut bench, 1);
    assert_eq!([told(&mut bench, 0), told(&mut bench, 0)], [None, None], "{first:?}");
    assert_eq!(told(&mut bench, 1), Some(Severity::Critical), "the second absence in a row: {:?}", bench.actions);
    assert_eq!(state(&bench, order), OrderState::Live, "and still no proof");
}

/// An operator flattens one instrument, or one desk, and nothing else.
#[test]
fn flattening_has_a_scope() {
    let scopes = [
        (Scope::Instrument(B), true, false),
        (Scope::Instrument(X), false, true),
        (Scope::Desk(DeskId(0)), true, true),
        (Scope::Desk(DeskId(7)), false, false),
    ];
    for (scope, first, second) in scopes {
        let (mut bench, one) = sent(&[]);
        let other = bench.open(&Ask::long(X, "0.60", "0.588").quantity(100));
        bench.accept(one);
        bench.accept(other);
        bench.control(ControlAct::Flatten(scope));
        let cancels = bench.cancels();
        assert_eq!((cancels.contains(&one), cancels.contains(&other)), (first, second), "{scope:?}");
    }
}
