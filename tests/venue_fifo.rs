//! The queue where every order is recorded (L3): first in, first out, and nothing assumed.
//!
//! Repeat with `cargo test --test venue_fifo`; a failed law prints its seed.
#![cfg(feature = "simulator")]

mod venue_desk;

use std::path::Path;

use expect_test::expect;
use proptest::prelude::*;
use seatrial::data::{ImportOptions, import};
use seatrial::market::Contract::Linear;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Command, InstrumentId, MarketEvent, OrderAct, OrderChange, OrderId, Price, PublicOrderId, Qty, ReportKind, Side,
    VenueMessage,
};
use seatrial::venue::matching::OrderBook;
use seatrial::venue::{QueueModel, Venue, VenueConfig};
use venue_desk::{Desk, config, limit, market};

fn with_guards(guards: bool) -> Desk {
    Desk::with(VenueConfig { queue: QueueModel::Fifo, guards, ..config(Linear) })
}

fn change(act: OrderAct, order: u64, side: Side, price: i64, qty: i64) -> MarketEvent {
    MarketEvent::Order(OrderChange {
        instrument: InstrumentId(0),
        order: PublicOrderId(order),
        side: Some(side),
        price: Price(price),
        qty: Qty(qty),
        act,
        last: true,
    })
}

fn add(desk: &mut Desk, order: u64, side: Side, price: i64, qty: i64) -> String {
    desk.market(change(OrderAct::Add, order, side, price, qty))
}

#[test]
fn where_every_order_is_recorded_nobody_guesses() {
    let mut desk = with_guards(true);
    add(&mut desk, 1, Buy, 99, 10);
    add(&mut desk, 2, Buy, 99, 20);
    add(&mut desk, 9, Sell, 101, 10);
    desk.limit(Buy, 99, 5);
    add(&mut desk, 3, Buy, 99, 50);
    // Who cancels behind us moves nothing, who cancels before us does: 20 of order 2 are left.
    desk.market(change(OrderAct::Modify, 3, Buy, 99, 30));
    desk.market(change(OrderAct::Cancel, 1, Buy, 99, 10));
    expect![""].assert_eq(&desk.market(change(OrderAct::Execute, 2, Buy, 99, 19)));
    // A larger quantity goes to the back, behind us: nobody is left before us.
    desk.market(change(OrderAct::Modify, 2, Buy, 99, 7));
    expect!["#1 bought 3 @ 99 maker"].assert_eq(&desk.market(change(OrderAct::Execute, 3, Buy, 99, 3)));
    expect!["#1 bought 2 @ 99 maker"].assert_eq(&desk.market(change(OrderAct::Execute, 2, Buy, 99, 7)));
}

#[test]
fn what_we_took_stays_taken_while_they_stand_there() {
    let mut desk = with_guards(true);
    add(&mut desk, 1, Sell, 101, 10);
    add(&mut desk, 2, Sell, 101, 10);
    expect!["#1 accepted; #1 bought 15 @ 101 taker"].assert_eq(&desk.send(market(Buy, 15)));
    // Four new ones join: they and the five that were left can be taken, and no more.
    add(&mut desk, 3, Sell, 101, 4);
    expect!["#2 accepted; #2 bought 2 @ 101 taker"].assert_eq(&desk.send(market(Buy, 2)));
    // Those of whom we took are gone; of three that are left nothing was ours.
    desk.market(change(OrderAct::Cancel, 1, Sell, 101, 10));
    desk.market(change(OrderAct::Cancel, 2, Sell, 101, 10));
    add(&mut desk, 4, Sell, 101, 3);
    expect!["#3 accepted; #3 bought 3 @ 101 taker; #3 cancelled: Remainder"].assert_eq(&desk.send(market(Buy, 9)));
    desk.market(change(OrderAct::Clear, 0, Sell, 0, 0));
    expect!["#4 rejected: NoMarket"].assert_eq(&desk.send(market(Buy, 1)));
}

#[test]
fn an_order_nobody_has_seen_moves_no_level() {
    let mut desk = with_guards(true);
    add(&mut desk, 1, Buy, 99, 10);
    desk.limit(Buy, 99, 5);
    desk.market(change(OrderAct::Cancel, 77, Buy, 99, 1_000));
    expect![""].assert_eq(&desk.market(change(OrderAct::Execute, 1, Buy, 99, 10)));
    add(&mut desk, 2, Buy, 99, 1);
    expect!["#1 bought 1 @ 99 maker"].assert_eq(&desk.market(change(OrderAct::Execute, 2, Buy, 99, 1)));
}

/// What may happen at one price, to the order of the public queue at some place.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add(i64),
    Cancel(usize),
    Shrink(usize),
    Grow(usize),
    /// The first in the queue trades so much.
    Trade(i64),
    Ours(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..20_i64).prop_map(Step::Add),
        1 => (0..8_usize).prop_map(Step::Cancel),
        1 => (0..8_usize).prop_map(Step::Shrink),
        1 => (0..8_usize).prop_map(Step::Grow),
        2 => (1..20_i64).prop_map(Step::Trade),
        1 => (1..20_i64).prop_map(Step::Ours),
    ]
}

/// One queue with everybody in it: public orders by number, ours by none.
#[derive(Default)]
struct Queue(Vec<(Option<u64>, i64)>);

impl Queue {
    fn public(&self, place: usize) -> Option<usize> {
        let places: Vec<_> = (0..self.0.len()).filter(|at| self.0[*at].0.is_some()).collect();
        (!places.is_empty()).then(|| places[place % places.len()])
    }

    /// The first public order trades `qty` as recorded, or less if it has less; whoever of ours stands before
    /// it would have been hit by the same taker first. Answers what of ours trades, and what is recorded.
    fn trade(&mut self, qty: i64) -> Option<(u64, i64, i64)> {
        let at = self.public(0)?;
        let (id, left) = self.0[at];
        let traded = qty.min(left);
        let (mut rest, mut ours) = (traded, 0);
        for other in &mut self.0[..at] {
            let part = other.1.min(rest);
            (other.1, rest, ours) = (other.1 - part, rest - part, ours + part);
        }
        self.0[at].1 -= traded;
        self.0.retain(|(_, left)| *left > 0);
        Some((id.expect("a public order"), traded, ours))
    }
}

fn filled(said: &str) -> i64 {
    let parts = said.split("; ").filter_map(|part| part.split(" bought ").nth(1));
    parts.map(|part| part.split(' ').next().expect("a quantity").parse::<i64>().expect("a number")).sum()
}

proptest! {
    /// A naive queue with everybody in it says the same, fill by fill, with guards and without.
    #[test]
    fn a_naive_queue_says_the_same(steps in prop::collection::vec(step(), 1..60), guards in any::<bool>()) {
        let mut desk = with_guards(guards);
        add(&mut desk, 1_000, Sell, 200, 10);
        let (mut queue, mut next) = (Queue::default(), 0);
        for step in steps {
            let place = |place: usize| queue.public(place);
            match step {
                Step::Add(qty) => {
                    next += 1;
                    add(&mut desk, next, Buy, 99, qty);
                    queue.0.push((Some(next), qty));
                }
                Step::Ours(qty) => {
                    desk.limit(Buy, 99, qty);
                    queue.0.push((None, qty));
                }
                Step::Cancel(at) => if let Some(at) = place(at) {
                    let (id, left) = queue.0.remove(at);
                    desk.market(change(OrderAct::Cancel, id.expect("public"), Buy, 99, left));
                },
                Step::Shrink(at) => if let Some(at) = place(at).filter(|at| queue.0[*at].1 > 1) {
                    queue.0[at].1 -= 1;
                    desk.market(change(OrderAct::Modify, queue.0[at].0.expect("public"), Buy, 99, queue.0[at].1));
                },
                Step::Grow(at) => if let Some(at) = place(at) {
                    let (id, left) = queue.0.remove(at);
                    queue.0.push((id, left + 1));
                    desk.market(change(OrderAct::Modify, id.expect("public"), Buy, 99, left + 1));
                },
                Step::Trade(qty) => if let Some((id, traded, ours)) = queue.trade(qty) {
                    let said = desk.market(change(OrderAct::Execute, id, Buy, 99, traded));
                    prop_assert_eq!(filled(&said), ours, "{}", said);
                },
            }
        }
    }
}

/// Whoever came after us at our price traded: then we had traded first, or trade with it.
fn nobody_passes_us(name: &str, every: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return;
    }
    let tape = import(&path, &ImportOptions::default()).unwrap_or_else(|bad| panic!("{bad}"));
    let mut venue = Venue::new(VenueConfig { queue: QueueModel::Fifo, max_open_orders: 1 << 20, ..wide() });
    // A book of our own, told the same: who came when.
    let (mut book, mut arrived) = (OrderBook::new(), std::collections::BTreeMap::new());
    let mut ours: Option<(OrderId, Side, Price, i64, usize)> = None;
    let (mut placed, mut traded, mut proofs) = (0, 0, 0);
    for (number, row) in tape.orders().iter().enumerate() {
        let event = row.event(InstrumentId(0));
        let MarketEvent::Order(told) = event else { continue };
        let mut said = Vec::new();
        venue.on_market(row.exchange, &event, &mut said);
        let got: i64 = said.iter().map(fill).sum();
        traded += usize::from(got > 0);
        if let Some(own) = &mut ours {
            let later = arrived.get(&told.order).is_some_and(|came| *came > own.4);
            if told.act == OrderAct::Execute && later && told.side == Some(own.1) && told.price == own.2 {
                proofs += 1;
                assert!(got >= told.qty.0.min(own.3), "record {number} of {name}: order {:?} passed ours", told.order);
            }
            own.3 -= got;
        }
        match told.act {
            OrderAct::Add | OrderAct::Modify => {
                let kept = book.get(OrderId(told.order.0));
                if kept.is_none_or(|old| old.price != told.price || old.open < told.qty) {
                    arrived.insert(told.order, number);
                }
                book.delete(OrderId(told.order.0));
                if told.qty.0 > 0 {
                    book.add(OrderId(told.order.0), told.side.expect("an order has a side"), told.price, told.qty);
                }
            }
            _ => {}
        }
        if ours.is_none_or(|own| own.3 == 0 || number > own.4 + every) && told.last {
            if let Some(own) = ours.take() {
                venue.on_command(row.exchange, &Command::Cancel(own.0), &mut Vec::new());
            }
            let side = if placed % 2 == 0 { Buy } else { Sell };
            let touch = venue.touch(InstrumentId(0));
            if !touch.usable() {
                continue;
            }
            placed += 1;
            let price = if side == Buy { touch.bid } else { touch.ask };
            let id = OrderId(placed);
            let mut said = Vec::new();
            let order = seatrial::market::NewOrder { id, ..limit(side, price.0, 50) };
            venue.on_command(row.exchange, &Command::New(order), &mut said);
            ours = Some((id, side, price, 50 - said.iter().map(fill).sum::<i64>(), number));
        }
    }
    println!(
        "{name}: {placed} orders of ours, {traded} messages filled one, {proofs} later orders traded at our price"
    );
    assert!(placed > 100 && proofs > 0, "the recording proves something");
}

fn wide() -> VenueConfig {
    let mut wide = config(Linear);
    wide.instruments[0].timeline[0].max_qty = Qty(1 << 40);
    wide.balances[1].total = venue_desk::money("1000000000000");
    wide
}

fn fill(message: &VenueMessage) -> i64 {
    match message {
        VenueMessage::Report(report) => match report.kind {
            ReportKind::Filled(fill) => fill.qty.0,
            _ => 0,
        },
        _ => 0,
    }
}

#[test]
fn nobody_passes_us_on_real_days() {
    nobody_passes_us("lobster/GOOG_2012-06-21_34200000_57600000_message_10.csv.gz", 500);
    nobody_passes_us("sse-l2/600519_2023-02-07_morning.log.gz", 500);
}
