//! JSON in a line, and complaints that name the key and the column and quote the line, never the
//! parser.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fault::{JSON, JSON_CUT, JSON_TYPE};
use super::source::Line;
use crate::bad_input::{BadInput, quoted};

/// Reads a JSON value that stands in a line; `allowed` says what may stand under a key.
pub(crate) fn parse<'a, T: Deserialize<'a>>(
    line: Line<'_>,
    json: &'a str,
    allowed: impl Fn(&str) -> &'static str,
) -> Result<T, BadInput> {
    serde_json::from_str(json).map_err(|error| complaint(line, json, &error, allowed))
}

fn complaint(
    line: Line<'_>,
    json: &str,
    error: &serde_json::Error,
    allowed: impl Fn(&str) -> &'static str,
) -> BadInput {
    if error.is_eof() {
        let bad = line.complain(JSON_CUT, &json[json.len()..], "the end of the line".to_owned(), "a whole JSON frame");
        return bad.field(key_before(json, json.len()).0);
    }
    let mut at = error.column().saturating_sub(1).min(json.len());
    while !json.is_char_boundary(at) {
        at -= 1;
    }
    let (key, value) = key_before(json, at);
    if serde_json::from_str::<IgnoredAny>(json).is_err() {
        return line.complain(JSON, &json[at..], quoted(&json[at..]), "JSON").field(key);
    }
    // A scalar is shown whole; within a list, what is left of it.
    let shown = match value.find([',', '}']) {
        Some(end) if !value.starts_with(['[', '{']) => &value[..end],
        _ => &json[at..],
    };
    line.complain(JSON_TYPE, shown, quoted(shown), allowed(key)).field(key)
}

/// The key whose value stands around `at`, as far as the text tells, and the text from that value.
fn key_before(json: &str, at: usize) -> (&str, &str) {
    let Some(end) = json[..at].rfind("\":") else { return ("frame", json) };
    let start = json[..end].rfind('"').map_or(0, |quote| quote + 1);
    (&json[start..end], &json[end + 2..])
}
