//! What the market shows: levels and quotes move the public book and the queues before our orders.
//!
//! It fills nothing: once a message is whole, the [fills](super::fills) look at what it displays.

use super::Venue;
use super::listing::Shows;
use super::queue::Level;
use super::resting::place;
use crate::market::{Extent, InstrumentId, LevelChange, Price, Qty, Quote, Side, Timestamp, VenueMessage};

/// How a whole message of a recorded market has to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// Not at all: it concerns no order of ours, and all it does is to set levels.
    Over,
    /// By its levels, one after the other: it does nothing else.
    Levels,
    /// Row by row.
    Rows,
}

impl Venue {
    /// How a whole message has to be read, by how far it reaches.
    #[must_use]
    #[inline]
    pub fn reading(&self, now: Timestamp, instrument: InstrumentId, extent: &Extent) -> Reading {
        let Some(market) = self.markets.get(place(instrument)) else { return Reading::Rows };
        let settled = now <= self.next_due && !self.turned && self.config.margin.is_empty() && !market.dirty;
        if !self.config.guards
            || !settled
            || !extent.plain
            || market.shows != Shows::Depth
            || !market.unshown.is_empty()
        {
            return Reading::Rows;
        }
        // Where a model remembers prints, each of them concerns us.
        let models = &self.models[place(instrument)];
        let counts = models.measures() || models.queue.shares() || market.last_trade.is_none();
        let trades = extent.last_trade.is_some();
        match market.guards.message(extent) {
            _ if trades && counts => Reading::Rows,
            false => Reading::Over,
            true if trades => Reading::Rows,
            true => Reading::Levels,
        }
    }

    /// Passes over a message that is [read so](Reading::Over); its levels may be [told](Venue::recall) later.
    #[inline]
    pub fn pass_over(&mut self, instrument: InstrumentId, extent: &Extent) {
        let market = &mut self.markets[place(instrument)];
        market.last_trade = extent.last_trade.or(market.last_trade);
    }

    /// The levels of messages that were passed over, in their order.
    #[inline]
    pub fn recall(&mut self, instrument: InstrumentId, levels: impl Iterator<Item = (Side, Price, Qty)>) {
        let market = &mut self.markets[place(instrument)];
        for (side, price, qty) in levels {
            market.set(side, price, qty);
        }
    }

    /// A message that is [read by its levels](Reading::Levels): the same as [`Venue::on_market`] with each of them.
    #[inline]
    pub fn on_levels(
        &mut self,
        now: Timestamp,
        instrument: InstrumentId,
        levels: impl Iterator<Item = (Side, Price, Qty)>,
        out: &mut Vec<VenueMessage>,
    ) {
        let at = place(instrument);
        for (side, price, qty) in levels {
            let market = &mut self.markets[at];
            let before = market.set(side, price, qty);
            let change = LevelChange { instrument, side, price, qty, last: false };
            if market.guards.level(&change) {
                market.dirty = true;
                self.level_changed(&change, before, Qty::ZERO);
            }
        }
        if std::mem::take(&mut self.markets[at].dirty) {
            self.book_settled(now, instrument, out);
            self.settle_positions(now, out);
        }
    }

    #[inline]
    pub(super) fn on_level(&mut self, now: Timestamp, change: &LevelChange, out: &mut Vec<VenueMessage>) {
        let Some(market) = self.markets.get_mut(place(change.instrument)) else { return };
        if market.shows != Shows::Depth {
            market.begin_to_show(Shows::Depth);
        }
        let before = market.set(change.side, change.price, change.qty);
        let tells = !market.unshown.is_empty();
        let printed = if tells { market.unshown.take(change.side, change.price) } else { Qty::ZERO };
        if !self.config.guards || market.guards.level(change) {
            market.dirty = true;
            self.level_changed(change, before, printed);
        }
        if change.last && self.markets[place(change.instrument)].dirty {
            self.markets[place(change.instrument)].dirty = false;
            self.book_settled(now, change.instrument, out);
        }
    }

    /// A level we may wait at, or took from, has a new quantity.
    fn level_changed(&mut self, change: &LevelChange, before: Qty, printed: Qty) {
        let LevelChange { instrument, side, price, qty, .. } = *change;
        let keeps = self.models[place(instrument)].consumption.keeps(qty);
        self.markets[place(instrument)].refresh(&self.orders, side, price, keeps);
        self.queues_shrink(&Level { instrument, side, price, before: Some(before), printed, after: qty });
    }

    /// The touch is displayed anew, and nothing but the touch.
    pub(super) fn on_quote(&mut self, now: Timestamp, quote: &Quote, out: &mut Vec<VenueMessage>) {
        let instrument = quote.instrument;
        let Some(market) = self.markets.get_mut(place(instrument)) else { return };
        if matches!(market.shows, Shows::Depth | Shows::Orders) {
            return;
        }
        market.shows = Shows::Touch;
        let concerned = !self.config.guards || market.guards.quote(quote);
        let sides = [(Side::Buy, quote.bid, quote.bid_qty), (Side::Sell, quote.ask, quote.ask_qty)];
        for (side, price, after) in sides {
            let market = &mut self.markets[place(instrument)];
            let before = market.best(side);
            if before == Some((price, after)) {
                continue;
            }
            market.show(side, price, after);
            let printed = market.unshown.take(side, price);
            market.unshown.forget_side(side);
            if !concerned {
                continue;
            }
            market.refresh_side(side, price, self.models[place(instrument)].consumption.keeps(after));
            // What a level displayed is known as long as it is the touch.
            let before = before.filter(|(old, _)| *old == price).map(|(_, qty)| qty);
            self.queues_shrink(&Level { instrument, side, price, before, printed, after });
            self.nobody_before_the_touch(quote, side);
        }
        if !concerned {
            return;
        }
        self.markets[place(instrument)].refresh_guards(&self.orders);
        self.book_settled(now, instrument, out);
    }

    /// Where the market's best is worse than our price, nobody is left before us.
    fn nobody_before_the_touch(&mut self, quote: &Quote, side: Side) {
        let (price, qty) = match side {
            Side::Buy => (quote.bid, quote.bid_qty),
            Side::Sell => (quote.ask, quote.ask_qty),
        };
        for number in self.markets[place(quote.instrument)].limits(side) {
            let order = self.orders.get_mut(*number);
            let own = order.price();
            if own != price && (side.better(price, own) || qty.is_zero()) {
                order.ahead = Qty::ZERO;
            }
        }
    }
}
