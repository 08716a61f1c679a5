//! Thousands of runs: planned, spread over threads, collected by number, and stored as data frames.
//!
//! A [`Plan`] is a scenario and what its `[sweep]` goes over. Its runs are numbered: number ÷ runs of each is the point,
//! the rest is the run of that point's seed, so that all points meet the same chance. A run is the same whoever runs it:
//! alone, on one thread or many, in one sitting or several, or as a part on another machine; and what is stored is the
//! same to the byte, but for how long it took.
//!
//! A panic or an error in one run is that run's result. It knows nothing of what a run means, and judges none.

mod details;
mod frame;
mod identity;
mod pieces;
mod plan;
mod run;
mod store;
mod table;
mod tapes;
mod trials;

pub use details::{Detail, Details};
pub use plan::Plan;
pub use run::{Came, Row, try_one};
pub use store::{Part, Progress, Store, SweepError, Swept, merge, sweep};
pub use table::{Ends, Stat, Table, ends, known, table};
pub use trials::{Trials, counted, registry};

/// The version of what is stored; another layout is another version.
pub const SCHEMA: &str = "seatrial-sweep-1";
