//! A row: one change of a price level, one trade, or one word of the venue, in 32 bytes.

use serde::Serialize;

use super::word::{Packed, TapeRow};
use crate::market::{InstrumentId, LevelChange, MarketEvent, Price, Qty, SessionState, Side, Span, Timestamp, Trade};

/// What a row says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// A bid level's new quantity; zero removes it.
    Bid,
    /// An ask level's new quantity; zero removes it.
    Ask,
    /// A trade whose taker bought.
    TradeBuy,
    /// A trade whose taker sold.
    TradeSell,
    /// A trade whose source does not say who took.
    TradeUnknown,
    /// The session changed; price and quantity are one and mean nothing.
    Session(SessionState),
    /// The venue's mark price; the quantity is one and means nothing.
    Mark,
    /// The index price; the quantity is one and means nothing.
    Index,
}

impl RowKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 12] = [
        Self::Bid,
        Self::Ask,
        Self::TradeBuy,
        Self::TradeSell,
        Self::TradeUnknown,
        Self::Session(SessionState::Open),
        Self::Session(SessionState::PostOnly),
        Self::Session(SessionState::CancelOnly),
        Self::Session(SessionState::Maintenance),
        Self::Session(SessionState::Halted),
        Self::Mark,
        Self::Index,
    ];

    /// The number that stands for the kind in files and hashes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Bid => 0,
            Self::Ask => 1,
            Self::TradeBuy => 2,
            Self::TradeSell => 3,
            Self::TradeUnknown => 4,
            Self::Session(SessionState::Open) => 5,
            Self::Session(SessionState::PostOnly) => 6,
            Self::Session(SessionState::CancelOnly) => 7,
            Self::Session(SessionState::Maintenance) => 8,
            Self::Session(SessionState::Halted) => 9,
            Self::Mark => 10,
            Self::Index => 11,
        }
    }

    /// The kind a number stands for.
    #[must_use]
    pub fn from_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| u64::from(kind.code()) == code)
    }

    /// The side of a level's row.
    #[must_use]
    pub const fn side(self) -> Option<Side> {
        match self {
            Self::Bid => Some(Side::Buy),
            Self::Ask => Some(Side::Sell),
            Self::TradeBuy | Self::TradeSell | Self::TradeUnknown | Self::Session(_) | Self::Mark | Self::Index => None,
        }
    }

    /// Whether it is a public trade.
    #[must_use]
    pub const fn is_trade(self) -> bool {
        matches!(self, Self::TradeBuy | Self::TradeSell | Self::TradeUnknown)
    }

    /// The level kind of a book side.
    #[must_use]
    pub const fn level(side: Side) -> Self {
        match side {
            Side::Buy => Self::Bid,
            Side::Sell => Self::Ask,
        }
    }

    /// The trade kind of a taker's side.
    #[must_use]
    pub const fn trade(taker: Option<Side>) -> Self {
        match taker {
            Some(Side::Buy) => Self::TradeBuy,
            Some(Side::Sell) => Self::TradeSell,
            None => Self::TradeUnknown,
        }
    }
}

/// One change of the market: 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// When it happened at the exchange.
    pub exchange: Timestamp,
    /// When the recorder had it, shifted so that no row arrives before it happened.
    pub local: Timestamp,
    /// Level or trade price.
    pub price: Price,
    pub(super) packed: Packed,
}

const _: () = assert!(size_of::<Row>() == 32, "a row is half a cache line");

impl Row {
    /// The greatest quantity a row holds: 2^55 units.
    pub const QTY_MAX: i64 = Packed::QTY_MAX;

    /// A row.
    ///
    /// # Panics
    /// When the quantity is negative or above [`Row::QTY_MAX`]; readers check it first.
    #[must_use]
    pub fn new(exchange: Timestamp, local: Timestamp, price: Price, qty: Qty, kind: RowKind, last: bool) -> Self {
        Self { exchange, local, price, packed: Packed::new(qty, kind.code(), None, last) }
    }

    /// The quantity: displayed at the level now, or traded.
    #[must_use]
    pub const fn qty(&self) -> Qty {
        self.packed.qty()
    }

    /// What the row says.
    #[must_use]
    pub const fn kind(&self) -> RowKind {
        match self.packed.kind() {
            0 => RowKind::Bid,
            1 => RowKind::Ask,
            2 => RowKind::TradeBuy,
            3 => RowKind::TradeSell,
            4 => RowKind::TradeUnknown,
            5 => RowKind::Session(SessionState::Open),
            6 => RowKind::Session(SessionState::PostOnly),
            7 => RowKind::Session(SessionState::CancelOnly),
            8 => RowKind::Session(SessionState::Maintenance),
            9 => RowKind::Session(SessionState::Halted),
            10 => RowKind::Mark,
            _ => RowKind::Index,
        }
    }

    /// Whether it is the last row of its message: only then is the book whole.
    #[must_use]
    pub const fn last(&self) -> bool {
        self.packed.last()
    }

    /// How long the message took to the recorder.
    #[must_use]
    pub const fn latency(&self) -> Span {
        self.local.since(self.exchange)
    }

    /// The row as the event a venue or trader sees.
    #[must_use]
    pub const fn event(&self, instrument: InstrumentId) -> MarketEvent {
        let (price, qty) = (self.price, self.qty());
        let taker = match self.kind() {
            RowKind::Bid => return self.level_event(instrument, Side::Buy),
            RowKind::Ask => return self.level_event(instrument, Side::Sell),
            RowKind::TradeBuy => Some(Side::Buy),
            RowKind::TradeSell => Some(Side::Sell),
            RowKind::TradeUnknown => None,
            RowKind::Session(state) => return MarketEvent::Session(instrument, state),
            RowKind::Mark => return MarketEvent::Mark(instrument, price),
            RowKind::Index => return MarketEvent::Index(instrument, price),
        };
        MarketEvent::Trade(Trade { instrument, price, qty, taker })
    }

    const fn level_event(&self, instrument: InstrumentId, side: Side) -> MarketEvent {
        MarketEvent::Level(LevelChange { instrument, side, price: self.price, qty: self.qty(), last: self.last() })
    }
}

impl TapeRow for Row {
    fn times(&self) -> (Timestamp, Timestamp) {
        (self.exchange, self.local)
    }

    fn event(&self, instrument: InstrumentId) -> MarketEvent {
        self.event(instrument)
    }

    fn last(&self) -> bool {
        self.last()
    }
}
