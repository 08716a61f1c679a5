//! How long a position may be held (production-rules §4.7): its age counts from its first fill.

use super::{Key, Shield};
use crate::market::{Action, Bug, ExitCause, Qty, Severity, Span, Timestamp, planted};
use crate::trading::core::{Core, alert};
use crate::trading::position::Position;
use crate::trading::words::HoldingAction;

impl Core {
    /// Exits a position that has reached `holding.max`, or says so once.
    pub(super) fn check_age(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        let (most, action) = (self.config.holding.max, self.config.holding.action);
        if most == Span::ZERO || shield.age_told {
            return;
        }
        let from = held.opened_at;
        // The bug: an age that counts from a restart is no age.
        let from = self.protection.restarted.filter(|_| planted(Bug::PositionHolding)).unwrap_or(from);
        let end = from.after(most);
        if now < end {
            return shield.look_at(end);
        }
        shield.age_told = true;
        let text = format!(
            "held for {} s against holding.max = {} s",
            now.since(from).0 / 1_000_000_000,
            most.0 / 1_000_000_000
        );
        match action {
            HoldingAction::Alert => alert(Severity::Warning, Some(key.1), None, text, actions),
            HoldingAction::Exit => {
                alert(Severity::Warning, Some(key.1), None, format!("{text}; the position is exited"), actions);
                self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::Holding), actions);
            }
        }
    }
}
