//! A level book (L2): the displayed quantity at every price, best prices at hand.
//!
//! Each side is a `Ladder`: an array window of prices around the touch, and an ordered map for what
//! lies beyond it. Operations inside the window are O(1) and allocate nothing.
//!
//! It does not judge what it is told: a crossed book is shown crossed, and sequence gaps,
//! checksums and own orders are other people's business.

use super::event::Quote;
use super::instrument::InstrumentId;
use super::ladder::{Ladder, key, price};
use super::units::{Price, Qty, Side};

/// Displayed quantity per price, both sides.
#[derive(Clone, Debug, Default)]
pub struct Book {
    bids: Ladder<Qty>,
    asks: Ladder<Qty>,
}

impl Book {
    /// An empty book.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the quantity displayed at a level (zero removes it) and returns what was there.
    #[inline]
    pub fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        let ladder = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        ladder.update(key(side, price), |level| std::mem::replace(level, qty))
    }

    /// Displays one level of a side and no other that was best: what a quote says of it.
    pub fn show(&mut self, side: Side, price: Price, qty: Qty) {
        // What was best goes first: a side of one level is then moved without looking for others.
        if let Some((old, _)) = self.best(side).filter(|(old, _)| *old != price) {
            self.set(side, old, Qty::ZERO);
        }
        self.set(side, price, qty);
    }

    /// The quantity displayed at a level.
    #[must_use]
    #[inline]
    pub fn at(&self, side: Side, price: Price) -> Qty {
        self.ladder(side).at(key(side, price))
    }

    /// The best level of a side: price and quantity.
    #[must_use]
    #[inline]
    pub fn best(&self, side: Side) -> Option<(Price, Qty)> {
        self.ladder(side).top().map(|(best, qty)| (price(side, best), qty))
    }

    /// The next level behind `price` on a side, away from the touch.
    #[must_use]
    pub fn behind(&self, side: Side, level: Price) -> Option<(Price, Qty)> {
        let ladder = self.ladder(side);
        ladder.below(key(side, level)).map(|next| (price(side, next), ladder.at(next)))
    }

    /// The touch. An empty side has quantity zero.
    #[must_use]
    pub fn touch(&self, instrument: InstrumentId) -> Quote {
        let (bid, bid_qty) = self.best(Side::Buy).unwrap_or_default();
        let (ask, ask_qty) = self.best(Side::Sell).unwrap_or_default();
        Quote { instrument, bid, bid_qty, ask, ask_qty }
    }

    #[inline]
    fn ladder(&self, side: Side) -> &Ladder<Qty> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::ladder::WIDTH;
    use super::*;

    /// The obvious book.
    #[derive(Default)]
    struct Oracle {
        bids: BTreeMap<i64, Qty>,
        asks: BTreeMap<i64, Qty>,
    }

    impl Oracle {
        fn set(&mut self, side: Side, price: i64, qty: Qty) -> Qty {
            let levels = if side == Side::Buy { &mut self.bids } else { &mut self.asks };
            if qty.is_zero() { levels.remove(&price) } else { levels.insert(price, qty) }.unwrap_or_default()
        }

        fn side(&self, side: Side) -> Vec<(Price, Qty)> {
            let level = |(price, qty): (&i64, &Qty)| (Price(*price), *qty);
            match side {
                Side::Buy => self.bids.iter().rev().map(level).collect(),
                Side::Sell => self.asks.iter().map(level).collect(),
            }
        }
    }

    fn walk(book: &Book, side: Side) -> Vec<(Price, Qty)> {
        std::iter::successors(book.best(side), |(price, _)| book.behind(side, *price)).collect()
    }

    /// Prices near each other, prices a window apart, and prices anywhere at all.
    fn any_price() -> impl Strategy<Value = i64> {
        prop_oneof![
            8 => 60_000_i64..60_040,
            4 => 0_i64..200_000,
            2 => (0_i64..40, -4_i64..4).prop_map(|(windows, near)| windows * (WIDTH / 4) + near),
            1 => any::<i64>(),
            1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)],
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_two_ordered_maps(
            changes in prop::collection::vec((any::<bool>(), any_price(), prop_oneof![2 => Just(0), 3 => 1_i64..9]), 1..300)
        ) {
            let (mut book, mut oracle) = (Book::new(), Oracle::default());
            for (buy, price, qty) in changes {
                let side = if buy { Side::Buy } else { Side::Sell };
                prop_assert_eq!(book.set(side, Price(price), Qty(qty)), oracle.set(side, price, Qty(qty)));
                prop_assert_eq!(book.at(side, Price(price)), Qty(qty));
                prop_assert_eq!(book.best(side), oracle.side(side).first().copied());
            }
            for side in [Side::Buy, Side::Sell] {
                prop_assert_eq!(walk(&book, side), oracle.side(side));
                for (price, qty) in oracle.side(side) {
                    prop_assert_eq!(book.at(side, price), qty);
                }
            }
        }

        /// The next level behind any price, a level or not.
        #[test]
        fn behind_agrees_for_any_price(levels in prop::collection::vec(any_price(), 0..60), asked in any_price()) {
            let (mut book, mut oracle) = (Book::new(), Oracle::default());
            for side in [Side::Buy, Side::Sell] {
                for price in &levels {
                    book.set(side, Price(*price), Qty(1));
                    oracle.set(side, *price, Qty(1));
                }
                let is_behind = |price: i64| if side == Side::Buy { price < asked } else { price > asked };
                let next = oracle.side(side).into_iter().find(|(price, _)| is_behind(price.0));
                prop_assert_eq!(book.behind(side, Price(asked)), next);
            }
        }
    }

    #[test]
    fn an_empty_side_has_quantity_zero_at_the_touch() {
        let mut book = Book::new();
        book.set(Side::Buy, Price(100), Qty(3));
        let touch = book.touch(InstrumentId(7));
        assert_eq!((touch.bid, touch.bid_qty, touch.ask_qty), (Price(100), Qty(3), Qty::ZERO));
        assert!(!touch.usable());
    }
}
