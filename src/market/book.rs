//! A level book (L2): the displayed quantity at every price, best prices at hand.
//!
//! Each side is a [`Ladder`]: an array window of prices around the touch with an occupancy bit per
//! price, and an ordered map for what lies beyond it. Operations inside the window are O(1) and
//! allocate nothing; the window follows the best price wherever it jumps. Both sides share one
//! code: a price becomes a key that grows towards the touch.
//!
//! It does not judge what it is told: a crossed book is shown crossed, and sequence gaps,
//! checksums and own orders are other people's business.

use std::collections::BTreeMap;

use super::event::Quote;
use super::instrument::InstrumentId;
use super::units::{Price, Qty, Side};

/// Prices in a window; a power of two.
const SLOTS: usize = 1 << 15;
/// As above, as a distance between keys.
const WIDTH: i64 = 1 << 15;
/// Where the best price stands in a window that was just placed: most levels lie behind it.
const LEAD: i64 = WIDTH / 4 * 3;
/// A best price this close to the window's far end moves the window.
const REAR: i64 = WIDTH / 4;

/// Displayed quantity per price, both sides.
#[derive(Clone, Debug, Default)]
pub struct Book {
    bids: Ladder,
    asks: Ladder,
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
        match side {
            Side::Buy => self.bids.set(price.0, qty),
            Side::Sell => self.asks.set(!price.0, qty),
        }
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
        let ladder = self.ladder(side);
        ladder.best().map(|best| (price(side, best), ladder.at(best)))
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
    fn ladder(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

/// A price as a key that grows towards the touch. The complement turns the order round without
/// overflow at either end of the range.
#[inline]
const fn key(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => price.0,
        Side::Sell => !price.0,
    }
}

/// The price behind a key.
#[inline]
const fn price(side: Side, key: i64) -> Price {
    match side {
        Side::Buy => Price(key),
        Side::Sell => Price(!key),
    }
}

/// One side: a ring of slots for the keys `base .. base + WIDTH`, and a map for the keys below.
///
/// No key ever lies above the window, and the window is empty only if the whole side is; so the
/// best key is always inside it. `base` is a multiple of 64: a word of bits never wraps.
#[derive(Clone, Debug)]
struct Ladder {
    base: i64,
    /// The least there is while `near` is zero.
    best: i64,
    /// Levels inside the window.
    near: usize,
    /// Slot `key mod SLOTS`; unallocated until the side's first level.
    slots: Vec<Qty>,
    /// One bit a slot.
    occupied: Vec<u64>,
    far: BTreeMap<i64, Qty>,
}

impl Default for Ladder {
    fn default() -> Self {
        Self { base: 0, best: i64::MIN, near: 0, slots: Vec::new(), occupied: Vec::new(), far: BTreeMap::new() }
    }
}

impl Ladder {
    #[inline]
    fn set(&mut self, key: i64, qty: Qty) -> Qty {
        if self.covers(key)
            && let Some(slot) = self.slots.get_mut(slot(key))
        {
            let before = std::mem::replace(slot, qty);
            self.count(key, before, qty);
            return before;
        }
        self.set_beyond(key, qty)
    }

    #[inline]
    fn at(&self, key: i64) -> Qty {
        let found = if self.covers(key) { self.slots.get(slot(key)) } else { self.far.get(&key) };
        found.copied().unwrap_or_default()
    }

    #[inline]
    fn best(&self) -> Option<i64> {
        (self.near > 0).then_some(self.best)
    }

    /// The greatest key below `key`.
    fn below(&self, key: i64) -> Option<i64> {
        let best = self.best()?;
        if best < key {
            return Some(best);
        }
        let near = if self.covers(key) { self.near_below(key) } else { None };
        near.or_else(|| self.far.range(..key).next_back().map(|(far, _)| *far))
    }

    /// Whether the window spans `key`.
    #[inline]
    #[expect(clippy::cast_sign_loss, reason = "a key below the base wraps to a distance no window has")]
    const fn covers(&self, key: i64) -> bool {
        (key.wrapping_sub(self.base) as u64) < SLOTS as u64
    }

    /// Keeps bits, count and best after a slot of the window changed. Levels come and go without
    /// a pattern: only what happens at the best, which is rare, is worth a branch.
    #[inline]
    fn count(&mut self, key: i64, before: Qty, after: Qty) {
        let (was, is) = (!before.is_zero(), !after.is_zero());
        let bits = &mut self.occupied[word(key)];
        *bits = (*bits & !(1 << (key & 63))) | u64::from(is) << (key & 63);
        self.near = self.near + usize::from(is) - usize::from(was);
        if key >= self.best {
            if is {
                self.best = key;
            } else if key == self.best && was {
                self.best_vanished();
            }
        }
    }

    #[cold]
    fn best_vanished(&mut self) {
        if self.near > 0 {
            self.best = self.near_below(self.best).expect("a counted level has its bit");
            if self.best - self.base < REAR && !self.far.is_empty() {
                self.place_window(self.best);
            }
        } else {
            self.best = i64::MIN;
            if let Some((&best, _)) = self.far.last_key_value() {
                self.place_window(best);
            }
        }
    }

    /// A change outside the window, or the side's first.
    #[cold]
    fn set_beyond(&mut self, key: i64, qty: Qty) -> Qty {
        if self.near > 0 && key < self.base {
            let before = if qty.is_zero() { self.far.remove(&key) } else { self.far.insert(key, qty) };
            return before.unwrap_or_default();
        }
        if qty.is_zero() {
            return Qty::ZERO;
        }
        if self.slots.is_empty() {
            self.slots = vec![Qty::ZERO; SLOTS];
            self.occupied = vec![0; SLOTS / 64];
        }
        self.place_window(key);
        self.slots[slot(key)] = qty;
        self.count(key, Qty::ZERO, qty);
        Qty::ZERO
    }

    /// Moves the window so that `best`, which no level is better than, stands at its lead.
    fn place_window(&mut self, best: i64) {
        let base = best.saturating_sub(LEAD).min(i64::MAX - WIDTH + 1) & !63;
        while self.near > 0
            && let Some(lowest) = self.lowest_before(base)
        {
            let qty = std::mem::take(&mut self.slots[slot(lowest)]);
            self.occupied[word(lowest)] ^= 1 << (lowest & 63);
            self.near -= 1;
            self.far.insert(lowest, qty);
        }
        self.base = base;
        for (key, qty) in self.far.split_off(&base) {
            self.slots[slot(key)] = qty;
            self.count(key, Qty::ZERO, qty);
        }
    }

    /// The lowest key of the window below `limit`.
    fn lowest_before(&mut self, limit: i64) -> Option<i64> {
        while self.base < limit {
            let bits = self.occupied[word(self.base)];
            if bits != 0 {
                return Some(self.base + i64::from(bits.trailing_zeros()));
            }
            // Nothing in this word: the window may begin behind it.
            self.base += 64;
        }
        None
    }

    /// The greatest occupied key of the window below `key`, which the window spans.
    #[inline]
    fn near_below(&self, key: i64) -> Option<i64> {
        let mut start = key & !63;
        let mut bits = self.occupied[word(key)] & ((1 << (key & 63)) - 1);
        while bits == 0 {
            if start == self.base {
                return None;
            }
            start -= 64;
            bits = self.occupied[word(start)];
        }
        Some(start + 63 - i64::from(bits.leading_zeros()))
    }
}

/// A key's place in the ring.
#[inline]
#[expect(clippy::cast_sign_loss, reason = "masked to the ring's length")]
const fn slot(key: i64) -> usize {
    (key & (WIDTH - 1)) as usize
}

/// The word of bits a key's bit is in.
#[inline]
const fn word(key: i64) -> usize {
    slot(key) / 64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
