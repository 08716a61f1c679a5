//! Models chosen by name: `queue = "log"`, or with parameters `queue = { model = "power", exponent = "2" }`.
//!
//! A table may say the version it was written for, `version = 1`; a version that is not ours is refused, for
//! its results would not be the same.

use rust_decimal::Decimal;
use toml::de::DeValue;

use super::section::{Entry, Problems, Section};
use crate::trading::setting::Number;
use crate::venue::{QUEUE_VERSION, QueueModel};

/// Greatest exponent of a power, in thousandths.
const EXPONENT_MAX: u32 = 16_000;

/// Reads which of some models is meant, and its parameters as a table that is empty where none were written.
fn named<'d, T: Copy>(
    entry: &Entry<'d>,
    words: &[(&str, T)],
    version: u32,
    problems: &mut Problems<'_>,
) -> Option<(T, Option<Section<'d>>)> {
    if !matches!(entry.value, DeValue::Table(_)) {
        return Some((entry.word(problems, words)?, None));
    }
    let mut section = entry.as_section(entry.at, problems)?;
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let word = section.require("model", problems, &names.join(", ")).and_then(|entry| entry.word(problems, words));
    let ours = u64::from(version);
    let known = section.get("version").map_or(Some(ours), |entry| entry.whole(problems, ours..=ours));
    known?;
    Some((word?, Some(section)))
}

/// Who cancels in a queue before us.
pub fn queue(venue: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<QueueModel> {
    #[derive(Clone, Copy, PartialEq)]
    enum Word {
        Conservative,
        Power,
        Log,
    }
    const ALLOWED: &str = "a decimal from 0.001 to 16 with at most 3 decimals, such as \"2\"";
    let words = [("conservative", Word::Conservative), ("power", Word::Power), ("log", Word::Log)];
    let Some(entry) = venue.get("queue") else { return Some(QueueModel::Conservative) };
    let (word, mut section) = named(&entry, &words, QUEUE_VERSION, problems)?;
    let exponent =
        if word == Word::Power { Some(milli(&mut section, "exponent", 2_000, ALLOWED, problems)) } else { None };
    if let Some(section) = section {
        section.finish(problems);
    }
    match (word, exponent) {
        (Word::Power, exponent) => exponent.flatten().map(|exponent_milli| QueueModel::Power { exponent_milli }),
        (Word::Conservative, _) => Some(QueueModel::Conservative),
        (Word::Log, _) => Some(QueueModel::Log),
    }
}

/// A parameter in thousandths, from one of them to the greatest exponent; `usual` where it is not written.
fn milli(
    section: &mut Option<Section<'_>>,
    key: &'static str,
    usual: u32,
    allowed: &str,
    problems: &mut Problems<'_>,
) -> Option<u32> {
    let Some(entry) = section.as_mut().and_then(|section| section.get(key)) else { return Some(usual) };
    let number = entry.setting::<Number>(problems)?.0;
    let thousandths = number.checked_mul(Decimal::ONE_THOUSAND).filter(Decimal::is_integer);
    let whole = thousandths.and_then(|thousandths| u32::try_from(thousandths).ok());
    let found = whole.filter(|whole| (1..=EXPONENT_MAX).contains(whole));
    if found.is_none() {
        entry.refuse(problems, "E-SC-010", allowed);
    }
    found
}
