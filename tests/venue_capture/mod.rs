//! Reads a raw Binance capture for tests and benches: frames in file order, prices and quantities
//! as whole units. Not the production importer, and independent of it.

#![allow(dead_code, reason = "each test and bench uses its own part")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;
use seatrial::market::{InstrumentId, LevelChange, MarketEvent, Price, Qty, Side, Timestamp, Trade};
use serde::Deserialize;

/// A level: price and quantity units.
pub type Level = (i64, i64);

/// One frame.
pub enum Frame {
    Depth { at_ms: i64, first: u64, last: u64, previous: Option<u64>, bids: Vec<Level>, asks: Vec<Level> },
    Snapshot { at_ms: i64, last: u64, bids: Vec<Level>, asks: Vec<Level> },
    Ticker { id: u64, bid: Level, ask: Level },
    Trade { at_ms: i64, price: i64, qty: i64, taker: Side },
}

/// Decimals of a price unit and of a quantity unit.
#[derive(Clone, Copy)]
pub struct Units {
    pub price: usize,
    pub qty: usize,
}

/// The data folder, if it is there.
pub fn data(file: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
    if path.exists() {
        Some(path)
    } else {
        println!("skipped: {} is not there", path.display());
        None
    }
}

/// The lines of a gzip file.
pub fn lines(file: &str) -> Option<impl Iterator<Item = String>> {
    let file = File::open(data(file)?).expect("the file can be opened");
    Some(BufReader::new(MultiGzDecoder::new(file)).lines().map(|line| line.expect("gzip text")))
}

#[derive(Deserialize)]
struct Wrapped<T> {
    data: T,
}

#[derive(Deserialize)]
struct DepthFrame<'a> {
    #[serde(rename = "E", default)]
    sent: i64,
    #[serde(rename = "T", default)]
    at: i64,
    #[serde(rename = "U")]
    first: u64,
    u: u64,
    pu: Option<u64>,
    #[serde(borrow)]
    b: Vec<[&'a str; 2]>,
    a: Vec<[&'a str; 2]>,
}

#[derive(Deserialize)]
struct SnapshotFrame<'a> {
    #[serde(rename = "lastUpdateId")]
    last: u64,
    #[serde(rename = "T", default)]
    at: i64,
    #[serde(borrow)]
    bids: Vec<[&'a str; 2]>,
    asks: Vec<[&'a str; 2]>,
}

#[derive(Deserialize)]
struct TickerFrame<'a> {
    u: u64,
    b: &'a str,
    #[serde(rename = "B")]
    bid_qty: &'a str,
    a: &'a str,
    #[serde(rename = "A")]
    ask_qty: &'a str,
}

#[derive(Deserialize)]
struct TradeFrame<'a> {
    #[serde(rename = "T")]
    at: i64,
    p: &'a str,
    q: &'a str,
    m: bool,
}

/// The frames of a capture, in file order, of streams that are not left out.
pub fn frames(file: &str, units: Units, left_out: &str) -> Option<Vec<Frame>> {
    let parse = |line: String| {
        let (_, json) = line.split_once(' ').expect("local time, then the frame");
        if json.contains("@depth") {
            let Wrapped { data } = serde_json::from_str::<Wrapped<DepthFrame>>(json).expect("a depth frame");
            let at_ms = if data.at == 0 { data.sent } else { data.at };
            let (bids, asks) = (levels(&data.b, units), levels(&data.a, units));
            Frame::Depth { at_ms, first: data.first, last: data.u, previous: data.pu, bids, asks }
        } else if json.contains("@bookTicker") {
            let Wrapped { data } = serde_json::from_str::<Wrapped<TickerFrame>>(json).expect("a ticker frame");
            let level = |price: &str, qty: &str| (whole(price, units.price), whole(qty, units.qty));
            Frame::Ticker { id: data.u, bid: level(data.b, data.bid_qty), ask: level(data.a, data.ask_qty) }
        } else if json.contains("@trade") {
            let Wrapped { data } = serde_json::from_str::<Wrapped<TradeFrame>>(json).expect("a trade frame");
            let taker = if data.m { Side::Sell } else { Side::Buy };
            let (price, qty) = (whole(data.p, units.price), whole(data.q, units.qty));
            Frame::Trade { at_ms: data.at, price, qty, taker }
        } else {
            let data = serde_json::from_str::<SnapshotFrame>(json).expect("the REST snapshot");
            let (bids, asks) = (levels(&data.bids, units), levels(&data.asks, units));
            Frame::Snapshot { at_ms: data.at, last: data.last, bids, asks }
        }
    };
    Some(lines(file)?.filter(|line| !line.contains(left_out)).map(parse).collect())
}

fn levels(rows: &[[&str; 2]], units: Units) -> Vec<Level> {
    rows.iter().map(|[price, qty]| (whole(price, units.price), whole(qty, units.qty))).collect()
}

/// A decimal as a whole number of units of so many decimals.
pub fn whole(text: &str, decimals: usize) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let (kept, rest) = part.split_at(part.len().min(decimals));
    assert!(rest.bytes().all(|digit| digit == b'0'), "{text} has more than {decimals} decimals");
    let mut units: i64 = whole.parse().expect("a number");
    for place in 0..decimals {
        units = units * 10 + kept.as_bytes().get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    units
}

/// The rows of one message; the last says that it is.
pub fn rows(bids: &[Level], asks: &[Level]) -> Vec<LevelChange> {
    let change = |side: Side| {
        move |&(price, qty): &Level| LevelChange {
            instrument: InstrumentId(0),
            side,
            price: Price(price),
            qty: Qty(qty),
            last: false,
        }
    };
    let mut rows: Vec<_> = bids.iter().map(change(Side::Buy)).chain(asks.iter().map(change(Side::Sell))).collect();
    if let Some(row) = rows.last_mut() {
        row.last = true;
    }
    rows
}

/// A mirror of the book, only to know which levels a snapshot no longer shows.
#[derive(Default)]
pub struct Mirror {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Mirror {
    pub fn apply(&mut self, bids: &[Level], asks: &[Level]) {
        for (levels, changes) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            for (price, qty) in changes {
                if *qty == 0 {
                    levels.remove(price)
                } else {
                    levels.insert(*price, *qty)
                };
            }
        }
    }

    /// The changes that replace the levels inside a snapshot's price range by the snapshot.
    pub fn replaced_by(&self, bids: &[Level], asks: &[Level]) -> (Vec<Level>, Vec<Level>) {
        let lowest = bids.iter().map(|(price, _)| *price).min().expect("a snapshot shows bids");
        let highest = asks.iter().map(|(price, _)| *price).max().expect("a snapshot shows asks");
        let gone = |(price, _): (&i64, &i64)| (*price, 0);
        let with = |mut all: Vec<Level>, shown: &[Level]| {
            all.extend_from_slice(shown);
            all
        };
        (
            with(self.bids.range(lowest..).map(gone).collect(), bids),
            with(self.asks.range(..=highest).map(gone).collect(), asks),
        )
    }
}

/// Depth, snapshot and trades as market events by exchange time, then file order.
pub fn tape(frames: &[Frame]) -> Vec<(Timestamp, MarketEvent)> {
    let time = |frame: &&Frame| match frame {
        Frame::Depth { at_ms, .. } | Frame::Snapshot { at_ms, .. } | Frame::Trade { at_ms, .. } => *at_ms,
        Frame::Ticker { .. } => 0,
    };
    let mut ordered: Vec<&Frame> = frames.iter().filter(|frame| !matches!(frame, Frame::Ticker { .. })).collect();
    ordered.sort_by_key(time);
    let mut mirror = Mirror::default();
    let mut tape = Vec::new();
    for frame in ordered {
        let at = Timestamp(time(&frame) * 1_000_000);
        let (bids, asks) = match frame {
            Frame::Depth { bids, asks, .. } => (bids.clone(), asks.clone()),
            Frame::Snapshot { bids, asks, .. } => mirror.replaced_by(bids, asks),
            Frame::Trade { price, qty, taker, .. } => {
                let trade =
                    Trade { instrument: InstrumentId(0), price: Price(*price), qty: Qty(*qty), taker: Some(*taker) };
                tape.push((at, MarketEvent::Trade(trade)));
                continue;
            }
            Frame::Ticker { .. } => continue,
        };
        mirror.apply(&bids, &asks);
        tape.extend(rows(&bids, &asks).into_iter().map(|row| (at, MarketEvent::Level(row))));
    }
    tape
}
