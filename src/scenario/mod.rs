//! Scenarios: TOML to checked types. The only room that knows TOML.
//!
//! A [`Scenario`] has been read whole: every key known, every value in its range, every name
//! resolved within the file; what was wrong is reported with its place, all of it at once. With
//! the data root at hand it becomes a [`Setup`](crate::sim::setup::Setup), which is all a run needs.
//!
//! Nothing here runs, and nothing is taken from the environment.

mod account;
mod acts;
mod agents;
mod assemble;
mod assets;
mod brisk;
pub mod criteria;
mod document;
mod drills;
mod expect;
pub mod fault;
mod fees;
mod inline;
mod instrument;
mod library;
mod mapping;
mod margin;
mod market;
mod model;
mod months;
mod over;
mod refusal;
mod regime;
mod resampled;
mod root;
mod rules;
mod section;
mod source;
mod sweep;
mod tapes;
mod trace;
mod trader;
mod units;
mod venue;
mod wire;

use std::path::Path;

use sha2::{Digest, Sha256};
use toml::de::DeTable;

use crate::bad_input::BadInput;
use crate::journal::Record;
use document::Body;
use section::Problems;

pub use document::SCHEMA;
pub use expect::Unmet;
pub use library::Library;
pub use mapping::mapping;
pub use months::month_model;
pub use over::Over;
pub use source::{SIZE_MAX, Source};
pub use sweep::{Kind, Sweep};

/// A value and the byte it begins at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Located<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub at: usize,
}

/// A scenario that was read whole and found sound.
#[derive(Clone, Debug)]
pub struct Scenario {
    source: Source,
    hash: [u8; 32],
    body: Body,
}

impl Scenario {
    /// Reads a scenario file. What is wrong with it is told in the order of the file.
    pub fn read(path: &Path) -> Result<Self, Vec<BadInput>> {
        Self::read_over(path, &Over::default())
    }

    /// Reads a scenario file with values over what it says.
    pub fn read_over(path: &Path, over: &Over) -> Result<Self, Vec<BadInput>> {
        let source = Source::read(path).map_err(|bad| vec![bad])?;
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Self::parse(over.applied(&source), &stem)
    }

    /// Reads a scenario's text; `stem` names it where it does not name itself.
    pub fn parse(source: Source, stem: &str) -> Result<Self, Vec<BadInput>> {
        let mut problems = Problems::new(&source);
        let read = match DeTable::parse(&source.text) {
            Ok(table) => {
                let mut table = table.into_inner();
                over::merge(&mut table, &source.text, &mut problems);
                document::read(&table, stem, &mut problems)
            }
            Err(error) => {
                no_toml(&error, &mut problems);
                None
            }
        };
        problems.into_result()?;
        let body = read.expect("a document that is not read has a problem");
        let hash = Sha256::digest(source.text.as_bytes()).into();
        Ok(Self { source, hash, body })
    }

    /// The scenario of a point of its sweep.
    ///
    /// # Errors
    /// Everything that is wrong with it there.
    ///
    /// # Panics
    /// Beyond the last point.
    pub fn at(&self, point: u64) -> Result<Self, Vec<BadInput>> {
        Self::parse(self.sweep().over(point).applied(&self.source), &self.body.name)
    }

    /// The file as it was named to us.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.file
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.body.name
    }

    /// The seed it asks for.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.body.seed
    }

    /// How many runs it asks for.
    #[must_use]
    pub const fn runs(&self) -> u64 {
        self.body.runs
    }

    /// What a batch of its runs goes over; one point where it says nothing.
    #[must_use]
    pub fn sweep(&self) -> Sweep {
        self.body.sweep.clone().unwrap_or_else(Sweep::none).drawn()
    }

    /// Whether its runs rehearse drills, and so close everything before they end.
    #[must_use]
    pub const fn rehearses(&self) -> bool {
        !self.body.drills.is_empty()
    }

    /// Whether a run of it must come to anything: only then is it a test.
    #[must_use]
    pub fn expects(&self) -> bool {
        !self.body.expect.is_empty()
    }

    /// What a run with this summary and these records does not come to, of what is expected.
    #[must_use]
    pub fn unmet(&self, summary: &serde_json::Value, records: &[Record]) -> Vec<Unmet> {
        expect::unmet(&self.body.expect, summary, records)
    }
}

/// Notes why a text is no TOML at all.
fn no_toml(error: &toml::de::Error, problems: &mut Problems<'_>) {
    let span = error.span().unwrap_or(0..0);
    if error.message().contains("recurs") {
        problems.add("E-SC-005", span.start, "", "nesting far too deep", section::DEPTH_ALLOWED);
        return;
    }
    let found = problems.source().found(span.clone());
    problems.add("E-SC-004", span.start, "", found, &format!("TOML: {}", error.message()));
}
