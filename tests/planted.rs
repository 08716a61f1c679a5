//! Bugs planted on purpose must be caught: each by its scenario of the catalogue, and by the swarm as
//! far as it is given time. A bug that neither catches fails the build.
//!
//! How: one bug at a time is switched on in a thread of its own. It is caught if its scenario no
//! longer holds, or if a case of the swarm has a finding that the same case without the bug has not.
//! The catalogue is where a bug must be caught, and the swarm is measured by the bugs: what it finds is
//! told, with the seconds it took.
//!
//! To repeat: `cargo test --no-default-features --features simulator,planted --test planted -- --nocapture`; the
//! swarm too: `SWARM_SECONDS=5 cargo test --profile swarm` with the rest, three minutes on two processors.
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
#[allow(dead_code, reason = "the catalogue is only asked for one scenario at a time")]
mod catalogue;

#[cfg(feature = "planted")]
#[path = "planted/hunt.rs"]
mod hunt;

#[cfg(feature = "planted")]
mod caught {
    use std::time::Duration;

    use seatrial::market::Bug;
    use seatrial::market::planted::plant;

    use super::hunt::{Hunt, swarm_seconds};

    /// faults.md, figure 6: every bug, each within so much.
    const WITHIN: Duration = Duration::from_mins(1);
    /// So short that the swarm ends after its first case.
    const ONE_CASE: Duration = Duration::from_nanos(1);

    #[test]
    fn planted_bugs_are_caught() {
        let hunts = Hunt::all(Bug::ALL, |bug| plant(Some(bug)), swarm_seconds());
        let total = Bug::ALL.len();
        let by_scenario = hunts.iter().filter(|hunt| hunt.by_scenario.is_some()).count();
        let by_swarm = hunts.iter().filter(|hunt| hunt.by_swarm.is_some()).count();
        println!("of {total} planted bugs their scenarios catch {by_scenario}, and the swarm {by_swarm}");
        let survivors: Vec<Bug> = hunts.iter().filter(|hunt| !hunt.is_caught()).map(|hunt| hunt.bug).collect();
        assert!(survivors.is_empty(), "survivors: {survivors:?}");
        let slow: Vec<&Hunt> = hunts.iter().filter(|hunt| hunt.scenario_took > WITHIN).collect();
        assert!(slow.is_empty(), "caught, and not within {WITHIN:?}: {slow:?}");
    }

    /// The hunt is worth what it lets through: with nothing planted, nothing is caught, and the bug that
    /// should have been there is told as a survivor.
    #[test]
    fn a_bug_that_is_not_there_survives() {
        let absent = Bug::Critical8Trailing;
        let sown = |bug: Bug| plant(Some(bug).filter(|bug| *bug != absent));
        let hunts = Hunt::all(&[Bug::Critical9Validation, absent], sown, ONE_CASE);
        let survivors: Vec<Bug> = hunts.iter().filter(|hunt| !hunt.is_caught()).map(|hunt| hunt.bug).collect();
        assert_eq!(survivors, [absent]);
    }
}
