//! Words and documents that several commands share.

use std::path::Path;

use serde_json::{Value, json};

use super::engine::Failure;
use super::exit::Exit;
use super::output::{complain, complain_all};
use super::places::Places;
use seatrial::audit::{AuditReport, LawResult};
use seatrial::bad_input::{BadInput, in_shell};
use seatrial::data::{Records, Tape};
use seatrial::journal::Profile;
use seatrial::market::Timestamp;
use seatrial::sim::setup::Setup;

/// A path for a document.
pub fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A name from outside that cannot move a terminal's cursor or its reading direction.
pub fn shown(name: &str) -> String {
    let plain = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    name.chars().fold(String::new(), |text, c| {
        if plain(c) { text + &c.to_string() } else { text + &c.escape_default().to_string() }
    })
}

/// What one scenario gave is a document of its own; several are an array.
pub fn one_or_many(mut documents: Vec<Value>, scenarios: usize) -> Value {
    if scenarios == 1 { documents.pop().unwrap_or_default() } else { Value::Array(documents) }
}

/// The document of a file that was refused.
pub fn refused(path: &Path, all: &[BadInput]) -> Value {
    json!({ "file": lossy(path), "sound": false, "errors": all })
}

/// The document of a failure, which is also told on stderr.
pub fn failed(path: &Path, failure: &Failure) -> (Value, Exit) {
    let (text, exit) = match failure {
        Failure::BadInput(all) => {
            complain_all(all);
            return (refused(path, all), Exit::BadInput);
        }
        Failure::Journal(error) => (error.to_string(), Exit::BadInput),
        Failure::Breach(breach) => (format!("{}: {breach}", shown(&lossy(path))), Exit::Breach),
        Failure::Internal(defect) => (format!("{}: internal error: {defect}", shown(&lossy(path))), Exit::Internal),
    };
    complain(&text);
    (json!({ "file": lossy(path), "sound": exit != Exit::BadInput, "error": text }), exit)
}

/// What a result was made under, and must not be read without.
pub fn assumptions(setup: &Setup) -> Vec<String> {
    let mut lines: Vec<String> = setup
        .instruments
        .iter()
        .zip(&setup.tapes)
        .map(|(instrument, market)| format!("market      {} from {}", instrument.symbol, of_tape(&market.tape)))
        .collect();
    for Profile { name, stamp } in setup.profiles() {
        match &*name {
            // Told of once, below.
            "stamp" => {}
            "strategy" => lines.push(format!("{name:<12}{}", strategy(setup))),
            "fill" | "partial" => lines.push(format!("{:<12}{stamp}", name + "s")),
            "latency" => lines.push(format!("delays      {stamp}")),
            _ => lines.push(format!("{name:<12}{stamp}")),
        }
    }
    let stamps = stamps(setup);
    if !stamps.is_empty() {
        lines.push(format!("stamped     {}", stamps.join(", ")));
    }
    lines
}

/// What a result is stamped with: reasons for which it proves nothing about production.
pub fn stamps(setup: &Setup) -> Vec<String> {
    let stamps = setup.profiles().into_iter().filter(|profile| profile.name == "stamp");
    stamps.map(|profile| profile.stamp).collect()
}

fn strategy(setup: &Setup) -> String {
    let shown = |(key, value): (&String, &String)| match value.lines().filter(|line| !line.trim().is_empty()).count() {
        0 | 1 => format!("{key} {}", value.trim()),
        lines => format!("{key} in {lines} lines"),
    };
    let params = setup.strategy.params.iter().map(shown).collect::<Vec<_>>();
    if params.is_empty() {
        setup.strategy.name.clone()
    } else {
        format!("{} ({})", setup.strategy.name, params.join(", "))
    }
}

fn of_tape(tape: &Tape) -> String {
    let kind = match tape.records {
        Records::Rows(_) | Records::Streamed(_) => "rows",
        Records::Orders(_) => "order rows",
        Records::Bars(_) => "bars",
    };
    let (first, last) = tape.range().map(|(first, last)| (iso(first), iso(last))).unwrap_or_default();
    let source = shown(&tape.provenance.source);
    let hash = tape.hash.to_string();
    format!("{source}: {} {kind}, {first} to {last}, tape {}", tape.records.len(), &hash[..16])
}

/// Every law of an audit, how often it was checked and how often it was broken.
pub fn laws(audited: &AuditReport) -> Vec<Value> {
    let law =
        |law: &LawResult| json!({ "id": law.id, "name": law.name, "checked": law.checked, "breached": law.breached });
    audited.laws.iter().map(law).collect()
}

/// The breaches an audit kept in words.
pub fn breaches(audited: &AuditReport) -> Vec<String> {
    audited.breaches.iter().map(ToString::to_string).collect()
}

/// A time as people write it.
pub fn iso(time: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(time.0.into()).map_or_else(|_| format!("{} ns", time.0), |time| time.to_string())
}

/// The line that runs it again.
pub fn rerun(path: &Path, setup: &Setup, places: &Places) -> String {
    let root = places.asked_root.as_ref();
    let root = root.map(|root| format!(" --data-root {}", in_shell(&lossy(root)))).unwrap_or_default();
    let set = &setup.scenario.set;
    let set = if set.is_empty() { String::new() } else { format!(" {set}") };
    format!("seatrial run {} --seed {} --run {}{set}{root}", in_shell(&lossy(path)), setup.seed, setup.run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_touch_a_terminal() {
        assert_eq!(shown("Größe 1.csv"), "Größe 1.csv");
        assert_eq!(shown("a\u{1b}[2J\u{202e}\n"), "a\\u{1b}[2J\\u{202e}\\n");
    }
}
