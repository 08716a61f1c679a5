//! What an instrument costs: two rates, `maker` and `taker`, or a venue's published schedule, `fees = "kraken-spot"`.
//!
//! ```toml
//! [instrument."BTC/USDT"]
//! fees = "binance-spot"          # of data/venues: tiers that move with the account's own 30-day volume
//! fee_volume = "1500"            # traded in the 30 days before, in the currency volume is counted in
//! fee_volume_price = "60000"     # quote per unit of that currency, where the quote does not stand for it
//! fee_holding = "50"             # what tiers ask for beside volume, of the venue's own coin; none is none
//! fee_asset = "BNB"              # with the schedule's discount, if it has one for that asset
//! ```
//!
//! Where no `fee_asset` is named, it is what the schedule says is usual, and else quote.
//!
//! Beside two rates, `fee_per_unit` (quote per base) and `fee_least` (quote per order) charge by quantity.
//! The schedules are data, built into the program; each names its source and its date.

use rust_decimal::Decimal;
use toml::de::{DeTable, DeValue};

use super::instrument::{FeeAssetText, RulesText};
use super::section::{Entry, Problems, Section};
use super::source::Source;
use crate::market::{Assessed, FeeTable, FeeTier, Money, Rate, Span, Timestamp, exact_product};
use crate::trading::setting::Setting;

/// The schedules there are.
const PROFILES: [(&str, &str); 4] = [
    ("kraken-spot", include_str!("../../data/venues/kraken-spot.toml")),
    ("kraken-spot-2021", include_str!("../../data/venues/kraken-spot-2021.toml")),
    ("binance-spot", include_str!("../../data/venues/binance-spot.toml")),
    ("binance-usdm", include_str!("../../data/venues/binance-usdm.toml")),
];

/// Least and greatest rate of a fee.
const RATE: &str = "-1% to 10%, with at most 6 decimals";
/// What an amount may be.
const AMOUNT: &str = "an amount from 0 to 1000000000000";

/// What an instrument costs, as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChargeText {
    /// Rate of a resting order, of the first tier.
    pub maker: Rate,
    /// Rate of a taking order, of the first tier.
    pub taker: Rate,
    /// More than two rates, if it is.
    pub plan: Option<PlanText>,
}

/// A schedule, as it was written or chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanText {
    name: String,
    assessed: Assessed,
    volume_price: Money,
    tiers: Vec<FeeTier>,
    per_unit: Money,
    least: Money,
}

impl ChargeText {
    /// Whether it charges by quantity, beside its rates.
    pub fn is_by_quantity(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| !plan.per_unit.is_zero() || !plan.least.is_zero())
    }

    /// As a table that holds from an instant on.
    pub fn table(&self, from: Timestamp) -> FeeTable {
        let plan = self.plan.clone().unwrap_or_else(|| PlanText {
            name: "two rates".to_owned(),
            assessed: Assessed::EachTrade,
            volume_price: Money::new(Decimal::ONE),
            tiers: vec![FeeTier { volume: Money::ZERO, maker: self.maker, taker: self.taker }],
            per_unit: Money::ZERO,
            least: Money::ZERO,
        });
        let PlanText { name, assessed, volume_price, tiers, per_unit, least } = plan;
        FeeTable { from, name, assessed, volume_price, tiers, per_unit, least }
    }
}

/// What a fee is charged in where nothing is said: by the schedule that is named, if one is.
pub fn usual_asset(section: &mut Section<'_>) -> FeeAssetText {
    let named = section.get("fees").and_then(|entry| entry.value.as_str());
    let text = PROFILES.iter().find(|(name, _)| Some(*name) == named).map(|(_, text)| *text);
    match text.and_then(Profile::read) {
        Some(profile) if profile.charged_in_received => FeeAssetText::Received,
        _ => FeeAssetText::Quote,
    }
}

/// Reads what an instrument costs; what is not written is inherited, where there is something to inherit.
pub fn read(
    section: &mut Section<'_>,
    quote: Option<&str>,
    asset: Option<&FeeAssetText>,
    before: Option<&RulesText>,
    problems: &mut Problems<'_>,
) -> Option<ChargeText> {
    let words: Vec<(&str, &str)> = PROFILES.to_vec();
    let chosen = section.get("fees");
    let by_volume = [section.get("fee_volume_price"), section.get("fee_holding")];
    let by_quantity = [section.get("fee_per_unit"), section.get("fee_least")];
    let Some(entry) = chosen else {
        let rates = [section.get("maker"), section.get("taker")];
        let written = rates.iter().chain(&by_quantity).any(Option::is_some);
        if let (false, Some(before)) = (written, before) {
            refuse(&by_volume, "nothing, unless fees names a schedule", problems);
            return Some(before.charge.clone());
        }
        refuse(&by_volume, "nothing, unless fees names a schedule", problems);
        return two_rates(section, &by_quantity, asset, before, problems);
    };
    let others = [section.get("maker"), section.get("taker")];
    refuse(&others, "nothing, where fees names a schedule", problems);
    refuse(&by_quantity, "nothing, where fees names a schedule", problems);
    let [price, holding] = by_volume;
    let text = entry.word(problems, &words)?;
    let profile = Profile::read(text)?;
    let holding = holding.map_or(Some(Money::ZERO), |entry| amount(&entry, problems))?;
    let price = profile.volume_price(price, quote, section, problems)?;
    let discounted = asset.is_some_and(|asset| profile.discounts(asset));
    let tiers = profile.tiers(holding, discounted);
    let FeeTier { maker, taker, .. } = tiers[0];
    let plan = PlanText {
        name: format!("{} of {}", profile.name, profile.captured),
        assessed: profile.assessed,
        volume_price: price,
        tiers,
        per_unit: Money::ZERO,
        least: Money::ZERO,
    };
    Some(ChargeText { maker, taker, plan: Some(plan) })
}

fn refuse(entries: &[Option<Entry<'_>>], allowed: &str, problems: &mut Problems<'_>) {
    for entry in entries.iter().flatten() {
        entry.refuse(problems, "E-SC-011", allowed);
    }
}

/// Two rates, and perhaps a price per unit.
fn two_rates(
    section: &mut Section<'_>,
    by_quantity: &[Option<Entry<'_>>; 2],
    asset: Option<&FeeAssetText>,
    before: Option<&RulesText>,
    problems: &mut Problems<'_>,
) -> Option<ChargeText> {
    let before = before.map(|rules| &rules.charge);
    let maker = rate(section, "maker", before.map(|charge| charge.maker), problems);
    let taker = rate(section, "taker", before.map(|charge| charge.taker), problems);
    let inherited = before.and_then(|charge| charge.plan.as_ref());
    let [per_unit, least] = by_quantity;
    let part = |entry: &Option<Entry<'_>>, old: fn(&PlanText) -> Money, problems: &mut Problems<'_>| match entry {
        Some(entry) => amount(entry, problems),
        None => Some(inherited.map_or(Money::ZERO, old)),
    };
    let per_unit = part(per_unit, |plan| plan.per_unit, problems);
    let least = part(least, |plan| plan.least, problems);
    if asset != Some(&FeeAssetText::Quote) {
        refuse(by_quantity, "nothing, unless the fee is charged in quote", problems);
    }
    let (maker, taker, per_unit, least) = (maker?, taker?, per_unit?, least?);
    let by_quantity = !per_unit.is_zero() || !least.is_zero();
    let plan = by_quantity.then(|| PlanText {
        name: format!("two rates, {per_unit} per unit, at least {least} an order"),
        assessed: Assessed::EachTrade,
        volume_price: Money::new(Decimal::ONE),
        tiers: vec![FeeTier { volume: Money::ZERO, maker, taker }],
        per_unit,
        least,
    });
    Some(ChargeText { maker, taker, plan })
}

fn rate(
    section: &mut Section<'_>,
    key: &'static str,
    before: Option<Rate>,
    problems: &mut Problems<'_>,
) -> Option<Rate> {
    let entry = if before.is_some() { section.get(key) } else { section.require(key, problems, RATE) };
    let Some(entry) = entry else { return before };
    let rate = entry.within(problems, Rate::from_bps(-100)..=Rate::from_bps(1_000), RATE)?;
    if rate.decimal().normalize().scale() > 8 {
        entry.refuse(problems, "E-SC-010", RATE);
        return None;
    }
    Some(rate)
}

/// An amount that is not below none.
pub fn amount(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Money> {
    let most = Money::new(Decimal::from(1_000_000_000_000_i64));
    let amount = entry.within(problems, Money::ZERO..=most, AMOUNT)?;
    if amount.decimal().normalize().scale() > 8 {
        entry.refuse(problems, "E-SC-010", "at most 8 decimals");
        return None;
    }
    Some(amount)
}

/// A published schedule.
struct Profile {
    name: String,
    captured: String,
    assessed: Assessed,
    currency: String,
    taken_for: Vec<String>,
    /// Whether a fee is usually taken from what an execution brings in; else from quote.
    charged_in_received: bool,
    discount: Option<(String, Rate)>,
    tiers: Vec<(Money, FeeTier)>,
}

impl Profile {
    /// Reads one that is built in. None where it is broken, which a test excludes.
    fn read(text: &str) -> Option<Self> {
        let source = Source { file: "data/venues".to_owned(), text: text.to_owned() };
        let mut problems = Problems::new(&source);
        let table = DeTable::parse(text).ok()?;
        let read = Self::of(&mut Section::top(table.get_ref()), &mut problems);
        problems.into_result().ok().and(read)
    }

    fn of(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = |top: &mut Section<'_>, key, problems: &mut Problems<'_>| {
            top.require(key, problems, "a text").and_then(|entry| entry.string(problems, "a text").map(str::to_owned))
        };
        let (name, captured) = (text(top, "name", problems), text(top, "captured", problems));
        text(top, "source", problems)?;
        let currency = text(top, "volume_currency", problems)?;
        let taken_for = top.require("taken_for", problems, "a list of assets")?;
        let DeValue::Array(taken_for) = taken_for.value else { return None };
        let taken_for = taken_for.iter().filter_map(|asset| asset.get_ref().as_str().map(str::to_owned)).collect();
        let assessed = Self::assessed(&top.require("assessed", problems, "each_trade or a table")?, problems)?;
        let discount = match top.section("discount", problems) {
            Some(mut of) => {
                let asset = text(&mut of, "asset", problems)?;
                Some((asset, of.require("rate", problems, Rate::FORM)?.setting::<Rate>(problems)?))
            }
            None => None,
        };
        let charged_in_received = match top.get("charged_in") {
            Some(entry) => entry.word(problems, &[("quote", false), ("received", true)])?,
            None => false,
        };
        let mut tiers = Vec::new();
        for mut tier in top.sections("tier", problems) {
            let volume = amount(&tier.require("volume", problems, AMOUNT)?, problems)?;
            let holding = tier.get("holding").map_or(Some(Money::ZERO), |entry| amount(&entry, problems))?;
            let maker = rate(&mut tier, "maker", None, problems)?;
            let taker = rate(&mut tier, "taker", None, problems)?;
            tiers.push((holding, FeeTier { volume, maker, taker }));
        }
        let rises = tiers.windows(2).all(|pair| pair[0].1.volume < pair[1].1.volume);
        let sound = rises && tiers.first().is_some_and(|first| first.0.is_zero() && first.1.volume.is_zero());
        if !sound {
            return None;
        }
        let (name, captured) = (name?, captured?);
        Some(Self { name, captured, assessed, currency, taken_for, charged_in_received, discount, tiers })
    }

    fn assessed(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Assessed> {
        if !matches!(entry.value, DeValue::Table(_)) {
            return entry.word(problems, &[("each_trade", Assessed::EachTrade)]);
        }
        let mut section = entry.as_section(entry.at, problems)?;
        let mut time = |key| section.require(key, problems, "a time of day")?.setting::<Span>(problems);
        let (counted, holds) = (time("counted")?, time("holds")?);
        (counted <= holds && holds < Span::from_hours(24)).then_some(Assessed::Daily { counted, holds })
    }

    /// Quote per unit of the currency that volume is counted in.
    fn volume_price(
        &self,
        written: Option<Entry<'_>>,
        quote: Option<&str>,
        section: &Section<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<Money> {
        if let Some(entry) = written {
            let price = amount(&entry, problems)?;
            if price.is_zero() {
                entry.refuse(problems, "E-SC-010", "an amount above 0");
                return None;
            }
            return Some(price);
        }
        let quote = quote?;
        if quote == self.currency || self.taken_for.iter().any(|asset| asset == quote) {
            return Some(Money::new(Decimal::ONE));
        }
        let allowed = format!("{quote} per {}, in which {} counts volume", self.currency, self.name);
        problems.add("E-SC-007", section.at, &format!("{}.fee_volume_price", section.path), "nothing", &allowed);
        None
    }

    fn discounts(&self, asset: &FeeAssetText) -> bool {
        let discount = self.discount.as_ref().map(|(asset, _)| asset);
        matches!(asset, FeeAssetText::Third { name, .. } if Some(&name.value) == discount)
    }

    /// The tiers that a holding opens, at a discount where there is one. A rebate is not discounted.
    fn tiers(&self, holding: Money, discounted: bool) -> Vec<FeeTier> {
        let part = self.discount.as_ref().filter(|_| discounted).map_or(Rate::ZERO, |(_, rate)| *rate);
        let less = |rate: Rate| {
            let whole = rate.decimal();
            if whole <= Decimal::ZERO { rate } else { Rate::new(exact_product(whole, Decimal::ONE - part.decimal())) }
        };
        let open = self.tiers.iter().filter(|(asked, _)| *asked <= holding);
        open.map(|(_, tier)| FeeTier { maker: less(tier.maker), taker: less(tier.taker), ..*tier }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> Profile {
        let text = PROFILES.iter().find(|profile| profile.0 == name).expect("a schedule of that name").1;
        Profile::read(text).unwrap_or_else(|| panic!("data/venues/{name}.toml is broken"))
    }

    #[test]
    fn every_schedule_is_sound_and_named_as_its_file() {
        for (name, text) in PROFILES {
            assert_eq!(profile(name).name, name);
            assert!(text.contains("\nsource = \"") && profile(name).captured.len() == 10, "{name}");
        }
    }

    /// Binance's own example: 500 BTC traded and 50 BNB held is the first level, 0.09 % and 0.10 %.
    #[test]
    fn a_tier_asks_for_its_holding_too() {
        let bnb = |amount: i64| Money::new(amount.into());
        let tiers = profile("binance-spot").tiers(bnb(50), false);
        let reached = tiers.iter().rev().find(|tier| tier.volume <= bnb(500)).expect("a tier");
        assert_eq!((reached.maker, reached.taker), (Rate::from_bps(9), Rate::from_bps(10)));
        assert_eq!(profile("binance-spot").tiers(bnb(0), false).len(), 1);
    }

    /// A quarter off spot, a tenth off futures.
    #[test]
    fn a_fee_in_the_venues_own_coin_is_discounted() {
        let ppm = |units| Rate::new(Decimal::new(units, 8));
        let first = |name| profile(name).tiers(Money::ZERO, true)[0];
        assert_eq!((first("binance-spot").maker, first("binance-spot").taker), (ppm(75_000), ppm(75_000)));
        assert_eq!((first("binance-usdm").maker, first("binance-usdm").taker), (ppm(18_000), ppm(45_000)));
    }
}
