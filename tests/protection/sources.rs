//! What touches a stop, by its source; how near is near; and what a trailing stop stands at
//! (production-rules §4.6, §4.7, §4.14).

use seatrial::market::*;

use crate::bench::*;
use crate::floor::Floor;

/// One event of the market's source, at a price that no other event of the test has.
fn event(source: TriggerSource, price: i64) -> MarketEvent {
    let price = Price(price);
    match source {
        TriggerSource::Last => MarketEvent::Trade(Trade { instrument: B, price, qty: Qty(1), taker: None }),
        TriggerSource::Mark => MarketEvent::Mark(B, price),
        TriggerSource::Index => MarketEvent::Index(B, price),
        TriggerSource::Touch => MarketEvent::Quote(Quote {
            instrument: B,
            bid: price,
            bid_qty: Qty(1),
            ask: Price(4_500_001),
            ask_qty: Qty(1),
        }),
    }
}

/// §4.6: the price of the configured source touches a stop, and no other: a touched stop that stays silent is
/// asked after.
#[test]
fn a_stop_is_touched_by_its_own_source() {
    use TriggerSource::{Index, Last, Mark, Touch};
    for (key, source) in [("last", Last), ("touch", Touch)] {
        for of in [Last, Mark, Index, Touch] {
            for (price, reaches) in [(4_410_000, true), (4_410_001, false)] {
                let mut floor = Floor::margin(&[("protection.trigger_source", key)]);
                floor.open(&Ask::v01().quantity(1_000_000));
                floor.queries.clear();
                let now = floor.bench.now;
                floor.bench.step(&Event::Market(now, event(of, price)));
                floor.settle();
                floor.wait(2_000);
                let asked = floor.queries.iter().any(|query| matches!(query, Query::Order(_)));
                assert_eq!(asked, reaches && of == source, "{key}: {of:?} at {price}");
            }
        }
    }
}

/// A book without one of its sides touches nothing, whatever number stands there.
#[test]
fn an_empty_side_touches_nothing() {
    let mut floor = Floor::margin(&[("protection.trigger_source", "touch")]);
    floor.open(&Ask::v01().quantity(1_000_000));
    floor.queries.clear();
    floor.bench.quote(B, "", "45000.01");
    floor.settle();
    floor.wait(2_000);
    assert!(!floor.queries.iter().any(|query| matches!(query, Query::Order(_))), "{:?}", floor.queries);
}

/// §4.14: within 0.5 % of the stop is a warning, beginning at the last price that is within.
#[test]
fn nearness_begins_within_the_share() {
    // 0.5 % of 44 100.01 is 220.50005: 44 320.51 is within, 44 320.52 is not. Of 45 900.01 it is 229.50005:
    // 45 670.51 is within, 45 670.50 is not.
    for (ask, outside, within) in [
        (Ask::v01().stop("44100.01"), 4_432_052, 4_432_051),
        (Ask::short(B, "45000", "45900.01"), 4_567_050, 4_567_051),
    ] {
        let mut floor = Floor::margin(&[]);
        floor.open(&ask.quantity(1_000_000));
        let near = |floor: &Floor| floor.told(Severity::Warning).iter().filter(|text| text.contains("of stop")).count();
        floor.trade(B, Price(outside), Qty(1));
        assert_eq!(near(&floor), 0, "at {outside}");
        floor.trade(B, Price(within), Qty(1));
        assert_eq!(near(&floor), 1, "at {within}");
    }
}

fn shield(floor: &Floor) -> seatrial::trading::protection::Cover {
    floor.bench.trader.core().shield((DeskId(0), B)).and_then(|shield| shield.cover()).expect("a plan").clone()
}

fn trailing() -> Floor {
    let keys = [("trailing.enabled", "true"), ("trailing.update_every", "10s"), ("trailing.min_step", "0.1%")];
    let mut floor = Floor::hundred("0.01", &keys);
    let ask = Ask { price: Some("100"), stop: Some("98"), ..Ask::v01() };
    floor.open(&ask.quantity(1_000).but(|proposal| proposal.trailing = true));
    floor
}

/// V-80: the extreme is the best price since activation: a fade does not move it.
#[test]
fn a_fade_does_not_move_the_extreme() {
    let mut floor = trailing();
    for (price, extreme) in [("101", 10_100), ("106", 10_600), ("105", 10_600), ("104.50", 10_600), ("106.01", 10_601)]
    {
        floor.print(B, price);
        assert_eq!(shield(&floor).extreme, Some(Price(extreme)), "at {price}");
    }
}

/// §4.7: a move of `trailing.min_step` is sent at once, a smaller one when `trailing.update_every` has passed.
#[test]
fn a_small_step_waits_and_a_large_one_does_not() {
    let mut floor = trailing();
    let stop = |floor: &Floor| floor.stops()[0].0.0;
    floor.print(B, "101");
    assert_eq!(stop(&floor), 9_949, "at activation at once");
    floor.print(B, "101.05");
    assert_eq!(stop(&floor), 9_949, "99.54 is less than 0.1 % better");
    floor.print(B, "101.20");
    assert_eq!(stop(&floor), 9_969, "99.69 is more");
    floor.print(B, "101.25");
    assert_eq!((stop(&floor), shield(&floor).stop), (9_969, Some(Price(9_974))), "the desired one stands beside it");
    floor.bench.after(10 * SECOND - 1);
    floor.bench.step(&Event::Wake);
    floor.settle();
    assert_eq!(stop(&floor), 9_969);
    floor.bench.after(1);
    floor.bench.step(&Event::Wake);
    floor.settle();
    assert_eq!(stop(&floor), 9_974);
}

/// §4.7: a position trails by its own flag, whichever of its entries brought it.
#[test]
fn an_added_entry_brings_its_trailing_along() {
    for (first, second, trails) in [(false, false, false), (true, false, true), (false, true, true)] {
        let keys = [("trailing.enabled", "true"), ("cooldown.close", "0"), ("risk.duplicate_window", "1s")];
        let mut floor = Floor::margin(&keys);
        for (number, trailing) in [first, second].into_iter().enumerate() {
            let ask = Ask::v01().quantity(if number == 0 { 1_000_000 } else { 500_000 });
            let ask = if trailing { ask.but(|proposal| proposal.trailing = true) } else { ask };
            floor.open(&ask);
            floor.wait(11_000);
        }
        assert_eq!(shield(&floor).trailing, trails, "{first} {second}");
    }
}

/// EC-7 for a target: one that the market has reached already is no target.
#[test]
fn a_target_that_is_reached_is_refused() {
    let mut floor = Floor::margin(&[]);
    floor.open(&Ask::v01().quantity(1_000_000).target("46350"));
    floor.print(B, "45500");
    for (target, stands) in [("45500", 4_635_000), ("45499", 4_635_000), ("45500.01", 4_550_001)] {
        floor.control(ControlAct::SetTarget(B, Some(RawPrice::new(decimal(target)))));
        assert_eq!(floor.targets()[0].0, Price(stands), "{target}");
    }
}

/// §4.7: profit counts from the average price of what is there: coins that left took their cost along.
#[test]
fn the_average_price_outlives_what_left() {
    let mut floor = Floor::new(Bench::spot(&[("trailing.enabled", "true")]));
    floor.open(&Ask::v01().quantity(1_000_000).but(|proposal| proposal.trailing = true));
    floor.bench.account(VenueMessage::Transfer(Balance { asset: BTC, total: money("-0.004") }));
    floor.settle();
    floor.print(B, "45449.99");
    assert_eq!(shield(&floor).extreme, None);
    floor.print(B, "45450");
    assert_eq!(shield(&floor).extreme, Some(Price(4_545_000)), "1 % above 45 000");
}

/// §1.4: leaves are what is not filled: a stop that filled in part covers what is left without a word.
#[test]
fn a_stop_that_filled_in_part_covers_the_rest() {
    let mut floor = Floor::margin(&[]);
    floor.open(&Ask::v01().quantity(1_000_000));
    let stop = *floor.resting.keys().next().expect("a stop");
    floor.fill(stop, Qty(400_000), Price(4_410_000));
    floor.wait(1_000);
    assert_eq!((floor.held(B), floor.stops()), (600_000, vec![(Price(4_410_000), Qty(600_000))]));
    assert_eq!((floor.amended.len(), floor.cancelled.len(), floor.ladder().len()), (0, 0, 0));
}

/// PR-6: a stop gives its lots to an exit that the session takes, and to no other.
#[test]
fn a_stop_gives_way_to_what_the_session_takes() {
    for (price, given) in [(Some("45500"), true), (None, false)] {
        let mut floor = Floor::spot(&[]);
        floor.open(&Ask::v01().quantity(1_000_000));
        let now = floor.bench.now;
        floor.bench.step(&Event::Market(now, MarketEvent::Session(B, SessionState::PostOnly)));
        floor.settle();
        let ask = Ask { price, ..Ask::exit(B, Intention::Reduce(Qty(400_000))) };
        let _: Result<_, _> = floor.bench.submit(&ask);
        floor.settle();
        let left = if given { Qty(600_000) } else { Qty(1_000_000) };
        assert_eq!(floor.stops(), [(Price(4_410_000), left)], "{price:?}");
    }
}
