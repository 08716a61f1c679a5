//! Markets and scripts written in a scenario: what they come to, and what is said of a line that is
//! not one.
#![cfg(feature = "simulator")]

use expect_test::expect;
use seatrial::bad_input::BadInput;
use seatrial::journal::{Body, Journal};
use seatrial::market::{Command, OrderKind, Price, TimeInForce};
use seatrial::scenario::{Scenario, Source};
use seatrial::sim::{self, Setup};

/// A minute of a still market, a fall, and a script.
const TEXT: &str = include_str!("scenario_written/still.toml");

fn setup(text: &str) -> Result<Setup, Vec<BadInput>> {
    let source = Source { file: "s.toml".into(), text: text.to_owned() };
    let scenario = Scenario::parse(source, "s")?;
    let nowhere = std::path::Path::new("no data is needed");
    let setup = scenario.setup(nowhere, nowhere, None, 0)?;
    setup.trader().map_err(|wrong| vec![scenario.bad_parameter(&wrong)])?;
    Ok(setup)
}

fn refused(changes: &[(&str, &str)]) -> String {
    let told = changes.iter().map(|(from, to)| {
        assert!(TEXT.contains(from), "{from}");
        let all = setup(&TEXT.replacen(from, to, 1)).expect_err(to);
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    });
    told.collect::<Vec<_>>().join("\n")
}

/// Everything new that was sent, and when after the start.
fn sent(text: &str) -> Vec<(i64, seatrial::market::NewOrder)> {
    let setup = setup(text).unwrap_or_else(|all| panic!("{all:?}"));
    let start = setup.tapes[0].tape.range().expect("events").0;
    let outcome = sim::run(&setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
    let records = outcome.journal.into_records();
    let news = records.iter().filter_map(|record| match record.body {
        Body::Command(Command::New(order)) => Some((record.now.since(start).0 / 1_000_000, order)),
        _ => None,
    });
    news.collect()
}

#[test]
fn a_script_does_what_it_says_when_it_says_it() {
    let sent = sent(TEXT);
    let of_the_desk: Vec<_> = sent.iter().filter(|(_, order)| order.kind.trigger().is_none()).collect();
    let [(first, buy), (second, sell)] = &of_the_desk[..] else { panic!("an entry and an exit: {sent:?}") };
    assert_eq!(*first, 10_000);
    assert_eq!(buy.kind, OrderKind::Limit { limit: Price(4_500_001) });
    assert!((15_000..15_100).contains(second), "five seconds after the fill, not {second} ms");
    assert_eq!((sell.qty, sell.tif, sell.reduce_only), (buy.qty, TimeInForce::Ioc, true));
}

#[test]
fn a_line_that_is_none_is_told_where_it_stands() {
    expect![[r#"
        E-SC-017 s.toml:9:21 market.events: found "quot" allowed quote, level, trade, ramp, session, mark, index, bar; did you mean `quote`?
        E-SC-017 s.toml:9:27 market.events: found "44999.99" allowed a price and a quantity such as 45000.01x1, or - for an empty side
        E-SC-017 s.toml:9:49 market.events: found "x" allowed the end of the line
        E-SC-017 s.toml:9:9 market.events: found "each" allowed every
        E-SC-017 s.toml:9:1 market.events: found "0..60" allowed an offset such as 10s, or a repetition such as 0s..60s every 1s
        E-SC-017 s.toml:9:1 market.events: found no event at 0s allowed a first event at 0s: offsets count from the first event
        E-SC-017 s.toml:9:15 market.events: found "1ns" allowed at most 2000000 events
        E-SC-017 s.toml:10:48 market.events: found "size" allowed a decimal above 0
        E-SC-017 s.toml:10:26 market.events: found "-45000" allowed a decimal above 0
        E-SC-017 s.toml:11:37 market.events: found "maybe" allowed buy, sell
        E-SC-017 s.toml:12:29 market.events: found "closed" allowed open, post_only, cancel_only, maintenance, halted
        E-SC-017 s.toml:11:21 market.events: found "bar" allowed bars, and nothing else, where [market] names the length of a `bar`
        E-SC-017 s.toml:10:21 market.events: found "quote" allowed bars, and nothing else, where [market] names the length of a `bar`
        E-SC-017 s.toml:11:21 market.events: found "ramp" allowed bars, and nothing else, where [market] names the length of a `bar`
        E-SC-017 s.toml:12:21 market.events: found "trade" allowed bars, and nothing else, where [market] names the length of a `bar`
        E-SC-017 s.toml:13:21 market.events: found "session" allowed bars, and nothing else, where [market] names the length of a `bar`
        E-SC-017 s.toml:14:21 market.events: found "mark" allowed bars, and nothing else, where [market] names the length of a `bar`
        E-SC-017 s.toml:15:21 market.events: found "index" allowed bars, and nothing else, where [market] names the length of a `bar`
        E-SC-006 s.toml:8:1 market.file: found an unknown key allowed source, start, bar, events, symbol, spread, displayed
        E-SC-007 s.toml:6:2 market.file: found nothing allowed a path relative to the data root, with /, that stays inside it
        E-SC-009 s.toml:7:10 market.source: found "in-line" allowed recorded, inline, brisk, agents, synthetic, resampled
          hint: did you mean `inline`?
        E-SC-006 s.toml:8:1 market.events: found an unknown key allowed source, file, symbol, spread, displayed, from, to
        E-SC-017 s.toml market.events: found 40000000000000000000, more than 36028797018963968 units of 1 decimals allowed prices and quantities that fit 64 bits at the finest decimals written"#]].assert_eq(&refused(&[
        ("quote 44999.99x1", "quot 44999.99x1"),
        ("quote 44999.99x1", "quote 44999.99"),
        ("45000.01x1  #", "45000.01x1 x #"),
        ("0s..60s every 1s", "0s..60s each 1s"),
        ("0s..60s every 1s", "0..60"),
        ("0s..60s every 1s", "1s..60s every 1s"),
        ("0s..60s every 1s", "0s..60s every 1ns"),
        ("spread 0.02", "spread"),
        ("45000 to", "-45000 to"),
        ("trade 44000 0.5", "trade 44000 0.5 maybe"),
        ("session cancel_only", "session closed"),
        ("trade 44000 0.5", "bar 1 2 0.5 1 3"),
        ("source = \"inline\"", "source = \"inline\"\nbar = \"1min\""),
        ("source = \"inline\"", "source = \"inline\"\nfile = \"day.parquet\""),
        ("source = \"inline\"", "source = \"in-line\""),
        ("trade 44000 0.5", "trade 44000 40000000000000000000"),
    ]));
}

#[test]
fn a_step_that_is_none_is_told_where_it_stands() {
    expect![[r#"
        E-SC-015 s.toml:41:1 strategy.steps: found "soon     open_long notional 2000 limit 45000.01 stop 44100" allowed a time such as 10s, a repetition such as 10s..60s every 5s, or armed, live, filled, ended or flat, each with a delay such as filled+1s
        E-SC-015 s.toml:41:1 strategy.steps: found "10s      opn_long notional 2000 limit 45000.01 stop 44100" allowed open_long, open_short, reduce, close, amend or cancel
        E-SC-015 s.toml:41:1 strategy.steps: found "10s      open_long 2000 limit 45000.01 stop 44100" allowed a size: risk, notional and an amount of quote, or qty and an amount of base
        E-SC-015 s.toml:41:1 strategy.steps: found "10s      open_long qty 0.000000001 limit 45000.01 stop 44100" allowed a whole number of quantity units of 0.00000001
        E-SC-015 s.toml:41:1 strategy.steps: found "10s      open_long notional 2000 limit low stop 44100" allowed a decimal number
        E-SC-015 s.toml:41:1 strategy.steps: found "10s      open_long notional 2000 limit 45000.01 stop 44100 stap 1" allowed instrument, limit, stop, target, tif, post_only, trailing, leverage, confidence, regime, contributing, id or retry
        E-SC-015 s.toml:42:1 strategy.steps: found "filled+5  close" allowed a time such as 10s, a repetition such as 10s..60s every 5s, or armed, live, filled, ended or flat, each with a delay such as filled+1s
        E-SC-015 s.toml:42:1 strategy.steps: found "filled+5s  close instrument ETH/USDT" allowed the symbol of an instrument of the run"#]].assert_eq(&refused(&[
        ("10s      open_long", "soon     open_long"),
        ("open_long notional", "opn_long notional"),
        ("notional 2000", "2000"),
        ("notional 2000", "qty 0.000000001"),
        ("limit 45000.01", "limit low"),
        ("stop 44100", "stop 44100 stap 1"),
        ("filled+5s", "filled+5"),
        ("close", "close instrument ETH/USDT"),
    ]));
}

/// Bars, sessions, marks and indices arrive as they are written.
#[test]
fn bars_may_be_written_too() {
    let text = TEXT.replace("source = \"inline\"", "source = \"inline\"\nbar = \"1min\"");
    let (head, rest) = text.split_once("events = \"\"\"").expect("events");
    let (_, tail) = rest.split_once("\"\"\"").expect("their end");
    let text = format!("{head}events = \"\"\"0min..9min every 1min bar 45000 45100 44900 45000 10\n\"\"\"{tail}");
    let setup = setup(&text).unwrap_or_else(|all| panic!("{all:?}"));
    assert_eq!(setup.tapes[0].tape.bars().len(), 10);
    assert_eq!(setup.tapes[0].tape.cadence.0, 60_000_000_000);
}

/// Whether the run of [`TEXT`] comes to what is expected, key by key.
fn unmet(expect: &str) -> Vec<String> {
    let text = format!("{TEXT}\n[expect]\n{expect}\n");
    let source = Source { file: "s.toml".into(), text: text.clone() };
    let scenario = Scenario::parse(source, "s").unwrap_or_else(|all| panic!("{expect}: {all:?}"));
    let setup = setup(&text).unwrap_or_else(|all| panic!("{all:?}"));
    let outcome = sim::run(&setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
    let ended = seatrial::metrics::Outcome { events: outcome.events, digest: outcome.digest, audit_breaches: 0 };
    let summary = serde_json::to_value(outcome.metrics.finish(ended)).expect("plain values");
    let unmet = scenario.unmet(&summary, &outcome.journal.into_records());
    unmet.into_iter().map(|unmet| format!("{}: {} not {}", unmet.key, unmet.expected, unmet.actual)).collect()
}

/// Every key, once as the run comes to it and once as it does not.
#[test]
fn an_expectation_is_met_or_told() {
    for met in [
        "state = \"reduce_only\"",
        "states = [\"reconciling\", \"armed\", \"reduce_only\"]",
        "position = { \"BTC/USDT\" = \"0.00\" }",
        "cash = { BTC = \"0\" }",
        "order = { 1 = \"filled 0.04444443\" }",
        "orders_ended = { filled = \"2..\", live = 0 }",
        "purposes = { entry = 1, exit = 1 }",
        "sent = { new = \"2..\", cancel_all = 0 }",
        "alerts = { critical = 0 }",
        "denied = { \"CK-18\" = 0 }",
        "said = { \"nothing was trimmed\" = 0 }",
        "journal = { \"proposed\" = 2 }",
        "in_order = [\"proposed  1\", \"filled E\", \"proposed  2\"]",
        "stops = []",
        "breakers = []",
        "reduce_only = []",
        "tripped = 0",
        "anomalies = 0",
        "max_naked = \"1h\"",
        "min_fills = 2",
    ] {
        assert_eq!(unmet(met), [""; 0], "{met}");
    }
    let wrong = [
        "state = \"halted\"",
        "states = [\"armed\"]",
        "position = { \"BTC/USDT\" = \"0.1\" }",
        "cash = { USDT = \"10000\" }",
        "order = { 1 = \"filled 0.1\", 99 = \"live\" }",
        "orders_ended = { live = 1 }",
        "purposes = { entry = \"2..\" }",
        "sent = { cancel_all = 1 }",
        "alerts = { critical = \"1..\" }",
        "denied = { \"CK-18\" = \"1..2\" }",
        "said = { \"nothing was trimmed\" = 1 }",
        "journal = { \"proposed\" = \"..1\" }",
        "in_order = [\"proposed  2\", \"proposed  1\"]",
        "stops = [\"sell 1 BTC/USDT at 44100\"]",
        "breakers = [\"daily_loss\"]",
        "reduce_only = [\"BTC/USDT\"]",
        "tripped = 1",
        "anomalies = 1",
        "max_fills = 1",
    ];
    expect![[r#"
        state: halted not reduce_only
        states: armed not reconciling, armed, reduce_only
        position."BTC/USDT": 0.1 not 0
        cash.USDT: 10000 not 9983.99911631
        order.1: filled 0.1 not filled 0.04444443
        order.99: live not no such order
        orders_ended.live: 1 not 0
        purposes.entry: at least 2 not 1
        sent.cancel_all: 1 not 0
        alerts.critical: at least 1 not 0
        denied.CK-18: 1 to 2 not 0
        said."nothing was trimmed": 1 not 0
        journal.proposed: 0 to 1 not 2
        in_order: records with "proposed  2", then "proposed  1" not no record with "proposed  1" after those before it
        stops: sell 1 BTC/USDT at 44100 not 
        breakers: daily_loss not 
        reduce_only: BTC/USDT not 
        tripped: 1 not 0
        anomalies: 1 not 0
        max_fills: at most 1 not 2"#]]
    .assert_eq(&wrong.map(|text| unmet(text).join("\n")).join("\n"));
}
