//! Where the venue's seeded models get their draws: from whoever runs it, by number.
//!
//! A draw is named by what it is for and its number, so that a venue that is copied or restarted draws the
//! same again, and a draw more in one place moves nothing in another. Without a source no seeded model runs.

use std::fmt;

/// What a draw is for; each is a stream of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Draw {
    /// How much worse than displayed a taker trades.
    Slippage,
    /// How much of what could trade does.
    PartialFill,
    /// What agents do.
    Background,
}

/// A source of chance.
pub trait Chance: Send + Sync + fmt::Debug {
    /// The draw of a number: from 0 to `below` − 1, every one equally likely.
    fn draw(&self, what: Draw, number: u32, below: u64) -> u64;
    /// Eight draws of all 64 bits: those of a numbered part's stream from eight times the number on.
    fn block(&self, what: Draw, part: u32, number: u64) -> [u64; 8];
}
