//! One instrument of a capture: its book, its trades, and the rows they become.

use super::book::{Printed, PrintedBook, key};
use super::checksum::{self, Checksums};
use super::message::{BookText, LevelText, TradeText, Venue};
use crate::bad_input::{BadInput, quoted};
use crate::data::builder::{Cell, RowBuilder, Times, read_number};
use crate::data::fault::{
    CHECKSUM, CROSSED, CROSSED_THERE, Complaints, JSON_MISSING, NO_SNAPSHOT, SEQUENCE, TRADE_BACKWARDS, TRADE_TWICE,
};
use crate::data::number::Number;
use crate::data::row::RowKind;
use crate::data::source::Line;
use crate::market::{Side, Timestamp};

/// The depths Kraken keeps a book to.
const KRAKEN_DEPTHS: [usize; 5] = [10, 25, 100, 500, 1_000];

/// A level change in numbers that were admitted to the file's units.
type Change = (Side, Number, Number);

#[derive(Debug)]
pub(crate) struct Instrument {
    pub(crate) builder: RowBuilder,
    pub(crate) sums: Checksums,
    book: PrintedBook,
    /// The stream its book comes from, once one began.
    channel: Option<String>,
    /// Whether a snapshot has come.
    started: bool,
    depth: Option<usize>,
    clock: Option<Timestamp>,
    last_id: Option<i64>,
    last_trade: Option<u64>,
}

impl Instrument {
    pub(crate) fn new(builder: RowBuilder, depth: Option<usize>) -> Self {
        Self {
            builder,
            sums: Checksums::default(),
            book: PrintedBook::default(),
            channel: None,
            started: false,
            depth,
            clock: None,
            last_id: None,
            last_trade: None,
        }
    }

    /// Takes a book message; false if its stream is not the one this book is kept from.
    pub(crate) fn book(
        &mut self,
        line: Line<'_>,
        local: Option<Timestamp>,
        venue: Venue,
        text: &BookText<'_>,
        complaints: &mut Complaints,
    ) -> Result<bool, BadInput> {
        if self.channel.get_or_insert_with(|| text.channel.clone().into_owned()) != text.channel.as_ref() {
            return Ok(false);
        }
        if !text.snapshot && !self.started {
            let found = format!("changes of {} and no snapshot before", quoted(&text.symbol));
            return Err(line.complain(NO_SNAPSHOT, line.text, found, "a snapshot first").field("snapshot"));
        }
        self.in_sequence(line, text, complaints)?;
        self.started = true;
        if venue == Venue::Kraken && text.snapshot {
            self.depth = text.depth.or(self.depth).or_else(|| likely_depth(text));
        }
        let times = self.times(line, text, local)?;
        let changes = self.apply(line, text)?;
        for (at, (side, price, qty)) in changes.iter().enumerate() {
            let (price, qty) = (self.builder.price(*price), self.builder.qty(*qty));
            self.builder.push(times, price, qty, RowKind::level(*side), at + 1 == changes.len());
        }
        let vouched = self.compare(line, venue, text, complaints)?;
        self.check_crossed(line, vouched, complaints)?;
        Ok(true)
    }

    fn in_sequence(
        &mut self,
        line: Line<'_>,
        text: &BookText<'_>,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        let Some((before, id)) = text.sequence else { return Ok(()) };
        let last = self.last_id.replace(id).filter(|last| !text.snapshot && *last != before);
        let Some(last) = last else { return Ok(()) };
        let allowed = format!("{last}, the id of the message before");
        complaints.take(line.complain(SEQUENCE, line.text, before.to_string(), &allowed).field("prevSeqId"))
    }

    fn times(&mut self, line: Line<'_>, text: &BookText<'_>, local: Option<Timestamp>) -> Result<Times, BadInput> {
        let said = text.exchange.or(self.clock).or(local);
        let exchange = said.max(self.clock).ok_or_else(|| {
            let allowed = "a time in the frame or before it";
            line.complain(JSON_MISSING, line.text, "nothing".to_owned(), allowed).field("timestamp")
        })?;
        self.clock = Some(exchange);
        Ok(Times { exchange, local: local.unwrap_or(exchange) })
    }

    /// Applies a message to the book and returns what changed, in order: first what a snapshot
    /// leaves out, last what was cut beyond the depth.
    fn apply(&mut self, line: Line<'_>, text: &BookText<'_>) -> Result<Vec<Change>, BadInput> {
        let zero = Number::default();
        let mut changes = Vec::new();
        for (side, levels, field) in [(Side::Buy, &text.sides[0], "bids"), (Side::Sell, &text.sides[1], "asks")] {
            let fresh = levels.iter().map(|level| self.level(line, level, field)).collect::<Result<Vec<_>, _>>()?;
            if text.snapshot {
                let mut gone = self.book.take(side);
                for level in &fresh {
                    gone.remove(&key(level.price));
                }
                changes.extend(gone.into_values().map(|level| (side, level.price, zero)));
            }
            for level in fresh {
                changes.push((side, level.price, level.qty));
                self.book.set(side, level);
            }
            if let Some(depth) = self.depth {
                changes.extend(self.book.cut(side, depth).into_iter().map(|price| (side, price, zero)));
            }
        }
        Ok(changes)
    }

    fn level(&mut self, line: Line<'_>, text: &LevelText<'_>, field: &str) -> Result<Printed, BadInput> {
        let price = Cell { number: read_number(line, text.price, field, false)?, text: text.price, field };
        let qty = Cell { number: read_number(line, text.qty, field, true)?, text: text.qty, field };
        self.builder.admit(line, price, qty)?;
        Ok(Printed { price: price.number, qty: qty.number, price_text: text.price.into(), qty_text: text.qty.into() })
    }

    /// Compares the book with the checksum of the message; whether it had one that is equal.
    fn compare(
        &mut self,
        line: Line<'_>,
        venue: Venue,
        text: &BookText<'_>,
        complaints: &mut Complaints,
    ) -> Result<bool, BadInput> {
        let Some((promised, printed)) = text.checksum else { return Ok(false) };
        let found = checksum::of(venue, &self.book);
        self.sums.compared += 1;
        if found == promised {
            self.sums.equal += 1;
            return Ok(true);
        }
        let shown = match venue {
            Venue::Kraken => found.to_string(),
            Venue::Okx => found.cast_signed().to_string(),
        };
        let found = format!("a book of {} with checksum {shown}", quoted(&text.symbol));
        complaints.take(line.complain(CHECKSUM, printed, found, printed).field("checksum"))?;
        Ok(false)
    }

    fn check_crossed(&self, line: Line<'_>, vouched: bool, complaints: &mut Complaints) -> Result<(), BadInput> {
        let Some((bid, ask)) = self.book.crossed() else { return Ok(()) };
        let code = if vouched { CROSSED_THERE } else { CROSSED };
        let found = format!("bid {bid} and ask {ask}");
        complaints
            .take(line.complain(code, line.text, found, "a bid below the ask after a whole message").field("book"))
    }

    /// Takes a trade.
    pub(crate) fn trade(
        &mut self,
        line: Line<'_>,
        local: Option<Timestamp>,
        text: &TradeText<'_>,
    ) -> Result<(), BadInput> {
        if let Some((id, printed)) = text.id {
            if let Some(last) = self.last_trade.filter(|last| *last >= id) {
                let code = if last == id { TRADE_TWICE } else { TRADE_BACKWARDS };
                let allowed = format!("an id above {last}");
                return Err(line.complain(code, printed, quoted(printed), &allowed).field("trade id"));
            }
            self.last_trade = Some(id);
        }
        let LevelText { price: price_text, qty: qty_text } = text.level;
        let cell = |text, field| Ok(Cell { number: read_number(line, text, field, false)?, text, field });
        let (price, qty) = (cell(price_text, "price")?, cell(qty_text, "quantity")?);
        self.builder.admit(line, price, qty)?;
        let (price, qty) = (self.builder.price(price.number), self.builder.qty(qty.number));
        let times = Times { exchange: text.exchange, local: local.unwrap_or(text.exchange) };
        self.builder.push(times, price, qty, RowKind::trade(Some(text.taker)), true);
        Ok(())
    }

    /// Learns how deep its book will be kept.
    pub(crate) const fn keep_to(&mut self, depth: usize) {
        self.depth = Some(depth);
    }
}

/// The least depth at which Kraken would have sent so many levels.
fn likely_depth(text: &BookText<'_>) -> Option<usize> {
    let most = text.sides[0].len().max(text.sides[1].len());
    KRAKEN_DEPTHS.into_iter().find(|depth| *depth >= most)
}
