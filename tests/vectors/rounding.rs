//! V-40 … V-45: collars and planned prices on the grid.

use seatrial::market::{Check, Decision, InstrumentId, OrderKind};

use crate::bench::{Ask, B, Bench, X, Y, decimal};

/// The limit a market-like order of each side leaves with.
fn collars(id: InstrumentId, bid: &str, ask: &str, stops: [&'static str; 2]) -> [String; 2] {
    let long = Ask::long(id, "1", stops[0]).at_market();
    let short = Ask::short(id, "1", stops[1]).at_market();
    [long, short].map(|wish| {
        let mut bench = Bench::margin(&[]);
        bench.quote(id, bid, ask);
        bench.open(&wish);
        let OrderKind::Limit { limit } = bench.sent()[0].kind else { panic!("never a market order") };
        bench.instrument(id).price(limit).normalize().to_string()
    })
}

/// V-40 … V-44.
// proves: critical-3-thin-book, gap-precision
#[test]
fn collars_round_toward_the_reference() {
    let b = ["44100", "45900"];
    assert_eq!(collars(B, "44999.99", "45000.01", b), ["45225", "44775"], "V-40");
    assert_eq!(collars(B, "45123.36", "45123.38", b), ["45348.98", "44897.76"], "V-41");
    assert_eq!(collars(X, "0.60006", "0.60008", ["0.588", "0.612"]), ["0.60307", "0.59707"], "V-42");
    let y = ["0.00001300", "0.00001370"];
    assert_eq!(collars(Y, "0.00001333", "0.00001335", y), ["0.0000134", "0.00001328"], "V-42");
    assert_eq!(collars(B, "44999.99", "45000.02", b), ["45225", "44775.01"], "V-44");
}

/// V-45: a stop never looser than asked, a target never overstated.
#[test]
fn stops_round_toward_the_market_and_targets_toward_the_entry() {
    let stop_of = |ask: Ask| {
        let mut bench = Bench::margin(&[]);
        let order = bench.open(&ask);
        let stop = bench.trader.core().orders().get(order).and_then(|order| order.stop).expect("a stop was planned");
        bench.instrument(B).price(stop).normalize().to_string()
    };
    assert_eq!(stop_of(Ask::v01().stop("44100.004")), "44100.01");
    assert_eq!(stop_of(Ask::short(B, "45000", "45900.006")), "45900");
    let mut bench = Bench::margin(&[]);
    bench.open(&Ask::v01().target("46350.009"));
    let reward = bench.decisions().find_map(|decision| match decision {
        Decision::Checked(_, measures) => measures.iter().find(|measure| measure.check == Check::Entry(16)).copied(),
        _ => None,
    });
    assert_eq!(reward.map(|measure| measure.measured.decimal()), Some(decimal("1350")), "46 350.00 − 45 000");
}

/// A limit rounds away from trading: a buy down, a sell up.
#[test]
fn limits_round_away_from_trading() {
    let limit_of = |ask: Ask| {
        let mut bench = Bench::margin(&[]);
        bench.open(&ask);
        let OrderKind::Limit { limit } = bench.sent()[0].kind else { panic!("a limit order") };
        limit.0
    };
    assert_eq!(limit_of(Ask::v01().at("44999.999")), 4_499_999);
    assert_eq!(limit_of(Ask::short(B, "45000.001", "45900")), 4_500_001);
}
