//! Group A from a long backtest: a scenario with a `[sweep]` over whatever was tried, each point run once.
//!
//! The point whose strategy is the one that is judged stands for it; where none is, nothing can be said. How often the
//! data was tried is what the registry of sweeps counts, and never fewer than the points here. A market that was made
//! shows no edge on one that was not.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::judge::{Evidence, float, missing, plain, rank, share};
use super::verdict::{Outcome, Part};
use crate::bound::{self, Set};
use crate::journal::{Body, Journal};
use crate::market::{Decision, Span, Timestamp};
use crate::scenario::criteria::Criterion;
use crate::sim::{self, Setup};
use crate::statistics::deflated::Trials;
use crate::statistics::pbo::{BLOCKS, overfitting};
use crate::statistics::proportion::upper_bound;
use crate::statistics::sharpe::Sharpe;
use crate::statistics::walk_forward::{Fold, Window, folds, paid};

/// A probability of overfitting above this is told as a warning (gate.md A2).
const WARNS: f64 = 0.2;
/// Days of a fold that is judged, and days between it and what it was chosen on.
const FOLD: (usize, usize) = (5, 1);
/// How many cuts of the future the judged strategy is run under.
const CUTS: i64 = 4;
/// Decisions so near a cut may follow from what is under way there.
const MARGIN: Span = Span::from_hours(1);
/// So much later the history begins where warm-up is looked at.
const LATER: Span = Span::from_hours(24);

/// What a long backtest showed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Edge {
    /// The scenario.
    pub scenario: String,
    /// SHA-256 of its text, hexadecimal.
    pub text: String,
    /// Hashes of its tapes.
    pub data: String,
    /// Whether its market is one that happened.
    pub recorded: bool,
    /// The place of the strategy that is judged among those that were tried.
    pub own: Option<usize>,
    /// Daily returns of each point; none of one that did not end.
    pub tried: Vec<Option<Vec<f64>>>,
    /// How many sets of values the registry has seen on this data.
    pub registered: u64,
    /// The net result of the judged strategy under pessimistic models, or why there is none.
    pub pessimistic: Result<String, String>,
    /// Its decisions where the future, or the far past, was another.
    pub perturbed: Result<Perturbed, String>,
}

/// Decisions that were compared.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Perturbed {
    /// How many.
    pub looked_at: u64,
    /// How many were not the same.
    pub changed: u64,
    /// The first of them.
    pub first: Option<String>,
}

/// Daily returns of a run.
///
/// # Errors
/// Why it did not end.
pub fn daily(setup: &Setup) -> Result<Option<Vec<f64>>, String> {
    let mut outcome = sim::run(setup, Journal::in_memory()).map_err(|error| error.to_string())?;
    Ok(outcome.metrics.figures(outcome.period).returns.daily)
}

/// The net result of a setup under pessimistic models.
///
/// # Errors
/// Why there is none.
pub fn pessimistic(setup: &Setup) -> Result<String, String> {
    let bound = bound::bound(setup).map_err(|error| error.to_string())?;
    Ok(bound.under(Set::Pessimistic).summary.net_pnl.clone())
}

/// Compares the decisions of a setup with those it makes where its future ends early, and where its past begins late.
///
/// A decision that depends on what comes later is another one where nothing comes later: up to a cut all must be the
/// same. One that depends on more history than it waits for is another one where there is less: in the second half of
/// the time, whatever both decide at one instant must be the same. That one of them decides there and the other holds a
/// position instead is no difference: what is held follows from all that was traded before.
///
/// # Errors
/// Why there is nothing to compare.
pub fn perturbed(setup: &Setup) -> Result<Perturbed, String> {
    let (start, end) = (setup.feed().start(), setup.feed().end());
    let length = end.since(start);
    if length < LATER.times(4) {
        return Err("a history of at least four days".to_owned());
    }
    let whole = decisions(setup)?;
    let mut all = Perturbed::default();
    for cut in 1..=CUTS {
        let to = start.after(Span(length.0 / (CUTS + 1) * cut));
        let known = |(at, _): &&Decided| *at < Timestamp(to.0 - MARGIN.0);
        let cut = decisions(&within(setup, None, Some(to)))?;
        let (whole, cut): (Vec<_>, Vec<_>) = (whole.iter().filter(known).collect(), cut.iter().filter(known).collect());
        for place in 0..whole.len().max(cut.len()) {
            all.compare(whole.get(place).copied(), cut.get(place).copied(), "with the future cut off");
        }
    }
    let half = start.after(Span(length.0 / 2));
    let later = decisions(&within(setup, Some(start.after(LATER)), None))?;
    let at_once: BTreeMap<Timestamp, &Decided> = later.iter().map(|decided| (decided.0, decided)).collect();
    for decided in whole.iter().filter(|(at, _)| *at >= half) {
        if let Some(other) = at_once.get(&decided.0) {
            all.compare(Some(decided), Some(other), "with a day less of history");
        }
    }
    Ok(all)
}

impl Perturbed {
    fn compare(&mut self, one: Option<&Decided>, other: Option<&Decided>, how: &str) {
        self.looked_at += 1;
        if one == other {
            return;
        }
        self.changed += 1;
        if self.first.is_none() {
            let told = |decided: Option<&Decided>| {
                decided.map_or_else(|| "nothing".to_owned(), |(at, what)| format!("{what} at {at:?}"))
            };
            self.first = Some(format!("{how}: {} became {}", told(one), told(other)));
        }
    }
}

/// When something was proposed, and what.
type Decided = (Timestamp, String);

/// Everything the strategy of a setup proposes.
fn decisions(setup: &Setup) -> Result<Vec<Decided>, String> {
    let all: Rc<RefCell<Vec<Decided>>> = Rc::default();
    let heard = Rc::clone(&all);
    let journal = Journal::told(Box::new(move |record| {
        if let Body::Decision(Decision::Proposed(proposal)) = &record.body {
            let what = format!("{:?} {:?} stop {:?}", proposal.intention, proposal.pricing, proposal.stop);
            heard.borrow_mut().push((record.now, what));
        }
    }));
    sim::run(setup, journal).map_err(|error| error.to_string())?;
    Ok(all.take())
}

fn within(setup: &Setup, from: Option<Timestamp>, to: Option<Timestamp>) -> Setup {
    let mut setup = setup.clone();
    for market in &mut setup.tapes {
        market.from = from.or(market.from);
        market.to = to.or(market.to);
    }
    setup
}

impl Evidence<'_> {
    /// A line of group A by the backtest; what it would take where there is none.
    pub fn backtested(&self, line: &Criterion) -> Part {
        let Some(edge) = self.edge else {
            return missing("a long backtest over what was tried: gate --edge SCENARIO");
        };
        if !edge.recorded {
            return missing("a market that happened: the one of the backtest was made");
        }
        let Some(own) = edge.own.and_then(|own| edge.tried.get(own)) else {
            return missing("the strategy that is judged among those that were tried");
        };
        let limit = line.threshold.as_ref().map_or(f64::NAN, |threshold| float(threshold.value));
        match line.id.as_str() {
            "A1" => own.as_ref().map_or_else(|| missing("a backtest that ended"), |own| edge.deflated(own, limit)),
            "A2" => edge.overfitted(limit),
            "A3" => edge.walked(limit, float(self.criteria.confidence)),
            "A4" => edge.harsh(limit),
            _ => edge.unmoved(),
        }
    }

    /// What a month's profit is of what it traded: so much more a trade may cost. What it must be held against, the error
    /// of calibrated slippage, only fills at the venue show.
    pub fn break_even(&self) -> Part {
        let mut of_months: Vec<f64> = Vec::new();
        for (_, came) in self.ended() {
            let (net, traded) = (came.summary.net_pnl.parse::<f64>(), came.figures.traded.parse::<f64>());
            if let (Ok(net), Ok(traded)) = (net, traded)
                && traded > 0.0
            {
                of_months.push(net / traded * 10_000.0);
            }
        }
        of_months.sort_unstable_by(f64::total_cmp);
        let value = rank(&of_months, 0.5).map(|points| format!("{} bp, of the median month", plain(points)));
        Part { value, ..missing("slippage calibrated on fills at the venue, to hold this against") }
    }
}

fn part(outcome: Outcome, value: String, bound: Option<String>, evidence: String) -> Part {
    Part { outcome, value: Some(value), bound, evidence }
}

impl Edge {
    /// Returns of all points that ended.
    fn returns(&self) -> Vec<&[f64]> {
        self.tried.iter().flatten().map(Vec::as_slice).collect()
    }

    /// A1: PASS above the limit; FAIL where the ratio is not even what the best of so many has by luck, so that no length
    /// of history will do.
    fn deflated(&self, own: &[f64], limit: f64) -> Part {
        // How far trials lie apart is what luck is made of: one shows nothing of it, however many are counted.
        if self.returns().len() < 2 {
            return missing("trials: at least two points that ended");
        }
        let ratios: Vec<f64> = self.returns().into_iter().filter_map(Sharpe::of).map(|sharpe| sharpe.ratio).collect();
        let (Some(sharpe), Some(trials)) = (Sharpe::of(own), Trials::of(&ratios)) else {
            return missing("returns that vary");
        };
        let trials = Trials { count: trials.count.max(self.registered), ..trials };
        let (Some(chance), Some(luck)) = (sharpe.deflated(&trials), trials.expected_best()) else {
            return missing("returns that vary");
        };
        let outcome = if chance >= limit {
            Outcome::Pass
        } else if sharpe.ratio <= luck {
            Outcome::Fail
        } else {
            Outcome::Insufficient
        };
        let days =
            sharpe.track_record_min(luck, limit).map(|days| format!("{} days would show it", plain(days.ceil())));
        let evidence = format!(
            "{} days of {}; ratio {} a day, {} by luck of {} trials ({} here, {} in the registry)",
            own.len(),
            self.scenario,
            plain(sharpe.ratio),
            plain(luck),
            trials.count,
            self.tried.len(),
            self.registered
        );
        part(outcome, plain(chance), days, evidence)
    }

    /// A2.
    fn overfitted(&self, limit: f64) -> Part {
        let Some(found) = overfitting(&self.returns(), BLOCKS) else {
            return missing("at least two points over the same days, and as many days as blocks");
        };
        let outcome = if found.probability <= limit { Outcome::Pass } else { Outcome::Fail };
        let warns = if found.probability > WARNS { "; a warning: above 0.2" } else { "" };
        let evidence =
            format!("{} points, {BLOCKS} blocks, {} splits{warns}", self.returns().len(), found.logits.len());
        part(outcome, plain(found.probability), None, evidence)
    }

    /// A3: the best of what came before, on what came next.
    fn walked(&self, limit: f64, confidence: f64) -> Part {
        let returns = self.returns();
        if returns.len() < 2 {
            return missing("at least two points to choose from");
        }
        let days = returns.iter().map(|one| one.len()).min().unwrap_or(0);
        let (test, gap) = FOLD;
        let walk = folds(days, Window::Anchored(days / 4), test, gap).unwrap_or_default();
        let net: Vec<f64> = walk.iter().filter_map(|fold| judged(&returns, fold)).collect();
        let Some(paid) = paid(&net, confidence) else {
            return missing("folds of five days after a quarter of the time");
        };
        let most = upper_bound(paid.paid, paid.folds, confidence);
        let outcome = if paid.at_least > limit {
            Outcome::Pass
        } else if most.is_some_and(|most| most < limit) {
            Outcome::Fail
        } else {
            Outcome::Insufficient
        };
        let bound = format!("at least {} of folds", share(paid.at_least));
        let evidence = format!("{} of {} folds of {test} days in profit", paid.paid, paid.folds);
        part(outcome, plain(paid.share), Some(bound), evidence)
    }

    /// A4.
    fn harsh(&self, limit: f64) -> Part {
        let net = match &self.pessimistic {
            Ok(net) => net,
            Err(why) => return missing(why),
        };
        let outcome = if net.parse::<f64>().is_ok_and(|net| net > limit) { Outcome::Pass } else { Outcome::Fail };
        part(outcome, net.clone(), None, format!("{} under pessimistic fills, latency and fees", self.scenario))
    }

    /// A8.
    fn unmoved(&self) -> Part {
        let seen = match &self.perturbed {
            Ok(seen) => seen,
            Err(why) => return missing(why),
        };
        let outcome = match seen.changed {
            0 if seen.looked_at == 0 => Outcome::Insufficient,
            0 => Outcome::Pass,
            _ => Outcome::Fail,
        };
        let first = seen.first.as_ref().map_or_else(String::new, |first| format!("; first {first}"));
        let evidence = format!("{} decisions compared under {CUTS} cuts and a late start{first}", seen.looked_at);
        part(outcome, seen.changed.to_string(), None, evidence)
    }
}

/// What the best of a fold's history came to where it is judged; none where nothing varied.
fn judged(returns: &[&[f64]], fold: &Fold) -> Option<f64> {
    let ratio = |one: &&[f64]| Sharpe::of(&one[fold.train.clone()]).map(|sharpe| sharpe.ratio);
    let best = returns.iter().filter_map(|one| Some((ratio(one)?, one))).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(best.1[fold.test.clone()].iter().sum())
}
