//! New orders: what is refused, and what becomes of the rest.
//!
//! An order that is accepted goes to the market, or waits for its trigger. At the market it takes what
//! it may, and what is left rests or ends.

use crate::market::{OrderId, OrderKind, Price, Qty, Side, Timestamp};

use super::queue::{ALL, Order, Place, Shelf};
use super::{Arrival, Display, Ended, Engine, Output, Owner, Phase, Refusal, Stay, Taker};

/// Limits and triggers beyond it are no prices.
const PRICE_MAX: u64 = 1 << 61;

/// Where a market order stands in a call: the best price there is.
pub(super) const fn at_any_price(side: Side) -> Price {
    match side {
        Side::Buy => Price(i64::MAX),
        Side::Sell => Price(i64::MIN),
    }
}

impl Engine {
    #[inline]
    pub(super) fn on_new(&mut self, now: Timestamp, order: &Arrival, out: &mut Vec<Output>) {
        if let Err(refusal) = self.admit(now, order) {
            out.push(Output::Rejected(order.id, refusal));
            return;
        }
        out.push(Output::Accepted(order.id));
        match order.kind.trigger() {
            Some(trigger) => self.wait(order, order.qty, trigger),
            None => self.enter(Taker::new(order, order.qty), out),
        }
    }

    #[inline]
    fn admit(&self, now: Timestamp, order: &Arrival) -> Result<(), Refusal> {
        if matches!(self.phase, Phase::Halted | Phase::Closed) {
            return Err(Refusal::Phase);
        }
        if self.book.find(order.id).is_some() {
            return Err(Refusal::DuplicateId);
        }
        self.check_sense(now, order)?;
        self.check_size(order.qty)?;
        if let Display::Peak(peak) = order.display {
            self.check_size(peak)?;
            if peak > order.qty {
                return Err(Refusal::Size);
            }
        }
        self.check_prices(&order.kind)?;
        if self.is_touched(order.side, order.kind) {
            return Err(Refusal::Touched);
        }
        if order.reduce_only && self.reducible(order.owner, order.side).is_zero() {
            return Err(Refusal::NothingToReduce);
        }
        if self.book.len() >= self.terms.orders_max {
            return Err(Refusal::TooMany);
        }
        if order.post_only && order.kind.trigger().is_none() && self.would_take(order) {
            return Err(Refusal::WouldTake);
        }
        Ok(())
    }

    /// Whether the terms go together, and with the phase.
    #[inline]
    fn check_sense(&self, now: Timestamp, order: &Arrival) -> Result<(), Refusal> {
        let at_once = matches!(order.stay, Stay::Ioc | Stay::Fok);
        if (order.post_only || order.display != Display::Full) && (at_once || order.kind.limit().is_none()) {
            return Err(Refusal::Contradiction);
        }
        if matches!(order.stay, Stay::Gtd(until) if until <= now) {
            return Err(Refusal::Contradiction);
        }
        if order.reduce_only && order.owner > Owner::KEPT_MAX {
            return Err(Refusal::Contradiction);
        }
        if self.phase == Phase::Call { Self::check_call(order) } else { Ok(()) }
    }

    /// Whether the terms go together with a call.
    #[cold]
    fn check_call(order: &Arrival) -> Result<(), Refusal> {
        let at_once = matches!(order.stay, Stay::Ioc | Stay::Fok);
        if order.kind.trigger().is_none() && (at_once || order.reduce_only) { Err(Refusal::Phase) } else { Ok(()) }
    }

    #[inline]
    pub(super) fn check_size(&self, qty: Qty) -> Result<(), Refusal> {
        let lot = self.terms.lot.0;
        if qty.0 <= 0 || lot != 1 && qty.0 % lot != 0 {
            return Err(Refusal::Lot);
        }
        if qty < self.terms.least || qty > self.terms.most {
            return Err(Refusal::Size);
        }
        Ok(())
    }

    #[inline]
    pub(super) fn check_prices(&self, kind: &OrderKind) -> Result<(), Refusal> {
        let tick = self.terms.tick.0;
        let (one, other) = match *kind {
            OrderKind::Market => return Ok(()),
            OrderKind::Limit { limit: only }
            | OrderKind::StopMarket { trigger: only }
            | OrderKind::TargetMarket { trigger: only } => (only.0, only.0),
            OrderKind::StopLimit { trigger, limit } | OrderKind::TargetLimit { trigger, limit } => (trigger.0, limit.0),
        };
        if tick != 1 && (one % tick != 0 || other % tick != 0) {
            return Err(Refusal::Tick);
        }
        if one.unsigned_abs() > PRICE_MAX || other.unsigned_abs() > PRICE_MAX {
            return Err(Refusal::Band);
        }
        if let Some(band) = self.band
            && kind.limit().is_some_and(|limit| !band.holds(limit))
        {
            return Err(Refusal::Band);
        }
        Ok(())
    }

    /// Whether a limit order would trade if it came now: anybody counts, hidden orders and its owner's too.
    pub(in crate::venue) fn would_take(&self, order: &Arrival) -> bool {
        self.phase == Phase::Continuous && self.book.meets(order.side, self.reach(order))
    }

    /// The worst price an order may trade at: its limit, the band, or any.
    #[inline]
    pub(super) fn reach(&self, order: &Arrival) -> Price {
        match (order.kind.limit(), self.band) {
            (Some(limit), _) => limit,
            (None, Some(band)) if order.side == Side::Buy => band.high,
            (None, Some(band)) => band.low,
            (None, None) => at_any_price(order.side),
        }
    }

    /// An order comes to the market.
    #[inline]
    pub(super) fn enter(&mut self, mut taker: Taker<'_>, out: &mut Vec<Output>) {
        if self.phase != Phase::Continuous {
            self.rest(&taker, out);
            return;
        }
        let Arrival { id, side, kind, stay, post_only, .. } = *taker.terms;
        let limit = self.reach(taker.terms);
        let meets = self.book.meets(side, limit);
        if post_only && meets {
            out.push(Output::Cancelled(id, taker.left, Ended::WouldTake));
            return;
        }
        if stay == Stay::Fok && !self.fills_whole(&taker, limit) {
            out.push(Output::Cancelled(id, taker.left, Ended::FillOrKill));
            return;
        }
        let stopped = if meets { self.take(&mut taker, limit, out) } else { None };
        if taker.left.is_zero() {
            return;
        }
        let why = match stopped {
            Some(why) => why,
            None if kind == OrderKind::Market && self.book.first(Shelf::of(side.opposite())).is_some() => Ended::Band,
            None if kind == OrderKind::Market || matches!(stay, Stay::Ioc | Stay::Fok) => Ended::Remainder,
            None => {
                self.rest(&taker, out);
                return;
            }
        };
        out.push(Output::Cancelled(id, taker.left, why));
    }

    /// What is left of an order joins the back of its price.
    pub(super) fn rest(&mut self, taker: &Taker<'_>, out: &mut Vec<Output>) {
        let Arrival { id, side, kind, display, .. } = *taker.terms;
        let (price, peak) = match (kind.limit(), display) {
            (None, _) => (at_any_price(side), Qty::ZERO),
            (Some(limit), Display::Full) => (limit, ALL),
            (Some(limit), Display::Peak(peak)) => (limit, peak),
            (Some(limit), Display::Hidden) => (limit, Qty::ZERO),
        };
        self.stand(taker, Shelf::of(side), price, peak);
        out.push(Output::Rested { id, side, price, shown: peak.min(taker.left) });
    }

    /// An order waits for its trigger.
    pub(super) fn wait(&mut self, terms: &Arrival, left: Qty, trigger: Price) {
        self.stand(&Taker::new(terms, left), Self::waits_on(terms.side, terms.kind), trigger, Qty::ZERO);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "written once, where it stands")]
    fn stand(&mut self, taker: &Taker<'_>, shelf: Shelf, price: Price, peak: Qty) {
        let Arrival { id, owner, side, stay, reduce_only, .. } = *taker.terms;
        let order = Order { id, price, open: taker.left, peak, owner, side, shelf, reduce_only, ..Order::BLANK };
        let place = self.book.stand(order);
        if place as usize >= self.asked.len() {
            self.grow(place);
        }
        let asked = &mut self.asked[place as usize];
        *asked = *taker.terms;
        asked.qty = taker.qty;
        if reduce_only {
            self.note_reducer(place);
        }
        if let Stay::Gtd(until) = stay {
            self.note_due(until, place);
        }
    }

    /// The slab of orders has a place more.
    #[cold]
    fn grow(&mut self, place: Place) {
        let nothing = Arrival::limit(OrderId(0), Side::Buy, Price(0), Qty::ZERO);
        self.asked.resize(place as usize + 1, nothing);
    }
}
