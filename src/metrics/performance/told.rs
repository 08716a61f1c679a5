//! What the sums of a run come to, once it is over: money made text, and ratios that are floats from here on.

#![allow(clippy::float_arithmetic, reason = "architecture §5: statistics are floats, and no trader reads them")]

use super::figures::{ClosedTrade, DayClose, Execution, Figures, Percentiles, Returns, TradeFigures, YEAR_DAYS};
use super::{Key, Performance, Seen};
use crate::journal::{Exact, TooLarge};
use crate::market::Timestamp;
use crate::metrics::orders::{OrderBook, SLIPPAGE_DECIMALS};
use crate::statistics::curve::{Sample, best_share, calmar, curve, growth, returns, sortino, turnover};
use crate::statistics::moments::deviation;
use crate::statistics::sharpe::Sharpe;
use crate::statistics::tail::tail;
use crate::statistics::trades::Trades;

/// The share of days that are a tail.
const TAIL: f64 = 0.05;

/// Decimals of an average, cut.
const AVERAGE_DECIMALS: u32 = 8;

/// What `Metrics` counts anyway.
pub(in crate::metrics) struct Known<'a> {
    pub ways: &'a OrderBook,
    pub drawdown: Exact,
    pub orders: u64,
    pub fills: u64,
    pub partial_fills: u64,
    pub equity: Option<Exact>,
    /// Equity without the positions named by [`Performance::recalled`].
    pub equity_claimed: Option<Exact>,
}

impl Performance {
    /// Margin positions of which what the trader claimed last is not true any more.
    pub fn recalled(&self) -> Vec<Key> {
        self.parts.recalled().collect()
    }

    /// The figures of a run over this period.
    pub fn finish(
        &self,
        period: (Timestamp, Timestamp),
        known: &Known<'_>,
        seen: Seen<'_>,
    ) -> Result<Figures, TooLarge> {
        let (start, end) = period;
        let money = self.curve();
        let traded = self.traffic.traded();
        let attribution = known.equity_claimed.map_or(Ok(None), |equity| self.parts.finish(seen, equity));
        Ok(Figures {
            start_ns: start.0,
            end_ns: end.0,
            equity_start: self.start.map(|(_, equity)| equity.to_string()),
            equity_end: known.equity.map(|equity| equity.to_string()),
            days: self.days.iter().map(close_of).collect(),
            returns: self.returns(number(known.drawdown)),
            drawdown: known.drawdown.to_string(),
            drawdown_longest_ns: self.drawdown_longest_ns,
            exposure: share(self.trips.exposed_ns(end).into(), end.since(start).0.into()),
            traded: traded.to_string(),
            turnover: number(traded).zip(money.as_deref()).and_then(|(traded, money)| turnover(traded, money)),
            trades: self.trades(seen)?,
            execution: self.execution(end, known),
            uptime: self.uptime.finish(period),
            attribution: attribution.ok().flatten(),
        })
    }

    /// Equity at the close of days.
    fn curve(&self) -> Option<Vec<Sample>> {
        let closes = self.days.iter().map(|day| number(day.equity).map(|equity| (day.at.0, equity)));
        curve(closes.collect::<Option<Vec<_>>>()?)
    }

    /// What one unit invested at the start came to by the close of each day: transfers earn nothing.
    fn growth_curve(&self) -> Option<Vec<Sample>> {
        let (at, start) = self.start?;
        let (mut before, mut unit) = (number(start).filter(|start| *start > 0.0)?, 1.0);
        let mut samples = vec![(at.0, unit)];
        for day in self.days.iter().filter(|day| day.at > at) {
            let (equity, moved) = (number(day.equity)?, number(day.transferred)?);
            unit *= Some((equity - moved) / before).filter(|_| before > 0.0)?;
            samples.push((day.at.0, unit));
            before = equity;
        }
        curve(samples)
    }

    fn returns(&self, drawdown: Option<f64>) -> Returns {
        let Some(units) = self.growth_curve() else { return Returns::default() };
        let Some(daily) = returns(&units) else { return Returns::default() };
        let (sharpe, tail) = (Sharpe::of(&daily), tail(&daily, TAIL));
        let growth = growth(&units);
        Returns {
            sharpe: sharpe.map(|sharpe| sharpe.ratio),
            sharpe_error: sharpe.and_then(|sharpe| sharpe.standard_error()),
            sharpe_annualised: sharpe.and_then(|sharpe| sharpe.annualised(YEAR_DAYS.into())),
            skew: sharpe.map(|sharpe| sharpe.skew),
            kurtosis: sharpe.map(|sharpe| sharpe.kurtosis),
            volatility: deviation(&daily).map(|deviation| deviation * f64::from(YEAR_DAYS).sqrt()),
            sortino: sortino(&daily, 0.0, YEAR_DAYS.into()),
            calmar: growth.zip(drawdown).and_then(|(growth, deepest)| calmar(growth, deepest)),
            growth,
            value_at_risk: tail.map(|tail| tail.value_at_risk),
            expected_shortfall: tail.map(|tail| tail.expected_shortfall),
            daily: Some(daily),
        }
    }

    fn trades(&self, seen: Seen<'_>) -> Result<TradeFigures, TooLarge> {
        let trips = &self.trips.closed;
        let net = trips.iter().try_fold(Exact::ZERO, |sum, trip| sum.plus(trip.net))?;
        let closed = trips.iter().map(|trip| ClosedTrade {
            desk: trip.key.0.0,
            symbol: seen.header.symbol(trip.key.1),
            opened_ns: trip.opened.0,
            closed_ns: trip.closed.0,
            net: trip.net.to_string(),
        });
        let results: Vec<f64> = trips.iter().filter_map(|trip| number(trip.net)).collect();
        let told = Trades::of(&results);
        let count = |of: fn(&Trades) -> usize| told.as_ref().map_or(0, |told| of(told) as u64);
        let average = i128::try_from(trips.len()).ok().filter(|count| *count > 0);
        let average = average.map(|count| net.divided(Exact::whole(count), AVERAGE_DECIMALS)).transpose()?;
        Ok(TradeFigures {
            closed: closed.collect(),
            count: trips.len() as u64,
            won: count(|told| told.won),
            lost: count(|told| told.lost),
            net: net.to_string(),
            hit_rate: told.as_ref().map(|told| told.hit_rate),
            profit_factor: told.as_ref().and_then(Trades::profit_factor),
            expectancy: average.map(|average| average.to_string()),
            best_trade_share: best_share(&results),
            best_day_share: self.day_results()?.and_then(|results| best_share(&results)),
        })
    }

    /// What each day came to, transfers apart.
    fn day_results(&self) -> Result<Option<Vec<f64>>, TooLarge> {
        let Some((_, mut before)) = self.start else { return Ok(None) };
        let mut results = Vec::with_capacity(self.days.len());
        for day in &self.days {
            results.push(number(day.equity.minus(before)?.minus(day.transferred)?));
            before = day.equity;
        }
        Ok(results.into_iter().collect())
    }

    fn execution(&self, end: Timestamp, known: &Known<'_>) -> Execution {
        let (ways, commands) = (known.ways, self.traffic.commands());
        let rejected = self.traffic.rejected();
        let refused: u64 = rejected.values().sum();
        let (held_ns, covered_ns) = self.cover.finish(end);
        let naked = ways.nakednesses(end);
        let text = |parts: i64| Exact::new(parts.into(), SLIPPAGE_DECIMALS).to_string();
        Execution {
            fill_ratio: self.traffic.fill_ratio(),
            partial_fill_share: share(known.partial_fills.into(), known.fills.into()),
            fill_ns: Percentiles::of(&ways.fills),
            ack_ns: Percentiles::of(&ways.decided),
            release_ns: Percentiles::of(&ways.acks),
            slippage: Percentiles::of(&ways.slippages).map(text),
            maker_share: self.traffic.maker_share(),
            orders: known.orders,
            commands,
            reject_rate: share(refused.into(), known.orders.into()),
            rejected,
            denied: ways.denials.clone(),
            ambiguous: self.traffic.ambiguous(),
            error_rate: share(i128::from(refused) + i128::from(self.traffic.ambiguous()), commands.into()),
            naked_total_ns: naked.iter().fold(0, |sum, one| sum.saturating_add(*one)),
            naked_max_ns: naked.iter().copied().max().unwrap_or_default(),
            held_ns,
            stop_coverage: share(covered_ns.into(), held_ns.into()),
            critical_alerts: ways.critical_alerts(),
        }
    }
}

fn close_of(day: &super::Day) -> DayClose {
    let date: String = day.at.to_string().chars().take(DATE_LENGTH).collect();
    DayClose { date, equity: day.equity.to_string(), transferred: day.transferred.to_string() }
}

/// How much of a time's text is its date.
const DATE_LENGTH: usize = "2024-01-01".len();

/// An amount as a number to calculate ratios with.
fn number(amount: Exact) -> Option<f64> {
    amount.to_string().parse().ok()
}

/// A part of a whole; none where the whole is not above zero.
pub(super) fn ratio(part: Exact, whole: Exact) -> Option<f64> {
    let (part, whole) = (number(part)?, number(whole)?);
    (whole > 0.0).then(|| part / whole)
}

/// The same of counts.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
pub(super) fn share(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
