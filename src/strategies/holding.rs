//! What is held: on which side, and how much of it an order could close.

use rust_decimal::Decimal;

use crate::market::{Contract, Instrument, Price, Qty, Side, TickLots, Timestamp, exact_product};

/// The side of a signed quantity; none of nothing.
pub(super) const fn side_of(held: Qty) -> Option<Side> {
    match held.0 {
        0 => None,
        1.. => Some(Side::Buy),
        _ => Some(Side::Sell),
    }
}

/// What an amount of quote is counted in: price × quantity units; of an inverse contract, which is so much of the
/// quote asset, quantity units.
pub(super) fn unit(instrument: &Instrument) -> Decimal {
    match instrument.contract {
        Contract::Spot | Contract::Linear => exact_product(instrument.price_unit, instrument.qty_unit),
        Contract::Inverse => instrument.qty_unit,
    }
}

/// The value of a quantity at the mid in those units, without sign, half a unit toward zero.
pub(super) fn worth(contract: Contract, held: Qty, twice_mid: i64) -> TickLots {
    TickLots(match contract {
        Contract::Spot | Contract::Linear => i128::from(held.0.abs()) * i128::from(twice_mid) / 2,
        Contract::Inverse => held.0.abs().into(),
    })
}

/// How much of what is held one order could close; nothing if it is dust, too small for any order
/// in quantity or value.
pub(super) fn closable(instrument: &Instrument, held: Qty, twice_mid: i64, now: Timestamp) -> Qty {
    if held.is_zero() {
        return Qty::ZERO;
    }
    let rules = instrument.rules(now);
    let qty = Qty(held.0.abs().min(rules.max_qty.0) / rules.lot.0 * rules.lot.0);
    let notional = match instrument.contract {
        Contract::Spot | Contract::Linear => instrument.value(worth(instrument.contract, qty, twice_mid)),
        Contract::Inverse => instrument.notional(qty, Price(0)),
    };
    let is_dust = qty < rules.min_qty || notional < rules.min_notional;
    if is_dust { Qty::ZERO } else { qty }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples;

    #[test]
    fn dust_is_small_in_quantity_or_value() {
        let instrument = samples::b();
        let closes = |held: i64, mid: i64| closable(&instrument, Qty(held), 2 * mid, Timestamp(0)).0;
        assert_eq!(closes(-20_000, 4_500_000), 20_000, "9 USDT");
        assert_eq!(closes(9_999, 4_500_000_000), 0, "below the least quantity");
        assert_eq!((closes(10_000, 5_000_000), closes(10_000, 4_999_999)), (10_000, 0), "5 USDT and less");
        assert_eq!((closes(0, 1), side_of(Qty(0)), side_of(Qty(-1))), (0, None, Some(Side::Sell)));
    }
}
