//! Agreement with an independent bar back-tester on real data (`backtestingpy-expected`).
//!
//! Five published cases, daily GOOG and two months of one-minute BTC/USDT: sizes, trade bars and
//! prices must be exact; profit, commission, equity after every bar and the greatest drawdown
//! within 1e-6 of the published floats. Repeat one with `cargo test --test backtestingpy NAME`.
#![cfg(feature = "simulator")]

#[path = "backtestingpy/client.rs"]
mod client;
#[path = "backtestingpy/reference.rs"]
mod reference;

use client::{Client, Terms};
use reference::{Published, RawBar};
use rust_decimal::Decimal;
use seatrial::market::{Bar, Money, Qty, Span, Timestamp};

const GOOG: Terms =
    Terms { cash: 10_000, commission: "0", fast: 10, slow: 30, spread: None, one_unit: false, bracket: None };
const BTC: Terms =
    Terms { cash: 1_000_000, commission: "0.001", fast: 60, slow: 240, spread: None, one_unit: true, bracket: None };

#[test]
fn goog_with_all_equity() {
    check("goog_sma_10_30", GOOG, reference::goog());
}

#[test]
fn goog_with_all_equity_and_commission() {
    check("goog_sma_10_30_comm20bp", Terms { commission: "0.002", ..GOOG }, reference::goog());
}

#[test]
fn goog_one_share_with_commission_and_spread() {
    let terms = Terms { commission: "0.002", spread: Some("0.001"), one_unit: true, ..GOOG };
    check("goog_fixed1_comm20bp_spread10bp", terms, reference::goog());
}

#[test]
fn btc_in_a_quiet_month() {
    check("btc_2023_09_fixed1_sma_60_240_comm10bp", BTC, reference::btc("2023-09"));
}

#[test]
fn btc_in_a_crash_with_stop_and_target() {
    let terms = Terms { bracket: Some(("0.01", "0.02")), ..BTC };
    check("btc_2020_03_bracket_sma_60_240_comm10bp", terms, reference::btc("2020-03"));
}

fn check(case: &str, terms: Terms, bars: Option<Vec<RawBar>>) {
    let (Some(published), Some(bars)) = (Published::read(case), bars) else {
        println!("skipped: {case} needs ../shared/data/backtestingpy-expected and binance-klines-1m");
        return;
    };
    let mut client = Client::new(terms);
    let bars: Vec<Bar> = bars.iter().map(|bar| on_grid(&client, bar)).collect();
    client.run(&bars);
    agree_on_trades(case, &client, &published);
    agree_on_equity(case, &client, &published);
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
