//! placeholder map

pub mod bad_input;
pub mod ledger;
pub mod market;
pub mod scenario;
pub mod sim;
pub mod trading;
