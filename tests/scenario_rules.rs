//! Rules that change at their instant, from a file of their own.
//!
//! Repeat with `cargo test --test scenario_rules`.
#![cfg(feature = "simulator")]

mod venue_desk;

use std::fs;
use std::path::PathBuf;

use seatrial::journal::{Body, Journal};
use seatrial::market::Side::Buy;
use seatrial::market::{RejectReason, ReportKind, Timestamp};
use seatrial::scenario::{Scenario, Source};
use seatrial::sim::{self, Setup};
use venue_desk::Desk;

const FILE: &str = "rules/btcusdt.toml";

/// A still market whose instrument names the file, and is told more; below a data root with that file.
fn setup(name: &str, instrument: &str, trader: &str, rules: &str) -> Result<Setup, String> {
    let told = |all: Vec<seatrial::bad_input::BadInput>| {
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").replace(&root(name), "ROOT")
    };
    let text = include_str!("scenario_written/still.toml");
    let changed = text.replacen("min_qty = \"0.0001\"\n", &format!("min_qty = \"0.0001\"\n{instrument}"), 1);
    assert!(changed.contains(instrument), "the least quantity is where it was");
    let folder = PathBuf::from(root(name)).join("rules");
    fs::create_dir_all(&folder).expect("a folder for the test");
    fs::write(folder.join("btcusdt.toml"), rules).expect("a file for the test");
    let source = Source { file: "s.toml".into(), text: changed + trader };
    let scenario = Scenario::parse(source, "s").map_err(told)?;
    let root = PathBuf::from(root(name));
    scenario.setup(&root, &root, None, 0).map_err(told)
}

fn root(name: &str) -> String {
    let folder = std::env::temp_dir().join(format!("seatrial-rules-{name}-{}", std::process::id()));
    folder.to_string_lossy().into_owned()
}

fn named() -> String {
    format!("rules = \"{FILE}\"\n")
}

/// The instant so many nanoseconds after the still market begins, as a file writes it.
fn instant(after: i64) -> (Timestamp, String) {
    let still = setup("start", "", "", "").unwrap_or_else(|told| panic!("{told}"));
    let at = Timestamp(still.tapes[0].starts().expect("a market").0 + after);
    (at, jiff::Timestamp::from_nanosecond(at.0.into()).expect("a time of our days").to_string())
}

/// One nanosecond before it is taken, at it it is refused.
#[test]
fn a_tick_and_a_minimum_change_at_their_instant() {
    let ((tick_at, tick), (qty_at, qty)) = (instant(30_000_000_000), instant(40_000_000_000));
    let rules = format!("[[change]]\nat = \"{tick}\"\ntick = \"0.05\"\n[[change]]\nat = {qty}\nmin_qty = \"0.01\"\n");
    let setup = setup("instant", &named(), "", &rules).unwrap_or_else(|told| panic!("{told}"));
    let mut desk = Desk::with(setup.venue_config());
    // 0.001 of a coin at 44000.01, then at 44000.05, which stands on both grids.
    for (at, price, said) in [
        (tick_at.0 - 1, 4_400_001, "#1 accepted"),
        (tick_at.0, 4_400_001, "#2 rejected: Tick"),
        (tick_at.0, 4_400_005, "#3 accepted"),
        (qty_at.0 - 1, 4_400_005, "#4 accepted"),
        (qty_at.0, 4_400_005, "#5 rejected: MinQty"),
        (qty_at.0, 4_400_001, "#6 rejected: MinQty"),
    ] {
        desk.now = Timestamp(at);
        assert_eq!(desk.limit(Buy, price, 100_000), said, "at {at}");
    }
    fs::remove_dir_all(root("instant")).expect("the test's own folder");
}

/// A trader that believes in the old tick is refused by the venue's truth from the very instant on at which its order
/// arrives: 10 s, a decision of 1 ms and 5 ms on the way.
#[test]
fn a_run_meets_the_rules_of_the_instant_its_order_arrives() {
    let lags = "\n[trader]\n\"instrument.BTC/USDT.tick_size\" = \"0.01\"\n";
    for (name, after, refused) in [("at", 10_006_000_000, true), ("after", 10_006_000_001, false)] {
        let rules = format!("[[change]]\nat = {}\ntick = \"0.05\"\n", instant(after).1);
        let setup = setup(name, &named(), lags, &rules).unwrap_or_else(|told| panic!("{told}"));
        let records = sim::run(&setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
        let reports = records.journal.into_records().into_iter().filter_map(|record| match record.body {
            Body::Truth(report) => Some(report.kind),
            _ => None,
        });
        let first = reports.take(1).collect::<Vec<_>>();
        let expected = if refused { ReportKind::Rejected(RejectReason::Tick) } else { ReportKind::Accepted };
        assert_eq!(first, [expected], "{name}");
        fs::remove_dir_all(root(name)).expect("the test's own folder");
    }
}

/// What is wrong is told with the file's name and line; what the scenario says wrongly, with the scenario's.
#[test]
fn a_wrong_file_is_refused_with_its_place() {
    let file = |rules: &str| setup("wrong", &named(), "", rules).expect_err("it is wrong");
    let at = "at = \"2024-01-01T00:00:30Z\"\n";
    assert_eq!(
        file(&format!("[[change]]\n{at}tick = \"0\"\n")),
        "E-SC-010 ROOT/rules/btcusdt.toml:3:8 change.tick: found \"0\" allowed a decimal above 0 with at most 18 \
         decimals, such as \"0.01\""
    );
    assert!(file("[[change]]\ntick = \"0.05\"\n").starts_with("E-SC-007 ROOT/rules/btcusdt.toml:1:1 change.at"));
    assert!(file("").starts_with("E-SC-007 ROOT/rules/btcusdt.toml:1:1 change: found nothing"));
    assert!(file("[[change]\n").starts_with("E-SC-004 ROOT/rules/btcusdt.toml:1:"));
    assert!(
        file(&format!("[[change]]\n{at}tik = \"1\"\n")).contains("btcusdt.toml:3:1 change.tik: found an unknown key")
    );
    let back = file(&format!("[[change]]\n{at}[[change]]\n{at}"));
    assert!(back.starts_with("E-SC-011 ROOT/rules/btcusdt.toml:4:6 change.at"), "{back}");
    let huge = file(&format!("[[change]]\n{at}max_qty = \"1000000000000\"\n"));
    assert!(huge.starts_with("E-SC-011 ROOT/rules/btcusdt.toml:3:11 "), "{huge}");
    let third = file(&format!("[[change]]\n{at}fee_asset = \"OKB\"\nfee_asset_price = \"50\"\n"));
    assert!(third.starts_with("E-SC-011 ROOT/rules/btcusdt.toml:3:13 change.fee_asset: found \"OKB\""), "{third}");
    let scenario = |instrument: &str| setup("wrong", instrument, "", "").expect_err("it is wrong");
    assert!(scenario("rules = \"../x.toml\"\n").starts_with("E-SC-012 s.toml:"));
    assert!(scenario("rules = \"no.toml\"\n").starts_with("E-SC-001 s.toml:"));
    let both = scenario(&format!("{}change = [{{ at = \"2024-01-01T00:00:30Z\", tick = \"0.05\" }}]\n", named()));
    assert!(both.contains("a file of rules or [[change]] here, not both"), "{both}");
    fs::remove_dir_all(root("wrong")).expect("the test's own folder");
}
