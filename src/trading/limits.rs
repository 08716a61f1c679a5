//! Changing a limit while it is in force (production-rules OP-5): a tighter one holds from the next
//! event on; a looser one needs to be confirmed, and none goes beyond its ceiling.

use rust_decimal::Decimal;

use super::core::{Core, alert};
use super::setting::Setting;
use crate::market::{Action, Decision, Money, Rate, Severity, Span};

/// Keys whose smaller value allows less.
const LESS_IS_TIGHTER: &[&str] = &[
    "orders.entry_collar",
    "orders.limit_max_distance",
    "orders.max_open",
    "orders.max_retries",
    "orders.intent_max_age",
    "reference.max_age",
    "reference.max_spread",
    "reference.band",
    "mark.max_age",
    "risk.max_leverage",
    "risk.position_share",
    "risk.risk_per_trade",
    "risk.total_exposure",
    "risk.correlated_exposure",
    "risk.margin_utilisation",
    "risk.max_entries_per_instrument",
    "risk.max_entries",
    "risk.trade_max",
    "risk.position_max",
    "sanity.equity_multiple",
    "sanity.median_multiple",
    "sanity.trip_after",
    "throttle.max_entries",
    "throttle.max_per_day",
    "stop.max",
    "breaker.daily",
    "breaker.weekly",
    "breaker.drawdown",
    "breaker.errors",
];

/// Keys whose larger value allows less.
const MORE_IS_TIGHTER: &[&str] = &[
    "orders.stop_slots",
    "risk.duplicate_window",
    "throttle.window",
    "stop.min",
    "stop.min_reward_risk",
    "confidence.floor",
    "breaker.weekly_reduce",
    "breaker.errors_pause",
    "cooldown.close",
    "cooldown.loss",
    "cooldown.losses3",
    "cooldown.losses5",
    "cooldown.spike",
];

/// What the tables in memory were built with; and the ceilings themselves.
const FIXED: &[&str] = &["ceilings", "budget.entry", "budget.safety", "budget.query", "orders.history_max"];

impl Core {
    /// Changes a key, or refuses it whole.
    pub(crate) fn change_limit(&mut self, key: &str, value: &str, confirmed: bool, actions: &mut Vec<Action>) {
        if FIXED.contains(&key) {
            return self.refuse_act(format!("{key} does not change while it runs"), actions);
        }
        let Some(from) = self.config.text(key) else {
            return self.refuse_act(format!("there is no key {key} with a value"), actions);
        };
        let mut config = self.config.clone();
        if let Err(error) = config.set(key, value) {
            return self.refuse_act(format!("{key} = {value}: {error}"), actions);
        }
        if let Some(conflict) = config.conflicts().first() {
            let text =
                format!("{key} = {value}: then {} = {} is not {}", conflict.key, conflict.found, conflict.allowed);
            return self.refuse_act(text, actions);
        }
        let to = config.text(key).unwrap_or_else(|| value.to_owned());
        if !confirmed && !is_tighter(key, &from, &to) {
            return self.refuse_act(format!("{key} from {from} to {to} is looser and not confirmed"), actions);
        }
        self.config = config;
        let text = format!("{key} is {to} from the next event on, it was {from}");
        actions.push(Action::Record(Decision::LimitChanged { key: key.to_owned(), from, to }));
        alert(Severity::Info, None, None, text, actions);
    }
}

/// Whether a key's value becomes tighter, or stays; what nobody ordered is looser.
fn is_tighter(key: &str, from: &str, to: &str) -> bool {
    let (Some(from), Some(to)) = (magnitude(from), magnitude(to)) else { return from == to };
    let symbol_stop = key.starts_with("stop.symbol_max.");
    if LESS_IS_TIGHTER.contains(&key) || symbol_stop {
        to <= from
    } else if MORE_IS_TIGHTER.contains(&key) {
        to >= from
    } else {
        to == from
    }
}

/// A value as a number, whatever its unit; the values of one key have one unit.
fn magnitude(text: &str) -> Option<Decimal> {
    let rate = || Rate::read(text).map(Rate::decimal);
    let span = || Span::read(text).map(|span| Decimal::from(span.0));
    let number = || Money::read(text).map(Money::decimal);
    rate().or_else(span).or_else(number)
}
