//! The public book order by order (L3): our place in a queue is known, not assumed.
//!
//! Those before an order of ours are those that came before it and are still there, first in, first
//! out. Cancels and executions among them bring it forward, whatever happens behind it does not. What we
//! took from a level was theirs who stood there then: it stays taken as long as they do, and what
//! joins later is there to be taken.
//!
//! Of an order from before the recording nothing is known but what goes from it, and that changes no
//! level. What an execution disproves is gone: better prices of its side, and who stood before ours where one
//! that came after ours trades. A book may stand crossed until then, as an auction's does.

use super::Venue;
use super::listing::Shows;
use super::matching::OrderBook;
use super::resting::place;
use crate::market::{
    Book, InstrumentId, LevelChange, MarketEvent, OrderAct, OrderChange, OrderId, Price, Qty, Quote, Side, Timestamp,
    VenueMessage,
};

/// The public orders of a market, and the levels that the message under way has touched.
#[derive(Clone, Debug, Default)]
pub(super) struct PublicOrders {
    book: OrderBook,
    touched: Vec<(Side, Price)>,
}

impl PublicOrders {
    /// How many have arrived.
    pub(super) const fn arrivals(&self) -> u64 {
        self.book.arrivals()
    }

    /// What is left at a level of those that came by an arrival's number.
    pub(super) fn open_by(&self, side: Side, price: Price, arrival: u64) -> Qty {
        self.book.open_by(side, price, arrival)
    }

    /// Takes a change, and remembers the levels it touches.
    fn take(&mut self, change: &OrderChange) {
        let id = OrderId(change.order.0);
        match change.act {
            OrderAct::Add | OrderAct::Modify => self.set(id, change),
            OrderAct::Cancel => {
                self.touch(id);
                self.book.delete(id);
            }
            OrderAct::Execute => {
                self.outbid(id, change.price);
                self.touch(id);
                self.book.execute(id, change.qty);
            }
            OrderAct::Print => {}
            OrderAct::Clear => {
                for side in [Side::Buy, Side::Sell] {
                    self.touched.extend(self.book.levels(side).map(|(price, _)| (side, price)));
                }
                self.book.clear();
            }
        }
    }

    /// An order comes, or has new terms; one nobody has seen is new.
    fn set(&mut self, id: OrderId, change: &OrderChange) {
        let (Some(side), price, qty) = (change.side, change.price, change.qty) else { return };
        self.touch(id);
        let stays = self.book.get(id).is_some_and(|order| order.side == side && change.act == OrderAct::Modify);
        if stays {
            self.book.modify(id, price, qty);
        } else {
            self.book.delete(id);
            if qty.0 > 0 {
                self.book.add(id, side, price, qty);
            }
        }
        self.touched.push((side, price));
    }

    /// An order trades at its own price: no better one of its side can be there any more. A recording of the best
    /// levels alone does not tell who left while a price was out of its sight.
    fn outbid(&mut self, id: OrderId, traded: Price) {
        let Some(order) = self.book.get(id).filter(|order| order.price == traded) else { return };
        let better = |book: &OrderBook| book.queue(order.side).next().filter(|first| first.price != traded);
        while let Some(gone) = better(&self.book) {
            self.touched.push((gone.side, gone.price));
            self.book.delete(gone.id);
        }
    }

    /// The level an order stands at is touched.
    fn touch(&mut self, id: OrderId) {
        self.touched.extend(self.book.get(id).map(|order| (order.side, order.price)));
    }
}

/// One instrument's public book by itself, of levels or of orders, as a venue keeps it: what a feed is read
/// against where there is no venue.
#[derive(Clone, Debug, Default)]
pub struct PublicBook {
    book: Book,
    orders: PublicOrders,
}

impl PublicBook {
    /// What an event makes of the levels.
    pub fn apply(&mut self, event: &MarketEvent) {
        match event {
            MarketEvent::Level(LevelChange { side, price, qty, .. }) => {
                self.book.set(*side, *price, *qty);
            }
            MarketEvent::Quote(Quote { bid, bid_qty, ask, ask_qty, .. }) => {
                self.book.show(Side::Buy, *bid, *bid_qty);
                self.book.show(Side::Sell, *ask, *ask_qty);
            }
            MarketEvent::Order(change) => {
                self.orders.take(change);
                if change.last {
                    for (side, price) in self.orders.touched.drain(..) {
                        self.book.set(side, price, self.orders.book.at(side, price));
                    }
                }
            }
            _ => {}
        }
    }

    /// The best bid and ask.
    #[must_use]
    pub fn touch(&self, instrument: InstrumentId) -> Quote {
        self.book.touch(instrument)
    }
}

impl Venue {
    /// Something became of one order of the public book.
    pub(super) fn on_order(&mut self, now: Timestamp, change: &OrderChange, out: &mut Vec<VenueMessage>) {
        let Some(market) = self.markets.get_mut(place(change.instrument)) else { return };
        if market.shows != Shows::Orders {
            market.begin_to_show(Shows::Orders);
        }
        if let Some(trade) = change.trade() {
            self.proves_first(change);
            self.on_trade(now, &trade, out);
        }
        let market = &mut self.markets[place(change.instrument)];
        market.public.get_or_insert_default().take(change);
        if change.last {
            self.orders_settled(now, change.instrument, out);
        }
    }

    /// An order that came after ours trades at its price: nobody can be left before ours.
    fn proves_first(&mut self, change: &OrderChange) {
        let market = &self.markets[place(change.instrument)];
        let Some((public, side)) = market.public.as_ref().zip(change.side) else { return };
        let Some(came) = public.book.arrived(OrderId(change.order.0)) else { return };
        for number in market.limits(side) {
            let order = self.orders.get_mut(*number);
            if order.price() == change.price && came > order.joined {
                order.ahead = Qty::ZERO;
            }
        }
    }

    /// A message is whole: the levels it touched, and our place in their queues.
    fn orders_settled(&mut self, now: Timestamp, instrument: InstrumentId, out: &mut Vec<VenueMessage>) {
        let guarded = self.config.guards;
        let market = &mut self.markets[place(instrument)];
        let Some(public) = &mut market.public else { return };
        let mut touched = std::mem::take(&mut public.touched);
        let mut concerned = false;
        for (side, price) in touched.drain(..) {
            let market = &mut self.markets[place(instrument)];
            let qty = market.public.as_ref().map_or(Qty::ZERO, |public| public.book.at(side, price));
            market.set(side, price, qty);
            let change = LevelChange { instrument, side, price, qty, last: false };
            if !guarded || market.guards.level(&change) {
                market.outlive(&self.orders, side, price);
                self.queues_move(instrument, side, price);
                concerned = true;
            }
        }
        if let Some(public) = &mut self.markets[place(instrument)].public {
            public.touched = touched;
        }
        if concerned {
            self.book_settled(now, instrument, out);
        }
    }

    /// Before each order of ours at a price stand those that came before it, less what we took of them.
    fn queues_move(&mut self, instrument: InstrumentId, side: Side, price: Price) {
        let market = &self.markets[place(instrument)];
        let Some(public) = &market.public else { return };
        let taken = market.taken(side, price);
        for number in market.limits(side) {
            let order = self.orders.get_mut(*number);
            if order.price() == price {
                let before = public.open_by(side, price, order.joined) - taken;
                order.ahead = order.ahead.min(before.max(Qty::ZERO));
            }
        }
    }
}
