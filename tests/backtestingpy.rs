//! Agreement with an independent bar back-tester on real data (`backtestingpy-expected`).
//!
//! Every case of the folder, by the arguments that stand beside its result: sizes, trade bars and
//! prices must be exact; profit, commission, equity after every bar and the greatest drawdown within 1e-6 of
//! the published floats. Repeat with `cargo test --test backtestingpy -- --nocapture`.
#![cfg(feature = "simulator")]

#[path = "backtestingpy/client.rs"]
mod client;
#[allow(dead_code, reason = "each test reads its own part of the results")]
#[path = "backtestingpy/reference.rs"]
mod reference;

use client::{Client, Terms};
use reference::{Published, RawBar};
use rust_decimal::Decimal;
use seatrial::market::{Bar, Money, Qty, Span, Timestamp};

#[test]
fn every_case_comes_to_its_published_trades_and_equity() {
    let (mut held, cases) = (0, reference::cases());
    for case in &cases {
        let published = Published::read(case).unwrap_or_else(|| panic!("{case} has statistics and nothing else"));
        let terms = terms(case, &published);
        let Some(bars) = reference::bars(case, &published.description) else {
            println!("skipped: the bars of {case} are not in ../shared/data");
            continue;
        };
        let decimals = bars.iter().flat_map(|bar| bar.prices).map(|price| price.normalize().scale()).max();
        let mut client = Client::new(terms, decimals.unwrap_or(0));
        let bars: Vec<Bar> = bars.iter().map(|bar| on_grid(&client, bar)).collect();
        client.run(&bars);
        agree_on_trades(case, &client, &published);
        agree_on_equity(case, &client, &published);
        println!("{case}: {} trades, {} bars", client.trades.len(), bars.len());
        held += 1;
    }
    if held == 0 {
        println!("skipped: no case in ../shared/data/backtestingpy-expected");
    }
}

/// The case's arguments; where it names no averages they are those of the other engine's own test-suite. Sizes and
/// brackets are told in words.
fn terms(case: &str, published: &Published) -> Terms {
    let known = ["cash", "commission", "spread", "fast", "slow"];
    let strange = published.arguments.keys().find(|key| !known.contains(&key.as_str()));
    assert!(strange.is_none(), "{case} asks for {strange:?}, which the client does not know");
    let argument = |key: &str| published.arguments.get(key).copied();
    let whole = |key: &str, usual: i64| {
        argument(key).map_or(usual, |number| number.to_string().parse().unwrap_or_else(|_| panic!("{case}: {key}")))
    };
    let length = |key: &str, usual: i64| usize::try_from(whole(key, usual)).expect("bars of an average");
    let words = published.description.to_lowercase();
    let after = |mark: &str| {
        let rest = &words[words.find(mark)? + mark.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        Some(reference::decimal(rest[..end].trim_end_matches('.')))
    };
    let percent = |mark: &str| after(mark).map(|number| number / Decimal::ONE_HUNDRED);
    Terms {
        cash: whole("cash", 10_000),
        commission: argument("commission").unwrap_or_default(),
        fast: length("fast", 10),
        slow: length("slow", 30),
        spread: argument("spread"),
        units: after("fixed size ").map(|units| units.to_string().parse().expect("whole units")),
        bracket: percent("stop-loss ").zip(percent("take-profit ")),
    }
}

fn agree_on_trades(case: &str, client: &Client, published: &Published) {
    let mut commission = Money::ZERO;
    for (number, (ours, theirs)) in client.trades.iter().zip(&published.trades).enumerate() {
        let what = format!("{case}, trade {number}");
        assert_eq!(
            (ours.size, ours.entry_bar, ours.exit_bar),
            (theirs.size, theirs.entry_bar, theirs.exit_bar),
            "{what}: size, entry bar, exit bar"
        );
        close(&format!("{what}: entry price"), ours.entry_price, theirs.entry_price);
        close(&format!("{what}: exit price"), ours.exit_price, theirs.exit_price);
        close(&format!("{what}: profit"), ours.pnl.decimal(), theirs.pnl);
        close(&format!("{what}: commission"), ours.commission.decimal(), theirs.commission);
        commission += ours.commission;
    }
    assert_eq!(client.trades.len(), published.trades.len(), "{case}: number of trades");
    if let Some(theirs) = published.figure("Commissions [$]") {
        close(&format!("{case}: commissions"), commission.decimal(), theirs);
    }
}

fn agree_on_equity(case: &str, client: &Client, published: &Published) {
    assert_eq!(client.equity.len(), published.equity.len(), "{case}: number of bars");
    let (mut peak, mut drawdown) = (Decimal::ZERO, Decimal::ZERO);
    for (bar, (ours, theirs)) in client.equity.iter().zip(&published.equity).enumerate() {
        let ours = ours.decimal();
        assert!((ours - *theirs).abs() <= tolerance(), "{case}: equity after bar {bar} is {ours}, not {theirs}");
        peak = peak.max(ours);
        drawdown = drawdown.max((peak - ours) / peak);
    }
    let figure = |name: &str| published.figure(name).unwrap_or_else(|| panic!("{case} has no {name}"));
    let last = client.equity.last().expect("bars were read").decimal();
    close(&format!("{case}: final equity"), last, figure("Equity Final [$]"));
    close(&format!("{case}: peak"), peak, figure("Equity Peak [$]"));
    close(&format!("{case}: drawdown"), -drawdown * Decimal::ONE_HUNDRED, figure("Max. Drawdown [%]"));
}

fn close(what: &str, ours: Decimal, theirs: Decimal) {
    assert!((ours - theirs).abs() <= tolerance(), "{what} is {ours}, not {theirs}");
}

fn tolerance() -> Decimal {
    Decimal::new(1, 6)
}

fn on_grid(client: &Client, bar: &RawBar) -> Bar {
    let instrument = client.instrument();
    let [open, high, low, close] =
        bar.prices.map(|price| instrument.exact_price(price).expect("the tick is fine enough for the data"));
    Bar {
        instrument: instrument.id,
        opened: Timestamp(bar.opened_ns),
        length: Span::from_mins(1),
        open,
        high,
        low,
        close,
        volume: Qty(1),
    }
}
