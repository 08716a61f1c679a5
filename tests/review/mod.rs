//! Running a scenario of the catalogue through the library: the run, its audit, its replay and what
//! it expects.

#![allow(clippy::disallowed_types, reason = "how long a scenario took is told beside its verdict")]

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use seatrial::audit::audit_records;
use seatrial::journal::{Body, Journal};
use seatrial::metrics;
use seatrial::scenario::Scenario;
use seatrial::{replay, sim, swarm};

/// What a scenario came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Everything it did not come to; empty if it holds.
    pub wrong: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Verdict {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.wrong.is_empty()
    }
}

/// The folder of the catalogue.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/review")
}

/// The names of the catalogue, in order.
pub fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("the catalogue is part of the project");
    let mut names: Vec<String> = files
        .filter_map(|file| file.expect("a readable folder").file_name().to_str().map(str::to_owned))
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// Where a scenario of the catalogue lies.
pub fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.toml"))
}

/// Runs a scenario, and says what of it does not hold: a file that is refused, a run that breaks off,
/// a law of the audit, a replay that differs, an expectation that is not met.
pub fn run_scenario(path: &Path) -> Verdict {
    let began = Instant::now();
    let judged = panic::catch_unwind(AssertUnwindSafe(|| judged(path)));
    let wrong = match judged {
        Ok(judged) => judged.unwrap_or_else(|all| all),
        Err(panic) => vec![format!("it panicked: {}", said(panic.as_ref()))],
    };
    Verdict { wrong, took: began.elapsed() }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

fn judged(path: &Path) -> Result<Vec<String>, Vec<String>> {
    let told = |all: Vec<seatrial::bad_input::BadInput>| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let scenario = Scenario::read(path).map_err(told)?;
    let nowhere = Path::new("a scenario of the catalogue needs no data");
    let setup = scenario.setup(nowhere, nowhere, None, 0).map_err(told)?;
    setup.trader().map_err(|wrong| told(vec![scenario.bad_parameter(&wrong)]))?;
    let ran = sim::run(&setup, Journal::recording()).map_err(|error| vec![error.to_string()])?;
    let unrest = swarm::unrest(&setup, &ran).len();
    let sim::Outcome { metrics, events, digest, journal, .. } = ran;
    let records = journal.into_records();
    let Some(Body::Header(header)) = records.first().map(|record| &record.body) else {
        return Err(vec!["a journal without a header".to_owned()]);
    };
    let audited = audit_records(header, &records);
    let mut wrong: Vec<String> = audited.breaches.iter().map(ToString::to_string).collect();
    let outcome = metrics::Outcome { events, digest, audit_breaches: audited.breached() };
    let mut summary = serde_json::to_value(metrics.finish(outcome)).expect("a summary is plain values");
    summary["unrest"] = unrest.into();
    let unmet = scenario.unmet(&summary, &records);
    wrong.extend(
        unmet.iter().map(|unmet| format!("{}: expected {}, actual {}", unmet.key, unmet.expected, unmet.actual)),
    );
    let parity = replay::replay(&setup, &records).map_err(|error| vec![error.to_string()])?;
    wrong.extend(parity.difference.map(|difference| format!("replay: {difference:?}")));
    Ok(wrong)
}
