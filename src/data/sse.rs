//! Shanghai's level-2 feed, order by order, as a log of readable messages (`//Field=value …`).
//!
//! Orders and trades are put into the exchange's own order (`BizIndex`); its snapshots and other
//! messages are passed over. Prices and quantities stand in thousandths, times in hundredths of a
//! second of Shanghai's day. An order that trades at once is not sent: only its rest is, after its
//! trades. A trade executes the resting side's order; one of an auction reduces both orders and is
//! printed once. From the first message on every order is seen to come.

use super::builder::{Cell, ImportOptions, Times};
use super::day::{Day, Zone};
use super::fault::{Complaints, JSON_MISSING, NUMBER, SIDE, SYMBOL, TIME_RANGE};
use super::number::Number;
use super::orders::{At, OrderFlow};
use super::recording::Recording;
use super::source::{Line, Lines};
use super::spool::{Kept, Spool};
use super::tape::Provenance;
use crate::bad_input::{BadInput, quoted};
use crate::market::{Side, Timestamp};

const ORDER: i64 = 192;
const TRADE: i64 = 191;
const DECIMALS: u32 = 3;
const FIELDS: usize = 9;

/// Whether a text begins like such a log.
pub(crate) fn looks_like_one(start: &[u8]) -> bool {
    start.starts_with(b"//SecurityIDSource=")
}

/// An order or trade message: its line, `BizIndex`, time and numbers.
#[derive(Clone, Copy, Debug)]
struct Message {
    line: i64,
    index: i64,
    exchange: Timestamp,
    is_trade: bool,
    /// Of an order: its kind (`A`, `D`), side and number; of a trade: what took (`B`, `S`, `N`),
    /// and the orders that bought and sold.
    words: [i64; 3],
    price: i64,
    qty: i64,
}

/// Reads a log.
pub(crate) fn read(
    lines: &mut Lines,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<Recording, BadInput> {
    let day = Day::of(lines.name(), options, Zone::Shanghai)?;
    let (mut messages, mut symbol, mut skipped) = (Spool::new(options.spill.clone()), options.symbol.clone(), 0);
    while let Some(line) = lines.next_line()? {
        match message(line, &day, &mut symbol) {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => skipped += 1,
            Err(bad) => complaints.take(bad)?,
        }
    }
    let mut flow = OrderFlow::new(options, lines.name())?;
    flow.whole();
    let file = lines.name().to_owned();
    let mut clock = None;
    messages.each(|message| {
        // The exchange's order is the truth; its clock may lag behind by a hundredth.
        let exchange = clock.map_or(message.exchange, |clock: Timestamp| clock.max(message.exchange));
        clock = Some(exchange);
        let number = message.line.unsigned_abs();
        let at =
            At { line: Line { file: &file, number, text: "" }, times: Times { exchange, local: exchange }, last: true };
        apply(&mut flow, at, &message, complaints).or_else(|bad| complaints.take(bad))
    })?;
    let provenance = Provenance { skipped, ..provenance };
    flow.builder.finish(symbol.unwrap_or_default(), options, provenance)
}

fn apply(flow: &mut OrderFlow, at: At<'_>, message: &Message, complaints: &mut Complaints) -> Result<(), BadInput> {
    let cell = |units: i64, field| Cell { number: Number::of_units(units, DECIMALS), text: "", field };
    let (price, qty) = (cell(message.price, "Price"), cell(message.qty, "Qty"));
    let order = |id: i64| id.unsigned_abs();
    let [kind, first, second] = message.words;
    if !message.is_trade {
        let side = side_of(at.line, first)?;
        return match u8::try_from(kind) {
            Ok(b'A') => flow.add(at, order(second), side, price, qty),
            Ok(b'D') => flow.reduce(at, order(second), side, [price, qty], false, complaints),
            _ => Err(at.line.complain(NUMBER, "", kind.to_string(), "65 new, 68 cancel").field("OrdType")),
        };
    }
    let (buy, sell) = (order(first), order(second));
    match u8::try_from(kind) {
        Ok(b'B') => flow.reduce(at, sell, Side::Sell, [price, qty], true, complaints),
        Ok(b'S') => flow.reduce(at, buy, Side::Buy, [price, qty], true, complaints),
        Ok(b'N') => {
            flow.reduce(At { last: false, ..at }, buy, Side::Buy, [price, qty], false, complaints)?;
            flow.reduce(at, sell, Side::Sell, [price, qty], true, complaints)
        }
        _ => Err(at.line.complain(NUMBER, "", kind.to_string(), "66 buy, 83 sell, 78 auction").field("ExecType")),
    }
}

fn side_of(line: Line<'_>, word: i64) -> Result<Side, BadInput> {
    match u8::try_from(word) {
        Ok(b'B') => Ok(Side::Buy),
        Ok(b'S') => Ok(Side::Sell),
        _ => Err(line.complain(SIDE, "", word.to_string(), "66 buy, 83 sell").field("Side")),
    }
}

/// Takes a line apart; none of a message that is neither an order nor a trade.
fn message(line: Line<'_>, day: &Day, symbol: &mut Option<String>) -> Result<Option<Message>, BadInput> {
    let fields = Fields(line);
    let kind = fields.whole("MsgType")?;
    if kind != ORDER && kind != TRADE {
        return Ok(None);
    }
    let security = fields.text("SecurityID")?;
    if security != symbol.get_or_insert_with(|| security.to_owned()) {
        let allowed = quoted(symbol.as_deref().unwrap_or_default());
        return Err(line.complain(SYMBOL, security, quoted(security), &allowed).field("SecurityID"));
    }
    let is_trade = kind == TRADE;
    let names = if is_trade {
        ["ExecType", "BidApplSeqNum", "OfferApplSeqNum", "LastPx", "LastQty"]
    } else {
        ["OrdType", "Side", "OrderNo", "Price", "OrderQty"]
    };
    let mut numbers = [0; 5];
    for (number, name) in numbers.iter_mut().zip(names) {
        *number = fields.whole(name)?;
    }
    let [first, second, third, price, qty] = numbers;
    let exchange = fields.time("TransactTime", day)?;
    let number = i64::try_from(line.number).expect("a line number fits");
    let (index, words) = (fields.whole("BizIndex")?, [first, second, third]);
    Ok(Some(Message { line: number, index, exchange, is_trade, words, price, qty }))
}

/// The `Field=value` pairs of a line.
struct Fields<'a>(Line<'a>);

impl<'a> Fields<'a> {
    fn text(&self, name: &str) -> Result<&'a str, BadInput> {
        let pairs = self.0.text.trim_start_matches('/').split(' ');
        let found = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        let missing =
            || self.0.complain(JSON_MISSING, self.0.text, "nothing".to_owned(), "a value for the field").field(name);
        found.map(|(_, value)| value).ok_or_else(missing)
    }

    fn whole(&self, name: &str) -> Result<i64, BadInput> {
        let text = self.text(name)?;
        let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
        number.ok_or_else(|| self.0.complain(NUMBER, text, quoted(text), "a whole number not below zero").field(name))
    }

    /// `HHMMSScc`, without the first zero in the morning.
    fn time(&self, name: &str, day: &Day) -> Result<Timestamp, BadInput> {
        let count = self.whole(name)?;
        let (hours, minutes, hundredths) = (count / 1_000_000, count / 10_000 % 100, count % 10_000);
        let sound = hours < 24 && minutes < 60 && hundredths < 6_000;
        let nanos = (hours * 3_600 + minutes * 60) * 1_000_000_000 + hundredths * 10_000_000;
        let refuse = || self.0.complain(TIME_RANGE, self.0.text, count.to_string(), "a time as HHMMSScc").field(name);
        Some(nanos).filter(|_| sound).and_then(|nanos| day.at(nanos)).ok_or_else(refuse)
    }
}

/// Sorted by `BizIndex`, not by time.
impl Kept for Message {
    const BYTES: usize = 8 * FIELDS;

    fn time(&self) -> Timestamp {
        Timestamp(self.index)
    }

    fn put(&self, out: &mut Vec<u8>) {
        let Self { line, index, exchange, is_trade, words, price, qty } = self;
        let numbers = [*line, *index, exchange.0, i64::from(*is_trade), words[0], words[1], words[2], *price, *qty];
        out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn get(bytes: &[u8]) -> Self {
        let mut numbers = [0; FIELDS];
        for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(8)) {
            *number = i64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        }
        let [line, index, exchange, is_trade, first, second, third, price, qty] = numbers;
        let words = [first, second, third];
        Self { line, index, exchange: Timestamp(exchange), is_trade: is_trade != 0, words, price, qty }
    }

    fn finer(self, _price: i64, _qty: i64) -> Self {
        self
    }
}
