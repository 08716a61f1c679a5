//! Row E: the flow of `benches/matching.rs` through other people's matching engines: 45 in 100 add, 45 cancel any live
//! order, 10 cross, at ten thousand live orders. A plain book of our own makes the flow and says what it must come to.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hint::black_box;

use orderbook_rs::{DefaultOrderBook, Id, Side as TheirSide, TimeInForce};
use seatrial_peers::{laps, line};

const LIVE: usize = 10_000;
const COMMANDS: usize = 200_000;
const LAPS: usize = 11;
const CENTRE: i64 = 60_000;

#[derive(Clone, Copy)]
enum Command {
    Add {
        id: u64,
        buy: bool,
        price: u64,
        qty: u64,
    },
    Cancel {
        id: u64,
    },
    /// Takes at any price; what is left over goes. The flow's limit, 50 ticks through, never binds.
    Cross {
        id: u64,
        buy: bool,
        qty: u64,
    },
}

/// The plainest book that is right: price levels in a tree, a queue each.
#[derive(Default)]
struct Plain {
    sides: [BTreeMap<i64, VecDeque<(u64, u64)>>; 2],
    where_is: HashMap<u64, (usize, i64)>,
    traded: u64,
}

impl Plain {
    /// Nearest to trading first in both trees: bids by the negative price.
    fn key(buy: bool, price: u64) -> (usize, i64) {
        if buy { (0, -(price as i64)) } else { (1, price as i64) }
    }

    fn tell(&mut self, command: Command) {
        match command {
            Command::Add { id, buy, price, qty } => {
                let (side, key) = Self::key(buy, price);
                self.sides[side].entry(key).or_default().push_back((id, qty));
                self.where_is.insert(id, (side, key));
            }
            Command::Cancel { id } => {
                let (side, key) = self.where_is.remove(&id).expect("a live order");
                let queue = self.sides[side].get_mut(&key).expect("its level");
                queue.retain(|order| order.0 != id);
                if queue.is_empty() {
                    self.sides[side].remove(&key);
                }
            }
            Command::Cross { buy, mut qty, .. } => {
                while qty > 0 {
                    let Some(mut level) = self.sides[usize::from(buy)].first_entry() else { return };
                    let first = level.get_mut().front_mut().expect("no level is empty");
                    let taken = qty.min(first.1);
                    (first.1, qty, self.traded) = (first.1 - taken, qty - taken, self.traded + taken);
                    if first.1 == 0 {
                        self.where_is.remove(&first.0);
                        level.get_mut().pop_front();
                    }
                    if level.get().is_empty() {
                        level.remove();
                    }
                }
            }
        }
    }
}

/// SplitMix64: a sequence of fixed seed without a crate.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % n
    }
}

struct Flow {
    chance: Chance,
    book: Plain,
    live: Vec<u64>,
    next: u64,
}

impl Flow {
    fn add(&mut self) -> Command {
        let buy = self.chance.below(2) == 0;
        let depth = 1 + (self.chance.below(30) * (1 + self.chance.below(30)) / 4) as i64;
        let price = if buy { CENTRE - depth } else { CENTRE + depth } as u64;
        self.next += 1;
        self.live.push(self.next);
        Command::Add { id: self.next, buy, price, qty: 1 + self.chance.below(100) }
    }

    fn cancel(&mut self) -> Command {
        loop {
            let place = self.chance.below(self.live.len() as u64) as usize;
            let id = self.live.swap_remove(place);
            if self.book.where_is.contains_key(&id) {
                return Command::Cancel { id };
            }
        }
    }

    fn cross(&mut self) -> Command {
        self.next += 1;
        Command::Cross { id: self.next, buy: self.chance.below(2) == 0, qty: 1 + self.chance.below(200) }
    }

    fn next(&mut self) -> Command {
        let command = match self.chance.below(100) {
            0..10 => self.cross(),
            _ if self.book.where_is.len() < LIVE => self.add(),
            10..55 => self.add(),
            _ => self.cancel(),
        };
        self.book.tell(command);
        command
    }
}

/// The orders that stand at the start, the commands, and the quantity they must trade.
fn flow() -> (Vec<Command>, Vec<Command>, u64) {
    let mut flow = Flow { chance: Chance(17), book: Plain::default(), live: Vec::new(), next: 0 };
    let start = (0..LIVE)
        .map(|_| {
            let command = flow.add();
            flow.book.tell(command);
            command
        })
        .collect();
    let commands = (0..COMMANDS).map(|_| flow.next()).collect();
    (start, commands, flow.book.traded)
}

mod by_lobster {
    use super::Command;
    use lobster::{FillMetadata, OrderBook, OrderEvent, OrderType, Side};

    pub fn tell(book: &mut OrderBook, commands: &[Command], mut heard: impl FnMut(&[FillMetadata])) {
        let side = |buy| if buy { Side::Bid } else { Side::Ask };
        for command in commands {
            let order = match *command {
                Command::Add { id, buy, price, qty } => OrderType::Limit { id: id.into(), side: side(buy), qty, price },
                Command::Cancel { id } => OrderType::Cancel { id: id.into() },
                Command::Cross { id, buy, qty } => OrderType::Market { id: id.into(), side: side(buy), qty },
            };
            match book.execute(order) {
                OrderEvent::Filled { fills, .. } | OrderEvent::PartiallyFilled { fills, .. } => heard(&fills),
                _ => {}
            }
        }
    }
}

fn lobster_row(start: &[Command], commands: &[Command], due: u64) {
    let prepare = || {
        let mut book = lobster::OrderBook::new(2 * LIVE, 64, false);
        by_lobster::tell(&mut book, start, |_| {});
        book
    };
    let mut traded = 0;
    by_lobster::tell(&mut prepare(), commands, |fills| traded += fills.iter().map(|fill| fill.qty).sum::<u64>());
    assert_eq!(traded, due, "lobster trades what the plain book trades");
    let seconds = laps(LAPS, prepare, |book| by_lobster::tell(book, commands, |fills| _ = black_box(fills)));
    print("lobster", "0.7.0", &seconds);
}

fn tell_orderbook_rs(book: &DefaultOrderBook, commands: &[Command], mut heard: impl FnMut(u64)) {
    let side = |buy| if buy { TheirSide::Buy } else { TheirSide::Sell };
    for command in commands {
        match *command {
            Command::Add { id, buy, price, qty } => {
                let added =
                    book.add_limit_order(Id::from_u64(id), price.into(), qty, side(buy), TimeInForce::Gtc, None);
                drop(black_box(added.expect("an order that does not trade is taken")));
            }
            Command::Cancel { id } => {
                let gone = book.cancel_order(Id::from_u64(id)).expect("a cancel is heard");
                drop(black_box(gone.expect("a live order")));
            }
            Command::Cross { id, buy, qty } => {
                let matched = book.submit_market_order(Id::from_u64(id), qty, side(buy)).expect("a deep book");
                heard(matched.executed_quantity().expect("a sum").as_u64());
            }
        }
    }
}

fn orderbook_rs_row(start: &[Command], commands: &[Command], due: u64) {
    let prepare = || {
        let book = DefaultOrderBook::new("BTC/USDT");
        tell_orderbook_rs(&book, start, |_| {});
        book
    };
    let mut traded = 0;
    tell_orderbook_rs(&prepare(), commands, |qty| traded += qty);
    assert_eq!(traded, due, "orderbook-rs trades what the plain book trades");
    let seconds = laps(LAPS, prepare, |book| tell_orderbook_rs(book, commands, |qty| _ = black_box(qty)));
    print("orderbook-rs", "0.15.3", &seconds);
}

fn print(peer: &str, version: &str, seconds: &[f64]) {
    let work = format!("{COMMANDS} commands, 45 add : 45 cancel : 10 cross, {LIVE} live");
    line("E", peer, version, &work, seconds, COMMANDS, "commands");
}

fn main() {
    let (start, commands, due) = flow();
    lobster_row(&start, &commands, due);
    orderbook_rs_row(&start, &commands, due);
}
