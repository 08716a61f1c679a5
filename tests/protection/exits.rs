//! The exit ladder, watched targets, silent stops, merged wishes, holding, and venues where lots back
//! one order only.

use seatrial::market::*;

use crate::bench::*;
use crate::floor::{Floor, Takers};

/// A long of 0.01 B at 45 000, stop 44 100.
fn held(mut floor: Floor) -> Floor {
    floor.open(&Ask::v01().quantity(1_000_000));
    floor
}

/// V-46: the ladder sells from 45 000 at 0.5, 1, 2, 5 %; a second between steps, five between repeats of
/// the last; at its end somebody is told.
// proves: critical-3-thin-book
#[test]
pub fn the_ladder_steps_down() {
    let mut floor = held(Floor::margin(&[("holding.max", "1min")]));
    floor.takers = Takers::Miss;
    floor.wait(60_000);
    let prices = |floor: &Floor| floor.exits().iter().map(|exit| exit.0.0).collect::<Vec<_>>();
    assert_eq!(prices(&floor), [4_477_500]);
    floor.wait(999);
    assert_eq!(floor.exits().len(), 1);
    floor.wait(1);
    floor.wait(1_000);
    floor.wait(1_000);
    assert_eq!(prices(&floor), [4_477_500, 4_455_000, 4_410_000, 4_275_000]);
    assert!(!floor.told(Severity::Critical).iter().any(|text| text.contains("at its end")));
    floor.wait(4_999);
    assert_eq!(floor.exits().len(), 4);
    floor.wait(1);
    assert_eq!(prices(&floor)[4], 4_275_000);
    assert_eq!(floor.told(Severity::Critical).iter().filter(|text| text.contains("at its end")).count(), 1);
    assert_eq!(floor.stops().len(), 1, "protection stays live meanwhile");
    floor.wait(5_000);
    assert_eq!(floor.exits().len(), 6);
    assert_eq!(floor.told(Severity::Critical).iter().filter(|text| text.contains("at its end")).count(), 1);
    floor.takers = Takers::Fill;
    floor.wait(5_000);
    assert_eq!((floor.held(B), floor.resting.len()), (0, 0));
    assert!(floor.ladder().iter().all(|(cause, _)| *cause == ExitCause::Holding));
}

/// EX-1: every step is priced from the reference of its own moment.
// proves: exit-not-stale
#[test]
pub fn each_step_is_priced_anew() {
    let mut floor = held(Floor::margin(&[("holding.max", "1min")]));
    floor.takers = Takers::Miss;
    floor.wait(60_000);
    floor.bench.after(1_000_000_000);
    floor.bench.reference(B, "44500");
    floor.bench.step(&Event::Wake);
    floor.settle();
    assert_eq!(floor.exits()[1].0, Price(4_405_500), "1 % below 44 500");
}

/// EC-5, EC-6: without a usable reference nothing is sent, live stops stay; with one the exit is worked
/// out anew, however long that took.
// proves: exit-not-stale
#[test]
pub fn an_exit_waits_for_a_reference() {
    let mut floor = held(Floor::margin(&[("holding.max", "1min")]));
    floor.wait_blind(60_000);
    assert!(floor.exits().is_empty());
    assert_eq!(floor.stops().len(), 1);
    assert!(floor.told(Severity::Critical).iter().any(|text| text.contains("no usable reference")));
    floor.wait_blind(3_600_000);
    assert!(floor.exits().is_empty());
    floor.bench.reference(B, "31500");
    floor.settle();
    assert!(floor.exits().is_empty(), "a jump of 30 % is not a reference yet");
    floor.bench.reference(B, "31500");
    floor.settle();
    assert_eq!(floor.exits(), [(Price(3_134_250), Qty(1_000_000))], "0.5 % below what is true now");
}

/// EC-3: one exit is possibly live, however long its outcome is unknown.
// proves: exit-dead-button
#[test]
pub fn an_unknown_exit_blocks_the_next() {
    let mut floor = held(Floor::margin(&[("holding.max", "1min")]));
    floor.takers = Takers::Silent;
    floor.wait(60_000);
    for _ in 0..70 {
        floor.wait(1_000);
    }
    assert_eq!(floor.exits().len(), 1, "{:?}", floor.ladder());
}

/// EC-3: wishes merge into one target quantity; when the exit in flight has ended, what is missing to it
/// follows by itself, once.
#[test]
pub fn wishes_merge() {
    let mut floor = held(Floor::margin(&[]));
    floor.takers = Takers::Silent;
    let first = floor.bench.open(&Ask::exit(B, Intention::Reduce(Qty(200_000))));
    floor.settle();
    for part in [300_000, 200_000] {
        let denied = floor.bench.submit(&Ask::exit(B, Intention::Reduce(Qty(part)))).expect_err("one is in flight");
        assert_eq!(denied.check, Check::Exit(3));
        floor.settle();
    }
    assert_eq!(floor.exits().len(), 1);
    floor.takers = Takers::Fill;
    floor.fill(first, Qty(50_000), Price(4_480_000));
    floor.end(first, CancelledBecause::Remainder);
    floor.settle();
    // 1 000 000 held; asked for were 200 000 and 300 000; the third wish is no more than the second left.
    assert_eq!(floor.exits().last(), Some(&(Price(4_477_500), Qty(450_000))));
    assert_eq!(floor.held(B), 500_000);
    floor.wait(250);
    assert_eq!(floor.stops()[0].1, Qty(500_000));
    floor.wait(5_000);
    assert_eq!(floor.held(B), 500_000, "it is not chased");
}

/// §4.6: the venue's stop is touched but silent: it is asked after; if it is not there, the position is
/// exited.
#[test]
pub fn a_silent_stop_is_asked_after() {
    let mut floor = held(Floor::margin(&[]));
    floor.print(B, "44100");
    floor.wait(1_999);
    assert!(floor.queries.is_empty());
    let stop = *floor.resting.keys().next().expect("a stop");
    floor.bench.after(1_000_000);
    floor.bench.step(&Event::Wake);
    floor.settle();
    assert!(floor.queries.contains(&Query::Order(stop)), "{:?}", floor.queries);
    assert!(floor.ladder().is_empty());
    floor.tell(stop, ReportKind::Status(OrderStatus::Cancelled));
    floor.settle();
    assert_eq!(floor.ladder(), [(ExitCause::BeyondStop, 1)]);
    assert_eq!(floor.held(B), 0);
}

#[test]
pub fn a_touched_stop_that_was_never_confirmed_is_not_waited_for() {
    let mut floor = Floor::margin(&[("protection.naked_max", "10s")]);
    let id = floor.bench.open(&Ask::v01());
    floor.settle();
    let qty = floor.resting[&id].qty;
    floor.deaf = true;
    floor.fill(id, qty, Price(4_500_000));
    floor.print(B, "44000");
    floor.wait(2_000);
    assert_eq!(floor.ladder(), [(ExitCause::SilentStop, 1)]);
}

/// PR-6: on a venue that ties lots up the stop rests alone; a touched target frees the lots first, and
/// what does not fill puts the stop back.
// proves: protect-reserving-venue
#[test]
pub fn a_watched_target_swaps_the_stop() {
    let mut floor = Floor::spot(&[]);
    floor.open(&Ask::v01().quantity(1_000_000).target("46350"));
    assert_eq!((floor.stops().len(), floor.targets().len()), (1, 0));
    floor.print(B, "46349.99");
    assert!(floor.ladder().is_empty());
    floor.takers = Takers::Miss;
    floor.print(B, "46350");
    assert_eq!(floor.ladder(), [(ExitCause::Target, 1)]);
    assert_eq!(floor.cancelled.len(), 1);
    assert_eq!(floor.exits(), [(Price(4_611_825), Qty(1_000_000))]);
    assert_eq!(floor.stops(), [(Price(4_410_000), Qty(1_000_000))], "the stop is back");
    floor.wait(10_000);
    assert_eq!(floor.exits().len(), 1, "it is not chased");
    floor.takers = Takers::Fill;
    floor.print(B, "46360");
    assert_eq!((floor.held(B), floor.resting.len()), (0, 0));
}

/// The exit never leaves before the venue has let the lots go.
#[test]
pub fn an_exit_waits_for_its_lots() {
    let mut floor = Floor::spot(&[]);
    floor.open(&Ask::v01().quantity(1_000_000));
    floor.deaf = true;
    floor.bench.open(&Ask::exit(B, Intention::Close));
    floor.settle();
    assert!(matches!(floor.unanswered.front(), Some(Command::Cancel(_))), "{:?}", floor.unanswered);
    assert_eq!(floor.unanswered.len(), 1);
    floor.deaf = false;
    floor.settle();
    assert_eq!((floor.held(B), floor.exits().len()), (0, 1));
}

/// EC-2, PR-1: a resting reduction counts as coverage, and the stop is sized to the rest.
#[test]
pub fn a_resting_reduction_shares_the_lots() {
    let mut floor = Floor::spot(&[]);
    floor.open(&Ask::v01().quantity(1_000_000));
    let sell = floor.bench.open(&Ask { price: Some("45500"), ..Ask::exit(B, Intention::Reduce(Qty(400_000))) });
    floor.settle();
    assert_eq!(floor.stops(), [(Price(4_410_000), Qty(600_000))]);
    assert!(floor.resting.contains_key(&sell));
    floor.fill(sell, Qty(100_000), Price(4_550_000));
    assert_eq!(floor.stops(), [(Price(4_410_000), Qty(600_000))]);
    let _: Result<(), _> = floor.bench.with_desk(move |desk| desk.cancel(sell));
    floor.settle();
    floor.wait(250);
    assert_eq!(floor.stops(), [(Price(4_410_000), Qty(900_000))]);
}

/// The ladder takes every lot: a resting reduction in its way ends first.
#[test]
pub fn the_ladder_makes_way() {
    let mut floor = Floor::spot(&[("holding.max", "1min")]);
    floor.open(&Ask::v01().quantity(1_000_000));
    floor.bench.open(&Ask { price: Some("45500"), ..Ask::exit(B, Intention::Reduce(Qty(400_000))) });
    floor.settle();
    floor.wait(60_000);
    assert_eq!((floor.held(B), floor.resting.len()), (0, 0));
    assert_eq!(floor.exits(), [(Price(4_477_500), Qty(1_000_000))]);
}

/// CRITICAL-7: a bar that touches both is a touched stop; the target's exit is not sent.
// proves: critical-7-precedence
#[test]
pub fn the_stop_wins() {
    let both = |long: bool, low: i64, high: i64| {
        let mut floor =
            if long { Floor::spot(&[]) } else { Floor::margin(&[("instrument.BTC/USDT.reserves_exits", "yes")]) };
        let ask = if long { Ask::v01().target("46350") } else { Ask::short(B, "45000", "45900").target("43600") };
        floor.open(&ask.quantity(1_000_000));
        let bar = Bar {
            instrument: B,
            opened: floor.bench.now,
            length: Span::from_mins(1),
            open: Price(4_500_000),
            high: Price(high),
            low: Price(low),
            close: Price(4_500_000),
            volume: Qty(1),
        };
        floor.bench.step(&Event::Market(floor.bench.now, MarketEvent::Bar(bar)));
        floor.settle();
        floor.ladder()
    };
    assert_eq!(both(true, 4_410_001, 4_634_999), []);
    assert_eq!(both(true, 4_410_001, 4_635_000), [(ExitCause::Target, 1)]);
    assert_eq!(both(true, 4_410_000, 4_635_000), [], "the stop wins");
    assert_eq!(both(false, 4_360_000, 4_589_999), [(ExitCause::Target, 1)]);
    assert_eq!(both(false, 4_360_000, 4_590_000), [], "the stop wins");
}

/// §4.7: 48 hours after the first fill, an added entry changing nothing; `alert` only warns.
// proves: position-holding
#[test]
pub fn holding_ends() {
    let mut floor = held(Floor::margin(&[]));
    floor.wait(47 * 3_600_000);
    floor.open(&Ask::v01().quantity(500_000).at("44999"));
    floor.wait(3_600_000 - 1);
    assert!(floor.ladder().is_empty());
    floor.wait(1);
    assert_eq!((floor.ladder(), floor.held(B)), (vec![(ExitCause::Holding, 1)], 0));
    for keys in [[("holding.action", "alert")], [("holding.max", "0")]] {
        let mut floor = held(Floor::margin(&keys));
        floor.wait(49 * 3_600_000);
        floor.wait(3_600_000);
        assert!(floor.ladder().is_empty());
        let warned = floor.told(Severity::Warning).iter().filter(|text| text.contains("holding.max")).count();
        assert_eq!(warned, usize::from(keys[0].1 == "alert"));
    }
}

/// One exit per position and event: whoever else wishes for it meanwhile.
// proves: position-double-close
#[test]
pub fn one_exit_whoever_wishes() {
    let mut floor = Floor::spot(&[("holding.max", "1min")]);
    floor.open(&Ask::v01().quantity(1_000_000).target("46350"));
    floor.bench.after(60_000_000_000);
    floor.deaf = true;
    floor.print(B, "46350");
    floor.bench.step(&Event::Wake);
    floor.settle();
    let _: Result<_, _> = floor.bench.submit(&Ask::exit(B, Intention::Close));
    floor.deaf = false;
    floor.settle();
    floor.wait(1_000);
    assert_eq!((floor.exits().len(), floor.held(B)), (1, 0));
}

/// The market near a stop is told once per stop.
#[test]
pub fn nearness_is_told_once() {
    let mut floor = held(Floor::margin(&[]));
    let near = |floor: &Floor| floor.told(Severity::Warning).iter().filter(|text| text.contains("of stop")).count();
    floor.print(B, "44321");
    assert_eq!(near(&floor), 0, "0.5 % of 44 100 is 220.5");
    floor.print(B, "44320.50");
    floor.print(B, "44300");
    assert_eq!(near(&floor), 1);
    floor.control(ControlAct::SetStop(B, RawPrice::new(decimal("44200"))));
    floor.print(B, "44250");
    assert_eq!(near(&floor), 2);
}

/// Nothing is sent into a session that does not trade; when it opens, the ladder goes on.
#[test]
pub fn a_closed_session_is_waited_out() {
    let mut floor = held(Floor::margin(&[("holding.max", "1min")]));
    let session = |floor: &mut Floor, state| {
        let now = floor.bench.now;
        floor.bench.step(&Event::Market(now, MarketEvent::Session(B, state)));
        floor.settle();
    };
    session(&mut floor, SessionState::CancelOnly);
    floor.wait(60_000);
    assert!(floor.exits().is_empty() && floor.ladder().len() == 1);
    session(&mut floor, SessionState::Open);
    assert_eq!((floor.exits().len(), floor.held(B)), (1, 0));
}

/// A second demand merges into what is under way and sends nothing beside it.
// proves: position-double-close
#[test]
pub fn a_second_demand_sends_nothing() {
    let mut floor = held(Floor::margin(&[("holding.max", "1min")]));
    floor.wait(59_500);
    floor.takers = Takers::Silent;
    let close = floor.bench.open(&Ask::exit(B, Intention::Close));
    floor.settle();
    floor.wait(500);
    assert_eq!(floor.ladder(), [(ExitCause::Holding, 1)]);
    assert_eq!(floor.exits().len(), 1);
    floor.fill(close, Qty(1_000_000), Price(4_480_000));
    assert_eq!((floor.exits().len(), floor.held(B)), (1, 0));
}

/// The age counts from the first fill, a restart between or not.
// proves: position-holding
#[test]
pub fn a_restart_makes_nothing_younger() {
    let mut floor = held(Floor::margin(&[]));
    floor.wait(40 * 3_600_000);
    floor.bench.step(&Event::Host(HostEvent::Restarted));
    floor.settle();
    floor.wait(8 * 3_600_000);
    assert_eq!(floor.ladder(), [(ExitCause::Holding, 1)]);
}

/// EC-6: an exit whose lots do not come free in time is void.
// proves: exit-not-stale
#[test]
pub fn an_exit_does_not_wait_for_ever() {
    let mut floor = Floor::spot(&[]);
    floor.open(&Ask::v01().quantity(1_000_000));
    floor.deaf = true;
    let close = floor.bench.open(&Ask::exit(B, Intention::Close));
    floor.settle();
    let state = |floor: &Floor| floor.bench.trader.core().orders().get(close).expect("ours").state;
    for _ in 0..5 {
        floor.wait(1_000);
    }
    assert_eq!(state(&floor), OrderState::Intent);
    floor.wait(1_000);
    assert_eq!(state(&floor), OrderState::Void);
}

/// Where lots back one order, a stop is not given up for an exit that the session does not take.
#[test]
pub fn a_closed_session_costs_no_stop() {
    let mut floor = Floor::spot(&[]);
    floor.open(&Ask::v01().quantity(1_000_000));
    let now = floor.bench.now;
    floor.bench.step(&Event::Market(now, MarketEvent::Session(B, SessionState::Halted)));
    floor.settle();
    let close = floor.bench.open(&Ask::exit(B, Intention::Close));
    floor.settle();
    for _ in 0..7 {
        floor.wait(1_000);
        assert_eq!((floor.stops().len(), floor.cancelled.len(), floor.exits().len()), (1, 0, 0));
    }
    let state = floor.bench.trader.core().orders().get(close).expect("ours").state;
    assert_eq!(state, OrderState::Void);
}
