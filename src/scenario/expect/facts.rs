//! What a run's records say of it, as far as an expectation can ask: states, orders, denials,
//! alerts, stops, time without cover.
//!
//! It believes what the trader recorded and what it was told; whether that is right, the audit
//! says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::journal::{Body, Exact, Header, Record, Renderer};
use crate::market::{
    Account, Command, Decision, DeskId, Event, ExecutionReport, InstrumentId, NewOrder, OrderId, OrderState,
    OrderStatus, Purpose, Qty, ReportKind, Span, Timestamp, TraderState, Transaction, VenueMessage, VenueRef,
};

/// One order, as far as the records tell of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderFacts {
    /// What it was for; none of an order that we did not place.
    pub purpose: Option<Purpose>,
    /// Its terms, as amended.
    pub terms: Option<NewOrder>,
    /// Where it stands.
    pub state: Option<OrderState>,
    /// What of it was booked.
    pub filled: Qty,
}

/// What a run's records say of it.
#[derive(Debug, Default)]
pub struct Facts {
    /// The states the trader was in, one after the other.
    pub states: Vec<TraderState>,
    /// What is held of every asset, by name.
    pub cash: BTreeMap<String, Exact>,
    /// Denials by check.
    pub denied: BTreeMap<String, u64>,
    /// Every order.
    pub orders: BTreeMap<OrderId, OrderFacts>,
    /// Commands by kind.
    pub sent: BTreeMap<&'static str, u64>,
    /// Alerts by severity.
    pub alerts: BTreeMap<String, u64>,
    /// Breakers active at the end.
    pub breakers: BTreeSet<String>,
    /// Instruments that may only shrink at the end.
    pub reduce_only: BTreeSet<String>,
    /// Throttles tripped.
    pub tripped: u64,
    /// Reports that fitted no state.
    pub anomalies: u64,
    /// The longest time without full cover.
    pub naked: Span,
    /// Texts of denials and alerts.
    pub said: Vec<String>,
    /// Every record in words.
    pub lines: Vec<String>,
    uncovered: BTreeMap<(DeskId, InstrumentId), Timestamp>,
    heard: BTreeMap<VenueRef, Qty>,
}

/// A name of ours in small letters: `ReduceOnly` is `reduce_only`.
pub fn word(value: impl Debug) -> String {
    let mut text = String::new();
    for letter in format!("{value:?}").chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

impl Facts {
    /// What these records say; their words only where they are asked for.
    pub fn of(records: &[Record], in_words: bool) -> Self {
        let mut facts = Self::default();
        let Some(Body::Header(header)) = records.first().map(|record| &record.body) else { return facts };
        facts.states.push(TraderState::Reconciling);
        let mut renderer = in_words.then(|| Renderer::new(header));
        for record in records {
            facts.take(header, record.now, &record.body);
            facts.lines.extend(renderer.as_mut().map(|renderer| renderer.line(record)));
        }
        let end = records.last().map_or(Timestamp::MIN, |record| record.now);
        for since in std::mem::take(&mut facts.uncovered).into_values() {
            facts.naked = facts.naked.max(end.since(since));
        }
        facts
    }

    fn take(&mut self, header: &Header, now: Timestamp, body: &Body) {
        match body {
            Body::Event(event) => self.hear(event),
            Body::Decision(decision) => self.decision(header, now, decision),
            Body::Command(command) => *self.sent.entry(kind(command)).or_default() += 1,
            Body::Alert(alert) => {
                *self.alerts.entry(word(alert.severity)).or_default() += 1;
                self.said.push(alert.text.clone());
            }
            Body::Header(_)
            | Body::Market
            | Body::Truth(_)
            | Body::Wake(_)
            | Body::Cut { .. }
            | Body::Close(_)
            | Body::Lost(_)
            | Body::Fault(_) => {}
        }
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::Report(report) | Event::Account(VenueMessage::Report(report)) => self.report(report),
            Event::Account(VenueMessage::Fills(page)) => page.fills.iter().for_each(|report| self.report(report)),
            Event::Account(VenueMessage::ClosedOrders(orders)) => {
                orders.items.iter().for_each(|report| self.report(report));
            }
            Event::Account(VenueMessage::OpenOrders(orders)) => {
                for open in &orders.items {
                    self.terms(open.order, open.qty, open.kind);
                }
            }
            Event::Account(_)
            | Event::Market(..)
            | Event::Link(_)
            | Event::Reference(_)
            | Event::Host(_)
            | Event::Wake
            | Event::Control(_) => {}
        }
    }

    fn report(&mut self, report: &ExecutionReport) {
        match report.kind {
            ReportKind::Filled(fill) => {
                self.heard.insert(fill.execution, fill.qty);
            }
            ReportKind::Amended { qty, kind } | ReportKind::Status(OrderStatus::Open { qty, kind }) => {
                self.terms(report.order, qty, kind);
            }
            _ => {}
        }
    }

    fn terms(&mut self, order: OrderId, qty: Qty, kind: crate::market::OrderKind) {
        if let Some(terms) = self.orders.get_mut(&order).and_then(|order| order.terms.as_mut()) {
            (terms.qty, terms.kind) = (qty, kind);
        }
    }

    fn decision(&mut self, header: &Header, now: Timestamp, decision: &Decision) {
        match decision {
            Decision::Denied(denied) => {
                *self.denied.entry(denied.check.to_string()).or_default() += 1;
                self.said.push(denied.text.clone());
            }
            Decision::Intended { purpose, order, .. } => {
                let facts = OrderFacts {
                    purpose: Some(*purpose),
                    terms: Some(*order),
                    state: Some(OrderState::Intent),
                    filled: Qty::ZERO,
                };
                self.orders.insert(order.id, facts);
            }
            Decision::Moved { order, to, .. } => self.orders.entry(*order).or_default().state = Some(*to),
            Decision::Booked { order, execution, .. } => {
                let qty = self.heard.get(execution).copied().unwrap_or_default();
                let row = self.orders.entry(*order).or_default();
                row.filled = Qty(row.filled.0.saturating_add(qty.0));
            }
            Decision::Posted(transaction) => self.post(header, transaction),
            Decision::Became { to, .. } => self.states.push(*to),
            Decision::Tripped { .. } => self.tripped += 1,
            Decision::Anomaly { .. } => self.anomalies += 1,
            Decision::ReduceOnly { instrument, .. } => {
                self.reduce_only.insert(header.symbol(*instrument));
            }
            Decision::Released { instrument, .. } => {
                self.reduce_only.remove(&header.symbol(*instrument));
            }
            Decision::Breaker { breaker, active, .. } => {
                if *active {
                    self.breakers.insert(word(breaker));
                } else {
                    self.breakers.remove(&word(breaker));
                }
            }
            Decision::Naked { desk, instrument, since } => {
                self.uncovered.entry((*desk, *instrument)).or_insert(*since);
            }
            Decision::Covered { desk, instrument, after } => {
                let since = self.uncovered.remove(&(*desk, *instrument)).unwrap_or(now);
                self.naked = self.naked.max(*after).max(now.since(since));
            }
            _ => {}
        }
    }

    fn post(&mut self, header: &Header, transaction: &Transaction) {
        for posting in transaction.postings.iter().filter(|posting| posting.account == Account::Cash) {
            let held = self.cash.entry(header.asset(posting.asset)).or_default();
            // Amounts too large for anybody are the audit's to tell.
            *held = held.plus(posting.amount.into()).unwrap_or(*held);
        }
    }

    /// Stops that are open at the end, as `sell 0.7 BTC/USDT at 44100`.
    pub fn stops(&self, header: &Header) -> BTreeSet<String> {
        let open = |facts: &&OrderFacts| {
            facts.purpose == Some(Purpose::Stop)
                && facts.state.is_some_and(|state| !state.is_terminal() && state != OrderState::Intent)
        };
        let told = |facts: &OrderFacts| {
            let terms = facts.terms?;
            let card = header.card(terms.instrument)?;
            let left = card.qty(Qty(terms.qty.0.saturating_sub(facts.filled.0))).ok()?;
            let at = card.price(terms.kind.trigger().or(terms.kind.limit()).unwrap_or_default()).ok()?;
            Some(format!("{} {left} {} at {at}", word(terms.side), card.symbol))
        };
        self.orders.values().filter(open).filter_map(told).collect()
    }
}

const fn kind(command: &Command) -> &'static str {
    match command {
        Command::New(_) => "new",
        Command::Amend(_) => "amend",
        Command::Cancel(_) => "cancel",
        Command::CancelAll(_) => "cancel_all",
        Command::CancelAllAfter(_) => "cancel_all_after",
        Command::Query(_) => "query",
        Command::Reconnect => "reconnect",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        assert_eq!(word(TraderState::ReduceOnly), "reduce_only");
        assert_eq!(word(OrderState::UnknownSubmit), "unknown_submit");
        assert_eq!(word(crate::market::Severity::Critical), "critical");
    }
}
