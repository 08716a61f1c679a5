//! LOBSTER's message files, and the order-book file beside one.
//!
//! A message row: seconds after midnight in New York, type, order id, size, price in 1/10,000 USD,
//! and the side of the resting order. Types: 1 add, 2 part cancelled, 3 deleted, 4 executed,
//! 5 hidden execution (a print), 6 cross trade (a print), 7 halt. A file shows the best levels
//! only, so orders may leave that never came.
//!
//! Where the order-book file lies beside it, its row k is the book after message k. From it come
//! the levels of a level tape, and a check compares every row with what the messages make of the
//! row before, as far as both can know: a level that comes into view from below cannot be known.

use std::path::Path;

use super::builder::{Cell, ImportOptions, RowBuilder, Times, Units, read_number};
use super::day::{Day, Zone};
use super::fault::{BACKWARDS, BOOK_DIFFERS, Complaints, NUMBER, RAGGED, SIDE};
use super::ladder::{LevelNow, Message, PublishedBook};
use super::number::Number;
use super::orders::{At, OrderFlow};
use super::recording::Recording;
use super::row::{Row, RowKind};
use super::source::{Line, Lines, Source};
use super::table::cells;
use super::tape::Provenance;
use super::time::shown;
use crate::bad_input::{BadInput, quoted};
use crate::market::{Price, Qty, SessionState, Side, Timestamp};

const PRICE_DECIMALS: u32 = 4;

/// How a message file compared with its order-book file.
pub use super::ladder::PublishedRows;

/// Whether a row without header looks like a message.
pub(crate) fn looks_like_one(cells: &[&str]) -> bool {
    let [time, kind, id, size, price, side] = cells else { return false };
    let whole = |text: &str| text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    time.contains('.')
        && matches!(*kind, "1" | "2" | "3" | "4" | "5" | "6" | "7")
        && [id, size, price].into_iter().all(|text| whole(text))
        && matches!(*side, "1" | "-1")
}

/// A message row.
#[derive(Clone, Copy, Debug)]
struct Event<'a> {
    time: Timestamp,
    kind: u8,
    id: u64,
    size: Cell<'a>,
    price: Cell<'a>,
    /// Of the resting order.
    side: Side,
}

/// Where the levels go, if they are wanted.
enum Sink {
    Orders(Box<OrderFlow>),
    Levels(Box<RowBuilder>),
}

struct Reading<'a> {
    day: Day,
    sink: Sink,
    published: Option<PublishedBook>,
    last: Option<Timestamp>,
    complaints: &'a mut Complaints,
}

/// Reads a message file; with its order-book file, where that lies beside it.
pub(crate) fn read(
    lines: &mut Lines,
    path: &Path,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<(Recording, Option<PublishedRows>), BadInput> {
    let name = lines.name().to_owned();
    let published = beside(&name, path)?.map(PublishedBook::new);
    if options.levels && published.is_none() {
        let found = "a message file without the order-book file beside it";
        let allowed = "the order-book file: levels cannot be told from messages of a part of the book";
        return Err(BadInput::new(super::fault::OPTION, &name, found, allowed).field("levels"));
    }
    let sink = if options.levels {
        Sink::Levels(Box::new(RowBuilder::new(Units::new(options, &name, Row::QTY_MAX)?, options)))
    } else {
        Sink::Orders(Box::new(OrderFlow::new(options, &name)?))
    };
    let mut reading = Reading { day: Day::of(&name, options, Zone::NewYork)?, sink, published, last: None, complaints };
    while let Some(line) = lines.next_line()? {
        if let Err(bad) = reading.take(line) {
            reading.complaints.take(bad)?;
        }
    }
    let symbol = options.symbol.clone().or_else(|| symbol_of(&name)).unwrap_or_default();
    let rows = reading.published.map(|published| published.rows);
    let recording = match reading.sink {
        Sink::Orders(flow) => flow.builder.finish(symbol, options, provenance)?,
        Sink::Levels(rows) => rows.finish(symbol, options, provenance)?,
    };
    Ok((recording, rows))
}

impl Reading<'_> {
    fn take(&mut self, line: Line<'_>) -> Result<(), BadInput> {
        let event = self.event(line)?;
        if let Some(last) = self.last.filter(|last| *last > event.time) {
            let allowed = format!("a time not before {}", shown(last));
            return Err(line.complain(BACKWARDS, line.text, shown(event.time), &allowed).field("time"));
        }
        self.last = Some(event.time);
        let times = Times { exchange: event.time, local: event.time };
        let at = At { line, times, last: true };
        let changed = self.publish(line, &event)?;
        match &mut self.sink {
            Sink::Orders(flow) => order(flow, at, &event, self.complaints),
            Sink::Levels(rows) => levels(rows, at, &event, &changed),
        }
    }

    fn event<'a>(&self, line: Line<'a>) -> Result<Event<'a>, BadInput> {
        let row = cells(line)?;
        let [time, kind, id, size, price, side] = row[..] else {
            let found = format!("{} cells in {}", row.len(), quoted(line.text));
            return Err(line.complain(RAGGED, line.text, found, "time, type, order id, size, price, direction"));
        };
        let bad =
            |text: &str, field: &str, allowed: &str| line.complain(NUMBER, text, quoted(text), allowed).field(field);
        let known = kind.parse::<u8>().ok().filter(|kind| (1..=7).contains(kind));
        let known = known.ok_or_else(|| bad(kind, "type", "1 to 7"))?;
        let side_of = match side {
            "1" => Side::Buy,
            "-1" => Side::Sell,
            _ => return Err(line.complain(SIDE, side, quoted(side), "1, -1").field("direction")),
        };
        // A halt says what it is in its price, which may be below zero.
        let price_text = if known == 7 { "1" } else { price };
        let units = read_number(line, price_text, "price", false)?;
        let units = Number::of_units(units.mantissa, PRICE_DECIMALS);
        let size_number = read_number(line, if known == 7 { "1" } else { size }, "size", false)?;
        Ok(Event {
            time: self.day.read(line, time, "time", 0)?,
            kind: known,
            id: id.parse().map_err(|_| bad(id, "order id", "a whole number"))?,
            size: Cell { number: size_number, text: size, field: "size" },
            price: Cell { number: units, text: price, field: "price" },
            side: side_of,
        })
    }

    /// Compares the next published row with what the message makes of the one before, and says
    /// which levels changed.
    fn publish(&mut self, line: Line<'_>, event: &Event<'_>) -> Result<Vec<LevelNow>, BadInput> {
        let Some(published) = &mut self.published else { return Ok(Vec::new()) };
        let size = event.size.number.at(0).unwrap_or(0);
        let price = event.price.number.at(PRICE_DECIMALS).unwrap_or(0);
        let message = match event.kind {
            1 => Message::Adds(event.side, price, size),
            2..=4 => Message::Takes(event.side, price, size),
            _ => Message::Leaves,
        };
        let (changed, equal) = published.follow(message)?;
        if !equal {
            let found = format!("another book than row {} of the order-book file", line.number);
            let bad = line.complain(BOOK_DIFFERS, line.text, found, "an equal book on every level both can know");
            self.complaints.take(bad.field("order book"))?;
        }
        Ok(changed)
    }
}

fn order(flow: &mut OrderFlow, at: At<'_>, event: &Event<'_>, complaints: &mut Complaints) -> Result<(), BadInput> {
    let Event { kind, id, size, price, side, .. } = *event;
    match kind {
        1 => flow.add(at, id, side, price, size),
        2 | 3 => flow.reduce(at, id, side, [price, size], false, complaints),
        4 => flow.reduce(at, id, side, [price, size], true, complaints),
        5 => flow.print(at, Some(side), price, size),
        6 => flow.print(at, None, price, size),
        _ => {
            flow.session(at, halt(price.text));
            Ok(())
        }
    }
}

fn halt(price: &str) -> SessionState {
    match price {
        "-1" => SessionState::Halted,
        // Quoting is resumed, trading not yet.
        "0" => SessionState::PostOnly,
        _ => SessionState::Open,
    }
}

fn levels(rows: &mut RowBuilder, at: At<'_>, event: &Event<'_>, changed: &[(Side, i64, i64)]) -> Result<(), BadInput> {
    if event.kind == 7 {
        rows.push(at.times, Price(1), Qty(1), RowKind::Session(halt(event.price.text)), true);
        return Ok(());
    }
    let trade = matches!(event.kind, 4..=6);
    if trade {
        rows.admit(at.line, event.price, event.size)?;
        let (price, qty) = (rows.price(event.price.number), rows.qty(event.size.number));
        let taker = (event.kind != 6).then(|| event.side.opposite());
        rows.push(at.times, price, qty, RowKind::trade(taker), changed.is_empty());
    }
    for (number, (side, price, qty)) in changed.iter().enumerate() {
        let units = Number::of_units(*price, PRICE_DECIMALS);
        let cell = |number, field| Cell { number, text: at.line.text, field };
        let (price, qty) = (cell(units, "price"), cell(Number { mantissa: *qty, decimals: 0 }, "size"));
        rows.admit(at.line, price, qty)?;
        let (price, qty) = (rows.price(price.number), rows.qty(qty.number));
        rows.push(at.times, price, qty, RowKind::level(*side), number + 1 == changed.len());
    }
    Ok(())
}

/// The lines of the order-book file beside a message file.
fn beside(name: &str, path: &Path) -> Result<Option<Lines>, BadInput> {
    let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
    let other = path.with_file_name(file.replace("_message_", "_orderbook_"));
    if other == path || !other.is_file() {
        return Ok(None);
    }
    let shown = name.replace("_message_", "_orderbook_");
    Source::open(&other, &shown)?.lines(None).map(Some)
}

/// The symbol that a file's name begins with.
fn symbol_of(name: &str) -> Option<String> {
    let file = name.rsplit(['/', '\\']).next()?;
    let (symbol, _) = file.split_once('_')?;
    (!symbol.is_empty()).then(|| symbol.to_owned())
}
