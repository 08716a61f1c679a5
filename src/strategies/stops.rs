//! Where an entry would be given up, so that CK-15 agrees (production-rules §2.2).

use rust_decimal::Decimal;

use crate::market::{Instrument, Price, Side, Timestamp};
use crate::trading::Config;

/// The stop of an entry on `side`: `distance` from the planned price but at least `stop.min` of
/// it, on the grid away from the market; and no farther from the worst price than the
/// instrument's greatest stop distance. `None` if no such price is above zero.
///
/// Where both bounds cannot hold the farther one wins, and CK-15 denies.
pub(super) fn stop_price(
    instrument: &Instrument,
    limits: &Config,
    side: Side,
    (plan, worst): (Decimal, Decimal),
    distance: Decimal,
    now: Timestamp,
) -> Option<Price> {
    let sign = Decimal::from(side.sign());
    let distance = distance.max(limits.stop.min.decimal() * plan);
    let wanted = instrument.limit_price(side, plan - sign * distance, now)?;
    let farthest = worst * (Decimal::ONE - sign * limits.stop_max(&instrument.symbol).decimal());
    let farthest = instrument.limit_price(side.opposite(), farthest, now)?;
    let stop = if side.better(wanted, farthest) { farthest } else { wanted };
    (stop.0 > 0).then_some(stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::samples;
    use proptest::prelude::*;

    proptest! {
        /// CK-15 in its own words, on both sides and both prices of an entry.
        #[test]
        fn a_stop_is_neither_too_near_nor_too_far(
            mid in 100_000_i64..20_000_000,
            distance in 0_i64..2_000_000,
            collar in 0_i64..200,
            buys in any::<bool>(),
        ) {
            let (instrument, limits) = (samples::b(), Config::default());
            let side = if buys { Side::Buy } else { Side::Sell };
            let plan = instrument.price(Price(mid));
            let worst = plan * (Decimal::ONE + Decimal::from(side.sign()) * Decimal::new(collar, 4));
            let distance = instrument.price(Price(distance));
            let stop = stop_price(&instrument, &limits, side, (plan, worst), distance, Timestamp(0));
            let stop = instrument.price(stop.expect("a price above zero"));
            prop_assert!((plan - stop).abs() >= limits.stop.min.decimal() * plan);
            prop_assert!((worst - stop).abs() <= limits.stop_max(&instrument.symbol).decimal() * worst);
            prop_assert!(Decimal::from(side.sign()) * (plan - stop) > Decimal::ZERO);
        }
    }
}
