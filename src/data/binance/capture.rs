//! Reads a capture from front to back: keeps the symbol, the trades and the clock of the file,
//! and hands depth to the synchroniser.

use super::frame::{self, Depth, Frame, Keys, LevelText, Snapshot, Ticker, Trade};
use super::levels::Touch;
use super::sync::{Change, Depths, Step, Update};
use super::ticker::{BestQuote, QuoteComparison, Tickers, Waiting};
use crate::bad_input::{BadInput, quoted};
use crate::data::builder::{Cell, ImportOptions, RowBuilder, Times, Units, read_number};
use crate::data::fault::{
    Complaints, EMPTY_TRADE, LEVEL_ORDER, LEVEL_TWICE, LOCAL_BACKWARDS, NO_SNAPSHOT, OTHER_STREAM, SYMBOL,
    TICKER_DIFFERS, TRADE_BACKWARDS, TRADE_GAP, TRADE_TIME_BACKWARDS, TRADE_TWICE,
};
use crate::data::number::Number;
use crate::data::recording::Recording;
use crate::data::row::{Row, RowKind};
use crate::data::source::{FRAME_MAX, Line, Lines};
use crate::data::tape::Provenance;
use crate::data::time::shown;
use crate::market::{Side, Timestamp};

struct Capture {
    builder: RowBuilder,
    depths: Depths,
    tickers: Tickers,
    /// Whether the book is compared with the best quotes: for a check only.
    compares: bool,
    symbol: Option<String>,
    last_local: Option<Timestamp>,
    last_trade: Option<(u64, Timestamp)>,
    skipped: u64,
}

/// Reads a capture; the comparison with its best quotes is made only for a check.
pub(crate) fn read(
    lines: &mut Lines,
    options: &ImportOptions,
    complaints: &mut Complaints,
    provenance: Provenance,
) -> Result<(Recording, QuoteComparison), BadInput> {
    lines.allow_lines(FRAME_MAX);
    let mut capture = Capture {
        builder: RowBuilder::new(Units::new(options, lines.name(), Row::QTY_MAX)?, options),
        depths: Depths::new(lines.name().to_owned()),
        tickers: Tickers::default(),
        compares: complaints.collects(),
        symbol: options.symbol.clone(),
        last_local: None,
        last_trade: None,
        skipped: 0,
    };
    while let Some(line) = lines.next_line()? {
        if let Err(bad) = capture.take(line, complaints) {
            complaints.take(bad)?;
        }
        for waiting in capture.tickers.take_unequal() {
            let found = format!("another touch than the best quote after update {}", waiting.id);
            let bad = BadInput::new(TICKER_DIFFERS, lines.name(), found, "equal price and quantity");
            complaints.take(bad.at_line(waiting.line, 1).field("u"))?;
        }
    }
    if let Some(line) = capture.depths.never_started() {
        let found = "depth updates and no snapshot that they follow";
        let bad = BadInput::new(NO_SNAPSHOT, lines.name(), found, "a depth snapshot near the front of the file");
        complaints.take(bad.at_line(line, 1).field("lastUpdateId"))?;
    }
    let provenance = Provenance { skipped: capture.skipped, ..provenance };
    let recording = capture.builder.finish(capture.symbol.unwrap_or_default(), options, provenance)?;
    Ok((recording, capture.tickers.result()))
}

impl Capture {
    fn take(&mut self, line: Line<'_>, complaints: &mut Complaints) -> Result<(), BadInput> {
        let (local, frame, keys) = frame::read(line)?;
        if let Some(last) = self.last_local.filter(|last| *last > local) {
            let allowed = format!("a time not before {}", last.0);
            let bad = line.complain(LOCAL_BACKWARDS, line.text, local.0.to_string(), &allowed);
            complaints.take(bad.field("local"))?;
        }
        self.last_local = Some(local);
        match frame {
            Frame::Depth(depth) => self.depth(line, local, &depth, keys, complaints),
            Frame::Snapshot(snapshot) => self.snapshot(line, local, &snapshot, keys, complaints),
            Frame::Trade(trade) => self.trade(line, local, &trade, keys, complaints),
            Frame::Ticker(ticker) => self.ticker(line, &ticker, keys),
            Frame::Reply => {
                self.skipped += 1;
                Ok(())
            }
            Frame::Other(stream) => {
                self.skipped += 1;
                let allowed = "depth, trade and bookTicker streams; others are passed over";
                complaints.take(line.complain(OTHER_STREAM, stream, quoted(stream), allowed).field("stream"))
            }
        }
    }

    fn same_symbol(&mut self, line: Line<'_>, symbol: &str) -> Result<(), BadInput> {
        match &self.symbol {
            Some(known) if known == symbol => Ok(()),
            Some(known) => Err(line.complain(SYMBOL, symbol, quoted(symbol), &quoted(known)).field("s")),
            None => {
                self.symbol = Some(symbol.to_owned());
                Ok(())
            }
        }
    }

    fn depth(
        &mut self,
        line: Line<'_>,
        local: Timestamp,
        depth: &Depth<'_>,
        keys: Keys<'_>,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        self.same_symbol(line, depth.symbol(keys)?)?;
        let times = Times { exchange: depth.exchange(keys)?, local };
        let (first, last) = depth.ids(keys)?;
        let [bids, asks] = depth.levels(keys)?;
        self.depths.release(times.exchange, &mut self.builder)?;
        let mut update =
            Update { line: line.number, times, first, last, previous: depth.previous, changes: Vec::new() };
        let step = match self.depths.sequence(&update) {
            Ok(step) => step,
            Err(bad) => {
                complaints.take(bad)?;
                Step::Apply
            }
        };
        if step == Step::Drop {
            return Ok(());
        }
        update.changes = self.changes(line, Side::Buy, bids)?;
        update.changes.extend(self.changes(line, Side::Sell, asks)?);
        if step == Step::Wait {
            return self.depths.wait(update);
        }
        self.apply(&update)
    }

    fn apply(&mut self, update: &Update) -> Result<(), BadInput> {
        let applied = self.depths.apply(update, &mut self.builder);
        if self.compares {
            let touch = best_quote(self.depths.touch(), self.builder.units().decimals());
            self.tickers.touch(Waiting { id: update.last, line: update.line, touch });
        }
        applied
    }

    fn snapshot(
        &mut self,
        line: Line<'_>,
        local: Timestamp,
        snapshot: &Snapshot<'_>,
        keys: Keys<'_>,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        if let Some(symbol) = snapshot.symbol {
            self.same_symbol(line, symbol)?;
        }
        let last = snapshot.last(keys)?;
        let [bids, asks] = snapshot.levels(keys)?;
        in_order(line, Side::Buy, bids)?;
        in_order(line, Side::Sell, asks)?;
        let mut changes = self.changes(line, Side::Buy, bids)?;
        changes.extend(self.changes(line, Side::Sell, asks)?);
        let exchange = snapshot.exchange(keys)?;
        let bridging = self.depths.snapshot(line.number, last, exchange, local, changes, &mut self.builder)?;
        for update in bridging {
            match self.depths.sequence(&update) {
                Ok(Step::Drop) => {}
                Ok(Step::Wait | Step::Apply) => self.apply(&update)?,
                Err(bad) => complaints.take(bad)?,
            }
        }
        Ok(())
    }

    /// The levels of one side of a message, admitted to the file's units; none may stand twice.
    fn changes(&mut self, line: Line<'_>, side: Side, levels: &[LevelText<'_>]) -> Result<Vec<Change>, BadInput> {
        let field = match side {
            Side::Buy => "b",
            Side::Sell => "a",
        };
        let mut changes = Vec::with_capacity(levels.len());
        for (price_text, qty_text) in levels {
            let price = Cell { number: read_number(line, price_text, field, false)?, text: price_text, field };
            let qty = Cell { number: read_number(line, qty_text, field, true)?, text: qty_text, field };
            self.builder.admit(line, price, qty)?;
            changes.push(Change { side, price: price.number, qty: qty.number });
        }
        let mut seen: Vec<(i64, u32)> =
            changes.iter().map(|change| (change.price.mantissa, change.price.decimals)).collect();
        seen.sort_unstable();
        let Some(twice) = seen.windows(2).find(|pair| pair[0] == pair[1]) else { return Ok(changes) };
        let again = changes.iter().rposition(|change| (change.price.mantissa, change.price.decimals) == twice[0]);
        let text = levels[again.expect("the price was found twice")].0;
        Err(line.complain(LEVEL_TWICE, text, quoted(text), "each level once in a message").field(field))
    }

    fn trade(
        &mut self,
        line: Line<'_>,
        local: Timestamp,
        trade: &Trade<'_>,
        keys: Keys<'_>,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        self.same_symbol(line, trade.symbol(keys)?)?;
        let (exchange, id) = (trade.exchange(keys)?, trade.id(keys)?);
        self.trade_in_order(line, id, exchange, complaints)?;
        if trade.kind.is_some_and(|kind| kind != "MARKET") {
            self.skipped += 1;
            return Ok(());
        }
        let (price_text, qty_text) = trade.price_and_qty(keys)?;
        let price = Cell { number: read_number(line, price_text, "p", false)?, text: price_text, field: "p" };
        let qty = Cell { number: read_number(line, qty_text, "q", true)?, text: qty_text, field: "q" };
        if qty.number.mantissa == 0 {
            self.skipped += 1;
            return complaints.take(line.complain(EMPTY_TRADE, qty_text, quoted(qty_text), "more").field("q"));
        }
        let taker = if trade.buyer_made(keys)? { Side::Sell } else { Side::Buy };
        self.builder.admit(line, price, qty)?;
        let (price, qty) = (self.builder.price(price.number), self.builder.qty(qty.number));
        self.builder.push(Times { exchange, local }, price, qty, RowKind::trade(Some(taker)), true);
        Ok(())
    }

    fn trade_in_order(
        &mut self,
        line: Line<'_>,
        id: u64,
        exchange: Timestamp,
        complaints: &mut Complaints,
    ) -> Result<(), BadInput> {
        let Some((last, last_exchange)) = self.last_trade.replace((id, exchange)) else { return Ok(()) };
        let complain = |code, found: String, allowed: String| line.complain(code, line.text, found, &allowed);
        if id <= last {
            self.last_trade = Some((last, last_exchange));
            let code = if id == last { TRADE_TWICE } else { TRADE_BACKWARDS };
            return Err(complain(code, id.to_string(), format!("an id above {last}")).field("t"));
        }
        if id > last + 1 {
            let missing = format!("{} trades missing before {id}", id - last - 1);
            complaints.take(complain(TRADE_GAP, missing, format!("trade {}", last + 1)).field("t"))?;
        }
        if exchange < last_exchange {
            let allowed = format!("a time not before {}", shown(last_exchange));
            complaints.take(complain(TRADE_TIME_BACKWARDS, shown(exchange), allowed).field("T"))?;
        }
        Ok(())
    }

    fn ticker(&mut self, line: Line<'_>, ticker: &Ticker<'_>, keys: Keys<'_>) -> Result<(), BadInput> {
        self.same_symbol(line, ticker.symbol(keys)?)?;
        let side = |(price, qty): LevelText<'_>, fields: (&str, &str)| {
            let level = (read_number(line, price, fields.0, true)?, read_number(line, qty, fields.1, true)?);
            Ok::<_, BadInput>(Some(level).filter(|(_, qty)| qty.mantissa > 0))
        };
        let [bid, ask] = ticker.sides(keys)?;
        let (id, quote) = (ticker.id(keys)?, [side(bid, ("b", "B"))?, side(ask, ("a", "A"))?]);
        if self.compares {
            self.tickers.quote(id, quote);
        }
        Ok(())
    }
}

fn best_quote(touch: Touch, (price, qty): (u32, u32)) -> BestQuote {
    touch.map(|level| level.map(|level| (Number::of_units(level.0.0, price), Number::of_units(level.1.0, qty))))
}

/// A snapshot's levels run away from the touch.
fn in_order(line: Line<'_>, side: Side, levels: &[LevelText<'_>]) -> Result<(), BadInput> {
    let (field, direction) = match side {
        Side::Buy => ("bids", "falling prices"),
        Side::Sell => ("asks", "rising prices"),
    };
    let mut before: Option<Number> = None;
    for (text, _) in levels {
        let price = read_number(line, text, field, false)?;
        if before.is_some_and(|before| !side_runs_on(side, before, price)) {
            return Err(line.complain(LEVEL_ORDER, text, quoted(text), direction).field(field));
        }
        before = Some(price);
    }
    Ok(())
}

fn side_runs_on(side: Side, before: Number, price: Number) -> bool {
    let decimals = before.decimals.max(price.decimals);
    // A price too large for the common decimals is refused when it is admitted.
    let (Some(before), Some(price)) = (before.at(decimals), price.at(decimals)) else { return true };
    side.sign() * (before - price) > 0
}
