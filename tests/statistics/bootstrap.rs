//! Days drawn again.

use seatrial::sim::rng::{Component, Stream};
use seatrial::statistics::bootstrap::{Blocks, Distribution, Plan};

use crate::agrees;
use crate::pbo::noise;

fn draw(blocks: Blocks, seed: u64) -> Vec<u32> {
    let (days, mut stream): (Vec<u32>, _) = ((0..10).collect(), Stream::new(seed, 0, Component::Bootstrap));
    blocks.resample(&days, 12, &mut |n| stream.below(n)).expect("days")
}

/// Golden: a seed draws these days on every machine. The draws are the stream's own, which `sim::rng` pins.
#[test]
fn a_seed_draws_the_same_days_everywhere() {
    let golden = [Blocks::Moving(3), Blocks::Circular(3), Blocks::Stationary(3)].map(|blocks| draw(blocks, 1));
    assert_eq!(
        golden,
        [
            [0, 1, 2, 7, 8, 9, 4, 5, 6, 0, 1, 2],
            [0, 1, 2, 9, 0, 1, 6, 7, 8, 0, 1, 2],
            [0, 1, 2, 9, 1, 2, 3, 4, 6, 7, 3, 4],
        ]
    );
}

/// Within a block day follows day; moving blocks never cross the end, circular ones do.
#[test]
fn blocks_are_what_they_are_called() {
    let follows = |pair: &[u32], wraps: bool| pair[1] == pair[0] + 1 || wraps && pair == [9, 0];
    let mut wrapped = false;
    for seed in 0..200 {
        for (blocks, wraps) in [(Blocks::Moving(4), false), (Blocks::Circular(4), true)] {
            let drawn = draw(blocks, seed);
            assert!(drawn.chunks(4).all(|block| block.windows(2).all(|pair| follows(pair, wraps))), "{drawn:?}");
            wrapped |= wraps && drawn.chunks(4).any(|block| block.windows(2).any(|pair| pair == [9, 0]));
        }
        assert_eq!(draw(Blocks::Moving(10), seed)[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    assert!(wrapped);
}

/// A new block begins after one day in three or so; one in ten of those goes on where the last one ended.
#[test]
fn stationary_blocks_are_as_long_as_asked_on_average() {
    let (days, mut stream): (Vec<u32>, _) = ((0..10).collect(), Stream::new(4, 0, Component::Bootstrap));
    let drawn = Blocks::Stationary(3).resample(&days, 30_000, &mut |n| stream.below(n)).expect("days");
    let breaks = drawn.windows(2).filter(|pair| pair[1] != (pair[0] + 1) % 10).count();
    assert!((8_700..9_300).contains(&breaks), "{breaks} of 9 000");
    let each = (0..10).map(|day| drawn.iter().filter(|drawn| **drawn == day).count());
    assert!(each.into_iter().all(|times| (2_700..3_300).contains(&times)));
}

/// The mean of independent days is off by its standard error: 95 % of resamples lie within 1.96 of them.
#[test]
fn an_interval_is_as_wide_as_theory_says() {
    let days = &noise(8, 1, 400)[0];
    let mut stream = Stream::new(9, 0, Component::Bootstrap);
    let mean = |days: &[f64]| Some(days.iter().sum::<f64>() / 400.0);
    let plan = Plan { blocks: Blocks::Circular(1), days: 400, resamples: 4_000 };
    let found = Distribution::of(days, plan, &mut |n| stream.below(n), mean).expect("days");
    let (centre, bounds) = (mean(days).expect("days"), found.interval(0.95).expect("resamples"));
    agrees(Some(centre - bounds.lower), 1.96 / 20.0, 0.01);
    agrees(Some(bounds.upper - centre), 1.96 / 20.0, 0.01);
}

/// Days in runs of twenty gains and twenty losses: drawn one by one they fall less deep than in blocks.
#[test]
fn blocks_keep_what_hangs_together() {
    let days: Vec<f64> = (0..400).map(|day| if day / 20 % 2 == 0 { 0.01 } else { -0.01 }).collect();
    let of = |block| {
        let mut stream = Stream::new(2, 0, Component::Bootstrap);
        let plan = Plan { blocks: Blocks::Circular(block), days: 400, resamples: 400 };
        let found = Distribution::of_drawdowns(&days, plan, &mut |n| stream.below(n)).expect("days");
        assert!(found.undefined == 0 && found.sorted.iter().all(|depth| (0.0..1.0).contains(depth)));
        found.quantile(0.5).expect("a median")
    };
    assert!(of(20) > of(1) * 1.2, "{} and {}", of(20), of(1));
}

/// All days once, in order: the month is the month.
#[test]
fn a_month_is_the_sum_of_its_days() {
    let days = [1.0, 2.0, 3.0];
    let mut stream = Stream::new(2, 0, Component::Bootstrap);
    let mut below = |n| stream.below(n);
    let plan = Plan { blocks: Blocks::Moving(3), days: 30, resamples: 5 };
    let months = Distribution::of_sums(&days, plan, &mut below).expect("days");
    assert_eq!((months.quantile(0.0), months.quantile(1.0)), (Some(60.0), Some(60.0)));
    let ruin = Distribution::of_drawdowns(&[-1.0; 3], plan, &mut below).expect("days");
    assert_eq!((ruin.undefined, ruin.quantile(0.5), ruin.interval(0.9)), (5, None, None));
    for (days, blocks) in [(&days[..0], Blocks::Circular(1)), (&days, Blocks::Circular(0)), (&days, Blocks::Moving(4))]
    {
        assert_eq!(blocks.resample(days, 3, &mut below), None);
    }
    assert_eq!(Blocks::Circular(1).resample(&days, 3, &mut |n| n), None, "a draw beyond its range draws nothing");
}
