//! `[expect]`: a scenario can be a test. What a run must come to, checked against its summary.
//!
//! A key is a field of the summary for an exact value, or `min_` or `max_` before it for a bound.
//! An expectation is never rounded toward the result.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use super::section::{Entry, Problems, Section, unknown_key};
use crate::trading::setting::{Number, Setting};

/// What a field of the summary is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    Count,
    Amount,
}

/// The fields of a summary that can be expected.
const FIELDS: [(&str, Kind); 15] = [
    ("digest", Kind::Text),
    ("events", Kind::Count),
    ("orders", Kind::Count),
    ("fills", Kind::Count),
    ("partial_fills", Kind::Count),
    ("rejections", Kind::Count),
    ("denials", Kind::Count),
    ("audit_breaches", Kind::Count),
    ("gross_pnl", Kind::Amount),
    ("fees", Kind::Amount),
    ("funding", Kind::Amount),
    ("net_pnl", Kind::Amount),
    ("equity_start", Kind::Amount),
    ("equity_end", Kind::Amount),
    ("max_drawdown", Kind::Amount),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bound {
    Exactly,
    AtLeast,
    AtMost,
}

/// One thing a run must come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    key: String,
    field: &'static str,
    bound: Bound,
    value: Expected,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Expected {
    Text(String),
    Number(Decimal),
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

impl Expectation {
    /// What is wrong with this summary, if anything.
    #[must_use]
    pub fn unmet(&self, summary: &Value) -> Option<Unmet> {
        let actual = match summary.get(self.field) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "nothing".to_owned(),
        };
        let met = match (&self.value, self.bound) {
            (Expected::Text(expected), _) => *expected == actual,
            (Expected::Number(expected), bound) => Number::read(&actual).is_some_and(|actual| match bound {
                Bound::Exactly => actual.0 == *expected,
                Bound::AtLeast => actual.0 >= *expected,
                Bound::AtMost => actual.0 <= *expected,
            }),
        };
        (!met).then(|| Unmet { key: self.key.clone(), expected: self.in_words(), actual })
    }

    fn in_words(&self) -> String {
        match (&self.value, self.bound) {
            (Expected::Text(text), _) => text.clone(),
            (Expected::Number(number), Bound::Exactly) => number.to_string(),
            (Expected::Number(number), Bound::AtLeast) => format!("at least {number}"),
            (Expected::Number(number), Bound::AtMost) => format!("at most {number}"),
        }
    }
}

/// Reads what is expected.
pub fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Vec<Expectation> {
    let Some(section) = top.section("expect", problems) else { return Vec::new() };
    section.open().filter_map(|(key, at, entry)| one(key, at, &entry, problems)).collect()
}

fn one(key: &str, at: usize, entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Expectation> {
    let (bound, name) = match (key.strip_prefix("min_"), key.strip_prefix("max_")) {
        _ if key == "max_drawdown" => (Bound::Exactly, key),
        (Some(name), _) => (Bound::AtLeast, name),
        (_, Some(name)) => (Bound::AtMost, name),
        _ => (Bound::Exactly, key),
    };
    let Some((field, kind)) = FIELDS.iter().find(|(field, kind)| *field == name && allows(*kind, bound)) else {
        let names = FIELDS.iter().map(|(field, _)| *field);
        let allowed = names.collect::<Vec<_>>().join(", ") + ", or min_ or max_ before a number's name";
        let prefix = key.strip_suffix(name).unwrap_or_default();
        let known: Vec<String> = FIELDS
            .iter()
            .filter(|(_, kind)| allows(*kind, bound))
            .map(|(field, _)| format!("{prefix}{field}"))
            .collect();
        unknown_key(problems, at, &entry.path, key, known.iter().map(String::as_str), &allowed);
        return None;
    };
    let value = match kind {
        Kind::Text => Expected::Text(entry.string(problems, "16 hexadecimal digits")?.to_owned()),
        Kind::Count => Expected::Number(Decimal::from(entry.whole(problems, 0..=u64::from(u32::MAX))?)),
        Kind::Amount => Expected::Number(entry.setting::<Number>(problems)?.0),
    };
    Some(Expectation { key: key.to_owned(), field, bound, value })
}

fn allows(kind: Kind, bound: Bound) -> bool {
    kind != Kind::Text || bound == Bound::Exactly
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation(key: &str, bound: Bound, value: &str) -> Expectation {
        let (field, kind) = FIELDS.iter().find(|(field, _)| key.ends_with(field)).expect("a known field");
        let value = match kind {
            Kind::Text => Expected::Text(value.to_owned()),
            Kind::Count | Kind::Amount => Expected::Number(value.parse().expect("a number in a test")),
        };
        Expectation { key: key.to_owned(), field, bound, value }
    }

    #[test]
    fn a_summary_meets_what_is_expected_or_says_what_it_came_to() {
        let summary = serde_json::json!({ "digest": "00ff", "fills": 10, "net_pnl": "-12.50" });
        let check = |key, bound, value| expectation(key, bound, value).unmet(&summary);
        assert_eq!(check("digest", Bound::Exactly, "00ff"), None);
        assert_eq!(check("net_pnl", Bound::Exactly, "-12.5"), None);
        assert_eq!(check("min_fills", Bound::AtLeast, "10"), None);
        assert_eq!(check("max_fills", Bound::AtMost, "10"), None);
        let unmet = check("min_fills", Bound::AtLeast, "11").expect("ten is less than eleven");
        assert_eq!((unmet.expected.as_str(), unmet.actual.as_str()), ("at least 11", "10"));
        let unmet = check("net_pnl", Bound::Exactly, "-12.51").expect("another amount");
        assert_eq!((unmet.expected.as_str(), unmet.actual.as_str()), ("-12.51", "-12.50"));
        let unmet = check("denials", Bound::Exactly, "0").expect("a summary that says nothing meets nothing");
        assert_eq!(unmet.actual, "nothing");
    }
}
