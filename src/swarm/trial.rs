//! One case, tried and judged.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::case::Case;
use super::hours::{self, Hours};
use super::judge::{self, Finding};
use super::probes::{self, Reached};
use crate::bad_input::said;
use crate::journal::{Journal, Record};
use crate::sim::fault::Fault;
use crate::sim::{self, Setup};

/// What came of a case.
pub struct Came {
    /// What must not be; empty is as it should be.
    pub findings: Vec<Finding>,
    /// The hours it counts for.
    pub hours: Hours,
    /// Faults that were injected.
    pub faults: u64,
    /// The same, each as a fault of its own.
    pub injected: Vec<Fault>,
    /// Rare states that were reached.
    pub reached: Reached,
    /// The digest of the run; zero where it did not end.
    pub digest: u64,
    /// The journal's records.
    pub records: Vec<Record>,
}

/// Tries a case. A panic is a finding like any other.
#[must_use]
pub fn try_case(case: &Case) -> Came {
    match catch_unwind(AssertUnwindSafe(|| tried(case))) {
        Ok(came) => came,
        Err(panic) => broken("panic", said(&*panic).to_owned()),
    }
}

fn broken(law: &'static str, text: String) -> Came {
    Came {
        findings: vec![Finding::new(law, None, text)],
        hours: Hours::default(),
        faults: 0,
        injected: Vec::new(),
        reached: Reached::default(),
        digest: 0,
        records: Vec::new(),
    }
}

fn tried(case: &Case) -> Came {
    let setup = match case.setup() {
        Ok(setup) => setup,
        Err(all) => return broken("case", all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
    };
    match sim::run(&setup, Journal::recording()) {
        Ok(outcome) => judged(case, &setup, outcome),
        Err(error) => broken("identity", error.to_string()),
    }
}

fn judged(case: &Case, setup: &Setup, outcome: sim::Outcome) -> Came {
    let unrest = judge::unrest(setup, &outcome);
    let sim::Outcome { digest, journal, hits, .. } = outcome;
    let records = journal.into_records();
    let mut findings = judge::judge(setup, &records, true).map(|judged| judged.findings).unwrap_or_default();
    judge::excuse(&hits, &mut findings);
    findings.extend(unrest);
    let hours = hours::count(&records, Case::START, case.healed(), |hour| case.kinds_at(hour));
    let faults = hits.len() as u64;
    let reached = probes::reached(&records);
    Came { findings, hours, faults, injected: hits, reached, digest, records }
}
