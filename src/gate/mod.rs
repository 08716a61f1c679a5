//! The go-live gate: PASS, FAIL or INSUFFICIENT EVIDENCE over thousands of runs, with the evidence of every line.
//!
//! Thirty days of paper prove fidelity, accounting and safety, and no edge; the gate never lets one buy the other
//! (gate.md §5.2). `run` takes the evidence of a run, [`watch()`] what it shows of the drills, `lines` judges each line
//! of the criteria by it, [`assemble()`] makes the [`Verdict`], and a [`GatePass`] comes from a verdict alone.
//!
//! A verdict follows from the stored runs and the criteria, integer for integer: judged again it is the same bytes.

#![allow(clippy::float_arithmetic, reason = "architecture §5: statistics of runs are floats, and no trader reads them")]

mod assemble;
pub mod edge;
mod errors;
mod judge;
mod laws;
mod lines;
mod pass;
mod results;
mod run;
mod stored;
mod untested;
pub mod verdict;
mod watch;

pub use assemble::{Asked, Shown, assemble};
pub use edge::Edge;
pub use pass::{GatePass, NoPass};
pub use run::{Came, Run, tried};
pub use stored::{Stored, StoredError, document, fingerprint};
pub use verdict::{Class, Outcome, Verdict};
pub use watch::{DrillSeen, Watched, watch};
