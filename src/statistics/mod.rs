//! What evidence is worth: the statistics and the performance figures that the gate judges by.
//!
//! Pure functions over slices. Every formula names where it was published, and `tests/statistics_*.rs` holds it to
//! published worked examples and, where Python is there, to scipy and statsmodels. What cannot be said is `None` or a
//! name of its own: no function here returns a number that is not one, and none panics, whatever it is given.
//!
//! It knows no order, fill or run, and decides nothing: thresholds are the gate's. Chance is handed in by the caller,
//! as a function that draws whole numbers ([`bootstrap`]). Floats are fine here, and only here may they be compared
//! with a threshold: nothing of this room reaches a trader. Functions that differ between machines in the last bit
//! (`exp`, `ln`, `pow`) come from `libm`, so that a verdict is the same everywhere.

#![allow(clippy::float_arithmetic, reason = "architecture §5: statistics are floats, and no trader reads them")]

pub mod autocorrelation;
pub mod bootstrap;
pub mod clusters;
pub mod compounded;
pub mod curve;
pub mod deflated;
pub mod distance;
pub mod distributions;
pub mod drawdown;
pub mod early;
pub mod equivalence;
pub mod moments;
pub mod pbo;
pub mod proportion;
pub mod sample_size;
pub mod several;
pub mod sharpe;
pub mod tail;
pub mod trades;
pub mod walk_forward;

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "nobody counts 2^53 things here")]
const fn real(count: usize) -> f64 {
    count as f64
}

/// A large count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "a count beyond 2^53 is as good as its neighbours")]
const fn real_u64(count: u64) -> f64 {
    count as f64
}

/// A number, unless it is none.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Whether a chance or a confidence lies strictly between nothing and certainty.
fn inside(share: f64) -> bool {
    share > 0.0 && share < 1.0
}
