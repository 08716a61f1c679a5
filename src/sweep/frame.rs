//! Runs as columns. Money is decimal text, exact; a reader who wants a float casts it.

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsResult, Series};
use serde::Serialize;

use super::plan::Plan;
use super::run::Row;
use crate::metrics::{Spread, Summary};
use crate::scenario::Kind;

/// Columns that every sweep has; a swept key of such a name is that column.
const FIXED: [&str; 4] = ["number", "scenario", "seed", "run"];

/// What came of runs, one row each. The order of columns is part of the schema.
pub(super) fn of_runs(plan: &Plan, rows: &[Row]) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        numbers("number", rows, |row| Some(row.number)),
        texts("scenario", rows, |_| Some(plan.name().to_owned())),
        numbers("seed", rows, |row| summary(row).map(|summary| summary.seed)),
        numbers("run", rows, |row| Some(plan.place(row.number).1)),
    ];
    let swept = plan.axes().enumerate().filter(|(_, (name, _))| !FIXED.contains(name));
    columns.extend(swept.map(|(at, (name, kind))| values(name, kind, rows, at)));
    columns.push(texts("error", rows, |row| row.came.as_ref().err().cloned()));
    let mut text = |name, of: fn(&Summary) -> Option<String>| {
        columns.push(texts(name, rows, |row| summary(row).and_then(of)));
    };
    text("digest", |of| Some(of.digest.clone()));
    text("gross_pnl", |of| Some(of.gross_pnl.clone()));
    text("fees", |of| Some(of.fees.clone()));
    text("funding", |of| Some(of.funding.clone()));
    text("net_pnl", |of| Some(of.net_pnl.clone()));
    text("equity_start", |of| of.equity_start.clone());
    text("equity_end", |of| of.equity_end.clone());
    text("max_drawdown", |of| Some(of.max_drawdown.clone()));
    text("position_end", |of| Some(json(&of.position_end)));
    text("unvalued", |of| Some(json(&of.unvalued)));
    text("denied_by", |of| Some(json(&of.order_statistics.denials)));
    text("alerts", |of| Some(json(&of.order_statistics.alerts)));
    text("slippage_p50", |of| of.order_statistics.slippage.p50.clone());
    text("slippage_p99", |of| of.order_statistics.slippage.p99.clone());
    text("slippage_max", |of| of.order_statistics.slippage.max.clone());
    let mut whole = |name, of: fn(&Summary) -> u64| {
        columns.push(numbers(name, rows, |row| summary(row).map(of)));
    };
    whole("events", |of| of.events);
    whole("orders", |of| of.orders);
    whole("fills", |of| of.fills);
    whole("partial_fills", |of| of.partial_fills);
    whole("rejections", |of| of.rejections);
    whole("denials", |of| of.denials);
    whole("retries", |of| of.order_statistics.retries);
    whole("audit_breaches", |of| of.audit_breaches);
    let spreads: [(&str, Times); 4] = [
        ("ack_ns", |of| &of.order_statistics.ack_ns),
        ("fill_ns", |of| &of.order_statistics.fill_ns),
        ("budget_wait_ns", |of| &of.order_statistics.budget_wait_ns),
        ("naked_ns", |of| &of.order_statistics.naked_ns),
    ];
    for (name, of) in spreads {
        columns.push(numbers(&format!("{name}_count"), rows, |row| summary(row).map(|all| of(all).count)));
        for (rank, get) in RANKS {
            columns.push(signed(&format!("{name}_{rank}"), rows, |row| summary(row).and_then(|all| get(of(all)))));
        }
    }
    columns.push(texts("data", rows, |row| row.came.as_ref().ok().map(|came| came.data.clone())));
    let days = |row: &Row| row.came.as_ref().ok().map(|came| came.data_days.clone()).filter(|days| !days.is_empty());
    columns.push(texts("data_days", rows, days));
    columns.push(texts("again", rows, |row| Some(row.again.clone())));
    DataFrame::new(rows.len(), columns)
}

/// Times of a run.
type Times = fn(&Summary) -> &Spread<i64>;
type Rank = fn(&Spread<i64>) -> Option<i64>;
const RANKS: [(&str, Rank); 3] = [("p50", |of| of.p50), ("p99", |of| of.p99), ("max", |of| of.max)];

/// How long runs took: apart, since it is never the same twice.
pub(super) fn of_timing(rows: &[Row]) -> PolarsResult<DataFrame> {
    let events = |row: &Row| summary(row).map_or(0, |summary| summary.events);
    let rate = |row: &Row| u64::try_from(u128::from(events(row)) * 1_000_000_000 / row.wall.as_nanos().max(1)).ok();
    let seconds: Vec<f64> = rows.iter().map(|row| row.wall.as_secs_f64()).collect();
    let columns = vec![
        numbers("number", rows, |row| Some(row.number)),
        Series::new("wall_seconds".into(), seconds).into_column(),
        numbers("events_per_second", rows, rate),
    ];
    DataFrame::new(rows.len(), columns)
}

fn summary(row: &Row) -> Option<&Summary> {
    row.came.as_ref().ok().map(|came| &came.summary)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data has a text")
}

fn texts(name: &str, rows: &[Row], of: impl Fn(&Row) -> Option<String>) -> Column {
    Series::new(name.into(), rows.iter().map(of).collect::<Vec<Option<String>>>()).into_column()
}

fn numbers(name: &str, rows: &[Row], of: impl Fn(&Row) -> Option<u64>) -> Column {
    Series::new(name.into(), rows.iter().map(of).collect::<Vec<Option<u64>>>()).into_column()
}

fn signed(name: &str, rows: &[Row], of: impl Fn(&Row) -> Option<i64>) -> Column {
    Series::new(name.into(), rows.iter().map(of).collect::<Vec<Option<i64>>>()).into_column()
}

/// A swept key's column, in the type of its values.
fn values(name: &str, kind: Kind, rows: &[Row], at: usize) -> Column {
    let texts = rows.iter().map(|row| plain(&row.values[at]));
    match kind {
        Kind::Whole => Series::new(name.into(), texts.map(|text| text.parse().ok()).collect::<Vec<Option<i64>>>()),
        Kind::Decimal => Series::new(name.into(), texts.map(|text| text.parse().ok()).collect::<Vec<Option<f64>>>()),
        Kind::Truth => Series::new(name.into(), texts.map(|text| text == "true").collect::<Vec<bool>>()),
        Kind::Text => Series::new(name.into(), texts.collect::<Vec<String>>()),
    }
    .into_column()
}

/// What a TOML value says, without its quotes.
fn plain(value: &str) -> String {
    serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned())
}
