//! Naked time: how long a position above dust is without full live cover (production-rules PR-4).

use super::{Key, Shield};
use crate::market::{Action, Decision, DeskId, ExitCause, InstrumentId, Purpose, Qty, Severity, Timestamp};
use crate::trading::core::{Core, alert};
use crate::trading::position::Position;

/// A position without full live cover.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Naked {
    since: Timestamp,
    told: bool,
}

impl Core {
    /// Whether a position of an instrument is above dust without full live exit coverage.
    pub(crate) fn is_naked(&self, instrument: InstrumentId) -> bool {
        let naked = |(key, shield): (&Key, &Shield)| key.1 == instrument && shield.naked.is_some();
        self.protection.shields.iter().any(naked)
    }

    /// Holds live cover against what is held; too long without, the position is exited.
    pub(super) fn judge_cover(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        let wanted = self.to_cover(now, key, held, shield);
        if self.live_cover(key, shield) >= wanted {
            return Self::no_longer_naked(now, key, shield, actions);
        }
        let (desk, instrument) = key;
        let naked = *shield.naked.get_or_insert_with(|| {
            actions.push(Action::Record(Decision::Naked { desk, instrument, since: now }));
            Naked { since: now, told: false }
        });
        let limit = self.config.protection.naked_max;
        let end = naked.since.after(limit);
        if naked.told {
            return;
        }
        if now < end {
            return shield.look_at(end);
        }
        shield.naked = Some(Naked { told: true, ..naked });
        let text = format!(
            "naked for {} ms against protection.naked_max = {} ms; the position is exited",
            now.since(naked.since).0 / 1_000_000,
            limit.0 / 1_000_000
        );
        alert(Severity::Critical, Some(instrument), None, text, actions);
        self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::Unprotected), actions);
    }

    /// Ends naked time, if any ran.
    pub(super) fn no_longer_naked(now: Timestamp, key: Key, shield: &mut Shield, actions: &mut Vec<Action>) {
        if let Some(naked) = shield.naked.take() {
            let (desk, instrument) = key;
            let after = now.since(naked.since);
            actions.push(Action::Record(Decision::Covered { desk, instrument, after }));
        }
    }

    /// What must be covered: nothing of dust, and nothing where a position is allowed no stop.
    fn to_cover(&self, now: Timestamp, key: Key, held: &Position, shield: &Shield) -> Qty {
        let instrument = self.instrument(key.1);
        let exempt = key.0 == DeskId::EXTERNAL || shield.cover.as_ref().is_some_and(|cover| cover.stop.is_none());
        if exempt {
            return Qty::ZERO;
        }
        let price = self.counted_at(key, held, shield);
        super::amounts::closable(instrument, held.qty.abs(), price, now)
    }

    /// Leaves of the stops and exits the venue is known to hold (PR-1).
    fn live_cover(&self, key: Key, shield: &Shield) -> Qty {
        let stops = self.legs(key, Purpose::Stop, shield);
        let stops: Qty = stops.iter().filter(|leg| leg.is_confirmed()).map(|leg| leg.leaves).sum();
        let exits = self.legs(key, Purpose::Exit, shield);
        stops + exits.iter().filter(|leg| leg.is_confirmed()).map(|leg| leg.leaves).sum::<Qty>()
    }
}
