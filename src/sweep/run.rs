//! One run of a plan, whatever comes of it.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::details::Details;
use super::plan::Plan;
use super::store::Store;
use crate::audit::Auditor;
use crate::bad_input::{BadInput, in_shell, said};
use crate::journal::{Body, Journal};
use crate::metrics::{Outcome, Summary};
use crate::scenario::{Library, Scenario};
use crate::sim::{self, Setup};

/// A run of a plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Its number in the plan.
    pub number: u64,
    /// The value of each key at its point, as TOML.
    pub values: Vec<String>,
    /// What came of it.
    pub came: Result<Came, String>,
    /// The line that runs it alone.
    pub again: String,
    /// How long it took.
    pub wall: Duration,
    /// What is stored of it besides, where that was asked for.
    pub details: Option<Details>,
}

/// What came of a run that ended as it should.
#[derive(Clone, PartialEq, Debug)]
pub struct Came {
    /// Its figures.
    pub summary: Summary,
    /// Hashes of its tapes; of those it drew, of what they were drawn from.
    pub data: String,
    /// The recorded days it drew, in their order; empty where it drew none.
    pub data_days: String,
}

/// Runs numbers of a plan, one after another; the scenario of a point is read once.
pub(super) struct Runner<'a> {
    plan: &'a Plan,
    library: &'a Library,
    data_root: &'a Path,
    cache: &'a Path,
    /// What a line that runs one again ends with.
    places: &'a str,
    /// Whether details are wanted.
    detailed: bool,
    /// The point at hand.
    point: Option<(u64, Result<Scenario, String>)>,
}

impl<'a> Runner<'a> {
    pub fn new(
        plan: &'a Plan,
        library: &'a Library,
        (data_root, cache, places): (&'a Path, &'a Path, &'a str),
        detailed: bool,
    ) -> Self {
        Self { plan, library, data_root, cache, places, detailed, point: None }
    }

    /// Runs one. A panic is its result like any other error.
    pub fn run(&mut self, number: u64) -> Row {
        let (point, run) = self.plan.place(number);
        if self.point.as_ref().is_none_or(|(at, _)| *at != point) {
            self.point = Some((point, self.plan.scenario(point).map_err(|all| told(&all))));
        }
        let scenario = self.point.as_ref().map(|(_, scenario)| scenario).expect("just read");
        let (came, wall) = timed(|| {
            let scenario = scenario.as_ref().map_err(Clone::clone)?;
            let setup = catch_unwind(AssertUnwindSafe(|| self.setup(scenario, run)))
                .unwrap_or_else(|panic| Err(panicked(&*panic)));
            let run = || simulated(&setup?, self.detailed);
            catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panicked(&*panic)))
        });
        let (came, details) = came.map_or_else(|error| (Err(error), None), |(came, details)| (Ok(came), details));
        Row { number, values: self.plan.values(point), came, again: self.again(number), wall, details }
    }

    fn setup(&self, scenario: &Scenario, run: u64) -> Result<Setup, String> {
        let setup = scenario.setup_from(self.library, self.data_root, self.cache, (None, run));
        let mut setup = setup.map_err(|all| told(&all))?;
        setup.strategy.own = self.plan.own().cloned();
        Ok(setup)
    }

    fn again(&self, number: u64) -> String {
        let (point, run) = self.plan.place(number);
        let axes = self.plan.axes().zip(self.plan.values(point));
        let set: String =
            axes.fold(String::new(), |set, ((name, _), value)| set + " --set " + &in_shell(&format!("{name}={value}")));
        format!("seatrial run {}{set} --run {run}{}", in_shell(self.plan.file()), self.places)
    }
}

/// One run of a plan alone, of which nothing is kept.
#[must_use]
pub fn try_one(plan: &Plan, number: u64, store: &Store, library: &Library) -> Row {
    Runner::new(plan, library, (&store.data_root, &store.cache, &store.places), false).run(number)
}

/// Who hears every record of a run as it is made: a run of a month has millions, and none is kept.
struct Listener {
    auditor: Auditor,
    details: Option<Details>,
}

fn simulated(setup: &Setup, detailed: bool) -> Result<(Came, Option<Details>), String> {
    let hears: Rc<RefCell<Option<Listener>>> = Rc::default();
    let listener = Rc::clone(&hears);
    let journal = Journal::told(Box::new(move |record| {
        let mut listener = listener.borrow_mut();
        if let Body::Header(header) = &record.body {
            let details = detailed.then(|| Details::new(header));
            *listener = Some(Listener { auditor: Auditor::new(header), details });
        }
        if let Some(Listener { auditor, details }) = listener.as_mut() {
            auditor.observe(record);
            if let Some(details) = details {
                details.observe(record);
            }
        }
    }));
    let outcome = sim::run(setup, journal).map_err(|error| error.to_string())?;
    let sim::Outcome { metrics, events, digest, .. } = outcome;
    let Listener { auditor, details } = hears.borrow_mut().take().ok_or("a journal without a header")?;
    let audit_breaches = auditor.finish().breached();
    let tapes = || setup.tapes.iter().map(|market| &market.tape);
    let data: Vec<String> = tapes().flat_map(|tape| tape.comes_from()).collect();
    let days: Vec<&str> =
        tapes().flat_map(|tape| &tape.drawn).flat_map(|drawn| &drawn.days).map(String::as_str).collect();
    let summary = metrics.finish(Outcome { events, digest, audit_breaches });
    Ok((Came { summary, data: data.join(" "), data_days: days.join(" ") }, details))
}

fn told(all: &[BadInput]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    format!("panic: {}", said(panic))
}

#[expect(clippy::disallowed_types, reason = "how long a run took stands apart from what came of it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let done = work();
    (done, start.elapsed())
}
