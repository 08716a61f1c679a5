//! What a law is: an id, a sentence, and a function that looks.
//!
//! A law sees the tables as they stand after the record, step or journal it judges, says how often
//! it looked, and what it found wrong. It changes nothing. It names the kinds of records it is about,
//! so that a record costs only the laws that concern it.

use super::facts::Facts;
use crate::journal::{Body, Record, TooLarge};
use crate::market::{Command, Decision};

/// Breaches of one law that are kept in words; more are only counted.
const KEPT: usize = 20;

/// What a law function returns: an amount too large to judge is a breach of its own.
pub(super) type Judged = Result<(), TooLarge>;

/// A set of kinds of records.
pub(super) type Kinds = u16;

/// Every record.
pub(super) const ALL: Kinds = Kinds::MAX;
/// An event the trader was given.
pub(super) const HEARD: Kinds = 1 << 1;
/// The venue's own log.
pub(super) const TRUTH: Kinds = 1 << 2;
/// A new order or an amend leaves.
pub(super) const SENT: Kinds = 1 << 3;
/// Any other command leaves.
pub(super) const ASKED: Kinds = 1 << 4;
/// An order is approved.
pub(super) const INTENDED: Kinds = 1 << 5;
/// An order moves.
pub(super) const MOVED: Kinds = 1 << 6;
/// A fill is booked.
pub(super) const BOOKED: Kinds = 1 << 7;
/// Money moves.
pub(super) const POSTED: Kinds = 1 << 8;
/// A stop or target is wanted.
pub(super) const PROTECTED: Kinds = 1 << 9;
/// A reconciliation pass ends.
pub(super) const RECONCILED: Kinds = 1 << 10;
/// A proposal passed its checks, or a limit changes.
pub(super) const SETTLED: Kinds = 1 << 11;
/// Kinds there are.
pub(super) const KINDS: usize = 12;

/// The place of a record's kind among the [`KINDS`].
pub(super) const fn kind(body: &Body) -> usize {
    match body {
        Body::Event(_) => 1,
        Body::Truth(_) => 2,
        Body::Command(Command::New(_) | Command::Amend(_)) => 3,
        Body::Command(_) => 4,
        Body::Decision(Decision::Intended { .. }) => 5,
        Body::Decision(Decision::Moved { .. }) => 6,
        Body::Decision(Decision::Booked { .. }) => 7,
        Body::Decision(Decision::Posted(_)) => 8,
        Body::Decision(Decision::Protected { .. }) => 9,
        Body::Decision(Decision::Reconciled { .. }) => 10,
        Body::Decision(Decision::Checked(..) | Decision::LimitChanged { .. }) => 11,
        Body::Decision(_)
        | Body::Header(_)
        | Body::Market
        | Body::Wake(_)
        | Body::Alert(_)
        | Body::Cut { .. }
        | Body::Close(_)
        | Body::Lost(_)
        | Body::Fault(_) => 0,
    }
}

/// When a law is looked at.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// After each record of these kinds.
    Record(Kinds, fn(&Facts, &Record, &mut Tally) -> Judged),
    /// After each step of the trader that did something: its input and everything it did about it.
    Step(fn(&Facts, &mut Tally) -> Judged),
    /// Once in a second, at the end of a step.
    Second(fn(&Facts, &mut Tally) -> Judged),
    /// When the journal is closed.
    End(fn(&Facts, &mut Tally) -> Judged),
    /// When a run ends in which everything had the time to come to rest.
    Rest(fn(&Facts, &mut Tally) -> Judged),
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
