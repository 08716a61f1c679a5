//! `seatrial regress`: scenarios against the baseline of their exact results.

mod annotate;
pub mod args;
mod junit;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::over;
use super::check::set_up;
use super::engine::{self, Failure};
use super::exit::Exit;
use super::output::{Output, complain};
use super::places::Places;
use super::text;
use args::Regress;
use seatrial::bad_input::{BadInput, quoted};
use seatrial::regress::{Baseline, Changed, Difference, Kept};
use seatrial::scenario::{Library, Scenario};

/// Bytes that the tapes of a scenario may take; larger ones are streamed.
const ROOM: u64 = 1 << 30;

/// A run, and what became of it.
struct Judged {
    file: PathBuf,
    name: String,
    came: Came,
}

/// How a run stands beside its baseline.
enum Came {
    Same(String),
    /// With what changed, and the line that runs it again.
    Differs {
        figures: Vec<Changed>,
        fills: u64,
        lines: Vec<String>,
        again: String,
    },
    /// It could not be run.
    Refused(String),
}

/// Runs scenarios and compares.
pub fn regress(args: &Regress, places: &Places, output: &mut Output) -> Exit {
    if args.junit.as_ref() == Some(&args.baseline) {
        complain("error: --junit would be written over the baseline; name another file");
        return Exit::Usage;
    }
    let (document, exit) = all(args, places, output).unwrap_or_else(|failure| text::failed(&args.baseline, &failure));
    output.document(&document);
    exit
}

fn all(args: &Regress, places: &Places, output: &mut Output) -> Result<(Value, Exit), Failure> {
    let files = scenarios(&args.scenarios).map_err(bad)?;
    // One that is written for the first time is compared with nothing.
    let fresh = args.update && fs::symlink_metadata(&args.baseline).is_err();
    let empty = || Baseline { reason: String::new(), runs: Vec::new() };
    let baseline = if fresh { empty() } else { Baseline::read(&args.baseline).map_err(bad)? };
    let (mut judged, mut kept, mut exit) = (Vec::new(), Vec::<Kept>::new(), Exit::Fine);
    for file in &files {
        exit = exit.max(of_file(file, (args, places, &baseline), &mut judged, &mut kept, output));
    }
    let known: BTreeSet<_> = kept.iter().map(Kept::key).collect();
    let gone = baseline.runs.iter().filter(|run| !known.contains(&run.key()));
    // What was refused could not be compared: it is not gone.
    let gone: Vec<String> = if exit > Exit::Fine { Vec::new() } else { gone.map(named).collect() };
    for run in &gone {
        output.line(&format!("DIFFERS {run}: in the baseline, and not run"));
    }
    let differing = judged.iter().filter(|run| matches!(run.came, Came::Differs { .. })).count();
    let updated = args.update && exit == Exit::Fine && differing + gone.len() > 0;
    if updated {
        let reason = args.reason.clone().unwrap_or_default();
        Baseline { reason, runs: kept }.write(&args.baseline).map_err(bad)?;
    } else if !args.update && differing + gone.len() > 0 {
        exit = exit.max(Exit::Regression);
    }
    if let Some(path) = &args.junit {
        junit::write(path, &judged, &gone).map_err(bad)?;
    }
    if args.github && !updated {
        for line in annotate::each(&judged, &gone, &args.baseline) {
            complain(&line);
        }
    }
    let shown = text::shown(&text::lossy(&args.baseline));
    output.line(&match (updated, args.update) {
        (true, _) => format!("{shown}: written, with {} runs", judged.len()),
        (false, true) if exit == Exit::Fine => format!("{shown}: nothing differs, nothing was written"),
        (false, true) => format!("{shown}: not written, as not every run could be run"),
        (false, false) => {
            let refused = judged.iter().filter(|run| matches!(run.came, Came::Refused(_))).count();
            format!("{shown}: {} runs, {differing} differ, {refused} refused, {} not run", judged.len(), gone.len())
        }
    });
    Ok((document(args, &judged, &gone, updated), exit))
}

/// Runs one scenario as often as it asks for.
fn of_file(
    file: &Path,
    (args, places, baseline): (&Regress, &Places, &Baseline),
    judged: &mut Vec<Judged>,
    kept: &mut Vec<Kept>,
    output: &mut Output,
) -> Exit {
    let scenario = match Scenario::read_over(file, &over(&args.set)) {
        Ok(scenario) => scenario,
        Err(all) => return refuse(file, &Failure::BadInput(all), judged),
    };
    // All runs of a file share its tapes.
    let library = Library::with_room(ROOM);
    let mut exit = Exit::Fine;
    for run in 0..args.runs.unwrap_or_else(|| scenario.runs()) {
        let ran = set_up(&scenario, places, &library, (None, run))
            .map_err(Failure::BadInput)
            .and_then(|setup| engine::keep(&setup).map(|kept| (setup, kept)));
        let (setup, is) = match ran {
            Ok(ran) => ran,
            Err(failure) => {
                exit = exit.max(refuse(file, &failure, judged));
                continue;
            }
        };
        if kept.iter().any(|other| other.key() == is.key()) {
            let found = format!("the name {} a second time", quoted(&is.scenario));
            let bad = BadInput::new("E-RG-006", &text::lossy(file), found, "scenarios of different names");
            exit = exit.max(refuse(file, &Failure::BadInput(vec![bad]), judged));
            continue;
        }
        let (name, again) = (named(&is), text::rerun(file, &setup, places));
        let came = match baseline.run(is.key()).map(|was| Difference::between(was, &is)) {
            Some(None) => Came::Same(is.figures.get("digest").cloned().unwrap_or_default()),
            Some(Some(difference)) => {
                let mut lines = difference.lines();
                lines.extend(engine::first_record(&setup, &difference));
                Came::Differs { figures: difference.figures, fills: difference.fills, lines, again }
            }
            None => {
                let lines = vec!["not in the baseline".to_owned()];
                Came::Differs { figures: Vec::new(), fills: is.fills.len() as u64, lines, again }
            }
        };
        let run = Judged { file: file.to_owned(), name, came };
        run.lines().iter().for_each(|line| output.line(line));
        judged.push(run);
        kept.push(is);
    }
    exit
}

fn refuse(file: &Path, failure: &Failure, judged: &mut Vec<Judged>) -> Exit {
    let (document, exit) = text::failed(file, failure);
    let name = text::shown(&text::lossy(file));
    judged.push(Judged { file: file.to_owned(), name, came: Came::Refused(document.to_string()) });
    exit
}

impl Judged {
    fn lines(&self) -> Vec<String> {
        match &self.came {
            Came::Same(digest) => vec![format!("ok      {}  digest {digest}", self.name)],
            Came::Refused(_) => vec![format!("REFUSED {}", self.name)],
            Came::Differs { lines, again, .. } => {
                let mut all = vec![format!("DIFFERS {}", self.name)];
                all.extend(lines.iter().map(|line| format!("  {line}")));
                all.push(format!("  again: {again}"));
                all
            }
        }
    }

    fn document(&self) -> Value {
        let (file, run) = (text::lossy(&self.file), &self.name);
        match &self.came {
            Came::Same(digest) => json!({ "file": file, "run": run, "same": true, "digest": digest }),
            Came::Refused(why) => json!({ "file": file, "run": run, "same": false, "refused": why }),
            Came::Differs { figures, fills, lines, again } => {
                let figures: Vec<Value> = figures.iter().map(figure).collect();
                json!({
                    "file": file, "run": run, "same": false, "figures": figures, "fills_differing": fills,
                    "lines": lines, "rerun": again,
                })
            }
        }
    }
}

fn figure(changed: &Changed) -> Value {
    let Changed { name, was, is, by } = changed;
    json!({ "name": name, "was": was, "is": is, "by": by.map(|by| by.to_string()) })
}

fn document(args: &Regress, judged: &[Judged], gone: &[String], updated: bool) -> Value {
    let runs: Vec<Value> = judged.iter().map(Judged::document).collect();
    json!({ "baseline": text::lossy(&args.baseline), "updated": updated, "not_run": gone, "runs": runs })
}

fn named(kept: &Kept) -> String {
    format!("{}, seed {}, run {}", text::shown(&kept.scenario), kept.seed, kept.run)
}

fn bad(bad: BadInput) -> Failure {
    Failure::BadInput(vec![bad])
}

/// The files that were named, and those of folders by their names.
fn scenarios(named: &[PathBuf]) -> Result<Vec<PathBuf>, BadInput> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        let mut found = Vec::new();
        below(path, &mut found)?;
        found.sort();
        files.extend(found);
        if files.len() == before {
            let file = text::lossy(path);
            return Err(BadInput::new("E-RG-007", &file, "a folder without scenarios", "a folder with .toml files"));
        }
    }
    Ok(files)
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), BadInput> {
    let refuse = |error: std::io::Error| {
        BadInput::new("E-RG-007", &text::lossy(folder), error.to_string(), "a folder that can be read")
    };
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(refuse)?);
        if kind.is_dir() {
            below(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    Ok(())
}
