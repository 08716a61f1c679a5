//! Thresholds are told once per crossing, with their numbers (production-rules §4.14).

use seatrial::market::Severity;

use crate::bench::{Ask, B, Bench, SECOND, X};
use crate::{alerts, lose_to};

/// Told at the limit, not below it; told again only after the measure fell below nine tenths.
#[test]
fn a_loss_of_the_day_is_told_once_per_crossing() {
    let mut bench = Bench::margin(&[]);
    let told: Vec<usize> = ["9700.01", "9700", "9699", "9701", "9699", "9730.01", "9699"]
        .into_iter()
        .map(|equity| {
            lose_to(&mut bench, equity);
            alerts(&bench, Severity::Warning).len()
        })
        .collect();
    assert_eq!(told, [0, 1, 0, 0, 0, 0, 1]);
}

#[test]
fn a_profit_of_the_day_is_worth_a_word() {
    let mut bench = Bench::margin(&[]);
    lose_to(&mut bench, "10499.99");
    assert!(alerts(&bench, Severity::Info).is_empty());
    lose_to(&mut bench, "10500");
    let words = "profit of the day, alerts.daily_profit: 500 against 500 in account currency; nothing was done";
    assert_eq!(alerts(&bench, Severity::Info), [words]);
}

/// Worst case and correlated exposure, by orders that rest and by marks that move.
#[test]
fn exposure_is_told() {
    let keys = [("alerts.exposure", "20%"), ("alerts.correlated", "50%"), ("risk.max_entries_per_instrument", "5")];
    let mut bench = Bench::margin(&keys);
    let order = bench.open(&Ask::long(X, "0.60", "0.588").quantity(3_300));
    bench.fill_whole(order);
    assert!(alerts(&bench, Severity::Warning).is_empty(), "1 980 of 10 000");
    bench.after(SECOND);
    // 3 300 × 0.6061 = 2 000.13; equity gained a little more than 20.
    bench.reference(X, "0.6050");
    assert!(alerts(&bench, Severity::Warning).is_empty());
    bench.reference(X, "0.6100");
    let told = alerts(&bench, Severity::Warning);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("worst-case exposure, alerts.exposure: 2013 against 2005"), "{told:?}");
    assert!(told[1].starts_with("correlated exposure, alerts.correlated of its limit: 2013 against 2005"), "{told:?}");
    bench.after(SECOND);
    bench.reference(X, "0.6101");
    assert!(alerts(&bench, Severity::Warning).is_empty(), "once per crossing");
}

#[test]
fn a_loss_of_a_position_and_its_margin_are_told() {
    let mut bench = Bench::margin(&[("alerts.margin", "19%"), ("alerts.position_loss", "0.1%")]);
    let order = bench.open(&Ask::v01());
    bench.fill_whole(order);
    let told = alerts(&bench, Severity::Warning);
    assert!(told.iter().any(|text| text.starts_with("used margin, alerts.margin: 1999.9998")), "{told:?}");
    bench.after(SECOND);
    // 0.04444444 × 224 = 9.96, × 225 = 9.99; 0.1 % of equity less the fee of 8 is 9.98.
    bench.reference(B, "44776");
    assert!(alerts(&bench, Severity::Warning).is_empty());
    bench.reference(B, "44774");
    let told = alerts(&bench, Severity::Warning);
    assert!(told.iter().any(|text| text.starts_with("loss of a position, alerts.position_loss")), "{told:?}");
}

/// A reference that cannot be decided on is told once, and again after it could.
#[test]
fn an_unusable_reference_is_told_once() {
    let mut bench = Bench::spot(&[]);
    bench.after(6 * SECOND);
    let told = |bench: &mut Bench, lots: i64| {
        let text = bench.answer(&Ask::v01().quantity(lots));
        (text.starts_with("CK-11"), alerts(bench, Severity::Warning).len())
    };
    assert_eq!(told(&mut bench, 1_000_000), (true, 1));
    assert_eq!(told(&mut bench, 1_000_000), (true, 0));
    bench.quotes();
    assert_eq!(told(&mut bench, 1_000_000), (false, 0));
    bench.after(6 * SECOND);
    assert_eq!(told(&mut bench, 1_000_001), (true, 1));
}
