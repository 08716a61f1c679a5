//! The feeds of a run as one: its markets are merged, and so is what the trader is told of them.
//!
//! Messages are played in the order of (exchange time, instrument, tape), deliveries are made in
//! the order of (local time, instrument, tape). Neither depends on what is done in between, so that
//! a replay without a venue makes the same deliveries in the same order, and one count of them says
//! where a run is in all of its tapes.

use super::distortion::Distortion;
use super::feed::{Delivery, Exchange, Feed};
use crate::market::{InstrumentId, MarketEvent, Timestamp};

/// The feed of every instrument, in their order.
#[derive(Debug)]
pub struct Feeds(Vec<Feed>);

impl Feeds {
    /// These feeds as one; the order decides between what is due at one instant.
    #[must_use]
    pub const fn new(feeds: Vec<Feed>) -> Self {
        Self(feeds)
    }

    /// The feeds with faults on the way to the trader.
    #[must_use]
    pub fn distorted(self, of: impl Fn(InstrumentId) -> Option<Box<Distortion>>) -> Self {
        let hit = |feed: Feed| {
            let distortion = of(feed.instrument());
            feed.distorted(distortion)
        };
        Self(self.0.into_iter().map(hit).collect())
    }

    /// Plays what comes before the run's start, of which the trader hears nothing. No order rests yet,
    /// so that it is all one which market goes first.
    pub fn warm_up(&mut self, exchange: &mut impl Exchange) {
        let start = self.first_counting().unwrap_or(Timestamp::MAX);
        for feed in &mut self.0 {
            feed.warm_up(start, exchange);
        }
    }

    /// Exchange time of the first message of any market that counts: when the run starts.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.first_counting().unwrap_or(Timestamp(0))
    }

    fn first_counting(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(Feed::start).min()
    }

    /// Exchange time of the last message of any market that counts.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.0.iter().filter_map(Feed::end).max().unwrap_or(Timestamp(0))
    }

    /// Exchange time of the next message.
    #[must_use]
    pub fn next_exchange(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(Feed::next_exchange).min()
    }

    /// When the next pending delivery is due.
    #[must_use]
    pub fn next_delivery(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(Feed::next_delivery).min()
    }

    /// Takes the next pending delivery; of those due at one instant, the first instrument's.
    pub fn deliver(&mut self) -> Option<Delivery> {
        let due = self.next_delivery()?;
        self.0.iter_mut().find(|feed| feed.next_delivery() == Some(due))?.deliver()
    }

    /// Lines up what a venue tells of a market that is on no tape.
    pub fn tell(&mut self, exchange: Timestamp, event: MarketEvent) {
        if let Some(feed) = self.0.iter_mut().find(|feed| feed.instrument() == event.instrument()) {
            feed.tell(exchange, event);
        }
    }

    /// Tells the exchange the levels of every message that it passed over.
    #[inline]
    pub fn catch_up(&mut self, exchange: &mut impl Exchange) {
        for feed in &mut self.0 {
            feed.catch_up(exchange);
        }
    }

    /// Plays the next message to the exchange and lines up what the trader will be told of it; of
    /// those due at one instant, the first instrument's.
    pub fn advance(&mut self, exchange: &mut impl Exchange) {
        let due = self.next_exchange();
        if let Some(feed) = self.0.iter_mut().find(|feed| due.is_some() && feed.next_exchange() == due) {
            feed.advance(exchange);
        }
    }
}
