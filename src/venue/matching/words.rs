//! What the matching engine is told, and what it says.

use crate::market::{OrderId, OrderKind, Price, Qty, Side, TimeInForce, Timestamp};

/// Whose order it is: who cannot trade with themselves, and whose position reduce-only orders reduce.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Owner(pub u32);

impl Owner {
    /// Nobody in particular: trades with everyone, itself included, and has no position.
    pub const ANYBODY: Self = Self(0);
    /// Owners whose positions are kept: ids up to here.
    pub const KEPT_MAX: Self = Self(1 << 20);
}

/// How much of a resting order others see.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Display {
    /// All of it.
    #[default]
    Full,
    /// An iceberg: so much at a time, refilled from its reserve.
    Peak(Qty),
    /// Nothing.
    Hidden,
}

/// How long an order works: [`TimeInForce`], and the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stay {
    /// Until cancelled.
    #[default]
    Gtc,
    /// Until an instant.
    Gtd(Timestamp),
    /// Until the market closes.
    Day,
    /// What does not trade at once is cancelled.
    Ioc,
    /// All at once or nothing.
    Fok,
}

impl From<TimeInForce> for Stay {
    fn from(tif: TimeInForce) -> Self {
        match tif {
            TimeInForce::Gtc => Self::Gtc,
            TimeInForce::Gtd(until) => Self::Gtd(until),
            TimeInForce::Ioc => Self::Ioc,
            TimeInForce::Fok => Self::Fok,
        }
    }
}

/// What happens when an order would trade with another of its owner. The one that takes decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SelfTrade {
    /// It may.
    #[default]
    Allow,
    /// What is left of the one that takes is cancelled.
    CancelNewest,
    /// The one that rests is cancelled, and the taker goes on.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
    /// The smaller is cancelled and the larger loses as much, without a trade.
    Decrement,
}

/// A new order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// Its name; no other live order may have it.
    pub id: OrderId,
    /// Whose it is.
    pub owner: Owner,
    /// Buy or sell.
    pub side: Side,
    /// Kind and prices.
    pub kind: OrderKind,
    /// Total quantity.
    pub qty: Qty,
    /// How much of it others see while it rests.
    pub display: Display,
    /// How long it works.
    pub stay: Stay,
    /// Refused if it would take.
    pub post_only: bool,
    /// May only shrink its owner's position.
    pub reduce_only: bool,
    /// What happens when it would take from its owner.
    pub self_trade: SelfTrade,
}

impl Arrival {
    /// A plain limit order of nobody in particular, good till cancelled.
    #[must_use]
    pub fn limit(id: OrderId, side: Side, limit: Price, qty: Qty) -> Self {
        Self {
            id,
            owner: Owner::ANYBODY,
            side,
            kind: OrderKind::Limit { limit },
            qty,
            display: Display::Full,
            stay: Stay::Gtc,
            post_only: false,
            reduce_only: false,
            self_trade: SelfTrade::Allow,
        }
    }

    /// The same as a market order.
    #[must_use]
    pub fn market(id: OrderId, side: Side, qty: Qty) -> Self {
        Self { kind: OrderKind::Market, ..Self::limit(id, side, Price(0), qty) }
    }
}

/// What the market does at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Phase {
    /// Orders trade as they arrive.
    #[default]
    Continuous,
    /// Orders gather for an auction; nothing trades until it is uncrossed.
    Call,
    /// Cancels only.
    Halted,
    /// Cancels only, and day orders have ended.
    Closed,
}

/// Prices between which limits must lie, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band {
    /// Lowest.
    pub low: Price,
    /// Highest.
    pub high: Price,
}

impl Band {
    /// Whether a price lies in the band.
    #[must_use]
    pub fn holds(self, price: Price) -> bool {
        (self.low..=self.high).contains(&price)
    }
}

/// How an auction chooses between prices of equal volume and equal surplus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tie {
    /// By market pressure: the highest if buyers are left over at all of them, the lowest if sellers are,
    /// otherwise the nearest to the reference price (Xetra, LSE, Nasdaq).
    #[default]
    Pressure,
    /// The middle of the limits that tie, rounded half up to the tick, and of these only such at which all
    /// who bid more and all who ask less trade in full (Shanghai, trading rules on the call auction).
    Middle,
}

/// The grid and the bounds of orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Prices are multiples of it.
    pub tick: Price,
    /// Quantities are multiples of it.
    pub lot: Qty,
    /// Least quantity of a new order, and of an iceberg's peak. What is left of an order may be less.
    pub least: Qty,
    /// Greatest quantity of an order.
    pub most: Qty,
    /// Live orders, waiting ones included.
    pub orders_max: usize,
    /// An auction's choice between equals.
    pub tie: Tie,
}

impl Default for Terms {
    /// A grid of one, no bounds but a million orders.
    fn default() -> Self {
        Self {
            tick: Price(1),
            lot: Qty(1),
            least: Qty(1),
            most: Qty(i64::MAX / (1 << 21)),
            orders_max: 1 << 20,
            tie: Tie::Pressure,
        }
    }
}

/// What the engine is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// A new order.
    New(Arrival),
    /// New terms for a live order: total quantity, and prices of the same kind.
    Amend {
        /// Which.
        id: OrderId,
        /// New total quantity, what traded included.
        qty: Qty,
        /// New prices. The kind stays; of a stop that was touched it is what it became.
        kind: OrderKind,
    },
    /// Cancel an order.
    Cancel(OrderId),
    /// Cancel every order, or every order of an owner.
    CancelAll(Option<Owner>),
    /// The market changes its phase. Into continuous trading it uncrosses first.
    Phase(Phase),
    /// Uncross the auction now. The reference price decides between equals; without one the last trade does.
    Uncross(Option<Price>),
    /// The price band moves.
    Band(Option<Band>),
    /// An owner's position is so much, and is kept from now on.
    Position(Owner, Qty),
}

/// Why an order, an amend or a cancel was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A price off the tick grid.
    Tick,
    /// A quantity off the lot grid, or not above zero.
    Lot,
    /// A quantity, or an iceberg's peak, below the least or above what it may be.
    Size,
    /// A limit outside the price band.
    Band,
    /// A live order has this id.
    DuplicateId,
    /// No live order has this id.
    UnknownId,
    /// Terms that contradict each other, such as a post-only market order.
    Contradiction,
    /// Post-only, and it would take.
    WouldTake,
    /// Reduce-only, and there is nothing to reduce.
    NothingToReduce,
    /// The last trade has touched its trigger already.
    Touched,
    /// Not in this phase.
    Phase,
    /// Too many live orders.
    TooMany,
}

/// Why the engine ended an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Asked to.
    Requested,
    /// An IOC or a market order found nothing more to trade with.
    Remainder,
    /// A market order came to the price band, or the band left a limit outside.
    Band,
    /// A fill-or-kill order could not fill whole.
    FillOrKill,
    /// Touched, and post-only, and it would take.
    WouldTake,
    /// Reduce-only, and nothing was left to reduce.
    NothingToReduce,
    /// It would have traded with its owner.
    SelfTrade,
    /// Amended to no more than it had traded.
    Amended,
    /// Its time was over: an instant or the day.
    Expired,
    /// A reduce-only order when a call began, or a market order that an auction left over.
    Auction,
}

/// A trade. In an auction nobody is the taker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Match {
    /// The order that bought.
    pub buyer: OrderId,
    /// The order that sold.
    pub seller: OrderId,
    /// Which of them took.
    pub taker: Option<Side>,
    /// At which price: the one that rested.
    pub price: Price,
    /// How much.
    pub qty: Qty,
}

impl Match {
    /// The order that rested; of an auction the seller's, for want of one.
    #[must_use]
    pub fn maker(&self) -> OrderId {
        if self.taker == Some(Side::Sell) { self.buyer } else { self.seller }
    }

    /// The order that took; of an auction the buyer's, for want of one.
    #[must_use]
    pub fn taker(&self) -> OrderId {
        if self.taker == Some(Side::Sell) { self.seller } else { self.buyer }
    }
}

/// What the engine says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// A new order is in: it trades, rests or waits.
    Accepted(OrderId),
    /// It is not.
    Rejected(OrderId, Refusal),
    /// Two orders traded.
    Traded(Match),
    /// An order joined the back of its price.
    Rested {
        /// Which.
        id: OrderId,
        /// On which side.
        side: Side,
        /// Where; of a market order that waits for an auction the best price there is.
        price: Price,
        /// What others see of it.
        shown: Qty,
    },
    /// An iceberg shows more of its reserve, from the back of its price.
    Refilled(OrderId, Qty),
    /// A stop or target was touched and goes to the market.
    Triggered(OrderId),
    /// New terms hold: so much is open. It kept its place or goes to the market anew.
    Amended {
        /// Which.
        id: OrderId,
        /// What is open now.
        open: Qty,
        /// Whether it kept its place.
        kept: bool,
    },
    /// New terms were refused, and the old ones stand.
    AmendRejected(OrderId, Refusal),
    /// There was nothing to cancel.
    CancelRejected(OrderId),
    /// Self-trade prevention took a part of an order; so much is left.
    Decremented(OrderId, Qty),
    /// An order ended with so much of it open.
    Cancelled(OrderId, Qty, Ended),
    /// An auction traded so much at one price.
    Uncrossed(Price, Qty),
}
