//! The probability of backtest overfitting: how often the best of the trials is a poor one on data it was not chosen
//! on; by combinatorially symmetric cross-validation.
//!
//! Bailey, Borwein, López de Prado and Zhu 2015, "The probability of backtest overfitting", Journal of Computational
//! Finance 20(4): the periods are cut into an even number of blocks; each half of the blocks in turn is where a trial is
//! chosen by its Sharpe ratio, the other half where it is judged by its rank among all. What is not in the paper:
//! periods that do not fill a block are left out at the beginning; trials of the same rank share the mean of their
//! ranks; of trials that are best together the one that is worst where they are judged counts; a trial that earned
//! nothing in every period of a half has the ratio 0 there.

use super::moments::{mean, quantile};
use super::{finite, real};

/// Blocks if nothing else is said: 12 870 splits.
pub const BLOCKS: usize = 16;

/// The most blocks: 2 704 156 splits.
const BLOCKS_MAX: usize = 24;

/// A variance below this part of the mean square is rounding.
const ROUNDING: f64 = 1e-10;

/// What became of the trials chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct Overfitting {
    /// The share of splits in which the chosen trial ranked in the lower half or the middle: PBO.
    pub probability: f64,
    /// The share of splits in which the chosen trial's ratio was below zero where it was judged.
    pub loss: f64,
    /// Slope of the ratio where judged over the ratio where chosen; none where the latter is always the same. A
    /// slope below zero: the better it looked, the worse it did.
    pub slope: Option<f64>,
    /// The logit of the relative rank of the chosen trial in each split, in rising order.
    pub logits: Vec<f64>,
    /// Periods at the beginning that filled no block.
    pub left_out: usize,
}

impl Overfitting {
    /// The median logit: zero is the middle of the field.
    #[must_use]
    pub fn median_logit(&self) -> Option<f64> {
        quantile(&self.logits, 0.5)
    }
}

/// Of the returns of at least two trials over the same periods, one slice each. None where the slices differ in length,
/// the blocks are odd, none, too many or shorter than a period, a return is no number, or a half of some trial is
/// constant and not zero: its ratio would be infinite.
#[must_use]
pub fn overfitting(trials: &[&[f64]], blocks: usize) -> Option<Overfitting> {
    let periods = trials.first()?.len();
    let sound = blocks >= 2 && blocks.is_multiple_of(2) && blocks <= BLOCKS_MAX && blocks <= periods;
    if trials.len() < 2 || !sound || trials.iter().any(|trial| trial.len() != periods) {
        return None;
    }
    let (left_out, length) = (periods % blocks, periods / blocks);
    let cut = |trial: &&[f64]| trial[left_out..].chunks_exact(length).map(Sums::of).collect::<Vec<Sums>>();
    let cut: Vec<Vec<Sums>> = trials.iter().map(cut).collect();
    let splits = halves(blocks).map(|half| split(&cut, half)).collect::<Option<Vec<Split>>>()?;
    let share = |met: fn(&Split) -> bool| real(splits.iter().filter(|split| met(split)).count()) / real(splits.len());
    let mut logits: Vec<f64> = splits.iter().map(|split| split.logit).collect();
    logits.sort_by(f64::total_cmp);
    Some(Overfitting {
        probability: share(|split| split.logit <= 0.0),
        loss: share(|split| split.judged < 0.0),
        slope: slope(&splits),
        logits,
        left_out,
    })
}

/// The sums of some periods of one trial.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: usize,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn of(returns: &[f64]) -> Self {
        let squares = returns.iter().map(|value| value * value).sum();
        Self { count: returns.len(), sum: returns.iter().sum(), squares }
    }

    fn with(self, other: &Self) -> Self {
        Self { count: self.count + other.count, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }

    fn ratio(self) -> Option<f64> {
        let mean = finite(self.sum / real(self.count))?;
        let squares = finite(self.squares)?;
        let about = squares - self.sum * mean;
        if about > ROUNDING * squares {
            return finite(mean / (about / real(self.count.checked_sub(1)?)).sqrt());
        }
        (squares <= 0.0).then_some(0.0)
    }
}

struct Split {
    chosen: f64,
    judged: f64,
    logit: f64,
}

/// All choices of half of the blocks, as the bits of a number.
fn halves(blocks: usize) -> impl Iterator<Item = u32> {
    (0..1_u32 << blocks).filter(move |bits| bits.count_ones() as usize * 2 == blocks)
}

fn split(trials: &[Vec<Sums>], half: u32) -> Option<Split> {
    let ratios = |inside: bool| {
        let taken = move |(at, _): &(usize, &Sums)| ((half >> at) & 1 == 1) == inside;
        let of = |blocks: &Vec<Sums>| {
            let sums = blocks.iter().enumerate().filter(taken);
            sums.fold(Sums::default(), |sums, (_, block)| sums.with(block)).ratio()
        };
        trials.iter().map(of).collect::<Option<Vec<f64>>>()
    };
    let (here, there) = (ratios(true)?, ratios(false)?);
    let chosen = here.iter().copied().max_by(f64::total_cmp)?;
    let best = here.iter().zip(&there).filter(|(ratio, _)| ratio.total_cmp(&chosen).is_eq());
    let judged = best.map(|(_, ratio)| *ratio).min_by(f64::total_cmp)?;
    let below = real(there.iter().filter(|ratio| **ratio < judged).count());
    let equal = real(there.iter().filter(|ratio| **ratio <= judged).count()) - below;
    let rank = (below + f64::midpoint(equal, 1.0)) / real(there.len() + 1);
    Some(Split { chosen, judged, logit: finite(libm::log(rank / (1.0 - rank)))? })
}

/// Of the straight line by least squares.
fn slope(splits: &[Split]) -> Option<f64> {
    let pick = |of: fn(&Split) -> f64| splits.iter().map(of).collect::<Vec<f64>>();
    let (chosen, judged) = (pick(|split| split.chosen), pick(|split| split.judged));
    let (x, y) = (mean(&chosen)?, mean(&judged)?);
    let about = |a: &[f64], b: &[f64], (x, y)| a.iter().zip(b).map(|(a, b)| (a - x) * (b - y)).sum::<f64>();
    let spread = about(&chosen, &chosen, (x, x));
    if spread <= ROUNDING * ROUNDING * x * x * real(splits.len()) {
        return None;
    }
    finite(about(&chosen, &judged, (x, y)) / spread)
}
