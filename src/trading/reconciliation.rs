//! What the venue says of the account as a whole, held against what we know (production-rules §4.10).

use super::core::{Core, alert, anomaly};
use crate::market::{
    Account, Action, Balance, Decision, MarketEvent, OpenOrder, Qty, Severity, Timestamp, TraderState, VenueMessage,
    VenuePosition,
};

impl Core {
    pub(crate) fn on_account(&mut self, now: Timestamp, message: &VenueMessage, actions: &mut Vec<Action>) {
        match message {
            VenueMessage::Report(report) => self.on_report(now, report, actions),
            VenueMessage::OpenOrders(orders) => {
                self.hear_open_orders(now, orders, actions);
                self.on_open_orders(&orders.items, actions);
            }
            VenueMessage::Balances(balances) => self.on_balances(now, &balances.items, actions),
            VenueMessage::Positions(positions) => self.on_positions(&positions.items, actions),
            VenueMessage::Transfer(balance) => {
                let transaction = self.books.transfer(now, balance.asset, balance.total);
                actions.push(Action::Record(Decision::Posted(transaction)));
            }
            VenueMessage::Funding { instrument, at, paid } => {
                let Some(found) = self.instruments.get(usize::from(instrument.0)) else {
                    return anomaly(None, format!("funding of {paid} on {instrument:?}, which is not ours"), actions);
                };
                let posted = self.books.funding(now, found, *at, *paid);
                actions.extend(posted.map(|transaction| Action::Record(Decision::Posted(transaction))));
            }
            VenueMessage::Session { instrument, state } => {
                self.view.learn(now, &MarketEvent::Session(*instrument, *state));
            }
            VenueMessage::ClosedOrders(orders) => self.hear_closed_orders(now, orders, actions),
            VenueMessage::Fills(page) => self.hear_fills(now, page, actions),
        }
    }

    fn on_open_orders(&mut self, orders: &[OpenOrder], actions: &mut Vec<Action>) {
        for order in orders.iter().filter(|order| self.orders.get(order.order).is_none()) {
            let text = format!(
                "the venue holds order {} ({}) that is not ours; it is left alone",
                order.order.0, order.venue_id
            );
            anomaly(Some(order.order), text.clone(), actions);
            alert(Severity::Warning, Some(order.instrument), Some(order.order), text, actions);
        }
        self.heard_orders = true;
        self.arm(actions);
    }

    /// The first balances open the books; later ones are held against them.
    fn on_balances(&mut self, now: Timestamp, balances: &[Balance], actions: &mut Vec<Action>) {
        for balance in balances {
            if self.heard_balances {
                let ours = self.books.ledger().balance(Account::Cash, balance.asset);
                if ours != balance.total {
                    let text = format!("the venue holds {} of {:?}, our ledger {ours}", balance.total, balance.asset);
                    anomaly(None, text, actions);
                }
            } else {
                let posted = self.books.opening(now, &[(balance.asset, balance.total)]);
                actions.extend(posted.into_iter().map(|transaction| Action::Record(Decision::Posted(transaction))));
            }
        }
        self.heard_balances = true;
        self.arm(actions);
    }

    fn on_positions(&mut self, positions: &[VenuePosition], actions: &mut Vec<Action>) {
        for held in positions {
            let ours = self.position(held.instrument);
            if ours != held.qty {
                let text = format!("the venue holds {:?} of {:?}, we hold {ours:?}", held.qty, held.instrument);
                anomaly(None, text.clone(), actions);
                if ours == Qty::ZERO {
                    self.restrict(held.instrument, text, actions);
                }
            }
        }
    }

    /// Whether orders and balances are known, so that exits and protection may act (EC-1).
    pub(crate) const fn picture_complete(&self) -> bool {
        self.heard_balances && self.heard_orders
    }

    /// The fill history was read to its end, as of a venue time.
    pub(crate) fn history_read(&mut self, now: Timestamp, at: Timestamp, actions: &mut Vec<Action>) {
        let _ = (now, at, actions);
    }

    /// Arms once orders and balances were heard.
    pub(crate) fn arm(&mut self, actions: &mut Vec<Action>) {
        if self.state == TraderState::Reconciling && self.heard_balances && self.heard_orders {
            self.become_state(TraderState::Armed, "orders and balances are known", actions);
        }
    }
}
