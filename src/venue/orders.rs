//! The commands: place, amend, cancel, and what time does to an open order.

use super::Venue;
use super::account::NO_HOLD;
use super::listing::Shows;
use super::rate::Charge;
use super::resting::{Life, Number, Order, place};
use crate::market::{
    Amend, CancelledBecause, ExecutionReport, InstrumentId, NewOrder, OrderId, Qty, RefusedBecause, RejectReason,
    ReportKind, Span, TimeInForce, Timestamp, VenueMessage,
};

impl Venue {
    /// A new order: refused with a reason, or accepted, and then perhaps traded, cancelled or both.
    pub(super) fn on_new(&mut self, now: Timestamp, order: &NewOrder, out: &mut Vec<VenueMessage>) {
        if self.orders.find(order.id).is_some() {
            // The first order of this id is the one on record.
            out.push(answer_to(now, order.id, order.instrument, ReportKind::Rejected(RejectReason::DuplicateId)));
            return;
        }
        if let Err(reason) = self.meter(now, order.instrument, Charge::New).and_then(|()| self.admit(now, order)) {
            let number = self.orders.add(now, *order, Some(reason));
            out.push(self.report(now, number, ReportKind::Rejected(reason)));
            return;
        }
        let number = self.orders.add(now, *order, None);
        self.refresh_due();
        self.hold_again(now, number);
        out.push(self.report(now, number, ReportKind::Accepted));
        self.work(now, number, out);
        self.refresh_due();
    }

    fn meter_amend(&mut self, now: Timestamp, number: Number) -> Result<(), RejectReason> {
        let order = self.orders.get(number);
        self.meter(now, order.terms.instrument, Charge::Amend(now.since(order.entered)))
    }

    /// Counts a cancel, which is never refused for it.
    fn meter_cancel(&mut self, now: Timestamp, number: Number) {
        let order = self.orders.get(number);
        let counted = self.meter(now, order.terms.instrument, Charge::Cancel(now.since(order.entered)));
        debug_assert!(counted.is_ok(), "a cancel always passes");
    }

    /// Counts a message against the rate limit.
    fn meter(&mut self, now: Timestamp, of: InstrumentId, charge: Charge) -> Result<(), RejectReason> {
        let (limit, meter) = match self.config.own_rate_limits.get(place(of)).and_then(Option::as_ref) {
            Some(own) => (Some(own), &mut self.own_meters[place(of)]),
            None => (self.config.rate_limit.as_ref(), &mut self.meter),
        };
        let fits = limit.is_none_or(|limit| meter.charge(limit, now, charge));
        if fits { Ok(()) } else { Err(RejectReason::RateLimited) }
    }

    /// Lets an order that just arrived, or got new terms, trade; then wait or end.
    fn work(&mut self, now: Timestamp, number: Number, out: &mut Vec<VenueMessage>) {
        let order = self.orders.get(number);
        let terms = order.terms;
        if order.trigger().is_some() {
            let market = self.market_of(number);
            self.markets[market].wait(&self.orders, number);
            return;
        }
        if terms.tif == TimeInForce::Fok && !self.fills_at_once(now, number) {
            self.cancel_remainder(now, number, CancelledBecause::FillOrKill, out);
            return;
        }
        self.take_or_end(now, number, out);
        if self.orders.get(number).life == Life::Open {
            self.join_queue(number);
        }
    }

    /// Takes what it may; what is left ends, unless the order may rest.
    pub(super) fn take_or_end(&mut self, now: Timestamp, number: Number, out: &mut Vec<VenueMessage>) {
        if self.is_matched(number) {
            return self.enter(now, number, out);
        }
        let NewOrder { kind, tif, .. } = self.orders.get(number).terms;
        self.take(now, number, kind.limit(), out);
        let rests = kind.limit().is_some() && matches!(tif, TimeInForce::Gtc | TimeInForce::Gtd(_));
        if !rests {
            self.cancel_remainder(now, number, CancelledBecause::Remainder, out);
        }
    }

    /// Whether displayed depth fills an order whole.
    fn fills_at_once(&mut self, now: Timestamp, number: Number) -> bool {
        let order = self.orders.get(number);
        let (terms, leaves) = (order.terms, order.leaves());
        if terms.reduce_only && self.reducible(&terms) < leaves {
            return false;
        }
        if self.is_matched(number) && terms.kind.limit().is_some() {
            // The book counts what nobody sees, too.
            return true;
        }
        let plan = self.plan(now, number, terms.kind.limit());
        let whole = plan.iter().map(|(_, qty)| *qty).sum::<Qty>() == leaves;
        self.scratch = plan;
        whole
    }

    /// Waits behind everything displayed at its price.
    pub(super) fn join_queue(&mut self, number: Number) {
        if self.is_matched(number) {
            return;
        }
        let market = self.market_of(number);
        let market = &mut self.markets[market];
        let order = self.orders.get_mut(number);
        order.joined = market.arrivals();
        let (side, price) = (order.terms.side, order.price());
        let behind_touch = market.best(side).is_some_and(|(best, _)| side.better(price, best));
        order.ahead = if market.shows == Shows::Touch && behind_touch {
            // What is displayed there is not told; it is known once the touch gets there.
            Qty(i64::MAX)
        } else {
            market.available(side, price, market.at(side, price))
        };
        market.wait(&self.orders, number);
    }

    /// A cancel: done, or too late.
    pub(super) fn on_cancel(&mut self, now: Timestamp, id: OrderId, out: &mut Vec<VenueMessage>) {
        match self.orders.find_open(id) {
            Some(number) => {
                self.meter_cancel(now, number);
                self.cancel_requested(now, number, out);
            }
            None => out.push(self.refuse(now, id, ReportKind::CancelRejected(RefusedBecause::NotOpen))),
        }
        self.refresh_due();
    }

    /// Cancels every order, or every order of one instrument, oldest first.
    pub(super) fn on_cancel_all(
        &mut self,
        now: Timestamp,
        instrument: Option<InstrumentId>,
        out: &mut Vec<VenueMessage>,
    ) {
        let of = |number: &Number| instrument.is_none_or(|i| i == self.orders.get(*number).terms.instrument);
        let numbers: Vec<Number> = self.orders.open.iter().copied().filter(of).collect();
        for number in numbers {
            self.cancel_requested(now, number, out);
        }
        self.refresh_due();
    }

    /// Cancels an open order, unless its session hears no cancels.
    fn cancel_requested(&mut self, now: Timestamp, number: Number, out: &mut Vec<VenueMessage>) {
        if self.markets[self.market_of(number)].session.cancels() {
            self.cancel_remainder(now, number, CancelledBecause::Requested, out);
        } else {
            let stays = RefusedBecause::StillOpen(RejectReason::Session);
            out.push(self.report(now, number, ReportKind::CancelRejected(stays)));
        }
    }

    /// New terms for an open order, or a reason why it stays as it is.
    ///
    /// A smaller quantity at the same prices keeps the place in the queue; anything else goes to
    /// the back, and trades at once if its new price reaches the market.
    pub(super) fn on_amend(&mut self, now: Timestamp, amend: &Amend, out: &mut Vec<VenueMessage>) {
        let Some(number) = self.orders.find_open(amend.id) else {
            out.push(self.refuse(now, amend.id, ReportKind::AmendRejected(RefusedBecause::NotOpen)));
            return;
        };
        let order = self.orders.get(number);
        let old = order.terms;
        let new = NewOrder { qty: amend.qty, kind: amend.kind, ..old };
        let nothing_left = new.qty.0 > 0 && new.qty <= order.filled;
        let admitted = self.admit_amended(now, order, &new, nothing_left);
        if let Err(reason) = self.meter_amend(now, number).and(admitted) {
            out.push(self.report(now, number, ReportKind::AmendRejected(RefusedBecause::StillOpen(reason))));
            return;
        }
        if nothing_left {
            self.cancel_remainder(now, number, CancelledBecause::Venue, out);
            self.refresh_due();
            return;
        }
        let keeps_place = new.kind == old.kind && new.qty <= old.qty;
        if !keeps_place {
            let market = self.market_of(number);
            self.markets[market].leave(&self.orders, number);
        }
        self.orders.get_mut(number).terms = new;
        if keeps_place {
            self.shrink_matched(now, number);
        }
        self.hold_again(now, number);
        out.push(self.report(now, number, ReportKind::Amended { qty: new.qty, kind: new.kind }));
        if !keeps_place {
            self.work(now, number, out);
        }
        self.refresh_due();
    }

    /// New terms pass what a new order passes, with what the old ones hold counted as free. Terms that
    /// leave nothing need no more than a session.
    fn admit_amended(
        &self,
        now: Timestamp,
        order: &Order,
        new: &NewOrder,
        nothing_left: bool,
    ) -> Result<(), RejectReason> {
        self.session_admits(new, Some(order))?;
        if std::mem::discriminant(&order.terms.kind) != std::mem::discriminant(&new.kind) {
            return Err(RejectReason::Unsupported);
        }
        if nothing_left { Ok(()) } else { self.admit_terms(now, new, Some(order)) }
    }

    /// Holds what the open rest of an order needs, instead of what it held.
    pub(super) fn hold_again(&mut self, now: Timestamp, number: Number) {
        let order = self.orders.get(number);
        let old = order.hold;
        // A market order trades or ends at once: it needs no hold.
        let Some(price) = order.terms.kind.limit().or(order.terms.kind.trigger()) else { return };
        let holds = self.config.triggers_hold || order.trigger().is_none();
        let new = if holds { self.required(now, &order.terms, order.leaves(), price) } else { NO_HOLD };
        self.account.release(&old);
        self.account.hold(&new);
        self.orders.get_mut(number).hold = new;
    }

    /// Arms the dead-man's switch anew; a span of zero disarms it.
    pub(super) fn arm_dead_man(&mut self, now: Timestamp, span: Span) {
        self.dead_man = (span.0 > 0).then(|| now.after(span));
        self.refresh_due();
    }

    /// Everything due at or before an instant, expiries first.
    pub(super) fn settle_due(&mut self, until: Timestamp, out: &mut Vec<VenueMessage>) {
        if until < self.next_due {
            return;
        }
        while let Some((at, actors)) = self.next_occasion().filter(|(at, _)| *at <= until) {
            self.end_due(at, out);
            if let Some(market) = actors {
                self.let_act(at, market, out);
            } else {
                self.charge_funding_due(at, out);
                self.charge_interest_due(at, out);
            }
        }
        self.end_due(until, out);
        self.refresh_due();
    }

    /// When a position is charged by the clock or the agents of a market act next, and of which; charges first.
    fn next_occasion(&self) -> Option<(Timestamp, Option<usize>)> {
        let charge = self.next_funding().into_iter().chain(self.next_interest()).min().map(|at| (at, None));
        let actors = self.next_actors().map(|(at, market)| (at, Some(market)));
        charge.into_iter().chain(actors).min()
    }

    /// Every order that ends at or before an instant, by expiry or the dead-man's switch.
    fn end_due(&mut self, until: Timestamp, out: &mut Vec<VenueMessage>) {
        let switch = self.dead_man.filter(|fires| *fires <= until);
        self.expire(switch.unwrap_or(until), out);
        if let Some(fires) = switch {
            self.dead_man = None;
            for number in self.orders.open.clone() {
                self.cancel_remainder(fires, number, CancelledBecause::DeadMansSwitch, out);
            }
        }
    }

    fn expire(&mut self, until: Timestamp, out: &mut Vec<VenueMessage>) {
        while let Some((end, number)) = self.orders.next_expiry().filter(|(end, _)| *end <= until) {
            self.end(end, number, Life::Expired);
            out.push(self.report(end, number, ReportKind::Expired));
        }
    }

    pub(super) fn refresh_due(&mut self) {
        let expiry = self.orders.next_expiry().map_or(Timestamp::MAX, |(end, _)| end);
        let occasion = self.next_occasion().map_or(Timestamp::MAX, |(at, _)| at);
        self.next_due = expiry.min(self.dead_man.unwrap_or(Timestamp::MAX)).min(occasion);
    }
}

/// A report about an order that is not on record.
pub(super) fn answer_to(at: Timestamp, order: OrderId, instrument: InstrumentId, kind: ReportKind) -> VenueMessage {
    VenueMessage::Report(ExecutionReport { order, venue_id: None, instrument, at, cumulative: Some(Qty::ZERO), kind })
}
