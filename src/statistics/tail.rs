//! The worst part of a sample of returns: historical value at risk and expected shortfall.
//!
//! Both are losses, above zero where the tail loses. Value at risk is the least loss that at most a share of periods
//! exceeds; expected shortfall is the mean of the worst share of periods, the one on the border in part (Acerbi and
//! Tasche 2002, "On the coherence of expected shortfall", proposition 4.1), so it is never below value at risk. With
//! fewer than 1/share periods both are the worst period: the sample has no such tail.

use super::{finite, inside, real};

/// What the worst share of periods lost.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tail {
    /// The loss on the border of the tail.
    pub value_at_risk: f64,
    /// The mean loss within it.
    pub expected_shortfall: f64,
}

/// The tail of so large a share (0.05 for what is called 95 %). None of no returns.
#[must_use]
pub fn tail(returns: &[f64], share: f64) -> Option<Tail> {
    let mut sorted = returns.iter().map(|value| finite(*value)).collect::<Option<Vec<f64>>>()?;
    if sorted.is_empty() || !inside(share) {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    let size = share * real(sorted.len());
    let (mut left, mut sum, mut border) = (size, 0.0, sorted[0]);
    for value in &sorted {
        // What is left by rounding alone, 0.07 × 100 being above 7, is no further period.
        if left <= size * 1e-12 {
            break;
        }
        sum += value * left.min(1.0);
        border = *value;
        left -= 1.0;
    }
    Some(Tail { value_at_risk: -border, expected_shortfall: finite(-sum / size)? })
}
