//! What a protective order looks like: its kind, and the prices that follow from the one it waits for
//! (production-rules §3.1, §3.2).

use rust_decimal::Decimal;

use super::Key;
use super::cover::Aim;
use super::legs::Leg;
use crate::market::{
    Bug, Instrument, OrderKind, OrderState, Price, Purpose, Qty, Rate, SessionState, Side, Timestamp, planted,
};
use crate::trading::core::Core;
use crate::trading::words::{StopKind, TargetKind};

impl Core {
    /// The configured kind of a leg, or the other stop kind after a refusal.
    pub(super) fn model(&self, aim: Aim, other: bool) -> OrderKind {
        let (trigger, limit) = (aim.price, aim.price);
        let protection = &self.config.protection;
        match aim.purpose {
            Purpose::Target => match protection.target_kind {
                TargetKind::Limit => OrderKind::Limit { limit },
                TargetKind::Market => OrderKind::TargetMarket { trigger },
                TargetKind::TriggerLimit => OrderKind::TargetLimit { trigger, limit },
            },
            Purpose::Stop | Purpose::Exit | Purpose::Entry => match (protection.stop_kind, other) {
                (StopKind::StopMarket, false) | (StopKind::StopLimit, true) => OrderKind::StopMarket { trigger },
                (StopKind::StopLimit, false) | (StopKind::StopMarket, true) => OrderKind::StopLimit { trigger, limit },
            },
        }
    }

    /// A kind like `model` at another price. A stop's limit stands beyond its trigger by
    /// `protection.stop_limit_offset`, rounded away from it (§3.2); a target's limit is its trigger.
    pub(super) fn shaped(
        &self,
        key: Key,
        side: Side,
        model: OrderKind,
        price: Price,
        now: Timestamp,
    ) -> Option<OrderKind> {
        let trigger = price;
        Some(match model {
            OrderKind::Market | OrderKind::Limit { .. } => OrderKind::Limit { limit: price },
            OrderKind::StopMarket { .. } => OrderKind::StopMarket { trigger },
            OrderKind::StopLimit { .. } => {
                let offset = self.config.protection.stop_limit_offset;
                let limit = stop_limit(self.instrument(key.1), side, price, offset, now)?;
                let swapped = planted(Bug::Critical5PriceFields);
                let (trigger, limit) = if swapped { (limit, trigger) } else { (trigger, limit) };
                OrderKind::StopLimit { trigger, limit }
            }
            OrderKind::TargetMarket { .. } => OrderKind::TargetMarket { trigger },
            OrderKind::TargetLimit { .. } => OrderKind::TargetLimit { trigger, limit: price },
        })
    }

    /// Whether the venue takes resting orders in this instrument.
    pub(super) fn takes_orders(&self, key: Key) -> bool {
        matches!(self.view.of(key.1).session, SessionState::Open | SessionState::PostOnly)
    }
}

/// Whether one leg covers all of what is wanted as it is wanted, or nothing is wanted and nothing is there, as at most
/// looks: nothing is left to bring in line. `most` is what one order may hold.
pub(super) fn stands(aim: Aim, legs: &[Leg], most: Qty) -> bool {
    match legs {
        [] => aim.qty.is_zero(),
        [leg] => {
            let wanted = price_of(leg.kind) == Some(aim.price) && leg.leaves == aim.qty;
            let live = leg.state == OrderState::Live && !leg.parting;
            wanted && live && !aim.qty.is_zero() && aim.qty <= most
        }
        _ => false,
    }
}

/// The price a leg waits for.
pub(super) fn price_of(kind: OrderKind) -> Option<Price> {
    kind.trigger().or(kind.limit())
}

/// The limit of a stop-limit that closes a position opened on `side`: beyond the trigger, rounded
/// away from it. `None` if it is no price.
fn stop_limit(instrument: &Instrument, side: Side, trigger: Price, offset: Rate, now: Timestamp) -> Option<Price> {
    let factor = Decimal::ONE - offset.decimal() * Decimal::from(side.sign());
    let limit = instrument.limit_price(side, instrument.price(trigger) * factor, now)?;
    (limit.0 > 0).then_some(limit)
}
