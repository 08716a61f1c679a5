//! The matching book: one instrument's orders, matched by price and time, order by order.
//!
//! [`Engine`] is handed the time and one [`Input`] and appends [`Output`]s. It promises that nobody
//! trades beyond a limit, that at a price whoever came first trades first, that what is bought is
//! sold, and that the same inputs give the same outputs and the same book. A naive book in
//! `tests/matching_oracle` that shares no code with it says the same, command by command. [`OrderBook`]
//! is the book inside it, and by itself the book of a recorded order-by-order feed.
//!
//! It knows no money, no fees and no accounts but positions it is told to keep; it remembers no order
//! that has ended; it reads no clock, and nothing is random. In a steady state it allocates nothing,
//! except to price an auction.
//!
//! # What it assumes, for a sceptic
//!
//! Each paragraph has a test of its name in `tests/matching_rules.rs`.
//!
//! **The best price trades first, then the first to come**, at the price of the order that rests. A trade
//! never improves on it, and a taker goes on to the next price only when nobody is left at this one.
//!
//! **An amend down in quantity keeps its place. An amend up, or of a price, loses it**: the order comes
//! to the market anew, takes what its new price reaches, and joins the back. The quantity named is the
//! total with what has traded; no more than has traded ends the order. Of an iceberg the reserve goes first.
//!
//! **An iceberg's refill joins the back** of its price, in the midst of an order that takes and in an
//! auction too. What is shown is never more than the peak, and an iceberg that takes, takes with all it has.
//!
//! **Hidden orders rank behind displayed ones at the same price**, whenever they came; reserves that are
//! shown anew rank before them. A better price ranks before both, hidden or not.
//!
//! **The least quantity is asked of new orders, peaks and amends**, not of what is left after a trade.
//!
//! **An IOC takes what it finds and its rest ends**; so does a market order's, which has no price to rest at.
//!
//! **Fill-or-kill counts hidden liquidity**, and reserves: it trades whole or not at all. An order of its
//! own owner ends the count, or is passed over where self-trade prevention would cancel it. Reduce-only
//! orders are not counted, for they may turn out to be less.
//!
//! **A post-only order that would take is refused**, also where only a hidden order or its owner's own
//! would be met. It is never slid to another price. An amend that would take is refused and changes nothing.
//!
//! **A stop fires on the last trade**, each trade of a sweep counted; a target likewise, from the other
//! side. What one command touched goes to the market once its trades are done, in the order it came;
//! what it touches in turn follows behind (a cascade). A trigger that is touched already is refused.
//!
//! **The price band refuses limits outside it and stops market orders at it**; what is left of them ends. A
//! band that moves ends the bids above it and the asks below it, so that no trade is outside; asks above
//! and bids below stay, out of reach until it comes back. A touched stop whose limit is outside ends.
//! Triggers are prices to look at and may lie outside.
//!
//! **An auction trades at the price of the greatest volume**, then of the least surplus, then by market
//! pressure: the highest where buyers are left over at every such price, the lowest where sellers are,
//! otherwise the nearest to the reference price, or to the last trade, or to the middle. Prices between
//! limits count. Shanghai's rule takes the middle of the limits that tie instead, if all who bid more and
//! all who ask less trade in full there ([`Tie::Middle`]).
//!
//! **An auction fills by price, then time**, buyers and sellers from their fronts, everyone at the one price.
//! Self-trade prevention does not act, for nobody takes. Hidden orders and reserves count in full.
//!
//! **In a call orders rest without trading**, IOC, fill-or-kill and reduce-only are refused, and what is
//! reduce-only and rests ends when it begins. A market order waits before every limit, unseen, and ends if the
//! auction leaves it over. Triggers wait. Going over to continuous trading uncrosses what is crossed, and
//! triggers then look at the last trade there is.
//!
//! **A halt takes cancels and nothing else.** Expiry goes on. The close is a halt that ends day orders.
//!
//! **Self-trade prevention is the taker's wish**: cancel newest ends the taker, cancel oldest the one that
//! rests, cancel both does both, and decrement takes the smaller's size from both without a trade. Orders
//! of an owner trade with each other where the taker says nothing, and [`Owner::ANYBODY`] is never prevented.
//!
//! **A reduce-only order trades no more than is left to reduce** of the position the engine was told and has
//! kept since, and ends once nothing is, waiting or not: those that rest at the latest after the command.
//!
//! **A good-till-date order ends at its instant**, before whatever else happens then.

mod amending;
mod arrival;
mod auction;
mod book;
mod directory;
mod ending;
mod queue;
mod taking;
mod triggers;
mod words;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

pub use auction::Indication;
pub use book::{Ahead, OrderBook, Standing};
pub use words::{
    Arrival, Band, Display, Ended, Input, Match, Output, Owner, Phase, Refusal, SelfTrade, Stay, Terms, Tie,
};

use crate::market::{OrderId, Price, Qty, Timestamp};

use queue::{Place, Shelf};

/// The matching engine of one instrument.
#[derive(Clone, Debug)]
pub struct Engine {
    terms: Terms,
    band: Option<Band>,
    phase: Phase,
    book: OrderBook,
    /// What each live order asks for, by its place: its total quantity and what it has become.
    asked: Vec<Arrival>,
    last: Option<Price>,
    /// Lowest and highest trade that stops have not looked at: none while the lowest is above the highest.
    swing: (Price, Price),
    /// Stops that were touched and have not gone to the market yet.
    touched: VecDeque<Arrival>,
    /// Expiries, with those of orders that have ended since.
    due: BinaryHeap<Reverse<(Timestamp, u64, Place)>>,
    /// The earliest of them, so that an idle command is one compare.
    next_due: Timestamp,
    /// Reduce-only orders by arrival, with some that have ended since.
    reducers: Vec<(u64, Place)>,
    /// Positions that are kept, by owner.
    positions: Vec<Option<Qty>>,
    /// A kept position changed while reduce-only orders were about.
    turned: bool,
    /// Orders to end, kept to spare the allocation.
    scratch: Vec<(u64, Place)>,
}

/// No trade that stops have not looked at.
const STILL: (Price, Price) = (Price(i64::MAX), Price(i64::MIN));

impl Engine {
    /// An empty book in continuous trading, without a band.
    ///
    /// # Panics
    /// When tick, lot or least quantity is not above zero: a defect of the program that set it up.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        assert!(terms.tick.0 > 0 && terms.lot.0 > 0 && terms.least.0 > 0, "a grid is above zero");
        Self {
            terms,
            band: None,
            phase: Phase::Continuous,
            book: OrderBook::new(),
            asked: Vec::new(),
            last: None,
            swing: STILL,
            touched: VecDeque::new(),
            due: BinaryHeap::new(),
            next_due: Timestamp::MAX,
            reducers: Vec::new(),
            positions: Vec::new(),
            turned: false,
            scratch: Vec::new(),
        }
    }

    /// One input at its time; what it did is appended.
    #[inline]
    pub fn step(&mut self, now: Timestamp, input: &Input, out: &mut Vec<Output>) {
        self.on_time(now, out);
        match *input {
            Input::New(ref order) => self.on_new(now, order, out),
            Input::Amend { id, qty, kind } => self.on_amend(id, qty, kind, out),
            Input::Cancel(id) => self.on_cancel(id, out),
            Input::CancelAll(owner) => self.on_cancel_all(owner, out),
            Input::Phase(phase) => self.on_phase(phase, out),
            Input::Uncross(reference) => self.on_uncross(reference, out),
            Input::Band(band) => self.on_band(band, out),
            Input::Position(owner, qty) => self.on_position(owner, qty),
        }
        if self.swing != STILL {
            if self.book.is_bare(Shelf::Rising) && self.book.is_bare(Shelf::Falling) {
                self.swing = STILL;
            } else {
                self.release_touched(out);
            }
        }
        if self.turned {
            self.end_reducers(out);
        }
    }

    /// Time passes: orders expire.
    #[inline]
    pub fn on_time(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if now >= self.next_due {
            self.expire(now, out);
        }
    }

    /// When it next wants [`Engine::on_time`]; perhaps for an order that has ended since.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        (self.next_due < Timestamp::MAX).then_some(self.next_due)
    }

    /// The orders in the book and those that wait: levels, queues, places.
    #[must_use]
    pub const fn book(&self) -> &OrderBook {
        &self.book
    }

    /// Orders that wait for a last trade at their trigger: those it must rise to, then those it must fall to.
    pub fn waiting(&self) -> impl Iterator<Item = Standing> + '_ {
        self.book.standing(Shelf::Rising).chain(self.book.standing(Shelf::Falling))
    }

    /// What a live order asks for now: its total quantity, and the kind it has become.
    #[must_use]
    pub fn asked(&self, id: OrderId) -> Option<&Arrival> {
        self.book.find(id).map(|place| &self.asked[place as usize])
    }

    /// The price of the last trade.
    #[must_use]
    pub const fn last(&self) -> Option<Price> {
        self.last
    }

    /// The phase of the market.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The price band.
    #[must_use]
    pub const fn band(&self) -> Option<Band> {
        self.band
    }

    /// An owner's position, if it is kept.
    #[must_use]
    pub fn position(&self, owner: Owner) -> Option<Qty> {
        self.positions.get(owner.0 as usize).copied().flatten()
    }
}

/// An order on its way to the market.
struct Taker<'a> {
    terms: &'a Arrival,
    /// Its total quantity now: self-trade prevention may take of it.
    qty: Qty,
    left: Qty,
}

impl<'a> Taker<'a> {
    fn new(terms: &'a Arrival, left: Qty) -> Self {
        Self { terms, qty: terms.qty, left }
    }
}
