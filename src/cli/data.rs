//! `seatrial data`: market data in and out.

use std::path::Path;

use serde::Serialize;

use super::args::{Data, DataCommand, Import, Known, Look};
use super::engine::Failure;
use super::exit::Exit;
use super::output::{Output, complain};
use super::text;
use seatrial::bad_input::BadInput;
use seatrial::data::{self, Format, ImportOptions, Info, Tape};

/// Carries out a command on market data.
pub fn data(args: &Data, output: &mut Output) -> Exit {
    match &args.command {
        DataCommand::Import(import) => told(bring_in(import), &import.file, output),
        DataCommand::Info(look) => told(data::info(&look.file, &options(&look.known)), &look.file, output),
        DataCommand::Check(look) => check(look, output),
    }
}

/// Imports a file, writes its tape, and says what the tape holds.
fn bring_in(import: &Import) -> Result<Info, BadInput> {
    let tape = data::import(&import.file, &options(&import.known))?;
    write(&tape, &import.out)?;
    Ok(Info::of(text::lossy(&import.out), Format::Parquet, &tape))
}

#[cfg(feature = "batch")]
fn write(tape: &Tape, out: &Path) -> Result<(), BadInput> {
    data::write(tape, out)
}

#[cfg(not(feature = "batch"))]
fn write(_tape: &Tape, out: &Path) -> Result<(), BadInput> {
    let found = "a wish for Parquet, which this build does not write";
    Err(BadInput::new("E-MD-078", &text::lossy(out), found, "a build with the feature `batch`"))
}

fn check(look: &Look, output: &mut Output) -> Exit {
    let report = data::check(&look.file, &options(&look.known));
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

fn document(of: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(of).expect("plain data is JSON")
}

fn options(known: &Known) -> ImportOptions {
    ImportOptions { symbol: known.symbol.clone(), tick: known.tick, lot: known.lot }
}
