//! Orders of the public book on their way to a tape: who is there, and what is left of each.
//!
//! A recording may begin in the middle of a day, or show the best levels only: then an order may
//! leave that was never seen to come, which is a thing to know. Once the book is known to be whole
//! ([`OrderFlow::whole`]), that is an error. Always an error: an id added twice, and more taken
//! from an order than was left. It keeps one entry per resting order and no queue.

use std::collections::BTreeMap;

use super::builder::{Cell, ImportOptions, OrderBuilder, Times, Units};
use super::fault::{Complaints, ORDER_OVER, ORDER_TWICE, ORDER_UNKNOWN, ORDER_UNSEEN};
use super::number::Number;
use super::order_row::{OrderRow, OrderRowKind, Placed};
use super::source::Line;
use crate::bad_input::BadInput;
use crate::market::{OrderAct, Price, PublicOrderId, Qty, SessionState, Side};

/// A resting order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Resting {
    pub(crate) side: Side,
    pub(crate) price: Number,
    pub(crate) qty: Number,
}

/// The orders of one instrument.
#[derive(Debug)]
pub(crate) struct OrderFlow {
    pub(crate) builder: OrderBuilder,
    live: BTreeMap<u64, Resting>,
    whole: bool,
}

/// One record of a source: where it stands, when it happened, and whether it ends its message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) times: Times,
    pub(crate) last: bool,
}

impl OrderFlow {
    pub(crate) fn new(options: &ImportOptions, file: &str) -> Result<Self, BadInput> {
        let builder = OrderBuilder::new(Units::new(options, file, OrderRow::QTY_MAX)?, options);
        Ok(Self { builder, live: BTreeMap::new(), whole: false })
    }

    /// From here on every order that is there was seen to come.
    pub(crate) const fn whole(&mut self) {
        self.whole = true;
    }

    /// A resting order.
    pub(crate) fn resting(&self, id: u64) -> Option<Resting> {
        self.live.get(&id).copied()
    }

    /// An order comes to rest.
    pub(crate) fn add(
        &mut self,
        at: At<'_>,
        id: u64,
        side: Side,
        price: Cell<'_>,
        qty: Cell<'_>,
    ) -> Result<(), BadInput> {
        let resting = Resting { side, price: price.number, qty: qty.number };
        if self.live.contains_key(&id) {
            let found = format!("order {id} added again");
            return Err(at.line.complain(ORDER_TWICE, at.line.text, found, "an id that is not resting").field("order"));
        }
        self.builder.admit(at.line, price, qty)?;
        self.live.insert(id, resting);
        self.push(at, id, OrderAct::Add, Some(side), price.number, qty.number);
        Ok(())
    }

    /// An order has another price or quantity now.
    pub(crate) fn modify(
        &mut self,
        at: At<'_>,
        id: u64,
        side: Side,
        price: Cell<'_>,
        qty: Cell<'_>,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        if !self.live.contains_key(&id) {
            self.unseen(at.line, id, complaints)?;
        }
        self.builder.admit(at.line, price, qty)?;
        self.live.insert(id, Resting { side, price: price.number, qty: qty.number });
        self.push(at, id, OrderAct::Modify, Some(side), price.number, qty.number);
        Ok(())
    }

    /// So much of an order goes: by a trade at this price, or by a cancel.
    pub(crate) fn reduce(
        &mut self,
        at: At<'_>,
        id: u64,
        side: Side,
        cells: [Cell<'_>; 2],
        traded: bool,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        let [price, qty] = cells;
        let act = if traded { OrderAct::Execute } else { OrderAct::Cancel };
        self.builder.admit(at.line, price, qty)?;
        let Some(resting) = self.live.get_mut(&id) else {
            self.unseen(at.line, id, complaints)?;
            self.push(at, id, act, Some(side), price.number, qty.number);
            return Ok(());
        };
        let Some(left) = resting.qty.minus(qty.number) else {
            let found = format!("{} of order {id}", qty.number);
            let allowed = format!("at most the {} left", resting.qty);
            return Err(at.line.complain(ORDER_OVER, at.line.text, found, &allowed).field(qty.field));
        };
        resting.qty = left;
        let resting = *resting;
        if left.mantissa == 0 {
            self.live.remove(&id);
        }
        if traded || left.mantissa == 0 {
            self.push(at, id, act, Some(resting.side), price.number, qty.number);
        } else {
            self.push(at, id, OrderAct::Modify, Some(resting.side), resting.price, left);
        }
        Ok(())
    }

    /// A trade that changes no displayed order.
    pub(crate) fn print(
        &mut self,
        at: At<'_>,
        side: Option<Side>,
        price: Cell<'_>,
        qty: Cell<'_>,
    ) -> Result<(), BadInput> {
        self.builder.admit(at.line, price, qty)?;
        self.push(at, 0, OrderAct::Print, side, price.number, qty.number);
        Ok(())
    }

    /// Every order is gone, and what comes from here on is all there is.
    pub(crate) fn clear(&mut self, at: At<'_>) {
        self.live.clear();
        self.whole = true;
        let nothing = Placed { side: None, price: Price(1), qty: Qty(1) };
        self.builder.push(at.times, PublicOrderId(0), nothing, OrderRowKind::Order(OrderAct::Clear), at.last);
    }

    /// The session changes.
    pub(crate) fn session(&mut self, at: At<'_>, state: SessionState) {
        let nothing = Placed { side: None, price: Price(1), qty: Qty(1) };
        self.builder.push(at.times, PublicOrderId(0), nothing, OrderRowKind::Session(state), at.last);
    }

    fn push(&mut self, at: At<'_>, id: u64, act: OrderAct, side: Option<Side>, price: Number, qty: Number) {
        let placed = Placed { side, price: self.builder.price(price), qty: self.builder.qty(qty) };
        self.builder.push(at.times, PublicOrderId(id), placed, OrderRowKind::Order(act), at.last);
    }

    fn unseen(&self, line: Line<'_>, id: u64, complaints: &mut Complaints) -> Result<(), BadInput> {
        let (code, allowed) = if self.whole {
            (ORDER_UNKNOWN, "an order of a book that is whole")
        } else {
            (ORDER_UNSEEN, "an order that was seen to come")
        };
        let bad = line.complain(code, line.text, format!("order {id}, which is not resting"), allowed).field("order");
        if self.whole { Err(bad) } else { complaints.take(bad) }
    }
}
