//! The lines of what a venue says of the account, and of what an operator asks for.

use super::render::{Renderer, time};
use super::words::{self, listed, plain, words};
use crate::market::{ControlAct, ExecutionReport, Scope, VenueMessage};

impl Renderer<'_> {
    pub(super) fn act(&self, act: &ControlAct) -> String {
        match act {
            ControlAct::Halt => "halt".to_owned(),
            ControlAct::Rearm { confirmation } => format!("re-arm, confirmed with `{}`", plain(confirmation)),
            ControlAct::Cancel(order) => format!("cancel order {}", order.0),
            ControlAct::Close(id) => format!("close {}", self.symbol(*id)),
            ControlAct::Flatten(Scope::All) => "flatten everything".to_owned(),
            ControlAct::Flatten(Scope::Desk(desk)) => format!("flatten {}", words::desk(*desk)),
            ControlAct::Flatten(Scope::Instrument(id)) => format!("flatten {}", self.symbol(*id)),
            ControlAct::SetStop(id, price) => format!("set the stop of {} to {price}", self.symbol(*id)),
            ControlAct::UnpinStop(id) => format!("unpin the stop of {}", self.symbol(*id)),
            ControlAct::SetTarget(id, Some(price)) => format!("set the target of {} to {price}", self.symbol(*id)),
            ControlAct::SetTarget(id, None) => format!("remove the target of {}", self.symbol(*id)),
            ControlAct::Trailing(id, on) => {
                format!("trailing of {} {}", self.symbol(*id), if *on { "on" } else { "off" })
            }
            ControlAct::ResetBreaker(breaker) => format!("reset the breaker {}", words(breaker)),
            ControlAct::ResetThrottle(desk, id) => {
                format!("reset the throttle of {} in {}", words::desk(*desk), self.symbol(*id))
            }
            ControlAct::SettleExternal(id) => format!("settle what external hands did in {}", self.symbol(*id)),
            ControlAct::PostCorrection { asset, amount, to } => {
                format!("move {} from unexplained to {}", self.amount(*asset, *amount), words(to))
            }
            ControlAct::ChangeLimit { key, value, confirmed } => {
                let confirmed = if *confirmed { ", confirmed" } else { "" };
                format!("change {} to {}{confirmed}", plain(key), plain(value))
            }
        }
    }

    pub(super) fn learn_of_account(&mut self, message: &VenueMessage) {
        let of = |report: &ExecutionReport| (report.order, report.instrument);
        let told: Vec<_> = match message {
            VenueMessage::Report(report) => vec![of(report)],
            VenueMessage::OpenOrders(orders) => {
                orders.items.iter().map(|order| (order.order, order.instrument)).collect()
            }
            VenueMessage::ClosedOrders(reports) => reports.items.iter().map(of).collect(),
            VenueMessage::Fills(page) => page.fills.iter().map(of).collect(),
            VenueMessage::Balances(_)
            | VenueMessage::Positions(_)
            | VenueMessage::Transfer(_)
            | VenueMessage::Funding { .. }
            | VenueMessage::Interest { .. }
            | VenueMessage::Session { .. } => Vec::new(),
        };
        for (order, instrument) in told {
            self.remember(order, instrument);
        }
    }

    pub(super) fn message(&self, message: &VenueMessage) -> String {
        let list = |what: &str, items: Vec<String>| format!("{} {what}{}", items.len(), listed(&items));
        match message {
            VenueMessage::Report(report) => self.report(report),
            VenueMessage::OpenOrders(orders) => {
                let one = |order: &crate::market::OpenOrder| {
                    let (qty, filled) =
                        (self.qty(order.instrument, order.qty), self.qty(order.instrument, order.filled));
                    format!("order {} {} {filled} of {qty} filled", order.order.0, words(&order.side))
                };
                list("open orders", orders.items.iter().map(one).collect())
            }
            VenueMessage::ClosedOrders(reports) => {
                list("closed orders", reports.items.iter().map(|report| self.report(report)).collect())
            }
            VenueMessage::Fills(page) => {
                let more = if page.more { ", and more to come" } else { "" };
                list("fills", page.fills.iter().map(|report| self.report(report)).collect()) + more
            }
            VenueMessage::Balances(balances) => list(
                "balances",
                balances.items.iter().map(|balance| self.amount(balance.asset, balance.total)).collect(),
            ),
            VenueMessage::Positions(positions) => {
                let one = |held: &crate::market::VenuePosition| {
                    format!("{} {}", self.symbol(held.instrument), self.qty(held.instrument, held.qty))
                };
                list("positions", positions.items.iter().map(one).collect())
            }
            VenueMessage::Transfer(balance) => format!("transfer {}", self.amount(balance.asset, balance.total)),
            VenueMessage::Interest { instrument, at, paid } => {
                format!("interest on {} at {}: {paid} paid", self.symbol(*instrument), time(*at))
            }
            VenueMessage::Funding { instrument, at, paid } => {
                format!("funding of {} at {}: {paid} paid", self.symbol(*instrument), time(*at))
            }
            VenueMessage::Session { instrument, state } => {
                format!("session of {}: {}", self.symbol(*instrument), words(state))
            }
        }
    }
}
