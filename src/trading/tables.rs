//! The tables of production-rules §2.5: what confidence, regime and a run of losses allow.

use rust_decimal::Decimal;

use super::setting::Strictness;
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

/// The rule of a regime.
#[must_use]
pub const fn regime(regime: Regime) -> RegimeRule {
    let (confidence, size, leverage) = match regime {
        Regime::TrendingBull => (60, 100, 5),
        Regime::TrendingBear => (60, 80, 3),
        Regime::Ranging => (60, 60, 2),
        Regime::BreakoutPotential => (60, 75, 3),
        Regime::VolatileBull | Regime::VolatileBear => (65, 40, 2),
        Regime::Choppy => (75, 25, 1),
        Regime::Unknown => (70, 50, 1),
    };
    RegimeRule { confidence: hundredths(confidence), size: hundredths(size), leverage }
}

/// Size factor and greatest leverage by confidence. Below the lowest tier nothing is allowed.
#[must_use]
pub fn tier(confidence: Decimal) -> (Decimal, u32) {
    let tiers = [(85, 100, 5), (75, 75, 4), (65, 50, 3), (60, 25, 2)];
    tiers
        .into_iter()
        .find(|(least, ..)| confidence >= hundredths(*least))
        .map_or((Decimal::ZERO, 1), |(_, factor, leverage)| (hundredths(factor), leverage))
}

/// Confidence asked for beyond the regime's minimum after a run of losses.
#[must_use]
pub const fn confidence_after_losses(losses: u32) -> Decimal {
    match losses {
        0..=2 => Decimal::ZERO,
        3..=4 => hundredths(10),
        _ => hundredths(20),
    }
}

/// Confidence asked for by strictness.
#[must_use]
pub const fn strictness(strictness: Strictness) -> Decimal {
    match strictness {
        Strictness::Relaxed => hundredths(-5),
        Strictness::Normal => Decimal::ZERO,
        Strictness::Strict => hundredths(5),
        Strictness::VeryStrict => hundredths(10),
    }
}

/// Greatest leverage after a run of losses.
#[must_use]
pub const fn leverage_after_losses(losses: u32) -> u32 {
    match losses {
        0..=2 => u32::MAX,
        3..=4 => 2,
        _ => 1,
    }
}
