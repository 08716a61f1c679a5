//! `seatrial data`: market data in and out.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{
    Calibrate, Data, DataCommand, Export, ExportFormat, Import, Known, Look, Synth, SynthKind, SynthMarket,
};
use super::engine::Failure;
use super::exit::Exit;
use super::months;
use super::output::{Output, complain};
use super::text;
use seatrial::bad_input::BadInput;
use seatrial::data::synth::{self, BarOptions, L2Options};
use seatrial::data::{self, Format, ImportOptions, Info, Tape};
use seatrial::scenario;
use seatrial::sim::{self, Calibration};

/// Carries out a command on market data.
pub fn data(args: &Data, output: &mut Output) -> Exit {
    match &args.command {
        DataCommand::Import(import) => told(bring_in(import), &import.file, output),
        DataCommand::Export(export) => told(send_out(export), &export.look.file, output),
        DataCommand::Synth(Synth { kind }) => told(make_up(kind), out_of(kind), output),
        DataCommand::Info(look) => told(look_into(look), &look.file, output),
        DataCommand::Check(look) => check(look, output),
        DataCommand::Calibrate(Calibrate { look, seed }) => told(calibrate(look, *seed), &look.file, output),
        DataCommand::Moments(args) => told(months::moments(args), months::first(&args.files), output),
        DataCommand::Fit(args) => told(months::fitted(args), months::first(&args.files), output),
    }
}

/// Imports a file, writes its tape, and says what the tape holds.
#[cfg(feature = "batch")]
fn bring_in(import: &Import) -> Result<Info, BadInput> {
    let info = data::import_into(&import.file, &options(&import.known)?, &import.out)?;
    Ok(Info { file: text::lossy(&import.out), ..info })
}

#[cfg(not(feature = "batch"))]
fn bring_in(import: &Import) -> Result<Info, BadInput> {
    may_write(&import.out, Some(&import.file))?;
    data::import(&import.file, &options(&import.known)?)
        .map(|tape| Info::of(text::lossy(&import.out), Format::Parquet, &tape))
}

/// Writes a tape for another program.
fn send_out(export: &Export) -> Result<Exported, BadInput> {
    let ExportFormat::Hftbacktest = export.format;
    let tape = data::import(&export.look.file, &options(&export.look.known)?)?;
    let events = data::write_npz(tape, &export.out)?;
    Ok(Exported { file: text::lossy(&export.out), events })
}

/// What was written for another program.
#[derive(Serialize)]
struct Exported {
    file: String,
    events: u64,
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} events", self.file, self.events)
    }
}

/// Makes a market up, writes its tape, and says what the tape holds.
fn make_up(kind: &SynthKind) -> Result<Info, BadInput> {
    let out = out_of(kind);
    may_write(out, None)?;
    let tape = match kind {
        SynthKind::L2 { minutes, market } => {
            let SynthMarket { seed, symbol, start, price, tick, lot, .. } = market;
            let (seed, minutes, start) = (*seed, *minutes, *start);
            let (symbol, price, tick, lot) = (symbol.clone(), *price, *tick, *lot);
            synth::l2(&L2Options { seed, minutes, symbol, start, price, tick, lot })?
        }
        SynthKind::Bars { days, market } => {
            let SynthMarket { seed, symbol, start, price, tick, lot, .. } = market;
            let (seed, days, start) = (*seed, *days, *start);
            let (symbol, price, tick, lot) = (symbol.clone(), *price, *tick, *lot);
            synth::bars(&BarOptions { seed, days, symbol, start, price, tick, lot })?
        }
    };
    write(&tape, out)?;
    Ok(Info::of(text::lossy(out), Format::Parquet, &tape))
}

const fn out_of(kind: &SynthKind) -> &PathBuf {
    let (SynthKind::L2 { market, .. } | SynthKind::Bars { market, .. }) = kind;
    &market.out
}

#[cfg(feature = "batch")]
fn write(tape: &Tape, out: &Path) -> Result<(), BadInput> {
    data::write(tape, out)
}

/// Asked before the work, so that nobody waits for a refusal.
#[cfg(feature = "batch")]
fn may_write(out: &Path, source: Option<&Path>) -> Result<(), BadInput> {
    data::may_write(out, source)
}

#[cfg(not(feature = "batch"))]
fn write(_tape: &Tape, out: &Path) -> Result<(), BadInput> {
    may_write(out, None)
}

#[cfg(not(feature = "batch"))]
fn may_write(out: &Path, _source: Option<&Path>) -> Result<(), BadInput> {
    let found = "a wish for Parquet, which this build does not write";
    Err(BadInput::new("E-MD-078", &text::lossy(out), found, "a build with the feature `batch`"))
}

fn look_into(look: &Look) -> Result<Contents, BadInput> {
    data::info(&look.file, &options(&look.known)?).map(Contents)
}

/// Agents whose market looks like a recorded one.
fn calibrate(look: &Look, seed: u64) -> Result<Calibration, BadInput> {
    let tape = data::import(&look.file, &options(&look.known)?)?;
    sim::calibrate(&tape, seed).map_err(|shapeless| {
        let allowed = "a recording of the touch and of trades over some minutes";
        BadInput::new("E-MD-079", &text::lossy(&look.file), shapeless.to_string(), allowed)
    })
}

fn check(look: &Look, output: &mut Output) -> Exit {
    let options = match options(&look.known) {
        Ok(options) => options,
        Err(bad) => return told(Err::<Contents, _>(bad), &look.file, output),
    };
    let report = data::check(&look.file, &options);
    output.line(&report.to_string());
    output.document(&document(&report));
    if report.usable {
        return Exit::Fine;
    }
    complain(&format!("{}: not usable, {} findings", report.file, report.total()));
    Exit::BadInput
}

/// Prints what was found, or complains.
fn told<T: Serialize + ToString>(found: Result<T, BadInput>, file: &Path, output: &mut Output) -> Exit {
    match found {
        Ok(found) => {
            output.line(&found.to_string());
            output.document(&document(&found));
            Exit::Fine
        }
        Err(bad) => {
            let (refusal, exit) = text::failed(file, &Failure::BadInput(vec![bad]));
            output.document(&refusal);
            exit
        }
    }
}

/// What a file holds: one document where it holds one instrument, otherwise a list.
struct Contents(Vec<Info>);

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(Info::to_string).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl Serialize for Contents {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

fn document(of: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(of).expect("plain data is JSON")
}

fn options(known: &Known) -> Result<ImportOptions, BadInput> {
    Ok(ImportOptions {
        symbol: known.symbol.clone(),
        tick: known.tick,
        lot: known.lot,
        member: known.member.clone(),
        mapping: known.mapping.as_deref().map(scenario::mapping).transpose()?,
        date: known.date.clone(),
        levels: known.levels,
        bars: known.bars,
        spill: Some(std::env::temp_dir()),
    })
}
