//! P8: refusals over commands, but for races with the market and for what a fault made.

use super::judge::{Evidence, rank, share};
use super::lines::count;
use super::run::Came;
use super::verdict::Part;
use crate::scenario::criteria::Criterion;

/// Refusals that are no error of ours: the market, or the venue's news, was faster than the order.
const RACES: [&str; 4] = ["post", "reduce only", "would trigger", "session"];

impl Evidence<'_> {
    /// P8, with what the median month has before anything is taken off.
    pub fn error_rate(&self, line: &Criterion) -> Part {
        let part = self.of_months(line, 0.95, |came| errors(came).into());
        let mut whole: Vec<f64> = self.ended().filter_map(|(_, came)| came.figures.execution.error_rate).collect();
        whole.sort_unstable_by(f64::total_cmp);
        let Some(median) = rank(&whole, 0.5) else { return part };
        let evidence =
            format!("{}; races and made refusals included, the median month has {}", part.evidence, share(median));
        Part { evidence, ..part }
    }
}

/// What the venue refused, but for races, over commands. What faults made is taken off by its reason, so that it hides
/// no refusal of another.
fn errors(came: &Came) -> Option<f64> {
    let execution = &came.figures.execution;
    let made = |kind: &str| came.hits.get(kind).copied().unwrap_or(0);
    // A fault writes its reason with underscores, the figures with spaces.
    let own =
        |(why, times): (&String, &u64)| times.saturating_sub(made(&format!("rejected {}", why.replace(' ', "_"))));
    let is_race = |why: &str| RACES.iter().any(|race| why.contains(race));
    let refused: u64 = execution.rejected.iter().filter(|(why, _)| !is_race(why)).map(own).sum();
    let unclear = execution.ambiguous.saturating_sub(made("reply"));
    (execution.commands > 0).then(|| count(refused + unclear) / count(execution.commands))
}
