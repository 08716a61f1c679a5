//! V-32, V-33, and the table of breakers: when each trips, what it does, how it resets.

use seatrial::market::{
    Breaker, ControlAct, Decision, Period, RejectReason, ReportKind, Severity, Timestamp, TraderState,
};

use crate::bench::{Ask, B, Bench, NOON, SECOND, X, decimal};
use crate::{alerts, lose_to, wake_at};

const DAY: i64 = 86_400 * SECOND;
/// Midnight after the bench's noon; 15 November 2023, a Wednesday.
const MIDNIGHT: Timestamp = Timestamp(NOON.0 + DAY / 2);
/// The Monday after it.
const MONDAY: Timestamp = Timestamp(MIDNIGHT.0 + 5 * DAY);

/// Room for everything but the breaker in question.
const FREE: [(&str, &str); 4] =
    [("ceilings", "research"), ("breaker.daily", "95%"), ("breaker.weekly", "95%"), ("risk.project_losses", "false")];

fn active(bench: &Bench) -> Vec<Breaker> {
    bench.trader.core().breakers().map(|(breaker, _)| breaker).collect()
}

/// What the last step says of breakers: which, on or off, measured, limit.
fn said(bench: &Bench) -> Vec<(Breaker, bool, String, String)> {
    let breaker = |decision: &Decision| match decision {
        Decision::Breaker { breaker, active, measured, limit, .. } => {
            Some((*breaker, *active, measured.to_string(), limit.to_string()))
        }
        _ => None,
    };
    bench.decisions().filter_map(breaker).collect()
}

/// V-32: 9 500.01 is 4.9999 %, 9 500.00 is 5 %, 9 550.00 asks for 0.10 more confidence.
#[test]
fn v_32_daily_loss() {
    let mut bench = Bench::margin(&[]);
    lose_to(&mut bench, "9500.01");
    assert_eq!(active(&bench), []);
    lose_to(&mut bench, "9500.00");
    assert_eq!(said(&bench), [(Breaker::DailyLoss, true, "500".into(), "500".into())]);
    let text = alerts(&bench, Severity::Critical);
    assert_eq!(text, ["BK-1 daily loss: 500 against 500; entries are denied; it resets at the next daily boundary"]);
    let since = bench.now;
    let expected =
        format!("CK-05 BTC/USDT: 500 against 500; BK-1 daily loss since {since}; it resets at the next daily boundary");
    assert_eq!(bench.answer(&Ask::v01()), expected);

    let mut bench = Bench::margin(&[]);
    lose_to(&mut bench, "9550.01");
    assert!(!bench.trader.core().near_daily_limit());
    lose_to(&mut bench, "9550.00");
    let words = "loss of the day, breaker.near of breaker.daily: 450 against 450 in account currency; nothing was done";
    assert_eq!(alerts(&bench, Severity::Warning), [words]);
    let ask = |confidence| Ask::v01().quantity(1_000_000).believing(confidence, seatrial::market::Regime::TrendingBull);
    let text = bench.answer(&ask("0.69"));
    assert!(text.starts_with("CK-17 BTC/USDT: 0.69 against 0.7 confidence; regime 0.60, losses 0"), "{text}");
    let text = bench.answer(&ask("0.70"));
    assert!(!text.starts_with("CK-17"), "{text}");
}

/// V-33: leverage by drawdown, and the drawdown that halts.
#[test]
fn v_33_drawdown() {
    let leverage = |equity: &str| {
        let mut bench = Bench::margin(&FREE);
        bench.transfer_to("12000");
        lose_to(&mut bench, equity);
        bench.open(&Ask::v01().quantity(1_000_000).but(|proposal| proposal.leverage = 5));
        bench.sent()[0].leverage
    };
    assert_eq!(["11400.01", "11400", "10800", "10200"].map(leverage), [5, 3, 2, 1]);
    for (equity, trips, lost) in [("9600.01", false, ""), ("9600", true, "2400"), ("-600", true, "12600")] {
        let mut bench = Bench::margin(&FREE);
        bench.transfer_to("12000");
        lose_to(&mut bench, equity);
        assert_eq!(active(&bench).contains(&Breaker::Drawdown), trips, "{equity}");
        let halted = bench.trader.core().state() == TraderState::Halted;
        assert_eq!(halted, trips, "{equity}");
        if trips {
            let row = (Breaker::Drawdown, true, lost.to_owned(), "2400".to_owned());
            assert!(said(&bench).contains(&row), "{:?}", said(&bench));
        }
    }
    let mut ruined = Bench::margin(&[]);
    lose_to(&mut ruined, "0");
    assert_eq!(active(&ruined), [Breaker::DailyLoss, Breaker::WeeklyLoss, Breaker::Drawdown], "nothing is left");
}

/// Deposits and withdrawals are neither loss nor profit, and move the peak.
#[test]
fn transfers_are_no_loss() {
    let mut bench = Bench::margin(&[]);
    bench.transfer_to("6000");
    assert_eq!(active(&bench), []);
    assert_eq!(bench.trader.core().drawdown(), Some((decimal("0"), decimal("6000"))));
    bench.transfer_to("10000");
    lose_to(&mut bench, "9500.01");
    assert_eq!(active(&bench), []);
    bench.transfer_to("9400");
    assert_eq!(active(&bench), []);
    lose_to(&mut bench, "9399.99");
    assert_eq!(active(&bench), [Breaker::DailyLoss], "499.99 and 0.01 are the limit of 10 000");
}

/// BK-1 ends with its day, and a new day counts from what there is then.
#[test]
fn a_day_begins_at_midnight() {
    let mut bench = Bench::margin(&[("breaker.weekly", "10%")]);
    lose_to(&mut bench, "9500");
    bench.control(ControlAct::ResetBreaker(Breaker::DailyLoss));
    assert_eq!(active(&bench), [Breaker::DailyLoss], "no operator resets it");
    assert_eq!(alerts(&bench, Severity::Warning).len(), 1, "and is told so");
    wake_at(&mut bench, Timestamp(MIDNIGHT.0 - 1));
    assert_eq!(active(&bench), [Breaker::DailyLoss]);
    wake_at(&mut bench, MIDNIGHT);
    assert_eq!(said(&bench), [(Breaker::DailyLoss, false, "500".into(), "500".into())]);
    let began: Vec<&Decision> =
        bench.decisions().filter(|decision| matches!(decision, Decision::PeriodBegan { .. })).collect();
    let equity = crate::money("9500");
    assert_eq!(began, [&Decision::PeriodBegan { period: Period::Day, at: MIDNIGHT, equity }]);
    lose_to(&mut bench, "9025.01");
    assert_eq!(active(&bench), [], "five percent of 9 500 are 475");
    lose_to(&mut bench, "9025");
    assert_eq!(active(&bench), [Breaker::DailyLoss]);
}

/// BK-2 waits for Monday and for an operator after it.
#[test]
fn a_weekly_loss_needs_monday_and_an_operator() {
    let mut bench = Bench::margin(&FREE[..2]);
    lose_to(&mut bench, "9000.01");
    assert_eq!(active(&bench), []);
    lose_to(&mut bench, "9000");
    assert_eq!(said(&bench), [(Breaker::WeeklyLoss, true, "1000".into(), "1000".into())]);
    let reset = |bench: &mut Bench| bench.control(ControlAct::ResetBreaker(Breaker::WeeklyLoss));
    reset(&mut bench);
    assert_eq!(active(&bench), [Breaker::WeeklyLoss], "Monday has not come");
    for day in 0..=5 {
        wake_at(&mut bench, Timestamp(MIDNIGHT.0 + day * DAY));
    }
    assert_eq!(bench.now, MONDAY);
    assert_eq!(active(&bench), [Breaker::WeeklyLoss], "nobody has reset it");
    reset(&mut bench);
    assert_eq!(active(&bench), []);
}

/// BK-3: the peak begins again where the account is; trading does not.
#[test]
fn a_drawdown_is_reset_by_an_operator() {
    let mut bench = Bench::margin(&FREE);
    lose_to(&mut bench, "8000");
    assert_eq!(bench.trader.core().state(), TraderState::Halted);
    bench.control(ControlAct::ResetBreaker(Breaker::Drawdown));
    let peak =
        |decision: &Decision| matches!(decision, Decision::PeakRestarted { equity } if *equity == crate::money("8000"));
    assert!(bench.decisions().any(peak));
    assert_eq!(active(&bench), []);
    assert_eq!(bench.trader.core().state(), TraderState::Halted, "to trade again is an act of its own");
    lose_to(&mut bench, "6400.01");
    assert_eq!(active(&bench), []);
    lose_to(&mut bench, "6400");
    assert_eq!(active(&bench), [Breaker::Drawdown]);
}

/// BK-5: the third intent in a row that the venue rejects; a pause of 15 minutes, whose end is free.
#[test]
fn execution_errors_pause_entries() {
    let rejected = |bench: &mut Bench, place: i64, reason| {
        bench.after(SECOND);
        bench.quotes_quietly();
        let order = bench.open(&Ask::long(X, "0.60", "0.588").quantity(100 + place));
        let report = bench.report(order, None, ReportKind::Rejected(reason));
        bench.tell(report);
    };
    let mut bench = Bench::margin(&[("throttle.max_entries", "50")]);
    rejected(&mut bench, 1, RejectReason::InsufficientBalance);
    rejected(&mut bench, 2, RejectReason::PostOnlyWouldCross);
    rejected(&mut bench, 3, RejectReason::PriceBand);
    assert_eq!(active(&bench), [], "a post-only refusal is the price of quoting");
    rejected(&mut bench, 4, RejectReason::MinQty);
    assert_eq!(said(&bench), [(Breaker::ExecutionErrors, true, "3".into(), "3".into())]);
    let tripped = bench.now;
    let text = bench.answer(&Ask::v01());
    let end = tripped.0 + 900 * SECOND;
    let words = format!("BK-5 execution errors since {tripped}; it resets by time at {}", Timestamp(end));
    assert_eq!(text, format!("CK-05 BTC/USDT: 3 against 3; {words}"));
    bench.now = Timestamp(end - 1);
    bench.quotes_quietly();
    assert!(bench.answer(&Ask::v01()).starts_with("CK-05"));
    wake_at(&mut bench, Timestamp(end));
    assert_eq!(said(&bench), [(Breaker::ExecutionErrors, false, "3".into(), "3".into())]);
    assert_eq!(bench.answer(&Ask::v01()), "passes");
}

/// An order that was taken ends the run of errors.
#[test]
fn an_accepted_order_ends_the_run() {
    let mut bench = Bench::margin(&[("throttle.max_entries", "50")]);
    for place in 0..6 {
        bench.after(SECOND);
        bench.quotes_quietly();
        let order = bench.open(&Ask::long(X, "0.60", "0.588").quantity(100 + place));
        if place % 2 == 0 {
            bench.accept(order);
            bench.cancelled(order);
        } else {
            let report = bench.report(order, None, ReportKind::Rejected(RejectReason::MinQty));
            bench.tell(report);
        }
    }
    assert_eq!(active(&bench), []);
}

/// BK-6: the venue's word stops entries until an operator resets it.
#[test]
fn the_venue_says_stop() {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01());
    let report = bench.report(order, None, ReportKind::Rejected(RejectReason::Permission));
    bench.tell(report);
    assert_eq!(active(&bench), [Breaker::StopEverything]);
    assert_eq!(bench.trader.core().state(), TraderState::ReduceOnly);
    assert!(bench.answer(&Ask::v01()).starts_with("CK-04"));
    bench.control(ControlAct::ResetBreaker(Breaker::StopEverything));
    assert_eq!((active(&bench), bench.trader.core().state()), (vec![], TraderState::Armed));
}

/// BK-4 is recorded at its steps and ends with a win.
#[test]
fn losses_in_a_row_are_recorded() {
    let mut bench = Bench::margin(&[("breaker.daily", "5%")]);
    let ask = Ask::long(B, "45000", "44100").quantity(1_000_000).believing("1", seatrial::market::Regime::TrendingBull);
    let limits: Vec<Option<String>> = (0..6)
        .map(|trip| {
            bench.round_trip(&ask, "45000", if trip == 5 { "46000" } else { "44990" });
            let core = bench.trader.core();
            let limit = core.breakers().find(|(breaker, _)| *breaker == Breaker::ConsecutiveLosses);
            limit.map(|(_, trip)| trip.limit.to_string())
        })
        .collect();
    let three = Some("3".to_owned());
    assert_eq!(limits, [None, None, three.clone(), three, Some("5".to_owned()), None]);
}
