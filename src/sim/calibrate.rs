//! Calibration of a market of agents to a recorded one.
//!
//! The recording is played into a bare public book and measured; the venue's [`fit`] finds agents whose
//! market measures alike. What comes out is a `[market]` for a scenario, and both shapes side by side.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Serialize;

use super::rng::VenueChance;
use crate::data::{Records, Tape, TapeRow};
use crate::market::{
    AssetId, Contract, FeeAsset, FeeSchedule, Instrument, InstrumentId, MarketEvent, Money, Price, Qty, Rate, Rules,
    Span, Timestamp,
};
use crate::venue::{BackgroundTerms, Fit, Measure, PublicBook, Shape, VenueConfig, fit};

/// How long a market is made and measured in each round of the fit.
const LENGTH: Span = Span::from_hours(1);
const IT: InstrumentId = InstrumentId(0);

/// Agents for a recorded market.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Calibration {
    /// The shape of the recording.
    pub recorded: Shape,
    /// The shape of the market that was made.
    pub made: Shape,
    /// The `[market]` that makes it.
    pub market: String,
}

/// Why a recording has no shape to calibrate to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Shapeless {
    /// Bars show no touch.
    #[error("bars, which show no touch")]
    Bars,
    /// It is gone through more than once.
    #[error("a tape that is streamed")]
    Streamed,
    /// Too little of it.
    #[error("no touch, no trade, or less than two minutes of them")]
    Short,
    /// No agents were found who trade at all.
    #[error("a market that no agents were found for")]
    Unlike,
}

/// Finds agents for a recorded market.
pub fn calibrate(tape: &Tape, seed: u64) -> Result<Calibration, Shapeless> {
    let (tick, lot, recorded, opening) = match &tape.records {
        Records::Rows(rows) => measured(rows),
        Records::Streamed(_) => return Err(Shapeless::Streamed),
        Records::Orders(rows) => measured(rows),
        Records::Bars(_) => return Err(Shapeless::Bars),
    }
    .ok_or(Shapeless::Short)?;
    let mut config = VenueConfig::new(vec![instrument(tape, tick, lot)], Vec::new());
    config.chance = Some(Arc::new(VenueChance { seed, run: 0 }));
    let opening = Price(opening.0 / tick.0 * tick.0);
    let Fit { terms, made } = fit(&config, opening, LENGTH, &recorded).ok_or(Shapeless::Unlike)?;
    Ok(Calibration { recorded, made, market: written(&terms, tape) })
}

/// A recording's grids, its shape and where it begins.
fn measured(rows: &[impl TapeRow]) -> Option<(Price, Qty, Shape, Price)> {
    let (mut tick, mut lot) = (0_i64, 0_i64);
    for row in rows {
        let (price, qty) = match row.event(IT) {
            MarketEvent::Level(level) => (level.price, level.qty),
            MarketEvent::Trade(trade) => (trade.price, trade.qty),
            MarketEvent::Order(order) => (order.price, order.qty),
            _ => continue,
        };
        (tick, lot) = (common(tick, price.0), common(lot, qty.0));
    }
    let (tick, lot) = (Price(tick.max(1)), Qty(lot.max(1)));
    let (mut book, mut measure, mut opening) = (PublicBook::default(), Measure::new(tick), None);
    for row in rows {
        let (event, (at, _)) = (row.event(IT), row.times());
        match event {
            MarketEvent::Trade(trade) => measure.trade(at, trade.qty),
            MarketEvent::Order(order) => {
                if let Some(trade) = order.trade() {
                    measure.trade(at, trade.qty);
                }
            }
            _ => {}
        }
        book.apply(&event);
        if row.last() {
            let touch = book.touch(IT);
            measure.quote(at, &touch);
            if touch.usable() {
                opening.get_or_insert(touch.bid);
            }
        }
    }
    Some((tick, lot, measure.shape()?, opening?))
}

/// The greatest common divisor; zero is divided by everything.
const fn common(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    if a < 0 { -a } else { a }
}

fn instrument(tape: &Tape, tick: Price, lot: Qty) -> Instrument {
    let free = FeeSchedule { maker: Rate::from_bps(0), taker: Rate::from_bps(0), asset: FeeAsset::Quote };
    Instrument {
        id: IT,
        symbol: tape.symbol.clone(),
        base: AssetId(0),
        quote: AssetId(1),
        base_scale: 8,
        quote_scale: 8,
        contract: Contract::Linear,
        price_unit: tape.price_unit,
        qty_unit: tape.qty_unit,
        timeline: vec![Rules {
            from: Timestamp::MIN,
            tick,
            lot,
            min_qty: lot,
            max_qty: Qty(i64::MAX / (1 << 24)),
            min_notional: Money::ZERO,
            band: None,
            fees: free,
        }],
    }
}

/// The lines of a scenario that make the market.
fn written(terms: &BackgroundTerms, tape: &Tape) -> String {
    let price = (Decimal::from(terms.price.0) * tape.price_unit).normalize();
    let size = |qty: Qty| (Decimal::from(qty.0) * tape.qty_unit).normalize();
    let often = |thousandths: u32| Decimal::new(thousandths.into(), 3).normalize();
    let span = |span: Span| format!("{}ms", span.0 / 1_000_000);
    let BackgroundTerms { noise, makers, momentum, value, .. } = terms;
    format!(
        "[market]\nsource = \"agents\"\nlength = \"1h\"\nprice = \"{price}\"\n\
         noise = {{ market_orders = \"{}\", market_size = \"{}\", limit_orders = \"{}\", limit_size = \"{}\", \
         distance = {}, life = \"{}\", excitation = \"{}%\", memory = \"{}\" }}\n\
         makers = {{ spread = {}, levels = {}, size = \"{}\", refresh = \"{}\", anchor = \"{}%\" }}\n\
         momentum = {{ orders = \"{}\", size = \"{}\", memory = \"{}\" }}\n\
         value = {{ orders = \"{}\", size = \"{}\", volatility = \"{}%\", half_life = \"{}\" }}",
        often(noise.market_orders),
        size(noise.market_size),
        often(noise.limit_orders),
        size(noise.limit_size),
        noise.distance,
        span(noise.life),
        Decimal::new(noise.excitation.into(), 1).normalize(),
        span(noise.memory),
        makers.spread,
        makers.levels,
        size(makers.size),
        span(makers.refresh),
        Decimal::new(makers.anchor.into(), 1).normalize(),
        often(momentum.orders),
        size(momentum.size),
        span(momentum.memory),
        often(value.orders),
        size(value.size),
        Decimal::new(value.volatility_ppm.into(), 4).normalize(),
        span(value.half_life),
    )
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "recorded  {}", self.recorded)?;
        writeln!(f, "made      {}", self.made)?;
        write!(f, "{}", self.market)
    }
}
