//! How long a position may be without cover (production-rules PR-4, PR-12).

use seatrial::market::*;

use crate::bench::*;
use crate::floor::Floor;

/// PR-4: naked for `protection.naked_max` without an answer: the position is exited.
#[test]
pub fn nobody_stays_naked() {
    let mut floor = Floor::margin(&[]);
    let id = floor.bench.open(&Ask::v01());
    floor.settle();
    let order = floor.resting[&id];
    floor.deaf = true;
    floor.fill(id, order.qty, Price(4_500_000));
    floor.wait(4_999);
    assert!(floor.ladder().is_empty());
    floor.wait(1);
    assert_eq!(floor.ladder(), [(ExitCause::Unprotected, 1)]);
    assert!(floor.told(Severity::Critical).iter().any(|text| text.contains("naked for 5000 ms")));
}

/// PR-4: cover that comes after `protection.place_within` is told, once; within it, nobody is.
#[test]
pub fn cover_that_is_late_is_told() {
    for (waited, keys, late) in [
        (500, &[][..], 0),
        (501, &[], 1),
        (501, &[("protection.place_within", "600ms")], 0),
        (301, &[("protection.place_within", "300ms")], 1),
    ] {
        let mut floor = Floor::margin(keys);
        let id = floor.bench.open(&Ask::v01());
        floor.settle();
        let order = floor.resting[&id];
        floor.deaf = true;
        floor.fill(id, order.qty, Price(4_500_000));
        floor.wait(waited);
        floor.deaf = false;
        floor.settle();
        assert_eq!((floor.stops().len(), floor.naked()), (1, vec![waited]));
        let told = floor.told(Severity::Warning).into_iter().filter(|text| text.contains("protection.place_within"));
        assert_eq!(told.count(), late, "{waited} ms with {keys:?}");
        assert!(floor.ladder().is_empty(), "a target is no deadline");
    }
}

/// PR-12: what the picture after a restart shows naked is covered within `protection.restart_max` of it, or
/// told and exited, though its naked time has not run out.
#[test]
pub fn a_restart_is_covered_in_time() {
    for (waited, exits) in [(1_999, 0), (2_000, 1)] {
        let mut floor = Floor::margin(&[("protection.restart_max", "2s")]);
        let id = floor.bench.open(&Ask::v01());
        floor.settle();
        let order = floor.resting[&id];
        floor.deaf = true;
        floor.fill(id, order.qty, Price(4_500_000));
        floor.bench.step(&Event::Host(HostEvent::Restarted));
        floor.settle();
        let core = floor.bench.trader.core();
        let cash = Balance { asset: USDT, total: core.books().venue_cash(USDT) };
        let held = VenuePosition { instrument: B, qty: order.qty };
        floor.bench.say(Vec::new(), Vec::new(), vec![cash], vec![held]);
        floor.settle();
        floor.wait(waited);
        let told = floor.told(Severity::Critical).into_iter().filter(|text| text.contains("protection.restart_max"));
        assert_eq!((told.count(), floor.ladder().len()), (exits, exits), "{waited} ms: {:?}", floor.alerts);
    }
}
