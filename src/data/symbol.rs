//! The symbol column of a table that may hold several instruments.
//!
//! With a choice, rows of other symbols are passed over. Without one, the table must hold one
//! symbol; the names of the first others are kept to be told.

use std::collections::BTreeSet;

use super::builder::ImportOptions;
use super::fault::INSTRUMENTS;
use crate::bad_input::{BadInput, quoted};

/// How many symbols are kept to be told.
const NAMED_MAX: usize = 50;

/// The symbols seen so far.
#[derive(Debug)]
pub(crate) struct SymbolColumn {
    chosen: Option<String>,
    first: Option<String>,
    seen: BTreeSet<String>,
}

impl SymbolColumn {
    pub(crate) fn new(options: &ImportOptions) -> Self {
        Self { chosen: options.symbol.clone(), first: None, seen: BTreeSet::new() }
    }

    /// Whether a row with this cell is wanted; a table without the column holds what was asked for.
    pub(crate) fn wants(&mut self, cell: Option<(&str, &str)>) -> bool {
        let Some((symbol, _)) = cell else { return true };
        if let Some(chosen) = &self.chosen {
            return chosen == symbol;
        }
        if self.first.as_deref() != Some(symbol) {
            if self.seen.len() < NAMED_MAX {
                self.seen.insert(symbol.to_owned());
            }
            return self.first.get_or_insert_with(|| symbol.to_owned()) == symbol;
        }
        true
    }

    /// The only symbol, or none if the table says none.
    pub(crate) fn only(self, file: &str) -> Result<String, BadInput> {
        if self.seen.len() <= 1 || self.chosen.is_some() {
            return Ok(self.chosen.or(self.first).unwrap_or_default());
        }
        let names: Vec<String> = self.seen.iter().map(|name| quoted(name)).collect();
        let found = format!("{} instruments and no choice", self.seen.len());
        let bad = BadInput::new(INSTRUMENTS, file, found, names.join(", ")).field("symbol");
        Err(bad.hint("choose one with --symbol SYMBOL"))
    }
}
