//! The importer's own book: enough to apply updates, to say which levels a snapshot leaves out,
//! and to know the touch. The book of a run is another ([`crate::market::Book`]).

use std::collections::BTreeMap;

use crate::data::row::RowKind;
use crate::market::{Price, Qty, Side};

/// A level and what is displayed there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Level {
    pub(crate) side: Side,
    pub(crate) price: Price,
    pub(crate) qty: Qty,
}

impl Level {
    pub(crate) const fn kind(&self) -> RowKind {
        RowKind::level(self.side)
    }
}

/// Price and quantity of the best bid and the best ask.
pub(crate) type Touch = [Option<(Price, Qty)>; 2];

/// Both sides, in the units of the file so far.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    decimals: (u32, u32),
}

impl Levels {
    /// Grows as fine as the file has become.
    pub(crate) fn follow(&mut self, decimals: (u32, u32)) {
        if self.decimals == decimals {
            return;
        }
        let price = 10_i64.pow(decimals.0 - self.decimals.0);
        let qty = 10_i64.pow(decimals.1 - self.decimals.1);
        for side in [&mut self.bids, &mut self.asks] {
            let finer = side.iter().map(|(at, shown)| (Price(at.0 * price), Qty(shown.0 * qty)));
            *side = finer.collect();
        }
        self.decimals = decimals;
    }

    /// Applies a level change.
    pub(crate) fn set(&mut self, level: Level) {
        let side = self.side_mut(level.side);
        if level.qty.is_zero() {
            side.remove(&level.price);
        } else {
            side.insert(level.price, level.qty);
        }
    }

    /// The levels of a side within the range of a snapshot's prices that the snapshot, which is
    /// sorted ascending, does not have.
    pub(crate) fn left_out(&self, side: Side, ascending: &[Price]) -> Vec<Level> {
        // A snapshot reaches from its farthest level to the touch, and nothing lies beyond that;
        // without levels it says that the side is empty.
        let within = match side {
            Side::Buy => self.bids.range(ascending.first().copied().unwrap_or(Price(i64::MIN))..),
            Side::Sell => self.asks.range(..=ascending.last().copied().unwrap_or(Price(i64::MAX))),
        };
        let gone = within.map(|(price, _)| *price).filter(|price| ascending.binary_search(price).is_err());
        gone.map(|price| Level { side, price, qty: Qty::ZERO }).collect()
    }

    /// The best bid and the best ask.
    pub(crate) fn touch(&self) -> Touch {
        let level = |(price, qty): (&Price, &Qty)| (*price, *qty);
        [self.bids.last_key_value().map(level), self.asks.first_key_value().map(level)]
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Price, Qty> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}
