//! How our orders trade: takers against displayed depth, makers by queue, print and touch.
//!
//! Every fill is explained by a displayed level or a print, and takes from it: the same quantity
//! never fills us twice. The rules stand, one by one, in the [module comment](super).

use super::account::{NO_HOLD, Settlement};
use super::listing::Market;
use super::partial::shorten;
use super::resting::{Life, Number, place};
use super::truth::Execution;
use super::{FillProfile, Venue};
use crate::market::{
    CancelledBecause, FeeAsset, Instrument, InstrumentId, Liquidity, Price, Qty, ReportKind, Side, Timestamp, Trade,
    TriggerSource, VenueMessage,
};

impl Venue {
    /// A trade printed: the short way where it can concern no order of ours.
    #[inline]
    pub(super) fn on_trade(&mut self, now: Timestamp, trade: &Trade, out: &mut Vec<VenueMessage>) {
        let Some(market) = self.markets.get_mut(place(trade.instrument)) else { return };
        let models = &self.models[place(trade.instrument)];
        if models.measures() {
            market.volume.print(now, trade.qty);
        }
        if !self.config.guards || market.last_trade.is_none() || market.guards.trade(trade) {
            self.printed(now, trade, out);
            return;
        }
        market.last_trade = Some(trade.price);
        if models.queue.shares() {
            let taker = trade.taker.or_else(|| side_by_touch(market, trade.price));
            market.remember_print(trade, taker);
        }
    }

    /// A print: it moves queues, fills what it passed or reached through the queue, and sets off triggers.
    pub(super) fn printed(&mut self, now: Timestamp, trade: &Trade, out: &mut Vec<VenueMessage>) {
        let market = &mut self.markets[place(trade.instrument)];
        let taker = trade.taker.or_else(|| side_by_touch(market, trade.price));
        if self.models[place(trade.instrument)].queue.shares() {
            market.remember_print(trade, taker);
        }
        if market.last_trade.replace(trade.price).is_none() {
            market.refresh_guards(&self.orders);
        }
        let fired = self.fire_touched(now, trade.instrument, |moved| moved == TriggerSource::Last, out);
        if let Some(taker) = taker.filter(|_| self.markets[place(trade.instrument)].session.matches()) {
            self.share_print(now, trade, taker.opposite(), out);
        }
        self.rest_fired(&fired);
    }

    /// One print among our orders on the side it hit, in price-time priority.
    fn share_print(&mut self, now: Timestamp, trade: &Trade, side: Side, out: &mut Vec<VenueMessage>) {
        let mut spent = Qty::ZERO;
        let mut next = 0;
        while let Some(&number) = self.markets[place(trade.instrument)].limits(side).get(next) {
            let order = self.orders.get_mut(number);
            let (own, leaves) = (order.price(), order.leaves());
            if own != trade.price && !side.better(trade.price, own) {
                break;
            }
            let rest = Qty((trade.qty.0 - spent.0).max(0));
            let beyond = if own == trade.price {
                let through = Qty(rest.0 - order.ahead.0);
                order.ahead = Qty((-through.0).max(0));
                through
            } else {
                rest
            };
            let beyond = self.most_of_print(trade, beyond, spent);
            if beyond.0 > 0 {
                let lot = self.lot(trade.instrument, now);
                let qty = if self.fills_whole(trade.instrument) { leaves } else { on_lot(beyond, leaves, lot) };
                if qty.0 > 0 {
                    let qty = self.drawn_part(now, number, qty);
                    let filled = self.execute(now, number, own, qty, Liquidity::Maker, out);
                    if !self.fills_whole(trade.instrument) {
                        spent += filled;
                    }
                }
            }
            // An order that ended has left its place to the next.
            next += usize::from(self.orders.get(number).life == Life::Open);
        }
    }

    /// The book is whole again: what the opposite best reached fills, triggers first.
    pub(super) fn book_settled(&mut self, now: Timestamp, instrument: InstrumentId, out: &mut Vec<VenueMessage>) {
        let market = &self.markets[place(instrument)];
        if !market.session.matches() {
            return;
        }
        let untraded = market.last_trade.is_none();
        if untraded || market.guards.watch {
            let moved = |moved| moved == TriggerSource::Touch || (untraded && moved == TriggerSource::Last);
            let fired = self.fire_touched(now, instrument, moved, out);
            self.rest_fired(&fired);
        }
        for side in [Side::Buy, Side::Sell] {
            let mut next = 0;
            while let Some(&number) = self.markets[place(instrument)].limits(side).get(next) {
                if !self.reach(now, number, out) {
                    break;
                }
                next += usize::from(self.orders.get(number).life == Life::Open);
            }
        }
    }

    /// Fills a resting limit from opposite levels displayed at its price or better, at its own
    /// price. False if the opposite best does not reach it.
    pub(super) fn reach(&mut self, now: Timestamp, number: Number, out: &mut Vec<VenueMessage>) -> bool {
        let order = self.orders.get(number);
        let (side, limit, leaves) = (order.terms.side, order.price(), order.leaves());
        let instrument = order.terms.instrument;
        let market = &self.markets[place(instrument)];
        if !market.best(side.opposite()).is_some_and(|(best, _)| side.reaches(limit, best)) {
            return false;
        }
        if self.fills_whole(instrument) {
            self.execute(now, number, limit, leaves, Liquidity::Maker, out);
            return true;
        }
        let plan = self.plan(now, number, Some(limit));
        let qty = self.drawn_part(now, number, plan.iter().map(|(_, qty)| *qty).sum());
        if !qty.is_zero() {
            let filled = self.execute(now, number, limit, qty, Liquidity::Maker, out);
            self.consume(number, &plan, filled);
        }
        self.scratch = plan;
        true
    }

    /// Takes what is displayed at the limit or better; without a limit, whatever is displayed.
    pub(super) fn take(&mut self, now: Timestamp, number: Number, limit: Option<Price>, out: &mut Vec<VenueMessage>) {
        let mut plan = self.plan(now, number, limit);
        let at = place(self.orders.get(number).terms.instrument);
        if self.models[at].partial.is_seeded() {
            let most = self.drawn_part(now, number, plan.iter().map(|(_, qty)| *qty).sum());
            shorten(&mut plan, most);
        }
        let slip = self.slip(now, number, limit, &plan);
        let (side, tick) = (self.orders.get(number).terms.side, self.config.instruments[at].rules(now).tick);
        let mut taken = Qty::ZERO;
        for level in &plan {
            let price = slip.price(side, level.0, tick);
            let filled = self.execute(now, number, price, level.1, Liquidity::Taker, out);
            self.consume(number, std::slice::from_ref(level), filled);
            taken += filled;
            if filled != level.1 {
                break;
            }
        }
        let impact = &self.models[at].impact;
        if impact.measures() {
            self.markets[at].volume.pushed[side as usize].add(now, taken, impact.half_life());
        }
        self.scratch = plan;
    }

    fn lot(&self, instrument: InstrumentId, now: Timestamp) -> Qty {
        self.config.instruments[place(instrument)].rules(now).lot
    }

    /// The levels an order would take from, best first, and how much from each.
    pub(super) fn plan(&mut self, now: Timestamp, number: Number, limit: Option<Price>) -> Vec<(Price, Qty)> {
        let order = self.orders.get(number);
        let mut plan = std::mem::take(&mut self.scratch);
        plan.clear();
        let market = &self.markets[place(order.terms.instrument)];
        let wanted = (order.terms.side, limit, order.leaves());
        let (instrument, lot) = (order.terms.instrument, self.lot(order.terms.instrument, now));
        let models = &self.models[place(instrument)];
        levels(market, wanted, lot, models.profile, &mut plan);
        if models.partial.measures() {
            let there = plan.iter().map(|(_, qty)| *qty).sum();
            let most = self.most_of(now, instrument, there);
            shorten(&mut plan, on_lot(most, wanted.2, lot));
        }
        plan
    }

    /// Remembers that `filled` of the planned levels is gone.
    fn consume(&mut self, number: Number, plan: &[(Price, Qty)], filled: Qty) {
        if self.fills_whole(self.orders.get(number).terms.instrument) {
            return;
        }
        let terms = &self.orders.get(number).terms;
        let market = &mut self.markets[place(terms.instrument)];
        let mut left = filled;
        for (price, qty) in plan {
            let here = left.min(*qty);
            market.consume(terms.side.opposite(), *price, here);
            left -= here;
        }
    }

    /// Books one execution, reports it, and ends the order if nothing is left. Returns how much
    /// traded: less than asked if a reduce-only order would turn the position, nothing if the
    /// account cannot pay; then the order is cancelled.
    pub(super) fn execute(
        &mut self,
        now: Timestamp,
        number: Number,
        price: Price,
        qty: Qty,
        liquidity: Liquidity,
        out: &mut Vec<VenueMessage>,
    ) -> Qty {
        let terms = self.orders.get(number).terms;
        let qty = if terms.reduce_only { qty.min(self.reducible(&terms)) } else { qty };
        if qty.is_zero() {
            self.cancel_remainder(now, number, CancelledBecause::ReduceOnly, out);
            return Qty::ZERO;
        }
        let price = self.worsened(now, number, price);
        let done = self.settlement(now, number, price, qty, liquidity);
        let hold = std::mem::replace(&mut self.orders.get_mut(number).hold, NO_HOLD);
        self.account.release(&hold);
        if !self.can_pay(&self.config.instruments[place(terms.instrument)], &done, now) {
            self.cancel_remainder(now, number, CancelledBecause::Venue, out);
            return Qty::ZERO;
        }
        self.book(now, number, liquidity, &done, out);
        if self.orders.get(number).leaves().is_zero() {
            self.end(now, number, Life::Filled);
        } else if terms.reduce_only && self.reducible(&terms).is_zero() {
            self.cancel_remainder(now, number, CancelledBecause::ReduceOnly, out);
        } else {
            self.hold_again(now, number);
        }
        qty
    }

    /// What an execution comes to.
    pub(super) fn settlement(
        &self,
        now: Timestamp,
        number: Number,
        price: Price,
        qty: Qty,
        liquidity: Liquidity,
    ) -> Settlement {
        let terms = &self.orders.get(number).terms;
        let fee = if self.orders.get(number).forced {
            self.forced_fee(terms.instrument, price, qty)
        } else {
            let fee = self.fee(now, number, liquidity, price, qty);
            self.opening_fee(terms.instrument, terms.side, (price, qty), fee)
        };
        Settlement { side: terms.side, price, qty, fee, leverage: terms.leverage }
    }

    /// Books an execution, logs it and reports it.
    pub(super) fn book(
        &mut self,
        now: Timestamp,
        number: Number,
        liquidity: Liquidity,
        done: &Settlement,
        out: &mut Vec<VenueMessage>,
    ) {
        let at = self.orders.get(number).terms.instrument;
        let before = self.account.position(at);
        let effect = self.account.settle(&self.config.instruments[place(at)], done);
        self.note_opening(now, at, before);
        if self.models[place(at)].measures() {
            self.markets[place(at)].volume.trade(now, done.qty);
        }
        self.count_traded(now, at, done.price, done.qty);
        let order = self.orders.get_mut(number);
        order.filled += done.qty;
        let Settlement { price, qty, fee, .. } = *done;
        let cumulative = order.filled;
        let execution =
            Execution { at: now, order: number, price, qty, liquidity, fee, cumulative, effect, busted: false };
        self.truth.executed(execution);
        self.turned |= effect.closed;
        out.push(VenueMessage::Report(self.truth.newest(&self.orders)));
    }

    /// Ends what is left of an open order, with a reason.
    pub(super) fn cancel_remainder(
        &mut self,
        now: Timestamp,
        number: Number,
        why: CancelledBecause,
        out: &mut Vec<VenueMessage>,
    ) {
        if self.orders.get(number).life == Life::Open {
            self.end(now, number, Life::Cancelled);
            out.push(self.report(now, number, ReportKind::Cancelled(why)));
        }
    }

    /// Takes an order off the market, whatever became of it, and frees its hold.
    pub(super) fn end(&mut self, now: Timestamp, number: Number, life: Life) {
        self.orders.end(now, number, life);
        let order = self.orders.get_mut(number);
        let hold = std::mem::replace(&mut order.hold, NO_HOLD);
        self.account.release(&hold);
        let market = place(order.terms.instrument);
        self.markets[market].leave(&self.orders, number);
    }

    /// Whether a spot account has what an execution costs; a margin account may run into debt.
    pub(super) fn can_pay(&self, instrument: &Instrument, done: &Settlement, now: Timestamp) -> bool {
        if instrument.contract.is_margin() {
            return true;
        }
        let (asset, cost) = match done.side {
            Side::Buy => (instrument.quote, instrument.cash(done.qty.at(done.price))),
            Side::Sell => (instrument.base, crate::market::Money::new(instrument.qty(done.qty))),
        };
        let (fee_asset, fee) = done.fee;
        if fee_asset == asset {
            return cost + fee <= self.account.free(asset);
        }
        let received = match done.side {
            Side::Buy => crate::market::Money::new(instrument.qty(done.qty)),
            Side::Sell => instrument.cash(done.qty.at(done.price)),
        };
        let third = matches!(instrument.rules(now).fees.asset, FeeAsset::Third { .. });
        // A fee by quantity may be more than what is received, from which it is taken.
        if !third && fee > received && fee > self.account.free(fee_asset) + received {
            return false;
        }
        cost <= self.account.free(asset) && (!third || fee <= self.account.free(fee_asset))
    }

    /// Whether a touched order of an instrument fills whole.
    pub(super) fn fills_whole(&self, instrument: InstrumentId) -> bool {
        match self.models[place(instrument)].profile {
            FillProfile::Conservative => false,
            FillProfile::ParityFull => true,
        }
    }
}

/// What of `qty` trades on the lot grid: whole lots, or all that was asked for.
pub(super) fn on_lot(qty: Qty, asked: Qty, lot: Qty) -> Qty {
    if qty >= asked { asked } else { Qty(qty.0 / lot.0 * lot.0) }
}

/// The levels a taker would take from, best first, until its quantity is met. Less than a lot is
/// left where it stands.
pub(super) fn levels(
    market: &Market,
    (side, limit, qty): (Side, Option<Price>, Qty),
    lot: Qty,
    profile: FillProfile,
    plan: &mut Vec<(Price, Qty)>,
) {
    let mut left = qty;
    let mut level = market.best(side.opposite());
    while let Some((price, displayed)) = level
        && left.0 > 0
        && limit.is_none_or(|limit| side.reaches(limit, price))
    {
        let here = match profile {
            FillProfile::Conservative => on_lot(market.available(side.opposite(), price, displayed), left, lot),
            FillProfile::ParityFull => left,
        };
        if !here.is_zero() {
            plan.push((price, here));
            left -= here;
        }
        level = market.behind(side.opposite(), price);
    }
}

/// The taker's side where the source does not say it: at the ask or above somebody bought, at the
/// bid or below somebody sold, and between them the print proves nothing.
pub(super) fn side_by_touch(market: &Market, price: Price) -> Option<Side> {
    let at_or_through = |taker: Side| {
        let best = market.best(taker.opposite());
        best.is_some_and(|(best, _)| best == price || taker.better(best, price))
    };
    [Side::Buy, Side::Sell].into_iter().find(|side| at_or_through(*side))
}
