//! A streamed tape is the same tape: whatever is run on it, whichever part of it counts and whatever goes wrong, a run is
//! the run on the tape in memory. What the disk loses is an error of the run.
//!
//! To repeat: `cargo test --test sim_streamed`.
#![cfg(feature = "simulator")]

#[allow(dead_code, reason = "bars are for other tests")]
mod several;
#[allow(dead_code, reason = "bars are for other tests")]
mod trial;

use std::path::Path;
use std::sync::Arc;

use rust_decimal::Decimal;
use seatrial::data::{Format, Info, Records, Tape};
use seatrial::journal::{Body, Journal};
use seatrial::market::{Contract, Span};
use seatrial::replay::replay;
use seatrial::sim::fault::{Fault, FaultKind, When};
use seatrial::sim::setup::MarketTape;
use seatrial::sim::{Outcome, Setup, run};
use several::{beside, eth_depth};
use trial::{grid_setup, l2_tape, order_tape, setup, told};

fn streamed(tape: &Tape) -> Tape {
    let streamed = tape.clone().streamed(&std::env::temp_dir()).unwrap_or_else(|bad| panic!("{bad}"));
    assert!(matches!(streamed.records, Records::Streamed(_)) && streamed.rows().is_empty());
    assert!(streamed.bytes() < 600_000 && tape.bytes() > 600_000, "{} {}", streamed.bytes(), tape.bytes());
    streamed
}

/// The same setup with the tape of one of its instruments streamed.
fn with_streamed(setup: &Setup, place: usize) -> Setup {
    let mut setup = setup.clone();
    setup.tapes[place].tape = Arc::new(streamed(&setup.tapes[place].tape));
    setup
}

fn ran(setup: &Setup) -> Outcome {
    run(setup, Journal::recording()).unwrap_or_else(|error| panic!("{}: {error}", setup.strategy.name))
}

/// Runs both, compares them, and says how many orders there were.
fn same(setup: &Setup, place: usize, what: &str) -> usize {
    let other = with_streamed(setup, place);
    let (whole, again) = (ran(setup), ran(&other));
    assert_eq!(
        (whole.digest, whole.events, whole.records, whole.period),
        (again.digest, again.events, again.records, again.period),
        "{what}"
    );
    let records = again.journal.into_records();
    assert_eq!(replay(&other, &records).expect("the strategy is known").difference, None, "{what}");
    records.iter().filter(|record| matches!(record.body, Body::Command(_))).count()
}

#[test]
fn a_run_on_a_streamed_tape_is_the_run_on_the_whole_one() {
    let mut orders = 0;
    for seed in 1..=3 {
        let tape = || l2_tape(seed);
        orders += same(&setup(tape(), Contract::Linear, "quoter"), 0, "quoter");
        orders += same(&grid_setup(tape(), Contract::Spot), 0, "grid");
        let bare = told(setup(tape(), Contract::Linear, "workload"), &[("pace", "0.5s")], &[]);
        orders += same(&Setup { guards: false, tiles: false, ..bare }, 0, "workload, nothing passed over");
    }
    println!("{orders} commands");
    assert!(orders > 1_000, "{orders}");
}

#[test]
fn whichever_part_of_it_counts() {
    let base = setup(l2_tape(7), Contract::Linear, "quoter");
    let (first, last) = base.tapes[0].tape.range().expect("rows");
    let length = last.since(first).0;
    // From and to at odd places, at the very ends, and nothing at all.
    for (from, to) in [(0, 1_000), (137, 1_000), (0, 611), (333, 667), (1_000, 1_000), (999, 1_000), (500, 500)] {
        let mut setup = base.clone();
        let at = |share: i64| Some(first.after(Span(length / 1_000 * share)));
        let tape = Arc::clone(&setup.tapes[0].tape);
        setup.tapes[0] = MarketTape { tape, from: at(from), to: at(to) };
        let other = with_streamed(&setup, 0);
        assert_eq!(setup.tapes[0].starts(), other.tapes[0].starts());
        same(&setup, 0, &format!("{from} to {to}"));
    }
}

#[test]
fn one_of_two_or_the_other() {
    let both = beside(setup(l2_tape(3), Contract::Linear, "quoter"), eth_depth(3), Contract::Linear, "ETH", "USDT");
    for place in [0, 1] {
        assert!(same(&both, place, &format!("instrument {place}")) > 50);
    }
    let first = with_streamed(&both, 0);
    same(&first, 1, "both");
}

#[test]
fn whatever_goes_wrong() {
    for (number, name) in (1..).zip(FaultKind::names()) {
        let kind = FaultKind::usual(name).expect("a kind");
        let when = if kind.is_of_a_moment() { When::Every(31) } else { When::Every(7) };
        let faults = vec![Fault { when, number, ..Fault::always(kind) }];
        same(&Setup { faults, ..setup(l2_tape(21), Contract::Linear, "quoter") }, 0, name);
    }
}

/// What is asked of a tape without running it, in its own units and in finer ones.
#[test]
fn it_says_the_same_of_itself() {
    let whole = l2_tape(5);
    let finer = |tape: Tape| {
        let (price, qty) = (tape.price_unit / Decimal::TEN, tape.qty_unit / Decimal::ONE_HUNDRED);
        tape.in_units(price, qty).expect("finer units hold everything")
    };
    let hash = |tape: &Tape| {
        let provenance = tape.provenance.clone();
        Tape::new(String::new(), (1, 2), Span::ZERO, tape.records.clone(), provenance)
    };
    for (whole, streamed) in [(whole.clone(), streamed(&whole)), (finer(whole.clone()), finer(streamed(&whole)))] {
        let told =
            |tape: &Tape| (tape.hash, tape.range(), tape.extremes(), tape.overtaker(), tape.shows, tape.records.len());
        assert_eq!(told(&whole), told(&streamed));
        let (one, other) = (hash(&whole), hash(&streamed));
        assert_eq!((one.hash, one.shows), (other.hash, other.shows), "row by row");
        let info = |tape| Info::of("t".to_owned(), Format::Parquet, tape);
        assert_eq!(info(&whole), info(&streamed));
    }
    let orders = order_tape(5);
    assert_eq!(orders.clone().streamed(&std::env::temp_dir()), Ok(orders), "orders are not streamed");
    assert!(whole.streamed(Path::new("no such folder")).is_err());
}

/// A disk that loses a part of the tape: no run on it ends well, and none panics.
#[cfg(target_os = "linux")]
#[test]
fn what_the_disk_loses_is_an_error() {
    let folder = std::env::temp_dir().join(format!("seatrial-lost-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    for (kept, kind) in [(0, ""), (8_192, "crash"), (20_000, "")] {
        let mut setup = setup(l2_tape(9), Contract::Linear, "quoter");
        let tape = Tape::clone(&setup.tapes[0].tape).streamed(&folder).expect("a place for it");
        assert!(tape.records.len() > 24_576, "{} rows", tape.records.len());
        setup.tapes[0].tape = Arc::new(tape);
        let kind = FaultKind::usual(kind);
        setup.faults = kind.map(|kind| Fault { when: When::Every(7), ..Fault::always(kind) }).into_iter().collect();
        cut(&folder, kept * 32);
        let error = run(&setup, Journal::in_memory()).err().expect("what is left is no market").to_string();
        let record = kept / 8_192 * 8_192;
        let found = error.contains(&format!(":{record}:")) && error.contains("lost");
        assert!(error.starts_with("E-MD-079") && found, "{kept}: {error}");
        assert!(run(&setup, Journal::in_memory()).is_err(), "and stays one");
    }
    drop(std::fs::remove_dir_all(&folder));
}

/// Cuts the only file without a name that was made in a folder.
#[cfg(target_os = "linux")]
fn cut(folder: &Path, length: u64) {
    let open = std::fs::read_dir("/proc/self/fd").expect("Linux").flatten().map(|entry| entry.path());
    let ours = |path: &std::path::PathBuf| std::fs::read_link(path).is_ok_and(|file| file.starts_with(folder));
    let path = open.into_iter().find(ours).expect("the tape's file");
    std::fs::OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(length)).expect("it can be cut");
}
