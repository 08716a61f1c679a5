//! A verdict in lines for people, and as a document.

use std::time::Duration;

use serde_json::Value;

use crate::cli::machine;
use crate::cli::output::{Output, complain};
use crate::cli::text;
use seatrial::gate::{Outcome, Stored, Verdict};

/// The verdict for programs, and where its files are.
pub fn summary(verdict: &Verdict, stored: &Stored) -> Value {
    let mut document = serde_json::to_value(verdict).expect("plain data");
    if let Value::Object(document) = &mut document {
        let file = |name: &str| Value::String(text::lossy(&stored.file(name)));
        document.insert("verdict_file".to_owned(), file("verdict.json"));
        document.insert("report_file".to_owned(), file("report.html"));
    }
    document
}

/// The verdict for people.
pub fn told(verdict: &Verdict, stored: &Stored, wall: Option<Duration>, output: &mut Output) {
    output.line(&format!("runs        {} of {} days, worth {}", verdict.runs, verdict.days, verdict.effective));
    for group in &verdict.groups {
        let simulated = group.simulated.map_or("nothing", Outcome::word);
        output.line(&format!(
            "group {}     {:<24} simulated {simulated} ({} of {} lines); paper {}",
            group.id,
            group.name,
            group.judged,
            group.lines,
            group.paper.word()
        ));
    }
    for drill in &verdict.drills {
        let line = verdict.lines.iter().find(|line| line.id == drill.id);
        let bound = line.and_then(|line| line.simulated.as_ref()?.bound.as_deref()).unwrap_or("no bound");
        output.line(&format!(
            "drill {:<6}in {} runs, worth {}, {} failures, {bound}",
            drill.id, drill.runs, drill.effective, drill.failures
        ));
    }
    for line in verdict.lines.iter().filter(|line| line.decides) {
        let Some(part) = line.simulated.as_ref().filter(|part| part.outcome != Outcome::Pass) else { continue };
        let value = part.value.as_deref().unwrap_or("nothing");
        output.line(&format!(
            "{:<12}{}: {}, asked {}; {}",
            line.id,
            part.outcome.word(),
            value,
            line.threshold,
            part.evidence
        ));
    }
    if let Some(wall) = wall {
        output.line(&format!("took        {}.{:01} s{}", wall.as_secs(), wall.subsec_millis() / 100, machine::peak()));
    }
    output.line(&format!("report      {}", text::shown(&text::lossy(&stored.file("report.html")))));
    output.line(&format!("verdict     {}", verdict.headline));
    output.line(&format!("            {}", verdict.why));
    if verdict.outcome == Outcome::Fail {
        complain(&format!("{}: {}", verdict.headline, verdict.why));
    }
}
