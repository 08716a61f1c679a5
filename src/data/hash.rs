//! The hash of a tape: SHA-256 over every integer a replay can see, record by record.
//!
//! Units and cadence come first, so two tapes of equal hash are the same market in the same units.
//! Symbol and provenance are not in it.

use sha2::{Digest, Sha256};

use super::order_row::OrderRow;
use super::row::Row;
use super::tape::{Records, TapeHash};
use crate::market::{Bar, Span};

const BLOCK: usize = 1 << 15;

/// A hash on its way.
#[derive(Debug)]
pub(crate) struct TapeHasher {
    hasher: Sha256,
    block: Vec<u8>,
}

impl TapeHasher {
    /// Begins with the decimals of price and quantity and the cadence.
    pub(crate) fn new(decimals: (u32, u32), cadence: Span) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"seatrial tape 1\n");
        hasher.update(decimals.0.to_le_bytes());
        hasher.update(decimals.1.to_le_bytes());
        hasher.update(cadence.0.to_le_bytes());
        Self { hasher, block: Vec::with_capacity(2 * BLOCK) }
    }

    pub(crate) fn row(&mut self, row: &Row) {
        self.absorb(&[row.exchange.0, row.local.0, row.price.0, row.packed.0.cast_signed()]);
    }

    pub(crate) fn order(&mut self, row: &OrderRow) {
        let order = row.order.0.cast_signed();
        self.absorb(&[row.exchange.0, row.local.0, order, row.price.0, row.packed.0.cast_signed()]);
    }

    pub(crate) fn bar(&mut self, bar: &Bar) {
        self.absorb(&[bar.opened.0, bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.volume.0]);
    }

    /// The hash of a whole tape.
    pub(crate) fn of(decimals: (u32, u32), cadence: Span, records: &Records) -> TapeHash {
        let mut hasher = Self::new(decimals, cadence);
        match records {
            Records::Rows(rows) => {
                for row in rows {
                    hasher.row(row);
                }
            }
            Records::Streamed(rows) => rows.iter().for_each(|row| hasher.row(&row)),
            Records::Orders(rows) => {
                for row in rows {
                    hasher.order(row);
                }
            }
            Records::Bars(bars) => {
                for bar in bars {
                    hasher.bar(bar);
                }
            }
        }
        hasher.finish()
    }

    pub(crate) fn finish(mut self) -> TapeHash {
        self.hasher.update(&self.block);
        TapeHash(self.hasher.finalize().into())
    }

    fn absorb(&mut self, numbers: &[i64]) {
        for number in numbers {
            self.block.extend_from_slice(&number.to_le_bytes());
        }
        if self.block.len() >= BLOCK {
            self.hasher.update(&self.block);
            self.block.clear();
        }
    }
}
