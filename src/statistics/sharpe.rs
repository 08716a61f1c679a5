//! The Sharpe ratio of a series of returns, and how well it is known.
//!
//! Everything is per period; only [`Sharpe::annualised`] speaks of a year. The error takes skew and kurtosis into
//! account (Mertens 2002, "Comments on variance of the IID estimator in Lo (2002)"; with a normal's moments it is Lo's
//! own √((1 + SR²/2)/n)), with n − 1 for n as Bailey and López de Prado have it. Returns are taken to be independent:
//! for what serial correlation does to a year see [`super::autocorrelation`], and to an interval
//! [`super::bootstrap`].

use super::distributions::{normal, normal_quantile};
use super::moments::Moments;
use super::{finite, real};

/// A Sharpe ratio and what its error is made of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sharpe {
    /// Mean return over its standard deviation, per period.
    pub ratio: f64,
    /// How many returns.
    pub periods: usize,
    /// Skew of the returns.
    pub skew: f64,
    /// Kurtosis of the returns; 3 for a normal.
    pub kurtosis: f64,
}

impl Sharpe {
    /// Of returns in excess of what idle money earns. None of fewer than two, or of returns that do not vary.
    #[must_use]
    pub fn of(returns: &[f64]) -> Option<Self> {
        let Moments { count, mean, deviation, skew, kurtosis } = Moments::of(returns)?;
        Some(Self { ratio: finite(mean / deviation)?, periods: count, skew, kurtosis })
    }

    /// Per year of so many periods (365, or 252 where weekends are free), as if periods were independent.
    #[must_use]
    pub fn annualised(&self, periods_per_year: f64) -> Option<f64> {
        finite(self.ratio * periods_per_year.sqrt())
    }

    /// The standard error of the ratio, per period.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        finite((self.spread()? / self.freedom()?).sqrt())
    }

    /// The probabilistic Sharpe ratio: the chance that the true ratio is above a benchmark, per period (Bailey and
    /// López de Prado 2012, "The Sharpe ratio efficient frontier", equation 11).
    #[must_use]
    pub fn probability_above(&self, benchmark: f64) -> Option<f64> {
        finite((self.ratio - benchmark) / self.standard_error()?).map(normal)
    }

    /// The least number of periods after which the true ratio is above a benchmark with this confidence, if the ratio
    /// stays what it is (same paper, equation 13). None where it is not above the benchmark: no length will do.
    #[must_use]
    pub fn track_record_min(&self, benchmark: f64, confidence: f64) -> Option<f64> {
        let ahead = Some(self.ratio - benchmark).filter(|ahead| *ahead > 0.0)?;
        let errors = normal_quantile(confidence)? / ahead;
        finite(1.0 + self.spread()? * errors * errors)
    }

    /// The variance of √n times the ratio; none where the moments are no sample's, or the ratio is certain.
    fn spread(&self) -> Option<f64> {
        let squared = self.ratio * self.ratio;
        let spread = 1.0 - self.skew * self.ratio + (self.kurtosis - 1.0) / 4.0 * squared;
        finite(spread).filter(|spread| *spread > 0.0)
    }

    fn freedom(&self) -> Option<f64> {
        self.periods.checked_sub(1).filter(|freedom| *freedom > 0).map(real)
    }
}
