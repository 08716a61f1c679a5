//! A book that remembers the digits its exchange printed.
//!
//! Levels are ordered by exact price, whatever decimals it was printed with. It applies what it is
//! told and cuts itself to a depth; it does not know whether that is right.

use std::collections::BTreeMap;

use crate::data::number::{DECIMALS_MAX, Number};
use crate::market::Side;

/// A level: its numbers and their printed digits.
#[derive(Clone, Debug)]
pub(crate) struct Printed {
    pub(crate) price: Number,
    pub(crate) qty: Number,
    pub(crate) price_text: Box<str>,
    pub(crate) qty_text: Box<str>,
}

/// Both sides by price in units of 10^-18.
#[derive(Debug, Default)]
pub(crate) struct PrintedBook {
    bids: BTreeMap<i128, Printed>,
    asks: BTreeMap<i128, Printed>,
}

/// A price in units that every printed price is a multiple of.
pub(crate) fn key(price: Number) -> i128 {
    let decimals = u32::try_from(DECIMALS_MAX).expect("eighteen") - price.decimals;
    i128::from(price.mantissa) * 10_i128.pow(decimals)
}

impl PrintedBook {
    /// Sets a level; quantity zero removes it.
    pub(crate) fn set(&mut self, side: Side, level: Printed) {
        let key = key(level.price);
        let levels = self.side_mut(side);
        if level.qty.mantissa == 0 {
            levels.remove(&key);
        } else {
            levels.insert(key, level);
        }
    }

    /// Takes every level of a side.
    pub(crate) fn take(&mut self, side: Side) -> BTreeMap<i128, Printed> {
        std::mem::take(self.side_mut(side))
    }

    /// Cuts the levels beyond a depth and returns their prices.
    pub(crate) fn cut(&mut self, side: Side, depth: usize) -> Vec<Number> {
        let levels = self.side_mut(side);
        let mut gone = Vec::new();
        while levels.len() > depth {
            let worst = match side {
                Side::Buy => levels.pop_first(),
                Side::Sell => levels.pop_last(),
            };
            gone.extend(worst.map(|(_, level)| level.price));
        }
        gone
    }

    /// Printed price and quantity of the levels of a side, the best first.
    pub(crate) fn best(&self, side: Side) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        match side {
            Side::Buy => Box::new(self.bids.values().rev().map(|level| (&*level.price_text, &*level.qty_text))),
            Side::Sell => Box::new(self.asks.values().map(|level| (&*level.price_text, &*level.qty_text))),
        }
    }

    /// Best bid and best ask, if they cross or lock each other.
    pub(crate) fn crossed(&self) -> Option<(&str, &str)> {
        let (bid, ask) = (self.bids.last_key_value()?, self.asks.first_key_value()?);
        (bid.0 >= ask.0).then_some((&*bid.1.price_text, &*ask.1.price_text))
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<i128, Printed> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}
