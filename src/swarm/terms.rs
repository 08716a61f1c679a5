//! What a case's terms may be, and how often.

use super::case::{LEAVE_AFTER_MINUTES, draw, pick};
use crate::market::Contract;
use crate::sim::rng::Stream;

/// What may be traded: test instruments of production-rules §7.1, with grids a market could have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pair {
    /// BTC/USDT.
    Btc,
    /// XRP/USDT.
    Xrp,
    /// A coin whose minimum is large: dust is common.
    Coarse,
}

impl Pair {
    /// Every pair.
    pub const ALL: [Self; 3] = [Self::Btc, Self::Xrp, Self::Coarse];

    /// Symbol, start price, tick, lot, least quantity and least notional.
    #[must_use]
    pub const fn grid(self) -> [&'static str; 6] {
        match self {
            Self::Btc => ["BTC/USDT", "45000", "0.01", "0.00001", "0.0001", "5"],
            Self::Xrp => ["XRP/USDT", "0.6", "0.00001", "1", "10", "5"],
            Self::Coarse => ["ETH/USDT", "2500", "0.1", "0.001", "0.1", "100"],
        }
    }

    /// Lots of a level that hold about as much as an entry.
    pub(super) const fn depth(self) -> i64 {
        match self {
            Self::Btc => 5_000,
            Self::Xrp => 4_000,
            Self::Coarse => 900,
        }
    }
}

/// Maker and taker in hundredths of a percent, and what a fee is charged in.
pub(super) fn fees(contract: Contract, chance: &mut Stream) -> (i32, i32, &'static str) {
    let maker = i32::try_from(draw(chance, 30)).expect("below 30") - 2;
    let taker = 2 + i32::try_from(draw(chance, 40)).expect("below 40");
    let asset = match (contract, chance.below(10)) {
        (Contract::Spot, 0..=1) => "base",
        (_, 2) => "BNB",
        _ => "quote",
    };
    (maker, taker.max(maker), asset)
}

/// Median, 99 % and greatest, in milliseconds; some links are slower than the trader's patience.
pub(super) fn delays(chance: &mut Stream) -> [u32; 3] {
    let median = 1 + draw(chance, 80);
    let most = median * (2 + draw(chance, 10));
    let tail = if chance.ppm(200_000) { 4_000 } else { 400 };
    [median, most, most + draw(chance, tail)]
}

/// Room to trade, and what differs from case to case; all within the production ceilings.
pub(super) fn keys(chance: &mut Stream) -> Vec<(String, String)> {
    let mut keys: Vec<(String, String)> = Vec::new();
    let mut set = |key: &str, value: &str| keys.push((key.to_owned(), value.to_owned()));
    set("throttle.max_per_day", "50000");
    let mut one = |key: &str, values: &[&str]| set(key, values[pick(chance, values.len())]);
    one("throttle.max_entries", &["50", "50", "20", "5"]);
    one("throttle.window", &["1s", "10s", "60s"]);
    one("cooldown.close", &["0", "0", "5s", "30s", "5min"]);
    one("cooldown.loss", &["0", "0", "10s", "1min"]);
    one("cooldown.losses3", &["0", "0", "30s", "3min"]);
    one("cooldown.losses5", &["0", "1min", "5min"]);
    one("risk.duplicate_window", &["1s", "10s"]);
    one("risk.max_entries_per_instrument", &["5", "2", "1"]);
    one("risk.position_share", &["20%", "25%", "10%"]);
    one("risk.risk_per_trade", &["2%", "1%", "0.5%"]);
    one("risk.position_max", &["10000", "50000", "2500"]);
    one("stop.min", &["0.5%", "0.1%"]);
    one("stop.max", &["5%", "2%", "10%"]);
    one("stop.min_reward_risk", &["1.5", "1"]);
    one("orders.entry_collar", &["0.5%", "0.05%", "2%"]);
    one("orders.ack_timeout", &["2s", "1s", "0.5s", "5s"]);
    one("orders.cancel_timeout", &["2s", "1s", "5s"]);
    one("orders.deadline", &["5s", "2s", "10s"]);
    one("orders.history_max", &["1000", "100"]);
    one("reference.max_age", &["5s", "10s", "60s"]);
    one("budget.entry", &["30/min 5", "10/s 50", "1/s 10"]);
    one("budget.safety", &["30/min 10", "20/s 100", "1/s 20"]);
    one("protection.stop_kind", &["stop_market", "stop_market", "stop_limit"]);
    one("trailing.enabled", &["true", "false"]);
    one("trailing.activation", &["0.1%", "0.3%", "1%"]);
    one("trailing.distance", &["0.1%", "0.5%", "1.5%"]);
    one("trailing.update_every", &["1s", "10s"]);
    one("break_even.enabled", &["false", "true"]);
    one("break_even.activation", &["0.1%", "0.5%"]);
    one("break_even.buffer", &["0%", "0.1%"]);
    one("holding.max", &["48h", "0", "10min"]);
    keys
}

/// What the workload is told.
pub(super) fn workload(minutes: u32, chance: &mut Stream) -> Vec<(&'static str, String)> {
    let pace = ["5s", "10s", "20s", "40s", "60s"][pick(chance, 5)];
    let wrong = [0, 10, 50][pick(chance, 3)];
    vec![
        ("seed", chance.below(1 << 32).to_string()),
        ("pace", pace.to_owned()),
        ("until", format!("{minutes}min")),
        ("leave", format!("{LEAVE_AFTER_MINUTES}min")),
        ("wrong", wrong.to_string()),
        ("trailing", chance.ppm(300_000).to_string()),
    ]
}
