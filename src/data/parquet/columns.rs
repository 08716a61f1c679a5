//! Records as columns and back, with every value checked on the way back.

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsResult, Series};

use super::keys::Keys;
use crate::bad_input::BadInput;
use crate::data::fault::{HIGH_BELOW_LOW, NEGATIVE_LATENCY, PARQUET_COLUMN, ROW_ORDER, ROW_VALUE};
use crate::data::tape::{Records, Row, RowKind};
use crate::data::time::in_range;
use crate::market::{Bar, InstrumentId, Price, Qty, Span, Timestamp};

const ROW_NAMES: [&str; 6] = ["exchange_ns", "local_ns", "price", "qty", "kind", "last"];
const BAR_NAMES: [&str; 6] = ["opened_ns", "open", "high", "low", "close", "volume"];
/// The most records room is made for before they have been seen.
const TRUSTED_MAX: usize = 1 << 24;

/// The columns of some records.
pub(super) fn frame(records: &Records) -> PolarsResult<DataFrame> {
    let columns = match records {
        Records::Rows(rows) => {
            let whole = |name: &str, of: fn(&Row) -> i64| column(name, rows.iter().map(of).collect());
            vec![
                whole("exchange_ns", |row| row.exchange.0),
                whole("local_ns", |row| row.local.0),
                whole("price", |row| row.price.0),
                whole("qty", |row| row.qty().0),
                whole("kind", |row| i64::from(row.kind().code())),
                Series::new("last".into(), rows.iter().map(Row::last).collect::<Vec<bool>>()).into_column(),
            ]
        }
        Records::Bars(bars) => {
            let whole = |name: &str, of: fn(&Bar) -> i64| column(name, bars.iter().map(of).collect());
            vec![
                whole("opened_ns", |bar| bar.opened.0),
                whole("open", |bar| bar.open.0),
                whole("high", |bar| bar.high.0),
                whole("low", |bar| bar.low.0),
                whole("close", |bar| bar.close.0),
                whole("volume", |bar| bar.volume.0),
            ]
        }
    };
    DataFrame::new(records.len(), columns)
}

fn column(name: &str, values: Vec<i64>) -> Column {
    Series::new(name.into(), values).into_column()
}

/// Puts records together again, slice by slice.
pub(super) struct Assembler<'a> {
    file: &'a str,
    cadence: Span,
    records: Records,
}

impl<'a> Assembler<'a> {
    /// For the records a file's metadata promises.
    pub(super) fn new(file: &'a str, keys: &Keys, rows: usize) -> Result<Self, BadInput> {
        if u64::try_from(rows).ok() != Some(keys.provenance.rows) {
            let bad = BadInput::new(ROW_VALUE, file, format!("{rows} records"), keys.provenance.rows.to_string());
            return Err(bad.field("seatrial.rows"));
        }
        let room = rows.min(TRUSTED_MAX);
        let records =
            if keys.bars { Records::Bars(Vec::with_capacity(room)) } else { Records::Rows(Vec::with_capacity(room)) };
        Ok(Self { file, cadence: keys.cadence, records })
    }

    /// The columns it needs.
    pub(super) const fn names(&self) -> &'static [&'static str] {
        match self.records {
            Records::Rows(_) => &ROW_NAMES,
            Records::Bars(_) => &BAR_NAMES,
        }
    }

    /// Takes the next slice.
    pub(super) fn take(&mut self, frame: &DataFrame) -> Result<(), BadInput> {
        let (file, cadence) = (self.file, self.cadence);
        match &mut self.records {
            Records::Rows(rows) => take_rows(file, rows, frame),
            Records::Bars(bars) => take_bars(file, cadence, bars, frame),
        }
    }

    /// The records; the last message must be whole.
    pub(super) fn finish(self) -> Result<Records, BadInput> {
        match &self.records {
            Records::Rows(rows) if rows.last().is_some_and(|row| !row.last()) => {
                Err(complain(self.file, ROW_ORDER, rows.len() - 1, "last", "a torn message", "whole messages"))
            }
            Records::Rows(_) | Records::Bars(_) => Ok(self.records),
        }
    }
}

fn complain(file: &str, code: &'static str, record: usize, field: &str, found: &str, allowed: &str) -> BadInput {
    let record = u64::try_from(record).expect("a record number fits 64 bits");
    BadInput::new(code, file, found, allowed).at_record(record, 0).field(field)
}

/// The values of a column of whole numbers.
fn whole(file: &str, frame: &DataFrame, name: &str) -> Result<Vec<i64>, BadInput> {
    let wrong = || BadInput::new(PARQUET_COLUMN, file, "another type, or nulls", "64-bit whole numbers").field(name);
    let column = frame.column(name).map_err(|_| wrong())?;
    column.i64().map_err(|_| wrong())?.iter().collect::<Option<Vec<i64>>>().ok_or_else(wrong)
}

fn flags(file: &str, frame: &DataFrame, name: &str) -> Result<Vec<bool>, BadInput> {
    let wrong = || BadInput::new(PARQUET_COLUMN, file, "another type, or nulls", "true or false").field(name);
    let column = frame.column(name).map_err(|_| wrong())?;
    column.bool().map_err(|_| wrong())?.iter().collect::<Option<Vec<bool>>>().ok_or_else(wrong)
}

fn take_rows(file: &str, rows: &mut Vec<Row>, frame: &DataFrame) -> Result<(), BadInput> {
    let [exchange, local, price, qty, kind] =
        ["exchange_ns", "local_ns", "price", "qty", "kind"].map(|name| whole(file, frame, name));
    let (exchange, local, price, qty, kind) = (exchange?, local?, price?, qty?, kind?);
    let last = flags(file, frame, "last")?;
    for at in 0..last.len() {
        let record = rows.len();
        let bad = |code, field: &str, found: i64, allowed: &str| {
            complain(file, code, record, field, &found.to_string(), allowed)
        };
        let known = u64::try_from(kind[at]).ok().and_then(RowKind::from_code);
        let known = known.ok_or_else(|| bad(ROW_VALUE, "kind", kind[at], "0 to 11"))?;
        let least = i64::from(!matches!(known, RowKind::Bid | RowKind::Ask));
        if !(least..=Row::QTY_MAX).contains(&qty[at]) {
            return Err(bad(ROW_VALUE, "qty", qty[at], "0 (a trade: 1) to 2^55"));
        }
        if price[at] <= 0 {
            return Err(bad(ROW_VALUE, "price", price[at], "above zero"));
        }
        if in_range(exchange[at]).is_none() || in_range(local[at]).is_none() {
            return Err(bad(ROW_VALUE, "exchange_ns", exchange[at], "a time from 2000-01-01 to 2100-01-01 UTC"));
        }
        if local[at] < exchange[at] {
            return Err(bad(
                NEGATIVE_LATENCY,
                "local_ns",
                local[at],
                &format!("at least exchange_ns {}", exchange[at]),
            ));
        }
        let (at_exchange, at_local) = (Timestamp(exchange[at]), Timestamp(local[at]));
        if let Some(before) = rows.last() {
            if before.exchange > at_exchange {
                return Err(bad(ROW_ORDER, "exchange_ns", exchange[at], &format!("at least {}", before.exchange.0)));
            }
            if !before.last() && (before.exchange, before.local) != (at_exchange, at_local) {
                return Err(bad(ROW_ORDER, "local_ns", local[at], "both times of the message it belongs to"));
            }
        }
        rows.push(Row::new(at_exchange, at_local, Price(price[at]), Qty(qty[at]), known, last[at]));
    }
    Ok(())
}

fn take_bars(file: &str, cadence: Span, bars: &mut Vec<Bar>, frame: &DataFrame) -> Result<(), BadInput> {
    let [opened, open, high, low, close, volume] = BAR_NAMES.map(|name| whole(file, frame, name));
    let (opened, open, high, low, close, volume) = (opened?, open?, high?, low?, close?, volume?);
    for at in 0..opened.len() {
        let record = bars.len();
        let bad = |code, field: &str, found: i64, allowed: &str| {
            complain(file, code, record, field, &found.to_string(), allowed)
        };
        if in_range(opened[at]).is_none() || opened[at] % cadence.0 != 0 {
            return Err(bad(ROW_VALUE, "opened_ns", opened[at], "a time from 2000 to 2100 on the bars' cadence"));
        }
        if bars.last().is_some_and(|before| before.opened.0 >= opened[at]) {
            return Err(bad(ROW_ORDER, "opened_ns", opened[at], "a time after the bar before"));
        }
        if low[at] <= 0 || volume[at] < 0 {
            let (field, found) = if low[at] <= 0 { ("low", low[at]) } else { ("volume", volume[at]) };
            return Err(bad(ROW_VALUE, field, found, "prices above zero and volumes not below"));
        }
        if open[at].max(close[at]).max(low[at]) > high[at] || open[at].min(close[at]) < low[at] {
            return Err(bad(HIGH_BELOW_LOW, "high", high[at], "a range with open and close in it"));
        }
        bars.push(Bar {
            instrument: InstrumentId(0),
            opened: Timestamp(opened[at]),
            length: cadence,
            open: Price(open[at]),
            high: Price(high[at]),
            low: Price(low[at]),
            close: Price(close[at]),
            volume: Qty(volume[at]),
        });
    }
    Ok(())
}
