//! The matching engine against the Shanghai Stock Exchange: whatever days and symbols of derived orders
//! lie in `../shared/data/sse-l2` (its README says what they are), fed one by one.
//!
//! Every continuous trade must come out as the exchange printed it: taker, maker, side, price, quantity,
//! in its order. The auctions' price and volume are the engine's own. Every continuous-phase snapshot must
//! equal a state that was reached. States between two trades of one order count, so the snapshots are
//! compared with an [`OrderBook`] that hears nothing but what the engine says, word by word; that it
//! agrees with the engine's own book after every command is checked on the way.
//!
//! To repeat: `cargo test --no-default-features --features simulator --test matching_sse -- --nocapture`.

#![cfg(feature = "simulator")]

#[path = "venue_capture/mod.rs"]
mod venue_capture;

use std::collections::BTreeMap;

use seatrial::market::{OrderId, Price, Qty, Side, Timestamp};
use seatrial::venue::matching::{Arrival, Engine, Input, Match, OrderBook, Output, Phase, Terms, Tie};

const LEVELS: usize = 10;

type Ladder = Vec<(i64, i64)>;

/// A row of the derived orders.
struct Row {
    seq: u64,
    phase: String,
    cancel: bool,
    order: Arrival,
}

/// A row of the derived trades.
struct Printed {
    seq: u64,
    phase: String,
    trade: Match,
}

/// A continuous-phase snapshot: trades, volume in shares, turnover in 1/1000 CNY, bids and asks.
#[derive(Debug)]
struct Snapshot {
    volume: i64,
    turnover: i128,
    bids: Ladder,
    asks: Ladder,
}

fn fields(line: &str) -> Vec<&str> {
    line.split(',').collect()
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is a whole number"))
}

fn id(text: &str) -> OrderId {
    OrderId(text.parse().unwrap_or_else(|_| panic!("`{text}` is an order number")))
}

fn rows(file: &str) -> Vec<Row> {
    let lines = venue_capture::lines(file).expect("the folder named it").skip(1);
    let row = |line: String| {
        let f = fields(&line);
        let side = if f[5] == "B" { Side::Buy } else { Side::Sell };
        let order = Arrival::limit(id(f[4]), side, Price(number(f[6])), Qty(number(f[7])));
        Row { seq: number(f[0]).unsigned_abs(), phase: f[2].to_owned(), cancel: f[3] == "cancel", order }
    };
    lines.map(row).collect()
}

fn printed(file: &str) -> Vec<Printed> {
    let lines = venue_capture::lines(file).expect("every day has its trades").skip(1);
    let row = |line: String| {
        let f = fields(&line);
        let (taker, (buyer, seller)) = match f[5] {
            "S" => (Some(Side::Sell), (f[4], f[3])),
            "B" => (Some(Side::Buy), (f[3], f[4])),
            _ => (None, (f[3], f[4])),
        };
        let (buyer, seller) = (id(buyer), id(seller));
        let trade = Match { buyer, seller, taker, price: Price(number(f[6])), qty: Qty(number(f[7])) };
        Printed { seq: number(f[0]).unsigned_abs(), phase: f[2].to_owned(), trade }
    };
    lines.map(row).collect()
}

/// Continuous-phase snapshots by the count of trades they show.
fn snapshots(file: &str) -> BTreeMap<i64, Vec<Snapshot>> {
    let mut found: BTreeMap<i64, Vec<Snapshot>> = BTreeMap::new();
    for line in venue_capture::lines(file).expect("every day has its log") {
        let field: BTreeMap<&str, &str> = line.split_whitespace().filter_map(|part| part.split_once('=')).collect();
        if field.get("MsgType") != Some(&"111") || field.get("TradingPhase") != Some(&"2") {
            continue;
        }
        let get = |name: &str| number(field[name]);
        let ladder = |side: &str| -> Ladder {
            let level = |k| (get(&format!("{side}Level[{k}].Price")), get(&format!("{side}Level[{k}].Qty")) / 1_000);
            (0..LEVELS).map(level).filter(|(_, qty)| *qty != 0).collect()
        };
        let snapshot = Snapshot {
            volume: get("TotalVolumeTrade") / 1_000,
            turnover: i128::from(get("TotalValueTrade")) / 100,
            bids: ladder("Bid"),
            asks: ladder("Ask"),
        };
        found.entry(get("NumTrades")).or_default().push(snapshot);
    }
    found
}

fn ladder(book: &OrderBook, side: Side) -> Ladder {
    book.levels(side).take(LEVELS).map(|(price, qty)| (price.0, qty.0)).collect()
}

/// The engine, and the book of one who hears it.
struct Day {
    engine: Engine,
    heard: OrderBook,
    trades: Vec<Match>,
    volume: i64,
    turnover: i128,
    out: Vec<Output>,
    missing: BTreeMap<i64, Vec<Snapshot>>,
    snapshots: usize,
}

impl Day {
    fn tell(&mut self, input: &Input) {
        let mut out = std::mem::take(&mut self.out);
        self.engine.step(Timestamp(0), input, &mut out);
        for output in out.drain(..) {
            self.hear(&output);
            self.tick_off();
        }
        self.out = out;
        for side in [Side::Buy, Side::Sell] {
            assert_eq!(ladder(&self.heard, side), ladder(self.engine.book(), side), "after {input:?}");
        }
    }

    fn hear(&mut self, output: &Output) {
        match *output {
            Output::Traded(trade) => {
                let there = if trade.taker.is_none() { vec![trade.buyer, trade.seller] } else { vec![trade.maker()] };
                for id in there {
                    assert_eq!(self.heard.execute(id, trade.qty), Some(trade.qty), "{trade:?} of an order that rests");
                }
                self.volume += trade.qty.0;
                self.turnover += trade.qty.at(trade.price).0;
                self.trades.push(trade);
            }
            Output::Rested { id, side, price, shown } => assert!(self.heard.add(id, side, price, shown), "{output:?}"),
            Output::Cancelled(id, open, _) => assert_eq!(self.heard.delete(id), Some(open), "{output:?}"),
            Output::Accepted(_) | Output::Uncrossed(..) => {}
            _ => panic!("plain limit orders and cancels are never answered with {output:?}"),
        }
    }

    /// Snapshots that show this state are found.
    fn tick_off(&mut self) {
        let count = i64::try_from(self.trades.len()).expect("few");
        let Some(waiting) = self.missing.get_mut(&count) else { return };
        if waiting.is_empty() {
            return;
        }
        let (bids, asks) = (ladder(&self.heard, Side::Buy), ladder(&self.heard, Side::Sell));
        let before = waiting.len();
        waiting.retain(|shot| {
            let same = shot.volume == self.volume && shot.turnover == self.turnover;
            !(same && shot.bids == bids && shot.asks == asks)
        });
        self.snapshots += before - waiting.len();
    }

    /// An auction of a phase ends: its price and volume are the exchange's, or it traded nothing.
    fn uncross(&mut self, phase: &str, printed: &[Printed]) {
        let expected: Vec<Match> = printed.iter().filter(|row| row.phase == phase).map(|row| row.trade).collect();
        let before = self.trades.len();
        let (had, indicated) = (self.volume, self.engine.indication(None));
        self.tell(&Input::Uncross(None));
        let ours = &self.trades[before..];
        let volume: i64 = expected.iter().map(|trade| trade.qty.0).sum();
        assert_eq!(self.volume - had, volume, "{phase}: volume");
        assert_eq!(ours.first().map(|trade| trade.price), expected.first().map(|trade| trade.price), "{phase}: price");
        assert_eq!(indicated.map_or(0, |told| told.qty.0), volume, "{phase}: what was indicated");
        let pairs = ours.iter().zip(&expected).filter(|(a, b)| a == b).count();
        let price = expected.first().map_or(0, |trade| trade.price.0);
        println!("{phase}: {volume} shares at {price}, {pairs} of {} trades pair for pair", expected.len());
    }
}

fn check(stem: &str) {
    let rows = rows(&format!("sse-l2/{stem}_orders.csv.gz"));
    let printed = printed(&format!("sse-l2/{stem}_trades.csv.gz"));
    let missing = snapshots(&format!("sse-l2/{stem}.log.gz"));
    let shots: usize = missing.values().map(Vec::len).sum();
    let tick =
        if rows.iter().all(|row| row.order.kind.limit().is_some_and(|limit| limit.0 % 10 == 0)) { 10 } else { 1 };
    let terms = Terms { tick: Price(tick), tie: Tie::Middle, ..Terms::default() };
    let mut day = Day {
        engine: Engine::new(terms),
        heard: OrderBook::new(),
        trades: Vec::new(),
        volume: 0,
        turnover: 0,
        out: Vec::new(),
        missing,
        snapshots: 0,
    };
    // When the exchange uncrossed each auction.
    let mut uncrossed: BTreeMap<&str, u64> = BTreeMap::new();
    for row in printed.iter().filter(|row| row.trade.taker.is_none()) {
        uncrossed.entry(&row.phase).or_insert(row.seq);
    }
    let mut call: Option<&str> = None;
    for row in &rows {
        let auction = row.phase != "continuous";
        if let Some(phase) = call
            && (row.phase != phase || uncrossed.get(phase).is_some_and(|seq| *seq < row.seq))
        {
            day.uncross(phase, &printed);
            uncrossed.insert(phase, u64::MAX);
            call = None;
        }
        if auction && uncrossed.get(row.phase.as_str()) != Some(&u64::MAX) {
            call = Some(&row.phase);
        }
        let phase = if auction { Phase::Call } else { Phase::Continuous };
        if day.engine.phase() != phase {
            day.tell(&Input::Phase(phase));
        }
        day.tell(&if row.cancel { Input::Cancel(row.order.id) } else { Input::New(row.order) });
    }
    if let Some(phase) = call {
        day.uncross(phase, &printed);
    }
    let ours: Vec<&Match> = day.trades.iter().filter(|trade| trade.taker.is_some()).collect();
    let theirs: Vec<&Match> = printed.iter().map(|row| &row.trade).filter(|trade| trade.taker.is_some()).collect();
    let same = ours.iter().zip(&theirs).filter(|(a, b)| a == b).count();
    println!("{stem}: {same} of {} continuous trades, {} of {shots} snapshots", theirs.len(), day.snapshots);
    assert_eq!((same, ours.len()), (theirs.len(), theirs.len()), "continuous trades of {stem}");
    let lost: Vec<_> = day.missing.iter().filter(|(_, shots)| !shots.is_empty()).take(3).collect();
    assert_eq!(day.snapshots, shots, "snapshots of {stem}; not reached, by count of trades: {lost:#?}");
}

#[test]
fn every_trade_and_every_snapshot_of_the_exchange_is_reached() {
    let Some(folder) = venue_capture::data("sse-l2") else { return };
    let names = std::fs::read_dir(folder).expect("the folder can be read");
    let names = names.map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned());
    let mut stems: Vec<String> =
        names.filter_map(|name| name.strip_suffix("_orders.csv.gz").map(str::to_owned)).collect();
    stems.sort();
    assert!(!stems.is_empty(), "sse-l2 holds no derived orders");
    for stem in stems {
        check(&stem);
    }
}
