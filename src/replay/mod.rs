//! Replay: a journal through a fresh trader. Its actions must equal the recorded ones, one by one.
//!
//! There is no venue and no wire here: what they said is in the journal, and what the market said
//! is on the tape. Every market delivery up to the journal's end is made, so a trader that would
//! have acted where the record shows nothing is found too. The first difference is explained and
//! ends the replay.
//!
//! A journal without its closing record broke off, and may have done so within a step: what that
//! step did before the break is compared, what it does after it is counted and no difference.

mod recover;

pub use recover::{RecoverError, recover};

use crate::journal::{Body, Record};
use crate::market::{Action, Event, Timestamp};
use crate::sim::{Deliveries, Delivery, Setup};
use crate::strategies::ParamError;
use crate::trading::Trader;

/// What a replay found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parity {
    /// Events given to the trader.
    pub events: u64,
    /// Market deliveries made.
    pub deliveries: u64,
    /// Actions that equalled the record.
    pub identical: u64,
    /// Actions of the last step that a journal without a closing record does not hold.
    pub unrecorded: u64,
    /// The first that did not.
    pub difference: Option<Difference>,
}

/// The first action that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The record where the journal and the trader part.
    pub record: u64,
    /// When.
    pub now: Timestamp,
    /// What the journal holds.
    pub recorded: Option<Body>,
    /// What the trader did.
    pub replayed: Option<Body>,
}

struct Replay<'a> {
    trader: Trader,
    market: Deliveries,
    /// What the trader must still match.
    records: std::iter::Peekable<std::slice::Iter<'a, Record>>,
    parity: Parity,
    actions: Vec<Action>,
    /// The last record.
    last: u64,
    /// Whether the records may break off within a step: they have no closing one.
    torn: bool,
}

/// Replays the records of a journal through a fresh trader of `setup`.
pub fn replay(setup: &Setup, records: &[Record]) -> Result<Parity, ParamError> {
    let mut replay = Replay::new(setup, records)?;
    replay.run();
    if let Some(lost) = setup.unread() {
        replay.broken(lost.to_string());
    }
    Ok(replay.parity)
}

impl<'a> Replay<'a> {
    fn new(setup: &Setup, records: &'a [Record]) -> Result<Self, ParamError> {
        Ok(Self {
            trader: setup.trader()?,
            market: Deliveries::new(setup),
            records: records.iter().peekable(),
            parity: Parity { events: 0, deliveries: 0, identical: 0, unrecorded: 0, difference: None },
            actions: Vec::new(),
            last: records.last().map_or(0, |record| record.seq),
            torn: !records.last().is_some_and(|record| matches!(record.body, Body::Close(_))),
        })
    }

    fn run(&mut self) {
        while self.parity.difference.is_none() {
            let Some(record) = self.next_input() else { return };
            // Deliveries before the record made the trader do nothing, or the journal would say so.
            self.deliver_until(record.cursor.saturating_sub(unmade(&record.body)));
            if self.parity.difference.is_some() {
                return;
            }
            self.records.next();
            match &record.body {
                Body::Market => self.deliver_until(record.cursor),
                Body::Lost(count) => self.lose(*count),
                Body::Event(event) => self.step(record.now, event),
                Body::Close(_) => return self.deliver_the_rest(),
                _ => self.parity.difference = Some(unmatched(record)),
            }
        }
    }

    /// The next record that is not the venue's own log or the header; it is not taken yet.
    fn next_input(&mut self) -> Option<&'a Record> {
        let passes = |record: &&Record| {
            matches!(record.body, Body::Truth(_) | Body::Fault(_) | Body::Header(_) | Body::Cut { .. })
        };
        while self.records.next_if(passes).is_some() {}
        self.records.peek().copied()
    }

    /// A finished run delivered its tape to the end; whatever came after its last action made none.
    fn deliver_the_rest(&mut self) {
        while self.parity.difference.is_none() {
            let Some(delivery) = self.market.next() else { return };
            self.deliver(&delivery);
        }
    }

    /// Makes market deliveries until `cursor` of them were made.
    fn deliver_until(&mut self, cursor: u64) {
        while self.parity.deliveries < cursor && self.parity.difference.is_none() {
            let Some(delivery) = self.market.next() else { return self.tape_ended(cursor) };
            self.deliver(&delivery);
        }
    }

    /// Passes deliveries that never reached the trader.
    fn lose(&mut self, count: u64) {
        for _ in 0..count {
            if self.market.next().is_none() {
                return self.tape_ended(self.parity.deliveries + count);
            }
            self.parity.deliveries += 1;
        }
    }

    fn deliver(&mut self, delivery: &Delivery) {
        let Delivery { local, exchange, event, .. } = *delivery;
        self.parity.deliveries += 1;
        if self.trader.wants(exchange, &event) {
            self.step(local, &Event::Market(exchange, event));
        } else {
            self.trader.observe(exchange, &event);
        }
    }

    /// One step; its actions must be the next records.
    fn step(&mut self, now: Timestamp, event: &Event) {
        self.parity.events += 1;
        let mut actions = std::mem::take(&mut self.actions);
        self.trader.step(now, event, &mut actions);
        for action in actions.drain(..) {
            if self.parity.difference.is_none() {
                self.compare(now, body(action));
            }
        }
        self.actions = actions;
        let missing = self.records.next_if(|record| is_action(&record.body));
        if let (Some(record), None) = (missing, &self.parity.difference) {
            self.parity.difference = Some(unmatched(record));
        }
    }

    fn compare(&mut self, now: Timestamp, replayed: Body) {
        let recorded = self.records.next_if(|record| is_action(&record.body));
        match recorded {
            Some(record) if record.body == replayed && record.now == now => self.parity.identical += 1,
            None if self.torn && self.records.peek().is_none() => self.parity.unrecorded += 1,
            found => {
                let seq = found.map(|record| record.seq).or_else(|| self.records.peek().map(|record| record.seq));
                self.parity.difference = Some(Difference {
                    record: seq.unwrap_or(self.last),
                    now,
                    recorded: found.map(|record| record.body.clone()),
                    replayed: Some(replayed),
                });
            }
        }
    }

    fn tape_ended(&mut self, cursor: u64) {
        self.broken(format!("the tape ends after {} deliveries; the journal made {cursor}", self.parity.deliveries));
    }

    /// There is no more of the tape, which is a difference whatever the trader did.
    fn broken(&mut self, alert: String) {
        let record = self.records.peek().map_or(self.last, |record| record.seq);
        let replayed = Body::Alert(crate::market::Alert {
            severity: crate::market::Severity::Critical,
            instrument: None,
            order: None,
            text: alert,
        });
        self.parity.difference =
            Some(Difference { record, now: Timestamp::MAX, recorded: None, replayed: Some(replayed) });
    }
}

/// How many of a record's deliveries are its own business, and not made before it.
const fn unmade(body: &Body) -> u64 {
    match body {
        Body::Market => 1,
        Body::Lost(count) => *count,
        _ => 0,
    }
}

/// A recorded action that the trader did not do again.
fn unmatched(record: &Record) -> Difference {
    Difference { record: record.seq, now: record.now, recorded: Some(record.body.clone()), replayed: None }
}

/// The record an action leaves.
fn body(action: Action) -> Body {
    match action {
        Action::Record(decision) => Body::Decision(decision),
        Action::Send(command) => Body::Command(command),
        Action::Wake(at) => Body::Wake(at),
        Action::Alert(alert) => Body::Alert(alert),
    }
}

const fn is_action(body: &Body) -> bool {
    matches!(body, Body::Decision(_) | Body::Command(_) | Body::Wake(_) | Body::Alert(_))
}
