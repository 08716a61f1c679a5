//! What else might have happened: the same days, drawn again in blocks.
//!
//! The unit is a day, or whatever the slice holds: a day's return, or all of a day's fills as one item. Drawing blocks of
//! consecutive days keeps what hangs together within a block: the moving blocks of Künsch (1989, Annals of Statistics
//! 17(3)), the circular ones of Politis and Romano (1992), which draw every day equally often, and the stationary
//! bootstrap with blocks of random length (Politis and Romano 1994, Journal of the American Statistical Association
//! 89(428)). Intervals are percentile intervals: simple, and too short where the sample is short.
//!
//! Chance is the caller's: a function that, given n, draws a whole number from 0 to n − 1, each equally likely
//! (`sim::rng::Stream::below`, component `Bootstrap`). No float is drawn, so a seed gives the same days on every machine.

use super::drawdown::deepest;
use super::finite;
use super::moments::quantile;
use super::proportion::Bounds;

/// How blocks are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blocks {
    /// Of so many days, none across the end.
    Moving(usize),
    /// Of so many days, the first day following the last.
    Circular(usize),
    /// Of so many days on average: after each day a new block begins with the chance of one in so many.
    Stationary(usize),
}

impl Blocks {
    /// So many days, drawn from the days given. None of no days, blocks of no length, or moving blocks longer than all
    /// the days.
    pub fn resample<T: Copy>(self, days: &[T], length: usize, below: &mut impl FnMut(u64) -> u64) -> Option<Vec<T>> {
        let (Self::Moving(block) | Self::Circular(block) | Self::Stationary(block)) = self;
        let starts = match self {
            Self::Moving(block) => days.len().checked_sub(block)? + 1,
            Self::Circular(_) | Self::Stationary(_) => days.len(),
        };
        if days.is_empty() || block == 0 {
            return None;
        }
        let mut draw = |n: usize| usize::try_from(below(u64::try_from(n).ok()?)).ok().filter(|drawn| *drawn < n);
        let (mut drawn, mut at, mut left) = (Vec::with_capacity(length), 0, 0);
        while drawn.len() < length {
            let again = match self {
                Self::Moving(_) | Self::Circular(_) => left == 0,
                Self::Stationary(_) => drawn.is_empty() || draw(block)? == 0,
            };
            if again {
                (at, left) = (draw(starts)?, block);
            }
            drawn.push(days[at]);
            (at, left) = ((at + 1) % days.len(), left.saturating_sub(1));
        }
        Some(drawn)
    }
}

/// How often what is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// How blocks are drawn.
    pub blocks: Blocks,
    /// Days of each resample.
    pub days: usize,
    /// How many resamples.
    pub resamples: usize,
}

/// What a statistic came to over the resamples.
#[derive(Clone, PartialEq, Debug)]
pub struct Distribution {
    /// Its values in rising order.
    pub sorted: Vec<f64>,
    /// Resamples it said nothing of, for want of a variance, say.
    pub undefined: usize,
}

impl Distribution {
    /// Of a statistic over resamples of the days given. None where nothing can be drawn.
    pub fn of<T: Copy>(
        days: &[T],
        plan: Plan,
        below: &mut impl FnMut(u64) -> u64,
        statistic: impl Fn(&[T]) -> Option<f64>,
    ) -> Option<Self> {
        let (mut sorted, mut undefined) = (Vec::with_capacity(plan.resamples), 0);
        for _ in 0..plan.resamples {
            match statistic(&plan.blocks.resample(days, plan.days, below)?).and_then(finite) {
                Some(value) => sorted.push(value),
                None => undefined += 1,
            }
        }
        sorted.sort_by(f64::total_cmp);
        Some(Self { sorted, undefined })
    }

    /// The greatest drawdown of a capital that compounds these returns, as a share of its peak.
    pub fn of_drawdowns(returns: &[f64], plan: Plan, below: &mut impl FnMut(u64) -> u64) -> Option<Self> {
        Self::of(returns, plan, below, |returns| {
            let compounded = returns.iter().scan(1.0, |capital, return_| {
                *capital *= 1.0 + return_;
                Some(*capital)
            });
            deepest(&std::iter::once(1.0).chain(compounded).collect::<Vec<f64>>())
        })
    }

    /// The sum of so many days' results, thirty for a month's profit and loss.
    pub fn of_sums(results: &[f64], plan: Plan, below: &mut impl FnMut(u64) -> u64) -> Option<Self> {
        Self::of(results, plan, below, |results| Some(results.iter().sum()))
    }

    /// The value that a share of the resamples is below; none of no resamples, or where any was undefined.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        quantile(&self.sorted, share).filter(|_| self.undefined == 0)
    }

    /// The percentile interval of this confidence.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> Option<Bounds> {
        let each = (1.0 - confidence) / 2.0;
        Some(Bounds { lower: self.quantile(each)?, upper: self.quantile(1.0 - each)? })
    }
}
