//! The catalogue of the review: every scenario of `scenarios/review/` holds.
//!
//! To repeat one by hand: `cargo run -- run scenarios/review/NAME.toml`.

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
    let repeat = "to repeat: cargo run --no-default-features -- run scenarios/review/NAME.toml";
    assert!(failures.is_empty(), "{}\n{repeat}", failures.join("\n"));
    assert!(!table.is_empty(), "the catalogue is not empty");
}
