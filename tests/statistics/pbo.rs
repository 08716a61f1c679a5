//! The probability of backtest overfitting on matrices whose answer is known.

use seatrial::sim::rng::{Component, Stream};
use seatrial::statistics::pbo::{BLOCKS, overfitting};

use crate::agrees;

/// Twelve even draws make a good normal, without a float of the machine's own.
#[expect(clippy::cast_precision_loss, reason = "thousandths")]
pub fn noise(seed: u64, trials: usize, periods: usize) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(seed, 0, Component::Bootstrap);
    let mut one = || (0..12).map(|_| stream.below(1_001) as f64 / 1_000.0 - 0.5).sum::<f64>();
    (0..trials).map(|_| (0..periods).map(|_| one()).collect()).collect()
}

fn slices(trials: &[Vec<f64>]) -> Vec<&[f64]> {
    trials.iter().map(Vec::as_slice).collect()
}

/// Two blocks, two splits. A earns 1 2 | 1 2, B 0 1 | 3 4, each with a deviation of √½ in every block, so the ratios are
/// 1.5√2 and 1.5√2 of A, 0.5√2 and 3.5√2 of B. On the first block A is chosen and comes last on the second; on the
/// second B is chosen and comes last on the first. Relative rank 1/3, logit −ln 2, twice; the line through
/// (1.5, 1.5) and (3.5, 0.5), times √2, falls by a half.
#[test]
fn two_blocks_come_to_what_the_hand_says() {
    let [a, b] = [[1.0, 2.0, 1.0, 2.0], [0.0, 1.0, 3.0, 4.0]];
    let found = overfitting(&[&a, &b], 2).expect("two trials");
    assert_eq!((found.probability, found.loss, found.left_out, found.logits.len()), (1.0, 0.0, 0, 2));
    agrees(found.slope, -0.5, 1e-12);
    agrees(found.median_logit(), -2.0_f64.ln(), 1e-12);
    let odd: Vec<Vec<f64>> = [a, b].iter().map(|trial| [&[9.0], &trial[..]].concat()).collect();
    let cut = overfitting(&slices(&odd), 2).expect("two trials");
    assert_eq!((cut.left_out, cut.logits), (1, found.logits));
}

/// Three trials over two blocks, ratios times √2 of A 1.5 | 1.5, B 1.5 | 3.5, C 0.5 | 0.5. A and B are best together on the
/// first block, and A counts, the second of three on the other: relative rank 1/2, logit 0, which is the lower half. On
/// the second block B is best, and shares the ranks 2 and 3 with A on the first: relative rank 2.5/4, logit ln 5/3.
#[test]
fn ties_and_the_middle_count_against_the_chosen() {
    let [a, b, c] = [[1.0, 2.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 0.0, 1.0]];
    for trials in [[&a[..], &b, &c], [&c, &b, &a]] {
        let found = overfitting(&trials, 2).expect("three trials");
        assert_eq!((found.probability, found.logits[0]), (0.5, 0.0));
        agrees(Some(found.logits[1]), (5.0_f64 / 3.0).ln(), 1e-12);
        assert_eq!(found.slope, Some(0.0), "where judged it is 1.5 both times");
    }
}

/// One trial better than all others on every block is chosen always and right always.
#[test]
fn a_trial_that_dominates_is_not_overfitted() {
    let mut trials = noise(1, 9, 320);
    trials.push(trials[0].iter().map(|value| value + 2.0).collect());
    let found = overfitting(&slices(&trials), BLOCKS).expect("ten trials");
    assert_eq!((found.probability, found.loss, found.logits.len()), (0.0, 0.0, 12_870));
    agrees(found.median_logit(), 10.0_f64.ln(), 1e-12);
}

/// Noise has no best: on average over matrices the chosen trial is as often in the lower half as in the upper, and loses
/// as often as not.
#[test]
fn noise_is_a_coin() {
    let found: Vec<_> = (0..60).map(|seed| overfitting(&slices(&noise(seed, 21, 128)), 8).expect("trials")).collect();
    let mean = |of: &dyn Fn(usize) -> f64| (0..60).map(of).sum::<f64>() / 60.0;
    let (probability, loss) = (mean(&|at| found[at].probability), mean(&|at| found[at].loss));
    // Eleven of the 21 ranks are in the lower half or the middle; matrices vary by about 0.2.
    assert!((probability - 11.0 / 21.0).abs() < 0.08, "{probability}");
    assert!((loss - 0.5).abs() < 0.08, "{loss}");
}

/// Every trial's mean is the same over all periods: who does better on one half does worse on the other.
#[test]
fn what_one_half_gains_the_other_loses() {
    let mut trials = noise(5, 20, 128);
    for trial in &mut trials {
        let mean = trial.iter().sum::<f64>() / 128.0;
        *trial = trial.iter().map(|value| value - mean).collect();
    }
    let found = overfitting(&slices(&trials), 8).expect("trials");
    assert!(found.probability > 0.95 && found.slope.is_some_and(|slope| slope < -0.5), "{found:?}");
}

#[test]
fn what_cannot_be_judged_is_not() {
    let noise = noise(3, 2, 32);
    let [a, b] = [noise[0].as_slice(), &noise[1]];
    let constant = [0.5; 32];
    for (trials, blocks) in [
        (&[][..], 2),
        (&[a], 2),
        (&[a, &b[1..]], 2),
        (&[a, b], 3),
        (&[a, b], 0),
        (&[a, b], 34),
        (&[a, b], 26),
        (&[a, &constant], 2),
        (&[a, &[f64::NAN; 32]], 2),
    ] {
        assert_eq!(overfitting(trials, blocks), None);
    }
    let idle = overfitting(&[a, &[0.0; 32]], 8).expect("a trial that never trades has the ratio 0");
    assert!(idle.probability > 0.0);
}
