//! stub
use crate::market::Instrument;
use crate::trading::Strategy;
use std::collections::BTreeMap;
/// stub
#[derive(Debug, thiserror::Error)]
#[error("{key}")]
pub struct ParamError {
    /// k
    pub key: String,
}
/// stub
pub fn build(_: &str, _: &BTreeMap<String, String>, _: &[Instrument]) -> Result<Box<dyn Strategy>, ParamError> {
    Err(ParamError { key: String::new() })
}
