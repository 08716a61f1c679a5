//! The kill (production-rules §4.13, OP-2, OP-3, OP-7): entries end, protection stays; in mode
//! `flatten` every position is taken down the exit ladder as well, its protection kept until flat.
//!
//! It is sticky and idempotent, and it is state like any other: rebuilt from the journal, kept
//! through reconciliation, whatever is unknown and whatever link is down. A fill that comes late
//! under `flatten` is exited like the rest: [`Core::keep_flattening`] looks after every step.
//!
//! `CancelAll` is never used: the venue cannot scope it, and it would take stops, and the orders of
//! other hands, along.

use super::arming::Kill;
use super::core::{Core, alert};
use super::order::Order;
use super::transitions::Input;
use super::words::KillMode;
use crate::market::{
    Action, Bug, Command, DeskId, ExitCause, InstrumentId, OrderId, Purpose, Qty, Scope, Severity, Timestamp, planted,
};

impl Core {
    /// Kills in the configured mode.
    pub(crate) fn kill_by_mode(&mut self, now: Timestamp, why: &str, actions: &mut Vec<Action>) {
        let how = match self.config.kill.mode {
            KillMode::Halt => Kill::Halted,
            KillMode::Flatten => Kill::Flattening,
        };
        self.kill(now, how, why, actions);
    }

    /// Kills; a second kill changes nothing, a harder one hardens it.
    pub(crate) fn kill(&mut self, now: Timestamp, how: Kill, why: &str, actions: &mut Vec<Action>) {
        if !self.kill_as(how, why, actions) {
            return;
        }
        let what = match how {
            Kill::Halted => "entries end, protection stays",
            Kill::Flattening => "entries end, every position is closed",
        };
        alert(Severity::Critical, None, None, format!("killed ({why}): {what}"), actions);
        if planted(Bug::KillAnytime2) {
            actions.push(Action::Send(Command::CancelAll(None)));
        }
        self.end_entries(now, |_| true, actions);
        self.keep_flattening(now, actions);
    }

    /// Ends our entries in scope; TR-26 sends the cancel of one that is unknown at once.
    pub(crate) fn end_entries(&mut self, now: Timestamp, within: impl Fn(&Order) -> bool, actions: &mut Vec<Action>) {
        let entry = |order: &&Order| {
            order.purpose == Purpose::Entry && order.desk != DeskId::EXTERNAL && !order.state.is_terminal()
        };
        let ids: Vec<OrderId> =
            self.orders.open().filter(entry).filter(|order| within(order)).map(|order| order.terms.id).collect();
        for id in ids {
            self.apply(now, id, Input::Killed, actions);
        }
    }

    /// Cancels entries and closes everything in scope; over all, that is a kill.
    pub(crate) fn flatten(&mut self, now: Timestamp, scope: Scope, why: &str, actions: &mut Vec<Action>) {
        match scope {
            Scope::All => self.kill(now, Kill::Flattening, why, actions),
            Scope::Desk(desk) => {
                self.end_entries(now, |order| order.desk == desk, actions);
                self.close_where(now, |key| key.0 == desk, ExitCause::Operator, actions);
            }
            Scope::Instrument(instrument) => {
                self.end_entries(now, |order| order.terms.instrument == instrument, actions);
                self.close_all(now, instrument, actions);
            }
        }
    }

    /// Closes every desk's position in an instrument.
    pub(crate) fn close_all(&mut self, now: Timestamp, instrument: InstrumentId, actions: &mut Vec<Action>) {
        self.close_where(now, |key| key.1 == instrument, ExitCause::Operator, actions);
    }

    fn close_where(
        &mut self,
        now: Timestamp,
        within: impl Fn((DeskId, InstrumentId)) -> bool,
        cause: ExitCause,
        actions: &mut Vec<Action>,
    ) {
        let keys: Vec<(DeskId, InstrumentId)> = self
            .books
            .positions()
            .map(|(desk, instrument, _)| (desk, instrument))
            .filter(|key| key.0 != DeskId::EXTERNAL && within(*key))
            .collect();
        for key in keys {
            self.demand_exit(now, key, Qty::ZERO, cause, actions);
        }
    }

    /// While everything is flattened, whatever is held is on its way out, late fills included.
    pub(crate) fn keep_flattening(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.killed() == Some(Kill::Flattening) {
            self.close_where(now, |_| true, ExitCause::Operator, actions);
        }
    }
}
