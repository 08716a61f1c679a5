//! The go-live gate: what passes, what fails and by which line, what is not enough; and that a verdict follows from what
//! is stored and cannot be changed behind its back.
//!
//! To repeat: `cargo test --test gate`.
#![cfg(feature = "simulator")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use seatrial::audit::audit_records;
use seatrial::gate::edge::Perturbed;
use seatrial::gate::verdict::{Bound, Line};
use seatrial::gate::{
    Asked, Came, Class, Edge, NoPass, Outcome, Run, Shown, Stored, Verdict, assemble, document, tried,
};
use seatrial::journal::{Body, Journal};
use seatrial::market::{Span, Timestamp};
use seatrial::scenario::criteria::Criteria;
use seatrial::scenario::{Scenario, Source};
use seatrial::sim;
use seatrial::sim::drill::DRILLS;
use seatrial::statistics::autocorrelation::{autocorrelations, factor};
use seatrial::statistics::sharpe::Sharpe;

const MONTHS: &str = include_str!("../scenarios/thirty-days.toml");

fn scenario(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    Scenario::read(&path).unwrap_or_else(|all| panic!("{all:?}"))
}

fn came_of(scenario: &Scenario, run: u64, replays: bool) -> Came {
    let setup = scenario.setup(Path::new("data"), Path::new(""), None, run).unwrap_or_else(|all| panic!("{all:?}"));
    tried(&setup, scenario, replays).unwrap_or_else(|error| panic!("run {run}: {error}"))
}

/// A month of the main job, run once for all tests.
fn month() -> &'static Came {
    static MONTH: OnceLock<Came> = OnceLock::new();
    MONTH.get_or_init(|| came_of(&scenario("thirty-days.toml"), 1, true))
}

/// A month that nothing is wrong with: what a passing strategy shows.
fn honest() -> Came {
    let mut came = month().clone();
    came.figures.trades.count = 100;
    came.figures.trades.hit_rate = Some(0.6);
    came.figures.trades.profit_factor = Some(1.5);
    came.figures.trades.best_day_share = Some(0.2);
    came.figures.returns.sharpe_annualised = Some(3.0);
    came.figures.returns.daily = Some(vec![0.001; 30]);
    "0.01".clone_into(&mut came.figures.drawdown);
    came
}

fn run(number: u64, came: Result<Came, String>) -> Run {
    let (again, source) = (format!("seatrial run x --run {number}"), format!("month {number}"));
    Run { number, again, source, data_days: Vec::new(), data: "data".to_owned(), came }
}

/// So many honest months, all of their own data, changed by `change`.
fn months(many: u64, change: impl Fn(u64, &mut Run)) -> Vec<Run> {
    let honest = honest();
    let one = |number| {
        let mut one = run(number, Ok(honest.clone()));
        change(number, &mut one);
        one
    };
    (0..many).map(one).collect()
}

fn asked(class: Class) -> Asked {
    Asked {
        class,
        criteria: String::new(),
        days: 30,
        currency: "USDT".to_owned(),
        scenarios: vec!["thirty-days".to_owned()],
        assumptions: vec![("fill".to_owned(), "conservative".to_owned())],
        bound: Bound::default(),
    }
}

fn judged(runs: &[Run]) -> Verdict {
    judged_by(Class::SelfConsistent, &Criteria::standard(), &shown(runs.to_vec()))
}

fn shown(runs: Vec<Run>) -> Shown {
    Shown { runs, ..Shown::default() }
}

fn judged_by(class: Class, criteria: &Criteria, shown: &Shown) -> Verdict {
    assemble(&asked(class), criteria, shown, String::new())
}

fn line<'v>(verdict: &'v Verdict, id: &str) -> &'v Line {
    verdict.lines.iter().find(|line| line.id == id).unwrap_or_else(|| panic!("no line {id}"))
}

fn simulated(verdict: &Verdict, id: &str) -> Outcome {
    line(verdict, id).simulated.as_ref().unwrap_or_else(|| panic!("{id} is not simulated")).outcome
}

fn of(run: &mut Run) -> &mut Came {
    run.came.as_mut().unwrap_or_else(|error| panic!("{error}"))
}

/// Every drill occurs whole in months of the main job, holds, and no law is broken; a fresh trader does the same again.
#[test]
fn every_drill_occurs_and_holds_in_a_month() {
    let scenario = scenario("thirty-days.toml");
    for number in [0, 1, 7] {
        let came = came_of(&scenario, number, true);
        assert_eq!(came.broken, [], "run {number}");
        assert_eq!(came.replayed, Some(true), "run {number}");
        assert_eq!(came.figures.days.len(), 30, "run {number}: what its last bar comes to is of its last day");
        for (seen, drill) in came.drills.iter().zip(DRILLS) {
            assert!(seen.occurred(), "run {number}: {} came by {:?}", drill.id, seen.parts);
            assert!(seen.broken.is_empty(), "run {number}: {}: {:?}", drill.id, seen.broken);
        }
    }
}

/// A run without drills has none, and one drill alone draws what it draws among all.
#[test]
fn drills_are_drawn_apart() {
    let text = std::fs::read_to_string("scenarios/thirty-days.toml").expect("part of the project");
    let setup = |drills: &str| {
        let text = text.replace("drills = \"all\"", drills);
        let source = Source { file: "x.toml".to_owned(), text };
        let scenario = Scenario::parse(source, "x").unwrap_or_else(|all| panic!("{all:?}"));
        scenario.setup(Path::new("data"), Path::new(""), None, 3).unwrap_or_else(|all| panic!("{all:?}"))
    };
    let (all, one, none) = (setup("drills = \"all\""), setup("drills = [\"D10\"]"), setup(""));
    assert!(none.faults.is_empty() && none.script.is_empty());
    assert!(!one.faults.is_empty() && one.faults.iter().all(|fault| all.faults.contains(fault)));
    assert!(one.faults.len() < all.faults.len());
    assert!(all.script.is_sorted_by_key(|(at, _)| *at));
    let bad = Source { file: "x.toml".to_owned(), text: text.replace("\"all\"", "[\"D13\"]") };
    let told = Scenario::parse(bad, "x").expect_err("there is no such drill")[0].to_string();
    assert!(told.contains("drills") && told.contains("D12"), "{told}");
    let bad = Source { file: "x.toml".to_owned(), text: text.replace("\"all\"", "\"some\"") };
    let told = Scenario::parse(bad, "x").expect_err("there are no such drills")[0].to_string();
    assert!(told.contains("\"all\", or a list"), "{told}");
}

#[test]
fn honest_months_pass_and_are_told_what_is_lacking() {
    let verdict = judged(&months(3_000, |_, _| {}));
    assert_eq!(verdict.outcome, Outcome::Pass, "{}", verdict.why);
    assert_eq!(verdict.headline, "PASS (self-consistent)");
    for id in ["A1", "A2", "A3", "A4", "A5", "A8"] {
        assert_eq!(simulated(&verdict, id), Outcome::Insufficient, "{id}");
        assert!(verdict.why.contains(id), "{}", verdict.why);
    }
    for line in &verdict.lines {
        assert_eq!(line.paper.outcome, Outcome::Insufficient, "{}: paper shows nothing yet", line.id);
        assert!(!line.source.is_empty() && !line.threshold.is_empty(), "{}", line.id);
    }
    let reach = |id: &str| {
        let group = verdict.groups.iter().find(|group| group.id == id).expect("a group");
        (group.judged, group.lines)
    };
    assert_eq!((reach("P"), reach("B"), reach("D"), reach("A")), ((13, 13), (1, 10), (12, 12), (9, 10)));
    let rules: Vec<_> = verdict.demotions.iter().map(|rule| (rule.when.clone(), rule.then.clone())).collect();
    assert_eq!(rules, Criteria::standard().demotions);
    assert!(verdict.drills.iter().all(|drill| drill.runs == 3_000 && drill.effective == 3_000));
}

/// A strategy that never enters shows nothing of any drill, however often the venue went away.
#[test]
fn an_idle_strategy_rehearses_nothing() {
    let text = std::fs::read_to_string("scenarios/thirty-days.toml").expect("part of the project");
    let text = text.replace("width = \"2\"", "width = \"99\"").replace("days = 30", "days = 4");
    let idle = Scenario::parse(Source { file: "x.toml".to_owned(), text }, "x").unwrap_or_else(|all| panic!("{all:?}"));
    let came = came_of(&idle, 0, false);
    assert_eq!(came.summary.orders, 0);
    assert!(came.drills.iter().all(|seen| !seen.occurred()));
    assert!(came.halted_by_person_ns > 0, "the drills halt it all the same");
}

/// gate.md §5.2: 2,995 clean scenarios are the price of "below one in a thousand", and not one less.
#[test]
fn a_drill_needs_so_many_runs() {
    let at = |many| simulated(&judged(&months(many, |_, _| {})), "D1");
    assert_eq!((at(2_994), at(2_995)), (Outcome::Insufficient, Outcome::Pass));
    let rare = months(3_000, |number, run| {
        if number < 6 {
            of(run).drills[9].parts[0] = 0;
        }
    });
    let verdict = judged(&rare);
    assert_eq!(simulated(&verdict, "D10"), Outcome::Insufficient, "2,994 of them");
    assert_eq!(verdict.outcome, Outcome::Insufficient);
    assert!(verdict.why.contains("D10"), "{}", verdict.why);
}

/// Three thousand runs of one day's data are close to one.
#[test]
fn runs_that_share_their_data_count_once() {
    let shared = judged(&months(3_000, |number, run| run.source = format!("month {}", number % 100)));
    assert_eq!((shared.effective, simulated(&shared, "D1")), (100, Outcome::Insufficient));
    let days = judged(&months(3_000, |number, run| {
        run.data_days = (0..30).map(|day| format!("day {}", (number + day) % 300)).collect();
    }));
    assert_eq!(days.effective, 10, "300 days are ten months");
}

/// One thing wrong in one of three thousand runs fails, by the line that it is about.
#[test]
fn whatever_breaks_is_named() {
    type Change = fn(&mut Came);
    type Case = (&'static str, Box<dyn Fn(&mut Came)>);
    let law = |law: &'static str| move |came: &mut Came| came.broken.push((law.to_owned(), "found".to_owned()));
    let cases: Vec<Case> = vec![
        ("C1", Box::new(law("LG-1"))),
        ("C2", Box::new(law("P4"))),
        ("C3", Box::new(law("L4"))),
        ("C5", Box::new(law("O7"))),
        ("C6", Box::new(law("O5"))),
        ("D3", Box::new(law("S1"))),
        ("D8", Box::new(law("R7"))),
        ("D9", Box::new(law("R5"))),
        ("P10", Box::new(law("a law that is on no list"))),
        ("P11", Box::new(law("S1"))),
        (
            "C4",
            Box::new(
                (|came| {
                    if let Some(parts) = &mut came.figures.attribution {
                        parts.unexplained = "0.00000001".to_owned();
                    }
                }) as Change,
            ),
        ),
        ("B1", Box::new((|came| came.replayed = Some(false)) as Change)),
        ("D5", Box::new((|came| came.drills[4].broken.push("it entered".to_owned())) as Change)),
    ];
    for (id, change) in cases {
        let verdict = judged(&months(3_000, |number, run| {
            if number == 1_234 {
                change(of(run));
            }
        }));
        assert_eq!((verdict.outcome, simulated(&verdict, id)), (Outcome::Fail, Outcome::Fail), "{id}");
        assert!(verdict.why.contains(id), "{id}: {}", verdict.why);
        assert_eq!(verdict.worst[0].run, 1_234, "{id} is not among the worst");
    }
    let lost = judged(&months(3_000, |number, run| {
        if number == 5 {
            run.came = Err("panic: it fell over".to_owned());
        }
    }));
    assert_eq!((lost.outcome, simulated(&lost, "P10")), (Outcome::Fail, Outcome::Fail));
    assert_eq!(lost.worst[0].findings, ["panic: it fell over"]);
}

/// Every law that can be broken fails a line of accounting, of the drills or of cover, not P10 alone, and stands in a
/// column of the matrix that has a name; what nobody knows stands in the last.
#[test]
fn every_law_feeds_a_line_and_a_column() {
    let text = MONTHS.replace("drills = \"all\"\n", "").replace("days = 30", "days = 1");
    let short =
        Scenario::parse(Source { file: "x.toml".to_owned(), text }, "x").unwrap_or_else(|all| panic!("{all:?}"));
    let setup = short.setup(Path::new("data"), Path::new(""), None, 0).unwrap_or_else(|all| panic!("{all:?}"));
    let records = sim::run(&setup, Journal::recording()).expect("it ends").journal.into_records();
    let Body::Header(header) = &records[0].body else { panic!("a journal begins with its header") };
    let audited: Vec<&str> = audit_records(header, &records).laws.iter().map(|law| law.id).collect();
    assert!(audited.len() > 50, "{audited:?}");
    // What the judge of a run names beside the audit (src/swarm/judge.rs).
    for law in audited.into_iter().chain(["N3", "alert"]) {
        let verdict = broken_by(law);
        let fails = |line: &&Line| line.simulated.as_ref().is_some_and(|part| part.outcome == Outcome::Fail);
        let failing: Vec<&str> = verdict.lines.iter().filter(fails).map(|line| line.id.as_str()).collect();
        assert!(failing.iter().any(|id| id.starts_with(['C', 'D']) || *id == "P11"), "{law} fails {failing:?} alone");
        let broken = &verdict.matrix.rows[0].broken;
        assert_eq!((broken.iter().sum::<u64>(), broken.last()), (1, Some(&0)), "{law}");
    }
    let unknown = broken_by("a law that is on no list").matrix;
    assert_eq!((unknown.laws.last().map(String::as_str), unknown.rows[0].broken.last()), (Some("other"), Some(&1)));
    assert_eq!(simulated(&broken_by("R1"), "D9"), Outcome::Fail);
}

/// The verdict of a month that met one fault and broke one law.
fn broken_by(law: &str) -> Verdict {
    judged(&months(1, |_, run| {
        let came = of(run);
        came.broken.push((law.to_owned(), "found".to_owned()));
        came.hits = [("crash".to_owned(), 1)].into();
    }))
}

#[test]
fn a_bad_strategy_fails_and_an_idle_one_is_no_evidence() {
    let bad = judged(&months(3_000, |_, run| {
        let figures = &mut of(run).figures;
        figures.trades.profit_factor = Some(0.7);
        figures.trades.hit_rate = Some(0.3);
        figures.returns.sharpe_annualised = Some(-2.0);
        figures.drawdown = "0.4".to_owned();
        figures.returns.daily = Some(vec![-0.02; 30]);
    }));
    assert_eq!(bad.outcome, Outcome::Fail);
    for id in ["P3", "P4", "P5", "P6", "A6"] {
        assert!(bad.why.contains(id), "{id}: {}", bad.why);
    }
    let idle = judged(&months(3_000, |_, run| of(run).figures.trades.count = 12));
    assert_eq!((idle.outcome, simulated(&idle, "P2")), (Outcome::Insufficient, Outcome::Insufficient));
    assert!(idle.why.contains("P2"), "{}", idle.why);
    assert_eq!(judged(&[]).outcome, Outcome::Insufficient, "no runs, no evidence");
}

/// A verdict of another class asks for paper, which does not exist.
#[test]
fn other_classes_ask_for_paper() {
    for class in [Class::Testnet, Class::ShadowLive, Class::Live] {
        let verdict = judged_by(class, &Criteria::standard(), &shown(months(3_000, |_, _| {})));
        assert_eq!(verdict.outcome, Outcome::Insufficient, "{class:?}");
        let live = &verdict.decisions[1];
        let told = if class == Class::Testnet { "never allows real money" } else { "this program makes no evidence" };
        assert!(live.answer == "no" && live.why.contains(told), "{class:?}: {}", live.why);
    }
}

fn criteria(text: &str) -> Result<Criteria, String> {
    let source = Source { file: "my-gate.toml".to_owned(), text: format!("schema = 1\n{text}") };
    Criteria::parse(&source).map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn criteria_of_ones_own_are_told_and_hashed() {
    let standard = Criteria::standard();
    assert!(standard.lines.len() > 60 && standard.ramp.len() == 4 && standard.demotions.len() == 4);
    let own = criteria("[line.P6]\nat_least = \"9\"\n").expect("sound");
    assert_ne!(own.hash(), standard.hash());
    let verdict = judged_by(Class::SelfConsistent, &own, &shown(months(3_000, |_, _| {})));
    assert_eq!((verdict.outcome, simulated(&verdict, "P6")), (Outcome::Fail, Outcome::Fail));
    assert!(line(&verdict, "P6").threshold.contains("default 1.2"), "{}", line(&verdict, "P6").threshold);
    for (text, told) in [
        ("[line.P6]\nat_most = \"9\"\n", "at_least"),
        ("[line.P99]\nat_most = \"9\"\n", "P99"),
        ("[line.D1]\nat_most = \"9\"\n", "a fact"),
        ("[line.C1]\nat_most = \"9\"\n", "the line allows none"),
        ("[line.P6]\nname = \"easy\"\n", "name"),
        ("[line.P6]\nat_least = 1.5\n", "quotes"),
        ("confidence = \"100%\"\n", "99.99%"),
        ("colour = \"red\"\n", "colour"),
        ("[[ramp]]\nshare = \"101%\"\ndays = 1\ntrades = 1\n", "ramp.share"),
        ("[line.P6\n", "TOML"),
    ] {
        let error = criteria(text).expect_err(text);
        assert!(error.contains(told) && error.contains("my-gate.toml"), "{text}: {error}");
    }
}

/// Criteria that are looser than the defaults may say PASS; they say so, and allow nothing.
#[test]
fn loosened_criteria_allow_nothing() {
    let loose = "confidence = \"50%\"\nfailure_share = \"100%\"\n[line.P6]\nat_least = \"0.5\"\n";
    let folder = Folder::new("loose");
    let stored = Stored::at(&folder.0);
    let asked = Asked { criteria: format!("schema = 1\n{loose}"), ..asked(Class::SelfConsistent) };
    stored.write(&asked, &shown(months(20, |_, _| {}))).expect("written");
    let verdict = stored.judge().expect("judged");
    stored.text("verdict.json", &document(&verdict)).expect("written");
    assert_eq!(verdict.headline, "PASS (self-consistent, by loosened criteria)");
    for told in ["confidence 0.5 for 0.95", "failure share 1", "P6 0.5 for 1.2"] {
        assert!(verdict.why.contains(told), "{told}: {}", verdict.why);
    }
    assert_eq!(verdict.decisions[0].answer, "no");
    let error = stored.pass(Timestamp(0)).expect_err("no pass").to_string();
    assert_eq!(error, NoPass::Loosened.to_string());
    let stricter = criteria("confidence = \"99%\"\n[line.P6]\nat_least = \"1.3\"\n").expect("sound");
    assert!(stricter.loosened().is_empty());
}

/// The ramp and what takes it back: fewer or shorter steps are looser, and so is a rule that is gone.
#[test]
fn a_steeper_ramp_and_fewer_demotions_are_looser() {
    let step = |share: &str, days: u64, trades: u64| {
        format!("[[ramp]]\nshare = \"{share}\"\ndays = {days}\ntrades = {trades}\n")
    };
    let loosened = |text: &str| criteria(text).expect("sound").loosened();
    let usual = [("1%", 30, 271), ("5%", 30, 1_083), ("25%", 30, 1_083), ("100%", 0, 0)];
    let ramp = |change: &dyn Fn(usize, (&'static str, u64, u64)) -> (&'static str, u64, u64)| {
        let steps = usual.iter().enumerate().map(|(number, of)| change(number, *of));
        loosened(&steps.map(|(share, days, trades)| step(share, days, trades)).collect::<String>())
    };
    assert_eq!(loosened(&step("100%", 0, 0)), ["ramp of 1 steps for 4 (none for 1% over 30 days and 271 trades)"]);
    assert_eq!(ramp(&|_, of| of), [""; 0]);
    assert_eq!(ramp(&|_, (share, days, trades)| (share, days + 1, trades + 1)), [""; 0]);
    for (number, (share, days, trades)) in usual.into_iter().enumerate().take(2) {
        for other in [("26%", days, trades), (share, days - 1, trades), (share, days, trades - 1)] {
            let told = ramp(&|at, of| if at == number { other } else { of });
            assert!(told.len() == 1 && told[0].contains(&format!("none for {share}")), "{other:?}: {told:?}");
        }
    }
    let late = step("2%", 1, 1) + &usual.map(|(share, days, trades)| step(share, days, trades)).concat();
    assert_eq!(loosened(&late), ["ramp of 5 steps for 4 (begins at 2% for 1%)"]);
    let rule = |(when, then): &(String, String)| format!("[[demotion]]\nwhen = \"{when}\"\nthen = \"{then}\"\n");
    let rules = Criteria::standard().demotions;
    assert_eq!(loosened(&rule(&("never".to_owned(), "nothing".to_owned()))), ["demotion rules left out: 4"]);
    assert_eq!(loosened(&rules[1..].iter().map(rule).collect::<String>()), ["demotion rules left out: 1"]);
    let more = rules.iter().map(rule).collect::<String>() + &rule(&("a doubt".to_owned(), "halt".to_owned()));
    assert_eq!(loosened(&more), [""; 0]);
}

/// A month that says nothing of a figure neither meets nor misses it; and of too few trades nothing is refuted.
#[test]
fn silence_is_no_failure() {
    let silent = judged(&months(300, |number, run| {
        of(run).figures.trades.best_day_share = if number < 20 { Some(0.9) } else { None };
    }));
    assert_eq!(simulated(&silent, "A7"), Outcome::Insufficient);
    let idle = judged(&months(300, |_, run| {
        let figures = &mut of(run).figures;
        (figures.trades.count, figures.trades.hit_rate, figures.trades.profit_factor) = (3, Some(0.0), Some(0.1));
        figures.returns.sharpe_annualised = Some(-3.0);
    }));
    assert_eq!((idle.outcome, simulated(&idle, "P3")), (Outcome::Insufficient, Outcome::Insufficient), "{}", idle.why);
}

/// More trades asked of a month (P2) silence no figure that the defaults would refute; fewer make more months speak.
#[test]
fn asking_for_more_trades_hides_no_failure() {
    let outcome = |asked: &str, trades: u64| {
        let criteria = criteria(&format!("[line.P2]\nat_least = \"{asked}\"\n")).expect("sound");
        let poor = months(300, |_, run| {
            let figures = &mut of(run).figures;
            (figures.trades.count, figures.trades.profit_factor) = (trades, Some(0.1));
        });
        let verdict = judged_by(Class::SelfConsistent, &criteria, &shown(poor));
        (simulated(&verdict, "P2"), simulated(&verdict, "P6"))
    };
    assert_eq!(outcome("1000", 100), (Outcome::Insufficient, Outcome::Fail));
    assert_eq!(outcome("1000", 49), (Outcome::Insufficient, Outcome::Insufficient));
    assert_eq!(outcome("50", 49), (Outcome::Insufficient, Outcome::Insufficient));
    assert_eq!(outcome("40", 49), (Outcome::Pass, Outcome::Fail));
}

/// Refusals that faults made are taken off by their reason (P8): they hide no other.
#[test]
fn made_refusals_hide_no_real_ones() {
    let outcome = |(refused, ambiguous): (&str, u64), made: &str| {
        let verdict = judged(&months(300, |_, run| {
            let came = of(run);
            let execution = &mut came.figures.execution;
            (execution.commands, execution.ambiguous, execution.error_rate) = (1_000, ambiguous, Some(0.05));
            execution.rejected = [(refused.to_owned(), 20)].into();
            came.hits = [(made.to_owned(), 100)].into();
        }));
        let part = line(&verdict, "P8").simulated.clone().expect("judged");
        assert!(part.evidence.contains("included, the median month has 5.000 %"), "{}", part.evidence);
        part.outcome
    };
    for (seen, made, told) in [
        (("min notional", 0), "rejected min_notional", Outcome::Pass),
        (("min notional", 0), "rejected tick", Outcome::Fail),
        (("min notional", 0), "rejected post_only_would_cross", Outcome::Fail),
        (("min notional", 0), "reply", Outcome::Fail),
        (("post only would cross", 0), "feed_gap", Outcome::Pass),
        (("post only would cross", 20), "reply", Outcome::Pass),
        (("post only would cross", 20), "rejected tick", Outcome::Fail),
    ] {
        assert_eq!(outcome(seen, made), told, "{seen:?} {made}");
    }
    // The reasons of faults are those of the figures; that of one whose report was lost is not among them.
    let came = month();
    let kinds = came.hits.keys().filter_map(|kind| kind.strip_prefix("rejected "));
    let shown = kinds.filter(|kind| came.figures.execution.rejected.contains_key(&kind.replace('_', " "))).count();
    assert!(shown > 4, "{:?}, of {:?}", came.figures.execution.rejected, came.hits);
    let verdict = judged(&months(1, |_, _| {}));
    for name in ["error rate, races and faults included", "stop coverage, orders under way counted as none"] {
        assert!(verdict.results.figures.iter().any(|figure| figure.name == name), "{name}");
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("seatrial-gate-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns of so many days about a mean, in ten thousandths, without chance: a wave of a length of its own.
fn wave(days: usize, mean: i32, length: usize) -> Vec<f64> {
    let at = |day: usize| if day % length < length / 2 { 60 } else { -60 };
    let read = |day: usize| format!("{}e-4", mean + at(day)).parse().expect("a whole number of ten thousandths");
    (0..days).map(read).collect()
}

/// A backtest of a year with a strategy that earns, among some that do not.
fn edge() -> Edge {
    Edge {
        scenario: "a year".to_owned(),
        text: String::new(),
        data: "data".to_owned(),
        recorded: true,
        own: Some(1),
        tried: vec![Some(wave(365, 1, 14)), Some(wave(365, 30, 6)), Some(wave(365, -3, 10))],
        registered: 3,
        pessimistic: Ok("12.5".to_owned()),
        perturbed: Ok(Perturbed { looked_at: 900, changed: 0, first: None }),
    }
}

fn by(change: impl Fn(&mut Edge)) -> Verdict {
    let mut edge = edge();
    change(&mut edge);
    let shown = Shown { edge: Some(edge), ..shown(months(100, |_, _| {})) };
    judged_by(Class::SelfConsistent, &Criteria::standard(), &shown)
}

/// Group A by a backtest over what was tried: what it shows, what it refutes, and what it cannot say.
#[test]
fn a_backtest_argues_the_edge() {
    type Change = fn(&mut Edge);
    let lines = ["A1", "A2", "A3", "A4", "A8"];
    let earns = by(|_| {});
    for id in lines {
        assert_eq!(simulated(&earns, id), Outcome::Pass, "{id}: {:?}", line(&earns, id).simulated);
    }
    let cases: [(&str, Change, Outcome); 9] = [
        ("A1", |edge| edge.own = Some(2), Outcome::Fail),
        ("A1", |edge| edge.tried[1] = Some(wave(30, 12, 6)), Outcome::Insufficient),
        ("A3", |edge| edge.tried = vec![Some(wave(365, -30, 6)), Some(wave(365, -31, 14))], Outcome::Fail),
        ("A3", |edge| edge.tried.iter_mut().flatten().for_each(|one| one.truncate(30)), Outcome::Insufficient),
        ("A2", |edge| edge.tried.truncate(1), Outcome::Insufficient),
        ("A4", |edge| edge.pessimistic = Ok("-0.01".to_owned()), Outcome::Fail),
        ("A4", |edge| edge.pessimistic = Err("a recorded market".to_owned()), Outcome::Insufficient),
        ("A8", |edge| edge.perturbed = Ok(Perturbed { looked_at: 9, changed: 1, first: None }), Outcome::Fail),
        ("A8", |edge| edge.perturbed = Ok(Perturbed::default()), Outcome::Insufficient),
    ];
    for (id, change, outcome) in cases {
        let verdict = by(change);
        assert_eq!(simulated(&verdict, id), outcome, "{id}: {:?}", line(&verdict, id).simulated);
        assert_eq!(verdict.outcome == Outcome::Fail && verdict.why.contains(id), outcome == Outcome::Fail, "{id}");
    }
    for change in [(|edge| edge.own = None) as Change, |edge| edge.recorded = false] {
        let verdict = by(change);
        for id in lines {
            assert_eq!(simulated(&verdict, id), Outcome::Insufficient, "{id}");
        }
    }
}

/// A backtest of one point chose among nothing: no trials to deflate by, and nothing that was chosen out of sample.
#[test]
fn one_point_argues_no_edge() {
    let one = |edge: &mut Edge, registered| {
        (edge.tried, edge.own, edge.registered) = (vec![Some(wave(365, 30, 6))], Some(0), registered);
    };
    let evidence = |verdict: &Verdict, id: &str| {
        let part = line(verdict, id).simulated.clone().expect("judged");
        (part.outcome, part.evidence)
    };
    let trials = "needs trials: at least two points that ended".to_owned();
    let choice = "needs at least two points to choose from".to_owned();
    for registered in [0, 1, 1_000] {
        let verdict = by(|edge| one(edge, registered));
        assert_eq!(evidence(&verdict, "A1"), (Outcome::Insufficient, trials.clone()));
        assert_eq!(evidence(&verdict, "A3"), (Outcome::Insufficient, choice.clone()));
    }
    // A point that did not end is none.
    let lost = by(|edge| (edge.tried[0], edge.tried[2], edge.registered) = (None, None, 0));
    assert_eq!(evidence(&lost, "A1"), (Outcome::Insufficient, trials));
    assert_eq!(evidence(&lost, "A3"), (Outcome::Insufficient, choice));
}

/// What was tried elsewhere counts: the registry's trials deflate as much as the points that are here.
#[test]
fn trials_of_the_registry_deflate() {
    let chance = |registered| {
        let verdict = by(|edge| (edge.registered, edge.tried[1]) = (registered, Some(wave(365, 9, 6))));
        let part = line(&verdict, "A1").simulated.clone().expect("judged");
        part.value.expect("a chance").parse::<f64>().expect("a number")
    };
    assert!(chance(3) > chance(1_000) && chance(1_000) > chance(1_000_000), "{} {}", chance(3), chance(1_000));
}

/// A strategy that sees no future decides the same without it; that the comparison sees a difference, another price shows.
#[test]
fn decisions_without_the_future_are_the_same() {
    let text = std::fs::read_to_string("scenarios/thirty-days.toml").expect("part of the project");
    let text = text.replace("drills = \"all\"\n", "").replace("days = 30", "days = 5");
    let scenario =
        Scenario::parse(Source { file: "x.toml".to_owned(), text }, "x").unwrap_or_else(|all| panic!("{all:?}"));
    let setup = scenario.setup(Path::new("data"), Path::new(""), None, 0).unwrap_or_else(|all| panic!("{all:?}"));
    let seen = seatrial::gate::edge::perturbed(&setup).expect("five days");
    assert_eq!((seen.changed, seen.first.as_deref()), (0, None));
    assert!(seen.looked_at > 20, "{}", seen.looked_at);
    let mut short = setup;
    short.tapes[0].to = Some(short.feed().start().after(Span::from_hours(50)));
    seatrial::gate::edge::perturbed(&short).expect_err("two days are too few");
}

/// How often the judged strategy is ahead of others is a sign test of each, corrected for how many there are; its Sharpe
/// ratio is told by the day with its error, and for how days hang together.
#[test]
fn being_ahead_may_be_chance() {
    let earning = |net: &'static str| {
        move |number: u64, run: &mut Run| {
            let even = number.is_multiple_of(2);
            of(run).summary.net_pnl = if net == "even" { if even { "9" } else { "1" } } else { net }.to_owned();
        }
    };
    let beside = vec![
        ("worse".to_owned(), months(10, earning("1"))),
        ("alike".to_owned(), months(10, earning("even"))),
        ("better".to_owned(), months(10, earning("9"))),
    ];
    let all = Shown { runs: months(10, earning("5")), beside, edge: None };
    let verdict = judged_by(Class::SelfConsistent, &Criteria::standard(), &all);
    let told: Vec<_> = verdict.benchmarks.iter().map(|one| (one.beaten, one.by_chance.expect("ten of each"))).collect();
    // 10 of 10, 5 of 10 and 0 of 10 of a fair coin: 1, 638 and 1,024 in 1,024; thrice, twice and once that, at most one.
    assert_eq!(told.iter().map(|(beaten, _)| *beaten).collect::<Vec<_>>(), [Some(1.0), Some(0.5), Some(0.0)]);
    for ((_, found), due) in told.iter().zip([3.0 / 1_024.0, 1.0, 1.0]) {
        assert!((found - due).abs() < 1e-9, "{found} for {due}");
    }
    // Days that follow one another make a year less steady than its days are (Lo 2002).
    let daily: Vec<f64> = (0..30).map(|day| f64::from(day / 15) * 0.002).collect();
    let figures = judged(&months(3, |_, run| of(run).figures.returns.daily = Some(daily.clone()))).results.figures;
    let figure = |name: &str| figures.iter().find(|figure| figure.name == name).expect(name).spread.p50;
    let sharpe = Sharpe::of(&daily).expect("it varies");
    let due = factor(&autocorrelations(&daily, 5).expect("enough days"), 365).expect("a variance") * sharpe.ratio;
    let found = figure("the same, for how days hang together");
    assert!((found - due).abs() < 1e-9 && found < sharpe.annualised(365.0).expect("a year"), "{found} for {due}");
    assert!(figure("chance that the true one is above nothing") > 0.999);
}

/// What is stored gives the verdict again, byte for byte; one stored number changed, and it is refused.
#[test]
fn a_verdict_follows_from_what_is_stored() {
    let folder = Folder::new("stored");
    let stored = Stored::at(&folder.0);
    let beside = vec![("hold".to_owned(), months(3, |_, _| {}))];
    let all = Shown { runs: months(40, |_, _| {}), beside, edge: Some(edge()) };
    stored.write(&asked(Class::SelfConsistent), &all).expect("written");
    let verdict = stored.judge().expect("judged");
    stored.text("verdict.json", &document(&verdict)).expect("written");
    assert_eq!(document(&stored.again().expect("the same again")), document(&verdict));
    let path = folder.0.join("runs.jsonl");
    let text = std::fs::read_to_string(&path).expect("stored");
    let digits: Vec<usize> =
        text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(at, _)| at).collect();
    for at in digits.iter().step_by(digits.len() / 50) {
        let mut other = text.clone().into_bytes();
        other[*at] = if other[*at] == b'9' { b'8' } else { other[*at] + 1 };
        std::fs::write(&path, &other).expect("written");
        stored.again().expect_err("a digit was changed");
    }
    std::fs::write(&path, &text).expect("written");
    stored.again().expect("whole again");
    let file = folder.0.join("verdict.json");
    let better = document(&verdict).replace("INSUFFICIENT EVIDENCE (", "PASS (");
    std::fs::write(&file, better).expect("written");
    let error = stored.again().expect_err("the verdict was changed").to_string();
    assert!(error.contains("verdict.json"), "{error}");
    std::fs::write(&file, document(&verdict)).expect("written");
    for gone in ["runs.jsonl", "asked.json", "edge.json", "verdict.json"] {
        let kept = std::fs::read(folder.0.join(gone)).expect("stored");
        std::fs::remove_file(folder.0.join(gone)).expect("there");
        let error = stored.again().expect_err("a file is gone").to_string();
        assert!(error.contains(gone), "{error}");
        std::fs::write(folder.0.join(gone), kept).expect("written");
    }
}

#[test]
fn a_pass_is_bound_and_expires_and_never_allows_live() {
    let folder = Folder::new("pass");
    let stored = |change: &dyn Fn(u64, &mut Run)| {
        let stored = Stored::at(&folder.0);
        stored.write(&asked(Class::SelfConsistent), &shown(months(2_995, change))).expect("written");
        let verdict = stored.judge().expect("judged");
        stored.text("verdict.json", &document(&verdict)).expect("written");
        (stored, verdict)
    };
    let made = Timestamp(1_767_225_600_000_000_000);
    let (kept, verdict) = stored(&|_, _| {});
    let pass = kept.pass(made).expect("a pass");
    let (bound, later) = (&verdict.bound, made.after(Span::from_hours(24 * 29)));
    assert_eq!(pass.allows_paper(bound, later), Ok(()));
    assert_eq!(pass.allows_paper(bound, made.after(Span::from_hours(24 * 30))), Err(NoPass::Expired));
    let other = Bound { build: "another".to_owned(), ..bound.clone() };
    assert_eq!(pass.allows_paper(&other, later), Err(NoPass::Other));
    assert_eq!(pass.allows_live(bound, later), Err(NoPass::Class));
    // What stands beside the verdict is read again, and is its pass or refused.
    assert_eq!(kept.pass_until(made).expect("none is there"), None);
    let text = serde_json::to_string(&pass).expect("plain data");
    kept.text("pass.json", &text).expect("written");
    let until = made.after(Span::from_hours(24 * 30));
    assert_eq!(kept.pass_until(made).expect("its own"), Some(until));
    for (from, to) in
        [("self-consistent", "live"), (":1769", ":1779"), ("\"build\":\"\"", "\"build\":\"x\""), ("{", "[")]
    {
        kept.text("pass.json", &text.replacen(from, to, 1)).expect("written");
        assert_ne!(text.replacen(from, to, 1), text, "{from}");
        let error = kept.pass_until(made).expect_err("not its pass").to_string();
        assert!(error.contains("pass.json"), "{error}");
    }
    let (failed, _) = stored(&|_, run| of(run).broken.push(("O5".to_owned(), String::new())));
    let error = failed.pass(made).expect_err("not a pass").to_string();
    assert_eq!(error, NoPass::NotPassed.to_string());
    kept.text("verdict.json", &document(&verdict)).expect("written");
    kept.pass(made).expect_err("a verdict of other results");
}

/// Every planted bug fails the gate of its scenario, by a line that is named: `cargo test --no-default-features
/// --features simulator,planted --test gate`.
#[cfg(feature = "planted")]
#[test]
fn every_planted_bug_fails() {
    use seatrial::market::Bug;
    use seatrial::market::planted::plant;

    std::panic::set_hook(Box::new(|_| {}));
    let mut survivors = Vec::new();
    for bug in Bug::ALL {
        let scenario = scenario(&format!("review/{}.toml", bug.scenario()));
        let one = |planted: Option<Bug>| {
            plant(planted);
            let setup = scenario.setup(Path::new("data"), Path::new(""), None, 0).expect("a sound scenario");
            let came = tried(&setup, &scenario, true);
            plant(None);
            judged(&[run(0, came)])
        };
        let failing = |verdict: &Verdict| -> Vec<String> {
            let fails = |line: &&Line| line.simulated.as_ref().is_some_and(|part| part.outcome == Outcome::Fail);
            verdict.lines.iter().filter(fails).map(|line| line.id.clone()).collect()
        };
        // A scenario of a loss may well fail a line by itself; no law is broken in it.
        let sound = one(None);
        assert_ne!(simulated(&sound, "P10"), Outcome::Fail, "{} without a bug: {}", bug.scenario(), sound.why);
        let (before, verdict) = (failing(&sound), one(Some(*bug)));
        let new: Vec<String> = failing(&verdict).into_iter().filter(|id| !before.contains(id)).collect();
        println!("{bug:?}: fails {}", new.join(", "));
        if new.is_empty() || verdict.outcome != Outcome::Fail || !new.iter().any(|id| verdict.why.contains(id)) {
            survivors.push(bug);
        }
    }
    assert!(survivors.is_empty(), "the gate lets pass: {survivors:?}");
}
