//! The trading core.

pub mod config;
pub mod setting;
