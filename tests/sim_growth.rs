//! What a run costs grows with what happens in it and no faster.
//!
//! To repeat: `cargo test --test sim_growth`.
#![cfg(feature = "simulator")]

#[allow(dead_code, reason = "one kind of setup is enough here")]
mod trial;

use seatrial::journal::{Body, Journal};
use seatrial::market::{Command, Contract};
use seatrial::sim::run;
use trial::{l2_tape, setup, told};

/// What an order costs does not depend on how many there were: ten times the orders take less than eleven times the
/// events, those of the market not counted.
#[test]
fn orders_do_not_cost_more_the_more_there_are() {
    let market = l2_tape(5);
    let counted = |pace: &str| {
        let setup = told(setup(market.clone(), Contract::Linear, "workload"), &[("pace", pace)], &[]);
        let outcome = run(&setup, Journal::recording()).expect("it runs");
        let rows = setup.tapes[0].tape.records.len() as u64;
        let orders =
            outcome.journal.records().iter().filter(|record| matches!(&record.body, Body::Command(Command::New(_))));
        (orders.count() as u64, outcome.events - rows)
    };
    let (few, many) = (counted("3s"), counted("0.3s"));
    assert!(many.0 >= 5 * few.0, "{few:?}, {many:?}");
    assert!(many.1 * 10 * few.0 < 11 * few.1 * many.0, "orders and events: {few:?}, then {many:?}");
}
