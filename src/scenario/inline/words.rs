//! The words of one line, and what is wrong with one of them.

use crate::bad_input::quoted;
use crate::scenario::section::nearest;

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// Byte of the line at which it stands.
    pub column: usize,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// A line, word by word.
pub struct Words<'a> {
    line: &'a str,
    /// Where the last word began, and where the rest begins.
    last: usize,
    rest: usize,
}

impl<'a> Words<'a> {
    /// The words of a line.
    pub const fn new(line: &'a str) -> Self {
        Self { line, last: 0, rest: 0 }
    }

    /// Whether the line has no word.
    pub fn is_empty(&self) -> bool {
        self.line.trim().is_empty()
    }

    /// Whether a word is left.
    pub fn more(&self) -> bool {
        !self.line[self.rest..].trim().is_empty()
    }

    /// The next word.
    pub fn next(&mut self, allowed: &str) -> Result<&'a str, Wrong> {
        let rest = &self.line[self.rest..];
        let word = rest.trim_start();
        self.last = self.rest + (rest.len() - word.len());
        let word = word.split_whitespace().next().unwrap_or_default();
        self.rest = self.last + word.len();
        if word.is_empty() { Err(self.refuse(allowed)) } else { Ok(word) }
    }

    /// The next word, which is one of a list.
    pub fn word(&mut self, words: &[&str]) -> Result<&'a str, Wrong> {
        let allowed = words.join(", ");
        let word = self.next(&allowed)?;
        if words.contains(&word) {
            return Ok(word);
        }
        let near = nearest(word, words.iter().copied());
        let allowed = near.map_or_else(|| allowed.clone(), |near| format!("{allowed}; did you mean `{near}`?"));
        Err(self.refuse(&allowed))
    }

    /// That the last word is not what is allowed.
    pub fn refuse(&self, allowed: &str) -> Wrong {
        let word = &self.line[self.last..self.rest];
        let found = if word.is_empty() { "the end of the line".to_owned() } else { quoted(word) };
        Wrong { column: self.last, found, allowed: allowed.to_owned() }
    }

    /// That no word is left.
    pub fn end(&mut self) -> Result<(), Wrong> {
        if self.more() {
            self.next("")?;
            return Err(self.refuse("the end of the line"));
        }
        Ok(())
    }
}
