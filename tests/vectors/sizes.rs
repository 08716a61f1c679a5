//! CK-18 … CK-25, CK-27, CK-28, CK-30 … CK-32: whether the sized order may leave.

use expect_test::expect;
use seatrial::market::{Contract, InstrumentId, Intention, Money, Qty, Rate, Rules};

use crate::bench::{Ask, B, Bench, OTHER, SECOND, USDT, X, config, instrument, instruments};
use crate::{denied, passes};

fn x() -> Ask {
    Ask::long(X, "0.60", "0.582")
}

/// A bench whose first instrument was changed.
fn with_rules(contract: Contract, change: impl Fn(&mut Rules)) -> Bench {
    let mut all = instruments(contract);
    for instrument in &mut all {
        change(&mut instrument.timeline[0]);
    }
    // The instruments' own minima, not those expected of symbols of their names.
    let expected = ["BTC/USDT", "XRP/USDT", "XRP/BTC"].map(|symbol| format!("instrument.expect.{symbol}.min_qty"));
    let keys: Vec<(&str, &str)> = expected.iter().map(|key| (key.as_str(), "0.00000001")).collect();
    let mut bench = Bench::holding(all, config(&keys), &[(USDT, "10000")]);
    bench.quotes();
    bench
}

// proves: critical-1-minimum
#[test]
fn ck_18_minimum_quantity() {
    let make = || with_rules(Contract::Spot, |rules| rules.min_notional = Money::ZERO);
    passes(&mut make(), &x().quantity(10));
    denied(
        &mut make(),
        &x().quantity(9),
        &expect!["CK-18 XRP/USDT: 9 against 10 base; 9 before rounding down to the lot"],
    );
    // The minimum is met after rounding or not at all: 6 buys 10, a hundredth less buys 9.
    passes(&mut make(), &x().notional("6"));
    denied(
        &mut make(),
        &x().notional("5.99"),
        &expect!["CK-18 XRP/USDT: 9 against 10 base; 9.983333333333 before rounding down to the lot"],
    );
}

/// Without any minimum an order of nothing is still none.
#[test]
fn ck_18_nothing_is_no_order() {
    let mut bench = with_rules(Contract::Spot, |rules| {
        (rules.min_qty, rules.min_notional) = (Qty::ZERO, Money::ZERO);
    });
    denied(
        &mut bench,
        &x().notional("0.59"),
        &expect!["CK-18 XRP/USDT: 0 against 1 base; 0.983333333333 before rounding down to the lot"],
    );
    passes(&mut bench, &x().notional("0.60"));
}

// proves: critical-1-minimum
#[test]
fn ck_19_minimum_notional() {
    let make = || {
        let mut bench = Bench::spot(&[]);
        (0..2).for_each(|_| bench.reference(X, "0.50"));
        bench
    };
    passes(&mut make(), &Ask { stop: None, ..x() }.at("0.50").stop("0.49").quantity(11));
    denied(
        &mut make(),
        &x().at("0.49999").stop("0.49").quantity(10),
        &expect!["CK-19 XRP/USDT: 4.9999 against 5 quote"],
    );
    // A buy above the reference counts at the reference: 10 × 0.49999 and 10 × 0.50.
    let mut bench = Bench::spot(&[]);
    (0..2).for_each(|_| bench.reference(X, "0.49999"));
    denied(&mut bench, &x().at("0.502").stop("0.49").quantity(10), &expect!["CK-19 XRP/USDT: 4.9999 against 5 quote"]);
}

#[test]
fn ck_20_venue_maximum_and_band() {
    let small = || with_rules(Contract::Spot, |rules| rules.max_qty = Qty(1_000));
    passes(&mut small(), &x().quantity(1_000));
    denied(&mut small(), &x().quantity(1_001), &expect!["CK-20 XRP/USDT: 1001 against 1000 base"]);
    let narrow = || with_rules(Contract::Spot, |rules| rules.band = Some(Rate::from_bps(100)));
    passes(&mut narrow(), &x().at("0.594").quantity(1_000));
    denied(
        &mut narrow(),
        &x().at("0.59399").quantity(1_000),
        &expect!["CK-20 XRP/USDT: 0.00601 against 0.006 quote from the reference; the venue's price band"],
    );
}

#[test]
fn ck_21_the_stop_leg() {
    let make = || {
        let mut bench = Bench::spot(&[]);
        (0..2).for_each(|_| bench.reference(X, "0.52"));
        bench
    };
    passes(&mut make(), &x().at("0.52").stop("0.50").quantity(10));
    denied(
        &mut make(),
        &x().at("0.52").stop("0.49999").quantity(10),
        &expect!["CK-21 XRP/USDT: 4.9999 against 5 quote; the stop leg"],
    );
}

/// The plan of V-01 comes to 1 999.9998.
#[test]
fn ck_22_caps() {
    for key in ["risk.trade_max", "risk.position_max"] {
        passes(&mut Bench::spot(&[(key, "1999.9998")]), &Ask::v01());
    }
    denied(
        &mut Bench::spot(&[("risk.trade_max", "1999.9997")]),
        &Ask::v01(),
        &expect!["CK-22 BTC/USDT: 1999.9998 against 1999.9997 account currency, risk.trade_max"],
    );
    denied(
        &mut Bench::spot(&[("risk.position_max", "1999.9997")]),
        &Ask::v01(),
        &expect!["CK-22 BTC/USDT: 1999.9998 against 1999.9997 account currency, risk.position_max; worst case"],
    );
}

/// With room for more than the account holds, equity itself is the cap.
#[test]
fn ck_22_equity() {
    let research = [
        ("ceilings", "research"),
        ("risk.position_share", "500%"),
        ("risk.total_exposure", "500%"),
        ("risk.correlated_exposure", "500%"),
    ];
    let make = |equity| {
        let mut bench = Bench::margin(&research);
        bench.transfer_to(equity);
        bench
    };
    let ask = Ask::long(X, "0.60", "0.591").but(|proposal| proposal.leverage = 5);
    denied(&mut make("1000"), &ask, &expect!["CK-22 XRP/USDT: 1333.2 against 1000 account currency, equity"]);
    // At 2 % the risk-based notional is the equity itself: 1 000.2 is 1 667 lots.
    passes(&mut make("1000.2"), &Ask::long(X, "0.60", "0.588").but(|proposal| proposal.leverage = 5));
}

/// What is open or could still fill uses up the instrument's share.
// proves: risk-pending-counts
#[test]
fn ck_23_share() {
    let make = |lots| {
        let mut bench = Bench::spot(&[("risk.max_entries_per_instrument", "5")]);
        bench.open(&Ask::long(X, "0.50", "0.49").at("0.60").stop("0.588").quantity(lots));
        bench
    };
    // 3 333 × 0.60 = 1 999.80 leaves 0.20, which is no order; 2 000 lots at 1 leave nothing.
    denied(
        &mut make(3_333),
        &x().at("0.599"),
        &expect!["CK-18 XRP/USDT: 0 against 10 base; 0.333889816361 before rounding down to the lot"],
    );
    let full = || {
        let mut bench = Bench::spot(&[]);
        (0..2).for_each(|_| bench.reference(X, "1"));
        bench.open(&Ask::long(X, "1", "0.98"));
        bench
    };
    denied(
        &mut full(),
        &Ask::long(X, "0.999", "0.98"),
        &expect!["CK-23 XRP/USDT: 0 against > 0 account currency; nothing is left of the instrument's share of equity"],
    );
}

// proves: risk-pending-counts
#[test]
fn ck_24_counts() {
    let ask = |price| Ask::v01().at(price).quantity(1_000_000);
    let mut bench = Bench::spot(&[]);
    passes(&mut bench, &ask("45000"));
    passes(&mut bench, &ask("44999"));
    denied(
        &mut bench,
        &ask("44998"),
        &expect!["CK-24 BTC/USDT: 2 against < 2 entries, risk.max_entries_per_instrument"],
    );
    let mut bench = Bench::spot(&[("risk.max_entries", "1")]);
    passes(&mut bench, &ask("45000"));
    denied(&mut bench, &x(), &expect!["CK-24 XRP/USDT: 1 against < 1 entries, risk.max_entries"]);
}

/// Fills of one entry are one entry, and a partial close frees none.
#[test]
fn ck_24_an_entry_counts_until_its_position_is_flat() {
    let mut bench =
        Bench::margin(&[("risk.max_entries_per_instrument", "1"), ("cooldown.close", "0"), ("cooldown.loss", "0")]);
    let entry = bench.open(&Ask::v01().quantity(1_000_000));
    let price = bench.price(B, "45000");
    bench.fill(entry, Qty(400_000), price);
    bench.fill(entry, Qty(600_000), price);
    let again = Ask::v01().at("44999").quantity(500_000);
    denied(&mut bench, &again, &expect!["CK-24 BTC/USDT: 1 against < 1 entries, risk.max_entries_per_instrument"]);
    let exit = bench.open(&Ask::exit(B, Intention::Reduce(Qty(500_000))));
    bench.fill(exit, Qty(500_000), price);
    denied(&mut bench, &again, &expect!["CK-24 BTC/USDT: 1 against < 1 entries, risk.max_entries_per_instrument"]);
    let exit = bench.open(&Ask::exit(B, Intention::Close));
    bench.fill(exit, Qty(500_000), price);
    passes(&mut bench, &again);
}

#[test]
fn ck_25_total_exposure() {
    let names = ["AA/USDT", "BB/USDT"];
    let make = || {
        let all = (0..2).map(|id| instrument(id, names[usize::from(id)], "0.00001", "1", 10, "5")).collect();
        let mut bench = Bench::holding(all, config(&[("risk.total_exposure", "30%")]), &[(USDT, "10000")]);
        (0..2).for_each(|id| bench.reference(InstrumentId(id), "2"));
        bench.open(&Ask::long(InstrumentId(0), "2", "1.96"));
        bench
    };
    passes(&mut make(), &Ask::long(InstrumentId(1), "2", "1.96").quantity(500));
    denied(
        &mut make(),
        &Ask::long(InstrumentId(1), "2.00001", "1.96").quantity(500),
        &expect![
            "CK-25 BB/USDT: 3000.005 against 3000 account currency, equity × risk.total_exposure; worst case, share 0.3000005"
        ],
    );
}

/// Funds count what earlier orders could still take, fee included.
// proves: safety-1-preflight
#[test]
fn ck_27_funds() {
    let make = |free| {
        let balances = [(USDT, free), (OTHER, "10000")];
        let mut bench = Bench::holding(instruments(Contract::Spot), config(&[]), &balances);
        bench.rate(OTHER, "1");
        bench.quotes();
        bench.open(&x().quantity(1_000));
        bench
    };
    // 600 + 2.40 are reserved; 0.01 × 45 000 needs 450 + 1.80.
    passes(&mut make("1054.2"), &Ask::v01().quantity(1_000_000));
    denied(
        &mut make("1054.19999999"),
        &Ask::v01().quantity(1_000_000),
        &expect![
            "CK-27 BTC/USDT: 451.8 against 451.79999999 quote free; notional 450.00000000, fee 1.80000000, reserved 602.40000000"
        ],
    );
}

#[test]
fn ck_27_margin() {
    let make = |equity| {
        let mut bench = Bench::margin(&[
            ("ceilings", "research"),
            ("risk.position_share", "100%"),
            ("risk.total_exposure", "100%"),
            ("risk.correlated_exposure", "100%"),
            ("risk.margin_utilisation", "100%"),
        ]);
        bench.transfer_to(equity);
        bench
    };
    let ask = Ask::v01().stop("44550").quantity(1_000_000);
    passes(&mut make("451.8"), &ask);
    denied(
        &mut make("451.7999"),
        &ask,
        &expect![
            "CK-27 BTC/USDT: 451.8 against 451.7999 account currency free; margin 450.00000000, fee 1.80000000, used 0, reserved 0"
        ],
    );
    passes(&mut make("451.7999"), &ask.but(|proposal| proposal.leverage = 2));
}

#[test]
fn ck_28_margin_utilisation() {
    let with = |share: &'static str| Bench::margin(&[("risk.margin_utilisation", share)]);
    passes(&mut with("19.999998%"), &Ask::v01());
    denied(
        &mut with("19.999997%"),
        &Ask::v01(),
        &expect![
            "CK-28 BTC/USDT: 1999.9998 against 1999.9997 account currency, equity × risk.margin_utilisation; share 0.19999998"
        ],
    );
    passes(&mut with("10%"), &Ask::v01().but(|proposal| proposal.leverage = 2));
}

#[test]
fn ck_30_order_slots() {
    passes(&mut Bench::spot(&[("orders.max_open", "3")]), &Ask::v01());
    denied(
        &mut Bench::spot(&[("orders.max_open", "2")]),
        &Ask::v01(),
        &expect!["CK-30 BTC/USDT: 3 against 2 orders, orders.max_open; 0 open, 2 kept for stops"],
    );
    let mut bench = Bench::spot(&[("orders.max_open", "3")]);
    passes(&mut bench, &Ask::v01().quantity(1_000_000));
    denied(
        &mut bench,
        &Ask::v01().at("44999").quantity(1_000_000),
        &expect!["CK-30 BTC/USDT: 4 against 3 orders, orders.max_open; 1 open, 2 kept for stops"],
    );
}

/// A buy may come up to our own sell, not to it.
#[test]
fn ck_31_self_cross() {
    let make = || {
        let mut bench = Bench::margin(&[]);
        let entry = bench.open(&Ask::v01().quantity(1_000_000));
        bench.fill_whole(entry);
        bench.open(&Ask { price: Some("45010"), ..Ask::exit(B, Intention::Close) });
        bench
    };
    passes(&mut make(), &Ask::v01().at("45009.99").quantity(100_000));
    denied(
        &mut make(),
        &Ask::v01().at("45010").quantity(100_000),
        &expect!["CK-31 BTC/USDT: 45010 against no own order there quote; meets order 3"],
    );
    denied(
        &mut make(),
        &Ask::v01().at_market().quantity(100_000),
        &expect!["CK-31 BTC/USDT: 45225 against no own order there quote; meets order 3"],
    );
}

/// V-90 at the desk: five at once, then one every two seconds.
#[test]
fn ck_32_budget() {
    let keys = [("throttle.max_entries", "50"), ("risk.max_entries_per_instrument", "5"), ("risk.max_entries", "20")];
    let make = || {
        let mut bench = Bench::spot(&keys);
        for price in ["45000", "44999", "44998", "44997", "44996"] {
            let order = bench.open(&Ask::v01().at(price).quantity(100_000));
            bench.cancelled(order);
        }
        bench
    };
    let ask = Ask::v01().at("44995").quantity(100_000);
    denied(
        &mut make(),
        &ask,
        &expect!["CK-32 BTC/USDT: 0 against 1 entry token; next token at 2023-11-15T12:00:02.000000000Z"],
    );
    let mut bench = make();
    bench.after(2 * SECOND - 1);
    denied(
        &mut bench,
        &ask,
        &expect!["CK-32 BTC/USDT: 0 against 1 entry token; next token at 2023-11-15T12:00:02.000000000Z"],
    );
    bench.after(1);
    passes(&mut bench, &ask);
    denied(
        &mut bench,
        &ask.at("44994"),
        &expect!["CK-32 BTC/USDT: 0 against 1 entry token; next token at 2023-11-15T12:00:04.000000000Z"],
    );
}
