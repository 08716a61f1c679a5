//! A trader made again from what it was given: the restart of a process that died.
//!
//! The market's deliveries are made again from the tape, whatever else it was given is in the
//! journal, and what it does then it has done before: its actions are dropped.

use super::feed::{Delivery, Exchange};
use super::feeds::Feeds;
use super::mishap::Input;
use super::setup::Setup;
use crate::journal::Body;
use crate::market::{Event, Extent, InstrumentId, LevelChange, MarketEvent, Price, Qty, Quote, Side, Timestamp};
use crate::strategies::ParamError;
use crate::trading::Trader;
use crate::venue::{PublicBook, Reading};

/// The public book of every instrument without a venue.
struct PublicBooks(Vec<PublicBook>);

impl Exchange for PublicBooks {
    fn apply(&mut self, _: Timestamp, event: &MarketEvent) {
        if let Some(book) = self.0.get_mut(usize::from(event.instrument().0)) {
            book.apply(event);
        }
    }

    /// Without orders no message concerns anybody.
    fn reading(&mut self, _: Timestamp, _: InstrumentId, extent: &Extent, _: usize) -> Reading {
        if extent.plain { Reading::Over } else { Reading::Rows }
    }

    fn recall(&mut self, instrument: InstrumentId, levels: impl Iterator<Item = (Side, Price, Qty)>) {
        let Some(book) = self.0.get_mut(usize::from(instrument.0)) else { return };
        for (side, price, qty) in levels {
            book.apply(&MarketEvent::Level(LevelChange { instrument, side, price, qty, last: true }));
        }
    }

    fn touch(&self, instrument: InstrumentId) -> Quote {
        self.0[usize::from(instrument.0)].touch(instrument)
    }
}

/// Every market delivery of a run, in its order, without the run.
pub struct Deliveries {
    feed: Feeds,
    books: PublicBooks,
}

impl Deliveries {
    /// The deliveries of a run of this setup.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let mut books = PublicBooks(vec![PublicBook::default(); setup.instruments.len()]);
        let mut feed = setup.feed();
        feed.warm_up(&mut books);
        Self { feed, books }
    }
}

impl Iterator for Deliveries {
    type Item = Delivery;

    /// The market plays on until no message could still overtake the delivery.
    fn next(&mut self) -> Option<Delivery> {
        while let Some(next) = self.feed.next_exchange() {
            if self.feed.next_delivery().is_some_and(|local| next > local) {
                break;
            }
            self.feed.advance(&mut self.books);
        }
        self.feed.deliver()
    }
}

/// A trader that was given these inputs and `cursor` market deliveries.
pub fn rebuild(setup: &Setup, past: &[Input], cursor: u64) -> Result<Trader, ParamError> {
    let mut trader = setup.trader()?;
    let mut deliveries = Deliveries::new(setup);
    let mut actions = Vec::new();
    let mut made = 0;
    let mut deliver_until = |trader: &mut Trader, cursor: u64, deliveries: &mut Deliveries, lost: bool| {
        while made < cursor {
            let Some(Delivery { local, exchange, event, .. }) = deliveries.next() else {
                assert!(setup.unread().is_some(), "the tape made it before");
                break;
            };
            made += 1;
            if !lost && trader.wants(exchange, &event) {
                trader.step(local, &Event::Market(exchange, event), &mut Vec::new());
            } else if !lost {
                trader.observe(exchange, &event);
            }
        }
    };
    for (now, at, body) in past {
        let own = if let Body::Lost(count) = body { *count } else { 0 };
        deliver_until(&mut trader, at - own, &mut deliveries, false);
        deliver_until(&mut trader, *at, &mut deliveries, true);
        if let Body::Event(event) = body {
            trader.step(*now, event, &mut actions);
            actions.clear();
        }
    }
    deliver_until(&mut trader, cursor, &mut deliveries, false);
    Ok(trader)
}
