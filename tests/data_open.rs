//! Opening recorded files for a run: Parquet gives back exactly what was written, raw data is
//! cached by content, and paths stay below the data root.
#![cfg(feature = "batch")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use seatrial::data::{ImportOptions, Provenance, Records, Row, RowKind, Tape, import, open, open_within, write};
use seatrial::market::{Bar, InstrumentId, Price, Qty, Span, Timestamp};

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data_open").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("a test's folder can be emptied");
    }
    fs::create_dir_all(&folder).expect("the target directory takes a folder");
    folder
}

fn provenance() -> Provenance {
    Provenance {
        source: "a test".to_owned(),
        source_sha256: String::new(),
        importer: "test".to_owned(),
        importer_version: 7,
        shift_ns: 3,
        rows: 0,
        skipped: 2,
    }
}

const START: i64 = 1_700_000_000_000_000_000;

/// Messages of one to four rows in exchange-time order.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let level = (0..5_usize, 1..i64::MAX / 4, 1..=Row::QTY_MAX);
    let message = (0..1_000_000_i64, 0..1_000_000_000_i64, prop::collection::vec(level, 1..4));
    prop::collection::vec(message, 0..40).prop_map(|messages| {
        let mut rows = Vec::new();
        let mut exchange = START;
        for (step, latency, levels) in messages {
            exchange += step;
            let count = levels.len();
            for (at, (kind, price, qty)) in levels.into_iter().enumerate() {
                let kind = RowKind::ALL[kind];
                let local = Timestamp(exchange + latency);
                rows.push(Row::new(Timestamp(exchange), local, Price(price), Qty(qty), kind, at + 1 == count));
            }
        }
        rows
    })
}

fn bars() -> impl Strategy<Value = Vec<Bar>> {
    let bar = (1..4_i64, 1..1_000_000_000_i64, 0..1_000_i64, 0..1_000_i64, 0..=1_000_i64, 0..i64::MAX / 4);
    prop::collection::vec(bar, 0..40).prop_map(|bars| {
        let mut opened = START / 60_000_000_000 * 60_000_000_000;
        let close_of = |(steps, low, open, close, above, volume): (i64, i64, i64, i64, i64, i64)| {
            opened += steps * 60_000_000_000;
            Bar {
                instrument: InstrumentId(0),
                opened: Timestamp(opened),
                length: Span::from_mins(1),
                open: Price(low + open),
                high: Price(low + open.max(close) + above),
                low: Price(low),
                close: Price(low + close),
                volume: Qty(volume),
            }
        };
        bars.into_iter().map(close_of).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Law: what is written is read back, hash, units, names and all.
    #[test]
    fn parquet_gives_back_what_was_written(rows in rows(), bars in bars(), decimals in (0..9_u32, 0..19_u32)) {
        let folder = folder("law");
        for (cadence, records) in [(Span::ZERO, Records::Rows(rows)), (Span::from_mins(1), Records::Bars(bars))] {
            let tape = Tape::new("BTC/USDT".to_owned(), decimals, cadence, records, provenance());
            let path = folder.join("tape.parquet");
            write(&tape, &path).expect("the target directory takes a file");
            prop_assert_eq!(import(&path, &ImportOptions::default()).expect("our own file is sound"), tape);
        }
    }
}

fn sample() -> Tape {
    let row = |step: i64, kind, last| {
        let at = Timestamp(START + step / 2 * 1_000_000);
        Row::new(at, at.after(Span::from_millis(5)), Price(100 + step % 3), Qty(step + 1), kind, last)
    };
    let rows = (0..4_000).map(|step| row(step, RowKind::ALL[usize::from(step % 2 == 1)], step % 2 == 1)).collect();
    Tape::new("X".to_owned(), (1, 3), Span::ZERO, Records::Rows(rows), provenance())
}

#[test]
fn nothing_is_left_beside_a_written_file_and_a_failed_write_leaves_nothing() {
    let folder = folder("beside");
    let path = folder.join("tape.parquet");
    write(&sample(), &path).expect("the target directory takes a file");
    write(&sample(), &path).expect("a file that is there is replaced");
    let names: Vec<_> = fs::read_dir(&folder).expect("the folder is there").collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let taken = folder.join("taken");
    fs::create_dir_all(taken.join("inside")).expect("the target directory takes a folder");
    assert!(write(&sample(), &taken).is_err(), "a folder with something in it cannot be replaced");
    assert_eq!(fs::read_dir(&folder).expect("the folder is there").count(), 2);
}

/// What is no tape is left as it is, and nothing is left beside it.
#[test]
fn only_a_tape_is_replaced() {
    let folder = folder("replaced");
    let refused = |path: &Path| {
        let bad = write(&sample(), path).expect_err("no tape stands there");
        assert_eq!(bad.code, "E-MD-080", "{bad}");
    };
    for (name, bytes) in [("a.toml", "[run]\n"), ("empty", ""), ("short", "PAR")] {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("the folder takes a file");
        refused(&path);
        assert_eq!(fs::read_to_string(&path).expect("it is still there"), bytes);
    }
    refused(&folder);
    assert_eq!(fs::read_dir(&folder).expect("the folder is there").count(), 3);
}

/// Damage anywhere in the file is refused or has no effect; it never panics out of the reader and
/// never gives another tape.
#[test]
fn damaged_parquet_is_refused_or_harmless() {
    let folder = folder("damage");
    let path = folder.join("tape.parquet");
    let tape = sample();
    write(&tape, &path).expect("the target directory takes a file");
    let whole = fs::read(&path).expect("it was just written");
    let mut refused = 0;
    let step = whole.len() / 60;
    for at in (4..whole.len()).step_by(step.max(1)) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        fs::write(&path, &bytes).expect("the target directory takes a file");
        match import(&path, &ImportOptions::default()) {
            Ok(read) => {
                assert_eq!((read.hash, &read.records), (tape.hash, &tape.records), "byte {at} changed the tape");
            }
            Err(bad) => {
                refused += 1;
                assert!(bad.code.starts_with("E-MD-07"), "{bad}");
            }
        }
        fs::write(&path, &whole[..at]).expect("the target directory takes a file");
        assert!(import(&path, &ImportOptions::default()).is_err(), "cut at byte {at}");
    }
    assert!(refused > 30, "damage must be noticed: {refused}");
}

const BARS: &str = "time,open,high,low,close,volume\n1583020800,10.5,11,10,10.75,3\n1583020860,10.75,11,10.5,11,0.25\n";

#[test]
fn raw_data_is_imported_once_and_by_content() {
    let root = folder("cache-root");
    let cache = folder("cache");
    fs::write(root.join("bars.csv"), BARS).expect("the target directory takes a file");
    let options = ImportOptions::default();
    let names = || {
        let all = fs::read_dir(&cache).expect("the cache is there");
        let mut names: Vec<String> =
            all.map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let first = open("bars.csv", &root, &cache, &options).expect("sound bars");
    assert_eq!(names(), [format!("{}-v1.parquet", first.provenance.source_sha256)]);
    assert_eq!(open("bars.csv", &root, &cache, &options).expect("cached bars"), first);
    assert_eq!(import(&root.join("bars.csv"), &options).expect("sound bars").hash, first.hash);

    let cached = cache.join(&names()[0]);
    fs::write(&cached, b"PAR1 rubbish PAR1").expect("the target directory takes a file");
    assert_eq!(open("bars.csv", &root, &cache, &options).expect("a spoilt cache is made again"), first);

    let coarse = ImportOptions { tick: Some("0.25".parse().expect("a decimal")), ..ImportOptions::default() };
    assert!(open("bars.csv", &root, &cache, &coarse).is_ok());
    assert_eq!(names().len(), 2, "other options, another tape");
    fs::write(root.join("bars.csv"), BARS.replace("11,0.25", "11,0.5")).expect("the target directory takes a file");
    let changed = open("bars.csv", &root, &cache, &options).expect("sound bars");
    assert_ne!(changed.hash, first.hash, "other bytes, another tape");
    assert_eq!(names().len(), 3);
    assert_eq!(fs::read_dir(&root).expect("the root is there").count(), 1, "nothing beside the source");
}

/// Raw rows or Parquet, for the first time or the second: what may not be held is streamed, what may is not.
#[test]
fn what_is_too_large_is_streamed() {
    let root = folder("streamed");
    let cache = root.join("cache");
    let trade = |at: i64| format!("{at},{},sell,0.{},1.5\n", 1_570_752_011_620 + at / 3, 5 + at % 4);
    let text: String = (0..140_000).map(trade).collect();
    fs::write(root.join("raw.csv"), format!("trade_id,timestamp_ms,side,price,amount\n{text}")).expect("it is written");
    let opened = |name: &str, most| {
        open_within(name, &root, &cache, &ImportOptions::default(), most).unwrap_or_else(|bad| panic!("{bad}"))
    };
    let bytes = 32 * 140_000;
    let first = opened("raw.csv", bytes - 1);
    fs::copy(fs::read_dir(&cache).expect("a cache").flatten().next().expect("one tape").path(), root.join("t.parquet"))
        .expect("it is copied");
    let whole = open("raw.csv", &root, &cache, &ImportOptions::default()).unwrap_or_else(|bad| panic!("{bad}"));
    assert!(matches!(whole.records, Records::Rows(_)));
    for tape in [first, opened("raw.csv", 0), opened("t.parquet", bytes - 1)] {
        let Records::Streamed(rows) = &tape.records else { panic!("it is not streamed") };
        assert_eq!((rows.decoded(), tape.hash, tape.shows), (bytes, whole.hash, whole.shows));
        assert_eq!((tape.range(), &tape.provenance), (whole.range(), &whole.provenance));
        let again = root.join("again.parquet");
        write(&tape, &again).expect("it can be written");
        assert_eq!(opened("again.parquet", bytes).records, whole.records, "what just fits is held");
    }
    let left: Vec<_> = fs::read_dir(&cache).expect("a cache").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn paths_stay_below_the_root() {
    let root = folder("root");
    fs::create_dir_all(root.join("in")).expect("the target directory takes a folder");
    fs::write(root.join("in/bars.csv"), BARS).expect("the target directory takes a file");
    let outside = folder("outside");
    fs::write(outside.join("bars.csv"), BARS).expect("the target directory takes a file");
    std::os::unix::fs::symlink(&outside, root.join("out")).expect("the target directory takes a link");
    std::os::unix::fs::symlink("in/bars.csv", root.join("link.csv")).expect("the target directory takes a link");
    std::os::unix::fs::symlink("loop.csv", root.join("loop.csv")).expect("the target directory takes a link");
    let cache = folder("root-cache");
    let try_open = |path: &str| open(path, &root, &cache, &ImportOptions::default()).map_err(|bad| bad.code);
    for path in ["in/bars.csv", "./in/bars.csv", "link.csv"] {
        assert!(try_open(path).is_ok(), "{path}");
    }
    let absolute = outside.join("bars.csv").display().to_string();
    for path in [
        "",
        "../outside/bars.csv",
        "in/../../outside/bars.csv",
        "in/../in/bars.csv",
        "out/bars.csv",
        &absolute,
        "C:bars.csv",
        "in\\bars.csv",
        "in/bars.csv\0",
    ] {
        assert_eq!(try_open(path), Err("E-MD-002"), "{path:?}");
    }
    for path in ["missing.csv", "loop.csv", "in"] {
        assert_eq!(try_open(path), Err("E-MD-001"), "{path:?}");
    }
}

#[test]
fn a_real_capture_is_the_same_raw_and_as_parquet() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !root.exists() {
        println!("skipped: {} is not here", root.display());
        return;
    }
    let cache = folder("real");
    let name = "binance-l2/spot_btcusdt_20240808.gz";
    let raw = open(name, &root, &cache, &ImportOptions::default()).expect("a sound capture");
    let cached = open(name, &root, &cache, &ImportOptions::default()).expect("a sound tape");
    assert_eq!(raw.hash, cached.hash);
    assert!(raw == cached, "every field of every row");
}
