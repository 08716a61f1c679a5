//! The test instruments of production-rules §7.1, and short ways to write a fill.

#![allow(dead_code, reason = "each test crate uses its own part")]

use rust_decimal::Decimal;
use seatrial::market::{
    AssetId, Contract, Fee, FeeAsset, FeeSchedule, Fill, Instrument, InstrumentId, Liquidity, Money, Price, Qty, Rate,
    Rules, Side, VenueRef,
};

/// Names of the assets, by id.
pub const ASSETS: [&str; 4] = ["BTC", "USDT", "XRP", "BNB"];

pub fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap_or_else(|_| panic!("`{text}` is not a decimal"))
}

pub fn money(text: &str) -> Money {
    Money::new(decimal(text))
}

pub fn asset(name: &str) -> AssetId {
    let place = ASSETS.iter().position(|asset| *asset == name).unwrap_or_else(|| panic!("no asset {name}"));
    AssetId(u16::try_from(place).expect("four assets"))
}

/// B, X, Y or Z of §7.1 with these maker and taker rates in quote; it stands at `place` of its
/// table.
pub fn instrument(name: &str, contract: Contract, maker: &str, taker: &str, place: u16) -> Instrument {
    let (symbol, tick, lot, base_scale) = match name {
        "B" => ("BTC/USDT", "0.01", "0.00000001", 9),
        "X" => ("XRP/USDT", "0.00001", "1", 6),
        "Y" => ("XRP/BTC", "0.00000001", "1", 6),
        "Z" => ("BTC/USDT", "1", "1", 0),
        other => panic!("no test instrument {other}"),
    };
    let (base, quote) = symbol.split_once('/').expect("BASE/QUOTE");
    let rate = |text: &str| Rate::new(decimal(text));
    Instrument {
        id: InstrumentId(place),
        symbol: symbol.to_owned(),
        base: asset(base),
        quote: asset(quote),
        base_scale,
        quote_scale: 8,
        contract,
        price_unit: decimal(tick),
        qty_unit: decimal(lot),
        timeline: vec![Rules::unbounded(FeeSchedule {
            maker: rate(maker),
            taker: rate(taker),
            asset: FeeAsset::Quote,
        })],
    }
}

pub fn fill(number: u64, side: Side, price: Price, qty: Qty, liquidity: Liquidity, fee: Option<Fee>) -> Fill {
    Fill { execution: VenueRef::numbered('E', number), side, price, qty, liquidity, fee }
}
