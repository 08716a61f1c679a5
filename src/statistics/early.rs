//! Looking early without being fooled more often: boundaries by spending α over the looks.
//!
//! Lan and DeMets 1983, "Discrete sequential boundaries for clinical trials", Biometrika 70(3), with their function of
//! the O'Brien-Fleming type, 2 − 2Φ(z₁₋α⸝₂/√t): next to nothing early, most at the end. The boundaries are for a statistic
//! of independent increments (a sum of independent days), one-sided, found by the recursion of Armitage, McPherson and
//! Rowe (1969) over a grid; good to five digits.

use super::distributions::{halved, normal_above, normal_quantile};
use super::{finite, inside, real};

/// The most looks.
const LOOKS_MAX: usize = 64;

/// The least share of the information between two looks.
const STEP_MIN: f64 = 1e-3;

/// Beyond so many standard deviations nothing is looked for.
const FAR: f64 = 8.0;

/// Grid steps per standard deviation of the shorter of the two increments a look stands between.
const FINENESS: f64 = 16.0;

/// How much of a one-sided α may be spent when a share of the information, above 0 and at most 1, is there.
#[must_use]
pub fn spent(alpha: f64, share: f64) -> Option<f64> {
    if !(share > 0.0 && share <= 1.0 && inside(alpha)) {
        return None;
    }
    finite(2.0 * normal_above(-normal_quantile(alpha / 2.0)? / share.sqrt()))
}

/// The z-value that the statistic must exceed at each look for a rejection at the one-sided level α; looks are shares of
/// the whole information (of the days planned), rising, at most 1. Infinite where so little may be spent that nothing
/// rejects. None for looks that do not rise by at least a thousandth, for more than 64 of them, or an α of 0.5 or more.
#[must_use]
pub fn boundaries(alpha: f64, looks: &[f64]) -> Option<Vec<f64>> {
    let steps: Vec<f64> = looks.iter().scan(0.0, |last, look| Some(look - std::mem::replace(last, *look))).collect();
    let sound = steps.iter().all(|step| *step >= STEP_MIN) && looks.last().is_some_and(|last| *last <= 1.0);
    if !sound || looks.len() > LOOKS_MAX || alpha >= 0.5 {
        return None;
    }
    let (mut found, mut grid, mut before) = (Vec::new(), Grid::start(), 0.0);
    for (at, (look, step)) in looks.iter().zip(&steps).enumerate() {
        let now = spent(alpha, *look)?;
        let bound = grid.bound(now - before, *look, *step)?;
        let shorter = steps.get(at + 1).map_or(*step, |next| next.min(*step));
        grid = grid.next(bound, (*look, *step), shorter);
        found.push(bound);
        before = now;
    }
    Some(found)
}

/// The density of the statistic, as a sum, among those that were not rejected yet, with the weights of Simpson's rule
/// already in it.
struct Grid(Vec<(f64, f64)>);

impl Grid {
    /// At the beginning the sum is nothing, for certain.
    fn start() -> Self {
        Self(vec![(0.0, 1.0)])
    }

    /// The z-value above which so much lies after the next increment.
    fn bound(&self, share: f64, look: f64, step: f64) -> Option<f64> {
        let beyond = |z: f64| {
            let tail = |(sum, weight): &(f64, f64)| weight * normal_above((z * look.sqrt() - sum) / step.sqrt());
            self.0.iter().map(tail).sum::<f64>()
        };
        // Below this a normal's tail has no double.
        let end = 38.0;
        if share <= beyond(end) {
            return Some(f64::INFINITY);
        }
        halved((-FAR, end), |z| Some(beyond(z) > share))
    }

    /// After an increment of variance `step`, cut off above the bound.
    fn next(&self, bound: f64, (look, step): (f64, f64), shorter: f64) -> Self {
        let (low, high) = (-FAR * look.sqrt(), bound.min(FAR) * look.sqrt());
        let (width, deviation) = (high - low, step.sqrt());
        let mut intervals = 2;
        while real(intervals) < width * FINENESS / shorter.sqrt() {
            intervals += 2;
        }
        let each = width / real(intervals);
        let point = |number: usize| {
            let sum = low + real(number) * each;
            let density = |(from, weight): &(f64, f64)| {
                let z = (sum - from) / deviation;
                weight * libm::exp(-z * z / 2.0)
            };
            let simpson = match number {
                _ if number == 0 || number == intervals => 1.0,
                _ if number.is_multiple_of(2) => 2.0,
                _ => 4.0,
            };
            let scale = simpson * each / 3.0 / (deviation * (2.0 * std::f64::consts::PI).sqrt());
            (sum, scale * self.0.iter().map(density).sum::<f64>())
        };
        Self((0..=intervals).map(point).collect())
    }
}
