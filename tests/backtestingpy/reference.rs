//! Reads the published results and the bars they were made of. Nothing is computed here.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use rust_decimal::Decimal;
use serde::Deserialize;

/// A bar as its file has it.
pub struct RawBar {
    pub prices: [Decimal; 4],
    pub opened_ns: i64,
}

/// A trade of the other engine.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Trade {
    pub size: i64,
    pub entry_bar: usize,
    pub exit_bar: usize,
    #[serde(with = "number")]
    pub entry_price: Decimal,
    #[serde(with = "number")]
    pub exit_price: Decimal,
    #[serde(rename = "PnL", with = "number")]
    pub pnl: Decimal,
    #[serde(with = "number")]
    pub commission: Decimal,
}

/// Everything published of one case.
pub struct Published {
    pub trades: Vec<Trade>,
    /// Equity after each bar.
    pub equity: Vec<Decimal>,
    stats: BTreeMap<String, serde_json::Value>,
}

impl Published {
    /// The case's files, if the shared data is there.
    pub fn read(case: &str) -> Option<Self> {
        let stats = std::fs::read_to_string(shared(&format!("backtestingpy-expected/{case}.stats.json"))).ok()?;
        let stats: serde_json::Value = serde_json::from_str(&stats).expect("the statistics are JSON");
        let trades = rows(&format!("backtestingpy-expected/{case}.trades.csv.gz"))?;
        let equity: Vec<(String, String)> = rows(&format!("backtestingpy-expected/{case}.equity.csv.gz"))?;
        Some(Self {
            trades,
            equity: equity.iter().map(|(_, equity)| decimal(equity)).collect(),
            stats: serde_json::from_value(stats["stats"].clone()).expect("the statistics are a table"),
        })
    }

    /// A figure of the statistics, digit by digit as published.
    pub fn figure(&self, name: &str) -> Option<Decimal> {
        self.stats.get(name).map(|figure| decimal(&figure.to_string()))
    }
}

/// The daily bars of GOOG, a day apart.
pub fn goog() -> Option<Vec<RawBar>> {
    const DAY_NS: i64 = 86_400_000_000_000;
    let rows: Vec<(String, [String; 4], String)> = rows("backtestingpy-expected/GOOG_daily.csv.gz")?;
    let bar = |(number, (_, prices, _)): (i64, &(_, [String; 4], _))| RawBar {
        prices: prices.each_ref().map(|price| decimal(price)),
        opened_ns: number * DAY_NS,
    };
    Some((0..).zip(&rows).map(bar).collect())
}

/// A month of one-minute bars of BTC/USDT.
pub fn btc(month: &str) -> Option<Vec<RawBar>> {
    let rows: Vec<(i64, [String; 4], String)> = rows(&format!("binance-klines-1m/BTCUSDT_1m_{month}.csv.gz"))?;
    let bar = |(ms, prices, _): &(i64, [String; 4], _)| RawBar {
        prices: prices.each_ref().map(|price| decimal(price)),
        opened_ns: ms * 1_000_000,
    };
    Some(rows.iter().map(bar).collect())
}

pub fn decimal(text: &str) -> Decimal {
    let number = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    number.unwrap_or_else(|error| panic!("`{text}` is not a decimal: {error}"))
}

fn shared(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path)
}

fn rows<T: for<'de> Deserialize<'de>>(path: &str) -> Option<Vec<T>> {
    let file = File::open(shared(path)).ok()?;
    let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
    Some(reader.deserialize().map(|row| row.unwrap_or_else(|error| panic!("{path}: {error}"))).collect())
}

mod number {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        String::deserialize(deserializer).map(|text| super::decimal(&text))
    }
}
