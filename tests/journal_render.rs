//! A journal as an engineer reads it.
#![cfg(feature = "simulator")]

mod journal_kit;

use expect_test::expect_file;
use journal_kit::header;
use journal_kit::story::{full_story, money};
use seatrial::audit::{AuditReport, Auditor};
use seatrial::journal::{Body, Record, Renderer};
use seatrial::market::{
    Account, Alert, Amend, AssetId, Balance, Cause, Check, Command, Control, ControlAct, CooldownCause, Decision,
    Denied, DeskId, Event, ExecutionReport, Fill, FillPage, HostEvent, InstrumentId, Intention, LinkEvent, Liquidity,
    Measure, Money, OpenOrder, OrderId, OrderKind, OrderStatus, Posting, Price, Pricing, Proposal, ProposalId, Qty,
    Query, Rate, RawPrice, ReferenceEvent, Regime, RejectReason, ReportKind, SessionState, Severity, Side, Size,
    Snapshot, Span, TickLots, Timestamp, TraderState, Transaction, TransactionId, Trim, VenueMessage, VenuePosition,
    VenueRef,
};

#[test]
fn a_story_reads_order_by_order() {
    let (header, records) = full_story().close();
    let mut renderer = Renderer::new(&header);
    let lines: Vec<_> = records.iter().map(|record| renderer.line(record)).collect();
    expect_file!["journal_kit/story.txt"].assert_eq(&(lines.join("\n") + "\n"));
}

fn report(kind: ReportKind) -> ExecutionReport {
    let (order, instrument) = (OrderId(7), InstrumentId(0));
    ExecutionReport { order, venue_id: None, instrument, at: Timestamp(1), cumulative: None, kind }
}

fn listed<T>(items: Vec<T>) -> Snapshot<T> {
    Snapshot { at: Timestamp(0), items }
}

fn decisions() -> Vec<Decision> {
    let (desk, instrument, order) = (DeskId(2), InstrumentId(0), OrderId(7));
    let raw = |text: &str| RawPrice::new(text.parse().expect("a decimal in a test"));
    let posting = Posting { account: Account::Rounding, asset: AssetId(1), amount: money("-0.5") };
    vec![
        Decision::Proposed(Proposal {
            id: ProposalId(3),
            desk,
            instrument,
            intention: Intention::OpenLong,
            size: Size::Notional(money("250")),
            pricing: Pricing::Limit(raw("45000.5")),
            tif: None,
            post_only: false,
            stop: Some(raw("44100")),
            target: None,
            trailing: false,
            leverage: 1,
            confidence: Rate::ONE,
            regime: Regime::Choppy,
            contributing: Vec::new(),
        }),
        Decision::Checked(
            ProposalId(3),
            vec![Measure { check: Check::Entry(11), measured: Money::ZERO, limit: money("5") }],
        ),
        Decision::Trimmed { proposal: ProposalId(3), by: Trim::PositionShare, from: money("250"), to: money("200") },
        Decision::Denied(Denied {
            proposal: None,
            desk,
            instrument,
            check: Check::Exit(2),
            text: "EC-2 BTC/USDT: \u{1b}[31m1\u{202e} against 0 base\n".into(),
        }),
        Decision::Anomaly { order: Some(order), text: "a report of nobody's order".into() },
        Decision::Posted(Transaction {
            id: TransactionId(9),
            at: Timestamp(1),
            desk: None,
            cause: Cause::Reversal(TransactionId(4)),
            postings: vec![posting],
        }),
        Decision::CoolingDown { instrument, cause: CooldownCause::ThreeLosses, until: Timestamp::MAX },
        Decision::Tripped { desk, instrument: InstrumentId(77), check: Check::Entry(9) },
        Decision::ReduceOnly { instrument, why: "stale".into() },
        Decision::Became { from: TraderState::Armed, to: TraderState::ReduceOnly, why: "link".into() },
        Decision::Operator(Control { author: "ann".into(), reason: "drill".into(), act: ControlAct::Halt }),
        Decision::Booked {
            order: OrderId(999),
            execution: VenueRef::numbered('E', 1),
            position: Qty(i64::MIN),
            cost: TickLots(i128::MAX),
            gross: TickLots(i128::MIN),
            net: money("1"),
        },
    ]
}

fn messages() -> Vec<VenueMessage> {
    let instrument = InstrumentId(0);
    let fill = Fill {
        execution: VenueRef::numbered('E', 5),
        side: Side::Sell,
        price: Price(4_500_000),
        qty: Qty(10),
        liquidity: Liquidity::Maker,
        fee: None,
    };
    let open = OpenOrder {
        order: OrderId(7),
        venue_id: VenueRef::numbered('O', 7),
        instrument,
        side: Side::Buy,
        qty: Qty(100_000_000),
        filled: Qty(1),
        kind: OrderKind::Limit { limit: Price(1) },
        reduce_only: false,
    };
    vec![
        VenueMessage::OpenOrders(listed(vec![open])),
        VenueMessage::ClosedOrders(listed(Vec::new())),
        VenueMessage::Fills(FillPage {
            at: Timestamp(0),
            page: 0,
            fills: vec![report(ReportKind::Filled(fill))],
            more: true,
        }),
        VenueMessage::Balances(listed(vec![Balance { asset: AssetId(1), total: money("12.5") }])),
        VenueMessage::Positions(listed(vec![VenuePosition { instrument, qty: Qty(-1) }])),
        VenueMessage::Transfer(Balance { asset: AssetId(66), total: money("-1") }),
        VenueMessage::Session { instrument, state: SessionState::CancelOnly },
    ]
}

fn reports() -> Vec<ReportKind> {
    let kind = OrderKind::StopLimit { trigger: Price(4_410_000), limit: Price(4_400_000) };
    vec![
        ReportKind::Rejected(RejectReason::PostOnlyWouldCross),
        ReportKind::Amended { qty: Qty(5), kind },
        ReportKind::Status(OrderStatus::Open { qty: Qty(5), kind: OrderKind::TargetMarket { trigger: Price(1) } }),
        ReportKind::Status(OrderStatus::NotFound { complete: true }),
        ReportKind::Busted(VenueRef::numbered('E', 5)),
    ]
}

fn others() -> Vec<Body> {
    let amend = Amend { id: OrderId(999), qty: Qty(5), kind: OrderKind::StopMarket { trigger: Price(5) } };
    let commands = [
        Command::Amend(amend),
        Command::CancelAll(None),
        Command::CancelAll(Some(InstrumentId(0))),
        Command::CancelAllAfter(Span::from_secs(60)),
        Command::Reconnect,
        Command::Query(Query::Order(OrderId(7))),
        Command::Query(Query::OpenOrders),
    ];
    let events = [
        Event::Link(LinkEvent::NotSent(OrderId(7))),
        Event::Reference(ReferenceEvent::Rate { asset: AssetId(1), price: money("1.01") }),
        Event::Host(HostEvent::JournalFailed),
        Event::Control(Control { author: "bob".into(), reason: "why not".into(), act: ControlAct::Cancel(OrderId(7)) }),
    ];
    let alert = Alert {
        severity: Severity::Critical,
        instrument: Some(InstrumentId(0)),
        order: None,
        text: "naked 6 s".into(),
    };
    let rest = [Body::Alert(alert), Body::Wake(Timestamp::MIN), Body::Cut { bytes: 12 }];
    commands.into_iter().map(Body::Command).chain(events.into_iter().map(Body::Event)).chain(rest).collect()
}

/// Also what nobody would write on purpose: unknown instruments, numbers too large, escape codes.
#[test]
fn every_kind_of_record_has_a_line() {
    let header = header();
    let mut renderer = Renderer::new(&header);
    let bodies = decisions().into_iter().map(Body::Decision);
    let bodies = bodies.chain(messages().into_iter().map(|message| Body::Event(Event::Account(message))));
    let bodies = bodies.chain(reports().into_iter().map(|kind| Body::Truth(report(kind)))).chain(others());
    let mut text = String::new();
    for (seq, body) in (0..).zip(bodies) {
        let line = renderer.line(&Record { seq, now: Timestamp(i64::MAX - 1), cursor: 0, body });
        assert!(!line.contains(['\n', '\u{1b}', '\u{202e}']), "{line:?}");
        text += &(line + "\n");
    }
    expect_file!["journal_kit/kinds.txt"].assert_eq(&text);
}

/// External hands have a desk by name, and an order whose instrument only the venue told: in each of the
/// messages that tell it, what it traded reads as symbol and decimals.
#[test]
fn external_hands_read_like_everyone_else() {
    let header = header();
    let (order, instrument) = (OrderId::FIRST_EXTERNAL, InstrumentId(0));
    let told = || ExecutionReport { order, ..report(ReportKind::Accepted) };
    let Some(VenueMessage::OpenOrders(Snapshot { items, .. })) = messages().into_iter().next() else { panic!() };
    let open = items.into_iter().map(|open| OpenOrder { order, ..open }).collect();
    let heard = [
        Body::Truth(told()),
        Body::Event(Event::Report(told())),
        Body::Event(Event::Account(VenueMessage::Report(told()))),
        Body::Event(Event::Account(VenueMessage::OpenOrders(listed(open)))),
        Body::Event(Event::Account(VenueMessage::ClosedOrders(listed(vec![told()])))),
        Body::Event(Event::Account(VenueMessage::Fills(FillPage {
            at: Timestamp(0),
            page: 0,
            fills: vec![told()],
            more: false,
        }))),
    ];
    let execution = VenueRef::numbered('E', 1);
    let (position, cost, gross) = (Qty(-1_000_000), TickLots(-4_500_000_000_000), TickLots(0));
    let booked = Decision::Booked { order, execution, position, cost, gross, net: money("0") };
    let (desk, by, at) = (DeskId::EXTERNAL, Qty(1_000_000), Price(4_499_999));
    let adjusted = Decision::Adjusted { desk, instrument, by, at, position: Qty(0), cost: TickLots(0) };
    for body in heard {
        let mut renderer = Renderer::new(&header);
        let mut line = |body| renderer.line(&Record { seq: 0, now: Timestamp(0), cursor: 0, body });
        line(body.clone());
        let told = line(Body::Decision(booked.clone()));
        assert!(told.ends_with("E000000000001: BTC/USDT -0.01 at a cost of -450, gross 0, net 0"), "{told}\n{body:?}");
        let told = line(Body::Decision(adjusted.clone()));
        let settled = "adjusts   BTC/USDT of desk external by 0.01 to 0 at 44999.99, without an execution";
        assert!(told.ends_with(settled), "{told}");
    }
}

#[test]
fn a_breach_comes_with_its_story_and_the_line_that_runs_it_again() {
    let (header, mut records) = full_story().close();
    records.retain(|record| !matches!(record.body, Body::Decision(Decision::Booked { .. })));
    let mut auditor = Auditor::new(&header);
    for record in &records {
        auditor.observe(record);
    }
    let report = auditor.finish();
    let breach = report.breaches.iter().find(|breach| breach.law == "C7").expect("nothing is booked");
    let told = AuditReport::explain(breach, &header, &records);
    assert!(told.starts_with("C7 broken at record 17: "), "{told}");
    assert!(told.contains("\n    14 2024-01-01T00:00:00.004000000Z      3 hears"), "{told}");
    assert!(told.ends_with("run it again: seatrial run scenarios/calm.toml --seed 1 --run 0"), "{told}");
    assert!(told.lines().count() <= 52);
}
