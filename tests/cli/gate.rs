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
    for told in ["criteria    65 lines", "runs        4 of 6 days", "drill D10", "took ", "report      out/report.html"]
    {
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
        ("[trader]\n", "[sweep]\n\"strategy.width\" = [\"1\", \"2\"]\n\n[trader]\n", "sweep"),
    ] {
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
}
