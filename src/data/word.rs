//! What rows of every kind have in common: what a replay asks of them, and one word that packs quantity,
//! kind and side, and whether the message ends there.

use crate::market::{InstrumentId, MarketEvent, Qty, Side, Timestamp};

const QTY_BITS: u32 = 56;
const KIND_MASK: u64 = 0b1111;
const SIDE_BITS: u32 = 60;
const SIDE_MASK: u64 = 0b11;
const LAST_BIT: u64 = 1 << 63;

/// A row of a tape, as a replay sees it.
pub trait TapeRow {
    /// When it happened at the exchange, and when the recorder had it.
    fn times(&self) -> (Timestamp, Timestamp);
    /// The row as the event a venue sees.
    fn event(&self, instrument: InstrumentId) -> MarketEvent;
    /// Whether it is the last row of its message: only then is the book whole.
    fn last(&self) -> bool;
}

/// Quantity, kind, side and end of message in one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Packed(pub(super) u64);

impl Packed {
    /// The greatest quantity it holds: 2^55 units.
    pub(super) const QTY_MAX: i64 = 1 << 55;

    /// # Panics
    /// When the quantity is negative or above [`Packed::QTY_MAX`]; readers check it first.
    pub(super) fn new(qty: Qty, kind: u8, side: Option<Side>, last: bool) -> Self {
        assert!((0..=Self::QTY_MAX).contains(&qty.0), "a row's quantity lies between 0 and 2^55 units, not {}", qty.0);
        let side: u64 = match side {
            None => 0,
            Some(Side::Buy) => 1,
            Some(Side::Sell) => 2,
        };
        let last = if last { LAST_BIT } else { 0 };
        Self(qty.0.unsigned_abs() | u64::from(kind) << QTY_BITS | side << SIDE_BITS | last)
    }

    pub(super) const fn qty(self) -> Qty {
        Qty((self.0 & ((1 << QTY_BITS) - 1)).cast_signed())
    }

    pub(super) const fn kind(self) -> u64 {
        (self.0 >> QTY_BITS) & KIND_MASK
    }

    pub(super) const fn side(self) -> Option<Side> {
        match (self.0 >> SIDE_BITS) & SIDE_MASK {
            1 => Some(Side::Buy),
            2 => Some(Side::Sell),
            _ => None,
        }
    }

    pub(super) const fn last(self) -> bool {
        self.0 & LAST_BIT != 0
    }
}
