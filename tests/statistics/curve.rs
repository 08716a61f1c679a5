//! Curves, drawdowns, trades and folds.

use seatrial::statistics::compounded::Compounded;
use seatrial::statistics::curve::{
    DAY_NS, Sample, best_share, calmar, changes, closes, curve, growth, returns, sortino, turnover,
};
use seatrial::statistics::drawdown::{average, deepest, drawdowns, longest};
use seatrial::statistics::moments::quantile;
use seatrial::statistics::tail::tail;
use seatrial::statistics::trades::{Held, Trades, exposure, exposure_in_bars};
use seatrial::statistics::walk_forward::{Fold, Window, folds, paid};

use crate::agrees;

fn daily(equity: &[f64]) -> Vec<Sample> {
    curve((0..).map(|day| day * DAY_NS).zip(equity.iter().copied())).expect("a curve")
}

/// Rollinger and Hoffman, "Sortino: a 'sharper' ratio" (Red Rock Capital): annual returns of 17, 15, 23, −5, 12, 9, 13 and
/// −4 % against a target of 0 % have a downside deviation of 2.264 % and a ratio of 4.417.
#[test]
fn sortino_s_ratio_is_the_published_one() {
    let years = [0.17, 0.15, 0.23, -0.05, 0.12, 0.09, 0.13, -0.04];
    agrees(sortino(&years, 0.0, 1.0), 4.417, 5e-4);
    agrees(sortino(&years, 0.0, 4.0), 8.834, 1e-3);
    assert_eq!(sortino(&years[..3], 0.0, 1.0), None, "nothing fell short");
}

/// 100 → 120 → 90 → 130 → 117 → 104 → 130 → 129: a fall by a quarter that took two days, one by a fifth that took
/// three, and one by 1/130 that is not over.
#[test]
fn drawdowns_are_those_one_sees() {
    let curve = daily(&[100.0, 120.0, 90.0, 130.0, 117.0, 104.0, 130.0, 129.0]);
    let found = drawdowns(&curve).expect("it stays above zero");
    let seen: Vec<_> = found.iter().map(|one| (one.from, one.to, one.recovered, one.lasted_ns / DAY_NS)).collect();
    assert_eq!(seen, [(1, 3, true, 2), (3, 6, true, 3), (6, 7, false, 1)]);
    let equity: Vec<f64> = curve.iter().map(|sample| sample.equity).collect();
    agrees(deepest(&equity), 0.25, 1e-15);
    agrees(average(&found), (0.25 + 0.2 + 1.0 / 130.0) / 3.0, 1e-15);
    assert_eq!(longest(&found), Some(found[1]));
    assert_eq!(
        (deepest(&[1.0, 2.0, 2.0]), drawdowns(&daily(&[1.0, 2.0])), average(&[])),
        (Some(0.0), Some(vec![]), None)
    );
    assert_eq!((deepest(&[]), deepest(&[1.0, 0.0]), drawdowns(&daily(&[1.0, -1.0]))), (None, None, None));
}

/// A day's close is its last sample, in whole UTC days, before 1970 too.
#[test]
fn days_close_with_their_last_sample() {
    let hours = [(-30, 1.0), (-24, 2.0), (-1, 3.0), (0, 4.0), (23, 5.0), (72, 6.0)];
    let samples = curve(hours.map(|(hour, equity)| (hour * DAY_NS / 24, equity))).expect("a curve");
    let days = closes(&samples, DAY_NS).expect("a period");
    assert_eq!(days.iter().map(|day| day.equity).collect::<Vec<f64>>(), [1.0, 3.0, 5.0, 6.0]);
    assert_eq!(returns(&days).map(|returns| returns.len()), Some(3));
    assert_eq!(changes(&days), [2.0, 2.0, 1.0]);
    assert_eq!(closes(&samples, 0), None);
    assert_eq!([curve([]), curve([(1, 1.0), (1, 2.0)]), curve([(1, f64::NAN)])], [None, None, None]);
    assert_eq!(returns(&daily(&[1.0, 0.0, 1.0])), None, "nothing is earned on nothing");
}

/// A year of 365.25 days that doubles has grown by 100 %, a half of it by √2; over a drawdown of a half Calmar is two.
#[test]
fn growth_is_that_of_the_time_that_passed() {
    let year = |days: i64, end| growth(&curve([(0, 1.0), (days * DAY_NS / 4, end)]).expect("a curve"));
    agrees(year(1_461, 2.0), 1.0, 1e-12);
    agrees(year(2_922, 2.0), 2.0_f64.sqrt() - 1.0, 1e-12);
    agrees(calmar(1.0, 0.5), 2.0, 0.0);
    assert_eq!((growth(&daily(&[1.0])), year(1_461, -1.0), calmar(1.0, 0.0)), (None, None, None));
    agrees(turnover(600.0, &daily(&[100.0, 200.0])), 4.0, 0.0);
}

/// A hundred returns of −1 % to −100 %: the worst five in a hundred are −96 to −100 %. Of twenty-five returns the worst
/// 10 % are two and a half.
#[test]
fn the_tail_is_the_worst_of_the_sample() {
    let losses: Vec<f64> = (1..=100).map(|loss| -f64::from(loss) / 100.0).collect();
    let worst = tail(&losses, 0.05).expect("returns");
    agrees(Some(worst.value_at_risk), 0.96, 1e-15);
    agrees(Some(worst.expected_shortfall), 0.98, 1e-14);
    agrees(tail(&losses, 0.07).map(|worst| worst.value_at_risk), 0.94, 1e-15);
    let worst = tail(&losses[..25], 0.1).expect("returns");
    agrees(Some(worst.value_at_risk), 0.23, 1e-15);
    agrees(Some(worst.expected_shortfall), (0.25 + 0.24 + 0.23 / 2.0) / 2.5, 1e-15);
    assert_eq!((tail(&[], 0.05), tail(&losses, 0.0), tail(&[f64::NAN], 0.05)), (None, None, None));
}

/// Five trades: +10, −5, −5, 0, +20.
#[test]
fn trades_come_to_what_the_hand_says() {
    let found = Trades::of(&[10.0, -5.0, -5.0, 0.0, 20.0]).expect("trades");
    assert_eq!((found.count, found.won, found.lost, found.losing_streak), (5, 2, 2, 2));
    assert_eq!((found.hit_rate, found.expectancy, found.profit_factor()), (0.4, 4.0, Some(3.0)));
    assert_eq!((found.average_win(), found.average_loss()), (Some(15.0), Some(5.0)));
    // Squares about 4: 36 + 81 + 81 + 16 + 256 = 470, over 4.
    agrees(found.quality, 5.0_f64.sqrt() * 4.0 / 117.5_f64.sqrt(), 1e-12);
    agrees(best_share(&[10.0, -5.0, -5.0, 0.0, 20.0]), 1.0, 0.0);
    assert_eq!((best_share(&[1.0, -1.0]), Trades::of(&[])), (None, None));
    let lucky = Trades::of(&[1.0, 1.0]).expect("trades");
    assert_eq!((lucky.profit_factor(), lucky.average_loss(), lucky.quality), (None, None, None));
}

#[test]
fn time_held_is_counted_once() {
    let held = |spans: &[(i64, i64)]| {
        let held: Vec<Held> = spans.iter().map(|&(opened_ns, closed_ns)| Held { opened_ns, closed_ns }).collect();
        exposure(&held, 0, 100)
    };
    assert_eq!(held(&[(10, 30), (20, 40), (60, 70), (62, 64), (65, 72)]), Some(0.42));
    assert_eq!(held(&[(90, 200), (-50, 10)]), Some(0.2), "what lies outside is cut off");
    assert_eq!((held(&[]), held(&[(40, 20)]), exposure(&[], 5, 5)), (Some(0.0), Some(0.0), None));
    assert_eq!(exposure_in_bars(&[(1, 2), (2, 4), (9, 20), (30, 31)], 10), Some(0.5));
    assert_eq!((exposure_in_bars(&[(5, 3)], 10), exposure_in_bars(&[], 0)), (Some(0.0), None));
}

/// A return that is always the same compounds to itself and varies not at all.
#[test]
fn a_year_compounds() {
    let same = Compounded::of(&[0.01; 20], 12.0).expect("returns");
    agrees(Some(same.annual), 1.01_f64.powi(12) - 1.0, 1e-12);
    assert_eq!((same.volatility, same.sharpe(), same.sortino()), (0.0, None, None));
    assert_eq!(Compounded::of(&[0.1, -1.0], 12.0), None);
}

#[test]
fn folds_walk_forward() {
    let fold = |train: std::ops::Range<usize>, test| Fold { train, test };
    assert_eq!(folds(10, Window::Anchored(4), 3, 0), Some(vec![fold(0..4, 4..7), fold(0..7, 7..10)]));
    assert_eq!(folds(11, Window::Rolling(4), 3, 1), Some(vec![fold(0..4, 5..8), fold(3..7, 8..11)]));
    assert_eq!(folds(4, Window::Rolling(4), 3, 0), Some(vec![]));
    assert_eq!((folds(9, Window::Rolling(0), 3, 0), folds(9, Window::Anchored(3), 0, 0)), (None, None));
    // 0.05 = p⁵ + 5 p⁴ (1 − p) at p = 0.3426 (Conover, table A3, one-sided).
    let result = paid(&[1.0, 2.0, -1.0, 0.5, 3.0], 0.95).expect("folds");
    assert_eq!((result.folds, result.paid, result.share), (5, 4, 0.8));
    agrees(Some(result.at_least), 0.3426, 5e-5);
    assert_eq!(paid(&[], 0.95), None);
}

#[test]
fn quantiles_lie_on_straight_lines() {
    let sorted = [1.0, 2.0, 4.0, 8.0];
    let of = |share| quantile(&sorted, share);
    assert_eq!([of(0.0), of(0.5), of(0.75), of(1.0)], [Some(1.0), Some(3.0), Some(5.0), Some(8.0)]);
    assert_eq!([of(1.1), of(f64::NAN), quantile(&[], 0.5)], [None; 3]);
}
