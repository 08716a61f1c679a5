//! What a tape file says of itself: the key-value metadata under `seatrial.`.

use crate::bad_input::{BadInput, quoted};
use crate::data::fault::{PARQUET_KEY, PARQUET_VERSION};
use crate::data::number::Number;
use crate::data::tape::{Provenance, Records, Tape};
use crate::market::Span;

const ROWS: &str = "seatrial-tape-rows-1";
const BARS: &str = "seatrial-tape-bars-1";
const KINDS: &str = "0 bid level, 1 ask level, 2 trade taker bought, 3 trade taker sold, 4 trade taker unknown";

/// What a tape file says of itself.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) bars: bool,
    pub(super) symbol: String,
    pub(super) decimals: (u32, u32),
    pub(super) cadence: Span,
    pub(super) hash: String,
    pub(super) provenance: Provenance,
}

/// The metadata of a tape.
pub(super) fn of(tape: &Tape) -> Vec<(String, String)> {
    let Provenance { source, source_sha256, importer, importer_version, shift_ns, rows, skipped } = &tape.provenance;
    let schema = match tape.records {
        Records::Rows(_) => ROWS,
        Records::Bars(_) => BARS,
    };
    let pairs = [
        ("schema", schema.to_owned()),
        ("symbol", tape.symbol.clone()),
        ("price_unit", tape.price_unit.to_string()),
        ("qty_unit", tape.qty_unit.to_string()),
        ("cadence_ns", tape.cadence.0.to_string()),
        ("kinds", KINDS.to_owned()),
        ("hash", tape.hash.to_string()),
        ("source", source.clone()),
        ("source_sha256", source_sha256.clone()),
        ("importer", importer.clone()),
        ("importer_version", importer_version.to_string()),
        ("shift_ns", shift_ns.to_string()),
        ("rows", rows.to_string()),
        ("skipped", skipped.to_string()),
    ];
    pairs.into_iter().map(|(key, value)| (format!("seatrial.{key}"), value)).collect()
}

impl Keys {
    /// Reads the metadata of a file.
    pub(super) fn read<'a>(file: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, BadInput> {
        let pairs: Vec<(&str, &str)> = pairs.collect();
        let found = Found { file, pairs: &pairs };
        let schema = found.text("schema")?;
        let bars = match schema {
            ROWS => false,
            BARS => true,
            _ => return Err(found.complain(PARQUET_VERSION, "schema", schema, &format!("{ROWS} or {BARS}"))),
        };
        let cadence = Span(found.whole("cadence_ns")?);
        if bars != (cadence.0 > 0) {
            return Err(found.complain(PARQUET_KEY, "cadence_ns", &cadence.0.to_string(), "above zero for bars alone"));
        }
        Ok(Self {
            bars,
            symbol: found.text("symbol")?.to_owned(),
            decimals: (found.unit("price_unit")?, found.unit("qty_unit")?),
            cadence,
            hash: found.text("hash")?.to_owned(),
            provenance: Provenance {
                source: found.text("source")?.to_owned(),
                source_sha256: found.text("source_sha256")?.to_owned(),
                importer: found.text("importer")?.to_owned(),
                importer_version: found.whole("importer_version")?,
                shift_ns: found.whole("shift_ns")?,
                rows: found.whole("rows")?,
                skipped: found.whole("skipped")?,
            },
        })
    }
}

struct Found<'a> {
    file: &'a str,
    pairs: &'a [(&'a str, &'a str)],
}

impl<'a> Found<'a> {
    fn text(&self, key: &str) -> Result<&'a str, BadInput> {
        let named = |pair: &&(&str, &str)| pair.0.strip_prefix("seatrial.") == Some(key);
        let missing = || {
            let allowed = "a tape that `seatrial data` wrote";
            BadInput::new(PARQUET_KEY, self.file, "no such metadata", allowed).field(format!("seatrial.{key}"))
        };
        self.pairs.iter().find(named).map(|pair| pair.1).ok_or_else(missing)
    }

    fn whole<N: std::str::FromStr>(&self, key: &str) -> Result<N, BadInput> {
        let text = self.text(key)?;
        text.parse().map_err(|_| self.complain(PARQUET_KEY, key, text, "a whole number"))
    }

    /// The decimals of a unit that is a power of ten at or below one.
    fn unit(&self, key: &str) -> Result<u32, BadInput> {
        let text = self.text(key)?;
        match Number::parse(text) {
            Ok(Number { mantissa: 1, decimals }) => Ok(decimals),
            _ => Err(self.complain(PARQUET_KEY, key, text, "1, 0.1, 0.01 and so on")),
        }
    }

    fn complain(&self, code: &'static str, key: &str, found: &str, allowed: &str) -> BadInput {
        BadInput::new(code, self.file, quoted(found), allowed).field(format!("seatrial.{key}"))
    }
}
