//! The whole loop: market data, venue, wire, trader, ledger, journal digest and audit-ready records,
//! in events per second. Row A of performance.md on the real capture when it is there.
//!
//! `cargo bench --bench whole`; throughput counts market records (rows of the tape, or bars).

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seatrial::journal::Journal;
use seatrial::scenario::Scenario;
use seatrial::sim::{self, Setup};

fn setup(scenario: &str, data: &Path) -> Setup {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::read(&root.join("scenarios").join(scenario)).unwrap_or_else(|bad| panic!("{bad:?}"));
    let cache = root.join("target/seatrial-cache");
    scenario.setup(data, &cache, None, 0).unwrap_or_else(|bad| panic!("{bad:?}"))
}

fn bench(c: &mut Criterion, name: &str, setup: &Setup) {
    let records = setup.tapes[0].tape.records.len() as u64;
    let mut group = c.benchmark_group("whole");
    group.sample_size(10).throughput(Throughput::Elements(records));
    group.bench_function(name, |b| {
        b.iter(|| black_box(sim::run(setup, Journal::in_memory()).expect("the scenario runs").digest));
    });
    group.bench_function(format!("{name}, guards off"), |b| {
        let bare = Setup { guards: false, ..setup.clone() };
        b.iter(|| black_box(sim::run(&bare, Journal::in_memory()).expect("the scenario runs").digest));
    });
    group.finish();
}

fn whole(c: &mut Criterion) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    bench(c, "quoter on the sample", &setup("first-trial.toml", &data));
    bench(c, "ema_flip on thirty days of bars", &setup("bars-30d.toml", &data));
    let shared: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if shared.is_dir() {
        bench(c, "quoter on the real capture", &setup("real-btcusdt.toml", &shared));
    } else {
        eprintln!("skipped: the real capture, {} is not there", shared.display());
    }
}

criterion_group!(benches, whole);
criterion_main!(benches);
