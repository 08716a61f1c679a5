//! Triggers: which way a price must go to touch one, and what an order does once it is touched.
//!
//! Stops come before targets, and of each the nearest first. A touched trigger takes at once, like
//! the market or limit order it has become; what is left of a limit order waits in the book, where
//! the event that touched it no longer counts for it.

use super::Venue;
use super::resting::{Life, Number, place};
use crate::market::{InstrumentId, OrderKind, Price, Side, Timestamp, VenueMessage};

/// How many lists of triggers there are: stops and targets, buys and sells.
pub(super) const TRIGGER_LISTS: usize = 4;

impl Venue {
    /// Fires what a print touches; without one, what is touched by the price it would trade at.
    /// Returns the limit orders of which something is left: they have yet to rest.
    pub(super) fn fire_touched(
        &mut self,
        now: Timestamp,
        at: InstrumentId,
        printed: Option<Price>,
        out: &mut Vec<VenueMessage>,
    ) -> Vec<Number> {
        let mut fired = Vec::new();
        if !self.markets[place(at)].session.fires() {
            return fired;
        }
        for list in 0..TRIGGER_LISTS {
            while let Some(number) = self.first_touched(at, list, printed) {
                if self.fire(now, number, out) {
                    fired.push(number);
                }
            }
        }
        fired
    }

    /// The nearest trigger of a list, if it is touched.
    fn first_touched(&self, at: InstrumentId, list: usize, printed: Option<Price>) -> Option<Number> {
        let market = &self.markets[place(at)];
        let number = *market.triggers()[list].first()?;
        let order = self.orders.get(number);
        let price = printed.or_else(|| market.trigger_reference(order.terms.side))?;
        touches(order.towards(), order.price(), price).then_some(number)
    }

    /// A trigger is touched: the order becomes a market or a limit order and takes what it may.
    /// True if something is left of it that may rest.
    pub(super) fn fire(&mut self, now: Timestamp, number: Number, out: &mut Vec<VenueMessage>) -> bool {
        let market = self.market_of(number);
        self.markets[market].leave(&self.orders, number);
        self.orders.get_mut(number).fired = true;
        self.take_or_end(now, number, out);
        self.orders.get(number).life == Life::Open
    }

    /// Lets fired limit orders wait at the back of their price.
    pub(super) fn rest_fired(&mut self, fired: &[Number]) {
        for number in fired {
            if self.orders.get(*number).life == Life::Open {
                self.join_queue(*number);
            }
        }
    }
}

/// The way the price must go to touch a trigger: a stop's is touched against the position it
/// closes, a target's in its favour. [`Side::Buy`] is up.
pub(super) const fn towards(kind: OrderKind, side: Side) -> Side {
    match kind {
        OrderKind::TargetMarket { .. } | OrderKind::TargetLimit { .. } => side.opposite(),
        OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } | OrderKind::Market | OrderKind::Limit { .. } => {
            side
        }
    }
}

/// Whether a price touches a trigger: on the way up at or above it, on the way down at or below.
pub(super) const fn touches(towards: Side, trigger: Price, price: Price) -> bool {
    towards.opposite().reaches(trigger, price)
}
