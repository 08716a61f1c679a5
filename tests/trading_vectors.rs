//! The golden vectors of production-rules §7.1, groups Sizing, Check boundaries and Rounding: each
//! goes through a whole trader, and the records and the command that leave are compared exactly.
//!
//! To repeat: `cargo test --no-default-features --test trading_vectors`.

#[path = "vectors/bench.rs"]
mod bench;
#[path = "vectors/boundaries.rs"]
mod boundaries;
#[path = "vectors/rounding.rs"]
mod rounding;
#[path = "vectors/sizing.rs"]
mod sizing;
