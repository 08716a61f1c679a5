//! stub
use crate::journal::{Body, Header};
use crate::market::{InstrumentId, Timestamp};
/// stub
#[derive(Debug)]
pub struct Metrics;
impl Metrics {
    /// stub
    pub fn new(_: &Header) -> Self {
        Self
    }
    /// stub
    pub fn observe(&mut self, _: Timestamp, _: &Body) {}
    /// stub
    pub fn mark(&mut self, _: Timestamp, _: InstrumentId, _: i64) {}
}
