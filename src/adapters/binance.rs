//! Binance Spot, by REST: its error tables and its order fields.
//!
//! An error is `{"code": …, "msg": …}`. Most codes say all there is; those of the matching engine
//! (-1010, -1013, -2010, -2011) are told apart by their whole message, from the closed list the
//! venue documents. A status of 5xx means that nobody knows. An order is known to be accepted by its
//! `orderId` alone.

use serde_json::Value;

use super::fields::{self, Field, Prices, Unsupported};
use super::reply::{Asked, Reading, Reply, ReplyClass};
use crate::market::{
    Bug, Instrument, NewOrder, OrderKind, RejectReason, TimeInForce, Timestamp, TriggerSource, VenueRef, planted,
};

use RejectReason as Why;
use ReplyClass::{Ambiguous, Busy, DefiniteNo as No, EvidenceOfEarlierYes, NotOpen, Session, StopEverything as Stop};

/// Codes that say all there is.
const BY_CODE: &[(i64, ReplyClass)] = &[
    (-1000, Ambiguous),
    (-1001, Ambiguous),
    (-1002, Stop(Why::Permission)),
    (-1003, Busy(Why::RateLimited)),
    (-1006, Ambiguous),
    (-1007, Ambiguous),
    (-1008, Ambiguous),
    (-1014, No(Why::Unsupported)),
    (-1015, Busy(Why::RateLimited)),
    (-1016, Session),
    (-1020, No(Why::Unsupported)),
    (-1021, Busy(Why::DeadlineElapsed)),
    (-1022, Stop(Why::Permission)),
    (-1100, No(Why::Unsupported)),
    (-1101, No(Why::Unsupported)),
    (-1102, No(Why::Unsupported)),
    (-1103, No(Why::Unsupported)),
    (-1104, No(Why::Unsupported)),
    (-1105, No(Why::Unsupported)),
    (-1106, No(Why::Unsupported)),
    (-1108, No(Why::Unsupported)),
    (-1111, No(Why::Tick)),
    (-1112, No(Why::NoMarket)),
    (-1114, No(Why::Unsupported)),
    (-1115, No(Why::Unsupported)),
    (-1116, No(Why::Unsupported)),
    (-1117, No(Why::Unsupported)),
    (-1118, No(Why::Unsupported)),
    (-1119, No(Why::Unsupported)),
    (-1121, No(Why::UnknownInstrument)),
    (-1128, No(Why::Unsupported)),
    (-1130, No(Why::Unsupported)),
    (-2013, NotOpen),
    (-2014, Stop(Why::Permission)),
    (-2015, Stop(Why::Permission)),
    // One half, or both, of a cancel-replace failed: each is asked for alone.
    (-2021, Ambiguous),
    (-2022, Ambiguous),
];

/// Codes of the matching engine and its filters, which say what they mean in their message.
const BY_MESSAGE: [i64; 4] = [-1010, -1013, -2010, -2011];

/// Those messages, whole.
const MESSAGES: &[(&str, ReplyClass)] = &[
    ("Unknown order sent.", NotOpen),
    ("Cancel order is invalid. Check origClOrdId and orderId.", NotOpen),
    ("Duplicate order sent.", EvidenceOfEarlierYes),
    ("Market is closed.", Session),
    ("Account has insufficient balance for requested action.", No(Why::InsufficientBalance)),
    ("Market orders are not supported for this symbol.", No(Why::Unsupported)),
    ("Iceberg orders are not supported for this symbol.", No(Why::Unsupported)),
    ("Stop loss orders are not supported for this symbol.", No(Why::Unsupported)),
    ("Stop loss limit orders are not supported for this symbol.", No(Why::Unsupported)),
    ("Take profit orders are not supported for this symbol.", No(Why::Unsupported)),
    ("Take profit limit orders are not supported for this symbol.", No(Why::Unsupported)),
    ("Price * QTY is zero or less.", No(Why::Lot)),
    ("IcebergQty exceeds QTY.", No(Why::Unsupported)),
    ("This action is disabled on this account.", Stop(Why::Permission)),
    ("This account may not place or cancel orders.", Stop(Why::Permission)),
    ("Unsupported order combination", No(Why::Unsupported)),
    ("Order would trigger immediately.", No(Why::WouldTriggerAtOnce)),
    ("Order would immediately match and take.", No(Why::PostOnlyWouldCross)),
    ("The relationship of the prices for the orders is not correct.", No(Why::PriceBand)),
    ("OCO orders are not supported for this symbol", No(Why::Unsupported)),
    ("Quote order qty market orders are not support for this symbol.", No(Why::Unsupported)),
    ("Trailing stop orders are not supported for this symbol.", No(Why::Unsupported)),
    ("Order cancel-replace is not supported for this symbol.", No(Why::Unsupported)),
    ("This symbol is not permitted for this account.", Stop(Why::Permission)),
    ("This symbol is restricted for this account.", Stop(Why::Permission)),
    ("Order was not canceled due to cancel restrictions.", No(Why::Unsupported)),
    ("Rest API trading is not enabled.", Stop(Why::Permission)),
    ("WebSocket API trading is not enabled.", Stop(Why::Permission)),
    ("Filter failure: PRICE_FILTER", No(Why::Tick)),
    ("Filter failure: PERCENT_PRICE", No(Why::PriceBand)),
    ("Filter failure: PERCENT_PRICE_BY_SIDE", No(Why::PriceBand)),
    ("Filter failure: LOT_SIZE", No(Why::Lot)),
    ("Filter failure: MARKET_LOT_SIZE", No(Why::Lot)),
    ("Filter failure: MIN_NOTIONAL", No(Why::MinNotional)),
    ("Filter failure: NOTIONAL", No(Why::MinNotional)),
    ("Filter failure: ICEBERG_PARTS", No(Why::Unsupported)),
    ("Filter failure: MAX_POSITION", No(Why::MaxQty)),
    ("Filter failure: MAX_NUM_ORDERS", No(Why::TooManyOrders)),
    ("Filter failure: MAX_NUM_ALGO_ORDERS", No(Why::TooManyOrders)),
    ("Filter failure: MAX_NUM_ICEBERG_ORDERS", No(Why::TooManyOrders)),
    ("Filter failure: EXCHANGE_MAX_NUM_ORDERS", No(Why::TooManyOrders)),
    ("Filter failure: EXCHANGE_MAX_NUM_ALGO_ORDERS", No(Why::TooManyOrders)),
    ("Filter failure: TRAILING_DELTA", No(Why::Unsupported)),
];

/// The largest `recvWindow` the venue takes, in milliseconds.
const WINDOW_MAX: i64 = 60_000;

/// Every code of the tables; one of the engine's as `code message`.
pub(super) fn codes() -> Vec<(String, ReplyClass)> {
    let by_code = BY_CODE.iter().map(|(code, class)| (code.to_string(), *class));
    let by_message = MESSAGES.iter().map(|(message, class)| {
        let code = if message.starts_with("Filter failure") { BY_MESSAGE[1] } else { BY_MESSAGE[2] };
        (format!("{code} {message}"), *class)
    });
    by_code.chain(by_message).collect()
}

/// What a reply means.
pub(super) fn read(asked: Asked, reply: &Reply<'_>) -> Reading {
    let Reply::Http { status, body } = reply else { return Reading::of(Ambiguous) };
    if planted(Bug::OrderCodes) {
        // The bug: any text that speaks of an error is taken for a no.
        let no = body.to_ascii_lowercase().contains("code") || body.to_ascii_lowercase().contains("error");
        return Reading::of(if no { No(Why::Unsupported).for_command(asked) } else { ReplyClass::Yes(None) });
    }
    match status {
        500.. => return Reading::of(Ambiguous),
        418 => return Reading::of(Stop(Why::Lockout).for_command(asked)),
        429 => return Reading::of(Busy(Why::RateLimited).for_command(asked)),
        _ => {}
    }
    let Ok(Value::Object(document)) = serde_json::from_str::<Value>(body) else { return Reading::of(Ambiguous) };
    match (document.get("code").and_then(Value::as_i64), document.get("orderId")) {
        (Some(code), None) => {
            let message = document.get("msg").and_then(Value::as_str).unwrap_or_default();
            class(code, message).map_or_else(Reading::unmapped, |class| Reading::of(class.for_command(asked)))
        }
        (None, Some(id)) if (200..300).contains(status) => {
            let id = id.as_u64().and_then(|id| VenueRef::new(&id.to_string()));
            Reading::of(if id.is_some() { ReplyClass::Yes(id) } else { Ambiguous })
        }
        // A yes and a no in one, or neither.
        (Some(_), Some(_)) | (None, _) => Reading::of(Ambiguous),
    }
}

fn class(code: i64, message: &str) -> Option<ReplyClass> {
    if BY_MESSAGE.contains(&code) {
        return MESSAGES.iter().find(|(known, _)| *known == message).map(|(_, class)| *class);
    }
    BY_CODE.iter().find(|(known, _)| *known == code).map(|(_, class)| *class)
}

/// The fields of a new order.
pub(super) fn new_order(
    pair: &str,
    instrument: &Instrument,
    order: &NewOrder,
    now: Timestamp,
) -> Result<Vec<Field>, Unsupported> {
    if order.leverage > 1 {
        return Err(Unsupported::Leverage);
    }
    let kind = match order.kind {
        OrderKind::Market => return Err(Unsupported::Market),
        OrderKind::Limit { .. } if order.post_only => "LIMIT_MAKER",
        OrderKind::Limit { .. } => "LIMIT",
        OrderKind::StopMarket { .. } => "STOP_LOSS",
        OrderKind::StopLimit { .. } => "STOP_LOSS_LIMIT",
        OrderKind::TargetMarket { .. } => "TAKE_PROFIT",
        OrderKind::TargetLimit { .. } => "TAKE_PROFIT_LIMIT",
    };
    let mut fields = vec![
        Field::new("symbol", pair),
        Field::new("side", fields::side(order.side, ["BUY", "SELL"])),
        Field::new("type", kind),
        Field::new("quantity", fields::qty(instrument, order.qty)),
    ];
    let Prices { limit, trigger } = Prices::of(order.kind);
    for (name, price) in [("price", limit), ("stopPrice", trigger)] {
        fields.extend(price.map(|price| Field::new(name, fields::price(instrument, price))));
    }
    fields.extend(time_in_force(order)?);
    if order.kind.trigger().is_some() && order.trigger_by != TriggerSource::Last {
        return Err(Unsupported::TriggerSource);
    }
    fields.push(Field::new("newClientOrderId", fields::client_id(order.id)));
    // The engine takes it until timestamp + recvWindow, and never later than was meant.
    let millis = now.0.div_euclid(1_000_000);
    let window = order.deadline.0.div_euclid(1_000_000) - millis;
    if !(1..=WINDOW_MAX).contains(&window) {
        return Err(Unsupported::Deadline);
    }
    fields.push(Field::new("recvWindow", window.to_string()));
    fields.push(Field::new("timestamp", millis.to_string()));
    Ok(fields)
}

/// Only kinds with a limit name a time in force here; what waits for a trigger rests.
fn time_in_force(order: &NewOrder) -> Result<Option<Field>, Unsupported> {
    let (waits, limited) = (order.kind.trigger().is_some(), order.kind.limit().is_some());
    if order.post_only {
        let rests = !waits && order.tif == TimeInForce::Gtc;
        return if rests { Ok(None) } else { Err(Unsupported::PostOnly) };
    }
    let word = match order.tif {
        TimeInForce::Gtc => "GTC",
        TimeInForce::Ioc if !waits => "IOC",
        TimeInForce::Fok if !waits => "FOK",
        TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Gtd(_) => return Err(Unsupported::TimeInForce),
    };
    Ok(limited.then(|| Field::new("timeInForce", word)))
}
