//! The command line as a stranger meets it: the real program, its exit codes, what it says where.
//!
//! `check` runs the program with some arguments in an empty folder and compares exit code, stdout
//! and stderr with what is expected. To repeat by hand: `cargo run -- ARGUMENTS`.
#![cfg(feature = "simulator")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes its texts this way")]

#[path = "cli/cases.rs"]
mod cases;
#[path = "cli/folder.rs"]
mod folder;
#[path = "cli/gate.rs"]
mod gate;
#[path = "cli/regress.rs"]
mod regress;
#[path = "cli/runs.rs"]
mod runs;
#[cfg(feature = "batch")]
#[path = "cli/sweeps.rs"]
mod sweeps;

use std::path::Path;
use std::process::Command;

use expect_test::expect;

use folder::{BAD_INPUT, Folder, OK, USAGE};

fn sound() -> String {
    include_str!("broken_scenarios/sound.toml").replace("day.parquet", "day.csv")
}

#[test]
fn misuse_is_told_with_exit_code_2() {
    let folder = Folder::new("misuse");
    for arguments in [
        &["trade"][..],
        &["run"],
        &["run", "a.toml", "--seed", "many"],
        &["run", "a.toml", "--seed", "-1"],
        &["run", "a.toml", "--run", "18446744073709551616"],
        &["run", "a.toml", "--jsn"],
        &["run", "a.toml", "--journal"],
        &["check"],
        &["strategies", "grid"],
        &["replay"],
        &["replay", "a.journal", "b.journal"],
        &["audit"],
        &["data"],
        &["data", "look", "a.csv"],
        &["data", "info", "a.csv", "--tick", "0"],
        &["data", "info", "a.csv", "--lot", "1e-3"],
        &["data", "import", "a.csv"],
        &[],
    ] {
        let (code, stdout, stderr) = folder.told(arguments);
        assert_eq!((code, stdout.as_str()), (USAGE, ""), "seatrial {}", arguments.join(" "));
        assert!(stderr.contains("Usage:") || stderr.contains("--help"), "seatrial {}: {stderr}", arguments.join(" "));
    }
    let two = ["run", "a.toml", "b.toml", "--journal", "j"];
    folder.check(
        &two,
        USAGE,
        &expect![[r#"
        error: --journal keeps one run; name one scenario with it
    "#]],
    );
    assert!(!folder.0.join("j").exists(), "nothing is written on misuse");
}

#[test]
fn a_swarm_of_no_time_is_refused() {
    let folder = Folder::new("no-time");
    for line in ["run --swarm --hours 0", "run --swarm --hours 1 --minutes 0"] {
        let (code, stdout, stderr) = folder.told(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((code, stdout.as_str()), (USAGE, ""), "seatrial {line}: {stderr}");
        assert!(stderr.contains("invalid value '0'") && stderr.contains("0 is not in 1.."), "{stderr}");
    }
}

/// A flag that would do nothing where it stands is misuse, not silence.
#[test]
fn a_flag_without_meaning_is_refused() {
    let folder = Folder::new("meaning");
    for line in [
        "run a.toml --hours 3",
        "run a.toml --until 5",
        "run a.toml --until 5 --trace",
        "run a.toml --minutes 3",
        "run a.toml --hours 3 --minutes 3",
        "run a.toml --keep-going",
        "run a.toml --swarm",
        "run --hours 3",
        "run --until 5 --trace",
        "run --swarm --until 5",
        "run --swarm --minutes 3",
        "run --swarm --keep-going",
        "run --swarm --hours 1 --trace",
        "run --swarm --hours 1 --until 5 --trace",
        "run --swarm --run 0",
        "run --swarm --journal j",
        "check a.toml --seed 1",
        "audit a.journal --trace",
        "data synth bars --out a.parquet --minutes 1",
        "data synth l2 --out a.parquet --days 1",
    ] {
        let (code, stdout, stderr) = folder.told(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((code, stdout.as_str()), (USAGE, ""), "seatrial {line}: {stderr}");
        assert!(stderr.contains("cannot be used with") || stderr.contains("required") || stderr.contains("unexpected"));
    }
    folder.write("tape.parquet", "PAR1 and more");
    for (option, value) in [("symbol", "BTCUSDT"), ("tick", "0.1"), ("lot", "0.1")] {
        let flag = format!("--{option}");
        let (code, _, stderr) = folder.told(&["data", "info", "tape.parquet", &flag, value]);
        assert_eq!(code, BAD_INPUT, "{stderr}");
        let found = format!("E-MD-090 tape.parquet {option}: found an option for what a Parquet tape says itself ");
        assert!(stderr.starts_with(&found), "{stderr}");
    }
}

#[test]
fn help_has_an_example_for_every_command() {
    let folder = Folder::new("help");
    for command in [
        &["--help"][..],
        &["run", "--help"],
        &["check", "--help"],
        &["strategies", "--help"],
        &["replay", "--help"],
        &["audit", "--help"],
        &["data", "--help"],
        &["data", "import", "--help"],
        &["data", "info", "--help"],
        &["data", "check", "--help"],
    ] {
        let (code, stdout, stderr) = folder.told(command);
        assert_eq!((code, stderr.as_str()), (OK, ""), "{command:?}");
        assert!(stdout.contains("Example") && stdout.contains("\n  seatrial "), "{command:?}: {stdout}");
    }
}

/// The catalogue, whole, as text and as one document.
#[test]
fn strategies_are_listed_with_their_rules_and_parameters() {
    let folder = Folder::new("strategies");
    let (code, text, stderr) = folder.told(&["strategies"]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (code, document, stderr) = folder.told(&["strategies", "--json"]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    let document: serde_json::Value = serde_json::from_str(&document).expect("one document");
    let catalogue = seatrial::strategies::catalogue();
    assert_eq!(document.as_array().map(Vec::len), Some(catalogue.len()));
    for (entry, listed) in catalogue.iter().zip(document.as_array().expect("an array")) {
        assert!(flat.contains(&format!("{}: {}", entry.name, entry.summary)), "{}", entry.name);
        assert_eq!((&listed["name"], &listed["summary"]), (&entry.name.into(), &entry.summary.into()));
        for (place, rule) in entry.rules.iter().enumerate() {
            assert!(flat.contains(&format!("{}. {rule}", place + 1)), "{}: {rule}", entry.name);
            assert_eq!(listed["rules"][place], *rule);
        }
        for (place, param) in entry.params.iter().enumerate() {
            assert!(flat.contains(&format!("{} {}", param.key, param.meaning)), "{}: {}", entry.name, param.key);
            let known = &listed["params"][place];
            assert_eq!((&known["key"], &known["default"]), (&param.key.into(), &param.default.into()));
            assert_eq!(known["form"], param.form);
            let bound = |text: &str| if text.is_empty() { serde_json::Value::Null } else { text.into() };
            assert_eq!((&known["low"], &known["high"]), (&bound(param.low), &bound(param.high)));
        }
    }
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    assert_eq!(folder.told(&["strategies", "--quiet"]), (OK, String::new(), String::new()));
}

#[test]
fn a_scenario_that_is_not_there_is_bad_input() {
    let folder = Folder::new("missing");
    folder.check(
        &["run", "none.toml"],
        BAD_INPUT,
        &expect![[r#"
        E-SC-001 none.toml: found no such file allowed a readable scenario file
    "#]],
    );
    folder.check(
        &["check", "data"],
        BAD_INPUT,
        &expect![[r#"
        E-SC-001 data: found a directory allowed a readable scenario file
    "#]],
    );
    folder.check(
        &["check", "na\u{202e}me\n.toml"],
        BAD_INPUT,
        &expect![[r#"
        E-SC-001 na\u{202e}me\n.toml: found no such file allowed a readable scenario file
    "#]],
    );
}

#[cfg(unix)]
#[test]
fn a_device_or_a_huge_file_is_refused_before_it_is_read() {
    let folder = Folder::new("device");
    folder.check(
        &["check", "/dev/zero"],
        BAD_INPUT,
        &expect![[r#"
        E-SC-001 /dev/zero: found a device or pipe allowed a readable scenario file
    "#]],
    );
    folder.write("huge.toml", vec![b'\n'; (1 << 20) + 1]);
    folder.check(
        &["check", "huge.toml"],
        BAD_INPUT,
        &expect![[r#"
        E-SC-002 huge.toml: found more than 1048576 bytes allowed a scenario of at most 1 MiB
    "#]],
    );
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf_8_is_no_panic() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new("name");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_seatrial")).arg("check").arg(name).current_dir(&folder.0).output();
    assert_eq!(output.expect("the program is built").status.code(), Some(BAD_INPUT));
}

#[test]
fn a_broken_scenario_leaves_nothing_behind() {
    let folder = Folder::new("behind");
    folder.write("s.toml", sound().replace("0.01", "0"));
    folder.check(&["run", "s.toml", "--journal", "run.journal"], BAD_INPUT, &expect![[r#"
        E-SC-010 s.toml:10:8 instrument."BTC/USDT".tick: found "0" allowed a decimal above 0 with at most 18 decimals, such as "0.01"
    "#]]);
    assert!(!folder.0.join("run.journal").exists());
    assert!(!folder.0.join("target").exists());
}

#[test]
fn data_that_is_not_there_is_told_at_the_scenario() {
    let folder = Folder::new("nodata");
    folder.write("s.toml", sound());
    folder.check(
        &["check", "s.toml"],
        BAD_INPUT,
        &expect![[r#"
        E-SC-001 s.toml:6:8 market.file: found "day.csv", no such file allowed a file below the data root "data"
          hint: --data-root DIR names another
    "#]],
    );
    folder.check(
        &["check", "s.toml", "--data-root", "nowhere"],
        BAD_INPUT,
        &expect![[r#"
        E-SC-001 s.toml:6:8 market.file: found no such file: the data root "nowhere" allowed a folder that can be read
          hint: --data-root DIR names another
    "#]],
    );
}

#[test]
fn data_that_is_broken_is_told_at_the_data() {
    let folder = Folder::new("baddata");
    folder.write("s.toml", sound());
    folder.write("data/day.csv", "time,price,volume\n1723161600000,60000.01,x\n");
    let (code, stdout, stderr) = folder.told(&["check", "s.toml"]);
    assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""));
    assert!(stderr.starts_with("E-MD-"), "{stderr}");
    assert!(stderr.contains("day.csv:2:"), "{stderr}");
}

#[test]
fn several_scenarios_give_an_array_and_the_highest_exit_code() {
    let folder = Folder::new("several");
    folder.write("s.toml", sound().replace("0.01", "0"));
    folder.write("t.toml", "schema = 2");
    let (code, stdout, _) = folder.told(&["check", "s.toml", "t.toml", "--json"]);
    assert_eq!(code, BAD_INPUT);
    let document: serde_json::Value = serde_json::from_str(&stdout).expect("one JSON document");
    assert_eq!(document.as_array().map(Vec::len), Some(2));
    assert_eq!(document[0]["errors"][0]["code"], "E-SC-010");
    assert_eq!(document[0]["errors"][0]["place"]["line"]["line"], 10);
    assert_eq!(document[1]["errors"][0]["code"], "E-SC-013");
    let (_, stdout, _) = folder.told(&["check", "t.toml", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&stdout).expect("one JSON document");
    assert!(document.is_object(), "one scenario is a document of its own");
}

#[test]
fn a_file_that_is_no_journal_is_bad_input() {
    let folder = Folder::new("journal");
    folder.write("no.journal", "not a journal at all");
    folder.write("empty.journal", "");
    for command in ["audit", "replay"] {
        for file in ["no.journal", "empty.journal", "none.journal", "data"] {
            let (code, stdout, stderr) = folder.told(&[command, file]);
            assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "{command} {file}: {stderr}");
            assert!(stderr.starts_with("E-JR-") && stderr.contains(file), "{command} {file}: {stderr}");
        }
    }
}

#[test]
fn a_file_is_never_overwritten_by_a_journal_unless_it_is_one() {
    let folder = Folder::new("overwrite");
    folder.write("data/day.csv", "time,price,volume\n1723161600000,60000.01,1\n");
    folder.write("s.toml", sound());
    let (code, _, stderr) = folder.told(&["run", "s.toml", "--journal", "s.toml"]);
    assert_eq!(code, BAD_INPUT, "{stderr}");
    assert!(stderr.starts_with("E-JR-013"), "{stderr}");
    assert_eq!(std::fs::read(folder.0.join("s.toml")).expect("still there"), sound().into_bytes());
}

#[test]
fn data_can_be_looked_at_and_checked() {
    let folder = Folder::new("look");
    folder.write("day.csv", "time,price,volume\n1723161600000,60000.01,1.5\n1723161601000,60000.02,0.5\n");
    let (code, stdout, stderr) = folder.told(&["data", "info", "day.csv", "--json"]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    let document: serde_json::Value = serde_json::from_str(&stdout).expect("one JSON document");
    assert_eq!((&document["records"], &document["format"]), (&2.into(), &"trades".into()));
    let (code, stdout, _) = folder.told(&["data", "check", "day.csv"]);
    assert_eq!(code, OK);
    assert!(stdout.trim_end().ends_with("usable"), "{stdout}");
    let (code, stdout, _) = folder.told(&["data", "check", "day.csv", "--tick", "0.5", "--quiet"]);
    assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "off the grid asked for");
}

/// A reader that goes away is no error, and no panic.
#[cfg(unix)]
#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let folder = Folder::new("pipe");
    folder.write("day.csv", "time,price,volume\n1723161600000,60000.01,1.5\n");
    let program = env!("CARGO_BIN_EXE_seatrial");
    // The reader is gone before the first word: the program's exit code arrives on stderr.
    let script = format!("{{ sleep 0.2; '{program}' data info day.csv; echo \"code $?\" >&2; }} | true");
    let output = Command::new("sh").args(["-c", &script]).current_dir(&folder.0).output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "code 0\n");
}

#[test]
fn the_version_is_told() {
    let folder = Folder::new("version");
    let (code, stdout, _) = folder.told(&["--version"]);
    assert_eq!((code, stdout), (OK, format!("seatrial {}\n", env!("CARGO_PKG_VERSION"))));
}

/// The project's own data folder is used where there is none here.
#[test]
fn the_default_data_root_is_the_projects() {
    let folder = Folder::new("root");
    std::fs::remove_dir(folder.0.join("data")).expect("the test's own folder");
    folder.write("s.toml", sound().replace("day.csv", "no-such-file.csv"));
    let (_, _, stderr) = folder.told(&["check", "s.toml"]);
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    assert!(stderr.contains(&project.display().to_string()), "{stderr}");
}

/// A scenario that holds its own market needs no data; of several, each is one line.
#[test]
fn several_scenarios_are_a_line_each() {
    let folder = Folder::new("lines");
    let still = include_str!("scenario_written/still.toml");
    folder.write("still.toml", still.to_owned() + "\n[expect]\nfills = 2\n");
    folder.write("wrong.toml", still.to_owned() + "\n[expect]\nfills = 3\n");
    let (code, stdout, stderr) = folder.told(&["run", "still.toml", "wrong.toml"]);
    assert_eq!(code, folder::BREACH, "{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{stdout}");
    assert!(lines[0].starts_with("ok     still ") && lines[1].starts_with("FAILED wrong "), "{stdout}");
    assert_eq!(stderr, "wrong.toml: [expect] fills: expected 3, actual 2\n");
}
