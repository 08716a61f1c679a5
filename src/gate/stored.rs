//! What a verdict was made from, in a folder: `asked.json`, a line a run in `runs.jsonl` and in a file of each strategy
//! beside it, and `verdict.json`. Judged from the files alone, a verdict is the same bytes again; where a file was
//! changed it is refused.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::assemble::{Asked, Shown, assemble};
use super::pass::{GatePass, NoPass};
use super::run::Run;
use super::verdict::Verdict;
use crate::bad_input::{BadInput, quoted};
use crate::journal::hex;
use crate::market::{Span, Timestamp};
use crate::scenario::Source;
use crate::scenario::criteria::Criteria;

/// Why stored results give no verdict.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// A file is not what it should be.
    #[error(transparent)]
    Bad(Box<BadInput>),
    /// The verdict is no pass.
    #[error(transparent)]
    NoPass(#[from] NoPass),
    /// A file could not be written.
    #[error("{path}: {error}")]
    Write {
        /// Which.
        path: String,
        /// Why.
        error: io::Error,
    },
}

impl From<BadInput> for StoredError {
    fn from(bad: BadInput) -> Self {
        Self::Bad(Box::new(bad))
    }
}

/// A folder of results.
#[derive(Clone, Debug)]
pub struct Stored {
    folder: PathBuf,
}

/// Longest run that is judged.
const DAYS_MAX: u64 = 3_660;
/// The judged strategy's file, among those of the ones beside it.
const RUNS: &str = "runs";
/// What was ever tried in the folder.
const ATTEMPTS: &str = "attempts.jsonl";
/// The long backtest, or nothing.
const EDGE: &str = "edge.json";
/// What the ones beside it begin with.
const BESIDE: &str = "beside-";

impl Stored {
    /// A folder, which need not be there.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// A file of it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes the folder, takes away what would otherwise speak of other runs than those that follow, and writes what is
    /// asked before the first of them.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn begin(&self, asked: &Asked) -> Result<(), StoredError> {
        let failed = |path: &Path, error| StoredError::Write { path: path.display().to_string(), error };
        fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, error))?;
        for name in ["pass.json", "verdict.json", "report.html", "report.md"] {
            let path = self.file(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path, error)),
                Ok(()) | Err(_) => {}
            }
        }
        self.text("asked.json", &plain(asked))
    }

    /// Adds a line to what was ever tried in this folder (gate.md §5.5: every attempt is on record).
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn attempt(&self, line: &serde_json::Value) -> Result<(), StoredError> {
        let path = self.file(ATTEMPTS);
        let open = || fs::OpenOptions::new().create(true).append(true).open(&path);
        let written = open().and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        written.map_err(|error| StoredError::Write { path: path.display().to_string(), error })
    }

    /// Writes what was asked and what came of it.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn write(&self, asked: &Asked, shown: &Shown) -> Result<(), StoredError> {
        let made = fs::create_dir_all(&self.folder);
        made.map_err(|error| StoredError::Write { path: self.folder.display().to_string(), error })?;
        // What stood here of strategies that are no more beside it would be judged with the rest.
        for name in self.beside()? {
            let path = self.file(&format!("{BESIDE}{name}.jsonl"));
            fs::remove_file(&path).map_err(|error| StoredError::Write { path: path.display().to_string(), error })?;
        }
        self.text("asked.json", &plain(asked))?;
        self.lines(RUNS, &shown.runs)?;
        for (name, runs) in &shown.beside {
            self.lines(&format!("{BESIDE}{name}"), runs)?;
        }
        let edge = serde_json::to_string(&shown.edge).expect("plain data");
        self.text(EDGE, &(edge + "\n"))
    }

    /// Writes a text, whole or not at all.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn text(&self, name: &str, text: &str) -> Result<(), StoredError> {
        self.whole(name, |file| file.write_all(text.as_bytes()))
    }

    fn lines(&self, name: &str, runs: &[Run]) -> Result<(), StoredError> {
        self.whole(&format!("{name}.jsonl"), |file| {
            for run in runs {
                serde_json::to_writer(&mut *file, run)?;
                file.write_all(b"\n")?;
            }
            Ok(())
        })
    }

    fn whole(
        &self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<fs::File>) -> io::Result<()>,
    ) -> Result<(), StoredError> {
        let (path, part) = (self.file(name), self.file(&format!("{name}.part")));
        let written = || {
            let mut file = BufWriter::new(fs::File::create(&part)?);
            write(&mut file)?;
            file.flush()?;
            drop(file);
            fs::rename(&part, &path)
        };
        written().map_err(|error| StoredError::Write { path: path.display().to_string(), error })
    }

    /// Names of the strategies beside it, in order.
    fn beside(&self) -> Result<Vec<String>, StoredError> {
        let listed = fs::read_dir(&self.folder);
        let entries = listed.map_err(|_| fault(&self.folder, "a folder that cannot be read", "a folder of results"))?;
        let mut names = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            names.extend(name.strip_prefix(BESIDE).and_then(|name| name.strip_suffix(".jsonl")).map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The verdict of what is stored, judged anew from the files alone.
    ///
    /// # Errors
    /// Where a file is missing or is not what a gate writes.
    pub fn judge(&self) -> Result<Verdict, StoredError> {
        let (asked, criteria, mut hash) = self.asked()?;
        let mut shown = Shown { runs: self.read(RUNS, &mut hash)?, ..Shown::default() };
        for name in self.beside()? {
            let runs = self.read(&format!("{BESIDE}{name}"), &mut hash)?;
            shown.beside.push((name, runs));
        }
        let edge = self.bytes(EDGE)?;
        hash.update(&edge);
        shown.edge = serde_json::from_slice(&edge)
            .map_err(|error| fault(&self.file(EDGE), &error.to_string(), "a backtest as a gate stores it, or null"))?;
        Ok(assemble(&asked, &criteria, &shown, hex(&hash.finalize())))
    }

    /// What was asked, the criteria in force, and a hash that has begun with them.
    fn asked(&self) -> Result<(Asked, Criteria, Sha256), StoredError> {
        let (path, bytes) = (self.file("asked.json"), self.bytes("asked.json")?);
        let mut hash = Sha256::new();
        hash.update(&bytes);
        let asked: Asked = serde_json::from_slice(&bytes)
            .map_err(|error| fault(&path, &error.to_string(), "what `seatrial gate` wrote"))?;
        if asked.days > DAYS_MAX {
            return Err(fault(&path, &format!("{} days", asked.days), "ten years at most").into());
        }
        let criteria = if asked.criteria.is_empty() {
            Criteria::standard()
        } else {
            let source = Source { file: path.display().to_string(), text: asked.criteria.clone() };
            Criteria::parse(&source).map_err(|mut all| StoredError::from(all.remove(0)))?
        };
        if criteria.hash() != asked.bound.criteria && !asked.bound.criteria.is_empty() {
            return Err(fault(&path, "criteria of another hash", "those that were hashed before the first run").into());
        }
        Ok((asked, criteria, hash))
    }

    /// The same, refused unless it is the verdict that stands beside it, byte for byte.
    ///
    /// # Errors
    /// Where anything that was stored has changed since.
    pub fn again(&self) -> Result<Verdict, StoredError> {
        let kept = self.bytes("verdict.json")?;
        let verdict = self.judge()?;
        let path = self.file("verdict.json");
        if document(&verdict).as_bytes() == kept.as_slice() {
            return Ok(verdict);
        }
        let kept: Verdict = serde_json::from_slice(&kept)
            .map_err(|error| fault(&path, &error.to_string(), "the verdict of the results beside it"))?;
        let (found, allowed) = if kept.bound.results == verdict.bound.results {
            (
                format!("a verdict {} that these results do not come to", quoted(&kept.headline)),
                format!("{}, or the results it was made from", quoted(&verdict.headline)),
            )
        } else {
            let short = |hash: &str| hash.get(..16).unwrap_or(hash).to_owned();
            (
                format!("results of hash {}", short(&verdict.bound.results)),
                format!("those of the verdict, {}: a stored number was changed", short(&kept.bound.results)),
            )
        };
        Err(fault(&path, &found, &allowed).into())
    }

    /// The pass of what is stored, judged anew, for a verdict that was made at an instant.
    ///
    /// # Errors
    /// Where the verdict is none, or is not that of the results beside it.
    pub fn pass(&self, made: Timestamp) -> Result<GatePass, StoredError> {
        let verdict = self.again()?;
        let (_, criteria, _) = self.asked()?;
        if !criteria.loosened().is_empty() {
            return Err(NoPass::Loosened.into());
        }
        Ok(GatePass::of(&verdict, made)?)
    }

    /// Until when the pass beside the verdict holds; none where there is none.
    ///
    /// # Errors
    /// Where it is not the pass of what is stored, or of a day that is yet to come.
    pub fn pass_until(&self, now: Timestamp) -> Result<Option<Timestamp>, StoredError> {
        let path = self.file("pass.json");
        let Ok(kept) = fs::read(&path) else { return Ok(None) };
        let refused = |found: &str| fault(&path, found, "the pass of the verdict beside it");
        let kept: serde_json::Value = serde_json::from_slice(&kept).map_err(|error| refused(&error.to_string()))?;
        let until = kept["valid_until"].as_i64().ok_or_else(|| refused("no instant until which it holds"))?;
        let days = i64::try_from(self.asked()?.1.valid_days).unwrap_or(0);
        let made = Timestamp(until.saturating_sub(Span::from_hours(24).times(days).0));
        if made > now {
            return Err(refused("a pass that is made in the future").into());
        }
        if serde_json::to_value(self.pass(made)?).expect("plain data") != kept {
            return Err(refused("another pass").into());
        }
        Ok(Some(Timestamp(until)))
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, StoredError> {
        let path = self.file(name);
        Ok(fs::read(&path)
            .map_err(|_| fault(&path, "a file that cannot be read", "a file of `seatrial gate --out`"))?)
    }

    fn read(&self, name: &str, hash: &mut Sha256) -> Result<Vec<Run>, StoredError> {
        let file = format!("{name}.jsonl");
        let (bytes, path) = (self.bytes(&file)?, self.file(&file));
        // Each file after its name and length: no bytes can move from one into another.
        hash.update(format!("{name} {}\n", bytes.len()).as_bytes());
        hash.update(&bytes);
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let one = |(line, number): (&[u8], u64)| {
            serde_json::from_slice(line).map_err(|error| {
                fault(&path, &error.to_string(), "a run as a gate stores it").at_line(number, 1).into()
            })
        };
        lines.zip(1..).map(one).collect()
    }
}

/// SHA-256 of texts one after another, each after its length, hexadecimal.
pub fn fingerprint<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        let text = text.as_ref();
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hex(&hash.finalize())
}

fn plain(asked: &Asked) -> String {
    serde_json::to_string_pretty(asked).expect("plain data") + "\n"
}

/// A verdict as its file has it.
#[must_use]
pub fn document(verdict: &Verdict) -> String {
    serde_json::to_string_pretty(verdict).expect("plain data") + "\n"
}

fn fault(path: &Path, found: &str, allowed: &str) -> BadInput {
    BadInput::new("E-GT-001", &path.display().to_string(), found, allowed)
}
