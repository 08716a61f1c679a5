//! What the venue did, by its own log, and what the trader was told of it.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::position::Position;
use super::rows::Reported;
use crate::journal::{Exact, TooLarge};
use crate::market::{
    AssetId, Contract, ExecutionReport, Fill, InstrumentId, OrderId, OrderKind, OrderStatus, ReportKind, TickLots,
    VenueMessage, VenueRef,
};

/// The account as the venue's log of executions makes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Venue {
    /// Signed quantity by instrument: every fill, less those undone.
    pub positions: BTreeMap<InstrumentId, i128>,
    /// What fills and fees moved of each asset in cash.
    pub cash: BTreeMap<AssetId, Exact>,
    /// Executions that are not booked with us, and when they happened.
    pub unbooked: BTreeMap<VenueRef, i64>,
    /// Orders the venue holds open.
    pub open: BTreeSet<OrderId>,
    /// Positions with their cost, where profit is settled when closed.
    margin: BTreeMap<InstrumentId, Position>,
}

impl Venue {
    fn pay(&mut self, asset: AssetId, amount: Exact) -> Result<(), TooLarge> {
        let cash = self.cash.entry(asset).or_default();
        *cash = cash.plus(amount)?;
        Ok(())
    }
}

impl Facts {
    pub(super) fn hear_message(&mut self, message: &VenueMessage) {
        match message {
            VenueMessage::Report(report) => self.hear(report),
            VenueMessage::Fills(page) => {
                self.step.paged = true;
                if page.page == 0 {
                    self.reconciling.fills_at = Some(page.at.0);
                }
                page.fills.iter().for_each(|report| self.hear(report));
            }
            VenueMessage::OpenOrders(snapshot) => self.hear_open(snapshot),
            VenueMessage::Balances(snapshot) => self.reconciling.hear_balances(snapshot),
            VenueMessage::ClosedOrders(snapshot) => {
                self.reconciling.closed_at = Some(snapshot.at.0);
                for report in &snapshot.items {
                    self.note_news(report.order);
                }
            }
            VenueMessage::Funding { instrument, .. } | VenueMessage::Interest { instrument, .. }
                if self.card(*instrument).is_none() => {}
            VenueMessage::Transfer(_) | VenueMessage::Funding { .. } | VenueMessage::Interest { .. } => {
                self.step.told.push(message.clone());
            }
            VenueMessage::Positions(_) | VenueMessage::Session { .. } => {}
        }
    }

    fn note_news(&mut self, id: OrderId) {
        let now = self.now();
        if let Some(row) = self.orders.get_mut(&id) {
            row.news = now;
        }
    }

    pub(super) fn hear(&mut self, report: &ExecutionReport) {
        let now = self.now();
        if let Some(row) = self.orders.get_mut(&report.order) {
            row.news = now;
            if let Some(at) = row.venue.undelivered.iter().position(|sent| sent == report) {
                row.venue.undelivered.remove(at);
            }
            let most = row.most();
            if let ReportKind::Amended { qty, kind } | ReportKind::Status(OrderStatus::Open { qty, kind }) = report.kind
                && row.learn_terms(report.at.0, qty, kind, matches!(report.kind, ReportKind::Status(_)))
            {
                self.step.touched.extend(row.key());
            }
            // An amend that was given up took place after all.
            if let Some(key) = row.key().filter(|_| row.most() > most && !row.is_entry()) {
                self.count_under_way(key, self.step.seq);
            }
        }
        self.hear_foreign(report);
        if let ReportKind::Busted(execution) = report.kind {
            self.executions.entry(execution).or_default().bust[0] = true;
        }
        if let ReportKind::Filled(fill) = report.kind {
            let reported = Reported { report: *report, fill };
            let row = self.executions.entry(fill.execution).or_default();
            if row.times_booked == 0 {
                row.heard = Some(reported);
            }
            self.step.heard.push(reported);
        }
    }

    pub(super) fn learn_truth(&mut self, report: &ExecutionReport) -> Result<(), TooLarge> {
        self.has_truth = true;
        if let ReportKind::Filled(fill) = report.kind
            && let Some(row) = self.executions.get_mut(&fill.execution).filter(|row| row.times_true > 0)
        {
            // Said again, with another fee perhaps: it happened once.
            row.times_true += 1;
            return self.revised(&fill);
        }
        let venue = &mut self.orders.entry(report.order).or_default().venue;
        venue.undelivered.push(*report);
        if !matches!(report.kind, ReportKind::CancelRejected(_) | ReportKind::AmendRejected(_)) {
            venue.first.get_or_insert(report.at.0);
        }
        venue.ended_before = venue.ended;
        venue.stated_before = venue.stated;
        if let Some(stated) = report.cumulative {
            venue.stated = stated.0.into();
        }
        match report.kind {
            ReportKind::Filled(fill) => {
                venue.filled += i128::from(fill.qty.0);
                venue.fills += 1;
                venue.ended |= venue.terms.is_some_and(|(_, qty)| venue.filled >= qty);
                self.executed(report, fill)?;
            }
            ReportKind::Amended { qty, kind } => {
                venue.terms = Some((kind, qty.0.into()));
                venue.ended |= venue.filled >= i128::from(qty.0);
            }
            ReportKind::Rejected(_) | ReportKind::Cancelled(_) | ReportKind::Expired => venue.ended = true,
            ReportKind::Busted(execution) => self.undone(execution)?,
            ReportKind::Accepted
            | ReportKind::AmendRejected(_)
            | ReportKind::CancelRejected(_)
            | ReportKind::Status(_) => {}
        }
        let venue = &mut self.orders.entry(report.order).or_default().venue;
        if venue.ended {
            self.venue.open.remove(&report.order);
            if !venue.ended_before {
                venue.ended_at = report.at.0;
            }
        } else if matches!(report.kind, ReportKind::Accepted | ReportKind::Filled(_) | ReportKind::Amended { .. }) {
            self.venue.open.insert(report.order);
        }
        Ok(())
    }

    fn executed(&mut self, report: &ExecutionReport, fill: Fill) -> Result<(), TooLarge> {
        let order = self.orders.entry(report.order).or_default();
        let limit = order.venue.terms.and_then(|(kind, _)| OrderKind::limit(kind));
        let beyond = limit.is_some_and(|limit| !fill.side.reaches(limit, fill.price));
        let row = self.executions.entry(fill.execution).or_default();
        row.times_true += 1;
        row.outrageous |= beyond;
        row.late |= order.venue.ended_before;
        row.truth.get_or_insert(Reported { report: *report, fill });
        if row.times_booked == 0 {
            self.venue.unbooked.insert(fill.execution, report.at.0);
        }
        self.learn_due(report, &fill)?;
        let held = self.venue.positions.get(&report.instrument).copied().unwrap_or_default();
        let closing = (-i128::from(fill.side.sign()) * held).max(0);
        if let Some(row) = self.executions.get_mut(&fill.execution) {
            row.opened = Some((i128::from(fill.qty.0) - closing).max(0));
        }
        self.count(report.instrument, fill, 1)?;
        self.net(report.instrument, &fill)?;
        if let Some(fee) = fill.fee {
            self.venue.pay(fee.asset, Exact::from(fee.amount).negated()?)?;
        }
        Ok(())
    }

    /// The venue names another fee for what it did before: it takes the old one back.
    fn revised(&mut self, fill: &Fill) -> Result<(), TooLarge> {
        let Some(made) = self.executions.get_mut(&fill.execution).and_then(|row| row.truth.as_mut()) else {
            return Ok(());
        };
        let old = std::mem::replace(&mut made.fill.fee, fill.fee);
        if let Some(fee) = old {
            self.venue.pay(fee.asset, fee.amount.into())?;
        }
        if let Some(fee) = fill.fee {
            self.venue.pay(fee.asset, Exact::from(fee.amount).negated()?)?;
        }
        Ok(())
    }

    /// Takes an execution out again.
    fn undone(&mut self, execution: VenueRef) -> Result<(), TooLarge> {
        self.venue.unbooked.remove(&execution);
        self.reconciling.undone.insert(execution);
        let Some(truth) = self.executions.get(&execution).and_then(|row| row.truth) else { return Ok(()) };
        self.count(truth.report.instrument, truth.fill, -1)?;
        if let Some([qty, cost, _]) = self.executions.get(&execution).and_then(|row| row.at_venue) {
            let netted = self.reconciling.netted.entry(truth.report.instrument).or_default();
            (netted.qty, netted.cost) = (netted.qty - qty, netted.cost - cost);
        }
        if let Some(fee) = truth.fill.fee {
            self.venue.pay(fee.asset, fee.amount.into())?;
        }
        Ok(())
    }

    /// Counts a fill once, or once less.
    fn count(&mut self, instrument: InstrumentId, fill: Fill, times: i128) -> Result<(), TooLarge> {
        let signed = times * i128::from(fill.side.signed(fill.qty).0);
        *self.venue.positions.entry(instrument).or_default() += signed;
        let Some(card) = self.header.card(instrument) else { return Ok(()) };
        let (settled, scale) = card.settles_in();
        match card.contract {
            Contract::Spot => {
                let cost = card.value(TickLots(signed * i128::from(fill.price.0)))?;
                let moved = Exact::whole(signed).times(card.qty_step())?;
                self.venue.pay(card.base, moved)?;
                self.venue.pay(settled, cost.half_even(scale)?.negated()?)
            }
            Contract::Linear | Contract::Inverse => {
                let held = self.venue.margin.entry(instrument).or_default();
                let (gross, _) = held.trade(card, signed, fill.price.0.into())?;
                let gross = card.value(TickLots(gross))?.half_even(scale)?;
                self.venue.pay(settled, gross)
            }
        }
    }

    /// An execution is booked: under its own name, or under another that tells of the same.
    pub(super) fn account_for(&mut self, execution: VenueRef, reported: Option<&Reported>) {
        if self.venue.unbooked.remove(&execution).is_some() || !self.has_truth {
            return;
        }
        let known = self.executions.get(&execution).is_some_and(|row| row.truth.is_some());
        let Some(reported) = reported.filter(|_| !known) else { return };
        let is_same = |name: &VenueRef| {
            self.executions.get(name).and_then(|row| row.truth).is_some_and(|truth| {
                let content = |r: &Reported| (r.report.order, r.report.at, r.fill.side, r.fill.price, r.fill.qty);
                content(&truth) == content(reported)
            })
        };
        let Some(name) = self.venue.unbooked.keys().find(|name| is_same(name)).copied() else { return };
        self.venue.unbooked.remove(&name);
        let row = self.executions.entry(name).or_default();
        row.times_booked += 1;
        let truth = row.truth;
        self.executions.entry(execution).or_default().truth = truth;
    }
}
