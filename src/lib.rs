//! placeholder map

pub mod ledger;
pub mod market;
pub mod trading;
pub mod venue;
