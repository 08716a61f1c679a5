//! A synthetic month, and its moments: what a bar costs.
//!
//! `cargo bench --bench months --no-default-features --features simulator`

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rust_decimal::Decimal;
use seatrial::data::synth::DEFAULT_START;
use seatrial::data::synth::months::{Moments, MonthOptions, Months, Preset, month};

fn months(criterion: &mut Criterion) {
    let options = MonthOptions {
        months: Months::Preset(Preset::Quiet),
        seed: 1,
        run: 0,
        part: 0,
        days: 30,
        symbol: "BTC/USDT".to_owned(),
        start: DEFAULT_START,
        price: Decimal::from(30_000),
        tick: Decimal::new(1, 1),
        lot: Decimal::new(1, 5),
    };
    let tape = month(&options).expect("the options are sound");
    let mut group = criterion.benchmark_group("months");
    group.throughput(Throughput::Elements(tape.bars().len() as u64)).sample_size(20);
    // The SHA-256 of the tape is in it: no run does without.
    group.bench_function("a month", |bench| bench.iter(|| month(&options)));
    group.bench_function("its moments", |bench| bench.iter(|| Moments::of(tape.bars())));
    group.finish();
}

criterion_group!(benches, months);
criterion_main!(benches);
