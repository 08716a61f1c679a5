//! Raw Binance captures: snapshot, diff depth, trades and best quotes of one symbol, on spot,
//! USD-M and COIN-M futures, one frame a line after the recorder's time.
//!
//! What comes out is the book as explicit level changes and the trades, each message at the
//! exchange's transaction time (spot depth has only the event time). COIN-M quantities are whole
//! contracts. The sequence of depth updates is proved unbroken; best quotes are compared with the
//! book by `check` and are not in the tape. One capture holds one symbol.

mod capture;
mod frame;
mod levels;
mod sync;
mod ticker;

pub(crate) use capture::read;
pub(crate) use frame::looks_like_one;
pub use ticker::QuoteComparison;
