//! Every broken scenario is refused with its place, what was found and what is allowed.
//!
//! The files of `tests/broken_scenarios` are the data: `NAME.toml` is read, and what is said of it
//! must be `NAME.expected`. Most differ from `sound.toml` by one thing. After a deliberate change:
//! `UPDATE_EXPECT=1 cargo test --test scenario_broken`, and read the difference.
#![cfg(feature = "simulator")]

use std::path::{Path, PathBuf};

use expect_test::expect_file;
use seatrial::scenario::{Scenario, Source};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken_scenarios")
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("the folder is part of the project");
    let mut names: Vec<String> = files
        .filter_map(|file| file.expect("a readable folder").file_name().to_str().map(str::to_owned))
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.toml"))).expect("a file of the folder")
}

/// Reads a scenario of this text, and tells what is wrong with it.
fn told(name: &str, bytes: Vec<u8>) -> String {
    let read = Source::from_bytes(&format!("{name}.toml"), bytes)
        .map_err(|bad| vec![bad])
        .and_then(|source| Scenario::parse(source, name));
    match read {
        Ok(_) => "sound\n".to_owned(),
        Err(all) => all.iter().fold(String::new(), |told, bad| told + &bad.to_string() + "\n"),
    }
}

#[test]
fn every_broken_scenario_is_refused_as_expected() {
    assert!(names().len() >= 60, "the folder holds the cases");
    for name in names() {
        let told = told(&name, bytes(&name));
        assert_eq!(told == "sound\n", name.starts_with("sound"), "{name}: {told}");
        expect_file![folder().join(format!("{name}.expected"))].assert_eq(&told);
    }
}

/// The expected texts themselves hold to the rule: a code, the file, a place, found and allowed.
#[test]
fn every_refusal_is_located() {
    for name in names().iter().filter(|name| !name.starts_with("sound")) {
        let told = told(name, bytes(name));
        let refusals = told.lines().filter(|line| !line.starts_with("  hint: "));
        for line in refusals {
            let rest = line.strip_prefix("E-SC-").unwrap_or_else(|| panic!("{name}: {line}"));
            let place = rest[3..].strip_prefix(&format!(" {name}.toml:")).unwrap_or_else(|| panic!("{name}: {line}"));
            assert!(place.starts_with(|c: char| c.is_ascii_digit()), "{name}: {line}");
            assert!(line.contains(": found ") && line.contains(" allowed "), "{name}: {line}");
            assert!(!line.contains(char::is_control), "{name}: {line}");
        }
    }
}

/// A sound scenario cut off anywhere, or with any one byte changed, never panics.
#[test]
fn damage_never_panics() {
    let sound = bytes("sound");
    for at in 0..sound.len() {
        told("cut", sound[..at].to_vec());
        for byte in [b'"', b'[', b'=', b'\n', 0, 0xff, b'9'] {
            let mut changed = sound.clone();
            changed[at] = byte;
            told("changed", changed);
        }
    }
}
