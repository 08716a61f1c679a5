//! A sweep's folder, and the sweep itself: who runs what, and what is left when it ends.
//!
//! ```text
//! OUT/runs.parquet     one row per run: the result
//! OUT/timing.parquet   how long each took: never the same twice
//! OUT/so-far.parquet   the runs of a sweep that was interrupted; gone once it has ended
//! OUT/work/            pieces of a sweep that has not ended; --resume goes on from them
//! ```

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::details::{self, Detail};
use super::identity::{identity, keys, read_part};
use super::plan::Plan;
use super::run::{Row, Runner};
use super::{frame, pieces, tapes, trials};
use crate::bad_input::BadInput;
use crate::scenario::Library;

/// How long the runs of a piece should take together: what a killed sweep loses of each thread.
const PIECE: Duration = Duration::from_secs(2);
/// The most runs of a piece.
const PIECE_MAX: u64 = 1_024;

/// Why a sweep could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// What we were given is wrong.
    #[error("{0}")]
    BadInput(Box<BadInput>),
    /// A thread could not be had, or a frame not be made.
    #[error("{0}")]
    Internal(String),
}

impl From<BadInput> for SweepError {
    fn from(bad: BadInput) -> Self {
        Self::BadInput(Box::new(bad))
    }
}

/// Which numbers of a plan are run, the last one not.
pub type Part = Range<u64>;
/// Who is told of runs that ended, in no order.
pub type Progress<'a> = &'a (dyn Fn(&Row) + Sync);

/// Where a sweep's results are, and what they say of where they come from.
#[derive(Clone, Debug)]
pub struct Store {
    /// The folder.
    pub out: PathBuf,
    /// The command, without what does not change the result.
    pub command: String,
    /// Where data is and imported data may be kept.
    pub data_root: PathBuf,
    /// Where imported data may be kept.
    pub cache: PathBuf,
    /// What a line that runs one run again ends with.
    pub places: String,
    /// Which tables are stored besides the runs themselves.
    pub details: Vec<Detail>,
}

/// What a sweep came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Swept {
    /// Runs that are stored, of those asked for.
    pub stored: u64,
    /// Runs that were made now.
    pub ran: u64,
    /// Whether all are there, and the result with them.
    pub ended: bool,
}

impl Store {
    fn runs(&self) -> PathBuf {
        self.out.join("runs.parquet")
    }

    /// The runs of a sweep that was interrupted: there until it has ended.
    #[must_use]
    pub fn so_far(&self) -> PathBuf {
        self.out.join("so-far.parquet")
    }

    /// The kinds of files, the runs last: they are there once all others are.
    fn kinds(&self) -> Vec<&'static str> {
        let details = self.details.iter().map(|detail| detail.name());
        ["timing"].into_iter().chain(details).chain(["runs"]).collect()
    }

    fn work(&self) -> PathBuf {
        self.out.join("work")
    }

    fn fault(&self, found: &str, allowed: &str) -> BadInput {
        BadInput::new("E-SW-001", &self.out.display().to_string(), found, allowed)
    }

    /// Makes sure that what is there is ours, and says which numbers are missing.
    fn begin(&self, plan: &Plan, part: &Part, resume: bool) -> Result<Vec<Part>, BadInput> {
        let identity = identity(plan, part, &self.details);
        if self.runs().exists() {
            let keys = pieces::keys(&self.runs())?;
            let same = identity.iter().all(|pair| keys.contains(pair));
            return match (same, resume) {
                (true, true) => Ok(Vec::new()),
                (true, false) => Err(self.fault("these runs, there already", "--resume, or another --out")),
                (false, _) => Err(self.fault(
                    "the runs of another sweep",
                    "a folder of its own: --out DIR; --details too must be the same",
                )),
            };
        }
        let (work, told) = (self.work(), self.work().join("sweep.json"));
        let text = serde_json::to_string_pretty(&identity).expect("pairs of text are JSON");
        if work.exists() {
            let same = fs::read_to_string(&told).is_ok_and(|found| found == text);
            match (same, resume) {
                (true, true) => {}
                (true, false) => return Err(self.fault("a sweep that has not ended", "--resume, or another --out")),
                (false, _) => {
                    return Err(self.fault(
                        "another sweep that has not ended",
                        "a folder of its own: --out DIR; --details too must be the same",
                    ));
                }
            }
        } else {
            let unwritable = |_| self.fault("a folder that cannot be made", "a place to write files");
            fs::create_dir_all(&work).map_err(unwritable)?;
            fs::write(&told, &text).map_err(|_| self.fault("a folder that takes no file", "a place to write files"))?;
        }
        let mut missing = Vec::new();
        let mut next = part.start;
        for (piece, _) in self.pieces()? {
            if piece.start > next {
                missing.push(next..piece.start);
            }
            next = next.max(piece.end);
        }
        if next < part.end {
            missing.push(next..part.end);
        }
        Ok(missing)
    }

    /// Keeps other processes away from a sweep that has not ended; nothing where it has.
    fn hold(&self) -> Result<Option<fs::File>, BadInput> {
        let Ok(file) = fs::File::open(self.work().join("sweep.json")) else { return Ok(None) };
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(_) => Err(self.fault("a sweep that another process is at", "its end; or another --out")),
        }
    }

    /// Pieces of which all files are there, in order.
    fn pieces(&self) -> Result<Vec<(Part, PathBuf)>, BadInput> {
        let unreadable = |_| self.fault("a folder that cannot be read", "the folder of a sweep");
        let mut found = Vec::new();
        for entry in fs::read_dir(self.work()).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let numbers = name.strip_suffix(".runs.parquet").and_then(|name| name.split_once('-'));
            let range = numbers.and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
            let whole = self.kinds().iter().all(|kind| beside(&path, kind).exists());
            if let Some(range) = range.filter(|_| whole) {
                found.push((range, path));
            }
        }
        found.sort_by_key(|(range, _)| (range.start, range.end));
        Ok(found)
    }

    /// Keeps consecutive runs.
    fn keep(&self, plan: &Plan, rows: &[Row]) -> Result<(), SweepError> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(()) };
        let path = self.work().join(format!("{:012}-{:012}.runs.parquet", first.number, last.number + 1));
        let made = |error: polars::prelude::PolarsError| SweepError::Internal(error.to_string());
        let write = |kind: &str, frame| pieces::write(&beside(&path, kind), &frame, &Vec::new());
        write("timing", frame::of_timing(rows).map_err(made)?)?;
        let details: Vec<_> = rows.iter().filter_map(|row| Some((row.number, row.details.as_ref()?))).collect();
        for detail in &self.details {
            write(detail.name(), details::frame(*detail, &details).map_err(made)?)?;
        }
        write("runs", frame::of_runs(plan, rows).map_err(made)?)?;
        Ok(())
    }

    /// Makes the result of pieces.
    fn finish(&self, plan: &Plan, part: &Part, found: &[PathBuf]) -> Result<(), BadInput> {
        let keys = self.counted(plan, part, found)?;
        for kind in self.kinds() {
            let files: Vec<PathBuf> = found.iter().map(|path| beside(path, kind)).collect();
            pieces::join(&files, &self.out.join(format!("{kind}.parquet")), &keys)?;
        }
        drop(fs::remove_file(self.so_far()));
        Ok(())
    }

    /// Makes what there is of a result that is not whole.
    fn show_so_far(&self, plan: &Plan, part: &Part) -> Result<(), BadInput> {
        let found: Vec<PathBuf> = self.pieces()?.into_iter().map(|(_, path)| path).collect();
        if found.is_empty() {
            return Ok(());
        }
        pieces::join(&found, &self.so_far(), &self.counted(plan, part, &found)?)
    }

    /// Counts runs as trials, and says what their result says of itself.
    fn counted(&self, plan: &Plan, part: &Part, found: &[PathBuf]) -> Result<pieces::Keys, BadInput> {
        let tapes = tapes::of(plan, found)?;
        trials::add(&trials::registry(&self.out), plan, &tapes.parts)?;
        Ok(keys(plan, part, self, &tapes.all))
    }
}

/// The file of another kind of the same runs.
fn beside(runs: &Path, kind: &str) -> PathBuf {
    let name = runs.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    runs.with_file_name(name.replace("runs.parquet", &format!("{kind}.parquet")))
}

/// Runs a part of a plan on so many threads, and stores it. `stop` ends it early, with what is done.
pub fn sweep(
    plan: &Plan,
    part: &Part,
    (store, resume): (&Store, bool),
    (library, threads): (&Library, usize),
    stop: &AtomicBool,
    progress: Progress<'_>,
) -> Result<Swept, SweepError> {
    let mut todo = store.begin(plan, part, resume)?;
    let held = store.hold()?;
    if held.is_some() {
        // What is missing may have changed until the folder was ours.
        todo = store.begin(plan, part, true)?;
    }
    let missing = count(&todo);
    if !store.runs().exists() {
        let queue = Mutex::new(todo);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| SweepError::Internal(error.to_string()))?;
        let failed = Mutex::new(None);
        pool.broadcast(|_| {
            let mut worker = Worker { plan, store, queue: &queue, stop, progress, pace: 1 };
            if let Err(error) = worker.work(library) {
                stop.store(true, Ordering::Relaxed);
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        });
        if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let left = count(&store.begin(plan, part, true)?);
        if left > 0 {
            store.show_so_far(plan, part)?;
            let all = part.end - part.start;
            return Ok(Swept { stored: all - left, ran: missing - left, ended: false });
        }
        let found = store.pieces()?;
        if found.windows(2).any(|pair| pair[1].0.start < pair[0].0.end) {
            return Err(store.fault("pieces that overlap", "the pieces of one sweep; another --out").into());
        }
        let paths: Vec<PathBuf> = found.into_iter().map(|(_, path)| path).collect();
        store.finish(plan, part, &paths)?;
        // The result is there; what is left of the work is in nobody's way.
        drop(fs::remove_dir_all(store.work()));
    }
    Ok(Swept { stored: part.end - part.start, ran: missing, ended: true })
}

fn count(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part.end - part.start).sum()
}

/// One thread's work.
struct Worker<'a> {
    plan: &'a Plan,
    store: &'a Store,
    queue: &'a Mutex<Vec<Part>>,
    stop: &'a AtomicBool,
    progress: Progress<'a>,
    /// Runs of the next piece.
    pace: u64,
}

impl Worker<'_> {
    fn work(&mut self, library: &Library) -> Result<(), SweepError> {
        let places = (self.store.data_root.as_path(), self.store.cache.as_path(), self.store.places.as_str());
        let mut runner = Runner::new(self.plan, library, places, !self.store.details.is_empty());
        while let Some(piece) = self.next() {
            let mut rows = Vec::new();
            for number in piece {
                if self.stop.load(Ordering::Relaxed) {
                    break;
                }
                let row = runner.run(number);
                (self.progress)(&row);
                rows.push(row);
            }
            self.store.keep(self.plan, &rows)?;
            let took: Duration = rows.iter().map(|row| row.wall).sum();
            if !rows.is_empty() && took * 2 < PIECE {
                self.pace = (self.pace * 2).min(PIECE_MAX);
            } else if took > PIECE * 2 {
                self.pace = (self.pace / 2).max(1);
            }
        }
        Ok(())
    }

    fn next(&self) -> Option<Part> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let first = queue.first_mut()?;
        let end = first.end.min(first.start.saturating_add(self.pace));
        let piece = first.start..end;
        first.start = end;
        if first.is_empty() {
            queue.remove(0);
        }
        Some(piece)
    }
}

/// Makes one result of parts that were run apart: neighbours, each stored whole.
pub fn merge(plan: &Plan, parts: &[PathBuf], store: &Store) -> Result<Part, SweepError> {
    if store.out.join("runs.parquet").exists() {
        return Err(store.fault("runs, there already", "another --out").into());
    }
    // The tables there are, are those that the parts have.
    let of_first = parts.first().map_or(Ok(Vec::new()), |folder| pieces::keys(&folder.join("runs.parquet")))?;
    let named = of_first.iter().find(|(key, _)| key == "seatrial.details").map_or("", |(_, value)| value.as_str());
    let details = Detail::ALL.into_iter().filter(|detail| named.split(' ').any(|name| name == detail.name())).collect();
    let store = &Store { details, ..store.clone() };
    let mut found = Vec::new();
    for folder in parts {
        let path = folder.join("runs.parquet");
        let keys = pieces::keys(&path)?;
        let told = keys.iter().find(|(key, _)| key == "seatrial.runs").map(|(_, value)| value.as_str());
        let part = told.and_then(read_part).ok_or_else(|| pieces::damaged(&path))?;
        if !identity(plan, &part, &store.details).iter().all(|pair| keys.contains(pair)) {
            let bad =
                BadInput::new("E-SW-003", &path.display().to_string(), "runs of another sweep", "parts of this one");
            return Err(bad.into());
        }
        found.push((part, path));
    }
    found.sort_by_key(|(part, _)| (part.start, part.end));
    let whole = found.first().map_or(0, |(part, _)| part.start)..found.last().map_or(0, |(part, _)| part.end);
    if let Some(pair) = found.windows(2).find(|pair| pair[0].0.end != pair[1].0.start) {
        let told = format!("{}..{} and then {}..{}", pair[0].0.start, pair[0].0.end, pair[1].0.start, pair[1].0.end);
        let bad = BadInput::new("E-SW-004", &pair[1].1.display().to_string(), told, "parts that are neighbours");
        return Err(bad.into());
    }
    fs::create_dir_all(&store.out)
        .map_err(|_| store.fault("a folder that cannot be made", "a place to write files"))?;
    let paths: Vec<PathBuf> = found.into_iter().map(|(_, path)| path).collect();
    store.finish(plan, &whole, &paths)?;
    Ok(whole)
}
