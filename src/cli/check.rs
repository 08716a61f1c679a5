//! `seatrial check`: everything that can be said of a scenario without running it.

use std::path::Path;

use serde_json::{Value, json};

use super::args::{Check, over};
use super::exit::Exit;
use super::output::{Output, complain_all};
use super::places::Places;
use super::{engine, text};
use seatrial::bad_input::BadInput;
use seatrial::scenario::{Library, Over, Scenario};
use seatrial::sim::setup::Setup;

/// Checks every scenario named.
pub fn check(args: &Check, places: &Places, output: &mut Output) -> Exit {
    let mut exit = Exit::Fine;
    let mut documents = Vec::new();
    let over = over(&args.set);
    for path in &args.scenarios {
        let (document, end) = one(path, places, &over, output);
        documents.push(document);
        exit = exit.max(end);
    }
    output.document(&text::one_or_many(documents, args.scenarios.len()));
    exit
}

fn one(path: &Path, places: &Places, over: &Over, output: &mut Output) -> (Value, Exit) {
    match open(path, places, over, (None, 0)) {
        Ok((_, setup)) => {
            output.line(&format!("{}: sound", text::shown(&text::lossy(path))));
            for line in text::assumptions(&setup) {
                output.line(&format!("  {line}"));
            }
            (json!({ "scenario": setup.name, "file": text::lossy(path), "sound": true }), Exit::Fine)
        }
        Err(all) => {
            complain_all(&all);
            (text::refused(path, &all), Exit::BadInput)
        }
    }
}

/// Reads a scenario, opens its data and checks its strategy: what `run` and `check` share.
pub fn open(
    path: &Path,
    places: &Places,
    over: &Over,
    (seed, run): (Option<u64>, u64),
) -> Result<(Scenario, Setup), Vec<BadInput>> {
    let scenario = Scenario::read_over(path, over)?;
    let setup = set_up(&scenario, places, &Library::none(), (seed, run))?;
    Ok((scenario, setup))
}

/// Opens the data of a scenario that was read, and checks its strategy.
pub fn set_up(
    scenario: &Scenario,
    places: &Places,
    library: &Library,
    of: (Option<u64>, u64),
) -> Result<Setup, Vec<BadInput>> {
    let setup = scenario.setup_from(library, &places.data_root, &places.cache, of)?;
    engine::check_strategy(&setup).map_err(|wrong| vec![scenario.bad_parameter(&wrong)])?;
    Ok(setup)
}
