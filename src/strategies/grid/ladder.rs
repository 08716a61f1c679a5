//! The ladder: which orders its levels want, given what is held. Whole price units and lots, no state.
//!
//! Prices of a side are multiplied by its sign where they are compared, so that buy and sell are one rule.

use super::super::holding::side_of;
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
