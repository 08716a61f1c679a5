//! Trailing and break-even stops (production-rules §4.7): whole numbers in, a tighter stop out.
//!
//! Percentages are taken of the exact average price, the fraction cost / quantity; every rounding is
//! toward the market. A stop that is wanted here is adopted only if it is tighter than the one there is.

use rust_decimal::Decimal;

use super::plan::{record, side_of, tighter};
use super::{Key, Shield};
use crate::market::{Action, Author, Bug, Instrument, Price, Rate, Side, Timestamp, Trade, planted};
use crate::trading::core::Core;
use crate::trading::position::Position;

/// The average price of a position, more (in its favour) by `rate` of it: the nearest price unit in
/// the position's favour. `None` beyond the range of prices.
fn beyond_average(held: &Position, instrument: &Instrument, rate: Rate) -> Option<Price> {
    let rate = rate.decimal();
    let (one, part) = (10_i128.checked_pow(rate.scale())?, rate.mantissa());
    let (side, (above, below)) = (side_of(held.qty), held.average(instrument)?);
    let top = above.checked_mul(one + i128::from(side.sign()) * part)?;
    let bottom = below.checked_mul(one)?;
    let units = match side {
        Side::Buy => -(-top).div_euclid(bottom),
        Side::Sell => top.div_euclid(bottom),
    };
    i64::try_from(units).ok().filter(|units| *units > 0).map(Price)
}

/// The first price at which a position has gained `activation` of its average price.
pub(super) fn gained_at(held: &Position, instrument: &Instrument, activation: Rate) -> Option<Price> {
    beyond_average(held, instrument, activation)
}

/// Whether a price is at `mark` or beyond it in the favour of `side`.
pub(super) const fn reaches(side: Side, mark: Price, price: Price) -> bool {
    side.sign() * (price.0 - mark.0) >= 0
}

/// The stop that trails an extreme at a distance, rounded toward the market.
fn trailed(instrument: &Instrument, side: Side, extreme: Price, distance: Rate, now: Timestamp) -> Option<Price> {
    let factor = Decimal::ONE - distance.decimal() * Decimal::from(side.sign());
    let stop = instrument.limit_price(side.opposite(), instrument.price(extreme) * factor, now)?;
    (stop.0 > 0).then_some(stop)
}

/// The stop at the average price and a buffer, rounded toward the market.
fn break_even(instrument: &Instrument, held: &Position, buffer: Rate, now: Timestamp) -> Option<Price> {
    let raw = beyond_average(held, instrument, buffer)?;
    instrument.limit_price(side_of(held.qty).opposite(), instrument.price(raw), now)
}

impl Core {
    /// Whether a trade is one a stop may follow: fresh, large enough, and near the book.
    fn is_followed(&self, now: Timestamp, at: Timestamp, trade: &Trade) -> bool {
        let (market, instrument) = (self.view.of(trade.instrument), self.instrument(trade.instrument));
        let limits = &self.config.reference;
        let fresh = now.since(at) <= limits.max_age.max(market.cadence.times(2));
        let least = self.config.trailing.min_print.0;
        let large = match least {
            None => trade.qty >= instrument.rules(now).min_qty,
            Some(least) => instrument.qty(trade.qty) >= least,
        };
        let Some(quote) = market.quote.filter(crate::market::Quote::usable) else { return false };
        let off = Decimal::from((2 * trade.price.0 - quote.twice_mid()).abs());
        fresh && large && off <= limits.band.decimal() * Decimal::from(quote.twice_mid())
    }

    /// Lets the stop of a position follow an accepted trade.
    pub(super) fn follow(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        (at, trade): (Timestamp, Trade),
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        if !self.is_followed(now, at, &trade) {
            return;
        }
        let side = side_of(held.qty);
        if let Some((stop, extreme)) = self.trailing_stop(now, key, held, trade.price, shield) {
            let begins = shield.cover.as_ref().is_some_and(|cover| cover.extreme.is_none());
            if let Some(cover) = &mut shield.cover {
                cover.extreme = Some(extreme);
            }
            let why = format!("trailing: extreme {}", self.price_text(key.1, extreme));
            if !tighten(key, side, stop, (Author::Trailing, &why), shield, actions)
                && let Some(cover) = shield.cover.as_ref().filter(|_| begins)
            {
                record(key, cover, cover.author, why, actions);
            }
        }
        let rule = &self.config.break_even;
        let reached = gained_at(held, self.instrument(key.1), rule.activation)
            .is_some_and(|mark| reaches(side, mark, trade.price));
        if rule.enabled && reached && self.may_tighten(shield) {
            let stop = break_even(self.instrument(key.1), held, rule.buffer, now);
            if let Some(stop) = stop {
                tighten(key, side, stop, (Author::BreakEven, "break-even"), shield, actions);
            }
        }
    }

    /// Whether automation may move the stop at all.
    pub(super) fn may_tighten(&self, shield: &Shield) -> bool {
        let free = |cover: &super::Cover| !cover.pinned || self.config.trailing.may_tighten_pinned;
        shield.cover.as_ref().is_some_and(free) && shield.ladder.is_none()
    }

    /// Whether a position's stop trails, once it has gained enough.
    pub(super) fn trails(&self, shield: &Shield) -> bool {
        let wished = shield.cover.as_ref().is_some_and(|cover| cover.trailing);
        self.config.trailing.enabled && wished && self.may_tighten(shield)
    }

    /// The trailing stop after a price, and the extreme it stands at.
    fn trailing_stop(
        &self,
        now: Timestamp,
        key: Key,
        held: &Position,
        price: Price,
        shield: &Shield,
    ) -> Option<(Price, Price)> {
        let (side, rule) = (side_of(held.qty), &self.config.trailing);
        if !self.trails(shield) {
            return None;
        }
        let extreme = match shield.cover.as_ref()?.extreme {
            // The bug: whatever the price does, the stop goes with it.
            Some(_) if planted(Bug::Critical8Trailing) => price,
            Some(extreme) if side.sign() * (price.0 - extreme.0) > 0 => price,
            Some(_) => return None,
            None => gained_at(held, self.instrument(key.1), rule.activation)
                .filter(|mark| reaches(side, *mark, price))
                .map(|_| price)?,
        };
        Some((trailed(self.instrument(key.1), side, extreme, rule.distance, now)?, extreme))
    }
}

/// Adopts a stop if it is tighter than the one there is.
fn tighten(
    key: Key,
    side: Side,
    stop: Price,
    (author, why): (Author, &str),
    shield: &mut Shield,
    actions: &mut Vec<Action>,
) -> bool {
    let Some(cover) = &mut shield.cover else { return false };
    let adopts = cover.stop.is_none_or(|old| tighter(side, stop, old)) || planted(Bug::Critical8Trailing);
    if adopts && cover.stop != Some(stop) {
        (cover.stop, cover.author, shield.near_told) = (Some(stop), author, false);
        record(key, cover, author, why.to_owned(), actions);
    }
    adopts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Qty, TickLots, samples};
    use proptest::prelude::*;

    fn held(qty: i64, price: i64) -> Position {
        Position { qty: Qty(qty), cost: TickLots(i128::from(qty) * i128::from(price)), ..Position::default() }
    }

    /// V-86 and its mirror: one per cent of the exact average, inclusive.
    #[test]
    fn a_gain_is_measured_from_the_average() {
        let one = Rate::from_bps(100);
        assert_eq!(gained_at(&held(3, 4_500_000), &samples::b(), one), Some(Price(4_545_000)));
        assert_eq!(gained_at(&held(-3, 4_500_000), &samples::b(), one), Some(Price(4_455_000)));
        let thirds = Position { qty: Qty(3), cost: TickLots(301), ..Position::default() };
        assert_eq!(gained_at(&thirds, &samples::b(), one), Some(Price(102)), "301 × 1.01 / 3 = 101.34");
        let short = Position { qty: Qty(-3), cost: TickLots(-301), ..Position::default() };
        assert_eq!(gained_at(&short, &samples::b(), one), Some(Price(99)), "301 × 0.99 / 3 = 99.33");
    }

    /// V-80, V-82, V-83, V-86: the desired stop of an extreme.
    #[test]
    fn a_stop_trails_by_its_distance_toward_the_market() {
        let (b, distance) = (samples::b(), Rate::from_bps(150));
        let stop = |side, extreme| trailed(&b, side, Price(extreme), distance, Timestamp(0)).map(|stop| stop.0);
        let longs =
            [(10_100, 9_949), (10_600, 10_441), (10_500, 10_343), (4_545_000, 4_476_825), (4_620_000, 4_550_700)];
        for (extreme, wanted) in longs {
            assert_eq!(stop(Side::Buy, extreme), Some(wanted), "long {extreme}");
        }
        for (extreme, wanted) in [(9_900, 10_048), (9_400, 9_541)] {
            assert_eq!(stop(Side::Sell, extreme), Some(wanted), "short {extreme}");
        }
    }

    proptest! {
        /// The activation price is the first that has gained enough: exact on both sides.
        #[test]
        fn activation_is_exact(qty in 1_i64..1_000_000, cost in 1_i64..1_000_000_000_000, bps in 1_i64..2_000, long: bool) {
            let sign = if long { 1 } else { -1 };
            let held = Position { qty: Qty(sign * qty), cost: TickLots(i128::from(sign * cost)), ..Position::default() };
            let has_gained = |price: i64| {
                let gain = i128::from(sign) * (i128::from(price) * i128::from(qty) - i128::from(cost));
                gain * 10_000 >= i128::from(bps) * i128::from(cost)
            };
            if let Some(first) = gained_at(&held, &samples::b(), Rate::from_bps(bps)) {
                prop_assert!(has_gained(first.0));
                prop_assert!(!has_gained(first.0 - sign));
            }
        }
    }
}
