//! A tape in an instrument's units.
//!
//! A tape's units are what its file was written in; an instrument has units of its own. Prices
//! and quantities are converted exactly or refused, with the record that does not fit. Only a
//! bar's volume, which nobody trades, is cut toward zero. The hash stays the recorded content's.

use rust_decimal::Decimal;

use super::fault::{OFF_STEP, OPTION, TOO_LARGE};
use super::order_row::{OrderRow, Placed};
use super::row::Row;
use super::streamed::Streamed;
use super::tape::{Records, Tape};
use crate::bad_input::{BadInput, quoted};
use crate::market::{Bar, Price, Qty};

impl Tape {
    /// The same tape counted in these units.
    pub fn in_units(mut self, price_unit: Decimal, qty_unit: Decimal) -> Result<Self, BadInput> {
        let file = self.provenance.source.clone();
        let price = Ratio::new(&file, "price_unit", self.price_unit, price_unit)?;
        let qty = Ratio::new(&file, "qty_unit", self.qty_unit, qty_unit)?;
        if !(price.is_one() && qty.is_one()) {
            match &mut self.records {
                Records::Rows(rows) => {
                    for (record, row) in rows.iter_mut().enumerate() {
                        *row = convert_row(*row, price, qty).map_err(|misfit| misfit.complain(&file, record))?;
                    }
                }
                Records::Streamed(rows) => {
                    let converted = Streamed::gathered(rows.folder(), &file, |push| {
                        rows.iter().enumerate().try_for_each(|(record, row)| {
                            push(convert_row(row, price, qty).map_err(|misfit| misfit.complain(&file, record))?)
                        })
                    })?;
                    // What was lost on the way is missing.
                    if let Some(lost) = rows.lost() {
                        return Err(lost.clone());
                    }
                    *rows = converted;
                }
                Records::Orders(rows) => {
                    for (record, row) in rows.iter_mut().enumerate() {
                        *row = convert_order(*row, price, qty).map_err(|misfit| misfit.complain(&file, record))?;
                    }
                }
                Records::Bars(bars) => {
                    for (record, bar) in bars.iter_mut().enumerate() {
                        *bar = convert_bar(*bar, price, qty).map_err(|misfit| misfit.complain(&file, record))?;
                    }
                }
            }
        }
        (self.price_unit, self.qty_unit) = (price_unit, qty_unit);
        Ok(self)
    }
}

/// How many new units an old one is.
#[derive(Clone, Copy, Debug)]
struct Ratio {
    times: i128,
    over: i128,
}

impl Ratio {
    fn new(file: &str, field: &str, old: Decimal, new: Decimal) -> Result<Self, BadInput> {
        let (old, fresh) = (old.normalize(), new.normalize());
        let scale = old.scale().max(fresh.scale());
        // Both in units of 10^-scale; a price or quantity below 2^63 times either must fit 127 bits.
        let whole = |unit: Decimal| {
            let factor = 10_i128.checked_pow(scale - unit.scale())?;
            unit.mantissa().checked_mul(factor).filter(|units| (1..1_i128 << 62).contains(units))
        };
        match (whole(old), whole(fresh)) {
            (Some(times), Some(over)) => Ok(Self { times, over }),
            _ => Err(BadInput::new(OPTION, file, quoted(&new.to_string()), "a unit above zero, near the tape's")
                .field(field)),
        }
    }

    const fn is_one(self) -> bool {
        self.times == self.over
    }

    /// The units, and whether nothing was cut; none if they do not fit.
    fn apply(self, units: i64) -> Option<(i64, bool)> {
        let product = i128::from(units) * self.times;
        Some((i64::try_from(product / self.over).ok()?, product % self.over == 0))
    }

    fn exactly(self, units: i64, field: &'static str, most: i64) -> Result<i64, Misfit> {
        match self.apply(units) {
            Some((converted, true)) if converted <= most => Ok(converted),
            Some((_, false)) => Err(Misfit { code: OFF_STEP, field, units }),
            Some(_) | None => Err(Misfit { code: TOO_LARGE, field, units }),
        }
    }
}

/// A value that the new units cannot hold.
#[derive(Debug)]
struct Misfit {
    code: &'static str,
    field: &'static str,
    units: i64,
}

impl Misfit {
    fn complain(&self, file: &str, record: usize) -> BadInput {
        let allowed = if self.code == OFF_STEP { "a multiple of the instrument's unit" } else { "a value that fits" };
        let found = format!("{} units of the tape", self.units);
        let record = u64::try_from(record).expect("a record number fits 64 bits");
        BadInput::new(self.code, file, found, allowed).at_record(record, 0).field(self.field)
    }
}

fn convert_row(row: Row, price: Ratio, qty: Ratio) -> Result<Row, Misfit> {
    let units = Price(price.exactly(row.price.0, "price", i64::MAX)?);
    let quantity = Qty(qty.exactly(row.qty().0, "qty", Row::QTY_MAX)?);
    Ok(Row::new(row.exchange, row.local, units, quantity, row.kind(), row.last()))
}

fn convert_order(row: OrderRow, price: Ratio, qty: Ratio) -> Result<OrderRow, Misfit> {
    let units = Price(price.exactly(row.price.0, "price", i64::MAX)?);
    let quantity = Qty(qty.exactly(row.qty().0, "qty", OrderRow::QTY_MAX)?);
    let placed = Placed { side: row.side(), price: units, qty: quantity };
    Ok(OrderRow::new((row.exchange, row.local), row.order, placed, row.kind(), row.last()))
}

fn convert_bar(bar: Bar, price: Ratio, qty: Ratio) -> Result<Bar, Misfit> {
    let exactly = |units: Price, field| price.exactly(units.0, field, i64::MAX).map(Price);
    let volume = qty.apply(bar.volume.0).ok_or(Misfit { code: TOO_LARGE, field: "volume", units: bar.volume.0 })?.0;
    Ok(Bar {
        open: exactly(bar.open, "open")?,
        high: exactly(bar.high, "high")?,
        low: exactly(bar.low, "low")?,
        close: exactly(bar.close, "close")?,
        volume: Qty(volume),
        ..bar
    })
}
