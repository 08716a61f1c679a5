//! Yearly figures from compounded returns: the convention of the back-tester backtesting.py.
//!
//! It differs from [`super::curve`] and [`super::sharpe`] on purpose, so that figures published by it can be compared:
//! the annual return is the geometric mean return compounded over a year's periods, the volatility that of a compounded
//! return (Dobrynskaya and Shubin as that program cites them, SSRN 3054517: the second moment of a product of independent
//! factors), Sharpe and Calmar are quotients of these, and Sortino divides the annual return by the downside deviation
//! times a root. Its growth and drawdowns are ours.

use super::curve::{calmar, downside};
use super::finite;
use super::moments::{deviation, mean};

/// A year's compounded figures.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Compounded {
    /// Annual return.
    pub annual: f64,
    /// Annual volatility.
    pub volatility: f64,
    /// Downside deviation below zero, times the root of a year's periods.
    pub downside: f64,
}

impl Compounded {
    /// Of simple returns, with so many periods in a year. None of fewer than two, or where one lost everything.
    #[must_use]
    pub fn of(returns: &[f64], periods_per_year: f64) -> Option<Self> {
        let log = |value: &f64| Some(1.0 + value).filter(|factor| *factor > 0.0).map(libm::log);
        let mean = mean(&returns.iter().map(log).collect::<Option<Vec<f64>>>()?)?;
        let (factor, deviation) = (libm::exp(mean), deviation(returns)?);
        let power = |base: f64| libm::pow(base, periods_per_year);
        let square = factor * factor;
        let variance = power(deviation * deviation + square) - power(square);
        Some(Self {
            annual: finite(power(factor) - 1.0)?,
            volatility: finite(variance.max(0.0).sqrt())?,
            downside: finite(downside(returns, 0.0)? * periods_per_year.sqrt())?,
        })
    }

    /// Annual return over annual volatility; none where there is none.
    #[must_use]
    pub fn sharpe(&self) -> Option<f64> {
        finite(self.annual / Some(self.volatility).filter(|volatility| *volatility > 0.0)?)
    }

    /// Annual return over downside deviation; none where nothing fell.
    #[must_use]
    pub fn sortino(&self) -> Option<f64> {
        finite(self.annual / Some(self.downside).filter(|downside| *downside > 0.0)?)
    }

    /// Annual return over the greatest drawdown; none without one.
    #[must_use]
    pub fn calmar(&self, deepest: f64) -> Option<f64> {
        calmar(self.annual, deepest)
    }
}
