//! placeholder map

pub mod audit;
pub mod bad_input;
pub mod data;
pub mod journal;
pub mod ledger;
pub mod market;
pub mod metrics;
pub mod scenario;
pub mod sim;
pub mod trading;
pub mod venue;
