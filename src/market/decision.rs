//! What a trader decides: the proposal it was given, every check it made of it, what became of
//! each order, and every posting. Recorded before anything leaves.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::event::Control;
use super::instrument::InstrumentId;
use super::money::Money;
use super::order::{DeskId, IntentId, NewOrder, OrderId, RiskPassId, VenueRef};
use super::posting::Transaction;
use super::proposal::{Proposal, ProposalId};
use super::units::{Qty, TickLots, Timestamp};

/// A check of production-rules §2.2 (CK) or §2.8 (EC), by its number there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Check {
    /// A check on entries.
    Entry(u8),
    /// A check on exits and protection.
    Exit(u8),
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(number) => write!(f, "CK-{number:02}"),
            Self::Exit(number) => write!(f, "EC-{number}"),
        }
    }
}

/// What a check measured, and against which limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Measure {
    /// Which check.
    pub check: Check,
    /// What it found.
    pub measured: Money,
    /// What is allowed.
    pub limit: Money,
}

/// A proposal or command that we refused to send. Never called a rejection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Denied {
    /// The proposal, where there was one.
    pub proposal: Option<ProposalId>,
    /// Who wished.
    pub desk: DeskId,
    /// In which instrument.
    pub instrument: InstrumentId,
    /// The first check that failed.
    pub check: Check,
    /// `{check} {instrument}: {measured} against {limit} {unit}`, and what the check names besides.
    pub text: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The step of sizing that shrank an order (production-rules §2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Trim {
    /// Confidence tier and regime (SZ-2).
    TierAndRegime,
    /// The notional asked for (SZ-3).
    Requested,
    /// The instrument's share of equity (SZ-3).
    PositionShare,
    /// A run of losses (SZ-4).
    Losses,
    /// A volatility spike (SZ-4).
    Volatility,
    /// The lot grid (SZ-6).
    Lot,
}

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

/// An effect that the transition table demands and that a later part of the house carries out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum PendingEffect {
    /// Bring protection in line with the position.
    Protect,
    /// Ask the venue for the order's fate, on the resolution ladder.
    Resolve,
    /// Find the fills the venue reported but did not send.
    FindFills,
    /// Undo a busted fill in the ledger.
    Reverse,
    /// Send a refused cancel or amend again.
    Retry,
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
}

/// What a trader decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Decision {
    /// A desk made a proposal.
    Proposed(Proposal),
    /// A proposal passed these checks, with these numbers.
    Checked(ProposalId, Vec<Measure>),
    /// Sizing shrank a proposal.
    Trimmed {
        /// Which proposal.
        proposal: ProposalId,
        /// By which step.
        by: Trim,
        /// Notional before, in quote.
        from: Money,
        /// Notional after, in quote.
        to: Money,
    },
    /// A proposal, or a command of a desk, was refused.
    Denied(Denied),
    /// An order was approved.
    Intended {
        /// The wish it serves.
        intent: IntentId,
        /// The proposal it came from.
        proposal: ProposalId,
        /// For which desk.
        desk: DeskId,
        /// Proof of its checks.
        pass: RiskPassId,
        /// The order, whole.
        order: NewOrder,
        /// Twice the reference mid it was priced from, in price units.
        twice_reference: i64,
    },
    /// An order met an input.
    Moved {
        /// Which order.
        order: OrderId,
        /// Row of the transition table: 3 is TR-03.
        row: u8,
        /// State before.
        from: OrderState,
        /// State after.
        to: OrderState,
    },
    /// A report fitted no state, or was malformed.
    Anomaly {
        /// The order named, if any.
        order: Option<OrderId>,
        /// What was found and what was expected.
        text: String,
    },
    /// An effect that awaits the part of the house that carries it out.
    Pending(OrderId, PendingEffect),
    /// A fill changed a position.
    Booked {
        /// The order.
        order: OrderId,
        /// The execution.
        execution: VenueRef,
        /// Position after, signed.
        position: Qty,
        /// Its cost after, signed.
        cost: TickLots,
        /// Gross realised by this fill.
        gross: TickLots,
        /// Net realised by this fill, in quote.
        net: Money,
    },
    /// Money moved.
    Posted(Transaction),
    /// The trader's state changed.
    Became {
        /// State before.
        from: TraderState,
        /// State after.
        to: TraderState,
        /// Why.
        why: String,
    },
    /// Entries pause until an instant.
    CoolingDown {
        /// In which instrument.
        instrument: InstrumentId,
        /// Why.
        cause: CooldownCause,
        /// Until when.
        until: Timestamp,
    },
    /// A throttle tripped; an operator must re-arm it.
    Tripped {
        /// Which desk's.
        desk: DeskId,
        /// In which instrument.
        instrument: InstrumentId,
        /// By which check.
        check: Check,
    },
    /// An instrument may only shrink its position from here on.
    ReduceOnly {
        /// Which.
        instrument: InstrumentId,
        /// Why.
        why: String,
    },
    /// An operator acted.
    Operator(Control),
}

/// How loud an alert is (production-rules §4.14).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it.
    Warning,
    /// Act now.
    Critical,
}

/// A word to a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Alert {
    /// How loud.
    pub severity: Severity,
    /// In which instrument.
    pub instrument: Option<InstrumentId>,
    /// About which order.
    pub order: Option<OrderId>,
    /// Measured value, limit, and what the system did.
    pub text: String,
}
