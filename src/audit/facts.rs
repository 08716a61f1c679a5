//! The audit's own tables: orders, executions, balances and positions, learned record by record.
//!
//! They hold what the journal says and how often it says it; laws judge. A step is an input of the
//! trader with everything the trader did about it; bookings are applied when their step is over,
//! because a step may post, move and book in any order.

use std::collections::{BTreeMap, BTreeSet};

use super::cover::Cover;
use super::fee_plan::Volumes;
use super::limits::Limits;
use super::passes::Passes;
use super::rows::{Adjustment, Booking, ExecutionRow, Holding, OrderRow, Step};
use super::standing::Standing;
use super::truth::Venue;
use crate::journal::{Body, Exact, Header, InstrumentCard, Record, TooLarge};
use crate::market::{
    Account, AssetId, Cause, Command, Decision, DeskId, Event, InstrumentId, IntentId, OrderId, OrderState, Purpose,
    RiskPassId, TransactionId, VenueRef,
};

/// The desk of fills nobody here asked for.
const NOBODY: DeskId = DeskId(u16::MAX);

/// Everything the audit knows.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub header: Header,
    pub limits: Limits,
    pub orders: BTreeMap<OrderId, OrderRow>,
    /// Orders of ours that may still trade.
    pub open: BTreeSet<OrderId>,
    pub executions: BTreeMap<VenueRef, ExecutionRow>,
    /// What each transaction was for; and how many were posted, doubles included.
    pub transactions: BTreeMap<TransactionId, Cause>,
    pub posted: usize,
    pub passes: BTreeMap<RiskPassId, OrderId>,
    pub intents: BTreeMap<IntentId, Vec<OrderId>>,
    pub funded: BTreeMap<(bool, InstrumentId, i64), u32>,
    pub balances: BTreeMap<(AssetId, Account), Exact>,
    pub holdings: BTreeMap<(DeskId, InstrumentId), Holding>,
    pub standing: Standing,
    pub cover: Cover,
    pub venue: Venue,
    pub reconciling: Passes,
    pub has_truth: bool,
    /// What the venue executed, as it counts for a fee plan.
    pub volumes: Volumes,
    /// Kinds of fault that hit each order.
    struck: BTreeMap<OrderId, BTreeSet<String>>,
    /// Time and cursor of the last two records.
    pub clock: [(i64, u64); 2],
    pub step: Step,
    /// By asset: how far the equity identity was off when it was started anew.
    pub offsets: BTreeMap<AssetId, Exact>,
    /// How far other hands drew an asset below zero by our count: what they spent we were not told of.
    pub overdrawn: BTreeMap<AssetId, Exact>,
}

impl Facts {
    pub fn new(header: &Header) -> Self {
        Self {
            header: header.clone(),
            limits: Limits::new(header),
            orders: BTreeMap::new(),
            open: BTreeSet::new(),
            executions: BTreeMap::new(),
            transactions: BTreeMap::new(),
            posted: 0,
            passes: BTreeMap::new(),
            intents: BTreeMap::new(),
            funded: BTreeMap::new(),
            balances: BTreeMap::new(),
            holdings: BTreeMap::new(),
            standing: Standing::default(),
            cover: Cover::default(),
            venue: Venue::default(),
            reconciling: Passes::default(),
            has_truth: false,
            volumes: Volumes::default(),
            struck: BTreeMap::new(),
            clock: [(i64::MIN, 0); 2],
            step: Step::default(),
            offsets: BTreeMap::new(),
            overdrawn: BTreeMap::new(),
        }
    }

    /// When the last record happened.
    pub const fn now(&self) -> i64 {
        self.clock[1].0
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

    /// Orders of ours that may still trade.
    pub fn open_orders(&self) -> impl Iterator<Item = (OrderId, &OrderRow)> {
        self.open.iter().filter_map(|id| Some((*id, self.orders.get(id)?)))
    }

    /// Whether a fault of this kind hit an order, so that the venue itself does what it may not.
    pub fn struck(&self, kind: &str, order: OrderId) -> bool {
        self.struck.get(&order).is_some_and(|kinds| kinds.iter().any(|hit| hit == kind))
    }

    /// Whether the run was made with a fault of this kind.
    pub fn has_fault(&self, kind: &str) -> bool {
        self.header.faults.iter().any(|fault| fault == kind)
    }

    /// A position as it was last claimed.
    pub fn position(&self, key: (DeskId, InstrumentId)) -> i128 {
        self.holdings.get(&key).map_or(0, |holding| holding.claimed[0])
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
            self.step.clear();
            self.step.is_given = matches!(record.body, Body::Event(_) | Body::Market);
            self.standing.begin_step();
            self.reconciling.begin_step();
        }
        self.step.seq = record.seq;
        match &record.body {
            Body::Event(event) => self.learn_event(event),
            Body::Truth(report) => self.learn_truth(report)?,
            Body::Decision(decision) => self.learn_decision(record.seq, decision)?,
            Body::Command(command) => self.learn_command(record.seq, command),
            Body::Alert(alert) => {
                self.step.alerts.push((alert.severity, alert.instrument, alert.order));
                self.cover.alarm(record.now.0, alert);
            }
            Body::Fault(text) => self.learn_fault(text),
            Body::Header(_) | Body::Market | Body::Wake(_) | Body::Cut { .. } | Body::Close(_) | Body::Lost(_) => {}
        }
        Ok(())
    }

    /// A fault is a message to whoever judges: a process that is down does nothing, what no answer shows can be
    /// known to nobody, and which orders the venue itself wronged.
    fn learn_fault(&mut self, text: &str) {
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            ["crash", ..] => self.standing.crashed = true,
            [kind, "order", id, ..] => {
                let Ok(id) = id.parse().map(OrderId) else { return };
                self.struck.entry(id).or_default().insert(kind.to_owned());
                let lasts = words.iter().find_map(|word| word.strip_prefix("lasts=")?.strip_suffix("ns"));
                if let Some(lasts) = lasts.filter(|_| kind == "hidden").and_then(|lasts| lasts.parse::<i64>().ok()) {
                    let until = self.now().saturating_add(lasts);
                    let row = self.orders.entry(id).or_default();
                    row.hidden_until = row.hidden_until.max(until);
                }
            }
            _ => {}
        }
    }

    fn learn_event(&mut self, event: &Event) {
        let now = self.now();
        self.standing.learn_event(now, event);
        match event {
            Event::Report(report) => self.hear(report),
            Event::Account(message) => self.hear_message(message),
            Event::Market(..)
            | Event::Link(_)
            | Event::Reference(_)
            | Event::Host(_)
            | Event::Wake
            | Event::Control(_) => {}
        }
    }

    fn learn_command(&mut self, seq: u64, command: &Command) {
        let now = self.now();
        let purpose = |id: &OrderId| self.orders.get(id).and_then(|row| row.purpose);
        match command {
            Command::New(order) => {
                let purpose = purpose(&order.id);
                self.standing.spend(now, &self.limits, purpose, command);
                let row = self.orders.entry(order.id).or_default();
                row.times_sent += 1;
                row.sent_at = now;
                row.sent = Some(*order);
                row.news = now;
                if row.state == Some(OrderState::Intent) {
                    row.state = Some(OrderState::Sent);
                }
                row.asked = Some([order.qty.0.into(); 2]);
                row.kind = Some(order.kind);
                row.terms = row.asked.map(|[_, asked]| [asked, 0]);
                row.venue.terms = Some((order.kind, order.qty.0.into()));
                self.step.sent.push((seq, order.id, self.standing.trader));
                self.step.touched.extend(row.key());
            }
            Command::Amend(amend) => {
                let purpose = purpose(&amend.id);
                self.standing.spend(now, &self.limits, purpose, command);
                let row = self.orders.entry(amend.id).or_default();
                let qty = i128::from(amend.qty.0);
                let [least, greatest] = row.asked.unwrap_or([qty; 2]);
                row.asked = Some([least.min(qty), greatest.max(qty)]);
                row.terms = row.terms.map(|[known, wished]| [known, wished.max(qty)]);
                (row.news, row.handled_at) = (now, now);
                self.step.touched.extend(row.key());
            }
            Command::Cancel(id) => {
                self.standing.spend(now, &self.limits, None, command);
                if let Some(row) = self.orders.get_mut(id) {
                    row.cancelled = true;
                    (row.news, row.handled_at) = (now, now);
                }
            }
            Command::CancelAll(_) | Command::CancelAllAfter(_) => {
                self.standing.spend(now, &self.limits, None, command);
                self.step.sweeps.push((seq, *command));
            }
            Command::Query(query) => {
                self.standing.spend(now, &self.limits, None, command);
                self.ask(now, *query);
            }
            Command::Reconnect => {}
        }
    }

    fn learn_decision(&mut self, seq: u64, decision: &Decision) -> Result<(), TooLarge> {
        self.standing.learn_decision(decision);
        match decision {
            Decision::Intended { .. } => self.intend(seq, decision),
            Decision::Moved { order, row: by, to, .. } => self.moved(*order, *by, *to),
            Decision::Booked { .. } => self.claim(seq, decision),
            Decision::Posted(transaction) => self.post(seq, transaction)?,
            Decision::LimitChanged { key, from, to } => {
                let was = self.limits.value(key).unwrap_or(from);
                self.standing.changed_from = (was != from).then(|| was.to_owned());
                self.limits.change(key, to);
            }
            Decision::Protected { desk, instrument, .. } => {
                self.cover.plan(decision);
                self.step.touched.push((*desk, *instrument));
            }
            Decision::Exiting { desk, instrument, .. } => {
                self.cover.excuse((*desk, *instrument), self.now());
            }
            Decision::Naked { desk, instrument, since } => self.cover.says((*desk, *instrument), Some(*since)),
            Decision::Covered { desk, instrument, .. } => self.cover.says((*desk, *instrument), None),
            Decision::Valued { equity, .. } => self.step.valued = Some((*equity).into()),
            Decision::PeriodBegan { .. } | Decision::PeakRestarted { .. } => self.standing.measure(decision),
            Decision::Reconciled { clean, .. } => {
                self.step.clean = clean.then_some(seq);
                self.reconciling.end();
            }
            Decision::Adjusted { desk, instrument, by, at, position, cost } => {
                if position.is_zero() {
                    self.cover.forget_plan((*desk, *instrument));
                }
                self.step.adjustments.push(Adjustment {
                    seq,
                    key: (*desk, *instrument),
                    by: by.0.into(),
                    at: at.0.into(),
                    claimed: [position.0.into(), cost.0],
                    counted: [0; 2],
                });
            }
            Decision::Adopted { order, .. } => self.reconciling.adopt(*order),
            Decision::Proposed(_)
            | Decision::Checked(..)
            | Decision::Trimmed { .. }
            | Decision::Denied(_)
            | Decision::Anomaly { .. }
            | Decision::Became { .. }
            | Decision::CoolingDown { .. }
            | Decision::Tripped { .. }
            | Decision::ReduceOnly { .. }
            | Decision::Operator(_)
            | Decision::Resolving { .. }
            | Decision::Retrying { .. }
            | Decision::Breaker { .. }
            | Decision::Volatility { .. }
            | Decision::Released { .. } => {}
        }
        Ok(())
    }

    fn intend(&mut self, seq: u64, decision: &Decision) {
        let Decision::Intended { intent, proposal, purpose, desk, pass, order, twice_reference } = decision else {
            return;
        };
        let row = self.orders.entry(order.id).or_default();
        row.intended = Some(*order);
        row.intent = Some(*intent);
        row.desk = Some(*desk);
        row.purpose = Some(*purpose);
        row.twice_reference = *twice_reference;
        row.state.get_or_insert(OrderState::Intent);
        self.passes.entry(*pass).or_insert(order.id);
        let of_intent = self.intents.entry(*intent).or_default();
        let is_new = of_intent.is_empty();
        of_intent.push(order.id);
        self.open.insert(order.id);
        if *purpose == Purpose::Entry {
            self.step.entries.push((seq, order.id));
            let key = (*desk, order.instrument);
            let now = self.clock[1].0;
            self.standing.enter(now, &self.limits, key, proposal.filter(|_| is_new), is_new.then_some(*intent));
        }
    }

    fn moved(&mut self, id: OrderId, by: u8, to: OrderState) {
        let row = self.orders.entry(id).or_default();
        row.state_before = row.state;
        row.state = Some(to);
        if to == OrderState::Live {
            if row.state_before != Some(to) {
                row.live_since = self.clock[1].0;
            }
            // No amend is open any more: what is known to hold is all that may.
            row.terms = row.terms.map(|[known, _]| [known, 0]);
        }
        if to.is_terminal() {
            self.step.ended.push(id);
            self.open.remove(&id);
            if row.state_before != Some(to) {
                row.ended_by = by;
            }
        } else if row.intended.is_some() {
            self.open.insert(id);
        }
        if row.state_before != Some(to) {
            self.step.touched.extend(row.key());
        }
    }

    fn claim(&mut self, seq: u64, decision: &Decision) {
        let Decision::Booked { order, execution, position, cost, gross, net } = decision else { return };
        if let Some(key) = self.orders.get(order).and_then(OrderRow::key)
            && (position.is_zero() || i128::from(position.0.signum()) != self.position(key).signum())
        {
            // What was planned was planned for another life.
            self.cover.forget_plan(key);
        }
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
        });
        self.account_for(*execution, reported.as_ref());
    }

    pub fn desk_of(&self, order: OrderId, posted: Option<DeskId>) -> DeskId {
        self.orders.get(&order).and_then(|row| row.desk).or(posted).unwrap_or(NOBODY)
    }
}
