//! The words of a test: its instruments, its configuration, and what it asks of the desk.

use rust_decimal::Decimal;
use seatrial::market::{
    AssetId, Contract, FeeAsset, FeeSchedule, Instrument, InstrumentId, Intention, Money, Price, Pricing, Proposal,
    Qty, Rate, RawPrice, Regime, Rules, Side, Size, Timestamp,
};
use seatrial::trading::{Config, Desk};

/// Assets of the test instruments.
pub const BTC: AssetId = AssetId(0);
pub const USDT: AssetId = AssetId(1);
pub const XRP: AssetId = AssetId(2);
pub const OTHER: AssetId = AssetId(3);

/// The test instruments of production-rules §7.1, at these places.
pub const B: InstrumentId = InstrumentId(0);
pub const X: InstrumentId = InstrumentId(1);
pub const Y: InstrumentId = InstrumentId(2);

pub const SECOND: i64 = 1_000_000_000;
/// Noon of some day, so that a test's day does not end under it.
pub const NOON: Timestamp = Timestamp(1_700_049_600 * SECOND);

pub fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap_or_else(|error| panic!("`{text}` in a test: {error}"))
}

pub fn money(text: &str) -> Money {
    Money::new(decimal(text))
}

pub fn rate(text: &str) -> Rate {
    Rate::new(decimal(text))
}

/// An instrument with tick, lot, least quantity in lots, and least notional.
pub fn instrument(id: u16, symbol: &str, tick: &str, lot: &str, min_qty: i64, min_notional: &str) -> Instrument {
    let asset = |name: &str| match name {
        "BTC" => BTC,
        "USDT" => USDT,
        "XRP" => XRP,
        _ => AssetId(10 + id),
    };
    let (base, quote) = symbol.split_once('/').expect("BASE/QUOTE");
    Instrument {
        id: InstrumentId(id),
        symbol: symbol.to_owned(),
        base: asset(base),
        quote: asset(quote),
        base_scale: 9,
        quote_scale: 8,
        contract: Contract::Spot,
        price_unit: decimal(tick),
        qty_unit: decimal(lot),
        timeline: vec![Rules {
            from: Timestamp::MIN,
            tick: Price(1),
            lot: Qty(1),
            min_qty: Qty(min_qty),
            max_qty: Qty(i64::MAX),
            min_notional: money(min_notional),
            band: None,
            fees: FeeSchedule { maker: rate("0.0025"), taker: rate("0.004"), asset: FeeAsset::Quote },
        }],
    }
}

/// B, X and Y of production-rules §7.1.
pub fn instruments(contract: Contract) -> Vec<Instrument> {
    let mut all = vec![
        instrument(0, "BTC/USDT", "0.01", "0.00000001", 10_000, "5"),
        instrument(1, "XRP/USDT", "0.00001", "1", 10, "5"),
        instrument(2, "XRP/BTC", "0.00000001", "1", 10, "0.0001"),
    ];
    for instrument in &mut all {
        instrument.contract = contract;
    }
    all
}

/// The standard configuration with these keys set.
pub fn config(keys: &[(&str, &str)]) -> Config {
    let mut config = Config::default();
    for (key, value) in keys {
        config.set(key, value).unwrap_or_else(|error| panic!("{key} = {value}: {error}"));
    }
    config
}

/// A proposal in a test's words.
#[derive(Clone)]
pub struct Ask {
    pub instrument: InstrumentId,
    pub intention: Intention,
    /// Limit; none is market.
    pub price: Option<&'static str>,
    pub stop: Option<&'static str>,
    pub target: Option<&'static str>,
    pub confidence: &'static str,
    pub regime: Regime,
    pub size: Size,
    /// What a test changes besides.
    pub change: fn(&mut Proposal),
}

impl Ask {
    /// The entry of V-01: a long of B at 45 000, stop 44 100, confidence 0.90, trending.
    pub fn v01() -> Self {
        Self::long(B, "45000", "44100")
    }

    /// A long at a limit with a stop.
    pub fn long(instrument: InstrumentId, price: &'static str, stop: &'static str) -> Self {
        Self {
            instrument,
            intention: Intention::OpenLong,
            price: Some(price),
            stop: Some(stop),
            target: None,
            confidence: "0.90",
            regime: Regime::TrendingBull,
            size: Size::RiskBased,
            change: |_| (),
        }
    }

    /// A short at a limit with a stop.
    pub fn short(instrument: InstrumentId, price: &'static str, stop: &'static str) -> Self {
        Self { intention: Intention::OpenShort, ..Self::long(instrument, price, stop) }
    }

    /// An exit at market.
    pub fn exit(instrument: InstrumentId, intention: Intention) -> Self {
        Self { intention, price: None, stop: None, ..Self::long(instrument, "1", "1") }
    }

    pub fn at_market(self) -> Self {
        Self { price: None, ..self }
    }

    pub fn at(self, price: &'static str) -> Self {
        Self { price: Some(price), ..self }
    }

    pub fn stop(self, stop: &'static str) -> Self {
        Self { stop: Some(stop), ..self }
    }

    pub fn target(self, target: &'static str) -> Self {
        Self { target: Some(target), ..self }
    }

    pub fn believing(self, confidence: &'static str, regime: Regime) -> Self {
        Self { confidence, regime, ..self }
    }

    pub fn notional(self, notional: &str) -> Self {
        Self { size: Size::Notional(money(notional)), ..self }
    }

    pub fn quantity(self, lots: i64) -> Self {
        Self { size: Size::Quantity(Qty(lots)), ..self }
    }

    pub fn but(self, change: fn(&mut Proposal)) -> Self {
        Self { change, ..self }
    }

    /// The proposal itself.
    pub fn proposal(&self, desk: &Desk<'_>) -> Proposal {
        let raw = |text: &str| RawPrice::new(decimal(text));
        let mut proposal = desk.proposal(self.instrument, self.intention);
        proposal.size = self.size;
        proposal.pricing = self.price.map_or(Pricing::Market, |price| Pricing::Limit(raw(price)));
        proposal.stop = self.stop.map(raw);
        proposal.target = self.target.map(raw);
        proposal.confidence = rate(self.confidence);
        proposal.regime = self.regime;
        (self.change)(&mut proposal);
        proposal
    }
}

/// The side that grows a position of this sign.
pub const fn side_of(qty: Qty) -> Side {
    if qty.0 < 0 { Side::Sell } else { Side::Buy }
}
