//! Where the quoter wants its prices, and how far the market may move before it wants others.
//!
//! Everything is whole price units. Prices of a side are compared multiplied by its sign, so that
//! "higher" always means "nearer to trading" and buy and sell are one rule.

use crate::market::{Price, Quote, Side};

/// What both prices follow from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Centre {
    /// Twice the mid.
    pub(super) twice_mid: i64,
    /// Twice how far inventory moves both prices: down if above zero.
    pub(super) twice_shift: i64,
    /// Distance of each price from the shifted mid.
    pub(super) half_spread: i64,
    /// The grid.
    pub(super) tick: i64,
    /// How far a wanted price moves before an order follows it; whole ticks, at least one.
    pub(super) requote: i64,
    /// Best bid.
    pub(super) bid: Price,
    /// Best ask.
    pub(super) ask: Price,
}

impl Centre {
    /// The price wanted on a side: rounded away from trading, short of the opposite touch, and
    /// short of the own order on the other side. It may be zero or less.
    pub(super) fn price(&self, side: Side, own_opposite: Option<Price>) -> Price {
        let sign = side.sign();
        let doubled = sign * (self.twice_mid - self.twice_shift) - 2 * self.half_spread;
        let short_of = |price: Price| (sign * price.0 - 1).div_euclid(self.tick) * self.tick;
        let free = doubled.div_euclid(2 * self.tick) * self.tick;
        let touch = short_of(opposite_touch(side, self.bid, self.ask));
        let own = own_opposite.map_or(i64::MAX, short_of);
        Price(sign * free.min(touch).min(own))
    }

    /// The quotes at which an order at `price` should move, as long as shift, half-spread and
    /// grid stay what they are and no own order is in the way.
    pub(super) fn band(&self, side: Side, price: Price) -> Band {
        let at = side.sign() * price.0;
        let offset = side.sign() * self.twice_shift + 2 * self.half_spread;
        Band {
            rising_mid: 2 * (at + self.requote) + offset,
            rising_touch: at + self.requote + 1,
            falling_mid: 2 * (at - self.requote + self.tick) + offset,
            falling_touch: at - self.requote + self.tick,
        }
    }

    /// The quotes whose mid is not near the present one, for a side that rests because of it.
    pub(super) fn elsewhere(&self, side: Side) -> Band {
        let mid = side.sign() * self.twice_mid;
        let far = 2 * self.requote;
        Band { rising_mid: mid + far, rising_touch: i64::MIN, falling_mid: mid - far, falling_touch: i64::MIN }
    }
}

const fn opposite_touch(side: Side, bid: Price, ask: Price) -> Price {
    match side {
        Side::Buy => ask,
        Side::Sell => bid,
    }
}

/// The quotes one side need not see, by four compares; in prices times the side's sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Band {
    rising_mid: i64,
    rising_touch: i64,
    falling_mid: i64,
    falling_touch: i64,
}

impl Band {
    fn is_left_by(&self, side: Side, quote: &Quote) -> bool {
        let mid = side.sign() * quote.twice_mid();
        let touch = side.sign() * opposite_touch(side, quote.bid, quote.ask).0;
        let rises = mid >= self.rising_mid && touch >= self.rising_touch;
        rises || mid < self.falling_mid || touch <= self.falling_touch
    }
}

/// The usable quotes that nothing would come of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Guard {
    any: bool,
    /// Twice the mid at or below which a long position is given up.
    stop_below: i64,
    /// Twice the mid at or above which a short position is given up.
    stop_above: i64,
    buy: Option<Band>,
    sell: Option<Band>,
}

impl Guard {
    /// No quote matters.
    pub(super) const CLOSED: Self =
        Self { any: false, stop_below: i64::MIN, stop_above: i64::MAX, buy: None, sell: None };
    /// Every usable quote matters.
    pub(super) const OPEN: Self = Self { any: true, ..Self::CLOSED };

    /// Whether a quote matters.
    pub(super) fn lets_through(&self, quote: &Quote) -> bool {
        let mid = quote.twice_mid();
        quote.usable()
            && (self.any
                || mid <= self.stop_below
                || mid >= self.stop_above
                || self.buy.is_some_and(|band| band.is_left_by(Side::Buy, quote))
                || self.sell.is_some_and(|band| band.is_left_by(Side::Sell, quote)))
    }

    /// Makes the quotes that leave a band matter.
    pub(super) const fn watch(&mut self, side: Side, band: Band) {
        match side {
            Side::Buy => self.buy = Some(band),
            Side::Sell => self.sell = Some(band),
        }
    }

    /// Makes the quotes beyond a position's stop matter.
    pub(super) const fn watch_stop(&mut self, held: Side, twice_stop: i64) {
        match held {
            Side::Buy => self.stop_below = twice_stop,
            Side::Sell => self.stop_above = twice_stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{InstrumentId, Qty};
    use proptest::prelude::*;

    fn quote(bid: i64, spread: i64) -> Quote {
        let (bid, ask) = (Price(bid), Price(bid + spread));
        Quote { instrument: InstrumentId(0), bid, bid_qty: Qty(1), ask, ask_qty: Qty(1) }
    }

    fn centre(quote: &Quote, (shift, half_spread, tick, requote): (i64, i64, i64, i64)) -> Centre {
        Centre {
            twice_mid: quote.twice_mid(),
            twice_shift: shift,
            half_spread,
            tick,
            requote: requote * tick,
            bid: quote.bid,
            ask: quote.ask,
        }
    }

    #[test]
    fn inventory_moves_both_prices_and_none_of_them_takes() {
        let quote = quote(1_000, 2);
        let prices = |shift| {
            let centre = centre(&quote, (shift, 3, 1, 1));
            (centre.price(Side::Buy, None).0, centre.price(Side::Sell, None).0)
        };
        assert_eq!(prices(0), (998, 1_004));
        assert_eq!(prices(4), (996, 1_002), "long: lower");
        assert_eq!(prices(-4), (1_000, 1_006), "short: higher");
        assert_eq!(prices(3), (996, 1_003), "halves round away from trading");
        assert_eq!(prices(40), (978, 1_001), "one tick above the bid at the lowest");
        let own = centre(&quote, (0, 0, 1, 1)).price(Side::Buy, Some(Price(1_000)));
        assert_eq!(own, Price(999), "short of the own offer");
    }

    proptest! {
        /// The band is the compare of prices in other words.
        #[test]
        fn a_band_is_left_exactly_when_the_wanted_price_is_far(
            before in (900_i64..1_100, 1_i64..30),
            after in (900_i64..1_100, 1_i64..30),
            terms in (-60_i64..60, 0_i64..30, 1_i64..7, 1_i64..5),
            buys in any::<bool>(),
        ) {
            let side = if buys { Side::Buy } else { Side::Sell };
            let (before, after) = (quote(before.0, before.1), quote(after.0, after.1));
            let order = centre(&before, terms).price(side, None);
            let band = centre(&before, terms).band(side, order);
            let now = centre(&after, terms);
            let far = (now.price(side, None).0 - order.0).abs() >= now.requote;
            prop_assert_eq!(band.is_left_by(side, &after), far);
            let mut guard = Guard::CLOSED;
            guard.watch(side, band);
            prop_assert_eq!(guard.lets_through(&after), far);
        }
    }
}
