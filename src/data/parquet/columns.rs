//! Records as columns of a file.

use std::fs::File;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    Column, DataFrame, IntoColumn, KeyValueMetadata, NamedFrom, ParquetWriter, PolarsResult, Series,
};

use super::keys::{Keys, Kind};
use crate::data::order_row::OrderRow;
use crate::data::row::Row;
use crate::market::{Bar, Side};

/// Writes records, group after group.
pub(super) struct Writer<'a> {
    batched: BatchedWriter<&'a File>,
}

impl<'a> Writer<'a> {
    /// Begins a file that says this of itself.
    pub(super) fn new(file: &'a File, keys: &Keys) -> PolarsResult<Self> {
        let schema = match keys.kind {
            Kind::Rows => frame_of_rows(&[])?,
            Kind::Orders => frame_of_orders(&[])?,
            Kind::Bars => frame_of_bars(&[])?,
        };
        let pairs = KeyValueMetadata::from_static(keys.pairs());
        let writer = ParquetWriter::new(file).with_key_value_metadata(Some(pairs)).set_parallel(false);
        Ok(Self { batched: writer.batched(schema.schema())? })
    }

    pub(super) fn rows(&mut self, rows: &[Row]) -> PolarsResult<()> {
        if rows.is_empty() { Ok(()) } else { self.batched.write_batch(&frame_of_rows(rows)?) }
    }

    pub(super) fn orders(&mut self, rows: &[OrderRow]) -> PolarsResult<()> {
        if rows.is_empty() { Ok(()) } else { self.batched.write_batch(&frame_of_orders(rows)?) }
    }

    pub(super) fn bars(&mut self, bars: &[Bar]) -> PolarsResult<()> {
        if bars.is_empty() { Ok(()) } else { self.batched.write_batch(&frame_of_bars(bars)?) }
    }

    pub(super) fn finish(self) -> PolarsResult<()> {
        self.batched.finish().map(|_| ())
    }
}

fn frame_of_rows(rows: &[Row]) -> PolarsResult<DataFrame> {
    let whole = |name: &str, of: fn(&Row) -> i64| column(name, rows.iter().map(of).collect());
    let columns = vec![
        whole("exchange_ns", |row| row.exchange.0),
        whole("local_ns", |row| row.local.0),
        whole("price", |row| row.price.0),
        whole("qty", |row| row.qty().0),
        whole("kind", |row| i64::from(row.kind().code())),
        Series::new("last".into(), rows.iter().map(Row::last).collect::<Vec<bool>>()).into_column(),
    ];
    DataFrame::new(rows.len(), columns)
}

fn frame_of_orders(rows: &[OrderRow]) -> PolarsResult<DataFrame> {
    let whole = |name: &str, of: fn(&OrderRow) -> i64| column(name, rows.iter().map(of).collect());
    let columns = vec![
        whole("exchange_ns", |row| row.exchange.0),
        whole("local_ns", |row| row.local.0),
        Series::new("order".into(), rows.iter().map(|row| row.order.0).collect::<Vec<u64>>()).into_column(),
        whole("side", |row| row.side().map_or(0, Side::sign)),
        whole("price", |row| row.price.0),
        whole("qty", |row| row.qty().0),
        whole("kind", |row| i64::from(row.kind().code())),
        Series::new("last".into(), rows.iter().map(OrderRow::last).collect::<Vec<bool>>()).into_column(),
    ];
    DataFrame::new(rows.len(), columns)
}

fn frame_of_bars(bars: &[Bar]) -> PolarsResult<DataFrame> {
    let whole = |name: &str, of: fn(&Bar) -> i64| column(name, bars.iter().map(of).collect());
    let columns = vec![
        whole("opened_ns", |bar| bar.opened.0),
        whole("open", |bar| bar.open.0),
        whole("high", |bar| bar.high.0),
        whole("low", |bar| bar.low.0),
        whole("close", |bar| bar.close.0),
        whole("volume", |bar| bar.volume.0),
    ];
    DataFrame::new(bars.len(), columns)
}

fn column(name: &str, values: Vec<i64>) -> Column {
    Series::new(name.into(), values).into_column()
}
