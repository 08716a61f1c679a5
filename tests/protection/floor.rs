//! A small venue around a bench: it answers every command at once, holds what rests, fires what a
//! print touches, and knows what it was told to refuse.

use std::collections::{BTreeMap, VecDeque};

use seatrial::market::*;

use crate::bench::*;

/// How the venue answers an order that takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takers {
    /// It fills whole, at its limit.
    Fill,
    /// It finds nothing and ends.
    Miss,
    /// It is never answered.
    Silent,
}

/// The venue.
pub struct Floor {
    pub bench: Bench,
    /// What rests, by id.
    pub resting: BTreeMap<OrderId, NewOrder>,
    /// What was filled of each order.
    filled: BTreeMap<OrderId, Qty>,
    /// Every new order that arrived.
    pub placed: Vec<NewOrder>,
    /// Every amend and cancel that arrived.
    pub amended: Vec<Amend>,
    pub cancelled: Vec<OrderId>,
    pub alerts: Vec<Alert>,
    pub decisions: Vec<Decision>,
    pub queries: Vec<Query>,
    pub takers: Takers,
    /// Refusals of the next stops, in order.
    pub refusals: VecDeque<RejectReason>,
    /// Refusals of the next targets, in order.
    pub target_refusals: VecDeque<RejectReason>,
    pub refuses_amends: bool,
    /// Nothing is answered: commands pile up here.
    pub deaf: bool,
    pub unanswered: VecDeque<Command>,
}

impl Floor {
    pub fn new(bench: Bench) -> Self {
        Self {
            bench,
            resting: BTreeMap::new(),
            filled: BTreeMap::new(),
            placed: Vec::new(),
            amended: Vec::new(),
            cancelled: Vec::new(),
            alerts: Vec::new(),
            decisions: Vec::new(),
            queries: Vec::new(),
            takers: Takers::Fill,
            refusals: VecDeque::new(),
            target_refusals: VecDeque::new(),
            refuses_amends: false,
            deaf: false,
            unanswered: VecDeque::new(),
        }
    }

    /// On margin: reduce-only, both legs rest.
    pub fn margin(keys: &[(&str, &str)]) -> Self {
        Self::new(Bench::margin(keys))
    }

    /// On spot: lots back one order.
    pub fn spot(keys: &[(&str, &str)]) -> Self {
        Self::new(Bench::spot(keys))
    }

    /// One instrument at 100 with a tick, on margin.
    pub fn hundred(tick: &str, keys: &[(&str, &str)]) -> Self {
        let mut one = instrument(0, "Z/USDT", tick, "0.01", 1, "0");
        one.contract = Contract::Linear;
        let mut bench = Bench::holding(vec![one], config(keys), &[(USDT, "10000")]);
        bench.reference(B, "100");
        Self::new(bench)
    }

    /// Keeps what the last step said and answers what it sent, until nothing is left to answer.
    pub fn settle(&mut self) {
        self.keep();
        while let Some(command) = self.unanswered.pop_front() {
            if self.deaf {
                self.unanswered.push_front(command);
                return;
            }
            self.answer(command);
        }
    }

    fn keep(&mut self) {
        for action in std::mem::take(&mut self.bench.actions) {
            match action {
                Action::Send(command) => self.unanswered.push_back(command),
                Action::Record(decision) => self.decisions.push(decision),
                Action::Alert(alert) => self.alerts.push(alert),
                Action::Wake(_) => {}
            }
        }
    }

    fn answer(&mut self, command: Command) {
        match command {
            Command::New(order) => self.admit(order),
            Command::Amend(amend) => self.amend(amend),
            Command::Cancel(id) => {
                self.cancelled.push(id);
                match self.resting.remove(&id) {
                    Some(_) => self.end(id, CancelledBecause::Requested),
                    None => self.tell(id, ReportKind::CancelRejected(RefusedBecause::NotOpen)),
                }
            }
            Command::Query(query) => self.queries.push(query),
            Command::CancelAll(_) | Command::CancelAllAfter(_) | Command::Reconnect => {}
        }
    }

    fn admit(&mut self, order: NewOrder) {
        self.placed.push(order);
        let triggered = order.kind.trigger().is_some();
        if triggered && let Some(reason) = self.refusals.pop_front() {
            return self.tell(order.id, ReportKind::Rejected(reason));
        }
        let is_target = !triggered && order.reduce_only && order.tif == TimeInForce::Gtc;
        if is_target && let Some(reason) = self.target_refusals.pop_front() {
            return self.tell(order.id, ReportKind::Rejected(reason));
        }
        if order.tif == TimeInForce::Ioc && self.takers == Takers::Silent {
            return;
        }
        self.tell(order.id, ReportKind::Accepted);
        match (order.tif, self.takers) {
            (TimeInForce::Ioc, Takers::Fill) => {
                self.fill(order.id, order.qty, order.kind.limit().expect("an IOC names its limit"));
            }
            (TimeInForce::Ioc, _) => self.end(order.id, CancelledBecause::Remainder),
            _ => {
                self.resting.insert(order.id, order);
            }
        }
    }

    fn amend(&mut self, amend: Amend) {
        self.amended.push(amend);
        let Amend { id, qty, kind } = amend;
        let refuses = self.refuses_amends;
        match self.resting.get_mut(&id) {
            None => self.tell(id, ReportKind::AmendRejected(RefusedBecause::NotOpen)),
            Some(_) if refuses => {
                let because = RefusedBecause::StillOpen(RejectReason::Unsupported);
                self.tell(id, ReportKind::AmendRejected(because));
            }
            Some(order) => {
                (order.qty, order.kind) = (qty, kind);
                self.tell(id, ReportKind::Amended { qty, kind });
            }
        }
    }

    /// A report, and what follows from it.
    pub fn tell(&mut self, id: OrderId, kind: ReportKind) {
        let filled = self.filled.get(&id).copied().unwrap_or_default();
        let report = self.bench.report(id, Some(filled), kind);
        self.bench.tell(report);
        self.keep();
    }

    pub fn end(&mut self, id: OrderId, because: CancelledBecause) {
        self.resting.remove(&id);
        self.tell(id, ReportKind::Cancelled(because));
    }

    /// A fill of an order of ours.
    pub fn fill(&mut self, id: OrderId, qty: Qty, price: Price) {
        let fill = self.bench.fill_of(id, qty, price);
        *self.filled.entry(id).or_default() += qty;
        if self.resting.get(&id).is_some_and(|order| order.qty == self.filled[&id]) {
            self.resting.remove(&id);
        }
        self.tell(id, ReportKind::Filled(fill));
        self.settle();
    }

    /// Opens a position: the entry fills whole at its limit.
    pub fn open(&mut self, ask: &Ask) -> OrderId {
        let id = self.bench.open(ask);
        self.settle();
        let order = self.resting[&id];
        self.fill(id, order.qty, order.kind.limit().expect("a limit order"));
        id
    }

    /// A public trade of much, quotes around it, and what the venue fires.
    pub fn print(&mut self, id: InstrumentId, price: &str) {
        let at = self.bench.price(id, price);
        let quote =
            Quote { instrument: id, bid: Price(at.0 - 1), bid_qty: Qty(1), ask: Price(at.0 + 1), ask_qty: Qty(1) };
        self.bench.quote_at(quote);
        self.settle();
        self.trade(id, at, Qty(1_000_000_000));
    }

    pub fn trade(&mut self, instrument: InstrumentId, price: Price, qty: Qty) {
        let trade = Trade { instrument, price, qty, taker: None };
        self.bench.step(&Event::Market(self.bench.now, MarketEvent::Trade(trade)));
        self.settle();
    }

    /// What was filled of an order.
    pub fn filled_of(&self, id: OrderId) -> Qty {
        self.filled.get(&id).copied().unwrap_or_default()
    }

    /// Fires the stops a print touches: each takes what it may of what is held, at the print.
    pub fn fire(&mut self, instrument: InstrumentId, price: Price) {
        loop {
            let stop =
                |order: &&NewOrder| matches!(order.kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. });
            let touched = |order: &&NewOrder| {
                let trigger = order.kind.trigger().expect("a stop");
                order.side.opposite().reaches(trigger, price)
            };
            let Some(order) = self.resting.values().filter(stop).find(touched).copied() else { return };
            let held = self.bench.position(instrument);
            let against = held.0 * order.side.sign() < 0;
            let open = if against { held.abs() } else { Qty::ZERO };
            let qty = (order.qty - self.filled_of(order.id)).min(open);
            if qty.is_zero() {
                self.end(order.id, CancelledBecause::ReduceOnly);
            } else {
                self.fill(order.id, qty, price);
                if self.resting.contains_key(&order.id) {
                    self.end(order.id, CancelledBecause::Remainder);
                }
            }
            self.settle();
        }
    }

    /// Leaves of what rests to close a position, by order.
    pub fn closing(&self) -> BTreeMap<OrderId, Qty> {
        let closing = self.resting.values().filter(|order| order.reduce_only);
        closing.map(|order| (order.id, order.qty - self.filled_of(order.id))).collect()
    }

    /// Leaves of the targets that the core placed.
    pub fn targets_of_core(&self) -> Vec<Qty> {
        let core = self.bench.trader.core();
        let target =
            |order: &&NewOrder| core.orders().get(order.id).is_some_and(|order| order.purpose == Purpose::Target);
        self.resting.values().filter(target).map(|order| order.qty - self.filled_of(order.id)).collect()
    }

    /// Whether an exit of an instrument is demanded and not done.
    pub fn is_exiting(&self, instrument: InstrumentId) -> bool {
        let shield = self.bench.trader.core().shield((DeskId(0), instrument));
        shield.is_some_and(seatrial::trading::protection::Shield::is_exiting)
    }

    /// Time passes, in milliseconds, with a quote that keeps the reference fresh; timers fire.
    pub fn wait(&mut self, milliseconds: i64) {
        self.bench.after(milliseconds * 1_000_000);
        self.bench.quotes_quietly();
        self.bench.step(&Event::Wake);
        self.settle();
    }

    /// Time passes and nothing is heard of the market.
    pub fn wait_blind(&mut self, milliseconds: i64) {
        self.bench.after(milliseconds * 1_000_000);
        self.bench.step(&Event::Wake);
        self.settle();
    }

    pub fn control(&mut self, act: ControlAct) {
        self.bench.control(act);
        self.settle();
    }

    /// Stops that rest, as (trigger, leaves).
    pub fn stops(&self) -> Vec<(Price, Qty)> {
        let stop = |order: &NewOrder| matches!(order.kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. });
        self.legs(stop)
    }

    /// Targets that rest, as (price, leaves).
    pub fn targets(&self) -> Vec<(Price, Qty)> {
        self.legs(|order| order.reduce_only && matches!(order.kind, OrderKind::Limit { .. }))
    }

    fn legs(&self, wanted: impl Fn(&NewOrder) -> bool) -> Vec<(Price, Qty)> {
        let leg = |order: &NewOrder| {
            let price = order.kind.trigger().or(order.kind.limit()).expect("it waits for a price");
            (price, order.qty - self.filled.get(&order.id).copied().unwrap_or_default())
        };
        self.resting.values().filter(|order| wanted(order)).map(leg).collect()
    }

    /// Exits that arrived, as (limit, quantity).
    pub fn exits(&self) -> Vec<(Price, Qty)> {
        let exits = self.placed.iter().filter(|order| order.reduce_only && order.tif == TimeInForce::Ioc);
        exits.map(|order| (order.kind.limit().expect("an exit has a limit"), order.qty)).collect()
    }

    /// Texts of alerts of a severity.
    pub fn told(&self, severity: Severity) -> Vec<&str> {
        self.alerts.iter().filter(|alert| alert.severity == severity).map(|alert| alert.text.as_str()).collect()
    }

    /// How long each naked stretch lasted, in milliseconds.
    pub fn naked(&self) -> Vec<i64> {
        let covered = |decision: &Decision| match decision {
            Decision::Covered { after, .. } => Some(after.0 / 1_000_000),
            _ => None,
        };
        self.decisions.iter().filter_map(covered).collect()
    }

    /// Causes and steps of the ladder.
    pub fn ladder(&self) -> Vec<(ExitCause, u8)> {
        let exiting = |decision: &Decision| match decision {
            Decision::Exiting { cause, step, .. } => Some((*cause, *step)),
            _ => None,
        };
        self.decisions.iter().filter_map(exiting).collect()
    }

    pub fn held(&self, id: InstrumentId) -> i64 {
        self.bench.position(id).0
    }
}
