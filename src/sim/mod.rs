//! The simulation: what a run is made of, chance, delay, the market's feed, and the loop.
//!
//! A run is a function of its [`Setup`] alone: the same setup gives the same run, on any machine.
//! Nothing here reads a clock, an environment or a file. Start at [`run`].

mod assemble;
mod calibrate;
mod distortion;
pub mod drill;
pub mod fault;
mod feed;
mod feeds;
mod inward;
pub mod latency;
mod links;
mod mishap;
mod moment;
mod outward;
mod queue;
mod rebuild;
pub mod rng;
mod run;
pub mod setup;
pub mod trace;
mod wire;

pub use calibrate::{Calibration, Shapeless, calibrate};
pub use feed::{BarQuotes, Delivery, Exchange, Feed};
pub use feeds::Feeds;
pub use rebuild::Deliveries;
pub use run::{Outcome, SimError, run};
pub use setup::Setup;
