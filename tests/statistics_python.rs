//! The same numbers from scipy, statsmodels and a few lines of numpy, where Python has them.
//!
//! Samples are drawn here, handed over as JSON and calculated on both sides; every answer must agree. The interpreter is
//! `SEATRIAL_PYTHON`, or `python3`; without it, or without the libraries, the test says so and passes. Repeat with
//! `SEATRIAL_PYTHON=/path/to/python cargo test --test statistics_python -- --nocapture`.
#![cfg(feature = "simulator")]
#![allow(clippy::float_arithmetic, reason = "statistics are floats")]

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use seatrial::sim::rng::{Component, Stream};
use seatrial::statistics::autocorrelation::autocorrelations;
use seatrial::statistics::deflated::{Trials, expected_maximum};
use seatrial::statistics::distance::{Distance, kolmogorov_above};
use seatrial::statistics::distributions::{beta_quantile, normal_quantile, student_above, student_quantile};
use seatrial::statistics::early::boundaries;
use seatrial::statistics::equivalence::{Estimate, Margin};
use seatrial::statistics::moments::{Moments, quantile};
use seatrial::statistics::pbo::overfitting;
use seatrial::statistics::proportion::{lower_bound, two_sided};
use seatrial::statistics::several::holm;
use seatrial::statistics::sharpe::Sharpe;

const SCRIPT: &str = include_str!("statistics/oracle.py");

/// What the script says when a library is missing.
const ABSENT: i32 = 3;

/// Answers by name, and how far one may be from the other's, as a part of it.
type Answers = BTreeMap<String, (Vec<f64>, f64)>;

#[test]
fn python_comes_to_the_same() {
    let samples: Vec<Vec<f64>> = (0..8).map(|seed| sample(seed, 96)).collect();
    let Some(theirs) = python(&serde_json::json!({ "samples": samples })) else { return };
    let mut ours = Answers::new();
    distributions(&mut ours);
    tests(&mut ours, &samples);
    ratios(&mut ours, &samples);
    for (name, (ours, within)) in &ours {
        let theirs = theirs.get(name).unwrap_or_else(|| panic!("Python has no {name}"));
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            let near = (ours - theirs).abs() <= within * theirs.abs() + 1e-15;
            assert!(near, "{name}[{at}] is {ours}, and {theirs} in Python");
        }
        println!("{name}: {} agree", ours.len());
    }
    assert!(theirs.keys().eq(ours.keys()), "Python says more than was asked: {:?}", theirs.keys());
}

fn say(answers: &mut Answers, name: &str, within: f64, ours: impl IntoIterator<Item = Option<f64>>) {
    let ours = ours.into_iter().map(|ours| ours.unwrap_or_else(|| panic!("no {name}"))).collect();
    answers.insert(name.to_owned(), (ours, within));
}

fn distributions(answers: &mut Answers) {
    let chances = [1e-9, 0.001, 0.025, 0.3, 0.5, 0.95, 0.999];
    say(answers, "normal_quantile", 1e-12, chances.map(normal_quantile));
    let freedoms = [1.0, 4.5, 29.0, 1e5];
    let pairs = || freedoms.into_iter().flat_map(|freedom| chances.map(|chance| (chance, freedom)));
    say(answers, "student_quantile", 1e-8, pairs().map(|(chance, freedom)| student_quantile(chance, freedom)));
    let at = |(chance, freedom)| student_above(10.0 * chance - 2.0, freedom);
    say(answers, "student_above", 1e-8, pairs().map(at));
    let shapes =
        [(1.0, 2995.0), (81.0, 183.0), (2.0, 29_000.0), (15_000.0, 15_001.0), (150_000.0, 150_001.0), (0.5, 0.5)];
    let betas = shapes.into_iter().flat_map(|(a, b)| chances.map(|chance| beta_quantile(chance, a, b)));
    say(answers, "beta_quantile", 1e-8, betas);
    say(answers, "kolmogorov_above", 1e-12, [0.2, 0.7, 0.99, 1.01, 1.7, 3.0].map(|x| Some(kolmogorov_above(x))));
    let counts = [(0, 20), (1, 29), (15, 148), (81, 263), (20, 20), (2, 2_995), (29_900, 29_956)];
    let bounds = counts.map(|(hits, trials)| two_sided(hits, trials, 0.95).expect("bounds"));
    say(answers, "clopper_pearson", 1e-8, bounds.iter().flat_map(|both| [Some(both.lower), Some(both.upper)]));
    say(answers, "binomial_one_sided", 1e-8, counts.map(|(hits, trials)| lower_bound(hits, trials, 0.99)));
}

fn tests(answers: &mut Answers, samples: &[Vec<f64>]) {
    let margin = Margin { lower: -0.3, upper: 0.25 };
    let means = samples.iter().map(|sample| Estimate::mean(sample)?.equivalence(margin));
    say(answers, "tost_mean", 1e-8, means);
    let shares = [((60, 100), (55, 100)), ((0, 40), (1, 50)), ((900, 1_000), (880, 1_000))];
    let shares = shares.map(|(a, b)| Estimate::difference_of_shares(a, b)?.equivalence(Margin::within(0.05)));
    say(answers, "tost_shares", 1e-9, shares);
    let clusters: Vec<&[f64]> = [0..5, 5..25, 25..30, 30..96].map(|part| &samples[0][part]).to_vec();
    say(answers, "clustered_error", 1e-9, [Estimate::clustered(&clusters).map(|estimate| estimate.error)]);
    let coarse = |sample: &Vec<f64>| sample.iter().map(|value| (value * 4.0).round()).collect::<Vec<f64>>();
    let distances = samples
        .windows(2)
        .flat_map(|pair| [Distance::of(&pair[0], &pair[1][..60]), Distance::of(&coarse(&pair[0]), &coarse(&pair[1]))]);
    say(answers, "ks_distance", 1e-12, distances.map(|distance| distance.map(|distance| distance.value)));
    let p_values: Vec<f64> = samples[0].iter().map(|value| (value * value).min(1.0)).collect();
    say(answers, "holm", 1e-12, holm(&p_values).expect("p-values").into_iter().map(Some));
    let looks = boundaries(0.025, &[0.3, 0.55, 1.0]).expect("looks");
    say(answers, "early_looks", 1e-4, looks.into_iter().map(Some));
}

fn ratios(answers: &mut Answers, samples: &[Vec<f64>]) {
    let moments: Vec<Moments> = samples.iter().map(|sample| Moments::of(sample).expect("they vary")).collect();
    let each = moments.iter().flat_map(|of| [of.mean, of.deviation, of.skew, of.kurtosis].map(Some));
    say(answers, "moments", 1e-9, each);
    say(answers, "autocorrelations", 1e-9, autocorrelations(&samples[0], 5).expect("lags").into_iter().map(Some));
    let mut sorted = samples[0].clone();
    sorted.sort_by(f64::total_cmp);
    say(answers, "quantiles", 1e-12, [0.0, 0.05, 0.33, 1.0].map(|share| quantile(&sorted, share)));
    let sharpes: Vec<Sharpe> = samples.iter().map(|sample| Sharpe::of(sample).expect("they vary")).collect();
    let trials = Trials::of(&sharpes.iter().map(|sharpe| sharpe.ratio).collect::<Vec<f64>>()).expect("trials");
    say(answers, "expected_maximum", 1e-12, [2, 10, 5_000].map(expected_maximum));
    say(answers, "deflated", 1e-9, sharpes.iter().map(|sharpe| sharpe.deflated(&trials)));
    let trials: Vec<&[f64]> = samples.iter().map(Vec::as_slice).collect();
    let found = overfitting(&trials, 8).expect("trials");
    let whole = [Some(found.probability), Some(found.loss), found.slope];
    say(answers, "pbo", 1e-9, whole.into_iter().chain(found.logits.into_iter().map(Some)));
}

/// Skewed, a little correlated, and a little above zero.
#[expect(clippy::cast_precision_loss, reason = "thousandths")]
fn sample(seed: u64, count: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed, 7, Component::Bootstrap);
    let mut last = 0.0;
    let mut draw = || {
        let even = stream.below(1_000_001) as f64 / 1e6;
        last = 0.3 * last + even * even - 0.3;
        last
    };
    (0..count).map(|_| draw()).collect()
}

#[expect(clippy::disallowed_methods, reason = "where Python is, the environment may say")]
fn python(input: &serde_json::Value) -> Option<BTreeMap<String, Vec<f64>>> {
    let program = std::env::var("SEATRIAL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let pipes = |command: &mut Command| {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()
    };
    let Some(mut child) = pipes(Command::new(&program).args(["-c", SCRIPT])) else {
        println!("skipped: no {program} here");
        return None;
    };
    // A child that ended for want of a library reads nothing.
    let written = child.stdin.take().expect("a pipe").write_all(input.to_string().as_bytes());
    let told = child.wait_with_output().expect("it was started");
    let error = String::from_utf8_lossy(&told.stderr);
    if told.status.code() == Some(ABSENT) {
        println!("skipped: {}", error.trim());
        return None;
    }
    assert!(told.status.success() && written.is_ok(), "{error}");
    Some(serde_json::from_slice(&told.stdout).expect("answers in JSON"))
}
