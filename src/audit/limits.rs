//! The limits in force, as the journal says them: the header's list, and every change since.
//!
//! Values are read here once more, from their text, by rules of the audit's own. A key that the
//! journal does not name has no value, and a law about it is not looked at.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::journal::{Exact, Header};

/// A token lane: nanoseconds per token, and how many may be saved up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Flow {
    pub interval: i128,
    pub capacity: i128,
}

/// The limits that laws ask for. Times are nanoseconds, shares are fractions.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    values: BTreeMap<String, String>,
    pub entry_lane: Option<Flow>,
    pub safety_lane: Option<Flow>,
    pub query_lane: Option<Flow>,
    pub entry_collar: Option<Exact>,
    pub exit_collar: Option<Exact>,
    pub trade_max: Option<Exact>,
    pub position_max: Option<Exact>,
    pub throttle: Option<(usize, i64)>,
    pub twin_window: Option<i64>,
    pub open_max: Option<usize>,
    pub naked_max: Option<i64>,
    pub restart_max: Option<i64>,
    /// How far the limit of a stop stands beyond its trigger, where stops have limits.
    pub stop_limit: Option<Exact>,
    pub may_tighten_pinned: bool,
    pub daily: Option<Exact>,
    pub weekly: Option<Exact>,
    pub drawdown: Option<Exact>,
    pub silence: Option<i64>,
    pub absence: Option<i64>,
    /// The same from the release on, where the venue keeps no deadlines.
    pub absence_undated: Option<i64>,
    pub clock_offset: Option<i64>,
}

impl Limits {
    pub fn new(header: &Header) -> Self {
        let mut limits = Self { values: header.config.iter().cloned().collect(), ..Self::default() };
        limits.read();
        limits
    }

    /// What a key is set to.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// A key has another value from here on.
    pub fn change(&mut self, key: &str, to: &str) {
        self.values.insert(key.to_owned(), to.to_owned());
        self.read();
    }

    fn read(&mut self) {
        let values = std::mem::take(&mut self.values);
        let get = |key: &str| values.get(key).map(String::as_str);
        let time = |key| get(key).and_then(nanos);
        let rate = |key| get(key).and_then(fraction);
        let whole = |key| get(key).and_then(|text| text.parse().ok());
        let flow = |key| get(key).and_then(lane);
        let collars = get("exit.collars").into_iter().flat_map(|list| list.split(',')).filter_map(fraction);
        *self = Self {
            entry_lane: flow("budget.entry"),
            safety_lane: flow("budget.safety"),
            query_lane: flow("budget.query"),
            entry_collar: rate("orders.entry_collar"),
            exit_collar: collars.chain(rate("orders.entry_collar")).reduce(larger),
            trade_max: get("risk.trade_max").and_then(number),
            position_max: get("risk.position_max").and_then(number),
            throttle: whole("throttle.max_entries").zip(time("throttle.window")),
            twin_window: time("risk.duplicate_window"),
            open_max: whole("orders.max_open"),
            naked_max: time("protection.naked_max"),
            restart_max: time("protection.restart_max"),
            stop_limit: rate("protection.stop_limit_offset")
                .filter(|_| get("protection.stop_kind") == Some("stop_limit")),
            may_tighten_pinned: get("trailing.may_tighten_pinned") == Some("true"),
            daily: rate("breaker.daily"),
            weekly: rate("breaker.weekly"),
            drawdown: rate("breaker.drawdown"),
            silence: time("orders.silence"),
            absence: time("orders.skew_margin").zip(time("resolve.gap")).map(|(margin, gap)| margin + gap),
            absence_undated: time("resolve.no_deadline_wait").zip(time("resolve.gap")).map(|(wait, gap)| wait + gap),
            clock_offset: time("clock.max_offset"),
            values: BTreeMap::new(),
        };
        self.values = values;
    }
}

fn larger(a: Exact, b: Exact) -> Exact {
    if a.compare(b).is_ok_and(std::cmp::Ordering::is_ge) { a } else { b }
}

fn number(text: &str) -> Option<Exact> {
    text.trim().parse::<Decimal>().ok().map(Exact::from)
}

fn fraction(text: &str) -> Option<Exact> {
    number(text.trim().strip_suffix('%')?)?.times(Exact::unit(2)).ok()
}

/// A duration with its unit, in nanoseconds.
fn nanos(text: &str) -> Option<i64> {
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let unit = match text[end..].trim() {
        "" if text.trim() == "0" => 0,
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return None,
    };
    let whole = number(&text[..end])?.times(Exact::whole(unit)).ok()?.units_up(Exact::whole(1)).ok()?;
    i64::try_from(whole).ok()
}

/// `30/min 5`: so many in a unit of time, so many saved up.
fn lane(text: &str) -> Option<Flow> {
    let (rate, capacity) = text.trim().split_once(' ')?;
    let (count, unit) = rate.split_once('/')?;
    let (count, capacity): (i128, i128) = (count.parse().ok()?, capacity.trim().parse().ok()?);
    let interval = i128::from(nanos(&format!("1{unit}"))?).checked_div(count)?;
    Some(Flow { interval, capacity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_written() {
        assert_eq!(nanos("1.5s"), Some(1_500_000_000));
        assert_eq!(nanos("250ms"), Some(250_000_000));
        assert_eq!(nanos("0"), Some(0));
        assert_eq!(nanos("5"), None);
        assert_eq!(fraction("0.5%"), Some(Exact::new(5, 3)));
        assert_eq!(fraction("0.5"), None);
        assert_eq!(lane("30/min 5"), Some(Flow { interval: 2_000_000_000, capacity: 5 }));
        assert_eq!(lane("0/min 5"), None);
    }
}
