//! A strategy that is not ours: made by whoever runs it, under a name of their own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::ParamError;
use crate::market::Instrument;
use crate::trading::Strategy;

/// Makes the strategy of one run from its parameters.
type Make = dyn Fn(&BTreeMap<String, String>, &[Instrument]) -> Result<Box<dyn Strategy>, ParamError> + Send + Sync;

/// How a strategy that is not shipped is made. It is called for every run, and for every restart within one: what it
/// gives must depend on its parameters alone.
#[derive(Clone)]
pub struct Own {
    /// What `[strategy] name` calls it.
    pub name: &'static str,
    make: Arc<Make>,
}

impl Own {
    /// A strategy of this name.
    pub fn new<M>(name: &'static str, make: M) -> Self
    where
        M: Fn(&BTreeMap<String, String>, &[Instrument]) -> Result<Box<dyn Strategy>, ParamError>
            + Send
            + Sync
            + 'static,
    {
        Self { name, make: Arc::new(make) }
    }

    /// Makes it.
    ///
    /// # Errors
    /// What its maker says of its parameters.
    pub fn build(
        &self,
        params: &BTreeMap<String, String>,
        instruments: &[Instrument],
    ) -> Result<Box<dyn Strategy>, ParamError> {
        (self.make)(params, instruments)
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Own({})", self.name)
    }
}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.make, &other.make)
    }
}

impl Eq for Own {}
