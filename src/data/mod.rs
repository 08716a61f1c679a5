//! Market data in and out: files become tapes of whole numbers, and tapes become Parquet.
//!
//! What a file is is told from its content; of its name only a last `.gz`, `.zst` or `.zip` is held to its word. Everything wrong with a file is
//! a [`BadInput`](crate::bad_input::BadInput) that names the place; nothing is repaired, guessed
//! or made up, but for one thing: local times that precede exchange times are shifted by the
//! smallest constant that makes every feed latency non-negative, and the tape says by how much.
//! The same file gives the same tape on every machine, raw or by way of Parquet.
//!
//! This module runs nothing and draws nothing; only `synth` uses floats and chance.

mod aggregate;
mod bars;
mod binance;
mod bitstamp;
mod book_table;
mod builder;
mod cache;
mod capture;
mod check;
mod convert;
mod databento;
mod day;
mod equity;
mod fault;
mod format;
mod gist;
mod hash;
mod import;
mod inflate;
mod info;
mod json;
mod ladder;
mod latencies;
mod levels;
mod lobster;
mod mapping;
mod npz;
mod number;
mod order_row;
mod orders;
mod packed;
#[cfg(feature = "batch")]
mod parquet;
mod path;
mod quotes;
mod recording;
mod row;
mod shows;
mod source;
mod spool;
mod sse;
mod streamed;
mod symbol;
pub mod synth;
mod table;
mod tape;
mod time;
mod trades;
mod unzip;
mod word;

pub use aggregate::{bars_of, longer_bars};
pub use binance::QuoteComparison;
pub use builder::ImportOptions;
pub use cache::{open, open_within};
pub use capture::Checksums;
pub use check::{CheckReport, check};
pub use format::Format;
pub use gist::{Gist, Message};
pub use import::{IMPORTER_VERSION, import};
pub use info::{Info, Latency, info};
pub use lobster::PublishedRows;
pub use mapping::{MappedColumn, MappedKind, Mapping};
pub use npz::write_npz;
pub use order_row::{OrderRow, OrderRowKind, Placed};
#[cfg(feature = "batch")]
pub(crate) use parquet::place;
#[cfg(feature = "batch")]
pub use parquet::{import_into, may_write, write};
pub use path::below_root;
pub use row::{Row, RowKind};
pub use shows::{Assumed, Shows};
pub use source::sha256_of;
pub use streamed::Streamed;
pub(crate) use streamed::Window;
pub use tape::{Drawn, Provenance, Records, Tape, TapeHash};
pub use word::TapeRow;
