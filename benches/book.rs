//! Book updates per second, alone and through an idle venue, on generated depth of a fixed seed and
//! on the real USD-M capture where it is present.
//!
//! `cargo bench --no-default-features --features simulator --bench book`

#![allow(missing_docs, reason = "criterion's macros write public items")]

#[path = "../tests/venue_capture/mod.rs"]
mod venue_capture;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rust_decimal::Decimal;
use seatrial::market::{
    AssetId, Balance, Book, Command, Contract, FeeAsset, FeeSchedule, Instrument, InstrumentId, LevelChange,
    MarketEvent, Money, NewOrder, OrderId, OrderKind, Price, Qty, Rate, RiskPassId, Rules, Side, TimeInForce,
    Timestamp, TriggerSource,
};
use seatrial::venue::{Venue, VenueConfig};
use venue_capture::{Units, frames, tape};

/// A walk of the mid with changes mostly near it, one in eight removing its level, 1 in 64 far off.
fn generated(rows: usize) -> Vec<LevelChange> {
    let mut chance = ChaCha8Rng::seed_from_u64(20_240_808);
    let mut below = |n: u32| i64::from(chance.next_u32() % n);
    let mut mid = 600_000;
    let row = |_| {
        if below(16) == 0 {
            mid += below(3) - 1;
        }
        let side = if below(2) == 0 { Side::Buy } else { Side::Sell };
        let depth = 1 + if below(64) == 0 { below(200_000) } else { below(40) * below(30) };
        let qty = if below(8) == 0 { 0 } else { 1 + below(5_000) };
        let last = below(16) == 0;
        LevelChange { instrument: InstrumentId(0), side, price: Price(mid - side.sign() * depth), qty: Qty(qty), last }
    };
    (0..rows).map(row).collect()
}

fn recorded() -> Option<Vec<LevelChange>> {
    let frames = frames("binance-l2/usdm_btcusdt_20240808.gz", Units { price: 1, qty: 3 }, "@bookTicker")?;
    let row = |(_, event): (Timestamp, MarketEvent)| match event {
        MarketEvent::Level(change) => Some(change),
        _ => None,
    };
    Some(tape(&frames).into_iter().filter_map(row).collect())
}

fn perpetual() -> Instrument {
    let rules =
        Rules::unbounded(FeeSchedule { maker: Rate::from_bps(2), taker: Rate::from_bps(5), asset: FeeAsset::Quote });
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC/USDT".to_owned(),
        base: AssetId(0),
        quote: AssetId(1),
        base_scale: 3,
        quote_scale: 8,
        contract: Contract::Linear,
        price_unit: Decimal::new(1, 1),
        qty_unit: Decimal::new(1, 3),
        timeline: vec![rules],
    }
}

/// A venue with one resting order far from the market: every row is idle.
fn idle_venue() -> Venue {
    let opening = vec![Balance { asset: AssetId(1), total: Money::new(1_000_000.into()) }];
    let mut venue = Venue::new(VenueConfig::new(vec![perpetual()], opening));
    let order = NewOrder {
        id: OrderId(1),
        instrument: InstrumentId(0),
        side: Side::Buy,
        kind: OrderKind::Limit { limit: Price(1_000) },
        trigger_by: TriggerSource::Last,
        qty: Qty(1),
        tif: TimeInForce::Gtc,
        post_only: true,
        reduce_only: false,
        leverage: 1,
        deadline: Timestamp::MAX,
        risk_pass: RiskPassId(0),
    };
    venue.on_command(Timestamp(0), &Command::New(order), &mut Vec::new());
    venue
}

fn bench(criterion: &mut Criterion) {
    let sources = [("generated", Some(generated(400_000))), ("usdm_capture", recorded())];
    for (name, rows) in sources {
        let Some(rows) = rows else { continue };
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(rows.len() as u64)).sample_size(20);
        group.bench_function("book", |bencher| {
            let pass = |mut book: Book| {
                for row in &rows {
                    black_box(book.set(row.side, row.price, row.qty));
                }
                book
            };
            bencher.iter_batched(Book::new, pass, BatchSize::LargeInput);
        });
        let events: Vec<MarketEvent> = rows.iter().map(|row| MarketEvent::Level(*row)).collect();
        group.bench_function("idle_venue", |bencher| {
            let pass = |mut venue: Venue| {
                let mut out = Vec::new();
                for event in &events {
                    venue.on_market(Timestamp(1), event, &mut out);
                }
                (venue, out)
            };
            bencher.iter_batched(idle_venue, pass, BatchSize::LargeInput);
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
