//! What venues say on their wires, in our words, and what we say, in theirs (production-rules §3.1, §3.6).
//!
//! A reply is classed by one closed table per venue, by its whole code and never by words in its
//! text: a code that is not in the table is ambiguous, and somebody is warned. An order's two named
//! prices are put into the venue's fields by one table per venue; a kind, flag or time in force that
//! the venue lacks is refused here, before anything leaves.
//!
//! Bytes come in and go out; nothing here opens a socket, signs, waits or retries, and nothing here
//! is remembered from one message to the next.

mod binance;
mod fields;
mod kraken;
mod reply;

pub use fields::{Field, Unsupported};
pub use reply::{Asked, Reading, Reply, ReplyClass};

use crate::market::{Amend, Instrument, NewOrder, Timestamp};

/// A venue whose words are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Venue {
    /// Kraken Spot, by REST.
    KrakenSpot,
    /// Binance Spot, by REST.
    BinanceSpot,
}

impl Venue {
    /// Every venue.
    pub const ALL: [Self; 2] = [Self::KrakenSpot, Self::BinanceSpot];

    /// What a reply to a command means.
    #[must_use]
    pub fn read(self, asked: Asked, reply: &Reply<'_>) -> Reading {
        match self {
            Self::KrakenSpot => kraken::read(asked, reply),
            Self::BinanceSpot => binance::read(asked, reply),
        }
    }

    /// Every code of the venue's table: as it stands in a reply, and what it means for a new order.
    #[must_use]
    pub fn codes(self) -> Vec<(String, ReplyClass)> {
        match self {
            Self::KrakenSpot => kraken::CODES.iter().map(|(code, class)| ((*code).to_owned(), *class)).collect(),
            Self::BinanceSpot => binance::codes(),
        }
    }

    /// The fields of a new order; `pair` is the venue's own name of the instrument.
    ///
    /// # Errors
    /// When the venue lacks a kind, flag or time in force.
    pub fn new_order(
        self,
        pair: &str,
        instrument: &Instrument,
        order: &NewOrder,
        now: Timestamp,
    ) -> Result<Vec<Field>, Unsupported> {
        match self {
            Self::KrakenSpot => kraken::new_order(pair, instrument, order),
            Self::BinanceSpot => binance::new_order(pair, instrument, order, now),
        }
    }

    /// The fields of new terms for a live order.
    ///
    /// # Errors
    /// When the venue cannot change such an order in place.
    pub fn amend(self, instrument: &Instrument, amend: &Amend) -> Result<Vec<Field>, Unsupported> {
        match self {
            Self::KrakenSpot => Ok(kraken::amend(instrument, amend)),
            // A cancel and a new order alone change one there.
            Self::BinanceSpot => Err(Unsupported::Amend),
        }
    }
}
