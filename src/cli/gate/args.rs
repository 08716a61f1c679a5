//! What can be typed of `gate` and `report`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};
use seatrial::gate::Class;

use crate::cli::args::assignment;

/// Judge scenarios by the go-live criteria.
#[derive(Group, Debug)]
#[command(after_help = "Examples:\n  seatrial gate scenarios/thirty-days.toml\n  \
    seatrial gate scenarios/thirty-days.toml --runs 200 --out target/gate/quick\n  \
    seatrial gate scenarios/thirty-days.toml --criteria my-gate.toml --class testnet\n  \
    seatrial gate scenarios/thirty-days.toml --edge my-backtest.toml --data-root my-data\n  \
    seatrial gate --print-criteria\n\n\
    PASS, FAIL or INSUFFICIENT EVIDENCE, each line with its evidence. Exit code 4 where the verdict is not PASS.")]
pub struct Gate {
    /// Scenario files; each is run as often as it asks for, with its drills
    #[arg(required_unless_present = "print_criteria", value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// Criteria of your own over the defaults
    #[arg(long, value_name = "FILE")]
    pub criteria: Option<PathBuf>,
    /// Folder for verdict.json, report.html, report.md and the results they are made from
    /// [default: target/gate/ and the first scenario's name]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The first N runs of each scenario
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub runs: Option<u64>,
    /// What the evidence is: paper lines of any class but self-consistent ask for evidence that does not exist yet
    #[arg(long, value_name = "CLASS", default_value = "self-consistent")]
    pub class: OfClass,
    /// Runs of each strategy beside the judged one
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub beside: u64,
    /// A long backtest for group A: a scenario with a [sweep] over what was tried, each point run once
    #[arg(long, value_name = "SCENARIO")]
    pub edge: Option<PathBuf>,
    /// Where sweeps have noted how often a tape was tried [default: target/seatrial-sweeps/trials.jsonl]
    #[cfg(feature = "batch")]
    #[arg(long, value_name = "FILE", requires = "edge")]
    pub registry: Option<PathBuf>,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroU16>,
    /// A value over what the scenarios say, by its dotted name; TOML, or else the text of a string
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Print the default criteria and do nothing else
    #[arg(long, conflicts_with = "scenarios")]
    pub print_criteria: bool,
}

/// Make the report again from stored results.
#[derive(Group, Debug)]
#[command(after_help = "Example:\n  seatrial report target/gate/thirty-days\n\n\
    The verdict is judged anew from the stored runs, and must be the stored one byte for byte: where a number was \
    changed it is refused. Exit code 4 where the verdict is not PASS.")]
pub struct Report {
    /// Folder of `seatrial gate --out`
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// A class of evidence, as it is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum OfClass {
    /// Our own simulator
    SelfConsistent,
    /// The venue's test network
    Testnet,
    /// The real market, with orders of the least size
    ShadowLive,
    /// Real money
    Live,
}

impl From<OfClass> for Class {
    fn from(class: OfClass) -> Self {
        match class {
            OfClass::SelfConsistent => Self::SelfConsistent,
            OfClass::Testnet => Self::Testnet,
            OfClass::ShadowLive => Self::ShadowLive,
            OfClass::Live => Self::Live,
        }
    }
}
