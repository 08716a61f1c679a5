//! The tape: one instrument's recorded market as whole numbers, ready to be replayed.
//!
//! Rows stand in exchange-time order; rows of equal exchange time keep the order of their source.
//! All rows of one message share both times, stand together, and the last one says so. A row's
//! feed latency, `local − exchange`, is never negative. The hash covers every integer a replay
//! can see, so a raw file and the Parquet made from it give the same.
//!
//! Local times need not ascend: two streams may have overtaken each other on their way to the
//! recorder. Bars carry no local time. Nothing here reads or writes files.

use rust_decimal::Decimal;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;

use crate::market::{
    Bar, InstrumentId, LevelChange, MarketEvent, Price, Qty, SessionState, Side, Span, Timestamp, Trade,
};

const QTY_BITS: u32 = 56;
const KIND_MASK: u64 = 0b1111;
const LAST_BIT: u64 = 1 << 63;

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
    packed: u64,
}

const _: () = assert!(size_of::<Row>() == 32, "a row is half a cache line");

impl Row {
    /// The greatest quantity a row holds: 2^55 units.
    pub const QTY_MAX: i64 = 1 << 55;

    /// A row.
    ///
    /// # Panics
    /// When the quantity is negative or above [`Row::QTY_MAX`]; readers check it first.
    #[must_use]
    pub fn new(exchange: Timestamp, local: Timestamp, price: Price, qty: Qty, kind: RowKind, last: bool) -> Self {
        assert!((0..=Self::QTY_MAX).contains(&qty.0), "a row's quantity lies between 0 and 2^55 units, not {}", qty.0);
        let last = if last { LAST_BIT } else { 0 };
        Self { exchange, local, price, packed: qty.0.unsigned_abs() | u64::from(kind.code()) << QTY_BITS | last }
    }

    /// The quantity: displayed at the level now, or traded.
    #[must_use]
    pub const fn qty(&self) -> Qty {
        Qty((self.packed & ((1 << QTY_BITS) - 1)).cast_signed())
    }

    /// What the row says.
    #[must_use]
    pub const fn kind(&self) -> RowKind {
        match (self.packed >> QTY_BITS) & KIND_MASK {
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
        self.packed & LAST_BIT != 0
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

/// What a tape holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Records {
    /// Level changes and trades.
    Rows(Vec<Row>),
    /// Closed bars, in the order they opened; the instrument in them is number 0 until a run
    /// gives it one.
    Bars(Vec<Bar>),
}

impl Records {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Bars(bars) => bars.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a tape came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Provenance {
    /// The source file's name, or the generator's parameters.
    pub source: String,
    /// SHA-256 of the source's bytes on disk; empty for a generator.
    pub source_sha256: String,
    /// Which reader or generator made it.
    pub importer: String,
    /// Its version.
    pub importer_version: u32,
    /// Added to every recorded local time.
    pub shift_ns: i64,
    /// Records in the tape.
    pub rows: u64,
    /// Records of the source that are no market (subscription replies, insurance fills, other streams).
    pub skipped: u64,
}

/// SHA-256 of a tape's integers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TapeHash(pub [u8; 32]);

impl fmt::Display for TapeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TapeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for TapeHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One instrument's recorded market.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tape {
    /// The symbol as the source writes it; empty if it does not say.
    pub symbol: String,
    /// Quote per base of one price unit, a power of ten.
    pub price_unit: Decimal,
    /// Base of one quantity unit, a power of ten.
    pub qty_unit: Decimal,
    /// The length of a bar; zero for rows.
    pub cadence: Span,
    /// What happened.
    pub records: Records,
    /// Where it came from.
    pub provenance: Provenance,
    /// SHA-256 of everything above a replay can see: units, cadence and records, not the names.
    pub hash: TapeHash,
}

impl Tape {
    /// A tape with its hash computed and its record count written into the provenance.
    #[must_use]
    pub fn new(symbol: String, decimals: (u32, u32), cadence: Span, records: Records, provenance: Provenance) -> Self {
        let hash = hash(decimals, cadence, &records);
        let rows = u64::try_from(records.len()).expect("a count fits 64 bits");
        let provenance = Provenance { rows, ..provenance };
        let (price_unit, qty_unit) = (Decimal::new(1, decimals.0), Decimal::new(1, decimals.1));
        Self { symbol, price_unit, qty_unit, cadence, records, provenance, hash }
    }

    /// The rows; none for a tape of bars.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        match &self.records {
            Records::Rows(rows) => rows,
            Records::Bars(_) => &[],
        }
    }

    /// The bars; none for a tape of rows.
    #[must_use]
    pub fn bars(&self) -> &[Bar] {
        match &self.records {
            Records::Bars(bars) => bars,
            Records::Rows(_) => &[],
        }
    }

    /// Exchange time of the first and of the last record (a bar's close).
    #[must_use]
    pub fn range(&self) -> Option<(Timestamp, Timestamp)> {
        match &self.records {
            Records::Rows(rows) => Some((rows.first()?.exchange, rows.last()?.exchange)),
            Records::Bars(bars) => Some((bars.first()?.opened, bars.last()?.opened.after(self.cadence))),
        }
    }
}

fn hash((price, qty): (u32, u32), cadence: Span, records: &Records) -> TapeHash {
    let mut hasher = Sha256::new();
    hasher.update(b"seatrial tape 1\n");
    hasher.update(price.to_le_bytes());
    hasher.update(qty.to_le_bytes());
    hasher.update(cadence.0.to_le_bytes());
    let mut block = Vec::with_capacity(1 << 16);
    match records {
        Records::Rows(rows) => {
            for row in rows {
                absorb(&mut hasher, &mut block, &[row.exchange.0, row.local.0, row.price.0, row.packed.cast_signed()]);
            }
        }
        Records::Bars(bars) => {
            for bar in bars {
                let prices = [bar.opened.0, bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.volume.0];
                absorb(&mut hasher, &mut block, &prices);
            }
        }
    }
    hasher.update(&block);
    TapeHash(hasher.finalize().into())
}

fn absorb(hasher: &mut Sha256, block: &mut Vec<u8>, numbers: &[i64]) {
    block.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    if block.len() >= 1 << 15 {
        hasher.update(&block);
        block.clear();
    }
}
