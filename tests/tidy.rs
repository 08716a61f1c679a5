//! Reads the sources and holds the house rules: imports run downward, files and functions stay
//! small, and the core cannot ask for time, chance, files or floats.
//!
//! The rules are architecture.md §2, §5 and §6 and style.md. To repeat: `cargo test --test tidy`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

/// What each room may import. A room that is not here does not exist.
const ROOMS: &[(&str, &[&str])] = &[
    ("market", &[]),
    ("bad_input", &[]),
    ("statistics", &[]),
    ("ledger", &["market"]),
    ("journal", &["market", "bad_input"]),
    ("data", &["market", "bad_input"]),
    ("adapters", &["market"]),
    ("audit", &["market", "journal"]),
    ("metrics", &["market", "journal", "statistics"]),
    ("venue", &["market", "ledger"]),
    ("trading", &["market", "ledger"]),
    ("strategies", &["market", "trading"]),
    ("sim", &["market", "bad_input", "journal", "data", "metrics", "venue", "trading", "strategies"]),
    ("replay", &["market", "journal", "data", "trading", "strategies", "sim"]),
    ("scenario", &["market", "bad_input", "journal", "data", "metrics", "venue", "trading", "strategies", "sim"]),
    ("bound", &["market", "journal", "data", "metrics", "venue", "trading", "sim", "audit"]),
    (
        "sweep",
        &["market", "bad_input", "journal", "data", "metrics", "trading", "strategies", "sim", "audit", "scenario"],
    ),
    ("gate", &["bad_input", "bound", "journal", "market", "metrics", "scenario", "sim", "statistics", "swarm"]),
    ("report", &["gate"]),
    ("regress", &["market", "bad_input", "journal", "metrics", "sim", "audit"]),
    (
        "swarm",
        &[
            "market",
            "bad_input",
            "journal",
            "data",
            "metrics",
            "venue",
            "trading",
            "strategies",
            "sim",
            "replay",
            "audit",
            "scenario",
        ],
    ),
];

/// Words no source may hold outside tests, and where they are allowed nevertheless.
const BANNED: &[(&str, &[&str])] = &[
    ("HashMap", &[]),
    ("HashSet", &[]),
    ("SystemTime", &["cli/machine.rs"]),
    ("Instant::", &["cli", "main.rs", "sweep/run.rs"]),
    ("std::thread", &["swarm/crew.rs", "cli"]),
    ("std::env", &["cli", "main.rs"]),
    ("std::net", &[]),
    ("std::process", &["cli", "main.rs"]),
    ("unsafe ", &[]),
    (".unwrap()", &[]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
    ("dbg!", &[]),
    ("println!", &["cli", "main.rs"]),
    ("eprintln!", &["cli", "main.rs"]),
    ("f32", &[]),
    ("f64", &["metrics", "data", "venue", "sweep", "statistics", "gate", "report"]),
    ("from_f64", &[]),
    ("thread_rng", &[]),
    ("std::fs", &["data", "journal", "scenario", "sweep", "regress", "gate", "cli", "main.rs"]),
    ("polars", &["data", "sweep"]),
    ("toml::", &["scenario"]),
    ("rand_chacha", &["sim", "data"]),
    ("canceled", &["adapters"]),
    ("realized", &[]),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be read") {
            let path = entry.expect("src can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source can be read");
                found.push((path.strip_prefix(&root).expect("below src").to_path_buf(), text));
            }
        }
    }
    found.sort();
    found
}

/// The room of a file: its first folder, or its own name.
fn room(path: &Path) -> String {
    let first = path.components().next().expect("a path has a part");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The code of a file: without its tests, comments and strings' contents that are whole lines.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn report(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn imports_run_downward() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut complaints = Vec::new();
    for (path, text) in sources() {
        let here = room(&path);
        if matches!(here.as_str(), "lib" | "main" | "cli") {
            continue;
        }
        let Some(may) = allowed.get(here.as_str()) else {
            complaints.push(format!("{}: room `{here}` is not on the plan", path.display()));
            continue;
        };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for part in line.split("crate::").skip(1) {
                let there: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = allowed.contains_key(there.as_str());
                if known && there != here && !may.contains(&there.as_str()) {
                    complaints.push(format!("{}:{}: `{here}` imports `{there}`", path.display(), number + 1));
                }
            }
        }
    }
    report(&complaints);
}

#[test]
fn trading_and_venue_do_not_know_each_other() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    assert!(!allowed["trading"].contains(&"venue") && !allowed["venue"].contains(&"trading"));
    for room in ["audit", "metrics"] {
        assert!(!allowed[room].contains(&"trading") && !allowed[room].contains(&"ledger"));
    }
}

/// What is left without the feature `simulator`: the trader, the books and their words.
#[test]
fn without_features_the_trading_core_is_left() {
    let map =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("the map can be read");
    let lines: Vec<&str> = map.lines().collect();
    let always = lines.windows(2).filter(|pair| !pair[0].starts_with("#[cfg(feature = "));
    let rooms: Vec<&str> = always.filter_map(|pair| pair[1].strip_prefix("pub mod ")).collect();
    assert_eq!(rooms, ["ledger;", "market;", "trading;"]);
}

#[test]
fn banned_words_stay_out() {
    let mut complaints = Vec::new();
    for (path, text) in sources() {
        let (here, file) = (room(&path), path.to_string_lossy().into_owned());
        for (number, line) in code(&text).lines().enumerate() {
            for (word, allowed) in BANNED {
                let fine = allowed.iter().any(|place| *place == here || *place == file);
                if line.contains(word) && !fine {
                    complaints.push(format!("{file}: line {} of its code: `{word}`: {}", number + 1, line.trim()));
                }
            }
        }
    }
    report(&complaints);
}

#[test]
fn files_and_functions_stay_small() {
    let mut complaints = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            complaints.push(format!("{}: {lines} lines, at most {FILE_LINES_MAX}", path.display()));
        }
        let mut open: Option<(usize, usize)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let word = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            let word = word.trim_start_matches("pub(super) ").trim_start_matches("const ");
            if word.starts_with("fn ") && !line.trim_end().ends_with(['}', ';']) {
                open = Some((number, indent));
            } else if let Some((start, at)) = open
                && indent == at
                && line.trim_start().starts_with('}')
            {
                let length = number - start + 1;
                if length > FUNCTION_LINES_MAX {
                    complaints.push(format!(
                        "{}:{}: a function of {length} lines, at most {FUNCTION_LINES_MAX}",
                        path.display(),
                        start + 1
                    ));
                }
                open = None;
            }
        }
    }
    report(&complaints);
}

#[test]
fn every_file_says_what_it_is_and_no_file_is_named_for_nothing() {
    let mut complaints = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//!") {
            complaints.push(format!("{}: begins without saying what it is", path.display()));
        }
        let stem = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        if ["utils", "util", "common", "helpers", "helper", "misc", "prelude", "manager"].contains(&stem.as_str()) {
            complaints.push(format!("{}: a name that says nothing", path.display()));
        }
    }
    report(&complaints);
}
