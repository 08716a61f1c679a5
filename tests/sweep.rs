//! Sweeps: one result, whoever ran which part of it, on how many threads, in how many sittings.
//!
//! The scenario is a book of a few seconds and a script, so that a run takes milliseconds. To repeat:
//! `cargo test --test sweep`.
#![cfg(feature = "batch")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use polars::prelude::{DataFrame, ParquetReader, SerReader};
use seatrial::data;
use seatrial::data::synth::{BarOptions, bars};
use seatrial::data::synth::{L2Options, l2};
use seatrial::journal::Journal;
use seatrial::scenario::{Library, Over, Scenario};
use seatrial::sim;
use seatrial::sweep::{self, Detail, Part, Plan, Row, Stat, Store, Swept};
use sha2::{Digest, Sha256};

const SCENARIO: &str = include_str!("sweep/worked.toml");

/// A folder that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("seatrial-sweep-{test}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    fn plan(&self, text: &str) -> Plan {
        let path = self.0.join("worked.toml");
        std::fs::write(&path, text).expect("a file for the test");
        Plan::read(&path, &Over::default(), None).unwrap_or_else(|all| panic!("{all:?}"))
    }

    fn store(&self, name: &str) -> Store {
        Store {
            out: self.0.join(name).join("out"),
            command: "seatrial sweep worked.toml".to_owned(),
            data_root: self.0.clone(),
            cache: self.0.join("cache"),
            places: String::new(),
            details: Detail::ALL.to_vec(),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn run(plan: &Plan, part: &Part, store: &Store, threads: usize, resume: bool, stop_after: u64) -> Swept {
    let (stop, ran) = (AtomicBool::new(false), AtomicU64::new(0));
    let count = |_: &Row| {
        if ran.fetch_add(1, Ordering::Relaxed) + 1 >= stop_after {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let library = Library::with_room(1 << 30);
    sweep::sweep(plan, part, (store, resume), (&library, threads), &stop, &count).expect("it can be stored")
}

/// Of the runs and all their tables.
fn sha256(store: &Store) -> String {
    let mut hash = Sha256::new();
    for name in ["runs", "fills", "orders", "equity"] {
        hash.update(std::fs::read(store.out.join(format!("{name}.parquet"))).expect("the result"));
    }
    format!("{:?}", hash.finalize())
}

fn frame(store: &Store) -> DataFrame {
    columns_of(&store.out.join("runs.parquet"))
}

fn columns_of(file: &Path) -> DataFrame {
    let file = std::fs::File::open(file).expect("the result");
    ParquetReader::new(file).finish().expect("Parquet")
}

fn text(frame: &DataFrame, column: &str, at: usize) -> Option<String> {
    frame.column(column).expect("a column").str().expect("of text").get(at).map(str::to_owned)
}

#[test]
fn threads_kills_and_parts_leave_the_same_bytes() {
    let folder = Folder::new("same");
    let plan = folder.plan(SCENARIO);
    let all = 0..plan.total();
    assert_eq!((plan.total(), plan.size()), (36, (12, 3)));
    let whole = folder.store("whole");
    assert!(run(&plan, &all, &whole, 1, false, u64::MAX).ended);
    let expected = sha256(&whole);
    for threads in [2, 4] {
        let store = folder.store(&format!("threads-{threads}"));
        assert!(run(&plan, &all, &store, threads, false, u64::MAX).ended);
        assert_eq!(sha256(&store), expected, "{threads} threads");
    }
    // Stopped twice, resumed twice.
    let store = folder.store("stopped");
    let first = run(&plan, &all, &store, 2, false, 5);
    assert!(!first.ended && (5..36).contains(&first.stored), "{first:?}");
    assert!(!run(&plan, &all, &store, 1, true, 9).ended);
    let last = run(&plan, &all, &store, 2, true, u64::MAX);
    assert!(last.ended && last.ran < 36 - first.stored, "what is stored is not run again: {last:?}");
    assert_eq!(sha256(&store), expected);
    assert_eq!(run(&plan, &all, &store, 2, true, u64::MAX).ran, 0, "what has ended is shown");
    // In three uneven parts.
    let parts = [0..7, 7..30, 30..36].map(|part| {
        let store = folder.store(&format!("part-{}", part.start));
        assert!(run(&plan, &part, &store, 2, false, u64::MAX).ended);
        store.out
    });
    let merged = folder.store("merged");
    let shuffled = [parts[2].clone(), parts[0].clone(), parts[1].clone()];
    // Which tables there are, the parts say.
    let merged = Store { details: Vec::new(), ..merged };
    assert_eq!(sweep::merge(&plan, &shuffled, &merged).expect("neighbours"), all);
    assert_eq!(sha256(&merged), expected);
    let torn = sweep::merge(&plan, &[parts[0].clone(), parts[2].clone()], &folder.store("torn"));
    assert!(torn.expect_err("a part is missing").to_string().contains("0..7 and then 30..36"));
}

/// A piece whose write was cut off is made again.
#[test]
fn half_a_piece_is_none() {
    let folder = Folder::new("half");
    let plan = folder.plan(SCENARIO);
    let all = 0..plan.total();
    let whole = folder.store("whole");
    run(&plan, &all, &whole, 1, false, u64::MAX);
    let store = folder.store("killed");
    assert!(!run(&plan, &all, &store, 1, false, 20).ended);
    let work = store.out.join("work");
    let mut timings: Vec<PathBuf> = std::fs::read_dir(&work)
        .expect("work")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.to_string_lossy().contains("timing"))
        .collect();
    timings.sort();
    std::fs::remove_file(&timings[1]).expect("a piece loses its timing");
    std::fs::write(work.join(".000000000000-000000000001.runs.parquet.0.tmp"), "torn").expect("a torn piece");
    assert!(run(&plan, &all, &store, 1, true, u64::MAX).ended);
    assert_eq!(sha256(&store), sha256(&whole));
}

/// What a row says is what its line gives alone, with guards and without: more than a thousand runs, with orders.
#[test]
fn every_row_is_a_run_of_its_own() {
    let folder = Folder::new("alone");
    let path = folder.0.join("worked.toml");
    std::fs::write(&path, SCENARIO).expect("a file for the test");
    let plan = Plan::read(&path, &Over::default(), Some(84)).expect("sound");
    assert_eq!(plan.total(), 1_008);
    let store = folder.store("all");
    run(&plan, &(0..plan.total()), &store, 2, false, u64::MAX);
    let frame = frame(&store);
    let mut digests = std::collections::BTreeSet::new();
    for at in 0..frame.height() {
        let number = u64::try_from(at).expect("few");
        let (point, of_seed) = plan.place(number);
        let mut over = Over::default();
        for ((name, _), value) in plan.axes().zip(plan.values(point)) {
            over.set(name, &value).expect("a name");
        }
        let scenario = Scenario::read_over(&path, &over).expect("sound");
        let mut setup = scenario.setup(&folder.0, &folder.0, None, of_seed).expect("sound");
        let alone = sim::run(&setup, Journal::in_memory()).expect("it runs").digest;
        setup.guards = false;
        assert_eq!(sim::run(&setup, Journal::in_memory()).expect("it runs").digest, alone);
        assert_eq!(text(&frame, "digest", at), Some(format!("{alone:016x}")), "run {at}");
        digests.insert(alone);
        let again = text(&frame, "again", at).expect("a line");
        assert!(again.contains("--set") && again.ends_with(&format!("--run {of_seed}")), "{again}");
    }
    assert!(digests.len() > 500, "points and chance differ: {}", digests.len());
    let orders = frame.column("orders").expect("a column").u64().expect("whole").iter().flatten().min();
    assert!(orders.is_some_and(|orders| orders >= 3), "an entry, a stop, a close: {orders:?}");
}

/// Whoever reads Parquet reads the results: asked of Python where it is there.
#[test]
fn frames_are_read_elsewhere() {
    const READS: [(&str, &str); 3] = [
        ("pandas", "import pandas, sys; print(len(pandas.read_parquet(sys.argv[1])))"),
        ("polars", "import polars, sys; print(len(polars.read_parquet(sys.argv[1])))"),
        ("duckdb", "import duckdb, sys; print(len(duckdb.sql(f\"select * from '{sys.argv[1]}'\").fetchall()))"),
    ];
    let folder = Folder::new("elsewhere");
    let plan = folder.plan(SCENARIO);
    let store = folder.store("all");
    run(&plan, &(0..plan.total()), &store, 2, false, u64::MAX);
    for (name, reads) in READS {
        let file = store.out.join("runs.parquet");
        let told = std::process::Command::new("python3").args(["-c", reads]).arg(&file).output();
        match told {
            Ok(told) if told.status.success() => {
                assert_eq!(String::from_utf8_lossy(&told.stdout).trim(), "36", "{name}");
            }
            _ => println!("skipped: no python3 with {name} here"),
        }
    }
}

/// A recording that the room does not hold is streamed, in finer units here than its own; the results are the same bytes.
#[test]
fn a_tape_without_room_is_streamed() {
    let folder = Folder::new("streamed");
    let tape = l2(&L2Options { seed: 5, minutes: 2, ..L2Options::default() }).expect("sound options");
    let bytes = tape.bytes();
    seatrial::data::write(&tape, &folder.0.join("tape.parquet")).expect("a place for it");
    let written = SCENARIO.find("source =").expect("a market")..SCENARIO.find("[instrument").expect("an instrument");
    let mut text = SCENARIO.to_owned();
    text.replace_range(written, "source = \"recorded\"\nfile = \"tape.parquet\"\n\n");
    let text = text.replace("tick = \"1\"", "tick = \"0.01\"").replace("stop 44100", "stop 59000");
    let text = text.replace("0.05 stop", "0.04 stop");
    let plan = folder.plan(&text);
    let swept = |name: &str, room: u64| {
        let (store, stop, library) = (folder.store(name), AtomicBool::new(false), Library::with_room(room));
        let all = 0..plan.total();
        sweep::sweep(&plan, &all, (&store, false), (&library, 2), &stop, &|_| ()).expect("it can be stored");
        let ends = sweep::ends(&store.out.join("runs.parquet")).expect("a result");
        assert_eq!((ends.failed, ends.panicked, ends.breached), (0, 0, 0), "{}", ends.first);
        let fills: u64 = (0..plan.total()).filter(|at| text_of(&store, *at) != "0").count() as u64;
        assert_eq!(fills, plan.total(), "every run trades");
        (sha256(&store), library.streamed(), library.peak())
    };
    let (whole, none, kept) = swept("whole", bytes);
    assert_eq!((none, kept >= bytes), (Vec::new(), true), "what fits is not streamed");
    let (streamed, which, kept) = swept("streamed", bytes - 1);
    assert_eq!((which.len(), which[0].1, kept < bytes * 3 / 4), (1, bytes, true), "{kept} of {bytes}");
    assert_eq!(whole, streamed);
    assert_eq!(whole, swept("tiny", 0).0);
}

fn text_of(store: &Store, at: u64) -> String {
    let frame = frame(store);
    let value = frame.column("fills").expect("a column").get(usize::try_from(at).expect("small")).expect("a run");
    value.to_string()
}

/// A run that cannot be set up is a result like any other.
#[test]
fn an_error_is_its_runs_result() {
    let folder = Folder::new("error");
    let missing = SCENARIO.replace(
        "wire.decision = [\"0ms\", \"1ms\", \"2ms\"]",
        "instrument.\"BTC/USDT\".rules = [\"no.toml\", \"neither.toml\"]",
    );
    assert_ne!(missing, SCENARIO);
    let missing = folder.plan(&missing);
    let store = folder.store("missing");
    assert!(run(&missing, &(0..missing.total()), &store, 2, false, u64::MAX).ended);
    let ends = sweep::ends(&store.out.join("runs.parquet")).expect("a result");
    assert_eq!((ends.failed, ends.panicked, ends.breached), (missing.total(), 0, 0));
    assert!(ends.first.contains("E-SC-") && ends.first.contains("seatrial run"), "{}", ends.first);
}

#[test]
fn folders_of_others_are_left_alone() {
    let folder = Folder::new("folders");
    let plan = folder.plan(SCENARIO);
    let part = 0..2;
    let store = folder.store("one");
    run(&plan, &part, &store, 1, false, u64::MAX);
    let refused = |plan: &Plan, part: &Part, resume| {
        let library = Library::none();
        let stop = AtomicBool::new(false);
        sweep::sweep(plan, part, (&store, resume), (&library, 1), &stop, &|_| ()).expect_err("refused").to_string()
    };
    assert!(refused(&plan, &part, false).contains("found these runs, there already"));
    assert!(refused(&plan, &(0..3), true).contains("found the runs of another sweep"));
    let other = folder.plan(&SCENARIO.replace("runs = 3", "runs = 4"));
    assert!(refused(&other, &part, true).contains("found the runs of another sweep"));
    assert_eq!(frame(&store).height(), 2, "and they are still there");
}

#[test]
fn groups_are_counted_by_polars() {
    let folder = Folder::new("table");
    let plan = folder.plan(SCENARIO);
    let store = folder.store("all");
    run(&plan, &(0..plan.total()), &store, 2, false, u64::MAX);
    let file = store.out.join("runs.parquet");
    let stats =
        [Stat::read("net_pnl:count,mean,p50,min,max").expect("sound"), Stat::read("orders:sum").expect("sound")];
    let table = sweep::table(&file, &["account.balances.USDT".to_owned()], &stats).expect("columns");
    assert_eq!(table.names[..3], ["account.balances.USDT", "net_pnl count", "net_pnl mean"]);
    assert_eq!(table.rows.len(), 2);
    let frame = frame(&store);
    for (at, size) in [10_000.0, 20_000.0].into_iter().enumerate() {
        let mine: Vec<f64> = (0..frame.height())
            .filter(|at| {
                frame.column("account.balances.USDT").expect("a column").f64().expect("floats").get(*at) == Some(size)
            })
            .map(|at| text(&frame, "net_pnl", at).expect("it ended").parse().expect("a number"))
            .collect();
        assert_eq!(table.rows[at][1], mine.len().to_string());
        assert_eq!(table.rows[at][2], format!("{:.6}", mine.iter().sum::<f64>() / 18.0));
        assert_eq!(table.rows[at][4], format!("{:.6}", mine.iter().copied().fold(f64::INFINITY, f64::min)));
    }
    let wrong = sweep::table(&file, &["strategy.sise".to_owned()], &stats).expect_err("no such column");
    assert!(wrong.to_string().contains("no column \"strategy.sise\""));
    for text in ["net_pnl", "net_pnl:", "net_pnl:p5", "net_pnl:p101", "net_pnl:avg"] {
        assert!(Stat::read(text).is_err(), "{text}");
    }
}

/// Points of every method: the same from any place, each value where it belongs.
#[test]
fn methods_choose_what_they_say() {
    let folder = Folder::new("methods");
    let with = |section: &str| {
        let head = SCENARIO.split("[sweep.over]").next().expect("a head");
        folder.plan(&format!("{head}{section}"))
    };
    let grid = with(
        "[sweep.over]\naccount.balances.USDT = [\"0.01\", \"0.02\"]\n\"wire.decision\" = { from = \"1ms\", to = \"7ms\", step = \"3ms\" }\n",
    );
    assert_eq!(grid.size().0, 6);
    assert_eq!(grid.values(4), ["\"0.02\"", "\"4ms\""]);
    let growing = with("[sweep.over]\naccount.balances.USDT = { from = \"0.01\", to = \"0.09\", factor = \"2\" }\n");
    assert_eq!(
        (0..4).map(|point| growing.values(point).concat()).collect::<Vec<_>>(),
        ["\"0.01\"", "\"0.02\"", "\"0.04\"", "\"0.08\""]
    );
    let cases = with(
        "[[sweep.case]]\naccount.balances.USDT = \"0.01\"\nwire.decision = \"1ms\"\n[[sweep.case]]\naccount.balances.USDT = \"0.02\"\nwire.decision = \"9ms\"\n",
    );
    assert_eq!((cases.size().0, cases.values(1)), (2, vec!["\"0.02\"".to_owned(), "\"9ms\"".to_owned()]));
    let cube = with(
        "[sweep]\nmethod = \"latin_hypercube\"\nsamples = 40\n[sweep.over]\naccount.balances.USDT = { from = \"0.01\", to = \"0.40\" }\nseed = { from = 1, to = 10 }\n",
    );
    let mut sizes: Vec<String> = (0..40).map(|point| cube.values(point)[0].clone()).collect();
    sizes.sort();
    sizes.dedup();
    assert_eq!(sizes.len(), 40, "as many values as points: each once");
    let seeds: Vec<String> = (0..40).map(|point| cube.values(point)[1].clone()).collect();
    assert!((1..=10).all(|seed| seeds.iter().filter(|value| **value == seed.to_string()).count() == 4), "{seeds:?}");
    let random = with(
        "[sweep]\nmethod = \"random\"\nsamples = 100\nseed = 7\n[sweep.over]\naccount.balances.USDT = { from = \"0.01\", to = \"0.40\" }\nseed = [3, 4]\n",
    );
    let again = with(
        "[sweep]\nmethod = \"random\"\nsamples = 100\nseed = 8\n[sweep.over]\naccount.balances.USDT = { from = \"0.01\", to = \"0.40\" }\nseed = [3, 4]\n",
    );
    let drawn = |plan: &Plan| (0..100).map(|point| plan.values(point)).collect::<Vec<_>>();
    assert_eq!(drawn(&random), drawn(&random));
    assert_ne!(drawn(&random), drawn(&again), "another seed, other points");
    let mean: f64 =
        drawn(&random).iter().map(|values| values[0].trim_matches('"').parse::<f64>().expect("a number")).sum::<f64>()
            / 100.0;
    assert!((0.15..0.26).contains(&mean), "even over its range: {mean}");
}

#[test]
fn a_path_for_the_registry_is_beside_the_results() {
    assert_eq!(sweep::registry(Path::new("a/b/out")), Path::new("a/b/trials.jsonl"));
    assert_eq!(sweep::registry(Path::new("out")), Path::new("./trials.jsonl"));
}

/// A folder belongs to one process at a time.
#[test]
fn a_sweep_that_another_process_is_at_is_left_alone() {
    let folder = Folder::new("held");
    let plan = folder.plan(SCENARIO);
    let (part, store) = (0..plan.total(), folder.store("one"));
    let begun = run(&plan, &part, &store, 1, false, 2);
    assert!(!begun.ended);
    let stored = columns_of(&store.so_far());
    assert_eq!(u64::try_from(stored.height()).expect("few"), begun.stored, "what is done can be looked at");
    let tape = text(&stored, "data", 0).expect("a tape");
    let counted = sweep::counted(&sweep::registry(&store.out), &tape).expect("a registry");
    assert_eq!(counted.runs, begun.stored, "and is counted, though it has not ended");
    let held = std::fs::File::open(store.out.join("work/sweep.json")).expect("what the sweep is");
    held.try_lock().expect("nobody is at it");
    let again = || {
        let (library, stop) = (Library::with_room(1 << 30), AtomicBool::new(false));
        sweep::sweep(&plan, &part, (&store, true), (&library, 1), &stop, &|_| ())
    };
    assert!(again().expect_err("it is held").to_string().contains("another process"));
    drop(held);
    assert!(again().expect("nobody is at it").ended && !store.so_far().exists());
    assert_eq!(u64::try_from(frame(&store).height()).expect("few"), plan.total());
}

/// Parts of one plan on two tapes are no result.
#[test]
fn parts_on_other_data_are_not_merged() {
    let folder = Folder::new("other-data");
    let text = include_str!("../scenarios/bars-30d.toml").replace("bars-30d.parquet", "m.parquet");
    let (market, _) = text.split_once("[expect]").expect("what it expects");
    let plan =
        folder.plan(&format!("{}\n[sweep.over]\nstrategy.ema = [10, 20]\n", market.replace("seed = 1", "runs = 2")));
    let mut parts = Vec::new();
    for (name, seed, part) in [("a", 1, 0..2), ("b", 2, 2..4), ("c", 1, 2..4)] {
        let days = BarOptions { seed, days: 1, ..BarOptions::default() };
        let tape = folder.0.join("m.parquet");
        drop(std::fs::remove_file(&tape));
        data::write(&bars(&days).expect("sound"), &tape).expect("a tape for the test");
        let store = folder.store(name);
        assert!(run(&plan, &part, &store, 1, false, u64::MAX).ended);
        parts.push(store.out);
    }
    let store = folder.store("whole");
    let refused = sweep::merge(&plan, &parts[..2], &store).expect_err("two tapes").to_string();
    assert!(refused.contains("E-SW-008") && refused.contains("the data changed"), "{refused}");
    assert_eq!(sweep::merge(&plan, &[parts[0].clone(), parts[2].clone()], &store).expect("one tape"), 0..4);
}

/// A run counts for the tape it was made on and for no other.
#[test]
fn a_trial_counts_for_its_own_tape() {
    let folder = Folder::new("own-tape");
    for seed in [1, 2] {
        let days = BarOptions { seed, days: 1, ..BarOptions::default() };
        data::write(&bars(&days).expect("sound"), &folder.0.join(format!("{seed}.parquet"))).expect("a tape");
    }
    let text_of = include_str!("../scenarios/bars-30d.toml").replace("bars-30d.parquet", "1.parquet");
    let (market, _) = text_of.split_once("[expect]").expect("what it expects");
    let over = "[sweep.over]\nstrategy.ema = [10, 20, 30]\nmarket.file = [\"1.parquet\", \"2.parquet\"]\n";
    let plan = folder.plan(&format!("{}\n{over}", market.replace("seed = 1", "runs = 2")));
    let store = folder.store("all");
    assert!(run(&plan, &(0..plan.total()), &store, 2, false, u64::MAX).ended);
    let frame = frame(&store);
    for at in [0, 2] {
        let tape = text(&frame, "data", at).expect("a tape");
        let counted = sweep::counted(&sweep::registry(&store.out), &tape).expect("a registry");
        assert_eq!((counted.points, counted.runs), (3, 6), "row {at}");
    }
}
