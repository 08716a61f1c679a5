//! The trader: one function from time and one event to actions.
//!
//! Inside a step the order is fixed: the view, orders, positions and ledger learn the event, what
//! waits is sent as the budget allows, then the strategy is asked. One event is applied completely
//! before the next. There is no clock, no chance, no file and no thread in here.

use super::core::{Core, Setup, alert, anomaly};
use super::desk::{Desk, Strategy};
use super::orders::Purpose;
use super::transitions::Input;
use crate::market::{
    Account, Action, Balance, Command, Control, ControlAct, Decision, DeskId, Event, HostEvent, LinkEvent, MarketEvent,
    OpenOrder, OrderId, Qty, Query, ReferenceEvent, Severity, Timestamp, TraderState, VenueMessage, VenuePosition,
};

/// The desk of the one strategy a trader runs so far.
const DESK: DeskId = DeskId(0);

/// A production trader: order manager, positions, risk and a strategy.
pub struct Trader {
    core: Core,
    strategy: Box<dyn Strategy>,
}

impl Trader {
    /// A trader at the beginning of its life: it first asks the venue for orders and balances.
    #[must_use]
    pub fn new(setup: Setup, strategy: Box<dyn Strategy>) -> Self {
        Self { core: Core::new(setup), strategy }
    }

    /// What it knows.
    #[must_use]
    pub const fn core(&self) -> &Core {
        &self.core
    }

    /// Whether a market event could make it act; if not, [`Trader::observe`] is the whole step.
    #[must_use]
    pub fn wants(&self, event: &MarketEvent) -> bool {
        self.strategy.wants(event)
    }

    /// Learns a market event nobody acts on.
    pub fn observe(&mut self, at: Timestamp, event: &MarketEvent) {
        self.core.view.learn(at, event);
    }

    /// Experiences one event.
    pub fn step(&mut self, now: Timestamp, event: &Event, actions: &mut Vec<Action>) {
        match event {
            Event::Market(at, market) => self.core.view.learn(*at, market),
            Event::Report(report) => self.core.on_report(now, report, actions),
            Event::Link(link) => self.core.on_link(now, *link, actions),
            Event::Account(message) => self.core.on_account(now, message, actions),
            Event::Reference(ReferenceEvent::Rate { asset, price }) => {
                self.core.rates.insert(*asset, *price);
            }
            Event::Host(host) => self.core.on_host(*host, actions),
            Event::Wake => self.core.on_wake(now, actions),
            Event::Control(control) => self.core.on_control(now, control, actions),
        }
        self.core.flush(now, actions);
        self.strategy.on_event(&mut Desk::new(&mut self.core, now, DESK, actions), event);
    }
}

impl Core {
    fn on_wake(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let first = self.wake.is_none() && !self.heard_balances && !self.heard_orders;
        if self.wake.is_some_and(|due| due <= now) {
            self.wake = None;
        }
        if first {
            actions.push(Action::Send(Command::Query(Query::OpenOrders)));
            actions.push(Action::Send(Command::Query(Query::Account)));
        }
        self.reply_timers(now, actions);
        match self.desk_wake {
            Some(due) if due <= now => self.desk_wake = None,
            Some(due) => self.wake_at(due, actions),
            None => {}
        }
    }

    fn on_link(&mut self, now: Timestamp, link: LinkEvent, actions: &mut Vec<Action>) {
        let (id, input) = match link {
            LinkEvent::Ambiguous(id) => (id, Input::ReplyAmbiguous),
            LinkEvent::DuplicateId(id) => (id, Input::DuplicateId),
            LinkEvent::NotSent(id) => (id, Input::NotSent),
            LinkEvent::Down => return self.on_link_down(now, actions),
            // What follows a restored link is a reconciliation: the issue "Production rules".
            LinkEvent::Up => return,
        };
        if self.orders.get(id).is_some() {
            self.apply(now, id, input, actions);
        } else {
            anomaly(Some(id), format!("{link:?} names an order that is not ours"), actions);
        }
    }

    fn on_link_down(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.tighten("the link to the venue is down", actions);
        let open: Vec<OrderId> = self.orders.open().map(|order| order.terms.id).collect();
        for id in open {
            self.apply(now, id, Input::LinkLost, actions);
        }
    }

    /// Entries stop; a halted trader stays halted, which is stricter.
    fn tighten(&mut self, why: &str, actions: &mut Vec<Action>) {
        if self.state != TraderState::Halted {
            self.become_state(TraderState::ReduceOnly, why, actions);
        }
    }

    fn on_host(&mut self, host: HostEvent, actions: &mut Vec<Action>) {
        match host {
            HostEvent::JournalFailed => {
                alert(Severity::Critical, None, None, "the journal failed; entries stop".to_owned(), actions);
                self.tighten("the journal failed", actions);
            }
            // Arming on the clock offset belongs to the issue "Production rules".
            HostEvent::ClockOffset(_) => {}
        }
    }

    fn on_control(&mut self, now: Timestamp, control: &Control, actions: &mut Vec<Action>) {
        actions.push(Action::Record(Decision::Operator(control.clone())));
        match control.act {
            ControlAct::Halt => {
                self.become_state(TraderState::Halted, &control.reason, actions);
                let entries = self.orders.open().filter(|order| order.purpose == Purpose::Entry);
                let entries: Vec<OrderId> = entries.map(|order| order.terms.id).collect();
                for id in entries {
                    self.apply(now, id, Input::Killed, actions);
                }
            }
            ControlAct::Rearm => {
                self.pauses.rearm();
                self.reduce_only.clear();
                self.become_state(TraderState::Reconciling, &control.reason, actions);
                self.arm(actions);
            }
            ControlAct::Cancel(id) if self.orders.get(id).is_some() => {
                self.apply(now, id, Input::CancelWanted, actions);
            }
            ControlAct::Cancel(id) => {
                anomaly(Some(id), "an operator cancels an order that is not ours".to_owned(), actions);
            }
            // Closing by an operator runs the exit ladder: the issue "Production rules".
            ControlAct::Close(_) => {}
        }
    }

    fn on_account(&mut self, now: Timestamp, message: &VenueMessage, actions: &mut Vec<Action>) {
        match message {
            VenueMessage::Report(report) => self.on_report(now, report, actions),
            VenueMessage::OpenOrders(orders) => self.on_open_orders(orders, actions),
            VenueMessage::Balances(balances) => self.on_balances(now, balances, actions),
            VenueMessage::Positions(positions) => self.on_positions(positions, actions),
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
            // The pages of a reconciliation belong to the issue "Production rules".
            VenueMessage::ClosedOrders(_) | VenueMessage::Fills(_) => {}
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

    /// Arms once orders and balances were heard.
    fn arm(&mut self, actions: &mut Vec<Action>) {
        if self.state == TraderState::Reconciling && self.heard_balances && self.heard_orders {
            self.become_state(TraderState::Armed, "orders and balances are known", actions);
        }
    }
}
