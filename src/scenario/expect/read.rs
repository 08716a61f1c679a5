//! Reading `[expect]`.

use rust_decimal::Decimal;
use toml::de::DeValue;

use super::{Bound, Count, Expectation, Expected, List, Tally, word};
use crate::market::{Check, OrderId, OrderState, Purpose, Severity, Span, TraderState};
use crate::scenario::acts::Names;
use crate::scenario::section::{Entry, Problems, Section, unknown_key};
use crate::trading::setting::Number;

/// What a field of the summary is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    Count,
    Amount,
}

/// The fields of a summary that can be expected.
const FIELDS: [(&str, Kind); 16] = [
    ("digest", Kind::Text),
    ("events", Kind::Count),
    ("orders", Kind::Count),
    ("fills", Kind::Count),
    ("partial_fills", Kind::Count),
    ("rejections", Kind::Count),
    ("denials", Kind::Count),
    ("audit_breaches", Kind::Count),
    ("unrest", Kind::Count),
    ("gross_pnl", Kind::Amount),
    ("fees", Kind::Amount),
    ("funding", Kind::Amount),
    ("net_pnl", Kind::Amount),
    ("equity_start", Kind::Amount),
    ("equity_end", Kind::Amount),
    ("max_drawdown", Kind::Amount),
];

/// Keys that ask the records.
const RECORDS: [&str; 18] = [
    "state",
    "states",
    "position",
    "cash",
    "order",
    "denied",
    "orders_ended",
    "purposes",
    "sent",
    "alerts",
    "said",
    "journal",
    "in_order",
    "stops",
    "breakers",
    "reduce_only",
    "tripped",
    "anomalies",
];

/// The longest stretch without cover that can be allowed.
const NAKED: &str = "max_naked";

/// Reads what is expected, of what the scenario names.
pub fn read(section: &Section<'_>, names: Names<'_>, problems: &mut Problems<'_>) -> Vec<Expectation> {
    let mut all = Vec::new();
    for (key, at, entry) in section.open() {
        if key == NAKED {
            all.extend(entry.setting::<Span>(problems).map(|most| one(&entry, Expected::MaxNaked(most))));
        } else if RECORDS.contains(&key) {
            of_the_records(key, &entry, names, problems, &mut all);
        } else {
            all.extend(of_the_summary(key, at, &entry, problems));
        }
    }
    all
}

fn one(entry: &Entry<'_>, what: Expected) -> Expectation {
    let key = entry.path.strip_prefix("expect.").unwrap_or(&entry.path);
    Expectation { key: key.to_owned(), what }
}

fn of_the_summary(key: &str, at: usize, entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Expectation> {
    let (bound, name) = match (key.strip_prefix("min_"), key.strip_prefix("max_")) {
        _ if key == "max_drawdown" => (Bound::Exactly, key),
        (Some(name), _) => (Bound::AtLeast, name),
        (_, Some(name)) => (Bound::AtMost, name),
        _ => (Bound::Exactly, key),
    };
    let Some((field, kind)) = FIELDS.iter().find(|(field, kind)| *field == name && allows(*kind, bound)) else {
        unknown(key, key.strip_suffix(name).unwrap_or_default(), bound, at, entry, problems);
        return None;
    };
    Some(one(
        entry,
        match kind {
            Kind::Text => Expected::Text(field, entry.string(problems, "16 hexadecimal digits")?.to_owned()),
            Kind::Count => {
                Expected::Number(field, bound, Decimal::from(entry.whole(problems, 0..=u64::from(u32::MAX))?))
            }
            Kind::Amount => Expected::Number(field, bound, entry.setting::<Number>(problems)?.0),
        },
    ))
}

fn allows(kind: Kind, bound: Bound) -> bool {
    kind != Kind::Text || bound == Bound::Exactly
}

fn unknown(key: &str, prefix: &str, bound: Bound, at: usize, entry: &Entry<'_>, problems: &mut Problems<'_>) {
    let names = FIELDS.iter().map(|(field, _)| *field).chain(RECORDS).chain([NAKED]);
    let allowed = names.collect::<Vec<_>>().join(", ") + ", or min_ or max_ before a number's name";
    let fields = FIELDS.iter().filter(|(_, kind)| allows(*kind, bound)).map(|(field, _)| format!("{prefix}{field}"));
    let known: Vec<String> = fields.chain(RECORDS.map(str::to_owned)).chain([NAKED.to_owned()]).collect();
    unknown_key(problems, at, &entry.path, key, known.iter().map(String::as_str), &allowed);
}

fn of_the_records(
    key: &str,
    entry: &Entry<'_>,
    names: Names<'_>,
    problems: &mut Problems<'_>,
    all: &mut Vec<Expectation>,
) {
    let assets = || names.assets.0.iter().map(|asset| asset.name.clone()).collect::<Vec<String>>();
    let states = || TraderState::ALL.map(word).to_vec();
    match key {
        "state" => all.extend(name(entry, &states(), problems).map(|state| one(entry, Expected::Text("state", state)))),
        "states" => list(entry, List::States, Some(&states()), problems, all),
        "stops" => list(entry, List::Stops, None, problems, all),
        "breakers" => {
            list(entry, List::Breakers, Some(&crate::market::Breaker::ALL.map(word)), problems, all);
        }
        "reduce_only" => list(entry, List::ReduceOnly, Some(names.symbols), problems, all),
        "in_order" => all.extend(texts(entry, problems).map(|texts| one(entry, Expected::InOrder(texts)))),
        "tripped" | "anomalies" => {
            let tally = if key == "tripped" { Tally::Tripped } else { Tally::Anomalies };
            all.extend(counted(entry, tally, key, problems));
        }
        "position" => all.extend(amounts(entry, Expected::Position, names.symbols, problems)),
        "cash" => all.extend(amounts(entry, Expected::Cash, &assets(), problems)),
        "order" => all.extend(each(entry, problems, order)),
        "denied" => all.extend(tallies(entry, Tally::Denied, Some(&checks()), problems)),
        "said" => all.extend(tallies(entry, Tally::Said, None, problems)),
        "journal" => all.extend(tallies(entry, Tally::Journal, None, problems)),
        "orders_ended" => {
            all.extend(tallies(entry, Tally::OrdersEnded, Some(&OrderState::ALL.map(word)), problems));
        }
        "purposes" => all.extend(tallies(entry, Tally::Purposes, Some(&Purpose::ALL.map(word)), problems)),
        "alerts" => all.extend(tallies(entry, Tally::Alerts, Some(&Severity::ALL.map(word)), problems)),
        _ => {
            let kinds = ["new", "amend", "cancel", "cancel_all", "cancel_all_after", "query"].map(str::to_owned);
            all.extend(tallies(entry, Tally::Sent, Some(&kinds), problems));
        }
    }
}

/// Every entry of a table.
fn each(
    entry: &Entry<'_>,
    problems: &mut Problems<'_>,
    read: impl Fn(&str, &Entry<'_>, &mut Problems<'_>) -> Option<Expectation>,
) -> Vec<Expectation> {
    let Some(section) = entry.as_section(entry.at, problems) else { return Vec::new() };
    section.open().filter_map(|(name, _, entry)| read(name, &entry, problems)).collect()
}

/// Whether a name is one of a closed list; if not, that is told. An empty list is one that could not be read,
/// which was told already.
fn is_known(name: &str, known: &[String], entry: &Entry<'_>, problems: &mut Problems<'_>) -> bool {
    let found = known.is_empty() || known.iter().any(|known| known == name);
    if !found {
        let names = known.iter().map(String::as_str);
        unknown_key(problems, entry.at, &entry.path, name, names, &known.join(", "));
    }
    found
}

fn tallies(entry: &Entry<'_>, tally: Tally, known: Option<&[String]>, problems: &mut Problems<'_>) -> Vec<Expectation> {
    each(entry, problems, |name, entry, problems| {
        let known = known.is_none_or(|known| is_known(name, known, entry, problems));
        known.then(|| counted(entry, tally, name, problems))?
    })
}

fn amounts(
    entry: &Entry<'_>,
    what: impl Fn(String, Decimal) -> Expected,
    known: &[String],
    problems: &mut Problems<'_>,
) -> Vec<Expectation> {
    each(entry, problems, |name, entry, problems| {
        let known = is_known(name, known, entry, problems);
        known.then(|| Some(one(entry, what(name.to_owned(), entry.setting::<Number>(problems)?.0))))?
    })
}

/// Every check that may deny, as denials name it (production-rules §1.5, §2.2, §2.8).
fn checks() -> Vec<String> {
    let all = (1..=32).map(Check::Entry).chain((1..=7).map(Check::Exit)).chain((1..=28).map(Check::Row));
    all.map(|check| check.to_string()).collect()
}

fn counted(entry: &Entry<'_>, tally: Tally, name: &str, problems: &mut Problems<'_>) -> Option<Expectation> {
    Some(one(entry, Expected::Counted(tally, name.to_owned(), entry.setting::<Count>(problems)?)))
}

/// `1 = "filled 0.1"`: a state, and what was booked.
fn order(name: &str, entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Expectation> {
    let states = OrderState::ALL.map(word);
    let allowed = format!("an order's state and what of it was booked, such as \"filled 0.1\": {}", states.join(", "));
    let Ok(id) = name.parse() else {
        problems.add("E-SC-006", entry.at, &entry.path, crate::bad_input::quoted(name), "the number of an order");
        return None;
    };
    let text = entry.string(problems, &allowed)?;
    let (state, booked) = text.split_once(' ').unwrap_or((text, "0"));
    let plain = <Number as crate::trading::setting::Setting>::read(booked).is_some();
    if !states.iter().any(|known| known == state) || !plain {
        entry.refuse(problems, "E-SC-009", &allowed);
        return None;
    }
    Some(one(entry, Expected::Order(OrderId(id), text.to_owned())))
}

/// One name of a closed list.
fn name(entry: &Entry<'_>, known: &[String], problems: &mut Problems<'_>) -> Option<String> {
    let words: Vec<(&str, &str)> = known.iter().map(|name| (name.as_str(), name.as_str())).collect();
    entry.word(problems, &words).map(str::to_owned)
}

fn list(
    entry: &Entry<'_>,
    list: List,
    known: Option<&[String]>,
    problems: &mut Problems<'_>,
    all: &mut Vec<Expectation>,
) {
    let Some(mut names) = texts(entry, problems) else { return };
    if let Some(strange) = names.iter().find(|name| known.is_some_and(|known| !known.contains(name))) {
        let allowed = known.map(|known| known.join(", ")).unwrap_or_default();
        problems.add("E-SC-009", entry.at, &entry.path, crate::bad_input::quoted(strange), &allowed);
        return;
    }
    if list != List::States {
        names.sort();
    }
    all.push(one(entry, Expected::List(list, names)));
}

/// An array of strings.
fn texts(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Vec<String>> {
    const ALLOWED: &str = "an array of strings";
    let DeValue::Array(array) = entry.value else {
        entry.refuse(problems, "E-SC-008", ALLOWED);
        return None;
    };
    let one = |item: &toml::Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    let texts = array.iter().map(one).collect::<Option<Vec<String>>>();
    if texts.is_none() {
        entry.refuse(problems, "E-SC-008", ALLOWED);
    }
    texts
}
