//! Looking for one planted bug after another, in as many threads as there are processors.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "how long may be looked, and how long it took")]

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use seatrial::market::Bug;
use seatrial::market::planted::plant;
use seatrial::swarm::{Case, seed_of, try_case};

use super::catalogue;

/// Base of the seeds of the cases that look for bugs.
const BASE: u64 = 2024;

/// How long the swarm may look for each bug; it ends the case it is at. Without being asked it does not
/// look: a case takes seconds where nothing is optimised.
pub fn swarm_seconds() -> Duration {
    let asked = std::env::var("SWARM_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(asked.unwrap_or_default())
}

/// What looking for a bug came to.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// The bug.
    pub bug: Bug,
    /// What its scenario says of it, if it no longer holds.
    pub by_scenario: Option<String>,
    /// How long the scenario took.
    pub scenario_took: Duration,
    /// The case of the swarm that has a finding by it, if one was met in time.
    pub by_swarm: Option<String>,
    /// How long the swarm looked, and at how many cases.
    swarm_took: (Duration, u64),
}

impl Hunt {
    /// Looks for each of the bugs, planted by `sow`, and tells what it came to.
    pub fn all(bugs: &[Bug], sow: impl Fn(Bug) + Sync, limit: Duration) -> Vec<Self> {
        let (next, sound) = (Mutex::new(bugs.iter()), Sound::default());
        let found = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    loop {
                        let Some(bug) = next.lock().expect("no hunter panics").next().copied() else { return };
                        let hunt = Self::one(bug, &sow, &sound, limit);
                        println!("{hunt}");
                        found.lock().expect("no hunter panics").insert(bug, hunt);
                    }
                });
            }
        });
        found.into_inner().expect("no hunter panics").into_values().collect()
    }

    fn one(bug: Bug, sow: &impl Fn(Bug), sound: &Sound, limit: Duration) -> Self {
        let began = Instant::now();
        sow(bug);
        let verdict = catalogue::run_scenario(&catalogue::path(bug.scenario()));
        plant(None);
        let scenario_took = began.elapsed();
        let by_scenario = verdict.wrong.first().map(|wrong| first_line(wrong));
        let began = Instant::now();
        let (mut number, mut by_swarm) = (0, None);
        while by_swarm.is_none() && began.elapsed() < limit {
            let seed = seed_of(BASE, number);
            number += 1;
            sow(bug);
            let finding = finding_of(seed);
            plant(None);
            // What a sound core has too is no catch.
            by_swarm = finding.filter(|_| sound.is(seed)).map(|found| format!("swarm --seed {seed}: {found}"));
        }
        Self { bug, by_scenario, scenario_took, by_swarm, swarm_took: (began.elapsed(), number) }
    }

    /// Whether anything caught it.
    pub const fn is_caught(&self) -> bool {
        self.by_scenario.is_some() || self.by_swarm.is_some()
    }
}

impl std::fmt::Display for Hunt {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (bug, seconds) = (self.bug, self.scenario_took.as_secs_f64());
        let (looked, cases) = (self.swarm_took.0.as_secs_f64(), self.swarm_took.1);
        let told = |by: &Option<String>, none: &str| by.clone().unwrap_or_else(|| none.to_owned());
        let scenario = told(&self.by_scenario, "SURVIVES");
        let swarm = told(&self.by_swarm, "not seen");
        writeln!(to, "{seconds:>6.2} s  {bug:?} ({}): {}: {scenario}", bug.what(), bug.scenario())?;
        write!(to, "{looked:>6.2} s  {bug:?}: {swarm}, in {cases} cases of the swarm")
    }
}

/// Which cases have no finding without a bug, as far as it was asked.
#[derive(Default)]
struct Sound(Mutex<BTreeMap<u64, bool>>);

impl Sound {
    fn is(&self, seed: u64) -> bool {
        if let Some(known) = self.0.lock().expect("no hunter panics").get(&seed) {
            return *known;
        }
        let sound = finding_of(seed).is_none();
        self.0.lock().expect("no hunter panics").insert(seed, sound);
        sound
    }
}

/// The first finding of a case; a panic of the core is one.
fn finding_of(seed: u64) -> Option<String> {
    let case = Case::draw(seed);
    match panic::catch_unwind(AssertUnwindSafe(|| try_case(&case))) {
        Ok(came) => came.findings.first().map(|finding| first_line(&finding.to_string())),
        Err(_) => Some("it panicked".to_owned()),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(120).collect()
}
