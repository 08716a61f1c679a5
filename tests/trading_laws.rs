//! Laws of the trading core over random days and random orders of reports.
//!
//! The seed is fixed, so that every run tries the same cases: to repeat a failure, run
//! `cargo test --no-default-features --test trading_laws`; to try others, set `PROPTEST_RNG_SEED`.

#[path = "vectors/bench.rs"]
mod bench;
#[path = "vectors/day.rs"]
mod day;
#[path = "vectors/permutations.rs"]
mod permutations;
#[path = "vectors/witness.rs"]
mod witness;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

/// The same cases in every run.
fn cases(count: u32) -> Config {
    let seed = match Config::default().rng_seed {
        RngSeed::Random => RngSeed::Fixed(20_240_229),
        chosen @ RngSeed::Fixed(_) => chosen,
    };
    Config { cases: count, rng_seed: seed, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(cases(96))]

    /// C6: any order and repetition of the same reports ends in the same state, position and ledger.
    // proves: critical-2-permutations
    #[test]
    fn reports_may_come_in_any_order(story in permutations::story(), order in permutations::order()) {
        let (told, shuffled) = (permutations::told(&story, None), permutations::told(&story, Some(&order)));
        prop_assert_eq!(told, shuffled, "repeat: cargo test --no-default-features --test trading_laws reports_may");
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// A day of random wishes and random answers breaks none of the laws the witness knows.
    #[test]
    fn a_random_day_on_spot(acts in day::acts()) {
        day::lived(seatrial::market::Contract::Spot, &acts)?;
    }

    /// The same on margin, where positions may be short.
    #[test]
    fn a_random_day_on_margin(acts in day::acts()) {
        day::lived(seatrial::market::Contract::Linear, &acts)?;
    }
}

proptest! {
    #![proptest_config(cases(128))]

    /// In any window of length w a lane grants at most capacity + w / interval, and it never keeps
    /// back what that leaves.
    #[test]
    fn a_lane_keeps_the_window_law(
        (count, capacity) in (prop::sample::select(vec![1_u32, 2, 5, 10, 30, 60]), 1_u32..12),
        gaps in prop::collection::vec((0_i64..5_000_000_000, 1_usize..5), 1..60),
    ) {
        use seatrial::market::{Span, Timestamp};
        use seatrial::trading::{budget::Lane, setting::Flow};
        let interval = Span(60_000_000_000 / i64::from(count));
        let mut lane = Lane::full(Flow { interval, capacity });
        let (mut now, mut grants) = (Timestamp(0), Vec::new());
        for (gap, requests) in gaps {
            now = now.after(Span(gap));
            for _ in 0..requests {
                let promised = lane.next_token(now);
                prop_assert_eq!(lane.has_token(now), promised == now);
                if lane.take(now) {
                    grants.push(now);
                } else {
                    prop_assert!(lane.clone().take(promised), "a token is there when it was promised");
                    let before = Timestamp(promised.0 - 1);
                    prop_assert!(!lane.clone().take(before), "and not before");
                }
            }
        }
        for (first, from) in grants.iter().enumerate() {
            for (last, to) in grants.iter().enumerate().skip(first) {
                let most = i64::from(capacity) + to.since(*from).0 / interval.0;
                prop_assert!(i64::try_from(last - first + 1).expect("small") <= most, "{from:?} to {to:?}");
            }
        }
    }
}
