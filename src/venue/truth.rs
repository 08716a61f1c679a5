//! The venue's own log of executions, and the answers to queries about the past.
//!
//! Whatever became of the messages on their way, this is what happened (E4). It only grows.

use super::account::Effect;
use super::resting::{Life, Number, Orders, place};
use super::{Venue, venue_name};
use crate::market::{
    AssetId, ExecutionReport, Fee, Fill, FillPage, InstrumentId, Liquidity, Money, OpenOrder, OrderId, OrderStatus,
    Price, Qty, Query, ReportKind, Snapshot, Timestamp, VenueMessage, VenueRef,
};

/// Executions a page of the history holds at most (faults.md §0.9).
pub const FILLS_PER_PAGE: usize = 50;

/// One execution as it happened. Its number is its place in the log.
#[derive(Clone, Copy)]
pub(super) struct Execution {
    pub(super) at: Timestamp,
    pub(super) order: Number,
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) liquidity: Liquidity,
    pub(super) fee: (AssetId, Money),
    pub(super) cumulative: Qty,
    /// What it did to a margin position.
    pub(super) effect: Effect,
    /// Whether it was undone since.
    pub(super) busted: bool,
}

/// Every execution of the account, oldest first.
#[derive(Clone, Default)]
pub(super) struct Truth {
    executions: Vec<Execution>,
    /// The first of the account as it is now; those before are of an account that was reset.
    first: usize,
    /// Whether any was undone.
    any_busted: bool,
}

impl Truth {
    pub(super) fn executed(&mut self, execution: Execution) {
        self.executions.push(execution);
    }

    /// The report of the last execution.
    pub(super) fn newest(&self, orders: &Orders) -> ExecutionReport {
        self.report(orders, self.executions.len() - 1)
    }

    /// The place in the log of an execution by its name.
    pub(super) fn find(&self, execution: VenueRef) -> Option<usize> {
        let number: usize = execution.as_str().strip_prefix('E')?.parse().ok()?;
        let place = number.checked_sub(1)?;
        (self.first..self.executions.len()).contains(&place).then_some(place)
    }

    pub(super) fn get(&self, place: usize) -> &Execution {
        &self.executions[place]
    }

    /// The executions from a place on, those undone left out.
    pub(super) fn since(&self, place: usize) -> impl Iterator<Item = &Execution> {
        self.executions[place..].iter().filter(|done| !done.busted)
    }

    pub(super) fn busted(&mut self, place: usize) {
        self.executions[place].busted = true;
        self.any_busted = true;
    }

    /// The report of an execution with another fee.
    pub(super) fn revised(&mut self, orders: &Orders, place: usize, fee: Money) -> ExecutionReport {
        self.executions[place].fee.1 = fee;
        self.report(orders, place)
    }

    /// An order's last execution.
    pub(super) fn last_of(&self, order: Number) -> Option<&Execution> {
        self.executions[self.first..].iter().rev().find(|done| done.order == order)
    }

    /// The account begins anew.
    pub(super) const fn forget(&mut self) {
        self.first = self.executions.len();
    }

    /// A page of the executions at or after an instant, oldest first within it; page 0 is the newest.
    /// Also whether older ones remain.
    pub(super) fn page(&self, orders: &Orders, since: Timestamp, page: u32) -> (Vec<ExecutionReport>, bool) {
        let first = self.executions.partition_point(|execution| execution.at < since).max(self.first);
        let end = self.executions.len().saturating_sub(page as usize * FILLS_PER_PAGE).max(first);
        let start = end.saturating_sub(FILLS_PER_PAGE).max(first);
        ((start..end).map(|place| self.report(orders, place)).collect(), start > first)
    }

    /// The same page where some executions are not shown: those undone, and those of hidden orders.
    fn page_of_shown(
        &self,
        orders: &Orders,
        (since, page): (Timestamp, u32),
        shows: impl Fn(OrderId) -> bool,
    ) -> (Vec<ExecutionReport>, bool) {
        let shown = |place: &usize| {
            let done = &self.executions[*place];
            done.at >= since && !done.busted && shows(orders.get(done.order).terms.id)
        };
        let mut newest_first =
            (self.first..self.executions.len()).rev().filter(shown).skip(page as usize * FILLS_PER_PAGE);
        let mut fills: Vec<ExecutionReport> =
            newest_first.by_ref().take(FILLS_PER_PAGE).map(|place| self.report(orders, place)).collect();
        fills.reverse();
        (fills, newest_first.next().is_some())
    }

    fn report(&self, orders: &Orders, place: usize) -> ExecutionReport {
        let done = &self.executions[place];
        let terms = &orders.get(done.order).terms;
        let (asset, amount) = done.fee;
        let fill = Fill {
            execution: VenueRef::numbered('E', place as u64 + 1),
            side: terms.side,
            price: done.price,
            qty: done.qty,
            liquidity: done.liquidity,
            fee: Some(Fee { asset, amount }),
        };
        ExecutionReport {
            order: terms.id,
            venue_id: Some(venue_name(done.order)),
            instrument: terms.instrument,
            at: done.at,
            cumulative: Some(done.cumulative),
            kind: ReportKind::Filled(fill),
        }
    }
}

impl Venue {
    /// Answers a query, from what really happened.
    pub(super) fn answer(&self, now: Timestamp, query: Query, out: &mut Vec<VenueMessage>) {
        if self.answer_of_the_past(query, out) {
            return;
        }
        match query {
            Query::Order(id) => out.push(self.order_status(now, id)),
            Query::OpenOrders => {
                let shown = |order: &OpenOrder| self.whims.shows(order.order, now);
                let items = self.open_orders().into_iter().filter(shown).collect();
                out.push(VenueMessage::OpenOrders(Snapshot { at: now, items }));
            }
            Query::ClosedOrders(since) => {
                let mut items = self.closed_since(since);
                items.retain(|report| self.whims.shows(report.order, now));
                out.push(VenueMessage::ClosedOrders(Snapshot { at: now, items }));
            }
            Query::Fills { since, page } => {
                let (fills, more) = if self.truth.any_busted || self.whims.hides() {
                    self.truth.page_of_shown(&self.orders, (since, page), |id| self.whims.shows(id, now))
                } else {
                    self.truth.page(&self.orders, since, page)
                };
                out.push(VenueMessage::Fills(FillPage { at: now, page, fills, more }));
            }
            Query::Account => {
                out.push(VenueMessage::Balances(Snapshot { at: now, items: self.balances() }));
                out.push(VenueMessage::Positions(Snapshot { at: now, items: self.positions() }));
            }
        }
    }

    /// The orders that are open, oldest first.
    #[must_use]
    pub fn open_orders(&self) -> Vec<OpenOrder> {
        let open = |number: &Number| {
            let order = self.orders.get(*number);
            OpenOrder {
                order: order.terms.id,
                venue_id: venue_name(*number),
                instrument: order.terms.instrument,
                side: order.terms.side,
                qty: order.terms.qty,
                filled: order.filled,
                kind: order.terms.kind,
                reduce_only: order.terms.reduce_only,
            }
        };
        self.orders.open.iter().map(open).collect()
    }

    fn order_status(&self, now: Timestamp, id: OrderId) -> VenueMessage {
        let Some(number) = self.orders.find(id).filter(|_| self.whims.shows(id, now)) else {
            // The command names no instrument: the answer names the first.
            return VenueMessage::Report(ExecutionReport {
                order: id,
                venue_id: None,
                instrument: InstrumentId(0),
                at: now,
                cumulative: None,
                kind: ReportKind::Status(OrderStatus::NotFound { complete: true }),
            });
        };
        self.report(now, number, ReportKind::Status(self.status(number)))
    }

    fn status(&self, number: Number) -> OrderStatus {
        let order = self.orders.get(number);
        match order.life {
            Life::Open => OrderStatus::Open { qty: order.terms.qty, kind: order.terms.kind },
            Life::Filled => OrderStatus::Filled,
            Life::Cancelled => OrderStatus::Cancelled,
            Life::Expired => OrderStatus::Expired,
            Life::Rejected(reason) => OrderStatus::Rejected(reason),
        }
    }

    fn closed_since(&self, since: Timestamp) -> Vec<ExecutionReport> {
        let first = self.orders.closed.partition_point(|number| self.orders.get(*number).ended < since);
        let report = |number: &Number| {
            let ended = self.orders.get(*number).ended;
            self.execution_report(ended, *number, ReportKind::Status(self.status(*number)))
        };
        self.orders.closed[first..].iter().map(report).collect()
    }

    /// The market an order is in.
    pub(super) fn market_of(&self, number: Number) -> usize {
        place(self.orders.get(number).terms.instrument)
    }
}
