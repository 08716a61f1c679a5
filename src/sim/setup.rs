//! What a run is made of: everything that decides its outcome, as plain data.
//!
//! Two runs of equal setups are equal, whatever the file the setup was read from, the machine or
//! the time of day. A library user builds one by hand; the scenario room builds one from TOML.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fault::Fault;
use super::latency::Latencies;
use crate::bad_input::BadInput;
use crate::data::Tape;
use crate::market::{Asset, AssetId, Balance, Event, Instrument, Money, Timestamp};
use crate::strategies::{self, Own, ParamError};
use crate::trading::Strategy;
use crate::trading::config::Config;
use crate::venue::VenueConfig;

/// Everything a run needs.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What it is called.
    pub name: String,
    /// The scenario it was read from.
    pub scenario: ScenarioText,
    /// Seed of every stream of chance.
    pub seed: u64,
    /// Which run of the seed.
    pub run: u64,
    /// Assets by their ids.
    pub assets: Vec<Asset>,
    /// Instruments by their ids.
    pub instruments: Vec<Instrument>,
    /// The market of each instrument, in the same order.
    pub tapes: Vec<MarketTape>,
    /// What results are counted in.
    pub account_currency: AssetId,
    /// Held at the start.
    pub balances: Vec<Balance>,
    /// Account currency per unit of an asset.
    pub rates: Vec<(AssetId, Money)>,
    /// The venue's terms.
    pub venue: VenueConfig,
    /// Every delay.
    pub latency: Latencies,
    /// What the trader is told.
    pub trader: Config,
    /// What it runs.
    pub strategy: StrategySpec,
    /// What operators do and the host says, and when.
    pub script: Vec<(Timestamp, Event)>,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
    /// Millionths of what is held in a margin contract that it pays at 00:00, 08:00 and 16:00 UTC, long or short;
    /// 0 is none. What a scenario says of funding is a fault; this is for a bound of it.
    pub funding_against_ppm: i64,
    /// Whether events that concern nobody take the short way; the outcome is the same either way.
    pub guards: bool,
    /// Whether whole messages are told apart by the gist that all runs of a tape share; the outcome is the same either way.
    pub tiles: bool,
}

impl Setup {
    /// What of its tapes could not be read back where they are streamed: what came of the setup then is no result.
    #[must_use]
    pub fn unread(&self) -> Option<&BadInput> {
        self.tapes.iter().find_map(|market| market.tape.lost())
    }
}

/// A scenario's text, for the journal's header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScenarioText {
    /// The file as it was named to us.
    pub path: String,
    /// Its whole text.
    pub text: String,
    /// SHA-256 of the text.
    pub hash: [u8; 32],
    /// What was put over the file, as a command line takes it; empty where nothing was.
    pub set: String,
}

/// A tape and the part of it that counts.
#[derive(Clone, Debug)]
pub struct MarketTape {
    /// The tape, shared by every run that reads it.
    pub tape: Arc<Tape>,
    /// First instant that counts; none is from the beginning.
    pub from: Option<Timestamp>,
    /// First instant that counts no more; none is to the end.
    pub to: Option<Timestamp>,
}

impl MarketTape {
    /// The first instant that counts; none of an empty tape.
    #[must_use]
    pub fn starts(&self) -> Option<Timestamp> {
        let from = self.from.unwrap_or(Timestamp::MIN);
        self.tape.time(self.tape.before(from))
    }
}

/// A strategy by name, and its parameters as text; what they mean, the strategy says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StrategySpec {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
    /// Who makes it, where it is none of the shipped ones.
    pub own: Option<Own>,
}

impl StrategySpec {
    /// Makes it: a shipped strategy, or one's own where the scenario names that.
    ///
    /// # Errors
    /// When it is unknown or does not take its parameters.
    pub fn build(&self, instruments: &[Instrument]) -> Result<Box<dyn Strategy>, ParamError> {
        match &self.own {
            Some(own) if own.name == self.name => own.build(&self.params, instruments),
            _ => strategies::build(&self.name, &self.params, instruments),
        }
    }
}
