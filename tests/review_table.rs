//! `docs/review.md` is made from the code, so that it cannot go stale: which finding of the review
//! is answered by which rules, shown by which scenario, and held by which bugs and tests.
//!
//! After a change: `UPDATE=1 cargo test --no-default-features --features simulator --test review_table`, and read the
//! difference.
#![cfg(feature = "simulator")]

#[path = "review/mod.rs"]
#[allow(dead_code, reason = "the catalogue is only listed here")]
mod catalogue;
#[path = "review/table.rs"]
mod table;

use std::path::Path;

/// Scenarios whose rules no other test holds: their own run in `tests/review.rs` is the proof.
const ALONE: &[&str] = &["risk-breaker-race"];

/// Scenarios that the list of planted bugs names and the catalogue does not hold yet.
const TO_COME: &[&str] = &[];

#[test]
fn the_table_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/review.md");
    let made = table::document(&table::proofs(), ALONE).unwrap_or_else(|wrong| panic!("{wrong}"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the project can be written");
        std::fs::write(&path, &made).expect("the project can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == made,
        "docs/review.md is stale: UPDATE=1 cargo test --no-default-features --features simulator --test review_table"
    );
}

/// Every scenario that a bug names is there, and says what it is; none is there for nothing.
#[test]
fn every_scenario_says_what_it_is() {
    let names = catalogue::names();
    let missing: Vec<&str> =
        table::wanted().into_iter().filter(|wanted| !names.iter().any(|name| name == wanted)).collect();
    assert_eq!(missing, TO_COME, "scenarios that bugs name");
    for name in names {
        let head = table::head(&name).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        assert!(head.review.contains(':'), "{name}: the review's id, a colon, and what was wrong");
        assert!(table::wanted().contains(&name.as_str()), "{name}: no planted bug names it");
    }
}

/// A test that proves a scenario proves one that is there, and the list of those without has no stranger.
#[test]
fn every_scenario_that_is_proved_is_there() {
    let wanted = table::wanted();
    for proof in table::proofs() {
        assert!(wanted.contains(&proof.scenario.as_str()), "{} {}: {}", proof.file, proof.test, proof.scenario);
    }
    assert!(ALONE.iter().all(|name| wanted.contains(name)), "{ALONE:?}");
}

/// The guards of the table can fail: a row without a test, one on the list that has a test, a mark on no test.
#[test]
fn a_row_without_a_test_fails() {
    let mut proofs = table::proofs();
    assert!(table::document(&proofs, &[ALONE, &["order-conflict"]].concat()).is_err());
    proofs.retain(|proof| proof.scenario != "order-conflict");
    let refused = table::document(&proofs, ALONE).expect_err("a row has no test");
    assert_eq!(refused, "order-conflict: no test says that it proves it");
    let mark = "// proves: order-conflict";
    let found =
        table::proofs_of("a.rs", &format!("{mark}, kill-anytime\n#[test]\npub fn holds() {{\n")).expect("a test");
    let found: Vec<_> = found.iter().map(|proof| (proof.scenario.as_str(), proof.test.as_str())).collect();
    assert_eq!(found, [("order-conflict", "holds"), ("kill-anytime", "holds")]);
    assert!(table::proofs_of("a.rs", &format!("{mark}\nfn no_test() {{\n")).is_err());
    assert!(table::proofs_of("a.rs", mark).is_err());
}
