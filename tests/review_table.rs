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

/// Tests that hold a scenario's rules beside it, by file and name.
const TESTS: &[(&str, &[(&str, &str)])] = &[
    (
        "critical-1-minimum",
        &[("tests/vectors/sizes.rs", "ck_18_minimum_quantity"), ("tests/vectors/sizes.rs", "ck_19_minimum_notional")],
    ),
    ("critical-2-permutations", &[("tests/trading_laws.rs", "reports_may_come_in_any_order")]),
    ("critical-3-stale-reference", &[("tests/vectors/gate.rs", "ck_11_age"), ("tests/vectors/gate.rs", "ck_11_jumps")]),
    ("critical-4-history", &[("src/trading/orders.rs", "an_order_is_found_exactly_once_and_history_is_bounded")]),
    ("critical-6-fees", &[("tests/booking_vectors.rs", "every_vector_gives_its_exact_figures")]),
    ("critical-6-leverage", &[("tests/booking_vectors.rs", "every_vector_gives_its_exact_figures")]),
    ("critical-9-validation", &[("tests/vectors/gate.rs", "ck_02_sizes_and_prices_are_above_zero")]),
    (
        "safety-2-size",
        &[("tests/vectors/pauses.rs", "ck_12_requests"), ("tests/vectors/pauses.rs", "ck_12_the_median")],
    ),
    ("gap-precision", &[("tests/vectors/rounding.rs", "collars_round_toward_the_reference")]),
    ("design-1-budget", &[("src/trading/budget.rs", "the_window_law")]),
    ("order-late-fill", &[("tests/trading_reports.rs", "a_late_fill_is_booked_once")]),
    ("risk-cooldown", &[("tests/vectors/pauses.rs", "ck_06_a_cooldown_is_never_shortened")]),
    (
        "risk-throttle",
        &[("tests/vectors/pauses.rs", "ck_09_five_in_a_minute"), ("tests/vectors/pauses.rs", "ck_10_twins")],
    ),
    ("risk-trim-order", &[("tests/vectors/sizing.rs", "sizing_matches_every_vector")]),
    ("venue-sessions", &[("tests/vectors/gate.rs", "ck_01_session_and_instrument")]),
];

/// Scenarios that the list of planted bugs names and the catalogue does not hold yet.
const TO_COME: &[&str] = &[];

#[test]
fn the_table_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/review.md");
    let made = table::document(TESTS);
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

#[test]
fn every_test_that_is_named_is_there() {
    for (scenario, tests) in TESTS {
        assert!(table::wanted().contains(scenario), "{scenario}");
        for (file, test) in *tests {
            assert!(table::is_there(file, test), "{scenario}: {file} has no test {test}");
        }
    }
}
