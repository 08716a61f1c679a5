//! Sweeps over months that each run draws: runs of one number meet one month at every point, and rows say from
//! which recorded days it came. To repeat: `cargo test --test sweep_months`.
#![cfg(feature = "batch")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use polars::prelude::{DataFrame, ParquetReader, SerReader};
use seatrial::data;
use seatrial::data::synth::{BarOptions, bars};
use seatrial::scenario::{Library, Over};
use seatrial::sweep::{self, Plan, Store};

/// The runs of the shipped scenario with another market, at two points.
fn swept(folder: &Path, market: &str) -> DataFrame {
    let text = include_str!("../scenarios/months.toml");
    let (before, rest) = text.split_once("[market]").expect("a market");
    let (_, after) = rest.split_once("[instrument").expect("an instrument");
    let over = "[sweep.over]\nstrategy.size = [\"500\", \"700\"]\n";
    let path = folder.join("months.toml");
    std::fs::write(&path, format!("{before}[market]\n{market}\n[instrument{after}{over}"))
        .expect("a file for the test");
    let plan = Plan::read(&path, &Over::default(), Some(3)).unwrap_or_else(|all| panic!("{all:?}"));
    let store = Store {
        out: folder.join("out"),
        command: String::new(),
        data_root: folder.to_path_buf(),
        cache: folder.join("cache"),
        places: String::new(),
        details: Vec::new(),
    };
    let stop = AtomicBool::new(false);
    let swept = sweep::sweep(&plan, &(0..6), (&store, false), (&Library::with_room(1 << 28), 2), &stop, &|_| ());
    assert!(swept.expect("it can be stored").ended);
    let file = std::fs::File::open(store.out.join("runs.parquet")).expect("the result");
    ParquetReader::new(file).finish().expect("Parquet")
}

fn texts(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    let column = frame.column(column).expect("a column").str().expect("of text").clone();
    column.iter().map(|text| text.map(str::to_owned)).collect()
}

fn folder(test: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("seatrial-{test}-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&path));
    std::fs::create_dir_all(&path).expect("a folder for the test");
    path
}

#[test]
fn rows_say_which_days_a_run_met() {
    let folder = folder("resampled");
    let recorded = bars(&BarOptions { days: 5, ..BarOptions::default() }).expect("sound options");
    data::write(&recorded, &folder.join("five.parquet")).expect("a file for the test");
    let market = "source = \"resampled\"\nfile = \"five.parquet\"\ndays = 2\nblock = 1";
    let frame = swept(&folder, market);
    assert_eq!(texts(&frame, "error"), vec![None; 6]);
    assert_eq!(texts(&frame, "data"), vec![Some(recorded.hash.to_string()); 6], "trials on one recording");
    let days = texts(&frame, "data_days");
    assert_eq!(days[..3], days[3..], "points meet the same days in runs of the same number");
    assert_eq!(days.iter().collect::<BTreeSet<_>>().len(), 3, "runs meet days of their own: {days:?}");
    let of_the_recording =
        |day: &str| ["01", "02", "03", "04", "05"].map(|n| format!("2024-01-{n}")).contains(&day.to_owned());
    assert!(days.iter().flatten().all(|days| days.split(' ').count() == 2 && days.split(' ').all(of_the_recording)));
    std::fs::remove_dir_all(&folder).expect("the test's own folder");
}

#[test]
fn synthetic_months_are_trials_on_one_model() {
    let folder = folder("synthetic");
    let frame = swept(&folder, "source = \"synthetic\"\nmodel = \"mixed\"\ndays = 1\nprice = \"30000\"");
    assert_eq!(texts(&frame, "error"), vec![None; 6]);
    assert_eq!(texts(&frame, "data").into_iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(texts(&frame, "data_days"), vec![None; 6]);
    assert_eq!(texts(&frame, "digest").into_iter().collect::<BTreeSet<_>>().len(), 6);
    std::fs::remove_dir_all(&folder).expect("the test's own folder");
}
