//! `[market]`: which recorded file is the market, and which part of it; or the market itself.
//!
//! One table, or `[[market]]` once per instrument. The file is named relative to the data root and
//! stays inside it (see [`super::root`]). A market written here is read by [`super::inline`].

use jiff::Timestamp as Moment;
use rust_decimal::Decimal;
use toml::de::DeValue;

use super::Located;
use super::agents::{self, AgentsText};
use super::brisk::{self, BriskText};
use super::inline::{InlineText, Wrong};
use super::months::{self, MonthsText};
use super::resampled::{self, ResampledText};
use super::section::{Entry, Problems, Section};
use crate::market::{Money, Rate, Span, Timestamp};

/// What an instant looks like.
pub const INSTANT: &str = "an ISO-8601 time with its zone, such as \"2024-08-09T00:00:00Z\"";

/// When a market written in a scenario begins where nothing is said: 2024-01-01T00:00:00Z, a Monday.
pub const START_DEFAULT: i64 = 1_704_067_200_000_000_000;
/// Displayed at the touch of a bar, in millionths of its volume, where nothing is said.
const DISPLAYED_DEFAULT_PPM: i64 = 250_000;
/// Spread of a bar market in ticks, where nothing is said.
const SPREAD_DEFAULT: i64 = 2;

/// A market as it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct MarketText {
    /// Where it comes from.
    pub origin: Origin,
    /// Which instrument it is the market of; none where there is one only.
    pub symbol: Option<Located<String>>,
    /// Half the spread of a bar market in ticks.
    pub half_spread_ticks: i64,
    /// Millionths of a bar's volume displayed on each side of the touch.
    pub displayed_ppm: i64,
    /// First instant that counts.
    pub from: Option<Located<Timestamp>>,
    /// First instant that counts no more.
    pub to: Option<Located<Timestamp>>,
    /// Where the table begins.
    pub at: usize,
}

/// Where a market comes from.
#[derive(Clone, PartialEq, Debug)]
pub enum Origin {
    /// A file relative to the data root.
    Recorded(Located<String>),
    /// The scenario itself.
    Inline(InlineText),
    /// A generator and its seed.
    Brisk(BriskText),
    /// Agents, while it runs.
    Agents(Box<AgentsText>),
    /// A model of months, the seed and the run.
    Synthetic(Box<MonthsText>),
    /// Recorded days, the seed and the run.
    Resampled(ResampledText),
}

/// Reads every market.
pub fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Vec<MarketText> {
    let sections = top.sections("market", problems);
    if sections.is_empty() {
        problems.add("E-SC-007", 0, "market", "nothing", "a table [market]");
    }
    sections.into_iter().filter_map(|section| one(section, problems)).collect()
}

fn one(mut section: Section<'_>, problems: &mut Problems<'_>) -> Option<MarketText> {
    let source = source(&mut section, problems).unwrap_or(Source::Recorded);
    let origin = match source {
        Source::Recorded => recorded(&mut section, problems),
        Source::Inline => written(&mut section, problems),
        Source::Brisk => brisk::read(&mut section, problems).map(Origin::Brisk),
        Source::Agents => agents::read(&mut section, problems).map(|agents| Origin::Agents(Box::new(agents))),
        Source::Synthetic => months::read(&mut section, problems).map(|months| Origin::Synthetic(Box::new(months))),
        Source::Resampled => resampled::read(&mut section, problems).map(Origin::Resampled),
    };
    let symbol = section.get("symbol").and_then(|entry| {
        let text = entry.string(problems, "the symbol of an [instrument]")?;
        Some(Located { value: text.to_owned(), at: entry.at })
    });
    let half_spread = half_spread(&mut section, problems);
    let displayed = displayed(&mut section, problems);
    let mut time = |key| {
        let entry = section.get(key)?;
        Some(Located { value: instant(&entry, problems)?, at: entry.at })
    };
    let (from, to) = if source == Source::Recorded { (time("from"), time("to")) } else { (None, None) };
    if let (Some(from), Some(to)) = (from, to)
        && to.value <= from.value
    {
        let path = format!("{}.to", section.path);
        problems.add("E-SC-011", to.at, &path, "a time not after `from`", "a time after `from`");
    }
    let at = section.at;
    section.finish(problems);
    Some(MarketText {
        origin: origin?,
        symbol,
        half_spread_ticks: half_spread?,
        displayed_ppm: displayed?,
        from,
        to,
        at,
    })
}

/// Half of the whole spread, which must have a middle on the grid.
fn half_spread(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<i64> {
    let Some(entry) = section.get("spread") else { return Some(SPREAD_DEFAULT / 2) };
    let whole = i64::try_from(entry.whole(problems, 0..=10_000)?).expect("at most 10 000");
    if whole % 2 != 0 {
        entry.refuse(problems, "E-SC-010", "an even number of ticks, half of it on each side of the bar's price");
        return None;
    }
    Some(whole / 2)
}

fn displayed(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<i64> {
    let Some(entry) = section.get("displayed") else { return Some(DISPLAYED_DEFAULT_PPM) };
    ppm(&entry, Rate::from_bps(1), "0.01% to 100%, with at most 4 decimals", problems).map(i64::from)
}

/// A share from a least one to all, in millionths.
pub(super) fn ppm(entry: &Entry<'_>, least: Rate, allowed: &str, problems: &mut Problems<'_>) -> Option<u32> {
    let share = entry.within(problems, least..=Rate::ONE, allowed)?.decimal();
    let ppm = Money::new(share).times(Decimal::from(1_000_000)).decimal().normalize();
    if ppm.scale() != 0 {
        entry.refuse(problems, "E-SC-010", allowed);
        return None;
    }
    Some(u32::try_from(ppm.mantissa()).expect("at most a million"))
}

/// Where a market may come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Recorded,
    Inline,
    Brisk,
    Agents,
    Synthetic,
    Resampled,
}

fn source(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Source> {
    let words = [
        ("recorded", Source::Recorded),
        ("inline", Source::Inline),
        ("brisk", Source::Brisk),
        ("agents", Source::Agents),
        ("synthetic", Source::Synthetic),
        ("resampled", Source::Resampled),
    ];
    let allowed = words.map(|(word, _)| word).join(", ");
    section.require("source", problems, &allowed)?.word(problems, &words)
}

fn recorded(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Origin> {
    let entry = section.require("file", problems, super::root::ALLOWED)?;
    let text = entry.string(problems, super::root::ALLOWED)?;
    if super::root::stays_inside(text) {
        return Some(Origin::Recorded(Located { value: text.to_owned(), at: entry.at }));
    }
    entry.refuse(problems, "E-SC-012", super::root::ALLOWED);
    None
}

/// A market written in the scenario, every line of which is told of where it stands.
fn written(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Origin> {
    let allowed = "the market's events, one a line";
    let (start, bar) = (section.get("start"), section.get("bar"));
    let entry = section.require("events", problems, allowed);
    let start = start.map_or(Some(Timestamp(START_DEFAULT)), |entry| instant(&entry, problems));
    let length =
        |entry: Entry<'_>| entry.within(problems, Span(1)..=Span::from_hours(24), "a length up to 24h").map(Some);
    let bar = bar.map_or(Some(None), length);
    let entry = entry?;
    let text = entry.string(problems, allowed)?;
    match super::inline::read(start?, bar?, text) {
        Ok(inline) => return Some(Origin::Inline(inline)),
        Err(wrong) => {
            for (line, Wrong { column, found, allowed }) in wrong {
                let at = problems.source().line_of(entry.at, line) + column;
                problems.add("E-SC-017", at, &entry.path, found, &allowed);
            }
        }
    }
    None
}

/// A point in time with its zone.
pub fn instant(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Timestamp> {
    let text = match entry.value {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        _ => {
            entry.refuse(problems, "E-SC-008", INSTANT);
            return None;
        }
    };
    let leap_second = text.split(':').nth(2).is_some_and(|seconds| seconds.starts_with("60"));
    let nanos = text.parse::<Moment>().ok().filter(|_| !leap_second).map(Moment::as_nanosecond);
    let Some(nanos) = nanos else {
        entry.refuse(problems, "E-SC-009", INSTANT);
        return None;
    };
    let Ok(nanos) = i64::try_from(nanos) else {
        entry.refuse(problems, "E-SC-010", "a time between the years 1678 and 2262");
        return None;
    };
    Some(Timestamp(nanos))
}
