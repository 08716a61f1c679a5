//! Shares, sample sizes, equivalence, distance, several tests, early looks, clusters.

use seatrial::statistics::clusters::{distinct, effective, intraclass};
use seatrial::statistics::distance::{Distance, kolmogorov_above};
use seatrial::statistics::early::{boundaries, spent};
use seatrial::statistics::equivalence::{Estimate, Margin};
use seatrial::statistics::proportion::{lower_bound, two_sided, upper_bound};
use seatrial::statistics::sample_size::{Missed, for_equivalence, without_failure};
use seatrial::statistics::several::holm;

use crate::agrees;

/// Newcombe 1998 (Statistics in Medicine 17, table I, method 5): four examples; and 5 of 25 after Conover 1999 (table
/// A3).
#[test]
fn exact_bounds_are_the_published_ones() {
    let published = [
        ((81, 263), (0.2527, 0.3676)),
        ((15, 148), (0.0578, 0.1617)),
        ((0, 20), (0.0, 0.1684)),
        ((1, 29), (0.0009, 0.1776)),
    ];
    for ((hits, trials), (lower, upper)) in published {
        let bounds = two_sided(hits, trials, 0.95);
        agrees(bounds.map(|bounds| bounds.lower), lower, 5e-5);
        agrees(bounds.map(|bounds| bounds.upper), upper, 5e-5);
    }
    let seedlings = two_sided(5, 25, 0.95);
    agrees(seedlings.map(|bounds| bounds.lower), 0.068, 5e-4);
    agrees(seedlings.map(|bounds| bounds.upper), 0.407, 5e-4);
}

/// Without a failure the upper bound has a closed form, 1 − (1 − confidence)^(1/n).
#[test]
fn nothing_and_everything_have_bounds_too() {
    for trials in [1_u32, 20, 2_995, 46_050] {
        let closed = 1.0 - 0.05_f64.powf(1.0 / f64::from(trials));
        agrees(upper_bound(0, trials.into(), 0.95), closed, 1e-12);
        agrees(lower_bound(trials.into(), trials.into(), 0.95), 1.0 - closed, 1e-12);
        assert_eq!(lower_bound(0, trials.into(), 0.95), Some(0.0));
        assert_eq!(upper_bound(trials.into(), trials.into(), 0.95), Some(1.0));
    }
    assert_eq!([lower_bound(0, 0, 0.95), upper_bound(3, 2, 0.95), upper_bound(1, 2, 1.0)], [None; 3]);
}

/// gate.md §5.2; and that one fewer would not do.
#[test]
fn clean_scenarios_needed_are_those_of_the_table() {
    let table = [(0.95, [299, 2_995, 29_956]), (0.99, [459, 4_603, 46_050])];
    for (confidence, needed) in table {
        for (rate, needed) in [0.01, 0.001, 0.0001].into_iter().zip(needed) {
            assert_eq!(without_failure(rate, confidence), Some(needed), "{rate} at {confidence}");
            let bound = |runs| upper_bound(0, runs, confidence).expect("a bound");
            assert!(bound(needed) <= rate && bound(needed - 1) > rate);
        }
    }
    assert_eq!([without_failure(0.0, 0.95), without_failure(1.0, 0.95), without_failure(0.1, f64::NAN)], [None; 3]);
}

/// gate.md §5.2 in its own way of counting; counted in all, as the usual formula has it, (z₀.₉₅ + z₀.₉₇₅)² = 12.995
/// takes the place of 10.822.
#[test]
fn equivalence_needs_what_the_table_says() {
    let share = |p: f64| (p * (1.0 - p)).sqrt();
    let table = [(5.0, 1.0, 271), (5.0, 0.5, 1_083), (10.0, 1.0, 1_083)];
    let shares = [(share(0.6), 0.05, 1_039), (share(0.6), 0.03, 2_886), (share(0.9), 0.02, 2_435)];
    for (deviation, margin, needed) in table.into_iter().chain(shares) {
        assert_eq!(for_equivalence(deviation, margin, 0.05, Missed::EachSide(0.05)), Some(needed));
    }
    assert_eq!(for_equivalence(5.0, 1.0, 0.05, Missed::InAll(0.05)), Some(325));
    assert_eq!(for_equivalence(5.0, 0.0, 0.05, Missed::InAll(0.05)), None);
}

/// Lakens' `TOSTER`, example of `TOSTone`: mean 0.54 against 0.5, deviation 1.2, n = 100, margin ± 0.3 deviations:
/// t(99) = 3.333 and −2.667, p = 0.00447.
#[test]
fn two_one_sided_tests_are_the_published_ones() {
    let estimate = Estimate { value: 0.04, error: 0.12, freedom: Some(99.0) };
    agrees(estimate.equivalence(Margin::within(0.36)), 0.00447, 5e-6);
    agrees(estimate.equivalence(Margin::within(0.04)), 0.5, 1e-12);
    assert_eq!(Estimate { error: 0.0, ..estimate }.equivalence(Margin::within(0.36)), None);
    assert_eq!(estimate.equivalence(Margin { lower: 0.1, upper: -0.1 }), None);
}

/// By hand: 1 2 3 4 have the mean 2.5 with the error √(5/3)/2. In clusters of one that is all there is; in two clusters
/// of two the totals about the mean are ±2, so the error is √(2 · 8 / 1) / 4 = 1, with one degree of freedom.
#[test]
fn a_mean_is_known_as_well_as_its_clusters_say() {
    let values = [1.0, 2.0, 3.0, 4.0];
    let alone = Estimate::mean(&values).expect("four values");
    agrees(Some(alone.error), (5.0_f64 / 12.0).sqrt(), 1e-15);
    let ones: Vec<&[f64]> = values.chunks(1).collect();
    let clustered = Estimate::clustered(&ones).expect("four clusters");
    assert!((clustered.error - alone.error).abs() < 1e-15 && clustered.freedom == alone.freedom);
    let pairs = Estimate::clustered(&[&values[..2], &values[2..], &[]]).expect("two clusters");
    assert_eq!(pairs, Estimate { value: 2.5, error: 1.0, freedom: Some(1.0) });
    assert_eq!(Estimate::clustered(&[&values]), None);
}

/// 3 of 4 against 1 of 4: with a hit and a miss more 4/6 and 2/6, each of the variance 1/27.
#[test]
fn two_shares_differ_by_what_the_hand_says() {
    let estimate = Estimate::difference_of_shares((3, 4), (1, 4)).expect("two shares");
    agrees(Some(estimate.value), 1.0 / 3.0, 1e-15);
    agrees(Some(estimate.error), (2.0_f64 / 27.0).sqrt(), 1e-15);
    assert_eq!(Estimate::difference_of_shares((5, 4), (1, 4)), None);
}

/// Smirnov 1948, table of the limit L(z): L(0.50) = 0.036055, L(1.00) = 0.730000, L(1.36) = 0.950514, L(1.63) = 0.990154.
#[test]
fn the_limit_of_the_distance_is_smirnov_s() {
    for (z, published) in [(0.5, 0.036_055), (1.0, 0.730_000), (1.36, 0.950_514), (1.63, 0.990_154)] {
        agrees(Some(1.0 - kolmogorov_above(z)), published, 6e-7);
    }
    let (below, above) = (kolmogorov_above(1.0), kolmogorov_above(1.0 + 1e-12));
    assert!((below - above).abs() < 1e-10, "both series are the same function");
}

#[test]
fn distances_are_those_computed_by_hand() {
    let of = |a: &[f64], b: &[f64]| Distance::of(a, b).map(|distance| distance.value);
    assert_eq!(of(&[1.0, 2.0, 3.0, 4.0], &[3.0, 4.0, 5.0, 6.0]), Some(0.5));
    assert_eq!(of(&[1.0, 1.0, 2.0], &[1.0, 2.0, 2.0]), Some(2.0 / 3.0 - 1.0 / 3.0), "ties step together");
    assert_eq!(of(&[1.0, 2.0], &[2.0, 1.0]), Some(0.0));
    assert_eq!(of(&[1.0], &[2.0]), Some(1.0));
    assert_eq!([of(&[], &[1.0]), of(&[f64::NAN], &[1.0])], [None; 2]);
    // √(ln 80 / 2n) for each of the two.
    let same = Distance { value: 0.02, counts: (10_000, 10_000) };
    agrees(same.at_most(0.95), 0.02 + 2.0 * (80.0_f64.ln() / 20_000.0).sqrt(), 1e-12);
}

/// The example of Wikipedia's "Holm–Bonferroni method": of 0.01, 0.04, 0.03 and 0.005 the first and the last are
/// rejected at 5 %.
#[test]
fn holm_s_example_comes_out() {
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]).expect("p-values");
    for (ours, published) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
        agrees(Some(*ours), published, 1e-15);
    }
    assert_eq!(holm(&[0.9, 0.8]), Some(vec![1.0, 1.0]));
    assert_eq!((holm(&[]), holm(&[1.1]), holm(&[f64::NAN])), (Some(vec![]), None, None));
}

/// Published with the program `SeqBounds.jl` (one-sided 5 %, four looks), and as `gsDesign` and `ldbounds` print them
/// (one-sided 2.5 %, five looks); both sets recomputed by the multivariate normal of scipy.
#[test]
fn early_looks_have_the_published_boundaries() {
    let four = boundaries(0.05, &[0.25, 0.5, 0.75, 1.0]).expect("four looks");
    for (ours, published) in four.iter().zip([3.749_55, 2.539_93, 2.016_04, 1.720_14]) {
        agrees(Some(*ours), published, 5e-5);
    }
    let five = boundaries(0.025, &[0.2, 0.4, 0.6, 0.8, 1.0]).expect("five looks");
    for (ours, published) in five.iter().zip([4.8769, 3.3570, 2.6803, 2.2898, 2.0310]) {
        agrees(Some(*ours), published, 6e-5);
    }
    agrees(spent(0.05, 0.5), 0.005_574_6, 5e-8);
    agrees(spent(0.05, 1.0), 0.05, 1e-12);
    agrees(boundaries(0.05, &[1.0]).map(|only| only[0]), 1.644_853_6, 1e-6);
    let daily: Vec<f64> = (1..=30).map(|day| f64::from(day) / 30.0).collect();
    let daily = boundaries(0.05, &daily).expect("thirty looks");
    assert!(daily.is_sorted_by(|a, b| a >= b) && daily[0] > 10.0, "{daily:?}");
    for unsound in [&[][..], &[0.5, 0.5], &[0.5, 1.1], &[0.0, 1.0], &[f64::NAN]] {
        assert_eq!(boundaries(0.05, unsound), None, "{unsound:?}");
    }
}

/// Shrout and Fleiss 1979, tables 2 and 4: six targets by four judges have an ICC(1,1) of 0.17.
#[test]
fn values_of_a_cluster_are_as_alike_as_published() {
    let targets: [&[f64]; 6] = [
        &[9.0, 2.0, 5.0, 8.0],
        &[6.0, 1.0, 3.0, 2.0],
        &[8.0, 4.0, 6.0, 8.0],
        &[7.0, 1.0, 2.0, 6.0],
        &[10.0, 5.0, 6.0, 9.0],
        &[6.0, 2.0, 4.0, 7.0],
    ];
    agrees(intraclass(&targets), 0.17, 5e-3);
    assert_eq!(intraclass(&[&[1.0, 1.0], &[2.0, 2.0]]), Some(1.0));
    assert_eq!(intraclass(&[&[1.0, 2.0], &[1.0, 2.0]]), Some(0.0), "less alike than chance counts as chance");
    assert_eq!([intraclass(&targets[..1]), intraclass(&[&[1.0], &[2.0]])], [None; 2]);
}

/// Thirty days of a hundred runs: 3 000 runs if they have nothing in common, 30 if everything, 3 000 / (1 + 99 ρ) else.
#[test]
fn runs_of_one_day_are_worth_less_than_they_are() {
    let even = [100; 30];
    for (rho, worth) in [(0.0, 3_000.0), (0.05, 3_000.0 / 5.95), (1.0, 30.0)] {
        agrees(effective(&even, rho), worth, 1e-9);
    }
    assert_eq!(distinct(&[98, 0, 1, 1]), 3);
    agrees(effective(&[98, 0, 1, 1], 1.0), 10_000.0 / 9_606.0, 1e-12);
    assert_eq!([effective(&[], 0.5), effective(&[0], 0.5), effective(&[2], 1.1)], [None; 3]);
}
