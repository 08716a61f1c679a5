//! Reads the other engine's sheets, and what follows from a transaction alone: values, fees, running sums.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use rust_decimal::Decimal;
use seatrial::journal::Exact;
use seatrial::market::{Price, Timestamp};
use seatrial::metrics::lots::{Matched, SHARE_DECIMALS, Trade};

/// The cells of a row, as text.
pub type Row = Vec<String>;

/// Acquisitions that count as income at what they are worth when they come in.
const INCOME: [&str; 7] = ["AIRDROP", "HARDFORK", "INCOME", "INTEREST", "MINING", "STAKING", "WAGES"];

/// What a transaction is, in the order in which those of one instant count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Buy,
    Income,
    Out,
    Intra,
}

/// A transaction.
pub struct Flow {
    pub at: i64,
    pub kind: Kind,
    /// Its type, as the reports write it.
    pub name: String,
    /// What came in, or left for good: the fee in the asset itself included.
    pub qty: i128,
    /// The fee in the asset itself.
    pub fee: i128,
    /// What was sent and received, where it was moved between own wallets.
    pub moved: [i128; 2],
    pub spot: Decimal,
    /// Without fee.
    pub value: Exact,
    /// With fee, of what came in.
    pub cost: Exact,
}

/// The transactions of one asset by time, quantities in whole units of `10^-scale`.
pub struct Sheet {
    pub rows: Vec<Flow>,
    scale: u32,
    price_scale: u32,
}

/// An input and the reports made of it.
pub struct Case {
    pub name: String,
    pub input: BTreeMap<String, Sheet>,
}

/// Every input of the folder; none where there is no folder.
pub fn cases() -> Vec<Case> {
    let Ok(folder) = std::fs::read_dir(folder()) else { return Vec::new() };
    let names = folder.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix("_input.json.gz")?.to_owned())).collect();
    names.sort();
    let read_all = |name: String| {
        let sheets = read(&format!("{name}_input")).expect("the file was listed");
        Case { input: sheets.iter().map(|(asset, rows)| (asset.clone(), Sheet::read(rows))).collect(), name }
    };
    names.into_iter().map(read_all).collect()
}

impl Case {
    /// The report by a method, if there is one.
    pub fn expected(&self, method: &str) -> Option<BTreeMap<String, Vec<Row>>> {
        read(&format!("{}_{method}_expected", self.name))
    }
}

impl Sheet {
    fn read(rows: &[Row]) -> Self {
        let tables: Vec<Table<'_>> = ["IN", "OUT", "INTRA"].iter().map(|name| Table::find(rows, name)).collect();
        let finest = |columns: &[&str]| {
            let cells = tables.iter().flat_map(|table| columns.iter().flat_map(|column| table.column(column)));
            cells.map(|cell| decimal(cell).scale()).max().unwrap_or(0)
        };
        let scale = finest(&["Crypto In", "Crypto Out", "Crypto Fee", "Crypto Sent", "Crypto Received"]);
        let mut sheet = Self { rows: Vec::new(), scale, price_scale: finest(&["Spot Price"]) };
        for (table, read) in tables.iter().zip([Self::incoming, Self::outgoing, Self::moved]) {
            for row in table.rows {
                let flow = read(&sheet, &|column| table.cell(row, column));
                sheet.rows.push(flow);
            }
        }
        sheet.rows.sort_by_key(|row| (row.at, row.kind > Kind::Income, row.kind == Kind::Intra));
        sheet
    }

    fn incoming<'a>(&self, cell: &dyn Fn(&str) -> Option<&'a str>) -> Flow {
        let name = required(cell, "Transaction Type").to_uppercase();
        let kind = if INCOME.contains(&name.as_str()) { Kind::Income } else { Kind::Buy };
        let (qty, spot) = (self.qty(cell("Crypto In")), spot(cell));
        let value = cell("In (No Fee)").map_or_else(|| self.worth(qty, spot), number);
        let fee = cell("USD Fee").map_or(Exact::ZERO, number);
        let cost = cell("In (With Fee)").map_or_else(|| value.plus(fee).expect("fits"), number);
        Flow { at: at(cell), kind, name, qty, fee: 0, moved: [0, 0], spot, value, cost }
    }

    fn outgoing<'a>(&self, cell: &dyn Fn(&str) -> Option<&'a str>) -> Flow {
        let (out, fee, spot) = (self.qty(cell("Crypto Out")), self.qty(cell("Crypto Fee")), spot(cell));
        let name = required(cell, "Transaction Type").to_uppercase();
        // A fee alone is sold at what it is worth; one besides a sale brings nothing.
        let sold = if name == "FEE" { out + fee } else { out };
        let value = cell("USD Out").map_or_else(|| self.worth(sold, spot), number);
        Flow { at: at(cell), kind: Kind::Out, name, qty: out + fee, fee, moved: [0, 0], spot, value, cost: value }
    }

    fn moved<'a>(&self, cell: &dyn Fn(&str) -> Option<&'a str>) -> Flow {
        let (sent, received) = (self.qty(cell("Crypto Sent")), self.qty(cell("Crypto Received")));
        let (fee, spot, name) = (sent - received, spot(cell), "MOVE".to_owned());
        let (kind, value, moved) = (Kind::Intra, self.worth(fee, spot), [sent, received]);
        Flow { at: at(cell), kind, name, qty: fee, fee, moved, spot, value, cost: value }
    }

    /// The transactions as trades, place by place. What was only moved changes nothing.
    pub fn trades(&self) -> Vec<Trade> {
        let trade = |row: &Flow| Trade {
            at: Timestamp(row.at),
            qty: if row.kind > Kind::Income { -row.qty } else { row.qty },
            price: Price(i64::try_from(whole(row.spot, self.price_scale)).expect("a price")),
            value: row.value,
            fee: row.cost.minus(row.value).expect("fits"),
        };
        self.rows.iter().map(trade).collect()
    }

    /// What came in.
    pub fn acquired(&self) -> impl Iterator<Item = &Flow> {
        self.rows.iter().filter(|row| row.kind <= Kind::Income)
    }

    /// A quantity as a decimal.
    pub fn base(&self, qty: i128) -> Exact {
        Exact::new(qty, self.scale)
    }

    fn qty(&self, cell: Option<&str>) -> i128 {
        cell.map_or(0, |cell| whole(decimal(cell), self.scale))
    }

    fn worth(&self, qty: i128, spot: Decimal) -> Exact {
        self.base(qty).times(spot.into()).expect("fits")
    }
}

/// Holds what the report derives of each transaction against ours.
pub fn check_flows(what: &str, sheet: &Sheet, matched: &Matched, report: &[Row]) {
    let (mut came, mut went, mut fees, mut moving) = (0, 0, 0, 0);
    let of = |kinds: &[Kind]| -> Vec<usize> {
        (0..sheet.rows.len()).filter(|place| kinds.contains(&sheet.rows[*place].kind)).collect()
    };
    let mut pairs = Vec::new();
    let tables = [
        ("In-Flow Detail", of(&[Kind::Buy, Kind::Income])),
        ("Out-Flow Detail", of(&[Kind::Out])),
        ("Intra-Flow Detail", of(&[Kind::Intra])),
    ];
    for (name, ours) in &tables {
        let theirs = under(report, name, 3);
        assert_eq!(theirs.len(), ours.len(), "{what}: rows of {name}");
        pairs.extend(ours.iter().copied().zip(theirs));
    }
    for (place, theirs) in pairs {
        let row = &sheet.rows[place];
        let what = format!("{what}, {:?} of {}", row.kind, theirs[1]);
        assert_eq!(nanos(&theirs[1]), row.at, "{what}");
        let (base, worth) = (|qty: i128| sheet.base(qty), |qty: i128| sheet.worth(qty, row.spot));
        let (columns, taxable): (Vec<(usize, Exact)>, bool) = match row.kind {
            Kind::Buy | Kind::Income => {
                came += row.qty;
                let parts = matched.fractions.iter().filter(|part| part.acquired == place);
                let used: i128 = parts.map(|part| part.qty).sum();
                let sent = base(used).divided(base(row.qty), SHARE_DECIMALS).expect("fits");
                let fee = row.cost.minus(row.value).expect("fits");
                let amounts = [sent, base(row.qty), base(came), fee, row.value, row.cost];
                ([0, 7, 8, 9, 10, 11].into_iter().zip(amounts).collect(), row.kind == Kind::Income)
            }
            Kind::Out => {
                let out = row.qty - row.fee;
                (went, fees) = (went + out, fees + row.fee);
                let value = if out == 0 { Exact::ZERO } else { row.value };
                let amounts = [base(out), base(row.fee), base(went), base(fees), value, worth(row.fee)];
                ([7, 8, 9, 10, 11, 12].into_iter().zip(amounts).collect(), true)
            }
            Kind::Intra => {
                moving += row.fee;
                let [sent, received] = row.moved.map(base);
                let amounts = [sent, received, base(row.fee), base(moving), worth(row.fee)];
                ([8, 9, 10, 11, 12].into_iter().zip(amounts).collect(), row.fee != 0)
            }
        };
        let (spot, told) = match row.kind {
            Kind::Buy | Kind::Income => (6, 12),
            Kind::Out => (6, 13),
            Kind::Intra => (7, 13),
        };
        close(&format!("{what}: spot price"), row.spot.into(), &theirs[spot]);
        assert_eq!(theirs[told], if taxable { "YES" } else { "NO" }, "{what}: taxable");
        for (column, ours) in columns {
            close(&format!("{what}: column {column}"), ours, &theirs[column]);
        }
    }
}

/// The rows of a table of a report: after its title and what stands between, up to an empty one.
pub fn under<'a>(rows: &'a [Row], title: &str, after: usize) -> &'a [Row] {
    let start = rows.iter().position(|row| row.first().is_some_and(|cell| cell == title));
    let start = start.unwrap_or_else(|| panic!("the report has no table {title}")) + after;
    let rows = rows.get(start..).unwrap_or_default();
    let end = rows.iter().position(Vec::is_empty).unwrap_or(rows.len());
    &rows[..end]
}

pub fn close(what: &str, ours: Exact, theirs: &str) {
    assert!(alike(ours, number(theirs)), "{what} is {ours}, not {theirs}");
}

/// Equal but for what a binary float of sixteen digits loses.
pub fn alike(ours: Exact, theirs: Exact) -> bool {
    let off = ours.minus(theirs).and_then(Exact::abs).expect("fits");
    let allowed = theirs.abs().and_then(|all| all.times(Exact::new(23, 17))?.plus(Exact::unit(15))).expect("fits");
    off.compare(allowed).expect("fits").is_le()
}

/// A cell as a number; an empty one is nothing.
pub fn number(cell: &str) -> Exact {
    if cell.is_empty() { Exact::ZERO } else { decimal(cell).into() }
}

/// The year of an instant, UTC.
pub fn year(nanos: i64) -> String {
    Timestamp(nanos).to_string()[..4].to_owned()
}

/// One of the tables of an input sheet.
struct Table<'a> {
    header: &'a [String],
    rows: &'a [Row],
}

impl<'a> Table<'a> {
    fn find(rows: &'a [Row], name: &str) -> Self {
        let Some(start) = rows.iter().position(|row| row.len() == 1 && row[0] == name) else {
            return Self { header: &[], rows: &[] };
        };
        let rows = &rows[start + 1..];
        let end = rows.iter().position(|row| row.first().is_some_and(|cell| cell == "TABLE END"));
        let (header, rows) = rows[..end.expect("a table has an end")].split_first().expect("a table has a header");
        Self { header, rows }
    }

    /// A cell by the beginning or end of its column's name; none if it is empty or there is no such column.
    fn cell(&self, row: &'a Row, column: &str) -> Option<&'a str> {
        let place = self.header.iter().position(|name| name.starts_with(column) || name.ends_with(column))?;
        row.get(place).map(String::as_str).filter(|cell| !cell.is_empty())
    }

    fn column(&self, column: &str) -> Vec<&'a str> {
        self.rows.iter().filter_map(|row| self.cell(row, column)).collect()
    }
}

fn required<'a>(cell: &dyn Fn(&str) -> Option<&'a str>, column: &str) -> &'a str {
    cell(column).unwrap_or_else(|| panic!("a transaction without {column}"))
}

fn at<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> i64 {
    nanos(required(cell, "Timestamp"))
}

fn spot<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> Decimal {
    cell("Spot Price").map_or(Decimal::ZERO, decimal)
}

fn nanos(text: &str) -> i64 {
    let joined = text.replace(" +", "+").replace(" -", "-");
    let time: jiff::Timestamp = joined.parse().unwrap_or_else(|error| panic!("`{text}` is not a time: {error}"));
    i64::try_from(time.as_nanosecond()).expect("a time of our days")
}

fn decimal(text: &str) -> Decimal {
    let number = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    number.unwrap_or_else(|error| panic!("`{text}` is not a decimal: {error}")).normalize()
}

/// A decimal in whole units of `10^-scale`, which is fine enough for it.
fn whole(number: Decimal, scale: u32) -> i128 {
    number.mantissa() * 10_i128.pow(scale - number.scale())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/lot-accounting-rp2")
}

fn read(name: &str) -> Option<BTreeMap<String, Vec<Row>>> {
    let file = File::open(folder().join(format!("{name}.json.gz"))).ok()?;
    Some(serde_json::from_reader(GzDecoder::new(file)).unwrap_or_else(|error| panic!("{name}: {error}")))
}
