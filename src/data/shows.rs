//! How much of a market its rows show: every level, the touch alone, or nothing but trades.
//!
//! It is told from the rows themselves, so that a recording and the Parquet made of it say the same. A tape
//! that never shows two levels of a side at the end of a message shows the touch: what rests behind it is not
//! empty but unknown.

use super::row::{Row, RowKind};
use super::tape::Records;
use crate::market::{Price, Side};

/// What of the book is seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Shows {
    /// Levels behind the touch, or single orders, or bars: everything that is to be told.
    #[default]
    Depth,
    /// The best bid and ask.
    Touch,
    /// Trades and no book.
    Trades,
}

/// Around what a touch is assumed that nobody recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Assumed {
    /// The prices of a bar's path.
    AroundBars,
    /// The last trade.
    AroundTrades,
}

impl Shows {
    /// What records show.
    #[must_use]
    pub fn of(records: &Records) -> Self {
        match records {
            Records::Rows(rows) => of_rows(rows.iter().copied()),
            Records::Streamed(rows) => of_rows(rows.iter()),
            Records::Orders(_) | Records::Bars(_) => Self::Depth,
        }
    }
}

fn of_rows(rows: impl Iterator<Item = Row>) -> Shows {
    let mut shown: [Vec<Price>; 2] = [Vec::new(), Vec::new()];
    let (mut booked, mut traded) = (false, false);
    for row in rows {
        let side = match row.kind() {
            RowKind::Bid => Some(Side::Buy),
            RowKind::Ask => Some(Side::Sell),
            RowKind::TradeBuy | RowKind::TradeSell | RowKind::TradeUnknown => {
                traded = true;
                None
            }
            RowKind::Session(_) | RowKind::Mark | RowKind::Index => None,
        };
        if let Some(side) = side {
            booked = true;
            let levels = &mut shown[side as usize];
            levels.retain(|price| *price != row.price);
            if !row.qty().is_zero() {
                levels.push(row.price);
            }
        }
        if row.last() && shown.iter().any(|levels| levels.len() > 1) {
            return Shows::Depth;
        }
    }
    match (booked, traded) {
        (true, _) => Shows::Touch,
        (false, true) => Shows::Trades,
        (false, false) => Shows::Depth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Qty, Timestamp};

    fn shows(rows: &[(RowKind, i64, i64, bool)]) -> Shows {
        let row = |(kind, price, qty, last): &(RowKind, i64, i64, bool)| {
            Row::new(Timestamp(1), Timestamp(1), Price(*price), Qty(*qty), *kind, *last)
        };
        Shows::of(&Records::Rows(rows.iter().map(row).collect()))
    }

    #[test]
    fn rows_say_how_much_they_show() {
        use RowKind::{Ask, Bid, Mark, TradeBuy};
        let touch = [(Bid, 9, 1, false), (Ask, 11, 1, true), (Bid, 10, 2, false), (Bid, 9, 0, true)];
        assert_eq!(shows(&touch), Shows::Touch, "two levels in the midst of a message are none too many");
        assert_eq!(shows(&[touch[0], touch[1], (Bid, 8, 1, true)]), Shows::Depth);
        assert_eq!(shows(&[(TradeBuy, 10, 1, true), (Mark, 10, 1, true)]), Shows::Trades);
        assert_eq!(shows(&[(Mark, 10, 1, true)]), Shows::Depth, "nothing shows nothing to be made of");
    }
}
