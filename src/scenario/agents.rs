//! `[market] source = "agents"`: a market made while it runs, by agents whose orders meet ours in one book.
//!
//! ```toml
//! [market]
//! source = "agents"
//! length = "1h"
//! price = "60000"
//! noise = { market_orders = "0.8", market_size = "0.05", limit_orders = "6", limit_size = "0.2", distance = 12, life = "20s", excitation = "40%", memory = "2s" }
//! makers = { spread = 4, levels = 5, size = "0.5", refresh = "500ms", anchor = "50%" }
//! momentum = { orders = "0.1", size = "0.05", memory = "60s" }
//! value = { orders = "0.2", size = "0.1", volatility = "3%", half_life = "4h" }
//! ```
//!
//! Orders are counted a second, sizes in base, distances and spreads in ticks, volatility by the square
//! root of a day. A kind of agent that is not written is not there. `seatrial data calibrate` writes these
//! lines from a recording.
//!
//! Of the limits of `noise` a share may be icebergs, `iceberg = "20%"` of which `peak = "0.01"` is seen, or be
//! `hidden = "10%"`; what `makers` quote shows `peak` of it, where that is written. When the market trades, and at
//! which prices, is in [`super::regime`].

use rust_decimal::Decimal;

use super::instrument::InstrumentText;
use super::market::{START_DEFAULT, instant};
use super::regime;
use super::section::{Entry, Problems, Section};
use crate::data::{Provenance, Records, Row, RowKind, Tape};
use crate::market::{Money, Price, Qty, Rate, SessionState, Span, Timestamp};
use crate::trading::setting::Number;
use crate::venue::{BackgroundTerms, MakerTerms, MomentumTerms, NoiseTerms, RegimeTerms, ValueTerms};

/// Longest market of agents: a month and a day.
const LENGTH_MAX: Span = Span::from_hours(32 * 24);
/// Longest span an agent may name.
pub(super) const SPAN_MAX: Span = Span::from_hours(7 * 24);
/// How much time must be left after the end of a market.
const LEFT: Span = Span::from_hours(365 * 24);
/// What every table of agents has to say.
pub(super) const TABLE: &str = "a table of all its keys";

/// A market of agents as it was written: whole numbers, but for amounts, which wait for the instrument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentsText {
    opens: Timestamp,
    length: Span,
    price: Decimal,
    noise: (NoiseTerms, [Decimal; 3]),
    makers: (MakerTerms, [Decimal; 2]),
    momentum: (MomentumTerms, Decimal),
    value: (ValueTerms, Decimal),
    regime: RegimeTerms,
}

/// Reads the keys of a market of agents.
pub fn read(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<AgentsText> {
    let opens = section.get("start").map_or(Some(Timestamp(START_DEFAULT)), |entry| instant(&entry, problems));
    let length = section
        .require("length", problems, "how long it goes on")
        .and_then(|entry| entry.within(problems, Span::from_secs(1)..=LENGTH_MAX, "1s to 768h"));
    if let (Some(opens), Some(length)) = (opens, length)
        && opens.0.checked_add(length.0).and_then(|end| end.checked_add(LEFT.0)).is_none()
    {
        problems.add(
            "E-SC-010",
            section.at,
            "market.start",
            "a market that ends too late",
            "an end before the year 2261",
        );
    }
    let price = section.require("price", problems, "where the price starts").and_then(|entry| amount(&entry, problems));
    let at = section.at;
    // A kind that is not there has a size all the same, which means nothing.
    let one = Decimal::ONE;
    let noise = table(section, "noise", problems, (NoiseTerms::NONE, [one, one, Decimal::ZERO]), noise);
    let makers = table(section, "makers", problems, (MakerTerms::NONE, [one, Decimal::ZERO]), makers);
    let momentum = table(section, "momentum", problems, (MomentumTerms::NONE, one), momentum);
    let value = table(section, "value", problems, (ValueTerms::NONE, one), value);
    let regime = regime::read(section, problems, length.unwrap_or(LENGTH_MAX));
    let written = AgentsText {
        opens: opens?,
        length: length?,
        price: price?,
        noise: noise?,
        makers: makers?,
        momentum: momentum?,
        value: value?,
        regime: regime?,
    };
    if written.noise.0.limit_orders == 0 && written.makers.0.levels == 0 {
        problems.add(
            "E-SC-007",
            at,
            "market.makers",
            "nothing, and no `noise`",
            "somebody who offers: makers or noise",
        );
        return None;
    }
    Some(written)
}

/// Reads a table; `absent` where it is not there.
pub(super) fn table<T>(
    section: &mut Section<'_>,
    key: &'static str,
    problems: &mut Problems<'_>,
    absent: T,
    read: impl Fn(&mut Section<'_>, &mut Problems<'_>) -> Option<T>,
) -> Option<T> {
    let Some(entry) = section.get(key) else { return Some(absent) };
    let mut table = entry.as_section(entry.at, problems)?;
    let terms = read(&mut table, problems);
    table.finish(problems);
    terms
}

fn noise(table: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<(NoiseTerms, [Decimal; 3])> {
    let market_orders = often(table, "market_orders", problems);
    let market_size = size(table, "market_size", problems);
    let limit_orders = often(table, "limit_orders", problems);
    let limit_size = size(table, "limit_size", problems);
    let distance = count(table, "distance", 1..=100_000, problems);
    let life = span(table, "life", problems);
    let excitation = share(table, "excitation", problems);
    let memory = span(table, "memory", problems);
    let unseen = unseen(table, problems);
    let terms = NoiseTerms {
        market_orders: market_orders?,
        market_size: Qty::ZERO,
        limit_orders: limit_orders?,
        limit_size: Qty::ZERO,
        distance: distance?,
        life: life?,
        excitation: excitation?,
        memory: memory?,
        ..NoiseTerms::NONE
    };
    let (iceberg, hidden, peak) = unseen?;
    Some((NoiseTerms { iceberg, hidden, ..terms }, [market_size?, limit_size?, peak]))
}

/// What of the limit orders is not seen: the share of icebergs, the share of hidden ones, and an iceberg's peak.
fn unseen(table: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<(u32, u32, Decimal)> {
    let mut part = |key| table.get(key).map_or(Some(0), |entry| share_of(&entry, problems));
    let (iceberg, hidden) = (part("iceberg"), part("hidden"));
    let peak = peak(table, problems);
    let (iceberg, hidden, peak) = (iceberg?, hidden?, peak?);
    let mut refuse = |code, key, found, allowed| problems.add(code, table.at, &table.child(key), found, allowed);
    if iceberg + hidden > 1_000 {
        refuse("E-SC-010", "hidden", "more than is left beside icebergs", "at most 100% together");
        return None;
    }
    if (iceberg > 0) == peak.is_zero() {
        let found = if iceberg > 0 { "icebergs without a peak" } else { "a peak without icebergs" };
        refuse("E-SC-007", "peak", found, "`iceberg` and `peak`, or neither");
        return None;
    }
    Some((iceberg, hidden, peak))
}

fn makers(table: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<(MakerTerms, [Decimal; 2])> {
    let spread = count(table, "spread", 1..=100_000, problems);
    let levels = count(table, "levels", 1..=50, problems);
    let size = size(table, "size", problems);
    let refresh = span(table, "refresh", problems);
    let anchor = share(table, "anchor", problems);
    let peak = peak(table, problems);
    let (spread, levels, refresh, anchor) = (spread?, levels?, refresh?, anchor?);
    Some((MakerTerms { spread, levels, refresh, anchor, ..MakerTerms::NONE }, [size?, peak?]))
}

/// What others see of an order at a time; zero where nothing is written, and that is all of it.
fn peak(table: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Decimal> {
    table.get("peak").map_or(Some(Decimal::ZERO), |entry| amount(&entry, problems))
}

fn momentum(table: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<(MomentumTerms, Decimal)> {
    let orders = often(table, "orders", problems);
    let size = size(table, "size", problems);
    let memory = span(table, "memory", problems);
    Some((MomentumTerms { orders: orders?, size: Qty::ZERO, memory: memory? }, size?))
}

fn value(table: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<(ValueTerms, Decimal)> {
    let orders = often(table, "orders", problems);
    let size = size(table, "size", problems);
    let volatility = table.require("volatility", problems, TABLE).and_then(|entry| {
        let allowed = "0.01% to 1000%, with at most 4 decimals";
        let rate = entry.within(problems, Rate::from_bps(1)..=Rate::from_bps(100_000), allowed)?.decimal();
        whole(&entry, rate, Decimal::from(1_000_000), allowed, problems)
    });
    let half_life = span(table, "half_life", problems);
    let terms = ValueTerms { orders: orders?, size: Qty::ZERO, volatility_ppm: volatility?, half_life: half_life? };
    Some((terms, size?))
}

/// A decimal above zero.
fn amount(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Decimal> {
    let amount = entry.setting::<Money>(problems)?.decimal();
    if amount <= Decimal::ZERO {
        entry.refuse(problems, "E-SC-010", "a decimal above 0");
        return None;
    }
    Some(amount)
}

fn size(table: &mut Section<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<Decimal> {
    let entry = table.require(key, problems, TABLE)?;
    amount(&entry, problems)
}

/// So many a second, in thousandths.
fn often(table: &mut Section<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<u32> {
    let allowed = "orders a second: a decimal above 0, at most 1000, with at most 3 decimals";
    let entry = table.require(key, problems, TABLE)?;
    let number = entry.setting::<Number>(problems)?.0;
    if number > Decimal::from(1_000) {
        entry.refuse(problems, "E-SC-010", allowed);
        return None;
    }
    whole(&entry, number, Decimal::from(1_000), allowed, problems)
}

fn share(table: &mut Section<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<u32> {
    let entry = table.require(key, problems, TABLE)?;
    share_of(&entry, problems)
}

fn share_of(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<u32> {
    let allowed = "0% to 99%, with at most one decimal, such as \"50%\"";
    let rate = entry.within(problems, Rate::new(Decimal::ZERO)..=Rate::from_bps(9_900), allowed)?.decimal();
    if rate.is_zero() { Some(0) } else { whole(entry, rate, Decimal::from(1_000), allowed, problems) }
}

/// A number in whole parts, above none.
pub(super) fn whole(
    entry: &Entry<'_>,
    number: Decimal,
    parts: Decimal,
    allowed: &str,
    problems: &mut Problems<'_>,
) -> Option<u32> {
    let units = number.checked_mul(parts).filter(|units| units.is_integer() && *units > Decimal::ZERO);
    let found = units.and_then(|units| u32::try_from(units).ok());
    if found.is_none() {
        entry.refuse(problems, "E-SC-010", allowed);
    }
    found
}

fn count(
    table: &mut Section<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<u64>,
    problems: &mut Problems<'_>,
) -> Option<u32> {
    let entry = table.require(key, problems, TABLE)?;
    entry.whole(problems, range).map(|count| u32::try_from(count).expect("a small range"))
}

fn span(table: &mut Section<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<Span> {
    let entry = table.require(key, problems, TABLE)?;
    entry.within(problems, Span::from_millis(10)..=SPAN_MAX, "10ms to 168h")
}

/// The tape of a market of agents: when it opens and when it ends, and nothing between.
pub fn tape(text: &AgentsText, instrument: &InstrumentText) -> Tape {
    let rules = instrument.rules.first().expect("an instrument that was read has rules");
    let scale = |grid: Decimal| grid.normalize().scale();
    let row = |at, state| Row::new(at, at, Price(1), Qty(1), RowKind::Session(state), true);
    let (first, last) = match text.regime.sessions {
        None => (SessionState::Open, SessionState::Open),
        Some(days) if days.opening_call == Span::ZERO => (SessionState::Open, SessionState::CancelOnly),
        Some(_) => (SessionState::PostOnly, SessionState::CancelOnly),
    };
    let rows = vec![row(text.opens, first), row(text.opens.after(text.length), last)];
    let provenance = Provenance {
        source: format!("agents in {}", instrument.symbol.value),
        importer: "agents".to_owned(),
        importer_version: crate::venue::BACKGROUND_VERSION,
        ..Provenance::default()
    };
    let decimals = (scale(rules.tick.value), scale(rules.lot.value));
    Tape::new(instrument.symbol.value.clone(), decimals, Span::ZERO, Records::Rows(rows), provenance)
}

/// What the market is made of, in an instrument's units; an error says which amount does not fit, and why.
pub fn terms(
    text: &AgentsText,
    price_unit: Decimal,
    qty_unit: Decimal,
) -> Result<BackgroundTerms, (&'static str, String)> {
    let units = |key, amount: Decimal, unit: Decimal| {
        let whole = amount.checked_div(unit).map(|units| units.floor()).and_then(|units| i64::try_from(units).ok());
        let fits = whole.filter(|units| (1..=i64::MAX / (1 << 24)).contains(units));
        fits.ok_or_else(|| (key, format!("{amount}, not between 1 and 2^39 units of {unit}")))
    };
    let size = |key, amount: Decimal| units(key, amount, qty_unit).map(Qty);
    let peak = |key, peak: Decimal| if peak.is_zero() { Ok(None) } else { size(key, peak).map(Some) };
    let (noise, [market, limit, shown]) = text.noise;
    let noise = NoiseTerms {
        market_size: size("noise.market_size", market)?,
        limit_size: size("noise.limit_size", limit)?,
        peak: peak("noise.peak", shown)?.unwrap_or(noise.peak),
        ..noise
    };
    let (makers, [quoted, shown]) = text.makers;
    let makers = MakerTerms { size: size("makers.size", quoted)?, peak: peak("makers.peak", shown)?, ..makers };
    let momentum = MomentumTerms { size: size("momentum.size", text.momentum.1)?, ..text.momentum.0 };
    let value = ValueTerms { size: size("value.size", text.value.1)?, ..text.value.0 };
    let price = Price(units("price", text.price, price_unit)?);
    let ends = text.opens.after(text.length);
    Ok(BackgroundTerms { opens: text.opens, ends, price, noise, makers, momentum, value, regime: text.regime })
}
