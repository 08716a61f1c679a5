//! Call auctions: one price at which most trades, and the trades at it.

use crate::market::{Price, Qty, Side};

use super::queue::{Order, Shelf};
use super::{Engine, Match, OrderBook, Output, Phase, Tie};

/// What an auction would trade if it were uncrossed now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Indication {
    /// At which price.
    pub price: Price,
    /// How much.
    pub qty: Qty,
    /// What is left over at that price: of buyers above zero, of sellers below.
    pub surplus: Qty,
}

/// Prices between which demand and supply are the same.
#[derive(Clone, Copy)]
struct Zone {
    low: Price,
    high: Price,
    demand: Qty,
    supply: Qty,
    /// Of the demand, what names more; of the supply, what names less. Market orders name nothing.
    eager: (Qty, Qty),
}

impl Zone {
    fn volume(&self) -> Qty {
        self.demand.min(self.supply)
    }

    fn surplus(&self) -> Qty {
        self.demand - self.supply
    }

    /// Whether everyone who names a better price than this trades in full at it.
    fn is_fair(&self) -> bool {
        self.eager.0.max(self.eager.1) <= self.volume()
    }

    /// Better zones are greater: by volume, then by how little is left over.
    fn rank(&self) -> (Qty, Qty) {
        (self.volume(), -self.surplus().abs())
    }
}

impl Engine {
    pub(super) fn on_uncross(&mut self, reference: Option<Price>, out: &mut Vec<Output>) {
        // Outside a call nothing is gathered.
        if self.phase == Phase::Call {
            self.uncross(reference, out);
        }
    }

    /// Trades whatever is crossed at one price, and ends the market orders that are left over.
    pub(super) fn uncross(&mut self, reference: Option<Price>, out: &mut Vec<Output>) {
        if let Some(Indication { price, qty, .. }) = self.indication(reference) {
            out.push(Output::Uncrossed(price, qty));
            let mut left = qty;
            while !left.is_zero() {
                left -= self.trade_first(price, left, out);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            while let Some((price, place)) = self.book.first(Shelf::of(side))
                && price == super::arrival::at_any_price(side)
            {
                self.end(place, super::Ended::Auction, out);
            }
        }
    }

    /// The first buyer and the first seller trade what both have ready.
    fn trade_first(&mut self, price: Price, most: Qty, out: &mut Vec<Output>) -> Qty {
        let [(_, buys), (_, sells)] = [Shelf::Bids, Shelf::Asks]
            .map(|shelf| self.book.first(shelf).expect("both sides hold the auction's volume"));
        let (buyer, seller): (Order, Order) = (*self.book.order(buys), *self.book.order(sells));
        let qty = most.min(buyer.ready()).min(seller.ready());
        self.trade(Match { buyer: buyer.id, seller: seller.id, taker: None, price, qty }, out);
        self.moved(buyer.owner, Side::Buy, qty);
        self.moved(seller.owner, Side::Sell, qty);
        self.fill(buys, buyer.id, qty, out);
        self.fill(sells, seller.id, qty, out);
        qty
    }

    /// What the auction would trade now; none if nothing crosses or no price can be named.
    #[must_use]
    pub fn indication(&self, reference: Option<Price>) -> Option<Indication> {
        let (bid, _) = self.book.first(Shelf::Bids)?;
        let (ask, _) = self.book.first(Shelf::Asks)?;
        if !OrderBook::reaches(Side::Buy, bid, ask) {
            return None;
        }
        let demand = self.crossing(Side::Buy, ask);
        let supply = self.crossing(Side::Sell, bid);
        let reference = reference.or(self.last).map(|price| match self.band {
            Some(band) => price.clamp(band.low, band.high),
            None => price,
        });
        let zones = self.zones(&demand, &supply);
        let Some(best) = zones.iter().map(Zone::rank).max() else {
            // Market orders alone: they trade at the reference price or not at all.
            let (buys, sells) = (total(&demand), total(&supply));
            let told = reference.map(|price| Indication { price, qty: buys.min(sells), surplus: buys - sells });
            return told.filter(|told| !told.qty.is_zero());
        };
        let tied: Vec<Zone> = zones.into_iter().filter(|zone| zone.rank() == best).collect();
        let price = self.choose(&tied, reference);
        let after = |side, limit: &Price| OrderBook::reaches(side, *limit, price);
        let buys: Qty = demand.iter().filter(|(limit, _)| after(Side::Buy, limit)).map(|(_, qty)| *qty).sum();
        let sells: Qty = supply.iter().filter(|(limit, _)| after(Side::Sell, limit)).map(|(_, qty)| *qty).sum();
        Some(Indication { price, qty: buys.min(sells), surplus: buys - sells })
    }

    /// Levels of a side that reach a price of the other, lowest first, with all that is open at them. What rests
    /// beyond the price band is out of reach.
    fn crossing(&self, side: Side, price: Price) -> Vec<(Price, Qty)> {
        let levels = self.book.prices(Shelf::of(side)).take_while(|(limit, _)| OrderBook::reaches(side, *limit, price));
        let beyond = |limit| self.band.is_some_and(|band| !band.holds(limit));
        let levels = levels.filter(|(limit, _)| *limit == super::arrival::at_any_price(side) || !beyond(*limit));
        let mut levels: Vec<(Price, Qty)> = levels.map(|(limit, level)| (limit, level.open)).collect();
        levels.sort_unstable();
        levels
    }

    /// Every price that can be chosen, lowest first: each limit, and where prices between limits count, these.
    fn zones(&self, demand: &[(Price, Qty)], supply: &[(Price, Qty)]) -> Vec<Zone> {
        let any = [Side::Buy, Side::Sell].map(super::arrival::at_any_price);
        let mut limits: Vec<Price> = demand.iter().chain(supply).map(|(limit, _)| *limit).collect();
        limits.retain(|limit| !any.contains(limit));
        limits.sort_unstable();
        limits.dedup();
        let (mut bids, mut asks) = (demand.iter().peekable(), supply.iter().peekable());
        let (mut buys, mut sells) = (total(demand), Qty::ZERO);
        let at_any =
            |levels: &[(Price, Qty)]| levels.iter().filter(|(limit, _)| any.contains(limit)).map(|(_, qty)| *qty).sum();
        let market: (Qty, Qty) = (at_any(demand), at_any(supply));
        let mut zones: Vec<Zone> = Vec::new();
        for limit in limits {
            while let Some((_, qty)) = bids.next_if(|(bid, _)| *bid < limit) {
                buys -= *qty;
            }
            if self.terms.tie == Tie::Pressure
                && let Some(before) = zones.last()
                && limit - before.high > self.terms.tick
            {
                let (low, high) = (before.high + self.terms.tick, limit - self.terms.tick);
                zones.push(Zone { low, high, demand: buys, supply: sells, eager: (buys, sells) });
            }
            let at_limit = bids.clone().take_while(|(bid, _)| *bid == limit).map(|(_, qty)| *qty).sum();
            let eager = (buys - at_limit - market.0, (sells - market.1).max(Qty::ZERO));
            while let Some((_, qty)) = asks.next_if(|(ask, _)| *ask <= limit) {
                sells += *qty;
            }
            zones.push(Zone { low: limit, high: limit, demand: buys, supply: sells, eager });
        }
        if self.terms.tie == Tie::Middle {
            zones.retain(Zone::is_fair);
        }
        zones
    }

    /// Between zones that are equally good.
    fn choose(&self, tied: &[Zone], reference: Option<Price>) -> Price {
        let tick = self.terms.tick.0;
        let (lowest, highest) = (tied[0].low, tied[tied.len() - 1].high);
        let floor = |price: i64| Price(price.div_euclid(tick) * tick);
        // Half a tick up, then down to the grid.
        let middle = Price((lowest.0 + highest.0 + tick).div_euclid(2 * tick) * tick);
        match self.terms.tie {
            Tie::Middle => middle,
            Tie::Pressure if tied.iter().all(|zone| zone.surplus().0 > 0) => highest,
            Tie::Pressure if tied.iter().all(|zone| zone.surplus().0 < 0) => lowest,
            Tie::Pressure => {
                let wanted = reference.unwrap_or(middle);
                let nearest = tied.iter().map(|zone| floor(wanted.0.clamp(zone.low.0, zone.high.0)));
                nearest.min_by_key(|price| price.0.abs_diff(wanted.0)).expect("something is best")
            }
        }
    }
}

fn total(levels: &[(Price, Qty)]) -> Qty {
    levels.iter().map(|(_, qty)| *qty).sum()
}
