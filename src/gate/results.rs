//! What all runs came to, as the report draws it: fans, distributions, attribution, faults against laws, the worst runs.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::{Evidence, rank, real};
use super::lines::{seconds, unexplained};
use super::run::{Came, Run};
use super::verdict::{Benchmark, Bin, DRAWDOWN, Figure, Matrix, MatrixRow, Results, SHARPE, Spread, Worst};
use crate::metrics::{Figures, YEAR_DAYS};
use crate::statistics::autocorrelation::{autocorrelations, factor};
use crate::statistics::distributions::beta;
use crate::statistics::several::holm;
use crate::statistics::sharpe::Sharpe;

/// Bars of a histogram.
const BINS: usize = 40;
/// Runs told of as the worst.
const WORST: usize = 10;
/// Findings told of a run.
const FINDINGS: usize = 5;

/// Families of laws, as columns, and how a law's id begins; the last is of all that begin otherwise.
const FAMILIES: [(&str, &[&str]); 8] = [
    ("orders", &["O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9", "V1"]),
    ("fills", &["E", "X", "P1", "P2", "C7"]),
    ("position and cover", &["S", "P4", "P5", "P7", "OP"]),
    ("ledger and money", &["L", "B14", "K-in", "identity"]),
    ("reconciliation", &["C1", "C4", "C5"]),
    ("risk and arming", &["R", "K6"]),
    ("determinism and time", &["N", "M", "T", "panic", "alert"]),
    ("other", &[]),
];

impl Evidence<'_> {
    /// What the runs came to.
    pub fn results(&self, currency: String) -> Results {
        let ended: Vec<&Came> = self.ended().map(|(_, came)| came).collect();
        let (fan, drawdown) = fans(&ended);
        Results {
            currency,
            fan,
            drawdown,
            pnl: histogram(&ended.iter().filter_map(|came| net_share(came)).collect::<Vec<_>>()),
            attribution: attribution(&ended),
            figures: figures(&ended),
        }
    }

    /// Faults against families of laws.
    pub fn matrix(&self) -> Matrix {
        let mut rows: BTreeMap<&str, MatrixRow> = BTreeMap::new();
        for (_, came) in self.ended() {
            let broken: BTreeSet<usize> = came.broken.iter().map(|(law, _)| family(law)).collect();
            for (fault, hits) in &came.hits {
                let fresh = || MatrixRow { fault: fault.clone(), hits: 0, runs: 0, broken: vec![0; FAMILIES.len()] };
                let row = rows.entry(fault).or_insert_with(fresh);
                row.hits += hits;
                row.runs += 1;
                for column in &broken {
                    row.broken[*column] += 1;
                }
            }
        }
        Matrix { laws: FAMILIES.map(|(name, _)| name.to_owned()).to_vec(), rows: rows.into_values().collect() }
    }

    /// The runs that came out worst: those that broke something, then those that lost most.
    pub fn worst(&self) -> Vec<Worst> {
        let key = |run: &Run| match &run.came {
            Err(_) => (0, f64::NEG_INFINITY),
            Ok(came) if !sound(came) => (1, net_share(came).unwrap_or(0.0)),
            Ok(came) => (2, net_share(came).unwrap_or(0.0)),
        };
        let mut runs: Vec<&Run> = self.runs.iter().collect();
        runs.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        runs.into_iter().take(WORST).map(worst).collect()
    }
}

fn sound(came: &Came) -> bool {
    !unexplained(came)
        && came.replayed != Some(false)
        && came.broken.is_empty()
        && came.drills.iter().all(|drill| drill.broken.is_empty())
}

fn family(law: &str) -> usize {
    let named = FAMILIES.iter().position(|(_, begins)| begins.iter().any(|begin| law.starts_with(begin)));
    named.unwrap_or(FAMILIES.len() - 1)
}

fn worst(run: &Run) -> Worst {
    let (net_pnl, max_drawdown, mut findings) = match &run.came {
        Err(error) => (String::new(), String::new(), vec![error.clone()]),
        Ok(came) => {
            let laws = came.broken.iter().map(|(law, text)| format!("{law}: {text}"));
            let drills = came.drills.iter().zip(crate::sim::drill::DRILLS);
            let drills =
                drills.flat_map(|(seen, drill)| seen.broken.iter().map(move |text| format!("{}: {text}", drill.id)));
            let rest = unexplained(came).then(|| "C4: the attribution leaves something unexplained".to_owned());
            (came.summary.net_pnl.clone(), came.summary.max_drawdown.clone(), laws.chain(drills).chain(rest).collect())
        }
    };
    findings.truncate(FINDINGS);
    Worst { run: run.number, net_pnl, max_drawdown, findings, again: run.again.clone() }
}

/// The net result over equity at the start.
fn net_share(came: &Came) -> Option<f64> {
    let start: f64 = came.figures.equity_start.as_ref()?.parse().ok()?;
    let net: f64 = came.summary.net_pnl.parse().ok()?;
    (start > 0.0).then(|| net / start)
}

fn spread(mut values: Vec<f64>) -> Option<Spread> {
    values.sort_unstable_by(f64::total_cmp);
    let at = |share| rank(&values, share);
    Some(Spread { p05: at(0.05)?, p25: at(0.25)?, p50: at(0.5)?, p75: at(0.75)?, p95: at(0.95)? })
}

/// Equity over its start, and the fall from its peak, at the end of each day.
fn fans(ended: &[&Came]) -> (Vec<Spread>, Vec<Spread>) {
    let (mut grown, mut fallen): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
    for came in ended {
        let Some(start) = came.figures.equity_start.as_ref().and_then(|start| start.parse::<f64>().ok()) else {
            continue;
        };
        let mut peak = start;
        for (day, close) in came.figures.days.iter().enumerate() {
            let Ok(equity) = close.equity.parse::<f64>() else { continue };
            if grown.len() <= day {
                grown.push(Vec::new());
                fallen.push(Vec::new());
            }
            peak = peak.max(equity);
            grown[day].push(equity / start);
            fallen[day].push(1.0 - equity / peak);
        }
    }
    // A day that only some runs reached says nothing of the others.
    let whole = |days: Vec<Vec<f64>>| {
        days.into_iter().filter(|values| values.len() * 2 > ended.len()).filter_map(spread).collect::<Vec<_>>()
    };
    (whole(grown), whole(fallen))
}

fn histogram(values: &[f64]) -> Vec<Bin> {
    let least = values.iter().copied().min_by(f64::total_cmp);
    let Some((least, most)) = least.zip(values.iter().copied().max_by(f64::total_cmp)) else { return Vec::new() };
    let width = (most - least) / real(BINS);
    if width <= 0.0 {
        return vec![Bin { from: least, to: most, count: values.len() as u64 }];
    }
    let edge = |place: usize| least + width * real(place);
    let bin = |place: usize| {
        let (from, to) = (edge(place), edge(place + 1));
        let inside = |value: &&f64| **value >= from && (**value < to || place + 1 == BINS);
        Bin { from, to, count: values.iter().filter(inside).count() as u64 }
    };
    (0..BINS).map(bin).collect()
}

/// The mean of every part over the runs that have one; the last is what they sum to.
fn attribution(ended: &[&Came]) -> Vec<(String, f64)> {
    let all: Vec<_> = ended.iter().filter_map(|came| came.figures.attribution.as_ref()).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let names = all[0].parts().map(|(name, _)| name);
    let mean = |text: &dyn Fn(usize) -> f64| (0..all.len()).map(text).sum::<f64>() / real(all.len());
    let part = |place: usize| mean(&|run| all[run].parts()[place].1.parse().unwrap_or(0.0));
    let mut parts: Vec<(String, f64)> =
        names.into_iter().enumerate().map(|(place, name)| (name.replace('_', " "), part(place))).collect();
    parts.push(("unexplained".to_owned(), mean(&|run| all[run].unexplained.parse().unwrap_or(0.0))));
    parts.push(("change of equity".to_owned(), mean(&|run| all[run].change.parse().unwrap_or(0.0))));
    parts
}

type Of = fn(&Figures) -> Option<f64>;

/// Further figures of a month: name, unit and where it stands.
const FIGURES: [(&str, &str, Of); 28] = [
    (SHARPE, "per year", |of| of.returns.sharpe_annualised),
    ("the same, for how days hang together", "per year", adjusted),
    ("the same of a day", "", |of| of.returns.sharpe),
    ("its standard error", "", |of| of.returns.sharpe_error),
    ("chance that the true one is above nothing", "", |of| daily_sharpe(of)?.probability_above(0.0)),
    ("skew of days", "", |of| of.returns.skew),
    ("kurtosis of days", "3 for a normal", |of| of.returns.kurtosis),
    ("Sortino ratio", "per year", |of| of.returns.sortino),
    ("Calmar ratio", "", |of| of.returns.calmar),
    ("volatility", "per year", |of| of.returns.volatility),
    ("value at risk 95 %", "of equity, a day", |of| of.returns.value_at_risk),
    ("expected shortfall 95 %", "of equity, a day", |of| of.returns.expected_shortfall),
    (DRAWDOWN, "of the peak", |of| of.drawdown.parse().ok()),
    ("longest drawdown", "days", |of| Some(seconds(of.drawdown_longest_ns) / 86_400.0)),
    ("exposure", "of the time", |of| of.exposure),
    ("turnover", "times equity", |of| of.turnover),
    ("closed trades", "", |of| Some(super::lines::count(of.trades.count))),
    ("win rate", "of trades", |of| of.trades.hit_rate),
    ("profit factor", "", |of| of.trades.profit_factor),
    ("expectancy", "a trade", |of| of.trades.expectancy.as_ref()?.parse().ok()),
    ("fill ratio", "of value", |of| of.execution.fill_ratio),
    ("partial fills", "of fills", |of| of.execution.partial_fill_share),
    ("maker share", "of value", |of| of.execution.maker_share),
    ("decision to ack, 99th percentile", "s", |of| of.execution.ack_ns.p99.map(seconds)),
    ("slippage, 95th percentile", "of price", |of| of.execution.slippage.p95.as_ref()?.parse().ok()),
    ("longest time without a stop", "s", |of| Some(seconds(of.execution.naked_max_ns))),
    ("error rate, races and faults included", "of commands", |of| of.execution.error_rate),
    ("stop coverage, orders under way counted as none", "of the time", |of| of.execution.stop_coverage),
];

/// Days by which one day's return is looked for in another's.
const LAGS: usize = 5;

fn daily_sharpe(of: &Figures) -> Option<Sharpe> {
    Sharpe::of(of.returns.daily.as_ref()?)
}

/// The Sharpe ratio per year, were days of a year to hang together as those of the month do (Lo 2002).
fn adjusted(of: &Figures) -> Option<f64> {
    let days = autocorrelations(of.returns.daily.as_ref()?, LAGS)?;
    Some(daily_sharpe(of)?.ratio * factor(&days, YEAR_DAYS.into())?)
}

fn figures(ended: &[&Came]) -> Vec<Figure> {
    let one = |(name, unit, of): (&str, &str, Of)| {
        let values: Vec<f64> =
            ended.iter().filter_map(|came| of(&came.figures)).filter(|value| value.is_finite()).collect();
        let runs = values.len() as u64;
        Some(Figure { name: name.to_owned(), unit: unit.to_owned(), runs, spread: spread(values)? })
    };
    FIGURES.into_iter().filter_map(one).collect()
}

/// Every strategy beside the one that is judged. Each asks whether that is better: together their chances are corrected.
pub fn beside(judged: &[Run], others: &[(String, Vec<Run>)]) -> Vec<Benchmark> {
    let mut all: Vec<Benchmark> = others.iter().map(|(name, other)| one_beside(name, judged, other)).collect();
    let asked = || all.iter().filter_map(|one| one.by_chance);
    let mut corrected = holm(&asked().collect::<Vec<_>>()).unwrap_or_default().into_iter();
    for one in &mut all {
        one.by_chance = one.by_chance.and_then(|_| corrected.next());
    }
    all
}

/// A strategy beside the one that is judged, by their runs of the same numbers.
fn one_beside(name: &str, judged: &[Run], other: &[Run]) -> Benchmark {
    let (ours, theirs) = (by_number(judged), by_number(other));
    let of = |figure: &dyn Fn(&Came) -> Option<f64>| {
        spread(theirs.values().filter_map(|came| figure(came)).filter(|value| value.is_finite()).collect())
    };
    let both: Vec<bool> =
        theirs.iter().filter_map(|(number, came)| Some(net_share(ours.get(number)?)? > net_share(came)?)).collect();
    let ahead = both.iter().filter(|ahead| **ahead).count();
    Benchmark {
        name: name.to_owned(),
        runs: theirs.len() as u64,
        net: of(&net_share),
        sharpe: of(&|came| came.figures.returns.sharpe_annualised),
        drawdown: of(&|came| came.figures.drawdown.parse().ok()),
        beaten: (!both.is_empty()).then(|| real(ahead) / real(both.len())),
        // So many heads or more of a fair coin: an incomplete beta function.
        by_chance: match ahead {
            0 => (!both.is_empty()).then_some(1.0),
            _ => beta(0.5, real(ahead), real(both.len() - ahead) + 1.0),
        },
    }
}

fn by_number(runs: &[Run]) -> BTreeMap<u64, &Came> {
    runs.iter().filter_map(|run| run.came.as_ref().ok().map(|came| (run.number, came))).collect()
}
