//! Walking forward: chosen on what came before, judged on what came next; and how often that paid.

use std::ops::Range;

use super::finite;
use super::proportion::lower_bound;

/// What a fold may learn from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// Everything from the beginning on, at least so many periods.
    Anchored(usize),
    /// The last so many periods.
    Rolling(usize),
}

/// One step of the walk, in numbers of periods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fold {
    /// Periods to choose on.
    pub train: Range<usize>,
    /// Periods to judge on.
    pub test: Range<usize>,
}

/// The folds of so many periods: each is judged on `test` periods that no other is judged on, in order, after a gap of
/// `gap` periods that nobody sees (what a position held over the border knows of the other side). Periods at the end that
/// do not fill a test are left out. None where nothing is to be learned from or judged on.
#[must_use]
pub fn folds(periods: usize, window: Window, test: usize, gap: usize) -> Option<Vec<Fold>> {
    let (Window::Anchored(train) | Window::Rolling(train)) = window;
    let first = train.checked_add(gap).filter(|_| train > 0 && test > 0)?;
    let starts = (first..periods).step_by(test).filter(|start| periods - start >= test);
    let fold = |start: usize| {
        let from = match window {
            Window::Anchored(_) => 0,
            Window::Rolling(train) => start - gap - train,
        };
        Fold { train: from..start - gap, test: start..start + test }
    };
    Some(starts.map(fold).collect())
}

/// How many folds paid.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Paid {
    /// Folds judged.
    pub folds: u64,
    /// Those with a net result above zero.
    pub paid: u64,
    /// Their share.
    pub share: f64,
    /// What the true share is at least, with the confidence asked for: exact, one-sided, as if folds were independent.
    pub at_least: f64,
}

/// Of the net result of each fold where it was judged. None without folds, or where a result is no number.
#[must_use]
pub fn paid(net: &[f64], confidence: f64) -> Option<Paid> {
    let net = net.iter().map(|net| finite(*net)).collect::<Option<Vec<f64>>>()?;
    let folds = u64::try_from(net.len()).ok().filter(|folds| *folds > 0)?;
    let paid = u64::try_from(net.iter().filter(|net| **net > 0.0).count()).ok()?;
    let share = super::real_u64(paid) / super::real_u64(folds);
    Some(Paid { folds, paid, share, at_least: lower_bound(paid, folds, confidence)? })
}
