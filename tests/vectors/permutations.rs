//! One order and everything the venue says of it, told in any order and more than once.

use proptest::prelude::*;
use seatrial::market::{
    Account, AssetId, CancelledBecause, Contract, ExecutionReport, Intention, OrderId, OrderState, Price, Qty,
    ReportKind, Side, Timestamp,
};

use crate::bench::{Ask, B, Bench, SECOND};

/// How an order ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Filled,
    Cancelled,
    Expired,
    /// Still open.
    Open,
}

/// What happens to an order.
#[derive(Clone, Debug)]
pub struct Story {
    /// An exit of a whole position, rather than an entry.
    exit: bool,
    contract: Contract,
    short: bool,
    /// Parts of the order and how much better than the limit each trades, in ticks.
    fills: Vec<(i64, i64)>,
    end: End,
}

pub fn story() -> impl Strategy<Value = Story> {
    let end = prop::sample::select(vec![End::Filled, End::Cancelled, End::Expired, End::Open]);
    let fills = prop::collection::vec((1_i64..400_000, 0_i64..50_000), 0..5);
    (any::<bool>(), any::<bool>(), any::<bool>(), fills, end).prop_map(|(exit, spot, short, fills, end)| {
        // A part of a position that closes is truncated per close: only a whole exit is one figure.
        let end = if exit { End::Filled } else { end };
        let contract = if spot { Contract::Spot } else { Contract::Linear };
        Story { exit, contract, short: short && !spot, fills, end }
    })
}

/// A permutation with repetitions: which report is told next.
pub fn order() -> impl Strategy<Value = (Vec<prop::sample::Index>, Vec<prop::sample::Index>)> {
    (prop::collection::vec(any::<prop::sample::Index>(), 12), prop::collection::vec(any::<prop::sample::Index>(), 0..6))
}

const QTY: Qty = Qty(2_000_000);

/// A bench with the order of the story sent. On spot the position was bought at two prices. On
/// margin at one: there each close settles its own profit, rounded to the unit, and where the cost
/// released is truncated the order of the closes moves a unit between cash and rounding.
fn begun(story: &Story) -> (Bench, OrderId) {
    let mut bench = match story.contract {
        Contract::Spot => Bench::spot(&[]),
        Contract::Linear | Contract::Inverse => Bench::margin(&[]),
    };
    let entry = if story.short { Ask::short(B, "45000", "45900") } else { Ask::v01() };
    let entry = bench.open(&entry.quantity(QTY.0));
    if !story.exit {
        return (bench, entry);
    }
    bench.accept(entry);
    bench.fill(entry, Qty(QTY.0 / 3), Price(4_500_000));
    let second = if story.contract == Contract::Spot { 4_499_999 } else { 4_500_000 };
    bench.fill(entry, QTY - Qty(QTY.0 / 3), Price(second));
    bench.after(SECOND);
    let exit = bench.open(&Ask::exit(B, Intention::Close));
    (bench, exit)
}

/// Everything the venue says of the order, as it happened.
fn reports(bench: &mut Bench, order: OrderId, story: &Story) -> Vec<ExecutionReport> {
    let terms = bench.trader.core().orders().get(order).expect("ours").terms;
    let (limit, sign) = (terms.kind.limit().expect("a limit"), terms.side.sign());
    let mut reports = vec![bench.report(order, Some(Qty::ZERO), ReportKind::Accepted)];
    let mut filled = Qty::ZERO;
    let mut parts = story.fills.clone();
    let whole: i64 = parts.iter().map(|(qty, _)| qty).sum();
    if matches!(story.end, End::Filled) {
        parts.push((terms.qty.0 - whole, 7));
    }
    for (index, (qty, better)) in parts.into_iter().enumerate() {
        filled += Qty(qty);
        let fill = bench.fill_of(order, Qty(qty), Price(limit.0 - sign * better));
        let report = bench.report(order, Some(filled), ReportKind::Filled(fill));
        let at = Timestamp(report.at.0 + i64::try_from(index).expect("few"));
        reports.push(ExecutionReport { at, ..report });
    }
    let end = match story.end {
        End::Cancelled => Some(ReportKind::Cancelled(CancelledBecause::Requested)),
        End::Expired => Some(ReportKind::Expired),
        End::Filled | End::Open => None,
    };
    reports.extend(end.map(|kind| bench.report(order, Some(filled), kind)));
    reports
}

/// What is left when everything was told.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    state: OrderState,
    totals: (Qty, Qty, bool, bool),
    open: usize,
    position: String,
    ledger: Vec<String>,
    funds: (String, String, Option<String>),
    cooldown: Option<Timestamp>,
    next: String,
}

/// Tells a story in its order, or in another.
pub fn told(story: &Story, order: Option<&(Vec<prop::sample::Index>, Vec<prop::sample::Index>)>) -> Outcome {
    let (mut bench, id) = begun(story);
    let mut reports = reports(&mut bench, id, story);
    if let Some((picks, again)) = order {
        let mut left = reports.clone();
        let mut shuffled: Vec<ExecutionReport> = Vec::new();
        for pick in picks.iter().cycle() {
            if left.is_empty() {
                break;
            }
            shuffled.push(left.remove(pick.index(left.len())));
        }
        for (place, index) in again.iter().enumerate() {
            let report = reports[index.index(reports.len())];
            shuffled.insert((place * 2).min(shuffled.len()), report);
        }
        reports = shuffled;
    }
    for report in reports {
        bench.tell(report);
    }
    outcome(&mut bench, id)
}

fn outcome(bench: &mut Bench, id: OrderId) -> Outcome {
    let position = bench.with_desk(|desk| desk.position(B));
    let cooldown = bench.with_desk(|desk| desk.cooldown(B));
    bench.after(7_200 * SECOND);
    bench.quotes();
    let core = bench.trader.core();
    let order = core.orders().get(id).expect("ours");
    let (filled, reported) = (order.filled, order.reported);
    let ledger = core.books().ledger();
    let balances = |asset: u16| Account::ALL.map(|account| ledger.balance(account, AssetId(asset)).to_string());
    let outcome = Outcome {
        state: order.state,
        totals: (filled, reported, order.late_fill, order.venue_id.is_some()),
        open: core.orders().open_count(),
        // Not when it was opened: that is the time of whichever fill was told first.
        position: format!("{:?} {:?} {:?} {:?}", position.qty, position.cost, position.entry_fees, position.entries),
        ledger: (0..3).flat_map(balances).collect(),
        funds: (
            core.reserved(AssetId(1), bench.now).normalize().to_string(),
            format!(
                "{:?}",
                core.worst_case(bench.instrument(B)).map(|worst| (worst.long.normalize(), worst.short.normalize()))
            ),
            core.equity().map(|equity| equity.normalize().to_string()),
        ),
        cooldown,
        next: String::new(),
    };
    let side = crate::bench::side_of(position.qty);
    let next = if side == Side::Buy { Ask::v01().at("44900") } else { Ask::short(B, "45100", "46000") };
    Outcome { next: bench.answer(&next.quantity(100_000)), ..outcome }
}
