//! Impact: how our own takers move the price at which our next ones trade, by a model named in the result.
//!
//! A replay's market does not know of us. A model makes up for the part that is against us: what our takers bought
//! makes what they buy next dearer, what they sold makes what they sell next cheaper, and neither helps the other
//! side. It is added to the slippage of later orders, on the tick grid and not past a limit; an order does not push
//! itself, which is what slippage is for. Makers trade at their own price, queues and triggers are as recorded, and
//! the trader sees the market as it was recorded. Whole numbers only.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::slippage::{SlippageModel, Take};
use crate::market::{Qty, Span, Timestamp};

/// Version of the shipped models' arithmetic; raised with any change that moves a price.
pub const IMPACT_VERSION: u32 = 1;

/// How our takers move the price of later ones.
#[derive(Clone, Debug, Default)]
pub enum ImpactModel {
    /// Not at all.
    #[default]
    None,
    /// Volatility times the root of what we took as a share of the volume, of the same time: once of what we took of
    /// late, once of all that we took.
    SquareRoot {
        /// Factor of what decays, in thousandths.
        temporary_milli: u32,
        /// Factor of what stays, in thousandths.
        permanent_milli: u32,
        /// Volatility of a day, in millionths of the price.
        volatility_ppm: u32,
        /// How long it takes until half of what we took counts no more.
        decay: Span,
    },
    /// What a user of the library brings.
    Own(Arc<dyn ImpactRule>),
}

/// An impact model of a library user's own.
pub trait ImpactRule: Send + Sync + fmt::Debug {
    /// Name, version and parameters, as they are printed with every result.
    fn describe(&self) -> String;
    /// How long it takes until half of what we took is not of late any more.
    fn half_life(&self) -> Span;
    /// By how many price units an order trades worse; below none counts as none.
    fn worse_by(&self, push: &Push) -> i64;
}

/// What we did to the price that an order is about to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Push {
    /// The order.
    pub take: Take,
    /// What we took before it on its side, halved with every half-life since.
    pub recent: Qty,
    /// All that we took before it on its side.
    pub total: Qty,
}

impl fmt::Display for ImpactModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = IMPACT_VERSION;
        match self {
            Self::None => write!(f, "none v{v}"),
            Self::SquareRoot { temporary_milli, permanent_milli, volatility_ppm, decay } => {
                let decimal = |value: u32, decimals| Decimal::new(value.into(), decimals).normalize();
                let (temporary, permanent) = (decimal(*temporary_milli, 3), decimal(*permanent_milli, 3));
                let (volatility, decay) = (decimal(*volatility_ppm, 4), Decimal::new(decay.0, 9).normalize());
                write!(
                    f,
                    "square_root v{v}, temporary {temporary} halved every {decay} s, permanent {permanent}, \
                     volatility {volatility}% a day"
                )
            }
            Self::Own(rule) => f.write_str(&rule.describe()),
        }
    }
}

impl ImpactModel {
    /// Whether it asks what printed of late, and what we took.
    pub(super) const fn measures(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// How long it takes until half of what we took counts no more.
    pub(super) fn half_life(&self) -> Span {
        match self {
            Self::None => Span::ZERO,
            Self::SquareRoot { decay, .. } => *decay,
            Self::Own(rule) => rule.half_life(),
        }
    }

    /// By how many price units an order trades worse for what we took before it.
    pub(super) fn worse_by(&self, push: &Push) -> i64 {
        match self {
            Self::None => 0,
            Self::SquareRoot { temporary_milli, permanent_milli, volatility_ppm, .. } => {
                // The law of the slippage model of this name, of what was taken before.
                let law = |factor_milli: &u32, qty| {
                    let model =
                        SlippageModel::SquareRoot { factor_milli: *factor_milli, volatility_ppm: *volatility_ppm };
                    model.most(&Take { qty, ..push.take })
                };
                law(temporary_milli, push.recent).saturating_add(law(permanent_milli, push.total))
            }
            Self::Own(rule) => rule.worse_by(push).max(0),
        }
    }
}

/// What our takers took on one side.
#[derive(Clone, Copy, Default)]
pub(super) struct Pushed {
    recent: i64,
    at: Timestamp,
    total: i64,
}

impl Pushed {
    pub(super) fn add(&mut self, now: Timestamp, qty: Qty, half_life: Span) {
        self.recent = self.recent(now, half_life).0.saturating_add(qty.0);
        (self.at, self.total) = (now, self.total.saturating_add(qty.0));
    }

    pub(super) const fn total(&self) -> Qty {
        Qty(self.total)
    }

    /// What is left of it: half after each half-life, along a straight line in between, rounded up.
    pub(super) fn recent(&self, now: Timestamp, half_life: Span) -> Qty {
        let (age, half) = (now.since(self.at).0.max(0), half_life.0);
        if age == 0 || half <= 0 {
            return Qty(if age == 0 { self.recent } else { 0 });
        }
        let after = |halves: i64| u32::try_from(halves).ok().and_then(|halves| 1_i128.checked_shl(halves));
        let left = |halves: i64| match after(halves).filter(|_| halves < 64) {
            Some(parts) => (i128::from(self.recent) + parts - 1) / parts,
            None => 0,
        };
        let (high, low) = (left(age / half), left(age / half + 1));
        let gone = (high - low) * i128::from(age % half) / i128::from(half);
        Qty(i64::try_from(high - gone).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Price, Side};

    const SECOND: Span = Span::from_secs(1);

    /// Worked by hand: 800 is 400 after a second, 300 a half later, 200 after two.
    #[test]
    fn what_was_taken_is_halved_along_straight_lines() {
        let mut pushed = Pushed::default();
        pushed.add(Timestamp(0), Qty(800), SECOND);
        let at = |millis: i64| pushed.recent(Timestamp(millis * 1_000_000), SECOND).0;
        assert_eq!([at(0), at(500), at(1_000), at(1_500), at(2_000)], [800, 600, 400, 300, 200]);
        assert_eq!(at(9_600), 2, "rounded up, against us");
        assert_eq!(at(1_000_000), 0);
        assert_eq!(pushed.total(), Qty(800));
        assert_eq!(pushed.recent(Timestamp(1), Span::ZERO), Qty(0), "without a half-life only the instant counts");
    }

    /// At 1 000 000 a unit, 10 000 printed in a minute, 3 % a day: what slippage of this name says of 25 is 40.
    #[test]
    fn the_root_of_what_was_taken_moves_the_next() {
        let within = Span::from_mins(1);
        let (best, tick) = (Price(1_000_000), Price(1));
        let take = Take { side: Side::Buy, best, qty: Qty(9), printed: Qty(10_000), within, tick };
        let model = |temporary_milli, permanent_milli| ImpactModel::SquareRoot {
            temporary_milli,
            permanent_milli,
            volatility_ppm: 30_000,
            decay: SECOND,
        };
        let push = |recent, total| Push { take, recent: Qty(recent), total: Qty(total) };
        assert_eq!(model(1_000, 0).worse_by(&push(25, 100)), 40);
        assert_eq!(model(0, 1_000).worse_by(&push(25, 100)), 80, "four times as much, twice as far");
        assert_eq!(model(500, 1_000).worse_by(&push(25, 100)), 20 + 80);
        assert_eq!(model(1_000, 1_000).worse_by(&push(0, 0)), 0, "nothing taken, nothing moved");
        assert_eq!(model(0, 0).worse_by(&push(25, 100)), 0);
        let most = (1..200).map(|qty| model(1_000, 1_000).worse_by(&push(qty, qty)));
        assert!(most.is_sorted(), "more taken is never better");
    }
}
