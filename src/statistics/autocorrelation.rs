//! How returns hang together over time, and what that makes of a year's Sharpe ratio.
//!
//! Multiplying by the root of the number of periods is right for independent returns alone. Where a gain tends to follow
//! a gain, a year varies more than that and its ratio is lower (Lo 2002, "The statistics of Sharpe ratios", Financial
//! Analysts Journal 58(4), equation 20).

use super::moments::{deviation, mean};
use super::{finite, real};

/// The autocorrelations at lags 1 to `lags`, all about the one mean and over the one variance (Box and Jenkins). None
/// where there are not more values than lags, or they do not vary.
#[must_use]
pub fn autocorrelations(values: &[f64], lags: usize) -> Option<Vec<f64>> {
    deviation(values).filter(|deviation| *deviation > 0.0 && values.len() > lags)?;
    let mean = mean(values)?;
    let product = |lag: usize| values.iter().zip(&values[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let whole = product(0);
    (1..=lags).map(|lag| finite(product(lag) / whole)).collect()
}

/// Lo's η(q): what a ratio per period is multiplied by to be one per q periods, given the autocorrelations from lag 1
/// on; those not given count as zero. √q where all are zero. None where the correlations leave a sum of q periods no
/// variance: they are an estimate that no process has.
#[must_use]
pub fn factor(autocorrelations: &[f64], q: usize) -> Option<f64> {
    let weighted = (1..q).zip(autocorrelations).map(|(lag, rho)| real(q - lag) * rho).sum::<f64>();
    let variance = finite(real(q) + 2.0 * weighted).filter(|variance| *variance > 0.0)?;
    finite(real(q) / variance.sqrt())
}
