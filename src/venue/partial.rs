//! Partial fills: how much of what could trade does, by a model that is named in the result.
//!
//! Every model starts from what is displayed or printed and may only take away from it: what is not there
//! never trades. A fill-or-kill order trades whole or not at all whatever the model; a seeded one leaves it alone.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Venue;
use super::chance::{Chance, Draw};
use super::fills::on_lot;
use super::resting::{Number, place};
use crate::market::{InstrumentId, Qty, TimeInForce, Timestamp, Trade};

/// Version of the shipped models' arithmetic; raised with any change that moves a quantity.
pub const PARTIAL_VERSION: u32 = 1;
/// The whole, in millionths.
const PPM: u32 = 1_000_000;

/// How much of what could trade does.
#[derive(Clone, Debug, Default)]
pub enum PartialModel {
    /// All of it: what is displayed, or what printed beyond the queue.
    #[default]
    Displayed,
    /// No more than a share of what printed of late, our own trades of that time counted in; of a print
    /// that hits us no more than that share of it.
    Participation {
        /// The share, in millionths.
        share_ppm: u32,
    },
    /// A part drawn anew for every fill.
    Seeded {
        /// The least part, in millionths.
        least_ppm: u32,
    },
    /// What a user of the library brings.
    Own(Arc<dyn PartialRule>),
}

/// A partial-fill model of a library user's own.
pub trait PartialRule: Send + Sync + fmt::Debug {
    /// Name, version and parameters, as they are printed with every result.
    fn describe(&self) -> String;
    /// The most that may trade; more than there is counts as all there is.
    fn most(&self, part: &Part) -> Qty;
}

/// What could trade, and what it is measured against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// What is displayed or printed for the order, of what it asks for.
    pub there: Qty,
    /// What printed: of late where the order takes, the one print where it is hit.
    pub printed: Qty,
    /// What of that we have had already.
    pub ours: Qty,
}

impl fmt::Display for PartialModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = PARTIAL_VERSION;
        let percent = |ppm: u32| Decimal::new(ppm.into(), 4).normalize();
        match self {
            Self::Displayed => write!(f, "displayed v{v}"),
            Self::Participation { share_ppm } => write!(f, "participation v{v}, share {}%", percent(*share_ppm)),
            Self::Seeded { least_ppm } => write!(f, "seeded v{v}, at least {}%", percent(*least_ppm)),
            Self::Own(rule) => f.write_str(&rule.describe()),
        }
    }
}

impl PartialModel {
    pub(super) const fn is_seeded(&self) -> bool {
        matches!(self, Self::Seeded { .. })
    }

    /// Whether it asks what printed of late.
    pub(super) const fn measures(&self) -> bool {
        matches!(self, Self::Participation { .. } | Self::Own(_))
    }

    /// Whether it takes anything away: then an order may be left where it would have traded.
    pub(super) const fn cuts(&self) -> bool {
        !matches!(self, Self::Displayed)
    }

    /// The most that may trade, chance aside.
    fn most(&self, part: &Part) -> Qty {
        match self {
            Self::Displayed | Self::Seeded { .. } => part.there,
            Self::Participation { share_ppm } => {
                let share = i128::from(part.printed.0) * i128::from(*share_ppm) / i128::from(PPM);
                Qty((i64::try_from(share).unwrap_or(i64::MAX) - part.ours.0).max(0)).min(part.there)
            }
            Self::Own(rule) => rule.most(part).max(Qty::ZERO).min(part.there),
        }
    }
}

/// How many draws were made, by what they are for.
#[derive(Clone, Default)]
pub(super) struct Draws([u32; 3]);

impl Draws {
    /// The next draw of a kind.
    pub(super) fn next(&mut self, chance: Option<&Arc<dyn Chance>>, what: Draw, below: u64) -> u64 {
        let number = &mut self.0[what as usize];
        let chance = chance.expect("a venue with a seeded model was opened with a source of chance");
        *number = number.wrapping_add(1);
        chance.draw(what, *number - 1, below)
    }
}

impl Venue {
    /// The most of a plan that an order may take now.
    pub(super) fn most_of(&mut self, now: Timestamp, instrument: InstrumentId, there: Qty) -> Qty {
        let model = &self.models[place(instrument)].partial;
        if !model.measures() {
            return there;
        }
        let (printed, ours, _) = self.markets[place(instrument)].volume.of_late(now);
        model.most(&Part { there, printed, ours })
    }

    /// The most of one print that may fill us, what it filled already counted in.
    pub(super) fn most_of_print(&self, print: &Trade, there: Qty, ours: Qty) -> Qty {
        self.models[place(print.instrument)].partial.most(&Part { there, printed: print.qty, ours })
    }

    /// The part of a fill that happens, where that is left to chance: at least a lot of it.
    pub(super) fn drawn_part(&mut self, now: Timestamp, number: Number, qty: Qty) -> Qty {
        let order = self.orders.get(number);
        let PartialModel::Seeded { least_ppm } = self.models[place(order.terms.instrument)].partial else { return qty };
        let (terms, leaves) = (order.terms, order.leaves());
        if terms.tif == TimeInForce::Fok || qty.is_zero() {
            return qty;
        }
        let span = u64::from(PPM - least_ppm.min(PPM)) + 1;
        let part =
            i128::from(least_ppm) + i128::from(self.draws.next(self.config.chance.as_ref(), Draw::PartialFill, span));
        let cut = i64::try_from(i128::from(qty.0) * part / i128::from(PPM)).expect("a part of a quantity fits");
        let lot = self.config.instruments[place(terms.instrument)].rules(now).lot;
        on_lot(Qty(cut), leaves, lot).max(lot.min(qty))
    }
}

/// Shortens a plan to what may trade of it, from its worst end.
pub(super) fn shorten<T>(plan: &mut Vec<(T, Qty)>, most: Qty) {
    let mut left = most;
    plan.retain_mut(|(_, qty)| {
        *qty = (*qty).min(left);
        left -= *qty;
        !qty.is_zero()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_what_printed_counts_our_own() {
        let model = PartialModel::Participation { share_ppm: 100_000 };
        let most =
            |there, printed, ours| model.most(&Part { there: Qty(there), printed: Qty(printed), ours: Qty(ours) });
        assert_eq!(most(50, 109, 0), Qty(10));
        assert_eq!(most(50, 109, 8), Qty(2));
        assert_eq!(most(50, 109, 30), Qty(0));
        assert_eq!(most(3, 109, 0), Qty(3));
        assert_eq!(most(50, 0, 0), Qty(0));
        assert_eq!(most(i64::MAX, i64::MAX, 0), Qty(i64::MAX / 10));
    }

    #[test]
    fn a_plan_is_shortened_from_its_worst_end() {
        let mut plan = vec![(1, Qty(4)), (2, Qty(4)), (3, Qty(4))];
        shorten(&mut plan, Qty(6));
        assert_eq!(plan, [(1, Qty(4)), (2, Qty(2))]);
    }

    #[test]
    fn a_model_says_what_it_is() {
        let said = [
            PartialModel::Displayed,
            PartialModel::Participation { share_ppm: 125_000 },
            PartialModel::Seeded { least_ppm: 300_000 },
        ];
        let texts = ["displayed v1", "participation v1, share 12.5%", "seeded v1, at least 30%"];
        assert_eq!(said.map(|model| model.to_string()), texts);
    }
}
