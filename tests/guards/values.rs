//! Marks, snapshots and closed positions (production-rules §4.8, DESIGN-4).

use seatrial::market::{Action, Contract, Decision, Event, Intention, Severity, Timestamp};

use crate::bench::{Ask, B, Bench, NOON, OTHER, SECOND, USDT, config, decimal, instruments, money};
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

/// An asset counts at the rate in force when it is valued. A rate that kept coming is too old after twice the time that
/// lay between the last two; one that was stated once is good for ever.
#[test]
fn other_assets_count_at_a_dated_rate() {
    let balances = [(USDT, "10000"), (OTHER, "2")];
    let mut bench = Bench::holding(instruments(Contract::Linear), config(&[]), &balances);
    bench.quotes();
    bench.rate(OTHER, "100");
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill_whole(order);
    let opened = bench.now;
    let equity_at = |bench: &mut Bench, minute: i64| {
        wake_at(bench, Timestamp(opened.0 + minute * 60 * SECOND));
        let told = alerts(bench, Severity::Warning).iter().filter(|text| text.contains("the rate of")).count();
        (valued(bench).first().map(|(equity, ..)| equity.clone()), told)
    };
    let is = |equity: &str, told| (Some(equity.to_owned()), told);
    // 10 000 and two at 100, less the fee of 1.80: for as long as nothing else is said.
    assert_eq!(equity_at(&mut bench, 1), is("10198.2", 0));
    assert_eq!(equity_at(&mut bench, 30), is("10198.2", 0));
    bench.rate(OTHER, "105");
    assert_eq!(equity_at(&mut bench, 31), is("10208.2", 0));
    bench.rate(OTHER, "110");
    assert_eq!(equity_at(&mut bench, 32), is("10218.2", 0));
    // A minute lay between the last two: two minutes are fresh, and a third is not; it is told once.
    assert_eq!(equity_at(&mut bench, 33), is("10218.2", 0));
    assert_eq!(equity_at(&mut bench, 34), (None, 1));
    assert_eq!(equity_at(&mut bench, 35), (None, 0));
    bench.rate(OTHER, "90");
    assert_eq!(equity_at(&mut bench, 36), is("10178.2", 0), "the rate of its time, not of another");
}

/// What has no rate is worth no figure, not nothing.
#[test]
fn an_asset_without_a_rate_values_nothing() {
    let mut bench = holding();
    let balance = seatrial::market::Balance { asset: OTHER, total: money("2") };
    bench.account(seatrial::market::VenueMessage::Transfer(balance));
    let opened = bench.now;
    wake_at(&mut bench, Timestamp(opened.0 + 60 * SECOND));
    let told = alerts(&bench, Severity::Warning).iter().filter(|text| text.contains("has no rate")).count();
    assert_eq!((valued(&bench).len(), told), (0, 1));
    bench.rate(OTHER, "100");
    wake_at(&mut bench, Timestamp(opened.0 + 120 * SECOND));
    assert_eq!(valued(&bench)[0].0, "10198.2");
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
