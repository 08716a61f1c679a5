//! The shipped strategies, as the catalogue describes them; nothing is said here that is not said there.

use serde_json::{Value, json};

use super::exit::Exit;
use super::output::Output;
use seatrial::strategies::{Entry, Param, catalogue};

/// Width of a line of text.
const WIDTH: usize = 110;

/// Lists every shipped strategy.
pub fn strategies(output: &mut Output) -> Exit {
    for (place, entry) in catalogue().iter().enumerate() {
        if place > 0 {
            output.line("");
        }
        for line in text(entry) {
            output.line(&line);
        }
    }
    output.document(&Value::Array(catalogue().iter().map(document).collect()));
    Exit::Fine
}

fn document(entry: &Entry) -> Value {
    let param = |param: &Param| {
        let bound = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        json!({
            "key": param.key, "form": param.form, "low": bound(param.low), "high": bound(param.high),
            "default": param.default, "meaning": param.meaning,
        })
    };
    json!({
        "name": entry.name, "summary": entry.summary, "rules": entry.rules,
        "params": entry.params.iter().map(param).collect::<Vec<_>>(),
    })
}

fn text(entry: &Entry) -> Vec<String> {
    let mut lines = wrapped(&format!("{}: ", entry.name), entry.summary);
    for (place, rule) in entry.rules.iter().enumerate() {
        lines.extend(wrapped(&format!("  {}. ", place + 1), rule));
    }
    let longest = entry.params.iter().map(|param| param.key.len()).max().unwrap_or_default();
    for param in entry.params {
        let range = if param.low.is_empty() { String::new() } else { format!(", {} to {}", param.low, param.high) };
        let default = if param.default.is_empty() { "none" } else { param.default };
        let words = format!("{} [{}{range}; default {default}]", param.meaning, param.form);
        lines.extend(wrapped(&format!("  {:<longest$}  ", param.key), &words));
    }
    lines
}

/// Words after a head, on lines that begin where the first one's words do.
fn wrapped(head: &str, words: &str) -> Vec<String> {
    let mut lines = vec![head.to_owned()];
    let mut is_first = true;
    for word in words.split(' ') {
        let line = lines.last_mut().expect("there is a first line");
        if is_first {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(format!("{:indent$}{word}", "", indent = head.len()));
        }
        is_first = false;
    }
    lines
}
