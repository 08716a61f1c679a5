//! Slippage: how much worse than displayed a taker trades, by a model that is named in the result.
//!
//! Where depth is recorded, walking it says what an order costs; that is the default, and of a quote or a bar
//! it walks the one level there is. A model adds to that what is not displayed. It is never in our favour, it
//! stands on the tick grid, rounded against us, and it takes no order past its own limit. A maker trades at its own
//! price whatever the model. It counts in whole numbers only.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Venue;
use super::chance::Draw;
use super::impact::Push;
use super::resting::{Number, place};
use crate::market::{Price, Qty, Side, Span, Timestamp};

/// Version of the shipped models' arithmetic; raised with any change that moves a price.
pub const SLIPPAGE_VERSION: u32 = 1;
/// The whole, in millionths.
const PPM: i128 = 1_000_000;
/// The greatest root of a share of volume that is told apart, in millionths: a thousand.
const ROOT_MAX: i128 = 1_000 * PPM;
const DAY: Span = Span::from_hours(24);

/// How much worse than displayed a taker trades.
#[derive(Clone, Debug, Default)]
pub enum SlippageModel {
    /// What walking the displayed levels costs, and no more.
    #[default]
    BookWalk,
    /// Not even that: all of it at the best price displayed. Optimistic, for comparison alone.
    None,
    /// All of it at the mid, cut down to the grid: a round trip pays no spread. Optimistic, likewise.
    Mid,
    /// A share of the price, in millionths.
    FixedRate {
        /// How much.
        ppm: u32,
    },
    /// So many ticks.
    FixedTicks {
        /// How many.
        ticks: u32,
    },
    /// A share of the price that grows with the square of the order's share of the volume.
    VolumeShare {
        /// Of the price, where the order is the whole volume, in millionths.
        impact_ppm: u32,
        /// The greatest share that is told apart, in millionths.
        share_max_ppm: u32,
    },
    /// Volatility times the root of the order's share of the volume, of the same time.
    SquareRoot {
        /// Factor, in thousandths.
        factor_milli: u32,
        /// Volatility of a day, in millionths of the price.
        volatility_ppm: u32,
    },
    /// From none to so many ticks, drawn for every order that takes.
    Adverse {
        /// The most.
        ticks_max: u32,
    },
    /// What a user of the library brings.
    Own(Arc<dyn SlippageRule>),
}

/// A slippage model of a library user's own.
pub trait SlippageRule: Send + Sync + fmt::Debug {
    /// Name, version and parameters, as they are printed with every result.
    fn describe(&self) -> String;
    /// By how many price units an order trades worse than displayed; below none counts as none.
    fn worse_by(&self, take: &Take) -> i64;
}

/// An order about to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Take {
    /// Its side.
    pub side: Side,
    /// The best price displayed to it.
    pub best: Price,
    /// All that it takes now.
    pub qty: Qty,
    /// What printed of late.
    pub printed: Qty,
    /// In how long.
    pub within: Span,
    /// The price grid in force.
    pub tick: Price,
}

impl fmt::Display for SlippageModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = SLIPPAGE_VERSION;
        let decimal = |value: u32, decimals| Decimal::new(value.into(), decimals).normalize();
        match self {
            Self::BookWalk => write!(f, "book_walk v{v}"),
            Self::None => write!(f, "none v{v}"),
            Self::Mid => write!(f, "mid v{v}"),
            Self::FixedRate { ppm } => write!(f, "fixed_bps v{v}, {} bps", decimal(*ppm, 2)),
            Self::FixedTicks { ticks } => write!(f, "fixed_ticks v{v}, {ticks} ticks"),
            Self::VolumeShare { impact_ppm, share_max_ppm } => {
                let (impact, most) = (decimal(*impact_ppm, 4), decimal(*share_max_ppm, 4));
                write!(f, "volume_share v{v}, impact {impact}%, share at most {most}%")
            }
            Self::SquareRoot { factor_milli, volatility_ppm } => {
                let (factor, volatility) = (decimal(*factor_milli, 3), decimal(*volatility_ppm, 4));
                write!(f, "square_root v{v}, factor {factor}, volatility {volatility}% a day")
            }
            Self::Adverse { ticks_max } => write!(f, "adverse v{v}, at most {ticks_max} ticks"),
            Self::Own(rule) => f.write_str(&rule.describe()),
        }
    }
}

impl SlippageModel {
    /// Whether it draws.
    pub(super) const fn is_seeded(&self) -> bool {
        matches!(self, Self::Adverse { .. })
    }

    /// Whether it asks what printed of late.
    pub(super) const fn measures(&self) -> bool {
        matches!(self, Self::VolumeShare { .. } | Self::SquareRoot { .. } | Self::Own(_))
    }

    /// Whether it is kinder than the displayed market.
    #[must_use]
    pub const fn is_optimistic(&self) -> bool {
        matches!(self, Self::None | Self::Mid)
    }

    /// The most price units by which an order can trade worse than displayed, whatever is drawn.
    #[must_use]
    pub fn most(&self, take: &Take) -> i64 {
        self.worse_by(take, |below| below - 1)
    }

    /// By how many price units an order trades worse than displayed. `drawn` answers a draw below a number.
    fn worse_by(&self, take: &Take, drawn: impl FnOnce(u64) -> u64) -> i64 {
        let (best, tick) = (i128::from(take.best.0.max(0)), i128::from(take.tick.0));
        let (qty, printed) = (i128::from(take.qty.0), i128::from(take.printed.0));
        let units = match self {
            Self::BookWalk | Self::None | Self::Mid => 0,
            Self::FixedRate { ppm } => up(best * i128::from(*ppm), PPM),
            Self::FixedTicks { ticks } => i128::from(*ticks) * tick,
            Self::VolumeShare { impact_ppm, share_max_ppm } => {
                let most = i128::from(*share_max_ppm);
                // Where nothing printed, any order is as large as can be told.
                let share = if printed == 0 { most } else { up(qty * PPM, printed).min(most) };
                up(best * i128::from(*impact_ppm) * share * share, PPM * PPM * PPM)
            }
            Self::SquareRoot { factor_milli, volatility_ppm } => {
                let factor = i128::from(*factor_milli) * i128::from(*volatility_ppm);
                up(best * factor * root(take), 1_000 * PPM * PPM)
            }
            Self::Adverse { ticks_max } => {
                let ticks = drawn(u64::from(*ticks_max) + 1);
                i128::from(ticks) * tick
            }
            Self::Own(rule) => rule.worse_by(take).max(0).into(),
        };
        i64::try_from(units).unwrap_or(i64::MAX).min(i64::MAX / 4)
    }
}

/// A quotient of numbers not below none, rounded up.
const fn up(dividend: i128, divisor: i128) -> i128 {
    (dividend + divisor - 1) / divisor
}

/// √(quantity ⁄ what prints in a day), in millionths, rounded up. Where nothing printed the order is all that
/// printed.
fn root(take: &Take) -> i128 {
    let printed = if take.printed.is_zero() { take.qty } else { take.printed };
    let (within, day) = (i128::from(take.within.0 / 1_000_000_000).max(1), i128::from(DAY.0 / 1_000_000_000));
    let squared = up(i128::from(take.qty.0) * within * PPM * PPM, i128::from(printed.0.max(1)) * day);
    let down = squared.isqrt();
    (down + i128::from(down * down < squared)).min(ROOT_MAX)
}

impl Venue {
    /// The prices at which an order takes the levels it planned to: each displayed one, made worse by the model.
    pub(super) fn slip(&mut self, now: Timestamp, number: Number, limit: Option<Price>, plan: &[(Price, Qty)]) -> Slip {
        let Some((best, _)) = plan.first().copied() else { return Slip::default() };
        let terms = self.orders.get(number).terms;
        let at = place(terms.instrument);
        let tick = self.config.instruments[at].rules(now).tick;
        let (printed, _, within) = self.markets[at].volume.of_late(now);
        let qty = plan.iter().map(|(_, qty)| *qty).sum();
        let take = Take { side: terms.side, best, qty, printed, within, tick };
        let (draws, chance) = (&mut self.draws, self.config.chance.as_ref());
        let models = &self.models[at];
        let worse_by = models.slippage.worse_by(&take, |below| draws.next(chance, Draw::Slippage, below));
        let all_at = match models.slippage {
            SlippageModel::None => Some(best),
            SlippageModel::Mid => {
                let near = self.markets[at].best(take.side).map_or(best, |(near, _)| near);
                let mid = Price((best.0 + near.0).div_euclid(2 * tick.0) * tick.0);
                // Of a crossed book the mid is worse than what is displayed.
                Some(if take.side.better(best, mid) { best } else { mid })
            }
            _ => None,
        };
        let (pushed, half_life) = (&self.markets[at].volume.pushed[take.side as usize], models.impact.half_life());
        let push = Push { take, recent: pushed.recent(now, half_life), total: pushed.total() };
        let impact = models.impact.worse_by(&push);
        Slip { worse_by: worse_by.saturating_add(impact).min(i64::MAX / 4), all_at, limit }
    }
}

/// What a model does to an order's prices.
#[derive(Clone, Copy, Default)]
pub(super) struct Slip {
    worse_by: i64,
    all_at: Option<Price>,
    limit: Option<Price>,
}

impl Slip {
    /// The price for a displayed one: on the tick grid, rounded against the order, but not past its limit.
    pub(super) fn price(&self, side: Side, displayed: Price, tick: Price) -> Price {
        let against = side.sign();
        let displayed = self.all_at.unwrap_or(displayed);
        let worse = displayed.0.saturating_add(against * self.worse_by);
        let on_grid = -against * (-against * worse).div_euclid(tick.0) * tick.0;
        if self.worse_by == 0 {
            return Price(on_grid);
        }
        let price = Price(on_grid.max(tick.0));
        self.limit.filter(|limit| side.better(*limit, price) && side.reaches(*limit, displayed)).unwrap_or(price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKE: Take = Take {
        side: Side::Buy,
        best: Price(1_000_000),
        qty: Qty(25),
        printed: Qty(10_000),
        within: Span::from_mins(1),
        tick: Price(10),
    };

    fn worse_by(model: &SlippageModel, take: Take) -> i64 {
        model.worse_by(&take, |below| below - 1)
    }

    /// Worked by hand, at a price of 1 000 000.
    #[test]
    fn each_model_counts_by_its_formula() {
        assert_eq!(worse_by(&SlippageModel::BookWalk, TAKE), 0);
        assert_eq!(worse_by(&SlippageModel::FixedRate { ppm: 250 }, TAKE), 250);
        assert_eq!(worse_by(&SlippageModel::FixedRate { ppm: 1 }, Take { best: Price(1), ..TAKE }), 1, "rounded up");
        assert_eq!(worse_by(&SlippageModel::FixedTicks { ticks: 3 }, TAKE), 30);
        // A share of 0.25 %, squared 6.25 millionths; a tenth of it of the price is 0.625.
        let share = SlippageModel::VolumeShare { impact_ppm: 100_000, share_max_ppm: 25_000 };
        assert_eq!(worse_by(&share, TAKE), 1);
        // At most 2.5 %: 0.1 × 0.000625 of the price.
        assert_eq!(worse_by(&share, Take { qty: Qty(5_000), ..TAKE }), 63);
        assert_eq!(worse_by(&share, Take { printed: Qty(0), ..TAKE }), 63, "nothing printed");
        // √(25 ⁄ 14 400 000) = 0.0013176: 3 % of a day's volatility times it is 0.0000395 of the price.
        let root = SlippageModel::SquareRoot { factor_milli: 1_000, volatility_ppm: 30_000 };
        assert_eq!(worse_by(&root, TAKE), 40);
        // Four times the quantity costs twice as much.
        assert_eq!(worse_by(&root, Take { qty: Qty(100), ..TAKE }), 80);
        // The whole of a day's bar costs a day's volatility.
        let day = Take { qty: Qty(10_000), within: DAY, ..TAKE };
        assert_eq!(worse_by(&root, day), 30_000);
        assert_eq!(worse_by(&SlippageModel::Adverse { ticks_max: 4 }, TAKE), 40, "the last draw");
    }

    #[test]
    fn the_largest_orders_do_not_overflow() {
        let most = Take { best: Price(1 << 40), qty: Qty(i64::MAX), printed: Qty(1), within: DAY, ..TAKE };
        for model in [
            SlippageModel::FixedRate { ppm: 1_000_000 },
            SlippageModel::FixedTicks { ticks: u32::MAX },
            SlippageModel::VolumeShare { impact_ppm: 1_000_000, share_max_ppm: 1_000_000 },
            SlippageModel::SquareRoot { factor_milli: 10_000, volatility_ppm: 1_000_000 },
        ] {
            assert!(worse_by(&model, most) > 0, "{model}");
        }
    }

    /// Every model says its name, its version and its parameters.
    #[test]
    fn a_model_says_what_it_is() {
        let said = [
            (SlippageModel::BookWalk, "book_walk v1"),
            (SlippageModel::None, "none v1"),
            (SlippageModel::Mid, "mid v1"),
            (SlippageModel::FixedRate { ppm: 250 }, "fixed_bps v1, 2.5 bps"),
            (SlippageModel::FixedTicks { ticks: 2 }, "fixed_ticks v1, 2 ticks"),
            (
                SlippageModel::VolumeShare { impact_ppm: 100_000, share_max_ppm: 25_000 },
                "volume_share v1, impact 10%, share at most 2.5%",
            ),
            (
                SlippageModel::SquareRoot { factor_milli: 1_000, volatility_ppm: 30_000 },
                "square_root v1, factor 1, volatility 3% a day",
            ),
            (SlippageModel::Adverse { ticks_max: 3 }, "adverse v1, at most 3 ticks"),
        ];
        for (model, text) in said {
            assert_eq!(model.to_string(), text);
        }
    }

    /// Against us, on the grid, and not past the limit.
    #[test]
    fn a_price_stands_on_the_grid_and_within_the_limit() {
        let slip = |worse_by, limit| Slip { worse_by, all_at: None, limit };
        let tick = Price(5);
        assert_eq!(slip(1, None).price(Side::Buy, Price(100), tick), Price(105));
        assert_eq!(slip(1, None).price(Side::Sell, Price(100), tick), Price(95));
        assert_eq!(slip(0, None).price(Side::Buy, Price(101), tick), Price(105));
        assert_eq!(slip(12, Some(Price(110))).price(Side::Buy, Price(100), tick), Price(110));
        assert_eq!(slip(12, Some(Price(95))).price(Side::Sell, Price(100), tick), Price(95));
        assert_eq!(slip(500, None).price(Side::Sell, Price(100), tick), tick, "a price is above none");
        let best = Slip { all_at: Some(Price(100)), ..Slip::default() };
        assert_eq!(best.price(Side::Buy, Price(110), tick), Price(100));
    }
}
