//! How far one message of the market reaches: enough to tell that it concerns nobody without reading its rows.

use super::units::{Price, Side};

/// A range of prices, both ends in it; the lowest above the highest where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The lowest price.
    pub low: Price,
    /// The highest price.
    pub high: Price,
}

impl Reach {
    /// No price at all.
    pub const NOWHERE: Self = Self { low: Price(i64::MAX), high: Price(i64::MIN) };

    /// With one more price in it.
    #[must_use]
    pub fn with(self, price: Price) -> Self {
        Self { low: self.low.min(price), high: self.high.max(price) }
    }

    /// Whether there is a price in it.
    #[must_use]
    pub fn is_somewhere(self) -> bool {
        self.low <= self.high
    }

    /// Whether two ranges have a price in common.
    #[must_use]
    pub fn meets(self, other: (Price, Price)) -> bool {
        self.low <= other.1 && self.high >= other.0
    }
}

/// The prices a message sets levels and trades at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Levels it sets, bids and asks.
    pub levels: [Reach; 2],
    /// Prices that traded.
    pub trades: Reach,
    /// The last price that traded; nothing where nothing did.
    pub last_trade: Option<Price>,
    /// Whether it says nothing but levels and trades.
    pub plain: bool,
}

impl Extent {
    /// A message without a row.
    pub const NOTHING: Self =
        Self { levels: [Reach::NOWHERE; 2], trades: Reach::NOWHERE, last_trade: None, plain: true };

    /// Levels it sets on a side.
    #[must_use]
    #[inline]
    pub const fn levels(&self, side: Side) -> Reach {
        self.levels[side as usize]
    }

    /// Whether it sets a level.
    #[must_use]
    pub fn sets_levels(&self) -> bool {
        self.levels.iter().any(|reach| reach.is_somewhere())
    }
}
