//! Orders at their prices in the order they came: an order-by-order (L3) book.
//!
//! It is what the matching engine keeps its orders in, and it is a book by itself: told by a feed what
//! was added, reduced, moved and executed, it knows every level and every order's place in its queue.
//! Orders lie in a slab, queues are linked through them, levels are found in an array window around
//! the touch. In a steady state nothing is allocated.
//!
//! It matches nothing and judges nothing: a feed may cross it, execute an order that is not first, or
//! name an order nobody has seen; the last is answered with nothing and changes nothing.

#![expect(clippy::inline_always, reason = "steps of one path: a call between them costs as much as they do")]

use crate::market::{Ladder, OrderId, Price, Qty, Side, key, price};

use super::directory::Directory;
use super::queue::{ALL, Level, NOBODY, Order, Place, Shelf};
use super::words::Owner;

/// A live order as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Which.
    pub id: OrderId,
    /// Whose.
    pub owner: Owner,
    /// Buy or sell.
    pub side: Side,
    /// Its limit; its trigger, while it waits for one.
    pub price: Price,
    /// What is left of it.
    pub open: Qty,
    /// What others see of that.
    pub shown: Qty,
}

/// What stands before an order at its price.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ahead {
    /// Orders.
    pub orders: usize,
    /// What they can trade before they give up their place: an iceberg's reserve is behind.
    pub qty: Qty,
}

/// What became of an order that traded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// It stands where it stood, or has gone.
    Settled,
    /// It shows so much anew, from the back.
    Refilled(Qty),
}

/// The book.
#[derive(Clone, Debug)]
pub struct OrderBook {
    /// Place zero is nobody's.
    orders: Vec<Order>,
    /// The first free place; free places are linked through `next`.
    free: Place,
    shelves: [Ladder<Level>; 4],
    directory: Directory,
    arrivals: u64,
    live: usize,
}

impl Default for OrderBook {
    fn default() -> Self {
        Self {
            orders: vec![Order::BLANK],
            free: NOBODY,
            shelves: Default::default(),
            directory: Directory::default(),
            arrivals: 0,
            live: 0,
        }
    }
}

/// A book told by a feed.
impl OrderBook {
    /// An empty book.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An order joins the back of its price, whole and displayed; false if its id is taken already.
    #[inline]
    pub fn add(&mut self, id: OrderId, side: Side, price: Price, qty: Qty) -> bool {
        assert!(qty.0 > 0, "an order adds what is above zero, not {}", qty.0);
        if self.directory.find(id) != NOBODY {
            return false;
        }
        self.stand(Order { id, price, open: qty, peak: ALL, side, shelf: Shelf::of(side), ..Order::BLANK });
        true
    }

    /// An order is smaller by so much, or gone, and keeps its place; answers what went, if it is here.
    pub fn reduce(&mut self, id: OrderId, by: Qty) -> Option<Qty> {
        let place = self.find(id)?;
        let open = self.orders[place as usize].open;
        if by < open {
            self.shrink(place, by);
        } else {
            self.remove(place);
        }
        Some(by.min(open))
    }

    /// An order has new terms: it keeps its place if its price is the same and its quantity no more.
    /// Nothing left removes it. False if it is not here.
    pub fn modify(&mut self, id: OrderId, price: Price, qty: Qty) -> bool {
        let Some(place) = self.find(id) else { return false };
        let order = self.orders[place as usize];
        if qty.0 <= 0 {
            self.remove(place);
        } else if price == order.price && qty <= order.open {
            self.shrink(place, order.open - qty);
        } else {
            self.remove(place);
            self.stand(Order { price, open: qty, ..order });
        }
        true
    }

    /// An order goes; answers what was left of it, if it is here.
    pub fn delete(&mut self, id: OrderId) -> Option<Qty> {
        let place = self.find(id)?;
        let open = self.orders[place as usize].open;
        self.remove(place);
        Some(open)
    }

    /// An order traded so much; answers how much of it was there to trade, if it is here.
    pub fn execute(&mut self, id: OrderId, qty: Qty) -> Option<Qty> {
        let place = self.find(id)?;
        let traded = qty.min(self.orders[place as usize].ready());
        self.fill(place, traded);
        Some(traded)
    }

    /// Every order goes.
    pub fn clear(&mut self) {
        for place in 1..self.orders.len() {
            if self.orders[place].arrived > 0 {
                self.remove(Place::try_from(place).expect("fewer orders than places"));
            }
        }
    }
}

/// What there is.
impl OrderBook {
    /// How many orders are live.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The best level that shows something: price and quantity.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<(Price, Qty)> {
        self.levels(side).next()
    }

    /// Levels that show something, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, Qty)> + '_ {
        let shown = self.prices(Shelf::of(side)).map(|(price, level)| (price, level.shown));
        shown.filter(|(_, shown)| !shown.is_zero())
    }

    /// The next level behind `level` that shows something, away from the touch.
    #[must_use]
    pub fn behind(&self, side: Side, level: Price) -> Option<(Price, Qty)> {
        let ladder = &self.shelves[Shelf::of(side) as usize];
        let keys = std::iter::successors(ladder.below(key(side, level)), |key| ladder.below(*key));
        keys.map(|key| (price(side, key), ladder.at(key).shown)).find(|(_, shown)| !shown.is_zero())
    }

    /// What a level shows.
    #[must_use]
    pub fn at(&self, side: Side, price: Price) -> Qty {
        self.shelves[Shelf::of(side) as usize].at(key(side, price)).shown
    }

    /// How many arrivals there were: an order that joins now comes after them.
    #[must_use]
    pub const fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// The number of a live order's arrival; a new one with every loss of its place.
    #[must_use]
    pub fn arrived(&self, id: OrderId) -> Option<u64> {
        self.find(id).map(|place| self.orders[place as usize].arrived)
    }

    /// What is open at a level of orders that came by an arrival's number.
    #[must_use]
    pub fn open_by(&self, side: Side, price: Price, arrival: u64) -> Qty {
        let shelf = Shelf::of(side);
        let level = self.shelves[shelf as usize].at(key(side, price));
        self.lanes(level).filter(|order| order.arrived <= arrival).map(|order| order.open).sum()
    }

    /// A side's orders as they would trade, the best price's first.
    pub fn queue(&self, side: Side) -> impl Iterator<Item = Standing> + '_ {
        self.standing(Shelf::of(side))
    }

    /// How many live orders an owner has in the book.
    #[must_use]
    pub fn orders_of(&self, owner: Owner) -> usize {
        [Side::Buy, Side::Sell]
            .into_iter()
            .flat_map(|side| self.queue(side))
            .filter(|order| order.owner == owner)
            .count()
    }

    /// A live order as it stands.
    #[must_use]
    pub fn get(&self, id: OrderId) -> Option<Standing> {
        self.find(id).map(|place| told(&self.orders[place as usize]))
    }

    /// What stands before an order at its own price; none if it is not in the book.
    #[must_use]
    pub fn ahead(&self, id: OrderId) -> Option<Ahead> {
        let order = &self.orders[self.find(id)? as usize];
        if !order.shelf.rests() {
            return None;
        }
        let mut ahead = Ahead::default();
        let level = self.shelves[order.shelf as usize].at(key(order.side, order.price));
        for other in self.lanes(level).take_while(|other| other.id != id) {
            ahead.orders += 1;
            ahead.qty += other.ready();
        }
        Some(ahead)
    }

    /// Orders of a shelf, in order.
    pub(super) fn standing(&self, shelf: Shelf) -> impl Iterator<Item = Standing> + '_ {
        self.prices(shelf).flat_map(|(_, level)| self.lanes(level)).map(told)
    }

    /// Levels of a shelf, best first.
    pub(super) fn prices(&self, shelf: Shelf) -> impl Iterator<Item = (Price, Level)> + '_ {
        let ladder = &self.shelves[shelf as usize];
        let keys = std::iter::successors(ladder.best(), |key| ladder.below(*key));
        keys.map(move |key| (price(shelf.order(), key), ladder.at(key)))
    }

    /// Orders of a lane, from the front.
    pub(super) fn lane(&self, level: Level, lane: usize) -> impl Iterator<Item = &Order> + '_ {
        let there = |place: Place| (place != NOBODY).then_some(place);
        let places =
            std::iter::successors(there(level.head(lane)), move |place| there(self.orders[*place as usize].next));
        places.map(|place| &self.orders[place as usize])
    }

    /// Orders of a level, from the front.
    fn lanes(&self, level: Level) -> impl Iterator<Item = &Order> + '_ {
        self.lane(level, 0).chain(self.lane(level, 1))
    }
}

/// What the engine does.
impl OrderBook {
    /// Where an order is.
    #[inline]
    pub(super) fn find(&self, id: OrderId) -> Option<Place> {
        Some(self.directory.find(id)).filter(|place| *place != NOBODY)
    }

    #[inline]
    pub(super) fn order(&self, place: Place) -> &Order {
        &self.orders[place as usize]
    }

    /// Whether nothing stands on a shelf.
    #[inline]
    pub(super) fn is_bare(&self, shelf: Shelf) -> bool {
        self.shelves[shelf as usize].best().is_none()
    }

    /// The best price of a shelf, and who is first there.
    #[inline]
    pub(super) fn first(&self, shelf: Shelf) -> Option<(Price, Place)> {
        let (best, level) = self.shelves[shelf as usize].top()?;
        Some((price(shelf.order(), best), level.front()))
    }

    /// Whether an order limited at `limit` would meet somebody.
    #[inline]
    pub(super) fn meets(&self, side: Side, limit: Price) -> bool {
        let best = self.shelves[Shelf::of(side.opposite()) as usize].best();
        best.is_some_and(|best| Self::reaches(side, limit, price(side.opposite(), best)))
    }

    /// Whether an order limited at `limit` would meet somebody at `price`, both at any extreme.
    #[inline]
    pub(super) fn reaches(side: Side, limit: Price, price: Price) -> bool {
        key(side, limit) >= key(side, price)
    }

    /// An order takes its place at the back, showing what it shows.
    #[inline(always)]
    pub(super) fn stand(&mut self, order: Order) -> Place {
        self.arrivals += 1;
        let place = if self.free == NOBODY { self.grow() } else { self.free };
        let stands = &mut self.orders[place as usize];
        self.free = stands.next;
        *stands = Order { shown: order.peak.min(order.open), arrived: self.arrivals, ..order };
        self.directory.insert(order.id, place);
        self.live += 1;
        let at = key(order.shelf.order(), order.price);
        let orders = &mut self.orders;
        self.shelves[order.shelf as usize].update(at, |level| level.join(orders, place));
        place
    }

    /// A new place, behind which no other is free.
    #[cold]
    fn grow(&mut self) -> Place {
        self.orders.push(Order::BLANK);
        Place::try_from(self.orders.len() - 1).expect("fewer orders than places")
    }

    /// An order leaves.
    pub(super) fn remove(&mut self, place: Place) {
        let orders = &mut self.orders;
        let Order { shelf, price, .. } = orders[place as usize];
        self.shelves[shelf as usize].update(key(shelf.order(), price), |level| level.leave(orders, place));
        self.release(place);
    }

    /// An order traded so much of what it had ready.
    pub(super) fn fill(&mut self, place: Place, qty: Qty) -> After {
        let orders = &mut self.orders;
        let Order { shelf, price, .. } = orders[place as usize];
        let (gone, after) = self.shelves[shelf as usize].update(key(shelf.order(), price), |level| {
            let order = &mut orders[place as usize];
            level.use_up(order, qty);
            let Order { open, shown, peak, .. } = *order;
            if open.is_zero() {
                level.leave(orders, place);
                return (true, After::Settled);
            }
            if !shown.is_zero() || peak.is_zero() {
                return (false, After::Settled);
            }
            level.leave(orders, place);
            orders[place as usize].shown = peak.min(open);
            level.join(orders, place);
            (false, After::Refilled(peak.min(open)))
        });
        if gone {
            self.release(place);
        }
        after
    }

    /// An order is smaller by less than it is, from its reserve first, and keeps its place.
    pub(super) fn shrink(&mut self, place: Place, by: Qty) {
        let order = &mut self.orders[place as usize];
        let at = key(order.shelf.order(), order.price);
        assert!(Qty::ZERO <= by && by < order.open, "an order shrinks by less than is open of it");
        self.shelves[order.shelf as usize].update(at, |level| level.shrink(order, by));
    }

    #[inline(always)]
    fn release(&mut self, place: Place) {
        let order = &mut self.orders[place as usize];
        order.arrived = 0;
        order.next = self.free;
        let id = order.id;
        self.free = place;
        self.directory.remove(id);
        self.live -= 1;
    }
}

fn told(order: &Order) -> Standing {
    let Order { id, owner, side, price, open, shown, .. } = *order;
    Standing { id, owner, side, price, open, shown }
}
