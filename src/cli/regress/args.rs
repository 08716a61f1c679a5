//! What can be typed of `regress`.

use std::path::PathBuf;

use clap::Args as Group;

use crate::cli::args::assignment;

/// Compare scenarios with their baseline.
#[derive(Group, Debug)]
#[command(after_help = "Examples:\n  seatrial regress scenarios/review --baseline baselines/review.jsonl\n  \
    seatrial regress scenarios/review --baseline baselines/review.jsonl --update --reason \"fees of the new tier\"\n  \
    seatrial regress scenarios/review --baseline baselines/review.jsonl --junit target/regress.xml --github\n\n\
    Every run must be as it was: figures to the last digit, fills, digest. Exit code 7 where one is not. \
    docs/ci.md has a workflow.")]
pub struct Regress {
    /// Scenario files, and folders of them; each is run as often as it asks for, its [sweep] is not looked at
    #[arg(required = true, value_name = "SCENARIO|DIR")]
    pub scenarios: Vec<PathBuf>,
    /// The file of what the runs came to
    #[arg(long, value_name = "FILE")]
    pub baseline: PathBuf,
    /// Write what the runs come to now, after telling what differs; nothing is written if a run cannot be run
    #[arg(long, requires = "reason")]
    pub update: bool,
    /// Why the results may change; kept in the baseline
    #[arg(long, value_name = "TEXT", requires = "update", value_parser = reason)]
    pub reason: Option<String>,
    /// The first N runs of each scenario
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: Option<u64>,
    /// Write the result as `JUnit` XML, each run a test
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Tell each difference on stderr as an annotation of GitHub's
    #[arg(long)]
    pub github: bool,
    /// A value over what the scenarios say, by its dotted name; TOML, or else the text of a string
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("a reason says something".to_owned()) } else { Ok(text.trim().to_owned()) }
}
