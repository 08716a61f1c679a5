//! A handmade journal of a guarded life: passes, a stop that trails and is pinned, an exit, an order
//! of others, a limit that changes, an order proven void, and an overfill that somebody is told of.

#![allow(clippy::too_many_lines, reason = "a story is told in one piece")]

use seatrial::journal::{Body, Header};
use seatrial::market::{
    Alert, Amend, Author, Balance, CancelledBecause, Check, Command, Control, ControlAct, Decision, DeskId, Event,
    FillPage, HostEvent, Intention, Liquidity, Measure, Money, NewOrder, OpenOrder, OrderId, OrderKind, OrderState,
    Period, Price, Pricing, Proposal, ProposalId, Purpose, Qty, Query, Rate, RawPrice, Regime, ReportKind, RiskPassId,
    Severity, Side, Size, Snapshot, Span, TimeInForce, Timestamp, TraderState, TriggerSource, VenueMessage, VenueRef,
};

use super::story::{PERP, SPOT, Story, USD, USDT, money, story_header};

/// An order that somebody else placed.
pub const FOREIGN: OrderId = OrderId(1 << 63);

/// The header of the guarded story: its limits are in force, and the venue may overfill.
pub fn guarded_header() -> Header {
    let config = [
        ("budget.entry", "30/min 5"),
        ("budget.safety", "30/min 10"),
        ("budget.query", "60/min 10"),
        ("orders.entry_collar", "0.5%"),
        ("orders.max_open", "2"),
        ("orders.silence", "60s"),
        ("orders.skew_margin", "2s"),
        ("resolve.gap", "5s"),
        ("exit.collars", "0.5%, 1%, 2%, 5%"),
        ("risk.trade_max", "50000"),
        ("risk.position_max", "10000"),
        ("risk.duplicate_window", "10s"),
        ("throttle.max_entries", "5"),
        ("throttle.window", "60s"),
        ("protection.naked_max", "5s"),
        ("protection.restart_max", "10s"),
        ("breaker.daily", "5%"),
        ("breaker.weekly", "10%"),
        ("breaker.drawdown", "20%"),
        ("dms.policy", "flat_only"),
        ("external.policy", "adopt"),
        ("clock.max_offset", "1s"),
    ];
    let config = config.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    Header { config, faults: vec!["overfill".to_owned()], ..story_header() }
}

impl Story {
    fn decide(&mut self, decision: Decision) {
        self.tell(Body::Decision(decision));
    }

    /// A pass: asked, answered, and found clean.
    fn pass(&mut self, cash: &[&str], open: &[OpenOrder], first: bool) {
        let since = Timestamp(0);
        for query in [Query::OpenOrders, Query::Fills { since, page: 0 }, Query::Account] {
            self.tell(Body::Command(Command::Query(query)));
        }
        self.wait(20);
        let at = self.now();
        self.wait(20);
        let mut hear = |message| self.tell(Body::Event(Event::Account(message)));
        hear(VenueMessage::OpenOrders(Snapshot { at, items: open.to_vec() }));
        hear(VenueMessage::Fills(FillPage { at, page: 0, fills: Vec::new(), more: false }));
        let balance = |(asset, total): (_, &&str)| Balance { asset, total: money(total) };
        hear(VenueMessage::Balances(Snapshot { at, items: [USDT, USD].into_iter().zip(cash).map(balance).collect() }));
        if first {
            self.open(&[(USDT, cash[0]), (USD, cash[1])]);
        }
        for order in open {
            let (instrument, order) = (order.instrument, Some(order.order));
            self.decide(Decision::Adopted { instrument, order, text: "an order of others".into() });
        }
        self.decide(Decision::Reconciled { clean: true, text: "nothing differs".into() });
    }

    /// A proposal passes its checks and its order leaves.
    fn enter(&mut self, id: u64, side: Side, price: i64, qty: i64, size: Size) {
        self.wait(1_500);
        self.tell(Body::Market);
        let intention = if side == Side::Buy { Intention::OpenLong } else { Intention::OpenShort };
        let instrument = if side == Side::Buy { SPOT } else { PERP };
        self.decide(Decision::Proposed(Proposal {
            id: ProposalId(id),
            desk: DeskId(0),
            instrument,
            intention,
            size,
            pricing: Pricing::Limit(RawPrice::new(rust_decimal::Decimal::new(price, 2))),
            tif: None,
            post_only: false,
            stop: None,
            target: None,
            trailing: true,
            leverage: 1,
            confidence: Rate::ONE,
            regime: Regime::Unknown,
            contributing: Vec::new(),
        }));
        let measure = |check, measured, limit| Measure { check, measured: money(measured), limit: money(limit) };
        let measures = vec![
            measure(Check::Entry(9), "0", "5"),
            measure(Check::Entry(11), "0.1", "5"),
            measure(Check::Entry(18), "0.05", "0.0001"),
        ];
        self.decide(Decision::Checked(ProposalId(id), measures));
        let kind = OrderKind::Limit { limit: Price(price) };
        let order = self.draft(id, side, kind, qty, false);
        self.send(NewOrder { instrument, ..order }, Purpose::Entry, 2 * price);
    }

    fn draft(&self, id: u64, side: Side, kind: OrderKind, qty: i64, closes: bool) -> NewOrder {
        NewOrder {
            id: OrderId(id),
            instrument: SPOT,
            side,
            kind,
            trigger_by: TriggerSource::Last,
            qty: Qty(qty),
            tif: if closes && kind.trigger().is_none() { TimeInForce::Ioc } else { TimeInForce::Gtc },
            post_only: false,
            reduce_only: closes,
            leverage: 1,
            deadline: self.now().after(Span::from_secs(5)),
            risk_pass: RiskPassId(id),
        }
    }

    fn wants_stop(&mut self, stop: i64, pinned: bool, author: Author) {
        let (desk, instrument, stop) = (DeskId(0), SPOT, Some(Price(stop)));
        self.decide(Decision::Protected {
            desk,
            instrument,
            stop,
            target: None,
            pinned,
            author,
            why: "as planned".into(),
        });
    }

    fn stop(&mut self, id: u64, trigger: i64, qty: i64) {
        let order = self.draft(id, Side::Sell, OrderKind::StopMarket { trigger: Price(trigger) }, qty, true);
        self.send(order, Purpose::Stop, 9_000_000);
    }

    fn amend(&mut self, id: u64, trigger: i64) {
        let (qty, kind) = (self.the(id).qty, OrderKind::StopMarket { trigger: Price(trigger) });
        self.moved(id, 25, OrderState::Live, OrderState::AmendPending);
        self.tell(Body::Command(Command::Amend(Amend { id: OrderId(id), qty, kind })));
        self.report(id, ReportKind::Amended { qty, kind });
        self.moved(id, 10, OrderState::AmendPending, OrderState::Live);
    }

    fn control(&mut self, act: ControlAct) {
        self.later();
        let control = Control { author: "somebody".into(), reason: "a test".into(), act };
        self.tell(Body::Event(Event::Control(control.clone())));
        self.decide(Decision::Operator(control));
    }

    fn ends(&mut self, id: u64, from: OrderState) {
        self.report(id, ReportKind::Cancelled(CancelledBecause::Requested));
        self.moved(id, 9, from, OrderState::Cancelled);
    }
}

/// The guarded life.
pub fn guarded_story() -> Story {
    use OrderState::{CancelPending, Live, Sent, UnknownSubmit};
    let mut story = Story::blank(guarded_header());
    story.pass(&["10000", "5000"], &[], true);
    story.tell(Body::Event(Event::Host(HostEvent::ClockOffset(Span::from_millis(3)))));
    story.tell(Body::Event(Event::Host(HostEvent::Permission { trade: true, withdraw: false })));
    let (from, to) = (TraderState::Reconciling, TraderState::Armed);
    story.decide(Decision::Became { from, to, why: "clean".into() });
    for period in [Period::Day, Period::Week] {
        story.decide(Decision::PeriodBegan { period, at: story.now(), equity: money("10000") });
    }
    story.tell(Body::Command(Command::CancelAllAfter(Span::from_secs(60))));
    // 1: an entry fills; 2: its stop, which trails, is pinned, and is cancelled by the venue.
    story.enter(1, Side::Buy, 4_500_000, 5_000_000, Size::Notional(money("2250")));
    story.accepted(1);
    story.fill(1, 4_500_000, 5_000_000, Liquidity::Taker, Live);
    story.wants_stop(4_410_000, false, Author::Entry);
    story.stop(2, 4_410_000, 5_000_000);
    story.accepted(2);
    story.wait(2_000);
    story.tell(Body::Market);
    story.wants_stop(4_440_000, false, Author::Trailing);
    story.amend(2, 4_440_000);
    story.control(ControlAct::SetStop(SPOT, RawPrice::new(44_500.into())));
    story.wants_stop(4_450_000, true, Author::Operator);
    story.amend(2, 4_450_000);
    story.tell(Body::Market);
    story.wants_stop(4_450_000, true, Author::AddedEntry);
    story.report(2, ReportKind::Cancelled(CancelledBecause::Venue));
    story.moved(2, 9, Live, OrderState::Cancelled);
    // 3: the stop that takes its place, a second too late for comfort.
    story.wait(1_200);
    story.tell(Body::Market);
    story.wait(100);
    story.tell(Body::Event(Event::Wake));
    story.stop(3, 4_450_000, 5_000_000);
    story.accepted(3);
    story.wait(9_000);
    story.tell(Body::Event(Event::Wake));
    story.decide(Decision::Valued { equity: money("9991"), exposure: Money::ZERO, positions: 1 });
    // 4: the stop makes room for an exit, which closes everything.
    story.moved(3, 24, Live, CancelPending);
    story.tell(Body::Command(Command::Cancel(OrderId(3))));
    story.ends(3, CancelPending);
    let exit = story.draft(4, Side::Sell, OrderKind::Limit { limit: Price(4_480_000) }, 5_000_000, true);
    story.send(exit, Purpose::Exit, 9_000_000);
    story.fill(4, 4_500_000, 5_000_000, Liquidity::Taker, Sent);
    // 5: a second entry; its stop fills, and its target is cancelled once it is flat.
    story.enter(5, Side::Buy, 4_500_000, 4_000_000, Size::Notional(money("1800")));
    story.accepted(5);
    story.fill(5, 4_500_000, 4_000_000, Liquidity::Maker, Live);
    story.wants_stop(4_410_000, false, Author::Entry);
    story.stop(6, 4_410_000, 4_000_000);
    let target = story.draft(7, Side::Sell, OrderKind::Limit { limit: Price(4_700_000) }, 4_000_000, true);
    story.send(NewOrder { tif: TimeInForce::Gtc, ..target }, Purpose::Target, 9_000_000);
    story.accepted(6);
    story.accepted(7);
    story.fill(6, 4_409_000, 1_000_000, Liquidity::Taker, Live);
    story.fill(6, 4_409_000, 3_000_000, Liquidity::Taker, Live);
    story.wait(1_100);
    story.tell(Body::Event(Event::Wake));
    story.moved(7, 24, Live, CancelPending);
    story.tell(Body::Command(Command::Cancel(OrderId(7))));
    story.ends(7, CancelPending);
    story.tell(Body::Command(Command::CancelAll(None)));
    // 8: nobody knows what became of an entry, and it is proven void.
    story.enter(8, Side::Buy, 4_500_000, 1_000_000, Size::RiskBased);
    story.wait(2_000);
    story.tell(Body::Event(Event::Wake));
    story.moved(8, 21, Sent, UnknownSubmit);
    story.wait(10_000);
    story.tell(Body::Event(Event::Wake));
    story.moved(8, 17, UnknownSubmit, OrderState::Void);
    // 9: the venue overfills a short.
    story.enter(9, Side::Sell, 4_440_000, 3_000_000, Size::RiskBased);
    story.accepted(9);
    story.fill(9, 4_440_000, 3_000_000, Liquidity::Maker, Live);
    story.tell(Body::Fault("overfill order 9 by_ppm=33333".into()));
    story.fill(9, 4_440_000, 100_000, Liquidity::Maker, OrderState::Filled);
    let (severity, instrument, order) = (Severity::Critical, Some(PERP), Some(OrderId(9)));
    story.tell(Body::Alert(Alert { severity, instrument, order, text: "overfilled".into() }));
    let back = story.draft(10, Side::Buy, OrderKind::Limit { limit: Price(4_440_000) }, 3_100_000, true);
    story.send(NewOrder { instrument: PERP, ..back }, Purpose::Exit, 8_880_000);
    story.fill(10, 4_440_000, 3_100_000, Liquidity::Taker, Sent);
    story.control(ControlAct::ChangeLimit { key: "breaker.daily".into(), value: "4%".into(), confirmed: false });
    let (key, from, to) = ("breaker.daily".into(), "5%".into(), "4%".into());
    story.decide(Decision::LimitChanged { key, from, to });
    // External hands are settled, and settled back: the account's position is the same throughout.
    for (by, held) in [(5, 5), (-5, 0)] {
        story.control(ControlAct::SettleExternal(PERP));
        for (desk, sign) in [(DeskId(0), 1), (DeskId::EXTERNAL, -1)] {
            let (by, at, position) = (Qty(sign * by), Price(4_440_000), Qty(sign * held));
            let cost = position.at(at);
            story.decide(Decision::Adjusted { desk, instrument: PERP, by, at, position, cost });
        }
    }
    // 11: an entry that rests over a pass, in which an order of others is found.
    story.enter(11, Side::Buy, 4_400_000, 1_000_000, Size::RiskBased);
    story.accepted(11);
    story.wait(40_000);
    story.tell(Body::Event(Event::Wake));
    let foreign = OpenOrder {
        order: FOREIGN,
        venue_id: VenueRef::numbered('O', 99),
        instrument: SPOT,
        side: Side::Buy,
        qty: Qty(1_000_000),
        filled: Qty::ZERO,
        kind: OrderKind::Limit { limit: Price(4_000_000) },
        reduce_only: false,
    };
    let cash = ["9934.0456", "4991.0534"];
    story.pass(&cash, &[foreign], false);
    story.moved(11, 24, Live, CancelPending);
    story.tell(Body::Command(Command::Cancel(OrderId(11))));
    story.ends(11, CancelPending);
    story
}
