//! Marks, snapshots and closed positions (production-rules §4.8, DESIGN-4).

use seatrial::market::{Action, Decision, Event, Intention, Severity, Timestamp};

use crate::bench::{Ask, B, Bench, NOON, SECOND, decimal, money};
use crate::{alerts, wake_at};

fn valued(bench: &Bench) -> Vec<(String, String, u32)> {
    let value = |decision: &Decision| match decision {
        Decision::Valued { equity, exposure, positions } => {
            Some((equity.to_string(), exposure.to_string(), *positions))
        }
        _ => None,
    };
    bench.decisions().filter_map(value).collect()
}

fn holding() -> Bench {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill_whole(order);
    bench
}

/// Every minute while a position is open, and at its close; never for a flat account.
#[test]
fn snapshots_are_taken_while_anything_is_open() {
    let mut flat = Bench::margin(&[]);
    for minute in 1..5 {
        wake_at(&mut flat, Timestamp(NOON.0 + minute * 60 * SECOND));
        assert_eq!(valued(&flat), []);
        let early = |action: &Action| matches!(action, Action::Wake(at) if at.0 < NOON.0 + 11 * 3_600 * SECOND);
        assert!(!flat.actions.iter().any(early), "nothing of ours wakes a flat account every minute");
    }
    let mut bench = holding();
    assert_eq!(valued(&bench), []);
    let opened = bench.now;
    wake_at(&mut bench, Timestamp(opened.0 + 60 * SECOND - 1));
    assert_eq!(valued(&bench), []);
    wake_at(&mut bench, Timestamp(opened.0 + 60 * SECOND));
    // 10 000 less the fee of 1.80; 450 of it held.
    assert_eq!(valued(&bench), [("9998.2".to_owned(), "0.045008".to_owned(), 1)]);
    wake_at(&mut bench, Timestamp(opened.0 + 120 * SECOND));
    assert_eq!(valued(&bench).len(), 1);
    let exit = bench.open(&Ask::exit(B, Intention::Close));
    bench.fill(exit, seatrial::market::Qty(1_000_000), bench.price(B, "45000"));
    // Its stop is on its way out; until that is sure, it could still fill beyond the position.
    assert_eq!(valued(&bench), [("9996.4".to_owned(), "0.045016".to_owned(), 0)]);
    let closed: Vec<_> = bench.trader.core().closed_positions().collect();
    assert_eq!(closed.len(), 1);
    assert_eq!((closed[0].opened_at, closed[0].closed_at, closed[0].net), (opened, bench.now, money("-3.6")));
    assert_eq!(bench.trader.core().snapshots().count(), 3);
    wake_at(&mut bench, Timestamp(opened.0 + 180 * SECOND));
    assert_eq!(valued(&bench), []);
}

/// DESIGN-4: 60 s is fresh, a nanosecond more is not; the warning comes once, and never a figure.
// proves: design-4-stale-mark
#[test]
fn a_stale_mark_values_nothing() {
    let mut bench = holding();
    bench.quotes();
    let quoted = bench.now;
    assert_eq!(bench.trader.core().mark_age(B, Timestamp(quoted.0 + 60 * SECOND)).0.0, 60 * SECOND);
    let silent_wake = |bench: &mut Bench, at: i64| {
        bench.now = Timestamp(quoted.0 + at);
        bench.step(&Event::Wake);
        (
            valued(bench).len(),
            alerts(bench, Severity::Warning).iter().filter(|text| text.contains("mark.max_age")).count(),
        )
    };
    assert_eq!(silent_wake(&mut bench, 60 * SECOND), (1, 0));
    assert_eq!(silent_wake(&mut bench, 120 * SECOND), (0, 1));
    assert_eq!(silent_wake(&mut bench, 180 * SECOND), (0, 0));
    wake_at(&mut bench, Timestamp(quoted.0 + 240 * SECOND));
    assert_eq!(valued(&bench).len(), 1, "the market speaks again");
    let breakers = bench.trader.core().drawdown();
    assert_eq!(breakers, Some((decimal("1.8"), decimal("10000"))), "breakers kept the last good value");
}

/// Both memories are bounded by configuration.
#[test]
fn memories_are_bounded() {
    let mut bench = Bench::margin(&[("positions.max_snapshots", "100"), ("positions.snapshot_every", "1s")]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill_whole(order);
    let opened = bench.now;
    for second in 1..=130 {
        wake_at(&mut bench, Timestamp(opened.0 + second * SECOND));
    }
    let snapshots: Vec<_> = bench.trader.core().snapshots().collect();
    assert_eq!(snapshots.len(), 100);
    assert_eq!(snapshots[99].at, bench.now, "the newest are kept");
}
