//! The checksums that Kraken and OKX send with their books: CRC-32 over the printed digits of the
//! levels next to the touch.
//!
//! Kraken: the ten best asks from low to high, then the ten best bids from high to low; of each the
//! price and the volume without decimal point and leading zeros. OKX: the 25 best levels,
//! `bid price:bid size:ask price:ask size`, level after level; a missing one is left out.

use super::book::PrintedBook;
use super::message::Venue;
use crate::market::Side;

/// How the checksums of a capture compared with its books.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Checksums {
    /// Messages that carried one.
    pub compared: u64,
    /// Of these, the ones that the book afterwards gave.
    pub equal: u64,
}

const KRAKEN_LEVELS: usize = 10;
const OKX_LEVELS: usize = 25;

/// What a book comes to.
pub(crate) fn of(venue: Venue, book: &PrintedBook) -> u32 {
    match venue {
        Venue::Kraken => kraken(book),
        Venue::Okx => okx(book),
    }
}

fn kraken(book: &PrintedBook) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for side in [Side::Sell, Side::Buy] {
        for (price, qty) in book.best(side).take(KRAKEN_LEVELS) {
            for printed in [price, qty] {
                digits(printed, &mut hasher);
            }
        }
    }
    hasher.finalize()
}

/// The digits from the first that is not zero.
fn digits(printed: &str, hasher: &mut crc32fast::Hasher) {
    let first = printed.find(|digit| !matches!(digit, '0' | '.')).unwrap_or(printed.len());
    for part in printed[first..].split('.') {
        hasher.update(part.as_bytes());
    }
}

fn okx(book: &PrintedBook) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let (mut bids, mut asks) = (book.best(Side::Buy), book.best(Side::Sell));
    let mut first = true;
    for _ in 0..OKX_LEVELS {
        for (price, qty) in [bids.next(), asks.next()].into_iter().flatten() {
            for printed in [price, qty] {
                if !std::mem::take(&mut first) {
                    hasher.update(b":");
                }
                hasher.update(printed.as_bytes());
            }
        }
    }
    hasher.finalize()
}
