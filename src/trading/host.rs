//! What the host says: its clock, its journal, its key, and that it died (production-rules §1.3).

use super::core::{Core, alert};
use crate::market::{Action, HostEvent, Severity, Timestamp};

impl Core {
    pub(crate) fn on_host(&mut self, now: Timestamp, host: HostEvent, actions: &mut Vec<Action>) {
        match host {
            HostEvent::JournalFailed => {
                alert(Severity::Critical, None, None, "the journal failed; entries stop".to_owned(), actions);
                self.tighten("the journal failed", actions);
            }
            HostEvent::ClockOffset(_)
            | HostEvent::JournalSpace(_)
            | HostEvent::Permission { .. }
            | HostEvent::Restarted
            | HostEvent::Stopping => {
                let _ = now;
            }
        }
    }
}
