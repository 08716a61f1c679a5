//! What can be wrong with a journal, and where: one error type for reading and writing.
//!
//! Every text has the shape `CODE file:record:byte field: found … allowed …`. Record and byte
//! count from 0 and name the first record that is wrong. Nothing a file contains reaches a
//! terminal unescaped.

use std::fmt;

/// Where, which field, what was found and what is allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// The journal as it was named to us.
    pub file: String,
    /// The record, from 0.
    pub record: u64,
    /// Where it begins in the file, from 0.
    pub byte: u64,
    /// Which part of it.
    pub field: String,
    /// What stood there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, record, byte, field, found, allowed } = self;
        write!(f, "{}:{record}:{byte} {field}: found {found} allowed {allowed}", file.escape_debug())
    }
}

/// A journal that cannot be read, or cannot be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JournalError {
    /// The file does not begin like a journal.
    #[error("E-JR-001 {0}")]
    Head(Complaint),
    /// The journal was written in another format.
    #[error("E-JR-002 {0}")]
    Version(Complaint),
    /// A record is not what was written.
    #[error("E-JR-003 {0}")]
    Crc(Complaint),
    /// A record's length makes no sense, or does not match its own check.
    #[error("E-JR-004 {0}")]
    Length(Complaint),
    /// Records are missing, doubled, swapped, or not the first or last where they must be.
    #[error("E-JR-005 {0}")]
    Sequence(Complaint),
    /// A record does not follow from all those before it.
    #[error("E-JR-006 {0}")]
    Chain(Complaint),
    /// A record's bytes do not say anything.
    #[error("E-JR-007 {0}")]
    Body(Complaint),
    /// The header record is missing or describes something impossible.
    #[error("E-JR-008 {0}")]
    Header(Complaint),
    /// The journal ends without its closing record.
    #[error("E-JR-009 {0}")]
    Torn(Complaint),
    /// The closing record does not agree with what it closes.
    #[error("E-JR-010 {0}")]
    Closing(Complaint),
    /// Something follows the closing record.
    #[error("E-JR-011 {0}")]
    Trailing(Complaint),
    /// The file cannot be read at all.
    #[error("E-JR-012 {0}")]
    Unreadable(Complaint),
    /// The journal could not be written. Nothing may be traded that is not on record.
    #[error("E-JR-013 {0}")]
    Write(Complaint),
    /// The journal takes no more records.
    #[error("E-JR-014 {0}")]
    Ended(Complaint),
}

impl JournalError {
    /// The complaint itself.
    #[must_use]
    pub const fn complaint(&self) -> &Complaint {
        match self {
            Self::Head(complaint)
            | Self::Version(complaint)
            | Self::Crc(complaint)
            | Self::Length(complaint)
            | Self::Sequence(complaint)
            | Self::Chain(complaint)
            | Self::Body(complaint)
            | Self::Header(complaint)
            | Self::Torn(complaint)
            | Self::Closing(complaint)
            | Self::Trailing(complaint)
            | Self::Unreadable(complaint)
            | Self::Write(complaint)
            | Self::Ended(complaint) => complaint,
        }
    }
}

/// A place in a journal, from which to complain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub file: &'a str,
    pub record: u64,
    pub byte: u64,
}

impl Place<'_> {
    pub(super) fn complain(&self, field: &str, found: impl Into<String>, allowed: impl Into<String>) -> Complaint {
        Complaint {
            file: self.file.to_owned(),
            record: self.record,
            byte: self.byte,
            field: field.to_owned(),
            found: found.into(),
            allowed: allowed.into(),
        }
    }
}
