//! Gzip, member after member, with limits.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::fault::INFLATES;
use super::packed::{Counted, Measure, Packing};

const MEMBERS_MAX: u64 = 10_000;

/// A gzip file as the bytes inside it.
pub(crate) struct Inflate {
    decoder: Option<GzDecoder<Counted<BufReader<File>>>>,
    measure: Measure,
}

impl Inflate {
    /// Starts at the front of a file.
    pub(crate) fn new(name: String, file: File) -> Self {
        let decoder = GzDecoder::new(Counted::new(BufReader::with_capacity(1 << 16, file)));
        Self { decoder: Some(decoder), measure: Measure::new(name, Packing::Gzip) }
    }

    /// Moves to the member after the one that ended, if there is one.
    fn next_member(&mut self) -> io::Result<bool> {
        let Some(mut input) = self.decoder.take().map(GzDecoder::into_inner) else { return Ok(false) };
        if input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        self.measure.member += 1;
        if self.measure.member >= MEMBERS_MAX {
            return Err(self.measure.complain(INFLATES, "ten thousand gzip members", "fewer"));
        }
        self.decoder = Some(GzDecoder::new(input));
        Ok(true)
    }
}

impl Read for Inflate {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            // None after the last member has ended.
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            let result = decoder.read(into);
            let taken = decoder.get_ref().taken;
            let read = result.map_err(|error| self.measure.broken(&error))?;
            self.measure.add(taken, &into[..read])?;
            if read > 0 || into.is_empty() || !self.next_member()? {
                return Ok(read);
            }
        }
    }
}
