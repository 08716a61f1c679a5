//! Texts that came with the verdict: what does not show is shown, and an outcome has its word and its mark.

use maud::{Markup, html};

use crate::gate::verdict::{Class, Outcome};

/// A text with what would not show, or would show other than it is, written out: control characters, and those that
/// turn the direction of a line.
pub(super) fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for letter in text.chars() {
        let hides =
            matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if letter.is_control() || hides {
            seen.extend(letter.escape_unicode());
        } else {
            seen.push(letter);
        }
    }
    seen
}

/// The class of the style and the mark of an outcome.
const fn look(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Pass => ("pass", "✓"),
        Outcome::Insufficient => ("wait", "?"),
        Outcome::Fail => ("fail", "✗"),
    }
}

/// An outcome: its mark, for the eye alone, and its word.
pub(super) fn outcome(outcome: Outcome) -> Markup {
    let (class, mark) = look(outcome);
    html! { span class={ "outcome " (class) } { span class="mark" aria-hidden="true" { (mark) } " " (outcome.word()) } }
}

/// An outcome, or that there can be none.
pub(super) fn outcome_or(outcome_of: Option<Outcome>, none: &str) -> Markup {
    outcome_of.map_or_else(|| html! { span class="soft" { (none) } }, outcome)
}

/// The class of the style for an outcome.
pub(super) const fn tone(outcome: Outcome) -> &'static str {
    look(outcome).0
}

/// What a verdict on such evidence is worth.
pub(super) const fn worth(class: Class) -> &'static str {
    match class {
        Class::SelfConsistent => {
            "Evidence is our own simulator: what trades and what judges it share their models. The verdict is worth as \
             much as these models are."
        }
        Class::Testnet => {
            "Evidence is the venue's test network: its rules are real, its prices and its queues are not."
        }
        Class::ShadowLive => "Evidence is the real market, with orders of the least size in it.",
        Class::Live => "Evidence is real money.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_written_out() {
        assert_eq!(visible("a\u{202e}b\n\0c é"), "a\\u{202e}b\\u{a}\\u{0}c é");
    }
}
