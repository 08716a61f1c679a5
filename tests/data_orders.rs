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
