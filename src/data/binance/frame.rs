//! One line of a raw capture: the recorder's time and one JSON frame.
//!
//! A frame is taken apart into the few keys that are read; everything else in it is passed over.
//! Complaints name the key and the column, and quote the line, never the parser.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::bad_input::{BadInput, quoted};
use crate::data::fault::{FRAME, JSON_MISSING, TIME, TIME_RANGE};
use crate::data::json;
use crate::data::source::Line;
use crate::data::time::{from_millis, in_range};
use crate::market::Timestamp;

/// Price and quantity of a level, as written.
pub(crate) type LevelText<'a> = (&'a str, &'a str);

/// What a frame is.
#[derive(Debug)]
pub(crate) enum Frame<'a> {
    Depth(Depth<'a>),
    Trade(Trade<'a>),
    Ticker(Ticker<'a>),
    Snapshot(Snapshot<'a>),
    /// A stream that is not read, by its name.
    Other(&'a str),
    /// A reply to a subscription.
    Reply,
}

#[derive(Deserialize)]
struct Head<'a> {
    stream: Option<&'a str>,
    #[serde(rename = "lastUpdateId")]
    last_update_id: Option<IgnoredAny>,
    result: Option<IgnoredAny>,
    id: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Wrapped<T> {
    data: Option<T>,
}

/// A diff depth update.
#[derive(Debug, Deserialize)]
pub(crate) struct Depth<'a> {
    #[serde(rename = "E")]
    event: Option<i64>,
    #[serde(rename = "T")]
    transaction: Option<i64>,
    #[serde(rename = "s")]
    symbol: Option<&'a str>,
    #[serde(rename = "U")]
    first: Option<u64>,
    #[serde(rename = "u")]
    last: Option<u64>,
    /// The last id of the update before; futures only.
    #[serde(rename = "pu")]
    pub(crate) previous: Option<u64>,
    #[serde(rename = "b", borrow)]
    bids: Option<Vec<LevelText<'a>>>,
    #[serde(rename = "a", borrow)]
    asks: Option<Vec<LevelText<'a>>>,
}

/// A public trade.
#[derive(Debug, Deserialize)]
pub(crate) struct Trade<'a> {
    #[serde(rename = "T")]
    transaction: Option<i64>,
    #[serde(rename = "s")]
    symbol: Option<&'a str>,
    #[serde(rename = "t")]
    id: Option<u64>,
    #[serde(rename = "p")]
    price: Option<&'a str>,
    #[serde(rename = "q")]
    qty: Option<&'a str>,
    #[serde(rename = "m")]
    buyer_made: Option<bool>,
    /// What kind of execution; futures only. Only `MARKET` trades are the book's.
    #[serde(rename = "X")]
    pub(crate) kind: Option<&'a str>,
}

/// The best bid and ask.
#[derive(Debug, Deserialize)]
pub(crate) struct Ticker<'a> {
    #[serde(rename = "u")]
    id: Option<u64>,
    #[serde(rename = "s")]
    symbol: Option<&'a str>,
    #[serde(rename = "b")]
    bid: Option<&'a str>,
    #[serde(rename = "B")]
    bid_qty: Option<&'a str>,
    #[serde(rename = "a")]
    ask: Option<&'a str>,
    #[serde(rename = "A")]
    ask_qty: Option<&'a str>,
}

/// A snapshot asked for over REST.
#[derive(Debug, Deserialize)]
pub(crate) struct Snapshot<'a> {
    #[serde(rename = "lastUpdateId")]
    last: Option<u64>,
    #[serde(rename = "E")]
    event: Option<i64>,
    #[serde(rename = "T")]
    transaction: Option<i64>,
    #[serde(borrow)]
    bids: Option<Vec<LevelText<'a>>>,
    #[serde(borrow)]
    asks: Option<Vec<LevelText<'a>>>,
    /// The symbol; COIN-M only.
    pub(crate) symbol: Option<&'a str>,
}

/// Keys that a frame must have, asked for one by one.
#[derive(Clone, Copy)]
pub(crate) struct Keys<'a> {
    line: Line<'a>,
    json: &'a str,
}

impl Keys<'_> {
    pub(crate) fn need<T>(self, value: Option<T>, key: &str) -> Result<T, BadInput> {
        value.ok_or_else(|| {
            self.line.complain(JSON_MISSING, self.json, "nothing".to_owned(), "a value for the key").field(key)
        })
    }

    fn millis(self, value: Option<i64>, key: &str) -> Result<Timestamp, BadInput> {
        let millis = self.need(value, key)?;
        from_millis(millis).ok_or_else(|| {
            let allowed = "milliseconds from 2000-01-01 to 2100-01-01 UTC";
            self.line.complain(TIME_RANGE, self.json, millis.to_string(), allowed).field(key)
        })
    }
}

impl<'a> Depth<'a> {
    pub(crate) fn exchange(&self, keys: Keys<'_>) -> Result<Timestamp, BadInput> {
        if self.transaction.is_some() { keys.millis(self.transaction, "T") } else { keys.millis(self.event, "E") }
    }

    pub(crate) fn symbol(&self, keys: Keys<'_>) -> Result<&'a str, BadInput> {
        keys.need(self.symbol, "s")
    }

    pub(crate) fn ids(&self, keys: Keys<'_>) -> Result<(u64, u64), BadInput> {
        Ok((keys.need(self.first, "U")?, keys.need(self.last, "u")?))
    }

    pub(crate) fn levels(&self, keys: Keys<'_>) -> Result<[&[LevelText<'a>]; 2], BadInput> {
        Ok([keys.need(self.bids.as_deref(), "b")?, keys.need(self.asks.as_deref(), "a")?])
    }
}

impl<'a> Trade<'a> {
    pub(crate) fn exchange(&self, keys: Keys<'_>) -> Result<Timestamp, BadInput> {
        keys.millis(self.transaction, "T")
    }

    pub(crate) fn symbol(&self, keys: Keys<'_>) -> Result<&'a str, BadInput> {
        keys.need(self.symbol, "s")
    }

    pub(crate) fn id(&self, keys: Keys<'_>) -> Result<u64, BadInput> {
        keys.need(self.id, "t")
    }

    pub(crate) fn price_and_qty(&self, keys: Keys<'_>) -> Result<LevelText<'a>, BadInput> {
        Ok((keys.need(self.price, "p")?, keys.need(self.qty, "q")?))
    }

    pub(crate) fn buyer_made(&self, keys: Keys<'_>) -> Result<bool, BadInput> {
        keys.need(self.buyer_made, "m")
    }
}

impl<'a> Ticker<'a> {
    pub(crate) fn id(&self, keys: Keys<'_>) -> Result<u64, BadInput> {
        keys.need(self.id, "u")
    }

    pub(crate) fn symbol(&self, keys: Keys<'_>) -> Result<&'a str, BadInput> {
        keys.need(self.symbol, "s")
    }

    pub(crate) fn sides(&self, keys: Keys<'_>) -> Result<[LevelText<'a>; 2], BadInput> {
        let bid = (keys.need(self.bid, "b")?, keys.need(self.bid_qty, "B")?);
        Ok([bid, (keys.need(self.ask, "a")?, keys.need(self.ask_qty, "A")?)])
    }
}

impl<'a> Snapshot<'a> {
    /// When it was taken; spot does not say.
    pub(crate) fn exchange(&self, keys: Keys<'_>) -> Result<Option<Timestamp>, BadInput> {
        let (time, key) = if self.transaction.is_some() { (self.transaction, "T") } else { (self.event, "E") };
        time.map(|_| keys.millis(time, key)).transpose()
    }

    pub(crate) fn last(&self, keys: Keys<'_>) -> Result<u64, BadInput> {
        keys.need(self.last, "lastUpdateId")
    }

    pub(crate) fn levels(&self, keys: Keys<'_>) -> Result<[&[LevelText<'a>]; 2], BadInput> {
        Ok([keys.need(self.bids.as_deref(), "bids")?, keys.need(self.asks.as_deref(), "asks")?])
    }
}

/// Whether a text begins like a line of a capture.
pub(crate) fn looks_like_one(start: &[u8]) -> bool {
    let digits = start.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && start.get(digits) == Some(&b' ') && start.get(digits + 1) == Some(&b'{')
}

/// Takes a line apart: when the recorder had it, and what it is.
pub(crate) fn read(line: Line<'_>) -> Result<(Timestamp, Frame<'_>, Keys<'_>), BadInput> {
    let (time, json) = line.text.split_once(' ').unwrap_or((line.text, ""));
    let local = time.parse::<i64>().map_err(|_| {
        line.complain(TIME, line.text, quoted(time), "nanoseconds since 1970, a space, and a JSON frame").field("local")
    })?;
    let local = in_range(local).ok_or_else(|| {
        let allowed = "nanoseconds from 2000-01-01 to 2100-01-01 UTC";
        line.complain(TIME_RANGE, line.text, quoted(time), allowed).field("local")
    })?;
    let keys = Keys { line, json };
    let head: Head<'_> = parse(line, json)?;
    let Some(stream) = head.stream else {
        if head.last_update_id.is_some() {
            return Ok((local, Frame::Snapshot(parse(line, json)?), keys));
        }
        if head.result.is_some() || head.id.is_some() {
            return Ok((local, Frame::Reply, keys));
        }
        let allowed = "a stream's frame, a depth snapshot or a reply";
        return Err(line.complain(FRAME, json, quoted(json), allowed));
    };
    let frame = match stream.split('@').nth(1) {
        Some("depth") => Frame::Depth(data(line, json, keys)?),
        Some("trade") => Frame::Trade(data(line, json, keys)?),
        Some("bookTicker") => Frame::Ticker(data(line, json, keys)?),
        _ => Frame::Other(stream),
    };
    Ok((local, frame, keys))
}

fn data<'a, T: Deserialize<'a>>(line: Line<'a>, json: &'a str, keys: Keys<'a>) -> Result<T, BadInput> {
    let wrapped: Wrapped<T> = parse(line, json)?;
    keys.need(wrapped.data, "data")
}

fn parse<'a, T: Deserialize<'a>>(line: Line<'_>, json: &'a str) -> Result<T, BadInput> {
    json::parse(line, json, |key| match key {
        "U" | "u" | "pu" | "t" | "lastUpdateId" => "a whole number, once",
        "E" | "T" => "whole milliseconds, once",
        "m" => "true or false, once",
        "data" => "an object",
        "bids" | "asks" => "a list of [\"price\", \"quantity\"], once",
        "b" | "a" => "a list of [\"price\", \"quantity\"], or a \"price\" in a best quote, once",
        _ => "a text in quotes, once",
    })
}
