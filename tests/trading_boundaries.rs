//! Every check on both sides of its boundary, with the words of its denial:
//! `{check} {instrument}: {measured} against {limit} {unit}`, then what the check names besides.
//!
//! To repeat: `cargo test --no-default-features --test trading_boundaries`; to accept new words:
//! `UPDATE_EXPECT=1` before it.

#[path = "vectors/bench.rs"]
mod bench;
#[path = "vectors/exits.rs"]
mod exits;
#[path = "vectors/gate.rs"]
mod gate;
#[path = "vectors/pauses.rs"]
mod pauses;
#[path = "vectors/prices.rs"]
mod prices;
#[path = "vectors/sizes.rs"]
mod sizes;

use bench::{Ask, Bench};
use expect_test::Expect;

/// A proposal that stands on the allowed side.
#[track_caller]
fn passes(bench: &mut Bench, ask: &Ask) {
    assert_eq!(bench.answer(ask), "passes");
    assert_eq!(bench.sent().len(), 1, "an order leaves in the step of its proposal");
}

/// A proposal that stands on the other side: its words, and that nothing left.
#[track_caller]
fn denied(bench: &mut Bench, ask: &Ask, words: &Expect) {
    words.assert_eq(&bench.answer(ask));
    assert!(bench.sent().is_empty() && bench.cancels().is_empty(), "a denial sends nothing");
}
