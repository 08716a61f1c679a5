//! `[expect]`: a scenario can be a test. What a run must come to, checked against its summary and
//! its records.
//!
//! A field of the summary stands for its exact value, with `min_` or `max_` before it for a bound.
//! Whatever is counted may be a whole number or a range such as `"1.."`. What is not named is not
//! asked. An expectation is never rounded toward the result.
//!
//! ```toml
//! [expect]
//! state = "halted"                              # how the trader ended
//! states = ["reconciling", "armed", "halted"]   # and how it came there
//! min_fills = 1                                 # a field of the summary
//! position = { "BTC/USDT" = "0.7" }
//! cash = { USDT = "10000" }
//! denied = { "CK-18" = 2 }                      # denials by check
//! order = { 1 = "filled 0.1", 2 = "cancelled 0" }   # how an order ended, and what of it was booked
//! orders_ended = { filled = 1, live = 0 }       # orders by state at the end
//! purposes = { entry = 1, stop = "1.." }        # orders by what they are for
//! sent = { new = 2, amend = 0 }                 # commands by kind
//! stops = ["sell 0.7 BTC/USDT at 44100"]        # stops open at the end, all of them
//! max_naked = "500ms"                           # the longest time without full cover
//! alerts = { critical = 0 }
//! breakers = []                                 # active at the end
//! reduce_only = []                              # instruments that may only shrink at the end
//! tripped = 0                                   # throttles tripped
//! anomalies = 0                                 # reports that fitted no state
//! said = { "0.00008888" = 1 }                   # denials and alerts that contain a text
//! journal = { "TR-18" = "1.." }                 # records that contain a text, as `--trace` tells them
//! in_order = ["sends     cancel", "filled E"]   # records with these texts, one after the other
//! ```

mod facts;
mod read;

use std::fmt;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use crate::journal::{Body, Record};
use crate::market::{OrderId, Span};
use crate::trading::setting::{Number, Setting};
use facts::{Facts, word};
pub use read::read;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bound {
    Exactly,
    AtLeast,
    AtMost,
}

/// How often something happens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Count {
    from: u64,
    to: u64,
}

/// One thing a run must come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    key: String,
    what: Expected,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Expected {
    /// A field of the summary, as it is written.
    Text(&'static str, String),
    /// A number of the summary.
    Number(&'static str, Bound, Decimal),
    Position(String, Decimal),
    Cash(String, Decimal),
    Order(OrderId, String),
    Counted(Tally, String, Count),
    /// A list, whole.
    List(List, Vec<String>),
    MaxNaked(Span),
    InOrder(Vec<String>),
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tally {
    Denied,
    OrdersEnded,
    Purposes,
    Sent,
    Alerts,
    Said,
    Journal,
    Tripped,
    Anomalies,
}

/// A list that is expected whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum List {
    States,
    Stops,
    Breakers,
    ReduceOnly,
}

/// An expectation a run did not meet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Unmet {
    /// The key under `[expect]`.
    pub key: String,
    /// What it asks for.
    pub expected: String,
    /// What the run came to.
    pub actual: String,
}

/// What of these expectations a run does not meet.
#[must_use]
pub fn unmet(all: &[Expectation], summary: &Value, records: &[Record]) -> Vec<Unmet> {
    let in_words = all.iter().any(Expectation::reads_lines);
    let judge = Judge { summary, facts: &Facts::of(records, in_words), records };
    all.iter().filter_map(|expectation| judge.unmet(expectation)).collect()
}

/// What an expectation is held against.
struct Judge<'a> {
    summary: &'a Value,
    facts: &'a Facts,
    records: &'a [Record],
}

impl Judge<'_> {
    fn unmet(&self, expectation: &Expectation) -> Option<Unmet> {
        let actual = self.actual(&expectation.what);
        let met = expectation.what.is_met(&actual);
        (!met).then(|| Unmet { key: expectation.key.clone(), expected: expectation.what.to_string(), actual })
    }

    /// What the run came to, in the words of the expectation.
    fn actual(&self, what: &Expected) -> String {
        let amount = |amount: Option<String>| amount.unwrap_or_else(|| "0".to_owned());
        match what {
            Expected::Text("state", _) => self.facts.states.last().map_or_else(String::new, word),
            Expected::Text(field, _) | Expected::Number(field, ..) => match self.summary.get(field) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => "nothing".to_owned(),
            },
            Expected::Position(symbol, _) => {
                let held = self.summary.get("position_end").and_then(|held| held.get(symbol));
                amount(held.and_then(Value::as_str).map(str::to_owned))
            }
            Expected::Cash(asset, _) => amount(self.facts.cash.get(asset).map(ToString::to_string)),
            Expected::Order(id, wanted) => self.order(*id, wanted.contains(' ')),
            Expected::Counted(tally, key, _) => self.count(*tally, key).to_string(),
            Expected::List(list, _) => self.list(*list).join(", "),
            Expected::MaxNaked(_) => format!("{}ns", self.facts.naked.0),
            Expected::InOrder(texts) => {
                let mut lines = self.facts.lines.iter();
                let missing = texts.iter().find(|text| !lines.any(|line| line.contains(text.as_str())));
                missing.map_or_else(String::new, |text| format!("no record with \"{text}\" after those before it"))
            }
        }
    }

    fn order(&self, id: OrderId, with_quantity: bool) -> String {
        let Some(order) = self.facts.orders.get(&id) else { return "no such order".to_owned() };
        let state = order.state.map_or_else(|| "unknown".to_owned(), word);
        let Some(Body::Header(header)) = self.records.first().map(|record| &record.body) else { return state };
        let card = order.terms.and_then(|terms| header.card(terms.instrument));
        let filled = card.and_then(|card| card.qty(order.filled).ok());
        match filled.filter(|_| with_quantity) {
            Some(filled) => format!("{state} {filled}"),
            None => state,
        }
    }

    fn count(&self, tally: Tally, key: &str) -> u64 {
        let facts = self.facts;
        let orders = |wanted: &dyn Fn(&facts::OrderFacts) -> bool| {
            u64::try_from(facts.orders.values().filter(|order| wanted(order)).count()).unwrap_or(u64::MAX)
        };
        let containing = |texts: &[String]| {
            u64::try_from(texts.iter().filter(|text| text.contains(key)).count()).unwrap_or(u64::MAX)
        };
        match tally {
            Tally::Denied => facts.denied.get(key).copied().unwrap_or_default(),
            Tally::OrdersEnded => orders(&|order| order.state.is_some_and(|state| word(state) == key)),
            Tally::Purposes => orders(&|order| order.purpose.is_some_and(|purpose| word(purpose) == key)),
            Tally::Sent => facts.sent.get(key).copied().unwrap_or_default(),
            Tally::Alerts => facts.alerts.get(key).copied().unwrap_or_default(),
            Tally::Said => containing(&facts.said),
            Tally::Journal => containing(&facts.lines),
            Tally::Tripped => facts.tripped,
            Tally::Anomalies => facts.anomalies,
        }
    }

    fn list(&self, list: List) -> Vec<String> {
        match list {
            List::States => self.facts.states.iter().map(word).collect(),
            List::Stops => match self.records.first().map(|record| &record.body) {
                Some(Body::Header(header)) => self.facts.stops(header).into_iter().collect(),
                _ => Vec::new(),
            },
            List::Breakers => self.facts.breakers.iter().cloned().collect(),
            List::ReduceOnly => self.facts.reduce_only.iter().cloned().collect(),
        }
    }
}

impl Expectation {
    /// Whether it asks for records in words.
    const fn reads_lines(&self) -> bool {
        matches!(self.what, Expected::Counted(Tally::Journal, ..) | Expected::InOrder(_))
    }
}

impl Expected {
    fn is_met(&self, actual: &str) -> bool {
        let number = || Number::read(actual).map(|number| number.0);
        match self {
            Self::Text(_, expected) | Self::Order(_, expected) => expected == actual,
            Self::Position(_, expected) | Self::Cash(_, expected) => number() == Some(*expected),
            Self::Number(_, bound, expected) => number().is_some_and(|actual| match bound {
                Bound::Exactly => actual == *expected,
                Bound::AtLeast => actual >= *expected,
                Bound::AtMost => actual <= *expected,
            }),
            Self::Counted(_, _, count) => actual.parse().is_ok_and(|actual| (count.from..=count.to).contains(&actual)),
            Self::List(_, expected) => expected.join(", ") == actual,
            Self::MaxNaked(most) => Span::read(actual).is_some_and(|actual| actual <= *most),
            Self::InOrder(_) => actual.is_empty(),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_, text) | Self::Order(_, text) => f.write_str(text),
            Self::Position(_, number) | Self::Cash(_, number) | Self::Number(_, Bound::Exactly, number) => {
                write!(f, "{number}")
            }
            Self::Number(_, Bound::AtLeast, number) => write!(f, "at least {number}"),
            Self::Number(_, Bound::AtMost, number) => write!(f, "at most {number}"),
            Self::Counted(_, _, Count { from, to }) if from == to => write!(f, "{from}"),
            Self::Counted(_, _, Count { from, to: u64::MAX }) => write!(f, "at least {from}"),
            Self::Counted(_, _, Count { from, to }) => write!(f, "{from} to {to}"),
            Self::List(_, list) => f.write_str(&list.join(", ")),
            Self::MaxNaked(most) => write!(f, "at most {}ns", most.0),
            Self::InOrder(texts) => write!(f, "records with \"{}\"", texts.join("\", then \"")),
        }
    }
}

impl Setting for Count {
    const FORM: &'static str = "a whole number, or a range such as \"1..\", \"..3\" or \"1..3\"";

    fn read(text: &str) -> Option<Self> {
        let number = |text: &str, none: u64| if text.is_empty() { Some(none) } else { text.parse().ok() };
        let (from, to) = match text.split_once("..") {
            Some((from, to)) if from.len() + to.len() > 0 => (number(from, 0)?, number(to, u64::MAX)?),
            Some(_) => return None,
            None => (text.parse().ok()?, text.parse().ok()?),
        };
        (from <= to).then_some(Self { from, to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(what: Expected, summary: &Value) -> Option<(String, String)> {
        let expectation = Expectation { key: "k".to_owned(), what };
        unmet(&[expectation], summary, &[]).pop().map(|unmet| (unmet.expected, unmet.actual))
    }

    #[test]
    fn a_summary_meets_what_is_expected_or_says_what_it_came_to() {
        let summary = serde_json::json!({ "digest": "00ff", "fills": 10, "net_pnl": "-12.50" });
        let number = |field, bound, value: &str| {
            told(Expected::Number(field, bound, value.parse().expect("a number in a test")), &summary)
        };
        assert_eq!(told(Expected::Text("digest", "00ff".to_owned()), &summary), None);
        assert_eq!(number("net_pnl", Bound::Exactly, "-12.5"), None);
        assert_eq!(number("fills", Bound::AtLeast, "10"), None);
        assert_eq!(number("fills", Bound::AtMost, "10"), None);
        let pair = |expected: &str, actual: &str| Some((expected.to_owned(), actual.to_owned()));
        assert_eq!(number("fills", Bound::AtLeast, "11"), pair("at least 11", "10"));
        assert_eq!(number("net_pnl", Bound::Exactly, "-12.51"), pair("-12.51", "-12.50"));
        let none = number("denials", Bound::Exactly, "0");
        assert_eq!(none, pair("0", "nothing"), "a summary that says nothing meets nothing");
        assert_eq!(told(Expected::Position("B/Q".to_owned(), Decimal::ONE), &summary), pair("1", "0"));
    }

    #[test]
    fn counts_are_numbers_or_ranges() {
        let count = |text: &str| Count::read(text).map(|count| (count.from, count.to));
        assert_eq!(count("3"), Some((3, 3)));
        assert_eq!(count("1.."), Some((1, u64::MAX)));
        assert_eq!(count("..2"), Some((0, 2)));
        assert_eq!(count("1..2"), Some((1, 2)));
        for wrong in ["..", "2..1", "-1", "1...2", "x", ""] {
            assert_eq!(count(wrong), None, "{wrong}");
        }
    }
}
