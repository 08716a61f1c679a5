//! The wire between trader and venue: when a message arrives.
//!
//! Each direction is one link: delays are drawn from its own stream, and messages of one link
//! arrive in the order they were sent.

use super::latency::{Latencies, Latency};
use super::rng::{Component, Stream};
use crate::market::Timestamp;

/// One direction.
#[derive(Debug)]
struct Link {
    latency: Latency,
    chance: Stream,
    last: Timestamp,
}

impl Link {
    fn arrival(&mut self, sent: Timestamp) -> Timestamp {
        self.last = sent.after(self.latency.sample(&mut self.chance)).max(self.last);
        self.last
    }
}

/// Both directions, and the time the trader takes to decide.
#[derive(Debug)]
pub struct Wire {
    decision: (Latency, Stream),
    entry: Link,
    report: Link,
}

impl Wire {
    /// A wire whose chance is keyed by seed and run.
    #[must_use]
    pub fn new(latencies: &Latencies, seed: u64, run: u64) -> Self {
        let link = |latency: &Latency, component| Link {
            latency: latency.clone(),
            chance: Stream::new(seed, run, component),
            last: Timestamp::MIN,
        };
        Self {
            decision: (latencies.decision.clone(), Stream::new(seed, run, Component::DecisionLatency)),
            entry: link(&latencies.order_entry, Component::OrderEntry),
            report: link(&latencies.report, Component::Report),
        }
    }

    /// When what the trader decides on an event at `now` is sent: one draw per step that sends.
    pub fn decided(&mut self, now: Timestamp) -> Timestamp {
        now.after(self.decision.0.sample(&mut self.decision.1))
    }

    /// When a command sent at `sent` reaches the venue.
    pub fn command_arrival(&mut self, sent: Timestamp) -> Timestamp {
        self.entry.arrival(sent)
    }

    /// When a message the venue sends at `sent` reaches the trader.
    pub fn report_arrival(&mut self, sent: Timestamp) -> Timestamp {
        self.report.arrival(sent)
    }
}
