//! How much of a position an order can close, and what is dust (production-rules §4.12, EC-4).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::market::{Bug, Contract, FeeAsset, Instrument, InstrumentId, Price, Qty, Rate, Side, Timestamp, planted};
use crate::trading::core::Core;
use crate::trading::words::ReservesExits;

/// What may be sold of `free` where the fee is taken in what is sold: the rest pays it, at the
/// taker rate.
pub(crate) fn payable(instrument: &Instrument, free: Qty, now: Timestamp) -> Qty {
    let fees = &instrument.rules(now).fees;
    if fees.asset.on(Side::Sell) != FeeAsset::Base || fees.taker <= Rate::ZERO {
        return free;
    }
    let most = Decimal::from(free.0) / (Decimal::ONE + fees.taker.decimal());
    Qty(i64::try_from(most.trunc().mantissa()).expect("a part of 64 bits fits 64 bits"))
}

/// What leaves a position with `sold` of it: also what pays its fee where that is taken in what is sold, at the
/// taker rate and in whole lots.
pub(super) fn with_fee(instrument: &Instrument, sold: Qty, now: Timestamp) -> Qty {
    let rules = instrument.rules(now);
    if rules.fees.asset.on(Side::Sell) != FeeAsset::Base || rules.fees.taker <= Rate::ZERO {
        return sold;
    }
    let lot = Decimal::from(rules.lot.0);
    let fee = (Decimal::from(sold.0) * rules.fees.taker.decimal() / lot).ceil() * lot;
    fee.to_i64().and_then(|fee| sold.0.checked_add(fee)).map_or(Qty(i64::MAX), Qty)
}

/// What an order at `price` could close of `held` (without sign); nothing if that is dust: less
/// than the venue takes, by quantity or by notional.
pub(crate) fn closable(instrument: &Instrument, held: Qty, price: Price, now: Timestamp) -> Qty {
    closable_beside(instrument, held, Qty::ZERO, price, now)
}

/// What an order could close of `held` beside others that close `taken`: what pays the fee of those
/// is none of it.
pub(crate) fn closable_beside(instrument: &Instrument, held: Qty, taken: Qty, price: Price, now: Timestamp) -> Qty {
    let rules = instrument.rules(now);
    let left = payable(instrument, held, now) - taken;
    let qty = Qty(left.0.max(0) / rules.lot.0 * rules.lot.0);
    // The bug: what is more than a minimum, but no whole number of them, is rounded away.
    let least = rules.min_qty.0.max(1);
    let qty = if planted(Bug::ProtectDust) { Qty(qty.0 / least * least) } else { qty };
    if is_enough(instrument, qty, price, now) { qty } else { Qty::ZERO }
}

/// Whether the venue takes an order over `qty` that counts at `price`.
pub(super) fn is_enough(instrument: &Instrument, qty: Qty, price: Price, now: Timestamp) -> bool {
    let rules = instrument.rules(now);
    qty >= rules.min_qty.max(Qty(1)) && instrument.notional(qty, price) >= rules.min_notional
}

impl Core {
    /// Whether lots cannot back two orders at once, so that only the stop may rest (PR-6): where a
    /// resting exit ties them up, and where nothing keeps two exits from selling more than is held.
    pub(crate) fn ties_lots(&self, instrument: InstrumentId) -> bool {
        let instrument = self.instrument(instrument);
        instrument.contract == Contract::Spot
            || self.config.beliefs.reserves_exits(&instrument.symbol) == ReservesExits::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples::b;

    const NOW: Timestamp = Timestamp::MIN;

    /// The least quantity and the least notional are no dust; a lot less is.
    #[test]
    fn dust_is_less_than_the_venue_takes() {
        for (held, price, expected) in [
            (10_000, 6_000_000, 10_000),
            (9_999, 6_000_000, 0),
            (10_000, 5_000_000, 10_000),
            (10_000, 4_999_999, 0),
            (25_000, 6_000_000, 25_000),
        ] {
            assert_eq!(closable(&b(), Qty(held), Price(price), NOW), Qty(expected), "{held} at {price}");
        }
        assert_eq!(with_fee(&b(), Qty(25_000), NOW), Qty(25_000), "a fee in quote takes no lots");
        assert_eq!(closable_beside(&b(), Qty(25_000), Qty(10_000), Price(6_000_000), NOW), Qty(15_000));
    }

    /// Where the fee is taken in what is sold, what is sold and its fee are together what is held.
    #[test]
    fn the_rest_pays_the_fee() {
        let mut instrument = b();
        assert_eq!(payable(&instrument, Qty(1_004_000), NOW), Qty(1_004_000));
        instrument.timeline[0].fees.asset = FeeAsset::Base;
        assert_eq!(payable(&instrument, Qty(1_004_000), NOW), Qty(1_000_000));
        assert_eq!(payable(&instrument, Qty(1_003_999), NOW), Qty(999_999), "never more than can be paid");
        assert_eq!(with_fee(&instrument, Qty(1_000_000), NOW), Qty(1_004_000));
        assert_eq!(with_fee(&instrument, Qty(1_000_001), NOW), Qty(1_004_002), "a fee leaves in whole lots");
        instrument.timeline[0].fees.asset = FeeAsset::Received;
        assert_eq!(payable(&instrument, Qty(1_004_000), NOW), Qty(1_004_000), "a sale pays in quote");
        assert_eq!(with_fee(&instrument, Qty(1_000_000), NOW), Qty(1_000_000));
        instrument.timeline[0].fees.asset = FeeAsset::Base;
        instrument.timeline[0].fees.taker = Rate::ZERO;
        assert_eq!(payable(&instrument, Qty(1_004_000), NOW), Qty(1_004_000));
    }
}
