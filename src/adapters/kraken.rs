//! Kraken Spot, by REST: its error table and its order fields.
//!
//! An error is `<severity><category>:<type>[:<more>]` in the reply's `error` array, with HTTP 200:
//! the status alone proves nothing. The first two parts are the code; three parts are looked up
//! first where the third makes a difference. An order is known to be accepted by its `txid` alone.

use serde_json::Value;

use super::fields::{self, Field, Prices, Unsupported};
use super::reply::{Asked, Reading, Reply, ReplyClass};
use crate::market::{
    Amend, Bug, Instrument, NewOrder, OrderKind, RejectReason, Side, TimeInForce, TriggerSource, VenueRef, planted,
};

use RejectReason as Why;
use ReplyClass::{Ambiguous, Busy, DefiniteNo as No, EvidenceOfEarlierYes, NotOpen, Session, StopEverything as Stop};

/// Every code, and what it means for a new order.
pub(super) const CODES: &[(&str, ReplyClass)] = &[
    ("EGeneral:Invalid arguments", No(Why::Unsupported)),
    // The client id again: it names an order that is open.
    ("EGeneral:Invalid arguments:cl_ord_id", EvidenceOfEarlierYes),
    ("EGeneral:Internal error", Ambiguous),
    ("EGeneral:Permission denied", Stop(Why::Permission)),
    ("EGeneral:Temporary lockout", Stop(Why::Lockout)),
    ("EAPI:Invalid key", Stop(Why::Permission)),
    ("EAPI:Invalid signature", Stop(Why::Permission)),
    ("EAPI:Feature disabled", Stop(Why::Permission)),
    ("EAPI:Invalid nonce", ReplyClass::Nonce),
    ("EAPI:Rate limit exceeded", Busy(Why::RateLimited)),
    ("EAuth:Account temporary disabled", Stop(Why::Lockout)),
    ("EAuth:Account unconfirmed", Stop(Why::Permission)),
    ("EAuth:Rate limit exceeded", Busy(Why::RateLimited)),
    ("EAuth:Too many requests", Busy(Why::RateLimited)),
    ("EQuery:Unknown asset pair", No(Why::UnknownInstrument)),
    ("EService:Unavailable", Ambiguous),
    ("EService:Busy", Ambiguous),
    ("EService:Deadline elapsed", Busy(Why::DeadlineElapsed)),
    ("EService:Market in cancel_only mode", Session),
    ("EService:Market in post_only mode", Session),
    ("EService:Market in limit_only mode", Session),
    ("EOrder:Insufficient funds", No(Why::InsufficientBalance)),
    ("EOrder:Insufficient margin", No(Why::InsufficientBalance)),
    ("EOrder:Margin allowance exceeded", No(Why::InsufficientBalance)),
    ("EOrder:Margin level too low", No(Why::InsufficientBalance)),
    ("EOrder:Margin position size exceeded", No(Why::InsufficientBalance)),
    ("EOrder:Cannot open position", No(Why::InsufficientBalance)),
    ("EOrder:Cannot open opposing position", No(Why::ReduceOnly)),
    ("EOrder:Reduce only", No(Why::ReduceOnly)),
    ("EOrder:Order minimum not met", No(Why::MinQty)),
    ("EOrder:Cost minimum not met", No(Why::MinNotional)),
    ("EOrder:Tick size check failed", No(Why::Tick)),
    ("EOrder:Invalid price", No(Why::PriceBand)),
    ("EOrder:Post only order", No(Why::PostOnlyWouldCross)),
    ("EOrder:Orders limit exceeded", No(Why::TooManyOrders)),
    ("EOrder:Scheduled orders limit exceeded", No(Why::TooManyOrders)),
    ("EOrder:Positions limit exceeded", No(Why::TooManyOrders)),
    ("EOrder:Trading agreement required", Stop(Why::Permission)),
    ("EOrder:Rate limit exceeded", Busy(Why::RateLimited)),
    ("EOrder:Domain rate limit exceeded", Busy(Why::RateLimited)),
    ("EOrder:Unknown order", NotOpen),
    ("EOrder:Invalid order", NotOpen),
];

/// What a reply means.
pub(super) fn read(asked: Asked, reply: &Reply<'_>) -> Reading {
    let Reply::Http { status, body } = reply else { return Reading::of(Ambiguous) };
    if planted(Bug::OrderCodes) {
        // The bug: any text that speaks of an error is taken for a no.
        let no = body.to_ascii_lowercase().contains("error");
        return Reading::of(if no { No(Why::Unsupported).for_command(asked) } else { ReplyClass::Yes(None) });
    }
    if *status >= 500 {
        return Reading::of(Ambiguous);
    }
    let Ok(document) = serde_json::from_str::<Value>(body) else { return Reading::of(Ambiguous) };
    let Some(errors) = document.get("error").and_then(Value::as_array) else { return Reading::of(Ambiguous) };
    // Warnings say nothing of the outcome.
    let mut errors = errors.iter().filter(|error| !error.as_str().is_some_and(|text| text.starts_with('W')));
    let result = document.get("result").filter(|result| result.as_object().is_some_and(|fields| !fields.is_empty()));
    match (errors.next(), result) {
        (None, Some(result)) => Reading::of(done(asked, result)),
        // Success without a word, or a yes and a no in one.
        (None, None) | (Some(_), Some(_)) => Reading::of(Ambiguous),
        (Some(_), None) if errors.next().is_some() => Reading::unmapped(),
        (Some(error), None) => {
            error.as_str().and_then(class).map_or_else(Reading::unmapped, |class| Reading::of(class.for_command(asked)))
        }
    }
}

fn class(error: &str) -> Option<ReplyClass> {
    let listed = |code: &str| CODES.iter().find(|(known, _)| *known == code).map(|(_, class)| *class);
    let end = error.match_indices(':').nth(1).map_or(error.len(), |(end, _)| end);
    listed(error).or_else(|| listed(&error[..end]))
}

fn done(asked: Asked, result: &Value) -> ReplyClass {
    let name = |value: Option<&Value>| value.and_then(Value::as_str).and_then(VenueRef::new);
    match asked {
        Asked::New => {
            let id = name(result.get("txid").and_then(|ids| ids.get(0)));
            if id.is_some() { ReplyClass::Yes(id) } else { Ambiguous }
        }
        Asked::Amend => {
            if name(result.get("amend_id")).is_some() {
                ReplyClass::Yes(None)
            } else {
                Ambiguous
            }
        }
        Asked::Cancel => match result.get("count").and_then(Value::as_u64) {
            Some(0) => NotOpen,
            Some(_) => ReplyClass::Yes(None),
            None => Ambiguous,
        },
    }
}

/// The fields of a new order.
pub(super) fn new_order(pair: &str, instrument: &Instrument, order: &NewOrder) -> Result<Vec<Field>, Unsupported> {
    let ordertype = match order.kind {
        OrderKind::Market => return Err(Unsupported::Market),
        OrderKind::Limit { .. } => "limit",
        OrderKind::StopMarket { .. } => "stop-loss",
        OrderKind::StopLimit { .. } => "stop-loss-limit",
        OrderKind::TargetMarket { .. } => "take-profit",
        OrderKind::TargetLimit { .. } => "take-profit-limit",
    };
    let mut fields = vec![
        Field::new("pair", pair),
        Field::new("type", side(order.side)),
        Field::new("ordertype", ordertype),
        Field::new("volume", fields::qty(instrument, order.qty)),
    ];
    let Prices { limit, trigger } = Prices::of(order.kind);
    let [first, second] = if trigger.is_some() { [trigger, limit] } else { [limit, None] };
    for (name, price) in [("price", first), ("price2", second)] {
        fields.extend(price.map(|price| Field::new(name, fields::price(instrument, price))));
    }
    fields.extend(trigger_source(order)?);
    fields.extend(time_in_force(order)?);
    if order.post_only {
        let rests = matches!(order.kind, OrderKind::Limit { .. }) && !matches!(order.tif, TimeInForce::Ioc);
        fields.push(if rests { Field::new("oflags", "post") } else { return Err(Unsupported::PostOnly) });
    }
    if order.reduce_only {
        fields.push(Field::new("reduce_only", "true"));
    }
    if order.leverage > 1 {
        fields.push(Field::new("leverage", order.leverage.to_string()));
    }
    fields.push(Field::new("cl_ord_id", fields::client_id(order.id)));
    fields.push(Field::new("deadline", instant(order.deadline.0)?));
    Ok(fields)
}

const fn side(side: Side) -> &'static str {
    fields::side(side, ["buy", "sell"])
}

fn trigger_source(order: &NewOrder) -> Result<Option<Field>, Unsupported> {
    if order.kind.trigger().is_none() {
        return Ok(None);
    }
    match order.trigger_by {
        TriggerSource::Last => Ok(Some(Field::new("trigger", "last"))),
        TriggerSource::Index => Ok(Some(Field::new("trigger", "index"))),
        TriggerSource::Mark | TriggerSource::Touch => Err(Unsupported::TriggerSource),
    }
}

fn time_in_force(order: &NewOrder) -> Result<Vec<Field>, Unsupported> {
    let waits = order.kind.trigger().is_some();
    Ok(match order.tif {
        TimeInForce::Gtc => vec![Field::new("timeinforce", "GTC")],
        TimeInForce::Ioc if !waits => vec![Field::new("timeinforce", "IOC")],
        TimeInForce::Gtd(until) => {
            // Whole seconds, and never later than was meant.
            let seconds = until.0.div_euclid(1_000_000_000);
            vec![Field::new("timeinforce", "GTD"), Field::new("expiretm", seconds.to_string())]
        }
        TimeInForce::Ioc | TimeInForce::Fok => return Err(Unsupported::TimeInForce),
    })
}

/// RFC 3339, to the millisecond and never later than was meant.
fn instant(nanos: i64) -> Result<String, Unsupported> {
    let millis = nanos.div_euclid(1_000_000);
    let time = jiff::Timestamp::from_millisecond(millis).map_err(|_| Unsupported::Deadline)?;
    Ok(format!("{time:.3}"))
}

/// The fields of new terms.
pub(super) fn amend(instrument: &Instrument, amend: &Amend) -> Vec<Field> {
    let Prices { limit, trigger } = Prices::of(amend.kind);
    let mut fields = vec![
        Field::new("cl_ord_id", fields::client_id(amend.id)),
        Field::new("order_qty", fields::qty(instrument, amend.qty)),
    ];
    for (name, price) in [("limit_price", limit), ("trigger_price", trigger)] {
        fields.extend(price.map(|price| Field::new(name, fields::price(instrument, price))));
    }
    fields
}
