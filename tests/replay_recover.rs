//! A trader rebuilt from its journal is the trader that wrote it, field by field, at any record.
//!
//! To repeat: `cargo test --no-default-features --features simulator --test replay_recover`.
#![cfg(feature = "simulator")]

mod trial;

use seatrial::journal::{Body, Journal, Record};
use seatrial::market::{Contract, Span};
use seatrial::replay::{RecoverError, recover};
use seatrial::sim::{Outcome, Setup, run};
use trial::{bar_tape, l2_tape, setup};

fn ran(setup: &Setup) -> Outcome {
    run(setup, Journal::recording()).unwrap_or_else(|error| panic!("{}: {error}", setup.strategy.name))
}

fn all_of(trader: &seatrial::trading::Trader) -> String {
    format!("{:?}", trader.core())
}

/// Runs that end at many instants: what is rebuilt from each journal is what lived.
// proves: gap-audit-trail
#[test]
fn a_rebuilt_trader_is_the_one_that_lived() {
    let kinds = [
        ("quoter, spot", setup(l2_tape(21), Contract::Spot, "quoter")),
        ("quoter, linear", setup(l2_tape(22), Contract::Linear, "quoter")),
        ("ema_flip, linear", setup(bar_tape(23), Contract::Linear, "ema_flip")),
    ];
    for (kind, whole) in kinds {
        let (first, last) = whole.tapes[0].tape.range().expect("a tape with records");
        for part in 1..=8 {
            let mut cut = whole.clone();
            cut.tapes[0].to = Some(first.after(Span(last.since(first).0 / 8 * part)));
            let outcome = ran(&cut);
            let lived = all_of(&outcome.trader);
            let records = outcome.journal.into_records();
            let rebuilt = recover(&cut, &records, 0).unwrap_or_else(|error| panic!("{kind}, part {part}: {error}"));
            assert_eq!(all_of(&rebuilt), lived, "{kind}, part {part}");
        }
    }
}

/// A journal that breaks off within a step: the step is whole, its last actions never left. Every cut of
/// one step is one trader, and a record of another trader is refused.
#[test]
fn a_torn_journal_is_rebuilt_to_its_last_step() {
    let setup = setup(l2_tape(24), Contract::Spot, "quoter");
    let records = ran(&setup).journal.into_records();
    let input = |record: &Record| matches!(record.body, Body::Event(_) | Body::Market | Body::Lost(_));
    let (mut steps, mut torn, mut before) = (0, 0, None);
    for end in (0..records.len() - 1).filter(|end| end % 31 < 4) {
        let start = records[..=end].iter().rposition(input);
        let cursor = start.map_or(0, |start| records[start].cursor);
        let rebuilt = recover(&setup, &records[..=end], cursor).unwrap_or_else(|error| panic!("record {end}: {error}"));
        let now = all_of(&rebuilt);
        match &before {
            Some((step, seen)) if *step == start => {
                torn += 1;
                assert_eq!(seen, &now, "record {end} is of the same step");
            }
            _ => steps += 1,
        }
        before = Some((start, now));
    }
    assert!(steps > 20 && torn > 20, "{steps} steps, {torn} torn");
    let middle = records.iter().rposition(|record| matches!(record.body, Body::Command(_))).expect("a run sends");
    let mut changed = records[..=middle + 1].to_vec();
    changed[middle].body = Body::Command(seatrial::market::Command::CancelAll(None));
    let refused = recover(&setup, &changed, 0);
    assert!(matches!(refused, Err(RecoverError::Difference(_))));
}
