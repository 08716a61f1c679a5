//! Bars and trades from text: every spelling gives the same integers, and the real files hold
//! what their origin says they hold.
#![cfg(feature = "simulator")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use seatrial::data::{CheckReport, ImportOptions, Row, RowKind, Tape, check, import};
use seatrial::market::{Bar, Span};

fn written(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data_text");
    fs::create_dir_all(&folder).expect("the target directory takes a folder");
    let path = folder.join(name);
    fs::write(&path, text).expect("the target directory takes a file");
    path
}

fn tape(name: &str, text: &str) -> Tape {
    import(&written(name, text), &ImportOptions::default()).expect("a sound file")
}

fn shown(bar: &Bar) -> [i64; 6] {
    [bar.opened.0 / 1_000_000_000, bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.volume.0]
}

const EXPECTED: [[i64; 6]; 2] = [
    [1_583_020_800, 852_361, 855_923, 851_111, 855_276, 180_952],
    [1_583_020_860, 855_530, 855_747, 853_240, 854_825, 46_000],
];

#[test]
fn every_spelling_of_bars_gives_the_same() {
    let ours = "open_time_ms,open,high,low,close,volume_base\n1583020800000,8523.61000000,8559.23,8511.11,8552.76,180.95200\n1583020860000,8555.30,8557.47,8532.40,8548.25,46\n";
    let written = "timestamp,open,high,low,close,volume\r\n2020-03-01 00:00:00.000000,8523.61,8559.23,8511.11,8552.76,180.952\r\n2020-03-01T00:01:00Z,8555.3,8557.47,8532.4,8548.25,46.0\r\n";
    let binance = "1583020800000,8523.61,8559.23,8511.11,8552.76,180.952,1583020859999,1,2,3,4,0\n1583020860000,8555.30,8557.47,8532.40,8548.25,46,1583020919999,1,2,3,4,0\n";
    let kraken =
        "1583020800,8523.61,8559.23,8511.11,8552.76,180.952,17\n1583020860,8555.30,8557.47,8532.40,8548.25,46,9";
    let shuffled = "Volume,Close,\"Low\",High,Open,Time\n180.952,8552.76,8511.11,\"8559.23\",8523.61,1583020800000000\n46,8548.25,8532.40,8557.47,8555.30,1583020860000000\n";
    let futures = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n1583020800000,8523.61,8559.23,8511.11,8552.76,180.952,1583020859999,1,2,3,4,0\n1583020860000,8555.30,8557.47,8532.40,8548.25,46,1583020919999,1,2,3,4,0\n";
    let first = tape("ours.csv", ours);
    assert_eq!(first.bars().iter().map(shown).collect::<Vec<_>>(), EXPECTED);
    assert_eq!((first.price_unit.to_string(), first.qty_unit.to_string()), ("0.01".to_owned(), "0.001".to_owned()));
    assert_eq!(first.cadence, Span::from_mins(1));
    for (name, text) in
        [("written", written), ("binance", binance), ("kraken", kraken), ("shuffled", shuffled), ("futures", futures)]
    {
        assert_eq!(tape(name, text).hash, first.hash, "{name}");
    }
}

#[test]
fn missing_bars_are_gaps_and_are_not_made_up() {
    let text = "time,open,high,low,close,volume\n1583020800,1,1,1,1,1\n1583020860,1,1,1,1,1\n1583021100,1,1,1,1,1\n";
    let report = check(&written("gaps.csv", text), &ImportOptions::default());
    assert_eq!(report.info.as_ref().map(|info| info.records), Some(3));
    assert_eq!(report.counts.get("W-MD-101"), Some(&1));
    let finding = report.findings[0].to_string();
    assert!(
        finding.ends_with(
            "gaps.csv:4:1 time: found 3 bars missing before 2020-03-01T00:05:00Z allowed a bar for every step"
        ),
        "{finding}"
    );
    assert!(report.usable);
}

#[test]
fn a_check_goes_on_after_what_it_finds() {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for minute in 0..50 {
        let open = if minute % 2 == 0 { "1" } else { "x" };
        writeln!(text, "{},{open},1,1,1,1", 1_583_020_800 + minute * 60).expect("a String takes every write");
    }
    let report = check(&written("many.csv", &text), &ImportOptions::default());
    assert_eq!((report.findings.len(), report.counts.get("E-MD-017")), (20, Some(&25)), "twenty in full, all counted");
    assert!(!report.usable && report.to_string().ends_with("not usable"));
    let json = serde_json::to_value(&report).expect("a report is JSON");
    assert_eq!(json["findings"][0]["place"]["line"]["line"], 3);
}

#[test]
fn prices_in_another_unit_are_pointed_at() {
    let text = "time_s,price,volume\n1583020800,8523.5,1\n1583020801,852350,1\n1583020802,8523.5,1\n";
    let report = check(&written("units.csv", text), &ImportOptions::default());
    assert_eq!(report.counts.get("W-MD-103"), Some(&2), "{report}");
}

#[test]
fn trades_know_their_taker_where_the_file_says_it() {
    let sides = tape(
        "sides.csv",
        "timestamp_ms,trade_id,side,price,amount\n1570752011620,7,sell,0.5,23.00\n1570752011620,8,Buy,0.25,1.5\n",
    );
    let makers = tape(
        "makers.csv",
        "id,price,qty,quote_qty,time,is_buyer_maker\n7,0.5,23,1,1570752011620,true\n8,0.25,1.5,1,1570752011620,false\n",
    );
    let none = tape("none.csv", "1570752011.62,0.5,23\n1570752011.62,0.25,1.5\n");
    let kinds = |tape: &Tape| tape.rows().iter().map(Row::kind).collect::<Vec<_>>();
    assert_eq!(kinds(&sides), [RowKind::TradeSell, RowKind::TradeBuy]);
    assert_eq!(sides.hash, makers.hash);
    assert_eq!(kinds(&none), [RowKind::TradeUnknown, RowKind::TradeUnknown]);
    let row = none.rows()[1];
    assert_eq!((row.price.0, row.qty().0, row.exchange, row.last()), (25, 15, sides.rows()[1].exchange, true));
    assert_eq!(row.latency(), Span::ZERO, "no arrival is recorded");
}

/// Volumes with float noise are cut to 8 decimals, and to fewer where the greatest would not fit;
/// prices never are.
#[test]
fn volumes_are_cut_and_counted() {
    let bars = |volumes: [&str; 2]| {
        format!(
            "time,open,high,low,close,volume\n1583020800,1,1,1,1,{}\n1583020860,1.000000000001,2,1,1,{}\n",
            volumes[0], volumes[1]
        )
    };
    for (volumes, unit, expected) in [
        (["218102.59507500002", "1"], "0.00000001", [21_810_259_507_500, 100_000_000]),
        (["0.99999999999", "123456789012345"], "0.0001", [9_999, 1_234_567_890_123_450_000]),
    ] {
        let report = check(&written("noise.csv", &bars(volumes)), &ImportOptions::default());
        assert_eq!((report.usable, report.counts.get("W-MD-109")), (true, Some(&1)), "{report}");
        let tape = tape("noise.csv", &bars(volumes));
        assert_eq!(tape.qty_unit.to_string(), unit);
        assert_eq!(tape.bars().iter().map(|bar| bar.volume.0).collect::<Vec<_>>(), expected);
        assert_eq!(tape.bars()[1].open.0, 1_000_000_000_001);
    }
}

/// Law: converting to finer units and back changes nothing; coarser units hold what is a multiple
/// of them and refuse the rest by record.
#[test]
fn a_tape_is_counted_in_an_instruments_units() {
    let decimal = |text: &str| text.parse().expect("a decimal in a test");
    let trades = tape("units.csv", "1570752011.62,0.5,23\n1570752011.62,0.25,1.5\n");
    let finer = trades.clone().in_units(decimal("0.0001"), decimal("0.05")).expect("finer units hold it");
    assert_eq!((finer.rows()[1].price.0, finer.rows()[1].qty().0, finer.hash), (2_500, 30, trades.hash));
    assert_eq!(finer.clone().in_units(trades.price_unit, trades.qty_unit).expect("and back"), trades);
    let odd = trades.clone().in_units(decimal("0.25"), decimal("0.5")).expect("multiples of both");
    assert_eq!((odd.rows()[0].price.0, odd.rows()[1].qty().0), (2, 3));
    let refused = trades.clone().in_units(decimal("0.5"), decimal("0.5")).expect_err("0.25 is half a unit");
    assert_eq!(
        refused.to_string(),
        "E-MD-019 units.csv:1:0 price: found 25 units of the tape allowed a multiple of the instrument's unit"
    );
    assert!(trades.in_units(decimal("0"), decimal("1")).is_err());
    let bars = tape("unit-bars.csv", "1583020800,1,1,1,1,2.75,1\n").in_units(decimal("0.1"), decimal("1"));
    let bars = bars.expect("a volume is cut");
    assert_eq!((bars.bars()[0].open.0, bars.bars()[0].volume.0), (10, 2));
}

fn real(name: &str) -> Option<CheckReport> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return None;
    }
    Some(check(&path, &ImportOptions::default()))
}

/// The counts are those the data's README gives; five of Bitstamp's 63,537 trades are of nothing.
#[test]
fn real_files_hold_what_their_origin_says() {
    let bars = [
        ("binance-klines-1m/BTCUSDT_1m_2020-03.csv.gz", 44_512, 128),
        ("binance-klines-1m/BTCUSDT_1m_2023-09.csv.gz", 43_200, 0),
        ("btc-perp-1m/btc-perp-20211231-20220201_1m.csv.gz", 45_031, 0),
    ];
    for (name, records, missing) in bars {
        let Some(report) = real(name) else { return };
        assert!(report.usable, "{report}");
        let info = report.info.as_ref().expect("a usable file has contents");
        assert_eq!((info.records, info.bar_seconds), (records, 60), "{report}");
        let gaps: u64 =
            report.findings.iter().filter(|bad| bad.code == "W-MD-101").map(|bad| leading(&bad.found)).sum();
        assert_eq!(gaps, missing, "{report}");
    }
    let trades = [
        ("btc-ticks/mtgox_btcusd_trades_2011-03.csv.gz", 3_152, 0),
        ("btc-ticks/bitstamp_btcusd_trades_2012-06_to_2012-12.csv.gz", 63_532, 5),
    ];
    for (name, records, nothing) in trades {
        let Some(report) = real(name) else { return };
        assert!(report.usable, "{report}");
        let info = report.info.expect("a usable file has contents");
        assert_eq!((info.records, info.trades, info.provenance.skipped), (records, records, nothing), "{name}");
    }
}

fn leading(text: &str) -> u64 {
    text.split(' ').next().and_then(|number| number.parse().ok()).expect("a gap begins with its length")
}
