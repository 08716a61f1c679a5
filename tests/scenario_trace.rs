//! Recorded delays: read below the data root, met by their time or one after another, refused with their line.
//!
//! Repeat with `cargo test --test scenario_trace`.
#![cfg(feature = "simulator")]

use std::path::{Path, PathBuf};

use seatrial::bad_input::BadInput;
use seatrial::journal::{Body, Journal};
use seatrial::market::{ReportKind, Span, Timestamp};
use seatrial::scenario::{Scenario, Source};
use seatrial::sim::{self, Setup};

/// A folder of its own, gone with the test.
struct Root(PathBuf);

impl Root {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("seatrial-trace-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    fn write(&self, text: &str) {
        std::fs::write(self.0.join("gateway.csv"), text).expect("a file for the test");
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn scenario(order_entry: &str) -> Result<Scenario, Vec<BadInput>> {
    let text = include_str!("bound/worked.toml");
    let written = "order_entry = \"5ms\"";
    assert!(text.contains(written));
    let text = text.replace(written, &format!("order_entry = {order_entry}"));
    Scenario::parse(Source { file: "s.toml".into(), text }, "s")
}

fn setup(root: &Path, order_entry: &str) -> Result<Setup, Vec<BadInput>> {
    scenario(order_entry)?.setup(root, root, None, 0)
}

fn refused(root: &Root, order_entry: &str) -> String {
    let all = setup(&root.0, order_entry).expect_err("must be refused");
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").replace(&root.0.display().to_string(), "ROOT")
}

const TRACE: &str = "{ trace = \"gateway.csv\" }";

/// When the venue accepted each order, after the start.
fn accepted(setup: &Setup) -> Vec<Span> {
    let start = setup.tapes[0].tape.range().expect("events").0;
    let outcome = sim::run(setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
    let at = |body: &Body| match body {
        Body::Truth(report) if report.kind == ReportKind::Accepted => Some(report.at.since(start)),
        _ => None,
    };
    outcome.journal.into_records().iter().filter_map(|record| at(&record.body)).collect()
}

/// Decided at 10 s, sent a millisecond later: a thousandth of the way from 4 ms to 14 ms.
#[test]
fn by_time_the_delay_is_between_its_neighbours() {
    let root = Root::new("time");
    let start = setup(&root.0, "\"5ms\"").expect("sound").tapes[0].tape.range().expect("events").0;
    let at = |seconds: i64| Timestamp(start.0).after(Span::from_secs(seconds)).0;
    root.write(&format!("time_ns,latency_ns\n{},4000000\n{},14000000\n", at(10), at(11)));
    let setup = setup(&root.0, TRACE).unwrap_or_else(|all| panic!("{all:?}"));
    assert_eq!(accepted(&setup)[0], Span(10_000_000_000 + 1_000_000 + 4_010_000));
    assert!(setup.latency.to_string().contains("order entry trace v1 gateway.csv, 2 delays by time"));
    // The journal's header says so, too.
    assert!(setup.header().profiles.iter().any(|profile| profile.stamp.contains("trace v1 gateway.csv")));
}

/// The entry takes the first delay, the stop sent with it the second.
#[test]
fn in_order_each_message_takes_the_next() {
    let root = Root::new("order");
    root.write("latency_ns\n7000000\n90000000\n");
    let setup = setup(&root.0, TRACE).unwrap_or_else(|all| panic!("{all:?}"));
    let accepted = accepted(&setup);
    assert_eq!(accepted[0], Span(10_008_000_000));
    assert_eq!(accepted[1], Span(10_001_000_000 + 90_000_000));
    let congested = "{ trace = \"gateway.csv\", congestion = { free = 0, each = \"1ms\", most = \"5ms\" } }";
    let setup = self::setup(&root.0, congested).unwrap_or_else(|all| panic!("{all:?}"));
    assert_eq!(self::accepted(&setup)[0], Span(10_009_000_000), "a millisecond more for the message itself");
}

/// Recorded for one instrument alone, it is that instrument's: the entry takes the first delay, the stop sent when its
/// fill is heard of the second. The dead-man's switch, armed in between, is of no instrument and takes none.
#[test]
fn an_instrument_has_its_own_recording() {
    let root = Root::new("own");
    root.write("latency_ns\n7000000\n90000000\n");
    let own = |table: &str| setup(&root.0, &format!("\"5ms\"\nreport = \"5ms\"\n[wire.\"BTC/USDT\"]\n{table}"));
    let setup = own(&format!("order_entry = {TRACE}")).unwrap_or_else(|all| panic!("{all:?}"));
    let accepted = accepted(&setup);
    assert_eq!((accepted[0], accepted[1]), (Span(10_008_000_000), Span(10_014_000_000 + 90_000_000)));
    assert!(setup.header().profiles.iter().any(|profile| profile.stamp.starts_with("BTC/USDT: order entry trace v1")));
    root.write("when,what\n");
    let refused = own(&format!("feed = {TRACE}")).expect_err("no trace");
    assert!(refused[0].to_string().starts_with("E-SC-019 gateway.csv:1:1"), "{refused:?}");
}

#[test]
fn what_is_no_trace_is_refused_where_it_stands() {
    let root = Root::new("refused");
    let line = |text: &str| {
        root.write(text);
        refused(&root, TRACE)
    };
    let found = refused(&root, TRACE);
    assert!(found.starts_with("E-SC-001 s.toml:32:") && found.contains("no such file"), "{found}");
    assert!(refused(&root, "{ trace = \"../x.csv\" }").starts_with("E-SC-012 s.toml:32:"));
    assert!(line("").starts_with("E-SC-019 gateway.csv:1:1"), "{}", line(""));
    assert!(line("when,what\n").starts_with("E-SC-019 gateway.csv:1:1"));
    assert!(line("latency_ns\n").contains("at least one recorded delay"), "{}", line("latency_ns\n"));
    for wrong in ["-1", "1.5", "x", "3600000000001", "1,2", ""] {
        let text = format!("latency_ns\n5\n{wrong}\n7\n");
        if wrong.is_empty() {
            root.write(&text);
            assert!(setup(&root.0, TRACE).is_ok(), "an empty line says nothing");
        } else {
            assert!(line(&text).starts_with("E-SC-019 gateway.csv:3:1"), "{wrong}: {}", line(&text));
        }
    }
    assert!(line("time_ns,latency_ns\n5,5\n5,5\n").starts_with("E-SC-019 gateway.csv:3:1 time_ns"));
    assert!(line("time_ns,latency_ns\n9223372036854775807,5\n").starts_with("E-SC-019 gateway.csv:2:1"));
    let elsewhere = line("time_ns,latency_ns\n5,5\n6,5\n");
    assert!(elsewhere.starts_with("E-SC-016 s.toml:32:") && elsewhere.contains("the market covers"), "{elsewhere}");
    let beside = refused(&root, "{ trace = \"gateway.csv\", p0 = \"1ms\" }");
    assert!(beside.starts_with("E-SC-006 s.toml:32:"), "{beside}");
    let without = scenario(TRACE).expect("sound").setup_on(
        &setup(&root.0, "\"5ms\"").expect("sound").tapes.iter().map(|market| market.tape.clone()).collect::<Vec<_>>(),
        None,
        0,
    );
    assert!(without.expect_err("no data root")[0].to_string().starts_with("E-SC-014 s.toml:32:"));
}
