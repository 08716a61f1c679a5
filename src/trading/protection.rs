//! Protection: the stop and the target of every position (production-rules §4.5 to §4.7), and the
//! exits the core demands by itself (§3.3).

use super::core::Core;
use crate::market::{Action, ControlAct, DeskId, ExitCause, InstrumentId, MarketEvent, Qty, Timestamp};

impl Core {
    /// Brings protection in line with every position that changed: the third phase of a step.
    pub(crate) fn protect(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let _ = (now, actions);
        self.dirty.clear();
    }

    /// Demands that a position shrinks to `remaining` (signed, zero to close it) on the exit ladder.
    /// A wish while another runs merges into the smaller remainder.
    pub(crate) fn demand_exit(
        &mut self,
        now: Timestamp,
        (desk, instrument): (DeskId, InstrumentId),
        remaining: Qty,
        cause: ExitCause,
        actions: &mut Vec<Action>,
    ) {
        let _ = (now, desk, instrument, remaining, cause, actions);
    }

    /// Whether a position of an instrument is above dust without full live exit coverage.
    pub(crate) fn is_naked(&self, instrument: InstrumentId) -> bool {
        let _ = instrument;
        false
    }

    /// What an operator does to a position's stop, target or trailing.
    pub(crate) fn on_protection_act(&mut self, now: Timestamp, act: &ControlAct, why: &str, actions: &mut Vec<Action>) {
        let _ = (now, act, why, actions);
    }

    /// Whether a market event could make protection act.
    pub(crate) fn protection_heeds(&self, event: &MarketEvent) -> bool {
        let _ = event;
        false
    }
}
