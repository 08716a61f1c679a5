//! The section as it is written: lists, ranges, cases.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use toml::Spanned;
use toml::de::DeValue;

use super::{Axis, Form, Method, PROBES, Sweep, Values};
use crate::scenario::over::{quoted_toml, segments};
use crate::scenario::section::{Entry, Problems, Section, child};

/// The most points of a sweep.
const POINTS_MAX: u64 = 1_000_000_000;
/// The most values of an axis of which all are taken, and the most points that are drawn.
const VALUES_MAX: u64 = 1_000_000;
const NUMBER: &str = "a whole number, or in quotes a decimal with or without a unit";

/// Reads the section; none where there is none, or where a problem was noted.
pub(in crate::scenario) fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Sweep> {
    let mut section = top.section("sweep", problems)?;
    let at = section.at;
    let words = [("grid", 0), ("random", 1), ("latin_hypercube", 2)];
    let method = section.get("method").map_or(Some(0), |entry| entry.word(problems, &words));
    let samples = section.get("samples");
    let seed = section.get("seed").map_or(Some(1), |entry| entry.whole(problems, 0..=i64::MAX.unsigned_abs()));
    let over = section.section("over", problems);
    let cases = section.sections("case", problems);
    section.finish(problems);
    let (method, seed) = (method?, seed?);
    if over.is_some() != cases.is_empty() {
        let found = if over.is_some() { "both [sweep.over] and [[sweep.case]]" } else { "neither keys nor cases" };
        problems.add("E-SC-011", at, "sweep", found, "[sweep.over] or [[sweep.case]]");
        return None;
    }
    let Some(over) = over else {
        if let Some(samples) = samples {
            problems.add("E-SC-011", samples.at, "sweep.samples", "samples of listed cases", "all of them are taken");
            return None;
        }
        return listed(&cases, at, problems);
    };
    let axes = axes(&over, problems)?;
    if method == 0 {
        if let Some(samples) = samples {
            problems.add("E-SC-011", samples.at, "sweep.samples", "samples of a grid", "a grid takes all there is");
            return None;
        }
        return grid(axes, at, problems);
    }
    let Some(samples) = samples else {
        problems.add("E-SC-007", at, "sweep.samples", "nothing", "how many points are drawn");
        return None;
    };
    let points = samples.whole(problems, 1..=VALUES_MAX)?;
    let method = if method == 1 { Method::Random { seed } } else { Method::LatinHypercube { seed } };
    Some(Sweep { axes, method, points, strata: Vec::new() })
}

fn grid(axes: Vec<Axis>, at: usize, problems: &mut Problems<'_>) -> Option<Sweep> {
    let counts = axes.iter().map(|axis| axis.values.count());
    let points = counts.clone().try_fold(1_u64, u64::checked_mul).filter(|points| *points <= POINTS_MAX);
    if points.is_none() || counts.clone().any(|count| count > VALUES_MAX) {
        let found = counts.map(|count| count.to_string()).collect::<Vec<_>>().join(" x ");
        problems.add("E-SC-010", at, "sweep.over", found, "at most 1000000 values of a key and 1000000000 points");
        return None;
    }
    Some(Sweep { axes, method: Method::Grid, points: points?, strata: Vec::new() })
}

/// Every case in turn; all of them name the same keys.
fn listed(cases: &[Section<'_>], at: usize, problems: &mut Problems<'_>) -> Option<Sweep> {
    let mut columns: Vec<Axis> = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let mut leaves = Vec::new();
        leaves_of(case, "", problems, &mut leaves);
        let names: Vec<&str> = leaves.iter().map(|(name, _)| name.as_str()).collect();
        if number > 0 && !columns.iter().map(|axis| axis.name.as_str()).eq(names.iter().copied()) {
            let allowed = columns.iter().map(|axis| axis.name.as_str()).collect::<Vec<_>>().join(", ");
            problems.add("E-SC-011", case.at, "sweep.case", names.join(", "), &allowed);
            return None;
        }
        for (place, (name, entry)) in leaves.iter().enumerate() {
            let value = toml_of(entry.value).or_else(|| {
                entry.refuse(problems, "E-SC-008", "a value on one line");
                None
            })?;
            if number == 0 {
                sound_name(name, entry, problems)?;
                columns.push(Axis { name: name.clone(), values: Values::Listed(Vec::new()) });
            }
            if let Values::Listed(values) = &mut columns[place].values {
                values.push(value);
            }
        }
    }
    if columns.is_empty() {
        problems.add("E-SC-007", at, "sweep.case", "nothing", "keys with a value each");
        return None;
    }
    Some(Sweep { axes: columns, method: Method::Cases, points: cases.len() as u64, strata: Vec::new() })
}

/// The keys of a table and of the tables in it, in the order of the file, with dotted names. A range is a value, and so
/// is whatever a dotted name in quotes has.
fn leaves_of<'d>(section: &Section<'d>, path: &str, problems: &mut Problems<'_>, into: &mut Vec<(String, Entry<'d>)>) {
    let mut entries: Vec<_> = section.open().collect();
    entries.sort_by_key(|(_, at, _)| *at);
    for (key, at, entry) in entries {
        let dotted = segments(key).is_some_and(|parts| parts.len() > 1);
        let name = match (path, dotted) {
            ("", true) => key.to_owned(),
            (path, true) => format!("{path}.{key}"),
            (path, false) => child(path, key),
        };
        let names = entry.value.as_table().is_some_and(|table| !table.contains_key("from"));
        if !names || dotted {
            into.push((name, entry));
        } else if let Some(inner) = entry.as_section(at, problems) {
            leaves_of(&inner, &name, problems, into);
        }
    }
}

fn sound_name(name: &str, entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<()> {
    let first = segments(name).and_then(|parts| parts.into_iter().next());
    if first.as_deref().is_some_and(|first| !matches!(first, "sweep" | "schema" | "runs" | "expect")) {
        return Some(());
    }
    problems.add("E-SC-009", entry.at, "sweep.over", name, "a key of the scenario that a run reads");
    None
}

/// The axes, in the order of the file.
fn axes(over: &Section<'_>, problems: &mut Problems<'_>) -> Option<Vec<Axis>> {
    let mut leaves = Vec::new();
    leaves_of(over, "", problems, &mut leaves);
    let mut axes = Vec::new();
    for (name, entry) in &leaves {
        sound_name(name, entry, problems)?;
        let values = match entry.value {
            DeValue::Array(array) if !array.is_empty() => listed_values(array, entry, problems)?,
            DeValue::Table(_) => range(entry, problems)?,
            _ => {
                entry.refuse(problems, "E-SC-008", "a list of values, or { from, to, step }");
                return None;
            }
        };
        if axes.iter().any(|axis: &Axis| segments(&axis.name) == segments(name)) {
            problems.add("E-SC-011", entry.at, "sweep.over", format!("{name}, twice"), "each key once");
            return None;
        }
        axes.push(Axis { name: name.clone(), values });
    }
    if axes.is_empty() {
        problems.add("E-SC-007", over.at, "sweep.over", "nothing", "keys with values");
        return None;
    }
    Some(axes)
}

fn listed_values(array: &[Spanned<DeValue<'_>>], entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Values> {
    let mut values = Vec::new();
    for item in array {
        let Some(value) = toml_of(item.get_ref()) else {
            let entry = Entry { path: entry.path.clone(), at: item.span().start, value: item.get_ref() };
            entry.refuse(problems, "E-SC-008", "values on one line each, decimals in quotes");
            return None;
        };
        if values.contains(&value) {
            problems.add("E-SC-011", item.span().start, &entry.path, format!("{value}, twice"), "each value once");
            return None;
        }
        values.push(value);
    }
    Some(Values::Listed(values))
}

/// A value as TOML on one line; none of a float, or of what stands on several.
fn toml_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(quoted_toml(text)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Float(_) => None,
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(array) => {
            let items: Option<Vec<String>> = array.iter().map(|item| toml_of(item.get_ref())).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        DeValue::Table(table) => {
            let pair = |(key, item): (&Spanned<toml::de::DeString<'_>>, &Spanned<DeValue<'_>>)| {
                Some(format!("{} = {}", quoted_toml(key.get_ref()), toml_of(item.get_ref())?))
            };
            let pairs: Option<Vec<String>> = table.iter().map(pair).collect();
            Some(format!("{{ {} }}", pairs?.join(", ")))
        }
    }
}

/// A number, and how it is written.
fn number(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<(Decimal, Form)> {
    let read = match entry.value {
        DeValue::Integer(number) => {
            let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
            value.map(|value| (Decimal::from(value), Form { quoted: false, unit: String::new() }))
        }
        DeValue::String(text) => {
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(text.len());
            let value = Decimal::from_str_exact(&text[..end]).ok();
            value.map(|value| (value, Form { quoted: true, unit: text[end..].to_owned() }))
        }
        _ => None,
    };
    if read.is_none() {
        entry.refuse(problems, "E-SC-008", NUMBER);
    }
    read
}

/// A range: its first and last value, and a step or a factor. Without either every value between that can be written
/// with as many decimals.
fn range(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Values> {
    let mut section = entry.as_section(entry.at, problems)?;
    let from = section.require("from", problems, NUMBER);
    let to = section.require("to", problems, NUMBER);
    let (step, factor) = (section.get("step"), section.get("factor"));
    section.finish(problems);
    let (from, form) = number(&from?, problems)?;
    let to_entry = to?;
    let (to, other) = number(&to_entry, problems)?;
    if other != form || to < from {
        to_entry.refuse(problems, "E-SC-011", "a value written as `from` is, and not below it");
        return None;
    }
    if let Some(entry) = factor {
        if step.is_some() {
            entry.refuse(problems, "E-SC-011", "a step or a factor");
            return None;
        }
        let factor = number(&entry, problems)?.0;
        return growing(from, to, factor, form).or_else(|| {
            entry.refuse(
                problems,
                "E-SC-010",
                "a factor above 1, from a value above 0, at most 1000 values, whole numbers staying whole",
            );
            None
        });
    }
    let stepped = step.as_ref().map(|entry| number(entry, problems));
    let by = match stepped {
        Some(read) => {
            let (by, other) = read?;
            if (other != form && !other.unit.is_empty()) || other.quoted != form.quoted || by <= Decimal::ZERO {
                step?.refuse(problems, "E-SC-011", "a step above 0, written as `from` is");
                return None;
            }
            by
        }
        None => Decimal::new(1, from.scale().max(to.scale())),
    };
    let decimals = from.scale().max(to.scale()).max(by.scale());
    let units = |value: Decimal| (value * Decimal::from(10_i64.checked_pow(decimals)?)).to_i64();
    let (Some(first), Some(last), Some(step)) = (units(from), units(to), units(by)) else {
        entry.refuse(problems, "E-SC-010", "values that fit 64 bits");
        return None;
    };
    let count = u64::try_from((i128::from(last) - i128::from(first)) / i128::from(step) + 1).ok()?;
    Some(Values::Even { first, step, count, decimals, form })
}

fn growing(from: Decimal, to: Decimal, factor: Decimal, form: Form) -> Option<Values> {
    if factor <= Decimal::ONE || from <= Decimal::ZERO {
        return None;
    }
    let mut values = vec![from];
    while let Some(next) = values.last().and_then(|last| last.checked_mul(factor)).filter(|next| *next <= to) {
        values.push(next.normalize());
        if values.len() as u64 > PROBES {
            return None;
        }
    }
    let whole = values.iter().all(|value| value.normalize().scale() == 0);
    (form.quoted || whole).then_some(Values::Growing { values, form })
}
