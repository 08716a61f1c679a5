//! `drills = "all"`: each run rehearses the drills of the go-live gate, at moments of its own.
//!
//! ```toml
//! drills = "all"           # or some of them: ["D1", "D10"]
//! ```

use toml::de::DeValue;

use super::section::{Entry, Problems, Section};
use crate::sim::Setup;
use crate::sim::drill::{self, DRILLS, Drawn};

/// Reads which drills are rehearsed, by their place among all.
pub(super) fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Vec<usize>> {
    let Some(entry) = top.get("drills") else { return Some(Vec::new()) };
    let ids: Vec<(&str, usize)> = DRILLS.iter().map(|drill| drill.id).zip(0..).collect();
    let DeValue::Array(listed) = entry.value else {
        if entry.value.as_str() == Some("all") {
            return Some((0..DRILLS.len()).collect());
        }
        let code = if entry.value.as_str().is_some() { "E-SC-009" } else { "E-SC-008" };
        entry.refuse(problems, code, "\"all\", or a list such as [\"D1\", \"D10\"]");
        return None;
    };
    let mut places = Vec::new();
    for one in listed {
        let entry = Entry { path: entry.path.clone(), at: one.span().start, value: one.get_ref() };
        places.push(entry.word(problems, &ids)?);
    }
    places.sort_unstable();
    places.dedup();
    Some(places)
}

/// A setup with the drills of its run.
pub(super) fn applied(mut setup: Setup, drills: &[usize]) -> Setup {
    if drills.is_empty() {
        return setup;
    }
    let feed = setup.feed();
    let Drawn { faults, script } =
        drill::draw(drills, (setup.seed, setup.run), (feed.start(), feed.end()), (&setup.trader, price(&setup)));
    setup.faults.extend(faults);
    setup.script.extend(script);
    setup.script.sort_by_key(|(at, _)| *at);
    setup
}

/// About how many ticks the first instrument costs: the middle of what its tape met.
fn price(setup: &Setup) -> i64 {
    let (low, high) = setup.tapes.first().map_or((0, 0), |market| {
        let (low, high) = market.tape.extremes();
        (low.0, high.0)
    });
    let tick = setup.instruments.first().map_or(1, |first| first.rules(crate::market::Timestamp::MIN).tick.0);
    (low / 2 + high / 2) / tick.max(1)
}
