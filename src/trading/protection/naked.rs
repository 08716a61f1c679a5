//! Naked time: how long a position above dust is without full live cover (production-rules PR-4), and how
//! long after a restart (PR-12).

use super::legs::Leg;
use super::{Key, Shield};
use crate::market::{Action, Decision, DeskId, ExitCause, InstrumentId, Purpose, Qty, Severity, Timestamp};
use crate::trading::core::{Core, alert};
use crate::trading::position::Position;

/// A position without full live cover.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Naked {
    since: Timestamp,
    /// Whether it was told that `protection.place_within` was missed, `protection.naked_max`, and after a
    /// restart `protection.restart_max`.
    late: bool,
    told: bool,
    overdue: bool,
}

impl Core {
    /// Whether a position of an instrument is above dust without full live exit coverage.
    pub(crate) fn is_naked(&self, instrument: InstrumentId) -> bool {
        self.protection.shields.iter().any(|(key, shield)| key.1 == instrument && shield.naked.is_some())
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
            return self.no_longer_naked(now, key, shield, actions);
        }
        let (desk, instrument) = key;
        let naked = *shield.naked.get_or_insert_with(|| {
            actions.push(Action::Record(Decision::Naked { desk, instrument, since: now }));
            Naked { since: now, late: false, told: false, overdue: false }
        });
        self.judge_placing(now, key, shield, actions);
        self.judge_restart(now, key, shield, actions);
        let limit = self.config.protection.naked_max;
        let end = naked.since.after(limit);
        if naked.told {
            return;
        }
        if now < end {
            return shield.look_at(end);
        }
        if let Some(naked) = &mut shield.naked {
            naked.told = true;
        }
        let text = format!(
            "naked for {} ms against protection.naked_max = {} ms; the position is exited",
            now.since(naked.since).0 / 1_000_000,
            limit.0 / 1_000_000
        );
        alert(Severity::Critical, Some(instrument), None, text, actions);
        self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::Unprotected), actions);
    }

    /// PR-4: cover that comes after its target is told once, when the position is next looked at or the
    /// cover is there. The target is no deadline: nothing else follows, and nobody is woken for it.
    fn judge_placing(&self, now: Timestamp, key: Key, shield: &mut Shield, actions: &mut Vec<Action>) {
        let target = self.config.protection.place_within;
        let late = |naked: &&mut Naked| !naked.late && now > naked.since.after(target);
        let Some(naked) = shield.naked.as_mut().filter(late) else { return };
        naked.late = true;
        let text = format!(
            "naked for {} ms against protection.place_within = {} ms",
            now.since(naked.since).0 / 1_000_000,
            target.0 / 1_000_000
        );
        alert(Severity::Warning, Some(key.1), None, text, actions);
    }

    /// PR-12: what was naked when the account picture was complete again after a restart, and still is
    /// `protection.restart_max` later, is told and exited, whatever is left of its naked time.
    fn judge_restart(&mut self, now: Timestamp, key: Key, shield: &mut Shield, actions: &mut Vec<Action>) {
        let Some(seen) = self.protection.seen_again else { return };
        let concerned = |naked: &&mut Naked| !naked.overdue && naked.since <= seen;
        let Some(naked) = shield.naked.as_mut().filter(concerned) else { return };
        let limit = self.config.protection.restart_max;
        let end = seen.after(limit);
        if now < end {
            return shield.look_at(end);
        }
        naked.overdue = true;
        let text = format!(
            "naked {} ms after the restarted trader saw its account again, against protection.restart_max = {} ms; \
             the position is exited",
            now.since(seen).0 / 1_000_000,
            limit.0 / 1_000_000
        );
        alert(Severity::Critical, Some(key.1), None, text, actions);
        self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::Unprotected), actions);
    }

    /// Ends naked time, if any ran.
    pub(super) fn no_longer_naked(&self, now: Timestamp, key: Key, shield: &mut Shield, actions: &mut Vec<Action>) {
        self.judge_placing(now, key, shield, actions);
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
        let of =
            |purpose| self.legs_of(key, purpose, shield).filter(Leg::is_confirmed).map(|leg| leg.leaves).sum::<Qty>();
        of(Purpose::Stop) + of(Purpose::Exit)
    }
}
