//! What a venue says: execution reports and account messages, venue to trader.

use serde::{Deserialize, Serialize};

use super::instrument::{AssetId, InstrumentId, Liquidity};
use super::money::Money;
use super::order::{OrderId, OrderKind, VenueRef};
use super::units::{Price, Qty, Side, Timestamp};

/// A fee as charged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fee {
    /// In which asset.
    pub asset: AssetId,
    /// How much; negative is a rebate.
    pub amount: Money,
}

/// A part of our order that traded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fill {
    /// The venue's id of this execution; applied at most once per account, for ever.
    pub execution: VenueRef,
    /// Our side.
    pub side: Side,
    /// Price traded at.
    pub price: Price,
    /// Quantity of this fill alone.
    pub qty: Qty,
    /// Whether we rested or took.
    pub liquidity: Liquidity,
    /// What it cost; absent if the venue reports it later.
    pub fee: Option<Fee>,
}

/// Why a venue refused an order (faults.md §2.D). Never used for our own denials.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum RejectReason {
    /// No such instrument.
    UnknownInstrument,
    /// Price off the tick grid.
    Tick,
    /// Quantity off the lot grid, or not above zero.
    Lot,
    /// Below the least quantity.
    MinQty,
    /// Above the greatest quantity.
    MaxQty,
    /// Below the least notional.
    MinNotional,
    /// Price outside the band.
    PriceBand,
    /// Not enough free balance or margin.
    InsufficientBalance,
    /// Post-only, and it would trade on arrival.
    PostOnlyWouldCross,
    /// Reduce-only, and there is nothing to reduce.
    ReduceOnly,
    /// The client id was used before.
    DuplicateId,
    /// It arrived after its deadline.
    DeadlineElapsed,
    /// Kind or time in force the venue does not offer.
    Unsupported,
    /// A triggered order whose trigger is already touched.
    WouldTriggerAtOnce,
    /// There is no market to trade against.
    NoMarket,
    /// Too many open orders.
    TooManyOrders,
    /// The session does not take orders.
    Session,
    /// Too many messages.
    RateLimited,
    /// The engine is busy.
    Busy,
    /// The nonce of the request was refused; nothing was accepted.
    Nonce,
    /// The key may not do this.
    Permission,
    /// The account or key is locked out for a while.
    Lockout,
}

/// Why a cancel or an amend was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RefusedBecause {
    /// The order is not open: too late, or unknown. Never proof of a cancel.
    NotOpen,
    /// The order stays as it is, for this reason.
    StillOpen(RejectReason),
}

/// Why the venue ended an order's remainder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CancelledBecause {
    /// We asked.
    Requested,
    /// The remainder of an IOC or a market order found nothing more to trade with.
    Remainder,
    /// A fill-or-kill order could not fill whole.
    FillOrKill,
    /// A reduce-only order had nothing left to reduce.
    ReduceOnly,
    /// The dead-man's switch fired.
    DeadMansSwitch,
    /// The venue's own decision.
    Venue,
    /// What backs a position was no more than it must keep.
    Liquidation,
}

/// Where an order stands, as a venue answers a query.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum OrderStatus {
    /// Open with these terms.
    Open {
        /// Total quantity.
        qty: Qty,
        /// Kind and prices.
        kind: OrderKind,
    },
    /// Ended by cancel.
    Cancelled,
    /// Ended by expiry.
    Expired,
    /// Ended by its last fill.
    Filled,
    /// Never accepted.
    Rejected(RejectReason),
    /// No such order. Absence is not proof.
    NotFound {
        /// Whether the answer came from the engine and covers open, closed and fill history.
        complete: bool,
    },
}

/// What happened to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReportKind {
    /// The order is open.
    Accepted,
    /// The order was refused.
    Rejected(RejectReason),
    /// A part traded.
    Filled(Fill),
    /// The order has new terms.
    Amended {
        /// New total quantity.
        qty: Qty,
        /// New prices.
        kind: OrderKind,
    },
    /// The amend was refused.
    AmendRejected(RefusedBecause),
    /// The rest was cancelled.
    Cancelled(CancelledBecause),
    /// The rest expired.
    Expired,
    /// The cancel was refused.
    CancelRejected(RefusedBecause),
    /// A fill was undone by the venue.
    Busted(VenueRef),
    /// The answer to a query.
    Status(OrderStatus),
}

/// A message about one order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExecutionReport {
    /// Our id of the order.
    pub order: OrderId,
    /// The venue's id of the order, once it has one.
    pub venue_id: Option<VenueRef>,
    /// What it trades.
    pub instrument: InstrumentId,
    /// Venue time of the event.
    pub at: Timestamp,
    /// Quantity filled so far, this report included, where the venue says it.
    pub cumulative: Option<Qty>,
    /// What happened.
    pub kind: ReportKind,
}

/// An open order as a venue lists it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenOrder {
    /// Our id of the order.
    pub order: OrderId,
    /// The venue's id.
    pub venue_id: VenueRef,
    /// What it trades.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Total quantity.
    pub qty: Qty,
    /// Filled so far.
    pub filled: Qty,
    /// Kind and prices.
    pub kind: OrderKind,
    /// Whether it may only shrink a position.
    pub reduce_only: bool,
}

/// A balance as a venue states it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Balance {
    /// Of which asset.
    pub asset: AssetId,
    /// Free and held together.
    pub total: Money,
}

/// A position as a venue states it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VenuePosition {
    /// In which instrument.
    pub instrument: InstrumentId,
    /// Signed quantity.
    pub qty: Qty,
}

/// Whether and how an instrument trades.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum SessionState {
    /// Everything is allowed.
    Open,
    /// Only orders that rest.
    PostOnly,
    /// Only cancels.
    CancelOnly,
    /// Nothing, cancels included.
    Maintenance,
    /// Trading is halted.
    Halted,
}

/// What the venue listed, whole, and when it was true.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Snapshot<T> {
    /// Venue time at which it was true; a snapshot may be served stale.
    pub at: Timestamp,
    /// What there was.
    pub items: Vec<T>,
}

/// A page of an account's executions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FillPage {
    /// Venue time at which it was true.
    pub at: Timestamp,
    /// Which page: 0 holds the newest executions, 1 those before them.
    pub page: u32,
    /// Reports of kind [`ReportKind::Filled`], oldest first.
    pub fills: Vec<ExecutionReport>,
    /// Whether older ones remain.
    pub more: bool,
}

/// A message from venue to trader.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum VenueMessage {
    /// About one order.
    Report(ExecutionReport),
    /// All open orders.
    OpenOrders(Snapshot<OpenOrder>),
    /// Orders that ended: reports of kind [`ReportKind::Status`].
    ClosedOrders(Snapshot<ExecutionReport>),
    /// Executions.
    Fills(FillPage),
    /// All balances.
    Balances(Snapshot<Balance>),
    /// All positions.
    Positions(Snapshot<VenuePosition>),
    /// Money came or went.
    Transfer(Balance),
    /// Funding paid (positive) or received.
    Funding {
        /// On which instrument.
        instrument: InstrumentId,
        /// Its funding time; one posting each.
        at: Timestamp,
        /// Paid, in what the instrument settles in.
        paid: Money,
    },
    /// A session changed.
    Session {
        /// Of which instrument.
        instrument: InstrumentId,
        /// To what.
        state: SessionState,
    },
    /// Interest or rollover paid on a margin position.
    Interest {
        /// On which instrument.
        instrument: InstrumentId,
        /// When it was due; one posting each.
        at: Timestamp,
        /// Paid, in what the instrument settles in.
        paid: Money,
    },
}
