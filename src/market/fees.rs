//! Fee plans: schedules that move with the volume an account traded, as plain data.
//!
//! A plan is the venue's truth about one instrument. What it comes to is counted by whoever charges, and once
//! more by whoever audits; a trader knows nothing of it but the rates it was told.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::money::{Money, Rate};
use super::units::{Span, Timestamp};

/// How far back traded volume counts.
pub const VOLUME_WINDOW: Span = Span::from_hours(30 * 24);

/// When an account's tier is looked up anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Assessed {
    /// With every execution, by what was traded before it.
    EachTrade,
    /// Once a day, UTC.
    Daily {
        /// The time of day up to which volume counts.
        counted: Span,
        /// The time of that day from which the tier holds; not before it was counted.
        holds: Span,
    },
}

/// Rates from a volume on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeTier {
    /// The least volume, in the currency that volume is counted in.
    pub volume: Money,
    /// Rate on notional when our order rested; negative is a rebate.
    pub maker: Rate,
    /// Rate on notional when our order took.
    pub taker: Rate,
}

/// A venue's schedule from one instant on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeTable {
    /// First instant at which it holds.
    pub from: Timestamp,
    /// Its name, and when it was published.
    pub name: String,
    /// When a tier is looked up anew.
    pub assessed: Assessed,
    /// Quote per unit of the currency that volume is counted in.
    pub volume_price: Money,
    /// Tiers by ascending volume, the first from none; never empty.
    pub tiers: Vec<FeeTier>,
    /// In quote per base, beside the rate.
    pub per_unit: Money,
    /// The least of an order's fee by `per_unit`, in quote, charged with its first fill.
    pub least: Money,
}

/// What an instrument costs over time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeePlan {
    /// When the run begins.
    pub since: Timestamp,
    /// Volume traded just before that, in the currency that volume is counted in.
    pub brought: Money,
    /// Tables by the instant from which they hold, ascending; never empty.
    pub tables: Vec<FeeTable>,
}

impl FeePlan {
    /// The table in force; before the first, the first.
    #[must_use]
    pub fn table(&self, now: Timestamp) -> &FeeTable {
        let next = self.tables.partition_point(|table| table.from <= now);
        &self.tables[next.saturating_sub(1)]
    }
}

impl fmt::Display for FeePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
        write!(f, "{}, {} traded before", names.join(", then "), self.brought)
    }
}
