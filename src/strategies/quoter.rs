//! Two-sided market making with inventory skew; the rules are said in [`ENTRY`].
//!
//! Every decision is made anew from what the desk shows; kept are only the times of the last acts
//! and whether the position is being given up. After each decision the [`Guard`] holds the quotes
//! that nothing would come of; they are not wanted and change nothing. Whatever waits for time
//! waits for a wake, never for the next quote.
//!
//! It leaves protection to the trader and keeps no memory over a restart.

mod prices;
mod scene;
mod terms;

use super::ParamError;
use super::pace::{Pace, Patience};
use super::params::Reader;
use super::quoting::wakes;
use super::stops::stop_price;
use super::working::Working;
use crate::market::{
    Event, ExecutionReport, Instrument, Intention, MarketEvent, OrderId, Pricing, Purpose, RawPrice, ReportKind, Side,
    Size, Span, TimeInForce, Timestamp,
};
use crate::trading::{Desk, Strategy};
use prices::Guard;
use scene::{Scene, Wanted};
use terms::Terms;

pub use terms::ENTRY;

/// Both sides, in the order in which they are worked.
const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// The market maker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quoter {
    terms: Terms,
    /// When each side may act again: buy, sell.
    patience: [Patience; 2],
    /// The last order of each side.
    last: [Option<OrderId>; 2],
    /// When each side may cancel again.
    cancels: [Patience; 2],
    /// When a close may be tried again.
    closes: Patience,
    pace: Pace,
    /// The position is being given up.
    leaving: bool,
    guard: Guard,
    /// The next instant at which time alone makes a difference.
    wake: Option<Timestamp>,
}

impl Strategy for Quoter {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        if let Event::Market(_, event) = event
            && !self.wants(event)
        {
            return;
        }
        if let Event::Report(report) = event {
            self.hear(desk.now(), report);
        }
        self.decide(desk);
    }

    fn wants(&self, event: &MarketEvent) -> bool {
        wakes(event, self.terms.instrument, |quote| self.guard.lets_through(quote))
    }
}

impl Quoter {
    /// A quoter as its parameters say.
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        let terms = Terms::read(reader, instruments)?;
        let patience = Patience::new(terms.refresh);
        Ok(Self {
            patience: [patience; 2],
            last: [None; 2],
            cancels: [patience; 2],
            closes: Patience::new(terms.refresh.max(Span::from_secs(1))),
            pace: Pace::default(),
            leaving: false,
            guard: Guard::OPEN,
            wake: None,
            terms,
        })
    }

    /// Learns whether the venue takes what a side asks; what it rejects is not repeated at once.
    fn hear(&mut self, now: Timestamp, report: &ExecutionReport) {
        let Some(slot) = self.last.iter().position(|last| *last == Some(report.order)) else { return };
        match report.kind {
            ReportKind::Accepted => self.patience[slot].accepted(),
            ReportKind::Rejected(_) => self.patience[slot].refused(now),
            _ => {}
        }
    }

    fn decide(&mut self, desk: &mut Desk<'_>) {
        let market = desk.market(self.terms.instrument);
        let Ok(reference) = market.reference(desk.now(), &desk.limits().reference) else {
            self.guard = Guard::OPEN;
            return;
        };
        let mut scene = Scene::of(&self.terms, desk, reference);
        (self.guard, self.wake) = (Guard::CLOSED, None);
        self.leaving = !scene.is_dust() && (self.leaving || scene.is_beyond_stop());
        if self.leaving {
            self.leave(desk, &scene);
        } else {
            self.closes.accepted();
            if let Some((held, stop)) = scene.held_side().zip(scene.twice_stop) {
                self.guard.watch_stop(held, stop);
            }
            for side in SIDES {
                self.work(desk, &mut scene, side);
            }
        }
        if let Some(at) = self.wake {
            desk.wake_at(at);
        }
    }

    /// Gives the position up: first no order is left, then what is held is closed.
    fn leave(&mut self, desk: &mut Desk<'_>, scene: &Scene) {
        if !scene.working.is_empty() {
            for order in &scene.working {
                self.cancel(desk, scene, order);
            }
        } else if self.is_time(self.closes, scene.now) && scene.may_exit {
            let proposal = desk.proposal(self.terms.instrument, Intention::Close);
            let outcome = desk.submit(proposal).map(drop);
            self.closes = self.after(self.closes, scene.now, outcome);
        }
    }

    /// Brings a side's order in line with what is wanted there.
    fn work(&mut self, desk: &mut Desk<'_>, scene: &mut Scene, side: Side) {
        let wanted = scene.wanted(&self.terms, side);
        match (scene.working_on(side), wanted) {
            (None, Some(wanted)) => self.place(desk, scene, side, wanted),
            (None, None) => self.guard.watch(side, scene.centre.elsewhere(side)),
            (Some(order), Some(wanted)) if order.purpose == wanted.purpose => {
                self.keep(desk, scene, &order, wanted);
            }
            // The rest of a reduction that is too small to be placed again stays where it is.
            (Some(order), None) if order.purpose == Purpose::Exit && scene.held_side() == Some(side.opposite()) => {}
            (Some(order), _) => self.cancel(desk, scene, &order),
        }
    }

    /// Lets an order rest, or cancels it once it is far from what is wanted and old enough.
    fn keep(&mut self, desk: &mut Desk<'_>, scene: &Scene, order: &Working, wanted: Wanted) {
        if !order.settled {
            return;
        }
        let far = (order.price.0 - wanted.price.0).abs() >= scene.centre.requote;
        let resized = wanted.purpose == Purpose::Exit && order.leaves != wanted.qty;
        if !far && !resized {
            self.guard.watch(order.side, scene.centre.band(order.side, order.price));
        } else if self.is_time(self.patience[slot(order.side)], scene.now) {
            self.cancel(desk, scene, order);
        }
    }

    fn cancel(&mut self, desk: &mut Desk<'_>, scene: &Scene, order: &Working) {
        let cancels = self.cancels[slot(order.side)];
        if order.cancellable && self.is_time(cancels, scene.now) {
            desk.cancel(order.id).expect("an open order of this desk can be cancelled");
            self.cancels[slot(order.side)].asked(scene.now);
        }
    }

    fn place(&mut self, desk: &mut Desk<'_>, scene: &mut Scene, side: Side, wanted: Wanted) {
        let allowed = match wanted.purpose {
            Purpose::Exit | Purpose::Stop | Purpose::Target => scene.may_exit,
            Purpose::Entry => self.may_enter(desk, scene),
        };
        if !allowed || !self.is_time(self.patience[slot(side)], scene.now) {
            return;
        }
        let instrument = desk.instrument(self.terms.instrument);
        let price = instrument.price(wanted.price);
        let mut proposal = desk.proposal(self.terms.instrument, wanted.intention(side));
        if wanted.purpose == Purpose::Entry {
            let distance = price * self.terms.stop.decimal();
            let stop = stop_price(instrument, desk.limits(), side, (price, price), distance, scene.now);
            // The venue's least notional, at the lowest price the order or its stop stands at.
            let lowest = stop.map_or(wanted.price, |stop| stop.min(wanted.price));
            if instrument.notional(wanted.qty, lowest) < instrument.rules(scene.now).min_notional {
                return self.guard.watch(side, scene.centre.elsewhere(side));
            }
            proposal.stop = stop.map(|stop| RawPrice::new(instrument.price(stop)));
            proposal.size = Size::Quantity(wanted.qty);
            (proposal.confidence, proposal.regime) = (self.terms.confidence, self.terms.regime);
        }
        proposal.pricing = Pricing::Limit(RawPrice::new(price));
        (proposal.tif, proposal.post_only) = (Some(TimeInForce::Gtc), true);
        let outcome = desk.submit(proposal);
        if let Ok(id) = outcome {
            self.last[slot(side)] = Some(id);
            scene.sent(id, side, wanted);
            if wanted.purpose == Purpose::Entry {
                self.pace.released(scene.now, &desk.limits().throttle);
            }
        }
        self.patience[slot(side)] = self.after(self.patience[slot(side)], scene.now, outcome.map(drop));
    }

    /// Whether an entry could pass by state, counts, cooldown and throttle; what time alone will
    /// mend is waited for.
    fn may_enter(&mut self, desk: &Desk<'_>, scene: &Scene) -> bool {
        if !scene.may_enter || !scene.has_entry_room() {
            return false;
        }
        let free = self.pace.free_at(scene.now, &desk.limits().throttle);
        let from = scene.cooldown.unwrap_or(scene.now).max(free);
        if from > scene.now {
            self.wake_by(from);
        }
        from <= scene.now
    }

    /// Whether a wait is over; if not, it is waited for.
    fn is_time(&mut self, patience: Patience, now: Timestamp) -> bool {
        if patience.until() > now {
            self.wake_by(patience.until());
        }
        patience.until() <= now
    }

    /// The patience after an answer; a denial is waited out.
    fn after(&mut self, mut patience: Patience, now: Timestamp, answer: Result<(), crate::market::Denied>) -> Patience {
        match answer {
            Ok(()) => patience.asked(now),
            Err(denied) => {
                patience.denied(now, denied.check);
                self.wake_by(patience.until());
            }
        }
        patience
    }

    fn wake_by(&mut self, at: Timestamp) {
        self.wake = Some(self.wake.map_or(at, |earlier| earlier.min(at)));
    }
}

const fn slot(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}
