//! `seatrial replay`: the trader of a journal, again.
//!
//! The journal says which scenario it was made from, with its whole text, its seed and its run, and
//! names its tapes by hash; another tape under the same name is refused. Of a torn one it compares what
//! is there, and says where that ends.

use serde_json::json;

use super::args::Replay;
use super::engine::{self, Failure};
use super::exit::Exit;
use super::output::Output;
use super::places::Places;
use super::text;
use seatrial::bad_input::{BadInput, quoted};
use seatrial::journal::{self, Cut, JournalFile};
use seatrial::scenario::{Scenario, Source};
use seatrial::sim::setup::Setup;

/// Replays a journal.
pub fn replay(args: &Replay, places: &Places, output: &mut Output) -> Exit {
    let (document, exit) = one(args, places, output).unwrap_or_else(|failure| text::failed(&args.journal, &failure));
    output.document(&document);
    exit
}

fn one(args: &Replay, places: &Places, output: &mut Output) -> Result<(serde_json::Value, Exit), Failure> {
    let path = &args.journal;
    let journal = journal::open(path, args.torn).map_err(Failure::Journal)?;
    let setup = setup(&journal, places).map_err(Failure::BadInput)?;
    let replayed = engine::replay(&setup, &journal.records)?;
    let (file, parity) = (text::shown(&text::lossy(path)), &replayed.parity);
    let inputs = format!("{} events and {} market deliveries", parity.events, parity.deliveries);
    output.line(&match &replayed.difference {
        None => format!("{file}: {} actions identical over {inputs}", parity.identical),
        Some(difference) => format!("{file}: differs after {} identical actions\n{difference}", parity.identical),
    });
    if let Some(cut) = &journal.cut {
        output.line(&format!("  torn        {}", torn(cut, parity.unrecorded)));
    }
    let equal = replayed.difference.is_none();
    let torn = journal.cut.map(|cut| {
        json!({ "last_record": cut.last_good, "bytes_given_up": cut.bytes, "actions_unrecorded": parity.unrecorded })
    });
    let document = json!({
        "file": text::lossy(path), "identical": parity.identical, "events": parity.events,
        "deliveries": parity.deliveries, "equal": equal, "difference": replayed.difference, "torn": torn,
    });
    Ok((document, if equal { Exit::Fine } else { Exit::Breach }))
}

/// Where a torn journal ends, and what of its last step it does not hold.
fn torn(cut: &Cut, unrecorded: u64) -> String {
    let step = match unrecorded {
        0 => "its last step is whole".to_owned(),
        1 => "its last step is incomplete: 1 action of it is not recorded".to_owned(),
        many => format!("its last step is incomplete: {many} actions of it are not recorded"),
    };
    format!("after record {}, {} bytes given up; {step}", cut.last_good, cut.bytes)
}

/// The setup a journal was made from.
fn setup(journal: &JournalFile, places: &Places) -> Result<Setup, Vec<BadInput>> {
    let header = &journal.header;
    let source = Source { file: header.scenario.path.clone(), text: header.scenario.text.clone() };
    let scenario = Scenario::parse(source, &header.scenario.name)?;
    let setup = scenario.setup(&places.data_root, &places.cache, Some(header.seed), header.run)?;
    let tapes: Vec<String> = setup.tapes.iter().map(|market| market.tape.hash.to_string()).collect();
    let named: Vec<&str> = header.tapes.iter().map(|tape| tape.hash.as_str()).collect();
    if tapes != named {
        let found = format!("tapes {}", quoted(&tapes.join(" ")));
        let allowed = format!("the tapes it was made on: {}", named.join(" "));
        let bad = BadInput::new("E-SC-016", &journal.name, found, allowed).field("header.tapes");
        return Err(vec![bad.hint("--data-root DIR names the folder with the data of that run")]);
    }
    Ok(setup)
}
