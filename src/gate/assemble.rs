//! The verdict, assembled from what was asked and what the runs showed.

use serde::{Deserialize, Serialize};

use super::edge::Edge;
use super::judge::{Evidence, float};
use super::lines::groups;
use super::results::beside;
use super::run::Run;
use super::untested::{decisions, untested};
use super::verdict::{Bound, Class, Demotion, Line, Outcome, RampStep, SCHEMA, Verdict};
use crate::scenario::criteria::Criteria;

/// What was asked before the first run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The class of evidence.
    pub class: Class,
    /// Criteria of one's own, as they were written; empty where the defaults hold.
    pub criteria: String,
    /// Whole days of a run.
    pub days: u64,
    /// Account currency.
    pub currency: String,
    /// Names of the scenarios.
    pub scenarios: Vec<String>,
    /// Models and their parameters, by name.
    pub assumptions: Vec<(String, String)>,
    /// What the verdict is bound to, but for the results.
    pub bound: Bound,
}

/// What was shown.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Shown {
    /// The runs that are judged.
    pub runs: Vec<Run>,
    /// Those of strategies beside the judged one, by name.
    pub beside: Vec<(String, Vec<Run>)>,
    /// A long backtest, if there is one.
    pub edge: Option<Edge>,
}

/// The verdict of what was shown, whose stored bytes have a hash.
#[must_use]
pub fn assemble(asked: &Asked, criteria: &Criteria, evidence: &Shown, results: String) -> Verdict {
    let Shown { runs, beside: benchmarks, edge } = evidence;
    let evidence = Evidence { runs, criteria, days: asked.days, edge: edge.as_ref() };
    let drills = evidence.drills();
    let lines = evidence.lines(asked.class, &drills);
    let outcome = outcome(&lines, asked.class);
    let loose = criteria.loosened();
    let (ramp, rules) = (criteria.ramp.iter(), criteria.demotions.iter());
    Verdict {
        schema: SCHEMA.to_owned(),
        outcome,
        class: asked.class,
        headline: format!(
            "{} ({}{})",
            outcome.word(),
            asked.class.name(),
            if loose.is_empty() { "" } else { ", by loosened criteria" }
        ),
        why: why(&lines, outcome, asked.class) + &loosened(&loose),
        scenarios: asked.scenarios.clone(),
        runs: runs.len() as u64,
        effective: evidence.effective(runs.iter()),
        days: asked.days,
        confidence: float(criteria.confidence),
        valid_days: criteria.valid_days,
        groups: groups(&lines),
        matrix: evidence.matrix(),
        results: evidence.results(asked.currency.clone()),
        benchmarks: beside(runs, benchmarks),
        worst: evidence.worst(),
        assumptions: asked.assumptions.clone(),
        untested: untested(&lines),
        decisions: decisions(
            if loose.is_empty() { outcome } else { outcome.max(Outcome::Insufficient) },
            asked.class,
            criteria.valid_days,
        ),
        ramp: ramp.map(|step| RampStep { share: step.share.clone(), days: step.days, trades: step.trades }).collect(),
        demotions: rules.map(|(when, then)| Demotion { when: when.clone(), then: then.clone() }).collect(),
        bound: Bound { results, ..asked.bound.clone() },
        lines,
        drills,
    }
}

/// What is said of criteria that are looser than the defaults.
fn loosened(loose: &[String]) -> String {
    if loose.is_empty() {
        return String::new();
    }
    format!(" The criteria are looser than the defaults and allow nothing: {}.", loose.join(", "))
}

/// What a line says in the class that was judged: its weaker part where both count.
fn said(line: &Line, class: Class) -> Outcome {
    let simulated = line.simulated.as_ref().map(|part| part.outcome);
    match class {
        Class::SelfConsistent => simulated.unwrap_or(Outcome::Insufficient),
        Class::Testnet | Class::ShadowLive | Class::Live => {
            simulated.map_or(line.paper.outcome, |simulated| simulated.max(line.paper.outcome))
        }
    }
}

/// The worst of the lines that decide; nothing that decides is no evidence.
fn outcome(lines: &[Line], class: Class) -> Outcome {
    lines.iter().filter(|line| line.decides).map(|line| said(line, class)).max().unwrap_or(Outcome::Insufficient)
}

/// Why it came to this, naming the lines.
fn why(lines: &[Line], outcome: Outcome, class: Class) -> String {
    let decided: Vec<&Line> = lines.iter().filter(|line| line.decides && said(line, class) == outcome).collect();
    let named = |lines: &[&Line]| {
        let ids: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
        ids.join(", ")
    };
    let first = |lines: &[&Line]| {
        let line = lines.first()?;
        let part = line.simulated.as_ref().filter(|part| part.outcome == outcome).unwrap_or(&line.paper);
        Some(format!(" {} ({}): {}.", line.id, line.name, part.evidence))
    };
    match outcome {
        Outcome::Fail => format!("Fails {}.{}", named(&decided), first(&decided).unwrap_or_default()),
        Outcome::Insufficient => {
            format!("Evidence is lacking for {}.{}", named(&decided), first(&decided).unwrap_or_default())
        }
        Outcome::Pass => {
            let lacking: Vec<&Line> = lines
                .iter()
                .filter(|line| line.simulated.as_ref().is_some_and(|part| part.outcome == Outcome::Insufficient))
                .collect();
            format!(
                "All {} lines that simulation can decide hold. Of the edge is still lacking: {}. Of paper there is no evidence yet.",
                decided.len(),
                named(&lacking)
            )
        }
    }
}
