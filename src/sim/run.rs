//! The loop: market to venue, venue to wire, wire to trader and back, in one total order
//! (architecture §4).
//!
//! A run is a function of its [`Setup`]: it asks no clock and no environment. Everything the trader
//! was given and everything it did is in the journal before it has an effect; what the market did
//! is named by tape and delivery number. A run that cannot go on is an error that says where, never
//! a short success.

use rust_decimal::Decimal;

use super::fault::{Fault, Injector};
use super::feed::Exchange;
use super::feeds::Feeds;
use super::links::LinkStates;
use super::mishap::Process;
use super::queue::{Item, Lane, Queue, Way};
use super::setup::Setup;
use super::wire::{Road, Wire};
use crate::bad_input::BadInput;
use crate::journal::{Body, Journal, JournalError};
use crate::market::{
    Action, Command, Event, Extent, HostEvent, InstrumentId, MarketEvent, Price, Qty, Quote, ReferenceEvent, Side,
    Span, Timestamp, VenueMessage,
};
use crate::metrics::Metrics;
use crate::strategies::ParamError;
use crate::trading::{Trader, booking};
use crate::venue::{Reading, Venue};

/// What a live host would measure before it lets a trader arm.
pub(super) const HOST_FACTS: [HostEvent; 2] =
    [HostEvent::ClockOffset(Span::ZERO), HostEvent::Permission { trade: true, withdraw: false }];

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
    /// A streamed tape was lost on its disk.
    #[error(transparent)]
    Unread(Box<BadInput>),
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
    /// Every fault that hit, as an exact one: together they repeat the run without chance.
    pub hits: Vec<Fault>,
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
    let came = Sim::new(setup, journal).and_then(Sim::run);
    // A tape that could not be read further seemed to end: whatever came of it is no result.
    setup.unread().map_or(came, |lost| Err(SimError::Unread(Box::new(lost.clone()))))
}

fn check_latencies(setup: &Setup) -> Result<(), SimError> {
    for market in &setup.tapes {
        if let Some((record, latency)) = market.tape.overtaker() {
            let tape = market.tape.provenance.source.clone();
            return Err(SimError::NegativeLatency { tape, record, early_ns: -latency.0 });
        }
    }
    Ok(())
}

/// A run under way. What leaves the trader is in `outward`, what comes to it in `inward`, and what
/// goes wrong in `mishap`.
pub(super) struct Sim<'a> {
    pub(super) setup: &'a Setup,
    pub(super) venue: Venue,
    pub(super) trader: Trader,
    pub(super) feed: Feeds,
    pub(super) wire: Wire,
    pub(super) queue: Queue,
    pub(super) journal: Journal,
    pub(super) metrics: Metrics,
    /// Market deliveries made to the trader, the lost ones included.
    pub(super) cursor: u64,
    /// Lost deliveries that the journal does not hold yet.
    pub(super) lost: u64,
    pub(super) events: u64,
    pub(super) now: Timestamp,
    /// When equity is next sampled at the mark of each instrument.
    pub(super) next_sample: Vec<Timestamp>,
    pub(super) out: Vec<VenueMessage>,
    pub(super) actions: Vec<Action>,
    pub(super) sends: Vec<Command>,
    /// None where the setup has no faults.
    pub(super) faults: Option<Box<Injector>>,
    pub(super) links: LinkStates,
    pub(super) process: Process,
    pub(super) counter: Counter,
}

/// What the adapter knows of the venue's penalty counter.
#[derive(Default)]
pub(super) struct Counter {
    /// The share the trader was told of last.
    pub(super) told: Decimal,
    /// Whether it is looked at again when a unit is gone.
    pub(super) due: bool,
}

/// How long after its market a run waits for messages that are under way.
const LINGER: Span = Span::from_mins(5);

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

    fn reading(&mut self, now: Timestamp, instrument: InstrumentId, extent: &Extent, rows: usize) -> Reading {
        let reading = self.venue.reading(now, instrument, extent);
        if reading == Reading::Over {
            self.venue.pass_over(instrument, extent);
        }
        *self.events += if reading == Reading::Rows { 0 } else { rows as u64 };
        reading
    }

    fn recall(&mut self, instrument: InstrumentId, levels: impl Iterator<Item = (Side, Price, Qty)>) {
        self.venue.recall(instrument, levels);
    }

    fn take(&mut self, now: Timestamp, instrument: InstrumentId, levels: impl Iterator<Item = (Side, Price, Qty)>) {
        self.venue.on_levels(now, instrument, levels, self.out);
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
            lost: 0,
            events,
            now: start,
            next_sample: vec![start; setup.instruments.len()],
            out,
            actions: Vec::new(),
            sends: Vec::new(),
            faults: Injector::new(setup),
            links: LinkStates::default(),
            process: Process::new(setup),
            counter: Counter::default(),
        })
    }

    fn run(mut self) -> Result<Outcome, SimError> {
        let start = self.now;
        for (asset, price) in &self.setup.rates {
            let rate = ReferenceEvent::Rate { asset: *asset, price: *price };
            self.queue.push(start, Item::Deliver(Event::Reference(rate), Way::Host));
        }
        for host in HOST_FACTS {
            self.queue.push(start, Item::Deliver(Event::Host(host), Way::Host));
        }
        self.queue.push(start, Item::Deliver(Event::Wake, Way::Host));
        for (at, event) in &self.setup.script {
            self.queue.push((*at).max(start), Item::Deliver(event.clone(), Way::Host));
        }
        self.lay_out_moments(start);
        while let Some((at, lane)) = self.next() {
            assert!(at >= self.now, "time runs backwards from {:?} to {at:?}", self.now);
            self.now = at;
            match lane {
                Lane::Market => self.play(at)?,
                Lane::Timers => {
                    let (venue, out) = self.venue();
                    venue.on_time(at, out);
                    self.report(Road::Reports)?;
                }
                Lane::Faults | Lane::Commands | Lane::Deliveries | Lane::Wakes => self.serve(at)?,
            }
        }
        self.venue();
        self.note_lost()?;
        let summary = self.journal.finish()?;
        Ok(Outcome {
            metrics: self.metrics,
            events: self.events,
            digest: summary.digest,
            records: summary.records,
            period: (start, self.now),
            hits: self.faults.map(|faults| faults.into_hits()).unwrap_or_default(),
            journal: self.journal,
            trader: self.trader,
            venue: self.venue,
        })
    }

    /// What happens next. The run ends when neither market nor message is left; what the trader or
    /// the venue would only have waited for does not happen any more. While messages are held up for long,
    /// the trader goes on asking: that ends [`LINGER`] after the market.
    fn next(&self) -> Option<(Timestamp, Lane)> {
        let market = self.feed.next_exchange().map(|at| (at, Lane::Market));
        let delivery = self.feed.next_delivery().map(|at| (at, Lane::Deliveries));
        let over = market.is_none() && delivery.is_none();
        if over && !self.queue.has_messages() {
            return None;
        }
        let timer = self.venue.next_wake().map(|at| (at.max(self.now), Lane::Timers));
        let next = [market, timer, delivery, self.queue.next()].into_iter().flatten().min();
        next.filter(|(at, _)| !over || *at <= self.feed.end().after(LINGER))
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
                return self.report(Road::Reports);
            }
            let due = self.feed.next_delivery().unwrap_or(Timestamp::MAX).min(quiet_until);
            match self.feed.next_exchange() {
                Some(next) if next <= due => now = next,
                _ => return Ok(()),
            }
        }
    }

    /// The venue with all of the public book told, and where what it says goes.
    pub(super) fn venue(&mut self) -> (&mut Venue, &mut Vec<VenueMessage>) {
        self.feed.catch_up(&mut Market { venue: &mut self.venue, out: &mut self.out, events: &mut self.events });
        (&mut self.venue, &mut self.out)
    }

    /// The identity of production-rules §4.3 and the trial balance, after every fill.
    pub(super) fn verify(&self) -> Result<(), SimError> {
        let verified = self.trader.core().books().verify(&self.setup.instruments);
        verified.map_err(|breach| SimError::Identity { event: self.events, now: self.now, breach })
    }

    /// Writes a record, after the deliveries that were lost before it.
    pub(super) fn note(&mut self, now: Timestamp, body: Body) -> Result<(), SimError> {
        if self.lost > 0 {
            self.note_lost()?;
        }
        self.process.keep(now, self.cursor, &body);
        self.metrics.observe(now, &body);
        self.journal.take(now, self.cursor, body)?;
        Ok(())
    }
}
