//! Zip: one member of an archive, stored or deflated, with limits and its checksum.
//!
//! An archive with one file needs no choice; with several, one must be named. The directory is
//! read first, so the archive must be a file and whole. Encrypted members are refused.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Take};

use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::fault::{MEMBER, PACKED};
use super::packed::{Counted, Measure, Packing, count};
use crate::bad_input::{BadInput, quoted};

/// How many names of members a complaint lists.
const NAMED_MAX: usize = 12;
/// The most members an archive may have.
const MEMBERS_MAX: usize = 100_000;

type Input = Counted<BufReader<Take<File>>>;

/// The bytes of a member, as they stand or unpacked.
enum Body {
    Stored(Input),
    Deflated(DeflateDecoder<Input>),
}

/// A member of a zip file as the bytes inside it.
struct Unzip {
    body: Body,
    measure: Measure,
    check: crc32fast::Hasher,
    /// What its directory promises: length and CRC-32.
    promised: (u64, u32),
}

/// Opens the member of that name, or the only one.
pub(crate) fn open(name: &str, file: File, member: Option<&str>) -> Result<Box<dyn Read>, BadInput> {
    let damaged = || BadInput::new(PACKED, name, "a damaged zip directory", "a whole zip archive");
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|_| damaged())?;
    let at = choose(name, &archive, member)?;
    let entry = archive.by_index_raw(at).map_err(|_| damaged())?;
    let (method, length, packed) = (entry.compression(), entry.size(), entry.compressed_size());
    let (crc, encrypted, start) = (entry.crc32(), entry.encrypted(), entry.data_start());
    drop(entry);
    let refuse = |found: &str| BadInput::new(PACKED, name, found, "members that are stored or deflated");
    if encrypted {
        return Err(refuse("an encrypted zip member"));
    }
    let start = start.ok_or_else(damaged)?;
    let mut file = archive.into_inner().into_inner();
    file.seek(SeekFrom::Start(start)).map_err(|_| damaged())?;
    let input = Counted::new(BufReader::with_capacity(1 << 16, file.take(packed)));
    let body = match method {
        CompressionMethod::Stored => Body::Stored(input),
        CompressionMethod::Deflated => Body::Deflated(DeflateDecoder::new(input)),
        other => return Err(refuse(&format!("a zip member packed with {other}"))),
    };
    let mut measure = Measure::new(name.to_owned(), Packing::Zip);
    measure.member = count(at);
    Ok(Box::new(Unzip { body, measure, check: crc32fast::Hasher::new(), promised: (length, crc) }))
}

/// The place of the member that is wanted.
fn choose(name: &str, archive: &ZipArchive<BufReader<File>>, member: Option<&str>) -> Result<usize, BadInput> {
    if archive.len() > MEMBERS_MAX {
        return Err(BadInput::new(PACKED, name, format!("{} zip members", archive.len()), "at most 100000"));
    }
    let named = |at: &usize| {
        archive.name_for_index(*at).and_then(Result::ok).map_or_else(|| format!("member {at}"), Cow::into_owned)
    };
    let files: Vec<usize> = (0..archive.len()).filter(|at| !named(at).ends_with('/')).collect();
    let found = match member {
        Some(member) => files.iter().find(|at| named(at) == member),
        None => files.first().filter(|_| files.len() == 1),
    };
    if let Some(at) = found {
        return Ok(*at);
    }
    let mut names: Vec<String> = files.iter().take(NAMED_MAX).map(|at| quoted(&named(at))).collect();
    if files.len() > NAMED_MAX {
        names.push(format!("and {} more", files.len() - NAMED_MAX));
    }
    let found = member.map_or_else(|| format!("{} files and no choice", files.len()), quoted);
    let allowed = if names.is_empty() { "a file in the archive".to_owned() } else { names.join(", ") };
    let bad = BadInput::new(MEMBER, name, found, allowed).field("member");
    Err(bad.hint("choose one with --member NAME"))
}

impl Read for Unzip {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (result, taken) = match &mut self.body {
            Body::Stored(input) => (input.read(into), input.taken),
            Body::Deflated(decoder) => (decoder.read(into), decoder.get_ref().taken),
        };
        let read = result.map_err(|error| self.measure.broken(&error))?;
        self.check.update(&into[..read]);
        self.measure.add(taken, &into[..read])?;
        if read == 0 && !into.is_empty() {
            let found = (self.measure.unpacked, self.check.clone().finalize());
            if found != self.promised {
                let (length, crc) = found;
                let found = format!("a zip member of {length} bytes with CRC-32 {crc:08x}");
                let allowed = format!("{} bytes with {:08x}", self.promised.0, self.promised.1);
                return Err(self.measure.complain(PACKED, &found, &allowed));
            }
        }
        Ok(read)
    }
}
