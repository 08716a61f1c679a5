//! What time does: the first wake of a life, replies that are overdue, and the earliest wake of all.

use super::core::Core;
use crate::market::{Action, Command, Query, Timestamp};

impl Core {
    pub(crate) fn on_wake(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let first = self.wake.is_none() && !self.heard_balances && !self.heard_orders;
        if self.wake.is_some_and(|due| due <= now) {
            self.wake = None;
        }
        if first {
            actions.push(Action::Send(Command::Query(Query::OpenOrders)));
            actions.push(Action::Send(Command::Query(Query::Account)));
        }
        self.reply_timers(now, actions);
        match self.desk_wake {
            Some(due) if due <= now => self.desk_wake = None,
            Some(due) => self.wake_at(due, actions),
            None => {}
        }
    }
}
