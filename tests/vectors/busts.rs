//! What stands in the record of a fill and of its undoing: every posting, and a position that changed
//! without one.

use seatrial::market::{
    Account, Action, AssetId, CancelledBecause, Decision, FillPage, Intention, OrderId, Price, Qty, ReportKind,
    TickLots, VenueMessage, VenueRef,
};

use crate::bench::{Ask, B, BTC, Bench, USDT, decimal};
use crate::{AT, LOTS};

fn bust(bench: &mut Bench, order: OrderId, execution: u64) {
    let report = bench.report(order, None, ReportKind::Busted(VenueRef::numbered('E', execution)));
    bench.tell(report);
}

/// Changes of a position that no posting tells: by how much, at which price, and what is left.
fn adjusted(bench: &Bench) -> Vec<(Qty, Price, Qty, TickLots)> {
    let adjusted = |decision: &Decision| match decision {
        Decision::Adjusted { by, at, position, cost, .. } => Some((*by, *at, *position, *cost)),
        _ => None,
    };
    bench.decisions().filter_map(adjusted).collect()
}

/// What the postings of the last step sum to.
fn posted(bench: &Bench, account: Account, asset: AssetId) -> rust_decimal::Decimal {
    let postings = bench.decisions().filter_map(|decision| match decision {
        Decision::Posted(transaction) => Some(&transaction.postings),
        _ => None,
    });
    let of = postings.flatten().filter(|posting| posting.account == account && posting.asset == asset);
    of.map(|posting| posting.amount.decimal()).sum()
}

/// The record of a step posts exactly what the books moved in it, for a fill as for its undoing.
#[test]
fn every_movement_of_the_books_is_on_record() {
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().quantity(LOTS.0));
    for undone in [false, true] {
        let accounts = [(Account::Cash, USDT), (Account::Cash, BTC), (Account::Fees, USDT)];
        let held = |bench: &Bench| {
            accounts.map(|(account, asset)| bench.trader.core().books().ledger().balance(account, asset).decimal())
        };
        let before = held(&bench);
        if undone {
            bust(&mut bench, order, 1);
        } else {
            bench.fill(order, LOTS, AT);
        }
        let moved: Vec<_> = held(&bench).into_iter().zip(before).map(|(after, before)| after - before).collect();
        assert!(moved.iter().all(|moved| !moved.is_zero()));
        assert_eq!(accounts.map(|(account, asset)| posted(&bench, account, asset)).to_vec(), moved);
    }
}

/// On margin an opening that is undone reverses its fee alone: that the position changed is said
/// beside it. What a posting tells is not told twice.
#[test]
fn a_position_that_changes_without_a_posting_is_on_record() {
    let mut spot = Bench::spot(&[]);
    let order = spot.open(&Ask::v01().quantity(LOTS.0));
    spot.fill_whole(order);
    bust(&mut spot, order, 1);
    assert_eq!((spot.position(B), adjusted(&spot)), (Qty(0), vec![]));

    let mut margin = Bench::margin(&[]);
    let order = margin.open(&Ask::v01().quantity(LOTS.0));
    margin.fill(order, Qty(400_000), AT);
    margin.fill(order, Qty(600_000), AT);
    bust(&mut margin, order, 2);
    let left = TickLots(400_000 * 4_500_000);
    assert_eq!(adjusted(&margin), [(Qty(-600_000), AT, Qty(400_000), left)]);

    let exit = margin.open(&Ask::exit(B, Intention::Close));
    let price = margin.price(B, "45010");
    margin.fill(exit, Qty(400_000), price);
    bust(&mut margin, exit, 3);
    assert_eq!((margin.position(B), adjusted(&margin)), (Qty(400_000), vec![]), "its profit is reversed");
}

/// A fill undone before it was told explains that fill and no other: what else is missing stays due.
#[test]
fn an_early_bust_explains_its_own_fill_alone() {
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().quantity(LOTS.0));
    bench.accept(order);
    let fill = bench.fill_of(order, Qty(400_000), AT);
    bust(&mut bench, order, 1);
    bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Filled(fill)));
    let end = ReportKind::Cancelled(CancelledBecause::Requested);
    bench.tell(bench.report(order, Some(Qty(700_000)), end));
    let due = bench.trader.core().reserved(USDT, bench.now);
    assert!(due > decimal("0"), "0.003 are still to come");
    let page = FillPage { at: bench.now, page: 0, fills: Vec::new(), more: false };
    bench.account(VenueMessage::Fills(page));
    assert_eq!(bench.trader.core().reserved(USDT, bench.now), due);
    assert!(!bench.actions.iter().any(|action| matches!(action, Action::Alert(_))));
}
