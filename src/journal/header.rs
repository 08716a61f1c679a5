//! A journal's first record: everything a reader needs to make sense of the others.
//!
//! It says which scenario was run, with which seed, by which build, over which tapes, and what
//! every instrument and asset is, so that prices, amounts and laws can be computed from the
//! journal alone. [`Header::check`] refuses a header that describes something impossible.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::exact::{Exact, TooLarge};
use crate::market::{
    Asset, AssetId, Contract, FeeAsset, FeePlan, FeeTier, Instrument, InstrumentId, Price, Qty, Rate, Rules, TickLots,
    Timestamp,
};

/// The scenario a run was made from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScenarioStamp {
    /// Its name.
    pub name: String,
    /// The path it was called by; what a person types to run it again.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// A tape of market data: named, never stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TapeCard {
    /// The file it came from.
    pub file: String,
    /// What it contained.
    pub hash: String,
    /// First instant used.
    pub from: Timestamp,
    /// First instant no longer used.
    pub to: Timestamp,
}

/// A named set of versioned parameters the run was made with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Profile {
    /// Which, e.g. `latency` or `venue`.
    pub name: String,
    /// Version and content in one word.
    pub stamp: String,
}

/// What an instrument is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InstrumentCard {
    /// Canonical symbol, `BASE/QUOTE`.
    pub symbol: String,
    /// Base asset.
    pub base: AssetId,
    /// Quote asset.
    pub quote: AssetId,
    /// Decimals of the base asset's smallest unit.
    pub base_scale: u32,
    /// Decimals of the quote asset's smallest unit.
    pub quote_scale: u32,
    /// How it settles.
    pub contract: Contract,
    /// Quote per base of one price unit, as text.
    pub price_unit: String,
    /// Base of one quantity unit, as text.
    pub qty_unit: String,
    /// The venue's rules and fees, by the instant from which they hold; never empty.
    pub timeline: Vec<Rules>,
    /// The rules the trader was told, where they differ; empty where they do not.
    pub believed: Vec<Rules>,
    /// What it costs, where that moves with the volume traded or goes by quantity.
    pub plan: Option<FeePlan>,
    /// What the venue charges where it closes a position by force, as a share of the value; none where it never does.
    pub forced: Option<Rate>,
    /// What it charges for what an execution opens, as a share of its value, beside the fee.
    pub opening: Option<Rate>,
}

impl InstrumentCard {
    /// The card of an instrument whose rules the trader knows.
    #[must_use]
    pub fn of(instrument: &Instrument) -> Self {
        Self {
            symbol: instrument.symbol.clone(),
            base: instrument.base,
            quote: instrument.quote,
            base_scale: instrument.base_scale,
            quote_scale: instrument.quote_scale,
            contract: instrument.contract,
            price_unit: instrument.price_unit.normalize().to_string(),
            qty_unit: instrument.qty_unit.normalize().to_string(),
            timeline: instrument.timeline.clone(),
            believed: Vec::new(),
            plan: None,
            forced: None,
            opening: None,
        }
    }

    /// The card of an instrument of which the trader believes something else.
    #[must_use]
    pub fn believing(self, believed: &Instrument) -> Self {
        let believed = if believed.timeline == self.timeline { Vec::new() } else { believed.timeline.clone() };
        Self { believed, ..self }
    }

    /// The card of an instrument with a fee plan, if it has one.
    #[must_use]
    pub fn charging(self, plan: Option<&FeePlan>) -> Self {
        Self { plan: plan.cloned(), ..self }
    }

    /// The card of an instrument whose positions the venue may close by force, or charges to open.
    #[must_use]
    pub fn on_margin(self, forced: Option<Rate>, opening: Option<Rate>) -> Self {
        Self { forced, opening, ..self }
    }

    /// The venue's rules at an instant.
    #[must_use]
    pub fn rules(&self, now: Timestamp) -> &Rules {
        rules_at(&self.timeline, now)
    }

    /// The rules the trader believed at an instant.
    #[must_use]
    pub fn believed_rules(&self, now: Timestamp) -> &Rules {
        rules_at(if self.believed.is_empty() { &self.timeline } else { &self.believed }, now)
    }

    /// A price as quote per base.
    pub fn price(&self, price: Price) -> Result<Exact, TooLarge> {
        Exact::whole(price.0.into()).times(unit(&self.price_unit))
    }

    /// A quantity in base; of an inverse contract in quote.
    pub fn qty(&self, qty: Qty) -> Result<Exact, TooLarge> {
        Exact::whole(qty.0.into()).times(unit(&self.qty_unit))
    }

    /// The asset that profit is settled in, and the decimals of its smallest unit.
    #[must_use]
    pub const fn settles_in(&self) -> (AssetId, u32) {
        match self.contract {
            Contract::Spot | Contract::Linear => (self.quote, self.quote_scale),
            Contract::Inverse => (self.base, self.base_scale),
        }
    }

    /// The value of a worth in the asset it settles in: of price × quantity, or of an inverse contract's base units.
    pub fn value(&self, worth: TickLots) -> Result<Exact, TooLarge> {
        match self.contract {
            Contract::Spot | Contract::Linear => {
                Exact::whole(worth.0).times(unit(&self.price_unit))?.times(unit(&self.qty_unit))
            }
            Contract::Inverse => Ok(Exact::new(worth.0, self.base_scale)),
        }
    }

    /// What a signed quantity is worth at a price, counted again: price × quantity; of an inverse contract minus
    /// quantity / price in base units, half-even, and nothing without a price.
    pub fn worth(&self, qty: i128, price: i128) -> Result<i128, TooLarge> {
        match self.contract {
            Contract::Spot | Contract::Linear => qty.checked_mul(price).ok_or(TooLarge),
            Contract::Inverse if price <= 0 => Ok(0),
            Contract::Inverse => {
                let amount = Exact::whole(qty).times(unit(&self.qty_unit))?;
                let price = Exact::whole(price).times(unit(&self.price_unit))?;
                amount.quotient(price, self.base_scale)?.negated()?.units_up(Exact::unit(self.base_scale))
            }
        }
    }

    /// The same at a price between the ticks, as an amount of the asset it settles in.
    pub fn worth_at(&self, qty: Qty, price: Exact) -> Result<Exact, TooLarge> {
        match self.contract {
            Contract::Spot | Contract::Linear => self.qty(qty)?.times(price),
            Contract::Inverse => self.qty(qty)?.quotient(price, self.base_scale)?.negated(),
        }
    }

    /// What a quantity without sign comes to at a price in the asset it settles in.
    pub fn size(&self, qty: Qty, price: Price) -> Result<Exact, TooLarge> {
        self.value(TickLots(self.worth(qty.0.into(), price.0.into())?))?.abs()
    }

    /// The same in quote.
    pub fn notional(&self, qty: Qty, price: Price) -> Result<Exact, TooLarge> {
        match self.contract {
            Contract::Spot | Contract::Linear => self.size(qty, price),
            Contract::Inverse => self.qty(qty)?.abs(),
        }
    }

    /// Base of one quantity unit.
    #[must_use]
    pub fn qty_step(&self) -> Exact {
        unit(&self.qty_unit)
    }

    /// The first field that describes something impossible: its name, what it says, what it may say.
    fn check(&self, assets: usize) -> Result<(), [String; 3]> {
        let wrong = |field: &str, found: String, allowed: &str| Err([field.to_owned(), found, allowed.to_owned()]);
        for (field, asset) in [("base", self.base), ("quote", self.quote)] {
            if usize::from(asset.0) >= assets {
                return wrong(field, format!("asset {}", asset.0), &format!("an asset below {assets}"));
            }
        }
        for (field, text) in [("price_unit", &self.price_unit), ("qty_unit", &self.qty_unit)] {
            if !text.parse::<Decimal>().is_ok_and(|unit| unit > Decimal::ZERO) {
                return wrong(field, format!("\"{}\"", text.escape_debug()), "a decimal above 0");
            }
        }
        for (field, scale) in [("base_scale", self.base_scale), ("quote_scale", self.quote_scale)] {
            if scale > Decimal::MAX_SCALE {
                return wrong(field, scale.to_string(), "0 to 28");
            }
        }
        if self.timeline.is_empty() {
            return wrong("timeline", "no rules".to_owned(), "at least one set of rules");
        }
        let ascending = |rules: &[Rules]| rules.windows(2).all(|pair| pair[0].from < pair[1].from);
        if !ascending(&self.timeline) || !ascending(&self.believed) {
            return wrong("timeline", "rules out of order".to_owned(), "rules by ascending time");
        }
        for rules in self.timeline.iter().chain(&self.believed) {
            if let FeeAsset::Third { scale, .. } = rules.fees.asset
                && scale > Decimal::MAX_SCALE
            {
                return wrong("timeline.fees.scale", scale.to_string(), "0 to 28");
            }
        }
        if let Some(table) = self.plan.iter().find_map(broken) {
            return wrong("plan", table.to_owned(), "tables in order, each with tiers in order, the first from 0");
        }
        match self.timeline.iter().chain(&self.believed).find(|rules| rules.tick.0 <= 0 || rules.lot.0 <= 0) {
            Some(rules) => wrong("timeline", format!("tick {} and lot {}", rules.tick.0, rules.lot.0), "both above 0"),
            None => Ok(()),
        }
    }
}

/// A run as it began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// Which scenario.
    pub scenario: ScenarioStamp,
    /// Seed of every random stream.
    pub seed: u64,
    /// Which run of the seed.
    pub run: u64,
    /// The build that ran it.
    pub build: String,
    /// The market data.
    pub tapes: Vec<TapeCard>,
    /// Assets by id.
    pub assets: Vec<Asset>,
    /// Instruments by id.
    pub instruments: Vec<InstrumentCard>,
    /// The account currency.
    pub account: AssetId,
    /// Parameter sets, by name.
    pub profiles: Vec<Profile>,
    /// The trader's configuration in force as the run begins: dotted key and its value as written.
    pub config: Vec<(String, String)>,
    /// Kinds of fault the run was made with; empty where nothing goes wrong on purpose.
    pub faults: Vec<String>,
    /// The line that runs it again, where a scenario, a seed and a run do not say it all.
    pub again: Option<String>,
}

impl Header {
    /// An instrument's card.
    #[must_use]
    pub fn card(&self, instrument: InstrumentId) -> Option<&InstrumentCard> {
        self.instruments.get(usize::from(instrument.0))
    }

    /// An instrument's symbol, or its number where the table does not have it.
    #[must_use]
    pub fn symbol(&self, instrument: InstrumentId) -> String {
        self.card(instrument).map_or_else(|| format!("instrument {}", instrument.0), |card| card.symbol.clone())
    }

    /// An asset's name, or its number where the table does not have it.
    #[must_use]
    pub fn asset(&self, asset: AssetId) -> String {
        self.assets.get(usize::from(asset.0)).map_or_else(|| format!("asset {}", asset.0), |asset| asset.name.clone())
    }

    /// A configuration key's value as the run begins.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.config.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The line that runs it again.
    #[must_use]
    pub fn rerun(&self) -> String {
        if let Some(again) = &self.again {
            return again.clone();
        }
        format!("seatrial run {} --seed {} --run {}", self.scenario.path, self.seed, self.run)
    }

    /// The part of the header that a digest covers: seed, run and market. What the scenario's text
    /// makes of them is in the records, so a comment in it, its `[expect]` or its path change nothing.
    pub(super) fn digested(&self) -> Vec<u8> {
        let tapes: Vec<_> = self.tapes.iter().map(|tape| (&tape.hash, tape.from, tape.to)).collect();
        postcard::to_stdvec(&(self.seed, self.run, tapes)).expect("plain data has an encoding")
    }

    /// The first field that describes something impossible: its name, what it says, what it may say.
    pub(super) fn check(&self) -> Result<(), [String; 3]> {
        let assets = self.assets.len();
        if usize::from(self.account.0) >= assets {
            let found = format!("asset {}", self.account.0);
            return Err(["header.account".to_owned(), found, format!("an asset below {assets}")]);
        }
        if let Some(asset) = self.assets.iter().find(|asset| asset.scale > Decimal::MAX_SCALE) {
            return Err(["header.assets.scale".to_owned(), asset.scale.to_string(), "0 to 28".to_owned()]);
        }
        for (index, card) in self.instruments.iter().enumerate() {
            card.check(assets)
                .map_err(|[field, found, allowed]| [format!("header.instruments[{index}].{field}"), found, allowed])?;
        }
        Ok(())
    }
}

/// What is wrong with a fee plan, if anything is.
fn broken(plan: &FeePlan) -> Option<&'static str> {
    let ordered = plan.tables.windows(2).all(|pair| pair[0].from < pair[1].from);
    if plan.tables.is_empty() || !ordered {
        return Some("no tables in order");
    }
    let sound = |tiers: &[FeeTier]| {
        tiers.first().is_some_and(|first| first.volume.is_zero())
            && tiers.windows(2).all(|pair| pair[0].volume < pair[1].volume)
    };
    plan.tables.iter().any(|table| !sound(&table.tiers)).then_some("a table without tiers in order")
}

fn rules_at(timeline: &[Rules], now: Timestamp) -> &Rules {
    let next = timeline.partition_point(|rules| rules.from <= now);
    &timeline[next.saturating_sub(1)]
}

/// A unit that [`InstrumentCard::check`] accepted; anything else counts as one.
fn unit(text: &str) -> Exact {
    text.parse::<Decimal>().map_or(Exact::whole(1), Exact::from)
}
