//! What comes to the trader: commands are served by the venue, what it says goes on the wire, and
//! the market and everything else is handed over.

use rust_decimal::Decimal;

use super::fault::{MessageFate, altered};
use super::feed::Delivery;
use super::moment::link_steps;
use super::outward::link;
use super::queue::{Arrival, Item, Lane, Way};
use super::run::{Sim, SimError};
use super::wire::Road;
use crate::journal::Body;
use crate::market::{
    Command, Event, InstrumentId, Link, LinkEvent, MarketEvent, Rate, ReferenceEvent, RejectReason, ReportKind, Span,
    Timestamp, VenueMessage,
};

/// How often equity is sampled for the drawdown, besides at every fill.
const EQUITY_SAMPLE: Span = Span::from_secs(1);

impl Sim<'_> {
    /// Serves a delivery of the feed, which comes first at its instant, or the next queued item.
    pub(super) fn serve(&mut self, at: Timestamp) -> Result<(), SimError> {
        let from_feed = self.feed.next_delivery() == Some(at)
            && self.queue.next().is_none_or(|queued| (at, Lane::Deliveries) <= queued);
        if from_feed {
            let delivery = self.feed.deliver().expect("a delivery is due");
            return self.deliver(&delivery);
        }
        self.events += 1;
        let (_, item) = self.queue.pop().expect("an item is due");
        match item {
            Item::Moment(moment) => self.befall(at, moment),
            Item::Arrive(arrival) => self.arrive(at, &arrival),
            Item::Deliver(event, way) => self.hand_over(at, event, way),
            Item::Recount => {
                self.recount(at, true);
                Ok(())
            }
            Item::Wake => self.wake(at),
        }
    }

    /// A command reaches the venue, unless its link went down on the way.
    fn arrive(&mut self, at: Timestamp, arrival: &Arrival) -> Result<(), SimError> {
        let Arrival { command, sent, verdict } = arrival;
        let link = link(command);
        if !self.links.carries_out(link, *sent) {
            self.stick(arrival, at);
            return Ok(());
        }
        let road = if link == Link::Queries { Road::Answers } else { Road::Reports };
        match (verdict, command) {
            (Some(verdict), command) => self.judge(at, command, *verdict),
            // The id of an order that is on record: evidence of an earlier yes, and no refusal of it.
            (None, Command::New(order)) if self.faults.is_some() && self.venue.knows(order.id) => {
                let event = Event::Link(LinkEvent::DuplicateId(order.id));
                self.post(Road::Reports, Some(order.instrument), event);
            }
            (None, command) => {
                let (venue, out) = self.venue();
                venue.on_command(at, command, out);
            }
        }
        self.report(road)?;
        self.release_overtaken(at, &arrival.command);
        self.recount(at, false);
        Ok(())
    }

    /// The adapter's estimate of the venue's penalty counter, told whenever it changed: by a command that
    /// arrived, or because a unit is `gone`.
    fn recount(&mut self, at: Timestamp, gone: bool) {
        let Some((units, most, next)) = self.venue.penalty(at) else { return };
        self.counter.due &= !gone;
        if let Some(next) = next.filter(|_| !std::mem::replace(&mut self.counter.due, true)) {
            self.queue.push(next, Item::Recount);
        }
        let share = Decimal::from(units).checked_div(Decimal::from(most)).unwrap_or(Decimal::ONE);
        if std::mem::replace(&mut self.counter.told, share) == share {
            return;
        }
        let share = Rate::new(share);
        self.queue.push(at, Item::Deliver(Event::Reference(ReferenceEvent::PenaltyCounter { share }), Way::Host));
    }

    /// Puts what the venue said on the wire, after writing its own log of it.
    pub(super) fn report(&mut self, road: Road) -> Result<(), SimError> {
        for (at, event) in self.venue.drain_published() {
            self.feed.tell(at, event);
        }
        let mut out = std::mem::take(&mut self.out);
        for message in out.drain(..) {
            let of = self.about(&message);
            let event = match message {
                VenueMessage::Report(report) => {
                    // An answer is nothing that happened.
                    if !matches!(report.kind, ReportKind::Status(_)) {
                        self.note(self.now, Body::Truth(report))?;
                    }
                    if self.faults.is_some() {
                        self.follow_up(&report);
                    }
                    match report.kind {
                        // A closed table of replies maps this one to what it proves.
                        ReportKind::Rejected(RejectReason::DuplicateId) => {
                            Event::Link(LinkEvent::DuplicateId(report.order))
                        }
                        _ => Event::Report(report),
                    }
                }
                other => Event::Account(other),
            };
            self.post(road, of, event);
        }
        self.out = out;
        if self.faults.is_some() { self.note_faults() } else { Ok(()) }
    }

    /// The one instrument a message of the venue is about, if it is.
    fn about(&self, message: &VenueMessage) -> Option<InstrumentId> {
        match message {
            // Of an order it never heard of the venue knows no instrument; the gateway it answers through does.
            VenueMessage::Report(report) => self.traded(report.order).or(Some(report.instrument)),
            VenueMessage::Funding { instrument, .. }
            | VenueMessage::Interest { instrument, .. }
            | VenueMessage::Session { instrument, .. } => Some(*instrument),
            VenueMessage::OpenOrders(_)
            | VenueMessage::ClosedOrders(_)
            | VenueMessage::Fills(_)
            | VenueMessage::Balances(_)
            | VenueMessage::Positions(_)
            | VenueMessage::Transfer(_) => None,
        }
    }

    /// Sends one message of the venue on its way to the trader.
    fn post(&mut self, road: Road, of: Option<InstrumentId>, event: Event) {
        // Drawn even for what is lost, so that a fault moves no other delay.
        let at = self.wire.arrival(road, of, self.now);
        let link = if road == Road::Answers { Link::Queries } else { Link::Reports };
        let way = Way::Link(link, self.now);
        let Some(faults) = &mut self.faults else { return self.queue.push(at, Item::Deliver(event, way)) };
        let fate = faults.message(self.now, &event, road == Road::Answers);
        self.carry_message(at, event, way, fate);
    }

    fn carry_message(&mut self, at: Timestamp, event: Event, way: Way, fate: MessageFate) {
        if let Some(fault) = fate.drops {
            let mut moments = Vec::new();
            link_steps(fault, self.now, &mut moments);
            for (at, moment) in moments {
                self.queue.push(at, Item::Moment(moment));
            }
        }
        if fate.lost {
            return;
        }
        let at = if fate.overtakes { self.now } else { at.after(fate.late) };
        if let Some(after) = fate.twice {
            self.queue.push(at.after(after), Item::Deliver(event.clone(), way));
        }
        if let (Event::Report(report), Some(fault)) = (&event, fate.altered) {
            let (first, second) = altered(report, fault);
            self.queue.push(at, Item::Deliver(Event::Report(first), way));
            if let Some((after, second)) = second {
                self.queue.push(at.after(after), Item::Deliver(Event::Report(second), way));
            }
        } else {
            self.queue.push(at, Item::Deliver(event, way));
        }
    }

    /// Hands the trader an event, if its way was open and the process lives.
    fn hand_over(&mut self, at: Timestamp, event: Event, way: Way) -> Result<(), SimError> {
        if self.faults.is_some() {
            if let Way::Link(link, sent) = way
                && !self.links.carries_in(link, sent)
            {
                return Ok(());
            }
            if self.process.dead_until.is_some() {
                // Over a link it is lost; what the host has to say it says to the next process.
                if way == Way::Host && !matches!(event, Event::Link(_)) {
                    self.process.deferred.push(event);
                }
                return Ok(());
            }
        }
        self.step(at, event)
    }

    fn wake(&mut self, at: Timestamp) -> Result<(), SimError> {
        match self.process.dead_until {
            Some(back) => {
                self.queue.push(back, Item::Wake);
                Ok(())
            }
            None => self.step(at, Event::Wake),
        }
    }

    /// Hands the trader a market event. One it does not want is only observed; that is the same.
    fn deliver(&mut self, delivery: &Delivery) -> Result<(), SimError> {
        self.events += 1;
        let Delivery { local, exchange, event, recorded } = *delivery;
        if self.faults.is_some() {
            if self.process.dead_until.is_some() || !self.links.carries_in(Link::Market, exchange) {
                self.cursor += u64::from(recorded);
                self.lost += u64::from(recorded);
                return Ok(());
            }
            self.note_lost()?;
        }
        if !recorded {
            // On no tape: the journal is where it is kept.
            self.mark(local, &event);
            return self.step(local, Event::Market(exchange, event));
        }
        self.cursor += 1;
        self.sample(local, &event);
        if self.setup.guards && !self.trader.wants(exchange, &event) {
            self.trader.observe(exchange, &event);
            return Ok(());
        }
        let mut actions = std::mem::take(&mut self.actions);
        self.trader.step(local, &Event::Market(exchange, event), &mut actions);
        let acted = !actions.is_empty();
        if acted {
            self.mark(local, &event);
            self.note(local, Body::Market)?;
        }
        self.act(local, actions, acted)
    }

    /// Samples equity at the mark of an instrument, as often as is asked of each.
    fn sample(&mut self, now: Timestamp, event: &MarketEvent) {
        let Some(next) = self.next_sample.get_mut(usize::from(event.instrument().0)) else { return };
        if now >= *next {
            *next = now.after(EQUITY_SAMPLE);
            self.mark(now, event);
        }
    }

    /// Samples equity at the mid of a sound quote.
    fn mark(&mut self, now: Timestamp, event: &MarketEvent) {
        if let MarketEvent::Quote(quote) = event
            && quote.usable()
        {
            self.metrics.mark(now, quote.instrument, quote.twice_mid());
        }
    }

    /// Hands the trader any other event, which is in the journal first.
    fn step(&mut self, now: Timestamp, event: Event) -> Result<(), SimError> {
        let mut actions = std::mem::take(&mut self.actions);
        self.trader.step(now, &event, &mut actions);
        self.note(now, Body::Event(event))?;
        self.act(now, actions, true)
    }
}
