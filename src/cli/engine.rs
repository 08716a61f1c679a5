//! The one place where the command line meets the engine: one function per command.

use serde_json::{Map, Value};

use seatrial::bad_input::BadInput;
use seatrial::journal::{Journal, JournalError, JournalFile, Record};
use seatrial::market::Timestamp;
use seatrial::sim::setup::Setup;

/// A strategy that does not take a parameter (`name` is the strategy itself).
pub struct WrongParameter {
    /// Which one.
    pub key: String,
    /// What it may be.
    pub allowed: String,
}

/// Why a command could not be carried out.
pub enum Failure {
    /// What we were given is wrong.
    BadInput(Vec<BadInput>),
    /// A journal is damaged, or cannot be written.
    Journal(JournalError),
    /// A law was broken during the run.
    #[allow(dead_code, reason = "the simulation will say it")]
    Breach(String),
    /// A defect of the program.
    Internal(String),
}

/// What a run came to.
pub struct Simulated {
    /// The summary, as it is printed with `--json`.
    pub summary: Map<String, Value>,
    /// First and last instant.
    pub period: (Timestamp, Timestamp),
    /// What a reader must know of how the result came about.
    pub notes: Vec<String>,
    /// Records in the journal.
    pub records: Vec<Record>,
    /// Laws that hold, and breaches in words.
    pub audited: Audited,
}

/// What an audit found.
pub struct Audited {
    /// The laws that were checked.
    pub laws: Vec<String>,
    /// Every breach, in words.
    pub breaches: Vec<String>,
}

/// What a replay found.
pub struct Replayed {
    /// Actions that were compared.
    pub actions: u64,
    /// The first difference, in words; none if all are equal.
    pub difference: Option<String>,
}

/// Whether the strategy takes its parameters.
#[allow(clippy::unnecessary_wraps, reason = "the strategies will say it")]
pub fn check_strategy(_setup: &Setup) -> Result<(), WrongParameter> {
    Ok(())
}

/// Runs a setup; the journal is finished when it returns.
pub fn simulate(_setup: &Setup, _journal: Journal) -> Result<Simulated, Failure> {
    Err(Failure::Internal("the simulation is not wired to the command line".to_owned()))
}

/// Steps a fresh trader through a journal and compares what it does.
pub fn replay(_setup: &Setup, _journal: &JournalFile) -> Result<Replayed, Failure> {
    Err(Failure::Internal("the replay is not wired to the command line".to_owned()))
}

/// Checks every conservation law over a journal.
pub fn audit(_journal: &JournalFile) -> Result<Audited, Failure> {
    Err(Failure::Internal("the audit is not wired to the command line".to_owned()))
}
