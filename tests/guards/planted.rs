//! Each bug planted in checks, sizing, breakers, pauses, valuation and booking changes what a trader
//! says or does here: what holds without it does not hold with it.
#![cfg(feature = "planted")]

use seatrial::market::planted::plant;
use seatrial::market::{
    Bug, Contract, Decision, Event, HostEvent, Intention, OrderKind, Price, Qty, RejectReason, ReportKind, Timestamp,
    TraderState, VenueMessage,
};

use crate::bench::{Ask, B, Bench, NOON, SECOND, USDT, X, config, instruments, money};
use crate::lose_to;

/// What is seen of a bug: the same question with and without it.
fn seen(bug: Bug) -> String {
    match bug {
        Bug::Critical1Minimum => Bench::spot(&[]).answer(&Ask::v01().notional("4")),
        Bug::Critical1Minimum2 => {
            let mut bench = Bench::spot(&[]);
            (0..2).for_each(|_| bench.reference(X, "0.40"));
            bench.answer(&Ask::long(X, "0.40", "0.388").notional("5.10"))
        }
        Bug::Critical3StaleReference => {
            let mut bench = Bench::spot(&[]);
            bench.after(6 * SECOND);
            bench.answer(&Ask::v01())
        }
        Bug::Critical3ThinBook => {
            let mut bench = Bench::spot(&[]);
            bench.open(&Ask::v01().at_market());
            format!("{}", bench.sent()[0].kind == OrderKind::Market)
        }
        Bug::Critical6Leverage | Bug::Critical6Fees => nets(),
        Bug::Critical9Validation => Bench::spot(&[]).answer(&Ask::v01().at("0")),
        Bug::Safety1Preflight => {
            let mut bench = Bench::spot(&[]);
            bench.control(seatrial::market::ControlAct::Halt);
            bench.answer(&Ask::v01().at_market())
        }
        Bug::Safety1Preflight2 => {
            let keys = config(&[]);
            let mut bench = Bench::holding(instruments(Contract::Spot), keys, &[(USDT, "1000")]);
            bench.quotes();
            bench.open(&Ask::v01().quantity(400_000));
            bench.trader.core().reserved(USDT, bench.now).to_string()
        }
        Bug::Safety2Size => Bench::spot(&[]).answer(&Ask::v01().notional("100")),
        Bug::GapPrecision => {
            let mut bench = Bench::spot(&[]);
            bench.quote(B, "45123.36", "45123.38");
            bench.open(&Ask::v01().at_market());
            format!("{:?}", bench.sent()[0].kind)
        }
        Bug::GapAuditTrail => {
            let mut bench = Bench::spot(&[]);
            bench.answer(&Ask::v01().notional("4"));
            bench.decisions().filter(|decision| matches!(decision, Decision::Denied(_))).count().to_string()
        }
        Bug::Design4StaleMark => {
            let mut bench = holding();
            let at = bench.now.0;
            for second in [60, 120] {
                bench.now = Timestamp(at + second * SECOND + SECOND);
                bench.step(&Event::Wake);
            }
            bench.decisions().filter(|decision| matches!(decision, Decision::Valued { .. })).count().to_string()
        }
        Bug::Design5RiskExits => {
            let mut bench = Bench::margin(&[("ceilings", "research"), ("breaker.daily", "95%")]);
            lose_to(&mut bench, "8000");
            bench.step(&Event::Host(HostEvent::Restarted));
            format!("{}", bench.trader.core().state() == TraderState::Halted)
        }
        Bug::RiskPendingCounts => {
            let mut bench = Bench::margin(&[]);
            bench.open(&Ask::v01());
            bench.answer(&Ask::v01().at("44999"))
        }
        Bug::RiskTrimOrder => Bench::spot(&[]).answer(&Ask::v01().notional("9000")),
        Bug::RiskCooldown2 => cooldowns(),
        Bug::RiskBreakerRace => {
            // The proposal comes in the very step of the loss.
            let mut bench = Bench::margin(&[]);
            lose_to(&mut bench, "9500.01");
            let paid = VenueMessage::Funding { instrument: B, at: NOON, paid: money("1") };
            bench.answer_in(&Ask::v01().quantity(1_000_000), &Event::Account(paid))
        }
        Bug::RiskThrottle => throttled(),
        Bug::RiskCloseIsClose => Bench::margin(&[]).answer(&Ask::exit(B, Intention::Close).stop("45900")),
        Bug::LedgerBust => {
            let mut bench = Bench::margin(&[]);
            let order = bench.open(&Ask::v01().quantity(1_000_000));
            bench.fill_whole(order);
            let execution = seatrial::market::VenueRef::numbered('E', bench.executions);
            let report = bench.report(order, None, ReportKind::Busted(execution));
            bench.tell(report);
            bench.decisions().filter(|decision| matches!(decision, Decision::Posted(_))).count().to_string()
        }
        other => panic!("{other:?} lives elsewhere"),
    }
}

fn holding() -> Bench {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill_whole(order);
    bench
}

/// Net results that are recorded of a round trip at leverage 2.
fn nets() -> String {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000).but(|proposal| proposal.leverage = 2));
    bench.fill_whole(order);
    let exit = bench.open(&Ask::exit(B, Intention::Close));
    bench.fill(exit, Qty(1_000_000), Price(4_510_000));
    let net = |decision: &Decision| match decision {
        Decision::Booked { net, .. } => Some(net.to_string()),
        _ => None,
    };
    bench.decisions().find_map(net).expect("a booking")
}

/// What cools down after a loss by fees only.
fn cooldowns() -> String {
    let mut bench = Bench::margin(&[]);
    bench.round_trip(&Ask::v01().quantity(1_000_000), "45000", "45001");
    bench.after(-3_600 * SECOND);
    format!("{:?}", bench.with_desk(|desk| desk.cooldown(B)))
}

/// Five entries, the sixth trips, and a minute later nobody re-armed.
fn throttled() -> String {
    let mut bench = Bench::spot(&[("risk.max_entries", "20"), ("risk.max_entries_per_instrument", "5")]);
    let mut answers = Vec::new();
    for place in 0..6 {
        let order = bench.submit(&Ask::v01().quantity(100_000 + place));
        if let Ok(order) = order {
            let report = bench.report(order, None, ReportKind::Rejected(RejectReason::PostOnlyWouldCross));
            bench.tell(report);
        }
        bench.after(2 * SECOND);
        bench.quotes();
    }
    bench.after(61 * SECOND);
    bench.quotes();
    answers.push(bench.answer(&Ask::v01().quantity(200_000)));
    answers.join("; ")
}

#[test]
fn each_planted_bug_is_seen() {
    let all = [
        Bug::Critical1Minimum,
        Bug::Critical1Minimum2,
        Bug::Critical3StaleReference,
        Bug::Critical3ThinBook,
        Bug::Critical6Leverage,
        Bug::Critical6Fees,
        Bug::Critical9Validation,
        Bug::Safety1Preflight,
        Bug::Safety1Preflight2,
        Bug::Safety2Size,
        Bug::GapPrecision,
        Bug::GapAuditTrail,
        Bug::Design4StaleMark,
        Bug::Design5RiskExits,
        Bug::RiskPendingCounts,
        Bug::RiskTrimOrder,
        Bug::RiskCooldown2,
        Bug::RiskBreakerRace,
        Bug::RiskThrottle,
        Bug::RiskCloseIsClose,
        Bug::LedgerBust,
    ];
    let mut unseen = Vec::new();
    for bug in all {
        plant(None);
        let sound = seen(bug);
        plant(Some(bug));
        // A bug may break a promise that is asserted: that is seen, too.
        let wrong = std::panic::catch_unwind(|| seen(bug)).unwrap_or_else(|_| "a panic".to_owned());
        plant(None);
        if wrong == sound {
            unseen.push((bug, sound));
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}
