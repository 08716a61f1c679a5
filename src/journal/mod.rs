//! The record of everything that happened in a run: sequenced, digested, chained.
//!
//! One [`Journal`] is written per run. It always counts records and folds a 64-bit [`Digest`]; it
//! keeps the records in memory or on disk only when asked to. On disk every record is framed with
//! its length and two checksums and linked into a SHA-256 chain, and a finished journal ends in a
//! [`Closing`] record, so that a journal that was cut, altered or mixed up is never mistaken for a
//! whole one. [`open`] verifies all of that and names the first record that is wrong; [`Renderer`]
//! turns records into lines a person can read.
//!
//! It does not judge: whether a true record breaks a law of trading is for `audit` to say. It does
//! not store market data, which a record names by how many deliveries came before it.

mod digest;
mod encoding;
mod error;
mod exact;
mod frame;
mod header;
mod reader;
mod record;
mod render;
mod render_decision;
mod render_message;
mod render_upkeep;
mod words;
mod writer;

pub use digest::Digest;
pub use error::{Complaint, JournalError};
pub use exact::{Exact, TooLarge};
pub(crate) use frame::hex;
pub use frame::{ChainHash, FORMAT, LONGEST_PAYLOAD};
pub use header::{Header, InstrumentCard, Profile, ScenarioStamp, TapeCard};
pub use reader::{Cut, JournalFile, open, parse};
pub use record::{Body, Closing, Record};
pub use render::Renderer;
pub(crate) use words::words as in_words;
pub use writer::{Disk, Journal, Listener, Summary};
