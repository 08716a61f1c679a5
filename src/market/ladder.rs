//! One side of a book: what stands at every price, best price at hand.
//!
//! An array window of prices around the touch with an occupancy bit per price, and an ordered map
//! for what lies beyond it. Operations inside the window are O(1) and allocate nothing; the window
//! follows the best price wherever it jumps. Both sides share one code: a price becomes a key that
//! grows towards the touch. What stands at a price is the caller's: a quantity in a level book, a
//! queue of orders in a matching book.
//!
//! It gives out no iterator and no reference: a level is read as a copy and changed in place.

use std::collections::BTreeMap;

use super::units::{Price, Qty, Side};

/// Prices in a window; a power of two.
const SLOTS: usize = 1 << 15;
/// As above, as a distance between keys.
pub(super) const WIDTH: i64 = 1 << 15;
/// Where the best price stands in a window that was just placed: most levels lie behind it.
const LEAD: i64 = WIDTH / 4 * 3;
/// A best price this close to the window's far end moves the window.
const REAR: i64 = WIDTH / 4;

/// What can stand at a price. Its default is nothing.
pub(crate) trait Stand: Copy + Default {
    /// Whether it is nothing.
    fn is_nothing(&self) -> bool;
}

impl Stand for Qty {
    #[inline]
    fn is_nothing(&self) -> bool {
        self.is_zero()
    }
}

/// A price as a key that grows towards the touch. The complement turns the order round without
/// overflow at either end of the range.
#[inline]
pub(crate) const fn key(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => price.0,
        Side::Sell => !price.0,
    }
}

/// The price behind a key.
#[inline]
pub(crate) const fn price(side: Side, key: i64) -> Price {
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
pub(crate) struct Ladder<T> {
    base: i64,
    /// The least there is while `near` is zero.
    best: i64,
    /// Levels inside the window.
    near: usize,
    /// Slot `key mod SLOTS`; unallocated until the side's first level.
    slots: Vec<T>,
    /// One bit a slot.
    occupied: Vec<u64>,
    far: BTreeMap<i64, T>,
}

impl<T> Default for Ladder<T> {
    fn default() -> Self {
        Self { base: 0, best: i64::MIN, near: 0, slots: Vec::new(), occupied: Vec::new(), far: BTreeMap::new() }
    }
}

impl<T: Stand> Ladder<T> {
    /// Changes what stands at a key and returns what the change says.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs as much as the change")]
    pub fn update<R>(&mut self, key: i64, change: impl FnOnce(&mut T) -> R) -> R {
        if self.covers(key)
            && let Some(slot) = self.slots.get_mut(slot(key))
        {
            let was = !slot.is_nothing();
            let said = change(slot);
            let is = !slot.is_nothing();
            self.count(key, was, is);
            return said;
        }
        self.update_beyond(key, change)
    }

    /// What stands at a key.
    #[inline]
    pub fn at(&self, key: i64) -> T {
        let found = if self.covers(key) { self.slots.get(slot(key)) } else { self.far.get(&key) };
        found.copied().unwrap_or_default()
    }

    /// The greatest key at which something stands.
    #[inline]
    pub fn best(&self) -> Option<i64> {
        (self.near > 0).then_some(self.best)
    }

    /// The greatest key at which something stands, and what does.
    #[inline]
    pub fn top(&self) -> Option<(i64, T)> {
        let stands = self.slots.get(slot(self.best))?;
        (self.near > 0).then_some((self.best, *stands))
    }

    /// The greatest key below `key`.
    pub fn below(&self, key: i64) -> Option<i64> {
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
    fn count(&mut self, key: i64, was: bool, is: bool) {
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
    fn update_beyond<R>(&mut self, key: i64, change: impl FnOnce(&mut T) -> R) -> R {
        if self.near > 0 && key < self.base {
            let mut stands = self.far.get(&key).copied().unwrap_or_default();
            let said = change(&mut stands);
            if stands.is_nothing() {
                self.far.remove(&key);
            } else {
                self.far.insert(key, stands);
            }
            return said;
        }
        let mut stands = T::default();
        let said = change(&mut stands);
        if stands.is_nothing() {
            return said;
        }
        if self.slots.is_empty() {
            self.slots = vec![T::default(); SLOTS];
            self.occupied = vec![0; SLOTS / 64];
        }
        self.place_window(key);
        self.slots[slot(key)] = stands;
        self.count(key, false, true);
        said
    }

    /// Moves the window so that `best`, which no level is better than, stands at its lead.
    fn place_window(&mut self, best: i64) {
        let base = best.saturating_sub(LEAD).min(i64::MAX - WIDTH + 1) & !63;
        while self.near > 0
            && let Some(lowest) = self.lowest_before(base)
        {
            let stands = std::mem::take(&mut self.slots[slot(lowest)]);
            self.occupied[word(lowest)] ^= 1 << (lowest & 63);
            self.near -= 1;
            self.far.insert(lowest, stands);
        }
        self.base = base;
        for (key, stands) in self.far.split_off(&base) {
            self.slots[slot(key)] = stands;
            self.count(key, false, true);
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
