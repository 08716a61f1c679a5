//! The catalogue of the review: every scenario of `scenarios/review/` holds.
//!
//! To repeat one by hand: `cargo run -- run scenarios/review/NAME.toml`.
#![cfg(feature = "simulator")]
#![allow(clippy::format_push_string, reason = "a table is made line by line")]

#[path = "review/mod.rs"]
mod catalogue;

#[test]
fn every_scenario_of_the_catalogue_holds() {
    let (mut table, mut failures) = (String::new(), Vec::new());
    for name in catalogue::names() {
        let verdict = catalogue::run_scenario(&catalogue::path(&name));
        let word = if verdict.holds() { "holds" } else { "FAILS" };
        table += &format!("{name:<28} {:>9.3} s  {word}\n", verdict.took.as_secs_f64());
        failures.extend(verdict.wrong.iter().map(|wrong| format!("{name}: {wrong}")));
    }
    println!("{table}");
    let repeat = "to repeat: cargo run --no-default-features --features simulator -- run scenarios/review/NAME.toml";
    assert!(failures.is_empty(), "{}\n{repeat}", failures.join("\n"));
    assert!(!table.is_empty(), "the catalogue is not empty");
}

/// Findings of the swarm, shrunk: every scenario of `scenarios/swarm/` holds.
#[test]
fn every_scenario_the_swarm_found_holds() {
    every_scenario_holds("swarm");
}

/// Funding, liquidation and what else margin brings: every scenario of `scenarios/margin/` holds.
#[test]
fn every_scenario_of_margin_holds() {
    every_scenario_holds("margin");
}

fn every_scenario_holds(folder: &str) {
    let folder = catalogue::folder().with_file_name(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the scenarios are part of the project")
        .map(|file| file.expect("a readable folder").path())
        .collect();
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let verdict = catalogue::run_scenario(file);
        println!("{:<60} {:>9.3} s", file.display(), verdict.took.as_secs_f64());
        failures.extend(verdict.wrong.iter().map(|wrong| format!("{}: {wrong}", file.display())));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(!files.is_empty(), "the folder is not empty");
}

/// Every bug that is planted in the code makes its scenario fail: `cargo test --no-default-features
/// --features simulator,planted --test review`.
#[cfg(feature = "planted")]
#[test]
fn every_planted_bug_breaks_its_scenario() {
    use seatrial::market::Bug;
    use seatrial::market::planted::plant;

    std::panic::set_hook(Box::new(|_| {}));
    let (mut table, mut survivors) = (String::new(), Vec::<Bug>::new());
    for bug in Bug::ALL {
        plant(Some(*bug));
        let verdict = catalogue::run_scenario(&catalogue::path(bug.scenario()));
        plant(None);
        let told = verdict.wrong.first().map_or("SURVIVES", |wrong| wrong.lines().next().unwrap_or_default());
        let told: String = told.chars().take(110).collect();
        table += &format!("{bug:?} ({}): {told}\n", bug.scenario());
        survivors.extend(verdict.holds().then_some(*bug));
    }
    println!("{table}{} of {} caught", Bug::ALL.len() - survivors.len(), Bug::ALL.len());
    assert!(survivors.is_empty(), "not caught by its scenario: {survivors:?}");
}
