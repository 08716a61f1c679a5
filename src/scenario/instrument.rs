//! `[instrument."BASE/QUOTE"]`: the venue's truth of what is traded, and how it changes.
//!
//! Amounts are decimals as written; only with a tape at hand do they become whole units (see
//! [`super::assemble`]). A `[[instrument."…".change]]` holds from its instant and inherits what it
//! does not name.

use rust_decimal::Decimal;

use super::Located;
use super::fees::{self, ChargeText};
use super::margin::{self, MarginText};
use super::market::instant;
use super::root;
use super::section::{Entry, Problems, Section};
use super::source::Source;
use crate::market::{Contract, Money, Rate, Timestamp};
use crate::trading::setting::{Number, Setting};

/// What a positive amount looks like.
const POSITIVE: &str = "a decimal above 0 with at most 18 decimals, such as \"0.01\"";
/// Most decimals of an amount.
const DECIMALS_MAX: u32 = 18;
/// The contracts there are.
const CONTRACTS: [(&str, Contract); 3] =
    [("spot", Contract::Spot), ("linear", Contract::Linear), ("inverse", Contract::Inverse)];
/// Decimals of an asset's smallest unit where nothing is said: the usual ledger unit of a venue.
const SCALE_DEFAULT: u32 = 8;

/// An instrument as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstrumentText {
    /// `BASE/QUOTE`, and where.
    pub symbol: Located<String>,
    /// Before the stroke.
    pub base: String,
    /// After the stroke.
    pub quote: String,
    /// How it settles.
    pub contract: Contract,
    /// Decimals of the base asset's smallest unit.
    pub base_scale: Located<u32>,
    /// Decimals of the quote asset's smallest unit.
    pub quote_scale: Located<u32>,
    /// Volume traded in the 30 days before the run, in the currency that volume is counted in.
    pub traded: Money,
    /// Rules by the instant from which they hold, ascending; never empty.
    pub rules: Vec<RulesText>,
    /// The file that says how they change, until it is read ([`super::rules`]).
    pub rules_file: Option<Located<String>>,
    /// What that file said, once it was read: of all rules but the first.
    pub changes: Option<Source>,
    /// What holding a margin position costs.
    pub margin: MarginText,
}

/// An instrument's rules from one instant on, as they were written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulesText {
    /// First instant at which they hold.
    pub from: Timestamp,
    /// Price grid, in quote.
    pub tick: Located<Decimal>,
    /// Quantity grid, in base; of an inverse contract in quote: what a contract is.
    pub lot: Located<Decimal>,
    /// Least order quantity; none is one lot.
    pub min_qty: Option<Located<Decimal>>,
    /// Greatest order quantity; none is no limit of the venue.
    pub max_qty: Option<Located<Decimal>>,
    /// Least order notional, in quote.
    pub min_notional: Money,
    /// Greatest distance of an order price from the venue's reference.
    pub band: Option<Rate>,
    /// What it costs.
    pub charge: ChargeText,
    /// What a fee is charged in.
    pub fee_asset: FeeAssetText,
}

/// What a fee is charged in, as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeeAssetText {
    /// The quote asset.
    Quote,
    /// The base asset.
    Base,
    /// What an execution brings in: base of a buy, quote of a sale.
    Received,
    /// Another asset.
    Third {
        /// Its name, and where.
        name: Located<String>,
        /// Quote per unit.
        price: Money,
        /// Decimals of its smallest unit.
        scale: u32,
    },
}

/// Reads every instrument.
pub fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Vec<InstrumentText> {
    let Some(all) = top.require_section("instrument", problems) else { return Vec::new() };
    if all.open().next().is_none() {
        problems.add("E-SC-007", all.at, "instrument", "nothing", "a table such as [instrument.\"BTC/USDT\"]");
    }
    all.open().filter_map(|(symbol, at, entry)| one(symbol, at, &entry, problems)).collect()
}

fn one(symbol: &str, at: usize, entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<InstrumentText> {
    let mut section = entry.as_section(at, problems)?;
    let names = halves(symbol);
    if names.is_none() {
        let allowed = "a symbol BASE/QUOTE of two different assets, in quotes";
        problems.add("E-SC-009", at, &entry.path, crate::bad_input::quoted(symbol), allowed);
    }
    let contract = section.require("contract", problems, "spot, linear, inverse");
    let contract = contract.and_then(|entry| entry.word(problems, &CONTRACTS));
    let base_scale = scale(&mut section, "base_scale", problems);
    let quote_scale = scale(&mut section, "quote_scale", problems);
    let rules = timeline(&mut section, names.map(|(_, quote)| quote), problems);
    let rules_file = rules_file(&mut section, rules.len() > 1, problems);
    let traded = section.get("fee_volume").map_or(Some(Money::ZERO), |entry| fees::amount(&entry, problems));
    fees_agree(contract, &rules, (at, &entry.path), problems);
    if rules_file.is_none()
        && !rules.iter().any(|rules| rules.charge.plan.is_some())
        && let Some(entry) = section.get("fee_volume")
    {
        entry.refuse(problems, "E-SC-011", "nothing, unless fees names a schedule");
    }
    let third = rules.iter().any(|rules| matches!(rules.fee_asset, FeeAssetText::Third { .. }));
    let margin = margin::read(&mut section, contract, third, problems);
    section.finish(problems);
    let (base, quote) = names?;
    Some(InstrumentText {
        symbol: Located { value: symbol.to_owned(), at },
        base: base.to_owned(),
        quote: quote.to_owned(),
        contract: contract?,
        base_scale: base_scale?,
        quote_scale: quote_scale?,
        traded: traded?,
        rules,
        rules_file,
        changes: None,
        margin: margin?,
    })
}

/// A margin contract pays no fee out of what is traded; an inverse one only in what it settles in, by rates.
fn fees_agree(contract: Option<Contract>, rules: &[RulesText], (at, path): (usize, &str), problems: &mut Problems<'_>) {
    let mut refuse = |key: &str, found, allowed| problems.add("E-SC-011", at, &format!("{path}.{key}"), found, allowed);
    match contract {
        Some(Contract::Linear) => {
            let coins = rules.iter().find_map(|rules| match rules.fee_asset {
                FeeAssetText::Base => Some("\"base\" of a linear contract"),
                FeeAssetText::Received => Some("\"received\" of a linear contract"),
                FeeAssetText::Quote | FeeAssetText::Third { .. } => None,
            });
            if let Some(found) = coins {
                refuse("fee_asset", found, "quote or a third asset; base and received are spot only");
            }
        }
        Some(Contract::Inverse) => {
            const ALLOWED: &str = "nothing: its fees are rates of its value, in the base asset";
            if rules.iter().any(|rules| rules.fee_asset != FeeAssetText::Quote) {
                refuse("fee_asset", "an asset of an inverse contract's fees", ALLOWED);
            }
            if rules.iter().any(|rules| rules.charge.is_by_quantity()) {
                refuse("fee_per_unit", "fees by quantity of an inverse contract", ALLOWED);
            }
        }
        Some(Contract::Spot) | None => {}
    }
}

/// `BASE/QUOTE` in its halves.
fn halves(symbol: &str) -> Option<(&str, &str)> {
    let (base, quote) = symbol.split_once('/')?;
    (is_asset(base) && is_asset(quote) && base != quote).then_some((base, quote))
}

/// Whether this may be an asset's name.
pub fn is_asset(name: &str) -> bool {
    (1..=20).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn scale(section: &mut Section<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<Located<u32>> {
    let Some(entry) = section.get(key) else { return Some(Located { value: SCALE_DEFAULT, at: section.at }) };
    let value = entry.whole(problems, 0..=u64::from(DECIMALS_MAX))?;
    Some(Located { value: u32::try_from(value).expect("at most 18"), at: entry.at })
}

/// The rules now and after every change.
fn timeline(section: &mut Section<'_>, quote: Option<&str>, problems: &mut Problems<'_>) -> Vec<RulesText> {
    let Some(first) = rules(section, quote, Timestamp::MIN, None, problems) else {
        section.get("change");
        return Vec::new();
    };
    let mut timeline = vec![first];
    changes(section, quote, &mut timeline, problems);
    timeline
}

/// The file that says how rules change, which are then not changed here as well.
fn rules_file(section: &mut Section<'_>, changed: bool, problems: &mut Problems<'_>) -> Option<Located<String>> {
    let entry = section.get("rules")?;
    let text = entry.string(problems, root::ALLOWED)?;
    if !root::stays_inside(text) {
        entry.refuse(problems, "E-SC-012", root::ALLOWED);
        return None;
    }
    if changed {
        entry.refuse(problems, "E-SC-011", "a file of rules or [[change]] here, not both");
        return None;
    }
    Some(Located { value: text.to_owned(), at: entry.at })
}

/// Adds every change to the rules before it.
pub fn changes(
    section: &mut Section<'_>,
    quote: Option<&str>,
    timeline: &mut Vec<RulesText>,
    problems: &mut Problems<'_>,
) {
    for mut change in section.sections("change", problems) {
        let at = change.require("at", problems, super::market::INSTANT);
        let from = at.as_ref().and_then(|entry| instant(entry, problems));
        let before = timeline.last().expect("it began with one");
        if let (Some(from), Some(at)) = (from, &at)
            && from <= before.from
        {
            at.refuse(problems, "E-SC-011", "a time later than that of the change before");
        }
        let next = rules(&mut change, quote, from.unwrap_or_default(), Some(before), problems);
        change.finish(problems);
        timeline.extend(next);
    }
}

/// Reads one set of rules; what is not named is inherited, where there is something to inherit.
fn rules(
    section: &mut Section<'_>,
    quote: Option<&str>,
    from: Timestamp,
    before: Option<&RulesText>,
    problems: &mut Problems<'_>,
) -> Option<RulesText> {
    let inherited = before.is_some();
    let tick = grid(section, "tick", before.map(|rules| rules.tick), problems);
    let lot = grid(section, "lot", before.map(|rules| rules.lot), problems);
    let min_qty = optional(section, "min_qty", before.and_then(|rules| rules.min_qty), problems);
    let max_qty = optional(section, "max_qty", before.and_then(|rules| rules.max_qty), problems);
    if let (Some(min), Some(max)) = (min_qty, max_qty)
        && min.value > max.value
    {
        let field = format!("{}.max_qty", section.path);
        let allowed = format!("at least min_qty, {}", min.value);
        problems.add("E-SC-011", max.at, &field, format!("\"{}\"", max.value), &allowed);
    }
    let least = section.get("min_notional").and_then(|entry| {
        let most = Money::new(Decimal::from(1_000_000_000_i64));
        entry.within(problems, Money::ZERO..=most, "an amount in quote from 0 to 1000000000")
    });
    let band =
        section.get("band").and_then(|entry| entry.within(problems, Rate::from_bps(1)..=Rate::ONE, "0.01% to 100%"));
    let fee_asset = fee_asset(section, before.map(|rules| &rules.fee_asset), problems);
    let charge = fees::read(section, quote, fee_asset.as_ref(), before, problems);
    debug_assert!(inherited || from == Timestamp::MIN, "the first rules hold from the beginning");
    Some(RulesText {
        from,
        tick: tick?,
        lot: lot?,
        min_qty,
        max_qty,
        min_notional: least.or(before.map(|rules| rules.min_notional)).unwrap_or_default(),
        band: band.or(before.and_then(|rules| rules.band)),
        charge: charge?,
        fee_asset: fee_asset?,
    })
}

/// A positive amount.
fn positive(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Located<Decimal>> {
    let text = entry.scalar(problems, POSITIVE)?;
    let read = Number::read(&text).map(|number| number.0).filter(|number| number.scale() <= DECIMALS_MAX);
    let Some(value) = read else {
        entry.refuse(problems, "E-SC-009", POSITIVE);
        return None;
    };
    if value <= Decimal::ZERO {
        entry.refuse(problems, "E-SC-010", POSITIVE);
        return None;
    }
    Some(Located { value, at: entry.at })
}

fn grid(
    section: &mut Section<'_>,
    key: &'static str,
    before: Option<Located<Decimal>>,
    problems: &mut Problems<'_>,
) -> Option<Located<Decimal>> {
    let entry = if before.is_some() { section.get(key) } else { section.require(key, problems, POSITIVE) };
    entry.map_or(before, |entry| positive(&entry, problems))
}

fn optional(
    section: &mut Section<'_>,
    key: &'static str,
    before: Option<Located<Decimal>>,
    problems: &mut Problems<'_>,
) -> Option<Located<Decimal>> {
    section.get(key).map_or(before, |entry| positive(&entry, problems))
}

fn fee_asset(
    section: &mut Section<'_>,
    before: Option<&FeeAssetText>,
    problems: &mut Problems<'_>,
) -> Option<FeeAssetText> {
    const ALLOWED: &str = "quote, base, received or the name of an asset";
    let (name, price, scale) =
        (section.get("fee_asset"), section.get("fee_asset_price"), section.get("fee_asset_scale"));
    let named = match &name {
        None => None,
        Some(entry) => Some(entry.string(problems, ALLOWED)?),
    };
    let third = |problems: &mut Problems<'_>, name: Located<String>, old: Option<(Money, u32)>| {
        let price = match &price {
            Some(entry) => positive(entry, problems).map(|price| Money::new(price.value)),
            None => old.map(|old| old.0),
        };
        if price.is_none() {
            let field = format!("{}.fee_asset_price", section.path);
            problems.add("E-SC-007", name.at, &field, "nothing", "quote per unit of the fee asset");
        }
        let scale = match &scale {
            Some(entry) => entry.whole(problems, 0..=u64::from(DECIMALS_MAX)),
            None => Some(old.map_or(u64::from(SCALE_DEFAULT), |old| u64::from(old.1))),
        };
        let scale = u32::try_from(scale?).expect("at most 18");
        Some(FeeAssetText::Third { name, price: price?, scale })
    };
    let asset = match (named, before) {
        (Some("quote"), _) => FeeAssetText::Quote,
        (None, None) => fees::usual_asset(section),
        (Some("base"), _) => FeeAssetText::Base,
        (Some("received"), _) => FeeAssetText::Received,
        (Some(other), _) => {
            let at = name.as_ref().map_or(section.at, |entry| entry.at);
            if !is_asset(other) {
                problems.add(
                    "E-SC-009",
                    at,
                    &format!("{}.fee_asset", section.path),
                    crate::bad_input::quoted(other),
                    ALLOWED,
                );
                return None;
            }
            return third(problems, Located { value: other.to_owned(), at }, None);
        }
        (None, Some(FeeAssetText::Third { name, price, scale })) => {
            return third(problems, name.clone(), Some((*price, *scale)));
        }
        (None, Some(same)) => same.clone(),
    };
    for entry in [&price, &scale].into_iter().flatten() {
        entry.refuse(problems, "E-SC-011", "nothing, unless fee_asset names a third asset");
    }
    Some(asset)
}
