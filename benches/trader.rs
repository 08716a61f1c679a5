//! `Trader::step` alone: on a quote nobody acts on, and on a fill with booking, postings and records.
//!
//! `cargo bench --bench trader --no-default-features`

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rust_decimal::Decimal;
use seatrial::market::{
    Action, AssetId, Balance, Command, Contract, Event, ExecutionReport, Fee, FeeAsset, FeeSchedule, Fill, Instrument,
    InstrumentId, Intention, Liquidity, MarketEvent, Money, NewOrder, Price, Pricing, Qty, Quote, Rate, RawPrice,
    ReportKind, Rules, Snapshot, Timestamp, VenueMessage, VenueRef,
};
use seatrial::trading::{Config, Desk, Setup, Strategy, Trader};

const MILLI: i64 = 1_000_000;

/// Buys once, then sits still.
struct OneBuy(bool);

impl Strategy for OneBuy {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        if self.0 || !matches!(event, Event::Market(_, MarketEvent::Quote(_))) {
            return;
        }
        self.0 = true;
        let mut proposal = desk.proposal(InstrumentId(0), Intention::OpenLong);
        proposal.pricing = Pricing::Limit(RawPrice::new(Decimal::new(5_999_990, 2)));
        proposal.stop = Some(RawPrice::new(Decimal::new(5_900_000, 2)));
        proposal.confidence = Rate::from_bps(9_000);
        proposal.regime = seatrial::market::Regime::TrendingBull;
        desk.submit(proposal).expect("the bench's proposal passes its checks");
    }

    fn wants(&self, _: &MarketEvent) -> bool {
        !self.0
    }
}

fn instrument() -> Instrument {
    let fees = FeeSchedule { maker: Rate::from_bps(2), taker: Rate::from_bps(5), asset: FeeAsset::Quote };
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC/USDT".to_owned(),
        base: AssetId(0),  // BTC
        quote: AssetId(1), // USDT
        base_scale: 8,
        quote_scale: 8,
        contract: Contract::Spot,
        price_unit: Decimal::new(1, 1),
        qty_unit: Decimal::new(1, 5),
        timeline: vec![Rules::unbounded(fees)],
    }
}

fn quote(bid: i64) -> MarketEvent {
    let quote =
        Quote { instrument: InstrumentId(0), bid: Price(bid), bid_qty: Qty(5), ask: Price(bid + 1), ask_qty: Qty(5) };
    MarketEvent::Quote(quote)
}

/// An armed trader with one live buy, and that buy.
fn armed() -> (Trader, NewOrder) {
    let setup = Setup {
        config: Config::default(),
        instruments: vec![instrument()],
        cadences: vec![seatrial::market::Span::ZERO],
        currency: AssetId(1),
        first_id: 1,
    };
    let mut trader = Trader::new(setup, Box::new(OneBuy(false)));
    let mut actions = Vec::new();
    let cash = Balance { asset: AssetId(1), total: Money::new(10_000.into()) };
    trader.step(Timestamp(0), &Event::Wake, &mut actions);
    trader.step(
        Timestamp(0),
        &Event::Account(VenueMessage::OpenOrders(Snapshot { at: Timestamp(0), items: Vec::new() })),
        &mut actions,
    );
    trader.step(
        Timestamp(0),
        &Event::Account(VenueMessage::Balances(Snapshot { at: Timestamp(0), items: vec![cash] })),
        &mut actions,
    );
    trader.step(Timestamp(MILLI), &Event::Market(Timestamp(MILLI), quote(600_000)), &mut actions);
    let sent = actions.iter().find_map(|action| match action {
        Action::Send(Command::New(order)) => Some(*order),
        _ => None,
    });
    (trader, sent.expect("the strategy bought"))
}

fn report(order: &NewOrder, at: i64, cumulative: i64, kind: ReportKind) -> Event {
    Event::Report(ExecutionReport {
        order: order.id,
        venue_id: Some(VenueRef::numbered('O', 1)),
        instrument: order.instrument,
        at: Timestamp(at),
        cumulative: Some(Qty(cumulative)),
        kind,
    })
}

fn fill(order: &NewOrder, number: u64, qty: i64) -> ReportKind {
    ReportKind::Filled(Fill {
        execution: VenueRef::numbered('E', number),
        side: order.side,
        price: order.kind.limit().expect("a limit order"),
        qty: Qty(qty),
        liquidity: Liquidity::Maker,
        fee: Some(Fee { asset: AssetId(1), amount: Money::new(Decimal::new(12, 5)) }),
    })
}

fn idle(c: &mut Criterion) {
    let (mut trader, _) = armed();
    let (event, mut actions, mut at) = (quote(600_000), Vec::new(), 2 * MILLI);
    c.bench_function("trader/idle quote, by guard", |b| {
        b.iter(|| {
            at += 1;
            if trader.wants(Timestamp(at), black_box(&event)) {
                trader.step(Timestamp(at), &Event::Market(Timestamp(at), event), &mut actions);
            } else {
                trader.observe(Timestamp(at), &event);
            }
        });
    });
    c.bench_function("trader/idle quote, by step", |b| {
        b.iter(|| {
            at += 1;
            trader.step(Timestamp(at), black_box(&Event::Market(Timestamp(at), event)), &mut actions);
        });
    });
    assert!(actions.is_empty(), "an idle quote makes nobody act");
}

fn on_a_fill(c: &mut Criterion) {
    let mut group = c.benchmark_group("trader");
    group.throughput(Throughput::Elements(64));
    group.bench_function("sixty-four fills of one lot", |b| {
        b.iter_batched_ref(
            || {
                let (mut trader, order) = armed();
                let mut actions = Vec::new();
                trader.step(Timestamp(2 * MILLI), &report(&order, 2 * MILLI, 0, ReportKind::Accepted), &mut actions);
                let fills: Vec<Event> =
                    (1..=64).map(|n| report(&order, 3 * MILLI, n, fill(&order, n.unsigned_abs(), 1))).collect();
                (trader, fills, Vec::with_capacity(1024))
            },
            |(trader, fills, actions)| {
                for event in fills.iter() {
                    trader.step(Timestamp(4 * MILLI), event, actions);
                }
                black_box(actions.len())
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, idle, on_a_fill);
criterion_main!(benches);
