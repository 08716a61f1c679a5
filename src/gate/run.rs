//! One run as evidence: simulated, audited, watched for its drills, and now and then replayed.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use super::watch::{DrillSeen, Watched, watch};
use crate::bad_input::said;
use crate::journal::{Journal, Record};
use crate::metrics::{Figures, Outcome, Summary};
use crate::scenario::{Scenario, Unmet};
use crate::sim::{self, Setup};
use crate::swarm::{Judged, judge, unrest};

/// What is kept of a run: a line of `runs.jsonl`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Its number among all runs judged.
    pub number: u64,
    /// The line that runs it again.
    pub again: String,
    /// What its market was made from or recorded in: runs of one source share their data.
    pub source: String,
    /// The recorded days it met; empty where every day of its source is its own.
    pub data_days: Vec<String>,
    /// Hashes of its data.
    pub data: String,
    /// What came of it.
    pub came: Result<Came, String>,
}

impl Default for Run {
    fn default() -> Self {
        let text = String::new;
        let came = Err("it was not run".to_owned());
        Self { number: 0, again: text(), source: text(), data_days: Vec::new(), data: text(), came }
    }
}

/// What came of a run that ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Came {
    /// Its figures as a sweep has them.
    pub summary: Summary,
    /// Its performance; single trades are left out.
    pub figures: Figures,
    /// How often faults hit, by kind.
    pub hits: BTreeMap<String, u64>,
    /// What was seen of each drill, in order.
    pub drills: Vec<DrillSeen>,
    /// How long a person kept it halted, in nanoseconds.
    pub halted_by_person_ns: i64,
    /// Laws that were broken, and what was found.
    pub broken: Vec<(String, String)>,
    /// How often laws were looked at.
    pub checked: u64,
    /// Whether a fresh trader did the same from the journal; none where that was not tried.
    pub replayed: Option<bool>,
}

/// Runs a setup of a scenario and takes its evidence: laws, drills, what the scenario expects, and its replay where that
/// is asked for. A panic is what came of it.
pub fn tried(setup: &Setup, scenario: &Scenario, replays: bool) -> Result<Came, String> {
    catch_unwind(AssertUnwindSafe(|| evidence(setup, scenario, replays)))
        .unwrap_or_else(|panic| Err(format!("panic: {}", said(&*panic))))
}

fn evidence(setup: &Setup, scenario: &Scenario, replays: bool) -> Result<Came, String> {
    let mut outcome = sim::run(setup, Journal::recording()).map_err(|error| error.to_string())?;
    let unrest = unrest(setup, &outcome);
    let restless = unrest.len();
    let mut figures = outcome.metrics.figures(outcome.period);
    figures.trades.closed.clear();
    let sim::Outcome { metrics, events, digest, journal, hits, period: (_, end), .. } = outcome;
    let records = journal.into_records();
    let Judged { audit, findings, replayed } = judge(setup, &records, replays).ok_or("a journal without a header")?;
    // Only who closed everything before the end must be at rest there.
    let findings = findings.into_iter().chain(unrest.into_iter().filter(|_| scenario.rehearses()));
    let mut broken: Vec<(String, String)> = findings.map(|found| (found.law.to_owned(), found.text)).collect();
    let Watched { drills, halted_by_person_ns } = watch(&records, end);
    let mut counted = BTreeMap::new();
    for hit in &hits {
        let reason = hit.kind.terms().into_iter().find(|(key, _)| *key == "reason");
        let reason = reason.map_or_else(String::new, |(_, reason)| format!(" {reason}"));
        *counted.entry(format!("{}{reason}", hit.kind.name())).or_default() += 1;
    }
    let audit_breaches = audit.breached();
    let summary = metrics.finish(Outcome { events, digest, audit_breaches });
    broken.extend(unmet(scenario, &summary, restless, &records));
    Ok(Came {
        summary,
        figures,
        hits: counted,
        drills,
        halted_by_person_ns,
        broken,
        checked: audit.checked(),
        replayed,
    })
}

/// What the scenario expects and the run did not come to.
fn unmet(scenario: &Scenario, summary: &Summary, restless: usize, records: &[Record]) -> Vec<(String, String)> {
    if !scenario.expects() {
        return Vec::new();
    }
    let mut summary = serde_json::to_value(summary).unwrap_or_default();
    if let Some(summary) = summary.as_object_mut() {
        summary.insert("unrest".to_owned(), restless.into());
    }
    let told = |unmet: Unmet| {
        ("expect".to_owned(), format!("{}: expected {}, actual {}", unmet.key, unmet.expected, unmet.actual))
    };
    scenario.unmet(&summary, records).into_iter().map(told).collect()
}
