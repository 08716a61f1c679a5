//! A located complaint about something we were given to read: which file, where in it, which
//! field, what stood there and what may stand there.
//!
//! It promises one line of text, `CODE file:line:column field: found … allowed …` (binary files:
//! `file:record:byte`), that is safe to print: nothing the file contains reaches a terminal
//! unescaped, and what was found is cut at 80 characters. A hint may follow on a second line.
//!
//! It does not read, decide or repair anything, and it knows no file format.

use std::fmt::Write as _;

use serde::Serialize;

/// The most characters of a found text that are shown.
const SHOWN_MAX: usize = 80;

/// Where in a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A text file: line and column, both from 1; the column counts bytes.
    Line {
        /// Line, from 1.
        line: u64,
        /// Byte in the line, from 1.
        column: u64,
    },
    /// A binary file: record and byte offset, both from 0.
    Record {
        /// Record, from 0.
        record: u64,
        /// Byte in the file, from 0.
        byte: u64,
    },
}

/// A file, place, field and reason for refusing it. Exit code 3.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("{}", self.text())]
pub struct BadInput {
    /// Which rule was broken, e.g. `E-MD-017`; stable between versions.
    pub code: &'static str,
    /// The file as it was named to us.
    pub file: Box<str>,
    /// Where in it.
    pub place: Place,
    /// The column, key or part; empty where the whole place is meant.
    pub field: Box<str>,
    /// What stood there, already escaped and cut ([`quoted`]), or our own words.
    pub found: Box<str>,
    /// What may stand there.
    pub allowed: Box<str>,
    /// What the reader might do about it.
    pub hint: Option<Box<str>>,
}

impl BadInput {
    /// A complaint of a whole file; narrow it with [`BadInput::at`] and [`BadInput::field`].
    #[must_use]
    pub fn new(code: &'static str, file: &str, found: impl Into<Box<str>>, allowed: impl Into<Box<str>>) -> Self {
        let (found, allowed) = (found.into(), allowed.into());
        Self { code, file: file.into(), place: Place::Whole, field: Box::default(), found, allowed, hint: None }
    }

    /// The same complaint, of this place.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The same complaint, of this line and column of a text file.
    #[must_use]
    pub fn at_line(self, line: u64, column: u64) -> Self {
        self.at(Place::Line { line, column })
    }

    /// The same complaint, of this record and byte of a binary file.
    #[must_use]
    pub fn at_record(self, record: u64, byte: u64) -> Self {
        self.at(Place::Record { record, byte })
    }

    /// The same complaint, of this field.
    #[must_use]
    pub fn field(self, field: impl Into<Box<str>>) -> Self {
        Self { field: field.into(), ..self }
    }

    /// The same complaint with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<Box<str>>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn text(&self) -> String {
        let mut text = format!("{} {}", self.code, escaped(&self.file));
        let written = match self.place {
            Place::Whole => Ok(()),
            Place::Line { line, column } => write!(text, ":{line}:{column}"),
            Place::Record { record, byte } => write!(text, ":{record}:{byte}"),
        };
        written.expect("a String takes every write");
        if !self.field.is_empty() {
            text.push(' ');
            text.push_str(&self.field);
        }
        write!(text, ": found {} allowed {}", self.found, self.allowed).expect("a String takes every write");
        if let Some(hint) = &self.hint {
            text.push_str("\n  hint: ");
            text.push_str(hint);
        }
        text
    }
}

/// A text from outside, in quotes, escaped, and cut at 80 characters.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    let mut room = SHOWN_MAX;
    for character in text.chars() {
        let piece = escape(character);
        let Some(left) = room.checked_sub(piece.chars().count()) else {
            shown.push_str("\"…");
            return shown;
        };
        room = left;
        shown.push_str(&piece);
    }
    shown.push('"');
    shown
}

/// Bytes from outside as [`quoted`] text; bytes that are no UTF-8 show as `\xNN`.
#[must_use]
pub fn quoted_bytes(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // A private-use character stands for the byte until `escape` spells it.
            text.extend(char::from_u32(0xF_FF00 + u32::from(*byte)));
        }
    }
    quoted(&text)
}

/// A file name, without quotes, that cannot move a terminal's cursor or its reading direction.
fn escaped(text: &str) -> String {
    text.chars().map(escape).collect()
}

fn escape(character: char) -> String {
    let code = u32::from(character);
    match character {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\t' | '\n' | '\r' | '\0' => character.escape_default().to_string(),
        ' '..='~' => character.to_string(),
        _ if (0xF_FF00..=0xF_FFFF).contains(&code) => format!("\\x{:02x}", code - 0xF_FF00),
        _ if character.is_alphanumeric() && code < 0xFF00 => character.to_string(),
        _ => character.escape_unicode().to_string(),
    }
}

/// What a panic said.
pub(crate) fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}

/// A word as a shell takes it.
#[must_use]
pub fn in_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_one_line_and_a_hint_a_second() {
        let bad = BadInput::new("E-MD-017", "trades.csv", quoted("64,250.10"), "digits with one '.'");
        assert_eq!(bad.to_string(), "E-MD-017 trades.csv: found \"64,250.10\" allowed digits with one '.'");
        let bad = bad.at_line(48_213, 31).field("price").hint("thousands separators are not accepted");
        assert_eq!(
            bad.to_string(),
            "E-MD-017 trades.csv:48213:31 price: found \"64,250.10\" allowed digits with one '.'\n  \
             hint: thousands separators are not accepted"
        );
        let bad = BadInput::new("E-JN-003", "run.journal", "a torn frame", "a whole frame").at_record(7, 512);
        assert_eq!(bad.to_string(), "E-JN-003 run.journal:7:512: found a torn frame allowed a whole frame");
    }

    #[test]
    fn what_was_found_cannot_touch_a_terminal() {
        assert_eq!(quoted("a\u{1b}[2J\"\n"), "\"a\\u{1b}[2J\\\"\\n\"");
        assert_eq!(quoted("\u{202e}evil\u{a0}\u{200b}１"), "\"\\u{202e}evil\\u{a0}\\u{200b}\\u{ff11}\"");
        assert_eq!(quoted("Größe"), "\"Größe\"");
        assert_eq!(quoted_bytes(b"caf\xe9,1"), "\"caf\\xe9,1\"");
    }

    #[test]
    fn what_was_found_is_cut_at_eighty_characters() {
        let shown = quoted(&"9".repeat(1_000));
        assert_eq!(shown.chars().count(), 80 + 3);
        assert!(shown.ends_with("9\"…"));
        assert_eq!(quoted(&"9".repeat(80)).chars().count(), 82, "eighty are shown whole");
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(in_shell("scenarios/first-trial.toml"), "scenarios/first-trial.toml");
        assert_eq!(in_shell("my trial's.toml"), "'my trial'\\''s.toml'");
        assert_eq!(in_shell(""), "''");
    }
}
