//! What a fill does: it is validated, booked in the books, then on its order, and protection and
//! limits learn of it, all in one step (production-rules §4.1, §4.4).
//!
//! An execution is applied at most once, whatever names it comes under; a fill that cannot be true is
//! refused whole; a fill that must not have happened is booked all the same, and a person is told.

use rust_decimal::Decimal;

use super::booking::{BookError, Booked, Execution, Outcome};
use super::core::{Core, alert, anomaly};
use super::order::{Booking, Order};
use super::transitions::Input;
use crate::market::{
    Action, AssetId, Bug, Cause, Contract, Decision, DeskId, ExecutionReport, Fill, InstrumentId, Money, OrderId,
    OrderState, Purpose, Qty, ReportKind, Severity, Timestamp, Transaction, VenueRef, planted,
};

/// Decimals kept of a rate that is a quotient of two others.
const RATE_SCALE: u32 = 10;

impl Core {
    pub(super) fn on_fill(&mut self, now: Timestamp, report: &ExecutionReport, fill: &Fill, actions: &mut Vec<Action>) {
        let id = report.order;
        let order = self.orders.get(id).expect("the caller found the order");
        let deaf = (order.state == OrderState::Void && planted(Bug::OrderVoidThenFill))
            || (order.state.is_terminal() && planted(Bug::OrderLateFill));
        if deaf {
            return;
        }
        if let Some(fault) = self.malformed(now, order, report, fill) {
            anomaly(Some(id), fault, actions);
            self.apply(now, id, Input::FillMalformed, actions);
            return;
        }
        if let Some(twin) = twin(order, report, fill) {
            let text = format!("execution {} of order {} is {twin} under another name", fill.execution, id.0);
            anomaly(Some(id), text, actions);
            self.apply(now, id, Input::FillRepeated, actions);
            return;
        }
        let case = order.fill_case(fill.qty);
        let (terms, mut desk, new_entry) = (order.terms, order.desk, order.filled.is_zero());
        if !new_entry && planted(Bug::Critical2Permutations) {
            desk = DeskId(desk.0 + 1);
        }
        let clipped = Fill { qty: fill.qty.min((terms.qty - order.filled).max(Qty(1))), ..*fill };
        let fill = if planted(Bug::OrderOverfill) { &clipped } else { fill };
        let rate = fill.fee.and_then(|fee| self.rate_in_settled(terms.instrument, fee.asset));
        // Disjoint fields: the books change while the instrument is read.
        let instrument = &self.instruments[usize::from(terms.instrument.0)];
        let execution = Execution { desk, instrument, at: report.at, fill, fee_rate: rate, new_entry };
        match self.books.book(now, &execution) {
            Ok(Outcome::Booked(booked)) => {
                self.note_execution(now, report.at);
                self.book_on_order(report, fill, &booked, actions);
                self.apply(now, id, case, actions);
                self.after_booking(now, id, fill, &booked, actions);
                self.orders.refile(now, id);
                if self.orders.get(id).is_some_and(|order| order.taken_back.contains(&fill.execution)) {
                    // Its undoing overtook it.
                    self.on_busted(now, report.at, id, fill.execution, actions);
                }
            }
            Ok(Outcome::FeeCorrected(booked)) => self.correct_fee(id, fill, booked, actions),
            Ok(Outcome::Duplicate) => {
                self.apply(now, id, Input::FillRepeated, actions);
            }
            Ok(Outcome::Conflict(known)) if self.is_new_fee(id, fill, &known) => {
                self.revise_fee(now, report, fill, actions);
            }
            Ok(Outcome::Conflict(_)) => {
                if planted(Bug::OrderConflict) {
                    // The last word wins: the first execution is forgotten for it.
                    let bust = ExecutionReport { kind: ReportKind::Busted(fill.execution), ..*report };
                    return self.on_report(now, &bust, actions);
                }
                self.apply(now, id, Input::FillConflicting, actions);
            }
            Err(error) => {
                anomaly(Some(id), self.unbookable(report.instrument, &error), actions);
                self.apply(now, id, Input::FillMalformed, actions);
            }
        }
    }

    /// TR-28: a booked fill is taken back by reversals; of one we never booked, a question is made.
    pub(super) fn on_busted(
        &mut self,
        now: Timestamp,
        at: Timestamp,
        id: OrderId,
        execution: VenueRef,
        actions: &mut Vec<Action>,
    ) {
        let order = self.orders.get(id).expect("the caller found the order");
        let known = self.books.applied(&execution).copied();
        let ours = known.filter(|_| order.executions.iter().any(|booked| booked.execution == execution));
        let Some(fill) = ours.or(known.filter(|fill| order.is_recalled() && fill.side == order.terms.side)) else {
            let order = self.orders.get_mut(id).expect("just read");
            if known.is_none() && !order.taken_back.contains(&execution) {
                order.taken_back.push(execution);
            }
            self.apply(now, id, Input::BustedUnknown, actions);
            return;
        };
        let key = (order.desk, order.terms.instrument);
        match self.take_back((now, at), key, execution, &fill, actions) {
            Ok(true) => {
                let order = self.orders.get_mut(id).expect("just read");
                order.busted += fill.qty;
                order.undone = Qty((order.undone - fill.qty).0.max(0));
                order.taken_back.retain(|early| *early != execution);
                self.apply(now, id, Input::Busted, actions);
            }
            // It was taken back before.
            Ok(false) => {}
            Err(error) => {
                anomaly(Some(id), self.unbookable(key.1, &error), actions);
                self.apply(now, id, Input::BustedUnknown, actions);
            }
        }
    }

    /// Takes a booked fill back, which the venue undid at `at`; whether it still stood.
    pub(super) fn take_back(
        &mut self,
        (now, at): (Timestamp, Timestamp),
        (desk, instrument): (DeskId, InstrumentId),
        execution: VenueRef,
        fill: &Fill,
        actions: &mut Vec<Action>,
    ) -> Result<bool, BookError> {
        let found = &self.instruments[usize::from(instrument.0)];
        let Some(booked) = self.books.bust((now, at), found, execution)? else { return Ok(false) };
        let taken_back = |posted: &&Transaction| matches!(posted.cause, Cause::Reversal(_));
        let reversals = booked.transactions.iter().filter(taken_back).count();
        let told = reversals > 1 || found.contract == Contract::Spot;
        post(booked.transactions, actions);
        if !told {
            // Nothing but its fee is taken back: that the position changes stands nowhere else.
            let (by, at) = (Qty(-fill.side.signed(fill.qty).0), fill.price);
            let (position, cost) = (booked.position.qty, booked.position.cost);
            actions.push(Action::Record(Decision::Adjusted { desk, instrument, by, at, position, cost }));
        }
        Ok(true)
    }

    /// Whether a fill differs from the booked one by its fee alone, and that fee is not the one it had
    /// before the venue revised it.
    fn is_new_fee(&self, id: OrderId, fill: &Fill, known: &Fill) -> bool {
        let order = self.orders.get(id).expect("the caller found the order");
        let booking = order.executions.iter().find(|booked| booked.execution == fill.execution);
        let before = booking.and_then(|booked| booked.fee_before);
        Fill { fee: known.fee, ..*fill } == *known && fill.fee.is_some() && fill.fee != before
    }

    /// The venue revised the fee of a booked execution: a reversal and a second posting.
    pub(super) fn revise_fee(
        &mut self,
        now: Timestamp,
        report: &ExecutionReport,
        fill: &Fill,
        actions: &mut Vec<Action>,
    ) {
        let order = self.orders.get_mut(report.order).expect("the caller found the order");
        let (instrument, desk, Some(fee)) = (order.terms.instrument, order.desk, fill.fee) else { return };
        let before = self.books.applied(&fill.execution).and_then(|known| known.fee);
        if let Some(booked) = order.executions.iter_mut().find(|booked| booked.execution == fill.execution) {
            booked.fee_before = before;
        }
        let fee_rate = self.rate_in_settled(instrument, fee.asset);
        let instrument = &self.instruments[usize::from(instrument.0)];
        let execution = Execution { desk, instrument, at: report.at, fill, fee_rate, new_entry: false };
        match self.books.correct_fee(now, &execution, fee) {
            Ok(booked) => self.correct_fee(report.order, fill, booked, actions),
            Err(error) => anomaly(Some(report.order), self.unbookable(report.instrument, &error), actions),
        }
    }

    /// FB-4: the real fee replaces the predicted one by a second posting.
    fn correct_fee(&mut self, id: OrderId, fill: &Fill, booked: Booked, actions: &mut Vec<Action>) {
        post(booked.transactions, actions);
        let order = self.orders.get(id).expect("the caller found the order");
        let (desk, instrument) = (order.desk, order.terms.instrument);
        // A fee in base changes what is held.
        self.touch((desk, instrument));
        if let Some(fee) = fill.fee {
            let text = format!(
                "execution {} of order {} cost {}: the fee booked before is corrected",
                fill.execution, id.0, fee.amount
            );
            alert(Severity::Warning, Some(instrument), Some(id), text, actions);
        }
    }

    /// What a unit of an asset is of what an instrument settles in, where a rate of it is known: rates are in account
    /// currency, and an instrument may settle in another. A quotient is kept to [`RATE_SCALE`] decimals, half-even.
    pub(crate) fn rate_in_settled(&self, instrument: InstrumentId, asset: AssetId) -> Option<Money> {
        let (rate, settled) = (self.rates.get(&asset)?.price, self.instrument(instrument).settles_in());
        if settled == self.currency {
            return Some(rate);
        }
        let quotient = rate.decimal().checked_div(self.in_account(settled, Decimal::ONE)?)?;
        Some(Money::new(quotient).half_even(RATE_SCALE))
    }

    /// What makes a fill impossible (production-rules §4.4), if anything, or too old to be told from one
    /// we have forgotten (FB-3). An order keeps the grid it was placed on: its own limit and its last
    /// lots are never off it.
    fn malformed(&self, now: Timestamp, order: &Order, report: &ExecutionReport, fill: &Fill) -> Option<String> {
        let instrument = self.instrument(order.terms.instrument);
        let ancient = now.since(report.at) > self.config.fills.dedupe_window;
        let fault = if fill.qty.0 <= 0 {
            "a quantity that is not above zero"
        } else if fill.price.0 < i64::from(!planted(Bug::Critical9Validation)) {
            "a price that is not above zero"
        } else if report.instrument != instrument.id {
            "another instrument"
        } else if fill.side != order.terms.side {
            "the other side"
        } else if !instrument.on_tick(fill.price, report.at) && order.terms.kind.limit() != Some(fill.price) {
            "a price off the tick grid"
        } else if !instrument.on_lot(fill.qty, report.at) && order.filled + fill.qty != order.terms.qty {
            "a quantity off the lot grid"
        } else if ancient && self.books.applied(&fill.execution).is_none() {
            "an age beyond fills.dedupe_window: an operator must post it"
        } else {
            return None;
        };
        let words = self.fill_text(order.terms.instrument, fill);
        Some(format!("fill {} of order {} has {fault}: {words}", fill.execution, order.terms.id.0))
    }

    /// Order totals, and the records of what was posted.
    fn book_on_order(&mut self, report: &ExecutionReport, fill: &Fill, booked: &Booked, actions: &mut Vec<Action>) {
        let order = self.orders.get_mut(report.order).expect("the caller found the order");
        order.filled += fill.qty;
        order.reported = order.reported.max(report.cumulative.unwrap_or_default()).max(order.filled);
        if order.due().is_zero() {
            order.watch.due_since = None;
        }
        let execution = fill.execution;
        let leverage = Decimal::from(order.terms.leverage);
        order.executions.push(Booking::of(report, fill));
        post(booked.transactions.clone(), actions);
        actions.push(Action::Record(Decision::Booked {
            order: report.order,
            execution,
            position: booked.position.qty,
            cost: booked.position.cost,
            gross: booked.lots_gross,
            net: if planted(Bug::Critical6Leverage) { booked.net.times(leverage) } else { booked.net },
        }));
    }

    /// What a booked fill means for limits and pauses.
    fn after_booking(&mut self, now: Timestamp, id: OrderId, fill: &Fill, booked: &Booked, actions: &mut Vec<Action>) {
        let order = self.orders.get(id).expect("the caller found the order");
        let (terms, key, purpose) = (order.terms, (order.desk, order.terms.instrument), order.purpose);
        let highest = order.highest_limit();
        let announced = order.due();
        self.touch(key);
        self.price_alarm(id, fill, actions);
        if highest.or(terms.kind.limit()).is_some_and(|limit| !terms.side.reaches(limit, fill.price)) {
            let price = self.price_text(key.1, fill.price);
            let text = format!("order {} filled at {price}, worse than its limit; booked", id.0);
            alert(Severity::Critical, Some(key.1), Some(id), text.clone(), actions);
            self.restrict(key.1, text, actions);
        }
        if purpose != Purpose::Entry && !booked.split.opened.is_zero() {
            let opened = self.qty_text(key.1, booked.split.opened.abs());
            let text = format!("order {} was to close and filled {opened} beyond what desk {} held", id.0, key.0.0);
            alert(Severity::Critical, Some(key.1), Some(id), text, actions);
        }
        if !announced.is_zero() {
            self.find_fills(now, id, actions);
        }
        if let Some(closed) = booked.closed {
            let life = self.life_net.entry(key).or_insert(Money::ZERO);
            *life += if planted(Bug::RiskCooldown2) { closed.gross } else { closed.net };
            if closed.flat {
                let net = self.life_net.remove(&key).expect("inserted above");
                self.entries.remove(&key);
                let (until, cause) = self.pauses.closed(key.1, net, now, &self.config.cooldown);
                actions.push(Action::Record(Decision::CoolingDown { instrument: key.1, cause, until }));
                self.remember_closed(now, key, &closed, net);
            }
        }
        if purpose == Purpose::Entry && !booked.position.is_flat() {
            self.entries.entry(key).or_default().insert(id);
            self.leverages.insert(key, terms.leverage);
        }
    }

    /// FB-7: a fill far from its order's reference is booked, and somebody is told.
    fn price_alarm(&self, id: OrderId, fill: &Fill, actions: &mut Vec<Action>) {
        let order = self.orders.get(id).expect("the caller found the order");
        let reference = Decimal::from(order.twice_reference);
        let away = (Decimal::from(fill.price.0) * Decimal::TWO - reference).abs();
        if reference > Decimal::ZERO && away > self.config.fills.price_alarm.decimal() * reference {
            let instrument = self.instrument(order.terms.instrument);
            let (price, reference) = (instrument.price(fill.price), instrument.price_unit * reference / Decimal::TWO);
            let (price, reference) = (price.normalize(), reference.normalize());
            let text = format!("order {} filled at {price}, its reference was {reference}; booked", id.0);
            alert(Severity::Warning, Some(order.terms.instrument), Some(id), text, actions);
        }
    }
}

/// FB-1: the execution of an order that this one is, under another name. Two executions that agree in
/// price, quantity and time are two only if the venue's cumulative has room for both.
fn twin(order: &Order, report: &ExecutionReport, fill: &Fill) -> Option<VenueRef> {
    named_twice(&order.executions, report, fill, order.filled + fill.qty > order.reported)
}

/// The same of any executions of one order; `no_room` says whether the venue's total leaves none for
/// another, where it states no total with each.
pub(super) fn named_twice(
    executions: &[Booking],
    report: &ExecutionReport,
    fill: &Fill,
    no_room: bool,
) -> Option<VenueRef> {
    let alike = |known: &&Booking| {
        (known.price, known.qty, known.at) == (fill.price, fill.qty, report.at) && known.execution != fill.execution
    };
    let same = |known: &&Booking| match (known.cumulative, report.cumulative) {
        (Some(known), Some(said)) => known == said,
        _ => no_room,
    };
    let known_id = executions.iter().any(|known| known.execution == fill.execution);
    let found = executions.iter().filter(alike).find(same)?;
    (!known_id).then_some(found.execution)
}

pub(super) fn post(transactions: Vec<crate::market::Transaction>, actions: &mut Vec<Action>) {
    actions.extend(transactions.into_iter().map(|transaction| Action::Record(Decision::Posted(transaction))));
}
