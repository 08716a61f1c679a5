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
    /// Calls, closes, bands and halts; by default none of them.
    pub regime: RegimeTerms,
}

/// When the market trades and at which prices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RegimeTerms {
    /// Its days; without them it trades from the beginning to the end.
    pub sessions: Option<SessionTerms>,
    /// How far limits may be from the reference price.
    pub band: Option<BandTerms>,
    /// When it interrupts itself.
    pub halt: Option<HaltTerms>,
}

/// A day: an opening call, trading, a closing call, the close. The last one ends with the market.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionTerms {
    /// How long orders gather before trading begins; zero is no call.
    pub opening_call: Span,
    /// How long they gather before the close; zero is no call.
    pub closing_call: Span,
    /// From the beginning of the opening call to the close; above the calls.
    pub day: Span,
    /// From the close to the next day.
    pub night: Span,
}

/// A price band about the reference price: the last trade when the latest auction or call was over, or when
/// it was last renewed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BandTerms {
    /// How far it reaches to each side, in millionths of the reference.
    pub width_ppm: u32,
    /// How often the last trade becomes the reference anew while the market trades; zero is never: a static band.
    pub renew: Span,
}

/// A volatility interruption: a trade so far from the reference price halts the market; then a call opens it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HaltTerms {
    /// How far, in millionths of the reference.
    pub move_ppm: u32,
    /// How long nothing trades and nothing comes in.
    pub lasts: Span,
    /// How long orders gather then.
    pub call: Span,
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
    /// The share of limit orders that are icebergs, in thousandths.
    pub iceberg: u32,
    /// What an iceberg shows at a time; one that is no larger shows all of it.
    pub peak: Qty,
    /// The share of limit orders that nobody sees, in thousandths.
    pub hidden: u32,
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
        iceberg: 0,
        peak: Qty(1),
        hidden: 0,
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
    /// What each quote shows at a time, where they do not show all of it.
    pub peak: Option<Qty>,
}

impl MakerTerms {
    /// None of them.
    pub const NONE: Self =
        Self { spread: 1, levels: 0, size: Qty(1), refresh: Span::from_secs(1), anchor: 0, peak: None };
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
        let Self { noise, makers, momentum, value, regime, .. } = self;
        write!(
            f,
            "agents v{BACKGROUND_VERSION}, noise {}/s market and {}/s limit, makers {} ticks wide, momentum {}/s, \
             value {}/s",
            rate(noise.market_orders),
            rate(noise.limit_orders),
            makers.spread,
            rate(momentum.orders),
            rate(value.orders)
        )?;
        let percent = |thousandths: u32| Decimal::new(thousandths.into(), 1).normalize();
        if noise.iceberg > 0 {
            write!(f, ", {}% of limits icebergs of {} lots", percent(noise.iceberg), noise.peak.0)?;
        }
        if noise.hidden > 0 {
            write!(f, ", {}% of limits hidden", percent(noise.hidden))?;
        }
        if let Some(peak) = makers.peak {
            write!(f, ", quotes show {} lots", peak.0)?;
        }
        write!(f, "{regime}")
    }
}

impl fmt::Display for RegimeTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |span: Span| Decimal::new(span.0, 9).normalize();
        let percent = |ppm: u32| Decimal::new(ppm.into(), 4).normalize();
        if let Some(SessionTerms { opening_call, closing_call, day, night }) = self.sessions {
            let [opening, closing, day, night] = [opening_call, closing_call, day, night].map(seconds);
            write!(f, ", days of {day}s with calls of {opening}s and {closing}s, nights of {night}s")?;
        }
        if let Some(band) = self.band {
            write!(f, ", band {}%", percent(band.width_ppm))?;
            if band.renew > Span::ZERO {
                write!(f, " renewed every {}s", seconds(band.renew))?;
            }
        }
        if let Some(halt) = self.halt {
            let [lasts, call] = [halt.lasts, halt.call].map(seconds);
            write!(f, ", halt of {lasts}s at {}%, reopened by a call of {call}s", percent(halt.move_ppm))?;
        }
        Ok(())
    }
}
