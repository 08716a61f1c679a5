//! Planned prices of an entry (production-rules §2.1): what was asked for, on the grid, with each
//! rounding in its named direction.

use rust_decimal::Decimal;

use super::view::Reference;
use crate::market::{Bug, Instrument, Intention, Price, Pricing, Proposal, Rate, RawPrice, Side, Timestamp, planted};

/// An entry's prices, rounded. Decimals are quote per base.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Buy or sell.
    pub side: Side,
    /// Mid of the book it is planned against.
    pub reference: Decimal,
    /// Price the order carries: its limit, or the collar.
    pub order_price: Price,
    /// Limit, or the reference where the order is market-like.
    pub e_plan: Decimal,
    /// Limit, or the collar where the order is market-like.
    pub e_worst: Decimal,
    /// Price its size is counted at.
    pub p_size: Decimal,
    /// Stop, on the grid.
    pub stop: Option<Price>,
    /// Target, on the grid.
    pub target: Option<Price>,
}

/// The side an entry trades on; `None` for an exit.
#[must_use]
pub fn entry_side(intention: Intention) -> Option<Side> {
    match intention {
        Intention::OpenLong => Some(Side::Buy),
        Intention::OpenShort => Some(Side::Sell),
        Intention::Reduce(_) | Intention::Close if planted(Bug::RiskCloseIsClose) => Some(Side::Sell),
        Intention::Reduce(_) | Intention::Close => None,
    }
}

impl Plan {
    /// Plans an entry; `None` when a price leaves the range of prices.
    #[must_use]
    pub fn of(
        proposal: &Proposal,
        side: Side,
        instrument: &Instrument,
        reference: Reference,
        collar: Rate,
        now: Timestamp,
    ) -> Option<Self> {
        let mid = reference.price(instrument);
        let (order_price, e_plan) = match proposal.pricing {
            Pricing::Limit(limit) => {
                let limit = instrument.limit_price(side, limit.decimal(), now)?;
                (limit, instrument.price(limit))
            }
            Pricing::Market => (reference.collar(instrument, side, collar.decimal(), now)?, mid),
        };
        let e_worst = instrument.price(order_price);
        let p_size = instrument.counted_at(side, Some(e_worst), Some(mid))?;
        // A stop rounds toward the market, a target toward the entry: long up and down, short mirrored.
        let stop = |price: RawPrice| instrument.limit_price(side.opposite(), price.decimal(), now);
        let target = |price: RawPrice| instrument.limit_price(side, price.decimal(), now);
        Some(Self {
            side,
            reference: mid,
            order_price,
            e_plan,
            e_worst,
            p_size,
            stop: match proposal.stop {
                Some(price) => Some(stop(price)?),
                None => None,
            },
            target: match proposal.target {
                Some(price) => Some(target(price)?),
                None => None,
            },
        })
    }
}
