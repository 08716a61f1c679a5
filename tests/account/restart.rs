//! A new process from its journal: everything the journal tells is there, field by field, and what only
//! the old process knew is asked for before anything is done.

use seatrial::market::{Event, HostEvent, OrderState, Qty, Query, TraderState};

use crate::bench::{Ask, B, Bench, SECOND, X};
use crate::{queries, resting, state};

/// TR-27, the restart column: what was not released never will be; what is under way is unknown; what
/// lives, lives.
// proves: recover-restart
#[test]
fn a_restart_makes_what_is_under_way_unknown() {
    let mut bench = Bench::spot(&[("risk.max_entries_per_instrument", "5")]);
    let sent = bench.open(&Ask::v01().quantity(100_000));
    let live = resting(&mut bench, X, 100);
    let cancelling = bench.open(&Ask::v01().at("44999").quantity(100_000));
    bench.accept(cancelling);
    bench.with_desk(move |desk| desk.cancel(cancelling)).expect("open");
    bench.step(&Event::Host(HostEvent::Restarted));
    let state_of = |id| bench.trader.core().orders().get(id).expect("ours").state;
    assert_eq!(state_of(sent), OrderState::UnknownSubmit);
    assert_eq!(state_of(live), OrderState::Live);
    assert_eq!(state_of(cancelling), OrderState::UnknownCancel);
    assert_eq!(state(&bench), TraderState::Reconciling);
    assert!(!bench.trader.core().picture_complete());
    assert!(queries(&bench).contains(&Query::OpenOrders), "{:?}", bench.actions);
}

/// A pass that lists what is live ends the unknown, and only then is the trader armed again.
#[test]
fn a_restarted_trader_arms_by_a_clean_pass() {
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.step(&Event::Host(HostEvent::Restarted));
    assert_eq!(bench.answer(&Ask::long(X, "0.60", "0.588").quantity(100)).split(' ').next(), Some("CK-04"));
    bench.agree();
    assert_eq!(bench.trader.core().orders().get(order).expect("ours").state, OrderState::Live);
    assert_eq!(state(&bench), TraderState::Armed, "{:?}", bench.actions);
    bench.fill(order, Qty(400_000), bench.price(B, "45000"));
    assert_eq!(bench.position(B), Qty(400_000));
}

/// A restart in the middle of a recovery, again and again, ends where one does.
#[test]
fn recovery_of_a_recovery_is_a_recovery() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    for _ in 0..5 {
        bench.step(&Event::Host(HostEvent::Restarted));
        bench.after(SECOND);
        bench.step(&Event::Wake);
    }
    bench.agree();
    assert_eq!(state(&bench), TraderState::Armed);
    assert_eq!(bench.trader.core().orders().get(order).expect("ours").state, OrderState::Live);
    assert_eq!(bench.trader.core().orders().open_count(), 1);
}

/// The wakes the old process had asked for died with it: the new one asks for its own.
#[test]
fn a_new_process_asks_for_its_own_wakes() {
    let mut bench = Bench::spot(&[]);
    resting(&mut bench, B, 1_000_000);
    bench.step(&Event::Host(HostEvent::Restarted));
    let wakes = bench.actions.iter().filter(|action| matches!(action, seatrial::market::Action::Wake(_))).count();
    assert!(wakes > 0, "{:?}", bench.actions);
}
