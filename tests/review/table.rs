//! What `docs/review.md` says, made from the heads of the scenarios, the list of planted bugs and
//! what the tests of the project say they prove.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

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

/// What a test proves: `// proves: NAME, NAME` above its `#[test]` names scenarios whose rules it holds too.
pub struct Proof {
    /// The scenario.
    pub scenario: String,
    /// The file of the test, in the project.
    pub file: String,
    /// The test.
    pub test: String,
}

/// Everything that the tests of the project say they prove, by file and line.
pub fn proofs() -> Vec<Proof> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut files) = (vec![root.join("src"), root.join("tests")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a source of the project");
        let file = path.strip_prefix(root).expect("below the project").display().to_string();
        proofs_of(&file, &text).unwrap_or_else(|wrong| panic!("{file}: {wrong}"))
    };
    files.iter().flat_map(read).collect()
}

/// What the tests of a file say they prove.
pub fn proofs_of(file: &str, text: &str) -> Result<Vec<Proof>, String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut proofs = Vec::new();
    for (at, names) in lines.iter().enumerate().filter_map(|(at, line)| Some((at, line.strip_prefix("// proves: ")?))) {
        let test = lines[at + 1..].iter().take(4).find_map(|line| Some(line.split_once("fn ")?.1.split_once('(')?.0));
        let (Some(&"#[test]"), Some(test)) = (lines.get(at + 1), test) else {
            return Err(format!("line {}: what proves {names} is no test", at + 1));
        };
        let proof = |name: &str| Proof { scenario: name.to_owned(), file: file.to_owned(), test: test.to_owned() };
        proofs.extend(names.split(", ").map(proof));
    }
    Ok(proofs)
}

/// The tests of a row: those that say so, or that which runs the scenario where nothing else holds its rules.
fn tests_of(name: &str, proofs: &[Proof], alone: &[&str]) -> Result<Vec<String>, String> {
    let said: Vec<&Proof> = proofs.iter().filter(|proof| proof.scenario == name).collect();
    match (said.is_empty(), alone.contains(&name)) {
        (true, true) => Ok(vec![format!("`tests/review.rs` every_scenario_of_the_catalogue_holds, by `{name}` alone")]),
        (false, false) => Ok(said.iter().map(|Proof { file, test, .. }| format!("`{file}` {test}")).collect()),
        (true, false) => Err(format!("{name}: no test says that it proves it")),
        (false, true) => Err(format!("{name}: not held by its scenario alone, {} proves it", said[0].test)),
    }
}

/// The document; an error if a row has no test. `alone` are the scenarios that only their own run proves.
pub fn document(proofs: &[Proof], alone: &[&str]) -> Result<String, String> {
    let mut text = String::from(
        "# The review, answered\n\n\
         Every finding of the execution-layer review: the rules of `production-rules.md` that answer it, the scenario\n\
         of `scenarios/review/` that shows it, the bugs planted in the code that the scenario must catch, and the tests\n\
         that hold the same rules beside it, each of which says so itself (`// proves: SCENARIO`). Every scenario is a test,\n\
         too: `tests/review.rs` runs it, audits it and replays it action by action.\n\n\
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
        let (bugs, beside) = (bugs.collect::<Vec<_>>().join("<br>"), tests_of(name, proofs, alone)?.join("<br>"));
        writeln!(text, "| {id} | {} | [`{name}`](../scenarios/review/{name}.toml) | {bugs} | {beside} |", head.rules)
            .expect("text takes every write");
    }
    text += "\n## What each scenario does\n\n| Scenario | Found by the review | Injected | Asserted |\n| --- | --- | --- | --- |\n";
    for (name, head) in &heads {
        let (_, found) = head.review.split_once(':').unwrap_or(("", &head.review));
        writeln!(text, "| `{name}` | {} | {} | {} |", found.trim(), head.injected, head.asserts)
            .expect("text takes every write");
    }
    Ok(text)
}
