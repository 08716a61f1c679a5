//! Own volume never exceeds what was displayed and what printed: the law of a whole run, seen from outside.
//!
//! A shadow watches every market event and every fill, and shares no code with the venue. It keeps what each level
//! displays and what of it is ours since the level was last set anew. A taker's fill, and a maker's that the opposite
//! best reached, must find that much at levels within the order's limit; a maker's fill by a print must find it in
//! that print, at its price or beyond. Of a bar's point each side gives its displayed share once, the leg to it
//! counted in. Where orders are recorded, what we took is taken from the first orders of the level and is gone with
//! them. Markets: random levels, quotes, bars and orders, and the generator's own; every model; `parity_full`, which
//! is optimistic and says so, aside. Repeat a failure with the seed it prints, by `cargo test --test
//! venue_conservation`.
#![cfg(feature = "simulator")]

#[path = "venue_conservation/shadow.rs"]
mod shadow;
#[allow(dead_code, reason = "shared with other tests")]
mod trial;
mod venue_desk;

use std::sync::Arc;

use proptest::prelude::*;
use seatrial::data::Records;
use seatrial::market::{
    Bar, Command, Contract, InstrumentId, LevelChange, MarketEvent, NewOrder, OrderAct, OrderChange, OrderId,
    OrderKind, PathPoint, Price, PublicOrderId, Qty, Quote, Side, Span, TimeInForce, Timestamp, Trade,
};
use seatrial::sim::rng::VenueChance;
use seatrial::venue::{Consumption, ImpactModel, PartialModel, QueueModel, SlippageModel, Venue, VenueConfig};
use shadow::Shadow;
use venue_desk::{bar, config, order};

const ID: InstrumentId = InstrumentId(0);
const POINTS: [PathPoint; 4] = [PathPoint::Open, PathPoint::FirstExtreme, PathPoint::SecondExtreme, PathPoint::Close];

/// One step of a run.
#[derive(Clone, Debug)]
enum Step {
    Market(MarketEvent),
    Send(NewOrder),
    Cancel(u64),
}

fn terms(queue: QueueModel, slippage: SlippageModel, partial: PartialModel, seed: u64) -> VenueConfig {
    VenueConfig {
        queue,
        slippage,
        partial,
        chance: Some(Arc::new(VenueChance { seed, run: 0 })),
        half_spread_ticks: vec![1],
        ..config(Contract::Linear)
    }
}

fn any_terms(fifo: bool) -> impl Strategy<Value = VenueConfig> {
    let queue = if fifo {
        Just(QueueModel::Fifo).boxed()
    } else {
        let power = (1_u32..5_000).prop_map(|exponent_milli| QueueModel::Power { exponent_milli });
        prop_oneof![2 => Just(QueueModel::Conservative), 1 => power, 1 => Just(QueueModel::Log)].boxed()
    };
    let slippage = prop_oneof![
        3 => Just(SlippageModel::BookWalk),
        1 => Just(SlippageModel::None),
        1 => Just(SlippageModel::Mid),
        1 => Just(SlippageModel::FixedRate { ppm: 20_000 }),
        1 => Just(SlippageModel::FixedTicks { ticks: 2 }),
        1 => Just(SlippageModel::VolumeShare { impact_ppm: 500_000, share_max_ppm: 200_000 }),
        1 => Just(SlippageModel::SquareRoot { factor_milli: 1_000, volatility_ppm: 500_000 }),
        1 => Just(SlippageModel::Adverse { ticks_max: 3 }),
    ];
    let partial = prop_oneof![
        3 => Just(PartialModel::Displayed),
        1 => Just(PartialModel::Participation { share_ppm: 300_000 }),
        1 => Just(PartialModel::Seeded { least_ppm: 300_000 }),
    ];
    let impact = ImpactModel::SquareRoot {
        temporary_milli: 1_000,
        permanent_milli: 500,
        volatility_ppm: 200_000,
        decay: Span(20),
    };
    let impact = prop_oneof![2 => Just(ImpactModel::None), 1 => Just(impact)];
    let consumption = prop_oneof![2 => Just(Consumption::Refresh), 1 => Just(Consumption::Persistent)];
    let models = (queue, slippage, partial, impact, consumption);
    (models, any::<u64>()).prop_map(|((queue, slippage, partial, impact, consumption), seed)| VenueConfig {
        impact,
        consumption,
        ..terms(queue, slippage, partial, seed)
    })
}

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn price() -> impl Strategy<Value = i64> {
    92_i64..109
}

/// Any order; among recorded orders no stop, for it fires in the middle of a message, on a book that is not whole.
fn any_order(stops: u32) -> impl Strategy<Value = NewOrder> {
    let (stop, limit) = (
        price().prop_map(|trigger| OrderKind::StopMarket { trigger: Price(trigger) }),
        (price(), price())
            .prop_map(|(trigger, limit)| OrderKind::StopLimit { trigger: Price(trigger), limit: Price(limit) }),
    );
    let kind = prop_oneof![
        6 => price().prop_map(|limit| OrderKind::Limit { limit: Price(limit) }),
        2 => Just(OrderKind::Market),
        2 * stops => stop,
        stops => limit,
    ];
    let tif = prop_oneof![5 => Just(TimeInForce::Gtc), 1 => Just(TimeInForce::Ioc), 1 => Just(TimeInForce::Fok)];
    (any_side(), kind, 1_i64..30, tif).prop_map(|(side, kind, qty, tif)| NewOrder { tif, ..order(side, kind, qty) })
}

fn level() -> impl Strategy<Value = MarketEvent> {
    let qty = prop_oneof![1 => Just(0), 2 => 1_i64..14];
    (any_side(), 0_i64..10, qty).prop_map(|(side, depth, qty)| {
        let price = Price(if side == Side::Buy { 101 - depth } else { 99 + depth });
        MarketEvent::Level(LevelChange { instrument: ID, side, price, qty: Qty(qty), last: true })
    })
}

fn print() -> impl Strategy<Value = MarketEvent> {
    (prop::option::of(any_side()), price(), 1_i64..30).prop_map(|(taker, price, qty)| {
        MarketEvent::Trade(Trade { instrument: ID, price: Price(price), qty: Qty(qty), taker })
    })
}

fn quote() -> impl Strategy<Value = MarketEvent> {
    (price(), 1_i64..4, 0_i64..12, 0_i64..12).prop_map(|(bid, spread, bid_qty, ask_qty)| {
        let (bid, ask) = (Price(bid), Price(bid + spread));
        MarketEvent::Quote(Quote { instrument: ID, bid, bid_qty: Qty(bid_qty), ask, ask_qty: Qty(ask_qty) })
    })
}

/// Something becomes of one of a dozen public orders.
fn public() -> impl Strategy<Value = MarketEvent> {
    let act = prop_oneof![
        4 => Just(OrderAct::Add),
        2 => Just(OrderAct::Modify),
        2 => Just(OrderAct::Cancel),
        3 => Just(OrderAct::Execute),
        1 => Just(OrderAct::Print),
    ];
    (act, 1_u64..13, any_side(), 0_i64..6, 1_i64..14).prop_map(|(act, id, side, depth, qty)| {
        let price = Price(if side == Side::Buy { 99 - depth } else { 101 + depth });
        let order = PublicOrderId(id);
        MarketEvent::Order(OrderChange {
            instrument: ID,
            order,
            side: Some(side),
            price,
            qty: Qty(qty),
            act,
            last: true,
        })
    })
}

/// A message of one to three of them, whole with its last.
fn message(one: impl Strategy<Value = MarketEvent>) -> impl Strategy<Value = Vec<MarketEvent>> {
    prop::collection::vec(one, 1..4).prop_map(|mut events| {
        let end = events.len() - 1;
        for event in &mut events[..end] {
            match event {
                MarketEvent::Level(change) => change.last = false,
                MarketEvent::Order(change) => change.last = false,
                _ => {}
            }
        }
        events
    })
}

fn bars() -> impl Strategy<Value = Vec<MarketEvent>> {
    (price(), price(), 0_i64..5, 0_i64..5, 0_i64..80).prop_map(|(open, close, up, down, volume)| {
        let whole: Bar = bar(open, open.max(close) + up, open.min(close) - down, close, volume);
        POINTS.map(|point| MarketEvent::Path(point, whole)).to_vec()
    })
}

/// A run on one kind of market, with orders of ours in between.
fn steps(market: BoxedStrategy<Vec<MarketEvent>>, stops: u32) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => market.prop_map(|events| events.into_iter().map(Step::Market).collect::<Vec<_>>()),
        3 => any_order(stops).prop_map(|order| vec![Step::Send(order)]),
        1 => (1_u64..20).prop_map(|id| vec![Step::Cancel(id)]),
    ];
    prop::collection::vec(step, 1..90).prop_map(|steps| steps.concat())
}

/// Plays the steps under the eyes of the shadow; answers how much of ours traded, by takers and by makers.
fn play(terms: &VenueConfig, steps: impl IntoIterator<Item = Step>) -> [i64; 2] {
    let mut venue = Venue::new(terms.clone());
    let mut shadow = Shadow::new(terms);
    let (mut now, mut id, mut said) = (Timestamp(0), 0, Vec::new());
    for step in steps {
        now = now.after(Span(1));
        match step {
            Step::Market(event) => {
                shadow.market(&event);
                venue.on_market(now, &event, &mut said);
            }
            Step::Send(order) => {
                id += 1;
                let order = NewOrder { id: OrderId(id), ..order };
                shadow.order(&order);
                venue.on_command(now, &Command::New(order), &mut said);
            }
            Step::Cancel(id) => venue.on_command(now, &Command::Cancel(OrderId(id)), &mut said),
        }
        said.drain(..).for_each(|message| shadow.hear(&message));
        shadow.settled();
    }
    shadow.traded
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn of_a_book_no_more_than_displayed_and_printed(
        terms in any_terms(false),
        steps in steps(prop_oneof![3 => message(level()), 2 => print().prop_map(|event| vec![event])].boxed(), 1),
    ) {
        play(&terms, steps);
    }

    #[test]
    fn of_quotes_no_more_than_displayed_and_printed(
        terms in any_terms(false),
        steps in steps(prop_oneof![3 => quote(), 1 => print()].prop_map(|event| vec![event]).boxed(), 1),
    ) {
        play(&terms, steps);
    }

    #[test]
    fn of_bars_no_more_than_their_points_display(terms in any_terms(false), steps in steps(bars().boxed(), 1)) {
        play(&terms, steps);
    }

    #[test]
    fn of_orders_no_more_than_displayed_and_printed(
        terms in any_terms(true),
        steps in steps(message(public()).boxed(), 0),
    ) {
        play(&terms, steps);
    }
}

/// A small generator of our own: the same orders in every run of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % n).expect("small")
    }
}

/// A tape's events, with an order of ours near the market after every few of them.
fn with_orders(records: &Records, seed: u64) -> Vec<Step> {
    let (mut dice, mut steps, mut last) = (Dice(seed), Vec::new(), 0);
    let events: Vec<MarketEvent> = match records {
        Records::Rows(rows) => rows.iter().map(|row| row.event(ID)).collect(),
        Records::Streamed(_) => unreachable!("the tapes here fit memory"),
        Records::Orders(rows) => rows.iter().map(|row| row.event(ID)).collect(),
        Records::Bars(bars) => bars.iter().flat_map(|bar| POINTS.map(|point| MarketEvent::Path(point, *bar))).collect(),
    };
    for event in events {
        let (at, whole) = match event {
            MarketEvent::Level(change) => (change.price.0, change.last),
            MarketEvent::Order(change) => (change.price.0, change.last),
            MarketEvent::Trade(trade) => (trade.price.0, true),
            MarketEvent::Path(_, bar) => (bar.close.0, true),
            _ => (last, true),
        };
        last = at;
        steps.push(Step::Market(event));
        if whole && dice.below(4) == 0 {
            let side = if dice.below(2) == 0 { Side::Buy } else { Side::Sell };
            let limit = OrderKind::Limit { limit: Price(at + dice.below(41) - 20) };
            let kind = if dice.below(4) == 0 { OrderKind::Market } else { limit };
            steps.push(Step::Send(order(side, kind, 1 + dice.below(400_000))));
            steps.push(Step::Cancel(u64::try_from(dice.below(2_000)).expect("small")));
        }
    }
    steps
}

/// Whole tapes of the generator, order by order, level by level, by their touch and by bars.
#[test]
fn the_generators_markets_are_not_taken_twice() {
    let models = || {
        let power = QueueModel::Power { exponent_milli: 2_000 };
        [
            (QueueModel::Conservative, SlippageModel::BookWalk, PartialModel::Displayed),
            (power, SlippageModel::Adverse { ticks_max: 3 }, PartialModel::Seeded { least_ppm: 300_000 }),
            (
                QueueModel::Log,
                SlippageModel::FixedTicks { ticks: 2 },
                PartialModel::Participation { share_ppm: 100_000 },
            ),
        ]
    };
    for seed in 1..4 {
        for (queue, slippage, partial) in models() {
            for tape in [trial::l2_tape(seed), trial::bar_tape(seed), trial::order_tape(seed)] {
                let fifo = matches!(tape.records, Records::Orders(_));
                let queue = if fifo { QueueModel::Fifo } else { queue.clone() };
                let mut terms = terms(queue, slippage.clone(), partial.clone(), seed);
                (terms.instruments[0].price_unit, terms.instruments[0].qty_unit) = (tape.price_unit, tape.qty_unit);
                (terms.instruments[0].base_scale, terms.instruments[0].quote_scale) = (8, 8);
                terms.max_open_orders = 1 << 20;
                let [taken, made] = play(&terms, with_orders(&tape.records, seed));
                assert!(taken > 0 && made > 0, "a tape on which nothing trades shows nothing: {terms:?}");
            }
        }
    }
}
