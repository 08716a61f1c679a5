//! Recovery: a trader rebuilt from its journal, as it stood after any record of it.
//!
//! What a process knew is what its journal tells: the trader is stepped with everything it was
//! given, the market included, up to a record and a market delivery, and then stands where the dead
//! one stood, field by field. What happened between the last record and the crash is for
//! [`HostEvent::Restarted`] and the reconciliation that follows.
//!
//! [`HostEvent::Restarted`]: crate::market::HostEvent::Restarted

use super::{Difference, Replay};
use crate::journal::Record;
use crate::sim::Setup;
use crate::strategies::ParamError;
use crate::trading::Trader;

/// Why a trader cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The strategy does not take its parameters.
    #[error(transparent)]
    Strategy(#[from] ParamError),
    /// The journal is not that of such a trader.
    #[error("the journal is of another trader: at record {} it holds {:?} where this one does {:?}", .0.record, .0.recorded, .0.replayed)]
    Difference(Box<Difference>),
}

/// Rebuilds the trader of a journal, `cursor` market deliveries into its tape. A journal that breaks
/// off within a step is one whose last actions never left.
///
/// # Errors
/// When the strategy cannot be made, or the journal is of another trader.
pub fn recover(setup: &Setup, records: &[Record], cursor: u64) -> Result<Trader, RecoverError> {
    let mut replay = Replay::new(setup, records)?;
    replay.run();
    if replay.parity.difference.is_none() {
        replay.deliver_until(cursor);
    }
    match replay.parity.difference {
        Some(difference) => Err(RecoverError::Difference(Box::new(difference))),
        None => Ok(replay.trader),
    }
}
