//! A ladder of resting orders about a centre; the rules are said in [`ENTRY`].
//!
//! Kept are the ladder, the times of the last acts, and whether the position is being given up; which orders
//! there should be is worked out anew from what the desk shows. After each decision the [`Guard`] holds the
//! quotes that nothing would come of; they are not wanted and change nothing.
//!
//! It leaves protection to the trader and keeps no memory over a restart.

mod ladder;
mod terms;

use super::ParamError;
use super::holding::{closable, side_of};
use super::pace::{Pace, Patience};
use super::params::Reader;
use super::quoting::wakes;
use super::stops::stop_price;
use super::working::Working;
use crate::market::{
    Event, ExecutionReport, Instrument, Intention, MarketEvent, Pricing, Proposal, Purpose, Qty, Quote, RawPrice,
    ReportKind, SessionState, Side, Size, Span, TimeInForce, Timestamp, TraderState,
};
use crate::trading::view::Reference;
use crate::trading::{Desk, Strategy};
use ladder::{Ladder, Wanted};
use terms::Terms;

pub use terms::ENTRY;

/// The quotes that matter: by twice their mid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Guard {
    any: bool,
    /// At or below it.
    low: i64,
    /// At or above it.
    high: i64,
}

impl Guard {
    /// Every usable quote matters.
    const OPEN: Self = Self { any: true, low: i64::MIN, high: i64::MAX };

    /// Whether a quote matters.
    fn lets_through(self, quote: &Quote) -> bool {
        let mid = quote.twice_mid();
        quote.usable() && (self.any || mid <= self.low || mid >= self.high)
    }
}

/// An entry that left, for as long as a twin of it would be denied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Released {
    at: Timestamp,
    wanted: Wanted,
}

/// The facts of one decision.
struct Scene {
    now: Timestamp,
    reference: Reference,
    /// What one order could close of what is held, signed; zero for dust.
    closable: Qty,
    working: Vec<Working>,
    /// Whether state, session and cover allow entries, and nothing of an ended position is still to end.
    may_enter: bool,
    /// Until when a cooldown runs.
    cooldown: Option<Timestamp>,
}

/// The grid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grid {
    terms: Terms,
    ladder: Option<Ladder>,
    /// The position is being given up.
    leaving: bool,
    pace: Pace,
    patience: Patience,
    released: Vec<Released>,
    guard: Guard,
    /// The next instant at which time alone makes a difference.
    wake: Option<Timestamp>,
}

impl Strategy for Grid {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        match event {
            Event::Market(_, event) if !self.wants(event) => return,
            Event::Report(report) => self.hear(desk.now(), report),
            _ => {}
        }
        self.decide(desk);
    }

    fn wants(&self, event: &MarketEvent) -> bool {
        wakes(event, self.terms.instrument, |quote| self.guard.lets_through(quote))
    }
}

impl Grid {
    /// A grid as its parameters say.
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        Ok(Self {
            terms: Terms::read(reader, instruments)?,
            ladder: None,
            leaving: false,
            pace: Pace::default(),
            patience: Patience::new(Span::from_secs(1)),
            released: Vec::new(),
            guard: Guard::OPEN,
            wake: None,
        })
    }

    /// Learns whether the venue takes what is asked; what it rejects is not repeated at once.
    fn hear(&mut self, now: Timestamp, report: &ExecutionReport) {
        if report.instrument == self.terms.instrument && matches!(report.kind, ReportKind::Rejected(_)) {
            self.patience.refused(now);
        }
    }

    fn decide(&mut self, desk: &mut Desk<'_>) {
        (self.guard, self.wake) = (Guard::OPEN, None);
        if let Some(scene) = self.look(desk) {
            let held = side_of(scene.closable);
            let twice_mid = scene.reference.twice_mid;
            let ladder = self.set_up(desk, held, twice_mid);
            self.leaving = held.is_some_and(|side| self.leaving || ladder.is_beyond_stop(side, twice_mid));
            let (low, high) = ladder.bounds(held);
            self.guard = Guard { any: !scene.may_enter, low, high };
            if self.leaving { self.leave(desk, &scene) } else { self.work(desk, ladder, scene) }
        }
        if let Some(at) = self.wake {
            desk.wake_at(at);
        }
    }

    /// What a decision needs; none while there is no usable reference.
    fn look(&self, desk: &Desk<'_>) -> Option<Scene> {
        let (id, now) = (self.terms.instrument, desk.now());
        let market = desk.market(id);
        let reference = market.reference(now, &desk.limits().reference).ok()?;
        let position = desk.position(id);
        let closable = closable(desk.instrument(id), position.qty, reference.twice_mid, now);
        Some(Scene {
            now,
            reference,
            closable: Qty(closable.0 * position.qty.0.signum()),
            working: desk.orders().filter(|order| order.terms.instrument == id).map(Working::of).collect(),
            may_enter: desk.state() == TraderState::Armed
                && market.session == SessionState::Open
                && !desk.is_naked(id)
                && !(closable.is_zero() && desk.is_clearing(id)),
            cooldown: desk.cooldown(id),
        })
    }

    /// The ladder that stands, or a new one where it was left behind or there is none.
    fn set_up(&mut self, desk: &Desk<'_>, held: Option<Side>, twice_mid: i64) -> Ladder {
        let stands = |ladder: &Ladder| {
            let (low, high) = ladder.bounds(None);
            held.is_some() || (low < twice_mid && twice_mid < high)
        };
        let ladder = self.ladder.filter(stands).unwrap_or_else(|| {
            Ladder::about(&self.terms, desk.instrument(self.terms.instrument), twice_mid, desk.now())
        });
        self.ladder = Some(ladder);
        ladder
    }

    /// Gives the position up: first no order is left, then what is held is closed.
    fn leave(&mut self, desk: &mut Desk<'_>, scene: &Scene) {
        for order in scene.working.iter().filter(|order| order.cancellable && !order.takes) {
            desk.cancel(order.id).expect("an open order of this desk can be cancelled");
        }
        if scene.working.is_empty() && self.is_time(self.patience.until(), scene.now) {
            let closed = desk.submit(desk.proposal(self.terms.instrument, Intention::Close)).map(drop);
            self.learn(scene.now, closed);
            // What the close leaves is looked at again.
            self.wake_by(scene.now.after(Span::from_secs(1)));
        }
    }

    /// Brings the orders in line with what the levels want.
    fn work(&mut self, desk: &mut Desk<'_>, ladder: Ladder, mut scene: Scene) {
        let instrument = desk.instrument(self.terms.instrument).clone();
        let rules = instrument.rules(scene.now);
        let fits = |qty: Qty, price| qty >= rules.min_qty && instrument.notional(qty, price) >= rules.min_notional;
        let (mut missing, mut spare) = (Vec::new(), scene.working.clone());
        for wanted in ladder.wanted(scene.closable, rules, fits) {
            let standing: Vec<Working> = spare.extract_if(.., |order| wanted.is_at(order)).collect();
            let short = wanted.qty - standing.iter().map(|order| order.leaves).sum::<Qty>();
            match standing.last() {
                Some(last) if short < Qty::ZERO => self.shrink(desk, scene.now, last, short),
                Some(_) if short.is_zero() || wanted.purpose == Purpose::Entry => {}
                // Too little for an order of its own: the last makes room for one of both.
                Some(last) if !fits(short, wanted.price) => spare.push(*last),
                _ => missing.push(Wanted { qty: short, ..wanted }),
            }
        }
        for order in spare.iter().filter(|order| order.cancellable && !order.takes) {
            desk.cancel(order.id).expect("an open order of this desk can be cancelled");
        }
        for wanted in missing {
            match wanted.purpose {
                Purpose::Entry => self.enter(desk, ladder, &mut scene, wanted),
                Purpose::Exit | Purpose::Stop | Purpose::Target => self.rest_exit(desk, &mut scene, wanted),
            }
        }
    }

    /// Amends an order that is too large, in place; one that is too large by all of it ends.
    fn shrink(&mut self, desk: &mut Desk<'_>, now: Timestamp, order: &Working, short: Qty) {
        let leaves = order.leaves + short;
        if leaves <= Qty::ZERO {
            if order.cancellable {
                desk.cancel(order.id).expect("an open order of this desk can be cancelled");
            }
        } else if order.settled && self.is_time(self.patience.until(), now) {
            let limit = RawPrice::new(desk.instrument(self.terms.instrument).price(order.price));
            let amended = desk.amend(order.id, order.filled + leaves, limit);
            self.learn(now, amended);
        }
    }

    fn rest_exit(&mut self, desk: &mut Desk<'_>, scene: &mut Scene, wanted: Wanted) {
        if desk.is_exiting(self.terms.instrument) {
            self.guard.any = true;
            return;
        }
        if wanted.qty > scene.free() || !self.is_time(self.patience.until(), scene.now) {
            return;
        }
        let mut proposal = desk.proposal(self.terms.instrument, Intention::Reduce(wanted.qty));
        proposal.pricing = Pricing::Limit(RawPrice::new(desk.instrument(self.terms.instrument).price(wanted.price)));
        proposal.tif = Some(TimeInForce::Gtc);
        self.submit(desk, scene, proposal, wanted);
    }

    fn enter(&mut self, desk: &mut Desk<'_>, ladder: Ladder, scene: &mut Scene, wanted: Wanted) {
        // Orders on their way out still fill: until they are gone they count.
        if scene.at_most(wanted.side) + wanted.qty > ladder.most() || !self.may_enter(desk, scene, wanted) {
            return;
        }
        let instrument = desk.instrument(self.terms.instrument);
        let price = instrument.price(wanted.price);
        let distance = instrument.price(crate::market::Price((wanted.price.0 - ladder.stop(wanted.side)).abs()));
        let stop = stop_price(instrument, desk.limits(), wanted.side, (price, price), distance, scene.now);
        let Some(stop) = stop else { return };
        // The venue's least notional, at the lowest price the order or its stop stands at.
        if instrument.notional(wanted.qty, stop.min(wanted.price)) < instrument.rules(scene.now).min_notional {
            return;
        }
        let stop = RawPrice::new(instrument.price(stop));
        let intention = match wanted.side {
            Side::Buy => Intention::OpenLong,
            Side::Sell => Intention::OpenShort,
        };
        let mut proposal = desk.proposal(self.terms.instrument, intention);
        (proposal.pricing, proposal.size) = (Pricing::Limit(RawPrice::new(price)), Size::Quantity(wanted.qty));
        (proposal.tif, proposal.post_only, proposal.stop) = (Some(TimeInForce::Gtc), true, Some(stop));
        (proposal.confidence, proposal.regime) = (self.terms.confidence, self.terms.regime);
        if self.submit(desk, scene, proposal, wanted) {
            self.pace.released(scene.now, &desk.limits().throttle);
            self.released.push(Released { at: scene.now, wanted });
        }
    }

    /// Whether an entry could pass by state, counts, slots, cooldown, throttle and twins; what time alone
    /// will mend is waited for.
    fn may_enter(&mut self, desk: &Desk<'_>, scene: &Scene, wanted: Wanted) -> bool {
        let (limits, now, sign) = (desk.limits(), scene.now, wanted.side.sign());
        // Slots for the stops of the position and of this entry are kept free, and one for each stop that rests.
        let slots = scene.working.len() + 1 + 3 * limits.orders.stop_slots as usize;
        let has_room = desk.entries_left(self.terms.instrument) > 0 && slots <= limits.orders.max_open as usize;
        if !scene.may_enter || !has_room {
            return false;
        }
        let other = if wanted.side == Side::Buy { scene.reference.ask } else { scene.reference.bid };
        if sign * wanted.price.0 >= sign * other.0 {
            self.guard.any = true;
            return false;
        }
        let window = limits.risk.duplicate_window;
        self.released.retain(|released| released.at.after(window) > now);
        let twin = self.released.iter().rfind(|released| same_place(released.wanted, wanted));
        let twin = twin.map_or(now, |twin| twin.at.after(window));
        let free = self.pace.free_at(now, &limits.throttle);
        self.is_time(scene.cooldown.unwrap_or(now).max(free).max(twin).max(self.patience.until()), now)
    }

    fn submit(&mut self, desk: &mut Desk<'_>, scene: &mut Scene, proposal: Proposal, wanted: Wanted) -> bool {
        let outcome = desk.submit(proposal);
        if let Ok(id) = outcome {
            scene.working.push(Working::sent(id, wanted.side, wanted.price, wanted.qty, wanted.purpose));
        }
        let left = outcome.is_ok();
        self.learn(scene.now, outcome.map(drop));
        left
    }

    /// Learns of an answer; a denial is waited out.
    fn learn(&mut self, now: Timestamp, answer: Result<(), crate::market::Denied>) {
        match answer {
            Ok(()) => self.patience.accepted(),
            Err(denied) => {
                self.patience.denied(now, denied.check);
                self.wake_by(self.patience.until());
            }
        }
    }

    /// Whether an instant has come; if not, it is waited for.
    fn is_time(&mut self, at: Timestamp, now: Timestamp) -> bool {
        if at > now {
            self.wake_by(at);
        }
        at <= now
    }

    fn wake_by(&mut self, at: Timestamp) {
        self.wake = Some(self.wake.map_or(at, |earlier| earlier.min(at)));
    }
}

impl Scene {
    /// What could be held on a side once every entry there has filled.
    fn at_most(&self, side: Side) -> Qty {
        let entries = self.working.iter().filter(|order| order.purpose == Purpose::Entry && order.side == side);
        Qty((self.closable.0 * side.sign()).max(0)) + entries.map(|order| order.leaves).sum()
    }

    /// What no exit takes yet of what is held.
    fn free(&self) -> Qty {
        let exits = self.working.iter().filter(|order| order.purpose == Purpose::Exit);
        Qty(self.closable.0.abs() - exits.map(|order| order.leaves.0).sum::<i64>())
    }
}

fn same_place(one: Wanted, other: Wanted) -> bool {
    (one.side, one.price) == (other.side, other.price)
}
