//! What is left of a Sharpe ratio that was chosen as the best of many.
//!
//! The best of N strategies without any edge still has a ratio above zero; the deflated Sharpe ratio is the chance
//! that the true ratio is above that (Bailey and López de Prado 2014, "The deflated Sharpe ratio", Journal of Portfolio
//! Management 40(5)). Everything is per period. Trials that resemble each other count as if they were independent,
//! which asks for more than is due. The number of trials is what was tried, from the registry of sweeps, not what
//! somebody remembers.

use super::distributions::normal_quantile;
use super::moments::deviation;
use super::sharpe::Sharpe;
use super::{finite, real_u64};

/// Euler and Mascheroni's constant.
const GAMMA: f64 = 0.577_215_664_901_532_9;

/// What was tried before one was chosen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trials {
    /// How many were tried, the chosen one included.
    pub count: u64,
    /// The standard deviation of their Sharpe ratios, per period.
    pub deviation: f64,
}

impl Trials {
    /// Of the ratios of all trials, per period. One trial has no deviation, and needs none.
    #[must_use]
    pub fn of(ratios: &[f64]) -> Option<Self> {
        let count = u64::try_from(ratios.len()).ok()?;
        let deviation = if let [only] = ratios { finite(*only).map(|_| 0.0)? } else { deviation(ratios)? };
        Some(Self { count, deviation })
    }

    /// The ratio that the best of them is expected to have without any edge, per period.
    #[must_use]
    pub fn expected_best(&self) -> Option<f64> {
        finite(self.deviation * expected_maximum(self.count)?).filter(|_| self.deviation >= 0.0)
    }
}

impl Sharpe {
    /// The deflated Sharpe ratio: the chance that the true ratio is above what the best of these trials has by luck.
    #[must_use]
    pub fn deflated(&self, trials: &Trials) -> Option<f64> {
        self.probability_above(trials.expected_best()?)
    }
}

/// What the largest of so many independent standard normals is expected to be, in standard deviations; 0 of one, none of
/// none. The approximation of the paper for the expected maximum, from extreme value theory.
#[must_use]
pub fn expected_maximum(count: u64) -> Option<f64> {
    match count {
        0 => None,
        1 => Some(0.0),
        _ => {
            // The upper tail by symmetry: 1 − 1/N has lost the digits of a large N.
            let beyond = |part: f64| normal_quantile(part).map(|z| -z);
            let (one, other) = (1.0 / real_u64(count), 1.0 / (real_u64(count) * std::f64::consts::E));
            finite((1.0 - GAMMA) * beyond(one)? + GAMMA * beyond(other)?)
        }
    }
}
