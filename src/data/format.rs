//! Tells what a file is by looking into it: at its first bytes, its header, or its first row.

use super::builder::{ImportOptions, read_number};
use super::fault::{EMPTY, UNKNOWN_FORMAT};
use super::mapping::{MappedKind, Mapping};
use super::source::{Line, Lines};
use super::table::{Header, cells};
use super::time::from_written;
use super::{bars, binance, bitstamp, book_table, capture, databento, equity, lobster, quotes, sse, trades};
use crate::bad_input::{BadInput, quoted};

/// What a file turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Our own Parquet.
    Parquet,
    /// A raw Binance capture.
    BinanceCapture,
    /// A capture of Kraken's public streams.
    KrakenCapture,
    /// A capture of OKX's public streams.
    OkxCapture,
    /// Databento's binary files.
    Databento,
    /// LOBSTER's messages.
    Lobster,
    /// Shanghai's level-2 log.
    Shanghai,
    /// Bitstamp's orders.
    BitstampOrders,
    /// Level changes in Tardis' tables.
    TardisBook,
    /// Best quotes in Tardis' tables.
    TardisQuotes,
    /// US equity trades in LEAN's layout.
    EquityTrades,
    /// US equity quotes in LEAN's layout.
    EquityQuotes,
    /// Bars in text.
    Bars,
    /// Trade ticks in text.
    Trades,
}

impl Format {
    /// Its name in provenance.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::BinanceCapture => "binance-capture",
            Self::KrakenCapture => "kraken-capture",
            Self::OkxCapture => "okx-capture",
            Self::Databento => "databento",
            Self::Lobster => "lobster",
            Self::Shanghai => "shanghai-level-2",
            Self::BitstampOrders => "bitstamp-orders",
            Self::TardisBook => "tardis-book",
            Self::TardisQuotes => "tardis-quotes",
            Self::EquityTrades => "equity-trades",
            Self::EquityQuotes => "equity-quotes",
            Self::Bars => "bars-text",
            Self::Trades => "trades-text",
        }
    }
}

/// A text whose format is known, as far as its reader needs to know.
#[derive(Debug)]
pub(crate) enum Text {
    Binance,
    Capture,
    Databento,
    Lobster,
    Shanghai,
    Table(Table, Header),
}

/// A table, with a header or without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    Bitstamp,
    TardisBook,
    TardisQuotes,
    EquityTrades,
    EquityQuotes,
    Bars,
    Trades,
}

/// Tells what a text is, and leaves its first record to be read next.
pub(crate) fn tell(lines: &mut Lines, options: &ImportOptions) -> Result<Text, BadInput> {
    if let Some(mapping) = &options.mapping {
        return mapped(lines, mapping);
    }
    let start = lines.peek()?;
    if binance::looks_like_one(start) {
        return Ok(Text::Binance);
    }
    if capture::looks_like_one(start) {
        return Ok(Text::Capture);
    }
    if databento::looks_like_one(start) {
        return Ok(Text::Databento);
    }
    if sse::looks_like_one(start) {
        return Ok(Text::Shanghai);
    }
    let empty = BadInput::new(EMPTY, lines.name(), "nothing", "at least one record");
    let line = lines.next_line()?.ok_or(empty)?;
    let cells = cells(line)?;
    if read_number(line, cells[0], "", true).is_ok() {
        let text = headless(line, &cells)?;
        lines.again();
        return Ok(text);
    }
    if cells.len() == 6 && from_written(cells[0]).is_some() {
        lines.again();
        return Ok(Text::Table(Table::Bars, Header::fixed(&bars::COLUMNS, &bars::LEAN)));
    }
    let has = |name: &str| cells.iter().any(|cell| cell.trim().to_ascii_lowercase().starts_with(name));
    if has("local_timestamp") && has("is_snapshot") {
        return Header::read(line, &book_table::COLUMNS).map(|header| Text::Table(Table::TardisBook, header));
    }
    if has("local_timestamp") && has("bid_price") {
        return Header::read(line, &quotes::COLUMNS).map(|header| Text::Table(Table::TardisQuotes, header));
    }
    if has("exchange.timestamp") && has("action") {
        return Header::read(line, &bitstamp::COLUMNS).map(|header| Text::Table(Table::Bitstamp, header));
    }
    if ["open", "high", "low", "close"].into_iter().filter(|name| has(name)).count() >= 2 {
        return Header::read(line, &bars::COLUMNS).map(|header| Text::Table(Table::Bars, header));
    }
    if has("price") || has("time") && has("volume") {
        return Header::read(line, &trades::COLUMNS).map(|header| Text::Table(Table::Trades, header));
    }
    Err(unknown(line))
}

/// A table whose owner says how its columns are called.
fn mapped(lines: &mut Lines, mapping: &Mapping) -> Result<Text, BadInput> {
    let empty = BadInput::new(EMPTY, lines.name(), "nothing", "at least one record");
    let has_header = mapping.has_header(lines.name())?;
    let line = lines.next_line()?.ok_or(empty)?;
    let text = match mapping.kind {
        MappedKind::Trades => Text::Table(Table::Trades, Header::mapped(line, &trades::COLUMNS, mapping)?),
        MappedKind::Bars => Text::Table(Table::Bars, Header::mapped(line, &bars::COLUMNS, mapping)?),
    };
    if !has_header {
        lines.again();
    }
    Ok(text)
}

/// A table without header.
fn headless(line: Line<'_>, cells: &[&str]) -> Result<Text, BadInput> {
    if lobster::looks_like_one(cells) {
        return Ok(Text::Lobster);
    }
    if equity::looks_like_one(cells) {
        return Ok(if cells.len() == 6 {
            Text::Table(Table::EquityTrades, Header::fixed(&equity::COLUMNS, &equity::ROW))
        } else {
            Text::Table(Table::EquityQuotes, Header::fixed(&quotes::EQUITY, &quotes::EQUITY_ROW))
        });
    }
    let flag = |at: usize| cells.get(at).is_some_and(|cell| matches!(*cell, "true" | "false" | "True" | "False"));
    if flag(6) && !flag(5) {
        let row = &trades::BINANCE_AGGREGATED[..cells.len().min(8)];
        return Ok(Text::Table(Table::Trades, Header::fixed(&trades::COLUMNS, row)));
    }
    if flag(5) {
        return Ok(Text::Table(Table::Trades, Header::fixed(&trades::COLUMNS, &trades::BINANCE[..cells.len().min(7)])));
    }
    match cells.len() {
        3 => Ok(Text::Table(Table::Trades, Header::fixed(&trades::COLUMNS, &trades::KRAKEN))),
        7 => Ok(Text::Table(Table::Bars, Header::fixed(&bars::COLUMNS, &bars::KRAKEN))),
        12 => Ok(Text::Table(Table::Bars, Header::fixed(&bars::COLUMNS, &bars::BINANCE))),
        _ => Err(unknown(line)),
    }
}

fn unknown(line: Line<'_>) -> BadInput {
    let allowed = "a Parquet tape, a Binance capture, bars or trades with a header, Kraken OHLCVT or trades, Binance klines, \
         or another format of docs/data.md";
    let bad = line.complain(UNKNOWN_FORMAT, line.text, quoted(line.text), allowed);
    if line.text.contains(';') { bad.hint("cells are separated by ','") } else { bad }
}
