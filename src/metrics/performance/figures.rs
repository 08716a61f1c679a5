//! The figures a strategy is judged by, as plain data.
//!
//! Money is exact decimal text in account currency. Ratios are floats, of which no trader knows; one that cannot be said
//! is none. Times are nanoseconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attribution::Attribution;
use super::uptime::Uptime;

/// Everything said of the performance of one run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// When the period began, since 1970.
    pub start_ns: i64,
    /// When it ended.
    pub end_ns: i64,
    /// Equity when everything held first had a rate; none if that never was.
    pub equity_start: Option<String>,
    /// Equity at the end.
    pub equity_end: Option<String>,
    /// The close of every UTC day in which equity was sampled, and of the last day so far.
    pub days: Vec<DayClose>,
    /// What is said of daily returns.
    pub returns: Returns,
    /// The deepest fall from a peak of sampled equity, as a fraction of the peak, cut at 8 decimals.
    pub drawdown: String,
    /// The longest time from a peak to the sample that was back at it, or to the end.
    pub drawdown_longest_ns: i64,
    /// The share of time in which any position of a desk was open.
    pub exposure: Option<f64>,
    /// Value traded.
    pub traded: String,
    /// The same over mean equity at the close of days.
    pub turnover: Option<f64>,
    /// Closed trades.
    pub trades: TradeFigures,
    /// What became of orders.
    pub execution: Execution,
    /// Whether the trading loop was up.
    pub uptime: Uptime,
    /// Where the change of equity came from; none where something has no rate, or an amount is too large.
    pub attribution: Option<Attribution>,
}

/// Equity at the close of a day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DayClose {
    /// Its date, UTC.
    pub date: String,
    /// Equity at the last sample in it.
    pub equity: String,
    /// What was deposited in it, less what was withdrawn: no part of its return.
    pub transferred: String,
}

/// Days of a year: these markets have no weekends.
pub const YEAR_DAYS: u16 = 365;

/// Figures of daily returns: each close less the day's transfers over the close before, the first over the start.
/// A year has 365 days.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Returns {
    /// The returns themselves; none where equity was not above zero.
    pub daily: Option<Vec<f64>>,
    /// Mean over deviation, per day.
    pub sharpe: Option<f64>,
    /// The standard error of that.
    pub sharpe_error: Option<f64>,
    /// The same per year.
    pub sharpe_annualised: Option<f64>,
    /// Skew of daily returns.
    pub skew: Option<f64>,
    /// Kurtosis of daily returns; 3 for a normal.
    pub kurtosis: Option<f64>,
    /// Deviation of daily returns, per year.
    pub volatility: Option<f64>,
    /// Sortino's ratio over a target of nothing, per year.
    pub sortino: Option<f64>,
    /// Compound annual growth, from start to end.
    pub growth: Option<f64>,
    /// That over the deepest drawdown.
    pub calmar: Option<f64>,
    /// The loss that one day in twenty exceeds.
    pub value_at_risk: Option<f64>,
    /// The mean loss of the worst day in twenty.
    pub expected_shortfall: Option<f64>,
}

/// A closed trade: the position of a desk in an instrument, from nothing to nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ClosedTrade {
    /// Of which desk.
    pub desk: u16,
    /// In which instrument.
    pub symbol: String,
    /// When it was opened, since 1970.
    pub opened_ns: i64,
    /// When it was closed.
    pub closed_ns: i64,
    /// What it came to, net of every fee, funding and interest.
    pub net: String,
}

/// Figures of closed trades.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TradeFigures {
    /// All of them, in the order they were closed.
    pub closed: Vec<ClosedTrade>,
    /// How many.
    pub count: u64,
    /// How many won.
    pub won: u64,
    /// How many lost.
    pub lost: u64,
    /// What they came to together.
    pub net: String,
    /// The share that won.
    pub hit_rate: Option<f64>,
    /// What was won over what was lost; none where nothing was lost.
    pub profit_factor: Option<f64>,
    /// What one came to on average, cut at 8 decimals.
    pub expectancy: Option<String>,
    /// What the best trade is of their profit; none where they made none.
    pub best_trade_share: Option<f64>,
    /// What the best day is of the profit of all days; none where they made none.
    pub best_day_share: Option<f64>,
}

/// How values are spread. A percentile is the nearest rank of what was counted: a value that really was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Percentiles<T> {
    /// How many there were.
    pub count: u64,
    /// Half are at most this.
    pub p50: Option<T>,
    /// Ninety-five in a hundred are at most this.
    pub p95: Option<T>,
    /// Ninety-nine in a hundred are at most this.
    pub p99: Option<T>,
    /// The greatest.
    pub max: Option<T>,
}

impl<T> Default for Percentiles<T> {
    fn default() -> Self {
        Self { count: 0, p50: None, p95: None, p99: None, max: None }
    }
}

impl<T: Ord + Copy> Percentiles<T> {
    /// Of values in any order.
    #[must_use]
    pub fn of(values: &[T]) -> Self {
        let mut all = values.to_vec();
        all.sort_unstable();
        let at = |percent: usize| all.len().checked_mul(percent).and_then(|n| all.get(n.div_ceil(100).checked_sub(1)?));
        let at = |percent: usize| at(percent).copied();
        Self { count: all.len() as u64, p50: at(50), p95: at(95), p99: at(99), max: all.last().copied() }
    }

    /// The same in other words.
    pub fn map<U>(self, how: impl Fn(T) -> U) -> Percentiles<U> {
        let Self { count, p50, p95, p99, max } = self;
        Percentiles { count, p50: p50.map(&how), p95: p95.map(&how), p99: p99.map(&how), max: max.map(how) }
    }
}

/// What became of orders on their way, and what guarded positions.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Execution {
    /// The share of what entries asked for that filled, by value at the price they were decided on.
    pub fill_ratio: Option<f64>,
    /// The share of fills after which their order still had something to fill.
    pub partial_fill_share: Option<f64>,
    /// From release to the first fill as we booked it.
    pub fill_ns: Percentiles<i64>,
    /// From decision to ack as we heard it.
    pub ack_ns: Percentiles<i64>,
    /// From release to ack as we heard it: the same without the wait for a token.
    pub release_ns: Percentiles<i64>,
    /// How much worse than the mid it was priced from a fill was, as a fraction; negative is better. What waits for
    /// a trigger is not among them.
    pub slippage: Percentiles<String>,
    /// The share of value that traded resting.
    pub maker_share: Option<f64>,
    /// Orders sent.
    pub orders: u64,
    /// Commands sent that place, change or end orders.
    pub commands: u64,
    /// Orders the venue refused, by its reason.
    pub rejected: BTreeMap<String, u64>,
    /// The share of orders it refused.
    pub reject_rate: Option<f64>,
    /// Our own refusals, by check.
    pub denied: BTreeMap<String, u64>,
    /// Replies that were ambiguous or on no table.
    pub ambiguous: u64,
    /// Rejections and such replies over commands.
    pub error_rate: Option<f64>,
    /// How long positions stood without full cover, in all.
    pub naked_total_ns: i64,
    /// The longest time one did.
    pub naked_max_ns: i64,
    /// How long positions were open, each on its own.
    pub held_ns: i64,
    /// The share of that in which a live stop covered them.
    pub stop_coverage: Option<f64>,
    /// Critical alerts.
    pub critical_alerts: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was() {
        let spread = Percentiles::of(&(1..=200).rev().collect::<Vec<i64>>());
        assert_eq!((spread.p50, spread.p95, spread.p99, spread.max), (Some(100), Some(190), Some(198), Some(200)));
        assert_eq!(Percentiles::of(&[7]).map(|seven: i32| seven + 1).p95, Some(8));
        assert_eq!(Percentiles::<i64>::of(&[]), Percentiles::default());
    }
}
