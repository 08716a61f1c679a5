//! The venue's dead-man timer (production-rules §4.13, OP-6): it cancels every order, stops too,
//! unless it hears from us.
//!
//! `flat_only` keeps it armed while entries rest and nothing is held, and disarms it before a
//! position could lose its stop; `flatten` keeps it armed whatever is held, and a position it left
//! uncovered is closed; `off` never arms it.

use super::core::{Core, alert};
use super::words::DmsPolicy;
use crate::market::{
    Action, CancelledBecause, Command, DeskId, ExecutionReport, ExitCause, Link, Purpose, Qty, ReportKind, Severity,
    Span, Timestamp,
};

/// How long the venue waits for us.
const PATIENCE: Span = Span::from_secs(60);
/// How often it hears from us.
const HEARTBEAT: Span = Span::from_secs(20);

impl Core {
    /// Arms or disarms the timer as what is open has changed: the last thing of a step.
    pub(crate) fn keep_alive(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.is_down(Link::Orders) {
            return;
        }
        match (self.wants_timer(), self.heartbeat) {
            (true, None) => self.beat(now, actions),
            (false, Some(_)) => {
                self.heartbeat = None;
                actions.push(Action::Send(Command::CancelAllAfter(Span::ZERO)));
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// What time does: the next heartbeat.
    pub(crate) fn heartbeat_timer(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        match self.heartbeat {
            Some(due) if due > now => self.wake_at(due, actions),
            Some(_) if self.is_down(Link::Orders) => self.heartbeat = None,
            Some(_) if self.wants_timer() => self.beat(now, actions),
            Some(_) | None => {}
        }
    }

    fn beat(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let due = now.after(HEARTBEAT);
        self.heartbeat = Some(due);
        actions.push(Action::Send(Command::CancelAllAfter(PATIENCE)));
        self.wake_at(due, actions);
    }

    /// Only entries of ours are worth it: what protects must outlive us, unless the policy closes.
    fn wants_timer(&self) -> bool {
        let ours = |order: &super::order::Order| order.desk != DeskId::EXTERNAL && !order.state.is_terminal();
        match self.config.dms.policy {
            DmsPolicy::Off => false,
            DmsPolicy::FlatOnly => {
                self.books.positions().next().is_none()
                    && self.orders.open().any(|order| ours(order) && order.purpose == Purpose::Entry)
            }
            DmsPolicy::Flatten => self.orders.open().any(ours),
        }
    }

    /// A new process beats, or disarms, at once: what the old one last said is some time ago.
    pub(crate) fn forget_timer(&mut self) {
        self.heartbeat = self.heartbeat.map(|_| Timestamp::MIN);
    }

    /// The timer fired: under `flatten` what it left uncovered is closed; a stop that it took is
    /// put back by protection otherwise.
    pub(crate) fn on_dead_man(&mut self, now: Timestamp, report: &ExecutionReport, actions: &mut Vec<Action>) {
        if report.kind != ReportKind::Cancelled(CancelledBecause::DeadMansSwitch) {
            return;
        }
        let Some(order) = self.orders.get(report.order) else { return };
        let (key, purpose) = ((order.desk, order.terms.instrument), order.purpose);
        self.heartbeat = None;
        let text = format!("the dead-man timer of the venue cancelled order {}", report.order.0);
        alert(Severity::Critical, Some(key.1), Some(report.order), text, actions);
        if purpose == Purpose::Stop && self.config.dms.policy == DmsPolicy::Flatten {
            self.demand_exit(now, key, Qty::ZERO, ExitCause::Unprotected, actions);
        }
    }
}
