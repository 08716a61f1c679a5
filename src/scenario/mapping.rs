//! A mapping file: how somebody's own table calls its columns.
//!
//! ```toml
//! kind = "trades"          # or "bars"
//! [columns]                # our name = theirs, or the number of a column where there is no header
//! time = "Zeit"
//! price = "Kurs"
//! quantity = "Menge"
//! ```
//!
//! Trades have `time`, `price`, `quantity`, and may have `side`, `is_buyer_maker`, `id`, `local`,
//! `symbol`; bars have `time`, `open`, `high`, `low`, `close`, `volume`, and may have `close_time`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bad_input::BadInput;
use crate::data::{MappedColumn, MappedKind, Mapping};

const CODE: &str = "E-MD-066";
const ALLOWED: &str = "kind = \"trades\" or \"bars\", and [columns] with our names and theirs";
const BYTES_MAX: u64 = 1 << 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingText {
    kind: MappedKind,
    columns: BTreeMap<String, ColumnText>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ColumnText {
    Named(String),
    At(usize),
}

/// Reads a small file of TOML for what it is `allowed` to say.
pub(super) fn small_toml<T: DeserializeOwned>(
    path: &Path,
    code: &'static str,
    wanted: &str,
    allowed: &str,
) -> Result<T, BadInput> {
    let name = path.display().to_string();
    let small = path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= BYTES_MAX);
    let text = small
        .then(|| std::fs::read_to_string(path).ok())
        .flatten()
        .ok_or_else(|| BadInput::new(code, &name, "no small file of text", wanted))?;
    toml::from_str(&text).map_err(|error| {
        let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
        let count = |number: usize| u64::try_from(number).expect("a place in a small file");
        let found = error.message().lines().next().unwrap_or_default().to_owned();
        BadInput::new(code, &name, found, allowed).at_line(count(line), count(column))
    })
}

/// Reads a mapping file.
pub fn mapping(path: &Path) -> Result<Mapping, BadInput> {
    let read: MappingText = small_toml(path, CODE, "a mapping file of at most 64 KiB", ALLOWED)?;
    let columns = read.columns.into_iter().map(|(ours, theirs)| match theirs {
        ColumnText::Named(name) => (ours, MappedColumn::Named(name)),
        ColumnText::At(number) => (ours, MappedColumn::At(number)),
    });
    Ok(Mapping { kind: read.kind, columns: columns.collect() })
}
