//! The loop: market to venue, venue to wire, wire to trader and back, in one total order
//! (architecture §4).
//!
//! A run is a function of its [`Setup`]: it asks no clock and no environment. Everything the trader
//! was given and everything it did is in the journal before it has an effect; what the market did
//! is named by tape and delivery number. A run that cannot go on is an error that says where, never
//! a short success.

use super::feed::{Delivery, Exchange, Feed};
use super::queue::{Item, Lane, Queue};
use super::setup::Setup;
use super::wire::Wire;
use crate::data::Records;
use crate::journal::{Body, Journal, JournalError};
use crate::market::{
    Action, Command, Decision, Event, HostEvent, InstrumentId, MarketEvent, Quote, ReferenceEvent, Span, Timestamp,
    VenueMessage,
};
use crate::metrics::Metrics;
use crate::strategies::ParamError;
use crate::trading::{Trader, booking};
use crate::venue::Venue;

/// How often equity is sampled for the drawdown, besides at every fill.
const EQUITY_SAMPLE: Span = Span::from_secs(1);

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The strategy does not take its parameters.
    #[error(transparent)]
    Strategy(#[from] ParamError),
    /// A message would reach the trader before it happened.
    #[error(
        "record {record} of {tape} reaches the trader {early_ns} ns before it happened; import it again to shift it"
    )]
    NegativeLatency {
        /// Which tape.
        tape: String,
        /// Its record.
        record: usize,
        /// By how much.
        early_ns: i64,
    },
    /// The books no longer add up.
    #[error("after event {event} at {now:?}: {breach}")]
    Identity {
        /// How many events were handled.
        event: u64,
        /// When.
        now: Timestamp,
        /// What does not add up.
        breach: booking::Breach,
    },
}

/// What came of a run.
pub struct Outcome {
    /// The figures.
    pub metrics: Metrics,
    /// Everything the loop handled: market records, arrivals, deliveries and wakes.
    pub events: u64,
    /// The digest of the run.
    pub digest: u64,
    /// Records in the journal, its closing one not counted.
    pub records: u64,
    /// First and last instant.
    pub period: (Timestamp, Timestamp),
    /// The journal, finished.
    pub journal: Journal,
    /// The trader as it is at the end.
    pub trader: Trader,
    /// The venue as it is at the end: the truth.
    pub venue: Venue,
}

/// Runs a setup to its end.
pub fn run(setup: &Setup, journal: Journal) -> Result<Outcome, SimError> {
    check_latencies(setup)?;
    Sim::new(setup, journal)?.run()
}

fn check_latencies(setup: &Setup) -> Result<(), SimError> {
    for market in &setup.tapes {
        let Records::Rows(rows) = &market.tape.records else { continue };
        if let Some((record, row)) = rows.iter().enumerate().find(|(_, row)| row.latency() < Span::ZERO) {
            let tape = market.tape.provenance.source.clone();
            return Err(SimError::NegativeLatency { tape, record, early_ns: -row.latency().0 });
        }
    }
    Ok(())
}

struct Sim<'a> {
    setup: &'a Setup,
    venue: Venue,
    trader: Trader,
    feed: Feed,
    wire: Wire,
    queue: Queue,
    journal: Journal,
    metrics: Metrics,
    /// Market deliveries made to the trader.
    cursor: u64,
    events: u64,
    now: Timestamp,
    next_sample: Timestamp,
    out: Vec<VenueMessage>,
    actions: Vec<Action>,
    sends: Vec<Command>,
}

/// The venue as the feed sees it.
struct Market<'a> {
    venue: &'a mut Venue,
    out: &'a mut Vec<VenueMessage>,
    events: &'a mut u64,
}

impl Exchange for Market<'_> {
    fn apply(&mut self, now: Timestamp, event: &MarketEvent) {
        *self.events += 1;
        self.venue.on_market(now, event, self.out);
    }

    fn touch(&self, instrument: InstrumentId) -> Quote {
        self.venue.touch(instrument)
    }
}

impl<'a> Sim<'a> {
    fn new(setup: &'a Setup, mut journal: Journal) -> Result<Self, SimError> {
        let mut feed = setup.feed();
        let mut venue = Venue::new(setup.venue_config());
        let (mut out, mut events) = (Vec::new(), 0);
        feed.warm_up(&mut Market { venue: &mut venue, out: &mut out, events: &mut events });
        let start = feed.next_exchange().unwrap_or(Timestamp(0));
        let header = setup.header();
        let metrics = Metrics::new(&header);
        journal.append(start, 0, &Body::Header(Box::new(header)))?;
        Ok(Self {
            setup,
            venue,
            trader: setup.trader()?,
            feed,
            wire: Wire::new(&setup.latency, setup.seed, setup.run),
            queue: Queue::default(),
            journal,
            metrics,
            cursor: 0,
            events,
            now: start,
            next_sample: start,
            out,
            actions: Vec::new(),
            sends: Vec::new(),
        })
    }

    fn run(mut self) -> Result<Outcome, SimError> {
        let start = self.now;
        for (asset, price) in &self.setup.rates {
            let rate = ReferenceEvent::Rate { asset: *asset, price: *price };
            self.queue.push(start, Item::Deliver(Event::Reference(rate)));
        }
        // What a live host would measure before it lets a trader arm.
        for host in [HostEvent::ClockOffset(Span::ZERO), HostEvent::Permission { trade: true, withdraw: false }] {
            self.queue.push(start, Item::Deliver(Event::Host(host)));
        }
        self.queue.push(start, Item::Deliver(Event::Wake));
        for (at, event) in &self.setup.script {
            self.queue.push((*at).max(start), Item::Deliver(event.clone()));
        }
        while let Some((at, lane)) = self.next() {
            assert!(at >= self.now, "time runs backwards from {:?} to {at:?}", self.now);
            self.now = at;
            match lane {
                Lane::Market => self.play(at)?,
                Lane::Timers => {
                    self.venue.on_time(at, &mut self.out);
                    self.report()?;
                }
                Lane::Commands | Lane::Deliveries | Lane::Wakes => self.serve(at)?,
            }
        }
        let summary = self.journal.finish()?;
        Ok(Outcome {
            metrics: self.metrics,
            events: self.events,
            digest: summary.digest,
            records: summary.records,
            period: (start, self.now),
            journal: self.journal,
            trader: self.trader,
            venue: self.venue,
        })
    }

    /// What happens next. The run ends when neither market nor message is left; what the trader or
    /// the venue would only have waited for does not happen any more.
    fn next(&self) -> Option<(Timestamp, Lane)> {
        let market = self.feed.next_exchange().map(|at| (at, Lane::Market));
        let delivery = self.feed.next_delivery().map(|at| (at, Lane::Deliveries));
        if market.is_none() && delivery.is_none() && !self.queue.has_messages() {
            return None;
        }
        let timer = self.venue.next_wake().map(|at| (at.max(self.now), Lane::Timers));
        [market, timer, delivery, self.queue.next()].into_iter().flatten().min()
    }

    /// Plays market messages for as long as nothing else is due.
    fn play(&mut self, at: Timestamp) -> Result<(), SimError> {
        let quiet_until = self.queue.next().map_or(Timestamp::MAX, |(due, _)| due);
        let quiet_until = self.venue.next_wake().map_or(quiet_until, |due| due.min(quiet_until));
        let mut now = at;
        loop {
            self.now = now;
            let mut market = Market { venue: &mut self.venue, out: &mut self.out, events: &mut self.events };
            self.feed.advance(&mut market);
            if !self.out.is_empty() {
                return self.report();
            }
            let due = self.feed.next_delivery().unwrap_or(Timestamp::MAX).min(quiet_until);
            match self.feed.next_exchange() {
                Some(next) if next <= due => now = next,
                _ => return Ok(()),
            }
        }
    }

    /// Puts what the venue said on the wire, after writing its own log of it.
    fn report(&mut self) -> Result<(), SimError> {
        let mut out = std::mem::take(&mut self.out);
        for message in out.drain(..) {
            let event = match message {
                VenueMessage::Report(report) => {
                    self.note(self.now, &Body::Truth(report))?;
                    Event::Report(report)
                }
                other => Event::Account(other),
            };
            let at = self.wire.report_arrival(self.now);
            self.queue.push(at, Item::Deliver(event));
        }
        self.out = out;
        Ok(())
    }

    /// Serves a delivery of the feed, which comes first at its instant, or the next queued item.
    fn serve(&mut self, at: Timestamp) -> Result<(), SimError> {
        let from_feed = self.feed.next_delivery() == Some(at)
            && self.queue.next().is_none_or(|queued| (at, Lane::Deliveries) <= queued);
        if from_feed {
            let delivery = self.feed.deliver().expect("a delivery is due");
            return self.deliver(&delivery);
        }
        self.events += 1;
        let (_, item) = self.queue.pop().expect("an item is due");
        match item {
            Item::Arrive(command) => {
                self.venue.on_command(at, &command, &mut self.out);
                self.report()
            }
            Item::Deliver(event) => self.step(at, event),
            Item::Wake => self.step(at, Event::Wake),
        }
    }

    /// Hands the trader a market event. One it does not want is only observed; that is the same.
    fn deliver(&mut self, delivery: &Delivery) -> Result<(), SimError> {
        self.cursor += 1;
        self.events += 1;
        let Delivery { local, exchange, event } = *delivery;
        if local >= self.next_sample {
            self.mark(local, &event);
            self.next_sample = local.after(EQUITY_SAMPLE);
        }
        if self.setup.guards && !self.trader.wants(exchange, &event) {
            self.trader.observe(exchange, &event);
            return Ok(());
        }
        let mut actions = std::mem::take(&mut self.actions);
        self.trader.step(local, &Event::Market(exchange, event), &mut actions);
        if !actions.is_empty() {
            self.mark(local, &event);
            self.note(local, &Body::Market)?;
        }
        self.act(local, actions)
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
        self.note(now, &Body::Event(event))?;
        self.act(now, actions)
    }

    /// Writes a step's actions down, then lets its commands leave.
    fn act(&mut self, now: Timestamp, mut actions: Vec<Action>) -> Result<(), SimError> {
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
            self.note(now, &body)?;
        }
        self.actions = actions;
        if booked {
            self.verify()?;
        }
        if !self.sends.is_empty() {
            let sent = self.wire.decided(now);
            for command in self.sends.drain(..) {
                self.queue.push(self.wire.command_arrival(sent), Item::Arrive(command));
            }
        }
        Ok(())
    }

    /// The identity of production-rules §4.3 and the trial balance, after every fill.
    fn verify(&self) -> Result<(), SimError> {
        let verified = self.trader.core().books().verify(&self.setup.instruments);
        verified.map_err(|breach| SimError::Identity { event: self.events, now: self.now, breach })
    }

    fn note(&mut self, now: Timestamp, body: &Body) -> Result<(), SimError> {
        self.metrics.observe(now, body);
        self.journal.append(now, self.cursor, body)?;
        Ok(())
    }
}
