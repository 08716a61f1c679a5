//! The swarm: random cases of trading under faults, and a judge who lets nothing pass.
//!
//! A [`Case`] is drawn from one seed: a market made for trouble, the terms of an instrument, a
//! trader's configuration within its production ceilings, a workload, and a random subset of faults
//! at random rates. Workload and faults are drawn from streams of their own, so that a fault more or
//! less moves nothing of what is wished for. A case is a scenario's text: what the swarm runs and
//! what a file repeats is the same thing.
//!
//! Each case trades under faults first (safety), then the faults stop and everything must come to
//! rest (liveness): no order open or unknown, positions as at the venue, books to the unit. A breach
//! is a [`Finding`] with the one line that repeats it.
//!
//! Nothing here looks at a clock or a file; whoever calls says when to stop.

mod case;
mod crew;
mod hours;
mod judge;
mod mix;
mod probes;
mod shrink;
mod terms;
mod text;
mod trial;

pub use case::Case;
pub use crew::{Breach, Total, seed_of, swarm};
pub use hours::{HOUR, Hours};
pub use judge::{Finding, Judged, judge, unrest};
pub use probes::Reached;
pub use shrink::{Shrunk, shrink};
pub use trial::{Came, try_case};
