//! The ladder: which orders its levels want, given what is held. Whole price units and lots, no state.
//!
//! Prices of a side are multiplied by its sign where they are compared, so that buy and sell are one rule.

use super::super::holding::side_of;
use super::super::working::Working;
use super::terms::Terms;
use crate::market::{Contract, Instrument, Price, Purpose, Qty, Rules, Side, Timestamp};

/// Both sides, in the order in which they are worked.
const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// An order a level wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) qty: Qty,
    pub(super) purpose: Purpose,
}

impl Wanted {
    /// Whether an order stands where this one is wanted.
    pub(super) fn is_at(&self, order: &Working) -> bool {
        (self.side, self.price, self.purpose) == (order.side, order.price, order.purpose)
    }
}

/// A ladder that was set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ladder {
    centre: i64,
    spacing: i64,
    levels: i64,
    /// Levels a side that may be held.
    usable: i64,
    /// Distance of the stop from the outermost level.
    beyond: i64,
    /// Spacings after which an empty ladder is left.
    recentre: i64,
    /// Quantity of a level.
    lot: i64,
    spot: bool,
}

impl Ladder {
    /// A ladder about a mid.
    pub(super) fn about(terms: &Terms, instrument: &Instrument, twice_mid: i64, now: Timestamp) -> Self {
        let rules = instrument.rules(now);
        let tick = rules.tick.0;
        let centre = twice_mid.div_euclid(2 * tick) * tick;
        let spacing = -(-terms.spacing.units(twice_mid, rules.tick).max(1)).div_euclid(tick) * tick;
        let each = match instrument.contract {
            Contract::Spot | Contract::Linear => i128::from(centre.max(1)),
            Contract::Inverse => 1,
        };
        let lots = i64::try_from(terms.size.0 / each).unwrap_or(i64::MAX).min(rules.max_qty.0);
        let lot = lots / rules.lot.0 * rules.lot.0;
        let most = terms.max_inventory.0 / (i128::from(lot.max(1)) * each);
        let levels = i64::from(terms.levels);
        Self {
            centre,
            spacing,
            levels,
            usable: i64::try_from(most).unwrap_or(levels).min(levels),
            beyond: i64::try_from(terms.stop.of(centre.into())).unwrap_or(i64::MAX),
            recentre: terms.recentre.into(),
            lot,
            spot: instrument.contract == Contract::Spot,
        }
    }

    /// The most that may be held on a side.
    pub(super) const fn most(&self) -> Qty {
        Qty(self.usable.saturating_mul(self.lot))
    }

    /// The price at which the entries of a side are given up; before the grid.
    pub(super) const fn stop(&self, side: Side) -> i64 {
        let far = self.levels.saturating_mul(self.spacing).saturating_add(self.beyond);
        self.centre.saturating_sub(side.sign().saturating_mul(far))
    }

    /// Whether the mid is at or beyond a side's stop.
    pub(super) const fn is_beyond_stop(&self, side: Side, twice_mid: i64) -> bool {
        side.sign() * twice_mid <= (side.sign() * self.stop(side)).saturating_mul(2)
    }

    /// Twice the mids at or below and at or above which the ladder is of no use: with nothing held those
    /// that leave it behind, else the stop of what is held.
    pub(super) fn bounds(&self, held: Option<Side>) -> (i64, i64) {
        let twice = |price: i64| price.saturating_mul(2);
        match held {
            Some(Side::Buy) => (twice(self.stop(Side::Buy)), i64::MAX),
            Some(Side::Sell) => (i64::MIN, twice(self.stop(Side::Sell))),
            None => {
                let far = self.recentre.saturating_mul(self.spacing);
                let low = self.centre.saturating_sub(far).max(self.stop(Side::Buy));
                (twice(low), twice(self.centre.saturating_add(far).min(self.stop(Side::Sell))))
            }
        }
    }

    /// The price of a side's level, rounded away from trading on `trades`; level 0 is the centre.
    fn level(&self, side: Side, level: i64, (trades, tick): (Side, Price)) -> Price {
        let price = self.centre.saturating_sub(side.sign().saturating_mul(level.saturating_mul(self.spacing)));
        Price(trades.sign() * ((trades.sign() * price).div_euclid(tick.0) * tick.0))
    }

    /// What is wanted with so much of a position that orders can close: exits before entries, the nearest to
    /// the market first. `fits` says whether the venue takes a quantity at a price.
    pub(super) fn wanted(&self, closable: Qty, rules: &Rules, fits: impl Fn(Qty, Price) -> bool) -> Vec<Wanted> {
        if self.lot == 0 {
            return Vec::new();
        }
        let held = side_of(closable);
        let (whole, part) = (closable.0.abs() / self.lot, closable.0.abs() % self.lot);
        let mut wanted = held.map_or_else(Vec::new, |side| self.exits(side, (whole, part), rules, &fits));
        for level in whole + 1..=self.usable {
            let qty = Qty(self.lot - if level == whole + 1 { part } else { 0 });
            for side in SIDES.into_iter().filter(|side| held.is_none_or(|held| held == *side)) {
                let price = self.level(side, level, (side, rules.tick));
                if price.0 > 0 && fits(qty, price) && !(self.spot && side == Side::Sell) {
                    wanted.push(Wanted { side, price, qty, purpose: Purpose::Entry });
                }
            }
        }
        wanted
    }

    /// The exits of what is held; a part too small for an order of its own leaves with the level before it.
    fn exits(
        &self,
        held: Side,
        (whole, part): (i64, i64),
        rules: &Rules,
        fits: impl Fn(Qty, Price) -> bool,
    ) -> Vec<Wanted> {
        let side = held.opposite();
        let price = |level: i64| self.level(held, level - 1, (side, rules.tick));
        let alone = part > 0 && (whole == 0 || fits(Qty(part), price(whole + 1)));
        let exit = |level: i64, qty: i64| Wanted { side, price: price(level), qty: Qty(qty), purpose: Purpose::Exit };
        let rest = if alone { 0 } else { part };
        let levels = (1..=whole).rev().map(|level| exit(level, self.lot + if level == whole { rest } else { 0 }));
        alone.then(|| exit(whole + 1, part)).into_iter().chain(levels).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Money, samples};
    use proptest::prelude::*;

    fn ladder(levels: i64, usable: i64, lot: i64, spot: bool) -> Ladder {
        let (centre, spacing, beyond, recentre) = (1_000_000, 1_000, 10_000, 6);
        Ladder { centre, spacing, levels, usable, beyond, recentre, lot, spot }
    }

    proptest! {
        /// What is held has exits for all of it, no more; and with every entry filled the cap holds.
        #[test]
        fn exits_are_what_is_held_and_entries_keep_to_the_cap(
            (levels, lot) in (1_i64..20, 10_i64..1_000),
            usable in 1_i64..20,
            held in -20_000_i64..20_000,
            least in 1_i64..10,
            spot in any::<bool>(),
        ) {
            let usable = usable.min(levels);
            let held = if spot { held.abs() } else { held };
            let mut rules = samples::b().rules(Timestamp(0)).clone();
            (rules.tick, rules.min_qty, rules.min_notional) = (Price(1), Qty(least), Money::ZERO);
            let ladder = ladder(levels, usable, lot, spot);
            let wanted = ladder.wanted(Qty(held), &rules, |qty, _| qty >= Qty(least));
            let sum = |side: Side, purpose: Purpose| -> i64 {
                wanted.iter().filter(|w| (w.side, w.purpose) == (side, purpose)).map(|w| w.qty.0).sum()
            };
            for side in SIDES {
                prop_assert_eq!(sum(side.opposite(), Purpose::Exit), (held * side.sign()).max(0));
                let entries = sum(side, Purpose::Entry);
                prop_assert!(entries + (held * side.sign()).max(0) <= (usable * lot).max(held.abs()));
                prop_assert!(entries == 0 || held * side.sign() >= 0, "an entry against the position");
            }
            prop_assert!(!spot || sum(Side::Sell, Purpose::Entry) == 0);
            for order in &wanted {
                let is_below = order.price.0 <= ladder.centre;
                prop_assert!(order.purpose == Purpose::Exit || is_below == (order.side == Side::Buy));
            }
        }
    }
}
