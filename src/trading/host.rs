//! What the host says: its clock, its journal, its key, that it stops, and that it died
//! (production-rules §1.3, §4.13 OP-7, TR-27).
//!
//! A restart is a trader that replayed its journal: everything the journal tells is in place.
//! What only the process knew is not: which commands really left, which answers were under way,
//! which wakes were asked for, and what the venue did meanwhile.

use super::arming::TraderCause;
use super::core::Core;
use crate::market::{Action, Bug, HostEvent, Link, Timestamp, planted};

impl Core {
    pub(crate) fn on_host(&mut self, now: Timestamp, host: HostEvent, actions: &mut Vec<Action>) {
        match host {
            HostEvent::Restarted => self.on_restart(now, actions),
            HostEvent::Stopping => self.kill_by_mode(now, "the process is asked to stop", actions),
            HostEvent::JournalFailed
            | HostEvent::ClockOffset(_)
            | HostEvent::JournalSpace(_)
            | HostEvent::Permission { .. } => self.on_condition(host, actions),
        }
    }

    /// The process is new, its memory is not. Nothing is done before the account was looked at.
    fn on_restart(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        // The wakes asked for died with the process; what is due is found again below.
        self.wake = None;
        for link in Link::ALL {
            self.loosen(TraderCause::Link(link), "a new process has new links", actions);
        }
        self.forget_questions();
        self.forget_timer();
        if planted(Bug::KillAnytime) {
            self.unlatch("a new process", actions);
        }
        self.lose_orders(now, actions);
        self.lose_sight("restarted from the journal", actions);
        self.on_wake(now, actions);
        self.reconcile_soon(now, actions);
    }
}
