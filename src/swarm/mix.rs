//! Which faults a case has, and what its operator does.

use std::collections::BTreeSet;

use super::HOUR;
use super::case::{Case, HEAL_MINUTES, draw, pick};
use crate::market::{Span, Timestamp};
use crate::sim::fault::{Fault, FaultKind, Target, When};
use crate::sim::rng::Stream;
use crate::trading::setting::Setting;

/// Least and most kinds of fault of a case.
const KINDS: (u32, u32) = (3, 12);
/// A fault that lasts longer is drawn again: everything must be over while the market goes on.
const LONGEST: Span = Span::from_mins(8);
/// Faults stop this long before the workload does.
const EARLIER: Span = Span::from_mins(10);
/// Kinds that are not drawn: an account that is reset ends its run, what a link takes with it is an outage and a loss,
/// people have acts of their own, and a flood is a drill.
const APART: [&str; 4] = ["account_reset", "links_drop", "person_stops", "feed_flood"];
/// Kinds that are drawn three times as often, as bugs were in other systems (faults.md §1.1):
/// reconciliation, cancels and reconnects first.
const OFTEN: [&str; 9] = [
    "outage",
    "flapping",
    "swizzle",
    "report_lost",
    "report_late",
    "request_lost",
    "cancel_overtakes",
    "crash",
    "cancel_refused",
];

/// The faults of a case whose trading begins and ends then.
pub(super) fn faults(start: Timestamp, healed: Timestamp, chance: &mut Stream) -> Vec<Fault> {
    let mut names: Vec<&str> = FaultKind::names().filter(|name| !APART.contains(name)).collect();
    names.extend(OFTEN.iter().flat_map(|name| [*name; 2]));
    let many = KINDS.0 + draw(chance, KINDS.1 - KINDS.0 + 1);
    let mut faults: Vec<Fault> = Vec::new();
    for number in 1..=many {
        let name = names[pick(chance, names.len())];
        let Some(kind) = bounded(name, chance) else { continue };
        // From a quarter of the usual to thirty-two times it.
        let rate = u64::from(kind.usual_ppm()) * (1 << draw(chance, 8)) / 4;
        let rate = u32::try_from(rate.clamp(1, 300_000)).expect("at most a third");
        faults.push(Fault {
            number,
            kind,
            from: start,
            until: Timestamp(healed.0 - EARLIER.0),
            when: When::Ppm(rate),
            target: target(chance),
            instrument: None,
        });
    }
    faults
}

/// A kind on drawn terms none of which lasts too long.
fn bounded(name: &str, chance: &mut Stream) -> Option<FaultKind> {
    let span = |text: &str| Span::read(text).unwrap_or(Span::ZERO);
    let short = |kind: &FaultKind| {
        let terms = kind.terms();
        let times = terms.iter().find(|(key, _)| *key == "times").and_then(|(_, text)| text.parse().ok());
        let whole: i64 = terms.iter().map(|(_, text)| span(text).0).sum();
        whole.saturating_mul(times.unwrap_or(1)) <= LONGEST.0
    };
    (0..20).find_map(|_| FaultKind::drawn(name, chance).filter(short))
}

fn target(chance: &mut Stream) -> Target {
    match chance.below(8) {
        0 => Target::Stops,
        1 => Target::ReduceOnly,
        2 => Target::Resting,
        _ => Target::Any,
    }
}

/// An act of the operator: when after the start, what, and its keys.
///
/// Values stand as a scenario writes them.
pub type Act = (Span, &'static str, Vec<(&'static str, String)>);

/// What an operator does: now and then something a person would do, and regularly what lets trading
/// go on. The last acts come after the faults have stopped.
pub(super) fn acts(hours: u32, price: &str, chance: &mut Stream) -> Vec<Act> {
    let mut acts = Vec::new();
    let busy = [0, 0, 2, 6][pick(chance, 4)];
    for hour in 0..i64::from(hours) {
        for _ in 0..busy {
            let at = Span::from_secs(hour * 3_600 + i64::from(draw(chance, 3_600)));
            acts.push(person(at, price, chance));
        }
        for minute in [10, 25, 40, 55] {
            acts.extend(upkeep(Span::from_mins(hour * 60 + minute)));
        }
    }
    acts.extend(upkeep(Span::from_mins(i64::from(hours) * 60 + 1)));
    if chance.below(2) == 0 {
        let late = Span::from_mins(i64::from(hours) * 60 + i64::from(HEAL_MINUTES) - 5);
        acts.push((late, "flatten", Vec::new()));
    }
    acts
}

/// Whatever waits for an operator is let go.
fn upkeep(at: Span) -> Vec<Act> {
    let breaker = |name: &str| (at, "reset_breaker", vec![("breaker", quoted(name))]);
    let mut acts: Vec<Act> =
        ["daily_loss", "weekly_loss", "drawdown", "execution_errors", "stop_everything"].map(breaker).into();
    acts.extend([(at, "reset_throttle", Vec::new()), (at, "settle_external", Vec::new()), (at, "rearm", Vec::new())]);
    acts
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn person(at: Span, price: &str, chance: &mut Stream) -> Act {
    let near = |chance: &mut Stream| {
        let percent = rust_decimal::Decimal::new(92 + i64::from(draw(chance, 16)), 2);
        let price = price.parse::<rust_decimal::Decimal>().expect("the table of pairs holds decimals");
        ("price", quoted(&(price * percent).normalize().to_string()))
    };
    match chance.below(9) {
        0 => (at, "halt", Vec::new()),
        1 => (at, "flatten", Vec::new()),
        2 => (at, "close", Vec::new()),
        3 => (at, "set_stop", vec![near(chance)]),
        4 => (at, "unpin_stop", Vec::new()),
        5 => (at, "set_target", vec![near(chance)]),
        6 => (at, "trailing", vec![("on", (chance.below(2) == 0).to_string())]),
        7 => (at, "change_limit", vec![("key", quoted("risk.risk_per_trade")), ("value", quoted("0.4%"))]),
        _ => (at, "cancel", vec![("order", (1 + chance.below(200)).to_string())]),
    }
}

impl Case {
    /// How many kinds of fault are active for at least half of the hour that begins at an instant.
    #[must_use]
    pub fn kinds_at(&self, hour: Timestamp) -> usize {
        let end = hour.after(HOUR);
        let half = |fault: &&Fault| fault.until.min(end).since(fault.from.max(hour)).0 * 2 >= HOUR.0;
        self.faults.iter().filter(half).map(|fault| fault.kind.name()).collect::<BTreeSet<_>>().len()
    }
}
