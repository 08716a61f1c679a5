//! How records lie on disk.
//!
//! ```text
//! file   = head frame*
//! head   = "seatrial-jrn" version:u32
//! frame  = length:u32 length_check:u32 crc:u32 link:u64 payload
//! ```
//!
//! All numbers are little-endian. `length` counts the payload's bytes, `length_check` is the CRC-32
//! of the four length bytes, `crc` the CRC-32 of the payload, and `link` the first eight bytes of
//! the SHA-256 chain once the payload has been added to it. The chain begins with the hash of the
//! head and each record turns `c` into `SHA-256(c ‖ payload)`.
//!
//! The length has a check of its own so that a damaged length is never taken for a torn tail: a
//! frame is **torn** only if the file (or the part of it that is not zeros up to its end) stops
//! before the frame does. Everything else that is wrong is damage, which nothing repairs.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The version of the format this build writes, and the only one it reads.
pub const FORMAT: u32 = 3;

/// The longest payload of a record, in bytes.
pub const LONGEST_PAYLOAD: u32 = 16 << 20;
/// Longest journal that is read, in bytes; none is written longer.
pub(super) const LONGEST_FILE: u64 = 8 << 30;

pub(super) const MAGIC: [u8; 12] = *b"seatrial-jrn";
/// Bytes of a file's head.
pub(super) const FILE_HEAD: usize = 16;
/// Bytes of a frame before its payload.
pub(super) const FRAME_HEAD: usize = 20;

/// A state of the SHA-256 chain.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// The chain of a journal without records.
    pub(super) fn genesis() -> Self {
        Self(Sha256::digest(file_head()).into())
    }

    /// The chain with one more record.
    pub(super) fn extended(self, payload: &[u8]) -> Self {
        Self(Sha256::new().chain_update(self.0).chain_update(payload).finalize().into())
    }

    pub(super) fn link(self) -> [u8; 8] {
        *self.0.first_chunk().expect("a hash has 32 bytes")
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The first bytes of every journal.
pub(super) fn file_head() -> [u8; FILE_HEAD] {
    let mut head = [0; FILE_HEAD];
    head[..MAGIC.len()].copy_from_slice(&MAGIC);
    head[MAGIC.len()..].copy_from_slice(&FORMAT.to_le_bytes());
    head
}

/// Appends the frame of a payload to `out`, and returns the chain that includes it.
pub(super) fn put(payload: &[u8], chain: ChainHash, out: &mut Vec<u8>) -> ChainHash {
    let chain = chain.extended(payload);
    let length = u32::try_from(payload.len()).expect("the writer checked the length").to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&crc32fast::hash(&length).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    out.extend_from_slice(&chain.link());
    out.extend_from_slice(payload);
    chain
}

/// A frame whose length and payload are as written; whether it follows from those before it is
/// for the reader to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Frame<'a> {
    pub payload: &'a [u8],
    pub link: [u8; 8],
}

/// Why there is no frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NoFrame {
    /// The file stops within it.
    Torn,
    /// Its length is wrong: found, allowed.
    Length(String, String),
    /// Its payload is wrong: CRC found, CRC written.
    Crc(u32, u32),
}

/// The frame at the beginning of `rest`, which runs to the end of the file and is not empty.
pub(super) fn get(rest: &[u8]) -> Result<Frame<'_>, NoFrame> {
    let written = || rest.len() - rest.iter().rev().take_while(|byte| **byte == 0).count();
    let torn_or = |needed: usize, damage: NoFrame| if written() < needed { NoFrame::Torn } else { damage };
    let Some(head) = rest.first_chunk::<FRAME_HEAD>() else { return Err(NoFrame::Torn) };
    let field = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (length, length_check, crc) = (field(0), field(4), field(8));
    let expected = crc32fast::hash(&length.to_le_bytes());
    if length_check != expected {
        let found = if head.iter().all(|byte| *byte == 0) {
            "a block of zeros".to_owned()
        } else {
            format!("{length} with check {length_check:08x}")
        };
        return Err(torn_or(FRAME_HEAD, NoFrame::Length(found, format!("check {expected:08x} for that length"))));
    }
    if length == 0 || length > LONGEST_PAYLOAD {
        return Err(NoFrame::Length(length.to_string(), format!("1 to {LONGEST_PAYLOAD}")));
    }
    let end = FRAME_HEAD + usize::try_from(length).expect("bounded above");
    let Some(payload) = rest.get(FRAME_HEAD..end) else { return Err(NoFrame::Torn) };
    let found = crc32fast::hash(payload);
    if found != crc {
        return Err(torn_or(end, NoFrame::Crc(found, crc)));
    }
    Ok(Frame { payload, link: *head[12..].first_chunk().expect("eight bytes remain") })
}
