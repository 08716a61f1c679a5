//! Fields of a venue's message, and what can be wrong with an order for a venue.

use rust_decimal::Decimal;

use crate::market::{Bug, Instrument, OrderId, OrderKind, Price, Qty, Side, planted};

/// A field of a message: its name and its value as the venue reads them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

impl Field {
    pub(super) fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into() }
    }
}

/// What a venue does not offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unsupported {
    /// An order without any limit.
    #[error("a market order without a limit; market-like is an IOC limit at the collar")]
    Market,
    /// The time in force.
    #[error("the venue does not offer this time in force for this kind")]
    TimeInForce,
    /// The price that sets a trigger off.
    #[error("the venue does not offer this trigger source")]
    TriggerSource,
    /// Leverage.
    #[error("the venue offers no leverage here")]
    Leverage,
    /// Post-only for this kind.
    #[error("the venue offers post-only for resting limits alone")]
    PostOnly,
    /// A deadline it can keep.
    #[error("the deadline is over, or further away than the venue allows")]
    Deadline,
    /// A change in place.
    #[error("the venue does not change such an order in place")]
    Amend,
}

/// The two named prices of an order, by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Prices {
    pub limit: Option<Price>,
    pub trigger: Option<Price>,
}

impl Prices {
    pub fn of(kind: OrderKind) -> Self {
        let (limit, trigger) = (kind.limit(), kind.trigger());
        if planted(Bug::Critical5PriceFields) && limit.is_some() && trigger.is_some() {
            return Self { limit: trigger, trigger: limit };
        }
        Self { limit, trigger }
    }
}

/// A price as venues write it: no exponent, no needless zeros.
pub(super) fn price(instrument: &Instrument, price: Price) -> String {
    plain(instrument.price(price))
}

/// A quantity as venues write it.
pub(super) fn qty(instrument: &Instrument, qty: Qty) -> String {
    plain(instrument.qty(qty))
}

fn plain(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// Our order id as a client id: at most 16 characters, within what every venue takes as free text.
pub(super) fn client_id(id: OrderId) -> String {
    format!("{:x}", id.0)
}

pub(super) const fn side(side: Side, words: [&'static str; 2]) -> &'static str {
    match side {
        Side::Buy => words[0],
        Side::Sell => words[1],
    }
}
