//! The words everyone speaks: units, instruments, orders, reports, events and actions.
//!
//! Everything here is plain data. Nothing here decides, stores or schedules anything, and this
//! module imports no other module of the crate.

mod book;
mod decision;
mod event;
#[cfg(feature = "simulator")]
mod extent;
mod fees;
mod instrument;
mod ladder;
mod money;
mod order;
pub mod planted;
mod posting;
mod proposal;
mod report;
mod standing;
mod units;
mod value;

pub use book::Book;
pub use decision::{Alert, Check, Decision, Denied, Measure, Severity, Trim};
pub use event::{
    Action, Bar, Control, ControlAct, Event, HostEvent, LevelChange, Link, LinkEvent, MarketEvent, OrderAct,
    OrderChange, PathPoint, PublicOrderId, Quote, ReferenceEvent, Scope, Trade,
};
#[cfg(feature = "simulator")]
pub use extent::{Extent, Reach};
pub use fees::{Assessed, FeePlan, FeeTable, FeeTier, VOLUME_WINDOW};
#[cfg(test)]
pub(crate) use instrument::samples;
pub use instrument::{Asset, AssetId, Contract, FeeAsset, FeeSchedule, Instrument, InstrumentId, Liquidity, Rules};
#[cfg(feature = "simulator")]
pub(crate) use ladder::{Ladder, Stand, key, price};
pub use money::{Money, Rate, RawPrice, exact_product};
pub use order::{
    Amend, Command, DeskId, IntentId, NewOrder, OrderId, OrderKind, Query, RiskPassId, TimeInForce, TriggerSource,
    VenueRef,
};
pub use planted::{Bug, planted};
pub use posting::{Account, Cause, Posting, Transaction, TransactionId};
pub use proposal::{Intention, Pricing, Proposal, ProposalId, Regime, Size};
pub use report::{
    Balance, CancelledBecause, ExecutionReport, Fee, Fill, FillPage, OpenOrder, OrderStatus, RefusedBecause,
    RejectReason, ReportKind, SessionState, Snapshot, VenueMessage, VenuePosition,
};
pub use standing::{Author, Breaker, CooldownCause, ExitCause, OrderState, Period, Purpose, TraderState};
pub use units::{Price, Qty, Side, Span, TickLots, Timestamp};
