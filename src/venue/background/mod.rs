//! A market made by agents: their orders and ours meet in one matching book, so that what we do has an
//! effect, on them and on the price.
//!
//! [`Background`] is asked when somebody acts next, and lets them act; what the book says of it is
//! appended. It promises the same market for the same terms and chance, as long as nobody else sends it
//! anything. It keeps no account but the agents' positions, charges them nothing and never lets one run
//! out of money: an agent is a force, no firm.

#![expect(
    clippy::float_arithmetic,
    reason = "architecture §5 allows floats here; what leaves the module is an integer"
)]

mod agents;
mod clock;
mod dice;
mod fit;
mod floor;
mod hawkes;
#[cfg(test)]
mod laws;
mod oracle;
mod shape;
mod terms;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

pub use fit::{Fit, fit, shape_of};
pub use shape::{Measure, Shape};
pub use terms::{
    BACKGROUND_VERSION, BackgroundTerms, BandTerms, HaltTerms, MakerTerms, MomentumTerms, NoiseTerms, RegimeTerms,
    SessionTerms, ValueTerms,
};

use super::chance::Chance;
use super::matching::{Arrival, Band, Engine, Input, Output, Owner, Phase, Stay, Terms};
use crate::market::{OrderId, OrderKind, Price, Qty, Rules, SessionState, Side, Span, Timestamp};

use agents::{Agent, Follower, Giver, Knower, Maker, Taker};
use clock::Clock;
use dice::Dice;
use floor::Floor;
use oracle::Oracle;

/// Whose our orders are.
pub(super) const OURS: Owner = Owner(1);
/// Agents' owners come after it.
const FIRST_AGENT: u32 = 2;
/// Agents' orders are numbered from here; ours are below.
const FIRST_ID: u64 = 1 << 40;
/// Parts of chance of one instrument: more agents than that there are not.
pub(super) const AGENTS_MAX: u32 = 1 << 10;
/// How long the market has gone on when it opens, in lives of a limit order.
const WARM_UP_LIVES: i64 = 5;
/// At least and at most so long: what lives longer has not all come yet.
const WARM_UP: [Span; 2] = [Span::from_mins(1), Span::from_mins(30)];

/// Something that happens at an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Wake {
    at: Timestamp,
    seq: u64,
    who: Who,
}

/// To whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Who {
    /// An agent, by its place.
    Agent(usize),
    /// An order whose life is over.
    Order(OrderId),
}

/// A matching book and those who trade in it.
#[derive(Clone, Debug)]
pub(super) struct Background {
    pub(super) engine: Engine,
    agents: Vec<Agent>,
    oracle: Option<Oracle>,
    clock: Clock,
    wakes: BinaryHeap<Reverse<Wake>>,
    ids: u64,
    now: Timestamp,
    ends: Timestamp,
    opening: Price,
    rules: Grid,
}

/// The grid agents keep to.
#[derive(Clone, Copy, Debug)]
struct Grid {
    tick: Price,
    lot: Qty,
    least: Qty,
    /// How long what rests may stay.
    stay: Stay,
}

impl Background {
    /// A market that has gone on for a while when it opens.
    pub(super) fn new(terms: &BackgroundTerms, rules: &Rules, number: u32, chance: &Arc<dyn Chance>) -> Self {
        let [least, most] = WARM_UP;
        let lives = terms.noise.life.0.saturating_mul(WARM_UP_LIVES).clamp(least.0, most.0);
        let start = Timestamp(terms.opens.0.saturating_sub(lives));
        let mut dice = (0..AGENTS_MAX).map(|part| Dice::new(chance, number * AGENTS_MAX + part));
        let mut dice = || dice.next().expect("fewer agents than parts");
        let mut agents = Vec::new();
        let oracle = (terms.value.volatility_ppm > 0).then(|| Oracle::new(&terms.value, terms.price, start, dice()));
        if terms.makers.levels > 0 {
            agents.push(Agent::Maker(Maker::new(&terms.makers, terms.price, dice())));
        }
        if terms.noise.limit_orders > 0 {
            agents.push(Agent::Giver(Giver::new(&terms.noise, start, dice())));
        }
        if terms.noise.market_orders > 0 {
            for side in [Side::Buy, Side::Sell] {
                agents.push(Agent::Taker(Taker::new(&terms.noise, side, start, dice())));
            }
        }
        if terms.momentum.orders > 0 {
            agents.push(Agent::Follower(Follower::new(&terms.momentum, terms.price, start, dice())));
        }
        if terms.value.orders > 0 {
            agents.push(Agent::Knower(Knower::new(&terms.value, dice())));
        }
        let stay = if terms.regime.sessions.is_some() { Stay::Day } else { Stay::Gtc };
        let mut engine = Engine::new(Terms { tick: rules.tick, lot: Qty(1), least: Qty(1), ..Terms::default() });
        for agent in 0..agents.len() {
            engine.step(start, &Input::Position(owner(agent), Qty::ZERO), &mut Vec::new());
        }
        let wakes =
            (0..agents.len()).map(|agent| Reverse(Wake { at: start, seq: 0, who: Who::Agent(agent) })).collect();
        let rules = Grid { tick: rules.tick, lot: rules.lot, least: rules.min_qty, stay };
        let (ends, opening) = (terms.ends, terms.price);
        // The evening before knows no calls, no band and no halt.
        let clock = Clock::open(RegimeTerms::default(), (terms.opens, ends), opening, &mut engine);
        let mut market = Self { engine, agents, oracle, clock, wakes, ids: FIRST_ID, now: start, ends, opening, rules };
        while market.next() < terms.opens {
            market.act(true, &mut Vec::new());
        }
        market.clock = Clock::open(terms.regime, (terms.opens, ends), opening, &mut market.engine);
        market
    }

    /// When somebody acts next.
    pub(super) fn next(&self) -> Timestamp {
        let next = self.wakes.peek().map_or(Timestamp::MAX, |wake| wake.0.at);
        let next = if next < self.ends { next } else { Timestamp::MAX };
        next.min(self.clock.next)
    }

    /// Lets whoever is next act; who is kept from it, for the market is not open, tries again later.
    pub(super) fn act(&mut self, open: bool, out: &mut Vec<Output>) {
        if self.clock.next <= self.next() && self.clock.next < Timestamp::MAX {
            self.now = self.now.max(self.clock.next);
            if open {
                self.clock.tick(self.now, &mut self.engine, out);
            } else {
                self.clock.next = self.now.after(SECOND);
            }
            return;
        }
        let Some(Reverse(wake)) = self.wakes.pop() else { return };
        self.now = wake.at;
        let from = out.len();
        let open = open && matches!(self.engine.phase(), Phase::Continuous | Phase::Call);
        match wake.who {
            Who::Order(id) if open => self.engine.step(self.now, &Input::Cancel(id), out),
            Who::Order(_) => {
                let at = self.now.after(SECOND);
                self.wakes.push(Reverse(Wake { at, ..wake }));
            }
            Who::Agent(place) => {
                let Grid { tick, lot, least, stay } = self.rules;
                let Self { engine, agents, oracle, wakes, ids, now, opening, .. } = self;
                let (now, opening, owner) = (*now, *opening, owner(place));
                let value = oracle.as_mut().filter(|_| agents[place].looks()).map(|oracle| oracle.look(now));
                let mut floor = Floor { now, tick, lot, least, owner, opening, stay, value, engine, wakes, ids, out };
                let at = if open { agents[place].act(&mut floor) } else { agents[place].pass(now) };
                self.wakes.push(Reverse(Wake { at: at.max(now.after(Span(1))), seq: 0, who: wake.who }));
            }
        }
        self.clock.watch(self.now, &mut self.engine, from, out);
    }

    /// One of our orders, an amend or a cancel comes in.
    pub(super) fn step(&mut self, now: Timestamp, input: &Input, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        let from = out.len();
        self.engine.step(self.now, input, out);
        self.clock.watch(self.now, &mut self.engine, from, out);
    }

    /// The venue's word for what the market does at the moment.
    pub(super) const fn state(&self) -> SessionState {
        match self.engine.phase() {
            Phase::Continuous => SessionState::Open,
            Phase::Call => SessionState::PostOnly,
            Phase::Halted => SessionState::Halted,
            Phase::Closed => SessionState::CancelOnly,
        }
    }

    /// Whether orders trade as they come, and everyone sees the book.
    pub(super) fn trades(&self) -> bool {
        self.engine.phase() == Phase::Continuous
    }

    /// Whether the market says itself when it is open.
    pub(super) const fn keeps_days(&self) -> bool {
        self.clock.keeps_days()
    }

    /// Whether a limit would trade if it came now, with whoever is there, seen or not.
    pub(super) fn would_take(&self, side: Side, limit: Price) -> bool {
        self.engine.would_take(&Arrival::limit(OrderId(0), side, limit, Qty(1)))
    }

    /// Whether a limit may be had.
    pub(super) fn admits(&self, limit: Price) -> bool {
        self.engine.band().is_none_or(|band| band.holds(limit))
    }

    /// The worst price at which an order of a side may trade, if there is a bound.
    pub(super) fn bound(&self, side: Side) -> Option<Price> {
        let Band { low, high } = self.engine.band()?;
        Some(if side == Side::Buy { high } else { low })
    }

    /// Whether an order is here.
    pub(super) fn holds(&self, id: OrderId) -> bool {
        self.engine.book().get(id).is_some()
    }

    /// An order of ours has so much left, which is less than before, and keeps its place.
    pub(super) fn shrink(&mut self, now: Timestamp, id: OrderId, leaves: Qty, kind: OrderKind) {
        let (Some(asked), Some(standing)) = (self.engine.asked(id), self.engine.book().get(id)) else { return };
        let qty = asked.qty - standing.open + leaves;
        self.step(now, &Input::Amend { id, qty, kind }, &mut Vec::new());
    }

    /// Every order of ours leaves.
    pub(super) fn withdraw_ours(&mut self) {
        self.engine.step(self.now, &Input::CancelAll(Some(OURS)), &mut Vec::new());
    }

    /// An order of ours leaves, if it is here.
    pub(super) fn withdraw(&mut self, id: OrderId) {
        if self.holds(id) {
            self.engine.step(self.now, &Input::Cancel(id), &mut Vec::new());
        }
    }
}

const SECOND: Span = Span::from_secs(1);

fn owner(agent: usize) -> Owner {
    Owner(FIRST_AGENT + u32::try_from(agent).expect("fewer agents than parts"))
}
