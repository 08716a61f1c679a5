//! Values over what a scenario's file says: those of `--set`, and those of a point of a sweep.
//!
//! They are written after the text, as a table whose keys are dotted names in quotes, so that the text of a run is
//! still one text: it is parsed, kept in the journal and read back like any other. A value replaces what stands at its
//! name whole, or is new there; a number in a name is a place in a list (`fault.0.at`).

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::section::Problems;
use super::source::Source;
use crate::bad_input::{in_shell, quoted};

/// Where the values begin. A file has no such line of its own: `set` is no key that people write.
const MARK: &str = "\n[set] # over what the file says\n";
/// What a name is.
const NAME: &str = "a dotted name, as in strategy.fast or instrument.\"BTC/USDT\".tick";

/// Values by their names, each name once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Over(Vec<(String, String)>);

impl Over {
    /// Puts a value over what is said of a name, here too. The value is TOML; what is none is taken for the text of a
    /// string, so that durations and rates need no quotes.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        if segments(name).is_none() {
            return Err(format!("found the name {}, allowed {NAME}", quoted(name)));
        }
        let value = if is_a_value(value) { value.trim().to_owned() } else { quoted_toml(value) };
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value));
        Ok(())
    }

    /// The names and their values, as TOML.
    #[must_use]
    pub fn values(&self) -> &[(String, String)] {
        &self.0
    }

    /// A source with these values over it, and over those that are over it already.
    #[must_use]
    pub fn applied(&self, source: &Source) -> Source {
        if self.0.is_empty() {
            return source.clone();
        }
        let (file, before) = source.text.split_once(MARK).unwrap_or((&source.text, ""));
        let replaced =
            |line: &&str| !self.0.iter().any(|(name, _)| line.starts_with(&format!("{} = ", quoted_toml(name))));
        let before = before.lines().filter(replaced).map(str::to_owned);
        let now = self.0.iter().map(|(name, value)| format!("{} = {value}", quoted_toml(name)));
        let values: Vec<String> = before.chain(now).collect();
        let text = format!("{file}{MARK}{}\n", values.join("\n"));
        Source { file: source.file.clone(), text }
    }
}

/// Whether a text is one TOML value.
fn is_a_value(text: &str) -> bool {
    !text.contains('\n') && DeTable::parse(&format!("v = {text}")).is_ok_and(|table| table.get_ref().len() == 1)
}

/// A string as TOML writes it, on one line: as JSON does, but for one character.
pub(super) fn quoted_toml(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON").replace('\u{7f}', "\\u007f")
}

/// The parts of a dotted name.
pub(super) fn segments(name: &str) -> Option<Vec<String>> {
    let text = format!("{name} = 0");
    let parsed = DeTable::parse(&text).ok().filter(|_| !name.contains(['\n', '=', '#']))?;
    let (mut table, mut parts) = (parsed.get_ref(), Vec::new());
    loop {
        let (key, value) = table.iter().next().filter(|_| table.len() == 1)?;
        parts.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => return Some(parts),
        }
    }
}

/// Where in a text the values begin that are over it; none where the whole text is the file's own.
pub(super) fn begins(text: &str) -> Option<usize> {
    text.find(MARK)
}

/// What was put over a file, as a command line takes it.
pub(super) fn typed(text: &str) -> String {
    let block = text.split_once(MARK).map_or("", |(_, block)| block);
    let Ok(table) = DeTable::parse(block) else { return String::new() };
    let word = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
        let value = match value.get_ref() {
            DeValue::String(text) if !is_a_value(text) => text,
            _ => &block[value.span()],
        };
        format!("--set {}", in_shell(&format!("{}={value}", key.get_ref())))
    };
    table.get_ref().iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Puts what is over a document into it.
pub(super) fn merge(table: &mut DeTable<'_>, text: &str, problems: &mut Problems<'_>) {
    if begins(text).is_none() {
        return;
    }
    let Some(DeValue::Table(set)) = table.remove("set").map(Spanned::into_inner) else { return };
    for (key, value) in set {
        let at = value.span().start;
        let name = key.get_ref().clone();
        let put = segments(&name).is_some_and(|parts| put(table, &parts, value));
        if !put {
            problems.add("E-SC-006", at, &name, "a name that leads nowhere", NAME);
        }
    }
}

/// Puts a value where a name leads; false where it leads through something that has no names in it.
fn put<'d>(table: &mut DeTable<'d>, parts: &[String], value: Spanned<DeValue<'d>>) -> bool {
    let Some((first, rest)) = parts.split_first() else { return false };
    let span = value.span();
    let key = || Spanned::new(span.clone(), first.clone().into());
    if rest.is_empty() {
        table.insert(key(), value);
        return true;
    }
    let inner = table.entry(key()).or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
    put_into(inner, rest, value)
}

fn put_into<'d>(inner: &mut Spanned<DeValue<'d>>, rest: &[String], value: Spanned<DeValue<'d>>) -> bool {
    match inner.get_mut() {
        DeValue::Table(table) => put(table, rest, value),
        DeValue::Array(array) => {
            let place = rest.first().and_then(|place| place.parse::<usize>().ok());
            let Some(item) = place.and_then(|place| array.get_mut(place)) else { return false };
            if rest.len() == 1 {
                *item = value;
                return true;
            }
            put_into(item, &rest[1..], value)
        }
        // A word that stands for a table is replaced by one.
        other => {
            *other = DeValue::Table(DeTable::new());
            put_into(inner, rest, value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { file: "s.toml".into(), text: text.into() }
    }

    fn over(values: &[(&str, &str)]) -> Over {
        let mut over = Over::default();
        for (name, value) in values {
            over.set(name, value).expect("a name");
        }
        over
    }

    fn merged(source: &Source) -> Result<String, Vec<String>> {
        let mut problems = Problems::new(source);
        let mut table = DeTable::parse(&source.text).expect("TOML").into_inner();
        merge(&mut table, &source.text, &mut problems);
        problems.into_result().map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let table: toml::Table = serde::Deserialize::deserialize(toml::de::ValueDeserializer::from(Spanned::new(
            0..0,
            DeValue::Table(table),
        )))
        .expect("a table");
        Ok(table.to_string())
    }

    const FILE: &str =
        "a = 1\n[wire]\nentry = \"1ms\"\n[instrument.\"B/U\"]\ntick = \"1\"\n[[fault]]\nat = 1\n[[fault]]\nat = 2";

    #[test]
    fn a_value_replaces_what_stands_at_its_name() {
        let over = over(&[
            ("wire.entry", "5ms"),
            ("instrument.\"B/U\".tick", "\"0.1\""),
            ("fault.1.at", "7"),
            ("x.y", "[1, 2]"),
        ]);
        let text = merged(&over.applied(&source(FILE))).expect("sound");
        for expected in ["entry = \"5ms\"", "tick = \"0.1\"", "at = 1\n", "at = 7\n", "y = [1, 2]", "a = 1"] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(!text.contains("set"), "{text}");
    }

    /// Values over values are one list, in which the later one counts.
    #[test]
    fn later_values_win() {
        let twice =
            over(&[("a", "3"), ("wire.entry", "9ms")]).applied(&over(&[("a", "2"), ("b", "4")]).applied(&source(FILE)));
        assert_eq!(twice.text.matches("[set]").count(), 1);
        let text = merged(&twice).expect("sound");
        for expected in ["a = 3", "b = 4", "entry = \"9ms\""] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }

    /// What a command line took is what it takes again.
    #[test]
    fn what_was_set_can_be_typed() {
        let over = over(&[("a", "5ms"), ("b", "3"), ("c", "\"3\""), ("x.\"B/U\".t", "[1, 2]"), ("t", "it's")]);
        let typed = typed(&over.applied(&source(FILE)).text);
        let expected = r#"--set a=5ms --set b=3 --set 'c="3"' --set 't=it'\''s' --set 'x."B/U".t=[1, 2]'"#;
        assert_eq!(typed, expected);
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        let told = merged(&over(&[("fault.7.at", "1")]).applied(&source(FILE))).expect_err("there is no eighth");
        assert!(told[0].contains("fault.7.at: found a name that leads nowhere"), "{told:?}");
        for name in ["", "a b", "a..b", "a = 1\nb", "[a]", "a#"] {
            assert!(Over::default().set(name, "1").is_err(), "{name}");
        }
        assert!(
            merged(&source("set = 1")).expect("no mark").contains("set = 1"),
            "a key of that name is judged by others"
        );
    }

    #[test]
    fn a_value_that_is_no_toml_is_a_string() {
        let over = over(&[("a", "5ms"), ("b", "1\nc = 2"), ("c", "true"), ("d", "{ p0 = \"1ms\" }"), ("e", "0.25%")]);
        let values: Vec<&str> = over.values().iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["\"5ms\"", "\"1\\nc = 2\"", "true", "{ p0 = \"1ms\" }", "\"0.25%\""]);
    }
}
