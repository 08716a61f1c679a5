//! What a venue does with orders and fills against its own rules, when told to: it cancels, refuses
//! late, changes, overfills, undoes and recharges.

use super::Venue;
use super::fills::on_lot;
use super::orders::answer_to;
use super::resting::{Life, Number, place};
use crate::market::{
    Amend, CancelledBecause, Command, InstrumentId, NewOrder, OrderId, Qty, RefusedBecause, RejectReason, ReportKind,
    Timestamp, VenueMessage, VenueRef,
};

/// The whole, in millionths.
const WHOLE_PPM: i128 = 1_000_000;

impl Venue {
    /// Refuses a command, whatever the rules say; what cannot be refused is served.
    pub fn refuse_command(
        &mut self,
        now: Timestamp,
        command: &Command,
        because: RefusedBecause,
        out: &mut Vec<VenueMessage>,
    ) {
        let open = |id| self.orders.find_open(id);
        match (command, because) {
            (Command::New(order), RefusedBecause::StillOpen(reason)) if !self.knows(order.id) => {
                let number = self.orders.add(now, *order, Some(reason));
                out.push(self.report(now, number, ReportKind::Rejected(reason)));
            }
            (Command::Amend(Amend { id, .. }), because) if open(*id).is_some() => {
                out.extend(open(*id).map(|number| self.report(now, number, ReportKind::AmendRejected(because))));
            }
            (Command::Cancel(id), because) if open(*id).is_some() => {
                out.extend(open(*id).map(|number| self.report(now, number, ReportKind::CancelRejected(because))));
            }
            _ => self.on_command(now, command, out),
        }
    }

    /// An amend by cancel and replace, of which only the cancel succeeds.
    pub fn half_amend(&mut self, now: Timestamp, amend: &Amend, out: &mut Vec<VenueMessage>) {
        let Some(number) = self.orders.find_open(amend.id) else {
            return self.on_amend(now, amend, out);
        };
        self.cancel_remainder(now, number, CancelledBecause::Requested, out);
        out.push(self.report(now, number, ReportKind::AmendRejected(RefusedBecause::NotOpen)));
        self.refresh_due();
    }

    /// Cancels every other one of the orders a cancel of everything means, the oldest first.
    pub fn half_cancel_all(&mut self, now: Timestamp, of: Option<InstrumentId>, out: &mut Vec<VenueMessage>) {
        let meant = |number: &&Number| of.is_none_or(|i| i == self.orders.get(**number).terms.instrument);
        let numbers: Vec<Number> = self.orders.open.iter().filter(meant).step_by(2).copied().collect();
        for number in numbers {
            self.cancel_remainder(now, number, CancelledBecause::Requested, out);
        }
        self.refresh_due();
    }

    pub(super) fn reject_late(&mut self, now: Timestamp, id: OrderId, out: &mut Vec<VenueMessage>) {
        let untouched = |number: &Number| self.orders.get(*number).filled.is_zero();
        let Some(number) = self.orders.find_open(id).filter(untouched) else { return };
        let reason = RejectReason::InsufficientBalance;
        self.end(now, number, Life::Rejected(reason));
        out.push(self.report(now, number, ReportKind::Rejected(reason)));
    }

    /// A lot less of an order, if something of it is left then.
    pub(super) fn change(&mut self, now: Timestamp, id: OrderId, out: &mut Vec<VenueMessage>) {
        let Some(number) = self.orders.find_open(id) else { return };
        let NewOrder { instrument, qty, kind, .. } = self.orders.get(number).terms;
        let qty = qty - self.config.instruments[place(instrument)].rules(now).lot;
        if qty <= self.orders.get(number).filled {
            return;
        }
        self.orders.get_mut(number).terms.qty = qty;
        self.shrink_matched(now, number);
        self.hold_again(now, number);
        out.push(self.report(now, number, ReportKind::Amended { qty, kind }));
    }

    /// Executes more of a filled order, as far as the account can pay.
    pub(super) fn overfill(&mut self, now: Timestamp, id: OrderId, by_ppm: i64, out: &mut Vec<VenueMessage>) {
        let filled = |number: &Number| self.orders.get(*number).life == Life::Filled;
        let Some(number) = self.orders.find(id).filter(filled) else { return };
        let terms = self.orders.get(number).terms;
        let Some(last) = self.truth.last_of(number) else { return };
        let (price, liquidity) = (last.price, last.liquidity);
        let lot = self.config.instruments[place(terms.instrument)].rules(now).lot;
        let more = i128::from(terms.qty.0) * i128::from(by_ppm.max(0)) / WHOLE_PPM;
        let more = Qty(i64::try_from(more).unwrap_or(i64::MAX).max(lot.0));
        let settlement = self.settlement(now, number, price, on_lot(more, Qty(i64::MAX), lot), liquidity);
        if self.can_pay(&self.config.instruments[place(terms.instrument)], &settlement, now) {
            self.book(now, number, liquidity, &settlement, out);
        }
    }

    /// Undoes an execution, where that leaves no doubt about the position: the newest of its
    /// instrument, or one that opened and of which nothing was closed since; and no coin is missing.
    pub(super) fn bust(&mut self, now: Timestamp, execution: VenueRef, out: &mut Vec<VenueMessage>) {
        let Some(place_in_log) = self.truth.find(execution) else { return };
        let number = self.truth.get(place_in_log).order;
        let instrument = self.orders.get(number).terms.instrument;
        let later =
            self.truth.since(place_in_log).filter(|done| self.orders.get(done.order).terms.instrument == instrument);
        let settled = later.collect::<Vec<_>>();
        let clear = settled.len() == 1 || settled.iter().all(|done| !done.effect.closed);
        let done = *self.truth.get(place_in_log);
        let terms = &self.config.instruments[place(instrument)];
        let side = self.orders.get(number).terms.side;
        if done.busted || !clear || !self.account.can_undo(terms, side, &done) {
            return;
        }
        let before = self.account.position(instrument);
        self.account.undo(terms, side, &done);
        self.note_opening(now, instrument, before);
        self.truth.busted(place_in_log);
        self.turned = true;
        out.push(self.report(now, number, ReportKind::Busted(execution)));
    }

    /// Charges millionths of a fee more, or less, and reports the execution with its new fee.
    pub(super) fn revise_fee(&mut self, execution: VenueRef, by_ppm: i64, out: &mut Vec<VenueMessage>) {
        let Some(place_in_log) = self.truth.find(execution) else { return };
        let done = self.truth.get(place_in_log);
        let (asset, fee) = done.fee;
        let scale = fee.decimal().scale();
        let more = fee.times(rust_decimal::Decimal::new(by_ppm, 6)).half_even(scale);
        if done.busted || more.is_zero() || more > self.account.free(asset) {
            return;
        }
        self.account.recharge(asset, more);
        out.push(VenueMessage::Report(self.truth.revised(&self.orders, place_in_log, fee + more)));
    }

    /// A refusal about an order that is not open, known or not.
    pub(super) fn refuse(&self, now: Timestamp, id: OrderId, kind: ReportKind) -> VenueMessage {
        match self.orders.find(id) {
            Some(number) => self.report(now, number, kind),
            // The command names no instrument: the answer names the first.
            None => answer_to(now, id, InstrumentId(0), kind),
        }
    }
}
