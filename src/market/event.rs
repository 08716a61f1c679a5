//! Everything a trader can experience, and everything it can do.

use serde::{Deserialize, Serialize};

use super::decision::{Alert, Decision};
use super::instrument::{AssetId, InstrumentId};
use super::money::{Money, Rate, RawPrice};
use super::order::{Command, DeskId, OrderId};
use super::posting::Account;
use super::report::{ExecutionReport, SessionState, VenueMessage};
use super::standing::Breaker;
use super::units::{Price, Qty, Side, Span, Timestamp};

/// One price level's new quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LevelChange {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Bids are [`Side::Buy`].
    pub side: Side,
    /// The level.
    pub price: Price,
    /// Displayed there now; zero removes the level.
    pub qty: Qty,
    /// Whether it is the last of its message: only then is the book whole.
    pub last: bool,
}

/// The best bid and ask. A side with quantity zero is empty and its price means nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quote {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Best bid.
    pub bid: Price,
    /// Displayed at the best bid.
    pub bid_qty: Qty,
    /// Best ask.
    pub ask: Price,
    /// Displayed at the best ask.
    pub ask_qty: Qty,
}

impl Quote {
    /// Whether both sides are there and the bid is below the ask.
    #[must_use]
    pub const fn usable(&self) -> bool {
        self.bid_qty.0 > 0 && self.ask_qty.0 > 0 && self.bid.0 < self.ask.0
    }

    /// Twice the mid price: exact where the mid may fall between two units.
    #[must_use]
    pub const fn twice_mid(&self) -> i64 {
        self.bid.0 + self.ask.0
    }
}

/// A public trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trade {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Price printed.
    pub price: Price,
    /// Quantity printed.
    pub qty: Qty,
    /// Side of the taker, where the source says it.
    pub taker: Option<Side>,
}

/// A closed bar.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bar {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// When it opened.
    pub opened: Timestamp,
    /// How long it lasted.
    pub length: Span,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Quantity traded.
    pub volume: Qty,
}

/// Where a bar's price path stands. The venue alone sees it; see the venue's bar rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PathPoint {
    /// The bar's open.
    Open,
    /// The extreme the path reaches first.
    FirstExtreme,
    /// The other extreme.
    SecondExtreme,
    /// The bar's close.
    Close,
}

/// The number a venue gives an order in its public feed; nothing says that it is one of ours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PublicOrderId(pub u64);

/// What happened to an order in the public book.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderAct {
    /// It rests now, behind what rested at its price.
    Add,
    /// It has this price and quantity now. It keeps its place in the queue if the price is the same
    /// and the quantity not larger.
    Modify,
    /// It left; the quantity is what was left of it.
    Cancel,
    /// So much of it traded at this price; the rest stays where it is.
    Execute,
    /// A trade that no displayed order explains: a hidden order's, or an auction's.
    Print,
    /// Every order is gone; the rest of the event means nothing.
    Clear,
}

/// What became of one order in the public book.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderChange {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Which order.
    pub order: PublicOrderId,
    /// Its side, also where it was executed: the taker is on the other. None where a print does not
    /// say it.
    pub side: Option<Side>,
    /// Its price; of an execution or a print, the trade's.
    pub price: Price,
    /// How much; see [`OrderAct`].
    pub qty: Qty,
    /// What happened.
    pub act: OrderAct,
    /// Whether it is the last of its message: only then is the book whole.
    pub last: bool,
}

impl OrderChange {
    /// The trade it tells of, if it does; the taker stood on the other side.
    #[must_use]
    pub fn trade(&self) -> Option<Trade> {
        let taker = self.side.map(Side::opposite);
        match self.act {
            OrderAct::Execute | OrderAct::Print => {
                Some(Trade { instrument: self.instrument, price: self.price, qty: self.qty, taker })
            }
            OrderAct::Add | OrderAct::Modify | OrderAct::Cancel | OrderAct::Clear => None,
        }
    }
}

/// Something the market did, at exchange time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MarketEvent {
    /// A price level changed (L2).
    Level(LevelChange),
    /// The best bid or ask changed.
    Quote(Quote),
    /// A trade printed.
    Trade(Trade),
    /// A bar closed.
    Bar(Bar),
    /// A bar's path reached a point; for the venue only, never delivered to a trader.
    Path(PathPoint, Bar),
    /// A session changed.
    Session(InstrumentId, SessionState),
    /// The venue's mark price.
    Mark(InstrumentId, Price),
    /// The index price of several venues.
    Index(InstrumentId, Price),
    /// Something became of one order of the public book (L3).
    Order(OrderChange),
}

impl MarketEvent {
    /// The instrument it is of.
    #[must_use]
    pub const fn instrument(&self) -> InstrumentId {
        match self {
            Self::Quote(quote) => quote.instrument,
            Self::Trade(trade) => trade.instrument,
            Self::Level(level) => level.instrument,
            Self::Order(change) => change.instrument,
            Self::Bar(bar) | Self::Path(_, bar) => bar.instrument,
            Self::Session(instrument, _) | Self::Mark(instrument, _) | Self::Index(instrument, _) => *instrument,
        }
    }
}

/// One of the connections to a venue; each can fail alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Link {
    /// Market data.
    Market,
    /// Execution reports and account messages that the venue sends by itself.
    Reports,
    /// Order entry.
    Orders,
    /// Queries and their answers.
    Queries,
}

impl Link {
    /// Every link.
    pub const ALL: [Self; 4] = [Self::Market, Self::Reports, Self::Orders, Self::Queries];
}

/// What the link itself learned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum LinkEvent {
    /// A link went down.
    Down(Link),
    /// A link is up again.
    Up(Link),
    /// The reply to an order's last command is ambiguous.
    Ambiguous(OrderId),
    /// The venue refused an order's client id as a duplicate.
    DuplicateId(OrderId),
    /// Proof that no byte of an order's last command left.
    NotSent(OrderId),
    /// The reply to an order's last command has a code that is on no table: ambiguous, and a defect.
    Unmapped(OrderId),
}

/// What we hold to be true of the outside world.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReferenceEvent {
    /// An asset's value in account currency.
    Rate {
        /// Of which asset.
        asset: AssetId,
        /// Account currency per unit.
        price: Money,
    },
    /// The adapter's estimate of the venue's own penalty counter.
    PenaltyCounter {
        /// How full it is, as a share of the threshold at which the venue refuses.
        share: Rate,
    },
}

/// What the host says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum HostEvent {
    /// Our clock is this far from the venue's.
    ClockOffset(Span),
    /// The journal can no longer be written.
    JournalFailed,
    /// Whether the journal has room for more than cancels and exits.
    JournalSpace(bool),
    /// What the venue says our key may do.
    Permission {
        /// Place and cancel orders.
        trade: bool,
        /// Move funds out: a key that may is never armed with.
        withdraw: bool,
    },
    /// The process died and was rebuilt from its journal; what was under way to us is lost.
    Restarted,
    /// The process is asked to stop: the kill mode runs once (production-rules OP-7).
    Stopping,
}

/// What an operator asks for (production-rules OP-1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Control {
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
    /// What.
    pub act: ControlAct,
}

/// How far an operator's act reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Scope {
    /// Everything of the account.
    All,
    /// One desk.
    Desk(DeskId),
    /// One instrument.
    Instrument(InstrumentId),
}

/// An operator's act (production-rules OP-1). An act on a position names its instrument and means
/// the position of every desk in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ControlAct {
    /// Kill in the configured mode: entries end, and nothing is traded until an operator re-arms.
    Halt,
    /// Trade again, by way of `Reconciling`.
    Rearm {
        /// What was typed: [`ControlAct::REARM`], or nothing happens.
        confirmation: String,
    },
    /// Cancel one order.
    Cancel(OrderId),
    /// Close what is open in an instrument.
    Close(InstrumentId),
    /// Cancel entries and close everything in scope; over all, that is a kill in mode `flatten`.
    Flatten(Scope),
    /// Set a stop, which is pinned from then on.
    SetStop(InstrumentId, RawPrice),
    /// Let automation move the stop again.
    UnpinStop(InstrumentId),
    /// Set a target; none removes it.
    SetTarget(InstrumentId, Option<RawPrice>),
    /// Switch a position's trailing stop.
    Trailing(InstrumentId, bool),
    /// Reset a breaker.
    ResetBreaker(Breaker),
    /// Re-arm the repeated-execution throttle of a desk and instrument.
    ResetThrottle(DeskId, InstrumentId),
    /// What external hands did in an instrument is accepted: it trades again.
    SettleExternal(InstrumentId),
    /// Move an unexplained amount of an asset to its true account.
    PostCorrection {
        /// Of which asset.
        asset: AssetId,
        /// How much leaves `unexplained`.
        amount: Money,
        /// Where it belongs.
        to: Account,
    },
    /// Change a configuration key; a looser value needs to be confirmed.
    ChangeLimit {
        /// Dotted name.
        key: String,
        /// Its value as it is written.
        value: String,
        /// Whether a loosening was confirmed.
        confirmed: bool,
    },
}

impl ControlAct {
    /// What an operator types to re-arm.
    pub const REARM: &'static str = "re-arm";
}

/// Everything a trader can experience.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Event {
    /// The market moved at an exchange time, which is not after the time of the step.
    Market(Timestamp, MarketEvent),
    /// The venue said something of one order.
    Report(ExecutionReport),
    /// The link learned something.
    Link(LinkEvent),
    /// The venue said something of the account.
    Account(VenueMessage),
    /// A rate arrived.
    Reference(ReferenceEvent),
    /// The host spoke.
    Host(HostEvent),
    /// A time asked for has come; the first event of a life is one too.
    Wake,
    /// An operator acted.
    Control(Control),
}

/// Everything a trader can do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Action {
    /// Write this down before anything of this step leaves.
    Record(Decision),
    /// Send this to the venue.
    Send(Command),
    /// Come back at this time.
    Wake(Timestamp),
    /// Tell a person.
    Alert(Alert),
}
