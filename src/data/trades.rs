//! Trade ticks from text: tables with a header, and Kraken's three columns without one.
//!
//! Every trade is a message of its own. Where the file records no arrival, a trade arrives when it
//! happened: feed latency is the run's to add. A side column says who took. Trades stand in time
//! order; several may share a time. A trade of nothing is passed over. Ids, where there are any, must ascend.

use super::bars::far_apart;
use super::builder::{Cell, ImportOptions, RowBuilder, Times, Units, read_number};
use super::fault::{BACKWARDS, Complaints, EMPTY_TRADE, JUMP, SIDE, TRADE_BACKWARDS, TRADE_TWICE};
use super::recording::Recording;
use super::row::{Row, RowKind};
use super::source::Lines;
use super::symbol::SymbolColumn;
use super::table::{Column, Header, TableRow, each_row};
use super::tape::Provenance;
use super::time::{Clock, TimeUnit, shown};
use crate::bad_input::{BadInput, quoted};
use crate::market::{Side, Timestamp};

const TIME: usize = 0;
const PRICE: usize = 1;
const QTY: usize = 2;
const TAKER: usize = 3;
const BUYER_MADE: usize = 4;
const ID: usize = 5;
const IGNORED: usize = 6;
const LOCAL: usize = 7;
const SYMBOL: usize = 8;

pub(crate) const COLUMNS: [Column; 9] = [
    Column {
        name: "time",
        known_as: &["time", "time_", "timestamp", "timestamp_", "ts", "date", "datetime", "transact_time"],
        needed: true,
    },
    Column { name: "price", known_as: &["price", "price_"], needed: true },
    Column {
        name: "quantity",
        known_as: &["qty", "quantity", "amount", "amount_", "size", "volume", "volume_"],
        needed: true,
    },
    Column { name: "side", known_as: &["side", "taker_side"], needed: false },
    Column { name: "is_buyer_maker", known_as: &["is_buyer_maker", "buyer_maker"], needed: false },
    Column { name: "id", known_as: &["id", "trade_id", "agg_trade_id"], needed: false },
    Column {
        name: "ignored",
        known_as: &["quote_qty", "quote_quantity", "is_best_match", "first_trade_id", "last_trade_id", "exchange"],
        needed: false,
    },
    Column { name: "local", known_as: &["local_timestamp"], needed: false },
    Column { name: "symbol", known_as: &["symbol"], needed: false },
];

/// Binance's aggregated trades without header: id, price, quantity, first and last trade, time, who made.
pub(crate) const BINANCE_AGGREGATED: [usize; 8] = [ID, PRICE, QTY, IGNORED, IGNORED, TIME, BUYER_MADE, IGNORED];
/// Binance's trades without header: id, price, quantity, quote quantity, time, who made.
pub(crate) const BINANCE: [usize; 7] = [ID, PRICE, QTY, IGNORED, TIME, BUYER_MADE, IGNORED];
/// Kraken's trades without header: time, price, volume.
pub(crate) const KRAKEN: [usize; 3] = [TIME, PRICE, QTY];

struct Reading {
    builder: RowBuilder,
    clock: Clock,
    local: Clock,
    symbol: SymbolColumn,
    last: Option<(Timestamp, super::number::Number)>,
    last_id: Option<u64>,
    skipped: u64,
}

/// Reads the rows of a table of trades.
pub(crate) fn read(
    lines: &mut Lines,
    header: &Header,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<Recording, BadInput> {
    let mut reading = Reading {
        builder: RowBuilder::new(Units::new(options, lines.name(), Row::QTY_MAX)?, options),
        clock: Clock::new(TimeUnit::promised_by(header.name(TIME))),
        local: Clock::new(TimeUnit::promised_by(header.name(LOCAL))),
        symbol: SymbolColumn::new(options),
        last: None,
        last_id: None,
        skipped: 0,
    };
    each_row(lines, header, complaints, |row, complaints| reading.take(&row, complaints))?;
    let provenance = Provenance { skipped: reading.skipped, ..provenance };
    reading.builder.finish(reading.symbol.only(lines.name())?, options, provenance)
}

impl Reading {
    fn take(&mut self, row: &TableRow<'_>, complaints: &mut Complaints) -> Result<(), BadInput> {
        let line = row.line;
        if !self.symbol.wants(row.cell(SYMBOL)) {
            self.skipped += 1;
            return Ok(());
        }
        let (time_text, time_field) = row.needed(TIME);
        let exchange = self.clock.read(line, time_text, time_field)?;
        if let Some((last, _)) = self.last.filter(|(last, _)| *last > exchange) {
            let allowed = format!("a time not before {}", shown(last));
            return Err(line.complain(BACKWARDS, time_text, quoted(time_text), &allowed).field(time_field));
        }
        self.check_id(row)?;
        let cell = |column| {
            let (text, field) = row.needed(column);
            Ok(Cell { number: read_number(line, text, field, column == QTY)?, text, field })
        };
        let (price, qty) = (cell(PRICE)?, cell(QTY)?);
        let taker = taker(row)?;
        if qty.number.mantissa == 0 {
            self.skipped += 1;
            return complaints.take(line.complain(EMPTY_TRADE, qty.text, quoted(qty.text), "more").field(qty.field));
        }
        self.builder.admit(line, price, qty)?;
        let units = self.builder.price(price.number);
        if let Some((_, before)) = self.last.filter(|(_, before)| far_apart(self.builder.price(*before), units)) {
            let allowed = format!("a price within five times the one before, {}", self.builder.price(before).0);
            complaints.take(line.complain(JUMP, price.text, quoted(price.text), &allowed).field(price.field))?;
        }
        let local = row.cell(LOCAL).map(|(text, field)| self.local.read(line, text, field)).transpose()?;
        let times = Times { exchange, local: local.unwrap_or(exchange) };
        self.builder.push(times, units, self.builder.qty(qty.number), RowKind::trade(taker), true);
        self.last = Some((exchange, price.number));
        Ok(())
    }

    fn check_id(&mut self, row: &TableRow<'_>) -> Result<(), BadInput> {
        let Some((text, field)) = row.cell(ID) else { return Ok(()) };
        // Ids that are no numbers have no order to check.
        let Ok(id) = text.parse::<u64>() else { return Ok(()) };
        if let Some(last) = self.last_id.filter(|last| *last >= id) {
            let code = if last == id { TRADE_TWICE } else { TRADE_BACKWARDS };
            return Err(row.line.complain(code, text, quoted(text), &format!("an id above {last}")).field(field));
        }
        self.last_id = Some(id);
        Ok(())
    }
}

fn taker(row: &TableRow<'_>) -> Result<Option<Side>, BadInput> {
    let ((text, field), words) = match (row.cell(TAKER), row.cell(BUYER_MADE)) {
        // Some sources have a word for not saying.
        (Some(("unknown", _)), _) | (None, None) => return Ok(None),
        (Some(cell), _) => (cell, ["buy", "b", "sell", "s"]),
        // A buyer who made means a seller who took.
        (None, Some(cell)) => (cell, ["false", "0", "true", "1"]),
    };
    let word = text.to_ascii_lowercase();
    match words.iter().position(|known| *known == word) {
        Some(0 | 1) => Ok(Some(Side::Buy)),
        Some(_) => Ok(Some(Side::Sell)),
        None => Err(row.line.complain(SIDE, text, quoted(text), &words.join(", ")).field(field)),
    }
}
