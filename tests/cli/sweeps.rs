//! Sweeps by the real program: killed, resumed, in parts, and what it says.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::folder::{BAD_INPUT, Folder, OK, USAGE};

fn folder(test: &str) -> Folder {
    let folder = Folder::new(test);
    folder.write("s.toml", include_str!("../sweep/worked.toml"));
    folder
}

fn document(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let (code, stdout, stderr) = folder.told(arguments);
    (code, serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}\n{stderr}")))
}

fn sha256(folder: &Folder, arguments: &[&str]) -> String {
    let (code, told) = document(folder, &[&["sweep", "s.toml", "--json"], arguments].concat());
    assert_eq!(code, OK, "{told}");
    told["sha256"].as_str().expect("a hash").to_owned()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a sweep is killed some time after it began")]
fn a_killed_sweep_and_parts_leave_the_same_result() {
    let folder = folder("sweep-same");
    let expected = sha256(&folder, &["--out", "whole", "--threads", "1"]);
    assert_eq!(sha256(&folder, &["--out", "four", "--threads", "4"]), expected);
    for round in 1..=2 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_seatrial"))
            .args(["sweep", "s.toml", "--quiet", "--out", "killed", "--threads", "2", "--resume"])
            .current_dir(&folder.0)
            .stdin(Stdio::null())
            .spawn()
            .expect("the program is built");
        std::thread::sleep(Duration::from_millis(60 * round));
        // It may have ended already: then there is nothing left to kill.
        drop(child.kill());
        child.wait().expect("it was started");
    }
    assert_eq!(sha256(&folder, &["--out", "killed", "--resume"]), expected);
    for part in 1..=3 {
        sha256(&folder, &["--out", &format!("part-{part}"), "--shard", &format!("{part}/3")]);
    }
    assert_eq!(sha256(&folder, &["--out", "merged", "--merge", "part-3,part-1,part-2"]), expected);
}

#[test]
fn a_sweep_says_what_it_is_and_what_it_came_to() {
    let folder = folder("sweep-told");
    let (code, stdout, _) =
        folder.told(&["sweep", "s.toml", "--out", "out", "--by", "wire.decision", "--stat", "fills:sum"]);
    assert_eq!(code, OK);
    let first = stdout.lines().next().expect("a line");
    assert_eq!(
        first,
        "s: a grid of 2 strategy.steps x 3 wire.decision x 2 account.balances.USDT, 3 runs of each: 36 runs"
    );
    assert!(stdout.contains("12 points in 36 runs so far on tape"), "{stdout}");
    assert!(stdout.lines().any(|line| line.trim() == "wire.decision  fills sum"), "{stdout}");
    let (code, told) = document(&folder, &["sweep", "s.toml", "--out", "out", "--resume", "--json"]);
    assert_eq!((code, &told["ran"], &told["stored"]), (OK, &0.into(), &36.into()));
}

#[test]
fn what_cannot_be_swept_is_refused_before_anything_starts() {
    let folder = folder("sweep-refused");
    let told = |arguments: &[&str]| {
        let (code, stdout, stderr) = folder.told(&[&["sweep", "s.toml"], arguments].concat());
        assert!(!folder.0.join("out").exists(), "nothing is left");
        (code, stdout + &stderr)
    };
    let (code, text) = told(&["--out", "out", "--runs", "1000000"]);
    assert_eq!(code, USAGE);
    assert!(text.contains("12000000 runs are more than 100000; start them with --yes"), "{text}");
    assert!(text.contains("estimate    about "), "{text}");
    let (code, text) = told(&["--out", "out", "--runs", "30..40"]);
    assert_eq!(code, BAD_INPUT);
    assert!(text.contains("found runs 30..40 allowed 0..36"), "{text}");
    let (code, text) = told(&["--out", "out", "--set", "sweep.over.wire.decision=[\"1ms\", \"soon\"]"]);
    assert_eq!(code, BAD_INPUT);
    assert!(text.contains("wire.decision: found \"soon\""), "{text}");
    assert_eq!(told(&["--out", "out", "--shard", "4/3"]).0, USAGE);
    assert_eq!(told(&["--out", "out", "--stat", "net_pnl:often"]).0, USAGE);
}

#[test]
fn a_parameter_that_the_strategy_does_not_take_is_found_before_any_run() {
    let folder = Folder::new("sweep-parameter");
    let text = include_str!("../../scenarios/sweep-ema.toml")
        .replace("strategy.ema = { from = 20, to = 60, step = 20 }", "strategy.ema = [20, 1]");
    folder.write("s.toml", &text);
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
    let (code, _, stderr) = folder.told(&["sweep", "s.toml", "--out", "out", "--data-root", data]);
    assert_eq!(code, BAD_INPUT, "{stderr}");
    assert!(stderr.contains("strategy.ema") && stderr.contains("2 to 1000"), "{stderr}");
    assert!(!folder.0.join("out").exists(), "nothing was begun");
}

#[test]
fn a_column_that_will_not_be_there_is_found_before_any_run() {
    let folder = folder("sweep-column");
    let (code, _, stderr) = folder.told(&["sweep", "s.toml", "--out", "out", "--by", "wire.decisions"]);
    assert_eq!(code, BAD_INPUT, "{stderr}");
    assert!(stderr.contains("E-SW-006") && stderr.contains("wire.decision"), "{stderr}");
    assert!(!folder.0.join("out").exists(), "nothing was begun");
}

/// How many runs there are of each point is said to every part, and to who merges them.
#[test]
fn parts_of_another_number_of_runs_are_merged() {
    let folder = folder("sweep-runs");
    let expected = sha256(&folder, &["--runs", "2", "--out", "whole"]);
    for part in 1..=2 {
        sha256(&folder, &["--runs", "2", "--out", &format!("part-{part}"), "--shard", &format!("{part}/2")]);
    }
    assert_eq!(sha256(&folder, &["--runs", "2", "--out", "merged", "--merge", "part-1,part-2"]), expected);
    let (code, _, stderr) = folder.told(&["sweep", "s.toml", "--runs", "0..4", "--merge", "part-1", "--out", "none"]);
    assert_eq!(code, BAD_INPUT, "{stderr}");
}
