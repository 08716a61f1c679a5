//! Replies: what came back, which class of production-rules §3.6 it belongs to, and what the trader
//! is told.

use std::fmt;

use crate::market::{
    Event, ExecutionReport, InstrumentId, LinkEvent, OrderId, RefusedBecause, RejectReason, ReportKind, Timestamp,
    VenueRef,
};

/// What was asked of the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// A new order.
    New,
    /// New terms for a live order.
    Amend,
    /// A cancel.
    Cancel,
}

impl Asked {
    /// Every command that has a reply of its own.
    pub const ALL: [Self; 3] = [Self::New, Self::Amend, Self::Cancel];
}

/// What came back: nothing at all, or a status and a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply<'a> {
    /// A time-out or a reset: nobody knows what became of the command.
    Nothing,
    /// An HTTP reply.
    Http {
        /// Its status.
        status: u16,
        /// Its body.
        body: &'a str,
    },
}

/// A class of production-rules §3.6.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplyClass {
    /// Done, under this name where the venue gave one.
    Yes(Option<VenueRef>),
    /// A definitive no by a rule of the market: never again by itself.
    DefiniteNo(RejectReason),
    /// A definitive no because the venue is busy, limits rates, or the deadline elapsed: again later.
    Busy(RejectReason),
    /// The nonce was refused; nothing was accepted.
    Nonce,
    /// The session does not take such orders.
    Session,
    /// The client id is known: evidence of an earlier yes.
    EvidenceOfEarlierYes,
    /// Nobody knows whether it was accepted.
    Ambiguous,
    /// A cancel or an amend was refused and the order stays as it is.
    StillOpen(RejectReason),
    /// A cancel or an amend was refused: the order is not open. Never proof of a cancel.
    NotOpen,
    /// Key, permission or lockout: stop everything.
    StopEverything(RejectReason),
}

/// A reply, read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Its class.
    pub class: ReplyClass,
    /// Whether its code is on no table: ambiguous, and a defect to warn of.
    pub unmapped: bool,
}

impl Reading {
    /// A reply whose class is known.
    pub(super) const fn of(class: ReplyClass) -> Self {
        Self { class, unmapped: false }
    }

    /// A reply that is on no table.
    pub(super) const fn unmapped() -> Self {
        Self { class: ReplyClass::Ambiguous, unmapped: true }
    }

    /// What the trader is told of an order by it; nothing where the venue reports by itself.
    #[must_use]
    pub fn event(self, asked: Asked, order: OrderId, instrument: InstrumentId, at: Timestamp) -> Option<Event> {
        let report =
            |kind, venue_id| Event::Report(ExecutionReport { order, venue_id, instrument, at, cumulative: None, kind });
        let refused = |because| match asked {
            Asked::New => unreachable!("a new order is never still open or not open"),
            Asked::Amend => report(ReportKind::AmendRejected(because), None),
            Asked::Cancel => report(ReportKind::CancelRejected(because), None),
        };
        Some(match self.class {
            ReplyClass::Yes(venue_id) if asked == Asked::New => report(ReportKind::Accepted, venue_id),
            // What an amend or a cancel did is told by the venue's own report.
            ReplyClass::Yes(_) => return None,
            ReplyClass::StopEverything(reason) if asked != Asked::New => refused(RefusedBecause::StillOpen(reason)),
            ReplyClass::DefiniteNo(reason) | ReplyClass::Busy(reason) | ReplyClass::StopEverything(reason) => {
                report(ReportKind::Rejected(reason), None)
            }
            ReplyClass::Nonce => report(ReportKind::Rejected(RejectReason::Nonce), None),
            ReplyClass::Session => report(ReportKind::Rejected(RejectReason::Session), None),
            ReplyClass::EvidenceOfEarlierYes => Event::Link(LinkEvent::DuplicateId(order)),
            ReplyClass::Ambiguous if self.unmapped => Event::Link(LinkEvent::Unmapped(order)),
            ReplyClass::Ambiguous => Event::Link(LinkEvent::Ambiguous(order)),
            ReplyClass::StillOpen(reason) => refused(RefusedBecause::StillOpen(reason)),
            ReplyClass::NotOpen => refused(RefusedBecause::NotOpen),
        })
    }
}

impl ReplyClass {
    /// What the class of a code means for a command: a no to a cancel or an amend leaves the order
    /// open, and only a cancel or an amend can find it not open. Stop everything is that whatever was asked.
    pub(super) const fn for_command(self, asked: Asked) -> Self {
        match (self, asked) {
            (Self::DefiniteNo(reason) | Self::Busy(reason), Asked::Amend | Asked::Cancel) => Self::StillOpen(reason),
            (Self::Nonce, Asked::Amend | Asked::Cancel) => Self::StillOpen(RejectReason::Nonce),
            (Self::Session, Asked::Amend | Asked::Cancel) => Self::StillOpen(RejectReason::Session),
            (Self::EvidenceOfEarlierYes, Asked::Amend | Asked::Cancel) | (Self::NotOpen, Asked::New) => Self::Ambiguous,
            (class, _) => class,
        }
    }
}

impl fmt::Display for ReplyClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes(Some(id)) => write!(f, "yes, as {id}"),
            Self::Yes(None) => f.write_str("yes"),
            Self::DefiniteNo(reason) => write!(f, "definite no: {reason:?}"),
            Self::Busy(reason) => write!(f, "busy: {reason:?}"),
            Self::Nonce => f.write_str("nonce"),
            Self::Session => f.write_str("session"),
            Self::EvidenceOfEarlierYes => f.write_str("evidence of an earlier yes"),
            Self::Ambiguous => f.write_str("ambiguous"),
            Self::StillOpen(reason) => write!(f, "still open: {reason:?}"),
            Self::NotOpen => f.write_str("not open"),
            Self::StopEverything(reason) => write!(f, "stop everything: {reason:?}"),
        }
    }
}
