//! What a background market is made of, in whole numbers: a setup is compared, printed and hashed.

use std::fmt;

use rust_decimal::Decimal;

use crate::market::{Price, Qty, Span, Timestamp};

/// Version of the agents' arithmetic; raised with any change that moves an order of theirs.
pub const BACKGROUND_VERSION: u32 = 1;

/// A market of agents, and what each kind of them does. A kind of which there is none trades nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackgroundTerms {
    /// When the market opens; it has been warmed up by then.
    pub opens: Timestamp,
    /// When it ends: nobody acts from then on.
    pub ends: Timestamp,
    /// Where it begins.
    pub price: Price,
    /// Zero intelligence: limit and market orders at random.
    pub noise: NoiseTerms,
    /// Who quotes both sides.
    pub makers: MakerTerms,
    /// Who follows what the price did.
    pub momentum: MomentumTerms,
    /// Who knows what it is worth.
    pub value: ValueTerms,
}

/// Orders of nobody in particular, after J. D. Farmer, P. Patelli and I. Zovko (*The predictive power of zero
/// intelligence in financial markets*, 2005), with self-exciting arrivals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoiseTerms {
    /// Market orders in a thousand seconds, both sides together.
    pub market_orders: u32,
    /// Mean quantity of one.
    pub market_size: Qty,
    /// Limit orders in a thousand seconds, both sides together.
    pub limit_orders: u32,
    /// Mean quantity of one.
    pub limit_size: Qty,
    /// Mean distance of a limit from the other side's best, in ticks.
    pub distance: u32,
    /// Mean life of a limit order.
    pub life: Span,
    /// The share of arrivals that follow from others, in thousandths, below a thousand.
    pub excitation: u32,
    /// How long an arrival goes on making others likelier.
    pub memory: Span,
}

impl NoiseTerms {
    /// None of it.
    pub const NONE: Self = Self {
        market_orders: 0,
        market_size: Qty(1),
        limit_orders: 0,
        limit_size: Qty(1),
        distance: 1,
        life: Span::from_secs(1),
        excitation: 0,
        memory: Span::from_secs(1),
    };
}

/// Market makers, who act as one: they quote both sides around the middle of the book, drawn towards the value,
/// and lower the more they hold. They take what stands where they would quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MakerTerms {
    /// Between their best bid and ask, in ticks.
    pub spread: u32,
    /// Prices on each side; without any there are no makers.
    pub levels: u32,
    /// Quantity at each.
    pub size: Qty,
    /// How often they quote anew, about.
    pub refresh: Span,
    /// How much of the way from the middle of the book to the value they go each time, in thousandths.
    pub anchor: u32,
}

impl MakerTerms {
    /// None of them.
    pub const NONE: Self = Self { spread: 1, levels: 0, size: Qty(1), refresh: Span::from_secs(1), anchor: 0 };
}

/// Market orders the way the price has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MomentumTerms {
    /// Market orders in a thousand seconds.
    pub orders: u32,
    /// Mean quantity of one.
    pub size: Qty,
    /// What the price is compared with: its mean over about so long.
    pub memory: Span,
}

impl MomentumTerms {
    /// None of them.
    pub const NONE: Self = Self { orders: 0, size: Qty(1), memory: Span::from_secs(1) };
}

/// A value that wanders about the opening price and comes back to it, an Ornstein-Uhlenbeck process, and market
/// orders towards it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueTerms {
    /// Market orders in a thousand seconds.
    pub orders: u32,
    /// Mean quantity of one.
    pub size: Qty,
    /// How far the value wanders in the square root of a day, in millionths.
    pub volatility_ppm: u32,
    /// How long until half of a distance is gone.
    pub half_life: Span,
}

impl ValueTerms {
    /// None of them.
    pub const NONE: Self = Self { orders: 0, size: Qty(1), volatility_ppm: 0, half_life: Span::from_hours(1) };
}

impl fmt::Display for BackgroundTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |thousandths: u32| Decimal::new(thousandths.into(), 3).normalize();
        let Self { noise, makers, momentum, value, .. } = self;
        write!(
            f,
            "agents v{BACKGROUND_VERSION}, noise {}/s market and {}/s limit, makers {} ticks wide, momentum {}/s, \
             value {}/s",
            rate(noise.market_orders),
            rate(noise.limit_orders),
            makers.spread,
            rate(momentum.orders),
            rate(value.orders)
        )
    }
}
