//! Several legs and orders of one position at once, what they may and may not do beside each other, and what
//! is on its way (production-rules PR-1 to PR-8, EC-2 to EC-6, §3.5).

#![allow(clippy::items_after_statements, reason = "the words of one table stand beside it")]

use seatrial::market::*;

use crate::bench::*;
use crate::floor::{Floor, Takers};

/// A long of 0.01 B at 45 000, stop 44 100.
fn held(mut floor: Floor) -> Floor {
    floor.open(&Ask::v01().quantity(1_000_000));
    floor
}

fn session(floor: &mut Floor, state: SessionState) {
    let now = floor.bench.now;
    floor.bench.step(&Event::Market(now, MarketEvent::Session(B, state)));
    floor.settle();
}

fn cancels(floor: &Floor) -> usize {
    floor.unanswered.iter().filter(|command| matches!(command, Command::Cancel(_))).count()
}

fn stop_of(floor: &Floor) -> OrderId {
    let stop = |order: &&NewOrder| order.kind.trigger().is_some();
    floor.resting.values().find(stop).expect("a stop rests").id
}

/// §3.5: new before old where exits cannot exceed the position: the old stop goes when the new one is known
/// to rest, and not before.
// proves: gap-modification
#[test]
fn the_old_stop_stays_until_the_new_one_is_confirmed() {
    let mut floor = held(Floor::margin(&[]));
    let old = stop_of(&floor);
    floor.deaf = true;
    floor.control(ControlAct::SetStop(B, RawPrice::new(decimal("44200"))));
    assert!(matches!(floor.unanswered.pop_front(), Some(Command::Amend(amend)) if amend.id == old));
    floor.tell(old, ReportKind::AmendRejected(RefusedBecause::StillOpen(RejectReason::Unsupported)));
    assert!(matches!(floor.unanswered.front(), Some(Command::New(_))), "{:?}", floor.unanswered);
    for _ in 0..3 {
        floor.wait(300);
        assert_eq!(cancels(&floor), 0, "the new one is not known to rest: {:?}", floor.unanswered);
    }
    floor.deaf = false;
    floor.settle();
    assert_eq!(floor.stops(), [(Price(4_420_000), Qty(1_000_000))]);
    assert_eq!(floor.cancelled, [old]);
    assert!(floor.naked().len() <= 1, "covered throughout: {:?}", floor.naked());
}

/// PR-3: a stop that grows or shrinks keeps its distance in time; where lots back one order, those that an
/// exit waits for are given at once.
#[test]
fn lots_an_exit_waits_for_are_given_at_once() {
    for spot in [false, true] {
        let mut floor = if spot { Floor::spot(&[]) } else { Floor::margin(&[]) };
        let id = floor.bench.open(&Ask::v01().quantity(1_000_000));
        floor.settle();
        floor.fill(id, Qty(400_000), Price(4_500_000));
        floor.fill(id, Qty(600_000), Price(4_500_000));
        assert_eq!(floor.stops(), [(Price(4_410_000), Qty(1_000_000))], "resized just now");
        let sell = Ask { price: Some("45500"), ..Ask::exit(B, Intention::Reduce(Qty(300_000))) };
        let sell = floor.bench.open(&sell);
        floor.settle();
        assert!(floor.resting.contains_key(&sell));
        assert_eq!(floor.stops()[0].1, if spot { Qty(700_000) } else { Qty(1_000_000) });
        if !spot {
            floor.fill(sell, Qty(300_000), Price(4_550_000));
            assert_eq!(floor.stops()[0].1, Qty(1_000_000), "within the debounce");
            floor.wait(250);
            assert_eq!(floor.stops()[0].1, Qty(700_000));
        }
    }
}

/// PR-1: leaves of live exits are coverage: a position whose lots stand in a stop and a resting reduction is
/// covered whole.
#[test]
fn a_resting_reduction_is_cover() {
    let mut floor = held(Floor::spot(&[]));
    let sell = Ask { price: Some("45500"), ..Ask::exit(B, Intention::Reduce(Qty(400_000))) };
    floor.bench.open(&sell);
    floor.settle();
    floor.wait(1_000);
    assert_eq!(floor.stops()[0].1, Qty(600_000));
    assert!(!floor.bench.with_desk(|desk| desk.is_naked(B)));
    for _ in 0..6 {
        floor.wait(1_000);
    }
    assert_eq!(floor.ladder(), [], "nobody is naked for as long as that");
}

/// CK-07: while a position is naked nothing is added to it.
#[test]
fn nothing_is_added_to_a_naked_position() {
    let mut floor = Floor::margin(&[]);
    let id = floor.bench.open(&Ask::v01().quantity(1_000_000));
    floor.settle();
    floor.deaf = true;
    floor.fill(id, Qty(1_000_000), Price(4_500_000));
    assert!(floor.bench.with_desk(|desk| desk.is_naked(B)));
    let answer = floor.bench.answer(&Ask::v01().at("44990").quantity(100_000));
    assert!(answer.starts_with("CK-07"), "{answer}");
}

/// PR-8: a stop the venue ends is replaced, and somebody is told; a venue that does it again and again is
/// not argued with: the third time the position is exited.
#[test]
fn the_third_stop_lost_is_the_last() {
    let mut floor = held(Floor::margin(&[]));
    for lost in 1..=3 {
        let stop = stop_of(&floor);
        floor.end(stop, CancelledBecause::Venue);
        floor.settle();
        let warned = floor.told(Severity::Warning).iter().filter(|text| text.contains("without our wish")).count();
        assert_eq!(warned, lost);
        let expected: &[(ExitCause, u8)] = if lost < 3 { &[] } else { &[(ExitCause::Unprotected, 1)] };
        assert_eq!(floor.ladder(), expected, "after {lost}");
    }
    assert_eq!(floor.held(B), 0);
}

/// §3.6: a busy venue is asked for the stop again after 0.25, 0.5 and 1 s, each counted from its reply.
#[test]
fn a_busy_venue_is_given_more_and_more_time() {
    let mut floor = Floor::margin(&[]);
    floor.refusals = [RejectReason::Busy; 3].into_iter().collect();
    floor.open(&Ask::v01());
    let stops = |floor: &Floor| floor.placed.iter().filter(|order| order.kind.trigger().is_some()).count();
    let mut at = vec![0; stops(&floor)];
    for passed in (250..=2_000).step_by(250) {
        floor.wait(250);
        at.resize(stops(&floor), passed);
    }
    assert_eq!(at, [0, 250, 750, 1_750]);
    assert_eq!(floor.stops().len(), 1);
}

/// No stop is sent into a session that takes none; the moment it takes orders again it is there.
#[test]
fn a_stop_waits_for_a_session_that_takes_it() {
    for (closed, takes) in
        [(SessionState::PostOnly, true), (SessionState::CancelOnly, false), (SessionState::Halted, false)]
    {
        let mut floor = Floor::margin(&[]);
        let id = floor.bench.open(&Ask::v01().quantity(1_000_000));
        floor.settle();
        session(&mut floor, closed);
        floor.fill(id, Qty(1_000_000), Price(4_500_000));
        assert_eq!(floor.stops().len(), usize::from(takes), "{closed:?}");
        session(&mut floor, SessionState::Open);
        assert_eq!(floor.stops(), [(Price(4_410_000), Qty(1_000_000))], "{closed:?}");
    }
}

/// EC-2: what an ended exit sold by the venue's word and nobody has booked yet is gone: neither the ladder's
/// next step nor the stop that comes back sells it again.
#[test]
fn what_is_sold_and_not_booked_is_not_sold_again() {
    let mut floor = held(Floor::spot(&[("holding.max", "1min")]));
    floor.takers = Takers::Silent;
    floor.wait(60_000);
    assert_eq!(floor.exits(), [(Price(4_477_500), Qty(1_000_000))]);
    let exit = floor.placed.last().expect("an exit").id;
    floor.takers = Takers::Miss;
    let end = ReportKind::Cancelled(CancelledBecause::Remainder);
    floor.bench.tell(floor.bench.report(exit, Some(Qty(400_000)), end));
    floor.settle();
    floor.wait(1_000);
    assert_eq!(floor.exits()[1..], [(Price(4_455_000), Qty(600_000))]);
    floor.wait(1_000);
    assert_eq!(floor.exits()[2..], [(Price(4_410_000), Qty(600_000))]);
    assert!(floor.stops().iter().all(|stop| stop.1 <= Qty(600_000)), "{:?}", floor.stops());
    floor.takers = Takers::Fill;
    floor.fill(exit, Qty(400_000), Price(4_477_500));
    floor.wait(5_000);
    assert_eq!(floor.held(B), 0);
}

/// EC-2, EC-6: an exit that waits for lots while the stop that holds them fills is worked out anew: it never
/// sells more than is left, and it is the ladder's first step still.
#[test]
fn an_exit_that_outgrew_its_position_is_worked_out_anew() {
    let mut floor = held(Floor::spot(&[("holding.max", "1min")]));
    let stop = stop_of(&floor);
    floor.deaf = true;
    floor.wait(60_000);
    assert_eq!(cancels(&floor), 1, "the lots are not free: {:?}", floor.unanswered);
    floor.fill(stop, Qty(400_000), Price(4_410_000));
    floor.unanswered.clear();
    floor.end(stop, CancelledBecause::Requested);
    floor.deaf = false;
    floor.settle();
    assert_eq!(floor.exits(), [(Price(4_477_500), Qty(600_000))]);
    assert_eq!((floor.held(B), floor.ladder()), (0, vec![(ExitCause::Holding, 1)]));
}

/// EC-4: an exit that would leave dust takes the whole position.
#[test]
fn an_exit_that_would_leave_dust_takes_it_along() {
    for (second, last) in [(700_000, 900_000), (795_000, 1_000_000)] {
        let mut floor = held(Floor::margin(&[]));
        floor.takers = Takers::Silent;
        let first = floor.bench.open(&Ask::exit(B, Intention::Reduce(Qty(200_000))));
        floor.settle();
        floor.bench.submit(&Ask::exit(B, Intention::Reduce(Qty(second)))).expect_err("one is in flight");
        floor.settle();
        floor.takers = Takers::Fill;
        floor.end(first, CancelledBecause::Remainder);
        floor.settle();
        assert_eq!(floor.exits().last(), Some(&(Price(4_477_500), Qty(last))), "{second}");
    }
}

/// EX-2, EX-3: every step is on record by its number and cause.
#[test]
fn every_step_of_the_ladder_is_on_record() {
    let mut floor = held(Floor::margin(&[("holding.max", "1min")]));
    floor.takers = Takers::Miss;
    floor.wait(60_000);
    for _ in 0..3 {
        floor.wait(1_000);
    }
    assert_eq!(floor.ladder(), [1, 2, 3, 4].map(|step| (ExitCause::Holding, step)));
}

/// EC-5: the want of a reference is told when it begins, and again when it begins again.
#[test]
fn a_blind_exit_is_told_each_time() {
    let mut floor = held(Floor::margin(&[("holding.max", "1min")]));
    let told =
        |floor: &Floor| floor.told(Severity::Critical).iter().filter(|t| t.contains("no usable reference")).count();
    floor.wait_blind(60_000);
    floor.wait_blind(1_000);
    assert_eq!((told(&floor), floor.exits().len()), (1, 0));
    floor.takers = Takers::Miss;
    floor.bench.reference(B, "45000");
    floor.settle();
    assert_eq!(floor.exits().len(), 1);
    floor.wait_blind(60_000);
    floor.wait_blind(1_000);
    assert_eq!((told(&floor), floor.exits().len()), (2, 1));
}

/// §4.12: dust can be sold by nobody: its exit is asked for once, and what joins it is exited.
#[test]
fn dust_is_no_exit_until_it_is_more() {
    let mut floor = Floor::margin(&[]);
    let id = floor.bench.open(&Ask::v01().quantity(1_000_000));
    floor.settle();
    floor.fill(id, Qty(9_999), Price(4_500_000));
    let flatten = |floor: &mut Floor| floor.control(ControlAct::Flatten(Scope::Instrument(B)));
    for _ in 0..3 {
        flatten(&mut floor);
        floor.wait(1_000);
    }
    assert_eq!((floor.exits().len(), floor.ladder().len(), floor.held(B)), (0, 1, 9_999), "{:?}", floor.ladder());
    floor.fill(id, Qty(20_000), Price(4_500_000));
    floor.wait(1_000);
    flatten(&mut floor);
    floor.wait(1_000);
    assert_eq!((floor.exits().len(), floor.held(B)), (1, 0), "{:?}", floor.decisions);
}

/// §4.12: dust is no open entry and has no stop: whatever its own was, the next entry is let in and brings its plan.
#[test]
fn dust_joins_the_next_entry_under_its_plan() {
    let mut floor = Floor::margin(&[("risk.max_entries_per_instrument", "1")]);
    let end = CancelledBecause::Requested;
    let buys = |floor: &mut Floor, stop: &'static str, qty: i64| {
        let id = floor.bench.open(&Ask::v01().stop(stop).quantity(1_000_000));
        floor.settle();
        floor.fill(id, Qty(qty), Price(4_500_000));
        floor.end(id, end);
        floor.wait(11_000);
    };
    buys(&mut floor, "44500", 4_000);
    buys(&mut floor, "44400", 5_000);
    buys(&mut floor, "44000", 500_000);
    assert_eq!(floor.stops(), [(Price(4_400_000), Qty(509_000))], "{:?}", floor.decisions);
    assert!(floor.ladder().is_empty());
    let refused = floor.bench.submit(&Ask::v01()).expect_err("one entry is open");
    assert_eq!(refused.check, Check::Entry(24));
    // An operator's stop stays, as it does for what is more than dust.
    let mut pinned = Floor::margin(&[]);
    buys(&mut pinned, "44500", 9_999);
    pinned.control(ControlAct::SetStop(B, RawPrice::new(decimal("44600"))));
    buys(&mut pinned, "44000", 500_000);
    assert_eq!(pinned.stops(), [(Price(4_460_000), Qty(509_999))]);
}

/// §4.12, §3.2: what a stop counts for is what the venue counts it for: a stop-limit its limit, a stop its
/// trigger.
#[test]
fn dust_is_judged_at_the_price_of_its_stop() {
    // 0.000119 B are 5.2479 at the trigger of 44 100 and 4.985505 at its limit of 41 895; 5 are the least.
    for (kind, stops) in [("stop_market", 1), ("stop_limit", 0)] {
        let mut floor = Floor::margin(&[("protection.stop_kind", kind)]);
        let id = floor.bench.open(&Ask::v01().quantity(1_000_000));
        floor.settle();
        floor.fill(id, Qty(11_900), Price(4_500_000));
        assert_eq!(floor.stops().len(), stops, "{kind}");
        floor.wait(10_000);
        assert_eq!((floor.naked().len() <= 1, floor.ladder().len()), (true, 0), "{kind}");
    }
}

/// `gap-precision`: a grid that becomes coarser moves the plan with it: the stop toward the market, the target
/// toward the entry, on record, and what rests is amended.
#[test]
fn a_plan_follows_the_grid() {
    let mut all = instruments(Contract::Linear);
    let mut coarse = all[0].timeline[0].clone();
    (coarse.from, coarse.tick) = (Timestamp(NOON.0 + 60 * SECOND), Price(1_000));
    all[0].timeline.push(coarse);
    let mut bench = Bench::holding(all, config(&[]), &[(USDT, "10000")]);
    bench.quotes();
    let mut floor = Floor::new(bench);
    floor.open(&Ask::v01().stop("44100.01").target("46359.99").quantity(1_000_000));
    let planned = |floor: &Floor| (floor.stops()[0].0, floor.targets()[0].0);
    assert_eq!(planned(&floor), (Price(4_410_001), Price(4_635_999)));
    floor.wait(61_000);
    floor.print(B, "45000");
    floor.control(ControlAct::Trailing(B, false));
    assert_eq!(planned(&floor), (Price(4_411_000), Price(4_635_000)));
    let written = |decision: &&Decision| matches!(decision, Decision::Protected { why, .. } if why.contains("grid"));
    assert_eq!(floor.decisions.iter().filter(written).count(), 1);
}

/// OP-1: an operator's stop is that of its instrument, whatever else is held.
#[test]
fn an_operators_stop_is_of_one_instrument() {
    let mut floor = held(Floor::margin(&[]));
    floor.open(&Ask::long(X, "0.60", "0.588").quantity(100));
    let stops = |floor: &Floor| floor.stops().iter().map(|stop| stop.0.0).collect::<Vec<_>>();
    assert_eq!(stops(&floor), [4_410_000, 58_800]);
    floor.control(ControlAct::SetStop(B, RawPrice::new(decimal("44200"))));
    assert_eq!(stops(&floor), [4_420_000, 58_800]);
    let refused = |decision: &&Decision| matches!(decision, Decision::Denied(_));
    assert_eq!(floor.decisions.iter().filter(refused).count(), 0);
}

/// §1.5 **f**: what an ended entry bought and nobody has booked yet is not held: it takes nothing from the stop.
#[test]
fn fills_due_of_an_entry_take_nothing_from_the_stop() {
    let mut floor = Floor::spot(&[]);
    let id = floor.bench.open(&Ask::v01().quantity(1_000_000));
    floor.settle();
    floor.fill(id, Qty(400_000), Price(4_500_000));
    let end = ReportKind::Cancelled(CancelledBecause::Venue);
    floor.bench.tell(floor.bench.report(id, Some(Qty(700_000)), end));
    floor.settle();
    floor.wait(1_000);
    assert_eq!(floor.stops(), [(Price(4_410_000), Qty(400_000))]);
}

/// PR-3: a difference too small for an order of its own is covered together with the newest leg's part.
#[test]
fn a_small_difference_joins_the_newest_leg() {
    let mut floor = Floor::margin(&[]);
    floor.refuses_amends = true;
    let id = floor.bench.open(&Ask::v01().quantity(1_500_000));
    floor.settle();
    floor.fill(id, Qty(1_000_000), Price(4_500_000));
    floor.fill(id, Qty(5_000), Price(4_500_000));
    for _ in 0..4 {
        floor.wait(1_000);
    }
    assert_eq!(floor.stops(), [(Price(4_410_000), Qty(1_005_000))]);
}

/// EC-3: while an exit is unknown, a wish to trade at once joins it; one that would rest is denied, and asks
/// for nothing.
#[test]
fn only_a_wish_to_trade_at_once_is_merged() {
    let resting = |tif| Ask { price: Some("45500"), ..Ask::exit(B, Intention::Reduce(Qty(300_000))) }.but(tif);
    let market = Ask::exit(B, Intention::Reduce(Qty(300_000)));
    for (ask, merged) in [
        (market, 1),
        (resting(|proposal| proposal.tif = Some(TimeInForce::Ioc)), 1),
        (resting(|proposal| proposal.tif = Some(TimeInForce::Gtc)), 0),
        (resting(|proposal| proposal.tif = None), 0),
    ] {
        let mut floor = held(Floor::margin(&[]));
        floor.takers = Takers::Silent;
        let exit = floor.bench.open(&Ask::exit(B, Intention::Reduce(Qty(200_000))));
        floor.settle();
        floor.bench.lose(exit);
        floor.settle();
        let denied = floor.bench.submit(&ask).expect_err("an exit is unknown");
        assert_eq!(denied.check, Check::Exit(3));
        floor.settle();
        assert_eq!(floor.ladder().len(), merged, "{:?} {:?}", ask.price, floor.ladder());
    }
}

/// A touched target is tried once; a limit that is reached meanwhile is pursued to its end, and on record.
#[test]
fn what_must_be_pursued_outlives_what_is_tried_once() {
    let mut floor = Floor::spot(&[("holding.max", "1min")]);
    floor.open(&Ask::v01().quantity(1_000_000).target("46350"));
    floor.bench.after(59 * SECOND);
    floor.deaf = true;
    floor.print(B, "46350");
    assert_eq!(floor.ladder(), [(ExitCause::Target, 1)]);
    floor.takers = Takers::Miss;
    floor.bench.after(SECOND);
    floor.bench.reference(B, "46350");
    floor.bench.step(&Event::Wake);
    floor.settle();
    assert_eq!(floor.ladder(), [(ExitCause::Target, 1), (ExitCause::Holding, 1)]);
    floor.deaf = false;
    floor.settle();
    floor.bench.after(SECOND);
    floor.bench.reference(B, "46350");
    floor.bench.step(&Event::Wake);
    floor.settle();
    let causes: Vec<ExitCause> = floor.ladder().iter().map(|(cause, _)| *cause).collect();
    assert!(causes[1..].iter().all(|cause| *cause == ExitCause::Holding), "{causes:?}");
    assert!(floor.exits().len() >= 2, "a miss is not the end of it: {:?}", floor.exits());
}
