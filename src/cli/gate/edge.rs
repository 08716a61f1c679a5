//! The long backtest of `--edge`: every point of a scenario's sweep, and what is asked of the judged one beside.

use std::path::Path;

use super::crew::each;
use super::task::{data, recorded};
use super::{config, honest, refused};
use crate::cli::engine::Failure;
use crate::cli::output::Output;
use crate::cli::places::Places;
use seatrial::bad_input::BadInput;
use seatrial::gate::edge::{daily, perturbed, pessimistic};
use seatrial::gate::{Edge, fingerprint};
use seatrial::scenario::{Library, Scenario};
use seatrial::sim::Setup;

/// Most points of a backtest.
const POINTS_MAX: u64 = 100_000;

/// A backtest before it runs, every point of it found sound.
pub struct Backtest {
    scenario: Scenario,
    points: usize,
    /// The point that is judged, or else the first.
    pub setup: Setup,
    /// The place of the point whose trader and strategy are those that are judged.
    own: Option<usize>,
    /// How many sets of values the registry has seen on its tapes.
    registered: u64,
}

/// Reads the scenario of a backtest, and refuses what can prove nothing; `registered` is how often a tape was tried, by its
/// hash.
pub fn read(
    path: &Path,
    judged: &Setup,
    (places, library): (&Places, &Library),
    registered: impl Fn(&str) -> Result<u64, Failure>,
) -> Result<Backtest, Failure> {
    let scenario = Scenario::read(path).map_err(Failure::BadInput)?;
    let points = scenario.sweep().points();
    if points > POINTS_MAX {
        return Err(refused(path, "sweep", format!("{points} points"), &format!("at most {POINTS_MAX}")));
    }
    let (mut first, mut own) = (None, None);
    for point in 0..points {
        let scenario = scenario.at(point).map_err(Failure::BadInput)?;
        let setup = setup(&scenario, (places, library)).map_err(Failure::BadInput)?;
        honest(path, &scenario, &setup)?;
        if own.is_none() && config(&setup) == config(judged) {
            own = Some((point, setup));
        } else if first.is_none() {
            first = Some(setup);
        }
    }
    let place = own.as_ref().and_then(|(point, _)| usize::try_from(*point).ok());
    let setup = own.map(|(_, setup)| setup).or(first).expect("a scenario has a point");
    let mut most = 0;
    for tape in data(&setup).split_whitespace() {
        most = most.max(registered(tape)?);
    }
    let points = usize::try_from(points).expect("not many");
    Ok(Backtest { scenario, points, setup, own: place, registered: most })
}

fn setup(scenario: &Scenario, (places, library): (&Places, &Library)) -> Result<Setup, Vec<BadInput>> {
    scenario.setup_from(library, &places.data_root, &places.cache, (None, 0))
}

impl Backtest {
    /// Its name.
    pub fn name(&self) -> &str {
        self.scenario.name()
    }

    /// Runs every point once.
    pub fn run(&self, (places, library): (&Places, &Library), threads: usize, output: &Output) -> Edge {
        let one = |number: usize| {
            let scenario = self.scenario.at(number as u64).ok()?;
            daily(&setup(&scenario, (places, library)).ok()?).ok().flatten()
        };
        let tried = each(self.points, threads, ("backtest", output), one);
        let judged = self.own.map(|_| &self.setup);
        let judged = judged.ok_or_else(|| "the strategy that is judged among those that were tried".to_owned());
        Edge {
            scenario: self.scenario.name().to_owned(),
            text: fingerprint([&self.setup.scenario.text]),
            data: data(&self.setup),
            recorded: self.setup.tapes.iter().all(|market| recorded(&market.tape)),
            own: self.own,
            tried,
            registered: self.registered,
            pessimistic: judged.clone().and_then(pessimistic),
            perturbed: judged.and_then(perturbed),
        }
    }
}
