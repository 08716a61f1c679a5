//! `[market] source = "brisk"`: a market made up while the scenario is read, from a seed. Its grids
//! are the instrument's first; nothing of it is in a file.

use rust_decimal::Decimal;

use super::Located;
use super::instrument::InstrumentText;
use super::section::{Problems, Section};
use crate::bad_input::BadInput;
use crate::data::Tape;
use crate::data::synth::{BriskOptions, DEFAULT_START, Mood, brisk};
use crate::market::Money;

/// Longest market made up for a scenario: a week.
const MINUTES_MAX: u64 = 7 * 24 * 60;

/// A brisk market as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BriskText {
    /// Everything random follows from it.
    seed: u64,
    minutes: u32,
    price: Located<Decimal>,
    depth: u64,
    mood: Mood,
}

/// Reads the keys of a brisk market.
pub fn read(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<BriskText> {
    let mut whole =
        |key, what, range| section.require(key, problems, what).and_then(|entry| entry.whole(problems, range));
    let seed = whole("seed", "a whole number", 0..=u64::MAX >> 1);
    let minutes = whole("minutes", "how long", 1..=MINUTES_MAX);
    let depth = whole("depth", "lots of a level", 1..=1_000_000_000);
    let price = section.require("price", problems, "where the price starts").and_then(|entry| {
        let price = entry.setting::<Money>(problems)?.decimal();
        Some(Located { value: price, at: entry.at })
    });
    let moods = Mood::ALL.map(|mood| (mood.name(), mood));
    let mood = section.require("mood", problems, "how it behaves").and_then(|entry| entry.word(problems, &moods));
    let minutes = u32::try_from(minutes?).expect("at most a week");
    Some(BriskText { seed: seed?, minutes, price: price?, depth: depth?, mood: mood? })
}

/// The market's tape.
pub fn tape(text: &BriskText, instrument: &InstrumentText) -> Result<Tape, BadInput> {
    let rules = instrument.rules.first().expect("an instrument that was read has rules");
    brisk(&BriskOptions {
        seed: text.seed,
        minutes: text.minutes,
        symbol: instrument.symbol.value.clone(),
        start: DEFAULT_START,
        price: text.price.value,
        tick: rules.tick.value,
        lot: rules.lot.value,
        depth: i64::try_from(text.depth).expect("at most 10^9"),
        mood: text.mood,
    })
}
