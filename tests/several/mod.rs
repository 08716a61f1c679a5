//! Setups of several instruments: one setup of `trial`, and further markets beside it.

use std::sync::Arc;

use seatrial::data::Tape;
use seatrial::data::synth::{BarOptions, BriskOptions, DEFAULT_START, L2Options, Mood, bars, brisk, l2};
use seatrial::market::{Asset, AssetId, Balance, Contract, InstrumentId, Money, Price, Qty, Rules};
use seatrial::sim::Setup;
use seatrial::sim::setup::MarketTape;

/// Half an hour of a market that moves, in lots of 0.0001.
pub fn brisk_tape(seed: u64, price: &str, tick: &str) -> Tape {
    let number = |text: &str| text.parse().expect("a decimal in a test");
    brisk(&BriskOptions {
        seed,
        minutes: 30,
        symbol: "X/Y".to_owned(),
        start: DEFAULT_START,
        price: number(price),
        tick: number(tick),
        lot: number("0.0001"),
        depth: 20_000,
        mood: Mood::Jumpy,
    })
    .expect("sound options")
}

/// Two minutes of depth, of something like ETH/USDT.
pub fn eth_depth(seed: u64) -> Tape {
    let (price, tick) = (3_000.into(), "0.1".parse().expect("a decimal"));
    l2(&L2Options { seed, minutes: 2, price, tick, ..L2Options::default() }).expect("sound options")
}

/// A day of bars of the same.
pub fn eth_bars(seed: u64) -> Tape {
    let (price, tick) = (3_000.into(), "0.1".parse().expect("a decimal"));
    bars(&BarOptions { seed, days: 1, price, tick, ..BarOptions::default() }).expect("sound options")
}

/// A setup with one more instrument, `base` against `quote`, each an asset of the setup or a new one.
pub fn beside(setup: Setup, tape: Tape, contract: Contract, base: &str, quote: &str) -> Setup {
    let mut setup = setup;
    let [base_id, quote_id] = [base, quote].map(|name| asset(&mut setup, name));
    let mut instrument = setup.instruments[0].clone();
    instrument.id = InstrumentId(u16::try_from(setup.instruments.len()).expect("few instruments"));
    instrument.symbol = format!("{base}/{quote}");
    (instrument.base, instrument.quote, instrument.contract) = (base_id, quote_id, contract);
    (instrument.price_unit, instrument.qty_unit) = (tape.price_unit, tape.qty_unit);
    let rules = instrument.timeline[0].clone();
    // What is counted in coins is worth a thousand times what is counted in dollars.
    let least = if quote == "USDT" { "5" } else { "0.0001" };
    let min_notional = Money::new(least.parse().expect("a decimal"));
    instrument.timeline = vec![Rules { tick: Price(1), lot: Qty(1), min_qty: Qty(1), min_notional, ..rules }];
    setup.venue.instruments.push(instrument.clone());
    setup.venue.half_spread_ticks.push(1);
    setup.instruments.push(instrument);
    setup.tapes.push(MarketTape { tape: Arc::new(tape), from: None, to: None });
    setup
}

fn asset(setup: &mut Setup, name: &str) -> AssetId {
    let known = setup.assets.iter().position(|asset| asset.name == name);
    let place = known.unwrap_or_else(|| {
        setup.assets.push(Asset { name: name.to_owned(), scale: 8 });
        setup.assets.len() - 1
    });
    AssetId(u16::try_from(place).expect("few assets"))
}

/// A setup that holds so much of an asset from the start.
pub fn holding(setup: Setup, name: &str, amount: &str) -> Setup {
    let mut setup = setup;
    let balance = Balance { asset: asset(&mut setup, name), total: Money::new(amount.parse().expect("a decimal")) };
    setup.balances.push(balance);
    setup.venue.balances.push(balance);
    setup
}

/// A setup whose strategy is told this.
pub fn told(setup: Setup, key: &str, value: &str) -> Setup {
    let mut setup = setup;
    setup.strategy.params.insert(key.to_owned(), value.to_owned());
    setup
}
