//! What of a run is stored besides its figures, for whoever asks: fills, orders, and the equity curve.
//!
//! Fills are the venue's own log, orders are the trader's, equity is what the trader's account came to whenever it was
//! valued. Prices and quantities are decimal text, times are nanoseconds since 1970.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsResult, Series};

use crate::journal::{Body, Header, InstrumentCard, Record, in_words};
use crate::market::{
    Decision, DeskId, Fill, InstrumentId, NewOrder, OrderId, OrderKind, OrderState, Price, Qty, ReportKind, Timestamp,
};

/// A table of details.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Detail {
    /// What traded.
    Fills,
    /// What was ordered, and how it ended.
    Orders,
    /// What the account came to.
    Equity,
}

impl Detail {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fills, Self::Orders, Self::Equity];

    /// Its name, and that of its file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fills => "fills",
            Self::Orders => "orders",
            Self::Equity => "equity",
        }
    }
}

/// An order, and how it stands.
#[derive(Clone, PartialEq, Debug)]
struct Ordered {
    at: Timestamp,
    desk: DeskId,
    order: NewOrder,
    state: Option<OrderState>,
    filled: i64,
}

/// The details of one run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Details {
    cards: Vec<InstrumentCard>,
    assets: Vec<String>,
    fills: Vec<(Timestamp, OrderId, InstrumentId, Fill)>,
    orders: BTreeMap<OrderId, Ordered>,
    equity: Vec<(Timestamp, String, String, u32)>,
}

impl Details {
    /// For the run of a journal with this header.
    pub(super) fn new(header: &Header) -> Self {
        let assets = header.assets.iter().map(|asset| asset.name.clone()).collect();
        Self { cards: header.instruments.clone(), assets, ..Self::default() }
    }

    /// Takes the next record.
    pub(super) fn observe(&mut self, record: &Record) {
        match &record.body {
            Body::Truth(report) => {
                if let ReportKind::Filled(fill) = report.kind {
                    self.fills.push((report.at, report.order, report.instrument, fill));
                    if let Some(row) = self.orders.get_mut(&report.order) {
                        row.filled += fill.qty.0;
                    }
                }
            }
            Body::Decision(Decision::Intended { desk, order, .. }) => {
                let row = Ordered { at: record.now, desk: *desk, order: *order, state: None, filled: 0 };
                self.orders.insert(order.id, row);
            }
            Body::Decision(Decision::Moved { order, to, .. }) => {
                if let Some(row) = self.orders.get_mut(order) {
                    row.state = Some(*to);
                }
            }
            Body::Decision(Decision::Valued { equity, exposure, positions }) => {
                self.equity.push((record.now, equity.to_string(), exposure.to_string(), *positions));
            }
            _ => {}
        }
    }

    fn price(&self, id: InstrumentId, price: Price) -> Option<String> {
        let card = self.cards.get(usize::from(id.0))?;
        card.price(price).ok().map(|price| price.to_string())
    }

    fn qty(&self, id: InstrumentId, qty: i64) -> Option<String> {
        let card = self.cards.get(usize::from(id.0))?;
        card.qty(Qty(qty)).ok().map(|qty| qty.to_string())
    }

    fn symbol(&self, id: InstrumentId) -> Option<String> {
        self.cards.get(usize::from(id.0)).map(|card| card.symbol.clone())
    }
}

/// The details of runs as columns, each row with its run's number in the plan.
pub(super) fn frame(what: Detail, runs: &[(u64, &Details)]) -> PolarsResult<DataFrame> {
    match what {
        Detail::Fills => fills(runs),
        Detail::Orders => orders(runs),
        Detail::Equity => equity(runs),
    }
}

fn fills(runs: &[(u64, &Details)]) -> PolarsResult<DataFrame> {
    let all: Vec<_> = runs.iter().flat_map(|(number, of)| of.fills.iter().map(|fill| (*number, *of, fill))).collect();
    let fee = |of: &Details, fill: &Fill| fill.fee.and_then(|fee| of.assets.get(usize::from(fee.asset.0)).cloned());
    let columns = vec![
        column("number", all.iter().map(|(number, ..)| *number).collect::<Vec<u64>>()),
        column("at_ns", all.iter().map(|(_, _, (at, ..))| at.0).collect::<Vec<i64>>()),
        column("order", all.iter().map(|(_, _, (_, order, ..))| order.0).collect::<Vec<u64>>()),
        column("execution", all.iter().map(|(_, _, (.., fill))| fill.execution.to_string()).collect::<Vec<_>>()),
        column("symbol", all.iter().map(|(_, of, (_, _, id, _))| of.symbol(*id)).collect::<Vec<_>>()),
        column("side", all.iter().map(|(_, _, (.., fill))| in_words(&fill.side)).collect::<Vec<_>>()),
        column("price", all.iter().map(|(_, of, (_, _, id, fill))| of.price(*id, fill.price)).collect::<Vec<_>>()),
        column("qty", all.iter().map(|(_, of, (_, _, id, fill))| of.qty(*id, fill.qty.0)).collect::<Vec<_>>()),
        column("liquidity", all.iter().map(|(_, _, (.., fill))| in_words(&fill.liquidity)).collect::<Vec<_>>()),
        column(
            "fee",
            all.iter().map(|(_, _, (.., fill))| fill.fee.map(|fee| fee.amount.to_string())).collect::<Vec<_>>(),
        ),
        column("fee_asset", all.iter().map(|(_, of, (.., fill))| fee(of, fill)).collect::<Vec<_>>()),
    ];
    DataFrame::new(all.len(), columns)
}

fn orders(runs: &[(u64, &Details)]) -> PolarsResult<DataFrame> {
    let all: Vec<_> = runs.iter().flat_map(|(number, of)| of.orders.values().map(|row| (*number, *of, row))).collect();
    let price = |of: &Details, row: &Ordered, price: Option<Price>| of.price(row.order.instrument, price?);
    let columns = vec![
        column("number", all.iter().map(|(number, ..)| *number).collect::<Vec<u64>>()),
        column("at_ns", all.iter().map(|(.., row)| row.at.0).collect::<Vec<i64>>()),
        column("order", all.iter().map(|(.., row)| row.order.id.0).collect::<Vec<u64>>()),
        column("desk", all.iter().map(|(.., row)| u64::from(row.desk.0)).collect::<Vec<u64>>()),
        column("symbol", all.iter().map(|(_, of, row)| of.symbol(row.order.instrument)).collect::<Vec<_>>()),
        column("side", all.iter().map(|(.., row)| in_words(&row.order.side)).collect::<Vec<_>>()),
        column("kind", all.iter().map(|(.., row)| kind(row)).collect::<Vec<_>>()),
        column("limit", all.iter().map(|(_, of, row)| price(of, row, row.order.kind.limit())).collect::<Vec<_>>()),
        column("trigger", all.iter().map(|(_, of, row)| price(of, row, row.order.kind.trigger())).collect::<Vec<_>>()),
        column("qty", all.iter().map(|(_, of, row)| of.qty(row.order.instrument, row.order.qty.0)).collect::<Vec<_>>()),
        column("filled", all.iter().map(|(_, of, row)| of.qty(row.order.instrument, row.filled)).collect::<Vec<_>>()),
        column("post_only", all.iter().map(|(.., row)| row.order.post_only).collect::<Vec<bool>>()),
        column("reduce_only", all.iter().map(|(.., row)| row.order.reduce_only).collect::<Vec<bool>>()),
        column("state", all.iter().map(|(.., row)| row.state.map(|state| in_words(&state))).collect::<Vec<_>>()),
    ];
    DataFrame::new(all.len(), columns)
}

fn equity(runs: &[(u64, &Details)]) -> PolarsResult<DataFrame> {
    let all: Vec<_> = runs.iter().flat_map(|(number, of)| of.equity.iter().map(|row| (*number, row))).collect();
    let columns = vec![
        column("number", all.iter().map(|(number, _)| *number).collect::<Vec<u64>>()),
        column("at_ns", all.iter().map(|(_, row)| row.0.0).collect::<Vec<i64>>()),
        column("equity", all.iter().map(|(_, row)| row.1.clone()).collect::<Vec<String>>()),
        column("exposure", all.iter().map(|(_, row)| row.2.clone()).collect::<Vec<String>>()),
        column("positions", all.iter().map(|(_, row)| u64::from(row.3)).collect::<Vec<u64>>()),
    ];
    DataFrame::new(all.len(), columns)
}

fn column<T, P: ?Sized>(name: &str, values: T) -> Column
where
    Series: NamedFrom<T, P>,
{
    Series::new(name.into(), values).into_column()
}

/// The name of an order's kind, without its prices.
fn kind(row: &Ordered) -> &'static str {
    match row.order.kind {
        OrderKind::Market => "market",
        OrderKind::Limit { .. } => "limit",
        OrderKind::StopMarket { .. } => "stop market",
        OrderKind::StopLimit { .. } => "stop limit",
        OrderKind::TargetMarket { .. } => "target market",
        OrderKind::TargetLimit { .. } => "target limit",
    }
}
