//! The book built from each capture's depth stream equals the exchange's own best-quote stream.
//!
//! Repeat with `cargo test --test venue_book_ticker`.
#![cfg(feature = "simulator")]

mod venue_capture;

use seatrial::market::{Book, Price, Qty, Side};
use venue_capture::{Frame, Level, Units, frames};

/// What a comparison came to.
#[derive(Debug, PartialEq, Eq)]
struct Compared {
    updates: usize,
    applied: usize,
    comparable: usize,
    equal: usize,
}

/// Snapshot, then every later update without a gap; after each, the best against the last ticker
/// whose id is not beyond it.
fn compare(file: &str, units: Units, futures: bool) -> Option<Compared> {
    let frames = frames(file, units, "@trade")?;
    let mut tickers: Vec<(u64, Level, Level)> = Vec::new();
    for frame in &frames {
        if let Frame::Ticker { id, bid, ask } = frame {
            tickers.push((*id, *bid, *ask));
        }
    }
    tickers.sort_by_key(|(id, ..)| *id);
    let snapshot = frames.iter().find_map(|frame| match frame {
        Frame::Snapshot { last, bids, asks, .. } => Some((*last, bids, asks)),
        _ => None,
    });
    let (snapshot_id, bids, asks) = snapshot.expect("a capture has one snapshot");
    let mut book = Book::new();
    show(&mut book, bids, asks);
    let mut compared = Compared { updates: 0, applied: 0, comparable: 0, equal: 0 };
    let mut before: Option<u64> = None;
    for frame in &frames {
        let Frame::Depth { first, last, previous, bids, asks, .. } = frame else { continue };
        compared.updates += 1;
        // Futures: drop what ended before the snapshot. Spot: what the snapshot has seen.
        if *last < snapshot_id + u64::from(!futures) {
            continue;
        }
        let follows = match before {
            None => *first <= snapshot_id + 1,
            Some(before) if futures => *previous == Some(before),
            Some(before) => *first == before + 1,
        };
        assert!(follows, "{file}: a gap before {first}; the last update was {before:?}, the snapshot {snapshot_id}");
        before = Some(*last);
        compared.applied += 1;
        show(&mut book, bids, asks);
        let known = tickers.partition_point(|(id, ..)| *id <= *last);
        if let Some((_, bid, ask)) = known.checked_sub(1).map(|known| tickers[known]) {
            compared.comparable += 1;
            let level = |(price, qty): Level| Some((Price(price), Qty(qty)));
            let same = book.best(Side::Buy) == level(bid) && book.best(Side::Sell) == level(ask);
            compared.equal += usize::from(same);
        }
    }
    println!("{file}: {compared:?}");
    Some(compared)
}

fn show(book: &mut Book, bids: &[Level], asks: &[Level]) {
    for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
        for (price, qty) in levels {
            book.set(side, Price(*price), Qty(*qty));
        }
    }
}

/// Every comparison is equal, and there are at least as many as the folder's README counts; it
/// leaves out a few at the ends of the capture that agree as well.
fn check(got: &Compared, counted: usize) {
    assert_eq!(got.equal, got.comparable);
    assert!(got.comparable >= counted, "{got:?}: the README counts {counted}");
}

#[test]
fn usdm_book_equals_its_ticker() {
    let got = compare("binance-l2/usdm_btcusdt_20240808.gz", Units { price: 1, qty: 3 }, true);
    let Some(got) = got else { return };
    assert_eq!((got.updates, got.applied), (6551, 6547));
    check(&got, 6545);
}

#[test]
fn spot_book_equals_its_ticker() {
    let got = compare("binance-l2/spot_btcusdt_20240808.gz", Units { price: 2, qty: 8 }, false);
    let Some(got) = got else { return };
    check(&got, 3449);
}

#[test]
fn coin_margined_book_equals_its_ticker() {
    let got = compare("binance-l2/cm_btcusd_perp_20240808.gz", Units { price: 1, qty: 0 }, true);
    let Some(got) = got else { return };
    check(&got, 26807);
}
