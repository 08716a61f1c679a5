//! What became of orders on their way: how long acks, fills and tokens took, what a fill cost against
//! the price it was decided on, how long positions stood naked, and who said no.
//!
//! Everything is derived from the journal alone (production-rules §4.9). A percentile is the nearest
//! rank of what was counted: a value that really was.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::journal::{Body, Exact};
use crate::market::{
    Alert, Command, Decision, DeskId, Event, ExecutionReport, InstrumentId, OrderId, ReportKind, Severity, Side,
    Timestamp, VenueMessage, VenueRef,
};

/// Decimals of a slippage.
pub(super) const SLIPPAGE_DECIMALS: u32 = 8;

/// How a list of spans or shares is spread: the middle, the 99th in a hundred, and the greatest.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Spread<T> {
    /// How many there were.
    pub count: u64,
    /// Half are at most this.
    pub p50: Option<T>,
    /// Ninety-nine in a hundred are at most this.
    pub p99: Option<T>,
    /// The greatest.
    pub max: Option<T>,
}

impl<T: Ord + Copy> Spread<T> {
    fn of(mut all: Vec<T>) -> Self {
        all.sort_unstable();
        let rank = |percent: usize| all.len().checked_mul(percent).map(|n| n.div_ceil(100)).filter(|n| *n > 0);
        let at = |percent| rank(percent).and_then(|rank| all.get(rank - 1).copied());
        Self { count: all.len() as u64, p50: at(50), p99: at(99), max: all.last().copied() }
    }

    fn map<U>(self, how: impl Fn(T) -> U) -> Spread<U> {
        let Self { count, p50, p99, max } = self;
        Spread { count, p50: p50.map(&how), p99: p99.map(&how), max: max.map(how) }
    }
}

/// Statistics of orders. Times are nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OrderStatistics {
    /// From an order's release to its ack as we heard it.
    pub ack_ns: Spread<i64>,
    /// From an order's release to its first fill as we booked it.
    pub fill_ns: Spread<i64>,
    /// How much worse than its reference a fill was, as a fraction; negative is better. Stops and
    /// whatever else waits for a trigger are not among them.
    pub slippage: Spread<String>,
    /// Orders that were to be tried again.
    pub retries: u64,
    /// How long approved orders waited for a token; only those that waited.
    pub budget_wait_ns: Spread<i64>,
    /// How long positions stood without full cover.
    pub naked_ns: Spread<i64>,
    /// Refusals of ours, by check.
    pub denials: BTreeMap<String, u64>,
    /// Alerts, by severity.
    pub alerts: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug)]
struct Way {
    twice_reference: i64,
    approved: Timestamp,
    released: Option<Timestamp>,
    acked: bool,
    filled: bool,
}

/// The statistics of a run under way.
#[derive(Clone, Debug, Default)]
pub(super) struct OrderBook {
    ways: BTreeMap<OrderId, Way>,
    /// Fills of the event at hand, which its bookings refer to.
    heard: Vec<(VenueRef, OrderId, Side, i64)>,
    naked: BTreeMap<(DeskId, InstrumentId), Timestamp>,
    now: Timestamp,
    pub(super) acks: Vec<i64>,
    /// From decision to ack.
    pub(super) decided: Vec<i64>,
    pub(super) fills: Vec<i64>,
    pub(super) slippages: Vec<i64>,
    waits: Vec<i64>,
    nakednesses: Vec<i64>,
    retries: u64,
    pub(super) denials: BTreeMap<String, u64>,
    alerts: [u64; 3],
}

impl OrderBook {
    /// Takes the next record's body.
    pub fn observe(&mut self, now: Timestamp, body: &Body) {
        self.now = now;
        match body {
            Body::Event(event) => self.event(event),
            Body::Decision(decision) => self.decision(decision),
            Body::Command(Command::New(order)) => self.release(order.id),
            Body::Alert(Alert { severity, .. }) => self.alerts[place(*severity)] += 1,
            Body::Market => self.heard.clear(),
            Body::Header(_)
            | Body::Truth(_)
            | Body::Command(_)
            | Body::Wake(_)
            | Body::Cut { .. }
            | Body::Close(_)
            | Body::Lost(_)
            | Body::Fault(_) => {}
        }
    }

    /// Ends the run; a position still naked counts with the time it was so far.
    pub fn finish(mut self) -> OrderStatistics {
        self.nakednesses.extend(self.naked.values().map(|since| self.now.since(*since).0));
        let share = |parts: i64| Exact::new(parts.into(), SLIPPAGE_DECIMALS).to_string();
        let told = |severity: Severity| (format!("{severity:?}").to_lowercase(), self.alerts[place(severity)]);
        OrderStatistics {
            ack_ns: Spread::of(self.acks),
            fill_ns: Spread::of(self.fills),
            slippage: Spread::of(self.slippages).map(share),
            retries: self.retries,
            budget_wait_ns: Spread::of(self.waits),
            naked_ns: Spread::of(self.nakednesses),
            denials: self.denials,
            alerts: Severity::ALL.map(told).into(),
        }
    }

    /// How long positions stood without full cover; one that still does counts until the end.
    pub fn nakednesses(&self, end: Timestamp) -> Vec<i64> {
        self.nakednesses.iter().copied().chain(self.naked.values().map(|since| end.since(*since).0)).collect()
    }

    /// Critical alerts so far.
    pub const fn critical_alerts(&self) -> u64 {
        self.alerts[place(Severity::Critical)]
    }

    fn event(&mut self, event: &Event) {
        self.heard.clear();
        match event {
            Event::Report(report) | Event::Account(VenueMessage::Report(report)) => self.hear(report),
            Event::Account(VenueMessage::Fills(page)) => page.fills.iter().for_each(|report| self.hear(report)),
            Event::Account(_)
            | Event::Market(..)
            | Event::Link(_)
            | Event::Reference(_)
            | Event::Host(_)
            | Event::Wake
            | Event::Control(_) => {}
        }
    }

    fn hear(&mut self, report: &ExecutionReport) {
        match report.kind {
            ReportKind::Filled(fill) => {
                self.heard.push((fill.execution, report.order, fill.side, fill.price.0));
            }
            ReportKind::Accepted => {
                let now = self.now;
                let Some(way) = self.ways.get_mut(&report.order).filter(|way| !way.acked) else { return };
                way.acked = true;
                self.decided.push(now.since(way.approved).0);
                self.acks.extend(way.released.map(|released| now.since(released).0));
            }
            _ => {}
        }
    }

    fn release(&mut self, id: OrderId) {
        let now = self.now;
        if let Some(way) = self.ways.get_mut(&id) {
            way.released = Some(now);
            self.waits.extend(Some(now.since(way.approved).0).filter(|waited| *waited > 0));
        }
    }

    fn decision(&mut self, decision: &Decision) {
        let now = self.now;
        match decision {
            Decision::Intended { order, twice_reference, .. } => {
                // What waits for a trigger trades where the market goes, not where it was sent.
                let twice_reference = if order.kind.trigger().is_some() { 0 } else { *twice_reference };
                let way = Way { twice_reference, approved: now, released: None, acked: false, filled: false };
                self.ways.insert(order.id, way);
            }
            Decision::Booked { order, execution, .. } => self.book(*order, *execution),
            Decision::Denied(denied) => *self.denials.entry(denied.check.to_string()).or_default() += 1,
            Decision::Retrying { .. } => self.retries += 1,
            Decision::Naked { desk, instrument, since } => {
                self.naked.insert((*desk, *instrument), *since);
            }
            Decision::Covered { desk, instrument, after } => {
                self.naked.remove(&(*desk, *instrument));
                self.nakednesses.push(after.0);
            }
            _ => {}
        }
    }

    fn book(&mut self, order: OrderId, execution: VenueRef) {
        let now = self.now;
        let Some(way) = self.ways.get_mut(&order) else { return };
        if !std::mem::replace(&mut way.filled, true) {
            self.fills.extend(way.released.map(|released| now.since(released).0));
        }
        let heard = self.heard.iter().find(|(name, ..)| *name == execution);
        let Some((_, _, side, price)) = heard.filter(|_| way.twice_reference > 0) else { return };
        let twice = i128::from(way.twice_reference);
        let worse = i128::from(side.sign()) * (2 * i128::from(*price) - twice);
        let parts = worse * 10_i128.pow(SLIPPAGE_DECIMALS) / twice;
        self.slippages.extend(i64::try_from(parts).ok());
    }
}

const fn place(severity: Severity) -> usize {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

impl fmt::Display for OrderStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |counts: &BTreeMap<String, u64>| {
            let some = counts.iter().filter(|(_, count)| **count > 0);
            let all = some.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>();
            if all.is_empty() { "none".to_owned() } else { all.join(", ") }
        };
        let times = [("ack", &self.ack_ns), ("first fill", &self.fill_ns)];
        for (name, times) in times.into_iter().filter(|(_, times)| times.count > 0) {
            write!(f, "{name} {}; ", millis(times))?;
        }
        if let (Some(middle), Some(most)) = (&self.slippage.p50, &self.slippage.max) {
            write!(f, "slippage {middle} to {most}; ")?;
        }
        if self.naked_ns.count > 0 {
            write!(f, "naked {}; ", millis(&self.naked_ns))?;
        }
        write!(f, "{} retries; denied: {}; alerts: {}", self.retries, counted(&self.denials), counted(&self.alerts))
    }
}

/// The middle, the 99th and the greatest, in milliseconds.
fn millis(times: &Spread<i64>) -> String {
    let one = |ns: Option<i64>| (ns.unwrap_or_default() / 1_000_000).to_string();
    format!("{}/{}/{} ms", one(times.p50), one(times.p99), one(times.max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was() {
        let spread = Spread::of((1..=200).rev().collect());
        assert_eq!((spread.count, spread.p50, spread.p99, spread.max), (200, Some(100), Some(198), Some(200)));
        assert_eq!(Spread::of(vec![7]), Spread { count: 1, p50: Some(7), p99: Some(7), max: Some(7) });
        assert_eq!(Spread::<i64>::of(Vec::new()), Spread::default());
    }
}
