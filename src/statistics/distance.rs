//! How far two samples' distributions are apart: the two-sample distance of Kolmogorov and Smirnov.
//!
//! The distance is exact, ties included. The p-value is that of the limit for large samples (Smirnov 1948, "Table for
//! estimating the goodness of fit of empirical distributions"), of use from some thirty values each. That two
//! distributions are *close* is not said by a large p-value but by [`Distance::at_most`], the inequality of Dvoretzky,
//! Kiefer and Wolfowitz with Massart's constant (1990, Annals of Probability 18(3)), which holds for any sample size.

use std::f64::consts::PI;

use super::{finite, inside, real};

/// The distance of two samples.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Distance {
    /// The largest difference of the two distribution functions, 0 to 1.
    pub value: f64,
    /// How many values either sample has.
    pub counts: (usize, usize),
}

impl Distance {
    /// None where a sample is empty or a value is no number.
    #[must_use]
    pub fn of(a: &[f64], b: &[f64]) -> Option<Self> {
        let sorted = |values: &[f64]| {
            let mut values = values.iter().map(|value| finite(*value)).collect::<Option<Vec<f64>>>()?;
            values.sort_by(f64::total_cmp);
            Some(values).filter(|values| !values.is_empty())
        };
        let (a, b) = (sorted(a)?, sorted(b)?);
        let share = |values: &[f64], at: f64| real(values.partition_point(|value| *value <= at)) / real(values.len());
        let apart = |at: &f64| (share(&a, *at) - share(&b, *at)).abs();
        let value = a.iter().chain(&b).map(apart).fold(0.0, f64::max);
        Some(Self { value, counts: (a.len(), b.len()) })
    }

    /// The chance of a distance as large from one and the same distribution, by the limit.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        let (a, b) = (real(self.counts.0), real(self.counts.1));
        kolmogorov_above(self.value * (a * b / (a + b)).sqrt())
    }

    /// What the distance of the two true distributions is at most, with this confidence.
    #[must_use]
    pub fn at_most(&self, confidence: f64) -> Option<f64> {
        if !inside(confidence) {
            return None;
        }
        let band = |count: usize| (libm::log(4.0 / (1.0 - confidence)) / (2.0 * real(count))).sqrt();
        finite(self.value + band(self.counts.0) + band(self.counts.1)).map(|most| most.min(1.0))
    }
}

/// The chance that Kolmogorov's limit is above `x`.
#[must_use]
pub fn kolmogorov_above(x: f64) -> f64 {
    // Two series of the same function; each converges within a few terms on its side of 1. Below 0.1 it is 1 to the last
    // of a double's digits.
    if x > 1.0 {
        let term = |k: i32| if k % 2 == 1 { 2.0 } else { -2.0 } * libm::exp(-2.0 * f64::from(k * k) * x * x);
        (1..=10).map(term).sum::<f64>().clamp(0.0, 1.0)
    } else if x > 0.1 {
        let term = |k: i32| libm::exp(-f64::from(2 * k - 1).powi(2) * PI * PI / (8.0 * x * x));
        (1.0 - (2.0 * PI).sqrt() / x * (1..=10).map(term).sum::<f64>()).clamp(0.0, 1.0)
    } else {
        1.0
    }
}
