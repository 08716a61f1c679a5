//! The rows of an order-book file: so many levels a side after every message, as LOBSTER
//! publishes them.

use super::fault::{EMPTY, NUMBER, RAGGED};
use super::source::{Line, Lines};
use super::table::cells;
use crate::bad_input::{BadInput, quoted};
use crate::market::Side;

/// What stands for the price of a level that is not there.
const NO_ASK: i64 = 9_999_999_999;
const NO_BID: i64 = -9_999_999_999;

/// How a message file compared with its order-book file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct PublishedRows {
    /// Rows that have one before them.
    pub compared: u64,
    /// Of these, the ones that the message makes of the row before, on every level both can know.
    pub equal: u64,
    /// Rows that differ from a book kept from the first row on, without ever starting again.
    pub chain_differs: u64,
    /// Last levels that came into view from below and were taken over into that book.
    pub revealed: u64,
}

/// What a message does to the displayed book.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message {
    Adds(Side, i64, i64),
    Takes(Side, i64, i64),
    Leaves,
}

/// Side, price and size of a level now.
pub(crate) type LevelNow = (Side, i64, i64);

/// The displayed levels of both sides, the best first: price and size.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ladder {
    bids: Vec<(i64, i64)>,
    asks: Vec<(i64, i64)>,
    depth: usize,
}

/// The order-book file, row after row, and the books kept beside it.
pub(crate) struct PublishedBook {
    lines: Lines,
    before: Option<Ladder>,
    chain: Option<Ladder>,
    pub(crate) rows: PublishedRows,
}

impl Ladder {
    const fn side(&self, side: Side) -> &Vec<(i64, i64)> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn apply(&mut self, message: Message) {
        let (side, price, size) = match message {
            Message::Adds(side, price, size) => (side, price, size),
            Message::Takes(side, price, size) => (side, price, -size),
            Message::Leaves => return,
        };
        let depth = self.depth;
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let at = levels.partition_point(|(other, _)| side.sign() * (other - price) > 0);
        match levels.get_mut(at).filter(|level| level.0 == price) {
            Some(level) => {
                level.1 += size;
                if level.1 <= 0 {
                    levels.remove(at);
                }
            }
            None if size > 0 => levels.insert(at, (price, size)),
            None => {}
        }
        levels.truncate(depth);
    }

    /// Whether the levels that both know are equal: a side that lost a level knows one less.
    fn agrees(&self, published: &Self) -> bool {
        [Side::Buy, Side::Sell].into_iter().all(|side| {
            let (known, row) = (self.side(side), published.side(side));
            known.len() <= row.len() && known[..] == row[..known.len()]
        })
    }

    /// Takes over the last level of a row, if it is the only one that is not known.
    fn take_over(&mut self, published: &Self) -> u64 {
        let mut taken = 0;
        for (mine, row) in [(&mut self.bids, &published.bids), (&mut self.asks, &published.asks)] {
            if mine.len() + 1 == row.len() && row.len() == published.depth {
                mine.extend(row.last());
                taken += 1;
            }
        }
        taken
    }

    /// The levels that differ from another book: side, price and size now.
    fn changes_from(&self, before: &Self) -> Vec<LevelNow> {
        let mut changes = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            let (old, new) = (before.side(side), self.side(side));
            let gone = old.iter().filter(|(price, _)| new.iter().all(|(other, _)| other != price));
            changes.extend(gone.map(|(price, _)| (side, *price, 0)));
            let fresh = new.iter().filter(|level| !old.contains(level));
            changes.extend(fresh.map(|(price, size)| (side, *price, *size)));
        }
        changes
    }
}

impl PublishedBook {
    pub(crate) fn new(lines: Lines) -> Self {
        Self { lines, before: None, chain: None, rows: PublishedRows::default() }
    }

    /// Goes to the row after the next message; says which levels changed, and whether the row is
    /// what the message makes of the row before.
    pub(crate) fn follow(&mut self, message: Message) -> Result<(Vec<LevelNow>, bool), BadInput> {
        let short = BadInput::new(EMPTY, self.lines.name(), "fewer rows than messages", "a row for every message");
        let row = parse_row(self.lines.next_line()?.ok_or(short)?)?;
        let empty = Ladder::default();
        let changed = row.changes_from(self.before.as_ref().unwrap_or(&empty));
        let mut equal = true;
        if let Some(mut made) = self.before.replace(row.clone()) {
            made.apply(message);
            equal = made.agrees(&row);
            self.rows.compared += 1;
            self.rows.equal += u64::from(equal);
        }
        match &mut self.chain {
            None => self.chain = Some(row),
            Some(chain) => {
                chain.apply(message);
                self.rows.revealed += chain.take_over(&row);
                self.rows.chain_differs += u64::from(*chain != row);
            }
        }
        Ok((changed, equal))
    }
}

/// Reads a row: ask price, ask size, bid price, bid size, level after level.
pub(crate) fn parse_row(line: Line<'_>) -> Result<Ladder, BadInput> {
    let cells = cells(line)?;
    if cells.is_empty() || cells.len() % 4 != 0 {
        let found = format!("{} cells", cells.len());
        return Err(line.complain(
            RAGGED,
            line.text,
            found,
            "ask price, ask size, bid price, bid size, again and again",
        ));
    }
    let whole = |text: &str| {
        text.parse::<i64>().map_err(|_| line.complain(NUMBER, text, quoted(text), "a whole number").field("level"))
    };
    let mut ladder = Ladder { depth: cells.len() / 4, ..Ladder::default() };
    for level in cells.chunks_exact(4) {
        let (ask, bid) = ((whole(level[0])?, whole(level[1])?), (whole(level[2])?, whole(level[3])?));
        if ask.0 != NO_ASK {
            ladder.asks.push(ask);
        }
        if bid.0 != NO_BID {
            ladder.bids.push(bid);
        }
    }
    Ok(ladder)
}
