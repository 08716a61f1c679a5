//! V-20 … V-35, as far as their checks exist: breakers, correlation and projected loss
//! (V-28 … V-33) belong to the issue "Production rules".

use seatrial::market::{Contract, InstrumentId, Intention};

use crate::bench::{Ask, B, Bench, OTHER, SECOND, USDT, config, instrument, instruments};

const PASSES: &str = "passes";

fn answers(make: impl Fn() -> Bench, rows: &[(Ask, &str)]) {
    for (ask, expected) in rows {
        let text = make().answer(ask);
        let price = (ask.price, ask.stop, ask.target);
        assert!(text == *expected || text.starts_with(&format!("{expected} ")), "{price:?}: {text}, not {expected}");
    }
}

/// V-20, V-21.
#[test]
fn stop_distance() {
    let market = || Ask::v01().at_market();
    answers(
        || Bench::spot(&[]),
        &[
            (Ask::v01().stop("44775"), PASSES),
            (Ask::v01().stop("44775.01"), "CK-15 BTC/USDT: 224.99 against 225"),
            (Ask::v01().stop("43650"), PASSES),
            (Ask::v01().stop("43649.99"), "CK-15 BTC/USDT: 1350.01 against 1350"),
            (market().stop("43868.25"), PASSES),
            (market().stop("43868.24"), "CK-15 BTC/USDT: 1356.76 against 1356.75"),
        ],
    );
}

/// V-23, V-25.
#[test]
fn reward_to_risk() {
    let market = || Ask::v01().at_market();
    let short = || Ask::short(B, "1", "45900").at_market();
    answers(
        || Bench::margin(&[]),
        &[
            (Ask::v01().target("46350"), PASSES),
            (Ask::v01().target("46349.99"), "CK-16 BTC/USDT: 1349.99 against 1350"),
            (market().target("46912.50"), PASSES),
            (market().target("46912.49"), "CK-16 BTC/USDT: 1687.49 against 1687.5"),
            (short().target("43087.50"), PASSES),
            (short().target("43087.51"), "CK-16 BTC/USDT: 1687.49 against 1687.5"),
        ],
    );
}

/// V-26: equity is 10 000 in both, the rest of it in another asset.
#[test]
fn funds_on_spot() {
    for (free, other, expected) in [
        ("2007.99979920", "7992.00020080", PASSES),
        ("2007.99979919", "7992.00020081", "CK-27 BTC/USDT: 2007.9997992 against 2007.99979919 quote free"),
    ] {
        let balances = [(USDT, free), (OTHER, other)];
        let mut bench = Bench::holding(instruments(Contract::Spot), config(&[]), &balances);
        bench.rate(OTHER, "1");
        bench.quotes();
        let text = bench.answer(&Ask::v01());
        assert!(text.starts_with(expected), "{text}");
    }
}

/// V-27: four instruments at 2, three of them full at 20 %, the fourth at the limit and a tick above.
#[test]
fn total_exposure() {
    let names = ["AA/USDT", "BB/USDT", "CC/USDT", "DD/USDT"];
    let make = |id: usize| instrument(u16::try_from(id).expect("four"), names[id], "0.00001", "1", 10, "5");
    for (limit, expected) in [("2.00000", PASSES), ("2.00001", "CK-25 DD/USDT: 8000.01 against 8000")] {
        let keys = config(&[("risk.position_share", "25%"), ("risk.correlated_exposure", "100%")]);
        let mut bench = Bench::holding((0..4).map(make).collect(), keys, &[(USDT, "10000")]);
        (0..4).for_each(|id| bench.reference(InstrumentId(id), "2"));
        for id in 0..3 {
            bench.open(&Ask::long(InstrumentId(id), "2", "1.96").quantity(1_000));
        }
        let text = bench.answer(&Ask::long(InstrumentId(3), limit, "1.96").quantity(1_000));
        assert!(text.starts_with(expected), "{text}");
    }
}

/// V-34: three open and two unknown entries; an exit on its way frees nothing.
#[test]
fn entry_counts() {
    let names = ["AA/USDT", "BB/USDT", "CC/USDT", "DD/USDT"];
    let make = |id: usize| instrument(u16::try_from(id).expect("four"), names[id], "0.00001", "1", 10, "5");
    let mut bench = Bench::holding((0..4).map(make).collect(), config(&[]), &[(USDT, "10000")]);
    (0..4).for_each(|id| bench.reference(InstrumentId(id), "2"));
    let ask = |id: u16, price| Ask::long(InstrumentId(id), price, "1.90").quantity(100);
    let filled = bench.open(&ask(0, "2"));
    bench.fill_whole(filled);
    for price in ["2", "1.99"] {
        let resting = bench.open(&ask(1, price));
        bench.accept(resting);
    }
    let unknown = ["2", "1.99"].map(|price| bench.open(&ask(2, price)));
    for order in unknown {
        bench.lose(order);
    }
    let exit = Ask::exit(InstrumentId(0), Intention::Close);
    bench.open(&exit);
    let text = bench.answer(&ask(3, "2"));
    assert!(text.starts_with("CK-24 DD/USDT: 5 against < 5"), "{text}");
}

/// V-35: age is measured when it matters, not when the quote came.
#[test]
fn reference_age() {
    for (wait, expected) in [(5 * SECOND, PASSES), (5 * SECOND + 1, "CK-11 BTC/USDT: 5000000001 against 5000000000")] {
        let mut bench = Bench::spot(&[]);
        bench.after(wait);
        let text = bench.answer(&Ask::v01());
        assert!(text.starts_with(expected), "{text}");
    }
}
