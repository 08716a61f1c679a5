//! A bounded swarm: a few hours of trading under faults on every test run. CI runs more of the same
//! by `seatrial run --swarm`.
#![cfg(feature = "simulator")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "how many cases, the environment may say")]

use seatrial::swarm::{Case, try_case};

/// Cases of every test run; `SWARM=100 cargo test --test swarm` tries more.
const CASES: u64 = 2;

#[test]
fn a_few_cases_hold_every_law() {
    let cases = std::env::var("SWARM").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let (mut counted, mut found) = (0, Vec::new());
    for seed in 1..=cases {
        let case = Case::draw(seed);
        let came = try_case(&case);
        counted += came.hours.counted;
        println!("{seed}: {:?} {} records, {:?} {:?}", came.hours, came.records.len(), case.contract, case.market.0);
        found.extend(came.findings.iter().map(|finding| format!("seatrial run --swarm --seed {seed}: {finding}")));
    }
    println!("{counted} simulated hours");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The same cases with a second pair on the same account.
#[test]
fn a_few_cases_of_two_pairs_hold_every_law() {
    let cases = std::env::var("SWARM").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let (mut faults, mut found) = (0, Vec::new());
    for seed in 1..=cases {
        let case = Case::draw(seed).beside_another();
        let came = try_case(&case);
        faults += came.faults;
        println!("{seed}: {:?} {} records, {:?} {:?}", came.hours, came.records.len(), case.contract, case.second);
        if !came.findings.is_empty() {
            let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("two-pairs-{seed}.toml"));
            std::fs::write(&file, case.text()).expect("a folder for what tests leave");
            let again = format!("seatrial run {}", file.display());
            found.extend(came.findings.iter().map(|finding| format!("{again}: {finding}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(faults > 0, "something went wrong in them");
}

#[test]
fn a_case_is_its_seed() {
    let (first, again, other) = (try_case(&Case::draw(5)), try_case(&Case::draw(5)), try_case(&Case::draw(6)));
    assert_eq!(first.digest, again.digest);
    assert_ne!(first.digest, other.digest);
}
