//! Which runs there are: the points of a scenario's sweep, times the runs of each.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::bad_input::BadInput;
use crate::journal::hex;
use crate::scenario::{Kind, Library, Over, Scenario, Source, Sweep};
use crate::strategies::Own;

/// A scenario, what it goes over, and how often.
#[derive(Clone, Debug)]
pub struct Plan {
    source: Source,
    stem: String,
    name: String,
    sweep: Sweep,
    runs: u64,
    own: Option<Own>,
}

impl Plan {
    /// Reads a scenario, with values over what it says, and looks at every value it goes over by itself. `runs` of each
    /// point instead of as many as it says, if given.
    pub fn read(path: &Path, over: &Over, runs: Option<u64>) -> Result<Self, Vec<BadInput>> {
        let source = over.applied(&Source::read(path).map_err(|bad| vec![bad])?);
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let scenario = Scenario::parse(source.clone(), &stem)?;
        let sweep = scenario.sweep();
        let runs = runs.unwrap_or_else(|| scenario.runs());
        let plan = Self { name: scenario.name().to_owned(), source, stem, sweep, runs, own: None };
        plan.check()?;
        Ok(plan)
    }

    /// The same with a strategy of one's own, for scenarios that name it.
    #[must_use]
    pub fn with_strategy(self, own: Own) -> Self {
        Self { own: Some(own), ..self }
    }

    /// A strategy of one's own.
    #[must_use]
    pub const fn own(&self) -> Option<&Own> {
        self.own.as_ref()
    }

    /// A value that no run can read is found before any run begins.
    fn check(&self) -> Result<(), Vec<BadInput>> {
        if self.runs.checked_mul(self.sweep.points()).is_none() {
            let found = format!("{} points of {} runs", self.sweep.points(), self.runs);
            return Err(vec![BadInput::new("E-SC-010", &self.source.file, found, "at most 2^64 runs")]);
        }
        for (name, value) in self.sweep.probes() {
            let mut over = Over::default();
            over.set(name, &value).expect("a name that was read");
            Scenario::parse(over.applied(&self.source), &self.stem)?;
        }
        Ok(())
    }

    /// Sets up the scenario, and makes its strategy with every listed value of its parameters, so that one it does not
    /// take, or a plan of which nothing can be set up, is found before any run begins. What keeps some runs from being
    /// set up, those runs say.
    pub fn check_setups(&self, library: &Library, data_root: &Path, cache: &Path) -> Result<(), Vec<BadInput>> {
        let of_strategy = self.sweep.probes().filter(|(name, _)| name.starts_with("strategy."));
        let mut overs = vec![Over::default()];
        for (name, value) in of_strategy {
            let mut over = Over::default();
            over.set(name, &value).expect("a name that was read");
            overs.push(over);
        }
        let elsewhere = self.sweep.axes().any(|(name, _)| !name.starts_with("strategy."));
        for over in overs {
            let scenario = Scenario::parse(over.applied(&self.source), &self.stem)?;
            match scenario.setup_from(library, data_root, cache, (None, 0)) {
                Ok(mut setup) => {
                    setup.strategy.own.clone_from(&self.own);
                    setup.trader().map_err(|wrong| vec![scenario.bad_parameter(&wrong)])?;
                }
                Err(bad) if !elsewhere => return Err(bad),
                // A value of another key may be what makes it one that can be set up.
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// The scenario's file as it was named to us.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.file
    }

    /// The scenario's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many runs there are.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.sweep.points() * self.runs
    }

    /// How many points, and how many runs of each.
    #[must_use]
    pub const fn size(&self) -> (u64, u64) {
        (self.sweep.points(), self.runs)
    }

    /// What it goes over, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        self.sweep.describe()
    }

    /// The keys it goes over, and the kind of their values.
    pub fn axes(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.sweep.axes()
    }

    /// The point of a run's number, and the run of that point's seed.
    #[must_use]
    pub const fn place(&self, number: u64) -> (u64, u64) {
        (number / self.runs, number % self.runs)
    }

    /// The value of each key at a point, as TOML.
    #[must_use]
    pub fn values(&self, point: u64) -> Vec<String> {
        self.sweep.at(point)
    }

    /// The scenario of a point.
    pub fn scenario(&self, point: u64) -> Result<Scenario, Vec<BadInput>> {
        Scenario::parse(self.sweep.over(point).applied(&self.source), &self.stem)
    }

    /// SHA-256 of all that decides which runs there are, hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        sha256(&[super::SCHEMA, env!("CARGO_PKG_VERSION"), &self.source.text, &self.runs.to_string()])
    }

    /// SHA-256 of the scenario's text, hexadecimal.
    #[must_use]
    pub fn text_hash(&self) -> String {
        sha256(&[&self.source.text])
    }
}

/// Of texts one after another, each after its length where there are several.
fn sha256(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        if parts.len() > 1 {
            hash.update((part.len() as u64).to_le_bytes());
        }
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}
