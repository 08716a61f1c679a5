//! Captures of Kraken's (v1, v2) and OKX's (v5) public streams: books and trades of many
//! instruments, one frame a line.
//!
//! A line is a frame alone, a frame after the recorder's time (`1618678134.21: {…}`), or a note of
//! the recorder (`wss://…`, `configuration: …`, nothing), which is passed over. Every book is kept with the
//! digits that the exchange printed, and after every message that carries a checksum the book
//! must give it. What comes out is the book as explicit level changes, cut to the subscribed depth
//! where the venue does so, and the trades. What a frame is is told from its own shape.
//!
//! Kraken v1 does not say when a message was sent: the latest time among its levels stands for it.
//! A message is never earlier than the one of its instrument before it.

mod book;
mod checksum;
mod instrument;
mod kraken;
mod line;
mod message;
mod okx;
mod reader;

pub use checksum::Checksums;
pub(crate) use line::looks_like_one;
pub(crate) use reader::{Captured, read};
