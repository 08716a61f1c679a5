//! Bugs planted on purpose must be caught: each by its scenario of the catalogue, or else by the
//! swarm within a minute of processor time. A bug that survives fails the build.
//!
//! How: one bug at a time is switched on in a thread of its own. It is caught if its scenario no
//! longer holds, or if a case of the swarm has a finding that the same case without the bug has not.
//! To repeat: `cargo test --profile swarm --no-default-features --features simulator,planted --test planted`.
#![cfg(feature = "simulator")]

/// The list is worth what is planted: every bug of it has its switch in the code.
#[cfg(feature = "planted")]
#[test]
fn every_bug_of_the_list_is_planted() {
    let mut sources = String::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("src can be read") {
            let path = entry.expect("src can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                sources += &std::fs::read_to_string(path).expect("a source can be read");
            }
        }
    }
    let planted = |bug: &&seatrial::market::Bug| !sources.contains(&format!("planted(Bug::{bug:?})"));
    let missing: Vec<_> = seatrial::market::Bug::ALL.iter().filter(planted).collect();
    assert!(missing.is_empty(), "not planted: {missing:?}");
}

#[cfg(not(feature = "planted"))]
#[test]
fn planted_bugs_are_caught() {
    println!("skipped: built without the feature `planted`, so there is no bug to catch");
}

#[cfg(feature = "planted")]
#[path = "review/mod.rs"]
mod catalogue;

#[cfg(feature = "planted")]
mod hunt {
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    use seatrial::market::Bug;
    use seatrial::market::planted::plant;
    use seatrial::swarm::{Case, seed_of, try_case};

    use super::catalogue;

    /// How long the swarm may look for one bug.
    const LIMIT: Duration = Duration::from_secs(60);
    /// Base of the seeds of the cases that look for bugs.
    const BASE: u64 = 2024;

    /// How a bug was caught, if it was, and how long that took.
    fn hunt(bug: Bug) -> (Option<String>, Duration) {
        let began = Instant::now();
        plant(Some(bug));
        let caught = by_its_scenario(bug).or_else(|| by_the_swarm(bug, began));
        plant(None);
        (caught, began.elapsed())
    }

    fn by_its_scenario(bug: Bug) -> Option<String> {
        let path = catalogue::path(bug.scenario());
        if !path.exists() {
            return None;
        }
        let verdict = catalogue::run_scenario(&path);
        verdict.wrong.first().map(|wrong| format!("{}: {}", bug.scenario(), wrong.lines().next().unwrap_or_default()))
    }

    fn by_the_swarm(bug: Bug, began: Instant) -> Option<String> {
        let mut number = 0;
        while began.elapsed() < LIMIT {
            let seed = seed_of(BASE, number);
            number += 1;
            let case = Case::draw(seed);
            let Some(finding) = try_case(&case).findings.into_iter().next() else { continue };
            // What a sound core has too is no catch.
            plant(None);
            let sound = try_case(&case).findings.is_empty();
            plant(Some(bug));
            if sound {
                return Some(format!("swarm --seed {seed}: {finding}"));
            }
        }
        None
    }

    #[test]
    fn planted_bugs_are_caught() {
        let next = Mutex::new(Bug::ALL.iter());
        let survivors = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    loop {
                        let Some(bug) = next.lock().expect("no hunter panics").next().copied() else { return };
                        let (caught, took) = hunt(bug);
                        let told = caught.clone().unwrap_or_else(|| "SURVIVES".to_owned());
                        println!("{:>7.2} s  {bug:?} ({}): {}", took.as_secs_f64(), bug.what(), cut(&told));
                        if caught.is_none() {
                            survivors.lock().expect("no hunter panics").push(bug);
                        }
                    }
                });
            }
        });
        let survivors = survivors.into_inner().expect("no hunter panics");
        println!("planted bugs found: {} of {}", Bug::ALL.len() - survivors.len(), Bug::ALL.len());
        assert!(survivors.is_empty(), "survivors: {survivors:?}");
    }

    fn cut(text: &str) -> String {
        text.chars().take(160).collect()
    }
}
