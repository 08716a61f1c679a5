//! Captures of Kraken's and OKX's public streams. The oracle is the exchange itself: after every
//! message that carries a checksum, the book must give it. Small captures by hand pin the rules.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};

use seatrial::data::{CheckReport, ImportOptions, RowKind, Tape, check, import, info};

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

/// Checks a real capture: every checksum, and how many instruments it holds.
fn against_checksums(name: &str, compared: u64, instruments: usize) -> Option<CheckReport> {
    let report = check(&shared(name)?, &ImportOptions::default());
    println!("{report}");
    let sums = report.checksums.expect("a capture is compared");
    assert_eq!((sums.equal, sums.compared), (compared, compared), "cargo test --test data_capture");
    assert_eq!(report.others.len() + 1, instruments);
    assert!(report.usable, "{report}");
    Some(report)
}

#[test]
fn kraken_books_give_the_exchanges_checksums() {
    against_checksums("kraken-ws/kraken_ws_v1_book1000_2021-04-17.txt.gz", 4_269, 10);
    against_checksums("kraken-ws/kraken_ws_v2_book10_BTCUSD_2026-08-24.jsonl", 4, 1);
}

#[test]
fn okx_books_give_the_exchanges_checksums() {
    against_checksums("okx-ws/okx_v5_books_2022-05-13.txt.gz", 290, 3);
    against_checksums("okx-ws/okex_v5_books_2021-07-22.txt.gz", 1_504, 10);
}

#[test]
fn a_capture_of_several_wants_a_choice_and_names_them_all() {
    let Some(path) = shared("okx-ws/okx_v5_books_2022-05-13.txt.gz") else { return };
    let bad = import(&path, &ImportOptions::default()).expect_err("three instruments");
    assert_eq!(bad.code, "E-MD-046");
    assert_eq!(&*bad.allowed, r#""BTC-USD-220527", "BTC-USDT", "UNI-USD-SWAP""#);
    let chosen = ImportOptions { symbol: Some("BTC-USDT".to_owned()), ..ImportOptions::default() };
    let tape = import(&path, &chosen).expect("one of them");
    let all = info(&path, &ImportOptions::default()).expect("a sound capture");
    assert_eq!(
        all.iter().map(|info| &*info.symbol).collect::<Vec<_>>(),
        ["BTC-USD-220527", "BTC-USDT", "UNI-USD-SWAP"]
    );
    assert_eq!(tape.hash, all[1].hash, "chosen or among others, an instrument is the same");
    let strange = ImportOptions { symbol: Some("ETH-USDT".to_owned()), ..ImportOptions::default() };
    assert_eq!(import(&path, &strange).map_err(|bad| bad.code), Err("E-MD-003"));
}

fn written(name: &str, lines: &[String]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data_capture");
    fs::create_dir_all(&folder).expect("the target directory takes a folder");
    let path = folder.join(format!("{name}.txt"));
    fs::write(&path, lines.join("\n") + "\n").expect("the target directory takes a file");
    path
}

fn tape(name: &str, lines: &[String]) -> Result<Tape, String> {
    let path = written(name, lines);
    import(&path, &ImportOptions::default())
        .map_err(|bad| bad.to_string().replace(&format!("{}/", path.parent().expect("a folder").display()), ""))
}

type Levels = Vec<serde_json::Value>;
type Frames = fn(&Levels, &Levels, &serde_json::Value, &serde_json::Value) -> Vec<String>;

/// The book without its last bid as a snapshot of version 1, and that bid as an update with the checksum.
fn frames_of_v1(asks: &Levels, bids: &Levels, last: &serde_json::Value, sum: &serde_json::Value) -> Vec<String> {
    let timed = |level: &serde_json::Value| format!("[{},{},\"1534614248.123678\"]", level[0], level[1]);
    let all = |side: &Levels| side.iter().map(timed).collect::<Vec<_>>().join(",");
    vec![
        format!("[0,{{\"as\":[{}],\"bs\":[{}]}},\"book-10\",\"XBT/USD\"]", all(asks), all(bids)),
        format!("[0,{{\"b\":[{}],\"c\":\"{sum}\"}},\"book-10\",\"XBT/USD\"]", timed(last)),
    ]
}

/// The same as frames of version 2, whose numbers are JSON's.
fn frames_of_v2(asks: &Levels, bids: &Levels, last: &serde_json::Value, sum: &serde_json::Value) -> Vec<String> {
    let plain = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let level = |level: &serde_json::Value| format!("{{\"price\":{},\"qty\":{}}}", plain(&level[0]), plain(&level[1]));
    let all = |side: &[serde_json::Value]| side.iter().map(level).collect::<Vec<_>>().join(",");
    let frame = |kind: &str, asks: &[serde_json::Value], bids: &[serde_json::Value], sum: &str| {
        let (asks, bids) = (all(asks), all(bids));
        format!(
            "{{\"channel\":\"book\",\"type\":\"{kind}\",\"data\":[{{\"symbol\":\"BTC/USD\",\"asks\":[{asks}],\
             \"bids\":[{bids}]{sum},\"timestamp\":\"2023-10-04T16:00:00Z\"}}]}}"
        )
    };
    let sum = format!(",\"checksum\":{sum}");
    vec![frame("snapshot", asks, bids, ""), frame("update", &[], std::slice::from_ref(last), &sum)]
}

#[test]
fn the_worked_examples_of_krakens_guides_are_reproduced() {
    let Some(path) = shared("kraken-ws/kraken_checksum_vectors.json") else { return };
    let vectors: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path).expect("it can be read")).expect("it is JSON");
    let frames: [(&str, Frames); 2] = [("v1", frames_of_v1), ("v2", frames_of_v2)];
    for (version, frames) in frames {
        let vector = &vectors[version];
        let levels = |side: &str| vector[side].as_array().expect("levels").clone();
        let (asks, mut bids) = (levels("asks"), levels("bids"));
        let last = bids.pop().expect("ten levels");
        let lines = frames(&asks, &bids, &last, &vector["checksum"]);
        let report = check(&written(version, &lines), &ImportOptions::default());
        let sums = report.checksums.expect("a capture is compared");
        assert_eq!((sums.equal, sums.compared), (1, 1), "{version}: {report}");
    }
}

const SNAPSHOT: &str =
    r#"1700000000.5: [1,{"as":[["10.2","1.0","1700000000.1"]],"bs":[["10.1","2.0","1700000000.2"]]},"book-10","A/B"]"#;

fn lines(of: &[&str]) -> Vec<String> {
    of.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn a_wrong_checksum_is_told_where_it_stands() {
    let update = r#"1700000001.5: [1,{"b":[["10.1","3.0","1700000001.1"]],"c":"12345"},"book-10","A/B"]"#;
    expect_test::expect![[
        r#"E-MD-056 wrong-checksum.txt:2:60 checksum: found a book of "A/B" with checksum 477957957 allowed 12345"#
    ]]
    .assert_eq(&tape("wrong-checksum", &lines(&[SNAPSHOT, update])).expect_err("a wrong checksum"));
}

#[test]
fn a_book_is_cut_to_its_depth_and_what_is_cut_leaves_the_tape() {
    let level = |price: u32| format!("[\"{price}.0\",\"1\",\"1700000000.1\"]");
    let asks: Vec<String> = (101..=110).map(level).collect();
    let snapshot =
        format!("[1,{{\"as\":[{}],\"bs\":[[\"90.0\",\"1\",\"1700000000.1\"]]}},\"book-10\",\"A/B\"]", asks.join(","));
    let update = r#"[1,{"a":[["100.0","2","1700000001.1"]]},"book-10","A/B"]"#.to_owned();
    let tape = tape("depth", &[snapshot, update]).expect("a sound capture");
    let changes: Vec<_> =
        tape.rows().iter().rev().take(2).map(|row| (row.kind(), row.price.0, row.qty().0, row.last())).collect();
    assert_eq!(changes, [(RowKind::Ask, 110, 0, true), (RowKind::Ask, 100, 2, false)]);
}

#[test]
fn a_second_snapshot_removes_what_it_leaves_out() {
    let again = r#"1700000002.5: [1,{"as":[["10.3","1.0","1700000001.1"]],"bs":[["10.1","2.0","1700000000.2"]]},"book-10","A/B"]"#;
    let tape = tape("again", &lines(&[SNAPSHOT, again])).expect("a sound capture");
    let gone: Vec<_> =
        tape.rows().iter().filter(|row| row.qty().is_zero()).map(|row| (row.kind(), row.price.0)).collect();
    assert_eq!(gone, [(RowKind::Ask, 102)]);
}

#[test]
fn what_is_no_capture_is_refused_where_it_stands() {
    let cases = [
        ("no-snapshot", vec![r#"[1,{"b":[["10.1","3.0","1700000001.1"]]},"book-10","A/B"]"#]),
        ("cut", vec![SNAPSHOT, r#"1700000001.5: [1,{"b":[["10.1","3.0","17"#]),
        ("stranger", vec![SNAPSHOT, r#"1700000001.5: {"stream":"x"}"#]),
        ("exponent", vec![SNAPSHOT, r#"[1,{"b":[["1e1","3.0","1700000001.1"]]},"book-10","A/B"]"#]),
        ("negative", vec![SNAPSHOT, r#"[1,{"b":[["10.1","-3.0","1700000001.1"]]},"book-10","A/B"]"#]),
        ("short-level", vec![SNAPSHOT, r#"[1,{"b":[["10.1"]]},"book-10","A/B"]"#]),
        (
            "two-venues",
            vec![
                SNAPSHOT,
                r#"{"arg":{"channel":"books","instId":"A-B"},"action":"update","data":[{"asks":[],"bids":[],"ts":"1700000000000"}]}"#,
            ],
        ),
        ("early", vec![SNAPSHOT, r#"17.5: [1,{"b":[["10.1","3.0","1700000001.1"]]},"book-10","A/B"]"#]),
        ("crossed", vec![SNAPSHOT, r#"[1,{"b":[["10.2","3.0","1700000001.1"]]},"book-10","A/B"]"#]),
        ("notes", vec!["wss://ws.kraken.com <-> 1618678132.38", r#"{"event":"heartbeat"}"#]),
        (
            "sequence",
            vec![
                r#"{"arg":{"channel":"books","instId":"A-B"},"action":"snapshot","data":[{"asks":[["2","1","0","1"]],"bids":[["1","1","0","1"]],"ts":"1700000000000","prevSeqId":-1,"seqId":7}]}"#,
                r#"{"arg":{"channel":"books","instId":"A-B"},"action":"update","data":[{"asks":[],"bids":[["1","2","0","1"]],"ts":"1700000000100","prevSeqId":8,"seqId":9}]}"#,
            ],
        ),
        (
            "trade-twice",
            vec![
                r#"{"arg":{"channel":"trades","instId":"A-B"},"data":[{"instId":"A-B","tradeId":"5","px":"2","sz":"1","side":"buy","ts":"1700000000000"}]}"#,
                r#"{"arg":{"channel":"trades","instId":"A-B"},"data":[{"instId":"A-B","tradeId":"5","px":"2","sz":"1","side":"buy","ts":"1700000000000"}]}"#,
            ],
        ),
    ];
    let found: Vec<String> = cases.iter().map(|(name, of)| tape(name, &lines(of)).expect_err(name)).collect();
    expect_test::expect![[r#"
        E-MD-051 no-snapshot.txt:1:1 snapshot: found changes of "A/B" and no snapshot before allowed a snapshot first
        E-MD-041 cut.txt:2:41 b: found the end of the line allowed a whole JSON frame
        E-MD-044 stranger.txt:2:15: found "{\"stream\":\"x\"}" allowed a frame of Kraken's or OKX's public streams
        E-MD-017 exponent.txt:2:12 bids: found "1e1" allowed digits with at most one '.' between them
        E-MD-020 negative.txt:2:19 bids: found "-3.0" allowed a number not below zero
        E-MD-044 short-level.txt:2:4: found "{\"b\":[[\"10.1\"]]}" allowed [price, volume, time]
        E-MD-044 two-venues.txt:2:1: found frames of two venues allowed one venue in a capture
        E-MD-022 early.txt:2:1 local: found "17.5" allowed seconds from 2000-01-01 to 2100-01-01 UTC
        E-MD-053 crossed.txt:2:1 book: found bid 10.2 and ask 10.2 allowed a bid below the ask after a whole message
        E-MD-008 notes.txt: found replies and notes, and no market data allowed frames of Kraken's or OKX's public streams
        E-MD-050 sequence.txt:2:1 prevSeqId: found 8 allowed 7, the id of the message before
        E-MD-060 trade-twice.txt:2:79 trade id: found "5" allowed an id above 5"#]].assert_eq(&found.join("\n"));
}
