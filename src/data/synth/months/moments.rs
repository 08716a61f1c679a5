//! What a month of one-minute bars looks like, in a dozen numbers.
//!
//! Returns are logarithms of a close over the close one minute before; where a minute is missing there is
//! none, and nothing is filled in. An hour's return is that of its last close over the last hour's that has
//! one. Kurtosis is in excess of a normal one's; autocorrelations are about the whole sample's mean.

use serde::Serialize;

use super::super::chance::real;
use super::{MINUTE, MINUTES_A_DAY};
use crate::market::Bar;

/// Minutes of a year of 365 days.
const MINUTES_A_YEAR: f64 = 525_600.0;
/// The lags of the autocorrelations, in minutes.
const LAGS: [usize; 4] = [1, 10, 60, 1_440];

/// The moments of a month. Sizes of returns are fractions of the price.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Moments {
    /// Bars.
    pub minutes: f64,
    /// Missing minutes, as a share of all from the first bar to the last.
    pub gap_share: f64,
    /// The most minutes missing in a row.
    pub longest_gap: f64,
    /// Logarithm of the last close over the first open.
    pub drift: f64,
    /// Standard deviation of a minute's return, times the root of a year's minutes.
    pub volatility: f64,
    /// Third moment of a minute's return.
    pub skew: f64,
    /// Excess kurtosis of a minute's return.
    pub kurtosis_1m: f64,
    /// Excess kurtosis of an hour's return; not a number where no hour moves.
    pub kurtosis_1h: f64,
    /// Autocorrelation of absolute returns a minute apart.
    pub acf_1: f64,
    /// Ten minutes apart.
    pub acf_10: f64,
    /// An hour apart.
    pub acf_60: f64,
    /// A day apart.
    pub acf_1440: f64,
    /// Share of returns beyond five standard deviations.
    pub beyond_5: f64,
    /// Mean absolute return of the busiest hour of the day over that of the stillest.
    pub hours: f64,
    /// Mean range of a bar over the mean absolute return.
    pub range_to_move: f64,
    /// Mean volume of the tenth of bars with the widest range over the mean volume.
    pub volume_when_wide: f64,
}

/// A moment: its name, its value, and how many decimals are worth a look.
pub type Moment = (&'static str, fn(&Moments) -> f64, usize);

/// Every moment, in the order they are printed.
pub const MOMENTS: [Moment; 16] = [
    ("minutes", |of| of.minutes, 0),
    ("gap_share", |of| of.gap_share, 5),
    ("longest_gap", |of| of.longest_gap, 0),
    ("drift", |of| of.drift, 3),
    ("volatility", |of| of.volatility, 3),
    ("skew", |of| of.skew, 2),
    ("kurtosis_1m", |of| of.kurtosis_1m, 1),
    ("kurtosis_1h", |of| of.kurtosis_1h, 1),
    ("acf_1", |of| of.acf_1, 3),
    ("acf_10", |of| of.acf_10, 3),
    ("acf_60", |of| of.acf_60, 3),
    ("acf_1440", |of| of.acf_1440, 3),
    ("beyond_5", |of| of.beyond_5, 5),
    ("hours", |of| of.hours, 2),
    ("range_to_move", |of| of.range_to_move, 2),
    ("volume_when_wide", |of| of.volume_when_wide, 2),
];

impl Moments {
    /// Those of one-minute bars; none of fewer than a day's, or of a price that never moves.
    #[must_use]
    pub fn of(bars: &[Bar]) -> Option<Self> {
        let (first, last) = (bars.first()?, bars.last()?);
        let returns = returns(bars);
        let sizes: Vec<f64> = returns.iter().map(|of| of.abs()).collect();
        let minute = shape(&returns)?;
        let [acf_1, acf_10, acf_60, acf_1440] = autocorrelations(&sizes);
        let missing = |pair: &[Bar]| minutes_between(&pair[0], &pair[1]) - 1;
        let span = minutes_between(first, last) + 1;
        if span < MINUTES_A_DAY {
            return None;
        }
        let count = real(i64::try_from(bars.len()).ok()?);
        let moved = mean(sizes.iter().copied().filter(|size| size.is_finite()))?;
        let far = |of: &f64| (of - minute.mean).abs() > 5.0 * minute.deviation;
        let beyond = returns.iter().filter(|of| far(of)).count();
        Some(Self {
            minutes: count,
            gap_share: 1.0 - count / real(span),
            longest_gap: real(bars.windows(2).map(missing).max().unwrap_or(0)),
            drift: libm::log(real(last.close.0) / real(first.open.0)),
            volatility: minute.deviation * libm::sqrt(MINUTES_A_YEAR),
            skew: minute.skew,
            kurtosis_1m: minute.kurtosis,
            kurtosis_1h: shape(&hourly(bars)).map_or(f64::NAN, |hour| hour.kurtosis),
            acf_1,
            acf_10,
            acf_60,
            acf_1440,
            beyond_5: real(i64::try_from(beyond).ok()?) / minute.count,
            hours: hours(bars, &sizes),
            range_to_move: mean(bars.iter().map(range))? / moved,
            volume_when_wide: when_wide(bars)?,
        })
    }
}

/// The range of a bar as a fraction of its open.
pub(super) fn range(bar: &Bar) -> f64 {
    real(bar.high.0 - bar.low.0) / real(bar.open.0)
}

pub(super) const fn minutes_between(earlier: &Bar, later: &Bar) -> i64 {
    later.opened.since(earlier.opened).0 / MINUTE.0
}

/// The return of every minute from the first bar to the last; not a number where there is none.
pub(super) fn returns(bars: &[Bar]) -> Vec<f64> {
    let mut returns = Vec::with_capacity(bars.len());
    for pair in bars.windows(2) {
        let missing = minutes_between(&pair[0], &pair[1]) - 1;
        if missing == 0 {
            returns.push(libm::log(real(pair[1].close.0) / real(pair[0].close.0)));
        } else {
            returns.extend((0..=missing).map(|_| f64::NAN));
        }
    }
    returns
}

fn hourly(bars: &[Bar]) -> Vec<f64> {
    let hour = |bar: &Bar| bar.opened.0.div_euclid(60 * MINUTE.0);
    let closes = bars.chunk_by(|a, b| hour(a) == hour(b)).filter_map(|bars| Some(real(bars.last()?.close.0)));
    let closes: Vec<f64> = closes.collect();
    closes.windows(2).map(|pair| libm::log(pair[1] / pair[0])).collect()
}

struct Shape {
    count: f64,
    mean: f64,
    deviation: f64,
    skew: f64,
    kurtosis: f64,
}

/// The central moments of what is a number.
fn shape(of: &[f64]) -> Option<Shape> {
    let known = || of.iter().copied().filter(|value| value.is_finite());
    let count = real(i64::try_from(known().count()).ok()?);
    let mean = mean(known())?;
    let [mut second, mut third, mut fourth] = [0.0; 3];
    for value in known() {
        let away = value - mean;
        let square = away * away;
        second += square;
        third += square * away;
        fourth += square * square;
    }
    let variance = second / count;
    if variance <= 0.0 {
        return None;
    }
    let deviation = libm::sqrt(variance);
    let skew = third / count / (variance * deviation);
    Some(Shape { count, mean, deviation, skew, kurtosis: fourth / count / (variance * variance) - 3.0 })
}

/// The mean of what there is, if there is anything.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_i64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / real(count))
}

fn autocorrelations(sizes: &[f64]) -> [f64; 4] {
    let known = || sizes.iter().copied().filter(|size| size.is_finite());
    let middle = mean(known()).unwrap_or_default();
    let variance = mean(known().map(|size| (size - middle) * (size - middle))).unwrap_or_default();
    LAGS.map(|lag| {
        let pairs = sizes.iter().zip(sizes.iter().skip(lag)).map(|(a, b)| (a - middle) * (b - middle));
        mean(pairs.filter(|product| product.is_finite())).unwrap_or_default() / variance
    })
}

/// The mean size of the busiest hour of the day over that of the stillest.
fn hours(bars: &[Bar], sizes: &[f64]) -> f64 {
    let first = bars.first().map_or(0, |bar| bar.opened.0.div_euclid(MINUTE.0));
    let mut sums = [(0.0, 0_i64); 24];
    // The first return is that of the second minute.
    for (minute, size) in (first + 1..).zip(sizes).filter(|(_, size)| size.is_finite()) {
        let (sum, count) = &mut sums[usize::try_from(minute.div_euclid(60).rem_euclid(24)).expect("below 24")];
        *sum += size;
        *count += 1;
    }
    let means = || sums.iter().filter(|(_, count)| *count > 0).map(|(sum, count)| sum / real(*count));
    means().fold(0.0, f64::max) / means().fold(f64::INFINITY, f64::min)
}

fn when_wide(bars: &[Bar]) -> Option<f64> {
    let mut ranges: Vec<(f64, i64)> = bars.iter().map(|bar| (range(bar), bar.volume.0)).collect();
    let tenth = (bars.len() / 10).max(1);
    let (wide, ..) = ranges.select_nth_unstable_by(tenth, |a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    let wide = mean(wide.iter().map(|(_, volume)| real(*volume)))?;
    Some(wide / mean(bars.iter().map(|bar| real(bar.volume.0)))?)
}
