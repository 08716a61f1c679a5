//! What an agent may see and do: the book's best prices, its own position, orders in and out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::dice::real;
use super::{Wake, Who};
use crate::market::{OrderId, Price, Qty, Side, Span, Timestamp};
use crate::venue::matching::{Arrival, Display, Engine, Input, Output, Owner, Phase, Stay};

/// The market as one agent meets it.
pub(super) struct Floor<'a> {
    pub(super) now: Timestamp,
    pub(super) tick: Price,
    pub(super) lot: Qty,
    pub(super) least: Qty,
    pub(super) owner: Owner,
    pub(super) opening: Price,
    /// How long what rests may stay.
    pub(super) stay: Stay,
    /// What it is worth, for who may know; none where nobody does.
    pub(super) value: Option<f64>,
    pub(super) engine: &'a mut Engine,
    pub(super) wakes: &'a mut BinaryHeap<Reverse<Wake>>,
    pub(super) ids: &'a mut u64,
    pub(super) out: &'a mut Vec<Output>,
}

impl Floor<'_> {
    /// Whether orders gather for an auction; then nobody sees the book.
    pub(super) fn gathers(&self) -> bool {
        self.engine.phase() == Phase::Call
    }

    /// The best price of a side.
    pub(super) fn best(&self, side: Side) -> Option<Price> {
        if self.gathers() {
            return None;
        }
        self.engine.book().best(side).map(|(price, _)| price)
    }

    /// The last trade's price; before the first the opening price.
    pub(super) fn last(&self) -> Price {
        self.engine.last().unwrap_or(self.opening)
    }

    /// The middle of the touch, if both sides are there.
    pub(super) fn mid(&self) -> Option<f64> {
        let (bid, ask) = (self.best(Side::Buy)?, self.best(Side::Sell)?);
        Some(f64::midpoint(real(bid.0), real(ask.0)))
    }

    /// What the agent holds.
    pub(super) fn position(&self) -> Qty {
        self.engine.position(self.owner).unwrap_or_default()
    }

    /// A market order.
    pub(super) fn take(&mut self, side: Side, qty: Qty) {
        self.send(|id| Arrival::market(id, side, qty));
    }

    /// Takes what stands at a price or better, and leaves nothing.
    pub(super) fn pick(&mut self, side: Side, limit: Price, qty: Qty) {
        if limit >= self.tick && self.best(side.opposite()).is_some_and(|best| side.reaches(limit, best)) {
            self.send(|id| Arrival { stay: Stay::Ioc, ..Arrival::limit(id, side, limit, qty) });
        }
    }

    /// A limit order, gone after its life if it has one. A price below a tick is none.
    pub(super) fn rest(&mut self, side: Side, price: Price, (qty, display): (Qty, Display), life: Option<Span>) {
        if price < self.tick {
            return;
        }
        let stay = self.stay;
        let id = self.send(|id| Arrival { display, stay, ..Arrival::limit(id, side, price, qty) });
        if let Some(life) = life.filter(|_| self.engine.book().get(id).is_some()) {
            let at = self.now.after(life);
            self.wakes.push(Reverse(Wake { at, seq: id.0, who: Who::Order(id) }));
        }
    }

    /// A limit order that never takes; none where it would.
    pub(super) fn quote(&mut self, side: Side, price: Price, (qty, display): (Qty, Display)) -> Option<OrderId> {
        if price < self.tick {
            return None;
        }
        let stay = self.stay;
        let id = self.send(|id| Arrival { post_only: true, display, stay, ..Arrival::limit(id, side, price, qty) });
        self.engine.book().get(id).map(|_| id)
    }

    /// A cancel; of an order that is gone it changes nothing.
    pub(super) fn cancel(&mut self, id: OrderId) {
        self.engine.step(self.now, &Input::Cancel(id), self.out);
    }

    /// An iceberg of this peak; one that would show all of it is none.
    pub(super) fn iceberg(&self, peak: Qty, qty: Qty) -> Display {
        let peak = Qty(peak.0 / self.lot.0 * self.lot.0).max(self.lot);
        if peak < qty { Display::Peak(peak) } else { Display::Full }
    }

    fn send(&mut self, order: impl Fn(OrderId) -> Arrival) -> OrderId {
        *self.ids += 1;
        let id = OrderId(*self.ids);
        let order = Arrival { owner: self.owner, ..order(id) };
        self.engine.step(self.now, &Input::New(order), self.out);
        id
    }
}
