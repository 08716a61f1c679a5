//! How far a share that was counted may lie from the true one: exact bounds after Clopper and Pearson.
//!
//! Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial",
//! Biometrika 26(4), by quantiles of the beta distribution. They hold for any number of trials and never promise more
//! than their confidence, as long as trials are independent: runs that share a day are not, see [`super::clusters`].

use super::distributions::beta_quantile;
use super::{inside, real_u64};

/// From where to where a true share may lie.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bounds {
    /// The least.
    pub lower: f64,
    /// The most.
    pub upper: f64,
}

/// The share that the true one is at least, with this confidence: one-sided. None without trials, or with more hits.
#[must_use]
pub fn lower_bound(hits: u64, trials: u64, confidence: f64) -> Option<f64> {
    let misses = counted(hits, trials, confidence)?;
    if hits == 0 {
        return Some(0.0);
    }
    beta_quantile(1.0 - confidence, real_u64(hits), real_u64(misses) + 1.0)
}

/// The share that the true one is at most, with this confidence: one-sided.
#[must_use]
pub fn upper_bound(hits: u64, trials: u64, confidence: f64) -> Option<f64> {
    let misses = counted(hits, trials, confidence)?;
    if misses == 0 {
        return Some(1.0);
    }
    beta_quantile(confidence, real_u64(hits) + 1.0, real_u64(misses))
}

/// Both, each with half of what the confidence leaves.
#[must_use]
pub fn two_sided(hits: u64, trials: u64, confidence: f64) -> Option<Bounds> {
    let each = f64::midpoint(1.0, confidence);
    Some(Bounds { lower: lower_bound(hits, trials, each)?, upper: upper_bound(hits, trials, each)? })
}

/// How many missed, where that makes sense.
fn counted(hits: u64, trials: u64, confidence: f64) -> Option<u64> {
    trials.checked_sub(hits).filter(|_| trials > 0 && inside(confidence))
}
