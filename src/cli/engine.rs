//! The one place where the command line meets the engine: one function per command.

use std::path::Path;

use serde_json::{Map, Value};

use seatrial::audit::{AuditReport, audit_records};
use seatrial::bad_input::BadInput;
use seatrial::bound::{self, Bound, BoundError};
use seatrial::journal::{self, Body, Journal, JournalError, JournalFile, Record, Renderer};
use seatrial::market::Timestamp;
use seatrial::metrics;
use seatrial::regress::{self, Kept};
use seatrial::replay::{self, Difference, Parity};
use seatrial::sim::setup::Setup;
use seatrial::sim::{self, SimError};
use seatrial::strategies::ParamError;
use seatrial::swarm;

/// Why a command could not be carried out.
pub enum Failure {
    /// What we were given is wrong.
    BadInput(Vec<BadInput>),
    /// A journal is damaged, or cannot be written.
    Journal(JournalError),
    /// A law was broken during the run.
    Breach(String),
    /// A defect of the program.
    Internal(String),
}

/// What a run came to.
pub struct Simulated {
    /// The summary, as it is printed with `--json`.
    pub summary: Map<String, Value>,
    /// First and last instant.
    pub period: (Timestamp, Timestamp),
    /// Records in the journal.
    pub records: Vec<Record>,
    /// What the audit found.
    pub audited: AuditReport,
    /// What was not at rest at the end; a run may end in the middle of things.
    pub unrest: Vec<String>,
}

/// What a replay found.
pub struct Replayed {
    /// What was compared.
    pub parity: Parity,
    /// The first difference, in words; none if all are equal.
    pub difference: Option<String>,
}

/// Whether the strategy takes its parameters.
pub fn check_strategy(setup: &Setup) -> Result<(), ParamError> {
    setup.trader().map(|_| ())
}

/// What a run came to before anybody looked at it.
pub struct Ran {
    outcome: sim::Outcome,
    /// What was not at rest at the end.
    unrest: Vec<String>,
}

/// Runs a setup; the journal is finished when it returns.
pub fn simulate(setup: &Setup, journal: Journal) -> Result<Ran, Failure> {
    let ran = |outcome: sim::Outcome| {
        let unrest = swarm::unrest(setup, &outcome);
        Ran { unrest: unrest.iter().map(ToString::to_string).collect(), outcome }
    };
    sim::run(setup, journal).map(ran).map_err(not_run)
}

/// Runs a setup under three sets of models.
pub fn bound(setup: &Setup) -> Result<Bound, Failure> {
    bound::bound(setup).map_err(|error| match error {
        BoundError::Run(error) => not_run(error),
        BoundError::Agents | BoundError::TooLarge(_) => {
            let allowed = "a recorded market, and amounts of at most 38 digits";
            Failure::BadInput(vec![BadInput::new("E-SC-018", &setup.scenario.path, error.to_string(), allowed)])
        }
    })
}

/// Runs a setup and keeps what a baseline keeps.
pub fn keep(setup: &Setup) -> Result<Kept, Failure> {
    Kept::of(setup).map_err(not_run)
}

/// The first record in which a run differs from its baseline, in lines.
pub fn first_record(setup: &Setup, difference: &regress::Difference) -> Vec<String> {
    let Some(place) = difference.place else { return vec!["its records are the same".to_owned()] };
    let first = place.after + 1;
    let among = if place.upto == first { String::new() } else { format!(" or one of the next, up to {}", place.upto) };
    let mut lines = vec![format!("first differing record: {first}{among}")];
    match regress::retold(setup, place) {
        Ok(told) if told.is_empty() => lines.push("  the run ends before it".to_owned()),
        Ok(told) => lines.extend(told.iter().map(|line| format!("  {}", line.trim_start()))),
        Err(error) => lines.push(format!("  it could not be run again: {error}")),
    }
    lines
}

/// Why a run could not go on.
fn not_run(error: SimError) -> Failure {
    match error {
        SimError::Journal(error) => Failure::Journal(error),
        SimError::Strategy(error) => Failure::Internal(format!("the strategy was checked and refuses: {error}")),
        SimError::Unread(lost) => Failure::BadInput(vec![*lost]),
        SimError::Identity { .. } => Failure::Breach(error.to_string()),
        SimError::NegativeLatency { ref tape, record, early_ns } => {
            let found = format!("record {record} reaches the trader {early_ns} ns before it happened");
            let bad = BadInput::new("E-MD-074", tape, found, "local times at or after exchange times").field("local");
            Failure::BadInput(vec![bad.hint("`seatrial data import` shifts a recording's local times")])
        }
    }
}

/// Audits what was run and sums it up. A journal kept on disk is read back from there.
pub fn judge(ran: Ran, kept: Option<&Path>) -> Result<Simulated, Failure> {
    let sim::Outcome { metrics, events, digest, period, journal, .. } = ran.outcome;
    let records = match kept {
        Some(path) => {
            drop(journal);
            journal::open(path, false).map_err(Failure::Journal)?.records
        }
        None => journal.into_records(),
    };
    let Some(Body::Header(header)) = records.first().map(|record| &record.body) else {
        return Err(Failure::Internal("a journal without a header".to_owned()));
    };
    let audited = audit_records(header, &records);
    let outcome = metrics::Outcome { events, digest, audit_breaches: audited.breached() };
    let summary = serde_json::to_value(metrics.finish(outcome));
    let Ok(Value::Object(mut summary)) = summary else {
        return Err(Failure::Internal("a summary is a table of plain values".to_owned()));
    };
    summary.insert("unrest".to_owned(), ran.unrest.len().into());
    Ok(Simulated { summary, period, records, audited, unrest: ran.unrest })
}

/// Steps a fresh trader through a journal and compares what it does.
pub fn replay(setup: &Setup, records: &[Record]) -> Result<Replayed, Failure> {
    let parity = replay::replay(setup, records).map_err(|error| Failure::Internal(error.to_string()))?;
    let difference = parity.difference.as_ref().map(|difference| explain(difference, records));
    Ok(Replayed { parity, difference })
}

fn explain(difference: &Difference, records: &[Record]) -> String {
    let Some(Body::Header(header)) = records.first().map(|record| &record.body) else { return String::new() };
    let mut renderer = Renderer::new(header);
    let mut told = |body: &Option<Body>| {
        body.as_ref().map_or_else(
            || "nothing".to_owned(),
            |body| {
                let record = Record { seq: difference.record, now: difference.now, cursor: 0, body: body.clone() };
                renderer.line(&record)
            },
        )
    };
    let (recorded, replayed) = (told(&difference.recorded), told(&difference.replayed));
    format!("  first difference at record {}\n  recorded: {recorded}\n  replayed: {replayed}", difference.record)
}

/// Checks every conservation law over a journal.
pub fn audit(journal: &JournalFile) -> AuditReport {
    seatrial::audit::audit(journal)
}
