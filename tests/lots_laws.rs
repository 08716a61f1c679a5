//! Lots against the ledger's own figures, over random fills, corrections and busts.
//!
//! The books go by average cost and know nothing of lots; whichever lot a sale is counted against, gains
//! and open lots together are what the books made of it, exactly. The seed is fixed, so
//! `cargo test --test lots_laws` repeats a failure.
#![cfg(feature = "simulator")]

#[path = "booking/instruments.rs"]
mod instruments;
mod journal_kit;
#[path = "booking/world.rs"]
mod world;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use seatrial::journal::{Body, Exact, Header, InstrumentCard, Record};
use seatrial::market::{
    Asset, Cause, Contract, Decision, DeskId, Event, ExecutionReport, Fill, Instrument, IntentId, Money, NewOrder,
    OrderId, OrderKind, Price, Purpose, Qty, RawPrice, ReferenceEvent, ReportKind, RiskPassId, TickLots, TimeInForce,
    Timestamp, Transaction, TriggerSource,
};
use seatrial::metrics::lots::{LotReport, Method, Trade, matched};
use seatrial::metrics::{Metrics, Outcome};
use seatrial::trading::booking::Booked;

use instruments::{ASSETS, asset};
use world::{Act, Came, Draw, FeeKind, Values, World, acts};

fn config() -> Config {
    Config { cases: 192, rng_seed: RngSeed::Fixed(41), failure_persistence: None, ..Config::default() }
}

/// A journal written from what the books did, and the net results they told on the way.
struct Told {
    header: Header,
    records: Vec<Record>,
    net: BTreeMap<(DeskId, usize), Money>,
}

impl Told {
    fn new(world: &World) -> Self {
        let mut header = journal_kit::header();
        header.assets = ASSETS.map(|name| Asset { name: name.to_owned(), scale: 9 }).to_vec();
        header.instruments = world.instruments.iter().map(InstrumentCard::of).collect();
        header.account = asset("USDT");
        Self { header, records: Vec::new(), net: BTreeMap::new() }
    }

    fn tell(&mut self, body: Body) {
        let seq = self.records.len() as u64;
        self.records.push(Record { seq, now: Timestamp(0), cursor: 0, body });
    }

    fn decide(&mut self, decision: Decision) {
        self.tell(Body::Decision(decision));
    }

    fn rates(&mut self, values: Values) {
        for (asset, price) in values.marks().rates {
            self.tell(Body::Event(Event::Reference(ReferenceEvent::Rate { asset, price })));
        }
    }

    fn posted(&mut self, transactions: Vec<Transaction>) {
        for transaction in transactions {
            self.decide(Decision::Posted(transaction));
        }
    }

    fn filled(&mut self, (desk, place): (DeskId, usize), booked: &Booked, instrument: &Instrument, fill: &Fill) {
        let order = OrderId(self.records.len() as u64);
        let (id, at) = (instrument.id, Timestamp(0));
        self.decide(Decision::Intended {
            intent: IntentId(order.0),
            proposal: None,
            purpose: Purpose::Entry,
            desk,
            pass: RiskPassId(0),
            order: market_order(order, instrument, fill),
            twice_reference: 2,
        });
        let kind = ReportKind::Filled(*fill);
        let report = ExecutionReport { order, venue_id: None, instrument: id, at, cumulative: None, kind };
        self.tell(Body::Event(Event::Report(report)));
        self.posted(booked.transactions.clone());
        self.decide(Decision::Booked {
            order,
            execution: fill.execution,
            position: booked.position.qty,
            cost: booked.position.cost,
            gross: booked.lots_gross,
            net: booked.net,
        });
        self.earned((desk, place), booked);
    }

    /// As the trader tells it: where only a fee is reversed, the change of the position is told apart.
    fn busted(&mut self, (desk, place): (DeskId, usize), booked: &Booked, instrument: &Instrument, fill: &Fill) {
        let reversals = booked.transactions.iter().filter(|posted| matches!(posted.cause, Cause::Reversal(_))).count();
        self.posted(booked.transactions.clone());
        if reversals < 2 && instrument.contract == Contract::Linear {
            let (by, position, cost) = (-fill.side.signed(fill.qty), booked.position.qty, booked.position.cost);
            let instrument = instrument.id;
            self.decide(Decision::Adjusted { desk, instrument, by, at: fill.price, position, cost });
        }
        self.earned((desk, place), booked);
    }

    fn earned(&mut self, key: (DeskId, usize), booked: &Booked) {
        *self.net.entry(key).or_default() += booked.net;
    }
}

fn market_order(id: OrderId, instrument: &Instrument, fill: &Fill) -> NewOrder {
    NewOrder {
        id,
        instrument: instrument.id,
        side: fill.side,
        kind: OrderKind::Market,
        trigger_by: TriggerSource::Last,
        qty: fill.qty,
        tif: TimeInForce::Ioc,
        post_only: false,
        reduce_only: false,
        leverage: 1,
        deadline: Timestamp::MAX,
        risk_pass: RiskPassId(0),
    }
}

/// Realised net and what is open at `mark`, less what is attached to it: the books' own figure.
fn own_net(world: &World, told: &Told, (desk, place): (DeskId, usize), mark: RawPrice) -> Money {
    let instrument = &world.instruments[place];
    let realised = told.net.get(&(desk, place)).copied().unwrap_or_default();
    let open = world
        .books
        .position(desk, instrument.id)
        .map_or(Money::ZERO, |position| position.unrealised(instrument, mark) - position.entry_fees - position.carry);
    let residue = world.books.residue(desk, instrument.id);
    realised + open + residue.map_or(Money::ZERO, |residue| residue.unrealised(instrument, mark.decimal()))
}

/// A third asset's fee on an instrument in BTC is valued by the world at a rate of its own.
fn known(act: Act) -> Act {
    match act {
        Act::Fill(draw @ Draw { place: 2, fee: FeeKind::Third, .. }) => Act::Fill(Draw { fee: FeeKind::Quote, ..draw }),
        Act::Correct { which, fee: FeeKind::Third, amount } => Act::Correct { which, fee: FeeKind::Quote, amount },
        Act::Fill(_)
        | Act::Correct { .. }
        | Act::Bust(_)
        | Act::Transfer(_)
        | Act::Funding { .. }
        | Act::Difference(_) => act,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn gains_and_open_lots_are_the_net_of_the_books(history in acts()) {
        let mut world = World::new();
        let mut told = Told::new(&world);
        for (act, values) in history {
            let act = known(act);
            if matches!(act, Act::Funding { .. }) {
                continue;
            }
            told.rates(values);
            let named = match act {
                Act::Correct { which, .. } | Act::Bust(which) if !world.fills.is_empty() => {
                    Some(world.fills[which % world.fills.len()])
                }
                _ => None,
            };
            match (world.perform(act, values), named) {
                (Came::Booked(done), Some((desk, place, _))) => told.busted((desk, place), &done.0, &done.1, &done.2),
                (Came::Booked(done), None) => {
                    let (desk, place, _) = *world.fills.last().expect("just filled");
                    told.filled((desk, place), &done.0, &done.1, &done.2);
                }
                (Came::Corrected(booked), Some((desk, place, _))) => {
                    told.posted(booked.transactions.clone());
                    told.earned((desk, place), &booked);
                }
                (Came::Corrected(_), None) => unreachable!("only what was filled is corrected"),
                (Came::Moved { .. } | Came::Nothing, _) => {}
            }
        }
        for method in Method::ALL {
            let report = LotReport::of(&told.header, &told.records, method).expect("amounts fit");
            prop_assert!(report.unvalued.is_empty(), "{:?}", report.unvalued);
            for key in told.net.keys() {
                let (desk, place) = *key;
                let mark = RawPrice::new(world.instruments[place].price(Price(4_321)));
                let lots = report.lots.iter().find(|lots| (lots.desk, usize::from(lots.instrument.0)) == (desk, place));
                let ours = lots.map_or(Exact::ZERO, |lots| {
                    let card = &told.header.instruments[place];
                    let open = lots.unrealised(card, mark.decimal().into()).expect("fits");
                    lots.matched.gains().expect("fits").plus(open).expect("fits")
                });
                prop_assert_eq!(ours, Exact::from(own_net(&world, &told, *key, mark)), "{} of {:?}", method, key);
            }
        }
    }

    /// From flat to flat every method comes to the same, and to the cash that came and went.
    #[test]
    fn once_flat_all_methods_come_to_the_same(
        trades in proptest::collection::vec((any::<bool>(), 1..50_i64, 1..1_000_i64, -20..90_i64), 1..40)
    ) {
        let mut list: Vec<Trade> = Vec::new();
        let mut add = |qty: i64, price: i64, fee: i64| list.push(Trade {
            at: Timestamp(0),
            qty: qty.into(),
            price: Price(price),
            value: Exact::whole(Qty(qty.abs()).at(Price(price)).0),
            fee: Exact::new(fee.into(), 3),
        });
        let signed = |buy: bool, qty: i64| if buy { qty } else { -qty };
        let mut held = 0;
        for (buy, qty, price, fee) in trades {
            add(signed(buy, qty), price, fee);
            held += signed(buy, qty);
        }
        if held != 0 {
            add(-held, 500, 7);
        }
        let cash = list.iter().fold(Exact::ZERO, |sum, trade| {
            let paid = trade.value.times(Exact::whole(trade.qty.signum())).expect("fits");
            sum.minus(paid.plus(trade.fee).expect("fits")).expect("fits")
        });
        for method in Method::ALL {
            let matched = matched(&list, method).expect("fits");
            prop_assert!(matched.open.is_empty());
            prop_assert_eq!(matched.gains().expect("fits"), cash, "{}", method);
        }
    }
}

/// Three lots and a sale across them: by hand.
#[test]
fn each_method_takes_its_own_lots() {
    let trade = |qty: i128, price: i64, fee: i128| {
        let value = TickLots(qty.abs() * i128::from(price));
        Trade { at: Timestamp(0), qty, price: Price(price), value: Exact::whole(value.0), fee: Exact::whole(fee) }
    };
    let list = [trade(2, 10, 2), trade(2, 30, 4), trade(2, 20, 6), trade(-3, 40, 9), trade(-4, 25, 8), trade(1, 22, 1)];
    let taken = |method: Method| {
        let matched = matched(&list, method).expect("fits");
        let told = |part: &seatrial::metrics::lots::Fraction| {
            (part.acquired, part.disposed, part.qty, part.gain().expect("fits").to_string())
        };
        assert_eq!(matched.open, [], "the last buys the short lot back");
        matched.fractions.iter().map(told).collect::<Vec<_>>()
    };
    let row = |acquired, disposed, qty, gain: &str| (acquired, disposed, qty, gain.to_owned());
    // The sale of 3 bears a fee of 3 each, that of 4 one of 2 each; its fourth is sold short and bought back.
    let short = row(5, 4, 1, "0");
    let expected = [
        (Method::Fifo, [row(0, 3, 2, "52"), row(1, 3, 1, "5"), row(1, 4, 1, "-9"), row(2, 4, 2, "0")]),
        (Method::Lifo, [row(2, 3, 2, "28"), row(1, 3, 1, "5"), row(1, 4, 1, "-9"), row(0, 4, 2, "24")]),
        (Method::Hifo, [row(1, 3, 2, "10"), row(2, 3, 1, "14"), row(2, 4, 1, "0"), row(0, 4, 2, "24")]),
        (Method::Lofo, [row(0, 3, 2, "52"), row(2, 3, 1, "14"), row(2, 4, 1, "0"), row(1, 4, 2, "-18")]),
    ];
    for (method, fractions) in expected {
        let fractions: Vec<_> = fractions.into_iter().chain([short.clone()]).collect();
        assert_eq!(taken(method), fractions, "{method}");
    }
}

/// A whole journal, flat at its end: gains less funding are the net profit the summary tells.
#[test]
fn a_journal_comes_to_the_net_of_its_summary() {
    let (header, records) = journal_kit::story::full_story().close();
    let mut metrics = Metrics::new(&header);
    let rate = ReferenceEvent::Rate { asset: journal_kit::story::USD, price: instruments::money("1") };
    metrics.observe(Timestamp(0), &Body::Event(Event::Reference(rate)));
    for record in &records {
        metrics.observe(record.now, &record.body);
    }
    let summary = metrics.finish(Outcome { events: 0, digest: 0, audit_breaches: 0 });
    for method in Method::ALL {
        let report = LotReport::of(&header, &records, method).expect("fits");
        let gains = report.lots.iter().map(|lots| lots.matched.gains().expect("fits"));
        let funding = report.funding.values().map(|paid| paid.negated().expect("fits"));
        let net = gains.chain(funding).fold(Exact::ZERO, |sum, part| sum.plus(part).expect("fits"));
        assert_eq!(net.to_string(), summary.net_pnl, "{method}");
        assert_eq!(report.lots.len(), 2, "spot and margin");
        // Bought at 45 123.37, 45 124.00 and 44 900.01 before the first sale.
        let taken = match method {
            Method::Fifo => 0,
            Method::Hifo => 1,
            Method::Lifo | Method::Lofo => 2,
        };
        assert_eq!(report.lots[0].matched.fractions[0].acquired, taken, "{method}");
    }
}
