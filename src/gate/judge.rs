//! Judging: from the evidence of runs to what is said of a line, with exact bounds.
//!
//! Three answers and no fourth: what the bound shows to hold passes, what it shows not to hold fails, and what it cannot
//! tell is insufficient. Runs that share their data count as what they are worth, clustered by data day.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::edge::Edge;
use super::run::{Came, Run};
use super::verdict::{Outcome, Part};
use crate::scenario::criteria::{Criteria, Criterion};
use crate::statistics::proportion::{lower_bound, upper_bound};

/// Everything there is to judge by.
pub struct Evidence<'a> {
    /// The runs.
    pub runs: &'a [Run],
    /// What is asked.
    pub criteria: &'a Criteria,
    /// Whole days of a run.
    pub days: u64,
    /// A long backtest, if there is one.
    pub edge: Option<&'a Edge>,
}

impl<'a> Evidence<'a> {
    /// Runs that ended.
    pub fn ended(&self) -> impl Iterator<Item = (&'a Run, &'a Came)> + use<'a> {
        self.runs.iter().filter_map(|run| run.came.as_ref().ok().map(|came| (run, came)))
    }

    /// How many independent runs these are worth: as many as they have data days that are not another's, over the days
    /// of a run; the most careful of the answers of [`crate::statistics::clusters`].
    pub fn effective<'r>(&self, runs: impl Iterator<Item = &'r Run>) -> u64 {
        let (mut sources, mut days, mut count) = (BTreeSet::new(), BTreeSet::new(), 0_u64);
        for run in runs {
            count += 1;
            if run.data_days.is_empty() {
                sources.insert(run.source.as_str());
            } else {
                days.extend(run.data_days.iter().map(|day| (run.data.as_str(), day.as_str())));
            }
        }
        let each = self.days.max(1);
        let whole = sources.len() as u64 + days.len() as u64 / each;
        whole.clamp(u64::from(count > 0), count)
    }

    /// The bound of nothing having gone wrong, or of some.
    pub fn at_most(&self, failures: u64, runs: u64, effective: u64) -> Option<f64> {
        upper_bound(scaled(failures, runs, effective), effective, float(self.criteria.confidence))
    }

    /// A line of which no run may break anything.
    pub fn none_broken(&self, what: &str, is_broken: impl Fn(&Came) -> bool) -> Part {
        self.none_broken_of(what, |_| true, is_broken)
    }

    /// The same over the runs that say something of it.
    pub fn none_broken_of(&self, what: &str, says: impl Fn(&Came) -> bool, is_broken: impl Fn(&Came) -> bool) -> Part {
        let (mut broken, mut first, mut checked) = (0, None, 0);
        for (run, came) in self.ended() {
            checked += came.checked;
            if is_broken(came) {
                broken += 1;
                first = first.or(Some(run.number));
            }
        }
        let lost = self.runs.iter().filter(|run| run.came.is_err()).count() as u64;
        let saying = || self.runs.iter().filter(|run| run.came.as_ref().map_or(true, &says));
        let all = saying().count() as u64;
        let effective = self.effective(saying());
        let outcome = if broken > 0 {
            Outcome::Fail
        } else if lost > 0 || all == 0 {
            Outcome::Insufficient
        } else {
            Outcome::Pass
        };
        let first = first.map_or_else(String::new, |run| format!(", first in run {run}"));
        let lost = if lost > 0 { format!(", {lost} did not end") } else { String::new() };
        Part {
            outcome,
            value: Some(broken.to_string()),
            bound: self.at_most(broken, all, effective).map(|most| format!("at most {} of runs", share(most))),
            evidence: format!("{what}: {broken} of {all} runs{first}{lost}; {checked} looks at laws"),
        }
    }

    /// A line that a share of months must meet: the median month where the share is a half.
    pub fn of_months(&self, line: &Criterion, of: f64, figure: impl Fn(&Came) -> Figure) -> Part {
        let Some(threshold) = &line.threshold else { return missing("a threshold") };
        let limit = float(threshold.value);
        let (mut values, mut misses, mut silent) = (Vec::new(), 0, 0);
        for (_, came) in self.ended() {
            match figure(came) {
                Figure::Is(value) => {
                    values.push(value);
                    let met = if threshold.at_least { value >= limit } else { value <= limit };
                    misses += u64::from(!met);
                }
                Figure::Best => values.push(if threshold.at_least { f64::INFINITY } else { f64::NEG_INFINITY }),
                Figure::None => silent += 1,
            }
        }
        let count = values.len() as u64;
        if count == 0 {
            return missing("runs that have it");
        }
        // A month that says nothing is no month that meets it, and none that misses it.
        let (refuted, misses, all) = (misses, misses + silent, count + silent);
        let effective = self.effective(self.ended().map(|(run, _)| run));
        let confidence = float(self.criteria.confidence);
        let most = upper_bound(scaled(misses, all, effective), effective, confidence);
        // What is to be refuted is rounded down, what is to be shown up: neither way does sharing data help.
        let least = lower_bound(refuted * effective / all.max(1), effective, confidence);
        let outcome = match (most, least) {
            (Some(most), _) if most <= 1.0 - of => Outcome::Pass,
            (_, Some(least)) if least > 1.0 - of => Outcome::Fail,
            _ => Outcome::Insufficient,
        };
        values.sort_unstable_by(f64::total_cmp);
        let tail = if threshold.at_least { 1.0 - of } else { of };
        let value = rank(&values, tail);
        let silent = if silent > 0 { format!(", {silent} say nothing") } else { String::new() };
        Part {
            outcome,
            value: value.filter(|value| value.is_finite()).map(plain),
            bound: most.map(|most| format!("at least {} of months meet it; {} must", share(1.0 - most), share(of))),
            evidence: format!("{} of {all} months meet it{silent}; worth {effective}", all - misses),
        }
    }
}

/// A figure of the criteria to compare with; what no float can hold is none to compare with, and never met.
pub fn float(figure: Decimal) -> f64 {
    figure.to_f64().unwrap_or(f64::NAN)
}

/// A figure of a month.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Figure {
    /// It is this.
    Is(f64),
    /// It is better than any number: a profit without a loss.
    Best,
    /// The month has none.
    None,
}

impl From<Option<f64>> for Figure {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::None, Self::Is)
    }
}

/// What cannot be said, for want of something.
pub fn missing(what: &str) -> Part {
    let evidence = format!("needs {what}");
    Part { outcome: Outcome::Insufficient, value: None, bound: None, evidence }
}

/// A fact that holds.
pub fn fact(holds: bool, evidence: String) -> Part {
    let outcome = if holds { Outcome::Pass } else { Outcome::Fail };
    Part { outcome, value: None, bound: None, evidence }
}

/// So many of a number of runs, in independent ones: rounded up, so that what happened never vanishes.
pub fn scaled(count: u64, runs: u64, effective: u64) -> u64 {
    if runs == 0 {
        return 0;
    }
    let scaled = (u128::from(count) * u128::from(effective)).div_ceil(u128::from(runs));
    u64::try_from(scaled).expect("not more than there were").min(effective)
}

/// The value that so many of sorted values are at most: the nearest rank.
#[must_use]
pub fn rank(sorted: &[f64], share: f64) -> Option<f64> {
    let place = libm::ceil(share * real(sorted.len())).max(1.0);
    sorted.iter().zip(1_u32..).find(|(_, at)| f64::from(*at) >= place).map(|(value, _)| *value)
}

#[expect(clippy::cast_precision_loss, reason = "nobody judges 2^53 runs")]
pub const fn real(count: usize) -> f64 {
    count as f64
}

/// A share in percent, with as many decimals as a bound needs.
#[must_use]
pub fn share(value: f64) -> String {
    format!("{:.3} %", value * 100.0)
}

/// A figure as it is printed.
#[must_use]
pub fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
