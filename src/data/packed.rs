//! Files that are packed: gzip, zstd and zip, told by their first bytes and read as they are.
//!
//! What comes out is a stream of bytes, unpacked as it is asked for. Refused are packing that is
//! cut short, damaged or nested, and whatever inflates more than 200:1 or beyond 64 GiB. A
//! complaint names the member (from 0) and the byte after unpacking at which it was noticed; it
//! is carried to the reader of the text inside the I/O error.
//!
//! It knows nothing of what is inside.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::fault::{INFLATES, PACKED};
use super::inflate::Inflate;
use super::unzip;
use crate::bad_input::BadInput;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// A zip archive begins with its first member, or with its directory's end where it has none.
const ZIP_MAGICS: [[u8; 4]; 2] = [[b'P', b'K', 3, 4], [b'P', b'K', 5, 6]];

const RATIO_MAX: u64 = 200;
/// Below this nobody minds a high ratio.
const RATIO_FREE: u64 = 1 << 20;
const UNPACKED_MAX: u64 = 64 << 30;
/// The largest window a zstd frame may ask for is 2^27 bytes, as the format's own tool has it.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// How a file is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
    Zip,
}

impl Packing {
    const ALL: [Self; 3] = [Self::Gzip, Self::Zstd, Self::Zip];

    /// How a file that begins so is packed; none if it is not.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|packing| match packing {
            Self::Gzip => start.starts_with(&GZIP_MAGIC),
            Self::Zstd => start.starts_with(&ZSTD_MAGIC),
            Self::Zip => ZIP_MAGICS.iter().any(|magic| start.starts_with(magic)),
        })
    }

    /// Refuses a name that promises another packing than the content has.
    pub(crate) fn check_name(name: &str, start: &[u8]) -> Result<(), BadInput> {
        let lower = name.to_ascii_lowercase();
        let promised = Self::ALL.into_iter().find(|packing| lower.ends_with(packing.ending()));
        match promised {
            Some(packing) if Self::of(start) != Some(packing) => {
                let found = format!("a name in {} and content that is no {}", packing.ending(), packing.name());
                Err(BadInput::new(PACKED, name, found, format!("{}, or another name", packing.name())))
            }
            Some(_) | None => Ok(()),
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
            Self::Zip => ".zip",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        }
    }

    /// The bytes inside; of an archive, those of `member`, or of the only one.
    pub(crate) fn open(self, name: &str, file: File, member: Option<&str>) -> Result<Box<dyn Read>, BadInput> {
        match self {
            Self::Gzip => Ok(Box::new(Inflate::new(name.to_owned(), file))),
            Self::Zstd => Unzstd::open(name, file).map(|unpacked| Box::new(unpacked) as Box<dyn Read>),
            Self::Zip => unzip::open(name, file, member),
        }
    }
}

/// Counts the bytes that leave the disk.
#[derive(Debug)]
pub(crate) struct Counted<R> {
    inner: R,
    pub(crate) taken: u64,
}

impl<R> Counted<R> {
    pub(crate) const fn new(inner: R) -> Self {
        Self { inner, taken: 0 }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.taken += count(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.taken += count(amount);
        self.inner.consume(amount);
    }
}

/// What came out so far, and whether that is within measure.
#[derive(Debug)]
pub(crate) struct Measure {
    name: String,
    packing: Packing,
    pub(crate) member: u64,
    pub(crate) unpacked: u64,
}

impl Measure {
    pub(crate) const fn new(name: String, packing: Packing) -> Self {
        Self { name, packing, member: 0, unpacked: 0 }
    }

    pub(crate) fn complain(&self, code: &'static str, found: &str, allowed: &str) -> io::Error {
        io::Error::other(BadInput::new(code, &self.name, found, allowed).at_record(self.member, self.unpacked))
    }

    /// What an error of the unpacker means.
    pub(crate) fn broken(&self, error: &io::Error) -> io::Error {
        let packing = self.packing.name();
        let found = match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("{packing} that ends within a member"),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other => {
                format!("damaged {packing}")
            }
            _ => "a file that stopped being readable".to_owned(),
        };
        self.complain(PACKED, &found, &format!("whole {packing} members"))
    }

    /// Counts bytes that came out after `taken` had gone in.
    pub(crate) fn add(&mut self, taken: u64, fresh: &[u8]) -> io::Result<()> {
        let packing = self.packing.name();
        self.unpacked += count(fresh.len());
        if self.unpacked == count(fresh.len())
            && let Some(inner) = Packing::of(fresh)
        {
            let found = format!("{} within {packing}", inner.name());
            return Err(self.complain(PACKED, &found, &format!("one layer of {packing}")));
        }
        if self.unpacked > RATIO_FREE && self.unpacked / taken.max(1) > RATIO_MAX || self.unpacked > UNPACKED_MAX {
            let found = format!("{packing} that inflates beyond measure");
            return Err(self.complain(INFLATES, &found, "at most 200:1 and 64 GiB"));
        }
        Ok(())
    }
}

/// A zstd file as the bytes inside it, frame after frame.
struct Unzstd {
    decoder: zstd::stream::read::Decoder<'static, Counted<BufReader<File>>>,
    measure: Measure,
}

impl Unzstd {
    fn open(name: &str, file: File) -> Result<Self, BadInput> {
        let refuse = |_| BadInput::new(PACKED, name, "zstd that cannot be begun", "whole zstd members");
        let input = Counted::new(BufReader::with_capacity(1 << 16, file));
        let mut decoder = zstd::stream::read::Decoder::with_buffer(input).map_err(refuse)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(refuse)?;
        Ok(Self { decoder, measure: Measure::new(name.to_owned(), Packing::Zstd) })
    }
}

impl Read for Unzstd {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(into).map_err(|error| self.measure.broken(&error))?;
        self.measure.add(self.decoder.get_ref().taken, &into[..read])?;
        Ok(read)
    }
}

pub(crate) fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("a length fits 64 bits")
}
