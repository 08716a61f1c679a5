//! What `docs/review.md` says, made from the heads of the scenarios, the list of planted bugs and
//! the tests named here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use seatrial::market::Bug;

use super::catalogue;

/// What the head of a scenario says.
pub struct Head {
    /// The id of the finding, and what was wrong.
    pub review: String,
    /// The rules that answer it.
    pub rules: String,
    /// What the scenario injects.
    pub injected: String,
    /// What it asserts.
    pub asserts: String,
}

/// Reads the head of a scenario: comments of the form `# key   text`, continued by deeper ones.
pub fn head(name: &str) -> Result<Head, String> {
    let text = std::fs::read_to_string(catalogue::path(name)).map_err(|error| error.to_string())?;
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    let mut last = None;
    for line in text.lines().map_while(|line| line.strip_prefix("# ")) {
        let (key, rest) = line.split_once(' ').unwrap_or((line, ""));
        if key.is_empty() {
            let part = last.and_then(|key| parts.get_mut(key)).ok_or("a continuation of nothing")?;
            write!(part, " {}", rest.trim()).expect("text takes every write");
        } else {
            parts.insert(key, rest.trim().to_owned());
            last = Some(key);
        }
    }
    let mut take = |key: &str| parts.remove(key).filter(|part| !part.is_empty()).ok_or(format!("no `{key}`"));
    let head =
        Head { review: take("review")?, rules: take("rules")?, injected: take("injected")?, asserts: take("asserts")? };
    match parts.keys().next() {
        Some(strange) => Err(format!("an unknown part `{strange}`")),
        None => Ok(head),
    }
}

/// The scenarios that the planted bugs name.
pub fn wanted() -> Vec<&'static str> {
    let mut names: Vec<&str> = Bug::ALL.iter().map(|bug| bug.scenario()).collect();
    names.dedup();
    names
}

/// Whether a test of this name stands in this file of the project.
pub fn is_there(file: &str, test: &str) -> bool {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap_or_default();
    text.contains(&format!("fn {test}("))
}

/// The document.
pub fn document(tests: &[(&str, &[(&str, &str)])]) -> String {
    let mut text = String::from(
        "# The review, answered\n\n\
         Every finding of the execution-layer review: the rules of `production-rules.md` that answer it, the scenario\n\
         of `scenarios/review/` that shows it, the bugs planted in the code that the scenario must catch, and the tests\n\
         that hold the same rules beside it. `tests/review.rs` runs every scenario; each also audits clean and replays\n\
         action by action.\n\n\
         Made by `UPDATE=1 cargo test --no-default-features --features simulator --test review_table`; never edited by\n\
         hand, and a test fails when it is stale.\n\n\
         | Review | Rules | Scenario | Planted bugs | Tests |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    let names = wanted();
    let heads = names.iter().filter_map(|name| head(name).ok().map(|head| (*name, head)));
    let heads: Vec<(&str, Head)> = heads.collect();
    for (name, head) in &heads {
        let (id, _) = head.review.split_once(':').unwrap_or((&head.review, ""));
        let bugs =
            Bug::ALL.iter().filter(|bug| bug.scenario() == *name).map(|bug| format!("`{bug:?}`: {}", bug.what()));
        let beside = tests.iter().filter(|(scenario, _)| scenario == name).flat_map(|(_, tests)| *tests);
        let beside = beside.map(|(file, test)| format!("`{file}` {test}"));
        let cell = |items: Vec<String>| if items.is_empty() { "—".to_owned() } else { items.join("<br>") };
        let (bugs, beside) = (cell(bugs.collect()), cell(beside.collect()));
        writeln!(text, "| {id} | {} | [`{name}`](../scenarios/review/{name}.toml) | {bugs} | {beside} |", head.rules)
            .expect("text takes every write");
    }
    text += "\n## What each scenario does\n\n| Scenario | Found by the review | Injected | Asserted |\n| --- | --- | --- | --- |\n";
    for (name, head) in &heads {
        let (_, found) = head.review.split_once(':').unwrap_or(("", &head.review));
        writeln!(text, "| `{name}` | {} | {} | {} |", found.trim(), head.injected, head.asserts)
            .expect("text takes every write");
    }
    text
}
