//! Whether the trader may trade: each cause alone, which leave by themselves, which wait.

use expect_test::expect;
use seatrial::market::{
    Contract, ControlAct, Event, HostEvent, Link, LinkEvent, MarketEvent, Qty, Quote, SessionState, Span, TraderState,
};

use crate::bench::{Ask, B, Bench, SECOND, X, config, instruments};
use crate::{critical, down, state, up};

const REDUCE: TraderState = TraderState::ReduceOnly;

fn host(bench: &mut Bench, event: HostEvent) {
    bench.step(&Event::Host(event));
}

/// Automatic causes leave with what they name; every one of them denies by its name while it is there.
// proves: safety-1-preflight
#[test]
fn automatic_causes_leave_by_themselves() {
    let rows: &[(&str, Event, Event)] = &[
        (
            "the clock is 1000000001 ns",
            Event::Host(HostEvent::ClockOffset(Span(SECOND + 1))),
            Event::Host(HostEvent::ClockOffset(Span(-SECOND))),
        ),
        (
            "the key may not trade",
            Event::Host(HostEvent::Permission { trade: false, withdraw: false }),
            Event::Host(HostEvent::Permission { trade: true, withdraw: false }),
        ),
        (
            "the key may withdraw",
            Event::Host(HostEvent::Permission { trade: true, withdraw: true }),
            Event::Host(HostEvent::Permission { trade: true, withdraw: false }),
        ),
        (
            "room for cancels and exits only",
            Event::Host(HostEvent::JournalSpace(false)),
            Event::Host(HostEvent::JournalSpace(true)),
        ),
    ];
    for (words, comes, goes) in rows {
        let mut bench = Bench::spot(&[]);
        bench.step(comes);
        assert_eq!(state(&bench), REDUCE, "{words}");
        // `submit` measures the clock anew: what it says is denied in a step of its own.
        let text = bench.trader.core().why_not_armed().join(", ");
        assert!(text.contains(words), "{text} does not say {words}");
        bench.step(comes);
        assert_eq!(state(&bench), REDUCE, "{words}, said twice");
        bench.step(goes);
        assert_eq!(state(&bench), TraderState::Armed, "{words}");
    }
}

/// One nanosecond is the difference.
#[test]
fn the_clock_may_be_off_by_its_limit() {
    for (offset, expected) in
        [(SECOND, TraderState::Armed), (SECOND + 1, REDUCE), (-SECOND, TraderState::Armed), (-SECOND - 1, REDUCE)]
    {
        let mut bench = Bench::spot(&[]);
        host(&mut bench, HostEvent::ClockOffset(Span(offset)));
        assert_eq!(state(&bench), expected, "{offset}");
    }
}

/// A trader that was told nothing of its clock and its key does not arm: silence is no proof.
#[test]
fn what_was_never_verified_denies() {
    let mut bench = Bench::bare(instruments(Contract::Spot), config(&[]));
    bench.step(&Event::Wake);
    bench.agree();
    assert_eq!(state(&bench), REDUCE);
    expect!["what the key may do was never verified, the clock was never compared with the venue's"].assert_eq(&{
        let mut why = bench.trader.core().why_not_armed();
        why.sort_unstable_by_key(|text| std::cmp::Reverse(text.clone()));
        why.join(", ")
    });
    host(&mut bench, HostEvent::Permission { trade: true, withdraw: false });
    assert_eq!(state(&bench), REDUCE);
    host(&mut bench, HostEvent::ClockOffset(Span::ZERO));
    assert_eq!(state(&bench), TraderState::Armed);
}

/// Latched causes stay, through a reconciliation and a new process, until an operator acts.
#[test]
fn latched_causes_wait_for_an_operator() {
    let mut bench = Bench::spot(&[]);
    host(&mut bench, HostEvent::JournalFailed);
    assert_eq!((state(&bench), critical(&bench)), (REDUCE, 1));
    down(&mut bench, Link::Reports);
    up(&mut bench, Link::Reports);
    assert_eq!(state(&bench), TraderState::Reconciling);
    bench.agree();
    assert_eq!(state(&bench), REDUCE, "back to the latched state held before");
    host(&mut bench, HostEvent::Restarted);
    assert_eq!(state(&bench), TraderState::Reconciling);
    bench.agree();
    assert_eq!(state(&bench), REDUCE);
    bench.rearm();
    assert_eq!(state(&bench), TraderState::Armed);
}

/// The journal's end stops entries in the same step, and cancels go on.
#[test]
fn a_failed_journal_stops_entries_and_not_cancels() {
    let mut bench = Bench::spot(&[]);
    let order = crate::resting(&mut bench, B, 1_000_000);
    host(&mut bench, HostEvent::JournalFailed);
    assert!(bench.submit(&Ask::long(X, "0.60", "0.588").quantity(100)).is_err());
    bench.with_desk(move |desk| desk.cancel(order)).expect("a cancel is no entry");
    assert_eq!(bench.cancels(), [order]);
}

/// The trader is held back while no session is open anywhere; one that is open is enough.
#[test]
fn no_open_session_holds_the_trader_back() {
    let mut bench = Bench::spot(&[]);
    let session = |bench: &mut Bench, id, state| {
        bench.step(&Event::Market(bench.now, MarketEvent::Session(id, state)));
    };
    let ids: Vec<_> = bench.trader.core().instruments().iter().map(|instrument| instrument.id).collect();
    for (place, id) in ids.iter().enumerate() {
        assert_eq!(state(&bench), TraderState::Armed);
        session(&mut bench, *id, SessionState::CancelOnly);
        assert_eq!(state(&bench) == REDUCE, place + 1 == ids.len(), "{place}");
    }
    session(&mut bench, B, SessionState::Open);
    assert_eq!(state(&bench), TraderState::Armed);
}

/// The feed as a whole is stale while something is held and not even a mark is fresh.
#[test]
fn a_silent_feed_holds_a_position_back() {
    let mut bench = Bench::spot(&[]);
    let order = crate::resting(&mut bench, B, 1_000_000);
    bench.fill_whole(order);
    bench.after(60 * SECOND);
    bench.step(&Event::Wake);
    assert_eq!(state(&bench), TraderState::Armed, "sixty seconds are not more than sixty");
    bench.after(1);
    bench.step(&Event::Wake);
    assert_eq!(state(&bench), REDUCE);
    let quote = Quote {
        instrument: X,
        bid: bench.price(X, "0.59"),
        bid_qty: Qty(1),
        ask: bench.price(X, "0.60"),
        ask_qty: Qty(1),
    };
    assert!(bench.trader.wants(bench.now, &MarketEvent::Quote(quote)), "what ends it must be asked for");
    bench.quote_at(quote);
    assert_eq!(state(&bench), TraderState::Armed);
}

/// A re-arm is a typed word; anything else changes nothing.
#[test]
fn a_re_arm_is_typed() {
    let mut bench = Bench::spot(&[]);
    bench.control(ControlAct::Halt);
    for wrong in ["", "re-arm ", "rearm", "yes"] {
        bench.control(ControlAct::Rearm { confirmation: wrong.to_owned() });
        assert_eq!(state(&bench), TraderState::Halted, "`{wrong}`");
    }
    bench.control(ControlAct::Rearm { confirmation: ControlAct::REARM.to_owned() });
    assert_eq!(state(&bench), TraderState::Reconciling);
    bench.agree();
    assert_eq!(state(&bench), TraderState::Armed);
}

/// OP-5: tighter at once, looser with a word, never beyond the ceiling; a refused change changes nothing.
/// What a link says twice is said once.
#[test]
fn a_link_is_lost_once() {
    let mut bench = Bench::spot(&[]);
    down(&mut bench, Link::Market);
    assert!(!bench.actions.is_empty());
    down(&mut bench, Link::Market);
    assert_eq!(bench.actions, []);
    up(&mut bench, Link::Market);
    bench.agree();
    bench.step(&Event::Link(LinkEvent::Up(Link::Market)));
    assert_eq!(bench.actions, []);
}
