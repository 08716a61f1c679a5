//! An equity curve, and what is said of one: returns, growth, volatility, Sortino and Calmar.
//!
//! Conventions, where others differ: returns are simple; a day is a UTC day and its close the last sample in it, and a
//! day without a sample is no day (whether one is missing is for the gate to ask); a year has 365.25 days where time is
//! measured and as many periods as the caller says where periods are counted; ratios of a year come from arithmetic
//! means times a root, as everybody's do but backtesting.py's, for which see [`super::compounded`].

use super::moments::mean;
use super::{finite, real};

/// Nanoseconds of a day.
pub const DAY_NS: i64 = 86_400_000_000_000;

/// Days of a year, where time is measured.
const YEAR_DAYS: f64 = 365.25;

/// Equity at a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// When, in nanoseconds since the epoch, UTC.
    pub at_ns: i64,
    /// Equity then, in account currency.
    pub equity: f64,
}

/// A curve of these samples: none where there is none, times do not rise or a value is no number.
#[must_use]
pub fn curve(samples: impl IntoIterator<Item = (i64, f64)>) -> Option<Vec<Sample>> {
    let sample = |(at_ns, equity)| finite(equity).map(|equity| Sample { at_ns, equity });
    let curve = samples.into_iter().map(sample).collect::<Option<Vec<Sample>>>()?;
    let rises = curve.windows(2).all(|pair| pair[0].at_ns < pair[1].at_ns);
    Some(curve).filter(|curve| rises && !curve.is_empty())
}

/// The last sample of each period that has one: of each UTC day, with [`DAY_NS`]. None for a period of no length.
#[must_use]
pub fn closes(curve: &[Sample], period_ns: i64) -> Option<Vec<Sample>> {
    let period = |sample: &Sample| (period_ns > 0).then(|| sample.at_ns.div_euclid(period_ns));
    let mut closes: Vec<Sample> = Vec::new();
    for sample in curve {
        match closes.last_mut() {
            Some(last) if period(last)? == period(sample)? => *last = *sample,
            Some(_) | None => closes.push(*sample),
        }
    }
    period_ns.is_positive().then_some(closes)
}

/// The return from each sample to the next. None where equity is not above zero before it is earned on.
#[must_use]
pub fn returns(curve: &[Sample]) -> Option<Vec<f64>> {
    let one = |pair: &[Sample]| finite(pair[1].equity / pair[0].equity - 1.0).filter(|_| pair[0].equity > 0.0);
    curve.windows(2).map(one).collect()
}

/// The change from each sample to the next, in account currency.
#[must_use]
pub fn changes(curve: &[Sample]) -> Vec<f64> {
    curve.windows(2).map(|pair| pair[1].equity - pair[0].equity).collect()
}

/// Compound annual growth from the first sample to the last, by the time between them. None where no time passed or
/// equity was not above zero at either end.
#[must_use]
pub fn growth(curve: &[Sample]) -> Option<f64> {
    let (first, last) = (curve.first()?, curve.last()?);
    let time_ns = last.at_ns.checked_sub(first.at_ns).filter(|time| *time > 0)?;
    let years = real(usize::try_from(time_ns).ok()?) / real(usize::try_from(DAY_NS).ok()?) / YEAR_DAYS;
    let ratio = Some(last.equity / first.equity).filter(|ratio| first.equity > 0.0 && *ratio > 0.0)?;
    finite(libm::expm1(libm::log(ratio) / years))
}

/// Sortino's ratio per year: the mean return above a target over the root of the mean square of what fell short of it,
/// all periods counted (Sortino and Price 1994, Journal of Investing 3(3)). None where nothing fell short.
#[must_use]
pub fn sortino(returns: &[f64], target: f64, periods_per_year: f64) -> Option<f64> {
    let above = finite(mean(returns)? - target)?;
    let short = downside(returns, target).filter(|short| *short > 0.0)?;
    finite(above / short * periods_per_year.sqrt())
}

/// The root of the mean square of what fell short of a target; zero where nothing did.
#[must_use]
pub fn downside(returns: &[f64], target: f64) -> Option<f64> {
    let square = |value: &f64| (value - target).min(0.0) * (value - target).min(0.0);
    mean(&returns.iter().map(square).collect::<Vec<f64>>()).map(f64::sqrt)
}

/// Calmar's ratio: annual growth over the greatest drawdown (Young 1991). None without a drawdown.
#[must_use]
pub fn calmar(growth: f64, deepest: f64) -> Option<f64> {
    finite(growth / Some(deepest).filter(|deepest| *deepest > 0.0)?)
}

/// Value traded over the mean equity of a curve; none where that is not above zero.
#[must_use]
pub fn turnover(traded: f64, curve: &[Sample]) -> Option<f64> {
    let equity = mean(&curve.iter().map(|sample| sample.equity).collect::<Vec<f64>>())?;
    finite(traded / equity).filter(|_| equity > 0.0)
}

/// What the best of these results is of their sum: of the best day, or the best trade. None where the sum is no profit.
#[must_use]
pub fn best_share(results: &[f64]) -> Option<f64> {
    let sum = results.iter().sum::<f64>();
    let best = results.iter().copied().max_by(f64::total_cmp)?;
    finite(best / sum).filter(|_| sum > 0.0)
}
