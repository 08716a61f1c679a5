//! How many independent scenarios a number of runs is worth, when several share the day whose data they ran on.
//!
//! Runs on one day differ by their faults and their seed and agree in their market, so they are worth fewer than they
//! are. The design effect of Kish (1965, "Survey sampling"; 1987 for clusters of unequal size) says how much:
//! 1 + (m − 1)ρ, where m = Σnᵢ²/Σnᵢ is the size of the cluster that an average *run* is in, and ρ how alike the runs of
//! a day are. Three answers, from the boldest to the most careful:
//!
//! - [`effective`] with ρ from [`intraclass`]: what the runs themselves show. For what did not happen once, ρ cannot be
//!   estimated.
//! - [`distinct`]: the number of days, as if runs on a day were one run. **The choice for a bound on what never
//!   happened.**
//! - [`effective`] with ρ = 1: the same where all days have as many runs, and less where some have more, since then a
//!   share of all runs leans on those days.

use super::moments::mean;
use super::{finite, real, real_u64};

/// How many clusters have runs.
#[must_use]
pub fn distinct(sizes: &[u64]) -> usize {
    sizes.iter().filter(|size| **size > 0).count()
}

/// How many independent runs the runs of these clusters are worth, with this correlation within a cluster, 0 to 1:
/// runs over the design effect. None without runs, or with a ρ outside.
#[must_use]
pub fn effective(sizes: &[u64], rho: f64) -> Option<f64> {
    let runs = sizes.iter().copied().map(real_u64).sum::<f64>();
    if runs <= 0.0 || !(0.0..=1.0).contains(&rho) {
        return None;
    }
    let size = sizes.iter().copied().map(real_u64).map(|size| size * size).sum::<f64>() / runs;
    finite(runs / (1.0 + (size - 1.0) * rho))
}

/// How alike values of one cluster are: the intraclass correlation of one-way analysis of variance, ICC(1,1) of Shrout
/// and Fleiss 1979 (Psychological Bulletin 86(2)), with the mean size after Donner 1986 where sizes differ; cut to 0…1.
/// None of fewer than two clusters, where no cluster has two values, or where nothing varies.
#[must_use]
pub fn intraclass(clusters: &[&[f64]]) -> Option<f64> {
    let clusters: Vec<&[f64]> = clusters.iter().copied().filter(|cluster| !cluster.is_empty()).collect();
    let all: Vec<f64> = clusters.concat();
    let (count, groups, grand) = (real(all.len()), real(clusters.len()), mean(&all)?);
    if clusters.len() < 2 || all.len() == clusters.len() {
        return None;
    }
    let (mut between, mut within, mut squares) = (0.0, 0.0, 0.0);
    for cluster in clusters {
        let (size, centre) = (real(cluster.len()), mean(cluster)?);
        between += size * (centre - grand) * (centre - grand);
        within += cluster.iter().map(|value| (value - centre) * (value - centre)).sum::<f64>();
        squares += size * size;
    }
    let (between, within) = (between / (groups - 1.0), within / (count - groups));
    let size = (count - squares / count) / (groups - 1.0);
    let whole = Some(between + (size - 1.0) * within).filter(|whole| *whole > 0.0)?;
    finite((between - within) / whole).map(|rho| rho.clamp(0.0, 1.0))
}
