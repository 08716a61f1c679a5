//! C6 where the venue changes its mind: fees that follow, fills that are taken back, terms that are
//! amended (production-rules §1.5, FB-4, TR-10, TR-28). Every order of arrival and every duplication ends
//! in the same state, as far as the rules promise it.
//!
//! What they do not promise, and why:
//! - **Which of two named fees is the last.** A report carries no version of a fee, and TR-07 takes the
//!   second for a question (`= n q W`). No fee and then a fee (FB-4) is promised, in any order.
//! - **Average price and realised profit beside a busted fill.** §5.2 asks for a full reversal, and history
//!   is never edited: where other fills came in between, the lots leave as an opposite trade would. So
//!   quantity, totals and the value of everything at any mark are compared, and on spot, where nothing is
//!   realised in cash, every balance too.
//! - **Terms of an order that has ended.** TR-10 of a terminal order is `= n`: an amend's reply that comes
//!   after the end changes nothing. What was filled, held and reserved is the same either way.
//! - **The moment at which smaller terms are full.** TR-04 ² asks (`= b p q`) where only the smaller of two
//!   quantities is reached, and TR-28 ⁷ where a fill is taken back before it was told. What is asked is
//!   answered: every story ends with the venue's answer, told last.
//!
//! To repeat: `cargo test --no-default-features --lib undone -- --nocapture`.

use super::core::Core;
use super::permutations::{LIMIT, NOW, Numbers, QTY, core, fill, report, send, shuffled};
use crate::market::{
    Account, Action, AssetId, CancelledBecause, Contract, DeskId, ExecutionReport, Fee, Fill, InstrumentId, Money,
    OrderId, OrderKind, OrderState, OrderStatus, Price, Purpose, Qty, RefusedBecause, RejectReason, ReportKind, Side,
    Span,
};

/// Stories, and shuffles of each.
const STORIES: u64 = 2_600;
const SHUFFLES: u64 = 40;

/// What was in a story.
#[derive(Clone, Copy, Default, Debug)]
struct Told {
    busts: u64,
    fees: u64,
    amended: u64,
    refused: u64,
    ended: bool,
}

/// The order's way through the venue.
struct Tale<'a> {
    id: OrderId,
    side: Side,
    numbers: &'a mut Numbers,
    reports: Vec<ExecutionReport>,
    filled: Qty,
    terms: (Qty, OrderKind),
    told: Told,
}

impl Tale<'_> {
    fn say(&mut self, kind: ReportKind) {
        let second = i64::try_from(self.reports.len()).expect("few") + 1;
        self.reports.push(report(self.id, second, self.filled, kind));
    }

    fn chance(&mut self, of: usize) -> bool {
        self.numbers.below(of) == 0
    }

    /// A part fills; its fee may follow, and it may be taken back.
    fn part(&mut self, number: u64, qty: Qty) {
        let better = i64::try_from(self.numbers.below(50_000)).expect("small") * self.side.sign();
        self.filled += qty;
        let filled = fill(number, self.side, qty, Price(LIMIT.0 - better));
        let ReportKind::Filled(bare) = filled else { unreachable!("a fill") };
        self.say(filled);
        if self.chance(3) {
            let fee = Some(Fee { asset: AssetId(1), amount: Money::new((1 + number % 7).into()) });
            self.say(ReportKind::Filled(Fill { fee, ..bare }));
            self.told.fees += 1;
        }
        if self.chance(4) {
            self.say(ReportKind::Busted(bare.execution));
            self.told.busts += 1;
        }
    }

    /// The reply to the amend.
    fn amend(&mut self, to: (Qty, OrderKind)) {
        if self.chance(4) {
            self.told.refused += 1;
            return self.say(ReportKind::AmendRejected(RefusedBecause::StillOpen(RejectReason::Busy)));
        }
        self.told.amended += 1;
        self.terms = to;
        self.say(ReportKind::Amended { qty: to.0, kind: to.1 });
    }

    fn end(&mut self) {
        let open = |terms: (Qty, OrderKind)| OrderStatus::Open { qty: terms.0, kind: terms.1 };
        let status = match self.numbers.below(4) {
            0 => {
                let left = self.terms.0 - self.filled;
                self.part(99, left);
                OrderStatus::Filled
            }
            1 => {
                self.say(ReportKind::Cancelled(CancelledBecause::Requested));
                OrderStatus::Cancelled
            }
            2 => {
                self.say(ReportKind::Expired);
                OrderStatus::Expired
            }
            _ => open(self.terms),
        };
        self.told.ended = !matches!(status, OrderStatus::Open { .. });
        self.say(ReportKind::Status(status));
    }
}

/// What is left when everything was told.
#[derive(PartialEq, Debug)]
struct Left {
    state: OrderState,
    totals: [Qty; 6],
    terms: Option<(Qty, OrderKind)>,
    archived: bool,
    reserved: String,
    held: (Qty, usize),
    /// On margin what everything is worth at a mark, on spot every balance.
    value: Money,
    balances: Vec<Money>,
}

fn left(core: &Core, id: OrderId, told: Told, contract: Contract) -> Left {
    let order = core.orders.get(id).expect("it was sent");
    let ledger = core.books().ledger();
    let position = core.books().position(DeskId(0), InstrumentId(0)).copied().unwrap_or_default();
    let quote = |account| ledger.balance(account, AssetId(1));
    let spot = contract == Contract::Spot;
    // Of margin the value at a mark: what was realised, what is open at that mark, less the fees.
    let mark = position.qty.at(Price(LIMIT.0 + 12_345)) - position.cost;
    let realised = core.instrument(InstrumentId(0)).value(mark) - quote(Account::Market) - quote(Account::Fees);
    Left {
        state: order.state,
        totals: [order.filled, order.busted, order.undone, order.reported, order.due(), order.could_fill()],
        terms: (!told.ended).then_some((order.terms.qty, order.terms.kind)),
        archived: core.orders.open().all(|open| open.id() != id),
        reserved: core.reserved(AssetId(1), NOW).normalize().to_string(),
        held: (position.qty, core.books().positions().count()),
        value: if spot { Money::ZERO } else { realised },
        balances: if spot {
            (0..2).flat_map(|asset| Account::ALL.map(|account| ledger.balance(account, AssetId(asset)))).collect()
        } else {
            Vec::new()
        },
    }
}

/// Tells reports, and at last the answer to whatever was asked.
fn tell(core: &Core, (reports, answer): (&[ExecutionReport], ExecutionReport), actions: &mut Vec<Action>) -> Core {
    let mut core = core.clone();
    for report in reports.iter().chain([&answer]) {
        core.on_report(NOW.after(Span::from_secs(60)), report, actions);
        actions.clear();
    }
    core
}

/// Reports in few words: second, what.
fn written(reports: &[ExecutionReport]) -> String {
    let line = |report: &ExecutionReport| {
        let (second, all) = (report.at.since(NOW).0 / 1_000_000_000, report.cumulative.unwrap_or_default().0);
        let what = match report.kind {
            ReportKind::Filled(fill) => {
                format!("{} fills {} at {}, fee {:?}", fill.execution, fill.qty.0, fill.price.0, fill.fee)
            }
            kind => format!("{kind:?}"),
        };
        format!("{second:>3} s, {all} in all: {what}")
    };
    reports.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_undone_or_amended_may_be_told_in_any_order() {
    let (cases, met) = lived(STORIES);
    println!("{cases} orders of arrival of {STORIES} stories with {met:?}");
    assert!(cases >= 100_000 && [met.busts, met.fees, met.amended, met.refused].iter().all(|count| *count > 200));
}

/// The test can fail: bugs that live here break it.
#[cfg(feature = "planted")]
#[test]
fn planted_bugs_end_elsewhere() {
    use crate::market::{Bug, planted::plant};
    for bug in [Bug::Critical2Permutations, Bug::OrderAbsent2, Bug::OrderLateFill] {
        plant(Some(bug));
        let ended = std::panic::catch_unwind(|| lived(100));
        plant(None);
        assert!(ended.is_err(), "{bug:?} changes nothing");
    }
}

/// Tells stories in every shuffle and compares; how many cases there were, and what was in them.
fn lived(stories: u64) -> (u64, Told) {
    let mut numbers = Numbers(0x0B57_ED01);
    let bases = [core(Contract::Spot), core(Contract::Linear)];
    let (mut cases, mut met, mut actions) = (0_u64, Told::default(), Vec::new());
    for number in 0..stories {
        let contract = [Contract::Spot, Contract::Linear][numbers.below(2)];
        let mut core = bases[usize::from(contract == Contract::Linear)].clone();
        let side = if contract == Contract::Linear && numbers.below(2) == 1 { Side::Sell } else { Side::Buy };
        let id = send(&mut core, side, Purpose::Entry);
        let limit = OrderKind::Limit { limit: LIMIT };
        let amends = numbers.below(2) == 0;
        let other = Price(LIMIT.0 - side.sign() * 100);
        let to = ([Qty(QTY.0 / 2), QTY, Qty(QTY.0 * 3 / 2)][numbers.below(3)], OrderKind::Limit { limit: other });
        let told = Told::default();
        let mut tale =
            Tale { id, side, numbers: &mut numbers, reports: Vec::new(), filled: Qty::ZERO, terms: (QTY, limit), told };
        if amends {
            core.on_report(NOW, &report(id, 0, Qty::ZERO, ReportKind::Accepted), &mut actions);
            assert!(core.amend_order(NOW, id, to.0, to.1, &mut actions));
            core.flush(NOW, &mut actions);
        } else {
            tale.say(ReportKind::Accepted);
        }
        let (parts, answered) = (tale.numbers.below(4), tale.numbers.below(4));
        for part in 0..4 {
            if amends && part == answered {
                tale.amend(to);
            }
            if part < parts {
                // All of them together are less than the smallest terms.
                let qty = Qty(1 + i64::try_from(tale.numbers.below(300_000)).expect("small"));
                tale.part(10 + part as u64, qty);
            }
        }
        tale.end();
        let (reports, told) = (tale.reports, tale.told);
        let last = *reports.last().expect("a status");
        let answer = ExecutionReport { at: NOW.after(Span::from_secs(30)), ..last };
        met.busts += told.busts;
        met.fees += told.fees;
        met.amended += told.amended;
        met.refused += told.refused;
        let expected = left(&tell(&core, (&reports, answer), &mut actions), id, told, contract);
        for _ in 0..SHUFFLES {
            let order = shuffled(&mut numbers, &reports);
            let found = left(&tell(&core, (&order, answer), &mut actions), id, told, contract);
            assert_eq!(
                found,
                expected,
                "story {number}, {contract:?}:\n{}\ntold as\n{}",
                written(&reports),
                written(&order)
            );
            cases += 1;
        }
    }
    (cases, met)
}
