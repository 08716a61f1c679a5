//! The tape: one instrument's recorded market as whole numbers, ready to be replayed.
//!
//! Rows stand in exchange-time order; rows of equal exchange time keep the order of their source.
//! All rows of one message share both times, stand together, and the last one says so. A row's
//! feed latency, `local − exchange`, is never negative. The hash covers every integer a replay
//! can see, so a raw file and the Parquet made from it give the same.
//!
//! The rows of a tape that does not fit may lie on a disk ([`super::streamed`]).
//!
//! Local times need not ascend: two streams may have overtaken each other on their way to the
//! recorder. Bars carry no local time.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rust_decimal::Decimal;
use serde::Serialize;

use super::fault::OPTION;
use super::gist::Gist;
use super::hash::TapeHasher;
use super::order_row::OrderRow;
use super::row::Row;
use super::shows::{Assumed, Shows};
use super::streamed::Streamed;
use crate::bad_input::BadInput;
use crate::market::{Bar, Price, Span, Timestamp};

/// What a tape holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Records {
    /// Level changes and trades.
    Rows(Vec<Row>),
    /// The same, in a file.
    Streamed(Arc<Streamed>),
    /// What became of single orders.
    Orders(Vec<OrderRow>),
    /// Closed bars, in the order they opened; the instrument in them is number 0 until a run
    /// gives it one.
    Bars(Vec<Bar>),
}

impl Records {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Streamed(rows) => rows.len(),
            Self::Orders(rows) => rows.len(),
            Self::Bars(bars) => bars.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a tape came from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
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
    /// How much of the market the records show.
    pub shows: Shows,
    pub(super) worked_out: WorkedOut,
    /// What it was drawn from, where each run draws its own.
    pub drawn: Option<Drawn>,
}

/// What a tape that a run draws was drawn from: runs of equal data are trials on the same data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// Hashes of the recorded tapes, or of a generator's model.
    pub from: Vec<String>,
    /// The recorded days in their order, each with its tape's number where there are several; none of a generator.
    pub days: Vec<String>,
}

/// What is worked out of a tape when it is first asked for, once for every run of it. It follows from the tape: it
/// makes no two tapes unequal.
#[derive(Clone, Default, Debug)]
pub(super) struct WorkedOut {
    gist: OnceLock<Option<Arc<Gist>>>,
    extremes: OnceLock<(Price, Price)>,
    overtaker: OnceLock<Option<(usize, Span)>>,
}

impl PartialEq for WorkedOut {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for WorkedOut {}

impl Tape {
    /// A tape with its hash computed and its record count written into the provenance.
    #[must_use]
    pub fn new(symbol: String, decimals: (u32, u32), cadence: Span, records: Records, provenance: Provenance) -> Self {
        let hash = TapeHasher::of(decimals, cadence, &records);
        Self::hashed(symbol, decimals, cadence, records, provenance, hash)
    }

    /// The same, of which the hash is known.
    pub(super) fn hashed(
        symbol: String,
        decimals: (u32, u32),
        cadence: Span,
        records: Records,
        provenance: Provenance,
        hash: TapeHash,
    ) -> Self {
        let rows = u64::try_from(records.len()).expect("a count fits 64 bits");
        let provenance = Provenance { rows, ..provenance };
        let (price_unit, qty_unit) = (Decimal::new(1, decimals.0), Decimal::new(1, decimals.1));
        let shows = Shows::of(&records);
        let worked_out = WorkedOut::default();
        Self { symbol, price_unit, qty_unit, cadence, records, provenance, hash, shows, drawn: None, worked_out }
    }

    /// Hashes of the data it is a trial on: its own, or of what it was drawn from.
    #[must_use]
    pub fn comes_from(&self) -> Vec<String> {
        self.drawn.as_ref().map_or_else(|| vec![self.hash.to_string()], |drawn| drawn.from.clone())
    }

    /// The same records, as showing so much of the market.
    #[must_use]
    pub fn showing(self, shows: Shows) -> Self {
        Self { shows, worked_out: WorkedOut::default(), ..self }
    }

    /// The same with its rows in a file of `folder` that has no name: a run reads them a window at a time. Orders and
    /// bars stay where they are.
    ///
    /// # Errors
    /// When the folder takes no such file.
    pub fn streamed(self, folder: &Path) -> Result<Self, BadInput> {
        let Records::Rows(rows) = &self.records else { return Ok(self) };
        let rows =
            Streamed::gathered(folder, &self.provenance.source, |push| rows.iter().try_for_each(|row| push(*row)))?;
        Ok(Self { records: Records::Streamed(rows), worked_out: WorkedOut::default(), ..self })
    }

    /// What of a streamed tape could not be read back: from there on it seemed to end.
    #[must_use]
    pub fn lost(&self) -> Option<&BadInput> {
        match &self.records {
            Records::Streamed(rows) => rows.lost(),
            Records::Rows(_) | Records::Orders(_) | Records::Bars(_) => None,
        }
    }

    /// The rows, for what wants all of them at once; none for a tape of orders or bars.
    pub(super) fn held(&self) -> Result<&[Row], BadInput> {
        if let Records::Streamed(_) = self.records {
            return Err(BadInput::new(OPTION, &self.provenance.source, "a streamed tape", "a tape that fits memory"));
        }
        Ok(self.rows())
    }

    /// Bytes that it takes in memory; of one that is streamed, with one window.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let records = match &self.records {
            Records::Rows(rows) => size_of_val(rows.as_slice()) as u64,
            Records::Streamed(rows) => rows.bytes(),
            Records::Orders(rows) => size_of_val(rows.as_slice()) as u64,
            Records::Bars(bars) => size_of_val(bars.as_slice()) as u64,
        };
        records + self.worked_out.gist.get().and_then(Option::as_ref).map_or(0, |gist| gist.bytes())
    }

    /// The gist of its messages, where it is worth having.
    #[must_use]
    pub fn gist(&self) -> Option<Arc<Gist>> {
        self.worked_out.gist.get_or_init(|| Gist::of(&self.records, self.shows).map(Arc::new)).clone()
    }

    /// Works the gist out now if the tape takes no more than so many bytes with it, and otherwise never.
    pub fn gist_within(&self, most: u64) {
        let fits = Gist::size(&self.records, self.shows).is_none_or(|size| self.bytes().saturating_add(size) <= most);
        if fits {
            drop(self.gist());
        } else {
            // Set already, it is there and takes its room.
            let _ = self.worked_out.gist.set(None);
        }
    }

    /// The lowest price above zero, and the highest.
    #[must_use]
    pub fn extremes(&self) -> (Price, Price) {
        let of = |prices: &mut dyn Iterator<Item = (Price, Price)>| {
            prices.fold((Price(i64::MAX), Price::default()), |(lowest, highest), (low, high)| {
                (if low.0 > 0 { lowest.min(low) } else { lowest }, highest.max(high))
            })
        };
        *self.worked_out.extremes.get_or_init(|| match &self.records {
            Records::Rows(rows) => of(&mut rows.iter().map(|row| (row.price, row.price))),
            Records::Streamed(rows) => rows.extremes(),
            Records::Orders(rows) => of(&mut rows.iter().map(|row| (row.price, row.price))),
            Records::Bars(bars) => of(&mut bars.iter().map(|bar| (bar.low, bar.high))),
        })
    }

    /// The first row that would reach the trader before it happened, if one does, and its latency.
    #[must_use]
    pub fn overtaker(&self) -> Option<(usize, Span)> {
        *self.worked_out.overtaker.get_or_init(|| match &self.records {
            Records::Streamed(rows) => rows.overtaker(),
            _ => self.rows().iter().map(Row::latency).enumerate().find(|(_, latency)| *latency < Span::ZERO),
        })
    }

    /// Around what a run assumes a touch, where the records show none.
    #[must_use]
    pub const fn assumes(&self) -> Option<Assumed> {
        match (&self.records, self.shows) {
            (Records::Bars(_), _) => Some(Assumed::AroundBars),
            (_, Shows::Trades) => Some(Assumed::AroundTrades),
            (Records::Rows(_) | Records::Streamed(_) | Records::Orders(_), _) => None,
        }
    }

    /// The rows; none for a tape of orders or bars, or one that is streamed.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        match &self.records {
            Records::Rows(rows) => rows,
            Records::Streamed(_) | Records::Orders(_) | Records::Bars(_) => &[],
        }
    }

    /// The order rows; none for another tape.
    #[must_use]
    pub fn orders(&self) -> &[OrderRow] {
        match &self.records {
            Records::Orders(rows) => rows,
            Records::Rows(_) | Records::Streamed(_) | Records::Bars(_) => &[],
        }
    }

    /// The bars; none for a tape of rows or orders.
    #[must_use]
    pub fn bars(&self) -> &[Bar] {
        match &self.records {
            Records::Bars(bars) => bars,
            Records::Rows(_) | Records::Streamed(_) | Records::Orders(_) => &[],
        }
    }

    /// Exchange time of the first and of the last record (a bar's close).
    #[must_use]
    pub fn range(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.time(0)?, self.time(self.records.len().checked_sub(1)?)?.after(self.cadence)))
    }

    /// Exchange time of a record; when it opened, of a bar.
    #[must_use]
    pub fn time(&self, at: usize) -> Option<Timestamp> {
        match &self.records {
            Records::Rows(rows) => Some(rows.get(at)?.exchange),
            Records::Streamed(rows) => rows.time(at),
            Records::Orders(rows) => Some(rows.get(at)?.exchange),
            Records::Bars(bars) => Some(bars.get(at)?.opened),
        }
    }

    /// How many records come before an instant.
    #[must_use]
    pub fn before(&self, limit: Timestamp) -> usize {
        match &self.records {
            Records::Rows(rows) => rows.partition_point(|row| row.exchange < limit),
            Records::Streamed(rows) => rows.before(limit),
            Records::Orders(rows) => rows.partition_point(|row| row.exchange < limit),
            Records::Bars(bars) => bars.partition_point(|bar| bar.opened < limit),
        }
    }
}
