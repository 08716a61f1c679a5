//! placeholder map

pub mod audit;
pub mod journal;
pub mod ledger;
pub mod market;
pub mod metrics;
