//! Which market events can concern an order of ours: what makes an idle event cheap.

use super::listing::Market;
use super::resting::{Number, Orders};
use super::triggers::{FALLING, RISING, TRIGGER_ORDER};
use crate::market::{Extent, LevelChange, Price, Quote, Side, Trade, TriggerSource};

impl Market {
    pub(super) fn refresh_guards(&mut self, orders: &Orders) {
        let ends = |waiting: &[Number]| {
            let price = |number: &Number| orders.get(*number).price();
            (waiting.first().map(price), waiting.last().map(price))
        };
        let (best_buy, worst_buy) = ends(self.limits(Side::Buy));
        let (best_sell, worst_sell) = ends(self.limits(Side::Sell));
        // A print sets off what waits for one, and where nothing has traded the touch does.
        let (mut above, mut below) = (None, None);
        for source in TRIGGER_ORDER.into_iter().filter(|source| self.effective(*source) == TriggerSource::Last) {
            let nearest = |lists: [usize; 2]| lists.into_iter().filter_map(|list| ends(&self.triggers(source)[list]).0);
            above = above.into_iter().chain(nearest(RISING)).min();
            below = below.into_iter().chain(nearest(FALLING)).max();
        }
        let by_touch = self.triggers(TriggerSource::Touch).iter().any(|waiting| !waiting.is_empty());
        let triggers_by_touch = by_touch || (self.last_trade.is_none() && (above.is_some() || below.is_some()));
        self.guards = Guards {
            buys: (worst_buy.unwrap_or(Price(i64::MAX)), best_buy.unwrap_or(Price(i64::MIN))),
            sells: (best_sell.unwrap_or(Price(i64::MAX)), worst_sell.unwrap_or(Price(i64::MIN))),
            trigger_above: above.unwrap_or(Price(i64::MAX)),
            trigger_below: below.unwrap_or(Price(i64::MIN)),
            watch: triggers_by_touch || self.has_taken(),
        };
    }
}

/// Which market events can concern an order of ours. Outside of them an event only moves the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guards {
    /// Lowest and highest price of our resting buys; the lowest above the highest where there are none.
    pub buys: (Price, Price),
    /// Lowest and highest price of our resting sells.
    pub sells: (Price, Price),
    /// The lowest trigger that a rising price touches: of our buy stops and sell targets.
    pub trigger_above: Price,
    /// The highest trigger that a falling price touches: of our sell stops and buy targets.
    pub trigger_below: Price,
    /// Every change matters: we took what the market has not refreshed, or a trigger waits for the touch.
    pub watch: bool,
}

impl Default for Guards {
    fn default() -> Self {
        let nobody = (Price(i64::MAX), Price(i64::MIN));
        Self { buys: nobody, sells: nobody, trigger_above: nobody.0, trigger_below: nobody.1, watch: false }
    }
}

impl Guards {
    /// Whether a level's change can concern us: a queue we wait in, or a price that reaches us.
    #[must_use]
    #[inline]
    pub fn level(&self, change: &LevelChange) -> bool {
        let price = change.price;
        let concerned = match change.side {
            Side::Buy => price >= self.sells.0 || (price >= self.buys.0 && price <= self.buys.1),
            Side::Sell => price <= self.buys.1 || (price >= self.sells.0 && price <= self.sells.1),
        };
        concerned || self.watch
    }

    /// Whether a new touch can concern us: it reaches us, or falls back to where we wait.
    #[must_use]
    #[inline]
    pub fn quote(&self, quote: &Quote) -> bool {
        let shown = quote.bid_qty.0 > 0 && quote.ask_qty.0 > 0;
        let reached = quote.bid.min(quote.ask) <= self.buys.1 || quote.bid.max(quote.ask) >= self.sells.0;
        reached || !shown || self.watch
    }

    /// Whether any level or print of a whole message can.
    #[must_use]
    #[inline]
    pub fn message(&self, extent: &Extent) -> bool {
        let (bids, asks, trades) = (extent.levels(Side::Buy), extent.levels(Side::Sell), extent.trades);
        let reached = bids.high >= self.sells.0 || asks.low <= self.buys.1;
        let waited = bids.meets(self.buys) || asks.meets(self.sells);
        let printed =
            trades.high >= self.sells.0.min(self.trigger_above) || trades.low <= self.buys.1.max(self.trigger_below);
        reached || waited || printed || (self.watch && extent.sets_levels())
    }

    /// Whether a print can concern us: at or beyond one of our prices, or at a trigger.
    #[must_use]
    #[inline]
    pub fn trade(&self, trade: &Trade) -> bool {
        trade.price >= self.sells.0.min(self.trigger_above) || trade.price <= self.buys.1.max(self.trigger_below)
    }
}
