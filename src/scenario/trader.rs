//! `[trader]`: the trader's configuration; and `[strategy]`: what it runs.
//!
//! The keys, forms and ranges of `[trader]` are those of [`Config`]; this room only finds their
//! places. A strategy's parameters are kept as text with their places: what they mean, the
//! strategy says.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::Located;
use super::section::{Entry, Problems, Section, meant, nearest, unknown_key};
use crate::trading::config::{Belief, Beliefs, Config, Conflict, KeyError};
use crate::trading::words::Ceilings;

/// One leaf of the tables: dotted name, byte of its key, value.
type Leaf<'d> = (String, usize, Entry<'d>);

/// A strategy as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StrategyText {
    /// Its name.
    pub name: Located<String>,
    /// Its parameters.
    pub params: BTreeMap<String, ParamText>,
}

/// A strategy's parameter as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParamText {
    /// Its value, and where.
    pub value: Located<String>,
    /// Where its name begins.
    pub key_at: usize,
}

/// Reads the trader's configuration; `symbols` are the instruments there are.
pub fn config(top: &mut Section<'_>, symbols: &[String], problems: &mut Problems<'_>) -> Config {
    let mut config = Config::default();
    let Some(section) = top.section("trader", problems) else { return config };
    let mut leaves: Vec<Leaf<'_>> = Vec::new();
    flatten("", &section, &mut leaves, problems);
    // Ceilings first: they decide which values the other keys may have.
    leaves.sort_by_key(|(name, at, _)| (name != "ceilings", *at));
    let mut seen = BTreeMap::new();
    for (name, at, entry) in leaves {
        if seen.insert(name.clone(), at).is_some() {
            problems.add("E-SC-011", at, &entry.path, "a key that is also written in another form", "each key once");
            continue;
        }
        set(&mut config, &name, at, &entry, symbols, problems);
    }
    for Conflict { key, found, other, allowed } in config.conflicts() {
        // By their defaults they would go together, so one of the two was written.
        let at = seen.get(&key).or_else(|| seen.get(other)).copied().unwrap_or_default();
        problems.add("E-SC-010", at, &format!("trader.{key}"), format!("\"{found}\""), &allowed);
    }
    config
}

fn flatten<'d>(prefix: &str, section: &Section<'d>, leaves: &mut Vec<Leaf<'d>>, problems: &mut Problems<'_>) {
    for (key, at, entry) in section.open() {
        let name = if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
        if matches!(entry.value, DeValue::Table(_)) {
            let Some(section) = entry.as_section(at, problems) else { continue };
            flatten(&name, &section, leaves, problems);
        } else {
            leaves.push((name, at, entry));
        }
    }
}

fn set(config: &mut Config, name: &str, at: usize, entry: &Entry<'_>, symbols: &[String], problems: &mut Problems<'_>) {
    if let Some(symbol) =
        Beliefs::symbols_of(name).into_iter().find(|symbol| !symbols.iter().any(|known| known == symbol))
    {
        unknown_key(problems, at, &entry.path, symbol, symbols.iter().map(String::as_str), &symbols.join(", "));
        return;
    }
    // What is allowed is asked of the configuration, with a text that is no value of any key.
    let allowed = config.clone().set(name, "").err().map_or_else(String::new, |error| error.to_string());
    let Some(text) = entry.scalar(problems, &allowed) else { return };
    match config.set(name, &text) {
        Ok(()) => {}
        Err(KeyError::Unknown) => unknown(name, at, entry, problems),
        Err(error @ KeyError::Form { .. }) => entry.refuse(problems, "E-SC-009", &error.to_string()),
        Err(error @ KeyError::Range { .. }) => {
            let research = config.ceilings == Ceilings::Research;
            let hint = if research {
                "ceilings = \"research\" frees the range, but for a time of nothing, which would repeat without end"
            } else {
                "ceilings = \"research\" frees the range, and stamps the result"
            };
            problems.add_hint("E-SC-010", entry.at, &entry.path, format!("\"{text}\""), &error.to_string(), hint);
        }
    }
}

/// Reports a key that is not in the table: with the nearest one of all, else the same word in
/// another group.
fn unknown(name: &str, at: usize, entry: &Entry<'_>, problems: &mut Problems<'_>) {
    let names = || Config::keys().map(|key| key.name);
    let (group, word) = name.split_once('.').unwrap_or((name, name));
    if let ("instrument", [symbol]) = (group, Beliefs::symbols_of(name).as_slice()) {
        let key = name.rsplit_once(&format!("{symbol}.")).map_or(name, |(_, key)| key);
        let known = if name.starts_with("instrument.expect.") { &Belief::EXPECTED[..] } else { Belief::NAMES };
        return unknown_key(problems, at, &entry.path, key, known.iter().copied(), &known.join(", "));
    }
    let mut allowed: Vec<&str> = names().filter(|known| known.split('.').next() == Some(group)).collect();
    if allowed.is_empty() {
        allowed = names().filter_map(|known| known.split('.').next()).collect();
        allowed.dedup();
        allowed.push("ceilings");
    }
    let elsewhere = names().find(|known| known.split('.').nth(1) == Some(word));
    let found = "an unknown key".to_owned();
    let allowed = allowed.join(", ");
    match elsewhere.or_else(|| nearest(name, names().chain(["ceilings"]))) {
        Some(near) => problems.add_hint("E-SC-006", at, &entry.path, found, &allowed, &meant(near)),
        None => problems.add("E-SC-006", at, &entry.path, found, &allowed),
    }
}

/// Reads the strategy.
pub fn strategy(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<StrategyText> {
    let mut section = top.require_section("strategy", problems)?;
    let allowed = "the name of a strategy";
    let name = section.require("name", problems, allowed).and_then(|entry| {
        let text = entry.string(problems, allowed)?;
        Some(Located { value: text.to_owned(), at: entry.at })
    });
    let mut params = BTreeMap::new();
    for (key, key_at, entry) in section.others() {
        let Some(text) = entry.scalar(problems, "a string, a whole number or a boolean") else { continue };
        params.insert(key.to_owned(), ParamText { value: Located { value: text, at: entry.at }, key_at });
    }
    Some(StrategyText { name: name?, params })
}
