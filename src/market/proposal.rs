//! Proposals: a wish to trade, before any check (production-rules §2.1).

use serde::{Deserialize, Serialize};

use super::instrument::InstrumentId;
use super::money::{Money, Rate, RawPrice};
use super::order::{DeskId, TimeInForce};
use super::units::Qty;

/// A wish to trade, by number; unique per account for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ProposalId(pub u64);

/// What a proposal wants done. The side follows from it (production-rules §2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Intention {
    /// Open or grow a long position.
    OpenLong,
    /// Open or grow a short position.
    OpenShort,
    /// Shrink the position by this much; never opens anything.
    Reduce(Qty),
    /// Close the position; never opens anything.
    Close,
}

/// How large an entry is wished to be. Quote amounts and base quantities are different things.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Size {
    /// As large as the risk rules allow.
    RiskBased,
    /// This much, in quote.
    Notional(Money),
    /// This much, in quantity units of base.
    Quantity(Qty),
}

/// How a proposal wants to trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Pricing {
    /// At once, within the collar.
    Market,
    /// At this price or better.
    Limit(RawPrice),
}

/// What kind of market a desk believes it is in (production-rules §2.5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Rising steadily.
    TrendingBull,
    /// Falling steadily.
    TrendingBear,
    /// Going sideways.
    Ranging,
    /// About to leave a range.
    BreakoutPotential,
    /// Rising wildly.
    VolatileBull,
    /// Falling wildly.
    VolatileBear,
    /// Directionless and noisy.
    Choppy,
    /// Not known.
    Unknown,
}

/// A wish to trade, before any check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// Its number.
    pub id: ProposalId,
    /// Who wishes.
    pub desk: DeskId,
    /// What to trade.
    pub instrument: InstrumentId,
    /// What to do.
    pub intention: Intention,
    /// How large; meaningless for `Reduce` and `Close`.
    pub size: Size,
    /// At what price.
    pub pricing: Pricing,
    /// How long it works; none takes `orders.default_tif`, and a market-like order is always IOC.
    pub tif: Option<TimeInForce>,
    /// Never takes.
    pub post_only: bool,
    /// Where the position would be given up.
    pub stop: Option<RawPrice>,
    /// Where profit would be taken.
    pub target: Option<RawPrice>,
    /// Whether the stop of the position may trail, where `trailing.enabled` allows it.
    pub trailing: bool,
    /// Leverage asked for, 1 without margin.
    pub leverage: u8,
    /// How sure the desk is, 0 to 1.
    pub confidence: Rate,
    /// The market it believes in.
    pub regime: Regime,
    /// The confidences that went into it.
    pub contributing: Vec<Rate>,
}
