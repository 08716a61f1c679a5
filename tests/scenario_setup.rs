//! From a scenario and a tape to a setup: amounts become whole units, and what the data
//! contradicts is refused where it was written.

use std::sync::Arc;

use expect_test::{Expect, expect};
use rust_decimal::Decimal;
use seatrial::data::{Provenance, Records, Row, RowKind, Tape};
use seatrial::market::{AssetId, Contract, FeeAsset, Money, Price, Qty, Rate, Span, Timestamp};
use seatrial::scenario::{Scenario, Source};

const SECOND: i64 = 1_000_000_000;
/// 2024-08-09T00:00:00Z.
const MIDNIGHT: i64 = 1_723_161_600 * SECOND;

/// Two levels, ten seconds apart, from midnight; prices in units of 0.01, quantities of 0.00001.
fn tape() -> Arc<Tape> {
    let row = |seconds, price, kind| {
        let time = Timestamp(MIDNIGHT + seconds * SECOND);
        Row::new(time, time, Price(price), Qty(100_000), kind, true)
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
    Arc::new(Tape::new("BTCUSDT".into(), (2, 5), Span::ZERO, Records::Rows(rows), provenance))
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
    check("tick = \"0.01\"", "tick = \"0.015\"", &expect![[""]]);
    check("lot = \"0.00001\"", "lot = \"0.000001\"", &expect![[""]]);
    check("tick = \"0.01\"", "tick = \"0.01\"\nbase_scale = 4", &expect![[""]]);
}

#[test]
fn amounts_beyond_exact_arithmetic_are_refused() {
    check("min_notional = \"5\"", "max_qty = \"99999999999999\"", &expect![[""]]);
    check("maker = \"0.02%\"", "max_qty = \"10000000\"\nmaker = \"0.012345%\"", &expect![[""]]);
}

#[test]
fn a_period_the_file_does_not_cover_is_refused() {
    let file = "file = \"day.parquet\"";
    check(file, "file = \"day.parquet\"\nfrom = \"2024-08-08T23:59:59Z\"", &expect![[""]]);
    check(file, "file = \"day.parquet\"\nto = \"2024-08-09T00:00:10.000000001Z\"", &expect![[""]]);
}

#[test]
fn data_that_is_not_there_is_told_where_it_was_named() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let told = |file: &str| {
        let scenario = scenario("day.parquet", file);
        let refused = scenario.tapes(&root, &root).expect_err("no such data");
        refused[0].to_string().replace(&root.display().to_string(), "ROOT")
    };
    expect![[""]].assert_eq(&told("missing.parquet"));
    expect![[""]].assert_eq(&told("broken_scenarios"));
}

#[test]
fn a_refused_parameter_is_told_where_it_was_written() {
    let scenario = scenario("name = \"quoter\"", "name = \"quoter\"\nwidth = 5");
    expect![[""]].assert_eq(&scenario.bad_parameter("width", "1 to 3").to_string());
    expect![[""]].assert_eq(&scenario.bad_parameter("size", "a quantity").to_string());
}
