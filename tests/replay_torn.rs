//! A journal that broke off anywhere replays as far as it goes, without a difference.
//!
//! To repeat: `cargo test --no-default-features --features simulator --test replay_torn`.
#![cfg(feature = "simulator")]

#[allow(dead_code, reason = "a market of its own, short enough to be cut everywhere")]
mod trial;

use std::sync::LazyLock;

use proptest::prelude::*;
use seatrial::data::synth::{L2Options, l2};
use seatrial::journal::{Body, Journal, Record, parse};
use seatrial::market::Contract;
use seatrial::replay::{Parity, replay};
use seatrial::sim::{Setup, run};
use trial::setup;

/// A run and its journal, as it lies on disk.
static RUN: LazyLock<(Setup, Vec<u8>)> = LazyLock::new(|| {
    let tape = l2(&L2Options { seed: 24, minutes: 1, ..L2Options::default() }).expect("the defaults are sound");
    let setup = setup(tape, Contract::Spot, "quoter");
    let file = std::env::temp_dir().join(format!("seatrial-torn-{}.journal", std::process::id()));
    run(&setup, Journal::to_file(&file).expect("a file for the test")).expect("the run is sound");
    let bytes = std::fs::read(&file).expect("the journal");
    std::fs::remove_file(&file).expect("the journal");
    (setup, bytes)
});

/// Where its header ends.
static HEADER: LazyLock<usize> =
    LazyLock::new(|| (0..RUN.1.len()).find(|cut| parse("torn", &RUN.1[..*cut], true).is_ok()).expect("a header"));

fn replayed(records: &[Record]) -> Parity {
    replay(&RUN.0, records).expect("the strategy is sound")
}

const fn is_action(body: &Body) -> bool {
    matches!(body, Body::Decision(_) | Body::Command(_) | Body::Wake(_) | Body::Alert(_))
}

/// Between any two records: all that is there is identical, and what its step still did is counted.
#[test]
fn a_journal_cut_between_any_two_records_replays_without_a_difference() {
    let records = parse("whole", &RUN.1, false).expect("a whole journal").records;
    assert!(records.len() > 200, "{} records", records.len());
    let mut within = 0;
    for end in 1..records.len() - 1 {
        let parity = replayed(&records[..end]);
        let there = records[..end].iter().filter(|record| is_action(&record.body)).count() as u64;
        let step = records[end..].iter().take_while(|record| is_action(&record.body)).count() as u64;
        assert_eq!(parity.difference, None, "cut before record {end}");
        assert_eq!((parity.identical, parity.unrecorded), (there, step), "cut before record {end}");
        within += u64::from(step > 0);
    }
    assert!(within > 50, "{within} cuts within a step");
}

/// A torn journal of another trader differs all the same, and at a record that it has.
#[test]
fn a_torn_journal_of_another_trader_differs_where_it_was_changed() {
    let mut records = parse("whole", &RUN.1, false).expect("a whole journal").records;
    records.pop();
    let last = records.iter().rposition(|record| is_action(&record.body)).expect("a run acts");
    records[last].body = Body::Command(seatrial::market::Command::CancelAll(None));
    assert_eq!(replayed(&records).difference.map(|difference| difference.record), Some(last as u64));
}

/// A whole journal holds all that its trader did: an action more, after its last record, is a difference there.
#[test]
fn an_action_after_the_end_of_a_whole_journal_is_a_difference_at_its_closing_record() {
    let mut records = parse("whole", &RUN.1, false).expect("a whole journal").records;
    let close = records.pop().expect("a closing record");
    let input = |record: &Record| matches!(record.body, Body::Market);
    let step = records.iter().rposition(input).expect("a step on the market");
    records.truncate(step);
    let end = Record { seq: step as u64, cursor: records[step - 1].cursor, ..close };
    records.push(end);
    assert_eq!(replayed(&records).difference.map(|difference| difference.record), Some(step as u64));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// After any byte; within its header there is nothing to replay, and it is refused.
    #[test]
    fn a_journal_cut_after_any_byte_replays_without_a_difference(cut in 0..RUN.1.len()) {
        match parse("torn", &RUN.1[..cut], true) {
            Ok(journal) => prop_assert_eq!(replayed(&journal.records).difference, None),
            Err(refused) => prop_assert!(cut < *HEADER, "{}", refused),
        }
    }
}
