//! Kraken's frames: arrays in version 1 of its streams, objects in version 2.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::message::{BookText, LevelText, Message, TradeText, checksum, need, parse, stranger, text};
use crate::bad_input::{BadInput, quoted};
use crate::data::fault::{FRAME, SIDE, TIME, TIME_RANGE};
use crate::data::number::Number;
use crate::data::source::Line;
use crate::data::time::{from_written, in_range};
use crate::market::{Side, Timestamp};

/// Version 1: price, volume, time, and perhaps `r` for a level that is published again.
type Entry<'a> = Vec<&'a RawValue>;

#[derive(Deserialize)]
struct Sides1<'a> {
    #[serde(rename = "as", borrow)]
    all_asks: Option<Vec<Entry<'a>>>,
    #[serde(rename = "bs", borrow)]
    all_bids: Option<Vec<Entry<'a>>>,
    #[serde(rename = "a", borrow)]
    asks: Option<Vec<Entry<'a>>>,
    #[serde(rename = "b", borrow)]
    bids: Option<Vec<Entry<'a>>>,
    #[serde(rename = "c", borrow)]
    checksum: Option<&'a RawValue>,
}

/// A frame of version 1: `[channel id, payload.., "channel", "pair"]`.
pub(crate) fn array<'a>(line: Line<'_>, json: &'a str) -> Result<Message<'a>, BadInput> {
    let parts: Vec<&'a RawValue> = parse(line, json)?;
    let [_, payloads @ .., channel, pair] = &parts[..] else { return Err(stranger(line, json)) };
    if payloads.is_empty() || payloads.len() > 2 {
        return Err(stranger(line, json));
    }
    let channel: Cow<'a, str> = name(line, channel)?;
    let pair: Cow<'a, str> = name(line, pair)?;
    match channel.split_once('-').unwrap_or((&channel, "")) {
        ("book", depth) => {
            let depth = depth.parse().ok();
            let depth = need(line, json, depth, "book depth")?;
            book1(line, payloads, channel, pair, depth).map(Message::Book)
        }
        ("trade", _) => trades1(line, payloads[0], &pair).map(Message::Trades),
        _ => Ok(Message::Other(channel)),
    }
}

fn name<'a>(line: Line<'_>, raw: &'a RawValue) -> Result<Cow<'a, str>, BadInput> {
    #[derive(Deserialize)]
    struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
    parse::<Name<'a>>(line, raw.get()).map(|name| name.0)
}

fn book1<'a>(
    line: Line<'_>,
    payloads: &[&'a RawValue],
    channel: Cow<'a, str>,
    symbol: Cow<'a, str>,
    depth: usize,
) -> Result<BookText<'a>, BadInput> {
    let (sides, sum, exchange) = ([Vec::new(), Vec::new()], None, None);
    let mut book = BookText {
        symbol,
        channel,
        snapshot: false,
        depth: Some(depth),
        sides,
        exchange,
        checksum: sum,
        sequence: None,
    };
    for payload in payloads {
        let part: Sides1<'a> = parse(line, payload.get())?;
        book.snapshot |= part.all_asks.is_some() || part.all_bids.is_some();
        for (side, entries) in [(0, part.all_bids), (1, part.all_asks), (0, part.bids), (1, part.asks)] {
            for entry in entries.into_iter().flatten() {
                let [price, qty, time, ..] = entry[..] else {
                    return Err(line.complain(FRAME, payload.get(), quoted(payload.get()), "[price, volume, time]"));
                };
                let field = ["b", "a"][side];
                book.sides[side].push(LevelText { price: text(line, price, field)?, qty: text(line, qty, field)? });
                // A level that is published again has its old time.
                book.exchange = book.exchange.max(Some(seconds(line, time, field)?));
            }
        }
        if let Some(sum) = part.checksum {
            book.checksum = Some(checksum(line, sum, "c")?);
        }
    }
    Ok(book)
}

fn trades1<'a>(line: Line<'_>, payload: &'a RawValue, pair: &Cow<'a, str>) -> Result<Vec<TradeText<'a>>, BadInput> {
    let entries: Vec<Entry<'a>> = parse(line, payload.get())?;
    let mut trades = Vec::with_capacity(entries.len());
    for entry in entries {
        let [price, qty, time, side, ..] = entry[..] else {
            let allowed = "[price, volume, time, side, ..]";
            return Err(line.complain(FRAME, payload.get(), quoted(payload.get()), allowed));
        };
        trades.push(TradeText {
            symbol: pair.clone(),
            level: LevelText { price: text(line, price, "price")?, qty: text(line, qty, "volume")? },
            exchange: seconds(line, time, "time")?,
            taker: side_of(line, text(line, side, "side")?)?,
            id: None,
        });
    }
    Ok(trades)
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    method: Option<IgnoredAny>,
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Subscribed<'a> {
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    symbol: Option<Cow<'a, str>>,
    depth: Option<usize>,
}

#[derive(Deserialize)]
struct Book2<'a> {
    #[serde(borrow)]
    symbol: Option<Cow<'a, str>>,
    #[serde(borrow)]
    bids: Option<Vec<Level2<'a>>>,
    #[serde(borrow)]
    asks: Option<Vec<Level2<'a>>>,
    #[serde(borrow)]
    checksum: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Level2<'a> {
    #[serde(borrow)]
    price: Option<&'a RawValue>,
    #[serde(borrow)]
    qty: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Trade2<'a> {
    #[serde(borrow)]
    symbol: Option<Cow<'a, str>>,
    #[serde(borrow)]
    side: Option<&'a RawValue>,
    #[serde(borrow)]
    price: Option<&'a RawValue>,
    #[serde(borrow)]
    qty: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    trade_id: Option<&'a RawValue>,
}

/// A frame of version 2.
pub(crate) fn object<'a>(line: Line<'_>, json: &'a str) -> Result<Message<'a>, BadInput> {
    let object: Object<'a> = parse(line, json)?;
    if object.method.is_some() {
        let Some(result) = object.result else { return Ok(Message::Note) };
        let Subscribed { channel, symbol, depth } = parse(line, result.get())?;
        return Ok(match (channel.as_deref(), symbol, depth) {
            (Some("book"), Some(symbol), Some(depth)) => Message::Depth(symbol, depth),
            _ => Message::Note,
        });
    }
    let channel = need(line, json, object.channel, "channel")?;
    let data = || need(line, json, object.data, "data");
    match &*channel {
        "status" | "heartbeat" | "pong" => Ok(Message::Note),
        "book" => {
            let snapshot = need(line, json, object.kind, "type")? == "snapshot";
            book2(line, data()?, snapshot).map(Message::Book)
        }
        "trade" => trades2(line, data()?).map(Message::Trades),
        _ => Ok(Message::Other(channel)),
    }
}

fn book2<'a>(line: Line<'_>, data: &'a RawValue, snapshot: bool) -> Result<BookText<'a>, BadInput> {
    let json = data.get();
    let [book]: [Book2<'a>; 1] = parse(line, json)?;
    let mut sides = [Vec::new(), Vec::new()];
    for (at, (levels, field)) in [(book.bids, "bids"), (book.asks, "asks")].into_iter().enumerate() {
        for level in levels.into_iter().flatten() {
            let price = text(line, need(line, json, level.price, "price")?, field)?;
            sides[at].push(LevelText { price, qty: text(line, need(line, json, level.qty, "qty")?, field)? });
        }
    }
    Ok(BookText {
        symbol: need(line, json, book.symbol, "symbol")?,
        channel: Cow::Borrowed("book"),
        snapshot,
        depth: None,
        sides,
        exchange: book.timestamp.map(|raw| written(line, raw)).transpose()?,
        checksum: book.checksum.map(|raw| checksum(line, raw, "checksum")).transpose()?,
        sequence: None,
    })
}

fn trades2<'a>(line: Line<'_>, data: &'a RawValue) -> Result<Vec<TradeText<'a>>, BadInput> {
    let json = data.get();
    let raw: Vec<Trade2<'a>> = parse(line, json)?;
    let trade = |trade: Trade2<'a>| {
        let (price, qty) = (need(line, json, trade.price, "price")?, need(line, json, trade.qty, "qty")?);
        let id = trade.trade_id.and_then(|raw| Some((raw.get().parse().ok()?, raw.get())));
        Ok(TradeText {
            symbol: need(line, json, trade.symbol, "symbol")?,
            level: LevelText { price: text(line, price, "price")?, qty: text(line, qty, "qty")? },
            exchange: written(line, need(line, json, trade.timestamp, "timestamp")?)?,
            taker: side_of(line, text(line, need(line, json, trade.side, "side")?, "side")?)?,
            id,
        })
    };
    raw.into_iter().map(trade).collect()
}

fn side_of(line: Line<'_>, word: &str) -> Result<Side, BadInput> {
    match word {
        "b" | "buy" => Ok(Side::Buy),
        "s" | "sell" => Ok(Side::Sell),
        _ => Err(line.complain(SIDE, word, quoted(word), "b, buy, s, sell").field("side")),
    }
}

fn seconds(line: Line<'_>, raw: &RawValue, field: &str) -> Result<Timestamp, BadInput> {
    let printed = text(line, raw, field)?;
    let complain = |code, allowed: &str| line.complain(code, printed, quoted(printed), allowed).field(field);
    let count = Number::parse(printed).map_err(|_| complain(TIME, "seconds since 1970"))?;
    let time = count.at(9).and_then(in_range);
    time.ok_or_else(|| complain(TIME_RANGE, "seconds from 2000-01-01 to 2100-01-01 UTC"))
}

fn written(line: Line<'_>, raw: &RawValue) -> Result<Timestamp, BadInput> {
    let printed = text(line, raw, "timestamp")?;
    from_written(printed).ok_or_else(|| {
        let allowed = "a time such as 2026-08-24T22:21:57.110183Z";
        line.complain(TIME, printed, quoted(printed), allowed).field("timestamp")
    })
}
