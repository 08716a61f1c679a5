//! What a recording shows is what a run knows: a touch without a book behind it, or trades and no book.
//!
//! Repeat with `cargo test --test sim_shows`.
#![cfg(feature = "simulator")]

#[allow(dead_code, reason = "two markets of it are played here")]
mod trial;
mod venue_desk;

use std::sync::Arc;

use expect_test::{Expect, expect};
use seatrial::audit::audit_records;
use seatrial::data::{Provenance, Records, Row, RowKind, Shows, Tape};
use seatrial::journal::Journal;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{Command, Contract, InstrumentId, MarketEvent, OrderId, Price, Qty, Quote, Span, Timestamp};
use seatrial::replay::replay;
use seatrial::sim::setup::MarketTape;
use seatrial::sim::{BarQuotes, Deliveries, Exchange, Feed, Setup, run};
use seatrial::venue::Venue;
use venue_desk::{config, limit, market, text};

fn tape(messages: &[&[(RowKind, i64, i64)]]) -> Tape {
    let mut rows = Vec::new();
    for (at, message) in (1..).zip(messages) {
        for (number, (kind, price, qty)) in (1..).zip(message.iter()) {
            let (time, last) = (Timestamp(at), number == message.len());
            rows.push(Row::new(time, time, Price(*price), Qty(*qty), *kind, last));
        }
    }
    Tape::new("T".to_owned(), (0, 0), Span::ZERO, Records::Rows(rows), Provenance::default())
}

/// A venue that hears a tape message by message.
struct Stage {
    feed: Feed,
    heard: Heard,
}

struct Heard {
    venue: Venue,
    said: String,
}

impl Exchange for Heard {
    fn apply(&mut self, now: Timestamp, event: &MarketEvent) {
        let mut said = Vec::new();
        self.venue.on_market(now, event, &mut said);
        self.said.push_str(&text(&said));
    }

    fn touch(&self, instrument: InstrumentId) -> Quote {
        self.venue.touch(instrument)
    }
}

impl Stage {
    fn new(tape: Tape) -> Self {
        let market = MarketTape { tape: Arc::new(tape), from: None, to: None };
        let quotes = BarQuotes { half_spread: Price(1), display_ppm: 500_000 };
        let feed = Feed::new(&market, InstrumentId(0), quotes, None);
        Self { feed, heard: Heard { venue: Venue::new(config(Contract::Linear)), said: String::new() } }
    }

    #[track_caller]
    fn hears(&mut self, expected: &Expect) {
        self.heard.said.clear();
        self.feed.advance(&mut self.heard);
        expected.assert_eq(&self.heard.said);
    }

    #[track_caller]
    fn sends(&mut self, id: u64, order: seatrial::market::NewOrder, expected: &Expect) {
        let mut said = Vec::new();
        let order = seatrial::market::NewOrder { id: OrderId(id), ..order };
        self.heard.venue.on_command(Timestamp(1), &Command::New(order), &mut said);
        expected.assert_eq(&text(&said));
    }
}

const BID: RowKind = RowKind::Bid;
const ASK: RowKind = RowKind::Ask;
const SOLD: RowKind = RowKind::TradeSell;
const BOUGHT: RowKind = RowKind::TradeBuy;

/// Behind a recorded touch somebody rests whom nobody recorded: an order there waits until the touch comes to it,
/// and then behind what is shown.
#[test]
fn behind_a_recorded_touch_nobody_is_first() {
    let tape = tape(&[
        &[(BID, 99, 10), (ASK, 101, 10)],
        &[(BID, 99, 0), (BID, 98, 40)],
        &[(SOLD, 98, 39)],
        &[(BID, 98, 1)],
        &[(SOLD, 98, 4)],
    ]);
    assert_eq!(tape.shows, Shows::Touch);
    let mut stage = Stage::new(tape);
    stage.hears(&expect![""]);
    stage.sends(1, limit(Buy, 98, 5), &expect!["#1 accepted"]);
    stage.hears(&expect![""]);
    stage.hears(&expect![""]);
    stage.hears(&expect![""]);
    stage.hears(&expect!["#1 bought 3 @ 98 maker"]);
}

/// The same rows with a level behind the touch are a book, and what it does not show is not there.
#[test]
fn behind_a_recorded_book_what_is_not_shown_is_not_there() {
    let tape =
        tape(&[&[(BID, 99, 10), (BID, 97, 1), (ASK, 101, 10)], &[(BID, 99, 0), (BID, 98, 40)], &[(SOLD, 98, 4)]]);
    assert_eq!(tape.shows, Shows::Depth);
    let mut stage = Stage::new(tape);
    stage.hears(&expect![""]);
    stage.sends(1, limit(Buy, 98, 5), &expect!["#1 accepted"]);
    stage.hears(&expect![""]);
    stage.hears(&expect!["#1 bought 4 @ 98 maker"]);
}

/// Of trades alone the touch is assumed: half a spread on each side of the last, a share of it displayed.
#[test]
fn around_a_trade_a_touch_is_assumed() {
    let tape = tape(&[&[(BOUGHT, 100, 20)], &[(SOLD, 97, 6)], &[(BOUGHT, 100, 8)], &[(BOUGHT, 104, 8)]]);
    assert_eq!(tape.shows, Shows::Trades);
    let mut stage = Stage::new(tape);
    stage.hears(&expect![""]);
    assert!(stage.feed.deliver().is_some(), "the print");
    let quote =
        Quote { instrument: InstrumentId(0), bid: Price(99), bid_qty: Qty(10), ask: Price(101), ask_qty: Qty(10) };
    assert_eq!(stage.feed.deliver().map(|delivery| delivery.event), Some(MarketEvent::Quote(quote)));
    // No more than is displayed, half a spread away from what printed.
    stage.sends(1, market(Buy, 14), &expect!["#1 accepted; #1 bought 10 @ 101 taker; #1 cancelled: Remainder"]);
    stage.sends(2, limit(Buy, 98, 8), &expect!["#2 accepted"]);
    // The print went through ours, and what is assumed to be offered below it reaches it, too.
    stage.hears(&expect!["#2 bought 6 @ 98 maker#2 bought 2 @ 98 maker"]);
    stage.sends(3, limit(Sell, 103, 5), &expect!["#3 accepted"]);
    stage.hears(&expect![""]);
    stage.hears(&expect!["#3 sold 5 @ 103 maker"]);
}

/// A strategy trades on trades alone, the journal replays and the audit is clean, with guards and without.
#[test]
fn a_run_on_trades_alone_is_a_run() {
    for shows in [Shows::Trades, Shows::Touch] {
        let full = trial::l2_tape(5);
        let of = |row: &&Row| match row.kind() {
            RowKind::Bid | RowKind::Ask => shows == Shows::Touch,
            _ => true,
        };
        let rows: Vec<Row> = full
            .rows()
            .iter()
            .filter(of)
            .map(|row| {
                // Every row is its own message: of a book that shows no more than one level of a side.
                Row::new(row.exchange, row.local, row.price, row.qty(), row.kind(), true)
            })
            .collect();
        let rows = if shows == Shows::Touch { touches(&rows) } else { rows };
        let decimals = (full.price_unit.scale(), full.qty_unit.scale());
        let tape = Tape::new("T".to_owned(), decimals, Span::ZERO, Records::Rows(rows), full.provenance);
        assert_eq!(tape.shows, shows);
        let mut setup: Setup = trial::setup(tape, Contract::Spot, "quoter");
        setup.venue.half_spread_ticks = vec![5];
        let ran = run(&setup, Journal::recording()).expect("it runs");
        let bare = run(&Setup { guards: false, ..setup.clone() }, Journal::in_memory()).expect("it runs");
        assert_eq!(ran.digest, bare.digest, "{shows:?}: guards change nothing");
        let records = ran.journal.into_records();
        let fills = records
            .iter()
            .filter(|record| {
                matches!(&record.body, seatrial::journal::Body::Truth(report)
            if matches!(report.kind, seatrial::market::ReportKind::Filled(_)))
            })
            .count();
        assert!(fills > 0, "{shows:?}: {fills} fills");
        let parity = replay(&setup, &records).expect("a strategy");
        assert_eq!(parity.difference, None, "{shows:?}");
        assert!(audit_records(&setup.header(), &records).is_clean(), "{shows:?}");
        assert!(Deliveries::new(&setup).count() > 100);
    }
}

/// The best level of each side, message by message.
fn touches(rows: &[Row]) -> Vec<Row> {
    let (mut book, mut shown, mut out) = (seatrial::market::Book::new(), [None; 2], Vec::new());
    for row in rows {
        let side = match row.kind() {
            RowKind::Bid => Buy,
            RowKind::Ask => Sell,
            _ => {
                out.push(*row);
                continue;
            }
        };
        book.set(side, row.price, row.qty());
        let best = book.best(side);
        let old = std::mem::replace(&mut shown[side as usize], best);
        if best == old {
            continue;
        }
        let gone = old.filter(|(price, _)| best.is_none_or(|(now, _)| now != *price));
        let level = |(price, qty): (Price, Qty), last| Row::new(row.exchange, row.local, price, qty, row.kind(), last);
        out.extend(gone.map(|(price, _)| level((price, Qty::ZERO), best.is_none())));
        out.extend(best.map(|best| level(best, true)));
    }
    out
}
