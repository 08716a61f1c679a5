//! Tells what a file is by looking into it: at its first bytes, its header, or its first row.

use super::builder::read_number;
use super::fault::{EMPTY, UNKNOWN_FORMAT};
use super::source::{Line, Lines};
use super::table::{Header, cells};
use super::{bars, binance, capture, trades};
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
    Bars(Header),
    Trades(Header),
}

/// Tells what a text is, and leaves its first record to be read next.
pub(crate) fn tell(lines: &mut Lines) -> Result<Text, BadInput> {
    let start = lines.peek()?;
    if binance::looks_like_one(start) {
        return Ok(Text::Binance);
    }
    if capture::looks_like_one(start) {
        return Ok(Text::Capture);
    }
    let empty = BadInput::new(EMPTY, lines.name(), "nothing", "at least one record");
    let line = lines.next_line()?.ok_or(empty)?;
    let cells = cells(line)?;
    if read_number(line, cells[0], "", true).is_ok() {
        let text = headless(line, &cells)?;
        lines.again();
        return Ok(text);
    }
    let has = |name: &str| cells.iter().any(|cell| cell.trim().to_ascii_lowercase().starts_with(name));
    if ["open", "high", "low", "close"].into_iter().filter(|name| has(name)).count() >= 2 {
        return Header::read(line, &bars::COLUMNS).map(Text::Bars);
    }
    if has("price") || has("time") && has("volume") {
        return Header::read(line, &trades::COLUMNS).map(Text::Trades);
    }
    Err(unknown(line))
}

/// A table without header.
fn headless(line: Line<'_>, cells: &[&str]) -> Result<Text, BadInput> {
    match cells.len() {
        3 => Ok(Text::Trades(Header::fixed(&trades::COLUMNS, &trades::KRAKEN))),
        7 => Ok(Text::Bars(Header::fixed(&bars::COLUMNS, &bars::KRAKEN))),
        12 => Ok(Text::Bars(Header::fixed(&bars::COLUMNS, &bars::BINANCE))),
        _ => Err(unknown(line)),
    }
}

fn unknown(line: Line<'_>) -> BadInput {
    let allowed =
        "a Parquet tape, a Binance capture, bars or trades with a header, Kraken OHLCVT or trades, Binance klines";
    let bad = line.complain(UNKNOWN_FORMAT, line.text, quoted(line.text), allowed);
    if line.text.contains(';') { bad.hint("cells are separated by ','") } else { bad }
}
