//! Agents for a recorded market: what is made measures like what was recorded.
//!
//! Repeat with `cargo test --test sim_calibrate`.
#![cfg(feature = "simulator")]
#![expect(clippy::float_arithmetic, reason = "figures of a market are floats")]

use std::path::Path;

use seatrial::data::synth::{BarOptions, L2Options, bars, l2};
use seatrial::data::{ImportOptions, Tape, import};
use seatrial::sim::{Calibration, Shapeless, calibrate};

/// How far a figure may be off: a spread of one or two ticks has no value between them.
const OFF_MAX: f64 = 1.35;

fn held(name: &str, tape: &Tape) -> Calibration {
    let found = calibrate(tape, 1).unwrap_or_else(|shapeless| panic!("{name}: {shapeless}"));
    println!("{name}\n{found}");
    for ((figure, recorded), (_, made)) in found.recorded.figures().into_iter().zip(found.made.figures()) {
        let off = (made / recorded).max(recorded / made);
        assert!(off <= OFF_MAX, "{name}: {figure} is {recorded} and was made {made}");
    }
    found
}

#[test]
fn a_made_up_book_is_made_again() {
    let tape = l2(&L2Options { seed: 3, minutes: 20, ..L2Options::default() }).expect("sound options");
    let found = held("synth", &tape);
    assert_eq!(found, calibrate(&tape, 1).expect("it was found before"), "one seed, one answer");
}

#[test]
fn a_recorded_day_is_made_again() {
    let name = "lobster/GOOG_2012-06-21_34200000_57600000_message_10.csv.gz";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return;
    }
    held(name, &import(&path, &ImportOptions::default()).unwrap_or_else(|bad| panic!("{bad}")));
}

#[test]
fn what_shows_no_touch_has_no_shape() {
    let tape = bars(&BarOptions { seed: 1, days: 1, ..BarOptions::default() }).expect("sound options");
    assert_eq!(calibrate(&tape, 1), Err(Shapeless::Bars));
    let short = l2(&L2Options { seed: 3, minutes: 1, ..L2Options::default() }).expect("sound options");
    assert_eq!(calibrate(&short, 1), Err(Shapeless::Short));
}
