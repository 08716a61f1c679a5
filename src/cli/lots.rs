//! The lots of a journal for people and for programs.

use serde_json::{Value, json};

use super::engine::Failure;
use super::text;
use seatrial::bad_input::BadInput;
use seatrial::journal::{Exact, Header, JournalFile, TooLarge};
use seatrial::market::DeskId;
use seatrial::metrics::lots::{Fraction, InstrumentLots, LotReport, Method};

/// The lots of one desk in one instrument, in words.
struct Table {
    symbol: String,
    quote: String,
    desk: Option<u16>,
    fractions: Vec<Row>,
    open: Vec<Row>,
    gain: String,
    /// What the open lots would gain at the price last traded at.
    unrealised: String,
    /// The price last traded at.
    last: String,
    funding: String,
}

/// A matched fraction, or an open lot of which one leg is missing.
struct Row {
    acquired: Option<String>,
    disposed: Option<String>,
    qty: String,
    cost: Option<String>,
    proceeds: Option<String>,
    fees: String,
    gain: Option<String>,
}

/// What there is to tell of a journal's lots.
pub struct Told {
    method: Method,
    tables: Vec<Table>,
    unvalued: Vec<String>,
}

impl Told {
    /// The lots of a journal by a method.
    pub fn of(file: &str, journal: &JournalFile, method: Method) -> Result<Self, Failure> {
        let told = || -> Result<Self, TooLarge> {
            let report = LotReport::of(&journal.header, &journal.records, method)?;
            let table = |lots: &InstrumentLots| Table::of(&journal.header, &report, lots);
            let tables = report.lots.iter().map(table).collect::<Result<_, _>>()?;
            Ok(Self { method, tables, unvalued: report.unvalued.iter().cloned().collect() })
        };
        told().map_err(|TooLarge| {
            let (found, allowed) =
                ("a trade too large to be shared among lots", "values and fees of at most 38 digits");
            Failure::BadInput(vec![BadInput::new("E-JR-015", file, found, allowed)])
        })
    }

    /// For people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for table in &self.tables {
            let desk = table.desk.map_or_else(|| "other hands".to_owned(), |desk| format!("desk {desk}"));
            let Table { symbol, quote, gain, unrealised, last, funding, .. } = table;
            lines.push(format!(
                "lots by {}, {}, {desk}: gain {gain} {quote}, open lots {unrealised} at {last}; \
                 fees of both legs are in, funding of {funding} is not",
                self.method,
                text::shown(symbol),
            ));
            lines.push(Row::line(["acquired", "disposed", "quantity", "cost", "proceeds", "fees", "gain"]));
            lines.extend(table.fractions.iter().chain(&table.open).map(Row::told));
        }
        if self.tables.is_empty() {
            lines.push(format!("lots by {}: nothing was traded", self.method));
        }
        lines.extend(self.unvalued.iter().map(|asset| format!("no rate, so not in: fees in {}", text::shown(asset))));
        lines
    }

    /// For programs.
    pub fn document(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "acquired": row.acquired, "disposed": row.disposed, "qty": row.qty, "cost": row.cost,
                "proceeds": row.proceeds, "fees": row.fees, "gain": row.gain,
            })
        };
        let table = |table: &Table| {
            json!({
                "symbol": table.symbol, "desk": table.desk, "quote": table.quote, "gain": table.gain,
                "unrealised": table.unrealised, "last_price": table.last, "funding": table.funding,
                "fractions": table.fractions.iter().map(row).collect::<Vec<_>>(),
                "open": table.open.iter().map(row).collect::<Vec<_>>(),
            })
        };
        let tables: Vec<Value> = self.tables.iter().map(table).collect();
        json!({ "method": self.method.name(), "instruments": tables, "unvalued": self.unvalued })
    }
}

impl Table {
    fn of(header: &Header, report: &LotReport, lots: &InstrumentLots) -> Result<Self, TooLarge> {
        let card = header.card(lots.instrument);
        let last = lots.trades.last().zip(card).map(|(trade, card)| card.price(trade.price)).transpose()?;
        let last = last.unwrap_or_default();
        let funding = report.funding.get(&lots.instrument).copied().unwrap_or_default();
        Ok(Self {
            symbol: header.symbol(lots.instrument),
            quote: card.map_or_else(String::new, |card| header.asset(card.settles_in().0)),
            desk: Some(lots.desk).filter(|desk| *desk != DeskId::EXTERNAL).map(|desk| desk.0),
            fractions: lots.matched.fractions.iter().map(|part| Row::of(lots, part)).collect::<Result<_, _>>()?,
            open: Row::open(lots)?,
            gain: lots.matched.gains()?.to_string(),
            unrealised: card.map_or(Ok(Exact::ZERO), |card| lots.unrealised(card, last))?.to_string(),
            last: last.to_string(),
            funding: funding.to_string(),
        })
    }
}

impl Row {
    fn of(lots: &InstrumentLots, part: &Fraction) -> Result<Self, TooLarge> {
        let at = |trade: usize| Some(lots.trades[trade].at.to_string());
        let text = |amount: Exact| Some(amount.to_string());
        Ok(Self {
            acquired: at(part.acquired),
            disposed: at(part.disposed),
            qty: lots.base(part.qty)?.to_string(),
            cost: text(part.cost),
            proceeds: text(part.proceeds),
            fees: part.fees()?.to_string(),
            gain: text(part.gain()?),
        })
    }

    fn open(lots: &InstrumentLots) -> Result<Vec<Self>, TooLarge> {
        let one = |lot: &seatrial::metrics::lots::Lot| {
            let (at, value) = (lots.trades[lot.trade].at.to_string(), lot.value.to_string());
            let leg = (Some(at), Some(value));
            let (bought, sold) = if lot.qty > 0 { (leg, (None, None)) } else { ((None, None), leg) };
            let qty = lots.base(lot.qty.abs())?.to_string();
            Ok(Self {
                acquired: bought.0,
                disposed: sold.0,
                qty,
                cost: bought.1,
                proceeds: sold.1,
                fees: lot.fee.to_string(),
                gain: None,
            })
        };
        lots.matched.open.iter().map(one).collect()
    }

    fn told(&self) -> String {
        let or_open = |text: &Option<String>| text.clone().unwrap_or_else(|| "open".to_owned());
        let [acquired, disposed] = [or_open(&self.acquired), or_open(&self.disposed)];
        let [cost, proceeds, gain] = [or_open(&self.cost), or_open(&self.proceeds), or_open(&self.gain)];
        Self::line([&acquired, &disposed, &self.qty, &cost, &proceeds, &self.fees, &gain])
    }

    fn line([acquired, disposed, qty, cost, proceeds, fees, gain]: [&str; 7]) -> String {
        format!("  {acquired:<30} {disposed:<30} {qty:>16} {cost:>18} {proceeds:>18} {fees:>14} {gain:>18}")
    }
}
