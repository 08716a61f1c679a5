//! The tables of production-rules §2.5, read from configuration: what confidence, regime, drawdown
//! and a run of losses allow.

use rust_decimal::Decimal;

use super::config::{Confidence, DrawdownLeverage, LossLeverage, Regimes, Tier};
use super::words::Strictness;
use crate::market::Regime;

const fn hundredths(n: i16) -> Decimal {
    Decimal::from_parts(n.unsigned_abs() as u32, 0, 0, n < 0, 2)
}

/// What a regime allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegimeRule {
    /// Least confidence.
    pub confidence: Decimal,
    /// Factor on size.
    pub size: Decimal,
    /// Greatest leverage.
    pub leverage: u32,
}

impl Regimes {
    /// The rule of a regime.
    #[must_use]
    pub const fn rule(&self, regime: Regime) -> RegimeRule {
        let (confidence, size, leverage) = match regime {
            Regime::TrendingBull => {
                (self.trending_bull_confidence, self.trending_bull_size, self.trending_bull_leverage)
            }
            Regime::TrendingBear => {
                (self.trending_bear_confidence, self.trending_bear_size, self.trending_bear_leverage)
            }
            Regime::Ranging => (self.ranging_confidence, self.ranging_size, self.ranging_leverage),
            Regime::BreakoutPotential => {
                (self.breakout_potential_confidence, self.breakout_potential_size, self.breakout_potential_leverage)
            }
            Regime::VolatileBull => {
                (self.volatile_bull_confidence, self.volatile_bull_size, self.volatile_bull_leverage)
            }
            Regime::VolatileBear => {
                (self.volatile_bear_confidence, self.volatile_bear_size, self.volatile_bear_leverage)
            }
            Regime::Choppy => (self.choppy_confidence, self.choppy_size, self.choppy_leverage),
            Regime::Unknown => (self.unknown_confidence, self.unknown_size, self.unknown_leverage),
        };
        RegimeRule { confidence: confidence.0, size: size.0, leverage }
    }
}

impl Tier {
    /// Size factor and greatest leverage by confidence. Below the lowest tier nothing is allowed.
    #[must_use]
    pub fn rule(&self, confidence: Decimal) -> (Decimal, u32) {
        let tiers = [
            (85, self.size85, self.leverage85),
            (75, self.size75, self.leverage75),
            (65, self.size65, self.leverage65),
            (60, self.size60, self.leverage60),
        ];
        tiers
            .into_iter()
            .find(|(least, ..)| confidence >= hundredths(*least))
            .map_or((Decimal::ZERO, 1), |(_, factor, leverage)| (factor.0, leverage))
    }
}

impl Confidence {
    /// Confidence asked for beyond the regime's minimum after a run of losses.
    #[must_use]
    pub const fn after_losses(&self, losses: u32) -> Decimal {
        match losses {
            0..=2 => Decimal::ZERO,
            3..=4 => self.after_losses3.0,
            _ => self.after_losses5.0,
        }
    }

    /// Confidence asked for by strictness.
    #[must_use]
    pub const fn by_strictness(&self) -> Decimal {
        match self.strictness {
            Strictness::Relaxed => hundredths(-5),
            Strictness::Normal => Decimal::ZERO,
            Strictness::Strict => hundredths(5),
            Strictness::VeryStrict => hundredths(10),
        }
    }
}

impl LossLeverage {
    /// Greatest leverage after a run of losses.
    #[must_use]
    pub const fn after(&self, losses: u32) -> u32 {
        match losses {
            0..=2 => u32::MAX,
            3..=4 => self.from3,
            _ => self.from5,
        }
    }
}

impl DrawdownLeverage {
    /// Greatest leverage at a drawdown of `lost` from a peak of `peak`, both in account currency; the
    /// thresholds are inclusive.
    #[must_use]
    pub fn at(&self, lost: Decimal, peak: Decimal) -> u32 {
        let steps = [(15, self.from15), (10, self.from10), (5, self.from5)];
        let reached = |percent: i16| peak <= Decimal::ZERO || lost >= peak * hundredths(percent);
        steps.into_iter().find(|(percent, _)| reached(*percent)).map_or(u32::MAX, |(_, leverage)| leverage)
    }
}
