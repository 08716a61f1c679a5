//! Reads a recorded trace of delays: `order_entry = { trace = "gateway.csv" }`.
//!
//! A text file below the data root whose first line is `time_ns,latency_ns` (nanoseconds since the Unix epoch, UTC, and
//! how long the message then sent took) or `latency_ns` alone, to be met one after another. Times rise, delays are at
//! least 0 and at most an hour; what is not so is refused with its line.

use std::path::Path;

use super::assemble::iso;
use super::section::Problems;
use super::tapes::lost_file;
use super::wire::TraceText;
use super::{Scenario, root};
use crate::bad_input::{BadInput, quoted};
use crate::market::{Span, Timestamp};
use crate::sim::latency::BadLatency;
use crate::sim::setup::Setup;
use crate::sim::trace::Trace;

/// The largest trace, in bytes.
const SIZE_MAX: u64 = 1 << 27;
/// The longest delay.
const DELAY_MAX: i64 = Span::from_hours(1).0;
/// The year 2100: no recording is of a later time.
const TIME_END: i64 = 4_102_444_800_000_000_000;
const HEADS: [&str; 2] = ["time_ns,latency_ns", "latency_ns"];

impl Scenario {
    /// A setup whose recorded delays are read; the files' times must meet the market's.
    pub(super) fn traced(&self, mut setup: Setup, data_root: &Path) -> Result<Setup, Vec<BadInput>> {
        let mut problems = Problems::new(&self.source);
        for TraceText { way, place, file } in &self.body.wire.traces {
            let trace = match root::find(data_root, &file.value) {
                Ok(()) => read(data_root, &file.value).map_err(|bad| vec![bad])?,
                Err(lost) => {
                    lost_file(lost, file, "wire.trace", data_root, &mut problems);
                    continue;
                }
            };
            let market = setup.tapes.get(*place).and_then(|market| market.tape.range());
            if let (Some((from, to)), Some((first, last))) = (trace.range(), market)
                && (to < first || from > last)
            {
                let allowed = format!("times within {} to {}, which the market covers", iso(first), iso(last));
                problems.add("E-SC-016", file.at, "wire.trace", format!("{} to {}", iso(from), iso(to)), &allowed);
            }
            let latency = way(&mut setup.latency, *place);
            *latency = latency.traced(trace);
        }
        problems.into_result()?;
        Ok(setup)
    }

    /// Refuses recorded delays where there is no data root to read them from.
    pub(super) fn without_traces(&self) -> Result<(), Vec<BadInput>> {
        let mut problems = Problems::new(&self.source);
        for TraceText { file, .. } in &self.body.wire.traces {
            let found = "a recorded delay without a data root";
            problems.add("E-SC-014", file.at, "wire.trace", found, "delays written in the scenario");
        }
        problems.into_result()
    }
}

/// Reads the trace of this name below the data root, which was found there.
pub fn read(data_root: &Path, name: &str) -> Result<Trace, BadInput> {
    let bad = |found: String, allowed: &str| BadInput::new("E-SC-019", name, found, allowed);
    let path = data_root.join(name);
    let large = std::fs::metadata(&path).is_ok_and(|about| about.len() > SIZE_MAX);
    if large {
        return Err(bad(format!("more than {SIZE_MAX} bytes"), "a trace of at most 128 MiB"));
    }
    let text =
        std::fs::read_to_string(&path).map_err(|error| bad(error.kind().to_string(), "a readable UTF-8 text"))?;
    let mut lines = (1_u64..).zip(text.lines());
    let head = lines.next().map_or("", |(_, line)| line.trim_end());
    let Some(timed) = HEADS.iter().position(|known| *known == head).map(|at| at == 0) else {
        return Err(bad(quoted(head), "time_ns,latency_ns or latency_ns").at_line(1, 1));
    };
    let mut rows = Vec::new();
    for (line, text) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let row = row(text.trim_end(), timed).ok_or_else(|| {
            let allowed = format!("{head}, whole numbers, a delay of 0 to {DELAY_MAX}");
            bad(quoted(text), &allowed).at_line(line, 1)
        })?;
        if timed && rows.last().is_some_and(|(before, _)| *before >= row.0) {
            return Err(bad(quoted(text), "a time after the line before").at_line(line, 1).field("time_ns"));
        }
        rows.push(row);
    }
    let trace = if timed {
        Trace::by_time(name, &rows)
    } else {
        Trace::in_order(name, rows.into_iter().map(|(_, delay)| delay).collect())
    };
    trace.map_err(|error: BadLatency| bad("no delay".to_owned(), &error.to_string()))
}

fn row(text: &str, timed: bool) -> Option<(Timestamp, Span)> {
    let (time, delay) = if timed { text.split_once(',')? } else { ("0", text) };
    let delay = delay.parse().ok().filter(|delay| (0..=DELAY_MAX).contains(delay))?;
    let time = time.parse().ok().filter(|time| (0..TIME_END).contains(time))?;
    Some((Timestamp(time), Span(delay)))
}
