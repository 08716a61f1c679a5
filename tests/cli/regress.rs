//! `seatrial regress` by the real program: what it finds, what it refuses, what it writes.

use std::fs;

use super::folder::{BAD_INPUT, Folder, OK, USAGE};

const REGRESSION: i32 = 7;

/// A scenario of its own name with five round trips, and its baseline.
fn folder(test: &str) -> Folder {
    let folder = Folder::new(test);
    folder.write("fees.toml", FEES);
    let (code, stdout, stderr) = regress(&folder, &["--update", "--reason", "as it came from the ship yard"]);
    assert_eq!(code, OK, "{stdout}{stderr}");
    assert!(stdout.ends_with("b.jsonl: written, with 1 runs\n"), "{stdout}");
    folder
}

const FEES: &str = include_str!("../../scenarios/review/critical-6-fees.toml");

fn regress(folder: &Folder, more: &[&str]) -> (i32, String, String) {
    folder.told(&[&["regress", "fees.toml", "--baseline", "b.jsonl"], more].concat())
}

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.0.join(name)).expect("it is there")
}

/// Writes the file with the first of some texts in place of another.
fn edit(folder: &Folder, name: &str, from: &str, to: &str) {
    let text = read(folder, name);
    assert!(text.contains(from), "{name} has no {from}");
    folder.write(name, text.replacen(from, to, 1));
}

#[test]
fn what_did_not_change_passes() {
    let folder = folder("regress-same");
    let (code, stdout, stderr) = regress(&folder, &[]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    assert!(stdout.starts_with("ok      fees, seed 1, run 0  digest "), "{stdout}");
    assert!(stdout.ends_with("b.jsonl: 1 runs, 0 differ, 0 refused, 0 not run\n"), "{stdout}");
    let before = read(&folder, "b.jsonl");
    let (code, stdout, _) = regress(&folder, &["--update", "--reason", "none"]);
    assert_eq!(code, OK);
    assert!(stdout.ends_with("nothing differs, nothing was written\n"), "{stdout}");
    assert_eq!(read(&folder, "b.jsonl"), before);
}

/// The venue charges one unit of the rate's last place more: the first fill that pays it is named, with how much.
#[test]
fn a_fee_that_is_one_unit_higher_is_found_in_its_fill() {
    let folder = folder("regress-fee");
    edit(&folder, "fees.toml", "maker = \"0.25%\"", "maker = \"0.250001%\"");
    let (code, stdout, _) = regress(&folder, &[]);
    assert_eq!(code, REGRESSION, "{stdout}");
    for part in [
        "DIFFERS fees, seed 1, run 0\n",
        "  fees was 150.6318980159 is 150.6",
        "  fill 1, order 1, execution ",
        ": buy 0.1 BTC/USDT at 45000\n    fee was 11.25 is 11.250045 (+0.000045)\n",
        "  first differing record: ",
        "11.250045",
        "  again: seatrial run fees.toml --seed 1 --run 0\n",
    ] {
        assert!(stdout.contains(part), "no {part:?} in\n{stdout}");
    }
}

/// The smallest change of the baseline's own numbers is found too, and the records are said to be the same.
#[test]
fn a_number_changed_in_the_baseline_is_found() {
    let folder = folder("regress-edited");
    edit(&folder, "b.jsonl", "\"fee\":\"11.25\"", "\"fee\":\"11.250000000000000001\"");
    let (code, stdout, _) = regress(&folder, &[]);
    assert_eq!(code, REGRESSION);
    assert!(stdout.contains("fee was 11.250000000000000001 is 11.25 (-0.000000000000000001)"), "{stdout}");
    assert!(stdout.contains("its records are the same"), "{stdout}");
}

#[test]
fn an_update_wants_a_reason_and_tells_what_it_changes() {
    let folder = folder("regress-update");
    edit(&folder, "fees.toml", "taker = \"0.40%\"", "taker = \"0.41%\"");
    let (code, _, stderr) = regress(&folder, &["--update"]);
    assert_eq!(code, USAGE, "{stderr}");
    let (code, ..) = regress(&folder, &["--update", "--reason", " "]);
    assert_eq!(code, USAGE);
    let (code, stdout, _) = regress(&folder, &["--update", "--reason", "the venue's new tier"]);
    assert_eq!(code, OK);
    assert!(stdout.contains("DIFFERS fees,") && stdout.contains("fee was 18.4 is 18.86 (+0.46)"), "{stdout}");
    let text = read(&folder, "b.jsonl");
    assert!(
        text.starts_with("{\"baseline\":{\"format\":1,\"reason\":\"the venue's new tier\",\"runs\":1}}\n"),
        "{text}"
    );
    assert_eq!(regress(&folder, &[]).0, OK);
}

#[test]
fn a_run_that_is_missing_or_new_differs() {
    let folder = folder("regress-set");
    folder.write("other.toml", FEES);
    let (code, stdout, _) = folder.told(&["regress", ".", "--baseline", "b.jsonl"]);
    assert_eq!(code, REGRESSION);
    assert!(stdout.contains("DIFFERS other, seed 1, run 0\n  not in the baseline\n"), "{stdout}");
    let (code, stdout, _) = folder.told(&["regress", "other.toml", "--baseline", "b.jsonl"]);
    assert_eq!(code, REGRESSION);
    assert!(stdout.contains("DIFFERS fees, seed 1, run 0: in the baseline, and not run"), "{stdout}");
}

/// What cannot be run is neither the same nor gone, and no baseline is written over it.
#[test]
fn a_scenario_that_is_refused_leaves_the_baseline_alone() {
    let folder = folder("regress-refused");
    let before = read(&folder, "b.jsonl");
    edit(&folder, "fees.toml", "tick = \"0.01\"", "tick = \"0\"");
    let (code, stdout, stderr) = regress(&folder, &["--update", "--reason", "x", "--junit", "j.xml"]);
    assert_eq!(code, BAD_INPUT, "{stdout}{stderr}");
    assert!(stdout.contains("not written, as not every run could be run"), "{stdout}");
    assert_eq!(read(&folder, "b.jsonl"), before);
    let junit = read(&folder, "j.xml");
    assert!(junit.contains("errors=\"1\"") && junit.contains("<error message="), "{junit}");
    let (code, _, stderr) = folder.told(&["regress", "fees.toml", "fees.toml", "--baseline", "none.jsonl"]);
    assert_eq!(code, BAD_INPUT);
    assert!(stderr.contains("E-RG-001 none.jsonl"), "{stderr}");
    folder.write("fees.toml", FEES);
    folder.write("data/fees.toml", FEES);
    let (code, _, stderr) = folder.told(&["regress", "fees.toml", "data", "--baseline", "b.jsonl"]);
    assert_eq!(code, BAD_INPUT);
    assert!(stderr.contains("E-RG-006 data/fees.toml"), "{stderr}");
}

/// A torn or mangled baseline names its line; nothing panics.
#[test]
fn a_broken_baseline_is_refused_with_its_line() {
    let folder = folder("regress-broken");
    let whole = read(&folder, "b.jsonl");
    let lines: Vec<&str> = whole.lines().collect();
    let broken = [
        (String::new(), "b.jsonl:1:1: found nothing"),
        (lines[1..].join("\n"), "b.jsonl:1:1: found something else"),
        (lines[..lines.len() - 1].join("\n"), "and 1 fills to come"),
        (format!("{whole}{}", lines[2]), "found a fill allowed a run"),
        (format!("{whole}{}\n{}", lines[1], lines[2..].join("\n")), "E-RG-005"),
        (whole.replacen("\"format\":1", "\"format\":2", 1), "allowed a baseline of format 1"),
        (whole.replacen("\"every\":1", "\"every\":3", 1), "a trail that no run leaves"),
        (whole.replacen("\"fee\":", "\"fees\":", 1), "E-RG-003 b.jsonl:3:"),
        (whole.replacen("\"seed\":1", "\"seed\":-1", 1), "E-RG-003 b.jsonl:2:"),
        ("\u{0}\u{1b}[2J".to_owned(), "E-RG-003 b.jsonl:1:"),
    ];
    for (text, told) in broken {
        folder.write("b.jsonl", &text);
        let (code, stdout, stderr) = regress(&folder, &[]);
        assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "{told}: {stderr}");
        assert!(stderr.contains(told), "no {told:?} in {stderr}");
    }
    folder.write("b.jsonl", [0xff, 0xfe, b'\n']);
    assert_eq!(regress(&folder, &[]).0, BAD_INPUT);
    // Cut anywhere, it is refused or was whole.
    for cut in (0..whole.len() - 1).step_by(whole.len() / 40) {
        folder.write("b.jsonl", &whole.as_bytes()[..cut]);
        assert_eq!(regress(&folder, &["--quiet"]).0, BAD_INPUT, "cut at {cut}");
    }
}

#[test]
fn build_servers_are_told() {
    let folder = folder("regress-told");
    edit(&folder, "fees.toml", "taker = \"0.40%\"", "taker = \"0.41%\"");
    let (code, stdout, stderr) = regress(&folder, &["--json", "--github", "--junit", "j.xml"]);
    assert_eq!(code, REGRESSION);
    assert!(stderr.starts_with("::error file=fees.toml,title=fees%2C seed 1%2C run 0::digest was "));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let document: serde_json::Value = serde_json::from_str(&stdout).expect("one document");
    let fees = document["runs"][0]["figures"].as_array().expect("figures");
    assert!(fees.iter().any(|figure| figure["name"] == "fees"), "{document}");
    let junit = read(&folder, "j.xml");
    assert!(
        junit.starts_with(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"seatrial regress\" tests=\"1\""
        )
    );
    assert!(
        junit.contains("failures=\"1\" errors=\"0\"") && junit.contains("<failure message=\"digest was "),
        "{junit}"
    );
    assert_eq!(regress(&folder, &["--junit", "b.jsonl"]).0, USAGE);
    assert!(read(&folder, "b.jsonl").starts_with("{\"baseline\""));
    let (code, _, stderr) = regress(&folder, &["--junit", "no/such/folder.xml"]);
    assert_eq!(code, BAD_INPUT);
    assert!(stderr.contains("E-RG-008 no/such/folder.xml"), "{stderr}");
}

/// The project's own baseline: what `.ci/run` holds the release build to.
#[cfg(feature = "batch")]
#[test]
fn the_shipped_baseline_holds() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_seatrial"));
    let told = command.args(["regress", "--quiet", "--github"]).args(SHIPPED).current_dir(root).output();
    let told = told.expect("the program is built");
    assert_eq!(told.status.code(), Some(OK), "{}", String::from_utf8_lossy(&told.stderr));
    let script = fs::read_to_string(root.join(".ci/run")).expect("it is there");
    assert!(script.contains(&format!("regress {}", SHIPPED.join(" "))), ".ci/run runs another set");
}

#[cfg(feature = "batch")]
const SHIPPED: &[&str] = &[
    "scenarios/first-trial.toml",
    "scenarios/two-instruments.toml",
    "scenarios/two-exchanges.toml",
    "scenarios/grid.toml",
    "scenarios/margin",
    "scenarios/review",
    "--baseline",
    "baselines/shipped.jsonl",
];
