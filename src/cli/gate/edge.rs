//! The long backtest of `--edge`: every point of a scenario's sweep, and what is asked of the judged one beside.

use std::path::Path;

use super::crew::each;
use super::task::{data, recorded};
use crate::cli::engine::Failure;
use crate::cli::output::Output;
use crate::cli::places::Places;
use crate::cli::text;
use seatrial::bad_input::BadInput;
use seatrial::gate::edge::{daily, perturbed, pessimistic};
use seatrial::gate::{Edge, fingerprint};
use seatrial::scenario::{Library, Scenario};
use seatrial::sim::Setup;

/// Most points of a backtest.
const POINTS_MAX: u64 = 100_000;

/// What is known of a backtest before it runs: its scenario, and every point of it found sound.
pub struct Backtest {
    scenario: Scenario,
    points: u64,
}

/// Reads the scenario of a backtest.
pub fn read(path: &Path) -> Result<Backtest, Failure> {
    let scenario = Scenario::read(path).map_err(Failure::BadInput)?;
    let points = scenario.sweep().points();
    if points > POINTS_MAX {
        let bad =
            BadInput::new("E-GT-002", &text::lossy(path), format!("{points} points"), format!("at most {POINTS_MAX}"));
        return Err(Failure::BadInput(vec![bad.field("sweep")]));
    }
    Ok(Backtest { scenario, points })
}

impl Backtest {
    fn setup(&self, point: u64, (places, library): (&Places, &Library)) -> Result<Setup, Vec<BadInput>> {
        let scenario = self.scenario.at(point)?;
        scenario.setup_from(library, &places.data_root, &places.cache, (None, 0))
    }

    /// Runs every point once; `registered` is how often a tape was tried, by its hash.
    pub fn run(
        &self,
        judged: &Setup,
        (places, library): (&Places, &Library),
        threads: usize,
        output: &Output,
        registered: impl Fn(&str) -> Result<u64, BadInput>,
    ) -> Result<Edge, Failure> {
        let first = self.setup(0, (places, library)).map_err(Failure::BadInput)?;
        let one = |number: usize| {
            let setup = self.setup(number as u64, (places, library)).ok()?;
            Some((setup.strategy == judged.strategy, daily(&setup).ok().flatten()))
        };
        let points = usize::try_from(self.points).unwrap_or(usize::MAX);
        let came = each(points, threads, ("backtest", output), one);
        let own = came.iter().position(|one| one.as_ref().is_some_and(|(own, _)| *own));
        let own_setup = own.and_then(|own| self.setup(own as u64, (places, library)).ok());
        let own_setup =
            own_setup.as_ref().ok_or_else(|| "the strategy that is judged among those that were tried".to_owned());
        let mut most = 0;
        for tape in data(&first).split_whitespace() {
            most = most.max(registered(tape).map_err(|bad| Failure::BadInput(vec![bad]))?);
        }
        Ok(Edge {
            scenario: self.scenario.name().to_owned(),
            text: fingerprint([&first.scenario.text]),
            data: data(&first),
            recorded: first.tapes.iter().all(|market| recorded(&market.tape)),
            own,
            tried: came.into_iter().map(|one| one.and_then(|(_, daily)| daily)).collect(),
            registered: most,
            pessimistic: own_setup.clone().and_then(pessimistic),
            perturbed: own_setup.and_then(perturbed),
        })
    }
}
