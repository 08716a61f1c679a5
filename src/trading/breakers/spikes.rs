//! Volatility spikes: where one begins, entries pause; while it lasts, they are smaller
//! (production-rules §2.3 SZ-4, §2.6).

use crate::market::{Action, CooldownCause, Decision, InstrumentId, Severity, Timestamp};
use crate::trading::core::{Core, alert};

impl Core {
    /// Looks at every instrument of which a bar closed since the last look.
    pub(super) fn heed_volatility(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.guards.bars.len() != self.instruments.len() {
            self.guards.bars = vec![0; self.instruments.len()];
        }
        for place in 0..self.instruments.len() {
            let hours = &self.view.at(place).hours;
            if hours.closed() == self.guards.bars[place] {
                continue;
            }
            self.guards.bars[place] = hours.closed();
            let spike = hours.is_spike(self.config.volatility.spike.0);
            let instrument = self.instruments[place].id;
            if spike != self.guards.spikes.contains(&instrument) {
                self.turn_spike(now, instrument, spike, actions);
            }
        }
    }

    fn turn_spike(&mut self, now: Timestamp, instrument: InstrumentId, spike: bool, actions: &mut Vec<Action>) {
        actions.push(Action::Record(Decision::Volatility { instrument, spike }));
        if !spike {
            self.guards.spikes.remove(&instrument);
            return;
        }
        self.guards.spikes.insert(instrument);
        let (until, cause) = self.pauses.pause(instrument, self.config.cooldown.spike, CooldownCause::Spike, now);
        actions.push(Action::Record(Decision::CoolingDown { instrument, cause, until }));
        let text = format!(
            "the average range is above {} times its mean; entries pause and shrink",
            self.config.volatility.spike.0
        );
        alert(Severity::Info, Some(instrument), None, text, actions);
    }

    /// Whether an instrument is in a volatility spike.
    #[must_use]
    pub fn in_spike(&self, instrument: InstrumentId) -> bool {
        self.guards.spikes.contains(&instrument)
    }
}
