//! What the trader may do, and what it did lately: its state, breakers, throttles, links and lanes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::limits::{Flow, Limits};
use crate::journal::Exact;
use crate::market::{
    Breaker, Command, ControlAct, Decision, DeskId, Event, HostEvent, InstrumentId, IntentId, Intention, Link,
    LinkEvent, Period, Pricing, ProposalId, Purpose, Scope, SessionState, Size, TraderState, VenueMessage,
};

/// Proposals remembered for their twins, at most.
const REMEMBERED: usize = 4_096;

/// A proposal as far as another can be its twin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wish {
    desk: DeskId,
    instrument: InstrumentId,
    intention: Intention,
    size: Size,
    pricing: Pricing,
}

/// A token lane, counted by the instant at which its debt is paid back.
#[derive(Clone, Copy, Debug, Default)]
struct Debt(i128);

impl Debt {
    /// Takes a token; whether the lane could give one.
    fn take(&mut self, now: i64, flow: Flow) -> bool {
        let now = i128::from(now);
        self.0 = self.0.max(now).saturating_add(flow.interval);
        self.0.saturating_sub(now) <= flow.interval.saturating_mul(flow.capacity)
    }
}

/// What a new entry looks like beside those before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entering {
    /// Entries of its desk and instrument within the window, itself not counted; none for a retry.
    pub within: Option<usize>,
    /// An identical one within the window.
    pub twin: Option<ProposalId>,
}

/// What the trader may do.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a condition of its own")]
pub(super) struct Standing {
    pub trader: TraderState,
    pub breakers: BTreeSet<Breaker>,
    pub reduce_only: BTreeSet<InstrumentId>,
    pub tripped: BTreeSet<(DeskId, InstrumentId)>,
    pub down: BTreeSet<Link>,
    /// Whether the key may trade and not withdraw, once it was said.
    pub key: Option<bool>,
    /// How far the clocks are apart, once it was said.
    pub offset: Option<i64>,
    /// Whether the journal has room for cancels and exits only.
    pub journal_full: bool,
    /// Whether the journal could not be written, and no person has seen to it since.
    pub journal_failed: bool,
    /// Since when cancels, exits and protection can reach the venue.
    pub able_since: i64,
    /// Instruments whose session takes nothing new, and when the others opened again.
    pub closed: BTreeSet<InstrumentId>,
    pub opened_at: BTreeMap<InstrumentId, i64>,
    /// Whether the process is down: it crashed and is not back.
    pub crashed: bool,
    /// Whether the process was restarted, and protection may take as long as that takes.
    pub restarted_at: Option<i64>,
    /// Whether the step is about a kill, which may overdraw its lane.
    pub killing: bool,
    /// The operator's change of a limit that the step is about: its key.
    pub changing: Option<String>,
    /// What a changed limit really was, where the change says otherwise.
    pub changed_from: Option<String>,
    /// By the last command: the lane it overdrew.
    pub overdrawn: Option<&'static str>,
    pub entering: Entering,
    pub day: Option<Exact>,
    pub week: Option<Exact>,
    pub peak: Option<Exact>,
    lanes: [Debt; 4],
    entries: BTreeMap<(DeskId, InstrumentId), VecDeque<i64>>,
    proposed: BTreeMap<ProposalId, Wish>,
    wishes: VecDeque<(i64, ProposalId, Wish)>,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            trader: TraderState::Reconciling,
            breakers: BTreeSet::new(),
            reduce_only: BTreeSet::new(),
            tripped: BTreeSet::new(),
            down: BTreeSet::new(),
            key: None,
            offset: None,
            journal_full: false,
            journal_failed: false,
            able_since: i64::MIN,
            closed: BTreeSet::new(),
            opened_at: BTreeMap::new(),
            crashed: false,
            restarted_at: None,
            killing: false,
            changing: None,
            changed_from: None,
            overdrawn: None,
            entering: Entering::default(),
            day: None,
            week: None,
            peak: None,
            lanes: [Debt(i128::MIN / 2); 4],
            entries: BTreeMap::new(),
            proposed: BTreeMap::new(),
            wishes: VecDeque::new(),
        }
    }
}

impl Standing {
    pub fn begin_step(&mut self) {
        self.killing = self.trader == TraderState::Halted;
        self.changing = None;
    }

    pub fn learn_event(&mut self, now: i64, event: &Event) {
        match event {
            Event::Link(LinkEvent::Down(link)) => {
                self.down.insert(*link);
            }
            Event::Link(LinkEvent::Up(link)) => {
                self.down.remove(link);
                self.able_since = now;
            }
            Event::Host(HostEvent::ClockOffset(span)) => self.offset = Some(span.0),
            Event::Host(HostEvent::JournalFailed) => self.journal_failed = true,
            Event::Host(HostEvent::JournalSpace(enough)) => self.journal_full = !enough,
            Event::Host(HostEvent::Permission { trade, withdraw }) => self.key = Some(*trade && !withdraw),
            Event::Host(HostEvent::Restarted) => {
                self.crashed = false;
                self.restarted_at = Some(now);
                self.able_since = now;
                // A process that comes back connects anew.
                self.down.clear();
            }
            Event::Host(HostEvent::Stopping) => self.killing = true,
            Event::Control(control) => match &control.act {
                ControlAct::Halt | ControlAct::Flatten(Scope::All | Scope::Desk(_) | Scope::Instrument(_)) => {
                    self.killing = true;
                }
                ControlAct::ResetThrottle(desk, instrument) => {
                    self.tripped.remove(&(*desk, *instrument));
                }
                // Whoever re-arms the trader re-arms its throttles, and has seen to its journal (1.3).
                ControlAct::Rearm { confirmation } if confirmation == ControlAct::REARM => {
                    self.tripped.clear();
                    self.journal_failed = false;
                }
                ControlAct::ChangeLimit { key, .. } => self.changing = Some(key.clone()),
                ControlAct::Rearm { .. }
                | ControlAct::Cancel(_)
                | ControlAct::Close(_)
                | ControlAct::SetStop(..)
                | ControlAct::UnpinStop(_)
                | ControlAct::SetTarget(..)
                | ControlAct::Trailing(..)
                | ControlAct::ResetBreaker(_)
                | ControlAct::SettleExternal(_)
                | ControlAct::PostCorrection { .. } => {}
            },
            Event::Account(VenueMessage::Session { instrument, state }) => {
                if matches!(state, SessionState::Open) {
                    self.closed.remove(instrument);
                    self.opened_at.insert(*instrument, now);
                } else {
                    self.closed.insert(*instrument);
                }
            }
            Event::Link(
                LinkEvent::Ambiguous(_) | LinkEvent::DuplicateId(_) | LinkEvent::NotSent(_) | LinkEvent::Unmapped(_),
            )
            | Event::Account(_)
            | Event::Market(..)
            | Event::Report(_)
            | Event::Reference(_)
            | Event::Wake => {}
        }
        if self.trader == TraderState::Reconciling || self.down.contains(&Link::Orders) {
            self.able_since = now;
        }
    }

    /// Learns a decision that changes what may be done.
    pub fn learn_decision(&mut self, decision: &Decision) {
        match decision {
            Decision::Became { to, .. } => {
                self.trader = *to;
                self.killing |= *to == TraderState::Halted;
            }
            Decision::Breaker { breaker, active, .. } => {
                let _ = if *active { self.breakers.insert(*breaker) } else { self.breakers.remove(breaker) };
            }
            Decision::ReduceOnly { instrument, .. } => {
                self.reduce_only.insert(*instrument);
            }
            Decision::Released { instrument, .. } => {
                self.reduce_only.remove(instrument);
            }
            Decision::Tripped { desk, instrument, .. } => {
                self.tripped.insert((*desk, *instrument));
            }
            Decision::Proposed(proposal) => {
                let wish = Wish {
                    desk: proposal.desk,
                    instrument: proposal.instrument,
                    intention: proposal.intention,
                    size: proposal.size,
                    pricing: proposal.pricing,
                };
                self.proposed.insert(proposal.id, wish);
                if self.proposed.len() > REMEMBERED {
                    self.proposed.pop_first();
                }
            }
            _ => {}
        }
    }

    /// Learns an equity from which losses are measured.
    pub fn measure(&mut self, decision: &Decision) {
        match decision {
            Decision::PeriodBegan { period: Period::Day, equity, .. } => self.day = Some((*equity).into()),
            Decision::PeriodBegan { period: Period::Week, equity, .. } => self.week = Some((*equity).into()),
            Decision::PeakRestarted { equity } => self.peak = Some((*equity).into()),
            _ => {}
        }
    }

    /// An entry is approved: the first order of an intent, or a retry.
    pub fn enter(
        &mut self,
        now: i64,
        limits: &Limits,
        key: (DeskId, InstrumentId),
        proposal: Option<ProposalId>,
        intent: Option<IntentId>,
    ) {
        self.entering = Entering::default();
        if let (Some(_), Some((_, window))) = (intent, limits.throttle) {
            let times = self.entries.entry(key).or_default();
            while times.front().is_some_and(|at| now.saturating_sub(*at) >= window) {
                times.pop_front();
            }
            self.entering.within = Some(times.len());
            times.push_back(now);
        }
        if let (Some(id), Some(window)) = (proposal, limits.twin_window)
            && let Some(wish) = self.proposed.remove(&id)
        {
            while self.wishes.front().is_some_and(|(at, ..)| now.saturating_sub(*at) >= window) {
                self.wishes.pop_front();
            }
            self.entering.twin = self.wishes.iter().find(|(_, _, other)| *other == wish).map(|(_, id, _)| *id);
            self.wishes.push_back((now, id, wish));
        }
    }

    /// A command leaves: which lane it should have had a token of.
    pub fn spend(&mut self, now: i64, limits: &Limits, purpose: Option<Purpose>, command: &Command) {
        self.overdrawn = None;
        let mut take = |lane: usize, flow: Option<Flow>, name| {
            if flow.is_some_and(|flow| !self.lanes[lane].take(now, flow)) {
                self.overdrawn = Some(name);
            }
        };
        match command {
            Command::Query(_) => return take(0, limits.query_lane, "query"),
            Command::CancelAllAfter(_) | Command::Reconnect => return,
            Command::New(_) | Command::Amend(_) | Command::Cancel(_) | Command::CancelAll(_) => {}
        }
        match purpose {
            Some(Purpose::Entry) => take(1, limits.entry_lane, "entry"),
            Some(Purpose::Exit | Purpose::Stop | Purpose::Target) if !self.killing => {
                take(2, limits.safety_lane, "safety");
            }
            _ => {}
        }
        if !self.killing
            && let Some((entry, safety)) = limits.entry_lane.zip(limits.safety_lane)
        {
            take(3, Some(together(entry, safety)), "both");
        }
    }
}

/// Two lanes as one: what they grant together in any window.
fn together(a: Flow, b: Flow) -> Flow {
    let interval = a.interval.saturating_mul(b.interval) / a.interval.saturating_add(b.interval).max(1);
    Flow { interval, capacity: a.capacity + b.capacity }
}
