//! The tapes of a scenario's markets: read, made up or drawn, each once for all runs that meet it.
//!
//! A market that each run draws follows from seed, run and its own place; every other is the same in all runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rust_decimal::Decimal;

use super::assemble::market_of;
use super::inline::{self, InlineText};
use super::instrument::{InstrumentText, RulesText};
use super::market::Origin;
use super::months::{self, MonthsText};
use super::resampled::{self, ResampledText};
use super::root::{self, Lost};
use super::section::Problems;
use super::{Library, Located, Scenario, agents, brisk};
use crate::bad_input::{BadInput, quoted};
use crate::data::{self, ImportOptions, Records, Shows, Tape};

/// Where tapes come from, besides the scenario.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    /// What other runs have read already.
    pub library: &'a Library,
    /// Below it lie the data.
    pub root: &'a Path,
    /// Where imported data are kept.
    pub cache: &'a Path,
    /// The most bytes a recorded tape may take; one that takes more is streamed.
    pub most: u64,
}

impl<'a> Places<'a> {
    /// Places with as much room as the library has for the tapes of one run.
    pub(super) const fn new(library: &'a Library, root: &'a Path, cache: &'a Path) -> Self {
        Self { library, root, cache, most: library.most() }
    }
}

/// An instrument and its place among them.
type Placed<'a> = (usize, &'a InstrumentText);

impl Scenario {
    /// Opens the data, each file once, in the order of the instruments; of markets that each run draws those of run 0.
    pub fn tapes(&self, data_root: &Path, cache: &Path) -> Result<Vec<Arc<Tape>>, Vec<BadInput>> {
        let library = Library::none();
        self.tapes_of(Places::new(&library, data_root, cache), (self.body.seed, 0))
    }

    /// The tapes of a run of a seed.
    pub(super) fn tapes_of(&self, mut places: Places<'_>, draw: (u64, u64)) -> Result<Vec<Arc<Tape>>, Vec<BadInput>> {
        let (mut tapes, mut all) = (Vec::new(), Vec::new());
        for placed in self.body.instruments.iter().enumerate() {
            let origin = &market_of(&self.body, placed.1).origin;
            let drawn = if matches!(origin, Origin::Synthetic(_) | Origin::Resampled(_)) {
                format!(" {} {draw:?}", placed.0)
            } else {
                String::new()
            };
            let key = format!("{}{drawn} {origin:?}", self.kind(placed));
            match places.library.tape(&key, || self.tape(placed, origin, places, draw)) {
                Ok(tape) => {
                    places.most =
                        if places.most == u64::MAX { u64::MAX } else { places.most.saturating_sub(tape.bytes()) };
                    tapes.push(tape);
                }
                Err(bad) => all.extend(bad),
            }
        }
        if all.is_empty() { Ok(tapes) } else { Err(all) }
    }

    /// What a tape is made for: its instrument's name and grids, and whether orders are wanted.
    fn kind(&self, (place, instrument): Placed<'_>) -> String {
        let grids: Vec<_> = instrument.rules.iter().map(|rules| (rules.tick.value, rules.lot.value)).collect();
        let symbol = &instrument.symbol.value;
        format!("{symbol} {grids:?} {}", self.body.venue.models(place).queue.reads_orders())
    }

    fn tape(
        &self,
        placed: Placed<'_>,
        origin: &Origin,
        places: Places<'_>,
        draw: (u64, u64),
    ) -> Result<Tape, Vec<BadInput>> {
        let (place, instrument) = placed;
        let made = match origin {
            Origin::Inline(market) => return self.written(market, instrument),
            Origin::Recorded(file) => self.recorded(place, file, "market.file", places)?,
            Origin::Synthetic(market) => self.shown(place, self.synthetic(market, placed, places, draw)?)?,
            Origin::Resampled(market) => self.resampled(market, placed, places, draw)?,
            Origin::Brisk(market) => brisk::tape(market, instrument).map_err(|bad| vec![bad])?,
            Origin::Agents(market) => agents::tape(market, instrument),
        };
        fine_enough(made, instrument).map_err(|bad| vec![bad])
    }

    fn recorded(
        &self,
        place: usize,
        file: &Located<String>,
        field: &str,
        places: Places<'_>,
    ) -> Result<Tape, Vec<BadInput>> {
        self.found(file, field, places)?;
        let options = ImportOptions::default();
        let tape = data::open_within(&file.value, places.root, places.cache, &options, places.most);
        self.shown(place, tape.map_err(|bad| vec![bad])?)
    }

    /// Where a file lies, if it lies below the data root.
    fn found(&self, file: &Located<String>, field: &str, places: Places<'_>) -> Result<PathBuf, Vec<BadInput>> {
        if let Err(lost) = root::find(places.root, &file.value) {
            let mut problems = Problems::new(&self.source);
            lost_file(lost, file, field, places.root, &mut problems);
            return Err(problems.into_result().expect_err("one was just added"));
        }
        Ok(places.root.join(&file.value))
    }

    fn synthetic(
        &self,
        market: &MonthsText,
        placed: Placed<'_>,
        places: Places<'_>,
        draw: (u64, u64),
    ) -> Result<Tape, Vec<BadInput>> {
        let file =
            market.calibration.as_ref().map(|file| self.found(file, "market.calibration", places)).transpose()?;
        months::tape(market, file.as_deref(), placed, draw).map_err(|bad| vec![bad])
    }

    /// A month of recorded days, the recordings shared by all runs and in the finest units any of them has.
    fn resampled(
        &self,
        market: &ResampledText,
        placed: Placed<'_>,
        places: Places<'_>,
        draw: (u64, u64),
    ) -> Result<Tape, Vec<BadInput>> {
        let (place, instrument) = placed;
        let open = |file: &Located<String>| {
            let key = format!("{} recording {}", self.kind(placed), file.value);
            places.library.tape(&key, || {
                let tape = self.recorded(place, file, "market.files", places)?;
                fine_enough(tape, instrument).map_err(|bad| vec![bad])
            })
        };
        let recorded = market.files.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let finest = |unit: fn(&Tape) -> Decimal| recorded.iter().map(|tape| unit(tape)).min().unwrap_or_default();
        let (price, qty) = (finest(|tape| tape.price_unit), finest(|tape| tape.qty_unit));
        let fine = |tape: &Arc<Tape>| {
            if (tape.price_unit, tape.qty_unit) == (price, qty) {
                return Ok(Arc::clone(tape));
            }
            (**tape).clone().in_units(price, qty).map(Arc::new)
        };
        let recorded = recorded.iter().map(fine).collect::<Result<Vec<_>, _>>().map_err(|bad| vec![bad])?;
        resampled::tape(market, &recorded, placed, draw).map_err(|bad| vec![bad])
    }

    /// Orders where the venue wants them, otherwise the levels that follow from them.
    fn shown(&self, place: usize, tape: Tape) -> Result<Tape, Vec<BadInput>> {
        if !self.body.venue.models(place).queue.reads_orders() {
            return tape.levels().map_err(|bad| vec![bad]);
        }
        let found = match tape.records {
            Records::Orders(_) => return Ok(tape),
            Records::Rows(_) | Records::Streamed(_) => "\"fifo\" for a recording of levels",
            Records::Bars(_) => "\"fifo\" for bars",
        };
        let mut problems = Problems::new(&self.source);
        self.body.venue.want_orders(place, found, &mut problems);
        Err(problems.into_result().expect_err("one was just added"))
    }

    /// The tape of a market that the scenario holds itself.
    fn written(&self, market: &InlineText, instrument: &InstrumentText) -> Result<Tape, Vec<BadInput>> {
        let symbol = &instrument.symbol.value;
        let bad = |found: String| {
            let allowed = "prices and quantities that fit 64 bits at the finest decimals written";
            BadInput::new("E-SC-017", &self.source.file, found, allowed).field("market.events")
        };
        let tape = inline::tape(market, &format!("{} {symbol}", self.source.file), symbol).map_err(bad);
        // What is written is all there is: behind a written touch nobody stands unseen.
        let whole = tape.map(|tape| tape.showing(Shows::Depth));
        whole.and_then(|tape| fine_enough(tape, instrument)).map_err(|bad| vec![bad])
    }
}

/// Notes that a file named in a scenario is not to be had.
pub(super) fn lost_file(
    lost: Lost,
    file: &Located<String>,
    field: &str,
    data_root: &Path,
    problems: &mut Problems<'_>,
) {
    let name = quoted(&file.value);
    match lost {
        Lost::Outside => {
            let found = format!("{name}, which leads out of the data root");
            problems.add("E-SC-012", file.at, field, found, root::ALLOWED);
        }
        Lost::Root(reason) => {
            let found = format!("{reason}: the data root {}", quoted(&data_root.to_string_lossy()));
            let allowed = "a folder that can be read";
            problems.add_hint("E-SC-001", file.at, field, found, allowed, "--data-root DIR names another");
        }
        Lost::File(reason) => {
            let found = format!("{name}, {reason}");
            let allowed = format!("a file below the data root {}", quoted(&data_root.to_string_lossy()));
            problems.add_hint("E-SC-001", file.at, field, found, &allowed, "--data-root DIR names another");
        }
    }
}

/// A tape in units that its instrument's grids are whole numbers of. What the market displays and
/// prints need not stand on the order grid; a tape is refined, never made coarser.
fn fine_enough(tape: Tape, instrument: &InstrumentText) -> Result<Tape, BadInput> {
    let finest = |unit: Decimal, of: fn(&RulesText) -> Decimal| {
        let decimals = instrument.rules.iter().map(|rules| of(rules).normalize().scale()).max().unwrap_or_default();
        unit.min(Decimal::new(1, decimals))
    };
    let price = finest(tape.price_unit, |rules| rules.tick.value);
    let qty = finest(tape.qty_unit, |rules| rules.lot.value);
    tape.in_units(price, qty)
}
