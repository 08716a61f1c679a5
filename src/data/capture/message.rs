//! What a frame says, whoever sent it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::bad_input::{BadInput, quoted};
use crate::data::fault::{FRAME, JSON_MISSING, JSON_TYPE};
use crate::data::json;
use crate::data::source::Line;
use crate::market::{Side, Timestamp};

/// Which venue's rules hold in a capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Venue {
    Kraken,
    Okx,
}

/// A frame.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    Book(BookText<'a>),
    Trades(Vec<TradeText<'a>>),
    /// A book will be kept to this depth.
    Depth(Cow<'a, str>, usize),
    /// A reply, a heartbeat or a note of the recorder.
    Note,
    /// A stream that is not read, by its name.
    Other(Cow<'a, str>),
}

/// Price and quantity of a level, as printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelText<'a> {
    pub(crate) price: &'a str,
    pub(crate) qty: &'a str,
}

/// A book, or changes of one.
#[derive(Debug)]
pub(crate) struct BookText<'a> {
    pub(crate) symbol: Cow<'a, str>,
    /// The stream it came from: two streams of one instrument are two books.
    pub(crate) channel: Cow<'a, str>,
    pub(crate) snapshot: bool,
    /// How deep the book is kept, where the stream's name says it.
    pub(crate) depth: Option<usize>,
    /// Bids and asks.
    pub(crate) sides: [Vec<LevelText<'a>>; 2],
    /// When it happened; none where the frame does not say.
    pub(crate) exchange: Option<Timestamp>,
    /// The checksum of the book afterwards, and the text it was read from.
    pub(crate) checksum: Option<(u32, &'a str)>,
    /// Ids of the message before and of this one.
    pub(crate) sequence: Option<(i64, i64)>,
}

/// A trade.
#[derive(Debug)]
pub(crate) struct TradeText<'a> {
    pub(crate) symbol: Cow<'a, str>,
    pub(crate) level: LevelText<'a>,
    pub(crate) exchange: Timestamp,
    pub(crate) taker: Side,
    /// Its id and where that stands, if there is one.
    pub(crate) id: Option<(u64, &'a str)>,
}

/// Reads JSON in a line.
pub(crate) fn parse<'a, T: Deserialize<'a>>(line: Line<'_>, json: &'a str) -> Result<T, BadInput> {
    json::parse(line, json, |_| "what the venue's description of this frame has here, once")
}

/// A value that must be there.
pub(crate) fn need<T>(line: Line<'_>, json: &str, value: Option<T>, key: &str) -> Result<T, BadInput> {
    value.ok_or_else(|| line.complain(JSON_MISSING, json, "nothing".to_owned(), "a value for the key").field(key))
}

/// The printed text of a scalar, without the quotes around it.
pub(crate) fn text<'a>(line: Line<'_>, raw: &'a RawValue, field: &str) -> Result<&'a str, BadInput> {
    let printed = raw.get();
    let inner = printed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(printed);
    if inner.starts_with(['[', '{']) || inner.contains(['\\', '"']) {
        return Err(line.complain(JSON_TYPE, printed, quoted(printed), "a number or a plain text").field(field));
    }
    Ok(inner)
}

/// A checksum: a 32-bit number, with or without a sign.
pub(crate) fn checksum<'a>(line: Line<'_>, raw: &'a RawValue, field: &str) -> Result<(u32, &'a str), BadInput> {
    let printed = text(line, raw, field)?;
    let number = printed.parse::<i64>().ok();
    let bits = number
        .and_then(|number| u32::try_from(number).ok().or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned)));
    let refuse = || line.complain(JSON_TYPE, printed, quoted(printed), "a checksum of 32 bits").field(field);
    bits.map(|bits| (bits, printed)).ok_or_else(refuse)
}

/// A frame of no venue that is read here.
pub(crate) fn stranger(line: Line<'_>, json: &str) -> BadInput {
    line.complain(FRAME, json, quoted(json), "a frame of Kraken's or OKX's public streams")
}
