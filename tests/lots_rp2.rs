//! Lots against another engine's (`lot-accounting-rp2`): every fraction it matched, its yearly sums and what
//! it derives for each transaction, by all four methods.
//!
//! Amounts of the other engine went through binary floats once, when they were written to a sheet: they
//! must agree to the sixteenth digit. Repeat with `cargo test --test lots_rp2`.
#![cfg(feature = "simulator")]

#[path = "lots_rp2/sheets.rs"]
mod sheets;

use std::collections::BTreeMap;

use seatrial::journal::Exact;
use seatrial::metrics::lots::{Matched, Method, SHARE_DECIMALS, matched};

use sheets::{Kind, Row, Sheet, close, number};

const DAY_NS: i64 = 86_400_000_000_000;

/// A row of the other engine's detail: a fraction matched, or income, which costs nothing.
struct Detail {
    at: i64,
    kind: String,
    qty: Exact,
    proceeds: Exact,
    cost: Exact,
    gain: Exact,
    long: bool,
}

#[test]
fn every_fraction_is_matched_as_another_engine_does() {
    let cases = sheets::cases();
    if cases.is_empty() {
        println!("skipped: ../shared/data/lot-accounting-rp2 is not there");
    }
    for case in cases {
        let mut checked = 0;
        for method in Method::ALL {
            let Some(expected) = case.expected(method.name()) else { continue };
            for (asset, sheet) in &case.input {
                let what = format!("{} {asset} by {method}", case.name);
                check(&what, asset, sheet, &expected, method);
                checked += 1;
            }
        }
        assert!(checked > 0, "{}: no method has an expected report", case.name);
        println!("{}: {checked} assets and methods", case.name);
    }
}

fn check(what: &str, asset: &str, sheet: &Sheet, expected: &BTreeMap<String, Vec<Row>>, method: Method) {
    let trades = sheet.trades();
    let matched = matched(&trades, method).expect("amounts fit");
    let table = |name: &str| expected.get(name).unwrap_or_else(|| panic!("{what}: the report has no sheet {name}"));
    let (tax, flows) = (table(&format!("{asset} Tax")), table(&format!("{asset} In-Out")));
    let details = details(sheet, &matched);
    check_details(what, &details, sheets::under(tax, "Gain / Loss Detail", 3));
    check_summary(what, &details, sheets::under(tax, "Gain / Loss Summary", 3));
    let paid = sheet.acquired().map(|row| row.cost).fold(Exact::ZERO, |sum, cost| sum.plus(cost).expect("fits"));
    let average = paid.divided(sheet.base(sheet.acquired().map(|row| row.qty).sum()), SHARE_DECIMALS).expect("fits");
    let shown = sheets::under(tax, "Average Price", 3);
    close(&format!("{what}: average price"), average, &shown[0][0]);
    let left = matched.open.iter().map(|lot| lot.qty).sum();
    let totals = sheets::under(tax, "Account Balances", 3).iter().filter(|row| row[0] == "Total");
    let total = totals.fold(Exact::ZERO, |sum, row| sum.plus(number(&row[6])).expect("fits"));
    assert!(sheets::alike(sheet.base(left), total), "{what}: {} is left, not {total}", sheet.base(left));
    assert!(matched.open.iter().all(|lot| lot.qty > 0), "{what}: nothing is short");
    sheets::check_flows(what, sheet, &matched, flows);
}

/// What is realised, in order of time: income first at one instant.
fn details(sheet: &Sheet, matched: &Matched) -> Vec<Detail> {
    let row = |trade: usize| &sheet.rows[trade];
    let income = sheet.acquired().filter(|row| row.kind == Kind::Income).map(|row| Detail {
        at: row.at,
        kind: row.name.clone(),
        qty: sheet.base(row.qty),
        proceeds: row.value,
        cost: Exact::ZERO,
        gain: row.value,
        long: false,
    });
    let fraction = matched.fractions.iter().map(|part| {
        let (acquired, disposed) = (row(part.acquired), row(part.disposed));
        Detail {
            at: disposed.at,
            kind: disposed.name.clone(),
            qty: sheet.base(part.qty),
            proceeds: part.proceeds.minus(part.fee_out).expect("fits"),
            cost: part.cost.plus(part.fee_in).expect("fits"),
            gain: part.gain().expect("fits"),
            long: disposed.at - acquired.at >= 365 * DAY_NS,
        }
    });
    let mut details: Vec<Detail> = income.chain(fraction).collect();
    details.sort_by_key(|detail| detail.at);
    details
}

fn check_details(what: &str, details: &[Detail], expected: &[Row]) {
    assert_eq!(details.len(), expected.len(), "{what}: fractions");
    let mut running = Exact::ZERO;
    for (number, (ours, theirs)) in details.iter().zip(expected).enumerate() {
        let what = format!("{what}, fraction {number}");
        running = running.plus(ours.qty).expect("fits");
        close(&format!("{what}: quantity"), ours.qty, &theirs[0]);
        close(&format!("{what}: running quantity"), running, &theirs[2]);
        close(&format!("{what}: gain"), ours.gain, &theirs[3]);
        assert_eq!(length(ours.long), theirs[4], "{what}");
    }
}

fn check_summary(what: &str, details: &[Detail], expected: &[Row]) {
    let mut sums: BTreeMap<[String; 3], [Exact; 4]> = BTreeMap::new();
    for detail in details {
        let year = sheets::year(detail.at);
        let sum = sums.entry([year, length(detail.long).to_owned(), detail.kind.clone()]).or_default();
        for (sum, more) in sum.iter_mut().zip([detail.gain, detail.qty, detail.proceeds, detail.cost]) {
            *sum = sum.plus(more).expect("fits");
        }
    }
    assert_eq!(sums.len(), expected.len(), "{what}: rows of the summary");
    for row in expected {
        let key = [row[0].clone(), row[3].clone(), row[4].clone()];
        let ours = sums.get(&key).unwrap_or_else(|| panic!("{what}: we have no {key:?}"));
        for (ours, (name, column)) in ours.iter().zip([("gain", 2), ("quantity", 5), ("proceeds", 6), ("cost", 7)]) {
            close(&format!("{what}: {name} of {key:?}"), *ours, &row[column]);
        }
    }
}

const fn length(long: bool) -> &'static str {
    if long { "LONG" } else { "SHORT" }
}
