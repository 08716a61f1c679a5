//! The order-by-order book against LOBSTER's published NASDAQ books: whatever pairs of message and order-book
//! files lie in `../shared/data/lobster` (its README says how they are read).
//!
//! Transitions: the published row before, one message, and every level both sides can know must equal the
//! published row after. Chain: never set anew; only a last level that comes into view is taken over.
//! Orders nobody has seen arrive stand in their level as one crowd, and what happens to them happens to it.
//!
//! To repeat: `cargo test --no-default-features --features simulator --test matching_lobster -- --nocapture`.

#![cfg(feature = "simulator")]

#[path = "venue_capture/mod.rs"]
mod venue_capture;

use seatrial::market::{OrderId, Price, Qty, Side};
use seatrial::venue::matching::OrderBook;

const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

type Levels = Vec<(Price, Qty)>;

struct Message {
    kind: u8,
    id: OrderId,
    qty: Qty,
    price: Price,
    side: Side,
}

fn message(line: &str) -> Message {
    let f: Vec<&str> = line.split(',').collect();
    let number = |k: usize| -> i64 { f[k].parse().unwrap_or_else(|_| panic!("field {k} of `{line}`")) };
    let side = if number(5) == 1 { Side::Buy } else { Side::Sell };
    let kind = u8::try_from(number(1)).expect("a message type");
    Message { kind, id: OrderId(number(2).unsigned_abs()), qty: Qty(number(3)), price: Price(number(4)), side }
}

/// Bids and asks of a published row.
fn row(line: &str) -> [Levels; 2] {
    let numbers: Vec<i64> = line.split(',').map(|text| text.trim().parse().expect("a whole number")).collect();
    let levels = |at: usize| {
        let level = |group: &[i64]| (Price(group[at]), Qty(group[at + 1]));
        numbers.chunks_exact(4).map(level).filter(|(_, qty)| !qty.is_zero()).collect()
    };
    [levels(2), levels(0)]
}

/// The order that stands for all unseen ones of a level.
fn crowd(side: Side, price: Price) -> OrderId {
    OrderId(1 << 62 | u64::from(side == Side::Sell) << 61 | price.0.unsigned_abs())
}

fn fill(book: &mut OrderBook, side: Side, levels: &[(Price, Qty)]) {
    for (price, qty) in levels {
        assert!(book.add(crowd(side, *price), side, *price, *qty), "a level is there once");
    }
}

/// What a message does; false if it names what is not there.
fn apply(book: &mut OrderBook, message: &Message) -> bool {
    let Message { kind, id, qty, price, side } = *message;
    match kind {
        1 => book.add(id, side, price, qty),
        2..=4 => {
            let known = book.get(id).is_some_and(|order| order.price == price && order.side == side);
            let gone = match (known, kind) {
                (false, _) => book.reduce(crowd(side, price), qty),
                (true, 4) => book.execute(id, qty),
                (true, 3) => book.delete(id),
                (true, _) => book.reduce(id, qty),
            };
            gone == Some(qty)
        }
        // A hidden order traded, a cross, a halt: the book shows nothing of it.
        _ => true,
    }
}

fn levels(book: &OrderBook, side: Side, most: usize) -> Levels {
    book.levels(side).take(most).collect()
}

/// Rows that differ after one message from the row before.
fn transitions(messages: &[Message], rows: &[[Levels; 2]], depth: usize) -> usize {
    let mut book = OrderBook::new();
    let mut differ = 0;
    for (k, message) in messages.iter().enumerate().skip(1) {
        book.clear();
        for (side, published) in SIDES.into_iter().zip(&rows[k - 1]) {
            fill(&mut book, side, published);
        }
        let mut fine = apply(&mut book, message);
        for ((side, before), after) in SIDES.into_iter().zip(&rows[k - 1]).zip(&rows[k]) {
            let ours = levels(&book, side, depth);
            // A level that comes into view from below a full side cannot be known.
            let known = if before.len() == depth { ours.len() } else { depth };
            fine &= ours == after[..known.min(after.len())];
        }
        differ += usize::from(!fine);
    }
    differ
}

/// Rows that differ in a chain, and last levels that were taken over.
fn chain(messages: &[Message], rows: &[[Levels; 2]], depth: usize) -> (usize, usize) {
    let mut book = OrderBook::new();
    let (mut differ, mut revealed) = (0, 0);
    for (side, published) in SIDES.into_iter().zip(&rows[0]) {
        fill(&mut book, side, published);
    }
    for (k, message) in messages.iter().enumerate().skip(1) {
        let mut fine = apply(&mut book, message);
        for (side, published) in SIDES.into_iter().zip(&rows[k]) {
            let mut ours = levels(&book, side, depth + 1);
            if ours.len() > depth {
                let lost: Vec<OrderId> =
                    book.queue(side).skip_while(|order| order.price != ours[depth].0).map(|order| order.id).collect();
                for id in lost {
                    book.delete(id);
                }
                ours.truncate(depth);
            }
            if ours.len() + 1 == depth && published.len() == depth {
                fill(&mut book, side, &published[depth - 1..]);
                ours = levels(&book, side, depth);
                revealed += 1;
            }
            fine &= &ours == published;
        }
        differ += usize::from(!fine);
    }
    (differ, revealed)
}

#[test]
fn every_published_row_is_reached() {
    let Some(folder) = venue_capture::data("lobster") else { return };
    let names = std::fs::read_dir(folder).expect("the folder can be read");
    let names = names.map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned());
    let mut files: Vec<String> = names.filter(|name| name.contains("_message_")).collect();
    files.sort();
    assert!(!files.is_empty(), "lobster holds no messages");
    for file in files {
        let depth =
            file.rsplit('_').next().and_then(|end| end.split('.').next()).expect("the name ends with its depth");
        let depth: usize = depth.parse().expect("a number of levels");
        let (told, shown) =
            (format!("lobster/{file}"), format!("lobster/{}", file.replace("_message_", "_orderbook_")));
        let messages: Vec<Message> = venue_capture::lines(&told).expect("listed").map(|line| message(&line)).collect();
        let rows: Vec<[Levels; 2]> = venue_capture::lines(&shown).expect("its rows").map(|line| row(&line)).collect();
        assert_eq!(messages.len(), rows.len(), "{file}: a row for every message");
        let wrong = transitions(&messages, &rows, depth);
        let (differ, revealed) = chain(&messages, &rows, depth);
        let all = messages.len() - 1;
        println!(
            "{file}: {} of {all} transitions; chain: {differ} rows differ, {revealed} levels revealed",
            all - wrong
        );
        assert_eq!((wrong, differ), (0, 0), "{file}");
        if file.starts_with("GOOG_2012-06-21") {
            assert_eq!((all, revealed), (147_915, 44_451), "{file}: as its README counts");
        }
    }
}
