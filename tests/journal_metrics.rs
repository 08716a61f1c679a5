//! The figures of a run: counted, exact, and equal to the change of equity.
#![cfg(feature = "simulator")]
#![allow(clippy::too_many_lines, reason = "a story is told in one piece")]

mod journal_kit;

use expect_test::expect;
use journal_kit::story::{BTC, PERP, SPOT, Story, USD, USDT, full_story, money};
use rust_decimal::Decimal;
use seatrial::journal::{Body, Header, Record};
use seatrial::market::{
    Account, Cause, Check, Command, Decision, Denied, DeskId, Event, IntentId, Liquidity, NewOrder, OrderId,
    OrderState, Purpose, ReferenceEvent, RejectReason, ReportKind, RiskPassId, Side, Span, TimeInForce, Timestamp,
};
use seatrial::metrics::{Metrics, Outcome, Summary};

const OUTCOME: Outcome = Outcome { events: 1_000, digest: 0xabc, audit_breaches: 0 };

fn rate(asset: seatrial::market::AssetId, price: &str) -> Body {
    Body::Event(Event::Reference(ReferenceEvent::Rate { asset, price: money(price) }))
}

fn observed(header: &Header, records: &[Record]) -> Metrics {
    let mut metrics = Metrics::new(header);
    metrics.observe(Timestamp(0), &rate(USD, "1"));
    for record in records {
        metrics.observe(record.now, &record.body);
    }
    metrics
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal in a test")
}

/// From flat to flat in two currencies of one worth: net is the change of equity but for what
/// rounding moved.
#[test]
fn a_story_comes_to_its_change_of_equity() {
    let (header, records) = full_story().close();
    let summary = observed(&header, &records).finish(OUTCOME);
    let rounding = |record: &Record| match &record.body {
        Body::Decision(Decision::Posted(transaction)) => {
            let rounded = transaction.postings.iter().filter(|posting| posting.account == Account::Rounding);
            rounded.map(|posting| posting.amount.decimal()).sum()
        }
        _ => Decimal::ZERO,
    };
    let rounded: Decimal = records.iter().map(rounding).sum();
    assert!(!rounded.is_zero(), "the story rounds");
    let equity = |text: &Option<String>| decimal(text.as_deref().expect("everything has a rate"));
    let change = equity(&summary.equity_end) - equity(&summary.equity_start);
    assert_eq!(change, decimal(&summary.net_pnl) - rounded);
    expect![[r#"
        {
          "scenario": "calm",
          "seed": 1,
          "run": 0,
          "digest": "0000000000000abc",
          "events": 1000,
          "orders": 6,
          "fills": 8,
          "partial_fills": 4,
          "rejections": 0,
          "denials": 0,
          "gross_pnl": "-44.2432797695",
          "fees": "38.17506921",
          "funding": "-0.12345678",
          "net_pnl": "-82.2948921995",
          "equity_start": "15000",
          "equity_end": "14917.7051078",
          "max_drawdown": "0.00548632",
          "position_end": {
            "BTC/USD": "0",
            "BTC/USDT": "0"
          },
          "audit_breaches": 0,
          "order_statistics": {
            "ack_ns": {
              "count": 5,
              "p50": 2000000,
              "p99": 2000000,
              "max": 2000000
            },
            "fill_ns": {
              "count": 6,
              "p50": 4000000,
              "p99": 4000000,
              "max": 4000000
            },
            "slippage": {
              "count": 8,
              "p50": "-0.00223327",
              "p99": "0",
              "max": "0"
            },
            "retries": 0,
            "budget_wait_ns": {
              "count": 0,
              "p50": null,
              "p99": null,
              "max": null
            },
            "naked_ns": {
              "count": 0,
              "p50": null,
              "p99": null,
              "max": null
            },
            "denials": {},
            "alerts": {
              "critical": 0,
              "info": 0,
              "warning": 0
            }
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&summary).expect("plain data"));
    let again: Summary = serde_json::from_str(&serde_json::to_string(&summary).expect("plain data")).expect("its own");
    assert_eq!(again, summary);
}

/// Open positions count at their mark: V-58 on spot, and the same short on margin.
#[test]
fn open_positions_count_at_their_mark() {
    let mut story = Story::new(&[(USDT, "10000"), (USD, "0")]);
    story.order(1, SPOT, Side::Buy, 4_500_000, 10_000_000, TimeInForce::Ioc);
    story.fill(1, 4_500_000, 10_000_000, Liquidity::Taker, OrderState::Sent);
    let (header, records) = story.close();
    let mut metrics = observed(&header, &records);
    metrics.mark(Timestamp(0), SPOT, 2 * 4_550_000);
    assert_eq!(metrics.equity().map(|equity| equity.to_string()).as_deref(), Some("10032"));
    metrics.mark(Timestamp(0), SPOT, 9_000_001);
    metrics.mark(Timestamp(0), SPOT, 2 * 4_000_000);
    let summary = metrics.finish(OUTCOME);
    assert_eq!((summary.gross_pnl.as_str(), summary.net_pnl.as_str()), ("-500", "-518"));
    assert_eq!(summary.equity_end.as_deref(), Some("9482"));
    // From the peak of 10 032 to 9 482: 550 / 10 032.
    assert_eq!(summary.max_drawdown, "0.05482456");
    assert_eq!(summary.position_end.get("BTC/USDT").map(String::as_str), Some("0.1"));

    let mut story = Story::new(&[(USDT, "0"), (USD, "10000")]);
    story.order(1, PERP, Side::Sell, 4_500_000, 10_000_000, TimeInForce::Ioc);
    story.fill(1, 4_500_000, 10_000_000, Liquidity::Taker, OrderState::Sent);
    let (header, records) = story.close();
    let mut metrics = observed(&header, &records);
    metrics.mark(Timestamp(0), PERP, 2 * 4_400_000);
    assert_eq!(metrics.equity().map(|equity| equity.to_string()).as_deref(), Some("10082"));
}

#[test]
fn refusals_are_counted_by_who_refused() {
    let mut story = Story::new(&[(USDT, "10000")]);
    story.order(1, SPOT, Side::Buy, 4_500_000, 10_000_000, TimeInForce::Gtc);
    story.report(1, ReportKind::Rejected(RejectReason::PriceBand));
    story.moved(1, 2, OrderState::Sent, OrderState::Rejected);
    story.report(1, ReportKind::Rejected(RejectReason::PriceBand));
    story.moved(1, 2, OrderState::Rejected, OrderState::Rejected);
    let (desk, check) = (DeskId(0), Check::Entry(11));
    story.tell(Body::Decision(Decision::Denied(Denied {
        proposal: None,
        desk,
        instrument: SPOT,
        check,
        text: String::new(),
    })));
    let (header, records) = story.close();
    let summary = observed(&header, &records).finish(OUTCOME);
    assert_eq!((summary.orders, summary.fills, summary.rejections, summary.denials), (1, 0, 1, 1));
    assert_eq!(summary.equity_end.as_deref(), Some("10000"));
}

/// A deposit is no profit and no recovery; an asset without a rate is named, never assumed.
#[test]
fn transfers_move_the_peak_and_unknown_rates_are_named() {
    let mut story = Story::new(&[(USDT, "10000")]);
    story.order(1, SPOT, Side::Buy, 4_500_000, 10_000_000, TimeInForce::Ioc);
    story.fill(1, 4_500_000, 10_000_000, Liquidity::Taker, OrderState::Sent);
    story.tell(Body::Market);
    story.post(Cause::Transfer, &[(Account::Cash, USDT, money("5000")), (Account::External, USDT, money("-5000"))]);
    let (header, records) = story.close();
    let mut metrics = observed(&header, &records);
    metrics.mark(Timestamp(0), SPOT, 2 * 3_000_000);
    // Peak 10 000 and the deposit; equity 15 000 − 18 − 1 500.
    assert_eq!(metrics.max_drawdown().to_string(), "0.1012");
    assert_eq!(metrics.finish(OUTCOME).net_pnl, "-1518");

    let mut story = Story::new(&[(BTC, "1"), (USD, "7")]);
    story.post(Cause::Transfer, &[(Account::Cash, USD, money("-7")), (Account::Fees, USD, money("7"))]);
    let (header, records) = story.close();
    let mut metrics = Metrics::new(&header);
    for record in &records {
        metrics.observe(record.now, &record.body);
    }
    assert_eq!(metrics.equity(), None, "BTC has no mark yet");
    let summary = metrics.finish(OUTCOME);
    assert_eq!((summary.equity_end, summary.unvalued), (None, vec!["USD".to_owned()]));
}

/// By hand: acks and fills take two to six milliseconds; the exit and both entries trade at their
/// references; one position was naked for seven seconds, and one is so for the last four.
#[test]
fn what_became_of_orders_on_their_way() {
    let mut story = journal_kit::guarded::guarded_story();
    let (desk, check) = (DeskId(0), Check::Entry(22));
    let denied = Denied { proposal: None, desk, instrument: SPOT, check, text: String::new() };
    for decision in [
        Decision::Denied(denied.clone()),
        Decision::Denied(Denied { check: Check::Exit(4), ..denied.clone() }),
        Decision::Denied(denied),
        Decision::Retrying { intent: IntentId(5), attempt: 1, at: story.now() },
        Decision::Naked { desk, instrument: SPOT, since: story.now() },
        Decision::Covered { desk, instrument: SPOT, after: Span::from_secs(7) },
        Decision::Naked { desk, instrument: PERP, since: story.now() },
    ] {
        story.tell(Body::Decision(decision));
    }
    let mut exit = NewOrder { id: OrderId(20), ..story.the(10) };
    exit.risk_pass = RiskPassId(20);
    let (intent, purpose, pass) = (IntentId(20), Purpose::Exit, RiskPassId(20));
    let intended = Decision::Intended { intent, proposal: None, purpose, desk, pass, order: exit, twice_reference: 2 };
    story.tell(Body::Decision(intended));
    story.wait(4_000);
    story.tell(Body::Event(Event::Wake));
    story.tell(Body::Command(Command::New(exit)));
    let (header, records) = story.close();
    let told = observed(&header, &records).finish(OUTCOME).order_statistics;
    let line = "ack 2/4/4 ms; first fill 4/6/6 ms; slippage 0 to 0; naked 4000/7000/7000 ms; 1 retries; \
                denied: 2 CK-22, 1 EC-4; alerts: 1 critical";
    assert_eq!(told.to_string(), line);
    assert_eq!((told.budget_wait_ns.count, told.budget_wait_ns.max), (1, Some(4_000_000_000)));
}
