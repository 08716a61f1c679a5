//! placeholder map

pub mod ledger;
pub mod market;
pub mod venue;
