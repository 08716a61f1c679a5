//! `seatrial gate`: thousands of runs, judged; and `seatrial report`, which judges what is stored again.

pub mod args;
mod crew;
mod edge;
mod task;
mod told;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use self::args::{Gate, Report};
use self::crew::each;
use self::task::{Task, recorded};
use self::told::{summary, told};
use super::args::over;
use super::engine::Failure;
use super::exit::Exit;
use super::machine::{cores, now, timed};
use super::output::Output;
use super::places::Places;
use super::text;
use seatrial::bad_input::BadInput;
use seatrial::gate::verdict::Bound;
use seatrial::gate::{Asked, Outcome, Shown, Stored, StoredError, Verdict, document, fingerprint};
use seatrial::market::{Rate, Rules, Timestamp};
use seatrial::report;
use seatrial::scenario::criteria::{Criteria, DEFAULT};
use seatrial::scenario::{Library, Scenario};
use seatrial::sim::Setup;
use seatrial::sim::setup::StrategySpec;
use seatrial::statistics::curve::DAY_NS;

/// Bytes of tapes kept for several runs.
const ROOM: u64 = 1 << 28;
/// Longest run that is judged, in days.
const DAYS_MAX: u64 = 3_660;
/// Strategies beside the judged one, and what they are called.
const BESIDE: [(&str, &str); 4] =
    [("hold", "hold"), ("equal weight", "hold"), ("EMA cross", "ema_flip"), ("random entries", "random_entries")];

/// Judges scenarios.
pub fn gate(args: &Gate, places: &Places, output: &mut Output) -> Exit {
    if args.print_criteria {
        output.line(DEFAULT.trim_end());
        output.document(&json!({ "criteria": DEFAULT, "hash": Criteria::standard().hash() }));
        return Exit::Fine;
    }
    match judged(args, places, output) {
        Ok((document, exit)) => {
            output.document(&document);
            exit
        }
        Err(failure) => {
            let (document, exit) = text::failed(&args.scenarios[0], &failure);
            output.document(&document);
            exit
        }
    }
}

/// A scenario, and a setup of it to look at before anything runs.
struct Read {
    path: PathBuf,
    scenario: Scenario,
    runs: u64,
    first: Setup,
}

fn judged(args: &Gate, places: &Places, output: &mut Output) -> Result<(Value, Exit), Failure> {
    let criteria = match &args.criteria {
        Some(path) => Criteria::read(path).map_err(Failure::BadInput)?,
        None => Criteria::standard(),
    };
    let library = Library::with_room(ROOM);
    let read = read(args, places, &library)?;
    let backtest = |path| edge::read(path, &read[0].first, (places, &library), |tape| registered(args, tape));
    let backtest = args.edge.as_deref().map(backtest).transpose()?;
    let stored = Stored::at(
        &args
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from("target/gate").join(read[0].path.file_stem().unwrap_or_default())),
    );
    let mut asked = asked(args, &criteria, &read)?;
    if let Some(backtest) = &backtest {
        let all = assumed(&backtest.setup, backtest.name()).into_iter();
        asked.assumptions.extend(all.map(|(name, what)| (format!("backtest: {name}"), what)));
    }
    let attempt =
        |what: &str, bound: &Bound| stored.attempt(&json!({ "at": now().to_string(), "what": what, "bound": bound }));
    let begun = stored.begin(&asked).and_then(|()| attempt("begun", &asked.bound));
    begun.map_err(|error| {
        let bad = BadInput::new("E-GT-003", "--out", error.to_string(), "a folder that can be written");
        Failure::BadInput(vec![bad])
    })?;
    output.line(&format!(
        "criteria    {} lines, hashed before the first run: {}",
        criteria.lines.len(),
        short(&asked.bound.criteria)
    ));
    let threads = args.threads.map_or_else(cores, |threads| usize::from(threads.get()));
    let (shown, wall) = timed(|| {
        let mut shown = run_all(args, &criteria, (&read, places, &library), threads, output);
        shown.edge = backtest.as_ref().map(|backtest| backtest.run((places, &library), threads, output));
        shown
    });
    let backtested = shown.edge.iter().map(|edge| edge.data.as_str());
    asked.bound.data = fingerprint(shown.runs.iter().map(|run| run.data.as_str()).chain(backtested));
    stored.write(&asked, &shown).map_err(failure)?;
    // Judged from the files, so that judging them again is the same.
    let verdict = stored.judge().map_err(failure)?;
    stored.text("verdict.json", &document(&verdict)).map_err(failure)?;
    written(&stored, &verdict).map_err(failure)?;
    attempt(&verdict.headline, &verdict.bound).map_err(failure)?;
    told(&verdict, &stored, Some(wall), output);
    pass(&verdict, &stored, output).map_err(failure)?;
    Ok((summary(&verdict, &stored), exit(&verdict)))
}

/// Reads every scenario and refuses what can prove nothing.
fn read(args: &Gate, places: &Places, library: &Library) -> Result<Vec<Read>, Failure> {
    let mut all = Vec::new();
    for path in &args.scenarios {
        let scenario = Scenario::read_over(path, &over(&args.set)).map_err(Failure::BadInput)?;
        let first =
            scenario.setup_from(library, &places.data_root, &places.cache, (None, 0)).map_err(Failure::BadInput)?;
        honest(path, &scenario, &first)?;
        if scenario.sweep().points() > 1 {
            return Err(refused(path, "sweep", "several points".to_owned(), "one strategy on one set of parameters"));
        }
        if let Some(other) = all.first().filter(|other: &&Read| frozen(&other.first) != frozen(&first)) {
            let found = format!("another trader, strategy, account or length than {}", text::lossy(&other.path));
            let allowed = "one configuration over all scenarios";
            return Err(refused(path, "trader, strategy, account or market", found, allowed));
        }
        let runs = args.runs.unwrap_or_else(|| scenario.runs());
        all.push(Read { path: path.clone(), scenario, runs, first });
    }
    Ok(all)
}

fn refused(path: &Path, field: &str, found: String, allowed: &str) -> Failure {
    Failure::BadInput(vec![BadInput::new("E-GT-002", &text::lossy(path), found, allowed).field(field)])
}

/// Refuses what is stamped, and parameters that are none.
fn honest(path: &Path, scenario: &Scenario, setup: &Setup) -> Result<(), Failure> {
    if let Some(stamp) = text::stamps(setup).first() {
        let allowed = "production ceilings and an honest fill profile: what is stamped proves nothing about production";
        return Err(refused(path, "trader.ceilings or venue.profile", stamp.clone(), allowed));
    }
    let pays = |rules: &Rules| rules.fees.taker < Rate::ZERO;
    if let Some(paid) = setup.instruments.iter().find(|instrument| instrument.timeline.iter().any(pays)) {
        let allowed = "a taker fee of nothing or more: who is paid to take earns by trading alone";
        return Err(refused(path, &format!("instrument.{:?}.taker", paid.symbol), "a rebate".to_owned(), allowed));
    }
    let sound = setup.trader().map(|_| ());
    sound.map_err(|wrong| Failure::BadInput(vec![scenario.bad_parameter(&wrong)]))
}

/// What must be the same in every run that is judged together.
fn frozen(setup: &Setup) -> String {
    format!("{} {} {}", days(setup), config(setup), account(setup))
}

fn config(setup: &Setup) -> String {
    format!("{:?} {:?}", setup.trader, setup.strategy)
}

fn account(setup: &Setup) -> String {
    format!("{:?} {:?} {:?}", setup.account_currency, setup.balances, setup.rates)
}

/// Whole days of a run; a minute may be wanting.
fn days(setup: &Setup) -> u64 {
    let span = setup.feed();
    let ns = span.end().since(span.start()).0.saturating_add(DAY_NS / 100);
    u64::try_from(ns / DAY_NS).unwrap_or(0).min(DAYS_MAX)
}

/// What is asked, frozen before the first run.
fn asked(args: &Gate, criteria: &Criteria, read: &[Read]) -> Result<Asked, Failure> {
    let first = &read[0].first;
    let texts: Vec<String> = read
        .iter()
        .map(|read| format!("{} {}\n{}", read.runs, read.first.scenario.set, read.first.scenario.text))
        .collect();
    // Models and fees may differ from scenario to scenario: what is the same is told once.
    let mut assumptions: Vec<(String, String)> = Vec::new();
    for read in read {
        let all = assumed(&read.first, read.scenario.name());
        assumptions.extend(all.into_iter().filter(|one| !assumptions.contains(one)).collect::<Vec<_>>());
    }
    Ok(Asked {
        class: args.class.into(),
        criteria: criteria.own.clone(),
        days: days(first),
        currency: first.assets[usize::from(first.account_currency.0)].name.clone(),
        scenarios: read.iter().map(|read| read.scenario.name().to_owned()).collect(),
        assumptions,
        bound: Bound {
            build: build()?,
            scenarios: fingerprint(&texts),
            data: String::new(),
            criteria: criteria.hash(),
            configuration: fingerprint(read.iter().map(|read| config(&read.first))),
            account: fingerprint(read.iter().map(|read| account(&read.first))),
            results: String::new(),
        },
    })
}

/// What a reader must know of a scenario: its models, market, fees and seed, and what was put over it.
fn assumed(first: &Setup, scenario: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        first.profiles().into_iter().map(|profile| (profile.name, profile.stamp)).collect();
    all.push(("seed".to_owned(), format!("{} of {scenario}", first.seed)));
    for (instrument, market) in first.instruments.iter().zip(&first.tapes) {
        let fees = &instrument.rules(Timestamp::MAX).fees;
        let run = if recorded(&market.tape) { String::new() } else { format!(", run {}", first.run) };
        let source = &market.tape.provenance.source;
        all.push(("market".to_owned(), format!("{}{run}: {source}", instrument.symbol)));
        all.push(("fees".to_owned(), format!("{}: maker {}, taker {}", instrument.symbol, fees.maker, fees.taker)));
    }
    if !first.scenario.set.is_empty() {
        all.push(("set".to_owned(), first.scenario.set.clone()));
    }
    all
}

/// The hash of the program itself.
fn build() -> Result<String, Failure> {
    let program = std::env::current_exe().and_then(std::fs::read);
    program.map(|bytes| fingerprint([bytes.as_slice()])).map_err(|error| Failure::Internal(error.to_string()))
}

fn run_all(
    args: &Gate,
    criteria: &Criteria,
    (read, places, library): (&[Read], &Places, &Library),
    threads: usize,
    output: &Output,
) -> Shown {
    let made = |runs: &dyn Fn(&Read) -> u64, strategy: Option<&str>, what: &str| {
        let mut tasks = Vec::new();
        for read in read {
            for run in 0..runs(read) {
                let number = tasks.len() as u64;
                let replays = strategy.is_none() && number.is_multiple_of(criteria.replay_every);
                let strategy = strategy.map(|name| spec(name, &read.first));
                tasks.push(Task { read: (&read.path, &read.scenario), number, run, replays, strategy });
            }
        }
        each(tasks.len(), threads, (what, output), |number| tasks[number].made((places, library)))
    };
    let mut shown = Shown { runs: made(&|read| read.runs, None, "runs"), ..Shown::default() };
    let several = read.iter().any(|read| read.first.instruments.len() > 1);
    for (name, strategy) in BESIDE {
        // Of one instrument equal weights are all of it.
        if args.beside == 0 || (name == "equal weight") != several && strategy == "hold" {
            continue;
        }
        let runs = made(&|read| read.runs.min(args.beside), Some(strategy), name);
        shown.beside.push((name.replace(' ', "-"), runs));
    }
    shown
}

/// How often a tape was tried, by the registry of sweeps; one that was named must be there.
#[cfg(feature = "batch")]
fn registered(args: &Gate, tape: &str) -> Result<u64, Failure> {
    if let Some(path) = args.registry.as_deref().filter(|path| !path.is_file()) {
        return Err(refused(path, "--registry", "no such file".to_owned(), "a registry of trials"));
    }
    let standard = || PathBuf::from("target/seatrial-sweeps/trials.jsonl");
    let registry = args.registry.clone().unwrap_or_else(standard);
    let counted = seatrial::sweep::counted(&registry, tape);
    counted.map(|trials| trials.points).map_err(|bad| Failure::BadInput(vec![bad]))
}

/// Without sweeps there is no registry of them.
#[cfg(not(feature = "batch"))]
#[expect(clippy::unnecessary_wraps, reason = "a registry can be wrong where there is one")]
fn registered(_: &Gate, _: &str) -> Result<u64, Failure> {
    Ok(0)
}

/// A strategy beside the judged one, of the same size where that says one.
fn spec(name: &str, setup: &Setup) -> StrategySpec {
    let mut params = std::collections::BTreeMap::new();
    if let Some(size) = setup.strategy.params.get("size") {
        params.insert("size".to_owned(), size.clone());
    }
    if setup.instruments.len() > 1 {
        params.insert("instrument".to_owned(), "each".to_owned());
    }
    StrategySpec { name: name.to_owned(), params, own: None }
}

fn written(stored: &Stored, verdict: &Verdict) -> Result<(), StoredError> {
    stored.text("report.html", &report::html(verdict))?;
    stored.text("report.md", &report::markdown(verdict))
}

/// Judges what is stored again, and makes its report.
pub fn report(args: &Report, output: &mut Output) -> Exit {
    let stored = Stored::at(&args.folder);
    let made = stored.again().and_then(|verdict| Ok((stored.pass_until(now())?, verdict)));
    let made = made.and_then(|(until, verdict)| written(&stored, &verdict).map(|()| (until, verdict)));
    match made.map_err(failure) {
        Ok((until, verdict)) => {
            told(&verdict, &stored, None, output);
            output.document(&summary(&verdict, &stored));
            let expired = until.filter(|until| *until <= now());
            if let Some(until) = until {
                let word = if expired.is_some() { "expired at" } else { "for paper, until" };
                output.line(&format!("pass        {word} {until}"));
            }
            if expired.is_some() { Exit::Verdict } else { exit(&verdict) }
        }
        Err(failure) => {
            let (document, exit) = text::failed(&args.folder, &failure);
            output.document(&document);
            exit
        }
    }
}

const fn exit(verdict: &Verdict) -> Exit {
    match verdict.outcome {
        Outcome::Pass => Exit::Fine,
        Outcome::Insufficient | Outcome::Fail => Exit::Verdict,
    }
}

fn failure(error: StoredError) -> Failure {
    match error {
        StoredError::Bad(bad) => Failure::BadInput(vec![*bad]),
        StoredError::NoPass(_) | StoredError::Write { .. } => Failure::Internal(error.to_string()),
    }
}

/// The pass of a verdict that is one, beside it.
fn pass(verdict: &Verdict, stored: &Stored, output: &mut Output) -> Result<(), StoredError> {
    let file = stored.file("pass.json");
    let _ = std::fs::remove_file(&file);
    let pass = match stored.pass(now()) {
        Ok(pass) => pass,
        Err(StoredError::NoPass(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    stored.text("pass.json", &(serde_json::to_string_pretty(&pass).expect("plain data") + "\n"))?;
    output.line(&format!(
        "pass        {} for paper, for {} days; never for live",
        text::shown(&text::lossy(&file)),
        verdict.valid_days
    ));
    Ok(())
}

fn short(hash: &str) -> &str {
    hash.get(..16).unwrap_or(hash)
}
