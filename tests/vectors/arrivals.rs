//! C6: every order of arrival and every duplication of the same reports ends in the same state,
//! position and ledger (production-rules §1.5).
//!
//! A story is what the venue says of one order: its acknowledgement, its fills, its end, the answers
//! to queries made meanwhile, the reply to a cancel that came too late. It is told once as it
//! happened and then shuffled and with repetitions; what is left afterwards must be the same. The
//! stories come from a fixed seed, so every run tries the same ones.
//!
//! To repeat: `cargo test --no-default-features --lib permutations -- --nocapture`.

use super::booking::Books;
use super::config::Config;
use super::core::{Core, Setup};
use super::order::Origin;
use super::transitions::Input;
use crate::market::{
    Account, Action, AssetId, Balance, CancelledBecause, Contract, DeskId, ExecutionReport, Fill, Instrument,
    InstrumentId, Liquidity, Money, NewOrder, OrderId, OrderKind, OrderState, OrderStatus, Price, Purpose, Qty,
    RefusedBecause, ReportKind, RiskPassId, Side, Snapshot, Span, TimeInForce, Timestamp, TriggerSource, VenueMessage,
    VenueRef, samples,
};

/// Stories, and shuffles of each.
const STORIES: u64 = 2_500;
const SHUFFLES: u64 = 40;

pub(super) const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);
pub(super) const QTY: Qty = Qty(2_000_000);
pub(super) const LIMIT: Price = Price(4_500_000);

/// A fixed sequence of numbers; nothing in the trading core may draw one.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

/// Where the order stands when its story begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stands {
    Sent,
    Unknown,
    CancelPending,
}

/// How it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Filled,
    Cancelled,
    Expired,
    Open,
    Rejected,
}

pub(super) fn core(contract: Contract) -> Core {
    let instrument = Instrument { contract, ..samples::b() };
    let mut config = Config::default();
    config.set("budget.query", "100/s 1000").expect("the table knows the key");
    let setup =
        Setup { config, instruments: vec![instrument], cadences: vec![Span::ZERO], currency: AssetId(1), first_id: 1 };
    let mut core = Core::new(setup);
    let mut actions = Vec::new();
    let cash = Balance { asset: AssetId(1), total: Money::new(10_000.into()) };
    for message in [
        VenueMessage::OpenOrders(Snapshot { at: NOW, items: Vec::new() }),
        VenueMessage::Balances(Snapshot { at: NOW, items: vec![cash] }),
    ] {
        core.on_account(NOW, &message, &mut actions);
    }
    core
}

pub(super) fn send(core: &mut Core, side: Side, purpose: Purpose) -> OrderId {
    let terms = NewOrder {
        id: OrderId(0),
        instrument: InstrumentId(0),
        side,
        kind: OrderKind::Limit { limit: LIMIT },
        trigger_by: TriggerSource::Last,
        qty: QTY,
        tif: TimeInForce::Gtc,
        post_only: false,
        reduce_only: purpose != Purpose::Entry,
        leverage: 1,
        deadline: Timestamp::MAX,
        risk_pass: RiskPassId(0),
    };
    let intent = core.numbers.intent();
    let origin = Origin {
        desk: DeskId(0),
        intent,
        proposal: None,
        purpose,
        stop: None,
        target: None,
        trailing: false,
        twice_reference: LIMIT.0 * 2,
    };
    let mut actions = Vec::new();
    let id = core.intend(NOW, terms, origin, &mut actions);
    core.flush(NOW, &mut actions);
    id
}

pub(super) fn report(id: OrderId, second: i64, cumulative: Qty, kind: ReportKind) -> ExecutionReport {
    ExecutionReport {
        order: id,
        venue_id: Some(VenueRef::numbered('V', id.0)),
        instrument: InstrumentId(0),
        at: NOW.after(Span::from_secs(second)),
        cumulative: Some(cumulative),
        kind,
    }
}

pub(super) fn fill(number: u64, side: Side, qty: Qty, price: Price) -> ReportKind {
    let execution = VenueRef::numbered('E', number);
    ReportKind::Filled(Fill { execution, side, price, qty, liquidity: Liquidity::Taker, fee: None })
}

/// Everything the venue says, as it happened, one second apart.
fn story(numbers: &mut Numbers, id: OrderId, side: Side, stands: Stands, exit: bool) -> (End, Vec<ExecutionReport>) {
    let ends = [End::Filled, End::Cancelled, End::Expired, End::Open, End::Rejected];
    // A part of a position that closes is truncated per close: only a whole exit is one figure.
    let end = if exit { End::Filled } else { ends[numbers.below(ends.len())] };
    if end == End::Rejected {
        let no = ReportKind::Rejected(crate::market::RejectReason::MinNotional);
        return (end, vec![report(id, 1, Qty::ZERO, no)]);
    }
    let mut told = Vec::new();
    let mut at = 1;
    let mut say = |told: &mut Vec<ExecutionReport>, cumulative: Qty, kind: ReportKind| {
        told.push(report(id, at, cumulative, kind));
        at += 1;
    };
    if stands != Stands::CancelPending {
        if numbers.below(3) == 0 {
            say(&mut told, Qty::ZERO, ReportKind::Status(OrderStatus::NotFound { complete: false }));
        }
        say(&mut told, Qty::ZERO, ReportKind::Accepted);
    }
    let open = ReportKind::Status(OrderStatus::Open { qty: QTY, kind: OrderKind::Limit { limit: LIMIT } });
    let mut filled = Qty::ZERO;
    let parts = numbers.below(4);
    for part in 0..parts {
        if numbers.below(3) == 0 {
            say(&mut told, filled, open);
        }
        let whole = end == End::Filled && part + 1 == parts;
        let left = QTY - filled;
        let drawn = Qty(1 + i64::try_from(numbers.below(600_000)).expect("small"));
        let qty = if whole { left } else { drawn };
        let better = i64::try_from(numbers.below(50_000)).expect("small") * side.sign();
        filled += qty;
        say(&mut told, filled, fill(100 + part as u64, side, qty, Price(LIMIT.0 - better)));
    }
    let end = if end == End::Filled && filled < QTY { End::Open } else { end };
    if end == End::Open {
        say(&mut told, filled, open);
    }
    let last = match end {
        End::Cancelled => Some((ReportKind::Cancelled(CancelledBecause::Requested), OrderStatus::Cancelled)),
        End::Expired => Some((ReportKind::Expired, OrderStatus::Expired)),
        End::Filled => {
            if stands == Stands::CancelPending {
                say(&mut told, filled, ReportKind::CancelRejected(RefusedBecause::NotOpen));
            }
            Some((open, OrderStatus::Filled))
        }
        End::Open | End::Rejected => None,
    };
    if let Some((kind, status)) = last {
        if end != End::Filled {
            say(&mut told, filled, kind);
        }
        if numbers.below(2) == 0 {
            say(&mut told, filled, ReportKind::Status(status));
        }
    }
    (end, told)
}

/// What is left when everything was told.
#[derive(PartialEq, Debug)]
struct Left {
    state: OrderState,
    totals: (Qty, Qty, Qty, Qty, bool),
    terms: (Qty, OrderKind),
    archived: bool,
    reserved: String,
    position: String,
    balances: Vec<Money>,
    cooling: Option<Timestamp>,
}

fn left(core: &Core, id: OrderId) -> Left {
    let order = core.orders.get(id).expect("it was sent");
    let books: &Books = core.books();
    let position = books.position(DeskId(0), InstrumentId(0)).copied().unwrap_or_default();
    let balances =
        (0..2).flat_map(|asset| Account::ALL.map(|account| books.ledger().balance(account, AssetId(asset)))).collect();
    Left {
        state: order.state,
        totals: (order.filled, order.reported, order.due(), order.could_fill(), order.late_fill),
        terms: (order.terms.qty, order.terms.kind),
        archived: core.orders.open().all(|open| open.id() != id),
        reserved: core.reserved(AssetId(1), NOW).normalize().to_string(),
        // Not when it was opened: that is the time of whichever fill was told first.
        position: format!("{:?} {:?} {:?} {:?}", position.qty, position.cost, position.entry_fees, position.entries),
        balances,
        cooling: core.pauses.cooling(InstrumentId(0), NOW).map(|(until, _)| until),
    }
}

fn tell(core: &Core, id: OrderId, reports: &[ExecutionReport], actions: &mut Vec<Action>) -> Left {
    let mut core = core.clone();
    for report in reports {
        core.on_report(NOW.after(Span::from_secs(30)), report, actions);
        actions.clear();
    }
    left(&core, id)
}

pub(super) fn shuffled(numbers: &mut Numbers, reports: &[ExecutionReport]) -> Vec<ExecutionReport> {
    let mut order = reports.to_vec();
    for place in (1..order.len()).rev() {
        order.swap(place, numbers.below(place + 1));
    }
    for _ in 0..numbers.below(4) {
        let again = reports[numbers.below(reports.len())];
        order.insert(numbers.below(order.len() + 1), again);
    }
    order
}

// proves: critical-2-permutations
#[test]
fn every_order_of_arrival_ends_in_the_same_state() {
    let (cases, ends) = lived(STORIES);
    println!("{cases} orders of arrival of {STORIES} stories, by end {ends:?}");
    assert!(cases >= 100_000 && ends.iter().all(|count| *count > 100), "{ends:?}");
}

/// The test can fail: bugs that live here break it.
#[cfg(feature = "planted")]
#[test]
fn planted_bugs_end_elsewhere() {
    use crate::market::{Bug, planted::plant};
    for bug in [Bug::Critical2Permutations, Bug::OrderAbsent, Bug::OrderAbsent2, Bug::OrderLateFill] {
        plant(Some(bug));
        let ended = std::panic::catch_unwind(|| lived(100));
        plant(None);
        assert!(ended.is_err(), "{bug:?} changes nothing");
    }
}

/// Tells stories in every shuffle and compares; how many cases there were, and stories by end.
fn lived(stories: u64) -> (u64, [u64; 5]) {
    let mut numbers = Numbers(0x5EA7_12A1);
    let bases = [core(Contract::Spot), core(Contract::Linear)];
    let (mut cases, mut ends) = (0_u64, [0_u64; 5]);
    let mut actions = Vec::new();
    for _ in 0..stories {
        let linear = numbers.below(2) == 1;
        let mut core = bases[usize::from(linear)].clone();
        let exit = numbers.below(5) == 0;
        let side = if linear && numbers.below(2) == 1 { Side::Sell } else { Side::Buy };
        let mut id = send(&mut core, side, Purpose::Entry);
        let mut side_of = side;
        if exit {
            core.on_report(NOW, &report(id, 0, QTY, fill(1, side, QTY, LIMIT)), &mut actions);
            side_of = side.opposite();
            id = send(&mut core, side_of, Purpose::Exit);
        }
        let stands = [Stands::Sent, Stands::Unknown, Stands::CancelPending][numbers.below(3)];
        match stands {
            Stands::Sent => {}
            Stands::Unknown => {
                core.apply(NOW, id, Input::ReplyAmbiguous, &mut actions);
            }
            Stands::CancelPending => {
                core.on_report(NOW, &report(id, 0, Qty::ZERO, ReportKind::Accepted), &mut actions);
                core.apply(NOW, id, Input::CancelWanted, &mut actions);
            }
        }
        let (end, told) = story(&mut numbers, id, side_of, stands, exit);
        ends[end as usize] += 1;
        let expected = tell(&core, id, &told, &mut actions);
        for _ in 0..SHUFFLES {
            let order = shuffled(&mut numbers, &told);
            let found = tell(&core, id, &order, &mut actions);
            assert_eq!(found, expected, "from {stands:?}, told as {order:#?}");
            cases += 1;
        }
    }
    (cases, ends)
}
