//! Two exchanges in one run: each instrument's messages on a link of its own, its orders filled by models of its
//! own, and one exchange that is out while the other goes on.
//!
//! To repeat: `cargo test --test sim_exchanges`.
#![cfg(feature = "simulator")]

use std::path::Path;

use seatrial::audit::audit_records;
use seatrial::journal::{Body, Journal, Record};
use seatrial::market::{Command, Event, InstrumentId, Price, ReferenceEvent, ReportKind, Span, Timestamp};
use seatrial::replay;
use seatrial::scenario::{Scenario, Source};
use seatrial::sim::{self, Deliveries, Setup};

const NEAR: InstrumentId = InstrumentId(0);
const FAR: InstrumentId = InstrumentId(1);

/// The same market and the same orders at two exchanges, each with cash of its own, and these tables more.
fn setup(more: &str) -> Setup {
    let market = |at: &str| {
        format!(
            "[[market]]\nsource = \"inline\"\nsymbol = \"BTC-{at}/USDT-{at}\"\nevents = \"\"\"\n\
             0s..120s every 1s  quote 44999.99x1 45000.01x1\n\"\"\"\n\
             [instrument.\"BTC-{at}/USDT-{at}\"]\ncontract = \"spot\"\ntick = \"0.01\"\nlot = \"0.00000001\"\n\
             min_qty = \"0.0001\"\nmin_notional = \"5\"\nmaker = \"0.25%\"\ntaker = \"0.40%\"\n"
        )
    };
    let text = format!(
        "schema = 1\n{}{}[venue]\nprofile = \"conservative\"\n[account]\ncurrency = \"USDT-a\"\n\
         balances = {{ \"USDT-a\" = \"5000\", \"USDT-b\" = \"5000\" }}\n[account.rates]\n\"USDT-b\" = \"1\"\n\
         [wire]\ndecision = \"1ms\"\norder_entry = \"5ms\"\nreport = \"7ms\"\n\
         [trader]\nrisk.correlation.\"BTC-a/USDT-a\".\"BTC-b/USDT-b\" = \"1\"\n[strategy]\nname = \"script\"\n\
         steps = \"\"\"\n10s open_long notional 500 instrument BTC-a/USDT-a stop 44100\n\
         20s open_long notional 500 instrument BTC-b/USDT-b stop 44100\n\
         60s close instrument BTC-a/USDT-a\n80s close instrument BTC-b/USDT-b\n\"\"\"\n{more}\n",
        market("a"),
        market("b"),
    );
    let source = Source { file: "exchanges.toml".to_owned(), text };
    let scenario = Scenario::parse(source, "exchanges").unwrap_or_else(|all| panic!("{}", all[0]));
    scenario.setup(Path::new(""), Path::new(""), None, 0).unwrap_or_else(|all| panic!("{}", all[0]))
}

/// The records of a run in which every law holds and a fresh trader acts the same.
fn ran(setup: &Setup) -> Vec<Record> {
    let outcome = sim::run(setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
    let records = outcome.journal.into_records();
    let Some(Body::Header(header)) = records.first().map(|record| &record.body) else { panic!("no header") };
    assert_eq!(audit_records(header, &records).breaches, []);
    let parity = replay::replay(setup, &records).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(parity.difference, None);
    records
}

/// When the venue did what it reports of an instrument, and when the trader heard of it.
fn times(records: &[Record], of: InstrumentId) -> [Vec<(Timestamp, String)>; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for record in records {
        let (list, report) = match &record.body {
            Body::Truth(report) => (0, report),
            // An answer is nobody's report, and takes the common way.
            Body::Event(Event::Report(report)) if !matches!(report.kind, ReportKind::Status(_)) => (1, report),
            _ => continue,
        };
        if report.instrument == of {
            let name = match report.kind {
                ReportKind::Filled(fill) => format!("filled at {:?}", fill.price),
                kind => format!("{kind:?}"),
            };
            times[list].push((record.now, name));
        }
    }
    times
}

fn later(times: &[(Timestamp, String)], by_ms: i64) -> Vec<(Timestamp, String)> {
    times.iter().map(|(at, name)| (at.after(Span::from_millis(by_ms)), name.clone())).collect()
}

/// With constant delays an order at the far exchange is accepted, and heard of, later by the difference to the
/// nanosecond; at the near one nothing moves.
#[test]
fn the_far_exchange_is_later_by_the_difference() {
    let base = ran(&setup(""));
    let [truth, heard] = times(&base, FAR);
    assert!(truth.len() >= 4 && truth.len() == heard.len(), "{truth:?}");
    // The entry alone: what follows is sent when something was heard.
    let entry = |[truth, heard]: [Vec<(Timestamp, String)>; 2]| [truth[..2].to_vec(), heard[..2].to_vec()];

    let out = ran(&setup("[wire.\"BTC-b/USDT-b\"]\norder_entry = \"45ms\""));
    assert_eq!(entry(times(&out, FAR)), [later(&truth[..2], 40), later(&heard[..2], 40)]);
    assert_eq!(times(&out, NEAR), times(&base, NEAR));

    let back = ran(&setup("[wire.\"BTC-b/USDT-b\"]\nreport = \"47ms\""));
    assert_eq!(entry(times(&back, FAR)), [truth[..2].to_vec(), later(&heard[..2], 40)]);
    assert_eq!(times(&back, NEAR), times(&base, NEAR));

    // A cancel, and whatever else names an order, takes the way of its instrument: the end of the stop before the
    // close is heard 40 ms out and 40 ms back later than a near one.
    let both = ran(&setup("[wire.\"BTC-b/USDT-b\"]\norder_entry = \"45ms\"\nreport = \"47ms\""));
    let cancelled = |records: &[Record]| {
        let [_, heard] = times(records, FAR);
        heard.into_iter().find(|(_, name)| name.contains("Cancelled")).expect("the stop ends before the close").0
    };
    assert_eq!(cancelled(&both), cancelled(&base).after(Span::from_millis(80)));
}

/// The far market is heard of later, and the near one when it was.
#[test]
fn a_market_takes_its_own_way() {
    let delivered = |setup: &Setup, of: InstrumentId| -> Vec<(Span, Timestamp)> {
        let all = Deliveries::new(setup).filter(|delivery| delivery.event.instrument() == of);
        all.map(|delivery| (delivery.local.since(delivery.exchange), delivery.exchange)).collect()
    };
    let (base, far) = (setup(""), setup("[wire.\"BTC-b/USDT-b\"]\nfeed = \"40ms\""));
    ran(&far);
    assert_eq!(delivered(&far, NEAR), delivered(&base, NEAR));
    let took = |setup: &Setup, ms| delivered(setup, FAR).iter().all(|(took, _)| *took == Span::from_millis(ms));
    assert!(took(&base, 0) && took(&far, 40));
    let common = "[wire.\"BTC-b/USDT-b\"]\nfeed = \"40ms\"\n[wire.\"BTC-a/USDT-a\"]\nfeed = \"3ms\"";
    let both = setup(common);
    assert!(took(&both, 40) && delivered(&both, NEAR).iter().all(|(took, _)| *took == Span::from_millis(3)));
}

/// Said of one exchange what is said of both, nothing is done otherwise; and the header says what was said.
#[test]
fn an_equal_override_changes_nothing() {
    let actions = |records: &[Record]| -> Vec<Record> { records[1..].to_vec() };
    let (base, same) = (
        setup(""),
        setup(
            "[wire.\"BTC-b/USDT-b\"]\norder_entry = \"5ms\"\nreport = \"7ms\"\n\
             [venue.\"BTC-b/USDT-b\"]\nprofile = \"conservative\"\nqueue = \"conservative\"\nslippage = \"book_walk\"",
        ),
    );
    let (base, same_ran) = (ran(&base), ran(&same));
    assert!(base.len() > 20);
    assert!(actions(&base) == actions(&same_ran), "the same from the second record on");
    let said: Vec<String> = same.profiles().into_iter().map(|said| format!("{}: {}", said.name, said.stamp)).collect();
    for expected in [
        "latency: BTC-b/USDT-b: order entry 5ms, report 7ms",
        "venue: BTC-b/USDT-b: fills conservative, queue conservative v1, slippage book_walk v1, partials displayed v1, \
         impact none v1, consumption refresh",
    ] {
        assert!(said.iter().any(|said| said == expected), "{expected}: {said:#?}");
    }
    let Body::Header(header) = &same_ran[0].body else { panic!("no header") };
    assert_eq!(header.profiles, same.profiles());
}

/// A model of one exchange moves its fills, and those of the other by nothing.
#[test]
fn a_model_of_one_exchange_moves_its_fills_alone() {
    let table = "[venue.\"BTC-b/USDT-b\"]\nslippage = { model = \"fixed_ticks\", ticks = 3 }";
    let (base, worse) = (ran(&setup("")), ran(&setup(table)));
    assert_eq!(times(&base, NEAR), times(&worse, NEAR));
    let filled = |records: &[Record], price: i64| {
        let name = format!("filled at {:?}", Price(price));
        times(records, FAR)[0].iter().filter(|(_, said)| said.contains(&name)).count()
    };
    assert_eq!([filled(&base, 4_500_001), filled(&base, 4_500_004)], [1, 0]);
    assert_eq!([filled(&worse, 4_500_001), filled(&worse, 4_500_004)], [0, 1]);
}

/// What one exchange counts, the trader is told of as it is told of the account's: from its first order there on.
#[test]
fn messages_to_one_exchange_are_counted() {
    let counted = |table: &str| -> Vec<(i64, String)> {
        let records = ran(&setup(table));
        let share = |record: &Record| match record.body {
            Body::Event(Event::Reference(ReferenceEvent::PenaltyCounter { share })) => {
                Some((record.now.since(records[0].now).0 / 1_000_000, share.decimal().normalize().to_string()))
            }
            _ => None,
        };
        records.iter().filter_map(share).collect()
    };
    // The entry, the stop and their decay, at one exchange and then at both.
    let [first, second] =
        ["a", "b"].map(|at| counted(&format!("[venue.\"BTC-{at}/USDT-{at}\"]\nrate_limit = \"1/s 50\"")));
    assert_eq!(first[..2], [(10_006, "0.02".to_owned()), (10_019, "0.04".to_owned())]);
    assert_eq!(second[..2], [(20_006, "0.02".to_owned()), (20_019, "0.04".to_owned())]);
    assert_eq!(counted("[venue.\"BTC-b/USDT-b\"]\nslippage = \"book_walk\""), []);
}

/// One exchange is out, untold: its commands, its reports and its market are lost for a while. The other goes on.
#[test]
fn an_outage_of_one_exchange_alone() {
    let out = |kind: &str, more: &str| {
        format!("[[fault]]\nkind = \"{kind}\"\ninstrument = \"BTC-b/USDT-b\"\nfrom = \"15s\"\n{more}\n")
    };
    let until = "until = \"45s\"";
    let wire = out("request_lost", &format!("what = \"order\"\n{until}"))
        + &out("report_lost", &format!("what = \"report\"\n{until}"));
    let market = out("feed_gap", "lasts = \"30s\"");
    let base = ran(&setup(""));
    let meanwhile = |records: &[Record]| {
        let (from, until) = (Span::from_secs(15), Span::from_secs(45));
        let within = |at: Timestamp| at >= base[0].now.after(from) && at < base[0].now.after(until);
        times(records, FAR).map(|list| list.iter().filter(|(at, _)| within(*at)).count())
    };
    let sent = |records: &[Record]| {
        records
            .iter()
            .filter(|record| matches!(record.body, Body::Command(Command::New(order)) if order.instrument == FAR))
            .count()
    };
    assert!(meanwhile(&base)[0] >= 2 && sent(&base) > 0);
    // Its market still seen, an order is sent into nowhere; with no market seen, none is.
    for (faults, sends) in [(wire.clone(), true), (wire + &market, false)] {
        let hit = ran(&setup(&faults));
        assert_eq!(times(&hit, NEAR), times(&base, NEAR));
        assert_eq!(meanwhile(&hit), [0, 0], "nothing reaches it, and nothing is heard");
        assert_eq!(sent(&hit) > 0, sends);
    }
}
