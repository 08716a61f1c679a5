//! Which tapes the runs of a result were made on, and whether it was one set of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use polars::prelude::{DataFrame, PolarsResult};

use super::pieces;
use super::plan::Plan;
use super::store::Part;
use crate::bad_input::BadInput;

/// Sections whose values make no other tape.
const ELSEWHERE: [&str; 6] = ["strategy", "trader", "wire", "account", "fault", "seed"];

/// What the runs of a result were made on.
pub(super) struct Tapes {
    /// Hashes of all of them, each once.
    pub all: String,
    /// Runs one after another that were made on the same; one that was not made is in none.
    pub parts: Vec<(Part, String)>,
}

/// The tapes of the runs in files. Runs that differ in nothing a tape is made from were made on one tape: a result of
/// data that changed meanwhile is refused.
pub(super) fn of(plan: &Plan, found: &[PathBuf]) -> Result<Tapes, BadInput> {
    let section = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let keys: Vec<&str> =
        plan.axes().map(|(name, _)| name).filter(|name| !ELSEWHERE.contains(&section(name).as_str())).collect();
    let mut made_on: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let mut parts: Vec<(Part, String)> = Vec::new();
    for path in found {
        let columns: Vec<&str> = keys.iter().copied().chain(["number", "data"]).collect();
        let frame = pieces::read(path, Some(&columns))?;
        for Made { number, values, data } in rows(&frame, &keys).map_err(|_| pieces::damaged(path))? {
            let before = made_on.entry(values).or_insert_with(|| data.clone());
            if *before != data {
                let found = format!("runs on tape {data} and on tape {before}");
                let allowed = "runs on one: the data changed since the sweep began";
                return Err(BadInput::new("E-SW-008", &path.display().to_string(), found, allowed));
            }
            match parts.last_mut().filter(|(part, on)| part.end == number && *on == data) {
                Some((part, _)) => part.end += 1,
                None => parts.push((number..number + 1, data)),
            }
        }
    }
    let all: BTreeSet<&str> = made_on.values().flat_map(|data| data.split_whitespace()).collect();
    Ok(Tapes { all: all.into_iter().collect::<Vec<_>>().join(" "), parts })
}

/// A run that was made: what its tapes may depend on, and which they were.
struct Made {
    number: u64,
    values: Vec<String>,
    data: String,
}

fn rows(frame: &DataFrame, keys: &[&str]) -> PolarsResult<Vec<Made>> {
    let (numbers, data) = (frame.column("number")?.u64()?, frame.column("data")?.str()?);
    let mut all = Vec::new();
    for (at, (number, data)) in numbers.iter().zip(data.iter()).enumerate() {
        let Some((number, data)) = number.zip(data) else { continue };
        let values = keys.iter().map(|key| Ok(frame.column(key)?.get(at)?.to_string()));
        all.push(Made { number, values: values.collect::<PolarsResult<_>>()?, data: data.to_owned() });
    }
    Ok(all)
}
