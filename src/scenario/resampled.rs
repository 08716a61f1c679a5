//! `[market] source = "resampled"`: a month of recorded days, each run's own.
//!
//! ```toml
//! [market]
//! source = "resampled"
//! file = "month.parquet"          # or files = ["a.parquet", "b.parquet"], bars of one length
//! days = 30
//! block = 1                       # days in a row that stay together
//! ```
//!
//! `price` says where it starts, otherwise where the first day drawn does; `start` when. `length` (1m, 5m, 15m or
//! 1h) gathers the bars into longer ones, otherwise they are as long as the recorded ones.

use std::sync::Arc;

use rust_decimal::Decimal;
use toml::de::DeValue;

use super::instrument::InstrumentText;
use super::market::{START_DEFAULT, instant};
use super::section::{Entry, Problems, Section};
use super::{Located, months, root};
use crate::bad_input::BadInput;
use crate::data::synth::{ResampleOptions, resample};
use crate::data::{Tape, longer_bars};
use crate::market::{Money, Span, Timestamp};

/// A resampled market as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResampledText {
    /// The recordings, below the data root.
    pub files: Vec<Located<String>>,
    days: u32,
    block: u32,
    start: Timestamp,
    price: Option<Decimal>,
    /// Of a bar; the recordings' if nothing is said.
    length: Option<Span>,
}

/// Reads the keys of a resampled market.
pub fn read(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<ResampledText> {
    let files = match section.get("files") {
        Some(entry) => several(&entry, problems),
        None => section.require("file", problems, root::ALLOWED).and_then(|entry| Some(vec![file(&entry, problems)?])),
    };
    let days = months::days(section, problems);
    let most = u64::from(days.unwrap_or(1));
    let block = section.get("block").map_or(Some(1), |entry| entry.whole(problems, 1..=most));
    let start = section.get("start").map_or(Some(Timestamp(START_DEFAULT)), |entry| instant(&entry, problems));
    let price = section.get("price").map_or(Some(None), |entry| {
        let price = entry.setting::<Money>(problems)?.decimal();
        Some(Some(price))
    });
    let length = section.get("length").map_or(Some(None), |entry| entry.word(problems, &months::LENGTHS).map(Some));
    let block = u32::try_from(block?).expect("at most its days");
    Some(ResampledText { files: files?, days: days?, block, start: start?, price: price?, length: length? })
}

fn several(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Vec<Located<String>>> {
    let DeValue::Array(array) = entry.value else {
        entry.refuse(problems, "E-SC-008", "a list of files");
        return None;
    };
    if array.is_empty() {
        entry.refuse(problems, "E-SC-010", "at least one file");
        return None;
    }
    let one = |item: &toml::Spanned<DeValue<'_>>| {
        file(&Entry { path: entry.path.clone(), at: item.span().start, value: item.get_ref() }, problems)
    };
    array.iter().map(one).collect::<Vec<_>>().into_iter().collect()
}

fn file(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Located<String>> {
    let text = entry.string(problems, root::ALLOWED)?;
    if root::stays_inside(text) {
        return Some(Located { value: text.to_owned(), at: entry.at });
    }
    entry.refuse(problems, "E-SC-012", root::ALLOWED);
    None
}

/// The market's tape in a run, of recordings in the same units.
pub fn tape(
    text: &ResampledText,
    recorded: &[Arc<Tape>],
    (place, instrument): (usize, &InstrumentText),
    (seed, run): (u64, u64),
) -> Result<Tape, BadInput> {
    let rules = instrument.rules.first().expect("an instrument that was read has rules");
    let options = ResampleOptions {
        seed,
        run,
        part: u32::try_from(place).expect("a scenario of 1 MiB has few instruments"),
        days: text.days,
        block: text.block,
        symbol: instrument.symbol.value.clone(),
        start: text.start,
        price: text.price,
        tick: rules.tick.value,
    };
    let made = resample(recorded, &options)?;
    let length = text.length.unwrap_or(made.cadence);
    longer_bars(made, length)
}
