//! A comma-separated table whose columns are known by name.
//!
//! Names are matched in lower case against the names a reader lists; unknown, double and missing
//! columns are refused, and so are rows of another width, blank lines, comments and a header that
//! comes again. A cell may stand in double quotes; nothing is escaped inside them.

use super::fault::{COLUMN_MISSING, COLUMN_TWICE, COLUMN_UNKNOWN, Complaints, EMPTY, QUOTE, RAGGED, STRAY_LINE};
use super::mapping::Mapping;
use super::source::{Line, Lines};
use crate::bad_input::{BadInput, quoted};

/// The most columns a table may have.
const COLUMNS_MAX: usize = 256;

/// A column a reader knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// What it means; complaints call it so, unless the file has a header.
    pub(crate) name: &'static str,
    /// The names it goes by in headers; one ending in `_` allows any ending (`price_usd`).
    pub(crate) known_as: &'static [&'static str],
    /// Whether a table must have it.
    pub(crate) needed: bool,
}

impl Column {
    fn is_called(&self, name: &str) -> bool {
        self.known_as.iter().any(|known| if known.ends_with('_') { name.starts_with(known) } else { name == *known })
    }
}

/// Where each known column stands in the rows of a file, and what it is called there.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// By known column: its place in a row.
    places: Vec<Option<usize>>,
    /// By place in a row: its name.
    names: Vec<String>,
    /// The header line as it stood; empty if there was none.
    text: String,
}

impl Header {
    /// Reads a header line.
    pub(crate) fn read(line: Line<'_>, columns: &[Column]) -> Result<Self, BadInput> {
        let mut places = vec![None; columns.len()];
        let mut names = Vec::new();
        for cell in cells(line)? {
            let name = cell.trim().to_ascii_lowercase();
            let Some(known) = columns.iter().position(|column| column.is_called(&name)) else {
                return Err(unknown_column(line, cell, &name, columns));
            };
            if places[known].replace(names.len()).is_some() && columns[known].name != "ignored" {
                let allowed = format!("one column for {}", columns[known].name);
                return Err(line.complain(COLUMN_TWICE, cell, quoted(cell), &allowed).field("header"));
            }
            names.push(name);
        }
        let missing = columns.iter().zip(&places).find(|(column, place)| column.needed && place.is_none());
        if let Some((column, _)) = missing {
            let allowed = format!("a column {} ({})", column.name, column.known_as.join(", "));
            return Err(line.complain(COLUMN_MISSING, line.text, quoted(line.text), &allowed).field("header"));
        }
        Ok(Self { places, names, text: line.text.to_owned() })
    }

    /// The columns of a file without header: known columns in the order of the row.
    pub(crate) fn fixed(columns: &[Column], row: &[usize]) -> Self {
        let place = |known| row.iter().position(|in_row| *in_row == known);
        let places = (0..columns.len()).map(place).collect();
        let names = row.iter().map(|known| columns[*known].name.to_owned()).collect();
        Self { places, names, text: String::new() }
    }

    /// The columns of a file whose owner says how they are called.
    pub(crate) fn mapped(line: Line<'_>, columns: &[Column], mapping: &Mapping) -> Result<Self, BadInput> {
        let (places, names) = mapping.places(line, columns)?;
        let text = if mapping.has_header(line.file)? { line.text.to_owned() } else { String::new() };
        Ok(Self { places, names, text })
    }

    /// What the file calls a known column.
    pub(crate) fn name(&self, known: usize) -> &str {
        self.places[known].map_or("", |place| &self.names[place])
    }
}

fn unknown_column(line: Line<'_>, cell: &str, name: &str, columns: &[Column]) -> BadInput {
    let known = columns.iter().flat_map(|column| column.known_as).copied();
    let nearest = known.clone().min_by_key(|known| strsim::damerau_levenshtein(name, known));
    let any_ending = |known: &str| if known.ends_with('_') { format!("{known}…") } else { known.to_owned() };
    let allowed = known.filter(|name| !name.is_empty()).map(any_ending).collect::<Vec<_>>().join(", ");
    let bad = line.complain(COLUMN_UNKNOWN, cell, quoted(cell), &allowed).field("header");
    match nearest.filter(|nearest| strsim::damerau_levenshtein(name, nearest) <= 2) {
        Some(nearest) => bad.hint(format!("did you mean {nearest}?")),
        None => bad,
    }
}

/// The cells of a line.
pub(crate) fn cells(line: Line<'_>) -> Result<Vec<&str>, BadInput> {
    if line.text.bytes().filter(|byte| *byte == b',').count() >= COLUMNS_MAX {
        let found = format!("more than {COLUMNS_MAX} cells");
        return Err(line.complain(RAGGED, line.text, found, "fewer"));
    }
    line.text.split(',').map(|cell| unquoted(line, cell)).collect()
}

fn unquoted<'a>(line: Line<'_>, cell: &'a str) -> Result<&'a str, BadInput> {
    if !cell.contains('"') {
        return Ok(cell);
    }
    let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).filter(|inner| !inner.contains('"'));
    inner.ok_or_else(|| line.complain(QUOTE, cell, quoted(cell), "quotes around a whole cell, none inside"))
}

/// A row of a table: its line, and its cells by known column.
#[derive(Debug)]
pub(crate) struct TableRow<'a> {
    pub(crate) line: Line<'a>,
    header: &'a Header,
    cells: Vec<&'a str>,
}

impl<'a> TableRow<'a> {
    /// The cell of a known column and the name complaints call it by; none if the table has no
    /// such column.
    pub(crate) fn cell(&self, known: usize) -> Option<(&'a str, &'a str)> {
        let place = self.header.places[known]?;
        Some((self.cells[place], &self.header.names[place]))
    }

    /// The cell of a column the table is known to have.
    pub(crate) fn needed(&self, known: usize) -> (&'a str, &'a str) {
        self.cell(known).expect("the header was refused without this column")
    }
}

/// Calls `visit` with every row that can be cut into cells. Stops at the first complaint that
/// `complaints` does not keep.
pub(crate) fn each_row(
    lines: &mut Lines,
    header: &Header,
    complaints: &mut Complaints,
    mut visit: impl FnMut(TableRow<'_>, &mut Complaints) -> Result<(), BadInput>,
) -> Result<(), BadInput> {
    let mut rows: u64 = 0;
    while let Some(line) = lines.next_line()? {
        rows += 1;
        match split(line, header) {
            Ok(cells) => {
                if let Err(bad) = visit(TableRow { line, header, cells }, complaints) {
                    complaints.take(bad)?;
                }
            }
            Err(bad) => complaints.take(bad)?,
        }
    }
    if rows == 0 {
        return Err(BadInput::new(EMPTY, lines.name(), "a header and nothing else", "at least one record"));
    }
    Ok(())
}

fn split<'a>(line: Line<'a>, header: &Header) -> Result<Vec<&'a str>, BadInput> {
    let stray = if line.text.trim().is_empty() {
        Some("a blank line")
    } else if line.text.starts_with('#') {
        Some("a comment")
    } else if line.text == header.text {
        Some("the header again")
    } else {
        None
    };
    if let Some(found) = stray {
        return Err(line.complain(STRAY_LINE, line.text, found.to_owned(), "a row on every line"));
    }
    let cells = cells(line)?;
    if cells.len() == header.names.len() {
        return Ok(cells);
    }
    let found = format!("{} cells in {}", cells.len(), quoted(line.text));
    let surplus = cells.get(header.names.len()).copied().unwrap_or(&line.text[line.text.len()..]);
    let bad = line.complain(RAGGED, surplus, found, &format!("{} cells", header.names.len()));
    if cells.len() < header.names.len() { Err(bad) } else { Err(bad.hint("numbers take no thousands separators")) }
}
