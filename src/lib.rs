//! placeholder map

pub mod bad_input;
pub mod data;
pub mod ledger;
pub mod market;
pub mod trading;
pub mod venue;
