//! V-01 … V-17: equity 10 000, flat, limit entry at the reference unless a row says otherwise.

use rust_decimal::Decimal;
use seatrial::market::{Action, Check, Decision, OrderKind, Proposal, Qty, Regime, Side, Span, TimeInForce, Trim};

use crate::bench::{Ask, B, Bench, X, decimal};

/// What a row begins with.
#[derive(Clone, Copy)]
enum Given {
    Flat,
    /// Losses in a row; equity is 10 000 again afterwards.
    Losses(u32),
    /// Exactly 1 500 of worst case in B already.
    WorstCase1500,
}

/// What a row ends with.
enum Sized {
    /// SZ-1 → SZ-2 → SZ-3 → SZ-4 (`_` where the page says `…` only), quantity, notional.
    Order(&'static str, &'static str, &'static str),
    /// The text of a denial.
    Denied(&'static str),
}

use Given::{Flat, Losses, WorstCase1500};
use Regime::{Choppy, Ranging, TrendingBull, VolatileBull};
use Sized::{Denied, Order};

/// Id, given, entry, stop, confidence, regime, request, outcome.
type Row = (&'static str, Given, Ask, &'static str, Sized);

fn b(confidence: &'static str, regime: Regime) -> Ask {
    Ask::v01().believing(confidence, regime)
}

fn rows() -> Vec<Row> {
    let bull = || b("0.90", TrendingBull);
    let x = |price, stop| Ask::long(X, price, stop);
    vec![
        ("V-01", Flat, bull(), "", Order("10000 10000 2000 2000", "0.04444444", "1999.9998")),
        ("V-02", Losses(5), bull(), "", Order("10000 10000 2000 1000", "0.02222222", "999.9999")),
        ("V-04", Flat, b("0.85", TrendingBull), "100", Order("10000 10000 100 100", "0.00222222", "99.9999")),
        ("V-05", Flat, b("0.70", Ranging), "", Order("10000 3000 2000 2000", "0.04444444", "1999.9998")),
        ("V-06", Flat, b("0.60", Ranging), "", Order("10000 1500 1500 1500", "0.03333333", "1499.99985")),
        ("V-07", Flat, b("0.76", Choppy), "", Order("10000 1875 1875 1875", "0.04166666", "1874.9997")),
        ("V-08", Flat, b("0.74", Choppy), "", Denied("CK-17 BTC/USDT: 0.74 against 0.75")),
        (
            "V-09",
            Flat,
            b("0.65", VolatileBull).stop("43650"),
            "",
            Order("6666.66… 1333.33… 1333.33… 1333.33…", "0.02962962", "1333.3329"),
        ),
        ("V-10", Flat, x("0.60", "0.57").believing("0.66", Ranging), "", Order("4000 1200 1200 1200", "2000", "1200")),
        ("V-11", Flat, x("0.60", "0.582"), "100", Order("_ _ 100 100", "166", "99.60")),
        ("V-12", WorstCase1500, bull(), "", Order("_ _ 500 500", "0.01111111", "499.99995")),
        ("V-13", Flat, bull().at_market(), "", Order("8040 8040 2000 2000", "0.04422332", "1999.999647")),
        ("V-14", Flat, bull(), "4", Denied("CK-18 BTC/USDT: 0.00008888 against 0.0001")),
        ("V-14", Flat, bull(), "4.60", Denied("CK-19 BTC/USDT: 4.5999 against 5")),
        ("V-15", Flat, x("0.40", "0.388"), "5.10", Denied("CK-19 XRP/USDT: 4.8 against 5")),
        ("V-16", Flat, x("0.60", "0.582"), "5", Denied("CK-18 XRP/USDT: 8 against 10")),
        ("V-16", Flat, x("0.60", "0.582"), "6", Order("_ _ 6 6", "10", "6")),
        ("V-17", Flat, bull(), "20000", Denied("CK-12 BTC/USDT: 20000 against 10000")),
        ("V-17", Flat, bull(), "10000.01", Denied("CK-12 BTC/USDT: 10000.01 against 10000")),
        ("V-17", Flat, bull(), "10000", Order("10000 10000 2000 2000", "0.04444444", "1999.9998")),
    ]
}

fn given(state: Given) -> Bench {
    let mut bench = match state {
        WorstCase1500 => Bench::spot(&[("risk.max_entries_per_instrument", "5")]),
        Flat | Losses(_) => Bench::spot(&[]),
    };
    match state {
        Flat => {}
        Losses(count) => {
            let ask = Ask::long(B, "45000", "44100").quantity(1_000_000).believing("1", TrendingBull);
            for _ in 0..count {
                bench.round_trip(&ask, "45000", "44900");
            }
            bench.quotes();
            bench.transfer_to("10000");
        }
        WorstCase1500 => {
            bench.open(&Ask::v01().quantity(333_334));
            bench.open(&Ask::v01().at("44999.99").quantity(3_000_000));
        }
    }
    assert_eq!(bench.trader.core().equity(), Some(Decimal::from(10_000)), "the vectors are for 10 000");
    bench
}

/// SZ-1 … SZ-4, read off the recorded trims; the value after a step that took nothing is the one
/// before it.
fn steps(bench: &Bench) -> [Decimal; 4] {
    let trims = bench.trims();
    let first = trims.first().expect("the lot alone trims something in these rows").1;
    let after = |by: &[Trim], before: Decimal| {
        trims.iter().rev().find(|trim| by.contains(&trim.0)).map_or(before, |trim| trim.2)
    };
    let tier = after(&[Trim::TierAndRegime], first);
    let share = after(&[Trim::Requested, Trim::PositionShare], tier);
    [first, tier, share, after(&[Trim::Losses, Trim::Volatility], share)]
}

fn same(measured: Decimal, expected: &str) -> bool {
    match expected.strip_suffix('…') {
        _ if expected == "_" => true,
        Some(beginning) => measured.to_string().starts_with(beginning),
        None => measured == decimal(expected),
    }
}

// proves: risk-trim-order
#[test]
fn sizing_matches_every_vector() {
    for (id, state, ask, request, expected) in rows() {
        let ask = if request.is_empty() { ask } else { ask.notional(request) };
        let mut bench = given(state);
        let reference = ask.price.unwrap_or("45000");
        // Twice: a jump counts once it is confirmed.
        (0..2).for_each(|_| bench.reference(ask.instrument, reference));
        let answer = bench.submit(&ask);
        match expected {
            Denied(beginning) => {
                let text = answer.expect_err(id).text;
                assert!(text.starts_with(&format!("{beginning} ")), "{id}: {text}");
                assert!(bench.sent().is_empty(), "{id}");
            }
            Order(chain, qty, notional) => {
                answer.unwrap_or_else(|denied| panic!("{id}: {denied}"));
                for (measured, expected) in steps(&bench).into_iter().zip(chain.split(' ')) {
                    assert!(same(measured, expected), "{id}: {measured} is not {expected}; {:?}", bench.trims());
                }
                sent_as(id, &bench, &ask, qty, notional);
            }
        }
    }
}

/// The one order that left: its quantity, its notional at the price it carries, its record.
fn sent_as(id: &str, bench: &Bench, ask: &Ask, qty: &str, notional: &str) {
    let sent = bench.sent();
    let [order] = sent[..] else { panic!("{id}: {sent:?}") };
    let instrument = bench.instrument(ask.instrument);
    let OrderKind::Limit { limit } = order.kind else { panic!("{id}: {order:?}") };
    assert_eq!(instrument.qty(order.qty), decimal(qty), "{id}");
    assert_eq!(instrument.value(order.qty.at(limit)).decimal(), decimal(notional), "{id}");
    assert_eq!((order.side, order.leverage, order.reduce_only), (Side::Buy, 1, false), "{id}");
    // A resting entry ends by itself a day after its decision.
    let day = bench.now.after(Span::from_hours(24));
    let tif = if ask.price.is_some() { TimeInForce::Gtd(day) } else { TimeInForce::Ioc };
    assert_eq!((order.tif, order.post_only), (tif, false), "{id}");
    let intended = bench.decisions().find_map(|decision| match decision {
        Decision::Intended { order, .. } => Some(*order),
        _ => None,
    });
    assert_eq!(intended, Some(order), "{id}: what is recorded is what leaves");
    assert!(bench.decisions().any(|decision| matches!(decision, Decision::Checked(..))), "{id}");
    let last = bench.actions.iter().position(|action| matches!(action, Action::Send(_)));
    let recorded = bench.actions.iter().position(|a| matches!(a, Action::Record(Decision::Intended { .. })));
    assert!(recorded < last, "{id}: the record comes first");
}

/// SZ-5 and SZ-7: leverage divides margin and multiplies nothing.
// proves: critical-6-leverage
#[test]
fn leverage_is_the_smallest_anyone_allows_and_changes_no_size() {
    let lever: fn(&mut Proposal) = |proposal| proposal.leverage = 5;
    let table = [
        ("0.90", TrendingBull, 5),
        ("0.76", TrendingBull, 4),
        ("0.66", TrendingBull, 3),
        ("0.60", TrendingBull, 2),
        ("0.90", Regime::TrendingBear, 3),
        ("0.90", Ranging, 2),
        ("0.90", Choppy, 1),
        ("0.90", Regime::Unknown, 1),
    ];
    for (confidence, regime, leverage) in table {
        let mut bench = Bench::margin(&[]);
        let ask = Ask::v01().believing(confidence, regime).notional("100").but(lever);
        bench.open(&ask);
        let order = bench.sent()[0];
        assert_eq!((order.leverage, order.qty), (leverage, Qty(222_222)), "{confidence} {regime:?}");
    }
}

/// SZ-6: a requested base quantity enters as quantity × `P_size` and never grows.
#[test]
fn a_requested_quantity_is_never_exceeded() {
    let mut bench = Bench::spot(&[]);
    bench.open(&Ask::v01().quantity(1_234_567));
    assert_eq!(bench.sent()[0].qty, Qty(1_234_567));
    assert!(bench.trims().iter().all(|trim| trim.0 != Trim::Lot), "a whole number of lots loses nothing");
}

/// V-16: the stop leg of the smallest order.
#[test]
fn the_stop_leg_is_measured() {
    let mut bench = Bench::spot(&[]);
    bench.open(&Ask::long(X, "0.60", "0.582").notional("6"));
    let leg = bench.decisions().find_map(|decision| match decision {
        Decision::Checked(_, measures) => measures.iter().rfind(|measure| measure.check == Check::Entry(21)).copied(),
        _ => None,
    });
    assert_eq!(leg.map(|measure| measure.measured.decimal()), Some(decimal("5.82")));
}
