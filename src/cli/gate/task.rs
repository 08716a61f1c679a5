//! One run of the gate, from a scenario to what is kept of it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::cli::places::Places;
use crate::cli::text;
use seatrial::data::Tape;
use seatrial::gate::{Run, tried};
use seatrial::scenario::{Library, Scenario};
use seatrial::sim::Setup;
use seatrial::sim::setup::StrategySpec;

/// A run to be made.
pub struct Task<'a> {
    /// Of which scenario.
    pub read: (&'a Path, &'a Scenario),
    /// Its number among all.
    pub number: u64,
    /// The run of the scenario's seed.
    pub run: u64,
    /// Whether its journal is replayed.
    pub replays: bool,
    /// Another strategy than the scenario's.
    pub strategy: Option<StrategySpec>,
}

impl Task<'_> {
    /// Makes the run.
    pub fn made(&self, (places, library): (&Places, &Library)) -> Run {
        let (path, scenario) = self.read;
        let setup = scenario.setup_from(library, &places.data_root, &places.cache, (None, self.run));
        let mut setup = match setup {
            Ok(setup) => setup,
            Err(all) => {
                let told = all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
                return Run { number: self.number, came: Err(told), ..Run::default() };
            }
        };
        if let Some(strategy) = &self.strategy {
            setup.strategy = strategy.clone();
        }
        let tapes = || setup.tapes.iter().map(|market| &market.tape);
        // A market that was made is one market of its seed and run, whatever else its text says.
        let of = |tape: &Arc<Tape>| {
            let made = || format!("made of seed {} in run {}", setup.seed, setup.run);
            if recorded(tape) { tape.hash.to_string() } else { made() }
        };
        let sources: BTreeSet<String> = tapes().map(of).collect();
        let days = tapes().flat_map(|tape| &tape.drawn).flat_map(|drawn| &drawn.days).cloned().collect();
        Run {
            number: self.number,
            again: text::rerun(path, &setup, places),
            source: sources.into_iter().collect::<Vec<_>>().join(" "),
            data_days: days,
            data: data(&setup),
            came: tried(&setup, scenario, self.replays),
        }
    }
}

/// Whether a tape is read from a file, and nothing of it is drawn.
pub fn recorded(tape: &Tape) -> bool {
    tape.drawn.is_none() && !tape.provenance.source_sha256.is_empty()
}

/// The hashes of what a setup's tapes come from.
pub fn data(setup: &Setup) -> String {
    let all: Vec<String> = setup.tapes.iter().flat_map(|market| market.tape.comes_from()).collect();
    all.join(" ")
}
