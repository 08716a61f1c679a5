//! A recording: what a reader got out of a file of one instrument, before it is a tape.
//!
//! Its records may lie partly on disk ([`super::spool`]), so it can be gone through, summed up and
//! written without being held in memory; only [`Recording::into_tape`] holds all of it. Rows come
//! out in order of exchange time, local times already shifted.

use std::path::Path;

use super::hash::TapeHasher;
use super::order_row::OrderRow;
use super::row::Row;
use super::spool::{Kept, Spool};
use super::streamed::Streamed;
use super::tape::{Provenance, Records, Tape, TapeHash};
use super::word::Packed;
use crate::bad_input::BadInput;
use crate::market::{Bar, InstrumentId, Price, PublicOrderId, Qty, Span, Timestamp};

/// The records of a recording.
#[derive(Debug)]
pub(crate) enum Keeping {
    Rows(Spool<Row>),
    Orders(Spool<OrderRow>),
    Bars(Spool<Bar>),
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Record {
    Row(Row),
    Order(OrderRow),
    Bar(Bar),
}

/// One instrument of a file.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) symbol: String,
    pub(crate) decimals: (u32, u32),
    pub(crate) cadence: Span,
    pub(crate) provenance: Provenance,
    keeping: Keeping,
    /// What local times still lack.
    shift: Span,
    /// The hash, once it was asked for.
    hash: Option<TapeHash>,
}

impl Recording {
    pub(crate) fn new(
        symbol: String,
        decimals: (u32, u32),
        cadence: Span,
        keeping: Keeping,
        provenance: Provenance,
    ) -> Self {
        let rows = match &keeping {
            Keeping::Rows(rows) => rows.len(),
            Keeping::Orders(rows) => rows.len(),
            Keeping::Bars(bars) => bars.len(),
        };
        let provenance = Provenance { rows, ..provenance };
        Self { symbol, decimals, cadence, keeping, provenance, shift: Span::ZERO, hash: None }
    }

    /// The same with all local times later.
    pub(crate) fn shifted(self, shift: Span) -> Self {
        let provenance = Provenance { shift_ns: shift.0, ..self.provenance };
        Self { shift, provenance, hash: None, ..self }
    }

    /// Whether it holds nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        self.provenance.rows == 0
    }

    /// What its records are.
    #[cfg(feature = "batch")]
    pub(crate) const fn keeping(&self) -> &Keeping {
        &self.keeping
    }

    /// Calls `visit` with every record in order.
    pub(crate) fn each(&mut self, mut visit: impl FnMut(Record) -> Result<(), BadInput>) -> Result<(), BadInput> {
        let (shift, cadence) = (self.shift, self.cadence);
        match &mut self.keeping {
            Keeping::Rows(rows) => rows.each(|row| visit(Record::Row(shifted(row, shift)))),
            Keeping::Orders(rows) => {
                rows.each(|row| visit(Record::Order(OrderRow { local: row.local.after(shift), ..row })))
            }
            Keeping::Bars(bars) => bars.each(|bar| visit(Record::Bar(Bar { length: cadence, ..bar }))),
        }
    }

    /// The hash that the tape will have.
    pub(crate) fn hash(&mut self) -> Result<TapeHash, BadInput> {
        if let Some(hash) = self.hash {
            return Ok(hash);
        }
        let mut hasher = TapeHasher::new(self.decimals, self.cadence);
        self.each(|record| {
            match record {
                Record::Row(row) => hasher.row(&row),
                Record::Order(row) => hasher.order(&row),
                Record::Bar(bar) => hasher.bar(&bar),
            }
            Ok(())
        })?;
        Ok(*self.hash.insert(hasher.finish()))
    }

    /// The tape, its rows in a file of `folder` where decoded they would take more bytes than `most`, otherwise in memory.
    pub(crate) fn into_tape_within(mut self, most: u64, folder: &Path) -> Result<Tape, BadInput> {
        if !matches!(self.keeping, Keeping::Rows(_)) || self.provenance.rows * size_of::<Row>() as u64 <= most {
            return self.into_tape();
        }
        let (hash, source) = (self.hash()?, self.provenance.source.clone());
        let rows = Streamed::gathered(folder, &source, |push| {
            self.each(|record| if let Record::Row(row) = record { push(row) } else { Ok(()) })
        })?;
        let records = Records::Streamed(rows);
        let tape = Tape::hashed(self.symbol, self.decimals, self.cadence, records, self.provenance, hash);
        tape.lost().cloned().map_or(Ok(tape), Err)
    }

    /// The tape, in memory.
    pub(crate) fn into_tape(self) -> Result<Tape, BadInput> {
        let (shift, cadence) = (self.shift, self.cadence);
        let records = match self.keeping {
            Keeping::Rows(rows) => {
                let mut rows = rows.into_vec()?;
                for row in &mut rows {
                    *row = shifted(*row, shift);
                }
                Records::Rows(rows)
            }
            Keeping::Orders(rows) => {
                let mut rows = rows.into_vec()?;
                for row in &mut rows {
                    row.local = row.local.after(shift);
                }
                Records::Orders(rows)
            }
            Keeping::Bars(bars) => {
                let mut bars = bars.into_vec()?;
                for bar in &mut bars {
                    bar.length = cadence;
                }
                Records::Bars(bars)
            }
        };
        let hash = self.hash.unwrap_or_else(|| TapeHasher::of(self.decimals, cadence, &records));
        Ok(Tape::hashed(self.symbol, self.decimals, cadence, records, self.provenance, hash))
    }
}

fn shifted(row: Row, shift: Span) -> Row {
    Row { local: row.local.after(shift), ..row }
}

fn put(numbers: &[i64], out: &mut Vec<u8>) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

/// The number at a place, in eighths of bytes.
fn number(bytes: &[u8], at: usize) -> i64 {
    i64::from_le_bytes(bytes[8 * at..8 * at + 8].try_into().expect("eight bytes"))
}

impl Kept for Row {
    const BYTES: usize = 32;

    fn time(&self) -> Timestamp {
        self.exchange
    }

    fn put(&self, out: &mut Vec<u8>) {
        put(&[self.exchange.0, self.local.0, self.price.0, self.packed.0.cast_signed()], out);
    }

    fn get(bytes: &[u8]) -> Self {
        let [exchange, local, price, packed] = [0, 1, 2, 3].map(|at| number(bytes, at));
        let packed = Packed(packed.cast_unsigned());
        Self { exchange: Timestamp(exchange), local: Timestamp(local), price: Price(price), packed }
    }

    fn finer(self, price: i64, qty: i64) -> Self {
        let (units, qty) = (Price(self.price.0 * price), Qty(self.qty().0 * qty));
        Self::new(self.exchange, self.local, units, qty, self.kind(), self.last())
    }
}

impl Kept for OrderRow {
    const BYTES: usize = 40;

    fn time(&self) -> Timestamp {
        self.exchange
    }

    fn put(&self, out: &mut Vec<u8>) {
        let order = self.order.0.cast_signed();
        put(&[self.exchange.0, self.local.0, order, self.price.0, self.packed.0.cast_signed()], out);
    }

    fn get(bytes: &[u8]) -> Self {
        let [exchange, local, order, price, packed] = [0, 1, 2, 3, 4].map(|at| number(bytes, at));
        Self {
            exchange: Timestamp(exchange),
            local: Timestamp(local),
            order: PublicOrderId(order.cast_unsigned()),
            price: Price(price),
            packed: Packed(packed.cast_unsigned()),
        }
    }

    fn finer(self, price: i64, qty: i64) -> Self {
        let mut placed = self.placed();
        placed.price.0 *= price;
        placed.qty.0 *= qty;
        Self::new((self.exchange, self.local), self.order, placed, self.kind(), self.last())
    }
}

/// Without instrument and length, which the recording knows.
impl Kept for Bar {
    const BYTES: usize = 48;

    fn time(&self) -> Timestamp {
        self.opened
    }

    fn put(&self, out: &mut Vec<u8>) {
        put(&[self.opened.0, self.open.0, self.high.0, self.low.0, self.close.0, self.volume.0], out);
    }

    fn get(bytes: &[u8]) -> Self {
        let [opened, open, high, low, close, volume] = [0, 1, 2, 3, 4, 5].map(|at| number(bytes, at));
        Self {
            instrument: InstrumentId(0),
            opened: Timestamp(opened),
            length: Span::ZERO,
            open: Price(open),
            high: Price(high),
            low: Price(low),
            close: Price(close),
            volume: Qty(volume),
        }
    }

    fn finer(self, price: i64, qty: i64) -> Self {
        let [open, high, low, close] = [self.open, self.high, self.low, self.close].map(|units| Price(units.0 * price));
        Self { open, high, low, close, volume: Qty(self.volume.0 * qty), ..self }
    }
}
