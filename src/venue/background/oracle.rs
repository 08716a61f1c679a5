//! What it is worth: a value that wanders about the opening price and comes back to it, as an
//! Ornstein-Uhlenbeck process of the logarithm (a mean-reverting oracle).
//!
//! Nobody trades against it; makers and informed traders look at it. It throws dice of its own, and only
//! when somebody looks, which nothing of ours ever changes: the value goes its way whatever we do.

use super::dice::{Dice, real};
use super::terms::ValueTerms;
use crate::market::{Price, Timestamp};

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// The value, and when it was last looked at.
#[derive(Clone, Debug)]
pub(super) struct Oracle {
    /// A day.
    speed: f64,
    sigma: f64,
    opening: f64,
    /// The natural logarithm of value over opening price.
    away: f64,
    seen: Timestamp,
    dice: Dice,
}

impl Oracle {
    pub(super) fn new(terms: &ValueTerms, opening: Price, start: Timestamp, dice: Dice) -> Self {
        let speed = std::f64::consts::LN_2 / (real(terms.half_life.0) / 1e9 / DAY);
        let sigma = f64::from(terms.volatility_ppm) / 1e6;
        Self { speed, sigma, opening: real(opening.0), away: 0.0, seen: start, dice }
    }

    /// The value now: the step is exact, whatever its length.
    pub(super) fn look(&mut self, now: Timestamp) -> f64 {
        let days = real(now.since(self.seen).0) / 1e9 / DAY;
        let kept = libm::exp(-self.speed * days);
        // 1 − kept², without losing the digits of a short step.
        let spread = self.sigma * libm::sqrt(-libm::expm1(-2.0 * self.speed * days) / (2.0 * self.speed));
        self.away = self.away * kept + spread * self.dice.normal();
        self.seen = now;
        self.opening * libm::exp(self.away)
    }
}
