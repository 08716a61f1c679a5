//! Laws of the venue over random markets and random orders.
//!
//! Repeat a failure with the `proptest` seed it prints, by `cargo test --test venue_laws`.
#![cfg(feature = "simulator")]

mod venue_desk;

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use seatrial::market::{
    Amend, AssetId, Bar, Command, Contract, ExecutionReport, FeeAsset, Instrument, InstrumentId, LevelChange,
    Liquidity, MarketEvent, Money, NewOrder, OrderId, OrderKind, PathPoint, Price, Qty, Query, Quote, ReportKind,
    SessionState, Side, Span, TimeInForce, Timestamp, Trade, VenueMessage,
};
use seatrial::sim::rng::VenueChance;
use seatrial::venue::{FillProfile, PartialModel, QueueModel, SlippageModel, Venue, VenueConfig};
use venue_desk::{bar, config, order};

/// One step of a random run.
#[derive(Clone, Debug)]
enum Step {
    Market(Vec<MarketEvent>),
    New(NewOrder),
    Other(Command),
    Wait(i64),
}

/// How the venue is set up.
#[derive(Clone, Debug)]
struct Setup {
    contract: Contract,
    fee: FeeAsset,
    profile: FillProfile,
    queue: QueueModel,
    slippage: SlippageModel,
    partial: PartialModel,
}

impl Setup {
    fn terms(&self) -> VenueConfig {
        let mut terms = VenueConfig {
            profile: self.profile,
            queue: self.queue.clone(),
            slippage: self.slippage.clone(),
            partial: self.partial.clone(),
            chance: Some(Arc::new(VenueChance { seed: 1, run: 0 })),
            half_spread_ticks: vec![1],
            ..config(self.contract)
        };
        if self.contract == Contract::Spot {
            terms.instruments[0].timeline[0].fees.asset = self.fee;
        }
        for balance in &mut terms.balances {
            balance.total = Money::new(if balance.asset == AssetId(0) { 40.into() } else { 3_000.into() });
        }
        terms
    }
}

fn any_setup() -> impl Strategy<Value = Setup> {
    let contract = prop_oneof![Just(Contract::Spot), Just(Contract::Linear)];
    let profile = prop_oneof![3 => Just(FillProfile::Conservative), 1 => Just(FillProfile::ParityFull)];
    let queue = prop_oneof![
        2 => Just(QueueModel::Conservative),
        1 => (1_u32..5_000).prop_map(|exponent_milli| QueueModel::Power { exponent_milli }),
        1 => Just(QueueModel::Log),
    ];
    let slippage = prop_oneof![
        3 => Just(SlippageModel::BookWalk),
        1 => Just(SlippageModel::FixedTicks { ticks: 2 }),
        1 => Just(SlippageModel::VolumeShare { impact_ppm: 500_000, share_max_ppm: 200_000 }),
        1 => Just(SlippageModel::Adverse { ticks_max: 3 }),
    ];
    let partial = prop_oneof![
        3 => Just(PartialModel::Displayed),
        1 => Just(PartialModel::Participation { share_ppm: 300_000 }),
        1 => Just(PartialModel::Seeded { least_ppm: 300_000 }),
    ];
    let models = (queue, slippage, partial);
    let fee = prop_oneof![Just(FeeAsset::Quote), Just(FeeAsset::Base), Just(FeeAsset::Received)];
    (contract, fee, profile, models).prop_map(|(contract, fee, profile, (queue, slippage, partial))| Setup {
        contract,
        fee,
        profile,
        queue,
        slippage,
        partial,
    })
}

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn price() -> impl Strategy<Value = i64> {
    92_i64..109
}

/// A message of levels; sides overlap, as broken feeds do.
fn levels() -> impl Strategy<Value = Vec<MarketEvent>> {
    let level = (any_side(), 0_i64..10, prop_oneof![1 => Just(0), 2 => 1_i64..14]);
    prop::collection::vec(level, 1..4).prop_map(|levels| {
        let end = levels.len() - 1;
        let change = |(place, (side, depth, qty)): (usize, (Side, i64, i64))| {
            let price = Price(if side == Side::Buy { 101 - depth } else { 99 + depth });
            let last = place == end;
            MarketEvent::Level(LevelChange { instrument: InstrumentId(0), side, price, qty: Qty(qty), last })
        };
        levels.into_iter().enumerate().map(change).collect()
    })
}

fn print() -> impl Strategy<Value = Vec<MarketEvent>> {
    (prop::option::of(any_side()), price(), 1_i64..30).prop_map(|(taker, price, qty)| {
        vec![MarketEvent::Trade(Trade { instrument: InstrumentId(0), price: Price(price), qty: Qty(qty), taker })]
    })
}

fn quote() -> impl Strategy<Value = Vec<MarketEvent>> {
    (price(), 1_i64..4, 0_i64..12, 0_i64..12).prop_map(|(bid, spread, bid_qty, ask_qty)| {
        vec![MarketEvent::Quote(Quote {
            instrument: InstrumentId(0),
            bid: Price(bid),
            bid_qty: Qty(bid_qty),
            ask: Price(bid + spread),
            ask_qty: Qty(ask_qty),
        })]
    })
}

fn path() -> impl Strategy<Value = Vec<MarketEvent>> {
    (price(), price(), 0_i64..5, 0_i64..5, 0_i64..80).prop_map(|(open, close, up, down, volume)| {
        let whole: Bar = bar(open, open.max(close) + up, open.min(close) - down, close, volume);
        let points = [PathPoint::Open, PathPoint::FirstExtreme, PathPoint::SecondExtreme, PathPoint::Close];
        points.map(|point| MarketEvent::Path(point, whole)).to_vec()
    })
}

/// A change of session; open as often as all others together.
fn session() -> impl Strategy<Value = Vec<MarketEvent>> {
    use SessionState::{CancelOnly, Halted, Maintenance, Open, PostOnly};
    let closed = prop::sample::select(vec![PostOnly, CancelOnly, Maintenance, Halted]);
    prop_oneof![Just(Open), closed].prop_map(|state| vec![MarketEvent::Session(InstrumentId(0), state)])
}

/// A kind that waits for a trigger.
fn triggered() -> impl Strategy<Value = OrderKind> {
    (0..3, price(), -3_i64..4).prop_map(|(which, trigger, beyond)| {
        let (trigger, limit) = (Price(trigger), Price(trigger + beyond));
        match which {
            0 => OrderKind::StopLimit { trigger, limit },
            1 => OrderKind::TargetMarket { trigger },
            _ => OrderKind::TargetLimit { trigger, limit },
        }
    })
}

fn any_order() -> impl Strategy<Value = NewOrder> {
    let kind = prop_oneof![
        6 => price().prop_map(|limit| OrderKind::Limit { limit: Price(limit) }),
        1 => Just(OrderKind::Market),
        2 => price().prop_map(|trigger| OrderKind::StopMarket { trigger: Price(trigger) }),
        3 => triggered(),
    ];
    let tif = prop_oneof![
        5 => Just(TimeInForce::Gtc),
        1 => Just(TimeInForce::Ioc),
        1 => Just(TimeInForce::Fok),
        1 => (1_i64..60).prop_map(|end| TimeInForce::Gtd(Timestamp(end))),
    ];
    (any_side(), kind, 1_i64..20, tif, prop::bool::weighted(0.2), prop::bool::weighted(0.15)).prop_map(
        |(side, kind, qty, tif, post_only, reduce_only)| NewOrder {
            tif,
            post_only,
            reduce_only,
            ..order(side, kind, qty)
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let id = || (1_u64..20).prop_map(OrderId);
    let limit = price().prop_map(|limit| OrderKind::Limit { limit: Price(limit) });
    let kind = prop_oneof![2 => limit, 1 => triggered()];
    let amend = (id(), 1_i64..20, kind).prop_map(|(id, qty, kind)| Command::Amend(Amend { id, qty: Qty(qty), kind }));
    prop_oneof![
        3 => id().prop_map(Command::Cancel),
        4 => amend,
        1 => Just(Command::CancelAll(None)),
        1 => (0_i64..20).prop_map(|span| Command::CancelAllAfter(Span(span))),
    ]
}

/// A run on one kind of market data.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let with = |market: BoxedStrategy<Vec<MarketEvent>>| {
        let step = prop_oneof![
            6 => market.prop_map(Step::Market),
            4 => any_order().prop_map(Step::New),
            2 => command().prop_map(Step::Other),
            1 => (1_i64..6).prop_map(Step::Wait),
            1 => session().prop_map(Step::Market),
        ];
        prop::collection::vec(step, 1..70)
    };
    prop_oneof![
        3 => with(prop_oneof![3 => levels(), 2 => print()].boxed()),
        1 => with(prop_oneof![3 => quote(), 1 => print()].boxed()),
        2 => with(path().boxed()),
    ]
}

/// What the laws need to know while a run goes on.
struct Watcher {
    terms: VenueConfig,
    orders: BTreeMap<OrderId, NewOrder>,
    filled: BTreeMap<OrderId, Qty>,
    cash: BTreeMap<AssetId, Money>,
    /// Displayed and not yet taken, by opposite side and price; kept for depth alone.
    left: BTreeMap<(Side, i64), i64>,
    fills: usize,
    session: SessionState,
}

impl Watcher {
    fn see(&mut self, step: &Step, said: &[VenueMessage]) {
        let mut printed = 0;
        if let Step::Market(events) = step {
            for event in events {
                match event {
                    MarketEvent::Level(change) => {
                        self.left.insert((change.side, change.price.0), change.qty.0);
                    }
                    MarketEvent::Trade(trade) => printed = trade.qty.0,
                    _ => {}
                }
            }
        }
        for message in said {
            if let VenueMessage::Session { state, .. } = message {
                self.session = *state;
                continue;
            }
            let VenueMessage::Report(report) = message else { panic!("{message:?} was not asked for") };
            match report.kind {
                ReportKind::Amended { qty, kind } => {
                    let order = self.orders.get_mut(&report.order).expect("a known order");
                    (order.qty, order.kind) = (qty, kind);
                }
                ReportKind::Filled(_) => self.see_fill(report, &mut printed),
                _ => {}
            }
        }
    }

    fn see_fill(&mut self, report: &seatrial::market::ExecutionReport, printed: &mut i64) {
        let ReportKind::Filled(fill) = report.kind else { return };
        self.fills += 1;
        match self.session {
            SessionState::Open => {}
            SessionState::PostOnly | SessionState::CancelOnly => assert_eq!(fill.liquidity, Liquidity::Maker),
            SessionState::Maintenance | SessionState::Halted => panic!("a fill while nothing matches: {report:?}"),
        }
        let order = self.orders[&report.order];
        let filled = self.filled.entry(report.order).or_default();
        *filled += fill.qty;
        assert!(fill.qty.0 > 0 && *filled <= order.qty, "overfilled: {report:?}");
        assert_eq!(report.cumulative, Some(*filled), "cumulative is the sum of the fills");
        assert!(!(order.post_only && fill.liquidity == Liquidity::Taker), "a post-only order took: {report:?}");
        if let Some(limit) = order.kind.limit() {
            assert!(order.side.reaches(limit, fill.price), "worse than its limit: {report:?}");
            assert!(fill.liquidity == Liquidity::Taker || fill.price == limit, "a maker trades at its own price");
        }
        if self.terms.profile == FillProfile::Conservative {
            if fill.liquidity == Liquidity::Maker && *printed > 0 {
                *printed -= fill.qty.0;
                assert!(*printed >= 0, "more than printed: {report:?}");
            }
            if fill.liquidity == Liquidity::Taker && !self.left.is_empty() {
                self.take_displayed(fill);
            }
        }
        self.book(&self.terms.instruments[0].clone(), fill);
    }

    /// Takes what a taker got from the level of its price; where it slipped, from whatever is displayed.
    fn take_displayed(&mut self, fill: seatrial::market::Fill) {
        let side = fill.side.opposite();
        if matches!(self.terms.slippage, SlippageModel::BookWalk) {
            let left = self.left.get_mut(&(side, fill.price.0)).expect("a displayed level");
            *left -= fill.qty.0;
            assert!(*left >= 0, "more than displayed: {fill:?}");
            return;
        }
        let mut wanted = fill.qty.0;
        // Best first: the highest bid, the lowest ask.
        let mut levels: Vec<_> = self.left.iter_mut().filter(|((of, _), _)| *of == side).collect();
        if side == Side::Buy {
            levels.reverse();
        }
        for (_, left) in levels {
            let here = wanted.min(*left);
            *left -= here;
            wanted -= here;
        }
        assert_eq!(wanted, 0, "more than displayed: {fill:?}");
    }

    /// Cash by the venue's public arithmetic, spot only.
    fn book(&mut self, instrument: &Instrument, fill: seatrial::market::Fill) {
        let fees = instrument.rules(Timestamp(0)).fees;
        let (asset, fee) = instrument.fee(&fees, fill.side, fill.liquidity, fill.price, fill.qty);
        let stated = fill.fee.expect("the venue states its fees");
        assert_eq!((stated.asset, stated.amount), (asset, fee), "the fee is the schedule's");
        let signed = fill.side.signed(fill.qty);
        let mut add = |asset, amount| *self.cash.entry(asset).or_default() += amount;
        add(instrument.quote, -instrument.cash(signed.at(fill.price)));
        add(instrument.base, Money::new(instrument.qty(signed)));
        add(asset, -fee);
    }

    fn check(&self, venue: &Venue, step: &Step) {
        let open = venue.open_orders();
        if let (Step::New(_), Some((id, order))) = (step, self.orders.last_key_value()) {
            let filled = self.filled.get(id).copied().unwrap_or_default();
            let rests = open.iter().any(|open| open.order == *id);
            match order.tif {
                TimeInForce::Ioc => assert!(!rests, "an IOC rests"),
                TimeInForce::Fok => assert!(!rests && (filled.is_zero() || filled == order.qty), "a FOK in part"),
                TimeInForce::Gtc | TimeInForce::Gtd(_) => {}
            }
        }
        let spot = self.terms.instruments[0].contract == Contract::Spot;
        let opening = |asset| self.terms.balances.iter().find(|balance| balance.asset == asset).expect("opened").total;
        for (balance, (held, other)) in
            venue.balances().iter().zip(venue.holds().iter().zip(venue.counterparties().iter()))
        {
            assert_eq!(balance.total + other.total, opening(balance.asset), "what we gain somebody loses");
            assert!(held.total >= Money::ZERO && (!open.is_empty() || held.total.is_zero()), "a hold without an order");
            if spot {
                let moved = self.cash.get(&balance.asset).copied().unwrap_or_default();
                assert_eq!(balance.total, opening(balance.asset) + moved, "cash is the sum of the fills");
                assert!(balance.total >= held.total, "more held than there is of {:?}", balance.asset);
            }
        }
    }
}

/// Runs the steps and returns everything said, having checked every law on the way.
fn run(setup: &Setup, steps: &[Step], guards: bool) -> Vec<VenueMessage> {
    let terms = VenueConfig { guards, ..setup.terms() };
    let mut venue = Venue::new(terms.clone());
    let mut watcher = Watcher {
        terms,
        orders: BTreeMap::new(),
        filled: BTreeMap::new(),
        cash: BTreeMap::new(),
        left: BTreeMap::new(),
        fills: 0,
        session: SessionState::Open,
    };
    let (mut now, mut id) = (Timestamp(0), 0);
    let mut all = Vec::new();
    for step in steps {
        let mut said = Vec::new();
        now = now.after(Span(1));
        match step {
            Step::Market(events) => events.iter().for_each(|event| venue.on_market(now, event, &mut said)),
            Step::New(order) => {
                id += 1;
                let order = NewOrder { id: OrderId(id), ..*order };
                watcher.orders.insert(order.id, order);
                venue.on_command(now, &Command::New(order), &mut said);
            }
            Step::Other(command) => venue.on_command(now, command, &mut said),
            Step::Wait(span) => {
                now = now.after(Span(*span));
                venue.on_time(now, &mut said);
                assert!(venue.next_wake().is_none_or(|wake| wake > now), "what was due is done");
            }
        }
        watcher.see(step, &said);
        watcher.check(&venue, step);
        all.extend(said);
    }
    venue.on_time(now, &mut all);
    let mut answers = Vec::new();
    let fills = every_fill(&mut venue, now);
    venue.on_command(now, &Command::Query(Query::ClosedOrders(Timestamp::MIN)), &mut answers);
    let [VenueMessage::ClosedOrders(closed)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(fills.len(), watcher.fills);
    let is_fill = |message: &&VenueMessage| matches!(message, VenueMessage::Report(report) if matches!(report.kind, ReportKind::Filled(_)));
    let logged = fills.iter().map(|fill| VenueMessage::Report(*fill));
    assert!(all.iter().filter(is_fill).cloned().eq(logged), "the log is what was said");
    assert_eq!(closed.items.len() + venue.open_orders().len(), watcher.orders.len(), "every order is open or closed");
    all
}

/// The whole history of fills, page by page, oldest first.
fn every_fill(venue: &mut Venue, now: Timestamp) -> Vec<ExecutionReport> {
    let mut fills = Vec::new();
    for page in 0.. {
        let mut out = Vec::new();
        venue.on_command(now, &Command::Query(Query::Fills { since: Timestamp::MIN, page }), &mut out);
        let [VenueMessage::Fills(found)] = &out[..] else { panic!("{out:?}") };
        assert!(found.fills.len() <= 50 && found.page == page);
        fills.splice(..0, found.fills.iter().copied());
        if !found.more {
            break;
        }
    }
    fills
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Every law holds, and the short way of idle events changes nothing.
    #[test]
    fn laws_hold_and_guards_change_nothing(setup in any_setup(), steps in steps()) {
        let with = run(&setup, &steps, true);
        let without = run(&setup, &steps, false);
        prop_assert_eq!(with, without);
    }
}
