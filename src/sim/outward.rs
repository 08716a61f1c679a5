//! What leaves the trader: its actions are written down, and its commands go on the wire.

use super::fault::{Reply, RequestFate, Sends};
use super::queue::{Arrival, Item, Way};
use super::run::{Sim, SimError};
use super::wire::Road;
use crate::journal::Body;
use crate::market::{Action, Command, Decision, Event, InstrumentId, Link, LinkEvent, OrderId, Timestamp};

impl Sim<'_> {
    /// Writes a step's actions down, then lets its commands leave. `input` is whether the step is in
    /// the journal: only then may the process die of it.
    pub(super) fn act(&mut self, now: Timestamp, mut actions: Vec<Action>, input: bool) -> Result<(), SimError> {
        let mut booked = false;
        for action in actions.drain(..) {
            let body = match action {
                Action::Record(decision) => {
                    booked |= matches!(decision, Decision::Booked { .. });
                    Body::Decision(decision)
                }
                Action::Send(command) => {
                    self.sends.push(command);
                    Body::Command(command)
                }
                Action::Wake(at) => {
                    self.queue.push(at.max(now), Item::Wake);
                    Body::Wake(at)
                }
                Action::Alert(alert) => Body::Alert(alert),
            };
            self.note(now, body)?;
        }
        self.actions = actions;
        if booked {
            self.verify()?;
        }
        // Once the market is over it does not die any more, or a run that often crashes would not end.
        let may_die = input && self.feed.next_exchange().is_some() && self.process.is_up(now);
        let dies = self.faults.as_mut().filter(|_| may_die).and_then(|faults| faults.input(now));
        if dies.is_some_and(|(_, left)| !left) {
            self.sends.clear();
        }
        if !self.sends.is_empty() {
            self.send(now);
        }
        if self.faults.is_some() {
            self.note_faults()?;
        }
        if let Some((down, _)) = dies { self.die(now, down) } else { Ok(()) }
    }

    /// Lets the commands of a step leave.
    fn send(&mut self, now: Timestamp) {
        let sent = self.wire.decided(now);
        let mut sends = std::mem::take(&mut self.sends);
        for command in sends.drain(..) {
            if command == Command::Reconnect {
                self.reconnect_orders(sent);
                continue;
            }
            // Drawn even for what is lost, so that a fault moves no other delay.
            let of = self.instrument_of(&command);
            let at = self.wire.arrival(road(&command), of, sent);
            if self.faults.is_some() {
                self.send_under_faults(now, sent, at, command);
            } else {
                self.queue.push(at, Item::Arrive(Arrival { command, sent, verdict: None }));
            }
        }
        self.sends = sends;
    }

    /// The instrument a command is about, if it is about one.
    fn instrument_of(&self, command: &Command) -> Option<InstrumentId> {
        match command {
            Command::New(order) => Some(order.instrument),
            Command::CancelAll(of) => *of,
            command => self.traded(order_of(command)?),
        }
    }

    /// The instrument of an order, as the trader has it.
    pub(super) fn traded(&self, order: OrderId) -> Option<InstrumentId> {
        self.trader.core().orders().get(order).map(|order| order.terms.instrument)
    }

    /// The order session ends and another begins: what was under way on the old one is lost, and the trader
    /// is told of both. Where the link is down there is no session to end.
    fn reconnect_orders(&mut self, at: Timestamp) {
        if self.links.renew(Link::Orders, at) {
            for event in [LinkEvent::Down(Link::Orders), LinkEvent::Up(Link::Orders)] {
                self.queue.push(at, Item::Deliver(Event::Link(event), Way::Host));
            }
        }
    }

    fn send_under_faults(&mut self, now: Timestamp, sent: Timestamp, at: Timestamp, command: Command) {
        let Some(faults) = &mut self.faults else { return };
        let fate = faults.request(now, &command);
        let order = order_of(&command);
        for act in &fate.before {
            let (venue, out) = self.venue();
            venue.act(now, act, out);
        }
        if let Some((sends, told)) = self.links.down(link(&command)) {
            let says = match sends {
                Sends::Lost => None,
                // Before it is known that the link is down, bytes leave for nowhere.
                Sends::Proof => told.then_some(Reply::NotSent),
                Sends::Ambiguous => Some(Reply::Ambiguous),
                Sends::Stuck => {
                    self.process.stuck.push((command, at.since(sent)));
                    None
                }
            };
            return self.reply(sent, sent, order, says);
        }
        // The reply takes about as long back as the command took there.
        self.reply(sent, at.after(at.since(sent)), order, fate.says);
        self.carry(sent, at, command, &fate);
    }

    /// Lets a command arrive as its fate is.
    fn carry(&mut self, sent: Timestamp, at: Timestamp, command: Command, fate: &RequestFate) {
        if fate.lost {
            return;
        }
        let arrival = Arrival { command, sent, verdict: fate.verdict };
        let at = at.after(fate.late);
        if let (Some(within), Command::New(order)) = (fate.held, command) {
            self.hold_up(arrival, order.id, at.after(within));
            return;
        }
        if let Some(after) = fate.twice {
            self.queue.push(at.after(after), Item::Arrive(arrival.clone()));
        }
        self.queue.push(at, Item::Arrive(arrival));
    }

    /// The link says something of an order's last command.
    fn reply(&mut self, sent: Timestamp, at: Timestamp, order: Option<OrderId>, says: Option<Reply>) {
        let (Some(order), Some(says)) = (order, says) else { return };
        let event = match says {
            Reply::Ambiguous => LinkEvent::Ambiguous(order),
            Reply::Unmapped => LinkEvent::Unmapped(order),
            Reply::DuplicateId => LinkEvent::DuplicateId(order),
            Reply::NotSent => LinkEvent::NotSent(order),
        };
        // A link that is down says so by itself; one that is up can go down before it has said it.
        let down = self.links.down(Link::Orders).is_some();
        let way = if down { Way::Host } else { Way::Link(Link::Orders, sent) };
        self.queue.push(at, Item::Deliver(Event::Link(event), way));
    }
}

/// The link a command takes.
pub(super) const fn link(command: &Command) -> Link {
    match command {
        Command::Query(_) => Link::Queries,
        Command::New(_)
        | Command::Amend(_)
        | Command::Cancel(_)
        | Command::CancelAll(_)
        | Command::CancelAllAfter(_)
        | Command::Reconnect => Link::Orders,
    }
}

const fn road(command: &Command) -> Road {
    match link(command) {
        Link::Queries => Road::Queries,
        Link::Orders | Link::Reports | Link::Market => Road::Orders,
    }
}

/// The order a command is about, if it names one.
pub(super) const fn order_of(command: &Command) -> Option<OrderId> {
    match command {
        Command::New(order) => Some(order.id),
        Command::Amend(amend) => Some(amend.id),
        Command::Cancel(id) => Some(*id),
        Command::CancelAll(_) | Command::CancelAllAfter(_) | Command::Query(_) | Command::Reconnect => None,
    }
}
