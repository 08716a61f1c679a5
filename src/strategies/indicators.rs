//! Moving averages, standard deviation and average true range in fixed point: whole numbers with 32 fractional bits.
//!
//! Each division is rounded toward −∞ to 2⁻³². Errors do not grow: an average that keeps the
//! share *r* of its last value is never more than 2⁻³² / (1 − r) below the exact one, which is
//! (period + 1) / 2 units of 2⁻³² for [`Ema`] and `period` units for [`Atr`]. An average of equal
//! values is that value, and no average leaves the range of what it averages. A deviation is the exact
//! one rounded toward −∞ to 2⁻³² while period × deviation is below 2³², and to 32 significant bits or
//! more beyond that; numbers that lie 2⁵⁰ apart or farther saturate it.
//!
//! An indicator has no value until it has seen `period` inputs; the first value is their mean.

use std::collections::VecDeque;

use crate::market::{Bar, Price};

/// Fractional bits.
const BITS: u32 = 32;

/// A number with 32 fractional bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Scaled(i128);

impl Scaled {
    /// A whole number.
    #[must_use]
    pub const fn whole(number: i64) -> Self {
        Self((number as i128) << BITS)
    }

    /// The number in units of 2⁻³².
    #[must_use]
    pub const fn bits(self) -> i128 {
        self.0
    }

    /// `sum / count`, toward −∞.
    const fn quotient(sum: i128, count: i128) -> Self {
        Self((sum << BITS).div_euclid(count))
    }

    /// The greatest whole number that is not above it, saturating, as a price.
    #[must_use]
    pub fn floor(self) -> Price {
        Price(i64::try_from(self.0 >> BITS).unwrap_or(if self.0 < 0 { i64::MIN } else { i64::MAX }))
    }

    /// Half of it, toward −∞ to 2⁻³².
    #[must_use]
    pub const fn half(self) -> Self {
        Self(self.0.div_euclid(2))
    }

    /// The least whole number that is not below it, saturating, as a price.
    #[must_use]
    pub fn ceil(self) -> Price {
        Price(i64::try_from(-(-self.0 >> BITS)).unwrap_or(i64::MAX))
    }
}

/// The mean of the last `period` numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sma {
    period: u32,
    sum: i128,
    window: VecDeque<i64>,
}

impl Sma {
    /// A mean of nothing yet.
    ///
    /// # Panics
    /// When the period is zero.
    #[must_use]
    pub fn new(period: u32) -> Self {
        assert!(period > 0, "a mean needs a number");
        Self { period, sum: 0, window: VecDeque::new() }
    }

    /// Takes in a number.
    pub fn push(&mut self, number: i64) -> Option<Scaled> {
        self.sum += i128::from(number);
        self.window.push_back(number);
        if self.window.len() > self.period as usize {
            self.sum -= i128::from(self.window.pop_front().expect("the window is full"));
        }
        self.value()
    }

    /// The mean, once the window is full.
    #[must_use]
    pub fn value(&self) -> Option<Scaled> {
        (self.window.len() == self.period as usize).then(|| Scaled::quotient(self.sum, self.period.into()))
    }
}

/// The mean of the last `period` numbers, and their standard deviation about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spread(Sma);

impl Spread {
    /// A spread of nothing yet.
    ///
    /// # Panics
    /// When the period is zero.
    #[must_use]
    pub fn new(period: u32) -> Self {
        Self(Sma::new(period))
    }

    /// Takes in a number: mean and deviation, once the window is full.
    pub fn push(&mut self, number: i64) -> Option<(Scaled, Scaled)> {
        let mean = self.0.push(number)?;
        Some((mean, self.deviation()))
    }

    /// √(n Σd² − (Σd)²) / n over distances from one of the numbers, which keeps the squares small.
    fn deviation(&self) -> Scaled {
        let (count, window) = (i128::from(self.0.period), &self.0.window);
        let base = window.front().copied().map_or(0, i128::from);
        let distances = || window.iter().map(|number| i128::from(*number) - base);
        let sum: i128 = distances().sum();
        let squares = distances().fold(0_i128, |all, d| all.saturating_add(d.saturating_mul(d)));
        let spread = count.saturating_mul(squares).saturating_sub(sum.saturating_mul(sum));
        let spread = u128::try_from(spread).unwrap_or(0);
        let shift = (spread.leading_zeros() & !1).min(2 * BITS);
        let root = (spread << shift).isqrt() << (BITS - shift / 2);
        Scaled(i128::try_from(root).unwrap_or(i128::MAX) / count)
    }
}

/// An average that keeps a share of its last value and adds a share of each new number.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Smoothed {
    /// Weight of the last value.
    kept: i128,
    /// Weight of the new number.
    added: i128,
    seed: Sma,
    value: Option<Scaled>,
}

impl Smoothed {
    fn new(period: u32, added: i128) -> Self {
        Self { kept: i128::from(period) - 1, added, seed: Sma::new(period), value: None }
    }

    fn push(&mut self, number: i64) -> Option<Scaled> {
        self.value = match self.value {
            None => self.seed.push(number),
            Some(last) => {
                let sum = last.0 * self.kept + Scaled::whole(number).0 * self.added;
                Some(Scaled(sum.div_euclid(self.kept + self.added)))
            }
        };
        self.value
    }
}

/// The exponential moving average: `last + 2 / (period + 1) × (new − last)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ema(Smoothed);

impl Ema {
    /// An average of nothing yet.
    ///
    /// # Panics
    /// When the period is zero.
    #[must_use]
    pub fn new(period: u32) -> Self {
        Self(Smoothed::new(period, 2))
    }

    /// Takes in a number.
    pub fn push(&mut self, number: i64) -> Option<Scaled> {
        self.0.push(number)
    }

    /// The average, once there is one.
    #[must_use]
    pub const fn value(&self) -> Option<Scaled> {
        self.0.value
    }
}

/// Wilder's average true range, in price units: `last + (new − last) / period`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Atr {
    average: Smoothed,
    last_close: Option<Price>,
}

impl Atr {
    /// A range of nothing yet.
    ///
    /// # Panics
    /// When the period is zero.
    #[must_use]
    pub fn new(period: u32) -> Self {
        Self { average: Smoothed::new(period, 1), last_close: None }
    }

    /// Takes in a bar. The true range reaches to the close before it, where there is one.
    pub fn push(&mut self, bar: &Bar) -> Option<Scaled> {
        let before = self.last_close.replace(bar.close);
        let (high, low) = before.map_or((bar.high, bar.low), |close| (bar.high.max(close), bar.low.min(close)));
        self.average.push(high.0 - low.0)
    }

    /// The range, once there is one.
    #[must_use]
    pub const fn value(&self) -> Option<Scaled> {
        self.average.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{InstrumentId, Qty, Span, Timestamp};
    use proptest::prelude::*;

    fn bar(high: i64, low: i64, close: i64) -> Bar {
        Bar {
            instrument: InstrumentId(0),
            opened: Timestamp(0),
            length: Span::from_mins(1),
            open: Price(low),
            high: Price(high),
            low: Price(low),
            close: Price(close),
            volume: Qty(1),
        }
    }

    /// The exact average as a fraction: numerator over (kept + added)^steps × period.
    fn exact(period: i128, added: i128, numbers: &[i64]) -> (i128, i128) {
        let (seed, rest) = numbers.split_at(usize::try_from(period).expect("small"));
        let start = (seed.iter().map(|n| i128::from(*n)).sum(), period);
        rest.iter()
            .fold(start, |(n, d), new| (n * (period - 1) + i128::from(*new) * added * d, d * (period - 1 + added)))
    }

    /// How far a value is below numerator / denominator, in units of 2⁻³², rounded up.
    fn shortfall(value: Scaled, (numerator, denominator): (i128, i128)) -> i128 {
        // Whole part and rest apart, so that 32 more bits fit.
        let (whole, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
        let mut fraction = (0, rest);
        for _ in 0..BITS {
            fraction = (fraction.0 * 2 + fraction.1 * 2 / denominator, fraction.1 * 2 % denominator);
        }
        (whole << BITS) + fraction.0 + i128::from(fraction.1 > 0) - value.0
    }

    #[test]
    fn a_deviation_is_about_the_mean() {
        let mut spread = Spread::new(4);
        let values: Vec<_> = [2, 4, 4, 6, 6].into_iter().map(|n| spread.push(n)).collect();
        let root_two = Scaled(6_074_000_999);
        assert_eq!(values[..3], [None; 3]);
        assert_eq!(values[3], Some((Scaled::whole(4), root_two)), "√2 × 2³² = 6 074 000 999.95");
        assert_eq!(values[4], Some((Scaled::whole(5), Scaled::whole(1))), "of 4, 4, 6 and 6");
        assert_eq!((Scaled(-1).floor(), Scaled::quotient(7, 2).floor()), (Price(-1), Price(3)));
        assert_eq!(Scaled::quotient(7, 2).half(), Scaled::quotient(7, 4));
    }

    #[test]
    fn a_worked_example() {
        let mut ema = Ema::new(3);
        let values: Vec<_> = [10, 20, 30, 40, 10].into_iter().map(|n| ema.push(n)).collect();
        assert_eq!(values, [None, None, Some(Scaled::whole(20)), Some(Scaled::whole(30)), Some(Scaled::whole(20))]);
        let mut atr = Atr::new(2);
        assert_eq!(atr.push(&bar(110, 100, 105)), None);
        assert_eq!(atr.push(&bar(130, 125, 128)), Some(Scaled::quotient(35, 2)), "10 and a gap to 105: 25");
        assert_eq!(atr.push(&bar(128, 120, 120)), Some(Scaled::quotient(51, 4)));
        assert_eq!((Scaled::quotient(51, 4).ceil(), Scaled::whole(12).ceil()), (Price(13), Price(12)));
    }

    proptest! {
        #[test]
        fn averages_stay_within_the_stated_error(
            period in 1_u32..9,
            numbers in prop::collection::vec(1_i64..10_000_000, 9..26),
        ) {
            let n = i128::from(period);
            for (added, bound) in [(2, i128::midpoint(n, 1) + 1), (1, n)] {
                let mut smoothed = Smoothed::new(period, added);
                for number in &numbers {
                    smoothed.push(*number);
                }
                let off = shortfall(smoothed.value.expect("more numbers than the period"), exact(n, added, &numbers));
                prop_assert!((0..=bound).contains(&off), "{off} units below, {bound} allowed");
            }
            let mut sma = Sma::new(period);
            for number in &numbers {
                sma.push(*number);
            }
            let last: i128 = numbers.iter().rev().take(period as usize).map(|number| i128::from(*number)).sum();
            prop_assert!((0..=1).contains(&shortfall(sma.value().expect("enough numbers"), (last, n))));
        }

        #[test]
        fn averages_stay_among_what_they_average(
            period in 1_u32..30,
            numbers in prop::collection::vec(any::<i64>(), 1..100),
        ) {
            let (mut ema, mut sma) = (Ema::new(period), Sma::new(period));
            for (seen, number) in numbers.iter().enumerate() {
                let so_far = &numbers[..=seen];
                let low = Scaled::whole(*so_far.iter().min().expect("one at least"));
                let high = Scaled::whole(*so_far.iter().max().expect("one at least"));
                for value in [ema.push(*number), sma.push(*number)] {
                    prop_assert_eq!(value.is_some(), seen + 1 >= period as usize);
                    prop_assert!(value.is_none_or(|value| low <= value && value <= high));
                }
            }
        }

        /// The law of the square root, in whole numbers: n × deviation is the greatest whose square fits.
        #[test]
        fn a_deviation_is_the_exact_one_rounded_down(
            numbers in prop::collection::vec(1_i64..1_000_000, 1..40),
        ) {
            let count = i128::try_from(numbers.len()).expect("few");
            let mut spread = Spread::new(u32::try_from(count).expect("few"));
            let (_, deviation) = numbers.iter().filter_map(|n| spread.push(*n)).last().expect("as many as the period");
            let (sum, squares) =
                numbers.iter().fold((0, 0), |(sum, squares), n| (sum + i128::from(*n), squares + i128::from(*n).pow(2)));
            let (low, high) = (deviation.0 * count, (deviation.0 + 1) * count);
            let variance = (count * squares - sum * sum) << (2 * BITS);
            prop_assert!(low * low <= variance && variance < high * high);
        }

        #[test]
        fn any_numbers_have_a_deviation(numbers in prop::collection::vec(any::<i64>(), 1..40)) {
            let mut spread = Spread::new(7);
            for number in numbers {
                let value = spread.push(number);
                prop_assert!(value.is_none_or(|(_, deviation)| deviation >= Scaled::whole(0)));
            }
        }

        #[test]
        fn equal_numbers_average_to_themselves(period in 1_u32..50, number in any::<i64>(), more in 0_usize..50) {
            let (mut ema, mut sma) = (Ema::new(period), Sma::new(period));
            for _ in 0..period as usize + more {
                ema.push(number);
                sma.push(number);
            }
            prop_assert_eq!(ema.value(), Some(Scaled::whole(number)));
            prop_assert_eq!(sma.value(), Some(Scaled::whole(number)));
        }
    }
}
