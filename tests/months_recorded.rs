//! Recorded months of `../shared/data/binance-klines-1m` beside the months of a model fitted to them.
//!
//! Each recorded month must be one that its own model could have made: its moments lie where all but the
//! outermost two hundredths of the model's months lie, on either side. The shipped models are what
//! `seatrial data fit` makes of the four months they are named after; that is looked at where it is asked for.
#![cfg(feature = "simulator")]

use std::path::Path;

use rust_decimal::Decimal;
use seatrial::data::synth::DEFAULT_START;
use seatrial::data::synth::months::{Band, MOMENTS, Moments, MonthModel, MonthOptions, Months, Preset, fit, month};
use seatrial::data::{ImportOptions, Tape, import};

const FOLDER: &str = "../shared/data/binance-klines-1m";
const HELD: [&str; 6] = ["volatility", "kurtosis_1m", "acf_1", "acf_60", "gap_share", "range_to_move"];
const MONTHS: u64 = 40;
/// The files the shipped models were fitted to, by their SHA-256.
const SHIPPED: [(&str, Preset); 4] = [
    ("e9a40d2ceee1a7b020329268b456d0e0d5742d1d2f9cc6b1c65e8601ea734140", Preset::Crash),
    ("68f4cb70c3e259d84bfdc54ccff525874952ab78a889bd2557eb2b490439f8ae", Preset::Bull),
    ("b5becbbb28a5e207f9aed0edcb73ef6c25d7f7193f32a9237f0b9cc82696d968", Preset::Quiet),
    ("98275e0af398769b34a9b0e695cf41c00746c8640fdad024d3cad3eaaea9c8e2", Preset::Bear),
];

fn months_of(model: &MonthModel) -> Vec<Moments> {
    let one = |run| {
        let options = MonthOptions::usual(Months::Own(Box::new(model.clone())), 1, run);
        Moments::of(month(&options).expect("sound options").bars()).expect("a month moves")
    };
    (0..MONTHS).map(one).collect()
}

fn outside(name: &str, tape: &Tape, model: &MonthModel) -> Vec<String> {
    let recorded = Moments::of(tape.bars()).expect("a month moves");
    let made = months_of(model);
    let line = |(moment, of, _): &(&str, fn(&Moments) -> f64, usize)| {
        let band = Band::of(made.iter().map(of).collect(), 0.02).expect("forty months");
        let value = of(&recorded);
        println!("{name}: {moment} {value:.5} of {:.5} .. {:.5} .. {:.5}", band.low, band.median, band.high);
        (HELD.contains(moment) && !band.holds(value)).then(|| format!("{name}: {moment} {value} outside {band:?}"))
    };
    MOMENTS.iter().filter_map(line).collect()
}

/// Recorded months by name, with the shipped model of those that have one; none where the folder is not there.
fn recorded() -> Vec<(String, Tape, Option<Preset>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {FOLDER} is not there");
        return Vec::new();
    };
    let mut months = Vec::new();
    for entry in entries {
        let path = entry.expect("the folder can be listed").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.contains("_1m_") {
            let tape = import(&path, &ImportOptions::default()).expect("a recorded month");
            let shipped = SHIPPED.iter().find(|(sha, _)| *sha == tape.provenance.source_sha256);
            months.push((name, tape, shipped.map(|(_, preset)| *preset)));
        }
    }
    months
}

/// A month that no shipped model is named after is fitted first.
#[test]
fn recorded_months_could_have_been_made() {
    let mut complaints = Vec::new();
    for (name, tape, shipped) in recorded() {
        let model = shipped.map_or_else(|| fit(&[&tape]).expect("a month moves"), Preset::model);
        complaints.extend(outside(&name, &tape, &model));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Eighty months are made for each fit: minutes of a debug build.
#[test]
#[ignore = "cargo test --release --test months_recorded -- --ignored"]
fn shipped_models_are_what_a_fit_writes() {
    for (name, tape, shipped) in recorded() {
        let fitted = fit(&[&tape]).expect("a month moves");
        assert!(shipped.is_none_or(|preset| preset.model() == fitted), "{name}: seatrial data fit");
    }
}

/// Short recordings are fitted together, and what is written is read again.
#[test]
fn a_fit_of_two_recordings_is_sound() {
    let made = |run| {
        let months = Months::Preset(Preset::Quiet);
        let (seed, part, days) = (9, 0, 3);
        let (price, tick, lot) = (Decimal::from(30_000), Decimal::new(1, 2), Decimal::new(1, 5));
        let symbol = String::new();
        month(&MonthOptions {
            months,
            reversal: None,
            seed,
            run,
            part,
            days,
            symbol,
            start: DEFAULT_START,
            price,
            tick,
            lot,
        })
    };
    let tapes = [made(0).expect("sound options"), made(1).expect("sound options")];
    let model = fit(&[&tapes[0], &tapes[1]]).expect("they move");
    let lines = model.to_string();
    let read = lines.lines().filter_map(|line| line.split_once(" = ")).map(|(name, list)| {
        let numbers = list.trim_matches(['[', ']']).split(", ").map(|number| number.trim_matches('"').to_owned());
        (name.to_owned(), numbers.collect::<Vec<String>>())
    });
    assert_eq!(MonthModel::read("m.toml", &read.collect()).expect("what a fit writes"), model);
    assert!(fit(&[]).is_none());
}
