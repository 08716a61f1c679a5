//! Every golden vector of production-rules §7.1 has a test that names it.
//!
//! The table says where; the file must name the vector, and hold it in a test or in the data of one.
//! A vector without a place, or a place that no longer names it, fails here.

use std::path::Path;

/// Vectors, and the file that holds them.
const PLACES: &[(&str, &[&str])] = &[
    (
        "vectors/sizing.rs",
        &[
            "V-01", "V-02", "V-04", "V-05", "V-06", "V-07", "V-08", "V-09", "V-10", "V-11", "V-12", "V-13", "V-14",
            "V-15", "V-16", "V-17",
        ],
    ),
    ("guards/risk.rs", &["V-02", "V-28", "V-29", "V-30"]),
    ("guards/breakers.rs", &["V-32", "V-33"]),
    ("vectors/boundaries.rs", &["V-20", "V-21", "V-23", "V-25", "V-26", "V-27", "V-34", "V-35"]),
    ("vectors/rounding.rs", &["V-40", "V-41", "V-42", "V-44", "V-45"]),
    ("protection/exits.rs", &["V-46"]),
    ("guards/exits.rs", &["V-48"]),
    (
        "vectors/booking.toml",
        &[
            "V-50", "V-51", "V-52", "V-54", "V-55", "V-56", "V-57", "V-58", "V-59", "V-61", "V-63", "V-70", "V-71",
            "V-72", "V-73", "V-74", "V-75", "V-76",
        ],
    ),
    ("protection/trailing.rs", &["V-80", "V-82", "V-83", "V-84", "V-86"]),
    ("../src/trading/budget.rs", &["V-90", "V-92", "V-94"]),
    ("vectors/retries.rs", &["V-96"]),
    ("vectors/ladder.rs", &["V-97"]),
];

/// Every id of production-rules §7.1.
const VECTORS: &str = "\
    V-01 V-02 V-04 V-05 V-06 V-07 V-08 V-09 V-10 V-11 V-12 V-13 V-14 V-15 V-16 V-17 \
    V-20 V-21 V-23 V-25 V-26 V-27 V-28 V-29 V-30 V-32 V-33 V-34 V-35 \
    V-40 V-41 V-42 V-44 V-45 V-46 V-48 \
    V-50 V-51 V-52 V-54 V-55 V-56 V-57 V-58 V-59 V-61 V-63 \
    V-70 V-71 V-72 V-73 V-74 V-75 V-76 \
    V-80 V-82 V-83 V-84 V-86 \
    V-90 V-92 V-94 V-96 V-97";

#[test]
fn every_vector_has_a_test_that_names_it() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let named = |file: &str, vector: &str| {
        let text = std::fs::read_to_string(tests.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let holds_tests = text.contains("#[test]") || text.contains("[[case]]");
        holds_tests && text.contains(vector)
    };
    let mut missing = Vec::new();
    for vector in VECTORS.split_whitespace() {
        let mut places = PLACES.iter().filter(|(_, held)| held.contains(&vector)).map(|(file, _)| *file).peekable();
        if places.peek().is_none() || !places.all(|file| named(file, vector)) {
            missing.push(vector);
        }
    }
    assert!(missing.is_empty(), "vectors without a test that names them: {missing:?}");
    let held = PLACES.iter().flat_map(|(_, held)| held.iter());
    let strangers: Vec<_> = held.filter(|vector| !VECTORS.contains(**vector)).collect();
    assert!(strangers.is_empty(), "no vectors of the rules: {strangers:?}");
}
