//! An own order that has not ended, in the few facts by which strategies judge it.

use crate::market::{OrderId, OrderState, Price, Purpose, Qty, Side};
use crate::trading::orders::Order;

/// An own order that has not ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Working {
    pub(super) id: OrderId,
    pub(super) side: Side,
    pub(super) price: Price,
    /// What could still fill.
    pub(super) leaves: Qty,
    pub(super) purpose: Purpose,
    /// Known to rest, with nothing in flight.
    pub(super) settled: bool,
    /// A cancel would do something.
    pub(super) cancellable: bool,
    /// It trades at once or ends; it never rests.
    pub(super) takes: bool,
    /// What of it filled.
    pub(super) filled: Qty,
}

impl Working {
    pub(super) fn of(order: &Order) -> Self {
        use OrderState::{Intent, Live, Sent, UnknownSubmit};
        Self {
            id: order.terms.id,
            side: order.terms.side,
            price: order.terms.kind.limit().unwrap_or_default(),
            leaves: order.could_fill(),
            purpose: order.purpose,
            settled: order.state == Live && !order.cancel_wanted,
            cancellable: matches!(order.state, Intent | Sent | Live | UnknownSubmit) && !order.cancel_wanted,
            takes: order.is_market_like(),
            filled: order.filled,
        }
    }

    /// One that just left.
    pub(super) const fn sent(id: OrderId, side: Side, price: Price, leaves: Qty, purpose: Purpose) -> Self {
        Self { id, side, price, leaves, purpose, settled: false, cancellable: false, takes: false, filled: Qty::ZERO }
    }
}
