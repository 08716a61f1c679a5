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
mod dice;
mod fit;
mod floor;
mod hawkes;
mod oracle;
mod shape;
mod terms;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

pub use fit::{Fit, fit, shape_of};
pub use shape::{Measure, Shape};
pub use terms::{BACKGROUND_VERSION, BackgroundTerms, MakerTerms, MomentumTerms, NoiseTerms, ValueTerms};

use super::chance::Chance;
use super::matching::{Engine, Input, Output, Owner, Terms};
use crate::market::{OrderId, OrderKind, Price, Qty, Rules, Side, Span, Timestamp};

use agents::{Agent, Follower, Giver, Knower, Maker, Taker};
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
        let mut engine = Engine::new(Terms { tick: rules.tick, lot: Qty(1), least: Qty(1), ..Terms::default() });
        for agent in 0..agents.len() {
            engine.step(start, &Input::Position(owner(agent), Qty::ZERO), &mut Vec::new());
        }
        let wakes =
            (0..agents.len()).map(|agent| Reverse(Wake { at: start, seq: 0, who: Who::Agent(agent) })).collect();
        let rules = Grid { tick: rules.tick, lot: rules.lot, least: rules.min_qty };
        let (ends, opening) = (terms.ends, terms.price);
        let mut market = Self { engine, agents, oracle, wakes, ids: FIRST_ID, now: start, ends, opening, rules };
        while market.next() < terms.opens {
            market.act(true, &mut Vec::new());
        }
        market
    }

    /// When somebody acts next.
    pub(super) fn next(&self) -> Timestamp {
        let next = self.wakes.peek().map_or(Timestamp::MAX, |wake| wake.0.at);
        if next < self.ends { next } else { Timestamp::MAX }
    }

    /// Lets whoever is next act; who is kept from it, for the market is not open, tries again later.
    pub(super) fn act(&mut self, open: bool, out: &mut Vec<Output>) {
        let Some(Reverse(wake)) = self.wakes.pop() else { return };
        self.now = wake.at;
        match wake.who {
            Who::Order(id) if open => self.engine.step(self.now, &Input::Cancel(id), out),
            Who::Order(_) => {
                let at = self.now.after(SECOND);
                self.wakes.push(Reverse(Wake { at, ..wake }));
            }
            Who::Agent(place) => {
                let Grid { tick, lot, least } = self.rules;
                let Self { engine, agents, oracle, wakes, ids, now, opening, .. } = self;
                let (now, opening, owner) = (*now, *opening, owner(place));
                let value = oracle.as_mut().filter(|_| agents[place].looks()).map(|oracle| oracle.look(now));
                let mut floor = Floor { now, tick, lot, least, owner, opening, value, engine, wakes, ids, out };
                let at = if open { agents[place].act(&mut floor) } else { agents[place].pass(now) };
                self.wakes.push(Reverse(Wake { at: at.max(now.after(Span(1))), seq: 0, who: wake.who }));
            }
        }
    }

    /// One of our orders, an amend or a cancel comes in.
    pub(super) fn step(&mut self, now: Timestamp, input: &Input, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        self.engine.step(self.now, input, out);
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
