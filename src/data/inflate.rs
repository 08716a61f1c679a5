//! Gzip, member after member, with limits.
//!
//! A complaint names the member (from 0) and the byte after inflation at which it was noticed.
//! It is carried to the reader of the text inside the I/O error.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::fault::{GZIP, INFLATES};
use crate::bad_input::BadInput;

/// The first bytes of a gzip file.
pub(crate) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const RATIO_MAX: u64 = 200;
/// Below this nobody minds a high ratio.
const RATIO_FREE: u64 = 1 << 20;
const INFLATED_MAX: u64 = 64 << 30;
const MEMBERS_MAX: u64 = 10_000;

/// Counts the bytes that leave the disk.
#[derive(Debug)]
struct Counted {
    file: BufReader<File>,
    taken: u64,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.taken += count(read);
        Ok(read)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.file.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.taken += count(amount);
        self.file.consume(amount);
    }
}

/// A gzip file as the bytes inside it.
pub(crate) struct Inflate {
    name: String,
    decoder: Option<GzDecoder<Counted>>,
    member: u64,
    inflated: u64,
}

impl Inflate {
    /// Starts at the front of a file.
    pub(crate) fn new(name: String, file: File) -> Self {
        let decoder = GzDecoder::new(Counted { file: BufReader::with_capacity(1 << 16, file), taken: 0 });
        Self { name, decoder: Some(decoder), member: 0, inflated: 0 }
    }

    fn complain(&self, code: &'static str, found: &str, allowed: &str) -> io::Error {
        io::Error::other(BadInput::new(code, &self.name, found, allowed).at_record(self.member, self.inflated))
    }

    fn broken(&self, error: &io::Error) -> io::Error {
        let found = match error.kind() {
            io::ErrorKind::UnexpectedEof => "gzip that ends within a member",
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => "damaged gzip",
            _ => "a file that stopped being readable",
        };
        self.complain(GZIP, found, "whole gzip members")
    }

    /// Moves to the member after the one that ended, if there is one.
    fn next_member(&mut self) -> io::Result<bool> {
        let Some(mut input) = self.decoder.take().map(GzDecoder::into_inner) else { return Ok(false) };
        if input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        self.member += 1;
        if self.member >= MEMBERS_MAX {
            return Err(self.complain(INFLATES, "ten thousand gzip members", "fewer"));
        }
        self.decoder = Some(GzDecoder::new(input));
        Ok(true)
    }

    fn check_limits(&self, taken: u64, first: &[u8]) -> io::Result<()> {
        if self.inflated == count(first.len()) && first.starts_with(&GZIP_MAGIC) {
            return Err(self.complain(GZIP, "gzip within gzip", "one layer of gzip"));
        }
        if self.inflated > RATIO_FREE && self.inflated / taken.max(1) > RATIO_MAX || self.inflated > INFLATED_MAX {
            return Err(self.complain(INFLATES, "gzip that inflates beyond measure", "at most 200:1 and 64 GiB"));
        }
        Ok(())
    }
}

impl Read for Inflate {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            // None after the last member has ended.
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            let result = decoder.read(into);
            let taken = decoder.get_ref().taken;
            let read = result.map_err(|error| self.broken(&error))?;
            self.inflated += count(read);
            self.check_limits(taken, &into[..read])?;
            if read > 0 || into.is_empty() || !self.next_member()? {
                return Ok(read);
            }
        }
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("a length fits 64 bits")
}
