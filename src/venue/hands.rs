//! What other hands do in the same account, and what befalls it as a whole.

use super::account::Account;
use super::resting::Number;
use super::{Act, Venue};
use crate::market::{
    AssetId, Balance, CancelledBecause, Contract, InstrumentId, Money, NewOrder, OrderId, OrderKind, Price, Qty, Query,
    RiskPassId, Side, TickLots, TimeInForce, Timestamp, TriggerSource, VenueMessage,
};

/// The instrument other hands trade in.
const FIRST: InstrumentId = InstrumentId(0);
/// How far from the market an order of other hands rests, in tenths.
const FAR_TENTHS: i64 = 1;
/// How often a quantity is doubled at most to reach the least notional.
const DOUBLINGS_MAX: usize = 40;
/// The whole, in millionths, as decimals.
const PPM_DECIMALS: u32 = 6;

impl Venue {
    /// Does what it is told, whatever its rules say.
    pub fn act(&mut self, now: Timestamp, act: &Act, out: &mut Vec<VenueMessage>) {
        self.settle_due(now, out);
        match *act {
            Act::Cancel(id) => self.cancel_by(now, self.orders.find_open(id), CancelledBecause::Venue, out),
            Act::RejectLate(id) => self.reject_late(now, id, out),
            Act::Change(id) => self.change(now, id, out),
            Act::Overfill(id, by_ppm) => self.overfill(now, id, by_ppm, out),
            Act::Bust(execution) => self.bust(now, execution, out),
            Act::ReviseFee(execution, by_ppm) => self.revise_fee(execution, by_ppm, out),
            Act::Hide(id, until) => self.whims.hide(id, until),
            Act::Worsen(id, ticks) => self.whims.worsen(id, ticks),
            Act::FireDeadMan => self.cancel_every(now, CancelledBecause::DeadMansSwitch, out),
            Act::Reset => self.reset(),
            Act::Session(state) => {
                for at in 0..self.markets.len() {
                    self.on_session(now, self.config.instruments[at].id, state, out);
                }
            }
            Act::Remember => self.remember(now),
            Act::Forget => self.whims.forget_past(),
            Act::MarkOff(by_ppm) => self.put_off(now, TriggerSource::Mark, by_ppm, out),
            Act::IndexOff(by_ppm) => self.put_off(now, TriggerSource::Index, by_ppm, out),
            Act::Funding(by_ppm) => self.charge_funding(now, by_ppm, out),
            Act::FundingAgainst(by_ppm) => {
                let first = self.config.instruments.first();
                let side = first.map_or(0, |first| self.account.position(first.id).0.signum());
                self.charge_funding(now, by_ppm * side, out);
            }
            Act::HandOrder { side, times, rests } => self.hand_order(now, side, times, rests, out),
            Act::HandCancel => self.cancel_by(now, self.oldest_of_ours(), CancelledBecause::Requested, out),
            Act::HandClose => self.close_held(now, out),
            Act::Liquidate => self.liquidate(now, out),
            Act::Transfer(asset, amount) => self.transfer(asset, amount, out),
            Act::Off(asset, amount) => self.account.shift(asset, amount),
        }
        self.refresh_due();
        if self.turned {
            self.end_reduce_only(now, out);
        }
    }

    /// What it says to a client that connects: sessions, open orders and the newest fills.
    pub fn greet(&self, now: Timestamp, out: &mut Vec<VenueMessage>) {
        for (market, instrument) in self.markets.iter().zip(&self.config.instruments) {
            out.push(VenueMessage::Session { instrument: instrument.id, state: market.session.state() });
        }
        self.answer(now, Query::OpenOrders, out);
        self.answer(now, Query::Fills { since: Timestamp::MIN, page: 0 }, out);
    }

    /// Reduce-only orders that have nothing left to reduce end.
    pub(super) fn end_reduce_only(&mut self, now: Timestamp, out: &mut Vec<VenueMessage>) {
        self.turned = false;
        let idle = |number: &Number| {
            let terms = &self.orders.get(*number).terms;
            terms.reduce_only && self.reducible(terms).is_zero()
        };
        let numbers: Vec<Number> = self.orders.open.iter().copied().filter(idle).collect();
        for number in numbers {
            self.cancel_remainder(now, number, CancelledBecause::ReduceOnly, out);
        }
    }

    fn cancel_by(
        &mut self,
        now: Timestamp,
        number: Option<Number>,
        why: CancelledBecause,
        out: &mut Vec<VenueMessage>,
    ) {
        if let Some(number) = number {
            self.cancel_remainder(now, number, why, out);
        }
    }

    fn cancel_every(&mut self, now: Timestamp, why: CancelledBecause, out: &mut Vec<VenueMessage>) {
        for number in self.orders.open.clone() {
            self.cancel_remainder(now, number, why, out);
        }
    }

    fn oldest_of_ours(&self) -> Option<Number> {
        let ours = |number: &Number| self.orders.get(*number).terms.id < OrderId::FIRST_EXTERNAL;
        self.orders.open.iter().copied().find(ours)
    }

    /// Every order is gone, every balance as on the first day; what happened before is not told of.
    fn reset(&mut self) {
        self.orders.forget();
        for market in &mut self.markets {
            market.forget_orders(&self.orders);
        }
        self.truth.forget();
        self.account = Account::new(&self.config.instruments, &self.config.balances);
        self.dead_man = None;
    }

    fn put_off(&mut self, now: Timestamp, source: TriggerSource, by_ppm: i64, out: &mut Vec<VenueMessage>) {
        for at in 0..self.markets.len() {
            let market = &mut self.markets[at];
            let last = market.last_trade;
            match source {
                TriggerSource::Mark => market.mark.put_off(by_ppm, last),
                TriggerSource::Index => market.index.put_off(by_ppm, last),
                TriggerSource::Last | TriggerSource::Touch => {}
            }
            self.gauge_moved(now, self.config.instruments[at].id, source, out);
        }
    }

    fn charge_funding(&mut self, now: Timestamp, by_ppm: i64, out: &mut Vec<VenueMessage>) {
        let Some(instrument) = self.config.instruments.first() else { return };
        let position = self.account.position(instrument.id);
        let Some(price) = self.markets[0].last_trade.or(self.some_touch()) else { return };
        if instrument.contract != Contract::Linear || position.is_zero() {
            return;
        }
        let value = instrument.value(TickLots(i128::from(position.0) * i128::from(price.0)));
        let paid = value.times(rust_decimal::Decimal::new(by_ppm, PPM_DECIMALS)).half_even(instrument.quote_scale);
        self.account.shift(instrument.quote, -paid);
        out.push(VenueMessage::Funding { instrument: instrument.id, at: now, paid });
    }

    /// A best price of either side.
    fn some_touch(&self) -> Option<Price> {
        [Side::Buy, Side::Sell].into_iter().find_map(|side| self.markets[0].best(side)).map(|(price, _)| price)
    }

    fn hand_order(&mut self, now: Timestamp, side: Side, times: i64, rests: bool, out: &mut Vec<VenueMessage>) {
        let Some(instrument) = self.config.instruments.first() else { return };
        let rules = instrument.rules(now);
        let own = if rests { side } else { side.opposite() };
        let Some((best, _)) = self.markets[0].best(own) else { return };
        let far = Price((best.0 - side.sign() * best.0 * FAR_TENTHS / 10) / rules.tick.0 * rules.tick.0);
        let kind = if rests { OrderKind::Limit { limit: far } } else { OrderKind::Market };
        let price = if rests { far } else { best };
        let mut qty = Qty(rules.min_qty.0.max(rules.lot.0).saturating_mul(times.max(1)));
        for _ in 0..DOUBLINGS_MAX {
            if instrument.value(qty.at(price)) >= rules.min_notional {
                break;
            }
            qty = Qty(qty.0 * 2);
        }
        self.place_by_others(now, side, kind, qty, out);
    }

    /// An order of other hands, if it may enter.
    fn place_by_others(&mut self, now: Timestamp, side: Side, kind: OrderKind, qty: Qty, out: &mut Vec<VenueMessage>) {
        let resting = kind.limit().is_some();
        let order = NewOrder {
            id: OrderId(OrderId::FIRST_EXTERNAL.0 + self.whims.by_others),
            instrument: FIRST,
            side,
            kind,
            trigger_by: TriggerSource::Last,
            qty,
            tif: if resting { TimeInForce::Gtc } else { TimeInForce::Ioc },
            post_only: false,
            reduce_only: false,
            leverage: 1,
            deadline: Timestamp::MAX,
            risk_pass: RiskPassId(0),
        };
        if self.admit(now, &order).is_ok() {
            self.whims.by_others += 1;
            self.on_new(now, &order, out);
        }
    }

    /// Closes the position of the first instrument at the market; on spot, sells what is free of it.
    fn close_held(&mut self, now: Timestamp, out: &mut Vec<VenueMessage>) {
        let Some(instrument) = self.config.instruments.first() else { return };
        let lot = instrument.rules(now).lot;
        let held = match instrument.contract {
            Contract::Linear => self.account.position(instrument.id),
            Contract::Spot => {
                let units = self.account.free(instrument.base).decimal() / instrument.qty_unit;
                let units = i64::try_from(units.trunc().mantissa()).unwrap_or(i64::MAX);
                Qty(units / lot.0 * lot.0)
            }
        };
        let side = if held.0 > 0 { Side::Sell } else { Side::Buy };
        if !held.is_zero() {
            self.place_by_others(now, side, OrderKind::Market, Qty(held.0.abs()), out);
        }
    }

    /// The venue cancels every order and closes the position, on margin alone.
    fn liquidate(&mut self, now: Timestamp, out: &mut Vec<VenueMessage>) {
        let linear = self.config.instruments.first().is_some_and(|first| first.contract == Contract::Linear);
        if linear && !self.account.position(FIRST).is_zero() {
            self.cancel_every(now, CancelledBecause::Venue, out);
            self.close_held(now, out);
        }
    }

    /// Coins come, or go as far as they are free.
    fn transfer(&mut self, asset: AssetId, amount: Money, out: &mut Vec<VenueMessage>) {
        if amount.is_zero() || self.account.free(asset) + amount < Money::ZERO {
            return;
        }
        self.account.shift(asset, amount);
        out.push(VenueMessage::Transfer(Balance { asset, total: amount }));
    }
}
