//! A stage for strategies: a real trader, a clock, and a venue that is a few lines long.
//!
//! The venue takes every order. A resting order fills whole, at its limit, once the opposite touch
//! reaches it; an order that takes fills whole at the touch or is cancelled. Every message takes
//! [`DELAY`]. It knows no queue, no depth and no balance: it answers, no more.

#![allow(dead_code, reason = "each test crate uses a part of the stage")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use seatrial::market::*;
use seatrial::strategies;
use seatrial::trading::{Config, Setup, Trader};

/// How long a message takes, one way.
pub const DELAY: i64 = 3_000_000;
/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;
/// The one instrument.
pub const ID: InstrumentId = InstrumentId(0);

/// A day of 2023 on which the stage opens, at midnight.
pub const START: i64 = 1_696_118_400 * SECOND;

fn decimal<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a decimal in a test")
}

/// BTC/USDT with a tick of 0.1 and a lot of 0.00001.
pub fn instrument(contract: Contract) -> Instrument {
    Instrument {
        id: ID,
        symbol: "BTC/USDT".to_owned(),
        base: AssetId(0),
        quote: AssetId(1),
        base_scale: 8,
        quote_scale: 8,
        contract,
        price_unit: decimal("0.1"),
        qty_unit: decimal("0.00001"),
        timeline: vec![Rules {
            from: Timestamp::MIN,
            tick: Price(1),
            lot: Qty(1),
            min_qty: Qty(1),
            max_qty: Qty(100_000_000),
            min_notional: Money::new(decimal("5")),
            band: None,
            fees: FeeSchedule { maker: Rate::from_bps(2), taker: Rate::from_bps(5), asset: FeeAsset::Quote },
        }],
    }
}

/// What a scenario sets so that a strategy trades often; all within the production ranges.
pub const OFTEN: &[(&str, &str)] = &[
    ("throttle.max_entries", "50"),
    ("throttle.window", "10s"),
    ("throttle.max_per_day", "50000"),
    ("budget.entry", "600/min 50"),
    ("budget.safety", "600/min 50"),
    ("risk.duplicate_window", "1s"),
    ("risk.max_entries_per_instrument", "5"),
    ("cooldown.close", "0"),
    ("cooldown.loss", "0"),
    ("cooldown.losses3", "0"),
    ("cooldown.losses5", "0"),
];

/// A trader's configuration with some keys set.
pub fn config(keys: &[(&str, &str)]) -> Config {
    let mut config = Config::default();
    for (key, value) in keys {
        config.set(key, value).unwrap_or_else(|error| panic!("{key} = {value}: {error}"));
    }
    config
}

#[derive(Debug)]
enum Item {
    Market(MarketEvent),
    Arrive(Command),
    Deliver(Event),
    Wake,
}

/// What the trader did, and when.
pub type Log = Vec<(Timestamp, Action)>;

/// The stage.
pub struct Stage {
    pub trader: Trader,
    pub log: Log,
    pub now: i64,
    instrument: Instrument,
    /// By time, lane and number; the lanes are those of the event loop.
    queue: BTreeMap<(i64, u8, u64), Item>,
    number: u64,
    resting: Vec<NewOrder>,
    /// What is held as the venue has it, signed: no order to reduce fills beyond it.
    settled: i64,
    touch: Option<Quote>,
    /// Whether unwanted market events are only observed.
    guarded: bool,
    /// Whether the venue fills anything.
    pub fills: bool,
    /// How many orders the strategy may have on one side.
    pub per_side: usize,
}

impl Stage {
    /// A trader that has heard its account: 10 000 USDT, no orders.
    pub fn new(contract: Contract, strategy: &str, params: &[(&str, &str)], config: Config, cadence: Span) -> Self {
        let instrument = instrument(contract);
        let params = params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let strategy = strategies::build(strategy, &params, std::slice::from_ref(&instrument));
        let instruments = vec![instrument.clone()];
        let setup = Setup { config, instruments, cadences: vec![cadence], currency: AssetId(1), first_id: 1 };
        let mut stage = Self {
            trader: Trader::new(setup, strategy.expect("parameters of a test")),
            log: Vec::new(),
            now: START,
            instrument,
            queue: BTreeMap::new(),
            number: 0,
            resting: Vec::new(),
            settled: 0,
            touch: None,
            guarded: true,
            fills: true,
            per_side: 1,
        };
        let cash = Balance { asset: AssetId(1), total: Money::new(decimal("10000")) };
        let account = [
            VenueMessage::OpenOrders(Snapshot { at: Timestamp(stage.now), items: Vec::new() }),
            VenueMessage::Positions(Snapshot { at: Timestamp(stage.now), items: Vec::new() }),
            VenueMessage::Balances(Snapshot { at: Timestamp(stage.now), items: vec![cash] }),
        ];
        for host in [HostEvent::ClockOffset(Span::ZERO), HostEvent::Permission { trade: true, withdraw: false }] {
            stage.step(&Event::Host(host));
        }
        stage.step(&Event::Wake);
        for message in account {
            stage.step(&Event::Account(message));
        }
        stage
    }

    /// The same, with every market event given to the strategy.
    pub fn unguarded(mut self) -> Self {
        self.guarded = false;
        self
    }

    /// Plays market events at their times after [`START`], and everything that comes of them.
    pub fn play(&mut self, events: &[(i64, MarketEvent)]) -> &mut Self {
        for (at, event) in events {
            self.push(START + at, 0, Item::Market(*event));
        }
        let end = events.last().map_or(self.now, |(at, _)| START + at + 10 * DELAY);
        while self.queue.first_key_value().is_some_and(|((at, ..), _)| *at <= end) {
            let ((at, ..), item) = self.queue.pop_first().expect("just seen");
            self.now = at;
            self.serve(item);
        }
        self
    }

    fn serve(&mut self, item: Item) {
        match item {
            Item::Market(event) => {
                if let MarketEvent::Quote(quote) = event {
                    self.touch = Some(quote);
                    self.trade();
                }
                self.push(self.now, 3, Item::Deliver(Event::Market(Timestamp(self.now), event)));
            }
            Item::Arrive(command) => self.arrive(command),
            Item::Deliver(Event::Market(at, event)) if self.guarded && !self.trader.wants(at, &event) => {
                self.trader.observe(at, &event);
            }
            Item::Deliver(event) => self.step(&event),
            Item::Wake => self.step(&Event::Wake),
        }
    }

    fn step(&mut self, event: &Event) {
        let mut actions = Vec::new();
        self.trader.step(Timestamp(self.now), event, &mut actions);
        for action in actions {
            match &action {
                Action::Send(command @ (Command::New(_) | Command::Cancel(_) | Command::Amend(_))) => {
                    self.push(self.now + DELAY, 2, Item::Arrive(*command));
                }
                Action::Wake(at) => {
                    assert!(at.0 > self.now, "woken at once, for ever");
                    self.push(at.0, 4, Item::Wake);
                }
                _ => {}
            }
            self.log.push((Timestamp(self.now), action));
        }
    }

    fn push(&mut self, at: i64, lane: u8, item: Item) {
        self.number += 1;
        self.queue.insert((at, lane, self.number), item);
    }

    fn arrive(&mut self, command: Command) {
        match command {
            Command::New(order) => self.admit(order),
            Command::Cancel(id) => {
                let Some(place) = self.resting.iter().position(|order| order.id == id) else {
                    let report = self.about(id, None, ReportKind::CancelRejected(RefusedBecause::NotOpen));
                    return self.push(self.now + DELAY, 3, Item::Deliver(Event::Report(report)));
                };
                let order = self.resting.remove(place);
                self.report(&order, Qty::ZERO, ReportKind::Cancelled(CancelledBecause::Requested));
            }
            Command::Amend(Amend { id, qty, kind }) => {
                let open = self.resting.iter_mut().find(|order| order.id == id);
                let kind = match open {
                    Some(order) => {
                        (order.qty, order.kind) = (qty, kind);
                        ReportKind::Amended { qty, kind }
                    }
                    None => ReportKind::AmendRejected(RefusedBecause::NotOpen),
                };
                let report = self.about(id, None, kind);
                self.push(self.now + DELAY, 3, Item::Deliver(Event::Report(report)));
            }
            _ => {}
        }
    }

    fn admit(&mut self, order: NewOrder) {
        let reached = self.reached(&order);
        let takes = matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
        if order.post_only && reached.is_some() {
            let refused = ReportKind::Rejected(RejectReason::PostOnlyWouldCross);
            return self.report(&order, Qty::ZERO, refused);
        }
        self.report(&order, Qty::ZERO, ReportKind::Accepted);
        match reached.filter(|_| self.fills || order.reduce_only) {
            Some(price) => self.fill(&order, price, Liquidity::Taker),
            None if takes => self.report(&order, Qty::ZERO, ReportKind::Cancelled(CancelledBecause::Remainder)),
            None => self.resting.push(order),
        }
    }

    /// The opposite touch, if the order's limit reaches it.
    fn reached(&self, order: &NewOrder) -> Option<Price> {
        let touch = self.touch?;
        let price = if order.side == Side::Buy { touch.ask } else { touch.bid };
        order.kind.limit().filter(|limit| order.side.reaches(*limit, price)).map(|_| price)
    }

    fn trade(&mut self) {
        let resting = std::mem::take(&mut self.resting);
        for order in resting {
            match order.kind.limit().filter(|_| self.fills && self.reached(&order).is_some()) {
                Some(limit) => self.fill(&order, limit, Liquidity::Maker),
                None => self.resting.push(order),
            }
        }
    }

    fn fill(&mut self, order: &NewOrder, price: Price, liquidity: Liquidity) {
        let against = (-order.side.sign() * self.settled).max(0);
        let qty = if order.reduce_only { Qty(order.qty.0.min(against)) } else { order.qty };
        if !qty.is_zero() {
            self.settled += order.side.signed(qty).0;
            let fees = self.instrument.rules(Timestamp(self.now)).fees;
            let (asset, amount) = self.instrument.fee(&fees, order.side, liquidity, price, qty);
            let execution = VenueRef::numbered('E', self.number);
            let fee = Some(Fee { asset, amount });
            let fill = Fill { execution, side: order.side, price, qty, liquidity, fee };
            self.report(order, qty, ReportKind::Filled(fill));
        }
        if qty < order.qty {
            self.report(order, qty, ReportKind::Cancelled(CancelledBecause::ReduceOnly));
        }
    }

    fn report(&mut self, order: &NewOrder, cumulative: Qty, kind: ReportKind) {
        let report = self.about(order.id, Some(cumulative), kind);
        self.push(self.now + DELAY, 3, Item::Deliver(Event::Report(report)));
    }

    fn about(&self, order: OrderId, cumulative: Option<Qty>, kind: ReportKind) -> ExecutionReport {
        let venue_id = Some(VenueRef::numbered('O', order.0));
        ExecutionReport { order, venue_id, instrument: ID, at: Timestamp(self.now), cumulative, kind }
    }

    /// The signed position.
    pub fn held(&self) -> i64 {
        self.trader.core().books().position(DeskId(0), ID).map_or(0, |position| position.qty.0)
    }

    /// Orders that the strategy proposed; the others protect what it holds.
    fn proposed(&self) -> BTreeSet<OrderId> {
        let proposed = |decision: &Decision| match decision {
            Decision::Intended { proposal: Some(_), order, .. } => Some(order.id),
            _ => None,
        };
        self.decisions().filter_map(proposed).collect()
    }

    /// Every new order of the strategy's that was sent, and when, in nanoseconds after the start.
    pub fn orders(&self) -> Vec<(i64, NewOrder)> {
        let proposed = self.proposed();
        let new = |(at, action): &(Timestamp, Action)| match action {
            Action::Send(Command::New(order)) if proposed.contains(&order.id) => Some((at.0 - START, *order)),
            _ => None,
        };
        self.log.iter().filter_map(new).collect()
    }

    /// Every proposal made.
    pub fn proposals(&self) -> Vec<Proposal> {
        let made = |decision: &Decision| match decision {
            Decision::Proposed(proposal) => Some(proposal.clone()),
            _ => None,
        };
        self.decisions().filter_map(made).collect()
    }

    /// Every denial, with its time.
    pub fn denials(&self) -> Vec<(i64, String)> {
        let denied = |(at, action): &(Timestamp, Action)| match action {
            Action::Record(Decision::Denied(denied)) => Some((at.0 - START, denied.text.clone())),
            _ => None,
        };
        self.log.iter().filter_map(denied).collect()
    }

    /// The position after every fill.
    pub fn positions(&self) -> Vec<i64> {
        let booked = |decision: &Decision| match decision {
            Decision::Booked { position, .. } => Some(position.0),
            _ => None,
        };
        self.decisions().filter_map(booked).collect()
    }

    fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.log.iter().filter_map(|(_, action)| match action {
            Action::Record(decision) => Some(decision),
            _ => None,
        })
    }

    /// What no strategy may ever do, read off the log.
    pub fn check_manners(&self) {
        let (proposed, mut open) = (self.proposed(), VecDeque::<NewOrder>::new());
        let mut held = 0;
        for (at, action) in &self.log {
            match action {
                Action::Send(Command::New(order)) => {
                    let twins = open.iter().filter(|other| other.side == order.side).count();
                    let own = proposed.contains(&order.id);
                    assert!(!own || twins < self.per_side, "{order:?} beside {twins} at {at:?}");
                    let shrinks = held * order.side.sign() < 0 && order.qty.0 <= held.abs();
                    assert!(!order.reduce_only || shrinks, "{order:?} with {held} held");
                    let shorts = order.side == Side::Sell && !order.reduce_only;
                    assert!(self.instrument.contract == Contract::Linear || !shorts, "{order:?} on spot");
                    open.extend(own.then_some(*order));
                }
                Action::Record(Decision::Moved { order, to, .. }) if to.is_terminal() => {
                    open.retain(|other| other.id != *order);
                }
                Action::Record(Decision::Booked { position, .. }) => held = position.0,
                Action::Record(decision @ (Decision::Tripped { .. } | Decision::Anomaly { .. })) => {
                    panic!("{decision:?} at {at:?}");
                }
                Action::Record(Decision::Proposed(proposal)) if proposal.stop.is_some() => {
                    assert!(proposal.confidence > Rate::ZERO && proposal.regime != Regime::Unknown);
                }
                _ => {}
            }
        }
    }
}

/// A quote around a mid in tenths, one tick wide or more.
pub fn quote(bid: i64, spread: i64) -> MarketEvent {
    let (bid, ask) = (Price(bid), Price(bid + spread.max(1)));
    MarketEvent::Quote(Quote { instrument: ID, bid, bid_qty: Qty(1_000_000), ask, ask_qty: Qty(1_000_000) })
}

/// A bar of a minute, by its number, with its extremes.
pub fn bar(minute: i64, low: i64, high: i64, close: i64) -> (i64, MarketEvent) {
    let bar = Bar {
        instrument: ID,
        opened: Timestamp(START + minute * 60 * SECOND),
        length: Span::from_mins(1),
        open: Price(close),
        high: Price(high),
        low: Price(low),
        close: Price(close),
        volume: Qty(1_000_000),
    };
    ((minute + 1) * 60 * SECOND, MarketEvent::Bar(bar))
}

/// Random quotes: steps in time and price, sometimes silence, sometimes a jump.
pub fn quotes(most: usize) -> impl Strategy<Value = Vec<(i64, MarketEvent)>> {
    let gap = prop_oneof![20 => 1_i64..900, 1 => 900_i64..20_000];
    let step = prop_oneof![20 => -40_i64..=40, 1 => -9_000_i64..=9_000];
    let spread = prop_oneof![10 => 1_i64..5, 1 => 5_i64..9_000];
    prop::collection::vec((gap, step, spread), 1..most).prop_map(|steps| {
        let (mut at, mut bid) = (0, 600_000);
        let walk = steps.into_iter().map(|(gap, step, spread)| {
            (at, bid) = (at + gap * 1_000_000, (bid + step).max(100_000));
            (at, quote(bid, spread))
        });
        walk.collect()
    })
}
