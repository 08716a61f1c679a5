//! Our orders in a matching book: where the market is made by agents, an order of ours meets theirs, and they
//! meet ours.
//!
//! The book decides who trades and at which price; here that is booked, reported and told to the public.
//! The account pays or the order ends: what an order cannot pay it never asks the book for.

use super::background::OURS;
use super::fills::levels;
use super::matching::{Arrival, Ended, Input, Output, Stay};
use super::resting::{Life, Number, place};
use super::{NO_HOLD, Venue};
use crate::market::{
    CancelledBecause, Contract, InstrumentId, Liquidity, MarketEvent, OrderId, Price, Qty, Side, TimeInForce,
    Timestamp, Trade, VenueMessage,
};

/// The book's name of an order of ours.
pub(super) fn matched_id(number: Number) -> OrderId {
    OrderId(u64::from(number) + 1)
}

/// The order of ours that the book names, if it is one.
fn ours(id: OrderId) -> Option<Number> {
    Number::try_from(id.0.checked_sub(1)?).ok()
}

/// How far an order's means reach.
struct Means {
    /// Whether they reach for all of it.
    whole: bool,
    /// What of it they reach for, of what is displayed.
    qty: Qty,
    /// The worst displayed price they reach; none where nothing is displayed that it may take.
    worst: Option<Price>,
}

impl Venue {
    /// Whether an order's market is made by agents.
    pub(super) fn is_matched(&self, number: Number) -> bool {
        self.markets[self.market_of(number)].background.is_some()
    }

    /// The market that is made by agents and whose agents act next, and when.
    pub(super) fn next_actors(&self) -> Option<(Timestamp, usize)> {
        let next = |(at, market): (usize, &super::Market)| Some((market.background.as_ref()?.next(), at));
        self.markets.iter().enumerate().filter_map(next).min().filter(|(at, _)| *at < Timestamp::MAX)
    }

    /// Lets whoever is next in a market act.
    pub(super) fn let_act(&mut self, now: Timestamp, at: usize, out: &mut Vec<VenueMessage>) {
        let market = &mut self.markets[at];
        let open = market.session.lets_act();
        let Some(background) = &mut market.background else { return };
        let mut said = std::mem::take(&mut self.said);
        background.act(open, &mut said);
        self.happened(now, at, &said, out);
        said.clear();
        self.said = said;
        self.settle_positions(now, out);
    }

    /// An order goes to the book: it takes what it reaches and can pay, and what may rest does.
    pub(super) fn enter(&mut self, now: Timestamp, number: Number, out: &mut Vec<VenueMessage>) {
        let order = self.orders.get(number);
        let (terms, qty) = (order.terms, order.leaves());
        let at = place(terms.instrument);
        // How much of it reduces is the book's to watch.
        if terms.reduce_only && self.reducible(&terms).is_zero() {
            return self.cancel_remainder(now, number, CancelledBecause::ReduceOnly, out);
        }
        let means = if self.markets[at].gathers() {
            // It takes nothing now, and what it would cost is held.
            Means { whole: true, qty: Qty::ZERO, worst: None }
        } else {
            self.means(now, number, qty)
        };
        let short = if means.whole { CancelledBecause::Remainder } else { CancelledBecause::Venue };
        let stay = match terms.tif {
            // Its end is the venue's to watch.
            TimeInForce::Gtc | TimeInForce::Gtd(_) => Stay::Gtc,
            TimeInForce::Ioc => Stay::Ioc,
            TimeInForce::Fok => Stay::Fok,
        };
        let (limit, qty, stay) = match (terms.kind.limit(), means.worst) {
            (Some(limit), _) if means.whole => (limit, qty, stay),
            _ if terms.tif == TimeInForce::Fok && !means.whole => {
                return self.cancel_remainder(now, number, CancelledBecause::FillOrKill, out);
            }
            (_, Some(worst)) if !means.qty.is_zero() => (worst, means.qty, Stay::Ioc),
            _ => return self.cancel_remainder(now, number, short, out),
        };
        let arrival = Arrival {
            owner: OURS,
            stay,
            post_only: terms.post_only && stay == Stay::Gtc,
            reduce_only: terms.reduce_only && self.config.instruments[at].contract != Contract::Spot,
            self_trade: self.config.self_trade,
            ..Arrival::limit(matched_id(number), terms.side, limit, qty)
        };
        let position = self.account.position(terms.instrument);
        let mut said = Vec::new();
        let background = self.markets[at].background.as_mut().expect("the order's market is matched");
        if arrival.reduce_only {
            background.step(now, &Input::Position(OURS, position), &mut said);
        }
        background.step(now, &Input::New(arrival), &mut said);
        self.happened(now, at, &said, out);
        let rests = self.markets[at].background.as_ref().is_some_and(|book| book.holds(arrival.id));
        if self.orders.get(number).life == Life::Open && !rests {
            self.cancel_remainder(now, number, short, out);
        }
    }

    /// What of an order the account can pay at displayed prices: whatever is hidden is no dearer.
    fn means(&mut self, now: Timestamp, number: Number, qty: Qty) -> Means {
        let order = self.orders.get(number);
        let (terms, hold) = (order.terms, order.hold);
        let at = place(terms.instrument);
        let mut plan = std::mem::take(&mut self.scratch);
        plan.clear();
        let lot = self.config.instruments[at].rules(now).lot;
        let bound = self.markets[at].background.as_ref().and_then(|background| background.bound(terms.side));
        let wanted = (terms.side, terms.kind.limit().or(bound), qty);
        levels(&self.markets[at], wanted, lot, self.models[at].profile, &mut plan);
        let mut means = Means { whole: true, qty: Qty::ZERO, worst: None };
        self.account.release(&hold);
        for (price, here) in &plan {
            let done = self.settlement(now, number, *price, means.qty + *here, Liquidity::Taker);
            if !self.can_pay(&self.config.instruments[at], &done, now) {
                means.whole = false;
                break;
            }
            means.qty += *here;
            means.worst = Some(*price);
        }
        self.account.hold(&hold);
        self.scratch = plan;
        means
    }

    /// An order of ours is smaller and keeps its place.
    pub(super) fn shrink_matched(&mut self, now: Timestamp, number: Number) {
        let order = self.orders.get(number);
        let (leaves, kind) = (order.leaves(), order.terms.kind);
        let at = self.market_of(number);
        if let Some(background) = &mut self.markets[at].background {
            background.shrink(now, matched_id(number), leaves, kind);
        }
    }

    /// Books, reports and publishes what the book said.
    fn happened(&mut self, now: Timestamp, at: usize, said: &[Output], out: &mut Vec<VenueMessage>) {
        let instrument = self.config.instruments[at].id;
        for output in said {
            match *output {
                Output::Traded(traded) => {
                    for (id, side) in [(traded.buyer, Side::Buy), (traded.seller, Side::Sell)] {
                        let liquidity = if traded.taker == Some(side) { Liquidity::Taker } else { Liquidity::Maker };
                        if let Some(number) = ours(id) {
                            self.matched_fill(now, number, (traded.price, traded.qty), liquidity, out);
                        }
                    }
                }
                Output::Cancelled(id, _, why) => {
                    if let Some(number) = ours(id) {
                        self.cancel_remainder(now, number, because(why), out);
                    }
                }
                Output::Rejected(id, _) => {
                    if let Some(number) = ours(id) {
                        self.cancel_remainder(now, number, CancelledBecause::Venue, out);
                    }
                }
                _ => {}
            }
        }
        let turned = self.heed_phase(at, instrument, out);
        for output in said {
            if let Output::Traded(traded) = *output {
                let trade = Trade { instrument, price: traded.price, qty: traded.qty, taker: traded.taker };
                self.published.push((now, MarketEvent::Trade(trade)));
                self.on_trade(now, &trade, out);
            }
        }
        if turned {
            self.session_turned(now, instrument, out);
        }
        self.publish_touch(now, at, instrument, out);
    }

    /// The market may have opened, closed or stopped by itself: then it says so before its trades, so that a trigger
    /// that the last of them touched fires into the market as it is now.
    fn heed_phase(&mut self, at: usize, instrument: InstrumentId, out: &mut Vec<VenueMessage>) -> bool {
        let market = &mut self.markets[at];
        let Some(background) = &market.background else { return false };
        let turned = market.session.turn(background.state());
        if turned {
            out.push(VenueMessage::Session { instrument, state: market.session.state() });
            // The touch is news again, once it is shown.
            market.published = None;
        }
        turned
    }

    /// The public hears of a new touch, and what waits for it looks at it.
    fn publish_touch(&mut self, now: Timestamp, at: usize, instrument: InstrumentId, out: &mut Vec<VenueMessage>) {
        let market = &mut self.markets[at];
        if market.gathers() {
            return;
        }
        let touch = market.touch(instrument);
        if market.published == Some(touch) {
            return;
        }
        market.published = Some(touch);
        self.published.push((now, MarketEvent::Quote(touch)));
        if market.has_orders() {
            self.book_settled(now, instrument, out);
        }
    }

    /// Books an execution of an order of ours that the book decided on.
    fn matched_fill(
        &mut self,
        now: Timestamp,
        number: Number,
        (price, qty): (Price, Qty),
        liquidity: Liquidity,
        out: &mut Vec<VenueMessage>,
    ) {
        let terms = self.orders.get(number).terms;
        let hold = std::mem::replace(&mut self.orders.get_mut(number).hold, NO_HOLD);
        self.account.release(&hold);
        let price = self.worsened(now, number, price);
        let done = self.settlement(now, number, price, qty, liquidity);
        self.book(now, number, liquidity, &done, out);
        if self.orders.get(number).leaves().0 <= 0 {
            self.end(now, number, Life::Filled);
        } else if terms.reduce_only && self.reducible(&terms).is_zero() {
            self.cancel_remainder(now, number, CancelledBecause::ReduceOnly, out);
        } else {
            self.hold_again(now, number);
        }
    }

    /// What is open of an order of ours in the matching book, if it is there.
    #[must_use]
    pub fn matched_open(&self, id: OrderId) -> Option<Qty> {
        let number = self.orders.find(id)?;
        let background = self.markets[self.market_of(number)].background.as_ref()?;
        background.engine.book().get(matched_id(number)).map(|order| order.open)
    }

    /// Whether the venue's open orders are those of ours that the matching books hold, with as much left; an error
    /// says where they part.
    pub fn check_matched(&self) -> Result<(), String> {
        for number in self.orders.open.iter().filter(|number| self.is_matched(**number)) {
            let order = self.orders.get(*number);
            let held = self.matched_open(order.terms.id);
            let expected = order.trigger().is_none().then(|| order.leaves());
            if held != expected {
                return Err(format!("{:?}: the book holds {held:?}, the venue {expected:?}", order.terms));
            }
        }
        let held = |market: &super::Market| {
            let books = market.background.iter();
            books.map(|book| book.engine.book().orders_of(OURS)).sum::<usize>()
        };
        let waiting = |number: &&Number| self.is_matched(**number) && self.orders.get(**number).trigger().is_none();
        let (books, ours) =
            (self.markets.iter().map(held).sum::<usize>(), self.orders.open.iter().filter(waiting).count());
        if books == ours { Ok(()) } else { Err(format!("the books hold {books} orders of ours, the venue {ours}")) }
    }

    /// Whether the public was told something that is not taken yet.
    #[must_use]
    pub const fn has_published(&self) -> bool {
        !self.published.is_empty()
    }

    /// What the public is told, in order: of markets made by agents alone, for a recorded one tells itself.
    pub fn drain_published(&mut self) -> impl Iterator<Item = (Timestamp, MarketEvent)> + '_ {
        self.published.drain(..)
    }
}

const fn because(why: Ended) -> CancelledBecause {
    match why {
        Ended::Requested => CancelledBecause::Requested,
        Ended::Remainder => CancelledBecause::Remainder,
        Ended::FillOrKill => CancelledBecause::FillOrKill,
        Ended::NothingToReduce => CancelledBecause::ReduceOnly,
        Ended::Band | Ended::WouldTake | Ended::SelfTrade | Ended::Amended | Ended::Expired | Ended::Auction => {
            CancelledBecause::Venue
        }
    }
}
