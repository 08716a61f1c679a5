//! A small desk for venue tests: one call a step, and what the venue said as one line of text.

#![allow(dead_code, reason = "each test uses its own part")]

use rust_decimal::Decimal;
use seatrial::market::{
    AssetId, Balance, Bar, Command, Contract, FeeAsset, FeeSchedule, Instrument, InstrumentId, LevelChange, Liquidity,
    MarketEvent, Money, NewOrder, OrderId, OrderKind, PathPoint, Price, Qty, Quote, Rate, ReportKind, RiskPassId,
    Rules, Side, Span, TimeInForce, Timestamp, Trade, TriggerSource, VenueMessage,
};
use seatrial::venue::{Venue, VenueConfig};

pub const BASE: AssetId = AssetId(0);
pub const QUOTE: AssetId = AssetId(1);

/// Tick 1, lot 1, no minima, 10 basis points to make and 20 to take.
pub fn instrument(contract: Contract) -> Instrument {
    Instrument {
        id: InstrumentId(0),
        symbol: "BASE/QUOTE".to_owned(),
        base: BASE,
        quote: QUOTE,
        base_scale: 2,
        quote_scale: 2,
        contract,
        price_unit: Decimal::ONE,
        qty_unit: Decimal::ONE,
        timeline: vec![Rules {
            from: Timestamp::MIN,
            tick: Price(1),
            lot: Qty(1),
            min_qty: Qty(1),
            max_qty: Qty(1_000_000),
            min_notional: Money::ZERO,
            band: None,
            fees: FeeSchedule { maker: Rate::from_bps(10), taker: Rate::from_bps(20), asset: FeeAsset::Quote },
        }],
    }
}

/// An amount from its text.
pub fn money(text: &str) -> Money {
    Money::new(text.parse().expect("a decimal in a test"))
}

/// A million of the quote asset and a thousand of the base.
pub fn config(contract: Contract) -> VenueConfig {
    let opening = [(BASE, "1000"), (QUOTE, "1000000")];
    let opening = opening.map(|(asset, total)| Balance { asset, total: money(total) }).to_vec();
    VenueConfig::new(vec![instrument(contract)], opening)
}

/// A venue with a clock.
pub struct Desk {
    pub venue: Venue,
    pub now: Timestamp,
    ids: u64,
}

impl Desk {
    pub fn new(contract: Contract) -> Self {
        Self::with(config(contract))
    }

    pub fn with(config: VenueConfig) -> Self {
        Self { venue: Venue::new(config), now: Timestamp(0), ids: 0 }
    }

    /// Sets levels in one message.
    pub fn show(&mut self, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> String {
        let of = |side: Side| move |level: &(i64, i64)| (side, Price(level.0), Qty(level.1));
        let rows: Vec<_> = bids.iter().map(of(Side::Buy)).chain(asks.iter().map(of(Side::Sell))).collect();
        let mut said = Vec::new();
        self.tick();
        for (place, &(side, price, qty)) in rows.iter().enumerate() {
            let last = place + 1 == rows.len();
            let change = LevelChange { instrument: InstrumentId(0), side, price, qty, last };
            self.venue.on_market(self.now, &MarketEvent::Level(change), &mut said);
        }
        text(&said)
    }

    /// Shows a touch and nothing else.
    pub fn quote(&mut self, bid: (i64, i64), ask: (i64, i64)) -> String {
        self.market(MarketEvent::Quote(Quote {
            instrument: InstrumentId(0),
            bid: Price(bid.0),
            bid_qty: Qty(bid.1),
            ask: Price(ask.0),
            ask_qty: Qty(ask.1),
        }))
    }

    /// Prints a trade.
    pub fn print(&mut self, taker: Option<Side>, price: i64, qty: i64) -> String {
        self.market(MarketEvent::Trade(Trade {
            instrument: InstrumentId(0),
            price: Price(price),
            qty: Qty(qty),
            taker,
        }))
    }

    /// Moves a bar's path to a point.
    pub fn path(&mut self, point: PathPoint, bar: Bar) -> String {
        self.market(MarketEvent::Path(point, bar))
    }

    /// All four points of a bar, one line each.
    pub fn bar(&mut self, bar: Bar) -> String {
        let points = [PathPoint::Open, PathPoint::FirstExtreme, PathPoint::SecondExtreme, PathPoint::Close];
        points.map(|point| self.path(point, bar)).join("\n")
    }

    pub fn market(&mut self, event: MarketEvent) -> String {
        self.tick();
        let mut said = Vec::new();
        self.venue.on_market(self.now, &event, &mut said);
        text(&said)
    }

    /// Sends an order; a zero id gets the next number.
    pub fn send(&mut self, mut order: NewOrder) -> String {
        if order.id == OrderId(0) {
            self.ids += 1;
            order.id = OrderId(self.ids);
        }
        self.command(Command::New(order))
    }

    pub fn limit(&mut self, side: Side, price: i64, qty: i64) -> String {
        self.send(limit(side, price, qty))
    }

    pub fn command(&mut self, command: Command) -> String {
        let mut said = Vec::new();
        self.venue.on_command(self.now, &command, &mut said);
        text(&said)
    }

    pub fn cash(&self, asset: AssetId) -> Money {
        self.venue.balances()[usize::from(asset.0)].total
    }

    pub fn held(&self, asset: AssetId) -> Money {
        self.venue.holds()[usize::from(asset.0)].total
    }

    fn tick(&mut self) {
        self.now = self.now.after(Span(1));
    }
}

/// A good-till-cancelled limit order with the next id.
pub fn limit(side: Side, price: i64, qty: i64) -> NewOrder {
    order(side, OrderKind::Limit { limit: Price(price) }, qty)
}

pub fn order(side: Side, kind: OrderKind, qty: i64) -> NewOrder {
    NewOrder {
        id: OrderId(0),
        instrument: InstrumentId(0),
        side,
        kind,
        trigger_by: TriggerSource::Last,
        qty: Qty(qty),
        tif: TimeInForce::Gtc,
        post_only: false,
        reduce_only: false,
        leverage: 1,
        deadline: Timestamp::MAX,
        risk_pass: RiskPassId(0),
    }
}

pub fn market(side: Side, qty: i64) -> NewOrder {
    order(side, OrderKind::Market, qty)
}

pub fn stop(side: Side, trigger: i64, qty: i64) -> NewOrder {
    order(side, OrderKind::StopMarket { trigger: Price(trigger) }, qty)
}

/// A bar from its prices and volume.
pub fn bar(open: i64, high: i64, low: i64, close: i64, volume: i64) -> Bar {
    Bar {
        instrument: InstrumentId(0),
        opened: Timestamp(0),
        length: Span::from_mins(1),
        open: Price(open),
        high: Price(high),
        low: Price(low),
        close: Price(close),
        volume: Qty(volume),
    }
}

/// What was said, in one line.
pub fn text(said: &[VenueMessage]) -> String {
    said.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn line(message: &VenueMessage) -> String {
    let VenueMessage::Report(report) = message else { return format!("{message:?}") };
    let what = match report.kind {
        ReportKind::Filled(fill) => {
            let side = if fill.side == Side::Buy { "bought" } else { "sold" };
            let role = if fill.liquidity == Liquidity::Maker { "maker" } else { "taker" };
            format!("{side} {} @ {} {role}", fill.qty.0, fill.price.0)
        }
        ReportKind::Accepted => "accepted".to_owned(),
        ReportKind::Rejected(reason) => format!("rejected: {reason:?}"),
        ReportKind::Cancelled(why) => format!("cancelled: {why:?}"),
        ReportKind::Expired => "expired".to_owned(),
        ReportKind::Amended { qty, kind } => format!("amended: {} {kind:?}", qty.0),
        other => format!("{other:?}"),
    };
    format!("#{} {what}", report.order.0)
}
