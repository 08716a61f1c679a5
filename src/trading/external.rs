//! What is not ours: orders, fills, holdings and closes by other hands in the same account
//! (production-rules §4.11).
//!
//! It is adopted into the desk [`DeskId::EXTERNAL`]: inside exposure and ledger, outside every
//! strategy's result, and neither cancelled nor sold unless `external.policy` says so. Where it
//! changes what our positions rest on, the instrument is reduce-only until an operator settles it:
//! [`Core::backed`] is what the venue still holds for a desk, and no exit is ever larger.

use rust_decimal::prelude::ToPrimitive;

use super::arming::{InstrumentCause, TraderCause};
use super::booking::{Booked, Execution, Outcome};
use super::core::{Core, alert, anomaly};
use super::fills::named_twice;
use super::names::happening;
use super::order::{Booking, Order, Origin};
use super::position::Position;
use super::transitions::Input;
use super::words::ExternalPolicy;
use crate::market::{
    Account, Action, Bug, Command, Contract, Decision, DeskId, ExecutionReport, ExitCause, Fee, Fill, Instrument,
    InstrumentId, IntentId, NewOrder, OpenOrder, OrderId, OrderState, OrderStatus, Price, Purpose, Qty, ReportKind,
    RiskPassId, Severity, Side, TickLots, TimeInForce, Timestamp, TriggerSource, VenueRef, planted,
};

impl Core {
    /// A report of an order we do not know.
    pub(crate) fn on_strange_report(&mut self, now: Timestamp, report: &ExecutionReport, actions: &mut Vec<Action>) {
        match report.kind {
            ReportKind::Filled(fill) => return self.external_fill(now, report, &fill, actions),
            ReportKind::Busted(execution) => return self.external_bust(now, report, execution, actions),
            _ => {}
        }
        let text = format!("report of order {} that is not ours: {}", report.order.0, happening(report));
        anomaly(Some(report.order), text.clone(), actions);
        alert(Severity::Warning, Some(report.instrument), Some(report.order), text, actions);
        let exists = match report.kind {
            ReportKind::Accepted | ReportKind::Amended { .. } => true,
            ReportKind::Status(status) => matches!(status, OrderStatus::Open { .. }),
            ReportKind::Filled(_)
            | ReportKind::Busted(_)
            | ReportKind::Rejected(_)
            | ReportKind::AmendRejected(_)
            | ReportKind::Cancelled(_)
            | ReportKind::Expired
            | ReportKind::CancelRejected(_) => false,
        };
        if exists {
            // Its terms are in the list of open orders.
            self.reconcile_soon(now, actions);
        }
    }

    /// An open order of other hands: it counts in exposure, and is left alone.
    pub(crate) fn adopt_order(&mut self, now: Timestamp, listed: &OpenOrder, actions: &mut Vec<Action>) {
        if usize::from(listed.instrument.0) >= self.instruments.len() {
            let text = format!("order {} is on {}, which is not ours", listed.order.0, self.symbol(listed.instrument));
            return anomaly(Some(listed.order), text, actions);
        }
        let text = format!(
            "the venue holds order {} ({}) that is not ours; it counts as exposure and is left alone",
            listed.order.0, listed.venue_id
        );
        self.strange_number(listed.order, actions);
        self.orders.insert(adopted(listed));
        let (instrument, order) = (listed.instrument, Some(listed.order));
        actions.push(Action::Record(Decision::Adopted { instrument, order, text: text.clone() }));
        alert(Severity::Warning, Some(instrument), order, text, actions);
        self.look_at_positions_in(instrument);
        if planted(Bug::ReconcileExternal) {
            actions.push(Action::Send(Command::Cancel(listed.order)));
        }
        if self.config.external.policy == ExternalPolicy::AdoptAndExit {
            self.apply(now, listed.order, Input::CancelWanted, actions);
        }
    }

    /// A number that only we give out and that our journal does not know: an older journal than
    /// the account's. Nothing new is sent before an operator looked.
    fn strange_number(&mut self, id: OrderId, actions: &mut Vec<Action>) {
        if id < OrderId::FIRST_EXTERNAL && self.numbers.skip_order(id) {
            let why = format!("the venue knows order {} of our numbers and our journal does not", id.0);
            alert(Severity::Critical, None, Some(id), format!("{why}; entries stop"), actions);
            self.latch(TraderCause::Stranger, why, actions);
        }
    }

    /// A fill of an order we do not know is booked for external hands, once.
    fn external_fill(&mut self, now: Timestamp, report: &ExecutionReport, fill: &Fill, actions: &mut Vec<Action>) {
        let known = self.books.applied(&fill.execution).copied();
        if let Some(known) = known.filter(|known| Fill { fee: known.fee, ..*fill } == *known) {
            // Booked, for other hands or for an order so old that even its stub is gone.
            return self.external_fee(now, report, fill, known.fee, actions);
        }
        if self.reconciler.was_opened_with(report.at) {
            // It is in the balances the books were opened with.
            return;
        }
        let known = self.outside.get(&report.order).map_or(&[][..], Vec::as_slice);
        if let Some(twin) = named_twice(known, report, fill, false) {
            let text = format!("execution {} of order {} is {twin} under another name", fill.execution, report.order.0);
            return anomaly(Some(report.order), text, actions);
        }
        let Some(instrument) = self.instruments.get(usize::from(report.instrument.0)) else {
            let text = format!("fill {} is on {}, which is not ours", fill.execution, self.symbol(report.instrument));
            return anomaly(Some(report.order), text, actions);
        };
        let fee_rate = fill.fee.and_then(|fee| self.rate_in_settled(report.instrument, fee.asset));
        let desk = if planted(Bug::ReconcileExternal2) { DeskId(0) } else { DeskId::EXTERNAL };
        let execution = Execution { desk, instrument, at: report.at, fill, fee_rate, new_entry: true };
        match self.books.book(now, &execution) {
            Ok(Outcome::Booked(booked)) => {
                self.note_execution(now, report.at);
                self.outside.entry(report.order).or_default().push(Booking::of(report, fill));
                self.strange_number(report.order, actions);
                self.after_external_fill(now, report, fill, booked, actions);
            }
            Ok(Outcome::FeeCorrected(_) | Outcome::Duplicate) => unreachable!("answered above"),
            Ok(Outcome::Conflict(first)) => {
                let [was, is] = [&first, fill].map(|fill| self.fill_text(report.instrument, fill));
                let text = format!("execution {} was {was} and is now said to be {is}", fill.execution);
                anomaly(Some(report.order), text.clone(), actions);
                alert(Severity::Warning, Some(report.instrument), Some(report.order), text, actions);
            }
            Err(error) => {
                let why = self.unbookable(report.instrument, &error);
                anomaly(Some(report.order), why.clone(), actions);
                let text = format!("a fill of other hands cannot be booked: {why}");
                alert(Severity::Critical, Some(report.instrument), Some(report.order), text, actions);
            }
        }
    }

    /// FB-4: a fee that was predicted is corrected when it is told; any other word says nothing new.
    fn external_fee(
        &mut self,
        now: Timestamp,
        report: &ExecutionReport,
        fill: &Fill,
        booked: Option<Fee>,
        actions: &mut Vec<Action>,
    ) {
        let (None, Some(fee)) = (booked, fill.fee) else { return };
        let fee_rate = self.rate_in_settled(report.instrument, fee.asset);
        let Some(instrument) = self.instruments.get(usize::from(report.instrument.0)) else { return };
        let desk = DeskId::EXTERNAL;
        let execution = Execution { desk, instrument, at: report.at, fill, fee_rate, new_entry: false };
        match self.books.correct_fee(now, &execution, fee) {
            Ok(booked) => post(booked, actions),
            Err(error) => anomaly(Some(report.order), self.unbookable(report.instrument, &error), actions),
        }
    }

    fn after_external_fill(
        &mut self,
        now: Timestamp,
        report: &ExecutionReport,
        fill: &Fill,
        booked: Booked,
        actions: &mut Vec<Action>,
    ) {
        let (id, instrument) = (report.order, report.instrument);
        let (position, cost) = (booked.position.qty, booked.position.cost);
        let (gross, net) = (booked.lots_gross, booked.net);
        post(booked, actions);
        let text = format!("order {} is not ours; its fill {} is booked for external hands", id.0, fill.execution);
        actions.push(Action::Record(Decision::Adopted { instrument, order: Some(id), text: text.clone() }));
        let execution = fill.execution;
        actions.push(Action::Record(Decision::Booked { order: id, execution, position, cost, gross, net }));
        self.look_at_positions_in(instrument);
        let ours = self.position(instrument) - position;
        self.close_taken(now, instrument, fill.price, actions);
        let left = self.books.position(DeskId::EXTERNAL, instrument).map_or(Qty::ZERO, |held| held.qty);
        let closed = self.position(instrument) - left != ours;
        match self.instrument(instrument).contract {
            Contract::Linear | Contract::Inverse => {
                let severity = if closed { Severity::Critical } else { Severity::Warning };
                let what = if closed { "it closes what we hold" } else { "it changes the venue's position" };
                let why = format!("{text}; {what}, and the instrument waits for an operator");
                self.restrict_for(instrument, InstrumentCause::External, why.clone(), actions);
                alert(severity, Some(instrument), Some(id), why, actions);
            }
            Contract::Spot if closed => {
                let why = format!("{text}; it sold what we hold, and the instrument waits for an operator");
                self.restrict_for(instrument, InstrumentCause::External, why.clone(), actions);
                alert(Severity::Critical, Some(instrument), Some(id), why, actions);
            }
            Contract::Spot => alert(Severity::Warning, Some(instrument), Some(id), text, actions),
        }
        self.exit_external(now, instrument, actions);
    }

    /// Under `adopt_and_exit` what external hands hold is taken down as well.
    fn exit_external(&mut self, now: Timestamp, instrument: InstrumentId, actions: &mut Vec<Action>) {
        let held = self.books.position(DeskId::EXTERNAL, instrument).is_some();
        if held && self.config.external.policy == ExternalPolicy::AdoptAndExit {
            self.demand_exit(now, (DeskId::EXTERNAL, instrument), Qty::ZERO, ExitCause::External, actions);
        }
    }

    fn external_bust(&mut self, now: Timestamp, report: &ExecutionReport, id: VenueRef, actions: &mut Vec<Action>) {
        let text = format!("the venue undid execution {id} of order {}, which is not ours", report.order.0);
        anomaly(Some(report.order), text.clone(), actions);
        alert(Severity::Critical, Some(report.instrument), Some(report.order), text, actions);
        let key = (DeskId::EXTERNAL, report.instrument);
        let Some(fill) = self.books.applied(&id).copied() else { return };
        if self.take_back((now, report.at), key, id, &fill, actions) == Ok(true) {
            self.look_at_positions_in(report.instrument);
        }
    }

    pub(super) fn look_at_positions_in(&mut self, instrument: InstrumentId) {
        let desks: Vec<DeskId> =
            self.books.positions().filter(|(_, id, _)| *id == instrument).map(|(desk, ..)| desk).collect();
        for desk in desks {
            self.touch((desk, instrument));
        }
    }

    /// What of a desk's position there is to be closed, signed: what the venue still holds of it, less on spot
    /// what orders of other hands tie up.
    #[must_use]
    pub fn backed(&self, desk: DeskId, instrument: InstrumentId) -> Qty {
        self.left_beside(desk, instrument, self.tied_by_others(instrument))
    }

    /// Lots that open orders of other hands are to sell: the venue keeps them for those.
    fn tied_by_others(&self, instrument: InstrumentId) -> Qty {
        if self.instrument(instrument).contract.is_margin() {
            return Qty::ZERO;
        }
        let ties = |order: &&Order| order.desk == DeskId::EXTERNAL && order.terms.side == Side::Sell;
        self.orders.open_in(instrument).filter(ties).map(Order::could_fill).sum()
    }

    /// What the venue still holds of a desk's position, signed: never more than the position, and
    /// less by what other hands took of it.
    fn left(&self, desk: DeskId, instrument: InstrumentId) -> Qty {
        self.left_beside(desk, instrument, Qty::ZERO)
    }

    fn left_beside(&self, desk: DeskId, instrument: InstrumentId, tied: Qty) -> Qty {
        let Some(position) = self.books.position(desk, instrument) else { return Qty::ZERO };
        let found = self.instrument(instrument);
        let taken = match found.contract {
            Contract::Linear | Contract::Inverse => self.taken_on_margin(desk, instrument, position.qty),
            Contract::Spot => self.taken_on_spot(desk, found, tied),
        };
        let left = Qty((position.qty.abs() - taken).0.max(0));
        if position.qty > Qty::ZERO { left } else { -left }
    }

    /// A desk's position as far as the venue still backs it; none where nothing of it is left.
    pub(crate) fn backed_position(&self, desk: DeskId, instrument: InstrumentId) -> Option<Position> {
        let held = *self.books.position(desk, instrument)?;
        let backed = self.backed(desk, instrument);
        let share = held.cost.0.checked_mul(i128::from(backed.0))? / i128::from(held.qty.0);
        (!backed.is_zero()).then_some(Position { qty: backed, cost: TickLots(share), ..held })
    }

    /// On a venue that nets, an opposite position of other hands has closed as much of ours.
    fn taken_on_margin(&self, desk: DeskId, instrument: InstrumentId, held: Qty) -> Qty {
        let external = self.books.position(DeskId::EXTERNAL, instrument).map_or(Qty::ZERO, |held| held.qty);
        let against = desk != DeskId::EXTERNAL && external.0.signum() * held.0.signum() < 0;
        if against { external.abs() } else { Qty::ZERO }
    }

    /// On spot, coins that left by other hands, or are tied, are not there to be sold.
    fn taken_on_spot(&self, desk: DeskId, instrument: &Instrument, tied: Qty) -> Qty {
        if desk == DeskId::EXTERNAL {
            return Qty::ZERO;
        }
        let ours = self.books.positions().filter(|(of, id, _)| *id == instrument.id && *of != DeskId::EXTERNAL);
        let lots: Qty = ours.map(|(.., position)| position.qty).sum();
        let cash = self.books.ledger().balance(Account::Cash, instrument.base).decimal();
        let held = (cash / instrument.qty_unit).trunc().to_i64().map_or(lots, Qty);
        Qty((lots - (held - tied)).0.max(0))
    }

    /// Spot holdings that are not ours are fenced; where there are fewer coins than our positions
    /// say, other hands took of ours.
    pub(crate) fn fence(&mut self, actions: &mut Vec<Action>) {
        let spot: Vec<InstrumentId> =
            self.instruments.iter().filter(|i| i.contract == Contract::Spot).map(|i| i.id).collect();
        for id in spot {
            let desks: Vec<DeskId> = self
                .books
                .positions()
                .filter(|(desk, of, _)| *of == id && *desk != DeskId::EXTERNAL)
                .map(|(desk, ..)| desk)
                .collect();
            for desk in desks {
                let (left, held) = (self.left(desk, id), self.books.position(desk, id).map(|held| held.qty));
                if held.is_some_and(|held| left < held) {
                    let found = self.instrument(id);
                    let why = format!("only {} of what we hold is left", found.qty(left).normalize());
                    if self.restricted(id).is_none() {
                        alert(Severity::Critical, Some(id), None, format!("{why}; the instrument waits"), actions);
                    }
                    self.restrict_for(id, InstrumentCause::External, why, actions);
                    self.touch((desk, id));
                }
            }
        }
    }

    /// An operator accepts what external hands did: the instrument trades again.
    pub(crate) fn settle_external(&mut self, instrument: InstrumentId, why: &str, actions: &mut Vec<Action>) {
        self.release_from(instrument, InstrumentCause::External, why, actions);
        self.look_at_positions_in(instrument);
    }

    /// What other hands took of a desk's position closes it, at the price they took it at: the venue
    /// holds it no more, whoever's it was.
    fn close_taken(&mut self, now: Timestamp, instrument: InstrumentId, price: Price, actions: &mut Vec<Action>) {
        let desks: Vec<(DeskId, Qty)> = self
            .books
            .positions()
            .filter(|(desk, id, _)| *id == instrument && *desk != DeskId::EXTERNAL)
            .map(|(desk, _, position)| (desk, position.qty))
            .collect();
        for (desk, held) in desks {
            let by = self.left(desk, instrument) - held;
            if !by.is_zero() {
                self.adjust_at(now, (desk, instrument), (by, price), false, actions);
                self.adjust_at(now, (DeskId::EXTERNAL, instrument), (-by, price), false, actions);
            }
        }
    }

    /// A position takes on what the venue says, at the last known mark; false without one.
    pub(crate) fn adjust(
        &mut self,
        now: Timestamp,
        key: (DeskId, InstrumentId),
        by: Qty,
        actions: &mut Vec<Action>,
    ) -> bool {
        let Some(twice) = self.view.of(key.1).twice_mark() else { return false };
        self.adjust_at(now, key, (by, Price((twice / 2).max(1))), true, actions);
        true
    }

    fn adjust_at(
        &mut self,
        now: Timestamp,
        (desk, instrument): (DeskId, InstrumentId),
        (by, at): (Qty, Price),
        at_venue: bool,
        actions: &mut Vec<Action>,
    ) {
        let found = &self.instruments[usize::from(instrument.0)];
        let (position, transaction) = self.books.adjust(now, (desk, found), (by, at), at_venue);
        actions.extend(transaction.map(|transaction| Action::Record(Decision::Posted(transaction))));
        let (qty, cost) = (position.qty, position.cost);
        actions.push(Action::Record(Decision::Adjusted { desk, instrument, by, at, position: qty, cost }));
        if position.is_flat() {
            self.entries.remove(&(desk, instrument));
            self.life_net.remove(&(desk, instrument));
        }
        self.touch((desk, instrument));
    }
}

fn post(booked: Booked, actions: &mut Vec<Action>) {
    actions.extend(booked.transactions.into_iter().map(|transaction| Action::Record(Decision::Posted(transaction))));
}

/// An order of other hands as the venue lists it.
fn adopted(listed: &OpenOrder) -> Order {
    let terms = NewOrder {
        id: listed.order,
        instrument: listed.instrument,
        side: listed.side,
        kind: listed.kind,
        trigger_by: TriggerSource::Last,
        qty: listed.qty,
        tif: TimeInForce::Gtc,
        post_only: false,
        reduce_only: listed.reduce_only,
        leverage: 1,
        deadline: Timestamp::MAX,
        risk_pass: RiskPassId(0),
    };
    // What may only shrink a position is no exposure.
    let purpose = if listed.reduce_only { Purpose::Exit } else { Purpose::Entry };
    let (desk, intent) = (DeskId::EXTERNAL, IntentId(listed.order.0));
    let origin =
        Origin { desk, intent, proposal: None, purpose, stop: None, target: None, trailing: false, twice_reference: 0 };
    let mut order = Order::new(terms, origin, OrderState::Live);
    (order.filled, order.reported, order.venue_id) = (listed.filled, listed.filled, Some(listed.venue_id));
    order
}
