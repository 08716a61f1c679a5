//! The crowd's book in a generated L2 market: about twenty levels a side around a fair price.
//!
//! Every change is noted with what stood there before, so a message says exactly what differs.
//! The book is never crossed or empty between messages, and no level stands far from the touch.

use std::collections::BTreeMap;

use super::chance::{Chance, real, whole};
use crate::market::Side;

const LEVELS: usize = 20;
/// Levels stand within this many ticks of the touch when they come.
const REACH: i64 = 90;
/// Levels farther than this from the touch are given up.
const REACH_MAX: i64 = 160;
/// A level never holds less than this many lots.
const LOTS_MIN: i64 = 10;
/// The mean of a level at the touch, in lots; deeper levels hold more.
const LOTS_MEAN: f64 = 40_000.0;
/// A taker takes at most this many levels at once.
const SWEEP_MAX: usize = 4;
/// The chance that a better quote comes at once when there is room for one.
const IMPROVES: f64 = 0.7;

/// Price in ticks to quantity in lots.
type Levels = BTreeMap<i64, i64>;

/// A level's new quantity, in ticks and lots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Change {
    pub(super) side: Side,
    pub(super) ticks: i64,
    pub(super) lots: i64,
}

/// Both sides of the crowd's book.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    bids: Levels,
    asks: Levels,
    /// What stood at the levels touched since the last message.
    before: BTreeMap<(Side, i64), i64>,
}

impl Crowd {
    /// A full book around a price, and its levels.
    pub(super) fn around(ticks: i64, chance: &mut Chance) -> (Self, Vec<Change>) {
        let mut crowd = Self::default();
        let changes = crowd.requote(ticks - 1, ticks + 1, 0, chance);
        (crowd, changes)
    }

    /// The best level of a side.
    pub(super) fn best(&self, side: Side) -> i64 {
        self.end(side, true).expect("a side of the crowd's book is never empty between messages")
    }

    /// A taker takes up to `wanted` lots. Returns what is left at each level, and what traded.
    pub(super) fn take(&mut self, taker: Side, wanted: i64) -> Vec<(Change, i64)> {
        let side = taker.opposite();
        let mut left = wanted;
        let mut taken = Vec::new();
        while left > 0 && taken.len() < SWEEP_MAX {
            let ticks = self.best(side);
            let shown = self.side(side)[&ticks];
            let lots = left.min(shown);
            self.set(side, ticks, shown - lots);
            left -= lots;
            taken.push((Change { side, ticks, lots: shown - lots }, lots));
        }
        // What traded is told by its own message.
        self.before.clear();
        taken
    }

    /// The crowd follows the fair price: quotes on the wrong side of the targets go, better ones
    /// come, a few levels change at random, and the depth is kept. Returns what differs.
    pub(super) fn requote(&mut self, bid: i64, ask: i64, churn: i64, chance: &mut Chance) -> Vec<Change> {
        assert!(bid < ask, "targets of the crowd are not crossed");
        for (side, target) in [(Side::Buy, bid), (Side::Sell, ask)] {
            while let Some(best) = self.end(side, true).filter(|best| side.sign() * (best - target) > 0) {
                self.set(side, best, 0);
            }
            let near = self.end(side, true).is_some_and(|best| (best - target).abs() <= REACH / 10);
            if !self.side(side).contains_key(&target) && (!near || chance.happens(IMPROVES)) {
                self.set(side, target, lots(0, chance));
            }
        }
        for _ in 0..churn {
            self.change_one(chance);
        }
        self.keep_depth(Side::Buy, chance);
        self.keep_depth(Side::Sell, chance);
        self.differing()
    }

    /// One random level grows, shrinks or goes; the touch is busiest.
    fn change_one(&mut self, chance: &mut Chance) {
        let side = if chance.happens(0.5) { Side::Buy } else { Side::Sell };
        let depth = usize::try_from(whole(chance.exponential(3.0))).unwrap_or(0);
        let levels = self.side(side);
        let at = match side {
            Side::Buy => levels.keys().rev().nth(depth).copied(),
            Side::Sell => levels.keys().nth(depth).copied(),
        };
        let Some(ticks) = at else { return };
        let goes = levels.len() > LEVELS / 2 && chance.happens(0.25);
        let size = if goes { 0 } else { lots(depth, chance) };
        self.set(side, ticks, size);
    }

    /// Gives up far levels and fills the side up behind its touch.
    fn keep_depth(&mut self, side: Side, chance: &mut Chance) {
        let best = self.best(side);
        while let Some(far) = self.end(side, false).filter(|far| (far - best).abs() > REACH_MAX) {
            self.set(side, far, 0);
        }
        while self.side(side).len() < LEVELS {
            let distance = chance.between(1, REACH);
            let ticks = best - side.sign() * distance;
            let depth = usize::try_from(distance / 5).unwrap_or(0);
            if !self.side(side).contains_key(&ticks) {
                self.set(side, ticks, lots(depth, chance));
            }
        }
    }

    /// What differs since the last message: bids, then asks, each from low to high.
    fn differing(&mut self) -> Vec<Change> {
        let before = std::mem::take(&mut self.before);
        let now = |side: Side, ticks: i64| self.side(side).get(&ticks).copied().unwrap_or(0);
        let changes =
            before.into_iter().map(|((side, ticks), old)| (Change { side, ticks, lots: now(side, ticks) }, old));
        changes.filter(|(change, old)| change.lots != *old).map(|(change, _)| change).collect()
    }

    fn set(&mut self, side: Side, ticks: i64, lots: i64) {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let old = if lots == 0 { levels.remove(&ticks) } else { levels.insert(ticks, lots) };
        self.before.entry((side, ticks)).or_insert(old.unwrap_or(0));
    }

    /// The best level of a side, or the farthest.
    fn end(&self, side: Side, best: bool) -> Option<i64> {
        let levels = self.side(side);
        let level = if (side == Side::Buy) == best { levels.last_key_value() } else { levels.first_key_value() };
        level.map(|(ticks, _)| *ticks)
    }

    const fn side(&self, side: Side) -> &Levels {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

/// The size of a new level this deep in the book.
fn lots(depth: usize, chance: &mut Chance) -> i64 {
    let deeper = real(i64::try_from(depth).unwrap_or(0)) * 0.15;
    whole(chance.exponential(LOTS_MEAN * (1.0 + deeper))).max(LOTS_MIN)
}
