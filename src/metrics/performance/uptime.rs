//! Whether the trading loop was up: the process alive, and its state one in which it may trade or manage what it holds.
//!
//! `Armed` and `ReduceOnly` are up. `Halted`, which leaves cancels and protection, and `Reconciling`, in which nothing
//! is known for sure, are not; neither is a process that died. A simulation's journal says when it died; where only its
//! return is known, it is taken to have died with the record before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::journal::Body;
use crate::market::{Decision, Event, HostEvent, Timestamp, TraderState};

/// Time lost to one cause.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Downtime {
    /// How often.
    pub count: u64,
    /// For how long in all, in nanoseconds.
    pub total_ns: i64,
    /// The longest of them, in nanoseconds.
    pub longest_ns: i64,
}

/// Uptime of the trading loop.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Uptime {
    /// The share of the period in which it was up; none of no time.
    pub share: Option<f64>,
    /// For how long it was, in nanoseconds.
    pub up_ns: i64,
    /// For how long it was not, by cause: `starting` until it first armed, `reconciling` after that, `halted`,
    /// `crashed`.
    pub down: BTreeMap<String, Downtime>,
}

/// Where the loop stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Up,
    Starting,
    Reconciling,
    Halted,
    Crashed,
}

impl Standing {
    const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Starting => "starting",
            Self::Reconciling => "reconciling",
            Self::Halted => "halted",
            Self::Crashed => "crashed",
        }
    }
}

/// The stretches of a run under way.
#[derive(Clone, Debug)]
pub(super) struct Stretches {
    standing: Standing,
    since: Option<Timestamp>,
    /// The trader's own state, which a death of the process does not change.
    state: TraderState,
    armed: bool,
    last: Timestamp,
    over: BTreeMap<&'static str, Downtime>,
}

impl Default for Stretches {
    fn default() -> Self {
        Self {
            standing: Standing::Starting,
            since: None,
            state: TraderState::Reconciling,
            armed: false,
            last: Timestamp::MIN,
            over: BTreeMap::new(),
        }
    }
}

impl Stretches {
    /// Takes the next record's body.
    pub fn observe(&mut self, now: Timestamp, body: &Body) {
        self.since.get_or_insert(now);
        match body {
            Body::Fault(text) if text.split(' ').next() == Some("crash") => self.stand(now, Standing::Crashed),
            Body::Event(Event::Host(HostEvent::Restarted)) => {
                if self.standing != Standing::Crashed {
                    let died = self.last.max(self.since.unwrap_or(now));
                    self.stand(died, Standing::Crashed);
                }
                self.stand(now, self.of_state());
            }
            Body::Decision(Decision::Became { to, .. }) => {
                self.state = *to;
                self.armed |= *to == TraderState::Armed;
                self.stand(now, self.of_state());
            }
            _ => {}
        }
        self.last = now;
    }

    const fn of_state(&self) -> Standing {
        match self.state {
            TraderState::Armed | TraderState::ReduceOnly => Standing::Up,
            TraderState::Halted => Standing::Halted,
            TraderState::Reconciling if self.armed => Standing::Reconciling,
            TraderState::Reconciling => Standing::Starting,
        }
    }

    fn stand(&mut self, now: Timestamp, next: Standing) {
        if next == self.standing {
            return;
        }
        let since = self.since.replace(now).unwrap_or(now);
        end(&mut self.over, self.standing, now.since(since).0);
        self.standing = next;
    }

    /// The uptime of a run over this period.
    pub fn finish(&self, (start, end_at): (Timestamp, Timestamp)) -> Uptime {
        let mut over = self.over.clone();
        end(&mut over, self.standing, end_at.since(self.since.unwrap_or(start).max(start)).0);
        let up_ns = over.remove(Standing::Up.name()).unwrap_or_default().total_ns;
        let share = super::share(up_ns.into(), end_at.since(start).0.into());
        Uptime { share, up_ns, down: over.into_iter().map(|(name, down)| (name.to_owned(), down)).collect() }
    }
}

/// A stretch is over.
fn end(over: &mut BTreeMap<&'static str, Downtime>, standing: Standing, lasted_ns: i64) {
    if lasted_ns > 0 {
        let row = over.entry(standing.name()).or_default();
        row.count += 1;
        row.total_ns = row.total_ns.saturating_add(lasted_ns);
        row.longest_ns = row.longest_ns.max(lasted_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    /// Ten seconds to arm, crashed from 40 to 50, reconciling until 55, reduce-only is up, halted from 80.
    #[test]
    fn the_loop_is_up_while_it_may_trade_or_manage() {
        use TraderState::{Armed, Halted, Reconciling, ReduceOnly};
        let became = |from, to| Body::Decision(Decision::Became { from, to, why: String::new() });
        let mut stretches = Stretches::default();
        for (at, body) in [
            (0, Body::Event(Event::Wake)),
            (10, became(Reconciling, Armed)),
            (40, Body::Fault("crash at=40s down=10s".into())),
            (50, Body::Event(Event::Host(HostEvent::Restarted))),
            (50, became(Armed, Reconciling)),
            (55, became(Reconciling, Armed)),
            (60, became(Armed, ReduceOnly)),
            (80, became(ReduceOnly, Halted)),
        ] {
            stretches.observe(Timestamp(at * SECOND), &body);
        }
        let told = stretches.finish((Timestamp(0), Timestamp(100 * SECOND)));
        assert_eq!((told.share, told.up_ns), (Some(0.55), 55 * SECOND));
        let down: Vec<(&str, u64, i64)> =
            told.down.iter().map(|(name, down)| (name.as_str(), down.count, down.total_ns / SECOND)).collect();
        assert_eq!(down, [("crashed", 1, 10), ("halted", 1, 20), ("reconciling", 1, 5), ("starting", 1, 10)]);
    }

    /// A journal that does not say when the process died: it was with the last record before it was back.
    #[test]
    fn a_death_nobody_saw_counts_from_the_last_record() {
        let mut stretches = Stretches::default();
        let (from, to) = (TraderState::Reconciling, TraderState::Armed);
        stretches.observe(Timestamp(0), &Body::Decision(Decision::Became { from, to, why: String::new() }));
        stretches.observe(Timestamp(SECOND), &Body::Market);
        stretches.observe(Timestamp(5 * SECOND), &Body::Event(Event::Host(HostEvent::Restarted)));
        let told = stretches.finish((Timestamp(0), Timestamp(10 * SECOND)));
        assert_eq!((told.up_ns / SECOND, told.down["crashed"].total_ns / SECOND), (6, 4));
    }
}
