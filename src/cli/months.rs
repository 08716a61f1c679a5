//! `seatrial data moments` and `seatrial data fit`: recorded months, and a model of them.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::Args as Group;
use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::text;
use seatrial::bad_input::BadInput;
use seatrial::data::synth::months::{self, Comparison, Moments, MonthOptions, Months};
use seatrial::data::{self, ImportOptions, Tape};
use seatrial::market::Span;
use seatrial::scenario;

/// What a file of months is.
const ALLOWED: &str = "one-minute bars of a day at least, whose price moves";

/// Months to look at.
#[derive(Group, Debug)]
#[command(after_help = "Examples:\n  seatrial data moments ../shared/data/binance-klines-1m/*.csv.gz\n  \
    seatrial data moments ../shared/data/binance-klines-1m/BTCUSDT_1m_2020-03.csv.gz --model crash --months 200")]
pub struct MomentsArgs {
    /// Recorded one-minute bars, raw or Parquet
    #[arg(value_name = "FILE", required_unless_present_any = ["model", "calibration"])]
    pub files: Vec<PathBuf>,
    /// Generated months beside them, of this model
    #[arg(long, value_parser = PossibleValuesParser::new(["mixed", "crash", "bull", "quiet", "bear"]))]
    pub model: Option<String>,
    /// Generated months beside them, of a model that `seatrial data fit` wrote
    #[arg(long, value_name = "TOML", conflicts_with = "model")]
    pub calibration: Option<PathBuf>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub months: u64,
    /// How long each
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=367))]
    pub days: u32,
    /// Everything random follows from it
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Months to find a model for.
#[derive(Group, Debug)]
#[command(
    after_help = "Example:\n  seatrial data fit ../shared/data/binance-klines-1m/BTCUSDT_1m_2020-03.csv.gz --out crash.toml"
)]
pub struct FitArgs {
    /// Recorded one-minute bars, raw or Parquet: one model of all of them
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Where the model goes; otherwise it is printed
    #[arg(long, value_name = "TOML")]
    pub out: Option<PathBuf>,
}

/// The file an error is about where none is named.
pub fn first(files: &[PathBuf]) -> &Path {
    files.first().map_or(Path::new("moments"), PathBuf::as_path)
}

/// The moments of recorded months, and of generated ones.
pub fn moments(args: &MomentsArgs) -> Result<Comparison, BadInput> {
    let recorded = args.files.iter().map(|file| {
        let tape = minutes(file)?;
        let moments = Moments::of(tape.bars()).ok_or_else(|| shapeless(file))?;
        Ok((text::lossy(file), moments))
    });
    let recorded = recorded.collect::<Result<Vec<_>, BadInput>>()?;
    let (model, name) = match (&args.calibration, &args.model) {
        (Some(file), _) => (Some(Months::Own(Box::new(scenario::month_model(file)?))), text::lossy(file)),
        (None, Some(name)) => (Months::named(name), name.clone()),
        (None, None) => (None, String::new()),
    };
    let Some(model) = model else { return Ok(months::compare(&recorded, None, &[])) };
    let made = (0..args.months).map(|run| {
        let options = MonthOptions { days: args.days, ..MonthOptions::usual(model.clone(), args.seed, run) };
        months::month(&options).map(|tape| Moments::of(tape.bars()))
    });
    let made = made.collect::<Result<Vec<_>, BadInput>>()?;
    let made: Vec<Moments> = made.into_iter().flatten().collect();
    Ok(months::compare(&recorded, Some(&name), &made))
}

/// A model of recorded months.
pub fn fitted(args: &FitArgs) -> Result<Fitted, BadInput> {
    let tapes = args.files.iter().map(|file| minutes(file)).collect::<Result<Vec<_>, BadInput>>()?;
    let tapes: Vec<&Tape> = tapes.iter().collect();
    let model = months::fit(&tapes).ok_or_else(|| shapeless(first(&args.files)))?;
    let names: Vec<_> =
        args.files.iter().filter_map(|file| file.file_name()).map(|name| name.to_string_lossy()).collect();
    let written = format!("# seatrial data fit {}\n{model}", names.join(" "));
    let file = args.out.as_deref().map(text::lossy);
    if let Some(out) = &args.out {
        let new = OpenOptions::new().write(true).create_new(true).open(out);
        new.and_then(|mut file| file.write_all(written.as_bytes())).map_err(|error| {
            let there = error.kind() == ErrorKind::AlreadyExists;
            let found = if there { "a file, there already" } else { "a place where no file can be written" };
            BadInput::new("E-MD-078", &text::lossy(out), found, "a new file")
        })?;
    }
    Ok(Fitted { file, model: written.trim_end().to_owned() })
}

/// A model that was found.
#[derive(Serialize)]
pub struct Fitted {
    file: Option<String>,
    model: String,
}

impl fmt::Display for Fitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{file}: a model of {} lines", self.model.lines().count()),
            None => f.write_str(&self.model),
        }
    }
}

fn minutes(file: &Path) -> Result<Tape, BadInput> {
    let tape = data::import(file, &ImportOptions::default())?;
    if tape.cadence == Span::from_mins(1) { Ok(tape) } else { Err(shapeless(file)) }
}

fn shapeless(file: &Path) -> BadInput {
    BadInput::new("E-MD-079", &text::lossy(file), "something else", ALLOWED)
}
