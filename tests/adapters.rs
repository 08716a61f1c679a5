//! Venues' words: every code has its class, every kind and side its payload, and what a venue reads
//! out of a payload is what was meant.
#![cfg(feature = "simulator")]

use std::fmt::Write as _;

use expect_test::expect_file;
use proptest::prelude::*;
use rust_decimal::Decimal;
use seatrial::adapters::{Asked, Field, Reply, ReplyClass, Venue};
use seatrial::market::{
    Amend, AssetId, Contract, Event, FeeAsset, FeeSchedule, Instrument, InstrumentId, LinkEvent, NewOrder, OrderId,
    OrderKind, Price, Qty, Rate, RejectReason, RiskPassId, Rules, Side, TimeInForce, Timestamp, TriggerSource,
};

const NOW: Timestamp = Timestamp(1_704_067_200_000_000_000);

fn instrument() -> Instrument {
    let fees = FeeSchedule { maker: Rate::ZERO, taker: Rate::ZERO, asset: FeeAsset::Quote };
    let rules = Rules::unbounded(fees);
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC/USDT".into(),
        base: AssetId(0),
        quote: AssetId(1),
        base_scale: 8,
        quote_scale: 8,
        contract: Contract::Spot,
        price_unit: Decimal::new(1, 2),
        qty_unit: Decimal::new(1, 8),
        timeline: vec![rules],
    }
}

fn order(kind: OrderKind, side: Side) -> NewOrder {
    NewOrder {
        id: OrderId(255),
        instrument: InstrumentId(0),
        side,
        kind,
        trigger_by: TriggerSource::Last,
        qty: Qty(12_345_670),
        tif: TimeInForce::Gtc,
        post_only: false,
        reduce_only: false,
        leverage: 1,
        deadline: Timestamp(NOW.0 + 5_000_000_000),
        risk_pass: RiskPassId(1),
    }
}

fn pair(venue: Venue) -> &'static str {
    match venue {
        Venue::KrakenSpot => "BTC/USDT",
        Venue::BinanceSpot => "BTCUSDT",
    }
}

/// Every kind with different prices, so that no two fields can be taken for each other.
fn kinds(limit: i64, trigger: i64) -> [OrderKind; 5] {
    let (limit, trigger) = (Price(limit), Price(trigger));
    [
        OrderKind::Limit { limit },
        OrderKind::StopMarket { trigger },
        OrderKind::StopLimit { trigger, limit },
        OrderKind::TargetMarket { trigger },
        OrderKind::TargetLimit { trigger, limit },
    ]
}

fn written(fields: &[Field]) -> String {
    fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect::<Vec<_>>().join(" ")
}

/// The orders whose payloads are kept: every kind and side, and every flag once.
fn orders() -> Vec<(String, NewOrder)> {
    let mut all = Vec::new();
    for kind in kinds(4_189_500, 4_410_000) {
        for side in [Side::Buy, Side::Sell] {
            all.push((format!("{side:?} {kind:?}"), order(kind, side)));
        }
    }
    let plain = order(OrderKind::Limit { limit: Price(4_522_500) }, Side::Buy);
    let stop = order(OrderKind::StopMarket { trigger: Price(4_410_000) }, Side::Sell);
    let until = Timestamp(NOW.0 + 86_400_999_000_000);
    let mut add = |name: &str, order: NewOrder| all.push((name.to_owned(), order));
    add("market-like", NewOrder { tif: TimeInForce::Ioc, ..plain });
    add("fill or kill", NewOrder { tif: TimeInForce::Fok, ..plain });
    add("until a day later", NewOrder { tif: TimeInForce::Gtd(until), ..plain });
    add("post-only", NewOrder { post_only: true, ..plain });
    add("post-only at once", NewOrder { post_only: true, tif: TimeInForce::Ioc, ..plain });
    add("reduce-only with leverage", NewOrder { reduce_only: true, leverage: 3, ..stop });
    add("a trigger at once", NewOrder { tif: TimeInForce::Ioc, ..stop });
    for source in [TriggerSource::Mark, TriggerSource::Index, TriggerSource::Touch] {
        add(&format!("triggered by {source:?}"), NewOrder { trigger_by: source, ..stop });
    }
    add("no limit at all", NewOrder { kind: OrderKind::Market, ..plain });
    add("a deadline that is over", NewOrder { deadline: NOW, ..plain });
    all
}

fn payloads() -> String {
    let (instrument, mut text) = (instrument(), String::new());
    for venue in Venue::ALL {
        writeln!(text, "# {venue:?}").expect("a String takes every write");
        for (name, order) in orders() {
            let fields = venue.new_order(pair(venue), &instrument, &order, NOW);
            let told = fields.map_or_else(|error| format!("refused: {error}"), |fields| written(&fields));
            writeln!(text, "{name}\n    {told}").expect("a String takes every write");
        }
        for kind in kinds(4_189_500, 4_410_000) {
            let amend = Amend { id: OrderId(255), qty: Qty(10_000_000), kind };
            let fields = venue.amend(&instrument, &amend);
            let told = fields.map_or_else(|error| format!("refused: {error}"), |fields| written(&fields));
            writeln!(text, "amend {kind:?}\n    {told}").expect("a String takes every write");
        }
    }
    text
}

// proves: critical-5-price-fields
#[test]
fn every_kind_and_side_has_its_payload() {
    expect_file!["adapters/orders.txt"].assert_eq(&payloads());
}

/// A code as it stands in a reply.
fn reply_with(venue: Venue, code: &str) -> String {
    match venue {
        Venue::KrakenSpot => format!("{{\"error\":[\"{code}\"]}}"),
        Venue::BinanceSpot => {
            let (number, message) = code.split_once(' ').unwrap_or((code, "whatever it says"));
            format!("{{\"code\":{number},\"msg\":\"{message}\"}}")
        }
    }
}

fn http(body: &str) -> Reply<'_> {
    Reply::Http { status: 200, body }
}

fn classes() -> String {
    let mut text = String::new();
    for venue in Venue::ALL {
        writeln!(text, "# {venue:?}").expect("a String takes every write");
        for (code, _) in venue.codes() {
            let body = reply_with(venue, &code);
            let read = |asked| venue.read(asked, &http(&body)).class.to_string();
            let [new, amend, cancel] = Asked::ALL.map(read);
            assert_eq!(amend, cancel, "{code}");
            writeln!(text, "{code}\n    new: {new} · amend, cancel: {cancel}").expect("a String takes every write");
        }
    }
    text
}

// proves: order-codes
#[test]
fn every_code_has_its_class() {
    expect_file!["adapters/codes.txt"].assert_eq(&classes());
}

/// Replies that are on no table, and whether somebody is warned of them.
const STRANGE: &[(&str, u16, &str, bool)] = &[
    ("an unlisted code", 200, r#"{"error":["EOrder:Something new"]}"#, true),
    ("an unlisted code that speaks of funds", 200, r#"{"error":["EOrder:Insufficient funds of another kind"]}"#, true),
    ("two errors", 200, r#"{"error":["EOrder:Invalid price","EOrder:Insufficient funds"]}"#, true),
    ("an error that is no text", 200, r#"{"error":[7]}"#, true),
    ("an unlisted number", 400, r#"{"code":-9999,"msg":"Insufficient balance error"}"#, true),
    ("an engine's message in other words", 400, r#"{"code":-2010,"msg":"insufficient balance"}"#, true),
    ("a page", 200, "<html><body>Error 1015: you are being rate limited</body></html>", false),
    ("a page of a gateway", 502, "<html><body>502 Bad Gateway</body></html>", false),
    ("nothing", 200, "", false),
    ("an empty table", 200, "{}", false),
    ("an empty list", 200, "[]", false),
    ("an empty success", 200, r#"{"error":[],"result":{}}"#, false),
    ("a success without an id", 200, r#"{"error":[],"result":{"descr":{"order":"buy 1"}}}"#, false),
    ("a success with an id that is none", 200, r#"{"error":[],"result":{"txid":[""]}}"#, false),
    ("a success with an id of another kind", 200, r#"{"orderId":"x"}"#, false),
    ("a yes and a no", 200, r#"{"error":["EOrder:Invalid price"],"result":{"txid":["O1"]}}"#, false),
    ("a no with a yes", 200, r#"{"code":-1013,"msg":"x","orderId":7}"#, false),
    ("a cut text", 200, r#"{"error":["EOrder:Insuff"#, false),
    ("another type of error", 200, r#"{"error":"EOrder:Insufficient funds"}"#, false),
    ("a failure of the engine that may have succeeded", 500, r#"{"code":-1000,"msg":"unknown"}"#, false),
];

// proves: order-codes
#[test]
fn what_is_on_no_table_is_ambiguous() {
    for (name, status, body, unmapped) in STRANGE {
        for venue in Venue::ALL {
            let reading = venue.read(Asked::New, &Reply::Http { status: *status, body });
            assert_eq!(reading.class, ReplyClass::Ambiguous, "{name} at {venue:?}");
            let speaks = body.contains("code") == (venue == Venue::BinanceSpot);
            assert_eq!(reading.unmapped, *unmapped && speaks, "{name} at {venue:?}");
            let told = reading.event(Asked::New, OrderId(7), InstrumentId(0), NOW);
            let link =
                if reading.unmapped { LinkEvent::Unmapped(OrderId(7)) } else { LinkEvent::Ambiguous(OrderId(7)) };
            assert_eq!(told, Some(Event::Link(link)), "{name} at {venue:?}");
        }
    }
    for venue in Venue::ALL {
        assert_eq!(venue.read(Asked::Cancel, &Reply::Nothing).class, ReplyClass::Ambiguous);
    }
}

#[test]
fn a_yes_is_known_by_its_id_and_limits_by_their_status() {
    let read =
        |venue: Venue, asked, status, body: &str| venue.read(asked, &Reply::Http { status, body }).class.to_string();
    let kraken = r#"{"error":["WGeneral:Danger"],"result":{"txid":["OU22CG-KLAF2-FWUDD7"],"descr":{}}}"#;
    assert_eq!(read(Venue::KrakenSpot, Asked::New, 200, kraken), "yes, as OU22CG-KLAF2-FWUDD7");
    let count = |n| format!(r#"{{"error":[],"result":{{"count":{n}}}}}"#);
    assert_eq!(read(Venue::KrakenSpot, Asked::Cancel, 200, &count(1)), "yes");
    assert_eq!(read(Venue::KrakenSpot, Asked::Cancel, 200, &count(0)), "not open");
    assert_eq!(read(Venue::KrakenSpot, Asked::Amend, 200, r#"{"error":[],"result":{"amend_id":"T1"}}"#), "yes");
    let binance = r#"{"symbol":"BTCUSDT","orderId":28,"clientOrderId":"ff"}"#;
    assert_eq!(read(Venue::BinanceSpot, Asked::New, 200, binance), "yes, as 28");
    assert_eq!(read(Venue::BinanceSpot, Asked::New, 429, "slow down"), "busy: RateLimited");
    assert_eq!(read(Venue::BinanceSpot, Asked::Cancel, 429, "slow down"), "still open: RateLimited");
    assert_eq!(read(Venue::BinanceSpot, Asked::New, 418, "<html>banned</html>"), "stop everything: Lockout");
}

#[test]
fn a_refused_cancel_never_says_cancelled() {
    for venue in Venue::ALL {
        for (code, _) in venue.codes() {
            let body = reply_with(venue, &code);
            let reading = venue.read(Asked::Cancel, &http(&body));
            let told = reading.event(Asked::Cancel, OrderId(7), InstrumentId(0), NOW);
            let refused = matches!(told, Some(Event::Link(_))) || format!("{told:?}").contains("CancelRejected");
            assert!(refused, "{code}: {told:?}");
        }
    }
}

/// What a venue understands: its side, kind, prices in units, quantity, and whether it rests.
type Understood = (Side, &'static str, Option<i64>, Option<i64>, i64, bool);

/// A venue's own reading of a payload, by its documentation: the name of the kind decides what its
/// prices mean.
fn understood(venue: Venue, fields: &[Field]) -> Understood {
    let get = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.value.as_str());
    let units = |text: &str, scale: u32| -> i64 {
        let value: Decimal = text.parse().expect("a decimal");
        i64::try_from((value * Decimal::from(10_i64.pow(scale))).normalize().mantissa()).expect("small")
    };
    let price = |name: &str| get(name).map(|text| units(text, 2));
    match venue {
        Venue::KrakenSpot => {
            let side = if get("type") == Some("buy") { Side::Buy } else { Side::Sell };
            let (kind, trigger, limit) = match get("ordertype").expect("a kind") {
                "limit" => ("limit", None, price("price")),
                "stop-loss" => ("stop market", price("price"), None),
                "stop-loss-limit" => ("stop limit", price("price"), price("price2")),
                "take-profit" => ("target market", price("price"), None),
                "take-profit-limit" => ("target limit", price("price"), price("price2")),
                other => panic!("{other} is no kind of Kraken's"),
            };
            let rests = get("timeinforce") != Some("IOC");
            (side, kind, trigger, limit, units(get("volume").expect("a quantity"), 8), rests)
        }
        Venue::BinanceSpot => {
            let side = if get("side") == Some("BUY") { Side::Buy } else { Side::Sell };
            let kind = match get("type").expect("a kind") {
                "LIMIT" | "LIMIT_MAKER" => "limit",
                "STOP_LOSS" => "stop market",
                "STOP_LOSS_LIMIT" => "stop limit",
                "TAKE_PROFIT" => "target market",
                "TAKE_PROFIT_LIMIT" => "target limit",
                other => panic!("{other} is no kind of Binance's"),
            };
            let rests = !matches!(get("timeInForce"), Some("IOC" | "FOK"));
            (side, kind, price("stopPrice"), price("price"), units(get("quantity").expect("a quantity"), 8), rests)
        }
    }
}

fn meant(order: &NewOrder) -> Understood {
    let kind = match order.kind {
        OrderKind::Market => "market",
        OrderKind::Limit { .. } => "limit",
        OrderKind::StopMarket { .. } => "stop market",
        OrderKind::StopLimit { .. } => "stop limit",
        OrderKind::TargetMarket { .. } => "target market",
        OrderKind::TargetLimit { .. } => "target limit",
    };
    let rests = !matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
    let units = |price: Option<Price>| price.map(|price| price.0);
    (order.side, kind, units(order.kind.trigger()), units(order.kind.limit()), order.qty.0, rests)
}

proptest! {
    // proves: critical-5-price-fields
    #[test]
    fn a_venue_understands_what_was_meant(
        kind in 0_usize..5, buys: bool, at_once: bool,
        limit in 1_i64..1_000_000_000, trigger in 1_i64..1_000_000_000, qty in 1_i64..1_000_000_000_000,
    ) {
        let side = if buys { Side::Buy } else { Side::Sell };
        let kind = kinds(limit, trigger)[kind];
        let tif = if at_once && kind.trigger().is_none() { TimeInForce::Ioc } else { TimeInForce::Gtc };
        let order = NewOrder { qty: Qty(qty), tif, ..order(kind, side) };
        for venue in Venue::ALL {
            let fields = venue.new_order(pair(venue), &instrument(), &order, NOW).expect("it is offered");
            prop_assert_eq!(understood(venue, &fields), meant(&order));
        }
    }
}

#[test]
fn reasons_are_those_of_the_class() {
    let insufficient = Venue::KrakenSpot.read(Asked::New, &http(r#"{"error":["EOrder:Insufficient funds"]}"#));
    assert_eq!(insufficient.class, ReplyClass::DefiniteNo(RejectReason::InsufficientBalance));
    let reduce = Venue::KrakenSpot.read(Asked::New, &http(r#"{"error":["EOrder:Reduce only:No position exists"]}"#));
    assert_eq!(reduce.class, ReplyClass::DefiniteNo(RejectReason::ReduceOnly));
}

/// With the bug planted, the goldens above do not hold.
#[cfg(feature = "planted")]
#[test]
fn the_planted_bugs_are_caught() {
    use seatrial::market::Bug;
    use seatrial::market::planted::plant;
    let sound = (payloads(), classes());
    plant(Some(Bug::Critical5PriceFields));
    let swapped = payloads();
    plant(Some(Bug::OrderCodes));
    let by_words = classes();
    plant(None);
    assert_ne!(swapped, sound.0);
    assert_ne!(by_words, sound.1);
}
