//! Triggers: which way a price must go to touch one, and what an order does once it is touched.
//!
//! Stops come before targets, and of each the nearest first. A touched trigger takes at once, like
//! the market or limit order it has become; what is left of a limit order waits in the book, where
//! the event that touched it no longer counts for it.

use super::Venue;
use super::listing::Market;
use super::resting::{Life, Number, place};
use crate::market::{InstrumentId, OrderKind, Price, Side, Timestamp, TriggerSource, VenueMessage};

/// How many lists of triggers there are: stops and targets, buys and sells.
pub(super) const TRIGGER_LISTS: usize = 4;
/// The lists a rising price touches: buy stops and sell targets.
pub(super) const RISING: [usize; 2] = [0, 3];
/// The lists a falling price touches: sell stops and buy targets.
pub(super) const FALLING: [usize; 2] = [1, 2];
/// How many sources of triggers there are.
pub(super) const TRIGGER_SOURCES: usize = 4;
/// Every source, in the order in which triggers touched at once fire.
pub(super) const TRIGGER_ORDER: [TriggerSource; TRIGGER_SOURCES] =
    [TriggerSource::Last, TriggerSource::Mark, TriggerSource::Index, TriggerSource::Touch];

/// The whole, in millionths.
const WHOLE_PPM: i128 = 1_000_000;

/// A price beside the last trade that triggers may look at: what was said of it last, and how far off
/// a fault puts it.
#[derive(Clone, Copy, Default)]
pub(super) struct Gauge {
    said: Option<Price>,
    /// What it is put off from where nothing was said.
    stood_at: Option<Price>,
    off_ppm: i64,
}

impl Gauge {
    /// The price now; none where nothing was ever said.
    pub(super) fn price(&self) -> Option<Price> {
        let price = self.said.or(self.stood_at)?;
        let off = i128::from(price.0) * (WHOLE_PPM + i128::from(self.off_ppm)) / WHOLE_PPM;
        Some(Price(i64::try_from(off).unwrap_or(i64::MAX).max(1)))
    }

    /// The market says it.
    pub(super) const fn say(&mut self, price: Price) {
        self.said = Some(price);
    }

    /// Puts it off, from `last` where nothing was said; zero ends that.
    pub(super) fn put_off(&mut self, by_ppm: i64, last: Option<Price>) {
        self.off_ppm = by_ppm;
        self.stood_at = last.filter(|_| by_ppm != 0);
    }
}

impl Market {
    /// What a trigger of a source looks at: where a mark or an index was never said, the last trade.
    pub(super) fn effective(&self, source: TriggerSource) -> TriggerSource {
        let there_is = match source {
            TriggerSource::Last | TriggerSource::Touch => true,
            TriggerSource::Mark => self.mark.price().is_some(),
            TriggerSource::Index => self.index.price().is_some(),
        };
        if there_is { source } else { TriggerSource::Last }
    }

    /// The price a trigger of a source looks at, for an order of a side: of the last trade where there
    /// is none yet, the price it would trade at.
    pub(super) fn trigger_reference(&self, source: TriggerSource, side: Side) -> Option<Price> {
        let would_trade_at = || self.best(side.opposite()).map(|(price, _)| price);
        match self.effective(source) {
            TriggerSource::Last => self.last_trade.or_else(would_trade_at),
            TriggerSource::Mark => self.mark.price(),
            TriggerSource::Index => self.index.price(),
            TriggerSource::Touch => would_trade_at(),
        }
    }
}

impl Venue {
    /// Fires what is touched of those that look at a price which may have moved. Returns the limit
    /// orders of which something is left: they have yet to rest.
    pub(super) fn fire_touched(
        &mut self,
        now: Timestamp,
        at: InstrumentId,
        moved: impl Fn(TriggerSource) -> bool,
        out: &mut Vec<VenueMessage>,
    ) -> Vec<Number> {
        let mut fired = Vec::new();
        if !self.markets[place(at)].session.fires() {
            return fired;
        }
        for list in 0..TRIGGER_LISTS {
            while let Some(number) = self.first_touched(at, list, &moved) {
                if self.fire(now, number, out) {
                    fired.push(number);
                }
            }
        }
        fired
    }

    /// The nearest trigger of a list, if it is touched.
    fn first_touched(&self, at: InstrumentId, list: usize, moved: impl Fn(TriggerSource) -> bool) -> Option<Number> {
        let market = &self.markets[place(at)];
        let looks = TRIGGER_ORDER.into_iter().filter(|source| moved(market.effective(*source)));
        let nearest = looks.filter_map(|source| market.triggers(source)[list].first());
        nearest.copied().find(|number| {
            let order = self.orders.get(*number);
            let price = market.trigger_reference(order.terms.trigger_by, order.terms.side);
            price.is_some_and(|price| touches(order.towards(), order.price(), price))
        })
    }

    /// The mark or the index moved.
    pub(super) fn on_gauge(
        &mut self,
        now: Timestamp,
        at: InstrumentId,
        source: TriggerSource,
        price: Price,
        out: &mut Vec<VenueMessage>,
    ) {
        let Some(market) = self.markets.get_mut(place(at)) else { return };
        match source {
            TriggerSource::Mark => market.mark.say(price),
            TriggerSource::Index => market.index.say(price),
            TriggerSource::Last | TriggerSource::Touch => return,
        }
        self.gauge_moved(now, at, source, out);
    }

    /// What a moved mark or index touches fires.
    pub(super) fn gauge_moved(
        &mut self,
        now: Timestamp,
        at: InstrumentId,
        source: TriggerSource,
        out: &mut Vec<VenueMessage>,
    ) {
        let market = &mut self.markets[place(at)];
        if !market.has_orders() {
            return;
        }
        // What looked at the last trade for want of it may look at it now, or the other way round.
        market.refresh_guards(&self.orders);
        let fired = self.fire_touched(now, at, |moved| moved == source || moved == TriggerSource::Last, out);
        self.rest_fired(&fired);
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
