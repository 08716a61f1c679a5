//! What booking came to, and why it may be refused.

use super::Charge;
use crate::market::{AssetId, Fill, Money, Price, Qty, TickLots, Timestamp, Transaction, VenueRef};
use crate::trading::position::{Position, Split};

/// What booking a fill came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was booked.
    Booked(Booked),
    /// It was booked before; only its predicted fee has now been replaced by the real one.
    FeeCorrected(Booked),
    /// It was booked before; nothing changed.
    Duplicate,
    /// Its id was booked before with this other content; nothing changed.
    Conflict(Fill),
}

/// What was booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booked {
    /// The position afterwards; flat if nothing is open.
    pub position: Position,
    /// What closed and what opened.
    pub split: Split,
    /// The fee.
    pub charge: Charge,
    /// Gross realised profit in quote, lots a base fee took included.
    pub gross: Money,
    /// The same in tick-lots, of whole lots alone: less than a lot has no tick-lots, so what a
    /// residue realised when a fee took of it stands only in `gross`.
    pub lots_gross: TickLots,
    /// Net realised profit in quote: what counts now, of this fill and of the fees released.
    pub net: Money,
    /// The close, if the fill closed anything.
    pub closed: Option<Closed>,
    /// What was posted, in order.
    pub transactions: Vec<Transaction>,
}

/// A close and what it came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// Quantity closed, without sign.
    pub qty: Qty,
    /// Cost released, signed as the position was.
    pub released: TickLots,
    /// Gross realised profit in quote.
    pub gross: Money,
    /// Entry fees released.
    pub entry_fees: Money,
    /// The closing part's own fee.
    pub exit_fee: Money,
    /// Funding and interest released.
    pub carry: Money,
    /// When the position was opened from flat.
    pub opened_at: Timestamp,
    /// Gross less all of these: below zero is a loss, exactly zero is neither.
    pub net: Money,
    /// Whether the old position is gone (a new one may have opened).
    pub flat: bool,
}

/// Why a fill cannot be booked. Nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BookError {
    /// Price or quantity is not above zero.
    #[error("a fill needs a price and a quantity above zero, found price {price:?} and quantity {qty:?}")]
    Malformed {
        /// Price found.
        price: Price,
        /// Quantity found.
        qty: Qty,
    },
    /// The amounts do not fit exact money.
    #[error("price {price:?} and quantity {qty:?} come to more than exact money holds (28 digits)")]
    TooLarge {
        /// Price found.
        price: Price,
        /// Quantity found.
        qty: Qty,
    },
    /// A fee finer than its asset's unit.
    #[error("a fee of {amount} of {asset:?} is finer than the asset's {scale} decimals")]
    FeeScale {
        /// In which asset.
        asset: AssetId,
        /// How much.
        amount: Money,
        /// Decimals allowed.
        scale: u32,
    },
    /// A fee in an asset with no known value.
    #[error("a fee of {amount} of {asset:?} cannot be valued: no rate was given and the schedule names none")]
    NoRate {
        /// In which asset.
        asset: AssetId,
        /// How much.
        amount: Money,
    },
    /// A correction of an execution that was never booked, or was busted since.
    #[error("execution {execution} of this instrument is not in the books, so there is nothing to correct")]
    Unknown {
        /// Which.
        execution: VenueRef,
    },
}
