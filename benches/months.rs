//! A synthetic month, and its moments: what a bar costs.
//!
//! `cargo bench --bench months --no-default-features --features simulator`

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seatrial::data::synth::months::{Moments, MonthOptions, Months, Preset, month};

fn months(criterion: &mut Criterion) {
    let options = MonthOptions::usual(Months::Preset(Preset::Quiet), 1, 0);
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
