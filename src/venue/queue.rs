//! The queue before a resting order of ours where only levels are recorded: who was it that cancelled?
//!
//! A level that shrinks by more than was printed lost the rest to cancels. Whether those stood before us
//! or behind us nobody recorded; a [`QueueModel`] assumes it. Whatever it assumes, nobody gets further
//! back, more never stays before us than is displayed, no more cancels before us than cancelled at all,
//! and of two orders of ours at one price the older stays before the younger. What printed is not counted
//! as a cancel again when the level shows it.
//!
//! A model fills nothing: that is for prints and for the opposite touch. Where every order of the market
//! is recorded (L3) nothing has to be assumed: see `public_orders`.

#![expect(
    clippy::float_arithmetic,
    reason = "architecture §5 allows floats here; what leaves the module is an integer"
)]

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Venue;
use super::listing::Market;
use super::resting::place;
use crate::market::{InstrumentId, Price, Qty, Side, Trade};

/// Version of the shipped models' arithmetic; raised with any change that moves an order in a queue.
pub const QUEUE_VERSION: u32 = 1;
/// A thousand thousandths.
const MILLI: u32 = 1_000;
/// Most levels whose prints are remembered until the level is set anew; beyond it the oldest is forgotten.
const UNSHOWN_MAX: usize = 256;

/// Who cancelled, where a level shrank and nobody says.
#[derive(Clone, Debug, Default)]
pub enum QueueModel {
    /// Those behind us, as long as there may be any: we advance only where more stood before us than is left.
    #[default]
    Conservative,
    /// Both sides of us by their size to a power: the greater the power, the more the longer side cancels.
    Power {
        /// The power, in thousandths.
        exponent_milli: u32,
    },
    /// Both sides of us by ln(1 + x) of their size in base: nearly evenly, however unlike they are.
    Log,
    /// Nobody has to be assumed: every order of the market is recorded (L3), and ours waits behind those that
    /// came before it. Where only levels are recorded it is as careful as the default.
    Fifo,
    /// What a user of the library brings.
    Own(Arc<dyn QueueRule>),
}

/// A queue model of a library user's own.
///
/// ```
/// use seatrial::market::Qty;
/// use seatrial::venue::{QueueModel, QueueRule, Shrunk};
///
/// /// Half of every cancel stood before us.
/// #[derive(Debug)]
/// struct Even;
///
/// impl QueueRule for Even {
///     fn describe(&self) -> String {
///         "even v1".to_owned()
///     }
///
///     fn cancelled_before(&self, level: &Shrunk) -> Qty {
///         Qty(level.cancelled.0 / 2)
///     }
/// }
///
/// assert_eq!(QueueModel::Own(std::sync::Arc::new(Even)).to_string(), "even v1");
/// ```
pub trait QueueRule: Send + Sync + fmt::Debug {
    /// Name, version and parameters, as they are printed with every result.
    fn describe(&self) -> String;
    /// How much of what cancelled stood before us. An answer that cannot be is taken to the nearest that can.
    fn cancelled_before(&self, level: &Shrunk) -> Qty;
}

/// A level some of which cancelled, as it was before, seen from an order of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shrunk {
    /// Of others before us.
    pub before: Qty,
    /// Of others behind us.
    pub behind: Qty,
    /// How much of both cancelled: at least something, at most all.
    pub cancelled: Qty,
    /// Base of one unit of quantity.
    pub qty_unit: Decimal,
}

impl fmt::Display for QueueModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conservative => write!(f, "conservative v{QUEUE_VERSION}"),
            Self::Power { exponent_milli } => {
                write!(f, "power v{QUEUE_VERSION}, exponent {}", Decimal::new((*exponent_milli).into(), 3).normalize())
            }
            Self::Log => write!(f, "log v{QUEUE_VERSION}"),
            Self::Fifo => write!(f, "fifo v{QUEUE_VERSION}"),
            Self::Own(rule) => f.write_str(&rule.describe()),
        }
    }
}

impl QueueModel {
    /// Whether cancels are shared between both sides of us: only then prints are remembered.
    pub(super) const fn shares(&self) -> bool {
        match self {
            Self::Conservative | Self::Fifo => false,
            Self::Power { .. } | Self::Log | Self::Own(_) => true,
        }
    }

    /// Whether it wants every order of the market, not its levels.
    #[must_use]
    pub const fn reads_orders(&self) -> bool {
        matches!(self, Self::Fifo)
    }

    /// How much of what cancelled at a level stood before us.
    #[must_use]
    pub fn cancelled_before(&self, level: &Shrunk) -> Qty {
        let least = Qty((level.cancelled.0 - level.behind.0).max(0));
        let most = level.cancelled.min(level.before);
        let assumed = match self {
            Self::Conservative | Self::Fifo => least,
            Self::Power { exponent_milli } => {
                let exponent = f64::from(*exponent_milli) / f64::from(MILLI);
                let whole = real(level.before.0) + real(level.behind.0);
                shared(level, |side| libm::pow(side / whole, exponent))
            }
            Self::Log => {
                let unit = in_base(level.qty_unit);
                shared(level, |side| libm::log1p(side * unit))
            }
            Self::Own(rule) => rule.cancelled_before(level),
        };
        assumed.max(least).min(most)
    }
}

/// What cancelled, shared by a weight of both sides; the fraction stays before us.
fn shared(level: &Shrunk, weight: impl Fn(f64) -> f64) -> Qty {
    let (before, behind) = (weight(real(level.before.0)), weight(real(level.behind.0)));
    if before <= 0.0 { Qty::ZERO } else { whole(real(level.cancelled.0) * (before / (before + behind))) }
}

#[expect(clippy::cast_precision_loss, reason = "an assumption needs no more than 53 bits")]
const fn real(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a share of a whole number fits, and a cast saturates")]
fn whole(value: f64) -> Qty {
    Qty(libm::floor(value) as i64)
}

#[expect(clippy::cast_precision_loss, reason = "an assumption needs no more than 53 bits")]
fn in_base(unit: Decimal) -> f64 {
    unit.mantissa() as f64 / 10_i128.pow(unit.scale()) as f64
}

/// Prints of which the levels they hit do not tell yet, by level.
#[derive(Clone, Default)]
pub(super) struct Unshown(Vec<(Side, Price, Qty)>);

impl Unshown {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, side: Side, price: Price, qty: Qty) {
        if let Some(hit) = self.0.iter_mut().find(|hit| (hit.0, hit.1) == (side, price)) {
            hit.2 += qty;
            return;
        }
        if self.0.len() == UNSHOWN_MAX {
            self.0.remove(0);
        }
        self.0.push((side, price, qty));
    }

    /// The level tells of it now.
    pub(super) fn take(&mut self, side: Side, price: Price) -> Qty {
        let place = self.0.iter().position(|hit| (hit.0, hit.1) == (side, price));
        place.map_or(Qty::ZERO, |place| self.0.swap_remove(place).2)
    }

    /// A whole side is shown anew.
    pub(super) fn forget_side(&mut self, side: Side) {
        self.0.retain(|hit| hit.0 != side);
    }
}

/// A level that was set anew.
#[derive(Clone, Copy)]
pub(super) struct Level {
    pub(super) instrument: InstrumentId,
    pub(super) side: Side,
    pub(super) price: Price,
    /// What it displayed before; none is unknown.
    pub(super) before: Option<Qty>,
    /// What printed there since it was last set.
    pub(super) printed: Qty,
    /// What it displays now.
    pub(super) after: Qty,
}

impl Market {
    /// Remembers a print until the level it hit tells of it: that level's shrinking is no cancel then.
    pub(super) fn remember_print(&mut self, trade: &Trade, taker: Option<Side>) {
        if let Some(taker) = taker {
            self.unshown.add(taker.opposite(), trade.price, trade.qty);
        }
    }
}

impl Venue {
    /// Those who cancelled at a level leave the queues there.
    pub(super) fn queues_shrink(&mut self, level: &Level) {
        let model = &self.models[place(level.instrument)].queue;
        let market = &self.markets[place(level.instrument)];
        let left = level.before.map_or(Qty::ZERO, |before| Qty((before.0 - level.printed.0).max(0)));
        let cancelled = Qty(left.0 - level.after.0);
        let shares = model.shares() && cancelled.0 > 0;
        let qty_unit = self.config.instruments[place(level.instrument)].qty_unit;
        let mut older = Qty::ZERO;
        for number in market.limits(level.side) {
            let order = self.orders.get_mut(*number);
            if order.price() != level.price {
                continue;
            }
            let most = order.ahead.min(level.after);
            order.ahead = if shares {
                let before = order.ahead.min(left);
                let gone = model.cancelled_before(&Shrunk { before, behind: left - before, cancelled, qty_unit });
                (before - gone).max(older).min(most)
            } else {
                most
            };
            older = order.ahead;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(before: i64, behind: i64, cancelled: i64) -> Shrunk {
        Shrunk { before: Qty(before), behind: Qty(behind), cancelled: Qty(cancelled), qty_unit: Decimal::ONE }
    }

    /// Worked by hand: 30 before us, 10 behind, 8 cancel.
    #[test]
    fn each_model_shares_by_its_formula() {
        let share =
            |model: QueueModel, before, behind, cancelled| model.cancelled_before(&level(before, behind, cancelled)).0;
        let power = |exponent_milli| QueueModel::Power { exponent_milli };
        assert_eq!(share(QueueModel::Conservative, 30, 10, 8), 0);
        assert_eq!(share(QueueModel::Conservative, 30, 10, 13), 3, "at most ten stood behind us");
        assert_eq!(share(power(1_000), 30, 10, 8), 6, "8 × 30 / 40");
        assert_eq!(share(power(2_000), 30, 10, 10), 9, "10 × 900 / 1000");
        assert_eq!(share(power(3_000), 30, 10, 28), 27, "28 × 27 / 28");
        assert_eq!(share(power(500), 40, 10, 9), 6, "9 × 2 / 3");
        // ln 31 = 3.434, ln 11 = 2.398: 8 × 0.5888 = 4.71.
        assert_eq!(share(QueueModel::Log, 30, 10, 8), 4);
        // In base of 0.001 a unit: ln 1.030 = 0.02956, ln 1.010 = 0.00995: 8 × 0.7481 = 5.98.
        let fine = Shrunk { qty_unit: Decimal::new(1, 3), ..level(30, 10, 8) };
        assert_eq!(QueueModel::Log.cancelled_before(&fine).0, 5);
        assert_eq!(share(power(2_000), 0, 10, 8), 0);
        assert_eq!(share(QueueModel::Log, 5, 0, 3), 3);
    }

    /// Every small level: within what can be, never less than the conservative answer, and more cancels
    /// never leave us further back.
    #[test]
    fn no_model_answers_what_cannot_be() {
        let models = [1, 333, 1_000, 2_000, 16_000].map(|exponent_milli| QueueModel::Power { exponent_milli });
        for model in models.iter().chain([&QueueModel::Log]) {
            for (before, behind) in (0..25).flat_map(|before| (0..25).map(move |behind| (before, behind))) {
                let mut last = 0;
                for cancelled in 1..=before + behind {
                    let gone = model.cancelled_before(&level(before, behind, cancelled)).0;
                    let least = QueueModel::Conservative.cancelled_before(&level(before, behind, cancelled)).0;
                    assert!((least..=before.min(cancelled)).contains(&gone), "{model}: {before} {behind} {cancelled}");
                    assert!(gone >= last, "{model}: {before} {behind} {cancelled}");
                    last = gone;
                }
            }
        }
    }

    /// The largest quantities there are neither overflow nor lose the bounds.
    #[test]
    fn the_largest_levels_are_shared() {
        let most = i64::MAX / 2;
        for model in [QueueModel::Power { exponent_milli: 16_000 }, QueueModel::Log] {
            let gone = model.cancelled_before(&level(most, most, most)).0;
            assert!((gone - most / 2).abs() < most / 1_000, "{model}: {gone}");
        }
    }

    #[test]
    fn a_model_says_what_it_is() {
        let said = [QueueModel::Conservative, QueueModel::Power { exponent_milli: 2_500 }, QueueModel::Log];
        assert_eq!(said.map(|model| model.to_string()), ["conservative v1", "power v1, exponent 2.5", "log v1"]);
    }
}
