//! What of the drills a journal shows: which parts occurred, and whether each drill's own line held.
//!
//! The laws of the audit are judged apart (`super::run`); here is what a drill asks beyond them: how long an order
//! stayed unsettled after its ack was lost (D1), whether anything was entered that should have waited (D4, D5, D8, D11,
//! D12), and how long a restarted process took to trade again (D10).

mod decided;
mod ended;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::journal::{Body, Record};
use crate::market::{
    Command, Control, ControlAct, DeskId, Event, ExecutionReport, HostEvent, Link, LinkEvent, OrderId, OrderState,
    Purpose, Qty, ReportKind, Scope, SessionState, Span, Timestamp, VenueMessage, VenueRef,
};
use crate::sim::drill::{DRILLS, Given, Met, Sign};

/// An order whose ack was lost or late is settled within this (D1).
const SETTLED: Span = Span::from_secs(30);
/// Trading pauses this long after it is known that it must (D5), and all cancels of a kill are sent (D8).
const PAUSED: Span = Span::from_secs(1);
/// Why nothing may be entered after a kill, and after a journal failed: until a person re-arms.
const KILLED: &str = "it was killed and nobody has re-armed it";
const UNWRITTEN: &str = "the journal cannot be written";
/// No reference is used that is older (`reference.max_age`, its greatest value).
const OLDEST: Span = Span::from_secs(60);
/// A process that came back trades again within this (D10).
const BACK: Span = Span::from_secs(60);
/// More refused entries than this within [`STORM`] are a storm (D7); what protects is held back by its lane (R4).
const TRIES_MAX: usize = 4;
/// The window of a storm.
const STORM: Span = Span::from_secs(10);

/// What of a drill was seen in a run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DrillSeen {
    /// How often each of its parts occurred, in order.
    pub parts: Vec<u64>,
    /// What of its own line did not hold.
    pub broken: Vec<String>,
    /// The longest it took to be safe again, in nanoseconds.
    pub slowest_ns: Option<i64>,
}

impl DrillSeen {
    /// Whether every part occurred.
    #[must_use]
    pub fn occurred(&self) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|times| *times > 0)
    }
}

/// What a journal shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Watched {
    /// What of each drill, in the order of [`DRILLS`].
    pub drills: Vec<DrillSeen>,
    /// How long it was halted because a person asked for it.
    pub halted_by_person_ns: i64,
}

/// What the journal of a run that ended then shows of the drills.
#[must_use]
pub fn watch(records: &[Record], end: Timestamp) -> Watched {
    let mut watch = Watch::default();
    for drill in DRILLS {
        watch.seen.push(DrillSeen { parts: vec![0; drill.parts.len()], ..DrillSeen::default() });
    }
    for record in records {
        watch.observe(record.now, &record.body);
    }
    watch.finish(end)
}

/// An order as it stands.
struct Standing {
    desk: DeskId,
    purpose: Purpose,
    qty: Qty,
    filled: Qty,
    state: OrderState,
    /// Whether its cancel has left.
    cancelled: bool,
    /// Since when it is unsettled after its ack was hit.
    unsettled: Option<Timestamp>,
    /// Whether the venue hid it: then it takes as long as that to be found.
    hidden: bool,
}

impl Standing {
    /// An entry of which a part is filled.
    fn is_part(&self) -> bool {
        self.purpose == Purpose::Entry && self.filled > Qty::ZERO && self.filled < self.qty
    }
}

#[derive(Default)]
struct Watch {
    seen: Vec<DrillSeen>,
    orders: BTreeMap<OrderId, Standing>,
    /// Fills of the event at hand.
    heard: Vec<(VenueRef, OrderId, Qty)>,
    executions: BTreeSet<VenueRef>,
    /// Why nothing may be entered, and since when that is known.
    barred: BTreeMap<&'static str, (usize, Timestamp)>,
    /// When the entries of late were refused.
    refused: Vec<Timestamp>,
    /// Entries that a person stopped while they were open, and when: their cancels leave within [`PAUSED`].
    stopped: BTreeMap<OrderId, Timestamp>,
    /// While the feed is known to say nothing, from and until when.
    silent: Option<(Timestamp, Timestamp)>,
    /// Links that are down.
    down: BTreeSet<Link>,
    /// Since when a person keeps it halted, and for how long one did.
    halted: Option<Timestamp>,
    halted_by_person: i64,
    /// When the process came back, until it knows where it stands.
    restarted: Option<Timestamp>,
}

const D1: usize = 0;
const D4: usize = 3;
const D5: usize = 4;
const D7: usize = 6;
const D8: usize = 7;
const D10: usize = 9;
const D11: usize = 10;
const D12: usize = 11;

impl Watch {
    fn observe(&mut self, now: Timestamp, body: &Body) {
        self.overdue(now);
        match body {
            Body::Fault(text) => self.fault(now, text),
            Body::Event(event) => self.event(now, event),
            Body::Decision(decision) => self.decision(now, decision),
            Body::Command(Command::New(order)) => self.entry(now, order.id),
            Body::Command(Command::Cancel(id)) => {
                self.stopped.remove(id);
                if let Some(standing) = self.orders.get_mut(id) {
                    standing.cancelled = true;
                }
            }
            Body::Command(Command::CancelAll(_)) => self.stopped.clear(),
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

    /// A drill in which nothing was ever entered shows nothing.
    fn finish(mut self, end: Timestamp) -> Watched {
        self.left_open(end);
        if let Some(since) = self.halted {
            self.halted_by_person += end.since(since).0;
        }
        if !self.orders.values().any(|order| order.purpose == Purpose::Entry) {
            for seen in &mut self.seen {
                seen.parts.fill(0);
            }
        }
        Watched { drills: self.seen, halted_by_person_ns: self.halted_by_person }
    }

    /// D8: an entry that was open when a person stopped it, and whose cancel did not leave in time.
    fn overdue(&mut self, now: Timestamp) {
        // Where the link is down nothing can leave; what cannot is cancelled when it is back (R7 holds till then).
        let is_away = self.barred.values().any(|(drill, _)| *drill == D4);
        while let Some((order, at)) = self.stopped.iter().find(|(_, at)| now.since(**at) > PAUSED) {
            let (order, at) = (*order, *at);
            self.stopped.remove(&order);
            if !is_away {
                self.broke(D8, now, &format!("order {} was stopped by a person at {at:?} and no cancel left", order.0));
            }
        }
    }

    fn note(&mut self, is: impl Fn(Sign) -> bool) {
        for (drill, seen) in DRILLS.iter().zip(&mut self.seen) {
            for ((_, sign), times) in drill.parts.iter().zip(&mut seen.parts) {
                *times += u64::from(is(*sign));
            }
        }
    }

    fn broke(&mut self, drill: usize, now: Timestamp, text: &str) {
        self.seen[drill].broken.push(format!("at {now:?}: {text}"));
    }

    fn took(&mut self, drill: usize, span: Span) {
        let slowest = &mut self.seen[drill].slowest_ns;
        *slowest = Some(slowest.unwrap_or(0).max(span.0));
    }

    fn fault(&mut self, now: Timestamp, text: &str) {
        let mut words = text.split(' ');
        let kind = words.next().unwrap_or_default().to_owned();
        let terms: Vec<&str> = words.collect();
        let has = |key: &str, value: &str| terms.iter().any(|term| *term == format!("{key}={value}"));
        self.note(|sign| {
            matches!(sign, Sign::Fault(named, term) if named == kind && term.is_none_or(|(key, value)| has(key, value)))
        });
        if ["feed_gap", "feed_crossed"].contains(&kind.as_str())
            && let Some(lasts) =
                terms.iter().find_map(|term| term.strip_prefix("lasts=")?.strip_suffix("ns")?.parse().ok())
        {
            self.silent = Some((now.after(Span(OLDEST.0 + PAUSED.0)), now.after(Span(lasts))));
        }
        let order = terms.iter().position(|term| *term == "order").and_then(|at| terms.get(at + 1)?.parse().ok());
        if kind == "hidden"
            && let Some(standing) = order.and_then(|order| self.orders.get_mut(&OrderId(order)))
        {
            (standing.hidden, standing.unsettled) = (true, None);
        }
        let of_ack = has("what", "ack") && ["report_lost", "report_late"].contains(&kind.as_str());
        if let (true, Some(order)) = (of_ack, order)
            && let Some(standing) = self.orders.get_mut(&OrderId(order))
            && matches!(standing.state, OrderState::Sent | OrderState::UnknownSubmit)
            && !standing.hidden
        {
            standing.unsettled = standing.unsettled.or(Some(now));
        }
    }

    fn event(&mut self, now: Timestamp, event: &Event) {
        self.heard.clear();
        match event {
            Event::Report(report) | Event::Account(VenueMessage::Report(report)) => self.hear(report),
            Event::Account(VenueMessage::Fills(page)) => page.fills.iter().for_each(|report| self.hear(report)),
            Event::Account(VenueMessage::Session { state, .. }) => {
                self.bar(now, "the session is closed", D4, *state != SessionState::Open);
            }
            Event::Link(LinkEvent::Down(link)) => {
                self.down.insert(*link);
                if *link == Link::Orders {
                    self.bar(now, "the order link is down", D4, true);
                }
            }
            Event::Link(LinkEvent::Up(link)) => {
                self.down.remove(link);
                if *link == Link::Orders {
                    self.bar(now, "the order link is down", D4, false);
                }
                // Without its links nobody can learn anything.
                self.restarted = self.restarted.map(|_| now);
                self.seen_again(now);
            }
            Event::Host(host) => self.host(now, *host),
            Event::Control(control) => self.control(now, control),
            Event::Market(..) | Event::Link(_) | Event::Account(_) | Event::Reference(_) | Event::Wake => {}
        }
    }

    /// What could not be settled meanwhile is counted from now on.
    fn seen_again(&mut self, now: Timestamp) {
        for standing in self.orders.values_mut() {
            standing.unsettled = standing.unsettled.map(|_| now);
        }
    }

    fn hear(&mut self, report: &ExecutionReport) {
        if let ReportKind::Filled(fill) = report.kind {
            self.heard.push((fill.execution, report.order, fill.qty));
        }
    }

    fn host(&mut self, now: Timestamp, host: HostEvent) {
        match host {
            HostEvent::ClockOffset(off) => {
                let is_off = off.0.abs() > Span::from_secs(1).0;
                self.bar(now, "the clock is off", D5, is_off);
                if is_off {
                    self.note(|sign| sign == Sign::Given(Given::ClockOff));
                }
            }
            HostEvent::JournalSpace(room) => {
                self.bar(now, "the journal has no room", D11, !room);
                if !room {
                    self.note(|sign| sign == Sign::Given(Given::JournalFull));
                }
            }
            HostEvent::JournalFailed => {
                self.bar(now, UNWRITTEN, D11, true);
                self.note(|sign| sign == Sign::Given(Given::JournalFailed));
            }
            HostEvent::Permission { trade, .. } => {
                self.bar(now, "the key may not trade", D12, !trade);
                if !trade {
                    self.note(|sign| sign == Sign::Given(Given::KeyLost));
                }
            }
            HostEvent::Restarted => {
                self.restarted = Some(now);
                self.seen_again(now);
                self.note(|sign| sign == Sign::Met(Met::Restart));
            }
            HostEvent::Stopping => {}
        }
    }

    fn control(&mut self, now: Timestamp, control: &Control) {
        let given = match &control.act {
            ControlAct::Halt => Given::Halt,
            ControlAct::Flatten(Scope::All) => Given::FlattenAll,
            ControlAct::Flatten(Scope::Desk(_)) => Given::FlattenDesk,
            ControlAct::Cancel(order) if self.is_open(*order) => Given::CancelOne,
            ControlAct::Rearm { confirmation } if confirmation == ControlAct::REARM => Given::Rearm,
            ControlAct::ChangeLimit { .. } => Given::Tightened,
            ControlAct::Rearm { .. }
            | ControlAct::Cancel(_)
            | ControlAct::Flatten(Scope::Instrument(_))
            | ControlAct::Close(_)
            | ControlAct::SetStop(..)
            | ControlAct::UnpinStop(_)
            | ControlAct::SetTarget(..)
            | ControlAct::Trailing(..)
            | ControlAct::ResetBreaker(_)
            | ControlAct::ResetThrottle(..)
            | ControlAct::SettleExternal(_)
            | ControlAct::PostCorrection { .. } => return,
        };
        // A kill that finds nothing to stop rehearses nothing.
        let stops = matches!(given, Given::Halt | Given::FlattenAll | Given::FlattenDesk);
        if !stops || self.orders.values().any(|order| !order.state.is_terminal()) {
            self.note(|sign| sign == Sign::Given(given));
        }
        if stops || given == Given::CancelOne {
            self.stopped_by_person(now, &control.act);
        }
        match given {
            Given::Halt | Given::FlattenAll => self.bar(now, KILLED, D8, true),
            Given::Rearm => {
                for why in [KILLED, UNWRITTEN] {
                    self.barred.remove(why);
                }
            }
            _ => {}
        }
    }

    /// Entries that are open and that a person stops.
    fn stopped_by_person(&mut self, now: Timestamp, act: &ControlAct) {
        for (id, order) in &self.orders {
            let meant = match act {
                ControlAct::Cancel(only) => only == id,
                ControlAct::Flatten(Scope::Desk(desk)) => order.desk == *desk,
                _ => true,
            };
            let is_live = matches!(order.state, OrderState::Live | OrderState::AmendPending);
            if meant && is_live && order.purpose == Purpose::Entry {
                self.stopped.entry(*id).or_insert(now);
            }
        }
    }

    fn is_open(&self, order: OrderId) -> bool {
        self.orders.get(&order).is_some_and(|order| !order.state.is_terminal())
    }

    /// Notes that nothing may be entered, from now on or no more.
    fn bar(&mut self, now: Timestamp, why: &'static str, drill: usize, barred: bool) {
        if barred {
            self.barred.entry(why).or_insert((drill, now));
        } else {
            self.barred.remove(why);
        }
    }

    /// A new order leaves: an entry must not while anything bars it.
    fn entry(&mut self, now: Timestamp, order: OrderId) {
        if self.orders.get(&order).is_none_or(|standing| standing.purpose != Purpose::Entry) {
            return;
        }
        if self.silent.is_some_and(|(from, until)| from < now && now < until) {
            self.broke(D5, now, &format!("order {} enters though the feed is silent", order.0));
        }
        let barred: Vec<_> = self.barred.iter().map(|(why, at)| (*why, *at)).collect();
        for (why, (drill, since)) in barred {
            let paused = if drill == D5 { PAUSED } else { Span::ZERO };
            if now.since(since) > paused {
                self.broke(drill, now, &format!("order {} enters though {why} since {since:?}", order.0));
            }
        }
    }
}
