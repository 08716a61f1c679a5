//! Months of one-minute bars by the thousand: regimes, clustered volatility, heavy tails, jumps, the hours
//! and days of a week, and gaps, fitted to recorded months.
//!
//! A month follows from its model, its seed and its run, integer for integer on every machine. Everything
//! drawn for a minute is drawn whether it is used or not, four numbers a bar. What it is fitted to, and how
//! near it comes, is in `docs/months.md`; what it does not have: order books, news, another market beside it.

mod compare;
mod fit;
mod model;
mod moments;
mod path;
mod presets;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

pub use compare::{Band, Comparison, compare};
pub use fit::fit;
pub use model::MonthModel;
pub use moments::{MOMENTS, Moments};
pub use presets::Preset;

use super::chance::Chance;
use super::{DEFAULT_START, Grid, in_reach, provenance, within};
use crate::bad_input::BadInput;
use crate::data::tape::{Drawn, Records, Tape, TapeHash};
use crate::data::time::shown;
use crate::market::{Span, Timestamp};
use path::Path;

/// The stream of chance of a month.
const STREAM: u64 = 4;
/// Longest month: a year and a day.
const DAYS_MAX: u32 = 367;
const MINUTES_A_DAY: i64 = 24 * 60;
const MINUTE: Span = Span::from_mins(1);

/// Which months.
#[derive(Clone, PartialEq, Debug)]
pub enum Months {
    /// Those of a shipped model.
    Preset(Preset),
    /// Of each run one of the shipped models, drawn by these weights, in the order of [`Preset::ALL`].
    Mixed([u32; 4]),
    /// Those of a model of one's own.
    Own(Box<MonthModel>),
}

/// A part of every move that is only pressure, and is taken back: what a rule that trades against moves lives by.
///
/// No shipped model has it and no fit finds it. A market that has it shows that a rule earns what is there to be earned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reversal {
    /// The share of a minute's chance that is taken back, in millionths, at most all of it.
    pub share_ppm: u32,
    /// After how long half of it is.
    pub half_life: Span,
}

impl Reversal {
    /// As options name it.
    fn written(self) -> String {
        let Self { share_ppm, half_life } = self;
        format!(" --reversal-ppm {share_ppm} --half-life-ns {}", half_life.0)
    }
}

/// What to generate.
#[derive(Clone, PartialEq, Debug)]
pub struct MonthOptions {
    /// Of which model.
    pub months: Months,
    /// What of a move is taken back; none where nothing is.
    pub reversal: Option<Reversal>,
    /// Everything random follows from it, the run and the part.
    pub seed: u64,
    /// Which month of the seed.
    pub run: u64,
    /// Which market of the run.
    pub part: u32,
    /// How long.
    pub days: u32,
    /// Written into the tape.
    pub symbol: String,
    /// When the first bar opens; rounded down to its minute.
    pub start: Timestamp,
    /// Where the price starts; a whole number of ticks.
    pub price: Decimal,
    /// The price grid.
    pub tick: Decimal,
    /// The quantity grid.
    pub lot: Decimal,
}

impl MonthOptions {
    /// Thirty days from a price of 30,000, on a grid of hundredths.
    #[must_use]
    pub fn usual(months: Months, seed: u64, run: u64) -> Self {
        Self {
            months,
            reversal: None,
            seed,
            run,
            part: 0,
            days: 30,
            symbol: String::new(),
            start: DEFAULT_START,
            price: Decimal::from(30_000),
            tick: Decimal::new(1, 2),
            lot: Decimal::new(1, 5),
        }
    }
}

impl Months {
    /// A shipped model, or `mixed` with equal weights.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let preset = Preset::ALL.into_iter().find(|preset| preset.name() == name).map(Self::Preset);
        preset.or((name == "mixed").then_some(Self::Mixed([1; 4])))
    }

    /// What a month of it is made with. A draw is made in any case: the month of a preset is the same one
    /// whether it was named or drawn.
    fn model(&self, chance: &mut Chance) -> (&'static str, MonthModel) {
        let drawn = chance.bits();
        let of = |preset: Preset| (preset.name(), preset.model());
        match self {
            Self::Preset(preset) => of(*preset),
            Self::Mixed(weights) => of(drawn_preset(*weights, drawn)),
            Self::Own(model) => ("calibration", (**model).clone()),
        }
    }

    /// Everything that decides what its months are, as text.
    fn written(&self) -> String {
        match self {
            Self::Preset(preset) => preset.model().to_string(),
            Self::Mixed(weights) => {
                let models = Preset::ALL.map(|preset| preset.model().to_string());
                format!("{weights:?}\n{}", models.concat())
            }
            Self::Own(model) => model.to_string(),
        }
    }
}

/// The preset at a place among the weights; the first where they are all nothing.
fn drawn_preset(weights: [u32; 4], bits: u64) -> Preset {
    let all: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let place = (u128::from(bits) * u128::from(all)) >> 64;
    let mut before = 0;
    let mut upto = |(preset, weight)| {
        before += u128::from(weight);
        (place < before).then_some(preset)
    };
    Preset::ALL.into_iter().zip(weights).find_map(&mut upto).unwrap_or(Preset::Crash)
}

/// Generates a month.
pub fn month(options: &MonthOptions) -> Result<Tape, BadInput> {
    let days = within("days", options.days, DAYS_MAX)?;
    let grid = Grid::new(options.price, options.tick, options.lot)?;
    let minutes = i64::from(days) * MINUTES_A_DAY;
    in_reach(options.start, options.start.after(MINUTE.times(minutes - 1)))?;
    let mut chance = Chance::of_run(options.seed, options.run, options.part, STREAM);
    let (name, model) = options.months.model(&mut chance);
    let notional = number(options.tick) * number(options.lot);
    let first = options.start.0.div_euclid(MINUTE.0) * MINUTE.0;
    let bars = Path::new((&model, options.reversal), chance, grid, notional).bars(Timestamp(first), minutes);
    let MonthOptions { seed, run, part, symbol, start, price, tick, lot, .. } = options;
    let reversal = options.reversal.map_or_else(String::new, Reversal::written);
    let source = format!(
        "months --model {name}{reversal} --seed {seed} --run {run} --part {part} --days {days} --symbol {symbol} --start {} --price {price} --tick {tick} --lot {lot}",
        shown(*start),
    );
    let provenance = provenance("synth-months", source);
    let tape = Tape::new(symbol.clone(), grid.decimals, MINUTE, Records::Bars(bars), provenance);
    Ok(Tape {
        drawn: Some(Drawn { from: vec![sha256(&(options.months.written() + &reversal))], days: Vec::new() }),
        ..tape
    })
}

/// SHA-256 of a text, hexadecimal.
fn sha256(text: &str) -> String {
    TapeHash(Sha256::digest(text.as_bytes()).into()).to_string()
}

/// A decimal as a double.
fn number(decimal: Decimal) -> f64 {
    let text = decimal.to_string();
    text.parse().expect("a decimal is a number")
}
