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
use super::standing::{Author, Breaker, CooldownCause, ExitCause, OrderState, Period, Purpose, TraderState};
use super::units::{Price, Qty, Span, TickLots, Timestamp};

/// A check of production-rules §2.2 (CK) or §2.8 (EC), or a row of the order's states (TR, §1.5), by its
/// number there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Check {
    /// A check on entries.
    Entry(u8),
    /// A check on exits and protection.
    Exit(u8),
    /// A row of the table of an order's states, which denies what is wished of an order in that state.
    Row(u8),
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(number) => write!(f, "CK-{number:02}"),
            Self::Exit(number) => write!(f, "EC-{number}"),
            Self::Row(number) => write!(f, "TR-{number:02}"),
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
        /// The proposal it came from; none where the core acts by itself.
        proposal: Option<ProposalId>,
        /// What it is for.
        purpose: Purpose,
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
    /// A step of the resolution ladder (production-rules §1.6).
    Resolving {
        /// Whose outcome is unknown.
        order: OrderId,
        /// Its number there: 2 is LD-2.
        step: u8,
        /// The evidence so far, or what is done.
        text: String,
    },
    /// A refused order is to be tried again, as a new order of the same intent.
    Retrying {
        /// Which intent.
        intent: IntentId,
        /// Which attempt, from 1.
        attempt: u32,
        /// When.
        at: Timestamp,
    },
    /// The stop and target wanted for a position.
    Protected {
        /// Whose position.
        desk: DeskId,
        /// In which instrument.
        instrument: InstrumentId,
        /// The stop wanted.
        stop: Option<Price>,
        /// The target wanted.
        target: Option<Price>,
        /// Whether an operator set the stop and automation may not move it.
        pinned: bool,
        /// Who moved it.
        author: Author,
        /// Why.
        why: String,
    },
    /// A position is without full live exit coverage since an instant.
    Naked {
        /// Whose position.
        desk: DeskId,
        /// In which instrument.
        instrument: InstrumentId,
        /// Since when.
        since: Timestamp,
    },
    /// A naked position is covered again, or gone.
    Covered {
        /// Whose position.
        desk: DeskId,
        /// In which instrument.
        instrument: InstrumentId,
        /// How long it was naked.
        after: Span,
    },
    /// The core demands an exit by itself; the ladder begins or goes on.
    Exiting {
        /// Whose position.
        desk: DeskId,
        /// In which instrument.
        instrument: InstrumentId,
        /// What is to remain, signed.
        remaining: Qty,
        /// Why.
        cause: ExitCause,
        /// The step of the ladder, from 1.
        step: u8,
    },
    /// A breaker tripped or was reset.
    Breaker {
        /// Which.
        breaker: Breaker,
        /// Whether it is active from here on.
        active: bool,
        /// What was measured.
        measured: Money,
        /// The limit.
        limit: Money,
        /// How it resets, or why it was reset.
        why: String,
    },
    /// A period begins with this equity.
    PeriodBegan {
        /// Which.
        period: Period,
        /// Its boundary.
        at: Timestamp,
        /// Equity at its start.
        equity: Money,
    },
    /// The peak from which drawdown is measured starts again from here.
    PeakRestarted {
        /// Equity now.
        equity: Money,
    },
    /// A volatility spike began or ended.
    Volatility {
        /// In which instrument.
        instrument: InstrumentId,
        /// Whether it is on from here.
        spike: bool,
    },
    /// What the account came to.
    Valued {
        /// Equity in account currency.
        equity: Money,
        /// Worst-case exposure as a share of it.
        exposure: Money,
        /// Open positions.
        positions: u32,
    },
    /// A reconciliation pass ended.
    Reconciled {
        /// Whether nothing differs and nothing is unknown.
        clean: bool,
        /// What differs, or what was compared.
        text: String,
    },
    /// Something that is not ours was taken in.
    Adopted {
        /// In which instrument.
        instrument: InstrumentId,
        /// The order, where there was one.
        order: Option<OrderId>,
        /// What it is.
        text: String,
    },
    /// An instrument is no longer reduce-only.
    Released {
        /// Which.
        instrument: InstrumentId,
        /// Why.
        why: String,
    },
    /// A configuration key has another value from the next event on.
    LimitChanged {
        /// Dotted name.
        key: String,
        /// Value before.
        from: String,
        /// Value after.
        to: String,
    },
    /// A position changed without an execution: external hands were settled, or the venue's word
    /// was taken.
    Adjusted {
        /// Whose position.
        desk: DeskId,
        /// In which instrument.
        instrument: InstrumentId,
        /// By how much, signed.
        by: Qty,
        /// At which price.
        at: Price,
        /// Position after, signed.
        position: Qty,
        /// Its cost after, signed.
        cost: TickLots,
    },
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

impl Severity {
    /// Every severity, rising.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];
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
