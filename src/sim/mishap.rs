//! What goes wrong in a run beside single messages: links, the venue's own acts, orders held up, and
//! the process that dies and comes back from its journal.

use super::fault::{Links, Sends, Then};
use super::moment::{Moment, lay_out};
use super::outward::link;
use super::queue::{Arrival, Item, Verdict, Way};
use super::rebuild::rebuild;
use super::run::{HOST_FACTS, Sim, SimError};
use super::setup::Setup;
use super::wire::Road;
use crate::journal::Body;
use crate::market::{
    Command, Event, ExecutionReport, HostEvent, Instrument, InstrumentId, Link, LinkEvent, MarketEvent, OrderId, Span,
    Timestamp, TriggerSource, VenueMessage,
};
use crate::sim::fault::FaultKind;
use crate::venue::Act;

/// How long a process that has come back lives at least.
const LIVES: Span = Span::from_secs(1);

/// An input of the trader, or market deliveries it never had, with how many there were so far.
pub type Input = (Timestamp, u64, Body);

/// The trader's process, and what became of commands on their way from it.
#[derive(Default)]
pub struct Process {
    /// Until when it is dead, if it is.
    pub dead_until: Option<Timestamp>,
    /// When it came back last, if it ever died.
    back: Option<Timestamp>,
    /// What the host has to say once it is back.
    pub deferred: Vec<Event>,
    /// Commands in a socket that leads nowhere, and how long each is under way.
    pub stuck: Vec<(Command, Span)>,
    /// New orders that wait for their cancel to arrive first.
    held: Vec<(OrderId, Arrival)>,
    /// The inputs so far; none where the process cannot die.
    past: Option<Vec<Input>>,
}

impl Process {
    /// A process that lives.
    pub fn new(setup: &Setup) -> Self {
        let may_die = setup.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Process(_)));
        Self { past: may_die.then(Vec::new), ..Self::default() }
    }

    /// Whether it may die now: one that died at every breath would never get anywhere.
    pub fn is_up(&self, now: Timestamp) -> bool {
        self.back.is_none_or(|back| now.since(back) >= LIVES)
    }

    /// Keeps an input for a process to come back from.
    pub fn keep(&mut self, now: Timestamp, cursor: u64, body: &Body) {
        if let Some(past) = &mut self.past
            && matches!(body, Body::Event(_) | Body::Market | Body::Lost(_))
        {
            past.push((now, cursor, body.clone()));
        }
    }
}

impl Sim<'_> {
    /// Schedules everything that goes wrong at a moment.
    pub(super) fn lay_out_moments(&mut self, start: Timestamp) {
        for (at, moment) in lay_out(self.setup, start, self.feed.end()) {
            self.queue.push(at, Item::Moment(moment));
        }
    }

    /// Something goes wrong, or right again.
    pub(super) fn befall(&mut self, at: Timestamp, moment: Moment) -> Result<(), SimError> {
        match moment {
            Moment::Begins(place) => {
                let fault = self.setup.faults[place];
                if let Some(faults) = &mut self.faults {
                    faults.began(&fault, at);
                }
                self.note_faults()
            }
            Moment::Down(links, sends) => {
                self.links.take_down(links, sends);
                Ok(())
            }
            Moment::Told(links) => {
                let news = self.links.tell(links);
                self.tell(at, news);
                Ok(())
            }
            Moment::Up(links) => self.links_up(at, links),
            Moment::Act(act, on) => self.venue_acts(at, &act, on),
            Moment::Twice(act, on) => {
                let (venue, out) = self.venue();
                venue.act_on(at, on, &act, out);
                let copies = self.out.clone();
                self.report(Road::Reports)?;
                self.out.extend(copies.into_iter().filter(|copy| !matches!(copy, VenueMessage::Report(_))));
                self.report(Road::Reports)
            }
            Moment::Release(id) => {
                self.release(at, |held| held == id);
                Ok(())
            }
            Moment::Restart => self.restart(at),
        }
    }

    fn tell(&mut self, at: Timestamp, news: Vec<LinkEvent>) {
        for event in news {
            self.queue.push(at, Item::Deliver(Event::Link(event), Way::Host));
        }
    }

    fn links_up(&mut self, at: Timestamp, links: Links) -> Result<(), SimError> {
        let news = self.links.bring_up(links, at);
        let back = |link| news.contains(&LinkEvent::Up(link));
        let (orders, reports) = (back(Link::Orders), back(Link::Reports));
        self.tell(at, news);
        if orders {
            for (command, span) in std::mem::take(&mut self.process.stuck) {
                self.queue.push(at.after(span), Item::Arrive(Arrival { command, sent: at, verdict: None }));
            }
        }
        if reports { self.greet(at) } else { Ok(()) }
    }

    /// What a venue says to a client that connects: sessions, open orders, the newest fills.
    fn greet(&mut self, at: Timestamp) -> Result<(), SimError> {
        let (venue, out) = self.venue();
        venue.greet(at, out);
        self.report(Road::Reports)
    }

    fn venue_acts(&mut self, at: Timestamp, act: &Act, on: Option<InstrumentId>) -> Result<(), SimError> {
        let (venue, out) = self.venue();
        venue.act_on(at, on, act, out);
        self.report(Road::Reports)?;
        let (source, event): (_, fn(InstrumentId, _) -> MarketEvent) = match act {
            Act::MarkOff(_) => (TriggerSource::Mark, MarketEvent::Mark),
            Act::IndexOff(_) => (TriggerSource::Index, MarketEvent::Index),
            _ => return Ok(()),
        };
        let meant = |instrument: &&Instrument| on.is_none_or(|named| named == instrument.id);
        for instrument in self.setup.instruments.iter().filter(meant) {
            if let Some(price) = self.venue.reference(instrument.id, source) {
                let event = Event::Market(at, event(instrument.id, price));
                self.queue.push(at, Item::Deliver(event, Way::Link(Link::Market, at)));
            }
        }
        Ok(())
    }

    /// A fault decides what the venue makes of a command.
    pub(super) fn judge(&mut self, at: Timestamp, command: &Command, verdict: Verdict) {
        let (venue, out) = self.venue();
        match (verdict, command) {
            (Verdict::Refused(because), command) => venue.refuse_command(at, command, because, out),
            (Verdict::Half, Command::Amend(amend)) => venue.half_amend(at, amend, out),
            (Verdict::Half, Command::CancelAll(of)) => venue.half_cancel_all(at, *of, out),
            (Verdict::Half, command) => venue.on_command(at, command, out),
        }
    }

    /// What goes on after what just happened at the venue.
    pub(super) fn follow_up(&mut self, report: &ExecutionReport) {
        let Some(faults) = &mut self.faults else { return };
        for (at, then) in faults.happened(self.now, report) {
            let item = match then {
                Then::Venue(act) => Item::Moment(Moment::Act(act, None)),
                Then::Trader(event) => Item::Deliver(event, Way::Host),
            };
            self.queue.push(at, item);
        }
    }

    /// A command meets a link that was down on its way: it is lost, or stays in the socket.
    pub(super) fn stick(&mut self, arrival: &Arrival, at: Timestamp) {
        if let Some((Sends::Stuck, _)) = self.links.down(link(&arrival.command)) {
            self.process.stuck.push((arrival.command, at.since(arrival.sent)));
        }
    }

    /// A new order waits for its cancel to arrive first.
    pub(super) fn hold_up(&mut self, arrival: Arrival, id: OrderId, at_most: Timestamp) {
        self.process.held.push((id, arrival));
        self.queue.push(at_most, Item::Moment(Moment::Release(id)));
    }

    /// A command arrived: orders that waited for it follow.
    pub(super) fn release_overtaken(&mut self, at: Timestamp, command: &Command) {
        match *command {
            Command::Cancel(id) => self.release(at, |held| held == id),
            Command::CancelAll(_) => self.release(at, |_| true),
            Command::New(_)
            | Command::Amend(_)
            | Command::CancelAllAfter(_)
            | Command::Query(_)
            | Command::Reconnect => {}
        }
    }

    fn release(&mut self, at: Timestamp, which: impl Fn(OrderId) -> bool) {
        let (free, held) = std::mem::take(&mut self.process.held).into_iter().partition(|(id, _)| which(*id));
        self.process.held = held;
        let free: Vec<(OrderId, Arrival)> = free;
        for (_, arrival) in free {
            self.queue.push(at, Item::Arrive(arrival));
        }
    }

    /// The process dies: all that is left of the trader is its journal, from which the next is made.
    pub(super) fn die(&mut self, now: Timestamp, down: Span) -> Result<(), SimError> {
        self.note_lost()?;
        let back = now.after(down);
        self.process.dead_until = Some(back);
        let past = self.process.past.as_deref().unwrap_or_default();
        self.trader = rebuild(self.setup, past, self.cursor)?;
        self.queue.push(back, Item::Moment(Moment::Restart));
        Ok(())
    }

    /// The process is back: it is told so, then how the links stand, then what the host kept for it.
    fn restart(&mut self, at: Timestamp) -> Result<(), SimError> {
        (self.process.dead_until, self.process.back) = (None, Some(at));
        let host = |event| Item::Deliver(event, Way::Host);
        for fact in [HostEvent::Restarted].into_iter().chain(HOST_FACTS) {
            self.queue.push(at, host(Event::Host(fact)));
        }
        let believed = self.links.believed_down();
        let news = self.links.reconnect(&believed, at);
        self.tell(at, news);
        for event in std::mem::take(&mut self.process.deferred) {
            self.queue.push(at, host(event));
        }
        if self.links.down(Link::Reports).is_none() { self.greet(at) } else { Ok(()) }
    }

    /// Writes down which market deliveries were lost since the last record.
    pub(super) fn note_lost(&mut self) -> Result<(), SimError> {
        let lost = std::mem::take(&mut self.lost);
        if lost > 0 { self.note(self.now, Body::Lost(lost)) } else { Ok(()) }
    }

    /// Writes down which faults hit since the last record.
    pub(super) fn note_faults(&mut self) -> Result<(), SimError> {
        let Some(faults) = &mut self.faults else { return Ok(()) };
        for text in faults.take_told() {
            self.note(self.now, Body::Fault(text))?;
        }
        Ok(())
    }
}
