//! One instrument's market: its public book, what we took of it, and where our open orders wait beside it.
//!
//! Open limits wait by price, then time; triggers by how near they are. Nothing here decides whether an
//! order trades.

use super::background::Background;
use super::fees::Traded;
use super::guards::Guards;
use super::matched::matched_id;
use super::public_orders::PublicOrders;
use super::queue::Unshown;
use super::resting::{Number, Orders};
use super::sessions::Session;
use super::triggers::{Gauge, TRIGGER_LISTS, TRIGGER_SOURCES};
use super::volume::Volume;
use crate::market::{Book, InstrumentId, Price, Qty, Quote, Side, TriggerSource};

/// What we took from a level that the market has not refreshed since.
#[derive(Clone, Copy)]
struct Taken {
    side: Side,
    price: Price,
    qty: Qty,
    /// How many public orders had arrived by then.
    arrivals: u64,
}

/// How much of the market its data show.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shows {
    /// Nothing yet.
    #[default]
    Nothing,
    /// The touch alone: a queue behind it is unknown.
    Touch,
    /// Every level. A quote says nothing new then.
    Depth,
    /// Every order.
    Orders,
}

/// One instrument's public book, and our orders beside it.
#[derive(Clone, Default)]
pub(super) struct Market {
    book: Book,
    /// The agents our orders meet, where the market is made of them; the book is theirs and ours then.
    pub(super) background: Option<Box<Background>>,
    /// The touch as the public knows it, where we tell it.
    pub(super) published: Option<Quote>,
    /// The orders that make up the book, where they are recorded.
    pub(super) public: Option<Box<PublicOrders>>,
    taken: Vec<Taken>,
    /// What printed, and no level tells of yet; nothing where no queue model asks for it.
    pub(super) unshown: Unshown,
    /// What printed of late; nothing where no model asks for it.
    pub(super) volume: Volume,
    /// What the account traded here; nothing without a fee plan.
    pub(super) traded: Traded,
    pub(super) last_trade: Option<Price>,
    pub(super) session: Session,
    pub(super) shows: Shows,
    /// The message under way may concern an order of ours.
    pub(super) dirty: bool,
    pub(super) guards: Guards,
    /// Whether the bar under way goes to its high first.
    pub(super) high_first: bool,
    /// Our limits: the best price first, then the oldest.
    limits: [Vec<Number>; 2],
    /// Our triggers by what sets them off, then: buy stops, sell stops, buy targets, sell targets; in
    /// each the nearest first, then the oldest.
    triggers: [[Vec<Number>; TRIGGER_LISTS]; TRIGGER_SOURCES],
    pub(super) mark: Gauge,
    pub(super) index: Gauge,
}

/// What is displayed: where orders are matched, ours among it.
impl Market {
    /// The best level of a side.
    #[inline]
    pub(super) fn best(&self, side: Side) -> Option<(Price, Qty)> {
        match &self.background {
            None => self.book.best(side),
            Some(background) => background.engine.book().best(side),
        }
    }

    /// The next level behind one, away from the touch.
    #[inline]
    pub(super) fn behind(&self, side: Side, level: Price) -> Option<(Price, Qty)> {
        match &self.background {
            None => self.book.behind(side, level),
            Some(background) => background.engine.book().behind(side, level),
        }
    }

    /// What a level displays.
    pub(super) fn at(&self, side: Side, price: Price) -> Qty {
        match &self.background {
            None => self.book.at(side, price),
            Some(background) => background.engine.book().at(side, price),
        }
    }

    /// The touch. An empty side has quantity zero.
    pub(super) fn touch(&self, instrument: InstrumentId) -> Quote {
        let (bid, bid_qty) = self.best(Side::Buy).unwrap_or_default();
        let (ask, ask_qty) = self.best(Side::Sell).unwrap_or_default();
        Quote { instrument, bid, bid_qty, ask, ask_qty }
    }

    /// Whether its orders gather for an auction, or wait for a halt to be over.
    pub(super) fn gathers(&self) -> bool {
        self.background.as_ref().is_some_and(|background| !background.trades())
    }

    /// The market sets a level; answers what was there.
    #[inline]
    pub(super) fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        self.book.set(side, price, qty)
    }
}

impl Market {
    pub(super) fn limits(&self, side: Side) -> &[Number] {
        &self.limits[side as usize]
    }

    /// Our triggers of one source, stops before targets; the first of each list is the nearest.
    pub(super) const fn triggers(&self, source: TriggerSource) -> &[Vec<Number>; TRIGGER_LISTS] {
        &self.triggers[source as usize]
    }

    pub(super) fn has_orders(&self) -> bool {
        self.limits.iter().chain(self.triggers.iter().flatten()).any(|waiting| !waiting.is_empty())
    }

    /// Lets an open order wait behind everything of its price.
    pub(super) fn wait(&mut self, orders: &Orders, number: Number) {
        let own = rank(orders, number);
        let waiting = self.waiting(orders, number);
        let place = waiting.partition_point(|other| rank(orders, *other) <= own);
        waiting.insert(place, number);
        self.refresh_guards(orders);
    }

    /// Removes an order that waits, if it does.
    pub(super) fn leave(&mut self, orders: &Orders, number: Number) {
        if let Some(background) = &mut self.background {
            background.withdraw(matched_id(number));
        }
        let own = rank(orders, number);
        let waiting = self.waiting(orders, number);
        let first = waiting.partition_point(|other| rank(orders, *other) < own);
        if let Some(place) = waiting[first..].iter().position(|other| *other == number) {
            waiting.remove(first + place);
            self.refresh_guards(orders);
        }
    }

    /// Where orders of its kind and side wait.
    fn waiting(&mut self, orders: &Orders, number: Number) -> &mut Vec<Number> {
        let order = orders.get(number);
        let side = order.terms.side as usize;
        let triggers = &mut self.triggers[order.terms.trigger_by as usize];
        if order.trigger().is_none() {
            &mut self.limits[side]
        } else if order.towards() == order.terms.side {
            &mut triggers[side]
        } else {
            &mut triggers[2 + side]
        }
    }

    /// What is left at a level for us to take.
    pub(super) fn available(&self, side: Side, price: Price, displayed: Qty) -> Qty {
        Qty((displayed.0 - self.taken(side, price).0).max(0))
    }

    pub(super) fn taken(&self, side: Side, price: Price) -> Qty {
        let found = self.taken.iter().find(|taken| taken.side == side && taken.price == price);
        found.map_or(Qty::ZERO, |taken| taken.qty)
    }

    /// Forgets every order of ours, and what they took.
    pub(super) fn forget_orders(&mut self, orders: &Orders) {
        for waiting in self.limits.iter_mut().chain(self.triggers.iter_mut().flatten()) {
            waiting.clear();
        }
        self.taken.clear();
        if let Some(background) = &mut self.background {
            background.withdraw_ours();
        }
        self.refresh_guards(orders);
    }

    /// Whether we took what the market has not refreshed since.
    pub(super) const fn has_taken(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Remembers what we took from a level.
    pub(super) fn consume(&mut self, side: Side, price: Price, qty: Qty) {
        if qty.is_zero() {
            return;
        }
        let arrivals = self.arrivals();
        match self.taken.iter_mut().find(|taken| taken.side == side && taken.price == price) {
            Some(taken) => (taken.qty, taken.arrivals) = (taken.qty + qty, arrivals),
            None => self.taken.push(Taken { side, price, qty, arrivals }),
        }
        self.guards.watch = true;
    }

    /// The market has set a level anew: what we took there is forgotten, but for what a model keeps.
    pub(super) fn refresh(&mut self, orders: &Orders, side: Side, price: Price, keeps: Qty) {
        if !self.taken.is_empty() {
            self.keep_taken(side, |taken| if taken.price == price { taken.qty.min(keeps) } else { taken.qty });
            self.refresh_guards(orders);
        }
    }

    /// Of what we took from a side so much stays taken.
    fn keep_taken(&mut self, side: Side, keeps: impl Fn(&Taken) -> Qty) {
        self.taken.retain_mut(|taken| {
            taken.qty = if taken.side == side { keeps(taken) } else { taken.qty };
            !taken.qty.is_zero()
        });
    }

    /// Of what we took from a level no more is gone than orders are left that stood there then.
    pub(super) fn outlive(&mut self, orders: &Orders, side: Side, price: Price) {
        let Some(public) = &self.public else { return };
        let Some(at) = self.taken.iter().position(|taken| taken.side == side && taken.price == price) else { return };
        let left = public.open_by(side, price, self.taken[at].arrivals);
        self.taken[at].qty = self.taken[at].qty.min(left);
        if self.taken[at].qty.is_zero() {
            self.taken.remove(at);
            self.refresh_guards(orders);
        }
    }

    /// How many public orders have arrived; nothing where they are not recorded.
    pub(super) fn arrivals(&self) -> u64 {
        self.public.as_ref().map_or(0, |public| public.arrivals())
    }

    /// The data begin to show orders, depth, or the touch alone: what was displayed before is no part of it.
    #[cold]
    pub(super) fn begin_to_show(&mut self, shows: Shows) {
        self.shows = shows;
        self.book = Book::new();
        self.public = None;
        self.unshown = Unshown::default();
        self.taken.clear();
    }

    /// The market has set a whole side anew, of which it displays one level.
    pub(super) fn refresh_side(&mut self, side: Side, price: Price, keeps: Qty) {
        self.keep_taken(side, |taken| if taken.price == price { taken.qty.min(keeps) } else { Qty::ZERO });
    }

    /// Displays one level on a side, where only the touch is displayed.
    pub(super) fn show(&mut self, side: Side, price: Price, qty: Qty) {
        self.book.show(side, price, qty);
    }

    /// The first level of a side with something left for us, and how much.
    pub(super) fn best_available(&self, side: Side) -> Option<(Price, Qty)> {
        let mut level = self.best(side);
        while let Some((price, displayed)) = level {
            let available = self.available(side, price, displayed);
            if !available.is_zero() {
                return Some((price, available));
            }
            level = self.behind(side, price);
        }
        None
    }
}

/// How far back an order waits: a limit by how far from the touch, a trigger by how far it is.
/// A market order never waits.
fn rank(orders: &Orders, number: Number) -> i64 {
    let order = orders.get(number);
    let terms = &order.terms;
    match order.trigger() {
        Some(trigger) => order.towards().sign() * trigger.0,
        None => -terms.side.sign() * terms.kind.limit().unwrap_or_default().0,
    }
}
