//! Postings: double entry per asset. A transaction sums to zero in every asset it touches.

use serde::{Deserialize, Serialize};

use super::instrument::{AssetId, InstrumentId};
use super::money::Money;
use super::order::{DeskId, VenueRef};
use super::units::Timestamp;

/// The named accounts, one set per asset (production-rules §5.1). A positive amount is received
/// by the account; the P&L effect of an account other than cash is minus its balance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Account {
    /// What we hold.
    Cash,
    /// What traded against us.
    Market,
    /// Fees paid.
    Fees,
    /// Funding paid.
    Funding,
    /// Interest and rollover paid.
    Interest,
    /// Deposits, withdrawals, the opening balance.
    External,
    /// What rounding moved.
    Rounding,
    /// A difference nobody could explain yet.
    Unexplained,
}

impl Account {
    /// All accounts, in order.
    pub const ALL: [Self; 8] = [
        Self::Cash,
        Self::Market,
        Self::Fees,
        Self::Funding,
        Self::Interest,
        Self::External,
        Self::Rounding,
        Self::Unexplained,
    ];
}

/// One entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Posting {
    /// Where to.
    pub account: Account,
    /// Of which asset.
    pub asset: AssetId,
    /// How much; negative leaves the account.
    pub amount: Money,
}

/// A transaction's number, sequential per journal epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct TransactionId(pub u64);

/// Why money moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Cause {
    /// The balance the account began with.
    Opening,
    /// The trade of an execution.
    Fill(VenueRef),
    /// The fee of an execution.
    Fee(VenueRef),
    /// The settled profit of a margin position closed by an execution.
    Settlement(VenueRef),
    /// A deposit or withdrawal.
    Transfer,
    /// Funding of an instrument at its funding time.
    Funding(InstrumentId, Timestamp),
    /// The reversal of an earlier transaction.
    Reversal(TransactionId),
    /// A difference found by reconciliation.
    Difference,
    /// Interest or rollover of an instrument at the time it was due.
    Interest(InstrumentId, Timestamp),
}

/// Entries that belong together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transaction {
    /// Its number.
    pub id: TransactionId,
    /// When it was made.
    pub at: Timestamp,
    /// For which desk; none for the account as a whole.
    pub desk: Option<DeskId>,
    /// Why.
    pub cause: Cause,
    /// The entries.
    pub postings: Vec<Posting>,
}
