//! Laws of a whole run: one seed one digest, guards change nothing, a replay acts the same, the
//! audit is clean, and time and delays are what they say.
//!
//! To repeat: `cargo test --test sim_laws`.
#![cfg(feature = "simulator")]
#![allow(clippy::large_stack_arrays, reason = "a table of setups")]

mod trial;

use std::sync::Arc;

use seatrial::audit::audit_records;
use seatrial::data::{Records, Row, RowKind};
use seatrial::journal::{Body, Journal, Record};
use seatrial::market::{
    Alert, Asset, AssetId, Balance, Command, Contract, Decision, Event, FeeAsset, MarketEvent, Money, Price, Qty, Rate,
    ReportKind, SessionState, Severity, Side, Span, Timestamp, VenueMessage,
};
use seatrial::replay::replay;
use seatrial::sim::latency::Latency;
use seatrial::sim::{Outcome, Setup, SimError, run};
use trial::{
    agents_setup, bar_tape, grid_setup, inverse_setup, l2_tape, order_tape, regime_setup, reverter_setup, setup,
};

/// Every kind of run there is so far.
fn kinds(seed: u64) -> Vec<(&'static str, Setup)> {
    vec![
        ("quoter, spot", setup(l2_tape(seed), Contract::Spot, "quoter")),
        ("quoter, linear", setup(l2_tape(seed), Contract::Linear, "quoter")),
        ("quoter, orders", setup(order_tape(seed), Contract::Spot, "quoter")),
        ("quoter, agents", agents_setup(seed)),
        ("ema_flip, spot", setup(bar_tape(seed), Contract::Spot, "ema_flip")),
        ("ema_flip, linear", setup(bar_tape(seed), Contract::Linear, "ema_flip")),
        ("quoter, inverse", inverse_setup(l2_tape(seed), "quoter", true)),
        ("ema_flip, inverse", inverse_setup(bar_tape(seed), "ema_flip", false)),
        ("grid, spot", grid_setup(l2_tape(seed), Contract::Spot)),
        ("grid, linear", grid_setup(l2_tape(seed), Contract::Linear)),
        ("mean_reversion, bars", reverter_setup(bar_tape(seed), Contract::Linear, &[("timeout", "30min")])),
    ]
}

fn ran(setup: &Setup) -> Outcome {
    run(setup, Journal::recording()).unwrap_or_else(|error| panic!("{}: {error}", setup.strategy.name))
}

fn records(setup: &Setup) -> Vec<Record> {
    ran(setup).journal.into_records()
}

fn count(records: &[Record], wanted: impl Fn(&Body) -> bool) -> usize {
    records.iter().filter(|record| wanted(&record.body)).count()
}

const fn is_fill(body: &Body) -> bool {
    matches!(body, Body::Truth(report) if matches!(report.kind, ReportKind::Filled(_)))
}

#[test]
fn one_seed_one_digest_and_guards_change_nothing() {
    for seed in [1, 2] {
        for (kind, setup) in kinds(seed) {
            let first = ran(&setup);
            let again = ran(&setup);
            let bare = ran(&Setup { guards: false, ..setup.clone() });
            let kept_nothing = run(&setup, Journal::in_memory()).expect("it ran before");
            assert_eq!(first.digest, again.digest, "{kind}, seed {seed}: twice");
            assert_eq!(first.digest, bare.digest, "{kind}, seed {seed}: guards off");
            assert_eq!(first.digest, kept_nothing.digest, "{kind}, seed {seed}: journal not kept");
            assert_eq!((first.events, first.records), (bare.events, bare.records), "{kind}, seed {seed}");
            let other = ran(&Setup { run: 1, ..setup });
            assert_ne!(first.digest, other.digest, "{kind}, seed {seed}: another run draws other delays");
        }
    }
}

#[test]
fn every_run_trades_to_its_end_and_breaks_no_law() {
    for (kind, setup) in kinds(3) {
        let records = records(&setup);
        let (first, last) = setup.tapes[0].tape.range().expect("a tape with records");
        let fills: Vec<Timestamp> = records.iter().filter(|record| is_fill(&record.body)).map(|r| r.now).collect();
        assert!(fills.len() >= 5, "{kind}: {} fills", fills.len());
        let late = first.after(Span(last.since(first).0 / 4 * 3));
        assert!(fills.last().is_some_and(|at| *at > late), "{kind}: the last fill is long before the end");
        let Body::Header(header) = &records[0].body else { panic!("{kind}: no header") };
        let report = audit_records(header, &records);
        assert!(report.is_clean(), "{kind}: {report}");
        assert!(report.checked() > 1_000, "{kind}: {} checks", report.checked());
    }
}

// proves: gap-audit-trail
#[test]
fn a_replay_acts_the_same_and_finds_what_was_changed() {
    for (kind, setup) in kinds(4) {
        let records = records(&setup);
        let actions =
            |body: &Body| matches!(body, Body::Decision(_) | Body::Command(_) | Body::Wake(_) | Body::Alert(_));
        let parity = replay(&setup, &records).expect("the strategy is known");
        assert_eq!(parity.difference, None, "{kind}");
        assert_eq!(parity.identical, count(&records, actions) as u64, "{kind}");
        // A changed decision, a missing one, and one too many are each found where they stand.
        let middle = records.iter().rposition(|r| matches!(r.body, Body::Command(_))).expect("a run sends");
        let mut changed = records.clone();
        changed[middle].body = Body::Command(Command::CancelAll(None));
        let mut missing = records.clone();
        missing.remove(middle);
        let mut doubled = records.clone();
        doubled.insert(middle, records[middle].clone());
        for (what, tampered) in [("changed", changed), ("missing", missing), ("doubled", doubled)] {
            let parity = replay(&setup, &tampered).expect("the strategy is known");
            assert!(parity.difference.is_some(), "{kind}: {what} record {middle} went unseen");
        }
    }
}

/// In a market with days, auctions, a band and halts the trader is kept from much; what it does is replayed and lawful.
#[test]
fn a_market_with_days_is_one_run_that_replays_and_breaks_no_law() {
    for seed in [1, 2] {
        let setup = regime_setup(seed);
        let (first, bare) = (ran(&setup), ran(&Setup { guards: false, ..setup.clone() }));
        assert_eq!((first.digest, first.events), (bare.digest, bare.events), "seed {seed}: guards off");
        let records = first.journal.into_records();
        let fills = count(&records, is_fill);
        assert!(fills >= 5, "seed {seed}: {fills} fills");
        for wanted in [SessionState::PostOnly, SessionState::Open, SessionState::Halted, SessionState::CancelOnly] {
            let heard = |body: &Body| {
                let Body::Event(Event::Account(VenueMessage::Session { state, .. })) = body else { return false };
                *state == wanted
            };
            assert!(count(&records, heard) > 0, "seed {seed}: {wanted:?}");
        }
        let parity = replay(&setup, &records).expect("the strategy is known");
        assert_eq!(parity.difference, None, "seed {seed}");
        let Body::Header(header) = &records[0].body else { panic!("no header") };
        let named = header.profiles.iter().find(|profile| profile.name == "agents").expect("it names its agents");
        for part in ["icebergs", "hidden", "days of 80s", "band 0.15%", "halt of 3s at 0.08%"] {
            assert!(named.stamp.contains(part), "{part} in {}", named.stamp);
        }
        let report = audit_records(header, &records);
        assert!(report.is_clean() && report.checked() > 1_000, "seed {seed}: {report}");
    }
}

#[test]
fn a_trader_that_acts_where_the_record_shows_nothing_is_found() {
    let setup = setup(l2_tape(5), Contract::Linear, "quoter");
    let records = records(&setup);
    let market = records.iter().position(|record| record.body == Body::Market).expect("the quoter acts on quotes");
    let end = records[market + 1..].iter().position(|r| matches!(r.body, Body::Event(_) | Body::Market));
    let mut silent = records.clone();
    silent.drain(market..=market + end.expect("something follows"));
    let parity = replay(&setup, &silent).expect("the strategy is known");
    assert!(parity.difference.is_some());
}

/// X5: nothing has an effect before its sending and its delay.
#[test]
fn delays_are_what_they_say() {
    let mut setup = setup(l2_tape(6), Contract::Spot, "quoter");
    let delay = |millis| Latency::constant(Span::from_millis(millis)).expect("not below zero");
    setup.latency.decision = delay(1);
    setup.latency.order_entry = delay(7);
    setup.latency.report = delay(11);
    let records = records(&setup);
    let mut sent = None;
    let (mut entries, mut reports) = (0, 0);
    for record in &records {
        match &record.body {
            Body::Command(Command::New(order)) => sent = Some((order.id, record.now)),
            Body::Truth(report) => {
                if let (Some((id, at)), ReportKind::Accepted) = (sent, report.kind)
                    && id == report.order
                {
                    assert_eq!(record.now, at.after(Span::from_millis(8)), "decision 1 ms, order entry 7 ms");
                    entries += 1;
                }
            }
            Body::Event(Event::Report(report)) => {
                assert_eq!(record.now, report.at.after(Span::from_millis(11)), "report 11 ms");
                reports += 1;
            }
            _ => {}
        }
    }
    assert!(entries > 10 && reports > 20, "{entries} orders, {reports} reports");
}

/// With a feed delay, the trader decides on what was: every intent is priced from a touch that is
/// older than the delay.
#[test]
fn the_trader_sees_the_market_late() {
    let mut late = setup(l2_tape(7), Contract::Linear, "quoter");
    let prompt = ran(&late).digest;
    late.latency.feed = Some(Latency::constant(Span::from_millis(500)).expect("not below zero"));
    let outcome = ran(&late);
    assert_ne!(outcome.digest, prompt);
    let first = outcome.journal.into_records().into_iter().find(|record| record.body == Body::Market);
    let opened = late.tapes[0].tape.rows()[0].exchange;
    assert!(first.expect("the quoter acts").now >= opened.after(Span::from_millis(500)));
}

/// Bars: an order decided on a close meets the next open, at the earliest; inner points of the
/// path are never delivered.
#[test]
fn an_order_decided_on_a_close_meets_the_next_open() {
    let mut setup = setup(bar_tape(8), Contract::Linear, "ema_flip");
    setup.latency.decision = Latency::NONE;
    setup.latency.order_entry = Latency::NONE;
    setup.latency.report = Latency::NONE;
    let tape = Arc::clone(&setup.tapes[0].tape);
    let records = records(&setup);
    // What protects a position acts inside the bar; what the strategy proposes is decided on a close.
    let proposed = |id| {
        let by_desk = |body: &Body| matches!(body, Body::Decision(Decision::Intended { proposal: Some(_), order, .. }) if order.id == id);
        count(&records, by_desk) > 0
    };
    let mut fills = 0;
    for record in &records {
        let Body::Truth(report) = &record.body else { continue };
        let ReportKind::Filled(fill) = report.kind else { continue };
        if !proposed(report.order) {
            continue;
        }
        let bar =
            tape.bars().iter().find(|bar| bar.opened == record.now).expect("a market-like order fills at an open");
        assert_eq!((fill.price.0 - bar.open.0).abs(), 1, "half a spread from the open of the bar that just began");
        fills += 1;
    }
    assert!(fills > 10, "{fills} fills");
    assert_eq!(count(&records, |body| matches!(body, Body::Event(Event::Market(..)))), 0);
}

#[test]
fn a_negative_feed_latency_is_refused() {
    let mut setup = setup(l2_tape(9), Contract::Spot, "quoter");
    let mut tape = (*setup.tapes[0].tape).clone();
    let early = Row::new(Timestamp(2), Timestamp(1), Price(600_000), Qty(1), RowKind::Bid, true);
    tape.records = Records::Rows(vec![early]);
    setup.tapes[0].tape = Arc::new(tape);
    let refused = run(&setup, Journal::in_memory());
    assert!(matches!(refused, Err(SimError::NegativeLatency { record: 0, early_ns: 1, .. })));
}

#[test]
fn a_window_of_the_tape_starts_with_the_book_as_it_stood() {
    let mut setup = setup(l2_tape(10), Contract::Linear, "quoter");
    let (first, last) = setup.tapes[0].tape.range().expect("a tape with records");
    let from = first.after(Span(last.since(first).0 / 2));
    setup.tapes[0].from = Some(from);
    let outcome = ran(&setup);
    assert!(outcome.period.0 >= from);
    let records = outcome.journal.into_records();
    assert!(count(&records, is_fill) > 0, "the second half trades too");
    assert_eq!(replay(&setup, &records).expect("the strategy is known").difference, None);
}

/// A journal that cannot be written ends the run as an error, never as a short success.
#[test]
fn a_failing_journal_is_an_error() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| std::io::Error::other("no space left"))?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl seatrial::journal::Disk for Full {
        fn sync(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let setup = setup(l2_tape(11), Contract::Linear, "quoter");
    for space in [0, 100, 10_000] {
        let ended = run(&setup, Journal::to_disk("full", Box::new(Full(space))));
        assert!(matches!(ended, Err(SimError::Journal(_))), "{space} bytes of space");
    }
}

/// What the trader was given never includes a recorded market as an event: the tape is named, not
/// stored; and alerts of a healthy run are no worse than warnings.
#[test]
fn a_healthy_run_raises_no_critical_alert() {
    for (kind, setup) in kinds(12) {
        let critical = |body: &Body| matches!(body, Body::Alert(Alert { severity: Severity::Critical, .. }));
        let anomaly = |body: &Body| matches!(body, Body::Decision(Decision::Anomaly { .. }));
        let records = records(&setup);
        assert_eq!((count(&records, critical), count(&records, anomaly)), (0, 0), "{kind}");
        let quotes = |body: &Body| matches!(body, Body::Event(Event::Market(_, MarketEvent::Quote(_))));
        // A market that is on no tape is kept in the journal.
        assert_eq!(count(&records, quotes) > 0, kind == "quoter, agents", "{kind}");
    }
}

fn charge_in(setup: &mut Setup, asset: FeeAsset) {
    for instrument in setup.instruments.iter_mut().chain(&mut setup.venue.instruments) {
        instrument.timeline[0].fees.asset = asset;
    }
}

/// A run whose grids are coarser than the tape, from the start or from the middle on.
fn coarse(from_the_middle: bool) -> Setup {
    let mut odd = setup(l2_tape(13), Contract::Linear, "quoter");
    let (first, last) = odd.tapes[0].tape.range().expect("a tape with records");
    let middle = first.after(Span(last.since(first).0 / 2));
    for instrument in odd.instruments.iter_mut().chain(&mut odd.venue.instruments) {
        let mut rules = instrument.timeline[0].clone();
        (rules.tick, rules.lot, rules.min_qty) = (Price(5), Qty(100), Qty(100));
        if from_the_middle {
            rules.from = middle;
            instrument.timeline.push(rules);
        } else {
            instrument.timeline[0] = rules;
        }
    }
    odd
}

/// Fees in what is bought or in a third asset, rebates, a starved safety lane, and a wire slower
/// than every time-out: no law breaks, exits still leave, and the replay acts the same.
#[test]
fn odd_terms_break_no_law() {
    let slow = Latency::quantiles(vec![
        (0, Span::from_millis(1)),
        (500_000, Span::from_secs(1)),
        (1_000_000, Span::from_secs(9)),
    ]);
    let slow = slow.expect("a table from none to all");
    let base = || {
        let mut odd = setup(l2_tape(13), Contract::Spot, "quoter");
        charge_in(&mut odd, FeeAsset::Base);
        odd
    };
    let received = || {
        let mut odd = base();
        charge_in(&mut odd, FeeAsset::Received);
        odd
    };
    let charged = |maker, taker| {
        let mut odd = base();
        for instrument in odd.instruments.iter_mut().chain(&mut odd.venue.instruments) {
            let rules = &mut instrument.timeline[0];
            (rules.fees.maker, rules.fees.taker) = (Rate::from_bps(maker), Rate::from_bps(taker));
        }
        odd
    };
    let third = || {
        let mut odd = setup(l2_tape(13), Contract::Linear, "quoter");
        charge_in(&mut odd, FeeAsset::Third { asset: AssetId(2), scale: 8, price: Money::new(600.into()) });
        odd.assets.push(Asset { name: "BNB".to_owned(), scale: 8 });
        odd.venue.balances.push(Balance { asset: AssetId(2), total: Money::new(1.into()) });
        odd.rates.push((AssetId(2), Money::new(600.into())));
        odd
    };
    let starved = || {
        let mut odd = setup(l2_tape(13), Contract::Linear, "quoter");
        odd.trader.set("budget.safety", "10/min 1").expect("the table knows the key");
        odd
    };
    let slow_entry = || {
        let mut odd = setup(l2_tape(13), Contract::Linear, "quoter");
        odd.latency.order_entry = slow.clone();
        odd
    };
    let slow_report = || {
        let mut odd = setup(l2_tape(13), Contract::Spot, "quoter");
        odd.latency.report = slow.clone();
        odd
    };
    let all = [
        ("coarse grid", coarse(false)),
        ("coarser grid", coarse(true)),
        ("base", base()),
        ("received", received()),
        ("base, dear", charged(50, 100)),
        ("base, rebate", charged(-7, 100)),
        ("third", third()),
        ("starved", starved()),
        ("entry", slow_entry()),
        ("report", slow_report()),
    ];
    for (kind, setup) in all {
        let records = records(&setup);
        let Body::Header(header) = &records[0].body else { panic!("{kind}: no header") };
        let report = audit_records(header, &records);
        assert!(report.is_clean(), "{kind}: {report}");
        assert_eq!(replay(&setup, &records).expect("the strategy is known").difference, None, "{kind}");
        let sold = |body: &Body| matches!(body, Body::Truth(r) if matches!(r.kind, ReportKind::Filled(f) if f.side == Side::Sell));
        // Where commands take seconds, most of the run is spent finding out what became of them.
        let (fills, sales, slow) = (count(&records, is_fill), count(&records, sold), kind == "entry");
        assert!(fills > 0 && (slow || fills > sales && sales > 0), "{kind}: bought and sold");
    }
}
