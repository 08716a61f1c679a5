//! The file of a baseline: JSON lines, one fill a line, so that a change can be reviewed.
//!
//! ```text
//! {"baseline":{"format":1,"reason":"why it is as it is","runs":2}}
//! {"run":{"scenario":"first-trial","seed":1,"run":0,"figures":{…},"trail":{…},"fills":40}}
//! {"fill":{"at_ns":…,"order":12,"execution":"E000000000007",…}}
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::kept::{Kept, KeptFill};
use super::trail::Trail;
use crate::bad_input::{BadInput, quoted};

/// Of the file.
const FORMAT: u32 = 1;

/// What is not a baseline.
const UNREADABLE: &str = "E-RG-001";
const UNWRITABLE: &str = "E-RG-002";
const NO_LINE: &str = "E-RG-003";
const NOT_WHOLE: &str = "E-RG-004";
const TWICE: &str = "E-RG-005";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Baseline(Head),
    Run(RunHead),
    Fill(KeptFill),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: u32,
    reason: String,
    runs: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunHead {
    scenario: String,
    seed: u64,
    run: u64,
    figures: BTreeMap<String, String>,
    trail: Trail,
    fills: u64,
}

/// Runs, as they are to stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Baseline {
    /// Why it is as it is, in the words of whoever wrote it.
    pub reason: String,
    /// The runs.
    pub runs: Vec<Kept>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// A file that cannot be read, a line that is none of a baseline's, fewer or more lines than are promised, and a
    /// run that is there twice.
    pub fn read(path: &Path) -> Result<Self, BadInput> {
        let file = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|error| BadInput::new(UNREADABLE, &file, error.to_string(), "a baseline that can be read"))?;
        Self::parse(&file, &text)
    }

    /// Reads the text of a baseline; `file` is named in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, BadInput> {
        let mut lines = (1..).zip(text.lines()).map(|(number, text)| line(file, number, text));
        let wrong = |number, found: String, allowed: &str| {
            Err(BadInput::new(NOT_WHOLE, file, found, allowed).at_line(number, 1))
        };
        let Some(first) = lines.next() else { return wrong(1, "nothing".to_owned(), "a line that says `baseline`") };
        let Line::Baseline(Head { format: FORMAT, reason, runs: promised }) = first?.1 else {
            return wrong(1, "something else".to_owned(), "a baseline of format 1");
        };
        let (mut runs, mut awaited) = (Vec::<Kept>::new(), 0);
        for line in lines {
            let (number, line) = line?;
            match (line, awaited) {
                (Line::Run(head), 0) => {
                    if !head.trail.is_sound() {
                        return wrong(number, "a trail that no run leaves".to_owned(), "the trail as it was written");
                    }
                    awaited = head.fills;
                    let RunHead { scenario, seed, run, figures, trail, .. } = head;
                    let kept = Kept { scenario, seed, run, figures, trail, fills: Vec::new() };
                    if runs.iter().any(|other| other.key() == kept.key()) {
                        let found = format!("{}, seed {seed}, run {run} a second time", quoted(&kept.scenario));
                        return Err(BadInput::new(TWICE, file, found, "each run once").at_line(number, 1));
                    }
                    runs.push(kept);
                }
                (Line::Fill(fill), 1..) => {
                    awaited -= 1;
                    runs.last_mut().expect("a run awaits its fills").fills.push(fill);
                }
                (Line::Baseline(_), _) => return wrong(number, "a second head".to_owned(), "a run or a fill"),
                (Line::Run(_), _) => return wrong(number, "a run".to_owned(), "a fill: the run before has more"),
                (Line::Fill(_), _) => return wrong(number, "a fill".to_owned(), "a run: the run before has no more"),
            }
        }
        let end = text.lines().count() as u64;
        if awaited > 0 || runs.len() as u64 != promised {
            let found = format!("{} runs, and {awaited} fills to come", runs.len());
            return wrong(end, found, &format!("{promised} runs with all their fills"));
        }
        Ok(Self { reason, runs })
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        let head = Line::Baseline(Head { format: FORMAT, reason: self.reason.clone(), runs: self.runs.len() as u64 });
        let mut lines = vec![head];
        for kept in &self.runs {
            let Kept { scenario, seed, run, figures, trail, fills } = kept.clone();
            lines.push(Line::Run(RunHead { scenario, seed, run, figures, trail, fills: fills.len() as u64 }));
            lines.extend(fills.into_iter().map(Line::Fill));
        }
        let written = |line: &Line| serde_json::to_string(line).expect("plain values can be written down") + "\n";
        lines.iter().map(written).collect()
    }

    /// Writes it beside its place and renames it into it: what was there stays until all of it is on the disk.
    pub fn write(&self, path: &Path) -> Result<(), BadInput> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = Path::new(&beside);
        let written = fs::File::create(beside)
            .and_then(|mut file| file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(beside, path));
        written.map_err(|error| {
            // What could not be written whole is of no use to anybody.
            let _ = fs::remove_file(beside);
            let found = error.to_string();
            BadInput::new(UNWRITABLE, &path.display().to_string(), found, "a place where a file can be written")
        })
    }

    /// The run of a key.
    #[must_use]
    pub fn run(&self, key: (&str, u64, u64)) -> Option<&Kept> {
        self.runs.iter().find(|kept| kept.key() == key)
    }
}

fn line(file: &str, number: u64, text: &str) -> Result<(u64, Line), BadInput> {
    let read = serde_json::from_str(text).map(|line| (number, line));
    read.map_err(|error| {
        let column = u64::try_from(error.column()).unwrap_or_default().max(1);
        let bad = BadInput::new(NO_LINE, file, quoted(text), "a line of a baseline").at_line(number, column);
        bad.hint(error.to_string())
    })
}
