//! The figures of a run, as they stand in `run --json` and in a row of a sweep.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::orders::OrderStatistics;

/// What only the loop that ran knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Events simulated.
    pub events: u64,
    /// The journal's digest.
    pub digest: u64,
    /// How often the audit found a law broken.
    pub audit_breaches: u64,
}

/// What a run came to. Money is in account currency, as decimal text, exact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// Its number under that seed.
    pub run: u64,
    /// Its digest, 16 hexadecimal digits.
    pub digest: String,
    /// Events that were simulated.
    pub events: u64,
    /// Orders sent.
    pub orders: u64,
    /// Fills booked.
    pub fills: u64,
    /// Those of them after which their order still had something to fill.
    pub partial_fills: u64,
    /// Orders the venue refused.
    pub rejections: u64,
    /// Proposals and commands we refused.
    pub denials: u64,
    /// Gross realised, and gross unrealised at the last mark.
    pub gross_pnl: String,
    /// Fees paid, each valued when it was posted; rebates count against them.
    pub fees: String,
    /// Funding and interest paid, each valued when it was posted.
    pub funding: String,
    /// Gross less fees and funding: the change of equity that is neither transfer, nor rounding,
    /// nor another worth of what was held anyway.
    pub net_pnl: String,
    /// What the opening balances were worth when everything had a mark; none if that never was.
    pub equity_start: Option<String>,
    /// What the account is worth at the last marks; none if something it holds has none.
    pub equity_end: Option<String>,
    /// The deepest fall from a peak of sampled equity, as a fraction of the peak, cut at 8 decimals.
    pub max_drawdown: String,
    /// Position by symbol, in base.
    pub position_end: BTreeMap<String, String>,
    /// How often a law was broken.
    pub audit_breaches: u64,
    /// What could not be counted in: assets without a rate, amounts too large.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unvalued: Vec<String>,
    /// What became of orders on their way.
    #[serde(default)]
    pub order_statistics: OrderStatistics,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = || "unknown".to_owned();
        writeln!(f, "{} seed {} run {}  digest {}", self.scenario, self.seed, self.run, self.digest)?;
        writeln!(
            f,
            "{} events, {} orders, {} fills ({} partial), {} rejections, {} denials",
            self.events, self.orders, self.fills, self.partial_fills, self.rejections, self.denials
        )?;
        writeln!(f, "gross {}  fees {}  funding {}  net {}", self.gross_pnl, self.fees, self.funding, self.net_pnl)?;
        let (start, end) = (self.equity_start.clone(), self.equity_end.clone());
        let (start, end) = (start.unwrap_or_else(unknown), end.unwrap_or_else(unknown));
        writeln!(f, "equity {start} to {end}, drawdown at most {} of its peak", self.max_drawdown)?;
        let positions: Vec<_> = self.position_end.iter().map(|(symbol, qty)| format!("{symbol} {qty}")).collect();
        writeln!(f, "positions: {}", if positions.is_empty() { "none".to_owned() } else { positions.join(", ") })?;
        writeln!(f, "{}", self.order_statistics)?;
        if !self.unvalued.is_empty() {
            writeln!(f, "not counted in: {}", self.unvalued.join(", "))?;
        }
        write!(f, "{} laws broken", self.audit_breaches)
    }
}
