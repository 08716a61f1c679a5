//! Probes: rare states that the swarm must reach, or it proves less than it seems to. They are read
//! off the journal; no code in the core serves them.

use std::collections::{BTreeMap, BTreeSet};

use crate::journal::{Body, Record};
use crate::market::{
    Check, Control, ControlAct, Decision, DeskId, Event, HostEvent, LinkEvent, OrderId, OrderState, Purpose, Severity,
    TraderState,
};

/// Probes that must be reached by so many hours as [`PROBED`], one a line: each was reached hundreds of times by
/// twice as many.
const WANTED: &str = include_str!("wanted.txt");
/// Counted hours from which on a probe that was not reached is a finding.
pub(super) const PROBED: u64 = 7_000;

/// How often each probe was reached, by its name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Reached(BTreeMap<String, u64>);

impl Reached {
    fn note(&mut self, probe: impl Into<String>) {
        *self.0.entry(probe.into()).or_default() += 1;
    }

    /// Adds what another case reached.
    pub fn merge(&mut self, other: &Self) {
        for (probe, times) in &other.0 {
            *self.0.entry(probe.clone()).or_default() += times;
        }
    }

    /// Every probe that was reached, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(probe, times)| (probe.as_str(), *times))
    }

    /// Probes that must be reached and were not.
    pub(super) fn missed(&self) -> Vec<&'static str> {
        WANTED.lines().filter(|probe| self.times(probe) == 0).collect()
    }

    /// How often a probe was reached.
    #[must_use]
    pub fn times(&self, probe: &str) -> u64 {
        self.0.get(probe).copied().unwrap_or(0)
    }
}

/// What a journal reached.
#[must_use]
pub fn reached(records: &[Record]) -> Reached {
    let mut seen = Seen::default();
    for record in records {
        match &record.body {
            Body::Decision(decision) => seen.decision(decision),
            Body::Event(event) => seen.event(event),
            Body::Fault(text) => seen.fault(text),
            Body::Alert(alert) if alert.severity == Severity::Critical => seen.reached.note("critical alert"),
            Body::Header(_)
            | Body::Market
            | Body::Truth(_)
            | Body::Command(_)
            | Body::Wake(_)
            | Body::Alert(_)
            | Body::Cut { .. }
            | Body::Close(_)
            | Body::Lost(_) => {}
        }
    }
    seen.reached
}

#[derive(Default)]
struct Seen {
    reached: Reached,
    purposes: BTreeMap<OrderId, Purpose>,
    open: BTreeMap<OrderId, OrderState>,
    trader: Option<TraderState>,
}

impl Seen {
    fn decision(&mut self, decision: &Decision) {
        match decision {
            Decision::Intended { order, purpose, desk, .. } => {
                self.purposes.insert(order.id, *purpose);
                self.open.insert(order.id, OrderState::Intent);
                self.reached.note(format!("purpose {purpose:?}"));
                if *desk == DeskId::EXTERNAL {
                    self.reached.note("order of the external desk");
                }
            }
            Decision::Moved { order, row, from, to } => {
                self.reached.note(format!("cell TR-{row:02} {from:?}"));
                if let Some(purpose) = self.purposes.get(order) {
                    self.reached.note(format!("state {to:?} of {purpose:?}"));
                }
                if to.is_terminal() {
                    self.open.remove(order);
                } else {
                    self.open.insert(*order, *to);
                }
            }
            Decision::Resolving { step, .. } => self.reached.note(format!("ladder LD-{step}")),
            Decision::Retrying { attempt, .. } => self.reached.note(format!("retry {}", (*attempt).min(5))),
            Decision::Exiting { cause, step, .. } => {
                self.reached.note(format!("exit for {cause:?}"));
                self.reached.note(format!("exit ladder step {}", (*step).min(6)));
            }
            Decision::Naked { .. } => self.reached.note("naked"),
            Decision::Covered { .. } => self.reached.note("covered again"),
            Decision::Breaker { breaker, active, .. } => self.reached.note(format!("breaker {breaker:?} {active}")),
            Decision::Tripped { .. } => self.reached.note("throttle tripped"),
            Decision::Became { to, .. } => {
                self.trader = Some(*to);
                self.reached.note(format!("trader {to:?}"));
            }
            Decision::Reconciled { clean, .. } => self.reached.note(format!("reconciled clean {clean}")),
            Decision::Adopted { .. } => self.reached.note("adopted"),
            Decision::ReduceOnly { .. } => self.reached.note("instrument reduce-only"),
            Decision::Denied(denied) => {
                let (Check::Entry(_) | Check::Exit(_) | Check::Row(_)) = denied.check;
                self.reached.note(format!("denied {}", denied.check));
            }
            Decision::Protected { author, .. } => self.reached.note(format!("stop by {author:?}")),
            Decision::CoolingDown { cause, .. } => self.reached.note(format!("cooldown {cause:?}")),
            Decision::Trimmed { by, .. } => self.reached.note(format!("trimmed by {by:?}")),
            Decision::Anomaly { .. } => self.reached.note("anomaly"),
            Decision::LimitChanged { .. } => self.reached.note("limit changed"),
            Decision::Adjusted { .. } => self.reached.note("adjusted"),
            Decision::Volatility { .. } => self.reached.note("volatility"),
            Decision::Proposed(_)
            | Decision::Checked(..)
            | Decision::Booked { .. }
            | Decision::Posted(_)
            | Decision::Operator(_)
            | Decision::PeriodBegan { .. }
            | Decision::PeakRestarted { .. }
            | Decision::Valued { .. }
            | Decision::Released { .. } => {}
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Control(Control { act, .. }) => self.control(act),
            Event::Link(link) => self.reached.note(format!("link {}", word(*link))),
            Event::Host(HostEvent::Restarted) => {
                self.reached.note("restart");
                self.reached.note(format!("restart while {:?}", self.trader));
                self.each_state("restart");
            }
            Event::Host(_)
            | Event::Market(..)
            | Event::Report(_)
            | Event::Account(_)
            | Event::Reference(_)
            | Event::Wake => {}
        }
    }

    fn control(&mut self, act: &ControlAct) {
        if matches!(act, ControlAct::Halt | ControlAct::Flatten(_)) {
            self.reached.note("kill");
            self.each_state("kill");
        }
    }

    fn fault(&mut self, text: &str) {
        let kind = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default().to_owned();
        self.each_state(&kind);
        self.reached.note(format!("fault {kind}"));
    }

    /// Notes what happened while orders stood in each of their states.
    fn each_state(&mut self, what: &str) {
        let states: BTreeSet<OrderState> = self.open.values().copied().collect();
        for state in states {
            self.reached.note(format!("{what} in {state:?}"));
        }
    }
}

fn word(link: LinkEvent) -> &'static str {
    match link {
        LinkEvent::Down(_) => "down",
        LinkEvent::Up(_) => "up",
        LinkEvent::Ambiguous(_) => "ambiguous",
        LinkEvent::DuplicateId(_) => "duplicate id",
        LinkEvent::NotSent(_) => "not sent",
        LinkEvent::Unmapped(_) => "unmapped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_reached_is_named() {
        let mut reached = Reached::default();
        let wanted = WANTED.lines().count();
        assert_eq!(reached.missed().len(), wanted);
        reached.note("ladder LD-5");
        reached.note("no such probe");
        assert!(reached.missed().len() == wanted - 1 && !reached.missed().contains(&"ladder LD-5"));
        let names: BTreeSet<&str> = WANTED.lines().collect();
        assert_eq!(names.len(), wanted, "each is named once");
    }
}
