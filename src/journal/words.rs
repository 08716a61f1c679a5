//! Text of a journal made safe and readable: names as words, strings without control characters.

use std::fmt::Debug;

use crate::market::DeskId;

/// A Rust name as words: `PostOnlyWouldCross` reads `post only would cross`, and
/// `Rejected(MinQty)` reads `rejected (min qty)`.
pub(crate) fn words(value: &impl Debug) -> String {
    let mut text = String::new();
    let mut before = ' ';
    for letter in format!("{value:?}").chars() {
        let starts = letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit());
        if starts || (letter == '(' && before.is_ascii_alphanumeric()) {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
        before = letter;
    }
    text
}

/// A string on one line, with everything escaped that a terminal would act on.
pub(super) fn plain(text: &str) -> String {
    let hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if hidden(letter) { safe.extend(letter.escape_default()) } else { safe.push(letter) }
    }
    safe
}

/// `: a; b`, or nothing where there is nothing.
pub(super) fn listed(items: &[String]) -> String {
    if items.is_empty() { String::new() } else { format!(": {}", items.join("; ")) }
}

/// A desk by its number, that of external hands by name.
pub(super) fn desk(id: DeskId) -> String {
    if id == DeskId::EXTERNAL { "desk external".to_owned() } else { format!("desk {}", id.0) }
}
