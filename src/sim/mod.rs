//! The simulation: what a run is made of, chance, and delay.
//!
//! A run is a function of its [`setup::Setup`] alone: the same setup gives the same run, on any
//! machine. Nothing here reads a clock, an environment or a file.

pub mod latency;
pub mod rng;
pub mod setup;
