//! Reads the published results and the bars they were made of. Nothing is computed here.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use rust_decimal::Decimal;
use serde::Deserialize;

const FOLDER: &str = "backtestingpy-expected";

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
    #[serde(with = "number")]
    pub return_pct: Decimal,
}

/// Everything published of one case.
pub struct Published {
    pub trades: Vec<Trade>,
    /// When each bar was, as written.
    pub times: Vec<String>,
    /// Equity after each bar.
    pub equity: Vec<Decimal>,
    stats: BTreeMap<String, serde_json::Value>,
    /// What the case asks for, in words.
    pub description: String,
    /// Arguments of the engine and of the strategy.
    pub arguments: BTreeMap<String, Decimal>,
}

impl Published {
    /// The case's files, if the shared data is there.
    pub fn read(case: &str) -> Option<Self> {
        let stats = std::fs::read_to_string(shared(&format!("backtestingpy-expected/{case}.stats.json"))).ok()?;
        let stats: serde_json::Value = serde_json::from_str(&stats).expect("the statistics are JSON");
        let trades = rows(&format!("backtestingpy-expected/{case}.trades.csv.gz"))?;
        let equity: Vec<(String, String)> = rows(&format!("backtestingpy-expected/{case}.equity.csv.gz"))?;
        let table = |key: &str| stats[key].as_object().cloned().unwrap_or_default();
        let arguments = table("backtest_args").into_iter().chain(table("strategy_params"));
        Some(Self {
            description: stats["description"].as_str().unwrap_or_default().to_owned(),
            arguments: arguments.map(|(key, value)| (key, decimal(&value.to_string()))).collect(),
            trades,
            times: equity.iter().map(|(time, _)| time.clone()).collect(),
            equity: equity.iter().map(|(_, equity)| decimal(equity)).collect(),
            stats: serde_json::from_value(stats["stats"].clone()).expect("the statistics are a table"),
        })
    }

    /// A figure of the statistics, digit by digit as published; none where it is left empty.
    pub fn figure(&self, name: &str) -> Option<Decimal> {
        self.stats.get(name).filter(|figure| !figure.is_null()).map(|figure| decimal(&figure.to_string()))
    }

    /// A text of the statistics.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.stats.get(name)?.as_str()
    }
}

/// Bars of an instrument: the month of one-minute bars that a description names, or the file of its own that
/// stands beside the case.
pub fn bars(case: &str, description: &str) -> Option<Vec<RawBar>> {
    let words: Vec<&str> = description.split([' ', ',', '.']).collect();
    let minutes = words.iter().position(|word| *word == "1m").filter(|place| *place > 0);
    let read = |(number, (_, prices)): (i64, &(String, [String; 4]))| RawBar {
        prices: prices.each_ref().map(|price| decimal(price)),
        opened_ns: number * 60_000_000_000,
    };
    let rows: Vec<(String, [String; 4])> = if let Some(place) = minutes {
        first_five(&format!("binance-klines-1m/{}_1m_{}.csv.gz", words[place - 1], words.get(place + 1)?))?
    } else {
        let symbol = case.split('_').next().unwrap_or_default().to_uppercase();
        first_five(&format!("{FOLDER}/{}", files(&format!("{symbol}_"), ".csv.gz")?.first()?))?
    };
    Some((0..).zip(&rows).map(read).collect())
}

/// Names of the cases; none where there is no folder.
pub fn cases() -> Vec<String> {
    let names = files("", ".stats.json").unwrap_or_default();
    names.iter().map(|name| name.trim_end_matches(".stats.json").to_owned()).collect()
}

fn files(prefix: &str, suffix: &str) -> Option<Vec<String>> {
    let names = std::fs::read_dir(shared(FOLDER)).ok()?;
    let mut names: Vec<String> = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.retain(|name| name.starts_with(prefix) && name.ends_with(suffix));
    names.sort();
    Some(names)
}

/// Time, open, high, low, close.
fn first_five(path: &str) -> Option<Vec<(String, [String; 4])>> {
    let rows: Vec<(String, [String; 4], String)> = rows(path)?;
    Some(rows.into_iter().map(|(time, prices, _)| (time, prices)).collect())
}

pub fn decimal(text: &str) -> Decimal {
    let number = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    number.unwrap_or_else(|error| panic!("`{text}` is not a decimal: {error}"))
}

/// The nearest float.
pub fn float(number: Decimal) -> f64 {
    number.to_string().parse().expect("a decimal is a number")
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
