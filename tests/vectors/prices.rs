//! CK-13 … CK-17: where an entry would trade, where it would be given up, and how sure the desk is.

use expect_test::expect;
use seatrial::market::{Intention, OrderKind, Price, Pricing, Qty, Rate, RawPrice, Regime};

use crate::bench::{Ask, B, Bench, decimal};
use crate::{denied, passes};

/// Collar 0.5 % and 10 % behind, both sides; the prices themselves pass.
#[test]
fn ck_13_the_band() {
    let long = |price, stop| Ask::long(B, price, stop);
    let short = |price, stop| Ask::short(B, price, stop);
    let make = || Bench::margin(&[]);
    passes(&mut make(), &long("45225", "44500"));
    denied(
        &mut make(),
        &long("45225.01", "44500"),
        &expect!["CK-13 BTC/USDT: 45225.01 against 45225 quote; reference 45000, band 40500 to 45225"],
    );
    passes(&mut make(), &long("40500", "40000"));
    denied(
        &mut make(),
        &long("40499.99", "40000"),
        &expect!["CK-13 BTC/USDT: 40499.99 against 40500 quote; reference 45000, band 40500 to 45225"],
    );
    passes(&mut make(), &short("44775", "45500"));
    denied(
        &mut make(),
        &short("44774.99", "45500"),
        &expect!["CK-13 BTC/USDT: 44774.99 against 44775 quote; reference 45000, band 44775 to 49500"],
    );
    passes(&mut make(), &short("49500", "50000"));
    denied(
        &mut make(),
        &short("49500.01", "50000"),
        &expect!["CK-13 BTC/USDT: 49500.01 against 49500 quote; reference 45000, band 44775 to 49500"],
    );
}

#[test]
fn ck_13_post_only_never_takes() {
    let quiet = |ask: Ask| ask.but(|proposal| proposal.post_only = true);
    passes(&mut Bench::margin(&[]), &quiet(Ask::v01()));
    denied(
        &mut Bench::margin(&[]),
        &quiet(Ask::v01().at("45000.01")),
        &expect!["CK-13 BTC/USDT: 45000.01 against 45000.01 quote; post-only would cross"],
    );
    passes(&mut Bench::margin(&[]), &quiet(Ask::short(B, "45000", "45900")));
    denied(
        &mut Bench::margin(&[]),
        &quiet(Ask::short(B, "44999.99", "45900")),
        &expect!["CK-13 BTC/USDT: 44999.99 against 44999.99 quote; post-only would cross"],
    );
}

// proves: critical-9-validation
#[test]
fn ck_14_a_stop_on_its_side() {
    let make = || Bench::margin(&[]);
    denied(
        &mut make(),
        &Ask { stop: None, ..Ask::v01() },
        &expect!["CK-14 BTC/USDT: no stop against stop.required = true"],
    );
    denied(
        &mut make(),
        &Ask::v01().stop("45000"),
        &expect!["CK-14 BTC/USDT: 45000 against 45000 quote; the stop is on the wrong side of the entry"],
    );
    // One cent on its side it is only too near.
    denied(
        &mut make(),
        &Ask::v01().stop("44999.99"),
        &expect!["CK-15 BTC/USDT: 0.01 against 225 quote, stop.min; 0 from the plan, 0 at worst"],
    );
    denied(
        &mut make(),
        &Ask::v01().target("45000"),
        &expect!["CK-14 BTC/USDT: 45000 against 45000 quote; the target is on the wrong side of the entry"],
    );
    denied(
        &mut make(),
        &Ask::v01().target("45000.01"),
        &expect!["CK-16 BTC/USDT: 0.01 against 1350 quote; ratio 0.000011"],
    );
    denied(
        &mut make(),
        &Ask::short(B, "45000", "45000"),
        &expect!["CK-14 BTC/USDT: 45000 against 45000 quote; the stop is on the wrong side of the entry"],
    );
    denied(
        &mut make(),
        &Ask::short(B, "45000", "45900").target("45000"),
        &expect!["CK-14 BTC/USDT: 45000 against 45000 quote; the target is on the wrong side of the entry"],
    );
    // A market-like entry is planned at the reference, not at its collar.
    denied(
        &mut make(),
        &Ask::v01().at_market().stop("45000"),
        &expect!["CK-14 BTC/USDT: 45000 against 45000 quote; the stop is on the wrong side of the entry"],
    );
    // Without the rule, no stop is needed, and then no ratio is asked for either.
    let research = [("ceilings", "research"), ("stop.required", "false")];
    passes(&mut Bench::margin(&research), &Ask { stop: None, ..Ask::v01() }.notional("100"));
}

#[test]
fn ck_15_stop_distance() {
    let make = || Bench::margin(&[]);
    passes(&mut make(), &Ask::v01().stop("44775"));
    denied(
        &mut make(),
        &Ask::v01().stop("44775.01"),
        &expect!["CK-15 BTC/USDT: 224.99 against 225 quote, stop.min; 0.005 from the plan, 0.005 at worst"],
    );
    passes(&mut make(), &Ask::v01().stop("43650"));
    denied(
        &mut make(),
        &Ask::v01().stop("43649.99"),
        &expect!["CK-15 BTC/USDT: 1350.01 against 1350 quote, stop.max; 0.03 from the plan, 0.03 at worst"],
    );
    // Near by the plan, far at worst.
    passes(&mut make(), &Ask::v01().at_market().stop("44775"));
    denied(
        &mut make(),
        &Ask::v01().at_market().stop("44775.01"),
        &expect!["CK-15 BTC/USDT: 224.99 against 225 quote, stop.min; 0.005 from the plan, 0.00995 at worst"],
    );
    denied(
        &mut make(),
        &Ask::v01().at_market().stop("43868.24"),
        &expect!["CK-15 BTC/USDT: 1356.76 against 1356.75 quote, stop.max; 0.02515 from the plan, 0.03 at worst"],
    );
    passes(&mut make(), &Ask::short(B, "45000", "46350"));
    denied(
        &mut make(),
        &Ask::short(B, "45000", "46350.01"),
        &expect!["CK-15 BTC/USDT: 1350.01 against 1350 quote, stop.max; 0.03 from the plan, 0.03 at worst"],
    );
    // The symbol's own limit only tightens the general one.
    let tight = [("stop.max", "2%")];
    denied(
        &mut Bench::margin(&tight),
        &Ask::v01().stop("44099.99"),
        &expect!["CK-15 BTC/USDT: 900.01 against 900 quote, stop.max; 0.02 from the plan, 0.02 at worst"],
    );
}

#[test]
fn ck_16_reward_to_risk() {
    let make = || Bench::margin(&[]);
    passes(&mut make(), &Ask::v01().target("46350"));
    denied(
        &mut make(),
        &Ask::v01().target("46349.99"),
        &expect!["CK-16 BTC/USDT: 1349.99 against 1350 quote; ratio 1.499989"],
    );
    passes(&mut make(), &Ask::short(B, "45000", "45900").target("43650"));
    denied(
        &mut make(),
        &Ask::short(B, "45000", "45900").target("43650.01"),
        &expect!["CK-16 BTC/USDT: 1349.99 against 1350 quote; ratio 1.499989"],
    );
}

#[test]
fn ck_17_regimes() {
    let sure = |confidence, regime| Ask::v01().believing(confidence, regime);
    let table = [
        (Regime::TrendingBull, "0.60", "0.5999"),
        (Regime::TrendingBear, "0.60", "0.5999"),
        (Regime::Ranging, "0.60", "0.5999"),
        (Regime::BreakoutPotential, "0.60", "0.5999"),
        (Regime::VolatileBull, "0.65", "0.6499"),
        (Regime::VolatileBear, "0.65", "0.6499"),
        (Regime::Choppy, "0.75", "0.7499"),
        (Regime::Unknown, "0.70", "0.6999"),
    ];
    for (regime, enough, short) in table {
        passes(&mut Bench::margin(&[]), &sure(enough, regime));
        let text = Bench::margin(&[]).answer(&sure(short, regime));
        let required = crate::bench::decimal(enough).normalize();
        assert!(text.starts_with(&format!("CK-17 BTC/USDT: {short} against {required} ")), "{regime:?}: {text}");
    }
    denied(
        &mut Bench::margin(&[]),
        &sure("0.74", Regime::Choppy),
        &expect![
            "CK-17 BTC/USDT: 0.74 against 0.75 confidence; regime 0.75, losses 0, strictness 0, near the daily limit 0, floor 0.60"
        ],
    );
}

#[test]
fn ck_17_strictness_and_floor() {
    let with = |strictness: &'static str| Bench::margin(&[("confidence.strictness", strictness)]);
    let choppy = |confidence| Ask::v01().believing(confidence, Regime::Choppy);
    for (strictness, enough, short) in [
        ("relaxed", "0.70", "0.69"),
        ("normal", "0.75", "0.74"),
        ("strict", "0.80", "0.79"),
        ("very_strict", "0.85", "0.84"),
    ] {
        passes(&mut with(strictness), &choppy(enough));
        assert!(with(strictness).answer(&choppy(short)).starts_with("CK-17 "), "{strictness}");
    }
    // Relaxed never goes below the floor.
    denied(
        &mut with("relaxed"),
        &Ask::v01().believing("0.59", Regime::Ranging),
        &expect![
            "CK-17 BTC/USDT: 0.59 against 0.6 confidence; regime 0.60, losses 0, strictness -0.05, near the daily limit 0, floor 0.60"
        ],
    );
    passes(&mut with("relaxed"), &Ask::v01().believing("0.60", Regime::Ranging));
}

#[test]
fn ck_17_a_run_of_losses() {
    let after = |losses: usize| {
        let mut bench = Bench::margin(&[]);
        let ask = Ask::v01().quantity(100_000).believing("1", Regime::TrendingBull);
        (0..losses).for_each(|_| bench.round_trip(&ask, "45000", "44990"));
        bench.quotes();
        bench
    };
    for (losses, enough, short) in [(2, "0.60", "0.59"), (3, "0.70", "0.69"), (4, "0.70", "0.69"), (5, "0.80", "0.79")]
    {
        passes(&mut after(losses), &Ask::v01().believing(enough, Regime::Ranging));
        let text = after(losses).answer(&Ask::v01().believing(short, Regime::Ranging));
        assert!(text.starts_with("CK-17 "), "{losses} losses: {text}");
    }
    denied(
        &mut after(5),
        &Ask::v01().believing("0.79", Regime::Ranging),
        &expect![
            "CK-17 BTC/USDT: 0.79 against 0.8 confidence; regime 0.60, losses 0.20, strictness 0, near the daily limit 0, floor 0.60"
        ],
    );
    // A win clears them.
    let mut bench = after(5);
    let ask = Ask::v01().quantity(100_000).believing("1", Regime::TrendingBull);
    bench.round_trip(&ask, "45000", "46000");
    bench.quotes();
    passes(&mut bench, &Ask::v01().believing("0.60", Regime::Ranging));
}

/// `orders.default_kind`: an entry that names no kind rests at the reference, or trades at once; a close
/// that names none is market-like, and without a reference there is no limit to name.
#[test]
fn a_proposal_without_a_kind_is_of_the_usual_one() {
    let usual = |bench: &mut Bench, intention| bench.with_desk(move |desk| desk.proposal(B, intention).pricing);
    let limit = Pricing::Limit(RawPrice::new(decimal("45000.00")));
    let mut bench = Bench::margin(&[]);
    for (intention, pricing) in [
        (Intention::OpenLong, limit),
        (Intention::OpenShort, limit),
        (Intention::Close, Pricing::Market),
        (Intention::Reduce(Qty(1)), Pricing::Market),
    ] {
        assert_eq!(usual(&mut bench, intention), pricing, "{intention:?}");
    }
    let order = bench.with_desk(|desk| {
        let mut proposal = desk.proposal(B, Intention::OpenLong);
        proposal.stop = Some(RawPrice::new(decimal("44100")));
        (proposal.confidence, proposal.regime) = (Rate::from_bps(9_000), Regime::TrendingBull);
        desk.submit(proposal)
    });
    assert!(order.is_ok(), "{order:?}");
    assert_eq!(bench.sent()[0].kind, OrderKind::Limit { limit: Price(4_500_000) });
    bench.quote(B, "44999.99", "");
    assert_eq!(usual(&mut bench, Intention::OpenLong), Pricing::Market);
    let mut bench = Bench::margin(&[("orders.default_kind", "market")]);
    assert_eq!(usual(&mut bench, Intention::OpenLong), Pricing::Market);
}
