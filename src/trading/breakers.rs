//! Breakers: rules that stop trading when an account has lost enough (production-rules §2.6).

use super::core::Core;
use crate::market::{Action, MarketEvent, Timestamp};

impl Core {
    /// Updates periods, peaks and breakers from what the step has learnt: its fourth phase.
    pub(crate) fn guard(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let _ = (now, actions);
    }

    /// Whether a market event could trip or reset a breaker, or change what is remembered of equity.
    pub(crate) fn breakers_heed(&self, event: &MarketEvent) -> bool {
        let _ = event;
        false
    }
}
