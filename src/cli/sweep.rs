//! `seatrial sweep`: thousands of runs, and a table of what they came to.

pub mod args;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use self::args::{Runs, Sweep};
use super::args::over;
use super::engine::Failure;
use super::exit::Exit;
use super::machine;
use super::output::{Output, complain};
use super::places::Places;
use super::text;
use seatrial::bad_input::{BadInput, in_shell};
use seatrial::data;
use seatrial::scenario::Library;
use seatrial::sweep::{self, Part, Plan, Row, Stat, Store, SweepError, Swept, Table};

/// More runs than this are started only by whoever knows how many they are.
const CONFIRM: u64 = 100_000;
/// Most groups of a table that nobody asked for.
const SHORT: u64 = 40;
/// Bytes of a stored run, about: for an estimate.
const ROW_BYTES: u64 = 400;

/// Sweeps every scenario named.
pub fn run(args: &Sweep, places: &Places, output: &mut Output) -> Exit {
    let stop = Arc::new(AtomicBool::new(false));
    // Without it Ctrl-C ends the program where it stands, and --resume goes on from there.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&stop));
    let (mut exit, mut documents) = (Exit::Fine, Vec::new());
    for path in &args.scenarios {
        let (document, end) =
            one(path, args, places, &stop, output).unwrap_or_else(|failure| text::failed(path, &failure));
        documents.push(document);
        exit = exit.max(end);
    }
    output.document(&text::one_or_many(documents, args.scenarios.len()));
    exit
}

fn one(
    path: &Path,
    args: &Sweep,
    places: &Places,
    stop: &AtomicBool,
    output: &mut Output,
) -> Result<(Value, Exit), Failure> {
    let over = over(&args.set);
    let of_each = if let Some(Runs::OfEach(runs)) = args.runs { Some(runs) } else { None };
    let plan = Plan::read(path, &over, of_each).map_err(Failure::BadInput)?;
    let part = part(args, &plan)?;
    let store = store(path, args, &plan, places);
    let threads = args.threads.map_or_else(machine::cores, usize::from);
    // Told before anything runs.
    let (by, stats) = wanted(args, &plan);
    let told_later = |bad: BadInput| Failure::BadInput(vec![bad]);
    sweep::known(&plan, &by, &stats).map_err(told_later)?;
    sweep::counted(&sweep::registry(&store.out), "").map_err(told_later)?;
    let (points, runs) = plan.size();
    output.line(&format!("{}: {}, {runs} runs of each: {} runs", plan.name(), plan.describe(), plan.total()));
    if points * runs != part.end - part.start && args.merge.is_empty() {
        output.line(&format!("  part        runs {} to {} alone", part.start, part.end - 1));
    }
    let library = Library::with_room(args.memory);
    if part.end - part.start > CONFIRM && !args.yes && args.merge.is_empty() {
        return refuse(&plan, &part, (&store, &library), threads, output);
    }
    let (part, swept) = if args.merge.is_empty() {
        plan.check_setups(&library, &store.data_root, &store.cache).map_err(Failure::BadInput)?;
        let bar = bar(part.end - part.start, output);
        let told = |_: &Row| bar.inc(1);
        let swept = sweep::sweep(&plan, &part, (&store, args.resume), (&library, threads), stop, &told);
        bar.finish_and_clear();
        (part, swept.map_err(failure)?)
    } else {
        let part = sweep::merge(&plan, &args.merge, &store).map_err(failure)?;
        let stored = part.end - part.start;
        (part, Swept { stored, ran: 0, ended: true })
    };
    if !swept.ended {
        let all = part.end - part.start;
        let so_far = text::lossy(&store.so_far());
        let stored = swept.stored;
        let so_far = (stored > 0).then_some(so_far);
        let told = so_far.as_ref().map_or_else(String::new, |file| format!(" in {}", text::shown(file)));
        complain(&format!("interrupted: {stored} of {all} runs are stored{told}; --resume goes on from there"));
        let document = json!({
            "scenario": plan.name(), "file": text::lossy(path), "stored": stored, "so_far": so_far, "ended": false,
        });
        return Ok((document, Exit::Interrupted));
    }
    told(path, args, (&plan, &part, swept), (&store, &library), output)
}

/// Tells what is stored.
fn told(
    path: &Path,
    args: &Sweep,
    (plan, part, swept): (&Plan, &Part, Swept),
    (store, library): (&Store, &Library),
    output: &mut Output,
) -> Result<(Value, Exit), Failure> {
    let file = store.out.join("runs.parquet");
    let bad = |bad: BadInput| Failure::BadInput(vec![bad]);
    let (by, stats) = wanted(args, plan);
    let table = sweep::table(&file, &by, &stats).map_err(bad)?;
    let ends = sweep::ends(&file).map_err(bad)?;
    let hash = hash_of(&file)?;
    output.line(&format!(
        "  results     {}, {} runs, {} made now",
        text::shown(&text::lossy(&file)),
        swept.stored,
        swept.ran
    ));
    output.line(&format!("  sha256      {hash}"));
    let registry = sweep::registry(&store.out);
    for tape in &ends.data {
        let trials = sweep::counted(&registry, tape).map_err(bad)?;
        output.line(&format!(
            "  trials      {} points in {} runs so far on tape {}",
            trials.points,
            trials.runs,
            &tape[..tape.len().min(16)]
        ));
    }
    output.line(&format!("  memory      {} MB of tapes kept at most{}", library.peak() / 1_000_000, machine::peak()));
    let streamed = library.streamed();
    for (tape, bytes) in &streamed {
        let (tape, decoded, allowed) = (text::shown(tape), bytes / 1_000_000, args.memory / 1_000_000);
        output.line(&format!("  streamed    {tape}: {decoded} MB decoded, {allowed} MB allowed"));
    }
    if ends.failed + ends.breached > 0 {
        complain(&format!(
            "{} runs ended in an error, {} broke a law; the first: {}",
            ends.failed, ends.breached, ends.first
        ));
    }
    for line in laid_out(&table) {
        output.line(&format!("  {line}"));
    }
    let exit = match (ends.panicked, ends.breached, ends.failed) {
        (1.., _, _) => Exit::Internal,
        (0, 1.., _) => Exit::Breach,
        (0, 0, 1..) => Exit::BadInput,
        (0, 0, 0) => Exit::Fine,
    };
    let document = json!({
        "scenario": plan.name(), "file": text::lossy(path), "plan": plan.hash(), "sweep": plan.describe(),
        "points": plan.size().0, "runs_of_each": plan.size().1, "part": [part.start, part.end],
        "stored": swept.stored, "ran": swept.ran, "ended": true, "results": text::lossy(&file), "sha256": hash,
        "failed": ends.failed, "panicked": ends.panicked, "breached": ends.breached, "data": ends.data,
        "streamed": streamed.iter().map(|(tape, _)| tape).collect::<Vec<_>>(),
        "table": { "columns": table.names, "rows": table.rows },
    });
    Ok((document, exit))
}

/// Which runs are asked for.
fn part(args: &Sweep, plan: &Plan) -> Result<Part, Failure> {
    let total = plan.total();
    if let (Some(Runs::Part(part)), false) = (&args.runs, args.merge.is_empty()) {
        let found = format!("runs {}..{} to be merged", part.start, part.end);
        return Err(Failure::BadInput(vec![BadInput::new("E-SW-007", plan.file(), found, "how many of each point")]));
    }
    let part = match &args.runs {
        Some(Runs::Part(part)) => part.clone(),
        _ => 0..total,
    };
    if part.end > total {
        let found = format!("runs {}..{}", part.start, part.end);
        let allowed = format!("0..{total}");
        return Err(Failure::BadInput(vec![BadInput::new("E-SW-007", plan.file(), found, allowed)]));
    }
    let Some((of, all)) = args.shard else { return Ok(part) };
    let cut = |at: u64| {
        let length = u128::from(part.end - part.start);
        part.start + u64::try_from(length * u128::from(at) / u128::from(all)).expect("a part of it")
    };
    let shard = cut(of - 1)..cut(of);
    if shard.is_empty() {
        let found = format!("part {of} of {all} of {} runs", part.end - part.start);
        return Err(Failure::BadInput(vec![BadInput::new("E-SW-007", plan.file(), found, "a part that has runs")]));
    }
    Ok(shard)
}

fn store(path: &Path, args: &Sweep, plan: &Plan, places: &Places) -> Store {
    let standard = || PathBuf::from("target/seatrial-sweeps").join(format!("{}-{}", plan.name(), &plan.hash()[..12]));
    let out = args.out.clone().unwrap_or_else(standard);
    // Several scenarios do not share a folder.
    let out = if args.out.is_some() && args.scenarios.len() > 1 { out.join(plan.name()) } else { out };
    let root = places.asked_root.as_ref().map(|root| format!(" --data-root {}", in_shell(&text::lossy(root))));
    let root = root.unwrap_or_default();
    let set: String = args
        .set
        .iter()
        .fold(String::new(), |set, (name, value)| set + " --set " + &in_shell(&format!("{name}={value}")));
    let command = format!("seatrial sweep {}{set}{root}", in_shell(&text::lossy(path)));
    let mut details = args.details.clone();
    details.sort_unstable();
    details.dedup();
    let (data_root, cache) = (places.data_root.clone(), places.cache.clone());
    Store { out, command, data_root, cache, places: format!("{set}{root}"), details }
}

/// A plan that is started only by whoever knows how long it takes: one run of it is made, and nothing kept.
fn refuse(
    plan: &Plan,
    part: &Part,
    (store, library): (&Store, &Library),
    threads: usize,
    output: &mut Output,
) -> Result<(Value, Exit), Failure> {
    let row = sweep::try_one(plan, part.start, store, library);
    if let Err(error) = &row.came {
        return Err(Failure::BadInput(vec![BadInput::new(
            "E-SW-008",
            plan.file(),
            error.clone(),
            "a first run that ends",
        )]));
    }
    let runs = part.end - part.start;
    let wall = row.wall.as_nanos() * u128::from(runs) / threads.max(1) as u128;
    let seconds = u64::try_from(wall / 1_000_000_000).unwrap_or(u64::MAX);
    let megabytes = runs.saturating_mul(ROW_BYTES) / 1_000_000;
    output.line(&format!(
        "  estimate    about {} on {threads} threads, by its first run, and {megabytes} MB of results",
        long(seconds)
    ));
    complain(&format!("error: {runs} runs are more than {CONFIRM}; start them with --yes"));
    let document = json!({
        "scenario": plan.name(), "runs": runs, "estimate_seconds": seconds, "estimate_megabytes": megabytes, "started": false,
    });
    Ok((document, Exit::Usage))
}

/// A time as people say it.
fn long(seconds: u64) -> String {
    let mut text = String::new();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    if hours > 0 {
        write!(text, "{hours} h ").expect("text takes every write");
    }
    write!(text, "{minutes} min {} s", seconds % 60).expect("text takes every write");
    text
}

fn failure(error: SweepError) -> Failure {
    match error {
        SweepError::BadInput(bad) => Failure::BadInput(vec![*bad]),
        SweepError::Internal(text) => Failure::Internal(text),
    }
}

/// What is printed: what was asked for, else P&L and drawdown, by the swept keys where that is short.
fn wanted(args: &Sweep, plan: &Plan) -> (Vec<String>, Vec<Stat>) {
    let short = plan.size().0 <= SHORT;
    let keys = || plan.axes().map(|(name, _)| name.to_owned()).collect();
    let by = if args.by.is_empty() && short && args.stat.is_empty() { keys() } else { args.by.clone() };
    let standard = ["net_pnl:count,mean,p05,median,p95", "max_drawdown:p95"];
    let stats = if args.stat.is_empty() {
        standard.iter().map(|text| Stat::read(text).expect("it is written here")).collect()
    } else {
        args.stat.clone()
    };
    (by, stats)
}

/// Columns under one another, to the right.
fn laid_out(table: &Table) -> Vec<String> {
    // A value may be a text of several lines.
    let plain = |row: &Vec<String>| row.iter().map(|cell| text::shown(cell)).collect();
    let rows: Vec<Vec<String>> = std::iter::once(&table.names).chain(&table.rows).map(plain).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..table.names.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        cells.join("  ")
    };
    rows.iter().map(line).collect()
}

fn bar(runs: u64, output: &Output) -> ProgressBar {
    // Drawn on a terminal alone.
    let target = if output.is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(runs), target);
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {per_sec}, {eta} left").expect("a sound template");
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn hash_of(file: &Path) -> Result<String, Failure> {
    data::sha256_of(file).map_err(|_| {
        let (found, allowed) = ("a file that cannot be read", "runs as a sweep stores them");
        Failure::BadInput(vec![BadInput::new("E-SW-002", &text::lossy(file), found, allowed)])
    })
}
