//! The trading core: what goes live. One function, `(now, event) → actions`.
//!
//! Read it from [`trader`] (the order of a step), then [`desk`] (what a strategy may do) and
//! `checks` (what stands between a proposal and an order), then [`transitions`] (the order state
//! machine as a table) and [`booking`] (what a fill does to positions and ledger).
//!
//! It imports `market` and `ledger` and nothing else of the crate. It owns no clock, chance, file,
//! socket or thread, and no binary float takes part in a decision. It does not know whether the
//! venue at the other end of the wire is real.

mod amending;
mod arming;
mod asking;
mod believed;
pub mod booking;
mod breakers;
pub mod budget;
mod checks;
pub mod config;
pub mod core;
mod dead_man;
pub mod desk;
mod effects;
pub mod exposure;
mod external;
mod fills;
mod history;
mod host;
mod kill;
mod limits;
mod links;
mod names;
mod open_risk;
mod operator;
pub mod order;
pub mod orders;
pub mod pauses;
#[cfg(test)]
#[path = "../../tests/vectors/arrivals.rs"]
mod permutations;
pub mod plan;
pub mod position;
pub mod protection;
mod reconciliation;
mod reports;
mod residue;
mod resolution;
mod retries;
mod sending;
pub mod setting;
mod share;
mod stubs;
pub mod tables;
mod timers;
pub mod trader;
pub mod transitions;
#[cfg(test)]
#[path = "../../tests/vectors/undone.rs"]
mod undone;
pub mod valuation;
pub mod view;
pub mod volatility;
pub mod words;

pub use config::Config;
pub use core::Setup;
pub use desk::{Desk, Strategy};
pub use residue::Residue;
pub use trader::Trader;
