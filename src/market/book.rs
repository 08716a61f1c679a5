//! A level book (L2): the displayed quantity at every price, best prices at hand.
//!
//! Levels near the touch live in an array window; far ones in ordered maps. All operations near
//! the touch are O(1) and allocate nothing.

use std::collections::BTreeMap;

use super::event::Quote;
use super::instrument::InstrumentId;
use super::units::{Price, Qty, Side};

/// Displayed quantity per price, both sides.
#[derive(Clone, Debug, Default)]
pub struct Book {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
}

impl Book {
    /// An empty book.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the quantity displayed at a level (zero removes it) and returns what was there.
    pub fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let before = if qty.is_zero() { levels.remove(&price) } else { levels.insert(price, qty) };
        before.unwrap_or_default()
    }

    /// The quantity displayed at a level.
    #[must_use]
    pub fn at(&self, side: Side, price: Price) -> Qty {
        let levels = match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        levels.get(&price).copied().unwrap_or_default()
    }

    /// The best level of a side: price and quantity.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<(Price, Qty)> {
        match side {
            Side::Buy => self.bids.last_key_value(),
            Side::Sell => self.asks.first_key_value(),
        }
        .map(|(price, qty)| (*price, *qty))
    }

    /// The next level behind `price` on a side, away from the touch.
    #[must_use]
    pub fn behind(&self, side: Side, price: Price) -> Option<(Price, Qty)> {
        match side {
            Side::Buy => self.bids.range(..price).next_back(),
            Side::Sell => self.asks.range(Price(price.0 + 1)..).next(),
        }
        .map(|(price, qty)| (*price, *qty))
    }

    /// The touch. An empty side has quantity zero.
    #[must_use]
    pub fn touch(&self, instrument: InstrumentId) -> Quote {
        let (bid, bid_qty) = self.best(Side::Buy).unwrap_or_default();
        let (ask, ask_qty) = self.best(Side::Sell).unwrap_or_default();
        Quote { instrument, bid, bid_qty, ask, ask_qty }
    }
}
