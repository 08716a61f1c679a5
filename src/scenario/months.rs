//! `[market] source = "synthetic"`: a month of bars, each run's own.
//!
//! ```toml
//! [market]
//! source = "synthetic"
//! model = "mixed"                 # crash, bull, quiet, bear, or mixed: each run one of the four
//! weights = { quiet = 3 }         # of mixed: how often each is drawn; one that is not named is 0
//! reversal = "80%"                # of every move so much is taken back, half of it within the half-life
//! half_life = "2h"
//! days = 30
//! price = "30000"
//! length = "1m"                   # of a bar: 1m, 5m, 15m or 1h
//! start = "2023-01-01T00:00:00Z"
//! ```
//!
//! `calibration = "file.toml"` instead of `model` names a model that `seatrial data fit` wrote, below the data
//! root. The path follows from the seed and the run: runs of one number meet the same month at every point of a
//! sweep. It is made minute by minute whatever the length, and then gathered into longer bars, which open at whole
//! multiples of their length. Grids are the instrument's first.

use std::collections::BTreeMap;
use std::path::Path;

use rust_decimal::Decimal;

use super::instrument::InstrumentText;
use super::mapping::small_toml;
use super::market::{START_DEFAULT, instant, ppm};
use super::section::{Problems, Section};
use super::{Located, root};
use crate::bad_input::BadInput;
use crate::data::synth::months::{MonthModel, MonthOptions, Months, Preset, Reversal, month};
use crate::data::{Tape, longer_bars};
use crate::market::{Money, Rate, Span, Timestamp};

/// Longest month in days.
const DAYS_MAX: u64 = 367;
/// How long the bars of a drawn month may be.
pub(super) const LENGTHS: [(&str, Span); 4] =
    [("1m", Span::from_mins(1)), ("5m", Span::from_mins(5)), ("15m", Span::from_mins(15)), ("1h", Span::from_hours(1))];

/// A synthetic market as it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct MonthsText {
    months: Months,
    reversal: Option<Reversal>,
    /// The file of a model instead.
    pub calibration: Option<Located<String>>,
    days: u32,
    start: Timestamp,
    price: Decimal,
    /// Of a bar.
    length: Span,
}

/// Reads the keys of a synthetic market.
pub fn read(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<MonthsText> {
    let calibration = section.get("calibration");
    let months = if calibration.is_some() { Some(Months::Mixed([1; 4])) } else { model(section, problems) };
    let calibration = match calibration {
        None => None,
        Some(entry) => {
            let text = entry.string(problems, root::ALLOWED)?;
            if !root::stays_inside(text) {
                entry.refuse(problems, "E-SC-012", root::ALLOWED);
            }
            Some(Located { value: text.to_owned(), at: entry.at })
        }
    };
    let reversal = reversal(section, problems);
    let days = days(section, problems);
    let start = section.get("start").map_or(Some(Timestamp(START_DEFAULT)), |entry| instant(&entry, problems));
    let price = section.require("price", problems, "where the price starts");
    let price = price.and_then(|entry| entry.setting::<Money>(problems)).map(Money::decimal);
    let length = section.get("length").map_or(Some(Span::from_mins(1)), |entry| entry.word(problems, &LENGTHS));
    Some(MonthsText {
        months: months?,
        reversal: reversal?,
        calibration,
        days: days?,
        start: start?,
        price: price?,
        length: length?,
    })
}

/// How many days; thirty where nothing is said.
pub(super) fn days(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<u32> {
    let days = section.get("days").map_or(Some(30), |entry| entry.whole(problems, 1..=DAYS_MAX))?;
    Some(u32::try_from(days).expect("about a year at most"))
}

/// What of moves is taken back; the outer none is a problem that was noted.
#[expect(clippy::option_option, reason = "a key that may be left out, and one that was refused")]
fn reversal(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Option<Reversal>> {
    let (share, half_life) = match (section.get("reversal"), section.get("half_life")) {
        (None, None) => return Some(None),
        (Some(share), Some(half_life)) => (share, half_life),
        (Some(one), None) | (None, Some(one)) => {
            problems.add("E-SC-007", one.at, &one.path, "one of reversal and half_life", "both, or neither");
            return None;
        }
    };
    let share_ppm = ppm(&share, Rate::from_bps(1), "0.01% to 100%, with at most 4 decimals", problems);
    let half_life = half_life.within(problems, Span::from_mins(1)..=Span::from_hours(24 * 30), "1min to 30d");
    Some(Some(Reversal { share_ppm: share_ppm?, half_life: half_life? }))
}

/// A shipped model, or some of them by weight.
fn model(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Months> {
    let mixed = ("mixed", None);
    let [a, b, c, d] = Preset::ALL.map(|preset| (preset.name(), Some(preset)));
    let entry = section.require("model", problems, "mixed, crash, bull, quiet, bear")?;
    let preset = entry.word(problems, &[mixed, a, b, c, d])?;
    if let Some(preset) = preset {
        return Some(Months::Preset(preset));
    }
    let at = section.at;
    let Some(mut weights) = section.section("weights", problems) else { return Some(Months::Mixed([1; 4])) };
    let drawn = Preset::ALL.map(|preset| {
        let weight = weights.get(preset.name()).map_or(Some(0), |entry| entry.whole(problems, 0..=1_000_000));
        weight.map(|weight| u32::try_from(weight).expect("at most a million"))
    });
    weights.finish(problems);
    let [Some(a), Some(b), Some(c), Some(d)] = drawn else { return None };
    if [a, b, c, d] == [0; 4] {
        problems.add("E-SC-010", at, "market.weights", "nothing to draw", "a weight above 0");
        return None;
    }
    Some(Months::Mixed([a, b, c, d]))
}

/// The market's tape in a run; `calibration` is the model's file, found below the data root.
pub fn tape(
    text: &MonthsText,
    calibration: Option<&Path>,
    (place, instrument): (usize, &InstrumentText),
    (seed, run): (u64, u64),
) -> Result<Tape, BadInput> {
    let months = match calibration {
        Some(file) => Months::Own(Box::new(month_model(file)?)),
        None => text.months.clone(),
    };
    let rules = instrument.rules.first().expect("an instrument that was read has rules");
    let made = month(&MonthOptions {
        months,
        reversal: text.reversal,
        seed,
        run,
        part: u32::try_from(place).expect("a scenario of 1 MiB has few instruments"),
        days: text.days,
        symbol: instrument.symbol.value.clone(),
        start: text.start,
        price: text.price,
        tick: rules.tick.value,
        lot: rules.lot.value,
    })?;
    longer_bars(made, text.length)
}

/// Reads a model as `seatrial data fit` writes it.
pub fn month_model(path: &Path) -> Result<MonthModel, BadInput> {
    let allowed = "names and lists of decimals in quotes, as `seatrial data fit` writes them";
    let written: BTreeMap<String, Vec<String>> = small_toml(path, "E-MD-090", "a model of at most 64 KiB", allowed)?;
    MonthModel::read(&path.display().to_string(), &written)
}
