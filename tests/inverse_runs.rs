//! Whole runs in inverse contracts, on markets made up from a seed.
//!
//! Repeat with `cargo test --no-default-features --features simulator --test inverse_runs`.
#![cfg(feature = "simulator")]

mod trial;

use proptest::prelude::*;
use seatrial::audit::audit_records;
use seatrial::journal::{Body, Journal};
use seatrial::market::{Contract, Decision};
use seatrial::replay::replay;
use seatrial::sim::{Setup, run};
use trial::{bar_tape, inverse_setup, l2_tape, setup};

/// Runs it with and without guards, audits it and replays it; the fills booked, and the checks that denied.
fn holds(setup: &Setup) -> (usize, Vec<String>) {
    let ran = run(setup, Journal::recording()).expect("a run comes to its end");
    let bare = run(&Setup { guards: false, ..setup.clone() }, Journal::in_memory()).expect("it ran before");
    assert_eq!(ran.digest, bare.digest, "guards change nothing");
    let records = ran.journal.into_records();
    let Body::Header(header) = &records[0].body else { panic!("no header") };
    let audited = audit_records(header, &records);
    assert!(audited.is_clean(), "{audited}");
    assert_eq!(replay(setup, &records).expect("the strategy is known").difference, None);
    let booked = |body: &Body| matches!(body, Body::Decision(Decision::Booked { .. }));
    let denied = records.iter().filter_map(|record| match &record.body {
        Body::Decision(Decision::Denied(denied)) => Some(denied.text.clone()),
        _ => None,
    });
    (records.iter().filter(|record| booked(&record.body)).count(), denied.collect())
}

/// Every strategy that trades finds its size in an inverse contract, in either account.
#[test]
fn strategies_trade_inverse_contracts() {
    for (strategy, in_coins) in [("quoter", false), ("ema_flip", true), ("ema_flip", false)] {
        let tape = if strategy == "quoter" { l2_tape(5) } else { bar_tape(5) };
        let (fills, denied) = holds(&inverse_setup(tape, strategy, in_coins));
        assert!(fills >= 5, "{strategy}, in coins: {in_coins}: {fills} fills; {:?}", denied.first());
    }
    assert!(holds(&setup(bar_tape(5), Contract::Linear, "ema_flip")).0 >= 5, "and so it does linear ones");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is wished for, the audit is clean, guards change nothing, and a replay acts the same.
    #[test]
    fn random_runs_are_clean(seed in 1..u64::MAX, in_coins in any::<bool>()) {
        let mut setup = inverse_setup(l2_tape(seed), "workload", in_coins);
        setup.seed = seed;
        holds(&setup);
    }
}
