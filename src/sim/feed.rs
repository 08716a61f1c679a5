//! The feed: one pass over a tape, seen twice. The exchange side sees each message at exchange
//! time; the trader's side is told later what came of it: the touch after each book message, every
//! trade, and every bar at its close.
//!
//! Deliveries are ordered by (local time, tape order), whatever happens in between, so that a
//! replay without a venue makes the same deliveries. Nothing is allocated per message once the
//! ring of pending deliveries has grown to the latency's depth. Of a streamed tape a feed holds one window of rows; a row
//! that is lost ends it, and the run is an error.

mod messages;
mod rows;

use std::collections::VecDeque;
use std::sync::Arc;

use self::rows::Rows;
use super::distortion::Distortion;
use super::latency::{Latency, Load};
use super::rng::Stream;
use super::setup::MarketTape;
use crate::data::{Gist, Records, Shows, Tape, TapeRow, Window};
use crate::market::{Bar, Extent, InstrumentId, MarketEvent, PathPoint, Price, Qty, Quote, Side, Span, Timestamp};
use crate::venue::{PublicBook, Reading};

/// Whoever keeps the public book: the venue in a simulation, a bare book in a replay.
pub trait Exchange {
    /// The market did this.
    fn apply(&mut self, now: Timestamp, event: &MarketEvent);
    /// The touch afterwards.
    fn touch(&self, instrument: InstrumentId) -> Quote;
    /// How it wants to read a message of so many rows.
    fn reading(&mut self, _now: Timestamp, _instrument: InstrumentId, _extent: &Extent, _rows: usize) -> Reading {
        Reading::Rows
    }
    /// The levels of messages it passed over, before it is asked or told anything else.
    fn recall(&mut self, _instrument: InstrumentId, _levels: impl Iterator<Item = (Side, Price, Qty)>) {}
    /// A message that it reads by its levels.
    fn take(&mut self, _now: Timestamp, _of: InstrumentId, _levels: impl Iterator<Item = (Side, Price, Qty)>) {}
}

/// A market event on its way to the trader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// When the trader has it.
    pub local: Timestamp,
    /// When it happened.
    pub exchange: Timestamp,
    /// What happened.
    pub event: MarketEvent,
    /// Whether it is on a tape: one that is not has to stand in the journal itself.
    pub recorded: bool,
}

/// How bars, and trades without a book, become quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BarQuotes {
    /// Half the spread, in price units.
    pub half_spread: Price,
    /// Millionths of the bar's or the trade's volume displayed on each side.
    pub display_ppm: i64,
}

/// The points of a bar's path, and when they are reached, in thirds of its length.
const PATH: [(PathPoint, i64); 4] =
    [(PathPoint::Open, 0), (PathPoint::FirstExtreme, 1), (PathPoint::SecondExtreme, 2), (PathPoint::Close, 3)];

/// One pass over a tape.
#[derive(Debug)]
pub struct Feed {
    tape: Arc<Tape>,
    instrument: InstrumentId,
    bars: BarQuotes,
    /// Next row, or next bar and point of its path.
    next: usize,
    point: usize,
    /// The gist of the tape, and which of its messages is next, where messages may be passed over.
    gist: Option<(Arc<Gist>, usize)>,
    /// The first row that the exchange passed over and was not told since.
    untold: usize,
    /// First record that counts, and first that counts no more.
    first: usize,
    end: usize,
    /// Exchange time of the first and of the last that counts.
    period: Option<(Timestamp, Timestamp)>,
    /// The rows that are next, of a streamed tape.
    window: Option<Box<Window>>,
    latency: Option<(Latency, Stream)>,
    /// Messages of the last second, where they make a delay longer.
    load: Load,
    last_local: Timestamp,
    /// What of the book a tape shows that does not show all of it, and whether the message under way changed it.
    book: PublicBook,
    touched: bool,
    /// The instant of what was told last, and when the trader has it: one message is one.
    told: Option<(Timestamp, Timestamp)>,
    pending: VecDeque<Delivery>,
    /// What faults make of it on its way; none where there are none.
    distortion: Option<Box<Distortion>>,
}

impl Feed {
    /// A feed at the start of a tape. Without a latency model, messages arrive when they were
    /// recorded; bars, which carry no local time, arrive at once.
    #[must_use]
    pub fn new(
        market: &MarketTape,
        instrument: InstrumentId,
        bars: BarQuotes,
        latency: Option<(Latency, Stream)>,
    ) -> Self {
        let tape = &market.tape;
        let (first, mut end) = counting(market);
        let period =
            if first < end { tape.time(first).zip(tape.time(end - 1).map(|at| at.after(tape.cadence))) } else { None };
        // A book is built from its beginning; bars before the first that counts say nothing.
        let (next, mut window) = match &tape.records {
            Records::Rows(_) | Records::Orders(_) => (0, None),
            Records::Streamed(rows) => (0, Some(Box::new(Window::new(Arc::clone(rows))))),
            Records::Bars(_) => (first, None),
        };
        if window.as_mut().is_some_and(|window| !window.reach(next)) {
            end = next;
        }
        Self {
            tape: Arc::clone(tape),
            instrument,
            bars,
            next,
            point: 0,
            gist: None,
            untold: next,
            first,
            end,
            period,
            window,
            latency,
            load: Load::default(),
            last_local: Timestamp::MIN,
            book: PublicBook::default(),
            touched: false,
            told: None,
            pending: VecDeque::with_capacity(1024),
            distortion: None,
        }
    }

    /// The instrument whose market it is.
    #[must_use]
    pub const fn instrument(&self) -> InstrumentId {
        self.instrument
    }

    /// The feed with faults on the way to the trader.
    #[must_use]
    pub fn distorted(self, distortion: Option<Box<Distortion>>) -> Self {
        Self { distortion, ..self }
    }

    /// The feed with the gist of its tape: messages that concern nobody may be passed over.
    #[must_use]
    pub fn with_gist(self, gist: Option<Arc<Gist>>) -> Self {
        Self { gist: gist.map(|gist| (gist, 0)), ..self }
    }

    /// Plays the rows before an instant that come before the first that counts: the book is then as
    /// it stood. The trader hears nothing of them.
    pub fn warm_up(&mut self, until: Timestamp, exchange: &mut impl Exchange) {
        while self.next < self.first && self.next_exchange().is_some_and(|at| at < until) {
            self.advance(exchange);
        }
    }

    /// Exchange time of the first message that counts; none if none does.
    #[must_use]
    pub fn start(&self) -> Option<Timestamp> {
        self.period.map(|(start, _)| start)
    }

    /// Exchange time of the last message that counts; none if none does.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.period.map(|(_, end)| end)
    }

    /// Exchange time of the next message.
    #[must_use]
    pub fn next_exchange(&self) -> Option<Timestamp> {
        if self.next >= self.end {
            return None;
        }
        Some(match &self.tape.records {
            Records::Rows(rows) => rows[self.next].exchange,
            Records::Streamed(_) => self.window.as_ref()?.row(self.next).exchange,
            Records::Orders(rows) => rows[self.next].exchange,
            Records::Bars(bars) => at_point(&bars[self.next], self.point),
        })
    }

    /// When the next pending delivery is due.
    #[must_use]
    pub fn next_delivery(&self) -> Option<Timestamp> {
        self.pending.front().map(|delivery| delivery.local)
    }

    /// Takes the next pending delivery.
    pub fn deliver(&mut self) -> Option<Delivery> {
        self.pending.pop_front()
    }

    /// Plays the next message to the exchange and lines up what the trader will be told of it: nothing
    /// where it does not count yet.
    pub fn advance(&mut self, exchange: &mut impl Exchange) {
        let tape = Arc::clone(&self.tape);
        match &tape.records {
            Records::Rows(rows) => {
                if !self.advance_message(rows, exchange) {
                    self.catch_up(exchange);
                    self.advance_rows(&mut rows.as_slice(), exchange);
                    self.untold = self.next;
                }
            }
            Records::Streamed(_) => {
                let Some(mut window) = self.window.take() else { return };
                self.advance_rows(&mut *window, exchange);
                self.window = Some(window);
            }
            Records::Orders(rows) => self.advance_rows(&mut rows.as_slice(), exchange),
            Records::Bars(bars) => self.advance_bar(bars[self.next], exchange),
        }
    }

    /// Lines up what a venue tells of a market that is on no tape.
    pub fn tell(&mut self, exchange: Timestamp, event: MarketEvent) {
        let local = match self.told {
            Some((same, local)) if same == exchange => local,
            _ => self.local(exchange, exchange),
        };
        self.told = Some((exchange, local));
        self.insert(local, exchange, event, false);
    }

    /// The trader hears of the touch and of trades, not of single levels or orders.
    fn advance_rows(&mut self, rows: &mut impl Rows, exchange: &mut impl Exchange) {
        let (mut booked, mut end) = (false, false);
        let (now, recorded) = rows.row(self.next).times();
        if self.next < self.first {
            let row = rows.row(self.next);
            self.take(now, &row.event(self.instrument), row.last(), exchange);
            self.step(rows);
            return;
        }
        let local = self.local(now, recorded);
        while !end && self.next < self.end {
            let row = rows.row(self.next);
            let event = row.event(self.instrument);
            end = row.last();
            booked |= self.take(now, &event, end, exchange);
            match event {
                MarketEvent::Level(_) => booked = true,
                MarketEvent::Order(change) => {
                    booked = true;
                    if let Some(trade) = change.trade() {
                        self.line_up(local, now, MarketEvent::Trade(trade));
                    }
                }
                _ => self.line_up(local, now, event),
            }
            if !self.step(rows) {
                return;
            }
        }
        if booked {
            self.line_up(local, now, MarketEvent::Quote(exchange.touch(self.instrument)));
        }
    }

    /// On to the next row. False where it is lost: the tape ends there, and the run says why.
    #[inline]
    fn step(&mut self, rows: &mut impl Rows) -> bool {
        self.next += 1;
        let reached = self.next >= self.end || rows.reach(self.next);
        if !reached {
            self.end = self.next;
        }
        reached
    }

    /// Plays an event to the exchange, and at the end of a message the touch where the tape does not show all of
    /// the book: that of its levels, or one around the last trade. True if it played that.
    fn take(&mut self, now: Timestamp, event: &MarketEvent, last: bool, exchange: &mut impl Exchange) -> bool {
        let quote = match self.tape.shows {
            Shows::Depth => {
                exchange.apply(now, event);
                return false;
            }
            Shows::Touch => {
                let level = matches!(event, MarketEvent::Level(_));
                self.touched |= level;
                if level {
                    self.book.apply(event);
                } else {
                    exchange.apply(now, event);
                }
                self.book.touch(self.instrument)
            }
            Shows::Trades => {
                exchange.apply(now, event);
                if let MarketEvent::Trade(trade) = event {
                    self.touched = true;
                    let around = self.around(trade.price, trade.qty);
                    self.book.apply(&MarketEvent::Quote(around));
                }
                self.book.touch(self.instrument)
            }
        };
        let whole = last && std::mem::take(&mut self.touched);
        if whole {
            exchange.apply(now, &MarketEvent::Quote(quote));
        }
        whole
    }

    /// The touch that is assumed around a price at which so much traded.
    fn around(&self, price: Price, traded: Qty) -> Quote {
        let displayed = i128::from(traded.0) * i128::from(self.bars.display_ppm) / 1_000_000;
        let qty = Qty(i64::try_from(displayed).unwrap_or(i64::MAX).max(1));
        let (bid, ask) = (price - self.bars.half_spread, price + self.bars.half_spread);
        Quote { instrument: self.instrument, bid, bid_qty: qty, ask, ask_qty: qty }
    }

    fn advance_bar(&mut self, bar: Bar, exchange: &mut impl Exchange) {
        let bar = Bar { instrument: self.instrument, ..bar };
        let (point, now) = (PATH[self.point].0, at_point(&bar, self.point));
        exchange.apply(now, &MarketEvent::Path(point, bar));
        match point {
            PathPoint::Open => self.line_up_bar(now, bar.open, &bar, false),
            PathPoint::Close => self.line_up_bar(now, bar.close, &bar, true),
            PathPoint::FirstExtreme | PathPoint::SecondExtreme => {}
        }
        self.point += 1;
        if self.point == PATH.len() {
            (self.next, self.point) = (self.next + 1, 0);
        }
    }

    fn line_up_bar(&mut self, now: Timestamp, price: Price, bar: &Bar, closed: bool) {
        let local = self.local(now, now);
        self.line_up(local, now, MarketEvent::Quote(self.around(price, bar.volume)));
        if closed {
            self.line_up(local, now, MarketEvent::Bar(*bar));
        }
    }

    /// When the trader has a message. A modelled link keeps its messages in order.
    fn local(&mut self, exchange: Timestamp, recorded: Timestamp) -> Timestamp {
        match &mut self.latency {
            None => recorded,
            Some((latency, chance)) => {
                let delay = latency.delay(chance, &mut self.load, exchange);
                let times = self.distortion.as_mut().map_or(1, |distortion| distortion.times(exchange));
                latency.crowd(&mut self.load, exchange, times - 1);
                self.last_local = exchange.after(delay).max(self.last_local);
                self.last_local
            }
        }
    }

    /// Keeps pending deliveries in order of local time; recorded times are nearly so already.
    fn line_up(&mut self, local: Timestamp, exchange: Timestamp, event: MarketEvent) {
        self.insert(local, exchange, event, true);
    }

    fn insert(&mut self, local: Timestamp, exchange: Timestamp, event: MarketEvent, recorded: bool) {
        let (shown, times) = match &mut self.distortion {
            None => (Some(event), 1),
            Some(distortion) => (distortion.shown(exchange, event), distortion.times(exchange)),
        };
        let Some(event) = shown else { return };
        let later = self.pending.iter().rev().take_while(|delivery| delivery.local > local).count();
        for _ in 0..times {
            self.pending.insert(self.pending.len() - later, Delivery { local, exchange, event, recorded });
        }
    }
}

/// The records of a tape that count: whole messages from `from` on, before `to`.
fn counting(market: &MarketTape) -> (usize, usize) {
    let (from, to) = (market.from.unwrap_or(Timestamp::MIN), market.to.unwrap_or(Timestamp::MAX));
    let tape = &market.tape;
    let end = if to == Timestamp::MAX { tape.records.len() } else { tape.before(to) };
    (tape.before(from).min(end), end)
}

fn at_point(bar: &Bar, point: usize) -> Timestamp {
    bar.opened.after(Span(bar.length.0 / 3 * PATH[point].1 + if point == 3 { bar.length.0 % 3 } else { 0 }))
}
