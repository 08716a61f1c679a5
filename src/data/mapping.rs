//! How the columns of somebody's own table are called: what a reader needs to take it for trades
//! or bars.
//!
//! Columns that are not mapped are passed over. Nothing else about the table may be unusual: cells
//! are separated by commas, times and numbers are written as everywhere.

use super::fault::MAPPING;
use super::source::Line;
use super::table::{Column, cells};
use crate::bad_input::{BadInput, quoted};

/// What the rows of a mapped table are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappedKind {
    /// Trades.
    Trades,
    /// Bars.
    Bars,
}

/// Where a column stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MappedColumn {
    /// Under this name in the header.
    Named(String),
    /// At this place of a table without header, from 1.
    At(usize),
}

/// How the columns of a table are called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// What its rows are.
    pub kind: MappedKind,
    /// Our names of columns and theirs.
    pub columns: Vec<(String, MappedColumn)>,
}

impl Mapping {
    /// Whether the table has a header; refused if only some columns are named.
    pub(crate) fn has_header(&self, file: &str) -> Result<bool, BadInput> {
        let named = self.columns.iter().filter(|(_, column)| matches!(column, MappedColumn::Named(_))).count();
        if named != 0 && named != self.columns.len() {
            let allowed = "all columns by name, or all by number";
            return Err(BadInput::new(MAPPING, file, "columns by name and by number", allowed).field("columns"));
        }
        Ok(named > 0)
    }

    /// The places of known columns in a row like this line, and what they are called.
    pub(crate) fn places(
        &self,
        line: Line<'_>,
        columns: &[Column],
    ) -> Result<(Vec<Option<usize>>, Vec<String>), BadInput> {
        let row = cells(line)?;
        let header = self.has_header(line.file)?;
        let names: Vec<String> = if header {
            row.iter().map(|cell| cell.trim().to_owned()).collect()
        } else {
            (1..=row.len()).map(|at| format!("column {at}")).collect()
        };
        let mut places = vec![None; columns.len()];
        for (ours, theirs) in &self.columns {
            let known = columns.iter().position(|column| column.name == ours && ours != "ignored");
            let known = known.ok_or_else(|| {
                let known: Vec<&str> =
                    columns.iter().map(|column| column.name).filter(|name| *name != "ignored").collect();
                BadInput::new(MAPPING, line.file, quoted(ours), known.join(", ")).field("columns")
            })?;
            let place = match theirs {
                MappedColumn::Named(name) => names.iter().position(|other| other == name),
                MappedColumn::At(number) => number.checked_sub(1).filter(|at| *at < row.len()),
            };
            let missing = || {
                let found = match theirs {
                    MappedColumn::Named(name) => quoted(name),
                    MappedColumn::At(number) => number.to_string(),
                };
                let allowed = format!("a column of {}", names.join(", "));
                line.complain(MAPPING, line.text, found, &allowed).field(ours.as_str())
            };
            places[known] = Some(place.ok_or_else(missing)?);
        }
        let lacking = columns.iter().zip(&places).find(|(column, place)| column.needed && place.is_none());
        if let Some((column, _)) = lacking {
            let bad = BadInput::new(MAPPING, line.file, "no such column", "a column for everything that is needed");
            return Err(bad.field(column.name));
        }
        Ok((places, names))
    }
}
