//! The shape of a market: what a background is calibrated to, and judged by.

use std::fmt;

use serde::Serialize;

use super::dice::real;
use crate::market::{Price, Qty, Quote, Timestamp};

/// A minute, in nanoseconds, and how many a day has.
const MINUTE: i64 = 60_000_000_000;
const MINUTES_OF_A_DAY: f64 = 1_440.0;

/// A market as it is: means over time, over trades and over minutes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Shape {
    /// Between best bid and ask, in ticks, by time.
    pub spread: f64,
    /// Displayed at a best price, in quantity units, by time.
    pub depth: f64,
    /// Trades a second.
    pub trades: f64,
    /// Mean quantity of a trade, in quantity units.
    pub trade_size: f64,
    /// Standard deviation of the change of the mid from minute to minute, as a part of it, scaled to a day.
    pub volatility: f64,
    /// How long was looked, in seconds.
    pub seconds: f64,
}

impl Shape {
    /// The figures that are compared, by name.
    #[must_use]
    pub const fn figures(&self) -> [(&'static str, f64); 5] {
        [
            ("spread (ticks)", self.spread),
            ("depth at the touch", self.depth),
            ("trades a second", self.trades),
            ("size of a trade", self.trade_size),
            ("volatility (day)", self.volatility),
        ]
    }

    /// How far a shape is from another: the root of the mean square of the logarithms of their ratios.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f64 {
        let far = |(mine, theirs): ((&str, f64), (&str, f64))| {
            let apart = libm::log(mine.1.max(f64::MIN_POSITIVE) / theirs.1.max(f64::MIN_POSITIVE));
            apart * apart
        };
        let sum: f64 = self.figures().into_iter().zip(other.figures()).map(far).sum();
        libm::sqrt(sum / 5.0)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [spread, depth, trades, size, volatility] = self.figures().map(|(_, figure)| figure);
        let percent = volatility * 100.0;
        write!(
            f,
            "spread {spread:.2} ticks, depth {depth:.0}, {trades:.3} trades/s of {size:.0}, volatility {percent:.2}%"
        )
    }
}

/// Measures a market's shape, message by message.
#[derive(Clone, Debug)]
pub struct Measure {
    tick: Price,
    /// The touch in force, and since when.
    touch: Option<(Timestamp, Quote)>,
    first: Option<Timestamp>,
    last: Timestamp,
    shown_for: f64,
    spread: f64,
    depth: f64,
    trades: u64,
    volume: f64,
    /// The mid of the last whole minute, and which minute that is.
    minute: Option<(i64, f64)>,
    changes: Vec<f64>,
}

impl Measure {
    /// Nothing seen yet.
    #[must_use]
    pub const fn new(tick: Price) -> Self {
        Self {
            tick,
            touch: None,
            first: None,
            last: Timestamp(0),
            shown_for: 0.0,
            spread: 0.0,
            depth: 0.0,
            trades: 0,
            volume: 0.0,
            minute: None,
            changes: Vec::new(),
        }
    }

    /// The touch is this from now on.
    pub fn quote(&mut self, at: Timestamp, quote: &Quote) {
        self.pass(at);
        self.touch = quote.usable().then_some((at, *quote));
    }

    /// A trade of so much.
    pub fn trade(&mut self, at: Timestamp, qty: Qty) {
        self.pass(at);
        self.trades += 1;
        self.volume += real(qty.0);
    }

    /// What it comes to until now; none where no touch was ever shown, nothing traded, or less than two minutes
    /// were seen.
    #[must_use]
    pub fn shape(&self) -> Option<Shape> {
        let seconds = real(self.last.since(self.first?).0) / 1e9;
        if self.trades == 0 || self.shown_for <= 0.0 || self.changes.len() < 2 || seconds <= 0.0 {
            return None;
        }
        let count = count(self.changes.len());
        let square: f64 = self.changes.iter().map(|change| change * change).sum();
        Some(Shape {
            spread: self.spread / self.shown_for / real(self.tick.0),
            depth: self.depth / self.shown_for,
            trades: count64(self.trades) / seconds,
            trade_size: self.volume / count64(self.trades),
            volatility: libm::sqrt(square / count * MINUTES_OF_A_DAY),
            seconds,
        })
    }

    /// Time passes with the touch that was in force.
    fn pass(&mut self, at: Timestamp) {
        self.first.get_or_insert(at);
        self.last = self.last.max(at);
        let Some((since, touch)) = &mut self.touch else { return };
        let lasted = real(at.since(*since).0.max(0)) / 1e9;
        self.shown_for += lasted;
        self.spread += lasted * real(touch.ask.0 - touch.bid.0);
        self.depth += lasted * (real(touch.bid_qty.0) + real(touch.ask_qty.0)) / 2.0;
        let mid = real(touch.twice_mid()) / 2.0;
        *since = at;
        let minute = at.0.div_euclid(MINUTE);
        match self.minute {
            Some((before, _)) if before >= minute => {}
            Some((before, old)) => {
                // Minutes in which nothing was said changed by nothing.
                self.changes
                    .extend(std::iter::repeat_n(0.0, usize::try_from(minute - before - 1).unwrap_or(0).min(1_440)));
                self.changes.push(libm::log(mid / old));
                self.minute = Some((minute, mid));
            }
            None => self.minute = Some((minute, mid)),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of minutes")]
const fn count(minutes: usize) -> f64 {
    minutes as f64
}

#[expect(clippy::cast_precision_loss, reason = "a count of trades")]
const fn count64(trades: u64) -> f64 {
    trades as f64
}
