//! Levels out of orders: a tape of orders as the level changes and trades that follow from it.
//!
//! A level's quantity is the sum of what is left of the orders there. Of an order from before the
//! recording nothing is known but what goes from it, and that changes no level: the levels of a
//! recording that begins in the middle are those of the orders it saw come. Times, messages and
//! trades stay as they are; a message that changes no level and trades nothing leaves no row.

use std::collections::{BTreeMap, BTreeSet};

use super::order_row::{OrderRow, OrderRowKind, Placed};
use super::row::{Row, RowKind};
use super::tape::{Records, Tape};
use crate::bad_input::BadInput;
use crate::market::{OrderAct, Price, Qty, Side};

/// What is left of an order, and where.
type Left = (Side, Price, i64);

/// The orders and the sums of their levels.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    orders: BTreeMap<u64, Left>,
    sums: BTreeMap<(Side, Price), i64>,
    /// Trades of the message under way, and words of the venue.
    said: Vec<Row>,
    /// Levels that it changes.
    touched: BTreeSet<(Side, Price)>,
}

impl Tape {
    /// The levels and trades that follow from a tape of orders; any other tape as it is.
    pub fn levels(self) -> Result<Self, BadInput> {
        let Records::Orders(orders) = &self.records else { return Ok(self) };
        let (mut levels, mut rows) = (Levels::default(), Vec::new());
        for row in orders {
            levels.take(row, &mut rows);
        }
        let decimals = (self.price_unit.normalize().scale(), self.qty_unit.normalize().scale());
        let Self { symbol, cadence, provenance, .. } = self;
        Ok(Self::new(symbol, decimals, cadence, Records::Rows(rows), provenance))
    }
}

impl Levels {
    /// Takes a row, and gives the rows of a message once it is whole.
    pub(crate) fn take(&mut self, row: &OrderRow, out: &mut Vec<Row>) {
        match row.kind() {
            OrderRowKind::Session(state) => self.say(row, Price(1), Qty(1), RowKind::Session(state)),
            OrderRowKind::Order(act) => self.order(row, act),
        }
        if !row.last() {
            return;
        }
        for (side, price) in std::mem::take(&mut self.touched) {
            let now = self.sums.get(&(side, price)).copied().unwrap_or(0);
            self.say(row, price, Qty(now), RowKind::level(side));
        }
        if let Some(last) = self.said.last_mut() {
            *last = Row::new(last.exchange, last.local, last.price, last.qty(), last.kind(), true);
        }
        out.append(&mut self.said);
    }

    fn order(&mut self, row: &OrderRow, act: OrderAct) {
        let Placed { side, price, qty } = row.placed();
        let id = row.order.0;
        match act {
            OrderAct::Add | OrderAct::Modify => {
                self.take_away(id, i64::MAX);
                if let Some(side) = side {
                    self.orders.insert(id, (side, price, qty.0));
                    self.change(side, price, qty.0);
                }
            }
            OrderAct::Cancel => self.take_away(id, i64::MAX),
            OrderAct::Execute => {
                self.say(row, price, qty, RowKind::trade(side.map(Side::opposite)));
                self.take_away(id, qty.0);
            }
            OrderAct::Print => self.say(row, price, qty, RowKind::trade(side.map(Side::opposite))),
            OrderAct::Clear => {
                self.orders.clear();
                self.touched.extend(std::mem::take(&mut self.sums).into_keys());
            }
        }
    }

    /// Takes from an order what is left of it, or less.
    fn take_away(&mut self, id: u64, most: i64) {
        let Some((side, price, left)) = self.orders.remove(&id) else { return };
        let gone = left.min(most);
        if gone < left {
            self.orders.insert(id, (side, price, left - gone));
        }
        self.change(side, price, -gone);
    }

    fn change(&mut self, side: Side, price: Price, by: i64) {
        let sum = self.sums.entry((side, price)).or_default();
        *sum += by;
        if *sum == 0 {
            self.sums.remove(&(side, price));
        }
        self.touched.insert((side, price));
    }

    fn say(&mut self, row: &OrderRow, price: Price, qty: Qty, kind: RowKind) {
        self.said.push(Row::new(row.exchange, row.local, price, qty, kind, false));
    }
}
