//! The wire between trader and venue: when a message arrives.
//!
//! Commands and reports are one link each way; questions and their answers are two more. Delays are
//! drawn from a stream of each, and messages of one link arrive in the order they were sent: an
//! answer may overtake a report.

use super::latency::{Latencies, Latency, Load};
use super::rng::{Component, Stream};
use crate::market::Timestamp;

/// A way that messages take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Road {
    /// Orders, from trader to venue.
    Orders,
    /// Questions, from trader to venue.
    Queries,
    /// What the venue says by itself.
    Reports,
    /// What it says when asked.
    Answers,
}

/// One direction.
#[derive(Debug)]
struct Pipe {
    latency: Latency,
    chance: Stream,
    load: Load,
    last: Timestamp,
}

impl Pipe {
    fn arrival(&mut self, sent: Timestamp) -> Timestamp {
        self.last = sent.after(self.latency.delay(&mut self.chance, &mut self.load, sent)).max(self.last);
        self.last
    }
}

/// Every road, and the time the trader takes to decide.
#[derive(Debug)]
pub struct Wire {
    decision: (Latency, Stream, Load),
    /// By [`Road`].
    pipes: [Pipe; 4],
}

impl Wire {
    /// A wire whose chance is keyed by seed and run.
    #[must_use]
    pub fn new(latencies: &Latencies, seed: u64, run: u64) -> Self {
        let pipe = |latency: &Latency, component| Pipe {
            latency: latency.clone(),
            chance: Stream::new(seed, run, component),
            load: Load::default(),
            last: Timestamp::MIN,
        };
        Self {
            decision: (latencies.decision.clone(), Stream::new(seed, run, Component::DecisionLatency), Load::default()),
            pipes: [
                pipe(&latencies.order_entry, Component::OrderEntry),
                pipe(&latencies.order_entry, Component::QueryEntry),
                pipe(&latencies.report, Component::Report),
                pipe(&latencies.report, Component::Answer),
            ],
        }
    }

    /// When what the trader decides on an event at `now` is sent: one draw per step that sends.
    pub fn decided(&mut self, now: Timestamp) -> Timestamp {
        let (latency, chance, load) = &mut self.decision;
        now.after(latency.delay(chance, load, now))
    }

    /// When a message sent at `sent` on a road arrives.
    pub fn arrival(&mut self, road: Road, sent: Timestamp) -> Timestamp {
        self.pipes[road as usize].arrival(sent)
    }
}
