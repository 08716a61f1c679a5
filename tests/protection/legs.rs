//! Stops and targets: placed in the step of the fill, sized to what filled, replaced when they end.

#![allow(clippy::items_after_statements, reason = "the words of one table stand beside it")]

use seatrial::market::*;

use crate::bench::*;
use crate::floor::Floor;

fn lots(floor: &Floor, text: &str) -> Qty {
    floor.bench.qty(B, text)
}

/// V-70 and CRITICAL-2: 0.4, 0.3, 0.3: the stop is sent in the step of the first fill and follows the
/// filled quantity, at most once per `protection.debounce`, always to the newest.
// proves: critical-2-partial
#[test]
pub fn the_stop_is_sized_to_what_filled() {
    let mut floor = Floor::margin(&[
        ("risk.position_max", "50000"),
        ("ceilings", "research"),
        ("risk.position_share", "100%"),
        ("risk.correlated_exposure", "100%"),
    ]);
    let id = floor.bench.open(&Ask::v01().quantity(15_000_000).but(|proposal| proposal.leverage = 2));
    floor.settle();
    let price = floor.bench.price(B, "45000");
    let part = |floor: &mut Floor, qty: &str| {
        let qty = lots(floor, qty);
        floor.fill(id, qty, price);
    };
    part(&mut floor, "0.06");
    let sent = *floor.placed.last().expect("a stop");
    assert_eq!((sent.qty, sent.kind), (lots(&floor, "0.06"), OrderKind::StopMarket { trigger: Price(4_410_000) }));
    assert!(sent.reduce_only && sent.side == Side::Sell && sent.tif == TimeInForce::Gtc);
    assert_eq!(floor.stops(), [(Price(4_410_000), lots(&floor, "0.06"))]);
    part(&mut floor, "0.04");
    assert_eq!(floor.stops()[0].1, lots(&floor, "0.1"), "the first resize is free");
    part(&mut floor, "0.04");
    part(&mut floor, "0.01");
    assert_eq!(floor.stops()[0].1, lots(&floor, "0.1"), "within the debounce");
    floor.wait(249);
    assert_eq!(floor.amended.len(), 1);
    floor.wait(1);
    assert_eq!((floor.stops()[0].1, floor.amended.len()), (lots(&floor, "0.15"), 2), "to the newest quantity, once");
    floor.bench.cancelled(id);
    floor.settle();
    assert_eq!(floor.stops(), [(Price(4_410_000), lots(&floor, "0.15"))]);
}

/// PR-12: a cancelled or unknown entry keeps the protection of what it filled.
// proves: critical-2-partial
#[test]
pub fn the_end_of_an_entry_keeps_its_protection() {
    for lose in [false, true] {
        let mut floor = Floor::margin(&[]);
        let id = floor.bench.open(&Ask::v01());
        floor.settle();
        floor.fill(id, Qty(1_000_000), Price(4_500_000));
        if lose {
            floor.bench.lose(id);
        } else {
            floor.end(id, CancelledBecause::Venue);
        }
        floor.settle();
        assert_eq!(floor.stops(), [(Price(4_410_000), Qty(1_000_000))], "lost {lose}");
    }
}

/// V-45: stops round toward the market, targets toward the entry.
#[test]
pub fn planned_prices_stand_on_the_grid() {
    let check = |ask: Ask, stop: i64, target: &[i64]| {
        let mut floor = Floor::margin(&[]);
        floor.open(&ask);
        assert_eq!(floor.stops()[0].0, Price(stop));
        assert_eq!(floor.targets().iter().map(|leg| leg.0.0).collect::<Vec<_>>(), target);
    };
    check(Ask::v01().stop("44100.004").target("46350.009"), 4_410_001, &[4_635_000]);
    check(Ask::short(B, "45000", "45900.006"), 4_590_000, &[]);
}

/// V-46: a stop-limit trades at worst 5 % beyond its trigger, rounded away from it.
// proves: critical-5-price-fields
#[test]
pub fn a_stop_limit_stands_beyond_its_trigger() {
    let limit = |ask: Ask| {
        let mut floor = Floor::margin(&[("protection.stop_kind", "stop_limit")]);
        floor.open(&ask);
        let stop = floor.resting.values().find(|order| order.kind.trigger().is_some()).expect("a stop rests");
        (stop.kind.trigger().expect("a stop").0, stop.kind.limit().expect("a stop-limit").0)
    };
    assert_eq!(limit(Ask::v01()), (4_410_000, 4_189_500));
    assert_eq!(limit(Ask::v01().stop("44123.45")), (4_412_345, 4_191_727), "41 917.2775 away from the trigger");
    assert_eq!(limit(Ask::short(B, "45000", "45900.01")), (4_590_001, 4_819_502), "48 195.0105");
}

/// PR-7: both legs rest; a fill of one resizes the other, at zero it cancels it.
// proves: protect-sibling
#[test]
pub fn one_leg_resizes_the_other() {
    let mut floor = Floor::margin(&[]);
    floor.open(&Ask::v01().target("46350"));
    let held = Qty(floor.held(B));
    assert_eq!((floor.stops()[0].1, floor.targets()), (held, vec![(Price(4_635_000), held)]));
    let target = *floor.resting.iter().find(|(_, order)| order.kind.trigger().is_none()).expect("a target").0;
    floor.fill(target, Qty(1_000_000), Price(4_635_000));
    assert_eq!(floor.stops()[0].1, held - Qty(1_000_000));
    let rest = held - Qty(1_000_000);
    floor.fill(target, rest, Price(4_635_000));
    assert_eq!((floor.held(B), floor.resting.len()), (0, 0));
}

/// PR-7: both filled: what nobody wanted is exited, and somebody is told.
// proves: protect-sibling
#[test]
pub fn both_legs_filled_is_an_excess() {
    let mut floor = Floor::margin(&[]);
    floor.open(&Ask::v01().target("46350"));
    let held = Qty(floor.held(B));
    let ids: Vec<OrderId> = floor.resting.keys().copied().collect();
    floor.deaf = true;
    for id in ids {
        floor.fill(id, held, Price(4_635_000));
    }
    assert_eq!(floor.held(B), -held.0);
    floor.deaf = false;
    floor.settle();
    assert_eq!(floor.held(B), 0);
    assert_eq!(floor.ladder(), [(ExitCause::Excess, 1)]);
    assert!(floor.told(Severity::Critical).iter().any(|text| text.contains("no entry opened")));
}

/// PR-8: a stop that ends without our wish is replaced in the same step.
#[test]
pub fn a_lost_stop_is_replaced() {
    let mut floor = Floor::margin(&[]);
    floor.open(&Ask::v01());
    let (stop, held) = (*floor.resting.keys().next().expect("a stop"), Qty(floor.held(B)));
    floor.resting.clear();
    floor.bench.cancelled(stop);
    let sent = floor.bench.sent();
    assert_eq!(sent.iter().map(|order| order.qty).collect::<Vec<_>>(), [held]);
    floor.settle();
    assert_eq!(floor.stops(), [(Price(4_410_000), held)]);
    assert!(floor.ladder().is_empty());
}

/// PR-5: one attempt with the other kind, then the ladder; "already through" goes there directly.
// proves: protect-stop-refused
#[test]
pub fn a_refused_stop_is_tried_once_more() {
    let check = |refusals: &[RejectReason], kinds: &str, ladder: &[(ExitCause, u8)]| {
        let mut floor = Floor::margin(&[]);
        floor.refusals = refusals.iter().copied().collect();
        floor.open(&Ask::v01());
        let stops = floor.placed.iter().filter_map(|order| match order.kind {
            OrderKind::StopMarket { .. } => Some('m'),
            OrderKind::StopLimit { .. } => Some('l'),
            _ => None,
        });
        assert_eq!(stops.collect::<String>(), kinds, "{refusals:?}");
        assert_eq!(floor.ladder(), ladder, "{refusals:?}");
        assert_eq!(floor.held(B) == 0, !ladder.is_empty());
        assert!(floor.naked().iter().all(|naked| *naked <= 5_000));
        floor
    };
    use RejectReason::{Busy, Unsupported, WouldTriggerAtOnce};
    check(&[], "m", &[]);
    check(&[Unsupported], "ml", &[]);
    let floor = check(&[Unsupported, Unsupported], "ml", &[(ExitCause::Unprotected, 1)]);
    assert!(floor.told(Severity::Critical).iter().any(|text| text.contains("second refused")));
    check(&[WouldTriggerAtOnce], "m", &[(ExitCause::BeyondStop, 1)]);
    let mut busy = check(&[Busy], "m", &[]);
    busy.wait(249);
    assert!(busy.stops().is_empty());
    busy.wait(1);
    assert_eq!(busy.stops().len(), 1, "a busy venue is asked again with the same kind");
}

/// PR-3, §3.5: where quantity cannot grow a second stop covers the difference; where a price cannot
/// change, the new stop rests before the old one ends.
#[test]
pub fn a_stop_that_cannot_be_amended_is_joined_or_replaced() {
    let mut floor = Floor::margin(&[]);
    floor.refuses_amends = true;
    let id = floor.bench.open(&Ask::v01());
    floor.settle();
    floor.fill(id, Qty(1_000_000), Price(4_500_000));
    floor.fill(id, Qty(2_000_000), Price(4_500_000));
    floor.wait(250);
    let legs = |floor: &Floor| floor.stops().into_iter().map(|(price, qty)| (price.0, qty.0)).collect::<Vec<_>>();
    assert_eq!(legs(&floor), [(4_410_000, 1_000_000), (4_410_000, 2_000_000)]);
    floor.wait(1_000);
    floor.control(ControlAct::SetStop(B, RawPrice::new(decimal("44200"))));
    for _ in 0..4 {
        floor.wait(1_000);
    }
    assert_eq!(legs(&floor).iter().map(|leg| leg.1).sum::<i64>(), 3_000_000);
    assert!(legs(&floor).iter().all(|leg| leg.0 == 4_420_000), "{:?}", legs(&floor));
    assert!(floor.naked().len() <= 3, "{:?}", floor.naked());
}

/// PR-10: an added entry keeps the tighter stop and takes the newer target; a pinned stop stays.
#[test]
pub fn an_added_entry_tightens() {
    let check = |pin: Option<&str>, second: &'static str, stop: i64| {
        let mut floor = Floor::margin(&[("cooldown.close", "0"), ("risk.duplicate_window", "1s")]);
        floor.open(&Ask::v01().quantity(1_000_000).target("46350"));
        if let Some(pin) = pin {
            floor.control(ControlAct::SetStop(B, RawPrice::new(decimal(pin))));
        }
        floor.wait(11_000);
        floor.open(&Ask::v01().quantity(500_000).stop(second).target("46800"));
        floor.wait(1_000);
        assert_eq!(floor.stops(), [(Price(stop), Qty(1_500_000))]);
        assert_eq!(floor.targets(), [(Price(4_680_000), Qty(1_500_000))]);
    };
    check(None, "44200", 4_420_000);
    check(None, "44000", 4_410_000);
    check(Some("44050"), "44200", 4_405_000);
}

/// PR-11: flat, whoever closed it: every order of the position ends.
// proves: protect-orphan
#[test]
pub fn flat_leaves_no_orders() {
    let mut floor = Floor::margin(&[]);
    floor.open(&Ask::v01().target("46350"));
    floor.bench.open(&Ask::exit(B, Intention::Close));
    floor.settle();
    assert_eq!((floor.held(B), floor.resting.len()), (0, 0));
    assert_eq!(floor.cancelled.len(), 2);
}

/// §4.4: the market has moved: a fill beyond its own stop exits at once, a target on the wrong side is
/// dropped with a warning.
#[test]
pub fn a_plan_on_the_wrong_side() {
    let fill_at = |price: i64| {
        let mut floor = Floor::margin(&[]);
        let id = floor.bench.open(&Ask::v01().target("46350"));
        floor.settle();
        let qty = floor.resting[&id].qty;
        floor.fill(id, qty, Price(price));
        floor
    };
    let below = fill_at(4_409_999);
    assert_eq!((below.held(B), below.ladder()), (0, vec![(ExitCause::BeyondStop, 1)]));
    assert!(
        below.placed.iter().all(|order| order.kind != OrderKind::Limit { limit: Price(4_635_000) }),
        "{:?}",
        below.placed
    );
    let at = fill_at(4_410_000);
    assert_eq!(at.ladder(), [(ExitCause::BeyondStop, 1)], "at the stop is not before it");
    let above = fill_at(4_410_001);
    assert!(above.ladder().is_empty() && above.stops().len() == 1);
    let mut dear = Floor::margin(&[]);
    let id = dear.bench.open(&Ask::v01().target("46350"));
    dear.settle();
    dear.fill(id, Qty(1_000_000), Price(4_640_000));
    assert!(dear.targets().is_empty());
    assert!(dear.told(Severity::Warning).iter().any(|text| text.contains("wrong side")), "{:?}", dear.alerts);
}

/// §4.12: dust has no stop and no naked time; above the minimum it is covered whole.
// proves: protect-dust
#[test]
pub fn dust_is_held_uncovered_until_it_is_more() {
    let mut floor = Floor::margin(&[]);
    let id = floor.bench.open(&Ask::v01());
    floor.settle();
    floor.fill(id, Qty(9_999), Price(4_500_000));
    floor.wait(10_000);
    assert!(floor.stops().is_empty() && floor.naked().is_empty() && floor.ladder().is_empty());
    assert_eq!(floor.held(B), 9_999);
    floor.fill(id, Qty(2_000), Price(4_500_000));
    assert_eq!(floor.stops(), [(Price(4_410_000), Qty(11_999))], "5.29 USDT at the stop");
}

/// A margin position's stop is reduce-only and carries its leverage.
// proves: protect-leverage
#[test]
pub fn a_stop_carries_leverage() {
    let mut floor = Floor::margin(&[]);
    floor.open(&Ask::v01().but(|proposal| proposal.leverage = 3));
    let stop = floor.resting.values().next().expect("a stop");
    assert!(stop.reduce_only && stop.leverage == 3, "{stop:?}");
}

/// PR-9, EC-7: an operator's stop is refused whole where it breaks a rule; otherwise it is in force.
#[test]
pub fn an_operator_sets_stop_and_target() {
    let stop = |price: &str| {
        let mut floor = Floor::margin(&[]);
        floor.open(&Ask::v01());
        floor.control(ControlAct::SetStop(B, RawPrice::new(decimal(price))));
        floor.stops()[0].0.0
    };
    assert_eq!(stop("44500.004"), 4_450_001);
    assert_eq!(stop("43000"), 4_300_000, "looser, because an operator asks");
    assert_eq!(stop("42750"), 4_275_000, "5 % from the average price");
    assert_eq!(stop("42749.99"), 4_410_000, "more than stop.max");
    assert_eq!(stop("45000"), 4_410_000, "on the wrong side of the market");
    assert_eq!(stop("-1"), 4_410_000);
    let target = |price: Option<&str>| {
        let mut floor = Floor::margin(&[]);
        floor.open(&Ask::v01().target("46350"));
        floor.control(ControlAct::SetTarget(B, price.map(|price| RawPrice::new(decimal(price)))));
        floor.targets().iter().map(|leg| leg.0.0).collect::<Vec<_>>()
    };
    assert_eq!(target(Some("46000.009")), [4_600_000]);
    assert_eq!(target(Some("45000")), [4_635_000], "at the average price");
    assert_eq!(target(None), [0_i64; 0]);
    let mut flat = Floor::margin(&[]);
    flat.control(ControlAct::SetStop(B, RawPrice::new(decimal("44000"))));
    assert!(
        flat.decisions
            .iter()
            .any(|decision| matches!(decision, Decision::Denied(denied) if denied.check == Check::Exit(7)))
    );
}

/// §3.6: a target that is refused is no cover, and nothing is exited for want of it. A busy venue is asked
/// again as for any protection, a rule of the market is not argued with; the stop stands throughout.
#[test]
pub fn a_refused_target_is_not_forced_on_the_venue() {
    let check = |refusals: &[RejectReason], asked_at: &[i64]| {
        let mut floor = Floor::margin(&[]);
        floor.target_refusals = refusals.iter().copied().collect();
        floor.open(&Ask::v01().target("46350"));
        let placed = |floor: &Floor| {
            let target = |order: &&NewOrder| order.kind == OrderKind::Limit { limit: Price(4_635_000) };
            floor.placed.iter().filter(target).count()
        };
        let mut seen = vec![0; placed(&floor)];
        for at in (250..=6_000).step_by(250) {
            floor.wait(250);
            seen.resize(placed(&floor), at);
        }
        assert_eq!(seen, asked_at, "{refusals:?}");
        assert_eq!((floor.stops().len(), floor.ladder().len()), (1, 0), "{refusals:?}");
        floor
    };
    use RejectReason::{Busy, Lockout, ReduceOnly, Unsupported};
    assert_eq!(check(&[], &[0]).targets().len(), 1);
    check(&[Busy; 9], &[0, 250, 750, 1_750, 3_750, 5_750]);
    assert_eq!(check(&[ReduceOnly, Busy], &[0, 250, 750]).targets().len(), 1);
    check(&[Lockout], &[0]);
    let mut floor = check(&[Unsupported; 9], &[0]);
    assert!(floor.told(Severity::Warning).iter().any(|text| text.contains("none is placed at this price again")));
    // Another price is another order.
    floor.target_refusals.clear();
    floor.control(ControlAct::SetTarget(B, Some(RawPrice::new(decimal("46400")))));
    assert_eq!(floor.targets().iter().map(|leg| leg.0).collect::<Vec<_>>(), [Price(4_640_000)]);
}
