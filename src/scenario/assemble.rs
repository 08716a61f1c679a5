//! From what was written to what a run needs: amounts become whole units of the tape, names
//! become ids, and what only the data can contradict is checked.

use std::path::Path;
use std::sync::Arc;

use super::assets::Assets;
use super::document::Body;
use super::instrument::InstrumentText;
use super::market::{MarketText, Origin};
use super::section::Problems;
use super::tapes::Places;
use super::units::Units;
use super::{Library, Located, Scenario, Source, agents, drills, fault, over};
use crate::bad_input::{BadInput, quoted};
use crate::data::Tape;
use crate::market::{Balance, FeePlan, Instrument, InstrumentId, Timestamp};
use crate::sim::setup::{MarketTape, ScenarioText, Setup, StrategySpec};
use crate::venue::{BackgroundTerms, VenueConfig};

impl Scenario {
    /// Everything one run needs, files of rules included; `seed` instead of the scenario's own, if given.
    pub fn setup(&self, data_root: &Path, cache: &Path, seed: Option<u64>, run: u64) -> Result<Setup, Vec<BadInput>> {
        self.setup_from(&Library::none(), data_root, cache, (seed, run))
    }

    /// The same, with tapes that other runs may have read already.
    pub fn setup_from(
        &self,
        library: &Library,
        data_root: &Path,
        cache: &Path,
        (seed, run): (Option<u64>, u64),
    ) -> Result<Setup, Vec<BadInput>> {
        let whole = self.with_rules(data_root)?;
        let (places, drawn) = (Places::new(library, data_root, cache), seed.unwrap_or(self.body.seed));
        self.traced(whole.assembled(&whole.tapes_of(places, (drawn, run))?, seed, run)?, data_root)
    }

    /// Everything one run needs, on tapes that are open already. A scenario with recorded delays needs its data root,
    /// and is refused.
    ///
    /// # Panics
    /// When there is not one tape per instrument.
    pub fn setup_on(&self, tapes: &[Arc<Tape>], seed: Option<u64>, run: u64) -> Result<Setup, Vec<BadInput>> {
        self.without_traces()?;
        self.assembled(tapes, seed, run)
    }

    fn assembled(&self, tapes: &[Arc<Tape>], seed: Option<u64>, run: u64) -> Result<Setup, Vec<BadInput>> {
        let body = &self.body;
        assert_eq!(tapes.len(), body.instruments.len(), "every instrument has a tape");
        let mut problems = Problems::new(&self.source);
        let mut instruments = Vec::new();
        let (mut markets, mut changed) = (Vec::new(), Vec::new());
        for (index, (text, tape)) in body.instruments.iter().zip(tapes).enumerate() {
            let id = InstrumentId(u16::try_from(index).expect("a scenario of 1 MiB has fewer than 65 536 instruments"));
            if let Some(file) = &text.rules_file {
                let field = format!("instrument.\"{}\".rules", text.symbol.value);
                problems.add("E-SC-001", file.at, &field, quoted(&file.value), "a setup that opens it");
            }
            let (instrument, of_file) = instrument(id, text, tape, &body.assets, &mut problems);
            instruments.push(instrument);
            changed.extend(of_file);
            markets.push(part(market_of(body, text), tape, &mut problems));
        }
        let backgrounds = backgrounds(body, tapes, &mut problems);
        problems.into_result()?;
        if !changed.is_empty() {
            return Err(changed);
        }
        let balances: Vec<Balance> = body
            .account
            .balances
            .iter()
            .map(|(name, total)| Balance { asset: body.assets.id(&name.value), total: *total })
            .collect();
        let start = markets.iter().filter_map(MarketTape::starts).min().unwrap_or_default();
        let params = body.strategy.params.iter().map(|(key, param)| (key.clone(), param.value.value.clone()));
        let Source { file: path, text } = self.source.clone();
        let scenario = ScenarioText { set: over::typed(&text), path, text, hash: self.hash };
        let setup = Setup {
            name: body.name.clone(),
            scenario,
            seed: seed.unwrap_or(body.seed),
            run,
            assets: body.assets.0.clone(),
            venue: VenueConfig {
                fee_plans: body.instruments.iter().map(|text| plan(text, start)).collect(),
                backgrounds,
                funding: body.instruments.iter().map(|text| text.margin.funding(start)).collect(),
                interest: body.instruments.iter().map(|text| text.margin.interest(start)).collect(),
                margin: body.instruments.iter().map(|text| text.margin.rules.clone()).collect(),
                ..venue(body, instruments.clone(), balances.clone())
            },
            instruments,
            tapes: markets,
            account_currency: body.assets.id(&body.account.currency.value),
            balances,
            rates: body.account.rates.iter().map(|(name, rate)| (body.assets.id(&name.value), *rate)).collect(),
            latency: body.wire.latencies.clone(),
            trader: body.trader.clone(),
            strategy: StrategySpec { name: body.strategy.name.value.clone(), params: params.collect(), own: None },
            faults: Vec::new(),
            funding_against_ppm: 0,
            script: body.acts.iter().map(|(after, event)| (start.after(*after), event.clone())).collect(),
            guards: true,
            tiles: true,
        };
        Ok(drills::applied(fault::applied(setup, &body.faults), &body.drills))
    }
}

/// The agents of each instrument's market, where it is made of them.
fn backgrounds(body: &Body, tapes: &[Arc<Tape>], problems: &mut Problems<'_>) -> Vec<Option<BackgroundTerms>> {
    let mut one = |(text, tape): (&InstrumentText, &Arc<Tape>)| {
        let market = market_of(body, text);
        let Origin::Agents(agents) = &market.origin else { return None };
        let made = agents::terms(agents, tape.price_unit, tape.qty_unit);
        let told = |(key, found)| {
            problems.add("E-SC-010", market.at, &format!("market.{key}"), found, "an amount that fits the grids");
        };
        made.map_err(told).ok()
    };
    body.instruments.iter().zip(tapes).map(&mut one).collect()
}

/// What an instrument costs, where that is more than two rates.
fn plan(text: &InstrumentText, since: Timestamp) -> Option<FeePlan> {
    let planned = text.rules.iter().any(|rules| rules.charge.plan.is_some());
    let tables = || text.rules.iter().map(|rules| rules.charge.table(rules.from)).collect();
    planned.then(|| FeePlan { since, brought: text.traded, tables: tables() })
}

pub(super) fn market_of<'b>(body: &'b Body, instrument: &InstrumentText) -> &'b MarketText {
    let symbol = &instrument.symbol.value;
    let of_it = |market: &&MarketText| market.symbol.as_ref().is_some_and(|known| known.value == *symbol);
    body.markets.iter().find(of_it).expect("a scenario that was read has a market for every instrument")
}

/// The part of a tape that counts, which the tape must cover.
fn part(market: &MarketText, tape: &Arc<Tape>, problems: &mut Problems<'_>) -> MarketTape {
    let (first, last) = tape.range().unwrap_or_default();
    let mut inside = |time: Option<Located<Timestamp>>, key: &str| {
        let time = time?;
        if !(first..=last).contains(&time.value) {
            let allowed = format!("{} to {}, which the file covers", iso(first), iso(last));
            problems.add("E-SC-016", time.at, &format!("market.{key}"), iso(time.value), &allowed);
        }
        Some(time.value)
    };
    MarketTape { tape: Arc::clone(tape), from: inside(market.from, "from"), to: inside(market.to, "to") }
}

/// A time as people write it.
pub(super) fn iso(time: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(time.0.into()).map_or_else(|_| format!("{} ns", time.0), |time| time.to_string())
}

fn instrument(
    id: InstrumentId,
    text: &InstrumentText,
    tape: &Tape,
    assets: &Assets,
    problems: &mut Problems<'_>,
) -> (Instrument, Vec<BadInput>) {
    let path = format!("instrument.\"{}\"", text.symbol.value);
    let units = Units { path: &path, price: tape.price_unit, qty: tape.qty_unit };
    let mut timeline = vec![units.rules(&text.rules[0], assets, problems)];
    // The places of what changes in a file are places in that file.
    let of_file = if let Some(source) = &text.changes {
        let mut problems = Problems::new(source);
        timeline.extend(text.rules[1..].iter().map(|rules| units.rules(rules, assets, &mut problems)));
        problems.into_result().err().unwrap_or_default()
    } else {
        timeline.extend(text.rules[1..].iter().map(|rules| units.rules(rules, assets, problems)));
        Vec::new()
    };
    units.fit_scales(text, problems);
    let instrument = Instrument {
        id,
        symbol: text.symbol.value.clone(),
        base: assets.id(&text.base),
        quote: assets.id(&text.quote),
        base_scale: text.base_scale.value,
        quote_scale: text.quote_scale.value,
        contract: text.contract,
        price_unit: tape.price_unit,
        qty_unit: tape.qty_unit,
        timeline,
    };
    units.fit_arithmetic(text, &instrument, tape.extremes(), problems);
    (instrument, of_file)
}

fn venue(body: &Body, instruments: Vec<Instrument>, balances: Vec<Balance>) -> VenueConfig {
    let half_spread_ticks =
        body.instruments.iter().map(|instrument| market_of(body, instrument).half_spread_ticks).collect();
    // The document was read: every market displays the same share.
    let display = body.markets.first().map(|market| market.displayed_ppm);
    let standard = VenueConfig::new(instruments, balances);
    let bar_display_ppm = display.unwrap_or(standard.bar_display_ppm);
    body.venue.applied(VenueConfig { half_spread_ticks, bar_display_ppm, ..standard })
}
