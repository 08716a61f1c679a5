//! What the trader decided: how orders stood, what was booked, and where the trader stood itself.

use super::{BACK, D1, D4, D7, D8, D10, SETTLED, STORM, Standing, TRIES_MAX, Watch};
use crate::market::{Breaker, Check, Decision, OrderId, OrderState, Purpose, Qty, Timestamp, TraderState, VenueRef};
use crate::sim::drill::{Met, Sign};

impl Watch {
    pub(super) fn decision(&mut self, now: Timestamp, decision: &Decision) {
        match decision {
            Decision::Intended { order, purpose, desk, .. } => {
                let state = OrderState::Intent;
                let standing = Standing {
                    desk: *desk,
                    purpose: *purpose,
                    qty: order.qty,
                    filled: Qty::ZERO,
                    state,
                    cancelled: false,
                    unsettled: None,
                    hidden: false,
                };
                self.orders.insert(order.id, standing);
                if matches!(purpose, Purpose::Stop | Purpose::Target) && self.orders.values().any(Standing::is_part) {
                    self.note(|sign| sign == Sign::Met(Met::Bracket));
                }
            }
            Decision::Moved { order, from, to, .. } => self.moved(now, *order, (*from, *to)),
            Decision::Booked { order, execution, .. } => self.booked(*order, *execution),
            Decision::Breaker { breaker: Breaker::DailyLoss, active: true, .. } => {
                self.note(|sign| sign == Sign::Met(Met::DailyLoss));
            }
            Decision::Tripped { .. } => self.note(|sign| sign == Sign::Met(Met::Throttle)),
            Decision::Denied(denied) => {
                let met = match denied.check {
                    Check::Entry(12) => Met::SizeDenied,
                    Check::Entry(22 | 23 | 25 | 26) => Met::ExposureDenied,
                    _ => return,
                };
                self.note(|sign| sign == Sign::Met(met));
            }
            Decision::Became { from, to, .. } => self.became(now, *from, *to),
            // One that died halted comes back halted, and says no more than that it has looked.
            Decision::Reconciled { clean: true, .. } => {
                if let Some(since) = self.restarted.take() {
                    self.back(now, since);
                }
            }
            _ => {}
        }
    }

    fn became(&mut self, now: Timestamp, from: TraderState, to: TraderState) {
        if to == TraderState::Halted && self.barred.values().any(|(drill, _)| *drill == D8) {
            self.halted = Some(now);
        }
        if from == TraderState::Halted
            && let Some(since) = self.halted.take()
        {
            self.halted_by_person += now.since(since).0;
        }
        if to != TraderState::Reconciling
            && let Some(since) = self.restarted.take()
        {
            self.back(now, since);
        }
    }

    fn back(&mut self, now: Timestamp, since: Timestamp) {
        self.took(D10, now.since(since));
        if now.since(since) > BACK && !self.barred.values().any(|(drill, _)| *drill == D4) {
            self.broke(D10, now, &format!("it came back at {since:?} and knew where it stood only now"));
        }
    }

    fn moved(&mut self, now: Timestamp, order: OrderId, (from, to): (OrderState, OrderState)) {
        if from == OrderState::Void && self.heard.iter().any(|(_, of, _)| *of == order) {
            self.note(|sign| sign == Sign::Met(Met::FillAfterVoid));
        }
        let Some(standing) = self.orders.get_mut(&order) else { return };
        standing.state = to;
        if to.is_terminal() || to == OrderState::CancelPending {
            self.stopped.remove(&order);
        }
        let is_entry = standing.purpose == Purpose::Entry;
        let ended_in_part = to.is_terminal() && standing.is_part();
        let is_settled = !matches!(to, OrderState::Intent | OrderState::Sent | OrderState::UnknownSubmit);
        let settled = if is_settled { standing.unsettled.take() } else { None };
        if ended_in_part {
            self.note(|sign| sign == Sign::Met(Met::PartAndEnd));
        }
        if let Some(since) = settled {
            self.took(D1, now.since(since));
            // With the venue away nothing can be learned.
            if now.since(since) > SETTLED && !self.barred.values().any(|(drill, _)| *drill == D4) {
                self.broke(D1, now, &format!("order {} was unsettled since {since:?}", order.0));
            }
        }
        // The same refusal told again is no other one.
        if to == OrderState::Rejected && from != OrderState::Rejected && is_entry {
            self.refused.retain(|at| now.since(*at) <= STORM);
            self.refused.push(now);
            if self.refused.len() > TRIES_MAX {
                let many = self.refused.len();
                self.broke(D7, now, &format!("{many} entries were refused within {} s", STORM.0 / 1_000_000_000));
            }
        }
    }

    fn booked(&mut self, order: OrderId, execution: VenueRef) {
        let Some(standing) = self.orders.get_mut(&order) else { return };
        if !self.executions.insert(execution) {
            return;
        }
        let qty = self.heard.iter().find(|(heard, of, _)| *heard == execution && *of == order);
        standing.filled += qty.map_or(Qty::ZERO, |(_, _, qty)| *qty);
        let (state, raced) = (standing.state, standing.cancelled && standing.is_part());
        if raced {
            self.note(|sign| sign == Sign::Met(Met::PartAfterCancel));
        }
        if state.is_terminal() && state != OrderState::Filled {
            self.note(|sign| sign == Sign::Met(Met::FillAfterEnd));
        }
    }
}
