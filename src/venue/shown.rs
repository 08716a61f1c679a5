//! What the market shows: levels and quotes move the public book and the queues before our orders.
//!
//! It fills nothing: once a message is whole, the [fills](super::fills) look at what it displays.

use super::Venue;
use super::resting::{Shows, place};
use crate::market::{LevelChange, Qty, Quote, Side, Timestamp, VenueMessage};

impl Venue {
    #[inline]
    pub(super) fn on_level(&mut self, now: Timestamp, change: &LevelChange, out: &mut Vec<VenueMessage>) {
        let Some(market) = self.markets.get_mut(place(change.instrument)) else { return };
        if market.shows != Shows::Depth {
            market.begin_to_show(Shows::Depth);
        }
        market.book.set(change.side, change.price, change.qty);
        if !self.config.guards || market.guards.level(change) {
            market.dirty = true;
            self.level_changed(change);
        }
        if change.last && self.markets[place(change.instrument)].dirty {
            self.markets[place(change.instrument)].dirty = false;
            self.book_settled(now, change.instrument, out);
        }
    }

    /// A level we may wait at, or took from, has a new quantity.
    fn level_changed(&mut self, change: &LevelChange) {
        let market = &mut self.markets[place(change.instrument)];
        market.refresh(&self.orders, change.side, change.price);
        for number in market.limits(change.side) {
            let order = self.orders.get_mut(*number);
            if order.price() == change.price {
                order.ahead = order.ahead.min(change.qty);
            }
        }
    }

    /// The touch is displayed anew, and nothing but the touch.
    pub(super) fn on_quote(&mut self, now: Timestamp, quote: &Quote, out: &mut Vec<VenueMessage>) {
        let Some(market) = self.markets.get_mut(place(quote.instrument)) else { return };
        if market.shows == Shows::Depth {
            return;
        }
        market.shows = Shows::Touch;
        let concerned = !self.config.guards || market.guards.quote(quote);
        let sides = [(Side::Buy, quote.bid, quote.bid_qty), (Side::Sell, quote.ask, quote.ask_qty)];
        for (side, price, qty) in sides {
            if market.book.best(side) == Some((price, qty)) {
                continue;
            }
            market.show(side, price, qty);
            if !concerned {
                continue;
            }
            market.refresh_side(side);
            for number in market.limits(side) {
                let order = self.orders.get_mut(*number);
                let own = order.price();
                if own == price {
                    order.ahead = order.ahead.min(qty);
                } else if side.better(price, own) || qty.is_zero() {
                    // The market's best is worse than our price: nobody is left before us.
                    order.ahead = Qty::ZERO;
                }
            }
        }
        if !concerned {
            return;
        }
        market.refresh_guards(&self.orders);
        self.book_settled(now, quote.instrument, out);
    }
}
