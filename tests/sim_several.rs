//! Several instruments in one run: their markets are merged into one order, they share an account,
//! and beyond that none of them knows of another.
//!
//! To repeat: `cargo test --test sim_several`.
#![cfg(feature = "simulator")]

#[path = "review/mod.rs"]
#[allow(dead_code, reason = "one scenario of it is run here")]
mod catalogue;
mod several;
#[allow(dead_code, reason = "some of it is for other tests")]
mod trial;

use std::path::Path;

use proptest::prelude::*;
use seatrial::audit::audit_records;
use seatrial::data::{Provenance, Records, Row, RowKind, Shows, Tape};
use seatrial::journal::{Body, Journal, Record};
use seatrial::market::{
    Contract, Event, InstrumentId, MarketEvent, Money, Price, Qty, Quote, ReportKind, SessionState, Span, Timestamp,
    VenueMessage,
};
use seatrial::replay::replay;
use seatrial::sim::fault::{Fault, FaultKind, Reach, When};
use seatrial::sim::setup::MarketTape;
use seatrial::sim::{Deliveries, Delivery, Exchange, Outcome, Setup, run};
use several::{beside, brisk_tape, eth_bars, eth_depth, holding, told};
use trial::{bar_tape, l2_tape, setup};

const SECOND: InstrumentId = InstrumentId(1);

fn ran(setup: &Setup) -> Outcome {
    run(setup, Journal::recording()).unwrap_or_else(|error| panic!("{}: {error}", setup.strategy.name))
}

/// What the venue executed in an instrument: when, on which side, how much, at what price and fee.
fn fills(records: &[Record], of: InstrumentId) -> Vec<(Timestamp, i64, Price, Money)> {
    let fill = |record: &Record| match &record.body {
        Body::Truth(report) if report.instrument == of => match report.kind {
            ReportKind::Filled(fill) => {
                let fee = fill.fee.map_or(Money::ZERO, |fee| fee.amount);
                Some((record.now, fill.side.sign() * fill.qty.0, fill.price, fee))
            }
            _ => None,
        },
        _ => None,
    };
    records.iter().filter_map(fill).collect()
}

/// Runs of every strategy with several instruments: of different kinds, spot and margin, with an asset
/// that is the base of one pair and the quote of another.
fn kinds(seed: u64) -> Vec<(&'static str, Setup)> {
    let each = |setup: Setup| told(setup, "instrument", "each");
    let depth = |contract| setup(l2_tape(seed), contract, "quoter");
    let triangle = || {
        let tape = |place: u64, price, tick| brisk_tape(seed * 10 + place, price, tick);
        let first = holding(setup(tape(0, "600", "0.01"), Contract::Spot, "workload"), "BTC", "5");
        let second = beside(first, tape(1, "30", "0.01"), Contract::Spot, "ETH", "USDT");
        beside(second, tape(2, "0.05", "0.00001"), Contract::Spot, "ETH", "BTC")
    };
    // What a coin is worth only its price in another says.
    let chain = || {
        let first = holding(setup(brisk_tape(seed, "600", "0.01"), Contract::Spot, "workload"), "BTC", "5");
        beside(first, brisk_tape(seed + 1, "0.05", "0.00001"), Contract::Spot, "ETH", "BTC")
    };
    vec![
        ("quoter, depth", each(beside(depth(Contract::Spot), eth_depth(seed), Contract::Spot, "ETH", "USDT"))),
        ("quoter, margin", each(beside(depth(Contract::Linear), eth_depth(seed), Contract::Linear, "ETH", "USDT"))),
        (
            "ema_flip, bars",
            each(beside(
                setup(bar_tape(seed), Contract::Linear, "ema_flip"),
                eth_bars(seed),
                Contract::Spot,
                "ETH",
                "USDT",
            )),
        ),
        ("workload, triangle", told(each(triangle()), "pace", "5s")),
        ("workload, chain", told(each(chain()), "pace", "5s")),
    ]
}

/// One seed is one digest, with guards and without; every instrument is traded; the audit finds nothing,
/// and a replay without a venue acts the same.
#[test]
fn a_run_of_several_is_a_run() {
    for (kind, setup) in kinds(1) {
        let first = ran(&setup);
        let bare = ran(&Setup { guards: false, ..setup.clone() });
        assert_eq!((first.digest, first.records), (bare.digest, bare.records), "{kind}: guards off");
        assert_eq!(first.events, bare.events, "{kind}: guards off");
        let records = first.journal.into_records();
        for instrument in &setup.instruments {
            let count = fills(&records, instrument.id).len();
            println!("{kind}: {count} fills of {}", instrument.symbol);
            assert!(count > 0, "{kind}: nothing traded in {}", instrument.symbol);
        }
        let Body::Header(header) = &records[0].body else { panic!("{kind}: no header") };
        let report = audit_records(header, &records);
        assert!(report.is_clean() && report.checked() > 100, "{kind}: {report}");
        let parity = replay(&setup, &records).expect("the strategy is known");
        assert_eq!(parity.difference, None, "{kind}");
        let told: u64 = setup.tapes.iter().map(|tape| Deliveries::new(&alone(&setup, tape)).count() as u64).sum();
        assert_eq!(parity.deliveries, told, "{kind}: what is told of every tape");
    }
}

/// The setup with one of its markets only, as the market of its first instrument.
fn alone(setup: &Setup, tape: &MarketTape) -> Setup {
    let mut setup = setup.clone();
    setup.instruments.truncate(1);
    setup.venue.instruments.truncate(1);
    setup.tapes = vec![tape.clone()];
    setup
}

/// A strategy that trades one instrument does beside another market what it does alone.
#[test]
fn what_is_traded_alone_is_traded_alike_beside_another() {
    let cases = [
        ("quoter", setup(l2_tape(7), Contract::Spot, "quoter"), eth_depth(7)),
        ("quoter beside bars", setup(l2_tape(8), Contract::Linear, "quoter"), eth_bars(8)),
        ("ema_flip", setup(bar_tape(7), Contract::Linear, "ema_flip"), eth_depth(9)),
        ("workload", setup(brisk_tape(7, "600", "0.01"), Contract::Spot, "workload"), brisk_tape(8, "30", "0.01")),
    ];
    for (kind, single, other) in cases {
        let alone = fills(&ran(&single).journal.into_records(), InstrumentId(0));
        assert!(alone.len() > 4, "{kind}: {} fills", alone.len());
        let both = beside(single, other, Contract::Spot, "ETH", "USDT");
        assert_eq!(fills(&ran(&both).journal.into_records(), InstrumentId(0)), alone, "{kind}");
        let records = ran(&told(both, "instrument", "ETH/USDT")).journal.into_records();
        assert_eq!(fills(&records, InstrumentId(0)), [], "{kind}: the other one is named");
    }
}

/// Rows of one message each: exchange time, and how much later the trader has it.
fn rows(times: &[(i64, i64)]) -> Tape {
    let mut at = 0;
    let row = |(number, (step, late)): (usize, &(i64, i64))| {
        at += step;
        let price = Price(1_000 + i64::try_from(number).expect("few rows"));
        Row::new(Timestamp(at), Timestamp(at + late), price, Qty(1), RowKind::TradeBuy, true)
    };
    let rows = times.iter().enumerate().map(row).collect();
    let tape = Tape::new("X/Y".into(), (2, 5), Span::ZERO, Records::Rows(rows), Provenance::default());
    // Around trades alone a touch would be assumed, and seen beside them.
    tape.showing(Shows::Depth)
}

/// Who writes down what the exchange sees.
#[derive(Default)]
struct Seen(Vec<(Timestamp, InstrumentId, MarketEvent)>);

impl Exchange for Seen {
    fn apply(&mut self, now: Timestamp, event: &MarketEvent) {
        self.0.push((now, event.instrument(), *event));
    }

    fn touch(&self, instrument: InstrumentId) -> Quote {
        Quote { instrument, bid: Price(0), bid_qty: Qty::ZERO, ask: Price(0), ask_qty: Qty::ZERO }
    }
}

fn tapes() -> impl Strategy<Value = Vec<Vec<(i64, i64)>>> {
    // Few instants, so that much is due at once, and delays beyond the next message.
    let row = (0_i64..4, 0_i64..9);
    prop::collection::vec(prop::collection::vec(row, 0..12), 1..4)
}

proptest! {
    /// The exchange sees every tape in the order of (time, instrument, tape); the trader is told in the
    /// order of (local time, instrument, and what the instrument alone would be told).
    #[test]
    fn markets_are_merged_in_one_order(times in tapes()) {
        let base = setup(rows(&times[0]), Contract::Spot, "quoter");
        let all = times[1..].iter().zip(["A", "B"]).fold(base, |all, (times, name)| {
            beside(all, rows(times), Contract::Spot, name, "USDT")
        });
        let mut seen = Seen::default();
        let mut feed = all.feed();
        while feed.next_exchange().is_some() {
            feed.advance(&mut seen);
        }
        let mut merged = seen.0.clone();
        merged.sort_by_key(|(at, instrument, _)| (*at, *instrument));
        prop_assert_eq!(&seen.0, &merged);
        prop_assert_eq!(seen.0.len(), times.iter().map(Vec::len).sum::<usize>());

        let named = |id: InstrumentId, delivery: Delivery| match delivery.event {
            MarketEvent::Trade(trade) => Delivery {
                event: MarketEvent::Trade(seatrial::market::Trade { instrument: id, ..trade }), ..delivery
            },
            _ => delivery,
        };
        let mut expected: Vec<(InstrumentId, Delivery)> = Vec::new();
        for (tape, instrument) in all.tapes.iter().zip(&all.instruments) {
            let own = Deliveries::new(&alone(&all, tape));
            expected.extend(own.map(|delivery| (instrument.id, named(instrument.id, delivery))));
        }
        expected.sort_by_key(|(id, delivery)| (delivery.local, *id));
        let made: Vec<Delivery> = Deliveries::new(&all).collect();
        prop_assert_eq!(made, expected.into_iter().map(|(_, delivery)| delivery).collect::<Vec<_>>());
    }
}

/// A market that counts from later on builds its book meanwhile, and the trader hears nothing of it.
#[test]
fn a_market_that_begins_later_is_silent_before() {
    let mut both = beside(setup(l2_tape(3), Contract::Spot, "quoter"), eth_depth(3), Contract::Spot, "ETH", "USDT");
    let start = both.tapes[0].starts().expect("a tape with rows");
    let from = start.after(Span::from_secs(60));
    both.tapes[1].from = Some(from);
    let of = |setup: &Setup| {
        let all = Deliveries::new(setup).filter(|delivery| delivery.event.instrument() == SECOND);
        all.map(|delivery| (delivery.exchange, delivery.event)).collect::<Vec<_>>()
    };
    let late = of(&both);
    assert!(late.len() > 100 && late.iter().all(|(at, _)| *at >= from));
    both.tapes[1].from = None;
    let whole: Vec<_> = of(&both).into_iter().filter(|(at, _)| *at >= from).collect();
    assert_eq!(late, whole, "its book stands as if it had been told from the beginning");
    both.tapes[1].from = Some(from);
    let both = told(both, "instrument", "each");
    let outcome = ran(&both);
    assert_eq!(outcome.period.0, start, "the run starts with the first market");
    let records = outcome.journal.into_records();
    assert_eq!(replay(&both, &records).expect("the strategy is known").difference, None);
}

fn often(name: &str, instrument: Option<InstrumentId>) -> Fault {
    let kind = FaultKind::usual(name).expect("a kind");
    let when = if kind.is_of_a_moment() { When::Every(31) } else { When::Every(7) };
    Fault { when, instrument, ..Fault::always(kind) }
}

/// Every kind of fault, mostly of a named instrument: a run stays one run of its seed, with
/// guards and without, and is replayed alike.
#[test]
fn faults_leave_a_run_of_several_a_run() {
    let base = |contract| {
        let base = setup(l2_tape(21), contract, "quoter");
        told(beside(base, eth_depth(21), contract, "ETH", "USDT"), "instrument", "each")
    };
    let (spot, margin) = (base(Contract::Spot), base(Contract::Linear));
    for (place, name) in FaultKind::names().enumerate() {
        let kind = FaultKind::usual(name).expect("a name is a kind");
        let instrument = (kind.reach() != Reach::Whole && place % 4 != 0).then_some(SECOND);
        let base = if place % 2 == 0 { &spot } else { &margin };
        let setup = Setup { faults: vec![often(name, instrument)], ..base.clone() };
        let first = ran(&setup);
        let bare = ran(&Setup { guards: false, ..setup.clone() });
        let what = format!("{name}, {instrument:?}");
        assert_eq!((first.digest, first.records), (bare.digest, bare.records), "{what}: guards off");
        let records = first.journal.into_records();
        let parity = replay(&setup, &records).expect("the strategy is known");
        assert_eq!(parity.difference, None, "{what}");
        if instrument.is_some() {
            untouched(&setup, &records, &what);
        }
    }
}

/// A fault that keeps to the second instrument hits no order of the first.
fn untouched(setup: &Setup, records: &[Record], what: &str) {
    let first = setup.instruments[0].id;
    let orders: Vec<String> = records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Command(seatrial::market::Command::New(order)) if order.instrument == first => {
                Some(format!(" order {} ", order.id.0))
            }
            _ => None,
        })
        .collect();
    for record in records {
        if let Body::Fault(text) = &record.body {
            assert!(!orders.iter().any(|order| format!("{text} ").contains(order)), "{what}: {text}");
        }
    }
}

#[test]
fn a_named_instrument_alone_is_hit() {
    let base = setup(l2_tape(5), Contract::Spot, "quoter");
    let base = told(beside(base, eth_depth(5), Contract::Spot, "ETH", "USDT"), "instrument", "each");
    let with = |name: &str, instrument| Setup { faults: vec![often(name, instrument)], ..base.clone() };
    let halted = |setup: &Setup| {
        let closed = |record: Record| match record.body {
            Body::Event(Event::Account(VenueMessage::Session { instrument, state: SessionState::CancelOnly })) => {
                Some(instrument)
            }
            _ => None,
        };
        let mut of: Vec<_> = ran(setup).journal.into_records().into_iter().filter_map(closed).collect();
        of.sort_unstable();
        of.dedup();
        of
    };
    assert_eq!(halted(&with("session", None)), [InstrumentId(0), SECOND]);
    assert_eq!(halted(&with("session", Some(SECOND))), [SECOND]);
    let told = |setup: &Setup| {
        let mut counts = [0_u32; 2];
        for delivery in Deliveries::new(setup) {
            counts[usize::from(delivery.event.instrument().0)] += 1;
        }
        counts
    };
    let [first, second] = told(&base);
    assert!(first > 100 && second > 100);
    let [hit, spared] = told(&with("feed_gap", Some(InstrumentId(0))));
    assert!(hit < first && spared == second, "{hit} of {first}, {spared} of {second}");
    let [hit, also] = told(&with("feed_gap", None));
    assert!(hit < first && also < second, "{hit} of {first}, {also} of {second}");
}

/// Shipped: rows and bars in one run, traded together on one account; and one pair on two exchanges, each
/// with cash of its own.
#[test]
fn the_shipped_scenarios_of_several_hold() {
    for name in ["two-instruments", "two-exchanges"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
        let verdict = catalogue::run_scenario(&path);
        assert!(verdict.holds(), "{name}: {}", verdict.wrong.join("\n"));
    }
}
