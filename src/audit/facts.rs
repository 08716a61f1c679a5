//! The audit's own tables: orders, executions, balances and positions, learned record by record.
//!
//! They hold what the journal says and how often it says it; laws judge. A step is an input of the
//! trader with everything the trader did about it; bookings are applied when their step is over,
//! because a step may post, move and book in any order.

use std::collections::BTreeMap;

use super::position::{Effect, Position};
use crate::journal::{Body, Exact, Header, InstrumentCard, Record, TooLarge};
use crate::market::{
    Account, AssetId, Cause, Command, Decision, DeskId, Event, ExecutionReport, Fee, Fill, InstrumentId, IntentId,
    NewOrder, OrderId, OrderKind, OrderState, ReportKind, RiskPassId, TraderState, Transaction, TransactionId,
    VenueMessage, VenueRef,
};

/// The desk of fills nobody here asked for.
const NOBODY: DeskId = DeskId(u16::MAX);

/// An order as we and the venue know it.
#[derive(Clone, Debug, Default)]
pub(super) struct OrderRow {
    pub intended: Option<NewOrder>,
    pub intent: Option<IntentId>,
    pub desk: Option<DeskId>,
    pub sent: Option<NewOrder>,
    pub times_sent: u32,
    /// Least and greatest total quantity we ever asked for.
    pub asked: Option<[i128; 2]>,
    pub state: Option<OrderState>,
    /// State before the last move, as the order's history had it.
    pub state_before: Option<OrderState>,
    pub booked: i128,
    pub venue: VenueRow,
}

/// An order as the venue's own log has it.
#[derive(Clone, Debug, Default)]
pub(super) struct VenueRow {
    /// Terms in force: kind and total quantity.
    pub terms: Option<(OrderKind, i128)>,
    /// When the venue first spoke of it.
    pub first: Option<i64>,
    pub filled: i128,
    /// The cumulative quantity the report before the last one stated.
    pub stated_before: i128,
    pub stated: i128,
    pub fills: u64,
    /// Whether it ended, and whether it had ended before the last report.
    pub ended: bool,
    pub ended_before: bool,
    /// Reports that the trader has not received.
    pub undelivered: Vec<ExecutionReport>,
}

/// A fill as somebody reported it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reported {
    pub report: ExecutionReport,
    pub fill: Fill,
}

/// An execution: what the venue did, what we heard, what we booked.
#[derive(Clone, Debug, Default)]
pub(super) struct ExecutionRow {
    pub truth: Option<Reported>,
    pub times_true: u32,
    pub heard: Option<Reported>,
    pub booked: Option<(DeskId, InstrumentId)>,
    pub times_booked: u32,
    /// Transactions that stand: trade, settlement, fee.
    pub standing: [u32; 3],
    /// The fee that stands.
    pub fee: Option<Fee>,
}

/// A booking the trader claims, and what it comes to by our own count.
#[derive(Clone, Debug)]
pub(super) struct Booking {
    pub seq: u64,
    pub order: OrderId,
    pub execution: VenueRef,
    pub instrument: InstrumentId,
    pub reported: Option<Reported>,
    /// Position, cost and gross as claimed.
    pub claimed: [i128; 3],
    pub net: Exact,
    /// Position and cost by our count, and what the fill did.
    pub counted: Option<([i128; 2], Effect)>,
    /// Whether our count of the cost is as good as theirs.
    pub cost_known: bool,
}

/// A desk's position in an instrument with the sums the equity identity needs.
#[expect(clippy::struct_excessive_bools, reason = "each says of one sum on its own whether it is defined")]
#[derive(Clone, Debug, Default)]
pub(super) struct Holding {
    pub position: Position,
    /// Position and cost as last claimed.
    pub claimed: [i128; 2],
    /// Σ gross as claimed, in price × quantity units.
    pub gross: i128,
    /// Σ net as claimed, in quote.
    pub net: Exact,
    /// Σ signed fills, in quantity units.
    pub traded: i128,
    /// Base-asset fees, in base and valued in quote at the fill.
    pub base_fees: Exact,
    pub base_fee_value: Exact,
    /// Quote fees and funding.
    pub quote_fees: Exact,
    pub funding: Exact,
    /// Whether a fee was paid in an asset whose value is not in the journal.
    pub foreign_fee: bool,
    /// Whether cost and gross are only defined again by the next claim.
    pub stale: bool,
    /// Whether a transaction of it was ever undone.
    pub reversed: bool,
    pub cost_unknown: bool,
    /// Price of the last fill, in price units.
    pub mark: i64,
}

/// What the step under way did.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub seq: u64,
    pub heard: Vec<Reported>,
    pub bookings: Vec<Booking>,
    pub posted: Vec<(u64, Transaction)>,
    pub sent: Vec<(u64, OrderId, TraderState)>,
    /// Quote assets of which the identity starts anew.
    pub rebased: Vec<AssetId>,
}

/// Everything the audit knows.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub header: Header,
    pub orders: BTreeMap<OrderId, OrderRow>,
    pub executions: BTreeMap<VenueRef, ExecutionRow>,
    /// What each transaction was for; and how many were posted, doubles included.
    pub transactions: BTreeMap<TransactionId, Cause>,
    pub posted: usize,
    pub passes: BTreeMap<RiskPassId, OrderId>,
    pub intents: BTreeMap<IntentId, Vec<OrderId>>,
    pub funded: BTreeMap<(InstrumentId, i64), u32>,
    pub balances: BTreeMap<(AssetId, Account), Exact>,
    pub holdings: BTreeMap<(DeskId, InstrumentId), Holding>,
    pub trader: TraderState,
    pub has_truth: bool,
    /// Time and cursor of the last two records.
    pub clock: [(i64, u64); 2],
    pub step: Step,
    /// By asset: how far the equity identity was off when it was started anew.
    pub offsets: BTreeMap<AssetId, Exact>,
}

impl Facts {
    pub fn new(header: &Header) -> Self {
        Self {
            header: header.clone(),
            orders: BTreeMap::new(),
            executions: BTreeMap::new(),
            transactions: BTreeMap::new(),
            posted: 0,
            passes: BTreeMap::new(),
            intents: BTreeMap::new(),
            funded: BTreeMap::new(),
            balances: BTreeMap::new(),
            holdings: BTreeMap::new(),
            trader: TraderState::Reconciling,
            has_truth: false,
            clock: [(i64::MIN, 0); 2],
            step: Step::default(),
            offsets: BTreeMap::new(),
        }
    }

    pub fn card(&self, id: InstrumentId) -> Option<&InstrumentCard> {
        self.header.card(id)
    }

    pub fn balance(&self, asset: AssetId, account: Account) -> Exact {
        self.balances.get(&(asset, account)).copied().unwrap_or_default()
    }

    pub fn order(&self, id: OrderId) -> Option<&OrderRow> {
        self.orders.get(&id)
    }

    /// Whether a record begins a new step (or ends the last one).
    pub const fn begins_step(body: &Body) -> bool {
        match body {
            Body::Header(_)
            | Body::Market
            | Body::Event(_)
            | Body::Truth(_)
            | Body::Cut { .. }
            | Body::Close(_)
            | Body::Lost(_)
            | Body::Fault(_) => true,
            Body::Decision(_) | Body::Command(_) | Body::Wake(_) | Body::Alert(_) => false,
        }
    }

    /// Takes a record in.
    pub fn learn(&mut self, record: &Record) -> Result<(), TooLarge> {
        self.clock = [self.clock[1], (record.now.0, record.cursor)];
        if Self::begins_step(&record.body) {
            self.step = Step::default();
        }
        self.step.seq = record.seq;
        match &record.body {
            Body::Event(Event::Report(report)) => self.hear(report),
            Body::Event(Event::Account(message)) => self.hear_message(message),
            Body::Truth(report) => self.learn_truth(report),
            Body::Decision(decision) => self.learn_decision(record.seq, decision)?,
            Body::Command(command) => self.learn_command(record.seq, command),
            Body::Header(_)
            | Body::Market
            | Body::Event(_)
            | Body::Wake(_)
            | Body::Alert(_)
            | Body::Cut { .. }
            | Body::Close(_)
            | Body::Lost(_)
            | Body::Fault(_) => {}
        }
        Ok(())
    }

    fn hear_message(&mut self, message: &VenueMessage) {
        match message {
            VenueMessage::Report(report) => self.hear(report),
            VenueMessage::Fills(page) => page.fills.iter().for_each(|report| self.hear(report)),
            VenueMessage::ClosedOrders(_)
            | VenueMessage::OpenOrders(_)
            | VenueMessage::Balances(_)
            | VenueMessage::Positions(_)
            | VenueMessage::Transfer(_)
            | VenueMessage::Funding { .. }
            | VenueMessage::Session { .. } => {}
        }
    }

    fn hear(&mut self, report: &ExecutionReport) {
        if let Some(row) = self.orders.get_mut(&report.order)
            && let Some(at) = row.venue.undelivered.iter().position(|sent| sent == report)
        {
            row.venue.undelivered.remove(at);
        }
        if let ReportKind::Filled(fill) = report.kind {
            let reported = Reported { report: *report, fill };
            self.executions.entry(fill.execution).or_default().heard = Some(reported);
            self.step.heard.push(reported);
        }
    }

    fn learn_truth(&mut self, report: &ExecutionReport) {
        self.has_truth = true;
        let venue = &mut self.orders.entry(report.order).or_default().venue;
        venue.undelivered.push(*report);
        venue.first.get_or_insert(report.at.0);
        venue.ended_before = venue.ended;
        venue.stated_before = venue.stated;
        if let Some(stated) = report.cumulative {
            venue.stated = stated.0.into();
        }
        match report.kind {
            ReportKind::Filled(fill) => {
                venue.filled += i128::from(fill.qty.0);
                venue.fills += 1;
                venue.ended |= venue.terms.is_some_and(|(_, qty)| venue.filled >= qty);
                let row = self.executions.entry(fill.execution).or_default();
                row.times_true += 1;
                row.truth.get_or_insert(Reported { report: *report, fill });
            }
            ReportKind::Amended { qty, kind } => {
                venue.terms = Some((kind, qty.0.into()));
                venue.ended |= venue.filled >= i128::from(qty.0);
            }
            ReportKind::Rejected(_) | ReportKind::Cancelled(_) | ReportKind::Expired => venue.ended = true,
            ReportKind::Accepted
            | ReportKind::AmendRejected(_)
            | ReportKind::CancelRejected(_)
            | ReportKind::Busted(_)
            | ReportKind::Status(_) => {}
        }
    }

    fn learn_command(&mut self, seq: u64, command: &Command) {
        match command {
            Command::New(order) => {
                let row = self.orders.entry(order.id).or_default();
                row.times_sent += 1;
                row.sent = Some(*order);
                if row.state == Some(OrderState::Intent) {
                    row.state = Some(OrderState::Sent);
                }
                row.asked = Some([order.qty.0.into(); 2]);
                row.venue.terms = Some((order.kind, order.qty.0.into()));
                self.step.sent.push((seq, order.id, self.trader));
            }
            Command::Amend(amend) => {
                let row = self.orders.entry(amend.id).or_default();
                let qty = i128::from(amend.qty.0);
                let [least, greatest] = row.asked.unwrap_or([qty; 2]);
                row.asked = Some([least.min(qty), greatest.max(qty)]);
            }
            Command::Cancel(_) | Command::CancelAll(_) | Command::CancelAllAfter(_) | Command::Query(_) => {}
        }
    }

    fn learn_decision(&mut self, seq: u64, decision: &Decision) -> Result<(), TooLarge> {
        match decision {
            Decision::Intended { intent, desk, pass, order, .. } => {
                let row = self.orders.entry(order.id).or_default();
                row.intended = Some(*order);
                row.intent = Some(*intent);
                row.desk = Some(*desk);
                row.state.get_or_insert(OrderState::Intent);
                self.passes.entry(*pass).or_insert(order.id);
                self.intents.entry(*intent).or_default().push(order.id);
            }
            Decision::Moved { order, to, .. } => {
                let row = self.orders.entry(*order).or_default();
                row.state_before = row.state;
                row.state = Some(*to);
            }
            Decision::Booked { order, execution, position, cost, gross, net } => {
                let row = self.executions.entry(*execution).or_default();
                row.times_booked += 1;
                let here = self.step.heard.iter().find(|heard| heard.fill.execution == *execution);
                let reported = here.copied().or(row.heard);
                self.step.bookings.push(Booking {
                    seq,
                    order: *order,
                    execution: *execution,
                    instrument: reported.map_or(InstrumentId(u16::MAX), |reported| reported.report.instrument),
                    reported,
                    claimed: [position.0.into(), cost.0, gross.0],
                    net: (*net).into(),
                    counted: None,
                    cost_known: false,
                });
            }
            Decision::Posted(transaction) => self.post(seq, transaction)?,
            Decision::Became { to, .. } => self.trader = *to,
            Decision::Proposed(_)
            | Decision::Checked(..)
            | Decision::Trimmed { .. }
            | Decision::Denied(_)
            | Decision::Anomaly { .. }
            | Decision::Pending(..)
            | Decision::CoolingDown { .. }
            | Decision::Tripped { .. }
            | Decision::ReduceOnly { .. }
            | Decision::Operator(_)
            | Decision::Resolving { .. }
            | Decision::Retrying { .. }
            | Decision::Protected { .. }
            | Decision::Naked { .. }
            | Decision::Covered { .. }
            | Decision::Exiting { .. }
            | Decision::Breaker { .. }
            | Decision::PeriodBegan { .. }
            | Decision::PeakRestarted { .. }
            | Decision::Volatility { .. }
            | Decision::Valued { .. }
            | Decision::Reconciled { .. }
            | Decision::Adopted { .. }
            | Decision::Released { .. }
            | Decision::LimitChanged { .. } => {}
        }
        Ok(())
    }

    pub fn desk_of(&self, order: OrderId, posted: Option<DeskId>) -> DeskId {
        self.orders.get(&order).and_then(|row| row.desk).or(posted).unwrap_or(NOBODY)
    }
}
