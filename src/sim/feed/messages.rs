//! Whole messages at once: by the gist of a tape, which all its runs share, an exchange passes over those that concern
//! nobody and reads the others by their levels.

use super::{Exchange, Feed};
use crate::data::{Message, Row, TapeRow};
use crate::market::{MarketEvent, Price, Qty, Quote, Side};
use crate::venue::Reading;

impl Feed {
    /// Tells the exchange the levels of every message that it passed over.
    #[inline]
    pub fn catch_up(&mut self, exchange: &mut impl Exchange) {
        if self.gist.is_some() && self.untold < self.next {
            exchange.recall(self.instrument, levels(&self.tape.rows()[self.untold..self.next]));
            self.untold = self.next;
        }
    }

    /// The message that is next, where its gist is known.
    fn message(&mut self) -> Option<Message> {
        let (gist, at) = self.gist.as_mut().filter(|_| self.next >= self.first)?;
        let messages = gist.messages();
        while messages.get(*at)?.rows.0 < self.next {
            *at += 1;
        }
        Some(messages[*at])
    }

    /// Plays the next message as a whole, if the exchange reads it so; the trader is told of it all the same.
    pub(super) fn advance_message(&mut self, rows: &[Row], exchange: &mut impl Exchange) -> bool {
        let Some(Message { rows: (first, end), extent, touch }) = self.message() else { return false };
        let (now, recorded) = rows[first].times();
        match exchange.reading(now, self.instrument, &extent, end - first) {
            Reading::Rows => return false,
            Reading::Over => {}
            Reading::Levels => {
                self.catch_up(exchange);
                exchange.take(now, self.instrument, levels(&rows[first..end]));
                self.untold = end;
            }
        }
        let local = self.local(now, recorded);
        if extent.last_trade.is_some() {
            for row in rows[first..end].iter().filter(|row| row.kind().is_trade()) {
                self.line_up(local, now, row.event(self.instrument));
            }
        }
        if extent.sets_levels() {
            self.line_up(local, now, MarketEvent::Quote(Quote { instrument: self.instrument, ..touch }));
        }
        self.next = end;
        true
    }
}

/// The levels among rows.
fn levels(rows: &[Row]) -> impl Iterator<Item = (Side, Price, Qty)> {
    rows.iter().filter_map(|row| Some((row.kind().side()?, row.price, row.qty())))
}
