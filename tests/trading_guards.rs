//! Breakers, periods, thresholds, snapshots and volatility (production-rules §2.6, §4.8, §4.14): on
//! both sides of every boundary, once per crossing, and the same whether an event that cannot matter
//! is experienced or only observed.
//!
//! To repeat: `cargo test --no-default-features --test trading_guards`.

#[path = "vectors/bench.rs"]
mod bench;
#[path = "guards/breakers.rs"]
mod breakers;
#[path = "guards/exits.rs"]
mod exits;
#[path = "guards/heed.rs"]
mod heed;
#[path = "guards/planted.rs"]
mod planted;
#[path = "guards/risk.rs"]
mod risk;
#[path = "guards/thresholds.rs"]
mod thresholds;
#[path = "guards/values.rs"]
mod values;

use bench::{B, Bench, decimal, money};
use seatrial::market::{Action, Event, Severity, Timestamp, VenueMessage};

/// Brings equity to an amount by funding paid or received: a loss or a profit, no transfer.
fn lose_to(bench: &mut Bench, equity: &str) {
    let paid = bench.trader.core().equity().expect("marks are known") - decimal(equity);
    bench.after(1);
    let at = bench.now;
    bench.account(VenueMessage::Funding { instrument: B, at, paid: money(&paid.to_string()) });
}

/// Wakes the trader at an instant, and lets the market speak again just before.
fn wake_at(bench: &mut Bench, at: Timestamp) {
    bench.now = Timestamp(at.0 - 1);
    bench.quotes_quietly();
    bench.now = at;
    bench.step(&Event::Wake);
}

/// The alerts of the last step, by severity.
fn alerts(bench: &Bench, of: Severity) -> Vec<String> {
    let texts = bench.actions.iter().filter_map(|action| match action {
        Action::Alert(alert) if alert.severity == of => Some(alert.text.clone()),
        _ => None,
    });
    texts.collect()
}
