//! Taking: an order meets the orders that rest, best price first, first come first served.

use crate::market::{OrderId, Price, Qty, Side};

use super::book::After;
use super::queue::{Order, Place, Shelf};
use super::{Ended, Engine, Match, OrderBook, Output, Owner, Phase, SelfTrade, Taker};

impl Engine {
    /// Trades as much of an order as it may; answers why it must end there, if it must.
    pub(super) fn take(&mut self, taker: &mut Taker<'_>, limit: Price, out: &mut Vec<Output>) -> Option<Ended> {
        let (side, owner) = (taker.terms.side, taker.terms.owner);
        let shelf = Shelf::of(side.opposite());
        while !taker.left.is_zero() {
            let (price, place) = self.book.first(shelf)?;
            if !OrderBook::reaches(side, limit, price) {
                return None;
            }
            let mut size = taker.left;
            if taker.terms.reduce_only {
                size = size.min(self.reducible(owner, side));
                if size.is_zero() {
                    return Some(Ended::NothingToReduce);
                }
            }
            let maker = self.book.order(place);
            if is_own(taker, maker.owner) {
                if let Some(why) = self.prevent(taker, place, out) {
                    return Some(why);
                }
                continue;
            }
            if maker.reduce_only {
                size = size.min(self.reducible(maker.owner, maker.side));
                if size.is_zero() {
                    self.end(place, Ended::NothingToReduce, out);
                    continue;
                }
            }
            size = size.min(maker.ready());
            taker.left -= size;
            let maker = (maker.id, maker.owner);
            self.report_trade((taker.terms.id, owner), maker, side, price, size, out);
            self.fill(place, maker.0, size, out);
        }
        None
    }

    /// A taker and a maker traded.
    #[inline]
    fn report_trade(
        &mut self,
        taker: (OrderId, Owner),
        maker: (OrderId, Owner),
        side: Side,
        price: Price,
        qty: Qty,
        out: &mut Vec<Output>,
    ) {
        let (buyer, seller) = match side {
            Side::Buy => (taker.0, maker.0),
            Side::Sell => (maker.0, taker.0),
        };
        self.trade(Match { buyer, seller, taker: Some(side), price, qty }, out);
        self.moved(taker.1, side, qty);
        self.moved(maker.1, side.opposite(), qty);
    }

    /// A trade is printed.
    #[inline]
    pub(super) fn trade(&mut self, trade: Match, out: &mut Vec<Output>) {
        out.push(Output::Traded(trade));
        self.last = Some(trade.price);
        if self.phase == Phase::Continuous {
            self.swing = (self.swing.0.min(trade.price), self.swing.1.max(trade.price));
        }
    }

    /// An order that rests traded so much.
    #[inline]
    pub(super) fn fill(&mut self, place: Place, id: OrderId, qty: Qty, out: &mut Vec<Output>) {
        match self.book.fill(place, qty) {
            After::Settled => {}
            After::Refilled(shown) => out.push(Output::Refilled(id, shown)),
        }
    }

    /// A taker meets an order of its owner; answers why it must end, if it must.
    #[cold]
    fn prevent(&mut self, taker: &mut Taker<'_>, place: Place, out: &mut Vec<Output>) -> Option<Ended> {
        match taker.terms.self_trade {
            SelfTrade::Allow => None,
            SelfTrade::CancelNewest => Some(Ended::SelfTrade),
            SelfTrade::CancelOldest => {
                self.end(place, Ended::SelfTrade, out);
                None
            }
            SelfTrade::CancelBoth => {
                self.end(place, Ended::SelfTrade, out);
                Some(Ended::SelfTrade)
            }
            SelfTrade::Decrement => {
                self.decrement(taker, place, out);
                None
            }
        }
    }

    /// Both lose the size of the smaller, which is gone.
    fn decrement(&mut self, taker: &mut Taker<'_>, place: Place, out: &mut Vec<Output>) {
        let Order { id, open, .. } = *self.book.order(place);
        let size = taker.left.min(open);
        if size == open {
            self.end(place, Ended::SelfTrade, out);
        } else {
            self.book.shrink(place, size);
            self.asked[place as usize].qty -= size;
            out.push(Output::Decremented(id, open - size));
        }
        taker.left -= size;
        taker.qty -= size;
        out.push(if taker.left.is_zero() {
            Output::Cancelled(taker.terms.id, size, Ended::SelfTrade)
        } else {
            Output::Decremented(taker.terms.id, taker.left)
        });
    }

    /// Whether an order is certain to trade whole, if it takes now.
    ///
    /// Counted in the order in which it would trade: of a level first what is displayed, then the
    /// reserves, then what is hidden. An order of its owner ends the count or is passed over, as self-trade
    /// prevention would have it; reduce-only orders, which may turn out to be less, are passed over.
    pub(super) fn fills_whole(&self, taker: &Taker<'_>, limit: Price) -> bool {
        let (side, owner) = (taker.terms.side, taker.terms.owner);
        if taker.terms.reduce_only && self.reducible(owner, side) < taker.left {
            return false;
        }
        let passes = taker.terms.self_trade == SelfTrade::CancelOldest;
        let mut missing = taker.left;
        let prices = self.book.prices(Shelf::of(side.opposite()));
        for (_, level) in prices.take_while(|(price, _)| OrderBook::reaches(side, limit, *price)) {
            let mut reserves = Qty::ZERO;
            for lane in [0, 1] {
                for maker in self.book.lane(level, lane) {
                    let own = is_own(taker, maker.owner);
                    if own && !passes {
                        return false;
                    }
                    if own || maker.reduce_only {
                        continue;
                    }
                    missing -= maker.ready();
                    reserves += maker.open - maker.ready();
                    if missing.0 <= 0 {
                        return true;
                    }
                }
                missing -= std::mem::take(&mut reserves);
                if missing.0 <= 0 {
                    return true;
                }
            }
        }
        false
    }
}

/// Whether self-trade prevention keeps a taker from an order of this owner.
#[inline]
fn is_own(taker: &Taker<'_>, maker: Owner) -> bool {
    taker.terms.owner == maker && maker != Owner::ANYBODY && taker.terms.self_trade != SelfTrade::Allow
}
