//! Protection through a whole trader (production-rules §3.3, §4.4 to §4.7, §4.12): golden vectors, one
//! table or example per rule, and laws over random walks against a small venue.
//!
//! To repeat: `cargo test --no-default-features --test protection`.

#[path = "vectors/bench.rs"]
mod bench;
#[path = "protection/exits.rs"]
mod exits;
#[path = "protection/floor.rs"]
mod floor;
#[path = "protection/joined.rs"]
mod joined;
#[path = "protection/legs.rs"]
mod legs;
#[path = "protection/naked.rs"]
mod naked;
#[path = "protection/sources.rs"]
mod sources;
#[path = "protection/trailing.rs"]
mod trailing;
#[path = "protection/walks.rs"]
mod walks;

/// The tests of this file can fail: each of these bugs breaks the one written beside it.
#[cfg(feature = "planted")]
#[test]
fn planted_bugs_break_their_tests() {
    use seatrial::market::{Bug, planted::plant};
    let tests: [(Bug, fn()); 16] = [
        (Bug::Critical2Partial, legs::the_stop_is_sized_to_what_filled),
        (Bug::Critical7Precedence, exits::the_stop_wins),
        (Bug::Critical7Precedence2, exits::the_stop_wins),
        (Bug::Critical8Trailing, trailing::the_golden_vectors),
        (Bug::GapModification, legs::the_stop_is_sized_to_what_filled),
        (Bug::ProtectStopRefused, legs::a_refused_stop_is_tried_once_more),
        (Bug::ProtectSibling, legs::one_leg_resizes_the_other),
        (Bug::ProtectOrphan, legs::flat_leaves_no_orders),
        (Bug::ProtectReservingVenue, exits::a_watched_target_swaps_the_stop),
        (Bug::ProtectLeverage, legs::a_stop_carries_leverage),
        (Bug::ProtectDust, legs::dust_is_held_uncovered_until_it_is_more),
        (Bug::PositionDoubleClose, exits::a_second_demand_sends_nothing),
        (Bug::PositionHolding, exits::a_restart_makes_nothing_younger),
        (Bug::ExitNotStale, exits::an_exit_does_not_wait_for_ever),
        (Bug::ExitDeadButton, exits::an_unknown_exit_blocks_the_next),
        (Bug::RecoverRestart, trailing::a_restart_keeps_pin_and_extreme),
    ];
    for (bug, test) in tests {
        plant(Some(bug));
        let ended = std::panic::catch_unwind(test);
        plant(None);
        assert!(ended.is_err(), "{bug:?} changes nothing");
    }
}
