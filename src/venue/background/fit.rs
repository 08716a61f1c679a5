//! Calibration: terms whose market has the shape of a recorded one.
//!
//! A first guess is read off the recorded figures; then a market is made, measured, and each term moved by
//! the ratio of the figure it rules, as often as told. The best market seen is the answer. What is
//! fitted is the five figures of a [`Shape`] and nothing else: not the queue behind the touch, not the shape
//! of sizes, not the memory of volatility.

use super::dice::{real, seconds, whole};
use super::shape::{Measure, Shape};
use super::terms::{BackgroundTerms, MakerTerms, MomentumTerms, NoiseTerms, RegimeTerms, ValueTerms};
use crate::market::{Instrument, MarketEvent, Price, Qty, Span, Timestamp};
use crate::venue::{Venue, VenueConfig};

/// How often the terms are moved.
const ROUNDS: usize = 14;
/// How far a term is moved of what its figure's ratio asks for: less than all, for they rule each other too.
const CARE: f64 = 0.6;
/// Shares of market orders by noise, value and momentum.
const SHARES: [f64; 3] = [0.75, 0.2, 0.05];

/// A market made to measure, and how it turned out.
#[derive(Clone, PartialEq, Debug)]
pub struct Fit {
    /// What it is made of.
    pub terms: BackgroundTerms,
    /// The shape it has.
    pub made: Shape,
}

/// What is moved between rounds.
#[derive(Clone, Copy)]
struct Knobs {
    spread: f64,
    depth: f64,
    rate: f64,
    size: f64,
    volatility: f64,
    levels: f64,
    refresh: Span,
}

/// Finds the terms of a market of a recorded shape, made with the chance of `config`.
#[must_use]
pub fn fit(config: &VenueConfig, opening: Price, length: Span, wanted: &Shape) -> Option<Fit> {
    let instrument = config.instruments.first()?;
    let (mut knobs, mut best) = (
        Knobs {
            spread: wanted.spread,
            depth: wanted.depth,
            rate: wanted.trades,
            size: wanted.trade_size,
            volatility: wanted.volatility,
            levels: 5.0,
            refresh: refresh(wanted, real(opening.0) / real(instrument.rules(Timestamp(0)).tick.0)),
        },
        None::<Fit>,
    );
    for _ in 0..ROUNDS {
        let terms = knobs.terms(opening, length);
        let Some(made) = shape_of(config, &terms) else {
            // Nothing traded, or nobody offered: more of both.
            knobs.rate *= 2.0;
            knobs.depth *= 2.0;
            continue;
        };
        if best.as_ref().is_none_or(|best| wanted.distance(&made) < wanted.distance(&best.made)) {
            best = Some(Fit { terms, made });
        }
        knobs.turn(wanted, &made);
    }
    best
}

/// The shape of a market in which nobody else trades.
#[must_use]
pub fn shape_of(config: &VenueConfig, terms: &BackgroundTerms) -> Option<Shape> {
    let mut config = config.clone();
    config.backgrounds = vec![Some(terms.clone())];
    let instrument: &Instrument = config.instruments.first()?;
    let mut measure = Measure::new(instrument.rules(terms.opens).tick);
    let mut venue = Venue::new(config);
    let mut said = Vec::new();
    while let Some(at) = venue.next_wake() {
        venue.on_time(at, &mut said);
        for (at, event) in venue.drain_published() {
            match event {
                MarketEvent::Quote(quote) => measure.quote(at, &quote),
                MarketEvent::Trade(trade) => measure.trade(at, trade.qty),
                _ => {}
            }
        }
    }
    measure.shape()
}

impl Knobs {
    fn terms(&self, price: Price, length: Span) -> BackgroundTerms {
        let rate = |share: f64| milli(self.rate * share).max(1);
        let size = |size: f64| Qty(whole(size).max(1));
        let spread = self.spread.max(0.0);
        BackgroundTerms {
            opens: Timestamp(0),
            ends: Timestamp(0).after(length),
            price,
            noise: NoiseTerms {
                market_orders: rate(SHARES[0]),
                market_size: size(self.size),
                limit_orders: rate(0.5),
                limit_size: size(self.size),
                distance: count(spread * 2.0 + 1.0),
                life: Span::from_secs(2),
                excitation: 400,
                memory: Span::from_secs(2),
                ..NoiseTerms::NONE
            },
            makers: MakerTerms {
                spread: count(spread),
                levels: count(self.levels).min(50),
                size: size(self.depth),
                refresh: self.refresh,
                anchor: 500,
                peak: None,
            },
            momentum: MomentumTerms { orders: rate(SHARES[2]), size: size(self.size), memory: Span::from_secs(60) },
            value: ValueTerms {
                orders: rate(SHARES[1]),
                size: size(self.size),
                volatility_ppm: ppm(self.volatility),
                half_life: Span::from_hours(12),
            },
            regime: RegimeTerms::default(),
        }
    }

    /// Every term moves by what its figure is off.
    fn turn(&mut self, wanted: &Shape, made: &Shape) {
        let by = |wanted: f64, made: f64| libm::pow(wanted / made, CARE).clamp(0.25, 4.0);
        self.spread = (self.spread * by(wanted.spread, made.spread)).max(0.1);
        self.depth = (self.depth * by(wanted.depth, made.depth)).max(1.0);
        self.rate *= by(wanted.trades, made.trades);
        self.size = (self.size * by(wanted.trade_size, made.trade_size)).max(1.0);
        self.volatility *= by(wanted.volatility, made.volatility);
    }
}

/// Makers quote anew before the value has gone a spread, but from five times a second to once in two seconds.
fn refresh(wanted: &Shape, ticks: f64) -> Span {
    let by_second = wanted.volatility / libm::sqrt(86_400.0) * ticks;
    let far = wanted.spread.max(1.0) / by_second.max(1e-9);
    seconds((far * far).clamp(0.2, 2.0))
}

fn milli(rate: f64) -> u32 {
    u32::try_from(whole(rate * 1_000.0)).unwrap_or(u32::MAX).min(1_000_000)
}

fn count(value: f64) -> u32 {
    u32::try_from(whole(value)).unwrap_or(u32::MAX).clamp(1, 100_000)
}

fn ppm(part: f64) -> u32 {
    // Written with four decimals of a percent; at least one basis point.
    u32::try_from(whole(part * 1e6)).unwrap_or(u32::MAX).clamp(100, 10_000_000)
}
