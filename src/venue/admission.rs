//! The rules an order must pass to be let in, each with its reason.
//!
//! Checks run in the order written and the first that fails is the answer. Nothing here changes
//! the venue.

use rust_decimal::Decimal;

use super::Venue;
use super::account::{Hold, NO_HOLD, margin};
use super::fills::levels;
use super::listing::Market;
use super::resting::{Order, place};
use super::triggers::{touches, towards};
use crate::market::{
    Contract, FeeAsset, Instrument, Liquidity, Money, NewOrder, OrderKind, Price, Qty, Rate, RejectReason, Side,
    TimeInForce, Timestamp, exact_product,
};

impl Venue {
    /// Whether a new order may enter.
    pub(super) fn admit(&self, now: Timestamp, order: &NewOrder) -> Result<(), RejectReason> {
        let Some(instrument) = self.config.instruments.get(place(order.instrument)) else {
            return Err(RejectReason::UnknownInstrument);
        };
        self.session_admits(order, None)?;
        let expired = matches!(order.tif, TimeInForce::Gtd(end) if end <= now);
        ensure(now <= order.deadline && !expired, RejectReason::DeadlineElapsed)?;
        ensure(self.has_room(order), RejectReason::TooManyOrders)?;
        ensure(supported(instrument, order), RejectReason::Unsupported)?;
        self.admit_terms(now, order, None)
    }

    /// Whether one more order may be open: of the account, in its instrument, and of those that wait for a trigger.
    fn has_room(&self, order: &NewOrder) -> bool {
        let config = &self.config;
        let waits = |kind: OrderKind| kind.trigger().is_some();
        let (mut here, mut waiting) = (0, 0);
        if config.max_open_per_instrument.min(config.max_triggers_per_instrument) < usize::MAX {
            let open = self.orders.open.iter().map(|number| self.orders.get(*number));
            for other in open.filter(|other| other.terms.instrument == order.instrument) {
                here += 1;
                waiting += usize::from(waits(other.terms.kind) && !other.fired);
            }
        }
        self.orders.open.len() < config.max_open_orders
            && here < config.max_open_per_instrument
            && (!waits(order.kind) || waiting < config.max_triggers_per_instrument)
    }

    /// Whether an order's quantity, prices and cost are allowed; as new terms of `open`, if there is
    /// such an order: what that one holds counts as free.
    pub(super) fn admit_terms(
        &self,
        now: Timestamp,
        order: &NewOrder,
        open: Option<&Order>,
    ) -> Result<(), RejectReason> {
        let instrument = &self.config.instruments[place(order.instrument)];
        let market = &self.markets[place(order.instrument)];
        let rules = instrument.rules(now);
        ensure(order.qty.0 > 0 && instrument.on_lot(order.qty, now), RejectReason::Lot)?;
        ensure(order.qty >= rules.min_qty, RejectReason::MinQty)?;
        ensure(order.qty <= rules.max_qty, RejectReason::MaxQty)?;
        let named = [order.kind.limit(), order.kind.trigger()];
        for price in named.into_iter().flatten() {
            ensure(price.0 > 0 && instrument.on_tick(price, now), RejectReason::Tick)?;
        }
        if let (Some(limit), Some(band)) = (order.kind.limit(), rules.band) {
            ensure(within_band(market, limit, band), RejectReason::PriceBand)?;
        }
        if let (Some(limit), Some(background)) = (order.kind.limit(), &market.background) {
            ensure(background.admits(limit), RejectReason::PriceBand)?;
        }
        let price = self.price_to_count(order, rules.lot)?;
        ensure(instrument.notional(order.qty, price) >= rules.min_notional, RejectReason::MinNotional)?;
        if order.post_only {
            ensure(!self.would_take(order, price), RejectReason::PostOnlyWouldCross)?;
        }
        ensure(!self.config.strict_triggers || prices_agree(order), RejectReason::PriceBand)?;
        ensure(trigger_is_ahead(market, order, open), RejectReason::WouldTriggerAtOnce)?;
        ensure(!order.reduce_only || self.reducible(order).0 > 0, RejectReason::ReduceOnly)?;
        ensure(order.reduce_only || self.leverage_fits(order, price), RejectReason::InsufficientBalance)?;
        let kept = open.map_or(NO_HOLD, |open| open.hold);
        let need = self.required(now, order, order.qty, price);
        let short = |(part, held): (&(_, Money), &(_, Money))| {
            let held = if part.0 == held.0 { held.1 } else { Money::ZERO };
            part.1 > self.free(part.0) + held && !part.1.is_zero()
        };
        let free_until_fired = !self.config.triggers_hold && order.kind.trigger().is_some();
        ensure(free_until_fired || !need.iter().zip(&kept).any(short), RejectReason::InsufficientBalance)
    }

    /// The price at which an order counts: its limit, its trigger, or the worst it would reach.
    fn price_to_count(&self, order: &NewOrder, lot: Qty) -> Result<Price, RejectReason> {
        if let Some(price) = order.kind.limit().or(order.kind.trigger()) {
            return Ok(price);
        }
        let mut plan = Vec::new();
        let market = &self.markets[place(order.instrument)];
        levels(market, (order.side, None, order.qty), lot, self.models[place(order.instrument)].profile, &mut plan);
        plan.last().map(|(price, _)| *price).ok_or(RejectReason::NoMarket)
    }

    /// Whether a limit order would trade on arrival.
    pub(super) fn would_take(&self, order: &NewOrder, limit: Price) -> bool {
        let market = &self.markets[place(order.instrument)];
        if let Some(background) = &market.background {
            return background.would_take(order.side, limit);
        }
        let best = if self.fills_whole(order.instrument) {
            market.best(order.side.opposite())
        } else {
            market.best_available(order.side.opposite())
        };
        best.is_some_and(|(best, _)| order.side.reaches(limit, best))
    }

    /// How much a reduce-only order may trade: a margin position's opposite, a spot holding's sale.
    pub(super) fn reducible(&self, order: &NewOrder) -> Qty {
        match self.config.instruments[place(order.instrument)].contract {
            Contract::Spot if order.side == Side::Sell => order.qty,
            Contract::Spot => Qty::ZERO,
            Contract::Linear | Contract::Inverse => {
                Qty((-order.side.sign() * self.account.position(order.instrument).0).max(0))
            }
        }
    }

    /// What an order must keep to trade `qty` at `price`: funds, margin and the dearer of the fees.
    pub(super) fn required(&self, now: Timestamp, order: &NewOrder, qty: Qty, price: Price) -> Hold {
        let instrument = &self.config.instruments[place(order.instrument)];
        let fees = &self.schedule(now, instrument.id);
        let fee_of = |liquidity| instrument.fee(fees, order.side, liquidity, price, qty);
        let (fee_asset, taker) = fee_of(Liquidity::Taker);
        let by_quantity = self.most_by_quantity(now, instrument.id, qty);
        let fee = (taker.max(fee_of(Liquidity::Maker).1) + by_quantity).max(Money::ZERO);
        let (asset, amount) = match (instrument.contract, order.side) {
            (Contract::Spot, Side::Buy) => {
                (instrument.quote, instrument.value(qty.at(price)).up(instrument.quote_scale))
            }
            (Contract::Spot, Side::Sell) => (instrument.base, Money::new(instrument.qty(qty))),
            (Contract::Linear | Contract::Inverse, _) if order.reduce_only => (instrument.settles_in(), Money::ZERO),
            (Contract::Linear | Contract::Inverse, side) => {
                let closing = (-side.sign() * self.account.position(order.instrument).0).max(0);
                let opening = Qty((qty.0 - closing).max(0));
                (instrument.settles_in(), margin(instrument, instrument.worth(opening, price), order.leverage))
            }
        };
        // A fee in what the order receives is taken from it.
        let received = instrument.contract == Contract::Spot
            && match fees.asset {
                FeeAsset::Quote => order.side == Side::Sell,
                FeeAsset::Base => order.side == Side::Buy,
                FeeAsset::Received => true,
                FeeAsset::Third { .. } => false,
            };
        if received {
            [(asset, amount), (asset, Money::ZERO)]
        } else if fee_asset == asset {
            [(asset, amount + fee), (asset, Money::ZERO)]
        } else {
            [(asset, amount), (fee_asset, fee)]
        }
    }
}

fn ensure(holds: bool, otherwise: RejectReason) -> Result<(), RejectReason> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// Whether the venue offers the combination.
fn supported(instrument: &Instrument, order: &NewOrder) -> bool {
    let spot = instrument.contract == Contract::Spot;
    let rests = matches!(order.tif, TimeInForce::Gtc | TimeInForce::Gtd(_));
    let kind = match order.kind {
        OrderKind::Limit { .. } => !order.post_only || rests,
        OrderKind::Market => !order.post_only,
        OrderKind::StopMarket { .. }
        | OrderKind::StopLimit { .. }
        | OrderKind::TargetMarket { .. }
        | OrderKind::TargetLimit { .. } => !order.post_only && rests,
    };
    kind && !(spot && order.leverage > 1)
}

/// Whether a price is within a fraction of the reference: the mid, else the last trade, else
/// nothing is known and every price is.
fn within_band(market: &Market, price: Price, band: Rate) -> bool {
    let twice = match (market.best(Side::Buy), market.best(Side::Sell)) {
        (Some((bid, _)), Some((ask, _))) => Some(bid.0 + ask.0),
        _ => market.last_trade.map(|price| 2 * price.0),
    };
    twice.is_none_or(|twice| {
        let distance = Decimal::from((2 * price.0 - twice).abs());
        distance <= exact_product(band.decimal(), Decimal::from(twice.abs()))
    })
}

/// Whether an order's limit, if it has one beside its trigger, can be met from there on: not beyond
/// the trigger on the side that trades never come from.
fn prices_agree(order: &NewOrder) -> bool {
    let prices = order.kind.trigger().zip(order.kind.limit());
    prices.is_none_or(|(trigger, limit)| order.side.reaches(limit, trigger))
}

/// Whether the price has yet to come to an order's trigger, if it has one. A trigger that was
/// touched already stays as it was.
fn trigger_is_ahead(market: &Market, order: &NewOrder, open: Option<&Order>) -> bool {
    let Some(trigger) = order.kind.trigger() else { return true };
    if let Some(open) = open.filter(|open| open.fired) {
        return open.terms.kind.trigger() == Some(trigger);
    }
    let at = market.trigger_reference(order.trigger_by, order.side);
    !at.is_some_and(|at| touches(towards(order.kind, order.side), trigger, at))
}
