//! A fixed sequence of numbers, as a deck of cards shuffled once: no chance is drawn here.
//!
//! The sequence is `SplitMix64` (Steele, Lea and Flood, 2014) from a number the strategy was told.

use crate::market::InstrumentId;

/// What is left of the deck.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Deck(u64);

impl Deck {
    /// The deck of a number.
    pub(super) fn new(seed: u32) -> Self {
        Self(u64::from(seed))
    }

    /// The deck of a number for one instrument of several, so that copies of a strategy do not do the same.
    pub(super) fn of(seed: u32, instrument: InstrumentId) -> Self {
        Self(u64::from(seed) | (u64::from(instrument.0) << 32))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number below `bound`, at most a million: cards are plenty, so the last share of one
    /// in 2⁴⁴ by which they are not even does not matter here.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        assert!((1..=1_000_000).contains(&bound), "a card is one of a few");
        u32::try_from(self.next() % u64::from(bound)).expect("below a million")
    }

    /// A whole number from `low` to `high`.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// A number from a tenth of a mean to almost twice it.
    pub(super) fn around(&mut self, mean: i64) -> i64 {
        mean / 10 + mean / 1_000 * i64::from(self.below(1_800))
    }

    /// A thousandth to decide by, and a deck of its own for the details, so that how many details
    /// one act needs moves nothing of the next.
    pub(super) fn hand(&mut self) -> (u32, Self) {
        (self.below(1_000), Self(self.next()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden, of the published `SplitMix64` from zero: the sequence never moves.
    #[test]
    fn the_sequence_is_split_mix() {
        let mut deck = Deck::new(0);
        let drawn = [deck.next(), deck.next(), deck.next()];
        assert_eq!(Deck::of(0, InstrumentId(0)), Deck::new(0), "the first instrument's is the plain one");
        assert_ne!(Deck::of(0, InstrumentId(1)), Deck::new(0));
        assert_eq!(drawn, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }
}
