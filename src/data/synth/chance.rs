//! Chance for generated markets: one ChaCha8 stream per generator, and sampling of our own, so
//! that a seed gives the same market on every machine and after every update of a dependency.
//!
//! Uses `+ − × ÷` and the `libm` crate; nothing here depends on how a machine computes a logarithm.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const SQRT_3: f64 = 1.732_050_807_568_877_2;

/// A stream of chance.
#[derive(Debug)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of this number for a seed. Numbers are never reused.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self::of_run(seed, 0, 0, stream)
    }

    /// The stream of this number for one part of one run of a seed. Of run 0, part 0 is the seed's own.
    pub(super) fn of_run(seed: u64, run: u64, part: u32, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..20].copy_from_slice(b"seatrialdata");
        key[20..28].copy_from_slice(&run.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(u64::from(part) << 32 | stream);
        Self(generator)
    }

    /// 64 even bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number below `bound`, each as likely.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "there is no whole number below zero");
        // Numbers at the top that would favour small results are drawn again.
        let fair = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.0.next_u64();
            if drawn < fair {
                return drawn % bound;
            }
        }
    }

    /// A whole number from `first` to `last`, each as likely.
    pub(super) fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below(last.abs_diff(first) + 1).cast_signed()
    }

    /// A number from 0 to 1, without 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are a double's own: nothing is lost")]
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A bell-shaped number of mean 0 and variance 1, never beyond ±3.5: the sum of four uniforms.
    /// Fat tails come from regimes and jumps, not from here.
    pub(super) fn bell(&mut self) -> f64 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        (sum - 2.0) * SQRT_3
    }

    /// A bell of one draw: the sum of its four parts of 16 bits.
    pub(super) fn bell_of_bits(&mut self) -> f64 {
        let bits = self.bits();
        let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        (real(sum.cast_signed() + 2) / 65_536.0 - 2.0) * SQRT_3
    }

    /// Two bells of one draw, each of four of its bytes.
    pub(super) fn bells(&mut self) -> [f64; 2] {
        let bits = self.bits();
        [Self::bell_of_bytes(bits), Self::bell_of_bytes(bits >> 32)]
    }

    /// A bell of the lowest four bytes of a draw: for what needs no fine steps.
    pub(super) const fn bell_of_bytes(bits: u64) -> f64 {
        let sum = (bits & 0xff) + (bits >> 8 & 0xff) + (bits >> 16 & 0xff) + (bits >> 24 & 0xff);
        (real(sum.cast_signed() + 2) / 256.0 - 2.0) * SQRT_3
    }

    /// A waiting time or size of this mean, exponentially distributed.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -libm::log(1.0 - self.unit()) * mean
    }
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "the value is clamped to what a whole number holds first")]
pub(super) fn whole(value: f64) -> i64 {
    libm::round(value).clamp(-9.0e15, 9.0e15) as i64
}

/// The whole part of a number that is not below zero; the nearest whole number to one where it does not fit.
#[expect(clippy::cast_possible_truncation, reason = "the rest is what is cut, and what does not fit is the nearest")]
pub(super) const fn floor(value: f64) -> i64 {
    value as i64
}

/// A whole number as a double; exact below 2^53, which every caller stays under.
#[expect(clippy::cast_precision_loss, reason = "prices and times in a generator stay below 2^53")]
pub(super) const fn real(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_stream_give_the_same_numbers_for_ever() {
        let mut chance = Chance::new(1, 1);
        let drawn: Vec<u64> = (0..4).map(|_| chance.below(1_000_000)).collect();
        expect_test::expect!["[16567, 690347, 101809, 963408]"].assert_eq(&format!("{drawn:?}"));
        assert_ne!(Chance::new(1, 2).below(u64::MAX), Chance::new(1, 1).below(u64::MAX));
        assert_ne!(Chance::new(2, 1).below(u64::MAX), Chance::new(1, 1).below(u64::MAX));
    }

    #[test]
    fn means_and_spreads_are_what_they_say() {
        let mut chance = Chance::new(3, 1);
        let n = 20_000;
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / f64::from(n);
        let bells: Vec<f64> = (0..n).map(|_| chance.bell()).collect();
        assert!(mean(bells.clone()).abs() < 0.03);
        assert!((mean(bells.iter().map(|x| x * x).collect()) - 1.0).abs() < 0.03);
        let waits: Vec<f64> = (0..n).map(|_| chance.exponential(5.0)).collect();
        assert!((mean(waits) - 5.0).abs() < 0.15);
        let ways: [fn(&mut Chance) -> f64; 3] =
            [Chance::bell_of_bits, |chance| chance.bells()[0], |chance| chance.bells()[1]];
        for bell in ways {
            let bells: Vec<f64> = (0..n).map(|_| bell(&mut chance)).collect();
            assert!(mean(bells.clone()).abs() < 0.03);
            assert!((mean(bells.iter().map(|x| x * x).collect()) - 1.0).abs() < 0.03);
        }
    }
}
