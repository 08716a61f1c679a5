//! What execution reports do: each is turned into one input of the transition table
//! (production-rules §1.5).
//!
//! Order of truth: execution id, then cumulative quantity, then status, then our belief. A
//! duplicate changes nothing, a status older than the newest report changes nothing, and a report
//! that fits no order is an anomaly, never ignored. Fills are in `fills`.

use super::core::{Core, alert, anomaly};
use super::names::{ending, refusal};
use super::order::{Order, Terms};
use super::retries::{Class, class_of};
use super::transitions::{Effect, Input};
use crate::market::{
    Action, Bug, CancelledBecause, ExecutionReport, OrderId, OrderState, OrderStatus, Purpose, Qty, RefusedBecause,
    RejectReason, ReportKind, Severity, Timestamp, planted,
};

impl Core {
    /// Learns what the venue says of one order.
    pub(crate) fn on_report(&mut self, now: Timestamp, report: &ExecutionReport, actions: &mut Vec<Action>) {
        let id = report.order;
        if !self.orders.recall(id) {
            return self.on_strange_report(now, report, actions);
        }
        let order = self.orders.get_mut(id).expect("it was just recalled");
        order.watch.heard = Some(now);
        match report.kind {
            ReportKind::Accepted => self.on_accepted(now, report, actions),
            ReportKind::Rejected(reason) => self.on_rejected(now, id, reason, actions),
            ReportKind::Filled(fill) => self.on_fill(now, report, &fill, actions),
            ReportKind::Cancelled(because) => self.on_cancelled(now, report, because, actions),
            ReportKind::Expired => self.on_end(now, report, Input::Expired, actions),
            ReportKind::Amended { qty, kind } => self.on_amended(now, report, Terms { qty, kind }, actions),
            ReportKind::CancelRejected(because) => self.on_cancel_refused(now, id, because, actions),
            ReportKind::AmendRejected(because) => {
                let input = match because {
                    RefusedBecause::NotOpen => Input::AmendRefusedNotOpen,
                    RefusedBecause::StillOpen(_) => Input::AmendRefusedStillOpen,
                };
                self.apply(now, id, input, actions);
            }
            // It says nothing of whether the order lives: an older answer to that is still news.
            ReportKind::Busted(execution) => return self.on_busted(now, report.at, id, execution, actions),
            ReportKind::Status(status) => return self.on_status(now, report, status, actions),
        }
        self.dated(report);
    }

    /// Remembers the venue time of the newest report of an order.
    fn dated(&mut self, report: &ExecutionReport) {
        if let Some(order) = self.orders.get_mut(report.order) {
            order.watch.newest = order.watch.newest.max(Some(report.at));
            if shows_life(&report.kind) {
                order.watch.alive = order.watch.alive.max(Some(report.at));
            }
            order.watch.absences = 0;
        }
    }

    fn on_accepted(&mut self, now: Timestamp, report: &ExecutionReport, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(report.order).expect("the caller found the order");
        let again = report.venue_id.is_some_and(|named| order.venue_id.is_some_and(|known| known != named));
        order.venue_id = order.venue_id.or(report.venue_id);
        let input = if again { Input::AcceptedAgain } else { Input::Accepted };
        self.apply(now, report.order, input, actions);
    }

    /// A refusal. That of a client id the venue knows already is no refusal but evidence of an earlier
    /// yes.
    fn on_rejected(&mut self, now: Timestamp, id: OrderId, reason: RejectReason, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(id).expect("the caller found the order");
        if class_of(reason) == Class::EarlierYes {
            self.apply(now, id, Input::DuplicateId, actions);
            return;
        }
        let (instrument, filled) = (order.terms.instrument, !order.filled.is_zero());
        order.refused = Some(reason);
        let input = if filled { Input::RejectedWithFills } else { Input::Rejected };
        let moved = self.apply(now, id, input, actions);
        // A post-only refusal is the price of quoting, not news.
        if moved.from != moved.to && reason != RejectReason::PostOnlyWouldCross {
            let text = format!("the venue rejected order {}: {}", id.0, refusal(reason));
            alert(Severity::Warning, Some(instrument), Some(id), text, actions);
        }
        // The venue sees another position than we do: what closed it is asked for, or exits would be tried for as long as
        // its report is under way.
        if moved.from != moved.to && reason == RejectReason::ReduceOnly {
            self.reconcile_soon(now, actions);
        }
    }

    /// New terms hold where the table adopts them; terms no order can have are not terms. A new venue
    /// id supersedes the old one.
    fn on_amended(&mut self, now: Timestamp, report: &ExecutionReport, terms: Terms, actions: &mut Vec<Action>) {
        let id = report.order;
        let prices = [terms.kind.limit(), terms.kind.trigger()];
        if terms.qty <= Qty::ZERO || prices.iter().flatten().any(|price| price.0 <= 0) {
            return anomaly(
                Some(id),
                format!("order {} cannot have new terms of nothing, or at no price", id.0),
                actions,
            );
        }
        let order = self.orders.get_mut(id).expect("the caller found the order");
        if report.venue_id.is_some() && order.venue_id != report.venue_id {
            order.superseded.extend(order.venue_id);
            order.venue_id = report.venue_id;
        }
        // Other terms have held since: a late answer tells nothing of those, and answers only what it was asked.
        if order.watch.terms_at.is_some_and(|known| report.at < known) {
            if order.amending == Some(terms) {
                self.apply(now, id, Input::Amended, actions);
            }
            return;
        }
        if self.apply(now, id, Input::Amended, actions).cell.has(Effect::Adopt) {
            self.adopt(id, terms, report.at);
        }
    }

    /// The venue's terms are the order's; an amend that is out may still change them.
    fn adopt(&mut self, id: OrderId, terms: Terms, at: Timestamp) {
        let order = self.orders.get_mut(id).expect("it was just moved");
        (order.terms.qty, order.terms.kind) = (terms.qty, terms.kind);
        order.amending = order.amending.filter(|_| order.state == OrderState::AmendPending);
        order.watch.terms_at = order.watch.terms_at.max(Some(at));
    }

    fn on_cancel_refused(&mut self, now: Timestamp, id: OrderId, because: RefusedBecause, actions: &mut Vec<Action>) {
        let input = match because {
            RefusedBecause::NotOpen if planted(Bug::OrderCancelOvertakes) => Input::Cancelled,
            RefusedBecause::NotOpen => Input::CancelRefusedNotOpen,
            RefusedBecause::StillOpen(_) => Input::CancelRefusedStillOpen,
        };
        self.apply(now, id, input, actions);
    }

    /// A cancel nobody asked for ends an entry with a warning; of a protective order it is protection's
    /// to answer (PR-8), and an IOC remainder is expected to end.
    fn on_cancelled(
        &mut self,
        now: Timestamp,
        report: &ExecutionReport,
        because: CancelledBecause,
        actions: &mut Vec<Action>,
    ) {
        let order = self.orders.get(report.order).expect("the caller found the order");
        let asked = order.watch.cancelled.is_some() || order.is_market_like() || order.state.is_terminal();
        let (instrument, purpose) = (order.terms.instrument, order.purpose);
        self.on_end(now, report, Input::Cancelled, actions);
        self.on_dead_man(now, report, actions);
        if !asked && purpose == Purpose::Entry {
            let text = format!("order {} was cancelled without our asking: {}", report.order.0, ending(because));
            alert(Severity::Warning, Some(instrument), Some(report.order), text, actions);
        }
    }

    /// An end takes effect with its cumulative quantity; without one it is a question, and nothing is
    /// released before the answer. One that names a superseded venue id ends nothing.
    fn on_end(&mut self, now: Timestamp, report: &ExecutionReport, input: Input, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(report.order).expect("the caller found the order");
        if report.venue_id.is_some_and(|named| order.superseded.contains(&named)) {
            self.apply(now, report.order, Input::EndedSuperseded, actions);
            return;
        }
        let Some(cumulative) = report.cumulative else {
            let text = format!("{input:?} of order {} without a cumulative quantity", report.order.0);
            anomaly(Some(report.order), text, actions);
            return self.inquire(now, report.order, actions);
        };
        order.reported = order.reported.max(cumulative);
        order.doubted = None;
        self.apply(now, report.order, input, actions);
    }

    fn on_status(&mut self, now: Timestamp, report: &ExecutionReport, status: OrderStatus, actions: &mut Vec<Action>) {
        let id = report.order;
        let order = self.orders.get_mut(id).expect("the caller found the order");
        if planted(Bug::OrderAbsent2) {
            // The last status overwrites what is known.
            order.filled = report.cumulative.unwrap_or(order.filled);
        } else if is_old(order, report, status) {
            return;
        }
        order.watch.ask_again = None;
        if let OrderStatus::NotFound { .. } = status {
            return self.on_not_found(now, report, actions);
        }
        let said = if status == OrderStatus::Filled { order.terms.qty } else { Qty::ZERO };
        order.reported = order.reported.max(report.cumulative.unwrap_or(said));
        match status {
            OrderStatus::Open { qty, kind } => self.on_open(now, report, Terms { qty, kind }, actions),
            OrderStatus::Cancelled => self.on_end(now, report, Input::StatusCancelled, actions),
            OrderStatus::Expired => self.on_end(now, report, Input::StatusExpired, actions),
            OrderStatus::Filled => self.on_closed(now, id, Input::StatusFilled, actions),
            OrderStatus::Rejected(reason) => {
                order.refused = order.refused.or(Some(reason));
                self.on_closed(now, id, Input::StatusRejected, actions);
            }
            OrderStatus::NotFound { .. } => unreachable!("answered above"),
        }
        self.dated(report);
        self.orders.refile(now, id);
    }

    fn on_closed(&mut self, now: Timestamp, id: OrderId, input: Input, actions: &mut Vec<Action>) {
        self.orders.get_mut(id).expect("the caller found the order").doubted = None;
        self.apply(now, id, input, actions);
    }

    /// The venue says the order is open: at once for one we knew nothing of, on a second answer for one
    /// that had ended.
    fn on_open(&mut self, now: Timestamp, report: &ExecutionReport, terms: Terms, actions: &mut Vec<Action>) {
        let id = report.order;
        let order = self.orders.get_mut(id).expect("the caller found the order");
        order.venue_id = order.venue_id.or(report.venue_id);
        let long = order.watch.cancelled.map(|sent| sent.after(self.config.orders.cancel_timeout));
        let before_cancel = order.watch.cancelled.is_some_and(|sent| report.at < sent);
        let input = match order.state {
            // It was true before our cancel could have arrived: it says nothing of the cancel.
            OrderState::UnknownCancel if before_cancel => return,
            state if state.is_terminal() && state != OrderState::Void => {
                let again = order.doubted.is_some();
                order.doubted = if again { None } else { Some(report.at) };
                if again { Input::StatusOpenAgain } else { Input::StatusOpen }
            }
            OrderState::CancelPending if long.is_some_and(|long| report.at >= long) => Input::StatusOpenLong,
            _ => Input::StatusOpen,
        };
        let moved = self.apply(now, id, input, actions);
        let order = self.orders.get(id).expect("it was just moved");
        // What the venue says of an order that rests there stands above what we believe of it, whatever became
        // of our last amend: one that was given up may still have arrived.
        let settled = !moved.to.is_terminal();
        let lapsed = order.watch.expiry_asked && matches!(moved.to, OrderState::Live);
        // What an amend made of them at that very instant stands above a list of that instant.
        let known = order.watch.terms_at.is_some_and(|known| report.at <= known);
        if !known && (moved.cell.has(Effect::Adopt) || settled) {
            self.adopt(id, terms, report.at);
        }
        if lapsed {
            self.apply(now, id, Input::ExpiryTimer, actions);
        }
    }

    /// Absence is never proof. Of an order that is known to be open, the second absence in a row stops
    /// the instrument.
    fn on_not_found(&mut self, now: Timestamp, report: &ExecutionReport, actions: &mut Vec<Action>) {
        let id = report.order;
        let again = now.after(self.config.resolve.retry_every);
        let order = self.orders.get_mut(id).expect("the caller found the order");
        if !order.state.is_terminal() && planted(Bug::OrderAbsent) {
            self.apply(now, id, Input::StatusCancelled, actions);
            return;
        }
        let known_open = order.state == OrderState::Live;
        let news = order.watch.absent_at.is_none_or(|last| report.at > last);
        if known_open && news {
            order.watch.absences += 1;
            order.watch.absent_at = Some(report.at);
        }
        let twice = known_open && order.watch.absences >= 2;
        let first_time = known_open && news && order.watch.absences == 2;
        if !twice {
            self.apply(now, id, Input::StatusNotFound, actions);
        } else if first_time {
            self.apply(now, id, Input::AbsenceProven, actions);
        }
        if twice {
            self.orders.get_mut(id).expect("it stays").watch.ask_again = Some(again);
            self.wake_at(again, actions);
        }
        self.orders.refile(now, id);
    }
}

/// Whether a status says nothing new: it is older than what was applied to the order, or says of an
/// ended order that at that very instant it was open. An end is outdated by later life alone: that an
/// order was not open any more when something was asked of it agrees with an earlier end.
fn is_old(order: &Order, report: &ExecutionReport, status: OrderStatus) -> bool {
    let ended = order.state.is_terminal() && order.state != OrderState::Void;
    let open = matches!(status, OrderStatus::Open { .. });
    let no_end = open || matches!(status, OrderStatus::NotFound { .. });
    let newest = if no_end { order.watch.newest } else { order.watch.alive };
    newest.is_some_and(|newest| report.at < newest || (report.at == newest && ended && open))
}

/// Whether a report shows that the order was open, or filled, when it was made.
const fn shows_life(kind: &ReportKind) -> bool {
    match kind {
        ReportKind::Accepted
        | ReportKind::Filled(_)
        | ReportKind::Amended { .. }
        | ReportKind::AmendRejected(RefusedBecause::StillOpen(_))
        | ReportKind::CancelRejected(RefusedBecause::StillOpen(_))
        | ReportKind::Status(OrderStatus::Open { .. }) => true,
        ReportKind::Rejected(_)
        | ReportKind::Cancelled(_)
        | ReportKind::Expired
        | ReportKind::Busted(_)
        | ReportKind::AmendRejected(RefusedBecause::NotOpen)
        | ReportKind::CancelRejected(RefusedBecause::NotOpen)
        | ReportKind::Status(
            OrderStatus::Cancelled
            | OrderStatus::Expired
            | OrderStatus::Filled
            | OrderStatus::Rejected(_)
            | OrderStatus::NotFound { .. },
        ) => false,
    }
}
