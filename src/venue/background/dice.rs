//! An agent's own dice: a stream of chance that nobody else draws from, read block by block.
//!
//! Uses `+ − × ÷` and `libm`, so that a seed throws the same on every machine.

use std::sync::Arc;

use crate::market::{Qty, Span};
use crate::venue::chance::{Chance, Draw};

/// Draws of a block.
const BLOCK: usize = 8;
/// 2^53: a double's own whole numbers.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// A stream of chance, and how far it was read.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    chance: Arc<dyn Chance>,
    part: u32,
    blocks: u64,
    block: [u64; BLOCK],
    left: usize,
}

impl Dice {
    /// The dice of a numbered part.
    pub(super) fn new(chance: &Arc<dyn Chance>, part: u32) -> Self {
        Self { chance: Arc::clone(chance), part, blocks: 0, block: [0; BLOCK], left: 0 }
    }

    fn bits(&mut self) -> u64 {
        if self.left == 0 {
            self.block = self.chance.block(Draw::Background, self.part, self.blocks);
            self.blocks += 1;
            self.left = BLOCK;
        }
        self.left -= 1;
        self.block[self.left]
    }

    /// A number from 0 to 1, without 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are a double's own: nothing is lost")]
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / WHOLE
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A number of this mean, exponentially distributed.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -libm::log1p(-self.unit()) * mean
    }

    /// How long until something that happens so often a second; never less than a nanosecond.
    pub(super) fn wait(&mut self, per_second: f64) -> Span {
        seconds(self.exponential(1.0 / per_second))
    }

    /// A normal number of mean 0 and variance 1 (Box and Muller's first).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log1p(-self.unit()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.unit())
    }

    /// A quantity of about this mean, exponentially distributed, on the lot grid and at least `least`.
    pub(super) fn size(&mut self, mean: Qty, lot: Qty, least: Qty) -> Qty {
        let lots = whole(self.exponential(real(mean.0)) / real(lot.0));
        Qty(lots.saturating_mul(lot.0).max(round_up(least.0, lot.0)))
    }
}

fn round_up(value: i64, grid: i64) -> i64 {
    (value + grid - 1) / grid * grid
}

/// A span of so many seconds, at least a nanosecond.
pub(super) fn seconds(value: f64) -> Span {
    Span(whole(value * 1e9).max(1))
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "the value is clamped to what a whole number holds first")]
pub(super) fn whole(value: f64) -> i64 {
    libm::round(value).clamp(-9.0e15, 9.0e15) as i64
}

/// A whole number as a double; exact below 2^53, which prices, sizes and spans of a market stay under.
#[expect(clippy::cast_precision_loss, reason = "an agent's opinion needs no more than 53 bits")]
pub(super) const fn real(value: i64) -> f64 {
    value as f64
}
