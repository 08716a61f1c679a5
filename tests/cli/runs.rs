//! Whole runs by the real program, on bars made here.

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect;
use rust_decimal::Decimal;
use serde_json::Value;

use super::folder::{BAD_INPUT, BREACH, Folder, OK, USAGE};

/// Six hundred one-minute bars that swing up and down, so that a trend follower turns.
fn bars() -> String {
    let mut text = String::from("time,open,high,low,close,volume\n");
    let price = |minute: i64| 600_000 + 40 * (60 - (minute % 120 - 60).abs());
    for minute in 0..600 {
        let (open, close) = (price(minute), price(minute + 1));
        let (high, low) = (open.max(close) + 5, open.min(close) - 5);
        let [open, high, low, close] =
            [open, high, low, close].map(|tenths| format!("{}.{}", tenths / 10, tenths % 10));
        let time = 1_723_161_600_000 + minute * 60_000;
        writeln!(text, "{time},{open},{high},{low},{close},50.00001").expect("text takes every write");
    }
    text
}

/// A scenario that trades on them.
fn trading() -> String {
    let sound = include_str!("../broken_scenarios/sound.toml");
    let pairs = [
        ("day.parquet", "bars.csv"),
        ("contract = \"spot\"", "contract = \"linear\""),
        ("tick = \"0.01\"", "tick = \"0.1\""),
        ("name = \"quoter\"", "name = \"ema_flip\"\nema = 20\nwarmup = 20\nsize = \"2000\""),
        ("throttle.max_entries = 50", "cooldown = { close = \"0\", loss = \"0\", losses3 = \"0\", losses5 = \"0\" }"),
    ];
    pairs.into_iter().fold(sound.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

fn folder(test: &str, scenario: &str) -> Folder {
    let folder = Folder::new(test);
    folder.write("data/bars.csv", bars());
    folder.write("s.toml", scenario);
    folder
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("one JSON document: {error}\n{text}"))
}

/// The contract of architecture §8: what every run says of itself.
#[test]
fn a_run_says_at_least_what_the_contract_asks_for() {
    let folder = folder("contract", &trading());
    let (code, stdout, stderr) = folder.told(&["run", "s.toml", "--json"]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    let told = document(&stdout);
    for whole in
        ["seed", "run", "events", "orders", "fills", "partial_fills", "rejections", "denials", "audit_breaches"]
    {
        assert!(told[whole].is_u64(), "{whole}: {}", told[whole]);
    }
    for amount in ["gross_pnl", "fees", "funding", "net_pnl", "equity_start", "equity_end", "max_drawdown"] {
        let text = told[amount].as_str().unwrap_or_else(|| panic!("{amount}: {}", told[amount]));
        assert!(text.parse::<rust_decimal::Decimal>().is_ok(), "{amount}: {text}");
    }
    assert_eq!((&told["scenario"], &told["audit_breaches"]), (&"s".into(), &0.into()));
    assert_eq!(told["digest"].as_str().map(str::len), Some(16));
    assert!(told["position_end"].is_object());
    assert!(told["wall_seconds"].is_f64() && told["events_per_second"].is_u64());
    assert!(told["fills"].as_u64() > Some(5), "it trades: {}", told["fills"]);
    assert_eq!(told["rerun"], "seatrial run s.toml --seed 1 --run 0");
}

#[test]
fn two_processes_come_to_the_same_and_another_seed_is_another_run() {
    let folder = folder("same", &trading());
    let digest = |arguments: &[&str]| document(&folder.told(arguments).1)["digest"].clone();
    let first = digest(&["run", "s.toml", "--json"]);
    assert_eq!(first, digest(&["run", "s.toml", "--json", "--seed", "1", "--run", "0"]));
    assert_ne!(first, digest(&["run", "s.toml", "--json", "--seed", "2"]));
    assert_ne!(first, digest(&["run", "s.toml", "--json", "--run", "1"]));
}

#[test]
fn an_unmet_expectation_is_told_with_what_was_expected_and_what_came() {
    let folder = folder("unmet", &(trading() + "\n[expect]\nmin_fills = 100000\nrejections = 0\ndigest = \"00\"\n"));
    let (code, stdout, stderr) = folder.told(&["run", "s.toml", "--json"]);
    let told = document(&stdout);
    assert_eq!(code, BREACH, "{stderr}");
    let digest = told["digest"].as_str().expect("a digest");
    let fills = told["fills"].to_string();
    let expected = format!(
        "s.toml: [expect] digest: expected 00, actual {digest}\n\
         s.toml: [expect] min_fills: expected at least 100000, actual {fills}\n"
    );
    assert_eq!(stderr, expected);
    assert_eq!(told["unmet"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_kept_journal_audits_clean_and_replays_the_same() {
    let folder = folder("kept", &trading());
    let (code, stdout, _) = folder.told(&["run", "s.toml", "--journal", "run.journal", "--json"]);
    assert_eq!(code, OK);
    let digest = document(&stdout)["digest"].clone();
    let (code, stdout, stderr) = folder.told(&["audit", "run.journal", "--json"]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    assert_eq!(document(&stdout)["digest"], digest);
    let (code, stdout, stderr) = folder.told(&["replay", "run.journal", "--json"]);
    assert_eq!((code, stderr.as_str()), (OK, ""), "{stdout}");
    assert_eq!(document(&stdout)["equal"], true);
}

/// Which lots are sold first is a choice of whoever reads a journal: it moves gains between lots, and their sum
/// with what is open never.
#[test]
fn a_kept_journal_tells_its_lots_by_any_method() {
    let folder = folder("lots", &trading());
    let (_, ran, _) = folder.told(&["run", "s.toml", "--journal", "run.journal", "--json"]);
    let number = |told: &Value| told.as_str().and_then(|text| text.parse::<Decimal>().ok()).expect("a decimal");
    let mut nets = Vec::new();
    for method in ["fifo", "lifo", "hifo", "lofo"] {
        let (code, stdout, stderr) = folder.told(&["audit", "run.journal", "--lots", method, "--json"]);
        assert_eq!((code, stderr.as_str()), (OK, ""));
        let lots = &document(&stdout)["lots"];
        assert_eq!((&lots["method"], &lots["unvalued"]), (&method.into(), &serde_json::json!([])));
        let told = &lots["instruments"][0];
        let parts = told["fractions"].as_array().expect("fractions");
        let sum = |key: &str, of: &[Value]| of.iter().map(|part| number(&part[key])).sum::<Decimal>();
        assert_eq!(sum("gain", parts), number(&told["gain"]), "{method}");
        let open = told["open"].as_array().expect("open lots");
        assert_eq!(sum("fees", parts) + sum("fees", open), number(&document(&ran)["fees"]), "{method}");
        assert!(parts.len() > 3, "it trades");
        nets.push(number(&told["gain"]) + number(&told["unrealised"]));
    }
    assert!(nets.windows(2).all(|pair| pair[0] == pair[1]), "{nets:?}");
    let (code, stdout, _) = folder.told(&["audit", "run.journal", "--lots", "hifo"]);
    assert_eq!(code, OK);
    assert!(stdout.contains("lots by hifo, BTC/USDT, desk 0: gain "), "{stdout}");
    let (code, stdout, stderr) = folder.told(&["audit", "run.journal", "--lots", "average"]);
    assert_eq!((code, stdout.as_str()), (USAGE, ""));
    assert!(stderr.contains("[possible values: fifo, lifo, hifo, lofo]"), "{stderr}");
}

/// A journal may replace a journal, never without a word; where there was none, or an empty file, nothing is lost.
#[test]
fn a_journal_that_is_replaced_is_said_to_be() {
    let folder = folder("replaced", &trading());
    folder.write("run.journal", "");
    let keep = |more: &[&str]| folder.told(&[&["run", "s.toml", "--journal", "run.journal"][..], more].concat());
    let (code, _, stderr) = keep(&[]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    for more in [&[][..], &["--quiet"], &["--json", "--seed", "2"]] {
        let (code, _, stderr) = keep(more);
        assert_eq!((code, stderr.as_str()), (OK, "run.journal: the journal that was there is replaced\n"));
    }
    let (_, stdout, _) = folder.told(&["audit", "run.journal", "--json"]);
    assert_eq!(document(&stdout)["digest"], document(&keep(&["--json", "--seed", "2"]).1)["digest"]);
    let (_, help, _) = folder.told(&["run", "--help"]);
    assert!(help.contains("A journal that is there is replaced"), "{help}");
}

#[test]
fn a_journal_that_was_touched_is_refused() {
    let folder = folder("touched", &trading());
    assert_eq!(folder.told(&["run", "s.toml", "--journal", "run.journal", "--quiet"]).0, OK);
    let file = folder.0.join("run.journal");
    let mut bytes = std::fs::read(&file).expect("the journal");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).expect("the journal");
    for command in ["audit", "replay"] {
        let (code, stdout, stderr) = folder.told(&[command, "run.journal"]);
        assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "{command}");
        assert!(stderr.starts_with("E-JR-") && stderr.contains("run.journal:"), "{command}: {stderr}");
    }
}

/// A journal cut within a step: refused unless asked for, then compared as far as it goes, which is said.
#[test]
fn a_torn_journal_replays_as_far_as_it_goes_and_says_so() {
    let folder = folder("torn", &trading());
    assert_eq!(folder.told(&["run", "s.toml", "--journal", "run.journal", "--quiet"]).0, OK);
    let bytes = std::fs::read(folder.0.join("run.journal")).expect("the journal");
    let (mut whole, mut incomplete) = (0, 0);
    for part in (20..60).step_by(5) {
        folder.write("torn.journal", &bytes[..bytes.len() * part / 60 - 1]);
        assert_eq!(folder.told(&["replay", "torn.journal"]).0, BAD_INPUT);
        let (code, stdout, stderr) = folder.told(&["replay", "torn.journal", "--torn"]);
        assert_eq!((code, stderr.as_str()), (OK, ""), "{stdout}");
        assert!(
            stdout.contains("actions identical over") && stdout.contains("\n  torn        after record "),
            "{stdout}"
        );
        let (_, json, _) = folder.told(&["replay", "torn.journal", "--torn", "--json"]);
        let told = document(&json);
        assert_eq!((&told["equal"], &told["difference"]), (&true.into(), &Value::Null));
        let unrecorded = told["torn"]["actions_unrecorded"].as_u64().expect("a count");
        assert_eq!(unrecorded == 0, stdout.contains("; its last step is whole\n"), "{stdout}");
        assert_eq!(unrecorded > 0, stdout.contains("; its last step is incomplete: "), "{stdout}");
        *(if unrecorded == 0 { &mut whole } else { &mut incomplete }) += 1;
    }
    assert!(whole > 0 && incomplete > 0, "{whole} cuts between steps, {incomplete} within one");
    let (_, json, _) = folder.told(&["replay", "run.journal", "--json"]);
    assert_eq!(document(&json)["torn"], Value::Null);
}

#[test]
fn a_replay_on_other_data_is_refused() {
    let folder = folder("other", &trading());
    assert_eq!(folder.told(&["run", "s.toml", "--journal", "run.journal", "--quiet"]).0, OK);
    folder.write("data/bars.csv", bars().replace("50.00001", "50.00002"));
    let (code, stdout, stderr) = folder.told(&["replay", "run.journal"]);
    assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""));
    assert!(stderr.starts_with("E-SC-016 run.journal header.tapes: found tapes "), "{stderr}");
}

#[test]
fn the_trace_goes_to_stderr_and_the_result_to_stdout() {
    let folder = folder("trace", &trading());
    let (code, stdout, stderr) = folder.told(&["run", "s.toml", "--trace", "--json"]);
    assert_eq!(code, OK);
    document(&stdout);
    assert!(stderr.lines().count() > 100 && stderr.contains("filled"), "a line for every record");
    let (_, stdout, stderr) = folder.told(&["run", "s.toml", "--quiet"]);
    assert_eq!((stdout.as_str(), stderr.as_str()), ("", ""));
}

#[test]
fn what_a_strategy_refuses_is_told_where_it_was_written() {
    let folder = Folder::new("strategy");
    folder.write("data/bars.csv", bars());
    let mut told = String::new();
    for (from, to) in [
        ("name = \"ema_flip\"", "name = \"ema_flop\""),
        ("ema = 20", "ema = 1"),
        ("ema = 20", "emma = 20"),
        ("ema = 20", "ema = \"twenty\""),
        ("name = \"ema_flip\"\nema = 20", "name = \"mean_reversion\"\nwindow = 1001"),
        ("name = \"ema_flip\"\nema = 20", "name = \"mean_reversion\"\nperiod = \"10ms\""),
        ("name = \"ema_flip\"\nema = 20", "name = \"grid\"\nspacing = \"6%\""),
    ] {
        assert!(trading().contains(from), "{from}");
        folder.write("s.toml", trading().replacen(from, to, 1));
        let (code, stdout, stderr) = folder.told(&["check", "s.toml"]);
        assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "{to}");
        told += &stderr;
    }
    expect![[r#"
        E-SC-015 s.toml:29:8 strategy.name: found "ema_flop" allowed ema_flip or grid or hold or mean_reversion or quoter or random_entries or script or workload
          hint: did you mean `ema_flip`?
        E-SC-015 s.toml:30:7 strategy.ema: found "1" allowed a whole number, 2 to 1000
        E-SC-006 s.toml:30:1 strategy.emma: found an unknown key allowed one of instrument, ema, atr, warmup, atr_factor, size, confidence
          hint: did you mean `ema`?
        E-SC-015 s.toml:30:7 strategy.ema: found "twenty" allowed a whole number, 2 to 1000
        E-SC-006 s.toml:31:1 strategy.warmup: found an unknown key allowed one of instrument, period, window, width, entry, inside, expiry, stop_factor, timeout, size, confidence, regime
        E-SC-006 s.toml:31:1 strategy.warmup: found an unknown key allowed one of instrument, period, window, width, entry, inside, expiry, stop_factor, timeout, size, confidence, regime
        E-SC-006 s.toml:31:1 strategy.warmup: found an unknown key allowed one of instrument, levels, spacing, size, max_inventory, recentre, stop, confidence, regime
    "#]].assert_eq(&told);
}

/// What a person reads: every assumption, the figures, and how to do it again.
#[test]
fn the_summary_says_what_it_rests_on() {
    let folder = folder("summary", &trading());
    let (_, stdout, _) = folder.told(&["run", "s.toml", "--data-root", "./data"]);
    for part in [
        "s, seed 1, run 0",
        "period      2024-08-09T00:00:00Z to ",
        "market      BTC/USDT from bars.csv: 600 bars, ",
        "fills       conservative",
        "queue       conservative v1",
        "slippage    book_walk v1",
        "partials    displayed v1",
        "bars        BTC/USDT: a spread of 2 ticks, 25% of the volume displayed on each side",
        "delays      feed as recorded, decision 1ms, order entry 5ms, report 5ms",
        "strategy    ema_flip (ema 20, size 2000, warmup 20)",
        "orders      ",
        "P&L         ",
        "audit       ",
        "digest      ",
        "again       seatrial run s.toml --seed 1 --run 0 --data-root ./data",
    ] {
        assert!(stdout.contains(part), "{part} is missing from\n{stdout}");
    }
}

#[test]
fn an_optimistic_or_unbounded_result_is_stamped() {
    let scenario =
        trading().replace("conservative", "parity_full").replace("[trader]", "[trader]\nceilings = \"research\"");
    let folder = folder("stamped", &scenario);
    let (_, stdout, _) = folder.told(&["run", "s.toml"]);
    assert!(stdout.contains("stamped     optimistic, research"), "{stdout}");
    let (_, stdout, _) = folder.told(&["run", "s.toml", "--json"]);
    assert_eq!(document(&stdout)["stamps"], serde_json::json!(["optimistic", "research"]));
}

#[test]
fn a_queue_by_order_wants_the_orders() {
    let scenario = trading().replace("profile = \"conservative\"", "profile = \"conservative\"\nqueue = \"fifo\"");
    let (code, _, stderr) = folder("fifo", &scenario).told(&["run", "s.toml"]);
    assert_eq!(code, BAD_INPUT);
    let told = "venue.queue: found \"fifo\" for bars allowed \"fifo\" for a recording of every order alone";
    assert!(stderr.contains(told), "{stderr}");
}

/// The shipped scenarios and the committed samples.
#[cfg(feature = "batch")]
#[test]
fn the_built_in_trial_meets_its_expectations() {
    let folder = Folder::new("built-in");
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = project.join("scenarios/first-trial.toml").display().to_string();
    let data = project.join("data").display().to_string();
    let (code, stdout, stderr) = folder.told(&["run", &scenario, "--data-root", &data]);
    assert_eq!((code, stderr.as_str()), (OK, ""), "{stdout}");
    let all =
        ["first-trial", "bars-30d"].map(|name| project.join(format!("scenarios/{name}.toml")).display().to_string());
    let (code, _, stderr) = folder.told(&["check", &all[0], &all[1], "--data-root", &data]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
}

/// The markets of agents, which stand on no data: a plain one, and one with days, auctions, icebergs, bands and halts.
#[test]
fn the_markets_of_agents_meet_their_expectations() {
    let folder = Folder::new("agents");
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["agents", "agents-sessions"] {
        let scenario = project.join(format!("scenarios/{name}.toml")).display().to_string();
        let (code, stdout, stderr) = folder.told(&["run", &scenario, "--journal", "run.journal"]);
        assert_eq!(code, OK, "{name}: {stdout}{stderr}");
        let (code, stdout, stderr) = folder.told(&["replay", "run.journal"]);
        assert_eq!(code, OK, "{name}: {stdout}{stderr}");
    }
}

#[cfg(feature = "batch")]
#[test]
fn a_made_up_market_is_the_same_twice_and_a_tape_the_same_as_its_source() {
    let folder = Folder::new("tapes");
    folder.write("bars.csv", bars());
    let hash = |arguments: &[&str]| {
        let (code, stdout, stderr) = folder.told(arguments);
        assert_eq!((code, stderr.as_str()), (OK, ""), "{arguments:?}");
        document(&stdout)["hash"].clone()
    };
    let synth = ["data", "synth", "bars", "--days", "1", "--seed", "9", "--json", "--out"];
    let of = |out| hash(&[&synth[..], &[out]].concat());
    assert_eq!(of("a.parquet"), of("b.parquet"));
    assert_eq!(hash(&["data", "info", "--json", "a.parquet"]), of("a.parquet"));
    let raw = hash(&["data", "info", "--json", "bars.csv"]);
    assert_eq!(hash(&["data", "import", "--json", "bars.csv", "--out", "bars.parquet"]), raw);
    assert_eq!(hash(&["data", "info", "--json", "bars.parquet"]), raw);
    let (code, stdout, stderr) = folder.told(&["data", "synth", "l2", "--price", "0.05", "--out", "c.parquet"]);
    assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""));
    assert!(stderr.contains(" price: found "), "{stderr}");
    assert!(!folder.0.join("c.parquet").exists());
}

/// Neither a scenario, nor a pipe, nor the source is replaced; a pipe is not waited for.
#[cfg(all(feature = "batch", unix))]
#[test]
fn what_is_no_tape_is_not_written_over() {
    let folder = Folder::new("taken");
    folder.write("bars.csv", bars());
    folder.write("a.toml", trading());
    folder.write("data/bars.csv", bars());
    let pipe = std::process::Command::new("mkfifo").arg(folder.0.join("pipe")).status();
    assert!(pipe.is_ok_and(|status| status.success()), "mkfifo is there");
    let refused = |arguments: &[&str], expected: &str| {
        let (code, stdout, stderr) = folder.told(arguments);
        assert_eq!((code, stdout.as_str()), (BAD_INPUT, ""), "{arguments:?}\n{stderr}");
        assert!(stderr.contains(expected), "{arguments:?}\n{stderr}");
    };
    let synth = ["data", "synth", "bars", "--days", "1", "--out"];
    for out in ["a.toml", "pipe", "data"] {
        refused(&[&synth[..], &[out]].concat(), &format!("E-MD-080 {out}: found "));
        refused(&["data", "import", "bars.csv", "--out", out], &format!("E-MD-080 {out}: found "));
    }
    assert_eq!(std::fs::read_to_string(folder.0.join("a.toml")).expect("still there"), trading());
    assert_eq!(folder.told(&["data", "import", "bars.csv", "--out", "t.parquet"]).0, OK);
    refused(&["data", "import", "t.parquet", "--out", "data/../t.parquet"], "found the file that is imported");
    refused(&["run", "a.toml", "--journal", "pipe"], "E-JR-013 pipe:0:0 write: found something that is not a regular");
}

/// The shipped scenario on a real capture meets its own expectations, where the capture is.
#[test]
fn the_real_capture_comes_to_what_its_scenario_expects() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = project.join("../shared/data");
    if !data.join("binance-l2/usdm_btcusdt_20240808.gz").exists() {
        println!("skipped: no ../shared/data/binance-l2");
        return;
    }
    let folder = Folder::new("real-capture");
    let (scenario, data) =
        (project.join("scenarios/real-btcusdt.toml"), data.to_str().expect("a path in UTF-8").to_owned());
    let scenario = scenario.to_str().expect("a path in UTF-8");
    let (code, _, stderr) = folder.told(&["run", scenario, "--data-root", &data]);
    assert_eq!(code, OK, "{stderr}");
}

/// `--bound`: three sets, one ladder, and nothing unexplained; what it cannot be joined with is misuse.
#[test]
fn a_bound_says_what_every_model_brought() {
    let folder = folder("bound", &trading());
    let (code, stdout, stderr) = folder.told(&["run", "s.toml", "--bound", "--json"]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    let told = document(&stdout);
    let text = |place: &str| told.pointer(place).and_then(Value::as_str).unwrap_or_else(|| panic!("{place}"));
    let decimal = |place: &str| text(place).parse::<Decimal>().expect("a decimal");
    for (at, set) in ["optimistic", "central", "pessimistic"].into_iter().enumerate() {
        assert_eq!(text(&format!("/sets/{set}/unexplained")), "0");
        assert_eq!(told["sets"][set]["optimistic"], at == 0);
    }
    for (step, (from, to)) in [("optimistic", "central"), ("central", "pessimistic")].into_iter().enumerate() {
        assert_eq!(text(&format!("/steps/{step}/unexplained")), "0");
        let brought: Decimal = (0..6).map(|rung| decimal(&format!("/ladder/{}/brought", step * 6 + rung))).sum();
        assert_eq!(brought, decimal(&format!("/steps/{step}/difference")));
        let pnl = |set: &str| decimal(&format!("/sets/{set}/net_pnl"));
        assert_eq!(brought, pnl(to) - pnl(from));
    }
    let (code, stdout, _) = folder.told(&["run", "s.toml", "--bound"]);
    let lines = stdout.lines().filter(|line| line.trim_start().starts_with("unexplained"));
    let zero = |line: &str| line.split_whitespace().skip(1).all(|amount| amount == "0");
    assert_eq!((code, lines.clone().count(), lines.clone().all(zero)), (OK, 2, true), "{stdout}");
    for with in ["--swarm", "--trace", "--journal"] {
        assert_eq!(folder.told(&["run", "s.toml", "--bound", with, "j"]).0, USAGE, "{with}");
    }
}
