//! Self-exciting arrivals: each makes others likelier for a while.
//!
//! The intensity is λ(t) = μ + n β Σ exp(−β (t − tᵢ)): a Hawkes process with an exponential kernel (A. G.
//! Hawkes, 1971), branching ratio n < 1, whose mean rate is μ / (1 − n). Drawn by thinning (Y. Ogata,
//! 1981), which is exact.

use super::dice::{Dice, real, seconds};
use crate::market::{Span, Timestamp};

/// A self-exciting process.
#[derive(Clone, Debug)]
pub(super) struct Hawkes {
    /// μ, a second.
    base: f64,
    /// n β, a second.
    jump: f64,
    /// β, a second.
    decay: f64,
    /// The intensity above μ, at the last arrival.
    excess: f64,
    last: Timestamp,
}

impl Hawkes {
    /// Arrivals of a mean rate a second, of which the share `branching` follows others within about `memory`.
    pub(super) fn new(mean: f64, branching: f64, memory: Span, start: Timestamp) -> Self {
        let decay = 1e9 / real(memory.0);
        Self { base: mean * (1.0 - branching), jump: branching * decay, decay, excess: 0.0, last: start }
    }

    /// The next arrival.
    pub(super) fn next(&mut self, dice: &mut Dice) -> Timestamp {
        // Between arrivals the intensity only falls: the one of a refused candidate bounds what follows.
        let (mut excess, mut at) = (self.excess, self.last);
        loop {
            let bound = self.base + excess;
            let wait = dice.exponential(1.0 / bound);
            let fallen = excess * libm::exp(-self.decay * wait);
            at = at.after(seconds(wait));
            let chosen = dice.unit() * bound < self.base + fallen;
            excess = fallen;
            if chosen {
                break;
            }
        }
        (self.excess, self.last) = (excess + self.jump, at);
        at
    }
}
