//! The gist of a tape: of every message how many rows it has, how far it reaches and what the touch is after it,
//! worked out once for all runs of the tape.
//!
//! Most messages concern no order of anybody's. Whoever keeps a public book can pass over one of them by its reach
//! alone, and learn what it set when the book is next looked at. What is told of it is the touch that is kept here.

use super::row::{Row, RowKind};
use super::shows::Shows;
use super::tape::Records;
use crate::market::{Book, Extent, InstrumentId, Quote, Side};

/// A gist is worth its room where a message has at least so many rows, all in all.
const ROWS_LEAST: usize = 2;

/// One message: rows that stand together in a tape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its first row, and the first of the next message.
    pub rows: (usize, usize),
    /// How far it reaches.
    pub extent: Extent,
    /// The touch of the public book after it, of instrument 0.
    pub touch: Quote,
}

/// Every message of a tape, in its order.
#[derive(PartialEq, Eq, Debug)]
pub struct Gist(Vec<Message>);

impl Gist {
    /// The gist of records; none where they are not rows that show a book's depth, or say little at a time.
    #[must_use]
    pub fn of(records: &Records, shows: Shows) -> Option<Self> {
        let Records::Rows(rows) = records else { return None };
        Self::size(records, shows)?;
        let (mut book, mut first) = (Book::new(), 0);
        let told = rows.chunk_by(|row, _| !row.last()).map(|message| {
            let extent = message.iter().fold(Extent::NOTHING, with);
            // One that never ends leaves the book unsettled, which only its rows say.
            let extent = Extent { plain: extent.plain && message.last().is_some_and(Row::last), ..extent };
            for row in message {
                if let Some(side) = row.kind().side() {
                    book.set(side, row.price, row.qty());
                }
            }
            let rows = (first, first + message.len());
            first = rows.1;
            Message { rows, extent, touch: book.touch(InstrumentId(0)) }
        });
        Some(Self(told.collect()))
    }

    /// Bytes that it would take in memory; none where there is none.
    #[must_use]
    pub fn size(records: &Records, shows: Shows) -> Option<u64> {
        let Records::Rows(rows) = records else { return None };
        let messages = rows.iter().filter(|row| row.last()).count();
        let worth_it = shows == Shows::Depth && messages * ROWS_LEAST <= rows.len();
        worth_it.then_some((messages * size_of::<Message>()) as u64)
    }

    /// The messages.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.0
    }

    /// Bytes it takes in memory.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        size_of_val(self.0.as_slice()) as u64
    }
}

/// A message's extent with one more row.
fn with(extent: Extent, row: &Row) -> Extent {
    let mut extent = extent;
    match row.kind() {
        RowKind::Bid => extent.levels[Side::Buy as usize] = extent.levels(Side::Buy).with(row.price),
        RowKind::Ask => extent.levels[Side::Sell as usize] = extent.levels(Side::Sell).with(row.price),
        RowKind::TradeBuy | RowKind::TradeSell | RowKind::TradeUnknown => {
            (extent.trades, extent.last_trade) = (extent.trades.with(row.price), Some(row.price));
        }
        RowKind::Session(_) | RowKind::Mark | RowKind::Index => extent.plain = false,
    }
    extent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Price, Qty, Reach, Timestamp};

    fn row(price: i64, qty: i64, kind: RowKind, last: bool) -> Row {
        Row::new(Timestamp(0), Timestamp(0), Price(price), Qty(qty), kind, last)
    }

    #[test]
    fn a_message_says_how_far_it_reaches_and_what_the_touch_is_then() {
        let rows = vec![
            row(99, 5, RowKind::Bid, false),
            row(101, 4, RowKind::Ask, false),
            row(103, 1, RowKind::Ask, true),
            row(101, 2, RowKind::TradeBuy, false),
            row(101, 0, RowKind::Ask, true),
            row(1, 1, RowKind::Mark, false),
            row(98, 1, RowKind::Bid, true),
            row(97, 1, RowKind::Bid, false),
        ];
        let gist = Gist::of(&Records::Rows(rows), Shows::Depth).expect("it says much at a time");
        let told: Vec<_> = gist.messages().iter().map(|message| (message.rows, message.extent.plain)).collect();
        assert_eq!(told, [((0, 3), true), ((3, 5), true), ((5, 7), false), ((7, 8), false)], "what never ends too");
        let [first, second, ..] = gist.messages() else { panic!("four messages") };
        assert_eq!(first.extent.levels(Side::Sell), Reach { low: Price(101), high: Price(103) });
        assert_eq!((first.extent.trades, first.extent.last_trade), (Reach::NOWHERE, None));
        assert_eq!((first.touch.bid, first.touch.ask, first.touch.ask_qty), (Price(99), Price(101), Qty(4)));
        assert_eq!(second.extent.last_trade, Some(Price(101)));
        assert_eq!((second.touch.bid, second.touch.ask, second.touch.ask_qty), (Price(99), Price(103), Qty(1)));
    }

    #[test]
    fn it_is_made_where_there_is_much_to_pass_over() {
        let single: Vec<Row> = (0..10).map(|price| row(price + 1, 1, RowKind::Bid, true)).collect();
        assert_eq!(Gist::of(&Records::Rows(single.clone()), Shows::Depth), None);
        let several = single.chunks(2).flat_map(|two| [row(two[0].price.0, 1, RowKind::Bid, false), two[1]]).collect();
        let several = Records::Rows(several);
        assert!(Gist::of(&several, Shows::Depth).is_some());
        assert_eq!(Gist::of(&several, Shows::Touch), None);
        assert_eq!(Gist::of(&Records::Bars(Vec::new()), Shows::Depth), None);
    }
}
