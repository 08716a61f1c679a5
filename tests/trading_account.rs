//! The account as a whole: the trader's state and its causes, lost links, reconciliation, other
//! hands in the account, the kill, and a new process.
//!
//! To repeat: `cargo test --no-default-features --test trading_account`.

#[path = "account/arming.rs"]
mod arming;
#[path = "vectors/bench.rs"]
mod bench;
#[path = "account/differences.rs"]
mod differences;
#[path = "account/external.rs"]
mod external;
#[path = "account/kill.rs"]
mod kill;
#[path = "account/limits.rs"]
mod limits;
#[path = "account/links.rs"]
mod links;
#[path = "account/passes.rs"]
mod passes;
#[path = "account/restart.rs"]
mod restart;
#[path = "account/taken.rs"]
mod taken;
#[path = "account/words.rs"]
mod words;

use bench::{Ask, Bench};
use seatrial::market::Event;
use seatrial::market::{
    Action, Balance, Command, Decision, ExecutionReport, InstrumentId, Link, LinkEvent, OpenOrder, OrderId, Qty, Query,
    ReportKind, Severity, TraderState, VenuePosition, VenueRef,
};

/// What a careful reader sees of a trader: everything it knows.
fn all_of(bench: &Bench) -> String {
    format!("{:?}", bench.trader.core())
}

fn state(bench: &Bench) -> TraderState {
    bench.trader.core().state()
}

fn down(bench: &mut Bench, link: Link) {
    bench.step(&Event::Link(LinkEvent::Down(link)));
}

fn up(bench: &mut Bench, link: Link) {
    bench.step(&Event::Link(LinkEvent::Up(link)));
}

fn queries(bench: &Bench) -> Vec<Query> {
    let query = |action: &Action| match action {
        Action::Send(Command::Query(query)) => Some(*query),
        _ => None,
    };
    bench.actions.iter().filter_map(query).collect()
}

fn critical(bench: &Bench) -> usize {
    let critical = |action: &&Action| matches!(action, Action::Alert(alert) if alert.severity == Severity::Critical);
    bench.actions.iter().filter(critical).count()
}

fn recorded(bench: &Bench, wanted: impl Fn(&Decision) -> bool) -> usize {
    bench.decisions().filter(|decision| wanted(decision)).count()
}

/// The venue's list of an order of ours, filled so far.
fn listed(bench: &Bench, id: OrderId, filled: Qty) -> OpenOrder {
    let order = bench.trader.core().orders().get(id).expect("ours");
    let terms = order.terms;
    OpenOrder {
        order: id,
        venue_id: VenueRef::numbered('V', id.0),
        instrument: terms.instrument,
        side: terms.side,
        qty: terms.qty,
        filled,
        kind: terms.kind,
        reduce_only: terms.reduce_only,
    }
}

/// The venue's balances as our books have them, with more of one asset.
fn balances(bench: &Bench, more: &[(seatrial::market::AssetId, &str)]) -> Vec<Balance> {
    let books = bench.trader.core().books();
    let total = |asset| {
        let added = more.iter().filter(|(of, _)| *of == asset).map(|(_, text)| bench::money(text));
        added.fold(books.venue_cash(asset), |sum, more| sum + more)
    };
    let mut assets: Vec<_> = books.ledger().assets().chain(more.iter().map(|(asset, _)| *asset)).collect();
    assets.sort_unstable();
    assets.dedup();
    assets.into_iter().map(|asset| Balance { asset, total: total(asset) }).collect()
}

fn positions(bench: &Bench) -> Vec<VenuePosition> {
    let core = bench.trader.core();
    [bench::B, bench::X].map(|instrument| VenuePosition { instrument, qty: core.position(instrument) }).to_vec()
}

/// A fill of an order of ours that nobody delivered.
fn missed(bench: &mut Bench, order: OrderId, qty: Qty, cumulative: Qty) -> ExecutionReport {
    let limit = bench.trader.core().orders().get(order).expect("ours").terms.kind.limit().expect("a limit");
    let fill = bench.fill_of(order, qty, limit);
    bench.report(order, Some(cumulative), ReportKind::Filled(fill))
}

/// An order that rests.
fn resting(bench: &mut Bench, instrument: InstrumentId, qty: i64) -> OrderId {
    let ask = if instrument == bench::B { Ask::v01() } else { Ask::long(bench::X, "0.60", "0.588") };
    let order = bench.open(&ask.quantity(qty));
    bench.accept(order);
    order
}
