//! Exact results of scenarios, kept as a baseline, and what differs from them.
//!
//! A [`Baseline`] is a text file under version control: the figures of every run, its fills one a line, and a trail of
//! digests by which the first record that differs is found. [`Kept::of`] runs a scenario and keeps that much of it;
//! [`Difference::between`] says what is not as it was: which run, which order, which fill, by how much.
//!
//! Nothing has a tolerance. A difference is either a defect or wanted, and only a person knows which.

mod baseline;
mod difference;
mod kept;
mod trail;

pub use baseline::Baseline;
pub use difference::{Changed, Difference, FillChange};
pub use kept::{Kept, KeptFill, retold};
pub use trail::{Place, Trail};
