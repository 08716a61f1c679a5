//! Raw Binance captures. The oracle is the exchange itself: after every depth update that can be
//! compared, best bid and ask must equal, in price and quantity, the best quote it sent on an
//! independent stream. Small captures by hand pin the rules of synchronisation.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};

use seatrial::data::{CheckReport, ImportOptions, Row, RowKind, Tape, check, import};
use seatrial::market::Span;

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

/// Checks a real capture against the exchange's best quotes. Rows and messages were counted by a
/// script of its own: the snapshot's levels, the levels of every update after it, and the trades.
fn against_best_quotes(name: &str, comparable: u64, rows: u64, messages: u64) {
    let Some(path) = shared(name) else { return };
    let report: CheckReport = check(&path, &ImportOptions::default());
    println!("{report}");
    let quotes = report.best_quotes.expect("a capture is compared");
    assert!(quotes.comparable > 0, "nothing was compared");
    assert_eq!((quotes.equal, quotes.comparable), (comparable, comparable), "cargo test --test data_binance {name}");
    assert!(report.usable, "{report}");
    let info = report.info.expect("a usable capture has contents");
    assert_eq!((info.records, info.messages), (rows, messages));
    let latency = info.latency.expect("rows have latency");
    assert_eq!(latency.min_ns, 0, "the smallest shift leaves one message without latency");
    assert!(latency.p99_ns < 1_000_000_000, "{latency:?}");
}

#[test]
fn spot_book_equals_the_exchanges_best_quotes() {
    against_best_quotes("binance-l2/spot_btcusdt_20240808.gz", 3_449, 135_830, 13_207);
}

#[test]
fn usd_m_book_equals_the_exchanges_best_quotes() {
    against_best_quotes("binance-l2/usdm_btcusdt_20240808.gz", 6_545, 466_575, 27_861);
}

#[test]
fn coin_m_book_equals_the_exchanges_best_quotes() {
    against_best_quotes("binance-l2/cm_btcusd_perp_20240808.gz", 26_807, 300_033, 29_111);
}

/// Writes a capture to a file of its own and imports it.
fn imported(name: &str, lines: &[&str]) -> Result<Tape, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data_binance");
    fs::create_dir_all(&folder).expect("the target directory takes a folder");
    let path = folder.join(format!("{name}.txt"));
    fs::write(&path, lines.join("\n") + "\n").expect("the target directory takes a file");
    import(&path, &ImportOptions::default()).map_err(|bad| {
        let text = bad.to_string();
        text.replace(&folder.display().to_string(), "")
    })
}

/// A row as (exchange ms, local − exchange in ms, kind, price, quantity, last).
fn shown(tape: &Tape) -> Vec<(i64, i64, RowKind, i64, i64, bool)> {
    let one = |row: &Row| {
        let exchange = row.exchange.0 / 1_000_000 - 1_700_000_000_000;
        (exchange, row.latency().0 / 1_000_000, row.kind(), row.price.0, row.qty().0, row.last())
    };
    tape.rows().iter().map(one).collect()
}

const SNAPSHOT: &str = r#"1700000000100000000 {"lastUpdateId":100,"T":1700000000090,"E":1700000000091,"bids":[["10.0","1"],["9.9","2"]],"asks":[["10.1","3"]]}"#;

fn futures(local: u64, exchange: u64, ids: (u64, u64, u64), bids: &str, asks: &str) -> String {
    let (first, last, previous) = ids;
    format!(
        r#"{} {{"stream":"x@depth@0ms","data":{{"e":"depthUpdate","E":{exchange},"T":{exchange},"s":"X","U":{first},"u":{last},"pu":{previous},"b":{bids},"a":{asks}}}}}"#,
        1_700_000_000_000_000_000 + local * 1_000_000,
        exchange = 1_700_000_000_000 + exchange,
    )
}

#[test]
fn updates_before_the_snapshot_wait_and_bridge_it() {
    let contained = futures(50, 40, (80, 90, 79), r#"[["5.0","9"]]"#, "[]");
    let bridging = futures(95, 92, (95, 105, 90), r#"[["10.0","0"]]"#, r#"[["10.2","4.5"]]"#);
    let after = futures(130, 120, (110, 110, 105), r#"[["9.9","7"]]"#, "[]");
    let tape = imported("bridge", &[&contained, &bridging, SNAPSHOT, &after]).expect("a sound capture");
    let expected = vec![
        (90, 10, RowKind::Bid, 100, 10, false),
        (90, 10, RowKind::Bid, 99, 20, false),
        (90, 10, RowKind::Ask, 101, 30, true),
        // It arrived before the snapshot, and is delivered with it.
        (92, 8, RowKind::Bid, 100, 0, false),
        (92, 8, RowKind::Ask, 102, 45, true),
        (120, 10, RowKind::Bid, 99, 70, true),
    ];
    assert_eq!(shown(&tape), expected, "units follow the finest decimals: 0.1 and 0.1");
    assert_eq!((tape.symbol.as_str(), tape.provenance.shift_ns), ("X", 0));
}

#[test]
fn a_later_snapshot_removes_what_it_leaves_out_and_keeps_what_lies_beyond_it() {
    let after = futures(130, 120, (101, 110, 100), r#"[["9.5","7"],["9.8","1"]]"#, r#"[["10.3","1"]]"#);
    let snapshot = r#"1700000000200000000 {"lastUpdateId":150,"T":1700000000190,"E":1700000000191,"bids":[["10.0","1"],["9.7","2"]],"asks":[["10.1","3"],["10.2","1"]]}"#;
    let next = futures(230, 220, (140, 151, 130), "[]", "[]");
    let tape = imported("again", &[SNAPSHOT, &after, snapshot, &next]).expect("a sound capture");
    let expected = vec![
        (190, 10, RowKind::Bid, 98, 0, false),
        (190, 10, RowKind::Bid, 99, 0, false),
        (190, 10, RowKind::Bid, 100, 1, false),
        (190, 10, RowKind::Bid, 97, 2, false),
        (190, 10, RowKind::Ask, 101, 3, false),
        (190, 10, RowKind::Ask, 102, 1, true),
    ];
    assert_eq!(shown(&tape)[6..], expected, "9.5 and 10.3 lie beyond the snapshot and stay");
}

#[test]
fn a_gap_is_an_error_that_names_its_line() {
    let first = futures(130, 120, (101, 110, 100), "[]", "[]");
    let late = futures(140, 130, (113, 120, 112), "[]", "[]");
    let error = imported("gap", &[SNAPSHOT, &first, &late]).expect_err("a gap");
    assert_eq!(error, "E-MD-050 /gap.txt:3:1 pu: found 112 allowed 110, the update after 110");
}

#[test]
fn a_spot_snapshot_without_a_time_takes_the_next_updates() {
    let snapshot = r#"1700000000100000000 {"lastUpdateId":100,"bids":[["10.0","1"]],"asks":[["10.1","3"]]}"#;
    let update = r#"1700000000150000000 {"stream":"x@depth@100ms","data":{"e":"depthUpdate","E":1700000000140,"s":"X","U":101,"u":103,"b":[],"a":[["10.1","2"]]}}"#;
    let tape = imported("spot", &[snapshot, update]).expect("a sound capture");
    let shift = 40;
    assert_eq!(tape.provenance.shift_ns, Span::from_millis(shift).0, "the snapshot was there before it happened");
    let expected = vec![
        (140, 0, RowKind::Bid, 100, 1, false),
        (140, 0, RowKind::Ask, 101, 3, true),
        (140, 10 + shift, RowKind::Ask, 101, 2, true),
    ];
    assert_eq!(shown(&tape), expected);
}

#[test]
fn trades_say_who_took_and_insurance_fills_are_passed_over() {
    let trade = |id: u64, kind: &str, maker: bool| {
        format!(
            r#"17000000002{id}000000 {{"stream":"x@trade","data":{{"e":"trade","E":1700000000190,"T":1700000000180,"s":"X","t":{id},"p":"10.1","q":"0.5"{kind},"m":{maker}}}}}"#
        )
    };
    let lines =
        [trade(11, r#","X":"MARKET""#, true), trade(12, r#","X":"INSURANCE_FUND""#, false), trade(13, "", false)];
    let tape = imported("trades", &[&lines[0], &lines[1], &lines[2]]).expect("a sound capture");
    let kinds: Vec<RowKind> = tape.rows().iter().map(Row::kind).collect();
    assert_eq!(kinds, [RowKind::TradeSell, RowKind::TradeBuy], "a buyer who made means a seller who took");
    assert_eq!(tape.provenance.skipped, 1);
}
