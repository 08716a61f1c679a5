//! From a scenario and a tape to a setup: amounts become whole units, and what the data
//! contradicts is refused where it was written.
#![cfg(feature = "simulator")]

use std::sync::Arc;

use expect_test::{Expect, expect};
use rust_decimal::Decimal;
use seatrial::data::{Provenance, Records, Row, RowKind, Tape};
use seatrial::market::{AssetId, Contract, FeeAsset, Money, Price, Qty, Rate, Span, Timestamp};
use seatrial::scenario::{Scenario, Source};
use seatrial::strategies::ParamError;

const SECOND: i64 = 1_000_000_000;
/// 2024-08-09T00:00:00Z.
const MIDNIGHT: i64 = 1_723_161_600 * SECOND;

/// Two levels, ten seconds apart, from midnight; prices in units of 0.01, quantities of 0.00001.
fn tape() -> Arc<Tape> {
    tape_in((2, 5), 1)
}

/// The same tape in finer units.
fn tape_in(decimals: (u32, u32), finer: i64) -> Arc<Tape> {
    let row = |seconds, price, kind| {
        let time = Timestamp(MIDNIGHT + seconds * SECOND);
        Row::new(time, time, Price(price * finer), Qty(100_000), kind, true)
    };
    let rows = vec![row(0, 6_000_000, RowKind::Bid), row(10, 6_000_100, RowKind::Ask)];
    let provenance = Provenance {
        source: "test".into(),
        source_sha256: String::new(),
        importer: "test".into(),
        importer_version: 1,
        shift_ns: 0,
        rows: 2,
        skipped: 0,
    };
    Arc::new(Tape::new("BTCUSDT".into(), decimals, Span::ZERO, Records::Rows(rows), provenance))
}

/// The sound scenario of the broken ones, with one thing changed.
fn scenario(from: &str, to: &str) -> Scenario {
    let sound = include_str!("broken_scenarios/sound.toml");
    assert!(sound.contains(from), "{from} is in the sound scenario");
    let source = Source { file: "s.toml".into(), text: sound.replacen(from, to, 1) };
    Scenario::parse(source, "s").unwrap_or_else(|all| panic!("sound in itself: {all:?}"))
}

fn check(from: &str, to: &str, expected: &Expect) {
    let refused = scenario(from, to).setup_on(&[tape()], None, 0).expect_err("the tape contradicts it");
    expected.assert_eq(&refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn rules_inherit_what_a_change_does_not_name() {
    let text = include_str!("broken_scenarios/sound.toml")
        .replace("taker = \"0.05%\"", "taker = \"0.05%\"\nfee_asset = \"BNB\"\nfee_asset_price = \"600\"\nband = \"10%\"")
        .replace(
            "[venue]",
            "[[instrument.\"BTC/USDT\".change]]\nat = \"2024-08-09T00:00:05Z\"\ntick = \"0.5\"\nmin_qty = \"0.001\"\n[venue]",
        )
        .replace("[wire]", "[account.rates]\nBNB = \"601\"\n[wire]");
    let scenario = Scenario::parse(Source { file: "s.toml".into(), text }, "s").expect("a sound scenario");
    let setup = scenario.setup_on(&[tape()], Some(7), 3).expect("the tape agrees");
    assert_eq!((setup.seed, setup.run), (7, 3));
    let names: Vec<&str> = setup.assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["BTC", "USDT", "BNB"]);
    assert_eq!(setup.account_currency, AssetId(1));
    assert_eq!(setup.rates, [(AssetId(2), Money::new(601.into()))]);
    assert_eq!(setup.balances[0].total, Money::new(10_000.into()));
    let instrument = &setup.instruments[0];
    assert_eq!((instrument.contract, instrument.base, instrument.quote), (Contract::Spot, AssetId(0), AssetId(1)));
    let [first, second] = &instrument.timeline[..] else { panic!("two sets of rules: {:?}", instrument.timeline) };
    assert_eq!((first.from, first.tick, first.lot, first.min_qty), (Timestamp::MIN, Price(1), Qty(1), Qty(1)));
    assert_eq!(first.min_notional, Money::new(5.into()));
    assert_eq!((first.fees.maker, first.fees.taker), (Rate::from_bps(2), Rate::from_bps(5)));
    let asset = FeeAsset::Third { asset: AssetId(2), scale: 8, price: Money::new(600.into()) };
    assert_eq!(first.fees.asset, asset);
    assert_eq!((second.from, second.tick, second.lot), (Timestamp(MIDNIGHT + 5 * SECOND), Price(50), Qty(1)));
    assert_eq!((second.min_qty, second.max_qty), (Qty(100), first.max_qty));
    assert_eq!((second.band, second.fees), (Some(Rate::new(Decimal::new(1, 1))), first.fees));
    assert_eq!((setup.venue.half_spread_ticks.as_slice(), setup.venue.bar_display_ppm), (&[1][..], 250_000));
}

#[test]
fn a_grid_finer_than_the_tape_is_refused() {
    check(
        "tick = \"0.01\"",
        "tick = \"0.015\"",
        &expect![[
            r#"E-SC-011 s.toml:10:8 instrument."BTC/USDT".tick: found "0.015" allowed a whole number of the tape's price units of 0.01, at most 1000000000000"#
        ]],
    );
    check(
        "lot = \"0.00001\"",
        "lot = \"0.000001\"",
        &expect![[
            r#"E-SC-011 s.toml:11:7 instrument."BTC/USDT".lot: found "0.000001" allowed a whole number of the tape's quantity units of 0.00001, at most 1000000000000"#
        ]],
    );
    check(
        "tick = \"0.01\"",
        "tick = \"0.01\"\nbase_scale = 4",
        &expect![[
            r#"E-SC-011 s.toml:11:14 instrument."BTC/USDT".base_scale: found 4 allowed at least 5, the decimals of the tape's quantity unit"#
        ]],
    );
}

#[test]
fn amounts_beyond_exact_arithmetic_are_refused() {
    check(
        "min_notional = \"5\"",
        "max_qty = \"99999999999999\"",
        &expect![[
            r#"E-SC-011 s.toml:12:11 instrument."BTC/USDT".max_qty: found "99999999999999" allowed a whole number of the tape's quantity units of 0.00001, at most 1000000000000"#
        ]],
    );
    // 60 000 in units of 10⁻¹² is 6·10¹⁶; times 10¹² quantity units it has no room for a fee.
    let refused = scenario("seed = 1", "seed = 2").setup_on(&[tape_in((12, 5), 10_000_000_000)], None, 0);
    let refused = refused.expect_err("no exact value");
    expect![[r#"E-SC-011 s.toml:8:13 instrument."BTC/USDT".max_qty: found orders of up to 10000000.00000 at up to 60001.000000000000 allowed values of at most 28 digits; a smaller max_qty, or data in coarser units"#]].assert_eq(&refused[0].to_string());
    let smaller = scenario("min_notional = \"5\"", "max_qty = \"1000\"");
    assert!(smaller.setup_on(&[tape_in((12, 5), 10_000_000_000)], None, 0).is_ok());
}

#[test]
fn a_period_the_file_does_not_cover_is_refused() {
    let file = "file = \"day.parquet\"";
    check(
        file,
        "file = \"day.parquet\"\nfrom = \"2024-08-08T23:59:59Z\"",
        &expect![
            "E-SC-016 s.toml:7:8 market.from: found 2024-08-08T23:59:59Z allowed 2024-08-09T00:00:00Z to 2024-08-09T00:00:10Z, which the file covers"
        ],
    );
    check(
        file,
        "file = \"day.parquet\"\nto = \"2024-08-09T00:00:10.000000001Z\"",
        &expect![
            "E-SC-016 s.toml:7:6 market.to: found 2024-08-09T00:00:10.000000001Z allowed 2024-08-09T00:00:00Z to 2024-08-09T00:00:10Z, which the file covers"
        ],
    );
}

#[test]
fn a_part_of_a_file_can_be_asked_for() {
    let file = "file = \"day.parquet\"";
    let part = scenario(file, "file = \"day.parquet\"\nfrom = 2024-08-09T00:00:01Z\nto = \"2024-08-09T00:00:05Z\"");
    let setup = part.setup_on(&[tape()], None, 0).expect("the file covers it");
    let market = &setup.tapes[0];
    assert_eq!(market.from, Some(Timestamp(MIDNIGHT + SECOND)));
    assert_eq!(market.to, Some(Timestamp(MIDNIGHT + 5 * SECOND)));
}

/// Offsets of faults and of operators count from the first market's start, whichever it is.
#[test]
fn a_run_of_several_instruments_starts_with_the_first_of_its_markets() {
    let text = include_str!("broken_scenarios/instrument_without_market.toml");
    let market = "[[market]]\nsource = \"recorded\"\nsymbol = \"ETH/USDT\"\nfile = \"day.parquet\"\n\n[[market]]\n\
                  from = \"2024-08-09T00:00:05Z\"";
    let text = text.replacen("[market]", market, 1)
        + "[[fault]]\nkind = \"feed_gap\"\nfrom = \"2s\"\ninstrument = \"ETH/USDT\"\n";
    let scenario = Scenario::parse(Source { file: "s.toml".into(), text }, "s").expect("a market each");
    let setup = scenario.setup_on(&[tape(), tape()], None, 0).expect("sound");
    let symbols: Vec<&str> = setup.instruments.iter().map(|instrument| instrument.symbol.as_str()).collect();
    assert_eq!(symbols, ["BTC/USDT", "ETH/USDT"]);
    assert_eq!(setup.tapes[0].from, Some(Timestamp(MIDNIGHT + 5 * SECOND)));
    assert_eq!(setup.feed().start(), Timestamp(MIDNIGHT));
    assert_eq!(setup.faults[0].from, Timestamp(MIDNIGHT + 2 * SECOND));
    assert_eq!(setup.faults[0].instrument, Some(seatrial::market::InstrumentId(1)));
}

#[test]
fn data_that_is_not_there_is_told_where_it_was_named() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let told = |file: &str| {
        let scenario = scenario("day.parquet", file);
        let refused = scenario.tapes(&root, &root).expect_err("no such data");
        refused[0].to_string().replace(&root.display().to_string(), "ROOT")
    };
    expect![[r#"
        E-SC-001 s.toml:6:8 market.file: found "missing.parquet", no such file allowed a file below the data root "ROOT"
          hint: --data-root DIR names another"#]]
    .assert_eq(&told("missing.parquet"));
    expect![[r#"
        E-SC-001 s.toml:6:8 market.file: found "broken_scenarios", a directory allowed a file below the data root "ROOT"
          hint: --data-root DIR names another"#]]
    .assert_eq(&told("broken_scenarios"));
}

#[test]
fn a_refused_parameter_is_told_where_it_was_written() {
    let scenario = scenario("name = \"quoter\"", "name = \"quoter\"\nstop = 5");
    let wrong = |key: &str, found: &str, allowed: &str| ParamError {
        key: key.to_owned(),
        found: found.to_owned(),
        allowed: allowed.to_owned(),
    };
    expect![[r#"E-SC-015 s.toml:30:8 strategy.stop: found "5" allowed 1 to 3"#]]
        .assert_eq(&scenario.bad_parameter(&wrong("stop", "5", "1 to 3")).to_string());
    expect!["E-SC-015 s.toml:29:8 strategy.size: found nothing allowed a quantity"]
        .assert_eq(&scenario.bad_parameter(&wrong("size", "", "a quantity")).to_string());
}

#[test]
fn every_shipped_scenario_is_sound() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut names: Vec<_> = [folder.clone(), folder.join("review")]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the folder is part of the project"))
        .map(|file| file.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    names.sort();
    assert!(names.len() >= 3, "{names:?}");
    for path in names {
        let scenario = Scenario::read(&path).unwrap_or_else(|all| panic!("{all:?}"));
        assert_eq!(Some(scenario.name()), path.file_stem().and_then(|stem| stem.to_str()));
    }
}

#[test]
fn a_venue_takes_the_terms_it_is_given() {
    let standard = scenario("[venue]", "[venue]").setup_on(&[tape()], None, 0).expect("sound").venue;
    assert_eq!((standard.rate_limit, standard.triggers_hold, standard.strict_triggers), (None, true, false));
    let text =
        "[venue]\nrate_limit = \"2/s 60\"\nreserves_exits = false\nvalidate_trigger_prices = true\nmax_open_orders = 7";
    let venue = scenario("[venue]", text).setup_on(&[tape()], None, 0).expect("sound").venue;
    let limit = seatrial::venue::RateLimit { most: 60, decay: Span::from_millis(500) };
    assert_eq!(venue.rate_limit, Some(limit));
    // What a venue publishes need not be whole nanoseconds: 1 s / 2.34 is 427 350 427.35 of them, and one more is taken.
    let published = scenario("[venue]", "[venue]\nrate_limit = \"2.34/s 125\"").setup_on(&[tape()], None, 0);
    let limit = seatrial::venue::RateLimit { most: 125, decay: Span(427_350_428) };
    assert_eq!(published.expect("sound").venue.rate_limit, Some(limit));
    assert_eq!((venue.triggers_hold, venue.strict_triggers, venue.max_open_orders), (false, true, 7));
}

/// A window of a fault counts from the start of the run, which is where the market begins to count.
#[test]
fn faults_begin_where_the_run_does() {
    let text = "[[fault]]\nkind = \"outage\"\nfrom = \"2s\"\n[venue]";
    let faults = scenario("[venue]", text).setup_on(&[tape()], None, 0).expect("sound").faults;
    assert_eq!(faults[0].from, Timestamp(MIDNIGHT + 2 * SECOND));
    let text = "[[fault]]\nkind = \"outage\"\nfrom = \"2s\"\n[market]\nfrom = \"2024-08-09T00:00:05Z\"";
    let faults = scenario("[market]", text).setup_on(&[tape()], None, 0).expect("sound").faults;
    assert_eq!(faults[0].from, Timestamp(MIDNIGHT + 12 * SECOND), "the first record from five seconds on is at ten");
}
