//! The fill history, page by page: how fills that the venue reported but never sent are found
//! (production-rules §1.5 effect **f**, §4.10).
//!
//! One reading is under way at a time; a second wish makes it begin again with the earlier start.
//! Pages are read until one holds an execution we know and nothing is missing, or no more remain.
//! Page 0 holds the newest: executions that happen meanwhile move others to later pages, so a page
//! may repeat what the one before it held, and never skips anything.

use super::core::{Core, alert};
use super::order::Order;
use super::resolution::Part;
use crate::market::{Action, Fill, FillPage, OrderId, Query, ReportKind, Severity, Span, Timestamp};

/// A reading of the fill history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    since: Timestamp,
    page: u32,
    /// Venue time of its first page.
    at: Option<Timestamp>,
    /// When it is begun again unless the page came.
    overdue: Timestamp,
}

impl Core {
    /// From when on the history may speak of an order.
    pub(super) fn history_since(&self, id: OrderId, now: Timestamp) -> Timestamp {
        let released = self.orders.get(id).and_then(|order| order.watch.released).unwrap_or(now);
        Timestamp(released.0.saturating_sub(self.config.orders.skew_margin.0))
    }

    /// Reads the fill history from an instant on, or begins the reading under way again if it started
    /// later or its page is overdue.
    pub(crate) fn read_history(&mut self, now: Timestamp, since: Timestamp, actions: &mut Vec<Action>) {
        let since = self.reading.map_or(since, |reading| reading.since.min(since));
        let overdue = now.after(self.config.resolve.gap);
        self.reading = Some(Reading { since, page: 0, at: None, overdue });
        self.ask(now, Query::Fills { since, page: 0 }, actions);
        self.wake_at(overdue, actions);
    }

    /// The fills an order's cumulative promised are looked for.
    pub(super) fn find_fills(&mut self, now: Timestamp, id: OrderId, actions: &mut Vec<Action>) {
        let since = self.history_since(id, now);
        let Some(order) = self.orders.get_mut(id).filter(|order| order.due().0 > 0) else { return };
        let begun = order.watch.due_since.is_none();
        order.watch.due_since = order.watch.due_since.or(Some(now));
        if begun {
            self.read_history(now, since, actions);
        }
    }

    /// A page came: what is missing of it is booked like any report.
    pub(crate) fn hear_fills(&mut self, now: Timestamp, page: &FillPage, actions: &mut Vec<Action>) {
        let mut overlaps = false;
        for report in &page.fills {
            if let ReportKind::Filled(fill) = &report.kind {
                let known = self.books.applied(&fill.execution).copied();
                overlaps |= known.is_some();
                let revised = known.is_some_and(|known| known != *fill && Fill { fee: known.fee, ..*fill } == known);
                if revised && fill.fee.is_some() && self.orders.recall(report.order) {
                    // The history holds the fee in force, whatever was said before.
                    self.revise_fee(now, report, fill, actions);
                } else if known != Some(*fill) {
                    self.on_report(now, report, actions);
                }
            }
        }
        let Some(reading) = self.reading.filter(|reading| reading.page == page.page) else { return };
        let at = reading.at.unwrap_or(page.at);
        let owed = self.orders.open().any(|order| order.state.is_unknown() || order.due().0 > 0);
        if page.more && (owed || !overlaps) {
            let overdue = now.after(self.config.resolve.gap);
            let next = Reading { page: reading.page + 1, at: Some(at), overdue, ..reading };
            self.reading = Some(next);
            self.ask(now, Query::Fills { since: next.since, page: next.page }, actions);
            return self.wake_at(overdue, actions);
        }
        self.reading = None;
        self.write_off(now, reading.since);
        self.missed(now, at, Part::Fills, actions);
    }

    /// A whole history holds no execution that was taken back: what is missing of an order of which we
    /// know such a thing is that.
    fn write_off(&mut self, now: Timestamp, since: Timestamp) {
        let whole = |order: &&Order| order.watch.released.is_some_and(|released| released >= since);
        let short = |order: &&Order| !order.taken_back.is_empty() && !order.due().is_zero();
        let found: Vec<OrderId> = self.orders.open().filter(whole).filter(short).map(Order::id).collect();
        for id in found {
            self.await_no_more(now, id);
        }
    }

    fn await_no_more(&mut self, now: Timestamp, id: OrderId) {
        let order = self.orders.get_mut(id).expect("the caller found it");
        order.undone += order.due();
        order.watch.due_since = None;
        self.orders.refile(now, id);
    }

    /// What the venue said of an order, and neither its whole history as of `at` nor the account has, was taken
    /// back without a word that reached us: it is not waited for.
    pub(super) fn write_off_unseen(
        &mut self,
        now: Timestamp,
        (settled, at): (Timestamp, Timestamp),
        actions: &mut Vec<Action>,
    ) {
        let read = |order: &&Order| {
            // It left, or was open with no more filled, when everything before was accounted for.
            let since = order.watch.released.max(order.watch.alive).is_some_and(|known| known >= settled);
            since && order.watch.newest.is_some_and(|newest| newest <= at)
        };
        let short = |order: &&Order| !order.due().is_zero();
        let found: Vec<Order> = self.orders.open().filter(short).filter(read).cloned().collect();
        for order in found {
            let (id, instrument) = (order.id(), order.terms.instrument);
            let due = self.qty_text(instrument, order.due());
            let text = format!("{due} were reported of order {}, and the venue has no such execution", id.0);
            alert(Severity::Warning, Some(instrument), Some(id), text, actions);
            self.await_no_more(now, id);
        }
    }

    /// Begins a reading again whose page is overdue, while anything is missing.
    pub(super) fn history_timers(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.forget_ancient(now);
        let again = self.config.resolve.retry_every;
        let missing: Vec<OrderId> = self.orders.open().filter(|order| order.due().0 > 0).map(Order::id).collect();
        if let Some(reading) = self.reading {
            if reading.overdue <= now {
                self.read_history(now, reading.since, actions);
            } else {
                self.wake_at(reading.overdue, actions);
            }
            return;
        }
        for id in missing {
            let since = self.history_since(id, now);
            let order = self.orders.get_mut(id).expect("just found");
            let due = order.watch.due_since.unwrap_or(now).after(again);
            if due <= now {
                order.watch.due_since = Some(now);
                self.read_history(now, since, actions);
            } else {
                self.wake_at(due, actions);
            }
        }
    }

    /// FB-3: executions are remembered for `fills.dedupe_window`; once a day the older ones go.
    fn forget_ancient(&mut self, now: Timestamp) {
        if now.since(self.forgot) > Span::from_hours(24) {
            self.forgot = now;
            let window = self.config.fills.dedupe_window;
            let before = Timestamp(now.0.saturating_sub(window.0));
            self.books.forget_before(before);
            self.outside.retain(|_, booked| booked.iter().any(|booking| booking.at >= before));
        }
    }
}
