//! Where words go: results to stdout, all else to stderr.
//!
//! A pipe whose reader has gone swallows the rest and is no error; any other failure to write a
//! result is exit code 6. With `--json` stdout carries one document, written at the end.

use std::io::{self, ErrorKind, Write};

use serde_json::Value;

use super::exit::Exit;
use seatrial::bad_input::BadInput;

/// Most complaints of one file that are shown.
const SHOWN_MAX: usize = 20;

/// What of a result is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    Text,
    Nothing,
    Document,
}

/// The output of a command.
pub struct Output {
    style: Style,
    reader_gone: bool,
    failed: bool,
}

impl Output {
    /// Output of a command that was asked for JSON, or for quiet.
    pub const fn new(json: bool, quiet: bool) -> Self {
        let style = match (json, quiet) {
            (true, _) => Style::Document,
            (false, true) => Style::Nothing,
            (false, false) => Style::Text,
        };
        Self { style, reader_gone: false, failed: false }
    }

    /// Whether nobody wants to be told how far things are.
    pub fn is_quiet(&self) -> bool {
        self.style == Style::Nothing
    }

    /// A line for a person: part of the result, unless JSON or quiet was asked for.
    pub fn line(&mut self, text: &str) {
        if self.style == Style::Text {
            self.write(text);
        }
    }

    /// The result as a document, if JSON was asked for.
    pub fn document(&mut self, document: &Value) {
        if self.style == Style::Document {
            self.write(&serde_json::to_string_pretty(document).expect("a value is JSON already"));
        }
    }

    fn write(&mut self, text: &str) {
        if self.reader_gone {
            return;
        }
        let mut stdout = io::stdout().lock();
        if let Err(error) = writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            self.reader_gone = true;
            self.failed |= error.kind() != ErrorKind::BrokenPipe;
        }
    }

    /// How writing went.
    pub fn finish(self) -> Exit {
        if self.failed {
            complain("internal error: the result could not be written to stdout");
            return Exit::Internal;
        }
        Exit::Fine
    }
}

/// Says something on stderr; nobody left to hear it is no error.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says what is wrong with what we were given: the first twenty, then how many more.
pub fn complain_all(all: &[BadInput]) {
    for bad in all.iter().take(SHOWN_MAX) {
        complain(&bad.to_string());
    }
    if let Some(more) = all.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
        complain(&format!("and {more} more"));
    }
}
