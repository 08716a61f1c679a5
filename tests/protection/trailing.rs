//! V-80 … V-86 and what surrounds them: trailing, break-even, pins, and prints that are not followed.

use seatrial::market::*;

use crate::bench::*;
use crate::floor::Floor;

const TRAILING: &[(&str, &str)] = &[("trailing.enabled", "true"), ("trailing.update_every", "1s")];

fn trailing(ask: Ask) -> Ask {
    ask.but(|proposal| proposal.trailing = true)
}

/// A floor with a position, a stop set by an operator if one is, and then the pairs: price, stop in
/// force after it. An empty stop: the stop is touched, and the exit is the venue's to fill.
fn check(mut floor: Floor, ask: Ask, pinned: Option<(&str, &str)>, pairs: &[(&str, &str)]) {
    floor.open(&trailing(ask));
    if let Some((market, stop)) = pinned {
        floor.bench.reference(B, market);
        floor.settle();
        floor.control(ControlAct::SetStop(B, RawPrice::new(decimal(stop))));
    }
    let held = Qty(floor.held(B).abs());
    for (price, stop) in pairs {
        floor.print(B, price);
        let stops = floor.stops();
        let wanted = floor.bench.price(B, stop);
        assert_eq!(stops, [(wanted, held)], "after {price}, ladder {:?}", floor.ladder());
        assert!(floor.ladder().is_empty());
    }
}

/// V-80, V-82, V-83, V-84 and V-86: each golden vector, its last pair touching the stop where it does: the stop stays the venue's to fill.
// proves: critical-8-trailing
#[test]
pub fn the_golden_vectors() {
    let long = || Ask::long(B, "100", "98");
    let floor = |tick: &str| Floor::hundred(tick, TRAILING);
    let v80 = [("100.99", "98"), ("101", "99.49"), ("106", "104.41"), ("105", "104.41"), ("104.41", "104.41")];
    check(floor("0.01"), long(), None, &v80);
    check(floor("0.001"), long(), None, &[("101", "99.485"), ("106", "104.41")]);
    let v82 = [("99.01", "102"), ("99", "100.48"), ("94", "95.41"), ("95", "95.41"), ("95.41", "95.41")];
    check(floor("0.01"), Ask::short(B, "100", "102"), None, &v82);
    check(floor("0.01"), long(), None, &[("105", "103.43"), ("104", "103.43"), ("103.43", "103.43")]);
    check(floor("0.01"), long(), Some(("100", "99")), &[("106", "99"), ("108", "99")]);
    check(floor("0.01"), long(), Some(("106", "105")), &[("106", "105"), ("105.5", "105")]);
    let tightening = [TRAILING, &[("trailing.may_tighten_pinned", "true")]].concat();
    let v84 = [("106", "105"), ("108", "106.38")];
    check(Floor::hundred("0.01", &tightening), long(), Some(("106", "105")), &v84);
    let v86 = [("45449.99", "44100"), ("45450", "44768.25"), ("46200", "45507"), ("45900", "45507")];
    check(Floor::margin(TRAILING), Ask::v01(), None, &v86);
}

/// Without the key or without the position's own flag nothing trails.
#[test]
pub fn both_the_key_and_the_flag_are_needed() {
    for (keys, flagged) in [(TRAILING, false), (&[][..], true)] {
        let mut floor = Floor::hundred("0.01", keys);
        let ask = Ask::long(B, "100", "98");
        floor.open(&if flagged { trailing(ask) } else { ask });
        floor.print(B, "106");
        assert_eq!(floor.stops()[0].0, Price(9_800), "flag {flagged}");
    }
    let mut floor = Floor::hundred("0.01", TRAILING);
    floor.open(&Ask::long(B, "100", "98"));
    floor.control(ControlAct::Trailing(B, true));
    floor.print(B, "106");
    assert_eq!(floor.stops()[0].0, Price(10_441));
    floor.control(ControlAct::Trailing(B, false));
    floor.print(B, "109");
    assert_eq!(floor.stops()[0].0, Price(10_441), "switched off it stays where it is");
}

/// A print too small, too old, or far from the book moves nothing.
// proves: critical-8-trailing
#[test]
pub fn only_accepted_trades_are_followed() {
    let keys = [TRAILING, &[("trailing.min_print", "1"), ("reference.band", "1%")]].concat();
    let followed = |late: i64, qty: i64, price: i64| {
        let mut floor = Floor::hundred("0.01", &keys);
        floor.open(&trailing(Ask::long(B, "100", "98")));
        floor.bench.reference(B, "105");
        floor.settle();
        let at = Timestamp(floor.bench.now.0 - late);
        let trade = Trade { instrument: B, price: Price(price), qty: Qty(qty), taker: None };
        floor.bench.step(&Event::Market(at, MarketEvent::Trade(trade)));
        floor.settle();
        floor.stops()[0].0.0
    };
    assert_eq!(followed(0, 100, 10_500), 10_343);
    assert_eq!(followed(5 * SECOND, 100, 10_500), 10_343, "as old as a reference may be");
    assert_eq!(followed(5 * SECOND + 1, 100, 10_500), 9_800, "too old");
    assert_eq!(followed(0, 99, 10_500), 9_800, "a dust wick");
    assert_eq!(followed(0, 100, 10_605), 10_446, "one per cent from the mid of 105");
    assert_eq!(followed(0, 100, 10_606), 9_800, "out of the band");
}

/// A small improvement waits for its time; a large one does not. The newest is sent.
#[test]
pub fn small_steps_wait() {
    let mut floor = Floor::hundred("0.01", &[("trailing.enabled", "true")]);
    floor.open(&trailing(Ask::long(B, "100", "98")));
    floor.print(B, "106");
    assert_eq!(floor.stops()[0].0, Price(10_441));
    floor.print(B, "106.05");
    assert_eq!(floor.stops()[0].0, Price(10_441), "0.05 of 104.41 is less than 0.1 %");
    floor.print(B, "106.06");
    floor.wait_blind(9_999);
    assert_eq!(floor.stops()[0].0, Price(10_441));
    floor.wait_blind(1);
    assert_eq!(floor.stops()[0].0, Price(10_447), "106.06 × 0.985 = 104.4691, after ten seconds");
    floor.print(B, "106.18");
    assert_eq!(floor.stops()[0].0, Price(10_459), "0.12 is more than 0.1 %");
}

/// At a gain of 1 % the stop moves to the average price and 0.1 %, once, and only tighter.
#[test]
pub fn break_even_tightens_once() {
    let mut floor = Floor::hundred("0.01", &[("break_even.enabled", "true")]);
    floor.open(&Ask::long(B, "100", "98"));
    floor.print(B, "100.99");
    assert_eq!(floor.stops()[0].0, Price(9_800));
    floor.print(B, "101");
    assert_eq!(floor.stops()[0].0, Price(10_010));
    floor.print(B, "105");
    assert_eq!(floor.stops()[0].0, Price(10_010));
    let mut short = Floor::hundred("0.01", &[("break_even.enabled", "true")]);
    short.open(&Ask::short(B, "100", "102"));
    short.print(B, "99");
    assert_eq!(short.stops()[0].0, Price(9_990));
}

/// What is journalled of a move: extreme, author, pin.
#[test]
pub fn every_move_is_recorded() {
    let mut floor = Floor::hundred("0.01", TRAILING);
    floor.open(&trailing(Ask::long(B, "100", "98")));
    floor.print(B, "101");
    floor.control(ControlAct::SetStop(B, RawPrice::new(decimal("100"))));
    floor.print(B, "106");
    floor.control(ControlAct::UnpinStop(B));
    floor.print(B, "107");
    let moves: Vec<(Option<i64>, bool, Author)> = floor
        .decisions
        .iter()
        .filter_map(|decision| match decision {
            Decision::Protected { stop, pinned, author, .. } => Some((stop.map(|stop| stop.0), *pinned, *author)),
            _ => None,
        })
        .collect();
    let expected = [
        (Some(9_800), false, Author::Entry),
        (Some(9_949), false, Author::Trailing),
        (Some(10_000), true, Author::Operator),
        (Some(10_000), false, Author::Operator),
        (Some(10_540), false, Author::Trailing),
    ];
    assert_eq!(moves, expected);
    let why = |decision: &Decision| match decision {
        Decision::Protected { why, author: Author::Trailing, .. } => Some(why.clone()),
        _ => None,
    };
    let told: Vec<String> = floor.decisions.iter().filter_map(why).collect();
    assert_eq!(told, ["trailing: extreme 101", "trailing: extreme 107"], "as it is quoted");
}

/// A restart forgets neither pin nor extreme.
// proves: recover-restart
#[test]
pub fn a_restart_keeps_pin_and_extreme() {
    let mut floor = Floor::hundred("0.01", TRAILING);
    floor.open(&trailing(Ask::long(B, "100", "98")));
    floor.print(B, "106");
    floor.control(ControlAct::SetStop(B, RawPrice::new(decimal("104"))));
    let cover =
        |floor: &Floor| floor.bench.trader.core().shield((DeskId(0), B)).and_then(|shield| shield.cover()).cloned();
    let before = cover(&floor).expect("a planned position");
    assert!(before.pinned && before.trailing && before.extreme == Some(Price(10_600)));
    floor.bench.step(&Event::Host(HostEvent::Restarted));
    floor.settle();
    assert_eq!(cover(&floor), Some(before));
}
