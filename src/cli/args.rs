//! What can be typed.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use rust_decimal::Decimal;
use seatrial::data::synth::{BarOptions, L2Options};
use seatrial::market::{Span, Timestamp};
use seatrial::metrics::lots::Method;
use seatrial::scenario::Over;
use seatrial::trading::setting::{Number, Setting};

/// A deterministic sea trial for trading systems.
///
/// Runs the production trader unchanged against a simulated venue, and proves what it says from the journal.
#[derive(Parser, Debug)]
#[command(name = "seatrial", version, max_term_width = 110)]
#[command(after_help = "Example:\n  seatrial run scenarios/first-trial.toml\n\n\
    Exit codes: 0 ok, 2 usage, 3 bad input, 4 gate verdict is not PASS, 5 invariant breach, parity failure or unmet [expect], 6 internal error, \
    7 a result differs from its baseline; over several scenarios the highest wins.")]
pub struct Args {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Group, Debug)]
pub struct Common {
    /// Print one JSON document on stdout and nothing else
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no text for people; errors, and a journal that is replaced, are still told
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Folder below which every data file lies [default: the project's data/]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Folder for imported data [default: target/seatrial-cache]
    #[arg(long, global = true, value_name = "DIR")]
    pub cache: Option<PathBuf>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run scenarios once each and print what they came to
    Run(Run),
    /// Run scenarios by the thousand, and store what they came to as data frames
    #[cfg(feature = "batch")]
    Sweep(super::sweep::args::Sweep),
    /// Judge thousands of runs by the go-live criteria: PASS, FAIL or INSUFFICIENT EVIDENCE
    Gate(super::gate::args::Gate),
    /// Make the report of a verdict again from its stored results
    Report(super::gate::args::Report),
    /// Hold scenarios to the exact results they had
    Regress(super::regress::args::Regress),
    /// List the shipped strategies, their rules and their parameters
    #[command(after_help = "Examples:\n  seatrial strategies\n  seatrial strategies --json")]
    Strategies,
    /// Check scenarios and the data they name, without running them
    Check(Check),
    /// Prove that a journal's trader acts the same again, byte for byte
    Replay(Replay),
    /// Check a journal: its chain, and every conservation law
    Audit(Audit),
    /// Market data: bring it in, look at it, check it, make it up
    Data(Data),
}

/// Run scenarios.
#[derive(Group, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that somebody types")]
#[command(after_help = "Examples:\n  seatrial run scenarios/first-trial.toml\n  \
    seatrial run scenarios/real-btcusdt.toml --data-root ../shared/data --json\n  \
    seatrial run scenarios/first-trial.toml --seed 7 --run 3 --journal trial.journal\n  \
    seatrial run scenarios/first-trial.toml --set wire.decision=1ms\n  \
    seatrial run scenarios/first-trial.toml --bound\n  \
    seatrial run --swarm --seed 7 --hours 100")]
pub struct Run {
    /// Scenario files
    #[arg(required_unless_present = "swarm", conflicts_with = "swarm", value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// Random cases under faults instead: the one case of --seed, or with --hours many
    #[arg(long, conflicts_with_all = ["number", "journal"])]
    pub swarm: bool,
    /// Cases until so many simulated hours are counted; the seed is then the base of their seeds
    #[arg(long, value_name = "N", requires = "swarm", conflicts_with = "scenarios", value_parser = clap::value_parser!(u64).range(1..))]
    pub hours: Option<u64>,
    /// Stop after so many minutes, however many hours were counted
    #[arg(long, value_name = "M", requires = "hours", conflicts_with = "scenarios", value_parser = clap::value_parser!(u64).range(1..))]
    pub minutes: Option<u64>,
    /// Go on after a finding, and say which laws were broken how often
    #[arg(long, requires = "hours", conflicts_with = "scenarios")]
    pub keep_going: bool,
    /// With --trace, tell the case up to this record and no further
    #[arg(long, value_name = "RECORD", requires_all = ["swarm", "trace"], conflicts_with_all = ["hours", "scenarios"])]
    pub until: Option<u64>,
    /// Which run of the seed
    #[arg(long = "run", value_name = "K", default_value_t = 0)]
    pub number: u64,
    /// Seed instead of the scenario's
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// A value over what the scenario says, by its dotted name; TOML, or else the text of a string
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "swarm", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Keep the journal in this file; with one scenario only. A journal that is there is replaced, and that is said;
    /// any other file is refused
    #[arg(long, value_name = "F")]
    pub journal: Option<PathBuf>,
    /// Run it under kind models, under its own and under harsh ones, and say where the difference comes from; its
    /// [expect] is not looked at
    #[arg(long, conflicts_with_all = ["swarm", "journal", "trace"])]
    pub bound: bool,
    /// Tell every record of the journal on stderr; of the one case, not of many
    #[arg(long, conflicts_with = "hours")]
    pub trace: bool,
}

/// Check scenarios.
#[derive(Group, Debug)]
#[command(after_help = "Example:\n  seatrial check scenarios/*.toml")]
pub struct Check {
    /// Scenario files
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// A value over what the scenario says, by its dotted name; TOML, or else the text of a string
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

/// Replay a journal.
#[derive(Group, Debug)]
#[command(after_help = "Example:\n  seatrial run scenarios/first-trial.toml --journal trial.journal\n  \
    seatrial replay trial.journal")]
pub struct Replay {
    /// A journal written by `run --journal`
    pub journal: PathBuf,
    /// Take a journal without a closing record up to its last whole one
    #[arg(long)]
    pub torn: bool,
}

/// Audit a journal.
#[derive(Group, Debug)]
#[command(after_help = "Example:\n  seatrial run scenarios/first-trial.toml --journal trial.journal\n  \
    seatrial audit trial.journal\n  seatrial audit trial.journal --lots hifo")]
pub struct Audit {
    /// A journal written by `run --journal`
    pub journal: PathBuf,
    /// Take a journal without a closing record up to its last whole one
    #[arg(long)]
    pub torn: bool,
    /// Tell what was realised lot by lot as well: fifo, lifo, hifo or lofo say which lot is sold first
    #[arg(long, value_name = "METHOD", value_parser = lot_method())]
    pub lots: Option<Method>,
}

/// The names of the methods, and no others.
fn lot_method() -> impl TypedValueParser<Value = Method> {
    let names = PossibleValuesParser::new(Method::ALL.map(Method::name));
    names.map(|name| Method::named(&name).expect("only names of methods are let in"))
}

/// Market data.
#[derive(Group, Debug)]
#[command(after_help = "Examples:\n  seatrial data info ../shared/data/binance-l2/usdm_btcusdt_20240808.gz\n  \
    seatrial data check data/first-trial.parquet")]
pub struct Data {
    /// What to do with it.
    #[command(subcommand)]
    pub command: DataCommand,
}

/// What to do with market data.
#[derive(Subcommand, Debug)]
pub enum DataCommand {
    /// Bring a raw file into a Parquet tape
    Import(Import),
    /// Write a tape, or a raw file, as another program reads it
    Export(Export),
    /// Make a market up from a seed
    Synth(Synth),
    /// Say what a file holds
    Info(Look),
    /// Read a file to the end and count what is wrong with it
    Check(Look),
    /// Find agents whose market looks like a recorded one
    Calibrate(Calibrate),
    /// Say what recorded months look like, and generated ones beside them
    Moments(super::months::MomentsArgs),
    /// Find a model whose months look like recorded ones
    Fit(super::months::FitArgs),
}

/// A file to bring in.
#[derive(Group, Debug)]
#[command(after_help = "Example:\n  seatrial data import ../shared/data/binance-l2/usdm_btcusdt_20240808.gz \\\n    \
    --out data/btcusdt.parquet")]
pub struct Import {
    /// A raw file: a Binance capture, bars or trades in text, gzip or not
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the tape goes
    #[arg(long, value_name = "TAPE")]
    pub out: PathBuf,
    /// What its raw form does not say
    #[command(flatten)]
    pub known: Known,
}

/// A tape to write for another program.
#[derive(Group, Debug)]
#[command(after_help = "Example:\n  seatrial data export data/first-trial.parquet --format hftbacktest \\\n    \
    --out first-trial.npz")]
pub struct Export {
    /// The tape, and what its raw form does not say
    #[command(flatten)]
    pub look: Look,
    /// Who is to read it
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// A new file
    #[arg(long, value_name = "NPZ")]
    pub out: PathBuf,
}

/// Whom a tape can be written for.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum ExportFormat {
    /// An array of events in an .npz
    Hftbacktest,
}

/// A recording to find agents for.
#[derive(Group, Debug)]
#[command(after_help = "Example:\n  seatrial data calibrate data/first-trial.parquet")]
pub struct Calibrate {
    /// The recording, and what its raw form does not say
    #[command(flatten)]
    pub look: Look,
    /// Everything random follows from it
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// A market to make up.
#[derive(Group, Debug)]
#[command(after_help = "Examples:\n  seatrial data synth l2 --seed 7 --minutes 30 --out data/half-hour.parquet\n  \
    seatrial data synth bars --seed 7 --days 30 --out data/month.parquet")]
pub struct Synth {
    /// What kind of market
    #[command(subcommand)]
    pub kind: SynthKind,
}

/// What kind of market to make up.
#[derive(Subcommand, Debug)]
pub enum SynthKind {
    /// An order book with trades
    #[command(after_help = "Example:\n  seatrial data synth l2 --seed 7 --minutes 30 --out data/half-hour.parquet")]
    L2 {
        /// How long
        #[arg(long, value_name = "N", default_value_t = L2Options::default().minutes)]
        minutes: u32,
        /// What both kinds need
        #[command(flatten)]
        market: SynthMarket,
    },
    /// One-minute bars
    #[command(after_help = "Example:\n  seatrial data synth bars --seed 7 --days 30 --out data/month.parquet")]
    Bars {
        /// How long
        #[arg(long, value_name = "N", default_value_t = BarOptions::default().days)]
        days: u32,
        /// What both kinds need
        #[command(flatten)]
        market: SynthMarket,
    },
}

/// What a made-up market needs, whatever its kind.
#[derive(Group, Debug)]
pub struct SynthMarket {
    /// Everything random follows from it
    #[arg(long, value_name = "S", default_value_t = L2Options::default().seed)]
    pub seed: u64,
    /// Symbol, written into the tape
    #[arg(long, default_value_t = L2Options::default().symbol)]
    pub symbol: String,
    /// When it begins, ISO-8601 with its zone
    #[arg(long, value_name = "TIME", value_parser = instant, default_value = "2024-01-01T00:00:00Z")]
    pub start: Timestamp,
    /// Where the price starts; a whole number of ticks
    #[arg(long, value_parser = step, default_value_t = L2Options::default().price)]
    pub price: Decimal,
    /// Price grid
    #[arg(long, value_parser = step, default_value_t = L2Options::default().tick)]
    pub tick: Decimal,
    /// Quantity grid
    #[arg(long, value_parser = step, default_value_t = L2Options::default().lot)]
    pub lot: Decimal,
    /// Where the tape goes
    #[arg(long, value_name = "TAPE")]
    pub out: PathBuf,
}

/// A time as people write it.
fn instant(text: &str) -> Result<Timestamp, String> {
    let time = text.parse::<jiff::Timestamp>().ok();
    let nanos = time.and_then(|time| i64::try_from(time.as_nanosecond()).ok());
    nanos.map(Timestamp).ok_or_else(|| "a time such as 2024-01-01T00:00:00Z".to_owned())
}

/// A file to look at.
#[derive(Group, Debug)]
#[command(after_help = "Example:\n  seatrial data info ../shared/data/binance-klines-1m/BTCUSDT_1m_2023-09.csv.gz")]
pub struct Look {
    /// A raw file or a Parquet tape
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What its raw form does not say
    #[command(flatten)]
    pub known: Known,
}

/// What the caller knows of a raw file that it may not say; refused with a Parquet tape, which does.
#[derive(Group, Debug)]
pub struct Known {
    /// Symbol of the file, where it does not say it
    #[arg(long)]
    pub symbol: Option<String>,
    /// Price grid; anything off it is refused [default: the finest decimals seen]
    #[arg(long, value_parser = step)]
    pub tick: Option<Decimal>,
    /// Quantity grid; anything off it is refused [default: the finest decimals seen]
    #[arg(long, value_parser = step)]
    pub lot: Option<Decimal>,
    /// The file to read of a zip archive that holds several
    #[arg(long, value_name = "NAME")]
    pub member: Option<String>,
    /// How the file, a table of somebody's own, calls its columns
    #[arg(long, value_name = "TOML")]
    pub mapping: Option<PathBuf>,
    /// Day of a file that says only the time of day [default: the day in its name]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// Make levels of the orders
    #[arg(long)]
    pub levels: bool,
    /// Make bars of the trades: 1s to 30s, 1m to 30m, 1h to 12h, or 1d
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub bars: Option<Span>,
}

/// The length of a bar.
fn length(text: &str) -> Result<Span, String> {
    let unit = match text.char_indices().last() {
        Some((at, 's')) => Some((at, 1)),
        Some((at, 'm')) => Some((at, 60)),
        Some((at, 'h')) => Some((at, 3_600)),
        Some((at, 'd')) => Some((at, 86_400)),
        _ => None,
    };
    let seconds = unit.and_then(|(at, seconds)| text[..at].parse::<u32>().ok().map(|count| i64::from(count) * seconds));
    seconds.map(Span::from_secs).ok_or_else(|| "a length such as 1m, 5m or 1h".to_owned())
}

/// A step of a grid.
fn step(text: &str) -> Result<Decimal, String> {
    let number = Number::read(text).map(|number| number.0).filter(|number| *number > Decimal::ZERO);
    number.ok_or_else(|| "a decimal above 0, such as 0.01".to_owned())
}

/// A name and a value for it.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a value is set as KEY=VALUE")?;
    Over::default().set(name.trim(), value)?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// What was set, each name once.
pub fn over(set: &[(String, String)]) -> Over {
    let mut over = Over::default();
    for (name, value) in set {
        over.set(name, value).expect("a name that was read");
    }
    over
}
