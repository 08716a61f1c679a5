//! The kill: sticky, idempotent, whatever is unknown and whatever link is down.

use proptest::prelude::*;
use seatrial::market::{
    Action, CancelledBecause, Command, ControlAct, Decision, Event, HostEvent, Link, OrderId, OrderState, Purpose, Qty,
    ReportKind, Scope, Span, TraderState,
};

use crate::bench::{Ask, B, Bench, SECOND, X};
use crate::{critical, down, resting, state, up};

fn state_of(bench: &Bench, id: OrderId) -> OrderState {
    bench.trader.core().orders().get(id).expect("ours").state
}

/// What was done to an order before the kill, so that it stands in each state.
fn put(bench: &mut Bench, order: OrderId, wanted: OrderState) {
    match wanted {
        OrderState::Sent => {}
        OrderState::UnknownSubmit => bench.lose(order),
        OrderState::Live => bench.accept(order),
        OrderState::CancelPending | OrderState::UnknownCancel => {
            bench.accept(order);
            bench.with_desk(move |desk| desk.cancel(order)).expect("open");
            if wanted == OrderState::UnknownCancel {
                bench.lose(order);
            }
        }
        other => panic!("{other:?} is not put by this test"),
    }
    assert_eq!(state_of(bench, order), wanted);
}

/// Every entry ends in every state, at once or as soon as it is known to live; a second kill does nothing.
// proves: kill-anytime
#[test]
fn a_kill_in_every_state() {
    for from in [
        OrderState::Sent,
        OrderState::UnknownSubmit,
        OrderState::Live,
        OrderState::CancelPending,
        OrderState::UnknownCancel,
    ] {
        let mut bench = Bench::spot(&[]);
        let order = bench.open(&Ask::v01().quantity(1_000_000));
        put(&mut bench, order, from);
        bench.control(ControlAct::Halt);
        assert_eq!((state(&bench), critical(&bench)), (TraderState::Halted, 1), "{from:?}");
        let at_once = bench.cancels();
        let expected = if from == OrderState::CancelPending { vec![] } else { vec![order] };
        assert_eq!(at_once, expected, "{from:?}: by its client id, at once");
        bench.control(ControlAct::Halt);
        assert_eq!((bench.cancels(), critical(&bench)), (vec![], 0), "{from:?}: once");
        if matches!(from, OrderState::Sent | OrderState::UnknownSubmit) {
            bench.accept(order);
            assert_eq!(bench.cancels(), [order], "{from:?}: and again when it is live");
        }
        bench.cancelled(order);
        assert_eq!(state_of(&bench, order), OrderState::Cancelled);
        assert!(bench.submit(&Ask::long(X, "0.60", "0.588").quantity(100)).is_err());
    }
}

/// A kill while the network is down sticks, and its cancels leave when the link is back.
// proves: kill-anytime
#[test]
fn a_kill_works_offline() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    for link in Link::ALL {
        down(&mut bench, link);
    }
    bench.control(ControlAct::Halt);
    assert_eq!((state(&bench), bench.cancels()), (TraderState::Halted, vec![]), "nothing is sent into the void");
    let mut cancels = Vec::new();
    for link in Link::ALL {
        up(&mut bench, link);
        cancels.extend(bench.cancels());
    }
    assert_eq!(cancels, [order]);
    assert_eq!(state(&bench), TraderState::Halted);
}

/// A kill during recovery, and a new process after a kill: it is still killed, and a pass arms nothing.
// proves: kill-anytime
#[test]
fn a_kill_outlives_reconciliation_and_restart() {
    let mut bench = Bench::spot(&[]);
    resting(&mut bench, B, 1_000_000);
    bench.step(&Event::Host(HostEvent::Restarted));
    bench.control(ControlAct::Halt);
    assert_eq!(state(&bench), TraderState::Halted);
    bench.agree();
    assert_eq!(state(&bench), TraderState::Halted);
    bench.step(&Event::Host(HostEvent::Restarted));
    assert_eq!(state(&bench), TraderState::Halted);
    bench.agree();
    assert_eq!(state(&bench), TraderState::Halted);
    bench.rearm();
    assert_eq!(state(&bench), TraderState::Armed);
}

/// An entry the venue still lists after a kill is cancelled by the next pass.
#[test]
fn an_entry_that_lived_on_is_cancelled_by_the_next_pass() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.control(ControlAct::Halt);
    // The cancel was lost, and the time-out made it unknown.
    bench.after(2 * SECOND);
    bench.step(&Event::Wake);
    assert_eq!(state_of(&bench, order), OrderState::UnknownCancel);
    down(&mut bench, Link::Reports);
    up(&mut bench, Link::Reports);
    bench.agree();
    assert_eq!(bench.cancels(), [order]);
}

/// Stopping runs the kill mode once.
#[test]
fn stopping_is_a_kill() {
    let mut bench = Bench::spot(&[]);
    let order = resting(&mut bench, B, 1_000_000);
    bench.step(&Event::Host(HostEvent::Stopping));
    assert_eq!((state(&bench), bench.cancels()), (TraderState::Halted, vec![order]));
    bench.step(&Event::Host(HostEvent::Stopping));
    assert_eq!(bench.cancels(), []);
}

/// Mode `halt` keeps protection; mode `flatten` takes the position down, late fills included.
#[test]
fn flatten_takes_positions_down_and_halt_keeps_their_stops() {
    for (mode, act, exits) in [
        ("halt", ControlAct::Halt, false),
        ("flatten", ControlAct::Halt, true),
        ("halt", ControlAct::Flatten(Scope::All), true),
    ] {
        let mut bench = Bench::spot(&[("kill.mode", mode)]);
        let order = resting(&mut bench, B, 1_000_000);
        bench.fill(order, Qty(400_000), bench.price(B, "45000"));
        bench.control(act.clone());
        let killed: Vec<_> = bench.cancels();
        assert!(killed.contains(&order), "{mode}: {killed:?}");
        let stops = |bench: &Bench| {
            let open = bench.trader.core().orders().open();
            open.filter(|order| order.purpose == Purpose::Stop && !order.state.is_terminal()).count()
        };
        let leaving = |bench: &Bench| crate::recorded(bench, |d| matches!(d, Decision::Exiting { .. })) > 0;
        assert_eq!(leaving(&bench), exits, "{mode} {act:?}: {:?}", bench.actions);
        if !exits {
            assert_eq!(stops(&bench), 1, "the stop stays");
        }
        // A late fill is exited as well.
        bench.fill(order, Qty(100_000), bench.price(B, "45000"));
        assert_eq!(bench.position(B), Qty(500_000));
        let exit = bench.trader.core().orders().open().any(|order| order.purpose == Purpose::Exit);
        assert_eq!(leaving(&bench) || exit, exits, "{mode}: {:?}", bench.actions);
        if exits {
            // One exit at a time, until nothing is left: what came late follows the first.
            for _ in 0..4 {
                for stop in bench.open_of(Purpose::Stop) {
                    bench.cancelled(stop);
                }
                for exit in bench.open_of(Purpose::Exit) {
                    bench.fill_whole(exit);
                }
                bench.after(SECOND);
                bench.quotes();
                bench.step(&Event::Wake);
            }
            assert_eq!(bench.position(B), Qty::ZERO, "{mode}");
        }
    }
}

/// The venue's timer: armed while entries rest and nothing is held, disarmed before a stop could fall.
// proves: kill-anytime
#[test]
fn the_dead_man_timer_follows_its_policy() {
    let heartbeats = |bench: &Bench| {
        let beat = |action: &Action| match action {
            Action::Send(Command::CancelAllAfter(span)) => Some(*span),
            _ => None,
        };
        bench.actions.iter().filter_map(beat).collect::<Vec<_>>()
    };
    let minute = Span::from_secs(60);
    for (policy, armed, held) in
        [("off", vec![], vec![]), ("flat_only", vec![minute], vec![Span::ZERO]), ("flatten", vec![minute], vec![])]
    {
        let mut bench = Bench::spot(&[("dms.policy", policy)]);
        let order = bench.open(&Ask::v01().quantity(1_000_000));
        assert_eq!(heartbeats(&bench), armed, "{policy}");
        bench.accept(order);
        assert_eq!(heartbeats(&bench), [], "{policy}");
        bench.after(20 * SECOND);
        bench.step(&Event::Wake);
        assert_eq!(heartbeats(&bench), armed, "{policy}");
        bench.fill(order, Qty(400_000), bench.price(B, "45000"));
        assert_eq!(heartbeats(&bench), held, "{policy}");
        // It fired: somebody is told.
        bench.tell(bench.report(order, Some(Qty(400_000)), ReportKind::Cancelled(CancelledBecause::DeadMansSwitch)));
        assert_eq!(critical(&bench), 1, "{policy}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever happens around it, a killed trader sends no new entry and stays killed.
    #[test]
    fn a_kill_anywhere_sticks(steps in prop::collection::vec(0_u8..10, 1..30), at in 0_usize..30) {
        let mut bench = Bench::spot(&[]);
        let order = bench.open(&Ask::v01().quantity(1_000_000));
        let mut killed = false;
        for (place, step) in steps.iter().enumerate() {
            if place == at {
                bench.control(ControlAct::Halt);
                killed = true;
            }
            match step {
                0 => bench.accept(order),
                1 => bench.lose(order),
                2 => down(&mut bench, Link::Orders),
                3 => up(&mut bench, Link::Orders),
                4 => bench.step(&Event::Host(HostEvent::Restarted)),
                5 => bench.agree(),
                6 => bench.after(3 * SECOND),
                7 => bench.step(&Event::Wake),
                8 => bench.step(&Event::Host(HostEvent::JournalFailed)),
                _ => bench.quotes(),
            }
            if killed {
                prop_assert_eq!(state(&bench), TraderState::Halted);
                let entry = bench.sent().iter().any(|new| !new.reduce_only);
                prop_assert!(!entry, "an entry left after the kill");
                prop_assert!(bench.submit(&Ask::long(X, "0.60", "0.588").quantity(100)).is_err());
            }
        }
    }
}
