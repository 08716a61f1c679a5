//! Which tapes the runs of a result were made on, and whether it was one set of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use polars::prelude::{DataFrame, PolarsResult};

use super::pieces;
use super::plan::Plan;
use crate::bad_input::BadInput;

/// Sections whose values make no other tape.
const ELSEWHERE: [&str; 6] = ["strategy", "trader", "wire", "account", "fault", "seed"];

/// Hashes of every tape that runs were made on, each once. Runs that differ in nothing a tape is made from were made
/// on one tape: a result of data that changed meanwhile is refused.
pub(super) fn of(plan: &Plan, found: &[PathBuf]) -> Result<String, BadInput> {
    let section = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let keys: Vec<&str> =
        plan.axes().map(|(name, _)| name).filter(|name| !ELSEWHERE.contains(&section(name).as_str())).collect();
    let mut made_on: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for path in found {
        let columns: Vec<&str> = keys.iter().copied().chain(["data"]).collect();
        let frame = pieces::read(path, Some(&columns))?;
        for (values, data) in rows(&frame, &keys).map_err(|_| pieces::damaged(path))? {
            let before = made_on.entry(values).or_insert_with(|| data.clone());
            if *before != data {
                let found = format!("runs on tape {data} and on tape {before}");
                let allowed = "runs on one: the data changed since the sweep began";
                return Err(BadInput::new("E-SW-008", &path.display().to_string(), found, allowed));
            }
        }
    }
    let all: BTreeSet<&str> = made_on.values().flat_map(|data| data.split_whitespace()).collect();
    Ok(all.into_iter().collect::<Vec<_>>().join(" "))
}

/// Of every run that was made, the values of keys and its tapes.
fn rows(frame: &DataFrame, keys: &[&str]) -> PolarsResult<Vec<(Vec<String>, String)>> {
    let data = frame.column("data")?.str()?;
    let mut all = Vec::new();
    for (at, data) in data.iter().enumerate() {
        let Some(data) = data else { continue };
        let values = keys.iter().map(|key| Ok(frame.column(key)?.get(at)?.to_string()));
        all.push((values.collect::<PolarsResult<Vec<_>>>()?, data.to_owned()));
    }
    Ok(all)
}
