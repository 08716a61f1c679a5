//! Chance: one numbered ChaCha8 stream per component, keyed by seed and run.
//!
//! A component draws from its own stream only, so a draw more in one place moves nothing in
//! another. Stream numbers are for ever: a new source of chance takes a new number; none is reused
//! or renumbered. Sampling is in whole numbers and unbiased, by rules written here, so a release of
//! a random-number library cannot move a result.
//!
//! There is no stream without a seed and no draw of a float.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::venue::{Chance, Draw};

/// A source of chance. The number is part of every published result: append, never renumber.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u64)]
pub enum Component {
    /// How long market data takes to the trader.
    FeedLatency = 1,
    /// How long the trader takes to decide.
    DecisionLatency = 2,
    /// How long a command takes to the venue.
    OrderEntry = 3,
    /// How long a report takes to the trader.
    Report = 4,
    /// Which occasions a fault hits; each fault has a stream of its own in it.
    Faults = 5,
    /// Which faults a run has, and on which terms.
    FaultMix = 6,
    /// How long a query takes to the venue.
    QueryEntry = 7,
    /// How long an answer takes to the trader.
    Answer = 8,
    /// How much worse than displayed a taker trades.
    Slippage = 16,
    /// How much of what could trade does.
    PartialFill = 17,
    /// What the agents of a background market do; each has a part of its own.
    Background = 18,
    /// The terms of a case of the swarm.
    SwarmTerms = 32,
    /// Its workload.
    SwarmWorkload = 33,
    /// Where on its axes a point of a sweep lies.
    SweepPoint = 34,
    /// Which stratum of each axis a point of a latin hypercube has.
    SweepStrata = 35,
    /// Which days a bootstrap draws.
    Bootstrap = 36,
    /// When the drills of a run occur; each has a part of its own.
    Drills = 37,
}

/// The chance of one component in one run.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of a component: key is seed and run as little-endian 64-bit numbers followed by
    /// zeros, nonce is the component's number.
    #[must_use]
    pub fn new(seed: u64, run: u64, component: Component) -> Self {
        Self::part(seed, run, component, 0)
    }

    /// The stream of one numbered part of a component: the nonce's upper half is its number.
    #[must_use]
    pub fn part(seed: u64, run: u64, component: Component, part: u32) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&run.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(u64::from(part) << 32 | component as u64);
        Self(generator)
    }

    /// 64 even bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number from 0 to `n` − 1, every one equally likely: the high half of `n` × 64 bits,
    /// drawn again where the low half falls into the incomplete part.
    ///
    /// # Panics
    /// When `n` is zero: there is nothing to draw from.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a draw below zero has no answer");
        // 2⁶⁴ mod n: as many low halves must be refused for every answer to be equally likely.
        let refused = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            let [low, high] = halves(product);
            if low >= refused {
                return high;
            }
        }
    }

    /// Whether something happens that happens `share` times in a million.
    pub fn ppm(&mut self, share: u32) -> bool {
        self.below(1_000_000) < u64::from(share)
    }
}

/// The venue's chance in one run: every draw is the first of a numbered part of its component's stream.
#[derive(Clone, Copy, Debug)]
pub struct VenueChance {
    /// Seed of the run.
    pub seed: u64,
    /// Which run of the seed.
    pub run: u64,
}

impl Chance for VenueChance {
    fn draw(&self, what: Draw, number: u32, below: u64) -> u64 {
        Stream::part(self.seed, self.run, component(what), number).below(below)
    }

    fn block(&self, what: Draw, part: u32, number: u64) -> [u64; 8] {
        let mut stream = Stream::part(self.seed, self.run, component(what), part);
        // A block is sixteen words of 32 bits.
        stream.0.set_word_pos(u128::from(number) * 16);
        std::array::from_fn(|_| stream.bits())
    }
}

const fn component(what: Draw) -> Component {
    match what {
        Draw::Slippage => Component::Slippage,
        Draw::PartialFill => Component::PartialFill,
        Draw::Background => Component::Background,
    }
}

/// The low and the high 64 bits.
fn halves(product: u128) -> [u64; 2] {
    let bytes = product.to_le_bytes();
    let half = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("a half is eight bytes"));
    [half(0), half(8)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public ChaCha8 vector of an all-zero key and nonce: the library is the cipher it says.
    #[test]
    fn the_generator_is_chacha8() {
        let mut generator = ChaCha8Rng::from_seed([0; 32]);
        let words = [generator.next_u32(), generator.next_u32(), generator.next_u32(), generator.next_u32()];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        assert_eq!(bytes, [62, 0, 239, 47, 137, 95, 64, 214, 127, 91, 184, 232, 31, 9, 165, 161]);
    }

    /// Golden, computed by an independent ChaCha8: these draws are part of every published result.
    #[test]
    fn streams_never_move() {
        let first = |seed, run, component| {
            let mut stream = Stream::new(seed, run, component);
            [stream.bits(), stream.bits(), stream.below(1_000)]
        };
        assert_eq!(first(1, 0, Component::FeedLatency), [0x1a81_25d4_8c6f_ea14, 0xd167_e651_ac49_9192, 638]);
        assert_eq!(first(1, 0, Component::Report), [0x5870_5360_e654_a058, 0xd94b_7b80_718c_8472, 301]);
        assert_eq!(first(1, 1, Component::FeedLatency), [0xc45a_a120_ffa7_57cc, 0x69ad_6a36_162d_01a6, 349]);
        assert_eq!(first(2, 0, Component::FeedLatency), [0x847f_7783_02ec_7827, 0x54d6_4534_94dc_9e2c, 242]);
    }

    #[test]
    fn every_answer_is_equally_likely() {
        let mut stream = Stream::new(7, 0, Component::OrderEntry);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[usize::try_from(stream.below(6)).expect("below six")] += 1;
        }
        // 10 000 ± 5 standard deviations of 91.
        assert!(counts.iter().all(|count| (9_544..=10_456).contains(count)), "{counts:?}");
        assert_eq!(stream.below(1), 0);
    }

    /// With n = 3·2⁶² a quarter of all draws must be refused; without that, the lowest third of
    /// each pair would come twice as often.
    #[test]
    fn a_draw_from_a_large_range_is_unbiased() {
        let mut stream = Stream::new(7, 0, Component::OrderEntry);
        let n = 3 << 62;
        let mut thirds = [0_u32; 3];
        for _ in 0..30_000 {
            let drawn = stream.below(n);
            thirds[usize::try_from(drawn % 3).expect("below three")] += 1;
        }
        assert!(thirds.iter().all(|count| (9_590..=10_410).contains(count)), "{thirds:?}");
    }

    #[test]
    fn a_share_in_a_million_is_that_share() {
        let mut stream = Stream::new(3, 9, Component::Report);
        let happened = (0..100_000).filter(|_| stream.ppm(250_000)).count();
        assert!((24_315..=25_685).contains(&happened), "{happened}");
        assert!((0..1_000).all(|_| !stream.ppm(0) && stream.ppm(1_000_000)));
    }
}
