//! `seatrial run`: scenarios, once each.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Number, Value, json};

use super::args::{Run, over};
use super::check::open;
use super::engine::{self, Failure, Simulated};
use super::exit::Exit;
use super::machine::timed;
use super::output::{Output, complain};
use super::places::Places;
use super::text;
use seatrial::audit::AuditReport;
use seatrial::journal::{Body, Journal, Renderer};
use seatrial::metrics::OrderStatistics;
use seatrial::scenario::{Scenario, Unmet};
use seatrial::sim::setup::Setup;

/// Runs every scenario named.
pub fn run(args: &Run, places: &Places, output: &mut Output) -> Exit {
    if args.journal.is_some() && args.scenarios.len() > 1 {
        complain("error: --journal keeps one run; name one scenario with it");
        return Exit::Usage;
    }
    each(args, output, |path, output| one(path, args, places, output))
}

/// Does the same with every scenario named: one document, or a list of them; the worst end is the end.
pub(super) fn each(
    args: &Run,
    output: &mut Output,
    one: impl Fn(&Path, &mut Output) -> Result<(Value, Exit), Failure>,
) -> Exit {
    let mut exit = Exit::Fine;
    let mut documents = Vec::new();
    for path in &args.scenarios {
        let (document, end) = one(path, output).unwrap_or_else(|failure| text::failed(path, &failure));
        documents.push(document);
        exit = exit.max(end);
    }
    output.document(&text::one_or_many(documents, args.scenarios.len()));
    exit
}

fn one(path: &Path, args: &Run, places: &Places, output: &mut Output) -> Result<(Value, Exit), Failure> {
    let (scenario, setup) =
        open(path, places, &over(&args.set), (args.seed, args.number)).map_err(Failure::BadInput)?;
    // Created only now: a scenario that is refused leaves no file behind.
    let journal = match &args.journal {
        Some(file) => keep(file)?,
        None => Journal::recording(),
    };
    let (ran, wall) = timed(|| engine::simulate(&setup, journal));
    let ran = ran.inspect_err(|failure| forget(args.journal.as_deref(), failure))?;
    let simulated = engine::judge(ran, args.journal.as_deref())?;
    if args.trace {
        trace(&simulated);
    }
    let mut unmet = scenario.unmet(&Value::Object(simulated.summary.clone()), &simulated.records);
    unmet.extend(replays(&scenario, &setup, &simulated)?);
    let told = Told { path, setup: &setup, places, simulated: &simulated, unmet: &unmet, wall };
    let lines = if args.scenarios.len() == 1 { told.lines() } else { vec![told.verdict()] };
    for line in lines {
        output.line(&line);
    }
    for Unmet { key, expected, actual } in &unmet {
        complain(&format!("{}: [expect] {key}: expected {expected}, actual {actual}", text::shown(&text::lossy(path))));
    }
    if unmet.iter().any(|unmet| unmet.key.ends_with("unrest")) {
        simulated.unrest.iter().for_each(|what| complain(&format!("not at rest: {what}")));
    }
    explain_breaches(&simulated);
    let sound = unmet.is_empty() && simulated.audited.is_clean();
    Ok((told.document(), if sound { Exit::Fine } else { Exit::Breach }))
}

/// A journal in a file. One that is there is replaced, as whoever runs again wants it, but never without a word.
fn keep(file: &Path) -> Result<Journal, Failure> {
    let there = file.metadata().is_ok_and(|there| there.len() > 0);
    let journal = Journal::to_file(file).map_err(Failure::Journal)?;
    if there {
        complain(&format!("{}: the journal that was there is replaced", text::shown(&text::lossy(file))));
    }
    Ok(journal)
}

/// A run that was refused leaves no journal behind; one that failed leaves what it came to.
fn forget(journal: Option<&Path>, failure: &Failure) {
    if let (Some(file), Failure::BadInput(_)) = (journal, failure) {
        // Where it cannot be removed it stays: an unfinished journal never passes for a whole one.
        let _ = std::fs::remove_file(file);
    }
}

/// A scenario that is a test holds only if its journal replays to the same actions.
fn replays(scenario: &Scenario, setup: &Setup, simulated: &Simulated) -> Result<Option<Unmet>, Failure> {
    if !scenario.expects() {
        return Ok(None);
    }
    let replayed = engine::replay(setup, &simulated.records)?;
    Ok(replayed.difference.map(|actual| Unmet {
        key: "replay".to_owned(),
        expected: "the same actions from the journal".to_owned(),
        actual: format!("another action\n{actual}"),
    }))
}

/// The journal as text, on stderr.
fn trace(simulated: &Simulated) {
    let Some(Body::Header(header)) = simulated.records.first().map(|record| &record.body) else { return };
    let mut renderer = Renderer::new(header);
    for record in &simulated.records {
        complain(&renderer.line(record));
    }
}

fn explain_breaches(simulated: &Simulated) {
    let Some(Body::Header(header)) = simulated.records.first().map(|record| &record.body) else { return };
    for breach in &simulated.audited.breaches {
        complain(&AuditReport::explain(breach, header, &simulated.records));
    }
}

/// Everything there is to tell of a run.
struct Told<'a> {
    path: &'a Path,
    setup: &'a Setup,
    places: &'a Places,
    simulated: &'a Simulated,
    unmet: &'a [Unmet],
    wall: Duration,
}

impl Told<'_> {
    fn figure(&self, name: &str) -> String {
        match self.simulated.summary.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "?".to_owned(),
        }
    }

    /// One line for a person who runs many.
    fn verdict(&self) -> String {
        let sound = self.unmet.is_empty() && self.simulated.audited.is_clean();
        let verdict = if sound { "ok    " } else { "FAILED" };
        format!("{verdict} {:<28} {:>9}  digest {}", self.setup.name, self.seconds(), self.figure("digest"))
    }

    /// The summary for people.
    fn lines(&self) -> Vec<String> {
        let Self { setup, simulated, .. } = self;
        let figures = |names: &[(&str, &str)]| {
            names.iter().map(|(name, label)| format!("{} {label}", self.figure(name))).collect::<Vec<_>>().join(", ")
        };
        let (from, to) = simulated.period;
        let mut lines = vec![format!("{}, seed {}, run {}", setup.name, setup.seed, setup.run)];
        let mut add = |line: String| lines.push(format!("  {line}"));
        add(format!("period      {} to {}", text::iso(from), text::iso(to)));
        text::assumptions(setup).into_iter().for_each(&mut add);
        let orders = [
            ("orders", "sent"),
            ("fills", "fills"),
            ("partial_fills", "partial"),
            ("rejections", "rejected"),
            ("denials", "denied"),
        ];
        add(format!("orders      {}", figures(&orders)));
        add(format!("on the way  {}", self.on_the_way()));
        let results = [("gross_pnl", "gross"), ("fees", "fees"), ("funding", "funding"), ("net_pnl", "net")];
        add(format!("P&L         {}", figures(&results)));
        let equity =
            [("equity_start", "at the start"), ("equity_end", "at the end"), ("max_drawdown", "greatest drawdown")];
        add(format!("equity      {}", figures(&equity)));
        add(format!(
            "events      {} in {}, {} a second",
            self.figure("events"),
            self.seconds(),
            self.events_per_second()
        ));
        let audited = &simulated.audited;
        let (laws, checks) = (audited.laws.len(), audited.checked());
        let (records, breaches) = (audited.records, audited.breached());
        add(format!("audit       {laws} laws checked {checks} times over {records} records, {breaches} breaches"));
        add(format!("digest      {}", self.figure("digest")));
        add(format!("again       {}", text::rerun(self.path, setup, self.places)));
        lines
    }

    /// What became of orders on their way, in a line.
    fn on_the_way(&self) -> String {
        let told = self.simulated.summary.get("order_statistics").cloned().unwrap_or_default();
        serde_json::from_value::<OrderStatistics>(told).map_or_else(|_| "?".to_owned(), |ways| ways.to_string())
    }

    fn seconds(&self) -> String {
        format!("{}.{:03} s", self.wall.as_secs(), self.wall.subsec_millis())
    }

    /// A number with six decimals, by way of text.
    fn wall_seconds(&self) -> Number {
        let text = format!("{}.{:06}", self.wall.as_secs(), self.wall.subsec_micros());
        text.parse().expect("digits and a dot are a number")
    }

    fn events_per_second(&self) -> u64 {
        let events = self.simulated.summary.get("events").and_then(Value::as_u64).unwrap_or_default();
        let nanos = self.wall.as_nanos().max(1);
        u64::try_from(u128::from(events) * 1_000_000_000 / nanos).unwrap_or(u64::MAX)
    }

    /// The summary for programs.
    fn document(&self) -> Value {
        let mut document: Map<String, Value> = self.simulated.summary.clone();
        let (from, to) = self.simulated.period;
        let more = json!({
            "file": text::lossy(self.path),
            "period": [text::iso(from), text::iso(to)],
            "fill_profile": self.setup.venue.profile.name(),
            "stamps": text::stamps(self.setup),
            "assumptions": text::assumptions(self.setup),
            "laws": text::laws(&self.simulated.audited),
            "breaches": text::breaches(&self.simulated.audited),
            "unmet": self.unmet,
            "rerun": text::rerun(self.path, self.setup, self.places),
            "wall_seconds": self.wall_seconds(),
            "events_per_second": self.events_per_second(),
        });
        if let Value::Object(more) = more {
            document.extend(more);
        }
        Value::Object(document)
    }
}
