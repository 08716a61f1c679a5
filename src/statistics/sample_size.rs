//! How much evidence a sentence needs before it can be said: the table of gate.md §5.2.

use super::distributions::normal_quantile;
use super::{finite, inside};

/// The largest sample anyone is told to collect.
const SAMPLE_MAX: f64 = 1e15;

/// How often a true equivalence may be missed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Missed {
    /// So often by each of the two tests, as gate.md §5.2 counts: a sample misses up to twice as often in all.
    EachSide(f64),
    /// So often in all, where the true difference is zero: the usual planning formula of two one-sided tests.
    InAll(f64),
}

/// How many independent scenarios without a failure say that failures are rarer than `rate`, with this confidence: the
/// least n with (1 − rate)ⁿ ≤ 1 − confidence (for 95 % about 3/rate, the "rule of three").
#[must_use]
pub fn without_failure(rate: f64, confidence: f64) -> Option<u64> {
    if !inside(rate) || !inside(confidence) {
        return None;
    }
    whole(libm::log1p(-confidence) / libm::log1p(-rate))
}

/// How many values of such a standard deviation show that their mean lies within ± `margin` of what it should be, by
/// two one-sided tests with the error `alpha` each, if it lies where it should: ((z₁₋α + z₁₋β) · deviation / margin)²,
/// rounded up. The normal's quantiles: a small sample needs a little more. A proportion p has the deviation √(p(1 − p)).
#[must_use]
pub fn for_equivalence(deviation: f64, margin: f64, alpha: f64, missed: Missed) -> Option<u64> {
    let beta = match missed {
        Missed::EachSide(beta) => beta,
        Missed::InAll(beta) => beta / 2.0,
    };
    if !(deviation > 0.0 && margin > 0.0 && alpha < 0.5 && beta < 0.5) {
        return None;
    }
    let errors = -normal_quantile(alpha)? - normal_quantile(beta)?;
    let ratio = errors * deviation / margin;
    whole(ratio * ratio)
}

/// The next whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between zero and 10^15")]
fn whole(needed: f64) -> Option<u64> {
    let needed = finite(needed).filter(|needed| (0.0..=SAMPLE_MAX).contains(needed))?;
    Some(needed.ceil() as u64)
}
