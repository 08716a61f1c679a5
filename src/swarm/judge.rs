//! The judge: what must hold of a case, by everybody who can tell. The audit by its own arithmetic,
//! a replay by doing it again, and the venue, whose books are the truth.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::audit::{AuditReport, audit_records};
use crate::journal::{Body, Header, Record, Renderer};
use crate::market::{
    Account, AssetId, Contract, DeskId, FeeAsset, Instrument, InstrumentId, Money, OpenOrder, OrderId, OrderState,
    Purpose, Qty, Severity, Side, Span, Timestamp, TraderState,
};
use crate::replay::{self, Parity};
use crate::sim::fault::{Fault, FaultKind};
use crate::sim::{Outcome, Setup};
use crate::trading::Trader;
use crate::trading::orders::Order;
use crate::venue::Venue;

/// How long answers to the questions of a pass may be under way.
const PASS_MAX: Span = Span::from_secs(10);

/// Records told with a finding.
const SHOWN: usize = 50;

/// Something that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Which law: an invariant of faults.md §3 or `panic`, `replay`, `identity`.
    pub law: &'static str,
    /// After which record, where that can be said.
    pub record: Option<u64>,
    /// What was found.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            Some(record) => write!(f, "{} at record {record}: {}", self.law, self.text),
            None => write!(f, "{}: {}", self.law, self.text),
        }
    }
}

impl Finding {
    pub(super) fn new(law: &'static str, record: Option<u64>, text: impl Into<String>) -> Self {
        Self { law, record, text: text.into() }
    }

    /// The finding with the records before it.
    #[must_use]
    pub fn explain(&self, header: &Header, records: &[Record]) -> String {
        let end = self.record.map_or(records.len(), |seq| records.partition_point(|record| record.seq <= seq));
        let mut renderer = Renderer::new(header);
        let lines: Vec<String> = records[..end].iter().map(|record| renderer.line(record)).collect();
        format!("{self}\n{}", lines[lines.len().saturating_sub(SHOWN)..].join("\n"))
    }
}

/// What is said of the records of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// What the audit counted.
    pub audit: AuditReport,
    /// What must not be, by the audit, by a fresh trader, and by the trader itself.
    pub findings: Vec<Finding>,
    /// Whether a fresh trader did the same again; none where that was not asked for.
    pub replayed: Option<bool>,
}

/// Judges the records of a run of a setup; none without a header.
#[must_use]
pub fn judge(setup: &Setup, records: &[Record], replays: bool) -> Option<Judged> {
    let Body::Header(header) = &records.first()?.body else { return None };
    let audit = audit_records(header, records);
    let mut findings = Vec::new();
    of_audit(&audit, &mut findings);
    let replayed = replays.then(|| {
        let before = findings.len();
        match replay::replay(setup, records) {
            Ok(parity) => of_replay(&parity, header, &mut findings),
            Err(error) => findings.push(Finding::new("N3", None, error.to_string())),
        }
        findings.len() == before
    });
    of_alerts(records, &mut findings);
    Some(Judged { audit, findings, replayed })
}

/// Laws the audit found broken.
fn of_audit(report: &AuditReport, findings: &mut Vec<Finding>) {
    for breach in &report.breaches {
        findings.push(Finding::new(breach.law, Some(breach.seq), breach.text.clone()));
    }
}

/// N3: the trader does the same again.
fn of_replay(parity: &Parity, header: &Header, findings: &mut Vec<Finding>) {
    let Some(difference) = &parity.difference else { return };
    let mut renderer = Renderer::new(header);
    let mut told = |body: &Option<Body>| {
        let record =
            |body: &Body| Record { seq: difference.record, now: difference.now, cursor: 0, body: body.clone() };
        body.as_ref().map_or_else(|| "nothing".to_owned(), |body| renderer.line(&record(body)))
    };
    let text = format!("recorded {}; replayed {}", told(&difference.recorded), told(&difference.replayed));
    findings.push(Finding::new("N3", Some(difference.record), text));
}

/// Alerts that say the trader itself found a law broken.
fn of_alerts(records: &[Record], findings: &mut Vec<Finding>) {
    for record in records {
        if let Body::Alert(alert) = &record.body
            && alert.severity == Severity::Critical
            && alert.text.contains("invariant")
        {
            findings.push(Finding::new("alert", Some(record.seq), alert.text.clone()));
        }
    }
}

/// What does not hold when the faults have long stopped: everything must be at rest, and as the
/// venue has it.
#[must_use]
pub fn unrest(setup: &Setup, outcome: &Outcome) -> Vec<Finding> {
    let Outcome { trader, venue, hits, period: (_, end), .. } = outcome;
    let mut findings = Vec::new();
    let mut add = |law, text: String| findings.push(Finding::new(law, None, text));
    let core = trader.core();
    let at_venue: BTreeMap<OrderId, Qty> =
        venue.open_orders().into_iter().map(|order| (order.order, order.filled)).collect();
    for order in core.orders().open().filter(|order| !order.state.is_terminal()) {
        let (id, state) = (order.terms.id.0, order.state);
        if state.is_unknown() {
            add("V1", format!("order {id} is still {state:?} after the faults have stopped"));
        } else if !rests_rightly(order, core.books().position(order.desk, order.terms.instrument).is_some()) {
            add("O16", format!("order {id}, {:?}, is still {state:?} at the end", order.purpose));
        } else if !at_venue.contains_key(&order.terms.id) {
            add("C1", format!("order {id} is {state:?} with us and not open at the venue"));
        }
    }
    for id in at_venue.keys().filter(|id| **id < OrderId::FIRST_EXTERNAL) {
        match core.orders().get(*id) {
            Some(order) if !order.state.is_terminal() => {}
            Some(order) => add("C1", format!("order {} is {:?} with us and open at the venue", id.0, order.state)),
            None => add("O9", format!("order {} is open at the venue and unknown to us", id.0)),
        }
    }
    positions(setup, trader, venue, &mut add);
    cover(setup, trader, venue, &mut add);
    money(setup, trader, venue, is_explicable(hits), &mut add);
    // A run may end while the last answers are on their way.
    let looks = core.looking_since().is_some_and(|since| end.since(since) < PASS_MAX);
    if core.state() == TraderState::Reconciling && !looks {
        add("C1", "the trader is still Reconciling at the end".to_owned());
    }
    findings
}

/// Whether everything that moves money can be known. A fault may move money and the venue tell of it at most
/// once: with that message gone or late, what is found can only be called unexplained (production-rules §4.10).
fn is_explicable(hits: &[Fault]) -> bool {
    const ONCE: [&str; 5] = ["transfer", "funding", "bust", "fee_revised", "fee_missing"];
    let tells_once = |fault: &Fault| ONCE.contains(&fault.kind.name());
    // A message under way to a trader that cannot hear is gone.
    let deafens = |fault: &Fault| match fault.kind {
        FaultKind::Message(_) | FaultKind::Link(_) | FaultKind::Process(_) => !tells_once(fault),
        FaultKind::Request(_) | FaultKind::Order(_) | FaultKind::Venue(_) | FaultKind::Feed(_) | FaultKind::Hand(_) => {
            false
        }
    };
    let untold = hits.iter().any(|fault| fault.kind.name() == "balance_off");
    !(untold || (hits.iter().any(tells_once) && hits.iter().any(deafens)))
}

/// Findings of the audit that a fault makes no breach.
pub(super) fn excuse(hits: &[Fault], findings: &mut Vec<Finding>) {
    if is_explicable(hits) {
        return;
    }
    findings.retain(|finding| finding.law != "LG-6");
}

/// Only what protects a position may outlive the workload, which left everything it could leave.
fn rests_rightly(order: &Order, held: bool) -> bool {
    let protects = matches!(order.purpose, Purpose::Stop | Purpose::Target);
    order.desk == DeskId::EXTERNAL || (protects && held && order.state == OrderState::Live)
}

/// P4: the position of every margin instrument is the venue's.
fn positions(setup: &Setup, trader: &Trader, venue: &Venue, add: &mut impl FnMut(&'static str, String)) {
    let mut ours: BTreeMap<InstrumentId, i64> = BTreeMap::new();
    for (_, instrument, position) in trader.core().books().positions() {
        *ours.entry(instrument).or_default() += position.qty.0;
    }
    let linear = |id: InstrumentId| setup.instruments[usize::from(id.0)].contract == Contract::Linear;
    for theirs in venue.positions().into_iter().filter(|theirs| linear(theirs.instrument)) {
        let held = ours.get(&theirs.instrument).copied().unwrap_or(0);
        if held != theirs.qty.0 {
            add("P4", format!("position {held} with us and {} at the venue", theirs.qty.0));
        }
    }
}

/// S1: what is held, and is there, is covered by live stops, unless it is too small for any.
fn cover(setup: &Setup, trader: &Trader, venue: &Venue, add: &mut impl FnMut(&'static str, String)) {
    let core = trader.core();
    for (desk, id, position) in core.books().positions().filter(|(desk, ..)| *desk != DeskId::EXTERNAL) {
        let instrument = &setup.instruments[usize::from(id.0)];
        let rules = instrument.rules(Timestamp::MAX);
        let against = core.books().position(DeskId::EXTERNAL, id).map_or(0, |others| others.qty.0);
        let there = Qty(at_venue(instrument, venue, position.qty.0, against));
        // A fee in base is paid from what is sold: so much need not be covered.
        let fee = if rules.fees.asset.on(Side::Sell) == FeeAsset::Base { there.0.abs() / 100 + rules.lot.0 } else { 0 };
        let held = Qty(there.0.abs() - fee);
        let worth = instrument.notional(held, venue.touch(id).bid);
        // Well above the minima, so that where exactly dust begins is not judged here.
        let small = held.0 < 2 * rules.min_qty.0 || worth < rules.min_notional.times(Decimal::TWO);
        let stops = core.orders().open_in(id).filter(|order| order.desk == desk && order.purpose == Purpose::Stop);
        let covered: i64 = stops.map(|order| (order.terms.qty - order.filled).0).sum();
        if !small && covered < held.0 {
            add("S1", format!("{held:?} of {} are held and {covered} are covered", instrument.symbol));
        }
    }
}

/// How much of a position is there to be closed, by the venue's books: of a spot position, what the account
/// still holds, because other hands may have sold it, offer it, or a bust undone it, without a word to us; of a margin
/// position, what other hands do not hold against it.
fn at_venue(instrument: &Instrument, venue: &Venue, position: i64, others: i64) -> i64 {
    if instrument.contract == Contract::Linear {
        let against = if others.signum() * position.signum() < 0 { others.abs().min(position.abs()) } else { 0 };
        return position - against * position.signum();
    }
    let sells = |order: &OpenOrder| {
        order.order >= OrderId::FIRST_EXTERNAL && order.instrument == instrument.id && order.side == Side::Sell
    };
    let tied: i64 =
        venue.open_orders().iter().filter(|order| sells(order)).map(|order| (order.qty - order.filled).0).sum();
    let balance = venue.balances().into_iter().find(|balance| balance.asset == instrument.base);
    let units = balance.map(|balance| (balance.total.decimal() / instrument.qty_unit).trunc());
    position.min(units.and_then(|units| units.to_i64()).unwrap_or(0) - tied)
}

/// L4: cash of every asset is the venue's, to the unit, what it netted over desks included; and nothing
/// is unexplained while entries are allowed.
fn money(setup: &Setup, trader: &Trader, venue: &Venue, explicable: bool, add: &mut impl FnMut(&'static str, String)) {
    let ledger = trader.core().books().ledger();
    let theirs: BTreeMap<AssetId, Money> =
        venue.balances().into_iter().map(|balance| (balance.asset, balance.total)).collect();
    for (asset, total) in theirs {
        let name = &setup.assets[usize::from(asset.0)].name;
        let ours = trader.core().books().venue_cash(asset);
        if ours != total {
            add("L4", format!("cash of {name} is {ours} with us and {total} at the venue"));
        }
        let unexplained = ledger.balance(Account::Unexplained, asset);
        if !unexplained.is_zero() && explicable && trader.core().state() == TraderState::Armed {
            add("LG-6", format!("{unexplained} of {name} is unexplained at the end"));
        }
    }
}
