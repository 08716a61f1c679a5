//! The codes under which market data is refused, and the two ways to take a complaint.
//!
//! `E-` codes stop an import; `W-` codes are things a reader should know of data that can still
//! be run. A [`Complaints`] either stops at the first `E-` (import) or keeps the first twenty and
//! counts the rest by code (check). Codes are never reused for another meaning.

use std::collections::BTreeMap;

use crate::bad_input::BadInput;

/// The file is missing, is no regular file, or cannot be read.
pub(crate) const UNREADABLE: &str = "E-MD-001";
/// The path is absolute, climbs, or leaves the data root.
pub(crate) const OUTSIDE_ROOT: &str = "E-MD-002";
/// There is nothing, or nothing but a header, in the file.
pub(crate) const EMPTY: &str = "E-MD-003";
/// What is packed is cut short, damaged, packed twice, or packed in a way that is not read.
pub(crate) const PACKED: &str = "E-MD-005";
/// The file inflates more than 200:1, or beyond the absolute cap.
pub(crate) const INFLATES: &str = "E-MD-006";
/// A line is longer than the cap.
pub(crate) const LONG_LINE: &str = "E-MD-007";
/// No reader knows the file.
pub(crate) const UNKNOWN_FORMAT: &str = "E-MD-008";
/// The text is not plain UTF-8 without a byte-order mark and control characters.
pub(crate) const ENCODING: &str = "E-MD-009";
/// Line ends are mixed.
pub(crate) const LINE_ENDS: &str = "E-MD-010";
/// A needed column is missing.
pub(crate) const COLUMN_MISSING: &str = "E-MD-011";
/// A column stands twice.
pub(crate) const COLUMN_TWICE: &str = "E-MD-012";
/// A column is not known.
pub(crate) const COLUMN_UNKNOWN: &str = "E-MD-013";
/// A row has another number of cells than the header.
pub(crate) const RAGGED: &str = "E-MD-014";
/// A quote stands where none may.
pub(crate) const QUOTE: &str = "E-MD-015";
/// A blank line, a comment, or the header again, in the middle of the file.
pub(crate) const STRAY_LINE: &str = "E-MD-016";
/// A text is not a number.
pub(crate) const NUMBER: &str = "E-MD-017";
/// A number does not fit.
pub(crate) const TOO_LARGE: &str = "E-MD-018";
/// A number is finer than 18 decimals, or off the step that was asked for.
pub(crate) const OFF_STEP: &str = "E-MD-019";
/// A number is negative, or zero where it must not be.
pub(crate) const NOT_POSITIVE: &str = "E-MD-020";
/// A text is not a time.
pub(crate) const TIME: &str = "E-MD-021";
/// A time lies outside the years 2000 to 2100.
pub(crate) const TIME_RANGE: &str = "E-MD-022";
/// Times of different units in one column.
pub(crate) const TIME_UNIT: &str = "E-MD-023";
/// A time goes backwards.
pub(crate) const BACKWARDS: &str = "E-MD-024";
/// Two bars of one time.
pub(crate) const BAR_TWICE: &str = "E-MD-025";
/// A bar does not stand on its cadence.
pub(crate) const CADENCE: &str = "E-MD-026";
/// A bar's high is below its low.
pub(crate) const HIGH_BELOW_LOW: &str = "E-MD-031";
/// A bar's open or close lies outside its range.
pub(crate) const OUTSIDE_RANGE: &str = "E-MD-032";
/// A bar closes before it opens.
pub(crate) const CLOSES_FIRST: &str = "E-MD-033";
/// A frame is not JSON.
pub(crate) const JSON: &str = "E-MD-040";
/// A frame ends before its JSON does.
pub(crate) const JSON_CUT: &str = "E-MD-041";
/// A JSON value has the wrong type, or a key stands twice.
pub(crate) const JSON_TYPE: &str = "E-MD-042";
/// A JSON key is missing.
pub(crate) const JSON_MISSING: &str = "E-MD-043";
/// A frame is neither a stream's, nor a snapshot, nor a reply.
pub(crate) const FRAME: &str = "E-MD-044";
/// The symbol changes within the file.
pub(crate) const SYMBOL: &str = "E-MD-045";
/// The file holds several instruments and none was chosen, or not the one that was.
pub(crate) const INSTRUMENTS: &str = "E-MD-046";
/// Depth updates are missing, repeated, or go backwards.
pub(crate) const SEQUENCE: &str = "E-MD-050";
/// No snapshot stands in a capture with depth updates, or it comes too late.
pub(crate) const NO_SNAPSHOT: &str = "E-MD-051";
/// One level stands twice in one message.
pub(crate) const LEVEL_TWICE: &str = "E-MD-052";
/// The book is crossed or locked after a whole message.
pub(crate) const CROSSED: &str = "E-MD-053";
/// A snapshot's levels do not run away from the touch.
pub(crate) const LEVEL_ORDER: &str = "E-MD-055";
/// The book does not give the checksum that the exchange sent with it.
pub(crate) const CHECKSUM: &str = "E-MD-056";
/// An order id is added that is there already.
pub(crate) const ORDER_TWICE: &str = "E-MD-057";
/// Something becomes of an order that a whole book does not have.
pub(crate) const ORDER_UNKNOWN: &str = "E-MD-058";
/// More of an order goes than was left of it.
pub(crate) const ORDER_OVER: &str = "E-MD-059";
/// A trade id stands twice.
pub(crate) const TRADE_TWICE: &str = "E-MD-060";
/// A trade id goes backwards.
pub(crate) const TRADE_BACKWARDS: &str = "E-MD-061";
/// A side is neither buy nor sell.
pub(crate) const SIDE: &str = "E-MD-062";
/// The book differs from the one that the exchange published.
pub(crate) const BOOK_DIFFERS: &str = "E-MD-063";
/// The day of a file without dates is not known.
pub(crate) const DAY: &str = "E-MD-064";
/// The file is not Databento's, damaged, or of a schema that is not read.
pub(crate) const DBN: &str = "E-MD-065";
/// A mapping does not fit its file.
pub(crate) const MAPPING: &str = "E-MD-066";
/// The file is not Parquet, or is damaged.
#[cfg(feature = "batch")]
pub(crate) const PARQUET: &str = "E-MD-070";
/// A Parquet column is missing or has the wrong type.
#[cfg(feature = "batch")]
pub(crate) const PARQUET_COLUMN: &str = "E-MD-071";
/// The Parquet file's own description is missing or cannot be read.
#[cfg(feature = "batch")]
pub(crate) const PARQUET_KEY: &str = "E-MD-072";
/// The Parquet file's schema is of another version.
#[cfg(feature = "batch")]
pub(crate) const PARQUET_VERSION: &str = "E-MD-073";
/// A message arrives before it happened.
#[cfg(feature = "batch")]
pub(crate) const NEGATIVE_LATENCY: &str = "E-MD-074";
/// Rows do not stand in exchange-time order, or a message is torn.
#[cfg(feature = "batch")]
pub(crate) const ROW_ORDER: &str = "E-MD-075";
/// The content does not match the hash stored with it.
#[cfg(feature = "batch")]
pub(crate) const HASH: &str = "E-MD-076";
/// A value lies outside what a tape holds.
#[cfg(feature = "batch")]
pub(crate) const ROW_VALUE: &str = "E-MD-077";
/// This build does not read or write Parquet.
#[cfg(not(feature = "batch"))]
pub(crate) const NO_PARQUET: &str = "E-MD-078";
/// A file cannot be written.
pub(crate) const UNWRITABLE: &str = "E-MD-079";
/// What stands where a tape is to be written is no tape, or is the source.
#[cfg(feature = "batch")]
pub(crate) const TAKEN: &str = "E-MD-080";
/// An archive holds several members and none was chosen, or not the one that was.
pub(crate) const MEMBER: &str = "E-MD-081";
/// An option is out of range.
pub(crate) const OPTION: &str = "E-MD-090";

/// Bars are missing.
pub(crate) const GAP: &str = "W-MD-101";
/// Trade ids are missing.
pub(crate) const TRADE_GAP: &str = "W-MD-102";
/// A price, or a bar's volume, is a power of ten off its neighbours.
pub(crate) const JUMP: &str = "W-MD-103";
/// The recorder's clock went backwards.
pub(crate) const LOCAL_BACKWARDS: &str = "W-MD-104";
/// A trade's exchange time goes backwards.
pub(crate) const TRADE_TIME_BACKWARDS: &str = "W-MD-105";
/// The book's touch differs from the best quote the exchange sent.
pub(crate) const TICKER_DIFFERS: &str = "W-MD-106";
/// A stream that is not market data we read.
pub(crate) const OTHER_STREAM: &str = "W-MD-107";
/// Local times had to be shifted.
pub(crate) const SHIFTED: &str = "W-MD-108";

/// A bar's volume has more decimals than are kept.
pub(crate) const VOLUME_CUT: &str = "W-MD-109";

/// A trade of nothing; it is passed over.
pub(crate) const EMPTY_TRADE: &str = "W-MD-110";

/// A book that the exchange vouches for is crossed or locked.
pub(crate) const CROSSED_THERE: &str = "W-MD-111";

/// Something becomes of an order from before the recording, or from beyond its depth.
pub(crate) const ORDER_UNSEEN: &str = "W-MD-112";

/// How many complaints a check keeps in full.
const KEPT_MAX: usize = 20;

/// What to do with complaints.
#[derive(Debug)]
pub(crate) struct Complaints {
    collect: bool,
    kept: Vec<BadInput>,
    counts: BTreeMap<&'static str, u64>,
}

impl Complaints {
    /// Stop at the first refusal; let warnings pass.
    pub(crate) const fn refuse() -> Self {
        Self { collect: false, kept: Vec::new(), counts: BTreeMap::new() }
    }

    /// Keep the first twenty, count all, stop at none.
    pub(crate) const fn collect() -> Self {
        Self { collect: true, kept: Vec::new(), counts: BTreeMap::new() }
    }

    /// Takes a complaint: an error if the import must stop, otherwise the reader goes on without
    /// the record it complained of.
    pub(crate) fn take(&mut self, bad: BadInput) -> Result<(), BadInput> {
        if !self.collect {
            return if bad.code.starts_with('E') { Err(bad) } else { Ok(()) };
        }
        *self.counts.entry(bad.code).or_default() += 1;
        if self.kept.len() < KEPT_MAX {
            self.kept.push(bad);
        }
        Ok(())
    }

    /// Whether warnings are wanted at all; finding one may cost time.
    pub(crate) const fn collects(&self) -> bool {
        self.collect
    }

    /// The complaints kept, and how many there were of each code.
    pub(crate) fn into_parts(self) -> (Vec<BadInput>, BTreeMap<&'static str, u64>) {
        (self.kept, self.counts)
    }
}
