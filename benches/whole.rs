//! The whole loop: market data, venue, wire, trader, ledger and journal digest, on one thread. Rows A, C, D and F of
//! performance.md §1 on generated data of a fixed seed, and A and C on the real data where they are there.
//!
//! `cargo bench --bench whole`; throughput counts records of the market (rows of a tape, quotes, or bars).

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use seatrial::data::{Provenance, Records, Row, RowKind, Tape};
use seatrial::journal::Journal;
use seatrial::market::{Price, Qty, Span, Timestamp};
use seatrial::metrics::Outcome;
use seatrial::scenario::{Over, Scenario};
use seatrial::sim::{self, Setup};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scenario(path: &str, over: &[(&str, &str)]) -> Scenario {
    let mut set = Over::default();
    for (name, value) in over {
        set.set(name, value).expect("a name of a scenario");
    }
    Scenario::read_over(&root().join(path), &set).unwrap_or_else(|bad| panic!("{bad:?}"))
}

fn setup(path: &str, data: &Path, over: &[(&str, &str)]) -> Setup {
    let cache = root().join("target/seatrial-cache");
    scenario(path, over).setup(data, &cache, None, 0).unwrap_or_else(|bad| panic!("{bad:?}"))
}

/// A touch that wanders, one message of two levels or four a millisecond.
fn quotes(count: i64) -> Tape {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let (mut rows, mut bid) = (Vec::new(), 600_000_i64);
    for number in 0..count {
        let (before, at) = (bid, Timestamp(number * 1_000_000));
        let draw = chance.next_u32();
        bid += [0, 0, 0, 0, 0, 0, 1, -1][(draw & 7) as usize];
        let (bid_qty, ask_qty) = (i64::from(draw >> 3 & 0xFFF) + 1, i64::from(draw >> 15 & 0xFFF) + 1);
        let mut levels = vec![(bid, bid_qty, RowKind::Bid), (bid + 1, ask_qty, RowKind::Ask)];
        if before != bid && number > 0 {
            levels.splice(0..0, [(before, 0, RowKind::Bid), (before + 1, 0, RowKind::Ask)]);
        }
        let last = levels.len() - 1;
        let local = at.after(Span::from_millis(1));
        let row = |(place, (price, qty, kind))| Row::new(at, local, Price(price), Qty(qty), kind, place == last);
        rows.extend(levels.into_iter().enumerate().map(row));
    }
    Tape::new("BTC/USDT".to_owned(), (1, 5), Span::ZERO, Records::Rows(rows), Provenance::default())
}

fn bench(c: &mut Criterion, name: &str, setup: &Setup, records: u64) {
    let mut group = c.benchmark_group("whole");
    group.sample_size(10).throughput(Throughput::Elements(records));
    for (how, guards, tiles) in [("", true, true), (", tiles off", true, false), (", guards off", false, false)] {
        let setup = Setup { guards, tiles, ..setup.clone() };
        group.bench_function(format!("{name}{how}"), |b| {
            b.iter(|| black_box(sim::run(&setup, Journal::in_memory()).expect("the scenario runs").digest));
        });
    }
    group.finish();
}

fn records(setup: &Setup) -> u64 {
    setup.tapes[0].tape.records.len() as u64
}

fn whole(c: &mut Criterion) {
    let data = root().join("data");
    let sample = setup("scenarios/first-trial.toml", &data, &[]);
    bench(c, "A quoter on the sample", &sample, records(&sample));
    let bars = setup("scenarios/bars-30d.toml", &data, &[]);
    bench(c, "C ema_flip on thirty days of bars, reconciled every 30 s", &bars, records(&bars));
    let count = 500_000;
    let touch = [Arc::new(quotes(count))];
    let touch = scenario("benches/quotes.toml", &[]).setup_on(&touch, None, 0).unwrap_or_else(|bad| panic!("{bad:?}"));
    bench(c, "D grid on quotes", &touch, count.unsigned_abs());
    let shared: PathBuf = root().join("../shared/data");
    if shared.is_dir() {
        let capture = setup("scenarios/real-btcusdt.toml", &shared, &[]);
        bench(c, "A quoter on the real capture", &capture, records(&capture));
        for (name, ema) in [("few", "200"), ("many", "10")] {
            let perp = setup("scenarios/sweep-perp.toml", &shared, &[("strategy.ema", ema)]);
            bench(c, &format!("C ema_flip on real bars, {name} orders"), &perp, records(&perp));
        }
    } else {
        eprintln!("skipped: real data, {} is not there", shared.display());
    }
}

/// Row F: ever more orders on the same market, by a shorter average.
fn orders(c: &mut Criterion) {
    let data = root().join("data");
    let mut group = c.benchmark_group("orders");
    group.sample_size(10);
    for ema in ["1000", "100", "10"] {
        let over = [("strategy.ema", ema), ("trader.reconcile.every", "300s"), ("trader.orders.silence", "600s")];
        let setup = setup("scenarios/bars-30d.toml", &data, &over);
        let orders = || {
            let sim::Outcome { metrics, events, digest, .. } =
                sim::run(&setup, Journal::in_memory()).expect("the scenario runs");
            metrics.finish(Outcome { events, digest, audit_breaches: 0 }).orders
        };
        group.throughput(Throughput::Elements(orders()));
        group.bench_function(format!("F ema_flip over {ema} bars"), |b| b.iter(|| black_box(orders())));
    }
    group.finish();
}

criterion_group!(benches, whole, orders);
criterion_main!(benches);
