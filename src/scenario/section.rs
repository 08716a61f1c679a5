//! Strict reading of TOML: every key is asked for or it is an error, and every error has a place.
//!
//! A [`Section`] is a table whose known keys are exactly those its reader asked for; when the
//! reader is done it says so, and what nobody asked for is reported with the nearest known key.
//! All problems of a file are collected, in the order of the file.
//!
//! It does not know what any key means.

use std::ops::RangeInclusive;

use toml::de::{DeTable, DeValue};

use super::over;
use super::source::Source;
use crate::bad_input::{BadInput, quoted};
use crate::trading::setting::Setting;

/// Deepest nesting of a scenario.
const DEPTH_MAX: usize = 32;
/// The same, in words.
pub const DEPTH_ALLOWED: &str = "at most 32 tables or arrays within one another";

/// What is wrong with a scenario so far.
#[derive(Debug)]
pub struct Problems<'s> {
    source: &'s Source,
    found: Vec<(usize, BadInput)>,
}

impl<'s> Problems<'s> {
    /// Nothing wrong with this text yet.
    pub fn new(source: &'s Source) -> Self {
        Self { source, found: Vec::new() }
    }

    /// The text in question.
    pub fn source(&self) -> &'s Source {
        self.source
    }

    /// Notes a problem at a byte of the text.
    pub fn add(&mut self, code: &'static str, at: usize, field: &str, found: impl Into<String>, allowed: &str) {
        self.push(at, BadInput::new(code, &self.source.file, found.into(), allowed).field(field));
    }

    /// Notes a problem with a hint.
    pub fn add_hint(&mut self, code: &'static str, at: usize, field: &str, found: String, allowed: &str, hint: &str) {
        self.push(at, BadInput::new(code, &self.source.file, found, allowed).field(field).hint(hint));
    }

    fn push(&mut self, at: usize, bad: BadInput) {
        // What was put over the file stands on none of its lines.
        let bad = if over::begins(&self.source.text).is_some_and(|begins| at > begins) {
            bad
        } else {
            let (line, column) = self.source.place(at);
            bad.at_line(line, column)
        };
        self.found.push((at, bad));
    }

    /// All problems in the order of the text; none is `Ok`.
    pub fn into_result(mut self) -> Result<(), Vec<BadInput>> {
        self.found.sort_by_key(|(at, _)| *at);
        let found: Vec<BadInput> = self.found.into_iter().map(|(_, bad)| bad).collect();
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Entry<'d> {
    /// Dotted name from the top.
    pub path: String,
    /// First byte of the value.
    pub at: usize,
    /// The value.
    pub value: &'d DeValue<'d>,
}

impl<'d> Entry<'d> {
    /// Notes that the value is not what is allowed.
    pub fn refuse(&self, problems: &mut Problems<'_>, code: &'static str, allowed: &str) {
        if matches!(self.value, DeValue::Float(_)) {
            let hint = "a decimal is written in quotes, so that no digit of it is lost";
            problems.add_hint(code, self.at, &self.path, found(self.value), allowed, hint);
        } else {
            problems.add(code, self.at, &self.path, found(self.value), allowed);
        }
    }

    /// A string.
    pub fn string(&self, problems: &mut Problems<'_>, allowed: &str) -> Option<&'d str> {
        if let DeValue::String(text) = self.value {
            return Some(text);
        }
        self.refuse(problems, "E-SC-008", allowed);
        None
    }

    /// The text of a string, whole number or boolean: what a setting is read from.
    pub fn scalar(&self, problems: &mut Problems<'_>, allowed: &str) -> Option<String> {
        match self.value {
            DeValue::String(text) => return Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => return Some(number.as_str().to_owned()),
            DeValue::Boolean(truth) => return Some(truth.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {}
        }
        self.refuse(problems, "E-SC-008", allowed);
        None
    }

    /// A setting of a known form.
    pub fn setting<S: Setting>(&self, problems: &mut Problems<'_>) -> Option<S> {
        let value = S::read(&self.scalar(problems, S::FORM)?);
        if value.is_none() {
            self.refuse(problems, "E-SC-009", S::FORM);
        }
        value
    }

    /// A setting within a range, which is said as `allowed`.
    pub fn within<S: Setting>(
        &self,
        problems: &mut Problems<'_>,
        range: RangeInclusive<S>,
        allowed: &str,
    ) -> Option<S> {
        let value = self.setting::<S>(problems)?;
        if range.contains(&value) {
            return Some(value);
        }
        self.refuse(problems, "E-SC-010", allowed);
        None
    }

    /// A whole number from zero.
    pub fn whole(&self, problems: &mut Problems<'_>, range: RangeInclusive<u64>) -> Option<u64> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(number) = self.value else {
            self.refuse(problems, "E-SC-008", &allowed);
            return None;
        };
        let value = u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|value| range.contains(value));
        if value.is_none() {
            self.refuse(problems, "E-SC-010", &allowed);
        }
        value
    }

    /// One word of a closed list.
    pub fn word<T: Copy>(&self, problems: &mut Problems<'_>, words: &[(&str, T)]) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let allowed = names.join(", ");
        let text = self.string(problems, &allowed)?;
        if let Some((_, value)) = words.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        match nearest(text, names.iter().copied()) {
            Some(near) => problems.add_hint("E-SC-009", self.at, &self.path, quoted(text), &allowed, &meant(near)),
            None => self.refuse(problems, "E-SC-009", &allowed),
        }
        None
    }
}

/// A table while it is read.
#[derive(Debug)]
pub struct Section<'d> {
    /// Dotted name from the top; empty at the top.
    pub path: String,
    /// First byte of its name.
    pub at: usize,
    table: &'d DeTable<'d>,
    known: Vec<&'d str>,
}

impl<'d> Section<'d> {
    /// The whole document.
    pub fn top(table: &'d DeTable<'d>) -> Self {
        Self { path: String::new(), at: 0, table, known: Vec::new() }
    }

    /// The dotted name of a key of it, from the top.
    pub fn child(&self, key: &str) -> String {
        child(&self.path, key)
    }

    /// The value of a key, if it is there.
    pub fn get(&mut self, key: &'static str) -> Option<Entry<'d>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let value = self.table.get(key)?;
        Some(Entry { path: self.child(key), at: value.span().start, value: value.get_ref() })
    }

    /// The byte of a key this version does not read yet, if it is there. It is no known key.
    pub fn later(&mut self, key: &'static str) -> Option<usize> {
        let (name, _) = self.table.get_key_value(key)?;
        self.known.push(key);
        Some(name.span().start)
    }

    /// The value of a key that must be there.
    pub fn require(&mut self, key: &'static str, problems: &mut Problems<'_>, allowed: &str) -> Option<Entry<'d>> {
        let entry = self.get(key);
        if entry.is_none() {
            problems.add("E-SC-007", self.at, &self.child(key), "nothing", allowed);
        }
        entry
    }

    /// A table within this one, if it is there.
    pub fn section(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Section<'d>> {
        let entry = self.get(key)?;
        let at = self.table.get_key_value(key).map_or(entry.at, |(name, _)| name.span().start);
        entry.as_section(at, problems)
    }

    /// A table that must be there.
    pub fn require_section(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Section<'d>> {
        if !self.table.contains_key(key) {
            self.known.push(key);
            problems.add("E-SC-007", self.at, &self.child(key), "nothing", &format!("a table [{}]", self.child(key)));
            return None;
        }
        self.section(key, problems)
    }

    /// A table or an array of tables, as a list.
    pub fn sections(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Vec<Section<'d>> {
        let Some(entry) = self.get(key) else { return Vec::new() };
        let DeValue::Array(array) = entry.value else {
            return self.section(key, problems).into_iter().collect();
        };
        let one = |item: &'d toml::Spanned<DeValue<'d>>| Entry {
            path: entry.path.clone(),
            at: item.span().start,
            value: item.get_ref(),
        };
        array.iter().map(one).filter_map(|item| item.as_section(item.at, problems)).collect()
    }

    /// Every key of a table whose keys are names, not words of ours, with the byte it begins at.
    pub fn open(&self) -> impl Iterator<Item = (&'d str, usize, Entry<'d>)> + use<'d> {
        let paths: Vec<String> = self.table.keys().map(|key| self.child(key.get_ref())).collect();
        self.table.iter().zip(paths).map(|((key, value), path)| {
            let entry = Entry { path, at: value.span().start, value: value.get_ref() };
            (key.get_ref().as_ref(), key.span().start, entry)
        })
    }

    /// The tables named for an instrument, such as `[wire."BTC/USDT"]`, each with the place of its symbol.
    pub fn of_symbols(&mut self, symbols: &[String], problems: &mut Problems<'_>) -> Vec<(usize, Section<'d>)> {
        let mut found = Vec::new();
        // No key of ours holds a stroke, and every symbol does.
        for (key, at, entry) in self.open().filter(|(key, _, _)| key.contains('/')) {
            self.known.push(key);
            if let Some(place) = symbols.iter().position(|symbol| symbol == key) {
                found.extend(entry.as_section(at, problems).map(|section| (place, section)));
            } else {
                let known = symbols.iter().map(String::as_str);
                unknown_key(problems, at, &entry.path, key, known, &symbols.join(", "));
            }
        }
        found
    }

    /// Every key nobody asked for, with the byte it begins at.
    pub fn others(&self) -> impl Iterator<Item = (&'d str, usize, Entry<'d>)> + use<'d> {
        let known = self.known.clone();
        self.open().filter(move |(key, _, _)| !known.contains(key))
    }

    /// Reports what nobody asked for.
    pub fn finish(self, problems: &mut Problems<'_>) {
        let known: Vec<&str> = self.known.iter().copied().filter(|key| !key.contains('/')).collect();
        let allowed = known.join(", ");
        for (key, at, _) in self.others() {
            unknown_key(problems, at, &self.child(key), key, known.iter().copied(), &allowed);
        }
    }
}

impl<'d> Entry<'d> {
    /// The value as a table.
    pub fn as_section(&self, at: usize, problems: &mut Problems<'_>) -> Option<Section<'d>> {
        if let DeValue::Table(table) = self.value {
            return Some(Section { path: self.path.clone(), at, table, known: Vec::new() });
        }
        self.refuse(problems, "E-SC-008", &format!("a table [{}]", self.path));
        None
    }
}

/// The dotted name of a key, which stands in quotes where it is not a plain word.
pub fn child(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let key = if plain { key.to_owned() } else { quoted(key) };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// Notes an unknown key, with the known one nearest to it.
pub fn unknown_key<'k>(
    problems: &mut Problems<'_>,
    at: usize,
    path: &str,
    key: &str,
    known: impl Iterator<Item = &'k str>,
    allowed: &str,
) {
    let found = "an unknown key".to_owned();
    match nearest(key, known) {
        Some(near) => problems.add_hint("E-SC-006", at, path, found, allowed, &meant(near)),
        None => problems.add("E-SC-006", at, path, found, allowed),
    }
}

/// The hint that a nearby word was meant.
pub fn meant(near: &str) -> String {
    format!("did you mean `{near}`?")
}

/// The word nearest to `text`, if one is near: at most a third of its letters differ.
pub fn nearest<'k>(text: &str, words: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let lower = text.to_lowercase();
    let distance = |word: &str| strsim::damerau_levenshtein(&lower, &word.to_lowercase());
    let near = words.map(|word| (distance(word), word)).min_by_key(|(distance, _)| *distance)?;
    (near.0 <= (text.chars().count() / 3).max(1)).then_some(near.1)
}

/// What stands there, in our words.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// Where nesting is deeper than allowed, if it is anywhere.
pub fn too_deep(top: &DeTable<'_>) -> Option<usize> {
    fn within(value: &DeValue<'_>, at: usize, depth: usize) -> Option<usize> {
        if depth > DEPTH_MAX {
            return Some(at);
        }
        match value {
            DeValue::Array(array) => array.iter().find_map(|item| within(item.get_ref(), item.span().start, depth + 1)),
            DeValue::Table(table) => {
                table.iter().find_map(|(key, item)| within(item.get_ref(), key.span().start, depth + 1))
            }
            _ => None,
        }
    }
    top.iter().find_map(|(key, item)| within(item.get_ref(), key.span().start, 1))
}
