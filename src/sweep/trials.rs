//! How often a dataset was tried: a file beside the results to which every sweep adds a line, and nobody takes one away.
//!
//! The best of many is better than it looks; how many there were must be known to say by how much. A line says which
//! numbers of which plan were run on which tapes, so that a sweep that is repeated, resumed or merged counts once.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::store::Part;
use crate::bad_input::BadInput;

const SCHEMA: &str = "seatrial-trials-1";

/// A line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Line {
    schema: String,
    scenario: String,
    plan: String,
    /// Runs of each point.
    runs: u64,
    /// First number, and the one after the last.
    numbers: [u64; 2],
    /// Hashes of the tapes.
    data: Vec<String>,
}

/// How often a dataset was tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Trials {
    /// Sets of values that were tried.
    pub points: u64,
    /// Runs of them.
    pub runs: u64,
}

/// The registry beside a sweep's folder.
#[must_use]
pub fn registry(out: &Path) -> PathBuf {
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    parent.join("trials.jsonl")
}

/// Adds runs to a registry, each part with the tapes it was made on, unless they are there.
pub(super) fn add(registry: &Path, plan: &Plan, parts: &[(Part, String)]) -> Result<(), BadInput> {
    let there = read(registry)?;
    let line = |(part, data): &(Part, String)| Line {
        schema: SCHEMA.to_owned(),
        scenario: plan.name().to_owned(),
        plan: plan.hash(),
        runs: plan.size().1,
        numbers: [part.start, part.end],
        data: data.split_whitespace().map(str::to_owned).collect(),
    };
    let new = parts.iter().map(line).filter(|line| !there.contains(line));
    let text: String = new.map(|line| serde_json::to_string(&line).expect("plain data is JSON") + "\n").collect();
    if text.is_empty() {
        return Ok(());
    }
    let file = OpenOptions::new().create(true).append(true).open(registry);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|_| fault(registry, 0, "a file that takes no line", "a file that can be added to"))
}

/// How often a tape was tried, by a registry; nothing where there is none.
pub fn counted(registry: &Path, tape: &str) -> Result<Trials, BadInput> {
    let mut plans: BTreeMap<(String, u64), Vec<[u64; 2]>> = BTreeMap::new();
    for line in read(registry)? {
        if line.data.iter().any(|hash| hash == tape) {
            plans.entry((line.plan, line.runs)).or_default().push(line.numbers);
        }
    }
    let mut trials = Trials::default();
    for ((_, runs), mut numbers) in plans {
        numbers.sort_unstable();
        let (mut next, mut point) = (0, 0);
        for [from, to] in numbers {
            let from = from.max(next);
            if from < to {
                trials.runs += to - from;
                let (first, last) = ((from / runs).max(point), to.div_ceil(runs));
                trials.points += last.saturating_sub(first);
                (next, point) = (to, last);
            }
        }
    }
    Ok(trials)
}

fn read(registry: &Path) -> Result<Vec<Line>, BadInput> {
    let text = match fs::read_to_string(registry) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(_) => return Err(fault(registry, 0, "a file that cannot be read", "a registry of trials")),
    };
    let one = |(at, line): (usize, &str)| {
        let sound = serde_json::from_str(line).ok().filter(|line: &Line| line.schema == SCHEMA && line.runs > 0);
        sound.ok_or_else(|| fault(registry, at + 1, "a line that is no trial", "lines as a sweep adds them"))
    };
    text.lines().enumerate().map(one).collect()
}

fn fault(registry: &Path, line: usize, found: &str, allowed: &str) -> BadInput {
    let bad = BadInput::new("E-SW-005", &registry.display().to_string(), found, allowed);
    if line > 0 { bad.at_line(line as u64, 1) } else { bad }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Overlapping parts of one plan count once, another plan counts apart, another tape not at all.
    #[test]
    fn trials_are_counted_once() {
        let line = |plan: &str, numbers: [u64; 2], data: &[&str]| Line {
            schema: SCHEMA.to_owned(),
            scenario: "s".to_owned(),
            plan: plan.to_owned(),
            runs: 10,
            numbers,
            data: data.iter().map(|hash| (*hash).to_owned()).collect(),
        };
        let lines = [
            line("p", [0, 25], &["a"]),
            line("p", [20, 40], &["a", "b"]),
            line("p", [5, 8], &["a"]),
            line("q", [0, 5], &["a"]),
            line("r", [0, 100], &["b"]),
        ];
        let folder = std::env::temp_dir().join(format!("seatrial-trials-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the test");
        let file = folder.join("trials.jsonl");
        let text: String = lines.iter().map(|line| serde_json::to_string(line).expect("JSON") + "\n").collect();
        fs::write(&file, &text).expect("a file for the test");
        assert_eq!(counted(&file, "a"), Ok(Trials { points: 5, runs: 45 }));
        assert_eq!(counted(&file, "c"), Ok(Trials::default()));
        fs::write(&file, text + "{}\n").expect("a file for the test");
        assert!(counted(&file, "a").expect_err("a line that is none").to_string().contains(":6:1: found a line"));
        fs::remove_dir_all(&folder).expect("the test's own folder");
        assert_eq!(counted(&file, "a"), Ok(Trials::default()), "no registry, no trials");
    }
}
