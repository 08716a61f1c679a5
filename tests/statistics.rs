//! The statistics of the gate: published worked examples, and laws over random samples.
//!
//! Repeat with `cargo test --test statistics`. What Python says of the same is in `tests/statistics_python.rs`; figures
//! of another back-tester in `tests/statistics_backtestingpy.rs`.
#![cfg(feature = "simulator")]
#![allow(
    clippy::float_arithmetic,
    clippy::float_cmp,
    reason = "statistics are floats, and what is exact is compared exactly"
)]

#[path = "statistics/bootstrap.rs"]
mod bootstrap;
#[path = "statistics/bounds.rs"]
mod bounds;
#[path = "statistics/curve.rs"]
mod curve;
#[path = "statistics/laws.rs"]
mod laws;
#[path = "statistics/pbo.rs"]
mod pbo;
#[path = "statistics/sharpe.rs"]
mod sharpe;

/// Whether a value agrees with a published one, within so much.
#[track_caller]
fn agrees(ours: Option<f64>, published: f64, within: f64) {
    let ours = ours.expect("a value");
    assert!((ours - published).abs() <= within, "{ours} is not {published}");
}
