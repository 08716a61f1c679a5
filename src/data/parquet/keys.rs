//! What a tape file says of itself: the key-value metadata under `seatrial.`.

use rust_decimal::Decimal;

use crate::bad_input::{BadInput, quoted};
use crate::data::fault::{PARQUET_KEY, PARQUET_VERSION};
use crate::data::number::Number;
use crate::data::recording::{Keeping, Recording};
use crate::data::tape::{Provenance, Records, Tape, TapeHash};
use crate::market::Span;

const ROWS: &str = "seatrial-tape-rows-1";
const BARS: &str = "seatrial-tape-bars-1";
const ORDERS: &str = "seatrial-tape-orders-1";
const KINDS: &str = "0 bid level, 1 ask level, 2 trade taker bought, 3 trade taker sold, 4 trade taker unknown";
const ORDER_KINDS: &str = "0 add, 1 modify, 2 cancel, 3 execute, 4 print, 5 clear, 6 to 10 session";

/// What the records of a tape file are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Rows,
    Orders,
    Bars,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Rows, Self::Orders, Self::Bars];

    const fn schema(self) -> &'static str {
        match self {
            Self::Rows => ROWS,
            Self::Orders => ORDERS,
            Self::Bars => BARS,
        }
    }

    const fn kinds(self) -> &'static str {
        match self {
            Self::Rows | Self::Bars => KINDS,
            Self::Orders => ORDER_KINDS,
        }
    }
}

/// What a tape file says of itself.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) kind: Kind,
    pub(super) symbol: String,
    /// The units of price and quantity as they are written.
    units: (String, String),
    /// Their decimals, of a file that was read.
    pub(super) decimals: (u32, u32),
    pub(super) cadence: Span,
    pub(super) hash: String,
    pub(super) provenance: Provenance,
}

impl Keys {
    /// What a tape says of itself.
    pub(super) fn of_tape(tape: &Tape) -> Self {
        let kind = match tape.records {
            Records::Rows(_) | Records::Streamed(_) => Kind::Rows,
            Records::Orders(_) => Kind::Orders,
            Records::Bars(_) => Kind::Bars,
        };
        let (symbol, hash, provenance) = (tape.symbol.clone(), tape.hash.to_string(), tape.provenance.clone());
        let units = (tape.price_unit.to_string(), tape.qty_unit.to_string());
        Self { kind, symbol, units, decimals: (0, 0), cadence: tape.cadence, hash, provenance }
    }

    /// What a recording says of itself, once it was hashed.
    pub(super) fn of_recording(recording: &Recording, hash: TapeHash) -> Self {
        let kind = match recording.keeping() {
            Keeping::Rows(_) => Kind::Rows,
            Keeping::Orders(_) => Kind::Orders,
            Keeping::Bars(_) => Kind::Bars,
        };
        let unit = |decimals| Decimal::new(1, decimals).to_string();
        let (decimals, cadence) = (recording.decimals, recording.cadence);
        let (symbol, provenance) = (recording.symbol.clone(), recording.provenance.clone());
        let units = (unit(decimals.0), unit(decimals.1));
        Self { kind, symbol, units, decimals, cadence, hash: hash.to_string(), provenance }
    }

    /// The metadata.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let Provenance { source, source_sha256, importer, importer_version, shift_ns, rows, skipped } =
            &self.provenance;
        let pairs = [
            ("schema", self.kind.schema().to_owned()),
            ("symbol", self.symbol.clone()),
            ("price_unit", self.units.0.clone()),
            ("qty_unit", self.units.1.clone()),
            ("cadence_ns", self.cadence.0.to_string()),
            ("kinds", self.kind.kinds().to_owned()),
            ("hash", self.hash.clone()),
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
}

impl Keys {
    /// Reads the metadata of a file.
    pub(super) fn read<'a>(file: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, BadInput> {
        let pairs: Vec<(&str, &str)> = pairs.collect();
        let found = Found { file, pairs: &pairs };
        let schema = found.text("schema")?;
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.schema() == schema) else {
            return Err(found.complain(PARQUET_VERSION, "schema", schema, &format!("{ROWS}, {ORDERS} or {BARS}")));
        };
        let cadence = Span(found.whole("cadence_ns")?);
        if (kind == Kind::Bars) != (cadence.0 > 0) {
            return Err(found.complain(PARQUET_KEY, "cadence_ns", &cadence.0.to_string(), "above zero for bars alone"));
        }
        Ok(Self {
            kind,
            units: (found.text("price_unit")?.to_owned(), found.text("qty_unit")?.to_owned()),
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
