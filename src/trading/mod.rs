//! The trading core.

pub mod booking;
pub mod budget;
pub mod config;
pub mod orders;
pub mod position;
mod residue;
pub mod setting;
mod share;
pub mod transitions;
pub mod view;

pub use residue::Residue;
