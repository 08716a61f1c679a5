//! Order-by-order sources. The oracles are the exchanges: the book published after every message,
//! and a feed that never takes from an order what is not there.
#![cfg(feature = "simulator")]

use std::path::{Path, PathBuf};

use seatrial::data::{CheckReport, ImportOptions, OrderRowKind, RowKind, Tape, check, import};
use seatrial::market::{Book, OrderAct, Side};

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

fn checked(name: &str) -> Option<CheckReport> {
    let report = check(&shared(name)?, &ImportOptions::default());
    println!("{report}");
    Some(report)
}

fn tape(name: &str) -> Option<Tape> {
    Some(import(&shared(name)?, &ImportOptions::default()).unwrap_or_else(|bad| panic!("{bad}")))
}

fn count(tape: &Tape, act: OrderAct) -> usize {
    tape.orders().iter().filter(|row| row.kind() == OrderRowKind::Order(act)).count()
}

/// Every transition equals the published row, and so does a book that never starts again.
fn lobster(name: &str, transitions: u64, revealed: Option<u64>) {
    let Some(report) = checked(name) else { return };
    let rows = report.published_rows.expect("the order-book file lies beside it");
    assert_eq!((rows.equal, rows.compared), (transitions, transitions), "cargo test --test data_orders");
    assert_eq!(rows.chain_differs, 0);
    if let Some(revealed) = revealed {
        assert_eq!(rows.revealed, revealed);
    }
    assert!(report.usable);
}

#[test]
fn lobsters_messages_make_lobsters_books() {
    lobster("lobster/GOOG_2012-06-21_34200000_57600000_message_10.csv.gz", 147_915, Some(44_451));
    lobster("lobster/MSFT_2012-06-21_34200000_37800000_message_50.csv.gz", 999, None);
}

#[test]
fn shanghais_feed_takes_nothing_that_is_not_there() {
    let Some(report) = checked("sse-l2/600519_2023-02-07_morning.log.gz") else { return };
    assert!(report.usable);
    let Some(tape) = tape("sse-l2/600519_2023-02-07_morning.log.gz") else { return };
    assert_eq!((count(&tape, OrderAct::Add), count(&tape, OrderAct::Execute)), (20_957, 334 + 11_203));
}

#[test]
fn bitstamps_trades_are_those_of_resting_orders() {
    let Some(report) = checked("bitstamp-l3/orders_2015-05-01_part1.csv.gz") else { return };
    assert!(report.usable);
}

#[test]
fn databentos_book_is_whole_after_its_snapshot() {
    let Some(report) = checked("cme-mbo/esh4-glbx-mdp3-20231225.mbo.dbn.zst") else { return };
    assert!(report.usable);
    let Some(tape) = tape("cme-mbo/esh4-glbx-mdp3-20231225.mbo.dbn.zst") else { return };
    assert_eq!((count(&tape, OrderAct::Add), count(&tape, OrderAct::Print)), (29_216, 2_973));
    let levels = tape.levels().expect("orders make levels");
    let mut book = Book::new();
    for row in levels.rows() {
        let side = match row.kind() {
            RowKind::Bid => Side::Buy,
            RowKind::Ask => Side::Sell,
            _ => continue,
        };
        book.set(side, row.price, row.qty());
    }
    let best = |side| book.best(side).map(|(price, _)| (price.0, levels.price_unit.to_string()));
    println!("final best {:?} {:?}", best(Side::Buy), best(Side::Sell));
}

fn refused(name: &str, text: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data_orders");
    std::fs::create_dir_all(&folder).expect("the target directory takes a folder");
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the target directory takes a file");
    let bad = import(&path, &ImportOptions::default()).expect_err(name);
    bad.to_string().replace(&format!("{}/", folder.display()), "")
}

#[test]
fn what_no_book_can_do_is_refused_where_it_stands() {
    let sse = |order: &str, qty: i64, kind: i64| {
        format!(
            "//SecurityIDSource=101 MsgType=192 SecurityID=600519 OrdType={kind} Side=66 OrderNo={order} Price=1000 \
             OrderQty={qty} TransactTime=9300000 BizIndex={order}\n"
        )
    };
    let bitstamp = "id,timestamp,exchange.timestamp,price,volume,action,direction\n";
    let row = |id: u32, time: u32, volume: &str, action: &str| {
        format!("{id},14304384{time:05},1430438404000,236.47,{volume},{action},bid\n")
    };
    let cases = [
        ("twice_2023-02-07.log", sse("1", 1_000, 65) + &sse("1", 1_000, 65)),
        ("unknown_2023-02-07.log", sse("1", 1_000, 65) + &sse("2", 1_000, 68)),
        ("more-than-left_2023-02-07.log", sse("1", 1_000, 65) + &sse("1", 2_000, 68)),
        ("no-day.log", sse("1", 1_000, 65)),
        ("twice.csv", format!("{bitstamp}{}{}", row(1, 4_518, "5", "created"), row(1, 4_519, "5", "created"))),
        ("grows.csv", format!("{bitstamp}{}{}", row(1, 4_518, "5", "created"), row(1, 4_519, "6", "changed"))),
        ("negative.csv", format!("{bitstamp}{}", row(1, 4_518, "-5", "created"))),
        ("backwards.csv", format!("{bitstamp}{}{}", row(1, 4_518, "5", "created"), row(2, 4_517, "5", "created"))),
        ("X_2012-06-21_message_1.csv", "34200.1,1,7,-100,5794000,1\n".to_owned()),
        ("Y_2012-06-21_message_1.csv", "34200.1,1,7,100,5794000,1\n34200.0,3,7,100,5794000,1\n".to_owned()),
        ("Z_message_1.csv", "34200.1,1,7,100,5794000,1\n".to_owned()),
        ("cut.dbn", "DBN\u{1}".to_owned()),
    ];
    let found: Vec<String> = cases.iter().map(|(name, text)| refused(name, text)).collect();
    expect_test::expect![[r#"
        E-MD-057 twice_2023-02-07.log:2:1 order: found order 1 added again allowed an id that is not resting
        E-MD-058 unknown_2023-02-07.log:2:1 order: found order 2, which is not resting allowed an order of a book that is whole
        E-MD-059 more-than-left_2023-02-07.log:2:1 Qty: found 2 of order 1 allowed at most the 1 left
        E-MD-064 no-day.log date: found a name without a day allowed a day such as 2012-06-21
          hint: give it with --date YYYY-MM-DD
        E-MD-057 twice.csv:3:1 order: found order 1 added again allowed an id that is not resting
        E-MD-059 grows.csv:3:38 volume: found "6" allowed at most the 0.00000005 that was left
        E-MD-020 negative.csv:2:38 volume: found "-5" allowed a number not below zero
        E-MD-024 backwards.csv:3:3 timestamp: found "1430438404517" allowed a time not before 2015-05-01T00:00:04.518Z
        E-MD-020 X_2012-06-21_message_1.csv:1:13 size: found "-100" allowed a number above zero
        E-MD-024 Y_2012-06-21_message_1.csv:2:1 time: found 2012-06-21T13:30:00Z allowed a time not before 2012-06-21T13:30:00.1Z
        E-MD-064 Z_message_1.csv date: found a name without a day allowed a day such as 2012-06-21
          hint: give it with --date YYYY-MM-DD
        E-MD-065 cut.dbn:0:0: found a damaged Databento file allowed whole records of a DBN version that is known"#]].assert_eq(&found.join("\n"));
}

/// A Databento file cut anywhere is refused; never a panic.
#[test]
fn a_cut_databento_file_is_refused() {
    let Some(path) = shared("cme-mbo/esh4-glbx-mdp3-20231225.mbo.dbn.zst") else { return };
    let packed = std::fs::read(path).expect("it can be read");
    let plain = zstd::decode_all(&packed[..]).expect("it is zstd");
    let cut = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cut.dbn");
    for length in [4, 8, 100, 5_000, plain.len() / 2 + 1] {
        std::fs::write(&cut, &plain[..length]).expect("the target directory takes a file");
        assert!(import(&cut, &ImportOptions::default()).is_err(), "cut at {length}");
    }
}
