//! Every line of the criteria, and what simulated evidence says of it.
//!
//! A line that simulation can say nothing of has no simulated part. Paper evidence does not exist yet: its part says
//! what it would take, and never passes.

use super::judge::{Evidence, Figure, fact, float, missing, plain, share};
use super::laws::{BALANCE, BREAKS, COVER, DRILLED, EXECUTIONS, LEFT, ORDERS, STATEMENT, broke};
use super::run::Came;
use super::verdict::{Class, DrillCount, Group, Line, Outcome, Part};
use crate::metrics::Figures;
use crate::scenario::criteria::{Criterion, Threshold};
use crate::sim::drill::DRILLS;
use crate::sim::rng::{Component, Stream};
use crate::statistics::bootstrap::{Blocks, Distribution, Plan};

/// Groups by their letters.
const GROUPS: [(&str, &str); 7] = [
    ("P", "30-day profile of the review"),
    ("A", "edge plausibility"),
    ("B", "execution fidelity"),
    ("C", "accounting"),
    ("D", "safety drills"),
    ("E", "operations"),
    ("F", "governance and ramp"),
];

/// Lines that say nothing of a strategy that hardly trades.
const OF_TRADES: [&str; 6] = ["P3", "P5", "P6", "P9", "A7", "A7t"];

impl Evidence<'_> {
    /// Every line, judged for a class of evidence.
    pub fn lines(&self, class: Class, drills: &[DrillCount]) -> Vec<Line> {
        let mut lines: Vec<Line> = self.criteria.lines.iter().map(|line| self.line(line, class, drills)).collect();
        // Where most months trade too little, no figure of trades can be refuted.
        if self.trades_too_little() {
            let of_trades = |line: &&mut Line| OF_TRADES.contains(&line.id.as_str());
            for part in lines.iter_mut().filter(of_trades).filter_map(|line| line.simulated.as_mut()) {
                part.outcome = part.outcome.min(Outcome::Insufficient);
                part.evidence += "; too few trades (P2)";
            }
            for line in &mut lines {
                line.decides &= line.group != "A";
            }
        }
        lines
    }

    /// Whether most months have fewer trades than P2 asks for; a file that asks for more silences nothing by that.
    fn trades_too_little(&self) -> bool {
        let asked = self.criteria.line("P2").and_then(|line| line.threshold.as_ref());
        let usual = asked.and_then(|threshold| threshold.instead_of.as_ref()?.parse::<f64>().ok());
        let asked = asked.map_or(0.0, |threshold| float(threshold.value)).min(usual.unwrap_or(f64::INFINITY));
        let few = self.ended().filter(|(_, came)| count(came.figures.trades.count) < asked).count();
        few * 2 > self.ended().count()
    }

    fn line(&self, line: &Criterion, class: Class, drills: &[DrillCount]) -> Line {
        let group = line.id[..1].to_owned();
        let simulated = self.simulated(line, drills);
        // What is refuted of the edge decides; what is lacking of it is told (gate.md §5.2).
        let refuted = simulated.as_ref().is_some_and(|part| part.outcome == Outcome::Fail);
        let decides = class != Class::SelfConsistent || (simulated.is_some() && (group != "A" || refuted));
        Line {
            paper: missing(paper(&line.id)),
            threshold: line.threshold.as_ref().map_or_else(|| "holds".to_owned(), asked),
            id: line.id.clone(),
            name: line.name.clone(),
            source: line.source.clone(),
            group,
            decides,
            simulated,
        }
    }

    fn simulated(&self, line: &Criterion, drills: &[DrillCount]) -> Option<Part> {
        Some(match line.id.as_bytes() {
            [b'P', ..] => self.profile(line),
            [b'A', ..] => self.edge(line)?,
            b"B1" => self.parity(),
            [b'C', ..] => self.accounting(line),
            [b'D', ..] => self.drilled(drills.iter().find(|drill| drill.id == line.id)?),
            b"E1" => self.uptime(line),
            b"F1" => fact(
                true,
                "one build, criteria and configuration over all runs, or the gate refuses them; hashes below"
                    .to_owned(),
            ),
            b"F3" => fact(
                !self.criteria.ramp.is_empty(),
                format!("{} steps, each with days and trades", self.criteria.ramp.len()),
            ),
            b"F4" => fact(!self.criteria.demotions.is_empty(), format!("{} rules", self.criteria.demotions.len())),
            b"F5" => fact(true, "listed in this verdict".to_owned()),
            b"F6" => fact(true, format!("after {} days", self.criteria.valid_days)),
            _ => return None,
        })
    }

    fn profile(&self, line: &Criterion) -> Part {
        let of =
            |share: f64, figure: &dyn Fn(&Figures) -> Figure| self.of_months(line, share, |came| figure(&came.figures));
        match line.id.as_str() {
            "P1" => self.enough_days(line),
            "P2" => self.enough_trades(line),
            "P3" => of(0.5, &|figures| figures.returns.sharpe_annualised.into()),
            "P4" => of(0.95, &|figures| figures.drawdown.parse().ok().into()),
            "P5" => of(0.5, &|figures| figures.trades.hit_rate.into()),
            "P6" => of(0.5, &profit_factor),
            "P7" => self.uptime(line),
            "P8" => self.error_rate(line),
            "P9" => of(0.95, &|figures| figures.execution.release_ns.p95.map(seconds).into()),
            "P10" => self.ended_soundly(),
            "P11" => self.none_broken("held what could be covered and was not", |came| broke(came, COVER)),
            "P12" => self.none_broken("came to another result than the venue's", |came| {
                broke(came, BALANCE) || broke(came, STATEMENT) || unexplained(came)
            }),
            _ => fact(true, "hashed before the first run; scenarios of another are refused".to_owned()),
        }
    }

    fn enough_days(&self, line: &Criterion) -> Part {
        let asked = line.threshold.as_ref().map_or(0.0, |threshold| float(threshold.value));
        let days = u32::try_from(self.days).unwrap_or(u32::MAX);
        let outcome = if f64::from(days) >= asked { Outcome::Pass } else { Outcome::Insufficient };
        Part { outcome, value: Some(days.to_string()), bound: None, evidence: "simulated days of every run".to_owned() }
    }

    /// Too few trades are no failure: nothing can be said.
    fn enough_trades(&self, line: &Criterion) -> Part {
        let part = self.of_months(line, 0.5, |came| Figure::Is(count(came.figures.trades.count)));
        let outcome = if part.outcome == Outcome::Pass { Outcome::Pass } else { Outcome::Insufficient };
        Part { outcome, ..part }
    }

    fn uptime(&self, line: &Criterion) -> Part {
        let (mut worst, mut down) = (None::<(f64, u64)>, [0_i64; 5]);
        for (run, came) in self.ended() {
            let lost = |name: &str| came.figures.uptime.down.get(name).map_or(0, |down| down.total_ns);
            let unwanted = (lost("halted") - came.halted_by_person_ns).max(0);
            let parts = [lost("crashed"), lost("reconciling"), lost("starting"), unwanted, came.halted_by_person_ns];
            down.iter_mut().zip(parts).for_each(|(all, part)| *all = all.saturating_add(part));
            let up = up(came);
            if worst.is_none_or(|(least, _)| up < least) {
                worst = Some((up, run.number));
            }
        }
        let part = self.of_months(line, 0.95, |came| Figure::Is(up(came)));
        let Some((least, run)) = worst else { return part };
        let [crashed, reconciling, starting, halted, by_person] = down.map(|ns| plain(seconds(ns) / 3600.0));
        let itemised = format!(
            "; down in all: crashed {crashed} h, reconciling {reconciling} h, starting {starting} h, halted {halted} h; by a \
             person, not counted, {by_person} h; worst run {run}: {}",
            share(least)
        );
        Part { evidence: part.evidence + &itemised, ..part }
    }

    fn ended_soundly(&self) -> Part {
        let lost = self.runs.iter().find(|run| run.came.is_err());
        let part = self.none_broken("broke a law", |came| !came.broken.is_empty());
        match lost {
            Some(run) => Part {
                outcome: Outcome::Fail,
                evidence: format!("{}; run {} did not end", part.evidence, run.number),
                ..part
            },
            None => part,
        }
    }

    /// What can be said of the edge from these runs; the rest needs long backtests, and says so.
    fn edge(&self, line: &Criterion) -> Option<Part> {
        Some(match line.id.as_str() {
            "A1" | "A2" | "A3" | "A4" | "A8" => self.backtested(line),
            "A5" => self.break_even(),
            "A6" => self.bootstrapped(line),
            "A7" => self.of_months(line, 0.5, |came| came.figures.trades.best_day_share.into()),
            "A7t" => self.of_months(line, 0.5, |came| came.figures.trades.best_trade_share.into()),
            _ => return None,
        })
    }

    /// Days of all months drawn in blocks of five, a thousand months of them.
    fn bootstrapped(&self, line: &Criterion) -> Part {
        let Some(limit) = line.threshold.as_ref().map(|threshold| float(threshold.value)) else {
            return missing("a threshold");
        };
        let mut returns: Vec<f64> = Vec::new();
        for (_, came) in self.ended() {
            returns.extend(came.figures.returns.daily.iter().flatten());
        }
        let mut chance = Stream::new(0, 0, Component::Bootstrap);
        let plan =
            Plan { blocks: Blocks::Stationary(5), days: usize::try_from(self.days).unwrap_or(30), resamples: 1_000 };
        let drawn = Distribution::of_drawdowns(&returns, plan, &mut |below| chance.below(below));
        let Some(deepest) = drawn.and_then(|drawn| drawn.quantile(0.95)) else { return missing("days with returns") };
        let outcome = if deepest <= limit { Outcome::Pass } else { Outcome::Fail };
        let evidence = format!("{} days in stationary blocks of 5, 1000 months drawn", returns.len());
        Part { outcome, value: Some(plain(deepest)), bound: None, evidence }
    }

    fn parity(&self) -> Part {
        let tried = self.ended().filter(|(_, came)| came.replayed.is_some()).count();
        let part = self.none_broken_of(
            "replayed to other actions",
            |came| came.replayed.is_some(),
            |came| came.replayed == Some(false),
        );
        if tried == 0 {
            return missing("a journal that was replayed");
        }
        Part { evidence: format!("{tried} journals replayed through a fresh trader; {}", part.evidence), ..part }
    }

    fn accounting(&self, line: &Criterion) -> Part {
        let (what, laws) = match line.id.as_str() {
            "C1" => ("broke the trial balance", BALANCE),
            "C2" => ("broke with the venue", BREAKS),
            "C3" => ("differ from the venue's own log", STATEMENT),
            "C4" => {
                return self.none_broken("left anything unexplained", |came| unexplained(came) || broke(came, LEFT));
            }
            "C5" => ("lost or made an order", ORDERS),
            _ => ("booked twice, or what nobody did", EXECUTIONS),
        };
        self.none_broken(what, |came| broke(came, laws))
    }

    /// Every drill over all runs.
    pub fn drills(&self) -> Vec<DrillCount> {
        DRILLS.iter().enumerate().map(|(place, drill)| self.drill(place, drill.id, drill.name, drill.parts)).collect()
    }

    fn drill(&self, place: usize, id: &str, name: &str, parts: &[(&str, crate::sim::drill::Sign)]) -> DrillCount {
        let mut counted: Vec<(String, u64)> = parts.iter().map(|(part, _)| ((*part).to_owned(), 0)).collect();
        let (mut met, mut failures, mut slowest_ns) = (Vec::new(), 0, None);
        for (run, came) in self.ended() {
            let Some(seen) = came.drills.get(place) else { continue };
            for ((_, runs), times) in counted.iter_mut().zip(&seen.parts) {
                *runs += u64::from(*times > 0);
            }
            failures += u64::from(!seen.broken.is_empty() || broke(came, DRILLED[place]));
            slowest_ns = slowest_ns.max(seen.slowest_ns);
            // That a restarted trader is the same one, a replay shows.
            if seen.occurred() && (id != "D10" || came.replayed.is_some()) {
                met.push(run);
            }
        }
        let (runs, effective) = (met.len() as u64, self.effective(met.into_iter()));
        let bound = (runs > 0).then(|| self.at_most(failures.min(runs), runs, effective)).flatten();
        let (id, name) = (id.to_owned(), name.to_owned());
        DrillCount { id, name, runs, effective, failures, bound, parts: counted, slowest_ns }
    }

    fn drilled(&self, drill: &DrillCount) -> Part {
        let allowed = float(self.criteria.failure_share);
        let outcome = match drill.bound {
            _ if drill.failures > 0 => Outcome::Fail,
            Some(bound) if bound <= allowed => Outcome::Pass,
            _ => Outcome::Insufficient,
        };
        let fewest = drill.parts.iter().min_by_key(|(_, runs)| *runs);
        let fewest = fewest.map_or_else(String::new, |(part, runs)| format!("; rarest part, {part}, in {runs}"));
        Part {
            outcome,
            value: Some(format!("{} failures", drill.failures)),
            bound: drill.bound.map(|bound| format!("fails at most {}; {} are allowed", share(bound), share(allowed))),
            evidence: format!("in {} of {} runs, worth {}{fewest}", drill.runs, self.runs.len(), drill.effective),
        }
    }
}

/// The share of the time that the loop was up: all but crashes, reconciling, starting, and halts that no person asked for.
fn up(came: &Came) -> f64 {
    let lost = |name: &str| came.figures.uptime.down.get(name).map_or(0, |down| down.total_ns);
    let halted = (lost("halted") - came.halted_by_person_ns).max(0);
    let down = seconds(lost("crashed") + lost("reconciling") + lost("starting") + halted);
    1.0 - down / seconds(came.figures.end_ns - came.figures.start_ns)
}

fn profit_factor(figures: &Figures) -> Figure {
    match figures.trades.profit_factor {
        Some(factor) => Figure::Is(factor),
        None if figures.trades.won > 0 => Figure::Best,
        None => Figure::None,
    }
}

/// Whether the attribution does not close.
pub(super) fn unexplained(came: &Came) -> bool {
    let parts = came.figures.attribution.as_ref();
    parts.is_none_or(|parts| parts.unexplained.parse::<f64>() != Ok(0.0))
}

fn asked(threshold: &Threshold) -> String {
    let sign = if threshold.at_least { "at least" } else { "at most" };
    let instead = threshold.instead_of.as_ref().map_or_else(String::new, |default| format!(" (default {default})"));
    format!("{sign} {}{instead}", threshold.text)
}

#[expect(clippy::cast_precision_loss, reason = "a count beyond 2^53 is as good as its neighbours")]
pub(super) const fn count(many: u64) -> f64 {
    many as f64
}

#[expect(clippy::cast_precision_loss, reason = "a month of nanoseconds has 52 bits")]
pub(super) const fn seconds(ns: i64) -> f64 {
    ns as f64 / 1.0e9
}

/// What paper evidence of a line would take.
fn paper(id: &str) -> &'static str {
    match id.as_bytes() {
        [b'P', ..] | b"A9" => "30 days of paper against the real market",
        [b'A', ..] => "nothing of paper: the edge is argued from long backtests",
        [b'B', ..] => "an outside reference: testnet, shadow orders, or prints of the venue",
        [b'C', ..] => "statements of the venue over the days of paper",
        [b'D', ..] => "each drill at least once in paper",
        b"F2" => "two named people",
        [b'F', ..] => "the hashes of a paper run",
        _ => "a process that ran for 30 days under people on duty",
    }
}

/// Groups with the worst of their lines.
pub fn groups(lines: &[Line]) -> Vec<Group> {
    let one = |(id, name): (&str, &str)| {
        let of = || lines.iter().filter(|line| line.group == id);
        let simulated = || of().filter_map(|line| line.simulated.as_ref()).map(|part| part.outcome);
        let paper = of().map(|line| line.paper.outcome).max().unwrap_or(Outcome::Insufficient);
        let (judged, lines) = (simulated().count() as u64, of().count() as u64);
        Group { id: id.to_owned(), name: name.to_owned(), simulated: simulated().max(), paper, judged, lines }
    };
    GROUPS.into_iter().map(one).collect()
}
