//! An order in its slab, and the queue it stands in: lists linked through the orders themselves.
//!
//! A level has two lanes, each first in, first out: displayed orders, icebergs among them, and behind
//! them the hidden ones. It keeps the sums of what it shows and of what is open at it, and the two
//! agree with its orders after every change made here.
//!
//! Whether an order has neighbours nobody can foretell, so links are written without asking: those of
//! nobody, in place zero, are never read.

#![expect(clippy::inline_always, reason = "steps of one path: a call between them costs as much as they do")]

use std::hint::select_unpredictable;

use crate::market::{OrderId, Price, Qty, Side, Stand};

use super::words::Owner;

/// A place in the slab; zero is nobody.
pub(super) type Place = u32;
/// Nobody.
pub(super) const NOBODY: Place = 0;

/// Where an order stands. The first two are the book, the others wait for a last trade to touch them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shelf {
    /// Buys.
    Bids,
    /// Sells.
    Asks,
    /// Triggers that a last trade touches at their price or above.
    Rising,
    /// Triggers that a last trade touches at their price or below.
    Falling,
}

impl Shelf {
    /// The book of a side.
    #[inline]
    pub const fn of(side: Side) -> Self {
        [Self::Bids, Self::Asks][side as usize]
    }

    /// The side whose prices come nearer to being reached in the same direction.
    #[inline]
    pub const fn order(self) -> Side {
        [Side::Buy, Side::Sell, Side::Sell, Side::Buy][self as usize]
    }

    /// Whether what stands here is in the book.
    pub const fn rests(self) -> bool {
        match self {
            Self::Bids | Self::Asks => true,
            Self::Rising | Self::Falling => false,
        }
    }
}

/// A live order: one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Order {
    pub id: OrderId,
    /// Its limit, or its trigger while it waits for one.
    pub price: Price,
    /// What is left of it.
    pub open: Qty,
    /// What others see of that now.
    pub shown: Qty,
    /// What it shows when it is shown anew: [`ALL`], an iceberg's peak, or nothing.
    pub peak: Qty,
    /// When it came, as a number that only grows; zero if the place is free.
    pub arrived: u64,
    pub next: Place,
    pub prev: Place,
    pub owner: Owner,
    pub side: Side,
    pub shelf: Shelf,
    pub reduce_only: bool,
}

/// The peak of an order that is displayed whole.
pub(super) const ALL: Qty = Qty(i64::MAX);

impl Order {
    /// A free place, and what an order that stands nowhere yet leaves open.
    pub const BLANK: Self = Self {
        id: OrderId(0),
        price: Price(0),
        open: Qty::ZERO,
        shown: Qty::ZERO,
        peak: Qty::ZERO,
        arrived: 0,
        next: NOBODY,
        prev: NOBODY,
        owner: Owner::ANYBODY,
        side: Side::Buy,
        shelf: Shelf::Bids,
        reduce_only: false,
    };

    /// Which lane it stands in: 0 displayed, 1 hidden.
    #[inline]
    pub fn lane(&self) -> usize {
        usize::from(self.peak.is_zero())
    }

    /// How much of it can trade before it gives up its place.
    #[inline]
    pub fn ready(&self) -> Qty {
        if self.peak.is_zero() { self.open } else { self.shown }
    }
}

/// What stands at a price.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    heads: [Place; 2],
    tails: [Place; 2],
    /// What its orders show.
    pub shown: Qty,
    /// What is open at it, hidden and in reserve included.
    pub open: Qty,
}

impl Stand for Level {
    #[inline]
    fn is_nothing(&self) -> bool {
        self.heads[0] == NOBODY && self.heads[1] == NOBODY
    }
}

impl Level {
    /// Who trades first.
    #[inline]
    pub fn front(&self) -> Place {
        if self.heads[0] == NOBODY { self.heads[1] } else { self.heads[0] }
    }

    /// Who is first in a lane.
    pub fn head(&self, lane: usize) -> Place {
        self.heads[lane]
    }

    /// An order joins the back of its lane.
    #[inline(always)]
    pub fn join(&mut self, orders: &mut [Order], place: Place) {
        let order = &mut orders[place as usize];
        let lane = order.lane();
        let tail = std::mem::replace(&mut self.tails[lane], place);
        order.prev = tail;
        order.next = NOBODY;
        self.shown += order.shown;
        self.open += order.open;
        self.heads[lane] = select_unpredictable(tail == NOBODY, place, self.heads[lane]);
        orders[tail as usize].next = place;
    }

    /// An order leaves with all that is open of it.
    #[inline(always)]
    pub fn leave(&mut self, orders: &mut [Order], place: Place) {
        let order = &orders[place as usize];
        let (lane, prev, next) = (order.lane(), order.prev, order.next);
        self.shown -= order.shown;
        self.open -= order.open;
        self.heads[lane] = select_unpredictable(prev == NOBODY, next, self.heads[lane]);
        self.tails[lane] = select_unpredictable(next == NOBODY, prev, self.tails[lane]);
        orders[prev as usize].next = next;
        orders[next as usize].prev = prev;
    }

    /// So much of an order is gone, from what it shows first; it keeps its place.
    #[inline(always)]
    pub fn use_up(&mut self, order: &mut Order, qty: Qty) {
        order.open -= qty;
        self.open -= qty;
        if !order.peak.is_zero() {
            order.shown -= qty;
            self.shown -= qty;
        }
    }

    /// So much of an order is gone, from its reserve first; it keeps its place.
    pub fn shrink(&mut self, order: &mut Order, qty: Qty) {
        order.open -= qty;
        self.open -= qty;
        let shown = order.shown.min(order.open);
        self.shown -= order.shown - shown;
        order.shown = shown;
    }
}
