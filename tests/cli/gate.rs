//! `seatrial gate` and `seatrial report` by the real program: verdicts, exit codes, what is refused and what is written.

use std::fs;

use super::folder::{BAD_INPUT, Folder, OK, USAGE};

const NO_PASS: i32 = 4;

const MONTHS: &str = include_str!("../../scenarios/thirty-days.toml");

/// A folder with the main job, a few days long.
fn folder(test: &str) -> Folder {
    let folder = Folder::new(test);
    folder.write("days.toml", MONTHS.replace("days = 30", "days = 6"));
    folder
}

fn gate(folder: &Folder, more: &[&str]) -> (i32, String, String) {
    folder.told(&[&["gate", "days.toml", "--runs", "4", "--beside", "2", "--out", "out"], more].concat())
}

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.0.join(name)).expect("it is there")
}

#[test]
fn a_few_runs_are_no_evidence_and_say_so() {
    let folder = folder("gate-few");
    let (code, stdout, stderr) = gate(&folder, &[]);
    assert_eq!((code, stderr.as_str()), (NO_PASS, ""), "{stdout}");
    assert!(stdout.contains("verdict     INSUFFICIENT EVIDENCE (self-consistent)"), "{stdout}");
    for told in [
        "criteria    66 lines",
        "runs        4 of 6 days",
        "simulated PASS (1 of 10 lines); paper",
        "drill D10",
        "took ",
        "report      out/report.html",
    ] {
        assert!(stdout.contains(told), "{told}: {stdout}");
    }
    assert!(!folder.0.join("out/pass.json").exists(), "no pass without a pass");
    let page = read(&folder, "out/report.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("INSUFFICIENT EVIDENCE"), "{}", &page[..200]);
    assert!(read(&folder, "out/report.md").contains("INSUFFICIENT EVIDENCE"));
    // The same on one thread, byte for byte.
    let first = read(&folder, "out/verdict.json");
    gate(&folder, &["--threads", "1"]);
    assert_eq!(read(&folder, "out/verdict.json"), first);
}

#[test]
fn a_report_is_made_again_and_refuses_what_was_changed() {
    let folder = folder("gate-report");
    gate(&folder, &[]);
    let (verdict, page) = (read(&folder, "out/verdict.json"), read(&folder, "out/report.html"));
    fs::remove_file(folder.0.join("out/report.html")).expect("it is there");
    let (code, stdout, stderr) = folder.told(&["report", "out"]);
    assert_eq!((code, stderr.as_str()), (NO_PASS, ""), "{stdout}");
    assert_eq!((read(&folder, "out/report.html"), read(&folder, "out/verdict.json")), (page, verdict));
    let runs = read(&folder, "out/runs.jsonl");
    folder.write("out/runs.jsonl", runs.replacen("\"orders\":", "\"orders\":1", 1));
    let (code, _, stderr) = folder.told(&["report", "out"]);
    assert_eq!(code, BAD_INPUT, "{stderr}");
    assert!(stderr.contains("out/verdict.json") && stderr.contains("a stored number was changed"), "{stderr}");
    let (code, _, stderr) = folder.told(&["report", "nowhere"]);
    assert_eq!(code, BAD_INPUT, "{stderr}");
    assert!(stderr.contains("nowhere/verdict.json"), "{stderr}");
}

#[test]
fn what_proves_nothing_is_refused() {
    let folder = folder("gate-refused");
    for (from, to, told) in [
        ("[trader]\n", "[trader]\nceilings = \"research\"\n", "production ceilings"),
        ("profile = \"conservative\"", "profile = \"parity_full\"", "honest fill profile"),
        ("taker = \"0.05%\"", "taker = \"-0.05%\"", "a taker fee of nothing or more"),
        ("[trader]\n", "[sweep]\n\"strategy.width\" = [\"1\", \"2\"]\n\n[trader]\n", "sweep"),
    ] {
        if told != "sweep" {
            folder.write("days.toml", MONTHS);
            folder.write("backtest.toml", MONTHS.replace(from, to));
            let (code, stdout, stderr) = gate(&folder, &["--edge", "backtest.toml"]);
            assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "a backtest, {to}: {stderr}");
            assert!(stderr.contains(told) && stderr.contains("backtest.toml"), "{to}: {stderr}");
        }
        folder.write("days.toml", MONTHS.replace(from, to));
        let (code, stdout, stderr) = gate(&folder, &[]);
        assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "{to}: {stderr}");
        assert!(stderr.contains(told) && stderr.contains("days.toml"), "{to}: {stderr}");
        assert!(!folder.0.join("out").exists(), "{to}: nothing is written");
    }
    folder.write("days.toml", MONTHS);
    folder.write("own.toml", "schema = 1\n[line.D1]\nat_most = \"3\"\n");
    let (code, _, stderr) = gate(&folder, &["--criteria", "own.toml"]);
    assert_eq!(code, BAD_INPUT, "{stderr}");
    assert!(stderr.contains("own.toml:3:"), "{stderr}");
    assert_eq!(gate(&folder, &["--class", "wishful"]).0, USAGE);
    assert_eq!(folder.told(&["gate"]).0, USAGE);
}

#[test]
fn criteria_are_printed_and_json_is_one_document() {
    let folder = folder("gate-json");
    let (code, stdout, _) = folder.told(&["gate", "--print-criteria"]);
    assert_eq!(code, OK);
    assert!(stdout.contains("[line.D12]") && stdout.contains("[[demotion]]"));
    let (code, stdout, _) = gate(&folder, &["--json", "--class", "testnet"]);
    assert_eq!(code, NO_PASS);
    let document: serde_json::Value = serde_json::from_str(&stdout).expect("one document");
    assert_eq!(document["headline"], "INSUFFICIENT EVIDENCE (testnet)");
    assert_eq!(document["runs"], 4);
    let attempts = read(&folder, "out/attempts.jsonl");
    assert!(attempts.lines().count() >= 2 && attempts.contains("begun"), "{attempts}");
    assert!(attempts.contains("INSUFFICIENT EVIDENCE (testnet)"), "{attempts}");
}

/// Bars of five minutes for so many days as somebody recorded them: a price that is pushed about and comes back.
fn recording(days: i64) -> String {
    let mut lines = vec!["open_time_ms,open,high,low,close,volume_base".to_owned()];
    let (mut bits, mut off) = (1_u64, 0_i64);
    let price = |off: i64| format!("{}.{:02}", 20_000 + off.div_euclid(100), off.rem_euclid(100));
    for bar in 0..days * 288 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let push = i64::try_from(bits >> 51).expect("13 bits") - 4_096;
        let next = off - off / 16 + push;
        let (high, low) = (off.max(next) + 50, off.min(next) - 50);
        let at = 1_693_526_400_000 + bar * 300_000;
        lines.push(format!("{at},{},{},{},{},80.5", price(off), price(high), price(low), price(next)));
        off = next;
    }
    lines.join("\n") + "\n"
}

/// The judged strategy on a recorded market, among those that were tried: group A says something.
#[test]
fn a_backtest_is_run_and_stored_and_its_trials_are_counted() {
    let folder = folder("gate-edge");
    folder.write("BTCUSDT_5m.csv", recording(24));
    let market = "[market]\nsource = \"recorded\"\nfile = \"BTCUSDT_5m.csv\"\nspread = 2\ndisplayed = \"25%\"\n\n";
    let (from, to) = (MONTHS.find("[market]").expect("a market"), MONTHS.find("[instrument").expect("an instrument"));
    let text = format!("{}{market}{}", &MONTHS[..from], &MONTHS[to..]).replace("drills = \"all\"\n", "");
    folder.write("backtest.toml", text + "\n[sweep.over]\nstrategy.width = [\"1.5\", \"2\", \"2.5\"]\n");
    let (code, stdout, stderr) = gate(&folder, &["--edge", "backtest.toml", "--data-root", ".", "--json"]);
    assert_eq!((code, stderr.as_str()), (NO_PASS, ""));
    let document: serde_json::Value = serde_json::from_str(&stdout).expect("one document");
    let line = |id: &str| {
        let lines = document["lines"].as_array().expect("lines");
        lines.iter().find(|line| line["id"] == id).expect("the line")["simulated"].clone()
    };
    for id in ["A1", "A2", "A3", "A4", "A8"] {
        assert!(line(id)["value"].is_string(), "{id}: {}", line(id));
    }
    let told = line("A1")["evidence"].to_string();
    assert!(told.contains("3 trials (3 here, 0 in the registry)"), "{told}");
    assert_eq!((&line("A8")["value"], &line("A8")["outcome"]), (&"0".into(), &"PASS".into()), "{}", line("A8"));
    let assumed = document["assumptions"].to_string();
    assert!(assumed.contains("backtest: fees") && assumed.contains("backtest: market"), "{assumed}");
    assert_eq!(folder.told(&["report", "out"]).0, NO_PASS);
    let edge = read(&folder, "out/edge.json");
    folder.write("out/edge.json", edge.replacen("0.00", "0.01", 1));
    assert_eq!(folder.told(&["report", "out"]).0, BAD_INPUT);
    let (code, _, stderr) = gate(&folder, &["--edge", "nothing.toml"]);
    assert_eq!(code, BAD_INPUT, "{stderr}");
}

/// A registry that is named and is not there, or is none, is refused before anything runs.
#[cfg(feature = "batch")]
#[test]
fn a_bad_registry_is_refused_before_anything_runs() {
    let folder = folder("gate-registry");
    folder.write("backtest.toml", MONTHS.replace("days = 30", "days = 6"));
    folder.write("bad.jsonl", "nonsense\n");
    for registry in ["nowhere.jsonl", "bad.jsonl"] {
        let (code, stdout, stderr) = gate(&folder, &["--edge", "backtest.toml", "--registry", registry]);
        assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "{registry}: {stderr}");
        assert!(stderr.contains(registry), "{registry}: {stderr}");
        assert!(!folder.0.join("out").exists(), "{registry}: nothing is written");
    }
}
