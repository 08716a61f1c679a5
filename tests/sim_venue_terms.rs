//! Whole runs at a venue with terms of its own: one that counts messages, and one that keeps no deadlines.

#![cfg(feature = "simulator")]

use std::path::Path;

use seatrial::audit::audit_records;
use seatrial::journal::{Body, Journal, Renderer};
use seatrial::replay;
use seatrial::scenario::{Scenario, Source};
use seatrial::sim;

/// Runs a scenario and gives its records in words. Every law holds, and a fresh trader acts the same.
fn told(venue: &str, trader: &str, market: &str, steps: &str, more: &str) -> Vec<String> {
    let text = format!(
        "schema = 1\n[market]\nsource = \"inline\"\nevents = \"\"\"\n{market}\n\"\"\"\n\
         [instrument.\"BTC/USDT\"]\ncontract = \"spot\"\ntick = \"0.01\"\nlot = \"0.00000001\"\nmin_qty = \"0.0001\"\n\
         min_notional = \"5\"\nmaker = \"0.25%\"\ntaker = \"0.40%\"\n[venue]\nprofile = \"conservative\"\n{venue}\n\
         [account]\ncurrency = \"USDT\"\nbalances = {{ USDT = \"10000\" }}\n\
         [wire]\ndecision = \"1ms\"\norder_entry = \"5ms\"\nreport = \"5ms\"\n[trader]\n{trader}\n\
         [strategy]\nname = \"script\"\nsteps = \"\"\"\n{steps}\n\"\"\"\n{more}\n"
    );
    let source = Source { file: "terms.toml".to_owned(), text };
    let scenario = Scenario::parse(source, "terms").unwrap_or_else(|all| panic!("{}", all[0]));
    let setup = scenario.setup(Path::new(""), Path::new(""), None, 0).unwrap_or_else(|all| panic!("{}", all[0]));
    let ran = sim::run(&setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
    let records = ran.journal.into_records();
    let Some(Body::Header(header)) = records.first().map(|record| &record.body) else { panic!("no header") };
    assert_eq!(audit_records(header, &records).breaches, []);
    let parity = replay::replay(&setup, &records).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(parity.difference, None);
    let mut renderer = Renderer::new(header);
    records.iter().map(|record| renderer.line(record)).collect()
}

fn count(lines: &[String], text: &str) -> usize {
    lines.iter().filter(|line| line.contains(text)).count()
}

fn at(lines: &[String], text: &str) -> String {
    let line =
        lines.iter().find(|line| format!("{line}\n").contains(text)).unwrap_or_else(|| panic!("nothing says `{text}`"));
    line.split("2024-01-01T00:").nth(1).and_then(|rest| rest.get(..9)).expect("a line has a time").to_owned()
}

/// §2.7: the adapter's estimate of the venue's own counter stops entries above its share, never exits and
/// cancels; as it runs down they pass again. Twenty fit and one is gone every ten seconds; an order costs
/// one, a young cancel eight. 70 % of it passes.
#[test]
fn the_venues_counter_stops_entries_until_it_has_run_down() {
    let lines = told(
        "rate_limit = \"6/min 20\"",
        "budget = { entry = \"3/min 5\", safety = \"3/min 10\" }\nrisk.max_entries_per_instrument = 5\n\
         cooldown = { close = \"0\", loss = \"0\", losses3 = \"0\", losses5 = \"0\" }",
        "0s..180s every 1s  quote 44999.98x1 45000.01x1",
        "5s   open_long qty 0.002 limit 45000.01 stop 44100\n\
         10s  open_long qty 0.0021 limit 44900 stop 44002\n\
         11s  cancel 2\n\
         12s  open_long qty 0.0022 limit 44900 stop 44002\n\
         13s  cancel 3\n\
         14s  open_long qty 0.0023 limit 44900 stop 44002\n\
         20s  close\n\
         100s open_long qty 0.0024 limit 44900 stop 44002\n\
         126s open_long qty 0.0025 limit 44900 stop 44002",
        "",
    );
    let told: Vec<&String> = lines.iter().filter(|line| line.contains("penalty counter")).collect();
    assert_eq!(count(&lines, "denied    4 of desk 0: CK-32 BTC/USDT: 1 against 0.7"), 1, "{told:#?}");
    assert_eq!(count(&lines, "sends     new order 5: sell 0.002 BTC/USDT"), 1, "an exit is never held up by it");
    let denied: Vec<&String> = lines.iter().filter(|line| line.contains("CK-32 BTC")).collect();
    assert_eq!(denied.len(), 2, "{denied:#?}");
    assert_eq!(at(&lines, "hears     penalty counter at 0.7\n"), "02:05.006");
    assert_eq!(at(&lines, "proposal 7 intent"), "02:06.000");
}

/// LD-6: an order that is still under way when its outcome is unknown would arrive after any wait, and no
/// deadline refuses it. Its session is torn down, so that it is lost; a minute after its release the full
/// queries begin, and it is void.
#[test]
fn without_deadlines_the_session_is_torn_down() {
    let run = |lacks: &str| {
        told(
            "",
            &format!("instrument.\"BTC/USDT\".lacks = \"{lacks}\"\norders.max_retries = 0"),
            "0s..180s every 1s  quote 44999.98x1 45000.01x1",
            "5s  open_long qty 0.002 limit 44900 stop 44002\n6s  open_long qty 0.0021 limit 44800 stop 43904",
            "[[fault]]\nkind = \"request_late\"\nfrom = \"5s\"\nuntil = \"7s\"\nby = \"30s\"",
        )
    };
    let lines = run("deadline");
    assert_eq!(count(&lines, "sends     the order session torn down"), 1, "once for all that left on it");
    assert_eq!(at(&lines, "sends     the order session torn down"), "00:07.000");
    assert_eq!((count(&lines, "hears     link to orders down"), count(&lines, "hears     link to orders up")), (1, 1));
    assert_eq!(count(&lines, "order 1 (O"), 0, "it never arrived");
    for (order, second, third) in [(1, "01:05.000", "01:10.000"), (2, "01:06.000", "01:11.000")] {
        assert_eq!(at(&lines, &format!("order {order} by LD-3: full query 1")), second);
        assert_eq!(at(&lines, &format!("order {order} by LD-4: full query 2")), third);
        assert_eq!(count(&lines, &format!("order {order} by TR-17: unknown submit to void")), 1);
    }
    assert_eq!(count(&lines, "by LD-6"), 1);
    let dated = run("nothing");
    assert_eq!((count(&dated, "LD-6"), count(&dated, "torn down")), (0, 0), "a deadline refuses what is late");
    assert_eq!(at(&dated, "order 1 by LD-3: full query 1"), "00:12.000");
}
