//! Reads the account's files, whatever part of it they hold. Nothing is computed here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use rust_decimal::Decimal;
use seatrial::market::{Account, Cause, InstrumentId, Timestamp, VenueRef};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A fill, in contracts and satoshi.
#[derive(Deserialize)]
pub struct FillRow {
    #[serde(rename = "event_time")]
    pub time: String,
    #[serde(rename = "execID")]
    pub id: String,
    pub symbol: String,
    pub side: String,
    #[serde(rename = "signed_contract_qty")]
    pub qty: i64,
    /// As the exchange printed it; it may be rounded.
    #[serde(rename = "lastPx", with = "number")]
    last: Option<Decimal>,
    #[serde(rename = "execCost")]
    pub cost: i64,
    #[serde(rename = "configured_multiplier_raw")]
    pub multiplier: i64,
    /// Recovered from the value of the fill, where the other was rounded.
    #[serde(rename = "canonical_execution_price", with = "number")]
    recovered: Option<Decimal>,
}

/// A row of the wallet, in the currency's smallest unit.
#[derive(Deserialize)]
pub struct WalletRow {
    pub timestamp: String,
    #[serde(rename = "transactType")]
    pub kind: String,
    #[serde(rename = "transactStatus")]
    status: String,
    pub currency: String,
    amount: i64,
    fee: Option<i64>,
    #[serde(rename = "walletBalance")]
    pub balance: i64,
    /// Of what is realised, the contract.
    #[serde(rename = "address")]
    pub contract: String,
}

/// What a contract came to, in satoshi; what was paid is above zero.
#[derive(Deserialize)]
pub struct Totals {
    pub fills: usize,
    #[serde(rename = "sum_execCost_satoshi")]
    pub cost: i64,
    #[serde(rename = "settlement_execCost_satoshi")]
    pub settlement: i64,
    #[serde(rename = "position_after_last_fill")]
    pub held: i64,
    #[serde(rename = "position_after_settlement")]
    pub held_at_end: i64,
    #[serde(rename = "gross_realised_pnl_satoshi")]
    pub gross: i64,
    #[serde(rename = "funding_paid_satoshi")]
    pub funding: i64,
    #[serde(rename = "wallet_RealisedPNL_satoshi")]
    pub wallet: i64,
    #[serde(rename = "trade_fees_paid_satoshi_implied")]
    pub fees: i64,
    #[serde(rename = "traded_value_satoshi")]
    pub traded: i64,
}

impl FillRow {
    /// The price as printed.
    pub fn last(&self) -> Decimal {
        self.last.unwrap_or_else(|| panic!("{} has no price", self.id))
    }

    /// The price at which it is worth what the exchange says.
    pub fn price(&self) -> Decimal {
        self.recovered.unwrap_or_else(|| self.last())
    }
}

impl WalletRow {
    /// What it did to the balance: nothing, unless it was carried out.
    pub fn moved(&self) -> i64 {
        if self.status == "Completed" { self.amount } else { 0 }
    }

    /// The part of it that was a fee.
    pub fn fee_moved(&self) -> i64 {
        if self.status == "Completed" { self.fee.unwrap_or(0) } else { 0 }
    }

    /// Why it moved, and the account on the other side.
    pub fn booked(&self) -> (Cause, Account) {
        let contract = InstrumentId(0);
        match self.kind.as_str() {
            "Deposit" | "Withdrawal" | "Transfer" => (Cause::Transfer, Account::External),
            "Funding" => (Cause::Funding(contract, Timestamp(0)), Account::Funding),
            "RealisedPNL" | "UnrealisedPNL" | "Conversion" | "SpotTrade" => {
                (Cause::Settlement(VenueRef::numbered('W', 0)), Account::Market)
            }
            other => panic!("a wallet row of a kind unknown: {other}"),
        }
    }
}

/// All fills; none where there is no folder.
pub fn fills() -> Option<Vec<FillRow>> {
    tables("fills_")
}

/// All rows of the wallet, in order.
pub fn wallet() -> Option<Vec<WalletRow>> {
    let mut rows: Vec<WalletRow> = tables("walletHistory_")?;
    // Parts of a ledger follow each other; rows of one instant stay as they are.
    rows.sort_by(|a, b| a.timestamp.cmp(&b.timestamp));
    Some(rows)
}

/// Symbols that the dictionary calls inverse.
pub fn inverse() -> Option<BTreeSet<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Known {
        symbol: String,
        is_inverse: String,
    }
    let known: Vec<Known> = tables("instrument_")?;
    Some(known.into_iter().filter(|known| known.is_inverse == "true").map(|known| known.symbol).collect())
}

/// Totals by contract.
pub fn totals() -> Option<BTreeMap<String, Totals>> {
    let mut all = BTreeMap::new();
    for path in files("totals_", ".json")? {
        let part: BTreeMap<String, Totals> = serde_json::from_reader(File::open(&path).ok()?)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        all.extend(part);
    }
    Some(all)
}

/// Whether the wallet's rows begin before these fills and go on for days after them.
pub fn covers(wallet: &[WalletRow], fills: &[FillRow]) -> bool {
    let (Some(first), Some(last)) = (wallet.first(), wallet.last()) else { return false };
    let day = |row: Option<&FillRow>| row.map(|row| row.time[..10].to_owned());
    day(fills.first()).is_some_and(|day| first.timestamp[..10] <= *day)
        && day(fills.last()).is_some_and(|day| last.timestamp[..10] > *day)
}

fn tables<T: DeserializeOwned>(prefix: &str) -> Option<Vec<T>> {
    let mut rows = Vec::new();
    for path in files(prefix, ".csv.gz")? {
        let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(&path).ok()?));
        let read = reader.deserialize().map(|row| row.unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        rows.extend(read);
    }
    Some(rows)
}

fn files(prefix: &str, suffix: &str) -> Option<Vec<PathBuf>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/bitmex-account");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(prefix) && name.ends_with(suffix)
    });
    paths.sort();
    Some(paths)
}

/// A decimal as it is written, or nothing.
mod number {
    use rust_decimal::Decimal;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = if text.contains(['e', 'E']) { Decimal::from_scientific } else { Decimal::from_str_exact };
        if text.is_empty() { Ok(None) } else { read(&text).map(Some).map_err(Error::custom) }
    }
}
