//! How a strategy did, from its journal: figures counted by hand, and a change of equity that is explained to the last
//! digit, whatever happened.
//!
//! To repeat: `cargo test --test journal_performance`.
#![cfg(feature = "simulator")]
#![allow(clippy::too_many_lines, reason = "a story is told in one piece")]
#![allow(clippy::disallowed_methods, reason = "how many cases, the environment may say")]

mod journal_kit;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use expect_test::expect;
use journal_kit::story::{BTC, PERP, SPOT, Story, USD, USDT, full_story, money};
use rust_decimal::Decimal;
use seatrial::journal::{Body, Header, Journal, Record};
use seatrial::market::{
    Account, Cause, Decision, Event, Fee, Fill, Liquidity, OrderId, OrderState, Price, Qty, ReferenceEvent,
    RejectReason, ReportKind, Side, TickLots, TimeInForce, Timestamp, TransactionId, VenueRef,
};
use seatrial::metrics::{Attribution, Figures, Metrics};
use seatrial::scenario::Scenario;
use seatrial::sim;
use seatrial::swarm::Case;

fn observed(header: &Header, records: &[Record]) -> Metrics {
    let mut metrics = Metrics::new(header);
    for asset in [USD, USDT] {
        let rate = ReferenceEvent::Rate { asset, price: money("1") };
        metrics.observe(records[0].now, &Body::Event(Event::Reference(rate)));
    }
    for record in records {
        metrics.observe(record.now, &record.body);
    }
    metrics
}

fn figures(header: &Header, records: &[Record]) -> Figures {
    let (first, last) = (records[0].now, records[records.len() - 1].now);
    observed(header, records).figures((first, last))
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal in a test")
}

/// The parts of an attribution, and whether they sum to the change.
fn sum(attribution: &Attribution, without: Option<&str>) -> Decimal {
    attribution.parts().iter().filter(|(name, _)| Some(*name) != without).map(|(_, part)| decimal(part)).sum()
}

/// A fill whose fee is taken in base: of 0.02 BTC at 45 010 bought, 0.00002 is the fee.
fn bought_with_a_fee_in_base(story: &mut Story) {
    let (execution, price, qty) = (VenueRef::numbered('B', 1), Price(4_501_000), Qty(2_000_000));
    let fee = Some(Fee { asset: BTC, amount: money("0.00002") });
    story.order(30, SPOT, Side::Buy, 4_500_000, 2_000_000, TimeInForce::Gtc);
    story.filled(30, qty);
    story.report(
        30,
        ReportKind::Filled(Fill { execution, side: Side::Buy, price, qty, liquidity: Liquidity::Taker, fee }),
    );
    let entries = [
        (Account::Cash, BTC, money("0.02")),
        (Account::Market, BTC, money("-0.02")),
        (Account::Cash, USDT, money("-900.2")),
        (Account::Market, USDT, money("900.2")),
    ];
    story.post(Cause::Fill(execution), &entries);
    let entries = [(Account::Cash, BTC, money("-0.00002")), (Account::Fees, BTC, money("0.00002"))];
    story.post(Cause::Fee(execution), &entries);
    story.moved(30, 4, OrderState::Sent, OrderState::Filled);
    let (position, cost) = (Qty(1_998_000), TickLots(4_501_000 * 1_998_000));
    let (order, gross, net) = (OrderId(30), TickLots(0), money("0"));
    story.tell(Body::Decision(Decision::Booked { order, execution, position, cost, gross, net }));
}

/// The full story (fees of both kinds, partial fills, funding, roundings), then a spot fee in base, a deposit, a
/// correction, and a short on margin that is still open in the end, filled in two parts away from its reference.
fn mixed_story() -> Story {
    let mut story = full_story();
    bought_with_a_fee_in_base(&mut story);
    story.later();
    story.tell(Body::Market);
    let entries = |amount: &str| [(Account::Cash, USDT, money(amount)), (Account::External, USDT, -money(amount))];
    story.post(Cause::Transfer, &entries("250"));
    let entries = [(Account::Cash, USD, money("-0.5")), (Account::Unexplained, USD, money("0.5"))];
    story.post(Cause::Difference, &entries);
    story.order(31, PERP, Side::Sell, 4_440_000, 3_000_000, TimeInForce::Gtc);
    story.accepted(31);
    story.fill(31, 4_441_000, 1_000_000, Liquidity::Taker, OrderState::Live);
    story.fill(31, 4_440_000, 2_000_000, Liquidity::Maker, OrderState::Live);
    story.funding(PERP, "1.25");
    story
}

fn marked(header: &Header, records: &[Record]) -> Figures {
    let (first, last) = (records[0].now, records[records.len() - 1].now);
    let mut metrics = observed(header, records);
    metrics.mark(last, SPOT, 2 * 4_550_000);
    metrics.mark(last, PERP, 2 * 4_560_000 + 1);
    metrics.figures((first, last))
}

#[test]
fn a_change_of_equity_is_explained_to_the_last_digit() {
    let (header, records) = mixed_story().close();
    let attribution = marked(&header, &records).attribution.expect("everything has a rate");
    expect![[r#"
        {
          "change": "134.9485578",
          "edge": "-86.8232605001",
          "slippage": "42.5799807306",
          "fees_maker": "-11.44093135",
          "fees_taker": "-31.63073786",
          "funding": "-1.12654322",
          "interest": "0",
          "unrealised": "-26.10995",
          "transfers": "250",
          "rounding": "-0.0000000005",
          "corrections": "-0.5",
          "revaluation": "0",
          "unexplained": "0"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&attribution).expect("plain data"));
    assert!(attribution.is_whole());
    assert_eq!(sum(&attribution, None), decimal(&attribution.change));
    // A part left out is missed, each of them: but for what assets came to be worth, none of which moved here.
    for (name, part) in attribution.parts() {
        assert_eq!(decimal(part).is_zero(), ["interest", "revaluation"].contains(&name), "{name} is {part}");
        let whole = sum(&attribution, Some(name)) == decimal(&attribution.change);
        assert_eq!(whole, decimal(part).is_zero(), "without {name}");
    }
}

/// A fill that was booked and never heard, or postings that do not follow from what was, stay unexplained.
#[test]
fn what_does_not_follow_from_what_was_heard_stays_unexplained() {
    let (header, records) = mixed_story().close();
    let unexplained = |records: &[Record]| marked(&header, records).attribution.expect("a rate").unexplained;
    let fills = |record: &Record| match &record.body {
        Body::Event(Event::Report(report)) => matches!(report.kind, ReportKind::Filled(_)),
        _ => false,
    };
    for left_out in (0..records.len()).filter(|place| fills(&records[*place])) {
        let mut fewer = records.clone();
        fewer[left_out].body = Body::Event(Event::Wake);
        assert_ne!(unexplained(&fewer), "0", "without record {left_out}");
    }
    let spoilt = |spoil: fn(&mut seatrial::market::Posting) -> bool| {
        let mut spoilt = records.clone();
        let mut hit = 0;
        for record in &mut spoilt {
            if let Body::Decision(Decision::Posted(transaction)) = &mut record.body {
                hit += transaction.postings.iter_mut().filter_map(|posting| spoil(posting).then_some(())).count();
            }
        }
        assert!(hit > 0, "something is spoilt");
        unexplained(&spoilt)
    };
    for spoil in [
        (|posting| nudge(posting, Account::Cash)) as fn(&mut seatrial::market::Posting) -> bool,
        |posting| nudge(posting, Account::Fees),
        |posting| nudge(posting, Account::Funding),
        |posting| nudge(posting, Account::Rounding),
        |posting| nudge(posting, Account::Unexplained),
    ] {
        assert_ne!(spoilt(spoil), "0");
    }
}

fn nudge(posting: &mut seatrial::market::Posting, account: Account) -> bool {
    let hit = posting.account == account;
    if hit {
        posting.amount += money("0.01");
    }
    hit
}

/// By hand, of the full story: one trade on each market, both net of their fees and of funding.
#[test]
fn trades_run_from_nothing_to_nothing_and_are_net() {
    let (header, records) = full_story().close();
    let told = figures(&header, &records);
    let summary =
        observed(&header, &records).finish(seatrial::metrics::Outcome { events: 0, digest: 0, audit_breaches: 0 });
    assert_eq!(told.trades.net, summary.net_pnl, "everything was closed");
    expect![[r#"
        {
          "closed": [
            {
              "desk": 0,
              "symbol": "BTC/USDT",
              "opened_ns": 1704067200004000000,
              "closed_ns": 1704067260016000000,
              "net": "-72.6463592483"
            },
            {
              "desk": 0,
              "symbol": "BTC/USD",
              "opened_ns": 1704067260021000000,
              "closed_ns": 1704067260029000000,
              "net": "-9.6485329512"
            }
          ],
          "count": 2,
          "won": 0,
          "lost": 2,
          "net": "-82.2948921995",
          "hit_rate": 0.0,
          "profit_factor": 0.0,
          "expectancy": "-41.14744609",
          "best_trade_share": null,
          "best_day_share": null
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&told.trades).expect("plain data"));
    expect![[r#"
        {
          "fill_ratio": 0.738132586915346,
          "partial_fill_share": 0.5,
          "fill_ns": {
            "count": 6,
            "p50": 4000000,
            "p95": 4000000,
            "p99": 4000000,
            "max": 4000000
          },
          "ack_ns": {
            "count": 5,
            "p50": 2000000,
            "p95": 2000000,
            "p99": 2000000,
            "max": 2000000
          },
          "release_ns": {
            "count": 5,
            "p50": 2000000,
            "p95": 2000000,
            "p99": 2000000,
            "max": 2000000
          },
          "slippage": {
            "count": 8,
            "p50": "-0.00223327",
            "p95": "0",
            "p99": "0",
            "max": "0"
          },
          "maker_share": 0.33754954945564913,
          "orders": 6,
          "commands": 6,
          "rejected": {},
          "reject_rate": 0.0,
          "denied": {},
          "ambiguous": 0,
          "error_rate": 0.0,
          "naked_total_ns": 0,
          "naked_max_ns": 0,
          "held_ns": 60020000000,
          "stop_coverage": 0.0,
          "critical_alerts": 0
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&told.execution).expect("plain data"));
    let again: Figures = serde_json::from_str(&serde_json::to_string(&told).expect("plain data")).expect("its own");
    assert_eq!((again.trades.closed, again.attribution), (told.trades.closed, told.attribution));
}

/// What was there before counts by what its asset came to be worth; so does a balance of coins that stays.
#[test]
fn what_balances_came_to_be_worth_is_a_part_of_its_own() {
    let (header, records) = Story::new(&[(USDT, "10000"), (USD, "0"), (BTC, "0.5")]).close();
    let mut metrics = observed(&header, &records);
    metrics.mark(Timestamp(1), SPOT, 2 * 4_500_000);
    metrics.mark(Timestamp(2), SPOT, 2 * 4_500_100);
    let told = metrics.figures((Timestamp(0), Timestamp(3))).attribution.expect("a rate");
    assert_eq!((told.change.as_str(), told.revaluation.as_str(), told.unexplained.as_str()), ("0.5", "0.5", "0"));
}

/// A fee that the venue revises counts to the trade under way; a fill that is taken back is as if it had never been.
#[test]
fn corrections_are_explained_too() {
    let mut story = Story::new(&[(USDT, "10000"), (USD, "5000")]);
    for (instrument, id) in [(SPOT, 1), (PERP, 3)] {
        story.order(id, instrument, Side::Buy, 4_500_000, 1_000_000, TimeInForce::Gtc);
        story.fill(id, 4_500_000, 1_000_000, Liquidity::Taker, OrderState::Sent);
        story.order(id + 1, instrument, Side::Sell, 4_600_000, 400_000, TimeInForce::Gtc);
        story.fill(id + 1, 4_600_000, 400_000, Liquidity::Taker, OrderState::Sent);
    }
    let made = |records: &[Record], wanted: fn(&Cause) -> bool| {
        let posted = records.iter().rev().find_map(|record| match &record.body {
            Body::Decision(Decision::Posted(posted)) if wanted(&posted.cause) => Some(posted.clone()),
            _ => None,
        });
        posted.expect("a transaction of this cause")
    };
    let back = |story: &mut Story, of: &seatrial::market::Transaction| {
        let entries = of.postings.iter().map(|posting| (posting.account, posting.asset, -posting.amount));
        story.post(Cause::Reversal(of.id), &entries.collect::<Vec<_>>());
    };
    story.later();
    story.tell(Body::Event(Event::Wake));
    let fee = made(&story.records, |cause| matches!(cause, Cause::Fee(_)));
    back(&mut story, &fee);
    story.post(fee.cause, &[(Account::Cash, USD, money("-1.5")), (Account::Fees, USD, money("1.5"))]);
    // The last sale on margin is taken back, and the one on spot: profit, fee and quantity return.
    let settled = made(&story.records, |cause| matches!(cause, Cause::Settlement(_)));
    back(&mut story, &settled);
    let sold = made(&story.records, |cause| matches!(cause, Cause::Fill(_)));
    back(&mut story, &sold);
    let (header, records) = story.close();
    let told = marked(&header, &records).attribution.expect("a rate");
    assert_eq!(told.unexplained, "0", "{told:?}");
}

/// Equity at the close of days, and what a deposit does to it: nothing.
#[test]
fn days_close_and_deposits_earn_nothing() {
    const HOUR: i64 = 3_600_000;
    let mut story = Story::new(&[(USDT, "10000"), (USD, "0")]);
    story.order(1, SPOT, Side::Buy, 4_500_000, 10_000_000, TimeInForce::Ioc);
    story.fill(1, 4_500_000, 10_000_000, Liquidity::Taker, OrderState::Sent);
    let mut metrics = {
        let (header, records) = (story.header.clone(), story.records.clone());
        observed(&header, &records)
    };
    let at = |hours: i64| Timestamp(story.now().0 - story.now().0 % 86_400_000_000_000 + hours * HOUR * 1_000_000);
    metrics.mark(at(1), SPOT, 2 * 4_500_000);
    metrics.mark(at(23), SPOT, 2 * 4_600_000);
    metrics.mark(at(30), SPOT, 2 * 4_400_000);
    let deposit = seatrial::market::Transaction {
        id: TransactionId(99),
        at: at(31),
        desk: None,
        cause: Cause::Transfer,
        postings: [(Account::Cash, money("5000")), (Account::External, money("-5000"))]
            .map(|(account, amount)| seatrial::market::Posting { account, asset: USDT, amount })
            .to_vec(),
    };
    metrics.observe(at(31), &Body::Decision(Decision::Posted(deposit)));
    metrics.mark(at(47), SPOT, 2 * 4_400_000);
    metrics.mark(at(95), SPOT, 2 * 4_500_000);
    let told = metrics.figures((at(0), at(96)));
    let days: Vec<String> =
        told.days.iter().map(|day| format!("{} {} {}", day.date, day.equity, day.transferred)).collect();
    expect![[r"
        2024-01-01 10082 0
        2024-01-02 14882 5000
        2024-01-04 14982 0"]]
    .assert_eq(&days.join("\n"));
    let daily = told.returns.daily.clone().expect("equity is above zero");
    let expected = [10_082.0 / 10_000.0 - 1.0, 9_882.0 / 10_082.0 - 1.0, 14_982.0 / 14_882.0 - 1.0];
    assert!(daily.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12) && daily.len() == 3, "{daily:?}");
    assert_eq!(told.attribution.as_ref().map(|parts| parts.transfers.as_str()), Some("5000"));
    // From hour 23 of the first day to the end, for a deposit is no recovery.
    assert_eq!(told.drawdown_longest_ns, 72 * 3_600_000_000_000);
    let exposure = told.exposure.expect("time passed");
    assert!((0.999_999..1.0).contains(&exposure), "all but its first milliseconds: {exposure}");
    assert!(told.returns.sharpe.is_some() && told.returns.sharpe_error.is_some() && told.returns.calmar.is_some());
}

#[test]
fn rejections_are_counted_by_reason_and_once() {
    let mut story = Story::new(&[(USDT, "10000"), (USD, "0")]);
    for id in 1..=4 {
        story.order(id, SPOT, Side::Buy, 4_500_000, 10_000_000, TimeInForce::Gtc);
    }
    for (id, reason) in [(1, RejectReason::PriceBand), (1, RejectReason::PriceBand), (2, RejectReason::MinNotional)] {
        story.report(id, ReportKind::Rejected(reason));
    }
    let (header, records) = story.close();
    let told = figures(&header, &records).execution;
    let rejected: Vec<(&str, u64)> = told.rejected.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    assert_eq!(rejected, [("min notional", 1), ("price band", 1)]);
    assert_eq!((told.reject_rate, told.error_rate, told.fill_ratio), (Some(0.5), Some(0.5), Some(0.0)));
}

/// Every scenario of the catalogue, all of which have faults: whatever went wrong, nothing is unexplained.
#[test]
fn whatever_happens_nothing_is_unexplained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let listed = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).expect("a folder of scenarios");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect::<Vec<PathBuf>>()
    };
    let (mut wrong, mut explained, mut causes) = (Vec::new(), 0, BTreeSet::new());
    for path in ["review", "swarm", "margin"].into_iter().flat_map(listed) {
        let nowhere = Path::new("a scenario of the catalogue needs no data");
        let scenario = Scenario::read(&path).unwrap_or_else(|all| panic!("{}: {all:?}", path.display()));
        let setup = scenario.setup(nowhere, nowhere, None, 0).unwrap_or_else(|all| panic!("{all:?}"));
        let mut outcome = sim::run(&setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
        let told = outcome.metrics.figures(outcome.period);
        for down in told.uptime.down.keys() {
            causes.insert(down.clone());
        }
        match told.attribution {
            Some(told) if told.is_whole() => explained += 1,
            Some(told) => wrong.push(format!("{}: {told:?}", path.display())),
            None => wrong.push(format!("{}: no attribution", path.display())),
        }
    }
    assert!(wrong.is_empty(), "{explained} explained, {} not:\n{}", wrong.len(), wrong.join("\n"));
    assert!(causes.contains("crashed") && causes.contains("starting"), "{causes:?}");
}

/// Hours of trading under faults: `SWARM=100 cargo test --test journal_performance` tries more.
#[test]
fn nothing_is_unexplained_in_a_swarm() {
    let cases = std::env::var("SWARM").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2);
    let mut wrong = Vec::new();
    for case in (1..=cases).flat_map(|seed| [Case::draw(seed), Case::draw(seed).beside_another()]) {
        let setup = case.setup().expect("a case is a scenario");
        let mut outcome = sim::run(&setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
        let told = outcome.metrics.figures(outcome.period);
        let whole = told.attribution.as_ref().is_some_and(Attribution::is_whole);
        let covered = told.execution.stop_coverage.is_none_or(|share| (0.0..=1.0).contains(&share));
        if !whole || !covered || told.uptime.share.is_none() {
            wrong.push(format!("{:?} {:?}: {told:?}", case.contract, case.market.0));
        }
    }
    assert!(wrong.is_empty(), "{} not explained:\n{}", wrong.len(), wrong.join("\n"));
}
