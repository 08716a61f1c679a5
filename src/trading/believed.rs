//! The instruments as the trader believes them: the venue's rules, replaced where configuration
//! says otherwise, with the larger of two minima (production-rules §6).

use rust_decimal::Decimal;

use super::config::{Beliefs, Config};
use crate::market::{Instrument, Qty};

/// An instrument with what is believed of it in force at every time.
#[must_use]
pub(crate) fn believed(mut instrument: Instrument, beliefs: &Beliefs) -> Instrument {
    let belief = beliefs.of(&instrument.symbol);
    let least = beliefs.expected(&instrument.symbol).min_qty.map(|least| qty_up(&instrument, least.0));
    let units = instrument.clone();
    let exact_qty = |qty: Decimal| units.exact_qty(qty);
    for rules in &mut instrument.timeline {
        rules.tick = belief.tick_size.and_then(|tick| units.exact_price(tick.0)).unwrap_or(rules.tick);
        rules.lot = belief.lot_size.and_then(|lot| exact_qty(lot.0)).unwrap_or(rules.lot);
        rules.min_qty = belief.min_qty.and_then(|least| exact_qty(least.0)).unwrap_or(rules.min_qty);
        rules.min_qty = rules.min_qty.max(least.unwrap_or_default());
        rules.max_qty = belief.max_qty.and_then(|most| exact_qty(most.0)).unwrap_or(rules.max_qty);
        rules.min_notional = belief.min_notional.unwrap_or(rules.min_notional);
        rules.fees.maker = belief.maker.unwrap_or(rules.fees.maker);
        rules.fees.taker = belief.taker.unwrap_or(rules.fees.taker);
    }
    instrument
}

/// The least quantity that is at least `qty` base.
fn qty_up(instrument: &Instrument, qty: Decimal) -> Qty {
    let down = instrument.exact_qty(qty - qty.checked_rem(instrument.qty_unit).unwrap_or_default());
    down.map_or(Qty::ZERO, |down| if instrument.qty(down) < qty { Qty(down.0 + 1) } else { down })
}

/// Why a trader of these instruments must not arm: a grid that is not the expected one, or one that
/// was believed and cannot be counted in the instrument's units.
#[must_use]
pub(crate) fn unexpected(instruments: &[Instrument], config: &Config) -> Vec<String> {
    let mut found = Vec::new();
    for instrument in instruments {
        let (symbol, belief) = (&instrument.symbol, config.beliefs.of(&instrument.symbol));
        let expected = config.beliefs.expected(symbol);
        for rules in &instrument.timeline {
            let grids = [
                ("tick_size", belief.tick_size, expected.tick_size, instrument.price(rules.tick)),
                ("lot_size", belief.lot_size, expected.lot_size, instrument.qty(rules.lot)),
            ];
            for (name, believed, expected, grid) in grids {
                let said = [believed, expected].into_iter().flatten().find(|said| said.0 != grid);
                if let Some(said) = said {
                    found.push(format!("{symbol}: {name} is {} against {}", grid.normalize(), said.0.normalize()));
                }
            }
        }
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Money, Price, Rate, samples};

    fn config(keys: &[(&str, &str)]) -> Config {
        let mut config = Config::default();
        for (key, value) in keys {
            config.set(key, value).unwrap_or_else(|error| panic!("{key}: {error}"));
        }
        config
    }

    #[test]
    fn what_is_believed_replaces_the_venues_rules() {
        let config = config(&[
            ("instrument.BTC/USDT.tick_size", "0.5"),
            ("instrument.BTC/USDT.lot_size", "0.001"),
            ("instrument.BTC/USDT.max_qty", "3"),
            ("instrument.BTC/USDT.min_notional", "7"),
            ("instrument.BTC/USDT.fees.maker", "-0.01%"),
            ("instrument.BTC/USDT.fees.taker", "0.26%"),
        ]);
        let b = believed(samples::b(), &config.beliefs);
        let rules = &b.timeline[0];
        assert_eq!((rules.tick, rules.lot, rules.max_qty), (Price(50), Qty(100_000), Qty(300_000_000)));
        assert_eq!((rules.fees.maker, rules.fees.taker), (Rate::from_bps(-1), Rate::from_bps(26)));
        assert_eq!(rules.min_notional, Money::new(7.into()));
        assert_eq!(believed(samples::x(), &config.beliefs), samples::x(), "of others nothing was said");
    }

    #[test]
    fn the_larger_minimum_holds() {
        let least = |said: &[(&str, &str)]| believed(samples::b(), &config(said).beliefs).timeline[0].min_qty;
        assert_eq!(least(&[]), Qty(10_000), "expected and the venue's are the same");
        assert_eq!(least(&[("instrument.BTC/USDT.min_qty", "0.00001")]), Qty(10_000));
        assert_eq!(least(&[("instrument.BTC/USDT.min_qty", "0.01")]), Qty(1_000_000));
        assert_eq!(least(&[("instrument.expect.BTC/USDT.min_qty", "0.000000001")]), Qty(10_000));
        assert_eq!(least(&[("instrument.expect.BTC/USDT.min_qty", "0.000200001")]), Qty(20_001), "up to a whole unit");
    }

    #[test]
    fn another_grid_than_the_expected_one_is_named() {
        let told = |said: &[(&str, &str)]| {
            let config = config(said);
            unexpected(&[believed(samples::b(), &config.beliefs)], &config)
        };
        assert_eq!(told(&[("instrument.expect.BTC/USDT.tick_size", "0.01")]), Vec::<String>::new());
        let other = told(&[("instrument.expect.BTC/USDT.tick_size", "0.1")]);
        assert_eq!(other, ["BTC/USDT: tick_size is 0.01 against 0.1"]);
        let other = told(&[("instrument.expect.BTC/USDT.lot_size", "0.001")]);
        assert_eq!(other, ["BTC/USDT: lot_size is 0.00000001 against 0.001"]);
        let uncountable = told(&[("instrument.BTC/USDT.tick_size", "0.003")]);
        assert_eq!(uncountable, ["BTC/USDT: tick_size is 0.01 against 0.003"]);
    }
}
