//! The trading core.

pub mod budget;
pub mod config;
pub mod orders;
pub mod setting;
pub mod transitions;
pub mod view;
