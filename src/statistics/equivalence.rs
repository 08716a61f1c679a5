//! Whether two things are the same, as far as it matters: two one-sided tests (TOST).
//!
//! A test that finds no difference has shown nothing; equivalence has to be shown. Schuirmann 1987, "A comparison of the
//! two one-sided tests procedure …", Journal of Pharmacokinetics and Biopharmaceutics 15(6): a difference lies within
//! a margin if it is significantly above the lower edge and significantly below the upper one, each at the same α; the
//! p-value is the larger of the two. The margin is fixed before the data are seen. Values are taken to be independent;
//! where they come in clusters, [`Estimate::clustered`] says how well their mean is known.

use super::distributions::{normal_above, student_above};
use super::moments::{deviation, mean};
use super::{finite, real, real_u64};

/// From where to where a difference does not matter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Margin {
    /// The lower edge, below zero as a rule.
    pub lower: f64,
    /// The upper edge.
    pub upper: f64,
}

impl Margin {
    /// As much on both sides.
    #[must_use]
    pub const fn within(size: f64) -> Self {
        Self { lower: -size, upper: size }
    }
}

/// What was measured, and how well.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom of the error; none where it is a normal's.
    pub freedom: Option<f64>,
}

impl Estimate {
    /// The mean of independent values, by Student's t. None of fewer than two.
    #[must_use]
    pub fn mean(values: &[f64]) -> Option<Self> {
        let (value, deviation, count) = (mean(values)?, deviation(values)?, real(values.len()));
        Some(Self { value, error: finite(deviation / count.sqrt())?, freedom: Some(count - 1.0) })
    }

    /// The mean of all values of several clusters, by the clusters' own totals (Liang and Zeger 1986, Biometrika 73(1),
    /// with the factor G/(G − 1)) and Student's t of one degree of freedom less than there are clusters. None of fewer
    /// than two clusters with values.
    #[must_use]
    pub fn clustered(clusters: &[&[f64]]) -> Option<Self> {
        let all: Vec<f64> = clusters.iter().flat_map(|cluster| cluster.iter().copied()).collect();
        let (value, groups) = (mean(&all)?, clusters.iter().filter(|cluster| !cluster.is_empty()).count());
        let freedom = real(groups.checked_sub(1).filter(|freedom| *freedom > 0)?);
        let total = |cluster: &&[f64]| cluster.iter().map(|one| one - value).sum::<f64>();
        let squares = clusters.iter().map(total).map(|total| total * total).sum::<f64>();
        let error = (squares * real(groups) / freedom).sqrt() / real(all.len());
        Some(Self { value, error: finite(error)?, freedom: Some(freedom) })
    }

    /// The difference of two counted shares, a − b, each given as hits of trials. After Agresti and Caffo 2000 (The
    /// American Statistician 54(4)) one hit and one miss is added to each, so that a share of nothing or all is not
    /// taken to be certain.
    #[must_use]
    pub fn difference_of_shares(a: (u64, u64), b: (u64, u64)) -> Option<Self> {
        let share = |(hits, trials): (u64, u64)| {
            let (hits, trials) = (trials.checked_sub(hits).map(|_| real_u64(hits) + 1.0)?, real_u64(trials) + 2.0);
            let share = hits / trials;
            Some((share, share * (1.0 - share) / trials))
        };
        let ((a, a_variance), (b, b_variance)) = (share(a)?, share(b)?);
        Some(Self { value: a - b, error: finite((a_variance + b_variance).sqrt())?, freedom: None })
    }

    /// The p-value of not being within the margin: equivalence is shown at α where it is at most α. None for a margin
    /// upside down, or an estimate without an error, whose edge is all or nothing.
    #[must_use]
    pub fn equivalence(&self, margin: Margin) -> Option<f64> {
        if !(margin.lower < margin.upper && self.error > 0.0) {
            return None;
        }
        let above = |errors: f64| match self.freedom {
            Some(freedom) => student_above(errors, freedom),
            None => finite(errors).map(normal_above),
        };
        let lower = above((self.value - margin.lower) / self.error)?;
        let upper = above((margin.upper - self.value) / self.error)?;
        Some(lower.max(upper))
    }
}
