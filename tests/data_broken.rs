//! Every broken file gives exactly the complaint that stands for it in
//! `broken_data/expected.txt`: the code, the place to the byte, the field, what was found and what
//! is allowed. Importing and checking agree on it, and neither panics.
//!
//! A block of the table is `[file]`, or `[file --tick STEP]`, and the message below it.
#![cfg(feature = "simulator")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use seatrial::bad_input::{BadInput, Place};
use seatrial::data::{ImportOptions, check, import};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken_data")
}

struct Case {
    file: String,
    options: ImportOptions,
    expected: String,
}

fn cases() -> Vec<Case> {
    let table = fs::read_to_string(folder().join("expected.txt")).expect("the table is there");
    let blocks = table.split("\n[").map(|block| block.trim_start_matches('['));
    blocks.map(case).collect()
}

fn case(block: &str) -> Case {
    let (head, expected) = block.split_once("]\n").expect("a block begins with [file]");
    let (file, tick) = head.split_once(" --tick ").map_or((head, None), |(file, tick)| (file, Some(tick)));
    let tick = tick.map(|tick| tick.parse().expect("a tick in the table"));
    let options = ImportOptions { tick, ..ImportOptions::default() };
    Case { file: file.to_owned(), options, expected: expected.trim_end().to_owned() }
}

/// The complaint with the file's name alone.
fn message(bad: &BadInput) -> String {
    bad.to_string().replace(&format!("{}/", folder().display()), "")
}

#[test]
fn every_broken_file_gives_its_message() {
    let mut wrong = Vec::new();
    for case in cases() {
        let path = folder().join(&case.file);
        if case.file.ends_with(".parquet") && !cfg!(feature = "batch") {
            continue;
        }
        let found = import(&path, &case.options).map_or_else(|bad| message(&bad), |_| "nothing wrong".to_owned());
        if found != case.expected {
            wrong.push(format!("[{}]\n{found}\n  expected:\n{}\n", case.file, case.expected));
        }
        let report = check(&path, &case.options);
        let seen: BTreeSet<String> = report.findings.iter().map(message).collect();
        if report.usable || !seen.contains(&case.expected) {
            wrong.push(format!("[{}] check says\n{report}\n", case.file));
        }
    }
    assert!(wrong.is_empty(), "cargo test --test data_broken\n{}", wrong.concat());
}

#[test]
fn every_broken_file_is_in_the_table_and_there_are_many() {
    let listed: BTreeSet<String> = cases().into_iter().map(|case| case.file).collect();
    let entries = fs::read_dir(folder()).expect("the folder is there");
    let there: BTreeSet<String> = entries
        .map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "expected.txt")
        .collect();
    assert_eq!(listed, there);
    assert!(there.len() >= 90, "{}", there.len());
}

/// Prints what the table would be; read it before you believe it.
#[test]
#[ignore = "prints the table"]
fn print_the_table() {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "expected.txt")
        .collect();
    names.sort();
    for name in names {
        let tick = (name == "off-tick.csv").then(|| "0.5".parse().expect("a decimal"));
        let head = if tick.is_some() { format!("{name} --tick 0.5") } else { name.clone() };
        let options = ImportOptions { tick, ..ImportOptions::default() };
        let found =
            import(&folder().join(&name), &options).map_or_else(|bad| message(&bad), |_| "nothing wrong".to_owned());
        println!("[{head}]\n{found}");
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let code = |path: &Path| import(path, &ImportOptions::default()).map_err(|bad| bad.code);
    assert_eq!(code(&folder().join("missing.csv")), Err("E-MD-001"));
    assert_eq!(code(&folder()), Err("E-MD-001"), "a folder");
    assert_eq!(code(Path::new("/dev/null")), Err("E-MD-001"), "a device");
    let pipe = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pipe.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if made.is_ok_and(|status| status.success()) || pipe.exists() {
        assert_eq!(code(&pipe), Err("E-MD-001"), "a pipe, without waiting for its writer");
    }
}

fn written(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data_broken");
    fs::create_dir_all(&folder).expect("the target directory takes a folder");
    let path = folder.join(name);
    fs::write(&path, bytes).expect("the target directory takes a file");
    path
}

const COLUMNS: [&str; 6] = ["time", "open", "high", "low", "close", "volume"];

fn sound_bars(rows: usize) -> Vec<Vec<String>> {
    let row = |at: usize| {
        let time = (1_583_020_800 + at * 60).to_string();
        vec![time, format!("{}.5", 90 + at), "200".to_owned(), "1.25".to_owned(), "120.75".to_owned(), at.to_string()]
    };
    (0..rows).map(row).collect()
}

const CAPTURE: &str = concat!(
    r#"1700000000100000000 {"lastUpdateId":100,"T":1700000000090,"E":1700000000091,"bids":[["10.0","1"],["9.9","2"]],"asks":[["10.1","3"]]}"#,
    "\n",
    r#"1700000000110000000 {"stream":"x@depth@0ms","data":{"e":"depthUpdate","E":1700000000105,"T":1700000000105,"s":"X","U":101,"u":110,"pu":100,"b":[["9.8","1.5"]],"a":[]}}"#,
    "\n",
    r#"1700000000120000000 {"stream":"x@bookTicker","data":{"u":110,"s":"X","b":"10.0","B":"1","a":"10.1","A":"3"}}"#,
    "\n",
    r#"1700000000130000000 {"stream":"x@trade","data":{"e":"trade","E":1700000000125,"T":1700000000125,"s":"X","t":7,"p":"10.1","q":"1","X":"MARKET","m":true}}"#,
    "\n",
);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Law: whichever cell is broken, the complaint names its line, its byte and its column.
    #[test]
    fn a_broken_cell_is_found_to_the_byte(row in 0..12_usize, column in 0..6_usize, junk in "[a-zA-Z+*_ ]{1,8}|-[0-9]{1,4}|[0-9]e[0-9]") {
        let mut rows = sound_bars(12);
        rows[row][column] = junk.clone();
        let before: usize = rows[row][..column].iter().map(|cell| cell.len() + 1).sum();
        let text: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        let text = format!("{}\n{}\n", COLUMNS.join(","), text.join("\n"));
        let bad = import(&written("cell.csv", text.as_bytes()), &ImportOptions::default()).expect_err("a broken cell");
        let column_byte = u64::try_from(before + 1).expect("a small number");
        let line = u64::try_from(row + 2).expect("a small number");
        prop_assert_eq!((bad.place, &*bad.field), (Place::Line { line, column: column_byte }, COLUMNS[column]), "{}", bad);
        prop_assert!(bad.found.contains(&junk), "{}", bad);
    }

    /// Law: bytes changed, lost or doubled at random give a tape or a complaint, never a panic;
    /// whatever importing says, checking agrees whether the file can be used.
    #[test]
    fn mutated_files_never_panic(capture in any::<bool>(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..5)) {
        let bars: Vec<String> = sound_bars(6).iter().map(|row| row.join(",")).collect();
        let bars = format!("{}\n{}\n", COLUMNS.join(","), bars.join("\n"));
        let mut bytes = if capture { CAPTURE.as_bytes().to_vec() } else { bars.into_bytes() };
        for (at, byte, edit) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        let path = written("mutated.txt", &bytes);
        let usable = import(&path, &ImportOptions::default()).is_ok();
        let report = check(&path, &ImportOptions::default());
        prop_assert_eq!(usable, report.usable, "{}", report);
    }
}

#[test]
fn the_unbroken_files_are_sound() {
    let capture = check(&written("sound.txt", CAPTURE.as_bytes()), &ImportOptions::default());
    assert!(capture.usable && capture.findings.is_empty(), "{capture}");
    assert_eq!(capture.info.map(|info| info.records), Some(5));
}

/// A crossed book is a fault in a market of our own making, and a fact in a tape whose source was let cross.
#[cfg(feature = "batch")]
#[test]
fn a_crossed_tape_is_judged_as_its_source_was() {
    use seatrial::data::{Provenance, Records, Row, RowKind, Tape, write};
    use seatrial::market::{Price, Qty, Span, Timestamp};
    let at = Timestamp(1_704_067_200_000_000_000);
    let row = |price, kind, last| Row::new(at, at, Price(price), Qty(1), kind, last);
    let rows = vec![row(10, RowKind::Bid, false), row(9, RowKind::Ask, true)];
    for (hash, usable, code) in [("", false, "E-MD-053"), ("ab", true, "W-MD-111")] {
        let provenance = Provenance { source_sha256: hash.into(), ..Provenance::default() };
        let tape = Tape::new("X/Y".into(), (0, 0), Span::ZERO, Records::Rows(rows.clone()), provenance);
        let path = written(&format!("crossed-{hash}.parquet"), b"");
        fs::remove_file(&path).expect("the test's own file");
        write(&tape, &path).expect("a folder that takes it");
        let report = check(&path, &ImportOptions::default());
        assert_eq!((report.usable, report.counts.get(code)), (usable, Some(&1)), "{report}");
    }
}
