//! What a result says of itself in its metadata: which sweep it is of, which part of it, and where it comes from.

use super::details::Detail;
use super::plan::Plan;
use super::store::{Part, Store};
use super::{SCHEMA, pieces};

/// What two results must share to be of one sweep, and which part of it they are.
pub(super) fn identity(plan: &Plan, part: &Part, details: &[Detail]) -> pieces::Keys {
    let details: Vec<&str> = details.iter().map(|detail| detail.name()).collect();
    let pairs = [
        ("details", details.join(" ")),
        ("schema", SCHEMA.to_owned()),
        ("build", concat!("seatrial ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("plan", plan.hash()),
        ("runs", format!("{}..{} of {}", part.start, part.end, plan.total())),
    ];
    pairs.into_iter().map(|(key, value)| (format!("seatrial.{key}"), value)).collect()
}

/// All that a result says of itself.
pub(super) fn keys(plan: &Plan, part: &Part, store: &Store, data: &str) -> pieces::Keys {
    let (points, runs) = plan.size();
    let more = [
        ("scenario", plan.name().to_owned()),
        ("scenario_sha256", plan.text_hash()),
        ("sweep", format!("{}, {runs} runs of each of {points}", plan.describe())),
        ("command", store.command.clone()),
        ("data", data.to_owned()),
    ];
    let more = more.into_iter().map(|(key, value)| (format!("seatrial.{key}"), value));
    identity(plan, part, &store.details).into_iter().chain(more).collect()
}

/// Reads `A..B of N`.
pub(super) fn read_part(told: &str) -> Option<Part> {
    let (range, _) = told.split_once(" of ")?;
    let (from, to) = range.split_once("..")?;
    Some(from.parse().ok()?..to.parse().ok()?)
}
