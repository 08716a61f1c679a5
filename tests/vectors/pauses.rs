//! CK-06, CK-09, CK-10, CK-12 and the throttle: has this been done just now, and did anybody mean it.

use expect_test::expect;
use seatrial::market::{Decision, Intention, Regime, Span};

use crate::bench::{Ask, B, Bench, SECOND, X};
use crate::{denied, passes};

fn small() -> Ask {
    Ask::v01().quantity(100_000).believing("1", Regime::TrendingBull)
}

/// A loss cools for ten minutes; at the end of them it is over.
#[test]
fn ck_06_a_cooldown_ends_at_its_end() {
    let mut bench = Bench::spot(&[]);
    bench.round_trip(&small(), "45000", "44990");
    bench.after(-3_600 * SECOND + 600 * SECOND - 1);
    bench.quotes();
    denied(
        &mut bench,
        &small(),
        &expect!["CK-06 BTC/USDT: 1ns against 0s left; cooldown after Loss, until 2023-11-15T12:10:00.000000000Z"],
    );
    passes(&mut bench, &Ask::long(X, "0.60", "0.588").quantity(100));
    bench.after(1);
    passes(&mut bench, &small());
}

/// A close at a win does not shorten what a loss began: the end is the later of the two.
// proves: risk-cooldown
#[test]
fn ck_06_a_cooldown_is_never_shortened() {
    let mut bench = Bench::spot(&[("throttle.window", "1s")]);
    bench.quotes();
    let (first, second) = (bench.open(&small()), bench.open(&small().at("44700")));
    let opened = bench.trader.core().orders().get(first).expect("ours").terms.qty;
    bench.fill_whole(first);
    let exit = bench.open(&Ask::exit(B, Intention::Close));
    let price = bench.price(B, "44990");
    bench.fill(exit, opened, price);
    let loss_ends = bench.with_desk(|desk| desk.cooldown(B));
    assert_eq!(loss_ends, Some(bench.now.after(Span::from_mins(10))));
    bench.fill_whole(second);
    let exit = bench.open(&Ask::exit(B, Intention::Close));
    let price = bench.price(B, "46000");
    bench.fill(exit, opened, price);
    assert_eq!(bench.with_desk(|desk| desk.cooldown(B)), loss_ends, "five minutes after a win end earlier");
}

/// Entries of the same desk and instrument, ended at once so that nothing else counts them.
fn entries(bench: &mut Bench, count: usize) {
    for price in ["45000", "44999", "44998", "44997", "44996"].into_iter().take(count) {
        let order = bench.open(&small().at(price));
        bench.cancelled(order);
    }
}

/// Five entries in a minute; the first of them leaves the window when it is a minute old.
// proves: risk-throttle
#[test]
fn ck_09_five_in_a_minute() {
    let make = |wait: i64| {
        let mut bench = Bench::spot(&[]);
        entries(&mut bench, 5);
        bench.after(wait);
        bench.quotes();
        bench
    };
    passes(&mut make(60 * SECOND), &small());
    let mut bench = make(60 * SECOND - 1);
    denied(&mut bench, &small(), &expect!["CK-09 BTC/USDT: 5 against 5 entries; in 60 s"]);
    assert!(bench.decisions().any(|decision| matches!(decision, Decision::Tripped { .. })));
    // It stays tripped, for this instrument alone, until an operator acts.
    bench.after(86_400 * SECOND);
    bench.quotes();
    denied(
        &mut bench,
        &small(),
        &expect!["CK-09 BTC/USDT: tripped against re-armed throttle; an operator must re-arm it"],
    );
    passes(&mut bench, &Ask::long(X, "0.60", "0.588").quantity(100));
    bench.rearm();
    passes(&mut bench, &small());
}

#[test]
fn ck_09_a_day() {
    let mut bench = Bench::spot(&[("throttle.max_per_day", "2")]);
    entries(&mut bench, 1);
    bench.after(60 * SECOND);
    bench.quotes();
    passes(&mut bench, &small());
    bench.after(60 * SECOND);
    bench.quotes();
    denied(&mut bench, &small(), &expect!["CK-09 BTC/USDT: 2 against 2 entries; today"]);
    // Midnight is twelve hours after noon.
    bench.rearm();
    bench.after((12 * 3_600 - 121) * SECOND);
    bench.quotes();
    denied(&mut bench, &small(), &expect!["CK-09 BTC/USDT: 2 against 2 entries; today"]);
    bench.rearm();
    bench.after(SECOND);
    bench.quotes();
    passes(&mut bench, &small());
}

/// Three denials by size within a minute trip the throttle too.
#[test]
fn ck_09_repeated_nonsense_trips_the_throttle() {
    let absurd = Ask::v01().notional("20000");
    for (gap, tripped) in [(29 * SECOND, true), (30 * SECOND, false)] {
        let mut bench = Bench::spot(&[]);
        for _ in 0..3 {
            bench.quotes();
            assert!(bench.submit(&absurd).is_err());
            bench.after(gap);
        }
        bench.quotes();
        let answer = bench.answer(&small());
        assert_eq!(answer != "passes", tripped, "{answer}");
    }
}

// proves: risk-throttle
#[test]
fn ck_10_twins() {
    let mut bench = Bench::spot(&[]);
    passes(&mut bench, &small());
    bench.after(10 * SECOND - 1);
    bench.quotes();
    denied(&mut bench, &small(), &expect!["CK-10 BTC/USDT: repeated against 10000 ms; identical to proposal 1"]);
    bench.after(1);
    passes(&mut bench, &small());
}

/// What makes a twin is action, kind, size and price; any other of them is another intent.
#[test]
fn ck_10_siblings_are_no_twins() {
    for sibling in [small().at("44999"), small().quantity(100_001), small().at_market(), small().notional("45")] {
        let mut bench = Bench::spot(&[]);
        passes(&mut bench, &small());
        passes(&mut bench, &sibling);
    }
}

// proves: safety-2-size
#[test]
fn ck_12_requests() {
    let rich = |keys: &[(&str, &str)]| {
        let mut bench = Bench::spot(keys);
        bench.transfer_to("100000");
        bench
    };
    denied(
        &mut rich(&[]),
        &Ask::v01().notional("50000.01"),
        &expect![
            "CK-12 BTC/USDT: 50000.01 against 50000 risk.trade_max; of risk.trade_max 50000, equity × sanity.equity_multiple 100000; nothing was trimmed"
        ],
    );
    denied(
        &mut Bench::spot(&[]),
        &Ask::v01().notional("10000.01"),
        &expect![
            "CK-12 BTC/USDT: 10000.01 against 10000 equity × sanity.equity_multiple; of risk.trade_max 50000, equity × sanity.equity_multiple 10000; nothing was trimmed"
        ],
    );
    // A quantity counts at the price size is counted at: 0.22222223 × 45 000 = 10 000.00035.
    denied(
        &mut Bench::spot(&[]),
        &Ask::v01().quantity(22_222_223),
        &expect![
            "CK-12 BTC/USDT: 10000.00035 against 10000 equity × sanity.equity_multiple; of risk.trade_max 50000, equity × sanity.equity_multiple 10000; nothing was trimmed"
        ],
    );
    passes(&mut Bench::spot(&[]), &Ask::v01().quantity(22_222_222));
    denied(
        &mut Bench::spot(&[("sanity.equity_multiple", "0.5")]),
        &Ask::v01().notional("5000.01"),
        &expect![
            "CK-12 BTC/USDT: 5000.01 against 5000 equity × sanity.equity_multiple; of risk.trade_max 50000, equity × sanity.equity_multiple 5000; nothing was trimmed"
        ],
    );
    passes(
        &mut rich(&[("risk.position_max", "50000"), ("risk.project_losses", "false")]),
        &Ask::v01().notional("50000"),
    );
}

/// From the fifth entry on a request is held against their median: 45 here.
// proves: safety-2-size
#[test]
fn ck_12_the_median() {
    let after = |count: usize| {
        let mut bench = Bench::spot(&[]);
        for _ in 0..count {
            let order = bench.open(&small());
            bench.cancelled(order);
            bench.after(60 * SECOND);
            bench.quotes();
        }
        bench
    };
    passes(&mut after(4), &Ask::v01().notional("450.01"));
    passes(&mut after(5), &Ask::v01().notional("450"));
    denied(
        &mut after(5),
        &Ask::v01().notional("450.01"),
        &expect![
            "CK-12 BTC/USDT: 450.01 against 450 median entry × sanity.median_multiple; of risk.trade_max 50000, equity × sanity.equity_multiple 10000, median entry × sanity.median_multiple 450; nothing was trimmed"
        ],
    );
}
