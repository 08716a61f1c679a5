//! The 612 maker orders of another engine on a real capture: outcome, price and time of every one.
//!
//! Repeat with `cargo test --test venue_parity`.
#![cfg(feature = "simulator")]

mod venue_capture;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use seatrial::market::{
    AssetId, Balance, Command, Contract, FeeAsset, FeeSchedule, Instrument, InstrumentId, Money, NewOrder, OrderId,
    OrderKind, Price, Qty, Rate, ReportKind, RiskPassId, Rules, Side, TickLots, TimeInForce, Timestamp, TriggerSource,
    VenueMessage,
};
use seatrial::venue::{FillProfile, Venue, VenueConfig};
use venue_capture::{Units, frames, lines, tape, whole};

const CAPTURE: &str = "binance-l2/usdm_btcusdt_20240808.gz";
const ORDERS: &str = "hftbacktest-expected/usdm_btcusdt_20240808_maker_orders.csv.gz";

/// A row of the expectation.
struct Expected {
    order: NewOrder,
    arrives: Timestamp,
    cancelled: Timestamp,
    fill: Option<(Timestamp, Price)>,
}

fn expected() -> Option<Vec<Expected>> {
    let row = |line: String| {
        let cells: Vec<&str> = line.split(',').collect();
        let time = |text: &str| Timestamp(text.parse().expect("nanoseconds"));
        let price = Price(whole(cells[3], 1));
        let order = NewOrder {
            id: OrderId(cells[0].parse().expect("an id")),
            instrument: InstrumentId(0),
            side: if cells[2] == "B" { Side::Buy } else { Side::Sell },
            kind: OrderKind::Limit { limit: price },
            trigger_by: TriggerSource::Last,
            qty: Qty(whole(cells[4], 3)),
            tif: TimeInForce::Gtc,
            post_only: true,
            reduce_only: false,
            leverage: 1,
            deadline: Timestamp::MAX,
            risk_pass: RiskPassId(0),
        };
        let fill = (cells[6] == "filled").then(|| (time(cells[8]), Price(whole(cells[7], 1))));
        Expected { order, arrives: time(cells[1]), cancelled: time(cells[5]), fill }
    };
    Some(lines(ORDERS)?.skip(1).map(row).collect())
}

fn perpetual() -> Instrument {
    let rules =
        Rules::unbounded(FeeSchedule { maker: Rate::from_bps(2), taker: Rate::from_bps(5), asset: FeeAsset::Quote });
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC/USDT".to_owned(),
        base: AssetId(0),
        quote: AssetId(1),
        base_scale: 3,
        quote_scale: 8,
        contract: Contract::Linear,
        price_unit: Decimal::new(1, 1),
        qty_unit: Decimal::new(1, 3),
        timeline: vec![rules],
    }
}

/// A venue on the capture, and everything it said about the orders.
fn run(expected: &[Expected]) -> Option<(Venue, Vec<VenueMessage>)> {
    let frames = frames(CAPTURE, Units { price: 1, qty: 3 }, "@bookTicker")?;
    let opening = vec![Balance { asset: AssetId(1), total: Money::new(1_000_000.into()) }];
    let mut venue =
        Venue::new(VenueConfig { profile: FillProfile::ParityFull, ..VenueConfig::new(vec![perpetual()], opening) });
    let mut commands: Vec<(Timestamp, Command)> = Vec::new();
    for row in expected {
        commands.push((row.arrives, Command::New(row.order)));
        commands.push((row.cancelled, Command::Cancel(row.order.id)));
    }
    commands.sort_by_key(|(at, _)| *at);
    let mut commands = commands.into_iter().peekable();
    let mut said = Vec::new();
    for (now, event) in tape(&frames) {
        // At one instant the market moves first.
        while let Some((at, command)) = commands.next_if(|(at, _)| *at < now) {
            venue.on_command(at, &command, &mut said);
        }
        venue.on_market(now, &event, &mut said);
    }
    for (at, command) in commands {
        venue.on_command(at, &command, &mut said);
    }
    Some((venue, said))
}

#[test]
fn every_maker_order_ends_as_in_the_other_engine() {
    let Some(expected) = expected() else { return };
    let Some((venue, said)) = run(&expected) else { return };
    let mut fills = BTreeMap::new();
    let (mut fees, mut cash) = (Money::ZERO, TickLots::ZERO);
    for message in said {
        let VenueMessage::Report(report) = message else { panic!("{message:?} was not asked for") };
        if let ReportKind::Rejected(reason) = report.kind {
            panic!("order {:?} was rejected: {reason:?}", report.order);
        }
        if let ReportKind::Filled(fill) = report.kind {
            cash += -fill.side.signed(fill.qty).at(fill.price);
            fees += fill.fee.expect("the venue states its fees").amount;
            let twice = fills.insert(report.order, (report.at, fill.price));
            assert!(twice.is_none(), "order {:?} filled in parts", report.order);
        }
    }
    let differs = |row: &&Expected| fills.get(&row.order.id).copied() != row.fill;
    let wrong: Vec<String> = expected
        .iter()
        .filter(differs)
        .map(|row| format!("{:?}: ours {:?}, theirs {:?}", row.order.id, fills.get(&row.order.id), row.fill))
        .collect();
    assert_eq!(expected.len(), 612);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
    // The result file of the same folder.
    assert_eq!(venue.positions()[0].qty, Qty(320));
    assert_eq!(perpetual().value(cash), Money::new("-19770.724".parse().expect("a decimal")));
    assert_eq!(fees, Money::new("32.3424012".parse().expect("a decimal")));
    assert!(venue.profile().is_optimistic());
}
