//! The trader: what it holds, what that cost, and what the ledger says of it.
//!
//! Given the same inputs it does the same things: there is no clock, no chance, no file and no
//! binary float here. It imports `market` and `ledger` and nothing else of the crate, and it does
//! not know whether the venue it trades on is real.

pub mod booking;
pub mod position;
mod residue;
mod share;

pub use residue::Residue;
