//! Records: what a journal is made of.

use serde::{Deserialize, Serialize};

use super::frame::ChainHash;
use super::header::Header;
use crate::market::{Alert, Command, Decision, Event, ExecutionReport, Timestamp};

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Its number, from 0 without gaps.
    pub seq: u64,
    /// When it happened.
    pub now: Timestamp,
    /// How many market deliveries the trader had before it.
    pub cursor: u64,
    /// What happened.
    pub body: Body,
}

/// What happened. Variants are numbered by their place in the file format: new ones go last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Body {
    /// The run began; always and only the first record.
    Header(Box<Header>),
    /// The market delivery with number `cursor` made the trader act: its actions follow. Deliveries
    /// that made it do nothing leave no record.
    Market,
    /// The trader was given an event other than a market one: its actions follow.
    Event(Event),
    /// The venue did this, at venue time: its own log, which the trader does not see.
    Truth(ExecutionReport),
    /// The trader decided.
    Decision(Decision),
    /// The trader sent.
    Command(Command),
    /// The trader asked to be woken.
    Wake(Timestamp),
    /// The trader told a person.
    Alert(Alert),
    /// The journal was found torn and was cut here.
    Cut {
        /// How many bytes were cut off.
        bytes: u64,
    },
    /// The journal is whole; always and only the last record.
    Close(Closing),
    /// So many market deliveries, the last of them with number `cursor`, never reached the trader.
    Lost(u64),
    /// A simulation did this to the wire, the venue or the process; the trader does not see it.
    Fault(String),
}

impl Body {
    /// Whether the record belongs to the run (and so to its digest) or only to how it was kept.
    #[must_use]
    pub const fn is_of_the_run(&self) -> bool {
        match self {
            Self::Market
            | Self::Event(_)
            | Self::Truth(_)
            | Self::Decision(_)
            | Self::Command(_)
            | Self::Wake(_)
            | Self::Alert(_)
            | Self::Lost(_)
            | Self::Fault(_) => true,
            Self::Header(_) | Self::Cut { .. } | Self::Close(_) => false,
        }
    }
}

/// What a finished journal says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Closing {
    /// How many records came before this one.
    pub records: u64,
    /// The digest of them all.
    pub digest: u64,
    /// The chain up to the record before this one; none where the journal is not on disk.
    pub chain: Option<ChainHash>,
}
