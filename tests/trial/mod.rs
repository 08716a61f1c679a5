//! Setups for whole runs on small generated markets.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use seatrial::data::synth::{BarOptions, L2Options, bars, l2};
use seatrial::data::{OrderRow, OrderRowKind, Placed, Provenance, Records, Row, RowKind, Tape};
use seatrial::market::{
    Asset, AssetId, Balance, Contract, FeeAsset, FeeSchedule, Instrument, InstrumentId, Money, OrderAct, Price,
    PublicOrderId, Qty, Rate, Rules, SessionState, Side, Span, Timestamp,
};
use seatrial::sim::Setup;
use seatrial::sim::latency::{Latencies, Latency};
use seatrial::sim::setup::{MarketTape, ScenarioText, StrategySpec};
use seatrial::trading::Config;
use seatrial::venue::{
    BackgroundTerms, BandTerms, HaltTerms, MakerTerms, MomentumTerms, NoiseTerms, RegimeTerms, SessionTerms,
    ValueTerms, VenueConfig,
};

/// Two minutes of L2.
pub fn l2_tape(seed: u64) -> Tape {
    l2(&L2Options { seed, minutes: 2, ..L2Options::default() }).expect("the generator's defaults are sound")
}

#[allow(dead_code, reason = "not every test plays orders")]
/// The same two minutes order by order: at each level stands one order, which has its quantity.
pub fn order_tape(seed: u64) -> Tape {
    let tape = l2_tape(seed);
    let row = |row: &Row| {
        let name = |side| PublicOrderId(row.price.0.unsigned_abs() * 2 + side as u64 + 1);
        let (order, side, act) = match row.kind() {
            RowKind::Bid => (name(Side::Buy), Some(Side::Buy), OrderAct::Modify),
            RowKind::Ask => (name(Side::Sell), Some(Side::Sell), OrderAct::Modify),
            RowKind::TradeBuy => (PublicOrderId(0), Some(Side::Sell), OrderAct::Print),
            RowKind::TradeSell => (PublicOrderId(0), Some(Side::Buy), OrderAct::Print),
            other => panic!("the generator makes no {other:?}"),
        };
        let placed = Placed { side, price: row.price, qty: row.qty() };
        OrderRow::new((row.exchange, row.local), order, placed, OrderRowKind::Order(act), row.last())
    };
    let orders = Records::Orders(tape.rows().iter().map(row).collect());
    let decimals = (tape.price_unit.scale(), tape.qty_unit.scale());
    Tape::new(tape.symbol.clone(), decimals, Span::ZERO, orders, tape.provenance)
}

/// A quoter's run in a market of agents, of which two instants are on the tape: when it opens, and when it ends.
#[allow(dead_code, reason = "not every test trades with agents")]
pub fn agents_setup(seed: u64) -> Setup {
    let (opens, ends) = (Timestamp(0), Timestamp(0).after(Span::from_mins(3)));
    let open = |at| Row::new(at, at, Price(1), Qty(1), RowKind::Session(SessionState::Open), true);
    let records = Records::Rows(vec![open(opens), open(ends)]);
    let tape = Tape::new("BTC/USDT".to_owned(), (1, 5), Span::ZERO, records, Provenance::default());
    let mut setup = setup(tape, Contract::Spot, "quoter");
    setup.seed = seed;
    setup.venue.backgrounds = vec![Some(BackgroundTerms {
        opens,
        ends,
        price: Price(600_000),
        noise: NoiseTerms {
            market_orders: 2_000,
            market_size: Qty(500),
            limit_orders: 2_000,
            limit_size: Qty(500),
            distance: 30,
            life: Span::from_secs(3),
            excitation: 400,
            memory: Span::from_secs(2),
            ..NoiseTerms::NONE
        },
        makers: MakerTerms {
            spread: 20,
            levels: 4,
            size: Qty(2_000),
            refresh: Span::from_millis(500),
            anchor: 500,
            peak: None,
        },
        momentum: MomentumTerms { orders: 100, size: Qty(500), memory: Span::from_secs(30) },
        value: ValueTerms { orders: 500, size: Qty(500), volatility_ppm: 40_000, half_life: Span::from_hours(6) },
        regime: RegimeTerms::default(),
    })];
    setup
}

/// The same with days, icebergs, hidden orders, a band and halts.
#[allow(dead_code, reason = "not every test trades with agents")]
pub fn regime_setup(seed: u64) -> Setup {
    let mut setup = agents_setup(seed);
    let terms = setup.venue.backgrounds[0].as_mut().expect("a market of agents");
    (terms.noise.iceberg, terms.noise.peak, terms.noise.hidden) = (300, Qty(100), 200);
    terms.makers.peak = Some(Qty(500));
    let secs = Span::from_secs;
    terms.regime = RegimeTerms {
        sessions: Some(SessionTerms { opening_call: secs(10), closing_call: secs(8), day: secs(80), night: secs(10) }),
        band: Some(BandTerms { width_ppm: 1_500, renew: secs(20) }),
        halt: Some(HaltTerms { move_ppm: 800, lasts: secs(3), call: secs(3) }),
    };
    setup
}

/// Two days of bars.
pub fn bar_tape(seed: u64) -> Tape {
    bars(&BarOptions { seed, days: 2, ..BarOptions::default() }).expect("the generator's defaults are sound")
}

fn instrument(tape: &Tape, contract: Contract) -> Instrument {
    let fees = FeeSchedule { maker: Rate::from_bps(2), taker: Rate::from_bps(5), asset: FeeAsset::Quote };
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC/USDT".to_owned(),
        base: AssetId(0),
        quote: AssetId(1),
        base_scale: 8,
        quote_scale: 8,
        contract,
        price_unit: tape.price_unit,
        qty_unit: tape.qty_unit,
        timeline: vec![Rules {
            from: Timestamp::MIN,
            tick: Price(1),
            lot: Qty(1),
            min_qty: Qty(10),
            max_qty: Qty(100_000_000),
            min_notional: Money::new(5.into()),
            band: None,
            fees,
        }],
    }
}

/// A run on a market whose quantities are contracts of 1 USDT each, settled in coins, with a fifth of a coin to back them; in an
/// account that counts in coins, or in USDT.
#[allow(dead_code, reason = "not every test trades inverse contracts")]
pub fn inverse_setup(tape: Tape, strategy: &str, in_coins: bool) -> Setup {
    let decimals = (tape.price_unit.scale(), 0);
    let tape = Tape::new(tape.symbol, decimals, tape.cadence, tape.records, tape.provenance);
    let mut setup = setup(tape, Contract::Inverse, strategy);
    let balances = vec![Balance { asset: AssetId(0), total: Money::new(Decimal::new(2, 1)) }];
    (setup.balances, setup.venue.balances) = (balances.clone(), balances);
    setup.account_currency = AssetId(u16::from(!in_coins));
    setup
}

/// Delays that differ from message to message.
pub fn ragged() -> Latency {
    let table = [(0, 1), (500_000, 3), (990_000, 20), (1_000_000, 80)];
    let table = table.map(|(share, millis)| (share, Span::from_millis(millis))).to_vec();
    Latency::quantiles(table).expect("a table from none to all")
}

/// A run of a strategy on a tape, with 10,000 USDT and room to trade.
pub fn setup(tape: Tape, contract: Contract, strategy: &str) -> Setup {
    let instrument = instrument(&tape, contract);
    let asset = |name: &str| Asset { name: name.to_owned(), scale: 8 };
    let balances = vec![Balance { asset: AssetId(1), total: Money::new(10_000.into()) }];
    let mut venue = VenueConfig::new(vec![instrument.clone()], balances.clone());
    venue.half_spread_ticks = vec![1];
    let mut trader = Config::default();
    for (key, value) in [
        ("throttle.max_entries", "50"),
        ("throttle.window", "1s"),
        ("throttle.max_per_day", "50000"),
        ("cooldown.close", "0"),
        ("cooldown.loss", "0"),
        ("cooldown.losses3", "0"),
        ("cooldown.losses5", "0"),
        ("risk.duplicate_window", "1s"),
        ("budget.entry", "10/s 50"),
        ("budget.safety", "20/s 100"),
    ] {
        trader.set(key, value).expect("the table knows the key");
    }
    Setup {
        name: "trial".to_owned(),
        scenario: ScenarioText {
            path: "trial.toml".to_owned(),
            text: "a test".to_owned(),
            hash: [0; 32],
            set: String::new(),
        },
        seed: 1,
        run: 0,
        assets: vec![asset("BTC"), asset("USDT")],
        instruments: vec![instrument],
        tapes: vec![MarketTape { tape: Arc::new(tape), from: None, to: None }],
        account_currency: AssetId(1),
        balances,
        rates: Vec::new(),
        venue,
        latency: Latencies {
            feed: None,
            decision: Latency::constant(Span(100_000)).expect("not below zero"),
            order_entry: ragged(),
            report: ragged(),
            own: Vec::new(),
        },
        trader,
        strategy: StrategySpec { name: strategy.to_owned(), params: BTreeMap::new(), own: None },
        script: Vec::new(),
        faults: Vec::new(),
        funding_against_ppm: 0,
        guards: true,
        tiles: true,
    }
}

/// The same, told something: parameters of its strategy and keys of its trader.
#[allow(dead_code, reason = "not every test tells its strategy something")]
pub fn told(mut setup: Setup, params: &[(&str, &str)], keys: &[(&str, &str)]) -> Setup {
    setup.strategy.params = params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    for (key, value) in keys {
        setup.trader.set(key, value).expect("the table knows the key");
    }
    setup
}

/// A grid's run, of narrow levels and with room to refill them before it is flat.
#[allow(dead_code, reason = "not every test rests a ladder")]
pub fn grid_setup(tape: Tape, contract: Contract) -> Setup {
    let params = [("spacing", "20 ticks"), ("levels", "20"), ("recentre", "3"), ("size", "50")];
    let keys = [("ceilings", "research"), ("risk.max_entries_per_instrument", "200"), ("risk.max_entries", "200")];
    told(setup(tape, contract, "grid"), &params, &keys)
}

/// A reverter's run, with a stop as near and a target as modest as production allows.
#[allow(dead_code, reason = "not every test trades with bands")]
pub fn reverter_setup(tape: Tape, contract: Contract, params: &[(&str, &str)]) -> Setup {
    let keys = [("stop.min", "0.1%"), ("stop.min_reward_risk", "1")];
    told(setup(tape, contract, "mean_reversion"), params, &keys)
}
