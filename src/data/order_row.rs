//! An order row: what became of one order of the public book, in 40 bytes.

use serde::Serialize;

use super::word::{Packed, TapeRow};
use crate::market::{
    InstrumentId, MarketEvent, OrderAct, OrderChange, Price, PublicOrderId, Qty, SessionState, Side, Span, Timestamp,
};

/// What an order row says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRowKind {
    /// Something became of an order.
    Order(OrderAct),
    /// The session changed; order, price and quantity mean nothing.
    Session(SessionState),
}

impl OrderRowKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 11] = [
        Self::Order(OrderAct::Add),
        Self::Order(OrderAct::Modify),
        Self::Order(OrderAct::Cancel),
        Self::Order(OrderAct::Execute),
        Self::Order(OrderAct::Print),
        Self::Order(OrderAct::Clear),
        Self::Session(SessionState::Open),
        Self::Session(SessionState::PostOnly),
        Self::Session(SessionState::CancelOnly),
        Self::Session(SessionState::Maintenance),
        Self::Session(SessionState::Halted),
    ];

    /// The number that stands for the kind in files and hashes.
    #[must_use]
    pub fn code(self) -> u8 {
        let at = Self::ALL.iter().position(|kind| *kind == self).expect("every kind is listed");
        u8::try_from(at).expect("there are eleven")
    }

    /// The kind a number stands for.
    #[must_use]
    pub fn from_code(code: u64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|code| Self::ALL.get(code)).copied()
    }

    /// Whether it is a trade.
    #[must_use]
    pub const fn is_trade(self) -> bool {
        matches!(self, Self::Order(OrderAct::Execute | OrderAct::Print))
    }

    /// Whether its price and quantity mean something.
    #[must_use]
    pub const fn is_priced(self) -> bool {
        !matches!(self, Self::Order(OrderAct::Clear) | Self::Session(_))
    }
}

/// What became of one order: 40 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderRow {
    /// When it happened at the exchange.
    pub exchange: Timestamp,
    /// When the recorder had it, shifted so that no row arrives before it happened.
    pub local: Timestamp,
    /// Which order; zero where none is meant.
    pub order: PublicOrderId,
    /// The order's price, or the trade's.
    pub price: Price,
    pub(super) packed: Packed,
}

const _: () = assert!(size_of::<OrderRow>() == 40, "an order row is five words");

impl OrderRow {
    /// The greatest quantity a row holds: 2^55 units.
    pub const QTY_MAX: i64 = Packed::QTY_MAX;

    /// A row.
    ///
    /// # Panics
    /// When the quantity is negative or above [`OrderRow::QTY_MAX`]; readers check it first.
    #[must_use]
    pub fn new(
        times: (Timestamp, Timestamp),
        order: PublicOrderId,
        what: Placed,
        kind: OrderRowKind,
        last: bool,
    ) -> Self {
        let Placed { side, price, qty } = what;
        let packed = Packed::new(qty, kind.code(), side, last);
        Self { exchange: times.0, local: times.1, order, price, packed }
    }

    /// The quantity.
    #[must_use]
    pub const fn qty(&self) -> Qty {
        self.packed.qty()
    }

    /// What the row says.
    ///
    /// # Panics
    /// Never: a row is made of a kind.
    #[must_use]
    pub fn kind(&self) -> OrderRowKind {
        OrderRowKind::from_code(self.packed.kind()).expect("a row is made of a kind")
    }

    /// The side of the order; none where it is not known or means nothing.
    #[must_use]
    pub const fn side(&self) -> Option<Side> {
        self.packed.side()
    }

    /// Whether it is the last row of its message: only then is the book whole.
    #[must_use]
    pub const fn last(&self) -> bool {
        self.packed.last()
    }

    /// How long the message took to the recorder.
    #[must_use]
    pub const fn latency(&self) -> Span {
        self.local.since(self.exchange)
    }

    /// Side, price and quantity.
    #[must_use]
    pub const fn placed(&self) -> Placed {
        Placed { side: self.side(), price: self.price, qty: self.qty() }
    }

    /// The row as the event a venue sees.
    #[must_use]
    pub fn event(&self, instrument: InstrumentId) -> MarketEvent {
        let Placed { side, price, qty } = self.placed();
        match self.kind() {
            OrderRowKind::Session(state) => MarketEvent::Session(instrument, state),
            OrderRowKind::Order(act) => MarketEvent::Order(OrderChange {
                instrument,
                order: self.order,
                side,
                price,
                qty,
                act,
                last: self.last(),
            }),
        }
    }
}

/// Where an order stands, and with how much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// Its side, if that is known.
    pub side: Option<Side>,
    /// Its price.
    pub price: Price,
    /// How much.
    pub qty: Qty,
}

impl TapeRow for OrderRow {
    fn times(&self) -> (Timestamp, Timestamp) {
        (self.exchange, self.local)
    }

    fn event(&self, instrument: InstrumentId) -> MarketEvent {
        self.event(instrument)
    }

    fn last(&self) -> bool {
        self.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_it_was_made_of() {
        for kind in OrderRowKind::ALL {
            for side in [None, Some(Side::Buy), Some(Side::Sell)] {
                for (qty, last) in [(0, true), (OrderRow::QTY_MAX, false)] {
                    let placed = Placed { side, price: Price(7), qty: Qty(qty) };
                    let row = OrderRow::new((Timestamp(1), Timestamp(2)), PublicOrderId(u64::MAX), placed, kind, last);
                    assert_eq!((row.kind(), row.placed(), row.last()), (kind, placed, last));
                    assert_eq!(OrderRowKind::from_code(u64::from(kind.code())), Some(kind));
                }
            }
        }
        assert_eq!(OrderRowKind::from_code(11), None);
    }
}
