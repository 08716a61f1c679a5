//! `[wire]`: how long each message is under way.
//!
//! ```toml
//! [wire]
//! decision = "1ms"
//! order_entry = { p0 = "1ms", p50 = "3ms", p100 = "80ms", congestion = { free = 20, each = "1ms", most = "200ms" } }
//! report = { trace = "gateway.csv" }     # recorded, below the data root: see the room's `trace`
//!
//! [wire."BTC-b/USDT-b"]                  # links of this instrument's own: any of feed, order_entry and report
//! order_entry = "40ms"
//! ```

use toml::de::DeValue;

use super::Located;
use super::section::{Entry, Problems, Section};
use crate::market::{Rate, Span};
use crate::sim::latency::{Congestion, Latencies, Latency, Own};
use crate::trading::setting::Setting;

/// Longest delay a table may name.
const DELAY_MAX: Span = Span::from_hours(1);
/// What a delay looks like.
const ALLOWED: &str = "a duration such as \"5ms\" or a table such as { p0 = \"1ms\", p50 = \"5ms\", p100 = \"200ms\" }";
/// Why a quantile is not what it looks like.
const QUOTED: &str = "a share with decimals is written in quotes: \"p99.9\"";

/// Every delay as it was written.
#[derive(Clone, Debug)]
pub struct WireText {
    /// The delays; of a recorded one, its congestion alone.
    pub latencies: Latencies,
    /// Which of them are recorded, and where.
    pub traces: Vec<TraceText>,
}

/// A recorded delay as it was written.
#[derive(Clone, Debug)]
pub struct TraceText {
    /// Which delay it is.
    pub way: Way,
    /// The place of the instrument it is for; where it is for all, that of the first.
    pub place: usize,
    /// Its file.
    pub file: Located<String>,
}

/// One of the delays: a common one, or one of the instrument at a place.
pub type Way = fn(&mut Latencies, usize) -> &mut Latency;

/// Reads the delays; `symbols` are the instruments there are.
pub fn read(top: &mut Section<'_>, symbols: &[String], problems: &mut Problems<'_>) -> Option<WireText> {
    let mut section = top.require_section("wire", problems)?;
    let mut traces = Vec::new();
    let mut one = |entry: &Entry<'_>, (way, place): (Way, usize), problems: &mut Problems<'_>| {
        let (latency, file) = latency(entry, problems)?;
        traces.extend(file.map(|file| TraceText { way, place, file }));
        Some(latency)
    };
    let common_feed: Way = |of, _| of.feed.get_or_insert(Latency::NONE);
    let feed = feed(&mut section).and_then(|entry| one(&entry, (common_feed, 0), problems));
    let mut required = |key, way: Way, problems: &mut Problems<'_>| {
        let entry = section.require(key, problems, ALLOWED)?;
        one(&entry, (way, 0), problems)
    };
    let decision = required("decision", |of, _| &mut of.decision, problems);
    let order_entry = required("order_entry", |of, _| &mut of.order_entry, problems);
    let report = required("report", |of, _| &mut of.report, problems);
    let mut own = Vec::new();
    for (place, mut section) in section.of_symbols(symbols, problems) {
        let mut given = |key, way: Way| section.get(key).and_then(|entry| one(&entry, (way, place), problems));
        own.resize_with(symbols.len(), Own::default);
        own[place] = Own {
            feed: given("feed", |of, place| of.own[place].feed.get_or_insert(Latency::NONE)),
            order_entry: given("order_entry", |of, place| of.own[place].order_entry.get_or_insert(Latency::NONE)),
            report: given("report", |of, place| of.own[place].report.get_or_insert(Latency::NONE)),
        };
        section.finish(problems);
    }
    section.finish(problems);
    let latencies = Latencies { feed, decision: decision?, order_entry: order_entry?, report: report?, own };
    Some(WireText { latencies, traces })
}

/// None is as recorded, which is also what holds where nothing is said. A delay that cannot be read is a problem
/// noted, and what is returned no longer matters.
fn feed<'d>(section: &mut Section<'d>) -> Option<Entry<'d>> {
    section.get("feed").filter(|entry| !matches!(entry.value, DeValue::String(text) if text == "recorded"))
}

/// A delay, and the file of a recorded one.
fn latency(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<(Latency, Option<Located<String>>)> {
    let Some(table) = entry.value.as_table().map(|_| entry) else {
        let delay = delay(entry, problems)?;
        return Some((Latency::constant(delay).expect("a duration is not negative"), None));
    };
    let section = table.as_section(entry.at, problems)?;
    let mut quantiles = Vec::new();
    let mut sound = true;
    let mut section = section;
    let congested = section.get("congestion");
    if let Some(file) = section.get("trace") {
        return recorded(&file, congested.as_ref(), section, problems);
    }
    let congestion = congested.map(|entry| congestion(&entry, problems));
    for (name, at, entry) in section.others() {
        let share = share(name);
        if share.is_none() {
            let found = "an unknown quantile".to_owned();
            problems.add_hint("E-SC-006", at, &entry.path, found, "p0 to p100, with at most 4 decimals", QUOTED);
        }
        if matches!(entry.value, DeValue::Table(_)) {
            problems.add_hint("E-SC-008", at, &entry.path, "a table".to_owned(), Span::FORM, QUOTED);
            sound = false;
            continue;
        }
        let delay = if share.is_some() { delay(&entry, problems) } else { None };
        sound &= delay.is_some();
        quantiles.extend(share.zip(delay));
    }
    if !sound || congestion == Some(None) {
        return None;
    }
    quantiles.sort_by_key(|(share, _)| *share);
    let latency = Latency::quantiles(quantiles);
    let congested =
        latency.and_then(|latency| congestion.flatten().map_or(Ok(latency.clone()), |more| latency.congested(more)));
    match congested {
        Ok(latency) => Some((latency, None)),
        Err(error) => {
            entry.refuse(problems, "E-SC-011", &error.to_string());
            None
        }
    }
}

/// A recorded delay: its file, and what congestion adds to it. Beside a trace nothing else can be said.
fn recorded(
    file: &Entry<'_>,
    congested: Option<&Entry<'_>>,
    section: Section<'_>,
    problems: &mut Problems<'_>,
) -> Option<(Latency, Option<Located<String>>)> {
    let name = file.string(problems, "a file below the data root");
    let congestion = congested.map(|entry| congestion(entry, problems));
    section.finish(problems);
    let name = Located { value: name?.to_owned(), at: file.at };
    let latency = match congestion {
        Some(more) => Latency::NONE.congested(more?).expect("a duration is not negative"),
        None => Latency::NONE,
    };
    Some((latency, Some(name)))
}

/// How a delay grows with the rate of messages.
fn congestion(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Congestion> {
    let mut section = entry.as_section(entry.at, problems)?;
    let free =
        section.require("free", problems, "messages a second").and_then(|entry| entry.whole(problems, 0..=1_000_000));
    let mut span = |key| section.require(key, problems, Span::FORM).and_then(|entry| delay(&entry, problems));
    let (each, most) = (span("each"), span("most"));
    let known = section.get("version").map_or(Some(1), |entry| entry.whole(problems, 1..=1));
    section.finish(problems);
    known?;
    Some(Congestion { free: u32::try_from(free?).expect("at most a million"), each: each?, most: most? })
}

fn delay(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Span> {
    let Some(delay) = Span::read(&entry.scalar(problems, ALLOWED)?) else {
        entry.refuse(problems, "E-SC-009", ALLOWED);
        return None;
    };
    if delay > DELAY_MAX {
        entry.refuse(problems, "E-SC-010", "0 to 1h");
        return None;
    }
    Some(delay)
}

/// `p99.9` as parts per million.
fn share(name: &str) -> Option<u32> {
    let percent = Rate::read(&format!("{}%", name.strip_prefix('p')?))?.decimal();
    let ppm = percent.checked_mul(crate::sim::latency::WHOLE_PPM.into())?.normalize();
    let ppm = (ppm.scale() == 0).then(|| u32::try_from(ppm.mantissa()).ok())??;
    (ppm <= crate::sim::latency::WHOLE_PPM).then_some(ppm)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_read_exactly() {
        assert_eq!(share("p0"), Some(0));
        assert_eq!(share("p99.9"), Some(999_000));
        assert_eq!(share("p99.9999"), Some(999_999));
        assert_eq!(share("p100"), Some(1_000_000));
        for wrong in ["99", "p", "p-1", "p101", "p99.99999", "q50", "p1e1"] {
            assert_eq!(share(wrong), None, "{wrong}");
        }
    }
}
