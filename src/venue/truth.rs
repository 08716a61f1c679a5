//! The venue's own log of executions, and the answers to queries about the past.
//!
//! Whatever became of the messages on their way, this is what happened (E4). It only grows.

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
}

/// Every execution of the account, oldest first.
#[derive(Clone, Default)]
pub(super) struct Truth {
    executions: Vec<Execution>,
}

impl Truth {
    pub(super) fn executed(&mut self, execution: Execution) {
        self.executions.push(execution);
    }

    /// The report of the last execution.
    pub(super) fn newest(&self, orders: &Orders) -> ExecutionReport {
        self.report(orders, self.executions.len() - 1)
    }

    /// A page of the executions at or after an instant, oldest first within it; page 0 is the newest.
    /// Also whether older ones remain.
    pub(super) fn page(&self, orders: &Orders, since: Timestamp, page: u32) -> (Vec<ExecutionReport>, bool) {
        let first = self.executions.partition_point(|execution| execution.at < since);
        let end = self.executions.len().saturating_sub(page as usize * FILLS_PER_PAGE).max(first);
        let start = end.saturating_sub(FILLS_PER_PAGE).max(first);
        ((start..end).map(|place| self.report(orders, place)).collect(), start > first)
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
        match query {
            Query::Order(id) => out.push(self.order_status(now, id)),
            Query::OpenOrders => {
                out.push(VenueMessage::OpenOrders(Snapshot { at: now, items: self.open_orders() }));
            }
            Query::ClosedOrders(since) => {
                out.push(VenueMessage::ClosedOrders(Snapshot { at: now, items: self.closed_since(since) }));
            }
            Query::Fills { since, page } => {
                let (fills, more) = self.truth.page(&self.orders, since, page);
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
        let Some(number) = self.orders.find(id) else {
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
