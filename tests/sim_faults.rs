//! Faults through the loop: each kind does what it says, and whatever goes wrong a run stays one run
//! of its seed, is replayed alike, and loses no coin at the venue.
//!
//! To repeat: `cargo test --test sim_faults`.
#![cfg(feature = "simulator")]

#[allow(dead_code, reason = "bars are for other tests")]
mod trial;

use std::collections::BTreeMap;

use seatrial::audit::audit_records;
use seatrial::journal::{Body, Journal, Record};
use seatrial::market::{
    Balance, CancelledBecause, Command, Contract, ControlAct, Event, ExecutionReport, Fill, HostEvent, Link, LinkEvent,
    MarketEvent, Money, NewOrder, OrderId, Quote, RefusedBecause, RejectReason, ReportKind, SessionState, Span,
    Timestamp, VenueMessage,
};
use seatrial::replay::replay;
use seatrial::sim::fault::{Fault, FaultKind, ProcessFault, Request, RequestFault, When};
use seatrial::sim::{Deliveries, Delivery, Outcome, Setup, run};
use trial::{l2_tape, setup};

fn ran(setup: &Setup) -> Outcome {
    run(setup, Journal::recording()).unwrap_or_else(|error| panic!("{}: {error}", setup.strategy.name))
}

fn with(base: &Setup, faults: Vec<Fault>) -> Setup {
    Setup { faults, ..base.clone() }
}

/// Two minutes of the quoter: long enough for a window of every kind.
fn quoter(contract: Contract) -> Setup {
    setup(l2_tape(21), contract, "quoter")
}

/// A fault of a kind at a rate that hits several times within the run.
fn often(name: &str, number: u32) -> Fault {
    let kind = FaultKind::usual(name).expect("a kind");
    let when = if kind.is_of_a_moment() { When::Every(31) } else { When::Every(7) };
    Fault { when, number, ..Fault::always(kind) }
}

fn texts(records: &[Record]) -> Vec<&str> {
    let mut found = Vec::new();
    for record in records {
        if let Body::Fault(text) = &record.body {
            found.push(text.as_str());
        }
    }
    found
}

/// Cash and counterparties of the venue together: what came from outside and nothing else.
fn sums(outcome: &Outcome) -> Vec<Money> {
    let parts = [outcome.venue.balances(), outcome.venue.counterparties()];
    let mut sums = vec![Money::ZERO; 8];
    for Balance { asset, total } in parts.into_iter().flatten() {
        sums[usize::from(asset.0)] += total;
    }
    sums
}

/// Every kind, several times in one run, on spot and on margin: twice the same, the same with guards
/// off, and replayed alike; every posting has its other side, and the audit finds nothing. (Where only
/// cancels are taken, nothing can cover what fills meanwhile: what S1 says of that is not a finding here.)
#[test]
fn every_kind_leaves_a_run_a_run() {
    for contract in [Contract::Spot, Contract::Linear] {
        let base = quoter(contract);
        let untouched = sums(&ran(&base));
        for (number, name) in (1..).zip(FaultKind::names()) {
            let setup = with(&base, vec![often(name, number)]);
            let first = ran(&setup);
            let bare = ran(&Setup { guards: false, ..setup.clone() });
            assert_eq!((first.digest, first.records), (bare.digest, bare.records), "{name}: guards off");
            assert_eq!(sums(&first), untouched, "{name}: conservation");
            let records = first.journal.into_records();
            let parity = replay(&setup, &records).expect("the strategy is known");
            assert_eq!(parity.difference, None, "{name}, {contract:?}");
            let Body::Header(header) = &records[0].body else { panic!("{name}: no header") };
            let mut report = audit_records(header, &records);
            report.breaches.retain(|breach| name != "session" || breach.law != "S1");
            assert!(report.breaches.is_empty(), "{name}, {contract:?}: {:?}", report.breaches);
        }
    }
}

/// The reports the trader heard of, with when.
fn heard(records: &[Record]) -> Vec<(Timestamp, ExecutionReport)> {
    let mut found = Vec::new();
    for record in records {
        if let Body::Event(Event::Report(report)) = &record.body {
            found.push((record.now, *report));
        }
    }
    found
}

/// What the venue's own log says, with when.
fn truths(records: &[Record]) -> Vec<(Timestamp, ExecutionReport)> {
    let mut found = Vec::new();
    for record in records {
        if let Body::Truth(report) = &record.body {
            found.push((record.now, *report));
        }
    }
    found
}

fn sent(records: &[Record]) -> BTreeMap<OrderId, (Timestamp, NewOrder)> {
    let mut found = BTreeMap::new();
    for record in records {
        if let Body::Command(Command::New(order)) = &record.body {
            found.insert(order.id, (record.now, *order));
        }
    }
    found
}

fn fills(reports: &[(Timestamp, ExecutionReport)]) -> Vec<(Timestamp, ExecutionReport, Fill)> {
    let fill = |(at, report): &(Timestamp, ExecutionReport)| match report.kind {
        ReportKind::Filled(fill) => Some((*at, *report, fill)),
        _ => None,
    };
    reports.iter().filter_map(fill).collect()
}

fn any(reports: &[(Timestamp, ExecutionReport)], is: impl Fn(&ReportKind) -> bool) -> bool {
    reports.iter().any(|(_, report)| is(&report.kind))
}

fn has(records: &[Record], is: impl Fn(&Event) -> bool) -> bool {
    records.iter().any(|record| matches!(&record.body, Body::Event(event) if is(event)))
}

fn secs(secs: i64) -> Span {
    Span::from_secs(secs)
}

/// A kind, on which contract, which occasions, and what must be seen in the journal of the run.
type Row = (&'static str, Contract, When, fn(&[Record]) -> bool);

const SPOT: Contract = Contract::Spot;
const LINEAR: Contract = Contract::Linear;

const MESSAGES: &[Row] = &[
    ("request_lost", SPOT, When::Every(5), |records| {
        let known: Vec<OrderId> = truths(records).iter().map(|(_, report)| report.order).collect();
        sent(records).keys().any(|id| !known.contains(id))
    }),
    ("request_late", SPOT, When::Every(5), |records| {
        let sent = sent(records);
        let late = |at: &Timestamp, report: &ExecutionReport| at.since(sent[&report.order].0) >= secs(3);
        truths(records).iter().any(|(at, report)| report.kind == ReportKind::Accepted && late(at, report))
    }),
    ("request_twice", SPOT, When::Every(5), |records| {
        has(records, |event| matches!(event, Event::Link(LinkEvent::DuplicateId(_))))
    }),
    ("reply", SPOT, When::Every(5), |records| {
        has(records, |event| matches!(event, Event::Link(LinkEvent::Ambiguous(_))))
    }),
    ("rejected", SPOT, When::Every(5), |records| {
        any(&truths(records), |kind| *kind == ReportKind::Rejected(RejectReason::Busy))
    }),
    ("cancel_refused", SPOT, When::Every(2), |records| {
        let still = RefusedBecause::StillOpen(RejectReason::Busy);
        any(&truths(records), |kind| *kind == ReportKind::CancelRejected(still))
    }),
    ("report_lost", SPOT, When::Every(2), |records| fills(&heard(records)).len() < fills(&truths(records)).len()),
    ("report_late", SPOT, When::Every(2), |records| {
        fills(&heard(records)).iter().any(|(now, report, _)| now.since(report.at) >= secs(4))
    }),
    ("report_twice", SPOT, When::Every(2), |records| {
        let heard = fills(&heard(records));
        heard.iter().any(|(_, _, fill)| heard.iter().filter(|(_, _, other)| other == fill).count() == 2)
    }),
    ("links_drop", SPOT, When::Nth(2), |records| {
        let down = |record: &Record| matches!(record.body, Body::Event(Event::Link(LinkEvent::Down(Link::Reports))));
        let lost = |fill: &Fill| {
            !fills(&heard(records)).iter().any(|(now, report, other)| {
                other.execution == fill.execution && *now < report.at.after(Span::from_secs(2))
            })
        };
        records.iter().any(down) && fills(&truths(records)).iter().any(|(_, _, fill)| lost(fill))
    }),
    ("report_overtakes", SPOT, When::Every(2), |records| {
        fills(&heard(records)).iter().any(|(now, report, _)| *now == report.at)
    }),
    ("fill_conflict", SPOT, When::Every(2), |records| {
        let heard = fills(&heard(records));
        let conflict = |a: &Fill, b: &Fill| a.execution == b.execution && a.qty != b.qty;
        heard.iter().any(|(_, _, fill)| heard.iter().any(|(_, _, other)| conflict(fill, other)))
    }),
    ("fill_other_id", SPOT, When::Every(2), |records| {
        fills(&heard(records)).iter().any(|(_, _, fill)| fill.execution.as_str().ends_with("-R"))
    }),
    ("fill_malformed", SPOT, When::Every(2), |records| {
        fills(&heard(records)).iter().any(|(_, _, fill)| fill.qty.is_zero())
    }),
    ("fee_missing", SPOT, When::Every(2), |records| {
        let heard = fills(&heard(records));
        let later = |fill: &Fill| heard.iter().any(|(_, _, o)| o.execution == fill.execution && o.fee.is_some());
        heard.iter().any(|(_, _, fill)| fill.fee.is_none() && later(fill))
    }),
    ("cumulative_missing", SPOT, When::Every(2), |records| {
        heard(records).iter().any(|(_, report)| report.cumulative.is_none())
    }),
];

const ORDERS: &[Row] = &[
    ("person_stops", SPOT, When::Nth(3), |records| {
        let cancels = |record: &Record| match &record.body {
            Body::Event(Event::Control(control)) => matches!(control.act, ControlAct::Cancel(_)),
            _ => false,
        };
        let at = records.iter().position(cancels);
        at.is_some_and(|at| records[at..].iter().any(|record| matches!(record.body, Body::Command(Command::Cancel(_)))))
    }),
    ("fee_revised", SPOT, When::Every(3), |records| {
        let true_fills = fills(&truths(records));
        let revised = |a: &Fill, b: &Fill| a.execution == b.execution && a.fee != b.fee && a.qty == b.qty;
        true_fills.iter().any(|(_, _, fill)| true_fills.iter().any(|(_, _, other)| revised(fill, other)))
    }),
    ("overfill", LINEAR, When::Every(2), |records| {
        let sent = sent(records);
        truths(records).iter().any(|(_, report)| report.cumulative > Some(sent[&report.order].1.qty))
    }),
    ("bust", LINEAR, When::Every(2), |records| any(&truths(records), |kind| matches!(kind, ReportKind::Busted(_)))),
    ("worse_than_limit", LINEAR, When::Every(2), |records| {
        let sent = sent(records);
        fills(&truths(records)).iter().any(|(_, report, fill)| {
            let order = sent[&report.order].1;
            order.kind.limit().is_some_and(|limit| !order.side.reaches(limit, fill.price))
        })
    }),
    ("unsolicited_cancel", SPOT, When::Every(3), |records| {
        any(&truths(records), |kind| *kind == ReportKind::Cancelled(CancelledBecause::Venue))
    }),
    ("rejected_late", SPOT, When::Every(3), |records| {
        let truths = truths(records);
        let accepted = |id| truths.iter().any(|(_, r)| r.order == id && r.kind == ReportKind::Accepted);
        truths.iter().any(|(_, r)| matches!(r.kind, ReportKind::Rejected(_)) && accepted(r.order))
    }),
    ("terms_changed", SPOT, When::Every(3), |records| {
        any(&truths(records), |kind| matches!(kind, ReportKind::Amended { .. }))
    }),
];

fn holds(rows: &[Row]) {
    for (name, contract, when, seen) in rows {
        let kind = FaultKind::usual(name).expect("a kind");
        let base = quoter(*contract);
        let without = ran(&base).journal.into_records();
        let records = ran(&with(&base, vec![Fault { when: *when, ..Fault::always(kind) }])).journal.into_records();
        assert!(texts(&records).iter().any(|text| text.starts_with(name)), "{name} did not hit");
        assert!(seen(&records), "{name} did not do what it says");
        assert!(!seen(&without), "{name}: a run without it shows the same");
    }
}

#[test]
fn faults_of_messages_do_what_they_say() {
    holds(MESSAGES);
}

#[test]
fn faults_of_orders_do_what_they_say() {
    holds(ORDERS);
}

fn lost(records: &[Record]) -> u64 {
    records.iter().map(|record| if let Body::Lost(count) = record.body { count } else { 0 }).sum()
}

/// Whether any report arrives while the first outage of its link is told of.
fn silent_while_down(records: &[Record]) -> bool {
    let at = |news| records.iter().position(|record| record.body == Body::Event(Event::Link(news)));
    let (Some(down), Some(up)) = (at(LinkEvent::Down(Link::Reports)), at(LinkEvent::Up(Link::Reports))) else {
        return false;
    };
    !has(&records[down..up], |event| matches!(event, Event::Report(_) | Event::Account(_)))
}

fn sessions(records: &[Record]) -> Vec<SessionState> {
    let mut found = Vec::new();
    for record in records {
        if let Body::Event(Event::Account(VenueMessage::Session { state, .. })) = record.body {
            found.push(state);
        }
    }
    found
}

fn external(report: &ExecutionReport) -> bool {
    report.order >= OrderId::FIRST_EXTERNAL
}

const MOMENTS: &[Row] = &[
    ("outage", LINEAR, When::Nth(30), |records| lost(records) > 100 && silent_while_down(records)),
    ("flapping", LINEAR, When::Nth(30), |records| {
        let down = |record: &&Record| record.body == Body::Event(Event::Link(LinkEvent::Down(Link::Orders)));
        records.iter().filter(down).count() == 4
    }),
    ("swizzle", LINEAR, When::Nth(30), |records| {
        let mut news = Vec::new();
        for record in records {
            if let Body::Event(Event::Link(LinkEvent::Up(link))) = record.body {
                news.push(link);
            }
        }
        news == [Link::Orders, Link::Market, Link::Queries, Link::Reports]
    }),
    ("session", LINEAR, When::Nth(30), |records| sessions(records) == [SessionState::CancelOnly, SessionState::Open]),
    ("dead_mans_switch", LINEAR, When::Every(10), |records| {
        any(&truths(records), |kind| *kind == ReportKind::Cancelled(CancelledBecause::DeadMansSwitch))
    }),
    ("mark_off", LINEAR, When::Nth(30), |records| {
        has(records, |event| matches!(event, Event::Market(_, MarketEvent::Mark(..))))
    }),
    ("index_off", LINEAR, When::Nth(30), |records| {
        has(records, |event| matches!(event, Event::Market(_, MarketEvent::Index(..))))
    }),
    ("funding", LINEAR, When::Every(10), |records| {
        let mut funded = Vec::new();
        for record in records {
            if let Body::Event(Event::Account(VenueMessage::Funding { at, paid, .. })) = record.body {
                funded.push((at, paid));
            }
        }
        !funded.is_empty() && funded.chunks(2).all(|pair| pair[0] == pair[1])
    }),
    ("external_order", LINEAR, When::Nth(30), |records| {
        truths(records).iter().any(|(_, report)| external(report) && report.kind == ReportKind::Accepted)
    }),
    ("external_cancel", LINEAR, When::Every(5), |records| {
        let mut asked = Vec::new();
        for record in records {
            if let Body::Command(Command::Cancel(id)) = record.body {
                asked.push(id);
            }
        }
        let requested = ReportKind::Cancelled(CancelledBecause::Requested);
        truths(records).iter().any(|(_, report)| report.kind == requested && !asked.contains(&report.order))
    }),
    ("external_close", LINEAR, When::Every(10), |records| {
        fills(&truths(records)).iter().any(|(_, report, _)| external(report))
    }),
    ("liquidation", LINEAR, When::Every(10), |records| {
        fills(&truths(records)).iter().any(|(_, report, _)| external(report))
    }),
    ("transfer", SPOT, When::Nth(30), |records| {
        has(records, |event| matches!(event, Event::Account(VenueMessage::Transfer(_))))
    }),
];

#[test]
fn faults_of_a_moment_do_what_they_say() {
    holds(MOMENTS);
}

/// What the trader is shown of the market while a fault lasts, and that it ends.
#[test]
fn faults_of_the_feed_do_what_they_say() {
    let base = quoter(Contract::Spot);
    let plain: Vec<Delivery> = Deliveries::new(&base).collect();
    let start = plain[0].exchange;
    let shown = |name: &str| -> Vec<Delivery> {
        let kind = FaultKind::usual(name).expect("a kind");
        Deliveries::new(&with(&base, vec![Fault::at(kind, start.after(secs(30)))])).collect()
    };
    let during = |all: &[Delivery], lasts: Span| -> Vec<MarketEvent> {
        let (from, until) = (start.after(secs(30)), start.after(secs(30)).after(lasts));
        all.iter().filter(|d| (from..until).contains(&d.exchange)).map(|d| d.event).collect()
    };
    let quotes = |events: &[MarketEvent]| -> Vec<Quote> {
        events
            .iter()
            .filter_map(|event| if let MarketEvent::Quote(quote) = event { Some(*quote) } else { None })
            .collect()
    };
    for (name, lasts) in [
        ("feed_gap", secs(20)),
        ("feed_frozen", secs(20)),
        ("feed_crossed", secs(10)),
        ("feed_one_sided", secs(10)),
        ("feed_spike", Span::from_millis(500)),
        ("feed_flood", secs(60)),
    ] {
        let all = shown(name);
        let events = during(&all, lasts);
        let seen = quotes(&events);
        let as_it_was = quotes(&during(&plain, lasts));
        assert!(as_it_was.len() > 5, "{name}: the market is idle");
        match name {
            "feed_gap" => assert!(events.is_empty()),
            "feed_frozen" => {
                assert_eq!(seen.len(), as_it_was.len());
                assert!(seen.windows(2).all(|pair| pair[0] == pair[1]) && seen != as_it_was);
                assert!(!events.iter().any(|event| matches!(event, MarketEvent::Trade(_))));
            }
            "feed_crossed" => assert!(seen.iter().all(|quote| quote.bid >= quote.ask)),
            "feed_one_sided" => assert!(seen.iter().all(|quote| quote.bid_qty.is_zero() && !quote.ask_qty.is_zero())),
            "feed_flood" => {
                assert_eq!(seen.len(), 2 * as_it_was.len());
                assert!(seen.chunks(2).zip(&as_it_was).all(|(twice, once)| twice.iter().all(|quote| quote == once)));
            }
            _ => assert!(seen.iter().zip(&as_it_was).all(|(a, b)| a.bid.0 == b.bid.0 * 9 / 10)),
        }
        let after = |all: &[Delivery]| -> Vec<Delivery> {
            all.iter().filter(|d| d.exchange >= start.after(secs(91))).copied().collect()
        };
        assert_eq!(after(&all), after(&plain), "{name} ends");
    }
}

/// What a run did by chance it tells as exact faults, and those alone repeat it.
#[test]
fn a_script_of_the_hits_repeats_the_run() {
    for name in ["report_lost", "report_late", "request_lost", "reply", "outage", "bust", "feed_gap", "crash"] {
        let kind = FaultKind::usual(name).expect("a kind");
        let share = if kind.is_of_a_moment() || name == "crash" { 30_000 } else { 300_000 };
        let base = quoter(Contract::Linear);
        let first = ran(&with(&base, vec![Fault { when: When::Ppm(share), ..Fault::always(kind) }]));
        assert!(!first.hits.is_empty(), "{name} hits");
        let again = ran(&with(&base, first.hits.clone()));
        assert_eq!(again.hits, first.hits, "{name}");
        assert_eq!(again.digest, first.digest, "{name}");
    }
}

/// A fault that hits and has no effect moves nothing: neither the workload nor another fault.
#[test]
fn removing_a_fault_shifts_nothing() {
    let base = quoter(Contract::Linear);
    let late = Fault {
        number: 1,
        when: When::Ppm(200_000),
        ..Fault::always(FaultKind::usual("report_late").expect("a kind"))
    };
    let idle = FaultKind::Request(RequestFault::Late { what: Request::Order, by: Span::ZERO });
    let idle = Fault { number: 2, when: When::Ppm(500_000), ..Fault::always(idle) };
    let rest = |faults: Vec<Fault>| -> Vec<Body> {
        let records = ran(&with(&base, faults)).journal.into_records();
        let of_the_run = |record: Record| match &record.body {
            Body::Header(_) | Body::Close(_) => None,
            Body::Fault(text) if text.starts_with("request_late") => None,
            _ => Some(record.body),
        };
        records.into_iter().filter_map(of_the_run).collect()
    };
    assert_eq!(rest(vec![late, idle]), rest(vec![late]));
    assert_eq!(rest(vec![idle]), rest(vec![]));
}

/// The process dies and comes back: it hears nothing in between, is told so, and is what it was.
#[test]
fn a_process_comes_back_from_its_journal() {
    let base = quoter(Contract::Linear);
    for left in [true, false] {
        let kind = FaultKind::Process(ProcessFault::Crash { down: secs(10), left });
        let records =
            ran(&with(&base, vec![Fault { when: When::Every(40), ..Fault::always(kind) }])).journal.into_records();
        let back: Vec<usize> = (0..records.len())
            .filter(|at| records[*at].body == Body::Event(Event::Host(HostEvent::Restarted)))
            .collect();
        assert!(back.len() > 3 && lost(&records) > 100, "{} restarts", back.len());
        for at in back {
            let inputs = |record: &&Record| matches!(record.body, Body::Event(_) | Body::Market);
            let before = records[..at].iter().rfind(inputs).expect("something came before");
            assert_eq!(records[at].now.since(before.now), secs(10), "nothing is heard meanwhile");
        }
    }
}
