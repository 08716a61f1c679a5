//! Every order the venue ever saw.
//!
//! Orders live in one slab for ever; the number of an order is its place there and its venue id.
//! Nothing here decides whether an order trades.

use std::collections::BTreeSet;

use super::account::{Hold, NO_HOLD};
use super::triggers::towards;
use crate::market::{InstrumentId, NewOrder, OrderId, Price, Qty, RejectReason, Side, TimeInForce, Timestamp};

/// Where an order stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Life {
    Open,
    Filled,
    Cancelled,
    Expired,
    Rejected(RejectReason),
}

/// An order and what became of it. Terms change in place when it is amended.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) terms: NewOrder,
    pub(super) filled: Qty,
    /// Displayed by others before us at our price.
    pub(super) ahead: Qty,
    /// How many public orders had arrived when it joined its queue; nothing where they are not recorded.
    pub(super) joined: u64,
    pub(super) life: Life,
    pub(super) hold: Hold,
    /// Whether its trigger was touched: from then on it is a market or a limit order.
    pub(super) fired: bool,
    /// Whether it is the venue's own, to close a position by force.
    pub(super) forced: bool,
    pub(super) entered: Timestamp,
    pub(super) ended: Timestamp,
}

impl Order {
    pub(super) const fn leaves(&self) -> Qty {
        Qty(self.terms.qty.0 - self.filled.0)
    }

    /// The price it waits at: its trigger until that is touched, then its limit.
    pub(super) fn price(&self) -> Price {
        self.trigger().or(self.terms.kind.limit()).expect("a resting order names a price")
    }

    /// The trigger it still waits for, if it does.
    pub(super) fn trigger(&self) -> Option<Price> {
        self.terms.kind.trigger().filter(|_| !self.fired)
    }

    /// The way the price must go to touch its trigger: [`Side::Buy`] is up.
    pub(super) const fn towards(&self) -> Side {
        towards(self.terms.kind, self.terms.side)
    }
}

/// An order's place in the slab.
pub(super) type Number = u32;

/// All orders, by number and by client id.
#[derive(Clone, Default)]
pub(super) struct Orders {
    all: Vec<Order>,
    /// Sorted; ids arrive almost in order, so that a new one almost always goes last.
    by_id: Vec<(OrderId, Number)>,
    /// Open orders, oldest first.
    pub(super) open: Vec<Number>,
    /// Ended orders, in the order they ended.
    pub(super) closed: Vec<Number>,
    expiries: BTreeSet<(Timestamp, Number)>,
}

impl Orders {
    pub(super) fn find(&self, id: OrderId) -> Option<Number> {
        let place = self.by_id.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(self.by_id[place].1)
    }

    /// The number of an order that is open.
    pub(super) fn find_open(&self, id: OrderId) -> Option<Number> {
        self.find(id).filter(|number| self.get(*number).life == Life::Open)
    }

    /// Keeps a new order; its id must not have been used.
    pub(super) fn add(&mut self, now: Timestamp, terms: NewOrder, refused: Option<RejectReason>) -> Number {
        let number = Number::try_from(self.all.len()).expect("fewer than 2^32 orders in a run");
        let place = self.by_id.partition_point(|(id, _)| *id < terms.id);
        self.by_id.insert(place, (terms.id, number));
        let life = refused.map_or(Life::Open, Life::Rejected);
        self.all.push(Order {
            terms,
            filled: Qty::ZERO,
            ahead: Qty::ZERO,
            joined: 0,
            life,
            hold: NO_HOLD,
            fired: false,
            forced: false,
            entered: now,
            ended: now,
        });
        if refused.is_none() {
            self.open.push(number);
            if let TimeInForce::Gtd(end) = terms.tif {
                self.expiries.insert((end, number));
            }
        } else {
            self.closed.push(number);
        }
        number
    }

    /// Ends an open order.
    pub(super) fn end(&mut self, now: Timestamp, number: Number, life: Life) {
        if let TimeInForce::Gtd(end) = self.get(number).terms.tif {
            self.expiries.remove(&(end, number));
        }
        let place = self.open.binary_search(&number).expect("an order ends once");
        self.open.remove(place);
        self.closed.push(number);
        let order = self.get_mut(number);
        order.life = life;
        order.ended = now;
    }

    /// The account begins anew: no order is known by its id any more, and none is open.
    pub(super) fn forget(&mut self) {
        self.by_id.clear();
        self.open.clear();
        self.closed.clear();
        self.expiries.clear();
    }

    pub(super) fn next_expiry(&self) -> Option<(Timestamp, Number)> {
        self.expiries.first().copied()
    }

    pub(super) fn get(&self, number: Number) -> &Order {
        &self.all[number as usize]
    }

    pub(super) fn get_mut(&mut self, number: Number) -> &mut Order {
        &mut self.all[number as usize]
    }
}

/// The number of an instrument's market.
pub(super) fn place(instrument: InstrumentId) -> usize {
    usize::from(instrument.0)
}
