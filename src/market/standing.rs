//! The closed lists a trader speaks in: where an order stands, whether one may trade, what an order
//! is for, and why something was done.

use serde::{Deserialize, Serialize};

/// Where an order stands with us (production-rules §1.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum OrderState {
    /// Approved and recorded, not yet released.
    Intent,
    /// Released, no reply yet.
    Sent,
    /// Outcome of the submission unknown.
    UnknownSubmit,
    /// Known to be open; partly filled if anything filled.
    Live,
    /// Cancel in flight.
    CancelPending,
    /// Outcome of the cancel unknown.
    UnknownCancel,
    /// Amend in flight.
    AmendPending,
    /// Outcome of the amend unknown.
    UnknownAmend,
    /// Ended by its last fill.
    Filled,
    /// Ended by cancel.
    Cancelled,
    /// Ended by expiry.
    Expired,
    /// Refused by the venue.
    Rejected,
    /// Proven never accepted.
    Void,
}

impl OrderState {
    /// Every state, in the order of production-rules §1.4.
    pub const ALL: [Self; 13] = [
        Self::Intent,
        Self::Sent,
        Self::UnknownSubmit,
        Self::Live,
        Self::CancelPending,
        Self::UnknownCancel,
        Self::AmendPending,
        Self::UnknownAmend,
        Self::Filled,
        Self::Cancelled,
        Self::Expired,
        Self::Rejected,
        Self::Void,
    ];

    /// Whether the order takes no more commands. Never whether it takes no more money.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Filled | Self::Cancelled | Self::Expired | Self::Rejected | Self::Void)
    }

    /// Whether we do not know what the venue made of our last command.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        matches!(self, Self::UnknownSubmit | Self::UnknownCancel | Self::UnknownAmend)
    }
}

/// Whether, and what, a trader may trade (production-rules §1.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum TraderState {
    /// The account picture is not complete.
    Reconciling,
    /// Everything is allowed.
    Armed,
    /// Only what shrinks risk.
    ReduceOnly,
    /// Only cancels, protection, and the exits the kill policy asks for.
    Halted,
}

impl TraderState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Reconciling, Self::Armed, Self::ReduceOnly, Self::Halted];
}

/// What an order is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Purpose {
    /// Opens or grows a position.
    Entry,
    /// Shrinks it, by a desk's wish or on the exit ladder.
    Exit,
    /// Protects it: the stop leg.
    Stop,
    /// Protects it: the target leg.
    Target,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Entry, Self::Exit, Self::Stop, Self::Target];
}

/// Who moved a stop or a target (production-rules §4.9).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Author {
    /// The proposal that opened the position.
    Entry,
    /// A later entry of the same position.
    AddedEntry,
    /// The trailing stop.
    Trailing,
    /// The break-even rule.
    BreakEven,
    /// An operator: such a stop is pinned.
    Operator,
}

/// Why the core demands an exit by itself (production-rules §3.3, §4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ExitCause {
    /// No stop could be placed in time, or a stop was refused twice.
    Unprotected,
    /// The market was beyond the planned stop when it was to be placed.
    BeyondStop,
    /// The watched stop was touched and the venue's was silent.
    SilentStop,
    /// The watched target was touched.
    Target,
    /// Both legs filled, or a fill went beyond zero.
    Excess,
    /// Held longer than `holding.max`.
    Holding,
    /// BK-2: the weekly reduction.
    WeeklyLoss,
    /// BK-3: everything is flattened.
    Drawdown,
    /// An operator, or the kill policy.
    Operator,
    /// A late fill while the account is being flattened.
    LateFill,
    /// What external hands hold, where the policy takes it down.
    External,
    /// A desk's wish that came while another exit was in flight (EC-3).
    Merged,
}

/// A breaker of production-rules §2.6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Breaker {
    /// BK-1.
    DailyLoss,
    /// BK-2.
    WeeklyLoss,
    /// BK-3.
    Drawdown,
    /// BK-4.
    ConsecutiveLosses,
    /// BK-5.
    ExecutionErrors,
    /// BK-6.
    StopEverything,
}

impl Breaker {
    /// Every breaker, in order.
    pub const ALL: [Self; 6] = [
        Self::DailyLoss,
        Self::WeeklyLoss,
        Self::Drawdown,
        Self::ConsecutiveLosses,
        Self::ExecutionErrors,
        Self::StopEverything,
    ];
}

/// A stretch of time over which losses are counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Period {
    /// From 00:00 UTC.
    Day,
    /// From Monday 00:00 UTC.
    Week,
}

/// Why entries pause for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CooldownCause {
    /// A position was closed.
    Close,
    /// It was closed at a loss.
    Loss,
    /// The third loss in a row, or a later one.
    ThreeLosses,
    /// The fifth loss in a row, or a later one.
    FiveLosses,
    /// A volatility spike began.
    Spike,
}
