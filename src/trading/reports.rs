//! What execution reports do: each is turned into one input of the transition table, and a fill is
//! booked in the same step (production-rules §1.5, §4.1, §4.4).
//!
//! Order of truth: execution id, then cumulative quantity, then status, then our belief. A
//! duplicate changes nothing; a report that fits no order is an anomaly, never ignored.

use rust_decimal::Decimal;

use super::booking::{Booked, Execution, Outcome};
use super::core::{Core, alert, anomaly};
use super::orders::Order;
use super::transitions::{Effect, Input};
use crate::market::{
    Action, AssetId, Decision, ExecutionReport, Fill, InstrumentId, Money, OrderId, OrderKind, OrderStatus,
    PendingEffect, Purpose, Qty, RefusedBecause, RejectReason, ReportKind, Severity, Timestamp,
};

/// Decimals kept of a rate that is a quotient of two others.
const RATE_SCALE: u32 = 10;

impl Core {
    /// Learns what the venue says of one order.
    pub(crate) fn on_report(&mut self, now: Timestamp, report: &ExecutionReport, actions: &mut Vec<Action>) {
        let id = report.order;
        if self.orders.get(id).is_none() {
            let text = format!("report of order {} that is not ours: {:?}", id.0, report.kind);
            anomaly(Some(id), text.clone(), actions);
            return alert(Severity::Warning, Some(report.instrument), Some(id), text, actions);
        }
        match report.kind {
            ReportKind::Accepted => self.on_accepted(now, report, actions),
            ReportKind::Rejected(reason) => self.on_rejected(now, id, reason, actions),
            ReportKind::Filled(fill) => self.on_fill(now, report, &fill, actions),
            ReportKind::Cancelled(_) => self.on_end(now, report, Input::Cancelled, actions),
            ReportKind::Expired => self.on_end(now, report, Input::Expired, actions),
            ReportKind::Amended { qty, kind } => self.on_amended(now, id, (qty, kind), actions),
            ReportKind::CancelRejected(because) => {
                let input = match because {
                    RefusedBecause::NotOpen => Input::CancelRefusedNotOpen,
                    RefusedBecause::StillOpen(_) => Input::CancelRefusedStillOpen,
                };
                self.apply(now, id, input, actions);
            }
            ReportKind::AmendRejected(because) => {
                let input = match because {
                    RefusedBecause::NotOpen => Input::AmendRefusedNotOpen,
                    RefusedBecause::StillOpen(_) => Input::AmendRefusedStillOpen,
                };
                self.apply(now, id, input, actions);
            }
            ReportKind::Busted(execution) => {
                let filled = self.orders.get(id).is_some_and(|order| !order.filled.is_zero());
                let known = filled && self.books.applied(&execution).is_some();
                self.apply(now, id, if known { Input::Busted } else { Input::BustedUnknown }, actions);
            }
            ReportKind::Status(status) => self.on_status(now, report, status, actions),
        }
    }

    fn on_accepted(&mut self, now: Timestamp, report: &ExecutionReport, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(report.order).expect("the caller found the order");
        let known = order.venue_id;
        order.venue_id = known.or(report.venue_id);
        let again = report.venue_id.is_some() && order.venue_id != report.venue_id;
        let input = if again { Input::AcceptedAgain } else { Input::Accepted };
        self.apply(now, report.order, input, actions);
    }

    fn on_rejected(&mut self, now: Timestamp, id: OrderId, reason: RejectReason, actions: &mut Vec<Action>) {
        let order = self.orders.get(id).expect("the caller found the order");
        let (instrument, filled) = (order.terms.instrument, !order.filled.is_zero());
        let input = if filled { Input::RejectedWithFills } else { Input::Rejected };
        self.apply(now, id, input, actions);
        // A post-only refusal is the price of quoting, not news.
        if reason != RejectReason::PostOnlyWouldCross {
            let text = format!("the venue rejected order {}: {reason:?}; it is not sent again", id.0);
            alert(Severity::Warning, Some(instrument), Some(id), text, actions);
        }
    }

    /// New terms hold where the table adopts them; terms no order can have are not terms.
    fn on_amended(&mut self, now: Timestamp, id: OrderId, terms: (Qty, OrderKind), actions: &mut Vec<Action>) {
        let (qty, kind) = terms;
        let prices = [kind.limit(), kind.trigger()];
        if qty <= Qty::ZERO || prices.iter().flatten().any(|price| price.0 <= 0) {
            return anomaly(Some(id), format!("order {} cannot have the terms {qty:?} {kind:?}", id.0), actions);
        }
        if self.apply(now, id, Input::Amended, actions).cell.has(Effect::Adopt) {
            let order = self.orders.get_mut(id).expect("it was just amended");
            (order.terms.qty, order.terms.kind) = (qty, kind);
        }
    }

    /// An end takes effect with its cumulative quantity; without one it is a question.
    fn on_end(&mut self, now: Timestamp, report: &ExecutionReport, input: Input, actions: &mut Vec<Action>) {
        let Some(cumulative) = report.cumulative else {
            let text = format!("{input:?} of order {} without a cumulative quantity", report.order.0);
            anomaly(Some(report.order), text, actions);
            return actions.push(Action::Record(Decision::Pending(report.order, PendingEffect::Resolve)));
        };
        let order = self.orders.get_mut(report.order).expect("the caller found the order");
        order.reported = order.reported.max(cumulative);
        self.apply(now, report.order, input, actions);
    }

    fn on_status(&mut self, now: Timestamp, report: &ExecutionReport, status: OrderStatus, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(report.order).expect("the caller found the order");
        let said = if status == OrderStatus::Filled { order.terms.qty } else { Qty::ZERO };
        order.reported = order.reported.max(report.cumulative.unwrap_or(said));
        let input = match status {
            OrderStatus::Open { .. } => Input::StatusOpen,
            OrderStatus::Cancelled => return self.on_end(now, report, Input::StatusCancelled, actions),
            OrderStatus::Expired => return self.on_end(now, report, Input::StatusExpired, actions),
            OrderStatus::Filled => Input::StatusFilled,
            OrderStatus::Rejected(_) => Input::StatusRejected,
            OrderStatus::NotFound { .. } => Input::StatusNotFound,
        };
        self.apply(now, report.order, input, actions);
    }

    fn on_fill(&mut self, now: Timestamp, report: &ExecutionReport, fill: &Fill, actions: &mut Vec<Action>) {
        let order = self.orders.get(report.order).expect("the caller found the order");
        if let Some(fault) = self.malformed(order, report, fill) {
            anomaly(Some(report.order), fault, actions);
            self.apply(now, report.order, Input::FillMalformed, actions);
            return;
        }
        let case = order.fill_case(fill.qty);
        let (terms, desk, new_entry) = (order.terms, order.desk, order.filled.is_zero());
        let rate = fill.fee.and_then(|fee| self.rate_in_quote(terms.instrument, fee.asset));
        // Disjoint fields: the books change while the instrument is read.
        let instrument = &self.instruments[usize::from(terms.instrument.0)];
        let execution = Execution { desk, instrument, at: report.at, fill, fee_rate: rate, new_entry };
        match self.books.book(now, &execution) {
            Ok(Outcome::Booked(booked)) => {
                self.book_on_order(report, fill, &booked, actions);
                self.apply(now, report.order, case, actions);
                self.after_booking(now, report.order, fill, &booked, actions);
            }
            Ok(Outcome::FeeCorrected(booked)) => post(booked.transactions, actions),
            Ok(Outcome::Duplicate) => {
                self.apply(now, report.order, Input::FillRepeated, actions);
            }
            Ok(Outcome::Conflict(_)) => {
                self.apply(now, report.order, Input::FillConflicting, actions);
            }
            Err(error) => {
                anomaly(Some(report.order), error.to_string(), actions);
                self.apply(now, report.order, Input::FillMalformed, actions);
            }
        }
    }

    /// Quote per unit of an asset, where a rate of it is known: rates are in account currency, and an
    /// instrument may be quoted in another. A quotient is kept to [`RATE_SCALE`] decimals, half-even.
    fn rate_in_quote(&self, instrument: InstrumentId, asset: AssetId) -> Option<Money> {
        let (rate, quote) = (*self.rates.get(&asset)?, self.instrument(instrument).quote);
        if quote == self.currency {
            return Some(rate);
        }
        let quotient = rate.decimal().checked_div(self.in_account(quote, Decimal::ONE)?)?;
        Some(Money::new(quotient).half_even(RATE_SCALE))
    }

    /// What makes a fill impossible (production-rules §4.4), if anything. An order keeps the grid
    /// it was placed on: its own limit and its last lots are never off it.
    fn malformed(&self, order: &Order, report: &ExecutionReport, fill: &Fill) -> Option<String> {
        let instrument = self.instrument(order.terms.instrument);
        let fault = if fill.qty.0 <= 0 {
            "a quantity that is not above zero"
        } else if fill.price.0 <= 0 {
            "a price that is not above zero"
        } else if report.instrument != instrument.id {
            "another instrument"
        } else if fill.side != order.terms.side {
            "the other side"
        } else if !instrument.on_tick(fill.price, report.at) && order.terms.kind.limit() != Some(fill.price) {
            "a price off the tick grid"
        } else if !instrument.on_lot(fill.qty, report.at) && order.filled + fill.qty != order.terms.qty {
            "a quantity off the lot grid"
        } else {
            return None;
        };
        Some(format!("fill {} of order {} has {fault}: {fill:?}", fill.execution, order.terms.id.0))
    }

    /// Order totals, and the records of what was posted.
    fn book_on_order(&mut self, report: &ExecutionReport, fill: &Fill, booked: &Booked, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(report.order).expect("the caller found the order");
        order.filled += fill.qty;
        order.reported = order.reported.max(report.cumulative.unwrap_or_default()).max(order.filled);
        post(booked.transactions.clone(), actions);
        actions.push(Action::Record(Decision::Booked {
            order: report.order,
            execution: fill.execution,
            position: booked.position.qty,
            cost: booked.position.cost,
            gross: booked.lots_gross,
            net: booked.net,
        }));
    }

    /// What a booked fill means for limits and pauses.
    fn after_booking(&mut self, now: Timestamp, id: OrderId, fill: &Fill, booked: &Booked, actions: &mut Vec<Action>) {
        let order = self.orders.get(id).expect("the caller found the order");
        let (terms, key, purpose) = (order.terms, (order.desk, order.terms.instrument), order.purpose);
        self.touch(key);
        if terms.kind.limit().is_some_and(|limit| !terms.side.reaches(limit, fill.price)) {
            let text = format!("order {} filled at {:?}, worse than its limit; booked", id.0, fill.price);
            alert(Severity::Critical, Some(key.1), Some(id), text.clone(), actions);
            self.restrict(key.1, text, actions);
        }
        if let Some(closed) = booked.closed {
            let life = self.life_net.entry(key).or_insert(Money::ZERO);
            *life += closed.net;
            if closed.flat {
                let net = self.life_net.remove(&key).expect("inserted above");
                self.entries.remove(&key);
                let (until, cause) = self.pauses.closed(key.1, net, now, &self.config.cooldown);
                actions.push(Action::Record(Decision::CoolingDown { instrument: key.1, cause, until }));
            }
        }
        if purpose == Purpose::Entry && !booked.position.is_flat() {
            self.entries.entry(key).or_default().insert(id);
            self.leverages.insert(key, terms.leverage);
        }
    }
}

fn post(transactions: Vec<crate::market::Transaction>, actions: &mut Vec<Action>) {
    actions.extend(transactions.into_iter().map(|transaction| Action::Record(Decision::Posted(transaction))));
}
