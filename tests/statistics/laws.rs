//! Laws over random samples, and that nothing ever returns a number that is none.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a law without an answer is broken; equal means equal")]

use proptest::collection::vec;
use proptest::prelude::*;
use seatrial::statistics::autocorrelation::{autocorrelations, factor};
use seatrial::statistics::bootstrap::{Blocks, Distribution, Plan};
use seatrial::statistics::clusters::{distinct, effective, intraclass};
use seatrial::statistics::compounded::Compounded;
use seatrial::statistics::curve::{best_share, curve, growth, returns, sortino, turnover};
use seatrial::statistics::deflated::Trials;
use seatrial::statistics::distance::{Distance, kolmogorov_above};
use seatrial::statistics::distributions::{beta_quantile, normal_quantile, student_above, student_quantile};
use seatrial::statistics::drawdown::{average, deepest, drawdowns};
use seatrial::statistics::early::boundaries;
use seatrial::statistics::equivalence::{Estimate, Margin};
use seatrial::statistics::moments::{Moments, deviation, mean, quantile};
use seatrial::statistics::pbo::overfitting;
use seatrial::statistics::proportion::{lower_bound, two_sided, upper_bound};
use seatrial::statistics::sample_size::{Missed, for_equivalence};
use seatrial::statistics::several::holm;
use seatrial::statistics::sharpe::Sharpe;
use seatrial::statistics::tail::tail;
use seatrial::statistics::trades::Trades;
use seatrial::statistics::walk_forward::{Window, folds};

/// Returns of a plausible size.
fn sample(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    vec((-500_i32..=500).prop_map(|value| f64::from(value) / 1_000.0), count)
}

/// Numbers of any size, and what is none.
fn strange() -> impl Strategy<Value = f64> {
    let special = [0.0, -0.0, 1.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE];
    prop_oneof![any::<f64>(), -2.0..2.0, proptest::sample::select(special.to_vec())]
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bounds_hold_the_share_and_move_with_it(trials in 1_u64..3_000, part in 0.0..1.0, confidence in 0.5..0.999) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
        let hits = (trials as f64 * part) as u64;
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let share = hits as f64 / trials as f64;
        let (lower, upper) = (lower_bound(hits, trials, confidence).unwrap(), upper_bound(hits, trials, confidence).unwrap());
        prop_assert!(0.0 <= lower && lower <= share && share <= upper && upper <= 1.0, "{lower} {share} {upper}");
        let both = two_sided(hits, trials, confidence).unwrap();
        prop_assert!(both.lower <= lower && upper <= both.upper);
        prop_assert!(near(upper, 1.0 - lower_bound(trials - hits, trials, confidence).unwrap()));
        prop_assert!(lower_bound((hits + 1).min(trials), trials, confidence).unwrap() >= lower);
        prop_assert!(upper_bound(hits, trials + 1, confidence).unwrap() < upper || hits == trials);
    }

    #[test]
    fn a_ratio_knows_no_currency_and_changes_sides(returns in sample(2..60), scale in 1e-6..1e6) {
        let Some(ratio) = Sharpe::of(&returns) else { return Ok(()) };
        let scaled = Sharpe::of(&returns.iter().map(|value| value * scale).collect::<Vec<f64>>()).unwrap();
        prop_assert!(near(ratio.ratio, scaled.ratio) && near(ratio.skew, scaled.skew) && near(ratio.kurtosis, scaled.kurtosis));
        let short = Sharpe::of(&returns.iter().map(|value| -value).collect::<Vec<f64>>()).unwrap();
        prop_assert!(near(ratio.ratio, -short.ratio));
        let mut turned = returns.clone();
        turned.reverse();
        prop_assert!(near(Sharpe::of(&turned).unwrap().ratio, ratio.ratio));
        let Some((above, below)) = ratio.probability_above(0.0).zip(short.probability_above(0.0)) else { return Ok(()) };
        prop_assert!(near(above + below, 1.0));
        prop_assert!(ratio.probability_above(0.1).unwrap() <= above);
        let deflated = |count| ratio.deflated(&Trials { count, deviation: 0.1 }).unwrap();
        prop_assert!(deflated(1_000) <= deflated(10) && deflated(10) <= above);
    }

    #[test]
    fn capital_falls_by_nothing_to_everything(equity in vec(1e-3..1e6, 1..80)) {
        let depth = deepest(&equity).unwrap();
        prop_assert!((0.0..1.0).contains(&depth));
        let curve = curve((0_i64..).zip(equity.iter().copied())).unwrap();
        let all = drawdowns(&curve).unwrap();
        prop_assert!(near(depth, all.iter().map(|one| one.depth).fold(0.0, f64::max)));
        prop_assert!(all.windows(2).all(|pair| pair[0].to <= pair[1].from) && all.iter().all(|one| one.from < one.to));
        prop_assert!(average(&all).is_none_or(|average| average <= depth));
        let doubled: Vec<f64> = equity.iter().map(|value| value * 2.0).collect();
        prop_assert_eq!(deepest(&doubled), Some(depth));
    }

    #[test]
    fn who_stands_where_does_not_matter(trials in vec(sample(32..33), 2..6), by in 0_usize..6) {
        let of = |trials: &[Vec<f64>]| overfitting(&trials.iter().map(Vec::as_slice).collect::<Vec<_>>(), 4);
        let mut turned = trials.clone();
        turned.rotate_left(by % trials.len());
        let (one, other) = (of(&trials), of(&turned));
        prop_assert_eq!(one.as_ref().map(|found| (found.probability, found.loss)), other.map(|found| (found.probability, found.loss)));
        if let Some(found) = one {
            let doubled: Vec<Vec<f64>> = trials.iter().map(|trial| trial.iter().map(|value| value * 2.0).collect()).collect();
            prop_assert_eq!(of(&doubled), Some(found));
        }
    }

    #[test]
    fn adjusted_p_values_only_rise(p in vec(0.0..=1.0, 0..20), by in 0_usize..20) {
        let adjusted = holm(&p).unwrap();
        prop_assert!(p.iter().zip(&adjusted).all(|(p, adjusted)| p <= adjusted && *adjusted <= 1.0));
        let by = by % p.len().max(1);
        let (mut turned, mut expected) = (p.clone(), adjusted);
        turned.rotate_left(by);
        expected.rotate_left(by);
        prop_assert_eq!(holm(&turned), Some(expected));
    }

    #[test]
    fn a_wider_margin_is_easier(values in sample(3..40), margin in 0.01..1.0) {
        let Some(estimate) = Estimate::mean(&values).filter(|estimate| estimate.error > 0.0) else { return Ok(()) };
        let p = |margin| estimate.equivalence(Margin::within(margin)).unwrap();
        prop_assert!((0.0..=1.0).contains(&p(margin)) && p(margin * 1.5) <= p(margin));
        let outside = estimate.value.abs() > margin;
        prop_assert!(!outside || p(margin) >= 0.5);
    }

    #[test]
    fn a_distance_is_one(a in sample(1..30), b in sample(1..30)) {
        let there = Distance::of(&a, &b).unwrap();
        let back = Distance::of(&b, &a).unwrap();
        prop_assert!(near(there.value, back.value) && near(there.p_value(), back.p_value()));
        prop_assert!((0.0..=1.0).contains(&there.value) && (0.0..=1.0).contains(&there.p_value()));
        prop_assert!(there.at_most(0.95).unwrap() >= there.value);
        prop_assert_eq!(Distance::of(&a, &a).unwrap().value, 0.0);
    }

    #[test]
    fn a_shortfall_is_no_smaller_than_the_value_at_risk(returns in sample(1..60), share in 0.01..0.5) {
        let (near_, far) = (tail(&returns, share).unwrap(), tail(&returns, share / 2.0).unwrap());
        prop_assert!(near_.expected_shortfall >= near_.value_at_risk - 1e-12);
        prop_assert!(far.value_at_risk >= near_.value_at_risk && far.expected_shortfall >= near_.expected_shortfall - 1e-12);
    }

    #[test]
    fn runs_are_worth_between_one_and_all(sizes in vec(0_u64..500, 1..40), rho in 0.0..=1.0) {
        let runs: u64 = sizes.iter().sum();
        let Some(worth) = effective(&sizes, rho) else { prop_assert_eq!(runs, 0); return Ok(()) };
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let (runs, days) = (runs as f64, distinct(&sizes) as f64);
        prop_assert!(worth >= 1.0 - 1e-9 && worth <= runs + 1e-9);
        prop_assert!(effective(&sizes, 1.0).unwrap() <= days + 1e-9, "the careful answer is the least");
        prop_assert!(worth >= effective(&sizes, 1.0).unwrap() - 1e-9);
    }

    #[test]
    fn nobody_is_judged_on_what_he_learned_from(periods in 0_usize..300, train in 1_usize..50, test in 1_usize..50, gap in 0_usize..5) {
        for window in [Window::Anchored(train), Window::Rolling(train)] {
            let folds = folds(periods, window, test, gap).unwrap();
            prop_assert!(folds.iter().all(|fold| fold.train.end + gap == fold.test.start && fold.train.len() >= train));
            prop_assert!(folds.windows(2).all(|pair| pair[0].test.end == pair[1].test.start));
            prop_assert!(folds.last().map_or(periods < train + gap + test, |last| periods - last.test.end < test));
        }
    }

    /// Whatever is asked, the answer is a number or none.
    #[test]
    fn no_answer_is_not_a_number(a in vec(strange(), 0..12), b in vec(strange(), 0..12), x in strange(), y in strange(), z in strange()) {
        let mut said = vec![mean(&a), deviation(&a), quantile(&a, x), normal_quantile(x), student_above(x, y)];
        said.extend([student_quantile(x, y), beta_quantile(x, y, z), sortino(&a, x, y), best_share(&a)]);
        said.extend([deepest(&a), intraclass(&[&a, &b]), factor(&a, 5), effective(&[3, 4], x)]);
        said.push(Some(kolmogorov_above(x)));
        said.extend(Moments::of(&a).into_iter().flat_map(|of| [of.mean, of.deviation, of.skew, of.kurtosis].map(Some)));
        let given = Sharpe { ratio: x, periods: a.len(), skew: y, kurtosis: z };
        for ratio in [Some(given), Sharpe::of(&a)].into_iter().flatten() {
            said.extend([ratio.annualised(x), ratio.standard_error(), ratio.probability_above(y)]);
            said.extend([ratio.track_record_min(x, y), ratio.deflated(&Trials { count: 7, deviation: z })]);
        }
        said.extend(autocorrelations(&a, 3).into_iter().flatten().map(Some));
        said.extend(tail(&a, x).into_iter().flat_map(|of| [of.value_at_risk, of.expected_shortfall].map(Some)));
        said.extend([two_sided(3, 7, x).map(|of| of.upper), lower_bound(3, 7, x)]);
        let estimates = [Estimate::mean(&a), Estimate::clustered(&[&a, &b]), Some(Estimate { value: x, error: y, freedom: Some(z) })];
        said.extend(estimates.into_iter().flatten().map(|of| of.equivalence(Margin { lower: x.min(y), upper: z })));
        said.extend(Distance::of(&a, &b).into_iter().flat_map(|of| [Some(of.p_value()), of.at_most(x)]));
        said.extend(holm(&a).into_iter().flatten().map(Some));
        said.extend(overfitting(&[&a, &b], 2).into_iter().flat_map(|of| [Some(of.probability), of.slope, of.median_logit()]));
        if let Some(curve) = curve((0_i64..).zip(a.iter().copied())) {
            said.extend([growth(&curve), turnover(x, &curve)]);
            said.extend(returns(&curve).into_iter().flatten().map(Some));
            said.extend(drawdowns(&curve).map(|all| average(&all)));
        }
        if let Some(of) = Compounded::of(&a, x) {
            said.extend([Some(of.annual), Some(of.volatility), of.sharpe(), of.sortino(), of.calmar(y)]);
        }
        if let Some(of) = Trades::of(&a) {
            said.extend([Some(of.hit_rate), Some(of.expectancy), of.quality, of.profit_factor(), of.average_win(), of.average_loss()]);
        }
        let plan = Plan { blocks: Blocks::Stationary(2), days: 5, resamples: 3 };
        for of in [Distribution::of_drawdowns(&a, plan, &mut |_| 0), Distribution::of_sums(&b, plan, &mut |_| 0)] {
            said.extend(of.map(|of| of.quantile(x)));
        }
        prop_assert!(said.iter().flatten().all(|said| said.is_finite()), "{said:?}");
        let looks = boundaries(x, &a);
        prop_assert!(looks.is_none_or(|looks| looks.iter().all(|bound| !bound.is_nan())));
        let _ = for_equivalence(x, y, z, Missed::InAll(x));
    }
}
