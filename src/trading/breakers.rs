//! Breakers: rules that stop trading when an account has lost enough (production-rules §2.6).

use super::core::Core;
use crate::market::{Action, Breaker, InstrumentId, MarketEvent, Timestamp};

impl Core {
    /// Updates periods, peaks and breakers from what the step has learnt: its fourth phase.
    pub(crate) fn guard(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let _ = (now, actions);
    }

    /// BK-5: an intent ended in an error.
    pub(crate) fn execution_error(&mut self, now: Timestamp, of: InstrumentId, what: &str, actions: &mut Vec<Action>) {
        let _ = (now, of, what, actions);
    }

    /// BK-5: an intent was taken by the venue.
    pub(crate) fn execution_fine(&mut self, of: InstrumentId) {
        let _ = of;
    }

    /// BK-6: the venue says stop.
    pub(crate) fn stop_everything(&mut self, now: Timestamp, reason: &str, actions: &mut Vec<Action>) {
        let _ = (now, reason, actions);
    }

    /// An operator resets a breaker.
    pub(crate) fn reset_breaker(&mut self, now: Timestamp, breaker: Breaker, why: &str, actions: &mut Vec<Action>) {
        let _ = now;
        self.loosen(super::arming::TraderCause::Breaker(breaker), why, actions);
    }

    /// Whether a market event could trip or reset a breaker, or change what is remembered of equity.
    pub(crate) fn breakers_heed(&self, event: &MarketEvent) -> bool {
        let _ = event;
        false
    }
}
