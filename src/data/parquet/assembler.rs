//! Columns back into records, with every value checked as if a stranger had written it.

use std::path::Path;

use polars::prelude::DataFrame;

use super::keys::{Keys, Kind};
use crate::bad_input::BadInput;
use crate::data::fault::{HIGH_BELOW_LOW, NEGATIVE_LATENCY, PARQUET_COLUMN, ROW_ORDER, ROW_VALUE};
use crate::data::order_row::{OrderRow, OrderRowKind, Placed};
use crate::data::recording::{Keeping, Record};
use crate::data::row::{Row, RowKind};
use crate::data::spool::Spool;
use crate::data::time::in_range;
use crate::market::{Bar, InstrumentId, Price, PublicOrderId, Qty, Side, Span, Timestamp};

const ROW_NAMES: [&str; 6] = ["exchange_ns", "local_ns", "price", "qty", "kind", "last"];
const ORDER_NAMES: [&str; 8] = ["exchange_ns", "local_ns", "order", "side", "price", "qty", "kind", "last"];
const BAR_NAMES: [&str; 6] = ["opened_ns", "open", "high", "low", "close", "volume"];

/// Puts records together again, slice by slice.
pub(super) struct Assembler<'a> {
    file: &'a str,
    cadence: Span,
    keeping: Keeping,
    /// The record taken last.
    before: Option<Record>,
}

impl<'a> Assembler<'a> {
    /// For the records a file's metadata promises.
    pub(super) fn new(file: &'a str, keys: &Keys, rows: usize, spill: Option<&Path>) -> Result<Self, BadInput> {
        if u64::try_from(rows).ok() != Some(keys.provenance.rows) {
            let bad = BadInput::new(ROW_VALUE, file, format!("{rows} records"), keys.provenance.rows.to_string());
            return Err(bad.field("seatrial.rows"));
        }
        let folder = spill.map(Path::to_owned);
        let keeping = match keys.kind {
            Kind::Rows => Keeping::Rows(Spool::new(folder)),
            Kind::Orders => Keeping::Orders(Spool::new(folder)),
            Kind::Bars => Keeping::Bars(Spool::new(folder)),
        };
        Ok(Self { file, cadence: keys.cadence, keeping, before: None })
    }

    /// The columns it needs.
    pub(super) const fn names(&self) -> &'static [&'static str] {
        match self.keeping {
            Keeping::Rows(_) => &ROW_NAMES,
            Keeping::Orders(_) => &ORDER_NAMES,
            Keeping::Bars(_) => &BAR_NAMES,
        }
    }

    /// Takes the next slice.
    pub(super) fn take(&mut self, frame: &DataFrame) -> Result<(), BadInput> {
        let (file, cadence, before) = (self.file, self.cadence, &mut self.before);
        match &mut self.keeping {
            Keeping::Rows(rows) => take_rows(file, rows, before, frame),
            Keeping::Orders(rows) => take_orders(file, rows, before, frame),
            Keeping::Bars(bars) => take_bars(file, cadence, bars, before, frame),
        }
    }

    /// The records; the last message must be whole.
    pub(super) fn finish(self) -> Result<Keeping, BadInput> {
        let torn = match (self.before, &self.keeping) {
            (Some(Record::Row(row)), Keeping::Rows(rows)) if !row.last() => rows.len(),
            (Some(Record::Order(row)), Keeping::Orders(rows)) if !row.last() => rows.len(),
            _ => return Ok(self.keeping),
        };
        Err(complain(self.file, ROW_ORDER, torn - 1, "last", "a torn message", "whole messages"))
    }
}

fn complain(file: &str, code: &'static str, record: u64, field: &str, found: &str, allowed: &str) -> BadInput {
    BadInput::new(code, file, found, allowed).at_record(record, 0).field(field)
}

/// The values of a column of whole numbers.
fn whole(file: &str, frame: &DataFrame, name: &str) -> Result<Vec<i64>, BadInput> {
    let wrong = || BadInput::new(PARQUET_COLUMN, file, "another type, or nulls", "64-bit whole numbers").field(name);
    let column = frame.column(name).map_err(|_| wrong())?;
    column.i64().map_err(|_| wrong())?.iter().collect::<Option<Vec<i64>>>().ok_or_else(wrong)
}

fn ids(file: &str, frame: &DataFrame, name: &str) -> Result<Vec<u64>, BadInput> {
    let wrong = || BadInput::new(PARQUET_COLUMN, file, "another type, or nulls", "unsigned 64-bit numbers").field(name);
    let column = frame.column(name).map_err(|_| wrong())?;
    column.u64().map_err(|_| wrong())?.iter().collect::<Option<Vec<u64>>>().ok_or_else(wrong)
}

fn flags(file: &str, frame: &DataFrame, name: &str) -> Result<Vec<bool>, BadInput> {
    let wrong = || BadInput::new(PARQUET_COLUMN, file, "another type, or nulls", "true or false").field(name);
    let column = frame.column(name).map_err(|_| wrong())?;
    column.bool().map_err(|_| wrong())?.iter().collect::<Option<Vec<bool>>>().ok_or_else(wrong)
}

/// Refuses times out of range, arrival before the event, rows out of order, and torn messages.
fn check_times(
    file: &str,
    record: u64,
    [exchange, local]: [i64; 2],
    before: Option<(Timestamp, Timestamp, bool)>,
) -> Result<(), BadInput> {
    let bad =
        |code, field: &str, found: i64, allowed: &str| complain(file, code, record, field, &found.to_string(), allowed);
    if in_range(exchange).is_none() || in_range(local).is_none() {
        return Err(bad(ROW_VALUE, "exchange_ns", exchange, "a time from 2000-01-01 to 2100-01-01 UTC"));
    }
    if local < exchange {
        return Err(bad(NEGATIVE_LATENCY, "local_ns", local, &format!("at least exchange_ns {exchange}")));
    }
    let Some((at, at_local, last)) = before else { return Ok(()) };
    if at.0 > exchange {
        return Err(bad(ROW_ORDER, "exchange_ns", exchange, &format!("at least {}", at.0)));
    }
    if !last && (at.0, at_local.0) != (exchange, local) {
        return Err(bad(ROW_ORDER, "local_ns", local, "both times of the message it belongs to"));
    }
    Ok(())
}

fn take_rows(
    file: &str,
    rows: &mut Spool<Row>,
    before: &mut Option<Record>,
    frame: &DataFrame,
) -> Result<(), BadInput> {
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
        let earlier = match before {
            Some(Record::Row(row)) => Some((row.exchange, row.local, row.last())),
            _ => None,
        };
        check_times(file, record, [exchange[at], local[at]], earlier)?;
        let times = (Timestamp(exchange[at]), Timestamp(local[at]));
        let row = Row::new(times.0, times.1, Price(price[at]), Qty(qty[at]), known, last[at]);
        *before = Some(Record::Row(row));
        rows.push(row);
    }
    Ok(())
}

fn take_orders(
    file: &str,
    rows: &mut Spool<OrderRow>,
    before: &mut Option<Record>,
    frame: &DataFrame,
) -> Result<(), BadInput> {
    let [exchange, local, side, price, qty, kind] =
        ["exchange_ns", "local_ns", "side", "price", "qty", "kind"].map(|name| whole(file, frame, name));
    let (exchange, local, side, price, qty, kind) = (exchange?, local?, side?, price?, qty?, kind?);
    let (order, last) = (ids(file, frame, "order")?, flags(file, frame, "last")?);
    for at in 0..last.len() {
        let record = rows.len();
        let bad = |code, field: &str, found: i64, allowed: &str| {
            complain(file, code, record, field, &found.to_string(), allowed)
        };
        let known = u64::try_from(kind[at]).ok().and_then(OrderRowKind::from_code);
        let known = known.ok_or_else(|| bad(ROW_VALUE, "kind", kind[at], "0 to 10"))?;
        let side = match side[at] {
            0 => None,
            1 => Some(Side::Buy),
            -1 => Some(Side::Sell),
            other => return Err(bad(ROW_VALUE, "side", other, "1 buy, -1 sell, 0 not known")),
        };
        if !(i64::from(known.is_trade())..=OrderRow::QTY_MAX).contains(&qty[at]) {
            return Err(bad(ROW_VALUE, "qty", qty[at], "0 (a trade: 1) to 2^55"));
        }
        if price[at] <= 0 {
            return Err(bad(ROW_VALUE, "price", price[at], "above zero"));
        }
        let earlier = match before {
            Some(Record::Order(row)) => Some((row.exchange, row.local, row.last())),
            _ => None,
        };
        check_times(file, record, [exchange[at], local[at]], earlier)?;
        let times = (Timestamp(exchange[at]), Timestamp(local[at]));
        let placed = Placed { side, price: Price(price[at]), qty: Qty(qty[at]) };
        let row = OrderRow::new(times, PublicOrderId(order[at]), placed, known, last[at]);
        *before = Some(Record::Order(row));
        rows.push(row);
    }
    Ok(())
}

fn take_bars(
    file: &str,
    cadence: Span,
    bars: &mut Spool<Bar>,
    before: &mut Option<Record>,
    frame: &DataFrame,
) -> Result<(), BadInput> {
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
        if matches!(before, Some(Record::Bar(before)) if before.opened.0 >= opened[at]) {
            return Err(bad(ROW_ORDER, "opened_ns", opened[at], "a time after the bar before"));
        }
        if low[at] <= 0 || volume[at] < 0 {
            let (field, found) = if low[at] <= 0 { ("low", low[at]) } else { ("volume", volume[at]) };
            return Err(bad(ROW_VALUE, field, found, "prices above zero and volumes not below"));
        }
        if open[at].max(close[at]).max(low[at]) > high[at] || open[at].min(close[at]) < low[at] {
            return Err(bad(HIGH_BELOW_LOW, "high", high[at], "a range with open and close in it"));
        }
        let bar = Bar {
            instrument: InstrumentId(0),
            opened: Timestamp(opened[at]),
            length: cadence,
            open: Price(open[at]),
            high: Price(high[at]),
            low: Price(low[at]),
            close: Price(close[at]),
            volume: Qty(volume[at]),
        };
        *before = Some(Record::Bar(bar));
        bars.push(bar);
    }
    Ok(())
}
