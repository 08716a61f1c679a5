//! The wire between trader and venue: when a message arrives.
//!
//! Commands and reports are one link each way; questions and their answers are two more. Delays are
//! drawn from a stream of each, and messages of one link arrive in the order they were sent: an
//! answer may overtake a report. An instrument may have links of its own for its orders and reports.

use super::latency::{Latencies, Latency, Load, Own};
use super::rng::{Component, Stream};
use crate::market::{InstrumentId, Timestamp};

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
    fn new(latency: &Latency, chance: Stream) -> Self {
        Self { latency: latency.clone(), chance, load: Load::default(), last: Timestamp::MIN }
    }

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
    /// Links of one instrument alone, by instrument: for its orders, and for reports.
    own: Vec<[Option<Pipe>; 2]>,
}

impl Wire {
    /// A wire whose chance is keyed by seed and run.
    #[must_use]
    pub fn new(latencies: &Latencies, seed: u64, run: u64) -> Self {
        let pipe = |latency, component| Pipe::new(latency, Stream::new(seed, run, component));
        // Part 0 of each stream is the common link's.
        let own = |(part, own): (u32, &Own)| {
            let pipe = |latency, component| Pipe::new(latency, Stream::part(seed, run, component, part));
            let report = own.report.as_ref().map(|latency| pipe(latency, Component::Report));
            [own.order_entry.as_ref().map(|latency| pipe(latency, Component::OrderEntry)), report]
        };
        Self {
            decision: (latencies.decision.clone(), Stream::new(seed, run, Component::DecisionLatency), Load::default()),
            pipes: [
                pipe(&latencies.order_entry, Component::OrderEntry),
                pipe(&latencies.order_entry, Component::QueryEntry),
                pipe(&latencies.report, Component::Report),
                pipe(&latencies.report, Component::Answer),
            ],
            own: (1..).zip(&latencies.own).map(own).collect(),
        }
    }

    /// When what the trader decides on an event at `now` is sent: one draw per step that sends.
    pub fn decided(&mut self, now: Timestamp) -> Timestamp {
        let (latency, chance, load) = &mut self.decision;
        now.after(latency.delay(chance, load, now))
    }

    /// When a message sent at `sent` on a road arrives; `of` is the one instrument it is about, if it is.
    pub fn arrival(&mut self, road: Road, of: Option<InstrumentId>, sent: Timestamp) -> Timestamp {
        let way = match road {
            Road::Orders => Some(0),
            Road::Reports => Some(1),
            Road::Queries | Road::Answers => None,
        };
        let own = of.zip(way).and_then(|(of, way)| self.own.get_mut(usize::from(of.0))?[way].as_mut());
        own.unwrap_or(&mut self.pipes[road as usize]).arrival(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::super::latency::Congestion;
    use super::*;
    use crate::market::Span;

    fn fixed(ms: i64) -> Latency {
        Latency::constant(Span::from_millis(ms)).expect("not below zero")
    }

    /// Congestion counts the messages of a link: those about another instrument make nobody wait on its own link,
    /// nor does a message of it make the common link slow.
    #[test]
    fn a_link_of_its_own_counts_its_own_messages() {
        let congestion = Congestion { free: 1, each: Span::from_millis(1), most: Span::from_secs(1) };
        let busy = |ms| fixed(ms).congested(congestion).expect("not below zero");
        let own = vec![Own::default(), Own { order_entry: Some(busy(40)), ..Own::default() }];
        let common = Latencies { feed: None, decision: fixed(0), order_entry: busy(5), report: fixed(7), own };
        let mut wire = Wire::new(&common, 1, 0);
        let mut took = |road, of: Option<u16>| {
            let arrival = wire.arrival(road, of.map(InstrumentId), Timestamp(0));
            arrival.0 / Span::from_millis(1).0
        };
        assert_eq!([took(Road::Orders, Some(0)), took(Road::Orders, None), took(Road::Orders, Some(0))], [5, 6, 7]);
        assert_eq!([took(Road::Orders, Some(1)), took(Road::Orders, Some(1))], [40, 41]);
        assert_eq!([took(Road::Orders, Some(2)), took(Road::Queries, Some(1))], [8, 5]);
        assert_eq!([took(Road::Reports, Some(1)), took(Road::Answers, Some(1))], [7, 7]);
    }
}
