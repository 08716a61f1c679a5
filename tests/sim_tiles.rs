//! What all runs of a tape share changes nothing: with the gist of its messages and without it, with guards and
//! without, on a tape of its own and on one that a thousand others read, a run is the same run.
//!
//! To repeat: `cargo test --test sim_tiles`.
#![cfg(feature = "simulator")]

#[allow(dead_code, reason = "one kind of setup is enough here")]
mod trial;

use std::sync::Arc;

use seatrial::data::{Provenance, Records, Row, RowKind, Tape};
use seatrial::journal::Journal;
use seatrial::market::{Contract, Price, Qty, Span, Timestamp};
use seatrial::sim::fault::{Fault, FaultKind, When};
use seatrial::sim::{Outcome, Setup, run};
use seatrial::venue::{Consumption, PartialModel, QueueModel, SlippageModel};
use trial::{grid_setup, setup, told};

/// Chance for a test: a generator of Lehmer's kind, good enough to make a market unlike the next.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % sides).expect("few sides")
    }
}

/// Twelve seconds of a market whose messages set several levels at once, trade among them, and now and then say
/// something else.
fn market(seed: u64, others: bool) -> Tape {
    let mut dice = Dice(seed);
    let (mut rows, mut at, mut mid) = (Vec::new(), 0, 600_000_i64);
    for number in 0..250 {
        at += 10_000_000 + dice.below(80_000_000);
        mid += dice.below(9) - 4;
        let late = at + 1_000_000 + dice.below(9_000_000);
        let mut message = Vec::new();
        for _ in 0..=dice.below(7) {
            let away = 1 + dice.below(30);
            let (price, kind) =
                if dice.below(2) == 0 { (mid - away, RowKind::Bid) } else { (mid + away, RowKind::Ask) };
            message.push((price, dice.below(4) * 20_000, kind));
        }
        // The book is whole at the end of every message: what the mid has passed is gone.
        for step in 0..5 {
            message.push((mid + step, 0, RowKind::Bid));
            message.push((mid - step, 0, RowKind::Ask));
        }
        message.push((mid - 1 - dice.below(3), 10_000 + dice.below(90_000), RowKind::Bid));
        message.push((mid + 1 + dice.below(3), 10_000 + dice.below(90_000), RowKind::Ask));
        match dice.below(12) {
            0..4 => {
                let kind = [RowKind::TradeBuy, RowKind::TradeSell, RowKind::TradeUnknown];
                let kind = kind[usize::try_from(dice.below(3)).expect("three kinds")];
                let trade = (mid + dice.below(7) - 3, 1_000 + dice.below(60_000), kind);
                let place = usize::try_from(dice.below(3)).expect("small");
                // Among levels, or a message of its own.
                if place == 0 { message = vec![trade] } else { message.insert(place, trade) }
            }
            4 if others && number > 20 => message.push((mid, 1, RowKind::Mark)),
            _ => {}
        }
        let end = message.len() - 1;
        rows.extend(message.into_iter().enumerate().map(|(place, (price, qty, kind))| {
            Row::new(Timestamp(at), Timestamp(late), Price(price), Qty(qty), kind, place == end)
        }));
    }
    Tape::new("BTC/USDT".into(), (1, 5), Span::ZERO, Records::Rows(rows), Provenance::default())
}

/// A market, one of the strategies that rest orders, and one of the ways to model fills.
fn any(number: u64) -> Setup {
    let tape = market(number, number % 2 == 1);
    assert!(tape.gist().is_some(), "a tape of messages of several rows has a gist");
    let contract = if number.is_multiple_of(3) { Contract::Spot } else { Contract::Linear };
    let mut setup = match number % 4 {
        0 => told(setup(tape, Contract::Linear, "workload"), &[("pace", "0.2s")], &[]),
        1 => grid_setup(tape, contract),
        _ => setup(tape, contract, "quoter"),
    };
    let venue = &mut setup.venue;
    match number % 7 {
        0 => venue.queue = QueueModel::Power { exponent_milli: 2_000 },
        1 => venue.partial = PartialModel::Participation { share_ppm: 400_000 },
        2 => venue.consumption = Consumption::Persistent,
        3 => venue.slippage = SlippageModel::FixedTicks { ticks: 1 },
        4 => {
            let kinds = FaultKind::names().enumerate();
            let often = |(at, name): (usize, &str)| {
                let kind = FaultKind::usual(name).expect("a kind");
                let when = if kind.is_of_a_moment() { When::Every(13) } else { When::Every(29) };
                Fault { when, number: u32::try_from(at).expect("few"), ..Fault::always(kind) }
            };
            setup.faults = kinds.map(often).skip(usize::try_from(number % 5).expect("small")).step_by(5).collect();
        }
        _ => {}
    }
    setup
}

fn ran(setup: &Setup) -> Outcome {
    run(setup, Journal::in_memory()).unwrap_or_else(|error| panic!("{}: {error}", setup.strategy.name))
}

#[test]
fn what_is_shared_changes_no_run() {
    let (mut runs, mut orders, mut fills) = (0, 0, 0);
    for number in 0..56 {
        let shared = any(number);
        for of_seed in 0..18 {
            let setup = Setup { run: of_seed, ..shared.clone() };
            let batched = ran(&setup);
            let said = (batched.digest, batched.events, batched.records);
            let mut others = vec![
                ("tiles off", Setup { tiles: false, ..setup.clone() }),
                ("guards off", Setup { guards: false, ..setup.clone() }),
            ];
            if of_seed == 0 {
                let mut alone = setup.clone();
                alone.tapes[0].tape = Arc::new(market(number, number % 2 == 1));
                others.extend([("alone", alone), ("both off", Setup { tiles: false, guards: false, ..setup })]);
            }
            for (how, other) in others {
                let other = ran(&other);
                let again = (other.digest, other.events, other.records);
                assert_eq!(said, again, "market {number}, run {of_seed}, {how}");
            }
            runs += 1;
            let summary = batched.metrics.finish(seatrial::metrics::Outcome {
                events: batched.events,
                digest: batched.digest,
                audit_breaches: 0,
            });
            orders += summary.orders;
            fills += summary.fills;
        }
    }
    println!("{runs} runs, {orders} orders, {fills} fills");
    assert!(runs >= 1_000 && orders > 8 * runs && fills > runs, "{runs} runs, {orders} orders, {fills} fills");
}
