//! Drawdowns: how deep capital fell below what it once was, and for how long.
//!
//! A drawdown runs from its peak to the sample that is at the peak again, or to the end if none is. Depth is a share of
//! the peak. It is only asked of capital that stays above zero; what may fall through the floor has no drawdown, but a
//! loss.

use super::curve::Sample;
use super::moments::mean;

/// One fall and recovery.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Drawdown {
    /// The number of the peak's sample.
    pub from: usize,
    /// The number of the sample that is back, or of the last one.
    pub to: usize,
    /// Whether it is back.
    pub recovered: bool,
    /// The most that was lost, as a share of the peak.
    pub depth: f64,
    /// From peak to recovery, or to the end, in nanoseconds.
    pub lasted_ns: i64,
}

/// The greatest share of a peak that was lost, 0 to 1. None of no capital, or one that is not above zero throughout.
#[must_use]
pub fn deepest(capital: &[f64]) -> Option<f64> {
    let (mut peak, mut depth) = (0.0_f64, None);
    for value in capital {
        if !(*value > 0.0 && value.is_finite()) {
            return None;
        }
        peak = peak.max(*value);
        depth = Some(depth.unwrap_or(0.0_f64).max(1.0 - value / peak));
    }
    depth
}

/// All drawdowns of a curve in order. None where it is not above zero throughout.
#[must_use]
pub fn drawdowns(curve: &[Sample]) -> Option<Vec<Drawdown>> {
    let (mut all, mut open): (Vec<Drawdown>, Option<Drawdown>) = (Vec::new(), None);
    let mut peak = (0, *curve.first()?);
    for (at, sample) in curve.iter().enumerate() {
        if !(sample.equity > 0.0 && sample.equity.is_finite()) {
            return None;
        }
        let lasted_ns = sample.at_ns.saturating_sub(peak.1.at_ns);
        if sample.equity < peak.1.equity {
            let before = open.map_or(0.0, |open| open.depth);
            let depth = before.max(1.0 - sample.equity / peak.1.equity);
            open = Some(Drawdown { from: peak.0, to: at, recovered: false, depth, lasted_ns });
        } else {
            all.extend(open.take().map(|open| Drawdown { to: at, recovered: true, lasted_ns, ..open }));
            peak = (at, *sample);
        }
    }
    all.extend(open);
    Some(all)
}

/// The mean depth of drawdowns; none of none.
#[must_use]
pub fn average(drawdowns: &[Drawdown]) -> Option<f64> {
    mean(&drawdowns.iter().map(|one| one.depth).collect::<Vec<f64>>())
}

/// The longest of them; none of none.
#[must_use]
pub fn longest(drawdowns: &[Drawdown]) -> Option<Drawdown> {
    drawdowns.iter().copied().max_by_key(|one| one.lasted_ns)
}
