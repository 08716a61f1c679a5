//! What a law is: an id, a sentence, and a function that looks.
//!
//! A law sees the tables as they stand after the record, step or journal it judges, says how often
//! it looked, and what it found wrong. It changes nothing.

use super::facts::Facts;
use crate::journal::{Record, TooLarge};

/// Breaches of one law that are kept in words; more are only counted.
const KEPT: usize = 20;

/// What a law function returns: an amount too large to judge is a breach of its own.
pub(super) type Judged = Result<(), TooLarge>;

/// When a law is looked at.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// After each record.
    Record(fn(&Facts, &Record, &mut Tally) -> Judged),
    /// After each step of the trader: its input and everything it did about it.
    Step(fn(&Facts, &mut Tally) -> Judged),
    /// When the journal is closed.
    End(fn(&Facts, &mut Tally) -> Judged),
}

/// A law of the house.
#[derive(Clone, Copy)]
pub(super) struct Law {
    /// Its number in production-rules §5.3 or faults.md §3.
    pub id: &'static str,
    /// What it demands.
    pub name: &'static str,
    /// When, and how to tell.
    pub when: When,
}

/// What one law found.
#[derive(Clone, Default, Debug)]
pub(super) struct Tally {
    pub checked: u64,
    pub breached: u64,
    /// Record and words of the first breaches.
    pub kept: Vec<(u64, String)>,
}

impl Tally {
    /// Counts a look; where the law does not hold, notes why.
    pub fn holds(&mut self, seq: u64, held: bool, why: impl FnOnce() -> String) {
        self.checked += 1;
        if !held {
            self.breach(seq, why());
        }
    }

    pub fn breach(&mut self, seq: u64, why: String) {
        self.breached += 1;
        if self.kept.len() < KEPT {
            self.kept.push((seq, why));
        }
    }
}
