//! `seatrial run --swarm`: random cases under faults, until enough was simulated or something is
//! found. A finding is told with the one line that repeats it, shrunk, and written down as a
//! scenario.

use std::io::{IsTerminal, Write, stderr};
use std::panic;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::args::Run;
use super::cases::{self, Batch};
use super::exit::Exit;
use super::output::{Output, complain};
use super::text::lossy;
use seatrial::journal::{Body, Renderer};
use seatrial::swarm::{Breach, Came, Case, Finding, Shrunk, Total, shrink, swarm, try_case};

/// Longest that a finding is shrunk.
const SHRINK: Duration = Duration::from_mins(2);
/// Most hands: more cores than this are not asked for.
const HANDS_MAX: usize = 64;

/// A point in time from which it is told how much has passed.
#[expect(clippy::disallowed_types, reason = "when to stop is asked of the clock; what is found is not")]
struct Since(std::time::Instant);

impl Since {
    #[expect(clippy::disallowed_types, reason = "as above")]
    fn now() -> Self {
        Self(std::time::Instant::now())
    }

    fn passed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Tries cases as asked.
pub fn run(args: &Run, output: &mut Output) -> Exit {
    // A panic in a case is a finding and told as one.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let exit = match args.hours {
        Some(hours) => many(args, hours, output),
        None => one(args, output),
    };
    panic::set_hook(hook);
    exit
}

/// The one case of a seed.
fn one(args: &Run, output: &mut Output) -> Exit {
    let case = Case::draw(args.seed.unwrap_or(1));
    let came = try_case(&case);
    if args.trace {
        trace(&came, args.until.unwrap_or(u64::MAX));
    }
    for line in cases::told(&case, &came) {
        output.line(&line);
    }
    let breach = Breach { case, came };
    let (exit, shrunk) = if breach.came.findings.is_empty() { (Exit::Fine, None) } else { found(&breach) };
    output.document(&cases::document(&breach.case, &breach.came, shrunk.as_ref()));
    exit
}

/// Cases until enough hours are counted, or the time is up.
fn many(args: &Run, hours: u64, output: &mut Output) -> Exit {
    let base = args.seed.unwrap_or(1);
    let hands = std::thread::available_parallelism().map_or(1, usize::from).min(HANDS_MAX);
    let (since, said) = (Since::now(), Mutex::new(Duration::ZERO));
    let most = args.minutes.map_or(Duration::MAX, Duration::from_mins);
    let (total, breach) = swarm(base, hands, &|total: &Total| {
        progress(total, &since, &said);
        let sound = args.keep_going || total.broken.is_empty();
        sound && total.hours.counted < hours && since.passed() < most
    });
    let batch = Batch { base, asked: hours, hands, seconds: since.passed().as_secs(), total: &total };
    for line in batch.told() {
        output.line(&line);
    }
    let (mut exit, mut shrunk) = (Exit::Fine, None);
    if let Some(breach) = &breach {
        (exit, shrunk) = if args.keep_going { (Exit::Breach, None) } else { found(breach) };
    } else if total.hours.counted < hours {
        complain(&format!("{} simulated hours of {hours} asked for: the time was up", total.hours.counted));
    }
    let missed = total.missed();
    if !missed.is_empty() {
        complain(&format!("probes that so many hours must reach and did not: {}", missed.join(", ")));
        exit = Exit::Breach;
    }
    output.document(&batch.document(breach.as_ref(), shrunk.as_ref()));
    exit
}

/// How far it is, on a terminal only and twice a second at most.
fn progress(total: &Total, since: &Since, said: &Mutex<Duration>) {
    let passed = since.passed();
    let Ok(mut last) = said.lock() else { return };
    if !stderr().is_terminal() || passed < *last + Duration::from_millis(500) {
        return;
    }
    *last = passed;
    let _ = write!(stderr().lock(), "\r{} hours, {} cases, {} s ", total.hours.counted, total.cases, passed.as_secs());
}

/// Tells what was found, shrinks it, and writes it down.
fn found(breach: &Breach) -> (Exit, Option<Value>) {
    for finding in breach.came.findings.iter().take(10) {
        complain(&explained(finding, &breach.came));
    }
    complain(&format!("run it again: {}", cases::rerun(&breach.case, &breach.came)));
    let since = Since::now();
    let again = try_case(&breach.case);
    let Shrunk { case, came, tried } = shrink(breach.case.clone(), again, &|| since.passed() < SHRINK);
    let file = PathBuf::from(format!("swarm-{}.toml", case.seed));
    let first = came.findings.first().map_or_else(String::new, ToString::to_string);
    let written = std::fs::write(&file, case.text());
    match &written {
        Ok(()) => complain(&format!("shrunk in {tried} cases to {}: {first}", lossy(&file))),
        Err(error) => complain(&format!("shrunk in {tried} cases, but {} cannot be written: {error}", lossy(&file))),
    }
    (Exit::Breach, written.ok().map(|()| json!({ "file": lossy(&file), "found": cases::found(&came.findings) })))
}

fn explained(finding: &Finding, came: &Came) -> String {
    match came.records.first().map(|record| &record.body) {
        Some(Body::Header(header)) => finding.explain(header, &came.records),
        _ => finding.to_string(),
    }
}

/// The journal as text up to a record, on stderr.
fn trace(came: &Came, until: u64) {
    let Some(Body::Header(header)) = came.records.first().map(|record| &record.body) else { return };
    let mut renderer = Renderer::new(header);
    for record in came.records.iter().take_while(|record| record.seq <= until) {
        complain(&renderer.line(record));
    }
}
