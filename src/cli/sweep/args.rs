//! What can be typed after `seatrial sweep`.

use std::ops::Range;
use std::path::PathBuf;

use clap::Args as Group;
use seatrial::sweep::{Detail, Stat};

use crate::cli::args::assignment;

/// Run scenarios by the thousand.
#[derive(Group, Debug)]
#[command(
    after_help = "Examples:\n  seatrial sweep scenarios/sweep-ema.toml --by strategy.ema,wire.order_entry --stat net_pnl:mean,p05\n  \
    seatrial sweep scenarios/first-trial.toml --runs 100 --threads 2 --out out/first\n  \
    seatrial sweep scenarios/sweep-ema.toml --shard 2/3 --out part-2\n  \
    seatrial sweep scenarios/sweep-ema.toml --merge part-1,part-2,part-3 --out whole"
)]
pub struct Sweep {
    /// Scenario files; what each goes over stands in its [sweep]
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// So many runs of each point instead of the scenario's `runs`; or A..B, the runs of the plan from number A to
    /// before number B and no others
    #[arg(long, value_name = "N|A..B", value_parser = runs)]
    pub runs: Option<Runs>,
    /// The i-th of n equal parts of the plan and no other
    #[arg(long, value_name = "i/n", value_parser = shard)]
    pub shard: Option<(u64, u64)>,
    /// Runs at a time [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
    /// The most memory of a run's tapes and of those kept for the next, as in 512MB; what exceeds it is streamed
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "1GB")]
    pub memory: u64,
    /// Folder for the results [default: one below target/seatrial-sweeps, named after the scenario and its plan]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Go on with a sweep that has not ended, or show one that has
    #[arg(long)]
    pub resume: bool,
    /// Make one result of parts that were run apart, with the same --runs N and --set, instead of running anything
    #[arg(long, value_name = "DIR,..", value_delimiter = ',', conflicts_with_all = ["shard", "resume", "threads", "details"])]
    pub merge: Vec<PathBuf>,
    /// Columns whose values make a group of the printed table [default: the keys that are swept, where that is short]
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',')]
    pub by: Vec<String>,
    /// What is printed of a column, as in fees:mean,p05; may be repeated
    #[arg(long, value_name = "COLUMN:STAT,..", value_parser = Stat::read)]
    pub stat: Vec<Stat>,
    /// Store these tables of every run besides: fills, orders, equity
    #[arg(long, value_name = "TABLE,..", value_delimiter = ',', value_parser = detail)]
    pub details: Vec<Detail>,
    /// A value over what the scenario says, by its dotted name; TOML, or else the text of a string
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Start a plan of more than 100 000 runs
    #[arg(long)]
    pub yes: bool,
}

/// Runs of each point, or a part of the plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Runs {
    /// Of each point.
    OfEach(u64),
    /// By their numbers.
    Part(Range<u64>),
}

fn runs(text: &str) -> Result<Runs, String> {
    let allowed = || "a number of runs from 1 to 1000000, or A..B with A below B".to_owned();
    match text.split_once("..") {
        None => text.parse().ok().filter(|runs| (1..=1_000_000).contains(runs)).map(Runs::OfEach).ok_or_else(allowed),
        Some((from, to)) => {
            let range = from.parse().ok().zip(to.parse().ok()).map(|(from, to)| from..to);
            range.filter(|range: &Range<u64>| !range.is_empty()).map(Runs::Part).ok_or_else(allowed)
        }
    }
}

fn detail(text: &str) -> Result<Detail, String> {
    let named = Detail::ALL.into_iter().find(|detail| detail.name() == text);
    named.ok_or_else(|| Detail::ALL.map(Detail::name).join(", "))
}

fn shard(text: &str) -> Result<(u64, u64), String> {
    let parts = text.split_once('/').and_then(|(of, all)| Some((of.parse().ok()?, all.parse().ok()?)));
    parts.filter(|(of, all)| (1..=*all).contains(of)).ok_or_else(|| "i/n with i from 1 to n, as in 2/3".to_owned())
}

fn size(text: &str) -> Result<u64, String> {
    let allowed = || "a whole number of bytes, kB, MB or GB, as in 512MB".to_owned();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit: u64 = match text[end..].trim().to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 1,
        "k" => 1_000,
        "m" => 1_000_000,
        "g" => 1_000_000_000,
        _ => return Err(allowed()),
    };
    text[..end].parse().ok().and_then(|number: u64| number.checked_mul(unit)).ok_or_else(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_sizes_are_read() {
        assert_eq!((runs("7"), runs("2..5")), (Ok(Runs::OfEach(7)), Ok(Runs::Part(2..5))));
        assert!(["0", "5..5", "a", "1..", "..", "-1", "2000000"].into_iter().all(|text| runs(text).is_err()));
        assert_eq!(shard("2/3"), Ok((2, 3)));
        assert!(["0/3", "4/3", "1", "1/0", "a/b"].into_iter().all(|text| shard(text).is_err()));
        assert_eq!((size("512MB"), size("1GiB"), size("9")), (Ok(512_000_000), Ok(1_000_000_000), Ok(9)));
        assert!(["", "MB", "1TB", "1.5GB", "99999999999GB"].into_iter().all(|text| size(text).is_err()));
    }
}
