//! Sharpe ratios: the examples of Bailey and López de Prado, Lo's factors, gate.md's table.

use seatrial::statistics::autocorrelation::{autocorrelations, factor};
use seatrial::statistics::deflated::{Trials, expected_maximum};
use seatrial::statistics::sharpe::Sharpe;

use crate::agrees;

fn normal(ratio: f64, periods: usize) -> Sharpe {
    Sharpe { ratio, periods, skew: 0.0, kurtosis: 3.0 }
}

/// Bailey and López de Prado 2012, section "A numerical example": 24 monthly returns with the ratio 0.458 are above zero
/// with 98.2 % as a normal, with 91.3 % given their skew of −2.448 and kurtosis of 10.164.
#[test]
fn the_probabilistic_ratio_is_that_of_the_paper() {
    agrees(normal(0.458, 24).probability_above(0.0), 0.982, 5e-4);
    let fund = Sharpe { skew: -2.448, kurtosis: 10.164, ..normal(0.458, 24) };
    agrees(fund.probability_above(0.0), 0.913, 5e-4);
}

/// The same paper, section "Minimum track record length": to be above an annual 1 with 95 %, an annual 2 takes 2.73
/// years of daily returns, 2.83 of weekly, 3.24 of monthly ones, and 4.99 years of monthly ones with a skew of −0.72 and
/// a kurtosis of 5.78.
#[test]
fn the_least_track_record_is_that_of_the_paper() {
    let years = |per_year: f64, skew, kurtosis| {
        let ratio = Sharpe { ratio: 2.0 / per_year.sqrt(), periods: 2, skew, kurtosis };
        ratio.track_record_min(1.0 / per_year.sqrt(), 0.95).map(|periods| periods / per_year)
    };
    agrees(years(252.0, 0.0, 3.0), 2.73, 5e-3);
    agrees(years(52.0, 0.0, 3.0), 2.83, 5e-3);
    agrees(years(12.0, 0.0, 3.0), 3.24, 5e-3);
    agrees(years(12.0, -0.72, 5.78), 4.99, 5e-3);
    assert_eq!(normal(0.1, 50).track_record_min(0.1, 0.95), None);
}

/// Bailey and López de Prado 2014, "A numerical example": an annual 2.5 over 1 250 days, skew −3 and kurtosis 10, best
/// of 100 trials of an annual variance of ½: the best by luck has 0.1132 a day, the deflated ratio is 0.9004; of 46 trials
/// it would be 0.9505, and as a normal it is 0.9505 of 88.
#[test]
fn the_deflated_ratio_is_that_of_the_paper() {
    let day = 250.0_f64.sqrt();
    let trials = |count| Trials { count, deviation: 0.5_f64.sqrt() / day };
    let strategy = Sharpe { ratio: 2.5 / day, periods: 1_250, skew: -3.0, kurtosis: 10.0 };
    agrees(trials(100).expected_best(), 0.1132, 5e-5);
    agrees(strategy.deflated(&trials(100)), 0.9004, 5e-5);
    agrees(strategy.deflated(&trials(46)), 0.9505, 5e-5);
    agrees(normal(2.5 / day, 1_250).deflated(&trials(88)), 0.9505, 5e-5);
    agrees(strategy.deflated(&trials(1)), strategy.probability_above(0.0).expect("a chance"), 0.0);
}

/// gate.md §5.2, last row.
#[test]
fn the_best_of_many_is_as_large_as_the_table_says() {
    for (count, published) in [(10, 1.57), (100, 2.53), (1_000, 3.26), (10_000, 3.86)] {
        agrees(expected_maximum(count), published, 6e-3);
    }
    assert_eq!(expected_maximum(0), None);
}

/// gate.md §5.2: thirty days show an edge at 95 % from a daily 0.313 on; a true annual 1 needs about 990 days, 2 about
/// 249, 3 about 112, 4 about 64.
#[test]
fn thirty_days_prove_no_edge() {
    agrees(normal(0.313, 30).probability_above(0.0), 0.95, 1e-3);
    for (annual, days) in [(1.0, 990.0), (2.0, 249.0), (3.0, 112.0), (4.0, 64.0)] {
        let ratio = normal(annual / 365.0_f64.sqrt(), 2);
        agrees(ratio.track_record_min(0.0, 0.95), days, 1.0);
        agrees(ratio.annualised(365.0), annual, 1e-12);
    }
}

/// Lo 2002, equation 9: the error of a normal's ratio is √((1 + SR²/2)/n), here with n − 1.
#[test]
fn the_error_of_a_normal_is_lo_s() {
    agrees(normal(0.5, 61).standard_error(), (1.125_f64 / 60.0).sqrt(), 1e-15);
}

/// Lo 2002, table 2 (AR(1) returns): the row of 90 %; and of the text, a year of months for ρ = ±20 %.
#[test]
fn a_year_of_correlated_returns_has_lo_s_factor() {
    let table = [(2, 1.03), (3, 1.05), (4, 1.07), (6, 1.10), (12, 1.21), (24, 1.41), (36, 1.60), (48, 1.77)];
    let decaying = |rho: f64, q: usize| (1..q).map(|lag| rho.powi(i32::try_from(lag).expect("a lag"))).collect();
    let of = |rho, q| factor(&Vec::<f64>::from_iter::<Vec<f64>>(decaying(rho, q)), q);
    for (q, published) in table.into_iter().chain([(125, 2.67), (250, 3.70)]) {
        agrees(of(0.9, q), published, 5.1e-3);
    }
    agrees(of(0.2, 12), 2.88, 5e-3);
    agrees(of(-0.2, 12), 4.17, 5e-3);
    agrees(factor(&[], 12), 12.0_f64.sqrt(), 1e-15);
    assert_eq!(factor(&[-0.9], 12), None, "a sum of such a process has no variance");
}

/// By hand: about the mean 2 the values −1 0 1 0 −1 0 1 0 have the products 0, −2 and 0 at lags 1 to 3 over 4, with
/// one pair fewer at each lag.
#[test]
fn correlations_are_those_computed_by_hand() {
    let rho = autocorrelations(&[1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0], 3).expect("they vary");
    assert_eq!(rho, [0.0, -0.75, 0.0]);
    assert_eq!(autocorrelations(&[1.0, 2.0], 2), None);
}

/// Values 1 to 4: mean 2.5, variance 5/3, no skew, kurtosis 1.64 (2.5625 over 1.5625).
#[test]
fn a_ratio_is_that_computed_by_hand() {
    let ratio = Sharpe::of(&[1.0, 2.0, 3.0, 4.0]).expect("they vary");
    agrees(Some(ratio.ratio), 2.5 / (5.0_f64 / 3.0).sqrt(), 1e-15);
    agrees(Some(ratio.kurtosis), 1.64, 1e-15);
    assert_eq!((ratio.periods, ratio.skew.abs() < 1e-15), (4, true));
    for undefined in [&[][..], &[0.1], &[0.1, 0.1, 0.1], &[0.1, f64::NAN]] {
        assert_eq!(Sharpe::of(undefined), None);
    }
    let growth: Vec<f64> = (0..50).map(|day| 1.01_f64.powi(day + 1) / 1.01_f64.powi(day) - 1.0).collect();
    assert_eq!(Sharpe::of(&growth), None, "one per cent a day varies by rounding alone");
}
