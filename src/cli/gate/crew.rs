//! Many runs on all cores, collected by number: how many hands there are changes nothing of what comes of them.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::Named;
use crate::cli::output::Output;
use crate::cli::places::Places;
use crate::cli::text;
use seatrial::data::Tape;
use seatrial::gate::{Run, tried};
use seatrial::scenario::Library;
use seatrial::sim::setup::StrategySpec;

/// A run to be made.
pub struct Task<'a> {
    /// Of which scenario.
    pub read: Named<'a>,
    /// Its number among all.
    pub number: u64,
    /// The run of the scenario's seed.
    pub run: u64,
    /// Whether its journal is replayed.
    pub replays: bool,
    /// Another strategy than the scenario's.
    pub strategy: Option<StrategySpec>,
}

/// Makes every run, and tells on a terminal how far it is.
pub fn each(
    tasks: &[Task<'_>],
    (places, library): (&Places, &Library),
    threads: usize,
    (what, output): (&str, &Output),
) -> Vec<Run> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(tasks.len())));
    let shows = std::io::stderr().is_terminal() && !output.is_quiet();
    thread::scope(|scope| {
        for _ in 0..threads.min(tasks.len()) {
            scope.spawn(|| {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let run = made(task, places, library);
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push(run);
                    if shows {
                        let _ = write!(std::io::stderr(), "\r{what}: {} of {}", done.len(), tasks.len());
                    }
                }
            });
        }
    });
    if shows {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    let mut runs = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    runs.sort_unstable_by_key(|run: &Run| run.number);
    runs
}

fn made(task: &Task<'_>, places: &Places, library: &Library) -> Run {
    let (path, scenario) = task.read;
    let setup = scenario.setup_from(library, &places.data_root, &places.cache, (None, task.run));
    let mut setup = match setup {
        Ok(setup) => setup,
        Err(all) => {
            let told = all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            return Run {
                number: task.number,
                again: String::new(),
                source: String::new(),
                data_days: Vec::new(),
                data: String::new(),
                came: Err(told),
            };
        }
    };
    if let Some(strategy) = &task.strategy {
        setup.strategy = strategy.clone();
    }
    let tapes = || setup.tapes.iter().map(|market| &market.tape);
    // A market that was made is one market of its seed and run, whatever else its text says.
    let of = |tape: &Arc<Tape>| {
        let recorded = tape.drawn.is_none() && !tape.provenance.source_sha256.is_empty();
        if recorded { tape.hash.to_string() } else { format!("made of seed {} in run {}", setup.seed, setup.run) }
    };
    let sources: BTreeSet<String> = tapes().map(of).collect();
    let days = tapes().flat_map(|tape| &tape.drawn).flat_map(|drawn| &drawn.days).cloned().collect();
    let data: Vec<String> = tapes().flat_map(|tape| tape.comes_from()).collect();
    Run {
        number: task.number,
        again: text::rerun(path, &setup, places),
        source: sources.into_iter().collect::<Vec<_>>().join(" "),
        data_days: days,
        data: data.join(" "),
        came: tried(&setup, scenario, task.replays),
    }
}
