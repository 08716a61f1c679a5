//! What other hands do in the same account, and what befalls it as a whole.

use super::account::Account;
use super::resting::{Number, place};
use super::{Act, Venue};
use crate::market::{
    AssetId, Balance, CancelledBecause, Contract, InstrumentId, Money, NewOrder, OrderId, OrderKind, Price, Qty, Query,
    Rate, RiskPassId, Side, TimeInForce, Timestamp, TriggerSource, VenueMessage,
};

/// The instrument other hands trade in where none is named.
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
        self.act_on(now, None, act, out);
    }

    /// Does what it is told in an instrument; where none is named, in all of them or the first, as the
    /// act says. One it does not list is none of its business.
    pub fn act_on(&mut self, now: Timestamp, on: Option<InstrumentId>, act: &Act, out: &mut Vec<VenueMessage>) {
        self.settle_due(now, out);
        let one = on.unwrap_or(FIRST);
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
                for id in self.meant(on) {
                    self.on_session(now, id, state, out);
                }
            }
            Act::Remember => self.remember(now),
            Act::Forget => self.whims.forget_past(),
            Act::MarkOff(by_ppm) => self.put_off(now, on, TriggerSource::Mark, by_ppm, out),
            Act::IndexOff(by_ppm) => self.put_off(now, on, TriggerSource::Index, by_ppm, out),
            Act::Funding(by_ppm) => {
                for id in self.meant(on) {
                    self.charge_funding_now(now, id, by_ppm, out);
                }
            }
            Act::FundingAgainst(by_ppm) => {
                for id in self.meant(on) {
                    let side = self.account.position(id).0.signum();
                    self.charge_funding_now(now, id, by_ppm * side, out);
                }
            }
            Act::HandOrder { side, times, rests } => self.hand_order(now, one, (side, times, rests), out),
            Act::HandCancel => self.cancel_by(now, self.oldest_of_ours(on), CancelledBecause::Requested, out),
            Act::HandClose => self.close_held(now, one, out),
            Act::Liquidate => self.liquidate(now, on, out),
            Act::Transfer(asset, amount) => self.transfer(asset, amount, out),
            Act::Off(asset, amount) => self.account.shift(asset, amount),
        }
        self.refresh_due();
        self.settle_positions(now, out);
    }

    /// The instrument that is named, if it is listed; all of them where none is.
    fn meant(&self, on: Option<InstrumentId>) -> Vec<InstrumentId> {
        let ids = self.config.instruments.iter().map(|instrument| instrument.id);
        ids.filter(|id| on.is_none_or(|named| named == *id)).collect()
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

    fn oldest_of_ours(&self, on: Option<InstrumentId>) -> Option<Number> {
        let ours = |number: &Number| {
            let terms = &self.orders.get(*number).terms;
            terms.id < OrderId::FIRST_EXTERNAL && on.is_none_or(|named| named == terms.instrument)
        };
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

    fn put_off(
        &mut self,
        now: Timestamp,
        on: Option<InstrumentId>,
        source: TriggerSource,
        by_ppm: i64,
        out: &mut Vec<VenueMessage>,
    ) {
        for id in self.meant(on) {
            let market = &mut self.markets[place(id)];
            let last = market.last_trade;
            match source {
                TriggerSource::Mark => market.mark.put_off(by_ppm, last),
                TriggerSource::Index => market.index.put_off(by_ppm, last),
                TriggerSource::Last | TriggerSource::Touch => {}
            }
            self.gauge_moved(now, id, source, out);
        }
    }

    fn charge_funding_now(&mut self, now: Timestamp, of: InstrumentId, by_ppm: i64, out: &mut Vec<VenueMessage>) {
        let rate = Rate::new(rust_decimal::Decimal::new(by_ppm, PPM_DECIMALS));
        if let Some(price) = self.markets[place(of)].last_trade.or_else(|| self.some_touch(of)) {
            self.charge_funding(now, of, (rate, price), out);
        }
    }

    /// An order on a side, so many times the least quantity, that rests or takes.
    fn hand_order(
        &mut self,
        now: Timestamp,
        of: InstrumentId,
        (side, times, rests): (Side, i64, bool),
        out: &mut Vec<VenueMessage>,
    ) {
        let Some(instrument) = self.config.instruments.get(place(of)) else { return };
        let rules = instrument.rules(now);
        let own = if rests { side } else { side.opposite() };
        let Some((best, _)) = self.markets[place(of)].best(own) else { return };
        let far = Price((best.0 - side.sign() * best.0 * FAR_TENTHS / 10) / rules.tick.0 * rules.tick.0);
        let kind = if rests { OrderKind::Limit { limit: far } } else { OrderKind::Market };
        let price = if rests { far } else { best };
        let mut qty = Qty(rules.min_qty.0.max(rules.lot.0).saturating_mul(times.max(1)));
        for _ in 0..DOUBLINGS_MAX {
            if instrument.notional(qty, price) >= rules.min_notional {
                break;
            }
            qty = Qty(qty.0 * 2);
        }
        self.place_by_others(now, of, (side, kind, qty), out);
    }

    /// An order of other hands, if it may enter.
    fn place_by_others(
        &mut self,
        now: Timestamp,
        instrument: InstrumentId,
        (side, kind, qty): (Side, OrderKind, Qty),
        out: &mut Vec<VenueMessage>,
    ) {
        let order = self.of_others(instrument, side, kind, qty);
        if self.admit(now, &order).is_ok() {
            self.whims.by_others += 1;
            self.on_new(now, &order, out);
        }
    }

    /// The next order of other hands, or of the venue itself.
    pub(super) fn of_others(&self, instrument: InstrumentId, side: Side, kind: OrderKind, qty: Qty) -> NewOrder {
        NewOrder {
            id: OrderId(OrderId::FIRST_EXTERNAL.0 + self.whims.by_others),
            instrument,
            side,
            kind,
            trigger_by: TriggerSource::Last,
            qty,
            tif: if kind.limit().is_some() { TimeInForce::Gtc } else { TimeInForce::Ioc },
            post_only: false,
            reduce_only: false,
            leverage: 1,
            deadline: Timestamp::MAX,
            risk_pass: RiskPassId(0),
        }
    }

    /// Closes the position of an instrument at the market; on spot, sells what is free of it.
    fn close_held(&mut self, now: Timestamp, of: InstrumentId, out: &mut Vec<VenueMessage>) {
        let Some(instrument) = self.config.instruments.get(place(of)) else { return };
        let lot = instrument.rules(now).lot;
        let held = match instrument.contract {
            Contract::Linear | Contract::Inverse => self.account.position(instrument.id),
            Contract::Spot => {
                let units = self.account.free(instrument.base).decimal() / instrument.qty_unit;
                let units = i64::try_from(units.trunc().mantissa()).unwrap_or(i64::MAX);
                Qty(units / lot.0 * lot.0)
            }
        };
        let side = if held.0 > 0 { Side::Sell } else { Side::Buy };
        if !held.is_zero() {
            self.place_by_others(now, of, (side, OrderKind::Market, Qty(held.0.abs())), out);
        }
    }

    /// The venue cancels every order of the account and closes the positions meant, on margin alone.
    fn liquidate(&mut self, now: Timestamp, on: Option<InstrumentId>, out: &mut Vec<VenueMessage>) {
        let held = |id: &InstrumentId| {
            let margin = self.config.instruments[place(*id)].contract.is_margin();
            margin && !self.account.position(*id).is_zero()
        };
        let held: Vec<InstrumentId> = self.meant(on).into_iter().filter(held).collect();
        if !held.is_empty() {
            self.cancel_every(now, CancelledBecause::Venue, out);
        }
        for id in held {
            self.close_held(now, id, out);
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
