//! Mean, deviation, skew and kurtosis of a sample, and its quantiles.
//!
//! Deviation divides by n − 1; skew and kurtosis are those of the sample itself, without correction (scipy's `skew`
//! and `kurtosis(fisher=False)`; a normal has 0 and 3), as the Sharpe literature has them. A sample that varies by
//! nothing but rounding has no deviation, so nothing is ever divided by a rounding error.

use super::{finite, real};

/// A spread below this part of the largest value is rounding, not variance.
const ROUNDING: f64 = 1e-10;

/// The moments of a sample that varies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moments {
    /// How many values.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, dividing by n − 1; above zero.
    pub deviation: f64,
    /// Their third standardised moment.
    pub skew: f64,
    /// Their fourth standardised moment; 3 for a normal.
    pub kurtosis: f64,
}

impl Moments {
    /// None for fewer than two values, a value that is no number, or values that are all the same.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let mean = mean(values)?;
        if values.len() < 2 || !varies(values) {
            return None;
        }
        let count = real(values.len());
        let power = |power: i32| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / count;
        let (second, third, fourth) = (power(2), power(3), power(4));
        let (skew, kurtosis) = (third / (second * second.sqrt()), fourth / (second * second));
        let deviation = finite((second * count / (count - 1.0)).sqrt()).filter(|deviation| *deviation > 0.0)?;
        Some(Self { count: values.len(), mean, deviation, skew: finite(skew)?, kurtosis: finite(kurtosis)? })
    }
}

/// The mean; none of no values, or where one is no number.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    finite(values.iter().sum::<f64>() / real(values.len()))
}

/// The standard deviation, dividing by n − 1; zero where nothing varies, none of fewer than two values.
#[must_use]
pub fn deviation(values: &[f64]) -> Option<f64> {
    mean(values).filter(|_| values.len() > 1)?;
    if varies(values) { Moments::of(values).map(|moments| moments.deviation) } else { Some(0.0) }
}

/// The quantile at a share of 0 to 1 of values in rising order, between the two nearest by a straight line (type 7 of
/// Hyndman and Fan 1996, numpy's default).
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    let place = share * real(sorted.len().checked_sub(1)?);
    let below = sorted.iter().enumerate().take_while(|(at, _)| real(*at) <= place).last()?;
    let above = sorted.get(below.0 + 1).unwrap_or(below.1);
    finite(below.1 + (above - below.1) * (place - real(below.0)))
}

/// Whether values differ by more than their rounding.
fn varies(values: &[f64]) -> bool {
    let (least, most) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (value.min(least), value.max(most)));
    most - least > ROUNDING * most.abs().max(least.abs())
}
