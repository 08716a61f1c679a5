//! OKX's frames, version 5 of its streams.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::message::{BookText, LevelText, Message, TradeText, checksum, need, parse, text};
use crate::bad_input::{BadInput, quoted};
use crate::data::fault::{FRAME, SIDE, TIME_RANGE};
use crate::data::source::Line;
use crate::data::time::from_millis;
use crate::market::{Side, Timestamp};

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    arg: Option<Arg<'a>>,
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Arg<'a> {
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(rename = "instId", borrow)]
    symbol: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Book<'a> {
    #[serde(borrow)]
    bids: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(borrow)]
    asks: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(borrow)]
    ts: Option<&'a RawValue>,
    #[serde(borrow)]
    checksum: Option<&'a RawValue>,
    #[serde(rename = "prevSeqId")]
    before: Option<i64>,
    #[serde(rename = "seqId")]
    id: Option<i64>,
}

#[derive(Deserialize)]
struct Trade<'a> {
    #[serde(rename = "tradeId", borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    px: Option<&'a RawValue>,
    #[serde(borrow)]
    sz: Option<&'a RawValue>,
    #[serde(borrow)]
    side: Option<&'a RawValue>,
    #[serde(borrow)]
    ts: Option<&'a RawValue>,
}

/// A frame with `arg` and `data`.
pub(crate) fn object<'a>(line: Line<'_>, json: &'a str) -> Result<Message<'a>, BadInput> {
    let frame: Frame<'a> = parse(line, json)?;
    let arg = need(line, json, frame.arg, "arg")?;
    let channel = need(line, json, arg.channel, "channel")?;
    let data = need(line, json, frame.data, "data")?;
    match &*channel {
        "books" | "books-l2-tbt" | "books50-l2-tbt" => {
            let action = need(line, json, frame.action, "action")?;
            let snapshot = match &*action {
                "snapshot" => true,
                "update" => false,
                _ => return Err(line.complain(FRAME, json, quoted(&action), "snapshot or update").field("action")),
            };
            book(line, data, channel, need(line, json, arg.symbol, "instId")?, snapshot).map(Message::Book)
        }
        // Every push is the whole of five levels.
        "books5" => book(line, data, channel, need(line, json, arg.symbol, "instId")?, true).map(Message::Book),
        "trades" | "trades-all" => trades(line, data, &need(line, json, arg.symbol, "instId")?).map(Message::Trades),
        _ => Ok(Message::Other(channel)),
    }
}

fn book<'a>(
    line: Line<'_>,
    data: &'a RawValue,
    channel: Cow<'a, str>,
    symbol: Cow<'a, str>,
    snapshot: bool,
) -> Result<BookText<'a>, BadInput> {
    let json = data.get();
    let [book]: [Book<'a>; 1] = parse(line, json)?;
    let mut sides = [Vec::new(), Vec::new()];
    for (at, (levels, field)) in [(book.bids, "bids"), (book.asks, "asks")].into_iter().enumerate() {
        for level in need(line, json, levels, field)? {
            let [price, qty, ..] = level[..] else {
                return Err(line.complain(FRAME, json, quoted(json), "[price, size, ..]").field(field));
            };
            sides[at].push(LevelText { price: text(line, price, field)?, qty: text(line, qty, field)? });
        }
    }
    Ok(BookText {
        symbol,
        channel,
        snapshot,
        depth: None,
        sides,
        exchange: Some(millis(line, need(line, json, book.ts, "ts")?)?),
        checksum: book.checksum.map(|raw| checksum(line, raw, "checksum")).transpose()?,
        sequence: book.before.zip(book.id),
    })
}

fn trades<'a>(line: Line<'_>, data: &'a RawValue, symbol: &Cow<'a, str>) -> Result<Vec<TradeText<'a>>, BadInput> {
    let json = data.get();
    let raw: Vec<Trade<'a>> = parse(line, json)?;
    let trade = |trade: Trade<'a>| {
        let (price, qty) = (need(line, json, trade.px, "px")?, need(line, json, trade.sz, "sz")?);
        let side = text(line, need(line, json, trade.side, "side")?, "side")?;
        let taker = match side {
            "buy" => Side::Buy,
            "sell" => Side::Sell,
            _ => return Err(line.complain(SIDE, side, quoted(side), "buy, sell").field("side")),
        };
        let id = trade.id.map(|raw| text(line, raw, "tradeId")).transpose()?;
        Ok(TradeText {
            symbol: symbol.clone(),
            level: LevelText { price: text(line, price, "px")?, qty: text(line, qty, "sz")? },
            exchange: millis(line, need(line, json, trade.ts, "ts")?)?,
            taker,
            id: id.and_then(|id| Some((id.parse().ok()?, id))),
        })
    };
    raw.into_iter().map(trade).collect()
}

fn millis(line: Line<'_>, raw: &RawValue) -> Result<Timestamp, BadInput> {
    let printed = text(line, raw, "ts")?;
    printed.parse().ok().and_then(from_millis).ok_or_else(|| {
        let allowed = "milliseconds from 2000-01-01 to 2100-01-01 UTC";
        line.complain(TIME_RANGE, printed, quoted(printed), allowed).field("ts")
    })
}
