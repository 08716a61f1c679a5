//! Decides which messages, orders and inputs a run's faults hit, and remembers each hit as an exact
//! fault: together they are a script that repeats the run without chance.

use std::collections::BTreeMap;

use super::{
    Fault, FaultKind, LinkFault, Links, Message, MessageFault, OrderFault, ProcessFault, Reply, Request, RequestFault,
    Sends, When,
};
use crate::market::{
    Command, Control, ControlAct, Event, ExecutionReport, NewOrder, OrderId, RefusedBecause, ReportKind, Span,
    Timestamp, VenueMessage,
};
use crate::sim::queue::Verdict;
use crate::sim::rng::{Component, Stream};
use crate::sim::setup::Setup;
use crate::venue::Act;

/// A fault with how many of its occasions came by.
struct Armed {
    fault: Fault,
    seen: u64,
    chance: Stream,
    /// What the occasions of this instant were about.
    instant: (Timestamp, Vec<Option<OrderId>>),
}

impl Armed {
    /// Counts an occasion among those of its instant that are about the same order.
    fn place_in_instant(&mut self, now: Timestamp, order: Option<OrderId>) -> u64 {
        let (instant, about) = &mut self.instant;
        if *instant != now {
            *instant = now;
            about.clear();
        }
        about.push(order);
        about.iter().filter(|other| **other == order).count() as u64
    }

    /// Whether it hits the occasion of this instant.
    fn hits(&mut self, now: Timestamp) -> bool {
        if now < self.fault.from || now >= self.fault.until {
            return false;
        }
        self.seen += 1;
        match self.fault.when {
            When::Always => true,
            When::Nth(number) => self.seen == number,
            When::Every(number) => self.seen.is_multiple_of(number),
            When::Ppm(share) => self.chance.ppm(share),
        }
    }
}

/// What becomes of a command.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RequestFate {
    /// It does not arrive.
    pub lost: bool,
    /// How much later it arrives.
    pub late: Span,
    /// How much later a second copy arrives.
    pub twice: Option<Span>,
    /// How long it waits at most for its cancel to arrive first.
    pub held: Option<Span>,
    /// What the link says of it.
    pub says: Option<Reply>,
    /// What the venue answers, instead of what it would.
    pub verdict: Option<Verdict>,
    /// What the venue does before it hears it.
    pub before: Vec<Act>,
}

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MessageFate {
    /// It does not arrive.
    pub lost: bool,
    /// How much later it arrives.
    pub late: Span,
    /// It passes what was sent before it.
    pub overtakes: bool,
    /// How much later it arrives a second time.
    pub twice: Option<Span>,
    /// How its content changes: by one of the kinds that change content.
    pub altered: Option<MessageFault>,
    /// The links go down with it.
    pub drops: Option<LinkFault>,
}

/// What follows on something that happened at the venue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Then {
    /// The venue acts by itself.
    Venue(Act),
    /// The trader is told something by its own host.
    Trader(Event),
}

/// The faults of a run that hit messages, orders and inputs.
pub struct Injector {
    armed: Vec<Armed>,
    /// Every order sent so far, for faults that are about some orders only.
    orders: BTreeMap<OrderId, NewOrder>,
    /// What the instruments are called.
    symbols: Vec<String>,
    hits: Vec<Fault>,
    /// What is yet to be written down.
    told: Vec<String>,
}

impl Injector {
    /// The faults of a setup; none if it has none.
    #[must_use]
    pub fn new(setup: &Setup) -> Option<Box<Self>> {
        if setup.faults.is_empty() {
            return None;
        }
        let arm = |fault: &Fault| Armed {
            fault: *fault,
            seen: 0,
            chance: Stream::part(setup.seed, setup.run, Component::Faults, fault.number),
            instant: (Timestamp::MIN, Vec::new()),
        };
        let armed = setup.faults.iter().filter(|fault| !fault.kind.is_of_a_moment()).map(arm).collect();
        let symbols = setup.instruments.iter().map(|instrument| instrument.symbol.clone()).collect();
        Some(Box::new(Self { armed, orders: BTreeMap::new(), symbols, hits: Vec::new(), told: Vec::new() }))
    }

    /// Remembers a fault of a moment.
    pub fn began(&mut self, fault: &Fault, now: Timestamp) {
        self.remember(Fault { number: fault.number, instrument: fault.instrument, ..Fault::at(fault.kind, now) });
    }

    /// Every hit so far, as exact faults.
    #[must_use]
    pub fn into_hits(self) -> Vec<Fault> {
        self.hits
    }

    /// What is to be written down since the last time.
    pub fn take_told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    /// What becomes of a command sent now.
    pub fn request(&mut self, now: Timestamp, command: &Command) -> RequestFate {
        if let Command::New(order) = command {
            self.orders.insert(order.id, *order);
        }
        let order = order_of(command);
        let mut fate = RequestFate::default();
        for place in 0..self.armed.len() {
            let kind = self.armed[place].fault.kind;
            match kind {
                FaultKind::Request(fault) if is_about(fault, command) && self.hit(place, now, order) => {
                    befall_request(&mut fate, fault);
                }
                FaultKind::Order(OrderFault::Worse { ticks }) => {
                    if let Command::New(new) = command
                        && self.hit(place, now, order)
                    {
                        fate.before.push(Act::Worsen(new.id, ticks));
                    }
                }
                FaultKind::Order(OrderFault::Hidden { lasts }) => {
                    if let Command::New(new) = command
                        && self.hit(place, now, order)
                    {
                        fate.before.push(Act::Hide(new.id, now.after(lasts)));
                    }
                }
                _ => {}
            }
        }
        fate
    }

    /// What becomes of a message that the venue sends now; `asked` is whether it is an answer.
    pub fn message(&mut self, now: Timestamp, event: &Event, asked: bool) -> MessageFate {
        let report = match event {
            Event::Report(report) | Event::Account(VenueMessage::Report(report)) => Some(report),
            _ => None,
        };
        let mut fate = MessageFate::default();
        for place in 0..self.armed.len() {
            let FaultKind::Message(fault) = self.armed[place].fault.kind else { continue };
            if means(subject(fault), report, asked) && self.hit(place, now, report.map(|report| report.order)) {
                befall_message(&mut fate, fault);
            }
        }
        fate
    }

    /// What goes on after something happened at the venue, and when.
    pub fn happened(&mut self, now: Timestamp, report: &ExecutionReport) -> Vec<(Timestamp, Then)> {
        let mut all = Vec::new();
        for place in 0..self.armed.len() {
            let FaultKind::Order(fault) = self.armed[place].fault.kind else { continue };
            let quantity = self.orders.get(&report.order).map(|order| order.qty);
            let of_venue = |after, act| Some((after, Then::Venue(act)));
            let follows = match (fault, report.kind) {
                (OrderFault::FeeRevised { after, by_ppm }, ReportKind::Filled(fill)) => {
                    of_venue(after, Act::ReviseFee(fill.execution, by_ppm))
                }
                (OrderFault::Bust { after }, ReportKind::Filled(fill)) => of_venue(after, Act::Bust(fill.execution)),
                (OrderFault::Overfill { by_ppm }, ReportKind::Filled(_)) if report.cumulative == quantity => {
                    of_venue(Span::ZERO, Act::Overfill(report.order, by_ppm))
                }
                (OrderFault::Cancelled { after }, ReportKind::Accepted) => of_venue(after, Act::Cancel(report.order)),
                (OrderFault::RejectedLate { after }, ReportKind::Accepted) => {
                    of_venue(after, Act::RejectLate(report.order))
                }
                (OrderFault::Changed { after }, ReportKind::Accepted) => of_venue(after, Act::Change(report.order)),
                (OrderFault::Stopped { what, once, after }, kind) if once.is(kind, report.cumulative < quantity) => {
                    Some((after, by_a_person(what.act(report.order))))
                }
                _ => None,
            };
            if let Some((after, then)) = follows
                && self.hit(place, now, Some(report.order))
            {
                all.push((now.after(after), then));
            }
        }
        all
    }

    /// Whether the process dies after the input of this instant: for how long, and whether what it
    /// sent then left.
    pub fn input(&mut self, now: Timestamp) -> Option<(Span, bool)> {
        let mut dies = None;
        for place in 0..self.armed.len() {
            if let FaultKind::Process(ProcessFault::Crash { down, left }) = self.armed[place].fault.kind
                && self.hit(place, now, None)
            {
                dies = Some((down, left));
            }
        }
        dies
    }

    /// Whether any of the faults may end the process.
    #[must_use]
    pub fn may_crash(&self) -> bool {
        self.armed.iter().any(|armed| matches!(armed.fault.kind, FaultKind::Process(_)))
    }

    /// Whether a fault hits an occasion about an order, or about none.
    fn hit(&mut self, place: usize, now: Timestamp, order: Option<OrderId>) -> bool {
        let armed = &mut self.armed[place];
        let Fault { target, instrument, .. } = armed.fault;
        let any = target == super::Target::Any && instrument.is_none();
        let meant = match order {
            None => any,
            Some(id) if target == super::Target::Order(id) => true,
            Some(id) => match self.orders.get(&id) {
                Some(order) => target.means(order) && instrument.is_none_or(|named| named == order.instrument),
                None => any,
            },
        };
        let nth = armed.place_in_instant(now, order);
        if !meant || !armed.hits(now) {
            return false;
        }
        let Fault { number, kind, .. } = armed.fault;
        let target = order.map_or(super::Target::Any, super::Target::Order);
        self.remember(Fault { number, target, when: When::Nth(nth), ..Fault::at(kind, now) });
        true
    }

    fn remember(&mut self, hit: Fault) {
        let order = match hit.target {
            super::Target::Order(id) => format!(" order {}", id.0),
            _ => String::new(),
        };
        let symbol = hit.instrument.and_then(|named| self.symbols.get(usize::from(named.0)));
        let symbol = symbol.map_or_else(String::new, |symbol| format!(" {symbol}"));
        let mut text = format!("{}{order}{symbol}", hit.kind.name());
        for (key, term) in hit.kind.terms() {
            text.extend([" ", key, "=", &term]);
        }
        self.told.push(text);
        self.hits.push(hit);
    }
}

fn by_a_person(act: ControlAct) -> Then {
    let (author, reason) = ("a person".to_owned(), "fault".to_owned());
    Then::Trader(Event::Control(Control { author, reason, act }))
}

fn order_of(command: &Command) -> Option<OrderId> {
    match command {
        Command::New(order) => Some(order.id),
        Command::Amend(amend) => Some(amend.id),
        Command::Cancel(id) => Some(*id),
        Command::CancelAll(_) | Command::CancelAllAfter(_) | Command::Query(_) | Command::Reconnect => None,
    }
}

/// Whether a command is one that a fault is about.
const fn is_about(fault: RequestFault, command: &Command) -> bool {
    let what = match fault {
        RequestFault::Lost { what }
        | RequestFault::Late { what, .. }
        | RequestFault::Twice { what, .. }
        | RequestFault::Replied { what, .. } => what,
        RequestFault::Overtaken { .. } | RequestFault::Rejected { .. } => Request::New,
        RequestFault::CancelRefused { .. } => Request::Cancel,
        RequestFault::AmendRefused { .. } | RequestFault::AmendHalf {} => Request::Amend,
        RequestFault::CancelAllHalf {} => Request::CancelAll,
    };
    match what {
        Request::New => matches!(command, Command::New(_)),
        Request::Amend => matches!(command, Command::Amend(_)),
        Request::Cancel => matches!(command, Command::Cancel(_)),
        Request::CancelAll => matches!(command, Command::CancelAll(_) | Command::CancelAllAfter(_)),
        Request::Query => matches!(command, Command::Query(_)),
        Request::Order => !matches!(command, Command::Query(_)),
    }
}

fn befall_request(fate: &mut RequestFate, fault: RequestFault) {
    let refused = |open, reason| {
        let because = if open { RefusedBecause::StillOpen(reason) } else { RefusedBecause::NotOpen };
        Some(Verdict::Refused(because))
    };
    match fault {
        RequestFault::Lost { .. } => fate.lost = true,
        RequestFault::Late { by, .. } => fate.late = Span(fate.late.0 + by.0),
        RequestFault::Twice { after, .. } => fate.twice = Some(after),
        RequestFault::Overtaken { within } => fate.held = Some(within),
        RequestFault::Replied { says, arrives, .. } => {
            fate.says = Some(says);
            // Proof that nothing left is true.
            fate.lost |= !arrives || says == Reply::NotSent;
        }
        RequestFault::Rejected { reason } => fate.verdict = refused(true, reason),
        RequestFault::CancelRefused { open, reason } | RequestFault::AmendRefused { open, reason } => {
            fate.verdict = refused(open, reason);
        }
        RequestFault::AmendHalf {} | RequestFault::CancelAllHalf {} => fate.verdict = Some(Verdict::Half),
    }
}

/// What a fault of messages is about.
const fn subject(fault: MessageFault) -> Message {
    match fault {
        MessageFault::Lost { what }
        | MessageFault::Dropped { what, .. }
        | MessageFault::Late { what, .. }
        | MessageFault::Twice { what, .. }
        | MessageFault::Overtakes { what }
        | MessageFault::CumulativeMissing { what } => what,
        MessageFault::Conflict { .. }
        | MessageFault::OtherId { .. }
        | MessageFault::Malformed { .. }
        | MessageFault::FeeMissing { .. } => Message::Fill,
    }
}

/// Whether a message, of one order or of none, is of a kind.
fn means(what: Message, report: Option<&ExecutionReport>, asked: bool) -> bool {
    if what == Message::Answer || asked {
        return asked && what == Message::Answer;
    }
    let Some(report) = report else { return what == Message::Account };
    let is = match report.kind {
        ReportKind::Accepted => Message::Ack,
        ReportKind::Rejected(_) | ReportKind::AmendRejected(_) | ReportKind::CancelRejected(_) => Message::Refusal,
        ReportKind::Filled(_) => Message::Fill,
        ReportKind::Amended { .. } => Message::Amended,
        ReportKind::Cancelled(_) | ReportKind::Expired => Message::End,
        ReportKind::Busted(_) => Message::Bust,
        ReportKind::Status(_) => Message::Answer,
    };
    what == is || what == Message::Report
}

fn befall_message(fate: &mut MessageFate, fault: MessageFault) {
    match fault {
        MessageFault::Lost { .. } => fate.lost = true,
        MessageFault::Dropped { lasts, detect, .. } => {
            fate.lost = true;
            fate.drops = Some(LinkFault::Outage { links: Links::ALL, lasts, detect, sends: Sends::Proof });
        }
        MessageFault::Late { by, .. } => fate.late = Span(fate.late.0 + by.0),
        MessageFault::Twice { after, .. } => fate.twice = Some(after),
        MessageFault::Overtakes { .. } => fate.overtakes = true,
        MessageFault::Conflict { .. }
        | MessageFault::OtherId { .. }
        | MessageFault::Malformed { .. }
        | MessageFault::FeeMissing { .. }
        | MessageFault::CumulativeMissing { .. } => fate.altered = Some(fault),
    }
}
