//! From a setup to the parts of a run, the same for a simulation and for a replay.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::distortion::Distortion;
use super::feed::{BarQuotes, Feed};
use super::feeds::Feeds;
use super::rng::{Component, Stream, VenueChance};
use super::setup::{MarketTape, ScenarioText, Setup};
use crate::data::Assumed;
use crate::journal::{Header, InstrumentCard, Profile, ScenarioStamp, TapeCard};
use crate::market::{Instrument, Price, Timestamp};
use crate::strategies::ParamError;
use crate::trading::config::Config;
use crate::trading::{self, Trader};
use crate::venue::VenueConfig;

/// First order id of an account's life.
const FIRST_ID: u64 = 1;

impl Setup {
    /// The market of the run: that of every instrument, merged.
    #[must_use]
    pub fn feed(&self) -> Feeds {
        let markets = self.instruments.iter().zip(&self.tapes).zip(0..);
        let feeds = Feeds::new(markets.map(|((of, market), place)| self.bare_feed(of, market, place)).collect());
        let (start, end) = (feeds.start(), feeds.end());
        feeds.distorted(|instrument| Distortion::new(self, instrument, start, end))
    }

    /// The feed of the instrument at a place of the table, as if nothing went wrong on it.
    fn bare_feed(&self, instrument: &Instrument, market: &MarketTape, place: u32) -> Feed {
        let half_ticks = self.venue.half_spread_ticks.get(place as usize).copied().unwrap_or_default();
        let tick = instrument.rules(Timestamp::MIN).tick;
        let bars = BarQuotes { half_spread: Price(half_ticks * tick.0), display_ppm: self.venue.bar_display_ppm };
        let chance = Stream::part(self.seed, self.run, Component::FeedLatency, place);
        let latency = self.latency.feed_of(place as usize).cloned().map(|latency| (latency, chance));
        let gist = if self.tiles { market.tape.gist() } else { None };
        Feed::new(market, instrument.id, bars, latency).with_gist(gist)
    }

    /// A fresh trader with its strategy.
    ///
    /// # Errors
    /// When the strategy is unknown or does not take its parameters.
    pub fn trader(&self) -> Result<Trader, ParamError> {
        let strategy = self.strategy.build(&self.instruments)?;
        let setup = trading::Setup {
            config: self.trader.clone(),
            instruments: self.instruments.clone(),
            cadences: self.tapes.iter().map(|market| market.tape.cadence).collect(),
            currency: self.account_currency,
            first_id: FIRST_ID,
        };
        Ok(Trader::new(setup, strategy))
    }

    /// The venue's terms.
    #[must_use]
    pub fn venue_config(&self) -> VenueConfig {
        let chance = VenueChance { seed: self.seed, run: self.run };
        VenueConfig { guards: self.guards, chance: Some(Arc::new(chance)), ..self.venue.clone() }
    }

    /// Every key of the trader's configuration with its value.
    fn configured(&self) -> Vec<(String, String)> {
        let written = |name: &str| self.trader.text(name).map(|text| (name.to_owned(), text));
        Config::keys().filter_map(|key| written(key.name)).collect()
    }

    /// Every instrument's card, with what the venue charges.
    fn cards(&self) -> Vec<InstrumentCard> {
        let plan = |at: usize| self.venue.fee_plans.get(at).and_then(Option::as_ref);
        let forced = |at: usize| self.venue.margin.get(at).and_then(Option::as_ref).map(|rules| rules.fee);
        let opening = |at: usize| self.venue.interest.get(at).and_then(Option::as_ref).map(|terms| terms.opening);
        let card = |(at, of)| InstrumentCard::of(of).charging(plan(at)).on_margin(forced(at), opening(at));
        self.instruments.iter().enumerate().map(card).collect()
    }

    /// The kinds of fault the run is made with.
    fn fault_kinds(&self) -> Vec<String> {
        let kinds: BTreeSet<&str> = self.faults.iter().map(|fault| fault.kind.name()).collect();
        kinds.into_iter().map(str::to_owned).collect()
    }

    /// What is assumed of each instrument's touch, where its records are of a kind that shows none.
    fn assumed_touches(&self, of: Assumed) -> Vec<Option<String>> {
        let displayed = percent(self.venue.bar_display_ppm);
        let halves = self.venue.half_spread_ticks.iter().chain(std::iter::repeat(&0));
        let told = |(market, half): (&MarketTape, &i64)| {
            let text = || format!("a spread of {} ticks, {displayed} of the volume displayed on each side", 2 * half);
            (market.tape.assumes() == Some(of)).then(text)
        };
        self.tapes.iter().zip(halves).map(told).collect()
    }

    /// A profile for each instrument that has terms of a kind, with the instrument's symbol.
    fn of_each<T: fmt::Display>(&self, name: &'static str, terms: &[Option<T>]) -> impl Iterator<Item = Profile> {
        let told = self.instruments.iter().zip(terms);
        told.filter_map(move |(of, terms)| {
            Some(Profile { name: name.to_owned(), stamp: format!("{}: {}", of.symbol, terms.as_ref()?) })
        })
    }

    /// What a result is made under and must not be read without, each with its name.
    #[must_use]
    pub fn profiles(&self) -> Vec<Profile> {
        let profile = |name: &str, stamp: String| Profile { name: name.to_owned(), stamp };
        // Where orders meet orders nothing is assumed of how they fill.
        let matched = self.venue.backgrounds.iter().flatten().count() == self.instruments.len();
        let assumed = |name, model: &dyn fmt::Display| {
            profile(name, if matched { "one matching book".to_owned() } else { model.to_string() })
        };
        let mut profiles = vec![
            assumed("fill", &self.venue.profile.name()),
            assumed("queue", &self.venue.queue),
            assumed("slippage", &self.venue.slippage),
            assumed("partial", &self.venue.partial),
            profile("impact", format!("{}, consumption {}", self.venue.impact, self.venue.consumption.name())),
        ];
        profiles.extend(self.of_each("venue", &self.venue.own));
        profiles.extend(self.of_each("agents", &self.venue.backgrounds));
        profiles.extend(self.of_each("bars", &self.assumed_touches(Assumed::AroundBars)));
        profiles.extend(self.of_each("trades", &self.assumed_touches(Assumed::AroundTrades)));
        profiles.extend(self.of_each("fees", &self.venue.fee_plans));
        profiles.extend(self.of_each("funding", &self.venue.funding));
        if self.funding_against_ppm != 0 {
            let bps = Decimal::new(self.funding_against_ppm, 2).normalize();
            profiles.push(profile("funding", format!("{bps} bps of what is held, long or short, each 8 hours")));
        }
        profiles.extend(self.of_each("margin", &self.venue.margin));
        profiles.extend(self.of_each("interest", &self.venue.interest));
        profiles.push(profile("latency", self.latency.to_string()));
        profiles.extend(self.of_each("latency", &self.latency.differing()));
        profiles.push(profile("strategy", self.strategy.name.clone()));
        if self.venue.is_optimistic() {
            profiles.push(profile("stamp", "optimistic".to_owned()));
        }
        profiles.extend(self.trader.stamp().map(|stamp| profile("stamp", stamp)));
        profiles
    }

    /// The first record of the run's journal.
    #[must_use]
    pub fn header(&self) -> Header {
        let ScenarioText { path, set, .. } = &self.scenario;
        let again =
            (!set.is_empty()).then(|| format!("seatrial run {path} --seed {} --run {} {set}", self.seed, self.run));
        Header {
            scenario: ScenarioStamp {
                name: self.name.clone(),
                path: self.scenario.path.clone(),
                text: self.scenario.text.clone(),
            },
            seed: self.seed,
            run: self.run,
            build: concat!("seatrial ", env!("CARGO_PKG_VERSION")).to_owned(),
            tapes: self.tapes.iter().map(tape_card).collect(),
            assets: self.assets.clone(),
            instruments: self.cards(),
            account: self.account_currency,
            profiles: self.profiles(),
            config: self.configured(),
            faults: self.fault_kinds(),
            again,
        }
    }
}

fn tape_card(market: &MarketTape) -> TapeCard {
    TapeCard {
        file: market.tape.provenance.source.clone(),
        hash: market.tape.hash.to_string(),
        from: market.from.unwrap_or(Timestamp::MIN),
        to: market.to.unwrap_or(Timestamp::MAX),
    }
}

/// Parts per million as a percentage.
fn percent(ppm: i64) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact() {
        assert_eq!(percent(250_000), "25%");
        assert_eq!(percent(1), "0.0001%");
        assert_eq!(percent(1_000_000), "100%");
    }
}
